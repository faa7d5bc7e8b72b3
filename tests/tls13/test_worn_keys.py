"""Keys are updated before they have protected more than they are good for (RFC 8446 §5.5)."""

import pytest
from in_memory import SIDES, Pair, data_of, other

import tlslab
from tlslab.tls13.connected import MAX_RECORDS
from tlslab.wire.registry import CipherSuite

TLS13 = CipherSuite.TLS_AES_128_GCM_SHA256


def nearly_worn(sender: str, left: int) -> Pair:
    """A connection whose keys from `sender` are good for so many records more."""
    pair = Pair(TLS13).connected()
    pair[sender]._context.writer.protection.sequence_number = MAX_RECORDS - left
    pair[other(sender)]._context.reader.protection.sequence_number = MAX_RECORDS - left
    return pair


@pytest.mark.parametrize("sender", SIDES)
def test_the_last_record_that_the_keys_are_good_for_is_followed_by_new_keys(sender: str):
    pair = nearly_worn(sender, 2)
    for data in (b"one", b"two", b"three"):
        pair[sender].send(data)
    events = pair.give(other(sender), pair.take(sender))
    assert [type(event) for event in events] == [
        tlslab.ApplicationData,
        tlslab.ApplicationData,
        tlslab.KeysUpdated,
        tlslab.ApplicationData,
    ]
    assert data_of(events) == b"onetwothree"
    # The KeyUpdate itself is the last under the old keys; "three" is the first under the new.
    assert pair[sender]._context.writer.protection.sequence_number == 1


def test_it_is_less_than_what_the_rfc_allows():
    assert MAX_RECORDS < 2**24.5


def test_keys_of_tls12_are_never_updated():
    pair = Pair().connected()
    for end in (pair.client._context.writer, pair.server._context.reader):
        end.protection.sequence_number = MAX_RECORDS
    pair.client.send(b"on and on")
    assert data_of(pair.give("server", pair.take("client"))) == b"on and on"
