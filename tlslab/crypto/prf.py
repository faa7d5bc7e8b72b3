"""From a premaster secret to keys: the PRF of TLS 1.2 and what is made with it (RFC 5246 §5, §6.3,
§8.1, §7.4.9).

Every function that calls another takes it as a keyword, so that `Primitives` can put a learner's
version in its place.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import NamedTuple

PREMASTER_LENGTH = 48
MASTER_SECRET_LENGTH = 48
VERIFY_DATA_LENGTH = 12

CLIENT_FINISHED = b"client finished"
SERVER_FINISHED = b"server finished"

PHash = Callable[[bytes, bytes, int, str], bytes]
PRF = Callable[[bytes, bytes, bytes, int, str], bytes]


def p_hash(secret: bytes, seed: bytes, length: int, hash_name: str) -> bytes:
    """P_hash: stretch `secret` and `seed` to `length` bytes (RFC 5246 §5).

    P_hash(secret, seed) = HMAC_hash(secret, A(1) + seed) + HMAC_hash(secret, A(2) + seed) + …
    with A(0) = seed and A(i) = HMAC_hash(secret, A(i-1)).
    hash_name: "sha256" or "sha384", as hashlib calls it.
    """
    output = b""
    a = seed
    while len(output) < length:
        a = hmac.digest(secret, a, hash_name)
        output += hmac.digest(secret, a + seed, hash_name)
    return output[:length]


def prf(
    secret: bytes,
    label: bytes,
    seed: bytes,
    length: int,
    hash_name: str,
    *,
    p_hash: PHash = p_hash,
) -> bytes:
    """PRF(secret, label, seed) = P_hash(secret, label + seed), `length` bytes (RFC 5246 §5).

    label: ASCII without a trailing NUL, such as b"master secret".
    """
    return p_hash(secret, label + seed, length, hash_name)


def master_secret(
    premaster_secret: bytes,
    client_random: bytes,
    server_random: bytes,
    hash_name: str,
    *,
    prf: PRF = prf,
) -> bytes:
    """The 48 bytes that everything else comes from; client's random first (RFC 5246 §8.1).

    premaster_secret: 48 bytes for RSA; client_random, server_random: 32 bytes each.
    """
    seed = client_random + server_random
    return prf(premaster_secret, b"master secret", seed, MASTER_SECRET_LENGTH, hash_name)


def extended_master_secret(
    premaster_secret: bytes, session_hash: bytes, hash_name: str, *, prf: PRF = prf
) -> bytes:
    """The 48 bytes, made from the whole handshake so far and not from the randoms alone (RFC 7627
    §4).

    session_hash: the hash over all handshake messages up to and including ClientKeyExchange.
    """
    label = b"extended master secret"
    return prf(premaster_secret, label, session_hash, MASTER_SECRET_LENGTH, hash_name)


def key_block(
    master_secret: bytes,
    server_random: bytes,
    client_random: bytes,
    length: int,
    hash_name: str,
    *,
    prf: PRF = prf,
) -> bytes:
    """`length` bytes to cut the keys from; here the *server's* random is first (RFC 5246 §6.3)."""
    return prf(master_secret, b"key expansion", server_random + client_random, length, hash_name)


class Keys(NamedTuple):
    """The key block, cut. The names and the order are those of RFC 5246 §6.3."""

    client_write_MAC_key: bytes
    server_write_MAC_key: bytes
    client_write_key: bytes
    server_write_key: bytes
    client_write_IV: bytes
    server_write_IV: bytes


def cut_key_block(
    block: bytes, mac_key_length: int, enc_key_length: int, fixed_iv_length: int
) -> Keys:
    """Cut the key block into the six keys, each client's before the server's (RFC 5246 §6.3).

    A length of 0 gives an empty key: AEAD ciphers need no MAC key, CBC in TLS 1.2 needs no IV.
    """
    keys = []
    position = 0
    for length in (mac_key_length, enc_key_length, fixed_iv_length):
        for _ in ("client", "server"):
            keys.append(block[position : position + length])
            position += length
    return Keys(*keys)


def transcript_hash(handshake_messages: Sequence[bytes], hash_name: str) -> bytes:
    """Hash(handshake_messages): all handshake messages so far, each with its header of four bytes,
    without record headers and without ChangeCipherSpec (RFC 5246 §7.4.9).
    """
    return hashlib.new(hash_name, b"".join(handshake_messages)).digest()


def verify_data(
    master_secret: bytes,
    finished_label: bytes,
    transcript_hash: bytes,
    hash_name: str,
    *,
    prf: PRF = prf,
) -> bytes:
    """The 12 bytes of a Finished (RFC 5246 §7.4.9).

    finished_label: b"client finished" or b"server finished".
    """
    return prf(master_secret, finished_label, transcript_hash, VERIFY_DATA_LENGTH, hash_name)


def export_keying_material(
    master_secret: bytes,
    label: bytes,
    client_random: bytes,
    server_random: bytes,
    context: bytes | None,
    length: int,
    hash_name: str,
    *,
    prf: PRF = prf,
) -> bytes:
    """`length` bytes for a use outside TLS, bound to this connection (RFC 5705 §4).

    context: None is not the same as empty: with a context, even an empty one, its length of two
    bytes goes in too.
    """
    seed = client_random + server_random
    if context is not None:
        seed += len(context).to_bytes(2, "big") + context
    return prf(master_secret, label, seed, length, hash_name)
