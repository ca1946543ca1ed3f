"""The functions of the Python API; `import mnist_gan` has them all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, overload

from mnist_gan.config.loading import dotted, load_config
from mnist_gan.config.schema import Config
from mnist_gan.evaluation.table import MIN_SAMPLES, SAMPLES
from mnist_gan.results import Run, Scores
from mnist_gan.runs import find_generator
from mnist_gan.session import start as session
from mnist_gan.session.callbacks import Callback
from mnist_gan.support.errors import UserError
from mnist_gan.support.paths import outputs_folder

if TYPE_CHECKING:
    import keras
    import numpy as np

    from mnist_gan.sampling.inversion import Inverted
    from mnist_gan.sampling.numpy_generator import NumpyGenerator

    Source: TypeAlias = Run | NumpyGenerator | keras.Model | str | int | Path | None


def train(
    config: str | Path | Config = "tutorial",
    *,
    callbacks: Sequence[Callback] = (),
    outputs: str | Path | None = None,
    quiet: bool = False,
    **settings: Any,
) -> Run:
    """Train a GAN, keep the run, return it. Ctrl-C saves and returns.

    >>> run = train("fast", epochs=5, generator__widths=(256, 512))  # doctest: +SKIP

    Args:
        config: A recipe by name (`mnist-gan recipes` lists them), a YAML file, or a Config.
        callbacks: Functions that are called with a `Report` about once a second, or Keras
            callbacks. If one raises, the run is saved and the exception goes on.
        outputs: Where runs are kept; None: MNIST_GAN_OUTPUTS, else ./outputs.
        quiet: Whether to show no progress.
        settings: `epochs`, `batch_size`, `seed`, `data`, `classes` and `name`, as on the command
            line; any other setting as `section__name=value` or `section={"name": value}`
            (`mnist-gan settings` lists them).

    Raises:
        UserError: Where a setting is wrong, or there are no data, or no room on the disk.
    """
    chosen = load_config(config, dotted(settings))
    ended = session.train(chosen, outputs_folder(outputs), quiet=quiet, callbacks=callbacks)
    return Run(ended.run.folder)


def resume(
    run: Run | str | int | Path,
    *,
    epochs: int | None = None,
    data: str | Path | None = None,
    backend_change: bool = False,
    callbacks: Sequence[Callback] = (),
    outputs: str | Path | None = None,
    quiet: bool = False,
) -> Run:
    """Train a run on, bit for bit as if it had never stopped; return it.

    Args:
        run: The run, its folder, number or name.
        epochs: How many in all; None: as many as it was meant to have.
        data: Where its images are now; None: where they were.
        backend_change: Whether it may go on on another backend, on which its last bits differ.
        callbacks: As for `train`.
        outputs: Where runs are kept, as for `train`.
        quiet: Whether to show no progress.

    Raises:
        UserError: Where it cannot be trained on, or is being trained.
    """
    run = run if isinstance(run, Run) else Run(run, outputs)
    wished = {"training.epochs": epochs, "data.source": None if data is None else str(data)}
    session.resume(
        run.files,
        None,
        {name: value for name, value in wished.items() if value is not None},
        backend_change=backend_change,
        quiet=quiet,
        callbacks=callbacks,
    )
    return run


def load_generator(
    source: Source = None, outputs: str | Path | None = None, *, best: bool = False
) -> NumpyGenerator:
    """Return a generator that draws without TensorFlow.

    Args:
        source: A run (or its folder, number or name), a `.keras` file, or a Keras model. None: the
            newest run's, or the one that comes with the package. A file is untrusted input, of
            which nothing is run.
        outputs: Where runs are kept, as for `train`.
        best: Whether to take a run's best generator instead of its last.

    Raises:
        UserError: Where there is none, or it is no generator of digits.
    """
    return _opened(source, outputs, best=best)[0]


def sample(source: Source = None, count: int = 100, seed: int = 0, *, start: int = 0) -> np.ndarray:
    """Return images `start` to `start + count - 1` of a seed: float32 (count, 784) in [-1, 1].

    Image k is a function of the generator, the seed and k alone.

    Args:
        source: What draws them, as for `load_generator`.
        count: How many.
        seed: Of the latents.
        start: The first.

    Raises:
        UserError: Where the source is no generator, or a number is negative.
    """
    from mnist_gan.sampling.sampler import sample as drawn

    for name, number in (("count", count), ("seed", seed), ("start", start)):
        if number < 0:
            raise UserError(f"{name} is {number}; it should be 0 or more.")
    return drawn(load_generator(source), count, seed, start)


@overload
def evaluate(
    source: Source = None, *, samples: int = SAMPLES, data: str | None = None
) -> Scores: ...
@overload
def evaluate(
    source: Sequence[Source], *, samples: int = SAMPLES, data: str | None = None
) -> list[Scores]: ...
def evaluate(
    source: Source | Sequence[Source] = None, *, samples: int = SAMPLES, data: str | None = None
) -> Scores | list[Scores]:
    """Measure how good a generator's digits are; of a run, the result is kept there.

    Args:
        source: The generator, as for `load_generator`; a list of them returns a list, for which
            real images are read and measured once.
        samples: How many images to draw, 1,000 to 10,000; with fewer, distances are too high.
        data: Real images to compare with, as `data` of `train`; None: those that the run was
            trained on, else MNIST.

    Raises:
        UserError: Where there is no such generator, or there are too few real digits.
    """
    from mnist_gan.evaluation.evaluate import Model
    from mnist_gan.evaluation.evaluate import evaluate as evaluated

    if not MIN_SAMPLES <= samples <= SAMPLES:
        raise UserError(f"samples is {samples}; it should be from {MIN_SAMPLES:,} to {SAMPLES:,}.")
    sources = source if isinstance(source, list | tuple) else [source]
    if not sources:
        raise UserError("There is no generator to evaluate in an empty list.")
    models = [Model(*_opened(each, None)) for each in sources]
    scores = [Scores(*found) for found in evaluated(models, samples=samples, data=data)]
    return scores if isinstance(source, list | tuple) else scores[0]


def export(
    source: Source,
    format: str,  # noqa: A002 - as Keras calls it
    output: str | Path,
    outputs: str | Path | None = None,
    *,
    best: bool = False,
) -> Path:
    """Write a generator in the format of another program, return where.

    >>> export("fast", "onnx", "digits.onnx")  # doctest: +SKIP

    Args:
        source: The generator, as for `load_generator`.
        format: "onnx", "savedmodel", "litert", "npz", "html" or "hub"; see docs/export.md.
        output: The file, or for "savedmodel" and "hub" a folder that is new or empty.
        outputs: Where runs are kept, as for `train`.
        best: Whether to take a run's best generator instead of its last.

    Raises:
        UserError: Where there is no such format or generator, a package is missing, or the output
            cannot be written.
    """
    from mnist_gan.exporting.write import WRITERS, check_format

    if format not in WRITERS:
        raise UserError(f"There is no format {format!r}; there are {', '.join(WRITERS)}.")
    path = Path(output)
    check_format(format, path)
    WRITERS[format](*_opened(source, outputs, best=best), path)
    return path


def invert(
    images: np.ndarray | str | Path,
    source: Source = None,
    outputs: str | Path | None = None,
    *,
    seed: int = 0,
    best: bool = False,
) -> Inverted:
    """Return the latents whose images come nearest to given ones, found by gradient descent.

    >>> latents, drawn, distances = invert("seven.png")  # doctest: +SKIP

    Args:
        images: One image or several, as an array (28, 28), (784,), (n, 28, 28) or (n, 784) of
            bytes or of floats in [-1, 1], or a picture or file of docs/data.md; 100 at most.
        source: The generator, as for `load_generator`.
        outputs: Where runs are kept, as for `train`.
        seed: Of the latents that the descent starts from.
        best: Whether to take a run's best generator instead of its last.

    Returns:
        latents (n, inputs), images (n, 784) in [-1, 1], distances (n,): root mean square over
        pixels, in grey levels of 255.

    Raises:
        UserError: Where there are no such images or no such generator.
    """
    from mnist_gan.data.formats.reader import read_pictures_of
    from mnist_gan.data.formats.standard import Wishes, as_images
    from mnist_gan.data.images import from_uint8
    from mnist_gan.sampling.inversion import invert as inverted
    from mnist_gan.sampling.inversion import refuse_too_many

    if isinstance(images, str | Path):
        pictures = read_pictures_of(Path(images)).images
    else:
        array = images[None] if images.shape in ((28, 28), (784,)) else images
        pictures, _ = as_images(array, "The array", Wishes())
    refuse_too_many(len(pictures))
    generator = load_generator(source, outputs, best=best)
    return inverted(generator, from_uint8(pictures), seed)


def _opened(
    source: Source, outputs: str | Path | None, *, best: bool = False
) -> tuple[NumpyGenerator, Path | None]:
    """Return a generator, and its `.keras` file where it was read from one."""
    from mnist_gan.sampling.numpy_generator import NumpyGenerator
    from mnist_gan.sampling.output_range import from_seen_range
    from mnist_gan.sampling.sampler import copy_generator, open_generator

    if isinstance(source, NumpyGenerator):
        return source, None
    if source is None or isinstance(source, Run | str | int | Path):
        reference = source.folder if isinstance(source, Run) else source
        named = None if reference is None else str(reference)
        path = find_generator(named, outputs_folder(outputs), best=best)
        return open_generator(path), path
    if not hasattr(source, "get_config"):
        raise UserError(
            f"{source!r} is no generator; give a run, a .keras file, a generator or a Keras model."
        )
    return from_seen_range(copy_generator(source)), None
