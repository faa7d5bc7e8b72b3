"""The record layer: cuts the stream into records, and wraps content into records (RFC 5246 §6.2).

What a record protects itself with is the business of a `Protection`; here is only framing.
"""

from functools import partial
from typing import Protocol

from tlslab.errors import ProtocolError
from tlslab.trace import NullTrace, RecordDetails
from tlslab.wire.framing import (
    MAX_PLAINTEXT,
    RECORD_HEADER_LENGTH,
    record_spans,
)
from tlslab.wire.registry import ContentType, ProtocolVersion

INITIAL_VERSION = ProtocolVersion.TLSv1_0
"""On the record of a first ClientHello, for servers shy of higher numbers (RFC 5246 E.1)."""


NOT_PROTECTED = "none"
"""How a trace calls the protection of what goes in the clear."""


class Protection(Protocol):
    """The keys of one direction and what is done with them. It counts its records itself.

    in_the_clear: the types, in the header of a record, that these keys do not protect.
    """

    name: str
    in_the_clear: frozenset[int]
    max_fragment: int

    @property
    def sequence_number(self) -> int:
        """How many records these keys have protected."""
        ...

    def protect(self, type: int, version: int, content: bytes) -> tuple[int, bytes]:
        """The type in the record's header, and the fragment for `content`, at most 2^14 bytes."""
        ...

    def unprotect(self, type: int, version: int, fragment: bytes) -> tuple[int, bytes] | None:
        """The type and the content of `fragment`; None for a record that is to be passed over.

        type: that of the header, which TLS 1.3 replaces by the one inside.
        Raises ProtocolError: bad_record_mac.
        """
        ...

    def details(self, sequence_number: int, raw: bytes) -> RecordDetails:
        """The parts of a whole record, for whoever looks at it."""
        ...


class Plaintext:
    """No protection: how every connection begins (TLS_NULL_WITH_NULL_NULL, RFC 5246 §6.1)."""

    __slots__ = ("max_fragment", "name", "sequence_number")
    in_the_clear: frozenset[int] = frozenset()

    def __init__(self) -> None:
        self.name = NOT_PROTECTED
        self.max_fragment = MAX_PLAINTEXT
        self.sequence_number = 0

    def protect(self, type: int, version: int, content: bytes) -> tuple[int, bytes]:
        """The content as it is."""
        self.sequence_number += 1
        return type, content

    def unprotect(self, type: int, version: int, fragment: bytes) -> tuple[int, bytes]:
        """The fragment as it is."""
        self.sequence_number += 1
        return type, fragment

    def details(self, sequence_number: int, raw: bytes) -> RecordDetails:
        """Header and fragment."""
        return RecordDetails(partial(record_spans, raw))


class RecordWriter:
    """Turns content into records; they wait in `output` until somebody takes them."""

    def __init__(self, sender: str, trace: NullTrace) -> None:
        self.output: list[bytes] = []
        self.protection: Protection = Plaintext()
        self.version: int = INITIAL_VERSION
        self.max_content = MAX_PLAINTEXT
        self.number = 0
        self._sender = sender
        self._trace = trace

    def write(self, type: ContentType, content: bytes) -> tuple[int, ...]:
        """Write `content` in as many records as it needs; their numbers. No content, no record."""
        first = self.number
        most = self.max_content
        if len(content) <= most:
            if content:
                self._write_one(type, content)
        else:
            for start in range(0, len(content), most):
                self._write_one(type, content[start : start + most])
        return tuple(range(first, self.number))

    def _write_one(self, type: ContentType, content: bytes) -> None:
        protection = self.protection
        sequence_number = protection.sequence_number
        outer_type, fragment = protection.protect(type, self.version, content)
        header = (outer_type << 32 | self.version << 16 | len(fragment)).to_bytes(5, "big")
        raw = header + fragment
        self.output.append(raw)
        self._trace.record(
            self._sender,
            self.number,
            type.name,
            raw,
            NOT_PROTECTED if outer_type in protection.in_the_clear else protection.name,
            sequence_number,
            content,
            lambda: protection.details(sequence_number, raw),
        )
        self.number += 1


class RecordReader:
    """Cuts what comes in into records. It holds one record at most, and what was fed last."""

    def __init__(self, sender: str, trace: NullTrace) -> None:
        self.protection: Protection = Plaintext()
        self.version: int | None = None
        self.checks_version = True
        # What the last record was protected by.
        self.last_protection = NOT_PROTECTED
        self.max_content = MAX_PLAINTEXT
        self.number = 0
        self._sender = sender
        self._trace = trace
        self._buffer = b""
        self._position = 0
        self._waiting: list[bytes] = []
        self._have = 0
        self._need = RECORD_HEADER_LENGTH

    def feed(self, data: bytes) -> None:
        """Take bytes as they came from the network."""
        self._waiting.append(data)
        self._have += len(data)

    @property
    def buffered(self) -> int:
        """How many bytes have come that are no whole record yet."""
        return self._have

    def next_record(self) -> tuple[ContentType, bytes] | None:
        """The next record's type and content, or None if more bytes are needed first.

        Raises ProtocolError: record_overflow, protocol_version, unexpected_message, bad_record_mac.
        """
        while self._have >= self._need:
            raw = self._next_raw()
            if raw is None:
                return None
            opened = self._open(raw)
            if opened is not None:
                return opened
        return None

    def _next_raw(self) -> bytes | None:
        """The next whole record, its header checked; None if it is not there yet."""
        if self._waiting:
            if self._position < len(self._buffer):
                self._waiting.insert(0, self._buffer[self._position :])
            self._buffer = b"".join(self._waiting)
            self._waiting.clear()
            self._position = 0
        start = self._position
        length = self._check_header(self._buffer[start : start + RECORD_HEADER_LENGTH])
        self._need = RECORD_HEADER_LENGTH + length
        if self._have < self._need:
            return None
        self._position = start + self._need
        self._have -= self._need
        self._need = RECORD_HEADER_LENGTH
        return self._buffer[start : self._position]

    def _open(self, raw: bytes) -> tuple[ContentType, bytes] | None:
        type = raw[0]
        protection = self.protection
        sequence_number = protection.sequence_number
        is_clear = type in protection.in_the_clear
        self.last_protection = NOT_PROTECTED if is_clear else protection.name
        content = b""
        try:
            opened = protection.unprotect(type, raw[1] << 8 | raw[2], raw[RECORD_HEADER_LENGTH:])
            if opened is not None:
                type, content = opened
        finally:
            content_type = _TYPES.get(type) or ContentType(type)
            self._trace.record(
                self._sender,
                self.number,
                content_type.name,
                raw,
                self.last_protection,
                sequence_number,
                content,
                lambda: protection.details(sequence_number, raw),
            )
        self.number += 1
        if len(content) > self.max_content:
            section = "RFC 5246 §6.2.1" if self.max_content == MAX_PLAINTEXT else "RFC 8449 §4"
            raise _overflow(
                f"{len(content)} bytes of content, at most {self.max_content} are allowed", section
            )
        return None if opened is None else (_known(content_type), content)

    def _check_header(self, header: bytes) -> int:
        """The length of the fragment. Raises ProtocolError."""
        version = header[1] << 8 | header[2]
        length = header[3] << 8 | header[4]
        if self.number == 0:
            _recognise_strangers(header)
        type = _known(header[0])
        if self.version is not None and version != self.version:
            raise ProtocolError(
                "protocol_version",
                f"{ProtocolVersion(version).label}, but the connection is "
                f"{ProtocolVersion(self.version).label}",
                where="record.version",
                section="RFC 5246 §6.2.1",
            )
        if self.checks_version and version >> 8 != 3:
            raise ProtocolError(
                "protocol_version",
                f"{ProtocolVersion(version).label} is no version of TLS",
                where="record.version",
                section="RFC 5246 Appendix E.1",
            )
        if length > self.protection.max_fragment:
            raise _overflow(f"{length} bytes, at most {self.protection.max_fragment} are allowed")
        if length == 0 and type is not ContentType.application_data:
            raise ProtocolError(
                "unexpected_message",
                f"an empty record of type {type.name}",
                where="record.length",
                section="RFC 5246 §6.2.1",
            )
        return length


_TYPES = {
    int(type): type
    for type in (
        ContentType.change_cipher_spec,
        ContentType.alert,
        ContentType.handshake,
        ContentType.application_data,
    )
}


def _known(type: int) -> ContentType:
    known = _TYPES.get(type)
    if known is None:
        raise ProtocolError(
            "unexpected_message",
            f"{ContentType(type).label} is no content type of TLS",
            where="record.type",
            section="RFC 5246 §6",
        )
    return known


_HTTP = (b"GET ", b"POST", b"HEAD", b"PUT ", b"DELE", b"OPTI", b"CONN", b"PATC", b"HTTP", b"PRI ")


def _overflow(reason: str, section: str = "RFC 5246 §6.2.1") -> ProtocolError:
    return ProtocolError("record_overflow", reason, where="record.length", section=section)


def _recognise_strangers(header: bytes) -> None:
    """Say what it is if the very first bytes are those of something else."""
    # RFC 5246 Appendix E.2: the length with its top bit set, msg_type 1, then the version.
    if header[0] & 0x80 and header[2] == 1 and header[3] in (0, 3):
        version = "SSL 2.0" if header[3] == 0 else f"TLS wrapped as SSL 2.0 (3, {header[4]})"
        raise ProtocolError(
            "protocol_version",
            f"this is an SSLv2 ClientHello, from 1995, for {version}",
            where="record",
            section="RFC 6176 §3",
        )
    if header[:4] in _HTTP:
        raise ProtocolError(
            "unexpected_message",
            f"this is HTTP without TLS: it begins with {header.decode('latin-1')!r}",
            where="record",
        )
