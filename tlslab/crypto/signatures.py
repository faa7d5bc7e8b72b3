"""Signatures over handshake values, by SignatureScheme (RFC 5246 §4.7, RFC 8446 §4.2.3).

In TLS 1.2 `ecdsa_secp256r1_sha256` means ECDSA with SHA-256 on whatever curve the key has; in TLS
1.3 it means that curve too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey, Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from tlslab.errors import LocalError, ProtocolError
from tlslab.wire.registry import SignatureScheme

PrivateKey = RSAPrivateKey | ec.EllipticCurvePrivateKey | Ed25519PrivateKey | Ed448PrivateKey
PublicKey = RSAPublicKey | ec.EllipticCurvePublicKey | Ed25519PublicKey | Ed448PublicKey


@dataclass(frozen=True, slots=True)
class _Scheme:
    """kind: of the key. hash: of what is signed; None where the scheme has its own."""

    kind: str
    hash: hashes.HashAlgorithm | None


_S = SignatureScheme
_SCHEMES: Mapping[SignatureScheme, _Scheme] = {
    _S.ecdsa_secp256r1_sha256: _Scheme("ECDSA", hashes.SHA256()),
    _S.ecdsa_secp384r1_sha384: _Scheme("ECDSA", hashes.SHA384()),
    _S.ecdsa_secp521r1_sha512: _Scheme("ECDSA", hashes.SHA512()),
    _S.ed25519: _Scheme("Ed25519", None),
    _S.ed448: _Scheme("Ed448", None),
    _S.rsa_pss_rsae_sha256: _Scheme("RSA-PSS", hashes.SHA256()),
    _S.rsa_pss_rsae_sha384: _Scheme("RSA-PSS", hashes.SHA384()),
    _S.rsa_pss_rsae_sha512: _Scheme("RSA-PSS", hashes.SHA512()),
    _S.rsa_pkcs1_sha256: _Scheme("RSA", hashes.SHA256()),
    _S.rsa_pkcs1_sha384: _Scheme("RSA", hashes.SHA384()),
    _S.rsa_pkcs1_sha512: _Scheme("RSA", hashes.SHA512()),
}
SCHEMES: tuple[SignatureScheme, ...] = tuple(_SCHEMES)
"""The schemes that are implemented, the preferred first. No SHA-1: RFC 9155."""


def schemes_for(key: PrivateKey | PublicKey) -> tuple[SignatureScheme, ...]:
    """The schemes that this key can be used with in TLS 1.2, the preferred first."""
    match key:
        case RSAPrivateKey() | RSAPublicKey():
            kinds = {"RSA", "RSA-PSS"}
        case ec.EllipticCurvePrivateKey() | ec.EllipticCurvePublicKey():
            kinds = {"ECDSA"}
        case Ed25519PrivateKey() | Ed25519PublicKey():
            kinds = {"Ed25519"}
        case _:
            kinds = {"Ed448"}
    return tuple(scheme for scheme, each in _SCHEMES.items() if each.kind in kinds)


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


def sign(private_key: PrivateKey, scheme: SignatureScheme, data: bytes) -> bytes:
    """A signature over `data`, which is hashed here.

    As long as the modulus for RSA, 64 bytes for Ed25519, 114 for Ed448; DER for ECDSA, whose
    nonce comes from key and data, so that the same input gives the same bytes (RFC 6979). The salt
    of PSS, as long as the hash, is the library's own, and random. Raises LocalError for a scheme
    that does not go with the key.
    """
    if scheme not in schemes_for(private_key):
        raise LocalError(f"{scheme.label} does not go with this key")
    hash_: Any = _SCHEMES[scheme].hash
    key: Any = private_key
    match _SCHEMES[scheme].kind:
        case "RSA":
            return bytes(key.sign(data, padding.PKCS1v15(), hash_))
        case "RSA-PSS":
            return bytes(key.sign(data, _pss(hash_), hash_))
        case "ECDSA":
            return bytes(key.sign(data, ec.ECDSA(hash_, deterministic_signing=True)))
        case _:
            return bytes(key.sign(data))


def verify(public_key: PublicKey, scheme: SignatureScheme, signature: bytes, data: bytes) -> None:
    """Verify a signature over `data`.

    Raises ProtocolError: illegal_parameter for a scheme that does not go with the key (RFC 5246
    §7.4.3), decrypt_error for a signature that is wrong (RFC 5246 §7.2.2).
    """
    if scheme not in schemes_for(public_key):
        raise ProtocolError(
            "illegal_parameter",
            f"{scheme.label} does not go with the key in the certificate",
            section="RFC 5246 §7.4.3",
        )
    hash_: Any = _SCHEMES[scheme].hash
    key: Any = public_key
    try:
        match _SCHEMES[scheme].kind:
            case "RSA":
                key.verify(signature, data, padding.PKCS1v15(), hash_)
            case "RSA-PSS":
                key.verify(signature, data, _pss(hash_), hash_)
            case "ECDSA":
                key.verify(signature, data, ec.ECDSA(hash_))
            case _:
                key.verify(signature, data)
    except InvalidSignature:
        raise ProtocolError(
            "decrypt_error", "the signature is wrong", section="RFC 5246 §7.2.2"
        ) from None


def _pss(hash_: Any) -> padding.PSS:
    """The salt is as long as the hash (RFC 8446 §4.2.3)."""
    return padding.PSS(padding.MGF1(hash_), padding.PSS.DIGEST_LENGTH)
