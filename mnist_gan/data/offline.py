"""The embedded digits: MNIST-like, made from scikit-learn's 8x8 scans."""

import numpy as np

COUNT = 24_000  # every one of the 1,797 scans is redrawn 13 or 14 times
SEED = 1998  # the year of the scans; any other would do
SIDE, BOX = 28, 20  # MNIST fits a digit to a box of 20 pixels, then centres it by mass in 28
BATCH = 500  # images made at once: their intermediate arrays fit in the processor's cache
FAINT = 0.4  # ridges fainter than this share of full ink keep their contrast
FINE = 3  # samples per cell when shapes are measured: about one per final pixel
LEVELS = np.arange(48, 91, 4, dtype=np.float32) / 100  # below, loops close; above, strokes vanish
INSET = 0.3  # pixels taken off every edge, as the scans are bolder than MNIST
RIM = 1.4  # pixels from black to white across the edge of a stroke in MNIST
FLAT = 0.1  # ink per pixel: smaller gradients are the tops of strokes, not their edges
TURN = 0.06  # tangent of half the largest turn: 7 degrees either way
SLANT = -0.15, 0.35  # MNIST leans to the right
WIDTH = 0.9, 1.45  # the scans are narrower than MNIST
MIN_HOLES = np.array([1, 0, 0, 0, 0, 0, 1, 0, 2, 1])  # by digit ...
MAX_HOLES = np.array([1, 0, 1, 0, 1, 0, 1, 0, 2, 1])  # ... where a 2 or a 4 may have a loop


def embedded_digits() -> tuple[np.ndarray, np.ndarray]:
    """Return MNIST-like images and their labels, the same at every call; nothing is downloaded.

    Returns:
        Images, uint8 (24000, 28, 28), white ink on 0, and labels, uint8 (24000,), shuffled.

    Source: Alpaydin & Kaynak (1998), UCI Optical Recognition of Handwritten Digits, via
    scikit-learn.
    """
    from sklearn.datasets import load_digits

    scans, digits = load_digits(return_X_y=True)
    rng = np.random.default_rng(SEED)
    source = rng.permutation(COUNT) % len(scans)  # (n,)
    splines = _ink_splines(scans.reshape(-1, 8, 8) / 16)  # (scans, 12, 12)
    finer = np.tile(np.eye(2) / FINE, (len(scans), 1, 1))  # (scans, 2, 2)
    fine = _resample(splines, finer, np.zeros((len(scans), 2)), 12 * FINE)  # (scans, 36, 36)
    threshold = _draw_thresholds(_faithful_levels(fine, digits)[source], rng)  # (n, 1, 1)
    warp = _draw_warps(rng)  # (n, 2, 2)
    images = np.zeros((COUNT, SIDE, SIDE), np.uint8)
    for batch in (slice(i, i + BATCH) for i in range(0, COUNT, BATCH)):
        frame = _fit_to_box(fine[source[batch]] > threshold[batch], warp[batch])
        ink = _resample(splines[source[batch]], *frame, BOX)  # (batch, 20, 20)
        _centre_by_mass(_sharpen(ink - threshold[batch]), images[batch])
    return images, digits[source].astype(np.uint8)


def _ink_splines(ink: np.ndarray) -> np.ndarray:
    from scipy import ndimage

    # With even contrast, a threshold that thins bold strokes does not break faint ones.
    ridge = ndimage.uniform_filter(ndimage.maximum_filter(ink, (1, 3, 3)), (1, 3, 3))
    spline = np.pad(ink / np.maximum(ridge, FAINT), ((0, 0), (2, 2), (2, 2)))  # (scans, 12, 12)
    # A cell of a scan is the mean ink over its area: the quartic filter yields the cubic spline
    # that has these means, which undoes the blur of the scan.
    rows = ndimage.spline_filter1d(spline, order=4, axis=1)
    return ndimage.spline_filter1d(rows, order=4, axis=2)


def _resample(splines: np.ndarray, warps: np.ndarray, offsets: np.ndarray, side: int) -> np.ndarray:
    from scipy.ndimage import affine_transform

    out = np.empty((len(splines), side, side), np.float32)
    for image, spline, warp, offset in zip(out, splines, warps, offsets, strict=True):
        affine_transform(spline, warp, offset, output=image, prefilter=False)
    return out


def _faithful_levels(fine: np.ndarray, digits: np.ndarray) -> np.ndarray:
    # The Euler number, pieces minus holes, changes if a stroke breaks or a loop closes.
    euler = np.stack([_euler_number(fine > level) for level in LEVELS])  # (levels, scans)
    error = abs(np.clip(euler, 1 - MAX_HOLES[digits], 1 - MIN_HOLES[digits]) - euler)
    return (error == error.min(0)).T


def _euler_number(ink: np.ndarray) -> np.ndarray:
    across, down = ink[:, :, 1:] & ink[:, :, :-1], ink[:, 1:] & ink[:, :-1]
    cells = ink, across, down, across[:, 1:] & across[:, :-1]
    points, rows, columns, squares = (np.count_nonzero(cell, axis=(1, 2)) for cell in cells)
    return points - rows - columns + squares


def _draw_thresholds(faithful: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    rank = faithful.cumsum(1)  # (n, levels)
    # The square root favours high thresholds, again because the scans are bold.
    wanted = np.sqrt(rng.random((COUNT, 1))) * rank[:, -1:]
    return LEVELS[(rank > wanted).argmax(1)][:, None, None]


def _draw_warps(rng: np.random.Generator) -> np.ndarray:
    # The half-angle formulas avoid sine and cosine, whose last bits differ between machines.
    half, slant, width = (rng.uniform(*r, COUNT) for r in ((-TURN, TURN), SLANT, WIDTH))
    cos, sin = (1 - half**2) / (1 + half**2), 2 * half / (1 + half**2)
    warp = cos + sin * slant, sin * width, -sin - cos * slant, cos * width
    return np.stack(warp, 1, dtype=np.float32).reshape(COUNT, 2, 2)


def _fit_to_box(ink: np.ndarray, warp: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    row, column = np.indices(ink.shape[1:], np.float32) / FINE
    positions = warp[:, :, 0, None, None] * row + warp[:, :, 1, None, None] * column
    low = np.where(ink[:, None], positions, np.inf).min((2, 3))  # (batch, 2)
    high = np.where(ink[:, None], positions, -np.inf).max((2, 3))
    step = (high - low).max(1, keepdims=True) / (BOX - 1)
    corner = (low + high - (BOX - 1) * step) / 2
    (a, b), (c, d) = warp.transpose(1, 2, 0)
    inverse = (np.array([[d, -b], [-c, a]]) / (a * d - b * c)).transpose(2, 0, 1)
    return inverse * step[:, None], (inverse * corner[:, None]).sum(2)


def _sharpen(ink: np.ndarray) -> np.ndarray:
    # Height over gradient is the distance to the edge, which makes all edges equally sharp.
    gradient = np.sqrt(sum(g * g for g in np.gradient(ink, axis=(1, 2))))
    inside = ink / np.maximum(gradient, FLAT) - INSET
    return np.rint(np.clip(inside / RIM + 0.5, 0, 1) * 255).astype(np.uint8)


def _centre_by_mass(boxes: np.ndarray, images: np.ndarray) -> None:
    pixel, mass = np.arange(BOX), boxes.sum((1, 2))
    top, left = (np.rint(SIDE / 2 - boxes.sum(a) @ pixel / mass).astype(int) for a in (2, 1))
    for image, box, i, j in zip(images, boxes, top, left, strict=True):
        image[i : i + BOX, j : j + BOX] = box
