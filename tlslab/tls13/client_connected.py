"""The client's state in TLS 1.3 after the handshake (RFC 8446 §4.6)."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, ClassVar

from tlslab.connection.config import ClientConfig
from tlslab.connection.context import Context, Messages, State, TicketReceived
from tlslab.connection.session import MAX_TICKET_LIFETIME, PSKSession
from tlslab.tls13.authentication import (
    KnownByPSK,
    Peer,
    answer_to,
    make_certificate,
    make_finished,
    sign_transcript,
)
from tlslab.tls13.connected import (
    MAX_RECORDS,
    Established,
    channel_binding,
    export_keying_material,
    receive_key_update,
    send_key_update,
)
from tlslab.tls13.keys import Handshaking
from tlslab.tls13.messages import Certificate, CertificateRequest, KeyUpdate, NewSessionTicket
from tlslab.tls13.server_hello import check_places, refused
from tlslab.wire.extensions import EarlyDataNewSessionTicket, PostHandshakeAuth
from tlslab.wire.hello import ClientHello
from tlslab.wire.registry import HandshakeType


@dataclass(frozen=True, slots=True)
class Begun:
    """What the client knows once the keys of the handshake are there.

    early_data_accepted: known after EncryptedExtensions.
    """

    client_hello: ClientHello
    keys: Handshaking
    sent_early_data: bool
    early_data_accepted: bool = False
    alpn_protocol: bytes = b""


@dataclass(frozen=True, slots=True)
class Connected(State):
    """Application data, both ways; and tickets, new keys and questions (RFC 8446 §4.6).

    tickets: how many there were.
    """

    established: Established = field(repr=False)
    begun: Begun = field(repr=False)
    server: Peer | KnownByPSK
    tickets: int = 0

    ACCEPTS: ClassVar[Messages] = {
        HandshakeType.new_session_ticket: NewSessionTicket,
        HandshakeType.key_update: KeyUpdate,
        HandshakeType.certificate_request: CertificateRequest,
    }
    APPLICATION_DATA: ClassVar[bool] = True
    MAX_RECORDS: ClassVar[int] = MAX_RECORDS

    def step(
        self,
        message: NewSessionTicket | KeyUpdate | CertificateRequest,
        context: Context[ClientConfig],
    ) -> "Connected":
        """Keep the ticket, change the keys, or answer who we are."""
        if isinstance(message, NewSessionTicket):
            return self._take_ticket(message, context)
        if isinstance(message, KeyUpdate):
            established = receive_key_update(message, context, self.established)
            return replace(self, established=established)
        self._answer(message, context)
        return self

    def _take_ticket(
        self, message: NewSessionTicket, context: Context[ClientConfig]
    ) -> "Connected":
        check_places(message)
        lifetime = timedelta(seconds=message.ticket_lifetime)
        if lifetime > MAX_TICKET_LIFETIME:
            raise refused(
                "illegal_parameter",
                f"{message.ticket_lifetime} seconds are more than seven days",
                "new_session_ticket.ticket_lifetime",
                "RFC 8446 §4.6.1",
            )
        if not message.ticket_lifetime or not context.config.session_tickets:
            # "The value of zero indicates that the ticket should be discarded immediately."
            return self
        suite = self.established.secrets.suite
        psk = context.primitives.resumption_psk(
            self.established.resumption_secret, message.ticket_nonce, suite.hash_name
        )
        context.trace.value_received(
            f"ticket_{self.tickets}", message.ticket, "new_session_ticket.ticket", "RFC 8446 §4.6.1"
        )
        context.trace.secret_derived(
            f"resumption_psk_{self.tickets}",
            psk,
            f"HKDF-Expand-Label with {suite.hash_name.upper()}",
            ("resumption_secret",),
            "RFC 8446 §4.6.1",
            label="resumption",
            context=message.ticket_nonce,
        )
        early = message.extension(EarlyDataNewSessionTicket)
        session = PSKSession(
            suite.code,
            message.ticket,
            psk,
            context.config.server_name,
            context.config.clock(),
            lifetime,
            message.ticket_age_add,
            early.max_early_data_size if early else 0,
            self.begun.alpn_protocol,
            self.server.certificates,
        )
        context.events.append(TicketReceived(session))
        return replace(self, tickets=self.tickets + 1)

    def _answer(self, request: CertificateRequest, context: Context[ClientConfig]) -> None:
        """Say who we are, after the handshake (RFC 8446 §4.6.2)."""
        if self.begun.client_hello.extension(PostHandshakeAuth) is None:
            # RFC 8446 §4.6.2: for a client that did not offer it, it "MUST" be this alert.
            raise refused(
                "unexpected_message",
                "this client has not said that it would answer after the handshake",
                "certificate_request",
                "RFC 8446 §4.6.2",
            )
        check_request(request, b"later")
        hash_name = self.established.secrets.suite.hash_name
        sent = [*self.established.transcript, request.encode_handshake()]
        answer = answer_to(request, context)
        certificate = Certificate(request.certificate_request_context, ())
        if answer is not None:
            certificate = make_certificate(answer[0], request.certificate_request_context)
        context.send(certificate, counts=False)
        sent.append(certificate.encode_handshake())
        if answer is not None:
            credential, scheme = answer
            transcript_hash = context.primitives.transcript_hash(sent, hash_name)
            verify = sign_transcript(context, credential, scheme, transcript_hash)
            context.send(verify, counts=False)
            sent.append(verify.encode_handshake())
        transcript_hash = context.primitives.transcript_hash(sent, hash_name)
        finished = make_finished(context, self.established.sending, transcript_hash, hash_name)
        context.send(finished, counts=False)

    def update_keys(self, context: Context[ClientConfig], request_peer: bool) -> "Connected":
        """See RFC 8446 §4.6.3."""
        established = send_key_update(context, self.established, request_peer=request_peer)
        return replace(self, established=established)

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


def check_request(message: CertificateRequest, context_value: bytes) -> None:
    """Check the form of a request; context_value: empty during the handshake (RFC 8446 §4.3.2)."""
    check_places(message)
    if bool(message.certificate_request_context) is not bool(context_value):
        raise refused(
            "illegal_parameter",
            "during the handshake it is empty, and later it is not",
            "certificate_request.certificate_request_context",
            "RFC 8446 §4.3.2",
        )
