"""Pages in a real browser: what is seen, clicked, typed and drawn there, and that nothing else is.

Needs Chromium (`apt-get install chromium`); without it these tests are skipped.
"""

import base64
import json
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from mnist_gan.api import load_generator
from mnist_gan.config.loading import load_config
from mnist_gan.data.images import from_uint8, to_uint8, write_png
from mnist_gan.data.sources import load_data
from mnist_gan.evaluation.classifiers import Classifier
from mnist_gan.lab.paper.page import PICTURES, write_page
from mnist_gan.models.generator import build_generator
from mnist_gan.noise import BOUND, codes, latents
from mnist_gan.pages.comparison_page import PageGroup, comparison_page
from mnist_gan.pages.generator_page import generator_page
from mnist_gan.pages.index_page import NAME, write_index
from mnist_gan.pages.playground import playground
from mnist_gan.pages.run_page import write_run_page
from mnist_gan.runs import GRID, RunFolder
from mnist_gan.sampling.sampler import copy_generator, generate, sample
from tests.conftest import mnist_gan
from tests.foreign import BUILDERS
from tests.networks import build_convolutional_generator
from tests.pages.album import EQUILIBRIUM, album, row
from tests.pages.conftest import CHROMIUM, grave, until
from tests.runs.test_runs import make_run

INK = """(id) => {
  const source = document.querySelector(id), copy = document.createElement("canvas");
  [copy.width, copy.height] = [source.width, source.height];
  const context = copy.getContext("2d", { willReadFrequently: true });
  context.drawImage(source, 0, 0);
  const bytes = context.getImageData(0, 0, copy.width, copy.height).data;
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}"""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> RunFolder:
    """Return a run that the installed command trained for real, with its page."""
    folder = tmp_path_factory.mktemp("trained")
    result = mnist_gan("train", "--config", "smoke", "--quiet", cwd=folder)
    assert result.returncode == 0, result.stderr
    return RunFolder(folder / result.stdout.strip())


@pytest.fixture(scope="module")
def long_run(tmp_path_factory) -> RunFolder:
    """Return a run of 400 epochs and 21 grids, with the bundled generator and its page."""
    run = album(tmp_path_factory.mktemp("long"), epochs=400, every=20)
    write_run_page(run)
    return run


def ink(page, selector: str) -> np.ndarray:
    """Return the grey levels (side, side) that a canvas shows."""
    pixels = np.frombuffer(base64.b64decode(page.evaluate(INK, selector)), np.uint8).reshape(-1, 4)
    side = round(len(pixels) ** 0.5)
    return pixels[:, 0].reshape(side, side)


def stored(run: RunFolder, epoch: int) -> np.ndarray:
    """Return the grid of an epoch from its file, one pixel for each pixel of a digit."""
    with Image.open(run.folder / GRID.format(epoch)) as picture:
        return np.asarray(picture)[::2, ::2]


def index(outputs: Path) -> Path:
    """Write the index of runs and return its path."""
    write_index(outputs)
    return outputs / NAME


def test_the_slider_and_the_arrow_keys_move_through_time(visit, trained):
    """The grid shown is that of the epoch named, pixel for pixel, and stops at both ends."""
    page = visit(trained.page)
    until(page, lambda: np.array_equal(ink(page, "#sheet canvas"), stored(trained, 5)))
    page.locator("#epoch").fill("1")
    expect(page.locator("#place")).to_have_text("epoch 2 of 5")
    until(page, lambda: np.array_equal(ink(page, "#sheet canvas"), stored(trained, 2)))
    page.locator("#epoch").press("ArrowRight")
    expect(page.locator("#place")).to_have_text("epoch 3 of 5")
    page.locator("body").press("ArrowLeft")
    page.locator("body").press("ArrowLeft")
    page.locator("body").press("ArrowLeft")
    expect(page.locator("#place")).to_have_text("epoch 1 of 5")
    until(page, lambda: np.array_equal(ink(page, "#sheet canvas"), stored(trained, 1)))


def test_play_runs_to_the_last_epoch_and_stops(visit, trained):
    """From the last epoch it starts at the first, and it shows every grid."""
    page = visit(trained.page)
    page.evaluate("""() => {
      window.seen = [];
      const note = () => { window.seen.push(byId("place").textContent); };
      new MutationObserver(note).observe(byId("place"), { childList: true });
    }""")
    page.locator("#play").click()
    expect(page.locator("#play")).to_have_text("Pause")
    expect(page.locator("#play")).to_have_text("Play")
    assert page.evaluate("window.seen") == [f"epoch {epoch} of 5" for epoch in range(1, 6)]


def test_two_epochs_stand_side_by_side(visit, trained):
    """The second grid has a slider of its own, and its digits can be chosen, too."""
    page = visit(trained.page)
    page.locator("#beside").click()
    until(page, lambda: np.array_equal(ink(page, "#other canvas"), stored(trained, 1)))
    page.get_by_label("Epoch of the second grid").fill("3")
    until(page, lambda: np.array_equal(ink(page, "#other canvas"), stored(trained, 4)))
    assert np.array_equal(ink(page, "#sheet canvas"), stored(trained, 5))
    page.locator("#other .cells button").nth(12).click()
    expect(page.locator("#digit")).to_contain_text("12 of seed 0")
    expect(page.locator("#digit dd").nth(1)).to_have_text("4")


def test_a_chosen_digit_shows_its_annotations(visit, trained):
    """Its picture, D's score, the classifier's digit and its nearest training images."""
    page, cells = visit(trained.page), trained.cells(5)
    page.locator("#sheet .cells button").nth(37).click()
    until(page, lambda: np.array_equal(ink(page, "#enlarged"), stored(trained, 5)[92:120, 212:240]))
    facts = page.locator("#digit dd").all_inner_texts()
    assert facts[0] == "37 of seed 0"
    assert facts[2].startswith(f"{cells.scores[37]:.2f} ")
    assert facts[3] == f"{cells.digits[37]}, {100 * cells.confidence[37]:.0f} % sure"
    place, distance = cells.nearest[37][0], cells.distances[37][0]
    nearest = page.get_by_label(f"training image {place}, {distance:g} grey levels away")
    nearest.evaluate("element => { element.id = 'nearest'; }")
    images = load_data("digits").images
    until(
        page, lambda: np.array_equal(ink(page, "#nearest"), 255 - to_uint8(images[place][None])[0])
    )
    drawn = from_uint8(255 - ink(page, "#enlarged")[None])
    exact = np.sqrt(((drawn - images) ** 2).mean(1)) * 127.5
    assert exact.min() == pytest.approx(distance, abs=0.3)


@pytest.mark.parametrize("which", ["last", "best"])
def test_the_command_of_a_digit_draws_it_again(visit, trained, tmp_path, which):
    """Run as it is printed, it writes the very pixels that the page shows."""
    run = RunFolder(shutil.copytree(trained.folder, tmp_path / "outputs" / "0003-a b&c"))
    if which == "best":  # epoch 4, by a history that says so; its generator is another one
        rows = run.history()
        rows[3]["frechet_distance"] = 0.1
        run.write_history(rows)
        images = generate(load_generator(run.best), latents(0, 100, 16))
        run.write_grid(4, images)
    run = RunFolder(Path("outputs") / run.folder.name)
    html = tmp_path / run.page
    assert mnist_gan("browse", run.folder, "--no-open", cwd=tmp_path).returncode == 0
    page = visit(html)
    page.locator("#epoch").fill("4" if which == "last" else "3")
    page.locator("#sheet .cells button").nth(58).click()
    command = shlex.split(page.locator("#command").inner_text())
    assert command[0] == "mnist-gan"
    assert command[2].endswith("best.keras" if which == "best" else "a b&c")
    assert mnist_gan(*command[1:], cwd=tmp_path).returncode == 0
    with Image.open(tmp_path / "digit.png") as picture:
        again = np.asarray(picture)[::2, ::2]
    assert again.shape == (32, 32)
    until(page, lambda: np.array_equal(ink(page, "#enlarged"), again[2:30, 2:30]))


def test_epochs_whose_generators_are_gone_offer_no_command(visit, trained):
    """The annotations that were stored are still shown."""
    page = visit(trained.page)
    page.locator("#epoch").fill("0")
    expect(page.locator("#digit dd").nth(1)).to_have_text("1")
    expect(page.locator("#command")).to_have_count(0)
    expect(page.locator("#digit")).to_contain_text("D's score")


def test_commands_can_be_copied(visit, trained, browser):
    """The button puts the command on the clipboard and says so."""
    page = visit(trained.page)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#copy-repeat").click()
    expect(page.locator("#copy-repeat")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("#repeat").inner_text()
    assert copied.startswith("mnist-gan train --config ")


def test_cells_are_walked_by_arrow_keys(visit, trained):
    """Tab reaches the grid once; arrows choose digit after digit and leave time alone."""
    page = visit(trained.page)
    page.locator("#sheet .cells button").first.focus()
    for key in ("ArrowUp", "ArrowRight", "ArrowDown", "ArrowDown", "ArrowLeft"):
        page.keyboard.press(key)
    expect(page.locator("#digit dd").first).to_have_text("20 of seed 0")
    assert page.locator("#sheet .cells button[tabindex='0']").count() == 1
    assert page.locator("#place").inner_text() == "epoch 5 of 5"


def test_the_playground_draws_what_python_draws(visit, long_run):
    """Within two grey levels for every pixel, at latents near and far."""
    page, generator = visit(long_run.page), load_generator(long_run.generator)
    drawn = np.concatenate([generator.latents(5, 40), 3 * generator.latents(6, 10)])
    script = "all => all.map(latent => Array.from(draw(Float32Array.from(latent)), toByte))"
    levels = np.array(page.evaluate(script, drawn.tolist())).reshape(-1, 28, 28)
    apart = np.abs(levels - to_uint8(generate(generator, drawn)).astype(int))
    assert apart.max() <= 2
    assert (apart > 1).mean() < 1e-3


def test_the_playground_draws_as_the_generators_of_2014(visit, long_run):
    """Uniform noise, rectifiers, and a sigmoid that is stretched."""
    page = visit(long_run.page)
    network = build_generator(
        6, (20,), slope=0.0, noise="uniform", output="sigmoid", init_range=0.5
    )
    generator = copy_generator(network)
    shown = playground(generator, 3, 4)
    assert shown["noise"] == "uniform"
    drawn = generator.latents(3, 4)
    script = """([shown, all]) => {
      const draw = openGenerator(shown);
      return all.map((latent) => Array.from(draw(Float32Array.from(latent)), toByte));
    }"""
    levels = np.array(page.evaluate(script, [shown, drawn.tolist()])).reshape(-1, 28, 28)
    assert np.abs(levels - to_uint8(generate(generator, drawn)).astype(int)).max() <= 2
    script = "Array.from(randomLatent({ latentSize: 9000, classes: 0, noise: 'uniform' }))"
    noise = np.array(page.evaluate(script))
    assert np.abs(noise).max() <= BOUND
    assert noise.std() == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize(
    "network",
    [
        build_convolutional_generator(6, (5, 3), init_range=0.3),
        build_convolutional_generator(6, (5, 3), init_range=0.3, classes=10),
        build_generator(6, (20,), init_range=0.3, classes=10),
        *[build() for build in BUILDERS],
    ],
    ids=["convolutional", "both", "conditional", *[build.__name__ for build in BUILDERS]],
)
def test_the_playground_draws_convolutions_and_conditions_on_labels(visit, long_run, network):
    """As NumPy does, within two grey levels; the label is a given digit, or a random one."""
    page, generator = visit(long_run.page), copy_generator(network)
    shown, rows = playground(generator, 3, 30), generator.latents(3, 30)
    script = """([shown, all]) => {
      const draw = openGenerator(shown);
      return all.map((row) => Array.from(draw(Float32Array.from(row)), toByte));
    }"""
    levels = np.array(page.evaluate(script, [shown, rows.tolist()])).reshape(-1, 28, 28)
    assert levels.std() > 0
    assert np.abs(levels - to_uint8(generate(generator, rows)).astype(int)).max() <= 2
    script = "([shown, label]) => Array.from(randomLatent(shown, label))"
    drawn = np.array([page.evaluate(script, [shown, label]) for label in ("7", "7", *[""] * 40)])
    assert drawn.shape == (42, generator.inputs)
    labels = drawn[:, generator.latent_size :]
    if generator.classes:
        assert labels[:2].argmax(1).tolist() == [7, 7]
        assert (labels.sum(1) == 1).all()
        assert len(set(labels.argmax(1))) > 4


def test_a_digit_of_the_grid_is_the_same_in_the_playground(visit, long_run):
    """Its latent is in the page; the picture differs only by the error of half precision."""
    page = visit(long_run.page)
    page.locator("#sheet .cells button").nth(71).click()
    until(
        page, lambda: np.array_equal(ink(page, "#enlarged"), stored(long_run, 400)[212:240, 32:60])
    )
    page.locator("#take").click()
    apart = ink(page, "#stage").astype(int) - ink(page, "#enlarged")
    assert np.abs(apart).max() <= 2


def test_the_pages_classifier_sees_what_classifier_b_sees(visit, long_run):
    """Same digits, confidences within a hundredth."""
    page = visit(long_run.page)
    images = sample(load_generator(long_run.generator), 60, seed=8)
    script = "all => all.map(image => classify(Float32Array.from(image)))"
    found, expected = page.evaluate(script, images.tolist()), Classifier("b")(images)
    confidences = np.array([each["confidence"] for each in found])
    assert confidences == pytest.approx(expected.confidence, abs=0.01)
    sure = expected.confidence > 0.6
    assert [f["digit"] for f in found if f["confidence"] > 0.6] == expected.digits[sure].tolist()


def test_the_playground_draws_categorical_codes(visit, long_run):
    """Every code of "normal+categorical" noise is drawn, and no direction changes it."""
    page, network = (
        visit(long_run.page),
        build_generator(20, (20,), noise="normal+categorical", init_range=0.5),
    )
    shown = playground(copy_generator(network), 3, 4)
    script = "shown => [...Array(200)].map(() => Array.from(randomLatent(shown, '')))"
    drawn = np.array(page.evaluate(script, shown))
    values = drawn[:, :4].argmax(1)
    np.testing.assert_allclose(drawn[:, :4], codes(20)[values], atol=1e-6)
    assert set(values) == {0, 1, 2, 3}
    assert drawn[:, 4:].std() == pytest.approx(1, abs=0.1)
    found = np.frombuffer(base64.b64decode(shown["directions"]), "<f4").reshape(-1, 20)
    assert len(found) == 8
    assert not found[:, :4].any()
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("classes", [0, 10])
@pytest.mark.parametrize("noise", ["normal", "uniform", "normal+categorical"])
def test_a_walk_in_the_page_is_the_walk_of_sample(visit, long_run, noise, classes):
    """The great arc between two latents, or the straight line, by the same formula."""
    network = build_generator(100, (4,), noise=noise, classes=classes)
    page, generator = visit(long_run.page), copy_generator(network)
    ends = generator.with_labels(latents(9, 2, 100, distribution=noise), np.array([3, 7]))
    script = """([a, b, shares, noise]) => {
      const [begin, end] = [Float32Array.from(a), Float32Array.from(b)];
      const generator = { noise, latentSize: 100 };
      return shares.map((share) => Array.from(between(begin, end, share, generator)));
    }"""
    shares = np.linspace(0, 1, 7).tolist()
    path = np.array(page.evaluate(script, [ends[0].tolist(), ends[1].tolist(), shares, noise]))
    assert path == pytest.approx(generator.walk(ends, 7), abs=1e-5)


def test_sliders_slots_and_arithmetic_move_the_digit(visit, long_run):
    """A direction is added, a walk ends at B, and A - B + C is the image of that latent."""
    page, generator = visit(long_run.page), load_generator(long_run.generator)
    a, b, c = generator.latents(0, 3)

    def apart(latent) -> int:
        image = 255 - to_uint8(generate(generator, latent[None].astype(np.float32)))[0].astype(int)
        return int(np.abs(ink(page, "#stage") - image).max())

    assert apart(a) <= 2
    direction = np.array(page.evaluate("Array.from(directions[2])"))
    page.locator("#direction-2").fill("2.5")
    assert apart(a + 2.5 * direction) <= 2
    page.locator("#centre").click()
    assert apart(a) <= 2
    page.locator("#walk").fill("1")
    assert apart(b) <= 2
    page.locator("#add").click()
    assert apart(a - b + c) <= 2
    page.locator("#keep-B").click()
    page.locator("#walk").fill("1")
    assert apart(a - b + c) <= 2


def test_only_sevens_are_sevens(visit, long_run):
    """New digits of one class are classified as that class, and all differ."""
    page = visit(long_run.page)
    expect(page.locator("#strip li")).to_have_count(12)
    page.locator("#wanted").select_option("7")
    expect(page.locator("#found")).to_contain_text("12 of 12 in")
    pictures = []
    for k in range(12):
        page.locator("#strip canvas").nth(k).evaluate(f"element => {{ element.id = 'new-{k}'; }}")
        pictures.append(from_uint8(255 - ink(page, f"#new-{k}")[None])[0])
    assert (Classifier("b")(np.array(pictures)).digits == 7).all()
    assert len(np.unique(np.array(pictures), axis=0)) == 12
    assert page.locator("#strip button").count() == 12
    page.locator("#strip button").first.click()
    expect(page.locator("#judged")).to_contain_text("classifier b: a 7")


def test_a_thing_has_one_colour_in_all_charts(visit, long_run):
    """D is green and G orange, as in the lab; real images are blue and fakes orange."""
    page = visit(long_run.page)
    for chart, classes in enumerate((["k2", "k1"], ["k0", "k1"])):
        curves = page.locator("#charts .chart").nth(chart).locator(".curve")
        assert curves.evaluate_all("all => all.map((curve) => curve.classList[1])") == classes
        keys = page.locator("#charts .chart").nth(chart).locator(".legend .key")
        assert keys.evaluate_all("all => all.map((key) => key.classList[1])") == classes


def test_curves_follow_the_slider_and_move_it(visit, long_run):
    """The cursor is at the epoch shown, with its values; a click moves to the nearest grid."""
    page = visit(long_run.page)
    titles = page.locator(".chart h3").all_inner_texts()
    assert titles[0] == "Loss; dashed: at equilibrium"
    assert len(titles) == 6
    losses = page.locator(".chart").first
    assert losses.locator(".mark").count() == 2
    page.locator("#epoch").fill("1")
    expect(losses.locator(".legend")).to_have_text(
        f"discriminator {0.5 + 0.2 / 20:.3g}generator 0.05"
    )
    box = losses.locator("svg").bounding_box()
    losses.locator("svg").click(position={"x": box["width"] * 0.55, "y": 60})
    expect(page.locator("#place")).to_have_text("epoch 200 of 400")


def test_the_index_filters_sorts_and_compares(visit, outputs):
    """Two ticked runs stand side by side with the settings that differ, and no others."""
    album(outputs, epochs=2, name="short")
    album(outputs, epochs=3, name="long")
    config = load_config("tutorial", {"training.seed": 5, "name": "other"})
    other = make_run(outputs, "other", epochs=1, equilibrium=EQUILIBRIUM, status="failed")
    other.write_config(config)
    other.write_history([row(1, online=False)])
    page = visit(index(outputs))
    shown = page.locator(".card:visible h2")
    assert shown.all_inner_texts() == ["0003-other", "0002-long", "0001-short"]
    page.locator("#sort").select_option("distance")
    assert shown.all_inner_texts() == ["0002-long", "0001-short", "0003-other"]
    page.locator("#filter").fill("FAILED")
    assert shown.all_inner_texts() == ["0003-other"]
    expect(page.locator("#count")).to_have_text("1 of 3")
    page.locator("#filter").fill("")
    page.get_by_label("compare").nth(2).check()
    expect(page.locator("#compare")).to_be_hidden()
    expect(page.locator("#hint")).to_have_text("Tick one more.")
    page.get_by_label("compare").nth(0).check()
    expect(page.locator("#compare")).to_be_visible()
    differing = page.locator("#settings tbody td:first-child").all_inner_texts()
    assert differing == ["name", "training.seed"]
    assert page.locator("#pair img").count() == 1
    assert page.locator("#pair .chart").count() == 3 + 6
    page.get_by_label("compare").nth(1).check()
    assert page.locator(".tick:checked").count() == 2
    page.locator(".card h2 a").first.evaluate("link => { window.there = link.href; }")
    assert page.evaluate("window.there").endswith("/0002-long/page.html")


@pytest.fixture
def playable(tmp_path) -> Path:
    """Return the page of a conditional generator, which is named to do harm."""
    generator = copy_generator(build_generator(6, (20,), init_range=0.3, classes=10))
    attack = "</script><script>alert(1)</script>"
    (tmp_path / "generator.html").write_text(generator_page(generator, attack, attack), "utf-8")
    return tmp_path / "generator.html"


def test_a_generator_has_a_page_of_its_own(visit, playable):
    """It draws what Python draws, conditions on labels, and its buttons work without a run."""
    page = visit(playable)
    generator = copy_generator(build_generator(6, (20,), init_range=0.3, classes=10))
    expect(page.locator("h1")).to_have_text("</script><script>alert(1)</script>")
    expect(page.locator("#strip li")).to_have_count(12)
    expect(page.locator("#judged")).to_contain_text("classifier b:")
    a, b, c = generator.latents(0, 3)
    for button, latent in (("#centre", a), ("#add", a - b + c)):
        page.locator(button).click()
        drawn = to_uint8(generate(generator, latent[None].astype(np.float32)))[0]
        assert np.abs(ink(page, "#stage") - (255 - drawn.astype(int))).max() <= 2
    rows = generator.latents(3, 30)
    script = "all => all.map((row) => Array.from(draw(Float32Array.from(row)), toByte))"
    levels = np.array(page.evaluate(script, rows.tolist())).reshape(-1, 28, 28)
    assert np.abs(levels - to_uint8(generate(generator, rows)).astype(int)).max() <= 2


@pytest.fixture
def comparison(outputs) -> Path:
    """Return the page of three runs in two groups, one of which is named to do harm."""
    names = ("</script><script>alert(1)</script>", "dropout 0.3")
    runs = [album(outputs, epochs=epochs, name=f"run-{epochs}") for epochs in (3, 4, 5)]
    for run in runs[:2]:
        write_run_page(run)
    groups = [
        PageGroup(names[0], [names[0], "2", "4.50 ± 6.35"], [(runs[0], "seed 0"), (runs[1], "1")]),
        PageGroup(names[1], [names[1], "1", "8.75"], [(runs[2], "seed 0: 8.75")]),
    ]
    path = outputs / "comparison.html"
    heads = ["settings", "seeds", "Fréchet distance"]
    path.write_text(comparison_page("0012-sweep", heads, groups, ["a note"], outputs), "utf-8")
    return path


@pytest.fixture(scope="module")
def measured(tmp_path_factory) -> Path:
    """Return the page of `lab paper`, with empty pictures."""
    run = make_run(tmp_path_factory.mktemp("measured"))
    for picture in PICTURES:
        write_png(run.folder / picture.name, np.zeros((300, 900), np.uint8))
    row = {
        "model": "generated digits",
        "source": "here",
        "mean": 243.6,
        "error": 2.1,
        "sigma": 0.167,
    }
    published = {**row, "model": "adversarial nets", "source": "paper", "sigma": None}
    write_page(run, ["Generated digits: by <b>mine</b>"], [published, row])
    return run.page


def test_the_page_of_the_paper_shows_table_and_pictures(visit, measured):
    """Each number in its column, each picture under its title; names are text."""
    page = visit(measured)
    assert page.locator("tbody tr").all_inner_texts() == [
        "adversarial nets\t243.6 ± 2.1\t\tpaper",
        "generated digits\t243.6 ± 2.1\t0.167\there",
    ]
    expect(page.get_by_text("by <b>mine</b>")).to_be_visible()
    sizes = page.locator("img").evaluate_all("all => all.map(one => one.naturalWidth)")
    assert sizes == [900] * len(PICTURES)


def test_a_comparison_shows_table_curves_and_grids(visit, comparison):
    """A row and a colour for each group, a curve for each run, links to pages that exist."""
    page = visit(comparison)
    assert page.locator(".means tbody tr").count() == 2
    assert page.locator(".means td").all_inner_texts()[1] == "4.50 ± 6.35"
    assert page.locator("#charts .chart").count() == 4
    losses = page.locator("#charts .chart").nth(1)
    assert losses.locator(".curve.k0").count() == 2
    assert losses.locator(".curve.k1").count() == 1
    assert page.locator("#legend .key").all_inner_texts()[1] == "dropout 0.3"
    assert page.locator(".card img").count() == 3
    assert page.locator(".card a").count() == 2
    expect(page.get_by_text("3 trainings in 2 groups")).to_be_visible()
    expect(page.get_by_text("a note")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["run", "index", "comparison", "playable", "measured"])
def test_pages_are_accessible(visit, request, trained, kind, scheme):
    """axe-core finds nothing serious or critical."""
    if kind in ("comparison", "playable", "measured"):
        path = request.getfixturevalue(kind)
    else:
        path = trained.page if kind == "run" else index(trained.folder.parent)
    page = visit(path, color_scheme=scheme)
    if kind == "run":
        page.locator("#beside").click()
        page.locator("summary").click()
    assert grave(page) == []


@pytest.mark.parametrize("width", [360, 768, 1600])
def test_pages_fit_every_screen(visit, trained, comparison, playable, measured, width):
    """Nothing sticks out to the side, on a phone or on a wide screen."""
    for path in (trained.page, index(trained.folder.parent), comparison, playable, measured):
        page = visit(path, viewport={"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        small = page.locator("button:visible:not(.cells button)").evaluate_all(
            "all => all.filter(one => one.getBoundingClientRect().height < 24).length"
        )
        assert small == 0


def test_nothing_moves_if_the_system_prefers_reduced_motion(visit, trained):
    """There is nothing to play; the sliders still reach every epoch."""
    page = visit(trained.page, reduced_motion="reduce")
    expect(page.locator("#play")).to_be_hidden()
    expect(page.locator("#stroll")).to_be_hidden()
    page.locator("#epoch").fill("0")
    expect(page.locator("#place")).to_have_text("epoch 1 of 5")


@pytest.mark.parametrize(
    "case", ["nothing", "one", "failed", "running", "pictureless", "modelless"]
)
def test_a_page_makes_sense_of_every_run(visit, outputs, case):
    """Without epochs, with one, failed, running, without pictures or without a generator."""
    run = make_run(outputs) if case == "nothing" else album(outputs, epochs=1)
    if case == "failed":
        changes = {"status": "failed", "verdict": "diverged, as losses are non-finite"}
        run.write_manifest(run.manifest().model_copy(update=changes))
    if case == "pictureless":
        shutil.rmtree(run.images)
    if case == "modelless":
        run.generator.unlink()
    if case == "running":
        with run.locked():
            run.write_manifest(run.manifest().model_copy(update={"status": "running"}))
            write_run_page(run)
    else:
        write_run_page(run)
    page = visit(run.page)
    expect(page.locator("#no-grids")).to_be_visible(visible=case in ("nothing", "pictureless"))
    expect(page.locator("#no-curves")).to_be_visible(visible=case == "nothing")
    expect(page.locator("#playground")).to_be_visible(visible=case not in ("nothing", "modelless"))
    expect(page.locator("body")).to_contain_text(
        {
            "failed": "diverged",
            "running": "Training is still running",
            "nothing": "0 epochs done",
        }.get(case, "1 epoch done")
    )


def test_untrusted_runs_execute_nothing(visit, outputs):
    """Markup is shown as text and invalid data are left out; no dialog, request or error."""
    attack = "</script><img src=x onerror=alert(1)><script>alert(1)</script>"
    run = album(outputs, epochs=3)
    data = run.manifest().data.model_copy(update={"source": attack})
    run.write_manifest(run.manifest().model_copy(update={"verdict": attack, "data": data}))
    (run.folder / "config.yaml").write_text(f"name: {attack}</pre>\n" * 100)
    junk = "epoch,generator_loss,<script>\n1,2,3\n1e400,nan,x\n-5,1e300\n2,1e9,3,4,5\n,,\n"
    (run.folder / "history.csv").write_text(junk)
    (run.folder / GRID.format(2)).write_bytes(stored(run, 2).tobytes())
    cells = json.loads((run.folder / "cells" / "epoch-0003.json").read_text())
    cells |= {"nearest": [[10**300, -1, 0]] * 100, "digits": [10**20] * 100}
    (run.folder / "cells" / "epoch-0003.json").write_text(json.dumps(cells))
    folder = run.folder.rename(outputs / "0001-<img src=x onerror=alert(1)>")
    write_run_page(RunFolder(folder))
    page = visit(folder / "page.html")
    expect(page.locator("h1")).to_have_text("0001-<img src=x onerror=alert(1)>")
    expect(page.locator("body")).to_contain_text(attack)
    page.locator("#epoch").fill("0")
    page.locator("#sheet .cells button").nth(99).click()
    page.locator("summary").click()
    page = visit(index(outputs))
    expect(page.locator(".card h2")).to_have_text("0001-<img src=x onerror=alert(1)>")
    page.locator(".card h2 a").click()
    expect(page.locator("h1")).to_have_text("0001-<img src=x onerror=alert(1)>")


def test_the_policy_stops_what_should_never_be_there(browser, trained):
    """A script, a handler and a request that were added to a page do nothing."""
    page, events = browser.new_page(), []
    page.on("dialog", lambda dialog: events.append(dialog.message) or dialog.dismiss())
    page.on(
        "console",
        lambda message: (
            events.append("refused") if "Content Security Policy" in message.text else None
        ),
    )
    evil = '<script>alert(1)</script><img src="http://127.0.0.1:9/x.png" onerror="alert(2)">'
    path = trained.folder / "evil.html"
    path.write_text(trained.page.read_text().replace("<main>", f"<main>{evil}"))
    page.goto(path.as_uri())
    page.wait_for_timeout(300)
    page.close()
    path.unlink()
    assert set(events) == {"refused"}
    assert len(events) >= 2


def test_a_long_run_opens_at_once(visit, long_run):
    """Only the last of 21 grids is decoded, with its nearest images; the page itself is small."""
    page = visit(long_run.page)
    painted = "sheet.canvas.getContext('2d').getImageData(6, 6, 20, 20).data"
    page.wait_for_function(f"sheet && {painted}.some((level) => level < 99)")
    assert page.evaluate("pictures.size") == 2
    assert page.evaluate("document.querySelectorAll('*').length") < 1000
    assert long_run.page.stat().st_size < 8_000_000


def test_a_digit_takes_one_product_for_each_weight(visit, long_run):
    """That is the least work with which the generator's dense layers can draw one."""
    page = visit(long_run.page)
    script = """() => {
      const itself = dense;
      let products = 0;
      dense = (values, layer) => {
        products += layer.kernel.length;
        return itself(values, layer);
      };
      draw(latentOf(0));
      dense = itself;
      return products;
    }"""
    weights = load_generator(long_run.generator).layers
    assert page.evaluate(script) == sum(w.kernel.size for w in weights if hasattr(w, "kernel"))


def test_a_digit_that_is_never_drawn_is_looked_for_and_given_up(visit, trained):
    """The search shows its progress and its end, and a new choice stops it at once."""
    page = visit(trained.page)
    page.evaluate("classify = () => ({ digit: 3, confidence: 1 })")
    page.locator("#wanted").select_option("4")
    expect(page.locator("#found")).to_contain_text("0 of 12 in ")
    expect(page.locator("#found")).to_contain_text("rarely draws a 4")
    page.locator("#wanted").select_option("5")
    page.locator("#wanted").select_option("3")
    expect(page.locator("#found")).to_have_text("12 of 12 in 12 tries")
    expect(page.locator("#strip li")).to_have_count(12)
