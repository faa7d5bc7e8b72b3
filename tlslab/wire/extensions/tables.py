"""Which body an extension has in which message."""

from tlslab.wire.extensions.common import (
    ALPN,
    RecordSizeLimit,
    ServerName,
    ServerNameAck,
    SignatureAlgorithms,
    StatusRequest,
    SupportedGroups,
)
from tlslab.wire.extensions.extension import Bodies, Extension
from tlslab.wire.extensions.since_tls13 import SupportedVersions
from tlslab.wire.extensions.until_tls12 import (
    ECPointFormats,
    EncryptThenMAC,
    ExtendedMasterSecret,
    RenegotiationInfo,
    SessionTicket,
    StatusRequestAck,
)


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
