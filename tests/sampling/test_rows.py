"""Latents from a file: what is used of it is read, and no more than fits."""

import tracemalloc

import numpy as np
import pytest

from mnist_gan.sampling.numpy_generator import NumpyGenerator
from mnist_gan.sampling.rows import LARGEST_LATENTS, inputs_of_file
from mnist_gan.sampling.sampler import open_generator
from mnist_gan.support.assets import asset
from mnist_gan.support.errors import UserError


@pytest.fixture(scope="module")
def generator() -> NumpyGenerator:
    """The generator that ships with the package."""
    return open_generator(asset("generator.keras"))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("count", [None, 3])
def test_the_first_latents_are_used(tmp_path, generator, order, count):
    """In both orders of NumPy's files."""
    latents = np.random.default_rng(0).normal(size=(7, generator.latent_size))
    np.save(tmp_path / "z.npy", np.asarray(latents, order=order))
    found, draw = inputs_of_file(generator, tmp_path / "z.npy", count)
    assert found == (count or 7)
    drawn = np.concatenate([draw(0, 2), draw(2, found - 2)])[:, : generator.latent_size]
    np.testing.assert_array_equal(drawn, latents[:found].astype(np.float32))


def test_a_file_that_changes_later_does_not_matter(tmp_path, generator):
    """What was checked is what is drawn."""
    np.save(tmp_path / "z.npy", np.ones((5, generator.latent_size)))
    _, draw = inputs_of_file(generator, tmp_path / "z.npy", None)
    (tmp_path / "z.npy").write_bytes(b"")
    assert (draw(0, 5)[:, : generator.latent_size] == 1).all()


REFUSED = {
    "integers": (lambda size: np.ones((2, size), np.int64), "holds int64; expected a .npy of fin"),
    "none": (lambda size: np.ones((0, size)), r"holds \(0, \d+\); expected a .npy of finite"),
    "NaN": (lambda size: np.full((2, size), np.nan), "that are not all finite"),
    "beyond float32": (lambda size: np.full((2, size), 1e300), "that are not all finite"),
    "a number": (lambda size: np.float64(1), r"holds \(\); expected a .npy of finite floats"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_latents_is_refused(tmp_path, generator, case):
    """The sentence says what came."""
    make, sentence = REFUSED[case]
    np.save(tmp_path / "z.npy", make(generator.latent_size))
    with pytest.raises(UserError, match=sentence) as caught:
        inputs_of_file(generator, tmp_path / "z.npy", None)
    assert "--count" not in str(caught.value)


def test_a_huge_file_is_read_as_far_as_it_is_used(tmp_path, generator):
    """All of it does not fit into the memory; the first two do."""
    size = generator.latent_size
    count = LARGEST_LATENTS // (8 * size) * 100
    with (tmp_path / "z.npy").open("wb") as file:
        head = {"descr": "<f8", "fortran_order": False, "shape": (count, size)}
        np.lib.format.write_array_header_1_0(file, head)
        file.truncate(file.tell() + 8 * count * size)  # zeros that take no room
    tracemalloc.start()
    with pytest.raises(UserError, match=r"at most 400 MB are read\. Take fewer with --count"):
        inputs_of_file(generator, tmp_path / "z.npy", None)
    assert inputs_of_file(generator, tmp_path / "z.npy", 2)[0] == 2
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000
    with (tmp_path / "z.npy").open("r+b") as file:
        file.truncate(1000)
    with pytest.raises(UserError, match=r"is damaged or no \.npy file"):
        inputs_of_file(generator, tmp_path / "z.npy", 2)
