"""Everything that belongs to TLS 1.3 alone (RFC 8446, RFC 9846)."""

from tlslab.connection.context import Version
from tlslab.tls13 import client, offer, server
from tlslab.wire.registry import ProtocolVersion

VERSION = Version(ProtocolVersion.TLSv1_3, offer.prepare, client.start, server.start)
"""What negotiation hands over to when both sides agree on TLS 1.3."""
