"""The page of a sweep, and of any runs that are compared."""

from __future__ import annotations

from mnist_gan.evaluation.comparison import Mean
from mnist_gan.pages.comparison_page import PageGroup, comparison_page
from mnist_gan.pages.publish import update
from mnist_gan.runs import RunFolder, list_runs
from mnist_gan.support.files import write_text
from mnist_gan.sweeps.compare import DISTANCE, VALUES, Comparison, Group, compare


def write_sweep_page(sweep: RunFolder) -> None:
    """Write the page of a sweep, those of its runs that are out of date, and their index.

    Raises:
        UserError: Where none of its trainings is finished.
    """
    comparison = compare(list_runs(sweep.folder))
    page = page_of(comparison, sweep.folder.name, linked=True)
    write_text(sweep.page, page)
    update(None, sweep.folder, best=False)


def page_of(comparison: Comparison, title: str, *, linked: bool) -> str:
    """Return a comparison as a page.

    Args:
        comparison: The comparison.
        title: The page's title.
        linked: Whether the page lies beside the folders of the runs, so that it can link to theirs.
    """
    heads = [
        "settings",
        "seeds",
        *(value.label for value in VALUES.values()),
        "ratio to the first",
        "finding",
    ]
    groups = [PageGroup(group.label, _cells(group), _runs(group)) for group in comparison.groups]
    home = comparison.groups[0].runs[0].run.folder.parent if linked else None
    return comparison_page(title, heads, groups, comparison.notes, home)


def ratio_text(group: Group) -> str:
    """Return the ratio of a group's Fréchet distance to that of the first group, in words."""
    if not group.ratio:
        return ""
    return f"{group.ratio.ratio:.2f} ({group.ratio.low:.2f} to {group.ratio.high:.2f})"


def mean_text(name: str, mean: Mean | None) -> str:
    """Return a mean and its interval with as many digits as its kind of value deserves."""
    if mean is None:
        return "-"
    spread = "" if mean.half is None else f" ± {mean.half:.{VALUES[name].digits}f}"
    return f"{mean.mean:.{VALUES[name].digits}f}{spread}"


def _cells(group: Group) -> list[str]:
    """Return the row of a group in the table."""
    means = [mean_text(name, group.means.get(name)) for name in VALUES]
    return [group.label, str(len(group.runs)), *means, ratio_text(group), group.finding]


def _runs(group: Group) -> list[tuple[RunFolder, str]]:
    """Return the runs of a group with their captions: the seed, and the Fréchet distance if any."""
    return [
        (each.run, f"seed {each.seed}" + (f": {distance:.2f}" if distance is not None else ""))
        for each in group.runs
        for distance in [each.values.get(DISTANCE)]
    ]
