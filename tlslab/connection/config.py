"""What a connection is given from outside: randomness, clock, credentials, trust, primitives."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Protocol

from cryptography import x509

from tlslab.connection.session import (
    AntiReplay,
    ExternalPSK,
    PSKSession,
    Session,
    SessionCache,
    TicketKeys,
)
from tlslab.crypto.groups import ECDHE_GROUPS, FFDHE_GROUPS, FiniteField, ffdhe
from tlslab.crypto.key_shares import HYBRID_GROUPS, KEY_SHARE_GROUPS
from tlslab.crypto.signatures import SCHEMES, TLS13_SCHEMES, PrivateKey
from tlslab.crypto.suites import DEFAULT_SUITES, ECDHE, SUITES, TLS13_SUITES
from tlslab.errors import LocalError
from tlslab.primitives import REFERENCE, Primitives
from tlslab.wire.framing import MAX_PLAINTEXT
from tlslab.wire.registry import (
    CipherSuite,
    NamedGroup,
    ProtocolVersion,
    PskKeyExchangeMode,
    SignatureScheme,
)


class Randomness(Protocol):
    """Where random bytes come from. `name` says what they are for: a seeded source may use it."""

    def __call__(self, name: str, length: int) -> bytes:
        """`length` bytes that nobody can predict."""
        ...


Clock = Callable[[], datetime]


def system_random(name: str, length: int) -> bytes:
    """Randomness of the operating system."""
    return os.urandom(length)


def system_clock() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


DEFAULT_GROUPS: tuple[NamedGroup, ...] = (
    *(group for group in HYBRID_GROUPS if group is NamedGroup.X25519MLKEM768),
    *ECDHE_GROUPS,
    *FFDHE_GROUPS[:3],
)
"""What browsers prefer (TLS 1.3 alone has a use for it), every curve, then ffdhe2048 to ffdhe4096:
the longer primes take a noticeable time."""

DEFAULT_SCHEMES: tuple[SignatureScheme, ...] = (
    SignatureScheme.ecdsa_secp256r1_sha256,
    SignatureScheme.ecdsa_secp384r1_sha384,
    SignatureScheme.rsa_pss_rsae_sha256,
    SignatureScheme.rsa_pss_rsae_sha384,
    SignatureScheme.rsa_pss_rsae_sha512,
    SignatureScheme.rsa_pkcs1_sha256,
    SignatureScheme.rsa_pkcs1_sha384,
    SignatureScheme.rsa_pkcs1_sha512,
)
"""What `cryptography` verifies in a certificate chain too (RFC 5246 §7.4.1.4.1)."""


DEFAULT_PSK_MODES = (PskKeyExchangeMode.psk_dhe_ke,)
"""A pre-shared key with fresh key shares. Without them (psk_ke) who steals the key later can read
what was recorded (RFC 8446 §4.2.9)."""

MAX_TICKETS = 32
"""On one connection: a client bears no more messages in a row that lead nowhere."""

MIN_RECORD_SIZE_LIMIT = 64
"""RFC 8449 §4: an endpoint "MUST NOT send a value smaller than 64"."""


class ClientAuthentication(StrEnum):
    """Whether a server wants to know who its client is (RFC 5246 §7.4.4).

    LATER: not in the handshake, but `request_certificate` may ask (RFC 8446 §4.6.2).
    """

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"
    LATER = "later"

    @property
    def in_handshake(self) -> bool:
        """Whether the handshake has a CertificateRequest."""
        return self in (ClientAuthentication.OPTIONAL, ClientAuthentication.REQUIRED)


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate chain (DER, leaf first, without the root) and its private key.

    ocsp_response: what the issuer says about the leaf, in DER, for clients that ask; may be empty.
    """

    certificate_chain: tuple[bytes, ...]
    private_key: PrivateKey = field(repr=False)
    ocsp_response: bytes = field(default=b"", repr=False)
    leaf: x509.Certificate = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.certificate_chain:
            raise LocalError("a credential needs at least one certificate")
        leaf = x509.load_der_x509_certificate(self.certificate_chain[0])
        if leaf.public_key() != self.private_key.public_key():
            raise LocalError("the private key does not belong to the certificate")
        object.__setattr__(self, "leaf", leaf)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientConfig:
    """How a client behaves.

    server_name: the DNS name or IP address that the server's certificate has to be for.
    trust_anchors: the certificates of the CAs to believe.
    min_version, max_version: what is offered in between, if there is a suite for it.
    cipher_suites, groups, signature_schemes: the offer, the dearest first. Curves are offered if a
    suite needs them, and so are groups of RFC 7919.
    credential: who the client is, for a server that asks.
    extended_master_secret (RFC 7627), encrypt_then_mac (RFC 7366): whether they are offered.
    status_request (RFC 6066 §8): whether to ask for the issuer's word on the certificate.
    session_tickets (RFC 5077): whether the server may give us a ticket. session: one from before,
    to go on with.
    record_size_limit: the longest content of a record, in bytes, that the server may send: 64 to
    2^14; None offers nothing (RFC 8449).
    alpn: application protocols, the dearest first.
    For TLS 1.3 alone: key_shares: the groups whose shares go into the first ClientHello; None for
    the first group, and for x25519 beside a hybrid. psk: a key that the server knows too;
    psk_modes: how such keys, and tickets, may be used. early_data: what is sent at once, if
    `session` allows it (0-RTT): somebody may send it a second time. post_handshake_auth: whether
    the server may ask for the credential later. record_padding: records are filled up to a
    multiple of so many bytes; 0 for none. grease: whether values without a meaning stand in the
    offer (RFC 8701). compatibility_mode: whether it looks like a resumption of TLS 1.2 to whoever
    stands in between (RFC 8446 Appendix D.4).
    Raises LocalError for what the package cannot do.
    """

    server_name: str
    trust_anchors: tuple[x509.Certificate, ...]
    min_version: ProtocolVersion = ProtocolVersion.TLSv1_2
    max_version: ProtocolVersion = ProtocolVersion.TLSv1_3
    cipher_suites: tuple[CipherSuite, ...] = DEFAULT_SUITES
    groups: tuple[NamedGroup, ...] = DEFAULT_GROUPS
    signature_schemes: tuple[SignatureScheme, ...] = DEFAULT_SCHEMES
    credential: Credential | None = None
    extended_master_secret: bool = True
    encrypt_then_mac: bool = True
    status_request: bool = False
    session_tickets: bool = True
    session: Session | PSKSession | None = None
    record_size_limit: int | None = None
    alpn: tuple[bytes, ...] = ()
    key_shares: tuple[NamedGroup, ...] | None = None
    psk: ExternalPSK | None = None
    psk_modes: tuple[PskKeyExchangeMode, ...] = DEFAULT_PSK_MODES
    early_data: bytes = field(default=b"", repr=False)
    post_handshake_auth: bool = False
    record_padding: int = 0
    grease: bool = False
    compatibility_mode: bool = True
    random: Randomness = system_random
    clock: Clock = system_clock
    primitives: Primitives = REFERENCE

    def __post_init__(self) -> None:
        _check(self)
        for group in self.key_shares or ():
            if group not in self.groups:
                raise LocalError(f"a share of {group.name}, which is none of the groups")
        session = self.session
        if self.early_data and not (
            isinstance(session, PSKSession) and len(self.early_data) <= session.max_early_data_size
        ):
            raise LocalError("early data need a session that allows as many bytes of them")

    @property
    def shares(self) -> tuple[NamedGroup, ...]:
        """The groups whose shares go into the first ClientHello."""
        if self.key_shares is not None:
            return self.key_shares
        possible = tuple(group for group in self.groups if group in KEY_SHARE_GROUPS)
        if possible and possible[0] in HYBRID_GROUPS and NamedGroup.x25519 in possible:
            return possible[0], NamedGroup.x25519
        return possible[:1]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """How a server behaves.

    credentials: those for the name that the client asks for are used; all, if it asks for none, or
    for an unknown one. The first one whose key fits the suite serves.
    cipher_suites, groups, signature_schemes, alpn: what it can do, in the server's own order, which
    decides.
    dh_field: for DHE with a client that names no group (RFC 7919 §4).
    client_authentication: whether a client may or has to say who it is; client_trust_anchors: the
    CAs to believe then.
    extended_master_secret (RFC 7627), encrypt_then_mac (RFC 7366): whether an offer is accepted.
    session_cache, ticket_keys: what lets clients resume their sessions; for several connections to
    share. A client that takes tickets gets one, another gets a session ID.
    record_size_limit: the longest content of a record, in bytes, that a client may send, if it
    knows the extension: 64 to 2^14 (RFC 8449).
    min_version, max_version: what is accepted in between, if there is a suite for it.
    For TLS 1.3 alone: psks: keys that clients know too; psk_modes: how such keys, and tickets, may
    be used. tickets: how many a client gets, if there are ticket_keys. retry: ask every client for
    a second ClientHello; cookie: with a cookie in it. max_early_data_size: how many bytes a client
    may send before the handshake is complete; anti_replay: for several connections to share, what
    lets them in once. None lets them in as often as they come. record_padding: records are filled
    up to a multiple of so many bytes; 0 for none.
    """

    credentials: tuple[Credential, ...]
    min_version: ProtocolVersion = ProtocolVersion.TLSv1_2
    max_version: ProtocolVersion = ProtocolVersion.TLSv1_3
    cipher_suites: tuple[CipherSuite, ...] = DEFAULT_SUITES
    groups: tuple[NamedGroup, ...] = DEFAULT_GROUPS
    signature_schemes: tuple[SignatureScheme, ...] = DEFAULT_SCHEMES
    dh_field: FiniteField = field(default_factory=lambda: ffdhe(NamedGroup.ffdhe2048))
    client_authentication: ClientAuthentication = ClientAuthentication.NONE
    client_trust_anchors: tuple[x509.Certificate, ...] = ()
    extended_master_secret: bool = True
    encrypt_then_mac: bool = True
    session_cache: SessionCache | None = None
    ticket_keys: TicketKeys | None = None
    record_size_limit: int = MAX_PLAINTEXT
    alpn: tuple[bytes, ...] = ()
    psks: tuple[ExternalPSK, ...] = ()
    psk_modes: tuple[PskKeyExchangeMode, ...] = DEFAULT_PSK_MODES
    tickets: int = 2
    retry: bool = False
    cookie: bool = False
    max_early_data_size: int = 0
    anti_replay: AntiReplay | None = None
    record_padding: int = 0
    random: Randomness = system_random
    clock: Clock = system_clock
    primitives: Primitives = REFERENCE

    def __post_init__(self) -> None:
        _check(self)
        if not self.credentials:
            raise LocalError("a server needs at least one credential")
        if not 0 <= self.tickets <= MAX_TICKETS:
            raise LocalError(f"a client gets 0 to {MAX_TICKETS} tickets")
        if (
            self.client_authentication is not ClientAuthentication.NONE
            and not self.client_trust_anchors
        ):
            raise LocalError("to verify clients, a server needs the CAs that it believes")


Config = ClientConfig | ServerConfig


def usable_versions(config: Config) -> frozenset[ProtocolVersion]:
    """The versions that the configuration allows and has a suite for."""
    return _usable(config.cipher_suites, config.min_version, config.max_version)


@lru_cache(maxsize=64)
def _usable(
    cipher_suites: tuple[CipherSuite, ...], lowest: ProtocolVersion, highest: ProtocolVersion
) -> frozenset[ProtocolVersion]:
    suites = {
        ProtocolVersion.TLSv1_2: SUITES.keys() & set(cipher_suites),
        ProtocolVersion.TLSv1_3: TLS13_SUITES.keys() & set(cipher_suites),
    }
    return frozenset(
        version for version, usable in suites.items() if usable and lowest <= version <= highest
    )


def _check(config: Config) -> None:
    if not config.cipher_suites:
        raise LocalError("there has to be at least one cipher suite")
    for suite in config.cipher_suites:
        if suite not in SUITES and suite not in TLS13_SUITES:
            known = ", ".join(code.name for code in (*TLS13_SUITES, *SUITES))
            raise LocalError(f"{CipherSuite(suite).name} is not implemented; there are: {known}")
    versions = usable_versions(config)
    if not versions:
        raise LocalError(
            f"no suite is one of {config.min_version.title} to {config.max_version.title}"
        )
    exchanges = {SUITES[suite].key_exchange for suite in config.cipher_suites if suite in SUITES}
    # For DHE no group need be named: the server then chooses a prime of its own.
    if exchanges & ECDHE and not set(ECDHE_GROUPS) & set(config.groups):
        known = ", ".join(group.name for group in ECDHE_GROUPS)
        raise LocalError(f"ECDHE needs a curve; there are: {known}")
    if ProtocolVersion.TLSv1_3 in versions and not set(KEY_SHARE_GROUPS) & set(config.groups):
        known = ", ".join(group.name for group in KEY_SHARE_GROUPS)
        raise LocalError(f"TLS 1.3 needs a group; there are: {known}")
    for group in config.groups:
        if group not in KEY_SHARE_GROUPS:
            raise LocalError(f"the group {NamedGroup(group).label} is not implemented")
    limit = config.record_size_limit
    if limit is not None and not MIN_RECORD_SIZE_LIMIT <= limit <= MAX_PLAINTEXT:
        raise LocalError(f"a record size limit is {MIN_RECORD_SIZE_LIMIT} to {MAX_PLAINTEXT} bytes")
    if config.record_padding < 0 or config.record_padding > MAX_PLAINTEXT:
        raise LocalError(f"records are padded to a multiple of 1 to {MAX_PLAINTEXT} bytes")
    if not config.signature_schemes:
        raise LocalError("there has to be at least one signature scheme")
    for scheme in config.signature_schemes:
        if scheme not in SCHEMES and scheme not in TLS13_SCHEMES:
            raise LocalError(f"the scheme {SignatureScheme(scheme).label} is not implemented")
    for mode in config.psk_modes:
        if not mode.is_known:
            raise LocalError(f"the PSK mode {mode.label} is not implemented")
