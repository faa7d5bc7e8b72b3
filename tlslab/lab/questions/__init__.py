"""The small questions at the end of the notebooks: a module for each, found by its name (q05)."""

import importlib
import pkgutil
from typing import cast

from tlslab.errors import LocalError
from tlslab.view.quiz import Question, Quiz


def questions(notebook: str) -> Quiz:
    """The questions of a notebook, by its number, such as "05". Raises LocalError for any other."""
    if notebook not in numbers():
        raise LocalError(
            f"there are no questions {notebook!r}; there are some for {', '.join(numbers())}"
        )
    return Quiz(questions_of(notebook))


def questions_of(notebook: str) -> tuple[Question, ...]:
    """The same as data."""
    module = importlib.import_module(f"{__name__}.q{notebook}")
    return cast(tuple[Question, ...], module.QUESTIONS)


def numbers() -> list[str]:
    """The notebooks that have questions."""
    names = sorted(info.name for info in pkgutil.iter_modules(__path__))
    return [name[1:] for name in names if name.startswith("q")]
