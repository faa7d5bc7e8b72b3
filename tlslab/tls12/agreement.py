"""What both hellos of a TLS 1.2 handshake agree on: suite, session, extensions (RFC 5246 §7.4.1).

`connection.negotiation` hands over here; from here it goes on to the states of a full handshake or
of an abbreviated one.
"""

from dataclasses import dataclass

from tlslab.connection.config import ClientConfig, Credential, ServerConfig
from tlslab.connection.context import Context
from tlslab.connection.negotiation import (
    DOWNGRADE_TO_TLS12,
    ClientOffer,
    Requested,
    check_record_size_limit,
    choose_protocol,
    chosen_protocol,
    protocol_agreed,
)
from tlslab.connection.session import Session
from tlslab.crypto.suites import SUITES, CipherType, Suite
from tlslab.errors import LocalError, ProtocolError
from tlslab.tls12.choosing import Possible, names_only_unknown_fields, possible
from tlslab.tls12.resumption import find_session
from tlslab.wire.extensions import (
    ALPN,
    ECPointFormats,
    EncryptThenMAC,
    ExtendedMasterSecret,
    Extension,
    RecordSizeLimit,
    RenegotiationInfo,
    ServerNameAck,
    SessionTicket,
)
from tlslab.wire.hello import RANDOM_LENGTH, ClientHello, ServerHello
from tlslab.wire.registry import CipherSuite, ECPointFormat


@dataclass(frozen=True, slots=True)
class ClientAgreed:
    """What a client knows after both hellos."""

    client_hello: ClientHello
    server_hello: ServerHello
    suite: Suite
    alpn_protocol: bytes


@dataclass(frozen=True, slots=True)
class ServerAgreed:
    """What a server knows before it sends its ServerHello.

    extensions: what does not depend on the suite: server_name, ALPN, renegotiation_info.
    """

    client_hello: ClientHello
    server_random: bytes
    suite: Suite
    alpn_protocol: bytes
    server_name: str
    extensions: tuple[Extension, ...]


# -- the client ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PreparedHello:
    """What TLS 1.2 adds to a ClientHello: see `connection.negotiation.Prepared`."""

    extensions: tuple[Extension, ...]
    session_id: bytes

    def complete(self, client_hello: ClientHello, context: Context[ClientConfig]) -> ClientHello:
        """It is complete."""
        return client_hello

    def sent(self, client_hello: ClientHello, context: Context[ClientConfig]) -> None:
        """Nothing follows it."""


def prepare(context: Context[ClientConfig]) -> PreparedHello:
    """What makes a TLS 1.2 handshake safer, and the session to go on with."""
    config = context.config
    extensions: list[Extension] = []
    if config.encrypt_then_mac and any(
        SUITES[suite].cipher_type is CipherType.CBC
        for suite in config.cipher_suites
        if suite in SUITES
    ):
        extensions.append(EncryptThenMAC())
    if config.extended_master_secret:
        extensions.append(ExtendedMasterSecret())
    session = config.session if isinstance(config.session, Session) else None
    if config.session_tickets or (session and session.ticket):
        extensions.append(SessionTicket(session.ticket if session else b""))
    extensions.append(RenegotiationInfo())
    session_id = session.session_id if session else b""
    if session and session.ticket:
        # RFC 5077 §3.4: if the server echoes it, it has accepted the ticket.
        session_id = context.draw("session_id", 32, "RFC 5077 §3.4")
    return PreparedHello(tuple(extensions), session_id)


def agree_as_client(
    offer: ClientOffer, server_hello: ServerHello, context: Context[ClientConfig]
) -> ClientAgreed:
    """Check the server's choice. Raises ProtocolError."""
    _check_renegotiation_info(server_hello, "server_hello", "RFC 5746 §3.4")
    _check_point_formats(server_hello, "server_hello", "RFC 8422 §5.2")
    check_record_size_limit(server_hello.extension(RecordSizeLimit), "server_hello")
    suite = _suite_of_tls12(server_hello)
    context.agree_on_suite(suite.code, suite.prf_hash)
    answer = server_hello.extension(ALPN)
    alpn_protocol = chosen_protocol(answer, offer.client_hello, "server_hello")
    protocol_agreed(context, alpn_protocol)
    return ClientAgreed(offer.client_hello, server_hello, suite, alpn_protocol)


def _suite_of_tls12(server_hello: ServerHello) -> Suite:
    suite = SUITES.get(server_hello.cipher_suite)
    if suite is None:
        raise ProtocolError(
            "illegal_parameter",
            f"{server_hello.cipher_suite.label} is no suite of TLS 1.2",
            where="server_hello.cipher_suite",
            section="RFC 5246 §7.4.1.3",
        )
    return suite


def resumed_session(agreed: ClientAgreed, context: Context[ClientConfig]) -> Session | None:
    """The session that the server goes on with; None if the handshake is a full one."""
    session, offered = context.config.session, agreed.client_hello.session_id
    if not isinstance(session, Session) or not offered:
        return None
    return session if agreed.server_hello.session_id == offered else None


# -- the server ---------------------------------------------------------------------------------


def agree_as_server(
    requested: Requested, context: Context[ServerConfig]
) -> tuple[ServerAgreed, Possible | Session]:
    """Choose suite, protocol, and the session or the key to go on with. Raises ProtocolError."""
    client_hello, server_name = requested.client_hello, requested.server_name
    _check_renegotiation_info(client_hello, "client_hello", "RFC 5746 §3.6")
    _check_point_formats(client_hello, "client_hello", "RFC 8422 §5.1.2")
    check_record_size_limit(client_hello.extension(RecordSizeLimit), "client_hello")
    chosen = find_session(client_hello, server_name, context) or _choose_suite(
        client_hello, requested.credentials, context
    )
    is_resumed = isinstance(chosen, Session)
    suite = SUITES[chosen.cipher_suite] if isinstance(chosen, Session) else chosen.suite
    context.agree_on_suite(suite.code, suite.prf_hash)
    alpn_protocol = choose_protocol(client_hello, context.config)
    extensions: list[Extension] = []
    if server_name and not is_resumed:
        # RFC 6066 §3: in a resumed session the server "MUST NOT include" it.
        extensions.append(ServerNameAck())
    if _asks_for_secure_renegotiation(client_hello):
        extensions.append(RenegotiationInfo())
    if alpn_protocol:
        extensions.append(ALPN((alpn_protocol,)))
    protocol_agreed(context, alpn_protocol)
    server_random = _draw_random(requested, context)
    agreed = ServerAgreed(
        client_hello, server_random, suite, alpn_protocol, server_name, tuple(extensions)
    )
    return agreed, chosen


def _draw_random(requested: Requested, context: Context[ServerConfig]) -> bytes:
    name = "server_random"
    if not requested.could_do_better:
        return context.draw(name, RANDOM_LENGTH, "RFC 5246 §7.4.1.3")
    # RFC 8446 §4.1.3: a server that can do TLS 1.3 and negotiates 1.2 MUST end its random so.
    drawn = context.config.random(name, RANDOM_LENGTH)
    random = drawn[: -len(DOWNGRADE_TO_TLS12)] + DOWNGRADE_TO_TLS12
    context.trace.random_drawn(name, random, "RFC 8446 §4.1.3")
    return random


def _choose_suite(
    client_hello: ClientHello,
    credentials: tuple[Credential, ...],
    context: Context[ServerConfig],
) -> Possible:
    config = context.config
    # What cannot be done with this client, the choice does not get to see.
    supported = tuple(
        suite
        for suite in config.cipher_suites
        if suite in SUITES and possible(SUITES[suite], credentials, client_hello, config)
    )
    chosen = context.primitives.choose_cipher_suite(client_hello.cipher_suites, supported)
    if chosen is None:
        raise _nothing_in_common(client_hello, config)
    way = None
    if chosen in SUITES:
        way = possible(SUITES[CipherSuite(chosen)], credentials, client_hello, config)
    if way is None:
        raise LocalError(f"choose_cipher_suite chose {chosen!r}, which this server cannot do")
    return way


def _nothing_in_common(client_hello: ClientHello, config: ServerConfig) -> ProtocolError:
    common = [
        suite
        for suite in config.cipher_suites
        if suite in SUITES and suite in client_hello.cipher_suites
    ]
    if common and names_only_unknown_fields(client_hello, config):
        return ProtocolError(
            "insufficient_security",
            "none of the client's groups for DHE is one of the server's, which has "
            + ", ".join(group.name for group in config.groups),
            where="client_hello.extensions.supported_groups",
            section="RFC 7919 §4",
        )
    if common:
        return ProtocolError(
            "handshake_failure",
            f"{common[0].name} needs a certificate, a signature scheme and a group that both "
            "sides can do, and something of these is missing",
            where="client_hello.cipher_suites",
            section="RFC 5246 §7.4.2",
        )
    return ProtocolError(
        "handshake_failure",
        "no suite in common: the server has "
        + ", ".join(suite.name for suite in config.cipher_suites if suite in SUITES),
        where="client_hello.cipher_suites",
        section="RFC 5246 §7.4.1.3",
    )


# -- helpers ------------------------------------------------------------------------------------


def _check_point_formats(hello: ClientHello | ServerHello, name: str, section: str) -> None:
    extension = hello.extension(ECPointFormats)
    if extension is not None and ECPointFormat.uncompressed not in extension.ec_point_format_list:
        raise ProtocolError(
            "illegal_parameter",
            "uncompressed points are not among them, and everybody has to know those",
            where=f"{name}.extensions.ec_point_formats.ec_point_format_list",
            section=section,
        )


def _check_renegotiation_info(hello: ClientHello | ServerHello, name: str, section: str) -> None:
    extension = hello.extension(RenegotiationInfo)
    if extension is not None and extension.renegotiated_connection:
        raise ProtocolError(
            "handshake_failure",
            "there is no earlier handshake, so this has to be empty",
            where=f"{name}.extensions.renegotiation_info.renegotiated_connection",
            section=section,
        )


def _asks_for_secure_renegotiation(client_hello: ClientHello) -> bool:
    return (
        client_hello.extension(RenegotiationInfo) is not None
        or CipherSuite.TLS_EMPTY_RENEGOTIATION_INFO_SCSV in client_hello.cipher_suites
    )
