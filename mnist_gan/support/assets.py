"""The bundled files, each checked by its hash."""

import hashlib
import io
from importlib import resources
from pathlib import Path

import numpy as np

from mnist_gan.support.errors import UserError

MNIST = "edc0d1098aa497be14ace79ddd5171e5a3dcf9c4d196c015389203eb3ba1f59b"  # its Dataset.sha256
HASHES = {
    "calibration.json": "b14005080280a74e2f63ee6af068d0ef56b45c0b386595c068adf6c594cbed44",
    "generator.json": "376ce08409829a99c68480dead605b8c3bcb866be9e0c3cace9a80b06dce6a51",
    "generator.keras": "d62f22c032af63d409ffd7f1d847d0ca202627313ddd9860f6b2e698877f0f4f",
    "generator.yaml": "8cf35ee70727b2ce5dbf243f7c3aaa31e8f61a7d3fc59d300ca4bee510e5721f",
    "judge-a.npz": "4a1624b90a8f6ca4558f9660fbf507c30a25661d86784e1e18a44f85cb04a98d",
    "judge-b.npz": "b9f6655ea8ac0d86a7e3f6eefbbc81fc9c18c742ef9f146c8b3578ad9e6c3716",
    "reference-a.npz": "6bec53aa697efb197b5dbb670294e87f732a2ad0fbdfe2db7b8ca01e3d528fa8",
    "reference-b.npz": "e670358e44ec48274875842ad9ca7f7f34dbb3737f7b8baa027592e88283397b",
    "reference-pixels.npz": "ec3f08c97212b12e10b10c126321e076743ba046f01733435401ce34cf77a453",
}


def asset(name: str) -> Path:
    """Return the path of a bundled file.

    Raises:
        UserError: If the file is missing or its hash is wrong.
    """
    content(name)
    return _path(name)


def arrays(name: str) -> dict[str, np.ndarray]:
    """Return the arrays of a bundled `.npz` by name.

    Raises:
        UserError: If the file is missing or its hash is wrong.
    """
    with np.load(io.BytesIO(content(name)), allow_pickle=False) as file:
        return dict(file)


def content(name: str) -> bytes:
    """Return the bytes of a bundled file.

    Raises:
        UserError: If the file is missing or its hash is wrong.
    """
    try:
        data = _path(name).read_bytes()
    except OSError:
        data = b""
    if hashlib.sha256(data).hexdigest() != HASHES[name]:
        raise UserError(
            f"{_path(name)} is not the file that came with this version of the package; "
            "install it again with: pip install --force-reinstall mnist-gan"
        )
    return data


def _path(name: str) -> Path:
    return Path(str(resources.files("mnist_gan"))) / "assets" / name
