"""What two equal runs have in common, as bytes."""

import zipfile
from pathlib import Path

import numpy as np


def content(run: Path) -> dict[str, bytes]:
    """Return the bytes that two equal runs have in common, by name."""
    pictures = [*(run / "images").iterdir(), *(run / "cells").iterdir()]
    found = {f"{path.parent.name}/{path.name}": path.read_bytes() for path in pictures}
    is_evaluated = "frechet_distance" in (run / "history.csv").read_text()
    for name in ("generator.keras", "discriminator.keras", *(["best.keras"] * is_evaluated)):
        with zipfile.ZipFile(run / name) as archive:
            found[name] = archive.read("model.weights.h5")
    rows = [line.split(",") for line in (run / "history.csv").read_text().splitlines()]
    found["history"] = str([row[:2] + row[3:] for row in rows]).encode()
    with np.load(sorted((run / "checkpoints").iterdir())[-1]) as arrays:
        found |= {name: arrays[name].tobytes() for name in arrays.files if name != "rest"}
    return found
