"""A learner's notebook, as some editor saved it, and what of it goes into the official one.

Only the cells of exercises are taken. An editor may drop what marks them: JupyterLab keeps a
cell's metadata and id, VS Code both as a rule, Colab neither always. So a cell is known by its
grade_id, or by its id, or by what it defines.
"""

import ast
import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from tlslab.classroom.running import IGNORE_OUTPUT
from tlslab.classroom.versions import Version, grade_id
from tlslab.errors import LocalError

OWN_SEED = "own-seed"
"""The tag of a cell whose output depends on the learner's seed."""


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A cell of the learner's notebook; number counts from 1, text cells too."""

    number: int
    cell_type: str
    source: str
    id: str
    grade_id: str

    def defines(self, name: str) -> bool:
        """Whether it makes a function or a variable of this name."""
        return name in defined_names(self.source)


@dataclass(frozen=True, slots=True)
class Exercise:
    """An exercise of the official notebook: the ids of its two cells, and the learner's stub."""

    id: str
    points: float
    cell: str
    check: str
    stub: str

    @property
    def name(self) -> str:
        return self.id.partition(".")[2]


@dataclass(frozen=True, slots=True)
class Merged:
    """The official notebook with the learner's cells in it, and what there is to say of each.

    remarks: by the exercise's id. missing: the exercises that have no cell to take. own_cells: the
    learner's cells that are in no official notebook.
    """

    notebook: Any
    exercises: tuple[Exercise, ...]
    remarks: dict[str, tuple[str, ...]]
    missing: frozenset[str]
    own_cells: tuple[HandedIn, ...]


def read(path: Path) -> tuple[HandedIn, ...]:
    """The cells of a notebook file. Raises LocalError for what is none."""
    try:
        notebook = json.loads(path.read_text("utf-8"))
        cells = tuple(_cells(notebook["cells"]))
    except OSError as error:
        raise LocalError(f"{path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError):
        raise LocalError(
            f"{path} is not a notebook that can be read. Open it in JupyterLab and save it again"
        ) from None
    return cells


def _cells(cells: list[dict[str, Any]]) -> Iterator[HandedIn]:
    for number, cell in enumerate(cells, 1):
        source = cell["source"]
        metadata = cell.get("metadata", {})
        yield HandedIn(
            number,
            str(cell["cell_type"]),
            source if isinstance(source, str) else "".join(source),
            str(cell.get("id", "")),
            str(metadata.get("nbgrader", {}).get("grade_id", "")),
        )


def merge(cells: tuple[HandedIn, ...], course: Path, name: str) -> Merged:
    """The learner's exercises in the official notebook called `name`.

    course: the folder of the notebooks. Raises LocalError if the course has no such notebook, or it
    has no exercise.
    """
    official = _official(course, name, Version.TEACHER)
    stubs = {cell.id: cell.source for cell in _official(course, name, Version.LEARNER).cells}
    exercises = tuple(_exercises(official, stubs))
    if not exercises:
        raise LocalError(f"{name} has no exercises to check")
    merged = copy.deepcopy(official)
    by_id = {cell.id: cell for cell in merged.cells}
    remarks: dict[str, tuple[str, ...]] = {}
    missing = set()
    for exercise in exercises:
        found, said = _find(exercise, cells)
        changed = _changed_check(exercise, cells, by_id[exercise.check].source)
        remarks[exercise.id] = tuple(filter(None, (said, changed)))
        if found is None:
            missing.add(exercise.id)
        by_id[exercise.cell].source = exercise.stub if found is None else found.source
        # What it prints is the learner's affair.
        _tag(by_id[exercise.cell], IGNORE_OUTPUT)
    for cell in merged.cells:
        if OWN_SEED in cell.metadata.get("tags", []):
            _tag(cell, IGNORE_OUTPUT)
    known = {cell.source for cell in official.cells} | set(stubs.values())
    own = tuple(cell for cell in cells if cell.cell_type == "code" and cell.source not in known)
    return Merged(merged, exercises, remarks, frozenset(missing), own)


def _official(course: Path, name: str, version: Version) -> Any:
    path = version.target(course, name)
    if not path.exists():
        there = ", ".join(sorted(each.stem for each in course.glob("*.ipynb"))) or "none"
        raise LocalError(f"the course in {course} has no notebook {name}; there is: {there}")
    return nbformat.read(path, as_version=4)


def _exercises(official: Any, stubs: dict[str, str]) -> Iterator[Exercise]:
    """The exercises of a notebook: each solution cell, with the check of the same name."""
    checks = {
        cell.metadata.nbgrader.grade_id: cell
        for cell in official.cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    }
    for cell in official.cells:
        mark = cell.metadata.get("nbgrader", {})
        if mark.get("solution"):
            check = checks[f"{mark.grade_id}-check"]
            id = mark.grade_id.replace("-", ".", 1)
            yield Exercise(id, check.metadata.nbgrader.points, cell.id, check.id, stubs[cell.id])


def _find(exercise: Exercise, cells: tuple[HandedIn, ...]) -> tuple[HandedIn | None, str]:
    """The learner's cell for an exercise, and what there is to say of it."""
    marked = [cell for cell in cells if cell.grade_id == grade_id(exercise.id)]
    marked = marked or [cell for cell in cells if cell.id == exercise.cell]
    named = [cell for cell in cells if cell.cell_type == "code" and cell.defines(exercise.name)]
    code = [cell for cell in marked if cell.cell_type == "code"]
    # A copy of a cell has its mark too; what counts is that it still is about the exercise.
    about = [cell for cell in code if cell.defines(exercise.name)] or code
    if not about and named:
        return named[-1], _several(named) or (
            f"Its own cell has lost its mark; cell {named[-1].number}, which makes "
            f"{exercise.name}, is taken for it."
        )
    if about:
        return about[-1], _several(about)
    if marked:
        return None, (
            f"Its cell (number {marked[-1].number}) is a cell of text now, so it does not run. "
            "Make it a cell of code again."
        )
    return None, (
        "Its cell is not in the notebook. Copy it from the course's own notebook, or write "
        f"{exercise.name} in a new cell."
    )


def _several(cells: list[HandedIn]) -> str:
    if len({cell.source for cell in cells}) < 2:
        return ""
    numbers = [str(cell.number) for cell in cells]
    listed = f"{', '.join(numbers[:-1])} and {numbers[-1]}"
    return f"There are {len(cells)} different cells for it ({listed}). The last one counts."


def _changed_check(exercise: Exercise, cells: tuple[HandedIn, ...], official: str) -> str:
    mark = f"{grade_id(exercise.id)}-check"
    theirs = [cell for cell in cells if mark == cell.grade_id or cell.id == exercise.check]
    if theirs and all(cell.source.strip() != official.strip() for cell in theirs):
        return "Its check was changed in the notebook. The course's own check was used."
    return ""


def _tag(cell: Any, tag: str) -> None:
    cell.metadata["tags"] = [*cell.metadata.get("tags", []), tag]


def defined_names(source: str) -> set[str]:
    """The names that a cell makes at its left margin, even if it does not parse."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        found = re.finditer(r"^(?:def\s+(\w+)|(\w+)\s*=(?!=))", source, re.MULTILINE)
        return {each[1] or each[2] for each in found}
    names: set[str] = set()
    for statement in tree.body:
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                names.add(name)
            case ast.ClassDef(name=name):
                names.add(name)
            case ast.Import(names=imported) | ast.ImportFrom(names=imported):
                names |= {(each.asname or each.name).partition(".")[0] for each in imported}
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                names |= {
                    node.id
                    for node in ast.walk(statement)
                    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
                }
    return names
