"""Every function that a learner may replace, on one object.

The methods are the exercises of the course; each is the reference unless replaced:

    mine = Primitives().using(prf=my_prf)

`mine.master_secret` then calls `my_prf`, and a connection configured with `mine` runs on it.
Nothing global changes. A function that raises NotImplementedError counts as "not written yet": the
reference stands in.
"""

from collections.abc import Callable
from typing import Any

from tlslab.errors import LocalError
from tlslab.primitives.tls12 import Tls12Functions
from tlslab.primitives.tls13 import Tls13Functions


class Primitives(Tls13Functions):
    """The reference functions, or a copy with some of them replaced (see `using`)."""

    def using(self, **functions: Callable[..., Any]) -> "Primitives":
        """A copy in which the named functions are replaced; this object stays as it is.

        Raises LocalError for a name that is none of the primitives.
        """
        copy = Primitives()
        copy.__dict__.update(self.__dict__)
        for name, function in functions.items():
            if name not in NAMES:
                raise LocalError(f"there is no primitive {name!r}; there are: {', '.join(NAMES)}")
            copy.__dict__[name] = _or_reference(function, getattr(copy, name))
        return copy

    @property
    def replaced(self) -> tuple[str, ...]:
        """The names of what is not the reference, in the order of the course."""
        return tuple(name for name in NAMES if name in self.__dict__)

    def without(self, *names: str) -> "Primitives":
        """A copy in which these are the reference again."""
        copy = Primitives()
        copy.__dict__.update({k: v for k, v in self.__dict__.items() if k not in names})
        return copy

    def __repr__(self) -> str:
        return f"<Primitives: {', '.join(sorted(self.replaced)) or 'none replaced'}>"


NAMES: tuple[str, ...] = tuple(
    name
    for functions in (Tls12Functions, Tls13Functions)
    for name in vars(functions)
    if not name.startswith("_")
)
"""The names of all primitives, in the order of the course."""

REFERENCE = Primitives()
"""The primitives with nothing replaced."""


def _or_reference(
    function: Callable[..., Any], reference: Callable[..., Any]
) -> Callable[..., Any]:
    def stand_in(*args: Any) -> Any:
        try:
            return function(*args)
        except NotImplementedError:
            return reference(*args)

    return stand_in
