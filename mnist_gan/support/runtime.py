"""Starts TensorFlow: silent, repeatable, on a fixed number of threads."""

import importlib.metadata
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mnist_gan import __version__

BFLOAT16 = {"avx512_bf16", "amx_bf16"}  # what processors call it that multiply in it
PACKAGES = ("tensorflow", "keras", "numpy")


def start_tensorflow(threads: int = 0) -> int:
    """Import TensorFlow and return how many threads it computes with.

    `threads` 0 means one per processor core that this process may use. Results are repeatable to
    the bit for one number of threads, since it decides the order in which products are summed.
    Where this process has used TensorFlow before, its threads stay as they are.
    """
    threads = threads or cores()
    operations = threads + 1 if threads > 1 else 1  # one to spare, so that no core waits for work
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    with hold_back_noise():
        import tensorflow as tf

        try:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(operations)
        except RuntimeError:  # it computes already, with other threads
            threads = tf.config.threading.get_intra_op_parallelism_threads() or cores()
        tf.config.experimental.enable_op_determinism()
        # its order of rewriting differs from process to process, and with it the last bits
        tf.config.optimizer.set_experimental_options({"constant_folding": False})
        tf.get_logger().setLevel("ERROR")  # it warns of retracing where several GANs are trained
        tf.zeros(1)
    return threads


def fast_precision(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Return "mixed_bfloat16" where the processor is known to multiply in it, else "float32"."""
    if cpuinfo.exists() and BFLOAT16.intersection(cpuinfo.read_text("utf-8", "replace").split()):
        return "mixed_bfloat16"
    return "float32"


def versions() -> dict[str, str]:
    """Return the versions on which a repetition to the bit depends."""
    installed = {name: importlib.metadata.version(name) for name in PACKAGES}
    return {"python": platform.python_version(), "mnist-gan": __version__, **installed}


def cores() -> int:
    """Return how many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def hold_back_noise() -> Iterator[None]:
    """Hold back what is written to file descriptor 2, and show it only if the block fails.

    TensorFlow's C++ code greets on that descriptor whatever its log level says. Ctrl-C is no
    failure.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except Exception:
            held.seek(0)
            os.write(kept, held.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
