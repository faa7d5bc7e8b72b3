"""The sketches of the state machine in the documentation are the state machine."""

import re
import typing
from collections.abc import Iterator

import pytest
from in_memory import (
    ASKS,
    GCM,
    Pair,
    credential,
    resumption,
)
from sketches import Transition, accepted, hinted, members, observed, sketched, states
from stapling import stapling

from tlslab.connection import negotiation
from tlslab.connection.session import TicketKeys
from tlslab.lab.randomness import SeededRandom
from tlslab.tls12 import client, resumed_client, resumed_server, server
from tlslab.wire.framing import HandshakeMessage
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


def name_of(message: type) -> str:
    """As RFC 5246 calls the message, without the key exchange that ours says too."""
    return re.sub("(RSA|ECDHE|DHE)$", "", message.__name__)


@every_module
def test_the_type_hints_of_step_are_the_messages_that_a_state_accepts(module: str):
    for state in states(MODULES[module]):
        takes, _ = hinted(state)
        assert takes == accepted(state), state.__name__
        for msg_type, message in {**state.ACCEPTS, **state.IGNORES}.items():
            assert message.msg_type is msg_type


@every_module
def test_the_sketch_has_exactly_the_transitions_of_the_type_hints(module: str):
    drawn = sketched(MODULES[module])
    messages = {name_of(first) for first in FIRST[module].ACCEPTS.values()}
    reached = set()
    possible: set[Transition] = set()
    for state in states(MODULES[module]):
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


@every_module
def test_the_sketch_has_exactly_the_transitions_of_a_handshake(module: str):
    role = module.removeprefix("resumed_")
    seen: set[Transition] = set()
    for pair in resumed_pairs() if module != role else full_pairs():
        seen |= {*observed(role, pair.connected())}
    assert seen == sketched(MODULES[module])


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
    names = [FIRST[module].__name__, *(state.__name__ for state in states(MODULES[module]))]
    positions = [text.index(name) for name in names]
    assert positions == sorted(positions)


@every_module
def test_only_the_last_state_lets_application_data_through(module: str):
    last = [state.__name__ for state in states(MODULES[module]) if state.APPLICATION_DATA]
    assert last == ([] if module.startswith("resumed") else ["Connected"])
    assert not FIRST[module].APPLICATION_DATA


def test_every_message_that_is_accepted_knows_its_type():
    for module in MODULES:
        for state in (FIRST[module], *states(MODULES[module])):
            for message in state.ACCEPTS.values():
                assert issubclass(message, HandshakeMessage)
