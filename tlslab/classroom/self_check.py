"""Runs a learner's exercises in the official notebook, with nbval, and says what came of each.

It is a self-check: it finds honest mistakes, and a check that was edited gains nothing. The code
runs as its author, in one kernel with the checks, so it does not stop somebody who wants to cheat.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nbformat

from tlslab.classroom.handed_in import Exercise, HandedIn, Merged, defined_names, merge, read
from tlslab.classroom.running import TERMINAL_COLOR
from tlslab.errors import LocalError
from tlslab.lab.checking import MARKS, RESULT_TYPE
from tlslab.view.tables import counted

CELL_TIMEOUT = 20
"""Longest time that one cell may take, in seconds."""
WHOLE_TIMEOUT = 900
"""Longest time for a whole notebook, in seconds."""
NOT_DEFINED = re.compile(r"NameError: name '(\w+)' is not defined")
WHAT_IT_IS = (
    "This is a self-check for yourself. It runs the code of the notebook with your rights, and it "
    "is no examination."
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an exercise.

    status: "passed", "wrong", "not written", "crashed" or "too slow". message: the diagnosis.
    remarks: what else there is to say.
    """

    id: str
    status: str
    message: str
    points: float
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a notebook. other_cells: what is wrong with cells that are no exercise."""

    notebook: str
    outcomes: tuple[Outcome, ...]
    other_cells: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.other_cells and all(each.status == "passed" for each in self.outcomes)

    def __str__(self) -> str:
        width = max(len(each.id) for each in self.outcomes)
        lines = [self.notebook]
        for each in self.outcomes:
            first, *more = each.message.split("\n")
            said = f": {first}" if first and each.status not in ("passed", "not written") else ""
            lines.append(f"  {MARKS[each.status]} {each.id:{width}}  {each.status}{said}")
            if said:
                lines += [f"    {line}" for line in more]
            lines += [f"    {remark}" for remark in each.remarks]
        lines += [f"  ✗ {sentence}" for sentence in self.other_cells]
        right = sum(each.status == "passed" for each in self.outcomes)
        lines.append(f"  {right} of {counted(len(self.outcomes), 'exercise')} passed.")
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "notebook": self.notebook,
            "passed": self.passed,
            "exercises": [
                {
                    "id": each.id,
                    "status": each.status,
                    "message": each.message,
                    "points": each.points,
                    "remarks": list(each.remarks),
                }
                for each in self.outcomes
            ],
            "other_cells": list(self.other_cells),
        }


def self_check(path: Path, course: Path, seed: str | None = None) -> Report:
    """Check the notebook in a file.

    course: the folder of the official notebooks. seed: the learner's, for the questions that are
    different for each; None for the course's own. Raises LocalError for a file that is no notebook
    of the course, or if nbval cannot be run.
    """
    merged = merge(read(path), course, _official_name(path, course))
    observed, log = _run(merged.notebook, seed)
    if not observed:
        raise LocalError(f"nbval ran no cell of {path.name}:\n{log}")
    outcomes = tuple(_outcome(exercise, merged, observed) for exercise in merged.exercises)
    return Report(path.name, outcomes, tuple(_others(merged, observed, outcomes)))


def junit(reports: list[Report]) -> str:
    """The reports in JUnit's form: a suite for each notebook, a case for each exercise."""
    suites = ElementTree.Element("testsuites")
    for report in reports:
        broken = [each for each in report.outcomes if each.status in ("crashed", "too slow")]
        wrong = [each for each in report.outcomes if each.status == "wrong"]
        skipped = [each for each in report.outcomes if each.status == "not written"]
        suite = ElementTree.SubElement(
            suites,
            "testsuite",
            name=report.notebook,
            tests=str(len(report.outcomes) + len(report.other_cells)),
            failures=str(len(wrong) + len(report.other_cells)),
            errors=str(len(broken)),
            skipped=str(len(skipped)),
        )
        for each in report.outcomes:
            case = ElementTree.SubElement(
                suite, "testcase", classname=report.notebook, name=each.id
            )
            kind = {"wrong": "failure", "not written": "skipped", "passed": ""}.get(each.status)
            if kind != "":
                text = _printable("\n".join((each.message, *each.remarks)))
                ElementTree.SubElement(case, kind or "error", message=text)
        for number, sentence in enumerate(report.other_cells, 1):
            case = _case(suite, report, f"other cell {number}")
            ElementTree.SubElement(case, "failure", message=_printable(sentence))
    return ElementTree.tostring(suites, "unicode", xml_declaration=True) + "\n"


def _case(suite: ElementTree.Element, report: Report, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(suite, "testcase", classname=report.notebook, name=name)


def _printable(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(each if each.isprintable() or each == "\n" else "\ufffd" for each in text)


def _official_name(path: Path, course: Path) -> str:
    """The notebook that this is: one whose name the file's begins with, as in "05_x (1).ipynb"."""
    names = sorted((each.stem for each in course.glob("*.ipynb")), key=len, reverse=True)
    return next((name for name in names if path.stem.startswith(name)), path.stem)


# -- running ------------------------------------------------------------------------------------


def _run(notebook: Any, seed: str | None) -> tuple[dict[str, dict[str, Any]], str]:
    """What nbval makes of each cell, by the cell's id; and what pytest printed."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "notebook.ipynb"
        nbformat.write(notebook, file)
        notes = Path(directory) / "observed.jsonl"
        environment = os.environ | {
            "IPYTHONDIR": directory,
            "TLSLAB_STATE": "off",
            "TLSLAB_OBSERVED": str(notes),
        }
        environment.pop("PYTEST_ADDOPTS", None)
        # Whatever else is installed for pytest has no part in it, and takes a second to load.
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        environment.pop("TLSLAB_SEED", None)
        environment.pop("NBGRADER_EXECUTION", None)
        if seed is not None:
            environment["TLSLAB_SEED"] = seed
        command = [sys.executable, "-m", "pytest", "--nbval", file.name, "-q"]
        command += ["--nbval-cell-timeout", str(CELL_TIMEOUT), "-p", "no:cacheprovider"]
        command += ["-p", "nbval.plugin", "-p", "tlslab.classroom.observing"]
        command += ["--rootdir", directory]
        try:
            done = subprocess.run(
                command,
                cwd=directory,
                env=environment,
                capture_output=True,
                text=True,
                timeout=WHOLE_TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise LocalError(f"not done after {WHOLE_TIMEOUT} seconds") from error
        lines = notes.read_text("utf-8").splitlines() if notes.exists() else []
        return {each["id"]: each for each in map(json.loads, lines)}, done.stdout + done.stderr


# -- what came of it ------------------------------------------------------------------------------


def _outcome(exercise: Exercise, merged: Merged, observed: dict[str, dict[str, Any]]) -> Outcome:
    status, message = _status(exercise, observed)
    remarks = list(merged.remarks[exercise.id])
    if missing := NOT_DEFINED.search(message):
        remarks += _defined_elsewhere(missing[1], merged.own_cells)
    return Outcome(exercise.id, status, message, exercise.points, tuple(remarks))


def _status(exercise: Exercise, observed: dict[str, dict[str, Any]]) -> tuple[str, str]:
    own, check = observed.get(exercise.cell), observed.get(exercise.check)
    if own is None or check is None:
        return "crashed", "Python ended before this cell."
    if own["python_ended"]:
        return "crashed", "Python ended in its cell, or in one before it."
    if own["timed_out"]:
        return "too slow", f"Its cell was not done after {CELL_TIMEOUT} seconds. Does a loop end?"
    if error := _error(own):
        return "crashed", f"Its cell stops with {error}."
    for output in check["outputs"]:
        result = output.get("data", {}).get(RESULT_TYPE)
        if result is not None and result["exercise"] == exercise.id:
            message = output["data"]["text/plain"].partition(" ")[2]
            if result["status"] == "passed" and check["outcome"] != "passed":
                return "wrong", "The check did not give what it gives for a right answer."
            return result["status"], message
    if check["python_ended"]:
        return "crashed", "Python ended in its check."
    if check["timed_out"]:
        return "too slow", f"Its check was not done after {CELL_TIMEOUT} seconds."
    return "crashed", f"Its check stops with {_error(check) or 'no result'}."


def _error(cell: dict[str, Any]) -> str:
    """The error with which a cell ended, with its line; nothing if it ended well."""
    for output in cell["outputs"]:
        if output["output_type"] == "error":
            text = f"{output['ename']}: {output['evalue']}"
            trace = TERMINAL_COLOR.sub("", "\n".join(output["traceback"]))
            lines = re.findall(r"Cell In\[\d+\], line (\d+)", trace)
            return f"{text} (line {lines[-1]})" if lines else text
    return ""


def _defined_elsewhere(name: str, cells: tuple[HandedIn, ...]) -> list[str]:
    numbers = [cell.number for cell in cells if name in defined_names(cell.source)]
    if not numbers:
        return []
    return [
        f"{name} is made in cell {numbers[-1]} of your notebook. Only the cells of exercises are "
        "taken: move it into this one."
    ]


def _others(
    merged: Merged, observed: dict[str, dict[str, Any]], outcomes: tuple[Outcome, ...]
) -> list[str]:
    """What is wrong with the other cells, if it does not follow from a crash in an exercise."""
    exercises = {id for each in merged.exercises for id in (each.cell, each.check)}
    wrong: list[str] = []
    for number, cell in enumerate(merged.notebook.cells, 1):
        if cell.cell_type != "code" or cell.id in exercises:
            continue
        seen = observed.get(cell.id)
        if seen is None or seen["outcome"] == "failed":
            first = cell.source.strip().partition("\n")[0]
            error = _error(seen) if seen else "Python ended"
            what = f"stops with {error}" if error else "gives something else than in the course"
            wrong.append(
                f"Cell {number} of the course's notebook ({first}) {what}. Does a cell of yours "
                "use one of its names for something else?"
            )
    if wrong and any(each.status in ("crashed", "too slow") for each in outcomes):
        return [f"{counted(len(wrong), 'cell')} of the course did not work after that."]
    return wrong
