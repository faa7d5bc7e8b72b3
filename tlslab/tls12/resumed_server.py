"""The server's states in the abbreviated handshake of TLS 1.2 (RFC 5246 §7.3, RFC 5077 §3.1).

WaitClientHello (negotiation.py)
  ClientHello      ► WaitChangeCipherSpecResumed   sends ServerHello … Finished
  ChangeCipherSpec ► WaitFinishedResumed
  Finished         ► Connected
"""

from dataclasses import dataclass, field
from typing import ClassVar

from tlslab.connection.config import ServerConfig
from tlslab.connection.context import Context, Messages, State
from tlslab.connection.session import Session
from tlslab.tls12.agreement import ServerAgreed
from tlslab.tls12.connected import completed, send_finished, verify_finished
from tlslab.tls12.keys import Secrets, resume_secrets, settle
from tlslab.tls12.messages import Finished
from tlslab.tls12.resumption import remember, sealing_key, send_ticket
from tlslab.tls12.server import Connected, make_server_hello
from tlslab.wire.framing import ChangeCipherSpec
from tlslab.wire.registry import HandshakeType


def start(
    agreed: ServerAgreed, session: Session, context: Context[ServerConfig]
) -> "WaitChangeCipherSpecResumed":
    """Send the whole flight, up to Finished: who has the master secret needs no certificate."""
    key = sealing_key(agreed.client_hello, context) if session.ticket else None
    if key is not None and session.ticket.startswith(key.name):
        key = None  # It is wrapped as it should be. Under an older key, it is wrapped anew.
    server_hello = make_server_hello(
        agreed,
        context,
        agreed.client_hello.session_id,
        ticket=key is not None,
        curve=False,
        staple=False,
    )
    context.send(server_hello)
    how = "ticket" if session.ticket else "session ID"
    context.trace.negotiated("resumed", how, "RFC 5077 §3.4" if session.ticket else "RFC 5246 §7.3")
    new = settle(context, agreed.suite, agreed.client_hello, server_hello)
    secrets = resume_secrets(context, new, session.master_secret)
    if key is not None:
        send_ticket(context, key, session)
    send_finished(context, secrets)
    return WaitChangeCipherSpecResumed(agreed, session, secrets)


@dataclass(frozen=True, slots=True)
class WaitChangeCipherSpecResumed(State):
    """The server has sent its Finished; the client has to switch to the keys too (§7.1)."""

    agreed: ServerAgreed
    session: Session
    secrets: Secrets = field(repr=False)

    CHANGE_CIPHER_SPEC: ClassVar[bool] = True

    def step(
        self, message: ChangeCipherSpec, context: Context[ServerConfig]
    ) -> "WaitFinishedResumed":
        """What comes now comes under the client's write keys."""
        context.install_read(self.secrets.client_write, self.secrets.client_keys)
        return WaitFinishedResumed(self.agreed, self.session, self.secrets)


@dataclass(frozen=True, slots=True)
class WaitFinishedResumed(State):
    """The client's Finished proves that it is the one that the session was made with."""

    agreed: ServerAgreed
    session: Session
    secrets: Secrets = field(repr=False)

    ACCEPTS: ClassVar[Messages] = {HandshakeType.finished: Finished}

    def step(self, finished: Finished, context: Context[ServerConfig]) -> Connected:
        """Verify it; then application data may flow."""
        established = verify_finished(finished, context, self.secrets)
        remember(context, self.session)
        completed(
            context,
            self.secrets,
            self.agreed.alpn_protocol,
            self.session.server_name,
            self.session.peer_certificates,
            resumed=True,
        )
        return Connected(established)
