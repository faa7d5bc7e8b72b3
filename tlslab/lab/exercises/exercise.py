"""What an exercise consists of: the right function, cases to try it on, and known wrong answers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tlslab.errors import AlertName, ProtocolError
from tlslab.lab.configs import Seed

SeededBytes = Callable[[str, int], bytes]
"""draw(name, length): the same bytes each time, others for each name."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The expected outcome where a ProtocolError has to be raised, with one of these alerts."""

    alerts: tuple[AlertName, ...]

    def fits(self, error: object) -> bool:
        """Whether this error is what is expected."""
        return isinstance(error, ProtocolError) and error.alert in self.alerts

    def __str__(self) -> str:
        return f"ProtocolError with the alert {' or '.join(self.alerts)}"


def refused(*alerts: AlertName) -> Refusal:
    """A refusal with one of these alerts."""
    return Refusal(alerts)


@dataclass(frozen=True, slots=True)
class Case:
    """Arguments to call a function with, and what has to come out.

    what: the case in words. expected: a value that somebody published, or the class of an exception
    that has to be raised, or a Refusal; None where the reference says it.
    """

    what: str
    arguments: tuple[Any, ...]
    expected: Any = None


@dataclass(frozen=True, slots=True)
class Mistake:
    """A known wrong answer. function: what who makes it returns, for the same arguments."""

    sentence: str
    function: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Exercise:
    """A function that the learner writes.

    id: the notebook's number and the function's name, such as "05.prf". hints: each says more than
    the one before, and none is the solution. primitive: the name in `Primitives` under which a
    function that passes is installed; empty for one that no handshake calls.
    """

    id: str
    reference: Callable[..., Any]
    cases: Callable[[SeededBytes], Iterable[Case]]
    mistakes: tuple[Mistake, ...]
    hints: tuple[str, ...]
    section: str
    primitive: str = ""

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.id.partition(".")[2]


@dataclass(frozen=True, slots=True)
class Answer:
    """A value that the learner finds. It depends on a seed, which is another for each learner.

    mistakes: sentences, each with what somebody who makes that mistake finds.
    """

    id: str
    expected: Callable[[Seed], Any]
    mistakes: tuple[tuple[str, Callable[[Seed], Any]], ...]
    hints: tuple[str, ...]
