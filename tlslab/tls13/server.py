"""The server's states in TLS 1.3, in order (RFC 8446 Appendix A.2).

WaitClientHello (negotiation.py)
  ClientHello       ► WaitClientHelloAgain    sends HelloRetryRequest
  ClientHello       ► WaitEndOfEarlyData      sends ServerHello … Finished
  ClientHello       ► WaitCertificate         sends CertificateRequest among the others
  ClientHello       ► WaitFinished
  EndOfEarlyData    ► WaitFinished
  Certificate       ► WaitCertificateVerify
  Certificate       ► WaitFinished            (the client does not say who it is)
  CertificateVerify ► WaitFinished
  Finished          ► Connected               sends NewSessionTicket
"""

from dataclasses import dataclass, replace
from typing import ClassVar, cast

from tlslab.connection.config import ServerConfig
from tlslab.connection.context import Context, HandshakeCompleted, Messages, State
from tlslab.connection.negotiation import (
    Requested,
    check_record_size_limit,
    choose_protocol,
    protocol_agreed,
)
from tlslab.connection.record import Plaintext
from tlslab.crypto.suites import Tls13Suite
from tlslab.errors import ProtocolError
from tlslab.tls13.authentication import (
    Anonymous,
    KnownByPSK,
    Peer,
    certificate_request,
    client_identity,
    make_certificate,
    make_finished,
    sign_transcript,
    verify_finished,
    verify_signature,
)
from tlslab.tls13.choosing import (
    check_client_hello,
    check_second_hello,
    choose_share,
    choose_signing_key,
    choose_suite,
    no_group,
    psk_mode,
)
from tlslab.tls13.connected import Established
from tlslab.tls13.keys import (
    CLIENT_EARLY,
    EARLY_EXPORTER,
    Handshaking,
    Name,
    Secrets,
    TrafficSecret,
    derive,
    derive_application_secrets,
    derive_handshake_secrets,
    derive_resumption_secret,
    install_read,
    install_write,
    start_without_psk,
)
from tlslab.tls13.messages import (
    Certificate,
    CertificateVerify,
    EncryptedExtensions,
    EndOfEarlyData,
    Finished,
)
from tlslab.tls13.protection import PassingOver
from tlslab.tls13.psk import (
    ChosenPSK,
    choose_psk,
    has_use_for_tickets,
    send_tickets,
    wants_early_data,
    why_no_early_data,
)
from tlslab.tls13.server_connected import Connected
from tlslab.tls13.shares import answer_share
from tlslab.wire.extensions import (
    ALPN,
    Cookie,
    EarlyDataIndication,
    Extension,
    KeyShareClientHello,
    KeyShareEntry,
    KeyShareHelloRetryRequest,
    KeyShareServerHello,
    PostHandshakeAuth,
    PreSharedKeyServerHello,
    RecordSizeLimit,
    SelectedVersion,
    ServerNameAck,
    StatusRequest,
    SupportedGroups,
)
from tlslab.wire.hello import (
    HELLO_RETRY_REQUEST_RANDOM,
    RANDOM_LENGTH,
    ClientHello,
    HelloRetryRequest,
    ServerHello,
)
from tlslab.wire.registry import (
    CompressionMethod,
    HandshakeType,
    NamedGroup,
    ProtocolVersion,
    PskKeyExchangeMode,
)

COOKIE_LENGTH = 32
LEAST_ROOM_FOR_EARLY_DATA = 2**14 + 256
"""Bytes of refused early data that a server passes over even if it never takes any."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What the server knows once it has sent its flight."""

    requested: Requested
    secrets: Secrets
    keys: Handshaking
    alpn_protocol: bytes
    resumed: bool
    early_data_accepted: bool


def start(
    requested: Requested, context: Context[ServerConfig]
) -> "WaitClientHelloAgain | WaitEndOfEarlyData | WaitCertificate | WaitFinished":
    """Answer the first ClientHello."""
    client_hello, config = requested.client_hello, context.config
    check_client_hello(client_hello)
    suite = choose_suite(client_hello, context)
    context.agree_on_suite(suite.code, suite.hash_name)
    share = choose_share(client_hello, config)
    alone = _key_alone(requested, config)
    if share is None and not alone:
        raise no_group(config)
    if isinstance(share, NamedGroup) and not alone:
        return _retry(requested, suite, share, context)
    if config.retry:
        return _retry(requested, suite, _another(client_hello, config), context)
    return _answer(requested, suite, share, context, retried=False)


def _key_alone(requested: Requested, config: ServerConfig) -> bool:
    """Whether a pre-shared key will do without a share (psk_ke)."""
    return psk_mode(requested.client_hello, config, None) is PskKeyExchangeMode.psk_ke


def _another(client_hello: ClientHello, config: ServerConfig) -> NamedGroup | None:
    """A group whose share a server that always asks again may ask for: one not sent yet."""
    offered = client_hello.extension(SupportedGroups)
    sent = client_hello.extension(KeyShareClientHello)
    named = offered.named_group_list if offered else ()
    there = [share.group for share in sent.client_shares] if sent else []
    return next((g for g in config.groups if g in named and g not in there), None)


def _retry(
    requested: Requested,
    suite: Tls13Suite,
    group: NamedGroup | None,
    context: Context[ServerConfig],
) -> "WaitClientHelloAgain":
    """Ask for a second ClientHello (RFC 8446 §4.1.4)."""
    client_hello, config = requested.client_hello, context.config
    extensions: list[Extension] = [SelectedVersion(ProtocolVersion.TLSv1_3)]
    cookie = b""
    # Without a group to ask for, a cookie is what changes the ClientHello.
    if config.cookie or group is None:
        cookie = context.draw("cookie", COOKIE_LENGTH, "RFC 8446 §4.2.2")
        extensions.append(Cookie(cookie))
    if group is not None:
        extensions.append(KeyShareHelloRetryRequest(group))
    # The first ClientHello counts as its hash from now on (RFC 8446 §4.4.1).
    (raw,) = context.transcript.messages
    context.transcript.replace_first(context.primitives.message_hash(raw, suite.hash_name))
    context.send(
        HelloRetryRequest(
            ProtocolVersion.TLSv1_2,
            HELLO_RETRY_REQUEST_RANDOM,
            client_hello.session_id,
            suite.code,
            CompressionMethod.null,
            tuple(extensions),
        )
    )
    if client_hello.session_id:
        context.send_compatible_change_cipher_spec()
    if wants_early_data(requested):
        context.trace.negotiated("early_data", "refused: a second hello", "RFC 8446 §4.2.10")
        context.reader.protection = PassingOver(Plaintext(), _room(context.config))
    return WaitClientHelloAgain(requested, suite, group or NamedGroup(0), cookie)


def _room(config: ServerConfig) -> int:
    return max(2 * config.max_early_data_size, LEAST_ROOM_FOR_EARLY_DATA)


@dataclass(frozen=True, slots=True)
class WaitClientHelloAgain(State):
    """The server has asked for a share of `group` (0 for any), and for the cookie back (§4.1.4)."""

    requested: Requested
    suite: Tls13Suite
    group: NamedGroup
    cookie: bytes

    ACCEPTS: ClassVar[Messages] = {HandshakeType.client_hello: ClientHello}
    DROPS_CHANGE_CIPHER_SPEC: ClassVar[bool] = True

    def step(
        self, client_hello: ClientHello, context: Context[ServerConfig]
    ) -> "WaitCertificate | WaitFinished":
        """Check that it is the first one with what was asked for, and answer it."""
        context.reader.protection = Plaintext()
        check_client_hello(client_hello)
        check_second_hello(self.requested.client_hello, client_hello, self.group)
        cookie = client_hello.extension(Cookie)
        if (cookie.cookie if cookie else b"") != self.cookie:
            raise _refused(
                "it is not the one of the HelloRetryRequest", "cookie", "RFC 8446 §4.2.2"
            )
        requested = replace(self.requested, client_hello=client_hello)
        if wants_early_data(requested):
            raise _refused("it has no place in a second hello", "early_data", "RFC 8446 §4.1.2")
        share = choose_share(client_hello, context.config)
        state = _answer(requested, self.suite, share, context, retried=True)
        # A second hello has no early data, and there is no second retry.
        return cast("WaitCertificate | WaitFinished", state)


def _answer(
    requested: Requested,
    suite: Tls13Suite,
    chosen: KeyShareEntry | NamedGroup | None,
    context: Context[ServerConfig],
    *,
    retried: bool,
) -> "WaitClientHelloAgain | WaitEndOfEarlyData | WaitCertificate | WaitFinished":
    """Send the whole flight: ServerHello … Finished (RFC 8446 §2, Figure 1).

    chosen: see `choose_share`. Where no key is known that would do without a share, the server asks
    for one instead.
    """
    share = chosen if isinstance(chosen, KeyShareEntry) else None
    client_hello, config = requested.client_hello, context.config
    limit = client_hello.extension(RecordSizeLimit)
    check_record_size_limit(limit, "client_hello")
    mode = psk_mode(client_hello, config, share)
    psk = choose_psk(requested, suite, context) if mode is not None else None
    if psk is None and share is None:
        if isinstance(chosen, NamedGroup) and not retried:
            return _retry(requested, suite, chosen, context)
        raise no_group(config)
    signing = choose_signing_key(requested, config) if psk is None else None
    alpn_protocol = choose_protocol(client_hello, config)

    extensions: list[Extension] = [SelectedVersion(ProtocolVersion.TLSv1_3)]
    shared_secret = b""
    if share is not None and (psk is None or mode is PskKeyExchangeMode.psk_dhe_ke):
        public, shared_secret = answer_share(context, share)
        extensions.append(KeyShareServerHello(KeyShareEntry(share.group, public)))
    if psk is not None:
        extensions.append(PreSharedKeyServerHello(psk.index))
        context.trace.negotiated("psk", psk.kind, "RFC 8446 §4.2.11")
    server_hello = ServerHello(
        ProtocolVersion.TLSv1_2,
        context.draw("server_random", RANDOM_LENGTH, "RFC 8446 §4.1.3"),
        client_hello.session_id,
        suite.code,
        CompressionMethod.null,
        tuple(extensions),
    )
    early = _early_traffic_secret(requested, suite, psk, alpn_protocol, context, retried=retried)
    context.send(server_hello)
    if client_hello.session_id and not retried:
        context.send_compatible_change_cipher_spec()
    early_secret = (
        ("early_secret", psk.early_secret)
        if psk is not None
        else start_without_psk(context, suite.hash_name, "early_secret")
    )
    keys = derive_handshake_secrets(
        context, suite, client_hello.random, early_secret, shared_secret
    )
    encrypted_extensions = EncryptedExtensions(
        _encrypted_extensions(requested, context, alpn_protocol, limit, early=bool(early))
    )
    install_write(context, keys.server, suite)
    protocol_agreed(context, alpn_protocol)
    context.send(encrypted_extensions)
    asks = False
    if signing is not None:
        asks = config.client_authentication.in_handshake
        if asks:
            context.send(certificate_request(config, b""))
        staple = client_hello.extension(StatusRequest) is not None
        context.send(make_certificate(signing.credential, staple=staple))
        context.send(
            sign_transcript(context, signing.credential, signing.scheme, context.transcript.hash())
        )
    context.send(make_finished(context, keys.server, context.transcript.hash(), suite.hash_name))
    secrets = derive_application_secrets(context, keys)
    install_write(context, secrets.server, suite)
    answered = Answered(
        requested, secrets, keys, alpn_protocol, psk is not None, early_data_accepted=bool(early)
    )
    if early:
        context.early_data_room = config.max_early_data_size
        install_read(context, early[0], suite)
        return WaitEndOfEarlyData(answered, KnownByPSK(psk.certificates if psk else ()))
    install_read(context, keys.client, suite, plain_alert=True)
    if wants_early_data(requested):
        context.reader.protection = PassingOver(context.reader.protection, _room(config))
    if asks:
        return WaitCertificate(answered)
    client = KnownByPSK(psk.certificates) if psk is not None else Anonymous()
    return WaitFinished(answered, client)


def _early_traffic_secret(
    requested: Requested,
    suite: Tls13Suite,
    psk: ChosenPSK | None,
    alpn_protocol: bytes,
    context: Context[ServerConfig],
    *,
    retried: bool,
) -> tuple[TrafficSecret, ...]:
    """What early data are protected with; nothing if they are refused, or not there."""
    if not wants_early_data(requested) or retried:
        return ()
    why_not = why_no_early_data(psk, suite, alpn_protocol, context)
    answer = f"refused: {why_not}" if why_not else "accepted"
    context.trace.negotiated("early_data", answer, "RFC 8446 §4.2.10")
    if why_not or psk is None:
        return ()
    # The ClientHello is the only message of the transcript now.
    transcript_hash, random = context.transcript.hash(), requested.client_hello.random

    def derived(what: Name) -> bytes:
        return derive(
            context,
            what,
            "early_secret",
            psk.early_secret,
            transcript_hash,
            suite.hash_name,
            random,
        )

    secret = TrafficSecret(CLIENT_EARLY.name, derived(CLIENT_EARLY))
    derived(EARLY_EXPORTER)
    return (secret,)


def _encrypted_extensions(
    requested: Requested,
    context: Context[ServerConfig],
    alpn_protocol: bytes,
    limit: RecordSizeLimit | None,
    *,
    early: bool,
) -> tuple[Extension, ...]:
    extensions: list[Extension] = []
    if requested.server_name:
        extensions.append(ServerNameAck())
    if alpn_protocol:
        extensions.append(ALPN((alpn_protocol,)))
    if limit is not None:
        # RFC 8449 §4: in TLS 1.3 the byte of the type counts too.
        own = context.config.record_size_limit + 1
        extensions.append(RecordSizeLimit(own))
        context.limit_records(limit.record_size_limit - 1, own - 1)
    if early:
        extensions.append(EarlyDataIndication())
    return tuple(extensions)


@dataclass(frozen=True, slots=True)
class WaitEndOfEarlyData(State):
    """Early data come in, which somebody may have recorded and sent again (RFC 8446 §4.5)."""

    answered: Answered
    client: KnownByPSK

    ACCEPTS: ClassVar[Messages] = {HandshakeType.end_of_early_data: EndOfEarlyData}
    EARLY_DATA: ClassVar[bool] = True
    DROPS_CHANGE_CIPHER_SPEC: ClassVar[bool] = True

    def step(self, message: EndOfEarlyData, context: Context[ServerConfig]) -> "WaitFinished":
        """The rest comes under the keys of the handshake."""
        keys = self.answered.keys
        install_read(context, keys.client, keys.suite)
        return WaitFinished(self.answered, self.client)


@dataclass(frozen=True, slots=True)
class WaitCertificate(State):
    """The server has asked who the client is (RFC 8446 §4.4.2)."""

    answered: Answered

    ACCEPTS: ClassVar[Messages] = {HandshakeType.certificate: Certificate}
    DROPS_CHANGE_CIPHER_SPEC: ClassVar[bool] = True

    def step(
        self, message: Certificate, context: Context[ServerConfig]
    ) -> "WaitCertificateVerify | WaitFinished":
        """Verify the chain, if there is one."""
        client = client_identity(message, context)
        if isinstance(client, Peer):
            return WaitCertificateVerify(self.answered, client)
        return WaitFinished(self.answered, client)


@dataclass(frozen=True, slots=True)
class WaitCertificateVerify(State):
    """The client has to show that it has the key of its certificate (RFC 8446 §4.4.3)."""

    answered: Answered
    client: Peer

    ACCEPTS: ClassVar[Messages] = {HandshakeType.certificate_verify: CertificateVerify}
    DROPS_CHANGE_CIPHER_SPEC: ClassVar[bool] = True

    def step(self, message: CertificateVerify, context: Context[ServerConfig]) -> "WaitFinished":
        """Verify its signature over the handshake so far."""
        verify_signature(message, context, self.client, context.transcript.hash_before_last())
        return WaitFinished(self.answered, self.client)


@dataclass(frozen=True, slots=True)
class WaitFinished(State):
    """The client's Finished proves that it has the same secrets (RFC 8446 §4.4.4)."""

    answered: Answered
    client: Peer | Anonymous | KnownByPSK

    ACCEPTS: ClassVar[Messages] = {HandshakeType.finished: Finished}
    DROPS_CHANGE_CIPHER_SPEC: ClassVar[bool] = True

    def step(self, message: Finished, context: Context[ServerConfig]) -> Connected:
        """Verify it, and give tickets; then application data may flow."""
        answered, secrets = self.answered, self.answered.secrets
        suite, requested = secrets.suite, answered.requested
        transcript_hash = context.transcript.hash_before_last()
        verify_finished(message, context, answered.keys.client, transcript_hash, suite.hash_name)
        install_read(context, secrets.client, suite)
        resumption_secret = derive_resumption_secret(context, secrets)
        established = Established(
            secrets,
            secrets.server,
            secrets.client,
            resumption_secret,
            context.transcript.messages,
        )
        certificates = self.client.certificates
        keys = context.config.ticket_keys
        if keys is not None and has_use_for_tickets(requested.client_hello, context.config):
            send_tickets(
                context,
                keys,
                established,
                requested.server_name,
                answered.alpn_protocol,
                certificates,
            )
        context.events.append(
            HandshakeCompleted(
                ProtocolVersion.TLSv1_3,
                suite.code,
                answered.alpn_protocol,
                requested.server_name,
                certificates,
                resumed=answered.resumed,
                early_data_accepted=answered.early_data_accepted,
            )
        )
        answers = requested.client_hello.extension(PostHandshakeAuth) is not None
        return Connected(established, answers)


def _refused(reason: str, field: str, section: str) -> ProtocolError:
    where = f"client_hello.extensions.{field}"
    return ProtocolError("illegal_parameter", reason, where=where, section=section)
