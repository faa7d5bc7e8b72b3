"""From the premaster secret to the keys of TLS 1.2, each step reported (RFC 5246 §6.3).

premaster_secret ─┐
client_random ────┼─ PRF "master secret" ─► master_secret ─┐
server_random ────┘                                        ├─ PRF "key expansion" ─► key_block
                            server_random, client_random ──┘
with extended master secret (RFC 7627 §4), the handshake so far instead of the randoms:
premaster_secret ─┬─ PRF "extended master secret" ─► master_secret
session_hash ─────┘
key_block ─► client_write_MAC_key, server_write_MAC_key, client_write_key, server_write_key,
             client_write_IV, server_write_IV
"""

from dataclasses import dataclass
from typing import Any

from tlslab.connection.context import Context
from tlslab.connection.record import Protection
from tlslab.crypto.prf import CLIENT_FINISHED, SERVER_FINISHED
from tlslab.crypto.suites import Suite
from tlslab.tls12.protection import make_protection
from tlslab.wire.extensions import (
    EncryptThenMAC,
    ExtendedMasterSecret,
    RecordSizeLimit,
    SessionTicket,
    StatusRequestAck,
)
from tlslab.wire.hello import ClientHello, ServerHello


@dataclass(frozen=True, slots=True)
class Terms:
    """What the two hellos have settled.

    session_id: the server's name for the session, at most 32 bytes; gives_ticket: whether the
    server has announced a NewSessionTicket; may_staple: a CertificateStatus.
    """

    suite: Suite
    client_random: bytes
    server_random: bytes
    extended_master_secret: bool
    encrypt_then_mac: bool
    session_id: bytes
    gives_ticket: bool
    may_staple: bool


def settle(
    context: Context[Any], suite: Suite, client_hello: ClientHello, server_hello: ServerHello
) -> Terms:
    """The terms of a handshake: what the server has answered holds."""
    asked, answered = (
        client_hello.extension(RecordSizeLimit),
        server_hello.extension(RecordSizeLimit),
    )
    if asked is not None and answered is not None:
        # Each says what it wants to receive, which is what the other may send (RFC 8449 §4).
        limits = answered.record_size_limit, asked.record_size_limit
        context.limit_records(*(limits if context.role == "client" else reversed(limits)))
    return Terms(
        suite,
        client_hello.random,
        server_hello.random,
        server_hello.extension(ExtendedMasterSecret) is not None,
        server_hello.extension(EncryptThenMAC) is not None,
        server_hello.session_id,
        server_hello.extension(SessionTicket) is not None,
        server_hello.extension(StatusRequestAck) is not None,
    )


@dataclass(frozen=True, slots=True)
class Secrets:
    """What both sides derive. client_write, server_write: the protection of each direction."""

    terms: Terms
    master_secret: bytes
    client_write: Protection
    server_write: Protection
    client_keys: tuple[str, ...]
    server_keys: tuple[str, ...]


def derive_secrets(context: Context[Any], terms: Terms, premaster_secret: bytes) -> Secrets:
    """Master secret, key block and the six keys. Called right after the ClientKeyExchange."""
    if terms.extended_master_secret:
        master_secret = _extended_master_secret(context, terms, premaster_secret)
    else:
        master_secret = _master_secret(context, terms, premaster_secret)
    context.trace.key_logged("CLIENT_RANDOM", terms.client_random, master_secret)
    return expand_keys(context, terms, master_secret)


def resume_secrets(context: Context[Any], terms: Terms, master_secret: bytes) -> Secrets:
    """New keys from the master secret of an earlier session and the new randoms (RFC 5246 §7.3)."""
    context.trace.secret_derived(
        "master_secret", master_secret, "taken from the session", (), "RFC 5246 §7.3"
    )
    context.trace.key_logged("CLIENT_RANDOM", terms.client_random, master_secret)
    return expand_keys(context, terms, master_secret)


def _master_secret(context: Context[Any], terms: Terms, premaster_secret: bytes) -> bytes:
    hash_name = terms.suite.prf_hash
    master_secret = context.primitives.master_secret(
        premaster_secret, terms.client_random, terms.server_random, hash_name
    )
    context.trace.secret_derived(
        "master_secret",
        master_secret,
        f"PRF with {hash_name.upper()}",
        ("premaster_secret", "client_random", "server_random"),
        "RFC 5246 §8.1",
        label="master secret",
    )
    return master_secret


def _extended_master_secret(context: Context[Any], terms: Terms, premaster_secret: bytes) -> bytes:
    hash_name = terms.suite.prf_hash
    # RFC 7627 §3: "up to and including the ClientKeyExchange", which is the last one now.
    session_hash = context.transcript.hash()
    context.trace.secret_derived(
        "session_hash",
        session_hash,
        f"{hash_name.upper()} of the handshake messages so far",
        (),
        "RFC 7627 §3",
        context=session_hash,
    )
    master_secret = context.primitives.extended_master_secret(
        premaster_secret, session_hash, hash_name
    )
    context.trace.secret_derived(
        "master_secret",
        master_secret,
        f"PRF with {hash_name.upper()}",
        ("premaster_secret", "session_hash"),
        "RFC 7627 §4",
        label="extended master secret",
    )
    return master_secret


def expand_keys(context: Context[Any], terms: Terms, master_secret: bytes) -> Secrets:
    """The key block and the six keys of a master secret, new or resumed."""
    primitives = context.primitives
    suite = terms.suite
    server_random, client_random = terms.server_random, terms.client_random
    key_block = primitives.key_block(
        master_secret, server_random, client_random, suite.key_block_length, suite.prf_hash
    )
    context.trace.secret_derived(
        "key_block",
        key_block,
        f"PRF with {suite.prf_hash.upper()}",
        ("master_secret", "server_random", "client_random"),
        "RFC 5246 §6.3",
        label="key expansion",
    )
    keys = primitives.cut_key_block(
        key_block, suite.mac_key_length, suite.enc_key_length, suite.fixed_iv_length
    )
    names: dict[str, list[str]] = {"client": [], "server": []}
    position = 0
    for name, key in keys._asdict().items():
        if not key:
            continue
        context.trace.secret_derived(
            name,
            key,
            f"bytes {position} to {position + len(key)}",
            ("key_block",),
            "RFC 5246 §6.3",
        )
        position += len(key)
        names[name[:6]].append(name)

    def protection(side: str, mac_key: bytes, enc_key: bytes, fixed_iv: bytes) -> Protection:
        def draw_iv() -> bytes:
            return context.draw(f"{side}_record_IV", 16, "RFC 5246 §6.2.3.2")

        return make_protection(
            suite, terms.encrypt_then_mac, primitives, mac_key, enc_key, fixed_iv, draw_iv
        )

    return Secrets(
        terms,
        master_secret,
        protection(
            "client", keys.client_write_MAC_key, keys.client_write_key, keys.client_write_IV
        ),
        protection(
            "server", keys.server_write_MAC_key, keys.server_write_key, keys.server_write_IV
        ),
        tuple(names["client"]),
        tuple(names["server"]),
    )


def finished_verify_data(
    context: Context[Any], secrets: Secrets, sender: str, transcript_hash: bytes
) -> bytes:
    """The verify_data of the Finished of `sender` over `transcript_hash` (RFC 5246 §7.4.9)."""
    label = CLIENT_FINISHED if sender == "client" else SERVER_FINISHED
    hash_name = secrets.terms.suite.prf_hash
    verify_data = context.primitives.verify_data(
        secrets.master_secret, label, transcript_hash, hash_name
    )
    context.trace.secret_derived(
        f"{sender}_verify_data",
        verify_data,
        f"PRF with {hash_name.upper()}",
        ("master_secret",),
        "RFC 5246 §7.4.9",
        label=label.decode(),
        context=transcript_hash,
    )
    return verify_data
