"""Certificates of the lab's PKI for keys of every kind."""

from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import (
    MLDSA44PrivateKey,
    MLDSA65PrivateKey,
    MLDSA87PrivateKey,
)
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

import tlslab
from tlslab.lab import pki


def issued(key: Any, *, signs: bool = True, usage: bool = True) -> tlslab.Credential:
    """A certificate of the lab's intermediate authority, under the server's name, for this key."""
    issuer_key: Any = load_pem_private_key(pki.pem_path("intermediate.key").read_bytes(), None)
    like = x509.load_der_x509_certificate(pki.server_ecdsa().certificate_chain[0])
    builder = (
        x509.CertificateBuilder()
        .subject_name(like.subject)
        .issuer_name(like.issuer)
        .public_key(key.public_key())
        .serial_number(99)
        .not_valid_before(like.not_valid_before_utc)
        .not_valid_after(like.not_valid_after_utc)
    )
    for extension in like.extensions:
        value: Any = extension.value
        if isinstance(value, x509.SubjectKeyIdentifier):
            value = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        if isinstance(value, x509.KeyUsage):
            if not usage:
                continue
            names = ("content_commitment", "data_encipherment", "key_agreement", "key_cert_sign")
            no = dict.fromkeys((*names, "crl_sign", "encipher_only", "decipher_only"), False)
            value = x509.KeyUsage(digital_signature=signs, key_encipherment=not signs, **no)
        builder = builder.add_extension(value, extension.critical)
    made = builder.sign(issuer_key, hashes.SHA256())
    chain = (made.public_bytes(Encoding.DER), pki.server_ecdsa().certificate_chain[1])
    return tlslab.Credential(chain, key)


@cache
def keys() -> dict[str, Any]:
    return {
        "secp256r1": ec.derive_private_key(3, ec.SECP256R1()),
        "secp384r1": ec.derive_private_key(3, ec.SECP384R1()),
        "secp521r1": ec.derive_private_key(3, ec.SECP521R1()),
        "ed25519": Ed25519PrivateKey.from_private_bytes(bytes(range(32))),
        "ed448": Ed448PrivateKey.from_private_bytes(bytes(range(57))),
        "mldsa44": MLDSA44PrivateKey.from_seed_bytes(bytes(range(32))),
        "mldsa65": MLDSA65PrivateKey.from_seed_bytes(bytes(range(32))),
        "mldsa87": MLDSA87PrivateKey.from_seed_bytes(bytes(range(32))),
    }
