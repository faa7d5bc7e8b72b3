"""Where a connection begins.

`client` and `server` give a `Connection` its first state and tell it which versions of TLS there
are. To add a version, enter it in `versions`.
"""

from functools import cache

from tlslab.connection.config import ClientConfig, ServerConfig, usable_versions
from tlslab.connection.connection import Connection
from tlslab.connection.context import Context, Version
from tlslab.trace import NullTrace
from tlslab.wire.registry import ProtocolVersion

_NOBODY = NullTrace()


def client(config: ClientConfig, trace: NullTrace = _NOBODY) -> Connection:
    """A client; its ClientHello is in `data_to_send()` already."""
    from tlslab.connection.negotiation import start_client

    context = Context("client", config, trace)
    return Connection(context, start_client(context, _usable(config)))


def server(config: ServerConfig, trace: NullTrace = _NOBODY) -> Connection:
    """A server; it waits for a ClientHello."""
    from tlslab.connection.negotiation import WaitClientHello

    return Connection(Context("server", config, trace), WaitClientHello(_usable(config)))


def _usable(config: ClientConfig | ServerConfig) -> dict[ProtocolVersion, Version]:
    return {number: versions()[number] for number in usable_versions(config)}


@cache
def versions() -> dict[ProtocolVersion, Version]:
    """The versions of TLS that there are.

    They are loaded when the first endpoint is made, and the hellos with them: whoever imports
    tlslab to read a trace or to call one function does not pay for every message of every version.
    """
    from tlslab import tls12, tls13

    return {version.number: version for version in (tls12.VERSION, tls13.VERSION)}
