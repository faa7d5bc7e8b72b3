"""Notebook 16: what a second ClientHello does to the transcript, and keys from before.

Early data, and new keys within a connection, are in `n16_early_data`.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator

from tlslab.crypto import hkdf
from tlslab.crypto.hkdf import EXTERNAL_BINDER, HASH_LENGTHS, RESUMPTION_BINDER
from tlslab.lab import rfc8448_resumed as rfc
from tlslab.lab.exercises.exercise import Case, Exercise, Mistake, SeededBytes

HASHES = ("sha256", "sha384")

message_hash = hkdf.message_hash
resumption_psk = hkdf.resumption_psk


def psk_binder(psk: bytes, client_hello: bytes, hash_name: str) -> bytes:
    """The binder of a pre-shared key from a ticket (RFC 8446 §4.2.11.2).

    client_hello: the whole message, which ends in a list with this binder alone.
    """
    return _binder(psk, client_hello, hash_name)


def hashed(data: bytes, hash_name: str) -> bytes:
    """The hash of the suite."""
    return hashlib.new(hash_name, data).digest()


# -- a second hello -----------------------------------------------------------------------------


def message_hash_cases(draw: SeededBytes) -> Iterator[Case]:
    """The first ClientHello of RFC 8448 §5, and others with either hash."""
    hello = rfc.FIRST_CLIENT_HELLO
    # The secrets that RFC 8448 publishes for this session fit this message alone.
    yield Case("RFC 8448 §5", (hello, "sha256"), b"\xfe\0\0\x20" + hashed(hello, "sha256"))
    for hash_name in HASHES:
        body = draw(f"body {hash_name}", 200)
        hello = b"\x01" + len(body).to_bytes(3, "big") + body
        yield Case(f"another ClientHello, {hash_name.upper()}", (hello, hash_name))


def _typed(type: int) -> Callable[[bytes, str], bytes]:
    return lambda hello, name: bytes([type]) + message_hash(hello, name)[1:]


# -- keys from before ---------------------------------------------------------------------------


def resumption_psk_cases(draw: SeededBytes) -> Iterator[Case]:
    """The ticket of RFC 8448 §3, which §4 uses; and nonces of several lengths."""
    arguments = (rfc.RESUMPTION_SECRET, rfc.TICKET_NONCE, rfc.HASH_NAME)
    yield Case("RFC 8448 §3 and §4", arguments, rfc.PSK)
    for hash_name in HASHES:
        secret = draw(f"secret {hash_name}", HASH_LENGTHS[hash_name])
        for nonce in (b"\x01", draw("nonce", 8), b""):
            what = f"a nonce of {len(nonce)} bytes, {hash_name.upper()}"
            yield Case(what, (secret, nonce, hash_name))


def _expanded(
    label: bytes = b"resumption", context: Callable[[bytes, str], bytes] | None = None
) -> Callable[[bytes, bytes, str], bytes]:
    def function(secret: bytes, nonce: bytes, hash_name: str) -> bytes:
        info = nonce if context is None else context(nonce, hash_name)
        length = HASH_LENGTHS[hash_name]
        return hkdf.hkdf_expand_label(secret, label, info, length, hash_name)

    return function


def without_prefix(label: bytes) -> Callable[[bytes, bytes, str], bytes]:
    """HKDF-Expand-Label whose label has no "tls13 " in front."""

    def function(secret: bytes, context: bytes, hash_name: str) -> bytes:
        length = HASH_LENGTHS[hash_name]
        info = length.to_bytes(2, "big") + bytes([len(label)]) + label
        return hkdf.hkdf_expand(secret, info + bytes([len(context)]) + context, length, hash_name)

    return function


# -- the binder ---------------------------------------------------------------------------------


def _binder(
    psk: bytes,
    hello: bytes,
    hash_name: str,
    *,
    label: bytes = RESUMPTION_BINDER,
    finished: bool = True,
    lengths: int = 3,
) -> bytes:
    """lengths: how many bytes of the list are cut off besides the binder."""
    secret = hkdf.early_secret(psk, hash_name)
    key = hkdf.binder_key(secret, label, hash_name)
    digest = hashed(truncated(hello, hash_name, lengths), hash_name)
    if finished:
        return hkdf.finished_mac(key, digest, hash_name)
    return hmac.digest(key, digest, hash_name)


def truncated(hello: bytes, hash_name: str, lengths: int = 3) -> bytes:
    """Without the binder, and without the two bytes and the one byte of length before it."""
    return hello[: -(lengths + HASH_LENGTHS[hash_name])]


def hello_with_binder(draw: SeededBytes, hash_name: str) -> bytes:
    """Bytes that end in a list with a binder, as such a ClientHello does."""
    binder = draw(f"binder {hash_name}", HASH_LENGTHS[hash_name])
    listed = (len(binder) + 1).to_bytes(2, "big") + bytes([len(binder)]) + binder
    return draw(f"hello {hash_name}", 150) + listed


def psk_binder_cases(draw: SeededBytes) -> Iterator[Case]:
    """The binder of RFC 8448 §4, and one for each hash."""
    yield Case("RFC 8448 §4", (rfc.PSK, rfc.CLIENT_HELLO, rfc.HASH_NAME), rfc.BINDER)
    for hash_name in HASHES:
        psk = draw(f"psk {hash_name}", HASH_LENGTHS[hash_name])
        what = f"another hello, {hash_name.upper()}"
        yield Case(what, (psk, hello_with_binder(draw, hash_name), hash_name))


def _binder_from_psk(psk: bytes, hello: bytes, hash_name: str) -> bytes:
    key = hkdf.binder_key(psk, RESUMPTION_BINDER, hash_name)
    return hkdf.finished_mac(key, hashed(truncated(hello, hash_name), hash_name), hash_name)


def _binder_with(key: Callable[[bytes, str], bytes]) -> Callable[[bytes, bytes, str], bytes]:
    return lambda psk, hello, name: hkdf.finished_mac(
        key(psk, name), hashed(truncated(hello, name), name), name
    )


def _over_no_transcript(psk: bytes, hello: bytes, hash_name: str) -> bytes:
    key = hkdf.binder_key(hkdf.early_secret(psk, hash_name), RESUMPTION_BINDER, hash_name)
    return hkdf.finished_mac(key, truncated(hello, hash_name), hash_name)


def _key_over_transcript(psk: bytes, hello: bytes, hash_name: str) -> bytes:
    """The transcript in the binder_key, where an empty one belongs."""
    digest = hashed(truncated(hello, hash_name), hash_name)
    key = hkdf.derive_secret(
        hkdf.early_secret(psk, hash_name), RESUMPTION_BINDER, digest, hash_name
    )
    return hkdf.finished_mac(key, digest, hash_name)


# -- the exercises ------------------------------------------------------------------------------

EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="16.message_hash",
        reference=message_hash,
        cases=message_hash_cases,
        mistakes=(
            Mistake(
                "That is the hash alone. It stands in the transcript as a message: with a type, "
                "254, and a length of three bytes in front, RFC 8446 §4.4.1.",
                hashed,
            ),
            Mistake(
                "That is the ClientHello itself: a transcript without message_hash. Once a "
                "HelloRetryRequest has answered it, its hash takes its place, RFC 8446 §4.4.1.",
                lambda hello, name: hello,
            ),
            Mistake(
                "The type is that of a ClientHello. This message has one of its own, "
                "message_hash, 254.",
                _typed(1),
            ),
            Mistake(
                "Your length is little-endian. The most significant byte comes first.",
                lambda hello, name: bytes([254, HASH_LENGTHS[name], 0, 0]) + hashed(hello, name),
            ),
            Mistake(
                "Your length has one byte. A handshake message has three, RFC 8446 §4.",
                lambda hello, name: bytes([254, HASH_LENGTHS[name]]) + hashed(hello, name),
            ),
            Mistake(
                "There is no length in your header: one byte of type, then three of length.",
                lambda hello, name: b"\xfe" + hashed(hello, name),
            ),
            Mistake(
                "Your length is always 32. That is right for SHA-256; the hash of SHA-384 has 48.",
                lambda hello, name: b"\xfe\0\0\x20" + hashed(hello, name),
            ),
            Mistake(
                "You left the four bytes of its header out of the hash. The ClientHello is hashed "
                "as it was sent.",
                lambda hello, name: (
                    bytes([254, 0, 0, HASH_LENGTHS[name]]) + hashed(hello[4:], name)
                ),
            ),
            Mistake(
                "The hash is that of another suite. hash_name says which.",
                lambda hello, name: message_hash(hello, "sha256"),
            ),
        ),
        hints=(
            "Five parts: the type, three bytes of length, and the hash of the whole ClientHello.",
            "The length is that of the hash: 32 for SHA-256, 48 for SHA-384.",
            "bytes([254, 0, 0, n]) makes the header.",
        ),
        section="RFC 8446 §4.4.1",
        primitive="message_hash",
    ),
    Exercise(
        id="16.resumption_psk",
        reference=resumption_psk,
        cases=resumption_psk_cases,
        mistakes=(
            Mistake(
                "You did not use the nonce of the ticket. With the same secret every ticket would "
                "stand for the same key, RFC 8446 §4.6.1.",
                _expanded(context=lambda nonce, name: b""),
            ),
            Mistake(
                "You hashed the nonce, as Derive-Secret does with messages. Here it is the context "
                "as it is.",
                _expanded(context=hashed),
            ),
            Mistake(
                'Your label is "res master". That made the resumption secret itself; here it is '
                '"resumption".',
                _expanded(b"res master"),
            ),
            Mistake(
                'Your label lacks its prefix "tls13 ".',
                without_prefix(b"resumption"),
            ),
            Mistake(
                'Your label has "tls13 " in front twice. hkdf_expand_label puts it there.',
                _expanded(b"tls13 resumption"),
            ),
            Mistake(
                "Your label has a zero byte at its end. The text alone is the label.",
                _expanded(b"resumption\0"),
            ),
            Mistake(
                "Your key always has 32 bytes. It is as long as the hash.",
                lambda s, n, name: hkdf.hkdf_expand_label(s, b"resumption", n, 32, name),
            ),
        ),
        hints=(
            "One call of lab.primitives().hkdf_expand_label.",
            'Its label is b"resumption", its context the nonce.',
            "As long as the hash: 32 bytes for SHA-256, 48 for SHA-384.",
        ),
        section="RFC 8446 §4.6.1",
        primitive="resumption_psk",
    ),
    Exercise(
        id="16.psk_binder",
        reference=psk_binder,
        cases=psk_binder_cases,
        mistakes=(
            Mistake(
                "You hashed the whole hello. The binder stands in it, and cannot be under itself: "
                "cut the list of binders off, RFC 8446 §4.2.11.2.",
                lambda psk, hello, name: _binder(psk, hello + bytes(3 + HASH_LENGTHS[name]), name),
            ),
            Mistake(
                "You cut off the binder alone. Cut off the whole list: there are two bytes of "
                "length at its beginning, and one in front of the binder.",
                lambda psk, hello, name: _binder(psk, hello, name, lengths=0),
            ),
            Mistake(
                "You cut off the binder and its own length. The two bytes with the length of the "
                "list belong to it, too.",
                lambda psk, hello, name: _binder(psk, hello, name, lengths=1),
            ),
            Mistake(
                "You left out the byte of length in front of the binder: the list has two bytes of "
                "length at its beginning, and that one.",
                lambda psk, hello, name: _binder(psk, hello, name, lengths=2),
            ),
            Mistake(
                "You always cut off 35 bytes. That is right for SHA-256; a binder is as long as "
                "the hash.",
                lambda psk, hello, name: _binder(psk, hello, name, lengths=35 - HASH_LENGTHS[name]),
            ),
            Mistake(
                'You took the label "ext binder". That is for a key that was agreed on outside '
                'TLS; one from a ticket has "res binder".',
                lambda psk, hello, name: _binder(psk, hello, name, label=EXTERNAL_BINDER),
            ),
            Mistake(
                "You used the binder_key itself for the MAC. As for a Finished, another key is "
                "made of it first, the finished_key, RFC 8446 §4.2.11.2. finished_mac does both.",
                lambda psk, hello, name: _binder(psk, hello, name, finished=False),
            ),
            Mistake(
                "You began with the key itself. The Early Secret comes first: "
                "HKDF-Extract(0, PSK).",
                _binder_from_psk,
            ),
            Mistake(
                "You used the key itself for the MAC. It takes the Early Secret, the binder_key, "
                "and the MAC of a Finished.",
                _binder_with(lambda psk, name: psk),
            ),
            Mistake(
                "You used the Early Secret for the MAC. The binder_key is made of it, with the "
                'label "res binder".',
                _binder_with(hkdf.early_secret),
            ),
            Mistake(
                "You gave finished_mac the hello itself. It takes its hash.",
                _over_no_transcript,
            ),
            Mistake(
                "You put the hash of the hello into the binder_key. That one is made over no "
                "messages at all; the hello belongs into the MAC.",
                _key_over_transcript,
            ),
        ),
        hints=(
            "First cut off the list of binders: 3 bytes of lengths, and a binder as long as the "
            "hash. Then three steps: the Early Secret, the binder_key, the MAC.",
            'The label of the binder_key is b"res binder": the key comes from a ticket.',
            "The MAC is that of a Finished, over the hash of the truncated hello: finished_mac and "
            "transcript_hash.",
        ),
        section="RFC 8446 §4.2.11.2",
    ),
)
