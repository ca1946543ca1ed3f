"""Where runs are: made with a number of their own, listed, and found again by people's words."""

from pathlib import Path

from filelock import FileLock

from mnist_gan.assets import asset
from mnist_gan.errors import UserError
from mnist_gan.files import write_text
from mnist_gan.places import writable_parent
from mnist_gan.runs.records import TRAIN, Manifest
from mnist_gan.runs.run import FOLDER, Run, entries

BUNDLED = "generator.keras"  # the asset


def create_run(outputs: Path, name: str, config: str, manifest: Manifest) -> Run:
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
    run = Run(folder)
    write_text(folder / "config.yaml", config)
    run.write_manifest(manifest)
    return run


def list_runs(outputs: Path) -> list[Run]:
    """Return the numbered run folders, oldest first."""
    folders = [path for path in entries(outputs) if FOLDER.fullmatch(path.name) and path.is_dir()]
    return sorted((Run(folder) for folder in folders), key=lambda run: run.number)


def is_experiment(run: Run) -> bool:
    """Say whether a run is known to be no training but an experiment of the lab."""
    try:
        return run.manifest().kind != TRAIN
    except UserError:
        return False


def find_run(reference: str, outputs: Path) -> Run:
    """Return the run with this number, name or folder; of one name, the newest."""
    if (Path(reference) / "run.json").is_file():
        return Run(Path(reference))
    for run in reversed(list_runs(outputs)):
        name = run.folder.name
        if reference in (name, name.partition("-")[2]):
            return run
        if reference.isdecimal() and int(reference) == run.number:
            return run
    known = ", ".join(run.folder.name for run in list_runs(outputs)[-10:])
    hint = f"the newest there are {known}" if known else "there are none yet"
    raise UserError(f"There is no run '{reference}' in {outputs}; {hint}.")


def find_generator(reference: str | None, outputs: Path) -> Path:
    """Return the `.keras` file that is meant: a file, a run's, the newest run's, or the bundled."""
    if reference and reference.endswith(".keras"):
        return Path(reference)
    if reference:
        run = find_run(reference, outputs)
        if not run.generator.is_file():
            raise UserError(
                f"{run.folder} has no generator.keras: no epoch is complete, or the file is gone."
            )
        return run.generator
    for run in reversed(list_runs(outputs)):
        if run.generator.is_file() and run.manifest().kind == TRAIN:
            return run.generator
    return asset(BUNDLED)


def called(generator: Path) -> str:
    """Return how a `.keras` file is called before people."""
    return "the bundled generator" if generator == asset(BUNDLED) else str(generator)


def run_of(generator: Path) -> Run | None:
    """Return the run to whose folder a `.keras` file belongs, None where it belongs to none."""
    return Run(generator.parent) if (generator.parent / "run.json").is_file() else None
