"""OCSP responses about the laboratory's certificates, made with the library."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509 import ocsp
from in_memory import NOW, credential

import tlslab
from tlslab.lab import pki

GOOD, REVOKED = ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED


@cache
def issuer_key() -> Any:
    return load_pem_private_key(pki.pem_path("intermediate.key").read_bytes(), None)


def ocsp_response(
    label: str = "server-rsa",
    *,
    status: ocsp.OCSPCertStatus = GOOD,
    this_update: datetime = NOW - timedelta(days=1),
    next_update: datetime | None = NOW + timedelta(days=1),
    issuer: x509.Certificate | None = None,
    responder: x509.Certificate | None = None,
    key: Any = None,
    certificates: tuple[x509.Certificate, ...] = (),
) -> bytes:
    """What the lab's intermediate authority says about a certificate, in DER."""
    leaf = x509.load_der_x509_certificate(pki.identity(label).certificate_chain[0])
    issuer = issuer or pki.intermediate()
    revoked = status is REVOKED
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=leaf,
            issuer=issuer,
            algorithm=hashes.SHA1(),
            cert_status=status,
            this_update=this_update,
            next_update=next_update,
            revocation_time=this_update if revoked else None,
            revocation_reason=None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, responder or pki.intermediate())
    )
    if certificates:
        builder = builder.certificates(certificates)
    response = builder.sign(key or issuer_key(), hashes.SHA256())
    return response.public_bytes(Encoding.DER)


def stapling(label: str = "server-rsa", response: bytes | None = None) -> tlslab.Credential:
    """A credential with a response about it."""
    made = ocsp_response(label) if response is None else response
    return replace(credential(label), ocsp_response=made)
