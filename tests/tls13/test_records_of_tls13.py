"""The protected records of TLS 1.3: how long they may be, and what may stand in them."""

import copy
from functools import partial

import pytest
from in_memory import (
    ASKS,
    SIDES,
    Pair,
    RawRecord,
    credential,
    data_of,
    other,
    records,
    refused,
    say,
)
from tls13_pairs import resuming, setup

import tlslab
from tlslab.connection.connection import MAX_WITHOUT_PROGRESS
from tlslab.trace import Record
from tlslab.wire.framing import Alert
from tlslab.wire.registry import AlertDescription, AlertLevel, ContentType, HandshakeType

both_sides = pytest.mark.parametrize("role", SIDES)
LONGEST = 2**14
A, H, D = ContentType.application_data, ContentType.handshake, ContentType.alert


def sealed(pair: Pair, sender: str, inner: bytes, version: int = 0x0303) -> bytes:
    """A record of `sender` with this TLSInnerPlaintext, whatever it is."""
    protection = pair[sender]._context.writer.protection
    fragment = protection._primitives.aead_protect(
        protection._cipher, protection._key, protection._iv, protection.sequence_number, inner
    )
    protection.sequence_number += 1
    return bytes(RawRecord(A, version, fragment))


def error_of(pair: Pair, role: str, data: bytes) -> tlslab.ProtocolError:
    with pytest.raises(tlslab.ProtocolError) as caught:
        pair.give(role, data)
    with pytest.raises(tlslab.AlertReceived, match=caught.value.alert):
        pair.give(other(role), pair.take(role))
    return caught.value


@both_sides
def test_the_longest_record_is_taken(role: str):
    pair = Pair(**setup()).connected()
    record = sealed(pair, other(role), bytes(LONGEST) + bytes([A]))
    assert data_of(pair.give(role, record)) == bytes(LONGEST)


@both_sides
def test_the_longest_record_of_padding_is_taken(role: str):
    pair = Pair(**setup()).connected()
    record = sealed(pair, other(role), b"x" + bytes([A]) + bytes(LONGEST - 1))
    assert data_of(pair.give(role, record)) == b"x"


@both_sides
@pytest.mark.parametrize("inner", [bytes(LONGEST + 1) + b"\x17", b"x\x17" + bytes(LONGEST)])
def test_one_byte_more_is_a_record_overflow(role: str, inner: bytes):
    pair = Pair(**setup()).connected()
    error = error_of(pair, role, sealed(pair, other(role), inner))
    assert (error.alert, error.section) == ("record_overflow", "RFC 8446 §5.4")


@both_sides
def test_the_header_of_a_record_that_is_too_long_is_enough(role: str):
    pair = Pair(**setup()).connected()
    header = bytes(RawRecord(A, 0x0303, b"", LONGEST + 257))
    error = error_of(pair, role, header)
    assert (error.alert, error.where) == ("record_overflow", "record.length")


@both_sides
def test_a_record_of_the_longest_length_is_waited_for(role: str):
    pair = Pair(**setup()).connected()
    assert pair.give(role, bytes(RawRecord(A, 0x0303, b"", LONGEST + 256))) == []


@both_sides
@pytest.mark.parametrize("inner", [b"", b"\0", bytes(100)])
def test_a_record_of_zeros_has_no_type(role: str, inner: bytes):
    """RFC 8446 §5.4: "If a receiving implementation does not find a non-zero octet …"."""
    pair = Pair(**setup()).connected()
    error = error_of(pair, role, sealed(pair, other(role), inner))
    assert (error.alert, error.section) == ("unexpected_message", "RFC 8446 §5.4")


@both_sides
@pytest.mark.parametrize("type", [H, D])
def test_an_empty_record_of_any_type_but_data_is_refused(role: str, type: ContentType):
    pair = Pair(**setup()).connected()
    error = error_of(pair, role, sealed(pair, other(role), bytes([type]) + bytes(5)))
    assert error.alert == "unexpected_message"
    assert f"an empty record of type {type.name}" in str(error)


@both_sides
def test_empty_records_of_data_are_borne_but_not_for_ever(role: str):
    pair = Pair(**setup()).connected()
    for _ in range(MAX_WITHOUT_PROGRESS):
        assert pair.give(role, sealed(pair, other(role), bytes([A]))) == []
    error = error_of(pair, role, sealed(pair, other(role), bytes([A])))
    assert "too many empty records in a row" in str(error)


@both_sides
@pytest.mark.parametrize("length", [0, 1, 15, 16])
def test_a_record_that_is_shorter_than_tag_and_type_is_refused(role: str, length: int):
    pair = Pair(**setup()).connected()
    error = error_of(pair, role, bytes(RawRecord(A, 0x0303, bytes(length))))
    assert error.alert == "bad_record_mac"


@both_sides
def test_the_version_in_the_header_is_additional_data(role: str):
    """RFC 8446 §5.2: so whoever changes it on the way is found out."""
    pair = Pair(**setup()).connected()
    error = error_of(pair, role, sealed(pair, other(role), b"x\x17", version=0x0304))
    assert error.alert == "bad_record_mac"


@both_sides
def test_a_record_that_comes_twice_is_refused(role: str):
    pair = Pair(**setup()).connected()
    record = sealed(pair, other(role), b"once\x17")
    assert data_of(pair.give(role, record)) == b"once"
    assert error_of(pair, role, record).alert == "bad_record_mac"


@both_sides
def test_a_record_that_is_left_out_is_missed(role: str):
    pair = Pair(**setup()).connected()
    sealed(pair, other(role), b"never delivered\x17")
    assert error_of(pair, role, sealed(pair, other(role), b"x\x17")).alert == "bad_record_mac"


@both_sides
def test_a_record_of_this_side_sent_back_is_refused(role: str):
    """Each direction has keys of its own."""
    pair = Pair(**setup()).connected()
    echo = say(pair[role], b"echo", A)
    with pytest.raises(tlslab.ProtocolError, match="bad_record_mac"):
        pair.give(role, echo)


def test_a_server_hears_an_alert_in_the_clear_from_a_client_that_has_no_keys_yet():
    """The client may have failed at the ServerHello."""
    pair = Pair(**setup())
    pair.give("server", pair.take("client"))
    alert = Alert(AlertLevel.fatal, AlertDescription.illegal_parameter).encode()
    with pytest.raises(tlslab.AlertReceived, match="illegal_parameter"):
        pair.give("server", bytes(RawRecord(D, 0x0303, alert)))


def test_and_no_such_alert_once_the_client_has_shown_that_it_has_them():
    pair = Pair(**setup()).connected()
    alert = Alert(AlertLevel.fatal, AlertDescription.illegal_parameter).encode()
    assert error_of(pair, "server", bytes(RawRecord(D, 0x0303, alert))).alert == (
        "unexpected_message"
    )


def test_a_client_hears_none_in_the_clear_behind_the_server_hello():
    pair = Pair(**setup())
    pair.give("server", pair.take("client"))
    pair.give("client", bytes(records(pair.take("server"))[0]))
    alert = Alert(AlertLevel.fatal, AlertDescription.illegal_parameter).encode()
    with pytest.raises(tlslab.ProtocolError, match="a record of type alert that is not protected"):
        pair.give("client", bytes(RawRecord(D, 0x0303, alert)))


# --- padding, and the longest record that a side wants (RFC 8446 §5.4, RFC 8449)


def inner_lengths(pair: Pair, sender: str) -> list[int]:
    """Of the records that were sent: without the tag."""
    return [
        len(record.raw) - 5 - 16
        for record in pair.traces[sender].of(Record)
        if record.sender == sender and record.raw[0] == A
    ]


@both_sides
@pytest.mark.parametrize("padding", [1, 100, 2**14])
def test_records_are_filled_up_to_a_multiple(role: str, padding: int):
    pair = Pair(**setup(**{role: {"record_padding": padding}}), traced=True).connected()
    pair[role].send(bytes(250))
    pair[role].send(bytes(2**14))
    assert data_of(pair.give(other(role), pair.take(role))) == bytes(250 + 2**14)
    *lengths, last = inner_lengths(pair, role)
    assert all(length % padding == 0 for length in lengths)
    assert last == 2**14 + 1, "there is no room for more"
    plain = Pair(**setup(), traced=True).connected()
    plain[role].send(bytes(250))
    assert inner_lengths(plain, role)[-1] == 251


@both_sides
@pytest.mark.parametrize("padding", [0, 100, 2**14])
def test_a_limit_is_for_content_type_and_padding_together(role: str, padding: int):
    both = {
        "client": {"record_size_limit": 64, "record_padding": padding},
        "server": {"record_size_limit": 64, "record_padding": padding},
    }
    pair = Pair(**setup(**both), traced=True).connected()
    pair[role].send(bytes(1000))
    assert data_of(pair.give(other(role), pair.take(role))) == bytes(1000)
    # The client's limit has the byte of the type in it, as it is for both versions.
    assert max(inner_lengths(pair, role)) == (65 if role == "client" else 64)


@both_sides
@pytest.mark.parametrize("inner", [bytes(65) + b"\x17", b"x\x17" + bytes(64)])
def test_a_record_beyond_the_limit_is_a_record_overflow(role: str, inner: bytes):
    both = {"client": {"record_size_limit": 64}, "server": {"record_size_limit": 64}}
    pair = Pair(**setup(**both)).connected()
    error = error_of(pair, role, sealed(pair, other(role), inner))
    assert (error.alert, error.section) == ("record_overflow", "RFC 8449 §4")


@pytest.mark.parametrize("padding", [0, 2**14])
def test_the_limit_holds_from_the_servers_encrypted_extensions_on(padding: int):
    """Its certificate comes in many records, and none of them is longer."""
    server = {"record_padding": padding}
    pair = Pair(**setup(client={"record_size_limit": 64}, server=server), traced=True).connected()
    assert max(inner_lengths(pair, "server")) == 64
    assert len(inner_lengths(pair, "server")) > 20


def test_a_client_holds_the_server_to_it_at_once():
    pair = Pair(**setup(client={"record_size_limit": 64}))
    context = pair.server._context
    honest = context.install_write

    def install_write(protection, keys):
        honest(protection, keys)
        protection._padding, protection.max_inner = 70, 2**14 + 1

    context.install_write = install_write
    assert refused(pair, "client").alert == "record_overflow"


def test_a_limit_is_agreed_on_anew_with_each_connection():
    made = resuming(first={"record_size_limit": 64})
    pair = Pair(**made, traced=True).connected()
    pair.server.send(bytes(1000))
    pair.carry()
    assert max(inner_lengths(pair, "server")) == 1001


# --- messages and records


def with_more_behind(speaker: tlslab.Connection, kind: HandshakeType, more: bytes) -> None:
    """Make `speaker` put `more` into the record of each message of this kind."""
    writer = speaker._context.writer
    honest = writer.write

    def write(type: ContentType, content: bytes) -> tuple[int, ...]:
        said = type is H and content[:1] == bytes([kind])
        return honest(type, content + more if said else content)

    writer.write = write  # type: ignore[method-assign]


SPANNING = {
    "ServerHello": ("server", HandshakeType.server_hello, setup),
    "the server's Finished": ("server", HandshakeType.finished, setup),
    "EndOfEarlyData": (
        "client",
        HandshakeType.end_of_early_data,
        partial(resuming, early_data=b"early"),
    ),
    "the client's Finished": ("client", HandshakeType.finished, setup),
    "the client's Finished behind a certificate": (
        "client",
        HandshakeType.finished,
        partial(setup, server=ASKS, client={"credential": credential("client-ecdsa")}),
    ),
}


@pytest.mark.parametrize("what", SPANNING)
@pytest.mark.parametrize("more", [b"\x14", b"\x08\0\0\2\0\0"])
def test_no_message_spans_a_change_of_keys(what: str, more: bytes):
    """RFC 8446 §5.1: else what began under one key would end under another."""
    speaker, kind, made = SPANNING[what]
    pair = Pair(**made())
    with_more_behind(pair[speaker], kind, more)
    error = refused(pair, other(speaker))
    assert (error.alert, error.section) == ("unexpected_message", "RFC 8446 §5.1")


@pytest.mark.parametrize("early_data", [b"", b"early"])
@pytest.mark.parametrize("more", [b"\x14", b"\x05\0\0\0"])
def test_behind_a_client_hello_that_is_answered_there_is_nothing(early_data: bytes, more: bytes):
    pair = Pair(**resuming(early_data=early_data))
    first, *others = records(pair.take("client"))
    longer = bytes(RawRecord(H, first.version, first.fragment + more))
    with pytest.raises(tlslab.ProtocolError) as caught:
        pair.give("server", longer + b"".join(map(bytes, others)))
    assert (caught.value.alert, caught.value.section) == ("unexpected_message", "RFC 8446 §5.1")


@both_sides
@pytest.mark.parametrize("size", [1, 7, 64])
def test_messages_may_be_cut_into_records_and_share_them_where_the_keys_stay(role: str, size: int):
    """RFC 8446 §5.1: "several handshake messages … coalesced … or fragmented across several"."""
    known = {"credential": credential("client-ecdsa")}
    pair = Pair(**setup(server=ASKS, client=known))
    writer = pair[role]._context.writer
    honest, waiting = writer.write, bytearray()

    def write(type: ContentType, content: bytes) -> tuple[int, ...]:
        if type is not H:
            return honest(type, content)
        waiting.extend(content)
        if content[0] not in (1, 2, 20):  # a hello or a Finished: the end of what has the same keys
            return ()
        cut = [bytes(waiting[start : start + size]) for start in range(0, len(waiting), size)]
        del waiting[:]
        return sum((honest(type, each) for each in cut), ())

    writer.write = write
    pair.connected()


# --- new keys


@both_sides
def test_new_keys_begin_to_count_anew_and_the_old_ones_are_no_good(role: str):
    pair = Pair(**setup()).connected()
    peer = pair[other(role)]
    old = copy.copy(peer._context.writer.protection)
    peer.update_keys()
    pair.give(role, pair.take(other(role)))
    assert pair[role]._context.reader.protection.sequence_number == 0
    peer._context.writer.protection = old
    said = say(peer, b"under the old keys", A)
    assert error_of(pair, role, said).alert == "bad_record_mac"


@both_sides
def test_both_sides_may_ask_for_new_keys_at_once(role: str):
    """RFC 8446 §4.6.3: then each is updated twice, and nothing goes on for ever."""
    pair = Pair(**setup()).connected()
    for side in SIDES:
        pair[side].update_keys(request_peer=True)
    pair.carry()
    pair[role].send(b"still here")
    assert data_of(pair.give(other(role), pair.take(role))) == b"still here"
    secrets = pair[role].state.established
    assert (secrets.sending.generation, secrets.receiving.generation) == (2, 2)
