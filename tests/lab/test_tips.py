"""The lab's tips: comparisons, what a tip changes, and the command end to end."""

import csv
import json
import shutil

import numpy as np
import pytest
from scipy import stats

from mnist_gan.cli import lab
from mnist_gan.config.loading import load_config
from mnist_gan.lab.colours import GENERATED, REAL
from mnist_gan.lab.tips import experiment, figures
from mnist_gan.lab.tips.model import BASELINE, VARIANTS, Outcome, compare
from mnist_gan.runs import RunFolder
from mnist_gan.sweeps.record import read_record, write_record
from mnist_gan.training.build import build_networks, build_trainer
from tests.conftest import TINY, mnist_gan, refusal


def outcomes(variant, *distances):
    """Return an outcome of a variant for each distance."""
    return [Outcome(variant, seed, d, "", "balanced", 1.0) for seed, d in enumerate(distances)]


def test_the_command_offers_every_tip():
    """The help, which does not load TensorFlow, lists all tips."""
    (names,) = (option for option in lab.commands["tips"].params if option.name == "names")
    assert list(names.type.choices) == [name for name in VARIANTS if name != BASELINE]


@pytest.mark.parametrize(
    ("distances", "finding"),
    [((20, 21, 19), "better"), ((80, 84, 79), "worse"), ((30, 60, 41), "unclear")],
)
def test_a_difference_counts_if_it_exceeds_the_noise(distances, finding):
    """Half and twice the baseline's distance are recognised; random variation is unclear."""
    (found,) = compare([*outcomes(BASELINE, 40, 42, 39), *outcomes("rates", *distances)])
    assert (found.variant, found.finding) == ("rates", finding)
    assert found.low < found.ratio < found.high
    assert found.mean == pytest.approx(np.mean(distances))
    assert found.std == pytest.approx(np.std(distances, ddof=1))


def test_the_ratio_is_of_geometric_means_with_welchs_interval():
    """Computed by hand for (1, e) and (1, e^2): ratio e^-0.5, with 1.47 degrees of freedom."""
    e = float(np.e)
    (found,) = compare([*outcomes(BASELINE, 1.0, e**2), *outcomes("latent", 1.0, e)])
    assert found.ratio == pytest.approx(e**-0.5)
    half = stats.t.ppf(0.975, 25 / 17) * (0.25 + 1) ** 0.5  # variances 1/2 and 2, n = 2
    assert found.low == pytest.approx(np.exp(-0.5 - half))
    assert found.high == pytest.approx(np.exp(-0.5 + half))


def test_trainings_without_a_distance_are_left_out():
    """Diverged trainings have no distance; a single training is not compared."""
    found = compare(
        [
            *outcomes(BASELINE, 40, 42, None),
            *outcomes("rates", 30, None, None),
            *outcomes("steps", 30, None, 31),
        ]
    )
    assert [comparison.variant for comparison in found] == ["steps"]
    assert compare([*outcomes(BASELINE, 40), *outcomes("steps", 30, 31)]) == []


def test_the_figure_has_a_title_and_colours_of_its_own(monkeypatch, tmp_path):
    """Neither the colour of real nor that of generated samples means a recipe."""
    drawn: list = []
    monkeypatch.setattr(figures, "write_figure", lambda path, figure: drawn.append(figure))
    results = [*outcomes(BASELINE, 40, 42), *outcomes("steps", 30, 31)]
    figures.write_tips(tmp_path / "none.png", results)
    (axes,) = drawn[0].axes
    assert axes.get_title() == "The tutorial (grey), and with one change each (purple)"
    assert not {line.get_color() for line in axes.lines} & {REAL, GENERATED}
    drawn[0].draw_without_rendering()
    for words in (axes.title, axes.xaxis.label, *axes.get_yticklabels()):
        extent = words.get_window_extent()
        assert extent.x0 >= 0
        assert extent.x1 <= drawn[0].bbox.x1


@pytest.mark.parametrize("name", VARIANTS)
def test_each_tip_is_one_change_to_the_tutorial(name):
    """Its settings are valid, and differ from the tutorial's."""
    config = load_config("tutorial", VARIANTS[name].settings)
    assert (config == load_config("tutorial")) == (name == BASELINE)


def test_a_d_frozen_too_early_never_changes(images):
    """D keeps its initial weights."""
    for is_frozen in (True, False):
        changes = VARIANTS["freezing"].settings if is_frozen else {}
        config = load_config("smoke", {"training.epochs": 1, **changes})
        networks = build_networks(config, images)
        before = [weight.numpy() for weight in networks.discriminator.weights]
        trainer = build_trainer(config, images, networks)
        start = [weight.numpy() for weight in networks.generator.weights]
        for _ in trainer.run(1):
            pass
        after = [weight.numpy() for weight in networks.discriminator.weights]
        unchanged = [np.array_equal(*pair) for pair in zip(before, after, strict=True)]
        assert unchanged == [is_frozen] * len(before)
        trained = [weight.numpy() for weight in networks.generator.weights]
        assert not any(np.array_equal(*pair) for pair in zip(start, trained, strict=True))


@pytest.mark.slow
def test_tips_are_a_sweep(tmp_path, monkeypatch):
    """A baseline and a tip give runs, a page, tables and a figure; --resume adds what is missing.

    Without what an interrupted sweep has not trained, the comparison is not made.
    """
    monkeypatch.setattr(experiment, "EVAL_SAMPLES", 200)
    few = np.random.default_rng(0).integers(0, 256, (256, 28, 28), np.uint8)
    np.savez(tmp_path / "few.npz", x_train=few, y_train=np.arange(256) % 10)
    result = mnist_gan(
        *("lab", "tips", "--tip", "freezing", "--seeds", 2, "--epochs", 2, "--seed", 4, "--json"),
        *("--data", "few.npz", "--jobs", 1),
        cwd=tmp_path,
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr.startswith("4 trainings on this machine, 1 at once with ")
    assert max(len(line) for line in result.stderr.splitlines()[-7:-1]) <= 60
    assert result.stderr.splitlines()[-1].startswith("Page: ")
    about = json.loads(result.stdout)
    order = [("baseline", 4), ("freezing", 4), ("baseline", 5), ("freezing", 5)]
    assert [(row["variant"], row["seed"]) for row in about["results"]] == order
    run = RunFolder(tmp_path / about["folder"])
    manifest = run.manifest()
    assert (manifest.kind, manifest.status) == ("sweep", "finished")
    assert manifest.verdict == f"freezing {about['tips'][0]['finding']}"
    assert manifest.data.count == 256
    for number, (variant, seed) in enumerate(order, 1):
        trained = RunFolder(run.folder / f"{number:04d}-{variant}-seed-{seed}")
        rows = trained.history()
        assert [row["epoch"] for row in rows] == [1, 2]
        row = about["results"][number - 1]
        assert rows[-1]["frechet_distance"] == row["frechet_distance"]
    for name in ("results.csv", "tips.csv", "tips.png"):
        (run.folder / name).unlink()
    page = run.page.read_text()
    assert "learning_rate 0.0" in page
    shutil.rmtree(trained.folder)
    record = read_record(run)
    record.trainings[-1].status = "waiting"
    write_record(run, record)
    resumed = mnist_gan("lab", "tips", "--resume", 1, "--json", cwd=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    assert "1 of 1: 0004" in resumed.stderr
    again = json.loads(resumed.stdout)
    assert [row["frechet_distance"] for row in again["results"]] == [
        row["frechet_distance"] for row in about["results"]
    ]
    assert again["tips"] == about["tips"]
    with (run.folder / "results.csv").open() as file:
        assert [row["variant"] for row in csv.DictReader(file)] == [name for name, _ in order]
    assert (run.folder / "tips.png").is_file()


@pytest.mark.slow
def test_another_sweep_has_no_tips(tmp_path, own_digits):
    """`lab tips --resume` names the command that goes on with it."""
    result = mnist_gan("sweep", *TINY, "--seeds", "0-1", "--data", own_digits, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    told = refusal("lab", "tips", "--resume", 1, cwd=tmp_path)
    assert "mnist-gan sweep --resume 1" in told


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--tip", "prayer"], "'prayer' is not one of 'smoothing'"),
        (["--seeds", "1"], "1 is not in the range 2<=x"),
        (["--epochs", "0"], "0 is not in the range"),
        (["--data", "nowhere"], "nowhere"),
        (["--resume", "7"], "no run '7'"),
        (["--resume", "7", "--epochs", "3"], "leave out --epochs"),
        (["--resume", "7", "--tip", "dropout"], "leave out --tip"),
    ],
)
def test_wrong_arguments_give_one_sentence(tmp_path, arguments, message):
    """The exit code is 2, stderr has one line, and nothing is written."""
    assert message in refusal("lab", "tips", *arguments, cwd=tmp_path)
