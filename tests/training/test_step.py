"""The step, on either backend: its updates, its state, that it goes on to the bit."""

import keras
import numpy as np
import pytest

from mnist_gan.models.discriminator import build_discriminator
from mnist_gan.models.gan import build_gan
from mnist_gan.models.generator import build_generator
from mnist_gan.objectives.losses import OBJECTIVES, Objective, relativistic
from mnist_gan.objectives.penalties import PENALTIES, Penalty
from mnist_gan.objectives.schedules import cosine, exponential
from mnist_gan.sampling.sampler import copy_generator
from mnist_gan.training.backend import Adam, GanStep, Sgd, forward_at
from mnist_gan.training.step import Ema, StepSettings, keras_forward
from tests.training import naive

BATCH = 16
# Adam divides a gradient by its own size, so that one near 0 moves a weight by the whole rate in
# the direction of its rounding. With this epsilon it moves in proportion to its gradient.
EPSILON = 1e-3
NEAR = 1e-5
NORMALIZED = [
    {"batch_norm": True},
    {"spectral_norm": True},
    {"batch_norm": True, "spectral_norm": True},
]


def make_step(
    objective: Objective | None = None,
    *,
    dropout: float = 0.3,
    precision: str = "float32",
    seed: int = 3,
    classes: int = 0,
    **settings: int,
) -> GanStep:
    """Return a step of small networks, in a relativistic game with an averaged generator."""
    shape = {"dropout": dropout, "seed": seed, "classes": classes}
    generator, average = (build_generator(10, (12, 14), **shape) for _ in range(2))
    discriminator = build_discriminator((14, 12), **shape)
    return GanStep(
        generator,
        discriminator,
        Adam(generator.trainable_variables, cosine(1e-3, 1e-4, 6), 0.5, epsilon=EPSILON),
        Adam(discriminator.trainable_variables, cosine(2e-3, 1e-4, 6), 0.5, epsilon=EPSILON),
        objective or relativistic(),
        settings=StepSettings(BATCH, seed=seed, **settings),
        ema=Ema(average, 0.9),
        forward=forward_at(precision),
    )


def tensor(images: np.ndarray) -> object:
    """Return images as the backend has them."""
    return keras.ops.convert_to_tensor(images)


def weights(model: keras.Model) -> list[np.ndarray]:
    """Return copies of a network's trainable weights."""
    return [np.array(keras.ops.convert_to_numpy(each)) for each in model.trainable_variables]


def equal(first: GanStep, second: GanStep) -> bool:
    """Say whether two steps are in the same state to the bit."""
    one, other = first.state(), second.state()
    return one.keys() == other.keys() and all(np.array_equal(one[key], other[key]) for key in one)


def penalised(objective: Objective, kind: str | None) -> Objective:
    """Return an objective with a penalty, or without one."""
    weighted = Penalty(PENALTIES[kind], lambda _: naive.PENALTY_WEIGHT) if kind else None
    return objective._replace(penalty=weighted)


@pytest.mark.parametrize(
    ("losses", "penalty"),
    [*((name, None) for name in OBJECTIVES), *(("relativistic", kind) for kind in PENALTIES)],
)
def test_ten_steps_are_those_of_a_text(images, losses, penalty):
    """Compiled steps end where eager ones of Keras's layers and optimizers do."""
    objective = penalised(OBJECTIVES[losses](0.9), penalty)
    compiled, eager = (smooth_step(objective) for _ in "ab")
    start = weights(compiled.discriminator)
    adams = [keras.optimizers.Adam(rate, 0.5, epsilon=EPSILON) for rate in (2e-3, 1e-3)]
    sums = compiled.run(tensor(images), 10)
    reference = naive.train(eager, images, 10, losses, penalty, tuple(adams))
    np.testing.assert_allclose(sums[:2], reference, rtol=1e-4, atol=1e-5)
    for name in ("generator", "discriminator"):
        pairs = zip(weights(getattr(compiled, name)), weights(getattr(eager, name)), strict=True)
        assert all(np.allclose(a, b, rtol=0, atol=NEAR) for a, b in pairs)
    pairs = zip(start, weights(compiled.discriminator), strict=True)
    assert all(np.abs(b - a).max() > 20 * NEAR for a, b in pairs if a.ndim == 2)


@pytest.mark.parametrize("settings", NORMALIZED, ids="+".join)
def test_ten_steps_with_normalization_are_those_of_a_text(images, settings):
    """Real and fake images are seen apart by batch normalization; averages follow its means."""
    compiled, eager = (normalized_step(settings) for _ in "ab")
    adams = [keras.optimizers.Adam(rate, 0.5, epsilon=EPSILON) for rate in (2e-3, 1e-3)]
    start = compiled.state()
    sums = compiled.run(tensor(images), 10)
    reference = naive.train(eager, images, 10, "relativistic", None, tuple(adams))
    np.testing.assert_allclose(sums[:2], reference, rtol=1e-4, atol=1e-5)
    ours, theirs = compiled.state(), eager.state()
    for name in theirs:
        if name.startswith(("generator/", "discriminator/")):
            np.testing.assert_allclose(ours[name], theirs[name], rtol=0, atol=10 * NEAR)
            assert np.abs(ours[name] - start[name]).max() > 1e-4 or ours[name].size == 1


@pytest.mark.parametrize("settings", NORMALIZED, ids="+".join)
def test_the_average_of_a_normalized_generator_draws(images, settings):
    """Its means and vectors are averages, too: after one update nine elevenths of the generator."""
    step = normalized_step(settings, ema=0.999)
    before = [np.array(keras.ops.convert_to_numpy(each)) for each in step.averages]
    step.run(tensor(images), 1)
    pairs = zip(before, step.averages, step.averaged, strict=True)
    for old, average, new in pairs:
        expected = old + (keras.ops.convert_to_numpy(new) - old) * 9 / 11
        np.testing.assert_allclose(keras.ops.convert_to_numpy(average), expected, atol=1e-6)
    latents = np.random.default_rng(2).normal(size=(5, 10)).astype(np.float32)
    own = keras.ops.convert_to_numpy(step.drawing_generator(latents))
    np.testing.assert_allclose(copy_generator(step.drawing_generator)(latents), own, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("settings", NORMALIZED, ids="+".join)
@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_normalized_networks_go_on_to_the_bit(images, settings, precision):
    """Means, variances and singular vectors are part of the state."""
    whole, cut, fresh = (
        normalized_step(settings, ema=0.9, dropout=0.3, precision=precision) for _ in "abc"
    )
    whole.run(tensor(images), 5)
    cut.run(tensor(images), 2)
    fresh.restore(cut.state())
    fresh.run(tensor(images), 3)
    assert equal(whole, fresh)


def normalized_step(
    settings: dict[str, bool], *, ema: float = 0, dropout: float = 0.0, precision: str = "float32"
) -> GanStep:
    """Return a step of small networks, both with such settings, that is smooth as can be."""
    shape = {"slope": 0.9, "dropout": dropout, **settings}
    generator, average = (build_generator(10, (12, 14), seed=1, **shape) for _ in "ab")
    discriminator = build_discriminator((14, 12), seed=2, **shape)
    return GanStep(
        generator,
        discriminator,
        Adam(generator.trainable_variables, 1e-3, 0.5, epsilon=EPSILON),
        Adam(discriminator.trainable_variables, 2e-3, 0.5, epsilon=EPSILON),
        relativistic(),
        settings=StepSettings(BATCH, seed=3),
        ema=Ema(average, ema) if ema else None,
        forward=forward_at(precision),
    )


def smooth_step(objective: Objective) -> GanStep:
    """Return a step of networks without a kink.

    Beside the kink of LeakyReLU, rounding decides by how much a penalty changes the weights.
    """
    networks, optimizers = [], []
    for widths, rate, seed in (((10, 12, 784), 1e-3, 1), ((784, 14, 1), 2e-3, 2)):
        first, hidden, last = widths
        keras.utils.set_random_seed(seed)
        stack = [keras.layers.Dense(hidden, "tanh"), keras.layers.Dense(hidden, "tanh")]
        network = keras.Sequential([keras.Input((first,)), *stack, keras.layers.Dense(last)])
        networks.append(network)
        optimizers.append(Adam(network.trainable_variables, rate, 0.5, epsilon=EPSILON))
    settings = StepSettings(BATCH, seed=3)
    return GanStep(
        *networks, *optimizers, objective, settings=settings, forward=forward_at("float32")
    )


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("penalty", [None, *PENALTIES])
def test_a_restored_state_goes_on_to_the_bit(images, precision, penalty):
    """With dropout, average, falling rates and a falling penalty, cut after two steps of five."""
    weighted = Penalty(PENALTIES[penalty], exponential(15.0, 1.0, 6)) if penalty else None
    objective = relativistic()._replace(penalty=weighted)
    whole, cut, fresh = (make_step(objective, precision=precision) for _ in range(3))
    whole.run(tensor(images), 5)
    cut.run(tensor(images), 2)
    fresh.restore(cut.state())
    fresh.run(tensor(images), 3)
    assert equal(whole, fresh)
    assert whole.count == 5


def test_dropout_of_keras_resumes_to_the_bit(images):
    """Its random state is part of a step's state, and differs from update to update."""
    whole, cut, fresh = (make_step() for _ in range(3))
    for step in (whole, cut, fresh):
        step.forward = keras_forward
    before = whole.state()
    whole.run(tensor(images), 4)
    cut.run(tensor(images), 2)
    fresh.restore(cut.state())
    fresh.run(tensor(images), 2)
    assert equal(whole, fresh)
    seeds = [name for name, array in before.items() if name.startswith("gen") and array.size == 2]
    assert any(not np.array_equal(before[name], whole.state()[name]) for name in seeds)


@pytest.mark.parametrize("kind", [None, *PENALTIES])
def test_normalisation_over_batches_keeps_its_means(images, kind):
    """Networks of one's own may have layers that change while they are called."""
    layers = keras.layers
    generator = keras.Sequential(
        [keras.Input((10,)), layers.Dense(12), layers.BatchNormalization(), layers.Dense(784)]
    )
    discriminator = keras.Sequential(
        [keras.Input((784,)), layers.Dense(12), layers.BatchNormalization(), layers.Dense(1)]
    )
    step = GanStep(
        generator,
        discriminator,
        Adam(generator.trainable_variables, 1e-3, 0.5),
        Sgd(discriminator.trainable_variables, 1e-3, 0.5),
        penalised(relativistic(), kind),
        settings=StepSettings(BATCH),
    )
    step.run(tensor(images), 3)
    for network in (generator, discriminator):
        (normalised,) = (each for each in network.layers if "normal" in each.name)
        for mean in (normalised.moving_mean, normalised.moving_variance):
            assert np.isfinite(keras.ops.convert_to_numpy(mean)).all()
        assert np.abs(keras.ops.convert_to_numpy(normalised.moving_mean)).max() > 1e-4


def test_calls_can_be_cut_anywhere(images):
    """Five steps in one call or in calls of two and three end in the same state."""
    whole, cut = make_step(), make_step()
    whole.run(tensor(images), 5)
    for steps in (2, 3):
        cut.run(tensor(images), steps)
    assert equal(whole, cut)


def test_another_seed_ends_elsewhere(images):
    """Batches, noise and dropout are functions of the seed."""
    same, other = make_step(), make_step()
    other.settings = other.settings._replace(seed=4)
    for step in (same, other):
        step.run(tensor(images), 2)
    assert not equal(same, other)


def test_updates_are_counted(images):
    """Three updates of D and two of G a step, and five of D alone beforehand."""
    step = make_step(discriminator_updates=3, generator_updates=2)
    before = weights(step.generator)
    step.pretrain(tensor(images), 5)
    pairs = zip(before, weights(step.generator), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)
    assert (step.count, step.pretrain_updates) == (0, 5)
    step.run(tensor(images), 2)
    assert (step.count, step.pretrain_updates) == (2, 5)
    updates = step.discriminator_optimizer.updates, step.generator_optimizer.updates
    assert updates == (11, 4)


def test_freezing_the_discriminator_later_does_not_stop_its_training(images):
    """Whoever builds the combined model from the step's networks does not break the step."""
    step, free = make_step(), make_step()
    build_gan(step.generator, step.discriminator)
    for trained in (step, free):
        trained.run(tensor(images), 3)
    for a, b in zip(step.discriminator.weights, free.discriminator.weights, strict=True):
        np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (a, b)))


def test_networks_with_classes_train_and_resume_to_the_bit(images):
    """Their second input stands behind the pixels, and its weights are trained, too."""
    classes = np.eye(10, dtype=np.float32)[np.arange(len(images)) % 10]
    rows = tensor(np.concatenate([images, classes], 1))
    objective = penalised(relativistic(), "r1_r2")
    whole, cut, fresh = (make_step(objective, classes=10) for _ in range(3))
    before = weights(whole.generator)[0], weights(whole.discriminator)[0]
    whole.run(rows, 5)
    after = weights(whole.generator)[0], weights(whole.discriminator)[0]
    assert (before[0][10:] != after[0][10:]).any()
    assert (before[1][784:] != after[1][784:]).any()
    cut.run(rows, 2)
    fresh.restore(cut.state())
    fresh.run(rows, 3)
    assert equal(whole, fresh)


def test_a_state_that_is_not_finite_is_found(images):
    """One weight that is no number is enough."""
    step = make_step()
    step.run(tensor(images), 1)
    assert step.is_finite()
    state = step.state()
    state["generator/0"][0, 0] = np.nan
    step.restore(state)
    step.run(tensor(images), 1)
    assert not step.is_finite()
    alone = make_step()
    alone.restore(state)
    alone.pretrain(tensor(images), 1)
    assert not alone.is_finite()
