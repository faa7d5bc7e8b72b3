"""The presentation language of TLS as Python values (RFC 5246 §4, RFC 8446 §3).

The RFCs declare a message like this:

    struct {
        ProtocolVersion server_version;
        opaque random[32];
        opaque session_id<0..32>;
        CipherSuite cipher_suite;
    } ServerHello;

and here the same reads

    LAYOUT = {
        "server_version": Enumerated(ProtocolVersion),
        "random": Opaque(32),
        "session_id": Vector(0, 32),
        "cipher_suite": Enumerated(CipherSuite),
    }

One declaration decodes, encodes, enforces the bounds both ways, names the field in every error and
marks its place for whoever shows the bytes.

Each type reads in two ways. `take` is quick, and knows good bytes from bad ones, nothing more.
`read` goes the same way field by field, so as to say what is wrong and where, or to note where each
field stands. Whoever decodes takes, and reads if that fails or if somebody wants the spans.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

from tlslab.errors import LocalError, ProtocolError
from tlslab.trace import Span
from tlslab.wire.codec import Path, Reader, Unfit, in_hex, length_size
from tlslab.wire.registry import CodePoint

T = TypeVar("T")


class Type(Protocol[T]):
    """Anything a field can be declared as."""

    def take(self, data: bytes, start: int, end: int) -> tuple[T, int]:
        """The value that begins at `start`, and where it ends; Unfit unless it ends by `end`."""
        ...

    def read(self, reader: Reader, field: str) -> T:
        """Take a value of this type; ProtocolError if there is none."""
        ...

    def pack(self, value: T) -> bytes:
        """The bytes of a value; Unfit if it is out of its bounds."""
        ...


Layout = Mapping[str, Type[Any]]


class Structure:
    """A `struct`: a frozen dataclass whose fields are declared in `LAYOUT`, in order.

    NAME: what the RFC's fields are found under in spans and errors, such as `server_hello`.
    """

    __slots__ = ()
    NAME: ClassVar[str]
    LAYOUT: ClassVar[Layout]

    def check(self, path: Path) -> None:
        """What has to hold beyond the layout. path: where it stands. Raises ProtocolError."""

    @classmethod
    def take(cls, data: bytes, start: int, end: int) -> tuple[Self, int]:
        """The value that begins at `start`, and where it ends; Unfit or ProtocolError if none."""
        values = []
        for kind in cls.LAYOUT.values():
            value, start = kind.take(data, start, end)
            values.append(value)
        structure = cls(*values)
        structure.check("")
        return structure, start

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Take the fields from `reader`, in order."""
        structure = cls(*[kind.read(reader, name) for name, kind in cls.LAYOUT.items()])
        structure.check(reader.path)
        return structure

    def pack(self) -> bytes:
        """The bytes of the fields, in order; Unfit if a value is out of its bounds."""
        parts = []
        for name, kind in self.LAYOUT.items():
            try:
                parts.append(kind.pack(getattr(self, name)))
            except Unfit as unfit:
                raise unfit.inside(name) from None
        return b"".join(parts)

    @classmethod
    def decode(cls, data: bytes, spans: list[Span] | None = None, start: int = 0) -> Self:
        """Decode all of `data[start:]`. Raises ProtocolError: decode_error, or a field's own."""
        if spans is None:
            try:
                value, end = cls.take(data, start, len(data))
                if end == len(data):
                    return value
            except (Unfit, ProtocolError):
                pass  # The reader finds it too, and says where.
        reader = Reader(data, cls.NAME, spans, start)
        value = cls.read(reader)
        reader.finish()
        return value

    def encode(self) -> bytes:
        """The bytes. Raises LocalError when a value is out of its bounds."""
        try:
            return self.pack()
        except Unfit as unfit:
            raise LocalError(f"{self.NAME}{unfit.where}: {unfit.reason}") from None


class Uint:
    """`uint8`, `uint16`, `uint24`: a number of `size` bytes (§4.4)."""

    __slots__ = ("size",)

    def __init__(self, size: int) -> None:
        self.size = size

    def take(self, data: bytes, start: int, end: int) -> tuple[int, int]:
        stop = start + self.size
        if stop > end:
            raise Unfit
        return int.from_bytes(data[start:stop], "big"), stop

    def read(self, reader: Reader, field: str) -> int:
        return reader.uint(self.size, field)

    def pack(self, value: int) -> bytes:
        try:
            return value.to_bytes(self.size, "big")
        except OverflowError:
            raise Unfit(f"{value} does not fit into {self.size} bytes") from None


C = TypeVar("C", bound=CodePoint)


class Enumerated(Generic[C]):
    """`enum { … } codes`: a code point (§4.5). A value without a name survives as it is."""

    __slots__ = ("codes", "known", "size")

    def __init__(self, codes: type[C]) -> None:
        self.codes = codes
        self.size = codes.octets()
        # Looking a member up through the enum's call costs ten times as much.
        self.known: Mapping[int, C] = {int(code): code for code in codes}

    def code(self, number: int) -> C:
        """The code point of this number."""
        code = self.known.get(number)
        return self.codes(number) if code is None else code

    def take(self, data: bytes, start: int, end: int) -> tuple[C, int]:
        stop = start + self.size
        if stop > end:
            raise Unfit
        number = int.from_bytes(data[start:stop], "big")
        code = self.known.get(number)
        return self.codes(number) if code is None else code, stop

    def read(self, reader: Reader, field: str) -> C:
        start = reader.position
        value = self.code(int.from_bytes(reader.take(self.size, field), "big"))
        if reader.spans is not None:
            reader.note(field, start, value.label)
        return value

    def pack(self, value: C) -> bytes:
        try:
            return value.to_bytes(self.size, "big")
        except OverflowError:
            raise Unfit(f"{value} does not fit into {self.size} bytes") from None


class Opaque:
    """`opaque field[length]` (§4.3)."""

    __slots__ = ("length",)

    def __init__(self, length: int) -> None:
        self.length = length

    def take(self, data: bytes, start: int, end: int) -> tuple[bytes, int]:
        stop = start + self.length
        if stop > end:
            raise Unfit
        return data[start:stop], stop

    def read(self, reader: Reader, field: str) -> bytes:
        return reader.opaque(self.length, field)

    def pack(self, value: bytes) -> bytes:
        if len(value) != self.length:
            raise Unfit(f"{len(value)} bytes, it has to be {self.length}")
        return value


class Bounded:
    """What has `<low..high>`: its length in bytes, then so many bytes (§4.3)."""

    __slots__ = ("high", "low", "prefix")

    def __init__(self, low: int, high: int) -> None:
        self.low = low
        self.high = high
        self.prefix = length_size(high)

    def bounds(self, data: bytes, start: int, end: int) -> tuple[int, int]:
        """Where the bytes behind the length begin and end; Unfit if they are out of bounds."""
        begin = start + self.prefix
        length = int.from_bytes(data[start:begin], "big")
        stop = begin + length
        if stop > end or not self.low <= length <= self.high:
            raise Unfit
        return begin, stop

    def with_length(self, content: bytes) -> bytes:
        """The length of `content`, then `content`; Unfit if it is out of bounds."""
        length = len(content)
        if not self.low <= length <= self.high:
            raise Unfit(f"{length} bytes, but its bounds are <{self.low}..{self.high}>")
        return length.to_bytes(self.prefix, "big") + content


class Vector(Bounded):
    """`opaque field<low..high>` (§4.3): a length, then bytes."""

    __slots__ = ()

    def take(self, data: bytes, start: int, end: int) -> tuple[bytes, int]:
        begin, stop = self.bounds(data, start, end)
        return data[begin:stop], stop

    def read(self, reader: Reader, field: str) -> bytes:
        return reader.vector(self.low, self.high, field)

    def pack(self, value: bytes) -> bytes:
        return self.with_length(value)


class Text(Vector):
    """A vector of bytes meant as text: a host name, a protocol name. Its value is bytes."""

    __slots__ = ()

    def read(self, reader: Reader, field: str) -> bytes:
        value = super().read(reader, field)
        if reader.spans is not None:
            span = reader.spans[-1]
            reader.spans[-1] = Span(span.path, span.start, span.end, repr(value)[1:])
        return value


class ListOf(Bounded, Generic[T]):
    """`T field<low..high>` (§4.3): a length in bytes, then elements until it is used up.

    noun: what the elements are called in errors.
    """

    __slots__ = ("element", "noun")

    def __init__(self, element: Type[T], low: int, high: int, noun: str = "elements") -> None:
        super().__init__(low, high)
        self.element = element
        self.noun = noun

    def take(self, data: bytes, start: int, end: int) -> tuple[tuple[T, ...], int]:
        start, stop = self.bounds(data, start, end)
        values: list[T] = []
        take = self.element.take
        while start < stop:
            value, start = take(data, start, stop)
            values.append(value)
        return tuple(values), stop

    def read(self, reader: Reader, field: str) -> tuple[T, ...]:
        inside = reader.enter(self.low, self.high, field)
        size = getattr(self.element, "size", 0)
        if size and inside.remaining % size:
            raise inside.error("", f"{inside.remaining} bytes is not a whole number of {self.noun}")
        values: list[T] = []
        read = self.element.read
        while inside.position < inside.end:
            values.append(read(inside, f"[{len(values)}]"))
        return tuple(values)

    def pack(self, value: tuple[T, ...]) -> bytes:
        parts: list[bytes] = []
        pack = self.element.pack
        try:
            for element in value:
                parts.append(pack(element))
        except Unfit as unfit:
            raise unfit.inside(f"[{len(parts)}]") from None
        return self.with_length(b"".join(parts))


S = TypeVar("S", bound=Structure)


class Struct(Generic[S]):
    """A structure as a field or an element of another one."""

    __slots__ = ("structure",)

    def __init__(self, structure: type[S]) -> None:
        self.structure = structure

    def take(self, data: bytes, start: int, end: int) -> tuple[S, int]:
        return self.structure.take(data, start, end)

    def read(self, reader: Reader, field: str) -> S:
        path = reader.path, field
        inside = Reader(reader.data, path, reader.spans, reader.position, reader.end)
        start = reader.position
        index = len(reader.spans) if reader.spans is not None else 0
        value = self.structure.read(inside)
        reader.position = inside.position
        if reader.spans is not None:
            reader.spans.insert(index, Span(reader.name(field), start, inside.position, "", False))
        return value

    def pack(self, value: S) -> bytes:
        return value.pack()


class Rest:
    """Bytes up to the end of the structure, with no length of their own."""

    __slots__ = ()

    def take(self, data: bytes, start: int, end: int) -> tuple[bytes, int]:
        return data[start:end], end

    def read(self, reader: Reader, field: str) -> bytes:
        return reader.opaque(reader.remaining, field)

    def pack(self, value: bytes) -> bytes:
        return value


def spans_of(structure: type[Structure], data: bytes, start: int = 0) -> tuple[Span, ...]:
    """The spans of `data[start:]` decoded as `structure`.

    Bytes that cannot be decoded are covered too: the last leaf is then called `undecoded`.
    """
    spans: list[Span] = []
    try:
        structure.decode(data, spans, start)
    except ProtocolError as error:
        end = max((span.end for span in spans if span.leaf), default=start)
        if end < len(data):
            path = f"{structure.NAME}.undecoded"
            spans.append(Span(path, end, len(data), f"{error.reason}; {in_hex(data[end:])}"))
    return tuple(spans)
