"""`mnist-gan export` and `mnist_gan.export`: which generator, where to, and what is refused."""

import os
import shutil

import numpy as np
import pytest

import mnist_gan as mg
from mnist_gan.exporting import ENDINGS
from mnist_gan.exporting.write import WRITERS
from mnist_gan.support.assets import asset
from mnist_gan.support.errors import UserError
from tests.conftest import files, installed, mnist_gan, refusal
from tests.exporting.generators import built
from tests.pages.album import album


def first_weight(path) -> np.ndarray:
    """Return the first weights in an .npz export."""
    with np.load(path) as archive:
        return archive["layer_1_kernel"]


def test_every_format_has_its_writer():
    """The command offers the formats that there are."""
    assert ENDINGS.keys() == WRITERS.keys()


def test_the_generator_is_found_as_sample_finds_it(tmp_path):
    """By number, by file, the newest run's, the best, and the bundled one where there is no run."""
    to = ("--format", "npz", "--output", "a.npz")
    result = mnist_gan("export", *to, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (0, "a.npz\n")
    assert result.stderr == "exported the bundled generator\n"
    run = album(tmp_path / "outputs", epochs=2)
    best = built("dense").to_keras()
    best.save(run.best)
    for arguments, said in {
        (): "the last generator of",
        ("1",): "the last generator of",
        ("album", "--best"): "the best generator of",
        (run.generator,): "the last generator of",
    }.items():
        result = mnist_gan("export", *arguments, *to, cwd=tmp_path)
        assert result.returncode == 0, result.stderr
        assert result.stderr.startswith(f"exported {said}")
        expected = built("dense") if "--best" in arguments else mg.load_generator(run.generator)
        np.testing.assert_array_equal(first_weight(tmp_path / "a.npz"), expected.layers[0].kernel)


def test_python_exports_whatever_draws(tmp_path, outputs):
    """A run, its folder, a file, a generator and a Keras model; the path is returned."""
    run, generator = album(outputs, epochs=2), built("dense")
    for source, own in (
        (mg.Run(run.folder), False),
        (run.folder, False),
        (str(run.generator), False),
        (None, False),
        (generator, True),
        (generator.to_keras(), True),
    ):
        output = mg.export(source, "npz", str(tmp_path / "a.npz"), outputs)
        assert output == tmp_path / "a.npz"
        expected = generator if own else mg.load_generator(run.generator)
        np.testing.assert_array_equal(first_weight(output), expected.layers[0].kernel)


MISTAKES = {
    "wrong ending": (["onnx", "a.tflite"], "a.tflite should end in .onnx"),
    "no ending": (["npz", "a"], "a should end in .npz"),
    "ending of a folder": (["hub", "a.zip"], "a.zip should be a folder, whose name has no ending"),
    "no parent": (["html", "no/a.html"], "there is no folder no"),
    "a folder for a file": (["html", "folder.html"], "folder.html is a folder"),
    "a file for a folder": (["savedmodel", "file"], "file is a file"),
    "a full folder": (["savedmodel", "full"], "full is not empty; name a new folder"),
    "unknown format": (["gguf", "a.gguf"], "'gguf' is not one of 'onnx', 'savedmodel', 'litert'"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_an_output_that_does_not_fit_is_refused(tmp_path, mistake):
    """In one sentence, before anything is read or written."""
    (tmp_path / "folder.html").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    (tmp_path / "file").write_text("mine")
    (name, output), expected = MISTAKES[mistake]
    sentence = refusal("export", "--format", name, "--output", output, cwd=tmp_path)
    assert expected in sentence
    assert len(sentence) <= 300


@pytest.mark.parametrize("name", ENDINGS)
def test_what_is_no_generator_is_refused(tmp_path, name):
    """A file of something else, and one that is not there, before Keras is loaded."""
    (tmp_path / "a.keras").write_bytes(b"PK\x03\x04 no archive")
    to = ("--format", name, "--output", f"a{ENDINGS[name]}")
    assert "damaged or no Keras model" in refusal("export", "a.keras", *to, cwd=tmp_path)
    assert "There is no file b.keras" in refusal("export", "b.keras", *to, cwd=tmp_path)
    assert "There is no run '7'" in refusal("export", "7", *to, cwd=tmp_path)


def test_format_and_output_must_be_said(tmp_path):
    """There is no file that everybody expects."""
    sentence = refusal("export", "--output", "a.npz", cwd=tmp_path)
    assert sentence.endswith("Choose from: onnx, savedmodel, litert, npz, html, hub")
    assert "--output" in refusal("export", "--format", "npz", cwd=tmp_path)


def test_python_refuses_a_format_that_there_is_not(tmp_path):
    """The sentence lists those that there are."""
    with pytest.raises(UserError, match="no format 'gguf'; there are onnx, savedmodel, litert"):
        mg.export(None, "gguf", tmp_path / "a.gguf")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
@pytest.mark.parametrize("name", ENDINGS)
def test_a_folder_without_permission_is_refused(tmp_path, name):
    """Before Keras is loaded."""
    tmp_path.chmod(0o500)
    try:
        output = f"a{ENDINGS[name]}"
        sentence = refusal("export", "--format", name, "--output", output, cwd=tmp_path)
    finally:
        tmp_path.chmod(0o700)
    assert "Permission denied" in sentence


def test_on_jax_the_formats_of_tensorflow_are_refused(tmp_path):
    """A sentence says how to go on; the other formats need no backend."""
    shutil.copy(asset("generator.keras"), tmp_path / "a.keras")
    before = files(tmp_path)
    to = ("--format", "savedmodel", "--output", "a")
    result = installed("export", "a.keras", *to, cwd=tmp_path, KERAS_BACKEND="jax")
    assert (result.returncode, result.stdout) == (2, "")
    assert "set KERAS_BACKEND=tensorflow, or choose npz, html or hub" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert files(tmp_path) == before
    to = ("--format", "npz", "--output", "a.npz")
    assert installed("export", "a.keras", *to, cwd=tmp_path, KERAS_BACKEND="jax").returncode == 0
