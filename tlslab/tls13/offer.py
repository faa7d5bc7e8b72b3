"""What a client of TLS 1.3 puts into its ClientHello, and what it keeps for the answer.

Key shares, so that the keys are there after one round trip; pre-shared keys, each with a binder;
and perhaps application data that follow at once (RFC 8446 §4.1.2, §4.2.8, §4.2.10, §4.2.11).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tlslab.connection.config import ClientConfig, usable_versions
from tlslab.connection.context import Context
from tlslab.connection.session import PSKSession
from tlslab.crypto.groups import Share
from tlslab.crypto.hkdf import EXTERNAL_BINDER, HASH_LENGTHS, RESUMPTION_BINDER
from tlslab.crypto.suites import TLS13_SUITES, Tls13Suite
from tlslab.tls13.keys import (
    CLIENT_EARLY,
    EARLY_EXPORTER,
    Name,
    TrafficSecret,
    derive,
    derive_binder,
    install_write,
    start_early_secret,
)
from tlslab.tls13.shares import draw_share
from tlslab.wire.extensions import (
    Cookie,
    EarlyDataIndication,
    Extension,
    KeyShareClientHello,
    KeyShareEntry,
    PostHandshakeAuth,
    PreSharedKeyClientHello,
    PskIdentity,
    PskKeyExchangeModes,
    SupportedVersions,
)
from tlslab.wire.hello import ClientHello, truncated
from tlslab.wire.registry import ContentType, NamedGroup

COMPATIBLE_SESSION_ID = 32
"""Bytes: so many has a session ID of TLS 1.2 (RFC 8446 Appendix D.4)."""


@dataclass(frozen=True, slots=True)
class OfferedPSK:
    """A pre-shared key on offer. label: of its binder_key. certificates: of its session's server.

    cipher_suite: the one that its early data are protected with; any of the hash will do without.
    """

    identity: PskIdentity
    key: bytes = field(repr=False)
    hash_name: str
    label: bytes
    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    early_suite: Tls13Suite | None = None
    alpn_protocol: bytes = b""

    @property
    def kind(self) -> str:
        """Where it comes from."""
        return "external" if self.label == EXTERNAL_BINDER else "resumption"


@dataclass(frozen=True, slots=True)
class Offer:
    """See `connection.negotiation.Prepared`.

    shares: by group. psks: in the order of the hello. early_data: sent at once, maybe nothing.
    early_secret: of the first pre-shared key; empty without one.
    """

    shares: Mapping[NamedGroup, Share] = field(repr=False)
    psks: tuple[OfferedPSK, ...]
    session_id: bytes
    early_data: bytes = field(repr=False)
    extensions: tuple[Extension, ...]

    def suffix(self, psk: OfferedPSK) -> str:
        """What tells the secrets of a second pre-shared key from those of the first."""
        return "_of_second_psk" if psk is not self.psks[0] else ""

    def complete(self, client_hello: ClientHello, context: Context[ClientConfig]) -> ClientHello:
        """The hello with its binders: each is over all that stands before them (§4.2.11.2)."""
        if not self.psks:
            return client_hello
        before = context.transcript.messages
        raw = client_hello.encode_handshake()
        hashed = (*before, truncated(raw, client_hello))
        binders = []
        for psk in self.psks:
            early_secret = start_early_secret(
                context, psk.key, psk.hash_name, kind=psk.kind, suffix=self.suffix(psk)
            )
            transcript_hash = context.primitives.transcript_hash(hashed, psk.hash_name)
            binders.append(
                derive_binder(
                    context,
                    early_secret,
                    psk.label,
                    transcript_hash,
                    psk.hash_name,
                    suffix=self.suffix(psk),
                )
            )
        identities = tuple(psk.identity for psk in self.psks)
        with_binders = PreSharedKeyClientHello(identities, tuple(binders))
        others = (client_hello.extensions or ())[:-1]
        return replace(client_hello, extensions=(*others, with_binders))

    def sent(self, client_hello: ClientHello, context: Context[ClientConfig]) -> None:
        """The early data, under keys of their own."""
        suite = self.psks[0].early_suite if self.psks else None
        if not self.early_data or suite is None:
            return
        if client_hello.session_id:
            context.send_compatible_change_cipher_spec()
        secret = early_traffic_secret(context, client_hello, self.psks[0].key, suite)
        install_write(context, secret, suite)
        context.writer.write(ContentType.application_data, self.early_data)


def early_traffic_secret(
    context: Context[ClientConfig], client_hello: ClientHello, psk: bytes, suite: Tls13Suite
) -> TrafficSecret:
    """What early data are protected with: bound to the ClientHello alone (RFC 8446 §7.1)."""
    hash_name = suite.hash_name
    early_secret = context.primitives.early_secret(psk, hash_name)
    transcript_hash = context.primitives.transcript_hash(context.transcript.messages, hash_name)
    random = client_hello.random

    def derived(what: Name) -> bytes:
        return derive(
            context, what, "early_secret", early_secret, transcript_hash, hash_name, random
        )

    secret = TrafficSecret(CLIENT_EARLY.name, derived(CLIENT_EARLY))
    derived(EARLY_EXPORTER)
    return secret


def prepare(context: Context[ClientConfig]) -> Offer:
    """The offer in a first ClientHello."""
    config = context.config
    session_id = b""
    if config.compatibility_mode:
        session_id = context.draw("session_id", COMPATIBLE_SESSION_ID, "RFC 8446 §4.1.2")
    shares = {group: draw_share(context, group) for group in config.shares}
    psks = offered_psks(context)
    early_data = config.early_data if psks and psks[0].early_suite else b""
    extensions = _extensions(config, shares, psks, b"", early=bool(early_data))
    return Offer(shares, psks, session_id, early_data, extensions)


def prepare_again(
    context: Context[ClientConfig],
    before: Offer,
    group: NamedGroup | None,
    cookie: bytes,
    hash_name: str,
) -> Offer:
    """The offer in the ClientHello that answers a HelloRetryRequest (RFC 8446 §4.1.2).

    group: whose share the server wants, or None if it has what it wants. Keys of another hash than
    `hash_name` are left out, and so are early data.
    """
    shares = before.shares if group is None else {group: draw_share(context, group)}
    psks = tuple(
        replace(psk, early_suite=None) for psk in before.psks if psk.hash_name == hash_name
    )
    psks = tuple(_aged(context, psk) for psk in psks)
    extensions = _extensions(context.config, shares, psks, cookie, early=False)
    return Offer(shares, psks, before.session_id, b"", extensions)


def offered_psks(context: Context[ClientConfig]) -> tuple[OfferedPSK, ...]:
    """The ticket, if it is fresh and for this server, then the key from outside."""
    config, psks = context.config, []
    session, now = config.session, config.clock()
    if (
        isinstance(session, PSKSession)
        and session.is_fresh(now)
        and session.server_name == config.server_name
        and session.cipher_suite in config.cipher_suites
    ):
        suite = TLS13_SUITES[session.cipher_suite]
        psks.append(
            OfferedPSK(
                PskIdentity(session.ticket, session.obfuscated_age(now)),
                session.psk,
                suite.hash_name,
                RESUMPTION_BINDER,
                session.peer_certificates,
                suite if session.max_early_data_size else None,
                session.alpn_protocol,
            )
        )
    if config.psk is not None:
        # RFC 8446 §4.2.11: for a key from outside the age "SHOULD" be 0.
        identity = PskIdentity(config.psk.identity, 0)
        psks.append(OfferedPSK(identity, config.psk.key, config.psk.hash_name, EXTERNAL_BINDER))
    hashes = {TLS13_SUITES[s].hash_name for s in config.cipher_suites if s in TLS13_SUITES}
    return tuple(psk for psk in psks if psk.hash_name in hashes)


def _aged(context: Context[ClientConfig], psk: OfferedPSK) -> OfferedPSK:
    session = context.config.session
    if psk.label == EXTERNAL_BINDER or not isinstance(session, PSKSession):
        return psk
    age = session.obfuscated_age(context.config.clock())
    return replace(psk, identity=PskIdentity(session.ticket, age))


def _extensions(
    config: ClientConfig,
    shares: Mapping[NamedGroup, Share],
    psks: tuple[OfferedPSK, ...],
    cookie: bytes,
    *,
    early: bool,
) -> tuple[Extension, ...]:
    versions = tuple(sorted(usable_versions(config), reverse=True))
    extensions: list[Extension] = [SupportedVersions(versions)]
    if cookie:
        extensions.append(Cookie(cookie))
    # Also without a key: it says how one that the server gives may be used (RFC 8446 §4.2.9).
    extensions.append(PskKeyExchangeModes(config.psk_modes))
    entries = (KeyShareEntry(group, share.public) for group, share in shares.items())
    extensions.append(KeyShareClientHello(tuple(entries)))
    if config.post_handshake_auth:
        extensions.append(PostHandshakeAuth())
    if early:
        extensions.append(EarlyDataIndication())
    if psks:
        binders = tuple(bytes(HASH_LENGTHS[psk.hash_name]) for psk in psks)
        identities = tuple(psk.identity for psk in psks)
        extensions.append(PreSharedKeyClientHello(identities, binders))
    return tuple(extensions)
