"""Games that fail, and those beside them that do not."""

import numpy as np
import pytest

from mnist_gan.lab.theory import failures
from mnist_gan.lab.theory.failures import GAMES, RATES, modes_drawn, ring

X = np.linspace(-2, 8, 101)


def test_modes_are_counted():
    """The ring has all eight; a generator that draws one point or the middle has one or none."""
    assert modes_drawn(ring(0, 2000)) == 8
    assert modes_drawn(np.tile([2.0, 0.0], (100, 1))) == 1
    assert modes_drawn(np.zeros((100, 2))) == 0
    mostly = np.concatenate([np.tile([2.0, 0.0], (995, 1)), np.tile([-2.0, 0.0], (5, 1))])
    assert modes_drawn(mostly) == 1


@pytest.mark.slow
def test_the_generator_stands_still_against_a_d_that_is_too_strong():
    """With minimax it is far from the data after 400 steps; with -log D it is there."""
    minimax, non_saturating, _ = (
        failures.play_on_the_line(game, X, 0, lambda updates: None) for game in GAMES
    )
    assert np.mean(minimax.samples) < 2
    assert minimax.history[0]["discriminator_loss"] < 0.01
    assert np.mean(non_saturating.samples) == pytest.approx(4, abs=0.5)


@pytest.mark.slow
def test_a_generator_that_is_too_strong_draws_nearly_one_number():
    """Its samples have less than half of the data's spread, and its losses look balanced."""
    ending = failures.play_on_the_line(GAMES[2], X, 0, lambda updates: None)
    assert ending.samples.std() < failures.LINE_DATA.std / 2
    for loss in ("discriminator_loss", "generator_loss"):
        assert ending.history[-1][loss] == pytest.approx(np.log(2), abs=0.05)


@pytest.mark.slow
def test_unequal_rates_make_the_generator_collapse():
    """On the ring it draws half of the modes at most; with equal rates it draws all eight."""
    fast, equal = (
        failures.play_on_the_plane(caption, rates, 0, lambda updates: None)
        for caption, rates in RATES.items()
    )
    assert max(modes_drawn(scatter.samples) for scatter in fast) <= 4
    assert modes_drawn(equal[-1].samples) == 8
