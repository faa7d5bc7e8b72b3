"""From the premaster secret to the keys of TLS 1.2, each step reported (RFC 5246 §6.3).

premaster_secret ─┐
client_random ────┼─ PRF "master secret" ─► master_secret ─┐
server_random ────┘                                        ├─ PRF "key expansion" ─► key_block
                            server_random, client_random ──┘
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


@dataclass(frozen=True, slots=True)
class Secrets:
    """What both sides derive. client_write, server_write: the protection of each direction."""

    suite: Suite
    master_secret: bytes
    client_write: Protection
    server_write: Protection
    client_keys: tuple[str, ...]
    server_keys: tuple[str, ...]


def derive_secrets(
    context: Context[Any],
    suite: Suite,
    premaster_secret: bytes,
    client_random: bytes,
    server_random: bytes,
) -> Secrets:
    """Master secret, key block and the six keys."""
    primitives = context.primitives
    operation = f"PRF with {suite.prf_hash.upper()}"
    master_secret = primitives.master_secret(
        premaster_secret, client_random, server_random, suite.prf_hash
    )
    context.trace.secret_derived(
        "master_secret",
        master_secret,
        operation,
        ("premaster_secret", "client_random", "server_random"),
        "RFC 5246 §8.1",
        label="master secret",
    )
    context.trace.key_logged("CLIENT_RANDOM", client_random, master_secret)
    key_block = primitives.key_block(
        master_secret, server_random, client_random, suite.key_block_length, suite.prf_hash
    )
    context.trace.secret_derived(
        "key_block",
        key_block,
        operation,
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

        return make_protection(suite, primitives, mac_key, enc_key, fixed_iv, draw_iv)

    return Secrets(
        suite,
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
    hash_name = secrets.suite.prf_hash
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
