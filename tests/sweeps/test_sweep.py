"""Sweeps on this machine, through the command: same bits, kills, stops, failures."""

import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil
import pytest

from mnist_gan.config.loading import load_config
from mnist_gan.runs import RunFolder
from mnist_gan.sweeps.child import Order
from mnist_gan.sweeps.plan import trainings, variants_of
from mnist_gan.sweeps.train import How, Sweep, create
from mnist_gan.sweeps.worker import Outcome
from tests.conftest import TINY, assert_same, installed, mnist_gan, refusal, start

SETTINGS = (
    *(*TINY, "--digits", "3,7", "--epochs", 12, "--set", "training.checkpoint_seconds=0.3"),
    *("--set", "training.image_every=6", "--set", "training.threads=1"),
)


@pytest.fixture(scope="module")
def settings(own_digits) -> tuple[object, ...]:
    """Return options that `train` and `sweep` share."""
    return (*SETTINGS, "--data", own_digits)


@pytest.fixture(scope="module")
def straight(tmp_path_factory, settings) -> Path:
    """Return the outputs of single trainings with seeds 0 and 1."""
    folder = tmp_path_factory.mktemp("straight")
    for seed in (0, 1):
        result = installed("train", *settings, "--seed", seed, "--quiet", cwd=folder)
        assert result.returncode == 0, result.stderr
    return folder / "outputs"


@pytest.fixture(scope="module")
def swept(tmp_path_factory, settings) -> Path:
    """Return the folder in which a sweep over the seeds 0 and 1 was started."""
    folder = tmp_path_factory.mktemp("swept")
    result = mnist_gan("sweep", *settings, "--seeds", "0-1", "--jobs", 2, cwd=folder)
    assert result.returncode == 0, result.stderr
    assert result.stdout == "outputs/0001-smoke-sweep\n"
    assert "2 trainings on this machine, 2 at once with 1 thread each" in result.stderr
    assert "2 of 2: " in result.stderr
    return folder


def record(folder: Path, sweep: str = "0001-smoke-sweep") -> list[dict]:
    """Return the record of each training."""
    return json.loads((folder / "outputs" / sweep / "sweep.json").read_text())["trainings"]


def status(folder: Path, sweep: str = "0001-smoke-sweep") -> str:
    """Return the status of a sweep."""
    return json.loads((folder / "outputs" / sweep / "run.json").read_text())["status"]


def assert_as_alone(folder: Path, straight: Path, sweep: str = "0001-smoke-sweep") -> None:
    """Compare the two runs of a sweep with single trainings, byte by byte."""
    for seed in (0, 1):
        run = folder / "outputs" / sweep / f"{seed + 1:04d}-seed-{seed}"
        assert_same(run, straight / f"{seed + 1:04d}-smoke")


def children(process) -> list[psutil.Process]:
    """Return the processes in which a sweep trains, once two of them train."""
    found: list[psutil.Process] = []
    while len(found) < 2 and process.poll() is None:
        time.sleep(0.1)
        found = psutil.Process(process.pid).children()
    return found


def wait_for_checkpoint(folder: Path, seed: int) -> None:
    """Wait until a training of the sweep has a checkpoint."""
    run = folder / "outputs" / "0001-smoke-sweep" / f"{seed + 1:04d}-seed-{seed}"
    while not list(run.glob("checkpoints/*.npz")):
        time.sleep(0.05)


@pytest.mark.slow
def test_trainings_of_a_sweep_equal_single_ones(swept, straight):
    """The same seeds give the same bits, and the record says so."""
    assert_as_alone(swept, straight)
    assert [(each["seed"], each["status"], each["epochs"]) for each in record(swept)] == [
        (0, "finished", 12),
        (1, "finished", 12),
    ]
    assert status(swept) == "finished"


def test_each_training_is_an_ordinary_run(swept):
    """It is listed, drawn from and browsed by the numbers of the sweep and its own."""
    outputs = swept / "outputs" / "0001-smoke-sweep"
    listed = json.loads(mnist_gan("runs", "--outputs", outputs, "--json", cwd=swept).stdout)
    assert [run["name"] for run in listed] == ["seed-0", "seed-1"]
    assert mnist_gan("sample", "1/2", "--output", "digits.png", cwd=swept).returncode == 0
    assert (swept / "digits.png").is_file()
    assert (outputs / "0002-seed-1" / "page.html").is_file()
    assert "no run '3'" in refusal("sample", "1/3", cwd=swept)


def test_a_finished_sweep_has_nothing_to_resume(swept):
    """Resuming it ends at once, and changes no run."""
    before = (swept / "outputs" / "0001-smoke-sweep" / "0001-seed-0" / "run.json").read_bytes()
    assert mnist_gan("sweep", "--resume", 1, cwd=swept).returncode == 0
    after = (swept / "outputs" / "0001-smoke-sweep" / "0001-seed-0" / "run.json").read_bytes()
    assert before == after


@pytest.mark.parametrize("command", [("sweep", "--resume", 1), ("browse", 1, "--no-open")])
def test_a_page_that_a_kill_left_undone_is_written(swept, tmp_path, command):
    """That of a training that is finished, when its sweep is resumed or looked at."""
    shutil.copytree(swept / "outputs", tmp_path / "outputs")
    page = tmp_path / "outputs" / "0001-smoke-sweep" / "0002-seed-1" / "page.html"
    page.unlink()
    result = mnist_gan(*command, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert page.is_file()


class Noted:
    """An engine that notes what it should train, and says that it is finished, then a late epoch.

    See `sweeps.train.Engine`.
    """

    name, slots, threads = "nowhere", 1, 1

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.is_idle = True

    def submit(self, orders: Sequence[Order]) -> None:
        """Take note of the numbers."""
        self.numbers = [order.number for order in orders]
        self.is_idle = False

    def news(self) -> Iterator[tuple[int, int | Outcome]]:
        """Yield that all are finished, and once more an epoch of each."""
        self.is_idle = True
        for number in self.numbers:
            yield number, Outcome("finished", 1.0, self.name)
            yield number, 1

    def cancel(self) -> None:
        """Have nothing that waits."""

    stop = close = cancel


@pytest.fixture
def planned(tmp_path) -> RunFolder:
    """Return a sweep of two trainings that have not begun."""
    base = load_config("smoke").with_training(backend="tensorflow", threads=1)
    return create(base, trainings(base, [0, 1], variants_of({})), tmp_path / "outputs")


def test_epochs_of_a_training_that_has_ended_are_ignored(planned):
    """A line that arrives late does not set it back to running."""
    engine = Noted()
    assert Sweep(planned, engine, How(quiet=True)).train().exit_code == 0
    assert [each["status"] for each in record(planned.folder.parents[1], planned.folder.name)] == [
        "finished"
    ] * 2


@pytest.mark.parametrize("keep_going", [True, False])
def test_a_damaged_record_of_one_training_fails_that_one_alone(planned, capsys, keep_going):
    """Its sentence is kept and said, the others are trained, and the exit code is 1."""
    damaged = planned.folder / "0001-seed-0"
    damaged.mkdir()
    (damaged / "run.json").write_text("{")
    engine = Noted()
    ended = Sweep(planned, engine, How(keep_going=keep_going, quiet=True)).train()
    assert (ended.exit_code, engine.numbers) == (1, [2])
    first, second = record(planned.folder.parents[1], planned.folder.name)
    assert (first["status"], second["status"]) == ("failed", "finished")
    assert "run.json is damaged" in first["why"]
    assert f"0001-seed-0 failed: {first['why']}" in capsys.readouterr().err
    assert planned.manifest().status == "failed"


@pytest.mark.slow
def test_a_training_that_is_killed_is_resumed(tmp_path, settings, straight):
    """SIGKILL of one training costs nothing but the time since its last checkpoint."""
    with start("sweep", *settings, "--seeds", "0-1", "--jobs", 2, cwd=tmp_path) as process:
        first, _ = children(process)
        wait_for_checkpoint(tmp_path, 0)
        first.kill()
        process.communicate()
    assert process.returncode == 0
    assert_as_alone(tmp_path, straight)


@pytest.mark.slow
@pytest.mark.parametrize("twice", [True, False])
def test_ctrl_c_saves_all_and_the_sweep_resumes(tmp_path, settings, straight, twice):
    """Also where Ctrl-C is pressed again at once."""
    with start("sweep", *settings, "--seeds", "0-1", "--jobs", 2, cwd=tmp_path) as process:
        trained = children(process)
        wait_for_checkpoint(tmp_path, 0)
        process.send_signal(signal.SIGINT)
        if twice:
            time.sleep(0.2)
            process.send_signal(signal.SIGINT)
        _, said = process.communicate()
        psutil.wait_procs(trained)
    assert process.returncode == 130
    assert twice or "mnist-gan sweep --resume outputs/0001-smoke-sweep" in said
    assert status(tmp_path) == "interrupted"
    assert "finished" not in {each["status"] for each in record(tmp_path)}
    resumed = installed("sweep", "--resume", 1, cwd=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    assert_as_alone(tmp_path, straight)


@pytest.mark.slow
def test_a_sweep_that_is_killed_leaves_no_training_behind(tmp_path, settings, straight):
    """Trainings save and stop by themselves; the sweep can be resumed at once."""
    with start("sweep", *settings, "--seeds", "0-1", "--jobs", 2, cwd=tmp_path) as process:
        trained = children(process)
        wait_for_checkpoint(tmp_path, 1)
        process.kill()
        process.communicate()
    resumed = installed("sweep", "--resume", "smoke-sweep", cwd=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    assert not [each for each in trained if each.is_running()]
    assert_as_alone(tmp_path, straight)


@pytest.mark.slow
def test_two_sweeps_share_an_outputs_folder(tmp_path, settings, straight):
    """Each has a number of its own."""
    command = ("sweep", *settings, "--seeds", "0-1", "--jobs", 1)
    with start(*command, cwd=tmp_path) as one, start(*command, cwd=tmp_path) as other:
        readers = [threading.Thread(target=each.communicate) for each in (one, other)]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
    assert (one.returncode, other.returncode) == (0, 0)
    assert_as_alone(tmp_path, straight)
    assert_as_alone(tmp_path, straight, "0002-smoke-sweep")


@pytest.mark.slow
def test_a_training_that_fails_ends_the_sweep_unless_it_is_to_keep_going(tmp_path, settings):
    """One that diverges is named with its reason; the exit code is 1."""
    rates = ("generator.learning_rate=1", "discriminator.learning_rate=1")
    changes = ("training.optimizer=sgd,adam", "training.objective=wasserstein", *rates)
    sets = [part for change in changes for part in ("--set", change)]
    command = ("sweep", *settings, *sets, "--seeds", "0", "--jobs", 1)
    ended = installed(*command, cwd=tmp_path)
    assert ended.returncode == 1
    assert [each["status"] for each in record(tmp_path)] == ["failed", "waiting"]
    assert "finite" in record(tmp_path)[0]["why"]
    ended = installed(*command, "--keep-going", "--name", "all", cwd=tmp_path)
    assert ended.returncode == 1
    assert [each["status"] for each in record(tmp_path, "0002-all")] == ["failed", "finished"]
    assert "0001-optimizer-sgd-seed-0 failed" in ended.stderr
    assert status(tmp_path, "0002-all") == "failed"


@pytest.mark.slow
def test_a_file_in_the_way_of_one_run_fails_that_run_alone(tmp_path, settings):
    """The others are trained, and the sentence names the file."""
    with start(
        "sweep", *settings, "--seeds", "0-1", "--jobs", 1, "--keep-going", cwd=tmp_path
    ) as process:
        sweep = tmp_path / "outputs" / "0001-smoke-sweep"
        while not sweep.is_dir():
            time.sleep(0.05)
        (sweep / "0002-seed-1").write_text("in the way")
        process.communicate()
    assert process.returncode == 1
    assert [each["status"] for each in record(tmp_path)] == ["finished", "failed"]
    assert "0002-seed-1" in record(tmp_path)[1]["why"]


@pytest.fixture
def small_disk() -> Iterator[Callable[[Path], None]]:
    """Return a function that mounts a disk of 64 KB at a folder; it is removed in the end."""
    mounted: list[Path] = []

    def mount(folder: Path) -> None:
        command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
        if subprocess.run(command, capture_output=True, check=False).returncode:  # noqa: S603
            pytest.skip("a small disk cannot be mounted here")
        mounted.append(folder)

    yield mount
    for folder in mounted:
        subprocess.run(["umount", str(folder)], check=False)  # noqa: S603, S607


@pytest.mark.slow
def test_a_full_disk_of_one_run_loses_nothing(tmp_path, settings, straight, small_disk):
    """Its sentence says so, the other is trained, and once there is room the sweep is resumed."""
    command = ("sweep", *settings, "--seeds", "0-1", "--jobs", 1, "--keep-going")
    with start(*command, cwd=tmp_path) as process:
        wait_for_checkpoint(tmp_path, 0)
        checkpoints = tmp_path / "outputs" / "0001-smoke-sweep" / "0001-seed-0" / "checkpoints"
        small_disk(checkpoints)
        process.communicate()
    assert process.returncode == 1
    assert [each["status"] for each in record(tmp_path)] == ["failed", "finished"]
    assert "No space left on device" in record(tmp_path)[0]["why"], record(tmp_path)[0]["why"]
    subprocess.run(["umount", str(checkpoints)], check=True)  # noqa: S603, S607
    resumed = installed("sweep", "--resume", 1, cwd=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    assert_as_alone(tmp_path, straight)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--config", "fst"), "fst"),
        (("--seeds", "0-x"), "'0-x' is neither"),
        (("--set", "training.seed=1,2"), "from --seeds"),
        (("--set", "discriminator.dropout=0,2"), "discriminator.dropout"),
        (("--jobs", 0), "--jobs"),
        (("--jobs", 256, "--seeds", "0-255", *TINY), "trainings at once need about"),
        (("--resume", 1), "no run '1'"),
        (("--resume", 1, "--seeds", 1), "leave out --seeds"),
        (("--resume", 1, "--dry-run"), "leave out --dry-run"),
        (("--scheduler", "tcp://127.0.0.1:1", "--jobs", 2), "--jobs counts trainings here"),
        (("--data", "nowhere"), "nowhere"),
        (("--set", "training.devices=2"), "training.backend=jax"),
        (("--seeds", "0-9999", "--config", "best"), "of memory|below outputs"),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path, arguments, sentence):
    """Nothing is written, and no backend is loaded."""
    assert re.search(sentence, refusal("sweep", *arguments, cwd=tmp_path))


def test_a_sweep_is_no_run_and_a_run_no_sweep(swept):
    """Each is refused by what it is, with the command that takes it."""
    assert "is no sweep" in refusal("sweep", "--resume", "1/1", cwd=swept)
    assert "as in 1/1" in refusal("sample", 1, cwd=swept)
    assert "mnist-gan sweep --resume" in refusal("train", "--resume", 1, cwd=swept)


def test_a_dry_run_writes_nothing(tmp_path, settings):
    """It lists the trainings and says what they would take."""
    result = mnist_gan(
        *("sweep", *settings, "--seeds", "0-1", "--set", "discriminator.dropout=0,0.5"),
        "--dry-run",
        cwd=tmp_path,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[3] == "0004  seed 1  discriminator.dropout 0.5"
    assert "4 trainings on this machine" in result.stderr
    assert "forecast: " in result.stderr
    assert os.listdir(tmp_path) == []
