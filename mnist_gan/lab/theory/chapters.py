"""Computes, trains and keeps the figures of the derivations and of the games that fail."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mnist_gan.lab.theory.columns import Columns, write_columns
from mnist_gan.lab.theory.model import Normal
from mnist_gan.runs import RunFolder

PENALTY = 0.3  # of the second path in the game of two numbers
LINE = np.linspace(-2, 8, 501)  # where the games on the line are drawn


def derivations(run: RunFolder, p: Normal, q: Normal, values: Columns) -> None:
    """Compute the derivations' figures.

    Args:
        run: The run folder.
        p: Density of real samples.
        q: Density of generated samples.
        values: Columns gap and value, of C(G) against the gap of two densities.
    """
    from mnist_gan.lab.theory import derivation_figures as figures
    from mnist_gan.lab.theory.derivations import (
        boxes,
        contributions,
        fixed_discriminators,
        path,
        pointwise,
    )

    folder = run.folder
    write_columns(run, "pointwise", columns := pointwise())
    figures.write_pointwise(folder / "pointwise.png", columns)
    columns = contributions(p, q, np.linspace(-4, 4, 401))
    write_columns(run, "contributions", columns)
    figures.write_contributions(folder / "contributions.png", columns, p, q)
    write_columns(run, "boxes", columns := boxes())
    figures.write_boxes(folder / "boxes.png", columns)
    write_columns(run, "convexity", fixed := fixed_discriminators())
    free, penalised = path(0.0), path(PENALTY)
    names = ("theta", "psi")
    columns = {**free, **{f"{name}_r1": penalised[name] for name in names}}
    write_columns(run, "convexity-paths", columns)
    paths = {"without a penalty": free, f"R1 with weight {PENALTY:g}": penalised}
    figures.write_convexity(folder / "convexity.png", values, fixed, paths)


def failures(run: RunFolder, seed: int, show: Callable[[int], object]) -> None:
    """Train the games that fail, and those beside them that do not.

    Args:
        run: The run folder.
        seed: Seed of data, weights and noise.
        show: Called with the number of new updates.
    """
    from mnist_gan.lab.theory import failures as games
    from mnist_gan.lab.theory.failure_figures import write_collapse, write_imbalance

    endings = [games.play_on_the_line(game, LINE, seed, show) for game in games.GAMES]
    rows = [{"game": ending.caption, **row} for ending in endings for row in ending.history]
    run.write_table("imbalance.csv", rows)
    rows = [row for ending in endings for row in games.end_rows(ending, LINE)]
    run.write_table("imbalance-ends.csv", rows)
    write_imbalance(run.folder / "imbalance.png", LINE, endings)
    scatters = [
        games.play_on_the_plane(caption, rates, seed, show)
        for caption, rates in games.RATES.items()
    ]
    table = [
        {
            "game": each.caption,
            "step": each.step,
            "modes": games.modes_drawn(each.samples),
            "discriminator_loss": each.losses[0],
            "generator_loss": each.losses[1],
        }
        for row in scatters
        for each in row
    ]
    run.write_table("collapse.csv", table)
    rows = [row for scatter in scatters for each in scatter for row in games.sample_rows(each)]
    run.write_table("collapse-samples.csv", rows)
    write_collapse(run.folder / "collapse.png", scatters)
