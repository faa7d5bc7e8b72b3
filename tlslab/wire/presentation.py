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
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

from tlslab.errors import ProtocolError
from tlslab.trace import Span
from tlslab.wire.codec import Reader, Writer, in_hex
from tlslab.wire.registry import CodePoint

T = TypeVar("T")


class Type(Protocol[T]):
    """Anything a field can be declared as."""

    def read(self, reader: Reader, field: str) -> T:
        """Take a value of this type; ProtocolError if there is none."""
        ...

    def write(self, writer: Writer, field: str, value: T) -> None:
        """Write a value of this type; LocalError if it does not fit."""
        ...


Layout = Mapping[str, Type[Any]]


class Structure:
    """A `struct`: a frozen dataclass whose fields are declared in `LAYOUT`, in order.

    NAME: what the RFC's fields are found under in spans and errors, such as `server_hello`.
    """

    __slots__ = ()
    NAME: ClassVar[str]
    LAYOUT: ClassVar[Layout]

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Take the fields from `reader`, in order."""
        return cls(*[kind.read(reader, name) for name, kind in cls.LAYOUT.items()])

    def write(self, writer: Writer) -> None:
        """Write the fields, in order."""
        for name, kind in self.LAYOUT.items():
            kind.write(writer, name, getattr(self, name))

    @classmethod
    def decode(cls, data: bytes, spans: list[Span] | None = None, start: int = 0) -> Self:
        """Decode all of `data[start:]`. Raises ProtocolError: decode_error, or a field's own."""
        reader = Reader(data, cls.NAME, spans, start)
        value = cls.read(reader)
        reader.finish()
        return value

    def encode(self) -> bytes:
        """The bytes. Raises LocalError when a value is out of its bounds."""
        writer = Writer(self.NAME)
        self.write(writer)
        return writer.data()


class Uint:
    """`uint8`, `uint16`, `uint24`: a number of `size` bytes (§4.4)."""

    __slots__ = ("size",)

    def __init__(self, size: int) -> None:
        self.size = size

    def read(self, reader: Reader, field: str) -> int:
        return reader.uint(self.size, field)

    def write(self, writer: Writer, field: str, value: int) -> None:
        writer.uint(self.size, field, value)


C = TypeVar("C", bound=CodePoint)


class Enumerated(Generic[C]):
    """`enum { … } codes`: a code point (§4.5). A value without a name survives as it is."""

    __slots__ = ("codes", "known", "size")

    def __init__(self, codes: type[C]) -> None:
        self.codes = codes
        self.size = codes.octets()
        # Looking a member up through the enum's call costs ten times as much.
        self.known: Mapping[int, C] = {int(code): code for code in codes}

    def read(self, reader: Reader, field: str) -> C:
        start = reader.position
        number = int.from_bytes(reader.take(self.size, field), "big")
        value = self.known.get(number) or self.codes(number)
        if reader.spans is not None:
            reader.note(field, start, value.label)
        return value

    def read_all(self, reader: Reader) -> tuple[C, ...]:
        """All that are left, where nobody wants to know where each stands."""
        data, size = reader.take(reader.remaining, ""), self.size
        numbers = (int.from_bytes(data[at : at + size], "big") for at in range(0, len(data), size))
        return tuple([self.known.get(number) or self.codes(number) for number in numbers])

    def write(self, writer: Writer, field: str, value: C) -> None:
        writer.uint(self.size, field, value)


class Opaque:
    """`opaque field[length]` (§4.3)."""

    __slots__ = ("length",)

    def __init__(self, length: int) -> None:
        self.length = length

    def read(self, reader: Reader, field: str) -> bytes:
        return reader.opaque(self.length, field)

    def write(self, writer: Writer, field: str, value: bytes) -> None:
        writer.opaque(self.length, field, value)


class Vector:
    """`opaque field<low..high>` (§4.3): a length, then bytes."""

    __slots__ = ("high", "low")

    def __init__(self, low: int, high: int) -> None:
        self.low = low
        self.high = high

    def read(self, reader: Reader, field: str) -> bytes:
        return reader.vector(self.low, self.high, field)

    def write(self, writer: Writer, field: str, value: bytes) -> None:
        writer.vector(self.low, self.high, field, value)


class Text(Vector):
    """A vector of bytes meant as text: a host name, a protocol name. Its value is bytes."""

    __slots__ = ()

    def read(self, reader: Reader, field: str) -> bytes:
        value = super().read(reader, field)
        if reader.spans is not None:
            span = reader.spans[-1]
            reader.spans[-1] = Span(span.path, span.start, span.end, repr(value)[1:])
        return value


class ListOf(Generic[T]):
    """`T field<low..high>` (§4.3): a length in bytes, then elements until it is used up.

    noun: what the elements are called in errors.
    """

    __slots__ = ("element", "high", "low", "noun")

    def __init__(self, element: Type[T], low: int, high: int, noun: str = "elements") -> None:
        self.element = element
        self.low = low
        self.high = high
        self.noun = noun

    def read(self, reader: Reader, field: str) -> tuple[T, ...]:
        inside = reader.enter(self.low, self.high, field)
        size = getattr(self.element, "size", 0)
        if size and inside.remaining % size:
            raise inside.error("", f"{inside.remaining} bytes is not a whole number of {self.noun}")
        if reader.spans is None and isinstance(self.element, Enumerated):
            return self.element.read_all(inside)
        values: list[T] = []
        read = self.element.read
        while inside.position < inside.end:
            values.append(read(inside, f"[{len(values)}]"))
        return tuple(values)

    def write(self, writer: Writer, field: str, value: tuple[T, ...]) -> None:
        inside = Writer((writer.path, field))
        for index, element in enumerate(value):
            self.element.write(inside, f"[{index}]", element)
        writer.vector(self.low, self.high, field, inside.data())


S = TypeVar("S", bound=Structure)


class Struct(Generic[S]):
    """A structure as a field or an element of another one."""

    __slots__ = ("structure",)

    def __init__(self, structure: type[S]) -> None:
        self.structure = structure

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

    def write(self, writer: Writer, field: str, value: S) -> None:
        inside = Writer((writer.path, field))
        value.write(inside)
        writer.rest(inside.data())


class Rest:
    """Bytes up to the end of the structure, with no length of their own."""

    __slots__ = ()

    def read(self, reader: Reader, field: str) -> bytes:
        return reader.opaque(reader.remaining, field)

    def write(self, writer: Writer, field: str, value: bytes) -> None:
        writer.rest(value)


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
