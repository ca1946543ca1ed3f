"""Runs are created, listed and found."""

from contextlib import suppress
from pathlib import Path

from mnist_gan.runs.folder import FOLDER, RunFolder, entries, folder_name
from mnist_gan.runs.lock import lock
from mnist_gan.runs.records import SWEEP, TRAIN, Manifest, best_row
from mnist_gan.support.assets import asset
from mnist_gan.support.errors import UserError
from mnist_gan.support.files import write_text
from mnist_gan.support.paths import writable_parent
from mnist_gan.support.reading import read_bytes, reading

BUNDLED = "generator.keras"  # the asset
COUNTER = ".last-number"  # the file that records the largest number so far
LARGEST_NUMBER = 999_999  # as in FOLDER
HDF5 = (".h5", ".hdf5", ".hdf")


def create_run(
    outputs: Path, name: str, config: str, manifest: Manifest, number: int | None = None
) -> RunFolder:
    """Create a numbered run folder.

    Args:
        outputs: The folder of all runs; created where it does not exist.
        name: The run's name, which follows its number.
        config: The resolved config, as YAML.
        manifest: The contents of run.json.
        number: The run's number, where it was planned; None: the next.

    Raises:
        UserError: Where a file has the path of a folder.
    """
    writable_parent(outputs)
    outputs.mkdir(parents=True, exist_ok=True)
    if number is None:
        folder = _next_folder(outputs, name)
    else:
        folder = outputs / folder_name(number, name)
        folder.mkdir(exist_ok=True)  # a training of a sweep may have been killed just here
    run = RunFolder(folder)
    run.write_config_text(config)
    run.write_manifest(manifest)
    return run


def _next_folder(outputs: Path, name: str) -> Path:
    """Create the folder of the next number."""
    with lock(outputs):
        number = 1 + max([_last_number(outputs), *(run.number for run in list_runs(outputs))])
        if number > LARGEST_NUMBER:
            raise UserError(
                f"The runs in {outputs} have used up all numbers to {LARGEST_NUMBER:,}; choose "
                "another folder with --outputs."
            )
        write_text(outputs / COUNTER, str(number))
        folder = outputs / folder_name(number, name)
        folder.mkdir()
    return folder


def remember_number(outputs: Path, number: int) -> None:
    """Record that a number was used, before its run is deleted; the lock of outputs is held."""
    write_text(outputs / COUNTER, str(max(number, _last_number(outputs))))


def _last_number(outputs: Path) -> int:
    """Return the largest number that is recorded; 0 where none is, or the record is damaged."""
    path = outputs / COUNTER
    with suppress(UserError), reading(path, "number of a run"):
        number = int(read_bytes(path, 100))
        return number if 0 <= number <= LARGEST_NUMBER else 0
    return 0


def list_runs(outputs: Path) -> list[RunFolder]:
    """Return the numbered run folders, oldest first."""
    folders = [path for path in entries(outputs) if FOLDER.fullmatch(path.name) and path.is_dir()]
    return sorted((RunFolder(folder) for folder in folders), key=lambda run: run.number)


def is_experiment(run: RunFolder) -> bool:
    """Say whether a run is no training; False where its manifest is damaged."""
    return _kind(run) not in {TRAIN, None}


def is_sweep(run: RunFolder) -> bool:
    """Say whether a run holds runs; False where its manifest is damaged."""
    return _kind(run) == SWEEP


def _kind(run: RunFolder) -> str | None:
    """Return the kind of a run; None where its manifest is damaged."""
    try:
        return run.manifest().kind
    except UserError:
        return None


def find_run(reference: str, outputs: Path) -> RunFolder:
    """Return a run by its number, name or folder; of several with one name, the newest.

    Args:
        reference: Number, name, folder name, or path; 12/3 is training 3 of sweep 12.
        outputs: The folder of all runs.

    Raises:
        UserError: Where there is no such run.
    """
    with suppress(OSError):  # a name that is too long for a file
        if (Path(reference) / "run.json").is_file():
            return RunFolder(Path(reference))
    for run in reversed(list_runs(outputs)):
        if run.is_called(reference):
            return run
    sweep, slash, training = reference.partition("/")
    if slash and sweep.isdecimal() and training:
        return find_run(training, find_run(sweep, outputs).folder)
    known = ", ".join(run.folder.name for run in list_runs(outputs)[-10:])
    hint = f"the newest there are {known}" if known else "there are none yet"
    raise UserError(f"There is no run '{reference}' in {outputs}; {hint}.")


def find_generator(reference: str | None, outputs: Path, *, best: bool = False) -> Path:
    """Return the `.keras` file of a reference.

    Args:
        reference: A `.keras` file, or a run as in `find_run`; None: the newest run, else the
            bundled generator.
        outputs: The folder of all runs.
        best: Whether to take a run's best generator instead of the last.

    Raises:
        UserError: Where there is none.
    """
    if reference and reference.endswith(".keras"):
        if best:
            raise UserError(f"--best chooses among the generators of a run; {reference} is a file.")
        return Path(reference)
    if reference:
        _refuse_other_file(Path(reference))
        return generator_of_run(find_run(reference, outputs), best=best)
    for run in reversed(list_runs(outputs)):
        if _kind(run) == TRAIN and run.generator.is_file():
            return generator_of_run(run, best=best)
    if best:
        raise UserError(f"There are no runs in {outputs} yet, so there is no best generator.")
    return asset(BUNDLED)


def _refuse_other_file(path: Path) -> None:
    """Raise UserError for a file that is no `.keras` file."""
    name, is_hdf5 = path.name, path.name.lower().endswith(HDF5)
    if is_hdf5 and not path.is_file():
        raise UserError(f"There is no file {path}; a generator is a .keras file.")
    kept = f"{name.partition('.')[0]}.keras"
    if is_hdf5 and ".weights." in name.lower():
        raise UserError(
            f"{name} holds weights without their network; build the network as model in Python, "
            "then:",
            f'model.load_weights("{name}")',
            f'model.save("{kept}")',
        )
    if is_hdf5:
        raise UserError(
            f"{name} is a Keras model in HDF5, but a generator is a .keras file; convert it in "
            "Python:",
            "import keras",
            f'keras.models.load_model("{name}", compile=False).save("{kept}")',
        )
    if path.suffix and path.is_file():
        raise UserError(f"{path} is no generator; that is a .keras file, or a run.")


def generator_of_run(run: RunFolder, *, best: bool) -> Path:
    """Return the path of a run's generator.

    Args:
        run: The run.
        best: Whether to take the best generator instead of the last.

    Raises:
        UserError: Where there is none.
    """
    path = run.best if best else run.generator
    if path.is_file():
        return path
    if is_sweep(run):
        raise UserError(f"{run.folder} is a sweep; name one of its runs, as in {run.number}/1.")
    if best:
        raise UserError(
            f"{run.folder} has no {path.name}: its digits were not evaluated while it trained; "
            "leave out --best for the last generator."
        )
    raise UserError(f"{run.folder} has no {path.name}: no epoch is complete, or the file is gone.")


def called(generator: Path) -> str:
    """Return a description of a `.keras` file for people, with run and epoch where it has them."""
    if generator == asset(BUNDLED):
        return "the bundled generator"
    run = run_of_generator(generator)
    if run is None:
        return str(generator)
    last, best = generator_epoch(run, run.generator), generator_epoch(run, run.best)
    if generator.name == run.best.name:
        return f"the best generator of {run.folder}, of epoch {best} (the last: epoch {last})"
    if best is None or not run.best.is_file():
        return f"the last generator of {run.folder}, of epoch {last}"
    other = "also the best" if best == last else f"--best takes that of epoch {best}"
    return f"the last generator of {run.folder}, of epoch {last} ({other})"


def generator_epoch(run: RunFolder, generator: Path) -> int | None:
    """Return the epoch after which a run's generator was saved.

    Args:
        run: The run.
        generator: The path of its last or best generator.

    Returns:
        The epoch, None where it is not known.
    """
    try:
        if generator.name == run.generator.name:
            return run.manifest().kept_epoch
        row = best_row(run.history())
    except UserError:
        return None
    return int(row["epoch"]) if row else None


def run_of_generator(generator: Path) -> RunFolder | None:
    """Return the run of which a file is the last or the best generator, None for any other."""
    run = run_of(generator)
    return run if run and generator.name in (run.generator.name, run.best.name) else None


def run_of(path: Path) -> RunFolder | None:
    """Return the run in whose folder a file or folder lies, None where it lies in none."""
    return RunFolder(path.parent) if (path.parent / "run.json").is_file() else None
