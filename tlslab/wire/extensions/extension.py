"""What every extension is, the list that carries them, and what has such a list."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from tlslab.errors import ProtocolError
from tlslab.trace import Span
from tlslab.wire.codec import Reader, Unfit
from tlslab.wire.presentation import Bounded, Enumerated, Layout, Rest, Structure, Vector
from tlslab.wire.registry import ExtensionType


class Extension(Structure):
    """The body of an extension; its type, `TYPE`, goes in front of it."""

    __slots__ = ()
    TYPE: ClassVar[ExtensionType]

    @property
    def extension_type(self) -> ExtensionType:
        """The type that goes in front of it."""
        return self.TYPE


@dataclass(frozen=True, slots=True)
class OpaqueExtension(Extension):
    """An extension whose body is kept as it came; `code` is its type."""

    code: ExtensionType
    extension_data: bytes

    NAME: ClassVar[str] = "extension"
    LAYOUT: ClassVar[Layout] = {"extension_data": Rest()}

    @property
    def extension_type(self) -> ExtensionType:
        """The type it came with."""
        return self.code


class EmptyExtension(Extension):
    """An extension that says all it has to say by being there."""

    __slots__ = ()
    LAYOUT: ClassVar[Layout] = {}


X = TypeVar("X", bound=Extension)


class WithExtensions:
    """What has a list of extensions: the hellos, and messages of TLS 1.3 and their parts."""

    __slots__ = ()
    extensions: tuple[Extension, ...] | None

    def extension(self, kind: type[X]) -> X | None:
        """The extension of this kind, or None."""
        for extension in self.extensions or ():
            if isinstance(extension, kind):
                return extension
        return None

    def extension_types(self) -> tuple[ExtensionType, ...]:
        """The types of all extensions, in order."""
        return tuple([extension.extension_type for extension in self.extensions or ()])


Bodies = Mapping[ExtensionType, type[Extension]]


class Extensions(Bounded):
    """`Extension extensions<0..2^16-1>` (RFC 8446 §4.2).

    struct {
        ExtensionType extension_type;
        opaque extension_data<0..2^16-1>;
    } Extension;
    """

    __slots__ = ("bodies",)
    SECTION: ClassVar[str] = "RFC 8446 §4.2"

    def __init__(self, bodies: Bodies) -> None:
        super().__init__(0, 2**16 - 1)
        self.bodies = bodies

    def take(self, data: bytes, start: int, end: int) -> tuple[tuple[Extension, ...] | None, int]:
        start, stop = self.bounds(data, start, end)
        found: dict[ExtensionType, Extension] = {}
        while start < stop:
            extension_type, start = _TYPE.take(data, start, stop)
            start, after = _DATA.bounds(data, start, stop)
            body = self.bodies.get(extension_type)
            if body is None:
                extension: Extension = OpaqueExtension(extension_type, data[start:after])
            else:
                extension, start = body.take(data, start, after)
                if start != after:
                    raise Unfit
            if extension_type in found:
                raise Unfit
            found[extension_type] = extension
            start = after
        return tuple(found.values()), stop

    def read(self, reader: Reader, field: str) -> tuple[Extension, ...] | None:
        inside = reader.enter(self.low, self.high, field)
        found: dict[ExtensionType, Extension] = {}
        while inside.remaining:
            extension = self._read_one(inside)
            if extension.extension_type in found:
                raise ProtocolError(
                    "illegal_parameter",
                    "this extension stands here twice",
                    where=inside.name(extension.extension_type.name),
                    section=self.SECTION,
                )
            found[extension.extension_type] = extension
        return tuple(found.values())

    def _read_one(self, reader: Reader) -> Extension:
        start = reader.position
        # The name goes into the path, so it is looked at before it is taken.
        number = int.from_bytes(reader.data[start : start + 2], "big")
        name = _TYPE.code(number)
        index = len(reader.spans) if reader.spans is not None else 0
        field = name.name
        extension_type = _TYPE.read(reader, f"{field}.extension_type")
        inside = reader.enter(_DATA.low, _DATA.high, f"{field}.extension_data")
        if reader.spans is not None:
            whole = Span(reader.name(field), start, reader.position, "", False)
            reader.spans.insert(index, whole)
        inside.path = reader.path, field
        body = self.bodies.get(extension_type)
        if body is None:
            return OpaqueExtension(extension_type, inside.opaque(inside.remaining, "opaque"))
        extension = body.read(inside)
        inside.finish()
        return extension

    def pack(self, value: tuple[Extension, ...] | None) -> bytes:
        if value is None:
            raise Unfit("it has to be there, even when it is empty")
        parts: list[bytes] = []
        for extension in value:
            extension_type = extension.extension_type
            try:
                parts += _TYPE.pack(extension_type), _DATA.pack(extension.pack())
            except Unfit as unfit:
                raise unfit.inside(extension_type.name) from None
        return self.with_length(b"".join(parts))


class HelloExtensions(Extensions):
    """`Extension extensions<0..2^16-1>`, or nothing at all (RFC 5246 §7.4.1.2).

    A hello from before extensions were invented ends without them: its value is None, and that is
    not the same as an empty list.
    """

    __slots__ = ()
    SECTION: ClassVar[str] = "RFC 5246 §7.4.1.4"

    def take(self, data: bytes, start: int, end: int) -> tuple[tuple[Extension, ...] | None, int]:
        return (None, start) if start == end else super().take(data, start, end)

    def read(self, reader: Reader, field: str) -> tuple[Extension, ...] | None:
        return super().read(reader, field) if reader.remaining else None

    def pack(self, value: tuple[Extension, ...] | None) -> bytes:
        return b"" if value is None else super().pack(value)


class ClientHelloExtensions(HelloExtensions):
    """The list of a ClientHello, in which pre_shared_key stands last (RFC 8446 §4.2.11)."""

    __slots__ = ()

    def take(self, data: bytes, start: int, end: int) -> tuple[tuple[Extension, ...] | None, int]:
        extensions, stop = super().take(data, start, end)
        for extension in (extensions or ())[:-1]:
            if extension.extension_type is ExtensionType.pre_shared_key:
                raise Unfit
        return extensions, stop

    def read(self, reader: Reader, field: str) -> tuple[Extension, ...] | None:
        extensions = super().read(reader, field)
        types = [extension.extension_type for extension in extensions or ()]
        # RFC 8446 §4.2.11: "Servers MUST check that it is the last extension and otherwise fail
        # the handshake with an "illegal_parameter" alert."
        if ExtensionType.pre_shared_key in types[:-1]:
            raise ProtocolError(
                "illegal_parameter",
                f"it has to be the last extension, and {types[-1].name} is",
                where=reader.name(f"{field}.pre_shared_key"),
                section="RFC 8446 §4.2.11",
            )
        return extensions


_TYPE = Enumerated(ExtensionType)
_DATA = Vector(0, 2**16 - 1)
