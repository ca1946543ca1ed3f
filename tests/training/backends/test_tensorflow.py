"""One adversarial update: who moves, by how much, and from which draws."""

from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf

from mnist_gan.models.discriminator import build_discriminator
from mnist_gan.models.generator import build_generator
from mnist_gan.noise import BOUND, codes
from mnist_gan.objectives.losses import (
    Objective,
    hinge,
    least_squares,
    minimax,
    non_saturating,
    relativistic,
    wasserstein,
)
from mnist_gan.objectives.penalties import PENALTIES, Penalty, PenaltyFunction, r1_r2, wgan_gp
from mnist_gan.objectives.schedules import cosine, exponential
from mnist_gan.support.errors import UserError
from mnist_gan.training.backends.tensorflow import NOISES, GanStep, _Critic
from mnist_gan.training.backends.tensorflow_kernels import DTYPES, forward
from mnist_gan.training.backends.tensorflow_optimizers import Adam
from mnist_gan.training.step import MEASURES, Ema, StepSettings, Stream, keras_forward

BATCH = 16
# Adam divides a gradient by its own size, so that one near 0 moves a weight by the whole rate in
# the direction of its rounding. With this epsilon an update moves a weight by no more than
# 0.24 of a change in its gradient: rate / epsilon * sqrt(1 - beta_2 ** 10), as both tests have it.
EPSILON = 1e-3
# Sums of 784 products are off by sqrt(784) * 2**-24 = 2e-6 of their sizes, here 0.1. Two loops of
# ten updates: 2 * 10 * 0.24 * 2e-7 at most, three standard deviations
ROUNDING = 3e-6


def make_step(
    seed: int = 0,
    epsilon: float = 1e-7,
    precision: str = "float32",
    objective: Objective | None = None,
    **settings,
) -> GanStep:
    """Return a step with small networks and dropout in both, and settings of its own."""
    generator = build_generator(10, (12, 14), dropout=0.3, seed=seed)
    discriminator = build_discriminator((14, 12), dropout=0.3, seed=seed)
    return GanStep(
        generator,
        discriminator,
        Adam(generator.trainable_variables, 1e-3, 0.5, epsilon=epsilon),
        Adam(discriminator.trainable_variables, 2e-3, 0.5, epsilon=epsilon),
        objective or non_saturating(0.9),
        settings=StepSettings(BATCH, seed=seed, **settings),
        forward=partial(forward, dtype=DTYPES[precision]),
    )


def weights(model: keras.Model) -> list[np.ndarray]:
    """Return copies of a network's trainable weights."""
    return [variable.numpy() for variable in model.trainable_variables]


def unequal(before: list[np.ndarray], after: list[np.ndarray]) -> list[bool]:
    """Say for each array whether it changed."""
    return [not np.array_equal(a, b) for a, b in zip(before, after, strict=True)]


def test_each_update_moves_its_own_network_alone(images):
    """A discriminator update leaves the generator bit-identical, and the reverse."""
    step, real = make_step(), tf.constant(images)
    before = weights(step.generator), weights(step.discriminator)
    step.discriminator_update(real)
    assert not any(unequal(before[0], weights(step.generator)))
    assert all(unequal(before[1], weights(step.discriminator)))
    between = weights(step.discriminator)
    step.generator_update(real)
    assert all(unequal(before[0], weights(step.generator)))
    assert not any(unequal(between, weights(step.discriminator)))


def test_state_is_a_copy(images):
    """A state that was taken does not change while training goes on."""
    step = make_step()
    state = step.state()
    kept = {name: array.copy() for name, array in state.items()}
    step.run(tf.constant(images), 2)
    assert all(np.array_equal(state[name], kept[name]) for name in kept)


def test_foreign_state_is_refused():
    """A state of other networks raises instead of being half taken over silently."""
    state = make_step().state()
    with pytest.raises(ValueError, match="shape"):
        make_step().restore({**state, "generator/0": np.zeros((2, 2), np.float32)})
    with pytest.raises(KeyError):
        make_step().restore({})


@pytest.mark.parametrize("kind", NOISES)
def test_noise_has_mean_0_and_deviation_1(kind):
    """Of each distribution, and a function of its key; the uniform one has bounds."""
    drawn = NOISES[kind]([1000, 100], tf.constant([1, 2])).numpy()
    assert abs(drawn.mean()) < 0.02
    assert drawn.std() == pytest.approx(1, abs=0.02)
    assert (np.abs(drawn).max() <= BOUND) == (kind == "uniform")
    again = NOISES[kind]([1000, 100], tf.constant([1, 2])).numpy()
    np.testing.assert_array_equal(again, drawn)


def test_mixed_noise_is_of_the_kinds_that_sampling_draws():
    """The numbers that say a kind are those of `noise.kinds`, all kinds as often."""
    drawn = NOISES["normal+categorical"]([4000, 20], tf.constant([1, 2])).numpy()
    said = drawn[:, :4].argmax(1)
    np.testing.assert_array_equal(drawn[:, :4], codes(20)[said])
    np.testing.assert_allclose(np.bincount(said) / 4000, 0.25, atol=0.03)
    assert np.abs(np.corrcoef(drawn[:, 4:], rowvar=False) - np.eye(16)).max() < 0.07


def test_ten_steps_are_the_tutorials_algorithm(images):
    """Ten compiled steps equal ten of a naive eager loop of Keras losses and optimizers."""
    step, naive = (make_step(3, EPSILON) for _ in range(2))
    start = weights(step.generator) + weights(step.discriminator)
    sums = step.run(tf.constant(images), 10)
    reference = naive_loop(naive, images, 10, EPSILON)
    np.testing.assert_allclose(sums, reference, rtol=1e-4)
    ours = weights(step.generator) + weights(step.discriminator)
    theirs = weights(naive.generator) + weights(naive.discriminator)
    for before, mine, other in zip(start, ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, atol=ROUNDING)
        assert np.abs(other - before).max() > 20 * ROUNDING


def test_a_step_of_adam_is_that_of_keras(images):
    """With the epsilon that it has in training, every weight moves as in the naive loop.

    The first update is rate * g / (|g| + e), with e = epsilon / sqrt(1 - beta_2) = 3e-6. Where it
    is 0.9 of the rate, g is 9e at least, and rounding (2e-7) changes it by less than 0.001 of the
    rate. Where it is less, g may be nothing but rounding, and the sign is open.
    """
    step, naive = make_step(3), make_step(3)
    start = weights(step.generator), weights(step.discriminator)
    step.run(tf.constant(images), 1)
    naive_loop(naive, images, 1, 1e-7)
    for rate, before, name in ((1e-3, start[0], "generator"), (2e-3, start[1], "discriminator")):
        moved = [
            np.concatenate([np.ravel(b - a) for a, b in zip(before, after, strict=True)])
            for after in (weights(getattr(step, name)), weights(getattr(naive, name)))
        ]
        certain = np.abs(moved[1]) > 0.9 * rate
        assert certain.mean() > 0.5
        assert (np.abs(moved[0] - moved[1]) < np.where(certain, 0.001, 2.001) * rate).all()


def test_mixed_precision_trains_alike_but_not_the_same(images):
    """Ten steps in bfloat16 end near ten in float32, and nothing but float32 is kept."""
    steps = [make_step(precision=precision) for precision in ("float32", "mixed_bfloat16")]
    start = weights(steps[0].generator)
    exact, rough = (step.run(tf.constant(images), 10) for step in steps)
    np.testing.assert_allclose(rough, exact, rtol=0.02)
    for before, a, b in zip(start, *(weights(step.generator) for step in steps), strict=True):
        moved = np.linalg.norm(a - before)
        assert 0 < np.linalg.norm(a - b) < 0.4 * moved
    floats = {a.dtype for a in steps[1].state().values() if a.dtype.kind == "f"}
    assert floats == {np.dtype(np.float32)}


@pytest.mark.parametrize("penalty", [None, r1_r2, wgan_gp])
def test_the_faster_forward_pass_is_keras_own(images, penalty):
    """Ten steps through Keras and through the kernels end alike, penalties included."""
    steps = [make_step(epsilon=EPSILON, objective=penalised(relativistic(), penalty)) for _ in "ab"]
    for step, forward_pass in zip(steps, (keras_forward, forward), strict=True):
        step.forward = forward_pass
        step.generator = build_generator(10, (12, 14), seed=3)
        step.discriminator = build_discriminator((14, 12), dropout=0.0, seed=3)
        step.generator_optimizer = Adam(
            step.generator.trainable_variables, 1e-3, 0.5, epsilon=EPSILON
        )
        step.discriminator_optimizer = Adam(
            step.discriminator.trainable_variables, 2e-3, 0.5, epsilon=EPSILON
        )
        step.run(tf.constant(images), 10)
    for name in ("generator", "discriminator"):
        pairs = zip(*(weights(getattr(step, name)) for step in steps), strict=True)
        assert all(np.allclose(a, b, rtol=0, atol=ROUNDING) for a, b in pairs)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"generator": 3}, "generator is 3; it should be a Keras model"),
        ({"discriminator": build_discriminator((4,), classes=2)}, "Either both networks"),
        ({"discriminator": build_generator(784, (4,))}, "should return one logit"),
        (
            {"generator": build_discriminator((4,))},
            r"makes \(None, 1\), but .* takes \(None, 784\)",
        ),
        ({"generator_optimizer": "adam"}, "optimizer is 'adam'"),
        ({"objective": hinge}, "it should be an Objective"),
        ({"settings": StepSettings(noise="pink")}, "noise is 'pink'; it should be one of normal"),
    ],
)
def test_parts_that_do_not_fit_are_refused(change, sentence):
    """One sentence says what came and what is allowed."""
    step = make_step()
    names = ("generator", "discriminator", "generator_optimizer", "discriminator_optimizer")
    parts = {name: getattr(step, name) for name in (*names, "objective", "settings")}
    with pytest.raises(UserError, match=sentence):
        GanStep(**{**parts, **change})


def make_fast_step(precision: str = "float32", epsilon: float = 1e-7) -> GanStep:
    """Return a step of small networks in the relativistic game, with penalty and average."""
    generator, average = (build_generator(10, (12, 14), seed=3) for _ in range(2))
    discriminator = build_discriminator((14, 12), dropout=0.0, seed=3)
    return GanStep(
        generator,
        discriminator,
        Adam(generator.trainable_variables, cosine(1e-3, 1e-4, 6), 0.0, 0.99, epsilon),
        Adam(discriminator.trainable_variables, cosine(1e-3, 1e-4, 6), 0.0, 0.99, epsilon),
        penalised(relativistic(), r1_r2),
        settings=StepSettings(BATCH, seed=3),
        ema=Ema(average, 0.9),
        forward=partial(forward, dtype=DTYPES[precision]),
    )


def penalised(objective: Objective, penalty: PenaltyFunction | None) -> Objective:
    """Return an objective with a penalty whose weight falls, or without one."""
    weighted = Penalty(penalty, exponential(15.0, 1.0, 6)) if penalty else None
    return objective._replace(penalty=weighted)


def test_the_relativistic_game_is_a_naive_one(images):
    """Six steps with slopes penalised, rates falling and weights averaged equal a plain loop."""
    step, naive = (make_fast_step(epsilon=EPSILON) for _ in range(2))
    sums = step.run(tf.constant(images), 6)
    losses, mean = naive_relativistic(naive, images, 6, EPSILON)
    np.testing.assert_allclose(sums[:2], losses, rtol=1e-4)
    for name in ("generator", "discriminator"):
        pairs = zip(weights(getattr(step, name)), weights(getattr(naive, name)), strict=True)
        for ours, theirs in pairs:
            np.testing.assert_allclose(ours, theirs, atol=ROUNDING)
    assert step.drawing_generator is step.ema.network
    for ours, theirs in zip(weights(step.ema.network), mean, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=ROUNDING)
    assert any(unequal(weights(step.ema.network), weights(step.generator)))


def test_the_gradient_penalty_is_that_of_the_paper(images):
    """It draws the length of D's slope, somewhere between real and fake, to 1."""
    penalty = Penalty(wgan_gp, lambda count: 10.0)
    step = make_step(objective=non_saturating(0.9)._replace(penalty=penalty))
    step.discriminator = build_discriminator((14, 12), dropout=0.0, seed=3)
    real, fake = (tf.constant(part) for part in (images[:BATCH], -images[:BATCH]))
    key = step._key(tf.constant(0, tf.int64), Stream.DISCRIMINATOR)
    _, cost = step._penalise(real, fake, key)
    share = tf.random.stateless_uniform([BATCH, 1], key)
    between = share * fake + (1 - share) * real
    with tf.GradientTape() as tape:
        tape.watch(between)
        logits = step.discriminator(between)
    lengths = np.linalg.norm(tape.gradient(logits, between), axis=1)
    assert float(cost) == pytest.approx(10 * ((lengths - 1) ** 2).mean(), rel=1e-5)


@pytest.mark.parametrize("penalty", [None, *PENALTIES.values()])
@pytest.mark.parametrize(
    "game", [non_saturating, minimax, least_squares, hinge, wasserstein, relativistic]
)
def test_every_game_goes_with_either_penalty_and_with_averaging(images, game, penalty):
    """Both networks move, the average follows, the penalty bends D's way, all stays finite."""
    free, step = (make_fast_step() for _ in range(2))
    for each in (free, step):
        each.objective = game()
    step.objective = penalised(game(), penalty)
    before = weights(step.generator), weights(step.discriminator)
    for each in (free, step):
        for _ in range(2):  # not compiled, which would take longer than the updates
            losses = each.discriminator_update(images).loss, each.generator_update(images).loss
        assert np.isfinite(losses).all()
    assert all(unequal(before[0], weights(step.ema.network)))
    assert all(unequal(before[1], weights(step.discriminator))[:-1])  # a last bias shifts answers
    assert any(unequal(weights(free.discriminator), weights(step.discriminator))) == bool(penalty)


def make_told_step(penalty: Penalty | None = None) -> GanStep:
    """Return a step of small networks that are told the digit."""
    generator = build_generator(10, (12, 14), seed=3, classes=10)
    discriminator = build_discriminator((14, 12), dropout=0.0, seed=3, classes=10)
    return GanStep(
        generator,
        discriminator,
        Adam(generator.trainable_variables, 1e-3, 0.5),
        Adam(discriminator.trainable_variables, 1e-3, 0.5),
        relativistic()._replace(penalty=penalty),
        settings=StepSettings(BATCH),
        forward=forward,
    )


def told_rows(images: np.ndarray) -> np.ndarray:
    """Return images with one of ten classes beside each, in turn."""
    return np.concatenate([images, np.eye(10, dtype=np.float32)[np.arange(len(images)) % 10]], 1)


def test_fakes_are_of_the_digits_of_the_real_images(images):
    """A told G draws for the classes of the real rows, and D is told the same of both."""
    step, rows = make_told_step(), told_rows(images)
    assert (step.latent_size, step.classes) == (10, 10)
    real = tf.constant(rows[:BATCH])
    key = tf.constant([3, 4])
    fake = step._generate(real, key).numpy()
    np.testing.assert_array_equal(fake[:, 784:], rows[:BATCH, 784:])
    latents = NOISES["normal"]([BATCH, 10], key)
    expected = step.generator([latents, real[:, 784:]])
    np.testing.assert_allclose(fake[:, :784], expected, atol=1e-5)


def test_slopes_are_those_by_the_image_alone(images):
    """What D makes of the class it is told may be as steep as it likes."""
    step = make_told_step(Penalty(r1_r2, lambda count: 1.0))
    rows = tf.constant(told_rows(images)[:BATCH])
    with tf.GradientTape() as tape:
        image, told = rows[:, :784], rows[:, 784:]
        tape.watch(image)
        logits = step.discriminator([image, told])
    expected = (tape.gradient(logits, image).numpy() ** 2).sum(1)
    _, squares = _Critic(step, tf.constant([1, 2])).logits_and_squared_norms(rows)
    np.testing.assert_allclose(squares, expected, rtol=1e-4)


def naive_relativistic(
    step: GanStep, images: np.ndarray, steps: int, epsilon: float
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Train as the papers have it; return the sums of both losses and the averaged weights."""
    generator, discriminator = step.generator, step.discriminator
    optimizers = [
        keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.99, epsilon=epsilon) for _ in range(2)
    ]
    mean, total = weights(generator), np.zeros(2)
    for update in range(steps):
        for optimizer in optimizers:
            optimizer.learning_rate = 1e-4 + 9e-4 * (1 + np.cos(np.pi * update / 6)) / 2
        real = tf.constant(images[draw_indices(step.settings.seed, update, len(images))])
        fake = naive_fakes(step, update, stream=1)
        with tf.GradientTape() as tape:
            slopes = []
            for rows in (real, fake):
                with tf.GradientTape() as inner:
                    inner.watch(rows)
                    logits = discriminator(rows)
                slopes.append(tf.reduce_sum(inner.gradient(logits, rows) ** 2, axis=1))
            margins = discriminator(fake) - discriminator(real)
            d_loss = tf.reduce_mean(tf.math.softplus(margins))
            gamma = 15 * (1 / 15) ** (update / 6)
            penalty = gamma / 2 * sum(tf.reduce_mean(each) for each in slopes)
            whole = d_loss + penalty
        variables = discriminator.trainable_variables
        optimizers[0].apply(tape.gradient(whole, variables), variables)
        real = images[draw_indices(step.settings.seed, update, len(images), stream=5)]
        with tf.GradientTape() as tape:
            margins = discriminator(real) - discriminator(naive_fakes(step, update, stream=2))
            g_loss = tf.reduce_mean(tf.math.softplus(margins))
        variables = generator.trainable_variables
        optimizers[1].apply(tape.gradient(g_loss, variables), variables)
        kept = min(0.9, (2 + update) / (11 + update))
        mean = [kept * m + (1 - kept) * w for m, w in zip(mean, weights(generator), strict=True)]
        total += [float(d_loss), float(g_loss)]
    return total, mean


def naive_loop(step: GanStep, images: np.ndarray, steps: int, epsilon: float) -> np.ndarray:
    """Train the step's networks as a text would, on its draws; return the sums of MEASURES."""
    generator, discriminator = step.generator, step.discriminator
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    g_adam = keras.optimizers.Adam(1e-3, beta_1=0.5, epsilon=epsilon)
    d_adam = keras.optimizers.Adam(2e-3, beta_1=0.5, epsilon=epsilon)
    labels = np.concatenate([np.full((BATCH, 1), 0.9), np.zeros((BATCH, 1))]).astype(np.float32)
    total = np.zeros(len(MEASURES))
    for update in range(steps):
        real = images[draw_indices(step.settings.seed, update, len(images))]
        fake = naive_fakes(step, update, stream=1)
        with tf.GradientTape() as tape:
            shown = np.concatenate([real, fake])
            logits = naive_forward(discriminator, shown, draw_key(step.settings.seed, 3, update))
            d_loss = cross_entropy(labels, logits)
        d_variables = discriminator.trainable_variables
        d_adam.apply(tape.gradient(d_loss, d_variables), d_variables)
        with tf.GradientTape() as tape:
            fake = naive_fakes(step, update, stream=2)
            verdict = naive_forward(discriminator, fake, draw_key(step.settings.seed, 4, update))
            g_loss = cross_entropy(np.ones((BATCH, 1)), verdict)
        g_variables = generator.trainable_variables
        g_adam.apply(tape.gradient(g_loss, g_variables), g_variables)
        scores = tf.sigmoid(logits).numpy()
        total += [float(d_loss), float(g_loss), scores[:BATCH].mean(), scores[BATCH:].mean()]
    return total


def naive_fakes(step: GanStep, update: int, stream: int) -> tf.Tensor:
    """Return the generator's images of an update, from the documented keys."""
    key = draw_key(step.settings.seed, stream, update)
    return naive_forward(step.generator, tf.random.stateless_normal([BATCH, 10], key), key)


def naive_forward(network: keras.Sequential, values: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
    """Call layer after layer as Keras has it, but drop what the documented keys say."""
    for place, layer in enumerate(network.layers):
        if isinstance(layer, keras.layers.Dropout):
            n = int(np.prod(values.shape))
            words = tf.random.stateless_uniform(
                [n // 2], tf.random.fold_in(key, place), None, None, tf.uint32
            )
            numbers = words.numpy().view(np.uint16).reshape(values.shape)
            threshold = round(layer.rate * 65536)
            values = tf.where(numbers < threshold, 0.0, values * 65536 / (65536 - threshold))
        else:
            values = layer(values)
    return values


def draw_indices(seed: int, update: int, n: int, stream: int = 0) -> np.ndarray:
    """Return the real images of an update, from the documented key."""
    key = draw_key(seed, stream, update)
    return tf.random.stateless_uniform([BATCH], key, maxval=n, dtype=tf.int32).numpy()


def draw_key(seed: int, stream: int, update: int) -> tf.Tensor:
    """Return the key from which one stream of an update is drawn."""
    return tf.random.fold_in(tf.constant([seed, stream]), tf.constant(update, tf.int64))
