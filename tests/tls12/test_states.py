"""The sketches of the state machine in the documentation are the state machine."""

import re
import types
import typing
from collections.abc import Iterator

import pytest
from in_memory import (
    CERTIFICATE_REQUEST,
    GCM,
    Pair,
    handshake_record,
    other,
    records,
)

from tlslab.connection import negotiation
from tlslab.connection.context import State
from tlslab.tls12 import client, server
from tlslab.trace import Message, StateEntered
from tlslab.wire.framing import ChangeCipherSpec, HandshakeMessage

MODULES = {"client": client, "server": server}
FIRST = {"client": negotiation.WaitServerHello, "server": negotiation.WaitClientHello}
both_sides = pytest.mark.parametrize("role", MODULES)

Transition = tuple[str, str]


def sketched(role: str) -> set[Transition]:
    """(message, next state) for each line of the docstring with an arrow."""
    lines = re.findall(r"^  (\w+) +► (\w+)", MODULES[role].__doc__ or "", re.MULTILINE)
    assert len(lines) == len(set(lines))
    return set(lines)


def states(role: str) -> list[type[State]]:
    module = MODULES[role]
    found = [
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, State) and each.__module__ == module.__name__
    ]
    assert found
    return found


def members(hint: object) -> set[type]:
    return set(typing.get_args(hint)) if isinstance(hint, types.UnionType) else {hint}


def hinted(state: type[State]) -> tuple[set[type], set[type]]:
    """The messages that `step` takes and the states that it gives, by its type hints."""
    hints = typing.get_type_hints(state.step)
    (message,) = (hint for name, hint in hints.items() if name not in ("context", "return"))
    return members(message), members(hints["return"])


def name_of(message: type) -> str:
    """As RFC 5246 calls the message, without the key exchange that ours says too."""
    return message.__name__.removesuffix("RSA")


@both_sides
def test_the_type_hints_of_step_are_the_messages_that_a_state_accepts(role: str):
    for state in states(role):
        takes, _ = hinted(state)
        accepts: set[type] = set(state.ACCEPTS.values())
        if state.CHANGE_CIPHER_SPEC:
            accepts.add(ChangeCipherSpec)
        assert takes == accepts, state.__name__
        for msg_type, message in {**state.ACCEPTS, **state.IGNORES}.items():
            assert message.msg_type is msg_type


@both_sides
def test_the_sketch_has_exactly_the_transitions_of_the_type_hints(role: str):
    drawn = sketched(role)
    messages = {name_of(first) for first in FIRST[role].ACCEPTS.values()}
    reached = set()
    possible: set[Transition] = set()
    for state in states(role):
        takes, gives = hinted(state)
        gives = gives - {state}  # what stays where it is, is not drawn
        if gives:
            messages |= {name_of(message) for message in takes}
            reached |= {after.__name__ for after in gives}
            possible |= {(name_of(m), after.__name__) for m in takes for after in gives}
    start = typing.get_type_hints(MODULES[role].start)["return"].__name__
    reached.add(start)
    possible |= {(name_of(first), start) for first in FIRST[role].ACCEPTS.values()}
    assert {message for message, _ in drawn} == messages
    assert {after for _, after in drawn} == reached
    assert drawn <= possible


def observed(role: str, pair: Pair) -> Iterator[Transition]:
    """(message, state) wherever a received message led to another state."""
    last = ""
    for event in pair.traces[role]:
        if isinstance(event, Message) and event.sender == other(role):
            last = event.name
        elif isinstance(event, StateEntered) and last:
            yield "".join(map(str.capitalize, last.split("_"))), event.name


@both_sides
def test_the_sketch_has_exactly_the_transitions_of_a_handshake(role: str):
    plain = Pair(GCM, traced=True).connected()
    asked = Pair(GCM, traced=True)
    asked.give("server", asked.take("client"))
    *flight, done = map(bytes, records(asked.take("server")))
    request = handshake_record(CERTIFICATE_REQUEST.encode_handshake())
    asked.give("client", b"".join(flight) + request + done)
    seen = {*observed(role, plain), *observed(role, asked)}
    if role == "client":
        # The sketch draws both ways through ServerHelloDone as one line.
        assert ("CertificateRequest", "WaitServerHelloDone") in seen
    assert seen == sketched(role)


@both_sides
def test_the_sketch_names_every_state_in_order(role: str):
    text = MODULES[role].__doc__ or ""
    names = [FIRST[role].__name__, *(state.__name__ for state in states(role))]
    positions = [text.index(name) for name in names]
    assert positions == sorted(positions)


@both_sides
def test_only_the_last_state_lets_application_data_through(role: str):
    assert [state.__name__ for state in states(role) if state.APPLICATION_DATA] == ["Connected"]
    assert not FIRST[role].APPLICATION_DATA


def test_every_message_that_is_accepted_knows_its_type():
    for role in MODULES:
        for state in (FIRST[role], *states(role)):
            for message in state.ACCEPTS.values():
                assert issubclass(message, HandshakeMessage)
