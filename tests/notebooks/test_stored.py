"""The notebooks as they are stored: built from their sources, executed, and about nobody's machine.

That their outputs are still right is nbval's to say: `pytest --nbval notebooks`.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tlslab.classroom.build import IGNORE_OUTPUT, WIDGET

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))
SOURCES = sorted((ROOT / "notebooks" / "source").glob("*.py"))

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(path):
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def test_every_source_has_its_notebook_and_every_notebook_its_source():
    assert {path.stem for path in NOTEBOOKS} == {path.stem for path in SOURCES}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_a_notebook_is_what_its_source_gives(source):
    done = subprocess.run(
        [sys.executable, "-m", "tlslab.classroom.build", "--check", source.stem],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@every_notebook
def test_every_cell_of_code_was_executed_in_order_and_will_be_compared(path):
    # nbval passes a cell without an execution count unseen.
    cells = code_cells(path)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))


@every_notebook
def test_a_cell_whose_output_is_not_compared_says_so_and_is_the_exception(path):
    cells = code_cells(path)
    ignored = [cell for cell in cells if IGNORE_OUTPUT in cell.metadata.get("tags", [])]
    assert len(ignored) <= len(cells) / 4
    for cell in cells:
        assert set(cell.metadata.get("tags", [])) <= {IGNORE_OUTPUT}


@every_notebook
def test_a_cell_has_an_id_of_its_own_and_nothing_of_a_machine_or_an_hour(path):
    notebook = read(path)
    nbformat.validate(notebook)
    ids = [cell.id for cell in notebook.cells]
    assert len(ids) == len(set(ids))
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert "version" not in notebook.metadata.language_info
    for cell in notebook.cells:
        assert set(cell.metadata) <= {"tags"}
    text = path.read_text("utf-8")
    assert WIDGET not in text
    assert not re.search(r"0x[0-9a-f]{9,}|/tmp/|/home/|ipykernel_\d", text)


@every_notebook
def test_no_cell_shows_an_error_or_a_warning(path):
    for cell in code_cells(path):
        for output in cell.outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr"


@every_notebook
def test_pictures_and_html_have_words_beside_them(path):
    for cell in code_cells(path):
        for output in cell.outputs:
            data = output.get("data", {})
            if data:
                assert data["text/plain"].strip()
                assert len(json.dumps(data)) < 1_500_000
