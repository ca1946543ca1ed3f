"""GANs that one program trains are those that each trains alone, within rounding."""

import threading

import numpy as np
import pytest

from mnist_gan.config.loading import load_config
from mnist_gan.data.sources import Dataset
from mnist_gan.training.backends.jax_together import Together
from mnist_gan.training.build import build_trainer, real_rows
from mnist_gan.training.trainer import Trainer

SEEDS = (0, 1, 5)
SMALL = {"generator.widths": [16, 32], "discriminator.widths": [32, 16]}
CHANNELS = {"generator.widths": [16, 8, 8], "discriminator.widths": [8, 8, 16]}
RNG = np.random.default_rng(0)
DATA = Dataset(
    RNG.uniform(-1, 1, (300, 784)).astype(np.float32), RNG.integers(0, 10, 300), "noise", ""
)


def trainers(recipe: str, settings: dict[str, object]) -> list[Trainer]:
    """Return a trainer for each seed, in calls of five steps."""
    fixed = {"training.batch_size": 32, "training.precision": "float32"} | settings
    calls = {"training.steps_per_call": 5}
    found = []
    for seed in SEEDS:
        config = load_config(recipe, fixed | calls | {"training.seed": seed})
        found.append(build_trainer(config, real_rows(config, DATA)))
    return found


def make_together(members: list[Trainer], steps: list[int], before=lambda: None) -> list[object]:
    """Make so many steps of each, in a thread of its own; return the sums or the exception."""
    together = Together([member.step for member in members], before)
    results: list[object] = [None] * len(members)

    def train(place: int) -> None:
        member = members[place]
        try:
            sums = [member.step.run(member.images, 5) for _ in range(steps[place] // 5)]
            results[place] = np.sum(sums, axis=0)
        except Exception as error:  # the test looks at it
            results[place] = error
        finally:
            together.leave(member.step)

    threads = [threading.Thread(target=train, args=(place,)) for place in range(len(members))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.parametrize(
    ("recipe", "settings"),
    [
        ("tutorial", SMALL),
        ("fast", SMALL),  # relativistic, R1 and R2, an average, a categorical code
        ("conditional", CHANNELS),
        ("goodfellow2014", {"generator.widths": [16], "discriminator.widths": [16]}),
    ],
)
def test_seeds_together_are_those_alone(recipe, settings):
    """Sums, weights, moments and the average after five steps, for each seed."""
    alone, together = trainers(recipe, settings), trainers(recipe, settings)
    results = make_together(together, [5] * len(SEEDS))
    for one, other, sums in zip(alone, together, results, strict=True):
        np.testing.assert_allclose(sums, one.step.run(one.images, 5), rtol=1e-4)
        expected, found = one.state(), other.state()
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            np.testing.assert_allclose(found[name], value, rtol=1e-3, atol=2e-5, err_msg=name)
    first, second = (trainer.state()["generator/0"] for trainer in together[:2])
    assert not np.allclose(first, second)


def test_one_that_ends_sooner_does_not_hold_up_the_others():
    """Those that go on make the steps that they make alone."""
    alone, together = trainers("tutorial", SMALL), trainers("tutorial", SMALL)
    make_together(together, [5, 15, 15])
    assert [trainer.step.count for trainer in together[1:]] == [15, 15]
    for _ in range(3):
        alone[2].step.run(alone[2].images, 5)
    expected, found = alone[2].state(), together[2].state()
    np.testing.assert_allclose(found["generator/0"], expected["generator/0"], rtol=1e-3, atol=1e-4)


def test_what_fails_fails_for_all_and_nobody_waits():
    """Each thread gets the exception."""

    def fail() -> None:
        raise ValueError("on purpose")

    results = make_together(trainers("tutorial", SMALL), [5, 5, 5], fail)
    assert [str(result) for result in results] == ["on purpose"] * 3
