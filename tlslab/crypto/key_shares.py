"""Every group of TLS 1.3 behind one shape: a client's share, a server's answer, one secret for both
(RFC 8446 §4.2.8, §7.4, draft-ietf-tls-ecdhe-mlkem).

Three kinds. On a curve and in a finite field both sides do the same, as `groups` has it. A hybrid
adds ML-KEM (FIPS 203), which is no Diffie-Hellman: the client sends an encapsulation key, and the
server chooses the secret by encapsulating to it and answers with a ciphertext. Beside it goes an
exchange on a curve; whoever wants the secret has to break both. Shares and secrets of the two parts
are put together without lengths, in an order that differs from group to group.

A bad share is illegal_parameter, whatever is wrong with it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import mlkem

from tlslab.crypto.groups import (
    FFDHE_GROUPS,
    X25519,
    Draw,
    Share,
    dh_private,
    dh_public,
    dh_shared_secret,
    ecdhe_share,
    ffdhe,
    x25519_shared_secret,
)
from tlslab.errors import LocalError, ProtocolError
from tlslab.wire.registry import NamedGroup

ML_KEM_SEED = 64
"""d and z of ML-KEM.KeyGen_internal: a key pair is made from these bytes (FIPS 203 §6.1)."""
DRAFT = "draft-ietf-tls-ecdhe-mlkem"

Combine = Callable[[NamedGroup, bytes, bytes], bytes]


@dataclass(frozen=True, slots=True)
class _MLKEM:
    """A parameter set of FIPS 203 §8. encapsulation_key, ciphertext: their lengths in bytes."""

    name: str
    encapsulation_key: int
    ciphertext: int


@dataclass(frozen=True, slots=True)
class _Hybrid:
    """mlkem_first: whether its part stands before the curve's. ecdh_length: of a share."""

    mlkem: _MLKEM
    ecdh: NamedGroup
    ecdh_length: int
    mlkem_first: bool


_768 = _MLKEM("MLKEM768", 1184, 1088)
_1024 = _MLKEM("MLKEM1024", 1568, 1568)
_HYBRIDS = {
    # The name of the first says the order that it has not: it was turned round, so that a secret
    # that FIPS approves stands first in each (draft-ietf-tls-ecdhe-mlkem).
    NamedGroup.X25519MLKEM768: _Hybrid(_768, NamedGroup.x25519, 32, True),
    NamedGroup.SecP256r1MLKEM768: _Hybrid(_768, NamedGroup.secp256r1, 65, False),
    NamedGroup.SecP384r1MLKEM1024: _Hybrid(_1024, NamedGroup.secp384r1, 97, False),
}


@cache
def _ml_kem(name: str) -> tuple[Any, Any]:
    """The classes of a private and of a public key. Raises LocalError if they do not work.

    A `cryptography` that somebody built on an old OpenSSL has the classes, and nothing below them.
    """
    private, public = getattr(mlkem, f"{name}PrivateKey"), getattr(mlkem, f"{name}PublicKey")
    try:
        private.from_seed_bytes(bytes(ML_KEM_SEED))
    except UnsupportedAlgorithm as error:
        raise LocalError(f"this build of `cryptography` has no {name}: {error}") from error
    return private, public


def _is_there(name: str) -> bool:
    try:
        _ml_kem(name)
    except LocalError:
        return False
    return True


HYBRID_GROUPS: tuple[NamedGroup, ...] = tuple(
    group for group, hybrid in _HYBRIDS.items() if _is_there(hybrid.mlkem.name)
)
"""The groups with ML-KEM; none if the `cryptography` that is installed was built without it."""

KEY_SHARE_GROUPS: tuple[NamedGroup, ...] = (
    *HYBRID_GROUPS,
    NamedGroup.x25519,
    NamedGroup.secp256r1,
    NamedGroup.secp384r1,
    NamedGroup.secp521r1,
    NamedGroup.x448,
    *FFDHE_GROUPS,
)
"""Every group that is implemented, the preferred first."""


# -- putting the parts together, and taking them apart ------------------------------------------


class HybridParts(NamedTuple):
    """The parts of a hybrid share. mlkem: the encapsulation key of a client, a server's ciphertext.

    `hybrid_order` says which of them stands first on the wire.
    """

    mlkem: bytes
    ecdh: bytes


def hybrid_order(group: NamedGroup) -> tuple[str, str]:
    """The names of `HybridParts`, in the order of the wire. LocalError for any other group."""
    return ("mlkem", "ecdh") if _hybrid(group).mlkem_first else ("ecdh", "mlkem")


def hybrid_parts(group: NamedGroup, data: bytes, side: Literal["client", "server"]) -> HybridParts:
    """A hybrid share, cut into its parts (draft-ietf-tls-ecdhe-mlkem).

    data: the key_exchange of a KeyShareEntry; for X25519MLKEM768 1216 bytes from a client, 1120
    from a server. Raises ProtocolError(illegal_parameter) for any other length, LocalError for a
    group that is no hybrid.
    """
    hybrid = _hybrid(group)
    mlkem_length = hybrid.mlkem.encapsulation_key if side == "client" else hybrid.mlkem.ciphertext
    length = mlkem_length + hybrid.ecdh_length
    if len(data) != length:
        raise _bad_share(group, f"it has {len(data)} bytes, and not {length}", DRAFT)
    if hybrid.mlkem_first:
        return HybridParts(data[:mlkem_length], data[mlkem_length:])
    return HybridParts(data[hybrid.ecdh_length :], data[: hybrid.ecdh_length])


def combine_public(group: NamedGroup, mlkem_public: bytes, ecdh_public: bytes) -> bytes:
    """The share of a hybrid, in the group's order (draft-ietf-tls-ecdhe-mlkem).

    X25519MLKEM768: ML-KEM first, then X25519. SecP256r1MLKEM768 and SecP384r1MLKEM1024: the point
    of the curve first, then ML-KEM. mlkem_public: a client's encapsulation key, a server's
    ciphertext.
    """
    return _in_order(group, mlkem_public, ecdh_public)


def combine_secrets(group: NamedGroup, mlkem_secret: bytes, ecdh_secret: bytes) -> bytes:
    """The shared secret of a hybrid: both secrets in the order of the shares, nothing between.

    mlkem_secret: 32 bytes. ecdh_secret: 32 bytes, 48 for secp384r1 (draft-ietf-tls-ecdhe-mlkem).
    """
    return _in_order(group, mlkem_secret, ecdh_secret)


def _in_order(group: NamedGroup, of_mlkem: bytes, of_ecdh: bytes) -> bytes:
    return of_mlkem + of_ecdh if _hybrid(group).mlkem_first else of_ecdh + of_mlkem


# -- the exchange -------------------------------------------------------------------------------


def key_share(
    group: NamedGroup,
    draw: Draw,
    *,
    combine: Combine = combine_secrets,
    combine_public: Combine = combine_public,
    x25519_shared_secret: X25519 = x25519_shared_secret,
) -> Share:
    """A client's new share; public: the key_exchange of its KeyShareEntry (RFC 8446 §4.2.8).

    Bytes of a share: 32 for x25519, 56 for x448; 65, 97 and 133 for the points of secp256r1,
    secp384r1 and secp521r1; as many as p for a finite field; 1216, 1249 and 1665 for the hybrids.
    Of a secret: 32, 56; 32, 48 and 66; as many as p; 64, 64 and 80.
    combine, combine_public: put the parts of a hybrid together. `shared_secret` takes the server's
    share and raises ProtocolError(illegal_parameter) for a bad one. Raises LocalError for a group
    that is none of `KEY_SHARE_GROUPS`.
    """
    if group in _HYBRIDS:
        return _hybrid_share(group, draw, combine, combine_public, x25519_shared_secret)
    if group in FFDHE_GROUPS:
        return _field_share(group, draw)
    return ecdhe_share(group, draw, x25519_shared_secret=x25519_shared_secret)


def answer_key_share(
    group: NamedGroup,
    client_public: bytes,
    draw: Draw,
    *,
    combine: Combine = combine_secrets,
    combine_public: Combine = combine_public,
    x25519_shared_secret: X25519 = x25519_shared_secret,
) -> tuple[bytes, bytes]:
    """A server's share in answer to a client's, and the shared secret (RFC 8446 §4.2.8).

    Lengths as `key_share` says, but that a hybrid's share has 1120, 1153 and 1665 bytes. The
    randomness of an ML-KEM encapsulation is the library's own, which takes no seed: the answer of a
    hybrid differs each time. Raises ProtocolError(illegal_parameter) for a bad share, LocalError
    for a group that is none of `KEY_SHARE_GROUPS`.
    """
    if group not in _HYBRIDS:
        share = key_share(group, draw, x25519_shared_secret=x25519_shared_secret)
        return share.public, share.shared_secret(client_public)
    hybrid = _HYBRIDS[group]
    _, public_type = _ml_kem(hybrid.mlkem.name)
    theirs = hybrid_parts(group, client_public, "client")
    try:
        # "The server MUST perform the encapsulation key check" (FIPS 203 §7.2): the library does,
        # when it reads the key.
        encapsulation_key = public_type.from_public_bytes(theirs.mlkem)
    except ValueError:
        what = "its encapsulation key has a number that is not below 3329"
        raise _bad_share(group, what, "FIPS 203 §7.2") from None
    ours = ecdhe_share(hybrid.ecdh, draw, x25519_shared_secret=x25519_shared_secret)
    ecdh_secret = ours.shared_secret(theirs.ecdh)
    mlkem_secret, ciphertext = encapsulation_key.encapsulate()
    public = combine_public(group, ciphertext, ours.public)
    return public, combine(group, mlkem_secret, ecdh_secret)


def _hybrid_share(
    group: NamedGroup,
    draw: Draw,
    combine: Combine,
    combine_public: Combine,
    x25519_shared_secret: X25519,
) -> Share:
    hybrid = _HYBRIDS[group]
    private_type, _ = _ml_kem(hybrid.mlkem.name)
    private = private_type.from_seed_bytes(draw(ML_KEM_SEED))
    ecdh = ecdhe_share(hybrid.ecdh, draw, x25519_shared_secret=x25519_shared_secret)

    def shared_secret(server_public: bytes) -> bytes:
        theirs = hybrid_parts(group, server_public, "server")
        ecdh_secret = ecdh.shared_secret(theirs.ecdh)
        # A ciphertext of the right length that was changed leads to a secret that nobody else has
        # (FIPS 203 §6.3): the Finished will not fit.
        return combine(group, private.decapsulate(theirs.mlkem), ecdh_secret)

    encapsulation_key = private.public_key().public_bytes_raw()
    return Share(group, combine_public(group, encapsulation_key, ecdh.public), shared_secret)


def _field_share(group: NamedGroup, draw: Draw) -> Share:
    field = ffdhe(group)
    private = dh_private(field, draw)

    def shared_secret(peer_public: bytes) -> bytes:
        if len(peer_public) != field.length:
            what = f"it has {len(peer_public)} bytes, and not {field.length}"
            raise _bad_share(group, what, "RFC 8446 §4.2.8.1")
        # TLS 1.2 has another alert for these.
        if not 1 < int.from_bytes(peer_public, "big") < field.p - 1:
            raise _bad_share(group, "it is not between 1 and p - 1", "RFC 8446 §4.2.8.1")
        # As long as p: TLS 1.2 takes the leading zeros off, TLS 1.3 keeps them (RFC 8446 §7.4.1).
        return dh_shared_secret(field, private, peer_public).rjust(field.length, b"\0")

    return Share(group, dh_public(field, private), shared_secret)


def _hybrid(group: NamedGroup) -> _Hybrid:
    if group not in _HYBRIDS:
        raise LocalError(f"{group.name} is no hybrid that is implemented")
    return _HYBRIDS[group]


def _bad_share(group: NamedGroup, what: str, section: str) -> ProtocolError:
    return ProtocolError(
        "illegal_parameter", f"the share for {group.name} is bad: {what}", section=section
    )
