"""Every byte of a connection is changed and every record is cut: what was sent arrives, or an error.

A connection here is a handshake, data both ways, and close_notify both ways. On its way one byte is
changed or one end is cut off: in each record as it is on the wire, and in each protected message
before its protection. It then ends in one of two ways. It completes, with the data that was sent:
only where a byte truly does not matter, see `DOES_NOT_MATTER`. Or the side that noticed raises a
ProtocolError and sends an alert. Never another exception, never a hang, never other data.
"""

from collections import Counter
from functools import cache

import pytest
from conversation import Moment, alert_waits, copied, moments_of, with_byte_changed
from in_memory import CBC, GCM, NULL, Pair, RawRecord, data_of, other, records

import tlslab
from tlslab.wire.framing import RECORD_HEADER_LENGTH, record_spans
from tlslab.wire.registry import CipherSuite, ContentType

FLIPS = (0x01, 0x80, 0xFF)
ALL_FLIPS = range(1, 256)
SMALL = 9
"""Record header and handshake header, and records that are no longer: tried with all values."""

CERTIFICATE = "server 1"

# (how, number of the record, field): why it does not matter what stands there.
DOES_NOT_MATTER = {
    ("changed", "client 0", "record.version"): "the minor version on the record of a ClientHello: "
    "'servers MUST accept any value {03,XX}' (RFC 5246 Appendix E.1)",
    ("changed", "server 0", "record.version"): "the minor version on the record of a ServerHello: "
    "the client learns from inside which version it has to be (RFC 5246 Appendix E.1)",
    ("changed", "client 5", "record.length"): "the same record, longer than it is: it never ends",
    ("cut", "client 5", ""): "the answer to close_notify: 'it is not required for the initiator of "
    "the close to wait for the responding close_notify' (RFC 5246 §7.2.1)",
    ("changed inside", "server 6", "level"): "the level of close_notify: it ends the connection "
    "whatever its level says (RFC 5246 §7.2.1)",
    ("changed inside", "client 5", "level"): "the same",
    ("changed inside", "client 5", "description"): "whoever has said close_notify waits for no "
    "answer, so a warning will do for one (RFC 5246 §7.2.1)",
}

every_suite = pytest.mark.parametrize("suite", [GCM, CBC, NULL], ids=lambda suite: suite.name)


@cache
def moments(suite: CipherSuite) -> tuple[Moment, ...]:
    return moments_of(Pair(suite))


@every_suite
def test_the_conversation_completes_and_shows_every_kind_of_record(suite: CipherSuite):
    names = [f"{moment.name}: {moment.record[0]}" for moment in moments(suite)]
    # fmt: off
    assert names == [
        "client 0: 22", "server 0: 22", "server 1: 22", "server 2: 22",  # the hellos
        "client 1: 22", "client 2: 20", "client 3: 22", "server 3: 20", "server 4: 22",
        "client 4: 23", "server 5: 23", "server 6: 21", "client 5: 21",
    ]
    # fmt: on
    assert all(moment.outcome(moment.record) == "completed" for moment in moments(suite))


@every_suite
def test_every_changed_byte_of_a_record_is_noticed_or_does_not_matter(suite: CipherSuite):
    endings: Counter[str] = Counter()
    completed = set()
    for moment in moments(suite):
        # The same bytes for each suite, and verified before there are keys: it is done with GCM.
        if moment.name == CERTIFICATE and suite != GCM:
            assert moment.record in [each.record for each in moments(GCM)]
            continue
        for span in record_spans(moment.record):
            for position in range(span.start, span.end):
                flips = ALL_FLIPS if position < SMALL else FLIPS
                for changed in with_byte_changed(moment.record, position, flips):
                    ending = moment.outcome(changed)
                    endings[ending] += 1
                    if ending == "completed":
                        completed.add(("changed", moment.name, span.path))
    assert completed == {what for what in DOES_NOT_MATTER if what[0] == "changed"}
    assert "told" not in endings
    assert endings["bad_record_mac"] > 100


@every_suite
def test_a_stream_that_is_cut_at_any_byte_is_noticed_or_has_said_all(suite: CipherSuite):
    completed = set()
    for moment in moments(suite):
        for length in range(len(moment.record)):
            conversation = moment.before.copy()
            receiver = conversation.sides[other(conversation.wire[0][0])]
            assert data_of(receiver.receive_data(moment.record[:length])) == b""
            try:
                receiver.receive_eof()
            except tlslab.Truncated:
                assert alert_waits(receiver)
            else:
                completed.add(("cut", moment.name, ""))
    assert completed == {what for what in DOES_NOT_MATTER if what[0] == "cut"}


@every_suite
def test_a_record_that_is_cut_short_and_framed_anew_is_noticed(suite: CipherSuite):
    for moment in moments(suite):
        (record,) = records(moment.record)
        for length in range(len(record.fragment)):
            short = RawRecord(record.type, record.version, record.fragment[:length])
            assert moment.outcome(bytes(short)) not in ("completed", "told"), (moment.name, length)


@every_suite
def test_every_changed_byte_of_a_protected_message_is_noticed_or_does_not_matter(suite):
    completed = set()
    for moment in moments(suite):
        type, version, fragment = moment.record[0], 0x0303, moment.record[RECORD_HEADER_LENGTH:]
        receiver = moment.before.sides[other(moment.before.wire[0][0])]
        reading = receiver._context.reader.protection
        # What the peer's application says may be anything.
        if reading.name == "none" or type == ContentType.application_data:
            continue
        number = reading.sequence_number
        _, content = copied(receiver)._context.reader.protection.unprotect(type, version, fragment)
        for position in range(len(content)):
            for changed in with_byte_changed(content, position, ALL_FLIPS):
                writing = copied(receiver)._context.reader.protection
                assert writing.sequence_number == number
                record = RawRecord(type, version, writing.protect(type, version, changed)[1])
                ending = moment.outcome(bytes(record))
                if type == ContentType.alert:
                    field = ("level", "description")[position]
                    if ending == "completed":
                        completed.add(("changed inside", moment.name, field))
                else:
                    assert ending in ("unexpected_message", "decode_error", "decrypt_error")
    assert completed == {what for what in DOES_NOT_MATTER if what[0] == "changed inside"}
