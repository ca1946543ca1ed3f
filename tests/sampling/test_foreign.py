"""Generators that others saved: every layer as Keras computes it, ranges, limits, refusals."""

import json
import zipfile

import keras
import numpy as np
import pytest
from keras import layers as k

from mnist_gan.api import load_generator
from mnist_gan.noise import latents
from mnist_gan.sampling.keras_archive import MOST_LAYERS, MOST_WEIGHTS, MOST_WORK, generator_of
from mnist_gan.sampling.keras_layers import RefusedError, plan
from mnist_gan.sampling.sampler import copy_generator, generate, sample
from mnist_gan.support.errors import UserError
from tests.conftest import mnist_gan
from tests.foreign import BUILDERS, build_upsampling, randomised


def images_of(model: keras.Model, z: np.ndarray) -> np.ndarray:
    """Return what Keras draws, (n, 784)."""
    return keras.ops.convert_to_numpy(model(z)).reshape(-1, 784)


def assert_as_keras(layer: keras.Layer, shape: tuple[int, ...]) -> None:
    """Compare a layer with Keras: shapes of output and weights, and the output within 1e-5."""
    model = randomised(keras.Sequential([keras.Input(shape), layer]))
    values = np.random.default_rng(1).normal(size=(3, *shape)).astype(np.float32)
    expected = keras.ops.convert_to_numpy(model(values))
    config = keras.saving.serialize_keras_object(layer)
    planned = plan(config["class_name"], config["config"], shape)
    assert planned.shape == expected.shape[1:]
    assert list(planned.weights) == [tuple(weight.shape) for weight in layer.weights]
    for each in planned.build(*layer.get_weights()):
        values = each(values)
    np.testing.assert_allclose(values, expected, atol=1e-5)


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("strides", [1, 2, 3])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5, (3, 4)])
@pytest.mark.parametrize("kind", [k.Conv2D, k.Conv2DTranspose])
def test_convolutions_equal_those_of_keras(kind, kernel, strides, padding, use_bias):
    """Whatever the kernel, stride, padding and bias, on pictures of even and odd sides."""
    for shape in ((7, 6, 3), (6, 9, 2)):
        layer = kind(4, kernel, strides, padding, use_bias=use_bias, activation="relu")
        assert_as_keras(layer, shape)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (k.Conv2D(2, 3, strides=(1, 2)), (7, 6, 3)),
        (k.Conv2DTranspose(2, (4, 3), strides=(3, 2), padding="same"), (7, 6, 3)),
        (k.Dense(7, use_bias=False), (5,)),
        (k.Dense(7, "elu"), (5,)),
        (k.Dense(7, "selu"), (5,)),
        (k.Dense(7, "silu"), (5,)),
        (k.Dense(7, "leaky_relu"), (5,)),
        (k.Dense(7, k.LeakyReLU(0.1)), (5,)),
        (k.BatchNormalization(), (7,)),
        (k.BatchNormalization(epsilon=0.1), (7, 6, 3)),
        (k.BatchNormalization(axis=3, scale=False), (7, 6, 3)),
        (k.BatchNormalization(center=False), (7, 6, 3)),
        (k.BatchNormalization(center=False, scale=False), (7, 6, 3)),
        (k.UpSampling2D(), (3, 4, 2)),
        (k.UpSampling2D((1, 3)), (3, 4, 2)),
        (k.Cropping2D(((1, 2), (0, 3))), (7, 6, 3)),
        (k.Reshape((3, -1)), (6, 4)),
        (k.Flatten(), (3, 4, 2)),
        (k.Activation("sigmoid"), (3, 4, 2)),
        (k.ReLU(), (9,)),
        (k.ReLU(negative_slope=0.3), (9,)),
        (k.GaussianNoise(0.3), (9,)),
        (k.SpatialDropout2D(0.3), (3, 4, 2)),
    ],
)
def test_other_layers_equal_those_of_keras(layer, shape):
    """Within 1e-5, with the same shapes of output and weights."""
    assert_as_keras(layer, shape)


@pytest.mark.parametrize("build", BUILDERS)
def test_foreign_generators_draw_what_keras_draws(build, tmp_path):
    """From the file and from the model, in [-1, 1], also in parts, and again from `to_keras`."""
    model, z = build(), latents(3, 20, 10)
    model.save(tmp_path / "g.keras")
    generator = load_generator(tmp_path / "g.keras")
    expected = images_of(model, z)
    if build is build_upsampling:
        expected = 2 * expected - 1
    assert expected.std() > 0.05
    np.testing.assert_allclose(generate(generator, z), expected, atol=1e-5)
    np.testing.assert_array_equal(generate(copy_generator(model), z), generate(generator, z))
    np.testing.assert_allclose(images_of(generator.to_keras(), z), expected, atol=1e-5)


def test_a_conditional_generator_without_dense_layers_becomes_a_keras_model(tmp_path):
    """Its first layer reshapes latent and label together, which fits no network on the latent."""
    inputs = [keras.Input((10,), name="latent"), keras.Input((10,), name="label")]
    values = k.Reshape((1, 1, 20))(k.Concatenate()(inputs))
    values = k.Conv2DTranspose(4, 7, activation="relu")(values)
    values = k.Conv2DTranspose(1, 4, 4, padding="same", activation="tanh")(values)
    model = keras.Model(inputs, k.Reshape((784,))(values))
    model.save(tmp_path / "g.keras")
    generator = load_generator(tmp_path / "g.keras")
    z = generator.latents(3, 20)
    pair = [z[:, :10], z[:, 10:]]
    expected = images_of(model, pair)
    np.testing.assert_allclose(generate(generator, z), expected, atol=1e-5)
    np.testing.assert_allclose(images_of(generator.to_keras(), pair), expected, atol=1e-5)


def test_image_k_of_a_large_network_does_not_depend_on_the_count(monkeypatch):
    """Networks of large layers are computed in parts of a block, which are always the same."""
    generator = copy_generator(build_upsampling())
    monkeypatch.setattr("mnist_gan.sampling.numpy_generator.AT_ONCE", 50 * generator.values)
    many = sample(generator, 300, seed=5)
    for start, count in ((0, 3), (40, 30), (250, 20)):
        np.testing.assert_array_equal(
            sample(generator, count, seed=5, start=start), many[start:][:count]
        )


def saved(path, *layers: keras.Layer) -> keras.Model:
    """Save a network of these layers, with random weights."""
    model = randomised(keras.Sequential([keras.Input((10,)), *layers]))
    model.save(path)
    return model


def test_a_sigmoid_means_black_is_0(tmp_path):
    """The images are scaled to [-1, 1], and the command says so in a line."""
    model = saved(tmp_path / "g.keras", k.Dense(784, "sigmoid"), k.Reshape((28, 28, 1)))
    result = mnist_gan("sample", "g.keras", "--output", "g.npy", cwd=tmp_path)
    expected = 2 * images_of(model, latents(0, 100, 10)) - 1
    np.testing.assert_allclose(np.load(tmp_path / "g.npy"), expected, atol=1e-5)
    assert "black is 0 and white is 1 in its output" in result.stderr


@pytest.mark.parametrize(
    ("low", "high", "assumed"),
    [(-1, 1, "black is -1 and white is 1"), (0, 1, "black is 0 and white is 1"), (0, 255, "255")],
)
def test_a_range_that_no_activation_says_is_seen(low, high, assumed, tmp_path):
    """A linear output of mostly black pixels is drawn in [-1, 1], with a note."""
    layers = [k.Dense(784, "sigmoid"), k.Conv2D(1, 1)]
    model = saved(tmp_path / "g.keras", layers[0], k.Reshape((28, 28, 1)), layers[1])
    layers[0].set_weights([layers[0].get_weights()[0], np.full(784, -4, np.float32)])
    layers[1].set_weights([np.full((1, 1, 1, 1), high - low, np.float32), np.float32([low])])
    model.save(tmp_path / "g.keras")
    generator, z = load_generator(tmp_path / "g.keras"), latents(0, 20, 10)
    assert assumed in generator.note
    expected = 2 * (images_of(model, z) - low) / (high - low) - 1
    np.testing.assert_allclose(generate(generator, z), expected, atol=1e-4)


def test_our_own_range_needs_no_note(tmp_path):
    """A tanh, and a sigmoid that is scaled in the network, are taken as they are."""
    saved(tmp_path / "a.keras", k.Dense(784, "tanh"))
    model = saved(tmp_path / "b.keras", k.Dense(784, "sigmoid"), k.Rescaling(2, -1))
    z = latents(0, 20, 10)
    for name in ("a.keras", "b.keras"):
        assert load_generator(tmp_path / name).note == ""
    images = generate(load_generator(tmp_path / "b.keras"), z)
    np.testing.assert_allclose(images, images_of(model, z), atol=1e-5)


def config_of(*layers: keras.Layer) -> dict:
    """Return the config of a network of these layers, which need not be built."""
    model = keras.Sequential([keras.Input((10,)), k.Dense(784)])
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(model)))
    given = [keras.saving.serialize_keras_object(layer) for layer in layers]
    config["config"]["layers"][1:] = json.loads(json.dumps(given))
    return config


def unread(*_):
    """Fail: a network that is refused is refused before its weights are read."""
    raise AssertionError("weights were read")


PICTURE = [k.Dense(784 * 64), k.Reshape((28, 28, 64))]
REFUSED = {
    "too many layers": ([k.ReLU()] * MOST_LAYERS + [k.Dense(784)], f"more than {MOST_LAYERS}"),
    "too many weights": ([k.Dense(7000)] * 4 + [k.Dense(784)], f"allowed are {MOST_WEIGHTS:,}"),
    "too much work": (
        [*PICTURE, *[k.Conv2D(64, 16, padding="same")] * 3, k.Conv2D(1, 1)],
        f"allowed are {MOST_WORK:,}",
    ),
    "no weights": ([k.Flatten(), k.Reshape((10,))], "expected 784"),
    "bilinear": ([*PICTURE, k.UpSampling2D(interpolation="bilinear")], "interpolation='bilinear'"),
    "dilation": ([*PICTURE, k.Conv2D(1, 3, dilation_rate=2)], r"dilation_rate=\[2, 2\]"),
    "groups": ([*PICTURE, k.Conv2D(4, 3, groups=4)], "groups=4"),
    "channels first": (
        [*PICTURE, k.Conv2D(4, 3, data_format="channels_first")],
        "data_format='channels_first'",
    ),
    "a large kernel": ([*PICTURE, k.Conv2D(1, 300, padding="same")], "a kernel, stride or size"),
    "another axis": ([*PICTURE, k.BatchNormalization(axis=1)], "along axis 1"),
    "a capped rectifier": ([k.Dense(784), k.ReLU(max_value=6)], "max_value=6"),
    "dense on a picture": ([*PICTURE, k.Dense(1)], "Flatten is missing"),
    "a convolution of a vector": ([k.Conv2D(1, 3)], "a Reshape is missing"),
    "another function": ([k.Dense(784, "softmax")], "its activation is 'softmax'"),
    "colours": ([k.Dense(28 * 28 * 3), k.Reshape((28, 28, 3))], "ends in 28 x 28 x 3 numbers"),
    "a fraction of a row": ([*PICTURE, k.Cropping2D(((0.5, 0), (0, 0)))], "it crops 28 x 28 x 64"),
    "a picture cropped away": ([*PICTURE, k.Cropping2D(14)], "it crops 28 x 28 x 64"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_computed_is_refused_before_memory_is_taken(case):
    """One sentence says what came; no weights are read."""
    layers, sentence = REFUSED[case]
    with pytest.raises(RefusedError, match=sentence):
        generator_of(config_of(*layers), unread)


def test_a_variance_below_0_is_refused(tmp_path):
    """Its square root would be no number."""
    model = keras.Sequential([keras.Input((10,)), k.Dense(784, "tanh"), k.BatchNormalization()])
    model.layers[1].moving_variance.assign(np.full(784, -1, np.float32))
    with pytest.raises(UserError, match="a variance of its BatchNormalization is below 0"):
        load_generator(model)


def test_a_layer_that_is_called_as_in_training_is_refused(tmp_path):
    """Its output would be random."""
    inputs = keras.Input((10,))
    values = k.Dense(784, "tanh")(k.Dropout(0.5)(inputs, training=True))
    keras.Model(inputs, values).save(tmp_path / "g.keras")
    with pytest.raises(UserError, match="Dropout is called with training=True"):
        load_generator(tmp_path / "g.keras")


def test_hdf5_is_refused_with_the_lines_that_convert_it(tmp_path):
    """By sample and evaluate; the lines make a file that is accepted."""
    model = keras.Sequential([keras.Input((10,)), k.Dense(784, "tanh")])
    model.save(tmp_path / "g.h5")
    model.save_weights(tmp_path / "g.weights.h5")
    for command in ("sample", "evaluate"):
        result = mnist_gan(command, "g.h5", cwd=tmp_path)
        assert result.returncode == 2
        assert "g.h5 is a Keras model in HDF5" in result.stderr
    code = result.stderr.partition("import keras\n")[2].replace('"g.', f'"{tmp_path}/g.')
    exec(code, {"keras": keras})  # noqa: S102
    np.testing.assert_array_equal(sample(load_generator(tmp_path / "g.keras"), 3).shape, (3, 784))
    with pytest.raises(UserError, match="holds weights without their network"):
        load_generator(tmp_path / "g.weights.h5")
    with pytest.raises(UserError, match=r"There is no file .*none\.hdf5"):
        load_generator(tmp_path / "none.hdf5")
    (tmp_path / "g.onnx").touch()
    with pytest.raises(UserError, match=r"g\.onnx is no generator; that is a \.keras file"):
        load_generator(tmp_path / "g.onnx")


def test_one_stored_array_may_not_be_read_many_times(tmp_path):
    """The weights of all layers are limited, so links between them save no memory for an attack."""
    saved(tmp_path / "g.keras", k.Dense(784, "tanh"))
    with zipfile.ZipFile(tmp_path / "g.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["config.json"] = json.dumps(config_of(*[k.Dense(10_000)] * 150, k.Dense(784))).encode()
    with zipfile.ZipFile(tmp_path / "g.keras", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(UserError, match=f"allowed are {MOST_WEIGHTS:,}"):
        load_generator(tmp_path / "g.keras")
