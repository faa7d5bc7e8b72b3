"""The client's states in the abbreviated handshake of TLS 1.2 (RFC 5246 §7.3, RFC 5077 §3.1).

WaitServerHello (negotiation.py)
  ServerHello      ► WaitNewSessionTicketResumed   (only if the server renews the ticket)
  ServerHello      ► WaitChangeCipherSpecResumed
  NewSessionTicket ► WaitChangeCipherSpecResumed
  ChangeCipherSpec ► WaitFinishedResumed
  Finished         ► Connected                     sends ChangeCipherSpec, Finished
"""

from dataclasses import dataclass, field, replace
from typing import ClassVar

from tlslab.connection.config import ClientConfig
from tlslab.connection.context import Context, Messages, State
from tlslab.connection.session import Session
from tlslab.errors import ProtocolError
from tlslab.tls12.agreement import ClientAgreed
from tlslab.tls12.client import IGNORED, Connected, check_encrypt_then_mac
from tlslab.tls12.connected import completed, send_finished, verify_finished
from tlslab.tls12.keys import Secrets, resume_secrets, settle
from tlslab.tls12.messages import Finished, NewSessionTicket
from tlslab.wire.framing import ChangeCipherSpec
from tlslab.wire.registry import HandshakeType


def start(
    agreed: ClientAgreed, session: Session, context: Context[ClientConfig]
) -> "WaitNewSessionTicketResumed | WaitChangeCipherSpecResumed":
    """The server goes on with the session: check that it is the same one, and derive the keys."""
    new = settle(context, agreed.suite, agreed.client_hello, agreed.server_hello)
    if agreed.suite.code is not session.cipher_suite:
        raise ProtocolError(
            "illegal_parameter",
            f"the session is one of {session.cipher_suite.name}, not of {agreed.suite.name}",
            where="server_hello.cipher_suite",
            section="RFC 5246 §7.4.1.3",
        )
    if new.extended_master_secret != session.extended_master_secret:
        had = "has" if session.extended_master_secret else "has no"
        raise ProtocolError(
            "handshake_failure",
            f"the session {had} extended master secret, and the server says otherwise",
            where="server_hello.extensions",
            section="RFC 7627 §5.3",
        )
    check_encrypt_then_mac(agreed, new)
    how = "ticket" if session.ticket else "session ID"
    context.trace.negotiated("resumed", how, "RFC 5077 §3.4" if session.ticket else "RFC 5246 §7.3")
    secrets = resume_secrets(context, new, session.master_secret)
    if new.gives_ticket:
        return WaitNewSessionTicketResumed(agreed, session, secrets)
    return WaitChangeCipherSpecResumed(agreed, session, secrets)


@dataclass(frozen=True, slots=True)
class WaitNewSessionTicketResumed(State):
    """The server has announced a new ticket (RFC 5077 §3.3)."""

    agreed: ClientAgreed
    session: Session
    secrets: Secrets = field(repr=False)

    ACCEPTS: ClassVar[Messages] = {HandshakeType.new_session_ticket: NewSessionTicket}
    IGNORES: ClassVar[Messages] = IGNORED

    def step(
        self, message: NewSessionTicket, context: Context[ClientConfig]
    ) -> "WaitChangeCipherSpecResumed":
        """Keep it instead of the old one; an empty one changes nothing."""
        session = self.session
        if message.ticket:
            session = replace(session, ticket=message.ticket, session_id=b"")
        return WaitChangeCipherSpecResumed(self.agreed, session, self.secrets)


@dataclass(frozen=True, slots=True)
class WaitChangeCipherSpecResumed(State):
    """The server switches to the keys first (RFC 5246 §7.3, Figure 2)."""

    agreed: ClientAgreed
    session: Session
    secrets: Secrets = field(repr=False)

    CHANGE_CIPHER_SPEC: ClassVar[bool] = True
    IGNORES: ClassVar[Messages] = IGNORED

    def step(
        self, message: ChangeCipherSpec, context: Context[ClientConfig]
    ) -> "WaitFinishedResumed":
        """What comes now comes under the server's write keys."""
        context.install_read(self.secrets.server_write, self.secrets.server_keys)
        return WaitFinishedResumed(self.agreed, self.session, self.secrets)


@dataclass(frozen=True, slots=True)
class WaitFinishedResumed(State):
    """The server's Finished proves that it still has the master secret (RFC 5246 §7.4.9)."""

    agreed: ClientAgreed
    session: Session
    secrets: Secrets = field(repr=False)

    ACCEPTS: ClassVar[Messages] = {HandshakeType.finished: Finished}
    IGNORES: ClassVar[Messages] = IGNORED

    def step(self, finished: Finished, context: Context[ClientConfig]) -> Connected:
        """Verify it, and answer with ours."""
        established = verify_finished(finished, context, self.secrets)
        send_finished(context, self.secrets)
        completed(
            context,
            self.secrets,
            self.agreed.alpn_protocol,
            context.config.server_name,
            self.session.peer_certificates,
            resumed=True,
            session=self.session,
        )
        return Connected(established)
