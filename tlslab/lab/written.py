"""A learner's function in the cells below it, whether it is written yet or not."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def written(function: Callable[P, R], *, otherwise: Callable[P, R]) -> Callable[P, R]:
    """`function`; where it raises NotImplementedError, `otherwise` stands in for it.

    For functions that are no `Primitives`: these stand in for each other by themselves.
    """

    def either(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except NotImplementedError:
            return otherwise(*args, **kwargs)

    return either
