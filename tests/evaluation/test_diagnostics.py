"""Diagnoses: of histories made by hand, and of trainings broken on purpose."""

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
    """Return an epoch of a history; with a distance, one with an online evaluation."""
    losses = {"epoch": epoch, "discriminator_loss": d, "generator_loss": g}
    if distance is None:
        return losses
    return {
        **losses,
        "frechet_distance": distance,
        **{f"digit_{digit}": share for digit, share in enumerate(shares)},
    }


def diagnosis(*history, config=TUTORIAL, shares=EVEN, c_t=None):
    """Return the diagnosis of a history with the tutorial's objective."""
    return diagnose(history, non_saturating(0.9).equilibrium, config, shares, c_t)


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
def test_losses_show_which_network_wins(d, g, name, remedy):
    """Losses far from equilibrium, over three epochs, give the winning network and a remedy."""
    found = diagnosis(*(row(epoch, d, g) for epoch in (1, 2, 3)))
    assert (found.name, found.remedy) == (name, remedy)
    assert f"{d:.2f}" in found.evidence
    assert "at equilibrium 0.69 and 0.80" in found.evidence


@pytest.mark.parametrize(
    ("d", "g", "name"),
    [
        (0.65, -0.70, "balanced"),
        (0.01, -0.02, "discriminator winning"),  # every fake is recognised: log(1 - D) is nearly 0
        (4.00, -7.90, "generator winning"),
    ],
)
def test_losses_below_zero_show_which_network_wins(d, g, name):
    """The minimax generator's loss is at most 0; lower is better for the generator."""
    rows = [row(epoch, d, g) for epoch in (1, 2, 3)]
    assert diagnose(rows, minimax().equilibrium, TUTORIAL, EVEN).name == name


@pytest.mark.parametrize(
    ("objective", "d", "g", "name"),
    [
        (least_squares, 0.24, 0.13, "balanced"),
        (least_squares, 0.01, 0.49, "discriminator winning"),  # 1/2: D is 0 at all fakes
        (least_squares, 0.50, 0.01, "generator winning"),
        (hinge, 1.8, 0.3, "balanced"),
        (hinge, 0.1, 1.6, "discriminator winning"),
        (hinge, 4.2, -2.1, "generator winning"),
        (wasserstein, -40.0, 300.0, "balanced"),  # a critic's outputs have no scale
        (wasserstein, math.nan, 300.0, "diverged"),
    ],
)
def test_losses_of_every_objective_show_which_network_wins(objective, d, g, name):
    """Each objective has its own equilibrium; a critic has none, so its losses are ignored."""
    rows = [row(epoch, d, g) for epoch in (1, 2, 3)]
    assert diagnose(rows, objective().equilibrium, TUTORIAL, EVEN).name == name


def test_one_bad_epoch_does_not_change_the_diagnosis():
    """A single epoch in which D wins does not outweigh two balanced ones."""
    assert diagnosis(row(1), row(2), row(3, 0.17, 6.0)).name == "balanced"


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
    """What to try first depends on the current settings."""
    config = load_config("tutorial", changes)
    assert diagnosis(row(1, d, g), config=config).remedy == remedy
    setting = parse_setting(remedy.removeprefix("--set "))
    load_config("tutorial", {**changes, **dict([setting])})  # raises unless it can be tried


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_non_finite_numbers_mean_divergence(value):
    """NaN or infinity in the last epoch is divergence, whatever the other values are."""
    found = diagnosis(row(1), row(2, d=value))
    assert found.name == "diverged"
    assert f"discriminator_loss is {value} in epoch 2" in found.evidence
    assert "--set generator.learning_rate=5e-05 --set discriminator" in found.remedy


def test_a_digit_that_disappears_is_a_collapse():
    """A digit that was present before is named, with the epoch since which it is missing."""
    found = diagnosis(row(1, distance=9), row(20, distance=8, shares=without(2, 7)))
    assert found.name == "collapsing"
    assert "2, 7 since epoch 20 (0.0% of all instead of 20.0%)" in found.evidence
    assert found.remedy == "--config fast"


def test_a_digit_that_has_not_formed_yet_is_no_collapse():
    """While digits improve, one that was never present is no collapse; it is mentioned."""
    rows = [row(epoch, distance=100 / epoch, shares=without(2)) for epoch in range(1, 6)]
    assert diagnosis(*rows).name == "balanced"
    assert diagnosis(*rows).evidence.endswith("hardly any 2 so far")


def test_it_is_too_early_to_say_until_most_digits_have_formed():
    """While half of the digits were never present, nothing is called balanced or missing."""
    blots = row(1, 0.57, 1.02, distance=900, shares=without(*range(9)))
    found = diagnosis(blots)
    assert found.sentence == (
        "too early to say, as digits have not formed yet (D's loss is 0.57 and G's 1.02, "
        "at equilibrium 0.69 and 0.80)"
    )
    half = row(2, distance=500, shares=without(0, 1, 2, 3, 4))
    assert diagnosis(blots, half).name == TOO_EARLY
    most = row(3, distance=300, shares=without(0, 1, 2, 3))
    assert diagnosis(blots, half, most).name == "balanced"
    assert diagnosis(blots, half, most).evidence.endswith("hardly any 0, 1, 2, 3 so far")


def test_a_class_that_blots_resemble_is_not_missing():
    """Blots classified as 8 first and as 3 next are no collapse: nothing had formed."""
    rows = [
        row(1, distance=900, shares=without(*set(range(10)) - {8})),
        row(2, distance=800, shares=without(*set(range(10)) - {3})),
    ]
    assert diagnosis(*rows).name == TOO_EARLY


def test_one_digit_without_progress_is_a_collapse():
    """Where digits no longer improve, it is not too early: those that never formed are missing."""
    rows = [row(epoch, distance=90, shares=without(*range(9))) for epoch in (1, 20, 40, 60)]
    assert diagnosis(*rows[:3]).name == TOO_EARLY
    assert diagnosis(*rows).name == "collapsing"
    assert "0, 1, 2, 3, 4, 5, 6, 7, 8, and never did" in diagnosis(*rows).evidence


def test_small_steps_are_progress_too():
    """Distances that fall by one percent with each grid count as improvement."""
    rows = [row(epoch, distance=100 - epoch, shares=without(2)) for epoch in range(1, 31)]
    assert diagnosis(*rows).name == "balanced"


@pytest.mark.parametrize(("d", "g", "name"), [(161.0, 18.0, "unstable"), (math.nan, 1, "diverged")])
def test_losses_are_diagnosed_before_digits_have_formed(d, g, name):
    """Extreme losses are diagnosed in the first epoch, too."""
    assert diagnosis(row(1, d, g, distance=900, shares=without(*range(9)))).name == name


def test_copying_is_diagnosed_while_digits_are_forming():
    """Copies take precedence over a digit that has not formed yet."""
    rows = [row(epoch, distance=100 / epoch, shares=without(2)) for epoch in range(1, 6)]
    assert diagnosis(*rows, c_t=-10.0).name == "copying"


def test_digits_that_never_form_are_a_collapse_once_nothing_improves():
    """Where the distance no longer falls, digits that were never present are missing."""
    rows = [row(epoch, distance=100, shares=without(2)) for epoch in range(1, 6)]
    assert diagnosis(*rows).name == "collapsing"
    assert "2, and never did" in diagnosis(*rows).evidence


def test_digits_not_trained_on_are_not_missing():
    """A run on 3 and 7 alone does not miss the other digits."""
    shares = [0.5 if digit in (3, 7) else 0 for digit in range(10)]
    rows = [row(epoch, distance=5, shares=shares) for epoch in range(1, 9)]
    assert diagnosis(*rows, shares=shares).name == "balanced"


def test_an_incomplete_online_evaluation_is_ignored():
    """An epoch without the share of a digit, as after editing by hand, does not count."""
    broken = row(2, distance=8, shares=without(2))
    del broken["digit_5"]
    assert diagnosis(row(1, distance=9), broken).name == "balanced"


@pytest.mark.parametrize(("c_t", "name"), [(-10.0, "copying"), (1.0, "balanced")])
def test_copies_are_diagnosed(c_t, name):
    """A C_T far below 0 is copying; one around or above 0 is not."""
    assert diagnosis(row(1), c_t=c_t).name == name


SOUND = {  # the objective of `fast`: balanced on five of five seeds, the smoke recipe on two
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
    """Return the online evaluation that compares with them."""
    return OnlineEvaluation(digits.images)


def train(images, online, changes):
    """Return the diagnosis of a training with the smoke recipe and five online evaluations."""
    config = load_config("smoke", changes)
    trainer = build_trainer(config, images)
    drawn = latents(0, config.training.eval_samples, config.noise.latent_size)
    rows = []
    for report in trainer.run(config.training.epochs):
        if report.epoch_ended:
            rows.append({"epoch": report.epoch, **report.means})
            if report.epoch % (config.training.epochs // 5) == 0:
                made = generate(copy_generator(trainer.step.drawing_generator), drawn)
                rows[-1] |= online.measure(online.features(made))
    equilibrium = trainer.step.objective.equilibrium
    return diagnose(rows, equilibrium, config, online.shares.tolist())


@pytest.mark.slow
@pytest.mark.parametrize("fault", BROKEN)
def test_a_training_broken_on_purpose_is_diagnosed(digits, online, fault):
    """Trainings with one fault get a diagnosis that fits; a sound one is balanced."""
    changes, expected = BROKEN[fault]
    assert train(digits.images, online, changes).name in expected


@pytest.mark.slow
def test_training_on_one_digit_is_no_collapse(digits):
    """A training on sevens alone that draws sevens is balanced."""
    sevens = digits.images[digits.labels == 7]
    assert train(sevens, OnlineEvaluation(sevens), {"training.epochs": 80}).name == "balanced"
