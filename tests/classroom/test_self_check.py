"""`tlslab check`: the learner's exercises in the official notebook, whatever an editor did to them.

The notebooks are the course's own, filled in as learners would.
"""

import copy
import json
import os
import signal
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import nbformat
import pytest

from tlslab.classroom import self_check
from tlslab.classroom.handed_in import OWN_SEED, merge, read
from tlslab.cli import main
from tlslab.errors import LocalError
from tlslab.lab.exercises import answers

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
NAME = "05_master_secret"
EXERCISES = ("05.p_hash", "05.prf", "05.master_secret", "05.key_block")
HELP = "Does a cell of yours use one of its names for something else?"


@pytest.fixture
def learner():
    """The untouched learner's notebook."""
    return nbformat.read(NOTEBOOKS / f"{NAME}.ipynb", as_version=4)


@pytest.fixture(scope="module")
def solutions():
    """What the teacher's notebook has in the exercises' cells."""
    return {id: cell_of(teacher(NAME), id).source for id in EXERCISES}


def teacher(name):
    return nbformat.read(NOTEBOOKS / "solutions" / f"{name}.ipynb", as_version=4)


def cell_of(notebook, id):
    """The cell of an exercise, by its grade_id."""
    mark = id.replace(".", "-")
    return next(
        each for each in notebook.cells if each.metadata.get("nbgrader", {}).get("grade_id") == mark
    )


@pytest.fixture
def check(tmp_path, capsys, monkeypatch):
    """Write a notebook, check it; the exit status, and the report by exercise."""
    monkeypatch.delenv("TLSLAB_STATE", raising=False)

    def run(notebook, *options, name=NAME):
        path = tmp_path / f"{name}.ipynb"
        nbformat.write(notebook, path)
        status = main(["check", str(path), "--json", *options])
        [report] = json.loads(capsys.readouterr().out)
        return status, {each["id"]: each for each in report["exercises"]}, report["other_cells"]

    return run


def statuses(report):
    return {id: each["status"] for id, each in report.items()}


def merged(notebook, tmp_path):
    path = tmp_path / f"{NAME}.ipynb"
    path.write_text(json.dumps(notebook), "utf-8")
    return merge(read(path), NOTEBOOKS, NAME)


def official_cell(result, id):
    return cell_of(result.notebook, id).source


# -- whole runs -----------------------------------------------------------------------------------


WITH_QUESTIONS = [
    path.stem for path in sorted(NOTEBOOKS.glob("*.ipynb")) if OWN_SEED in path.read_text("utf-8")
]


# Where nothing depends on the learner, the stored solutions are compared with nbval anyway.
@pytest.mark.parametrize("name", WITH_QUESTIONS)
def test_the_solutions_pass_for_every_learner(name, check):
    solved = teacher(name)
    status, report, others = check(solved, "--seed", "another learner", name=name)
    assert set(statuses(report).values()) == {"passed"}
    assert others == []
    assert status == 0


def test_each_kind_of_trouble_is_told_apart(learner, solutions, check, tmp_path):
    cell_of(learner, "05.p_hash").source = solutions["05.p_hash"].replace("a + seed", "seed + a")
    cell_of(learner, "05.prf").source = "def prf(secret, label, seed, length, hash_name)\n    pass"
    cell_of(
        learner, "05.master_secret"
    ).source = "def master_secret(*arguments):\n    while True:\n        pass"
    cell_of(learner, "05.key_block").source = "def key_block(*arguments):\n    return 1 / 0"
    junit = tmp_path / "junit.xml"
    status, report, _ = check(learner, "--junit", str(junit))
    assert status == 1
    assert statuses(report) == {
        "05.p_hash": "wrong",
        "05.prf": "crashed",
        "05.master_secret": "too slow",
        "05.key_block": "crashed",
    }
    assert report["05.p_hash"]["message"].startswith("You ")
    assert "Its cell stops with SyntaxError: expected ':'" in report["05.prf"]["message"]
    assert "(line 1)" in report["05.prf"]["message"]
    assert "was stopped: not done after 5 s" in report["05.master_secret"]["message"]
    assert "ZeroDivisionError" in report["05.key_block"]["message"]
    assert "return 1 / 0" in report["05.key_block"]["message"]
    suite = ElementTree.parse(junit).getroot()[0]
    assert suite.attrib == {
        "name": f"{NAME}.ipynb",
        "tests": suite.attrib["tests"],
        "failures": suite.attrib["failures"],
        "errors": "3",
        "skipped": "0",
    }
    kinds = {case.attrib["name"]: [child.tag for child in case] for case in suite}
    assert kinds["05.p_hash"] == ["failure"]
    assert kinds["05.key_block"] == ["error"]


def test_an_untouched_notebook_has_nothing_written_and_edited_checks_gain_nothing(learner, check):
    checks = [each for each in learner.cells if each.metadata.get("nbgrader", {}).get("grade")]
    # The first one stays as it is.
    for cell in checks[1:]:
        cell.source = "print('✓ all is right')"
    status, report, others = check(learner)
    assert status == 1
    assert statuses(report) == dict.fromkeys(EXERCISES, "not written")
    assert others == []
    changed = "Its check was changed in the notebook. The course's own check was used."
    remarks = [each["remarks"] for each in report.values()]
    assert remarks == [[], *[[changed]] * (len(EXERCISES) - 1)]


def test_a_name_from_another_cell_is_traced_to_it(learner, solutions, check):
    learner.cells.insert(1, nbformat.v4.new_code_cell("joined = b''.join"))
    cell_of(learner, "05.prf").source = solutions["05.prf"].replace(
        "label + seed", "joined([label, seed])"
    )
    _, report, _ = check(learner)
    assert report["05.prf"]["status"] == "crashed"
    assert report["05.prf"]["remarks"] == [
        "joined is made in cell 2 of your notebook. Only the cells of exercises are taken: move it "
        "into this one."
    ]


def test_a_cell_that_breaks_the_course_is_told(learner, solutions, check):
    for id in EXERCISES:
        cell_of(learner, id).source = solutions[id]
    cell_of(learner, "05.p_hash").source += "\n\nhandshake = None"
    status, report, others = check(learner)
    assert set(statuses(report).values()) == {"passed"}
    assert status == 1
    assert others
    assert "AttributeError: 'NoneType' object has no attribute" in others[0]
    assert others[0].endswith(HELP)


def test_python_that_ends_is_told(learner, check, monkeypatch):
    monkeypatch.setattr(self_check, "CELL_TIMEOUT", 4)
    cell_of(
        learner, "05.prf"
    ).source = f"import os\nos.kill(os.getpid(), {int(signal.SIGKILL)})\ndef prf(): pass"
    _, report, _ = check(learner)
    assert report["05.p_hash"]["status"] == "not written"
    assert report["05.prf"]["message"] == "Python ended in its cell, or in one before it."
    assert statuses(report)["05.key_block"] == statuses(report)["05.prf"] == "crashed"


def test_answers_are_those_of_the_learners_own_seed(check, tmp_path):
    name = "02_hello"
    learner = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    right = answers()["02.client_random"].expected
    cell_of(learner, "02.client_random").source = f"client_random = {right('mine')!r}"
    assert right("mine") != right("yours")
    (tmp_path / ".tlslab").mkdir()
    kept = tmp_path / ".tlslab" / "progress.json"
    for seed, status in (("mine", "passed"), ("yours", "wrong")):
        kept.write_text(json.dumps({"seed": seed, "done": []}), "utf-8")
        _, report, others = check(learner, name=name)
        assert report["02.client_random"]["status"] == status
        assert others == []


def test_the_report_for_people(learner, solutions, tmp_path, capsys):
    cell_of(learner, "05.p_hash").source = solutions["05.p_hash"]
    path = tmp_path / f"{NAME} (1).ipynb"
    nbformat.write(learner, path)
    assert main(["check", str(path)]) == 1
    out = capsys.readouterr().out
    assert out.startswith(f"{NAME} (1).ipynb\n  ✓ 05.p_hash         passed\n  … 05.prf ")
    assert "  1 of 4 exercises passed.\n" in out
    assert "self-check" in out
    assert os.linesep.join(["no examination.", ""]) in out


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "No such file"),
        ("{", "is not a notebook that can be read"),
        ("[]", "is not a notebook that can be read"),
        ('{"cells": [{"cell_type": "code"}]}', "is not a notebook that can be read"),
    ],
)
def test_what_is_no_notebook_is_refused(content, sentence, tmp_path, capsys):
    path = tmp_path / f"{NAME}.ipynb"
    if content is not None:
        path.write_text(content, "utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["check", str(path)])
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err


def test_a_notebook_that_is_not_of_the_course_is_refused(learner, tmp_path, capsys):
    path = tmp_path / "mine.ipynb"
    nbformat.write(learner, path)
    with pytest.raises(SystemExit) as ended:
        main(["check", str(path)])
    assert ended.value.code == 2
    assert "has no notebook mine; there is: 00_start_here" in capsys.readouterr().err


# -- what editors do ------------------------------------------------------------------------------


def colab(notebook):
    """As Colab saves: its own ids in the metadata, none of ours, format 4.0."""
    saved = copy.deepcopy(notebook)
    saved["nbformat_minor"] = 0
    for number, cell in enumerate(saved["cells"]):
        cell.pop("id", None)
        cell["metadata"] = {"id": f"aB3{number}", "outputId": "x"}
        cell["source"] = cell["source"].splitlines(keepends=True)
    return saved


def vs_code(notebook):
    """As VS Code saves: another cell's language noted, metadata kept, sources as lists."""
    saved = copy.deepcopy(notebook)
    for cell in saved["cells"]:
        cell["metadata"]["vscode"] = {"languageId": "python"}
        cell["source"] = cell["source"].splitlines(keepends=True)
    return saved


@pytest.mark.parametrize("saved_by", [copy.deepcopy, vs_code, colab])
def test_it_reads_what_each_editor_saves(saved_by, learner, solutions, tmp_path):
    for id in EXERCISES:
        cell_of(learner, id).source = solutions[id]
    result = merged(saved_by(learner), tmp_path)
    for id in EXERCISES:
        assert official_cell(result, id) == solutions[id]
    assert not result.missing


def test_a_cell_without_metadata_is_known_by_its_id(learner, solutions, tmp_path):
    cell = cell_of(learner, "05.prf")
    cell.source = solutions["05.prf"]
    cell.metadata = {}
    result = merged(learner, tmp_path)
    assert official_cell(result, "05.prf") == solutions["05.prf"]
    assert result.remarks["05.prf"] == ()


def test_a_deleted_cell_is_told(learner, tmp_path):
    learner.cells.remove(cell_of(learner, "05.prf"))
    result = merged(learner, tmp_path)
    assert result.missing == {"05.prf"}
    assert result.remarks["05.prf"][0].startswith("Its cell is not in the notebook.")
    assert "raise NotImplementedError" in official_cell(result, "05.prf")


def test_of_two_cells_the_last_counts(learner, solutions, tmp_path):
    twin = copy.deepcopy(cell_of(learner, "05.prf"))
    twin.source = solutions["05.prf"]
    twin.id = "twin"
    learner.cells.append(twin)
    result = merged(learner, tmp_path)
    first = learner.cells.index(cell_of(learner, "05.prf")) + 1
    assert official_cell(result, "05.prf") == solutions["05.prf"]
    assert result.remarks["05.prf"] == (
        f"There are 2 different cells for it ({first} and {len(learner.cells)}). "
        "The last one counts.",
    )


def test_a_copy_that_became_something_else_does_not_count(learner, solutions, tmp_path):
    cell_of(learner, "05.prf").source = solutions["05.prf"]
    other = copy.deepcopy(cell_of(learner, "05.prf"))
    other.source, other.id = "print('trying things')", "other"
    learner.cells.append(other)
    result = merged(learner, tmp_path)
    assert official_cell(result, "05.prf") == solutions["05.prf"]
    assert result.remarks["05.prf"] == ()


def test_a_cell_that_became_text_is_told(learner, solutions, tmp_path):
    cell = cell_of(learner, "05.prf")
    cell.cell_type, cell.source = "markdown", solutions["05.prf"]
    result = merged(learner, tmp_path)
    assert result.missing == {"05.prf"}
    assert "is a cell of text now" in result.remarks["05.prf"][0]


def test_a_cell_typed_anew_is_found_by_what_it_defines(learner, solutions, tmp_path):
    learner.cells.remove(cell_of(learner, "05.prf"))
    learner.cells.append(nbformat.v4.new_code_cell(solutions["05.prf"]))
    result = merged(learner, tmp_path)
    assert official_cell(result, "05.prf") == solutions["05.prf"]
    assert "has lost its mark" in result.remarks["05.prf"][0]


def test_a_notebook_without_exercises_is_refused(tmp_path):
    folder = tmp_path / "course"
    (folder / "solutions").mkdir(parents=True)
    plain = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
    for place in (folder, folder / "solutions"):
        nbformat.write(plain, place / "01_x.ipynb")
    with pytest.raises(LocalError, match="01_x has no exercises to check"):
        merge(read(folder / "01_x.ipynb"), folder, "01_x")
