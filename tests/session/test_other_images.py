"""Training on images that are no digits, or digits that lie: classes, classifiers, sentences."""

import json
import zipfile

import numpy as np
import pytest

from mnist_gan.data.offline import embedded_digits
from mnist_gan.runs import RunFolder
from tests.conftest import TINY, mnist_gan, refusal
from tests.pages.test_pages import text_of

FASHION = np.array(["bag", "coat", "shoe"])


def stripes(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return images that no classifier of digits knows, and the names of their three classes."""
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 3, count)
    images = rng.integers(0, 80, (count, 28, 28), np.uint8)
    for place, label in enumerate(labels):
        images[place, label * 9 : label * 9 + 9] += 150
    return images, FASHION[labels]


def train(folder, images, labels, *settings):
    """Train one epoch; return the run and what was printed."""
    np.savez(folder / "mine.npz", x=images, y=labels)
    changes = [part for setting in settings for part in ("--set", setting)]
    result = mnist_gan("train", *TINY, "--epochs", 1, "--data", "mine.npz", *changes, cwd=folder)
    assert result.returncode == 0, result.stderr
    return RunFolder(folder / result.stdout.strip()), result.stderr


@pytest.fixture(scope="module")
def clothes(tmp_path_factory):
    """Return a folder with a run that is conditioned on three kinds of clothes."""
    folder = tmp_path_factory.mktemp("clothes")
    settings = ("training.conditional=true", "training.eval_samples=200")
    run, told = train(folder, *stripes(2400), *settings)
    return folder, run, told


def test_classes_have_the_names_of_the_data(clothes):
    """One line says what was read; the run records its classes, and that they are no digits."""
    _, run, told = clothes
    (line,) = (line for line in told.splitlines() if line.startswith("data "))
    assert "2,400 images of 3 classes (bag to shoe)" in line
    assert "arrays x, y" in line
    data = run.manifest().data
    assert data.classes == ("bag", "coat", "shoe")
    assert not data.are_digits
    assert data.shares is None


def test_digits_are_not_looked_for_in_other_images(clothes):
    """The history has a Fréchet distance of their pixels, and no shares of digits; so the page."""
    _, run, _ = clothes
    (row,) = run.history()
    assert row["frechet_distance"] > 0
    assert not {"digit_0", "confidence"} & row.keys()
    assert run.cells(1).digits is None
    script = run.page.read_text().partition('<script type="application/json" id="data">')[2]
    data = json.loads(script.partition("</script>")[0])
    assert data["playground"]["names"] == ["bag", "coat", "shoe"]
    assert data["playground"]["judge"] is None


def test_a_page_of_other_images_says_nothing_of_digits(clothes):
    """It calls them images, and names the classes that they were trained on."""
    folder, run, told = clothes
    text = text_of(run.page.read_text().partition('id="about">')[0])
    assert "New images" in text
    assert "digit" not in text.lower()
    about = text_of(run.page.read_text())
    assert "2,400 images of bag, coat, shoe, " in about
    assert "digit" not in told.lower().replace("--data digits", "")
    assert mnist_gan("browse", 1, "--no-open", "--output", "a.html", cwd=folder).returncode == 0


def test_exports_of_other_images_say_what_they_show(clothes):
    """The card and the page have the names of the classes, in order, and nothing of digits."""
    folder, _, _ = clothes
    for name, output in (("hub", "hub"), ("html", "a.html"), ("npz", "a.npz")):
        ended = mnist_gan("export", 1, "--format", name, "--output", output, cwd=folder)
        assert ended.returncode == 0, ended.stderr
    card = (folder / "hub" / "README.md").read_text()
    assert "grey images of the classes bag, coat, shoe, 28x28 pixels" in card
    assert "In order these are bag, coat, shoe." in card
    page = (folder / "a.html").read_text()
    data = json.loads(page.partition('id="data">')[2].partition("</script>")[0])
    assert (data["names"], data["judge"]) == (["bag", "coat", "shoe"], None)
    with zipfile.ZipFile(folder / "a.npz") as archive:
        readme = archive.read("README.txt").decode()
    for text in (card, text_of(page), readme):
        assert "digit" not in text.lower()
        assert "mnist," not in text


def test_a_class_is_drawn_by_its_name(clothes):
    """`--class` and `--digit` take the names of the data; others are refused with those."""
    folder, _, _ = clothes
    for option in ("--class", "--digit"):
        drawn = mnist_gan(
            "sample", 1, option, "coat", "--output", "a.npy", "--count", 3, cwd=folder
        )
        assert drawn.returncode == 0, drawn.stderr
        assert np.load(folder / "a.npy").shape[0] == 3
    told = refusal("sample", 1, "--class", "7", cwd=folder)
    assert "no class 7; this generator has bag, coat, shoe" in told


@pytest.mark.slow
def test_an_evaluation_compares_other_images_by_their_pixels(clothes):
    """And by a classifier of their classes, which have their names; it says nothing of digits."""
    folder, run, _ = clothes
    result = mnist_gan("evaluate", 1, "--samples", 1000, cwd=folder, KERAS_HOME=str(folder))
    assert result.returncode == 0, result.stderr
    told = [line for line in result.stderr.splitlines() if line.startswith("A classifier")]
    assert told == [
        "A classifier trained on the labels of 1,200 images is right on 100.0% of 1,200 others."
    ]
    found = run.evaluation()
    shares = {name: share for name, share in found.values.items() if name.startswith("class_")}
    assert [*shares] == ["class_bag", "class_coat", "class_shoe"]
    assert sum(shares.values()) == pytest.approx(1)
    assert found.real["agreement"] == 1
    assert 0 <= found.values["agreement"] < 0.9  # after one epoch
    assert found.values["classes_divergence"] > found.real["classes_divergence"] >= 0
    assert "MNIST's classifiers do not know such images, so their pixels were compared" in (
        result.stdout
    )
    assert f"coat, %{100 * shares['class_coat']:25.1f}" in result.stdout
    assert "trained on the labels (right on 100.0% of real images)" in result.stdout
    for word in ("digit", "classifier b"):
        assert word not in result.stdout
    again = mnist_gan(
        "evaluate", 1, "--samples", 1000, "--json", cwd=folder, KERAS_HOME=str(folder)
    )
    assert "training a classifier" not in again.stderr  # it was kept
    assert json.loads(again.stdout)["values"] == found.values
    several = mnist_gan("evaluate", 1, 1, "--samples", 1000, cwd=folder, KERAS_HOME=str(folder))
    assert several.stdout.count("coat, %") == 1


def test_a_run_on_chosen_classes_is_conditioned_on_those(tmp_path):
    """Two of three classes make two labels; what was never seen cannot be asked for."""
    settings = ("training.conditional=true", "data.classes=shoe,bag")
    run, _ = train(tmp_path, *stripes(300), *settings)
    assert run.manifest().data.classes == ("bag", "shoe")
    assert "has bag, shoe" in refusal("sample", 1, "--class", "coat", cwd=tmp_path)
    told = refusal("train", *TINY, "--data", "mine.npz", "--classes", "bag,sock", cwd=tmp_path)
    assert "no class sock; its classes are bag, coat, shoe" in told


def test_without_conditioning_other_classes_cannot_be_chosen(tmp_path):
    """The sentence says what to train instead of advising a longer training."""
    train(tmp_path, *stripes(300), "training.eval_samples=100")
    told = refusal("sample", 1, "--digit", "3", cwd=tmp_path)
    assert "--set training.conditional=true" in told


def test_letters_are_no_digits_where_nothing_was_evaluated(tmp_path):
    """Without an online evaluation the names of the classes say so."""
    run, _ = train(tmp_path, *stripes(300))
    assert not run.manifest().data.are_digits
    assert "needs a generator that is conditioned" in refusal(
        "sample", 1, "--class", "bag", cwd=tmp_path
    )


def test_a_digit_that_was_not_trained_on_is_refused(tmp_path):
    """The sentence says which there are instead of looking for others."""
    images, labels = (part[:1000] for part in embedded_digits())
    train(tmp_path, images, labels, "data.classes=0-3")
    told = refusal("sample", 1, "--digit", "7", cwd=tmp_path)
    assert "no class 7; this generator has 0, 1, 2, 3" in told


@pytest.mark.slow
def test_transposed_digits_are_noticed(tmp_path):
    """A hint names the option that mends it; with it digits are judged as digits."""
    images, labels = (part[:1500] for part in embedded_digits())
    on = "training.eval_samples=100"
    run, told = train(tmp_path, images.transpose(0, 2, 1), labels, on)
    assert "most look transposed; --set data.transpose=true mends that" in told
    assert not run.manifest().data.are_digits
    run, told = train(tmp_path, images.transpose(0, 2, 1), labels, on, "data.transpose=true")
    assert "most look" not in told
    assert run.manifest().data.are_digits


HINTS = {
    "light paper": (lambda x: 255 - x, "dark ink on light paper (mean "),
    "few": (lambda x: x[:20], "20 images are fewer than a batch, so images are repeated in each"),
    "copies": (lambda x: np.concatenate([x, x[:50]]), "50 images of 350 are exact copies of"),
    "empty": (lambda x: np.concatenate([x, x[:50] // 50]), "50 images of 350 show nothing"),
}


@pytest.mark.parametrize(("change", "hint"), HINTS.values(), ids=HINTS)
def test_what_seems_wrong_is_said_before_training(tmp_path, change, hint):
    """One sentence each; images in order get none."""
    images = change(embedded_digits()[0][:300])
    _, told = train(tmp_path, images, np.zeros(len(images), int))
    assert hint in told
    if hint.startswith("dark"):
        _, told = train(tmp_path, images, np.zeros(len(images), int), "data.invert=true")
        assert hint not in told
