"""A trace as a capture that Wireshark opens, and a capture as the bytes that each side sent.

The form is pcapng (draft-ietf-opsawg-pcapng): a section, an interface of raw IP packets, the
secrets (a Decryption Secrets Block with the NSS key log), and the packets of each flight. The
addresses, ports and times are made up, and the same each time: 192.0.2.1 and 192.0.2.2 are for
documentation (RFC 5737).

Read are captures of others too: of Ethernet, Linux and loopback, with IPv4 or IPv6, packets late,
twice or in pieces.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tlslab.errors import LocalError
from tlslab.trace import Record, Trace

CLIENT, SERVER = "client", "server"
ADDRESSES = {CLIENT: bytes((192, 0, 2, 1)), SERVER: bytes((192, 0, 2, 2))}
PORTS = {CLIENT: 50_000, SERVER: 443}
FIRST_TIME = 1_767_225_600_000_000
"""2026-01-01 00:00:00 UTC in microseconds since 1970; each packet is a millisecond later."""
MAX_SEGMENT = 1460
"""Most bytes of TCP payload in a packet, as on Ethernet."""

SECTION_HEADER, INTERFACE, ENHANCED_PACKET, SECRETS = 0x0A0D0D0A, 1, 6, 0x0A
BYTE_ORDER_MAGIC = 0x1A2B3C4D
LINKTYPE_RAW = 101
TLS_KEY_LOG = 0x544C534B
FIN, SYN, PSH, ACK = 0x01, 0x02, 0x08, 0x10
IPPROTO_TCP = 6


@dataclass(frozen=True, slots=True)
class Conversation:
    """A TCP connection of a capture: the bytes that each side sent. key_log: what came with it."""

    client: bytes = field(repr=False)
    server: bytes = field(repr=False)
    key_log: str = field(default="", repr=False)

    def __repr__(self) -> str:
        return (
            f"<Conversation: {len(self.client):,} bytes from the client, {len(self.server):,} from "
            "the server>"
        )


def pcapng(trace: Trace, *, with_key_log: bool = True) -> bytes:
    """The records of a trace as the content of a pcapng file.

    with_key_log: False leaves the secrets out, and gives what somebody on the wire would record.
    Raises LocalError if the trace has no records, or does not have all of them.
    """
    records = trace.of(Record)
    if not records:
        raise LocalError("the trace has no record, so there is nothing to capture")
    if trace.dropped:
        raise LocalError(f"the trace has lost {trace.dropped} events; a capture needs every record")
    blocks = [
        _block(SECTION_HEADER, struct.pack("<IHHq", BYTE_ORDER_MAGIC, 1, 0, -1)),
        _block(INTERFACE, struct.pack("<HHI", LINKTYPE_RAW, 0, 0)),
    ]
    key_log = trace.key_log().encode("ascii")
    if with_key_log and key_log:
        blocks.append(
            _block(SECRETS, struct.pack("<II", TLS_KEY_LOG, len(key_log)) + _padded(key_log))
        )
    for number, packet in enumerate(_packets(records)):
        time = FIRST_TIME + 1000 * number
        head = struct.pack("<IIIII", 0, time >> 32, time & 0xFFFFFFFF, len(packet), len(packet))
        blocks.append(_block(ENHANCED_PACKET, head + _padded(packet)))
    return b"".join(blocks)


def save_pcapng(trace: Trace, path: str | Path, *, with_key_log: bool = True) -> Path:
    """Write the capture to a file, whole or not at all.

    with_key_log: as for `pcapng`. With it the file holds the secrets, and anyone can read it.
    Raises LocalError as `pcapng` does, and OSError.
    """
    path = Path(path)
    content = pcapng(trace, with_key_log=with_key_log)
    new = path.with_name(f"{path.name}.new")
    new.write_bytes(content)
    return new.replace(path)


def load_pcapng(path: str | Path) -> list[Conversation]:
    """The TCP connections of a capture that is a file.

    Raises LocalError as `conversations` does, and OSError.
    """
    return conversations(Path(path).read_bytes())


def conversations(content: bytes) -> list[Conversation]:
    """The TCP connections of a capture, in the order in which they began.

    content: of a pcapng file. Raises LocalError if it is none, is cut off, or bytes of a connection
    are missing.
    """
    streams: dict[frozenset[_Endpoint], _Streams] = {}
    key_log = ""
    for packet in _read_blocks(content):
        if isinstance(packet, str):
            key_log += packet
        elif segment := _segment(packet):
            ends = frozenset((segment.sender, segment.receiver))
            streams.setdefault(ends, _Streams()).add(segment)
    found = [stream.conversation(key_log) for stream in streams.values()]
    return [each for each in found if each.client or each.server]


# -- blocks --------------------------------------------------------------------------------------


def _block(type: int, body: bytes) -> bytes:
    """type, length, body, and the length once more, so that files can be read backwards."""
    length = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", type) + length + body + length


def _padded(data: bytes) -> bytes:
    """To a whole number of 32-bit words."""
    return data + bytes(-len(data) % 4)


# -- packets -------------------------------------------------------------------------------------


def _packets(records: list[Record]) -> Iterator[bytes]:
    """A TCP connection from SYN to FIN that carries the records."""
    # Sequence numbers: the SYN counts as one byte, and so does the FIN (RFC 9293 §3.4).
    sent = {CLIENT: 0, SERVER: 0}

    def packet(sender: str, flags: int, payload: bytes = b"") -> bytes:
        other = SERVER if sender == CLIENT else CLIENT
        acknowledged = sent[other] if flags & ACK else 0
        segment = _tcp(sender, other, sent[sender], acknowledged, flags, payload)
        sent[sender] += len(payload) + bool(flags & (SYN | FIN))
        return _ip(sender, other, segment)

    yield packet(CLIENT, SYN)
    yield packet(SERVER, SYN | ACK)
    yield packet(CLIENT, ACK)
    for sender, data in _flights(records):
        for start in range(0, len(data), MAX_SEGMENT):
            yield packet(sender, PSH | ACK, data[start : start + MAX_SEGMENT])
    yield packet(CLIENT, FIN | ACK)
    yield packet(SERVER, FIN | ACK)
    yield packet(CLIENT, ACK)


def _flights(records: list[Record]) -> Iterator[tuple[str, bytes]]:
    """What one side sends before the other one does."""
    sender, data = records[0].sender, b""
    for record in records:
        if record.sender != sender:
            yield sender, data
            sender, data = record.sender, b""
        data += record.raw
    yield sender, data


def _tcp(
    sender: str, receiver: str, seq: int, acknowledged: int, flags: int, payload: bytes
) -> bytes:
    """A TCP segment (RFC 9293 §3.1), with its checksum."""
    ports = PORTS[sender], PORTS[receiver]
    header = struct.pack("!HHIIBBHHH", *ports, seq, acknowledged, 5 << 4, flags, 65_535, 0, 0)
    pseudo = ADDRESSES[sender] + ADDRESSES[receiver]
    pseudo += struct.pack("!BBH", 0, IPPROTO_TCP, len(header) + len(payload))
    checksum = _checksum(pseudo + header + payload)
    return header[:16] + struct.pack("!H", checksum) + header[18:] + payload


def _ip(sender: str, receiver: str, segment: bytes) -> bytes:
    """An IPv4 packet (RFC 791 §3.1), with its checksum."""
    start = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0x4000, 64, IPPROTO_TCP, 0)
    header = start + ADDRESSES[sender] + ADDRESSES[receiver]
    return header[:10] + struct.pack("!H", _checksum(header)) + header[12:] + segment


def _checksum(data: bytes) -> int:
    """The Internet checksum, 16 bits (RFC 1071)."""
    words = struct.unpack(f"!{(len(data) + 1) // 2}H", data + bytes(len(data) % 2))
    total: int = sum(words)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


# -- reading -------------------------------------------------------------------------------------

_Endpoint = tuple[bytes, int]
"""An address and a port."""

# Bytes in front of the IP packet, by LINKTYPE: loopback of BSD, Ethernet, raw, Linux "any" twice.
LINK_HEADERS = {0: 4, 1: 14, LINKTYPE_RAW: 0, 113: 16, 276: 20}
BYTE_ORDERS = {struct.pack(f"{order}I", BYTE_ORDER_MAGIC): order for order in "<>"}


@dataclass(frozen=True, slots=True)
class _Segment:
    """A TCP segment with its ends."""

    sender: _Endpoint
    receiver: _Endpoint
    seq: int
    flags: int
    payload: bytes


class _Streams:
    """Both directions of a TCP connection, put together from its segments."""

    def __init__(self) -> None:
        self._segments: list[_Segment] = []

    def add(self, segment: _Segment) -> None:
        self._segments.append(segment)

    def conversation(self, key_log: str) -> Conversation:
        first = self._segments[0]
        # Whoever sends a SYN alone calls; a capture that begins later shows nobody who did.
        calls = (each.sender for each in self._segments if each.flags & (SYN | ACK) == SYN)
        client = next(calls, first.sender)
        server = first.receiver if first.sender == client else first.sender
        return Conversation(self._sent_by(client), self._sent_by(server), key_log)

    def _sent_by(self, sender: _Endpoint) -> bytes:
        own = [each for each in self._segments if each.sender == sender]
        if not own:
            return b""
        start = next((each.seq + 1 for each in own if each.flags & SYN), own[0].seq)
        # Sequence numbers wrap at 2^32, and a repeated SYN or a keep-alive lies before the start.
        places = [((each.seq - start + 2**31) % 2**32 - 2**31, each.payload) for each in own]
        data = b""
        for place, payload in sorted(places):
            if payload and place > len(data):
                raise LocalError(f"{place - len(data)} bytes of a TCP connection are missing")
            data += payload[len(data) - place :]
        return data


def _read_blocks(content: bytes) -> Iterator[bytes | str]:
    """The IP packets of a capture, and the key logs in it."""
    order, headers = _byte_order(content), list[int | None]()
    position = 0
    while position < len(content):
        if content[position : position + 4] == struct.pack("<I", SECTION_HEADER):
            order, headers = _byte_order(content[position:]), []
        kind, length = _unpack(order + "II", content[position:])
        body = content[position + 8 : position + length - 4]
        if length < 12 or position + length > len(content):
            raise LocalError("the capture is cut off")
        position += length
        if kind == INTERFACE:
            headers.append(LINK_HEADERS.get(_unpack(order + "H", body)[0]))
        elif kind == ENHANCED_PACKET:
            interface, captured = _unpack(order + "I8xI", body)
            header = headers[interface] if interface < len(headers) else None
            if header is not None:
                yield body[20 + header : 20 + captured]
        elif kind == SECRETS:
            what, size = _unpack(order + "II", body)
            if what == TLS_KEY_LOG:
                yield body[8 : 8 + size].decode("ascii", "replace")


def _byte_order(content: bytes) -> str:
    magic = content[8:12]
    if content[:4] != struct.pack("<I", SECTION_HEADER) or magic not in BYTE_ORDERS:
        raise LocalError("this is no pcapng file")
    return BYTE_ORDERS[magic]


def _unpack(form: str, data: bytes) -> tuple[int, ...]:
    if len(data) < struct.calcsize(form):
        raise LocalError("the capture is cut off")
    return struct.unpack_from(form, data)


def _segment(packet: bytes) -> _Segment | None:
    """The TCP segment in an IP packet; None for anything else."""
    version = packet[0] >> 4 if packet else 0
    if version == 4 and len(packet) >= 20 and packet[9] == IPPROTO_TCP:
        start, end = 4 * (packet[0] & 0x0F), int.from_bytes(packet[2:4], "big")
        source, destination = packet[12:16], packet[16:20]
    elif version == 6 and len(packet) >= 40 and packet[6] == IPPROTO_TCP:
        start, end = 40, 40 + int.from_bytes(packet[4:6], "big")
        source, destination = packet[8:24], packet[24:40]
    else:
        return None
    tcp = packet[start:end]
    if len(tcp) < 20:
        return None
    ports, seq = struct.unpack_from("!HH", tcp), int.from_bytes(tcp[4:8], "big")
    payload = tcp[4 * (tcp[12] >> 4) :]
    return _Segment((source, ports[0]), (destination, ports[1]), seq, tcp[13], payload)
