"""The lab: densities, the networks of sets, and the experiments end to end."""

import contextlib
import csv
import json
import os
import signal
import time
from pathlib import Path

import click
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from scipy import integrate

from mnist_gan.cli import lab
from mnist_gan.lab.gaussian.densities import LIMITS, SHAPES, Fit, Target, fit, missed
from mnist_gan.lab.gaussian.figures import Histogram, write_panel
from mnist_gan.lab.gaussian.model import (
    EVAL_SAMPLES,
    SET_SIZE,
    build,
    build_discriminator,
    build_generator,
    learn,
    with_deviations,
)
from mnist_gan.lab.gaussian.recipes import RECIPES
from mnist_gan.runs import RunFolder
from mnist_gan.support.console import LOADING
from mnist_gan.support.runtime import cores
from tests.conftest import installed, mnist_gan, refusal, start
from tests.pages.album import album

QUICK = RECIPES["sorted"]._replace(rounds=100)


def test_the_command_offers_every_recipe_and_shape():
    """The help, which does not load TensorFlow, lists all recipes and shapes."""
    options = {option.name: option for option in lab.commands["gaussian"].params}
    assert set(options["recipe"].type.choices) == set(RECIPES)
    target = options["target"]
    assert ", ".join(SHAPES) in target.help
    assert {found.value for found in target.shell_complete(click.Context(lab), "")} == set(SHAPES)


def real(target: Target, seed: int = 5) -> np.ndarray:
    """Return 10,000 samples of a target."""
    return target.draw(np.random.default_rng(seed), 10_000)


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_have_the_stated_moments(shape):
    """Density and samples have mean 0, standard deviation 1, and the stated skew and kurtosis."""
    target = Target(shape, mean=3.0, std=2.0)
    x = np.linspace(-40, 60, 2_000_001)
    density = target.density(x)

    def moment(power: int) -> float:
        return float(integrate.simpson(density * ((x - 3.0) / 2.0) ** power, x=x))

    expected = [1, 0, 1, SHAPES[shape].skew, 3 + SHAPES[shape].kurtosis]
    np.testing.assert_allclose([moment(power) for power in range(5)], expected, atol=1e-3)
    drawn = (target.draw(np.random.default_rng(0), 1_000_000) - 3) / 2
    found = [np.mean(drawn**power) for power in range(5)]
    np.testing.assert_allclose(found, expected, atol=0.12)
    assert target.moments["mean"] == 3.0


@pytest.mark.parametrize("shape", SHAPES)
def test_real_samples_pass(shape):
    """New samples of the target are well within all limits."""
    found = fit(real(Target(shape)), Target(shape))
    assert missed(found, Target(shape)) == []
    assert found.wasserstein < LIMITS["wasserstein"] * 0.8
    assert found.ks < LIMITS["ks"] * 0.7


@pytest.mark.parametrize(
    ("distort", "expected"),
    [
        (lambda x: x + 0.1 * 1.25, ["mean", "wasserstein", "ks"]),
        (lambda x: 4 + 0.9 * (x - 4), ["std", "wasserstein"]),
        (lambda x: np.full_like(x, 4.0), ["std", "wasserstein", "ks"]),
        (lambda x: x * np.nan, ["mean", "std", "wasserstein", "ks"]),
    ],
)
def test_distorted_samples_miss_limits(distort, expected):
    """Shifted, shrunk, constant and NaN samples each exceed the expected limits."""
    with np.errstate(all="ignore"):
        found = fit(distort(real(Target())), Target())
    assert [name for name in missed(found, Target()) if name in expected] == expected


def test_moments_alone_do_not_pass():
    """A uniform density with the mean and standard deviation of the target does not match it."""
    assert missed(fit(real(Target("uniform")), Target()), Target()) == ["wasserstein", "ks"]


def test_distances_match_their_definition():
    """A shift by d is a Wasserstein distance of d; KS is the largest gap of two step functions."""
    target = Target("uniform", 0.0, 2.0)
    samples = target.draw(np.random.default_rng([0, 1]), 500)
    found = fit(samples + 0.5, target)
    assert found.wasserstein == pytest.approx(0.25)
    ends = np.concatenate([samples, samples + 0.5])
    shares = [(part[None] <= ends[:, None]).mean(1) for part in (samples + 0.5, samples)]
    assert found.ks == pytest.approx(np.abs(shares[0] - shares[1]).max())


def test_the_generator_maps_each_number_separately():
    """It has layers of 1, 50, 50 and 1 units; permuted noise gives permuted samples."""
    generator = build_generator(("elu", "elu"), seed=3)
    shapes = [weight.shape for weight in generator.get_weights()]
    assert shapes == [(1, 50), (50,), (50, 50), (50,), (50, 1), (1,)]
    noise = np.random.default_rng(0).uniform(-1, 1, (2, SET_SIZE)).astype(np.float32)
    order = np.random.default_rng(1).permutation(SET_SIZE)
    drawn = np.asarray(generator(noise))
    np.testing.assert_allclose(np.asarray(generator(noise[:, order])), drawn[:, order], atol=1e-6)
    single = build_generator(("elu", "elu"), seed=3)
    np.testing.assert_array_equal(np.asarray(single(noise)), drawn)


@pytest.mark.parametrize("is_sorted", [True, False])
def test_only_the_sorted_discriminator_ignores_order(is_sorted):
    """Its 200 inputs are the set and its squared deviations; sorting makes it invariant."""
    network = build_discriminator(("elu", "elu"), is_sorted=is_sorted)
    assert network.get_weights()[0].shape == (2 * SET_SIZE, 50)
    sets = np.random.default_rng(0).normal(size=(3, SET_SIZE)).astype(np.float32)
    shuffled = np.random.default_rng(1).permuted(sets, axis=1)
    apart = np.abs(np.asarray(network(sets)) - np.asarray(network(shuffled))).max()
    assert (apart < 1e-5) == is_sorted


def test_deviations_are_appended():
    """The set itself is followed by (x - mean)^2."""
    sets = np.random.default_rng(0).normal(3, 2, (4, SET_SIZE)).astype(np.float32)
    expected = np.concatenate([sets, (sets - sets.mean(1, keepdims=True)) ** 2], axis=1)
    np.testing.assert_allclose(np.asarray(with_deviations(sets)), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
def test_training_improves_and_is_repeatable():
    """A hundred rounds of our recipe match the moments; the same seed gives the same samples."""
    shown = []
    result = learn(QUICK, Target("normal", 400.0, 3.0), 1, shown.append)
    assert [row["round"] for row in result.history] == list(range(0, 101, 2))
    assert shown == result.history[1:]
    assert result.history[0]["std"] < 1
    assert 2.7 < result.fit.std < 3.3
    assert abs(result.fit.mean - 400) < 0.3
    assert result.histograms.shape == (51, 100)
    assert result.samples.shape == (EVAL_SAMPLES,)
    again = learn(QUICK, Target("normal", 400.0, 3.0), 1)
    np.testing.assert_array_equal(again.samples, result.samples)


def test_a_round_of_2017_is_twenty_updates_of_each():
    """Two rounds of the recipe "2017" are forty updates of D and forty of G."""
    sets = real(Target())[: 20 * SET_SIZE].reshape(20, SET_SIZE).astype(np.float32)
    trainer = build(RECIPES["2017"]._replace(rounds=2), sets, seed=0)
    (*_, report) = trainer.run(2)
    assert (report.step, trainer.step.count, trainer.step.pretrain_updates) == (2, 2, 0)
    optimizers = trainer.step.generator_optimizer, trainer.step.discriminator_optimizer
    assert [int(optimizer.iterations) for optimizer in optimizers] == [40, 40]


@pytest.mark.slow
def test_gaussian_from_the_command_line(tmp_path):
    """Two parallel runs each get a folder; the command writes a table, a panel, and JSON."""
    result = installed(
        *("lab", "gaussian", "--target", "mixture", "--mean", -2),
        *("--rounds", 50, "--runs", 2, "--seed", 4, "--json", "--quiet"),
        cwd=tmp_path,
    )
    assert (result.returncode, result.stderr) == (0, "")
    about = json.loads(result.stdout)
    run = RunFolder(tmp_path / about["folder"])
    assert about["folder"] == "outputs/0001-lab-gaussian"
    assert [row["seed"] for row in about["results"]] == [4, 5]
    assert (about["mean"], about["passed"]) == (-2.0, 0)
    manifest = run.manifest()
    assert (manifest.kind, manifest.status) == ("lab-gaussian", "finished")
    assert manifest.verdict == "0 of 2 runs match mixture, mean -2, std 1.25"
    with (run.folder / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["mean"]) for row in rows] == [row["mean"] for row in about["results"]]
    for seed in (4, 5):
        folder = run.folder / f"seed-{seed}"
        samples = np.load(folder / "samples.npy")
        assert samples.mean() == pytest.approx(float(rows[seed - 4]["mean"]))
        with Image.open(folder / "density.gif") as film:
            assert film.n_frames > 10
        assert len((folder / "history.csv").read_text().splitlines()) == 52
        assert (folder / "density.png").is_file()
        assert (folder / "moments.png").is_file()
    assert (run.folder / "runs.png").is_file()


@pytest.mark.slow
def test_one_run_prints_its_progress(tmp_path):
    """Without a terminal it prints five lines of progress and the table; the folder on stdout."""
    result = installed("lab", "gaussian", "--rounds", 50, cwd=tmp_path)
    assert result.stdout == "outputs/0001-lab-gaussian\n"
    loading, *lines = result.stderr.splitlines()
    assert loading == LOADING
    assert [line.split(":")[0] for line in lines[:5]] == [
        f"round {done} of 50" for done in range(10, 51, 10)
    ]
    assert lines[5].split() == ["seed", "mean", "std", "W1", "KS", "s", "misses"]
    assert lines[-2].startswith("0 of 1 run matches N(4, 1.25): ")
    assert lines[-1].startswith("Page: outputs/0001-lab-gaussian/page.html; look first at ")
    assert "This run" in (tmp_path / "outputs" / "0001-lab-gaussian" / "page.html").read_text()
    assert max(len(line) for line in lines[:7]) <= 60


def until_gone(group: int) -> None:
    """Wait until no process of a group is left; pytest's timeout stops the wait."""
    with contextlib.suppress(ProcessLookupError):
        while True:
            os.killpg(group, 0)
            time.sleep(0.1)


def count_workers(group: int) -> int:
    """Return how many processes of a group have loaded TensorFlow."""
    count = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # the process may have ended
            if os.getpgid(int(folder.name)) == group:
                count += "libtensorflow" in (folder / "maps").read_text()
    return count


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="finds workers in /proc")
def test_ctrl_c_stops_several_runs_with_one_message(tmp_path):
    """No worker is left, workers print nothing, and the run is marked as interrupted."""
    command = ("lab", "gaussian", "--runs", 2, "--rounds", 100_000)
    # in a new session, so that the signal reaches the command and its workers, like Ctrl-C
    with start(*command, cwd=tmp_path, start_new_session=True) as process:
        while count_workers(process.pid) < min(2, cores()):
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGINT)
        stdout, stderr = process.communicate()
    assert (process.returncode, stdout) == (130, "")
    lines = [LOADING, "learning the density ...", "Stopped; nothing was left half-written."]
    assert [line for line in stderr.splitlines() if line] == lines
    assert RunFolder(tmp_path / "outputs" / "0001-lab-gaussian").manifest().status == "interrupted"
    until_gone(process.pid)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--std", "0"], "0.0 is not in the range 0<x"),
        (["--std", "nan"], "'nan' is no number"),
        (["--mean", "inf"], "inf is not in the range"),
        (["--runs", "0"], "0 is not in the range"),
        (["--recipe", "2019"], "'2019' is not one of 'sorted'"),
        (["--target", "cauchy"], "'cauchy' is not one of 'normal'"),
    ],
)
def test_wrong_arguments_give_one_sentence(tmp_path, arguments, message):
    """The exit code is 2, stderr has one line, and nothing is written."""
    assert message in refusal("lab", "gaussian", *arguments, cwd=tmp_path)


def test_an_experiment_is_not_a_training(tmp_path, outputs):
    """The index lists it apart from trainings; browsed where it has a page, never resumed."""
    training = album(outputs, epochs=1)
    experiment = album(outputs, epochs=1)
    manifest = experiment.manifest().model_copy(update={"kind": "lab-gaussian"})
    experiment.write_manifest(manifest)
    listed = json.loads(mnist_gan("runs", "--json", cwd=tmp_path).stdout)
    assert [run["number"] for run in listed] == [1, 2]
    assert mnist_gan("browse", "--no-open", cwd=tmp_path).returncode == 0
    index = (outputs / "index.html").read_text()
    assert training.folder.name in index
    assert index.count('class="card"') == 1
    assert f"{experiment.folder.name} (no page)" in index
    refused = mnist_gan("browse", 2, "--no-open", cwd=tmp_path)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "is an experiment" in refused.stderr
    experiment.page.write_text("as it was")
    found = mnist_gan("browse", 2, "--no-open", cwd=tmp_path)
    assert (found.returncode, found.stdout) == (0, "outputs/0002-album/page.html\n")
    assert experiment.page.read_text() == "as it was"
    assert mnist_gan("browse", "--no-open", cwd=tmp_path).returncode == 0
    assert 'href="0002-album/page.html"' in (outputs / "index.html").read_text()
    film = mnist_gan("browse", "--film", "--output", "film.gif", cwd=tmp_path)
    assert film.returncode == 0
    resumed = mnist_gan("train", "--resume", 2, cwd=tmp_path)
    assert (resumed.returncode, resumed.stderr.count("\n")) == (2, 1)
    assert "is an experiment (lab-gaussian)" in resumed.stderr


def test_a_panel_shows_every_run(tmp_path):
    """Seven runs take two rows; a run that does not pass is drawn, too."""
    result = learn(QUICK._replace(rounds=1), Target(), 0)
    write_panel(tmp_path / "one.png", [result], Target(), "Recipe")
    seven = [result._replace(seed=seed) for seed in range(7)]
    write_panel(tmp_path / "seven.png", seven, Target(), "Recipe")
    with Image.open(tmp_path / "one.png") as one, Image.open(tmp_path / "seven.png") as seven:
        assert seven.width > 1.5 * one.width
        assert seven.height > 1.8 * one.height


@pytest.mark.slow
@pytest.mark.parametrize(
    "target",
    [Target(), Target("normal", 400, 3), Target("normal", -2, 0.1)]
    + [Target(shape) for shape in ("uniform", "exponential", "mixture")],
    ids=str,
)
def test_our_recipe_passes_on_ten_of_ten_seeds(target):
    """The default recipe matches every target with every seed."""
    results = [learn(RECIPES["sorted"], target, seed) for seed in range(10)]
    assert [missed(result.fit, target) for result in results] == [[]] * 10
    assert isinstance(results[0].fit, Fit)


def test_a_spike_that_is_cut_off_names_its_height():
    """Samples in one bin of width 1/4 have a density of 4; where that fits, there is no mark."""
    borders = np.linspace(0, 1, 5)
    axes = Figure().subplots()
    patch, mark = axes.stairs(np.zeros(4), borders), axes.text(0, 0, "")
    Histogram(patch, mark, limit=2.0).show(np.array([0, 1.0, 0, 0]), borders)
    assert (mark.get_text(), mark.get_position()[0]) == ("↑ 4", 0.5)
    Histogram(patch, mark, limit=5.0).show(np.array([0, 1.0, 0, 0]), borders)
    assert mark.get_text() == ""
    assert patch.get_data().values.tolist() == [0, 4, 0, 0]
