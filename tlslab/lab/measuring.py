"""How long records become, how many flights a connection takes, and how long key shares are.

All are measured on what a connection sent, for a picture or a table.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from tlslab.crypto.key_shares import HYBRID_GROUPS, hybrid_parts
from tlslab.crypto.suites import SUITES, KeyExchange
from tlslab.errors import LocalError
from tlslab.lab.configs import Seed
from tlslab.lab.handshake import Ours, handshake, start_client, start_server
from tlslab.lab.named import group_named
from tlslab.lab.wiretap import shares_in, wire_of
from tlslab.trace import NullTrace, Record, Trace
from tlslab.wire.registry import CipherSuite, ContentType, HandshakeType, NamedGroup

PAYLOADS = tuple(range(1, 101))
"""In bytes. Over a hundred of them each block cipher shows its steps."""

ONE_FOR_EACH_PROTECTION = tuple(
    code for code, suite in SUITES.items() if suite.key_exchange is KeyExchange.RSA
)


def record_sizes(
    suites: Iterable[str | CipherSuite] = ONE_FOR_EACH_PROTECTION,
    payloads: Iterable[int] = PAYLOADS,
    *,
    seed: Seed = 1,
) -> dict[str, list[tuple[int, int]]]:
    """For each suite pairs of payload and bytes on the wire, both in bytes.

    Client and server do a handshake with the suite, then the client sends each payload by itself.
    A payload of more than 2^14 bytes takes several records, of none no record at all (RFC 5246
    §6.2.1). suites: IANA's names; how long a record is, does not depend on the key exchange, so by
    default those with RSA. Raises LocalError if a
    payload is negative, or a suite is not implemented.
    """
    wanted = tuple(payloads)
    if any(payload < 0 for payload in wanted):
        raise LocalError("a payload has 0 bytes or more")
    found = {}
    for suite in suites:
        client = start_client(NullTrace(), seed=seed, suite=suite)
        server = start_server(NullTrace(), seed=seed, suite=suite)
        _finish(client, server)
        name = suite.name if isinstance(suite, CipherSuite) else suite
        found[name] = [(payload, _sent(client, payload)) for payload in wanted]
    return found


def _finish(client: Ours, server: Ours) -> None:
    """Carry the handshake's bytes until both sides have completed it."""
    while not (client.completed and server.completed):
        flights = client.data_to_send(), server.data_to_send()
        if not any(flights):
            raise LocalError(f"the handshake failed: {client.error or server.error}")
        server.receive(flights[0])
        client.receive(flights[1])


def _sent(client: Ours, payload: int) -> int:
    client.send(bytes(payload))
    return len(client.data_to_send())


# -- flights ------------------------------------------------------------------------------------


class Flight(NamedTuple):
    """What one side sends before it has to wait for the other. length: bytes on the wire."""

    sender: str
    length: int


TCP = (Flight("client", 0), Flight("server", 0))
"""The handshake of TCP: SYN, and SYN with ACK; the third packet travels with the first data (RFC
9293 §3.5). It has no byte of TLS."""


def flights(trace: Trace) -> tuple[Flight, ...]:
    """The flights of a connection, TCP's first, up to the one with the server's first data.

    Of each flight the bytes of its records are counted; of the last one, those up to the first
    record with data. A ChangeCipherSpec or a ticket answers nothing, and nobody waits for it: it is
    counted with what its sender sends next. Raises LocalError if the server sent no data.
    """
    found: list[Flight] = list(TCP)
    held = {"client": 0, "server": 0}
    for record in trace.of(Record):
        sender, length = record.sender, len(record.raw)
        if _answers_nothing(record):
            held[sender] += length
            continue
        length += held[sender]
        held[sender] = 0
        if found[-1].sender == sender and len(found) > len(TCP):
            found[-1] = Flight(sender, found[-1].length + length)
        else:
            found.append(Flight(sender, length))
        if sender == "server" and record.content_type == "application_data":
            return tuple(found)
    raise LocalError("the server sent no application data, so nothing came to an end")


def _answers_nothing(record: Record) -> bool:
    if record.raw[0] == ContentType.change_cipher_spec:
        return True
    is_handshake = record.content_type == ContentType.handshake.name
    return is_handshake and record.plaintext[:1] == bytes([HandshakeType.new_session_ticket])


def flights_without_tls(trace: Trace) -> tuple[Flight, ...]:
    """The same data over TCP alone: what the first record of each side with data has inside."""
    first = {
        record.sender: len(record.plaintext)
        for record in reversed(trace.of(Record))
        if record.content_type == "application_data"
    }
    if "server" not in first:
        raise LocalError("the server sent no application data, so nothing came to an end")
    return (*TCP, *(Flight(side, first[side]) for side in ("client", "server")))


# -- shares -------------------------------------------------------------------------------------

SIDES: tuple[Literal["client", "server"], ...] = ("client", "server")
SHARE_GROUPS = (
    "x25519",
    "secp256r1",
    "ffdhe3072",
    "X25519MLKEM768",
    "SecP256r1MLKEM768",
    "SecP384r1MLKEM1024",
)


class ShareSizes(NamedTuple):
    """Bytes of a key share. classical: of the curve or the finite field. mlkem: 0 in no hybrid."""

    classical: int
    mlkem: int


def share_sizes(
    groups: Iterable[str] = SHARE_GROUPS, *, seed: Seed = 1
) -> dict[str, tuple[ShareSizes, ShareSizes]]:
    """For each group the sizes of the client's share and of the server's, in bytes.

    Each is measured in a handshake of TLS 1.3. groups: IANA's names.
    """
    return {name: _sizes(group_named(name), seed) for name in groups}


def _sizes(group: NamedGroup, seed: Seed) -> tuple[ShareSizes, ShareSizes]:
    trace = handshake(seed=seed, suite="TLS_AES_128_GCM_SHA256", groups=group).trace
    _, *shares = shares_in(wire_of(trace))
    client, server = (_size(group, share, side) for share, side in zip(shares, SIDES, strict=True))
    return client, server


def _size(group: NamedGroup, share: bytes, side: Literal["client", "server"]) -> ShareSizes:
    if group not in HYBRID_GROUPS:
        return ShareSizes(len(share), 0)
    parts = hybrid_parts(group, share, side)
    return ShareSizes(len(parts.ecdh), len(parts.mlkem))
