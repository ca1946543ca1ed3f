"""The lab's theory: closed forms, D against them, and the command end to end."""

import csv
import json
import math

import numpy as np
import pytest
from PIL import Image

from mnist_gan.lab.theory import experiment as theory
from mnist_gan.lab.theory import failures, pointwise
from mnist_gan.lab.theory.figures import density
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
from mnist_gan.lab.theory.pointwise import Phase, fitted_logits, generator_loss
from mnist_gan.objectives.losses import minimax, non_saturating
from mnist_gan.runs import RunFolder
from tests.conftest import mnist_gan

P = Normal(0, 1)
PAIRS = [(P, P), (P, Normal(1, 1)), (P, Normal(3, 0.4)), (Normal(-2, 0.3), Normal(2, 2))]


@pytest.mark.parametrize(("p", "q"), PAIRS, ids=str)
def test_kl_matches_the_closed_form(p, q):
    """KL(N(m, r) || N(n, s)) = log(s/r) + (r^2 + (m - n)^2) / (2 s^2) - 1/2."""
    ratio = (p.std**2 + (p.mean - q.mean) ** 2) / (2 * q.std**2)
    assert kl(p, q) == pytest.approx(math.log(q.std / p.std) + ratio - 0.5, abs=1e-9)


def test_jsd_is_0_for_equal_and_log_2_for_distant_densities():
    """JSD is symmetric and bounded; KL is neither."""
    assert jsd(P, P) == pytest.approx(0, abs=1e-12)
    assert jsd(P, Normal(50, 2)) == pytest.approx(math.log(2), abs=1e-9)
    q = Normal(2, 0.5)
    assert jsd(P, q) == pytest.approx(jsd(q, P), abs=1e-12)
    assert kl(P, q) > 2 * kl(q, P)
    assert 0 < jsd(P, q) < math.log(2)


def test_jsd_is_the_mean_of_two_divergences_to_the_mixture():
    """It agrees with a Monte Carlo estimate from samples of both densities."""
    q = Normal(1, 0.5)
    rng = np.random.default_rng(0)
    total = 0.0
    for density_, other in ((P, q), (q, P)):
        x = rng.normal(density_.mean, density_.std, 100_000)
        own, log_other = density_.log_density(x), other.log_density(x)
        total += np.mean(own - np.logaddexp(own, log_other) + np.log(2)) / 2
    assert jsd(P, q) == pytest.approx(total, abs=5e-3)


def test_the_best_d_at_known_points():
    """It is 1/2 where the densities are equal, and p / (p + q) elsewhere."""
    assert best_logits(P, P, np.array([-3.0, 0.0, 7.0])) == pytest.approx(0)
    assert best_logits(P, Normal(1, 1), np.array([0.5])) == pytest.approx(0)
    assert best_logits(P, Normal(1, 1), np.array([0.0])) == pytest.approx(0.5)


@pytest.mark.parametrize(("p", "q"), PAIRS, ids=str)
def test_the_value_of_the_game_is_that_of_theorem_1(p, q):
    """C(G) = -log 4 + 2 JSD, and no other D has a larger value."""
    assert best_value(p, q) == pytest.approx(-math.log(4) + 2 * jsd(p, q), abs=1e-6)
    x = integration_grid(p, q)
    best = best_logits(p, q, x)
    for other in (best + 0.3, 0.8 * best - 0.1, np.zeros_like(x)):
        assert value(p, q, other, x) < best_value(p, q) + 1e-9


def test_a_constant_d_of_one_half_has_the_value_minus_log_4():
    """With D = 1/2 everywhere, V is -log 4 for any generator."""
    x = integration_grid(P, Normal(3, 0.4))
    assert value(P, Normal(3, 0.4), np.zeros_like(x), x) == pytest.approx(MIN_VALUE, abs=1e-9)


def test_gradients_of_the_generator_losses():
    """The gradient of log(1 - D) is -D, which vanishes for bad samples; that of -log D is D - 1."""
    logits = np.array([-8.0, 0.0, 3.0])
    d = 1 / (1 + np.exp(-logits))
    losses, gradients = generator_loss(minimax(), logits)
    assert losses == pytest.approx(np.log(1 - d), rel=1e-4)
    assert gradients == pytest.approx(-d, rel=1e-4)
    losses, gradients = generator_loss(non_saturating(), logits)
    assert losses == pytest.approx(-np.log(d), rel=1e-4)
    assert gradients == pytest.approx(d - 1, rel=1e-4)


def test_d_approaches_the_best_d_against_a_fixed_generator(monkeypatch):
    """A tenth of the updates bring V within 0.01 of the best value; a seed gives one result."""
    monkeypatch.setattr(pointwise, "FIT_UPDATES", 300)
    q, updates = Normal(1.5, 0.6), []
    x = integration_grid(P, q)
    logits = fitted_logits(P, q, x, 0, updates.append)
    assert sum(updates) == 300
    assert best_value(P, q) - 0.01 < value(P, q, logits, x) < best_value(P, q)
    np.testing.assert_array_equal(fitted_logits(P, q, x, 0, updates.append), logits)


def test_a_drawn_density_contains_all_samples():
    """Its integral is the share of the samples within the plotted range."""
    x = np.linspace(-4, 4, 161)
    samples = np.random.default_rng(0).normal(0, 1, 20_000)
    assert density(samples, x).sum() * (x[1] - x[0]) == pytest.approx(1, abs=0.01)
    assert density(samples + 100, x).max() == 0


def test_the_page_starts_with_the_training_that_the_last_line_names():
    """Both say "the complete training"; the last figure is another one."""
    assert theory.LOOK.startswith("the complete training: ")
    start = theory._start(0)
    assert start.look.startswith("The complete training")
    assert str(theory.GAME_DATA) in start.name


@pytest.mark.slow
def test_theory_from_the_command_line(tmp_path, monkeypatch):
    """The command writes eleven figures with their data as CSV, and prints the results as JSON."""
    monkeypatch.setattr(theory, "THREADS", 0)  # keeps the threads that TensorFlow has here
    monkeypatch.setattr(pointwise, "FIT_UPDATES", 100)
    phases = (Phase(0, 0, "a"), Phase(0, 20, "b"), Phase(10, 0, "c"), Phase(100, 0, "d"))
    monkeypatch.setattr(pointwise, "PHASES", phases)
    monkeypatch.setattr(failures, "GAMES", failures.GAMES[:1])
    monkeypatch.setattr(failures, "RATES", {"both learn equally fast": (1e-3, 1e-3)})
    monkeypatch.setattr(failures, "LINE_STEPS", 20)
    monkeypatch.setattr(failures, "PLANE_STEPS", (5, 10))
    result = mnist_gan("lab", "theory", "--seed", 3, "--json", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    about = json.loads(result.stdout)
    page = f"Page: {about['folder']}/page.html; look first at the complete training: "
    assert result.stderr.splitlines()[-1].startswith(page)
    assert about["largest_gap"] < 1e-6
    assert about["best_value"] - 0.2 < about["trained_value"] < about["best_value"]
    run = RunFolder(tmp_path / about["folder"])
    assert (run.manifest().kind, run.manifest().status) == ("lab-theory", "finished")
    names = sorted(path.stem for path in run.folder.glob("*.png"))
    assert len(names) == 11
    for name in names:
        with Image.open(run.folder / f"{name}.png") as picture:
            assert picture.width > 700
        rows = table(run, name)
        numbers = [number for row in rows for key, number in row.items() if key != "game"]
        assert all(math.isfinite(float(number)) for number in numbers)
    for name in ("convexity-paths", "game-arrows", "imbalance-ends", "collapse-samples"):
        assert len(table(run, name)) > 20
    assert f"It starts with the settings of {run.folder.name}." in run.page.read_text()
    rows = table(run, "game")
    assert [row["q_a"] for row in rows] == [row["q_b"] for row in rows]  # only D was trained
    assert [row["d_a"] for row in rows] != [row["d_b"] for row in rows]
    real, fake, best = (float(rows[80][name]) for name in ("p", "q_d", "best_d_d"))
    assert best == pytest.approx(real / (real + fake))


def table(run, name):
    """Return the rows of a figure's CSV."""
    with (run.folder / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))
