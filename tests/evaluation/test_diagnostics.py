"""The doctor's verdicts: on histories made by hand, and on trainings broken on purpose."""

import math

import pytest

from mnist_gan.config.loading import load_config, parse_setting
from mnist_gan.data.sources import Dataset, load_data
from mnist_gan.evaluation.diagnostics import TOO_EARLY, diagnose
from mnist_gan.evaluation.online import OnlineEvaluation
from mnist_gan.noise import latents
from mnist_gan.objectives.losses import hinge, least_squares, minimax, non_saturating, wasserstein
from mnist_gan.sampling.sampler import copy_generator, generate
from mnist_gan.training.build import build_trainer

EVEN = [0.1] * 10
TUTORIAL = load_config()


def row(epoch, d=0.6, g=1.1, distance=None, shares=EVEN):
    """Return a row of a history; with a distance, one with a census."""
    losses = {"epoch": epoch, "discriminator_loss": d, "generator_loss": g}
    if distance is None:
        return losses
    return {
        **losses,
        "frechet_distance": distance,
        **{f"digit_{digit}": share for digit, share in enumerate(shares)},
    }


def verdict(*rows, config=TUTORIAL, shares=EVEN, c_t=None):
    """Return the doctor's verdict on rows of the tutorial's game."""
    return diagnose(rows, non_saturating(0.9).equilibrium, config, shares, c_t)


def without(*digits):
    """Return shares in which these digits are missing."""
    return [0.0 if digit in digits else 1 / (10 - len(digits)) for digit in range(10)]


@pytest.mark.parametrize(
    ("d", "g", "name", "remedy"),
    [
        (0.60, 1.10, "balanced", ""),
        (0.37, 2.80, "balanced", ""),  # the tutorial's second epoch
        (0.17, 9.70, "discriminator winning", "--set discriminator.learning_rate=5e-05"),
        (4.20, 0.001, "generator winning", "--set discriminator.pretrain_steps=500"),
        (161.0, 18.0, "unstable", "--set discriminator.learning_rate=5e-05"),
    ],
)
def test_losses_tell_who_wins(d, g, name, remedy):
    """Losses far from equilibrium, over three epochs, say who wins and what to try."""
    found = verdict(*(row(epoch, d, g) for epoch in (1, 2, 3)))
    assert (found.name, found.remedy) == (name, remedy)
    assert f"{d:.2f}" in found.evidence
    assert "at equilibrium 0.69 and 0.80" in found.evidence


@pytest.mark.parametrize(
    ("d", "g", "name"),
    [
        (0.65, -0.70, "balanced"),
        (0.01, -0.02, "discriminator winning"),  # sure of every fake: log(1 - D) is nearly 0
        (4.00, -7.90, "generator winning"),
    ],
)
def test_losses_below_zero_tell_who_wins(d, g, name):
    """The minimax generator's loss is at most 0, and the lower the better for it."""
    rows = [row(epoch, d, g) for epoch in (1, 2, 3)]
    assert diagnose(rows, minimax().equilibrium, TUTORIAL, EVEN).name == name


@pytest.mark.parametrize(
    ("game", "d", "g", "name"),
    [
        (least_squares, 0.24, 0.13, "balanced"),
        (least_squares, 0.01, 0.49, "discriminator winning"),  # 1/2: all its fakes are called 0
        (least_squares, 0.50, 0.01, "generator winning"),
        (hinge, 1.8, 0.3, "balanced"),
        (hinge, 0.1, 1.6, "discriminator winning"),
        (hinge, 4.2, -2.1, "generator winning"),
        (wasserstein, -40.0, 300.0, "balanced"),  # a critic's answers have no scale
        (wasserstein, math.nan, 300.0, "diverged"),
    ],
)
def test_losses_of_every_game_tell_who_wins(game, d, g, name):
    """Each game rests elsewhere; that of a critic nowhere, so only its digits can be judged."""
    rows = [row(epoch, d, g) for epoch in (1, 2, 3)]
    assert diagnose(rows, game().equilibrium, TUTORIAL, EVEN).name == name


def test_one_bad_epoch_is_no_verdict():
    """A single epoch in which D wins does not outweigh two even ones."""
    assert verdict(row(1), row(2), row(3, 0.17, 6.0)).name == "balanced"


@pytest.mark.parametrize(
    ("changes", "d", "g", "remedy"),
    [
        ({"training.real_label": 1.0}, 0.02, 9.0, "--set training.real_label=0.9"),
        ({"generator.learning_rate": 1e-2}, 0.17, 9.0, "--set generator.learning_rate=0.0002"),
        ({"discriminator.learning_rate": 1e-9}, 4, 0, "--set discriminator.learning_rate=0.0002"),
        ({"discriminator.pretrain_steps": 9}, 4, 0, "--set generator.learning_rate=5e-05"),
        ({"training.objective": "minimax"}, 0.17, 9.0, "--set training.objective=non_saturating"),
    ],
)
def test_the_remedy_fits_the_config(changes, d, g, remedy):
    """What to try first depends on what has been tried."""
    config = load_config("tutorial", changes)
    assert verdict(row(1, d, g), config=config).remedy == remedy
    setting = parse_setting(remedy.removeprefix("--set "))
    load_config("tutorial", {**changes, **dict([setting])})  # raises unless it can be tried


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_no_numbers_mean_divergence(value):
    """NaN or infinity in the last row is divergence, whatever else there is."""
    found = verdict(row(1), row(2, d=value))
    assert found.name == "diverged"
    assert f"discriminator_loss is {value} in epoch 2" in found.evidence
    assert "--set generator.learning_rate=5e-05 --set discriminator" in found.remedy


def test_a_digit_that_vanishes_is_a_collapse():
    """A digit that was there and is not any more is named, with the epoch since when."""
    found = verdict(row(1, distance=9), row(20, distance=8, shares=without(2, 7)))
    assert found.name == "collapsing"
    assert "2, 7 since epoch 20 (0.0% of all instead of 20.0%)" in found.evidence
    assert found.remedy == "--config fast"


def test_a_digit_that_has_not_come_yet_is_awaited():
    """While digits get better, one that never was there is no collapse; it is mentioned."""
    rows = [row(epoch, distance=100 / epoch, shares=without(2)) for epoch in range(1, 6)]
    assert verdict(*rows).name == "balanced"
    assert verdict(*rows).evidence.endswith("hardly any 2 so far")


def test_it_is_too_early_to_say_until_most_digits_have_formed():
    """While half of the digits never were there, nothing is called balanced or missing."""
    blots = row(1, 0.57, 1.02, distance=900, shares=without(*range(9)))
    found = verdict(blots)
    assert found.sentence == (
        "too early to say, as digits have not formed yet (D's loss is 0.57 and G's 1.02, "
        "at equilibrium 0.69 and 0.80)"
    )
    half = row(2, distance=500, shares=without(0, 1, 2, 3, 4))
    assert verdict(blots, half).name == TOO_EARLY
    most = row(3, distance=300, shares=without(0, 1, 2, 3))
    assert verdict(blots, half, most).name == "balanced"
    assert verdict(blots, half, most).evidence.endswith("hardly any 0, 1, 2, 3 so far")


def test_a_class_that_blots_resemble_is_not_missed():
    """Blots that pass for an 8 first and for a 3 next are no collapse: nothing had formed."""
    rows = [
        row(1, distance=900, shares=without(*set(range(10)) - {8})),
        row(2, distance=800, shares=without(*set(range(10)) - {3})),
    ]
    assert verdict(*rows).name == TOO_EARLY


def test_one_digit_for_ever_is_a_collapse():
    """Where nothing gets better any more, it is not too early: what never formed is missing."""
    rows = [row(epoch, distance=90, shares=without(*range(9))) for epoch in (1, 20, 40, 60)]
    assert verdict(*rows[:3]).name == TOO_EARLY
    assert verdict(*rows).name == "collapsing"
    assert "0, 1, 2, 3, 4, 5, 6, 7, 8, and never did" in verdict(*rows).evidence


def test_small_steps_are_progress_too():
    """Distances that fall by a percent with each grid fall in the long run."""
    rows = [row(epoch, distance=100 - epoch, shares=without(2)) for epoch in range(1, 31)]
    assert verdict(*rows).name == "balanced"


@pytest.mark.parametrize(("d", "g", "name"), [(161.0, 18.0, "unstable"), (math.nan, 1, "diverged")])
def test_losses_can_be_judged_before_digits_have_formed(d, g, name):
    """Losses out of all bounds are told in the first epoch, too."""
    assert verdict(row(1, d, g, distance=900, shares=without(*range(9)))).name == name


def test_copying_is_told_while_digits_are_awaited():
    """Of a training with copies and a digit to come, the copies are said."""
    rows = [row(epoch, distance=100 / epoch, shares=without(2)) for epoch in range(1, 6)]
    assert verdict(*rows, c_t=-10.0).name == "copying"


def test_digits_that_never_come_are_a_collapse_once_nothing_gets_better():
    """Where the distance stands still, digits that never were there are missing."""
    rows = [row(epoch, distance=100, shares=without(2)) for epoch in range(1, 6)]
    assert verdict(*rows).name == "collapsing"
    assert "2, and never did" in verdict(*rows).evidence


def test_digits_never_shown_are_not_missing():
    """A run on 3 and 7 alone is not told that it lacks the others."""
    shares = [0.5 if digit in (3, 7) else 0 for digit in range(10)]
    rows = [row(epoch, distance=5, shares=shares) for epoch in range(1, 9)]
    assert verdict(*rows, shares=shares).name == "balanced"


def test_a_census_with_gaps_is_none():
    """A row that lacks a digit, as a history changed by hand may, is no census."""
    broken = row(2, distance=8, shares=without(2))
    del broken["digit_5"]
    assert verdict(row(1, distance=9), broken).name == "balanced"


@pytest.mark.parametrize(("c_t", "name"), [(-10.0, "copying"), (1.0, "balanced")])
def test_copies_are_called_copies(c_t, name):
    """A C_T far below 0 is copying; around 0 and above it is not."""
    assert verdict(row(1), c_t=c_t).name == name


SOUND = {  # the game of `fast`: balanced on five seeds of five, the smoke recipe on two
    "training.objective": "relativistic",
    "discriminator.penalty": [5.0, 1.0],
    "discriminator.subtract_mean": True,
    "discriminator.dropout": 0.0,
    "generator.init_bias_to_mean": True,
    "generator.beta_1": 0.0,
    "discriminator.beta_1": 0.0,
}
BROKEN = {
    "discriminator rate x150": ({"discriminator.learning_rate": 0.3}, {"unstable"}),
    "discriminator rate zero": ({"discriminator.learning_rate": 1e-12}, {"generator winning"}),
    "generator rate zero": ({"generator.learning_rate": 1e-12}, {"discriminator winning"}),
    "exploding rate": (
        {"generator.learning_rate": 1.0, "discriminator.learning_rate": 1.0},
        {"unstable", "diverged"},
    ),
    "both rates zero": (
        {"generator.learning_rate": 1e-12, "discriminator.learning_rate": 1e-12},
        {"collapsing"},
    ),
    "nothing": (SOUND, {"balanced"}),
}


@pytest.fixture(scope="module")
def digits() -> Dataset:
    """Return the embedded digits."""
    return load_data("digits")


@pytest.fixture(scope="module")
def online(digits) -> OnlineEvaluation:
    """Return what holds generated digits against them."""
    return OnlineEvaluation(digits.images)


def train(images, online, changes):
    """Return the doctor's verdict on a training with the smoke recipe, which draws five grids."""
    config = load_config("smoke", changes)
    trainer = build_trainer(config, images)
    drawn = latents(0, config.training.eval_samples, config.noise.latent_size)
    rows = []
    for report in trainer.run(config.training.epochs):
        if report.epoch_ended:
            rows.append({"epoch": report.epoch, **report.means})
            if report.epoch % (config.training.epochs // 5) == 0:
                made = generate(copy_generator(trainer.step.drawing_generator), drawn)
                rows[-1] |= online.measure(online.look(made))
    equilibrium = trainer.step.objective.equilibrium
    return diagnose(rows, equilibrium, config, online.shares.tolist())


@pytest.mark.parametrize("fault", BROKEN)
def test_a_training_broken_on_purpose_is_seen_through(digits, online, fault):
    """Real trainings with one thing wrong get the verdict that says so; a sound one gets none."""
    changes, expected = BROKEN[fault]
    assert train(digits.images, online, changes).name in expected


def test_one_digit_alone_is_no_collapse(digits):
    """A training that is shown sevens only, and draws sevens, lacks nothing."""
    sevens = digits.images[digits.labels == 7]
    assert train(sevens, OnlineEvaluation(sevens), {"training.epochs": 50}).name == "balanced"
