"""Was the certificate revoked? The issuer's word, which the server brings along (RFC 6960).

A certificate is good until its last day unless its issuer takes it back. To ask the issuer would
cost a connection, and tell it who visits whom; so the server asks, now and then, and staples the
signed answer to its certificate (RFC 6066 §8).
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from tlslab.errors import ProtocolError

SECTION = "RFC 6066 §8"


def verify_ocsp_response(
    response: bytes,
    certificate: x509.Certificate,
    candidates: Sequence[x509.Certificate],
    time: datetime,
) -> None:
    """Check that the issuer of `certificate` says it is good, now.

    response: an OCSPResponse in DER. candidates: among them is the issuer: the rest of the chain
    and the trust anchors. time: now (UTC if naive).
    Raises ProtocolError: bad_certificate_status_response.
    """
    now = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    try:
        parsed = ocsp.load_der_ocsp_response(response)
    except ValueError as error:
        raise _refused(f"it cannot be read: {error}") from error
    if parsed.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        raise _refused(f"the responder says {parsed.response_status.name}")
    issuer = _issuer(certificate, candidates)
    _check_signature(parsed, issuer, now)
    answer = _answer_about(parsed, certificate, issuer)
    if now < answer.this_update_utc:
        raise _refused(f"it is from {answer.this_update_utc:%Y-%m-%d}, now is {now:%Y-%m-%d}")
    if answer.next_update_utc is not None and now >= answer.next_update_utc:
        raise _refused(f"it was good until {answer.next_update_utc:%Y-%m-%d}")
    if answer.certificate_status is ocsp.OCSPCertStatus.REVOKED:
        raise _refused(f"the certificate was revoked on {answer.revocation_time_utc:%Y-%m-%d}")
    if answer.certificate_status is not ocsp.OCSPCertStatus.GOOD:
        raise _refused("the responder does not know the certificate")


def _issuer(
    certificate: x509.Certificate, candidates: Sequence[x509.Certificate]
) -> x509.Certificate:
    for candidate in candidates:
        try:
            certificate.verify_directly_issued_by(candidate)
        except (ValueError, TypeError, InvalidSignature):
            continue
        return candidate
    raise _refused("the issuer of the certificate is not at hand")


def _check_signature(parsed: ocsp.OCSPResponse, issuer: x509.Certificate, now: datetime) -> None:
    """The issuer signs, or somebody to whom it gave a certificate for that (RFC 6960 §4.2.2.2)."""
    for signer in (issuer, *parsed.certificates):
        if signer != issuer and not _may_sign(signer, issuer, now):
            continue
        try:
            _verify(signer.public_key(), parsed)
        except (InvalidSignature, UnsupportedAlgorithm, TypeError, AttributeError):
            continue
        return
    raise _refused("its signature is neither the issuer's nor that of a responder of the issuer's")


def _may_sign(responder: x509.Certificate, issuer: x509.Certificate, now: datetime) -> bool:
    try:
        responder.verify_directly_issued_by(issuer)
        usages = responder.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    valid = responder.not_valid_before_utc <= now <= responder.not_valid_after_utc
    return valid and ExtendedKeyUsageOID.OCSP_SIGNING in usages


def _verify(key: Any, parsed: ocsp.OCSPResponse) -> None:
    signature, signed = parsed.signature, parsed.tbs_response_bytes
    hash_: Any = parsed.signature_hash_algorithm
    if isinstance(key, RSAPublicKey):
        key.verify(signature, signed, padding.PKCS1v15(), hash_)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, signed, ec.ECDSA(hash_))
    else:
        key.verify(signature, signed)


def _answer_about(
    parsed: ocsp.OCSPResponse, certificate: x509.Certificate, issuer: x509.Certificate
) -> ocsp.OCSPSingleResponse:
    for answer in parsed.responses:
        if answer.serial_number == certificate.serial_number and _is_of(answer, issuer):
            return answer
    raise _refused("it is about another certificate")


def _is_of(answer: ocsp.OCSPSingleResponse, issuer: x509.Certificate) -> bool:
    """Whether the answer names this issuer, by the hashes of its name and key (RFC 6960 §4.1.1)."""
    return (answer.issuer_name_hash, answer.issuer_key_hash) == (
        _digest(answer.hash_algorithm, issuer.subject.public_bytes()),
        _digest(answer.hash_algorithm, _key_bits(issuer.public_key())),
    )


def _digest(algorithm: hashes.HashAlgorithm, data: bytes) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(data)
    return digest.finalize()


def _key_bits(key: Any) -> bytes:
    """The key without the header that says of what kind it is."""
    if isinstance(key, RSAPublicKey):
        return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return bytes(key.public_bytes_raw())


def _refused(reason: str) -> ProtocolError:
    return ProtocolError(
        "bad_certificate_status_response",
        reason,
        where="certificate_status.response",
        section=SECTION,
    )
