"""Exercises of notebook 15 on the use of a secret: the keys of a side, and its Finished."""

import hmac
from collections.abc import Callable, Iterator
from typing import Any

from tlslab.crypto.hkdf import (
    HASH_LENGTHS,
    HASH_OF_NOTHING,
    derive_secret,
    finished_key,
    finished_mac,
    hkdf_expand_label,
    traffic_keys,
)
from tlslab.crypto.prf import transcript_hash
from tlslab.lab.exercises.exercise import Case, Exercise, Mistake, SeededBytes
from tlslab.lab.exercises.n15_labels import MESSAGES, PUBLISHED, other_hash

TO_CERTIFICATE_VERIFY = transcript_hash(MESSAGES[:5], "sha256")
TO_SERVER_FINISHED = transcript_hash(MESSAGES[:6], "sha256")


def keys_cases(draw: SeededBytes) -> Iterator[Case]:
    """The keys of both sides of RFC 8448, and those of a suite with SHA-384."""
    for side in ("client", "server"):
        secret = PUBLISHED[f"{side}_handshake_traffic_secret"]
        expected = tuple(PUBLISHED[f"{side}_handshake_write_{what}"] for what in ("key", "iv"))
        yield Case(f"RFC 8448: the {side}'s, handshake", (secret, 16, "sha256"), expected)
    secret = PUBLISHED["server_application_traffic_secret_0"]
    expected = tuple(PUBLISHED[f"server_application_write_{what}_0"] for what in ("key", "iv"))
    yield Case("RFC 8448: the server's, data", (secret, 16, "sha256"), expected)
    yield Case("AES-256 with SHA-384", (draw("secret", 48), 32, "sha384"))
    yield Case("ChaCha20 with SHA-256", (draw("secret", 32), 32, "sha256"))


def finished_key_cases(draw: SeededBytes) -> Iterator[Case]:
    """Those of RFC 8448, and a drawn one."""
    for side in ("server", "client"):
        secret = PUBLISHED[f"{side}_handshake_traffic_secret"]
        yield Case(f"RFC 8448: the {side}'s", (secret, "sha256"), PUBLISHED[f"{side}_finished_key"])
    yield Case("a drawn secret, sha384", (draw("secret", 48), "sha384"))


def finished_mac_cases(draw: SeededBytes) -> Iterator[Case]:
    """Both Finished of RFC 8448, and a drawn one."""
    for side, digest in (("server", TO_CERTIFICATE_VERIFY), ("client", TO_SERVER_FINISHED)):
        secret = PUBLISHED[f"{side}_handshake_traffic_secret"]
        arguments = (secret, digest, "sha256")
        yield Case(f"RFC 8448: the {side}'s", arguments, PUBLISHED[f"{side}_verify_data"])
    yield Case("drawn values, sha384", (draw("secret", 48), draw("hash", 48), "sha384"))


def _expanded(
    secret: bytes, label: bytes, length: int, hash_name: str, context: bytes = b""
) -> bytes:
    return hkdf_expand_label(secret, label, context, length, hash_name)


def _keys(
    *,
    labels: tuple[bytes, bytes] = (b"key", b"iv"),
    iv_length: int = 12,
    key_length: int = 0,
    of_nothing: bool = False,
) -> Callable[[bytes, int, str], tuple[bytes, bytes]]:
    """The keys of a side with a mistake. key_length: 0 for the right one."""

    def function(secret: bytes, length: int, hash_name: str) -> tuple[bytes, bytes]:
        context = HASH_OF_NOTHING[hash_name] if of_nothing else b""
        lengths = key_length or length, iv_length
        key, iv = (
            _expanded(secret, label, size, hash_name, context)
            for label, size in zip(labels, lengths, strict=True)
        )
        return key, iv

    return function


def _cut_from_one(secret: bytes, length: int, hash_name: str) -> tuple[bytes, bytes]:
    block = _expanded(secret, b"key", length + 12, hash_name)
    return block[:length], block[length:]


def _with_base_key(base_key: bytes, digest: bytes, hash_name: str) -> bytes:
    return hmac.digest(base_key, digest, hash_name)


def _expanded_hash(base_key: bytes, digest: bytes, hash_name: str) -> bytes:
    return _expanded(base_key, b"finished", HASH_LENGTHS[hash_name], hash_name, digest)


def _mac(
    *, key: Callable[[bytes, str], bytes] = finished_key, change: Callable[[bytes], Any] = bytes
) -> Callable[[bytes, bytes, str], Any]:
    """A Finished with another key, or with something done to the result."""
    return lambda base, digest, name: change(hmac.digest(key(base, name), digest, name))


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="15.traffic_keys",
        reference=traffic_keys,
        cases=keys_cases,
        mistakes=(
            Mistake(
                "Key and IV have changed places: return (key, iv).",
                lambda secret, length, name: tuple(traffic_keys(secret, length, name))[::-1],
            ),
            Mistake(
                "Your IV has four bytes, as with GCM in TLS 1.2. Here it has twelve.",
                _keys(iv_length=4),
            ),
            Mistake("Your IV has sixteen bytes. It has twelve.", _keys(iv_length=16)),
            Mistake(
                "Your key always has 16 bytes. Use `key_length`: it is the suite's.",
                _keys(key_length=16),
            ),
            Mistake(
                'The labels are b"key" and b"iv", both in small letters.',
                _keys(labels=(b"key", b"IV")),
            ),
            Mistake(
                'Your label for the key is too long: it is b"key".',
                _keys(labels=(b"write_key", b"iv")),
            ),
            Mistake(
                'Both have the same label with you. The IV\'s is b"iv".',
                _keys(labels=(b"key", b"key")),
            ),
            Mistake(
                "You took Derive-Secret, or the hash of nothing for a context. Here the context is "
                "empty.",
                _keys(of_nothing=True),
            ),
            Mistake(
                "You cut both from one piece, as in TLS 1.2. Each has a label of its own.",
                _cut_from_one,
            ),
            Mistake(
                "You took another hash function than `hash_name` says.",
                lambda secret, length, name: traffic_keys(secret, length, other_hash(name)),
            ),
        ),
        hints=(
            "Two calls of HKDF-Expand-Label with the same secret.",
            'The labels are b"key" and b"iv", and the context is empty.',
            "The key has key_length bytes, the IV 12.",
        ),
        section="RFC 8446 §7.3",
        primitive="traffic_keys",
    ),
    Exercise(
        id="15.finished_key",
        reference=finished_key,
        cases=finished_key_cases,
        mistakes=(
            Mistake(
                'Your label is b"finished_key". It is b"finished".',
                lambda base, name: _expanded(base, b"finished_key", HASH_LENGTHS[name], name),
            ),
            Mistake(
                'Your label is the one of TLS 1.2. Here both sides have b"finished", and the '
                "secret tells them apart.",
                lambda base, name: _expanded(base, b"client finished", HASH_LENGTHS[name], name),
            ),
            Mistake(
                'Your label is the one of TLS 1.2. Both sides have b"finished" here, since their '
                "secrets differ.",
                lambda base, name: _expanded(base, b"server finished", HASH_LENGTHS[name], name),
            ),
            Mistake(
                "You took Derive-Secret, or the hash of nothing for a context. Here the context is "
                "empty.",
                lambda base, name: derive_secret(base, b"finished", HASH_OF_NOTHING[name], name),
            ),
            Mistake(
                "Your key has 12 bytes, as a Finished of TLS 1.2. It is as long as the hash.",
                lambda base, name: _expanded(base, b"finished", 12, name),
            ),
            Mistake(
                "Your key always has 32 bytes. It is as long as the hash: 48 with SHA-384.",
                lambda base, name: _expanded(base, b"finished", 32, name),
            ),
            Mistake(
                "You took another hash function than `hash_name` says.",
                lambda base, name: finished_key(base, other_hash(name)),
            ),
        ),
        hints=(
            "It is one call of HKDF-Expand-Label.",
            'The label is b"finished", the context empty.',
            "It is as long as the hash.",
        ),
        section="RFC 8446 §4.4.4",
        primitive="finished_key",
    ),
    Exercise(
        id="15.finished_mac",
        reference=finished_mac,
        cases=finished_mac_cases,
        mistakes=(
            Mistake(
                "You took the traffic secret itself for the key of the HMAC. Take the finished_key "
                "that is made from it.",
                _with_base_key,
            ),
            Mistake(
                "Key and hash have changed places: the finished_key is the key of the HMAC.",
                lambda base, digest, name: hmac.digest(digest, finished_key(base, name), name),
            ),
            Mistake(
                "You expanded, with the transcript hash for a context. A Finished is an HMAC over "
                "the hash, with a key that does not depend on it.",
                _expanded_hash,
            ),
            Mistake(
                "You cut it to 12 bytes. That is TLS 1.2; here it is as long as the hash.",
                _mac(change=lambda mac: mac[:12]),
            ),
            Mistake(
                "You return hex text. Return the bytes.",
                _mac(change=lambda mac: mac.hex()),
            ),
            Mistake(
                "That is the key alone. Use it for an HMAC over the transcript hash.",
                lambda base, digest, name: finished_key(base, name),
            ),
            Mistake(
                "You took another hash function than `hash_name` says.",
                lambda base, digest, name: finished_mac(base, digest, other_hash(name)),
            ),
        ),
        hints=(
            "First the finished_key: mine.finished_key(base_key, hash_name).",
            "Then one HMAC over the transcript hash, as it is.",
            "hmac.digest(key, data, hash_name).",
        ),
        section="RFC 8446 §4.4.4",
        primitive="finished_mac",
    ),
)
