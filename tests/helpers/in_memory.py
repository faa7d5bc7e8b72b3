"""A client and a server in memory, each with a seed, and ways to make one of them misbehave."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest

import tlslab
from tlslab.connection.config import DEFAULT_SCHEMES, ClientAuthentication
from tlslab.connection.connection import Connection
from tlslab.connection.context import Event
from tlslab.connection.session import TicketKeys
from tlslab.crypto.suites import SUITES
from tlslab.lab import pki
from tlslab.lab.randomness import SeededRandom
from tlslab.tls12.messages import CertificateRequest
from tlslab.trace import NullTrace, Trace
from tlslab.wire.framing import (
    HANDSHAKE_HEADER_LENGTH,
    RECORD_HEADER_LENGTH,
    ChangeCipherSpec,
    HandshakeHeader,
    HandshakeMessage,
    RecordHeader,
)
from tlslab.wire.presentation import Structure
from tlslab.wire.registry import (
    CipherSuite,
    ClientCertificateType,
    ContentType,
    ProtocolVersion,
    SignatureScheme,
)

NAME = "server.tlslab.test"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ALL_SUITES = tuple(SUITES)
RSA_SUITES = tuple(code for code, suite in SUITES.items() if suite.key_exchange == "RSA")
ONE_OF_EACH_EXCHANGE = (
    CipherSuite.TLS_RSA_WITH_AES_128_GCM_SHA256,
    CipherSuite.TLS_DHE_RSA_WITH_AES_128_CBC_SHA256,
    CipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
)
GCM = CipherSuite.TLS_RSA_WITH_AES_128_GCM_SHA256
CBC = CipherSuite.TLS_RSA_WITH_AES_128_CBC_SHA
NULL = CipherSuite.TLS_RSA_WITH_NULL_SHA256
SIDES = ("client", "server")
ASKS: dict[str, Any] = {
    "client_authentication": ClientAuthentication.OPTIONAL,
    "client_trust_anchors": (pki.root(),),
}
CERTIFICATE_REQUEST = CertificateRequest(
    (ClientCertificateType.rsa_sign,), (SignatureScheme.rsa_pkcs1_sha256,), ()
)


@cache
def credential(label: str = "server-rsa") -> tlslab.Credential:
    identity = pki.identity(label)
    return tlslab.Credential(identity.certificate_chain, identity.private_key)


# What the tests begin from: the handshake of RFC 5246 itself, without later extensions.
PLAIN: dict[str, Any] = {
    "cipher_suites": RSA_SUITES[:2],
    "extended_master_secret": False,
    "encrypt_then_mac": False,
}
# A signature with PSS is another one each time, so a seeded server has that last.
REPRODUCIBLE_SCHEMES = tuple(sorted(DEFAULT_SCHEMES, key=lambda scheme: "pss" in scheme.name))
HARDENED = {"extended_master_secret": True, "encrypt_then_mac": True}


def client_config(seed: int | str = 1, **changes: Any) -> tlslab.ClientConfig:
    return tlslab.ClientConfig(
        **{
            **PLAIN,
            "session_tickets": False,
            "server_name": NAME,
            "trust_anchors": (pki.root(),),
            "random": SeededRandom(seed, "client"),
            "clock": lambda: NOW,
            **changes,
        }
    )


def server_config(seed: int | str = 1, **changes: Any) -> tlslab.ServerConfig:
    return tlslab.ServerConfig(
        **{
            **PLAIN,
            "credentials": (credential(), credential("server-ecdsa")),
            "signature_schemes": REPRODUCIBLE_SCHEMES,
            "random": SeededRandom(seed, "server"),
            "clock": lambda: NOW,
            **changes,
        }
    )


class Pair:
    """A client and a server with a wire between them that holds what was sent."""

    def __init__(
        self,
        suite: CipherSuite | None = None,
        *,
        seed: int | str = 1,
        traced: bool = False,
        client: dict[str, Any] | None = None,
        server: dict[str, Any] | None = None,
    ) -> None:
        common = {"cipher_suites": (suite,)} if suite is not None else {}
        self.traces = {side: Trace(side) for side in SIDES} if traced else {}
        self.client = tlslab.client(
            client_config(seed, **{**common, **(client or {})}),
            self.traces.get("client", NullTrace()),
        )
        self.server = tlslab.server(
            server_config(seed, **{**common, **(server or {})}),
            self.traces.get("server", NullTrace()),
        )
        self.events: dict[str, list[Event]] = {"client": [], "server": []}
        self.sent: dict[str, bytes] = {"client": b"", "server": b""}

    def __getitem__(self, role: str) -> Connection:
        return self.client if role == "client" else self.server

    def take(self, sender: str) -> bytes:
        """What `sender` has to send, taken from it."""
        data = self[sender].data_to_send()
        self.sent[sender] += data
        return data

    def give(self, receiver: str, data: bytes) -> list[Event]:
        """Let `receiver` have `data`; the events are also remembered."""
        events = self[receiver].receive_data(data)
        self.events[receiver] += events
        return events

    def carry(self) -> None:
        """Carry bytes to and fro until both are silent."""
        for _ in range(10):
            quiet = True
            for sender in SIDES:
                data = self.take(sender)
                if data:
                    quiet = False
                    self.give(other(sender), data)
            if quiet:
                return
        raise AssertionError("the two never stop talking")

    def connected(self) -> "Pair":
        """After a whole handshake."""
        self.carry()
        assert self.client.is_connected
        assert self.server.is_connected
        return self


def other(role: str) -> str:
    return "server" if role == "client" else "client"


def state_name(connection: Connection) -> str:
    return type(connection.state).__name__


def data_of(events: list[Event]) -> bytes:
    """The application data in these events."""
    return b"".join(e.data for e in events if isinstance(e, tlslab.ApplicationData))


# -- taking apart and putting together -----------------------------------------------------------


@dataclass(frozen=True)
class RawRecord:
    """A record as it goes over the wire, with fields that may lie."""

    type: int
    version: int
    fragment: bytes
    length: int | None = None

    def __bytes__(self) -> bytes:
        length = len(self.fragment) if self.length is None else self.length
        header = RecordHeader(ContentType(self.type), ProtocolVersion(self.version), length)
        return header.encode() + self.fragment


def records(data: bytes) -> list[RawRecord]:
    """All records of a flight."""
    found = []
    while data:
        header = RecordHeader.decode(data[:RECORD_HEADER_LENGTH])
        end = RECORD_HEADER_LENGTH + header.length
        found.append(RawRecord(header.type, header.version, data[RECORD_HEADER_LENGTH:end]))
        data = data[end:]
    return found


def handshake_record(fragment: bytes, version: int = ProtocolVersion.TLSv1_2) -> bytes:
    return bytes(RawRecord(ContentType.handshake, version, fragment))


def handshake_message(msg_type: int, body: bytes = b"", length: int | None = None) -> bytes:
    """A handshake message whose header may lie."""
    length = len(body) if length is None else length
    return bytes([msg_type]) + length.to_bytes(3, "big") + body


def messages(flight: bytes) -> Iterator[bytes]:
    """The handshake messages in a flight of unprotected records."""
    stream = b"".join(r.fragment for r in records(flight) if r.type == ContentType.handshake)
    while stream:
        header = HandshakeHeader.decode(stream[:HANDSHAKE_HEADER_LENGTH])
        end = HANDSHAKE_HEADER_LENGTH + header.length
        yield stream[:end]
        stream = stream[end:]


def changed(
    flight: bytes, kind: type[HandshakeMessage], change: Callable[[Any], HandshakeMessage]
) -> bytes:
    """The unprotected flight, with its message of this kind replaced by `change(message)`."""
    result = b""
    found = False
    for record in records(flight):
        fragment = record.fragment
        if record.type == ContentType.handshake and fragment[0] == kind.msg_type:
            message = kind.decode(fragment, None, HANDSHAKE_HEADER_LENGTH)
            fragment = change(message).encode_handshake()
            found = True
        result += bytes(RawRecord(record.type, record.version, fragment))
    assert found, f"there is no {kind.NAME} in this flight"
    return result


def with_fields(**fields: Any) -> Callable[[Any], Any]:
    """Change these fields of a message, by name."""
    return lambda message: replace(message, **fields)


def say(
    speaker: Connection, message: Structure | bytes, type: ContentType = ContentType.handshake
) -> bytes:
    """Make `speaker` say something out of turn, under its keys; the bytes for its peer.

    It goes around the state machine, as a malicious peer does.
    """
    context = speaker._context
    waiting = speaker.data_to_send()
    if isinstance(message, HandshakeMessage):
        context.send(message)
    elif isinstance(message, ChangeCipherSpec):
        context.writer.write(ContentType.change_cipher_spec, message.encode())
    else:
        context.writer.write(type, message if isinstance(message, bytes) else message.encode())
    said = speaker.data_to_send()
    if waiting:
        context.writer.output.append(waiting)
    return said


def message_in(pair: Pair, sender: str, kind: Any) -> Any:
    """The message of this kind that `sender` has sent in the clear."""
    for raw in messages(clear(pair.sent[sender])):
        if raw[0] == kind.msg_type:
            return kind.decode(raw, None, HANDSHAKE_HEADER_LENGTH)
    raise AssertionError(f"no {kind.NAME} from the {sender}")


def clear(flight: bytes) -> bytes:
    """Up to the ChangeCipherSpec."""
    end = flight.find(b"\x14\x03\x03\x00\x01\x01")
    return flight if end < 0 else flight[:end]


def refused(pair: Pair, role: str) -> tlslab.ProtocolError:
    """The error of `role`, and its alert reaches the peer."""
    with pytest.raises(tlslab.ProtocolError) as caught:
        pair.carry()
    assert pair[role].is_closed
    with pytest.raises(tlslab.AlertReceived, match=caught.value.alert):
        pair.give(other(role), pair.take(role))
    return caught.value


# -- a second connection --------------------------------------------------------------------------


def ticket_keys() -> TicketKeys:
    return TicketKeys(SeededRandom(1, "tickets"))


def resumption(*, renews: bool) -> dict[str, Any]:
    """What a second connection is made with, so that it goes on with the first one's session."""
    server: dict[str, Any] = {"ticket_keys": ticket_keys()}
    client: dict[str, Any] = {"session_tickets": True}
    first = Pair(GCM, client=client, server=server).connected().events["client"][0]
    assert isinstance(first, tlslab.HandshakeCompleted)
    if renews:
        server["clock"] = lambda: NOW + timedelta(hours=13)
    return {"suite": GCM, "client": {**client, "session": first.session}, "server": server}
