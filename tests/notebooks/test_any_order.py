"""Cells that are run twice, or before those that they need: nothing breaks, and a sentence helps."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
EVERY = sorted(NOTEBOOKS.glob("*.ipynb"))


@pytest.fixture
def client(tmp_path, monkeypatch):
    """Runs cells in a new kernel, in a folder of its own, as a learner's with nothing done yet."""
    monkeypatch.delenv("TLSLAB_STATE", raising=False)

    def make(sources):
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        notebook = nbformat.v4.new_notebook(cells=cells)
        resources = {"metadata": {"path": str(tmp_path)}}
        environment = os.environ | {"IPYTHONDIR": str(tmp_path / "ipython")}
        made = NotebookClient(notebook, timeout=60, kernel_name="python3", resources=resources)
        return notebook, lambda: made.execute(env=environment)

    return make


def code(path):
    return [cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.stem)
def test_every_cell_can_be_run_twice(path, client):
    _, execute = client([source for source in code(path) for _ in range(2)])
    execute()


@pytest.mark.parametrize("path", EVERY[:1], ids=lambda path: path.stem)
def test_a_cell_that_comes_too_early_is_told_what_to_do(path, client):
    notebook, execute = client(["from tlslab import lab", "1 + 1\nhandshake.trace"])
    with pytest.raises(CellExecutionError):
        execute()
    [output] = notebook.cells[1].outputs
    assert output.ename == "NameError"
    assert output.traceback == [
        "NameError: handshake is not known (line 2). If a cell above makes it, that cell has not "
        "been run yet: choose Run → Run All Above Selected Cell, then run this one again. If not, "
        "look at the spelling."
    ]


def test_other_errors_keep_their_traceback(client):
    for source in ("def f():\n    return unknown\nf()", "1 / 0"):
        notebook, execute = client(["from tlslab import lab", source])
        with pytest.raises(CellExecutionError):
            execute()
        [output] = notebook.cells[1].outputs
        assert len(output.traceback) > 1
