"""Handshakes of TLS 1.3 with the libssl that pyOpenSSL uses: that of OpenSSL 4, which has ML-KEM.

Python's own `ssl` brings along whatever OpenSSL the system has, and many have none yet. pyOpenSSL
is no part of the lab's requirements: `is_installed` says whether it is there.

    libssl.handshake("client", primitives=mine)     our client with libssl's server
"""

import importlib.util
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tlslab.connection.context import HandshakeCompleted
from tlslab.endpoints import client, server
from tlslab.lab import pki
from tlslab.lab.configs import SERVER_NAME, client_config, server_config
from tlslab.lab.handshake import REPLY, REQUEST, Ours, converse
from tlslab.lab.openssl_peer import Role
from tlslab.lab.options import takes_options
from tlslab.trace import Negotiated, Trace

if TYPE_CHECKING:
    from OpenSSL import SSL

SUITE = "TLS_AES_128_GCM_SHA256"
GROUPS = ("X25519MLKEM768", "x25519")
CHUNK = 1 << 16


def is_installed() -> bool:
    """Whether pyOpenSSL is there."""
    return importlib.util.find_spec("OpenSSL") is not None


@dataclass(frozen=True, slots=True)
class LibsslHandshake:
    """A handshake of ours with libssl.

    role: ours. error: what ended it early on our side; peer_error: on libssl's, in its words.
    received, peer_received: application data, ours and libssl's. peer_key_log: as libssl wrote it.
    """

    role: Role
    trace: Trace = field(repr=False)
    outcome: HandshakeCompleted | None
    error: Exception | None
    received: bytes
    peer_version: str
    peer_received: bytes
    peer_error: str
    peer_key_log: str = field(repr=False)

    @property
    def completed(self) -> bool:
        """Whether both sides have what the other said."""
        return self.outcome is not None and not self.error and not self.peer_error

    @property
    def group(self) -> str:
        """What was agreed on for the key exchange; empty if nothing was."""
        found = [each.value for each in self.trace.of(Negotiated) if each.name == "group"]
        return found[0] if found else ""

    def __repr__(self) -> str:
        who = f"our {self.role} with {self.peer_version}"
        if not self.completed:
            return f"<Handshake: {who}, failed, {self.error or self.peer_error}>"
        return f"<Handshake: {who}, completed with {self.group}>"


@takes_options
def handshake(
    role: Role = "client", *, request: bytes = REQUEST, reply: bytes = REPLY, **options: Any
) -> LibsslHandshake:
    """Our client with libssl's server, or our server with libssl's client (`role` is ours).

    The options are those of `lab.handshake`, for our side; by default X25519MLKEM768 and x25519.
    Raises ModuleNotFoundError if pyOpenSSL is not installed.
    """
    from OpenSSL import SSL

    ours_too = {"suite": SUITE, "groups": GROUPS, "server": "rsa", **options}
    trace = Trace(role)
    ours = Ours(
        client(client_config(**ours_too), trace)
        if role == "client"
        else server(server_config(**ours_too), trace)
    )
    libssl = Libssl("server" if role == "client" else "client")
    if role == "client":
        converse(ours, libssl, request, reply)
    else:
        converse(libssl, ours, request, reply)
    return LibsslHandshake(
        role,
        trace,
        ours.outcome,
        ours.error,
        ours.received,
        SSL.SSLeay_version(SSL.SSLEAY_VERSION).decode("ascii"),
        libssl.received,
        libssl.reason,
        "".join(f"{line}\n" for line in libssl.key_log),
    )


class Libssl:
    """One side of pyOpenSSL over memory BIOs, as an `Endpoint`. role: its own."""

    def __init__(self, role: Role) -> None:
        from OpenSSL import SSL

        self.error: Exception | None = None
        self.completed = False
        self.received = b""
        self.key_log: list[str] = []
        self._connection = SSL.Connection(self._context(role))
        if role == "server":
            self._connection.set_accept_state()
        else:
            self._connection.set_tlsext_host_name(SERVER_NAME.encode("ascii"))
            self._connection.set_connect_state()
            self._go_on()

    def _context(self, role: Role) -> "SSL.Context":
        from OpenSSL import SSL

        context = SSL.Context(SSL.TLS_METHOD)
        context.set_min_proto_version(SSL.TLS1_3_VERSION)
        context.set_keylog_callback(lambda _, line: self.key_log.append(line.decode("ascii")))
        context.load_verify_locations(str(pki.pem_path("root")))
        if role == "server":
            identity = pki.server_rsa()
            context.use_certificate_chain_file(str(identity.chain_path))
            context.use_privatekey_file(str(identity.key_path))
        else:
            context.set_verify(SSL.VERIFY_PEER)
        return context

    @property
    def reason(self) -> str:
        """Its error in its own words; empty if there was none."""
        if self.error is None:
            return ""
        return "; ".join(reason for _, _, reason in self.error.args[0])

    def receive(self, data: bytes) -> None:
        """See `Endpoint`."""
        self._connection.bio_write(data)
        self._go_on()

    def _go_on(self) -> None:
        from OpenSSL import SSL

        try:
            if not self.completed:
                self._connection.do_handshake()
                self.completed = True
            while True:
                self.received += self._connection.recv(CHUNK)
        except SSL.WantReadError:
            pass  # It has no more, for now.
        except SSL.ZeroReturnError:
            self._connection.shutdown()
        except SSL.Error as error:
            self.error = error

    def data_to_send(self) -> bytes:
        """See `Endpoint`."""
        from OpenSSL import SSL

        data = b""
        try:
            while True:
                data += self._connection.bio_read(CHUNK)
        except SSL.WantReadError:
            return data

    def send(self, data: bytes) -> None:
        """See `Endpoint`."""
        self._connection.sendall(data)

    def close(self) -> None:
        """See `Endpoint`."""
        self._connection.shutdown()
