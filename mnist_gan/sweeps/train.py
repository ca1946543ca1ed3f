"""A sweep from its plan to its end: the folder, the trainings, the record."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol

from mnist_gan.config.loading import dump_config
from mnist_gan.config.schema import Config, Data
from mnist_gan.data.sources import load_data_of
from mnist_gan.runs import SWEEP, Manifest, RunFolder, command_line, create_run, now
from mnist_gan.session.ended import Ended
from mnist_gan.session.images import data_record, load_images
from mnist_gan.session.signals import StopSignals
from mnist_gan.support.console import say
from mnist_gan.support.errors import UserError
from mnist_gan.support.runtime import versions
from mnist_gan.sweeps.child import Order
from mnist_gan.sweeps.page import write_sweep_page
from mnist_gan.sweeps.plan import config_of
from mnist_gan.sweeps.progress import Progress
from mnist_gan.sweeps.record import SweepRecord, Training, read_record, write_record
from mnist_gan.sweeps.worker import Outcome


class Engine(Protocol):
    """What trains: see `local.Local` and `cluster.Cluster`."""

    name: str  # for people
    slots: int  # trainings at once
    threads: int  # of each training

    def submit(self, orders: Sequence[Order]) -> None:
        """Let trainings begin, in their order."""

    def news(self) -> Iterator[tuple[int, int | Outcome]]:
        """Yield numbers with completed epochs, or with how a training ended."""

    @property
    def is_idle(self) -> bool:
        """Whether no training runs or waits."""

    def cancel(self) -> None:
        """Let no further training begin."""

    def stop(self) -> None:
        """Let trainings save and stop, and no further one begin."""

    def close(self) -> None:
        """Stop, and wait until everything is saved."""


def create(base: Config, trainings: Sequence[Training], outputs: Path) -> RunFolder:
    """Create the folder of a sweep.

    Args:
        base: The config that its trainings share, with backend and threads.
        trainings: The plan.
        outputs: The folder of all runs.

    Raises:
        UserError: Where there are no images, or the folder cannot be written.
    """
    manifest = Manifest(
        kind=SWEEP,
        status="interrupted",
        command=command_line(),
        seed=trainings[0].seed,
        threads=base.training.threads,
        versions=versions(base.training.backend),
        data=data_record(load_images(base.data)),
        started=now(),
    )
    sweep = create_run(outputs, base.name, dump_config(base), manifest)
    write_record(sweep, SweepRecord(token=uuid.uuid4().hex, trainings=list(trainings)))
    return sweep


class How(NamedTuple):
    """What a sweep does beside training."""

    keep_going: bool = False  # whether further trainings begin after one has failed
    tensorboard: bool = False  # whether each run is logged for TensorBoard
    quiet: bool = False  # whether nothing is printed for people
    command: str = "sweep"  # which has `--resume`


class Sweep:
    """A sweep that is being trained.

    Args:
        run: Its folder.
        engine: What trains.
        how: What to do beside training.
    """

    def __init__(self, run: RunFolder, engine: Engine, how: How) -> None:
        self._run, self._engine, self._how = run, engine, how
        self._base, self._record = run.config(), read_record(run)
        self._hashes = {self._base.data: run.manifest().data.sha256}  # of the images

    def train(self) -> Ended:
        """Train what is left.

        Returns:
            The exit code is that of a signal, else 1 if a training did not finish.

        Raises:
            UserError: Where another process trains the sweep.
        """
        with self._run.locked(), StopSignals() as stop:
            self._record = read_record(self._run)  # once nobody else writes it
            left = [each for each in self._record.trainings if self._is_left(each)]
            orders = [self._order(each) for each in left]
            epochs = {order.number: order.config.training.epochs for order in orders}
            self._record.engine = self._engine.name
            self._run.amend_manifest(status="running")
            try:
                with Progress(left, epochs, self._engine.slots, quiet=self._how.quiet) as progress:
                    self._engine.submit(orders)
                    self._follow(left, stop, progress)
            finally:
                self._close()
        self._publish()
        if self._has("interrupted"):
            say(
                "Stopped, nothing is lost; resume with: "
                f"mnist-gan {self._how.command} --resume {self._run.folder}"
            )
        return Ended(self._run, stop.exit_code or int(not self._is_complete()))

    def _is_left(self, training: Training) -> bool:
        """Say whether a training is to be trained, which its own folder knows best.

        One whose folder is damaged has failed, and the others are trained.
        """
        try:
            manifest = self._manifest(training)
        except UserError as error:
            training.status, training.why = "failed", str(error)
            say(f"{training.folder} failed: {error}")
            return False
        if manifest:
            training.epochs = manifest.epochs
            if manifest.status == "finished":
                training.status, training.why = "finished", ""
        return training.status != "finished"

    def _manifest(self, training: Training) -> Manifest | None:
        """Return the manifest of a training's run; None where it has not begun.

        Raises:
            UserError: Where it is damaged.
        """
        run = RunFolder(self._run.folder / training.folder)
        return run.manifest() if (run.folder / "run.json").is_file() else None

    def _order(self, training: Training) -> Order:
        """Return what tells a worker to train."""
        config = config_of(self._base, training)
        return Order(
            sweep=self._run.folder.absolute(),
            token=self._record.token,
            number=training.number,
            config=config,
            sha256=self._sha256(config.data),
            tensorboard=self._how.tensorboard,
        )

    def _sha256(self, data: Data) -> str:
        """Return the hash of a training's images: those of the sweep, or its own choice."""
        if data not in self._hashes:
            self._hashes[data] = load_data_of(data).sha256
        return self._hashes[data]

    def _follow(self, left: list[Training], stop: StopSignals, progress: Progress) -> None:
        """Record what the engine tells, until no training runs or waits."""
        going = {each.number: each for each in left}
        while not self._engine.is_idle:
            for number, news in self._engine.news():
                if isinstance(news, Outcome):
                    training = going.pop(number)
                    self._end(training, news)
                    progress.ended(training, news)
                elif number in going:
                    training = going[number]
                    progress.told(training, news)
                    training.epochs = news
                    self._begin(training)
            if stop.received:
                self._engine.stop()

    def _begin(self, training: Training) -> None:
        """Record that a training has begun."""
        if training.status != "running":
            training.status, training.why = "running", ""
            write_record(self._run, self._record)

    def _end(self, training: Training, outcome: Outcome) -> None:
        """Record how a training ended."""
        training.status, training.why = outcome.status, outcome.why
        training.worker = outcome.worker
        training.seconds += outcome.seconds
        with suppress(UserError):
            if manifest := self._manifest(training):
                training.epochs = manifest.epochs
        write_record(self._run, self._record)
        if outcome.status == "failed" and not self._how.keep_going:
            self._engine.cancel()

    def _close(self) -> None:
        """Record where the sweep stands."""
        for each in self._record.trainings:
            if each.status == "running":
                each.status = "interrupted"
        write_record(self._run, self._record)
        status = "failed" if self._has("failed") else "interrupted"
        status = "finished" if self._is_complete() else status
        self._run.amend_manifest(status=status, finished=now())

    def _publish(self) -> None:
        """Bring the sweep's page up to date, once there is something to compare."""
        if self._has("finished"):
            try:
                write_sweep_page(self._run)
            except (OSError, UserError) as error:
                say(f"The page of {self._run.folder} is not up to date: {error}")

    def _is_complete(self) -> bool:
        """Say whether every training is finished."""
        return all(each.status == "finished" for each in self._record.trainings)

    def _has(self, status: str) -> bool:
        """Say whether a training has this status."""
        return any(each.status == status for each in self._record.trainings)
