"""The source of a notebook: its cells, which of them are exercises, and what is wrong with it.

    # %% exercise="05.prf"
    def prf(secret, label, seed, length, hash_name):
        ### BEGIN SOLUTION
        return p_hash(secret, label + seed, length, hash_name)
        ### END SOLUTION

    # %% check="05.prf" points=2
    lab.check(prf)

In the learner's text, what stands between the markers is `raise NotImplementedError`. At the left
margin, where that would stop the notebook, nothing stands in its place: above the markers is what
the learner changes, such as `client_random = None`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import jupytext
import nbformat

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"
STUB = "raise NotImplementedError"

ATTRIBUTES = {"tags", "exercise", "check", "points"}
"""What the header of a cell may say."""

NOTED_BY_JUPYTEXT = {"cell_marker", "lines_to_end_of_cell_marker", "lines_to_next_cell"}
HEADER = re.compile(r"#\s*%%(%*\s|$)")
BLANK_LINES = re.compile(r"\A([ \t]*\n)+")
IDENTIFIER = re.compile(r"(?P<number>[0-9]{2})\.[A-Za-z_][A-Za-z0-9_]*")
ALMOST_A_MARKER = re.compile(r"\s*#+\s*(BEGIN|END)[\s_-]*SOLUTIONS?\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a source; `line` is that of its header. `text` is the teacher's."""

    line: int
    cell_type: str
    text: str
    learner_text: str
    tags: tuple[str, ...] = ()
    exercise: str | None = None
    check: str | None = None
    points: float = 1

    @property
    def has_solution(self) -> bool:
        return self.text != self.learner_text


class Problem(NamedTuple):
    """What is wrong, and in which line of the source."""

    line: int
    sentence: str


class SourceError(Exception):
    """A source from which no notebook can be built: one line for each problem, with its place."""

    def __init__(self, path: Path, problems: list[Problem]) -> None:
        super().__init__(
            "\n".join(f"{path.name}, line {line}: {text}" for line, text in sorted(problems))
        )


def read_source(path: Path) -> list[Cell]:
    """The cells of a source. Raises SourceError, with every problem that was found."""
    text = path.read_text("utf-8")
    lines = text.split("\n")
    try:
        read = jupytext.reads(text, fmt="py:percent").cells
    except nbformat.ValidationError as error:
        unread = f"a header that jupytext cannot read: {error.message}"
        raise SourceError(path, [Problem(1, unread)]) from error
    if not read:
        raise SourceError(path, [Problem(1, "there is no cell")])
    headers = header_lines(lines)
    if len(headers) != len(read):
        # Then no line could be named, and a marker could be missed.
        stray = "this `# %%` begins no cell (is it within a string?), or one before it is missing"
        raise SourceError(path, [Problem(first_stray(headers, lines, read), stray)])
    problems: list[Problem] = []
    cells = [
        read_cell(cell, line, lines, problems) for cell, line in zip(read, headers, strict=True)
    ]
    problems += problems_of_exercises(cells, path.stem.partition("_")[0])
    if problems:
        raise SourceError(path, problems)
    return cells


def header_lines(lines: list[str]) -> list[int]:
    """The number of the line in which each cell begins; what stands above the first header too."""
    headers = [number for number, line in enumerate(lines, 1) if HEADER.match(line)]
    before = lines[: headers[0] - 1] if headers else lines
    return [1, *headers] if any(line.strip() for line in before) else headers or [1]


def first_stray(headers: list[int], lines: list[str], read: list[Any]) -> int:
    """The first header whose next line is not that of the cell which it should begin."""
    for line, cell in zip(headers, read, strict=False):
        if not lines[first_line(line, lines) - 1].endswith(
            BLANK_LINES.sub("", cell.source).split("\n")[0]
        ):
            return line
    return headers[-1]


def first_line(line: int, lines: list[str]) -> int:
    """Where the text of a cell begins, by the line of its header."""
    first = line + 1 if HEADER.match(lines[line - 1]) else line
    while first < len(lines) and not lines[first - 1].strip():
        first += 1
    return min(first, len(lines))


def read_cell(cell: Any, line: int, lines: list[str], problems: list[Problem]) -> Cell:
    """A cell as jupytext read it, with its line, and with the text that the learner gets."""
    attributes = {k: v for k, v in cell.metadata.items() if k not in NOTED_BY_JUPYTEXT}
    problems += [Problem(line, sentence) for sentence in wrong_attributes(attributes)]
    text = BLANK_LINES.sub("", cell.source)
    return Cell(
        line,
        cell.cell_type,
        text,
        without_solutions(text, first_line(line, lines), problems),
        tuple(attributes.get("tags", ())),
        str(attributes["exercise"]) if "exercise" in attributes else None,
        str(attributes["check"]) if "check" in attributes else None,
        attributes.get("points", 1),
    )


def wrong_attributes(attributes: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the header of one cell."""
    if unknown := sorted(attributes.keys() - ATTRIBUTES):
        known = ", ".join(sorted(ATTRIBUTES))
        yield f'{", ".join(unknown)}: a header has {known}, written as in exercise="05.prf"'
    if "points" in attributes:
        points = attributes["points"]
        if "check" not in attributes:
            yield "points belong to the check of an exercise"
        if type(points) not in (int, float) or points <= 0:
            yield f"points={points!r} is not a number above 0"


def without_solutions(text: str, first: int, problems: list[Problem]) -> str:
    """The text of a cell for the learner.

    first: number of the text's first line in the source. problems: what is wrong is added here.
    """
    kept: list[str] = []
    opened: int | None = None
    empty = True
    for number, line in enumerate(text.split("\n"), first):
        match line.strip():
            case str(marker) if marker == BEGIN:
                if opened:
                    within = f"the solution of line {opened} is still open"
                    problems.append(Problem(number, f"{BEGIN}, but {within}"))
                opened, empty = number, True
                if indentation := line[: line.index(BEGIN)]:
                    kept.append(indentation + STUB)
            case str(marker) if marker == END:
                if not opened:
                    problems.append(Problem(number, f"{END} without {BEGIN} before it"))
                elif empty:
                    problems.append(Problem(opened, "the solution is empty"))
                opened = None
            case str(other) if ALMOST_A_MARKER.match(other):
                problems.append(Problem(number, f"a marker is written {BEGIN} or {END}"))
            case str(other) if opened:
                empty = empty and (not other or other.startswith("#"))
            case _:
                kept.append(line)
    if opened:
        problems.append(Problem(opened, f"{BEGIN} without {END} in its cell"))
    return "\n".join(kept)


def problems_of_exercises(cells: list[Cell], number: str) -> Iterator[Problem]:
    """What is wrong with the exercises and checks of the notebook with this number."""
    exercises: dict[str, int] = {}
    checks: dict[str, int] = {}
    for cell in cells:
        if cell.exercise is not None:
            yield from problems_of_identifier(cell, "exercise", cell.exercise, exercises, number)
            if not cell.has_solution:
                yield Problem(cell.line, f"exercise {cell.exercise} has no solution")
            elif not any(is_code(line) for line in cell.learner_text.split("\n")):
                nothing = "has nothing outside its solution: the learner's cell would be empty"
                yield Problem(cell.line, f"exercise {cell.exercise} {nothing}")
        elif cell.has_solution:
            yield Problem(cell.line, 'a solution in a cell that is no exercise="…"')
        if cell.check is not None:
            yield from problems_of_identifier(cell, "check", cell.check, checks, number)
            if cell.exercise is not None:
                yield Problem(cell.line, "a cell is an exercise or a check, not both")
    for name, line in exercises.items():
        if checks.get(name, 0) <= line:
            yield Problem(line, f'exercise {name} has no cell check="{name}" after it')
    for name, line in checks.items():
        if name not in exercises:
            yield Problem(line, f"check {name}: there is no exercise of this name")


def problems_of_identifier(
    cell: Cell, what: str, name: str, seen: dict[str, int], number: str
) -> Iterator[Problem]:
    """What is wrong with the name of an exercise or check. Enters it in `seen`, with its line."""
    found = IDENTIFIER.fullmatch(name)
    if not found:
        yield Problem(cell.line, f'{what}={name!r} is not a name such as "{number}.prf"')
    elif found["number"] != number:
        yield Problem(cell.line, f"{what} {name} is in notebook {number}")
    if cell.cell_type != "code":
        yield Problem(cell.line, f"{what} {name} is not a cell of code")
    if name in seen:
        yield Problem(cell.line, f"{what} {name} is there twice: in line {seen[name]} too")
    seen.setdefault(name, cell.line)


def is_code(line: str) -> bool:
    """Whether a line is neither blank nor a comment."""
    return bool(line.strip()) and not line.lstrip().startswith("#")
