"""The process in which a training of a sweep runs, as its parent sees it."""

from pathlib import Path

import pytest

from mnist_gan.config.loading import load_config
from mnist_gan.sweeps.child import ORDERS, Order
from mnist_gan.sweeps.worker import run_child

CHATTER = """
import sys
print("a library says hello")
print("1 2 3", "9" * 5000, "\\u0663 1", sep="\\n")
sys.stdout.buffer.write(b"\\xff\\n" * 100_000)  # more than a pipe holds
print("1 7", flush=True)
"""


@pytest.fixture
def order(tmp_path) -> Order:
    """Return an order to train what the embedded digits are enough for."""
    config = load_config("smoke", {}).with_training(backend="tensorflow", threads=1)
    of = {"sweep": tmp_path, "token": "none", "number": 1, "sha256": "0" * 64}
    return Order(config=config, **of)


def test_an_order_passes_as_json(order):
    """With whatever name its folder has, which need not be UTF-8."""
    odd = order.model_copy(update={"sweep": order.sweep / "ä %41 \udcff"})
    assert ORDERS.validate_json(ORDERS.dump_json([order, odd])) == [order, odd]
    assert Order.model_validate_json(odd.model_dump_json()) == odd


def test_a_training_that_is_stopped_while_it_starts_ends_in_order(order):
    """Its process ends with the exit code of the signal, and has cleaned up."""
    code, lines = run_child([order], lambda number, epochs: None, lambda: True)
    assert (code, [line for line in lines if "Traceback" in line]) == (143, [])
    assert list(order.sweep.rglob(".part-*")) == []


def test_other_lines_of_the_process_are_skipped(order, tmp_path: Path, monkeypatch):
    """They neither block it nor hide what it tells last."""
    package = tmp_path / "mnist_gan" / "sweeps"
    package.mkdir(parents=True)
    (package / "child.py").write_text(CHATTER)
    monkeypatch.chdir(tmp_path)  # from where Python takes this package instead of ours
    told: list[tuple[int, int]] = []
    code, _ = run_child([order], lambda *progress: told.append(progress), lambda: False)
    assert (code, told) == (0, [(1, 7)])


def test_a_process_that_dies_before_it_reads_its_orders_gives_its_reason(
    order, tmp_path: Path, monkeypatch
):
    """Though more is written to it than a pipe holds."""
    package = tmp_path / "mnist_gan" / "sweeps"
    package.mkdir(parents=True)
    (package / "child.py").write_text("import sys\nsys.exit('broken')\n")
    monkeypatch.chdir(tmp_path)
    orders = [order] * 200
    assert len(ORDERS.dump_json(orders)) > 2**17
    assert run_child(orders, lambda *progress: None, lambda: False) == (1, ["broken"])
