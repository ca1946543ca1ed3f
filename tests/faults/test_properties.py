"""Each reader of untrusted input returns a value or raises UserError, whatever it is given."""

import io
import json
import math
import struct
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from mnist_gan.config.schema import Config
from mnist_gan.data.formats.idx import TYPES
from mnist_gan.support.assets import asset
from tests.faults.fuzz import READERS, reason_of

PIXELS = st.integers(0, 255).map(str)
KEYS = [
    f"{section}.{key}"
    for section, field in Config.model_fields.items()
    for key in getattr(field.annotation, "model_fields", {})
]
NAMES = st.sampled_from([*Config.model_fields, *(key.split(".")[1] for key in KEYS)])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["!!int", "!!map x", "2026-01-01", "1:30:00", "0x1f", "1e400", "~", "&a"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
MANIFEST = {
    **{"kind": "train", "status": "finished", "command": ["mnist-gan", "train"], "seed": 0},
    **{"threads": 2, "versions": {"python": "3.11.7"}, "started": "2026-01-01T00:00:00Z"},
    "data": {"source": "digits", "count": 10, "sha256": "00"},
}
tried = settings(
    max_examples=60,
    deadline=None,  # of one example; reason_of has a limit of its own
    derandomize=True,  # the harness draws at random; the tests try the same inputs each time
    suppress_health_check=[HealthCheck.too_slow],
)


def assert_read(name: str, content: bytes) -> None:
    """Assert that the reader of a kind of file takes a file or refuses it as a person's mistake."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        assert reason_of(READERS[name], path) == ""


@tried
@given(st.sampled_from(KEYS) | st.text(max_size=20), VALUES.map(str) | st.text(max_size=40))
def test_settings(key, value):
    """Any text behind any key of `--set`."""
    assert_read("setting.txt", f"{key}={value}".encode(errors="replace"))


@tried
@given(st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES, max_size=4), max_size=4) | VALUES)
def test_configs(values):
    """Any YAML below the names of sections and settings."""
    assert_read("config.yaml", yaml.safe_dump(values).encode())


@tried
@given(st.dictionaries(st.sampled_from(sorted(MANIFEST)), VALUES, max_size=3))
def test_records_of_runs(changes):
    """Any JSON in place of the fields of a record, non-finite numbers included."""
    assert_read("run.json", json.dumps({**MANIFEST, **changes}).encode())


@tried
@given(st.lists(st.lists(SCALARS.map(str), max_size=5), max_size=8))
def test_histories(rows):
    """Any fields in the lines of a history."""
    table = "\n".join(",".join(row) for row in rows).encode(errors="replace")
    assert_read("history.csv", b"epoch,seconds\n" + table)


@tried
@given(
    st.sampled_from([784, 785, 785, 786, 5]),
    st.lists(st.lists(PIXELS | PIXELS | SCALARS.map(str), max_size=5), min_size=1, max_size=8),
)
def test_tables(columns, rows):
    """Any fields in the lines of a table of images, most of which have as many as images have."""
    lines = [",".join([*row, *["0"] * (columns - len(row))]) for row in rows]
    assert_read("images.csv", "\n".join(lines).encode(errors="replace"))


@tried
@given(
    st.sampled_from([8, 8, 8, 8, 9, 11, 12, 13, 14, 0, 255]),
    st.sampled_from([[1, 28, 28], [2, 28, 28], [2, 784]])
    | st.lists(st.integers(0, 40) | st.integers(0, 2**32 - 1), max_size=5),
    st.binary(min_size=1, max_size=3200),
    st.sampled_from([True, True, True, False]),
)
def test_idx_files(kind, sizes, pixels, is_whole):
    """Any type and sizes, often those of images, with the bytes they declare, fewer or more."""
    size = math.prod(sizes) * np.dtype(TYPES.get(kind, "u1")).itemsize
    if is_whole and size < 10_000:
        pixels = (pixels * (size // len(pixels) + 1))[:size]
    header = struct.pack(f">BBBB{len(sizes)}I", 0, 0, kind, len(sizes), *sizes)
    assert_read("train-images-idx3-ubyte", header + pixels)


@tried
@given(
    st.integers(0, 400),
    st.binary(min_size=1, max_size=8),
    st.sampled_from([28, 28, 28, 28, 1, 27, 200]),
)
def test_pictures(place, changed, side):
    """A PNG, most often of the size of images, with some bytes changed."""
    file = io.BytesIO()
    Image.linear_gradient("L").resize((side, side)).rotate(30).save(file, "PNG")
    png = file.getvalue()
    assert_read("pictures/0/a.png", png[:place] + changed + png[place + len(changed) :])


@pytest.fixture(scope="module")
def members():
    """The members of the bundled generator's archive."""
    with zipfile.ZipFile(asset("generator.keras")) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@tried
@given(data=st.data())
def test_saved_generators(members, data):
    """Any JSON in place of a value of the description of the network."""
    description = json.loads(members["config.json"])
    node: object = description
    while isinstance(node, dict | list) and node:
        keys = list(node) if isinstance(node, dict) else range(len(node))
        parent, key = node, data.draw(st.sampled_from(list(keys)))
        node = parent[key]
        if data.draw(st.integers(0, 3)) == 0:
            break
    parent[key] = data.draw(VALUES)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in {**members, "config.json": json.dumps(description)}.items():
            archive.writestr(name, content)
    assert_read("generator.keras", file.getvalue())
