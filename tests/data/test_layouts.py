"""Data as people have them: files and folders as downloads leave them, converted or refused."""

import csv
import errno
import gzip
import io
import os
import struct
import time
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy import io as scipy_io

from mnist_gan.data.formats import limits
from mnist_gan.data.formats.reader import read_images
from mnist_gan.data.formats.standard import DIGITS, Wishes
from mnist_gan.data.sources import load_data
from mnist_gan.support.errors import UserError
from tests.data.test_formats import DOTS, IMAGES, LABELS, NAME, N, idx, picture, pictures, refusal

FLAT = IMAGES.reshape(N, 784)
LETTERS = np.array(list("ABCDEFGHIJ"))[LABELS]


def same(found, images=IMAGES, labels=LABELS, classes=DIGITS) -> None:
    """Check images, labels and the classes' names."""
    np.testing.assert_array_equal(found.images, images)
    if labels is None:
        assert found.labels is None
    else:
        np.testing.assert_array_equal(found.labels, labels)
        assert found.classes == classes


def save(path: Path, **arrays: np.ndarray) -> Path:
    """Write an .npz."""
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("x_train", "y_train"),
        ("X_train", "Y_train"),
        ("train_images", "train_labels"),
        ("trainImages", "trainLabels"),
        ("images", "labels"),
        ("x", "y"),
        ("data", "target"),
    ],
)
def test_arrays_have_usual_names(tmp_path, images, labels):
    """Those of validation and test images beside them are not taken."""
    others = {"x_test": IMAGES[:2], "val_images": IMAGES[:3], "val_labels": LABELS[:3]}
    same(read_images(save(tmp_path / "a.npz", **{images: IMAGES, labels: LABELS}, **others)))


def test_one_array_of_images_is_obvious_and_two_are_not(tmp_path):
    """Whatever its name is; with two, the sentence names both."""
    scores = np.zeros((N, 3))
    found = read_images(save(tmp_path / "a.npz", arr_0=IMAGES, scores=scores))
    same(found, labels=None)
    assert found.notes == ("arrays arr_0",)
    told = refusal(save(tmp_path / "b.npz", arr_0=IMAGES, arr_1=IMAGES))
    assert "several arrays of images (arr_0, arr_1); name the right one x_train" in told


SHAPES = {
    "(n, 28, 28, 1)": IMAGES[..., None],
    "(n, 1, 28, 28)": IMAGES[:, None],
    "(n, 784)": FLAT,
    "(n, 784, 1)": FLAT[..., None],
    "(n, 28, 28, 3)": np.repeat(IMAGES[..., None], 3, -1),
    "(n, 3, 28, 28)": np.repeat(IMAGES[:, None], 3, 1),
    "int64": IMAGES.astype(np.int64),
    "big-endian": IMAGES.astype(">i4"),
    "float 0 to 255": IMAGES.astype(np.float64),
    "float 0 to 1": (IMAGES / 255).astype(np.float32),
    "float -1 to 1": (IMAGES / 127.5 - 1).astype(np.float32),
    "float16 0 to 1": (IMAGES / 255).astype(np.float16),
}


@pytest.mark.parametrize("array", SHAPES.values(), ids=SHAPES)
def test_shapes_and_ranges_give_the_same_bytes(tmp_path, array):
    """Integers, floats in three ranges, with and without channels; .npy and .npz in any case."""
    same(read_images(save(tmp_path / "a.npz", x_train=array, y_train=LABELS)))
    np.save(tmp_path / "a.npy", array)
    (tmp_path / "a.npy").rename(tmp_path / "A.NPY")
    same(read_images(tmp_path / "A.NPY"), labels=None)


def test_black_and_white_become_0_and_255(tmp_path):
    """bool, and integers that are 0 and 1 only; what was done is noted."""
    ink = IMAGES > 127
    for array in (ink, ink.astype(np.uint8)):
        found = read_images(save(tmp_path / "a.npz", x_train=array))
        same(found, 255 * ink, None)
        assert "scaled from [0, 1]" in found.notes


@pytest.mark.parametrize(
    "labels",
    [
        LABELS.astype(np.float32),
        LABELS.astype(str),
        LABELS.astype(bytes),
        LABELS[:, None],
        np.eye(10)[LABELS],
    ],
)
def test_labels_come_in_many_kinds(tmp_path, labels):
    """Floats, strings, a column and one-hot are the same digits."""
    same(read_images(save(tmp_path / "a.npz", x_train=IMAGES, y_train=labels)))


def test_labels_need_not_be_digits(tmp_path):
    """Other numbers and words are classes in order, numbers before words."""
    found = read_images(save(tmp_path / "a.npz", x=IMAGES, y=LABELS.astype(int) * 10 + 1))
    same(found, classes=tuple(str(10 * k + 1) for k in range(10)))
    same(read_images(save(tmp_path / "a.npz", x=IMAGES, y=LETTERS)), classes=tuple("ABCDEFGHIJ"))
    with pytest.raises(UserError, match="300 different labels; at most 256"):
        read_images(save(tmp_path / "b.npz", x=np.zeros((300, 28, 28), np.uint8), y=np.arange(300)))


def table(
    path: Path, head: list[object] | None, *columns: np.ndarray, separator: str = ","
) -> Path:
    """Write columns as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator)
    if head:
        writer.writerow(head)
    writer.writerows(np.concatenate([np.reshape(c, (N, -1)).astype(str) for c in columns], 1))
    content = text.getvalue().encode()
    if path.suffix == ".gz":
        content = gzip.compress(content)
    path.write_bytes(content)
    return path


PIXELS = [f"pixel{k}" for k in range(784)]
EDGED = FLAT.copy()
EDGED[:, [0, -1]] = 0  # as images of digits are
TABLES = {
    "Kaggle": (["label", *PIXELS], LABELS, EDGED),
    "no header": (None, LABELS, EDGED),
    "label last": ([*PIXELS, "class"], EDGED, LABELS),
    "label last, no header": (None, EDGED, LABELS),
    "numbers as headings": (["label", *range(784)], LABELS, EDGED),
    "an index": (["", "label", *PIXELS], np.arange(N), LABELS, EDGED),
    "an index, label last": (["id", *PIXELS, "label"], np.arange(N), EDGED, LABELS),
    "floats": (["label", *PIXELS], LABELS / 1.0, EDGED / 1.0),
}


@pytest.mark.parametrize("content", TABLES.values(), ids=TABLES)
@pytest.mark.parametrize("name", ["a.csv", "a.CSV", "a.csv.gz"])
def test_tables_hold_images(tmp_path, content, name):
    """With and without headings, the label first or last, an index before them."""
    same(read_images(table(tmp_path / name, *content)), EDGED.reshape(N, 28, 28))


def test_a_table_may_do_without_labels_and_with_semicolons(tmp_path):
    """784 columns are pixels; headings may be numbers; in [0, 1] they are scaled."""
    same(read_images(table(tmp_path / "a.csv", None, FLAT, separator=";")), labels=None)
    same(read_images(table(tmp_path / "a.csv", list(range(784)), FLAT / 255)), labels=None)
    path = table(tmp_path / "a.csv", ["id", *PIXELS], np.arange(N), FLAT)
    same(read_images(path), labels=None)


def test_words_are_labels_of_a_table(tmp_path):
    """With a heading or without one."""
    for head in (["label", *PIXELS], None):
        found = read_images(table(tmp_path / "a.csv", head, LETTERS, FLAT))
        same(found, classes=tuple("ABCDEFGHIJ"))


def test_a_zip_with_one_table_is_read(tmp_path):
    """Folders that some systems add do not count; of two tables none is chosen."""
    content = table(tmp_path / "a.csv", None, LABELS, EDGED).read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("x/train.csv", content)
        archive.writestr("__MACOSX/x/._train.csv", b"\0")
    same(read_images(tmp_path / "a.zip"), EDGED.reshape(N, 28, 28))
    with zipfile.ZipFile(tmp_path / "a.zip", "a") as archive:
        archive.writestr("x/test.csv", content)
    assert "holds 2 CSV files" in refusal(tmp_path / "a.zip")


def lines(change) -> bytes:
    """Return a table whose lines have been changed."""
    rows = [",".join(map(str, [label, *row])) for label, row in zip(LABELS, EDGED, strict=True)]
    return "\n".join(change(rows)).encode()


BAD_TABLES = {
    "a short line": (
        lambda r: [*r[:5], r[5][:-2], *r[6:]],
        "has 784 columns in line 6; expected 785",
    ),
    "a word": (lambda r: [*r[:5], r[5][:-1] + "x", *r[6:]], "is no table of numbers"),
    "an empty cell": (lambda r: [*r[:5], r[5][:-1], *r[6:]], "is no table of numbers"),
    "nan": (lambda r: [*r[:5], r[5][:-1] + "nan", *r[6:]], "not finite"),
    "too large": (lambda r: [*r[:5], r[5][:-1] + "256", *r[6:]], "from 0 to 256; expected 0"),
    "headings only": (lambda r: [",".join(["label", *PIXELS])], "holds no images"),
    "too few columns": (lambda r: [line[:40] for line in r], "columns; expected 784 pixels"),
    "one endless line": (lambda r: ["0," * 100_000], "a line is longer than any image's"),
}


@pytest.mark.parametrize(("change", "complaint"), BAD_TABLES.values(), ids=BAD_TABLES)
def test_bad_tables_are_refused(tmp_path, change, complaint):
    """The sentence names the line where there is one, and what was expected."""
    (tmp_path / "a.csv").write_bytes(lines(change))
    assert complaint in refusal(tmp_path / "a.csv")


def test_a_table_that_unpacks_without_end_is_refused(tmp_path):
    """A compressed table of zeros is refused while it is read, within two seconds."""
    line = (",".join(["0"] * 785) + "\n").encode()
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(line * 100_000))
    began = time.monotonic()
    assert "unpacks to more than 50 times its size" in refusal(tmp_path / "a.csv.gz")
    assert time.monotonic() - began < 20


def test_idx_files_lie_as_downloads_leave_them(tmp_path):
    """Below torchvision's folders, in folders named like the files, with a prefix, not zipped."""
    raw = tmp_path / "a" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    labels = NAME.replace("images", "labels").replace("idx3", "idx1")
    for name, content in ((NAME, idx(IMAGES)), (labels, idx(LABELS))):
        (raw / name).write_bytes(content)
        (raw / f"{name}.gz").write_bytes(gzip.compress(content))
        (raw / name.replace("train", "t10k")).write_bytes(content)
        folder = tmp_path / "kaggle" / name
        folder.mkdir(parents=True)
        (folder / name).write_bytes(content)
        (tmp_path / "kaggle" / name.replace("-idx", ".idx")).write_bytes(content)
        (tmp_path / f"emnist-digits-{name}.gz").write_bytes(content)  # whatever its name says
    same(read_images(tmp_path / "a"))
    same(read_images(tmp_path / "kaggle"))
    same(read_images(tmp_path / "kaggle" / DOTS))
    same(read_images(tmp_path / "kaggle" / NAME / NAME))
    same(read_images(tmp_path / f"emnist-digits-{NAME}.gz"))


def test_a_folder_with_several_data_sets_names_them(tmp_path):
    """None is chosen silently."""
    for split in ("balanced", "letters"):
        (tmp_path / f"emnist-{split}-{NAME}").write_bytes(idx(IMAGES))
    told = refusal(tmp_path)
    assert f"several data files: emnist-balanced-{NAME}, emnist-letters-{NAME}" in told


def test_qmnist_labels_are_the_first_of_their_numbers(tmp_path):
    """Its file holds eight integers for each image, of which the first is the class."""
    (tmp_path / "qmnist-train-images-idx3-ubyte").write_bytes(idx(IMAGES))
    numbers = np.concatenate([LABELS[:, None], np.full((N, 7), 99)], 1).astype(">i4")
    labels = idx(numbers, b"\0\0\x0c")
    (tmp_path / "qmnist-train-labels-idx2-int.gz").write_bytes(gzip.compress(labels))
    same(read_images(tmp_path))


def test_matlab_files_of_three_layouts(tmp_path):
    """Images last, in columns, and in EMNIST's structures."""
    scipy_io.savemat(
        tmp_path / "a.mat", {"images": IMAGES.transpose(1, 2, 0), "labels": LABELS[:, None]}
    )
    same(read_images(tmp_path / "a.mat"))
    scipy_io.savemat(tmp_path / "a.mat", {"data": FLAT.T, "label": LABELS[None]})
    same(read_images(tmp_path / "a.mat"))
    part = {"images": FLAT, "labels": LABELS[:, None], "writers": LABELS[:, None]}
    tree = {"dataset": {"train": part, "test": {**part, "images": FLAT[::-1]}, "mapping": FLAT}}
    scipy_io.savemat(tmp_path / "a.mat", tree, do_compression=True)
    same(read_images(tmp_path / "a.mat"))


def test_a_matlab_file_that_unpacks_to_too_much_is_refused(tmp_path):
    """Its parts are measured before any is kept."""
    zeros = np.zeros((50_000, 784), np.uint8)
    scipy_io.savemat(tmp_path / "a.mat", {"images": zeros}, do_compression=True)
    assert "unpacks to more than 50 times its size" in refusal(tmp_path / "a.mat")


def test_a_damaged_matlab_file_is_a_sentence_or_harmless(tmp_path):
    """Any flipped bits, above all in sizes and kinds of elements, compressed or not."""
    chance = np.random.default_rng(0)
    tree = {"dataset": {"images": FLAT, "labels": LABELS[:, None]}}
    for is_packed in (False, True):
        scipy_io.savemat(tmp_path / "a.mat", tree, do_compression=is_packed)
        content = (tmp_path / "a.mat").read_bytes()
        for _ in range(200):
            damaged = bytearray(content)
            for place in chance.integers(400, size=2):
                damaged[place] ^= 1 << int(chance.integers(8))
            (tmp_path / "a.mat").write_bytes(damaged)
            try:
                read_images(tmp_path / "a.mat")
            except UserError as error:
                assert len(str(error)) <= 300  # noqa: PT017 - some raise nothing


def test_a_matlab_file_of_the_other_byte_order_is_read(tmp_path):
    """As a machine with the other order writes it."""
    numbers = FLAT.astype(">i2")
    parts = [
        (6, struct.pack(">II", 10, 0)),
        (5, struct.pack(">ii", *numbers.shape)),
        (1, b"images"),
    ]
    parts.append((3, numbers.T.tobytes()))
    body = b"".join(
        struct.pack(">II", kind, len(part)) + part + bytes(-len(part) % 8) for kind, part in parts
    )
    head = b"MATLAB 5.0".ljust(124) + b"\x01\x00MI"
    (tmp_path / "a.mat").write_bytes(head + struct.pack(">II", 14, len(body)) + body)
    np.testing.assert_array_equal(read_images(tmp_path / "a.mat").images, IMAGES)


def parquet(path: Path, names: list[str] | None = None, **columns: object) -> Path:
    """Write a parquet file, with the classes' names as dataset hubs do."""
    import json

    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet as pq

    rows = pyarrow.table(columns)
    if names:
        features = {"label": {"names": names, "_type": "ClassLabel"}}
        info = json.dumps({"info": {"features": features}})
        rows = rows.replace_schema_metadata({"huggingface": info})
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows, path)
    return path


def as_png(image: np.ndarray) -> dict[str, object]:
    """Return a picture as dataset hubs store it."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return {"bytes": buffer.getvalue(), "path": "a.png"}


def test_parquet_files_of_dataset_hubs(tmp_path):
    """Pictures with numbered labels in several files, in the folder's `data`; names are kept."""
    cells, half = [as_png(image) for image in IMAGES], N // 2
    names = [f"class {k}" for k in range(10)]
    for place, part in enumerate((slice(half), slice(half, N))):
        path = tmp_path / "data" / f"train-{place:05d}-of-00002.parquet"
        parquet(path, names, image=cells[part], label=LABELS[part].tolist())
    parquet(tmp_path / "data" / "test-00000-of-00001.parquet", image=cells, label=[0] * N)
    same(read_images(tmp_path), classes=tuple(names))
    same(read_images(parquet(tmp_path / "b.parquet", image=FLAT.tolist())), labels=None)


@pytest.mark.parametrize(
    ("columns", "complaint"),
    [
        ({"text": ["a"]}, "has columns text; expected image"),
        ({"image": ["a"]}, "expected numbers"),
        ({"image": [[1, 2], [3]]}, "damaged or no table of images"),
        ({"image": [None]}, "of type object"),
        ({"image": FLAT.tolist(), "label": [None] * N}, "lacks some labels"),
    ],
)
def test_parquet_files_without_images_are_refused(tmp_path, columns, complaint):
    """The sentence says which columns there are."""
    assert complaint in refusal(parquet(tmp_path / "a.parquet", **columns))


def test_a_damaged_picture_in_parquet_is_left_out_with_its_label(tmp_path):
    """As in a folder: the others keep their labels, and it is counted."""
    cells = [as_png(image) for image in IMAGES]
    cells[3] = {"bytes": b"junk", "path": "a.png"}
    found = read_images(parquet(tmp_path / "a.parquet", image=cells, label=LABELS.tolist()))
    same(found, np.delete(IMAGES, 3, 0), np.delete(LABELS, 3))
    assert any("1 picture left out that is damaged" in note for note in found.notes)


def shards(folder: Path, *columns: dict[str, object], names: tuple[str, ...] = ()) -> Path:
    """Write a parquet file in parts; return its folder."""
    for place, part in enumerate(columns):
        path = folder / f"train-{place:05d}-of-{len(columns):05d}.parquet"
        parquet(path, [names[place]] if names else None, **part)
    return folder


def test_shards_together_are_as_large_as_their_files_together(tmp_path, monkeypatch):
    """Each unpacks to a few times its size, so all do."""
    part = {"image": FLAT[:2].tolist(), "label": [0, 1]}
    size = (shards(tmp_path, part) / "train-00000-of-00001.parquet").stat().st_size
    monkeypatch.setattr(limits, "FEW_BYTES", 0)
    monkeypatch.setattr(limits, "MOST_RATIO", 4 * 2 * 784 / size)
    assert len(read_images(shards(tmp_path / "a", *[part] * 8)).images) == 16


@pytest.mark.parametrize(
    "other", [{"image": FLAT[:2].tolist()}, {"x": FLAT[:2].tolist(), "label": [0, 1]}]
)
def test_shards_that_differ_are_refused(tmp_path, other):
    """Neither labels nor names are taken from one of them alone."""
    part = {"image": FLAT[:2].tolist(), "label": [0, 1]}
    told = refusal(shards(tmp_path / "a", part, other))
    assert "train-00001-of-00002.parquet has other columns or classes than train-00000" in told
    told = refusal(shards(tmp_path / "b", part, part, names=("a", "b")))
    assert "has other columns or classes" in told


def varint(number: int, width: int) -> bytes:
    """Return an integer as Thrift's compact protocol writes it, in so many bytes."""
    digits = [2 * number >> 7 * place & 127 for place in range(width)]
    return bytes([digit | 128 for digit in digits[:-1]] + digits[-1:])


@pytest.mark.parametrize("honest", [True, False])
def test_a_table_of_endless_zeros_takes_no_objects(tmp_path, honest):
    """A row of millions of zeros is some bytes; it becomes no list, whatever the file declares."""
    pyarrow = pytest.importorskip("pyarrow")
    count, path = 20_000_000, tmp_path / "a.parquet"
    zeros = pyarrow.array(np.zeros(count))
    parquet(path, image=pyarrow.ListArray.from_arrays(np.array([0, count], np.int32), zeros))
    content = path.read_bytes()
    assert len(content) < 100_000
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    if not honest:
        changed = content[footer:].replace(varint(count, 4), varint(784, 4))
        assert changed != content[footer:]
        path.write_bytes(content[:footer] + changed)
    tracemalloc.start()
    told = refusal(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3_000_000
    assert ("unpacks to more than 50 times" if honest else "at most 100 MB are read at") in told


def test_a_long_label_takes_no_memory(tmp_path):
    """An array of texts would take as much for each as for the longest."""
    labels = ["a"] * (N - 1) + ["b" * 5000]
    assert "a label of 5,000 characters" in refusal(
        parquet(tmp_path / "a.parquet", image=FLAT.tolist(), label=labels)
    )
    table(tmp_path / "a.csv", None, np.array(labels), FLAT)
    assert "a label of 5,000 characters" in refusal(tmp_path / "a.csv")


def pipe(path: Path) -> Path:
    """Make a pipe, which nobody writes to."""
    os.mkfifo(path)
    return path


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes")
@pytest.mark.parametrize("name", ["a.csv.gz", "a.zip", "a.parquet", f"{NAME}.gz"])
def test_no_kind_of_file_waits_for_a_pipe(tmp_path, name):
    """It is refused at once."""
    assert "neither a file nor a folder" in refusal(pipe(tmp_path / name))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes")
def test_a_pipe_is_no_file_of_labels(tmp_path):
    """Beside the images or in the folder above, it is passed over at once."""
    labels = NAME.replace("images", "labels").replace("idx3", "idx1")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / NAME).write_bytes(idx(IMAGES))
    pipe(tmp_path / "a" / labels)
    pipe(tmp_path / labels)
    same(read_images(tmp_path / "a" / NAME), labels=None)


def test_labels_beside_the_images_need_no_folder_above(tmp_path, monkeypatch):
    """It is not listed then, and where it cannot be listed, there are no labels in it."""
    labels, list_folder = NAME.replace("images", "labels").replace("idx3", "idx1"), Path.iterdir
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / NAME).write_bytes(idx(IMAGES))

    def closed(folder: Path):
        if folder == tmp_path:
            raise PermissionError(errno.EACCES, "closed", str(folder))
        return list_folder(folder)

    monkeypatch.setattr(Path, "iterdir", closed)
    same(read_images(tmp_path / "a" / NAME), labels=None)
    (tmp_path / "a" / labels).write_bytes(idx(LABELS))
    same(read_images(tmp_path / "a" / NAME))


@pytest.mark.parametrize(
    "names", ["training testing", "train test", "Train Test val", "x/train x/test"]
)
def test_folders_of_training_and_test_pictures(tmp_path, names):
    """Those for training are taken; what is left out is noted."""
    for name in names.split():
        pictures(tmp_path / "a" / name, labelled=True)
    found = read_images(tmp_path / "a")
    same(found)
    assert any(note.startswith("left out: ") for note in found.notes)
    if "val" not in names:
        same(read_images(tmp_path / "a", "test"))


def test_folders_of_classes_have_any_name_and_number(tmp_path):
    """47 folders are 47 classes, in numerical order; letters are classes, too."""
    for k in range(47):
        picture(tmp_path / "a", f"{k}/0.png", Image.fromarray(IMAGES[k % N]))
    found = read_images(tmp_path / "a")
    assert found.classes == tuple(map(str, range(47)))
    np.testing.assert_array_equal(found.images[found.labels == 10], IMAGES[10:11])
    for label, image in zip("BA", IMAGES[:2], strict=True):
        picture(tmp_path / "b", f"{label}/x.PNG", Image.fromarray(image))
    same(read_images(tmp_path / "b"), IMAGES[[1, 0]], [0, 1], ("A", "B"))


def test_hidden_files_are_skipped_and_counted(tmp_path):
    """Files that systems leave behind are no pictures and no classes."""
    folder = pictures(tmp_path / "a", labelled=True)
    for name in ("0/._000.png", ".DS_Store", "1/Thumbs.db", "__MACOSX/0/x.png", ".git/x.png"):
        picture(folder, name, b"junk")
    found = read_images(folder)
    same(found)
    assert "5 hidden files skipped" in found.notes


def test_pictures_beside_folders_of_classes_are_refused(tmp_path):
    """It is not clear what they are."""
    folder = pictures(tmp_path / "a", labelled=True)
    assert "others beside them, such as lone.png" in refusal(picture(folder, "lone.png"))


def test_links_that_lead_round_in_circles_are_followed_once(tmp_path):
    """A link to a folder above, and one to itself, end; a pipe is never opened."""
    folder = pictures(tmp_path / "a", labelled=False)
    (folder / "up").symlink_to(folder, target_is_directory=True)
    (folder / "self.png").symlink_to("self.png")
    os.mkfifo(folder / "pipe.png")
    found = read_images(folder)
    same(found, labels=None)
    assert any("neither a file nor a folder" in note for note in found.notes)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "LA"])
def test_pictures_whose_channels_are_equal_are_grey(tmp_path, mode):
    """They are taken as they are; how many is noted."""
    for k, image in enumerate(IMAGES):
        picture(tmp_path / "a", f"{k:03d}.png", Image.fromarray(image).convert(mode))
    found = read_images(tmp_path / "a")
    same(found, labels=None)
    assert f"grey pictures in colour channels: {N}" in found.notes


def test_pictures_of_16_bits_are_reduced_to_8(tmp_path):
    """65,535 levels become 255, which is noted."""
    deep = IMAGES[0].astype(np.uint16) * 257
    found = read_images(picture(tmp_path / "a", "a.png", Image.fromarray(deep)))
    same(found, IMAGES[:1], None)
    assert "16-bit grey reduced to 8: 1" in found.notes


def test_colours_and_sizes_are_converted_where_wished(tmp_path):
    """Pictures and arrays alike; the notes say so."""
    red = np.zeros((2, 56, 56, 3), np.uint8)
    red[..., 0] = 255
    folder = picture(tmp_path / "a", "a.png", Image.fromarray(red[0]))
    wishes = Wishes(grey=True, resize=True)
    for path in (folder, save(tmp_path / "a.npz", x_train=red)):
        found = read_images(path, wishes=wishes)
        assert found.images.shape[1:] == (28, 28)
        assert set(np.unique(found.images)) == {76}  # 0.299 of 255
        assert any(note.startswith("colours turned grey") for note in found.notes)
        assert any("resized" in note for note in found.notes)


def test_inverted_and_transposed_images(tmp_path):
    """Exactly that happens to each."""
    path = save(tmp_path / "a.npz", x_train=IMAGES, y_train=LABELS)
    same(read_images(path, wishes=Wishes(invert=True)), 255 - IMAGES)
    same(read_images(path, wishes=Wishes(transpose=True)), IMAGES.transpose(0, 2, 1))


def test_only_chosen_classes_are_kept(tmp_path):
    """By name; what is no class of the data is refused with those there are."""
    path = str(save(tmp_path / "a.npz", x=IMAGES, y=LETTERS))
    dataset = load_data(path, ["C", "A"])
    assert dataset.trained == ("A", "C")
    assert set(dataset.labels) == {0, 2}
    with pytest.raises(UserError, match=r"no class Z; its classes are A, B, C, .*, J\.$"):
        load_data(path, ["A", "Z"])


def test_the_names_of_classes_are_part_of_the_hash(tmp_path):
    """Two sets of images that differ in their classes alone are not the same data."""
    hashes = {
        load_data(str(save(tmp_path / "a.npz", x=IMAGES, y=labels))).sha256
        for labels in (LABELS, LETTERS, np.char.lower(LETTERS))
    }
    assert len(hashes) == 3
