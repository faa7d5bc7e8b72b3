"""The server's states in TLS 1.3 after the handshake (RFC 8446 §4.6).

Connected (server.py)
  Certificate       ► WaitCertificateVerifyLater
  Certificate       ► WaitFinishedLater         (the client does not say who it is)
  CertificateVerify ► WaitFinishedLater
  Finished          ► Connected

`Connection.request_certificate` leads from Connected to WaitCertificateLater. Application data, and
new keys, go in each of these states, and come in those that wait for no second part of an answer.
"""

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

from tlslab.connection.config import ClientAuthentication, ServerConfig
from tlslab.connection.context import ClientAuthenticated, Context, Messages, State
from tlslab.errors import LocalError
from tlslab.tls13.authentication import (
    Anonymous,
    Peer,
    certificate_request,
    client_identity,
    verify_finished,
    verify_signature,
)
from tlslab.tls13.connected import (
    MAX_RECORDS,
    Established,
    channel_binding,
    export_keying_material,
    receive_key_update,
    send_key_update,
)
from tlslab.tls13.messages import Certificate, CertificateVerify, Finished, KeyUpdate
from tlslab.wire.framing import HandshakeMessage
from tlslab.wire.registry import HandshakeType

CONTEXT_LENGTH = 32


class _Established(State):
    """What every state after the handshake can do."""

    __slots__ = ()
    established: Established
    APPLICATION_DATA: ClassVar[bool] = True
    MAX_RECORDS: ClassVar[int] = MAX_RECORDS

    def update_keys(self, context: Context[ServerConfig], request_peer: bool) -> Self:
        """See RFC 8446 §4.6.3."""
        return self._with(send_key_update(context, self.established, request_peer=request_peer))

    def export_keying_material(
        self, context: Context[Any], label: bytes, context_value: bytes | None, length: int
    ) -> bytes:
        """See RFC 8446 §7.5."""
        return export_keying_material(
            context, self.established.secrets, label, context_value, length
        )

    def channel_binding(self, context: Context[Any], kind: str) -> bytes:
        """See RFC 9266."""
        return channel_binding(context, self.established.secrets, kind)

    def _key_update(self, message: KeyUpdate, context: Context[ServerConfig]) -> Self:
        return self._with(receive_key_update(message, context, self.established))

    def _with(self, established: Established) -> Self:
        return replace(self, established=established)  # type: ignore[type-var]


@dataclass(frozen=True, slots=True)
class Connected(_Established):
    """Application data, both ways. answers: whether the client says who it is when asked now."""

    established: Established = field(repr=False)
    answers: bool

    ACCEPTS: ClassVar[Messages] = {HandshakeType.key_update: KeyUpdate}

    def step(self, message: KeyUpdate, context: Context[ServerConfig]) -> "Connected":
        """The client writes with new keys."""
        return self._key_update(message, context)

    def request_certificate(self, context: Context[ServerConfig]) -> "WaitCertificateLater":
        """Ask who the client is (RFC 8446 §4.6.2)."""
        if not self.answers:
            raise LocalError("the client has not said that it would answer (post_handshake_auth)")
        if context.config.client_authentication is ClientAuthentication.NONE:
            raise LocalError("to ask, a server needs client_authentication, and CAs to believe")
        request_context = context.draw("request_context", CONTEXT_LENGTH, "RFC 8446 §4.3.2")
        request = certificate_request(context.config, request_context)
        context.send(request, counts=False)
        sent = (*self.established.transcript, request.encode_handshake())
        return WaitCertificateLater(self.established, request_context, sent)


@dataclass(frozen=True, slots=True)
class WaitCertificateLater(_Established):
    """The client was asked; its answer may come between its application data (§4.6.2)."""

    established: Established = field(repr=False)
    request_context: bytes
    transcript: tuple[bytes, ...] = field(repr=False)

    ACCEPTS: ClassVar[Messages] = {
        HandshakeType.certificate: Certificate,
        HandshakeType.key_update: KeyUpdate,
    }

    def step(
        self, message: Certificate | KeyUpdate, context: Context[ServerConfig]
    ) -> "WaitCertificateVerifyLater | WaitFinishedLater | WaitCertificateLater":
        """Verify the chain, if there is one."""
        if isinstance(message, KeyUpdate):
            return self._key_update(message, context)
        client = client_identity(message, context, self.request_context)
        transcript = _and(self.transcript, message)
        if isinstance(client, Peer):
            return WaitCertificateVerifyLater(self.established, client, transcript)
        return WaitFinishedLater(self.established, client, transcript)


@dataclass(frozen=True, slots=True)
class WaitCertificateVerifyLater(_Established):
    """The three messages of the answer follow one another, with nothing between (§4.6.2)."""

    established: Established = field(repr=False)
    client: Peer
    transcript: tuple[bytes, ...] = field(repr=False)

    ACCEPTS: ClassVar[Messages] = {HandshakeType.certificate_verify: CertificateVerify}
    AT_ONCE: ClassVar[bool] = True

    def step(
        self, message: CertificateVerify, context: Context[ServerConfig]
    ) -> "WaitFinishedLater":
        """Verify the signature over the handshake, the request and the certificate."""
        hash_name = self.established.secrets.suite.hash_name
        transcript_hash = context.primitives.transcript_hash(self.transcript, hash_name)
        verify_signature(message, context, self.client, transcript_hash)
        return WaitFinishedLater(self.established, self.client, _and(self.transcript, message))


@dataclass(frozen=True, slots=True)
class WaitFinishedLater(_Established):
    """The last message of the answer."""

    established: Established = field(repr=False)
    client: Peer | Anonymous
    transcript: tuple[bytes, ...] = field(repr=False)

    ACCEPTS: ClassVar[Messages] = {HandshakeType.finished: Finished}
    AT_ONCE: ClassVar[bool] = True

    def step(self, message: Finished, context: Context[ServerConfig]) -> Connected:
        """Verify it: its key is that of the client's application data (RFC 8446 §4.4.4)."""
        hash_name = self.established.secrets.suite.hash_name
        transcript_hash = context.primitives.transcript_hash(self.transcript, hash_name)
        verify_finished(message, context, self.established.receiving, transcript_hash, hash_name)
        context.events.append(ClientAuthenticated(self.client.certificates))
        return Connected(self.established, answers=True)


def _and(transcript: tuple[bytes, ...], message: HandshakeMessage) -> tuple[bytes, ...]:
    return (*transcript, message.encode_handshake())
