"""Each state of TLS 1.3 takes what it waits for; everything else is an unexpected_message.

And what RFC 8446 §5 and §6 do differently from TLS 1.2: ChangeCipherSpec means nothing, alerts have
no levels, and each direction is closed for itself.
"""

import pytest
from in_memory import (
    ASKS,
    SIDES,
    Pair,
    RawRecord,
    handshake_message,
    other,
    records,
    say,
    state_name,
)
from tls13_pairs import resuming, setup
from tls13_states import AFTER_HANDSHAKE, HANDSHAKE, PLACES, Place

import tlslab
from tlslab.connection.connection import MAX_WITHOUT_PROGRESS
from tlslab.connection.context import KeysUpdated
from tlslab.tls13.authentication import certificate_request
from tlslab.tls13.messages import KeyUpdate
from tlslab.wire.framing import Alert, ChangeCipherSpec
from tlslab.wire.registry import (
    AlertDescription,
    AlertLevel,
    ContentType,
    HandshakeType,
    KeyUpdateRequest,
)

T = HandshakeType
HANDSHAKE_TYPES = {*T, T(99)}
COMPATIBLE = b"\x14\x03\x03\x00\x01\x01"
"""The ChangeCipherSpec that means nothing (RFC 8446 Appendix D.4)."""
D, WARNING, FATAL = AlertDescription, AlertLevel.warning, AlertLevel.fatal

every_place = pytest.mark.parametrize("place", PLACES, ids=str)
in_the_handshake = pytest.mark.parametrize("place", HANDSHAKE, ids=str)
after_the_handshake = pytest.mark.parametrize("place", AFTER_HANDSHAKE, ids=str)
protected = pytest.mark.parametrize(
    "place", [p for p in PLACES if not p.state.startswith(("WaitServer", "WaitClient"))], ids=str
)
both_sides = pytest.mark.parametrize("role", SIDES)


def refused(pair: Pair, role: str, data: bytes) -> tlslab.ProtocolError:
    """What `role` says about `data`; its peer understands the alert."""
    with pytest.raises(tlslab.ProtocolError) as caught:
        pair.give(role, data)
    assert pair[role].is_closed
    with pytest.raises(tlslab.AlertReceived, match=f"the peer sent {caught.value.alert}"):
        pair.give(other(role), pair.take(role))
    return caught.value


@every_place
def test_whatever_a_state_does_not_wait_for_is_an_unexpected_message(place: Place):
    for msg_type in HANDSHAKE_TYPES - place.waits_for:
        pair = place.reach()
        said = say(pair[other(place.role)], handshake_message(msg_type))
        error = refused(pair, place.role, said)
        assert error.alert == "unexpected_message", msg_type
        assert f"{msg_type.label} came, but {place.state} waits for" in str(error)


@in_the_handshake
def test_application_data_before_its_time_are_an_unexpected_message(place: Place):
    if place.state == "WaitEndOfEarlyData":
        return  # There they are early data.
    pair = place.reach()
    data = say(pair[other(place.role)], b"data", ContentType.application_data)
    assert refused(pair, place.role, data).alert == "unexpected_message"


@protected
@pytest.mark.parametrize("type", ["handshake", "alert"])
def test_what_comes_in_the_clear_once_there_are_keys_is_an_unexpected_message(
    place: Place, type: str
):
    pair = place.reach()
    content = handshake_message(min(place.waits_for)) if type == "handshake" else b"\2\x28\0"
    error = refused(pair, place.role, bytes(RawRecord(ContentType[type], 0x0303, content)))
    assert (error.alert, error.where, error.section) == (
        "unexpected_message",
        "record.type",
        "RFC 8446 §5",
    )


@every_place
def test_a_stranger_among_content_types_is_refused_in_every_state(place: Place):
    pair = place.reach()
    said = say(pair[other(place.role)], b"\1\0\0", ContentType.heartbeat)
    error = refused(pair, place.role, said)
    assert error.alert == "unexpected_message"
    assert "heartbeat" in str(error)


@every_place
@pytest.mark.parametrize("what", ["change_cipher_spec", "alert", "application_data"])
def test_nothing_may_stand_in_the_middle_of_a_handshake_message(place: Place, what: str):
    pair = place.reach()
    peer = pair[other(place.role)]
    beginning = handshake_message(min(place.waits_for), b"only the beginning", 100)
    pair.give(place.role, say(peer, beginning))
    if what == "change_cipher_spec":
        said = COMPATIBLE
    elif what == "alert":
        said = say(peer, Alert(WARNING, D.close_notify), ContentType.alert)
    else:
        said = say(peer, b"data", ContentType.application_data)
    error = refused(pair, place.role, said)
    assert error.alert == "unexpected_message"


# --- ChangeCipherSpec (RFC 8446 §5, Appendix D.4)


def drops(place: Place) -> bool:
    """Between the first ClientHello and the peer's Finished it is dropped."""
    return not place.is_connected and place.state != "WaitClientHello"


@every_place
def test_a_change_cipher_spec_is_dropped_during_the_handshake_alone(place: Place):
    pair = place.reach()
    before = pair[place.role].state
    if drops(place):
        assert pair.give(place.role, COMPATIBLE) == []
        assert pair[place.role].state is before
    else:
        assert refused(pair, place.role, COMPATIBLE).alert == "unexpected_message"


@in_the_handshake
def test_it_is_dropped_32_times_in_a_row_and_not_for_ever(place: Place):
    if not drops(place):
        return
    pair = place.reach()
    assert pair.give(place.role, COMPATIBLE * MAX_WITHOUT_PROGRESS) == []
    error = refused(pair, place.role, COMPATIBLE)
    assert (error.alert, "too many change_cipher_specs" in str(error)) == (
        "unexpected_message",
        True,
    )


@every_place
@pytest.mark.parametrize("content", [b"\x02", b"\x00", b"\x01\x01"])
def test_any_other_change_cipher_spec_is_an_unexpected_message(place: Place, content: bytes):
    pair = place.reach()
    record = bytes(RawRecord(ContentType.change_cipher_spec, 0x0303, content))
    assert refused(pair, place.role, record).alert == "unexpected_message"


@protected
def test_a_protected_change_cipher_spec_is_an_unexpected_message(place: Place):
    pair = place.reach()
    protection = pair[other(place.role)]._context.writer.protection
    inner = b"\x01" + bytes([ContentType.change_cipher_spec])
    encrypted = protection._primitives.aead_protect(
        protection._cipher, protection._key, protection._iv, protection.sequence_number, inner
    )
    error = refused(pair, place.role, bytes(RawRecord(23, 0x0303, encrypted)))
    assert (error.alert, error.reason) == ("unexpected_message", "a protected change_cipher_spec")


# --- alerts (RFC 8446 §6)


@every_place
@pytest.mark.parametrize("level", [WARNING, FATAL])
def test_an_alert_of_an_error_ends_the_connection_whatever_its_level(
    place: Place, level: AlertLevel
):
    if place.state in ("WaitServerHello", "WaitClientHello") and level is WARNING:
        return  # The version is not known yet, and in TLS 1.2 the level counts.
    pair = place.reach()
    alert = Alert(level, D.internal_error)
    with pytest.raises(tlslab.AlertReceived, match="internal_error"):
        pair.give(place.role, say(pair[other(place.role)], alert, ContentType.alert))
    assert pair[place.role].is_closed
    assert pair.give(place.role, b"anything, for nobody listens") == []


@every_place
def test_an_alert_that_nobody_knows_is_an_error(place: Place):
    pair = place.reach()
    alert = Alert(FATAL, D(250))
    with pytest.raises(tlslab.AlertReceived):
        pair.give(place.role, say(pair[other(place.role)], alert, ContentType.alert))


@every_place
@pytest.mark.parametrize("level", [WARNING, FATAL])
def test_user_canceled_is_news_and_no_end_whatever_its_level(place: Place, level: AlertLevel):
    if place.state in ("WaitServerHello", "WaitClientHello") and level is FATAL:
        return  # As above.
    pair = place.reach()
    alert = Alert(level, D.user_canceled)
    events = pair.give(place.role, say(pair[other(place.role)], alert, ContentType.alert))
    assert tlslab.WarningReceived("user_canceled") in events
    assert state_name(pair[place.role]) == place.state


@every_place
def test_too_many_warnings_in_a_row_end_the_connection(place: Place):
    pair = place.reach()
    warning, peer = Alert(WARNING, D.user_canceled), pair[other(place.role)]
    for _ in range(MAX_WITHOUT_PROGRESS):
        pair.give(place.role, say(peer, warning, ContentType.alert))
    said = say(peer, warning, ContentType.alert)
    assert "too many warnings" in str(refused(pair, place.role, said))


@protected
@pytest.mark.parametrize("content", [b"\2", b"\2\x28\2\x28", b"\1\0\1"])
def test_an_alert_has_a_record_of_its_own(place: Place, content: bytes):
    pair = place.reach()
    error = refused(pair, place.role, say(pair[other(place.role)], content, ContentType.alert))
    assert (error.alert, error.section) == ("decode_error", "RFC 8446 §5.1")


@every_place
@pytest.mark.parametrize("level", [WARNING, FATAL])
def test_close_notify_ends_the_handshake_or_one_direction(place: Place, level: AlertLevel):
    pair = place.reach()
    alert = Alert(level, D.close_notify)
    events = pair.give(place.role, say(pair[other(place.role)], alert, ContentType.alert))
    assert events[-1] == tlslab.PeerClosed()
    assert pair[place.role].is_closed is not place.is_connected
    assert pair.give(place.role, b"anything, for nobody listens") == []


# --- each direction is closed for itself (RFC 8446 §6.1)


@both_sides
def test_after_the_peer_has_closed_its_side_this_one_may_go_on(role: str):
    pair = Pair(**setup()).connected()
    pair[other(role)].close()
    assert pair.give(role, pair.take(other(role))) == [tlslab.PeerClosed()]
    assert pair.take(role) == b""
    assert pair[role].is_connected
    for _ in range(3):
        pair[role].send(b"still here")
        assert pair.give(other(role), pair.take(role)) == [tlslab.ApplicationData(b"still here")]
    assert pair[role].receive_eof() == []
    pair[role].close()
    assert pair[role].is_closed
    assert pair.give(other(role), pair.take(role)) == [tlslab.PeerClosed()]
    assert pair[other(role)].is_closed


@both_sides
def test_after_close_nothing_more_goes_whatever_the_peer_asks(role: str):
    pair = Pair(**setup()).connected()
    pair[role].close()
    pair.take(role)
    pair[other(role)].update_keys(request_peer=True)
    assert pair.give(role, pair.take(other(role))) == [KeysUpdated()]
    assert pair.take(role) == b""
    pair[other(role)].send(b"under new keys")
    assert pair.give(role, pair.take(other(role))) == [tlslab.ApplicationData(b"under new keys")]


@both_sides
def test_who_closes_during_the_handshake_says_nothing_more(role: str):
    pair = Pair(**setup())
    if role == "server":
        pair.give("server", pair.take("client"))
    hello = pair.take(role)
    pair[role].close()
    goodbye = pair.take(role)
    events = pair.give(other(role), hello + goodbye)
    assert events[-1] == tlslab.PeerClosed()
    pair.give(role, pair.take(other(role)))
    assert pair.take(role) == b""


# --- after the handshake


@both_sides
def test_a_second_handshake_is_refused(role: str):
    """RFC 8446 §4.1.2: a ClientHello at any other time ends the connection."""
    pair = Pair(**setup()).connected()
    hello = records(Pair(**setup(), seed=2).take("client"))[0].fragment
    error = refused(pair, role, say(pair[other(role)], hello))
    assert error.alert == "unexpected_message"


def test_a_client_that_has_not_offered_it_is_not_asked_later():
    """RFC 8446 §4.6.2: it "MUST" answer with this alert."""
    pair = Pair(**setup(server=ASKS)).connected()
    asked = certificate_request(pair.server._context.config, b"who?")
    error = refused(pair, "client", say(pair.server, asked))
    assert (error.alert, error.section) == ("unexpected_message", "RFC 8446 §4.6.2")


def test_between_the_messages_of_a_late_answer_there_is_nothing_else():
    """RFC 8446 §4.6.2: they "MUST appear consecutively on the wire"."""
    for place in AFTER_HANDSHAKE:
        pair = place.reach()
        data = say(pair[other(place.role)], b"data", ContentType.application_data)
        if place.state in ("WaitCertificateVerifyLater", "WaitFinishedLater"):
            assert refused(pair, place.role, data).alert == "unexpected_message"
        else:
            assert pair.give(place.role, data) == [tlslab.ApplicationData(b"data")]


@after_the_handshake
def test_this_side_may_send_and_change_its_keys_in_every_state_after_the_handshake(place: Place):
    pair = place.reach()
    peer = other(place.role)
    pair.give(peer, pair.take(place.role))
    pair[place.role].send(b"before")
    pair[place.role].update_keys()
    pair[place.role].send(b"after")
    assert pair.give(peer, pair.take(place.role)) == [
        tlslab.ApplicationData(b"before"),
        KeysUpdated(),
        tlslab.ApplicationData(b"after"),
    ]
    assert state_name(pair[place.role]) == place.state


def test_a_key_update_is_followed_by_nothing_in_its_record():
    for role in SIDES:
        pair = Pair(**setup()).connected()
        update = KeyUpdate(KeyUpdateRequest.update_not_requested).encode_handshake()
        error = refused(pair, role, say(pair[other(role)], update * 2))
        assert (error.alert, error.section) == ("unexpected_message", "RFC 8446 §5.1")


def test_refused_early_data_are_passed_over_and_then_no_more():
    """The first record that opens ends them: what does not open then is a broken record."""
    pair = Pair(**resuming(early_data=b"early", server={"max_early_data_size": 0}))
    pair.carry()
    assert pair.events["server"][-1].early_data_accepted is False
    error = refused(pair, "server", bytes(RawRecord(23, 0x0303, bytes(40))))
    assert error.alert == "bad_record_mac"


def test_the_change_cipher_spec_here_is_the_one_that_tls12_sends():
    assert bytes(RawRecord(20, 0x0303, ChangeCipherSpec().encode())) == COMPATIBLE
