"""The same handshake with somebody whom nobody here wrote: OpenSSL, as Python's `ssl` brings it.

    h = lab.peers.openssl(role="client", seed=1)                  over memory BIOs
    h = lab.peers.openssl(role="server", transport="loopback")    over a socket on 127.0.0.1
    again = lab.peers.openssl(role="client", seed=2, resume=h)
    h = lab.peers.pyopenssl(role="client", version="TLS 1.3", groups="X25519MLKEM768")

Only OpenSSL's side is the peer; `role` is ours. OpenSSL draws its own randomness: with a seed only
our bytes can be repeated. pyOpenSSL brings an OpenSSL of its own, which knows the hybrid groups.
"""

import ssl
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tlslab.connection.context import Event, HandshakeCompleted
from tlslab.connection.session import PSKSession, Session
from tlslab.endpoints import client, server
from tlslab.errors import LocalError
from tlslab.lab.configs import client_config_of, server_config_of
from tlslab.lab.handshake import REPLY, REQUEST, Ours, agreement, before_data, converse, session_of
from tlslab.lab.openssl_peer import (
    NO_ENCRYPT_THEN_MAC,
    NO_EXTENDED_MASTER_SECRET,
    OPENSSL_NAMES,
    OpenSSL,
    Role,
    Witness,
    ssl_context,
    ssl_context_of,
)
from tlslab.lab.options import Options, Seed, read_options, takes_options
from tlslab.lab.over_sockets import over_loopback, run_over_socket
from tlslab.lab.pyopenssl_peer import PyOpenSSL, prepare, version_of_pyopenssl
from tlslab.trace import Trace

__all__ = [
    "NO_ENCRYPT_THEN_MAC",
    "NO_EXTENDED_MASTER_SECRET",
    "OPENSSL_NAMES",
    "OpenSSL",
    "PeerHandshake",
    "Role",
    "Transport",
    "openssl",
    "pyopenssl",
    "run_over_socket",
    "ssl_context",
]

Transport = Literal["memory", "loopback"]


@dataclass(frozen=True, slots=True)
class PeerHandshake:
    """A handshake of ours with a foreign implementation.

    role: ours. error: what ended it early on our side; peer_error: on the peer's, in its words.
    peer_key_log: the NSS key log that the peer itself wrote. sent, received: our application data;
    peer_received: what the peer got. peer_verified: what the peer says of our certificate, "ok" or
    why not, empty if it saw none; peer_subject: whom the certificate is for. peer_resumed: whether
    the peer says that it went on with an earlier session. options: what it was run with.
    tickets: what our client can go on with (TLS 1.3). events: all that happened on our side.
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
    peer_verified: str = ""
    peer_subject: str = ""
    peer_resumed: bool = False
    options: Options = field(default=Options(), repr=False, compare=False)
    peer_context: Any = field(default=None, repr=False, compare=False)
    peer_session: Any = field(default=None, repr=False, compare=False)
    tickets: tuple[PSKSession, ...] = field(default=(), repr=False)
    events: tuple[Event, ...] = field(default=(), repr=False)

    @property
    def completed(self) -> bool:
        """Whether our side completed the handshake."""
        return self.outcome is not None

    @property
    def seed(self) -> Seed:
        """What our side was run with; None is live randomness."""
        return self.options.seed

    @property
    def session(self) -> Session | PSKSession | None:
        """What our client can go on with, if the server remembers; of tickets, the first."""
        return session_of(self.outcome, self.tickets)

    @property
    def resumable(self) -> bool:
        """Whether the client, ours or OpenSSL's, has something to go on with."""
        return self.session is not None or self.peer_session is not None

    def __repr__(self) -> str:
        who = f"our {self.role} with {self.peer}"
        if self.outcome is None:
            return f"<Handshake: {who}, failed, {self.error or self.peer_error}>"
        return f"<Handshake: {who}, {agreement(self.outcome)}>"


@takes_options
def openssl(
    role: Role = "client",
    *,
    transport: Transport = "memory",
    request: bytes = REQUEST,
    reply: bytes = REPLY,
    **options: Any,
) -> PeerHandshake:
    """Our client with OpenSSL's server, or our server with OpenSSL's client (`role` is ours).

    The options are those of `lab.handshake`, and concern both sides; but `groups`, the suites of
    TLS 1.3, padding and grease are about ours alone, and OpenSSL neither staples nor limits records
    here. When it goes on from an earlier handshake, OpenSSL stays as it was. Raises LocalError for
    a suite OpenSSL has not, and for what Python's `ssl` cannot ask of it: keys from outside, early
    data, new keys by itself, a retry for its own sake.
    """
    wanted = read_options(options)
    context, session = _peer_before(role, wanted, "OpenSSL", ssl_context_of)
    ours, trace = _our_side(role, wanted)
    with tempfile.TemporaryDirectory() as directory:
        key_log = Path(directory) / "keys.log"
        context.keylog_filename = str(key_log)
        if transport == "memory":
            seen = _in_memory(ours, context, wanted.server_name, session, role, request, reply)
        else:
            seen = over_loopback(ours, context, wanted.server_name, session, role, request, reply)
        peer_key_log = key_log.read_text() if key_log.exists() else ""
    # The first line that Python writes is a comment of its own.
    lines = [line for line in peer_key_log.splitlines(True) if not line.startswith("#")]
    about = ("OpenSSL", ssl.OPENSSL_VERSION, "".join(lines))
    sent = request if role == "client" else reply
    return _met(ours, trace, sent, seen, about, wanted, context)


@takes_options
def pyopenssl(
    role: Role = "client", *, request: bytes = REQUEST, reply: bytes = REPLY, **options: Any
) -> PeerHandshake:
    """Our client with pyOpenSSL's server, or our server with its client (`role` is ours).

    As `openssl`, in memory; but its OpenSSL is a newer one, which knows X25519MLKEM768, prefers it,
    and cannot be told its groups. Whether it resumed a session it does not say. Raises LocalError
    if pyOpenSSL is not installed, for a suite it has not, and for what it cannot be asked for.
    """
    wanted = read_options(options)
    about = ("pyOpenSSL", version_of_pyopenssl())
    prepared, session = _peer_before(role, wanted, about[0], prepare)
    before = len(prepared.key_log)
    ours, trace = _our_side(role, wanted)
    if role == "client":
        peer = PyOpenSSL(prepared.context, None)
        converse(ours, peer, request, reply)
    else:
        peer = PyOpenSSL(prepared.context, wanted.server_name, session)
        converse(peer, ours, request, reply)
    key_log = "".join(f"{line}\n" for line in prepared.key_log[before:])
    sent = request if role == "client" else reply
    return _met(ours, trace, sent, peer.witness, (*about, key_log), wanted, prepared)


def _our_side(role: Role, wanted: Options) -> tuple[Ours, Trace]:
    trace = Trace(role)
    if role == "client":
        connection = client(client_config_of(wanted), trace)
    else:
        connection = server(server_config_of(wanted), trace)
    return Ours(connection, before_data(wanted, role, alone=True)), trace


def _met(
    ours: Ours,
    trace: Trace,
    sent: bytes,
    seen: Witness,
    about: tuple[str, str, str],
    wanted: Options,
    context: Any,
) -> PeerHandshake:
    """What came of it. about: the peer, its version and its key log."""
    peer, version, key_log = about
    role: Role = "client" if trace.role == "client" else "server"
    return PeerHandshake(
        role,
        trace,
        ours.outcome,
        ours.error,
        sent if ours.completed else b"",
        ours.received,
        peer,
        version,
        seen.received,
        seen.error,
        key_log,
        seen.verified,
        seen.subject,
        seen.resumed,
        wanted,
        context,
        seen.session if role == "server" and wanted.remembers else None,
        ours.tickets,
        tuple(ours.events),
    )


def _peer_before(
    role: Role, wanted: Options, peer: str, make: Callable[[Role, Options], Any]
) -> tuple[Any, Any]:
    """The peer with what it remembers. Raises LocalError if it was not there the last time."""
    earlier = wanted.resume
    if earlier is None:
        return make("server" if role == "client" else "client", wanted), None
    is_same = isinstance(earlier, PeerHandshake) and earlier.peer == peer
    if not isinstance(earlier, PeerHandshake) or earlier.role != role or not is_same:
        raise LocalError(f"{peer} can go on from a handshake with our {role} alone")
    if earlier.peer_context is None:
        raise LocalError(f"of that handshake {peer} remembers nothing")
    return earlier.peer_context, earlier.peer_session


def _in_memory(
    ours: Ours,
    context: ssl.SSLContext,
    server_name: str,
    session: ssl.SSLSession | None,
    role: Role,
    request: bytes,
    reply: bytes,
) -> Witness:
    """Carry the bytes between the two; what OpenSSL says of it."""
    if role == "client":
        peer = OpenSSL(context, None)
        converse(ours, peer, request, reply)
    else:
        peer = OpenSSL(context, server_name, session)
        converse(peer, ours, request, reply)
    return peer.witness
