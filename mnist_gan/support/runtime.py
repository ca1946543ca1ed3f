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

BFLOAT16 = {"avx512_bf16", "amx_bf16"}  # flags of processors that multiply in it
PACKAGES = ("tensorflow", "keras", "numpy")


def start_tensorflow(threads: int = 0) -> int:
    """Import TensorFlow with deterministic operations.

    Results are bit-identical only for the same number of threads, which decides the order in which
    products are summed.

    Args:
        threads: Number of threads; 0 means one for each core that this process may use.

    Returns:
        The number of threads in use, which is another one if TensorFlow was already initialised.
    """
    threads = threads or cores()
    operations = threads + 1 if threads > 1 else 1  # one more, so that no core is idle
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    with hold_back_noise():
        import tensorflow as tf

        try:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(operations)
        except RuntimeError:  # already initialised, with other threads
            threads = tf.config.threading.get_intra_op_parallelism_threads() or cores()
        tf.config.experimental.enable_op_determinism()
        # its order of rewriting differs between processes, which changes the last bits
        tf.config.optimizer.set_experimental_options({"constant_folding": False})
        tf.get_logger().setLevel("ERROR")  # it warns of retracing if several GANs are trained
        tf.zeros(1)
    return threads


def fast_precision(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Return "mixed_bfloat16" if a flag of the processor is in BFLOAT16, else "float32"."""
    if cpuinfo.exists() and BFLOAT16.intersection(cpuinfo.read_text("utf-8", "replace").split()):
        return "mixed_bfloat16"
    return "float32"


def versions() -> dict[str, str]:
    """Return the versions on which bit-identical results depend, by name."""
    installed = {name: importlib.metadata.version(name) for name in PACKAGES}
    return {"python": platform.python_version(), "mnist-gan": __version__, **installed}


def cores() -> int:
    """Return how many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def hold_back_noise() -> Iterator[None]:
    """Capture what is written to file descriptor 2, and show it only if the block fails.

    TensorFlow's C++ code writes messages to that descriptor at any log level. Ctrl-C does not count
    as a failure.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.stderr.flush()
    original = os.dup(2)
    with tempfile.TemporaryFile() as captured:
        os.dup2(captured.fileno(), 2)
        try:
            yield
        except Exception:
            captured.seek(0)
            os.write(original, captured.read())
            raise
        finally:
            os.dup2(original, 2)
            os.close(original)
