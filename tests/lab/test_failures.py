"""Games that fail, and those beside them that do not."""

import math

import numpy as np
import pytest

from mnist_gan.lab.colours import DISCRIMINATOR, GENERATED
from mnist_gan.lab.theory import failure_figures, failures
from mnist_gan.lab.theory.failures import GAMES, RATES, Ending, Scatter, modes_drawn, ring

X = np.linspace(-2, 8, 101)


@pytest.fixture
def drawn(monkeypatch) -> list:
    """Return the list that figures are put into instead of being written."""
    figures: list = []
    monkeypatch.setattr(
        failure_figures, "write_figure", lambda path, figure: figures.append(figure)
    )
    return figures


def ending(game: failures.Game) -> Ending:
    """Return an ending of a game that was not played."""
    history = [{"step": 10, "discriminator_loss": 0.1, "generator_loss": 0.2}]
    samples = np.random.default_rng(0).normal(2, 1, 1000)
    return Ending(game.caption, history, samples, X - 3, game.objective().equilibrium[:2])


def test_the_losses_have_the_equilibrium_of_their_objective(drawn, tmp_path):
    """G's is -log 2 with minimax and log 2 with -log D; D's is log 2 with both."""
    failure_figures.write_imbalance(tmp_path / "none.png", X, [ending(game) for game in GAMES])
    for axes, expected in zip(drawn[0].axes[3:], (-1, 1, 1), strict=True):
        levels = {
            line.get_color(): line.get_ydata()[0]
            for line in axes.lines
            if str(line.get_label()).endswith("equilibrium")
        }
        assert levels[DISCRIMINATOR] == pytest.approx(math.log(2))
        assert levels[GENERATED] == pytest.approx(expected * math.log(2))


def test_every_panel_names_its_axes(drawn, tmp_path):
    """Also those of the inner columns and rows."""
    failure_figures.write_imbalance(tmp_path / "none.png", X, [ending(game) for game in GAMES])
    scatters = [[Scatter("fast", step, ring(0, 40), (0.7, 0.7)) for step in (1, 2)]] * 2
    failure_figures.write_collapse(tmp_path / "none.png", scatters)
    for figure in drawn:
        assert all(axes.get_xlabel() and axes.get_ylabel() for axes in figure.axes)


def test_samples_that_are_not_shown_are_counted(drawn, tmp_path):
    """A quarter of the samples lies beyond the frame of the first panel, none of the second."""
    far = np.array([[0.0, 0.0], [9.0, 0.0], [1.0, -1.0], [2.0, 2.0]])
    scatters = [[Scatter("fast", 1, samples, (0.7, 0.7)) for samples in (far, far[2:])]]
    failure_figures.write_collapse(tmp_path / "none.png", scatters)
    texts = [[text.get_text() for text in axes.texts] for axes in drawn[0].axes]
    assert texts == [["25 % beyond 3"], []]


def test_the_tables_have_what_is_drawn():
    """Densities and D of a game on the line, and the samples of one on the plane."""
    rows = failures.end_rows(ending(GAMES[0]), X)
    assert [row["x"] for row in rows] == X.tolist()
    for density in ("p", "q"):
        assert sum(row[density] for row in rows) * (X[1] - X[0]) == pytest.approx(1, abs=0.01)
    assert rows[50]["d"] == pytest.approx(0.5)  # its logit is 0 at 3
    samples = np.array([[1.0, 2.0], [3.0, 4.0]])
    rows = failures.sample_rows(Scatter("fast", 250, samples, (0.7, 0.7)))
    assert rows[1] == {"game": "fast", "step": 250, "x": 3.0, "y": 4.0}


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
