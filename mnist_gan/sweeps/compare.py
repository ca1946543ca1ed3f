"""What came of trainings: runs that differ in the seed only are groups, groups are compared."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mnist_gan.config.loading import flat
from mnist_gan.evaluation.comparison import Mean, Ratio, corrected, finding, mean_of, ratio_of
from mnist_gan.evaluation.table import METRICS, Metric
from mnist_gan.runs import SWEEP, TRAIN, RunFolder, best_row, find_run, list_runs
from mnist_gan.support.errors import UserError
from mnist_gan.sweeps.plan import SEED

DISTANCE = "frechet_distance"
METRIC = {metric.name: metric for metric in METRICS}
BEST = METRIC[DISTANCE]._replace(name="best_distance", label=f"best {METRIC[DISTANCE].label}")
SECONDS = Metric("seconds", "seconds", 0)
VALUES = {  # what is compared
    value.name: value for value in (METRIC[DISTANCE], BEST, METRIC["confidence"], SECONDS)
}
NOT_COMPARED = {"name", SEED, "data.source", "training.backend", "training.device"}


class Trained(NamedTuple):
    """A run that is finished."""

    run: RunFolder
    seed: int
    settings: dict[str, str]
    values: dict[str, float]


class Group(NamedTuple):
    """Runs that differ in the seed only."""

    label: str  # the settings in which it differs from other groups
    runs: list[Trained]
    means: dict[str, Mean]  # of VALUES
    ratio: Ratio | None  # of the Fréchet distance to that of the first group
    p: float | None  # corrected for the number of groups
    finding: str  # "better", "worse", "unclear", or nothing for the first


class Comparison(NamedTuple):
    """All groups, and what was left out."""

    differing: list[str]  # settings
    groups: list[Group]
    notes: list[str]


def compare(runs: Iterable[RunFolder]) -> Comparison:
    """Compare runs.

    Args:
        runs: The runs; those that are not finished get a note.

    Raises:
        UserError: Where none is left.
    """
    notes: list[str] = []
    trained = [each for run in runs if (each := _trained(run, notes))]
    if not trained:
        raise UserError(" ".join(["There is nothing to compare.", *notes[:3]]))
    keys = list(dict.fromkeys(key for each in trained for key in each.settings))
    differing = [key for key in keys if len({each.settings.get(key) for each in trained}) > 1]
    groups: dict[tuple[str | None, ...], list[Trained]] = {}
    for each in trained:
        groups.setdefault(tuple(each.settings.get(key) for key in differing), []).append(each)
    return Comparison(differing, _groups(differing, groups), notes)


def runs_of(references: Sequence[str], outputs: Path) -> list[RunFolder]:
    """Return the runs that references name; a sweep stands for all its runs."""
    found: list[RunFolder] = []
    for reference in references:
        run = find_run(reference, outputs)
        found += list_runs(run.folder) if run.manifest().kind == SWEEP else [run]
    return list({run.folder.resolve(): run for run in found}.values())


def rows(comparison: Comparison) -> list[dict[str, Any]]:
    """Return the table of a comparison, a dictionary per group."""
    found = []
    for group in comparison.groups:
        settings = {key: group.runs[0].settings.get(key) for key in comparison.differing}
        row: dict[str, Any] = {**settings, "runs": len(group.runs)}
        row["seeds"] = " ".join(str(each.seed) for each in group.runs)
        for name, mean in group.means.items():
            row |= {name: mean.mean, f"{name}_half": mean.half}
        if group.ratio:
            row |= {"ratio": group.ratio.ratio, "low": group.ratio.low, "high": group.ratio.high}
        found.append(row | {"p": group.p, "finding": group.finding})
    return found


def _trained(run: RunFolder, notes: list[str]) -> Trained | None:
    """Return a run that can be compared; None, with a note, for another."""
    try:
        manifest, history, settings = run.manifest(), run.history(), flat(run.config())
    except UserError as error:
        notes.append(str(error))
        return None
    if manifest.kind != TRAIN or manifest.status != "finished":
        notes.append(f"{run.folder.name} is left out, as it is {manifest.status}.")
        return None
    last, best = (history or [{}])[-1], best_row(history)
    values = {key: last[key] for key in (DISTANCE, "confidence") if key in last}
    values["seconds"] = sum(row.get("seconds", 0.0) for row in history)
    if best:
        values["best_distance"] = best[DISTANCE]
    settings = {key: value for key, value in settings.items() if key not in NOT_COMPARED}
    settings["data"] = manifest.data.sha256[:8]
    return Trained(
        run, manifest.seed, settings, {key: values[key] for key in VALUES if key in values}
    )


def _groups(
    differing: Sequence[str], groups: dict[tuple[str | None, ...], list[Trained]]
) -> list[Group]:
    """Return the groups with their means, each compared with the first."""
    first, *others = groups.values()
    ratios = [_ratio(group, first) for group in others]
    after = iter(corrected([ratio.p for ratio in ratios if ratio]))
    labels = _labels(differing, list(groups))
    found = [_group(labels[0], first, None, None)]
    for label, group, ratio in zip(labels[1:], others, ratios, strict=True):
        found.append(_group(label, group, ratio, next(after) if ratio else None))
    return found


def _labels(differing: Sequence[str], groups: Sequence[tuple[str | None, ...]]) -> list[str]:
    """Return the label of each group from its values of the settings that differ.

    Where groups are not all combinations of the values, only the first names all; another names
    those in which it differs from the first.
    """
    last = [key.rpartition(".")[2] for key in differing]
    names = [
        name if last.count(name) == 1 else key for key, name in zip(differing, last, strict=True)
    ]
    is_whole = len(groups) == math.prod(len(set(values)) for values in zip(*groups, strict=True))
    found = []
    for group in groups:
        parts = [
            f"{name} {'-' if value is None else value}"
            for name, value, first in zip(names, group, groups[0], strict=True)
            if is_whole or group is groups[0] or value != first
        ]
        found.append(", ".join(parts) or "all")
    return found


def _group(label: str, runs: list[Trained], ratio: Ratio | None, p: float | None) -> Group:
    """Return a group with its means."""
    means = {
        key: mean_of([each.values[key] for each in runs])
        for key in VALUES
        if all(key in each.values for each in runs)
    }
    word = finding(ratio.ratio, p) if ratio and p is not None else ""
    return Group(label, runs, means, ratio, p, word)


def _ratio(group: Sequence[Trained], first: Sequence[Trained]) -> Ratio | None:
    """Compare the Fréchet distances of two groups; None where one has fewer than two."""
    pair = [
        [each.values[DISTANCE] for each in runs if each.values.get(DISTANCE, 0) > 0]
        for runs in (group, first)
    ]
    return ratio_of(*pair) if min(map(len, pair)) > 1 else None
