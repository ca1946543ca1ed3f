"""`mnist-gan lab theory`: computes, trains and keeps the results."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import scipy

from mnist_gan.lab.play.page import Start, write_run_game
from mnist_gan.lab.record import experiment, report, say_where_to_look
from mnist_gan.lab.theory.chapters import derivations, failures
from mnist_gan.lab.theory.columns import Columns, write_columns
from mnist_gan.lab.theory.model import (
    MIN_VALUE,
    Normal,
    best_logits,
    best_value,
    integration_grid,
    jsd,
    kl,
    value,
)
from mnist_gan.noise import BOUND
from mnist_gan.runs import DataRecord, RunFolder
from mnist_gan.support.console import LOADING, Work, say
from mnist_gan.support.runtime import start_backend
from mnist_gan.support.units import duration

THREADS = 1  # the networks are small
REAL, FIXED = Normal(0, 1), Normal(1.5, 0.6)  # real samples, and those of a fixed generator
GAME_DATA = Normal(2, 1)  # real samples of the game
GAPS = np.linspace(0, 6, 121)  # between the means of two densities
TRAINED_GAPS = (0.0, 1.0, 2.0, 3.0, 4.0)  # for which a network D is trained
LOGITS = np.linspace(-8, 8, 161)

LOOK = "the complete training: press Play, and D (green) comes near the best D (dashed)"

Show = Callable[[int], object]  # called with the number of new updates


def theory(settings: Mapping[str, Any], outputs: Path, *, as_json: bool, quiet: bool) -> int:
    """Compute the theory, train the networks, and plot both.

    Args:
        settings: Options of the command: seed.
        outputs: Folder that holds the run folders.
        as_json: Whether to print the results as JSON.
        quiet: Whether to print nothing for people.

    Returns:
        The exit code.
    """
    seed = settings["seed"]
    data = DataRecord(source=str(REAL), count=0, sha256="")
    with experiment("lab-theory", settings, data, outputs, THREADS) as run:
        if not quiet:
            say(LOADING)
        start_backend(threads=THREADS, device="cpu")  # a GPU takes four times as long
        from mnist_gan.lab.theory.failures import LINE_UPDATES, PLANE_UPDATES
        from mnist_gan.lab.theory.pointwise import FIT_UPDATES, GAME_UPDATES

        began = time.monotonic()
        updates = (1 + len(TRAINED_GAPS)) * FIT_UPDATES + GAME_UPDATES
        updates += LINE_UPDATES + PLANE_UPDATES
        with Work("training small networks", updates, "updates", quiet=quiet) as work:
            work.advance(0, "D against a fixed generator")
            fixed, best = _discriminator(run, seed, work.advance)
            work.advance(0, "D against five generators")
            values = _value(run, seed, work.advance)
            _divergences(run)
            _gradients(run)
            derivations(run, REAL, FIXED, values)
            work.advance(0, "a whole game")
            ks = _game(run, seed, work.advance)
            work.advance(0, "games that fail")
            failures(run, seed, work.advance)
        largest_gap = float(np.abs(values["value"] - values["theory"]).max())
        summary = (
            f"D trained against {FIXED}: V = {fixed:.4f}, the best D's {best:.4f}; C(G) and "
            f"-log 4 + 2 JSD differ by {largest_gap:.0e} at most; the game ends with KS {ks:.3f}"
        )
        run.amend_manifest(verdict=summary)
        write_run_game(run, _start(seed))
    if not quiet:
        say(f"{summary}. Took {duration(time.monotonic() - began)}.")
        say_where_to_look(run.page, LOOK)
    outcome = {"trained_value": fixed, "best_value": best, "largest_gap": largest_gap, "ks": ks}
    report(run, settings, outcome, as_json=as_json)
    return 0


def _discriminator(run: RunFolder, seed: int, show: Show) -> tuple[float, float]:
    """Train D against a fixed generator; return V of this D and V of the best D."""
    from mnist_gan.lab.theory.figures import write_discriminator
    from mnist_gan.lab.theory.pointwise import fitted_logits

    grid = integration_grid(REAL, FIXED)
    trained = fitted_logits(REAL, FIXED, grid, seed, show)
    shown = np.abs(grid) <= 4
    x = grid[shown]
    columns = {
        "x": x,
        "p": np.exp(REAL.log_density(x)),
        "q": np.exp(FIXED.log_density(x)),
        "trained": scipy.special.expit(trained[shown]),
        "best": scipy.special.expit(best_logits(REAL, FIXED, x)),
    }
    write_columns(run, "discriminator", columns)
    write_discriminator(run.folder / "discriminator.png", columns, REAL, FIXED)
    return value(REAL, FIXED, trained, grid), best_value(REAL, FIXED)


def _value(run: RunFolder, seed: int, show: Show) -> Columns:
    """Vary the gap of two densities; return C(G) and -log 4 + 2 JSD at each gap."""
    from mnist_gan.lab.theory.figures import write_value
    from mnist_gan.lab.theory.pointwise import fitted_logits

    apart = [Normal(gap, 1) for gap in GAPS]
    columns = {
        "gap": GAPS,
        "value": np.array([best_value(REAL, q) for q in apart]),
        "theory": np.array([MIN_VALUE + 2 * jsd(REAL, q) for q in apart]),
    }
    values = []
    for gap in TRAINED_GAPS:
        q = Normal(gap, 1)
        x = integration_grid(REAL, q)
        values.append(value(REAL, q, fitted_logits(REAL, q, x, seed, show), x))
    trained = {"gap": np.array(TRAINED_GAPS), "value": np.array(values)}
    write_columns(run, "value", columns)
    write_columns(run, "value-trained", trained)
    write_value(run.folder / "value.png", columns, trained)
    return columns


def _divergences(run: RunFolder) -> None:
    """Compute three divergences to a narrower density as it moves away."""
    from mnist_gan.lab.theory.figures import write_divergences

    apart = [Normal(gap, FIXED.std) for gap in GAPS]
    columns = {
        "gap": GAPS,
        "kl_pq": np.array([kl(REAL, q) for q in apart]),
        "kl_qp": np.array([kl(q, REAL) for q in apart]),
        "jsd": np.array([jsd(REAL, q) for q in apart]),
    }
    write_columns(run, "divergences", columns)
    write_divergences(run.folder / "divergences.png", columns)


def _gradients(run: RunFolder) -> None:
    """Compute both losses of G and their gradients by D's logit."""
    from mnist_gan.lab.theory.figures import write_gradients
    from mnist_gan.lab.theory.pointwise import generator_loss
    from mnist_gan.objectives.losses import minimax, non_saturating

    columns = {"logit": LOGITS, "score": scipy.special.expit(LOGITS)}
    for objective in (minimax, non_saturating):
        losses, gradients = generator_loss(objective(), LOGITS)
        columns[f"{objective.__name__}_loss"] = losses
        columns[f"{objective.__name__}_slope"] = gradients
    write_columns(run, "gradients", columns)
    write_gradients(run.folder / "gradients.png", columns)


def _game(run: RunFolder, seed: int, show: Show) -> float:
    """Train a game; return the Kolmogorov-Smirnov distance of the last samples to the data."""
    from mnist_gan.lab.theory.figures import at_arrows, density, write_game
    from mnist_gan.lab.theory.pointwise import SNAPSHOT_SAMPLES, train_game

    x = np.linspace(GAME_DATA.mean - 4, GAME_DATA.mean + 4, 161)
    snapshots = train_game(GAME_DATA, x, seed, show)
    columns = {"x": x, "p": np.exp(GAME_DATA.log_density(x))}
    for letter, snapshot in zip("abcd", snapshots, strict=True):
        columns[f"q_{letter}"] = density(snapshot.samples, x)
        columns[f"d_{letter}"] = scipy.special.expit(snapshot.logits)
        columns[f"best_d_{letter}"] = columns["p"] / (columns["p"] + columns[f"q_{letter}"])
    write_columns(run, "game", columns)
    arrows = {"z": at_arrows(np.linspace(-BOUND, BOUND, SNAPSHOT_SAMPLES))}
    for letter, snapshot in zip("abcd", snapshots, strict=True):
        arrows[f"x_{letter}"] = at_arrows(snapshot.samples)
    write_columns(run, "game-arrows", arrows)
    write_game(run.folder / "game.png", GAME_DATA, x, snapshots)
    cdf = scipy.stats.norm(*GAME_DATA).cdf
    return float(scipy.stats.ks_1samp(snapshots[-1].samples, cdf).statistic)


def _start(seed: int) -> Start:
    """Return what the page starts with: the game, at the rates with which it begins."""
    settings = {
        "target": "run",
        "penalty": 0.03,
        "discriminatorRate": 1e-2,
        "generatorRate": 1e-3,
        "seed": seed,
    }
    return Start(
        settings,
        f"{GAME_DATA}, of this run",
        lambda x: np.exp(GAME_DATA.log_density(x)),
        low=GAME_DATA.mean - 4,
        high=GAME_DATA.mean + 4,
        look="The complete training, as in game.png. Take many steps of D alone first: it comes "
        "near the best D, and the dashed line is what G then climbs.",
    )
