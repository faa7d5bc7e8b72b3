"""tlslab: the TLS handshake, to look into and to build.

For learning. It is careful, but it is not what should guard real data.

    import tlslab
    config = tlslab.ClientConfig(server_name=…, trust_anchors=…)
    connection = tlslab.client(config, tlslab.Trace("client"))

`tlslab.lab` has what the notebooks call, `tlslab.view` what they show.
"""

from tlslab.connection.config import (
    ClientAuthentication,
    ClientConfig,
    Credential,
    ServerConfig,
)
from tlslab.connection.connection import Connection
from tlslab.connection.context import (
    ApplicationData,
    ClientAuthenticated,
    HandshakeCompleted,
    KeysUpdated,
    PeerClosed,
    TicketReceived,
    WarningReceived,
)
from tlslab.connection.session import AntiReplay, ExternalPSK, SessionCache, TicketKeys
from tlslab.endpoints import client, server
from tlslab.errors import AlertReceived, LocalError, ProtocolError, TLSError, Truncated
from tlslab.primitives import Primitives
from tlslab.trace import NullTrace, Trace
from tlslab.wire.registry import CipherSuite

__version__ = "0.1.0"

__all__ = [
    "AlertReceived",
    "AntiReplay",
    "ApplicationData",
    "CipherSuite",
    "ClientAuthenticated",
    "ClientAuthentication",
    "ClientConfig",
    "Connection",
    "Credential",
    "ExternalPSK",
    "HandshakeCompleted",
    "KeysUpdated",
    "LocalError",
    "NullTrace",
    "PeerClosed",
    "Primitives",
    "ProtocolError",
    "ServerConfig",
    "SessionCache",
    "TLSError",
    "TicketKeys",
    "TicketReceived",
    "Trace",
    "Truncated",
    "WarningReceived",
    "client",
    "server",
]
