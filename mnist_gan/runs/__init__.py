"""The run folder: the only code that reads or writes below outputs/."""

from mnist_gan.runs.checkpoints import CHECKPOINTS_KEPT
from mnist_gan.runs.folder import GRID, NEAREST, RunFolder
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
    SWEEP,
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

__all__ = [
    "BUNDLED",
    "CHECKPOINTS_KEPT",
    "GRID",
    "NEAREST",
    "SWEEP",
    "TRAIN",
    "Cells",
    "Checkpoint",
    "DataRecord",
    "Evaluation",
    "Manifest",
    "Row",
    "RunFolder",
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
