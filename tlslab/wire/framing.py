"""What stands around a message: the record header and the handshake header.

And the two messages that have no handshake header, ChangeCipherSpec and Alert.
"""

from dataclasses import dataclass
from typing import ClassVar

from tlslab.errors import LocalError, ProtocolError
from tlslab.trace import Span
from tlslab.wire.codec import Path, in_hex, joined
from tlslab.wire.presentation import Enumerated, Layout, Structure, Uint, spans_of
from tlslab.wire.registry import (
    AlertDescription,
    AlertLevel,
    ContentType,
    HandshakeType,
    ProtocolVersion,
)

RECORD_HEADER_LENGTH = 5
HANDSHAKE_HEADER_LENGTH = 4
MAX_PLAINTEXT = 2**14
"""RFC 5246 §6.2.1: the length of a fragment MUST NOT exceed 2^14."""
MAX_CIPHERTEXT = MAX_PLAINTEXT + 2048
"""RFC 5246 §6.2.3."""


@dataclass(frozen=True, slots=True)
class RecordHeader(Structure):
    """The first five bytes of every record (RFC 5246 §6.2.1). The fragment follows.

    struct {
        ContentType type;
        ProtocolVersion version;
        uint16 length;
    } TLSPlaintext;
    """

    type: ContentType
    version: ProtocolVersion
    length: int

    NAME: ClassVar[str] = "record"
    LAYOUT: ClassVar[Layout] = {
        "type": Enumerated(ContentType),
        "version": Enumerated(ProtocolVersion),
        "length": Uint(2),
    }


@dataclass(frozen=True, slots=True)
class HandshakeHeader(Structure):
    """The first four bytes of every handshake message (RFC 5246 §7.4). The body follows.

    struct {
        HandshakeType msg_type;
        uint24 length;
    } Handshake;
    """

    msg_type: HandshakeType
    length: int

    NAME: ClassVar[str] = "handshake"
    LAYOUT: ClassVar[Layout] = {
        "msg_type": Enumerated(HandshakeType),
        "length": Uint(3),
    }


class HandshakeMessage(Structure):
    """The body of a handshake message; `msg_type` goes into its header."""

    __slots__ = ()
    msg_type: ClassVar[HandshakeType]

    @classmethod
    def form(cls, raw: bytes) -> "type[HandshakeMessage]":
        """The class that decodes the whole message `raw`: this one, or what its bytes make of it.

        One message of TLS 1.3 says by its content what it is: see `ServerHello`.
        """
        return cls

    def encode_handshake(self) -> bytes:
        """The whole message: header and body."""
        body = self.encode()
        if len(body) >= 1 << 24:
            raise LocalError(f"{self.NAME}: {len(body)} bytes do not fit into a message")
        # The four bytes of `HandshakeHeader`, put together directly: every message has them.
        return (self.msg_type << 24 | len(body)).to_bytes(HANDSHAKE_HEADER_LENGTH, "big") + body


@dataclass(frozen=True, slots=True)
class ChangeCipherSpec(Structure):
    """A message of one byte, of a content type of its own: no handshake message (RFC 5246 §7.1).

    struct {
        enum { change_cipher_spec(1), (255) } type;
    } ChangeCipherSpec;
    """

    type: int = 1

    NAME: ClassVar[str] = "change_cipher_spec"
    LAYOUT: ClassVar[Layout] = {"type": Uint(1)}

    def check(self, path: Path) -> None:
        if self.type != 1:
            raise ProtocolError(
                "illegal_parameter",
                f"a ChangeCipherSpec is the byte 1, not {self.type}",
                where=joined((path, "type")),
                section="RFC 5246 §7.1",
            )


@dataclass(frozen=True, slots=True)
class Alert(Structure):
    """What is wrong, and whether it ends the connection (RFC 5246 §7.2).

    struct {
        AlertLevel level;
        AlertDescription description;
    } Alert;
    """

    level: AlertLevel
    description: AlertDescription

    NAME: ClassVar[str] = "alert"
    LAYOUT: ClassVar[Layout] = {
        "level": Enumerated(AlertLevel),
        "description": Enumerated(AlertDescription),
    }

    def check(self, path: Path) -> None:
        if not self.level.is_known:
            raise ProtocolError(
                "illegal_parameter",
                f"{self.level.label} is no level",
                where=joined((path, "level")),
                section="RFC 5246 §7.2",
            )


def decode_handshake(kind: type[HandshakeMessage], raw: bytes) -> HandshakeMessage:
    """Decode the body of a whole handshake message as `kind`."""
    return kind.decode(raw, None, HANDSHAKE_HEADER_LENGTH)


def handshake_spans(kind: type[HandshakeMessage] | None, raw: bytes) -> tuple[Span, ...]:
    """The spans of a whole handshake message; of `kind` None the body stays closed."""
    header = spans_of(HandshakeHeader, raw[:HANDSHAKE_HEADER_LENGTH])
    if kind is None:
        body = raw[HANDSHAKE_HEADER_LENGTH:]
        return (*header, Span("handshake.body", HANDSHAKE_HEADER_LENGTH, len(raw), in_hex(body)))
    return header + spans_of(kind, raw, HANDSHAKE_HEADER_LENGTH)


def record_spans(
    raw: bytes, parts: tuple[tuple[str, int], ...] = (("fragment", -1),)
) -> tuple[Span, ...]:
    """The spans of a whole record: its header, then `parts` as in `part_spans`."""
    spans = list(spans_of(RecordHeader, raw[:RECORD_HEADER_LENGTH]))
    return (*spans, *part_spans("record", raw, parts, RECORD_HEADER_LENGTH))


def part_spans(
    path: str, data: bytes, parts: tuple[tuple[str, int], ...], start: int = 0
) -> tuple[Span, ...]:
    """Spans of consecutive `parts` of `data`, as (name, length); one length may be -1: the rest."""
    known = sum(length for _, length in parts if length >= 0)
    spans = []
    for name, length in parts:
        end = start + (length if length >= 0 else len(data) - start - known)
        known -= max(length, 0)
        spans.append(Span(f"{path}.{name}", start, end, in_hex(data[start:end])))
        start = end
    return tuple(spans)
