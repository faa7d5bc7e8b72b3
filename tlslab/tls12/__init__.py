"""Everything that belongs to TLS 1.2 alone (RFC 5246)."""

from tlslab.connection.context import Version
from tlslab.tls12 import client, resumed_client, resumed_server, server
from tlslab.tls12.resumption import find_session
from tlslab.wire.registry import ProtocolVersion

VERSION = Version(
    ProtocolVersion.TLSv1_2,
    client.start,
    server.start,
    find_session,
    resumed_client.start,
    resumed_server.start,
)
"""What negotiation hands over to when both sides agree on TLS 1.2."""
