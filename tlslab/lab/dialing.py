"""A client on a real socket: it carries the bytes between the sans-IO engine and a server.

with dial(host, port) as line:
    conversation = Conversation(line, tlslab.client(config, trace))
    completed = conversation.handshake()
    conversation.send(b"…")
    for data in conversation.receive(silence=2): …
    conversation.close()
"""

import contextlib
import selectors
import socket
import ssl
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tlslab.connection.connection import Connection
from tlslab.connection.context import (
    ApplicationData,
    Event,
    HandshakeCompleted,
    KeysUpdated,
    PeerClosed,
    TicketReceived,
)
from tlslab.connection.session import PSKSession, Session
from tlslab.errors import AlertReceived, TLSError
from tlslab.lab import pki
from tlslab.lab.serving import is_loopback

CHUNK = 64 * 1024

Line = socket.socket
"""A TCP connection, for those who may not import sockets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How patient a client is, in seconds.

    connect: until the server accepts. handshake: until it is complete. write: until the server
    has to take more of what is sent. closing: for the goodbye.
    """

    connect: float = 10.0
    handshake: float = 10.0
    write: float = 20.0
    closing: float = 1.0


DEFAULT_LIMITS = Limits()


def dial(host: str, port: int, limits: Limits = DEFAULT_LIMITS) -> socket.socket:
    """A TCP connection. Raises OSError."""
    return socket.create_connection((host, port), timeout=limits.connect)


class Conversation:
    """One connection of a client: handshake, then data, then the goodbye.

    completed: what was agreed on, once it was. tickets: what a server of TLS 1.3 has given so far.
    keys_updated: whether the server writes with new keys since. peer_closed: whether it will say
    no more.
    Every method raises TLSError, OSError, and TimeoutError, which is one, when patience ends.
    """

    def __init__(
        self, line: socket.socket, connection: Connection, limits: Limits = DEFAULT_LIMITS
    ) -> None:
        self.connection = connection
        self.limits = limits
        self.completed: HandshakeCompleted | None = None
        self.tickets: list[PSKSession] = []
        self.keys_updated = False
        self.peer_closed = False
        self._line = line
        self._line.setblocking(False)
        self._outgoing = bytearray()
        self._incoming: deque[bytes] = deque()
        self._failure: Exception | None = None
        self._ended = False

    @property
    def session(self) -> Session | PSKSession | None:
        """What the next connection can go on with; in TLS 1.3 the last ticket."""
        if self.tickets:
            return self.tickets[-1]
        return None if self.completed is None else self.completed.session

    def handshake(self) -> HandshakeCompleted:
        """Go on until both Finished were right."""
        limit = self.limits.handshake
        end = monotonic() + limit
        while self.completed is None:
            if self.peer_closed:
                raise AlertReceived("close_notify", "it left before the handshake was complete")
            if not self._turn(end):
                state = type(self.connection.state).__name__
                raise TimeoutError(f"no complete handshake after {limit:g} s, still in {state}")
        return self.completed

    def send(self, data: bytes) -> None:
        """Send all of `data`, if the server takes it.

        What comes meanwhile waits for `receive`, and so does an error: before it, the server may
        have answered.
        """
        try:
            for start in range(0, len(data), CHUNK):
                if self.peer_closed:
                    return
                self.connection.send(data[start : start + CHUNK])
                self._flush(self.limits.write)
        except (TLSError, OSError) as error:
            self._failure = error

    def receive(self, silence: float) -> Iterator[bytes]:
        """What comes, until the server says close_notify or nothing for `silence` seconds."""
        while True:
            while self._incoming:
                yield self._incoming.popleft()
            if self._failure is not None:
                raise self._failure
            try:
                if self.peer_closed or not self._turn(monotonic() + silence):
                    return
            except (TLSError, OSError) as error:
                # What came before it was good.
                self._failure = error

    def wait(self, until: Callable[[], bool], silence: float) -> None:
        """Go on until the condition holds, or the server says nothing for `silence` seconds.

        What comes meanwhile waits for `receive`, and so does an error.
        """
        try:
            while not (until() or self.peer_closed or self._failure):
                if not self._turn(monotonic() + silence):
                    return
        except (TLSError, OSError) as error:
            self._failure = error

    def close(self) -> None:
        """close_notify, and a moment for the server to say it too. Raises nothing."""
        self.connection.close()
        end = monotonic() + self.limits.closing
        with contextlib.suppress(OSError, TLSError):
            self._flush(self.limits.closing)
            self._line.shutdown(socket.SHUT_WR)
            # A socket closed with bytes unread is reset, and the server may lose our last ones.
            while not self._ended and self._turn(end):
                pass

    def _flush(self, limit: float) -> None:
        self._outgoing += self.connection.data_to_send()
        while self._outgoing:
            if not self._turn(monotonic() + limit):
                raise TimeoutError(f"the server did not take what was sent for {limit:g} s")

    def _turn(self, end: float) -> bool:
        """Receive or send once. False if neither was possible until `end`."""
        self._outgoing += self.connection.data_to_send()
        wanted = 0 if self._ended else selectors.EVENT_READ
        if self._outgoing:
            wanted |= selectors.EVENT_WRITE
        if not wanted:
            return False
        with selectors.DefaultSelector() as selector:
            selector.register(self._line, wanted)
            ready = selector.select(max(0.0, end - monotonic()))
        if not ready:
            return False
        # Read first: if the server has gone, its alert says why, and a write would only fail.
        if ready[0][1] & selectors.EVENT_READ:
            self._receive(self._line.recv(CHUNK))
        elif self._outgoing:
            try:
                sent = self._line.send(self._outgoing[:CHUNK])
            except BrokenPipeError as error:
                # Not that name: callers who print would take it for a pipe of their own.
                raise ConnectionResetError("the server has closed the connection") from error
            del self._outgoing[:sent]
        return True

    def _receive(self, data: bytes) -> None:
        connection = self.connection
        try:
            if data:
                events = connection.receive_data(data)
            else:
                self._ended = True
                events = connection.receive_eof()
                self.peer_closed = True
        except TLSError:
            self._notice(connection.events())
            raise
        self._notice(events)

    def _notice(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, ApplicationData):
                self._incoming.append(event.data)
            elif isinstance(event, HandshakeCompleted):
                self.completed = event
            elif isinstance(event, TicketReceived):
                self.tickets.append(event.session)
            elif isinstance(event, KeysUpdated):
                self.keys_updated = True
            elif isinstance(event, PeerClosed):
                self.peer_closed = True


# -- whom to trust ------------------------------------------------------------------------------


def default_trust(line: socket.socket) -> tuple[str, tuple[x509.Certificate, ...]]:
    """Whom to trust at the other end of this line, unless told otherwise, and what that is called.

    The lab's root has keys that everybody knows: it vouches for nobody beyond this machine.
    """
    if is_loopback(line.getpeername()[0]):
        return "the laboratory's root, as for every loopback address", (pki.root(),)
    return "the system's certificate authorities", system_trust_anchors()


def system_trust_anchors() -> tuple[x509.Certificate, ...]:
    """The certificates of the CAs that this system trusts; none if it keeps them elsewhere."""
    context = ssl.create_default_context()
    found = set(context.get_ca_certs(binary_form=True))
    # OpenSSL looks into a directory only when it needs to, so the context does not list these.
    directory = ssl.get_default_verify_paths().capath
    with warnings.catch_warnings():
        # Some old roots break rules that the parser enforces, or will one day.
        warnings.simplefilter("ignore")
        if not found and directory is not None:
            for path in Path(directory).glob("*"):
                with contextlib.suppress(OSError, ValueError):
                    pem = x509.load_pem_x509_certificates(path.read_bytes())
                    found.update(each.public_bytes(Encoding.DER) for each in pem)
        anchors = []
        for certificate in sorted(found):
            with contextlib.suppress(ValueError):
                anchors.append(x509.load_der_x509_certificate(certificate))
    return tuple(anchors)
