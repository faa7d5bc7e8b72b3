"""Who is who in TLS 1.3: Certificate, CertificateVerify, Finished (RFC 8446 §4.4).

Each side's three messages prove, in this order, what its name is, that it has the key that goes
with the name, and that it has the secrets of this handshake.
"""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from tlslab.connection.config import ClientAuthentication, ClientConfig, Credential, ServerConfig
from tlslab.connection.context import Context
from tlslab.crypto.certificates import parse_certificates, signing_key, subject_and_issuer
from tlslab.crypto.ocsp import verify_ocsp_response
from tlslab.crypto.signatures import PublicKey, tls13_schemes_for
from tlslab.errors import ProtocolError
from tlslab.tls13.keys import TrafficSecret
from tlslab.tls13.messages import (
    Certificate,
    CertificateEntry,
    CertificateRequest,
    CertificateVerify,
    Finished,
)
from tlslab.wire.extensions import (
    CertificateAuthorities,
    CertificateStatus,
    Extension,
    SignatureAlgorithms,
    misplaced,
)
from tlslab.wire.registry import CertificateStatusType, ExtensionType, SignatureScheme

Side = Literal["client", "server"]


@dataclass(frozen=True, slots=True)
class Peer:
    """Who the other side says it is: its chain was verified. certificates: DER, its own first."""

    certificates: tuple[bytes, ...] = field(repr=False)
    public_key: PublicKey


@dataclass(frozen=True, slots=True)
class Anonymous:
    """A client that has not said who it is."""

    certificates: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownByPSK:
    """Who shares the pre-shared key. certificates: those of the session that it comes from."""

    certificates: tuple[bytes, ...] = field(default=(), repr=False)


# -- what is sent -------------------------------------------------------------------------------


def make_certificate(
    credential: Credential, request_context: bytes = b"", *, staple: bool = False
) -> Certificate:
    """The chain, with the issuer's word on the leaf if `staple` (RFC 8446 §4.4.2.1)."""
    status: tuple[Extension, ...] = ()
    if staple and credential.ocsp_response:
        status = (CertificateStatus(CertificateStatusType.ocsp, credential.ocsp_response),)
    leaf, *others = credential.certificate_chain
    entries = (CertificateEntry(leaf, status), *(CertificateEntry(each, ()) for each in others))
    return Certificate(request_context, entries)


def sign_transcript(
    context: Context[Any],
    credential: Credential,
    scheme: SignatureScheme,
    transcript_hash: bytes,
) -> CertificateVerify:
    """Our signature over the handshake so far (RFC 8446 §4.4.3)."""
    content = context.primitives.tls13_signed_content(_side(context.role), transcript_hash)
    signature = context.primitives.sign(credential.private_key, scheme, content)
    context.trace.secret_derived(
        f"{context.role}_signature",
        signature,
        f"{scheme.name} with the {context.role}'s private key",
        (),
        "RFC 8446 §4.4.3",
        label=f"TLS 1.3, {context.role} CertificateVerify",
        context=transcript_hash,
    )
    return CertificateVerify(scheme, signature)


def make_finished(
    context: Context[Any], secret: TrafficSecret, transcript_hash: bytes, hash_name: str
) -> Finished:
    """Our Finished (RFC 8446 §4.4.4). secret: of our side, whose keys we write with now."""
    return Finished(_verify_data(context, context.role, secret, transcript_hash, hash_name))


def certificate_request(config: ServerConfig, request_context: bytes) -> CertificateRequest:
    """What a server wants to see of its client (RFC 8446 §4.3.2)."""
    names = tuple(anchor.subject.public_bytes() for anchor in config.client_trust_anchors)
    return CertificateRequest(
        request_context,
        (SignatureAlgorithms(config.signature_schemes), CertificateAuthorities(names)),
    )


def answer_to(
    request: CertificateRequest, context: Context[ClientConfig]
) -> tuple[Credential, SignatureScheme] | None:
    """The client's credential and the scheme to sign with; None if it has nothing that fits.

    Raises ProtocolError: missing_extension, for a request that says nothing of signatures.
    """
    offered = request.extension(SignatureAlgorithms)
    if offered is None:
        raise ProtocolError(
            "missing_extension",
            "a request has to say which signatures the server verifies",
            where="certificate_request.extensions",
            section="RFC 8446 §4.3.2",
        )
    credential = context.config.credential
    if credential is None:
        return None
    # The server's list is in its order of preference.
    schemes = offered.supported_signature_algorithms
    own = set(tls13_schemes_for(credential.private_key)) & set(context.config.signature_schemes)
    scheme = next((scheme for scheme in schemes if scheme in own), None)
    return None if scheme is None else (credential, scheme)


# -- what is received ---------------------------------------------------------------------------


def server_identity(
    certificate: Certificate, context: Context[ClientConfig], asked: Iterable[ExtensionType]
) -> Peer:
    """Who the server says it is, verified up to its signature (RFC 8446 §4.4.2.4).

    asked: the extensions of the ClientHello. Raises ProtocolError.
    """
    config = context.config
    if not certificate.certificate_list:
        # RFC 8446 §4.4.2.4: "If the server supplies an empty Certificate message, the client MUST
        # abort the handshake with a "decode_error" alert."
        raise ProtocolError(
            "decode_error",
            "the server sent no certificate",
            where="certificate.certificate_list",
            section="RFC 8446 §4.4.2.4",
        )
    _check_context(certificate, b"")
    check_entries(certificate, asked)
    chain = tuple(entry.cert_data for entry in certificate.certificate_list)
    try:
        leaf = context.primitives.verify_chain(
            chain, config.trust_anchors, config.server_name, config.clock()
        )
    except ProtocolError as error:
        raise _refused(error) from error
    public_key = signing_key(leaf)
    subject, issuer = subject_and_issuer(leaf)
    context.trace.verified(
        "server certificate",
        f"{subject} is {config.server_name}, says {issuer}",
        "RFC 8446 §4.4.2",
    )
    status = certificate.certificate_list[0].extension(CertificateStatus)
    if status is not None:
        first, *others = parse_certificates(chain)
        candidates = (*others, *config.trust_anchors)
        verify_ocsp_response(status.response, first, candidates, config.clock())
        context.trace.verified(
            "certificate status",
            f"the issuer says that {subject} was not revoked",
            "RFC 8446 §4.4.2.1",
        )
    return Peer(chain, public_key)


def client_identity(
    certificate: Certificate, context: Context[ServerConfig], request_context: bytes = b""
) -> Peer | Anonymous:
    """Who the client says it is, verified up to its signature. Raises ProtocolError."""
    config = context.config
    _check_context(certificate, request_context)
    check_entries(certificate, ())
    required = config.client_authentication is ClientAuthentication.REQUIRED
    if not certificate.certificate_list and required:
        raise ProtocolError(
            "certificate_required",
            "the client sent no certificate, and this server wants one",
            where="certificate.certificate_list",
            section="RFC 8446 §4.4.2.4",
        )
    chain = tuple(entry.cert_data for entry in certificate.certificate_list)
    try:
        leaf = context.primitives.accept_client(
            chain, required, config.client_trust_anchors, config.clock()
        )
    except ProtocolError as error:
        raise _refused(error) from error
    if leaf is None:
        return Anonymous()
    public_key = signing_key(leaf)
    subject, issuer = subject_and_issuer(leaf)
    context.trace.verified(
        "client certificate",
        f"{subject}, says {issuer}",
        "RFC 8446 §4.4.2.4",
    )
    return Peer(chain, public_key)


def _refused(error: ProtocolError) -> ProtocolError:
    """The same, with the section of this version."""
    return ProtocolError(error.alert, error.reason, where=error.where, section="RFC 8446 §4.4.2.4")


def verify_signature(
    message: CertificateVerify, context: Context[Any], peer: Peer, transcript_hash: bytes
) -> None:
    """Verify that the peer has the key of its certificate (RFC 8446 §4.4.3).

    transcript_hash: up to its Certificate. Raises ProtocolError.
    """
    where = "certificate_verify.algorithm"
    if message.algorithm not in context.config.signature_schemes:
        raise _bad_scheme(f"{message.algorithm.label} was not offered", where)
    if message.algorithm not in tls13_schemes_for(peer.public_key):
        raise _bad_scheme(f"{message.algorithm.label} does not go with the certificate", where)
    content = context.primitives.tls13_signed_content(_side(context.peer), transcript_hash)
    try:
        context.primitives.verify(peer.public_key, message.algorithm, message.signature, content)
    except ProtocolError as error:
        raise ProtocolError(
            "decrypt_error",
            error.reason,
            where="certificate_verify.signature",
            section="RFC 8446 §4.4.3",
        ) from error
    context.trace.verified(
        "certificate_verify",
        f"the {context.peer} has the private key of its certificate, "
        f"shown with {message.algorithm.name}",
        "RFC 8446 §4.4.3",
    )


def verify_finished(
    message: Finished,
    context: Context[Any],
    secret: TrafficSecret,
    transcript_hash: bytes,
    hash_name: str,
) -> None:
    """Compare the peer's Finished with what it has to be. Raises ProtocolError: decrypt_error;
    decode_error for another length.
    """
    expected = _verify_data(context, context.peer, secret, transcript_hash, hash_name)
    if len(message.verify_data) != len(expected):
        raise ProtocolError(
            "decode_error",
            f"{len(message.verify_data)} bytes, and not {len(expected)}",
            where="finished.verify_data",
            section="RFC 8446 §4.4.4",
        )
    if not hmac.compare_digest(expected, message.verify_data):
        raise ProtocolError(
            "decrypt_error",
            f"the {context.peer} saw another handshake, or has other secrets",
            where="finished.verify_data",
            section="RFC 8446 §4.4.4",
        )
    context.trace.verified(
        "finished",
        f"the {context.peer} has the same secrets and saw the same handshake",
        "RFC 8446 §4.4.4",
    )


def check_entries(certificate: Certificate, asked: Iterable[ExtensionType]) -> None:
    """Check that each extension of an entry answers one that was asked. Raises ProtocolError."""
    known = set(asked)
    for index, entry in enumerate(certificate.certificate_list):
        where = f"certificate.certificate_list[{index}].extensions"
        kind = misplaced(entry.extension_types(), Certificate.NAME)
        if kind is not None:
            raise ProtocolError(
                "illegal_parameter",
                "this extension does not belong here",
                where=f"{where}.{kind.name}",
                section="RFC 8446 §4.2",
            )
        for kind in entry.extension_types():
            if kind not in known:
                raise ProtocolError(
                    "unsupported_extension",
                    "an answer to something that was not asked",
                    where=f"{where}.{kind.name}",
                    section="RFC 8446 §4.4.2",
                )


# -- helpers ------------------------------------------------------------------------------------


def _verify_data(
    context: Context[Any],
    sender: str,
    secret: TrafficSecret,
    transcript_hash: bytes,
    hash_name: str,
) -> bytes:
    verify_data = context.primitives.finished_mac(secret.value, transcript_hash, hash_name)
    context.trace.secret_derived(
        f"{sender}_verify_data",
        verify_data,
        f"HMAC with the finished_key of the {sender}, {hash_name.upper()}",
        (secret.name,),
        "RFC 8446 §4.4.4",
        label="finished",
        context=transcript_hash,
    )
    return verify_data


def _check_context(certificate: Certificate, request_context: bytes) -> None:
    if certificate.certificate_request_context != request_context:
        raise ProtocolError(
            "illegal_parameter",
            "it is not the answer to the request that was made",
            where="certificate.certificate_request_context",
            section="RFC 8446 §4.4.2",
        )


def _bad_scheme(reason: str, where: str) -> ProtocolError:
    return ProtocolError("illegal_parameter", reason, where=where, section="RFC 8446 §4.4.3")


def _side(role: str) -> Side:
    return cast(Side, role)
