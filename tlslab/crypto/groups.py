"""Ephemeral Diffie-Hellman: a share, the peer's share, and the secret that both lead to.

Two kinds of groups. Elliptic curves: secp256r1, secp384r1, secp521r1 (RFC 8422 §5.4), x25519 and
x448 (RFC 7748). Finite fields: the groups of RFC 7919, and in TLS 1.2 whatever prime the server
names (RFC 5246 §7.4.3).

The peer's share comes from a stranger. A point that is not on the curve, or a number of small
order, would tell something about our private key or make the secret predictable, so each is
checked before it is used.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from hashlib import shake_256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x448 import X448PrivateKey, X448PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tlslab.errors import LocalError, ProtocolError
from tlslab.wire.registry import NamedGroup

Draw = Callable[[int], bytes]
"""Gives so many random bytes."""
X25519 = Callable[[bytes, bytes], bytes]

UNCOMPRESSED = 4
"""The first byte of an uncompressed point, the only form in use (RFC 8422 §5.1.2)."""
SMALLEST_PRIME = 2048
"""Bits of the smallest prime that is accepted from a server (RFC 7919 §2, §3)."""
SEARCH_ROUNDS = 8
"""Rounds of Miller and Rabin's test: a composite number passes with less than 1 in 4^8."""


@dataclass(frozen=True, slots=True)
class Share:
    """An ephemeral key pair. public: as it is sent, bytes. shared_secret: see the group's kind."""

    group: NamedGroup
    public: bytes
    shared_secret: Callable[[bytes], bytes] = field(repr=False)


# -- elliptic curves ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Curve:
    """A curve of SEC 2. order: of its base point. length: of a coordinate, in bytes."""

    curve: ec.EllipticCurve
    order: int
    length: int


# fmt: off
_CURVES = {
    NamedGroup.secp256r1: _Curve(ec.SECP256R1(), int(
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16), 32),
    NamedGroup.secp384r1: _Curve(ec.SECP384R1(), int(
        "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf"
        "581a0db248b0a77aecec196accc52973", 16), 48),
    NamedGroup.secp521r1: _Curve(ec.SECP521R1(), int(
        "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa"
        "51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409", 16), 66),
}
# fmt: on
_MONTGOMERY: dict[NamedGroup, tuple[Any, Any, int]] = {
    NamedGroup.x25519: (X25519PrivateKey, X25519PublicKey, 32),
    NamedGroup.x448: (X448PrivateKey, X448PublicKey, 56),
}
ECDHE_GROUPS: tuple[NamedGroup, ...] = (*_MONTGOMERY, *_CURVES)
"""The curves that are implemented, the fastest first."""


def x25519_shared_secret(private: bytes, peer_public: bytes) -> bytes:
    """X25519(private, peer_public): 32 bytes, in the order of RFC 7748 §6.1.

    private, peer_public: 32 bytes each. Raises ProtocolError(illegal_parameter) for a share of
    another length, and for one that leads to the secret of zeros alone (RFC 8446 §7.4.2).
    """
    return _montgomery_secret(NamedGroup.x25519, private, peer_public)


def ecdhe_share(
    group: NamedGroup, draw: Draw, *, x25519_shared_secret: X25519 = x25519_shared_secret
) -> Share:
    """A new share on a curve.

    Public: 32 bytes for x25519, 56 for x448, 65, 97 and 133 for the points of secp256r1, secp384r1
    and secp521r1. The secret: 32, 56, 32, 48 and 66 bytes, the x-coordinate with its leading zeros
    (RFC 8422 §5.10). `shared_secret` raises ProtocolError(illegal_parameter) for a share that is no
    point of the curve, and for one that leads to the secret of zeros alone.
    Raises LocalError for a group that is none of `ECDHE_GROUPS`.
    """
    if group in _CURVES:
        return _point_share(group, draw)
    if group in _MONTGOMERY:
        return _montgomery_share(group, draw, x25519_shared_secret)
    raise LocalError(f"{group.name} is no curve that is implemented")


def _point_share(group: NamedGroup, draw: Draw) -> Share:
    parameters = _CURVES[group]
    # Eight bytes more than the order has: the remainder favours no value (FIPS 186-5 A.2.1).
    number = int.from_bytes(draw(parameters.length + 8), "big")
    private = ec.derive_private_key(1 + number % (parameters.order - 1), parameters.curve)
    public = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def shared_secret(peer_public: bytes) -> bytes:
        if peer_public[:1] != bytes([UNCOMPRESSED]):
            raise _bad_share(group, "it is not an uncompressed point", "RFC 8422 §5.4.1")
        try:
            point = ec.EllipticCurvePublicKey.from_encoded_point(parameters.curve, peer_public)
        except ValueError:
            raise _bad_share(group, "it is no point of the curve", "RFC 8422 §5.11") from None
        return private.exchange(ec.ECDH(), point)

    return Share(group, public, shared_secret)


def _montgomery_share(group: NamedGroup, draw: Draw, x25519_shared_secret: X25519) -> Share:
    private = draw(_MONTGOMERY[group][2])

    def shared_secret(peer_public: bytes) -> bytes:
        if group is NamedGroup.x25519:
            return x25519_shared_secret(private, peer_public)
        return _montgomery_secret(group, private, peer_public)

    public = _montgomery_private(group, private).public_key().public_bytes_raw()
    return Share(group, public, shared_secret)


@lru_cache(maxsize=4)
def _montgomery_private(group: NamedGroup, private: bytes) -> Any:
    # The library computes the public key each time it is given a private one. Who has made a share
    # is about to use it.
    return _MONTGOMERY[group][0].from_private_bytes(private)


def _montgomery_secret(group: NamedGroup, private: bytes, peer_public: bytes) -> bytes:
    _, public_type, length = _MONTGOMERY[group]
    if len(peer_public) != length:
        what = f"it has {len(peer_public)} bytes, and not {length}"
        raise _bad_share(group, what, "RFC 8422 §5.4.1")
    own = _montgomery_private(group, private)
    try:
        return bytes(own.exchange(public_type.from_public_bytes(peer_public)))
    except ValueError:
        # The library refuses the secret that is zeros alone.
        what = "it leads to a secret of zeros alone"
        raise _bad_share(group, what, "RFC 8422 §5.11") from None


# -- finite fields ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FiniteField:
    """A prime p and a generator g. name: None for a group that has no number of its own."""

    p: int = field(repr=False)
    g: int
    name: NamedGroup | None = None

    @property
    def length(self) -> int:
        """Bytes of p."""
        return (self.p.bit_length() + 7) // 8


# Bits of p, the constant X of RFC 7919 Appendix A, and bytes of a private exponent (at least the
# 225, 275, 325, 375 and 400 bits of Appendix A.1 to A.5).
_RFC_7919 = {
    NamedGroup.ffdhe2048: (2048, 560316, 32),
    NamedGroup.ffdhe3072: (3072, 2625351, 36),
    NamedGroup.ffdhe4096: (4096, 5736041, 44),
    NamedGroup.ffdhe6144: (6144, 15705020, 48),
    NamedGroup.ffdhe8192: (8192, 10965728, 52),
}
FFDHE_GROUPS: tuple[NamedGroup, ...] = tuple(_RFC_7919)


@cache
def ffdhe(group: NamedGroup) -> FiniteField:
    """A group of RFC 7919, its prime computed from Euler's number e as Appendix A says:

    p = 2^b - 2^(b-64) + (floor(2^(b-130) * e) + X) * 2^64 - 1

    A prime whose digits come from e cannot have been chosen for some hidden weakness.
    Raises LocalError for any other group.
    """
    if group not in _RFC_7919:
        raise LocalError(f"{group.name} is no group of RFC 7919")
    bits, x, _ = _RFC_7919[group]
    p = 2**bits - 2 ** (bits - 64) + (_e_times_power_of_2(bits - 130) + x) * 2**64 - 1
    return FiniteField(p, 2, group)


def _e_times_power_of_2(bits: int) -> int:
    """floor(2^bits * e), from e = 1/0! + 1/1! + 1/2! + …"""
    guard = 64  # what the divisions round off must not reach the bits that are kept
    term = total = 1 << (bits + guard)
    divisor = 1
    while term:
        term //= divisor
        total += term
        divisor += 1
    return total >> guard


def dh_private(field: FiniteField, draw: Draw) -> int:
    """A private exponent: at least as long as RFC 7919 wants, 256 bits for a group of no name."""
    length = _RFC_7919[field.name][2] if field.name else 32
    return 2 + int.from_bytes(draw(length), "big") % (field.p - 3)


def dh_public(field: FiniteField, private: int) -> bytes:
    """g^private mod p, as long as p (RFC 7919 §5.1 and RFC 8446 §4.2.8.1 keep leading zeros)."""
    return pow(field.g, private, field.p).to_bytes(field.length, "big")


def dh_shared_secret(field: FiniteField, private: int, peer_public: bytes) -> bytes:
    """peer_public^private mod p, without its leading zeros (RFC 5246 §8.1.2).

    Raises ProtocolError(handshake_failure) unless 1 < peer_public < p - 1: the others lie in the
    group of two elements, and with them everybody knows the secret (RFC 7919 §3, §4, §5.1).
    """
    public = int.from_bytes(peer_public, "big")
    if not 1 < public < field.p - 1:
        name = field.name.name if field.name else f"a group of {field.p.bit_length()} bits"
        raise ProtocolError(
            "handshake_failure",
            f"the share for {name} is not between 1 and p - 1",
            section="RFC 7919 §3, §4",
        )
    secret = pow(public, private, field.p)
    return secret.to_bytes((secret.bit_length() + 7) // 8, "big")


def check_custom_group(p: int, g: int) -> FiniteField:
    """The group that a server named by its numbers, if it is fit for use.

    A named one is recognised. Any other has to have a safe prime, p = 2q + 1 with q prime too, of
    2048 bits or more, and 1 < g < p - 1. Raises ProtocolError: insufficient_security for a small
    prime, illegal_parameter for the rest (RFC 5246 Appendix F.1.1.3, RFC 7919 §3, §9.1).
    """
    if p.bit_length() < SMALLEST_PRIME:
        raise ProtocolError(
            "insufficient_security",
            f"the prime has {p.bit_length()} bits; at least {SMALLEST_PRIME} are needed",
            where="server_key_exchange.params.dh_p",
            section="RFC 7919 §3",
        )
    for group in FFDHE_GROUPS:
        if _RFC_7919[group][0] == p.bit_length() and (p, g) == (ffdhe(group).p, 2):
            return ffdhe(group)
    if not 1 < g < p - 1:
        raise ProtocolError(
            "illegal_parameter",
            "the generator is not between 1 and p - 1",
            where="server_key_exchange.params.dh_g",
            section="RFC 7919 §5.1",
        )
    if not (_is_prime(p) and _is_prime(p // 2)):
        raise ProtocolError(
            "illegal_parameter",
            "the modulus is no safe prime",
            where="server_key_exchange.params.dh_p",
            section="RFC 5246 Appendix F.1.1.3",
        )
    return FiniteField(p, g)


@cache
def _is_prime(number: int) -> bool:
    """Miller and Rabin's test, with bases that the number itself determines.

    Nobody can choose a composite for fixed bases in advance when a hash chooses them.
    """
    if number % 2 == 0:
        return number == 2
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    return all(_passes(number, 2 + hash_ % (number - 3), odd, twos) for hash_ in _bases(number))


def _bases(number: int) -> list[int]:
    length = (number.bit_length() + 7) // 8
    whole = shake_256(number.to_bytes(length, "big")).digest(SEARCH_ROUNDS * length)
    return [
        int.from_bytes(whole[start : start + length], "big")
        for start in range(0, len(whole), length)
    ]


def _passes(number: int, base: int, odd: int, twos: int) -> bool:
    power = pow(base, odd, number)
    if power in (1, number - 1):
        return True
    for _ in range(twos - 1):
        power = power * power % number
        if power == number - 1:
            return True
    return False


def _bad_share(group: NamedGroup, what: str, section: str) -> ProtocolError:
    return ProtocolError(
        "illegal_parameter", f"the share for {group.name} is bad: {what}", section=section
    )
