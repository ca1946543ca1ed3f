"""The game to play with: its arithmetic beside Python's, its controls, and what it measures."""

import json
import math

import keras
import numpy as np
import pytest
from playwright.sync_api import expect

from mnist_gan.lab.gaussian.densities import Target
from mnist_gan.lab.gaussian.model import SET_SIZE, build
from mnist_gan.lab.gaussian.recipes import RECIPES
from mnist_gan.lab.gaussian.start import start_of
from mnist_gan.lab.play.page import Start, game_page
from mnist_gan.objectives.losses import OBJECTIVES
from mnist_gan.objectives.penalties import Penalty, r1_r2
from mnist_gan.objectives.schedules import constant
from mnist_gan.training.backend import Adam, GanStep, forward_at
from mnist_gan.training.step import StepSettings, Stream
from tests.conftest import mnist_gan
from tests.pages.conftest import CHROMIUM, grave, until

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")
on_tensorflow = pytest.mark.skipif(
    keras.backend.backend() == "jax", reason="draws the batches as TensorFlow's step does"
)
CHOICES = ("minimax", "non_saturating", "relativistic")
RATE, BETAS, LABEL = 1e-3, (0.5, 0.99), 0.9
PLAY_BATCHES = """({ sizes, activations, weights, size, sorted, settings, betas, batches }) => {
  const [generator, discriminator] = [0, 1].map((k) => ({
    sizes: sizes[k], activations: activations[k], parameters: weights[k].map((w) => Float64Array.from(w)),
  }));
  const view = size ? setView(size, sorted) : pointView(sizes[1][0]);
  const [generatorAdam, discriminatorAdam] = [generator, discriminator].map((network) => newAdam(network, betas));
  const game = { generator, discriminator, view, settings, generatorAdam, discriminatorAdam };
  const update = (made, [real, noise]) => made(game, Float64Array.from(real), Float64Array.from(noise)).loss;
  const losses = batches.map(([d, g]) => [update(discriminatorUpdate, d), update(generatorUpdate, g)]);
  const lists = (arrays) => arrays.map((array) => Array.from(array));
  return {
    losses,
    weights: [lists(generator.parameters), lists(discriminator.parameters)],
    squares: [lists(generatorAdam.squares), lists(discriminatorAdam.squares)],
  };
}"""  # noqa: E501 - one statement a line reads better


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Return the page of the game."""
    file = tmp_path_factory.mktemp("play") / "play.html"
    file.write_text(game_page(), "utf-8")
    return file


@pytest.fixture(scope="module")
def arithmetic(browser, path):
    """Return a page whose functions are called by the tests of the arithmetic."""
    page = browser.new_page()
    page.goto(path.as_uri())
    yield page
    page.close()


def flat(arrays) -> list[list[float]]:
    """Return arrays or variables as flat lists."""
    return [np.asarray(array).ravel().tolist() for array in arrays]


def batches_of(step: GanStep, pool: np.ndarray, rounds: int, rescale) -> list:
    """Return the real samples and the noise that each update of a step takes from a pool."""
    import tensorflow as tf

    from mnist_gan.training.backends.tensorflow import NOISES

    def batch(count: int, real: Stream, fake: Stream) -> list:
        key = step._key(tf.constant(count, tf.int64), fake)
        noise = NOISES["uniform"]([step.settings.batch_size, step.latent_size], key)
        drawn = step._sample_real(pool, step._key(tf.constant(count, tf.int64), real))
        return flat([drawn, rescale(noise)])

    return [
        [
            batch(count, Stream.REAL, Stream.FAKE_FOR_DISCRIMINATOR),
            batch(count, Stream.REAL_FOR_GENERATOR, Stream.FAKE_FOR_GENERATOR),
        ]
        for count in range(rounds)
    ]


def check_updates(page, step: GanStep, pool: np.ndarray, about: dict, rescale) -> None:
    """Check that three rounds of a step and of the page, from the same start, agree."""
    import tensorflow as tf

    networks = step.generator, step.discriminator
    about |= {
        "weights": [flat(network.trainable_variables) for network in networks],
        "batches": batches_of(step, pool, 3, rescale),
        "betas": BETAS,
    }
    rates = {"generatorRate": RATE, "discriminatorRate": RATE, "label": LABEL}
    about["settings"] |= rates
    found = page.evaluate(PLAY_BATCHES, about)
    images = tf.constant(pool)
    losses = [
        [float(step.discriminator_update(images).loss), float(step.generator_update(images).loss)]
        for _ in range(3)
    ]
    np.testing.assert_allclose(found["losses"], losses, atol=1e-5)
    optimizers = step.generator_optimizer, step.discriminator_optimizer
    for k, (network, optimizer) in enumerate(zip(networks, optimizers, strict=True)):
        for before, ours, python in zip(
            about["weights"][k], found["weights"][k], flat(network.trainable_variables), strict=True
        ):
            if len(python) == 1 and step.objective.paired:
                continue  # D's last bias cancels: its gradient is rounding alone
            assert np.abs(np.subtract(python, before)).max() > 1e-6  # it has learned
            np.testing.assert_allclose(ours, python, atol=1e-4)
        for ours, python in zip(found["squares"][k], flat(optimizer.variances), strict=True):
            # of gradients: unlike Adam's steps, they show a wrong scale
            np.testing.assert_allclose(ours, python, rtol=1e-2, atol=1e-9)


@on_tensorflow
@pytest.mark.parametrize(
    ("objective", "penalty", "is_sorted"),
    [
        ("minimax", 0.0, False),
        ("minimax", 0.7, True),
        ("non_saturating", 0.0, True),
        ("non_saturating", 0.7, False),
        ("relativistic", 0.0, False),
        ("relativistic", 0.7, True),
    ],
)
def test_an_update_on_sets_is_that_of_lab_gaussian(arithmetic, objective, penalty, is_sorted):
    """Same weights, same batches: same losses, gradients and weights, for every choice."""
    recipe = RECIPES["sorted"]._replace(
        discriminator=("tanh", "sigmoid") if is_sorted else ("elu", "elu"),
        sets=4,
        generator_learning_rate=RATE,
        discriminator_learning_rate=RATE,
        betas=BETAS,
        final_lr_fraction=1.0,
        objective=objective,
        real_label=LABEL,
        penalty=(penalty, penalty),
        is_sorted=is_sorted,
    )
    pool = np.random.default_rng(0).standard_normal((50, SET_SIZE)).astype(np.float32)
    about = {
        "sizes": [[1, 50, 50, 1], [2 * SET_SIZE, 50, 50, 1]],
        "activations": [recipe.generator, recipe.discriminator],
        "size": SET_SIZE,
        "sorted": is_sorted,
        "settings": {"objective": objective, "penalty": penalty},
    }
    step = build(recipe, pool, seed=3).step
    check_updates(arithmetic, step, pool, about, lambda noise: noise / 12**0.5 + 0.5)


@on_tensorflow
@pytest.mark.parametrize("penalty", [0.0, 0.3])
@pytest.mark.parametrize("objective", CHOICES)
def test_an_update_on_points_is_that_of_the_step(arithmetic, objective, penalty):
    """Where D sees single points of the plane, the updates are those of `GanStep`, too."""
    keras.utils.set_random_seed(0)

    def network(outputs: int) -> keras.Sequential:
        hidden = [keras.layers.Dense(9, activation) for activation in ("tanh", "elu")]
        return keras.Sequential([keras.Input((2,)), *hidden, keras.layers.Dense(outputs)])

    generator, discriminator = network(2), network(1)
    weighted = Penalty(r1_r2, constant(penalty)) if penalty else None
    step = GanStep(
        generator,
        discriminator,
        Adam(generator.trainable_variables, RATE, *BETAS),
        Adam(discriminator.trainable_variables, RATE, *BETAS),
        OBJECTIVES[objective](LABEL)._replace(penalty=weighted),
        settings=StepSettings(16, noise="uniform", seed=5),
        forward=forward_at("float32"),
    )
    about = {
        "sizes": [[2, 9, 9, 2], [2, 9, 9, 1]],
        "activations": [["tanh", "elu"]] * 2,
        "settings": {"objective": objective, "penalty": penalty},
    }
    pool = np.random.default_rng(1).standard_normal((60, 2)).astype(np.float32)
    check_updates(arithmetic, step, pool, about, lambda noise: noise)


@pytest.mark.parametrize("label", [1.0, 0.9])
@pytest.mark.parametrize("objective", CHOICES)
def test_equilibrium_is_that_of_the_objective(arithmetic, objective, label):
    """The dashed lines are at the losses that Python records for a draw."""
    found = arithmetic.evaluate("equilibrium", {"objective": objective, "label": label})
    assert found == pytest.approx(OBJECTIVES[objective](label).equilibrium[:2])


def best_answers(page, **settings) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the drawn best answers of D and p / (p + q), where either density counts."""
    script = """(changed) => {
      const game = newGame({ ...DEFAULTS, ...changed }, null), { best, shares } = measureLine(game);
      return best && [Array.from(best), Array.from(game.target.shares), Array.from(shares)];
    }"""
    found = page.evaluate(script, settings)
    if found is None:
        return None
    best, p, q = np.array(found, float)
    counts = p + q > 1e-5
    return best[counts], (p / np.where(counts, p + q, 1))[counts]


@pytest.mark.parametrize("label", [1.0, 0.9])
@pytest.mark.parametrize("objective", ["minimax", "non_saturating"])
def test_the_best_answer_follows_the_label(arithmetic, objective, label):
    """The dashed curve is label * p / (p + q), which maximises D's side of the game."""
    best, ratio = best_answers(arithmetic, objective=objective, label=label)
    np.testing.assert_allclose(best, label * ratio)
    assert best.max() == pytest.approx(label, abs=1e-3)


@pytest.mark.parametrize("settings", [{"objective": "relativistic"}, {"sees": "sorted"}])
def test_no_best_answer_is_drawn_where_there_is_none(visit, path, settings):
    """A relativistic loss sees only differences of logits, and sets have no answer at a number."""
    page = visit(path)
    assert best_answers(page, **settings) is None
    expect(page.locator("#best")).to_be_visible()
    ((name, value),) = settings.items()
    page.locator(f"#{name}").select_option(value)
    expect(page.locator("#best")).to_be_hidden()


WRITTEN = """() => {
  const texts = new Set(), original = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
    const { e, f, a, b } = this.getTransform(), scale = Math.hypot(a, b), wide = this.measureText(text).width;
    const share = { left: 0, center: 0.5, right: 1 }[this.textAlign];
    const [from, to] = [x - share * wide, x + (1 - share) * wide].map((at) => (b ? f + scale * at * Math.sign(b) : e + a * at));
    const ends = [Math.min(from, to), Math.max(from, to)], room = b ? this.canvas.height : this.canvas.width;
    texts.add(JSON.stringify([this.canvas.id, text, ends[0] >= -1 && ends[1] <= room + 1]));
    return original.call(this, text, x, y);
  };
  show();
  CanvasRenderingContext2D.prototype.fillText = original;
  return [...texts].map((one) => JSON.parse(one));
}"""  # noqa: E501 - one statement a line reads better


@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ("game=line", {"x", "density; D(x)"}),
        ("game=line&sees=sorted", {"x", "density"}),
        ("game=plane&target=ring", {"x", "y"}),
    ],
)
def test_axes_have_names_that_fit(visit, path, width, settings, names):
    """Each canvas says what its axes are, and nothing that is written sticks out."""
    page = visit(path, viewport={"width": width, "height": 800})
    page.goto(f"{path.as_uri()}#{settings}")
    page.reload()
    written = page.evaluate(WRITTEN)
    assert {text for where, text, _ in written if where == "stage"} >= names
    for curve in ("losses", "distance", "gradients", "answers"):
        assert [curve, "round", True] in written
    assert [text for *text, fits in written if not fits] == []


@pytest.mark.parametrize("game", ["line", "plane"])
def test_samples_outside_the_picture_are_told(visit, path, game):
    """Where G maps noise beyond the picture, a mark says how much; else there is none."""
    page = visit(path)
    page.locator("#game").select_option(game)
    assert not any("outside" in text for _, text, _ in page.evaluate(WRITTEN))
    page.evaluate("game.generator.parameters.at(-1).fill(50)")
    assert ["stage", "▲ generated: 100 % lie outside", True] in page.evaluate(WRITTEN)


def test_both_pictures_show_in_one_colour_where_d_sends_samples(visit, path):
    """The lines from samples are D's colour on the line and on the plane."""
    page = visit(path)
    script = """() => {
      const found = {}, original = drawPath;
      drawPath = (context, xs, ys, colour, about) => {
        if (context.canvas.id === "stage" && xs.length === 2) found[colour] = (found[colour] ?? 0) + 1;
      };
      show();
      drawPath = original;
      return [found[colours.discriminator] ?? 0, found[colours.generated] ?? 0];
    }"""  # noqa: E501
    assert page.evaluate(script) == [24, 24]  # the others lead from noise to samples
    page.locator("#game").select_option("plane")
    assert page.evaluate(script) == [100, 0]


def test_a_round_has_the_chosen_updates_of_both(arithmetic):
    """D's come first, then G's."""
    script = """() => {
      const settings = { ...DEFAULTS, discriminatorUpdates: 2, generatorUpdates: 3 };
      const game = newGame(settings, null), counts = [];
      for (let update = 0; update < 5; update++) {
        const isLast = trainNext(game);
        counts.push([game.discriminatorAdam.count, game.generatorAdam.count, isLast]);
      }
      trainBoth(game);
      return [...counts, [game.discriminatorAdam.count, game.generatorAdam.count, true]];
    }"""
    expected = [[1, 0, False], [2, 0, False], [2, 1, False], [2, 2, False], [2, 3, True]]
    assert arithmetic.evaluate(script) == [*expected, [4, 6, True]]


def test_a_density_is_that_of_the_map(arithmetic):
    """A straight map gives even shares, a folded one twice as many, one beyond the end none."""
    script = """(ends) => {
      const target = lineTarget(0, 12, Array(BINS).fill(1));
      const { shares, outside } = generatedShares(target, Float64Array.from(ends));
      return [Array.from(shares), outside];
    }"""
    even, outside = arithmetic.evaluate(script, [0, 12])
    np.testing.assert_allclose(even, 1 / 120)
    assert outside == pytest.approx(0, abs=1e-9)
    folded, outside = arithmetic.evaluate(script, [0, 6, 0])
    np.testing.assert_allclose(folded, [1 / 60] * 60 + [0] * 60, atol=1e-12)
    half, outside = arithmetic.evaluate(script, [6, 18])
    assert (sum(half), outside) == (pytest.approx(0.5), pytest.approx(0.5))
    point, outside = arithmetic.evaluate(script, [3.05, 3.05, 3.05])
    assert (point[30], outside) == (pytest.approx(1), pytest.approx(0, abs=1e-9))


def test_the_divergence_is_jensen_and_shannons(arithmetic):
    """It is 0 for equal shares, log 2 without overlap, and matches the formula between."""
    p, q = np.array([0.5, 0.3, 0.2, 0.0]), np.array([0.1, 0.2, 0.3, 0.4])
    middle = (p + q) / 2
    expected = sum(float(np.sum(a[a > 0] * np.log(a[a > 0] / middle[a > 0]))) / 2 for a in (p, q))

    def divergence(p, q, outside=0.0) -> float:
        return arithmetic.evaluate("([p, q, out]) => jensenShannon(p, q, out)", [p, q, outside])

    assert divergence(p.tolist(), q.tolist()) == pytest.approx(expected)
    assert divergence([0.5, 0.5], [0.5, 0.5]) == 0
    assert divergence([1, 0], [0, 1]) == pytest.approx(math.log(2))
    assert divergence([1], [0], 1.0) == pytest.approx(math.log(2))


def test_targets_draw_what_they_show(arithmetic):
    """Samples on the line follow the shares, and nearly all on the plane lie on a mode."""
    script = """() => {
      const target = lineTargetOf({ target: "modes" }), drawn = target.draw(newRandom(1), 20000);
      const found = new Array(BINS).fill(0);
      drawn.forEach((x) => { found[Math.floor((x - target.low) / target.width)] += 1 / 20000; });
      const near = Object.keys(PLANES).map((name) => {
        const plane = planeTargetOf({ target: name }), points = plane.draw(newRandom(1), 2000);
        const modes = Array.from({ length: 2000 }, (_, i) => plane.modeOf(points[2 * i], points[2 * i + 1]));
        return [new Set(modes.filter((mode) => mode >= 0)).size, modes.filter((mode) => mode >= 0).length / 2000, plane.modes];
      });
      return [Array.from(target.shares), found, near];
    }"""  # noqa: E501
    shares, found, near = arithmetic.evaluate(script)
    assert np.abs(np.cumsum(shares) - np.cumsum(found)).max() < 0.015
    for reached, share, modes in near:
        assert reached == modes
        assert share > 0.97


def test_g_learns_the_bell(arithmetic):
    """In two hundred rounds of the page's own start the divergence falls by more than half."""
    script = """() => {
      const game = newGame(DEFAULTS, null), before = measureLine(game).jsd;
      for (let round = 0; round < 200; round++) trainBoth(game);
      return [before, measureLine(game).jsd];
    }"""
    before, after = arithmetic.evaluate(script)
    assert after < before / 2


def test_the_command_writes_the_page(tmp_path, path):
    """Below --outputs or where --output says; its path is all that stdout has."""
    result = mnist_gan("lab", "play", "--no-open", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (0, "outputs/play.html\n")
    assert (tmp_path / result.stdout.strip()).read_text() == path.read_text()
    result = mnist_gan("lab", "play", "--no-open", "--output", "game.html", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (0, "game.html\n")
    for wrong in ("game.txt", "missing/game.html", "outputs"):
        result = mnist_gan("lab", "play", "--output", wrong, cwd=tmp_path)
        assert (result.returncode, result.stderr.count("\n")) == (2, 1)
        assert "should end in .html" in result.stderr or "no folder missing" in result.stderr


def number(page) -> int:
    """Return the number of the round."""
    return page.evaluate("game.round")


def weights(page) -> tuple[list, list]:
    """Return the weights of G and of D."""
    lists = "({ parameters }) => parameters.map((array) => Array.from(array))"
    return tuple(
        page.evaluate(f"({lists})({who})") for who in ("game.generator", "game.discriminator")
    )


def test_play_pause_and_single_steps(visit, path):
    """Play plays rounds until Pause; a step of D changes D alone, one of G changes G alone."""
    page = visit(path)
    page.locator("#play").click()
    until(page, lambda: number(page) > 5)
    expect(page.locator("#play")).to_have_text("Pause")
    page.locator("#play").click()
    before, (g, d) = number(page), weights(page)
    expect(page.locator("#status")).to_contain_text(f"round {before}; loss of D")
    page.locator("#alone-d").click()
    assert weights(page)[0] == g
    assert weights(page)[1] != d
    d = weights(page)[1]
    page.locator("#alone-g").click()
    assert weights(page)[0] != g
    assert weights(page)[1] == d
    page.locator("#both").click()
    assert number(page) == before + 1
    page.locator("#restart").click()
    assert number(page) == 0
    assert page.evaluate("history.rounds.length") == 0


def test_every_preset_plays_and_says_what_to_look_for(visit, path):
    """Each sets its switches, plays three rounds with finite numbers, and has a text of its own."""
    page, texts = visit(path), set()
    names = page.locator("#preset option").all_inner_texts()[:-1]
    for place, name in enumerate(names):
        page.locator("#preset").select_option(str(place))
        for _ in range(3):
            page.evaluate("step(trainBoth, true)")
        assert not page.evaluate("isBroken(game)"), name
        assert page.evaluate("byId('preset').selectedOptions[0].textContent") == name
        texts.add(page.locator("#look").inner_text())
    assert len(texts) == len(names) > 10
    page.locator("#label").select_option("0.9")
    expect(page.locator("#preset option:checked")).to_have_text("your own settings")


def test_switches_act_while_it_plays(visit, path):
    """A new loss keeps the networks; another seed begins anew."""
    page = visit(path)
    page.evaluate("step(trainBoth, true)")
    before = weights(page)
    page.locator("#objective").select_option("minimax")
    page.locator("#penalty").select_option("1")
    assert page.evaluate("[game.settings.objective, game.settings.penalty]") == ["minimax", 1]
    assert weights(page) == before
    page.locator("#seed").select_option("3")
    assert number(page) == 0
    assert weights(page) != before


def test_the_address_keeps_the_state(visit, path):
    """A reload has the same settings and target; what is not a choice is ignored."""
    page = visit(path)
    page.locator("#objective").select_option("relativistic")
    page.locator("#generatorRate").select_option("0.01")
    page.locator("#height-4").evaluate(
        "(it) => { it.value = 20; it.dispatchEvent(new Event('input')); }"
    )
    state = page.evaluate("[settings, drawn]")
    assert state[0]["target"] == "drawn"
    page.reload()
    assert page.evaluate("[settings, drawn]") == state
    assert page.locator("#generatorRate").input_value() == "0.01"
    other = visit(path)
    other.goto(f"{path.as_uri()}#target=ring&objective=<b>&penalty=7&drawn=zz&seed=4")
    other.reload()
    found = other.evaluate("settings")
    defaults = other.evaluate("DEFAULTS")
    assert found == {**defaults, "seed": 4}


def test_a_target_is_drawn_by_the_mouse(visit, path):
    """Dragging across the picture sets the columns passed, while drawing is switched on."""
    page = visit(path)

    def drag() -> None:
        box = page.locator("#stage").bounding_box()
        page.mouse.move(box["x"] + 60, box["y"] + 30)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] - 30, box["y"] + 30, steps=30)
        page.mouse.up()

    drag()
    assert page.evaluate("settings.target") == "normal"
    page.locator("#draw").click()
    drag()
    heights = page.evaluate("drawn")
    assert page.evaluate("settings.target") == "drawn"
    assert min(heights) > 25
    assert page.evaluate("Math.max(...game.target.shares)") < 1.2 / 120


def test_the_keyboard_does_all(visit, path):
    """Buttons, choices and the drawn target are reached by Tab and changed by keys."""
    page = visit(path)
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id"))
    needed = {"play", "both", "alone-d", "alone-g", "restart", "preset", "draw", "speed", "seed"}
    assert needed <= reached
    page.locator("#alone-d").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("game.alone") == 1
    page.locator("#objective").focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("game.settings.objective") == "minimax"
    page.locator("summary").focus()
    page.keyboard.press("Enter")
    page.locator("#height-2").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("[settings.target, drawn[2]]") == ["drawn", 1]


@pytest.mark.parametrize("game", ["line", "plane"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_game_is_accessible(visit, path, scheme, game):
    """axe-core finds nothing serious or critical, and the picture says its state."""
    page = visit(path, color_scheme=scheme)
    page.locator("#game").select_option(game)
    page.locator("summary").evaluate("it => { it.parentElement.open = true; }")
    page.evaluate("step(trainBoth, true)")
    assert grave(page) == []
    said = page.locator("#stage").get_attribute("aria-label")
    assert "round 1" in said
    assert ("spots reached" if game == "plane" else "Jensen-Shannon") in said


@pytest.mark.parametrize("width", [360, 390, 768, 1600])
def test_the_game_fits_every_screen(visit, path, width):
    """Nothing sticks out to the side, on a phone or on a wide screen, in both games."""
    page = visit(path, viewport={"width": width, "height": 800})
    page.locator("summary").click()
    for game in ("line", "plane"):
        page.locator("#game").select_option(game)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        small = page.locator("button:visible, select:visible").evaluate_all(
            "all => all.filter(one => one.getBoundingClientRect().height < 24).length"
        )
        assert small == 0


def test_overflowing_numbers_stop_the_game(visit, path):
    """It pauses, and says what to do."""
    page = visit(path)
    page.evaluate("game.discriminator.parameters[0][0] = NaN")
    page.locator("#play").click()
    expect(page.locator("#trouble")).to_contain_text("a learning rate is too high")
    expect(page.locator("#play")).to_have_text("Play")


def test_the_page_of_a_run_starts_with_its_settings(visit, tmp_path):
    """Its switches, its target in its own numbers, and a name that is shown as text."""
    attack = "</script><script>alert(1)</script>"
    start = start_of(RECIPES["2018"], Target("uniform", 5.0, 2.0), seed=12)._replace(name=attack)
    file = tmp_path / "page.html"
    file.write_text(game_page(attack, attack, start), "utf-8")
    page = visit(file)
    expect(page.locator("h1")).to_have_text(attack)
    expect(page.locator("#preset option:checked")).to_have_text("This run")
    found = page.evaluate("settings")
    assert (found["sees"], found["objective"]) == ("unsorted", "non_saturating")
    assert (found["hidden"], found["betas"]) == ("elu sigmoid elu elu", "0.9 0.999")
    assert (found["generatorRate"], found["seed"], found["sets"]) == (2e-4, 12, 1)
    drawn = page.evaluate("Array.from(game.target.draw(newRandom(3), 5000))")
    assert np.mean(drawn) == pytest.approx(5, abs=0.15)
    assert np.std(drawn) == pytest.approx(2, abs=0.1)
    page.evaluate("step(trainBoth, true)")
    assert not page.evaluate("isBroken(game)")


def test_the_page_of_a_run_has_its_updates():
    """Twenty updates of each network in a round stay twenty of each."""
    settings = start_of(RECIPES["2017"], Target("normal", 4.0, 1.25), seed=0).settings
    assert (settings["discriminatorUpdates"], settings["generatorUpdates"]) == (20, 20)


def test_a_standardised_run_shows_its_own_numbers(tmp_path):
    """The networks see the density with mean 0; offset and scale lead back to the run's."""
    start = start_of(RECIPES["sorted"], Target("normal", 400.0, 3.0), seed=0)
    assert isinstance(start, Start)
    assert (start.offset, start.scale, start.low, start.high) == (400.0, 3.0, -4, 4)
    assert start.density(np.array([0.0])) == Target("normal", 400.0, 3.0).density(np.array([400.0]))
    text = game_page(start=start)
    data = json.loads(text.split('id="data">')[1].split("</script>")[0])
    assert np.argmax(data["own"]["heights"]) in (59, 60)
    assert len(data["own"]["heights"]) == 120
