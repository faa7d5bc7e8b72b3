"""A peer of TLS 1.3 that never comes to an end costs a bounded amount of memory, and then an error."""

from collections.abc import Callable
from functools import partial

import pytest
from in_memory import (
    ASKS,
    SIDES,
    Pair,
    RawRecord,
    credential,
    data_of,
    handshake_message,
    other,
    say,
)
from tls13_pairs import resuming, setup
from tls13_states import PLACES, Place

import tlslab
from tlslab.connection.connection import MAX_HANDSHAKE_MESSAGE, MAX_WITHOUT_PROGRESS
from tlslab.connection.context import KeysUpdated, TicketReceived
from tlslab.tls13.authentication import certificate_request
from tlslab.tls13.keys import install_write, updated
from tlslab.tls13.messages import KeyUpdate, NewSessionTicket
from tlslab.tls13.server import LEAST_ROOM_FOR_EARLY_DATA
from tlslab.wire.registry import ContentType, KeyUpdateRequest

both_sides = pytest.mark.parametrize("role", SIDES)
every_place = pytest.mark.parametrize("place", PLACES, ids=str)
DATA = ContentType.application_data
NOT, ASKED = KeyUpdateRequest.update_not_requested, KeyUpdateRequest.update_requested
LARGEST_RECORD = 5 + 2**14 + 256
EARLY = partial(resuming, early_data=b"early", limit=5)


def memory(connection: tlslab.Connection) -> int:
    """All bytes from the peer that a connection holds."""
    reader = connection._context.reader
    waiting = sum(map(len, reader._waiting))
    return len(connection._handshake) + len(reader._buffer) + waiting


def output(connection: tlslab.Connection) -> int:
    return sum(map(len, connection._context.writer.output))


def ends(give: Callable[[], object], times: int) -> str:
    """`give` is borne so many times, and no more."""
    for _ in range(times):
        give()
    with pytest.raises(tlslab.ProtocolError, match="unexpected_message") as caught:
        give()
    return str(caught.value)


@every_place
@pytest.mark.parametrize("length", [2**24 - 1, MAX_HANDSHAKE_MESSAGE - 3])
def test_a_message_that_claims_to_be_huge_is_refused_at_its_header(place: Place, length: int):
    pair = place.reach()
    said = say(pair[other(place.role)], handshake_message(min(place.waits_for), b"", length))
    with pytest.raises(tlslab.ProtocolError) as caught:
        pair.give(place.role, said)
    assert (caught.value.alert, caught.value.where) == ("decode_error", "handshake.length")


@every_place
def test_a_message_in_endless_small_records_holds_no_more_than_one_message(place: Place):
    pair = place.reach()
    peer = pair[other(place.role)]
    header = handshake_message(min(place.waits_for), b"", MAX_HANDSHAKE_MESSAGE - 4)
    pair.give(place.role, say(peer, header))
    for _ in range(50):
        pair.give(place.role, say(peer, bytes(64)))
        assert memory(pair[place.role]) <= MAX_HANDSHAKE_MESSAGE + LARGEST_RECORD
    assert len(pair[place.role]._handshake_records) <= 51


@both_sides
def test_data_that_is_taken_is_not_kept(role: str):
    pair = Pair(**setup()).connected()
    for _ in range(5):
        pair[other(role)].send(bytes(50_000))
        assert len(data_of(pair.give(role, pair.take(other(role))))) == 50_000
        assert memory(pair[role]) <= 4 * LARGEST_RECORD
    assert output(pair[role]) == 0


# --- after the handshake


def updates(pair: Pair, role: str, request: KeyUpdateRequest) -> Callable[[], object]:
    """The peer of `role` changes its keys, as often as it is called."""
    context = pair[other(role)]._context

    def give() -> object:
        said = say(pair[other(role)], KeyUpdate(request))
        established = pair[other(role)].state.established
        suite = established.secrets.suite
        give.secret = updated(context, getattr(give, "secret", established.sending), suite)
        install_write(context, give.secret, suite)
        return pair.give(role, said)

    return give


@both_sides
@pytest.mark.parametrize("request_update", [NOT, ASKED])
def test_a_flood_of_key_updates_ends(role: str, request_update: KeyUpdateRequest):
    pair = Pair(**setup()).connected()
    what = ends(updates(pair, role, request_update), MAX_WITHOUT_PROGRESS)
    assert "too many requests that lead nowhere" in what
    assert output(pair[role]) <= (MAX_WITHOUT_PROGRESS + 2) * (5 + 5 + 1 + 16)


@both_sides
def test_key_updates_between_data_cost_nothing_that_stays(role: str):
    pair = Pair(**setup()).connected()
    give = updates(pair, role, ASKED)
    transcript = pair[role]._context.transcript.messages
    for _ in range(3 * MAX_WITHOUT_PROGRESS):
        assert give() == [KeysUpdated()]
        pair[role].data_to_send()
        pair.give(role, say(pair[other(role)], b"x", DATA))
    assert pair[role]._context.transcript.messages == transcript
    assert pair[role]._context.events == []
    assert pair[role].is_connected


def test_a_flood_of_tickets_ends():
    pair = Pair(**setup(client={"session_tickets": True})).connected()
    ticket = NewSessionTicket(60, 0, b"", bytes(100), ())
    what = ends(lambda: pair.give("client", say(pair.server, ticket)), MAX_WITHOUT_PROGRESS)
    assert "too many requests that lead nowhere" in what
    tickets = [e for e in pair.events["client"] if isinstance(e, TicketReceived)]
    assert len(tickets) == MAX_WITHOUT_PROGRESS


def test_a_flood_of_late_requests_ends():
    """Each of them is answered, with a certificate and a signature."""
    pair = Pair(
        **setup(
            client={"post_handshake_auth": True, "credential": credential("client-ecdsa")},
            server=ASKS,
        )
    ).connected()
    asked = certificate_request(pair.server._context.config, b"who?")
    ends(lambda: pair.give("client", say(pair.server, asked)), MAX_WITHOUT_PROGRESS)
    assert output(pair.client) < (MAX_WITHOUT_PROGRESS + 1) * 3000


# --- early data


def test_empty_early_data_are_borne_but_not_for_ever():
    pair = Pair(**EARLY())
    pair.give("server", pair.take("client"))
    writing = pair.client._context.writer.protection

    def give() -> object:
        fragment = writing.protect(DATA, 0x0303, b"")[1]
        return pair.give("server", bytes(RawRecord(DATA, 0x0303, fragment)))

    assert "too many empty records" in ends(give, MAX_WITHOUT_PROGRESS)


def test_early_data_that_never_end_do():
    pair = Pair(**EARLY(server={"max_early_data_size": 100}))
    pair.give("server", pair.take("client"))
    what = ends(lambda: pair.give("server", say(pair.client, bytes(5), DATA)), 19)
    assert "max_early_data_size" in what
    assert len(data_of(pair.events["server"])) == 100


@pytest.mark.parametrize("retry", [False, True])
@pytest.mark.parametrize("length", [0, 1, 1000])
def test_refused_early_data_that_never_end_do(retry: bool, length: int):
    """Also empty records, which have nothing in them that could be counted but their headers."""
    pair = Pair(**EARLY(server={"max_early_data_size": 0, "retry": retry}))
    pair.give("server", pair.take("client"))
    record = bytes(RawRecord(DATA, 0x0303, bytes(length)))
    passed_over = 5 + len(b"early") + 1 + 16
    times = (LEAST_ROOM_FOR_EARLY_DATA - passed_over) // len(record)
    assert "more early data than a server passes over" in ends(
        lambda: pair.give("server", record), times
    )
    assert memory(pair.server) <= LARGEST_RECORD


@pytest.mark.parametrize("retry", [False, True])
def test_a_server_that_takes_much_passes_over_twice_as_much(retry: bool):
    """Its records may be short, and each has a header and a tag."""
    made = EARLY(server={"max_early_data_size": 20_000, "retry": retry, "ticket_keys": None})
    pair = Pair(**made)
    pair.give("server", pair.take("client"))
    record = bytes(RawRecord(DATA, 0x0303, bytes(995)))
    assert "passes over" in ends(lambda: pair.give("server", record), 39)
