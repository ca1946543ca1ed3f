"""The installed command as people and scripts meet it: help, mistakes, exit codes, outputs."""

import contextlib
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnist_gan import __version__
from mnist_gan.cli import commands
from mnist_gan.evaluation.classifiers import Classifier
from mnist_gan.models.generator import build_generator
from mnist_gan.support.console import LOADING
from mnist_gan.support.runtime import fast_precision, versions
from tests.conftest import COMMAND, TINY, environment, installed, mnist_gan, refusal

SUBCOMMANDS = ["train", "sample", "evaluate", "browse", "runs", "lab", "lab gaussian"]
SLOW = {"tensorflow", "keras", "matplotlib", "sklearn", "scipy.stats", "jinja2"}


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """Return a folder in which a tiny run of three epochs lies below outputs/."""
    folder = tmp_path_factory.mktemp("trained")
    result = mnist_gan("train", *TINY, "--epochs", 3, "--name", "blots", cwd=folder)
    assert result.returncode == 0, result.stderr
    return folder


@pytest.mark.parametrize("command", [[], *(name.split() for name in SUBCOMMANDS)])
def test_help_is_instant(command):
    """Help has an example and loads nothing but Click, which is why it is there at once."""
    code = (
        "import sys; before = {*sys.modules}; sys.argv = ['mnist-gan', *sys.argv[1:], '--help']\n"
        "from mnist_gan.cli import main\n"
        "try: main()\n"
        "finally: print('loaded', *{*sys.modules} - before)"
    )
    said, _, names = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code, *command], capture_output=True, text=True, check=True
    ).stdout.rpartition("loaded ")
    assert "Usage:" in said
    assert not command or "Example: mnist-gan" in said
    packages = {name.split(".")[0] for name in names.split()}
    assert packages - sys.stdlib_module_names == {"click", "mnist_gan"}


@pytest.mark.parametrize("command", [[], ["lab"]])
def test_without_a_command_the_help_is_an_error(command, tmp_path):
    """A group alone prints its help on stderr and exits with 2; a shell still completes it."""
    result = mnist_gan(*command, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == mnist_gan(*command, "--help", cwd=tmp_path).stdout
    commands.make_context("mnist-gan", command, resilient_parsing=True)


def test_the_version_needs_no_metadata(tmp_path, monkeypatch):
    """A checkout that is not installed knows its version."""

    def version(name: str) -> str:
        if name == "mnist-gan":
            raise metadata.PackageNotFoundError(name)
        return "1"

    monkeypatch.setattr(metadata, "version", version)
    result = mnist_gan("--version", cwd=tmp_path)
    assert result.returncode == 0
    assert result.stdout.endswith(f"mnist-gan, version {__version__}\n")
    assert versions()["mnist-gan"] == __version__


def test_a_run_keeps_what_it_promises(trained):
    """The run folder holds config, manifest, history, grids, both networks and checkpoints."""
    folder = trained / "outputs" / "0001-blots"
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert names - {".lock"} == {
        "config.yaml",
        "run.json",
        "history.csv",
        "generator.keras",
        "discriminator.keras",
        "images/epoch-0001.png",
        "images/epoch-0002.png",
        "images/epoch-0003.png",
        *(f"cells/epoch-000{epoch}.{kind}" for epoch in (1, 2, 3) for kind in ("json", "png")),
        "curves.png",
        "page.html",
        "checkpoints/step-000000000.npz",
        "checkpoints/step-000000561.npz",
    }
    manifest = json.loads((folder / "run.json").read_text())
    assert (manifest["status"], manifest["epochs"], manifest["kind"]) == ("finished", 3, "train")
    assert manifest["data"]["count"] == 24_000
    header, *rows = (folder / "history.csv").read_text().splitlines()
    assert header.startswith("epoch,step,seconds,discriminator_loss,generator_loss,real_score")
    assert [row.split(",")[:2] for row in rows] == [["1", "187"], ["2", "374"], ["3", "561"]]


@pytest.mark.slow
def test_training_without_a_terminal_prints_a_line_per_epoch(tmp_path):
    """Lines for people go to stderr, the run's folder to stdout; nothing else is said."""
    result = installed("train", *TINY, "--epochs", 2, cwd=tmp_path)
    assert result.stdout == "outputs/0001-smoke\n"
    lines = result.stderr.splitlines()
    assert lines.pop(0) == LOADING
    starts = "config recipes data generator discriminator training kept disk"
    assert " ".join(line.split()[0] for line in lines[:8]) == starts
    assert lines[0].endswith(" smoke")
    assert all(name in lines[1] for name in ("tutorial", "fast", "best", "dcgan"))
    said = ["epoch 1/2", "diagnosis, epoch 1", "epoch 2/2", "diagnosis, epoch 2", "Next"]
    later = [line.split(":")[0] for line in lines[8:] if not line.startswith("forecast")]
    assert later == said  # the forecast is said as soon as the pace is known


@pytest.mark.slow
def test_the_smoke_recipe_ends_calmly(tmp_path):
    """It says that it takes the embedded digits, misses nothing, and names what to do next."""
    result = mnist_gan("train", "--config", "smoke", "--epochs", 2, cwd=tmp_path)
    assert result.returncode == 0
    data = next(line for line in result.stderr.splitlines() if line.startswith("data"))
    assert "24,000 images of 10 classes (0 to 9), embedded digits" in data
    assert data.endswith("; --data mnist takes MNIST")
    *_, diagnosis, best, following = result.stderr.splitlines()
    assert diagnosis.startswith(
        "diagnosis, epoch 2: too early to say, as digits have not formed yet (D"
    )
    assert re.match(r"The best generator was that of epoch \d, kept as best.keras \(Fréch", best)
    assert following == (
        "Next: mnist-gan browse outputs/0001-smoke shows this trial, mnist-gan train --config fast "
        "draws clear digits."
    )


def in_terminal(columns: int, *arguments: object, cwd: Path) -> list[str]:
    """Run the command in a terminal of this width and return the last state of each line."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        os.execve(COMMAND, [COMMAND, *map(str, arguments)], environment())  # noqa: S606
    size = struct.pack("HHHH", 24, columns, 0, 0)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, size)
    shown = b""
    with contextlib.suppress(OSError):  # how Linux tells that the terminal has closed
        while chunk := os.read(terminal, 4096):
            shown += chunk
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    os.close(terminal)
    lines = shown.decode().replace("\r\n", "\n").split("\n")
    return [next((part for part in line.split("\r")[::-1] if part), "") for line in lines]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # the child execs at once
def test_training_in_a_narrow_terminal_shows_a_bar_that_fits(tmp_path):
    """At 60 columns the bar keeps within its line and shows epoch, losses, speed and time left."""
    lines = in_terminal(60, "train", *TINY, "--epochs", 3, cwd=tmp_path)
    bar = next(line for line in lines if line.startswith("epoch"))
    assert len(bar) <= 60
    for part in ("epoch 3/3", "D 0.", "G 1.", "images/s", "left"):
        assert part in bar
    assert len([line for line in lines if line.startswith("epoch")]) == 1


@pytest.mark.slow
def test_quiet_prints_the_folder_alone(tmp_path):
    """--quiet leaves stderr empty: no start-up noise, no warnings."""
    result = installed("train", *TINY, "--epochs", 1, "--quiet", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "outputs/0001-smoke\n"


def test_dry_run_prints_the_config_and_writes_nothing(tmp_path):
    """--dry-run gives YAML that can be trained from, and a forecast; no folder appears."""
    result = mnist_gan("train", *TINY, "--epochs", 7, "--dry-run", cwd=tmp_path)
    assert result.returncode == 0
    assert "forecast" in result.stderr
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "mine.yaml").write_text(result.stdout)
    again = mnist_gan("train", "--config", "mine.yaml", "--dry-run", cwd=tmp_path)
    assert again.stdout == result.stdout
    assert "epochs: 7" in again.stdout
    auto = mnist_gan("train", *TINY, "--dry-run", "--set", "training.precision=auto", cwd=tmp_path)
    assert f"precision: {fast_precision()}" in auto.stdout


@pytest.mark.slow
def test_same_seed_same_grid_in_two_processes(trained, tmp_path):
    """Two processes of one seed write the same pictures and weights; another seed others."""
    installed("train", *TINY, "--epochs", 3, "--seed", 0, "--quiet", cwd=tmp_path)
    mnist_gan("train", *TINY, "--epochs", 3, "--seed", 1, "--quiet", cwd=tmp_path)
    grids = [
        (folder / "images" / "epoch-0003.png").read_bytes()
        for folder in (
            trained / "outputs" / "0001-blots",
            tmp_path / "outputs" / "0001-smoke",
            tmp_path / "outputs" / "0002-smoke",
        )
    ]
    assert grids[0] == grids[1]
    assert grids[0] != grids[2]


def test_the_last_grid_is_what_sample_draws(trained):
    """`sample` with the run's seed draws the very digits of the run's last grid."""
    result = installed("sample", "1", "--output", "grid.png", cwd=trained)
    assert result.stdout == "grid.png\n"
    grid = trained / "outputs" / "0001-blots" / "images" / "epoch-0003.png"
    assert (trained / "grid.png").read_bytes() == grid.read_bytes()


def test_sample_writes_arrays_that_do_not_depend_on_the_count(trained):
    """.npy and .npz hold float32 (n, 784) in [-1, 1]; the first of many are the few."""
    mnist_gan("sample", "--count", 300, "--seed", 4, "--output", "many.npz", cwd=trained)
    mnist_gan("sample", "blots", "--count", 5, "--seed", 4, "--output", "few.npy", cwd=trained)
    with np.load(trained / "many.npz") as archive:
        many = archive["images"]
    few = np.load(trained / "few.npy")
    assert (few.dtype, few.shape, many.shape) == (np.float32, (5, 784), (300, 784))
    np.testing.assert_array_equal(few, many[:5])
    assert np.abs(many).max() <= 1


def test_sample_can_start_anywhere_in_a_seed(trained):
    """`--start` names the first digit; a sheet of fewer than ten is no wider than they are."""
    mnist_gan("sample", "--count", 300, "--output", "all.npy", cwd=trained)
    mnist_gan("sample", "--start", 297, "--count", 3, "--output", "last.npy", cwd=trained)
    np.testing.assert_array_equal(np.load(trained / "last.npy"), np.load(trained / "all.npy")[297:])
    mnist_gan("sample", "--start", 297, "--count", 3, "--output", "last.png", cwd=trained)
    with Image.open(trained / "last.png") as sheet:
        assert sheet.size == (2 * (3 * 30 + 2), 2 * (30 + 2))
    np.save(trained / "some.npy", np.zeros((5, 16), np.float32))
    result = mnist_gan("sample", "--latents", "some.npy", "--start", 2, cwd=trained)
    assert result.returncode == 2
    assert "--start counts the images of a seed" in result.stderr


def test_sample_from_latents_and_from_python(trained):
    """Given latents and the Python interface draw the same images as the command's seed."""
    from mnist_gan import load_generator, sample
    from mnist_gan.noise import latents

    np.save(trained / "z.npy", latents(9, 7, 16))
    mnist_gan("sample", "--latents", "z.npy", "--output", "z-images.npy", cwd=trained)
    generator = load_generator(trained / "outputs" / "0001-blots")
    expected = sample(generator, 7, seed=9)
    np.testing.assert_array_equal(np.load(trained / "z-images.npy"), expected)


def test_sample_walks_between_digits(trained):
    """A strip has a row per walk, from one digit to the next; a film has a frame per step."""
    walk = ("sample", "--interpolate", 6, "--count", 3, "--output")
    mnist_gan(*walk, "walk.npy", cwd=trained)
    mnist_gan("sample", "--count", 3, "--output", "ends.npy", cwd=trained)
    steps, ends = np.load(trained / "walk.npy"), np.load(trained / "ends.npy")
    assert len(steps) == 12
    np.testing.assert_allclose(steps[[0, 5, 6, 11]], ends[[0, 1, 1, 2]], atol=1e-5)
    mnist_gan(*walk, "walk.png", cwd=trained)
    with Image.open(trained / "walk.png") as strip:
        assert strip.size == (2 * (6 * 30 + 2), 2 * (2 * 30 + 2))
    mnist_gan(*walk, "walk.gif", cwd=trained)
    with Image.open(trained / "walk.gif") as film:
        assert film.n_frames > 6  # equal neighbours may share a frame


def test_one_digit_alone_can_be_asked_for(tmp_path):
    """`--digit` draws digits of which the judge is sure, the same ones whatever the count."""
    digit = ("sample", "--digit", 7, "--seed", 3, "--output")
    few = mnist_gan(*digit, "few.npy", "--count", 20, cwd=tmp_path)
    assert few.returncode == 0, few.stderr
    assert re.search(r"\d+ of 1,000 images tried are a 7 \(\d+\.\d%\)", few.stderr)
    assert mnist_gan(*digit, "more.npy", "--count", 150, cwd=tmp_path).returncode == 0
    few, more = (np.load(tmp_path / name) for name in ("few.npy", "more.npy"))
    np.testing.assert_array_equal(few, more[:20])
    seen = Classifier()(more)
    assert (len(more), set(seen.digits)) == (150, {7})
    assert seen.confidence.min() >= 0.9


@pytest.mark.slow
def test_a_generator_that_cannot_draw_a_digit_says_so(tmp_path):
    """After thousands of tries without enough of a digit, one sentence says how many there were."""
    build_generator(latent_size=8, widths=(16,)).save(tmp_path / "grey.keras")
    result = mnist_gan("sample", "grey.keras", "--digit", 3, "--count", 2, cwd=tmp_path)
    assert result.returncode == 2
    assert re.search(r"Only \d of 10,000 images (is|are) a 3 .* trained longer", result.stderr)
    assert not (tmp_path / "samples.png").exists()


def test_single_images_can_be_trained_on(trained):
    """A folder of samples is a source of data for the next training."""
    mnist_gan("sample", "--count", 40, "--output", "singles", cwd=trained)
    assert len(list((trained / "singles").glob("*.png"))) == 40
    result = mnist_gan(
        "train", *TINY, "--data", "singles", "--batch-size", 8, "--dry-run", cwd=trained
    )
    assert "40 images" in result.stderr


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads memory from /proc")
def test_a_million_samples_would_not_fill_the_memory(trained):
    """Arrays are written block by block: 100,000 images (314 MB) take far less memory."""
    code = (
        "import sys; from mnist_gan.cli import main\n"
        "sys.argv = ['mnist-gan', 'sample', '--count', '100000', '--output', 'big.npy']\n"
        "try: main()\n"
        "finally: print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
    )
    result = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], cwd=trained, capture_output=True, text=True, check=True
    )
    assert int(result.stdout.split()[-1]) < 250_000  # kB
    assert np.load(trained / "big.npy", mmap_mode="r").shape == (100_000, 784)
    (trained / "big.npy").unlink()


def test_runs_are_listed_for_people_and_scripts(trained):
    """The table has a line per run, the JSON the same facts; a damaged run is told apart."""
    broken = trained / "outputs" / "0009-broken"
    broken.mkdir()
    (broken / "run.json").write_text("{")
    table = mnist_gan("runs", cwd=trained).stdout
    assert all(len(line) <= 60 for line in table.splitlines())
    assert [line.split()[:4] for line in table.splitlines()[1:]] == [
        ["0001", "blots", "finished", "3"],
        ["0009", "broken", "unreadable", "-"],
    ]
    listed = json.loads(mnist_gan("runs", "--json", cwd=trained).stdout)
    assert [run["number"] for run in listed] == [1, 9]
    assert listed[0]["discriminator_loss"] > 0
    (broken / "run.json").unlink()
    broken.rmdir()


def test_a_run_as_an_argument_of_train_is_answered_with_resume(trained):
    """A run's name or folder where no argument is taken gets the command that goes on with it."""
    for name in ("blots", "0001-blots"):
        result = mnist_gan("train", name, cwd=trained)
        assert result.returncode == 2
        assert f"to go on with that run: mnist-gan train --resume {name}" in result.stderr


def test_no_runs_is_no_error(tmp_path):
    """An empty place is an empty list."""
    assert json.loads(mnist_gan("runs", "--json", cwd=tmp_path).stdout) == []
    result = installed("runs", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (0, "")
    assert "no runs" in result.stderr


MISTAKES = {
    "unknown config": (["train", "--config", "tutorail"], "no config 'tutorail'"),
    "unknown key": (["train", "--set", "generator.width=[3]"], "did you mean 'generator.widths'"),
    "no value": (["train", "--set", "generator.widths"], "takes section.key=value"),
    "out of range": (["train", "--epochs", "0"], "training.epochs is 0"),
    "odd digits": (
        ["train", "--data", "digits", "--digits", "3,x"],
        "has no class x; its classes are 0, 1",
    ),
    "no such digit": (["train", "--data", "digits", "--classes", "12"], "has no class 12; its"),
    "a falling range": (["train", "--digits", "4-0"], "write 0-4 instead of 4-0"),
    "no digits": (["train", "--digits", ""], "it names no class"),
    "minus": (["train", "--data", "digits", "--digits", "-3"], "has no class -3"),
    "bad name": (["train", "--name", "../up"], "name is '../up'"),
    "no data": (["train", "--data", "nowhere.npz"], "nowhere.npz"),
    "unknown run": (["train", "--resume", "7"], "There is no run '7' in outputs"),
    "dry resume": (["train", "--resume", "7", "--dry-run"], "does not go with --resume"),
    "no file": (["sample", "x.keras"], "There is no file x.keras"),
    "bad suffix": (["sample", "--output", "x.docx"], "x.docx should end in .png or .gif or"),
    "no folder": (["sample", "--output", "a/b.png"], "there is no folder a"),
    "count": (["sample", "--count", "0"], "0 is not in the range"),
    "command": (["trian"], "No such command 'trian'; did you mean 'train'?"),
    "command of the lab": (["gaussian"], "did you mean 'lab gaussian'?"),
    "command like no other": (
        ["xyzzy"],
        "there are train, sweep, compare, sample, evaluate, export, invert, runs, browse, lab",
    ),
    "option of two settings": (
        ["train", "--lr", "3"],
        "No such option '--lr'; did you mean '--set generator.learning_rate=...' or "
        "'--set discriminator.learning_rate=...'?",
    ),
    "option of a setting": (["train", "--latent-size=9"], "mean '--set noise.latent_size=...'?"),
    "option with a score": (
        ["train", "--batch_size", "9"],
        "did you mean '--batch-size' or '--set",
    ),
    "option with a dot": (["lab", "paper", "--generator.slope=0"], "'--set generator.slope=...'?"),
    "option without --set": (["sample", "--sed", "3"], "'--sed'; did you mean '--seed'?"),
    "format left out": (["export", "--output", "a.npz"], "Choose from: onnx, savedmodel, litert"),
    "option like no other": (["train", "--xyzzy"], "mnist-gan train --help lists all there are"),
    "short option": (["train", "-e", "3"], "No such option '-e'; mnist-gan train --help lists"),
    "config alone": (["train", "fast"], "with that config: mnist-gan train --config fast"),
    "file alone": (["train", "my.yaml"], "with that config: mnist-gan train --config my.yaml"),
    "config mistyped": (["train", "fsat"], "not 'fsat'; did you mean '--config fast'?"),
    "run alone": (["train", "3"], "--resume 3 goes on with run 3"),
    "setting alone": (["train", "epochs=3"], "did you mean '--set training.epochs=3'?"),
    "word alone": (["train", "xyzzy"], "--config names a recipe, --resume a run"),
    "two models": (["sample", "1", "2"], "sample takes at most one MODEL; '2' is too many"),
    "no argument": (["runs", "1"], "mnist-gan runs takes no argument; '1' is too many"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_sentence_and_exit_2(mistake, tmp_path):
    """A person's mistake says what came and what is allowed, and leaves nothing behind."""
    arguments, sentence = MISTAKES[mistake]
    assert sentence in refusal(*arguments, cwd=tmp_path)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_answered_before_anything_slow_is_imported(mistake, tmp_path):
    """The installed command has not even begun to import TensorFlow, nor what draws curves."""
    arguments, sentence = MISTAKES[mistake]
    code = f"""
import sys
from mnist_gan.cli import main
sys.argv = ["mnist-gan", *{arguments!r}]
try: main()
finally: print(*sys.modules)"""
    result = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert sentence in result.stderr
    assert not SLOW.intersection(result.stdout.split())


SAMPLE_MISTAKES = {
    "too many for a picture": (["--count", "20000"], "too many for one picture"),
    "too many files": (["--count", "200000", "--output", "new"], "too many single files"),
    "one waypoint": (["--interpolate", "5", "--count", "1"], "needs --count 2"),
    "long walk": (["--interpolate", "1000", "--count", "50"], "longer than 10,000"),
    "wide latents": (["--latents", "wide.npy"], "holds (2, 17); expected a .npy"),
    "pickled latents": (["--latents", "pickle.npy"], "is no .npy file of numbers"),
    "infinite latents": (["--latents", "nan.npy"], "not all finite"),
    "text latents": (["--latents", "text.npy"], "is damaged or no .npy file of numbers"),
    "two ways to choose": (["--latents", "good.npy", "--digit", "3"], "does not go with --latents"),
    "no digit": (["--digit", "10"], "no class 10; this generator has 0, 1, 2, 3, 4"),
    "few latents": (["--latents", "good.npy", "--count", "3"], "holds 2 latents, but --count is 3"),
    "missing latents": (["--latents", "none.npy"], "none.npy cannot be read"),
    "full folder": (["--output", "full"], "full is not empty"),
    "a folder": (["--output", "folder.png"], "folder.png is a folder"),
    "no room": (["--count", "1000000000000", "--output", "x.npy"], "MB free"),
}


@pytest.mark.parametrize("mistake", SAMPLE_MISTAKES)
def test_a_mistake_in_sampling_is_one_sentence(mistake, trained):
    """Bad latents, counts and outputs are refused and nothing is written."""
    np.save(trained / "wide.npy", np.zeros((2, 17)))
    np.save(trained / "good.npy", np.zeros((2, 16)))
    np.save(trained / "nan.npy", np.full((2, 16), np.nan))
    np.save(trained / "pickle.npy", np.array([[print]], object))
    (trained / "text.npy").write_text("1 2 3")
    for folder in ("full", "folder.png"):
        (trained / folder).mkdir(exist_ok=True)
    (trained / "full" / "x").touch()
    arguments, sentence = SAMPLE_MISTAKES[mistake]
    assert sentence in refusal("sample", *arguments, cwd=trained)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_one_sentence(trained, tmp_path):
    """When the disk fills while sampling, the old file stays and no half file remains."""
    limit = ["bash", "-c", 'ulimit -f 200; trap "" XFSZ; exec "$0" "$@"', COMMAND]
    (trained / "out.npy").write_bytes(b"old")
    result = subprocess.run(  # noqa: S603
        [*limit, "sample", "--count", "5000", "--output", "out.npy"],
        cwd=trained,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert (trained / "out.npy").read_bytes() == b"old"
    assert not list(trained.glob(".part-*"))


def test_too_little_memory_is_one_sentence(tmp_path, monkeypatch):
    """It names what did not fit, as NumPy says it, and exits with 2."""
    monkeypatch.setattr("mnist_gan.commands.runs._list", lambda *_, **__: np.empty(10**15))
    sentence = refusal("runs", cwd=tmp_path)
    assert sentence.startswith("mnist-gan: There is too little memory for this (Unable to allocate")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_forbidden_place_is_one_sentence(tmp_path):
    """Outputs that cannot be written are refused with their name."""
    tmp_path.chmod(0o500)
    result = mnist_gan("train", *TINY, "--epochs", 1, cwd=tmp_path)
    tmp_path.chmod(0o700)
    assert result.returncode == 2
    assert "Permission denied" in result.stderr
