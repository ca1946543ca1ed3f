"""Full disks, forbidden folders, files that vanish, and several commands in one folder at once."""

import os
import random
import resource
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from tests.faults.command import command, complaint, finish, forked, run_here, start
from tests.faults.comparison import difference
from tests.faults.report import Failure
from tests.faults.template import SMALL

TOGETHER = 10  # starts at once
SOMEBODY = 54321
NOBODY = (  # a user without an entry in the list of users, who may read what root may
    *("setpriv", "--reuid", f"{SOMEBODY}", "--regid", f"{SOMEBODY}", "--clear-groups"),
    *("--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"),
)
MORE = ("train", "--resume", "2", "--epochs", "4")
UNDISTURBED = ("train", "--resume", "1", "--epochs", "4")  # of an equal run
NEEDED = ("run.json", "config.yaml", "checkpoints")  # without which a run may be refused


def full_disk(chance: random.Random, scratch: Path) -> Iterator[tuple[str, str]]:
    """No file may grow beyond a size: what is written is a sentence, and goes on with more room."""
    size = int(2 ** chance.uniform(6, 17))
    wanted = chance.choice([MORE, ("browse", "--no-open"), ("sample", "2", "--output", "x.npy")])

    def work() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        process = start(wanted, scratch)
        process.wait()
        raise SystemExit(process.returncode)

    ended = forked(work, scratch, resource.RLIM_INFINITY)
    text = (scratch / "stderr").read_text("utf-8", "replace")
    shown = f"files of at most {size} bytes: mnist-gan {' '.join(wanted)}"
    if ended.code != 2 or "Traceback" in text:  # the sentence itself may not fit
        yield shown, complaint(ended._replace(stderr=text))
    again = finish(start(wanted, scratch), scratch)
    yield f"{shown}, then without the limit", complaint(again, [0])


def forbidden(chance: random.Random, scratch: Path) -> Iterator[tuple[str, str]]:
    """A user who may read everything but not write looks at the runs."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        return
    scratch.parent.chmod(0o755)
    for wanted in (("runs",), ("browse", "--no-open"), ("sample", "2"), MORE):
        ended = finish(start(wanted, scratch, NOBODY), scratch)
        yield f"as another user: mnist-gan {' '.join(wanted)}", complaint(ended)


def unreadable(chance: random.Random, scratch: Path) -> Iterator[tuple[str, str]]:
    """A user who may not read a file or folder of one run lists the runs and uses the other."""
    if os.geteuid() != 0:
        return
    run = scratch / "outputs" / "0002-victim"
    path = chance.choice([run, *sorted(run.rglob("*"))])
    for folder in (scratch.parent, scratch):
        folder.chmod(0o755)
    path.chmod(0)
    for wanted in (("runs",), ("browse", "--no-open"), ("sample", "2"), ("compare", "1", "2")):

        def work(wanted: tuple[str, ...] = wanted) -> None:
            with suppress(SystemExit):  # as root, who can import all that it needs
                run_here(wanted)
            os.setresuid(SOMEBODY, SOMEBODY, SOMEBODY)
            run_here(wanted)

        ended, codes = forked(work, scratch), [0] if wanted == ("runs",) else [0, 1, 2]
        shown = f"{path.relative_to(scratch)} unreadable: mnist-gan {' '.join(wanted)}"
        yield shown, complaint(ended, codes)


def vanishing(chance: random.Random, scratch: Path) -> Iterator[tuple[str, str]]:
    """While a run is trained, one of its files is deleted; resumed, it is as if undisturbed."""
    run = scratch / "outputs" / "0002-victim"
    process = start(MORE, scratch)
    time.sleep(chance.uniform(0, 20))
    names = [path for path in run.rglob("*") if path.name != ".lock"]
    path = chance.choice(sorted(names))
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    ended = finish(process, scratch)
    yield f"{path.relative_to(run)} deleted during training", complaint(ended)
    yield "the list of runs after that", complaint(command(("runs",), scratch))
    name = path.relative_to(run)
    shown = f"{name} deleted during training, then resumed"
    again = finish(start(MORE, scratch), scratch)
    yield shown, complaint(again, [0, 2] if name.parts[0] in NEEDED else [0])
    if not again.code:
        other = finish(start(UNDISTURBED, scratch), scratch)
        yield "an undisturbed training", complaint(other, [0])
        yield shown, difference(run, scratch / "outputs" / "0001-bystander", path)


def crowded(chance: random.Random, scratch: Path) -> Iterator[tuple[str, str]]:
    """Two processes train one run, and others read it all the while."""
    first, second = start(MORE, scratch), None
    reading = [("runs", "--size"), ("browse", "--no-open"), ("sample", "2"), ("compare", "1", "2")]
    deadline = time.monotonic() + 300
    while first.poll() is None and time.monotonic() < deadline:
        wanted = chance.choice(reading)
        yield f"mnist-gan {' '.join(wanted)} during training", complaint(command(wanted, scratch))
        if second is None and "kept in" in (scratch / "stderr").read_text():
            second = command(MORE, scratch)
            said = "" if "is being trained" in second.stderr else second.stderr[-160:]
            yield "a second trainer of the run", complaint(second, [2]) or said
    yield "the first trainer", complaint(finish(first, scratch), [0])


def at_once(chance: random.Random, scratch: Path) -> Iterator[tuple[str, str]]:
    """Ten trainings start at once in one folder: ten runs are finished."""
    wanted = ("train", *SMALL, "--data", "digits", "--digits", "3", "--epochs", "1")
    folders = [scratch / f"start-{number}" for number in range(TOGETHER)]
    for folder in folders:
        folder.mkdir()
    outputs = scratch / "outputs"
    processes: list[tuple[subprocess.Popen[str], Path]] = [
        (start((*wanted, "--outputs", outputs), folder), folder) for folder in folders
    ]
    for process, folder in processes:
        yield "ten starts at once", complaint(finish(process, folder), [0])
    found = len([path for path in outputs.glob("*-smoke/generator.keras") if path.is_file()])
    yield "ten starts at once", "" if found == TOGETHER else f"{found} runs were made"


TRIALS: tuple[Callable[[random.Random, Path], Iterator[tuple[str, str]]], ...] = (
    *(full_disk, forbidden, vanishing, crowded, unreadable, full_disk, vanishing, at_once),
)


def trial(seed: int, template: Path, scratch: Path) -> Iterator[Failure]:
    """Make one of these places, and yield the promises that were broken."""
    shutil.copytree(template, scratch, symlinks=True)
    make = TRIALS[seed % len(TRIALS)]
    for shown, reason in make(random.Random(seed), scratch):  # noqa: S311 - not for secrets
        if reason:
            yield Failure("places", seed, shown, reason)
