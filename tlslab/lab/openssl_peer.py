"""OpenSSL, as Python's `ssl` brings it: a context for the lab, and one end of a wire in memory."""

import contextlib
import ssl
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from cryptography import x509

from tlslab.connection.config import ClientAuthentication
from tlslab.crypto.suites import SUITES, TLS13_SUITES, KeyExchange
from tlslab.errors import LocalError
from tlslab.lab import pki
from tlslab.lab.dhparam import write_dh_parameters
from tlslab.lab.named import (
    DEFAULT_SUITE,
    Suites,
    groups_named,
    prime_of,
    server_identities,
    suites_named,
    user_identity,
    version_named,
)
from tlslab.lab.options import Options, read_options, takes_options
from tlslab.wire.registry import CipherSuite, NamedGroup, ProtocolVersion

Role = Literal["client", "server"]


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


_CURVES = {NamedGroup.secp256r1: "prime256v1", NamedGroup.x25519: "X25519", NamedGroup.x448: "X448"}


@dataclass(frozen=True, slots=True)
class Witness:
    """What OpenSSL says of a connection.

    received: our application data. error: what ended it early, in OpenSSL's words. verified: what
    it says of our certificate: "ok", or why not; empty if it saw none. subject: whom it is for,
    once the handshake is done. resumed: whether it went on with an earlier session. session: what
    it can go on with as a client.
    """

    received: bytes = b""
    error: str = ""
    verified: str = ""
    subject: str = ""
    resumed: bool = False
    session: ssl.SSLSession | None = None


def witness(
    tls: ssl.SSLObject | ssl.SSLSocket, received: bytes, error: Exception | None
) -> Witness:
    """What this side of OpenSSL saw."""
    verified = subject = ""
    session = None
    if isinstance(error, ssl.SSLCertVerificationError):
        verified = error.verify_message
    # Before the handshake is done, `ssl` tells nothing of the certificate or the session.
    with contextlib.suppress(ValueError):
        certificate = tls.getpeercert(binary_form=True)
        if certificate is not None:
            verified = "ok"
            subject = x509.load_der_x509_certificate(certificate).subject.rfc4514_string()
        session = tls.session
    return Witness(received, str(error or ""), verified, subject, bool(tls.session_reused), session)


@takes_options
def ssl_context(role: Role, suite: Suites = DEFAULT_SUITE, **options: Any) -> ssl.SSLContext:
    """A context of `ssl` for the lab: these suites and their versions, the lab's PKI.

    role: OpenSSL's. The options are those of `lab.handshake`. Raises LocalError for a suite that
    OpenSSL has not, and for what `ssl` cannot do.
    """
    return ssl_context_of(role, read_options({"suite": suite, **options}))


def ssl_context_of(role: Role, wanted: Options) -> ssl.SSLContext:
    """OpenSSL's part of the options. `ssl` cannot staple or limit records.

    Of the suites of TLS 1.3 it always has all three: the other side decides.
    """
    _check(role, wanted)
    context = _client_context(wanted) if role == "client" else _server_context(wanted)
    names = [OPENSSL_NAMES[each] for each in suites_named(wanted.suite) if each in OPENSSL_NAMES]
    lowest, highest = versions_of(wanted)
    context.minimum_version = ssl.TLSVersion(lowest)
    context.maximum_version = ssl.TLSVersion(highest)
    # SECLEVEL=0 lets it do what it would not: NULL, and SHA-1 as a MAC.
    context.set_ciphers(":".join([*(names or ["ALL"]), "@SECLEVEL=0"]))
    if not wanted.extended_master_secret:
        context.options |= NO_EXTENDED_MASTER_SECRET
    if not wanted.encrypt_then_mac:
        context.options |= NO_ENCRYPT_THEN_MAC
    if not wanted.tickets:
        context.options |= ssl.OP_NO_TICKET
        if role == "server":
            context.num_tickets = 0
    if wanted.alpn:
        context.set_alpn_protocols([name.decode("ascii") for name in wanted.alpn])
    return context


def versions_of(wanted: Options) -> tuple[ProtocolVersion, ProtocolVersion]:
    """The lowest and the highest version of these options."""
    if wanted.version is not None:
        version = version_named(wanted.version)
        return version, version
    suites = set(suites_named(wanted.suite))
    old, new = ProtocolVersion.TLSv1_2, ProtocolVersion.TLSv1_3
    return old if suites & SUITES.keys() else new, new if suites & TLS13_SUITES.keys() else old


def _check(role: Role, wanted: Options) -> None:
    """Refuse what `ssl` has no function for."""
    suites = suites_named(wanted.suite)
    for code in suites:
        if code not in OPENSSL_NAMES and code not in TLS13_SUITES:
            raise LocalError(f"OpenSSL has no name here for {code.name}")
    if wanted.psk is not None:
        raise LocalError("Python's `ssl` takes no pre-shared keys from outside")
    if wanted.early_data or wanted.max_early_data_size:
        raise LocalError("Python's `ssl` neither sends nor takes early data")
    if wanted.key_update == role:
        raise LocalError('Python\'s `ssl` changes its keys when it is asked to: key_update="both"')
    if role == "server" and (wanted.retry or wanted.cookie):
        raise LocalError(
            "OpenSSL's server asks for a second ClientHello only if it misses a share: "
            "server_groups=… names a group without one"
        )


def _client_context(wanted: Options) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(pki.pem_path("root"))
    if wanted.user is not None:
        user = user_identity(wanted.user)
        context.load_cert_chain(user.chain_path, user.key_path)
    context.post_handshake_auth = wanted.post_handshake_auth
    return context


def _server_context(wanted: Options) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # OpenSSL has room for one certificate of a kind, and chooses none by name.
    for identity in (
        (pki.server_rsa(), pki.server_ecdsa())
        if wanted.server is None
        else server_identities(wanted.server)
    ):
        context.load_cert_chain(identity.chain_path, identity.key_path)
    asks = ClientAuthentication(wanted.client_authentication)
    if asks is not ClientAuthentication.NONE:
        context.verify_mode = (
            ssl.CERT_REQUIRED if asks is ClientAuthentication.REQUIRED else ssl.CERT_OPTIONAL
        )
        context.load_verify_locations(pki.pem_path("root"))
    if wanted.post_handshake_auth:
        context.post_handshake_auth = True
    exchanges = [SUITES[code].key_exchange for code in suites_named(wanted.suite) if code in SUITES]
    if wanted.server_groups is not None:
        *others, group = groups_named(wanted.server_groups)
        if others:
            raise LocalError("Python's `ssl` takes one of server_groups, no more")
        context.set_ecdh_curve(_CURVES.get(group, group.name))
    if KeyExchange.DHE_RSA in exchanges:
        with tempfile.NamedTemporaryFile(suffix=".pem") as parameters:
            parameters.write(write_dh_parameters(prime_of(wanted.groups)))
            parameters.flush()
            context.load_dh_params(parameters.name)
    return context


def asks_later(context: ssl.SSLContext, *, is_server: bool) -> bool:
    """Whether it is a server that asks who the client is after the handshake."""
    later = context.post_handshake_auth and context.verify_mode is not ssl.CERT_NONE
    return is_server and later


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
        self._asks_later = asks_later(context, is_server=server_name is None)
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
    def witness(self) -> Witness:
        """What it says of the connection."""
        return witness(self._ssl, self.received, self.error)

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
        """Queue application data; before the first, the question that was put off."""
        if self._asks_later:
            self._asks_later = False
            self._attempt(self._ssl.verify_client_post_handshake)
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
