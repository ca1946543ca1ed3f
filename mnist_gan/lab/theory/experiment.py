"""`mnist-gan lab theory`: computes, trains and keeps the results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import scipy

from mnist_gan.lab.record import experiment, report
from mnist_gan.lab.theory.model import LEAST, Normal, best_logits, best_value, jsd, kl, line, value
from mnist_gan.runs import DataRecord, RunFolder
from mnist_gan.support.console import LOADING, Work, say
from mnist_gan.support.runtime import start_tensorflow

THREADS = 1  # the networks are small
REAL, FIXED = Normal(0, 1), Normal(1.5, 0.6)  # against which D is trained alone
PLAYED = Normal(2, 1)  # the data of the game
GAPS = np.linspace(0, 6, 121)  # between the means of two densities of deviation 1
TRAINED = (0.0, 1.0, 2.0, 3.0, 4.0)  # of these gaps, with a network for D
LOGITS = np.linspace(-8, 8, 161)

Show = Callable[[int], object]  # told of updates made


def theory(settings: Mapping[str, Any], outputs: Path, *, as_json: bool, quiet: bool) -> int:
    """Compute, train and draw all of it; return the exit code."""
    seed = settings["seed"]
    data = DataRecord(source=str(REAL), count=0, sha256="")
    with experiment("lab-theory", settings, data, outputs, THREADS) as run:
        if not quiet:
            say(LOADING)
        start_tensorflow(THREADS)
        from mnist_gan.lab.theory.pointwise import FITTED, GAME

        updates = (1 + len(TRAINED)) * FITTED + GAME
        with Work("training small networks", updates, "updates", quiet=quiet) as work:
            fixed, best = _discriminator(run, seed, work.advance)
            largest_gap = _value(run, seed, work.advance)
            _divergences(run)
            _gradients(run)
            ks = _game(run, seed, work.advance)
        verdict = (
            f"D trained against {FIXED}: V = {fixed:.4f}, the best D's {best:.4f}; C(G) and "
            f"-log 4 + 2 JSD differ by {largest_gap:.0e} at most; the game ends with KS {ks:.3f}"
        )
        run.amend_manifest(verdict=verdict)
    if not quiet:
        say(verdict)
    outcome = {"trained_value": fixed, "best_value": best, "largest_gap": largest_gap, "ks": ks}
    report(run, settings, outcome, as_json=as_json)
    return 0


def _discriminator(run: RunFolder, seed: int, show: Show) -> tuple[float, float]:
    """Train D against a generator that stays; return its value of the game and the best D's."""
    from mnist_gan.lab.theory.figures import write_discriminator
    from mnist_gan.lab.theory.pointwise import fitted_logits

    everywhere = line(REAL, FIXED)
    trained = fitted_logits(REAL, FIXED, everywhere, seed, show)
    shown = np.abs(everywhere) <= 4
    x = everywhere[shown]
    columns = {
        "x": x,
        "p": np.exp(REAL.log_density(x)),
        "q": np.exp(FIXED.log_density(x)),
        "trained": scipy.special.expit(trained[shown]),
        "best": scipy.special.expit(best_logits(REAL, FIXED, x)),
    }
    _keep(run, "discriminator", columns)
    write_discriminator(run.folder / "discriminator.png", columns, REAL, FIXED)
    return value(REAL, FIXED, trained, everywhere), best_value(REAL, FIXED)


def _value(run: RunFolder, seed: int, show: Show) -> float:
    """Let two densities meet; return by how much C(G) and -log 4 + 2 JSD differ at most."""
    from mnist_gan.lab.theory.figures import write_value
    from mnist_gan.lab.theory.pointwise import fitted_logits

    apart = [Normal(gap, 1) for gap in GAPS]
    columns = {
        "gap": GAPS,
        "value": np.array([best_value(REAL, q) for q in apart]),
        "theory": np.array([LEAST + 2 * jsd(REAL, q) for q in apart]),
    }
    values = []
    for gap in TRAINED:
        q = Normal(gap, 1)
        x = line(REAL, q)
        values.append(value(REAL, q, fitted_logits(REAL, q, x, seed, show), x))
    trained = {"gap": np.array(TRAINED), "value": np.array(values)}
    _keep(run, "value", columns)
    _keep(run, "value-trained", trained)
    write_value(run.folder / "value.png", columns, trained)
    return float(np.abs(columns["value"] - columns["theory"]).max())


def _divergences(run: RunFolder) -> None:
    """Move a narrower density away, and measure how far it is, in three ways."""
    from mnist_gan.lab.theory.figures import write_divergences

    apart = [Normal(gap, FIXED.std) for gap in GAPS]
    columns = {
        "gap": GAPS,
        "kl_pq": np.array([kl(REAL, q) for q in apart]),
        "kl_qp": np.array([kl(q, REAL) for q in apart]),
        "jsd": np.array([jsd(REAL, q) for q in apart]),
    }
    _keep(run, "divergences", columns)
    write_divergences(run.folder / "divergences.png", columns)


def _gradients(run: RunFolder) -> None:
    """Show what either loss of G makes of D's answer."""
    from mnist_gan.lab.theory.figures import write_gradients
    from mnist_gan.lab.theory.pointwise import generator_loss
    from mnist_gan.objectives.losses import minimax, non_saturating

    columns = {"logit": LOGITS, "score": scipy.special.expit(LOGITS)}
    for objective in (minimax, non_saturating):
        losses, slopes = generator_loss(objective(), LOGITS)
        columns[f"{objective.__name__}_loss"] = losses
        columns[f"{objective.__name__}_slope"] = slopes
    _keep(run, "gradients", columns)
    write_gradients(run.folder / "gradients.png", columns)


def _game(run: RunFolder, seed: int, show: Show) -> float:
    """Play a game to its end; return how far the last samples are from the data (KS)."""
    from mnist_gan.lab.theory.figures import density, write_game
    from mnist_gan.lab.theory.pointwise import play

    x = np.linspace(PLAYED.mean - 4, PLAYED.mean + 4, 161)
    scenes = play(PLAYED, x, seed, show)
    columns = {"x": x, "p": np.exp(PLAYED.log_density(x))}
    for letter, scene in zip("abcd", scenes, strict=True):
        columns[f"q_{letter}"] = density(scene.samples, x)
        columns[f"d_{letter}"] = scipy.special.expit(scene.logits)
    _keep(run, "game", columns)
    write_game(run.folder / "game.png", PLAYED, x, scenes)
    return float(scipy.stats.ks_1samp(scenes[-1].samples, scipy.stats.norm(*PLAYED).cdf).statistic)


def _keep(run: RunFolder, name: str, columns: Mapping[str, np.ndarray]) -> None:
    """Write what a figure shows as a CSV."""
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    run.write_table(f"{name}.csv", rows)
