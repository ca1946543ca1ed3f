"""The paper of the playground: gradients in the page, and what is found for a drawing."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from mnist_gan.models.generator import build_generator
from mnist_gan.pages.generator_page import generator_page
from mnist_gan.pages.playground import playground
from mnist_gan.sampling.gradients import backward, forward
from mnist_gan.sampling.sampler import copy_generator, open_generator
from mnist_gan.support.assets import asset
from tests.foreign import BUILDERS
from tests.networks import build_convolutional_generator
from tests.pages.conftest import CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")
FOUND = re.compile(
    r"^(\d+\.\d) grey levels of 255 away; the nearest of 200 random ones: (\d+\.\d)$"
)


@pytest.fixture
def page(visit, tmp_path):
    """The page of the generator that comes with the package."""
    path = tmp_path / "generator.html"
    path.write_text(generator_page(open_generator(asset("generator.keras")), "One", "about"))
    return visit(path)


@pytest.mark.parametrize(
    "network",
    [
        build_generator(6, (20,), init_range=0.3, classes=10),
        build_convolutional_generator(6, (5, 3), init_range=0.3),
        *[build() for build in BUILDERS],
    ],
)
def test_the_pages_gradients_are_pythons(page, network):
    """Through every kind of layer, up to the half precision of the page's weights."""
    generator = copy_generator(network)
    latents = generator.latents(3, 2)
    wanted = np.linspace(-1, 1, 784, dtype=np.float32)
    values = forward(generator.layers, latents)
    expected = backward(generator.layers, values, values[-1] - wanted)
    script = """([shown, latents, wanted]) => {
      const layers = openLayers(shown), image = Float32Array.from(wanted);
      const of = (latent) => gradientOf(layers, Float32Array.from(latent), image).gradient;
      return latents.map((latent) => Array.from(of(latent)));
    }"""
    shown = playground(generator, 3, 4)
    found = np.array(page.evaluate(script, [shown, latents.tolist(), wanted.tolist()]))
    assert np.abs(found - expected).max() < 0.02 * np.abs(expected).max()


def test_a_drawn_seven_is_found(page):
    """With the mouse; the digit found is a seven, the current one and digit A."""
    paper = page.locator("#paper")
    paper.scroll_into_view_if_needed()
    box = paper.bounding_box()
    places = [(0.3, 0.2), (0.7, 0.2), (0.55, 0.5), (0.45, 0.85)]
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
    page.mouse.move(*at[0])
    page.mouse.down()
    for place in at[1:]:
        page.mouse.move(*place, steps=5)
    page.mouse.up()
    page.locator("#find").click()
    expect(page.locator("#near")).to_have_text(FOUND)
    found = FOUND.match(page.locator("#near").inner_text())
    assert found
    assert float(found[1]) < min(40, float(found[2]))
    expect(page.locator("#judged")).to_contain_text("a 7")
    pixels = "(id) => Array.from(byId(id).getContext('2d').getImageData(0, 0, 28, 28).data)"
    answer, stage = (page.evaluate(pixels, name) for name in ("answer", "stage"))
    assert answer == stage
    assert page.evaluate("Array.from(imageOf(byId('paper'))).some((value) => value > 0.9)")
    page.locator("#wipe").click()
    page.locator("#find").click()
    expect(page.locator("#near")).to_have_text("The paper is empty.")


def test_keys_draw(page):
    """The space bar sets the pen down, arrows move it, and what is drawn lies in the middle."""
    page.locator("#paper").focus()
    for key in ("ArrowLeft", "ArrowLeft", " ", *["ArrowDown"] * 6, " ", "ArrowRight"):
        page.keyboard.press(key)
    expect(page.locator("#near")).to_have_text("pen up at 13, 20 of 28")
    image = np.array(page.evaluate("Array.from(imageOf(byId('paper')))")).reshape(28, 28) + 1
    middles = [(image.sum(axis=axis) * np.arange(28)).sum() / image.sum() for axis in (0, 1)]
    np.testing.assert_allclose(middles, 13.5, atol=0.3)
    rows = np.flatnonzero(image.max(axis=1) > 1)
    assert rows[-1] - rows[0] + 1 in (19, 20, 21)  # in a box of 20 pixels, as in MNIST


def test_latents_stay_where_they_are_drawn(page):
    """As in Python: uniform ones in their range, normal ones in their ball, labels unchanged."""
    script = """([generator, after]) => Array.from(
      allowed(generator, new Float32Array(after.length).fill(7), Float32Array.from(after)))"""
    normal = {"latentSize": 4, "classes": 2, "noise": "normal"}
    found = page.evaluate(script, [normal, [3, 4, 0, 0, 5, 5]])
    np.testing.assert_allclose(found, [1.2, 1.6, 0, 0, 7, 7], rtol=1e-6)
    uniform = {**normal, "noise": "uniform"}
    found = page.evaluate(script, [uniform, [3, -4, 1, 0, 5, 5]])
    np.testing.assert_allclose(found, [3**0.5, -(3**0.5), 1, 0, 7, 7], rtol=1e-6)
