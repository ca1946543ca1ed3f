"""Pictures of digits: from bytes to [-1, 1] and back, as sheets, as files."""

import numpy as np
import pytest
from PIL import Image

from mnist_gan.data.images import PIXELS, SIDE, from_uint8, tile, to_uint8, write_film, write_png

LEVELS = np.arange(256, dtype=np.uint8)


def digits(*levels: float) -> np.ndarray:
    """Return one flat image (784,) of an even grey for each level in [-1, 1]."""
    return np.repeat(np.array(levels, np.float32)[:, None], PIXELS, axis=1)  # (n, 784)


def cell(sheet: np.ndarray, row: int, column: int, gap: int = 2) -> np.ndarray:
    """Return the place of a digit on a sheet of scale 1."""
    top, left = gap + row * (SIDE + gap), gap + column * (SIDE + gap)
    return sheet[top : top + SIDE, left : left + SIDE]


def grey(levels: np.ndarray) -> np.ndarray:
    """Return byte images (n, 28, 28), each of one level."""
    return np.broadcast_to(levels[:, None, None], (len(levels), SIDE, SIDE))


def test_black_is_minus_one_and_white_is_one():
    """Pixel 0 becomes -1 and pixel 255 becomes 1, exactly, in float32 (n, 784)."""
    floats = from_uint8(grey(np.array([0, 255], np.uint8)))
    assert (floats.shape, floats.dtype) == ((2, PIXELS), np.float32)
    np.testing.assert_array_equal(floats, digits(-1, 1))


def test_floats_are_those_of_the_tutorial():
    """Each level is what the tutorial's `(x.astype(np.float32) - 127.5) / 127.5` gives."""
    tutorial = (LEVELS.astype(np.float32) - 127.5) / 127.5
    np.testing.assert_array_equal(from_uint8(grey(LEVELS))[:, 0], tutorial)


def test_pixels_keep_their_places():
    """Pixels are flattened row by row, and `to_uint8` puts them back where they were."""
    images = np.random.default_rng(0).integers(0, 256, (5, SIDE, SIDE), np.uint8)
    floats = from_uint8(images)
    assert floats[3, 2 * SIDE + 7] == np.float32((images[3, 2, 7] - 127.5) / 127.5)
    np.testing.assert_array_equal(to_uint8(floats), images)


def test_every_level_survives_the_round_trip():
    """All 256 levels come back from floats unchanged."""
    np.testing.assert_array_equal(to_uint8(from_uint8(grey(LEVELS))), grey(LEVELS))


def test_from_uint8_leaves_its_argument_alone():
    """The bytes that were handed in are not changed."""
    images = grey(LEVELS).copy()
    from_uint8(images)
    np.testing.assert_array_equal(images, grey(LEVELS))


def test_values_beyond_the_range_are_clipped():
    """What lies below -1 is black and above 1 white; it never wraps round."""
    levels = to_uint8(digits(-1.01, -9, 1.01, 9))
    assert levels.dtype == np.uint8
    assert levels[:, 0, 0].tolist() == [0, 0, 255, 255]


def test_values_go_to_the_nearest_level():
    """A float between two levels becomes the nearer one."""
    between = (np.array([100.4, 100.6]) - 127.5) / 127.5
    assert to_uint8(digits(*between))[:, 0, 0].tolist() == [100, 101]


def test_ink_is_dark_on_white_paper():
    """MNIST's white ink (1) is drawn black, its black ground (-1) white, and so is every gap."""
    sheet = tile(digits(1, -1), columns=2, scale=1)
    assert (cell(sheet, 0, 0) == 0).all()
    assert (cell(sheet, 0, 1) == 255).all()
    assert (sheet == 0).sum() == PIXELS


@pytest.mark.parametrize(("n", "rows"), [(1, 1), (3, 1), (4, 2), (6, 2), (7, 3)])
@pytest.mark.parametrize(("gap", "scale"), [(2, 1), (0, 1), (5, 3)])
def test_the_sheet_is_as_large_as_its_digits_and_gaps(n, rows, gap, scale):
    """Three columns take as many rows as they need, with a gap all round."""
    sheet = tile(digits(*[0] * n), columns=3, gap=gap, scale=scale)
    height, width = (rows * SIDE + (rows + 1) * gap) * scale, (3 * SIDE + 4 * gap) * scale
    assert (sheet.shape, sheet.dtype) == ((height, width), np.uint8)


def test_digits_stand_in_reading_order():
    """Digit k stands in row k // columns and column k % columns."""
    images = np.random.default_rng(1).integers(0, 256, (7, SIDE, SIDE), np.uint8)
    sheet = tile(from_uint8(images), columns=3, scale=1)
    for k, image in enumerate(images):
        np.testing.assert_array_equal(cell(sheet, k // 3, k % 3), 255 - image)


def test_the_rest_of_the_last_row_is_paper():
    """Where no digit is left, the sheet is white."""
    sheet = tile(digits(*[1] * 4), columns=3, scale=1)
    assert (cell(sheet, 1, 0) == 0).all()
    assert (cell(sheet, 1, 1) == 255).all()
    assert (cell(sheet, 1, 2) == 255).all()


def test_pixels_are_enlarged_without_smoothing():
    """At scale 3 each pixel is a square of 3x3 equal ones."""
    images = np.random.default_rng(2).uniform(-1, 1, (2, PIXELS))
    small, large = tile(images, columns=2, scale=1), tile(images, columns=2, scale=3)
    np.testing.assert_array_equal(large, np.kron(small, np.ones((3, 3), np.uint8)))


def test_a_png_holds_the_picture_exactly(tmp_path):
    """Pillow reads back the very pixels that were written, as one grey channel."""
    picture = np.random.default_rng(3).integers(0, 256, (31, 17), np.uint8)
    write_png(tmp_path / "sheet.png", picture)
    with Image.open(tmp_path / "sheet.png") as opened:
        assert (opened.format, opened.mode) == ("PNG", "L")
        np.testing.assert_array_equal(np.asarray(opened), picture)
    assert [file.name for file in tmp_path.iterdir()] == ["sheet.png"]


def test_a_gif_shows_each_picture_in_turn_for_ever(tmp_path):
    """The film has a frame per picture, in order, of the given duration, and repeats."""
    greys = [0, 80, 160, 240]
    write_film(
        tmp_path / "film.gif", [np.full((9, 9), g, np.uint8) for g in greys], milliseconds=50
    )
    with Image.open(tmp_path / "film.gif") as film:
        assert (film.format, film.n_frames, film.info["loop"]) == ("GIF", 4, 0)
        for index, level in enumerate(greys):
            film.seek(index)
            assert film.info["duration"] == 50
            assert set(np.asarray(film.convert("L")).flat) == {level}
    assert [file.name for file in tmp_path.iterdir()] == ["film.gif"]


def test_a_webp_film_loses_nothing(tmp_path):
    """Each frame is exactly the picture, for the given duration."""
    pictures = list(np.random.default_rng(0).integers(0, 256, (3, 9, 9), dtype=np.uint8))
    write_film(tmp_path / "film.webp", pictures, milliseconds=[50, 60, 700])
    with Image.open(tmp_path / "film.webp") as film:
        assert (film.format, film.n_frames) == ("WEBP", 3)
        for index, picture in enumerate(pictures):
            film.seek(index)
            np.testing.assert_array_equal(np.asarray(film.convert("L")), picture)


def test_pictures_replace_files_whole(tmp_path):
    """A picture that cannot be written leaves the old file and nothing else."""
    path = tmp_path / "sheet.png"
    path.write_bytes(b"old")
    with pytest.raises(TypeError):
        write_png(path, np.zeros((2, 2, 7), np.uint8))
    with pytest.raises(TypeError):
        write_film(path, [np.zeros((2, 2, 7), np.uint8)])
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["sheet.png"]
