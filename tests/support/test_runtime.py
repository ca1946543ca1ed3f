"""TensorFlow as the package starts it: silent and deterministic, with errors shown."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mnist_gan.config.loading import load_config
from mnist_gan.support.runtime import fast_precision, hold_back_noise, start_backend, versions
from tests.conftest import script

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


def test_the_fast_precision_is_read_from_the_processors_flags(tmp_path):
    """Bfloat16 if the processor's flags name it, otherwise float32."""
    cpuinfo = tmp_path / "cpuinfo"
    assert fast_precision(cpuinfo) == "float32"
    for flags, expected in {
        "avx2 avx512f avx512_bf16 avx512_vnni": "mixed_bfloat16",
        "amx_tile amx_bf16": "mixed_bfloat16",
        "avx2 avx512f avx512_bf16x": "float32",
    }.items():
        cpuinfo.write_text(f"processor : 0\nflags     : fpu {flags}\n")
        assert fast_precision(cpuinfo) == expected


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
