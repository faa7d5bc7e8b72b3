"""The extensions that TLS 1.2 and TLS 1.3 share."""

from dataclasses import dataclass
from typing import ClassVar

from tlslab.errors import ProtocolError
from tlslab.wire.codec import Path, joined
from tlslab.wire.extensions.extension import EmptyExtension, Extension
from tlslab.wire.presentation import (
    Enumerated,
    Layout,
    ListOf,
    Struct,
    Structure,
    Text,
    Uint,
    Vector,
)
from tlslab.wire.registry import (
    CertificateStatusType,
    ExtensionType,
    NamedGroup,
    NameType,
    SignatureScheme,
)


@dataclass(frozen=True, slots=True)
class HostName(Structure):
    """One name in a server_name extension (RFC 6066 §3).

    struct {
        NameType name_type;
        opaque HostName<1..2^16-1>;
    } ServerName;
    """

    name_type: NameType
    host_name: bytes

    NAME: ClassVar[str] = "server_name"
    LAYOUT: ClassVar[Layout] = {
        "name_type": Enumerated(NameType),
        "host_name": Text(1, 2**16 - 1),
    }


@dataclass(frozen=True, slots=True)
class ServerName(Extension):
    """The name of the server that the client wants to reach, in the clear (RFC 6066 §3).

    struct {
        ServerName server_name_list<1..2^16-1>
    } ServerNameList;
    """

    server_name_list: tuple[HostName, ...]

    NAME: ClassVar[str] = "server_name"
    TYPE: ClassVar[ExtensionType] = ExtensionType.server_name
    LAYOUT: ClassVar[Layout] = {
        "server_name_list": ListOf(Struct(HostName), 1, 2**16 - 1, "names"),
    }

    def check(self, path: Path) -> None:
        names = self.server_name_list
        if len({name.name_type for name in names}) != len(names):
            raise ProtocolError(
                "illegal_parameter",
                "more than one name of the same name_type",
                where=joined((path, "server_name_list")),
                section="RFC 6066 §3",
            )


@dataclass(frozen=True, slots=True)
class ServerNameAck(EmptyExtension):
    """The server's answer: it used the name (RFC 6066 §3)."""

    NAME: ClassVar[str] = "server_name"
    TYPE: ClassVar[ExtensionType] = ExtensionType.server_name


@dataclass(frozen=True, slots=True)
class StatusRequest(Extension):
    """The client would like an OCSP response stapled to the certificate (RFC 6066 §8).

    struct {
        CertificateStatusType status_type;
        ResponderID responder_id_list<0..2^16-1>;
        Extensions request_extensions<0..2^16-1>;
    } CertificateStatusRequest;
    """

    status_type: CertificateStatusType
    responder_id_list: tuple[bytes, ...] = ()
    request_extensions: bytes = b""

    NAME: ClassVar[str] = "status_request"
    TYPE: ClassVar[ExtensionType] = ExtensionType.status_request
    LAYOUT: ClassVar[Layout] = {
        "status_type": Enumerated(CertificateStatusType),
        "responder_id_list": ListOf(Vector(1, 2**16 - 1), 0, 2**16 - 1, "responders"),
        "request_extensions": Vector(0, 2**16 - 1),
    }


@dataclass(frozen=True, slots=True)
class SupportedGroups(Extension):
    """The groups for key exchange that the client can do (RFC 8422 §5.1.1, RFC 7919 §2).

    struct {
        NamedGroup named_group_list<2..2^16-1>
    } NamedGroupList;
    """

    named_group_list: tuple[NamedGroup, ...]

    NAME: ClassVar[str] = "supported_groups"
    TYPE: ClassVar[ExtensionType] = ExtensionType.supported_groups
    LAYOUT: ClassVar[Layout] = {
        "named_group_list": ListOf(Enumerated(NamedGroup), 2, 2**16 - 1, "groups"),
    }


@dataclass(frozen=True, slots=True)
class SignatureAlgorithms(Extension):
    """The signatures that the client can verify (RFC 5246 §7.4.1.4.1, RFC 8446 §4.2.3).

    struct {
        SignatureScheme supported_signature_algorithms<2..2^16-2>;
    } SignatureSchemeList;
    """

    supported_signature_algorithms: tuple[SignatureScheme, ...]

    NAME: ClassVar[str] = "signature_algorithms"
    TYPE: ClassVar[ExtensionType] = ExtensionType.signature_algorithms
    LAYOUT: ClassVar[Layout] = {
        "supported_signature_algorithms": ListOf(
            Enumerated(SignatureScheme), 2, 2**16 - 2, "schemes"
        ),
    }


@dataclass(frozen=True, slots=True)
class ALPN(Extension):
    """The application protocols on offer, or the one that was chosen (RFC 7301 §3.1).

    struct {
        ProtocolName protocol_name_list<2..2^16-1>
    } ProtocolNameList;
    """

    protocol_name_list: tuple[bytes, ...]

    NAME: ClassVar[str] = "application_layer_protocol_negotiation"
    TYPE: ClassVar[ExtensionType] = ExtensionType.application_layer_protocol_negotiation
    LAYOUT: ClassVar[Layout] = {
        "protocol_name_list": ListOf(Text(1, 2**8 - 1), 2, 2**16 - 1, "names"),
    }


@dataclass(frozen=True, slots=True)
class RecordSizeLimit(Extension):
    """The longest record that the sender wants to receive (RFC 8449 §4).

    uint16 RecordSizeLimit;
    """

    record_size_limit: int

    NAME: ClassVar[str] = "record_size_limit"
    TYPE: ClassVar[ExtensionType] = ExtensionType.record_size_limit
    LAYOUT: ClassVar[Layout] = {"record_size_limit": Uint(2)}
