"""The child's side: one variant in one process, answering requests line by line.

python -m benchmarks.worker NAME --images FILE.npy --threads N --seed S
"""

import argparse
import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.learning import learn
from benchmarks.variants import build


class Server:
    """Answers for one variant, and watches what the process does between requests."""

    def __init__(self, variant: Any, images: Any) -> None:
        self.variant, self.images = variant, images
        self.rested = _clocks()  # when the last answer was given

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Do what is asked and return what came of it."""
        woken = _clocks()
        idle = [now - then for now, then in zip(woken, self.rested, strict=True)]
        result: dict[str, Any] = {}
        if "products" in request:
            result["milliseconds"] = self.variant.milliseconds()
        elif "learn" in request:
            result["learned"] = learn(self.variant, self.images, request["learn"])
        else:
            self.variant.run(request["run"])
        self.rested = _clocks()
        return {
            **result,
            "seconds": self.rested[0] - woken[0],
            "processor_seconds": self.rested[1] - woken[1],
            "idle_seconds": idle[0],
            "idle_processor_seconds": idle[1],
            "peak_bytes": peak_bytes(),
        }


def peak_bytes() -> int:
    """Return the most memory that this process has had in use.

    On Linux, `ru_maxrss` begins with what the parent had when it started the child, so the
    kernel's own record of this address space is read instead.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text().splitlines()
        return 1024 * int(next(line for line in lines if line.startswith("VmHWM:")).split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes, on macOS


def main() -> None:
    """Build the variant, say so, and answer until the parent closes the pipe."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--images")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    options = parser.parse_args()
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints must not look like an answer
    images = np.load(options.images) if options.images else None
    variant = build(options.name, images, options.threads, options.seed)
    server = Server(variant, images)
    print(json.dumps({"steps_per_call": variant.steps_per_call}), file=answers)
    for line in sys.stdin:
        print(json.dumps(server.answer(json.loads(line))), file=answers)


def _clocks() -> tuple[float, float]:
    """Return the time on the wall and the time all threads have computed."""
    return time.perf_counter(), time.process_time()


if __name__ == "__main__":
    main()
