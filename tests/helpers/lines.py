"""Our side on a real socket, one step at a time: the test says what happens next."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import tlslab
from tlslab.connection.context import Event, PeerClosed, TicketReceived
from tlslab.connection.session import PSKSession
from tlslab.trace import Trace

PATIENCE = 20.0
E = TypeVar("E", bound=Event)


class Line:
    """A connection and the socket below it. events: all that happened."""

    def __init__(self, sock: socket.socket, config: Any) -> None:
        sock.settimeout(PATIENCE)
        self._socket = sock
        is_client = isinstance(config, tlslab.ClientConfig)
        self.trace = Trace("client" if is_client else "server")
        make: Any = tlslab.client if is_client else tlslab.server
        self.connection = make(config, self.trace)
        self.events: list[Event] = []
        self.ended = False

    def turn(self) -> None:
        """Send what waits, take what comes, and send the answer."""
        self.flush()
        data = self._socket.recv(1 << 16)
        self.ended = not data
        try:
            if data:
                self.events += self.connection.receive_data(data)
            else:
                self.events += self.connection.receive_eof()
        finally:
            self.flush()

    def flush(self) -> None:
        """Send what waits."""
        data = self.connection.data_to_send()
        if data:
            self._socket.sendall(data)

    def until(self, kind: type[E], count: int = 1) -> E:
        """Go on until there are so many events of this kind; the last of them."""
        while len(found := self.of(kind)) < count:
            if self.ended:
                raise AssertionError(f"the peer has left, and there was no {kind.__name__}")
            self.turn()
        return found[count - 1]

    def of(self, kind: type[E]) -> list[E]:
        """The events of this kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def handshake(self) -> tlslab.HandshakeCompleted:
        """Until both Finished were right."""
        return self.until(tlslab.HandshakeCompleted)

    def send(self, data: bytes) -> None:
        """Application data, at once."""
        self.connection.send(data)
        self.flush()

    @property
    def data(self) -> bytes:
        """The application data that have come, those of after the handshake."""
        return b"".join(e.data for e in self.of(tlslab.ApplicationData) if not e.early)

    @property
    def early_data(self) -> bytes:
        """The application data that came before the handshake was complete."""
        return b"".join(e.data for e in self.of(tlslab.ApplicationData) if e.early)

    def until_data(self, end: bytes) -> bytes:
        """Go on until the data that came have this in them; all of them."""
        while end not in self.data:
            if self.ended:
                raise AssertionError(f"the peer has left, and said {self.data!r}")
            self.turn()
        return self.data

    def rest(self) -> bytes:
        """Go on until the peer says goodbye, and answer it; all the data that came."""
        self.until(PeerClosed)
        self.connection.close()
        # Whoever has said goodbye may be gone.
        with suppress(OSError):
            self.flush()
        return self.data

    @property
    def sessions(self) -> list[PSKSession]:
        """What our client can go on with."""
        return [event.session for event in self.of(TicketReceived)]


@contextmanager
def dialed(port: int, config: tlslab.ClientConfig) -> Iterator[Line]:
    """Our client, connected with a server on this machine."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as sock:
        yield Line(sock, config)


class Listener:
    """A socket that waits for clients. port: where."""

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(PATIENCE)
        self._socket = sock
        self.port = int(sock.getsockname()[1])

    @contextmanager
    def accept(self, config: tlslab.ServerConfig) -> Iterator[Line]:
        """Our server, for the next client."""
        sock, _ = self._socket.accept()
        with sock:
            yield Line(sock, config)


@contextmanager
def listening() -> Iterator[Listener]:
    """Wait for clients for as long as the `with` lasts."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield Listener(sock)
