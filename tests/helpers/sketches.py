"""What a module of states says of its transitions: in its docstring, by type hints, in a trace."""

import re
import types
import typing
from collections.abc import Iterator
from types import ModuleType

from in_memory import Pair, other

from tlslab.connection.context import State
from tlslab.trace import Message, StateEntered
from tlslab.wire.framing import ChangeCipherSpec

Transition = tuple[str, str]


def sketched(module: ModuleType) -> set[Transition]:
    """(message, next state) for each line of the docstring with an arrow."""
    lines = re.findall(r"^  (\w+) +► (\w+)", module.__doc__ or "", re.MULTILINE)
    assert len(lines) == len(set(lines))
    return set(lines)


def states(module: ModuleType) -> list[type[State]]:
    """The states of a module, in its order; one with a leading underscore is none of them."""
    found = [
        each
        for name, each in vars(module).items()
        if isinstance(each, type)
        and issubclass(each, State)
        and each.__module__ == module.__name__
        and not name.startswith("_")
    ]
    assert found
    return found


def members(hint: object) -> set[type]:
    """The types of a union, or the one type."""
    return set(typing.get_args(hint)) if isinstance(hint, types.UnionType) else {hint}


def hinted(state: type[State]) -> tuple[set[type], set[type]]:
    """The messages that `step` takes and the states that it gives, by its type hints."""
    hints = typing.get_type_hints(state.step)
    (message,) = (hint for name, hint in hints.items() if name not in ("context", "return"))
    return members(message), members(hints["return"])


def accepted(state: type[State]) -> set[type]:
    """The messages that it says it accepts."""
    accepts: set[type] = set(state.ACCEPTS.values())
    return accepts | ({ChangeCipherSpec} if state.CHANGE_CIPHER_SPEC else set())


def observed(role: str, pair: Pair) -> Iterator[Transition]:
    """(message, state) wherever a received message led to another state."""
    last, state = "", ""
    for event in pair.traces[role]:
        if isinstance(event, Message) and event.sender == other(role):
            last = event.name
        elif isinstance(event, StateEntered):
            if last and event.name != state:
                yield "".join(map(str.capitalize, last.split("_"))), event.name
            last, state = "", event.name
