"""ClientHello and ServerHello, as every version of TLS sends them."""

from dataclasses import dataclass
from typing import ClassVar, TypeVar

from tlslab.wire.extensions import CLIENT_HELLO, SERVER_HELLO, Extension, Extensions
from tlslab.wire.framing import HandshakeMessage
from tlslab.wire.presentation import Enumerated, Layout, ListOf, Opaque, Vector
from tlslab.wire.registry import (
    CipherSuite,
    CompressionMethod,
    ExtensionType,
    HandshakeType,
    ProtocolVersion,
)

RANDOM_LENGTH = 32

X = TypeVar("X", bound=Extension)


class Hello(HandshakeMessage):
    """What both hellos have: a random and extensions."""

    __slots__ = ()
    random: bytes
    extensions: tuple[Extension, ...] | None

    def extension(self, kind: type[X]) -> X | None:
        """The extension of this kind, or None."""
        for extension in self.extensions or ():
            if isinstance(extension, kind):
                return extension
        return None

    def extension_types(self) -> tuple[ExtensionType, ...]:
        """The types of all extensions, in order."""
        return tuple(extension.extension_type for extension in self.extensions or ())


@dataclass(frozen=True, slots=True)
class ClientHello(Hello):
    """The client's offer (RFC 5246 §7.4.1.2, RFC 8446 §4.1.2).

    struct {
        ProtocolVersion client_version;
        opaque random[32];
        opaque session_id<0..32>;
        CipherSuite cipher_suites<2..2^16-2>;
        CompressionMethod compression_methods<1..2^8-1>;
        Extension extensions<0..2^16-1>;
    } ClientHello;
    """

    client_version: ProtocolVersion
    random: bytes
    session_id: bytes
    cipher_suites: tuple[CipherSuite, ...]
    compression_methods: tuple[CompressionMethod, ...]
    extensions: tuple[Extension, ...] | None

    NAME: ClassVar[str] = "client_hello"
    msg_type: ClassVar[HandshakeType] = HandshakeType.client_hello
    LAYOUT: ClassVar[Layout] = {
        "client_version": Enumerated(ProtocolVersion),
        "random": Opaque(RANDOM_LENGTH),
        "session_id": Vector(0, 32),
        "cipher_suites": ListOf(Enumerated(CipherSuite), 2, 2**16 - 2, "suites"),
        "compression_methods": ListOf(Enumerated(CompressionMethod), 1, 2**8 - 1, "methods"),
        "extensions": Extensions(CLIENT_HELLO),
    }


@dataclass(frozen=True, slots=True)
class ServerHello(Hello):
    """The server's choice from the offer (RFC 5246 §7.4.1.3, RFC 8446 §4.1.3).

    struct {
        ProtocolVersion server_version;
        opaque random[32];
        opaque session_id<0..32>;
        CipherSuite cipher_suite;
        CompressionMethod compression_method;
        Extension extensions<0..2^16-1>;
    } ServerHello;
    """

    server_version: ProtocolVersion
    random: bytes
    session_id: bytes
    cipher_suite: CipherSuite
    compression_method: CompressionMethod
    extensions: tuple[Extension, ...] | None

    NAME: ClassVar[str] = "server_hello"
    msg_type: ClassVar[HandshakeType] = HandshakeType.server_hello
    LAYOUT: ClassVar[Layout] = {
        "server_version": Enumerated(ProtocolVersion),
        "random": Opaque(RANDOM_LENGTH),
        "session_id": Vector(0, 32),
        "cipher_suite": Enumerated(CipherSuite),
        "compression_method": Enumerated(CompressionMethod),
        "extensions": Extensions(SERVER_HELLO),
    }
