"""What a state may do: draw randomness, send, install keys, report what it found.

Every method is a choke point: it does its work and tells the trace, so the protocol code never has
to think of being watched.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar

from tlslab.connection.config import ClientConfig, ServerConfig
from tlslab.connection.record import Plaintext, Protection, RecordReader, RecordWriter
from tlslab.connection.session import PSKSession, Session
from tlslab.connection.transcript import Transcript
from tlslab.errors import LocalError
from tlslab.trace import NullTrace
from tlslab.wire.framing import (
    MAX_PLAINTEXT,
    Alert,
    ChangeCipherSpec,
    HandshakeMessage,
    handshake_spans,
)
from tlslab.wire.presentation import spans_of
from tlslab.wire.registry import (
    AlertDescription,
    AlertLevel,
    CipherSuite,
    ContentType,
    ProtocolVersion,
)

ConfigT = TypeVar("ConfigT", ClientConfig, ServerConfig)


@dataclass(frozen=True, slots=True)
class HandshakeCompleted:
    """Both Finished messages were right: what was agreed on.

    peer_certificates: DER, the peer's own first; empty if the peer did not authenticate itself.
    alpn_protocol, server_name: empty if there is none. resumed: whether it went on with an earlier
    session. session: what a client can go on with next time, if a server of TLS 1.2 offers it; in
    TLS 1.3 it comes later, as `TicketReceived`. early_data_accepted: whether the server took what
    the client had sent before the handshake was complete.
    """

    version: ProtocolVersion
    cipher_suite: CipherSuite
    alpn_protocol: bytes
    server_name: str
    peer_certificates: tuple[bytes, ...]
    resumed: bool = False
    session: Session | None = None
    early_data_accepted: bool = False


@dataclass(frozen=True, slots=True)
class ApplicationData:
    """Bytes from the peer's application, decrypted and verified.

    early: sent before the handshake was complete (0-RTT). Somebody may have recorded such data and
    sent them a second time (RFC 8446 §8).
    """

    data: bytes
    early: bool = False


@dataclass(frozen=True, slots=True)
class WarningReceived:
    """The peer sent an alert that does not end the connection, such as no_renegotiation."""

    alert: str


@dataclass(frozen=True, slots=True)
class PeerClosed:
    """The peer sent close_notify: nothing more will come, and nothing was cut off."""


@dataclass(frozen=True, slots=True)
class TicketReceived:
    """The server gave the client a session to go on with next time (RFC 8446 §4.6.1)."""

    session: PSKSession


@dataclass(frozen=True, slots=True)
class KeysUpdated:
    """The peer changed the keys that it writes with (RFC 8446 §4.6.3)."""


@dataclass(frozen=True, slots=True)
class ClientAuthenticated:
    """After the handshake the client has said who it is (RFC 8446 §4.6.2); DER, its own first.

    Empty if it would not say.
    """

    peer_certificates: tuple[bytes, ...]


Event = (
    HandshakeCompleted
    | ApplicationData
    | WarningReceived
    | PeerClosed
    | TicketReceived
    | KeysUpdated
    | ClientAuthenticated
)


Messages = Mapping[int, type[HandshakeMessage]]
"""By HandshakeType, which is looked up by its number too."""


class State:
    """Where a connection stands. A frozen dataclass; its fields are what is known by then.

    ACCEPTS: the handshake messages it waits for. IGNORES: those that may come and mean nothing.
    CHANGE_CIPHER_SPEC, APPLICATION_DATA: whether it waits for a ChangeCipherSpec; whether
    application data may come and go. AT_ONCE: whether none may come before the message that it
    waits for. EARLY_DATA: whether they may come already. What none of them names is an
    unexpected_message.
    DROPS_CHANGE_CIPHER_SPEC: whether one may come and is dropped: TLS 1.3 sends it so as to look
    like TLS 1.2 to whoever stands in between (RFC 8446 Appendix D.4).
    MAX_RECORDS: how many records may be written before the keys are updated.
    """

    __slots__ = ()
    ACCEPTS: ClassVar[Messages] = {}
    IGNORES: ClassVar[Messages] = {}
    CHANGE_CIPHER_SPEC: ClassVar[bool] = False
    APPLICATION_DATA: ClassVar[bool] = False
    AT_ONCE: ClassVar[bool] = False
    EARLY_DATA: ClassVar[bool] = False
    DROPS_CHANGE_CIPHER_SPEC: ClassVar[bool] = False
    MAX_RECORDS: ClassVar[int] = 2**64

    def step(self, message: Any, context: Any) -> "State":
        """Handle a message that it accepts; the next state. Raises ProtocolError."""
        raise NotImplementedError

    def export_keying_material(
        self, context: Any, label: bytes, context_value: bytes | None, length: int
    ) -> bytes:
        """Bytes bound to this connection; a state that lets application data through has them."""
        raise NotImplementedError

    def channel_binding(self, context: Any, kind: str) -> bytes:
        """A name of this connection for the application; see `Connection.channel_binding`."""
        raise NotImplementedError

    def update_keys(self, context: Any, request_peer: bool) -> "State":
        """Write with new keys; see `Connection.update_keys`."""
        raise LocalError("keys are updated in TLS 1.3 alone (RFC 8446 §4.6.3)")

    def request_certificate(self, context: Any) -> "State":
        """Ask the client who it is; see `Connection.request_certificate`."""
        raise LocalError(
            "a client is asked after the handshake by a server of TLS 1.3 alone (RFC 8446 §4.6.2)"
        )


class Context(Generic[ConfigT]):
    """One side of one connection, as its states see it.

    role: "client" or "server"; peer: the other one. forget: called when a fatal alert ends the
    connection, for its session must then not be resumed (RFC 5246 §7.2.2). is_tls13: whether alerts
    and closure follow RFC 8446 §6. early_data_room: how many bytes of early data may still come.
    send_limit, receive_limit: the most bytes of content in a record, from the next keys on.
    has_closed: whether close_notify was sent. Then no message goes any more, whatever the peer asks
    for while its own direction is still open (RFC 8446 §6.1).
    """

    def __init__(self, role: str, config: ConfigT, trace: NullTrace) -> None:
        self.role = role
        self.peer = "server" if role == "client" else "client"
        self.config: ConfigT = config
        self.primitives = config.primitives
        self.trace = trace
        self.transcript = Transcript(config.primitives)
        self.reader = RecordReader(self.peer, trace)
        self.writer = RecordWriter(role, trace)
        self.events: list[Event] = []
        self.forget: Callable[[], None] = _nothing
        self.send_limit = self.receive_limit = MAX_PLAINTEXT
        self.is_tls13 = False
        self.early_data_room = 0
        self.has_closed = False

    def draw(self, name: str, length: int, section: str) -> bytes:
        """`length` random bytes, reported as `name`."""
        value = self.config.random(name, length)
        self.trace.random_drawn(name, value, section)
        return value

    def send(self, message: HandshakeMessage, *, counts: bool = True) -> None:
        """Send a handshake message; add it to the transcript if it `counts`."""
        raw = message.encode_handshake()
        if counts:
            self.transcript.add(raw)
        if self.has_closed:
            return
        protection = self.writer.protection.name
        records = self.writer.write(ContentType.handshake, raw)
        kind = type(message)
        self.trace.message(
            self.role,
            kind.NAME,
            raw,
            partial(handshake_spans, kind, raw),
            self.transcript.hash if counts else bytes,
            records,
            protection,
        )

    def send_change_cipher_spec(self, protection: Protection, keys: tuple[str, ...]) -> None:
        """Send ChangeCipherSpec; what follows is protected by `protection`."""
        self.send_compatible_change_cipher_spec()
        self.install_write(protection, keys)

    def send_compatible_change_cipher_spec(self) -> None:
        """Send a ChangeCipherSpec; in TLS 1.3 it means nothing (RFC 8446 Appendix D.4)."""
        if self.has_closed:
            return
        raw = ChangeCipherSpec().encode()
        before = self.writer.protection.name
        records = self.writer.write(ContentType.change_cipher_spec, raw)
        self.trace.message(
            self.role,
            ChangeCipherSpec.NAME,
            raw,
            partial(spans_of, ChangeCipherSpec, raw),
            bytes,
            records,
            before,
        )

    def install_write(self, protection: Protection, keys: tuple[str, ...]) -> None:
        """What is sent from here on is protected by `protection`."""
        self.writer.protection = protection
        self.writer.max_content = self.send_limit
        self.trace.keys_installed(self.role, protection.name, keys)

    def install_read(self, protection: Protection, keys: tuple[str, ...]) -> None:
        """What comes from here on is protected by `protection`."""
        self.reader.protection = protection
        self.reader.max_content = self.receive_limit
        self.trace.keys_installed(self.peer, protection.name, keys)

    def send_alert(
        self,
        level: AlertLevel,
        description: AlertDescription,
        reason: str = "",
        where: str = "",
        section: str = "",
    ) -> None:
        """Send an alert. `reason`, `where`, `section` go into the trace, never onto the wire."""
        raw = Alert(level, description).encode()
        protection = self.writer.protection.name
        records = self.writer.write(ContentType.alert, raw)
        self.trace.message(
            self.role, Alert.NAME, raw, partial(spans_of, Alert, raw), bytes, records, protection
        )
        self.trace.alert(self.role, level.name, description.name, reason, where, section)

    def limit_records(self, send: int, receive: int) -> None:
        """From the next keys on, records hold at most so many bytes of content (RFC 8449 §4)."""
        self.send_limit = min(send, MAX_PLAINTEXT)
        self.receive_limit = min(receive, MAX_PLAINTEXT)

    def limit_records_now(self, send: int, receive: int) -> None:
        """Records that follow hold at most so many bytes of content (RFC 8449 §4)."""
        self.limit_records(send, receive)
        self.writer.max_content, self.reader.max_content = self.send_limit, self.receive_limit

    def stop_protecting(self) -> None:
        """What is sent from here on goes in the clear: early data have ended in a retry."""
        self.writer.protection = Plaintext()

    def agree_on_version(self, version: ProtocolVersion) -> None:
        """From here on both sides speak this version."""
        section = "RFC 5246 Appendix E.1"
        if version >= ProtocolVersion.TLSv1_3:
            # RFC 8446 §5.1: the version in the record header is 1.2 for ever, and not looked at.
            self.is_tls13 = True
            self.writer.version = ProtocolVersion.TLSv1_2
            self.reader.checks_version = False
            section = "RFC 8446 §4.2.1"
        else:
            self.reader.version = self.writer.version = version
        self.trace.negotiated("version", version.title, section)

    def agree_on_suite(self, suite: CipherSuite, hash_name: str) -> None:
        """The suite, and so the hash of the transcript, is known."""
        self.trace.negotiated("cipher_suite", suite.name, "RFC 5246 §7.4.1.3")
        self.transcript.choose_hash(hash_name)
        self.trace.transcript_started(self.transcript.hashes)


def _nothing() -> None:
    """There is nothing to forget."""


Handover = Callable[..., State]


@dataclass(frozen=True, slots=True)
class Version:
    """What negotiation hands over to once it has chosen this version of the protocol.

    prepare(context): what it adds to a ClientHello, a `negotiation.Prepared`.
    client(offer, server_hello, context), server(requested, context): give the first state.
    """

    number: ProtocolVersion
    prepare: Callable[..., Any]
    client: Handover
    server: Handover
