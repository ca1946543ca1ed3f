"""The recorder and its neighbours: what is kept when, how large it is, what is printed."""

import signal
import time
from dataclasses import replace

import keras
import numpy as np
import pytest
from PIL import Image

from mnist_gan.api import load_generator
from mnist_gan.config.loading import dump_config, load_config
from mnist_gan.data.images import tile
from mnist_gan.evaluation.classifiers import Classifier
from mnist_gan.evaluation.online import OnlineEvaluation
from mnist_gan.pages import run_page
from mnist_gan.runs import NEAREST, RunFolder, create_run
from mnist_gan.sampling.sampler import sample
from mnist_gan.session import rationed
from mnist_gan.session import recorder as module
from mnist_gan.session.disk import folder_bytes
from mnist_gan.session.recorder import DivergedError, Recorder
from mnist_gan.session.signals import StopSignals
from mnist_gan.support.errors import UserError
from mnist_gan.support.units import duration, megabytes
from mnist_gan.training.build import build_trainer
from tests.runs.test_runs import manifest


@pytest.fixture
def recorder(tiny, images, outputs):
    """Return a recorder of a run of three epochs that has begun."""
    changes = {"training.epochs": 3, "training.batch_size": 32, "training.eval_samples": 100}
    config = load_config("smoke", changes)
    run = create_run(outputs, "smoke", dump_config(config), manifest(status="running"))
    online = OnlineEvaluation(images)  # as if the noise were digits
    trainer = build_trainer(config, images)
    recorder = Recorder(run, config, trainer, online, began=time.monotonic())
    recorder.begin(None)
    return recorder


class Clock:
    """Replaces the module `time`: each call takes a second, and tests can add more."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        """Return the seconds that have passed, including this call."""
        self.now += 1
        return self.now


@pytest.fixture
def clock(recorder, monkeypatch) -> Clock:
    """Return the clock of a recorder that has just begun."""
    clock = Clock()
    for timed in (module, rationed):
        monkeypatch.setattr(timed, "time", clock)
    recorder._epoch_began = recorder._kept = clock.now
    return clock


def train(recorder, **interruption):
    """Train to the end as the command does, or into an exception."""
    with recorder.closing():
        for report in recorder.trainer.run(recorder.settings.epochs):
            recorder.keep(report)
            if interruption:
                raise interruption["error"]


def status(recorder) -> str:
    """Return the status on disk."""
    return recorder.run.manifest().status


@pytest.mark.parametrize(
    ("error", "message", "expected"),
    [
        (OSError(28, "No space left on device", "x.png"), "x.png: No space left", "interrupted"),
        (RuntimeError("bug"), "bug", "failed"),
    ],
)
def test_a_training_that_breaks_leaves_the_right_status(recorder, error, message, expected):
    """After a full disk a run is interrupted, after a bug it has failed; both can be resumed."""
    with pytest.raises((UserError, RuntimeError), match=message) as caught:
        train(recorder, error=error)
    if isinstance(error, OSError):
        assert f"train --resume {recorder.run.folder}" in str(caught.value)
    assert status(recorder) == expected
    assert recorder.run.checkpoints.newest() is not None


@pytest.mark.slow
def test_rows_add_up_to_the_time_that_passed(recorder, clock):
    """The seconds of the rows are those of the whole training, start included."""
    clock.now += 100  # until the first step
    train(recorder)
    seconds = sum(row["seconds"] for row in recorder.history)
    assert seconds == clock.now - 2  # two calls for the last checkpoint come after the last row
    assert recorder.history[0]["seconds"] > 100 > recorder.history[1]["seconds"]
    assert status(recorder) == "finished"


def test_the_best_generator_is_kept(recorder):
    """best.keras is the generator of the grid with the least distance, not simply the last."""
    train(recorder)
    distances = [row["frechet_distance"] for row in recorder.history]
    assert [set(row) >= {"digit_0", "digit_9", "confidence"} for row in recorder.history] == [
        1,
        1,
        1,
    ]
    best = int(np.argmin(distances)) + 1
    grids = sorted((recorder.run.folder / "images").iterdir())
    drawn = tile(sample(load_generator(recorder.run.best), 100), columns=10)
    assert (drawn == np.asarray(Image.open(grids[best - 1]))).all()


def test_grid_annotations_are_kept(recorder, images):
    """D's score, the classifier's digit, and the nearest training images with their pictures."""
    train(recorder)
    run, cells = recorder.run, recorder.run.cells(3)
    drawn = sample(load_generator(run.generator), 100)
    logits = keras.saving.load_model(run.discriminator)(drawn).numpy()[:, 0].astype(float)
    assert cells.scores == pytest.approx(1 / (1 + np.exp(-logits)), abs=1e-4)
    expected = Classifier("a")(drawn)
    assert cells.digits == expected.digits.tolist()
    assert cells.confidence == pytest.approx(expected.confidence, abs=1e-4)
    apart = np.sqrt(((drawn[:, None] - images) ** 2).mean(2)) * 127.5
    assert cells.nearest == apart.argsort(1)[:, :3].tolist()
    assert np.array(cells.distances) == pytest.approx(np.sort(apart, 1)[:, :3], abs=0.06)
    sheet = tile(images[np.ravel(cells.nearest)], columns=30, scale=1)
    assert (sheet == np.asarray(Image.open(run.folder / NEAREST.format(3)))).all()


def test_without_online_evaluation_annotations_are_scores_and_neighbours(tiny, images, outputs):
    """No classifier looked at the digits."""
    config = load_config("smoke", {"training.epochs": 1, "training.eval_samples": 0})
    run = create_run(outputs, "smoke", dump_config(config), manifest(status="running"))
    recorder = Recorder(run, config, build_trainer(config, images), None, began=time.monotonic())
    recorder.begin(None)
    train(recorder)
    assert (run.cells(1).digits, run.cells(1).confidence) == (None, None)
    assert len(run.cells(1).scores) == 100


@pytest.mark.parametrize(("epoch_seconds", "written"), [(150, [1, 2, 3]), (55, [2]), (25, [])])
def test_pages_cost_no_more_than_their_share_of_the_time(
    recorder, clock, monkeypatch, epoch_seconds, written
):
    """A page, here of a second, is written where all of them cost 1% of the time at most."""
    pages = []
    monkeypatch.setattr(run_page, "write_run_page", lambda run: pages.append(len(recorder.history)))
    for report in recorder.trainer.run(recorder.settings.epochs):
        clock.now += epoch_seconds * report.epoch_ended
        recorder.keep(report)
    assert pages == written


def test_a_later_but_worse_generator_is_not_kept(recorder, monkeypatch):
    """Of distances 9, 3 and 5 the first and the second are each the best so far."""
    distances = iter([9.0, 3.0, 5.0])
    shares, saved = {f"digit_{digit}": 0.1 for digit in range(10)}, []
    monkeypatch.setattr(
        OnlineEvaluation, "measure", lambda *_: {**shares, "frechet_distance": next(distances)}
    )
    monkeypatch.setattr(
        RunFolder, "save_best", lambda run, model: saved.append(len(recorder.history))
    )
    train(recorder)
    assert saved == [0, 1]


@pytest.mark.parametrize("at", ["loss", "weights"])
def test_divergence_stops_at_the_last_good_checkpoint(recorder, at):
    """NaN in a loss or a weight fails the run with a diagnosis; its files stay as they were."""
    folder, state = recorder.run.folder, recorder.trainer.state()
    if at == "weights":
        state["generator/0"][:] = np.nan
        recorder.trainer.restore(state)
    report = next(recorder.trainer.run(1))
    if at == "loss":
        report.means["generator_loss"] = float("inf")
    before = {path: path.read_bytes() for path in folder.rglob("*.npz")}
    message = r"diverged, as .* epoch 1; try --set"
    with pytest.raises(DivergedError, match=message), recorder.closing():
        recorder.keep(replace(report, epoch_ended=True))
    assert {path: path.read_bytes() for path in folder.rglob("*.npz")} == before
    manifest = recorder.run.manifest()
    assert (manifest.status, manifest.epochs) == ("failed", 0)
    assert manifest.verdict.startswith("diverged")
    assert not recorder.run.generator.exists()


def test_the_forecast_of_disk_covers_the_run_and_little_more(recorder):
    """The run folder stays below the forecast and above a third of it."""
    expected = folder_bytes(recorder.run.config())
    train(recorder)
    files = [file for file in recorder.run.folder.rglob("*") if file.is_file()]
    size = sum(file.stat().st_size for file in files)
    assert expected / 3 < size < expected


def test_the_first_signal_is_remembered_and_the_second_ends_the_process():
    """One signal is remembered with its exit code; a second ends the process with that code."""
    before = signal.getsignal(signal.SIGINT)
    with StopSignals() as stop:
        assert (stop.received, stop.exit_code) == (None, 0)
        signal.raise_signal(signal.SIGTERM)
        assert (stop.received, stop.exit_code) == (signal.SIGTERM, 143)
        with pytest.raises(SystemExit) as ended:
            signal.raise_signal(signal.SIGINT)
    assert ended.value.code == 130
    assert signal.getsignal(signal.SIGINT) is before


def test_sizes_and_times_have_readable_units():
    """Seconds, minutes and hours; megabytes with at least one."""
    assert [duration(t) for t in (9, 61, 7260)] == ["9 s", "1 min 1 s", "2 h 1 min"]
    assert [megabytes(size) for size in (5, 3.4e6, 2e9)] == ["1 MB", "3 MB", "2,000 MB"]
