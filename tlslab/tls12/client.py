"""The client's states in TLS 1.2, in order (RFC 5246 §7.3, RFC 8422 §2).

WaitServerHello (negotiation.py)
  ServerHello        ► WaitCertificate
  Certificate        ► WaitCertificateStatusECDHE   (the server has announced one)
  Certificate        ► WaitCertificateStatusDHE
  Certificate        ► WaitCertificateStatusRSA
  Certificate        ► WaitServerKeyExchangeECDHE
  Certificate        ► WaitServerKeyExchangeDHE
  CertificateStatus  ► WaitServerKeyExchangeECDHE
  CertificateStatus  ► WaitServerKeyExchangeDHE
  Certificate        ► WaitCertificateRequest       (RSA: the certificate's key is all it takes)
  CertificateStatus  ► WaitCertificateRequest
  ServerKeyExchange  ► WaitCertificateRequest
  CertificateRequest ► WaitServerHelloDone          (only if the server wants to know who we are)
  ServerHelloDone    ► WaitNewSessionTicket         sends ClientKeyExchange … Finished
  ServerHelloDone    ► WaitChangeCipherSpec         (the server has announced no ticket)
  NewSessionTicket   ► WaitChangeCipherSpec
  ChangeCipherSpec   ► WaitFinished
  Finished           ► Connected
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from tlslab.connection.config import ClientConfig
from tlslab.connection.context import Context, Messages, State
from tlslab.crypto.certificates import (
    authenticates,
    rsa_encryption_key,
    signing_key,
    subject_and_issuer,
)
from tlslab.crypto.groups import ECDHE_GROUPS
from tlslab.crypto.suites import ECDHE, KeyExchange
from tlslab.errors import AlertName, ProtocolError
from tlslab.tls12.agreement import ClientAgreed
from tlslab.tls12.authentication import (
    Peer,
    answer_to,
    sign_handshake,
    verify_params,
    verify_status,
)
from tlslab.tls12.connected import (
    Established,
    channel_binding,
    completed,
    export_keying_material,
    refuse_renegotiation,
    send_finished,
    verify_finished,
)
from tlslab.tls12.exchange import Point, Residue, RSAKey, field_of
from tlslab.tls12.keys import Secrets, Terms, derive_secrets, settle
from tlslab.tls12.messages import (
    Certificate,
    CertificateRequest,
    CertificateStatus,
    Finished,
    HelloRequest,
    NewSessionTicket,
    ServerHelloDone,
    ServerKeyExchangeDHE,
    ServerKeyExchangeECDHE,
)
from tlslab.tls12.resumption import session_of
from tlslab.wire.framing import ChangeCipherSpec
from tlslab.wire.registry import ECCurveType, HandshakeType

# RFC 5246 §7.4.1.1: "This message will be ignored by the client if the client is currently
# negotiating a session."
IGNORED: Messages = {HandshakeType.hello_request: HelloRequest}

ServerShare = RSAKey | Point | Residue
"""What the client needs of the server to make the premaster secret."""


def start(agreed: ClientAgreed, context: Context[ClientConfig]) -> "WaitCertificate":
    """The first state behind the ServerHello."""
    agreed_terms = settle(context, agreed.suite, agreed.client_hello, agreed.server_hello)
    check_encrypt_then_mac(agreed, agreed_terms)
    return WaitCertificate(agreed, agreed_terms)


def check_encrypt_then_mac(agreed: ClientAgreed, agreed_terms: Terms) -> None:
    """Check that the server has accepted it for a block cipher only. Raises ProtocolError."""
    if agreed_terms.encrypt_then_mac and not agreed.suite.cipher_type.is_block_cipher:
        raise ProtocolError(
            "illegal_parameter",
            f"{agreed.suite.name} has no block cipher, so there is no MAC to put elsewhere",
            where="server_hello.extensions.encrypt_then_mac",
            section="RFC 7366 §3",
        )


@dataclass(frozen=True, slots=True)
class WaitCertificate(State):
    """The server has chosen; now it has to say who it is (RFC 5246 §7.4.2)."""

    agreed: ClientAgreed
    terms: Terms = field(repr=False)

    ACCEPTS: ClassVar[Messages] = {HandshakeType.certificate: Certificate}
    IGNORES: ClassVar[Messages] = IGNORED

    def step(
        self, certificate: Certificate, context: Context[ClientConfig]
    ) -> (
        "WaitCertificateStatusECDHE | WaitCertificateStatusDHE | WaitCertificateStatusRSA"
        " | WaitServerKeyExchangeECDHE | WaitServerKeyExchangeDHE | WaitCertificateRequest"
    ):
        """Verify the chain: issuer, dates, name, usage."""
        config = context.config
        leaf = context.primitives.verify_chain(
            certificate.certificate_list,
            config.trust_anchors,
            config.server_name,
            config.clock(),
        )
        exchange = self.agreed.suite.key_exchange
        is_rsa = exchange is KeyExchange.RSA
        key = rsa_encryption_key(leaf) if is_rsa else signing_key(leaf)
        authenticates(key, exchange)
        server = Peer(certificate.certificate_list, key)
        subject, issuer = subject_and_issuer(leaf)
        context.trace.verified(
            "server certificate",
            f"{subject} is {config.server_name}, says {issuer}",
            "RFC 5246 §7.4.2",
        )
        staples = self.terms.may_staple
        if isinstance(key, RSAPublicKey) and is_rsa:
            request = WaitCertificateRequest(self.agreed, self.terms, server, RSAKey(key))
            return WaitCertificateStatusRSA(server, request) if staples else request
        if exchange in ECDHE:
            point = WaitServerKeyExchangeECDHE(self.agreed, self.terms, server)
            return WaitCertificateStatusECDHE(server, point) if staples else point
        residue = WaitServerKeyExchangeDHE(self.agreed, self.terms, server)
        return WaitCertificateStatusDHE(server, residue) if staples else residue


# A server that has announced a CertificateStatus may leave it out (RFC 6066 §8), so each of these
# states takes what the one behind it takes, too.


@dataclass(frozen=True, slots=True)
class WaitCertificateStatusECDHE(State):
    """The issuer's word on the certificate may come, then the server's point (RFC 6066 §8)."""

    server: Peer
    after: "WaitServerKeyExchangeECDHE"

    ACCEPTS: ClassVar[Messages] = {
        HandshakeType.certificate_status: CertificateStatus,
        HandshakeType.server_key_exchange: ServerKeyExchangeECDHE,
    }
    IGNORES: ClassVar[Messages] = IGNORED

    def step(
        self, message: CertificateStatus | ServerKeyExchangeECDHE, context: Context[ClientConfig]
    ) -> "WaitServerKeyExchangeECDHE | WaitCertificateRequest":
        """Verify it, if it came."""
        if isinstance(message, CertificateStatus):
            verify_status(message, context, self.server)
            return self.after
        return self.after.step(message, context)


@dataclass(frozen=True, slots=True)
class WaitCertificateStatusDHE(State):
    """The issuer's word on the certificate may come, then the server's share (RFC 6066 §8)."""

    server: Peer
    after: "WaitServerKeyExchangeDHE"

    ACCEPTS: ClassVar[Messages] = {
        HandshakeType.certificate_status: CertificateStatus,
        HandshakeType.server_key_exchange: ServerKeyExchangeDHE,
    }
    IGNORES: ClassVar[Messages] = IGNORED

    def step(
        self, message: CertificateStatus | ServerKeyExchangeDHE, context: Context[ClientConfig]
    ) -> "WaitServerKeyExchangeDHE | WaitCertificateRequest":
        """Verify it, if it came."""
        if isinstance(message, CertificateStatus):
            verify_status(message, context, self.server)
            return self.after
        return self.after.step(message, context)


@dataclass(frozen=True, slots=True)
class WaitCertificateStatusRSA(State):
    """The issuer's word on the certificate may come, then what ends the flight (RFC 6066 §8)."""

    server: Peer
    after: "WaitCertificateRequest"

    ACCEPTS: ClassVar[Messages] = {
        HandshakeType.certificate_status: CertificateStatus,
        HandshakeType.certificate_request: CertificateRequest,
        HandshakeType.server_hello_done: ServerHelloDone,
    }
    IGNORES: ClassVar[Messages] = IGNORED

    def step(
        self,
        message: CertificateStatus | CertificateRequest | ServerHelloDone,
        context: Context[ClientConfig],
    ) -> (
        "WaitCertificateRequest | WaitServerHelloDone | WaitNewSessionTicket | WaitChangeCipherSpec"
    ):
        """Verify it, if it came."""
        if isinstance(message, CertificateStatus):
            verify_status(message, context, self.server)
            return self.after
        return self.after.step(message, context)


@dataclass(frozen=True, slots=True)
class WaitServerKeyExchangeECDHE(State):
    """The server's point is on its way, signed with the key of its certificate (RFC 8422 §5.4)."""

    agreed: ClientAgreed
    terms: Terms = field(repr=False)
    server: Peer

    ACCEPTS: ClassVar[Messages] = {HandshakeType.server_key_exchange: ServerKeyExchangeECDHE}
    IGNORES: ClassVar[Messages] = IGNORED

    def step(
        self, message: ServerKeyExchangeECDHE, context: Context[ClientConfig]
    ) -> "WaitCertificateRequest":
        """Verify the signature over the point, before anything is done with it."""
        params = message.params
        if params.curve_type is not ECCurveType.named_curve:
            raise _refused(
                "handshake_failure", "only named curves are in use", "curve_type", "RFC 8422 §5.4"
            )
        group = params.namedcurve
        if group not in context.config.groups or group not in ECDHE_GROUPS:
            raise _refused(
                "illegal_parameter",
                f"the curve {group.label} was not offered",
                "namedcurve",
                "RFC 8422 §5.4",
            )
        verify_params(context, self.server.public_key, self.terms, params, message.signed_params)
        context.trace.value_received(
            "server_share", params.public, "server_key_exchange.params.public", "RFC 8422 §5.4"
        )
        context.trace.negotiated("group", group.name, "RFC 8422 §5.4")
        share = Point(group, params.public)
        return WaitCertificateRequest(self.agreed, self.terms, self.server, share)


@dataclass(frozen=True, slots=True)
class WaitServerKeyExchangeDHE(State):
    """The server's prime and share are on their way, signed (RFC 5246 §7.4.3)."""

    agreed: ClientAgreed
    terms: Terms = field(repr=False)
    server: Peer

    ACCEPTS: ClassVar[Messages] = {HandshakeType.server_key_exchange: ServerKeyExchangeDHE}
    IGNORES: ClassVar[Messages] = IGNORED

    def step(
        self, message: ServerKeyExchangeDHE, context: Context[ClientConfig]
    ) -> "WaitCertificateRequest":
        """Verify the signature, then the group: the server may name any prime it likes."""
        params = message.params
        verify_params(context, self.server.public_key, self.terms, params, message.signed_params)
        finite = field_of(params)
        context.trace.value_received(
            "server_share", params.dh_Ys, "server_key_exchange.params.dh_Ys", "RFC 5246 §7.4.3"
        )
        bits = finite.p.bit_length()
        name = finite.name.name if finite.name else f"a prime of {bits} bits"
        context.trace.negotiated("group", name, "RFC 7919 §3")
        share = Residue(finite, params.dh_Ys)
        return WaitCertificateRequest(self.agreed, self.terms, self.server, share)


@dataclass(frozen=True, slots=True)
class WaitCertificateRequest(State):
    """All is known that the premaster secret takes; the server may ask who we are (§7.4.4)."""

    agreed: ClientAgreed
    terms: Terms = field(repr=False)
    server: Peer
    server_share: ServerShare

    ACCEPTS: ClassVar[Messages] = {
        HandshakeType.certificate_request: CertificateRequest,
        HandshakeType.server_hello_done: ServerHelloDone,
    }
    IGNORES: ClassVar[Messages] = IGNORED

    def step(
        self, message: CertificateRequest | ServerHelloDone, context: Context[ClientConfig]
    ) -> "WaitServerHelloDone | WaitNewSessionTicket | WaitChangeCipherSpec":
        """A request is remembered; ServerHelloDone is answered at once."""
        if isinstance(message, CertificateRequest):
            return WaitServerHelloDone(
                self.agreed, self.terms, self.server, self.server_share, message
            )
        secrets = _send_key_exchange(self, context)
        return _finish(self, context, secrets)


@dataclass(frozen=True, slots=True)
class WaitServerHelloDone(State):
    """The server has asked for a certificate (RFC 5246 §7.4.4)."""

    agreed: ClientAgreed
    terms: Terms = field(repr=False)
    server: Peer
    server_share: ServerShare
    request: CertificateRequest

    ACCEPTS: ClassVar[Messages] = {HandshakeType.server_hello_done: ServerHelloDone}
    IGNORES: ClassVar[Messages] = IGNORED

    def step(
        self, message: ServerHelloDone, context: Context[ClientConfig]
    ) -> "WaitNewSessionTicket | WaitChangeCipherSpec":
        """Answer: with a certificate and a signature, or with a Certificate that holds none."""
        answer = answer_to(self.request, context)
        if answer is None:
            # RFC 5246 §7.4.6: "If no suitable certificate is available, the client MUST send a
            # certificate message containing no certificates."
            context.send(Certificate(()))
            secrets = _send_key_exchange(self, context)
        else:
            credential, scheme = answer
            context.send(Certificate(credential.certificate_chain))
            secrets = _send_key_exchange(self, context)
            context.send(sign_handshake(context, credential, scheme))
        return _finish(self, context, secrets)


def _send_key_exchange(
    known: WaitCertificateRequest | WaitServerHelloDone, context: Context[ClientConfig]
) -> Secrets:
    """Premaster secret, ClientKeyExchange, keys."""
    client_version = known.agreed.client_hello.client_version
    premaster_secret, message = known.server_share.premaster_secret(context, client_version)
    context.send(message)
    return derive_secrets(context, known.terms, premaster_secret)


def _finish(
    known: WaitCertificateRequest | WaitServerHelloDone,
    context: Context[ClientConfig],
    secrets: Secrets,
) -> "WaitNewSessionTicket | WaitChangeCipherSpec":
    """Our Finished; then it is the server's turn."""
    send_finished(context, secrets)
    if known.terms.gives_ticket:
        return WaitNewSessionTicket(known.agreed, known.server, secrets)
    return WaitChangeCipherSpec(known.agreed, known.server, secrets, b"")


@dataclass(frozen=True, slots=True)
class WaitNewSessionTicket(State):
    """The server has announced a ticket for the next time (RFC 5077 §3.3)."""

    agreed: ClientAgreed
    server: Peer
    secrets: Secrets = field(repr=False)

    ACCEPTS: ClassVar[Messages] = {HandshakeType.new_session_ticket: NewSessionTicket}
    IGNORES: ClassVar[Messages] = IGNORED

    def step(
        self, message: NewSessionTicket, context: Context[ClientConfig]
    ) -> "WaitChangeCipherSpec":
        """Keep it. It may be empty: the server has changed its mind."""
        if message.ticket:
            context.trace.value_received(
                "ticket", message.ticket, "new_session_ticket.ticket", "RFC 5077 §3.3"
            )
        return WaitChangeCipherSpec(self.agreed, self.server, self.secrets, message.ticket)


@dataclass(frozen=True, slots=True)
class WaitChangeCipherSpec(State):
    """The client has sent its Finished; the server has to switch to the keys too (§7.1)."""

    agreed: ClientAgreed
    server: Peer
    secrets: Secrets = field(repr=False)
    ticket: bytes = field(repr=False)

    CHANGE_CIPHER_SPEC: ClassVar[bool] = True
    IGNORES: ClassVar[Messages] = IGNORED

    def step(self, message: ChangeCipherSpec, context: Context[ClientConfig]) -> "WaitFinished":
        """What comes now comes under the server's write keys."""
        context.install_read(self.secrets.server_write, self.secrets.server_keys)
        return WaitFinished(self.agreed, self.server, self.secrets, self.ticket)


@dataclass(frozen=True, slots=True)
class WaitFinished(State):
    """The server's Finished proves that it has the same keys (§7.4.9)."""

    agreed: ClientAgreed
    server: Peer
    secrets: Secrets = field(repr=False)
    ticket: bytes = field(repr=False)

    ACCEPTS: ClassVar[Messages] = {HandshakeType.finished: Finished}
    IGNORES: ClassVar[Messages] = IGNORED

    def step(self, finished: Finished, context: Context[ClientConfig]) -> "Connected":
        """Verify it; then application data may flow."""
        established = verify_finished(finished, context, self.secrets)
        name, certificates = context.config.server_name, self.server.certificates
        session = session_of(context, self.secrets, name, certificates, self.ticket)
        completed(
            context,
            self.secrets,
            self.agreed.alpn_protocol,
            name,
            certificates,
            session=session if session.ticket or session.session_id else None,
        )
        return Connected(established)


def _refused(alert: AlertName, reason: str, field: str, section: str) -> ProtocolError:
    return ProtocolError(
        alert, reason, where=f"server_key_exchange.params.{field}", section=section
    )


@dataclass(frozen=True, slots=True)
class Connected(State):
    """Application data, both ways, until close_notify."""

    established: Established = field(repr=False)

    ACCEPTS: ClassVar[Messages] = {HandshakeType.hello_request: HelloRequest}
    APPLICATION_DATA: ClassVar[bool] = True

    def step(self, message: HelloRequest, context: Context[Any]) -> "Connected":
        """The server would like to negotiate anew: no."""
        refuse_renegotiation(context)
        return self

    def export_keying_material(
        self, context: Context[Any], label: bytes, context_value: bytes | None, length: int
    ) -> bytes:
        """See RFC 5705 §4."""
        return export_keying_material(
            context, self.established.secrets, label, context_value, length
        )

    def channel_binding(self, context: Context[Any], kind: str) -> bytes:
        """See RFC 9266, RFC 5929."""
        return channel_binding(context, self.established.secrets, kind)
