"""What a server answers to a ClientHello that was written by hand, byte by byte.

answer = first_answer(client_hello)                  OpenSSL answers
answer = first_answer(client_hello, server="ours")   the lab's own server
answer.server_hello, answer.alert, answer.trace
"""

import ssl
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from tlslab.connection.record import INITIAL_VERSION, RecordReader, RecordWriter
from tlslab.endpoints import server as our_server
from tlslab.errors import LocalError
from tlslab.lab.configs import DEFAULT_SUITE, Seed, server_config
from tlslab.lab.handshake import Endpoint, Ours
from tlslab.lab.peers import OpenSSL, ssl_context
from tlslab.primitives import REFERENCE, Primitives
from tlslab.tls12.messages import Certificate, ServerHelloDone
from tlslab.trace import Trace
from tlslab.wire.extensions import SelectedVersion
from tlslab.wire.framing import (
    MAX_PLAINTEXT,
    Alert,
    HandshakeMessage,
    decode_handshake,
    handshake_spans,
)
from tlslab.wire.hello import RANDOM_LENGTH, ClientHello, HelloRetryRequest, ServerHello
from tlslab.wire.presentation import spans_of
from tlslab.wire.registry import ContentType, HandshakeType, ProtocolVersion

KINDS: dict[int, type[HandshakeMessage]] = {
    HandshakeType.client_hello: ClientHello,
    HandshakeType.server_hello: ServerHello,
    HandshakeType.certificate: Certificate,
    HandshakeType.server_hello_done: ServerHelloDone,
}
RANDOM = slice(6, 6 + RANDOM_LENGTH)
"""Where the random stands in a hello: behind the handshake header and the version."""


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """The answer to a ClientHello.

    server: who answered. messages: the names of the messages that came in the clear. server_hello:
    None if the server refused or went on waiting. alert: its name, "" without one. trace: as the
    client saw it. For TLS 1.3, retry: what the server misses, if it asks for another ClientHello.
    protected: how many records came behind the ServerHello; to read them takes the key shares'
    secret, which is not here.
    """

    server: str
    messages: tuple[str, ...]
    server_hello: ServerHello | None
    alert: str
    trace: Trace = field(repr=False)
    retry: HelloRetryRequest | None = None
    protected: int = 0

    def __repr__(self) -> str:
        if self.alert:
            return f"<{self.server} refuses: {self.alert}>"
        if self.retry is not None:
            misses = " and ".join(each.name for each in self.retry.extension_types()[1:])
            return f"<{self.server} asks for another ClientHello, with {misses}>"
        if self.server_hello is None:
            return f"<{self.server} does not answer: it waits for more>"
        hello = self.server_hello
        chosen = f"{_version(hello).title}, {hello.cipher_suite.name}"
        came = ", ".join(self.messages)
        if self.protected:
            came += f" and {self.protected} protected records"
        return f"<{self.server} answers with {came}; it chose {chosen}>"


def _version(hello: ServerHello) -> ProtocolVersion:
    """What the server chose: an extension says so from TLS 1.3 on (RFC 8446 §4.2.1)."""
    selected = hello.extension(SelectedVersion)
    return selected.selected_version if selected is not None else hello.server_version


def first_answer(
    client_hello: bytes,
    *,
    server: Literal["OpenSSL", "ours"] = "OpenSSL",
    suites: tuple[str, ...] = (DEFAULT_SUITE,),
    own_order: bool = True,
    record_version: int = INITIAL_VERSION,
    seed: Seed = None,
    primitives: Primitives = REFERENCE,
) -> FirstAnswer:
    """Send `client_hello`, a whole handshake message, in one record; what comes back.

    suites: IANA's names, in the server's order. own_order: whether OpenSSL goes by its own order
    or by the client's. seed, primitives: of our server. Raises LocalError for anything but 1 to
    2^14 bytes, and for a suite that there is not.
    """
    if not isinstance(client_hello, bytes):
        raise LocalError("first_answer takes the bytes of a handshake message")
    if not 0 < len(client_hello) <= MAX_PLAINTEXT:
        raise LocalError(f"{len(client_hello)} bytes do not go into one record: 1 to 2^14 do")
    trace = Trace("client")
    client_random = client_hello[RANDOM]
    trace.random_drawn("client_random", client_random, "RFC 5246 §7.4.1.2")
    writer = RecordWriter("client", trace)
    writer.version = record_version
    writer.write(ContentType.handshake, client_hello)
    _report_message(trace, "client", client_hello, 0)
    endpoint: Endpoint
    if server == "ours":
        endpoint = Ours(our_server(server_config(suite=suites, seed=seed, primitives=primitives)))
    else:
        endpoint = _openssl(suites, own_order)
    endpoint.receive(b"".join(writer.output))
    return _read(server if server == "OpenSSL" else "our server", endpoint.data_to_send(), trace)


def _openssl(suites: tuple[str, ...], own_order: bool) -> OpenSSL:
    context = ssl_context("server", suites)
    if not own_order:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    return OpenSSL(context, None)


def _read(server: str, data: bytes, trace: Trace) -> FirstAnswer:
    """Read the server's records, and report what is in them."""
    reader = RecordReader("server", trace)
    reader.feed(data)
    names: list[str] = []
    server_hello: ServerHello | None = None
    retry: HelloRetryRequest | None = None
    alert = ""
    protected = 0
    while record := reader.next_record():
        kind, content = record
        number = reader.number - 1
        if kind is ContentType.alert:
            found = Alert.decode(content)
            alert = found.description.name
            spans = partial(spans_of, Alert, content)
            trace.message("server", Alert.NAME, content, spans, bytes, (number,), "none")
            trace.alert("server", found.level.name, alert)
            continue
        if kind is not ContentType.handshake:
            protected += kind is ContentType.application_data
            continue
        # A first answer is short: both servers give each message records of its own.
        for raw in _messages(content):
            names.append(_report_message(trace, "server", raw, number))
            if raw[0] == HandshakeType.server_hello:
                hello = decode_handshake(ServerHello.form(raw), raw)
                if isinstance(hello, HelloRetryRequest):
                    retry = hello
                elif isinstance(hello, ServerHello):
                    server_hello = _report_server_hello(hello, trace)
    return FirstAnswer(server, tuple(names), server_hello, alert, trace, retry, protected)


def _report_server_hello(hello: ServerHello, trace: Trace) -> ServerHello:
    trace.value_received("server_random", hello.random, "server_hello.random", "RFC 5246 §7.4.1.3")
    trace.negotiated("version", _version(hello).title, "RFC 5246 Appendix E.1")
    trace.negotiated("cipher_suite", hello.cipher_suite.name, "RFC 5246 §7.4.1.3")
    return hello


def _report_message(trace: Trace, sender: str, raw: bytes, number: int) -> str:
    """Tell the trace of a message in record `number`; its name."""
    kind = KINDS.get(raw[0])
    if kind is not None:
        kind = kind.form(raw)
    name = kind.NAME if kind else HandshakeType(raw[0]).name
    spans = partial(handshake_spans, kind, raw)
    trace.message(sender, name, raw, spans, bytes, (number,), "none")
    return name


def _messages(content: bytes) -> list[bytes]:
    messages = []
    while content:
        length = 4 + int.from_bytes(content[1:4], "big")
        messages.append(content[:length])
        content = content[length:]
    return messages
