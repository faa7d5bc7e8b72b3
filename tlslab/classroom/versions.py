"""The two notebooks of a source: the learner's, and the teacher's with the solutions."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from enum import Enum
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from tlslab.classroom.source import Cell

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}
NEW_CELL = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}


class Version(Enum):
    """Whom a notebook is for; the value is its folder within that of the notebooks."""

    LEARNER = ""
    TEACHER = "solutions"

    def target(self, folder: Path, name: str) -> Path:
        """Where the notebook called `name` is stored."""
        return folder / self.value / f"{name}.ipynb"


def notebook_of(cells: Iterable[Cell], version: Version) -> Any:
    """A notebook that has not been executed yet.

    A cell has the same id in both versions. It comes from what the learner's cell says, and from
    nothing else.
    """
    seen: Counter[str] = Counter()
    made = []
    for cell in cells:
        content = f"{cell.cell_type}\n{cell.learner_text}"
        digest = hashlib.sha256(content.encode()).hexdigest()[:8]
        seen[digest] += 1
        made.append(
            NEW_CELL[cell.cell_type](
                cell.text if version is Version.TEACHER else cell.learner_text,
                id=digest if seen[digest] == 1 else f"{digest}-{seen[digest]}",
                metadata=cell_metadata(cell),
            )
        )
    return new_notebook(cells=made, metadata=nbformat.from_dict(METADATA))


def cell_metadata(cell: Cell) -> dict[str, Any]:
    """The tags of a cell, and what nbgrader wants to know of it."""
    metadata: dict[str, Any] = {}
    if cell.tags:
        metadata["tags"] = list(cell.tags)
    if cell.exercise is not None:
        metadata["nbgrader"] = nbgrader(grade_id(cell.exercise), solution=True)
    elif cell.check is not None:
        metadata["nbgrader"] = nbgrader(f"{grade_id(cell.check)}-check", points=cell.points)
    return metadata


def nbgrader(name: str, *, solution: bool = False, points: float | None = None) -> dict[str, Any]:
    """A cell's metadata in version 3 of nbgrader's schema; one that has points is graded."""
    graded = {} if points is None else {"points": points}
    return graded | {
        "grade": points is not None,
        "grade_id": name,
        "locked": points is not None,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }


def grade_id(exercise: str) -> str:
    """The exercise's name in nbgrader: "05.prf" is "05-prf", since it refuses a dot."""
    return exercise.replace(".", "-")
