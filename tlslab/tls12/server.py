"""The server's states in TLS 1.2, in order (RFC 5246 §7.3, RFC 8422 §2).

WaitClientHello (negotiation.py)
  ClientHello       ► WaitCertificate              sends CertificateRequest among the others
  ClientHello       ► WaitClientKeyExchangeRSA     sends ServerHello … ServerHelloDone
  ClientHello       ► WaitClientKeyExchangeECDHE   with ServerKeyExchange
  ClientHello       ► WaitClientKeyExchangeDHE     with ServerKeyExchange
  Certificate       ► WaitClientKeyExchangeRSA
  Certificate       ► WaitClientKeyExchangeECDHE
  Certificate       ► WaitClientKeyExchangeDHE
  ClientKeyExchange ► WaitCertificateVerify        (the client has sent a certificate)
  ClientKeyExchange ► WaitChangeCipherSpec
  CertificateVerify ► WaitChangeCipherSpec
  ChangeCipherSpec  ► WaitFinished
  Finished          ► Connected                    sends ChangeCipherSpec, Finished
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from tlslab.connection.config import ServerConfig
from tlslab.connection.context import Context, Messages, State
from tlslab.crypto.groups import Share
from tlslab.crypto.tickets import TicketKey
from tlslab.tls12.agreement import ServerAgreed
from tlslab.tls12.authentication import (
    Anonymous,
    Peer,
    certificate_request,
    client_identity,
    sign_params,
    verify_handshake_signature,
)
from tlslab.tls12.choosing import EphemeralECDHE, Exchange, Possible, StaticRSA
from tlslab.tls12.connected import (
    Established,
    channel_binding,
    completed,
    export_keying_material,
    refuse_renegotiation,
    send_finished,
    verify_finished,
)
from tlslab.tls12.exchange import (
    FieldShare,
    agreed_field_secret,
    agreed_point_secret,
    decrypted_premaster_secret,
    dh_params,
    ecdh_params,
    field_share,
    point_share,
)
from tlslab.tls12.keys import Secrets, Terms, derive_secrets, settle
from tlslab.tls12.messages import (
    Certificate,
    CertificateStatus,
    CertificateVerify,
    ClientKeyExchangeDHE,
    ClientKeyExchangeECDHE,
    ClientKeyExchangeRSA,
    Finished,
    ServerHelloDone,
    ServerKeyExchangeDHE,
    ServerKeyExchangeECDHE,
)
from tlslab.tls12.resumption import remember, sealing_key, send_ticket, session_of
from tlslab.wire.extensions import (
    ECPointFormats,
    EncryptThenMAC,
    ExtendedMasterSecret,
    Extension,
    RecordSizeLimit,
    SessionTicket,
    StatusRequest,
    StatusRequestAck,
)
from tlslab.wire.framing import ChangeCipherSpec
from tlslab.wire.hello import ClientHello, ServerHello
from tlslab.wire.registry import (
    CertificateStatusType,
    CompressionMethod,
    ECPointFormat,
    HandshakeType,
    ProtocolVersion,
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the server has chosen and sent: the agreement and the terms that follow from it.

    ticket_key: for the ticket that was announced; None if there was none.
    """

    agreed: ServerAgreed
    terms: Terms = field(repr=False)
    ticket_key: TicketKey | None


def start(
    agreed: ServerAgreed, way: Possible, context: Context[ServerConfig]
) -> (
    "WaitClientKeyExchangeRSA | WaitClientKeyExchangeECDHE | WaitClientKeyExchangeDHE"
    " | WaitCertificate"
):
    """Send the server's whole flight: ServerHello, Certificate, …, ServerHelloDone."""
    ticket_key = sealing_key(agreed.client_hello, context)
    session_id = b""
    if context.config.session_cache is not None and ticket_key is None:
        session_id = context.draw("session_id", 32, "RFC 5246 §7.4.1.3")
    staple = bool(way.credential.ocsp_response) and _asks_for_status(agreed.client_hello)
    server_hello = make_server_hello(
        agreed,
        context,
        session_id,
        ticket=ticket_key is not None,
        curve=isinstance(way.exchange, EphemeralECDHE),
        staple=staple,
    )
    context.send(server_hello)
    context.send(Certificate(way.credential.certificate_chain))
    if staple:
        context.send(CertificateStatus(CertificateStatusType.ocsp, way.credential.ocsp_response))
    settled = settle(context, agreed.suite, agreed.client_hello, server_hello)
    accepted = Accepted(agreed, settled, ticket_key)
    own = _send_share(agreed, way.exchange, context)
    asks = context.config.client_authentication.in_handshake
    if asks:
        context.send(certificate_request(context.config))
    context.send(ServerHelloDone())
    return WaitCertificate(accepted, own) if asks else _await_share(accepted, own, Anonymous())


def make_server_hello(
    agreed: ServerAgreed,
    context: Context[ServerConfig],
    session_id: bytes,
    *,
    ticket: bool,
    curve: bool,
    staple: bool,
) -> ServerHello:
    """The ServerHello. ticket: whether one will be sent; curve: whether the suite uses one;
    staple: whether a CertificateStatus will be sent.
    """
    client_hello, config = agreed.client_hello, context.config
    extensions = list(agreed.extensions)

    def answer(extension: Extension, wanted: bool) -> None:
        if wanted and client_hello.extension(type(extension)) is not None:
            extensions.append(extension)

    if staple:
        extensions.append(StatusRequestAck())
    answer(ECPointFormats((ECPointFormat.uncompressed,)), curve)
    # RFC 7366 §3: for any other cipher the server "MUST NOT send" the answer.
    is_block_cipher = agreed.suite.cipher_type.is_block_cipher
    answer(EncryptThenMAC(), config.encrypt_then_mac and is_block_cipher)
    answer(ExtendedMasterSecret(), config.extended_master_secret)
    answer(SessionTicket(b""), ticket)
    answer(RecordSizeLimit(config.record_size_limit), True)
    return ServerHello(
        server_version=ProtocolVersion.TLSv1_2,
        random=agreed.server_random,
        session_id=session_id,
        cipher_suite=agreed.suite.code,
        compression_method=CompressionMethod.null,
        # A client that sent no extensions may not know that there are any.
        extensions=tuple(extensions) or None,
    )


def _asks_for_status(client_hello: ClientHello) -> bool:
    request = client_hello.extension(StatusRequest)
    return request is not None and request.status_type is CertificateStatusType.ocsp


OwnShare = RSAPrivateKey | Share | FieldShare
"""What the server needs, with the client's answer, to have the premaster secret."""


def _send_share(
    agreed: ServerAgreed, exchange: Exchange, context: Context[ServerConfig]
) -> OwnShare:
    """Send a ServerKeyExchange, if the exchange has one."""
    if isinstance(exchange, StaticRSA):
        return exchange.private_key
    randoms = agreed.client_hello.random, agreed.server_random
    key, scheme = exchange.private_key, exchange.scheme
    if isinstance(exchange, EphemeralECDHE):
        share = point_share(context, exchange.group, "RFC 8422 §5.4")
        context.trace.negotiated("group", exchange.group.name, "RFC 8422 §5.4")
        point = ecdh_params(share)
        signed = sign_params(context, key, scheme, *randoms, point)
        context.send(ServerKeyExchangeECDHE(point, signed))
        return share
    own = field_share(context, exchange.finite_field, "RFC 5246 §7.4.3")
    residue = dh_params(own)
    signed = sign_params(context, key, scheme, *randoms, residue)
    context.send(ServerKeyExchangeDHE(residue, signed))
    return own


def _await_share(
    accepted: Accepted, own: OwnShare, client: Peer | Anonymous
) -> "WaitClientKeyExchangeRSA | WaitClientKeyExchangeECDHE | WaitClientKeyExchangeDHE":
    if isinstance(own, Share):
        return WaitClientKeyExchangeECDHE(accepted, client, own)
    if isinstance(own, FieldShare):
        return WaitClientKeyExchangeDHE(accepted, client, own)
    return WaitClientKeyExchangeRSA(accepted, client, own)


@dataclass(frozen=True, slots=True)
class WaitCertificate(State):
    """The server has asked who the client is (RFC 5246 §7.4.6)."""

    accepted: Accepted
    own: OwnShare = field(repr=False)

    ACCEPTS: ClassVar[Messages] = {HandshakeType.certificate: Certificate}

    def step(
        self, certificate: Certificate, context: Context[ServerConfig]
    ) -> "WaitClientKeyExchangeRSA | WaitClientKeyExchangeECDHE | WaitClientKeyExchangeDHE":
        """Verify the chain, if there is one."""
        return _await_share(self.accepted, self.own, client_identity(certificate, context))


@dataclass(frozen=True, slots=True)
class WaitClientKeyExchangeRSA(State):
    """The encrypted premaster secret is on its way (RFC 5246 §7.4.7.1)."""

    accepted: Accepted
    client: Peer | Anonymous
    private_key: RSAPrivateKey = field(repr=False)

    ACCEPTS: ClassVar[Messages] = {HandshakeType.client_key_exchange: ClientKeyExchangeRSA}

    def step(
        self, message: ClientKeyExchangeRSA, context: Context[ServerConfig]
    ) -> "WaitCertificateVerify | WaitChangeCipherSpec":
        """Decrypt it."""
        client_version = self.accepted.agreed.client_hello.client_version
        premaster_secret = decrypted_premaster_secret(
            context, message, self.private_key, client_version
        )
        return _derived(self, premaster_secret, context)


@dataclass(frozen=True, slots=True)
class WaitClientKeyExchangeECDHE(State):
    """The client's point is on its way (RFC 8422 §5.7)."""

    accepted: Accepted
    client: Peer | Anonymous
    share: Share = field(repr=False)

    ACCEPTS: ClassVar[Messages] = {HandshakeType.client_key_exchange: ClientKeyExchangeECDHE}

    def step(
        self, message: ClientKeyExchangeECDHE, context: Context[ServerConfig]
    ) -> "WaitCertificateVerify | WaitChangeCipherSpec":
        """Both points lead to the premaster secret."""
        context.trace.value_received(
            "client_share", message.ecdh_Yc, "client_key_exchange.ecdh_Yc", "RFC 8422 §5.7"
        )
        premaster_secret = agreed_point_secret(context, self.share, message.ecdh_Yc)
        return _derived(self, premaster_secret, context)


@dataclass(frozen=True, slots=True)
class WaitClientKeyExchangeDHE(State):
    """The client's share is on its way (RFC 5246 §7.4.7.2)."""

    accepted: Accepted
    client: Peer | Anonymous
    share: FieldShare = field(repr=False)

    ACCEPTS: ClassVar[Messages] = {HandshakeType.client_key_exchange: ClientKeyExchangeDHE}

    def step(
        self, message: ClientKeyExchangeDHE, context: Context[ServerConfig]
    ) -> "WaitCertificateVerify | WaitChangeCipherSpec":
        """Both shares lead to the premaster secret."""
        context.trace.value_received(
            "client_share", message.dh_Yc, "client_key_exchange.dh_Yc", "RFC 5246 §7.4.7.2"
        )
        premaster_secret = agreed_field_secret(context, self.share, message.dh_Yc)
        return _derived(self, premaster_secret, context)


def _derived(
    state: WaitClientKeyExchangeRSA | WaitClientKeyExchangeECDHE | WaitClientKeyExchangeDHE,
    premaster_secret: bytes,
    context: Context[ServerConfig],
) -> "WaitCertificateVerify | WaitChangeCipherSpec":
    secrets = derive_secrets(context, state.accepted.terms, premaster_secret)
    if isinstance(state.client, Peer):
        return WaitCertificateVerify(state.accepted, state.client, secrets)
    return WaitChangeCipherSpec(state.accepted, state.client, secrets)


@dataclass(frozen=True, slots=True)
class WaitCertificateVerify(State):
    """The client has to show that it has the key of its certificate (RFC 5246 §7.4.8)."""

    accepted: Accepted
    client: Peer
    secrets: Secrets = field(repr=False)

    ACCEPTS: ClassVar[Messages] = {HandshakeType.certificate_verify: CertificateVerify}

    def step(
        self, message: CertificateVerify, context: Context[ServerConfig]
    ) -> "WaitChangeCipherSpec":
        """Verify its signature over the handshake so far."""
        verify_handshake_signature(message, context, self.client)
        return WaitChangeCipherSpec(self.accepted, self.client, self.secrets)


@dataclass(frozen=True, slots=True)
class WaitChangeCipherSpec(State):
    """The client has to switch to the keys (RFC 5246 §7.1)."""

    accepted: Accepted
    client: Peer | Anonymous
    secrets: Secrets = field(repr=False)

    CHANGE_CIPHER_SPEC: ClassVar[bool] = True

    def step(self, message: ChangeCipherSpec, context: Context[ServerConfig]) -> "WaitFinished":
        """What comes now comes under the client's write keys."""
        context.install_read(self.secrets.client_write, self.secrets.client_keys)
        return WaitFinished(self.accepted, self.client, self.secrets)


@dataclass(frozen=True, slots=True)
class WaitFinished(State):
    """The client's Finished: was the handshake the same for both? (RFC 5246 §7.4.9)"""

    accepted: Accepted
    client: Peer | Anonymous
    secrets: Secrets = field(repr=False)

    ACCEPTS: ClassVar[Messages] = {HandshakeType.finished: Finished}

    def step(self, finished: Finished, context: Context[ServerConfig]) -> "Connected":
        """Verify it, and answer with ours."""
        agreed = self.accepted.agreed
        name, certificates = agreed.server_name, self.client.certificates
        established = verify_finished(finished, context, self.secrets)
        session = session_of(context, self.secrets, name, certificates)
        key = self.accepted.ticket_key
        if key is not None:
            send_ticket(context, key, session)
        send_finished(context, self.secrets)
        remember(context, session)
        completed(context, self.secrets, agreed.alpn_protocol, name, certificates)
        return Connected(established)


@dataclass(frozen=True, slots=True)
class Connected(State):
    """Application data, both ways, until close_notify."""

    established: Established = field(repr=False)

    ACCEPTS: ClassVar[Messages] = {HandshakeType.client_hello: ClientHello}
    APPLICATION_DATA: ClassVar[bool] = True

    def step(self, message: ClientHello, context: Context[Any]) -> "Connected":
        """The client would like to negotiate anew: no."""
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
