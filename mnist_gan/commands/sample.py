"""`mnist-gan sample`: images from a saved generator."""

from pathlib import Path

import numpy as np

from mnist_gan.runs import called, find_generator
from mnist_gan.sampling.export import MOST_PICTURES, Blocks, writer
from mnist_gan.sampling.numpy_layers import NumpyGenerator
from mnist_gan.sampling.sampler import Draw, generate, load_generator, stream
from mnist_gan.support.console import LOADING, Work, say
from mnist_gan.support.errors import UserError
from mnist_gan.support.runtime import start_tensorflow
from mnist_gan.support.units import counted

SURE = 0.9  # confidence of the judge from which an image is a digit
TRIED, FEWEST_TRIES, TRIES = 1000, 10_000, 200  # at a time; before giving up; at most per digit
MANY = 4000  # images, from which there is a bar


def sample(  # noqa: PLR0913 - one argument per flag
    model: str | None,
    outputs: Path,
    *,
    best: bool,
    count: int | None,
    seed: int,
    first: int,
    latents_file: Path | None,
    columns: int | None,
    digit: int | None,
    interpolate: int | None,
    output: Path,
) -> int:
    """Write images of a generator to a file or folder and print its path; return the exit code."""
    if latents_file and first:
        raise UserError("--start counts the digits of a seed, so it does not go with --latents.")
    write = writer(output)
    path = find_generator(model, outputs, best=best)
    generator = load_generator(path)
    if latents_file and digit is not None and not generator.classes:
        raise UserError("--digit chooses latents by itself, so it does not go with --latents.")
    if latents_file:
        count, draw = _stored(latents_file, count, generator)
    else:
        count = count or (2 if interpolate else 100)
        draw = _drawn(generator, seed)
    if digit is not None and generator.classes:
        draw = _told(generator, draw, digit)
    elif digit is not None:
        draw, first = _chosen(generator, count, draw, digit, first), 0
    if interpolate:
        (count, draw), first = _walked(generator, count, draw, interpolate, first), 0
    in_a_row = columns or interpolate or min(10, count)
    write(output, count, _blocks(generator, count, draw, first), in_a_row)
    say(f"drawn by {called(path)}")
    print(output)
    return 0


def _drawn(generator: NumpyGenerator, seed: int) -> Draw:
    """Return the rows of a seed."""
    return lambda start, part: generator.latents(seed, part, start)


def _stored(path: Path, count: int | None, generator: NumpyGenerator) -> tuple[int, Draw]:
    """Return the latents (n, latent) that a .npy file holds, the first `count` of them, as rows."""
    size = generator.latent_size
    expected = f"expected a .npy of finite numbers (n, {size})"
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError):
        raise UserError(f"{path} is no .npy file of numbers; {expected}.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None
    if not isinstance(array, np.ndarray) or array.ndim != 2 or array.shape[1] != size:
        shape = getattr(array, "shape", "several arrays")
        raise UserError(f"{path} holds {shape}; {expected}.")
    if array.dtype.kind != "f" or not np.isfinite(array).all():
        raise UserError(f"{path} holds {array.dtype} that are not all finite; {expected}.")
    if (count or 1) > len(array):
        held = counted(len(array), "latent")
        raise UserError(f"{path} holds {held}, but --count {count or 1} takes as many.")

    def draw(start: int, part: int) -> np.ndarray:
        latents = array[start : start + part].astype(np.float32)
        return generator.asking(latents, generator.asked(len(latents), start))

    return count or len(array), draw


def _told(generator: NumpyGenerator, draw: Draw, digit: int) -> Draw:
    """Return the same latents, but asking a conditional generator for a digit."""
    return lambda start, part: generator.asking(
        draw(start, part)[:, : generator.latent_size], digit
    )


def _chosen(generator: NumpyGenerator, count: int, draw: Draw, digit: int, first: int) -> Draw:
    """Return the latents, from the `first` on, whose images a judge is sure are a digit."""
    say(LOADING)
    start_tensorflow()
    from mnist_gan.evaluation.classifiers import Judge

    judge, found, tried = Judge(), np.empty((0, generator.inputs), np.float32), 0
    with Work(f"drawing {digit}s", count, "digits") as work:
        while len(found) < count:
            if tried >= FEWEST_TRIES and len(found) * TRIES < tried:
                are = "is" if len(found) == 1 else "are"
                raise UserError(
                    f"Only {len(found):,} of {tried:,} images {are} {_a(digit)} that the "
                    "classifier is sure of, so this generator cannot draw it; try one that was "
                    "trained longer, or on that digit."
                )
            latents = draw(first + tried, TRIED)
            seen = judge(generate(generator, latents, first + tried))
            accepted = (seen.digits == digit) & (seen.confidence >= SURE)
            tried += len(latents)
            work.advance(min(accepted.sum(), count - len(found)))
            found = np.concatenate([found, latents[accepted]])
    are = "is" if len(found) == 1 else "are"
    say(f"{len(found):,} of {tried:,} images tried {are} {_a(digit)} ({len(found) / tried:.1%})")
    return lambda start, part: found[:count][start : start + part]


def _a(digit: int) -> str:
    """Return a digit with its article."""
    return f"an {digit}" if digit == 8 else f"a {digit}"


def _walked(
    generator: NumpyGenerator, count: int, draw: Draw, steps: int, first: int
) -> tuple[int, Draw]:
    """Return the walk from each latent to the next in `steps` images."""
    if count < 2:
        raise UserError(f"--interpolate walks between digits, so it needs --count 2, not {count}.")
    if (count - 1) * steps > MOST_PICTURES:
        raise UserError(
            f"A walk of {(count - 1) * steps:,} images is longer than {MOST_PICTURES:,}."
        )
    path = generator.walk(draw(first, count), steps)
    return len(path), lambda start, part: path[start : start + part]


def _blocks(generator: NumpyGenerator, count: int, draw: Draw, first: int) -> Blocks:
    """Yield the images in blocks, showing progress where there are several."""
    with Work("drawing", count, "images", quiet=count <= MANY) as work:
        for images in stream(generator, count, draw, first):
            yield images
            work.advance(len(images))
