"""TensorBoard's logs, read by TensorFlow's own reader."""

import io
import sys
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import mnist_gan as mg
from mnist_gan.session.tensorboard import TensorBoard
from mnist_gan.support.errors import UserError
from tests.conftest import TINY, mnist_gan, refusal
from tests.faults.hostile import huge_png
from tests.runs.test_runs import make_run


def events(run: Path) -> list[tf.compat.v1.Event]:
    """Return all events of a run's logs, file after file."""
    files = sorted((run / "tensorboard").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    return [event for path in files for event in tf.compat.v1.train.summary_iterator(str(path))]


@pytest.fixture(scope="module")
def run(tmp_path_factory, own_digits) -> Path:
    """Return a run of two epochs that was logged, then resumed for a third."""
    folder = tmp_path_factory.mktemp("logged")
    tiny = (*TINY, "--set", "training.eval_samples=100", "--data", own_digits)
    result = mnist_gan("train", *tiny, "--epochs", 2, "--tensorboard", "--quiet", cwd=folder)
    assert result.returncode == 0, result.stderr
    run = mg.resume(folder / "outputs" / "0001-smoke", epochs=3, callbacks=[TensorBoard()])
    return run.folder


def test_each_epoch_has_its_scalars(run):
    """They are those of history.csv, by epoch."""
    found = {
        (value.tag, event.step): value.simple_value
        for event in events(run)
        for value in event.summary.value
        if value.WhichOneof("value") == "simple_value"
    }
    history = mg.Run(run).history
    for place, epoch in enumerate((1, 2, 3)):
        loss = found["discriminator_loss", epoch]
        assert loss == pytest.approx(history["discriminator_loss"][place], rel=1e-6)
    assert found["frechet_distance", 3] == pytest.approx(history["frechet_distance"][2], rel=1e-6)


def test_grids_are_pictures(run):
    """As large as the grids in the run folder."""
    pictures = [
        value.image for event in events(run) for value in event.summary.value if value.tag == "grid"
    ]
    assert len(pictures) >= 2
    assert {(picture.height, picture.width) for picture in pictures} == {(604, 604)}


def eps() -> bytes:
    """Return a picture in PostScript, which no reader of grids should interpret."""
    file = io.BytesIO()
    Image.new("L", (8, 8)).save(file, format="EPS")
    return file.getvalue()


def test_a_file_that_is_no_grid_is_no_picture(outputs):
    """What somebody put in its place is not opened; the rest of the epoch is logged."""
    run, board = make_run(outputs), TensorBoard()
    run.write_grid(1, np.zeros((100, 784)))
    for epoch, planted in ((2, huge_png()), (3, eps())):
        (run.folder / "images" / f"epoch-{epoch:04d}.png").write_bytes(planted)
    board.on_run_begin(run, 0)
    for epoch in (1, 2, 3, 4):
        board.on_run_epoch(run, {"epoch": epoch, "discriminator_loss": 1.0})
    board.on_run_end(run)
    logged = [
        (value.tag, event.step) for event in events(run.folder) for value in event.summary.value
    ]
    assert [step for tag, step in logged if tag == "grid"] == [1]
    assert [step for tag, step in logged if tag == "discriminator_loss"] == [1, 2, 3, 4]


def test_settings_are_hyperparameters(run):
    """The plugin that shows them has every setting."""
    tags = {value.tag for event in events(run) for value in event.summary.value}
    assert "_hparams_/experiment" in tags
    session = next(
        value.metadata.plugin_data.content
        for event in events(run)
        for value in event.summary.value
        if value.tag == "_hparams_/session_start_info"
    )
    assert b"discriminator.dropout" in session


def test_a_resumed_run_voids_later_epochs(run):
    """The second log begins with what TensorBoard takes as a restart."""
    starts = [event.step for event in events(run) if event.HasField("session_log")]
    assert starts == [3]


def test_the_logger_is_an_extra(tmp_path):
    """Where it is not installed, one sentence says how to install it."""
    with mock.patch.dict(sys.modules, {"tensorboardX": None}):
        assert "pip install" in refusal("train", "--tensorboard", cwd=tmp_path)
        with pytest.raises(UserError, match="pip install"):
            TensorBoard()
