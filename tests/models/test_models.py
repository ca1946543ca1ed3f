"""The networks: the tutorial's by default, a function of their arguments, plain Keras."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from mnist_gan.models.discriminator import build_discriminator
from mnist_gan.models.gan import build_gan
from mnist_gan.models.generator import (
    build_generator,
    set_output_bias,
)
from tests.networks import build_convolutional_discriminator, build_convolutional_generator


def test_defaults_are_the_tutorials_networks():
    """Sizes, slopes, dropout and numbers of weights are those of the 2018 tutorial."""
    generator, discriminator = build_generator(), build_discriminator()
    widths = [layer.units for layer in generator.layers if isinstance(layer, keras.layers.Dense)]
    assert widths == [256, 512, 1024, 784]
    widths = [
        layer.units for layer in discriminator.layers if isinstance(layer, keras.layers.Dense)
    ]
    assert widths == [1024, 512, 256, 1]
    assert (generator.count_params(), discriminator.count_params()) == (1_486_352, 1_460_225)
    kinds = [type(layer).__name__ for layer in discriminator.layers]
    assert kinds == ["Dense", "LeakyReLU", "Dropout"] * 3 + ["Dense"]
    assert {layer.negative_slope for layer in generator.layers if "leaky" in layer.name} == {0.2}
    assert {layer.rate for layer in discriminator.layers if "dropout" in layer.name} == {0.3}


def test_maxout_takes_the_largest_of_its_pieces():
    """Each of 240 units is the largest of five linear ones, none of which it shares."""
    network = build_discriminator((7,), dropout=0.0, maxout_pieces=5, init_range=0.3)
    kernel, bias, last, last_bias = (weight.numpy() for weight in network.weights)
    assert (kernel.shape, last.shape) == ((784, 35), (7, 1))
    images = np.random.default_rng(0).uniform(-1, 1, (6, 784)).astype(np.float32)
    pieces = (images @ kernel + bias).reshape(6, 5, 7)
    expected = pieces.max(axis=1) @ last + last_bias
    np.testing.assert_allclose(network(images), expected, atol=1e-4)


def test_dropped_pixels_are_black(images):
    """With dropout at the input, D sees ink in [0, 1], of which 0 is black."""
    network = build_discriminator((4,), input_dropout=0.2)
    ink, dropout, *_ = network.layers
    assert (ink.name, dropout.rate) == ("ink", 0.2)
    seen = dropout(ink(images), training=True).numpy()
    assert (seen >= 0).all()
    assert 0.15 < (seen[ink(images) > 0] == 0).mean() < 0.25


def test_convolutions_enlarge_and_halve_the_picture():
    """G goes from 7x7 to 28x28 in two steps, D the other way, with dense layers at the far end."""
    generator = build_convolutional_generator(10, (8, 6, 4))
    shapes = [tuple(layer.output.shape[1:]) for layer in generator.layers if layer.weights]
    assert shapes == [(8,), (294,), (14, 14, 4), (28, 28, 1)]
    discriminator = build_convolutional_discriminator((4, 6, 8), dropout=0.3)
    shapes = [tuple(layer.output.shape[1:]) for layer in discriminator.layers if layer.weights]
    assert shapes == [(14, 14, 4), (7, 7, 6), (8,), (1,)]
    rates = [each.rate for each in discriminator.layers if isinstance(each, keras.layers.Dropout)]
    assert rates == [0.3] * 3
    images = generator(np.ones((5, 10), np.float32))
    assert tuple(images.shape) == (5, 784)
    assert np.abs(images).max() <= 1
    assert tuple(discriminator(images).shape) == (5, 1)


def test_batch_normalization_leaves_out_images_and_verdicts():
    """It follows each hidden layer, which then has no bias, but not that which sees the images."""
    places = {
        build_generator(10, (8, 6), batch_norm=True): [1, 2],
        build_discriminator((8, 6, 4), batch_norm=True, maxout_pieces=2): [2, 3],
        build_convolutional_generator(10, (8, 6, 4), batch_norm=True): [1, 2, 3],
        build_convolutional_discriminator((4, 6, 8), batch_norm=True): [2, 3],
    }
    for network, expected in places.items():
        names = [layer.name for layer in network.layers if "batch_norm" in layer.name]
        assert names == [f"batch_norm_{place}" for place in expected]
        with_kernels = [layer for layer in network.layers if hasattr(layer, "kernel")]
        biased = [int(layer.name[-1]) for layer in with_kernels[:-1] if layer.use_bias]
        assert biased == [place for place in range(1, len(with_kernels)) if place not in expected]
        assert with_kernels[-1].use_bias


def test_upsampling_repeats_pixels_and_smooths_them():
    """Beside transposed convolutions: no kernel then covers some pixels oftener than others."""
    generator = build_convolutional_generator(10, (8, 6, 4), upsampling="nearest")
    kinds = [type(layer).__name__ for layer in generator.layers if "2D" in type(layer).__name__]
    assert kinds == ["UpSampling2D", "Conv2D"] * 2
    kernels = [layer.kernel.shape for layer in generator.layers if "Conv2D" in str(type(layer))]
    assert kernels == [(3, 3, 6, 4), (3, 3, 4, 1)]
    assert tuple(generator(np.ones((5, 10), np.float32)).shape) == (5, 784)


@pytest.mark.parametrize(
    "build", [build_convolutional_generator, build_convolutional_discriminator]
)
def test_convolutions_begin_by_their_seed(build):
    """Equal seeds make equal weights, other seeds others."""
    one, same, other = (build(widths=(6, 4), seed=seed) for seed in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(one.weights, same.weights, strict=True))
    assert not np.array_equal(one.weights[0], other.weights[0])


@pytest.mark.parametrize(
    ("build", "judge"),
    [
        (build_generator, build_discriminator),
        (build_convolutional_generator, build_convolutional_discriminator),
    ],
)
def test_told_networks_depend_on_what_they_are_told(build, judge):
    """With classes there is a second input, which changes images and verdicts."""
    generator = build(10, (8, 6, 4), classes=10)
    discriminator = judge((4, 6, 8), classes=10)
    latents, told = np.zeros((10, 10), np.float32), np.eye(10, dtype=np.float32)
    images = generator([latents, told]).numpy()
    assert len(np.unique(images, axis=0)) == 10
    logits = discriminator([images[:1].repeat(10, 0), told]).numpy()
    assert len(np.unique(logits)) == 10
    gan = build_gan(generator, discriminator)
    np.testing.assert_allclose(
        gan([latents, told]), discriminator([images, told]), rtol=1e-5, atol=1e-6
    )
    assert len(gan.trainable_variables) == len(generator.trainable_variables)


@pytest.mark.parametrize("classes", [0, 10])
def test_a_centred_discriminator_sees_what_differs_from_the_mean(images, classes, tmp_path):
    """The centre is taken from each image before anything else is done; so it is by Keras."""
    centre, told = images.mean(0), np.eye(10, dtype=np.float32)[:5]
    plain = build_discriminator((8,), dropout=0.0, classes=classes)
    centred = build_discriminator((8,), dropout=0.0, classes=classes, mean_image=centre)
    shifted, seen = (
        [rows, told] if classes else rows for rows in (images[:5] - centre, images[:5])
    )
    np.testing.assert_allclose(centred(seen), plain(shifted), atol=1e-5)
    assert len(centred.weights) == len(plain.weights)
    centred.save(tmp_path / "d.keras")
    again = keras.saving.load_model(tmp_path / "d.keras")
    np.testing.assert_allclose(again(seen), centred(seen), atol=1e-6)


def test_a_convolutional_discriminator_can_be_centred_too(images):
    """The picture it looks at has the centre taken from it."""
    centre = images.mean(0)
    plain, centred = (
        build_convolutional_discriminator((4, 6), dropout=0.0, mean_image=c) for c in (None, centre)
    )
    np.testing.assert_allclose(centred(images[:5]), plain(images[:5] - centre), atol=1e-5)


@pytest.mark.parametrize("output", ["tanh", "sigmoid"])
def test_a_generator_can_begin_at_an_image(output):
    """Noise that comes to nothing is drawn as that image, black pixels as nearly black."""
    generator = build_generator(10, (8,), output=output)
    image = np.linspace(-1, 1, 784)
    set_output_bias(generator, image)
    drawn = generator(np.zeros((1, 10), np.float32)).numpy()[0]
    np.testing.assert_allclose(drawn, np.clip(image, -0.998, 0.998), atol=1e-5)
    assert np.abs(generator.get_layer("image").bias.numpy()).max() < 8


@pytest.mark.parametrize("build", [build_generator, build_discriminator])
def test_weights_begin_within_what_is_said(build):
    """Uniformly, in every layer."""
    kernels = [weight.numpy() for weight in build(widths=(50, 40), init_range=0.005).weights]
    for kernel in (kernel for kernel in kernels if kernel.ndim == 2):
        assert 0.9 * 0.005 < np.abs(kernel).max() <= 0.005
        assert kernel.std() == pytest.approx(0.005 / 3**0.5, rel=0.2)


@pytest.mark.parametrize("build", [build_generator, build_discriminator])
def test_first_layer_starts_from_a_small_normal(build):
    """The first kernel is drawn from N(0, 0.02), the others are wider."""
    kernels = [weight.numpy() for weight in build().weights if len(weight.shape) == 2]
    assert kernels[0].std() == pytest.approx(0.02, rel=0.05)
    assert abs(kernels[0].mean()) < 0.001
    assert min(kernel.std() for kernel in kernels[1:]) > 0.03


@pytest.mark.parametrize("build", [build_generator, build_discriminator])
def test_weights_are_a_function_of_the_seed(build):
    """One seed gives the same weights however often, another seed gives others."""
    first, again, other = (build(widths=(8,), seed=seed) for seed in (3, 3, 4))
    for a, b in zip(first.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(first.get_weights()[0], other.get_weights()[0])


def test_generator_and_discriminator_do_not_share_their_draws():
    """Layers of equal shape in the two networks start from different numbers."""
    g = build_generator(latent_size=784, widths=(16, 8), seed=1).get_weights()
    d = build_discriminator(widths=(16, 8), seed=1).get_weights()
    assert not np.array_equal(g[0], d[0])
    assert not np.array_equal(g[2], d[2])


def test_generator_draws_in_range_and_discriminator_gives_logits():
    """Images lie in [-1, 1]; the discriminator's last layer has no activation."""
    latents = 100 * np.random.default_rng(0).normal(size=(5, 100)).astype(np.float32)
    images = build_generator()(latents).numpy()
    assert images.shape == (5, 784)
    assert np.abs(images).max() <= 1
    discriminator = build_discriminator()
    assert discriminator(images).shape == (5, 1)
    assert discriminator.layers[-1].activation is keras.activations.linear


def test_gan_trains_the_generator_alone():
    """The combined model's trainable variables are exactly the generator's."""
    generator, discriminator = build_generator(widths=(8,)), build_discriminator(widths=(8,))
    gan = build_gan(generator, discriminator)
    assert [v.path for v in gan.trainable_variables] == [
        v.path for v in generator.trainable_variables
    ]
    latents = np.ones((2, 100), np.float32)
    np.testing.assert_array_equal(gan(latents).numpy(), discriminator(generator(latents)).numpy())


def test_saved_generator_opens_in_plain_keras(tmp_path):
    """A saved generator opens with Keras's safe loader without this package, drawing the same."""
    generator = build_generator(widths=(8, 16), dropout=0.2)
    latents = np.random.default_rng(0).normal(size=(3, 100)).astype(np.float32)
    generator.save(tmp_path / "generator.keras")
    np.save(tmp_path / "latents.npy", latents)
    code = """
import sys, keras, numpy as np
model = keras.saving.load_model("generator.keras")
assert not any(name.startswith("mnist_gan") for name in sys.modules)
np.save("images.npy", model.predict(np.load("latents.npy"), verbose=0))
"""
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)  # noqa: S603
    np.testing.assert_allclose(
        np.load(tmp_path / "images.npy"), generator(latents).numpy(), atol=1e-6
    )
