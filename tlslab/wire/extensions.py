"""The bodies of hello extensions, and the list that carries them.

Which body an extension has depends on its type and on the message it stands in: a client's
`server_name` holds names, a server's is empty. `CLIENT_HELLO` and `SERVER_HELLO` say so; to teach
the package a new extension, declare its body here and enter it there. An extension that is in
neither table survives as an `OpaqueExtension`: named, if IANA has a name for it, but not opened.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from tlslab.errors import ProtocolError
from tlslab.trace import Span
from tlslab.wire.codec import Reader, Writer
from tlslab.wire.presentation import (
    Enumerated,
    Layout,
    ListOf,
    Rest,
    Struct,
    Structure,
    Text,
    Uint,
    Vector,
)
from tlslab.wire.registry import (
    CertificateStatusType,
    ECPointFormat,
    ExtensionType,
    NamedGroup,
    NameType,
    ProtocolVersion,
    SignatureScheme,
)


class Extension(Structure):
    """The body of an extension; its type, `TYPE`, goes in front of it."""

    __slots__ = ()
    TYPE: ClassVar[ExtensionType]

    @property
    def extension_type(self) -> ExtensionType:
        """The type that goes in front of it."""
        return self.TYPE


@dataclass(frozen=True, slots=True)
class OpaqueExtension(Extension):
    """An extension whose body is kept as it came; `code` is its type."""

    code: ExtensionType
    extension_data: bytes

    NAME: ClassVar[str] = "extension"
    LAYOUT: ClassVar[Layout] = {"extension_data": Rest()}

    @property
    def extension_type(self) -> ExtensionType:
        """The type it came with."""
        return self.code


class EmptyExtension(Extension):
    """An extension that says all it has to say by being there."""

    __slots__ = ()
    LAYOUT: ClassVar[Layout] = {}


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

    @classmethod
    def read(cls, reader: Reader) -> "ServerName":
        (names,) = (kind.read(reader, name) for name, kind in cls.LAYOUT.items())
        if len({name.name_type for name in names}) != len(names):
            raise ProtocolError(
                "illegal_parameter",
                "more than one name of the same name_type",
                where=reader.name("server_name_list"),
                section="RFC 6066 §3",
            )
        return cls(names)


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
class StatusRequestAck(EmptyExtension):
    """The server will send a CertificateStatus message (RFC 6066 §8)."""

    NAME: ClassVar[str] = "status_request"
    TYPE: ClassVar[ExtensionType] = ExtensionType.status_request


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
class ECPointFormats(Extension):
    """How points of a curve may be written (RFC 8422 §5.1.2).

    struct {
        ECPointFormat ec_point_format_list<1..2^8-1>
    } ECPointFormatList;
    """

    ec_point_format_list: tuple[ECPointFormat, ...]

    NAME: ClassVar[str] = "ec_point_formats"
    TYPE: ClassVar[ExtensionType] = ExtensionType.ec_point_formats
    LAYOUT: ClassVar[Layout] = {
        "ec_point_format_list": ListOf(Enumerated(ECPointFormat), 1, 2**8 - 1, "formats"),
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
class EncryptThenMAC(EmptyExtension):
    """CBC records are to be enciphered first and then authenticated (RFC 7366 §2)."""

    NAME: ClassVar[str] = "encrypt_then_mac"
    TYPE: ClassVar[ExtensionType] = ExtensionType.encrypt_then_mac


@dataclass(frozen=True, slots=True)
class ExtendedMasterSecret(EmptyExtension):
    """The master secret is to depend on the whole handshake (RFC 7627 §5.1)."""

    NAME: ClassVar[str] = "extended_master_secret"
    TYPE: ClassVar[ExtensionType] = ExtensionType.extended_master_secret


@dataclass(frozen=True, slots=True)
class RecordSizeLimit(Extension):
    """The longest record that the sender wants to receive (RFC 8449 §4).

    uint16 RecordSizeLimit;
    """

    record_size_limit: int

    NAME: ClassVar[str] = "record_size_limit"
    TYPE: ClassVar[ExtensionType] = ExtensionType.record_size_limit
    LAYOUT: ClassVar[Layout] = {"record_size_limit": Uint(2)}


@dataclass(frozen=True, slots=True)
class SessionTicket(Extension):
    """A ticket from an earlier session, or nothing to ask for one (RFC 5077 §3.2)."""

    ticket: bytes

    NAME: ClassVar[str] = "session_ticket"
    TYPE: ClassVar[ExtensionType] = ExtensionType.session_ticket
    LAYOUT: ClassVar[Layout] = {"ticket": Rest()}


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
class RenegotiationInfo(Extension):
    """Ties a renegotiation to the handshake before it; empty in the first one (RFC 5746 §3.2).

    struct {
        opaque renegotiated_connection<0..255>;
    } RenegotiationInfo;
    """

    renegotiated_connection: bytes = b""

    NAME: ClassVar[str] = "renegotiation_info"
    TYPE: ClassVar[ExtensionType] = ExtensionType.renegotiation_info
    LAYOUT: ClassVar[Layout] = {"renegotiated_connection": Vector(0, 255)}


Bodies = Mapping[ExtensionType, type[Extension]]


def _by_type(*bodies: type[Extension]) -> Bodies:
    return {body.TYPE: body for body in bodies}


CLIENT_HELLO: Bodies = _by_type(
    ServerName,
    StatusRequest,
    SupportedGroups,
    ECPointFormats,
    SignatureAlgorithms,
    ALPN,
    EncryptThenMAC,
    ExtendedMasterSecret,
    RecordSizeLimit,
    SessionTicket,
    SupportedVersions,
    RenegotiationInfo,
)
SERVER_HELLO: Bodies = _by_type(
    ServerNameAck,
    StatusRequestAck,
    ECPointFormats,
    ALPN,
    EncryptThenMAC,
    ExtendedMasterSecret,
    RecordSizeLimit,
    SessionTicket,
    RenegotiationInfo,
)


class Extensions:
    """`Extension extensions<0..2^16-1>`, or nothing at all (RFC 5246 §7.4.1.2).

    struct {
        ExtensionType extension_type;
        opaque extension_data<0..2^16-1>;
    } Extension;

    A hello from before extensions were invented ends without them: its value is None, and that is
    not the same as an empty list.
    """

    __slots__ = ("bodies",)

    def __init__(self, bodies: Bodies) -> None:
        self.bodies = bodies

    def read(self, reader: Reader, field: str) -> tuple[Extension, ...] | None:
        if not reader.remaining:
            return None
        inside = reader.enter(0, 2**16 - 1, field)
        found: dict[ExtensionType, Extension] = {}
        while inside.remaining:
            extension = self._read_one(inside)
            if extension.extension_type in found:
                raise ProtocolError(
                    "illegal_parameter",
                    "this extension stands here twice",
                    where=inside.name(extension.extension_type.name),
                    section="RFC 5246 §7.4.1.4",
                )
            found[extension.extension_type] = extension
        return tuple(found.values())

    def _read_one(self, reader: Reader) -> Extension:
        start = reader.position
        # The name goes into the path, so it is looked at before it is taken.
        number = int.from_bytes(reader.data[start : start + 2], "big")
        name = _TYPE.known.get(number) or ExtensionType(number)
        index = len(reader.spans) if reader.spans is not None else 0
        extension_type = _TYPE.read(reader, f"{name.name}.extension_type")
        inside = reader.enter(0, 2**16 - 1, f"{name.name}.extension_data")
        if reader.spans is not None:
            whole = Span(reader.name(name.name), start, reader.position, "", False)
            reader.spans.insert(index, whole)
        inside.path = reader.name(name.name)
        body = self.bodies.get(extension_type)
        if body is None:
            return OpaqueExtension(extension_type, inside.opaque(inside.remaining, "opaque"))
        extension = body.read(inside)
        inside.finish()
        return extension

    def write(self, writer: Writer, field: str, value: tuple[Extension, ...] | None) -> None:
        if value is None:
            return
        inside = Writer(writer.name(field))
        for extension in value:
            name = extension.extension_type.name
            _TYPE.write(inside, f"{name}.extension_type", extension.extension_type)
            body = Writer(inside.name(name))
            extension.write(body)
            inside.vector(0, 2**16 - 1, f"{name}.extension_data", body.data())
        writer.vector(0, 2**16 - 1, field, inside.data())


_TYPE = Enumerated(ExtensionType)
