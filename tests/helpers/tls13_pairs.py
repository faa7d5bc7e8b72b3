"""Pairs that speak TLS 1.3: how they are set up, a second connection, and a side that lies."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from in_memory import NOW, Pair, credential, ticket_keys

import tlslab
from tlslab.connection.connection import Connection
from tlslab.connection.context import TicketReceived
from tlslab.connection.session import PSKSession
from tlslab.wire.framing import HandshakeMessage
from tlslab.wire.registry import CipherSuite, NamedGroup

AES_128 = CipherSuite.TLS_AES_128_GCM_SHA256
AES_256 = CipherSuite.TLS_AES_256_GCM_SHA384
CHACHA20 = CipherSuite.TLS_CHACHA20_POLY1305_SHA256
GROUPS = (NamedGroup.x25519, NamedGroup.secp256r1)
LIMIT = 1000
"""How many bytes of early data a server takes that takes any."""
LATER = NOW + timedelta(minutes=5)
"""When the second connection is made."""

Setup = dict[str, Any]


def setup(*, client: Setup | None = None, server: Setup | None = None) -> Setup:
    """A handshake of TLS 1.3 that is the same in each run: ECDSA, and no hybrid group."""
    common: Setup = {"cipher_suites": (AES_128, AES_256), "groups": GROUPS}
    return {
        "client": {**common, **(client or {})},
        "server": {**common, "credentials": (credential("server-ecdsa"),), **(server or {})},
    }


def retrying(**server: Any) -> Setup:
    """The client guesses no group, so that the server has to ask."""
    return setup(client={"key_shares": ()}, server=server)


def session_from(pair: Pair) -> PSKSession:
    """What the client may go on with: its first ticket."""
    return next(e.session for e in pair.events["client"] if isinstance(e, TicketReceived))


def resuming(
    *,
    first: Setup | None = None,
    client: Setup | None = None,
    server: Setup | None = None,
    early_data: bytes = b"",
    limit: int = 0,
) -> Setup:
    """What a second connection is made with, so that it goes on with the first one's ticket.

    first: of both sides, the first time. limit: of early data, that the ticket allows.
    """
    keys = {"ticket_keys": ticket_keys(), "max_early_data_size": limit or len(early_data)}
    tickets = {"session_tickets": True}
    before = setup(client={**tickets, **(first or {})}, server={**keys, **(first or {})})
    session = session_from(Pair(**before).connected())
    clock = {"clock": lambda: LATER}
    return setup(
        client={**tickets, **clock, "session": session, "early_data": early_data, **(client or {})},
        server={**keys, **clock, **(server or {})},
    )


def lies(
    speaker: Connection, kind: type[HandshakeMessage], change: Callable[[Any], Any]
) -> list[HandshakeMessage]:
    """Make `speaker` change each message of this kind before it is sent, hashed and protected.

    What `change` gives is sent in its place: a message, or None for nothing. The list fills with
    the messages as they would have been.
    """
    context = speaker._context
    honest = context.send
    found: list[HandshakeMessage] = []

    def send(message: HandshakeMessage, *, counts: bool = True) -> None:
        said: HandshakeMessage | None = message
        if type(message) is kind:
            found.append(message)
            said = change(message)
        if said is not None:
            honest(said, counts=counts)

    context.send = send  # type: ignore[method-assign]
    return found


def data_events(pair: Pair, role: str) -> list[tlslab.ApplicationData]:
    """The application data that `role` got."""
    return [e for e in pair.events[role] if isinstance(e, tlslab.ApplicationData)]
