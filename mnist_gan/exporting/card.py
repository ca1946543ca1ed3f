"""The model card: what a generator is, where it comes from, how it is loaded, what it cannot do."""

from collections.abc import Iterator, Sequence

from mnist_gan import __version__
from mnist_gan.evaluation.table import METRICS
from mnist_gan.exporting.latents import label_line, latent_lines
from mnist_gan.exporting.origin import Records, Title
from mnist_gan.noise import BOUND
from mnist_gan.runs import DataRecord, Evaluation
from mnist_gan.sampling.numpy_generator import NumpyGenerator
from mnist_gan.support.text import several
from mnist_gan.support.units import counted

LICENCE = "mit"  # that of the package
DATASET = "ylecun/mnist"  # MNIST's name on the hub
LONGEST = 200  # characters of a text from a file
MOST_NAMED = 30  # classes
NOISE = {  # what latents are, by their distribution
    "normal": "normal (mean 0, standard deviation 1)",
    "uniform": f"uniform between -{BOUND:.3f} and {BOUND:.3f} (mean 0, standard deviation 1)",
    "normal+categorical": "a categorical code followed by normal numbers, as above",
}
CARD = """\
---
{front}
---

# {name}

{about} It turns random numbers (latents) into grey images{what}, 28x28 pixels.

![A hundred images that it draws](samples.png)

## How to use it

With mnist-gan {version}, which computes the images in NumPy:

```python
import mnist_gan as mg

images = mg.sample("generator.keras", 16, seed=0)  # float32 (16, 784) in [-1, 1]
mg.show(images).save("images.png")
```

With plain Keras 3:

```python
import keras
import numpy as np

model = keras.saving.load_model("generator.keras")
{latents}
{predict}  # float32 (16, 784) in [-1, 1]
```

Latents are {latent_size} numbers each, {noise}. An image has its 28 rows
one after the other, from the top; -1 is paper, 1 is ink.{labels}

## How it was made

{data}

{evaluation}

## Limits

It draws images of 28x28 pixels like those it was trained on, and nothing else. Some of them are
malformed, and what is rare in the training images may be missing. It is made for teaching and for
experiments.
"""


def model_card(generator: NumpyGenerator, title: Title, known: Records) -> str:
    """Return the text of README.md, with the front matter that the hub reads.

    Args:
        generator: The generator.
        title: How it is called.
        known: What its run has kept.
    """
    predict, labels = "images = model.predict(x)", ""
    if generator.classes:
        predict = f"labels = {label_line(generator.classes)}\nimages = model.predict([x, labels])"
        count = counted(generator.classes, "number")
        labels = f" The second input is the class to draw, as {count}: one is 1, the others 0."
        if known.data and len(known.data.classes) == generator.classes:
            labels += f" In order these are {_listed(known.data.classes)}."
    return CARD.format(
        front="\n".join(_front(generator, known.data)),
        name=_plain(title.name),
        about=_plain(title.about),
        what=_what(known.data),
        version=__version__,
        latents=latent_lines(generator.noise, str(generator.latent_size)),
        predict=predict,
        latent_size=generator.latent_size,
        noise=NOISE[generator.noise],
        labels=labels,
        data=_data(known),
        evaluation=_evaluation(known),
    )


def _front(generator: NumpyGenerator, data: DataRecord | None) -> Iterator[str]:
    """Yield the lines of the front matter."""
    yield f"license: {LICENCE}"
    yield "library_name: keras"
    subject = "mnist, " if data is None or data.are_digits else ""
    yield f"tags: [keras, gan, {subject}image-generation]"
    if not generator.classes:
        yield "pipeline_tag: unconditional-image-generation"
    if data and data.is_mnist:
        yield f"datasets: [{DATASET}]"


def _data(known: Records) -> str:
    """Return what it was trained on."""
    if known.data is None:
        return "Nothing is known of its training."
    images = f"{counted(known.data.count, 'image')}: {_plain(known.data.source)}"
    if known.data.is_mnist:
        images = (
            "the 60,000 training images of MNIST, by Yann LeCun and Corinna Cortes, CC BY-SA 3.0"
        )
    return f"The generator of a GAN, trained on {images}. `config.yaml` has every setting."


def _what(data: DataRecord | None) -> str:
    """Return what the images show, where that is known."""
    if data and data.are_digits:
        return " of handwritten digits"
    return f" of the classes {_listed(data.classes)}" if data and data.classes else ""


def _listed(classes: Sequence[str]) -> str:
    """Return the names of classes in a row, of many the first."""
    return _plain(several(classes, MOST_NAMED))


def _evaluation(known: Records) -> str:
    """Return its metrics beside those of real images, as a table."""
    found = known.evaluation
    if found is None:
        return "It has not been evaluated."
    samples = f"{counted(found.samples, 'sample')} against {_plain(found.against)}"
    head = ["| metric | this generator | real images |", "|---|---|---|"]
    return "\n".join([f"{samples} (`evaluation.json`):", "", *head, *_rows(found)])


def _rows(found: Evaluation) -> Iterator[str]:
    """Yield a row of the table for each metric; an indented label continues the one above it."""
    above = ""
    for metric in METRICS:
        label = metric.label
        if label.startswith(" "):
            label = f"{above} {label.strip()}"
        else:
            above = label
        if metric.name in found.values:
            cells = (
                f"{values[metric.name]:.{metric.digits}f}" if metric.name in values else "-"
                for values in (found.values, found.real)
            )
            yield f"| {label} | {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """Return a text from a file or a name as one line that no Markdown is read from."""
    line = " ".join(text.split())[:LONGEST]
    return "".join(f"\\{each}" if each in "\\`*_[]<>#!|~$" else each for each in line)
