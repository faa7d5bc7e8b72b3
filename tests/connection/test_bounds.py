"""A peer that never finishes what it says costs a bounded amount of memory, and then an error."""

import pytest
from in_memory import (
    SIDES,
    Pair,
    data_of,
    handshake_message,
    handshake_record,
    other,
    say,
)

import tlslab
from tlslab.connection.connection import MAX_HANDSHAKE_MESSAGE, MAX_WITHOUT_PROGRESS
from tlslab.wire.framing import MAX_CIPHERTEXT, RECORD_HEADER_LENGTH
from tlslab.wire.registry import ContentType, HandshakeType

both_sides = pytest.mark.parametrize("role", SIDES)
ACCEPTED = {"client": HandshakeType.server_hello, "server": HandshakeType.client_hello}
LARGEST_RECORD = RECORD_HEADER_LENGTH + MAX_CIPHERTEXT


def memory(connection: tlslab.Connection) -> int:
    """All bytes from the peer that a connection holds."""
    reader = connection._context.reader
    waiting = sum(map(len, reader._waiting))
    return len(connection._handshake) + len(reader._buffer) + waiting


@both_sides
@pytest.mark.parametrize("length", [2**24 - 1, MAX_HANDSHAKE_MESSAGE - 3])
def test_a_message_that_claims_to_be_huge_is_refused_at_its_header(role: str, length: int):
    pair = Pair()
    with pytest.raises(tlslab.ProtocolError) as caught:
        pair.give(role, handshake_record(handshake_message(ACCEPTED[role], b"", length)))
    assert (caught.value.alert, caught.value.where) == ("decode_error", "handshake.length")


@both_sides
def test_the_longest_message_that_is_collected_still_is(role: str):
    pair = Pair()
    whole = handshake_message(ACCEPTED[role], bytes(MAX_HANDSHAKE_MESSAGE - 4))
    for start in range(0, len(whole) - 2**14, 2**14):
        assert pair.give(role, handshake_record(whole[start : start + 2**14])) == []
    with pytest.raises(tlslab.ProtocolError, match="_hello"):  # it is a bad hello, but it was read
        pair.give(role, handshake_record(whole[-(2**14) :]))


@both_sides
def test_a_message_in_endless_small_records_holds_no_more_than_one_message(role: str):
    pair = Pair()
    pair.give(role, handshake_record(handshake_message(ACCEPTED[role], b"", 2**17 - 4)))
    for _ in range(2**17 // 64 - 1):
        pair.give(role, handshake_record(bytes(64)))
        assert memory(pair[role]) <= MAX_HANDSHAKE_MESSAGE + LARGEST_RECORD
    assert len(pair[role]._handshake_records) <= MAX_HANDSHAKE_MESSAGE


@both_sides
def test_a_record_that_never_ends_holds_no_more_than_one_record(role: str):
    pair = Pair().connected()
    peer = pair[other(role)]
    record = say(peer, bytes(2**14), ContentType.application_data)
    for byte in record[:-1]:
        pair.give(role, bytes([byte]))
    assert memory(pair[role]) <= LARGEST_RECORD
    assert data_of(pair.give(role, record[-1:])) == bytes(2**14)
    assert memory(pair[role]) <= LARGEST_RECORD


@both_sides
def test_data_that_is_taken_is_not_kept(role: str):
    pair = Pair().connected()
    for _ in range(20):
        pair[other(role)].send(bytes(50_000))
        assert len(data_of(pair.give(role, pair.take(other(role))))) == 50_000
        assert memory(pair[role]) <= 4 * LARGEST_RECORD + RECORD_HEADER_LENGTH
    assert pair[role].data_to_send() == b""


@both_sides
def test_empty_records_of_data_are_borne_but_not_forever(role: str):
    """OpenSSL before 1.0.0 sent one in front of each CBC record."""
    pair = Pair().connected()
    protection = pair[other(role)]._context.writer.protection

    def empty() -> bytes:
        fragment = protection.protect(ContentType.application_data, 0x0303, b"")[1]
        return b"\x17\x03\x03" + len(fragment).to_bytes(2, "big") + fragment

    for _ in range(MAX_WITHOUT_PROGRESS):
        assert pair.give(role, empty()) == []
    with pytest.raises(tlslab.ProtocolError, match="too many empty records in a row"):
        pair.give(role, empty())


@both_sides
@pytest.mark.parametrize("type", ["handshake", "alert", "change_cipher_spec"])
def test_an_empty_record_of_any_other_type_is_refused_even_if_it_is_protected(role: str, type: str):
    pair = Pair().connected()
    content_type = ContentType[type]
    fragment = pair[other(role)]._context.writer.protection.protect(content_type, 0x0303, b"")[1]
    header = bytes([content_type]) + b"\x03\x03" + len(fragment).to_bytes(2, "big")
    with pytest.raises(tlslab.ProtocolError, match=f"an empty record of type {type}"):
        pair.give(role, header + fragment)
