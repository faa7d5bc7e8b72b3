"""Exercises of notebook 15 on labels: HKDF-Expand-Label and Derive-Secret."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

from tlslab.crypto.hkdf import HASH_LENGTHS, derive_secret, hkdf_expand, hkdf_expand_label
from tlslab.crypto.prf import transcript_hash
from tlslab.lab import rfc8448
from tlslab.lab.exercises.exercise import Case, Exercise, Mistake, SeededBytes

HASHES = tuple(HASH_LENGTHS)
PUBLISHED = rfc8448.PUBLISHED
MESSAGES = [message for _, message in rfc8448.messages()]
HELLOS_HASH = transcript_hash(MESSAGES[:2], "sha256")
TO_SERVER_FINISHED_HASH = transcript_hash(MESSAGES[:6], "sha256")
TO_CLIENT_FINISHED_HASH = transcript_hash(MESSAGES, "sha256")


def other_hash(hash_name: str) -> str:
    """The other one of the two hash functions of TLS 1.3."""
    return "sha384" if hash_name == "sha256" else "sha256"


# -- labels -------------------------------------------------------------------------------------


def expand_label_cases(draw: SeededBytes) -> Iterator[Case]:
    """Four values of RFC 8448, and drawn ones: with and without a context, both hash functions."""
    for what, secret, label, context, length in (
        ("server_handshake_write_key", "server_handshake_traffic_secret", b"key", b"", 16),
        ("server_handshake_write_iv", "server_handshake_traffic_secret", b"iv", b"", 12),
        ("client_finished_key", "client_handshake_traffic_secret", b"finished", b"", 32),
        ("resumption_psk", "resumption_secret", b"resumption", b"\0\0", 32),
    ):
        arguments = (PUBLISHED[secret], label, context, length, "sha256")
        yield Case(f"RFC 8448: {what}", arguments, PUBLISHED[what])
    for hash_name in HASHES:
        size = HASH_LENGTHS[hash_name]
        own, digest = draw(f"secret {size}", size), draw(f"context {size}", size)
        what = f"c hs traffic with {hash_name}"
        yield Case(what, (own, b"c hs traffic", digest, size, hash_name))
        yield Case(f"key with {hash_name}", (own, b"key", b"", 32, hash_name))


def _with_info(make: Callable[[bytes, bytes, int], bytes]) -> Callable[..., bytes]:
    """HKDF-Expand-Label with another HkdfLabel: make(label, context, length)."""

    def function(secret: bytes, label: bytes, context: bytes, length: int, name: str) -> bytes:
        return hkdf_expand(secret, make(label, context, length), length, name)

    return function


def _vector(data: bytes) -> bytes:
    return bytes([len(data)]) + data


def _hkdf_label(
    *,
    prefix: bytes = b"tls13 ",
    end: bytes = b"",
    length: Callable[[int], bytes] = lambda number: number.to_bytes(2, "big"),
    of_label: Callable[[bytes], bytes] = _vector,
    of_context: Callable[[bytes], bytes] = _vector,
) -> Callable[..., bytes]:
    """HKDF-Expand-Label with these parts."""
    return _with_info(
        lambda label, context, number: (
            length(number) + of_label(prefix + label + end) + of_context(context)
        )
    )


# -- Derive-Secret ------------------------------------------------------------------------------


def derive_cases(draw: SeededBytes) -> Iterator[Case]:
    """Every traffic secret of RFC 8448, and drawn ones."""
    for what, source, label, digest in (
        ("client_handshake_traffic_secret", "handshake_secret", b"c hs traffic", HELLOS_HASH),
        ("server_handshake_traffic_secret", "handshake_secret", b"s hs traffic", HELLOS_HASH),
        (
            "client_application_traffic_secret_0",
            "main_secret",
            b"c ap traffic",
            TO_SERVER_FINISHED_HASH,
        ),
        ("resumption_secret", "main_secret", b"res master", TO_CLIENT_FINISHED_HASH),
    ):
        arguments = (PUBLISHED[source], label, digest, "sha256")
        yield Case(f"RFC 8448: {what}", arguments, PUBLISHED[what])
    for hash_name in HASHES:
        size = HASH_LENGTHS[hash_name]
        arguments = (
            draw(f"secret {size}", size),
            b"derived",
            draw(f"hash {size}", size),
            hash_name,
        )
        yield Case(f"derived with {hash_name}", arguments)


def _derived(**change: Any) -> Callable[[bytes, bytes, bytes, str], bytes]:
    """Derive-Secret with another argument for HKDF-Expand-Label; each is a function of all."""

    def function(secret: bytes, label: bytes, digest: bytes, hash_name: str) -> bytes:
        given: dict[str, Any] = {
            "secret": secret,
            "label": label,
            "context": digest,
            "length": HASH_LENGTHS[hash_name],
            "hash_name": hash_name,
        }
        given.update({name: make(given) for name, make in change.items()})
        return hkdf_expand_label(**given)

    return function


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="15.hkdf_expand_label",
        reference=hkdf_expand_label,
        cases=expand_label_cases,
        mistakes=(
            Mistake(
                'The prefix is missing. Each label begins with "tls13 ", RFC 8446 §7.1.',
                _hkdf_label(prefix=b""),
            ),
            Mistake(
                'Your prefix lacks its space: it is "tls13 ", with six letters.',
                _hkdf_label(prefix=b"tls13"),
            ),
            Mistake(
                'Your prefix is "TLS 1.3, ", as in the first drafts and in the context string of a '
                'signature. Here it is "tls13 ".',
                _hkdf_label(prefix=b"TLS 1.3, "),
            ),
            Mistake(
                "Your label ends with a zero byte, as a string of C does. It is the letters alone.",
                _hkdf_label(end=b"\0"),
            ),
            Mistake(
                "Your length is little-endian. The most significant byte comes first.",
                _hkdf_label(length=lambda number: number.to_bytes(2, "little")),
            ),
            Mistake(
                "Your length has one byte. `uint16 length` has two.",
                _hkdf_label(length=lambda number: number.to_bytes(1, "big")),
            ),
            Mistake(
                "The length is missing: it is the first field, two bytes.",
                _hkdf_label(length=lambda number: b""),
            ),
            Mistake(
                "The context went in without its length byte. `opaque context<0..255>` has one in "
                "front, even if it is empty.",
                _hkdf_label(of_context=bytes),
            ),
            Mistake(
                "Where the context is empty its length byte is missing. A vector of length 0 is "
                "one byte, 00.",
                _hkdf_label(of_context=lambda context: _vector(context) if context else b""),
            ),
            Mistake(
                "The label went in without its length byte. `opaque label<7..255>` has one in "
                "front.",
                _hkdf_label(of_label=bytes),
            ),
            Mistake(
                'The length of your label does not count the prefix. "tls13 " is a part of the '
                "label.",
                _hkdf_label(of_label=lambda label: bytes([len(label) - 6]) + label),
            ),
            Mistake(
                "The context is missing.",
                _hkdf_label(of_context=lambda context: b"\0"),
            ),
            Mistake(
                "The context went in as hex text. Take the bytes.",
                _hkdf_label(of_context=lambda context: _vector(context.hex().encode())),
            ),
            Mistake(
                "Context and label have changed places. The label comes first.",
                _with_info(
                    lambda label, context, length: (
                        length.to_bytes(2, "big") + _vector(context) + _vector(b"tls13 " + label)
                    )
                ),
            ),
            Mistake(
                "You always use SHA-256. Use the hash that `hash_name` says: it is the suite's.",
                lambda secret, label, context, n, name: hkdf_expand_label(
                    secret, label, context, n, "sha256"
                ),
            ),
        ),
        hints=(
            "Build HkdfLabel first: length, label, context. Then call mine.hkdf_expand with it.",
            'The label is b"tls13 " + label. Label and context are vectors: one byte of length '
            "in front of each.",
            'length.to_bytes(2, "big") + bytes([len(full)]) + full + bytes([len(context)]) + '
            "context is the info.",
        ),
        section="RFC 8446 §7.1",
        primitive="hkdf_expand_label",
    ),
    Exercise(
        id="15.derive_secret",
        reference=derive_secret,
        cases=derive_cases,
        mistakes=(
            Mistake(
                "You hashed the transcript hash once more. It goes in as it is.",
                _derived(
                    context=lambda given: hashlib.new(given["hash_name"], given["context"]).digest()
                ),
            ),
            Mistake(
                "The transcript hash is missing. It is the context.",
                _derived(context=lambda given: b""),
            ),
            Mistake(
                'The prefix "tls13 " is in your label twice: HKDF-Expand-Label adds it.',
                _derived(label=lambda given: b"tls13 " + given["label"]),
            ),
            Mistake(
                "Your secret always has 32 bytes. It is as long as the hash: 48 with SHA-384.",
                _derived(length=lambda given: 32),
            ),
            Mistake(
                "You took 48 bytes, as for the master secret of TLS 1.2. It has the hash's length.",
                _derived(length=lambda given: 48),
            ),
            Mistake(
                "The transcript hash went in as hex text. Take the bytes.",
                _derived(context=lambda given: given["context"].hex().encode()),
            ),
            Mistake(
                "You took another hash function than `hash_name` says.",
                _derived(hash_name=lambda given: other_hash(given["hash_name"])),
            ),
        ),
        hints=(
            "It is one call of HKDF-Expand-Label. Four of its five arguments are your own.",
            "The transcript hash is the context.",
            "The length is that of the hash: hashlib.new(hash_name).digest_size says it.",
        ),
        section="RFC 8446 §7.1",
        primitive="derive_secret",
    ),
)
