"""Bytes in, values out, and back: the lowest floor of the presentation language.

RFC 5246 §4 (the same as RFC 8446 §3) knows numbers of one, two and three bytes, `opaque` bytes of
fixed length, and *vectors*: a length of one, two or three bytes, then that many bytes. `Reader`
takes them from bytes. Each call names the field, so an error can say where it was found, and a
reader that is given a list of spans notes what it took.

What a structure consists of is declared one floor up, in `tlslab.wire.presentation`.
"""

from tlslab.errors import ProtocolError
from tlslab.trace import Span

__all__ = ["Path", "Reader", "Span", "Unfit", "in_hex", "length_size"]


Path = str | tuple["Path", str]
"""Where something stands: a name, or what it stands in and its field there. Put together only for
an error or a span, since most paths are never read."""


def joined(path: Path) -> str:
    """The path as text: `server_hello.extensions`; `[3]` and "" need no dot."""
    if isinstance(path, str):
        return path
    outer, field = path
    separator = "" if not field or field[0] == "[" else "."
    return f"{joined(outer)}{separator}{field}"


def length_size(high: int) -> int:
    """How many bytes the length of a vector `<low..high>` takes: as many as `high` needs (§4.3)."""
    return (high.bit_length() + 7) // 8


class Unfit(Exception):
    """A value that does not fit where it is to stand, or bytes that are no value.

    reason: what is wrong with a value. where: the field, as far as it was found on the way out; it
    goes behind the name of the structure.
    """

    def __init__(self, reason: str = "", where: str = "") -> None:
        super().__init__(reason, where)
        self.reason = reason
        self.where = where

    def inside(self, field: str) -> "Unfit":
        """The same, found in `field`."""
        return Unfit(self.reason, f"{field if field[0] == '[' else f'.{field}'}{self.where}")


class Reader:
    """Takes fields from `data[start:end]`, each by its name.

    path: the name of the structure, in front of every field's name.
    spans: where to note each field's place; None when nobody wants to know.
    Raises ProtocolError with decode_error for whatever does not fit, RFC 5246 §7.2.2.
    """

    __slots__ = ("data", "end", "path", "position", "spans")

    def __init__(
        self,
        data: bytes,
        path: Path,
        spans: list[Span] | None = None,
        start: int = 0,
        end: int | None = None,
    ) -> None:
        self.data = data
        self.path = path
        self.spans = spans
        self.position = start
        self.end = len(data) if end is None else end

    @property
    def remaining(self) -> int:
        """How many bytes are left."""
        return self.end - self.position

    def take(self, length: int, field: str) -> bytes:
        """The next `length` bytes, not noted as a span."""
        start = self.position
        self.position = end = start + length
        if end > self.end:
            self.position = start
            raise self.error(field, f"needs {length} bytes, {self.end - start} are left")
        return self.data[start:end]

    def note(self, field: str, start: int, value: str, leaf: bool = True) -> None:
        """Note that `field` stands from `start` to here."""
        if self.spans is not None:
            self.spans.append(Span(self.name(field), start, self.position, value, leaf))

    def uint(self, size: int, field: str) -> int:
        """A number of `size` bytes, the most significant first (§4.4)."""
        start = self.position
        value = int.from_bytes(self.take(size, field), "big")
        if self.spans is not None:
            self.note(field, start, str(value))
        return value

    def opaque(self, length: int, field: str) -> bytes:
        """`opaque field[length]`: exactly that many bytes (§4.3)."""
        start = self.position
        value = self.take(length, field)
        if self.spans is not None:
            self.note(field, start, in_hex(value))
        return value

    def vector(self, low: int, high: int, field: str) -> bytes:
        """`opaque field<low..high>`: its length, then its bytes (§4.3)."""
        length = self._length(low, high, field)
        return self.opaque(length, field)

    def enter(self, low: int, high: int, field: str) -> "Reader":
        """A reader for the inside of `field<low..high>`; this one goes on behind it.

        Whoever reads the inside calls `finish` on it in the end.
        """
        start = self.position
        index = len(self.spans) if self.spans is not None else 0
        length = self._length(low, high, field)
        inside = self.position
        self.take(length, field)
        if self.spans is not None:
            self.spans.insert(index, Span(self.name(field), start, self.position, "", False))
        return Reader(self.data, (self.path, field), self.spans, inside, self.position)

    def finish(self) -> None:
        """Raise ProtocolError if bytes are left over."""
        if self.position != self.end:
            raise self.error("", f"{self.remaining} bytes left over at the end")

    def name(self, field: str) -> str:
        """The full path of `field`."""
        return joined((self.path, field))

    def error(self, field: str, reason: str) -> ProtocolError:
        """The decode_error for `field`."""
        return ProtocolError(
            "decode_error", reason, where=self.name(field), section="RFC 5246 §7.2.2"
        )

    def _length(self, low: int, high: int, field: str) -> int:
        size = length_size(high)
        if self.spans is None and self.position + size <= self.end:
            length = int.from_bytes(self.data[self.position : self.position + size], "big")
            self.position += size
        else:
            length = self.uint(size, f"{field}.length")
        if not low <= length <= high:
            raise self.error(field, f"{length} bytes, but its bounds are <{low}..{high}>")
        if length > self.end - self.position:
            raise self.error(field, f"says {length} bytes, {self.remaining} are left")
        return length


def in_hex(value: bytes) -> str:
    """Bytes as a span shows them: in hex when short, else their number."""
    if not value:
        return "(empty)"
    return value.hex() if len(value) <= 64 else f"{len(value)} bytes"
