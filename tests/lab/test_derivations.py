"""The numbers of the derivations: against closed forms, samples and finite differences."""

import math

import numpy as np
import pytest
import scipy

from mnist_gan.lab.theory import derivation_figures, derivations
from mnist_gan.lab.theory.model import Normal, jsd


def test_the_best_answer_at_a_point_is_a_over_a_plus_b():
    """The largest of the computed values of a log y + b log(1 - y) is at y = a / (a + b)."""
    columns = derivations.pointwise()
    for a, b in derivations.WEIGHTS:
        best = columns["y"][columns[f"{a:g},{b:g}"].argmax()]
        assert best == pytest.approx(a / (a + b), abs=0.005)


def test_curves_that_leave_the_panel_are_marked(monkeypatch, tmp_path):
    """One mark for each end that is cut off: one of each outer curve, both of the middle one."""
    figures: list = []
    monkeypatch.setattr(derivation_figures, "finish", lambda path, figure: figures.append(figure))
    derivation_figures.write_pointwise(tmp_path / "none.png", derivations.pointwise())
    marks = [text for text in figures[0].axes[0].texts if text.get_text() == "↓"]
    assert len(marks) == 4
    assert {mark.xy[1] for mark in marks} == {derivation_figures.LOWEST}


def test_contributions_add_up_to_jsd():
    """The area under them is the divergence, they are never below 0, and 0 where p = q."""
    p, q = Normal(0, 1), Normal(1.5, 0.6)
    columns = derivations.contributions(p, q, np.linspace(-8, 8, 4001))
    assert np.trapezoid(columns["jsd"], columns["x"]) == pytest.approx(jsd(p, q), abs=1e-6)
    assert columns["jsd"].min() > -1e-12
    equal = np.abs(columns["p"] - columns["q"]).argmin()
    assert columns["jsd"][equal] < 1e-4


@pytest.mark.parametrize("gap", [0.0, 0.25, 1.0, 2.5])
def test_divergences_of_boxes(gap):
    """JSD is that of histograms of the boxes, and W1 that of samples."""
    edges = np.arange(0, 4.25, 0.25)
    grid = np.arange(0, 1, 1 / 1024)
    p, q = (np.histogram(grid + shift, edges)[0] / 1024 for shift in (0, gap))
    columns = derivations.boxes(np.array([gap]))
    expected = scipy.spatial.distance.jensenshannon(p, q) ** 2
    assert columns["jsd"][0] == pytest.approx(expected, abs=1e-9)
    assert columns["w1"][0] == pytest.approx(scipy.stats.wasserstein_distance(grid, grid + gap))


def test_the_game_of_two_numbers_is_concave_for_its_generator():
    """Against a fixed D every second difference of what G minimises is below 0."""
    columns = derivations.fixed_discriminators()
    for psi in derivations.PSIS:
        assert (np.diff(columns[f"psi {psi:g}"], 2) < 0).all()


def test_descent_circles_outwards_without_a_penalty_and_inwards_with_one():
    """The first step follows the gradient of V; 500 steps end outside the start, or at 0."""
    free, penalised = derivations.path(0.0), derivations.path(0.3)
    assert (free["theta"][1], free["psi"][1]) == pytest.approx((1.0, -0.05))  # D(1) is 1/2
    distances = np.hypot(free["theta"], free["psi"])
    assert distances[-1] > 1.5
    turns = np.unwrap(np.arctan2(free["psi"], free["theta"]))
    assert abs(turns[-1]) > 4 * math.pi
    assert np.hypot(penalised["theta"], penalised["psi"])[-1] < 0.01
