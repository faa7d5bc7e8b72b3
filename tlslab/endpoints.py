"""Where a connection begins.

`client` and `server` give a `Connection` its first state and tell it which versions of TLS there
are. To add a version, enter it in `VERSIONS`.
"""

from tlslab import tls12
from tlslab.connection.config import ClientConfig, ServerConfig
from tlslab.connection.connection import Connection
from tlslab.connection.context import Context, Version
from tlslab.connection.negotiation import WaitClientHello, start_client
from tlslab.trace import NullTrace
from tlslab.wire.registry import ProtocolVersion

VERSIONS: dict[ProtocolVersion, Version] = {tls12.VERSION.number: tls12.VERSION}

_NOBODY = NullTrace()


def client(config: ClientConfig, trace: NullTrace = _NOBODY) -> Connection:
    """A client; its ClientHello is in `data_to_send()` already."""
    context = Context("client", config, trace)
    return Connection(context, start_client(context, VERSIONS))


def server(config: ServerConfig, trace: NullTrace = _NOBODY) -> Connection:
    """A server; it waits for a ClientHello."""
    return Connection(Context("server", config, trace), WaitClientHello(VERSIONS))
