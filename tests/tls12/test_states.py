"""The sketches of the state machine in the documentation are the state machine."""

import re
import types
import typing
from collections.abc import Iterator

import pytest
from in_memory import (
    ASKS,
    GCM,
    Pair,
    credential,
    other,
    resumption,
)
from stapling import stapling

from tlslab.connection import negotiation
from tlslab.connection.context import State
from tlslab.connection.session import TicketKeys
from tlslab.lab.randomness import SeededRandom
from tlslab.tls12 import client, resumed_client, resumed_server, server
from tlslab.trace import Message, StateEntered
from tlslab.wire.framing import ChangeCipherSpec, HandshakeMessage
from tlslab.wire.registry import CipherSuite

ECDHE = CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
DHE = CipherSuite.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256
MODULES = {
    "client": client,
    "server": server,
    "resumed_client": resumed_client,
    "resumed_server": resumed_server,
}
FIRST = {
    name: negotiation.WaitServerHello if "client" in name else negotiation.WaitClientHello
    for name in MODULES
}
every_module = pytest.mark.parametrize("module", MODULES)

Transition = tuple[str, str]


def sketched(module: str) -> set[Transition]:
    """(message, next state) for each line of the docstring with an arrow."""
    lines = re.findall(r"^  (\w+) +► (\w+)", MODULES[module].__doc__ or "", re.MULTILINE)
    assert len(lines) == len(set(lines))
    return set(lines)


def states(module: str) -> list[type[State]]:
    code = MODULES[module]
    found = [
        each
        for each in vars(code).values()
        if isinstance(each, type) and issubclass(each, State) and each.__module__ == code.__name__
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
    return re.sub("(RSA|ECDHE|DHE)$", "", message.__name__)


@every_module
def test_the_type_hints_of_step_are_the_messages_that_a_state_accepts(module: str):
    for state in states(module):
        takes, _ = hinted(state)
        accepts: set[type] = set(state.ACCEPTS.values())
        if state.CHANGE_CIPHER_SPEC:
            accepts.add(ChangeCipherSpec)
        assert takes == accepts, state.__name__
        for msg_type, message in {**state.ACCEPTS, **state.IGNORES}.items():
            assert message.msg_type is msg_type


@every_module
def test_the_sketch_has_exactly_the_transitions_of_the_type_hints(module: str):
    drawn = sketched(module)
    messages = {name_of(first) for first in FIRST[module].ACCEPTS.values()}
    reached = set()
    possible: set[Transition] = set()
    for state in states(module):
        takes, gives = hinted(state)
        gives = gives - {state}  # what stays where it is, is not drawn
        if gives:
            messages |= {name_of(message) for message in takes}
            reached |= {after.__name__ for after in gives}
            possible |= {(name_of(m), after.__name__) for m in takes for after in gives}
    starts = {
        each.__name__ for each in members(typing.get_type_hints(MODULES[module].start)["return"])
    }
    reached |= starts
    possible |= {
        (name_of(first), start) for first in FIRST[module].ACCEPTS.values() for start in starts
    }
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


@every_module
def test_the_sketch_has_exactly_the_transitions_of_a_handshake(module: str):
    role = module.removeprefix("resumed_")
    seen: set[Transition] = set()
    for pair in resumed_pairs() if module != role else full_pairs():
        seen |= {*observed(role, pair.connected())}
    assert seen == sketched(module)


def full_pairs() -> Iterator[Pair]:
    keys = {"ticket_keys": TicketKeys(SeededRandom(1, "tickets"))}
    for suite in (GCM, ECDHE, DHE):
        yield Pair(suite, traced=True)
        staples = {"credentials": (stapling("server-rsa"), stapling("server-ecdsa"))}
        yield Pair(suite, traced=True, server=staples, client={"status_request": True})
        for client_ in ({}, {"session_tickets": True}):
            known = {"credential": credential("client-ecdsa"), **client_}
            yield Pair(suite, traced=True, server={**ASKS, **keys}, client=known)
    yield Pair(GCM, traced=True, server=keys, client={"session_tickets": True})


def resumed_pairs() -> Iterator[Pair]:
    for renews in (False, True):
        yield Pair(**resumption(renews=renews), traced=True)


@every_module
def test_the_sketch_names_every_state_in_order(module: str):
    text = MODULES[module].__doc__ or ""
    names = [FIRST[module].__name__, *(state.__name__ for state in states(module))]
    positions = [text.index(name) for name in names]
    assert positions == sorted(positions)


@every_module
def test_only_the_last_state_lets_application_data_through(module: str):
    last = [state.__name__ for state in states(module) if state.APPLICATION_DATA]
    assert last == ([] if module.startswith("resumed") else ["Connected"])
    assert not FIRST[module].APPLICATION_DATA


def test_every_message_that_is_accepted_knows_its_type():
    for module in MODULES:
        for state in (FIRST[module], *states(module)):
            for message in state.ACCEPTS.values():
                assert issubclass(message, HandshakeMessage)
