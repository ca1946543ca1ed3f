"""Sweeps on a Dask scheduler and two workers on this machine, also where one of them is killed."""

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from mnist_gan.config.loading import load_config
from mnist_gan.data.sources import load_data
from mnist_gan.runs import RunFolder
from mnist_gan.sweeps.child import Order
from mnist_gan.sweeps.cluster import CONNECT, Cluster
from mnist_gan.sweeps.worker import Outcome
from tests.conftest import environment, installed, refusal, start
from tests.sweeps.test_sweep import (
    assert_as_alone,
    record,
    settings,
    status,
    straight,
    wait_for_checkpoint,
)

__all__ = ["settings", "straight"]  # fixtures


class Machines:
    """A scheduler and its workers, each a process."""

    def __init__(self, folder: Path) -> None:
        self.file, self._folder = folder / "scheduler.json", folder
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0")
        while not self.file.is_file() or not self.file.read_text().strip():
            time.sleep(0.1)
        self.address = json.loads(self.file.read_text())["address"]
        self.workers = [self._start("worker", "--nthreads", "1", "--no-nanny") for _ in range(2)]

    def close(self) -> None:
        """End all that still run."""
        for process in (self.scheduler, *self.workers):
            process.kill()
            process.wait()

    def _start(self, kind: str, *arguments: str) -> subprocess.Popen[bytes]:
        local = () if kind == "scheduler" else ("--local-directory", str(self._folder))
        return subprocess.Popen(  # noqa: S603 - our own arguments
            [
                *(sys.executable, "-m", "distributed.cli.dask_" + kind, *arguments, *local),
                *("--scheduler-file", str(self.file), "--dashboard-address", ":0"),
            ],
            cwd=self._folder,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@contextlib.contextmanager
def started(folder: Path) -> Iterator[Machines]:
    """Start a scheduler and two workers, and end them."""
    machines = Machines(folder)
    try:
        yield machines
    finally:
        machines.close()


@contextlib.contextmanager
def sweeping(
    folder: Path, settings: tuple[object, ...], *, by_file: bool
) -> Iterator[tuple[Machines, subprocess.Popen[str]]]:
    """Start machines and, by the scheduler's file or its address, a sweep of two seeds on them."""
    with started(folder) as machines:
        place = (
            ("--scheduler-file", machines.file) if by_file else ("--scheduler", machines.address)
        )
        with start("sweep", *settings, "--seeds", "0-1", *place, cwd=folder) as process:
            yield machines, process


@pytest.fixture(scope="module")
def machines(tmp_path_factory) -> Iterator[Machines]:
    """Return a scheduler and two workers that tests share."""
    with started(tmp_path_factory.mktemp("dask")) as found:
        yield found


@pytest.mark.slow
def test_a_cluster_trains_the_same_bits(machines, tmp_path, settings, straight):
    """A sweep by the scheduler's address equals single trainings."""
    swept = installed(
        "sweep", *settings, "--seeds", "0-1", "--scheduler", machines.address, cwd=tmp_path
    )
    assert swept.returncode == 0, swept.stderr
    assert f"2 trainings on {machines.address}, 2 at once with 1 thread each" in swept.stderr
    assert_as_alone(tmp_path, straight)
    assert len({each["worker"] for each in record(tmp_path)}) == 2


@pytest.mark.slow
def test_files_are_fetched_where_no_disk_is_shared(machines, tmp_path, own_digits):
    """Workers that do not see the folder send the runs, and get what they have to go on with."""
    config = load_config("smoke", {"data.source": str(own_digits), "training.epochs": 2})
    config = config.with_training(backend="tensorflow", threads=1)
    data = load_data(str(own_digits), config.data.digits, 0)
    there = tmp_path / "there"
    of = {"sweep": there, "token": "none", "number": 3, "sha256": data.sha256}
    order = Order(config=config, **of)
    longer = order.model_copy(update={"config": config.with_training(epochs=4)})
    run = RunFolder(there / order.folder)
    assert run_through(Cluster(machines.address, None, "tensorflow"), order) == "finished"
    assert len(run.history()) == 2
    before = run.history()[0]["seconds"]
    run.write_config(longer.config.with_training(decay_epochs=2))
    run.amend_manifest(status="interrupted")
    assert run_through(Cluster(None, str(machines.file), "tensorflow"), longer) == "finished"
    assert [row["epoch"] for row in run.history()] == [1, 2, 3, 4]
    assert run.history()[0]["seconds"] == before
    assert run.generator.is_file()
    assert len(list((run.folder / "checkpoints").iterdir())) <= 2


def run_through(engine: Cluster, order: Order) -> str:
    """Train one order to its end; return its status."""
    with contextlib.closing(engine):
        engine.submit([order])
        ended = ""
        while not engine.is_idle:
            for number, news in engine.news():
                assert number == order.number
                if isinstance(news, Outcome):
                    assert news.why == ""
                    ended = news.status
    return ended


@pytest.mark.slow
def test_a_worker_that_is_killed_is_replaced(tmp_path, settings, straight):
    """Its training is resumed on the other worker, from its checkpoint."""
    with sweeping(tmp_path, settings, by_file=False) as (machines, process):
        wait_for_checkpoint(tmp_path, 0)
        machines.workers[0].kill()
        _, said = process.communicate()
        assert process.returncode == 0, said
    assert_as_alone(tmp_path, straight)


@pytest.mark.slow
def test_a_scheduler_that_is_killed_leaves_a_sweep_that_resumes(tmp_path, settings, straight):
    """The command ends with a sentence and exit code 1; the trainings have saved."""
    with sweeping(tmp_path, settings, by_file=True) as (machines, process):
        wait_for_checkpoint(tmp_path, 1)
        machines.scheduler.kill()
        _, said = process.communicate()
    assert process.returncode == 1
    assert "is gone" in said
    assert "mnist-gan sweep --resume outputs/0001-smoke-sweep" in said
    assert "Traceback" not in said
    assert status(tmp_path) == "interrupted"
    resumed = installed("sweep", "--resume", 1, cwd=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    assert_as_alone(tmp_path, straight)


@pytest.mark.slow
def test_ctrl_c_reaches_the_workers(machines, tmp_path, settings):
    """They save and stop; the sweep resumes on the same scheduler."""
    where = ("--scheduler", machines.address)
    longer = (*settings, "--epochs", 100)
    with start("sweep", *longer, "--seeds", "0-1", *where, cwd=tmp_path) as process:
        while len(list(tmp_path.glob("outputs/*/*/history.csv"))) < 2 and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert process.returncode == 130, said
    assert {each["status"] for each in record(tmp_path)} == {"interrupted"}
    assert all(0 < each["epochs"] < 100 for each in record(tmp_path))
    resumed = installed("sweep", "--resume", 1, *where, cwd=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    assert [each["epochs"] for each in record(tmp_path)] == [100, 100]


def test_no_scheduler_is_a_mistake(tmp_path):
    """The sentence says how to start one, and comes before Dask itself would give up."""
    assert "nowhere.json" in refusal("sweep", "--scheduler-file", "nowhere.json", cwd=tmp_path)
    began = time.monotonic()  # once Dask is imported
    sentence = refusal("sweep", "--scheduler", "tcp://127.0.0.1:1", cwd=tmp_path)
    assert "dask scheduler" in sentence
    assert time.monotonic() - began < CONNECT


def test_dask_is_an_extra(tmp_path):
    """Where it is not installed, the sentence says how to install it."""
    with mock.patch.dict(sys.modules, {"distributed": None}):
        sentence = refusal("sweep", "--scheduler", "tcp://127.0.0.1:8786", cwd=tmp_path)
    assert "pip install" in sentence
