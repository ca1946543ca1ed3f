"""The parent's side: one child process for each variant, asked one at a time."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parents[1]


class ChildFailedError(Exception):
    """A child ended before it had answered; the message says why."""


class Child:
    """A running process that makes steps of one variant when asked, and sleeps otherwise."""

    def __init__(self, name: str, images: Path | None, threads: int, seed: int) -> None:
        self.name, self.steps_per_call = name, 1
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed in __exit__
        options = ["--threads", str(threads), "--seed", str(seed)]
        options += ["--images", str(images)] if images else []
        self.process = subprocess.Popen(  # noqa: S603 - our own worker, no shell
            [sys.executable, "-m", "benchmarks.worker", name, *options],
            cwd=ROOT,
            env=environment(threads, name),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the child: at once if something went wrong, else by closing its input."""
        if error is not None:
            self.process.kill()
        self.process.communicate()
        self.log.close()

    def wait_until_ready(self) -> None:
        """Wait until the variant is built."""
        self.steps_per_call = int(self._answer()["steps_per_call"])

    def ask(self, **request: int) -> dict[str, Any]:
        """Send a request, `run=STEPS` or `learn=STEPS`, and return the answer."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # if it has died, the answer says why
            print(json.dumps(request), file=self.process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        """Wait for the next answer; raises ChildFailedError when there will be none."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.log.seek(0)
            last = (self.log.read().strip().splitlines() or ["it said nothing"])[-1]
            raise ChildFailedError(f"{self.name} failed: {last}")
        return dict(json.loads(line))


def environment(threads: int, name: str = "") -> dict[str, str]:
    """Return the environment of a child: all have the same threads, which spin for a moment only.

    PyTorch's threads may spin between two kernels, but not for long: with `OMP_WAIT_POLICY=PASSIVE`
    its steps took 1.3 times as long on an idle machine; with its usual spinning, 5 to 10 times as
    long as soon as another process wanted a core.
    """
    count = str(threads)
    return {
        **os.environ,
        "CUDA_VISIBLE_DEVICES": "-1",
        "JAX_PLATFORMS": "cpu",
        "GOMP_SPINCOUNT": "10000",
        "KERAS_BACKEND": "jax" if "on jax" in name else "tensorflow",
        **({"TF_ENABLE_ONEDNN_OPTS": str(int("oneDNN" in name))} if "products" in name else {}),
        "KMP_BLOCKTIME": "1",
        "MKL_NUM_THREADS": count,
        "PJRT_NPROC": count,
        "NPROC": count,  # what XLA, and so JAX, takes for the number of cores
        "OMP_NUM_THREADS": count,
        "OPENBLAS_NUM_THREADS": count,
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }
