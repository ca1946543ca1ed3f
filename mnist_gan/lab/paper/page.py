"""The page of the experiment: its table and its pictures."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mnist_gan.pages.document import render
from mnist_gan.pages.pictures import file_address
from mnist_gan.runs import RunFolder
from mnist_gan.support.files import write_text

TITLE = "The experiment of the GAN paper of 2014"
TABLE = "Log-likelihood of test images, in nats"
ABOUT_TABLE = (
    "Higher is better, ± is one standard error, sigma the width of the Parzen windows. Compare the "
    "generated digits with the training images: nothing that draws like them can be far above. "
    "The centres of k-means are blurred means; where they are above real images, this measure "
    "prefers blurred images."
)
HEADS = ("model or images", "nats", "sigma", "from")


class Picture(NamedTuple):
    """A picture of the run folder, as the page shows it."""

    name: str  # of the file
    title: str
    about: str  # what to look at


PICTURES = (
    Picture(
        "samples.png",
        "Samples",
        "Generated digits, not selected. Each row ends with the training image nearest to its last "
        "digit. Compare the two: if they were the same, the generator would have copied it.",
    ),
    Picture(
        "walks.png",
        "Walks",
        "Each row changes one latent into another in small steps. Look for steps at which an image "
        "jumps or looks like no digit.",
    ),
    Picture(
        "widths.png",
        "Widths of the windows",
        "The best of ten widths, ringed, is chosen with validation images.",
    ),
)


def write_page(run: RunFolder, about: Sequence[str], table: Sequence[Mapping[str, Any]]) -> None:
    """Write the page into the run folder, which has the pictures already.

    Args:
        run: The run folder.
        about: Sentences on what was measured.
        table: The rows of `table.csv`.
    """
    rows = [
        (
            row["model"],
            f"{row['mean']:.1f} ± {row['error']:.1f}",
            "" if row["sigma"] is None else f"{row['sigma']:.3f}",
            row["source"],
        )
        for row in table
    ]
    pictures = [
        {**picture._asdict(), "address": file_address(run, picture.name)} for picture in PICTURES
    ]
    page = render(
        "experiment.html",
        [],
        title=f"{TITLE}: {run.folder.name}",
        about=about,
        table={"title": TABLE, "about": ABOUT_TABLE, "heads": HEADS, "rows": rows},
        pictures=pictures,
    )
    write_text(run.page, page)
