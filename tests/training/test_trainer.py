"""The training loop: what it reports, and that it can be cut and resumed at every call."""

import numpy as np
import pytest

from mnist_gan.config.loading import load_config
from mnist_gan.config.schema import Config
from mnist_gan.data.images import from_uint8
from mnist_gan.data.offline import embedded_digits
from mnist_gan.evaluation.online import OnlineEvaluation
from mnist_gan.sampling.sampler import copy_generator, sample
from mnist_gan.support.errors import UserError
from mnist_gan.training.build import build_trainer
from mnist_gan.training.step import MEASURES
from mnist_gan.training.trainer import Trainer

LEARNING = {  # small convolutional networks with the losses of DCGAN
    "generator.architecture": "convolutional",
    "generator.widths": [32, 16],
    "generator.init_bias_to_mean": False,
    "generator.ema_decay": 0.99,
    "discriminator.architecture": "convolutional",
    "discriminator.widths": [16, 32],
    "discriminator.penalty": [0.0, 0.0],
    "training.objective": "non_saturating",
    "training.batch_size": 64,
    "training.precision": "float32",
    **{f"{network}.beta_1": 0.5 for network in ("generator", "discriminator")},
}
VARIANTS = [
    {"generator.batch_norm": True},
    {"discriminator.batch_norm": True},
    {"generator.spectral_norm": True},
    {"discriminator.spectral_norm": True},
    {"generator.upsampling": "nearest"},
]


def config(**overrides: object) -> Config:
    """Return tiny networks at batch 32: nine steps an epoch on the 300 images."""
    settings = {"training.batch_size": 32, "training.steps_per_call": 4}
    return load_config("smoke", {**settings, **overrides})


def equal(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> bool:
    """Say whether two states agree to the bit."""
    return all(np.array_equal(first[name], second[name]) for name in first)


def test_reports_follow_the_calls(images):
    """Calls have the configured size, never cross the end of an epoch, and say where it ends."""
    reports = list(build_trainer(config(), images).run(epochs=2))
    assert [report.steps for report in reports] == [4, 4, 1, 4, 4, 1]
    assert [report.step for report in reports] == [4, 8, 9, 13, 17, 18]
    assert [report.epoch for report in reports] == [1, 1, 1, 2, 2, 2]
    assert [report.epoch_ended for report in reports] == [False, False, True] * 2


def test_means_are_over_the_epoch_so_far(images):
    """The means of an epoch's last report are those of all its steps, not of the last call."""
    by_call = list(build_trainer(config(), images).run(epochs=2))
    by_step = list(build_trainer(config(**{"training.steps_per_call": 1}), images).run(epochs=2))
    single = []
    for index, report in enumerate(by_step):
        means = np.array([report.means[name] for name in MEASURES])
        before = by_step[index - 1] if index % 9 else None
        earlier = np.array([before.means[name] for name in MEASURES]) if before else 0
        single.append(means * (index % 9 + 1) - earlier * (index % 9))
    for epoch in (0, 1):
        expected = np.mean(single[9 * epoch : 9 * epoch + 9], axis=0)
        ended = by_call[3 * epoch + 2]
        np.testing.assert_allclose([ended.means[n] for n in MEASURES], expected, rtol=1e-4)


@pytest.mark.parametrize("cut", [1, 2, 3, 4])
def test_resumed_is_uninterrupted(images, cut):
    """A trainer restored after any call goes on to the same state and the same reports."""
    straight, first, second = (build_trainer(config(), images) for _ in range(3))
    expected = list(straight.run(epochs=2))
    reports = first.run(epochs=2)
    begun = [next(reports) for _ in range(cut)]
    second.restore(first.state())
    assert begun + list(second.run(epochs=2)) == expected
    assert equal(second.state(), straight.state())


def test_warm_up_trains_the_discriminator_before_the_first_step(images):
    """Warm-up reports count no steps, and a cut warm-up ends where a whole one does."""
    warm = config(**{"discriminator.pretrain_steps": 6})
    whole, first, second = (build_trainer(warm, images) for _ in range(3))
    reports = list(whole.run(epochs=1))
    assert [report.epoch for report in reports] == [0, 0, 1, 1, 1]
    next(first.run(epochs=1))
    second.restore(first.state())
    list(second.run(epochs=1))
    assert equal(second.state(), whole.state())
    assert whole.step.pretrain_updates == 6


def test_fewer_images_than_a_batch_still_make_an_epoch(images):
    """An epoch has at least one step."""
    reports = list(build_trainer(config(), images[:5]).run(epochs=2))
    assert [report.step for report in reports] == [1, 2]


def test_training_learns(images):
    """The discriminator tells random images from the generator's after a few epochs."""
    report = list(build_trainer(config(), images).run(epochs=6))[-1]
    assert report.means["real_score"] > report.means["fake_score"] + 0.2
    assert report.means["discriminator_loss"] < 0.6


@pytest.mark.slow
@pytest.mark.parametrize("settings", VARIANTS, ids="".join)
def test_each_kind_of_layer_learns(settings):
    """After five epochs, digits are nearer to real ones than half of what untrained ones are."""
    real = from_uint8(embedded_digits()[0][::10])
    trainer = build_trainer(load_config("fast", {**LEARNING, **settings}), real)
    evaluation = OnlineEvaluation(real, are_digits=False)

    def distance() -> float:
        generator = copy_generator(trainer.step.drawing_generator)
        found = evaluation.features(sample(generator, 500))
        return evaluation.measure(found)["frechet_distance"]

    before = distance()
    list(trainer.run(epochs=5))
    assert distance() < before / 2


@pytest.mark.parametrize(
    ("samples", "settings", "sentence"),
    [
        (np.zeros((5, 784)), {}, r"are float64 \(5, 784\); expected is float32 \(n, 784\)"),
        (np.zeros((5, 28, 28), np.float32), {}, r"are float32 \(5, 28, 28\)"),
        (np.zeros((0, 784), np.float32), {}, r"\(0, 784\)"),
        (None, {}, "The real samples are None"),
        (np.zeros((5, 784), np.float32), {"steps_per_call": 0}, "steps_per_call is 0"),
        (np.zeros((5, 784), np.float32), {"steps_per_epoch": -1}, "steps_per_epoch is -1"),
    ],
)
def test_samples_that_cannot_be_trained_on_are_refused(images, samples, settings, sentence):
    """One sentence says what came and what is expected."""
    step = build_trainer(config(), images).step
    with pytest.raises(UserError, match=sentence):
        Trainer(step, samples, **settings)
    with pytest.raises(UserError, match="step is 3"):
        Trainer(3, images)


def test_an_epoch_has_as_many_steps_as_there_are_batches(images):
    """Where nothing else is asked for."""
    assert Trainer(build_trainer(config(), images).step, images).steps_per_epoch == 9
