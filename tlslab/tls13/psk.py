"""The server's side of pre-shared keys: which one, whether its binder is right, whether early data
may come with it, and what stands in the tickets (RFC 8446 §4.2.10, §4.2.11, §4.6.1).
"""

import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from tlslab.connection.config import ClientAuthentication, ServerConfig
from tlslab.connection.context import Context
from tlslab.connection.negotiation import Requested
from tlslab.connection.session import LIFETIME, TicketKeys
from tlslab.crypto.hkdf import EXTERNAL_BINDER, RESUMPTION_BINDER
from tlslab.crypto.suites import TLS13_SUITES, Tls13Suite
from tlslab.crypto.tickets import IV, seal_ticket
from tlslab.errors import ProtocolError
from tlslab.tls13.connected import Established
from tlslab.tls13.keys import derive_binder, start_early_secret
from tlslab.tls13.messages import NewSessionTicket
from tlslab.wire.extensions import (
    EarlyDataIndication,
    EarlyDataNewSessionTicket,
    Extension,
    PreSharedKeyClientHello,
    PskIdentity,
    PskKeyExchangeModes,
)
from tlslab.wire.hello import ClientHello, truncated
from tlslab.wire.presentation import Enumerated, Layout, ListOf, Structure, Uint, Vector
from tlslab.wire.registry import CipherSuite, ProtocolVersion

AGE_ADD = 4
_2_TO_32 = 2**32


@dataclass(frozen=True, slots=True)
class TicketState(Structure):
    """What this server puts into its tickets; nobody else can read it (after RFC 5077 §4).

    struct {
        ProtocolVersion protocol_version;
        CipherSuite cipher_suite;
        opaque psk<32..48>;
        uint64 issued;
        uint32 age_add;
        uint32 max_early_data_size;
        opaque server_name<0..255>;
        opaque alpn_protocol<0..255>;
        ASN.1Cert client_certificate_list<0..2^24-1>;
    } TicketState;
    """

    protocol_version: ProtocolVersion
    cipher_suite: CipherSuite
    psk: bytes
    issued: int
    age_add: int
    max_early_data_size: int
    server_name: bytes
    alpn_protocol: bytes
    client_certificate_list: tuple[bytes, ...]

    NAME: ClassVar[str] = "ticket_state"
    LAYOUT: ClassVar[Layout] = {
        "protocol_version": Enumerated(ProtocolVersion),
        "cipher_suite": Enumerated(CipherSuite),
        "psk": Vector(32, 48),
        "issued": Uint(8),
        "age_add": Uint(4),
        "max_early_data_size": Uint(4),
        "server_name": Vector(0, 255),
        "alpn_protocol": Vector(0, 255),
        "client_certificate_list": ListOf(Vector(1, 2**24 - 1), 0, 2**24 - 1, "certificates"),
    }

    @property
    def issued_at(self) -> datetime:
        """When the ticket was made; `issued` counts milliseconds."""
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=self.issued)


@dataclass(frozen=True, slots=True)
class NoTicket:
    """What a key from outside has instead of the state in a ticket."""


@dataclass(frozen=True, slots=True)
class ChosenPSK:
    """The pre-shared key that the server goes on with. index: in the client's list."""

    index: int
    key: bytes = field(repr=False)
    early_secret: bytes = field(repr=False)
    binder: bytes
    identity: PskIdentity
    state: TicketState | NoTicket = field(repr=False)

    @property
    def kind(self) -> str:
        """Where it comes from."""
        return "external" if isinstance(self.state, NoTicket) else "resumption"

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """Of the client, from its first connection."""
        return () if isinstance(self.state, NoTicket) else self.state.client_certificate_list


def choose_psk(
    requested: Requested, suite: Tls13Suite, context: Context[ServerConfig]
) -> ChosenPSK | None:
    """The first key of the client's that this server knows, its binder verified; or None.

    Raises ProtocolError: decrypt_error for a wrong binder (RFC 8446 §4.2.11).
    """
    offered = requested.client_hello.extension(PreSharedKeyClientHello)
    if offered is None:
        return None
    for index, identity in enumerate(offered.identities):
        found = _external(identity, suite, context) or _from_ticket(
            identity, suite, requested, context
        )
        if found is not None:
            key, state = found
            return _verified(index, key, state, offered, requested, suite, context)
    return None


def _external(
    identity: PskIdentity, suite: Tls13Suite, context: Context[ServerConfig]
) -> tuple[bytes, NoTicket] | None:
    for psk in context.config.psks:
        if psk.identity == identity.identity and psk.hash_name == suite.hash_name:
            return psk.key, NoTicket()
    return None


def _from_ticket(
    identity: PskIdentity, suite: Tls13Suite, requested: Requested, context: Context[ServerConfig]
) -> tuple[bytes, TicketState] | None:
    config = context.config
    ticket, now = identity.identity, config.clock()
    key = config.ticket_keys.opening(ticket, now) if config.ticket_keys is not None else None
    opened = context.primitives.open_ticket(key, ticket) if key is not None else None
    if opened is None or opened[:2] != ProtocolVersion.TLSv1_3.to_bytes(2, "big"):
        return None  # Not ours, or a ticket of TLS 1.2: a full handshake follows.
    state = TicketState.decode(opened)
    required = config.client_authentication is ClientAuthentication.REQUIRED
    if (
        not state.issued_at <= now < state.issued_at + LIFETIME
        or TLS13_SUITES[state.cipher_suite].hash_name != suite.hash_name
        or state.server_name.decode("ascii") != requested.server_name
        or (required and not state.client_certificate_list)
    ):
        return None
    context.trace.value_received(
        "ticket",
        ticket,
        "client_hello.extensions.pre_shared_key.identities.identity",
        "RFC 8446 §4.2.11",
    )
    return state.psk, state


def _verified(
    index: int,
    key: bytes,
    state: TicketState | NoTicket,
    offered: PreSharedKeyClientHello,
    requested: Requested,
    suite: Tls13Suite,
    context: Context[ServerConfig],
) -> ChosenPSK:
    hash_name = suite.hash_name
    is_external = isinstance(state, NoTicket)
    early_secret = start_early_secret(
        context, key, hash_name, kind="external" if is_external else "resumption"
    )
    *before, raw = context.transcript.messages
    hashed = (*before, truncated(raw, requested.client_hello))
    transcript_hash = context.primitives.transcript_hash(hashed, hash_name)
    label = EXTERNAL_BINDER if is_external else RESUMPTION_BINDER
    expected = derive_binder(context, early_secret, label, transcript_hash, hash_name)
    binder = offered.binders[index]
    if not hmac.compare_digest(expected, binder):
        raise ProtocolError(
            "decrypt_error",
            "the client does not have this pre-shared key, or the ClientHello was changed",
            where=f"client_hello.extensions.pre_shared_key.binders[{index}]",
            section="RFC 8446 §4.2.11",
        )
    context.trace.verified(
        "binder", "the client has the pre-shared key and made this hello", "RFC 8446 §4.2.11.2"
    )
    return ChosenPSK(index, key, early_secret, binder, offered.identities[index], state)


def why_no_early_data(
    psk: ChosenPSK | None,
    suite: Tls13Suite,
    alpn_protocol: bytes,
    context: Context[ServerConfig],
) -> str:
    """Why the early data that the client announces are refused; empty if they are accepted
    (RFC 8446 §4.2.10, §8).
    """
    config = context.config
    if not config.max_early_data_size:
        return "this server takes none"
    if psk is None or psk.index != 0 or isinstance(psk.state, NoTicket):
        return "they go with the first pre-shared key, and that has to be a ticket"
    state = psk.state
    if not state.max_early_data_size:
        return "the ticket allows none"
    if state.cipher_suite != suite.code or state.alpn_protocol != alpn_protocol:
        return "the suite or the application protocol is another one than the ticket's"
    if config.anti_replay is None:
        return ""
    age = (psk.identity.obfuscated_ticket_age - state.age_add) % _2_TO_32
    return config.anti_replay.why_not(
        psk.identity.identity,
        psk.binder,
        config.clock(),
        state.issued_at + timedelta(milliseconds=age),
        state.issued_at + LIFETIME,
    )


def wants_early_data(requested: Requested) -> bool:
    """Whether the client announces early data."""
    return requested.client_hello.extension(EarlyDataIndication) is not None


def has_use_for_tickets(client_hello: ClientHello, config: ServerConfig) -> bool:
    """Whether the client could come back with one: "servers SHOULD NOT send" others (§4.2.9)."""
    modes = client_hello.extension(PskKeyExchangeModes)
    return modes is not None and any(mode in config.psk_modes for mode in modes.ke_modes)


def send_tickets(
    context: Context[ServerConfig],
    keys: TicketKeys,
    established: Established,
    server_name: str,
    alpn_protocol: bytes,
    certificates: tuple[bytes, ...],
) -> None:
    """Give the client the tickets that the configuration wants (RFC 8446 §4.6.1)."""
    config, suite = context.config, established.secrets.suite
    for number in range(config.tickets):
        nonce = number.to_bytes(1, "big")
        psk = context.primitives.resumption_psk(
            established.resumption_secret, nonce, suite.hash_name
        )
        _report(context, psk, nonce, suite, number)
        now = config.clock()
        drawn = context.draw(f"ticket_age_add_{number}", AGE_ADD, "RFC 8446 §4.6.1")
        age_add = int.from_bytes(drawn, "big")
        state = TicketState(
            ProtocolVersion.TLSv1_3,
            suite.code,
            psk,
            (now - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1),
            age_add,
            config.max_early_data_size,
            server_name.encode("ascii"),
            alpn_protocol,
            certificates,
        )
        iv = context.draw(f"ticket_iv_{number}", IV, "RFC 5077 §4")
        ticket = seal_ticket(keys.sealing(now), iv, state.encode())
        extensions: tuple[Extension, ...] = ()
        if config.max_early_data_size:
            extensions = (EarlyDataNewSessionTicket(config.max_early_data_size),)
        lifetime = int(LIFETIME.total_seconds())
        context.send(NewSessionTicket(lifetime, age_add, nonce, ticket, extensions), counts=False)


def _report(
    context: Context[Any], psk: bytes, nonce: bytes, suite: Tls13Suite, number: int
) -> None:
    context.trace.secret_derived(
        f"resumption_psk_{number}",
        psk,
        f"HKDF-Expand-Label with {suite.hash_name.upper()}",
        ("resumption_secret",),
        "RFC 8446 §4.6.1",
        label="resumption",
        context=nonce,
    )
