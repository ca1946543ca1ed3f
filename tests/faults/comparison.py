"""A run that was resumed after damage is compared with one that was left alone."""

import shutil
from pathlib import Path

from tests.content import content

KEPT = ("images", "cells", "best.keras")  # what a resumed training does not write again


def difference(run: Path, straight: Path, lost: Path) -> str:
    """Return in what a finished run differs from another, "" for nothing.

    Args:
        run: The run. What it has lost and does not write again gets the content of the other.
        straight: The run that was left alone.
        lost: What was damaged or deleted, below `run`.
    """
    name = lost.relative_to(run)
    if (straight / name).exists() and (name.parts[0] in KEPT or not lost.exists()):
        _replace(lost, straight / name)
    try:
        found, expected = content(run), content(straight)
    except (OSError, ValueError, KeyError) as error:
        return f"not all files are there: {error}"
    unlike = sorted(each for each in expected if found.get(each) != expected[each])
    return f"other bits: {', '.join(unlike)[:160]}" if unlike else ""


def _replace(path: Path, other: Path) -> None:
    """Put a copy of a file or folder in the place of another."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    path.parent.mkdir(exist_ok=True)
    if other.is_dir():
        shutil.copytree(other, path)
    else:
        shutil.copyfile(other, path)
