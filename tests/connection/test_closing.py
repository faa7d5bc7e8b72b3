"""How a connection ends: close_notify both ways, truncation, alerts. And what never ends it."""

import pytest
from in_memory import (
    SIDES,
    Pair,
    data_of,
    other,
    records,
    say,
    state_name,
)
from states import EVERY_STATE, pair_in_state

import tlslab
from tlslab.connection.connection import explain
from tlslab.errors import Truncated
from tlslab.wire.framing import Alert
from tlslab.wire.registry import AlertDescription, AlertLevel, ContentType

both_sides = pytest.mark.parametrize("role", SIDES)
every_state = pytest.mark.parametrize(("role", "state"), EVERY_STATE, ids=lambda each: each)
CLOSE_NOTIFY = Alert(AlertLevel.warning, AlertDescription.close_notify)


@both_sides
def test_close_notify_is_answered_and_both_are_closed(role: str):
    pair = Pair().connected()
    pair[role].close()
    assert pair.give(other(role), pair.take(role)) == [tlslab.PeerClosed()]
    assert pair[other(role)].is_closed
    assert not pair[role].is_closed
    assert pair.give(role, pair.take(other(role))) == [tlslab.PeerClosed()]
    assert pair[role].is_closed
    assert pair.take(role) == b""


def test_both_may_close_at_once():
    pair = Pair().connected()
    pair.client.close()
    pair.server.close()
    from_client, from_server = pair.take("client"), pair.take("server")
    assert pair.give("server", from_client) == [tlslab.PeerClosed()]
    assert pair.give("client", from_server) == [tlslab.PeerClosed()]
    assert pair.client.is_closed
    assert pair.server.is_closed
    assert pair.take("client") == pair.take("server") == b""


@both_sides
def test_closing_again_does_nothing(role: str):
    pair = Pair().connected()
    pair[role].close()
    assert pair.take(role) != b""
    pair[role].close()
    assert pair.take(role) == b""


@both_sides
def test_closing_what_is_closed_does_nothing(role: str):
    pair = pair_in_state(role, "Closed")
    pair.take(role)
    pair[role].close()
    assert pair.take(role) == b""


@both_sides
def test_data_that_was_on_its_way_still_arrives_after_close(role: str):
    pair = Pair().connected()
    pair[role].close()
    pair[other(role)].send(b"one more thing")
    assert data_of(pair.give(role, pair.take(other(role)))) == b"one more thing"


@both_sides
def test_what_comes_behind_close_notify_is_ignored(role: str):
    pair = Pair().connected()
    peer = pair[other(role)]
    said = say(peer, CLOSE_NOTIFY, ContentType.alert) + b"anything at all"
    assert pair.give(role, said) == [tlslab.PeerClosed()]
    assert pair.give(role, b"and more") == []
    assert pair[role].receive_eof() == []


@both_sides
def test_what_comes_behind_close_notify_in_the_same_record_is_ignored(role: str):
    pair = Pair().connected()
    fatal = Alert(AlertLevel.fatal, AlertDescription.internal_error)
    both = CLOSE_NOTIFY.encode() + fatal.encode()
    assert pair.give(role, say(pair[other(role)], both, ContentType.alert)) == [tlslab.PeerClosed()]


@every_state
def test_close_notify_ends_every_state(role: str, state: str):
    pair = pair_in_state(role, state)
    said = say(pair[other(role)], CLOSE_NOTIFY, ContentType.alert)
    assert tlslab.PeerClosed() in pair.give(role, said)
    assert pair[role].is_closed
    assert records(pair.take(role))[-1].type == ContentType.alert


@every_state
def test_every_state_can_be_closed_from_this_side(role: str, state: str):
    pair = pair_in_state(role, state)
    pair.take(role)
    pair[role].close()
    (alert,) = records(pair.take(role))
    assert alert.type == ContentType.alert
    assert pair[role].receive_eof() == []
    assert pair[role].is_closed


# --- truncation


@every_state
def test_a_stream_that_ends_without_close_notify_was_cut(role: str, state: str):
    pair = pair_in_state(role, state)
    when = "without close_notify" if state == "Connected" else "during the handshake"
    with pytest.raises(Truncated, match=f"the stream ended {when}.*RFC 5246 §7.2.1"):
        pair[role].receive_eof()
    assert pair[role].is_closed
    assert pair[role].receive_eof() == []


@every_state
@pytest.mark.parametrize("length", [1, 4, 5, 6])
def test_a_stream_that_ends_in_a_record_was_cut(role: str, state: str, length: int):
    pair = pair_in_state(role, state)
    warning = Alert(AlertLevel.warning, AlertDescription.user_canceled)
    pair.give(role, say(pair[other(role)], warning, ContentType.alert)[:length])
    with pytest.raises(Truncated, match="ended in the middle of a record or message"):
        pair[role].receive_eof()


def test_a_stream_that_ends_in_a_message_was_cut():
    pair = pair_in_state("client", "WaitCertificate")
    pair.give("client", say(pair.server, b"\x0b\x00"))
    with pytest.raises(Truncated, match="ended in the middle of a record or message"):
        pair.client.receive_eof()


@both_sides
def test_a_cut_stream_is_told_to_the_peer(role: str):
    pair = Pair().connected()
    with pytest.raises(Truncated):
        pair[role].receive_eof()
    with pytest.raises(tlslab.AlertReceived, match="decode_error: a message could not be decoded"):
        pair.give(other(role), pair.take(role))


@both_sides
def test_after_ones_own_close_notify_the_peer_may_just_go(role: str):
    pair = Pair().connected()
    pair[role].close()
    assert pair[role].receive_eof() == []
    assert pair[role].is_closed


@both_sides
def test_after_both_said_goodbye_the_end_of_the_stream_is_no_news(role: str):
    pair = pair_in_state(role, "Closed")
    assert pair[role].receive_eof() == []


# --- alerts


@both_sides
def test_events_from_before_an_error_are_still_to_be_had(role: str):
    pair = Pair().connected()
    peer = pair[other(role)]
    good = say(peer, b"good", ContentType.application_data)
    bad = bytearray(say(peer, b"bad", ContentType.application_data))
    bad[-1] ^= 1
    with pytest.raises(tlslab.ProtocolError, match="bad_record_mac"):
        pair.give(role, good + bad)
    assert pair[role].events() == [tlslab.ApplicationData(b"good")]
    assert pair[role].events() == []


@both_sides
def test_several_alerts_may_share_a_record(role: str):
    pair = Pair().connected()
    user_canceled = Alert(AlertLevel.warning, AlertDescription.user_canceled)
    both = user_canceled.encode() + CLOSE_NOTIFY.encode()
    events = pair.give(role, say(pair[other(role)], both, ContentType.alert))
    assert events == [tlslab.WarningReceived("user_canceled"), tlslab.PeerClosed()]


@pytest.mark.parametrize(
    ("content", "alert", "where"),
    [
        (b"\1", "decode_error", "alert.description"),
        (b"\1\0\1", "decode_error", "alert.description"),
        (b"\0\0", "illegal_parameter", "alert.level"),
        (b"\3\0", "illegal_parameter", "alert.level"),
        (b"\1\0\7\7", "illegal_parameter", "alert.level"),
    ],
)
@both_sides
def test_what_is_no_list_of_alerts_is_refused(role: str, content: bytes, alert: str, where: str):
    pair = Pair().connected()
    with pytest.raises(tlslab.ProtocolError) as caught:
        pair.give(role, say(pair[other(role)], content, ContentType.alert))
    assert (caught.value.alert, caught.value.where) == (alert, where)
    assert pair.events[role][1:] == []


@both_sides
def test_an_alert_without_a_name_is_received_under_its_number(role: str):
    pair = Pair().connected()
    with pytest.raises(tlslab.AlertReceived) as caught:
        pair.give(role, say(pair[other(role)], b"\2\xfe", ContentType.alert))
    assert str(caught.value) == "the peer sent unknown_0xfe"
    assert caught.value.explanation == ""


def test_an_alert_is_explained_in_a_plain_sentence():
    assert explain(AlertDescription.unknown_ca).startswith("the certificate chain leads to no")
    assert explain(AlertDescription(0xFE)) == ""


@both_sides
def test_a_closed_connection_takes_and_gives_nothing(role: str):
    pair = Pair().connected()
    with pytest.raises(tlslab.ProtocolError):
        pair.give(role, b"\x17\x03\x03\x00\x20" + bytes(32))
    pair.take(role)
    assert state_name(pair[role]) == "Closed"
    pair[other(role)].send(b"hello")
    assert pair.give(role, pair.take(other(role))) == []
    assert pair.take(role) == b""
