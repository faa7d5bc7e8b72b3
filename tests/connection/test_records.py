"""The record layer: cutting and joining, the limits of lengths, and strangers at the door."""

import struct
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from in_memory import (
    CBC,
    GCM,
    NULL,
    SIDES,
    Pair,
    RawRecord,
    data_of,
    handshake_message,
    handshake_record,
    other,
    records,
    say,
    state_name,
)

import tlslab
from tlslab.connection.record import Plaintext, RecordReader, RecordWriter
from tlslab.trace import NullTrace, Record, Trace
from tlslab.wire.framing import Alert
from tlslab.wire.hello import ClientHello
from tlslab.wire.registry import (
    AlertDescription,
    AlertLevel,
    CipherSuite,
    ContentType,
    ProtocolVersion,
)

both_sides = pytest.mark.parametrize("role", SIDES)
every_protection = pytest.mark.parametrize("suite", [GCM, CBC, NULL], ids=lambda suite: suite.name)
every_header = pytest.mark.parametrize("type", [20, 21, 22, 23])

LIMIT = 2**14
"""RFC 5246 §6.2.1: the longest content of a record."""
PROTECTED_LIMIT = 2**14 + 2048
"""RFC 5246 §6.2.3: the longest fragment of a protected record."""
TYPES = [ContentType(number) for number in (20, 21, 22, 23)]


def refused(role: str, data: bytes, pair: Pair | None = None) -> tlslab.ProtocolError:
    """What `role` says about `data`; its peer can read the alert, if it speaks TLS."""
    pair = pair or Pair()
    with pytest.raises(tlslab.ProtocolError) as caught:
        pair.give(role, data)
    assert pair[role].is_closed
    alert = records(pair.take(role))[-1]
    assert alert.type == ContentType.alert
    if alert.fragment[0] == AlertLevel.fatal and len(alert.fragment) == 2:  # in the clear
        assert alert.fragment[1] == AlertDescription[caught.value.alert]
    return caught.value


def read_all(reader: RecordReader) -> list[tuple[ContentType, bytes]]:
    found = []
    while (record := reader.next_record()) is not None:
        found.append(record)
    return found


# -- cutting and joining ------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.sampled_from(TYPES), st.binary(min_size=1, max_size=40)), max_size=6),
    st.lists(st.integers(0, 300), max_size=12),
    st.integers(0, 40),
)
def test_however_the_stream_is_cut_the_same_records_come_out(contents, cuts, missing: int):
    writer = RecordWriter("client", NullTrace())
    for type, content in contents:
        writer.write(type, content)
    stream = b"".join(writer.output)
    stream = stream[: len(stream) - missing]
    trace = Trace("server")
    reader = RecordReader("client", trace)
    found = []
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    for start, end in pairwise(edges):
        reader.feed(stream[start:end])
        found += read_all(reader)
    whole = sum(1 for e in range(len(contents)) if length(contents[: e + 1]) <= len(stream))
    assert found == contents[:whole]
    assert reader.buffered == len(stream) - length(contents[:whole])
    assert reader.number == whole
    assert b"".join(r.raw for r in trace.of(Record)) == stream[: length(contents[:whole])]


def length(contents: list[tuple[ContentType, bytes]]) -> int:
    return sum(5 + len(content) for _, content in contents)


@pytest.mark.parametrize("at", [1, 2, 3, 4, 5, 6])
def test_a_header_may_come_in_two_reads(at: int):
    pair = Pair()
    hello = pair.take("client")
    assert pair.give("server", hello[:at]) == []
    assert state_name(pair.server) == "WaitClientHello"
    pair.give("server", hello[at:])
    assert state_name(pair.server) == "WaitClientKeyExchangeRSA"


@every_protection
def test_several_records_in_one_read_are_several_events(suite: CipherSuite):
    pair = Pair(suite).connected()
    for data in (b"one", b"two", b"three"):
        pair.client.send(data)
    flight = pair.take("client")
    cut = len(flight) - 1
    assert pair.give("server", flight[:cut]) == [
        tlslab.ApplicationData(b"one"),
        tlslab.ApplicationData(b"two"),
    ]
    assert pair.give("server", flight[cut:]) == [tlslab.ApplicationData(b"three")]


def test_one_read_may_end_one_record_and_begin_another():
    pair = Pair(CBC).connected()
    pair.server.send(b"a" * 100)
    pair.server.send(b"b" * 100)
    flight = pair.take("server")
    sizes = [7, 100, 50, len(flight)]
    got = b""
    for size in sizes:
        got += data_of(pair.give("client", flight[:size]))
        flight = flight[size:]
    assert got == b"a" * 100 + b"b" * 100


def test_a_message_over_three_records_is_one_message_that_names_the_three():
    pair = Pair(GCM, traced=True)
    (hello,) = (record.fragment for record in records(pair.take("client")))
    pieces = (hello[:3], hello[3:50], hello[50:])
    for piece in pieces[:2]:
        assert pair.give("server", handshake_record(piece)) == []
        assert not pair.traces["server"].messages()
    pair.give("server", handshake_record(pieces[2]))
    (message,) = pair.traces["server"].messages("client_hello")
    assert (message.raw, message.records) == (hello, (0, 1, 2))
    seen = [r.plaintext for r in pair.traces["server"].of(Record) if r.sender == "client"]
    assert seen == list(pieces)


def test_two_messages_in_one_record_name_the_same_record():
    pair = Pair(GCM, traced=True)
    pair.give("server", pair.take("client"))
    flight = b"".join(record.fragment for record in records(pair.take("server")))
    pair.give("client", handshake_record(flight))
    received = [m for m in pair.traces["client"].messages() if m.sender == "server"]
    assert [m.name for m in received] == ["server_hello", "certificate", "server_hello_done"]
    assert {m.records for m in received} == {(0,)}


# -- lengths ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "fragments"),
    [
        (0, []),
        (1, [1]),
        (LIMIT, [LIMIT]),
        (LIMIT + 1, [LIMIT, 1]),
        (3 * LIMIT, [LIMIT] * 3),
        (3 * LIMIT + 5, [LIMIT] * 3 + [5]),
    ],
)
def test_content_is_written_in_as_many_records_as_it_needs(size: int, fragments: list[int]):
    writer = RecordWriter("client", NullTrace())
    writer.write(ContentType.alert, b"before")
    content = bytes(number % 251 for number in range(size))
    assert writer.write(ContentType.handshake, content) == tuple(range(1, 1 + len(fragments)))
    written = records(b"".join(writer.output))[1:]
    assert [len(record.fragment) for record in written] == fragments
    assert b"".join(record.fragment for record in written) == content
    assert all(record.type == ContentType.handshake for record in written)


@every_protection
def test_protected_content_is_cut_at_the_limit_of_the_content(suite: CipherSuite):
    pair = Pair(suite, traced=True).connected()
    pair.client.send(bytes(LIMIT + 1))
    pair.give("server", pair.take("client"))
    *_, first, second = pair.traces["server"].of(Record)
    assert (len(first.plaintext), len(second.plaintext)) == (LIMIT, 1)
    assert len(first.raw) > LIMIT + 5


@both_sides
@every_header
def test_a_plaintext_record_above_the_limit_is_refused_at_its_header(role: str, type: int):
    error = refused(role, struct.pack(">BHH", type, 0x0303, LIMIT + 1))
    assert (error.alert, error.where) == ("record_overflow", "record.length")
    assert error.section == "RFC 5246 §6.2.1"
    assert "16385 bytes, at most 16384" in error.reason


@both_sides
def test_a_plaintext_record_at_the_limit_is_waited_for_and_read(role: str):
    pair = Pair()
    kind = 2 if role == "client" else 1
    content = handshake_message(kind, bytes(LIMIT), 2**16)[:LIMIT]
    record = handshake_record(content)
    assert pair.give(role, record[:5]) == []
    assert pair.give(role, record[5:-1]) == []
    assert pair[role]._context.reader.buffered == len(record) - 1
    assert pair.give(role, record[-1:]) == []
    assert pair[role]._context.reader.buffered == 0
    assert not pair[role].is_closed


@both_sides
@every_protection
def test_a_protected_record_above_its_limit_is_refused_at_its_header(role: str, suite: CipherSuite):
    header = struct.pack(">BHH", 23, 0x0303, PROTECTED_LIMIT)
    pair = Pair(suite).connected()
    assert pair.give(role, header) == []
    header = struct.pack(">BHH", 23, 0x0303, PROTECTED_LIMIT + 1)
    pair = Pair(suite).connected()
    with pytest.raises(tlslab.ProtocolError, match="record_overflow: record.length: 18433 bytes"):
        pair.give(role, header)
    with pytest.raises(tlslab.AlertReceived, match="record_overflow"):
        pair.give(other(role), pair.take(role))


def protected(pair: Pair, sender: str, content: bytes) -> bytes:
    """Content in one record, however long: what no honest sender makes."""
    fragment = pair[sender]._context.writer.protection.protect(23, 0x0303, content)[1]
    return bytes(RawRecord(23, 0x0303, fragment))


@both_sides
@every_protection
def test_content_above_the_limit_is_refused_though_its_record_is_not_too_long(role, suite):
    pair = Pair(suite).connected()
    at_limit = protected(pair, other(role), bytes(LIMIT))
    assert data_of(pair.give(role, at_limit)) == bytes(LIMIT)
    above = protected(pair, other(role), bytes(LIMIT + 1))
    assert len(above) - 5 <= PROTECTED_LIMIT
    with pytest.raises(tlslab.ProtocolError) as caught:
        pair.give(role, above)
    assert (caught.value.alert, caught.value.where) == ("record_overflow", "record.length")
    assert "16385 bytes of content" in caught.value.reason
    with pytest.raises(tlslab.AlertReceived, match="record_overflow"):
        pair.give(other(role), pair.take(role))


@both_sides
@pytest.mark.parametrize("type", [20, 21, 22])
def test_an_empty_record_is_refused_unless_it_is_application_data(role: str, type: int):
    """RFC 5246 §6.2.1: "Implementations MUST NOT send zero-length fragments of Handshake, Alert,
    or ChangeCipherSpec content types." """
    error = refused(role, struct.pack(">BHH", type, 0x0303, 0))
    assert (error.alert, error.where) == ("unexpected_message", "record.length")
    assert error.reason == f"an empty record of type {ContentType(type).name}"
    assert error.section == "RFC 5246 §6.2.1"


@both_sides
def test_an_empty_record_of_application_data_is_none_before_the_handshake_is_complete(role: str):
    error = refused(role, struct.pack(">BHH", 23, 0x0303, 0))
    assert error.alert == "unexpected_message"
    assert "application_data before the handshake was complete" in error.reason


# -- type and version ---------------------------------------------------------------------------


@both_sides
@pytest.mark.parametrize("type", [*range(20), *range(24, 0x80), 0xFF])
def test_what_is_no_content_type_is_refused_by_its_number_or_name(role: str, type: int):
    pair = Pair()
    if role == "client":  # behind the first record nobody looks for strangers
        pair.give("server", pair.take("client"))
        pair.give("client", bytes(records(pair.take("server"))[0]))
    error = refused(role, struct.pack(">BHHB", type, 0x0303, 1, 1), pair)
    assert (error.alert, error.where) == ("unexpected_message", "record.type")
    assert ContentType(type).label in error.reason
    assert error.section == "RFC 5246 §6"


@pytest.mark.parametrize("version", [0x0300, 0x0301, 0x0302, 0x0303, 0x0304, 0x03FF])
def test_any_version_three_is_borne_on_the_record_of_a_client_hello(version: int):
    """RFC 5246 Appendix E.1: "TLS servers [...] MUST accept any value {03,XX}"."""
    pair = Pair()
    (hello,) = records(pair.take("client"))
    pair.give("server", handshake_record(hello.fragment, version))
    assert state_name(pair.server) == "WaitClientKeyExchangeRSA"


@both_sides
@pytest.mark.parametrize("version", [0x0000, 0x0002, 0x0200, 0x0400, 0x7F17, 0xFEFD])
def test_a_record_of_no_version_three_is_refused(role: str, version: int):
    error = refused(role, struct.pack(">BHHB", 22, version, 1, 1))
    assert (error.alert, error.where) == ("protocol_version", "record.version")
    assert ProtocolVersion(version).label in error.reason
    assert error.section == "RFC 5246 Appendix E.1"


@both_sides
@pytest.mark.parametrize("version", [0x0300, 0x0301, 0x0302, 0x0304, 0x0403])
def test_once_the_version_is_agreed_every_record_has_to_say_it(role: str, version: int):
    pair = Pair().connected()
    pair[other(role)].send(b"data")
    (record,) = records(pair.take(other(role)))
    with pytest.raises(tlslab.ProtocolError) as caught:
        pair.give(role, bytes(RawRecord(record.type, version, record.fragment)))
    assert (caught.value.alert, caught.value.where) == ("protocol_version", "record.version")
    assert caught.value.section == "RFC 5246 §6.2.1"
    assert "the connection is TLSv1_2" in caught.value.reason


def test_all_records_but_the_first_say_the_version_that_was_agreed():
    pair = Pair().connected()
    pair.client.send(b"data")
    pair.client.close()
    pair.carry()
    versions = {side: [record.version for record in records(pair.sent[side])] for side in SIDES}
    assert versions["client"][0] == ProtocolVersion.TLSv1_0
    assert set(versions["client"][1:]) == set(versions["server"]) == {ProtocolVersion.TLSv1_2}


# -- strangers at the door ----------------------------------------------------------------------

# As OpenSSL 0.9.8 sent it: length, msg_type 1, version, lengths, cipher specs of 3 bytes, challenge.
SSLV2_BODY = struct.pack(">HHH", 6, 0, 16) + bytes.fromhex("010080 0700c0") + bytes(range(16))


def sslv2_hello(version: int) -> bytes:
    body = struct.pack(">BH", 1, version) + SSLV2_BODY
    return struct.pack(">H", 0x8000 | len(body)) + body


@pytest.mark.parametrize(
    ("version", "sentence"),
    [
        (0x0002, "this is an SSLv2 ClientHello, from 1995, for SSL 2.0"),
        (0x0300, "this is an SSLv2 ClientHello, from 1995, for TLS wrapped as SSL 2.0 (3, 0)"),
        (0x0303, "this is an SSLv2 ClientHello, from 1995, for TLS wrapped as SSL 2.0 (3, 3)"),
    ],
)
def test_an_sslv2_hello_is_recognised(version: int, sentence: str):
    error = refused("server", sslv2_hello(version))
    assert (error.alert, error.reason) == ("protocol_version", sentence)
    assert (error.where, error.section) == ("record", "RFC 6176 §3")


@pytest.mark.parametrize("record_version", [0x0300, 0x0301])
def test_an_sslv3_hello_is_recognised(record_version: int):
    hello = ClientHello(ProtocolVersion(0x0300), bytes(32), b"", (CipherSuite(0x0005),), (0,), None)
    error = refused("server", handshake_record(hello.encode_handshake(), record_version))
    assert error.alert == "protocol_version"
    assert error.where == "client_hello.client_version"
    assert "the client offers at most SSL 3.0; this server wants at least TLS 1.2" in error.reason


@pytest.mark.parametrize(
    "method", ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "CONNECT", "PATCH", "PRI"]
)
def test_an_http_request_is_recognised(method: str):
    error = refused("server", f"{method} / HTTP/1.1\r\nHost: server.tlslab.test\r\n\r\n".encode())
    assert error.alert == "unexpected_message"
    assert error.reason.startswith("this is HTTP without TLS: it begins with")
    assert repr(f"{method} /"[:5]) in error.reason


def test_an_http_answer_is_recognised():
    error = refused("client", b"HTTP/1.1 400 Bad Request\r\n\r\n")
    assert error.alert == "unexpected_message"
    assert error.reason == "this is HTTP without TLS: it begins with 'HTTP/'"


@pytest.mark.parametrize("stranger", [b"GET / HTTP/1.0\r\n\r\n", sslv2_hello(2)])
def test_a_stranger_is_recognised_though_its_bytes_come_one_by_one(stranger: bytes):
    pair = Pair()
    for byte in stranger[:4]:
        assert pair.give("server", bytes([byte])) == []
    with pytest.raises(tlslab.ProtocolError, match="this is"):
        pair.give("server", stranger[4:5])


@pytest.mark.parametrize(
    "nearly",
    [
        b"\x80\x2e\x02\x00\x02",  # not msg_type 1
        b"\x80\x2e\x01\x04\x02",  # neither SSL 2.0 nor TLS
        b"\x00\x2e\x01\x00\x02",  # the top bit of the length is not set
        b"GETTY",
        b"SSH-2",
    ],
)
def test_what_is_only_nearly_a_known_stranger_is_an_unknown_one(nearly: bytes):
    error = refused("server", nearly)
    assert (error.alert, error.where) == ("unexpected_message", "record.type")


def test_in_the_middle_of_a_connection_nobody_is_taken_for_a_stranger():
    pair = Pair().connected()
    with pytest.raises(tlslab.ProtocolError) as caught:
        pair.give("server", b"GET / HTTP/1.0\r\n\r\n")
    assert (caught.value.alert, caught.value.where) == ("unexpected_message", "record.type")


# -- what the application gives -----------------------------------------------------------------


@both_sides
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_data_may_be_bytes_in_any_form_and_may_change_afterwards(role: str, kind: Any):
    pair = Pair().connected()
    original = bytearray(b"hello")
    data = original if kind is bytearray else kind(original)
    pair[role].send(data)
    original[:] = b"other"
    assert data_of(pair.give(other(role), pair.take(role))) == b"hello"


@both_sides
@pytest.mark.parametrize("data", ["hello", 5, None, [1, 2]])
def test_what_is_not_bytes_is_a_local_error_and_sends_nothing(role: str, data: Any):
    pair = Pair().connected()
    with pytest.raises(tlslab.LocalError, match=f"bytes, not {type(data).__name__}"):
        pair[role].send(data)
    assert pair.take(role) == b""
    assert pair[role].is_connected


# -- no protection ------------------------------------------------------------------------------


def test_no_protection_changes_nothing_and_counts():
    plaintext = Plaintext()
    assert plaintext.protect(22, 0x0303, b"content") == (22, b"content")
    assert plaintext.unprotect(22, 0x0303, b"fragment") == (22, b"fragment")
    assert plaintext.sequence_number == 2
    assert (plaintext.name, plaintext.max_fragment) == ("none", LIMIT)


@both_sides
def test_a_warning_alert_is_read_in_the_clear_and_under_the_keys(role: str):
    warning = Alert(AlertLevel.warning, AlertDescription.user_canceled)
    pair = Pair()
    said = [say(pair[other(role)], warning, ContentType.alert)]
    assert records(said[0])[0].fragment == warning.encode()
    assert pair.give(role, said[0]) == [tlslab.WarningReceived("user_canceled")]
    pair = Pair().connected()
    protected_one = say(pair[other(role)], warning, ContentType.alert)
    assert warning.encode() not in protected_one[5:]
    assert pair.give(role, protected_one) == [tlslab.WarningReceived("user_canceled")]
