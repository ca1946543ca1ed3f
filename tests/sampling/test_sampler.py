"""Saved generators: the same images as Keras, independent of batches; files are untrusted."""

import io
import json
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from mnist_gan.api import load_generator
from mnist_gan.models.discriminator import build_discriminator
from mnist_gan.models.generator import build_generator
from mnist_gan.noise import BLOCK, INPUTS, latents
from mnist_gan.sampling.keras_archive import generator_of
from mnist_gan.sampling.numpy_layers import ACTIVATIONS, LEAKY
from mnist_gan.sampling.sampler import copy_generator, generate, sample
from mnist_gan.support.errors import UserError
from tests.conftest import script
from tests.networks import build_convolutional_generator


@pytest.fixture(scope="module", params=["normal", "uniform", "normal+categorical"])
def model(request):
    """Return a small Keras generator with large weights, for each distribution of noise."""
    output = "sigmoid" if request.param == "uniform" else "tanh"  # as in 2014
    model = build_generator(10, (12, 16), dropout=0.3, noise=request.param, output=output)
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=w.shape).astype(np.float32) for w in model.get_weights()])
    return model


@pytest.fixture
def saved(model, tmp_path):
    """Return the path of that generator, saved by Keras."""
    model.save(tmp_path / "generator.keras")
    return tmp_path / "generator.keras"


def rewrite(path, *, config=None, weights=None, extra=None):
    """Rewrite the archive with its config or weights changed, or with more members."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    if config:
        tree = json.loads(members["config.json"])
        config(tree["config"]["layers"])
        members["config.json"] = json.dumps(tree).encode()
    if weights:
        buffer = io.BytesIO(members["model.weights.h5"])
        with h5py.File(buffer, "r+") as file:
            weights(file)
        members["model.weights.h5"] = buffer.getvalue()
    members |= extra or {}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def test_numpy_gives_the_images_of_keras(model, saved):
    """The loaded file, the copied model and Keras agree up to rounding."""
    z = latents(3, 50, 10)
    expected = model(z).numpy()
    np.testing.assert_allclose(generate(load_generator(saved), z), expected, atol=1e-5)
    np.testing.assert_array_equal(
        generate(copy_generator(model), z), generate(load_generator(saved), z)
    )


def test_a_generator_has_its_noise_distribution(saved, model):
    """The latents of a seed have the distribution that the file's input name gives."""
    noise = next(noise for noise, name in INPUTS.items() if name == model.inputs[0].name)
    generator = load_generator(saved)
    assert generator.noise == copy_generator(model).noise == noise
    expected = latents(4, 6, 10, start=2, distribution=noise)
    np.testing.assert_array_equal(generator.latents(4, 6, start=2), expected)
    np.testing.assert_array_equal(
        sample(generator, 6, seed=4)[2:], generate(generator, expected)[:4]
    )


def test_latents_too_small_for_a_categorical_code_are_refused(tmp_path):
    """A fifth of nine numbers cannot hold a categorical code of two values."""
    for latent_size in (1, 9, 10):
        layers = [keras.Input((latent_size,), name=INPUTS["normal+categorical"])]
        model = keras.Sequential([*layers, keras.layers.Dense(784, "tanh")])
        model.save(tmp_path / f"{latent_size}.keras")
    assert len(sample(load_generator(tmp_path / "10.keras"), 3)) == 3
    for name in ("1.keras", "9.keras"):
        with pytest.raises(UserError, match="have no room for a categorical code"):
            load_generator(tmp_path / name)


@pytest.mark.parametrize("activation", [*ACTIVATIONS, LEAKY])
def test_every_allowed_activation_equals_that_of_keras(activation):
    """Activations of Dense layers equal Keras's, also for large inputs."""
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(784, activation)])
    z = 30 * latents(0, 20, 5)
    images, expected = generate(copy_generator(model), z), model(z).numpy()
    if activation == "sigmoid":
        expected = 2 * expected - 1
    np.testing.assert_allclose(images, expected, atol=1e-4)


def test_the_repr_of_a_generator_is_short(saved):
    """It does not contain the weights."""
    shown = repr(load_generator(saved))
    assert shown.startswith("NumpyGenerator(noise='")
    assert len(shown) < 60


def test_image_k_does_not_depend_on_the_count(saved):
    """The first images of a large sample are bit-identical to those of a small one."""
    generator = load_generator(saved)
    many = sample(generator, 2 * BLOCK + 7, seed=5)
    for count in (1, 3, BLOCK, BLOCK + 1):
        np.testing.assert_array_equal(sample(generator, count, seed=5), many[:count])
    assert many.shape == (2 * BLOCK + 7, 784)
    assert not np.array_equal(many[:3], sample(generator, 3, seed=6))


KERNELS = {  # OpenBLAS's names of its kernels, and the processor flag that each needs
    "Nehalem": "sse4_2",
    "Sandybridge": "avx",
    "Haswell": "avx2",
    "Zen": "avx2",
    "SkylakeX": "avx512vl",
}
ANYWHERE = """
import hashlib
from mnist_gan.api import load_generator
from mnist_gan.sampling.sampler import generate, sample
generator = load_generator()
many = sample(generator, 600, seed=7)
for start, count in ((0, 1), (40, 3), (250, 20), (255, 300), (599, 1)):
    some = generate(generator, generator.latents(7, count, start), start)
    assert (some == many[start : start + count]).all(), (start, count)
print(hashlib.sha256(many.tobytes()).hexdigest())
"""


@pytest.mark.parametrize("kernel", KERNELS)
def test_an_image_is_the_same_wherever_a_sample_starts(kernel):
    """With each of OpenBLAS's kernels, image k depends on no start, count or number of threads."""
    cpuinfo = Path("/proc/cpuinfo")
    if not cpuinfo.exists() or KERNELS[kernel] not in cpuinfo.read_text().split():
        pytest.skip(f"this processor cannot run the kernel {kernel}")
    digests = set()
    for threads in "1", "2":
        variables = {"OPENBLAS_CORETYPE": kernel, "OPENBLAS_NUM_THREADS": threads}
        variables["OMP_NUM_THREADS"] = threads
        digests.add(script(ANYWHERE, **variables))
    assert len(digests) == 1


def test_a_saved_model_is_the_same_after_reloading(model, saved):
    """Loading and saving a model again does not change its images."""
    keras.saving.load_model(saved).save(saved.with_name("again.keras"))
    np.testing.assert_array_equal(
        sample(load_generator(saved), 20),
        sample(load_generator(saved.with_name("again.keras")), 20),
    )


def huge_units(layers):
    """Set a layer size that would exhaust the memory."""
    layers[1]["config"]["units"] = 300_000_000


def code_layer(layers):
    """Insert a Lambda layer."""
    layers[2] = {"module": "keras.layers", "class_name": "Lambda", "config": {}}


def foreign_class(layers):
    """Insert a class of another module."""
    layers[2] = {"module": "os", "class_name": "system", "config": {}, "registered_name": "x"}


def function_activation(layers):
    """Set a Python function as an activation."""
    config = {"module": "builtins", "class_name": "function", "config": "exec"}
    layers[1]["config"]["activation"] = config


def odd_slope(layers):
    """Set a slope of NaN."""
    layers[2]["config"]["negative_slope"] = float("nan")


def odd_rescaling(layers):
    """Append a rescaling by a list instead of a number."""
    scaled = {"scale": [2.0, 3.0], "offset": 0.0}
    layers.append({"module": "keras.layers", "class_name": "Rescaling", "config": scaled})


def infinite_rescaling(layers):
    """Append a rescaling by infinity."""
    scaled = {"scale": float("inf"), "offset": 0.0}
    layers.append({"module": "keras.layers", "class_name": "Rescaling", "config": scaled})


def no_layers(layers):
    """Remove all layers."""
    layers.clear()


def wide_image(layers):
    """Set an output size other than 784."""
    (last,) = (layer for layer in layers if layer["config"].get("units") == 784)
    last["config"]["units"] = 785


@pytest.mark.parametrize(
    "change",
    [
        *(huge_units, code_layer, foreign_class, function_activation, odd_slope),
        *(odd_rescaling, infinite_rescaling, no_layers, wide_image),
    ],
)
def test_a_config_that_is_no_dense_generator_is_refused(saved, change):
    """Anything but dense layers of moderate size is refused before it is built."""
    rewrite(saved, config=change)
    with pytest.raises(UserError, match=r"generator\.keras is no generator of digits"):
        load_generator(saved)


def replaced(content):
    """Return a change that replaces the first kernel."""

    def change(file):
        del file["layers/dense/vars/0"]
        content(file)

    return change


def external_link(file):
    """Link to another file."""
    file["layers/dense/vars/0"] = h5py.ExternalLink("/etc/passwd", "/x")


def soft_link(file):
    """Link to another dataset of this file."""
    file["layers/dense/vars/0"] = h5py.SoftLink("/layers/dense_1/vars/0")


def external_storage(file):
    """Store the data in another file."""
    file["layers/dense/vars"].create_dataset(
        "0", (10, 12), np.float32, external=[("/etc/passwd", 0, 480)]
    )


def virtual(file):
    """Map data of another file with a virtual dataset."""
    layout = h5py.VirtualLayout((10, 12), np.float32)
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (10, 12))
    file["layers/dense/vars"].create_virtual_dataset("0", layout)


def unallocated(file):
    """Declare a dataset without storing data."""
    file["layers/dense/vars"].create_dataset("0", (10, 12), np.float32)


def compressed(file):
    """Store compressed data."""
    file["layers/dense/vars"].create_dataset(
        "0", data=np.zeros((10, 12), np.float32), compression="gzip"
    )


def doubles(file):
    """Store data of another type."""
    file["layers/dense/vars"].create_dataset("0", data=np.zeros((10, 12)))


def transposed(file):
    """Store data in another shape."""
    file["layers/dense/vars"].create_dataset("0", data=np.zeros((12, 10), np.float32))


def missing(file):
    """Store no dataset."""


@pytest.mark.parametrize(
    "content",
    [
        external_link,
        soft_link,
        external_storage,
        virtual,
        unallocated,
        compressed,
        doubles,
        transposed,
        missing,
    ],
)
def test_weights_that_are_not_plain_arrays_are_refused(saved, content):
    """Links, external storage, missing data and other shapes are refused before reading."""
    rewrite(saved, weights=replaced(content))
    with pytest.raises(UserError, match=r"generator\.keras is no generator of digits"):
        load_generator(saved)


def test_archives_with_other_members_are_refused(saved):
    """An archive must have exactly the members that Keras writes."""
    rewrite(saved, extra={"assets/../../x.py": b"print(1)"})
    with pytest.raises(UserError, match=r"no Keras model: it holds .*x\.py"):
        load_generator(saved)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_a_truncated_file_is_refused(saved, share):
    """A file cut anywhere raises one sentence."""
    content = saved.read_bytes()
    saved.write_bytes(content[: int(share * len(content))])
    with pytest.raises(UserError, match="damaged or no Keras model"):
        load_generator(saved)


def test_weights_that_layers_share_are_refused(tmp_path):
    """A small file cannot take the memory of many layers, each of the same stored array."""
    layers = [keras.layers.Dense(500) for _ in range(6)]
    network = keras.Sequential([keras.Input((500,)), *layers, keras.layers.Dense(784)])
    path, weights = tmp_path / "shared.keras", io.BytesIO()
    network.save(path)
    with h5py.File(weights, "w") as file:
        file["layers/dense/vars/0"] = np.zeros((500, 500), np.float32)
        for name, units in (*((f"dense_{n}", 500) for n in range(1, 6)), ("dense_6", 784)):
            kernel = f"layers/{name}/vars/0"
            if units == 500:
                file[kernel] = file["layers/dense/vars/0"]
            else:
                file[kernel] = np.zeros((500, units), np.float32)
        for n in range(7):
            name = f"dense_{n}" if n else "dense"
            file[f"layers/{name}/vars/1"] = np.zeros(784 if n == 6 else 500, np.float32)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (members | {"model.weights.h5": weights.getvalue()}).items():
            archive.writestr(name, content)
    with pytest.raises(UserError, match="its layers have more weights than the file holds"):
        load_generator(path)


def test_weights_that_unpack_to_much_more_are_not_unpacked(saved):
    """Trained weights hardly compress."""
    with zipfile.ZipFile(saved) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["model.weights.h5"] += bytes(20_000_000)
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(UserError, match="unpacks to more than 50 times its size"):
        load_generator(saved)


@pytest.mark.parametrize("member", ["archive", "config.json", "model.weights.h5"])
def test_a_flipped_bit_is_a_sentence_or_harmless(saved, member):
    """In the archive as it lies on the disk, and in its parts, whose checksums are then right."""
    with zipfile.ZipFile(saved) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    content = saved.read_bytes() if member == "archive" else members[member]
    chance = np.random.default_rng(0)
    for place in chance.integers(len(content), size=150):
        damaged = bytearray(content)
        damaged[place] ^= 1 << int(chance.integers(8))
        if member == "archive":
            saved.write_bytes(damaged)
        else:
            with zipfile.ZipFile(saved, "w") as archive:
                for name, each in (members | {member: bytes(damaged)}).items():
                    archive.writestr(name, each)
        try:
            load_generator(saved)
        except UserError as error:
            assert len(str(error)) <= 400  # noqa: PT017 - most of them raise nothing


def test_flipped_bytes_are_detected(saved):
    """A weights file with changed bytes fails its checksum."""
    content = bytearray(saved.read_bytes())
    content[-3000] ^= 0xFF
    saved.write_bytes(content)
    with pytest.raises(UserError, match="damaged"):
        load_generator(saved)


def test_other_models_are_refused(tmp_path):
    """A discriminator and another functional model are no generators."""
    build_discriminator(widths=(8,)).save(tmp_path / "d.keras")
    with pytest.raises(UserError, match="ends in 1 number, expected 784"):
        load_generator(tmp_path / "d.keras")
    inputs = keras.Input((4,))
    branches = [keras.layers.Dense(784)(inputs) for _ in range(2)]
    keras.Model(inputs, keras.layers.Add()(branches)).save(tmp_path / "f.keras")
    with pytest.raises(UserError, match="its layers are not a chain"):
        load_generator(tmp_path / "f.keras")


def test_a_lambda_is_never_run(tmp_path, monkeypatch):
    """A saved model with code is refused, and the code does not run."""
    monkeypatch.chdir(tmp_path)
    layer = keras.layers.Lambda(lambda x: [x, open("ran", "w").close()][0])
    keras.Sequential([keras.Input((784,)), layer]).save("evil.keras")
    (tmp_path / "ran").unlink()
    with pytest.raises(UserError, match="it has a layer Lambda"):
        load_generator(tmp_path / "evil.keras")
    assert not (tmp_path / "ran").exists()


def test_missing_files_and_folders_without_a_run_are_refused(tmp_path):
    """Each raises one sentence."""
    with pytest.raises(UserError, match="There is no file"):
        load_generator(tmp_path / "none.keras")
    with pytest.raises(UserError, match="There is no run"):
        load_generator(tmp_path)


def randomised(model: keras.Model) -> keras.Model:
    """Return the model with larger random weights."""
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 0.3, w.shape).astype(np.float32) for w in model.get_weights()])
    return model


@pytest.fixture
def convolutional(tmp_path):
    """Return the path of a convolutional generator, saved by Keras."""
    randomised(build_convolutional_generator(10, (6, 4))).save(tmp_path / "conv.keras")
    return tmp_path / "conv.keras"


@pytest.fixture
def conditional(tmp_path):
    """Return the path of a conditional generator, saved by Keras."""
    randomised(build_generator(10, (12, 16), classes=10)).save(tmp_path / "conditional.keras")
    return tmp_path / "conditional.keras"


def test_convolutions_equal_those_of_keras(convolutional):
    """NumPy's transposed convolutions equal Keras's, from the file and from the model."""
    model, z = keras.saving.load_model(convolutional), latents(3, 20, 10)
    generator = load_generator(convolutional)
    assert (generator.latent_size, generator.classes) == (10, 0)
    np.testing.assert_allclose(generate(generator, z), model(z), atol=1e-5)
    np.testing.assert_array_equal(generate(copy_generator(model), z), generate(generator, z))


def test_a_conditional_generator_equals_that_of_keras(conditional):
    """Inputs are latents followed by one-hot labels, which are 0 to 9 in turn, ten of each."""
    model, generator = keras.saving.load_model(conditional), load_generator(conditional)
    assert (generator.latent_size, generator.classes, generator.inputs) == (10, 10, 20)
    inputs = generator.latents(3, 130, start=5)
    np.testing.assert_array_equal(inputs[:, :10], latents(3, 130, 10, start=5))
    expected = (np.arange(5, 135) // 10) % 10
    np.testing.assert_array_equal(inputs[:, 10:].argmax(1), expected)
    assert (inputs[:, 10:].sum(1) == 1).all()
    np.testing.assert_allclose(
        generate(generator, inputs), model([inputs[:, :10], inputs[:, 10:]]), atol=1e-5
    )
    np.testing.assert_array_equal(
        generate(copy_generator(model), inputs), generate(generator, inputs)
    )
    sevens = generator.with_labels(inputs[:, :10], 7)
    assert (sevens[:, 10:].argmax(1) == 7).all()


@pytest.mark.parametrize("output", [["image", 0, 0], [["image", 0, 0]]])
def test_the_output_may_be_in_a_list(conditional, output):
    """A conditional generator is read as Keras from 3.11 writes it, and as earlier versions do."""
    model, generator = keras.saving.load_model(conditional), load_generator(conditional)
    config, arrays = keras.saving.serialize_keras_object(model), iter(model.get_weights())
    config["config"]["output_layers"] = output
    written = generator_of(config, lambda _, shapes: [next(arrays) for _ in shapes])
    inputs = generator.latents(3, 20)
    np.testing.assert_array_equal(generate(written, inputs), generate(generator, inputs))


def test_output_padding_may_be_left_out_but_not_set(convolutional):
    """A convolution is read as Keras before 3.11 writes it; output padding is refused."""
    inputs = latents(3, 20, 10)
    expected = generate(load_generator(convolutional), inputs)
    rewrite(convolutional, config=lambda layers: layers[4]["config"].pop("output_padding", None))
    np.testing.assert_array_equal(generate(load_generator(convolutional), inputs), expected)
    rewrite(convolutional, config=lambda layers: layers[4]["config"].update(output_padding=[1, 1]))
    with pytest.raises(UserError, match="output_padding"):
        load_generator(convolutional)


def strides(layers):
    """Set another stride."""
    layers[4]["config"]["strides"] = [3, 3]


def odd_kernel(layers):
    """Set an odd kernel size."""
    layers[4]["config"]["kernel_size"] = [5, 5]


def too_many_filters(layers):
    """Set too many filters."""
    layers[4]["config"]["filters"] = 10**9


def other_sum(layers):
    """Set a shape with another number of values."""
    layers[3]["config"]["target_shape"] = [7, 7, 7]


def negative_shape(layers):
    """Set a shape with two unknown sides."""
    layers[3]["config"]["target_shape"] = [-1, -1, 6]


@pytest.mark.parametrize(
    "change", [strides, odd_kernel, too_many_filters, other_sum, negative_shape]
)
def test_other_convolutions_are_refused(convolutional, change):
    """Strides, kernels, filters and shapes are validated before weights are read."""
    rewrite(convolutional, config=change)
    with pytest.raises(UserError, match=r"conv\.keras is no generator of digits"):
        load_generator(convolutional)


def crossed(layers):
    """Connect a layer to another than the one before."""
    layers[5]["inbound_nodes"] = layers[4]["inbound_nodes"]


def unjoined(layers):
    """Concatenate along another axis."""
    layers[2]["config"]["axis"] = 0


def called_twice(layers):
    """Use a layer twice."""
    layers[3]["inbound_nodes"] = layers[3]["inbound_nodes"] * 2


def five_classes(layers):
    """Set another number of classes."""
    layers[1]["config"]["batch_shape"] = [None, 5]


def renamed(layers):
    """Rename an input."""
    layers[0]["name"] = "noise"


@pytest.mark.parametrize("change", [crossed, unjoined, called_twice, five_classes, renamed])
def test_networks_that_are_no_chain_are_refused(conditional, change):
    """Two inputs must be concatenated first, then each layer must feed the next."""
    rewrite(conditional, config=change)
    with pytest.raises(
        UserError, match=r"conditional\.keras is (damaged or )?no generator of digits"
    ):
        load_generator(conditional)
