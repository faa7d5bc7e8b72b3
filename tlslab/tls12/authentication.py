"""Who is who: the server's signature on its share, and the client's certificate if it is asked for.

A certificate says who owns a public key. That the peer is the owner, a signature has to show that
is made for this one handshake (RFC 5246 §7.4.3, §7.4.8).
"""

from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from tlslab.connection.config import ClientAuthentication, ClientConfig, Credential, ServerConfig
from tlslab.connection.context import Context
from tlslab.crypto.certificates import parse_certificates, signing_key, subject_and_issuer
from tlslab.crypto.ocsp import verify_ocsp_response
from tlslab.crypto.signatures import SCHEMES, PrivateKey, PublicKey
from tlslab.errors import ProtocolError
from tlslab.tls12.choosing import common_scheme
from tlslab.tls12.keys import Terms
from tlslab.tls12.messages import (
    Certificate,
    CertificateRequest,
    CertificateStatus,
    CertificateVerify,
    DigitallySigned,
)
from tlslab.wire.presentation import Structure
from tlslab.wire.registry import ClientCertificateType, SignatureScheme


@dataclass(frozen=True, slots=True)
class Peer:
    """Who the other side says it is: its chain was verified. certificates: DER, its own first."""

    certificates: tuple[bytes, ...] = field(repr=False)
    public_key: PublicKey


@dataclass(frozen=True, slots=True)
class Anonymous:
    """A client that has not said who it is."""

    certificates: tuple[bytes, ...] = ()


# -- the server's share -------------------------------------------------------------------------


def sign_params(
    context: Context[Any],
    private_key: PrivateKey,
    scheme: SignatureScheme,
    client_random: bytes,
    server_random: bytes,
    params: Structure,
) -> DigitallySigned:
    """The server's signature over both randoms and its share (RFC 5246 §7.4.3)."""
    content = context.primitives.signed_params(client_random, server_random, params.encode())
    signature = context.primitives.sign(private_key, scheme, content)
    context.trace.secret_derived(
        "server_signature",
        signature,
        f"{scheme.name} with the server's private key",
        ("client_random", "server_random", "server_share"),
        "RFC 5246 §7.4.3",
    )
    return DigitallySigned(scheme, signature)


def verify_params(
    context: Context[ClientConfig],
    public_key: PublicKey,
    terms: Terms,
    params: Structure,
    signed: DigitallySigned,
) -> None:
    """Verify the signature over the server's share. Raises ProtocolError."""
    where = "server_key_exchange.signed_params"
    _check_offered(signed.algorithm, context.config.signature_schemes, f"{where}.algorithm")
    content = context.primitives.signed_params(
        terms.client_random, terms.server_random, params.encode()
    )
    _verify(context, public_key, signed, content, f"{where}.signature")
    context.trace.verified(
        "server_key_exchange",
        f"the owner of the certificate signed this share, with {signed.algorithm.name}",
        "RFC 5246 §7.4.3",
    )


def verify_status(message: CertificateStatus, context: Context[ClientConfig], server: Peer) -> None:
    """Verify what the issuer says about the server's certificate (RFC 6066 §8).

    Raises ProtocolError: bad_certificate_status_response.
    """
    config = context.config
    leaf, *others = parse_certificates(server.certificates)
    candidates = (*others, *config.trust_anchors)
    verify_ocsp_response(message.response, leaf, candidates, config.clock())
    context.trace.verified(
        "certificate status",
        f"the issuer says that {leaf.subject.rfc4514_string()} was not revoked",
        "RFC 6066 §8",
    )


# -- the client's certificate -------------------------------------------------------------------

# RFC 5246 §7.4.4, RFC 8422 §5.5: ecdsa_sign stands for EdDSA too.
_CERTIFICATE_TYPES = (ClientCertificateType.rsa_sign, ClientCertificateType.ecdsa_sign)


def certificate_request(config: ServerConfig) -> CertificateRequest:
    """What the server asks for: kinds of keys, signatures, and the CAs that it believes."""
    names = tuple(anchor.subject.public_bytes() for anchor in config.client_trust_anchors)
    schemes = tuple(scheme for scheme in config.signature_schemes if scheme in SCHEMES)
    return CertificateRequest(_CERTIFICATE_TYPES, schemes, names)


def answer_to(
    request: CertificateRequest, context: Context[ClientConfig]
) -> tuple[Credential, SignatureScheme] | None:
    """The client's credential and the scheme to sign with; None if it has nothing that fits."""
    credential = context.config.credential
    if credential is None:
        return None
    key = credential.private_key
    kind = ClientCertificateType.ecdsa_sign
    if isinstance(key, RSAPrivateKey):
        kind = ClientCertificateType.rsa_sign
    if kind not in request.certificate_types:
        return None
    # The server's list is in its order of preference.
    scheme = common_scheme(
        key, context.config.signature_schemes, request.supported_signature_algorithms
    )
    return None if scheme is None else (credential, scheme)


def sign_handshake(
    context: Context[ClientConfig], credential: Credential, scheme: SignatureScheme
) -> CertificateVerify:
    """The client's signature over the whole handshake so far (RFC 5246 §7.4.8)."""
    content = context.primitives.certificate_verify_content(context.transcript.messages)
    signature = context.primitives.sign(credential.private_key, scheme, content)
    context.trace.secret_derived(
        "client_signature",
        signature,
        f"{scheme.name} with the client's private key, over all handshake messages so far",
        (),
        "RFC 5246 §7.4.8",
    )
    return CertificateVerify(DigitallySigned(scheme, signature))


def client_identity(certificate: Certificate, context: Context[ServerConfig]) -> Peer | Anonymous:
    """Who the client says it is, verified up to its signature (RFC 5246 §7.4.6).

    Raises ProtocolError: what `accept_client` raises.
    """
    config = context.config
    leaf = context.primitives.accept_client(
        certificate.certificate_list,
        config.client_authentication is ClientAuthentication.REQUIRED,
        config.client_trust_anchors,
        config.clock(),
    )
    if leaf is None:
        return Anonymous()
    public_key = signing_key(leaf)
    subject, issuer = subject_and_issuer(leaf)
    context.trace.verified(
        "client certificate",
        f"{subject}, says {issuer}",
        "RFC 5246 §7.4.6",
    )
    return Peer(certificate.certificate_list, public_key)


def verify_handshake_signature(
    message: CertificateVerify, context: Context[ServerConfig], client: Peer
) -> None:
    """Verify that the client has the key of its certificate. Raises ProtocolError."""
    signed = message.handshake_messages
    where = "certificate_verify.handshake_messages"
    _check_offered(signed.algorithm, context.config.signature_schemes, f"{where}.algorithm")
    # The CertificateVerify itself is the last message of the transcript by now.
    content = context.primitives.certificate_verify_content(context.transcript.messages[:-1])
    _verify(context, client.public_key, signed, content, f"{where}.signature")
    context.trace.verified(
        "certificate_verify",
        f"the client has the private key of its certificate, shown with {signed.algorithm.name}",
        "RFC 5246 §7.4.8",
    )


# -- helpers ------------------------------------------------------------------------------------


def _check_offered(
    scheme: SignatureScheme, offered: tuple[SignatureScheme, ...], where: str
) -> None:
    if scheme not in offered:
        raise ProtocolError(
            "illegal_parameter",
            f"{scheme.label} was not offered",
            where=where,
            section="RFC 5246 §7.4.3",
        )
    # One list in the hello offers to both versions.
    if scheme not in SCHEMES:
        raise ProtocolError(
            "illegal_parameter",
            f"{scheme.label} is for TLS 1.3 alone",
            where=where,
            section="draft-ietf-tls-mldsa",
        )


def _verify(
    context: Context[Any],
    public_key: PublicKey,
    signed: DigitallySigned,
    content: bytes,
    where: str,
) -> None:
    try:
        context.primitives.verify(public_key, signed.algorithm, signed.signature, content)
    except ProtocolError as error:
        raise ProtocolError(
            error.alert, error.reason, where=where, section=error.section
        ) from error
