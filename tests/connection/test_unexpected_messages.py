"""Each state takes what it waits for; everything else is an unexpected_message."""

import pytest
from in_memory import (
    SIDES,
    Pair,
    handshake_message,
    handshake_record,
    other,
    records,
    say,
    state_name,
)
from states import EVERY_STATE, pair_in_state

import tlslab
from tlslab.connection.connection import MAX_WITHOUT_PROGRESS
from tlslab.tls12.messages import HelloRequest
from tlslab.wire.framing import Alert, ChangeCipherSpec
from tlslab.wire.registry import AlertDescription, AlertLevel, ContentType, HandshakeType

T = HandshakeType
HANDSHAKE_TYPES = [*T, T(99)]
# What RFC 5246 §7.3, its Figures 1 and 2, and RFC 5077 §3.1 let each state wait for.
WAITS_FOR = {
    ("client", "WaitServerHello"): {T.server_hello},
    ("client", "WaitCertificate"): {T.certificate},
    ("client", "WaitCertificateStatusECDHE"): {T.certificate_status, T.server_key_exchange},
    ("client", "WaitCertificateStatusDHE"): {T.certificate_status, T.server_key_exchange},
    ("client", "WaitCertificateStatusRSA"): {
        T.certificate_status,
        T.certificate_request,
        T.server_hello_done,
    },
    ("client", "WaitServerKeyExchangeECDHE"): {T.server_key_exchange},
    ("client", "WaitServerKeyExchangeDHE"): {T.server_key_exchange},
    ("client", "WaitCertificateRequest"): {T.certificate_request, T.server_hello_done},
    ("client", "WaitServerHelloDone"): {T.server_hello_done},
    ("client", "WaitNewSessionTicket"): {T.new_session_ticket},
    ("client", "WaitChangeCipherSpec"): {"change_cipher_spec"},
    ("client", "WaitFinished"): {T.finished},
    ("client", "WaitNewSessionTicketResumed"): {T.new_session_ticket},
    ("client", "WaitChangeCipherSpecResumed"): {"change_cipher_spec"},
    ("client", "WaitFinishedResumed"): {T.finished},
    ("client", "Connected"): {"application_data"},
    ("server", "WaitClientHello"): {T.client_hello},
    ("server", "WaitCertificate"): {T.certificate},
    ("server", "WaitClientKeyExchangeRSA"): {T.client_key_exchange},
    ("server", "WaitClientKeyExchangeECDHE"): {T.client_key_exchange},
    ("server", "WaitClientKeyExchangeDHE"): {T.client_key_exchange},
    ("server", "WaitCertificateVerify"): {T.certificate_verify},
    ("server", "WaitChangeCipherSpec"): {"change_cipher_spec"},
    ("server", "WaitFinished"): {T.finished},
    ("server", "WaitChangeCipherSpecResumed"): {"change_cipher_spec"},
    ("server", "WaitFinishedResumed"): {T.finished},
    ("server", "Connected"): {"application_data"},
}
# Not waited for, and no violation: RFC 5246 §7.4.1.1 and §7.4.1.2.
TOLERATED = {(role, state): {T.hello_request} for role, state in EVERY_STATE if role == "client"}
TOLERATED["client", "WaitServerHello"] = set()  # see the test of its own below
TOLERATED["server", "Connected"] = {T.client_hello}


def every_message_that_may_come() -> list[tuple[str, str, HandshakeType]]:
    may_come = {at: WAITS_FOR[at] | TOLERATED.get(at, set()) for at in EVERY_STATE}
    return [(*at, each) for at, all in may_come.items() for each in all if isinstance(each, T)]


every_state = pytest.mark.parametrize(("role", "state"), EVERY_STATE, ids=lambda each: each)


def send_out_of_turn(pair: Pair, role: str, what: HandshakeType | str) -> None:
    """Let the peer of `role` send this message; its body is empty, for its header says enough."""
    peer = pair[other(role)]
    if what == "change_cipher_spec":
        said = say(peer, ChangeCipherSpec())
    elif what == "application_data":
        said = say(peer, b"data", ContentType.application_data)
    else:
        said = say(peer, handshake_message(what))
    pair.give(role, said)


@every_state
def test_whatever_a_state_does_not_wait_for_is_an_unexpected_message(role: str, state: str):
    fine = WAITS_FOR[role, state] | TOLERATED.get((role, state), set())
    refused = {*HANDSHAKE_TYPES, "change_cipher_spec", "application_data"} - fine
    assert len(refused) == len(HANDSHAKE_TYPES) + 2 - len(fine)
    for what in refused:
        pair = pair_in_state(role, state)
        with pytest.raises(tlslab.ProtocolError) as caught:
            send_out_of_turn(pair, role, what)
        assert caught.value.alert == "unexpected_message", what
        assert f"{state} waits for" in str(caught.value)
        assert pair[role].is_closed
        with pytest.raises(tlslab.AlertReceived, match="the peer sent unexpected_message"):
            pair[other(role)].receive_data(pair.take(role))


@every_state
def test_a_fatal_alert_ends_the_connection_in_every_state(role: str, state: str):
    pair = pair_in_state(role, state)
    alert = Alert(AlertLevel.fatal, AlertDescription.internal_error)
    with pytest.raises(tlslab.AlertReceived, match="internal_error: the sender has a problem"):
        pair.give(role, say(pair[other(role)], alert, ContentType.alert))
    assert pair[role].is_closed
    assert pair.give(role, b"anything, for nobody listens") == []


@every_state
def test_a_warning_is_an_event_in_every_state_and_changes_nothing(role: str, state: str):
    pair = pair_in_state(role, state)
    alert = Alert(AlertLevel.warning, AlertDescription.user_canceled)
    events = pair.give(role, say(pair[other(role)], alert, ContentType.alert))
    assert tlslab.WarningReceived("user_canceled") in events
    assert state_name(pair[role]) == state


@every_state
def test_too_many_warnings_in_a_row_end_the_connection_in_every_state(role: str, state: str):
    pair = pair_in_state(role, state)
    warning = Alert(AlertLevel.warning, AlertDescription.user_canceled)
    for _ in range(MAX_WITHOUT_PROGRESS):
        pair.give(role, say(pair[other(role)], warning, ContentType.alert))
    with pytest.raises(tlslab.ProtocolError, match="unexpected_message: too many warnings"):
        pair.give(role, say(pair[other(role)], warning, ContentType.alert))


def test_32_is_how_many_may_come_in_a_row():
    assert MAX_WITHOUT_PROGRESS == 32


@every_state
def test_a_stranger_among_content_types_is_refused_in_every_state(role: str, state: str):
    pair = pair_in_state(role, state)
    peer = pair[other(role)]
    with pytest.raises(tlslab.ProtocolError, match="heartbeat.*is no content type of TLS"):
        pair.give(role, say(peer, b"\x01\x00\x00", ContentType.heartbeat))


@pytest.mark.parametrize(("role", "state", "msg_type"), every_message_that_may_come())
@pytest.mark.parametrize("what", ["change_cipher_spec", "alert"])
def test_nothing_may_stand_in_the_middle_of_a_handshake_message(
    role: str, state: str, msg_type: HandshakeType, what: str
):
    pair = pair_in_state(role, state)
    peer = pair[other(role)]
    pair.give(role, say(peer, handshake_message(msg_type, b"only the beginning", 100)))
    close_notify = Alert(AlertLevel.warning, AlertDescription.close_notify)
    said = say(peer, close_notify, ContentType.alert) if what == "alert" else None
    said = said or say(peer, ChangeCipherSpec())
    with pytest.raises(tlslab.ProtocolError, match="unexpected_message") as caught:
        pair.give(role, said)
    assert f"{what} in the middle of a handshake message" in str(caught.value)


@pytest.mark.parametrize("role", SIDES)
def test_application_data_may_not_stand_in_the_middle_of_a_message_either(role: str):
    pair = Pair().connected()
    peer = pair[other(role)]
    again = HandshakeType.hello_request if role == "client" else HandshakeType.client_hello
    pair.give(role, say(peer, handshake_message(again, b"", 100)))
    with pytest.raises(tlslab.ProtocolError, match="in the middle of a handshake message"):
        pair.give(role, say(peer, b"data", ContentType.application_data))


def test_a_change_cipher_spec_may_not_follow_a_beginning_of_the_next_message():
    """Else what began in the clear would end under the keys."""
    pair = Pair()
    pair.give("server", pair.take("client"))
    pair.give("client", pair.take("server"))
    key_exchange, change_cipher_spec, _ = records(pair.take("client"))
    finished = handshake_message(T.finished, b"", 12)
    with pytest.raises(tlslab.ProtocolError, match="finished.*WaitChangeCipherSpec waits for"):
        pair.give(
            "server",
            handshake_record(key_exchange.fragment + finished) + bytes(change_cipher_spec),
        )


# --- renegotiation is refused


@pytest.mark.parametrize(
    "state",
    [s for r, s in EVERY_STATE if r == "client" and s not in ("WaitServerHello", "Connected")],
)
def test_a_hello_request_during_the_handshake_is_ignored(state: str):
    pair = pair_in_state("client", state)
    pair.take("client")
    assert pair.give("client", say(pair.server, handshake_message(T.hello_request))) == []
    assert state_name(pair.client) == state
    assert pair.take("client") == b""


def test_a_hello_request_is_no_part_of_the_transcript():
    pair = Pair()
    pair.give("server", pair.take("client"))
    server_hello, *rest = records(pair.take("server"))
    request = handshake_record(HelloRequest().encode_handshake())
    pair.give("client", bytes(server_hello) + request + request + b"".join(map(bytes, rest)))
    pair.connected()


@pytest.mark.parametrize("role", SIDES)
def test_a_renegotiation_is_refused_politely_and_the_connection_goes_on(role: str):
    pair = Pair().connected()
    if role == "client":
        said = say(pair.server, HelloRequest())
    else:
        hello = Pair(seed=2).take("client")
        said = say(pair.client, records(hello)[0].fragment)
    assert pair.give(role, said) == []
    events = pair.give(other(role), pair.take(role))
    assert events == [tlslab.WarningReceived("no_renegotiation")]
    pair[role].send(b"still here")
    assert pair.give(other(role), pair.take(role)) == [tlslab.ApplicationData(b"still here")]


@pytest.mark.parametrize("role", SIDES)
def test_asking_again_and_again_ends_the_connection(role: str):
    pair = Pair().connected()
    hello = records(Pair(seed=2).take("client"))[0].fragment
    asked = HelloRequest().encode_handshake() if role == "client" else hello
    for _ in range(MAX_WITHOUT_PROGRESS):
        pair.give(role, say(pair[other(role)], asked))
    with pytest.raises(tlslab.ProtocolError, match="too many requests that lead nowhere"):
        pair.give(role, say(pair[other(role)], asked))


def test_ignored_messages_in_a_row_end_the_connection():
    pair = pair_in_state("client", "WaitCertificate")
    asked = handshake_record(HelloRequest().encode_handshake())
    for _ in range(MAX_WITHOUT_PROGRESS):
        pair.give("client", asked)
    with pytest.raises(tlslab.ProtocolError, match="too many messages that mean nothing here"):
        pair.give("client", asked)


@pytest.mark.parametrize("role", SIDES)
def test_application_data_in_between_is_progress(role: str):
    pair = Pair().connected()
    warning = Alert(AlertLevel.warning, AlertDescription.user_canceled)
    peer = pair[other(role)]
    for _ in range(MAX_WITHOUT_PROGRESS + 10):
        pair.give(role, say(peer, warning, ContentType.alert))
        pair.give(role, say(peer, b"x", ContentType.application_data))
    assert pair[role].is_connected
