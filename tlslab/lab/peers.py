"""The same handshake with somebody whom nobody here wrote: OpenSSL, as Python's `ssl` brings it.

    h = lab.peers.openssl(role="client", seed=1)                  over memory BIOs
    h = lab.peers.openssl(role="server", transport="loopback")    over a socket on 127.0.0.1

Only OpenSSL's side is the peer; `role` is ours. OpenSSL draws its own randomness: with a seed only
our bytes can be repeated.
"""

import contextlib
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tlslab.connection.context import HandshakeCompleted
from tlslab.crypto.groups import ffdhe
from tlslab.crypto.suites import SUITES, KeyExchange
from tlslab.errors import LocalError
from tlslab.lab import pki
from tlslab.lab.configs import DEFAULT_SUITE, SERVER_NAME, Seed, suite_named
from tlslab.lab.dhparam import write_dh_parameters
from tlslab.lab.handshake import REPLY, REQUEST, Ours, converse, start_client, start_server
from tlslab.primitives import REFERENCE, Primitives
from tlslab.trace import Trace
from tlslab.wire.registry import CipherSuite, NamedGroup

Role = Literal["client", "server"]
Transport = Literal["memory", "loopback"]


def _openssl_name(suite: CipherSuite) -> str:
    """OpenSSL leaves out TLS, WITH, the RSA key exchange, and what goes without saying."""
    exchange, cipher = suite.name.removeprefix("TLS_").split("_WITH_")
    cipher = cipher.replace("AES_", "AES").replace("_CBC_", "_")
    cipher = cipher.replace("POLY1305_SHA256", "POLY1305")
    name = cipher if exchange == "RSA" else f"{exchange}_{cipher}"
    return name.replace("_", "-")


OPENSSL_NAMES = {suite: _openssl_name(suite) for suite in SUITES}
"""OpenSSL's own names of the suites."""

# What OpenSSL negotiates by default and a first handshake is easier without. `ssl` has no names
# for them: SSL_OP_NO_EXTENDED_MASTER_SECRET and SSL_OP_NO_ENCRYPT_THEN_MAC in openssl/ssl.h.
NO_EXTENDED_MASTER_SECRET = 1 << 0
NO_ENCRYPT_THEN_MAC = 1 << 19

TIMEOUT = 10.0
"""Seconds that a read from a socket may take."""


@dataclass(frozen=True, slots=True)
class PeerHandshake:
    """A handshake of ours with a foreign implementation.

    role: ours. error: what ended it early on our side; peer_error: on the peer's, in its words.
    peer_key_log: the NSS key log that the peer itself wrote. sent, received: our application data;
    peer_received: what the peer got. seed: what our side was run with.
    """

    role: Role
    trace: Trace = field(repr=False)
    outcome: HandshakeCompleted | None
    error: Exception | None
    sent: bytes
    received: bytes
    peer: str
    peer_version: str
    peer_received: bytes
    peer_error: str
    peer_key_log: str = field(repr=False)
    seed: Seed = None

    @property
    def completed(self) -> bool:
        """Whether our side completed the handshake."""
        return self.outcome is not None

    def __repr__(self) -> str:
        who = f"our {self.role} with {self.peer}"
        if self.outcome is None:
            return f"<Handshake: {who}, failed, {self.error or self.peer_error}>"
        return (
            f"<Handshake: {who}, completed, {self.outcome.version.title}, "
            f"{self.outcome.cipher_suite.name}>"
        )


def openssl(
    role: Role = "client",
    *,
    transport: Transport = "memory",
    seed: Seed = None,
    suite: str | CipherSuite = DEFAULT_SUITE,
    server_name: str = SERVER_NAME,
    alpn: tuple[bytes, ...] = (),
    primitives: Primitives = REFERENCE,
    request: bytes = REQUEST,
    reply: bytes = REPLY,
) -> PeerHandshake:
    """Our client with OpenSSL's server, or our server with OpenSSL's client (`role` is ours).

    The arguments are those of `lab.handshake`. Raises LocalError for a suite OpenSSL has not.
    """
    trace = Trace(role)
    if role == "client":
        ours = start_client(
            trace,
            seed=seed,
            suite=suite,
            server_name=server_name,
            alpn=alpn,
            primitives=primitives,
        )
    else:
        ours = start_server(trace, seed=seed, suite=suite, alpn=alpn, primitives=primitives)
    with tempfile.TemporaryDirectory() as directory:
        key_log = Path(directory) / "keys.log"
        context = ssl_context("server" if role == "client" else "client", suite, alpn)
        context.keylog_filename = str(key_log)
        if transport == "memory":
            peer = OpenSSL(context, server_name if role == "server" else None)
            if role == "client":
                converse(ours, peer, request, reply)
            else:
                converse(peer, ours, request, reply)
            peer_received, peer_error = peer.received, str(peer.error or "")
        else:
            peer_received, peer_error = _over_loopback(
                ours, context, server_name, role, request, reply
            )
        peer_key_log = key_log.read_text() if key_log.exists() else ""
    sent = request if role == "client" else reply
    return PeerHandshake(
        role,
        trace,
        ours.outcome,
        ours.error,
        sent if ours.completed else b"",
        ours.received,
        "OpenSSL",
        ssl.OPENSSL_VERSION,
        peer_received,
        peer_error,
        # The first line that Python writes is a comment of its own.
        "".join(line for line in peer_key_log.splitlines(True) if not line.startswith("#")),
        seed,
    )


def ssl_context(
    role: Role, suite: str | CipherSuite = DEFAULT_SUITE, alpn: tuple[bytes, ...] = ()
) -> ssl.SSLContext:
    """A context of `ssl` for the lab: TLS 1.2, one suite, the lab's PKI; `role` is OpenSSL's.

    Without extended master secret, encrypt-then-MAC and tickets. Raises LocalError for a suite
    that OpenSSL has not.
    """
    code = suite_named(suite)
    if code not in OPENSSL_NAMES:
        raise LocalError(f"OpenSSL has no name here for {code.name}")
    if role == "client":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(pki.pem_path("root"))
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        for identity in (pki.server_rsa(), pki.server_ecdsa()):
            context.load_cert_chain(identity.chain_path, identity.key_path)
        if SUITES[code].key_exchange is KeyExchange.DHE_RSA:
            with tempfile.NamedTemporaryFile(suffix=".pem") as parameters:
                parameters.write(write_dh_parameters(ffdhe(NamedGroup.ffdhe2048)))
                parameters.flush()
                context.load_dh_params(parameters.name)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    # SECLEVEL=0 lets it do what it would not: NULL, and SHA-1 as a MAC.
    context.set_ciphers(f"{OPENSSL_NAMES[code]}:@SECLEVEL=0")
    context.options |= NO_EXTENDED_MASTER_SECRET | NO_ENCRYPT_THEN_MAC | ssl.OP_NO_TICKET
    if alpn:
        context.set_alpn_protocols([name.decode("ascii") for name in alpn])
    return context


class OpenSSL:
    """Python's `ssl` over memory BIOs, as an `Endpoint`.

    server_name: whom it wants as a client; None makes it a server. session: one to go on with.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        server_name: str | None,
        session: ssl.SSLSession | None = None,
    ) -> None:
        self.error: Exception | None = None
        self.completed = False
        self.received = b""
        self._closing = False
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._ssl = context.wrap_bio(
            self._incoming,
            self._outgoing,
            server_side=server_name is None,
            server_hostname=server_name,
            session=session,
        )
        if server_name is not None:
            self._go_on()

    @property
    def session(self) -> ssl.SSLSession | None:
        """What it can go on with next time."""
        return self._ssl.session

    @property
    def session_reused(self) -> bool | None:
        """Whether it went on with an earlier session."""
        return self._ssl.session_reused

    @property
    def channel_binding(self) -> bytes | None:
        """Its tls-unique (RFC 5929 §3)."""
        return self._ssl.get_channel_binding("tls-unique")

    def receive(self, data: bytes) -> None:
        """Take what our side sent."""
        self._incoming.write(data)
        self._go_on()

    def data_to_send(self) -> bytes:
        """What has to go to our side now."""
        return self._outgoing.read()

    def send(self, data: bytes) -> None:
        """Queue application data."""
        if data:
            self._ssl.write(data)

    def close(self) -> None:
        """Queue close_notify."""
        self._closing = True
        self._attempt(self._ssl.unwrap)

    def _go_on(self) -> None:
        if not self.completed:
            self.completed = self._attempt(self._ssl.do_handshake)
        if self.completed:
            self._attempt(self._ssl.unwrap if self._closing else self._read)

    def _read(self) -> None:
        while data := self._ssl.read(65536):
            self.received += data
        # An empty read is our side's close_notify: answer it.
        self._ssl.unwrap()

    def _attempt(self, action: Callable[[], object]) -> bool:
        if self.error is not None:
            return False
        try:
            action()
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError as error:
            self.error = error
            return False
        return True


def _over_loopback(
    ours: Ours,
    context: ssl.SSLContext,
    server_name: str,
    role: Role,
    request: bytes,
    reply: bytes,
) -> tuple[bytes, str]:
    """Run both over a socket, the peer in a thread; what the peer received, and its error."""
    peer = _PeerThread(context, server_name, role, request, reply)
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
    return peer.received, peer.error


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
        self, context: ssl.SSLContext, server_name: str, role: Role, request: bytes, reply: bytes
    ) -> None:
        self.received = b""
        self.error = ""
        self._context = context
        self._server_name = server_name
        self._is_server = role == "client"
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
        name = None if self._is_server else self._server_name
        try:
            with (
                self._socket,
                self._context.wrap_socket(
                    self._socket, server_side=self._is_server, server_hostname=name
                ) as tls,
            ):
                if self._is_server:
                    self._receive(tls, len(self._request))
                    tls.sendall(self._reply)
                    # The client closes first; an empty read is its close_notify.
                    tls.recv(1)
                    tls.unwrap()
                else:
                    tls.sendall(self._request)
                    self._receive(tls, len(self._reply))
                    tls.unwrap()
        except OSError as error:
            self.error = str(error)

    def _receive(self, tls: ssl.SSLSocket, length: int) -> None:
        while len(self.received) < length:
            data = tls.recv(65536)
            if not data:
                return
            self.received += data
