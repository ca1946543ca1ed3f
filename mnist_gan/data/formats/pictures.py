"""Pictures: PNG, JPEG, BMP, GIF, TIFF and WebP, each as grey 28x28."""

from __future__ import annotations

import warnings
from contextlib import nullcontext
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image

from mnist_gan.data.formats.standard import Wishes, colour_error, refuse_size, resized
from mnist_gan.data.images import SIDE
from mnist_gan.support.errors import UserError
from mnist_gan.support.reading import open_file
from mnist_gan.support.text import printable, several
from mnist_gan.support.units import counted

SUFFIXES = {".png", ".bmp", ".gif", ".jpg", ".jpeg", ".tif", ".tiff", ".webp"}
FORMATS = ("PNG", "BMP", "GIF", "JPEG", "TIFF", "WEBP")  # no others: Pillow runs programs for some
MOST_PIXELS = 4096 * 4096  # of a picture that is resized
DEEP = ("I", "I;16", "I;16B", "I;16L")  # modes with more than 256 grey levels
KEPT = 1  # names of damaged pictures in a sentence
LEVELS = 257  # of 65,536 for one of 256


class Reader:
    """Reads pictures, and keeps account of what it converted and left out.

    Args:
        wishes: Conversions to make.
    """

    def __init__(self, wishes: Wishes) -> None:
        self._wishes = wishes
        self._damaged: list[str] = []
        self._counts = {"grey pictures in colour channels": 0, "colours turned grey": 0}
        self._counts |= {"16-bit grey reduced to 8": 0, "resized": 0}
        self.read_count = self.damaged_count = 0

    def read(self, file: Path | IO[bytes], name: str, short: str = "") -> np.ndarray | None:
        """Return a picture as uint8 (28, 28); None where it is damaged, which is noted.

        Args:
            file: The picture.
            name: For errors.
            short: For the note; the same if empty.

        Raises:
            UserError: Where it has colours or another size, and no conversion is wished for.
        """
        try:
            with (
                warnings.catch_warnings(action="ignore"),  # size and mode are checked instead
                open_file(file) if isinstance(file, Path) else nullcontext(file) as opened,
                Image.open(opened, formats=FORMATS) as picture,
            ):
                self._check_size(picture, name)
                grey = self._grey(picture, name)
        except UserError:
            raise
        except PermissionError as error:
            raise UserError(f"{name} cannot be read: {error.strerror}.") from None
        except Exception:  # Pillow raises many kinds on damaged files
            self.damaged_count += 1
            if len(self._damaged) < KEPT:
                self._damaged.append(short or name)
            return None
        self.read_count += 1
        if grey.size == (SIDE, SIDE):
            return np.asarray(grey)
        self._counts["resized"] += 1
        return resized(grey)

    def notes(self) -> list[str]:
        """Return sentences about what was converted and left out."""
        found = [f"{what}: {count:,}" for what, count in self._counts.items() if count]
        if self._damaged:
            left = counted(self.damaged_count, "picture")
            are = "is" if self.damaged_count == 1 else "are"
            found.append(f"{left} left out that {are} damaged, such as {several(self._damaged)}")
        return found

    def _check_size(self, picture: Image.Image, name: str) -> None:
        """Raise UserError for another size than 28x28, where that is not wished for."""
        width, height = picture.size
        if (width, height) == (SIDE, SIDE):
            return
        refuse_size(f"{printable(name, 120)} has", width, height, self._wishes)
        if width * height > MOST_PIXELS:
            raise UserError(
                f"{printable(name, 120)} has {width:,}x{height:,} pixels; at most "
                f"{MOST_PIXELS:,} are read."
            )

    def _grey(self, picture: Image.Image, name: str) -> Image.Image:
        """Return a picture in mode L."""
        if picture.mode in ("L", "1"):
            return picture.convert("L")
        if picture.mode in DEEP:
            return self._eight_bits(picture, name)
        if picture.mode == "F":
            raise UserError(f"{printable(name, 120)} holds floats; expected grey levels 0 to 255.")
        colours = np.asarray(picture.convert("RGBA"))
        is_grey = (colours[..., :3] == colours[..., :1]).all()
        if is_grey and (colours[..., 3] == 255).all():
            self._counts["grey pictures in colour channels"] += 1
            return Image.fromarray(np.ascontiguousarray(colours[..., 0]))
        if not self._wishes.grey:
            raise colour_error(f"{printable(name, 120)} has transparency or")
        self._counts["colours turned grey"] += 1
        black = Image.new("RGBA", picture.size, (0, 0, 0, 255))
        return Image.alpha_composite(black, picture.convert("RGBA")).convert("L")

    def _eight_bits(self, picture: Image.Image, name: str) -> Image.Image:
        """Return a picture of 16 bits with 256 grey levels."""
        levels = np.asarray(picture).astype(np.int64)
        if levels.min() < 0 or levels.max() > 65_535:
            raise UserError(
                f"{printable(name, 120)} has levels from {levels.min()} to {levels.max()}; "
                "expected 0 to 65,535."
            )
        self._counts["16-bit grey reduced to 8"] += 1
        return Image.fromarray(np.rint(levels / LEVELS).astype(np.uint8))
