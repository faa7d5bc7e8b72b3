"""The client's states in TLS 1.3, in order (RFC 8446 Appendix A.1).

WaitServerHello (negotiation.py)
  HelloRetryRequest   ► WaitServerHelloAgain            sends a second ClientHello
  ServerHello         ► WaitEncryptedExtensions
  EncryptedExtensions ► WaitCertificateOrRequest
  EncryptedExtensions ► WaitFinished                    (the server took a pre-shared key)
  CertificateRequest  ► WaitCertificate
  Certificate         ► WaitCertificateVerify
  CertificateVerify   ► WaitFinished
  Finished            ► Connected                       sends Certificate … Finished
"""

from dataclasses import dataclass, field, replace
from typing import ClassVar, cast

from tlslab.connection.config import ClientConfig
from tlslab.connection.context import (
    Context,
    HandshakeCompleted,
    Messages,
    State,
)
from tlslab.connection.negotiation import (
    ClientOffer,
    check_answers,
    check_choice,
    check_record_size_limit,
    chosen_protocol,
    protocol_agreed,
)
from tlslab.tls13.authentication import (
    KnownByPSK,
    Peer,
    answer_to,
    make_certificate,
    make_finished,
    server_identity,
    sign_transcript,
    verify_finished,
    verify_signature,
)
from tlslab.tls13.client_connected import Begun, Connected, check_request
from tlslab.tls13.connected import (
    Established,
)
from tlslab.tls13.keys import (
    derive_application_secrets,
    derive_handshake_secrets,
    derive_resumption_secret,
    install_read,
    install_write,
    limit_records,
    start_without_psk,
)
from tlslab.tls13.messages import (
    Certificate,
    CertificateRequest,
    CertificateVerify,
    EncryptedExtensions,
    EndOfEarlyData,
    Finished,
)
from tlslab.tls13.offer import Offer, OfferedPSK, prepare_again
from tlslab.tls13.server_hello import (
    NoPSK,
    check_form,
    check_places,
    check_wanted_group,
    chosen_psk,
    refused,
    shared_secret,
)
from tlslab.wire.extensions import (
    ALPN,
    Cookie,
    EarlyDataIndication,
    KeyShareHelloRetryRequest,
    RecordSizeLimit,
    SelectedVersion,
)
from tlslab.wire.hello import ClientHello, HelloRetryRequest, ServerHello
from tlslab.wire.registry import (
    ExtensionType,
    HandshakeType,
    ProtocolVersion,
)


@dataclass(frozen=True, slots=True)
class NotAsked:
    """The server does not want to know who the client is."""


def start(
    offer: ClientOffer,
    server_hello: ServerHello | HelloRetryRequest,
    context: Context[ClientConfig],
) -> "WaitServerHelloAgain | WaitEncryptedExtensions":
    """The first state behind the server's answer, whichever it is."""
    prepared = cast(Offer, offer.prepared)  # by `prepare`, as `Version` has both
    if isinstance(server_hello, HelloRetryRequest):
        return _retry(offer.client_hello, prepared, server_hello, context)
    return _begin(offer.client_hello, prepared, server_hello, context, retried=False)


def _retry(
    client_hello: ClientHello,
    prepared: Offer,
    request: HelloRetryRequest,
    context: Context[ClientConfig],
) -> "WaitServerHelloAgain":
    """Send a second ClientHello with what the server misses in the first (RFC 8446 §4.1.4)."""
    suite = check_form(request, client_hello, "RFC 8446 §4.1.4")
    wanted, cookie = request.extension(KeyShareHelloRetryRequest), request.extension(Cookie)
    group = wanted.selected_group if wanted else None
    if group is not None:
        check_wanted_group(group, client_hello, context.config)
    if group is None and cookie is None:
        # "… if the HelloRetryRequest would not result in any change in the ClientHello"
        raise refused(
            "illegal_parameter",
            "it asks for nothing that the ClientHello did not have",
            "hello_retry_request.extensions",
            "RFC 8446 §4.1.4",
        )
    # The first ClientHello counts as its hash from now on (RFC 8446 §4.4.1).
    _, raw_request = context.transcript.messages
    raw_hello = context.transcript.messages[0]
    context.transcript.replace_first(context.primitives.message_hash(raw_hello, suite.hash_name))
    context.transcript.add(raw_request)
    context.agree_on_suite(suite.code, suite.hash_name)
    if not prepared.early_data and client_hello.session_id:
        context.send_compatible_change_cipher_spec()
    if prepared.early_data:
        context.stop_protecting()
    again = prepare_again(
        context, prepared, group, cookie.cookie if cookie else b"", suite.hash_name
    )
    new = {kind: each for each in again.extensions if (kind := each.extension_type) in _RENEWED}
    if group is None:
        del new[ExtensionType.key_share]
    kept = [
        new.pop(each.extension_type, each)
        for each in client_hello.extensions or ()
        if each.extension_type in new or each.extension_type not in _DROPPED
    ]
    # What is left over is the cookie; pre_shared_key has to stay the last one.
    kept[-1:-1] = new.values()
    second = replace(client_hello, extensions=tuple(kept))
    second = again.complete(second, context)
    context.send(second)
    return WaitServerHelloAgain(second, again, request)


# What a second ClientHello has anew, and what it has no longer (RFC 8446 §4.1.2).
_RENEWED = (ExtensionType.key_share, ExtensionType.cookie, ExtensionType.pre_shared_key)
_DROPPED = (ExtensionType.early_data, ExtensionType.pre_shared_key)


@dataclass(frozen=True, slots=True)
class WaitServerHelloAgain(State):
    """The second ClientHello is sent; another HelloRetryRequest is one too many (§4.1.4)."""

    client_hello: ClientHello
    offer: Offer = field(repr=False)
    request: HelloRetryRequest

    ACCEPTS: ClassVar[Messages] = {HandshakeType.server_hello: ServerHello}
    DROPS_CHANGE_CIPHER_SPEC: ClassVar[bool] = True

    def step(
        self, server_hello: ServerHello | HelloRetryRequest, context: Context[ClientConfig]
    ) -> "WaitEncryptedExtensions":
        """Check that it fits the request, and go on."""
        if isinstance(server_hello, HelloRetryRequest):
            raise refused(
                "unexpected_message",
                "a second HelloRetryRequest",
                "hello_retry_request",
                "RFC 8446 §4.1.4",
            )
        context.trace.value_received(
            "server_random", server_hello.random, "server_hello.random", "RFC 8446 §4.1.3"
        )
        check_choice(server_hello, self.client_hello, context.config)
        selected = server_hello.extension(SelectedVersion)
        if selected is None or selected.selected_version != ProtocolVersion.TLSv1_3:
            raise refused(
                "illegal_parameter",
                "it is not of the version that the HelloRetryRequest chose",
                "server_hello.extensions.supported_versions",
                "RFC 8446 §4.1.4",
            )
        if server_hello.cipher_suite != self.request.cipher_suite:
            raise refused(
                "illegal_parameter",
                f"the HelloRetryRequest chose {self.request.cipher_suite.name}",
                "server_hello.cipher_suite",
                "RFC 8446 §4.1.4",
            )
        return _begin(self.client_hello, self.offer, server_hello, context, retried=True)


def _begin(
    client_hello: ClientHello,
    offer: Offer,
    server_hello: ServerHello,
    context: Context[ClientConfig],
    *,
    retried: bool,
) -> "WaitEncryptedExtensions":
    """Check the ServerHello, and derive the keys of the handshake (RFC 8446 §4.1.3)."""
    suite = check_form(server_hello, client_hello, "RFC 8446 §4.1.3")
    if not retried:
        context.agree_on_suite(suite.code, suite.hash_name)
    psk = chosen_psk(offer, server_hello, suite)
    secret_of_shares = shared_secret(offer, server_hello, psk, context)
    if isinstance(psk, OfferedPSK):
        context.trace.negotiated("psk", psk.kind, "RFC 8446 §4.2.11")
        secret = context.primitives.early_secret(psk.key, suite.hash_name)
        early_secret = (f"early_secret{offer.suffix(psk)}", secret)
    else:
        # The one of the key that was refused has the plain name.
        name = "early_secret_without_psk" if offer.psks else "early_secret"
        early_secret = start_without_psk(context, suite.hash_name, name)
    keys = derive_handshake_secrets(
        context, suite, client_hello.random, early_secret, secret_of_shares
    )
    install_read(context, keys.server, suite)
    sent_early_data = bool(offer.early_data)
    if not sent_early_data:
        if client_hello.session_id and not retried:
            context.send_compatible_change_cipher_spec()
        install_write(context, keys.client, suite)
    return WaitEncryptedExtensions(Begun(client_hello, keys, sent_early_data), psk)


@dataclass(frozen=True, slots=True)
class WaitEncryptedExtensions(State):
    """From here on everything is protected: first the rest of the server's choices (§4.3.1)."""

    begun: Begun
    psk: OfferedPSK | NoPSK

    ACCEPTS: ClassVar[Messages] = {HandshakeType.encrypted_extensions: EncryptedExtensions}
    DROPS_CHANGE_CIPHER_SPEC: ClassVar[bool] = True

    def step(
        self, message: EncryptedExtensions, context: Context[ClientConfig]
    ) -> "WaitCertificateOrRequest | WaitFinished":
        """Check each of them against the offer."""
        client_hello = self.begun.client_hello
        kinds = message.extension_types()
        check_answers(kinds, client_hello, message.NAME, "RFC 8446 §4.2")
        check_places(message)
        alpn_protocol = chosen_protocol(message.extension(ALPN), client_hello, message.NAME)
        protocol_agreed(context, alpn_protocol)
        self._limit_records(message, context)
        accepted = self._early_data(message, alpn_protocol)
        begun = replace(self.begun, early_data_accepted=accepted, alpn_protocol=alpn_protocol)
        if begun.sent_early_data:
            answer = "accepted" if accepted else "refused"
            context.trace.negotiated("early_data", answer, "RFC 8446 §4.2.10")
            if not accepted:
                install_write(context, begun.keys.client, begun.keys.suite)
        if isinstance(self.psk, OfferedPSK):
            return WaitFinished(begun, KnownByPSK(self.psk.certificates), NotAsked())
        return WaitCertificateOrRequest(begun)

    def _limit_records(self, message: EncryptedExtensions, context: Context[ClientConfig]) -> None:
        asked = self.begun.client_hello.extension(RecordSizeLimit)
        answered = message.extension(RecordSizeLimit)
        check_record_size_limit(answered, message.NAME)
        if asked is not None and answered is not None:
            limit_records(context, answered.record_size_limit, asked.record_size_limit)

    def _early_data(self, message: EncryptedExtensions, alpn_protocol: bytes) -> bool:
        if message.extension(EarlyDataIndication) is None:
            return False
        psk, suite = self.psk, self.begun.keys.suite
        good = (
            isinstance(psk, OfferedPSK)
            and psk.early_suite is suite
            and psk.alpn_protocol == alpn_protocol
        )
        if not good:
            raise refused(
                "illegal_parameter",
                "early data go with the first pre-shared key, its suite and its protocol alone",
                "encrypted_extensions.extensions.early_data",
                "RFC 8446 §4.2.10",
            )
        return True


@dataclass(frozen=True, slots=True)
class WaitCertificateOrRequest(State):
    """The server has to say who it is, and may ask who we are (RFC 8446 §4.3.2)."""

    begun: Begun

    ACCEPTS: ClassVar[Messages] = {
        HandshakeType.certificate_request: CertificateRequest,
        HandshakeType.certificate: Certificate,
    }
    DROPS_CHANGE_CIPHER_SPEC: ClassVar[bool] = True

    def step(
        self, message: CertificateRequest | Certificate, context: Context[ClientConfig]
    ) -> "WaitCertificate | WaitCertificateVerify":
        """A request is remembered; a certificate is verified."""
        if isinstance(message, CertificateRequest):
            check_request(message, b"")
            return WaitCertificate(self.begun, message)
        return _take_certificate(self.begun, message, context, NotAsked())


@dataclass(frozen=True, slots=True)
class WaitCertificate(State):
    """The server has asked for a certificate, and has to show its own (RFC 8446 §4.4.2)."""

    begun: Begun
    request: CertificateRequest

    ACCEPTS: ClassVar[Messages] = {HandshakeType.certificate: Certificate}
    DROPS_CHANGE_CIPHER_SPEC: ClassVar[bool] = True

    def step(self, message: Certificate, context: Context[ClientConfig]) -> "WaitCertificateVerify":
        """Verify the chain: issuer, dates, name, usage."""
        return _take_certificate(self.begun, message, context, self.request)


def _take_certificate(
    begun: Begun,
    message: Certificate,
    context: Context[ClientConfig],
    request: CertificateRequest | NotAsked,
) -> "WaitCertificateVerify":
    server = server_identity(message, context, begun.client_hello.extension_types())
    return WaitCertificateVerify(begun, server, request)


@dataclass(frozen=True, slots=True)
class WaitCertificateVerify(State):
    """The server has to show that it has the key of its certificate (RFC 8446 §4.4.3)."""

    begun: Begun
    server: Peer
    request: CertificateRequest | NotAsked

    ACCEPTS: ClassVar[Messages] = {HandshakeType.certificate_verify: CertificateVerify}
    DROPS_CHANGE_CIPHER_SPEC: ClassVar[bool] = True

    def step(self, message: CertificateVerify, context: Context[ClientConfig]) -> "WaitFinished":
        """Verify its signature over the handshake so far."""
        transcript_hash = context.transcript.hash_before_last()
        verify_signature(message, context, self.server, transcript_hash)
        return WaitFinished(self.begun, self.server, self.request)


@dataclass(frozen=True, slots=True)
class WaitFinished(State):
    """The server's Finished proves that it has the same secrets (RFC 8446 §4.4.4)."""

    begun: Begun
    server: Peer | KnownByPSK
    request: CertificateRequest | NotAsked

    ACCEPTS: ClassVar[Messages] = {HandshakeType.finished: Finished}
    DROPS_CHANGE_CIPHER_SPEC: ClassVar[bool] = True

    def step(self, message: Finished, context: Context[ClientConfig]) -> "Connected":
        """Verify it, and answer with ours; then application data may flow."""
        begun, suite = self.begun, self.begun.keys.suite
        transcript_hash = context.transcript.hash_before_last()
        verify_finished(message, context, begun.keys.server, transcript_hash, suite.hash_name)
        secrets = derive_application_secrets(context, begun.keys)
        if begun.early_data_accepted:
            context.send(EndOfEarlyData())
            install_write(context, begun.keys.client, suite)
        if isinstance(self.request, CertificateRequest):
            _send_identity(self.request, context)
        context.send(
            make_finished(context, begun.keys.client, context.transcript.hash(), suite.hash_name)
        )
        install_write(context, secrets.client, suite)
        install_read(context, secrets.server, suite)
        resumption_secret = derive_resumption_secret(context, secrets)
        established = Established(
            secrets,
            secrets.client,
            secrets.server,
            resumption_secret,
            context.transcript.messages,
        )
        context.events.append(
            HandshakeCompleted(
                ProtocolVersion.TLSv1_3,
                suite.code,
                begun.alpn_protocol,
                context.config.server_name,
                self.server.certificates,
                resumed=isinstance(self.server, KnownByPSK),
                early_data_accepted=begun.early_data_accepted,
            )
        )
        return Connected(established, begun, self.server)


def _send_identity(request: CertificateRequest, context: Context[ClientConfig]) -> None:
    """Our certificate and signature, or a Certificate that holds none (RFC 8446 §4.4.2)."""
    answer = answer_to(request, context)
    if answer is None:
        context.send(Certificate(b"", ()))
        return
    credential, scheme = answer
    context.send(make_certificate(credential))
    context.send(sign_transcript(context, credential, scheme, context.transcript.hash()))
