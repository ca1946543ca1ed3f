"""The lab's paper: its protocol, its pictures, and the command end to end."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from mnist_gan.data.images import tile
from mnist_gan.evaluation.parzen import SIGMAS
from mnist_gan.lab.paper import experiment as paper
from mnist_gan.lab.paper import model as protocol
from mnist_gan.lab.paper.figures import STRIP, YELLOW, write_samples
from mnist_gan.lab.paper.model import (
    PUBLISHED,
    Split,
    at_edge,
    kmeans_centres,
    parzen_estimate,
    random_subset,
    split,
    split_mnist,
    uniform_noise,
)
from mnist_gan.runs import RunFolder
from mnist_gan.support.assets import asset
from tests.conftest import installed, mnist_gan, refusal


@pytest.fixture
def few(tmp_path, monkeypatch) -> str:
    """Return the name of a file with enough images for the protocol; reduce CENTRES."""
    monkeypatch.setattr(protocol, "CENTRES", 1000)
    monkeypatch.setattr(paper, "CENTRES", 1000)
    images = np.random.default_rng(0).integers(0, 256, (1600, 28, 28), np.uint8)
    np.savez(tmp_path / "few.npz", x_train=images, y_train=np.arange(1600) % 10)
    return "few.npz"


def test_mnist_is_split_as_in_the_paper():
    """The parts are 50,000 images to train on, the next 1,000 to choose sigma, and the test set."""
    train, test = np.arange(60_000)[:, None], np.arange(10_000)[:, None]
    parts = split_mnist(train, test)
    assert [len(part) for part in parts] == [50_000, 1000, 10_000]
    assert (parts.validation[0, 0], parts.validation[-1, 0]) == (50_000, 50_999)


def test_other_images_are_split_without_overlap():
    """One sixth is for the test; every image is in exactly one part, in random order."""
    images = np.arange(12_000)[:, None]
    parts = split(images)
    assert [len(part) for part in parts] == [9000, 1000, 2000]
    together = np.concatenate(parts)[:, 0]
    assert sorted(together) == list(range(12_000))
    assert (np.diff(parts.train[:, 0]) < 0).any()


def test_parzen_estimates_use_pixels_in_0_to_1():
    """Pixels in [-1, 1] are scaled to [0, 1], the scale of the paper's widths.

    With 1,000 equal centres the Parzen density is a single normal distribution.
    """
    rng = np.random.default_rng(0)
    images = [rng.normal(0, 0.4, (300, 784)).astype(np.float32) for _ in range(2)]
    found = parzen_estimate(np.zeros((1000, 784), np.float32), Split(images[0], *images))
    assert found.sigma == SIGMAS[3]  # 0.215, the nearest to half of 0.4
    squares = (images[1].astype(float) ** 2 / 4).sum(1)
    likelihoods = -squares / (2 * found.sigma**2) - 392 * np.log(2 * np.pi * found.sigma**2)
    assert found.mean == pytest.approx(likelihoods.mean())
    assert found.curve.argmax() == 3
    assert not at_edge(found)


@pytest.mark.parametrize("std", [0.02, 4.0])
def test_a_width_at_the_edge_is_detected(std):
    """Images that are far narrower or wider than all widths of the paper select an outer one."""
    images = np.random.default_rng(0).normal(0, std, (50, 784)).astype(np.float32)
    real = Split(images, images, images)
    assert at_edge(parzen_estimate(np.zeros((1000, 784), np.float32), real))


def test_the_baselines_have_their_centres(monkeypatch):
    """The centres are random training images, their k-means centres, or uniform noise."""
    monkeypatch.setattr(protocol, "CENTRES", 1200)
    rng = np.random.default_rng(0)
    images = np.repeat(rng.uniform(-1, 1, (2000, 784)).astype(np.float32), 2, axis=0)
    chosen = random_subset(images)
    assert chosen.shape == (1200, 784)
    assert {image.tobytes() for image in chosen} <= {image.tobytes() for image in images}
    centres = kmeans_centres(images)
    assert centres.shape == (1000, 784)  # one per five images would be too few
    assert np.abs(centres).mean() < np.abs(images).mean()
    noise = uniform_noise(images)
    assert noise.shape == (1200, 784)
    assert (noise.min(), noise.max()) == pytest.approx((-1, 1), abs=1e-3)


def test_the_nearest_image_has_a_yellow_frame(tmp_path):
    """Only the last digit of each row is framed; the other pixels are those of `tile`."""
    rows = np.random.default_rng(0).uniform(-1, 1, (3, 4, 784)).astype(np.float32)
    write_samples(tmp_path / "samples.png", rows)
    with Image.open(tmp_path / "samples.png") as image:
        written = np.asarray(image.convert("RGB"))
    for strip in (written[:STRIP], written[-STRIP:]):
        assert (strip < 128).any(axis=(0, 2)).sum() > 100  # words across
    picture = written[STRIP:-STRIP][::2, ::2]
    sheet = tile(rows.reshape(-1, 784), 4, 6, scale=1)
    framed = (picture == YELLOW).all(axis=2)
    assert framed.sum() == 3 * (32**2 - 28**2)
    assert not framed[:, : 6 + 3 * 34 - 2].any()
    np.testing.assert_array_equal(picture[~framed], np.stack([sheet[~framed]] * 3, axis=1))


def test_paper_from_the_command_line(tmp_path, few):
    """The bundled generator gives the paper's table with our rows, widths, samples and walks."""
    model = asset("generator.keras")
    result = mnist_gan(*("lab", "paper", model, "--data", few, "--seed", 3, "--json"), cwd=tmp_path)
    assert result.returncode == 0
    assert "These images are not MNIST's" in result.stderr
    last = result.stderr.splitlines()[-1]
    assert last.startswith("Page: outputs/0001-lab-paper/page.html; look first at the samples: ")
    about = json.loads(result.stdout)
    run = RunFolder(tmp_path / about["folder"])
    manifest = run.manifest()
    assert (manifest.kind, manifest.status, manifest.seed) == ("lab-paper", "finished", 3)
    table = about["table"]
    published = {row["model"]: (row["mean"], row["error"]) for row in table if not row["sigma"]}
    assert published == PUBLISHED
    here = {row["model"]: row["mean"] for row in table if row["source"] == "here"}
    assert list(here) == ["generated digits", "training images", "centres of k-means", "noise"]
    with (run.folder / "widths.csv").open() as file:
        widths = list(csv.DictReader(file))
    assert [float(row["sigma"]) for row in widths] == pytest.approx(SIGMAS.tolist())
    with (run.folder / "samples.csv").open() as file:
        assert [row["sample"] for row in csv.DictReader(file)] == [
            "7",
            "15",
            "23",
            "31",
            "39",
            "47",
        ]
    with (run.folder / "walks.csv").open() as file:
        steps = list(csv.DictReader(file))
    assert len(steps) == 5 * 12
    for walk in range(5):
        first, last = steps[12 * walk], steps[12 * walk + 11]
        assert first["digit"] != last["digit"]
        assert min(float(first["confidence"]), float(last["confidence"])) > 0.95
    for name, width in (("samples", 624), ("walks", 828), ("widths", 840)):
        with Image.open(run.folder / f"{name}.png") as picture:
            assert picture.width == width
    page = run.page.read_text()
    assert "These images are not MNIST&#39;s" in page
    assert page.count("data:image/png;base64,") == 3
    for row in table:
        assert f">{row['model']}</th><td>{row['mean']:.1f} ± {row['error']:.1f}</td>" in page
    assert "http" not in page.replace("http-equiv", "")


def test_paper_trains_if_no_model_is_named(tmp_path, few):
    """It trains the given config in an ordinary run, then measures it."""
    result = mnist_gan(
        *("lab", "paper", "--config", "smoke", "--epochs", 1, "--data", few, "--quiet"),
        *("--set", "training.eval_samples=0"),
        cwd=tmp_path,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "outputs/0002-lab-paper\n"
    assert RunFolder(tmp_path / "outputs" / "0001-smoke").manifest().status == "finished"
    settings = (tmp_path / "outputs" / "0002-lab-paper" / "config.yaml").read_text()
    assert "0001-smoke/generator.keras" in settings


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["7"], "There is no run '7'"),
        (["nowhere.keras"], "There is no file nowhere.keras"),
        (["."], "There is no run '.'"),
        (["7", "--epochs", "3"], "7 is trained; --config, --set and --epochs train another"),
        (["--config", "goodfellow2015"], "There is no config 'goodfellow2015'"),
        (["--epochs", "0"], "training.epochs is 0"),
    ],
)
def test_wrong_arguments_give_one_sentence(tmp_path, arguments, message):
    """The exit code is 2, stderr has one line, and nothing is written."""
    assert message in refusal("lab", "paper", *arguments, cwd=tmp_path)


@pytest.mark.slow
def test_measuring_uses_the_threads_of_the_training(tmp_path, few):
    """TensorFlow's threads are fixed per process, so the command runs in a new one."""
    result = installed(
        *("lab", "paper", "--config", "smoke", "--epochs", 1, "--data", few, "--quiet"),
        *("--set", "training.eval_samples=0", "--set", "training.threads=1"),
        cwd=tmp_path,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert RunFolder(tmp_path / "outputs" / "0002-lab-paper").manifest().threads == 1


def test_a_training_that_diverges_is_not_measured(tmp_path, few):
    """The exit code is 1, as for train, with the diagnosis and no advice to measure later."""
    result = mnist_gan(
        *("lab", "paper", "--config", "smoke", "--epochs", 3, "--data", few, "--quiet"),
        *("--set", "training.optimizer=sgd", "--set", "generator.learning_rate=1"),
        *("--set", "discriminator.learning_rate=1", "--set", "discriminator.penalty=[1e6,1e6]"),
        cwd=tmp_path,
    )
    assert (result.returncode, result.stdout) == (1, "")
    assert "diverged" in result.stderr
    assert "measure it" not in result.stderr


def test_too_few_images_are_refused(tmp_path):
    """Fewer than 1,500 images give one sentence with both numbers."""
    np.savez(tmp_path / "few.npz", x_train=np.zeros((900, 28, 28), np.uint8))
    model = asset("generator.keras")
    sentence = refusal("lab", "paper", model, "--data", "few.npz", cwd=tmp_path)
    assert "holds 900 images; 1,500 are needed" in sentence
