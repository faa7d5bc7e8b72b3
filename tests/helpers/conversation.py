"""A conversation in memory that can be stopped before each record, changed there, and gone on with."""

import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields

from in_memory import SIDES, Pair, data_of, other, records

import tlslab
from tlslab.connection.connection import Connection
from tlslab.crypto.suites import SUITES, TLS13_SUITES
from tlslab.tls12.keys import Secrets
from tlslab.wire.registry import ContentType

DATA = {"client": b"HTTP/1.0 200 OK\r\n\r\nhello", "server": b"GET / HTTP/1.0\r\n\r\n"}
"""What each side gets."""
ALERT_IN_TLS13 = 2 + 1 + 16
"""Level and description, the type, the tag."""


class Copies(dict[str, Connection]):
    """Copies of both sides, each made when it is first asked for: a side that notices a wrong byte
    at once needs no other.
    """

    def __init__(self, originals: dict[str, Connection]) -> None:
        super().__init__()
        self._originals = originals

    def __missing__(self, side: str) -> Connection:
        self[side] = copied(self._originals[side])
        return self[side]


@dataclass
class Conversation:
    """A client asks, a server answers and closes. Records wait on the wire, each with its sender.

    early: how much of the question the client has sent before the handshake; accepted: whether the
    server has taken it.
    """

    sides: dict[str, Connection]
    wire: list[tuple[str, bytes]]
    got: dict[str, bytes]
    spoken: frozenset[str] = frozenset()
    early: int = 0
    accepted: bool = False

    @classmethod
    def begin(cls, pair: Pair) -> "Conversation":
        beginning = cls({side: pair[side] for side in SIDES}, [], {"client": b"", "server": b""})
        beginning.early = len(pair.client._context.config.early_data)
        beginning.collect("client")
        return beginning

    def copy(self) -> "Conversation":
        sides = Copies(self.sides)
        return Conversation(
            sides, list(self.wire), dict(self.got), self.spoken, self.early, self.accepted
        )

    def deliver(self, data: bytes | None = None) -> None:
        """Take the next record from the wire to its receiver, or `data` in its place."""
        sender, record = self.wire.pop(0)
        receiver = other(sender)
        events = []
        try:
            events = self.sides[receiver].receive_data(record if data is None else data)
        finally:
            events = events or self.sides[receiver].events()
            self.got[receiver] += data_of(events)
            assert DATA[receiver].startswith(self.got[receiver]), "other data was delivered"
        for event in events:
            if isinstance(event, tlslab.HandshakeCompleted) and receiver == "client":
                self.accepted = event.early_data_accepted
            if isinstance(event, tlslab.PeerClosed):
                self.sides[receiver].close()  # in TLS 1.2 it is closed already
        self.speak(receiver)
        self.collect(receiver)

    def speak(self, side: str) -> None:
        connection = self.sides[side]
        if side in self.spoken or not connection.is_connected:
            return
        if side == "client" or self.got["server"] == DATA["server"]:
            said = self.early if side == "client" and self.accepted else 0
            connection.send(DATA[other(side)][said:])
            self.spoken |= {side}
            if side == "server":
                connection.close()

    def collect(self, side: str) -> None:
        flight = records(self.sides[side].data_to_send())
        self.wire += [(side, bytes(record)) for record in flight]

    def finish(self) -> None:
        """Deliver all that is to be delivered, then hang up. Raises what a side raises."""
        for _ in range(30):
            if not self.wire:
                break
            self.deliver()
        else:
            raise AssertionError("the two never stop talking")
        for side in SIDES:
            self.sides[side].receive_eof()
        assert self.got == DATA
        assert all(self.sides[side].is_closed for side in SIDES)


def copied(connection: Connection) -> Connection:
    """A connection that goes on from here by itself. What never changes is shared."""
    context = connection._context
    state = connection._state
    constant = [context.config, context.primitives, context.trace]
    constant += [*SUITES.values(), *TLS13_SUITES.values()]
    constant += [
        value for field in fields(state) if not changes(value := getattr(state, field.name))
    ]
    return copy.deepcopy(connection, {id(each): each for each in constant})


def changes(value: object) -> bool:
    """The secrets of TLS 1.2 hold the counters of their records; in TLS 1.3 no state has any."""
    return isinstance(value, Secrets)


@dataclass(frozen=True)
class Moment:
    """A record that is about to be delivered, and both sides as they are then."""

    name: str
    before: Conversation
    record: bytes

    def outcome(self, data: bytes) -> str:
        """How it ends if `data` is delivered instead: "completed", "told", or the alert's name."""
        conversation = self.before.copy()
        try:
            conversation.deliver(data)
            conversation.finish()
        except tlslab.ProtocolError as error:
            assert any(alert_waits(side) for side in conversation.sides.values())
            return error.alert
        except tlslab.AlertReceived:
            return "told"
        return "completed"


def alert_waits(connection: Connection) -> bool:
    if not connection.is_closed:
        return False
    *_, last = records(connection.data_to_send()) or [None]
    if last is None or last.type == ContentType.alert:
        return last is not None
    # Of type application_data, like all that TLS 1.3 protects; nobody says two bytes here.
    return last.type == ContentType.application_data and len(last.fragment) == ALERT_IN_TLS13


def moments_of(pair: Pair) -> tuple[Moment, ...]:
    """Each record of the conversation when it goes as it should."""
    conversation = Conversation.begin(pair)
    found = []
    counts: Counter[str] = Counter()
    while conversation.wire:
        sender, record = conversation.wire[0]
        before = conversation.copy()
        # At once: the originals go on.
        before.sides = {side: copied(conversation.sides[side]) for side in SIDES}
        found.append(Moment(f"{sender} {counts[sender]}", before, record))
        counts[sender] += 1
        conversation.deliver()
    conversation.finish()
    return tuple(found)


def with_byte_changed(data: bytes, position: int, flips: Iterator[int] | range) -> Iterator[bytes]:
    for flip in flips:
        yield data[:position] + bytes([data[position] ^ flip]) + data[position + 1 :]
