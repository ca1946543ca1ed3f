"""Chapter 0 of the lab tells the truth: its sums, its loop, and what it says of Keras."""

import contextlib
import io
import re
import warnings
from math import log, sqrt
from pathlib import Path

import keras
import numpy as np
import pytest

from mnist_gan.noise import latents
from mnist_gan.objectives.losses import non_saturating

PAGE = Path(__file__).parents[2] / "docs" / "lab" / "what_is_a_gan.md"
SUM = re.compile(r"^    ([-+*/() .\d]*(?:(?:log|sqrt)\([^=]*)?) = ([\d.]+)$", re.MULTILINE)
ON_TENSORFLOW = pytest.mark.skipif(
    keras.config.backend() != "tensorflow", reason="the page's code is for TensorFlow"
)


def test_the_sums_of_the_page_are_right():
    """Each line `expression = number` has the value that Python computes, to its last digit."""
    sums = SUM.findall(PAGE.read_text("utf-8"))
    assert len(sums) == 15
    for expression, result in sums:
        digits = len(result.partition(".")[2])
        value = eval(expression, {"__builtins__": {}, "log": log, "sqrt": sqrt})  # noqa: S307
        assert value == pytest.approx(float(result), abs=0.5001 * 10**-digits), expression


@pytest.mark.parametrize(("label", "losses"), [(1.0, (0.693, 0.693)), (0.9, (0.688, 0.799))])
def test_the_losses_at_a_draw_are_those_of_the_objective(label, losses):
    """What the page computes by hand is the equilibrium that curves and diagnosis use."""
    equilibrium = non_saturating(label).equilibrium
    assert equilibrium[:2] == pytest.approx(losses, abs=5e-4)
    assert all(f" = {loss}\n" in PAGE.read_text("utf-8") for loss in losses)


def test_a_line_between_latents_leaves_their_length():
    """Latents of 100 numbers are about 10 long, and halfway between two about 7.1."""
    first, second = latents(0, 1000, 100), latents(1, 1000, 100)
    assert np.linalg.norm(first, axis=1).mean() == pytest.approx(10, abs=0.1)
    assert np.linalg.norm((first + second) / 2, axis=1).mean() == pytest.approx(7.07, abs=0.1)


@pytest.mark.slow
@ON_TENSORFLOW
@pytest.mark.filterwarnings("ignore")
def test_the_loop_of_the_page_learns():
    """The code runs top to bottom; G begins near 0 and ends near N(4, 1.25)."""
    code = PAGE.read_text("utf-8").split("```python\n")[1].split("```")[0]
    assert 35 <= sum(bool(line.strip()) for line in code.splitlines()) <= 45
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, PAGE.name, "exec"), {})  # noqa: S102 - our own page
    lines = re.findall(r"mean (\S+), standard deviation (\S+)", printed.getvalue())
    (first, _), *_, (mean, std) = [(float(mean), float(std)) for mean, std in lines]
    assert len(lines) == 5
    assert abs(first) < 1
    assert mean == pytest.approx(4, abs=0.5)
    assert 0.2 < std < 2.5


@ON_TENSORFLOW
@pytest.mark.parametrize("seen", [False, True], ids=["frozen first", "trained first"])
def test_a_discriminator_frozen_before_its_first_batch_never_learns(seen):
    """Keras 3 then warns that nothing is trainable; after one batch, freezing is harmless."""
    discriminator = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    discriminator.compile("sgd", keras.losses.BinaryCrossentropy(from_logits=True))
    images, labels = np.eye(4, dtype=np.float32), np.ones((4, 1), np.float32)
    if seen:
        discriminator.train_on_batch(images, labels)
    discriminator.trainable = False
    before = discriminator.layers[0].kernel.numpy().copy()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        discriminator.train_on_batch(images, labels)
    assert (discriminator.layers[0].kernel.numpy() != before).any() == seen
    assert any("does not have any trainable weights" in str(each.message) for each in said) != seen
