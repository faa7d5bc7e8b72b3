"""Which pre-shared keys a server goes on with, and when early data come with them (RFC 8446 §2.2).

A ticket that is no good is no error: a full handshake follows.
"""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from in_memory import ASKS, NOW, Pair, changed, credential, records, ticket_keys
from tls13_pairs import (
    AES_128,
    AES_256,
    CHACHA20,
    LATER,
    LIMIT,
    Setup,
    lies,
    resuming,
    retrying,
    session_from,
    setup,
)
from tls13_violations import drop

import tlslab
from tlslab.connection.config import ClientAuthentication
from tlslab.connection.context import TicketReceived
from tlslab.connection.session import AntiReplay, ExternalPSK, PSKSession, TicketKeys
from tlslab.errors import LocalError
from tlslab.lab.randomness import SeededRandom
from tlslab.tls13.messages import EncryptedExtensions, NewSessionTicket
from tlslab.tls13.psk import has_use_for_tickets
from tlslab.trace import Negotiated, SecretDerived
from tlslab.wire.extensions import EarlyDataIndication, PreSharedKeyClientHello
from tlslab.wire.hello import ClientHello, HelloRetryRequest
from tlslab.wire.registry import CipherSuite, ExtensionType, PskKeyExchangeMode

ALONE, WITH_SHARES = PskKeyExchangeMode.psk_ke, PskKeyExchangeMode.psk_dhe_ke
OUTSIDE = ExternalPSK(b"outside", bytes(range(32)))
USER = {"credential": credential("client-ecdsa")}
REQUIRED = {**ASKS, "client_authentication": ClientAuthentication.REQUIRED}


def done(pair: Pair, role: str = "server") -> tlslab.HandshakeCompleted:
    (event,) = (e for e in pair.events[role] if isinstance(e, tlslab.HandshakeCompleted))
    return event


def resumes(made: Setup) -> bool:
    """Whether the second connection goes on with the ticket; both sides agree on it."""
    pair = Pair(**made).connected()
    both = {done(pair, side).resumed for side in ("client", "server")}
    assert len(both) == 1
    return both.pop()


def offers(pair: Pair, kind: ExtensionType) -> bool:
    """Whether it is in the client's hello."""
    hello = ClientHello.decode(records(pair.take("client"))[0].fragment, None, 4)
    return kind in hello.extension_types()


def with_session(made: Setup, **changes: Any) -> Setup:
    """The client's session, changed."""
    session = replace(made["client"]["session"], **changes)
    return {**made, "client": {**made["client"], "session": session}}


def at(made: Setup, when: Any, *roles: str) -> Setup:
    """The second connection at another time."""
    clock = {"clock": lambda: when}
    return {
        role: {**made[role], **(clock if role in roles or not roles else {})}
        for role in ("client", "server")
    }


def test_a_good_ticket_is_gone_on_with():
    pair = Pair(**resuming()).connected()
    assert done(pair).resumed
    assert done(pair, "client").peer_certificates == credential("server-ecdsa").certificate_chain


@pytest.mark.parametrize("suite", [AES_128, AES_256, CHACHA20])
def test_with_every_suite(suite: CipherSuite):
    assert resumes(resuming(first={"cipher_suites": (suite,)}, client={"cipher_suites": (suite,)},
                            server={"cipher_suites": (suite,)}))  # fmt: skip


def test_any_suite_of_the_hash_will_do():
    assert resumes(
        resuming(
            client={"cipher_suites": (CHACHA20, AES_128)}, server={"cipher_suites": (CHACHA20,)}
        )
    )
    assert not resumes(
        resuming(client={"cipher_suites": (AES_128, AES_256)}, server={"cipher_suites": (AES_256,)})
    )


def test_each_ticket_has_a_key_of_its_own():
    pair = Pair(**resuming()).connected()
    first, second = (e.session for e in pair.events["client"] if isinstance(e, TicketReceived))
    assert first.psk != second.psk
    assert first.ticket != second.ticket
    assert first.age_add != second.age_add
    for session in (first, second):
        made = resuming()
        made["client"]["session"] = session
        assert resumes(made)


# --- a ticket that is no good


@pytest.mark.parametrize("position", [0, 20, -1])
def test_a_ticket_that_was_changed_is_unknown(position: int):
    made = resuming()
    ticket = bytearray(made["client"]["session"].ticket)
    ticket[position] ^= 1
    assert not resumes(with_session(made, ticket=bytes(ticket)))


@pytest.mark.parametrize("ticket", [b"?", bytes(16), bytes(200)])
def test_a_ticket_that_was_made_up_is_unknown(ticket: bytes):
    assert not resumes(with_session(resuming(), ticket=ticket))


def test_a_ticket_of_another_server_is_unknown():
    assert not resumes(resuming(server={"ticket_keys": TicketKeys(SeededRandom(2, "tickets"))}))
    assert not resumes(resuming(server={"ticket_keys": None}))


def test_a_ticket_for_another_name_is_unknown():
    """RFC 8446 §4.6.1: the client checks it too, so it is made to forget."""
    two = {"credentials": (credential("server-ecdsa"), credential("server-other"))}
    other_name = "other.tlslab.test"
    made = resuming(client={"server_name": other_name}, server=two)
    assert not resumes(with_session(made, server_name=other_name))
    assert not offers(Pair(**made), ExtensionType.pre_shared_key), "it is for the first name"


@pytest.mark.parametrize(
    ("age", "good"),
    [
        (timedelta(hours=23, minutes=59), True),
        (timedelta(hours=24), False),
        (timedelta(days=8), False),
        (timedelta(seconds=-1), False),
    ],
)
def test_a_ticket_is_good_for_a_day(age: timedelta, good: bool):
    keys = TicketKeys(SeededRandom(1, "tickets"), rotate_after=timedelta(days=30))
    made = resuming(server={"ticket_keys": keys})
    keys.sealing(NOW - timedelta(days=1))
    made = at(made, NOW + age)
    if age > timedelta(0):
        made = with_session(made, lifetime=timedelta(days=7))
        assert PSKSession.is_fresh(made["client"]["session"], NOW + age) is (age.days < 7)
    assert resumes(made) is good


def test_a_client_offers_no_ticket_that_is_too_old_or_from_tomorrow():
    for when in (NOW + timedelta(days=1), NOW + timedelta(days=8), NOW - timedelta(seconds=1)):
        assert not offers(Pair(**at(resuming(), when)), ExtensionType.pre_shared_key), when
    assert offers(Pair(**resuming()), ExtensionType.pre_shared_key)


def test_a_ticket_of_tls12_is_unknown():
    both = (CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,)
    keys = ticket_keys()
    old = setup(
        client={"cipher_suites": both, "session_tickets": True},
        server={"cipher_suites": both, "ticket_keys": keys},
    )
    session = done(Pair(**old).connected(), "client").session
    made = resuming(server={"ticket_keys": keys})
    assert not resumes(with_session(made, ticket=session.ticket))


def test_a_ticket_of_a_client_without_a_name_is_not_enough_where_one_is_required():
    keys = ticket_keys()
    anonymous = resuming(client=USER, server={**REQUIRED, "ticket_keys": keys})
    assert not resumes(anonymous)
    known = setup(client={**USER, "session_tickets": True}, server={**ASKS, "ticket_keys": keys})
    session = session_from(Pair(**known).connected())
    anonymous["client"]["session"] = session
    pair = Pair(**anonymous).connected()
    assert done(pair).resumed
    assert done(pair).peer_certificates == USER["credential"].certificate_chain


def test_a_client_that_wants_no_tickets_keeps_none():
    made = resuming(client={"session_tickets": False})
    pair = Pair(**made).connected()
    assert not [e for e in pair.events["client"] if isinstance(e, TicketReceived)]


def test_a_ticket_without_a_lifetime_is_thrown_away():
    pair = Pair(**resuming())
    lies(pair.server, NewSessionTicket, lambda ticket: replace(ticket, ticket_lifetime=0))
    pair.connected()
    assert not [e for e in pair.events["client"] if isinstance(e, TicketReceived)]


def test_a_client_that_has_no_use_for_tickets_gets_none():
    """RFC 8446 §4.2.9: they would not be compatible with its psk_key_exchange_modes."""
    made = resuming(client={"psk_modes": (ALONE,), "session": None})
    pair = Pair(**made).connected()
    assert not [e for e in pair.events["client"] if isinstance(e, TicketReceived)]


def test_a_client_that_says_nothing_of_its_modes_has_no_use_for_them_either():
    pair = Pair(**resuming(client={"session": None}))
    hello = changed(pair.take("client"), ClientHello, drop(ExtensionType.psk_key_exchange_modes))
    pair.give("server", hello)
    answered = pair.server.state.answered
    assert not has_use_for_tickets(answered.requested.client_hello, pair.server._context.config)
    assert not answered.resumed


# --- how a key may be used


@pytest.mark.parametrize(
    ("client", "server", "how"),
    [
        ((WITH_SHARES,), (WITH_SHARES,), WITH_SHARES),
        ((ALONE,), (ALONE,), ALONE),
        ((ALONE, WITH_SHARES), (ALONE, WITH_SHARES), WITH_SHARES),
        ((ALONE,), (WITH_SHARES,), None),
        ((WITH_SHARES,), (ALONE,), None),
    ],
)
def test_both_sides_have_to_want_the_same_mode(client: Any, server: Any, how: Any):
    made = setup(
        client={"psk": OUTSIDE, "psk_modes": client},
        server={"psks": (OUTSIDE,), "psk_modes": server},
    )
    pair = Pair(**made, traced=True).connected()
    assert done(pair).resumed is (how is not None)
    shared = [e for e in pair.traces["client"].of(SecretDerived) if e.name == "shared_secret"]
    assert bool(shared) is (how is not ALONE)


def test_a_key_alone_needs_no_group_in_common():
    modes = {"psk_modes": (ALONE, WITH_SHARES)}
    made = setup(client={"psk": OUTSIDE, **modes}, server={"psks": (OUTSIDE,), **modes})
    made["client"]["groups"], made["server"]["groups"] = (
        made["client"]["groups"][:1],
        (made["client"]["groups"][1:]),
    )
    pair = Pair(**made).connected()
    assert done(pair).resumed


def test_a_key_alone_that_nobody_knows_leaves_nothing():
    modes = {"psk_modes": (ALONE, WITH_SHARES)}
    made = setup(client={"psk": OUTSIDE, **modes}, server=modes)
    made["client"]["groups"], made["server"]["groups"] = (
        made["client"]["groups"][:1],
        (made["client"]["groups"][1:]),
    )
    pair = Pair(**made)
    with pytest.raises(tlslab.ProtocolError, match="handshake_failure.*no group in common"):
        pair.carry()


def test_an_unknown_key_from_outside_is_no_error():
    pair = Pair(**setup(client={"psk": OUTSIDE}, server={})).connected()
    assert not done(pair).resumed


def test_a_key_of_another_hash_is_not_offered_or_not_taken():
    of_384 = ExternalPSK(b"outside", bytes(48), "sha384")
    made = setup(client={"psk": of_384, "cipher_suites": (AES_128,)}, server={"psks": (of_384,)})
    assert b"outside" not in Pair(**made).take("client")
    made = setup(client={"psk": of_384}, server={"psks": (of_384,), "cipher_suites": (AES_128,)})
    pair = Pair(**made).connected()
    assert not done(pair).resumed
    made["server"]["cipher_suites"] = (AES_256,)
    assert done(Pair(**made).connected()).resumed


def test_a_retry_leaves_out_the_keys_of_another_hash():
    """RFC 8446 §4.1.4: they could not be used with the suite that the server has chosen."""
    of_384 = ExternalPSK(b"outside", bytes(48), "sha384")
    made = resuming(client={"psk": of_384}, server={"retry": True, "psks": (of_384,)})
    pair = Pair(**made, traced=True)
    pair.connected()
    hellos = [m for m in pair.traces["client"] if getattr(m, "name", "") == "client_hello"]
    first, second = (
        ClientHello.decode(m.raw, None, 4).extension(PreSharedKeyClientHello) for m in hellos
    )
    assert len(first.identities) == 2
    assert len(second.identities) == 1
    assert done(pair).resumed


def test_the_second_key_is_taken_if_the_first_is_unknown():
    made = resuming(client={"psk": OUTSIDE}, server={"psks": (OUTSIDE,), "ticket_keys": None})
    pair = Pair(**made, traced=True).connected()
    assert done(pair).resumed
    (kind,) = (e.value for e in pair.traces["client"].of(Negotiated) if e.name == "psk")
    assert kind == "external"


# --- early data


early = partial(resuming, early_data=b"early")


def answer(pair: Pair, role: str = "server") -> str:
    (value,) = (e.value for e in pair.traces[role].of(Negotiated) if e.name == "early_data")
    return value


REFUSED: dict[str, tuple[Setup, str]] = {
    "the server takes none": ({"max_early_data_size": 0}, "this server takes none"),
    "another protocol": ({"alpn": (b"h2",)}, "another one than the ticket's"),
    "another suite": ({"cipher_suites": (CHACHA20,)}, "another one than the ticket's"),
    "no key": ({"ticket_keys": None}, "that has to be a ticket"),
    "a key from outside": ({"ticket_keys": None, "psks": (OUTSIDE,)}, "that has to be a ticket"),
    "a second hello": ({"retry": True}, "a second hello"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_early_data_are_refused_and_sent_by_nobody_else(why: str):
    server, reason = REFUSED[why]
    client = {"alpn": (b"h2",), "psk": OUTSIDE, "cipher_suites": (AES_128, CHACHA20)}
    pair = Pair(**early(client=client, server=server), traced=True).connected()
    assert reason in answer(pair)
    for side in ("client", "server"):
        assert not done(pair, side).early_data_accepted
    assert not [e for e in pair.events["server"] if isinstance(e, tlslab.ApplicationData)]
    pair.client.send(b"now")
    pair.carry()
    assert pair.events["server"][-1] == tlslab.ApplicationData(b"now")


def test_a_ticket_that_allows_none_gets_none():
    made = resuming(limit=0, server={"max_early_data_size": LIMIT})
    assert not offers(Pair(**made), ExtensionType.early_data)
    # A server may change its mind; a client that asks all the same is told no.
    with pytest.raises(LocalError, match="early data need a session that allows"):
        Pair(**resuming(limit=0, client={"early_data": b"early"}))
    forged = with_session(made, max_early_data_size=LIMIT)
    forged["client"]["early_data"] = b"early"
    pair = Pair(**forged, traced=True).connected()
    assert answer(pair) == "refused: the ticket allows none"


def test_early_data_arrive_before_the_handshake_is_complete_and_say_so():
    pair = Pair(**early(), traced=True)
    events = pair.give("server", pair.take("client"))
    assert events == [tlslab.ApplicationData(b"early", early=True)]
    pair.connected()
    assert answer(pair) == answer(pair, "client") == "accepted"
    assert done(pair).early_data_accepted


def test_a_limit_on_early_data_is_for_all_of_them_together():
    made = resuming(early_data=bytes(1000), limit=1000, server={"max_early_data_size": 1000})
    assert done(Pair(**made).connected()).early_data_accepted
    made["client"]["early_data"] = bytes(1001)
    with pytest.raises(LocalError, match="allows as many bytes"):
        Pair(**made)


# --- the same early data once more (RFC 8446 §8)


def replayed(made: Setup, flight: bytes) -> str:
    """What a new connection to the same server makes of a flight that was recorded."""
    pair = Pair(**made, traced=True)
    pair.give("server", flight)
    return answer(pair)


def recorded(made: Setup) -> bytes:
    pair = Pair(**made, traced=True)
    flight = pair.take("client")
    assert replayed(made, flight) == "accepted"
    return flight


def test_without_a_memory_a_server_takes_a_replay():
    made = early()
    assert replayed(made, recorded(made)) == "accepted"


def test_with_one_it_does_not():
    made = early(server={"anti_replay": AntiReplay()})
    flight = recorded(made)
    assert "has been here before (RFC 8446 §8.2)" in replayed(made, flight)


def test_a_ticket_is_good_for_early_data_once():
    made = early(server={"anti_replay": AntiReplay()})
    recorded(made)
    pair = Pair(**made, seed=2, traced=True).connected()
    assert "used before (RFC 8446 §8.1)" in answer(pair)
    assert done(pair).resumed, "the ticket itself is as good as it was"


@pytest.mark.parametrize("delay", [timedelta(seconds=11), timedelta(seconds=-11)])
def test_a_hello_that_is_not_fresh_is_late_or_a_replay(delay: timedelta):
    made = at(early(server={"anti_replay": AntiReplay()}), LATER + delay, "server")
    pair = Pair(**made, traced=True).connected()
    assert "not fresh (RFC 8446 §8.3)" in answer(pair)
    assert done(pair).resumed


@pytest.mark.parametrize("delay", [timedelta(seconds=10), timedelta(seconds=-10)])
def test_within_the_window_it_is_fresh(delay: timedelta):
    made = at(early(server={"anti_replay": AntiReplay()}), LATER + delay, "server")
    assert done(Pair(**made).connected()).early_data_accepted


def test_an_age_that_the_client_made_up_is_found_out():
    made = early(server={"anti_replay": AntiReplay()})
    session = made["client"]["session"]
    pair = Pair(**with_session(made, age_add=session.age_add + 60_000), traced=True).connected()
    assert "not fresh" in answer(pair)


def test_where_there_is_no_room_to_remember_there_are_no_early_data():
    made = early(server={"anti_replay": AntiReplay(capacity=1)})
    recorded(made)
    made["client"]["session"] = session_from(Pair(**made, seed=2).connected())
    pair = Pair(**made, seed=3, traced=True).connected()
    assert "no room to remember" in answer(pair)
    assert done(pair).resumed
    memory = AntiReplay(capacity=1)
    arguments = (LATER, LATER, LATER + timedelta(hours=1))
    assert memory.why_not(b"ticket", b"binder", *arguments) == ""
    assert "no room" in memory.why_not(b"another", b"other", *arguments)


def test_what_is_too_old_to_come_again_is_forgotten():
    memory = AntiReplay(window=timedelta(seconds=10), capacity=1)
    end = LATER + timedelta(seconds=20)
    assert memory.why_not(b"ticket", b"binder", LATER, LATER, end) == ""
    assert memory.why_not(b"two", b"two", end, end, end) == ""
    assert "here before" in memory.why_not(b"ticket", b"two", end, end, end)


def test_early_data_that_were_accepted_twice_over_a_retry_are_none():
    """A client drops them from its second hello (RFC 8446 §4.1.2)."""
    pair = Pair(**early(server={"retry": True}))
    found = lies(pair.server, HelloRetryRequest, lambda same: same)
    accepts = lies(
        pair.server,
        EncryptedExtensions,
        lambda m: replace(m, extensions=(*m.extensions, EarlyDataIndication())),
    )
    with pytest.raises(tlslab.ProtocolError, match="unsupported_extension"):
        pair.carry()
    assert found
    assert accepts


def test_a_retry_is_of_use_without_keys_too():
    assert not done(Pair(**retrying()).connected()).resumed
