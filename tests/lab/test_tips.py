"""The lab's tips: comparisons, what a tip changes, and the command end to end."""

import csv
import json

import numpy as np
import pytest
from PIL import Image
from scipy import stats

from mnist_gan.cli import lab
from mnist_gan.config.loading import load_config
from mnist_gan.lab.tips import experiment as tips
from mnist_gan.lab.tips.model import BASELINE, TIPS, Outcome, compare
from mnist_gan.models.gan import build_gan
from mnist_gan.runs import RunFolder
from mnist_gan.support.console import LOADING
from mnist_gan.training.build import build_networks, build_trainer
from tests.conftest import mnist_gan, refusal


def outcomes(variant, *distances):
    """Return an outcome of a variant for each distance."""
    return [Outcome(variant, seed, d, "", "balanced", 1.0) for seed, d in enumerate(distances)]


def test_the_command_offers_every_tip():
    """The help, which does not load TensorFlow, lists all tips."""
    (names,) = (option for option in lab.commands["tips"].params if option.name == "names")
    assert list(names.type.choices) == list(TIPS)


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


@pytest.mark.parametrize("name", TIPS)
def test_each_tip_is_one_change_to_the_tutorial(name):
    """Its settings are valid, and differ from the tutorial's."""
    config = load_config("tutorial", TIPS[name].settings)
    assert (config == load_config("tutorial")) == TIPS[name].is_frozen


def test_a_d_frozen_too_early_never_changes(images):
    """D keeps its initial weights if it is frozen before its optimizer gets them."""
    config = load_config("smoke", {"training.epochs": 1})
    for is_frozen in (True, False):
        networks = build_networks(config, images)
        if is_frozen:
            build_gan(networks.generator, networks.discriminator)
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


def test_tips_from_the_command_line(tmp_path, monkeypatch):
    """Two seeds of the baseline and a tip give tables, pictures, a comparison and progress."""
    monkeypatch.setattr(tips, "EVAL_SAMPLES", 200)
    few = np.random.default_rng(0).integers(0, 256, (256, 28, 28), np.uint8)
    np.savez(tmp_path / "few.npz", x_train=few, y_train=np.arange(256) % 10)
    result = mnist_gan(
        *("lab", "tips", "--tip", "latent", "--seeds", 2, "--epochs", 2, "--seed", 4, "--json"),
        *("--data", "few.npz"),
        cwd=tmp_path,
    )
    assert result.returncode == 0
    loading, *lines = result.stderr.splitlines()
    assert loading == LOADING
    assert lines[0].startswith("baseline, seed 4, epoch 1: D ")
    assert lines[7].startswith("latent, seed 5, epoch 2: D ")
    assert lines[7].endswith("; 0 s left")
    assert max(len(line) for line in lines[8:]) <= 60
    about = json.loads(result.stdout)
    order = [("baseline", 4), ("latent", 4), ("baseline", 5), ("latent", 5)]
    assert [(row["variant"], row["seed"]) for row in about["results"]] == order
    run = RunFolder(tmp_path / about["folder"])
    manifest = run.manifest()
    assert (manifest.kind, manifest.status) == ("lab-tips", "finished")
    assert manifest.verdict == f"latent {about['tips'][0]['finding']}"
    assert manifest.data.count == 256
    for variant, seed in order:
        folder = run.folder / f"{variant}-seed-{seed}"
        with (folder / "history.csv").open() as file:
            rows = list(csv.DictReader(file))
        assert [row["epoch"] for row in rows] == ["1", "2"]
        with Image.open(folder / "digits.png") as picture:
            assert picture.width > 500
    (last,) = (row for row in about["results"] if (row["variant"], row["seed"]) == order[-1])
    assert float(rows[-1]["frechet_distance"]) == last["frechet_distance"]
    for name in ("results.csv", "tips.csv", "tips.png"):
        assert (run.folder / name).is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--tip", "prayer"], "'prayer' is not one of 'smoothing'"),
        (["--seeds", "1"], "1 is not in the range 2<=x"),
        (["--epochs", "0"], "0 is not in the range"),
        (["--data", "nowhere"], "nowhere"),
    ],
)
def test_wrong_arguments_give_one_sentence(tmp_path, arguments, message):
    """The exit code is 2, stderr has one line, and nothing is written."""
    assert message in refusal("lab", "tips", *arguments, cwd=tmp_path)
