"""Which functions are the learner's own, and how a later notebook calls them."""

from collections.abc import Callable
from typing import Any

from tlslab.errors import LocalError
from tlslab.lab import my_tls
from tlslab.lab.checking import primitives
from tlslab.lab.exercises import exercises
from tlslab.view.tables import Table, counted

PART_2 = "09"
"""The first notebook that is not of part 1."""


def my_functions() -> Table:
    """Every function of part 1 that a handshake runs on, and whose it is.

    Raises LocalError if `my_tls.py` cannot be run.
    """
    mine = primitives().replaced
    rows = []
    for exercise in exercises().values():
        if exercise.primitive and exercise.id < PART_2:
            whose = "yours" if exercise.primitive in mine else "the reference"
            rows.append((exercise.id[:2], exercise.name, whose))
    place = my_tls.path()
    saved = place is not None and place.exists()
    notes = [
        f"{sum(whose == 'yours' for _, _, whose in rows)} of {counted(len(rows), 'function')} are "
        "yours.",
        f"They are in {place}." if saved else "There is no my_tls.py here: nothing was saved.",
    ]
    return Table(
        "Whose functions the handshakes run on",
        ("notebook", "function", "whose"),
        tuple(rows),
        frozenset({"function"}),
        tuple(notes),
    )


def my_function(name: str) -> Callable[..., Any]:
    """The function of an earlier notebook: the learner's if it passed, and the reference otherwise.

    name: such as "split_records". Functions of `Primitives` are in `lab.primitives()` too. Raises
    LocalError for a name that is no exercise, and if `my_tls.py` cannot be run.
    """
    for exercise in exercises().values():
        if exercise.name == name:
            return my_tls.functions().get(name, exercise.reference)
    known = ", ".join(exercise.name for exercise in exercises().values())
    raise LocalError(f"no exercise asks for a function called {name!r}; they ask for: {known}")
