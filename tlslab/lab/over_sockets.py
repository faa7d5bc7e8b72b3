"""A conversation over a socket on 127.0.0.1: our side here, OpenSSL in a thread of its own."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import replace

from tlslab.lab.handshake import Ours
from tlslab.lab.openssl_peer import Role, Witness, asks_later, witness

TIMEOUT = 10.0
"""Seconds that a read from a socket may take."""


def over_loopback(
    ours: Ours,
    context: ssl.SSLContext,
    server_name: str,
    session: ssl.SSLSession | None,
    role: Role,
    request: bytes,
    reply: bytes,
) -> Witness:
    """Run both over a socket, the peer in a thread; what the peer says of it.

    server_name, session: what OpenSSL wants, and goes on with, as a client. role: ours.
    """
    peer = _PeerThread(context, server_name, session, role, request, reply)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        theirs = socket.create_connection(listener.getsockname(), TIMEOUT)
        own, _ = listener.accept()
    with own:
        own.settimeout(TIMEOUT)
        peer.start(theirs)
        try:
            run_over_socket(own, ours, role, request, reply)
        finally:
            own.close()
            peer.join()
    return peer.witness


def run_over_socket(
    own: socket.socket, ours: Ours, role: Role, request: bytes, reply: bytes
) -> None:
    """Our side of the conversation over a connected socket: handshake, data, closure."""
    to_send, expected = (request, len(reply)) if role == "client" else (reply, len(request))
    _carry(own, ours, lambda: ours.completed)
    if ours.completed and role == "client":
        ours.send(to_send)
        _carry(own, ours, lambda: len(ours.received) >= expected)
        ours.close()
    elif ours.completed:
        _carry(own, ours, lambda: len(ours.received) >= expected)
        ours.send(to_send)
    _carry(own, ours, lambda: ours.connection.is_closed)


def _carry(own: socket.socket, ours: Ours, until: Callable[[], bool]) -> None:
    """Send and receive until the condition holds, or it is over."""
    while True:
        # A peer that has closed may have left something to read: an alert that says why.
        with contextlib.suppress(ConnectionError):
            own.sendall(ours.data_to_send())
        if until() or ours.error is not None or ours.ended:
            return
        try:
            data = own.recv(65536)
        except ConnectionError:
            data = b""
        if data:
            ours.receive(data)
        else:
            ours.receive_eof()


class _PeerThread:
    """OpenSSL on a blocking socket, in a thread of its own."""

    def __init__(
        self,
        context: ssl.SSLContext,
        server_name: str,
        session: ssl.SSLSession | None,
        role: Role,
        request: bytes,
        reply: bytes,
    ) -> None:
        self.witness = Witness()
        self._received = b""
        self._context = context
        self._is_server = role == "client"
        self._server_name = None if self._is_server else server_name
        self._session = session
        self._request = request
        self._reply = reply
        self._thread = threading.Thread(target=self._run)

    def start(self, theirs: socket.socket) -> None:
        """Begin on a connected socket, which then belongs to the thread."""
        theirs.settimeout(TIMEOUT)
        self._socket = theirs
        self._thread.start()

    def join(self) -> None:
        """Wait for the end."""
        self._thread.join(2 * TIMEOUT)

    def _run(self) -> None:
        with (
            self._socket,
            self._context.wrap_socket(
                self._socket,
                server_side=self._is_server,
                server_hostname=self._server_name,
                session=self._session,
                do_handshake_on_connect=False,
            ) as tls,
        ):
            error: OSError | None = None
            try:
                self._talk(tls)
            except OSError as caught:
                error = caught
            # After closure notification `ssl` tells nothing of the connection.
            self.witness = witness(tls, self._received, error)
            if error is None:
                try:
                    tls.unwrap()
                except OSError as caught:
                    self.witness = replace(self.witness, error=str(caught))

    def _talk(self, tls: ssl.SSLSocket) -> None:
        tls.do_handshake()
        if self._is_server:
            self._receive(tls, len(self._request))
            if asks_later(self._context, is_server=True):
                tls.verify_client_post_handshake()
            tls.sendall(self._reply)
            # The client closes first; an empty read is its close_notify.
            tls.recv(1)
        else:
            tls.sendall(self._request)
            self._receive(tls, len(self._reply))

    def _receive(self, tls: ssl.SSLSocket, length: int) -> None:
        while len(self._received) < length:
            data = tls.recv(65536)
            if not data:
                return
            self._received += data
