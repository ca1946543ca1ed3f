"""A generator as a page: offline, under the policy of all pages, and no larger than it may be."""

import base64
import hashlib
import html
import re

import numpy as np
import pytest

import mnist_gan as mg
from mnist_gan.pages.playground import LARGEST
from mnist_gan.sampling.numpy_generator import NumpyGenerator
from mnist_gan.sampling.numpy_layers import Activation, Dense
from mnist_gan.support.errors import UserError
from tests.exporting.generators import BUILDERS, built
from tests.pages.album import album
from tests.pages.test_pages import data_of, text_of


@pytest.mark.parametrize("kind", BUILDERS)
def test_nothing_runs_or_loads_but_what_the_policy_names(tmp_path, kind):
    """Style and script are allowed by their hashes; there are no handlers and no addresses."""
    page = mg.export(built(kind), "html", tmp_path / "a.html").read_text("utf-8")
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1])
    assert policy.startswith("default-src 'none';")
    for tag in ("style", "script"):
        (inline,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        known = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{known}'" in policy
    assert re.findall(r'(?:src|href)="(?!data:)', page) == []
    assert data_of(page)["latentSize"] == 20


def test_a_page_says_whose_generator_it_has(tmp_path, outputs):
    """The run and the epoch, or the name of the file, but no folder of this machine."""
    run = album(outputs, epochs=3)
    page = mg.export(run.folder, "html", tmp_path / "a.html").read_text("utf-8")
    assert "0001-album" in text_of(page)
    assert "The last generator of a run, of epoch 3." in text_of(page)
    assert str(tmp_path) not in page
    own = run.generator.rename(tmp_path / "mine.keras")
    page = mg.export(own, "html", tmp_path / "a.html").read_text("utf-8")
    assert "The generator of the file mine.keras." in text_of(page)


def test_a_generator_that_is_too_large_for_a_page_is_refused(tmp_path):
    """The sentence says how large it may be, and nothing is written."""
    wide = LARGEST // 784 + 1
    layers = [Dense(np.zeros((2, wide), np.float32), np.zeros(wide, np.float32))]
    layers += [Dense(np.zeros((wide, 784), np.float32), np.zeros(784, np.float32))]
    generator = NumpyGenerator([*layers, Activation("tanh")])
    with pytest.raises(UserError, match="3,000,000 weights"):
        mg.export(generator, "html", tmp_path / "a.html")
    assert list(tmp_path.iterdir()) == []
