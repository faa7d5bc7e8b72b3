"""Signatures over handshake values, by SignatureScheme (RFC 5246 §4.7, RFC 8446 §4.2.3).

What a scheme means depends on the version. In TLS 1.2 `ecdsa_secp256r1_sha256` is ECDSA with
SHA-256 on whatever curve the key has; in TLS 1.3 it is that curve alone, the signatures of a
handshake are never PKCS#1 v1.5, and ML-DSA, which no quantum computer forges, has come in
(draft-ietf-tls-mldsa). `schemes_for` and `tls13_schemes_for` say what may be used with a key;
`sign` and `verify` do whatever the key can.

Not here: rsa_pss_pss_*, for certificates whose key is bound to PSS. The key that `cryptography`
reads from one is the same as any other RSA key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey, Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import (
    MLDSA44PrivateKey,
    MLDSA44PublicKey,
    MLDSA65PrivateKey,
    MLDSA65PublicKey,
    MLDSA87PrivateKey,
    MLDSA87PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from tlslab.errors import LocalError, ProtocolError
from tlslab.wire.registry import SignatureScheme

PrivateKey = (
    RSAPrivateKey
    | ec.EllipticCurvePrivateKey
    | Ed25519PrivateKey
    | Ed448PrivateKey
    | MLDSA44PrivateKey
    | MLDSA65PrivateKey
    | MLDSA87PrivateKey
)
PublicKey = (
    RSAPublicKey
    | ec.EllipticCurvePublicKey
    | Ed25519PublicKey
    | Ed448PublicKey
    | MLDSA44PublicKey
    | MLDSA65PublicKey
    | MLDSA87PublicKey
)


@dataclass(frozen=True, slots=True)
class _Scheme:
    """kind: of the key. hash: of what is signed; None where the scheme has its own.

    curve: as `cryptography` names it, that TLS 1.3 binds the scheme to; "" for none.
    """

    kind: str
    hash: hashes.HashAlgorithm | None
    curve: str = ""


_S = SignatureScheme
_SCHEMES: Mapping[SignatureScheme, _Scheme] = {
    _S.ecdsa_secp256r1_sha256: _Scheme("ECDSA", hashes.SHA256(), "secp256r1"),
    _S.ecdsa_secp384r1_sha384: _Scheme("ECDSA", hashes.SHA384(), "secp384r1"),
    _S.ecdsa_secp521r1_sha512: _Scheme("ECDSA", hashes.SHA512(), "secp521r1"),
    _S.ed25519: _Scheme("Ed25519", None),
    _S.ed448: _Scheme("Ed448", None),
    _S.rsa_pss_rsae_sha256: _Scheme("RSA-PSS", hashes.SHA256()),
    _S.rsa_pss_rsae_sha384: _Scheme("RSA-PSS", hashes.SHA384()),
    _S.rsa_pss_rsae_sha512: _Scheme("RSA-PSS", hashes.SHA512()),
    _S.rsa_pkcs1_sha256: _Scheme("RSA", hashes.SHA256()),
    _S.rsa_pkcs1_sha384: _Scheme("RSA", hashes.SHA384()),
    _S.rsa_pkcs1_sha512: _Scheme("RSA", hashes.SHA512()),
}
# Not in `_SCHEMES`: they are for TLS 1.3 alone.
_MLDSA: Mapping[SignatureScheme, _Scheme] = {
    _S.mldsa44: _Scheme("ML-DSA-44", None),
    _S.mldsa65: _Scheme("ML-DSA-65", None),
    _S.mldsa87: _Scheme("ML-DSA-87", None),
}
_ALL: Mapping[SignatureScheme, _Scheme] = {**_SCHEMES, **_MLDSA}
# The salt is as long as the hash (RFC 8446 §4.2.3).
_PSS = {
    scheme: padding.PSS(padding.MGF1(each.hash), padding.PSS.DIGEST_LENGTH)
    for scheme, each in _SCHEMES.items()
    if each.kind == "RSA-PSS" and each.hash is not None
}

SCHEMES: tuple[SignatureScheme, ...] = tuple(_SCHEMES)
"""The schemes of TLS 1.2 that are implemented, the preferred first. No SHA-1: RFC 9155."""
TLS13_SCHEMES: tuple[SignatureScheme, ...] = tuple(
    scheme for scheme, each in _ALL.items() if each.kind != "RSA"
)
"""The schemes that sign a handshake of TLS 1.3, the preferred first (RFC 8446 §4.2.3).

PKCS#1 v1.5 is not among them: it may only stand in certificates.
"""


def schemes_for(key: PrivateKey | PublicKey) -> tuple[SignatureScheme, ...]:
    """The schemes that this key can be used with in TLS 1.2, the preferred first."""
    kinds = _kinds(key)
    return tuple(scheme for scheme, each in _SCHEMES.items() if each.kind in kinds)


def tls13_schemes_for(key: PrivateKey | PublicKey) -> tuple[SignatureScheme, ...]:
    """The schemes that this key can sign a TLS 1.3 handshake with, the preferred first.

    One for a key on a curve, whose curve the scheme names; for RSA those with PSS (RFC 8446
    §4.2.3). None for a key on a curve of another name.
    """
    kinds = _kinds(key)
    curve: str = cast(Any, key).curve.name if kinds == ("ECDSA",) else ""
    return _tls13_schemes(kinds, curve)


@cache
def _tls13_schemes(kinds: tuple[str, ...], curve: str) -> tuple[SignatureScheme, ...]:
    return tuple(
        scheme
        for scheme in TLS13_SCHEMES
        if _ALL[scheme].kind in kinds and _ALL[scheme].curve == curve
    )


_KINDS: Mapping[tuple[str, ...], tuple[type, type]] = {
    ("RSA", "RSA-PSS"): (RSAPrivateKey, RSAPublicKey),
    ("ECDSA",): (ec.EllipticCurvePrivateKey, ec.EllipticCurvePublicKey),
    ("Ed25519",): (Ed25519PrivateKey, Ed25519PublicKey),
    ("Ed448",): (Ed448PrivateKey, Ed448PublicKey),
    ("ML-DSA-44",): (MLDSA44PrivateKey, MLDSA44PublicKey),
    ("ML-DSA-65",): (MLDSA65PrivateKey, MLDSA65PublicKey),
    ("ML-DSA-87",): (MLDSA87PrivateKey, MLDSA87PublicKey),
}


def _kinds(key: PrivateKey | PublicKey) -> tuple[str, ...]:
    return _kinds_of(type(key))


@cache
def _kinds_of(key_type: type) -> tuple[str, ...]:
    # Asked often, and the library's classes are slow to say what they are.
    return next(names for names, types in _KINDS.items() if issubclass(key_type, types))


def signed_params(client_random: bytes, server_random: bytes, params: bytes) -> bytes:
    """What the signature of a ServerKeyExchange is over (RFC 5246 §7.4.3, RFC 8422 §5.4).

    The randoms, 32 bytes each, so that nobody can replay it in another handshake; then
    ServerDHParams or ServerECDHParams as they are sent.
    """
    return client_random + server_random + params


def certificate_verify_content(handshake_messages: Sequence[bytes]) -> bytes:
    """What the signature of a CertificateVerify is over (RFC 5246 §7.4.8).

    handshake_messages: all that were sent or received so far, each with its header of four bytes,
    up to but not including this message. The signature hashes them.
    """
    return b"".join(handshake_messages)


def signed_content(side: Literal["client", "server"], transcript_hash: bytes) -> bytes:
    """What the signature of a CertificateVerify is over in TLS 1.3 (RFC 8446 §4.4.3).

    64 spaces, where TLS 1.2 signs the randoms, one of which a stranger chooses; who signs; a zero
    byte; the hash of all messages up to and including the signer's Certificate. So a signature is
    good for nothing but this place in this handshake. side: of the signer.
    """
    context_string = f"TLS 1.3, {side} CertificateVerify"
    return b" " * 64 + context_string.encode() + b"\0" + transcript_hash


def sign(private_key: PrivateKey, scheme: SignatureScheme, data: bytes) -> bytes:
    """A signature over `data`, which is hashed here.

    As long as the modulus for RSA, 64 bytes for Ed25519, 114 for Ed448; 2420, 3309 and 4627 for
    ML-DSA-44, 65 and 87; DER for ECDSA, whose nonce comes from key and data, so that the same input
    gives the same bytes (RFC 6979). The salt of PSS, as long as the hash, and the randomness of
    ML-DSA are the library's own. Raises LocalError for a scheme that does not go with the key.
    """
    if not _goes_with(private_key, scheme):
        raise LocalError(f"{scheme.label} does not go with this key")
    hash_: Any = _ALL[scheme].hash
    key: Any = private_key
    match _ALL[scheme].kind:
        case "RSA":
            return bytes(key.sign(data, padding.PKCS1v15(), hash_))
        case "RSA-PSS":
            return bytes(key.sign(data, _PSS[scheme], hash_))
        case "ECDSA":
            return bytes(key.sign(data, ec.ECDSA(hash_, deterministic_signing=True)))
        case _:
            return bytes(key.sign(data))


def verify(public_key: PublicKey, scheme: SignatureScheme, signature: bytes, data: bytes) -> None:
    """Verify a signature over `data`.

    Whether the version allows the scheme with this key is for the caller to ask: `schemes_for`,
    `tls13_schemes_for`. Raises ProtocolError: illegal_parameter for a scheme that cannot go with
    the key (RFC 5246 §7.4.3), decrypt_error for a signature that is wrong (RFC 5246 §7.2.2, RFC
    8446 §4.4.3).
    """
    if not _goes_with(public_key, scheme):
        raise ProtocolError(
            "illegal_parameter",
            f"{scheme.label} does not go with the key in the certificate",
            section="RFC 5246 §7.4.3",
        )
    hash_: Any = _ALL[scheme].hash
    key: Any = public_key
    try:
        match _ALL[scheme].kind:
            case "RSA":
                key.verify(signature, data, padding.PKCS1v15(), hash_)
            case "RSA-PSS":
                key.verify(signature, data, _PSS[scheme], hash_)
            case "ECDSA":
                key.verify(signature, data, ec.ECDSA(hash_))
            case _:
                key.verify(signature, data)
    except InvalidSignature:
        raise ProtocolError(
            "decrypt_error", "the signature is wrong", section="RFC 5246 §7.2.2"
        ) from None


def _goes_with(key: PrivateKey | PublicKey, scheme: SignatureScheme) -> bool:
    return scheme in _ALL and _ALL[scheme].kind in _kinds(key)
