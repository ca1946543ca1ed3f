"""`mnist-gan invert` and `mg.invert`: from a picture to a latent that draws one like it."""

import re

import numpy as np
import pytest
from PIL import Image, ImageDraw

import mnist_gan as mg
from tests.conftest import mnist_gan, refusal


@pytest.fixture(scope="module")
def seven(tmp_path_factory):
    """A seven as somebody draws it: large, dark on light, in colour channels."""
    picture = Image.new("RGB", (280, 280), "white")
    ImageDraw.Draw(picture).line([(70, 70), (210, 70), (120, 230)], "black", width=26)
    path = tmp_path_factory.mktemp("drawn") / "seven.png"
    picture.save(path)
    return path


CONVERTED = ("--set", "data.resize=true", "--set", "data.invert=true")


def test_a_drawn_seven_is_found(tmp_path, seven, monkeypatch):
    """What is found is as near as for real digits, and `sample` draws it again."""
    monkeypatch.delenv("MNIST_GAN_DATA", raising=False)
    result = mnist_gan("invert", seven, *CONVERTED, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (0, "inverted.png\ninverted.npy\n"), result.stderr
    distance = float(re.search(r"^distance: (\d+\.\d) grey", result.stderr, re.MULTILINE)[1])
    others = float(re.search(r": (\d+\.\d) \(median of 10\)", result.stderr)[1])
    assert distance < 2 * others
    with Image.open(tmp_path / "inverted.png") as pair:
        assert pair.width > 1.8 * pair.height
    again = mnist_gan("sample", "--latents", "inverted.npy", "--output", "x.npy", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    image = np.load(tmp_path / "x.npy")[0].reshape(28, 28)
    assert image[6:9, 8:20].mean() > image[18:, :9].mean() + 0.5  # the bar above, and nothing below


def test_from_python(tmp_path, seven):
    """Arrays of one image or several, bytes or floats, and files."""
    generator = mg.build_generator(6, (10,))
    images = mg.sample(generator, 2)
    two = mg.invert(images, generator)
    assert [array.shape for array in two] == [(2, 6), (2, 784), (2,)]
    one = mg.invert(images[0].reshape(28, 28), generator)
    np.testing.assert_allclose(one.distances, two.distances[:1], atol=0.05)
    with pytest.raises(mg.UserError, match="280x280 pixels, not 28x28"):
        mg.invert(seven, generator)


def test_paper_is_noticed(tmp_path, seven):
    """Dark ink is inverted only where that is wished for."""
    mg.build_generator(6, (10,)).save(tmp_path / "small.keras")
    result = mnist_gan("invert", seven, "small.keras", *CONVERTED[:2], cwd=tmp_path)
    assert "dark ink on light paper" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("none.png",), r"There is no none\.png"),
        (("damaged.png", *CONVERTED), r"damaged\.png is damaged or no picture"),
        (("damaged.txt",), r"damaged\.txt is not a known kind of data"),
        (("SEVEN",), "280x280 pixels, not 28x28; --set data.resize=true"),
        (("SEVEN", *CONVERTED, "--output", "x.jpg"), "should end in .png"),
        (("SEVEN", *CONVERTED, "--output", "no/x.png"), "there is no folder no"),
        (("SEVEN", "--set", "training.epochs=2"), "training.epochs changes nothing here"),
        (("SEVEN", *CONVERTED, "7"), "no run '7'"),
        (("many.npy",), "101 images are too many to invert at once; give 100"),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path, seven, arguments, sentence):
    """And nothing is written."""
    for name in ("damaged.png", "damaged.txt"):
        (tmp_path / name).write_bytes(seven.read_bytes()[:60])
    np.save(tmp_path / "many.npy", np.tile(np.arange(784, dtype=np.uint8), (101, 1)))
    before = sorted(tmp_path.iterdir())
    given = [seven if each == "SEVEN" else each for each in arguments]
    assert re.search(sentence, refusal("invert", *given, cwd=tmp_path))
    assert sorted(tmp_path.iterdir()) == before
