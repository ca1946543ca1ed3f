"""Free memory is what the machine has, and no more than what a control group leaves."""

import pytest

from mnist_gan.support import free_memory
from mnist_gan.support.free_memory import free_bytes


@pytest.fixture
def system(tmp_path, monkeypatch):
    """A system that says that a million kilobytes are free, and has no control groups yet."""
    monkeypatch.setattr(free_memory, "PROC", tmp_path / "proc")
    monkeypatch.setattr(free_memory, "CGROUPS", tmp_path / "cgroup")
    write(tmp_path / "proc/meminfo", "MemTotal: 24000000 kB\nMemAvailable:   1000000 kB\n")
    return tmp_path


def write(path, text):
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_machine_says_what_is_free(system):
    """It is read from /proc/meminfo, and is None where there is no such file."""
    assert free_bytes() == 1_024_000_000
    (system / "proc/meminfo").unlink()
    assert free_bytes() is None


@pytest.mark.parametrize("where", ["", "job/step", "job"])
def test_a_container_leaves_less(system, where):
    """The limit of the group or of one around it counts; what is only cached is free."""
    write(system / "proc/self/cgroup", "0::/job/step\n")
    group = system / "cgroup" / where
    write(group / "memory.max", "5000000\n")
    write(group / "memory.current", "4000000\n")
    assert free_bytes() == 1_000_000
    write(group / "memory.stat", "anon 3\ninactive_file 250000\n")
    assert free_bytes() == 1_250_000


def test_the_older_interface_is_read_too(system):
    """Its groups lie below "memory", and one that is full leaves nothing."""
    write(system / "proc/self/cgroup", "7:cpu:/\n4:memory:/docker/1\n")
    write(system / "cgroup/memory/memory.limit_in_bytes", "5000000\n")
    write(system / "cgroup/memory/memory.usage_in_bytes", "6000000\n")
    assert free_bytes() == 0


def test_a_group_without_a_limit_takes_nothing_away(system):
    """As most have."""
    write(system / "proc/self/cgroup", "0::/\n")
    write(system / "cgroup/memory.max", "max\n")
    write(system / "cgroup/memory.current", "4000000\n")
    assert free_bytes() == 1_024_000_000
