"""The pairs of losses, against numbers worked out by hand."""

import math

import numpy as np
import pytest
import tensorflow as tf

from mnist_gan.objectives.losses import (
    hinge,
    least_squares,
    minimax,
    non_saturating,
    relativistic,
    wasserstein,
)


def logits(*values: float) -> tf.Tensor:
    """Return a column of logits (batch, 1)."""
    return tf.constant(values, tf.float32, shape=(len(values), 1))


def test_undecided_discriminator_pays_log_2():
    """At logits of zero both losses are log 2, whatever the real label."""
    for label in (0.9, 1.0):
        objective = non_saturating(label)
        loss = objective.discriminator(logits(0, 0), logits(0, 0))
        assert float(loss) == pytest.approx(math.log(2))
        assert float(objective.generator(None, logits(0, 0))) == pytest.approx(math.log(2))


@pytest.mark.parametrize(
    ("objective", "answer"),
    [
        (non_saturating(0.9), math.log(0.45 / 0.55)),
        (non_saturating(), 0.0),
        (minimax(), 0.0),
        (minimax(0.9), math.log(0.45 / 0.55)),
        (least_squares(), 0.5),
        (hinge(), 0.0),
    ],
)
def test_equilibrium_is_where_no_answer_is_better(objective, answer):
    """Where real and fake look alike, D's best answer to all of them costs what is stated."""
    logit = tf.Variable(logits(answer))
    with tf.GradientTape() as tape:
        loss = objective.discriminator(logit, logit)
    assert float(loss) == pytest.approx(objective.equilibrium.discriminator, rel=1e-6)
    assert float(tape.gradient(loss, logit)[0, 0]) == pytest.approx(0, abs=1e-6)
    generator_loss = objective.generator(None, logit)
    assert float(generator_loss) == pytest.approx(objective.equilibrium.generator, rel=1e-6)


def test_the_relativistic_equilibrium_is_that_of_equal_logits():
    """Where real and fake look alike, D cannot tell their logits apart, whatever they are."""
    objective, both = relativistic(), logits(3.0, -1.0)
    assert float(objective.discriminator(both, both)) == pytest.approx(objective.equilibrium[0])
    assert float(objective.generator(both, both)) == pytest.approx(objective.equilibrium[1])


@pytest.mark.parametrize(
    ("objective", "numbers"),
    [
        (non_saturating(0.9), (0.688, 0.799, 0.163)),
        (non_saturating(), (math.log(2), math.log(2), 0)),
        (minimax(), (math.log(2), -math.log(2), 0)),
        (relativistic(), (math.log(2), math.log(2), 0)),
        (least_squares(), (0.25, 0.125, 0)),
        (hinge(), (2, 0, 0)),
    ],
)
def test_equilibrium_in_numbers(objective, numbers):
    """The smoothed game's losses rest at 0.688 and 0.799, the others' at log 2."""
    assert objective.equilibrium == pytest.approx(numbers, abs=5e-4)


def test_a_perfect_discriminator_pays_least():
    """With a label of 0.9, no logits cost D less than what is stated for the perfect one."""
    perfect = non_saturating(0.9).equilibrium.perfect
    best = non_saturating(0.9).discriminator(logits(math.log(9)), logits(-30))
    assert float(best) == pytest.approx(perfect, rel=1e-5)


def test_discriminator_loss_is_the_mean_over_real_and_fake_rows():
    """The loss is the mean cross-entropy of 2B rows: real against its label, fake against 0."""
    real, fake, label = 2.0, -1.0, 0.9
    p, q = 1 / (1 + math.exp(-real)), 1 / (1 + math.exp(-fake))
    expected = (-label * math.log(p) - (1 - label) * math.log(1 - p) - math.log(1 - q)) / 2
    loss = non_saturating(label).discriminator(logits(real, real), logits(fake, fake))
    assert float(loss) == pytest.approx(expected, rel=1e-6)


def test_generator_wants_its_fakes_called_real():
    """The generator's loss is -log of the fakes' probability, and falls as their logits rise."""
    objective = non_saturating(0.9)
    loss = float(objective.generator(None, logits(1.5)))
    assert loss == pytest.approx(math.log1p(math.exp(-1.5)))
    assert objective.generator(None, logits(3.0)) < objective.generator(None, logits(-3.0))


def test_the_minimax_generator_plays_against_the_discriminator():
    """Its loss is log(1 - D(fake)), which has no slope left where D is sure of the fake."""
    assert float(minimax().generator(None, logits(1.5))) == pytest.approx(
        -math.log1p(math.exp(1.5))
    )
    fake = tf.Variable(logits(-20.0))
    with tf.GradientTape(persistent=True) as tape:
        losses = [game().generator(None, fake) for game in (minimax, non_saturating)]
    slopes = [float(tape.gradient(loss, fake)[0, 0]) for loss in losses]
    assert slopes == pytest.approx([0, -1], abs=1e-6)


def test_real_and_fake_are_not_interchangeable():
    """The discriminator prefers high logits on real and low ones on fake."""
    loss = non_saturating(0.9).discriminator
    assert loss(logits(2.0), logits(-2.0)) < loss(logits(-2.0), logits(2.0))


def test_losses_stay_finite_at_extreme_logits():
    """Logits of a thousand give a loss of a thousand, not the 16 of clipped probabilities."""
    assert float(non_saturating().generator(None, logits(-1000.0))) == pytest.approx(1000.0)
    assert np.isfinite(float(non_saturating(0.9).discriminator(logits(1e4), logits(1e4))))


def test_smoothing_has_its_optimum_at_the_label():
    """With label 0.9 the discriminator's best probability for a real image is 0.9."""
    best = math.log(0.9 / 0.1)
    at = [
        float(non_saturating(0.9).discriminator(logits(best + shift), logits(0.0)))
        for shift in (-0.1, 0.0, 0.1)
    ]
    assert at[1] == min(at)


def test_relativistic_losses_depend_on_the_difference_alone():
    """Both are softplus of a difference, pair by pair: log 2 where real and fake are alike."""
    game = relativistic()
    assert game.paired
    for loss in (game.discriminator, game.generator):
        assert float(loss(logits(3, -1), logits(3, -1))) == pytest.approx(math.log(2))
    expected = (math.log1p(math.exp(-1)) + math.log1p(math.exp(3))) / 2
    assert float(game.discriminator(logits(2, 0), logits(1, 3))) == pytest.approx(expected)
    assert float(game.generator(logits(1, 3), logits(2, 0))) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("game", "d_loss", "g_loss", "d_slopes", "g_slopes"),
    [
        # ((2 - 1)^2 + (-1 - 1)^2 + 0.5^2 + (-3)^2) / 4; (0.5^2 + 4^2) / 4
        (least_squares, 3.5625, 4.0625, ((0.5, -1), (0.25, -1.5)), (-0.25, -2)),
        # (0 + 2) / 2 + (1.5 + 0) / 2; -(0.5 - 3) / 2
        (hinge, 1.75, 1.25, ((0, -0.5), (0.5, 0)), (-0.5, -0.5)),
        # (0.5 - 3) / 2 - (2 - 1) / 2
        (wasserstein, -1.75, 1.25, ((-0.5, -0.5), (0.5, 0.5)), (-0.5, -0.5)),
    ],
)
def test_games_by_hand(game, d_loss, g_loss, d_slopes, g_slopes):
    """Losses and their slopes by two real logits, 2 and -1, and two fake ones, 0.5 and -3."""
    objective, real, fake = game(), tf.Variable(logits(2, -1)), tf.Variable(logits(0.5, -3))
    assert not objective.paired
    with tf.GradientTape(persistent=True) as tape:
        losses = objective.discriminator(real, fake), objective.generator(None, fake)
    assert [float(loss) for loss in losses] == pytest.approx([d_loss, g_loss])
    for slopes, expected in zip(tape.gradient(losses[0], (real, fake)), d_slopes, strict=True):
        np.testing.assert_allclose(slopes[:, 0], expected, atol=1e-6)
    np.testing.assert_allclose(tape.gradient(losses[1], fake)[:, 0], g_slopes, atol=1e-6)


def test_a_critic_has_no_scale():
    """Raising all its answers by any number changes nothing for D, so its losses rest nowhere."""
    loss = wasserstein().discriminator
    assert float(loss(logits(2, 5), logits(1, 0))) == float(
        loss(logits(102, 105), logits(101, 100))
    )
    assert wasserstein().equilibrium is None
