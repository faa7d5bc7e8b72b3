"""The exercises of the course: a module for each notebook, found by its name, such as n05."""

import importlib
import pkgutil
from functools import cache

from tlslab.errors import LocalError
from tlslab.lab.exercises.exercise import Answer, Case, Exercise, Mistake, Refusal

__all__ = ["Answer", "Case", "Exercise", "Mistake", "Refusal", "answers", "exercises", "find"]


@cache
def exercises() -> dict[str, Exercise]:
    """Every function to write, by its id, in the order of the course."""
    return {each.id: each for module in _modules() for each in getattr(module, "EXERCISES", ())}


@cache
def answers() -> dict[str, Answer]:
    """Every value to find, by its id, in the order of the course."""
    return {each.id: each for module in _modules() for each in getattr(module, "ANSWERS", ())}


def find(id: str) -> Exercise | Answer:
    """The exercise with this id. Raises LocalError, which lists those that there are."""
    known: dict[str, Exercise | Answer] = {**exercises(), **answers()}
    if id not in known:
        raise LocalError(f"there is no exercise {id!r}; there are: {', '.join(sorted(known))}")
    return known[id]


@cache
def _modules() -> tuple[object, ...]:
    names = sorted(info.name for info in pkgutil.iter_modules(__path__))
    return tuple(
        importlib.import_module(f"{__name__}.{name}") for name in names if name.startswith("n")
    )
