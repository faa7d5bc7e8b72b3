"""A whole handshake in one line: client and server in memory, and application data both ways.

h = lab.handshake(seed=1)
h.trace              what the client saw
h.server_trace       what the server saw
again = lab.handshake(seed=2, resume=h)
lab.replay(again)    what the client sent first, sent to the server once more
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from tlslab.connection.connection import Connection
from tlslab.connection.context import (
    ApplicationData,
    Event,
    HandshakeCompleted,
    PeerClosed,
    TicketReceived,
)
from tlslab.connection.session import PSKSession, Session
from tlslab.endpoints import client, server
from tlslab.errors import AlertReceived, LocalError, TLSError
from tlslab.lab.configs import client_config_of, server_config_of
from tlslab.lab.options import Options, Seed, read_options, takes_options
from tlslab.trace import NullTrace, Trace

REQUEST = b"Can anybody read this?"
REPLY = b"Only the two of us."


class Endpoint(Protocol):
    """One side of a handshake, whoever wrote it."""

    error: Exception | None
    received: bytes

    @property
    def completed(self) -> bool:
        """Whether it completed the handshake."""
        ...

    def receive(self, data: bytes) -> None:
        """Take what the other side sent. An error is kept in `error`, never raised."""
        ...

    def data_to_send(self) -> bytes:
        """What has to go to the other side now."""
        ...

    def send(self, data: bytes) -> None:
        """Queue application data."""
        ...

    def close(self) -> None:
        """Queue close_notify."""
        ...


class Ours:
    """A `Connection` as an `Endpoint`: collects what it received, and keeps its error.

    before_data: what it does once, before it sends application data. first_flight: what it sent
    before it had heard anything. received_early: application data from before the handshake was
    complete. events: all of them, in order.
    """

    def __init__(
        self, connection: Connection, before_data: Callable[[Connection], None] | None = None
    ) -> None:
        self.connection = connection
        self.error: Exception | None = None
        self.outcome: HandshakeCompleted | None = None
        self.ended = False
        self.received: bytes = b""
        self.received_early: bytes = b""
        self.first_flight: bytes = b""
        self.events: list[Event] = []
        self._before_data = before_data
        self._has_heard = False

    @property
    def completed(self) -> bool:
        """Whether the handshake was completed."""
        return self.outcome is not None

    @property
    def tickets(self) -> tuple[PSKSession, ...]:
        """What a server of TLS 1.3 gave to go on with next time, in order."""
        return tuple(each.session for each in self.events if isinstance(each, TicketReceived))

    def receive(self, data: bytes) -> None:
        """See `Endpoint`."""
        self._has_heard = True
        self._take(partial(self.connection.receive_data, data))

    def receive_eof(self) -> None:
        """The other side will send no more, which it should have said."""
        self.ended = True
        self._take(self.connection.receive_eof)

    def _take(self, receive: Callable[[], list[Event]]) -> None:
        try:
            events = receive()
        except TLSError as error:
            self.error = error
            events = self.connection.events()
        self.events += events
        for event in events:
            if isinstance(event, HandshakeCompleted):
                self.outcome = event
            elif isinstance(event, ApplicationData) and event.early:
                self.received_early += event.data
            elif isinstance(event, ApplicationData):
                self.received += event.data
            elif isinstance(event, PeerClosed):
                # In TLS 1.3 it may go on writing; here nobody has more to say.
                self.connection.close()

    def data_to_send(self) -> bytes:
        """See `Endpoint`."""
        data = self.connection.data_to_send()
        if not self._has_heard:
            self.first_flight += data
        return data

    def send(self, data: bytes) -> None:
        """See `Endpoint`."""
        if self._before_data is not None:
            self._before_data(self.connection)
            self._before_data = None
        self.connection.send(data)

    def close(self) -> None:
        """See `Endpoint`."""
        self.connection.close()


@dataclass(frozen=True, slots=True)
class Handshake:
    """A handshake that was run in memory, with both sides' traces.

    received_by_server, received_by_client: the application data. error: what ended it early, if
    anything did; the other side then got an alert. options: what it was run with. For TLS 1.3,
    tickets: what the client can go on with. received_early: what the server took before the
    handshake was complete. first_flight: what the client sent before it heard anything.
    client_events, server_events: all that happened, in order.
    """

    trace: Trace = field(repr=False)
    server_trace: Trace = field(repr=False)
    outcome: HandshakeCompleted | None
    received_by_server: bytes
    received_by_client: bytes
    error: Exception | None
    options: Options = field(default=Options(), repr=False, compare=False)
    tickets: tuple[PSKSession, ...] = field(default=(), repr=False)
    received_early: bytes = b""
    first_flight: bytes = field(default=b"", repr=False)
    client_events: tuple[Event, ...] = field(default=(), repr=False)
    server_events: tuple[Event, ...] = field(default=(), repr=False)

    @property
    def completed(self) -> bool:
        """Whether both sides verified each other's Finished."""
        return self.outcome is not None

    @property
    def seed(self) -> Seed:
        """What it was run with; None is live randomness."""
        return self.options.seed

    @property
    def session(self) -> Session | PSKSession | None:
        """What the client can go on with, if the server remembers; of tickets, the first."""
        return session_of(self.outcome, self.tickets)

    @property
    def resumable(self) -> bool:
        """Whether another handshake can go on from this one: `lab.handshake(resume=…)`."""
        return self.session is not None

    def __repr__(self) -> str:
        if self.outcome is None:
            return f"<Handshake: failed, {self.error}>"
        return f"<Handshake: {agreement(self.outcome)}>"


def session_of(
    outcome: HandshakeCompleted | None, tickets: tuple[PSKSession, ...]
) -> Session | PSKSession | None:
    """What a client can go on with after a handshake."""
    if outcome is None:
        return None
    return tickets[0] if tickets else outcome.session


def agreement(outcome: HandshakeCompleted) -> str:
    """What both sides agreed on, in a line."""
    how = "resumed" if outcome.resumed else "completed"
    return f"{how}, {outcome.version.title}, {outcome.cipher_suite.name}"


@takes_options
def handshake(*, request: bytes = REQUEST, reply: bytes = REPLY, **options: Any) -> Handshake:
    """Run client and server against each other in memory.

    seed: the same seed gives the same bytes everywhere; None draws from the operating system.
    suite: IANA's name. All the options are those of `tlslab.lab.options.Options`.
    request, reply: application data from the client and from the server. Then both close.
    Raises LocalError for what the package cannot do, TypeError for an option that does not exist.
    """
    wanted = read_options(options)
    if wanted.resume is not None and not isinstance(wanted.resume, Handshake):
        raise LocalError("in memory, only a handshake in memory can be gone on from")
    client_trace, server_trace = Trace("client"), Trace("server")
    ours = Ours(client(client_config_of(wanted), client_trace), before_data(wanted, "client"))
    theirs = Ours(server(server_config_of(wanted), server_trace), before_data(wanted, "server"))
    converse(ours, theirs, request, reply)
    return Handshake(
        client_trace,
        server_trace,
        ours.outcome if theirs.completed else None,
        theirs.received,
        ours.received,
        _first_error(ours, theirs),
        wanted,
        ours.tickets,
        theirs.received_early,
        ours.first_flight,
        tuple(ours.events),
        tuple(theirs.events),
    )


def before_data(wanted: Options, role: str, *, alone: bool = False) -> Callable[[Connection], None]:
    """What a side does before it sends application data: new keys, a late question (TLS 1.3).

    alone: whether the other side is not ours; then it is asked to change its keys, too.
    """
    both = wanted.key_update == "both" and (alone or role == "client")

    def act(connection: Connection) -> None:
        if both or wanted.key_update == role:
            connection.update_keys(request_peer=both)
        if wanted.post_handshake_auth and role == "server":
            connection.request_certificate()

    return act


@takes_options
def start_client(trace: NullTrace, **options: Any) -> Ours:
    """The lab's client, about to begin. See `handshake` for the options."""
    wanted = read_options(options)
    return Ours(client(client_config_of(wanted), trace), before_data(wanted, "client", alone=True))


@takes_options
def start_server(trace: NullTrace, **options: Any) -> Ours:
    """The lab's server, waiting. See `handshake` for the options."""
    wanted = read_options(options)
    return Ours(server(server_config_of(wanted), trace), before_data(wanted, "server", alone=True))


def converse(client: Endpoint, server: Endpoint, request: bytes, reply: bytes) -> None:
    """Handshake, request, reply, closure: carry the bytes until nobody has more to say."""
    _carry(client, server)
    if client.completed and server.completed:
        client.send(request)
        _carry(client, server)
        server.send(reply)
        _carry(client, server)
        client.close()
        _carry(client, server)


def _carry(client: Endpoint, server: Endpoint) -> None:
    """Carry bytes back and forth until both sides wait."""
    silent = 0
    sender, receiver = client, server
    while silent < 2:
        data = sender.data_to_send()
        silent = 0 if data else silent + 1
        if data:
            receiver.receive(data)
        sender, receiver = receiver, sender


def _first_error(client: Ours, server: Ours) -> Exception | None:
    """The error that began it: the other side's is only the alert that came of it."""
    for side in (client, server):
        if side.error is not None and not isinstance(side.error, AlertReceived):
            return side.error
    return client.error or server.error
