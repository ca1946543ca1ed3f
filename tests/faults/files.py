"""Damage to a random file of a run: every command says so or works, other runs are unharmed."""

import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.faults.command import GIGABYTE, MEMORY, SECONDS, Ended, command, complaint
from tests.faults.comparison import difference
from tests.faults.damage import FLIPPED, damage
from tests.faults.report import Failure
from tests.faults.template import DIGIT, LATENTS

WITH_BACKEND = 16 * GIGABYTE  # of addresses
RARELY = 60  # of so many trials, one also runs the commands that take long
SELDOM = 10  # of so many trials of the run that was stopped, one resumes it
DRAWN = 2  # of the rarer commands in a trial
HOMES = {"0002-victim": ("2",), "0003-sweep": ("3", "3/1"), "0004-stopped": ("4",)}
OFTEN = (6, 2, 2)  # how often something in each of these is damaged
RESUME = ("train", "--resume", "VICTIM")
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
    RESUME,
)
RARER: tuple[tuple[str, ...], ...] = (
    ("invert", DIGIT, "VICTIM"),
    ("sample", "VICTIM", "--latents", LATENTS),
    ("export", "VICTIM", "--format", "html", "--output", "x.html"),
    ("export", "VICTIM", "--format", "hub", "--output", "hub"),
    ("browse", "VICTIM", "--output", "shared.html"),
)
LAST: tuple[tuple[str, ...], ...] = (
    ("runs", "--delete", "VICTIM", "--yes"),
    ("runs", "--rename", "VICTIM", "other"),
)
HEAVY: tuple[tuple[str, ...], ...] = (
    ("sweep", "--resume", "3"),
    ("evaluate", "VICTIM", "--samples", "1000"),
    ("sample", "VICTIM", "--digit", "3", "--count", "2"),  # of 10,000 images
    ("train", "--resume", "VICTIM", "--epochs", "3"),
)


def preload() -> None:
    """Import what the commands need, so that no fork has to; the backend is none of it."""
    from mnist_gan import cli  # noqa: F401
    from mnist_gan.exporting import write  # noqa: F401
    from mnist_gan.pages import publish  # noqa: F401
    from mnist_gan.sampling import image_files, inversion  # noqa: F401
    from mnist_gan.session import start  # noqa: F401
    from mnist_gan.sweeps import page  # noqa: F401


def trial(seed: int, template: Path, scratch: Path) -> Iterator[Failure]:
    """Damage one file, run every command, and yield the promises that were broken."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    shutil.copytree(template, scratch, symlinks=True)
    outputs = scratch / "outputs"
    (home,) = chance.choices(list(HOMES), OFTEN)
    path = chance.choice(sorted(path for path in (outputs / home).rglob("*") if path.is_file()))
    how = damage(path, chance)
    victim = chance.choice(HOMES[home])
    before = _bystander(outputs)
    for words in _commands(home, chance):
        arguments = [victim if word == "VICTIM" else word for word in words]
        shown = f"{path.relative_to(outputs)} ({how}): mnist-gan {' '.join(arguments)}"
        memory = WITH_BACKEND if words in HEAVY or words[0] in {"train", "sweep"} else MEMORY
        seconds = 5 * SECONDS if words in (*HEAVY, RESUME) else SECONDS
        ended = command(arguments, scratch, memory, seconds)
        reason = complaint(ended)
        if words == ("runs", "--json") and not reason:
            reason = _unlisted(ended.stdout)
        if words == RESUME and home == "0004-stopped" and not reason:
            reason = _otherwise(ended, outputs / home, path, how)
        if reason:
            yield Failure("files", seed, shown, reason)
        if ended.code < 0:  # after one that hangs the others would take as long
            return
    if _bystander(outputs) != before:
        yield Failure("files", seed, f"{path.relative_to(outputs)} ({how})", "another run changed")


def _commands(home: str, chance: random.Random) -> list[tuple[str, ...]]:
    """Return the commands of a trial: all that are fast, and some of the others."""
    commands = [*LIGHT, *chance.sample(RARER, DRAWN)]
    if home == "0004-stopped" and chance.randrange(SELDOM):
        commands.remove(RESUME)  # which trains
    if chance.randrange(RARELY) == 0:
        commands += HEAVY
    return [*commands, chance.choice(LAST)]


def _otherwise(ended: Ended, run: Path, path: Path, how: str) -> str:
    """Return in what the run that was stopped, now resumed, differs from one that was not.

    Not where it was refused, nor where a bit of its settings was flipped, which may be others then.
    """
    is_bit = how.endswith(FLIPPED) and path.name in {"config.yaml", "run.json"}
    return "" if ended.code or is_bit else difference(run, run.with_name("0001-bystander"), path)


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
