"""A seeded fuzzer: each reader returns a value or raises UserError for files changed at random."""

import gzip
import io
import json
import random
import time
import traceback
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow
from PIL import Image
from pyarrow import parquet
from scipy.io import savemat

from mnist_gan.sampling.sampler import open_generator
from mnist_gan.support.assets import asset
from mnist_gan.support.errors import UserError
from tests.faults.command import LONGEST, MEMORY, complaint, forked
from tests.faults.hostile import HOSTILE, archive_of, idx
from tests.faults.report import Failure
from tests.faults.template import run_script

BATCH = 25  # inputs of one fork
SLOW = 10.0  # seconds, within which each is read
NUMBERS = (  # that programs get wrong, as text and as bytes
    *(b"-1", b"0", b"1e999", b"NaN", b"null", b"[]", b"{}", b"9" * 400, b"2147483648", b"true"),
    *(b"\xff" * 4, b"\x7f\xff\xff\xff", b"\0" * 8, b"\xff" * 8, b"'", b'"', b"!!int "),
)
EVALUATION = {
    **{"generator": "generator.keras", "epoch": 1, "samples": 1000, "against": "digits"},
    **{"values": {"frechet_distance": 3.0}, "real": {"frechet_distance": 1.0}},
    **{"places": {"frechet_distance": 0.5}, "summary": "good", "version": "0.2.0"},
    "made": "2026-01-01T00:00:00Z",
}
# saves a convolutional and a conditional generator, which takes the backend
NETWORKS = """
from mnist_gan.models.generator import build_generator

small = build_generator(16, (16, 8, 4), architecture="convolutional", batch_norm=True)
small.save("convolutional.keras")
build_generator(16, (16,), classes=10).save("conditional.keras")
"""
Reader = Callable[[Path], object]


def _data(path: Path) -> object:
    from mnist_gan.data.formats.reader import read_images

    return read_images(path)


def _config(path: Path) -> object:
    from mnist_gan.config.loading import load_config

    return load_config(str(path))


def _setting(path: Path) -> object:
    from mnist_gan.config.loading import load_config, parse_setting
    from mnist_gan.sweeps.plan import values_of

    text = path.read_bytes().decode(errors="surrogateescape")
    values_of(text)
    return load_config("tutorial", dict([parse_setting(text)]))


def _generator(path: Path) -> object:
    from mnist_gan.sampling.sampler import sample

    return sample(open_generator(path), 2)


def _latents(path: Path) -> object:
    from mnist_gan.sampling.rows import inputs_of_file

    generator = open_generator(asset("generator.keras"))
    count, draw = inputs_of_file(generator, path, None)
    return draw(0, min(count, 2))


def _manifest(path: Path) -> object:
    from mnist_gan.runs import RunFolder

    return RunFolder(path.parent).manifest()


def _evaluation(path: Path) -> object:
    from mnist_gan.runs import RunFolder

    return RunFolder(path.parent).evaluation()


def _history(path: Path) -> object:
    from mnist_gan.runs import RunFolder

    return RunFolder(path.parent).history()


def _checkpoint(path: Path) -> object:
    from mnist_gan.runs import RunFolder

    return RunFolder(path.parents[1]).checkpoints.newest()


def _picture(path: Path) -> object:
    from mnist_gan.pages.film import film_frames
    from mnist_gan.runs import RunFolder

    return list(film_frames(RunFolder(path.parents[1])))


def _nearest(path: Path) -> object:
    from mnist_gan.pages.pictures import nearest
    from mnist_gan.runs import RunFolder
    from mnist_gan.session.disk import NEIGHBOURS

    return nearest(RunFolder(path.parents[1]), 1, NEIGHBOURS)


def _cells(path: Path) -> object:
    from mnist_gan.runs import RunFolder

    return RunFolder(path.parents[1]).cells(1)


def _sweep(path: Path) -> object:
    from mnist_gan.runs import RunFolder
    from mnist_gan.sweeps.record import read_record

    return read_record(RunFolder(path.parent))


def _target(path: Path) -> object:
    from mnist_gan.lab.gaussian.targets import open_target

    return open_target(str(path))


def _folder(path: Path) -> object:
    return _data(path.parents[1])


LABELS, IDX = "train-labels-idx1-ubyte", "train-images-idx3-ubyte"
PICTURES = [f"pictures/0/a.{kind}" for kind in ("png", "jpg", "gif", "bmp", "tiff", "webp")]
READERS: dict[str, Reader] = {  # by the path of a seed: what reads it
    "images.npz": _data,
    "images.npy": _data,
    "images.csv": _data,
    "images.tsv": _data,
    "images.csv.gz": _data,
    "images.zip": _data,
    IDX: _data,
    f"{IDX}.gz": _data,
    LABELS: lambda path: _data(path.with_name(IDX)),
    "images.mat": _data,
    "images.parquet": _data,
    "pictures.parquet": _data,
    **dict.fromkeys(PICTURES, _folder),
    "config.yaml": _config,
    "setting.txt": _setting,
    "generator.keras": _generator,
    "convolutional.keras": _generator,
    "conditional.keras": _generator,
    "target.csv": _target,
    "latents.npy": _latents,
    "latents.npz": _latents,
    "run.json": _manifest,
    "sweep.json": _sweep,
    "evaluation.json": _evaluation,
    "history.csv": _history,
    "checkpoints/step-000000038.npz": _checkpoint,
    "images/epoch-0001.png": _picture,
    "cells/epoch-0001.json": _cells,
    "cells/epoch-0001.png": _nearest,
}


def make_seeds(folder: Path, run: Path) -> Path:
    """Return a folder with a small valid file of each kind of input.

    Args:
        folder: Where it is made.
        run: A finished run, of which its files are taken; beside it is a sweep.
    """
    seeds = folder / "seeds"
    for name in READERS:
        (seeds / name).parent.mkdir(parents=True, exist_ok=True)
    _make_data(seeds)
    _make_files_of(run, seeds)
    run_script(NETWORKS, seeds)
    return seeds


def _make_data(seeds: Path) -> None:
    """Write images and labels in each format."""
    from mnist_gan.data.offline import embedded_digits

    images, labels = (array[:20] for array in embedded_digits())
    pixels = np.round((images.reshape(-1, 784) + 1) * 127.5).astype(np.uint8)
    np.savez(seeds / "images.npz", x_train=pixels.reshape(-1, 28, 28), y_train=labels)
    np.save(seeds / "images.npy", pixels)
    _make_tables(seeds, np.column_stack([labels, pixels]))
    content = idx(len(pixels), 28, 28) + pixels.tobytes()
    (seeds / IDX).write_bytes(content)
    (seeds / f"{IDX}.gz").write_bytes(gzip.compress(content, mtime=0))
    (seeds / LABELS).write_bytes(idx(len(labels)) + labels.astype(np.uint8).tobytes())
    savemat(seeds / "images.mat", {"X": pixels, "y": labels})
    table = pyarrow.table({"pixels": pixels.tolist(), "label": labels.tolist()})
    parquet.write_table(table, seeds / "images.parquet")
    for name in PICTURES:
        Image.fromarray(pixels[0].reshape(28, 28)).save(seeds / name)
    cell = {"bytes": (seeds / PICTURES[0]).read_bytes(), "path": "a.png"}
    table = pyarrow.table({"image": [cell] * 3, "label": [0, 1, 2]})
    parquet.write_table(table, seeds / "pictures.parquet")


def _make_tables(seeds: Path, table: np.ndarray) -> None:
    """Write a table in each format, and a file of numbers."""
    for name, separator in (("images.csv", ","), ("images.tsv", "\t")):
        np.savetxt(seeds / name, table, "%d", separator)
    content = (seeds / "images.csv").read_bytes()
    (seeds / "images.csv.gz").write_bytes(gzip.compress(content, mtime=0))
    (seeds / "images.zip").write_bytes(archive_of("images.csv", content))
    np.savetxt(seeds / "target.csv", np.linspace(0, 1, 200))


def _make_files_of(run: Path, seeds: Path) -> None:
    """Copy the files of a run, and write others that commands read."""
    (seeds / "setting.txt").write_text("generator.widths=[256, 512]")
    width = open_generator(asset("generator.keras")).latents(0, 2).shape[1]
    for suffix, save in (("npy", np.save), ("npz", np.savez)):
        save(seeds / f"latents.{suffix}", np.zeros((3, width), np.float32))
    for name in ("config.yaml", "generator.keras", "run.json", "history.csv"):
        (seeds / name).write_bytes((run / name).read_bytes())
    (seeds / "evaluation.json").write_text(json.dumps(EVALUATION))
    newest = sorted((run / "checkpoints").iterdir())[-1]
    (seeds / "checkpoints/step-000000038.npz").write_bytes(newest.read_bytes())
    for name in ("images/epoch-0001.png", "cells/epoch-0001.json", "cells/epoch-0001.png"):
        (seeds / name).write_bytes((run / name).read_bytes())
    (seeds / "sweep.json").write_bytes((run.with_name("0003-sweep") / "sweep.json").read_bytes())


def trial(seed: int, seeds: Path, scratch: Path) -> Iterator[Failure]:
    """Read a batch of changed files in a fork, and yield what ended otherwise than allowed."""
    scratch.mkdir()
    log = scratch / "log"
    ended = forked(lambda: _batch(seed, seeds, scratch, log), scratch, MEMORY)
    lines = log.read_text().splitlines() if log.exists() else [""]
    for line in lines:
        if line.startswith("lost "):
            what, _, reason = line.partition(": ")
            yield Failure("fuzz", seed, what.removeprefix("lost "), reason)
    if reason := complaint(ended, [0]):
        yield Failure("fuzz", seed, lines[-1], reason)


def _batch(seed: int, seeds: Path, scratch: Path, log: Path) -> None:
    """Read so many changed files, one after another, and log each with what was wrong."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    for number in range(BATCH):
        name = chance.choice(list(READERS))
        data = mutated((seeds / name).read_bytes(), chance)
        path = scratch / str(number) / name
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
        if name == LABELS:
            path.with_name(IDX).write_bytes((seeds / IDX).read_bytes())
        with log.open("a") as file:
            file.write(f"input {number}, {name}\n")
            file.flush()
            if reason := reason_of(READERS[name], path):
                file.write(f"lost input {number}, {name}: {reason}\n")


def reason_of(reader: Reader, path: Path) -> str:
    """Return which promise a reader breaks with a file, "" for none."""
    began = time.monotonic()
    try:
        reader(path)
    except UserError as error:
        if not 0 < len(str(error)) <= LONGEST:
            return f"a sentence of {len(str(error))} characters: {str(error)[:80]!r}"
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        ours = [
            f"{Path(at.filename).name}:{at.lineno}" for at in frames if "/mnist_gan/" in at.filename
        ]
        return f"{type(error).__name__}: {str(error)[:80]!r} at {' '.join(ours[-2:])}"
    seconds = time.monotonic() - began
    return f"{seconds:.1f} s" if seconds > SLOW else ""


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Return bytes changed at random; those of a zip or gzip file often inside it."""
    if chance.random() < 0.05:
        return HOSTILE[chance.choice(list(HOSTILE))]()
    if data.startswith(b"PK") and chance.random() < 0.7:
        return _rezipped(data, chance)
    if data.startswith(b"\x1f\x8b") and chance.random() < 0.7:
        return gzip.compress(mutated(gzip.decompress(data), chance), mtime=0)
    for _ in range(chance.choice([1, 1, 2, 8])):
        place = chance.randrange(len(data) + 1)
        piece = data[place : place + chance.choice([1, 4, 40])]
        change = chance.choice([_noise, _number, _dropped, _repeated])
        data = data[:place] + change(piece, chance) + data[place + len(piece) :]
    return data


def _rezipped(data: bytes, chance: random.Random) -> bytes:
    """Return a zip of which one member is changed, renamed, dropped or there twice."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    place = chance.randrange(len(members))
    name, content = members[place]
    members[place : place + 1] = chance.choice(
        [[(name, mutated(content, chance))]] * 6 + [[(f"../{name}", content)], []]
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def _noise(piece: bytes, chance: random.Random) -> bytes:
    return chance.randbytes(len(piece))


def _number(piece: bytes, chance: random.Random) -> bytes:
    return chance.choice(NUMBERS)


def _dropped(piece: bytes, chance: random.Random) -> bytes:
    return b""


def _repeated(piece: bytes, chance: random.Random) -> bytes:
    return piece * chance.choice([2, 3, 500])
