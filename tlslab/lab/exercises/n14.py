"""Exercises of notebook 14, one round trip: the key exchange and the signature of TLS 1.3.

How its records are protected, the other half of the notebook, is in n14_records.
"""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from tlslab.crypto.groups import x25519_shared_secret
from tlslab.crypto.signatures import signed_content
from tlslab.errors import ProtocolError
from tlslab.lab import rfc8448
from tlslab.lab.exercises.exercise import Case, Exercise, Mistake, SeededBytes, refused
from tlslab.wire.registry import NamedGroup

# RFC 7748 §6.1: Alice and Bob.
ALICE = bytes.fromhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
ALICE_PUBLIC = bytes.fromhex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
BOB = bytes.fromhex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
BOB_PUBLIC = bytes.fromhex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
SHARED = bytes.fromhex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")

# RFC 8446 §4.4.3: what a server signs if the transcript hash is 32 bytes of 01.
EXAMPLE_HASH = b"\x01" * 32
EXAMPLE = bytes.fromhex(
    "20202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020"
    "202020202020202020202020202020202020544c5320312e332c2073657276657220436572746966696361746556"
    "6572696679000101010101010101010101010101010101010101010101010101010101010101"
)

# -- a share, as it is sent ---------------------------------------------------------------------


def key_share(private: bytes) -> bytes:
    """A KeyShareEntry for x25519: group, length, and the share of `private`, 32 bytes.

    Returns 36 bytes (RFC 8446 §4.2.8, RFC 7748 §6.1).
    """
    share = _public(private)
    return NamedGroup.x25519.to_bytes(2, "big") + len(share).to_bytes(2, "big") + share


def key_share_cases(draw: SeededBytes) -> Iterator[Case]:
    """Both shares of RFC 8448, Alice's of RFC 7748, and drawn ones."""
    head = bytes.fromhex("001d0020")
    published = rfc8448.PUBLISHED
    yield Case(
        "the client of RFC 8448", (rfc8448.CLIENT_PRIVATE,), head + published["client_share"]
    )
    yield Case(
        "the server of RFC 8448", (rfc8448.SERVER_PRIVATE,), head + published["server_share"]
    )
    yield Case("Alice of RFC 7748", (ALICE,), head + ALICE_PUBLIC)
    for number in range(3):
        yield Case(f"a drawn number, {number + 1}", (draw(f"private {number}", 32),))


def _public(private: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def _entry(
    *,
    group: bytes = b"\x00\x1d",
    length: bytes = b"\x00\x20",
    change: Callable[[bytes], bytes] = bytes,
) -> Callable[[bytes], bytes]:
    """An entry of these parts. change: what is done to the share."""
    return lambda private: group + length + change(_public(private))


def _with_both_lengths(private: bytes) -> bytes:
    entry = key_share(private)
    return len(entry).to_bytes(2, "big") + entry


# -- the shared secret --------------------------------------------------------------------------


def shared_secret_cases(draw: SeededBytes) -> Iterator[Case]:
    """RFC 7748's, RFC 8448's, drawn ones, a zero at the beginning, and shares to refuse."""
    published = rfc8448.PUBLISHED
    yield Case("Alice of RFC 7748", (ALICE, BOB_PUBLIC), SHARED)
    yield Case("Bob of RFC 7748", (BOB, ALICE_PUBLIC), SHARED)
    yield Case(
        "the client of RFC 8448",
        (rfc8448.CLIENT_PRIVATE, published["server_share"]),
        published["shared_secret"],
    )
    for number in range(2):
        own, other = draw(f"own {number}", 32), draw(f"other {number}", 32)
        yield Case(f"drawn numbers, {number + 1}", (own, _public(other)))
    yield Case("a secret that begins with a zero", _leads_to_a_zero(draw))
    no = refused("illegal_parameter")
    own = draw("own", 32)
    yield Case("a share of zeros", (own, bytes(32)), no)
    yield Case("the share 1, of small order", (own, (1).to_bytes(32, "little")), no)


def _leads_to_a_zero(draw: SeededBytes) -> tuple[bytes, bytes]:
    own = draw("own", 32)
    for number in range(10_000):
        share = _public(draw(f"zero {number}", 32))
        if x25519_shared_secret(own, share)[0] == 0:
            return own, share
    raise LookupError("one of 256 secrets begins with a zero")


def _exchange(private: bytes, peer_public: bytes) -> bytes:
    """The library's own, with its own exception."""
    own = X25519PrivateKey.from_private_bytes(private)
    return own.exchange(X25519PublicKey.from_public_bytes(peer_public))


def _or_zeros(private: bytes, peer_public: bytes) -> bytes:
    try:
        return _exchange(private, peer_public)
    except ValueError:
        return bytes(32)


def _or_none(private: bytes, peer_public: bytes) -> bytes | None:
    try:
        return _exchange(private, peer_public)
    except ValueError:
        return None


def _other_alert(private: bytes, peer_public: bytes) -> bytes:
    try:
        return _exchange(private, peer_public)
    except ValueError:
        raise ProtocolError("handshake_failure", "the share is bad") from None


def _changed(change: Callable[[bytes], Any]) -> Callable[[bytes, bytes], Any]:
    return lambda private, peer_public: change(x25519_shared_secret(private, peer_public))


def _with_own_share(private: bytes, peer_public: bytes) -> bytes:
    x25519_shared_secret(private, peer_public)
    return x25519_shared_secret(private, _public(private))


def _share_reversed(private: bytes, peer_public: bytes) -> bytes:
    x25519_shared_secret(private, peer_public)
    return x25519_shared_secret(private, peer_public[::-1])


# -- what is signed -----------------------------------------------------------------------------

Side = Literal["client", "server"]


def signed_content_cases(draw: SeededBytes) -> Iterator[Case]:
    """The RFC's example, and drawn hashes of both lengths for both sides."""
    yield Case("the example of RFC 8446", ("server", EXAMPLE_HASH), EXAMPLE)
    for side in ("client", "server"):
        for length in (32, 48):
            yield Case(
                f"the {side}, a hash of {length} bytes", (side, draw(f"{side} hash", length))
            )


def _content(
    *,
    spaces: bytes = b" " * 64,
    context: bytes = b"TLS 1.3, %b CertificateVerify",
    zero: bytes = b"\0",
    change: Callable[[bytes], bytes] = bytes,
) -> Callable[[Side, bytes], bytes]:
    """The content of these parts. change: what is done to the transcript hash."""

    def function(side: Side, transcript_hash: bytes) -> bytes:
        middle = context % side.encode() if b"%b" in context else context
        return spaces + middle + zero + change(transcript_hash)

    return function


def _other_side(side: Side, transcript_hash: bytes) -> bytes:
    return signed_content("client" if side == "server" else "server", transcript_hash)


def _zero_in_front(side: Side, transcript_hash: bytes) -> bytes:
    return b" " * 64 + b"\0" + b"TLS 1.3, %b CertificateVerify" % side.encode() + transcript_hash


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="14.key_share",
        reference=key_share,
        cases=key_share_cases,
        mistakes=(
            Mistake(
                "You sent the private number. It must never leave your side: whoever has it has "
                "the secret. Send the public key that belongs to it.",
                lambda private: b"\x00\x1d\x00\x20" + private,
            ),
            Mistake(
                "This is the share alone. In front of it belong the group and the length, two "
                "bytes each.",
                _public,
            ),
            Mistake(
                "The length is missing. Two bytes between the group and the share: 00 20.",
                _entry(length=b""),
            ),
            Mistake(
                "Your length has one byte. `key_exchange<1..2^16-1>` has a length of two.",
                _entry(length=b"\x20"),
            ),
            Mistake("The group is missing. It comes first: 00 1d.", _entry(group=b"")),
            Mistake(
                "Group and length are little-endian. In TLS the most significant byte is first.",
                _entry(group=b"\x1d\x00", length=b"\x20\x00"),
            ),
            Mistake(
                "Group and length have changed places: the group comes first.",
                _entry(group=b"\x00\x20", length=b"\x00\x1d"),
            ),
            Mistake(
                "You named the group secp256r1, 00 17. For x25519 it is 00 1d.",
                _entry(group=b"\x00\x17"),
            ),
            Mistake(
                "You turned the share round. RFC 7748 has its own order of bytes, and TLS sends "
                "them as they are.",
                _entry(change=lambda share: share[::-1]),
            ),
            Mistake(
                "Your length is that of group, length and share together. It is that of the share.",
                _entry(length=b"\x00\x24"),
            ),
            Mistake(
                "The share went in as hex text. Take the bytes.",
                _entry(length=b"\x00\x40", change=lambda share: share.hex().encode()),
            ),
            Mistake(
                "You put the length of the list in front. It belongs to the extension; a "
                "KeyShareEntry begins with its group.",
                _with_both_lengths,
            ),
        ),
        hints=(
            "Three parts: two bytes of group, two bytes of length, and the share.",
            'The group is 0x001d; (0x001D).to_bytes(2, "big") makes two bytes of it. The length '
            "is that of the share, 32.",
            "X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw() is the "
            "share.",
        ),
        section="RFC 8446 §4.2.8",
    ),
    Exercise(
        id="14.x25519_shared_secret",
        reference=x25519_shared_secret,
        cases=shared_secret_cases,
        mistakes=(
            Mistake(
                "You turned the secret round. X25519 has its own order of bytes, and they go into "
                "the key schedule as they are, RFC 8446 §7.4.2.",
                _changed(lambda secret: secret[::-1]),
            ),
            Mistake(
                "You turned the peer's share round. Take it as it came.",
                _share_reversed,
            ),
            Mistake(
                "You return hex text. Return the bytes.",
                _changed(lambda secret: secret.hex()),
            ),
            Mistake(
                "You return the bytes of the hex text, 64 of them. Return the 32 bytes themselves.",
                _changed(lambda secret: secret.hex().encode()),
            ),
            Mistake(
                "You hashed the secret. The key schedule takes it as it is, RFC 8446 §7.4.2.",
                _changed(lambda secret: hashlib.sha256(secret).digest()),
            ),
            Mistake(
                "You left out the zeros at the beginning. That is TLS 1.2 with a prime; TLS 1.3 "
                "keeps all 32 bytes.",
                _changed(lambda secret: secret.lstrip(b"\0")),
            ),
            Mistake(
                "You combined your private number with your own share. Take the peer's.",
                _with_own_share,
            ),
            Mistake(
                "Your secrets are right. A bad share makes the library raise ValueError: catch it, "
                'and raise ProtocolError("illegal_parameter", …), so that the peer gets its alert.',
                _exchange,
            ),
            Mistake(
                "You go on with a secret of zeros. Everybody knows it: refuse with "
                "illegal_parameter, RFC 8446 §7.4.2.",
                _or_zeros,
            ),
            Mistake(
                'You return None for a bad share. Raise ProtocolError("illegal_parameter", …).',
                _or_none,
            ),
            Mistake(
                "You refuse bad shares with handshake_failure. The alert for a value that cannot "
                "be is illegal_parameter.",
                _other_alert,
            ),
        ),
        hints=(
            "The library's own.exchange(other) does it, with an X25519PrivateKey and an "
            "X25519PublicKey. Both are made from 32 bytes.",
            "X25519PublicKey.from_public_bytes(peer_public). The 32 bytes that come out are the "
            "secret; nothing is done to them.",
            "If the secret would be zeros alone, exchange raises ValueError. Put it into try: and "
            "except ValueError:.",
        ),
        section="RFC 8446 §7.4.2",
        primitive="x25519_shared_secret",
    ),
    Exercise(
        id="14.tls13_signed_content",
        reference=signed_content,
        cases=signed_content_cases,
        mistakes=(
            Mistake(
                "You took the context string of the other side. It says whose signature this is.",
                _other_side,
            ),
            Mistake(
                "You always write the server's context string. A client has its own.",
                lambda side, transcript_hash: signed_content("server", transcript_hash),
            ),
            Mistake(
                "The zero byte between context string and hash is missing.", _content(zero=b"")
            ),
            Mistake(
                "The zero byte stands before the context string. It comes behind it.",
                _zero_in_front,
            ),
            Mistake("The 64 spaces at the beginning are missing.", _content(spaces=b"")),
            Mistake(
                "You began with 64 zeros. It is the byte 0x20, a space.",
                _content(spaces=bytes(64)),
            ),
            Mistake("You wrote 32 spaces. There are 64.", _content(spaces=b" " * 32)),
            Mistake(
                "You wrote 64 times the digit 2 and the digit 0. The byte 0x20 is one space.",
                _content(spaces=b"20" * 64),
            ),
            Mistake(
                'Your context string says "TLS 1.3 " without its comma.',
                _content(context=b"TLS 1.3 %b CertificateVerify"),
            ),
            Mistake(
                'Your context string lacks "TLS 1.3, " at its beginning.',
                _content(context=b"%b CertificateVerify"),
            ),
            Mistake(
                "The context string is missing.",
                _content(context=b""),
            ),
            Mistake(
                "Your context string has the name of the message in small letters. It is "
                "CertificateVerify.",
                _content(context=b"TLS 1.3, %b certificate_verify"),
            ),
            Mistake(
                "The hash went in as hex text. Take the bytes.",
                _content(change=lambda digest: digest.hex().encode()),
            ),
            Mistake(
                "You hashed the transcript hash once more. It goes in as it is; signing hashes the "
                "whole content.",
                _content(change=lambda digest: hashlib.sha256(digest).digest()),
            ),
            Mistake(
                "You hashed the content. Return it as it is: signing hashes it.",
                lambda side, transcript_hash: hashlib.sha256(
                    signed_content(side, transcript_hash)
                ).digest(),
            ),
            Mistake(
                "This is the transcript hash alone. In front of it belong the spaces, the context "
                "string and a zero byte.",
                lambda side, transcript_hash: transcript_hash,
            ),
        ),
        hints=(
            "Four parts, one after the other: spaces, context string, zero, hash.",
            'b" " * 64 is the first. The last is transcript_hash as it is.',
            'The context string is f"TLS 1.3, {side} CertificateVerify", and .encode() makes bytes '
            "of it.",
        ),
        section="RFC 8446 §4.4.3",
        primitive="tls13_signed_content",
    ),
)
