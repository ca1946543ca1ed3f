"""The grids of a run as a film."""

from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mnist_gan.pages.pictures import grid
from mnist_gan.pages.run_page import thinned
from mnist_gan.runs import RunFolder
from mnist_gan.support.errors import UserError

MOST_FRAMES = 300
STRIP = 32  # pixels below the grid, for the epoch
SCALE = 2


def film_frames(run: RunFolder) -> Iterator[np.ndarray]:
    """Yield a uint8 (636, 604) picture for each readable grid, with its epoch below it."""
    font = ImageFont.load_default(20)
    for epoch in thinned(run.grid_epochs(), MOST_FRAMES):
        try:
            sheet = grid(run, epoch).repeat(SCALE, 0).repeat(SCALE, 1)
        except UserError:
            continue
        frame = Image.fromarray(np.pad(sheet, ((0, STRIP), (0, 0)), constant_values=255))
        ImageDraw.Draw(frame).text((8, len(sheet)), f"epoch {epoch}", fill=0, font=font)
        yield np.asarray(frame)
