"""Pages hold what a run has, request nothing else, and validate everything that they read."""

import base64
import hashlib
import html
import json
import os
import re

import numpy as np
import pytest
from PIL import Image

from mnist_gan.api import load_generator
from mnist_gan.data.images import tile
from mnist_gan.pages import index_page, run_page
from mnist_gan.pages.film import film_frames
from mnist_gan.pages.index_page import write_index
from mnist_gan.pages.playground import LARGEST, MOST_WORK, directions, fits, playground
from mnist_gan.pages.run_page import thinned, write_run_page
from mnist_gan.runs import GRID
from mnist_gan.sampling.numpy_generator import NumpyGenerator
from mnist_gan.sampling.numpy_layers import LEAKY, Activation, Dense
from mnist_gan.support.assets import arrays
from mnist_gan.support.errors import UserError
from tests.pages.album import album, cells, row
from tests.runs.test_runs import make_run

MB = 1_000_000


def data_of(page: str):
    """Return the data block of a page."""
    return json.loads(
        re.search(r'<script type="application/json" id="data">(.*)</script>', page)[1]
    )


def text_of(page: str) -> str:
    """Return what a page says outside of styles and scripts."""
    body = re.sub(r"<(style|script).*?</\1>", "", page, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>", "", body))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a run of five epochs."""
    return album(tmp_path_factory.mktemp("outputs"))


@pytest.fixture(scope="module")
def page(run) -> str:
    """Return its page."""
    return run_page.run_page(run)


def test_a_page_holds_grids_curves_and_a_generator(run, page):
    """Each grid is there, one pixel for each pixel of a digit, with its annotations."""
    data = data_of(page)
    assert [frame["epoch"] for frame in data["frames"]] == [1, 2, 3, 4, 5]
    picture = base64.b64decode(data["frames"][2]["grid"].partition(",")[2])
    (run.folder / "decoded.png").write_bytes(picture)
    with (
        Image.open(run.folder / GRID.format(3)) as drawn,
        Image.open(run.folder / "decoded.png") as kept,
    ):
        assert np.array_equal(np.asarray(kept), np.asarray(drawn)[::2, ::2])
    assert data["frames"][2]["cells"] == cells(3).model_dump()
    assert data["curves"]["generator_loss"][0] == [1, 2, 3, 4, 5]
    assert data["curves"]["speed"][1] == [2.0] * 5
    assert data["equilibrium"] == [0.69, 0.8, 0.2]
    assert len(page.encode()) < 12 * MB


def test_a_digit_is_drawn_again_by_a_command_while_its_generator_is_there(run, page):
    """The best epoch is drawn by best.keras, the last by the run, and no other by anything."""
    commands = [frame["command"] for frame in data_of(page)["frames"]]
    assert commands == [None] * 4 + [f"mnist-gan sample {run.folder} --seed 0"]


def test_the_best_and_the_last_generator_have_commands_of_their_own(outputs):
    """During training the last generator has none, because it soon changes."""
    run = album(outputs, epochs=3)
    run.best.write_bytes(b"")
    run.write_history([row(1, True), {**row(2, True), "frechet_distance": 0.5}, row(3, True)])
    frames = data_of(run_page.run_page(run))["frames"]
    assert frames[1]["command"] == f"mnist-gan sample {run.best} --seed 0"
    assert frames[2]["command"] == f"mnist-gan sample {run.folder} --seed 0"
    with run.locked():
        run.write_manifest(run.manifest().model_copy(update={"status": "running"}))
        frames = data_of(run_page.run_page(run))["frames"]
    assert [bool(frame["command"]) for frame in frames] == [False, True, False]


def test_nothing_runs_or_loads_but_what_the_policy_names(page):
    """Style and script are allowed by their hashes; there are no inline handlers or addresses."""
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1])
    assert policy.startswith("default-src 'none';")
    for tag in ("style", "script"):
        (inline,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        known = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{known}'" in policy
    markup = re.sub(r"<(style|script).*?</\1>", "", page, flags=re.DOTALL)
    assert re.findall(r"\s(?:style|on\w+)\s*=", markup) == []
    assert re.findall(r'(?:src|href)="(?!data:|\.\./index\.html)', markup) == []


def test_what_a_run_lacks_is_left_out(outputs):
    """Before the first epoch there is nothing to draw, and the page says so."""
    run = make_run(outputs, status="interrupted")
    page = run_page.run_page(run)
    data = data_of(page)
    assert (data["frames"], data["curves"], data["playground"]) == ([], {}, None)
    assert "There is no generator.keras" in text_of(page)


def test_columns_that_are_missing_are_not_drawn(outputs):
    """Without an online evaluation there are only losses; huge numbers are not drawn."""
    run = album(outputs, epochs=2)
    run.write_history([row(1, False), {**row(2, False), "fake_score": 1e30}])
    drawn = data_of(run_page.run_page(run))["curves"]
    assert set(drawn) == {
        "discriminator_loss",
        "generator_loss",
        "real_score",
        "fake_score",
        "speed",
    }
    assert drawn["fake_score"] == [[1], [0.4]]


@pytest.mark.parametrize(
    ("broken", "note"),
    [
        ("history.csv", "history.csv is damaged or no table of numbers"),
        ("generator.keras", "No playground: "),
        ("evaluation.json", "evaluation.json is damaged"),
        ("images/epoch-0002.png", "1 grid cannot be shown; it is of epoch 2"),
    ],
)
def test_what_is_damaged_is_left_out_with_a_note(outputs, broken, note):
    """The rest of the page is there."""
    run = album(outputs, epochs=3)
    (run.folder / broken).write_bytes(b"\xff\xd8 no such file")
    page = run_page.run_page(run)
    assert note in text_of(page)
    assert len(data_of(page)["frames"]) == (2 if "images" in broken else 3)


@pytest.mark.parametrize("damage", ["short", "junk", "infinite", "uneven"])
def test_cells_that_do_not_fit_a_grid_are_left_out(outputs, damage):
    """The grid is shown without them."""
    run = album(outputs, epochs=1)
    path = run.folder / "cells" / "epoch-0001.json"
    kept = json.loads(path.read_text())
    changes = {
        "short": {**kept, "scores": [0.5]},
        "junk": [1, 2],
        "infinite": {**kept, "scores": [float("inf")] * 100},
        "uneven": {**kept, "distances": [[1.0]] * 100},
    }
    path.write_text(json.dumps(changes[damage]))
    (frame,) = data_of(run_page.run_page(run))["frames"]
    assert set(frame) == {"epoch", "grid", "command"}


def test_a_picture_that_claims_to_be_huge_is_not_decoded(outputs):
    """Its size is checked before decoding could exhaust the memory."""
    run = album(outputs, epochs=2)
    path = run.folder / GRID.format(1)
    content = bytearray(path.read_bytes())
    content[16:24] = (60_000).to_bytes(4) * 2
    path.write_bytes(content)
    assert "it is not a PNG of 604 by 604 pixels" in text_of(run_page.run_page(run))


@pytest.mark.parametrize(
    "name", ["images", "cells", "config.yaml", "history.csv", "generator.keras"]
)
def test_links_that_lead_out_of_a_run_are_not_followed(outputs, tmp_path, name):
    """Files outside the run do not get into a page that may be shared."""
    run = album(outputs, epochs=1)
    elsewhere = tmp_path / "elsewhere"
    (run.folder / name).rename(elsewhere)
    (run.folder / name).symlink_to(elsewhere)
    page = run_page.run_page(run)
    whole, data = run_page.run_page(album(outputs, epochs=1)), data_of(page)
    assert "leads out of the run" in text_of(page) or "cells" not in data["frames"][0]
    assert len(page) < len(whole)


def test_a_manifest_of_fifty_megabytes_is_refused_and_left_out_of_the_index(outputs):
    """It is refused in one sentence, and the index has a note."""
    run = album(outputs, epochs=1)
    album(outputs, epochs=1)
    with (run.folder / "run.json").open("ab") as file:
        file.truncate(50 * MB)
    with pytest.raises(UserError, match=r"run\.json is larger than 1,000,000 bytes"):
        run_page.run_page(run)
    text = text_of(index_page.index_page(outputs)[0])
    assert "0001-album/run.json is larger than" in text
    assert "0002-album" in text


def test_everything_that_is_read_is_text(outputs):
    """Markup in names, settings, diagnoses and sources is shown as text."""
    attack = "</script><script>alert(1)</script>"
    run = album(outputs, epochs=1)
    manifest = run.manifest()
    data = manifest.data.model_copy(update={"source": attack})
    run.write_manifest(manifest.model_copy(update={"verdict": attack, "data": data}))
    (run.folder / "config.yaml").write_text(f"name: {attack}</pre>")
    folder = run.folder.rename(outputs / "0001-<img src=x onerror=alert(1)>")
    write_run_page(type(run)(folder))
    write_index(outputs)
    for path in (folder / "page.html", outputs / "index.html"):
        page = path.read_text()
        assert page.count("<script>") == 1
        assert attack not in page
        assert "<img src=x" not in page
        assert "0001-<img src=x onerror=alert(1)>" in text_of(page)


def test_a_long_run_is_thinned_until_its_page_is_small_enough(outputs, monkeypatch):
    """First, last and best stay, the others evenly; and the page says how many there are."""
    run = album(outputs, epochs=40)
    monkeypatch.setattr(run_page, "LARGEST", 5 * MB)
    page = run_page.run_page(run)
    epochs = [frame["epoch"] for frame in data_of(page)["frames"]]
    assert 4 <= len(epochs) < 40
    assert (epochs[0], epochs[-1]) == (1, 40)
    assert max(np.diff(epochs)) <= 2 * min(np.diff(epochs))
    assert f"{len(epochs)} of 40 grids are shown" in text_of(page)
    assert len(page) < 5.5 * MB


def test_a_thousand_epochs_fit(outputs):
    """A page of a thousand grids and rows stays below 12 MB."""
    run = album(outputs, epochs=1000, every=500)
    for epoch in range(2, 1000):
        if not (path := run.folder / GRID.format(epoch)).exists():
            os.link(run.folder / GRID.format(1), path)
    page = run_page.run_page(run)
    assert len(page.encode()) < 12 * MB
    assert len(data_of(page)["curves"]["generator_loss"][0]) <= 400
    assert "of 1,000 grids are shown" in text_of(page)


def test_one_epoch_is_an_epoch(outputs):
    """Pages count in the singular, too."""
    run = album(outputs, epochs=1)
    assert "1 epoch done" in text_of(run_page.run_page(run))
    index, _ = index_page.index_page(outputs)
    assert re.search(r"\b1 epoch\b", text_of(index))


def test_a_hundred_runs_fit_into_an_index(outputs):
    """Further runs are only links, and grids are left out until the index is small enough."""
    first = album(outputs, epochs=100, every=10)
    for number in range(2, 103):
        folder = outputs / f"{number:04d}-album"
        folder.mkdir()
        for name in ("run.json", "config.yaml", "history.csv"):
            os.link(first.folder / name, folder / name)
        (folder / "images").mkdir()
        os.link(first.folder / GRID.format(1), folder / GRID.format(1))  # noise packs worst
    page, _ = index_page.index_page(outputs)
    assert len(page.encode()) < 12 * MB
    assert len(data_of(page)["runs"]) == 100
    assert page.count('class="card"') == 100
    assert "0002-album/page.html" in page
    assert page.count("/page.html") == 2 * 100 + 2


def test_an_index_follows_no_link_that_leads_out(outputs, tmp_path):
    """A run outside the folder is named, not read."""
    album(outputs, epochs=1)
    secret = album(tmp_path / "elsewhere", epochs=1, name="secret")
    (outputs / "0007-link").symlink_to(secret.folder)
    page, _ = index_page.index_page(outputs)
    assert "0007-link is a link that leads out of outputs" in text_of(page)
    assert page.count('class="card"') == 1


def test_an_index_without_runs_says_how_to_make_one(outputs):
    """There is nothing to show, filter or compare."""
    outputs.mkdir()
    text = text_of(index_page.index_page(outputs)[0])
    assert "There are no runs yet; mnist-gan train makes one." in text
    assert "Filter" not in text


def test_the_playground_holds_the_generators_numbers():
    """Weights in order and in half precision, latents of the seed in single."""
    rng = np.random.default_rng(3)
    layers = [Dense(rng.normal(size=(5, 7)), rng.normal(size=7)), Activation(LEAKY, 0.2)]
    data = playground(NumpyGenerator(layers), seed=0, count=2)
    assert data["layers"] == [
        {"inputs": 5, "units": 7},
        {"activation": "leaky_relu", "slope": 0.2},
    ]
    weights = np.frombuffer(base64.b64decode(data["weights"]), "<f2")
    assert weights == pytest.approx(np.concatenate([a.ravel() for a in layers[0]]), rel=1e-3)
    assert np.frombuffer(base64.b64decode(data["latents"]), "<f4").shape == (10,)


def test_directions_are_those_that_move_the_first_layer_most():
    """The first of a kernel that stretches the third latent number tenfold is that number."""
    kernel = np.diag([1.0, 2.0, 10.0, 0.5])
    found = directions(kernel)
    assert np.abs(found[0]) == pytest.approx([0, 0, 1, 0])
    assert found @ found.T == pytest.approx(np.eye(4), abs=1e-12)


def test_a_generator_of_too_many_weights_stays_out():
    """The bundled one fits."""
    assert fits(load_generator(None, "nowhere"))
    kernel = np.zeros((LARGEST, 1), np.float32)
    assert not fits(NumpyGenerator([Dense(kernel, kernel[0])]))


def test_a_generator_of_too_much_work_stays_out():
    """A browser would take long for each digit."""
    layers = [Dense(np.zeros((3, 4), np.float32), np.zeros(4, np.float32))]
    assert fits(NumpyGenerator(layers, work=MOST_WORK))
    assert not fits(NumpyGenerator(layers, work=MOST_WORK + 1))


def test_weights_that_half_precision_cannot_hold_stay_out():
    """They would be infinite in half precision."""
    kernel = np.array([[1e6]], np.float32)
    assert not fits(NumpyGenerator([Dense(kernel, kernel[0])]))


def test_thinning_keeps_what_must_be_kept():
    """Both ends, and what is named, in order."""
    kept = thinned(range(1000), 10, keep=[3])
    assert kept == [0, 3, 111, 222, 333, 444, 555, 666, 777, 888, 999]
    assert thinned([1, 2], 10) == [1, 2]


def test_a_film_has_a_frame_for_each_grid(run):
    """With the epoch below the digits, and without the damaged ones."""
    frames = list(film_frames(run))
    assert [frame.shape for frame in frames] == [(636, 604)] * 5
    with Image.open(run.folder / GRID.format(4)) as drawn:
        assert np.array_equal(frames[3][:604], np.asarray(drawn))
    strips = {frame[604:].tobytes() for frame in frames}
    assert len(strips) == 5
    assert all(frame[604:].min() == 0 for frame in frames)


def test_the_classifier_in_a_page_is_classifier_b():
    """Its normalisations are folded into the convolutions before them."""
    classifier = playground(NumpyGenerator([Dense(np.zeros((2, 2)), np.zeros(2))]), 0, 1)["judge"]
    kernels = [value for key, value in arrays("judge-b.npz").items() if key.startswith("weight")]
    count = sum(kernel.size + kernel.shape[-1] for kernel in kernels if kernel.ndim > 1)
    assert len(base64.b64decode(classifier["weights"])) == 2 * count
    assert [block["filters"] for block in classifier["blocks"]] == [16, 32, 64]


def test_grids_are_tiles(run):
    """The page cuts digits out of sheets at the positions at which `tile` draws them."""
    sheet = tile(np.ones((100, 784)), columns=10, scale=1)
    assert sheet.shape == (302, 302)
    assert (sheet[2:30, 32:60] == 0).all()
