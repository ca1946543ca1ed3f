"""What a process is told to train, as JSON."""

from pathlib import Path

import pytest

from mnist_gan.config.loading import load_config
from mnist_gan.sweeps.child import ORDERS, Order


@pytest.mark.parametrize("folder", ["/runs/ä 100%20", "/runs/d\udcff", "runs/\x1b\n"])
def test_a_folder_of_any_name_arrives(folder):
    """JSON is UTF-8, names of files need not be."""
    of = {"sweep": Path(folder), "token": "none", "number": 1, "sha256": "0" * 64}
    order = Order(config=load_config("smoke", {}), **of)
    assert ORDERS.validate_json(ORDERS.dump_json([order])) == [order]
