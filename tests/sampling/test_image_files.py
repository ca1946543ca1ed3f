"""Images into files and folders: whole, or not there at all."""

import numpy as np
import pytest

from mnist_gan.sampling.image_files import writer
from tests.conftest import mnist_gan


def blocks(error=None):
    """Yield three images in two blocks, or raise an error after the first."""
    yield np.zeros((2, 784))
    if error:
        raise error
    yield np.zeros((1, 784))


def test_an_interrupted_folder_of_images_leaves_nothing(tmp_path):
    """So the same command works again."""
    output = tmp_path / "drawn"
    with pytest.raises(KeyboardInterrupt):
        writer(output)(output, 3, blocks(KeyboardInterrupt()), 10)
    assert list(tmp_path.iterdir()) == []
    writer(output)(output, 3, blocks(), 10)
    assert sorted(path.name for path in output.iterdir()) == ["00000.png", "00001.png", "00002.png"]


def test_the_current_folder_is_not_replaced(tmp_path):
    """It is refused in a sentence, although it is empty."""
    result = mnist_gan("sample", "--count", 3, "--output", ".", cwd=tmp_path)
    assert result.returncode == 2
    assert "the current folder cannot be replaced; name a new folder" in result.stderr
    assert list(tmp_path.iterdir()) == []
