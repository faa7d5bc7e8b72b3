"""ClientHello and ServerHello, as every version of TLS sends them, and HelloRetryRequest.

TLS 1.3 has the same hellos, so that nobody on the way takes offence, and gives the fields that it
no longer needs other names: `legacy_version`, `legacy_session_id`, `legacy_compression_methods`
(RFC 8446 §4.1.2). Here they keep the names they had.
"""

from dataclasses import dataclass
from typing import ClassVar

from tlslab.errors import LocalError
from tlslab.wire.extensions import (
    CLIENT_HELLO,
    HELLO_RETRY_REQUEST,
    SERVER_HELLO,
    ClientHelloExtensions,
    Extension,
    HelloExtensions,
    PreSharedKeyClientHello,
    WithExtensions,
)
from tlslab.wire.framing import HANDSHAKE_HEADER_LENGTH, HandshakeMessage
from tlslab.wire.presentation import Enumerated, Layout, ListOf, Opaque, Vector
from tlslab.wire.registry import (
    CipherSuite,
    CompressionMethod,
    HandshakeType,
    ProtocolVersion,
)

RANDOM_LENGTH = 32
HELLO_RETRY_REQUEST_RANDOM = bytes.fromhex(
    "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"
)
"""RFC 8446 §4.1.3: the SHA-256 of "HelloRetryRequest"."""


class Hello(WithExtensions, HandshakeMessage):
    """What all hellos have: a random and extensions."""

    __slots__ = ()
    random: bytes
    extensions: tuple[Extension, ...] | None


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
        "extensions": ClientHelloExtensions(CLIENT_HELLO),
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
        "extensions": HelloExtensions(SERVER_HELLO),
    }

    @classmethod
    def form(cls, raw: bytes) -> type[HandshakeMessage]:
        # RFC 8446 §4.1.3: "implementations MUST first examine the Random value and, if it matches
        # this value, process it as described in Section 4.1.4".
        start = HANDSHAKE_HEADER_LENGTH + ProtocolVersion.octets()
        is_retry = raw[start : start + RANDOM_LENGTH] == HELLO_RETRY_REQUEST_RANDOM
        return HelloRetryRequest if is_retry else cls


@dataclass(frozen=True, slots=True)
class HelloRetryRequest(Hello):
    """The server asks for another ClientHello, with what it misses in this one (RFC 8446 §4.1.4).

    A ServerHello in form and by its msg_type; its random, always the same, says what it is.

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

    NAME: ClassVar[str] = "hello_retry_request"
    msg_type: ClassVar[HandshakeType] = HandshakeType.server_hello
    LAYOUT: ClassVar[Layout] = {
        **ServerHello.LAYOUT,
        "extensions": HelloExtensions(HELLO_RETRY_REQUEST),
    }


def truncated(raw: bytes, hello: ClientHello) -> bytes:
    """The whole message `raw`, as far as the binders that end it (RFC 8446 §4.2.11.2).

    raw: header and body of `hello`, whose binders may have any content, as only their lengths
    count. The length in the header stays that of the whole message.
    Raises LocalError if the last extension of `hello` is not its pre_shared_key.
    """
    extensions = hello.extensions or ()
    if not extensions or not isinstance(extensions[-1], PreSharedKeyClientHello):
        raise LocalError("the last extension of this ClientHello is no pre_shared_key")
    binders = extensions[-1].binders
    # One byte of length before each, two before them all.
    return raw[: -(2 + sum(1 + len(binder) for binder in binders))]
