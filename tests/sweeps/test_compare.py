"""Runs are grouped by what differs, and compared; the table as text, CSV, JSON and page."""

import csv
import io
import json
import shutil
from pathlib import Path

import pytest

from mnist_gan.runs import RunFolder
from mnist_gan.sweeps.compare import compare
from tests.conftest import TINY, mnist_gan, refusal

DISTANCES = {(0.0, 0): 4.0, (0.0, 1): 5.0, (0.3, 0): 8.0, (0.3, 1): 9.5}  # by dropout and seed


@pytest.fixture(scope="module")
def trained(tmp_path_factory, own_digits) -> Path:
    """Return the folder of one run, with a grid and an evaluation."""
    folder = tmp_path_factory.mktemp("one")
    tiny = (*TINY, "--set", "training.eval_samples=100", "--epochs", 1)
    result = mnist_gan("train", *tiny, "--data", own_digits, "--quiet", cwd=folder)
    assert result.returncode == 0, result.stderr
    return folder / "outputs" / "0001-smoke"


@pytest.fixture
def four(trained, tmp_path) -> Path:
    """Return a folder with four runs: two settings, two seeds, distances as in DISTANCES."""
    for number, ((dropout, seed), distance) in enumerate(DISTANCES.items(), 1):
        run = RunFolder(tmp_path / "outputs" / f"{number:04d}-smoke")
        shutil.copytree(trained, run.folder)
        config = run.config({"discriminator.dropout": dropout, "training.seed": seed})
        run.write_config(config)
        run.amend_manifest(seed=seed)
        rows = [{**row, "frechet_distance": distance} for row in run.history()]
        run.write_history(rows)
    return tmp_path


def test_runs_that_differ_in_the_seed_are_a_group(four):
    """The setting that differs names the groups; the second is compared with the first."""
    first, second = compare(
        [RunFolder(path) for path in sorted((four / "outputs").iterdir())]
    ).groups
    assert (first.label, second.label) == ("dropout 0.0", "dropout 0.3")
    assert [each.seed for each in first.runs] == [0, 1]
    assert first.means["frechet_distance"].mean == 4.5
    assert (first.ratio, first.finding) == (None, "")
    assert second.ratio.ratio == pytest.approx((8 * 9.5 / 20) ** 0.5)
    assert second.finding in {"worse", "unclear"}


def test_labels_name_what_differs_from_the_first(four):
    """Groups that are no grid of values have short labels; equal last words stand in full."""
    run = RunFolder(four / "outputs" / "0004-smoke")
    changes = {"generator.learning_rate": 0.1, "discriminator.learning_rate": 0.2}
    run.write_config(run.config(changes))
    runs = [RunFolder(path) for path in sorted((four / "outputs").iterdir())]
    first, second, third = (group.label for group in compare(runs).groups)
    assert second == "dropout 0.3"
    rates = {"generator.learning_rate 0.1", "discriminator.learning_rate 0.2"}
    assert set(third.split(", ")) == rates | {second}
    assert len(first.split(", ")) == 3


def test_the_table_is_text_csv_json_and_a_page(four):
    """All four say the same, and the text fits into 60 columns."""
    told = mnist_gan("compare", 1, 2, 3, 4, cwd=four)
    assert told.returncode == 0, told.stderr
    assert "4.50 ± " in told.stdout
    assert "dropout 0.3" in told.stdout
    assert max(map(len, told.stdout.splitlines())) <= 60
    rows = json.loads(mnist_gan("compare", 1, 2, 3, 4, "--json", cwd=four).stdout)
    assert [row["frechet_distance"] for row in rows] == [4.5, 8.75]
    assert mnist_gan("compare", 1, 2, 3, 4, "--output", "table.csv", cwd=four).returncode == 0
    table = list(csv.DictReader(io.StringIO((four / "table.csv").read_text())))
    assert [row["discriminator.dropout"] for row in table] == ["0.0", "0.3"]
    assert [float(row["frechet_distance"]) for row in table] == [4.5, 8.75]
    assert mnist_gan("compare", 1, 2, 3, 4, "--output", "page.html", cwd=four).returncode == 0
    page = (four / "page.html").read_text()
    assert "4 trainings in 2 groups" in page
    assert "4.50 ± " in page
    assert page.count("data:image/png") == 4


def test_runs_that_are_not_finished_are_left_out_with_a_note(four):
    """Nothing is dropped silently; with none left, that is said instead."""
    RunFolder(four / "outputs" / "0002-smoke").amend_manifest(status="failed")
    (four / "outputs" / "0003-smoke" / "run.json").write_text("{")
    told = mnist_gan("compare", 1, 2, 4, cwd=four)
    assert "0002-smoke is left out, as it is failed" in told.stderr
    assert "1 seed" in told.stdout
    assert "nothing to compare" in refusal("compare", 2, cwd=four)
    assert "0003-smoke" in refusal("compare", 1, 3, cwd=four)


def test_other_images_are_a_difference(four):
    """Runs on other data are never means of one group."""
    run = RunFolder(four / "outputs" / "0002-smoke")
    run.amend_manifest(data=run.manifest().data.model_copy(update={"sha256": "0" * 64}))
    rows = json.loads(mnist_gan("compare", 1, 2, "--json", cwd=four).stdout)
    assert [row["data"] for row in rows][1] == "00000000"


def test_a_wrong_ending_or_run_is_refused(four):
    """One sentence each."""
    assert ".html or .csv" in refusal("compare", 1, "--output", "table.txt", cwd=four)
    assert "no run '9'" in refusal("compare", 1, 9, cwd=four)
