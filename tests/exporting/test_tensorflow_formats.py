"""ONNX, SavedModel and LiteRT: each file, opened by its own runtime, draws what NumPy draws."""

import sys
import warnings
from unittest import mock

import keras
import numpy as np
import pytest
import tensorflow as tf

import mnist_gan as mg
from mnist_gan.noise import INPUTS
from mnist_gan.support import runtime
from mnist_gan.support.errors import UserError
from tests.conftest import files, refusal
from tests.exporting.generators import BUILDERS, broken, built

OUTPUTS = {"onnx": "digits.onnx", "savedmodel": "digits", "litert": "digits.tflite"}


def of_onnx(path, inputs):
    """Return what ONNX Runtime draws."""
    session = pytest.importorskip("onnxruntime").InferenceSession(path)
    assert [each.name for each in session.get_inputs()] == list(inputs)
    return session.run(None, inputs)[0]


def of_savedmodel(path, inputs):
    """Return what TensorFlow draws."""
    serve = tf.saved_model.load(str(path)).signatures["serving_default"]
    return serve(**{name: tf.constant(values) for name, values in inputs.items()})["output_0"]


def of_litert(path, inputs):
    """Return what the interpreter of LiteRT draws."""
    with warnings.catch_warnings(action="ignore"):  # it names its successor, another package
        interpreter = tf.lite.Interpreter(str(path))
    return interpreter.get_signature_runner()(**inputs)["output_0"]


RUNTIMES = {"onnx": of_onnx, "savedmodel": of_savedmodel, "litert": of_litert}


@pytest.fixture(params=RUNTIMES)
def name(request) -> str:
    """Return the name of a format whose packages are installed."""
    if request.param == "onnx":
        for package in ("onnx", "tf2onnx", "onnxruntime"):
            pytest.importorskip(package, exc_type=ImportError)
    return request.param


@pytest.mark.parametrize("kind", BUILDERS)
def test_another_runtime_draws_the_same_digits(tmp_path, name, kind):
    """For any number of latents, of every noise and architecture, and conditioned on labels."""
    generator = built(kind)
    output = mg.export(generator, name, tmp_path / OUTPUTS[name])
    for count in (1, 37):
        batch = generator.latents(5, count)
        inputs = {INPUTS[generator.noise]: batch[:, :20].copy()}
        if generator.classes:
            inputs["label"] = batch[:, 20:].copy()
        images = np.asarray(RUNTIMES[name](output, inputs))
        np.testing.assert_allclose(images, mg.sample(generator, count, seed=5), atol=1e-5)
        assert images.std() > 0.1
    assert [path.name for path in tmp_path.iterdir()] == [OUTPUTS[name]]


def test_what_would_draw_other_digits_is_not_kept(tmp_path, name):
    """A pixel that is no number is told in a sentence, and nothing is left behind."""
    with pytest.raises(UserError, match="would draw other images than the generator"):
        mg.export(broken(), name, tmp_path / OUTPUTS[name])
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_replaced_and_kept_until_then(tmp_path, name):
    """As `sample` does; an export that fails leaves the file that was there."""
    output = tmp_path / OUTPUTS[name]
    mg.export(built("dense"), name, output)
    before = files(tmp_path)
    if name == "savedmodel":
        with pytest.raises(UserError, match="not empty; name a new folder"):
            mg.export(built("of 2014"), name, output)
        assert files(tmp_path) == before
        return
    with pytest.raises(UserError):
        mg.export(broken(), name, output)
    assert files(tmp_path) == before
    mg.export(built("of 2014"), name, output)
    assert files(tmp_path) != before


def test_a_full_disk_is_told_in_a_sentence(tmp_path, monkeypatch):
    """TensorFlow's own error for it becomes the one that the command line answers."""

    def full(*arguments, **options):
        raise tf.errors.ResourceExhaustedError(None, None, "No space left on device")

    monkeypatch.setattr(keras.Model, "export", full)
    with pytest.raises(OSError, match="No space left on device") as caught:
        mg.export(built("dense"), "savedmodel", tmp_path / "digits")
    assert caught.value.filename == str(tmp_path / "digits")
    assert list(tmp_path.iterdir()) == []


def test_the_packages_of_onnx_are_an_extra(tmp_path):
    """Where one is missing, a sentence names it and says how to install all."""
    with mock.patch.dict(sys.modules, {"tf2onnx": None, "onnx": None, "onnxruntime": None}):
        sentence = refusal("export", "--format", "onnx", "--output", "a.onnx", cwd=tmp_path)
    assert "needs onnx and tf2onnx and onnxruntime" in sentence
    assert "pip install onnx tf2onnx onnxruntime" in sentence


def test_without_tensorflow_a_sentence_says_so(tmp_path, monkeypatch):
    """It names the format and the command that installs TensorFlow."""
    monkeypatch.setattr(runtime.importlib.machinery.PathFinder, "find_spec", lambda name: None)
    for name in ("savedmodel", "litert"):
        with pytest.raises(UserError, match=f"{name} needs TensorFlow.*pip install tensorflow"):
            mg.export(built("dense"), name, tmp_path / OUTPUTS[name])
