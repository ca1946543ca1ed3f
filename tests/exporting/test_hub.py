"""A folder for the hub: whole, with a card that is true, or not there at all."""

import configparser
import re
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
import yaml
from PIL import Image

import mnist_gan as mg
from mnist_gan.config.loading import load_config
from mnist_gan.data.images import tile
from mnist_gan.exporting import hub
from mnist_gan.runs import Evaluation, RunFolder
from mnist_gan.support.assets import asset
from mnist_gan.support.errors import UserError
from tests.conftest import files, mnist_gan
from tests.exporting.generators import BUILDERS, built
from tests.pages.album import album

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(outputs) -> RunFolder:
    """Return a run of five epochs with an evaluation of its last generator."""
    run = album(outputs)
    kept = Evaluation.model_validate_json(asset("generator.keras").with_suffix(".json").read_text())
    run.write_evaluation(kept.model_copy(update={"epoch": 5}))
    return run


def parts_of(folder: Path) -> tuple[dict, str, list[str]]:
    """Return front matter, text and blocks of Python of a folder's card."""
    _, front, text = (folder / "README.md").read_text("utf-8").split("---\n", 2)
    return yaml.safe_load(front), text, re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def test_a_run_comes_with_its_config_evaluation_and_grid(run, tmp_path):
    """The model is the run's file, bit for bit, and the card has the numbers of the evaluation."""
    result = mnist_gan("export", run.folder, "--format", "hub", "--output", "hub", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (0, "hub\n"), result.stderr
    folder = tmp_path / "hub"
    assert {path.name for path in folder.iterdir()} == {
        *("README.md", "config.yaml", "evaluation.json", "generator.keras", "samples.png"),
    }
    assert (folder / "generator.keras").read_bytes() == run.generator.read_bytes()
    assert load_config(str(folder / "config.yaml")) == run.config()
    assert (
        Evaluation.model_validate_json((folder / "evaluation.json").read_text()) == run.evaluation()
    )
    with Image.open(folder / "samples.png") as grid:
        np.testing.assert_array_equal(np.asarray(grid), tile(mg.sample(run.generator), 10))
    _, text, _ = parts_of(folder)
    assert "# 0001-album" in text
    assert "The last generator of a run, of epoch 5." in text
    values, real = run.evaluation().values, run.evaluation().real
    row = f"{values['recall_b']:.3f} | {real['recall_b']:.3f}"
    assert f"| recall by classifier b | {row} |" in text
    assert str(tmp_path) not in text


def test_the_front_matter_is_what_the_hub_reads(tmp_path):
    """Library, tags, the dataset where it is MNIST, and the licence of the package."""
    mg.export(asset("generator.keras"), "hub", tmp_path / "hub")
    front, text, _ = parts_of(tmp_path / "hub")
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    assert front["license"] == settings["metadata"]["license_expression"].lower()
    assert front["library_name"] == "keras"
    assert front["datasets"] == ["ylecun/mnist"]
    assert {"gan", "mnist"} <= set(front["tags"])
    assert "CC BY-SA 3.0" in text
    assert {path.name for path in (tmp_path / "hub").iterdir()} >= {
        "config.yaml",
        "evaluation.json",
    }


@pytest.mark.parametrize("kind", BUILDERS)
def test_the_cards_python_runs(tmp_path, monkeypatch, kind):
    """With mnist-gan and with plain Keras it draws the digits of the generator."""
    generator = built(kind)
    mg.export(generator, "hub", tmp_path / "hub")
    front, _, blocks = parts_of(tmp_path / "hub")
    assert "datasets" not in front
    monkeypatch.chdir(tmp_path / "hub")
    first, second = {}, {}
    exec(blocks[0], first)  # noqa: S102 - our own card
    np.testing.assert_allclose(first["images"], mg.sample(generator, 16), atol=1e-6)
    assert (tmp_path / "hub" / "images.png").is_file()
    exec(blocks[1].replace("predict(", "predict(verbose=0, x="), second)  # noqa: S102 - likewise
    batch = np.concatenate([second["x"], *([second["labels"]] if generator.classes else [])], 1)
    expected = generator(batch.astype(np.float32))
    np.testing.assert_allclose(second["images"], expected, atol=1e-5)
    assert isinstance(keras.saving.load_model("generator.keras"), keras.Model)


def test_an_evaluation_of_another_generator_is_left_out(run, tmp_path):
    """That of an earlier epoch, or of the last where the best is exported."""
    run.write_evaluation(run.evaluation().model_copy(update={"epoch": 4}))
    mg.export(run.folder, "hub", tmp_path / "last")
    shutil.copy(run.generator, run.best)
    mg.export(run.folder, "hub", tmp_path / "best", best=True)
    for name in ("last", "best"):
        assert not (tmp_path / name / "evaluation.json").exists()
        assert "It has not been evaluated." in (tmp_path / name / "README.md").read_text()


def test_a_file_of_no_run_has_no_config(tmp_path):
    """The card says that nothing is known of its training."""
    shutil.copy(asset("generator.keras"), tmp_path / "my_*digits*.keras")
    mg.export(tmp_path / "my_*digits*.keras", "hub", tmp_path / "hub")
    assert {path.name for path in (tmp_path / "hub").iterdir()} == {
        *("README.md", "generator.keras", "samples.png"),
    }
    _, text, _ = parts_of(tmp_path / "hub")
    assert r"# my\_\*digits\*" in text
    assert "Nothing is known of its training." in text


def test_what_a_run_says_is_plain_text_in_the_card(run, tmp_path):
    """The name of a data set is untrusted: no link, no markup, no second line, no front matter."""
    attack = "x\n---\nlicense: other\n---\n<img src=x> [a](b) `c`" + "y" * 999
    data = run.manifest().data.model_copy(update={"source": attack})
    run.write_manifest(run.manifest().model_copy(update={"data": data}))
    mg.export(run.folder, "hub", tmp_path / "hub")
    front, text, _ = parts_of(tmp_path / "hub")
    assert front["license"] == "mit"
    assert r"\<img src=x\> \[a\](b) \`c\`" in text
    assert "y" * 201 not in text


@pytest.mark.parametrize("damaged", ["config.yaml", "run.json", "evaluation.json"])
def test_a_damaged_run_leaves_nothing(run, tmp_path, damaged):
    """The sentence names the file; no folder is left."""
    (run.folder / damaged).write_text("{")
    with pytest.raises(UserError, match=damaged):
        mg.export(run.folder, "hub", tmp_path / "hub")
    assert not (tmp_path / "hub").exists()


def test_a_folder_with_files_is_left_alone(run, tmp_path):
    """It is never written into; an empty one is filled."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    before = files(tmp_path)
    with pytest.raises(UserError, match="not empty; name a new folder"):
        mg.export(run.folder, "hub", tmp_path / "full")
    assert files(tmp_path) == before
    (tmp_path / "empty").mkdir()
    mg.export(run.folder, "hub", tmp_path / "empty")
    assert (tmp_path / "empty" / "generator.keras").is_file()


def test_a_folder_is_there_whole_or_not_at_all(run, tmp_path, monkeypatch):
    """What fails while the last file is made leaves no folder behind."""
    before = files(tmp_path)

    def failing(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(hub, "model_card", failing)
    with pytest.raises(KeyboardInterrupt):
        mg.export(run.folder, "hub", tmp_path / "hub")
    assert files(tmp_path) == before
    assert not (tmp_path / "hub").exists()
