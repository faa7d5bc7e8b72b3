"""What a server on a socket has to do with: limits, applications, and those who come to visit.

`tlslab.lab.serving` carries the bytes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from tlslab.connection.context import ClientAuthenticated, HandshakeCompleted
from tlslab.errors import TLSError
from tlslab.trace import Annotate, RecordDetails, Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How patient a server is, and how much it takes at once.

    connections: how many at the same time; a further one is closed at once.
    handshake: seconds until the handshake has to be complete.
    idle: seconds without application data. conversation: seconds after the handshake in all.
    write: seconds until the peer has to have taken what was sent to it.
    closing: seconds for the goodbye. buffer: bytes that wait in either direction before the side
    that is too fast has to wait.
    """

    connections: int = 64
    handshake: float = 10.0
    idle: float = 60.0
    conversation: float = 3600.0
    write: float = 20.0
    closing: float = 3.0
    buffer: int = 64 * 1024


class Application(Protocol):
    """What a server does with one connection once the handshake is complete."""

    def received(self, data: bytes) -> bytes:
        """What to send for what came."""
        ...

    @property
    def finished(self) -> bool:
        """Whether everything is said, so that the connection can be closed."""
        ...


class HandshakeTrace(Trace):
    """What happened until the handshake was complete, and never more than fits in `max_bytes`.

    No records, nothing after `stop()`, and no spans of messages longer than any client sends.
    """

    TAIL: ClassVar[int] = 0
    MAX_ANNOTATED: ClassVar[int] = 16 * 1024
    __slots__ = ("_stopped",)

    def __init__(self) -> None:
        super().__init__("server", max_events=256, max_bytes=256 * 1024)
        self._stopped = False

    def stop(self) -> None:
        """Keep nothing from here on."""
        self._stopped = True

    def message(
        self,
        sender: str,
        name: str,
        raw: bytes,
        annotate: Annotate,
        transcript_hash: Callable[[], bytes],
        records: tuple[int, ...],
        protection: str,
    ) -> None:
        """Kept, as long as it may be."""
        if self._stopped:
            return
        if len(raw) > self.MAX_ANNOTATED:
            annotate = tuple
        super().message(sender, name, raw, annotate, transcript_hash, records, protection)

    def record(
        self,
        sender: str,
        number: int,
        content_type: str,
        raw: bytes,
        protection: str,
        sequence_number: int,
        plaintext: bytes,
        details: Callable[[], RecordDetails],
    ) -> None:
        """Not kept."""


@dataclass(slots=True, eq=False)
class Visit:
    """One connection, from its first byte to its last.

    number: counted from 1. peer: the address it comes from. completed: what was agreed on, once it
    was. authenticated: what the client said when it was asked after the handshake. problem: why it
    ended, if not by close_notify. stopped: whether it was the server who had to go.
    """

    number: int
    peer: str
    trace: HandshakeTrace = field(default_factory=HandshakeTrace, repr=False)
    completed: HandshakeCompleted | None = None
    authenticated: ClientAuthenticated | None = None
    problem: Exception | None = None
    stopped: bool = False


class Observer:
    """Is told what happens. This one listens to nothing: override what interests you."""

    def listening(self, addresses: list[tuple[str, int]]) -> None:
        """The server listens on these addresses."""

    def refused(self, peer: str, limit: int) -> None:
        """A connection was closed at once, because there are `limit` of them already."""

    def completed(self, visit: Visit) -> None:
        """A handshake was completed."""

    def authenticated(self, visit: Visit) -> None:
        """A client that was asked after the handshake has said who it is, or that it will not."""

    def ended(self, visit: Visit) -> None:
        """A connection is over."""


class TooSlow(TLSError):
    """The peer took longer than `Limits` allow."""


NewApplication = Callable[[Visit], Application]
