"""The examples of docs/export.md run on what its commands write."""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest

import mnist_gan as mg
from mnist_gan.exporting import ENDINGS
from mnist_gan.models.generator import build_generator
from mnist_gan.sampling.sampler import copy_generator
from tests.conftest import mnist_gan

PAGE = (Path(__file__).parents[2] / "docs" / "export.md").read_text("utf-8")


@pytest.fixture
def generator(tmp_path, monkeypatch):
    """Return a generator with latents as in the page, and go where its commands were run."""
    for package in ("onnx", "tf2onnx", "onnxruntime"):
        pytest.importorskip(package, exc_type=ImportError)
    monkeypatch.chdir(tmp_path)
    model = build_generator(100, (16,), init_range=0.3)
    model.save("generator.keras")
    for arguments in re.findall(r"(--format \S+ --output \S+)", PAGE):
        result = mnist_gan("export", "generator.keras", *arguments.split(), cwd=tmp_path)
        assert result.returncode == 0, result.stderr
    return copy_generator(model)


def test_the_examples_draw_the_generators_digits(generator, capsys):
    """Each block of Python is complete; those that draw have the images of their latents."""
    drawn = []
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        names = {}
        with warnings.catch_warnings(action="ignore"):  # of the interpreter, about its successor
            exec(block, names)  # noqa: S102 - our own page
        if "images" in names:
            drawn.append(names["images"])
            np.testing.assert_allclose(drawn[-1], generator(names["latents"]), atol=1e-5)
    assert len(drawn) == 3
    assert "holds a generator of 28x28 images" in capsys.readouterr().out


def test_every_format_has_its_row_and_its_example():
    """The page misses none, in the table and among the commands."""
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE) == list(ENDINGS)
    assert re.findall(r"^mnist-gan export .*--format (\w+)", PAGE, re.MULTILINE) == list(ENDINGS)
    assert mg.export.__doc__.count('"') >= 2 * len(ENDINGS)
