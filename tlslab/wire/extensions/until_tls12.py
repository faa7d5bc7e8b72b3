"""The extensions that mean something up to TLS 1.2 only."""

from dataclasses import dataclass
from typing import ClassVar

from tlslab.wire.extensions.extension import EmptyExtension, Extension
from tlslab.wire.presentation import Enumerated, Layout, ListOf, Rest, Vector
from tlslab.wire.registry import ECPointFormat, ExtensionType


@dataclass(frozen=True, slots=True)
class StatusRequestAck(EmptyExtension):
    """The server will send a CertificateStatus message (RFC 6066 §8)."""

    NAME: ClassVar[str] = "status_request"
    TYPE: ClassVar[ExtensionType] = ExtensionType.status_request


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
class SessionTicket(Extension):
    """A ticket from an earlier session, or nothing to ask for one (RFC 5077 §3.2)."""

    ticket: bytes

    NAME: ClassVar[str] = "session_ticket"
    TYPE: ClassVar[ExtensionType] = ExtensionType.session_ticket
    LAYOUT: ClassVar[Layout] = {"ticket": Rest()}


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
