"""A connection without sockets: bytes in, bytes and events out.

    connection.receive_data(bytes) -> events       what came from the network
    connection.data_to_send() -> bytes             what has to go to the network
    connection.send(bytes), connection.close()     what the application wants

Here and nowhere else a message is matched with the state that waits for it, an unexpected one is
refused, and a ProtocolError becomes an alert.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

from tlslab.connection.context import (
    ApplicationData,
    Context,
    Event,
    PeerClosed,
    State,
    WarningReceived,
)
from tlslab.errors import AlertReceived, LocalError, ProtocolError, Truncated
from tlslab.trace import NullTrace
from tlslab.wire.framing import (
    HANDSHAKE_HEADER_LENGTH,
    Alert,
    ChangeCipherSpec,
    HandshakeMessage,
    decode_handshake,
    handshake_spans,
)
from tlslab.wire.presentation import spans_of
from tlslab.wire.registry import AlertDescription, AlertLevel, ContentType, HandshakeType

MAX_HANDSHAKE_MESSAGE = 2**17
"""Longest handshake message that is collected: room for any real chain, no room for an attack."""
MAX_WITHOUT_PROGRESS = 32
"""How many records in a row may carry nothing: empty ones, warnings, ignored requests."""
ALERT_LENGTH = 2


@dataclass(frozen=True, slots=True)
class Closed(State):
    """Nothing more comes and nothing more goes."""


class Connection:
    """One side of a TLS connection.

    Made by `tlslab.client` and `tlslab.server`, which give it its first state.
    """

    def __init__(self, context: Context[Any], state: State) -> None:
        self._context = context
        self._state = state
        self._handshake = bytearray()
        self._handshake_records: list[int] = []
        self._without_progress = 0
        self._received_close_notify = False
        context.trace.state_entered(type(state).__name__)

    def __repr__(self) -> str:
        return f"<Connection: {self.role}, {type(self._state).__name__}>"

    @property
    def role(self) -> str:
        """ "client" or "server"."""
        return self._context.role

    @property
    def state(self) -> State:
        """The state it is in; `type(connection.state).__name__` is its name."""
        return self._state

    @property
    def trace(self) -> NullTrace:
        """The trace that was given to it."""
        return self._context.trace

    @property
    def is_connected(self) -> bool:
        """Whether the handshake is complete and application data may be sent."""
        return self._state.APPLICATION_DATA and not self._context.has_closed

    @property
    def is_closed(self) -> bool:
        """Whether it is over, by close_notify from both sides or by an error."""
        return isinstance(self._state, Closed)

    # -- the network side ---------------------------------------------------------------------

    def receive_data(self, data: bytes) -> list[Event]:
        """Take bytes from the network, in pieces of any size; give the events they led to.

        Raises ProtocolError when the peer broke the protocol: the alert for it is then in
        `data_to_send()`. Raises AlertReceived when the peer sent a fatal alert. Whatever a
        function of `Primitives` raises comes through, and the peer gets internal_error. Each ends
        the connection; events from before are still to be had from `events()`. What comes after
        the end is ignored.
        """
        if self.is_closed or self._received_close_notify:
            return self.events()
        self._context.reader.feed(data)
        try:
            self._receive_records()
        except ProtocolError as error:
            self._fail(error)
            raise
        except AlertReceived:
            raise
        except Exception as error:
            # A mistake on this side, perhaps in a learner's function: the peer need not wait.
            self._fail(ProtocolError("internal_error", repr(error)))
            raise
        return self.events()

    def receive_eof(self) -> list[Event]:
        """The network says that nothing more will come.

        Raises Truncated, a ProtocolError, unless the peer had sent close_notify or this side had
        closed: whoever cuts a connection could otherwise pass a part for the whole (§7.2.1).
        """
        if self.is_closed or self._received_close_notify:
            return self.events()
        if self._context.has_closed:
            self._enter(Closed())
            return self.events()
        what = "during the handshake"
        if self._state.APPLICATION_DATA:
            what = "without close_notify"
        if self._context.reader.buffered or self._handshake:
            what = "in the middle of a record or message"
        section = "RFC 8446 §6.1" if self._context.is_tls13 else "RFC 5246 §7.2.1"
        error = Truncated("decode_error", f"the stream ended {what}", section=section)
        self._fail(error)
        raise error

    def data_to_send(self) -> bytes:
        """All bytes that have to go to the network now; they are handed out once."""
        output = self._context.writer.output
        data = output[0] if len(output) == 1 else b"".join(output)
        output.clear()
        return data

    def events(self) -> list[Event]:
        """The events that nobody has taken yet."""
        events = self._context.events
        self._context.events = []
        return events

    # -- the application side -----------------------------------------------------------------

    def send(self, data: bytes) -> None:
        """Protect `data` and queue it. Raises LocalError unless the connection is established."""
        self._check_connected("send application data")
        # bytes(5) would be five zeros.
        if not isinstance(data, bytes | bytearray | memoryview):
            raise LocalError(f"application data is bytes, not {type(data).__name__}")
        writer = self._context.writer
        writer.write(ContentType.application_data, bytes(data))
        if writer.protection.sequence_number >= self._state.MAX_RECORDS:
            self.update_keys()

    def export_keying_material(
        self, label: bytes, length: int, context: bytes | None = None
    ) -> bytes:
        """`length` bytes that both sides, and nobody else, can compute, for a use outside TLS.

        label: an ASCII name of the use, such as b"EXPERIMENTAL mine". context: whatever else they
        should depend on; None and empty are two things (RFC 5705 §4).
        Raises LocalError unless the connection is established.
        """
        self._check_connected("export keying material")
        return self._state.export_keying_material(self._context, label, context, length)

    def channel_binding(self, kind: str = "tls-exporter") -> bytes:
        """A name of this very connection, for an application that wants to sign it.

        kind: "tls-exporter", 32 bytes (RFC 9266), or "tls-unique", 12 bytes (RFC 5929 §3), which is
        history. Raises LocalError for another kind, for a connection that is not established, and
        where the kind is not safe.
        """
        self._check_connected("bind a channel")
        return self._state.channel_binding(self._context, kind)

    def update_keys(self, *, request_peer: bool = False) -> None:
        """Write with new keys from here on (TLS 1.3, RFC 8446 §4.6.3).

        request_peer: whether the peer is to do the same. Raises LocalError unless the connection is
        established, and in TLS 1.2.
        """
        self._check_connected("update keys")
        self._change(self._state.update_keys(self._context, request_peer))

    def request_certificate(self) -> None:
        """Ask the client who it is, now (TLS 1.3, RFC 8446 §4.6.2).

        The answer is the event `ClientAuthenticated`. Raises LocalError unless this is a server
        with an established connection to a client that has said it would answer.
        """
        self._check_connected("ask for a certificate")
        self._change(self._state.request_certificate(self._context))

    def _check_connected(self, what: str) -> None:
        if not self.is_connected:
            raise LocalError(f"cannot {what} in {type(self._state).__name__}")

    def close(self) -> None:
        """Queue close_notify: this side has no more to say. Calling it again does nothing."""
        if self.is_closed or self._context.has_closed:
            return
        self._context.send_alert(AlertLevel.warning, AlertDescription.close_notify)
        self._context.has_closed = True
        if self._received_close_notify:
            self._enter(Closed())

    # -- records ------------------------------------------------------------------------------

    def _receive_records(self) -> None:
        while not self._received_close_notify:
            record = self._context.reader.next_record()
            if record is None:
                return
            self._receive_record(*record)

    def _receive_record(self, type: ContentType, content: bytes) -> None:
        if type is ContentType.application_data:
            self._receive_application_data(content)
        elif not content:
            raise self._unexpected(f"an empty record of type {type.name}")
        elif type is ContentType.handshake:
            self._handshake += content
            self._handshake_records.append(self._context.reader.number - 1)
            self._receive_messages()
        elif self._handshake:
            raise self._unexpected(f"{type.name} in the middle of a handshake message")
        elif type is ContentType.change_cipher_spec:
            self._receive_change_cipher_spec(content)
        else:
            self._receive_alerts(content)

    def _receive_application_data(self, content: bytes) -> None:
        early = self._state.EARLY_DATA
        if not (early or self._state.APPLICATION_DATA):
            raise self._unexpected("application_data before the handshake was complete")
        if self._state.AT_ONCE:
            raise self._unexpected("application_data in the middle of an answer")
        if self._handshake:
            raise self._unexpected("application_data in the middle of a handshake message")
        if early:
            self._count_early_data(content)
        if content:
            self._without_progress = 0
            self._context.events.append(ApplicationData(content, early))
        else:
            self._count_idle("empty records")

    def _count_early_data(self, content: bytes) -> None:
        context = self._context
        if len(content) > context.early_data_room:
            raise ProtocolError(
                "unexpected_message",
                "more early data than the ticket allows (max_early_data_size)",
                section="RFC 8446 §4.2.10",
            )
        context.early_data_room -= len(content)

    def _receive_messages(self) -> None:
        """Cut the handshake stream into messages and step for each (RFC 5246 §7.4)."""
        buffer = self._handshake
        while len(buffer) >= HANDSHAKE_HEADER_LENGTH:
            length = int.from_bytes(buffer[1:HANDSHAKE_HEADER_LENGTH], "big")
            end = HANDSHAKE_HEADER_LENGTH + length
            kind = self._expected(buffer[0])
            if end > MAX_HANDSHAKE_MESSAGE:
                raise ProtocolError(
                    "decode_error",
                    f"a message of {length} bytes is longer than any reason",
                    where="handshake.length",
                    section="RFC 5246 §7.2.2",
                )
            if len(buffer) < end:
                return
            raw = bytes(buffer[:end])
            del buffer[:end]
            records = tuple(self._handshake_records)
            # The last record may hold the beginning of the next message too.
            del self._handshake_records[: -1 if buffer else None]
            protection = self._context.reader.protection
            self._receive_message(kind, raw, records)
            if buffer and self._context.reader.protection is not protection:
                # RFC 8446 §5.1: "Handshake messages MUST NOT span key changes."
                raise ProtocolError(
                    "unexpected_message",
                    f"{kind.NAME} changes the keys, and more stands behind it in its record",
                    section="RFC 8446 §5.1",
                )

    def _expected(self, number: int) -> type[HandshakeMessage]:
        """The class that decodes messages of this type in this state."""
        state = self._state
        kind = state.ACCEPTS.get(number) or state.IGNORES.get(number)
        if kind is None:
            raise self._unexpected(HandshakeType(number).label)
        return kind

    def _receive_message(
        self, kind: type[HandshakeMessage], raw: bytes, records: tuple[int, ...]
    ) -> None:
        context = self._context
        kind = kind.form(raw)
        ignored = kind.msg_type in self._state.IGNORES
        counts = (
            kind.msg_type is not HandshakeType.hello_request and not self._state.APPLICATION_DATA
        )
        if counts:
            context.transcript.add(raw)
        context.trace.message(
            context.peer,
            kind.NAME,
            raw,
            partial(handshake_spans, kind, raw),
            context.transcript.hash if counts else bytes,
            records,
            context.reader.last_protection,
        )
        message = decode_handshake(kind, raw)
        if ignored:
            self._count_idle("messages that mean nothing here")
        else:
            self._step(message)

    def _receive_change_cipher_spec(self, content: bytes) -> None:
        context = self._context
        context.trace.message(
            context.peer,
            ChangeCipherSpec.NAME,
            content,
            partial(spans_of, ChangeCipherSpec, content),
            bytes,
            (context.reader.number - 1,),
            context.reader.last_protection,
        )
        if self._state.DROPS_CHANGE_CIPHER_SPEC and content == b"\x01":
            self._count_idle("change_cipher_specs that mean nothing")
            return
        if not self._state.CHANGE_CIPHER_SPEC:
            raise self._unexpected("change_cipher_spec")
        self._step(ChangeCipherSpec.decode(content))

    def _receive_alerts(self, content: bytes) -> None:
        context = self._context
        if context.is_tls13 and len(content) != ALERT_LENGTH:
            raise ProtocolError(
                "decode_error",
                f"an alert has {ALERT_LENGTH} bytes and a record of its own",
                where="alert",
                section="RFC 8446 §5.1",
            )
        alerts = []
        for start in range(0, len(content), ALERT_LENGTH):
            raw = content[start : start + ALERT_LENGTH]
            context.trace.message(
                context.peer,
                Alert.NAME,
                raw,
                partial(spans_of, Alert, raw),
                bytes,
                (context.reader.number - 1,),
                context.reader.last_protection,
            )
            alerts.append(Alert.decode(raw))
        # Decoded before the first one is acted on: what is no list of alerts is none at all.
        for alert in alerts:
            self._receive_alert(alert)
            if self._received_close_notify:
                return

    def _receive_alert(self, alert: Alert) -> None:
        context = self._context
        context.trace.alert(context.peer, alert.level.name, alert.description.name)
        if alert.description is AlertDescription.close_notify:
            self._received_close_notify = True
            context.events.append(PeerClosed())
            # RFC 5246 §7.2.1: "the other party MUST respond with a close_notify alert of its own
            # and close down the connection immediately". In TLS 1.3 it may go on writing
            # (RFC 8446 §6.1), once the handshake is complete.
            if not (context.is_tls13 and self._state.APPLICATION_DATA):
                self.close()
            if self._context.has_closed:
                self._enter(Closed())
        elif self._is_error(alert):
            context.forget()
            self._enter(Closed())
            raise AlertReceived(alert.description.name, explain(alert.description))
        else:
            self._count_idle("warnings")
            context.events.append(WarningReceived(alert.description.name))

    def _is_error(self, alert: Alert) -> bool:
        if not self._context.is_tls13:
            return alert.level is AlertLevel.fatal
        # RFC 8446 §6: in TLS 1.3 the level says nothing, every alert but two is an error.
        return alert.description is not AlertDescription.user_canceled

    # -- states -------------------------------------------------------------------------------

    def _step(self, message: Any) -> None:
        state = self._state
        after = state.step(message, self._context)
        if type(after) is type(state):
            self._count_idle("requests that lead nowhere")
        else:
            self._without_progress = 0
        self._change(after)

    def _change(self, after: State) -> None:
        if after is not self._state:
            self._enter(after)

    def _enter(self, state: State) -> None:
        self._state = state
        self._context.trace.state_entered(type(state).__name__)

    def _unexpected(self, what: str) -> ProtocolError:
        state = self._state
        names = [kind.NAME for kind in state.ACCEPTS.values()]
        if state.CHANGE_CIPHER_SPEC:
            names.append(ChangeCipherSpec.NAME)
        if state.APPLICATION_DATA and not state.AT_ONCE:
            names.append("application_data")
        return ProtocolError(
            "unexpected_message",
            f"{what} came, but {type(state).__name__} waits for {' or '.join(names)}",
            section="RFC 8446 §6.2" if self._context.is_tls13 else "RFC 5246 §7.2.2",
        )

    def _count_idle(self, what: str) -> None:
        self._without_progress += 1
        if self._without_progress > MAX_WITHOUT_PROGRESS:
            raise ProtocolError("unexpected_message", f"too many {what} in a row")

    def _fail(self, error: ProtocolError) -> None:
        self._context.forget()
        description = AlertDescription[error.alert]
        self._context.send_alert(
            AlertLevel.fatal, description, error.reason, error.where, error.section
        )
        self._enter(Closed())


def explain(description: AlertDescription) -> str:
    """One plain sentence on what an alert usually means; empty for one without a meaning here."""
    return _MEANINGS.get(description, "")


_A = AlertDescription
_MEANINGS = {
    _A.close_notify: "the sender has no more to say",
    _A.unexpected_message: "a message came that does not belong there",
    _A.bad_record_mac: "a record could not be opened: other keys, or changed on the way",
    _A.record_overflow: "a record was longer than allowed",
    _A.handshake_failure: "no acceptable parameters in common, often no cipher suite",
    _A.bad_certificate: "a certificate was damaged, or its signature or name is wrong",
    _A.unsupported_certificate: "a certificate of a kind or for a use that does not fit here",
    _A.certificate_revoked: "a certificate was revoked by its issuer",
    _A.certificate_expired: "a certificate is not valid at this time",
    _A.certificate_unknown: "a certificate was not acceptable for some other reason",
    _A.illegal_parameter: "a field has a value that is not allowed, or contradicts another one",
    _A.unknown_ca: "the certificate chain leads to no authority that is trusted",
    _A.access_denied: "the certificate is good, but its owner may not enter",
    _A.decode_error: "a message could not be decoded",
    _A.decrypt_error: "a signature or a Finished was wrong: the sides saw different handshakes",
    _A.protocol_version: "no version of the protocol in common",
    _A.insufficient_security: "the server wants stronger suites than were offered",
    _A.internal_error: "the sender has a problem of its own",
    _A.inappropriate_fallback: "the client tried a lower version than it needs to",
    _A.user_canceled: "the user gave up",
    _A.no_renegotiation: "the sender will not negotiate anew",
    _A.missing_extension: "an extension that has to be there is not",
    _A.unsupported_extension: "an extension in the answer was not in the offer",
    _A.unrecognized_name: "the server does not know the name that was asked for",
    _A.unknown_psk_identity: "the server does not know this pre-shared key",
    _A.certificate_required: "the client has to authenticate itself with a certificate",
    _A.no_application_protocol: "no application protocol (ALPN) in common",
}
