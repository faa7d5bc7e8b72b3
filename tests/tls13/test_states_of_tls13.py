"""The sketches of the state machine in the documentation are the state machine."""

import re
import typing
from collections.abc import Iterator
from functools import cache

import pytest
from in_memory import ASKS, SIDES, Pair, credential
from sketches import Transition, accepted, hinted, members, observed, sketched, states
from tls13_pairs import resuming, retrying, setup
from tls13_states import AFTER_HANDSHAKE, HANDSHAKE, PLACES

from tlslab.connection import negotiation
from tlslab.connection.context import State
from tlslab.tls13 import client, client_connected, server, server_connected
from tlslab.wire.framing import HandshakeMessage
from tlslab.wire.hello import ClientHello, ServerHello
from tlslab.wire.registry import ProtocolVersion

MODULES = {"client": client, "server": server, "server_connected": server_connected}
FIRST: dict[str, type[State]] = {
    "client": negotiation.WaitServerHello,
    "server": negotiation.WaitClientHello,
    "server_connected": server_connected.Connected,
}
USER = {"credential": credential("client-ecdsa")}
every_module = pytest.mark.parametrize("module", MODULES)


def names_of(messages: set[type], state: type[State]) -> set[str]:
    """As RFC 8446 calls them: a ServerHello may be a HelloRetryRequest, unless one was there."""
    names = {message.__name__ for message in messages}
    return names - {"HelloRetryRequest"} if state is client.WaitServerHelloAgain else names


def transitions(module: str) -> set[Transition]:
    """What the type hints allow. Asking, and what stays where it is, are no transitions."""
    possible: set[Transition] = set()
    for state in states(MODULES[module]):
        takes, gives = hinted(state)
        possible |= {
            (name, after.__name__)
            for name in names_of(takes, state)
            for after in gives - {state}
            if name != "KeyUpdate"
        }
    if module == "server":
        starts = members(typing.get_type_hints(server.start)["return"])
        possible |= {(ClientHello.__name__, start.__name__) for start in starts}
    if module == "client":
        possible |= {
            ("HelloRetryRequest", "WaitServerHelloAgain"),
            (ServerHello.__name__, "WaitEncryptedExtensions"),
        }
    return possible


@every_module
def test_the_type_hints_of_step_are_the_messages_that_a_state_accepts(module: str):
    for state in states(MODULES[module]):
        takes, _ = hinted(state)
        forms = {ServerHello} if state is client.WaitServerHelloAgain else takes
        assert forms == accepted(state), state.__name__
        assert not state.IGNORES
        for msg_type, message in state.ACCEPTS.items():
            assert issubclass(message, HandshakeMessage)
            assert message.msg_type is msg_type


@every_module
def test_the_sketch_has_exactly_the_transitions_of_the_type_hints(module: str):
    drawn, possible = sketched(MODULES[module]), transitions(module)
    assert drawn <= possible
    assert {message for message, _ in drawn} == {message for message, _ in possible}
    assert {after for _, after in drawn} == {after for _, after in possible}


@every_module
def test_the_sketch_has_exactly_the_transitions_of_a_handshake(module: str):
    seen: set[Transition] = set()
    for pair in handshakes():
        all_of_it = [*observed(module.removesuffix("_connected"), pair)]
        end = [after for _, after in all_of_it].index("Connected") + 1
        seen |= {*(all_of_it[end:] if module == "server_connected" else all_of_it[:end])}
    assert seen == sketched(MODULES[module])


@cache
def handshakes() -> tuple[Pair, ...]:
    return tuple(pair.connected() for pair in traced()) + tuple(asked_later())


def traced() -> Iterator[Pair]:
    for asked in ({}, ASKS):
        for known in ({}, USER):
            yield Pair(**setup(server=asked, client=known), traced=True)
    yield Pair(**retrying(), traced=True)
    yield Pair(**resuming(), traced=True)
    yield Pair(**resuming(early_data=b"early"), traced=True)


def asked_later() -> Iterator[Pair]:
    for known in ({}, USER):
        made = setup(server=ASKS, client={**known, "post_handshake_auth": True})
        pair = Pair(**made, traced=True).connected()
        pair.server.request_certificate()
        pair.carry()
        yield pair


@every_module
def test_the_sketch_names_every_state(module: str):
    words = set(re.findall(r"\w+", MODULES[module].__doc__ or ""))
    assert words >= {FIRST[module].__name__, *(state.__name__ for state in states(MODULES[module]))}


def test_only_states_behind_the_handshake_let_application_data_through():
    for state in (*states(client), *states(server)):
        assert not state.APPLICATION_DATA
        assert state.EARLY_DATA is (state is server.WaitEndOfEarlyData)
    for state in (*states(client_connected), *states(server_connected)):
        assert state.APPLICATION_DATA
        assert not state.EARLY_DATA


def test_a_change_cipher_spec_is_dropped_during_the_handshake_and_at_no_other_time():
    modules = (client, client_connected, server, server_connected)
    for state in (each for module in modules for each in states(module)):
        assert state.DROPS_CHANGE_CIPHER_SPEC is not state.APPLICATION_DATA, state.__name__
    drops = {p.state: p.reach()[p.role].state.DROPS_CHANGE_CIPHER_SPEC for p in PLACES[:1]}
    assert drops == {"WaitServerHello": True}
    assert not negotiation.WaitClientHello.DROPS_CHANGE_CIPHER_SPEC


def test_a_client_of_tls12_alone_drops_no_change_cipher_spec():
    pair = Pair(client={"max_version": ProtocolVersion.TLSv1_2})
    assert not pair.client.state.DROPS_CHANGE_CIPHER_SPEC


def test_the_places_of_the_other_tests_are_all_the_states_there_are():
    reached = {role: {p.state for p in PLACES if p.role == role} for role in SIDES}
    assert reached["client"] == {
        "WaitServerHello",
        *(s.__name__ for s in (*states(client), *states(client_connected))),
    }
    assert reached["server"] == {
        "WaitClientHello",
        *(s.__name__ for s in (*states(server), *states(server_connected))),
    }
    assert {*HANDSHAKE} | {*AFTER_HANDSHAKE} == {*PLACES}


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_state_accepts_what_the_rfc_lets_it_wait_for(place):
    state = place.reach()[place.role].state
    assert set(state.ACCEPTS) == place.waits_for
