"""Signals in trainings and sweeps, jumps of the clock: they end as undisturbed ones do."""

import json
import os
import random
import shutil
import signal
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from tests.content import content
from tests.faults.command import Ended, complaint, finish, start
from tests.faults.report import Failure
from tests.faults.template import SMALL, own_digits

EPOCHS = 6
FIRST = "0001-*"  # the folder of the run, or of the sweep
BACKENDS = [name for name in ("tensorflow", "jax") if find_spec(name)]
FAKETIME = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)
JUMPS = ("+0", "-3h", "+400d", "-9000d")  # of the clock
KILL, TERM, INT = signal.SIGKILL, signal.SIGTERM, signal.SIGINT
SIGNALS = [[KILL], [KILL], [KILL, KILL], [KILL], [TERM], [INT], [TERM, TERM], [INT, INT]]


class Straight:
    """Undisturbed trainings and sweeps, made when first needed, and how long each took.

    Args:
        folder: Where they are kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._data = own_digits(folder)
        self._made: dict[tuple[str, bool], tuple[dict[str, bytes], float]] = {}

    def command(self, backend: str, is_sweep: bool) -> tuple[object, ...]:
        """Return the command that trains."""
        many = ("sweep", "--seeds", "0,1", "--jobs", "2") if is_sweep else ("train",)
        settings = ("--data", self._data, "--epochs", EPOCHS, "--set", "training.threads=1")
        return (*many, *SMALL, *settings, "--set", f"training.backend={backend}")

    def expected(self, backend: str, is_sweep: bool) -> tuple[dict[str, bytes], float]:
        """Return what an undisturbed one holds, and its seconds."""
        key = backend, is_sweep
        if key not in self._made:
            place = self._folder / f"{backend}-{'sweep' if is_sweep else 'train'}"
            place.mkdir()
            ended = finish(start(self.command(*key), place), place)
            if ended.code:
                raise SystemExit(f"An undisturbed training failed: {ended.stderr}")
            self._made[key] = held(place / "outputs", is_sweep), ended.seconds
        return self._made[key]


def held(outputs: Path, is_sweep: bool) -> dict[str, bytes]:
    """Return what a run holds, or the runs of a sweep."""
    runs = sorted(outputs.glob(f"{FIRST}/000?-*" if is_sweep else FIRST))
    found = {f"{run.name}/{name}": data for run in runs for name, data in content(run).items()}
    if len(runs) != 1 + is_sweep or not found:
        raise ValueError(f"{len(runs)} runs in {outputs}")
    return found


def trial(seed: int, straight: Straight, scratch: Path) -> Iterator[Failure]:
    """Disturb a training once or more, resume it, and yield the promises that were broken."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    backend, is_sweep = chance.choice(BACKENDS), chance.random() < 0.15
    expected, seconds = straight.expected(backend, is_sweep)
    scratch.mkdir()
    # a sweep sleeps, and libfaketime answers time.sleep with an error that no real clock causes
    if FAKETIME and chance.random() < 0.1 and not is_sweep:
        ended = _jumping(straight.command(backend, is_sweep), scratch, seconds, chance)
        if reason := complaint(ended, [0]) or _difference(scratch / "outputs", expected, is_sweep):
            yield Failure("kills", seed, f"{backend} train: the clock jumps", reason)
        return
    disturbances = chance.choice(SIGNALS)
    again = ("sweep" if is_sweep else "train", "--resume", "1")
    done = []
    for numbers in _rounds(disturbances):
        moment = chance.uniform(0, 1.05 * seconds)
        arguments = again if _is_begun(scratch) else straight.command(backend, is_sweep)
        ended = _disturb(arguments, scratch, moment, numbers)
        names = "+".join(number.name for number in numbers)
        done.append(f"{names} after {moment:.2f} s")
        if reason := broken(numbers, ended, scratch):
            yield Failure("kills", seed, f"{backend} {arguments[0]}, {', '.join(done)}", reason)
    shown = f"{backend} {again[0]}, {', '.join(done)}, then --resume"
    arguments = again if _is_begun(scratch) else straight.command(backend, is_sweep)
    ended = finish(start(arguments, scratch), scratch)
    reason = complaint(ended, [0]) or _difference(scratch / "outputs", expected, is_sweep)
    if reason:
        yield Failure("kills", seed, shown, reason)


def _jumping(
    arguments: tuple[object, ...], scratch: Path, seconds: float, chance: random.Random
) -> Ended:
    """Run a command while the clock jumps to and fro, and return how it ended."""
    offset, changed = scratch / "offset", scratch / "changed"
    offset.write_text("+0")
    clock = {"FAKETIME_TIMESTAMP_FILE": str(offset), "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    preload = {"LD_PRELOAD": str(FAKETIME), "FAKETIME_NO_CACHE": "1"}
    process = start(arguments, scratch, **clock, **preload)
    deadline = time.monotonic() + 20 * seconds + 60
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(chance.uniform(0, seconds / 4))
        changed.write_text(chance.choice(JUMPS))
        changed.replace(offset)
    return finish(process, scratch, seconds=1)


def _rounds(numbers: list[signal.Signals]) -> list[list[signal.Signals]]:
    """Return the signals of each start: two SIGKILLs need two, others come one after the other."""
    return [[number] for number in numbers] if KILL in numbers else [numbers]


def broken(numbers: list[signal.Signals], ended: Ended, scratch: Path) -> str:
    """Return which promise a command broke that was sent signals, "" for none.

    Args:
        numbers: The signals.
        ended: How it ended.
        scratch: The folder of its outputs.
    """
    if ended.code == -KILL and KILL in numbers:
        return complaint(ended._replace(code=0))
    if -ended.code in numbers and _is_without_handler(numbers, ended.stderr, scratch):
        return ""
    return complaint(ended, [0, *(128 + number for number in numbers)])


def _is_without_handler(numbers: list[signal.Signals], said: str, scratch: Path) -> bool:
    """Return whether a signal may have come while Python starts, or when all is done.

    Then nothing is said yet, or all is trained, or saved after a first signal.
    """
    is_saved = len(numbers) > 1 and "resume with:" in said
    return not said.partition("Traceback")[0].strip() or is_saved or _is_finished(scratch)


def _is_finished(scratch: Path) -> bool:
    """Return whether the record of the run says that it is finished."""
    records = (scratch / "outputs").glob(f"{FIRST}/run.json")
    return any(json.loads(path.read_text())["status"] == "finished" for path in records)


def _is_begun(scratch: Path) -> bool:
    """Return whether there is a run that can be resumed."""
    return any((scratch / "outputs").glob(f"{FIRST}/run.json"))


def _disturb(
    arguments: tuple[object, ...], scratch: Path, moment: float, numbers: list[signal.Signals]
) -> Ended:
    """Start a command, send it signals, and return how it ended."""
    if not _is_begun(scratch):  # a number may be taken, but nothing was trained
        shutil.rmtree(scratch / "outputs", ignore_errors=True)
    process = start(arguments, scratch)
    time.sleep(moment)
    for number in numbers:
        if process.poll() is None:
            os.kill(process.pid, number)
            time.sleep(0.05)
    return finish(process, scratch)


def _difference(outputs: Path, expected: dict[str, bytes], is_sweep: bool) -> str:
    """Return in what the runs differ from undisturbed ones, and what is missing or left over."""
    try:
        found = held(outputs, is_sweep)
    except (OSError, ValueError, KeyError) as error:
        return f"not all files are there: {error}"
    unlike = sorted(name for name in expected if found.get(name) != expected[name])
    if unlike or found.keys() != expected.keys():
        return f"other bits: {', '.join(unlike)[:160]}"
    left = [path.name for path in outputs.rglob(".part-*")]
    folders = [path.parent for path in outputs.rglob("run.json")]
    pages = [*(folder / "page.html" for folder in folders), outputs / "index.html"]
    if is_sweep:
        pages[-1] = next(outputs.glob(FIRST)) / "index.html"
    missing = [str(page.relative_to(outputs)) for page in pages if not page.is_file()]
    return f"left over: {left}, missing: {missing}" if left or missing else ""
