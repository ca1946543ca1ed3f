"""The files of a run as bytes, for workers that do not see the sweep's folder."""

import io
import zipfile
from pathlib import Path

from mnist_gan.support.files import PART, whole_file

NEW = 2.0  # seconds by which times of files may be coarse
CHECKPOINTS = "checkpoints"  # the one folder from which files are deleted
ALL = "files.txt"  # a member of the archive: the names of all files there are


def pack(folder: Path, since: float = 0.0) -> bytes:
    """Return the files of a run folder as a zip archive.

    Args:
        folder: The folder.
        since: Only files that changed after this time, in seconds since the epoch of `time.time`.
    """
    data = io.BytesIO()
    names = []
    with zipfile.ZipFile(data, "w") as archive:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder)
            if not path.is_file() or any(part.startswith((PART, ".lock")) for part in name.parts):
                continue
            names.append(name.as_posix())
            try:
                if path.stat().st_mtime > since - NEW:
                    archive.write(path, names[-1])
            except FileNotFoundError:  # an old checkpoint, just deleted
                names.pop()
        archive.writestr(ALL, "\n".join(names))
    return data.getvalue()


def unpack(data: bytes, folder: Path) -> None:
    """Write the files of an archive of `pack` below a run folder, each atomically."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        kept = set(archive.read(ALL).decode().split("\n"))
        for name in archive.namelist():
            if name == ALL:
                continue
            path = folder / name
            if not path.resolve().is_relative_to(folder.resolve()):
                raise ValueError(f"{name} leads out of the run")
            path.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(path) as temporary:
                temporary.write_bytes(archive.read(name))
    for path in (folder / CHECKPOINTS).glob("*"):
        if path.relative_to(folder).as_posix() not in kept:
            path.unlink(missing_ok=True)
