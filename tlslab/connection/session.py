"""What outlives a connection: a session, and the two places where a server may keep it.

In a cache of its own, under a session ID (RFC 5246 §7.3); or sealed in a ticket that the client
keeps (RFC 5077). Either way the next handshake needs no certificate, and in TLS 1.2 one round trip
less. In TLS 1.3 a session is a pre-shared key, and what names it is a ticket (RFC 8446 §2.2).
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from tlslab.crypto.tickets import KEY_NAME, TICKET_KEY_LENGTH, TicketKey
from tlslab.wire.registry import CipherSuite

LIFETIME = timedelta(hours=24)
"""RFC 5246 Appendix F.1.4 suggests this as the upper limit."""


@dataclass(frozen=True, slots=True)
class Session:
    """What both sides need to go on with the same master secret.

    session_id: what the server calls it, at most 32 bytes; ticket: what the server gave to the
    client. One of them is empty. server_name: who the client wanted. peer_certificates: DER, of the
    other side. created: when the master secret was made.
    """

    cipher_suite: CipherSuite
    master_secret: bytes = field(repr=False)
    extended_master_secret: bool
    server_name: str
    created: datetime
    session_id: bytes = b""
    ticket: bytes = field(default=b"", repr=False)
    peer_certificates: tuple[bytes, ...] = field(default=(), repr=False)

    def is_fresh(self, now: datetime) -> bool:
        """Whether it may still be resumed."""
        return self.created <= now < self.created + LIFETIME


MAX_TICKET_LIFETIME = timedelta(days=7)
"""RFC 8446 §4.6.1: a ticket is used for seven days at most, whatever the server says."""


@dataclass(frozen=True, slots=True)
class PSKSession:
    """A ticket of TLS 1.3, and the pre-shared key that goes with it, as a client keeps them.

    ticket: the server's name for the key, in bytes that only the server understands. psk: as long
    as the hash of the suite. lifetime: from `received` on. age_add: what hides the age of the
    ticket, 32 bits. max_early_data_size: how many bytes may be sent at once next time, 0 for none.
    alpn_protocol: of the first connection; early data are for the same one.
    peer_certificates: DER, the server's own first.
    """

    cipher_suite: CipherSuite
    ticket: bytes = field(repr=False)
    psk: bytes = field(repr=False)
    server_name: str
    received: datetime
    lifetime: timedelta
    age_add: int = field(repr=False)
    max_early_data_size: int = 0
    alpn_protocol: bytes = b""
    peer_certificates: tuple[bytes, ...] = field(default=(), repr=False)

    def is_fresh(self, now: datetime) -> bool:
        """Whether it may still be used."""
        return self.received <= now < self.received + min(self.lifetime, MAX_TICKET_LIFETIME)

    def obfuscated_age(self, now: datetime) -> int:
        """The age in milliseconds plus `age_add`, modulo 2^32 (RFC 8446 §4.2.11)."""
        milliseconds = (now - self.received) // timedelta(milliseconds=1)
        return (milliseconds + self.age_add) % 2**32


@dataclass(frozen=True, slots=True)
class ExternalPSK:
    """A key that both sides have got in some other way (RFC 8446 §2.2, RFC 9257).

    identity: its name, in the clear on the wire. hash_name: that of the suites it goes with.
    """

    identity: bytes
    key: bytes = field(repr=False)
    hash_name: str = "sha256"


class AntiReplay:
    """Lets early data in once: single-use tickets, a record of ClientHellos (RFC 8446 §8.1, §8.2).

    window: how far the age that the client says may be from the age that the server measures; for
    twice as long a ClientHello is remembered. capacity: how many at most. When there is no room
    to remember, there is no early data: the handshake goes on without (§8.2).
    """

    def __init__(self, window: timedelta = timedelta(seconds=10), capacity: int = 10_000) -> None:
        self.window = window
        self._capacity = capacity
        self._hellos: OrderedDict[bytes, datetime] = OrderedDict()
        self._tickets: OrderedDict[bytes, datetime] = OrderedDict()

    def why_not(
        self, ticket: bytes, binder: bytes, now: datetime, arrival: datetime, end: datetime
    ) -> str:
        """Why early data are refused; empty if they are let in, once.

        binder: of the ClientHello, which no other one has. arrival: when it should have come by the
        age it says. end: when the ticket is no longer good.
        """
        if abs(now - arrival) > self.window:
            return "the ClientHello is not fresh (RFC 8446 §8.3)"
        for remembered in (self._hellos, self._tickets):
            while remembered and next(iter(remembered.values())) <= now:
                remembered.popitem(last=False)
        if binder in self._hellos:
            return "this ClientHello has been here before (RFC 8446 §8.2)"
        if ticket in self._tickets:
            return "the ticket has been used before (RFC 8446 §8.1)"
        if len(self._hellos) >= self._capacity or len(self._tickets) >= self._capacity:
            return "there is no room to remember another ClientHello (RFC 8446 §8.2)"
        self._hellos[binder] = now + 2 * self.window
        self._tickets[ticket] = end
        return ""


class SessionCache:
    """The sessions that a server remembers, by their IDs; the least used go first.

    capacity: how many at most, so that nobody can fill the server's memory.
    """

    def __init__(self, capacity: int = 1000) -> None:
        self._capacity = capacity
        self._sessions: OrderedDict[bytes, Session] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sessions)

    def add(self, session: Session) -> None:
        """Remember a session under its ID."""
        self._sessions[session.session_id] = session
        self._sessions.move_to_end(session.session_id)
        while len(self._sessions) > self._capacity:
            self._sessions.popitem(last=False)

    def find(self, session_id: bytes) -> Session | None:
        """The session with this ID, if it is still there."""
        session = self._sessions.get(session_id)
        if session is not None:
            self._sessions.move_to_end(session_id)
        return session

    def forget(self, session_id: bytes) -> None:
        """A connection that ended with a fatal alert is not resumed (RFC 5246 §7.2.2)."""
        self._sessions.pop(session_id, None)


class Randomness(Protocol):
    """See `tlslab.connection.config.Randomness`."""

    def __call__(self, name: str, length: int) -> bytes:
        """`length` bytes."""
        ...


class TicketKeys:
    """The keys that a server seals its tickets with. They change, for whoever gets one can read
    every connection that was resumed under it (RFC 5077 §5.5, RFC 9325 §3.4).

    rotate_after: how long a key seals; for as long again it still opens.
    """

    def __init__(self, random: Randomness, rotate_after: timedelta = timedelta(hours=12)) -> None:
        self._random = random
        self._rotate_after = rotate_after
        self._keys: list[tuple[datetime, TicketKey]] = []

    def sealing(self, now: datetime) -> TicketKey:
        """The key to seal with now; a new one if it is time."""
        self._drop_old(now)
        if not self._keys or now >= self._keys[0][0] + self._rotate_after:
            drawn = self._random("ticket_key", TICKET_KEY_LENGTH)
            self._keys.insert(0, (now, TicketKey.from_bytes(drawn)))
        return self._keys[0][1]

    def opening(self, ticket: bytes, now: datetime) -> TicketKey | None:
        """The key that a ticket says it was sealed with, unless it is too old or unknown."""
        self._drop_old(now)
        name = ticket[:KEY_NAME]
        return next((key for _, key in self._keys if key.name == name), None)

    def _drop_old(self, now: datetime) -> None:
        self._keys = [(at, key) for at, key in self._keys if now < at + 2 * self._rotate_after]
