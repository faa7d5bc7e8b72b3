"""Every byte of each kind of handshake of TLS 1.3 is changed, every record and every stream is cut.

As `test_every_byte` has it for TLS 1.2: what was sent arrives, or the side that noticed raises a
ProtocolError and sends an alert. Where a byte does not matter, a list says why.

One flip a byte; `test_every_byte` has more of them.
"""

from collections import Counter
from collections.abc import Iterator
from functools import cache, partial

import pytest
from conversation import DATA, Moment, alert_waits, copied, moments_of, with_byte_changed
from in_memory import ASKS, Pair, RawRecord, credential, other, records
from tls13_pairs import resuming, retrying, setup

import tlslab
from tlslab.wire.framing import RECORD_HEADER_LENGTH, record_spans
from tlslab.wire.registry import ContentType, HandshakeType

EARLY = DATA["server"][:5]
KINDS = {
    "full": setup,
    "retry, cookie": partial(retrying, retry=True, cookie=True),
    "client authentication": partial(
        setup, server=ASKS, client={"credential": credential("client-ecdsa")}
    ),
    "resumed": resuming,
    "early data": partial(resuming, early_data=EARLY),
    "early data refused": partial(resuming, early_data=EARLY, server={"max_early_data_size": 0}),
}
every_kind = pytest.mark.parametrize("kind", KINDS)

# What completes all the same: (record, field). The names of the records are below.
HEADER = "record.version"
IN_THE_CLEAR = {
    (
        "hello",
        HEADER,
    ): "the version on a record in the clear: it 'MUST be ignored for all purposes' "
    "(RFC 8446 §5.1)",
    ("change_cipher_spec", HEADER): "the same",
    ("last", "record.length"): "the same record, longer than it is: it never ends, and whoever has "
    "said close_notify need not wait for the answer (RFC 8446 §6.1)",
}
REFUSED = {
    (
        "refused",
        "record.fragment",
    ): "early data that the server has refused: it passes over records "
    "that it cannot open (RFC 8446 §4.2.10)",
    ("refused", HEADER): "the same",
}


@cache
def moments(kind: str) -> tuple[Moment, ...]:
    return moments_of(Pair(**KINDS[kind]()))


def name_of(moment: Moment, kind: str) -> str:
    """Which of the records that may be changed it is; empty for any other."""
    if moment is moments(kind)[-1]:
        return "last"
    if moment.record[0] == ContentType.change_cipher_spec:
        return "change_cipher_spec"
    if kind == "early data refused" and moment.name == "client 2":
        return "refused"
    return "hello" if moment.record[0] == ContentType.handshake else ""


@every_kind
def test_the_conversation_completes_if_nothing_is_changed(kind: str):
    for moment in moments(kind):
        assert moment.outcome(moment.record) == "completed", moment.name


@every_kind
def test_every_changed_byte_is_noticed_or_does_not_matter(kind: str):
    endings: Counter[str] = Counter()
    completed = set()
    for moment in moments(kind):
        for span in record_spans(moment.record):
            for position in range(span.start, span.end):
                (changed,) = with_byte_changed(moment.record, position, (0x01,))
                ending = moment.outcome(changed)
                endings[ending] += 1
                if ending == "completed":
                    completed.add((name_of(moment, kind), span.path))
    assert completed == {*IN_THE_CLEAR, *(REFUSED if kind == "early data refused" else ())}
    assert "told" not in endings
    assert endings["bad_record_mac"] > 100


@every_kind
def test_a_record_that_is_cut_and_framed_anew_is_noticed(kind: str):
    for moment in moments(kind):
        (record,) = records(moment.record)
        if name_of(moment, kind) == "refused":
            continue  # See above.
        for length in range(0, len(record.fragment), 5):
            short = RawRecord(record.type, record.version, record.fragment[:length])
            assert moment.outcome(bytes(short)) not in ("completed", "told"), (moment.name, length)


@every_kind
def test_a_stream_that_ends_in_the_middle_of_a_record_is_noticed(kind: str):
    for moment in moments(kind)[:-1]:
        for length in range(1, len(moment.record), 11):
            conversation = moment.before.copy()
            receiver = conversation.sides[other(conversation.wire[0][0])]
            receiver.receive_data(moment.record[:length])
            with pytest.raises(tlslab.Truncated):
                receiver.receive_eof()
            assert alert_waits(receiver)


@every_kind
def test_a_record_that_is_left_out_is_missed(kind: str):
    """But for a ChangeCipherSpec, refused early data, and the very last one."""
    for moment in moments(kind):
        if name_of(moment, kind) not in ("change_cipher_spec", "refused", "last"):
            assert moment.outcome(b"") not in ("completed", "told"), moment.name


def inside(moment: Moment) -> tuple[int, bytes]:
    """The type and the content of a protected record; 0 for one in the clear."""
    receiver = copied(moment.before.sides[other(moment.before.wire[0][0])])
    reading = receiver._context.reader.protection
    if moment.record[0] != ContentType.application_data:
        return 0, b""
    opened = reading.unprotect(23, 0x0303, moment.record[RECORD_HEADER_LENGTH:])
    return opened or (0, b"")


def changed_inside(moment: Moment, type: int, content: bytes) -> Iterator[tuple[int, bytes]]:
    """The record with each byte of its content changed by whoever has its keys."""
    for position in range(len(content)):
        writing = copied(moment.before.sides[other(moment.before.wire[0][0])])
        (changed,) = with_byte_changed(content, position, (0x01,))
        fragment = writing._context.reader.protection.protect(type, 0x0303, changed)[1]
        yield position, bytes(RawRecord(ContentType.application_data, 0x0303, fragment))


# A field of a ticket that was changed is noticed when the ticket is used, on another connection.
TICKET = HandshakeType.new_session_ticket
NOTICED = {"unexpected_message", "decode_error", "decrypt_error", "illegal_parameter"}
NOTICED |= {"bad_certificate", "unsupported_certificate", "unknown_ca", "unsupported_extension"}
NOTICED |= {"certificate_expired", "bad_record_mac"}


@every_kind
def test_every_changed_byte_of_a_protected_message_is_noticed(kind: str):
    """Somebody who had the keys of one direction could still not change what both agree on."""
    tried: Counter[int] = Counter()
    for moment in moments(kind):
        type, content = inside(moment)
        if type != ContentType.handshake or content[0] == TICKET:
            continue
        for position, record in changed_inside(moment, type, content):
            ending = moment.outcome(record)
            assert ending in NOTICED, (moment.name, position, ending)
            tried[content[0]] += 1
    assert tried[HandshakeType.finished] >= 2 * (4 + 32)


@pytest.mark.parametrize("kind", ["resumed"])
def test_a_changed_byte_in_a_ticket_is_noticed_in_its_header_and_its_lengths(kind: str):
    tickets = [m for m in moments(kind) if inside(m)[1][:1] == bytes([TICKET])]
    assert len(tickets) == 2
    type, content = inside(tickets[0])
    noticed = {
        position
        for position, record in changed_inside(tickets[0], type, content)
        if tickets[0].outcome(record) != "completed"
    }
    # msg_type and length; the top of the lifetime; the lengths of nonce, ticket and extensions.
    ticket_length = int.from_bytes(content[14:16], "big")
    lengths = {12, 14, 15, 16 + ticket_length, 17 + ticket_length}
    assert noticed >= {0, 1, 2, 3, 4} | lengths
    assert not noticed & {7, *range(8, 12), 13, *range(20, 16 + ticket_length)}
