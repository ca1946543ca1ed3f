"""Plain arrays: the lines in the README draw the generator's digits with NumPy alone."""

import subprocess
import sys

import numpy as np
import pytest

import mnist_gan as mg
from mnist_gan.exporting.latents import COUNT
from mnist_gan.sampling.sampler import generate
from tests.exporting.generators import BUILDERS, built

LINES = {"dense": 10, "of 2014": 11}  # of code in the README
APPENDED = """
import sys
assert not {"mnist_gan", "keras", "tensorflow", "scipy"} & {*sys.modules}
"""


def code_of(path) -> str:
    """Return the lines of code in an archive's README."""
    with np.load(path) as archive:
        text = archive["README.txt"].decode()
    return "".join(f"{line[4:]}\n" for line in text.splitlines() if line.startswith("    "))


def result_of(code: str, folder) -> np.ndarray:
    """Run code in a folder as a process that has NumPy alone; return its array `a`."""
    command = [sys.executable, "-I", "-c", f"{code}{APPENDED}np.save('a.npy', a)"]
    subprocess.run(command, cwd=folder, check=True)  # noqa: S603 - our own README
    return np.load(folder / "a.npy")


@pytest.mark.parametrize("kind", BUILDERS)
def test_numpy_alone_draws_the_same_digits(tmp_path, kind):
    """From the very latents that the README draws, for dense and convolutional generators."""
    generator = built(kind)
    mg.export(generator, "npz", tmp_path / "it's digits.npz")
    code = code_of(tmp_path / "it's digits.npz")
    batch = result_of(f"{code.split('for layer in map')[0]}a = x", tmp_path)
    images = result_of(f"{code}a = x", tmp_path)
    assert batch.shape == (COUNT, generator.inputs)
    expected = generate(generator, batch.astype(np.float32))
    np.testing.assert_allclose(images, expected, atol=1e-5)
    assert expected.std() > 0.1
    if kind in LINES:
        assert len(code.splitlines()) == LINES[kind]


@pytest.mark.parametrize("kind", BUILDERS)
def test_the_readmes_latents_are_those_of_the_generators_noise(tmp_path, kind):
    """Same mean and deviation, same bounds or codes, and a label behind each."""
    generator = built(kind)
    mg.export(generator, "npz", tmp_path / "a.npz")
    code = code_of(tmp_path / "a.npz").split("for layer in map")[0]
    many = result_of(f"{code.replace('16', '2000')}a = x", tmp_path)
    own = generator.latents(0, 2000)
    assert many[:, :20].mean(0) == pytest.approx(0, abs=0.15)
    assert many[:, :20].std(0) == pytest.approx(1, abs=0.15)
    assert abs(many[:, :20]).max() == pytest.approx(abs(own[:, :20]).max(), rel=0.2)
    if generator.noise == "normal+categorical":
        codes = np.unique(many[:, :4].round(4), axis=0)
        np.testing.assert_allclose(codes, np.unique(own[:, :4].round(4), axis=0), atol=1e-3)
    assert {*map(tuple, many[:, 20:])} == {*map(tuple, own[:, 20:])}


def test_arrays_have_clear_names(tmp_path):
    """Each weight is an array of its own; nothing in the file is an object."""
    generator = built("both")
    mg.export(generator, "npz", tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz", allow_pickle=False) as archive:
        names = set(archive.files)
        assert (archive["latent_size"], archive["classes"]) == (20, 10)
        assert str(archive["noise"]) == "normal"
        assert all(archive[name].dtype != object for name in names - {"README.txt"})
    weights = {f"layer_{k}_{part}" for k in (1, 2, 3) for part in ("kernel", "bias")}
    assert names == weights | {"latent_size", "classes", "noise", "layers", "README.txt"}
