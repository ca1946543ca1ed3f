"""How much memory is free on this machine, and within the limits of its container and process."""

from collections.abc import Iterator
from pathlib import Path

PROC, CGROUPS = Path("/proc"), Path("/sys/fs/cgroup")
FILES = (  # of a control group: its limit and what it uses, in both versions of Linux's interface
    ("memory.max", "memory.current"),
    ("memory.limit_in_bytes", "memory.usage_in_bytes"),
)


def free_bytes() -> int | None:
    """Return how many bytes of memory are free; None where the system does not say."""
    found = [_available(), _of_process(), *(_left(group) for group in _groups())]
    return min((size for size in found if size is not None), default=None)


def _available() -> int | None:
    """Return what is free on the machine."""
    return _field(PROC / "meminfo", "MemAvailable:", 1024)


def _of_process() -> int | None:
    """Return what is left of the address space that this process may have (ulimit -v)."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return None
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return None
    return max(0, limit - (_field(PROC / "self/status", "VmSize:", 1024) or 0))


def _groups() -> Iterator[Path]:
    """Yield the control groups of this process, from its own to the outermost."""
    try:
        lines = (PROC / "self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "" or "memory" in controllers.split(","):
            root = CGROUPS / ("memory" if controllers else "")
            group = root / path.strip("/")
            yield from (folder for folder in (group, *group.parents) if folder.is_relative_to(root))


def _left(group: Path) -> int | None:
    """Return what is left to a control group; files that are only cached count as free."""
    for limit, used in FILES:
        try:
            left = int((group / limit).read_text()) - int((group / used).read_text())
        except (OSError, ValueError):  # no such group, or its limit is "max"
            continue
        return max(0, left + (_field(group / "memory.stat", "inactive_file", 1) or 0))
    return None


def _field(path: Path, name: str, unit: int) -> int | None:
    """Return the number behind a name in a file of lines, in bytes."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return None
    return next((unit * int(line.split()[1]) for line in lines if line.startswith(name)), None)
