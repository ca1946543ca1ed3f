"""Latents are found whose images come near, and they stay where latents are drawn."""

import numpy as np
import pytest

from mnist_gan.models.generator import build_generator
from mnist_gan.noise import BOUND, codes
from mnist_gan.sampling import inversion
from mnist_gan.sampling.inversion import invert, refuse_too_many
from mnist_gan.sampling.sampler import copy_generator
from mnist_gan.support.errors import UserError


def generator(**settings):
    """Return an untrained generator whose images depend strongly on its latents."""
    return copy_generator(build_generator(10, (30,), init_range=0.3, **settings))


def test_its_own_images_are_found_again():
    """The descent comes much nearer than the nearest of the latents it starts from."""
    made = generator()
    images = made(made.latents(5, 6))
    drawn = made(made.latents(0, inversion.DRAWN))
    before = [np.sqrt(((drawn - image) ** 2).mean(axis=1)).min() * 127.5 for image in images]
    found = invert(made, images)
    assert (found.distances < 0.3 * np.array(before)).all(), (found.distances, before)
    np.testing.assert_allclose(made(found.latents), found.images, atol=1e-6)
    error = np.sqrt(((found.images - images) ** 2).mean(axis=1)) * 127.5
    np.testing.assert_allclose(error, found.distances, rtol=1e-5)


@pytest.mark.parametrize("noise", ["normal", "uniform", "normal+categorical"])
def test_latents_stay_where_they_are_drawn(noise):
    """Even for an image that none of them comes near."""
    made = generator(noise=noise)
    found = invert(made, np.ones((2, 784), np.float32)).latents
    kept = len(codes(10)) if noise == "normal+categorical" else 0
    if noise == "uniform":
        assert np.abs(found).max() <= BOUND + 1e-6
    else:
        assert np.linalg.norm(found[:, kept:], axis=1).max() <= (10 - kept) ** 0.5 + 1e-4
    rows = {row.tobytes() for row in made.latents(0, inversion.DRAWN)[:, :kept]}
    assert {row.tobytes() for row in found[:, :kept]} <= rows


def test_a_label_stays_a_label():
    """A conditional generator keeps the label of the nearest latent."""
    made = generator(classes=3)
    images = made(made.latents(5, 40))[[0, 15, 25]]
    labels = invert(made, images).latents[:, 10:]
    assert labels.tolist() == np.eye(3).tolist()


def test_an_image_alone_and_among_others_is_the_same(monkeypatch):
    """Whatever is computed at a time, and with every call."""
    made = generator()
    images = made(made.latents(5, 3))
    together = invert(made, images)
    monkeypatch.setattr(inversion, "AT_ONCE", 1)
    steps = []
    alone = invert(made, images, on_step=steps.append)
    np.testing.assert_allclose(alone.latents, together.latents, atol=1e-3)
    assert sum(steps) == 3 * inversion.STEPS


def test_too_many_are_refused():
    """With the largest number."""
    refuse_too_many(100)
    with pytest.raises(UserError, match="101 images are too many to invert at once; give 100"):
        refuse_too_many(101)
