"""The bodies of hello extensions, and the list that carries them.

Which body an extension has depends on its type and on the message it stands in: a client's
`server_name` holds names, a server's is empty. The tables in `tables` say so; to teach the package
a new extension, declare its body in the module of its time and enter it there. An extension that is
in no table survives as an `OpaqueExtension`: named, if IANA has a name for it, but not opened.
"""

from tlslab.wire.extensions.common import (
    ALPN,
    HostName,
    RecordSizeLimit,
    ServerName,
    ServerNameAck,
    SignatureAlgorithms,
    StatusRequest,
    SupportedGroups,
)
from tlslab.wire.extensions.extension import (
    Bodies,
    EmptyExtension,
    Extension,
    Extensions,
    OpaqueExtension,
)
from tlslab.wire.extensions.since_tls13 import SupportedVersions
from tlslab.wire.extensions.tables import CLIENT_HELLO, SERVER_HELLO
from tlslab.wire.extensions.until_tls12 import (
    ECPointFormats,
    EncryptThenMAC,
    ExtendedMasterSecret,
    RenegotiationInfo,
    SessionTicket,
    StatusRequestAck,
)

__all__ = [
    "ALPN",
    "CLIENT_HELLO",
    "SERVER_HELLO",
    "Bodies",
    "ECPointFormats",
    "EmptyExtension",
    "EncryptThenMAC",
    "ExtendedMasterSecret",
    "Extension",
    "Extensions",
    "HostName",
    "OpaqueExtension",
    "RecordSizeLimit",
    "RenegotiationInfo",
    "ServerName",
    "ServerNameAck",
    "SessionTicket",
    "SignatureAlgorithms",
    "StatusRequest",
    "StatusRequestAck",
    "SupportedGroups",
    "SupportedVersions",
]
