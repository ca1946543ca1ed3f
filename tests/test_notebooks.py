"""The notebooks run from top to bottom in a new kernel, and show pictures."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "docs" / "notebooks").glob("*.ipynb"))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of the kernel's own packages
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path, tmp_path, monkeypatch):
    """No cell fails, nothing is said on stderr but our own lines, and pictures appear."""
    monkeypatch.delenv("MNIST_GAN_OUTPUTS", raising=False)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}}).execute(
        env={**os.environ, "KERAS_BACKEND": "tensorflow"}
    )
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(pictures) >= 3
    said = "".join(output.text for output in outputs if output.get("name") == "stderr")
    assert "Warning" not in said
    assert "WARNING" not in said
