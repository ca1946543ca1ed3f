"""What the benchmark promises: it measures the same work for all and cannot flatter."""

import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from benchmarks.child import ROOT
from benchmarks.epoch import main, verdict
from benchmarks.learning import BAND, JUDGEMENTS, faults, judge, learn, moved
from benchmarks.products import LIBRARIES, Products, Speeds, maker, products
from benchmarks.recipe import (
    BETA_1,
    BETA_2,
    DISCRIMINATOR,
    DROPOUT,
    GENERATOR,
    LEARNING_RATE,
    REAL_LABEL,
    SLOPE,
    Weights,
    initial_weights,
    work_per_step,
)
from benchmarks.results import Row, Timing, figures
from benchmarks.variants import MIXED, PACKAGE, TUTORIAL, entries
from benchmarks.variants_tensorflow import Floor, Tutorial
from mnist_gan.config.loading import load_config

QUICK = ("--short", "--data", "digits", "--rounds", "2", "--seconds", "0.05")
CHOICE = ("--only", PACKAGE, "--only", "floor + adam float32", "--learning-steps", "10")


class Jiggler:
    """A variant whose networks move at random, each as fast as it is told."""

    steps_per_call = 1

    def __init__(self, generator_rate: float, discriminator_rate: float) -> None:
        self.rates = generator_rate, discriminator_rate
        self.state, self.rng, self.steps = initial_weights(0), np.random.default_rng(0), 0

    def run(self, steps: int) -> None:
        """Move as if by `steps` steps."""
        self.steps += steps
        pairs = zip(self.state, self.rates, strict=True)
        self.state = Weights(
            *(
                [tuple(part + rate * steps * self._signs(part) for part in layer) for layer in all_]
                for all_, rate in pairs
            )
        )

    def weights(self) -> Weights:
        """Return the weights."""
        return self.state

    def _signs(self, part: np.ndarray) -> np.ndarray:
        return np.sign(self.rng.normal(size=part.shape)).astype(np.float32)


def timing(*milliseconds: float) -> Timing:
    """Return a timing with these rounds."""
    return Timing(1, list(milliseconds), [1.0] * len(milliseconds))


@pytest.mark.slow  # CI runs the script itself
def test_script_measures_prints_and_writes_everything(tmp_path):
    """The script prints both tables and writes JSON with a sane figure for every variant."""
    file = tmp_path / "result.json"
    command = [sys.executable, "benchmarks/epoch.py", *QUICK, *CHOICE, "--json", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    result = json.loads(file.read_text())
    rows = {row["name"]: row for row in result["rows"]}
    assert list(rows) == [TUTORIAL, PACKAGE, "floor + adam float32"]
    for name, row in rows.items():
        assert done.stdout.count(f"\n{name} ") == (2 if name in result["learned"] else 1)
        assert 0 < row["fastest"] <= row["median"] <= row["slowest"] < 10_000
        assert row["images_per_second"] == pytest.approx(128_000 / row["median"])
        assert len(row["timing"]["milliseconds"]) == 2
        assert 100 < row["peak_megabytes"] < 10_000
    assert rows[TUTORIAL]["times_faster"] == 1
    assert rows["floor + adam float32"]["times_floor_adam"] == 1
    assert result["machine"]["threads"] >= 1
    assert {"tensorflow", "keras", "numpy"} < set(result["machine"]["versions"])
    assert all(set(measures) == set(BAND) for measures in result["learned"].values())


def test_unknown_variant_is_refused():
    """A name that is no variant ends in one sentence."""
    with pytest.raises(SystemExit, match="no variant typo; known are tutorial"):
        main(["--only", "typo"])


def measures(*values: float) -> dict[str, float]:
    """Return measures in the order of the band."""
    return dict(zip(BAND, values, strict=True))


HEALTHY = [  # after 150 steps on MNIST: the tutorial on three seeds, the package on three, peers
    measures(0.426, 0.982, 0.898, 0.384, 5.606, 3.507, 3.599),
    measures(0.416, 1.036, 0.88, 0.36, 5.574, 3.513, 3.546),
    measures(0.412, 1.067, 0.863, 0.347, 5.639, 3.575, 3.626),
    measures(0.418, 1.042, 0.891, 0.365, 5.491, 3.525, 3.495),
    measures(0.407, 1.146, 0.809, 0.325, 5.542, 3.446, 3.56),
    measures(0.388, 1.14, 0.829, 0.323, 5.636, 3.516, 3.509),
    measures(0.419, 1.081, 0.812, 0.347, 5.506, 3.379, 3.538),  # PyTorch float32
    measures(0.405, 1.121, 0.839, 0.334, 5.501, 3.567, 3.551),  # PyTorch bfloat16
    measures(0.419, 1.102, 0.807, 0.339, 5.451, 3.395, 3.564),  # JAX float32
    measures(0.409, 1.082, 0.852, 0.348, 5.656, 3.599, 3.593),  # JAX bfloat16
]
FAULTS = {  # likewise, the package or JAX with its work cut or changed
    "frozen discriminator": measures(3.987, 0.001, 0.55, 0.999, 4.309, 2.755, 0.0),
    "frozen generator": measures(0.167, 8.207, 0.857, 0.0, 0.0, 0.0, 2.66),
    "twice the rate": measures(0.404, 1.301, 0.776, 0.283, 8.759, 8.919, 5.092),
    "half the steps": measures(0.529, 0.752, 0.791, 0.475, 3.602, 2.076, 2.414),
    "no dropout": measures(0.46, 1.081, 0.776, 0.347, 5.375, 4.621, 3.232),
    "no label smoothing": measures(0.428, 1.095, 0.91, 0.352, 5.744, 3.497, 4.05),
    "momentum of 0.9": measures(0.331, 1.529, 0.91, 0.241, 6.893, 6.654, 5.816),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_variant_that_skips_work_is_caught(fault):
    """Whoever does less than the tutorial, or something else, is outside of the band."""
    assert list(faults({TUTORIAL: HEALTHY[0], fault: FAULTS[fault]}, TUTORIAL)) == [fault]


def test_honest_variants_are_inside_of_the_band():
    """Other seeds and frameworks agree with one another."""
    for reference in HEALTHY:
        learned = {str(number): each for number, each in enumerate(HEALTHY)}
        assert faults({TUTORIAL: reference, **learned}, TUTORIAL) == {}


def test_frozen_discriminator_is_caught_by_its_weights_alone():
    """A discriminator that does not train is reported, whatever the variant says of itself."""
    images = np.random.default_rng(0).uniform(-1, 1, (50, 784)).astype(np.float32)
    honest = learn(Jiggler(1e-5, 1e-5), images, 20)
    frozen = learn(Jiggler(1e-5, 0), images, 20)
    assert frozen["discriminator_moved"] == 0
    assert frozen["generator_moved"] == pytest.approx(honest["generator_moved"], rel=0.01)
    found = faults({TUTORIAL: honest, "frozen": frozen}, TUTORIAL)
    assert list(found) == ["frozen"]
    assert "discriminator_moved" in found["frozen"]


def test_tutorial_that_does_not_move_is_caught():
    """The reference must train too, or nobody passes."""
    still = {**HEALTHY[0], "discriminator_moved": 0.0}
    assert set(faults({TUTORIAL: still, "other": still}, TUTORIAL)) == {TUTORIAL, "other"}


@pytest.mark.parametrize("steps", [JUDGEMENTS, 27, 150])
def test_learning_takes_exactly_the_steps_asked_for(steps):
    """Nobody is judged after more or fewer steps than the others."""
    jiggler = Jiggler(0, 0)
    learn(jiggler, np.zeros((5, 784), np.float32), steps)
    assert jiggler.steps == steps


def test_judge_knows_networks_without_an_opinion():
    """Weights of zero score 1/2 and lose ln 2."""
    blank = Weights(*([(0 * kernel, bias) for kernel, bias in part] for part in initial_weights(0)))
    scores = judge(blank, np.ones((9, 784), np.float32))
    expected = [np.log(2), np.log(2), 0.5, 0.5]
    np.testing.assert_allclose(list(scores.values()), expected, rtol=1e-6)


def test_judge_tells_real_from_fake():
    """A discriminator that reads one pixel is confident about real images alone."""
    weights = Weights(*([(0 * k, b) for k, b in part] for part in initial_weights(0)))
    for kernel, _ in weights.discriminator:
        kernel[0, 0] = 2  # pixel 0: 1 in the real images, tanh(0) in the fakes
    scores = judge(weights, np.ones((9, 784), np.float32))
    assert scores["real_score"] == pytest.approx(1 / (1 + np.exp(-16)))
    assert scores["fake_score"] == 0.5
    assert scores["discriminator_loss"] == pytest.approx((0.1 * 16 + np.log(2)) / 2, rel=1e-5)


def test_distance_is_the_root_mean_square():
    """Weights moved by 0.003 everywhere have moved by 3 thousandths."""
    before = initial_weights(0)
    after = Weights(*([(k + 0.003, b - 0.003) for k, b in part] for part in before))
    np.testing.assert_allclose(list(moved(before, after).values()), 3, rtol=1e-4)


def test_recipe_is_the_config_of_the_tutorial():
    """What the peers do by hand is what the package does by its config."""
    config = load_config("tutorial")
    assert (config.noise.latent_size, *config.generator.widths, 784) == GENERATOR
    assert (784, *config.discriminator.widths, 1) == DISCRIMINATOR
    for network in (config.generator, config.discriminator):
        settings = network.slope, network.learning_rate, network.beta_1
        assert settings == (SLOPE, LEARNING_RATE, BETA_1)
    assert (config.generator.dropout, config.discriminator.dropout) == (0, DROPOUT)
    assert (config.training.real_label, config.training.batch_size) == (REAL_LABEL, 128)
    assert BETA_2 == 0.999


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_floor_makes_every_product_and_no_other(precision):
    """The compiled floor multiplies 34 times, with the operations counted by hand."""
    images = np.zeros((128, 784), np.float32)
    floor = Floor(images, precision, adam=True)
    graph = floor.compiled.get_concrete_function(tf.constant(1)).graph
    body = next(fun for fun in graph._functions.values() if "while_body" in str(fun.name))
    operations = body.graph.get_operations()
    products = [op for op in operations if op.type in ("MatMul", "BatchMatMulV2")]
    assert len(products) == 4 + 4 + 4 + 3 + 4 + 4 + 4 + 4 + 3
    assert sum(operation.type == "ResourceApplyAdam" for operation in operations) == 16
    assert sum(2 * _multiplications(op) for op in products) == work_per_step()


def _multiplications(product: tf.Operation) -> int:
    """Return how many multiplications a matrix product makes."""
    rows, columns = product.outputs[0].shape
    transposed = product.get_attr("transpose_a" if product.type == "MatMul" else "adj_x")
    return rows * columns * product.inputs[0].shape[0 if transposed else 1]


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("adam", [False, True])
def test_floor_stays_finite_and_lively(precision, adam):
    """After many steps the values are neither huge nor dead, so the products cost what they do."""
    images = np.random.default_rng(0).uniform(-1, 1, (128, 784)).astype(np.float32)
    floor = Floor(images, precision, adam=adam)
    floor.run(4 * floor.steps_per_call)
    kept = floor.discriminator.adam.means if adam else floor.discriminator.gradients
    sizes = [float(tf.reduce_mean(tf.abs(tf.cast(values, tf.float32)))) for values in kept]
    assert all(1e-6 < size < 1e6 for size in sizes)


@pytest.mark.slow
def test_tutorial_trains_both_networks():
    """Written for Keras 3, the tutorial's loop moves the discriminator, and the generator too."""
    images = np.random.default_rng(0).uniform(-1, 1, (200, 784)).astype(np.float32)
    tutorial = Tutorial(images, seed=0)
    start = tutorial.weights()
    tutorial.run(2)
    middle = tutorial.weights()
    tutorial.run(2)
    for change in (moved(start, middle), moved(middle, tutorial.weights())):
        assert all(0.05 < distance < 0.5 for distance in change.values())  # rate 2e-4, 2 steps


def test_ratios_are_taken_within_rounds():
    """A round in which the machine was slow for all does not change a ratio."""
    chosen = [entry for entry in entries(peers=False) if entry.name in (TUTORIAL, PACKAGE)]
    timings = {TUTORIAL: timing(40, 40, 800), PACKAGE: timing(10, 10, 200)}
    tutorial, package = figures(chosen, timings, images=1280, fastest=8.0)
    assert (tutorial.times_faster, package.times_faster) == (1, 4)
    assert package.times_floor is None
    assert package.times_fastest == 10 / 8
    assert (package.median, package.fastest, package.slowest) == (10, 10, 200)
    assert package.epoch_seconds == pytest.approx(0.1)


def test_peers_are_listed_where_they_are_asked_for():
    """The short form does without the other frameworks."""
    assert "jax bfloat16" in [entry.name for entry in entries(peers=True)]
    assert "jax bfloat16" not in [entry.name for entry in entries(peers=False)]


def rows(float32: float, mixed: float | None, floor: float | None = None) -> list[Row]:
    """Return rows of the package beside a tutorial of 40 ms."""
    names = {TUTORIAL: 40, PACKAGE: float32, MIXED: mixed}
    names |= {"floor + adam float32": floor, "floor + adam bfloat16": floor}
    timings = {name: timing(value) for name, value in names.items() if value}
    return figures(entries(peers=False), timings, images=1280, fastest=8.0)


@pytest.mark.parametrize(
    ("rows", "limits", "code"),
    [
        (rows(20, 15), {}, 0),
        (rows(20, 10), {"at_least": 4}, 0),  # the faster precision counts
        (rows(10, None), {"at_least": 4}, 0),
        (rows(20, 10.1), {"at_least": 4}, 1),
        (rows(12, 13, 10), {"within": (1.2, 1.3)}, 0),
        (rows(12, 14, 10), {"within": (1.2, 1.3)}, 1),  # each precision has its own
        (rows(13, 13, 10), {"within": (1.2, 1.3)}, 1),
        (rows(12, 12), {"within": (1.2, 1.2)}, 1),  # not measured
        (rows(12, 20), {"within_fastest": 1.5}, 0),
        (rows(13, 8), {"within_fastest": 1.5}, 1),  # bfloat16 does not count there
    ],
)
def test_exit_code_tells_what_is_too_slow(rows, limits, code, capsys):
    """Too slow beside the tutorial or the floor: exit code 1, with the reason on stderr."""
    assert verdict({}, rows, **limits) == code
    assert ("FAILED" in capsys.readouterr().err) == bool(code)


def test_exit_code_tells_what_did_not_learn(capsys):
    """Outside of the band: exit code 1, however fast."""
    assert verdict({PACKAGE: ["generator_loss"]}, rows(1, 1)) == 1
    assert "did not learn the same: generator_loss" in capsys.readouterr().err


def test_the_fastest_library_counts_for_each_product(tmp_path):
    """Every library that is there makes every product, and the floor takes the best of each."""
    made = products()
    assert sum(product.times * product.work for product in made) == work_per_step()
    numpy = Products("numpy").milliseconds()
    assert len(numpy) == len(made)
    slower = [2 * times for times in numpy]
    first = [slower[0] / 4, *slower[1:]]
    speeds = Speeds({"numpy": numpy, "other": first})
    assert speeds.fastest == [first[0], *numpy[1:]]
    assert speeds.floor == pytest.approx(Speeds.of_a_step(speeds.fastest))
    assert speeds.table().count("**") >= 2 * len(made)


@pytest.mark.parametrize("library", sorted({*LIBRARIES} - {"jax"}))  # see test_jax.py
def test_each_library_multiplies_the_same(library):
    """What a library's run leaves is the product of the operands, as NumPy has it."""
    pytest.importorskip(LIBRARIES[library])
    for product in (products()[1], products()[3], products()[4]):
        made = maker(library)(product)()
        a, b = product.operands
        a, b = a.T if product.transpose_a else a, b.T if product.transpose_b else b
        np.testing.assert_allclose(np.asarray(made), a @ b, rtol=1e-3, atol=1e-3)
