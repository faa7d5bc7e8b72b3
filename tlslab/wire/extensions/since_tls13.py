"""The extensions that came with TLS 1.3, all but key_share and pre_shared_key."""

from dataclasses import dataclass
from typing import ClassVar

from tlslab.wire.extensions.extension import EmptyExtension, Extension
from tlslab.wire.presentation import (
    Enumerated,
    Layout,
    ListOf,
    Rest,
    Struct,
    Structure,
    Uint,
    Vector,
)
from tlslab.wire.registry import (
    CertificateCompressionAlgorithm,
    CertificateStatusType,
    ExtensionType,
    ProtocolVersion,
    SignatureScheme,
)


@dataclass(frozen=True, slots=True)
class SupportedVersions(Extension):
    """The versions that a client of TLS 1.3 can do, the best first (RFC 8446 §4.2.1).

    struct {
        ProtocolVersion versions<2..254>;
    } SupportedVersions;
    """

    versions: tuple[ProtocolVersion, ...]

    NAME: ClassVar[str] = "supported_versions"
    TYPE: ClassVar[ExtensionType] = ExtensionType.supported_versions
    LAYOUT: ClassVar[Layout] = {
        "versions": ListOf(Enumerated(ProtocolVersion), 2, 254, "versions"),
    }


@dataclass(frozen=True, slots=True)
class SelectedVersion(Extension):
    """The version that the server chose, in a ServerHello or HelloRetryRequest (RFC 8446 §4.2.1).

    struct {
        ProtocolVersion selected_version;
    } SupportedVersions;
    """

    selected_version: ProtocolVersion

    NAME: ClassVar[str] = "supported_versions"
    TYPE: ClassVar[ExtensionType] = ExtensionType.supported_versions
    LAYOUT: ClassVar[Layout] = {"selected_version": Enumerated(ProtocolVersion)}


@dataclass(frozen=True, slots=True)
class Cookie(Extension):
    """What the client is to repeat in its second ClientHello (RFC 8446 §4.2.2).

    struct {
        opaque cookie<1..2^16-1>;
    } Cookie;
    """

    cookie: bytes

    NAME: ClassVar[str] = "cookie"
    TYPE: ClassVar[ExtensionType] = ExtensionType.cookie
    LAYOUT: ClassVar[Layout] = {"cookie": Vector(1, 2**16 - 1)}


@dataclass(frozen=True, slots=True)
class SignatureAlgorithmsCert(Extension):
    """The signatures that the sender can verify in certificates (RFC 8446 §4.2.3).

    struct {
        SignatureScheme supported_signature_algorithms<2..2^16-2>;
    } SignatureSchemeList;
    """

    supported_signature_algorithms: tuple[SignatureScheme, ...]

    NAME: ClassVar[str] = "signature_algorithms_cert"
    TYPE: ClassVar[ExtensionType] = ExtensionType.signature_algorithms_cert
    LAYOUT: ClassVar[Layout] = {
        "supported_signature_algorithms": ListOf(
            Enumerated(SignatureScheme), 2, 2**16 - 2, "schemes"
        ),
    }


@dataclass(frozen=True, slots=True)
class CertificateAuthorities(Extension):
    """The authorities that the sender trusts, each by its name in DER (RFC 8446 §4.2.4).

    struct {
        DistinguishedName authorities<3..2^16-1>;
    } CertificateAuthoritiesExtension;
    """

    authorities: tuple[bytes, ...]

    NAME: ClassVar[str] = "certificate_authorities"
    TYPE: ClassVar[ExtensionType] = ExtensionType.certificate_authorities
    LAYOUT: ClassVar[Layout] = {
        "authorities": ListOf(Vector(1, 2**16 - 1), 3, 2**16 - 1, "names"),
    }


@dataclass(frozen=True, slots=True)
class OIDFilter(Structure):
    """An extension that the client's certificate is to have, and its values (RFC 8446 §4.2.5).

    struct {
        opaque certificate_extension_oid<1..2^8-1>;
        opaque certificate_extension_values<0..2^16-1>;
    } OIDFilter;
    """

    certificate_extension_oid: bytes
    certificate_extension_values: bytes

    NAME: ClassVar[str] = "oid_filter"
    LAYOUT: ClassVar[Layout] = {
        "certificate_extension_oid": Vector(1, 2**8 - 1),
        "certificate_extension_values": Vector(0, 2**16 - 1),
    }


@dataclass(frozen=True, slots=True)
class OIDFilters(Extension):
    """What the server wants the client's certificate to say (RFC 8446 §4.2.5).

    struct {
        OIDFilter filters<0..2^16-1>;
    } OIDFilterExtension;
    """

    filters: tuple[OIDFilter, ...]

    NAME: ClassVar[str] = "oid_filters"
    TYPE: ClassVar[ExtensionType] = ExtensionType.oid_filters
    LAYOUT: ClassVar[Layout] = {
        "filters": ListOf(Struct(OIDFilter), 0, 2**16 - 1, "filters"),
    }


@dataclass(frozen=True, slots=True)
class PostHandshakeAuth(EmptyExtension):
    """The client can be asked for a certificate after the handshake too (RFC 8446 §4.2.6)."""

    NAME: ClassVar[str] = "post_handshake_auth"
    TYPE: ClassVar[ExtensionType] = ExtensionType.post_handshake_auth


@dataclass(frozen=True, slots=True)
class EarlyDataIndication(EmptyExtension):
    """The client sends early data; from the server: it accepts them (RFC 8446 §4.2.10)."""

    NAME: ClassVar[str] = "early_data"
    TYPE: ClassVar[ExtensionType] = ExtensionType.early_data


@dataclass(frozen=True, slots=True)
class EarlyDataNewSessionTicket(Extension):
    """How much early data, in bytes, may be sent with this ticket (RFC 8446 §4.2.10).

    struct {
        uint32 max_early_data_size;
    } EarlyDataIndication;
    """

    max_early_data_size: int

    NAME: ClassVar[str] = "early_data"
    TYPE: ClassVar[ExtensionType] = ExtensionType.early_data
    LAYOUT: ClassVar[Layout] = {"max_early_data_size": Uint(4)}


@dataclass(frozen=True, slots=True)
class CertificateStatus(Extension):
    """A stapled OCSP response, beside the certificate that it is about (RFC 8446 §4.4.2.1).

    struct {
        CertificateStatusType status_type;
        opaque response<1..2^24-1>;
    } CertificateStatus;
    """

    status_type: CertificateStatusType
    response: bytes

    NAME: ClassVar[str] = "status_request"
    TYPE: ClassVar[ExtensionType] = ExtensionType.status_request
    LAYOUT: ClassVar[Layout] = {
        "status_type": Enumerated(CertificateStatusType),
        "response": Vector(1, 2**24 - 1),
    }


@dataclass(frozen=True, slots=True)
class StatusRequestToClient(EmptyExtension):
    """The server would like a response stapled to the client's certificate (RFC 8446 §4.4.2.1)."""

    NAME: ClassVar[str] = "status_request"
    TYPE: ClassVar[ExtensionType] = ExtensionType.status_request


# -- decoded and named, never negotiated --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CompressCertificate(Extension):
    """The algorithms for compressed certificates that the sender can decompress (RFC 8879 §3).

    struct {
        CertificateCompressionAlgorithm algorithms<2..2^8-2>;
    } CertificateCompressionAlgorithms;
    """

    algorithms: tuple[CertificateCompressionAlgorithm, ...]

    NAME: ClassVar[str] = "compress_certificate"
    TYPE: ClassVar[ExtensionType] = ExtensionType.compress_certificate
    LAYOUT: ClassVar[Layout] = {
        "algorithms": ListOf(
            Enumerated(CertificateCompressionAlgorithm), 2, 2**8 - 2, "algorithms"
        ),
    }


@dataclass(frozen=True, slots=True)
class DelegatedCredential(Extension):
    """The signatures that the sender can verify by a delegated credential (RFC 9345 §4.1.1).

    struct {
        SignatureScheme supported_signature_algorithms<2..2^16-2>;
    } SignatureSchemeList;
    """

    supported_signature_algorithms: tuple[SignatureScheme, ...]

    NAME: ClassVar[str] = "delegated_credential"
    TYPE: ClassVar[ExtensionType] = ExtensionType.delegated_credential
    LAYOUT: ClassVar[Layout] = {
        "supported_signature_algorithms": ListOf(
            Enumerated(SignatureScheme), 2, 2**16 - 2, "schemes"
        ),
    }


@dataclass(frozen=True, slots=True)
class Padding(Extension):
    """Zeros that make a ClientHello longer (RFC 7685 §3)."""

    zeros: bytes

    NAME: ClassVar[str] = "padding"
    TYPE: ClassVar[ExtensionType] = ExtensionType.padding
    LAYOUT: ClassVar[Layout] = {"zeros": Rest()}
