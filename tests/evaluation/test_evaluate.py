"""`mnist-gan evaluate` from the command line."""

import json
import os
import shutil

import keras
import numpy as np
import pytest

from mnist_gan.evaluation import evaluate
from mnist_gan.evaluation.table import METRICS
from mnist_gan.models.generator import build_generator
from mnist_gan.support.assets import asset
from mnist_gan.support.console import LOADING
from tests.conftest import TINY, installed, mnist_gan, refusal
from tests.runs.test_runs import make_run

FEW = ("--samples", 1000)
MNIST = os.environ.get("MNIST_GAN_DATA")


@pytest.fixture(scope="module")
def trained(tmp_path_factory, own_digits):
    """Return a folder with a tiny run on 2,400 custom digits below outputs/."""
    folder = tmp_path_factory.mktemp("обучено")
    shutil.copy(own_digits, folder)
    given = ("--data", "own.npz", "--epochs", 9, "--name", "blots")
    result = mnist_gan("train", *TINY, *given, cwd=folder)
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture(scope="module")
def bundled(tmp_path_factory):
    """Return the printed evaluation of the bundled generator, where there is no run."""
    folder, keras_home = tmp_path_factory.mktemp("bundled"), tmp_path_factory.mktemp("keras")
    result = installed("evaluate", *FEW, cwd=folder, KERAS_HOME=str(keras_home))
    assert result.returncode == 0, result.stderr
    assert result.stderr.splitlines()[:2] == [LOADING, "evaluating 1,000 digits ..."]
    assert not list(folder.iterdir())
    return result.stdout


def test_out_of_the_box(bundled):
    """Without a run, internet access or MNIST the bundled generator is evaluated, with scores."""
    assert "1,000 samples against the 10,000 test images of MNIST" in bundled
    assert "needs MNIST" in bundled
    assert "normalised: 0 real digits, 1 the tutorial's after 100 epochs" in bundled
    assert "every digit occurs about as often as it should" in bundled
    assert "With 1,000 samples instead of 10,000 the Fréchet distance comes out" in bundled


@pytest.mark.slow
def test_json_is_printed_and_stored_in_the_run(trained):
    """A run is compared with its own data, and the printed JSON equals the stored one.

    A damaged evaluation.json is replaced, and an output encoding without the letters of the
    folder's name is no obstacle.
    """
    path = trained / "outputs" / "0001-blots" / "evaluation.json"
    path.write_text('{"values": 7')
    result = mnist_gan("evaluate", 1, *FEW, "--json", cwd=trained, encoding="latin-1")
    assert result.returncode == 0, result.stderr
    expected = ["evaluating 1,200 real digits ...", "evaluating 1,000 digits ..."]
    assert [line for line in result.stderr.splitlines() if line.endswith("digits ...")] == expected
    printed, kept = json.loads(result.stdout), json.loads(path.read_text())
    assert printed == kept
    assert printed["against"].startswith("1,200 images of ")
    assert (printed["epoch"], printed["samples"], printed["places"]) == (9, 1000, {})
    assert printed["values"]["frechet_distance"] > 10 * printed["real"]["frechet_distance"]


@pytest.mark.slow
def test_the_same_generator_gives_the_same_values(bundled, trained):
    """Every random draw has a seed, and giving the file's path makes no difference."""
    file = asset("generator.keras")
    result = mnist_gan("evaluate", file, *FEW, "--json", cwd=trained)
    values = json.loads(result.stdout)["values"]
    shown = [metric for metric in METRICS if metric.name in values]
    # without copies (2), Parzen window, agreement and classes that are no digits
    assert len(shown) >= len(METRICS) - 5
    for metric in shown:
        line = next(line for line in bundled.splitlines() if line.startswith(metric.label))
        value = f"{values[metric.name]:.{metric.digits}f}"
        assert value in line or "by classifier" in metric.label


def test_another_generator_in_a_run_folder_is_not_the_runs(outputs):
    """Its values neither replace those of the run, nor are they called those of an epoch."""
    run = make_run(outputs)
    run.amend_manifest(epochs=9)
    known = evaluate._known(run.generator)
    assert (known.run.folder, known.epoch) == (run.folder, 9)
    assert evaluate._known(run.folder / "mine.keras") == (None, None, None, [])


@pytest.mark.slow
def test_a_run_can_be_compared_with_mnist(trained):
    """`--data` compares with MNIST instead of the run's own data."""
    if not MNIST:
        pytest.skip("needs MNIST_GAN_DATA")
    result = mnist_gan("evaluate", 1, *FEW, "--data", MNIST, cwd=trained)
    assert result.returncode == 0, result.stderr
    assert "worse than the tutorial's GAN after 100 epochs" in result.stdout
    assert "needs MNIST" not in result.stdout
    assert "The diagnosis of 0001-blots: " in result.stdout


@pytest.fixture
def two(trained, tmp_path):
    """Return a folder with two runs on the same images, which are equal but for their numbers."""
    for name in ("0001-blots", "0002-дома"):
        shutil.copytree(trained / "outputs" / "0001-blots", tmp_path / "outputs" / name)
        (tmp_path / "outputs" / name / "evaluation.json").unlink(missing_ok=True)
    return tmp_path


@pytest.mark.slow
def test_several_models_share_what_they_are_compared_with(two):
    """Real images are measured once; each result is stored in its run; the JSON is a list.

    Equal generators have equal values, whichever is measured first.
    """
    result = mnist_gan("evaluate", 2, 1, *FEW, "--json", cwd=two)
    assert result.returncode == 0, result.stderr
    progress = [line for line in result.stderr.splitlines() if line.endswith(("digits ...", ":"))]
    assert progress == [
        "evaluating 1,200 real digits ...",
        *("model 1 of 2:", "evaluating 1,000 digits ..."),
        *("model 2 of 2:", "evaluating 1,000 digits ..."),
    ]
    folders = [two / "outputs" / name for name in ("0002-дома", "0001-blots")]
    kept = [json.loads((folder / "evaluation.json").read_text()) for folder in folders]
    assert json.loads(result.stdout) == kept
    assert kept[0]["values"] == kept[1]["values"]


@pytest.mark.slow
def test_several_models_are_printed_side_by_side(two):
    """Numbers stand for the models; an encoding that lacks letters and accents stops nothing."""
    result = mnist_gan("evaluate", 1, 2, *FEW, cwd=two, encoding="ascii", COLUMNS="60")
    assert result.returncode == 0, result.stderr
    assert (two / "outputs" / "0002-дома" / "evaluation.json").exists()
    lines = result.stdout.splitlines()
    assert lines[0].startswith("#1: the last generator of outputs/0001-blots")
    assert lines[1].startswith("#2: the last generator of outputs/0002-\\u0434")
    (row,) = (line.split() for line in lines if line.startswith("Fr\\xe9chet distance"))
    assert row[2] == row[3] != row[4]
    assert [line[:3] for line in lines[-2:]] == ["#1:", "#2:"]


def test_a_wrong_model_among_several_is_found_before_anything_is_measured(two):
    """A name that there is not, and a generator of another range."""
    save_without_range(two / "other.keras")
    for wrong, words in (("9", "no run '9'"), ("other.keras", "expected are -1")):
        assert words in refusal("evaluate", 1, wrong, *FEW, cwd=two)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--samples", 999], ["999", "1000<=x<=10000"]),
        (["9"], ["no run '9'"]),
        (["none.keras"], ["no file none.keras"]),
        (["--data", "nowhere.npz"], ["no nowhere.npz"]),
    ],
)
def test_mistakes_are_reported_in_a_sentence(trained, arguments, words):
    """Too few samples, or names of things that do not exist."""
    sentence = refusal("evaluate", *arguments, cwd=trained)
    assert all(word in sentence for word in words)


def save_without_range(path):
    """Save a generator whose numbers are in no range that images have."""
    model = build_generator(latent_size=8, widths=(16,))
    model.layers[-1].activation = keras.activations.get("linear")
    model.set_weights([weight * 50 for weight in model.get_weights()])
    model.save(path)


def test_a_generator_of_no_known_range_is_refused(tmp_path):
    """Images that are not in [-1, 1], whatever is assumed of them, are not measured."""
    save_without_range(tmp_path / "other.keras")
    assert "expected are -1" in refusal("evaluate", "other.keras", *FEW, cwd=tmp_path)


@pytest.mark.slow
def test_a_generator_of_images_in_0_to_1_is_evaluated(tmp_path):
    """One whose last activation is a sigmoid; a line says that its range was converted."""
    model = build_generator(latent_size=8, widths=(16,))
    model.layers[-1].activation = keras.activations.get("sigmoid")
    model.save(tmp_path / "other.keras")
    result = mnist_gan("evaluate", "other.keras", *FEW, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "black is 0 and white is 1 in its output, as its last layer says" in result.stderr


def test_a_generator_of_another_shape_is_refused(tmp_path):
    """A model without 784 outputs is refused before TensorFlow starts."""
    keras.Sequential([keras.Input((8,)), keras.layers.Dense(100)]).save(tmp_path / "x.keras")
    sentence = refusal("evaluate", "x.keras", cwd=tmp_path)
    assert "ends in 100 numbers, expected 784" in sentence


def test_too_few_images_to_compare_with_are_refused(tmp_path):
    """A hundred images are too few to evaluate a generator."""
    images = np.random.default_rng(0).integers(0, 255, (100, 28, 28), dtype=np.uint8)
    np.savez(tmp_path / "few.npz", x_train=images)
    sentence = refusal("evaluate", "--data", "few.npz", *FEW, cwd=tmp_path)
    assert "few.npz holds 100 images; at least 2,000" in sentence


def test_data_that_changed_since_training_are_refused(tmp_path):
    """A run on custom data is not compared with other images in a file of the same name."""
    images = np.random.default_rng(0).integers(0, 255, (2400, 28, 28), dtype=np.uint8)
    np.savez(tmp_path / "own.npz", x_train=images)
    trained = mnist_gan("train", *TINY, "--epochs", 1, "--data", "own.npz", cwd=tmp_path)
    assert trained.returncode == 0, trained.stderr
    np.savez(tmp_path / "own.npz", x_train=images[::-1])
    sentence = refusal("evaluate", *FEW, cwd=tmp_path)
    assert "other images" in sentence
    assert "--data" in sentence


@pytest.mark.slow
def test_a_corrupt_installation_says_how_to_fix_it(tmp_path):
    """Bundled statistics with other bytes stop an evaluation with one sentence."""
    from mnist_gan.support import assets

    copy = tmp_path / "mnist_gan"
    shutil.copytree(asset("judge-a.npz").parents[1], copy)
    (copy / "assets" / "reference-b.npz").write_bytes(b"junk")
    shutil.copytree(asset("judge-a.npz").parents[2] / "configs", copy / "configs")
    assert assets.HASHES["reference-b.npz"]
    result = installed("evaluate", *FEW, cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert result.returncode == 2
    sentence = result.stderr.splitlines()[-1]
    assert "reference-b.npz is not the file that came" in sentence
    assert "pip install" in sentence
