"""Damage to one file, drawn at random."""

import os
import random
from collections.abc import Callable
from pathlib import Path

from tests.faults.hostile import HOSTILE

FLIPPED = "flipped"


def flip_bit(path: Path, chance: random.Random) -> str:
    """Flip one bit."""
    data = bytearray(path.read_bytes() or b"\0")
    place = chance.randrange(len(data))
    data[place] ^= 1 << chance.randrange(8)
    path.write_bytes(data)
    return f"a bit of byte {place} {FLIPPED}"


def truncate(path: Path, chance: random.Random) -> str:
    """Cut the file off."""
    size = chance.randrange(path.stat().st_size + 1)
    os.truncate(path, size)
    return f"cut off after {size} bytes"


def zero(path: Path, chance: random.Random) -> str:
    """Put zeros in place of a piece, as a disk does after a loss of power."""
    data = bytearray(path.read_bytes() or b"\0")
    begin = chance.randrange(len(data))
    end = min(len(data), begin + chance.choice([1, 16, 512, 4096, 10**9]))
    data[begin:end] = bytes(end - begin)
    path.write_bytes(data)
    return f"zeros from byte {begin} to {end}"


def replace_hostile(path: Path, chance: random.Random) -> str:
    """Put a hand-made hostile file in its place."""
    name = chance.choice(list(HOSTILE))
    path.write_bytes(HOSTILE[name]())
    return name


def replace_special(path: Path, chance: random.Random) -> str:
    """Put something in its place that is no regular file."""
    path.unlink()
    kind = chance.choice(["fifo", "loop", "folder", "outside", "device", "nothing"])
    match kind:
        case "fifo":
            os.mkfifo(path)
        case "loop":
            path.symlink_to(path.name)
        case "folder":
            path.mkdir()
        case "outside":
            path.symlink_to("/etc/hostname")
        case "device":
            path.symlink_to("/dev/zero")
    return f"replaced by: {kind}"


DAMAGES: tuple[Callable[[Path, random.Random], str], ...] = (
    *(flip_bit, truncate, zero, replace_hostile, replace_special),
)


def damage(path: Path, chance: random.Random) -> str:
    """Damage a file, and return how."""
    return chance.choice(DAMAGES)(path, chance)
