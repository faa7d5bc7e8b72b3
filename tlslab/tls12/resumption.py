"""Whether and how a session goes on: the server's decision, and what stands in its tickets.

A session may be resumed if it is fresh, was for the same name, and both sides still want its suite
(RFC 5246 §7.3, RFC 5077 §3.1, RFC 6066 §3, RFC 7627 §5.3). Otherwise a full handshake follows, and
that is no error.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from tlslab.connection.config import ClientAuthentication, ServerConfig
from tlslab.connection.context import Context
from tlslab.connection.session import LIFETIME, Session
from tlslab.crypto.prf import MASTER_SECRET_LENGTH
from tlslab.crypto.tickets import IV, TicketKey, seal_ticket
from tlslab.errors import ProtocolError
from tlslab.tls12.keys import Secrets
from tlslab.tls12.messages import NewSessionTicket
from tlslab.wire.extensions import ExtendedMasterSecret, SessionTicket
from tlslab.wire.hello import ClientHello
from tlslab.wire.presentation import (
    Enumerated,
    Layout,
    ListOf,
    Opaque,
    Structure,
    Uint,
    Vector,
)
from tlslab.wire.registry import CipherSuite, ProtocolVersion


@dataclass(frozen=True, slots=True)
class SessionState(Structure):
    """What this server puts into its tickets; nobody else can read it (after RFC 5077 §4).

    struct {
        ProtocolVersion protocol_version;
        CipherSuite cipher_suite;
        opaque master_secret[48];
        uint8 extended_master_secret;
        uint32 timestamp;
        opaque server_name<0..255>;
        ASN.1Cert client_certificate_list<0..2^24-1>;
    } StatePlaintext;
    """

    protocol_version: ProtocolVersion
    cipher_suite: CipherSuite
    master_secret: bytes
    extended_master_secret: int
    timestamp: int
    server_name: bytes
    client_certificate_list: tuple[bytes, ...]

    NAME: ClassVar[str] = "state_plaintext"
    LAYOUT: ClassVar[Layout] = {
        "protocol_version": Enumerated(ProtocolVersion),
        "cipher_suite": Enumerated(CipherSuite),
        "master_secret": Opaque(MASTER_SECRET_LENGTH),
        "extended_master_secret": Uint(1),
        "timestamp": Uint(4),
        "server_name": Vector(0, 255),
        "client_certificate_list": ListOf(Vector(1, 2**24 - 1), 0, 2**24 - 1, "certificates"),
    }


def session_of(
    context: Context[Any],
    secrets: Secrets,
    server_name: str,
    peer_certificates: tuple[bytes, ...],
    ticket: bytes = b"",
) -> Session:
    """The session of a full handshake, as each side keeps it."""
    terms = secrets.terms
    return Session(
        terms.suite.code,
        secrets.master_secret,
        terms.extended_master_secret,
        server_name,
        context.config.clock(),
        b"" if ticket else terms.session_id,
        ticket,
        peer_certificates,
    )


# -- the server ---------------------------------------------------------------------------------


def find_session(
    client_hello: ClientHello, server_name: str, context: Context[ServerConfig]
) -> Session | None:
    """The session that the client wants to go on with, if that is possible.

    Raises ProtocolError: handshake_failure, for a client that has dropped extended master secret.
    """
    session = _from_ticket(client_hello, context) or _from_cache(client_hello, context)
    if session is None:
        return None
    config = context.config
    extended = client_hello.extension(ExtendedMasterSecret) is not None
    if session.extended_master_secret and not extended:
        # RFC 7627 §5.3: "the server MUST abort the abbreviated handshake".
        raise ProtocolError(
            "handshake_failure",
            "the session has an extended master secret, and now the client does not offer it",
            where="client_hello.extensions",
            section="RFC 7627 §5.3",
        )
    if (
        not session.is_fresh(config.clock())
        or session.cipher_suite not in client_hello.cipher_suites
        or session.cipher_suite not in config.cipher_suites
        or session.server_name != server_name
        or session.extended_master_secret != extended
        or not _authentication_is_enough(session, config)
    ):
        return None
    return session


def _authentication_is_enough(session: Session, config: ServerConfig) -> bool:
    required = config.client_authentication is ClientAuthentication.REQUIRED
    return not required or bool(session.peer_certificates)


def _from_cache(client_hello: ClientHello, context: Context[ServerConfig]) -> Session | None:
    cache = context.config.session_cache
    session_id = client_hello.session_id
    session = cache.find(session_id) if cache is not None and session_id else None
    if session is not None:
        context.trace.value_received(
            "session_id", session_id, "client_hello.session_id", "RFC 5246 §7.4.1.2"
        )
    return session


def _from_ticket(client_hello: ClientHello, context: Context[ServerConfig]) -> Session | None:
    keys = context.config.ticket_keys
    extension = client_hello.extension(SessionTicket)
    if keys is None or extension is None or not extension.ticket:
        return None
    ticket = extension.ticket
    context.trace.value_received(
        "ticket", ticket, "client_hello.extensions.session_ticket.ticket", "RFC 5077 §3.4"
    )
    key = keys.opening(ticket, context.config.clock())
    opened = context.primitives.open_ticket(key, ticket) if key is not None else None
    if opened is None or opened[:2] != ProtocolVersion.TLSv1_2.to_bytes(2, "big"):
        return None  # Not ours, or a ticket of TLS 1.3.
    state = SessionState.decode(opened)
    return Session(
        state.cipher_suite,
        state.master_secret,
        bool(state.extended_master_secret),
        state.server_name.decode("ascii"),
        datetime.fromtimestamp(state.timestamp, UTC),
        ticket=ticket,
        peer_certificates=state.client_certificate_list,
    )


def sealing_key(client_hello: ClientHello, context: Context[ServerConfig]) -> TicketKey | None:
    """The key to seal a ticket with; None if the client takes none, or the server gives none."""
    keys = context.config.ticket_keys
    if keys is None or client_hello.extension(SessionTicket) is None:
        return None
    return keys.sealing(context.config.clock())


def send_ticket(context: Context[ServerConfig], key: TicketKey, session: Session) -> None:
    """Send a NewSessionTicket with this session in it (RFC 5077 §3.3)."""
    state = SessionState(
        ProtocolVersion.TLSv1_2,
        session.cipher_suite,
        session.master_secret,
        int(session.extended_master_secret),
        int(session.created.timestamp()),
        session.server_name.encode("ascii"),
        session.peer_certificates,
    )
    iv = context.draw("ticket_iv", IV, "RFC 5077 §4")
    ticket = seal_ticket(key, iv, state.encode())
    context.trace.secret_derived(
        "ticket",
        ticket,
        "AES-128-CBC and HMAC-SHA-256 with keys of the server alone",
        ("master_secret", "ticket_iv"),
        "RFC 5077 §4",
    )
    context.send(NewSessionTicket(int(LIFETIME.total_seconds()), ticket))


def remember(context: Context[ServerConfig], session: Session) -> None:
    """Keep a session under the ID that the client was told, until a fatal alert."""
    cache = context.config.session_cache
    if cache is None or not session.session_id:
        return
    cache.add(session)
    context.forget = lambda: cache.forget(session.session_id)
