"""pyOpenSSL, which brings an OpenSSL of its own: newer than Python's, and with hybrid groups.

It is not among what the lab needs; without it `lab.peers.pyopenssl` says how to get it.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from tlslab.connection.config import ClientAuthentication
from tlslab.crypto.suites import TLS13_SUITES
from tlslab.errors import LocalError
from tlslab.lab import pki
from tlslab.lab.named import server_identities, suites_named, user_identity
from tlslab.lab.openssl_peer import (
    NO_ENCRYPT_THEN_MAC,
    NO_EXTENDED_MASTER_SECRET,
    OPENSSL_NAMES,
    Role,
    Witness,
    versions_of,
)
from tlslab.lab.options import Options


def pyopenssl_module() -> Any:
    """`OpenSSL.SSL`. Raises LocalError if it is not installed."""
    try:
        from OpenSSL import SSL
    except ImportError:
        raise LocalError("this takes pyOpenSSL: pip install pyOpenSSL") from None
    return SSL


@dataclass(frozen=True, slots=True)
class Prepared:
    """A context, which no longer changes once it was used, and the lines of its key log."""

    context: Any
    key_log: list[str]


def prepare(role: Role, wanted: Options) -> Prepared:
    """A context for the lab; `role` is its own. Raises LocalError for what it cannot do."""
    ssl = pyopenssl_module()
    _check(wanted)
    context = ssl.Context(ssl.TLS_METHOD)
    key_log: list[str] = []
    context.set_keylog_callback(lambda _, line: key_log.append(line.decode("ascii")))
    lowest, highest = versions_of(wanted)
    context.set_min_proto_version(lowest)
    context.set_max_proto_version(highest)
    suites = suites_named(wanted.suite)
    old = [OPENSSL_NAMES[suite] for suite in suites if suite in OPENSSL_NAMES]
    new = [suite.name for suite in suites if suite in TLS13_SUITES]
    context.set_cipher_list(":".join([*(old or ["ALL"]), "@SECLEVEL=0"]).encode())
    if new:
        context.set_tls13_ciphersuites(":".join(new).encode())
    if not wanted.extended_master_secret:
        context.set_options(NO_EXTENDED_MASTER_SECRET)
    if not wanted.encrypt_then_mac:
        context.set_options(NO_ENCRYPT_THEN_MAC)
    if not wanted.tickets:
        context.set_options(ssl.OP_NO_TICKET)
    context.load_verify_locations(str(pki.pem_path("root")))
    if role == "server":
        _serve(ssl, context, wanted)
    else:
        context.set_verify(ssl.VERIFY_PEER)
        if wanted.user is not None:
            _show(context, user_identity(wanted.user))
    return Prepared(context, key_log)


def _check(wanted: Options) -> None:
    if wanted.psk is not None or wanted.early_data or wanted.max_early_data_size:
        raise LocalError("pyOpenSSL has neither keys from outside nor early data")
    if wanted.post_handshake_auth or wanted.key_update == "server" or wanted.retry:
        raise LocalError("pyOpenSSL asks for nothing by itself: no retry, no late question")


def _serve(ssl: Any, context: Any, wanted: Options) -> None:
    context.set_session_id(b"lab")
    identities = (
        (pki.server_rsa(), pki.server_ecdsa())
        if wanted.server is None
        else server_identities(wanted.server)
    )
    for identity in identities:
        _show(context, identity)
    asks = ClientAuthentication(wanted.client_authentication)
    if asks.in_handshake:
        required = asks is ClientAuthentication.REQUIRED
        must = ssl.VERIFY_FAIL_IF_NO_PEER_CERT if required else 0
        context.set_verify(ssl.VERIFY_PEER | must)


def _show(context: Any, identity: pki.Identity) -> None:
    context.use_certificate_chain_file(str(identity.chain_path))
    context.use_privatekey_file(str(identity.key_path))


class PyOpenSSL:
    """pyOpenSSL over memory BIOs, as an `Endpoint`.

    server_name: whom it wants as a client; None makes it a server. session: one to go on with.
    """

    def __init__(self, context: Any, server_name: str | None, session: Any = None) -> None:
        self.error: Exception | None = None
        self.completed = False
        self.received = b""
        self._ssl = pyopenssl_module()
        self._connection = self._ssl.Connection(context)
        if server_name is None:
            self._connection.set_accept_state()
            return
        self._connection.set_tlsext_host_name(server_name.encode("ascii"))
        self._connection.set_connect_state()
        if session is not None:
            self._connection.set_session(session)
        self._go_on()

    @property
    def witness(self) -> Witness:
        """What it says of the connection."""
        connection, subject = self._connection, ""
        certificate = connection.get_peer_certificate()
        if certificate is not None:
            known: x509.Certificate = certificate.to_cryptography()
            subject = known.subject.rfc4514_string()
        verified = "ok" if certificate is not None and self.completed else ""
        return Witness(
            self.received,
            str(self.error or ""),
            verified,
            subject,
            # It does not say whether it went on with the session; our side does.
            session=connection.get_session(),
        )

    def receive(self, data: bytes) -> None:
        """Take what our side sent."""
        self._connection.bio_write(data)
        self._go_on()

    def data_to_send(self) -> bytes:
        """What has to go to our side now."""
        output = b""
        with contextlib.suppress(self._ssl.WantReadError):
            while True:
                output += self._connection.bio_read(1 << 16)
        return output

    def send(self, data: bytes) -> None:
        """Queue application data."""
        if data:
            self._attempt(lambda: self._connection.sendall(data))

    def close(self) -> None:
        """Queue close_notify."""
        self._attempt(self._connection.shutdown)

    def _go_on(self) -> None:
        if not self.completed:
            self.completed = self._attempt(self._connection.do_handshake)
        if self.completed:
            self._attempt(self._read)

    def _read(self) -> None:
        try:
            while True:
                self.received += self._connection.recv(1 << 16)
        except self._ssl.ZeroReturnError:
            # Our side's close_notify: answer it.
            self._connection.shutdown()

    def _attempt(self, action: Callable[[], object]) -> bool:
        if self.error is not None:
            return False
        try:
            action()
        except self._ssl.WantReadError:
            return False
        except self._ssl.Error as error:
            self.error = error
            return False
        return True


def version_of_pyopenssl() -> str:
    """The version of OpenSSL that it brings."""
    return str(pyopenssl_module().OpenSSL_version(0).decode("ascii"))
