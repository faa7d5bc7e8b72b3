"""The secrets of TLS 1.3 as a connection derives them, each step reported (RFC 8446 §7.1).

`crypto.hkdf` has the diagram. Here each secret has its name in the trace, its label, and its label
in the key log, in one place, so that they cannot part.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple, cast

from tlslab.connection.context import Context
from tlslab.connection.record import Protection
from tlslab.crypto.hkdf import EXTERNAL_BINDER, TrafficKeys
from tlslab.crypto.suites import Tls13Suite
from tlslab.tls13.protection import AEAD

SECTION = "RFC 8446 §7.1"


class Name(NamedTuple):
    """A secret: its name (RFC 8446 §7.1), its label, its name in a key log ("" if none)."""

    name: str
    label: str
    key_log: str = ""


CLIENT_EARLY = Name("client_early_traffic_secret", "c e traffic", "CLIENT_EARLY_TRAFFIC_SECRET")
EARLY_EXPORTER = Name("early_exporter_secret", "e exp master", "EARLY_EXPORTER_SECRET")
CLIENT_HANDSHAKE = Name(
    "client_handshake_traffic_secret", "c hs traffic", "CLIENT_HANDSHAKE_TRAFFIC_SECRET"
)
SERVER_HANDSHAKE = Name(
    "server_handshake_traffic_secret", "s hs traffic", "SERVER_HANDSHAKE_TRAFFIC_SECRET"
)
CLIENT_APPLICATION = Name(
    "client_application_traffic_secret_0", "c ap traffic", "CLIENT_TRAFFIC_SECRET_0"
)
SERVER_APPLICATION = Name(
    "server_application_traffic_secret_0", "s ap traffic", "SERVER_TRAFFIC_SECRET_0"
)
EXPORTER = Name("exporter_secret", "exp master", "EXPORTER_SECRET")
RESUMPTION = Name("resumption_secret", "res master")


@dataclass(frozen=True, slots=True)
class TrafficSecret:
    """What the keys of one direction come from. generation: how often it was updated."""

    name: str
    value: bytes = field(repr=False)
    generation: int = 0


@dataclass(frozen=True, slots=True)
class Handshaking:
    """What both sides share after the ServerHello."""

    suite: Tls13Suite
    client_random: bytes
    handshake_secret: bytes = field(repr=False)
    client: TrafficSecret
    server: TrafficSecret


@dataclass(frozen=True, slots=True)
class Secrets:
    """What both sides share after the server's Finished.

    client_finished_key_base: what the client's Finished is made with.
    """

    suite: Tls13Suite
    client_random: bytes
    main_secret: bytes = field(repr=False)
    exporter_secret: bytes = field(repr=False)
    client: TrafficSecret
    server: TrafficSecret


def start_early_secret(
    context: Context[Any], psk: bytes, hash_name: str, *, kind: str, suffix: str = ""
) -> bytes:
    """The Early Secret of a pre-shared key. kind: "resumption" or "external"."""
    origin = "the ticket's" if kind == "resumption" else "agreed on outside TLS"
    context.trace.secret_derived(f"psk{suffix}", psk, origin, (), "RFC 8446 §4.2.11")
    return _early_secret(context, psk, hash_name, f"early_secret{suffix}", (f"psk{suffix}",))


def start_without_psk(context: Context[Any], hash_name: str, name: str) -> tuple[str, bytes]:
    """The Early Secret of zeros alone: its name in the trace, and its value."""
    return name, _early_secret(context, b"", hash_name, name, ())


def _early_secret(
    context: Context[Any], psk: bytes, hash_name: str, name: str, inputs: tuple[str, ...]
) -> bytes:
    secret = context.primitives.early_secret(psk, hash_name)
    operation = f"HKDF-Extract with {hash_name.upper()}"
    context.trace.secret_derived(name, secret, operation, inputs, SECTION)
    return secret


def derive(
    context: Context[Any],
    what: Name,
    source: str,
    secret: bytes,
    transcript_hash: bytes,
    hash_name: str,
    client_random: bytes,
) -> bytes:
    """Derive-Secret(secret, label, messages). source: the name of `secret`."""
    value = context.primitives.derive_secret(
        secret, what.label.encode(), transcript_hash, hash_name
    )
    context.trace.secret_derived(
        what.name,
        value,
        f"Derive-Secret with {hash_name.upper()}",
        (source,),
        SECTION,
        label=what.label,
        context=transcript_hash,
    )
    if what.key_log:
        context.trace.key_logged(what.key_log, client_random, value)
    return value


def derive_binder(
    context: Context[Any],
    early_secret: bytes,
    label: bytes,
    transcript_hash: bytes,
    hash_name: str,
    *,
    suffix: str = "",
) -> bytes:
    """The binder of a pre-shared key: proof that its owner made this ClientHello (§4.2.11.2)."""
    primitives = context.primitives
    binder_key = primitives.binder_key(early_secret, label, hash_name)
    context.trace.secret_derived(
        f"binder_key{suffix}",
        binder_key,
        f"Derive-Secret with {hash_name.upper()}",
        (f"early_secret{suffix}",),
        SECTION,
        label=label.decode(),
    )
    binder = primitives.finished_mac(binder_key, transcript_hash, hash_name)
    kind = "external" if label == EXTERNAL_BINDER else "resumption"
    context.trace.secret_derived(
        f"binder{suffix}",
        binder,
        f"HMAC with the finished key of the {kind} binder_key",
        (f"binder_key{suffix}",),
        "RFC 8446 §4.2.11.2",
        label="finished",
        context=transcript_hash,
    )
    return binder


def derive_handshake_secrets(
    context: Context[Any],
    suite: Tls13Suite,
    client_random: bytes,
    early_secret: tuple[str, bytes],
    shared_secret: bytes,
) -> Handshaking:
    """After the ServerHello. early_secret: its name in the trace, and its value.

    shared_secret: what the key shares led to; empty without any (psk_ke).
    """
    hash_name = suite.hash_name
    source, early = early_secret
    handshake_secret = context.primitives.handshake_secret(early, shared_secret, hash_name)
    context.trace.secret_derived(
        "handshake_secret",
        handshake_secret,
        f"HKDF-Extract with {hash_name.upper()}",
        (source, "shared_secret") if shared_secret else (source,),
        SECTION,
        label="derived",
    )
    transcript_hash = context.transcript.hash()

    def traffic(what: Name) -> TrafficSecret:
        value = derive(
            context,
            what,
            "handshake_secret",
            handshake_secret,
            transcript_hash,
            hash_name,
            client_random,
        )
        return TrafficSecret(what.name, value)

    return Handshaking(
        suite,
        client_random,
        handshake_secret,
        traffic(CLIENT_HANDSHAKE),
        traffic(SERVER_HANDSHAKE),
    )


def derive_application_secrets(context: Context[Any], known: Handshaking) -> Secrets:
    """After the server's Finished, which is the last message of the transcript now."""
    suite = known.suite
    hash_name = suite.hash_name
    main_secret = context.primitives.main_secret(known.handshake_secret, hash_name)
    context.trace.secret_derived(
        "main_secret",
        main_secret,
        f"HKDF-Extract with {hash_name.upper()}",
        ("handshake_secret",),
        SECTION,
        label="derived",
    )
    transcript_hash = context.transcript.hash()

    def derived(what: Name) -> bytes:
        return derive(
            context,
            what,
            "main_secret",
            main_secret,
            transcript_hash,
            hash_name,
            known.client_random,
        )

    client = TrafficSecret(CLIENT_APPLICATION.name, derived(CLIENT_APPLICATION))
    server = TrafficSecret(SERVER_APPLICATION.name, derived(SERVER_APPLICATION))
    exporter_secret = derived(EXPORTER)
    return Secrets(suite, known.client_random, main_secret, exporter_secret, client, server)


def derive_resumption_secret(context: Context[Any], secrets: Secrets) -> bytes:
    """After the client's Finished, which is the last message of the transcript now."""
    return derive(
        context,
        RESUMPTION,
        "main_secret",
        secrets.main_secret,
        context.transcript.hash(),
        secrets.suite.hash_name,
        secrets.client_random,
    )


def updated(context: Context[Any], secret: TrafficSecret, suite: Tls13Suite) -> TrafficSecret:
    """The next traffic secret, after a KeyUpdate (RFC 8446 §7.2)."""
    value = context.primitives.next_traffic_secret(secret.value, suite.hash_name)
    generation = secret.generation + 1
    name = f"{secret.name.rpartition('_')[0]}_{generation}"
    context.trace.secret_derived(
        name,
        value,
        f"HKDF-Expand-Label with {suite.hash_name.upper()}",
        (secret.name,),
        "RFC 8446 §7.2",
        label="traffic upd",
    )
    return TrafficSecret(name, value, generation)


def install_write(context: Context[Any], secret: TrafficSecret, suite: Tls13Suite) -> None:
    """What we send from here on is protected by the keys of `secret`."""
    protection, names = _protection(
        context, secret, suite, context.send_limit, padding=context.config.record_padding
    )
    context.install_write(protection, names)


def install_read(
    context: Context[Any], secret: TrafficSecret, suite: Tls13Suite, *, plain_alert: bool = False
) -> None:
    """What the peer sends from here on is protected by the keys of `secret`."""
    protection, names = _protection(
        context, secret, suite, context.receive_limit, plain_alert=plain_alert
    )
    context.install_read(protection, names)


def limit_records(context: Context[Any], send: int, receive: int) -> None:
    """What follows holds at most so many bytes a record; in TLS 1.3 the byte of the type and the
    padding count too (RFC 8449 §4).
    """
    context.limit_records_now(send - 1, receive - 1)
    cast(AEAD, context.writer.protection).max_inner = context.send_limit + 1
    cast(AEAD, context.reader.protection).max_inner = context.receive_limit + 1


def _protection(
    context: Context[Any],
    secret: TrafficSecret,
    suite: Tls13Suite,
    limit: int,
    *,
    padding: int = 0,
    plain_alert: bool = False,
) -> tuple[Protection, tuple[str, ...]]:
    primitives = context.primitives
    hash_name = suite.hash_name
    # A learner's function may return a plain pair.
    keys = TrafficKeys(*primitives.traffic_keys(secret.value, suite.key_length, hash_name))
    names = _write_names(secret.name)
    operation = f"HKDF-Expand-Label with {hash_name.upper()}"
    for label, name, value in zip(TrafficKeys._fields, names, keys, strict=True):
        context.trace.secret_derived(
            name, value, operation, (secret.name,), "RFC 8446 §7.3", label=label
        )
    protection = AEAD(
        suite,
        primitives,
        keys.key,
        keys.iv,
        padding=padding,
        takes_plain_alert=plain_alert,
    )
    protection.max_inner = limit + 1
    return protection, names


@lru_cache(maxsize=32)
def _write_names(secret_name: str) -> tuple[str, ...]:
    """What the key and the IV of a traffic secret are called."""
    return tuple(
        secret_name.replace("traffic_secret", f"write_{label}") for label in TrafficKeys._fields
    )
