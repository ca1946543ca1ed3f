"""Runs are created, listed and found."""

from pathlib import Path

from filelock import FileLock

from mnist_gan.runs.folder import FOLDER, RunFolder, entries
from mnist_gan.runs.records import TRAIN, Manifest, best_row
from mnist_gan.support.assets import asset
from mnist_gan.support.errors import UserError
from mnist_gan.support.files import write_text
from mnist_gan.support.folders import writable_parent

BUNDLED = "generator.keras"  # the asset


def create_run(outputs: Path, name: str, config: str, manifest: Manifest) -> RunFolder:
    """Make the next numbered run folder with its config, as YAML, and its manifest.

    Raises UserError where a file stands in the way.
    """
    writable_parent(outputs)
    outputs.mkdir(parents=True, exist_ok=True)
    with FileLock(outputs / ".lock"):
        counter = outputs / ".last-number"
        last = int(counter.read_text()) if counter.exists() else 0
        number = 1 + max([last, *(run.number for run in list_runs(outputs))])
        write_text(counter, str(number))
        folder = outputs / f"{number:04d}-{name}"
        folder.mkdir()
    run = RunFolder(folder)
    write_text(folder / "config.yaml", config)
    run.write_manifest(manifest)
    return run


def list_runs(outputs: Path) -> list[RunFolder]:
    """Return the numbered run folders, oldest first."""
    folders = [path for path in entries(outputs) if FOLDER.fullmatch(path.name) and path.is_dir()]
    return sorted((RunFolder(folder) for folder in folders), key=lambda run: run.number)


def is_experiment(run: RunFolder) -> bool:
    """Say whether a run is known to be no training but an experiment of the lab."""
    try:
        return run.manifest().kind != TRAIN
    except UserError:
        return False


def find_run(reference: str, outputs: Path) -> RunFolder:
    """Return the run with this number, name or folder; of one name, the newest."""
    if (Path(reference) / "run.json").is_file():
        return RunFolder(Path(reference))
    for run in reversed(list_runs(outputs)):
        name = run.folder.name
        if reference in (name, name.partition("-")[2]):
            return run
        if reference.isdecimal() and int(reference) == run.number:
            return run
    known = ", ".join(run.folder.name for run in list_runs(outputs)[-10:])
    hint = f"the newest there are {known}" if known else "there are none yet"
    raise UserError(f"There is no run '{reference}' in {outputs}; {hint}.")


def find_generator(reference: str | None, outputs: Path, *, best: bool = False) -> Path:
    """Return the `.keras` file that is meant: a file, a run's, the newest run's, or the bundled.

    Of a run it is the last generator, or the `best`. Raises UserError where there is none.
    """
    if reference and reference.endswith(".keras"):
        if best:
            raise UserError(f"--best chooses among the generators of a run; {reference} is a file.")
        return Path(reference)
    if reference:
        return generator_of_run(find_run(reference, outputs), best=best)
    for run in reversed(list_runs(outputs)):
        if run.generator.is_file() and run.manifest().kind == TRAIN:
            return generator_of_run(run, best=best)
    if best:
        raise UserError(f"There are no runs in {outputs} yet, so there is no best generator.")
    return asset(BUNDLED)


def generator_of_run(run: RunFolder, *, best: bool) -> Path:
    """Return a run's last generator, or its best. Raises UserError where there is none."""
    path = run.best if best else run.generator
    if path.is_file():
        return path
    if best:
        raise UserError(
            f"{run.folder} has no {path.name}: its digits were not evaluated while it trained; "
            "leave out --best for the last generator."
        )
    raise UserError(f"{run.folder} has no {path.name}: no epoch is complete, or the file is gone.")


def called(generator: Path) -> str:
    """Return how a `.keras` file is called before people: of a run, which one it is."""
    if generator == asset(BUNDLED):
        return "the bundled generator"
    run = run_of(generator)
    if run is None or generator.name not in (run.generator.name, run.best.name):
        return str(generator)
    last, best = generator_epoch(run, run.generator), generator_epoch(run, run.best)
    if generator.name == run.best.name:
        return f"the best generator of {run.folder}, of epoch {best} (the last: epoch {last})"
    if best is None or not run.best.is_file():
        return f"the last generator of {run.folder}, of epoch {last}"
    other = "also the best" if best == last else f"--best takes that of epoch {best}"
    return f"the last generator of {run.folder}, of epoch {last} ({other})"


def generator_epoch(run: RunFolder, generator: Path) -> int | None:
    """Return after which epoch a generator of a run was kept, None where that is not known."""
    try:
        if generator.name == run.generator.name:
            return run.manifest().epochs
        row = best_row(run.history())
    except UserError:
        return None
    return int(row["epoch"]) if row else None


def run_of(generator: Path) -> RunFolder | None:
    """Return the run to whose folder a `.keras` file belongs, None where it belongs to none."""
    return RunFolder(generator.parent) if (generator.parent / "run.json").is_file() else None
