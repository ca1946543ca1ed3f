"""Untrusted files: the same digits from every kind of file, one sentence for invalid ones."""

import gzip
import io
import os
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnist_gan.data.formats import limits as readers
from mnist_gan.data.formats.reader import read_images
from mnist_gan.support.errors import UserError

N = 24
IMAGES = np.random.default_rng(0).integers(0, 256, (N, 28, 28), np.uint8)
LABELS = np.sort(np.arange(N, dtype=np.uint8) % 10)  # sorted, as folders 0 to 9 are read
NAME, DOTS = "train-images-idx3-ubyte", "train-images.idx3-ubyte"  # both are in use
FORTRAN = np.asfortranarray(IMAGES)


def npz(path: Path, **arrays: object) -> Path:
    """Write arrays in Keras's layout, some of them changed or, where None, left out."""
    changed = {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES[:2], **arrays}
    np.savez(path, **{name: array for name, array in changed.items() if array is not None})
    return path


def idx(array: np.ndarray, magic: bytes = b"\0\0\x08") -> bytes:
    """Return the bytes of an IDX file, written from its description alone."""
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return magic + bytes([array.ndim]) + sizes + array.tobytes()


def idx_folder(
    folder: Path, images: bytes | None = None, labels: bytes | None = None, name: str = NAME
) -> Path:
    """Write a folder with an IDX file of images and one of labels; no labels if empty."""
    folder.mkdir()
    pack = gzip.compress if name.endswith(".gz") else bytes
    (folder / name).write_bytes(pack(idx(IMAGES)) if images is None else images)
    if labels != b"":
        other = name.replace("images", "labels").replace("idx3", "idx1")
        (folder / other).write_bytes(pack(idx(LABELS)) if labels is None else labels)
    return folder


def picture(folder: Path, name: str, image: Image.Image | bytes | None = None) -> Path:
    """Write one picture, or bytes in place of it; return the folder."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    if isinstance(image, bytes):
        (folder / name).write_bytes(image)
    else:
        (image or Image.fromarray(IMAGES[0])).save(folder / name)
    return folder


def pictures(folder: Path, labelled: bool) -> Path:
    """Write all digits as grey PNGs, in folders 0 to 9 or flat."""
    for k, (image, label) in enumerate(zip(IMAGES, LABELS, strict=True)):
        sub = f"{label}/" if labelled else ""
        picture(folder, f"{sub}{k:03d}.png", Image.fromarray(image))
    return folder


def member(header: str) -> bytes:
    """Return an array file (.npy) with a given header and a few bytes after it."""
    return (
        b"\x93NUMPY\1\0" + struct.pack("<H", len(header) + 1) + header.encode() + b"\n" + b"0" * 9
    )


def zipped(path: Path, content: bytes, method: int = zipfile.ZIP_STORED) -> Path:
    """Write an .npz whose two members hold the same bytes."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name in ("x_train.npy", "y_train.npy"):
            archive.writestr(name, content)
    return path


def declaring(shape: str) -> bytes:
    """Return an array file that declares bytes of a shape."""
    return member(f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}")


def refusal(path: Path) -> str:
    """Return the one sentence with which a path is refused."""
    with pytest.raises(UserError) as caught:
        read_images(path)
    sentence = str(caught.value)
    assert len(sentence) - len(str(path)) <= 300
    assert type(caught.value) is UserError
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert str(path) in sentence
    return sentence


def outcome(path: Path) -> tuple[np.ndarray | None, str]:
    """Return the images that a path holds, or the sentence with which it is refused."""
    try:
        return read_images(path)[0], ""
    except UserError as error:
        return None, str(error)


KINDS = {
    "npz": lambda path: npz(path / "a.npz"),
    "npz with int64 labels": lambda path: npz(path / "a.npz", y_train=LABELS.astype(">i8")),
    "npz in Fortran order": lambda path: npz(path / "a.npz", x_train=FORTRAN),
    "IDX folder": lambda path: idx_folder(path / "a"),
    "IDX folder, gzip": lambda path: idx_folder(path / "a", name=NAME + ".gz"),
    "IDX folder, dots": lambda path: idx_folder(path / "a", name=DOTS),
    "IDX folder, dots, gzip": lambda path: idx_folder(path / "a", name=DOTS + ".gz"),
    "IDX file": lambda path: idx_folder(path / "a") / NAME,
    "IDX file, gzip": lambda path: idx_folder(path / "a", name=NAME + ".gz") / (NAME + ".gz"),
    "IDX file, dots, gzip": lambda p: idx_folder(p / "a", name=DOTS + ".gz") / (DOTS + ".gz"),
    "folders of PNGs": lambda path: pictures(path / "a", labelled=True),
}


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
def test_every_kind_of_file_holds_the_same_digits(tmp_path, make):
    """The same digits give the same bytes and labels, whichever kind of file they come from."""
    images, labels, *_ = read_images(make(tmp_path))
    assert images.dtype == labels.dtype == np.uint8
    np.testing.assert_array_equal(images, IMAGES)
    np.testing.assert_array_equal(labels, LABELS)


def test_a_flat_folder_has_the_digits_in_order_of_name_and_no_labels(tmp_path):
    """Unlabelled pictures are read in order of name; other files are ignored."""
    folder = pictures(tmp_path / "a", labelled=False)
    (folder / "notes.txt").write_text("no picture")
    images, labels, *_ = read_images(folder)
    np.testing.assert_array_equal(images, IMAGES)
    assert labels is None


def test_pictures_in_black_and_white_are_grey_too(tmp_path):
    """A picture of one bit a pixel gives 0 and 255."""
    ink = IMAGES[0] > 127
    folder = picture(tmp_path / "a", "a.png", Image.fromarray(ink))
    np.testing.assert_array_equal(read_images(folder)[0][0], 255 * ink)


def test_zipped_and_plain_idx_files_may_stand_together(tmp_path):
    """Labels may be zipped where the images are not."""
    folder = idx_folder(tmp_path / "a", labels=b"")
    (folder / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(LABELS)))
    np.testing.assert_array_equal(read_images(folder)[1], LABELS)


def test_an_archive_may_do_without_labels(tmp_path):
    """Images alone are enough to train on."""
    images, labels, *_ = read_images(npz(tmp_path / "a.npz", y_train=None))
    np.testing.assert_array_equal(images, IMAGES)
    assert labels is None


HELD_OUT = {
    "npz": lambda path: npz(path / "a.npz"),
    "IDX folder": lambda path: with_test_part(idx_folder(path / "a")),
    "IDX file": lambda path: with_test_part(idx_folder(path / "a")) / NAME,
}


def with_test_part(folder: Path) -> Path:
    """Add IDX files of two test images to a folder."""
    (folder / "t10k-images-idx3-ubyte").write_bytes(idx(IMAGES[:2]))
    (folder / "t10k-labels-idx1-ubyte").write_bytes(idx(LABELS[:2]))
    return folder


@pytest.mark.parametrize("make", HELD_OUT.values(), ids=HELD_OUT)
def test_the_test_part_is_read_beside_the_training_part(tmp_path, make):
    """Archives and IDX files also hold test images, which are read with `part="test"`."""
    path = make(tmp_path)
    np.testing.assert_array_equal(read_images(path, "test")[0], IMAGES[:2])
    np.testing.assert_array_equal(read_images(path)[0], IMAGES)


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda path: npz(path / "a.npz", x_test=None), "expected x_test"),
        (lambda path: idx_folder(path / "a"), "holds no test images"),
        (lambda path: pictures(path / "a", labelled=True), "holds no test images"),
    ],
)
def test_a_missing_test_part_is_refused(tmp_path, make, complaint):
    """If there are only training images, a sentence says so."""
    with pytest.raises(UserError, match=complaint):
        read_images(make(tmp_path), "test")


NOISE = np.random.default_rng(9).integers(0, 256, (N, 28, 28, 5), np.uint8)
OBJECTS = np.array([IMAGES[0], None], object)
BAD_ARRAYS = {
    "no images": ({"x_train": None}, "y_train (24,), x_test (2, 28, 28); expected x_train and"),
    "another size": ({"x_train": IMAGES[:, :27]}, "28x27 pixels, not 28x28; --set data.resize"),
    "a strange width": ({"x_train": IMAGES.reshape(N, 784)[:, 1:]}, "uint8 (24, 783); expected"),
    "colour": ({"x_train": NOISE[..., :3]}, "colours; --set data.grey=true turns them grey"),
    "five channels": ({"x_train": NOISE}, "uint8 (24, 28, 28, 5); expected (n, 28, 28)"),
    "wide floats": ({"x_train": IMAGES * 3.0}, "numbers from 0 to 765; expected 0 to 255"),
    "standardised": ({"x_train": IMAGES / 64 - 1}, "from -1 to 2.98438; expected 0 to 255"),
    "ambiguous floats": ({"x_train": IMAGES / 100}, "from 0 to 2.55; expected 0 to 255"),
    "signed": ({"x_train": IMAGES.astype(np.int8)}, "from -128 to 127; expected 0 to 255"),
    "16 bits": ({"x_train": IMAGES * np.uint16(257)}, "from 0 to 65535; expected 0 to 255"),
    "NaN": ({"x_train": np.where(IMAGES == 7, np.nan, IMAGES)}, "not finite (NaN or infinity)"),
    "complex": ({"x_train": IMAGES + 0j}, "of type complex128; expected numbers"),
    "none": ({"x_train": IMAGES[:0], "y_train": LABELS[:0]}, "holds no images"),
    "a number": ({"x_train": np.uint8(3)}, "uint8 (); expected (n, 28, 28)"),
    "objects": ({"x_train": OBJECTS}, "x_train as Python objects, which are never read"),
    "label objects": ({"y_train": np.array([3] * N, object)}, "y_train as Python objects"),
    "one image": ({"x_train": IMAGES[:1]}, "uint8 (24,) for 1 image; expected one each"),
    "too few labels": ({"y_train": LABELS[1:]}, "uint8 (23,) for 24 images; expected one each"),
    "no one-hot": ({"y_train": np.ones((N, 10))}, "(24, 10) that are not one-hot; expected one"),
    "half labels": ({"y_train": LABELS / 2}, "labels that are not whole numbers, such as 0.0"),
    "NaN as label": ({"y_train": np.full(N, np.nan)}, "not whole numbers, such as nan"),
    "complex labels": ({"y_train": LABELS + 0j}, "labels of type complex128; expected numbers"),
    "an empty name": ({"y_train": np.array(["", "a"] * 12)}, "a class named ''"),
    "a control character": ({"y_train": np.array(["\x1b[2J", "a"] * 12)}, r"named '\x1b[2J'"),
}


@pytest.mark.parametrize(("arrays", "complaint"), BAD_ARRAYS.values(), ids=BAD_ARRAYS)
def test_arrays_that_are_no_digits_are_refused(tmp_path, arrays, complaint):
    """The sentence says what the arrays are and what they should be; nothing is unpickled."""
    assert complaint in refusal(npz(tmp_path / "a.npz", **arrays))


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_truncated_npz_is_refused(tmp_path, save):
    """Wherever an .npz was cut off, it is refused."""
    whole, cut = tmp_path / "whole.npz", tmp_path / "cut.npz"
    save(whole, x_train=IMAGES, y_train=LABELS)
    raw = whole.read_bytes()
    for length in [*range(0, len(raw), len(raw) // 30), len(raw) - 23, len(raw) - 1]:
        cut.write_bytes(raw[:length])
        assert "damaged or no .npz of plain arrays" in refusal(cut)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_corrupt_npz_is_refused_or_harmless(tmp_path, method):
    """A wrong byte anywhere is an error of one sentence, or does not change the digits."""
    path, rng, refused = tmp_path / "a.npz", np.random.default_rng(1), 0
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, array in (("x_train", IMAGES[:2]), ("y_train", LABELS[:2])):
            with archive.open(f"{name}.npy", "w") as file:
                np.save(file, array)
    raw = path.read_bytes()
    for place in [*range(200), *range(len(raw) - 200, len(raw)), *rng.integers(len(raw), size=200)]:
        path.write_bytes(
            raw[:place] + bytes([raw[place] ^ rng.integers(1, 256)]) + raw[place + 1 :]
        )
        images, sentence = outcome(path)
        assert str(path) in sentence or np.array_equal(images, IMAGES[:2])
        refused += images is None
    assert refused > 300


BAD_MEMBERS = {
    "an empty file": b"",
    "a text": b"hello",
    "half a header": member("{'descr': '|u1', 'fortran_order'"),
    "brackets": member("(" * 500),
    "no type": member("{'descr': 'zz', 'fortran_order': False, 'shape': (1, 28, 28), }"),
    "71 TiB": declaring("(100000000000, 28, 28)"),
    "beyond counting": declaring("(99999999999999999999999, 28, 28)"),
    "less than nothing": declaring("(-1, 28, 28)"),
    "too few bytes": declaring("(3, 28, 28)"),
    "a header of Python 2": declaring("(3L, 28, 28)"),
}


@pytest.mark.parametrize("content", BAD_MEMBERS.values(), ids=BAD_MEMBERS)
def test_members_that_are_no_arrays_are_refused(tmp_path, content):
    """A member of the archive may contain anything and declare any size."""
    assert "plain arrays" in (told := refusal(zipped(tmp_path / "a.npz", content))) or (
        "unpacks to" in told
    )


def test_an_archive_that_unpacks_to_too_much_is_refused_unopened(tmp_path):
    """A few bytes that unpack to more than any images need are not unpacked."""
    path = zipped(tmp_path / "a.npz", declaring("(50000, 784)") + bytes(39_200_000), 8)
    assert path.stat().st_size < 200_000
    assert "unpacks to more than 50 times its size" in refusal(path)
    path = zipped(tmp_path / "a.npz", declaring("(2000000, 784)"))
    assert "unpacks to 1,568 MB or more" in refusal(path)


def test_an_encrypted_archive_is_refused(tmp_path):
    """There is no prompt for a password."""
    path = npz(tmp_path / "a.npz")
    raw = bytearray(path.read_bytes())
    raw[6] |= 1  # the flag in front of the first member ...
    raw[raw.index(b"PK\1\2") + 8] |= 1  # ... and in the table of contents
    path.write_bytes(raw)
    assert "damaged or no .npz" in refusal(path)


WRAPPING = b"\0\0\x08\3" + struct.pack(">3I", 2**31, 2**31, 4)
NOTHING = b"\0\0\x08\3" + struct.pack(">3I", 2**32 - 1, 0, 2**32 - 1)
HUGE = b"\0\0\x08\3" + b"\xff" * 12 + bytes(9)
BAD_IDX = {
    "truncated images": ({"images": idx(IMAGES)[:-1]}, "24x28x28 numbers, 18,816 bytes, and holds"),
    "too long": ({"images": idx(IMAGES) + b"0"}, "18,816 bytes, and holds more"),
    "truncated labels": ({"labels": idx(LABELS)[:-1]}, "24 numbers, 24 bytes, and holds 23"),
    "empty": ({"images": b""}, "does not start like an IDX file"),
    "half a header": ({"images": idx(IMAGES)[:15]}, "does not start like an IDX file"),
    "wrong magic": ({"images": idx(IMAGES, b"\1\0\x08")}, "does not start like an IDX file"),
    "an unknown type": ({"images": idx(IMAGES, b"\0\0\x0a")}, "does not start like an IDX file"),
    "bytes as floats": ({"images": idx(IMAGES, b"\0\0\x0d")}, "75,264 bytes, and holds 18,816"),
    "labels as images": ({"images": idx(LABELS)}, "holds 1-d numbers, so no images"),
    "images as labels": ({"labels": idx(IMAGES)}, "labels of uint8 (24, 28, 28) for 24 images"),
    "a huge size": ({"images": HUGE}, "unpacks to 79,228"),
    "nothing times a huge size": ({"images": NOTHING}, "holds no images or labels"),
    "2**64 bytes": ({"images": WRAPPING}, "unpacks to 18,446"),
    "another size": ({"images": idx(IMAGES[:, :27])}, "28x27 pixels, not 28x28"),
    "no images": ({"images": idx(IMAGES[:0])}, "holds no images or labels"),
    "too few labels": ({"labels": idx(LABELS[1:])}, "uint8 (23,) for 24 images"),
    "no gzip": ({"images": b"hello", "name": NAME + ".gz"}, "does not start like an IDX file"),
}


@pytest.mark.parametrize(("change", "complaint"), BAD_IDX.values(), ids=BAD_IDX)
def test_bad_idx_files_are_refused(tmp_path, change, complaint):
    """The sentence names the file, what it holds and what it should hold."""
    assert complaint in refusal(idx_folder(tmp_path / "a", **change))


def test_a_truncated_gzip_is_refused(tmp_path):
    """Wherever a gzip file was cut off, it is refused."""
    folder = idx_folder(tmp_path / "a", name=NAME + ".gz")
    raw = (folder / (NAME + ".gz")).read_bytes()
    for length in [0, 1, 5, 12, len(raw) // 2, len(raw) - 8, len(raw) - 1]:
        (folder / (NAME + ".gz")).write_bytes(raw[:length])
        assert NAME + ".gz" in refusal(folder)


def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    """No more bytes are unpacked than fit, or than a compressed file of images has."""
    bomb = gzip.compress(idx(np.zeros((50_000, 28, 28), np.uint8)))
    assert "unpacks to more than 50 times its size" in refusal(
        idx_folder(tmp_path / "b", bomb, name=NAME + ".gz")
    )
    monkeypatch.setattr(readers, "MOST_BYTES", N * 784 - 1)
    folder = idx_folder(tmp_path / "a", name=NAME + ".gz")
    assert f"{NAME}.gz unpacks to 1 MB or more" in refusal(folder)


def test_labels_alone_are_refused(tmp_path):
    """A file of labels holds no images."""
    path = idx_folder(tmp_path / "a") / "train-labels-idx1-ubyte"
    assert "holds 1-d numbers, so no images" in refusal(path)


def test_images_alone_are_enough(tmp_path):
    """Without a file of labels there are none, which is noted."""
    found = read_images(idx_folder(tmp_path / "a", labels=b""))
    assert found.labels is None
    assert "no file of labels beside it" in found.notes


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    """Return a picture as the bytes of a file."""
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


GREY = Image.fromarray(IMAGES[0])
NOISY = Image.fromarray(np.random.default_rng(2).integers(0, 256, (28, 28, 3), np.uint8))
FAINT = Image.merge("LA", (GREY, GREY))
REFUSED_PICTURES = {
    "too wide": (GREY.resize((32, 28)), "has 32x28 pixels, not 28x28; --set data.resize=true"),
    "colour": (NOISY, "colours; --set data.grey=true turns them grey"),
    "transparent": (FAINT, "transparency or colours; --set data.grey=true"),
    "floats": (Image.fromarray(IMAGES[0].astype(np.float32)), "holds floats"),
}


@pytest.mark.parametrize(("image", "complaint"), REFUSED_PICTURES.values(), ids=REFUSED_PICTURES)
@pytest.mark.parametrize("name", ["b.png", "7/b.png"])
def test_pictures_that_need_a_conversion_are_refused(tmp_path, image, complaint, name):
    """The sentence names the one picture, and the option that converts it if there is one."""
    folder, name = tmp_path / "a", name.replace("png", "tiff")
    picture(folder, name.replace("b", "a"))
    sentence = refusal(picture(folder, name, image))
    assert str(folder / name) in sentence
    assert complaint in sentence


DAMAGED_PICTURES = {
    "empty": b"",
    "text": b"hello",
    "cut off": encoded(GREY)[:-40],
    "wrong bytes": encoded(GREY).replace(b"IDAT", b"IDAx"),
    "an odd format": encoded(GREY, "PPM"),
}


@pytest.mark.parametrize("content", DAMAGED_PICTURES.values(), ids=DAMAGED_PICTURES)
@pytest.mark.parametrize("name", ["b.png", "7/b.png"])
def test_damaged_pictures_are_left_out_and_named(tmp_path, content, name):
    """Only usual formats are opened, whatever the name; without any good picture all is refused."""
    folder = picture(tmp_path / "a", name, content)
    assert "holds 1 picture, of which none can be read" in refusal(folder)
    found = read_images(picture(folder, name.replace("b", "a")))
    np.testing.assert_array_equal(found.images, IMAGES[:1])
    (note,) = (note for note in found.notes if "damaged" in note)
    assert note.startswith("1 picture left out that is damaged, such as ")
    assert note.endswith("b.png")


@pytest.mark.parametrize("kind", ["PNG", "GIF", "BMP", "TIFF", "JPEG"])
def test_corrupt_pictures_are_refused_or_harmless(tmp_path, kind, recwarn):
    """A wrong byte or a missing end is an error of one sentence or harmless, without a warning."""
    raw, rng, folder = encoded(GREY, kind), np.random.default_rng(3), tmp_path / "a"
    bad = [raw[:length] for length in range(0, len(raw), len(raw) // 40)]
    for place in [*range(100), *rng.integers(len(raw), size=60)]:
        bad.append(raw[:place] + bytes([raw[place] ^ rng.integers(1, 256)]) + raw[place + 1 :])
    for content in bad:
        images, sentence = outcome(picture(folder, f"a.{kind.lower()}", content))
        assert str(folder) in sentence or images.shape == (1, 28, 28)
    assert recwarn.list == []


def test_too_many_pictures_are_refused(tmp_path, monkeypatch):
    """A folder of more than MOST_IMAGES pictures is not read."""
    monkeypatch.setattr(readers, "MOST_IMAGES", N - 1)
    assert f"holds {N} images" in refusal(pictures(tmp_path / "a", labelled=False))


def write(path: Path, content: bytes) -> Path:
    """Write bytes; return the path."""
    path.write_bytes(content)
    return path


def folder_as_file(path: Path) -> Path:
    """Make a folder where a file of images should be; return the folder around it."""
    (path / NAME).mkdir()
    return write(path / "train-labels-idx1-ubyte", b"").parent


def pipe(path: Path) -> Path:
    """Make a pipe that looks like an archive; opening it would block forever."""
    os.mkfifo(path / "a.npz")
    return path / "a.npz"


NO_DATA = {
    "missing": (lambda path: path / "missing.npz", "There is no "),
    "below a file": (lambda path: write(path / "a", b"") / "b.npz", "There is no "),
    "an empty folder": (lambda path: path, "holds no images; data can be npz"),
    "a folder of texts": (lambda path: write(path / "a.txt", b"").parent, "holds no images; data"),
    "empty classes": (lambda path: (path / "7").mkdir() or path, "holds no images; data can be"),
    "a pipe": (pipe, "is neither a file nor a folder"),
    "a folder of pipes": (lambda path: pipe(path).parent, "holds no images"),
    "an unknown suffix": (lambda path: write(path / "a.xls", b"1,2"), "is not a known kind of"),
    "an unknown gzip": (lambda path: write(path / "a.gz", b""), "does not start like an IDX"),
    "a folder as file": (folder_as_file, "holds no images"),
    "text as npz": (lambda path: write(path / "a.npz", b"hello"), "damaged or no .npz"),
    "nothing as npz": (lambda path: write(path / "a.npz", b""), "damaged or no .npz"),
    "pickle as npz": (lambda path: write(path / "a.npz", b"\x80\4K\1."), "damaged or no .npz"),
    "npy as npz": (lambda path: write(path / "a.npz", declaring("(1,)")), "damaged or no .npz"),
    "pickle as npy": (lambda path: write(path / "a.npy", b"\x80\4K\1."), "damaged or no .npy"),
    "text as mat": (lambda path: write(path / "a.mat", b"hello"), "no MATLAB file"),
    "HDF5 as mat": (lambda path: write(path / "a.mat", b"\x89HDF\r\n"), "version 7.3 (HDF5)"),
    "text as parquet": (lambda path: write(path / "a.parquet", b"hello"), "is damaged or no table"),
    "text as csv": (lambda path: write(path / "a.csv", b"hello"), "has 1 columns; expected 784"),
    "nothing as csv": (lambda path: write(path / "a.csv", b""), "is empty"),
    "bytes as csv": (lambda path: write(path / "a.csv", bytes(99)), "is no table"),
    "text as zip": (lambda path: write(path / "a.zip", b"hello"), "has 1 columns; expected 784"),
}


@pytest.mark.parametrize(("make", "complaint"), NO_DATA.values(), ids=NO_DATA)
def test_what_is_no_data_is_refused(tmp_path, make, complaint):
    """The error for a path without data names the kinds of data there are."""
    assert complaint in refusal(make(tmp_path))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
@pytest.mark.parametrize("kind", ["npz", "IDX file", "IDX folder", "folders of PNGs"])
def test_unreadable_files_are_refused(tmp_path, kind):
    """The error for a file or folder without permission says so."""
    path = KINDS[kind](tmp_path)
    path.chmod(0)
    try:
        assert "cannot be read: Permission denied" in refusal(path)
    finally:
        path.chmod(0o700)
