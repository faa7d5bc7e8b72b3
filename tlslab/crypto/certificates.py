"""Is this certificate chain good, today, for this name? (RFC 5246 §7.4.2, RFC 5280 §6)

The path validation is `cryptography`'s, which follows the rules of the web PKI: signatures up to a
trust anchor, dates, CA flags and path lengths, key usages, and the server's name in the subject
alternative names. It answers with one sentence; to send the alert that the RFC names, `_why` looks
at the chain again once it has been refused. A leaf may have any kind of key that signs here; a CA
may not have an EdDSA key, since the web PKI has none.

Not checked, here as in most clients without extra effort: revocation (CRL, OCSP), certificate
transparency, and whether the CA deserves the trust.
"""

import ipaddress
import warnings
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from tlslab.crypto.signatures import PublicKey, schemes_for
from tlslab.crypto.suites import KeyExchange
from tlslab.errors import AlertName, LocalError, ProtocolError

SECTION = "RFC 5246 §7.4.2"

# What `cryptography` raises for bytes that are no certificate, or for one that it cannot read.
UNREADABLE = (
    CryptographyDeprecationWarning,
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)

E = TypeVar("E", bound=x509.ExtensionType)


def verify_chain(
    certificate_list: Sequence[bytes],
    trust_anchors: Sequence[x509.Certificate],
    server_name: str,
    time: datetime,
) -> x509.Certificate:
    """The server's certificate, after everything about its chain was found good.

    certificate_list: DER, the server's own first, as the Certificate message has them.
    server_name: a DNS name or an IP address. time: when it has to be valid (UTC if naive).
    Raises ProtocolError: bad_certificate, unsupported_certificate, certificate_expired, unknown_ca.
    """
    if not certificate_list:
        raise _refused("bad_certificate", "the server sent no certificate")
    leaf, *intermediates = parse_certificates(certificate_list)
    subject = _subject(server_name)
    if not trust_anchors:
        raise _refused("unknown_ca", "there is no trust anchor, so no chain can lead to one")
    policy = PolicyBuilder().store(_store(tuple(trust_anchors))).time(time)
    try:
        policy.build_server_verifier(subject).verify(leaf, intermediates)
    except VerificationError as error:
        usage = ExtendedKeyUsageOID.SERVER_AUTH
        alert, reason = _why(leaf, intermediates, trust_anchors, usage, time)
        if not reason and not names_match(leaf, server_name):
            names = ", ".join(certificate_names(leaf)) or "nobody"
            alert, reason = "bad_certificate", f"it is for {names}, not for {server_name}"
        raise _refused(alert, reason or f"the chain is not acceptable: {error}") from error
    return leaf


def verify_client_chain(
    certificate_list: Sequence[bytes],
    trust_anchors: Sequence[x509.Certificate],
    time: datetime,
) -> x509.Certificate:
    """The client's certificate, after its chain was found good for a client (RFC 5246 §7.4.6).

    certificate_list: DER, the client's own first, not empty. A client has no name that the server
    could expect: who may enter is the application's business, by the names in it.
    Raises ProtocolError: bad_certificate, unsupported_certificate, certificate_expired, unknown_ca.
    """
    leaf, *intermediates = parse_certificates(certificate_list)
    if not trust_anchors:
        raise _refused("unknown_ca", "there is no trust anchor, so no chain can lead to one")
    policy = PolicyBuilder().store(_store(tuple(trust_anchors))).time(time)
    try:
        policy.build_client_verifier().verify(leaf, intermediates)
    except VerificationError as error:
        usage = ExtendedKeyUsageOID.CLIENT_AUTH
        alert, reason = _why(leaf, intermediates, trust_anchors, usage, time)
        raise _refused(alert, reason or f"the chain is not acceptable: {error}") from error
    return leaf


def accept_client(
    certificate_list: Sequence[bytes],
    required: bool,
    trust_anchors: Sequence[x509.Certificate],
    time: datetime,
    *,
    verify_client_chain: Callable[..., x509.Certificate] = verify_client_chain,
) -> x509.Certificate | None:
    """What a server decides on a client's Certificate message (RFC 5246 §7.4.6).

    certificate_list: DER, the client's own first; empty for a client that does not say who it is.
    required: whether it has to. Returns its certificate; None for one that need not say. Raises
    ProtocolError: handshake_failure for nobody where somebody has to be, and what
    `verify_client_chain` raises.
    """
    if certificate_list:
        return verify_client_chain(certificate_list, trust_anchors, time)
    if required:
        raise ProtocolError(
            "handshake_failure",
            "the client sent no certificate, and this server wants one",
            where="certificate.certificate_list",
            section="RFC 5246 §7.4.6",
        )
    return None


def parse_certificates(certificate_list: Sequence[bytes]) -> list[x509.Certificate]:
    """The certificates of a list in DER. Raises ProtocolError: bad_certificate."""
    parsed = []
    for index, der in enumerate(certificate_list):
        try:
            parsed.append(_parse(der))
        except UNREADABLE as error:
            where = f"certificate.certificate_list[{index}]"
            reason = f"not a certificate: {error}"
            raise ProtocolError("bad_certificate", reason, where=where, section=SECTION) from error
    return parsed


@lru_cache(maxsize=64)
def _parse(der: bytes) -> x509.Certificate:
    # The same few certificates come again and again, and reading one takes as long as a signature.
    with warnings.catch_warnings():
        # What the library still reads, and warns of, is no certificate by RFC 5280: a serial
        # number below 1.
        warnings.simplefilter("error", CryptographyDeprecationWarning)
        certificate = x509.load_der_x509_certificate(der)
        # These are read on first use only; what is broken in them has to show here.
        _ = certificate.subject, certificate.issuer
        _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        _ = certificate.extensions, certificate.public_key()
    return certificate


def rsa_encryption_key(certificate: x509.Certificate) -> RSAPublicKey:
    """The certificate's key, for encrypting a premaster secret to it.

    "The certificate's key MUST be RSA, and if the key usage extension is present, keyEncipherment
    MUST be set" (RFC 5246 §7.4.2). Raises ProtocolError: unsupported_certificate.
    """
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        raise _refused("unsupported_certificate", "the suite needs an RSA key to encrypt to")
    usage = _extension(certificate, x509.KeyUsage)
    if usage is not None and not usage.key_encipherment:
        raise _refused("unsupported_certificate", "its key usage lacks keyEncipherment")
    return key


@lru_cache(maxsize=16)
def signing_key(certificate: x509.Certificate) -> PublicKey:
    """The certificate's key, for verifying a signature in the handshake.

    "The key usage extension MUST have digitalSignature set" if it is there (RFC 5246 §7.4.2).
    Raises ProtocolError: unsupported_certificate.
    """
    key = certificate.public_key()
    if not isinstance(key, PublicKey):
        raise _refused("unsupported_certificate", "its key is of a kind that signs nothing here")
    usage = _extension(certificate, x509.KeyUsage)
    if usage is not None and not usage.digital_signature:
        raise _refused("unsupported_certificate", "its key usage lacks digitalSignature")
    return key


def authenticates(public_key: PublicKey, exchange: KeyExchange) -> None:
    """Check that the server's key is of the kind that the suite names (RFC 8422 §2).

    Raises ProtocolError: unsupported_certificate.
    """
    if not schemes_for(public_key):
        raise _refused("unsupported_certificate", "TLS 1.2 has no signatures for this kind of key")
    is_rsa = isinstance(public_key, RSAPublicKey)
    if is_rsa is (exchange is KeyExchange.ECDHE_ECDSA):
        wanted = "no RSA key" if is_rsa else "an RSA key"
        raise _refused("unsupported_certificate", f"{exchange} needs {wanted} in the certificate")


@lru_cache(maxsize=16)
def certificate_names(certificate: x509.Certificate) -> tuple[str, ...]:
    """The DNS names and IP addresses that the certificate is for (RFC 5280 §4.2.1.6)."""
    names = _extension(certificate, x509.SubjectAlternativeName)
    return tuple(str(name.value) for name in names or ())


@lru_cache(maxsize=16)
def subject_and_issuer(certificate: x509.Certificate) -> tuple[str, str]:
    """Who the certificate is about, and who says so: subject and issuer as text (RFC 4514)."""
    return certificate.subject.rfc4514_string(), certificate.issuer.rfc4514_string()


def names_match(certificate: x509.Certificate, server_name: str) -> bool:
    """Whether the certificate is for `server_name`; `*.` stands for one label (RFC 6125 §6.4.3)."""
    wanted = server_name.lower().removesuffix(".")
    parent = "*." + wanted.partition(".")[2]
    return any(name.lower() in (wanted, parent) for name in certificate_names(certificate))


def _refused(alert: AlertName, reason: str) -> ProtocolError:
    return ProtocolError(alert, reason, where="certificate.certificate_list", section=SECTION)


@lru_cache(maxsize=8)
def _store(trust_anchors: tuple[x509.Certificate, ...]) -> Store:
    return Store(list(trust_anchors))


@lru_cache(maxsize=16)
def _subject(server_name: str) -> x509.verification.Subject:
    try:
        return x509.IPAddress(ipaddress.ip_address(server_name))
    except ValueError:
        pass
    try:
        return x509.DNSName(server_name)
    except ValueError as error:
        raise LocalError(f"not a server name: {server_name!r}") from error


def _why(
    leaf: x509.Certificate,
    intermediates: Sequence[x509.Certificate],
    trust_anchors: Sequence[x509.Certificate],
    usage: x509.ObjectIdentifier,
    time: datetime,
) -> tuple[AlertName, str]:
    """The alert and the reason for a chain that was refused; the reason is empty if unknown."""
    now = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    path = _path(leaf, intermediates, trust_anchors)
    for certificate in path:
        who = certificate.subject.rfc4514_string()
        if now > (end := certificate.not_valid_after_utc):
            return (
                "certificate_expired",
                f"{who} was valid until {end:%Y-%m-%d}, now is {now:%Y-%m-%d}",
            )
        if now < (start := certificate.not_valid_before_utc):
            return (
                "certificate_expired",
                f"{who} is valid from {start:%Y-%m-%d}, now is {now:%Y-%m-%d}",
            )
    for certificate, issuer in pairwise(path):
        try:
            certificate.verify_directly_issued_by(issuer)
        except InvalidSignature:
            who = certificate.subject.rfc4514_string()
            return "bad_certificate", f"the issuer's signature on {who} is wrong"
        except (ValueError, TypeError):
            break
    if path[-1] not in trust_anchors:
        issuer_name = path[-1].issuer.rfc4514_string()
        return "unknown_ca", f"its issuer, {issuer_name}, is neither sent along nor trusted"
    usages = _extension(leaf, x509.ExtendedKeyUsage)
    if usages is not None and usage not in usages:
        whom = "servers" if usage == ExtendedKeyUsageOID.SERVER_AUTH else "clients"
        return "unsupported_certificate", f"it is not meant for {whom} (extended key usage)"
    for certificate in path[1:]:
        constraints = _extension(certificate, x509.BasicConstraints)
        if constraints is None or not constraints.ca:
            who = certificate.subject.rfc4514_string()
            return "bad_certificate", f"{who} has signed a certificate and is no CA"
    return "bad_certificate", ""


def _path(
    leaf: x509.Certificate,
    intermediates: Sequence[x509.Certificate],
    trust_anchors: Sequence[x509.Certificate],
) -> list[x509.Certificate]:
    """From the leaf upwards, each certificate's issuer by name, as far as it goes."""
    path = [leaf]
    while path[-1] not in trust_anchors:
        issuers = [c for c in (*trust_anchors, *intermediates) if c.subject == path[-1].issuer]
        if not issuers or issuers[0] in path:
            break
        path.append(issuers[0])
    return path


def _extension(certificate: x509.Certificate, kind: type[E]) -> E | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
