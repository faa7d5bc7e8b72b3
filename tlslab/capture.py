"""A trace as a capture that Wireshark opens: its records in TCP segments, and the key log.

The form is pcapng (draft-ietf-opsawg-pcapng): a section, an interface of raw IP packets, the
secrets (a Decryption Secrets Block with the NSS key log), and the packets of each flight. The
addresses, ports and times are made up, and the same each time: 192.0.2.1 and 192.0.2.2 are for
documentation (RFC 5737).
"""

import struct
from collections.abc import Iterator
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


def pcapng(trace: Trace) -> bytes:
    """The records of a trace as the content of a pcapng file.

    Raises LocalError if the trace has none, or does not have all of them.
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
    if key_log := trace.key_log().encode("ascii"):
        blocks.append(
            _block(SECRETS, struct.pack("<II", TLS_KEY_LOG, len(key_log)) + _padded(key_log))
        )
    for number, packet in enumerate(_packets(records)):
        time = FIRST_TIME + 1000 * number
        head = struct.pack("<IIIII", 0, time >> 32, time & 0xFFFFFFFF, len(packet), len(packet))
        blocks.append(_block(ENHANCED_PACKET, head + _padded(packet)))
    return b"".join(blocks)


def save_pcapng(trace: Trace, path: str | Path) -> Path:
    """Write the capture to a file, whole or not at all. It holds the secrets: anyone can read it.

    Raises LocalError as `pcapng` does, and OSError.
    """
    path = Path(path)
    content = pcapng(trace)
    new = path.with_name(f"{path.name}.new")
    new.write_bytes(content)
    return new.replace(path)


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
