"""The longest record that a side wants to receive (RFC 8449)."""

import pytest
from in_memory import CBC, GCM, SIDES, Pair, changed, message_in, other, records, with_fields

import tlslab
from tlslab.connection.record import RecordWriter
from tlslab.errors import LocalError
from tlslab.trace import Record
from tlslab.wire.extensions import RecordSizeLimit
from tlslab.wire.hello import ClientHello, ServerHello
from tlslab.wire.registry import ContentType

every_protection = pytest.mark.parametrize("suite", [GCM, CBC], ids=lambda suite: suite.name)


def longest(pair: Pair, sender: str) -> int:
    data = [
        len(record.plaintext)
        for record in pair.traces[sender].of(Record)
        if record.sender == sender and record.content_type == "application_data"
    ]
    return max(data)


@every_protection
@pytest.mark.parametrize("limit", [64, 1000, 2**14])
def test_each_side_sends_no_more_than_the_other_wants(suite, limit: int):
    pair = Pair(
        suite,
        client={"record_size_limit": limit},
        server={"record_size_limit": 2 * limit if limit < 2**14 else limit},
        traced=True,
    ).connected()
    for side in SIDES:
        pair[side].send(bytes(3 * 2**14))
    pair.carry()
    assert longest(pair, "server") == limit
    assert longest(pair, "client") == (2 * limit if limit < 2**14 else limit)
    for side in SIDES:
        data = [e.data for e in pair.events[side] if isinstance(e, tlslab.ApplicationData)]
        assert b"".join(data) == bytes(3 * 2**14)


def test_a_server_answers_with_its_own_limit_if_it_is_asked():
    asked = Pair(GCM, client={"record_size_limit": 100}, server={"record_size_limit": 200})
    asked.connected()
    assert message_in(asked, "server", ServerHello).extension(RecordSizeLimit) == RecordSizeLimit(
        200
    )
    unasked = Pair(GCM).connected()
    assert message_in(unasked, "client", ClientHello).extension(RecordSizeLimit) is None
    assert message_in(unasked, "server", ServerHello).extension(RecordSizeLimit) is None


def test_the_hellos_themselves_are_not_limited():
    """RFC 8449 §4: it is for protected records."""
    pair = Pair(GCM, client={"record_size_limit": 64})
    pair.give("server", pair.take("client"))
    assert max(len(record.fragment) for record in records(pair.take("server"))) > 64


@every_protection
@pytest.mark.parametrize("role", SIDES)
def test_a_longer_record_is_a_record_overflow(suite, role: str):
    pair = Pair(suite, client={"record_size_limit": 64}, server={"record_size_limit": 64})
    pair.connected()
    peer: RecordWriter = pair[other(role)]._context.writer
    peer.max_content = 65
    peer.write(ContentType.application_data, bytes(65))
    with pytest.raises(tlslab.ProtocolError) as caught:
        pair.give(role, pair.take(other(role)))
    assert (caught.value.alert, caught.value.section) == ("record_overflow", "RFC 8449 §4")


def with_a_small_limit(hello):
    extensions = tuple(
        RecordSizeLimit(63) if isinstance(each, RecordSizeLimit) else each
        for each in hello.extensions
    )
    return with_fields(extensions=extensions)(hello)


@pytest.mark.parametrize("role", SIDES)
def test_a_limit_below_64_is_an_illegal_parameter(role: str):
    pair = Pair(GCM, client={"record_size_limit": 64})
    flight, kind = pair.take("client"), ClientHello
    if role == "client":
        pair.give("server", flight)
        flight, kind = pair.take("server"), ServerHello
    with pytest.raises(tlslab.ProtocolError) as caught:
        pair.give(role, changed(flight, kind, with_a_small_limit))
    assert (caught.value.alert, caught.value.section) == ("illegal_parameter", "RFC 8449 §4")


@pytest.mark.parametrize("limit", [0, 63, 2**14 + 1])
def test_a_limit_that_the_rfc_forbids_cannot_be_configured(limit: int):
    for side in SIDES:
        with pytest.raises(LocalError, match="64 to 16384 bytes"):
            Pair(GCM, **{side: {"record_size_limit": limit}})
