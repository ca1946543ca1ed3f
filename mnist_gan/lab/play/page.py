"""The page of the game, which may start with the settings of an experiment."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mnist_gan.pages.document import render
from mnist_gan.runs import RunFolder
from mnist_gan.support.files import write_text
from mnist_gan.support.paths import check_output, writable_parent

SCRIPTS = [
    *("common.js", "charts.js"),
    *("game.js", "worlds.js", "presets.js", "stage.js", "play.js"),
]
TITLE = "A game of two networks"
ABOUT = "Watch two networks learn from each other, and find out how that fails."
NAME = "play.html"  # of the page that belongs to no run
BINS = 120  # of a density in the page


class Start(NamedTuple):
    """What the page of an experiment starts with."""

    settings: Mapping[str, Any]  # by the names of `presets.js`
    name: str  # of the target
    density: Callable[[np.ndarray], np.ndarray]  # of the target, at points (n,) of the networks
    low: float  # end of the picture, as the networks see numbers
    high: float
    offset: float = 0.0  # what is added to those numbers, multiplied by `scale`, to show them
    scale: float = 1.0
    look: str = "This is the start of the run; press Play."  # what to look for


def game_page(title: str = TITLE, about: str = ABOUT, start: Start | None = None) -> str:
    """Return the game as one HTML document.

    Args:
        title: The title of the page.
        about: A sentence on where the page comes from.
        start: What it starts with; None for its own start.
    """
    return render("play.html", SCRIPTS, data={"own": _own(start)}, title=title, about=about)


def write_game(outputs: Path, output: Path | None = None) -> Path:
    """Write the page that belongs to no run.

    Args:
        outputs: The folder of runs.
        output: The file; None for NAME in `outputs`.

    Returns:
        The path of the page.

    Raises:
        UserError: Where it cannot be written.
    """
    path = output or outputs / NAME
    if output is None:
        writable_parent(outputs)
        outputs.mkdir(parents=True, exist_ok=True)
    else:
        check_output(path, ".html")
    write_text(path, game_page())
    return path


def write_run_game(run: RunFolder, start: Start) -> None:
    """Write the page of an experiment into its run folder.

    Args:
        run: The run folder.
        start: What the page starts with.
    """
    about = f"It starts with the settings of {run.folder.name}."
    write_text(run.page, game_page(f"{TITLE}: {run.folder.name}", about, start))


def _own(start: Start | None) -> dict[str, Any] | None:
    """Return the values for the page's script."""
    if start is None:
        return None
    centres = start.low + (np.arange(BINS) + 0.5) * (start.high - start.low) / BINS
    heights = np.nan_to_num(start.density(centres))
    shown = heights / (heights.max() or 1)
    return {
        **start._asdict(),
        "settings": dict(start.settings),
        "density": None,
        "heights": [round(float(height), 5) for height in shown],
    }
