"""The notebooks as they are stored: built from their sources, executed, and about nobody's machine.

Building them again compares every byte of both versions. Besides, `make test` runs those of the
learners with nbval, as a class does.
"""

import json
import re
from pathlib import Path

import nbformat
import pytest

from tlslab.classroom.build import main
from tlslab.classroom.handed_in import OWN_SEED
from tlslab.classroom.running import IGNORE_OUTPUT, WIDGET
from tlslab.classroom.source import read_source
from tlslab.classroom.versions import Version, notebook_of

ROOT = Path(__file__).parents[2]
NOTEBOOKS = [
    path
    for version in Version
    for path in sorted((ROOT / "notebooks" / version.value).glob("*.ipynb"))
]
SOURCES = sorted((ROOT / "notebooks" / "source").glob("*.py"))


def name_of(path):
    return path.relative_to(ROOT / "notebooks").with_suffix("").as_posix()


every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
every_source = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(path):
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def test_every_source_has_its_two_notebooks_and_every_notebook_its_source():
    assert set(NOTEBOOKS) == {
        version.target(ROOT / "notebooks", source.stem) for source in SOURCES for version in Version
    }


@pytest.mark.timeout(300)
@every_source
def test_a_notebook_is_what_its_source_gives(source, capsys):
    status = main(["--check", "--folder", str(ROOT / "notebooks"), source.stem])
    assert status == 0, capsys.readouterr().out


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
        assert set(cell.metadata.get("tags", [])) <= {IGNORE_OUTPUT, OWN_SEED}


@every_notebook
def test_a_cell_has_an_id_of_its_own_and_nothing_of_a_machine_or_an_hour(path):
    notebook = read(path)
    nbformat.validate(notebook)
    ids = [cell.id for cell in notebook.cells]
    assert len(ids) == len(set(ids))
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert "version" not in notebook.metadata.language_info
    for cell in notebook.cells:
        assert set(cell.metadata) <= {"tags", "nbgrader"}
    text = path.read_text("utf-8")
    assert WIDGET not in text
    assert not re.search(r"0x[0-9a-f]{9,}|/tmp/|/home/|ipykernel_\d", text)


@every_source
def test_the_learners_notebook_has_no_solution_and_its_cells_are_those_of_the_teachers(source):
    learner, teacher = (
        read(version.target(ROOT / "notebooks", source.stem)).cells for version in Version
    )
    expected = notebook_of(read_source(source), Version.LEARNER).cells
    assert [cell.source for cell in learner] == [cell.source for cell in expected]
    assert [(cell.id, cell.metadata) for cell in learner] == [
        (cell.id, cell.metadata) for cell in teacher
    ]
    assert not [cell.source for cell in learner if re.search(r"(BEGIN|END) SOLUTION", cell.source)]


@every_notebook
def test_what_nbgrader_reads_is_as_it_wants_it(path):
    # nbgrader 0.9, nbgraderformat/v3.json
    cells = [cell for cell in read(path).cells if "nbgrader" in cell.metadata]
    ids = [cell.metadata.nbgrader.grade_id for cell in cells]
    assert len(ids) == len(set(ids))
    for cell in cells:
        metadata = cell.metadata.nbgrader
        assert re.fullmatch(r"[a-zA-Z0-9_-]+", metadata.grade_id)
        assert (metadata.schema_version, metadata.task, cell.cell_type) == (3, False, "code")
        assert metadata.solution is not metadata.grade
        assert metadata.locked is metadata.grade is ("points" in metadata)


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
