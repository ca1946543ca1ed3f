"""The backends as the package starts them: silent and deterministic, with errors shown."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from mnist_gan.config.loading import load_config
from mnist_gan.support import runtime
from mnist_gan.support.errors import UserError
from mnist_gan.support.runtime import (
    BACKENDS,
    chosen_backend,
    fast_precision,
    hold_back_noise,
    start_backend,
    versions,
)
from mnist_gan.training.trainer import Trainer
from tests.conftest import TINY, installed, mnist_gan, script

PRECISIONS = "float32", "mixed_bfloat16"
ANOTHER = "from tests.support.test_runtime import *; print(*map(after_two_steps, PRECISIONS))"


def after_two_steps(precision: str) -> str:
    """Return a digest of the whole training state after two steps on sixty thousand images."""
    start_backend()
    import tensorflow as tf

    from mnist_gan.training.build import build_trainer

    images = np.random.default_rng(0).uniform(-1, 1, (60_000, 784)).astype("float32")
    trainer = build_trainer(load_config("tutorial", {"training.precision": precision}), images)
    trainer.step.run(trainer.images, tf.constant(2))
    digest = hashlib.sha256()
    for name, array in sorted(trainer.step.state().items()):
        digest.update(name.encode() + array.tobytes())
    return digest.hexdigest()


@pytest.mark.slow
def test_the_tutorials_networks_train_alike_in_every_process():
    """Another process has the same bits on many images, where graph rewriting could matter."""
    other = subprocess.run(  # noqa: S603
        [sys.executable, "-c", ANOTHER],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.split() == [after_two_steps(precision) for precision in PRECISIONS]


def test_starting_again_keeps_the_threads():
    """A second start with the same number of threads changes nothing."""
    threads = start_backend()
    assert start_backend(threads=threads) == threads


def test_noise_is_held_back_and_shown_when_the_start_fails(capfd):
    """What is written to descriptor 2 is dropped if the block succeeds and shown if not."""
    with hold_back_noise():
        os.write(2, b"greeting")
    assert capfd.readouterr().err == ""
    with pytest.raises(ZeroDivisionError), hold_back_noise():
        os.write(2, b"a reason") / 0
    assert capfd.readouterr().err == "a reason"


def raise_after_a_greeting() -> None:
    """Do what TensorFlow does when it is interrupted."""
    os.write(2, b"greeting")
    raise KeyboardInterrupt


def test_ctrl_c_while_tensorflow_starts_is_silent(capfd):
    """An interruption does not count as a failure."""
    with pytest.raises(KeyboardInterrupt), hold_back_noise():
        raise_after_a_greeting()
    assert capfd.readouterr().err == ""


def test_importing_everything_is_silent():
    """The public names load TensorFlow without its greetings."""
    code = "from mnist_gan import *; assert build_generator"
    result = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_the_fast_precision_is_read_from_the_processors_flags(tmp_path, monkeypatch):
    """Bfloat16 if the processor's flags name it, otherwise float32."""
    cpuinfo = tmp_path / "cpuinfo"
    monkeypatch.setattr(runtime, "CPUINFO", cpuinfo)
    assert fast_precision() == "float32"
    for flags, expected in {
        "avx2 avx512f avx512_bf16 avx512_vnni": "mixed_bfloat16",
        "amx_tile amx_bf16": "mixed_bfloat16",
        "avx2 avx512f avx512_bf16x": "float32",
    }.items():
        cpuinfo.write_text(f"processor : 0\nflags     : fpu {flags}\n")
        assert fast_precision() == expected


def test_versions_name_what_repetition_depends_on():
    """The manifest's versions cover Python, this package and what computes."""
    assert set(versions()) == {"python", "mnist-gan", "tensorflow", "keras", "numpy"}


def test_a_process_that_uses_tensorflow_already_keeps_its_threads():
    """As in a notebook that has built networks before: no error, and the same threads."""
    code = (
        "import tensorflow as tf; tf.config.threading.set_intra_op_parallelism_threads(1)\n"
        "tf.zeros(1) + 1\n"
        "from mnist_gan.support.runtime import start_backend; print(start_backend(threads=2))"
    )
    assert script(code, TF_CPP_MIN_LOG_LEVEL="2").split() == ["1"]


@pytest.mark.parametrize(
    ("variable", "settings", "sentence"),
    [
        ("torch", [], "KERAS_BACKEND is 'torch'; a GAN trains on tensorflow or jax"),
        ("", ["training.device=gpu"], "Only JAX trains on a GPU; add --set training.backend=jax"),
        ("", ["training.backend=torch"], "should be 'auto', 'tensorflow' or 'jax'"),
    ],
)
def test_a_backend_that_there_is_not_is_refused_at_once(tmp_path, variable, settings, sentence):
    """One sentence says what to change, before anything is loaded."""
    chosen = [word for setting in settings for word in ("--set", setting)]
    result = mnist_gan("train", *chosen, cwd=tmp_path, KERAS_BACKEND=variable)
    assert result.returncode == 2
    assert sentence in result.stderr
    assert not list(tmp_path.iterdir())


def test_a_backend_that_is_not_installed_is_refused_with_the_command_that_installs_it(monkeypatch):
    """Of either backend."""
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setattr(runtime.importlib.machinery.PathFinder, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"TensorFlow is not installed; .*: pip install tensorflow"):
        chosen_backend()
    with pytest.raises(UserError, match=r"JAX is not installed; .*: pip install jax, or use Tens"):
        chosen_backend("jax")


def test_another_backend_than_that_of_this_process_is_refused():
    """Keras cannot change it once it is imported."""
    running = keras.backend.backend()
    other = next(name for name in BACKENDS if name != running)
    with pytest.raises(UserError, match=f"Keras runs on {running} .* KERAS_BACKEND={other}"):
        chosen_backend(other)


@pytest.mark.slow
def test_jax_has_no_gpu_where_there_is_none(tmp_path):
    """Who asks for one is told how JAX finds it."""
    given = {"cwd": tmp_path, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    result = installed("train", "--set", "training.device=gpu", **given)
    assert result.returncode == 2
    assert "JAX finds no GPU here; if there is one: pip install 'jax[cuda13]'" in result.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_with_jax_nothing_imports_tensorflow(tmp_path):
    """Training with evaluations, drawing and the page work without it, installed or not."""
    code = (
        "import sys\n"
        "from mnist_gan.cli import main\n"
        "for line in 'train --config smoke --epochs 1 --quiet', 'sample 1', 'browse 1 --no-open':\n"
        "    sys.argv[1:] = line.split()\n"
        "    try: main()\n"
        "    except SystemExit as end: assert not end.code, line\n"
        "print('tensorflow' in sys.modules, 'jax' in sys.modules)"
    )
    assert script(code, tmp_path, KERAS_BACKEND="jax").splitlines()[-1] == "False True"


def test_with_tensorflow_nothing_imports_jax():
    """Whose threads and warnings would come with it, installed or not."""
    code = (
        "from mnist_gan import *; import sys\n"
        "assert build_generator\n"
        "print('tensorflow' in sys.modules, 'jax' in sys.modules)"
    )
    assert script(code, KERAS_BACKEND="tensorflow").split() == ["True", "False"]


def test_a_device_without_memory_is_said_and_the_run_kept(tmp_path, monkeypatch):
    """What a backend raises becomes a sentence; the run goes on where it was saved last."""

    def exhausted(*_: object) -> None:
        raise RuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 8 bytes.")

    with monkeypatch.context() as patched:
        patched.setattr(Trainer, "_call", exhausted)
        result = mnist_gan("train", *TINY, "--epochs", 1, cwd=tmp_path)
    assert result.returncode == 2
    assert "The device has too little memory for this training" in result.stderr
    assert "Traceback" not in result.stderr
    assert mnist_gan("train", "--resume", 1, cwd=tmp_path, KERAS_BACKEND="").returncode == 0


def test_jax_has_the_threads_that_it_was_given():
    """Also where the precision, which depends on its device, is asked for first."""
    code = (
        "from mnist_gan.config.loading import load_config\n"
        "from mnist_gan.session.plan import resolved_here\n"
        "from mnist_gan.support.runtime import start_backend\n"
        "config = load_config('fast', {'training.threads': 3, 'training.backend': 'jax'})\n"
        "assert resolved_here(config).training.precision != 'auto'\n"
        "print(start_backend('jax', config.training.threads))"
    )
    assert script(code, KERAS_BACKEND="").split() == ["3"]
