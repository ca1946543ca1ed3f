"""Starts the backend of Keras: silent, repeatable, on a fixed number of threads."""

import hashlib
import importlib.machinery
import importlib.metadata
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from mnist_gan import __version__
from mnist_gan.support.errors import UserError
from mnist_gan.support.hosts import is_announced, join

BACKENDS = {"tensorflow": "TensorFlow", "jax": "JAX"}
DEVICES = {"cpu": "processor", "gpu": "GPU"}
INSTALL = {"tensorflow": "pip install tensorflow", "jax": "pip install jax"}
PACKAGES = {"tensorflow": ("tensorflow",), "jax": ("jax", "jaxlib")}  # that decide the last bits
BFLOAT16 = {"avx512_bf16", "amx_bf16"}  # flags of processors that multiply in it
CPUINFO = Path("/proc/cpuinfo")
GENERATED = "__autograph_generated_file"  # the start of the names of modules in temporary files
GPU_FLAGS = "--xla_gpu_deterministic_ops=true"  # a GPU is then as repeatable as a processor


def start_backend(backend: str = "auto", threads: int = 0, device: str = "auto") -> int:
    """Import the backend, and make it silent and deterministic.

    Results are bit-identical only for the same number of threads, which decides the order in which
    products are summed.

    Args:
        backend: One of BACKENDS, or "auto": see `chosen_backend`.
        threads: Number of threads; 0 means one for each core that this process may use.
        device: "cpu", "gpu", or "auto" for a GPU where the backend has one.

    Returns:
        The number of threads in use, which is another one if the backend was already started.

    Raises:
        UserError: Where the backend is not installed, or has no such device.
    """
    backend = chosen_backend(backend, device)
    os.environ["KERAS_BACKEND"] = backend
    start = {"tensorflow": _start_tensorflow, "jax": _start_jax}[backend]
    with hold_back_noise():
        return start(threads or cores(), device)


def chosen_backend(wished: str = "auto", device: str = "auto", devices: int | str = 1) -> str:
    """Return the backend to use; nothing is imported.

    Args:
        wished: One of BACKENDS, or "auto": KERAS_BACKEND if that is set, else TensorFlow.
        device: As for `start_backend`.
        devices: How many of them share each batch, or "all".

    Raises:
        UserError: Where there is no such backend, it trains on no such devices, or Keras runs on
            another one already.
    """
    running = sys.modules["keras"].backend.backend() if "keras" in sys.modules else None
    backend = os.environ.get("KERAS_BACKEND") or "tensorflow" if wished == "auto" else wished
    if backend not in BACKENDS:
        raise UserError(
            f"KERAS_BACKEND is {backend!r}; a GAN trains on tensorflow or jax: set it to one of "
            "these, or unset it."
        )
    if importlib.machinery.PathFinder.find_spec(backend) is None:
        other = next(name for name in BACKENDS if name != backend)
        raise UserError(
            f"{BACKENDS[backend]} is not installed; install it with: {INSTALL[backend]}, or use "
            f"{BACKENDS[other]} with KERAS_BACKEND={other}."
        )
    if device == "gpu" and backend != "jax":
        raise UserError("Only JAX trains on a GPU; add --set training.backend=jax.")
    if (devices != 1 or is_announced()) and backend != "jax":
        raise UserError(
            "Only JAX shares a training among devices, since Keras does nothing of the kind on "
            "TensorFlow without saying so; add --set training.backend=jax."
        )
    if running not in {None, backend}:
        raise UserError(
            f"Keras runs on {running} in this process, not on {backend}; start Python with "
            f"KERAS_BACKEND={backend}."
        )
    return backend


@contextmanager
def refuse_without_memory() -> Iterator[None]:
    """Raise UserError where the block asks a device for more memory than it has."""
    try:
        yield
    except Exception as error:
        if "RESOURCE_EXHAUSTED" not in str(error) and "ResourceExhausted" not in repr(error):
            raise
        raise UserError(
            "The device has too little memory for this training; a smaller training.batch_size or "
            "smaller widths need less, or a processor takes it: --set training.device=cpu."
        ) from error


def fast_precision(backend: str = "tensorflow", threads: int = 0, device: str = "auto") -> str:
    """Return "mixed_bfloat16" where products in it are faster, else "float32".

    For TensorFlow the flags of the processor decide. JAX is started, as `start_backend` does: on
    GPUs bfloat16 is faster, on processors it is not.
    """
    if backend == "jax":
        start_backend(backend, threads, device)
        return "mixed_bfloat16" if has_gpu() else "float32"
    return "mixed_bfloat16" if BFLOAT16.intersection(processor().split()) else "float32"


def processor() -> str:
    """Return the name and the flags of the processor, as far as the system tells them."""
    if not CPUINFO.exists():
        return platform.processor()
    lines = CPUINFO.read_text("utf-8", "replace").splitlines()
    told = {line for line in lines if line.startswith(("model name", "flags", "Features"))}
    return "\n".join(sorted(told))


def has_gpu() -> bool:
    """Return whether JAX was started on a GPU."""
    jax = sys.modules.get("jax")
    return jax is not None and jax.default_backend() == "gpu"


def device_in_use() -> Literal["cpu", "gpu"]:
    """Return the one of DEVICES on which the started backend computes."""
    return "gpu" if has_gpu() else "cpu"


def versions(backend: str | None = None) -> dict[str, str]:
    """Return the versions on which bit-identical results depend, by name.

    Args:
        backend: One of BACKENDS; None: the one that "auto" stands for.
    """
    packages = (*PACKAGES[backend or chosen_backend()], "keras", "numpy")
    installed = {name: importlib.metadata.version(name) for name in packages}
    return {"python": platform.python_version(), "mnist-gan": __version__, **installed}


def cores() -> int:
    """Return how many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _start_tensorflow(threads: int, device: str) -> int:
    """Start TensorFlow on the processor; return its number of threads."""
    with _hidden("jax"):  # which TensorFlow would import for one of its converters
        import tensorflow as tf

    operations = threads + 1 if threads > 1 else 1  # one more, so that no core is idle
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


def _start_jax(threads: int, device: str) -> int:
    """Start JAX; return its number of threads."""
    os.environ.setdefault("PJRT_NPROC", str(threads))  # counts until JAX has a device
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    if GPU_FLAGS not in os.environ.get("XLA_FLAGS", ""):
        os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {GPU_FLAGS}".strip()
    import jax

    if device == "cpu":
        jax.config.update("jax_platforms", "cpu")
    join()
    if cache := _compilation_cache():
        jax.config.update("jax_compilation_cache_dir", str(cache))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    if device == "gpu" and not has_gpu():
        raise UserError(
            "JAX finds no GPU here; if there is one: pip install 'jax[cuda13]', else leave out "
            "training.device=gpu."
        )
    import keras

    with _hidden("tensorflow"):  # which Keras would import for nothing but its types
        keras.saving.serialize_keras_object(keras.layers.ReLU())  # looks for it, once and for all
    return int(os.environ["PJRT_NPROC"])


@contextmanager
def _hidden(package: str) -> Iterator[None]:
    """Let imports of a package fail within the block, unless it is there already."""
    if package in sys.modules:
        yield
        return
    sys.modules[package] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[package]


def _compilation_cache() -> Path | None:
    """Return the folder of programs compiled for this processor; None where there can be none."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if home.startswith("~"):
        return None  # for a user without a home
    folder = (
        Path(home) / "mnist-gan" / "jax" / hashlib.sha256(processor().encode()).hexdigest()[:16]
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def remove_generated_code() -> None:
    """Delete the files of code that TensorFlow has generated and loaded by now.

    It deletes them itself at the end of the process, but a process that is killed has none.
    """
    for name in [name for name in sys.modules if name.startswith(GENERATED)]:
        Path(str(sys.modules[name].__file__)).unlink(missing_ok=True)


@contextmanager
def hold_back_noise() -> Iterator[None]:
    """Capture what is written to file descriptor 2, and show it only if the block fails.

    C++ code of the backends writes messages to that descriptor at any log level. Ctrl-C and a
    person's mistake do not count as failures.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.stderr.flush()
    original = os.dup(2)
    with tempfile.TemporaryFile() as captured:
        os.dup2(captured.fileno(), 2)
        try:
            yield
        except UserError:
            raise
        except Exception:
            captured.seek(0)
            os.write(original, captured.read())
            raise
        finally:
            os.dup2(original, 2)
            os.close(original)
