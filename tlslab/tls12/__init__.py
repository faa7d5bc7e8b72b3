"""Everything that belongs to TLS 1.2 alone (RFC 5246)."""

from tlslab.connection.config import ClientConfig, ServerConfig
from tlslab.connection.context import Context, State, Version
from tlslab.connection.negotiation import ClientOffer, Requested
from tlslab.connection.session import Session
from tlslab.tls12 import client, resumed_client, resumed_server, server
from tlslab.tls12.agreement import agree_as_client, agree_as_server, prepare, resumed_session
from tlslab.wire.hello import ServerHello
from tlslab.wire.registry import ProtocolVersion


def start_as_client(
    offer: ClientOffer, server_hello: ServerHello, context: Context[ClientConfig]
) -> State:
    """The first state behind the ServerHello."""
    agreed = agree_as_client(offer, server_hello, context)
    session = resumed_session(agreed, context)
    if session is not None:
        return resumed_client.start(agreed, session, context)
    return client.start(agreed, context)


def start_as_server(requested: Requested, context: Context[ServerConfig]) -> State:
    """The first state behind the ClientHello; the server's flight is sent."""
    agreed, way = agree_as_server(requested, context)
    if isinstance(way, Session):
        return resumed_server.start(agreed, way, context)
    return server.start(agreed, way, context)


VERSION = Version(ProtocolVersion.TLSv1_2, prepare, start_as_client, start_as_server)
"""What negotiation hands over to when both sides agree on TLS 1.2."""
