"""The run folder: the only code that reads or writes below outputs/."""

from mnist_gan.runs.outputs import (
    BUNDLED,
    called,
    create_run,
    find_generator,
    find_run,
    generator_epoch,
    generator_of_run,
    is_experiment,
    list_runs,
    run_of,
)
from mnist_gan.runs.records import (
    TRAIN,
    Cells,
    Checkpoint,
    DataRecord,
    Evaluation,
    Manifest,
    Row,
    Status,
    best_row,
    now,
)
from mnist_gan.runs.run import CHECKPOINTS_KEPT, GRID, NEAREST, Run

__all__ = [
    "BUNDLED",
    "CHECKPOINTS_KEPT",
    "GRID",
    "NEAREST",
    "TRAIN",
    "Cells",
    "Checkpoint",
    "DataRecord",
    "Evaluation",
    "Manifest",
    "Row",
    "Run",
    "Status",
    "best_row",
    "called",
    "create_run",
    "find_generator",
    "find_run",
    "generator_epoch",
    "generator_of_run",
    "is_experiment",
    "list_runs",
    "now",
    "run_of",
]
