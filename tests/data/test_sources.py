"""Real images: where they are searched, what a run records of them, when the fallback is used."""

import gzip
import hashlib
import os
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from itertools import takewhile
from pathlib import Path

import numpy as np
import pytest

from mnist_gan.data import downloads
from mnist_gan.data.downloads import FASHION_CLASSES, FASHION_FILES
from mnist_gan.data.formats.reader import read_images
from mnist_gan.data.locations import DATA
from mnist_gan.data.offline import embedded_digits
from mnist_gan.data.sources import load_data, load_mnist
from mnist_gan.support.errors import UserError

IMAGES = np.random.default_rng(0).integers(0, 256, (20, 28, 28), np.uint8)
LABELS = (np.arange(20) % 5).astype(np.uint8)  # no 5 to 9


def write(path: Path, images: np.ndarray = IMAGES, labels: np.ndarray = LABELS) -> Path:
    """Write an .npz in Keras's layout; return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, x_train=images, y_train=labels)
    return path


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Return the path of MNIST in a Keras cache for the test, which is empty."""
    monkeypatch.delenv(DATA, raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "keras" / "datasets" / "mnist.npz"


@pytest.fixture
def no_download(monkeypatch):
    """Make any attempt at a download fail the test."""
    monkeypatch.setattr(downloads, "_fetch", lambda url: pytest.fail(f"tried {url}"))


@pytest.fixture
def server(monkeypatch):
    """Start a server of MNIST's downloads; return a function that says what it answers."""
    answers: list = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, content, size = answers[-1]
            self.send_response(status)
            if size is not None:
                self.send_header("Content-Length", str(size))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    def answer(content: bytes, *, status: int = 200, size: int | None = None) -> None:
        answers.append((status, content, size))

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        monkeypatch.setattr(downloads, "ORIGIN", f"http://127.0.0.1:{running.server_port}")
        yield answer
        running.shutdown()


def assert_same(dataset, images: np.ndarray, labels: np.ndarray) -> None:
    """Check that a dataset holds these byte images as floats, and these labels."""
    floats = (images.reshape(-1, 784).astype(np.float32) - 127.5) / 127.5
    assert dataset.images.dtype == np.float32
    np.testing.assert_array_equal(dataset.images, floats)
    np.testing.assert_array_equal(dataset.labels, labels)


def test_a_path_gives_its_images(tmp_path):
    """Images come as float32 (n, 784) in [-1, 1], with labels, the path and no fallback."""
    path = write(tmp_path / "mine.npz")
    dataset = load_data(str(path))
    assert_same(dataset, IMAGES, LABELS)
    assert (dataset.source, dataset.fallback) == (str(path), False)


def test_the_embedded_digits_are_chosen_by_name(no_download):
    """`digits` downloads nothing, and its digits do not count as the fallback."""
    dataset = load_data("digits")
    assert_same(dataset, *embedded_digits())
    assert not dataset.fallback
    assert "embedded digits" in dataset.source


@pytest.mark.parametrize("source", ["auto", "mnist"])
def test_the_named_file_comes_before_the_cache(source, tmp_path, cache, monkeypatch, no_download):
    """MNIST_GAN_DATA is preferred to Keras's cache; with either nothing is downloaded."""
    write(cache, IMAGES[::-1])
    assert_same(load_data(source), IMAGES[::-1], LABELS)
    assert load_data(source).source == str(cache)
    named = write(tmp_path / "named.npz")
    monkeypatch.setenv(DATA, str(named))
    assert_same(load_data(source), IMAGES, LABELS)
    assert load_data(source).source == str(named)


@pytest.mark.parametrize("source", ["auto", "mnist"])
@pytest.mark.parametrize("content", [None, b"no archive"])
def test_a_bad_named_file_is_an_error(source, content, tmp_path, cache, monkeypatch, no_download):
    """If MNIST_GAN_DATA is wrong, neither the cache nor the digits are used instead."""
    write(cache)
    named = tmp_path / "named.npz"
    if content:
        named.write_bytes(content)
    monkeypatch.setenv(DATA, str(named))
    with pytest.raises(UserError, match=r"named\.npz"):
        load_data(source)


@pytest.mark.parametrize("source", ["auto", "mnist"])
def test_a_bad_file_in_the_cache_is_an_error_and_stays(source, cache, no_download):
    """A bad file in Keras's cache belongs to the user: it is never replaced or deleted."""
    cache.parent.mkdir(parents=True)
    cache.write_bytes(b"half a download")
    with pytest.raises(UserError, match=r"mnist\.npz is damaged"):
        load_data(source)
    assert cache.read_bytes() == b"half a download"
    assert os.listdir(cache.parent) == [cache.name]


def test_a_file_in_the_cache_is_read_and_not_touched(cache, no_download):
    """A file in Keras's cache that is not the official one is read, and stays as it is."""
    raw, modified = write(cache).read_bytes(), cache.stat().st_mtime_ns
    load_data("auto")
    assert (cache.read_bytes(), cache.stat().st_mtime_ns) == (raw, modified)
    assert os.listdir(cache.parent) == [cache.name]


def test_a_tilde_in_keras_home_is_the_home_folder(tmp_path, cache, monkeypatch, no_download):
    """KERAS_HOME=~/keras is understood as Keras understands it."""
    write(cache)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", "~/keras")
    assert load_data("mnist").source == str(cache)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"holdout": -5}, "holdout is -5: "),
        ({"holdout": 3}, "holdout is 3: at least 1,000 images"),
        ({"classes": [True]}, r"classes is \[True\]: names of classes are allowed"),
        ({"classes": ""}, "classes is '': it names no class"),
        ({"grey": "yes"}, "grey is 'yes': "),
        ({"source": ""}, "source is '': "),
    ],
)
def test_arguments_are_checked_as_in_a_config(tmp_path, arguments, complaint):
    """What a config refuses, `load_data` refuses in the same words."""
    with pytest.raises(UserError, match=complaint):
        load_data(**{"source": write(tmp_path / "a.npz"), **arguments})


def test_classes_are_read_as_in_a_config(tmp_path):
    """A range and a list in text are no sequence of characters."""
    path = write(tmp_path / "a.npz")
    assert set(load_data(path, "0-2,4").labels) == {0, 1, 2, 4}
    with pytest.raises(UserError, match="no class 01"):
        load_data(path, "01")


@pytest.mark.parametrize("source", ["digits", "auto"])
def test_conversions_are_made_whatever_the_source_is(source, cache, server, monkeypatch, tmp_path):
    """The embedded digits and a download are converted as the cached file is."""
    content = write(tmp_path / "served.npz").read_bytes()
    monkeypatch.setattr(downloads, "MNIST_SHA256", hashlib.sha256(content).hexdigest())
    server(content)
    plain = load_data(source)
    cache.unlink(missing_ok=True)
    inverted = load_data(source, invert=True)
    np.testing.assert_array_equal(inverted.images, -plain.images)
    assert "inverted" in inverted.notes
    assert load_data(source, invert=True).sha256 == inverted.sha256  # from the cache


def test_embedded_digits_in_place_of_mnist_are_converted(cache, server):
    """As those that are chosen by name."""
    server(b"", status=404)
    found = load_data("auto", transpose=True)
    assert found.fallback
    assert found.sha256 == load_data("digits", transpose=True).sha256


def test_images_that_do_not_fit_into_the_memory_are_a_sentence(tmp_path):
    """With as little memory as the process may have, both numbers are said."""
    pytest.importorskip("resource")
    if not Path("/proc/self/status").exists():
        pytest.skip("only Linux says how much a process takes")
    path, count = tmp_path / "a.npy", 100_000
    with path.open("wb") as file:
        head = {"descr": "|u1", "fortran_order": False, "shape": (count, 28, 28)}
        np.lib.format.write_array_header_1_0(file, head)
        file.truncate(file.tell() + count * 784)  # black images that take no room
    code = (
        "import re, resource, mnist_gan\n"
        "from mnist_gan.data import sources\n"  # whose modules take memory of their own
        "used = int(re.search(r'VmSize:\\s+(\\d+)', open('/proc/self/status').read())[1]) * 1024\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 300_000_000,) * 2)\n"
        f"mnist_gan.load_data({str(path)!r})"
    )
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    sentence = done.stderr.splitlines()[-1]
    assert sentence.startswith("mnist_gan.support.errors.UserError: ")
    assert "holds 100,000 images, which need 314 MB of memory, but only" in sentence


@pytest.mark.parametrize("digits", [[3], [4, 0], (1, 1), range(5), [3, 9]])
def test_only_the_chosen_digits_are_kept(digits, tmp_path):
    """Images of the chosen digits keep their order and their labels; the others are gone."""
    chosen = np.array([label in digits for label in LABELS])
    dataset = load_data(str(write(tmp_path / "a.npz")), digits)
    assert_same(dataset, IMAGES[chosen], LABELS[chosen])


def test_the_last_images_are_held_out_and_known_by_the_whole(tmp_path):
    """They are the last of the selected digits; the hash covers all images."""
    images, labels = np.tile(IMAGES, (300, 1, 1)), np.tile(LABELS, 300)  # 1,200 of each
    path = write(tmp_path / "a.npz", images, labels)
    dataset = load_data(path, holdout=1003)
    assert_same(dataset, images[:-1003], labels[:-1003])
    np.testing.assert_array_equal(dataset.held_out, load_data(path).images[-1003:])
    assert dataset.sha256 == load_data(path).sha256
    assert load_data(path).held_out is None
    chosen = labels[-1] == labels
    one = load_data(path, [int(labels[-1])], 1199)
    assert_same(one, images[chosen][:1], labels[chosen][:1])
    with pytest.raises(UserError, match=r"holds 6,000 images, so data.holdout=6000 leaves none"):
        load_data(path, holdout=6000)


def test_a_digit_that_is_absent_is_refused(tmp_path):
    """Where no image has a chosen label, the sentence says which was wanted."""
    with pytest.raises(UserError, match=r"a\.npz has no image labelled 7, 9\.$"):
        load_data(str(write(tmp_path / "a.npz")), [7, 9])


def test_digits_cannot_be_chosen_without_labels(tmp_path):
    """A folder of unlabelled pictures is read as a whole; selecting digits is refused."""
    from PIL import Image

    Image.fromarray(IMAGES[0]).save(tmp_path / "a.png")
    dataset = load_data(str(tmp_path))
    assert dataset.labels is None
    assert dataset.images.shape == (1, 784)
    with pytest.raises(UserError, match="no labels, so --classes cannot choose"):
        load_data(str(tmp_path), [3])


def test_the_hash_is_that_of_the_bytes(tmp_path):
    """The SHA-256 is that of images and labels, whatever the file's name or compression."""
    np.savez_compressed(tmp_path / "b.npz", x_train=IMAGES, y_train=LABELS)
    expected = hashlib.sha256(IMAGES.tobytes() + LABELS.tobytes()).hexdigest()
    for path in (write(tmp_path / "a.npz"), tmp_path / "b.npz"):
        assert load_data(str(path)).sha256 == expected


def test_the_hash_tells_different_data_apart(tmp_path):
    """One level of one pixel, one label or a choice of digits changes the hash."""
    brighter, relabelled = IMAGES.copy(), LABELS.copy()
    brighter[7, 3, 3] ^= 1
    relabelled[7] += 1
    paths = [
        write(tmp_path / "a.npz"),
        write(tmp_path / "b.npz", brighter),
        write(tmp_path / "c.npz", IMAGES, relabelled),
    ]
    hashes = {load_data(str(path)).sha256 for path in paths} | {
        load_data(str(paths[0]), [3]).sha256
    }
    assert len(hashes) == 4


def test_a_download_is_put_into_the_cache_when_it_is_whole(
    tmp_path, cache, server, monkeypatch, capsys
):
    """It is said that something is downloaded; Keras, which starts a backend, takes no part."""
    content = write(tmp_path / "served.npz").read_bytes()
    monkeypatch.setattr(downloads, "MNIST_SHA256", hashlib.sha256(content).hexdigest())
    server(content, size=len(content))
    dataset = load_data("auto")
    assert_same(dataset, IMAGES, LABELS)
    assert (dataset.source, dataset.fallback) == ("MNIST, downloaded", False)
    assert os.listdir(cache.parent) == [cache.name]
    assert cache.read_bytes() == content
    assert capsys.readouterr().err == "downloading mnist.npz ...\n"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"content": b"half", "size": 8}, "the connection ended after 4 of 8 bytes"),
        ({"content": b"half", "size": "x"}, "invalid literal for int()"),
        ({"content": b"gone", "status": 404}, "HTTP 404 Not Found"),
        (
            {"content": b"other"},
            "mnist.npz is not the file that was expected: its SHA-256 is d92",
        ),
        ({"content": b"0" * 2_000}, "there are more than 1,000 bytes"),
    ],
)
def test_a_download_that_fails_leaves_nothing(answer, said, cache, server, monkeypatch):
    """The sentence says what came."""
    monkeypatch.setattr(downloads, "LARGEST", 1_000)
    server(**answer)
    with pytest.raises(UserError) as caught:
        load_data("mnist")
    assert said in str(caught.value)
    assert os.listdir(cache.parent) == []


def test_a_server_that_says_nothing_is_given_up(cache, monkeypatch):
    """A connection has a time limit."""
    monkeypatch.setattr(downloads, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        monkeypatch.setattr(downloads, "ORIGIN", f"http://127.0.0.1:{port}")
        with pytest.raises(UserError, match="timed out"):
            load_data("mnist")
    assert os.listdir(cache.parent) == []


def test_an_interrupted_download_leaves_nothing(cache, server, monkeypatch):
    """Ctrl-C ends it and leaves no half of a file."""

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    server(b"half")
    monkeypatch.setattr(downloads, "tqdm", interrupt)  # when the connection has been made
    with pytest.raises(KeyboardInterrupt):
        load_data("mnist")
    assert os.listdir(cache.parent) == []


@pytest.mark.slow
@pytest.mark.skipif(not find_spec("jax"), reason="JAX is not installed")
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_a_training_without_mnist_and_network_says_nothing_else(tmp_path, cache, backend):
    """The training begins on the embedded digits, with the backend it should have, in silence."""
    dead = "http://127.0.0.1:9"
    command = [sys.executable, "-m", "mnist_gan", "train", "--config", "smoke", "--data", "auto"]
    where = ["--outputs", str(tmp_path / "outputs"), "--set", f"training.backend={backend}"]
    with subprocess.Popen(  # noqa: S603 - our own command
        command + where,
        env={**os.environ, "https_proxy": dead, "HTTPS_PROXY": dead, "no_proxy": ""},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        first, second, third, *others = takewhile(
            lambda line: "kept in" not in line, process.stderr
        )
        process.kill()
    assert (first, second) == ("loading Keras ...\n", "downloading mnist.npz ...\n")
    assert third.startswith("Training on embedded digits, as MNIST is not available ([Errno 111]")
    words = ["config", "data", "generator", "discriminator", "training"]
    assert [line.split()[0] for line in others if not line.startswith("recipes")] == words


def test_a_cache_that_cannot_be_made_is_a_failed_download(tmp_path, monkeypatch, no_download):
    """Nothing is downloaded to another place instead."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "file"))
    with pytest.raises(UserError, match="Not a directory"):
        load_data("mnist")


@pytest.mark.slow
def test_without_network_digits_are_used_or_the_error_says_what_was_tried(tmp_path, cache):
    """`auto` falls back to the digits and says so, `mnist` is an error; the cache stays empty.

    A proxy that does not exist cuts off the network.
    """
    code = (
        "from mnist_gan import load_data\n"
        "dataset = load_data('auto')\n"
        "print(dataset.fallback, dataset.source, len(dataset.images))\n"
        "load_data('mnist')"
    )
    dead = "http://127.0.0.1:9"
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code],
        env={**os.environ, "https_proxy": dead, "HTTPS_PROXY": dead, "no_proxy": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("True embedded digits, as MNIST is not available (")
    assert done.stdout.endswith(" 24000\n")
    sentence = done.stderr.splitlines()[-1]
    assert sentence.startswith("mnist_gan.support.errors.UserError: MNIST is not available")
    for tried in (f"{DATA} is not set", f"{cache} does not exist", "download failed", "--data"):
        assert tried in sentence
    assert os.listdir(cache.parent) == []


@pytest.fixture(scope="module")
def mnist_path():
    """Return the path of the real MNIST as an .npz, if there is one."""
    path = Path(os.environ.get(DATA, "absent"))
    path = path / "mnist.npz" if path.is_dir() else path
    if path.suffix != ".npz" or not path.exists():
        pytest.skip(f"{DATA} names no mnist.npz")
    return path


def test_real_mnist(mnist_path):
    """The real MNIST has 60,000 images in [-1, 1], and its first is a 5."""
    dataset = load_data(str(mnist_path))
    assert (dataset.images.shape, dataset.images.dtype) == ((60_000, 784), np.float32)
    assert (dataset.images.min(), dataset.images.max()) == (-1, 1)
    assert dataset.labels[0] == 5
    assert np.bincount(dataset.labels).min() == 5421  # the fives are the fewest


def test_mnist_is_recognised_in_any_file(mnist_path, monkeypatch):
    """The complete MNIST is recognised by its bytes; a part of it, or other digits, are not."""
    monkeypatch.setenv(DATA, str(mnist_path))
    train, test = load_mnist()
    assert (train.shape, test.shape) == ((60_000, 784), (10_000, 784))
    np.testing.assert_array_equal(load_mnist(str(mnist_path))[1], test)
    assert load_data("auto").is_mnist
    assert not load_data("auto", [3, 7]).is_mnist
    assert not load_data("digits").is_mnist


def test_without_mnist_at_hand_there_is_none(tmp_path, cache, monkeypatch, no_download):
    """Nothing is downloaded; other digits, and MNIST without test images, do not count."""
    assert load_mnist() is None
    assert load_mnist("digits") is None
    assert load_mnist(str(write(tmp_path / "other.npz"))) is None
    monkeypatch.setenv(DATA, str(tmp_path / "gone.npz"))
    with pytest.raises(UserError, match=r"gone\.npz"):
        load_mnist()


def test_real_idx_files_equal_the_npz(mnist_path):
    """The IDX files that MNIST was published as hold the same bytes as Keras's .npz."""
    path = mnist_path.with_name("train-images-idx3-ubyte.gz")
    if not path.exists():
        pytest.skip(f"there is no {path.name} beside {mnist_path.name}")
    for zipped, plain in zip(read_images(path)[:3], read_images(mnist_path)[:3], strict=True):
        np.testing.assert_array_equal(zipped, plain)


@pytest.fixture
def fashion(tmp_path, cache, monkeypatch):
    """Serve Fashion-MNIST's two files, and return a function that removes one."""
    served = tmp_path / "served"
    served.mkdir()
    for name, array in zip(FASHION_FILES, (IMAGES, LABELS), strict=True):
        content = b"\0\0\x08" + bytes([array.ndim])
        content += b"".join(size.to_bytes(4, "big") for size in array.shape) + array.tobytes()
        (served / name).write_bytes(gzip.compress(content))
    monkeypatch.setattr(downloads, "ORIGIN", served.as_uri())
    return lambda place: (served / FASHION_FILES[place]).unlink()


def test_fashion_mnist_is_downloaded_once(cache, fashion):
    """Its classes have their names, and Keras's cache is read from then on."""
    dataset = load_data("fashion_mnist")
    assert_same(dataset, IMAGES, LABELS)
    assert dataset.classes == FASHION_CLASSES
    assert sorted(os.listdir(cache.with_name("fashion-mnist"))) == sorted(FASHION_FILES)
    fashion(0)
    bags = load_data("fashion_mnist", ["Coat"])
    assert bags.trained == ("Coat",)
    assert os.listdir(cache.parent) == ["fashion-mnist"]


def test_fashion_mnist_without_network_is_refused(cache, fashion):
    """A download that fails leaves nothing half."""
    fashion(1)
    with pytest.raises(UserError, match="Fashion-MNIST is not in Keras's cache, and the download"):
        load_data("fashion_mnist")
    assert os.listdir(cache.parent) == ["fashion-mnist"]
