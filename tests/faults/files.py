"""Damage to a random file of a run: every command says so or works, other runs are unharmed."""

import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.faults.command import GIGABYTE, MEMORY, SECONDS, command, complaint
from tests.faults.damage import damage
from tests.faults.report import Failure

WITH_BACKEND = 16 * GIGABYTE  # of addresses
RARELY = 60  # of so many trials, one also runs the commands that load the backend
UNHARMED = ("run.json", "config.yaml", "history.csv", "generator.keras", "discriminator.keras")
LIGHT: tuple[tuple[str, ...], ...] = (
    ("runs",),
    ("runs", "--size"),
    ("runs", "--json"),
    ("browse", "--no-open"),
    ("browse", "VICTIM", "--no-open"),
    ("browse", "VICTIM", "--film"),
    ("sample", "VICTIM", "--count", "3"),
    ("sample", "VICTIM", "--best", "--output", "few.npy"),
    ("sample",),
    ("export", "VICTIM", "--format", "npz", "--output", "x.npz"),
    ("compare", "1", "2", "3"),
    ("train", "--resume", "VICTIM"),
)
HEAVY: tuple[tuple[str, ...], ...] = (
    ("sweep", "--resume", "3"),
    ("evaluate", "VICTIM", "--samples", "1000"),
    ("train", "--resume", "VICTIM", "--epochs", "3"),
)


def preload() -> None:
    """Import what the commands need, so that no fork has to; the backend is none of it."""
    from mnist_gan import cli  # noqa: F401
    from mnist_gan.exporting import write  # noqa: F401
    from mnist_gan.pages import publish  # noqa: F401
    from mnist_gan.sampling import image_files  # noqa: F401
    from mnist_gan.session import start  # noqa: F401
    from mnist_gan.sweeps import page  # noqa: F401


def trial(seed: int, template: Path, scratch: Path) -> Iterator[Failure]:
    """Damage one file, run every command, and yield the promises that were broken."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    shutil.copytree(template, scratch, symlinks=True)
    outputs = scratch / "outputs"
    victims = sorted(path for path in (outputs / "0002-victim").rglob("*") if path.is_file())
    sweeps = sorted(path for path in (outputs / "0003-sweep").rglob("*") if path.is_file())
    path = chance.choice(victims if chance.random() < 0.8 else sweeps)
    how = damage(path, chance)
    victim = "2" if path in victims else chance.choice(["3", "3/1"])
    before = _bystander(outputs)
    heavy = HEAVY if chance.randrange(RARELY) == 0 else ()
    for words in (*LIGHT, *heavy):
        arguments = [victim if word == "VICTIM" else word for word in words]
        shown = f"{path.relative_to(outputs)} ({how}): mnist-gan {' '.join(arguments)}"
        memory = WITH_BACKEND if words in HEAVY or words[0] in {"train", "sweep"} else MEMORY
        seconds = 5 * SECONDS if words in HEAVY else SECONDS
        ended = command(arguments, scratch, memory, seconds)
        reason = complaint(ended)
        if words == ("runs", "--json") and not reason:
            reason = _unlisted(ended.stdout)
        if reason:
            yield Failure("files", seed, shown, reason)
        if ended.code < 0:  # after one that hangs the others would take as long
            return
    if _bystander(outputs) != before:
        yield Failure("files", seed, f"{path.relative_to(outputs)} ({how})", "another run changed")


def _bystander(outputs: Path) -> dict[str, bytes]:
    """Return the files of the run that is not damaged."""
    return {name: (outputs / "0001-bystander" / name).read_bytes() for name in UNHARMED}


def _unlisted(text: str) -> str:
    """Return what is wrong with the list of runs, in which the others must still be."""
    try:
        listed = {run["number"]: run["status"] for run in json.loads(text)}
    except ValueError:
        return "the list is no JSON"
    wrong = listed.get(1) != "finished" or not {1, 2, 3} <= listed.keys()
    return f"the list is {listed}" if wrong else ""
