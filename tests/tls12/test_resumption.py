"""Going on with a session: IDs and tickets, and when a full handshake is needed after all."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from in_memory import (
    ASKS,
    GCM,
    HARDENED,
    NOW,
    ONE_OF_EACH_EXCHANGE,
    SIDES,
    Pair,
    changed,
    credential,
    message_in,
    messages,
    refused,
    say,
    with_fields,
)
from states import pair_in_state

import tlslab
from tlslab.connection.config import ClientAuthentication
from tlslab.connection.session import LIFETIME, Session, SessionCache, TicketKeys
from tlslab.crypto.tickets import TicketKey, open_ticket, seal_ticket
from tlslab.errors import LocalError
from tlslab.lab import pki
from tlslab.lab.randomness import SeededRandom
from tlslab.primitives import REFERENCE
from tlslab.tls12.messages import Certificate, NewSessionTicket
from tlslab.trace import Message, Negotiated
from tlslab.wire.extensions import ExtendedMasterSecret, ServerNameAck, SessionTicket
from tlslab.wire.framing import HANDSHAKE_HEADER_LENGTH
from tlslab.wire.hello import ClientHello, ServerHello
from tlslab.wire.registry import CipherSuite, ContentType

KINDS = ("session ID", "ticket")
every_kind = pytest.mark.parametrize("kind", KINDS)
OTHER = CipherSuite.TLS_RSA_WITH_AES_256_GCM_SHA384


class Server:
    """A server that remembers, and clients that come back to it."""

    def __init__(self, kind: str, **config: Any) -> None:
        self.cache = SessionCache()
        self.keys = TicketKeys(SeededRandom(1, "tickets"))
        self.client: dict[str, Any] = {"session_tickets": kind == "ticket"}
        self.server = {"session_cache": self.cache, "ticket_keys": self.keys, **config}

    def visit(self, suite: CipherSuite | None = GCM, *, seed: int = 1, **client: Any) -> Pair:
        """A connection that nobody has carried yet."""
        return Pair(
            suite, seed=seed, traced=True, client={**self.client, **client}, server=self.server
        )

    def first(self, suite: CipherSuite = GCM, **client: Any) -> Session:
        """The session of a full handshake."""
        pair = self.visit(suite, **client).connected()
        return session_of(pair)


def session_of(pair: Pair) -> Session:
    completed = pair.events["client"][0]
    assert isinstance(completed, tlslab.HandshakeCompleted)
    assert completed.session is not None
    return completed.session


def is_resumed(pair: Pair) -> bool:
    """Both sides say the same, and no certificate went over the wire unless it was a full one."""
    (told,) = {events[0].resumed for events in pair.events.values()}
    sent = [m.name for m in pair.traces["client"].of(Message)]
    assert ("certificate" in sent) is not told
    return told


# -- the abbreviated handshake ------------------------------------------------------------------


@every_kind
@pytest.mark.parametrize("hardened", [{}, HARDENED], ids=["plain", "hardened"])
@pytest.mark.parametrize("suite", ONE_OF_EACH_EXCHANGE, ids=lambda suite: suite.name)
def test_a_session_of_every_kind_is_resumed(kind: str, suite: CipherSuite, hardened: dict):
    server = Server(kind, **hardened)
    session = server.first(suite, **hardened)
    pair = server.visit(suite, seed=2, session=session, **hardened).connected()
    assert is_resumed(pair)
    for side in SIDES:
        trace = pair.traces[side]
        assert trace.value("master_secret") == session.master_secret
        (resumed,) = (e for e in trace.of(Negotiated) if e.name == "resumed")
        assert resumed.value == kind
        pair[side].send(b"data")
    pair.carry()
    assert [e.data for events in pair.events.values() for e in events[1:]] == [b"data"] * 2
    assert pair.events["client"][0].peer_certificates == session.peer_certificates
    assert session_of(pair).master_secret == session.master_secret


@every_kind
def test_the_keys_are_new_each_time(kind: str):
    server = Server(kind)
    session = server.first()
    blocks = {
        server.visit(seed=seed, session=session).connected().traces["client"].value("key_block")
        for seed in (2, 3, 4)
    }
    assert len(blocks) == 3


@every_kind
def test_the_server_finishes_first(kind: str):
    server = Server(kind)
    pair = server.visit(seed=2, session=server.first()).connected()
    told = [(m.sender, m.name) for m in pair.traces["client"].of(Message)]
    assert told == [
        ("client", "client_hello"),
        ("server", "server_hello"),
        ("server", "change_cipher_spec"),
        ("server", "finished"),
        ("client", "change_cipher_spec"),
        ("client", "finished"),
    ]


def test_a_client_with_tickets_gets_no_session_id_and_one_without_gets_one():
    with_ticket = Server("ticket").first()
    assert (bool(with_ticket.ticket), with_ticket.session_id) == (True, b"")
    with_id = Server("session ID").first()
    assert (with_id.ticket, len(with_id.session_id)) == (b"", 32)


def test_a_server_that_remembers_nothing_gives_nothing():
    pair = Pair(GCM, client={"session_tickets": True}).connected()
    assert pair.events["client"][0].session is None
    assert message_in(pair, "server", ServerHello).session_id == b""
    assert message_in(pair, "server", ServerHello).extension(SessionTicket) is None


def test_the_ticket_comes_before_the_servers_finished_and_counts_in_its_hash():
    server = Server("ticket")
    pair = server.visit().connected()
    names = [m.name for m in pair.traces["client"].of(Message) if m.sender == "server"]
    assert names[-3:] == ["new_session_ticket", "change_cipher_spec", "finished"]
    assert message_in(pair, "server", NewSessionTicket).ticket_lifetime_hint == 24 * 3600


def test_a_session_is_resumed_again_and_again():
    server = Server("session ID")
    session = server.first()
    for seed in range(2, 6):
        pair = server.visit(seed=seed, session=session).connected()
        assert is_resumed(pair)
        session = session_of(pair)


# -- when it is a full handshake after all ------------------------------------------------------


@every_kind
def test_a_server_that_has_forgotten_makes_a_full_handshake(kind: str):
    session = Server(kind).first()
    pair = Server("session ID").visit(seed=2, session=session).connected()
    assert not is_resumed(pair)


@every_kind
def test_a_session_older_than_a_day_is_not_resumed(kind: str):
    server = Server(kind)
    session = server.first()
    for age, resumed in ((LIFETIME - timedelta(seconds=1), True), (LIFETIME, False)):
        server.server["clock"] = lambda age=age: NOW + age
        # Tickets are sealed with younger keys, so that age alone decides.
        server.keys._keys = [(NOW + age, key) for _, key in server.keys._keys]
        pair = server.visit(seed=2, session=session).connected()
        assert is_resumed(pair) is resumed


@every_kind
def test_a_session_is_for_one_name(kind: str):
    """RFC 6066 §3: the name has to be the one of the session."""
    server = Server(kind)
    session = server.first()
    server.server["credentials"] = (credential(), credential("server-other"))
    pair = server.visit(seed=2, session=session, server_name="other.tlslab.test").connected()
    assert not is_resumed(pair)
    assert pair.events["client"][0].peer_certificates == pki.server_other().certificate_chain


def test_a_resumed_server_hello_does_not_speak_of_the_name():
    """RFC 6066 §3: "the server MUST NOT include a server_name extension"."""
    server = Server("ticket")
    first = server.visit().connected()
    assert message_in(first, "server", ServerHello).extension(ServerNameAck) is not None
    second = server.visit(seed=2, session=session_of(first)).connected()
    assert message_in(second, "server", ServerHello).extension(ServerNameAck) is None


@every_kind
@pytest.mark.parametrize("side", SIDES)
def test_a_suite_that_one_side_no_longer_wants_is_not_resumed(kind: str, side: str):
    server = Server(kind)
    session = server.first()
    both = {"client": (GCM, OTHER), "server": (GCM, OTHER)}
    both[side] = (OTHER,)
    server.server["cipher_suites"] = both["server"]
    pair = server.visit(None, seed=2, session=session, cipher_suites=both["client"]).connected()
    assert not is_resumed(pair)
    assert pair.events["client"][0].cipher_suite is OTHER


@every_kind
def test_a_session_without_a_client_certificate_is_not_enough_where_one_is_required(kind: str):
    server = Server(kind, **ASKS)
    session = server.first()
    server.server["client_authentication"] = ClientAuthentication.REQUIRED
    pair = server.visit(seed=2, session=session, credential=credential("client-rsa")).connected()
    assert not is_resumed(pair)


@every_kind
def test_the_client_is_still_who_it_was(kind: str):
    server = Server(kind, **{**ASKS, "client_authentication": ClientAuthentication.REQUIRED})
    session = server.first(credential=credential("client-rsa"))
    pair = server.visit(seed=2, session=session).connected()
    assert is_resumed(pair)
    assert pair.events["server"][0].peer_certificates == pki.client_rsa().certificate_chain


# -- extended master secret, RFC 7627 §5.3 ------------------------------------------------------


@every_kind
def test_a_session_without_it_is_not_resumed_by_a_client_that_offers_it(kind: str):
    server = Server(kind)
    session = server.first()
    server.server["extended_master_secret"] = True
    pair = server.visit(seed=2, session=session, extended_master_secret=True).connected()
    assert not is_resumed(pair)
    assert message_in(pair, "server", ServerHello).extension(ExtendedMasterSecret) is not None


@every_kind
def test_a_client_that_drops_it_is_refused(kind: str):
    server = Server(kind, extended_master_secret=True)
    session = server.first(extended_master_secret=True)
    pair = server.visit(seed=2, session=session)
    error = refused(pair, "server")
    assert (error.alert, error.section) == ("handshake_failure", "RFC 7627 §5.3")


@pytest.mark.parametrize("had", [True, False])
def test_a_client_refuses_a_server_that_changes_its_mind(had: bool):
    server = Server("session ID", extended_master_secret=True)
    session = server.first(extended_master_secret=had)
    lying = replace(session, extended_master_secret=not had)
    pair = server.visit(seed=2, session=lying, extended_master_secret=had)
    error = refused(pair, "client")
    assert (error.alert, error.section) == ("handshake_failure", "RFC 7627 §5.3")


# -- what is forged, and what fails -------------------------------------------------------------


def test_a_client_refuses_another_suite_in_a_resumed_session():
    server = Server("session ID", cipher_suites=(GCM, OTHER))
    session = replace(server.first(), cipher_suite=OTHER)
    pair = server.visit(None, seed=2, session=session, cipher_suites=(GCM, OTHER))
    error = refused(pair, "client")
    assert (error.alert, error.where) == ("illegal_parameter", "server_hello.cipher_suite")


@every_kind
def test_without_the_master_secret_the_session_is_worth_nothing(kind: str):
    """An eavesdropper has the ID or the ticket, and that is all it has."""
    server = Server(kind)
    session = replace(server.first(), master_secret=bytes(48))
    error = refused(server.visit(seed=2, session=session), "client")
    assert error.alert in ("decrypt_error", "bad_record_mac")


def test_every_changed_byte_of_a_ticket_leads_to_a_full_handshake():
    server = Server("ticket")
    session = server.first()
    step = 7
    for at in range(0, len(session.ticket), step):
        ticket = bytearray(session.ticket)
        ticket[at] ^= 1
        changed_session = replace(session, ticket=bytes(ticket))
        assert not is_resumed(server.visit(seed=2, session=changed_session).connected()), at


@pytest.mark.parametrize("length", [0, 1, 16, 33, 65, 66])
def test_a_short_ticket_is_no_ticket(length: int):
    server = Server("ticket")
    session = server.first()
    cut = replace(session, ticket=session.ticket[:length], session_id=b"")
    assert not is_resumed(server.visit(seed=2, session=cut).connected())


def test_an_empty_ticket_is_a_change_of_mind():
    server = Server("ticket")
    pair = server.visit()
    pair.give("server", pair.take("client"))
    pair.give("client", pair.take("server"))
    pair.give("server", pair.take("client"))
    flight = pair.take("server")
    with pytest.raises(tlslab.ProtocolError, match="finished"):
        # The hash no longer fits, as it has to; what is empty is not kept.
        pair.give(
            "client",
            changed(
                flight[: flight.index(b"\x14\x03\x03")], NewSessionTicket, with_fields(ticket=b"")
            )
            + flight[flight.index(b"\x14\x03\x03") :],
        )


@every_kind
def test_a_session_that_ended_in_a_fatal_alert_is_not_resumed(kind: str):
    """RFC 5246 §7.2.2. A server cannot take back a ticket, but it can forget an ID."""
    server = Server(kind)
    pair = server.visit().connected()
    with pytest.raises(tlslab.ProtocolError):
        pair.give("server", say(pair.client, b"\x17" * 3, ContentType.heartbeat))
    again = server.visit(seed=2, session=session_of(pair)).connected()
    assert is_resumed(again) is (kind == "ticket")


def test_a_session_that_the_client_gave_up_with_a_fatal_alert_is_not_resumed_either():
    server = Server("session ID")
    pair = server.visit().connected()
    with pytest.raises(tlslab.AlertReceived):
        pair.give("server", say(pair.client, b"\x02\x50", ContentType.alert))
    assert not is_resumed(server.visit(seed=2, session=session_of(pair)).connected())


def test_an_unfinished_handshake_leaves_no_session():
    server = Server("session ID")
    pair = server.visit()
    pair.give("server", pair.take("client"))
    assert len(server.cache) == 0


# -- where sessions are kept --------------------------------------------------------------------


def session(session_id: bytes) -> Session:
    return Session(GCM, bytes(48), False, "", NOW, session_id)


def test_the_cache_is_bounded_and_the_least_used_go_first():
    cache = SessionCache(capacity=2)
    cache.add(session(b"1"))
    cache.add(session(b"2"))
    assert cache.find(b"1") == session(b"1")
    cache.add(session(b"3"))
    assert len(cache) == 2
    assert cache.find(b"2") is None
    assert (cache.find(b"1"), cache.find(b"3")) == (session(b"1"), session(b"3"))
    cache.forget(b"1")
    cache.forget(b"never there")
    assert len(cache) == 1


def test_ticket_keys_rotate_and_the_one_before_still_opens():
    keys = TicketKeys(SeededRandom(1, "t"), rotate_after=timedelta(hours=1))
    first = keys.sealing(NOW)
    assert keys.sealing(NOW + timedelta(minutes=59)) == first
    ticket = seal_ticket(first, bytes(16), b"state")
    second = keys.sealing(NOW + timedelta(minutes=61))
    assert second != first
    assert keys.opening(ticket, NOW + timedelta(minutes=119)) == first
    assert keys.opening(ticket, NOW + timedelta(minutes=120)) is None
    assert open_ticket(first, ticket) == b"state"
    assert open_ticket(second, ticket) is None


def test_a_ticket_under_an_old_key_is_renewed():
    server = Server("ticket")
    old = server.first()
    server.server["clock"] = lambda: NOW + timedelta(hours=13)
    pair = server.visit(seed=2, session=old).connected()
    assert is_resumed(pair)
    new = session_of(pair)
    assert new.ticket != old.ticket
    names = [m.name for m in pair.traces["client"].of(Message) if m.sender == "server"]
    assert names == ["server_hello", "new_session_ticket", "change_cipher_spec", "finished"]
    # It is the same session: a new wrapping does not make it younger.
    server.server["clock"] = lambda: NOW + timedelta(hours=23)
    assert is_resumed(server.visit(seed=3, session=new).connected())
    server.server["clock"] = lambda: NOW + timedelta(hours=25)
    assert not is_resumed(server.visit(seed=4, session=new).connected())


def test_a_ticket_says_nothing_to_those_who_carry_it():
    server = Server("ticket")
    pair = server.visit().connected()
    (raw,) = (
        m for m in messages(pair.sent["server"].partition(b"\x14\x03\x03\x00\x01")[0]) if m[0] == 4
    )
    ticket = NewSessionTicket.decode(raw, None, HANDSHAKE_HEADER_LENGTH).ticket
    secret = session_of(pair).master_secret
    assert secret not in pair.sent["server"] + pair.sent["client"]
    (key,) = (key for _, key in server.keys._keys)
    assert secret in (open_ticket(key, ticket) or b"")
    assert isinstance(key, TicketKey)
    assert secret.hex() not in repr(session_of(pair))


def test_the_hello_of_a_client_with_a_ticket_carries_it_and_an_id_to_be_echoed():
    server = Server("ticket")
    kept = server.first()
    pair = server.visit(seed=2, session=kept).connected()
    hello = message_in(pair, "client", ClientHello)
    assert hello.extension(SessionTicket).ticket == kept.ticket
    assert len(hello.session_id) == 32
    assert message_in(pair, "server", ServerHello).session_id == hello.session_id


# -- exporters ----------------------------------------------------------------------------------


@pytest.mark.parametrize("context", [None, b"", b"context"])
def test_both_sides_export_the_same_and_a_context_matters(context):
    pair = Pair(GCM, traced=True).connected()
    client, server = (
        pair[side].export_keying_material(b"EXPERIMENTAL tlslab", 40, context) for side in SIDES
    )
    assert client == server
    assert len(client) == 40
    trace = pair.traces["client"]
    seed = trace.value("client_random") + trace.value("server_random")
    if context is not None:
        seed += len(context).to_bytes(2, "big") + context
    assert client == REFERENCE.prf(
        trace.value("master_secret"), b"EXPERIMENTAL tlslab", seed, 40, "sha256"
    )


@every_kind
def test_tls_unique_is_the_first_finished_whoever_sent_it(kind: str):
    server = Server(kind)
    full = server.visit().connected()
    resumed = server.visit(seed=2, session=session_of(full)).connected()
    for pair, first in ((full, "client"), (resumed, "server")):
        expected = pair.traces["client"].value(f"{first}_verify_data")
        assert {pair[side].channel_binding("tls-unique") for side in SIDES} == {expected}


def test_tls_exporter_is_32_bytes_and_wants_the_extended_master_secret():
    pair = Pair(GCM, client=HARDENED, server=HARDENED).connected()
    (binding,) = {pair[side].channel_binding() for side in SIDES}
    exported = pair.client.export_keying_material(b"EXPORTER-Channel-Binding", 32, b"")
    assert binding == exported
    plain = Pair(GCM).connected()
    with pytest.raises(LocalError, match="needs the extended master secret"):
        plain.client.channel_binding()
    with pytest.raises(LocalError, match="no channel binding is called 'tls-server'"):
        pair.client.channel_binding("tls-server")


def test_before_the_end_there_is_nothing_to_export():
    pair = Pair(GCM)
    with pytest.raises(LocalError, match="cannot export keying material in WaitServerHello"):
        pair.client.export_keying_material(b"label", 32)
    with pytest.raises(LocalError, match="cannot bind a channel in WaitClientHello"):
        pair.server.channel_binding()


def test_full_and_resumed_certificates():
    """A resumed handshake sends none, and both sides still know whose they had."""
    server = Server("ticket")
    first = server.visit().connected()
    assert message_in(first, "server", Certificate).certificate_list
    second = server.visit(seed=2, session=session_of(first)).connected()
    certificates = [pair.events["client"][0].peer_certificates for pair in (first, second)]
    assert certificates[0] == certificates[1] == pki.server_rsa().certificate_chain


def test_an_empty_new_ticket_leaves_the_old_one():
    pair = pair_in_state("client", "WaitNewSessionTicketResumed")
    old = pair.client.state.session
    pair.give("client", say(pair.server, NewSessionTicket(0, b"")))
    assert pair.client.state.session == old
    assert old.ticket
