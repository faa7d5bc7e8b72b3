"""What happened in a connection: every random, secret, key, message, record, state and alert.

A `Trace` is how everything else sees a handshake: tables, pictures, checks, the key log. The
protocol code tells it what happens at a few choke points and never asks it anything. A connection
that nobody watches gets a `NullTrace`, which keeps nothing and costs nearly nothing.

Secrets stand here in the clear. That is the purpose; do not trace a connection you care about.
"""

import json
import typing
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, NamedTuple, TypeVar, cast

from tlslab.errors import LocalError

FORMAT = "tlslab-trace"
FORMAT_VERSION = 1

# RFC 5246 §7.4.1.1 and §7.1: these are no part of the handshake's transcript.
NOT_IN_TRANSCRIPT = frozenset({"hello_request", "change_cipher_spec", "alert"})


class Span(NamedTuple):
    """A named run of bytes, `[start, end)`, found by decoding.

    path: where it stands, such as `client_hello.cipher_suites[0]`.
    value: what the bytes say, for people.
    leaf: False for a structure whose parts have spans of their own. The leaves of a message tile
    it: no hole, no overlap.
    """

    path: str
    start: int
    end: int
    value: str
    leaf: bool = True

    @property
    def field(self) -> str:
        """The path without its positions in lists: the key of an explanation."""
        parts = self.path.split("[")
        return parts[0] + "".join(part.partition("]")[2] for part in parts[1:])


Annotate = Callable[[], tuple[Span, ...]]


class RecordDetails(NamedTuple):
    """The parts of a record that only an observer asks for. See `Record`.

    annotate, annotate_inner: give the spans, whenever somebody looks at them.
    """

    annotate: Annotate
    nonce: bytes = b""
    additional_data: bytes = b""
    inner: bytes = b""
    annotate_inner: Annotate = tuple


@dataclass(frozen=True, slots=True)
class RandomDrawn:
    """`value` came from the random source (or from the seed of a lab run)."""

    name: str
    value: bytes
    section: str


@dataclass(frozen=True, slots=True)
class ValueReceived:
    """`value` came from the peer, in the field `field` of a message."""

    name: str
    value: bytes
    field: str
    section: str


@dataclass(frozen=True, slots=True)
class SecretDerived:
    """`value` was computed by `operation` from the named `inputs`.

    The names of the inputs are names of earlier events, so the key schedule can be drawn from the
    trace alone. label: the ASCII label, if the operation has one. context: further bytes that went
    in, such as a transcript hash.
    """

    name: str
    value: bytes
    operation: str
    inputs: tuple[str, ...]
    label: str
    context: bytes
    section: str


@dataclass(frozen=True, slots=True)
class KeysInstalled:
    """From here on `sender` protects its records by `protection` with the named `keys`."""

    sender: str
    protection: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """A handshake message, a ChangeCipherSpec or an alert, in the clear.

    transcript_hash: the hash of all handshake messages up to this one, where the message counts
    and the hash function is known; else empty. records: the numbers of the records that carried
    it, counted from 0 in each direction.
    """

    sender: str
    name: str
    raw: bytes
    spans: tuple[Span, ...]
    transcript_hash: bytes
    records: tuple[int, ...]
    protection: str


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it was on the wire, and what was inside.

    number: counted from 0 in each direction; sequence_number: the implicit counter of the current
    keys (RFC 5246 §6.1). plaintext: the protected content; empty if the record could not be opened.
    inner: what the cipher enciphers where that is more than the content (content, MAC and padding
    for CBC), else empty. `spans` are positions in `raw`, `inner_spans` in `inner`.
    """

    sender: str
    number: int
    content_type: str
    raw: bytes
    spans: tuple[Span, ...]
    protection: str
    sequence_number: int
    nonce: bytes
    additional_data: bytes
    plaintext: bytes
    inner: bytes
    inner_spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Negotiated:
    """Both sides now agree on `value` for `name` (version, cipher suite, protocol …)."""

    name: str
    value: str
    section: str


@dataclass(frozen=True, slots=True)
class Verified:
    """A check passed: a certificate chain, a name, the peer's Finished."""

    what: str
    detail: str
    section: str


@dataclass(frozen=True, slots=True)
class StateEntered:
    """The connection now waits in the state `name`."""

    name: str


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert crossed the wire. reason, where, section: the sender's error, if it was ours."""

    sender: str
    level: str
    description: str
    reason: str
    where: str
    section: str


@dataclass(frozen=True, slots=True)
class KeyLogged:
    """A line of the NSS key log: `label`, what identifies the connection, and the secret."""

    label: str
    identifier: bytes
    secret: bytes

    def __str__(self) -> str:
        return f"{self.label} {self.identifier.hex()} {self.secret.hex()}"


Event = (
    RandomDrawn
    | ValueReceived
    | SecretDerived
    | KeysInstalled
    | Message
    | Record
    | Negotiated
    | Verified
    | StateEntered
    | Alert
    | KeyLogged
)
EVENT_TYPES: tuple[type[Event], ...] = typing.get_args(Event)
E = TypeVar("E", bound=Event)


class NullTrace:
    """Takes every report and keeps nothing."""

    __slots__ = ()

    def random_drawn(self, name: str, value: bytes, section: str) -> None:
        """A value was drawn from the random source."""

    def value_received(self, name: str, value: bytes, field: str, section: str) -> None:
        """A value that the key schedule needs came from the peer."""

    def secret_derived(
        self,
        name: str,
        value: bytes,
        operation: str,
        inputs: tuple[str, ...],
        section: str,
        label: str = "",
        context: bytes = b"",
    ) -> None:
        """A secret was computed from named inputs."""

    def keys_installed(self, sender: str, protection: str, keys: tuple[str, ...]) -> None:
        """The keys of one direction changed."""

    def message(
        self,
        sender: str,
        name: str,
        raw: bytes,
        annotate: Annotate,
        transcript_hash: Callable[[], bytes],
        records: tuple[int, ...],
        protection: str,
    ) -> None:
        """A message was sent or received; the functions give its spans and the hash after it."""

    def transcript_started(self, hashes: Callable[[], tuple[bytes, ...]]) -> None:
        """The hash function is known: `hashes()` gives those after each message so far."""

    def record(
        self,
        sender: str,
        number: int,
        content_type: str,
        raw: bytes,
        protection: str,
        sequence_number: int,
        plaintext: bytes,
        details: Callable[[], RecordDetails],
    ) -> None:
        """A record was sent or received; `details()` gives its parts."""

    def negotiated(self, name: str, value: str, section: str) -> None:
        """A parameter was agreed on."""

    def verified(self, what: str, detail: str, section: str) -> None:
        """A check passed."""

    def state_entered(self, name: str) -> None:
        """The connection went to another state."""

    def alert(
        self,
        sender: str,
        level: str,
        description: str,
        reason: str = "",
        where: str = "",
        section: str = "",
    ) -> None:
        """An alert was sent or received."""

    def key_logged(self, label: str, identifier: bytes, secret: bytes) -> None:
        """A secret for the key log became known."""


class Trace(NullTrace):
    """The events of one side of one connection, in order.

    role: "client" or "server". The first `max_events` events are kept, or those that fit in
    `max_bytes` bytes, and after that the latest `TAIL` ones; `dropped` counts what lies between,
    so that a long connection cannot fill the memory and its end can still be seen.
    """

    TAIL: ClassVar[int] = 256
    __slots__ = ("_events", "_head", "_room", "_tail", "dropped", "max_events", "role")

    def __init__(
        self, role: str, *, max_events: int = 50_000, max_bytes: int = 256 * 1024 * 1024
    ) -> None:
        self.role = role
        self.max_events = max_events
        self.dropped = 0
        self._room = max_bytes
        self._head: list[Event | _Unannotated] = []
        self._tail: deque[Event | _Unannotated] = deque(maxlen=self.TAIL)
        # What `events` gave, until something else happens.
        self._events: tuple[Event, ...] | None = None

    # -- what is asked of it ------------------------------------------------------------------

    @property
    def events(self) -> tuple[Event, ...]:
        """All events that were kept, in order."""
        if self._events is None:
            self._events = tuple(self._where(lambda event: True))
        return self._events

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def __len__(self) -> int:
        return len(self._head) + len(self._tail)

    def __repr__(self) -> str:
        return f"<Trace of the {self.role}: {len(self)} events>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Trace):
            return NotImplemented
        return (self.role, self.dropped, self.events) == (other.role, other.dropped, other.events)

    __hash__ = None  # type: ignore[assignment]  # it grows

    def of(self, kind: type[E]) -> list[E]:
        """The events of one kind, in order: `trace.of(Message)`."""
        return cast(list[E], self._where(lambda event: isinstance(event, kind)))

    def messages(self, name: str = "") -> list[Message]:
        """The messages, or those called `name`, in order."""
        if not name:
            return self.of(Message)
        return cast(
            list[Message],
            self._where(lambda event: isinstance(event, Message) and event.name == name),
        )

    def _where(self, wanted: Callable[[Event], bool]) -> list[Event]:
        """The events that are wanted; of no others are the spans made."""
        found: list[Event] = []
        for kept in (*self._head, *self._tail):
            if isinstance(kept, _Unannotated):
                if wanted(kept.event):
                    found.append(kept.annotated())
            elif wanted(kept):
                found.append(kept)
        return found

    def value(self, name: str) -> bytes:
        """The first random or secret called `name`, such as `trace.value("master_secret")`.

        Raises LocalError when the trace has none of that name.
        """
        kinds = RandomDrawn | ValueReceived | SecretDerived
        named = [each for each in (*self._head, *self._tail) if isinstance(each, kinds)]
        for event in named:
            if event.name == name:
                return event.value
        known = ", ".join(sorted({event.name for event in named})) or "none"
        raise LocalError(f"the trace has no value called {name!r}; it has: {known}")

    def key_log(self) -> str:
        """The secrets in the form of an NSS key log, as `SSLKEYLOGFILE` and Wireshark know it."""
        return "".join(f"{line}\n" for line in self.of(KeyLogged))

    # -- JSON ---------------------------------------------------------------------------------

    def to_json(self) -> str:
        """The whole trace as JSON; `Trace.from_json` gives an equal one back."""
        document = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "role": self.role,
            "dropped": self.dropped,
            "events": [_to_json(event) for event in self.events],
        }
        return json.dumps(document, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Trace":
        """Read what `to_json` wrote. Raises LocalError for anything else."""
        try:
            document = json.loads(text)
            if document["format"] != FORMAT or document["version"] != FORMAT_VERSION:
                raise LocalError(
                    f"not a {FORMAT} of version {FORMAT_VERSION}: "
                    f"{document['format']!r}, version {document['version']!r}"
                )
            trace = cls(_restored(str, document["role"]))
            trace.dropped = _restored(int, document["dropped"])
            trace._head = [_from_json(item) for item in document["events"]]
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise LocalError(f"not a {FORMAT}: {error!r}") from error
        return trace

    # -- what is told to it -------------------------------------------------------------------

    def _keep(self, event: "Event | _Unannotated", size: int = 0) -> None:
        self._events = None
        if not self._tail and len(self._head) < self.max_events and size <= self._room:
            self._room -= size
            self._head.append(event)
            return
        if len(self._tail) == self.TAIL:
            self.dropped += 1
        self._tail.append(event)

    def random_drawn(self, name: str, value: bytes, section: str) -> None:
        self._keep(RandomDrawn(name, value, section))

    def value_received(self, name: str, value: bytes, field: str, section: str) -> None:
        self._keep(ValueReceived(name, value, field, section))

    def secret_derived(
        self,
        name: str,
        value: bytes,
        operation: str,
        inputs: tuple[str, ...],
        section: str,
        label: str = "",
        context: bytes = b"",
    ) -> None:
        self._keep(SecretDerived(name, value, operation, inputs, label, context, section))

    def keys_installed(self, sender: str, protection: str, keys: tuple[str, ...]) -> None:
        self._keep(KeysInstalled(sender, protection, keys))

    def message(
        self,
        sender: str,
        name: str,
        raw: bytes,
        annotate: Annotate,
        transcript_hash: Callable[[], bytes],
        records: tuple[int, ...],
        protection: str,
    ) -> None:
        event = Message(sender, name, raw, (), transcript_hash(), records, protection)
        self._keep(_Unannotated(event, spans=annotate), len(raw))

    def transcript_started(self, hashes: Callable[[], tuple[bytes, ...]]) -> None:
        # The first messages were reported before the hash was negotiated. They are in the head:
        # no connection sends that many events before its ServerHello.
        self._events = None
        waiting = iter(hashes())
        for kept in self._head:
            if not isinstance(kept, _Unannotated):
                continue
            event = kept.event
            if isinstance(event, Message) and event.name not in NOT_IN_TRANSCRIPT:
                kept.event = replace(event, transcript_hash=next(waiting, b""))

    def record(
        self,
        sender: str,
        number: int,
        content_type: str,
        raw: bytes,
        protection: str,
        sequence_number: int,
        plaintext: bytes,
        details: Callable[[], RecordDetails],
    ) -> None:
        parts = details()
        event = Record(
            sender,
            number,
            content_type,
            raw,
            (),
            protection,
            sequence_number,
            parts.nonce,
            parts.additional_data,
            plaintext,
            parts.inner,
            (),
        )
        self._keep(
            _Unannotated(event, spans=parts.annotate, inner_spans=parts.annotate_inner),
            len(raw) + len(plaintext) + len(parts.inner),
        )

    def negotiated(self, name: str, value: str, section: str) -> None:
        self._keep(Negotiated(name, value, section))

    def verified(self, what: str, detail: str, section: str) -> None:
        self._keep(Verified(what, detail, section))

    def state_entered(self, name: str) -> None:
        self._keep(StateEntered(name))

    def alert(
        self,
        sender: str,
        level: str,
        description: str,
        reason: str = "",
        where: str = "",
        section: str = "",
    ) -> None:
        self._keep(Alert(sender, level, description, reason, where, section))

    def key_logged(self, label: str, identifier: bytes, secret: bytes) -> None:
        self._keep(KeyLogged(label, identifier, secret))


# -- helpers ------------------------------------------------------------------------------------


class _Unannotated:
    """A message or a record without its spans: they are made when somebody looks.

    Making them takes longer than all else that is reported, and nobody looks at most of them. The
    functions that make them depend on bytes alone, so it does not matter when they are called.
    """

    __slots__ = ("_annotate", "event")

    def __init__(self, event: Message | Record, **annotate: Annotate) -> None:
        self.event = event
        self._annotate = annotate

    def annotated(self) -> Message | Record:
        """The event with its spans, the same each time."""
        if self._annotate:
            spans: dict[str, Any] = {name: make() for name, make in self._annotate.items()}
            self.event = replace(self.event, **spans)
            self._annotate = {}
        return self.event


_BY_NAME: Mapping[str, type[Event]] = {kind.__name__: kind for kind in EVENT_TYPES}


def _to_json(event: Event) -> dict[str, Any]:
    return {
        "event": type(event).__name__,
        **{field.name: _plain(getattr(event, field.name)) for field in fields(event)},
    }


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Span):
        return [value.path, value.start, value.end, value.value, value.leaf]
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _from_json(item: dict[str, Any]) -> Event:
    kind = _BY_NAME[item["event"]]
    return kind(**{field.name: _restored(field.type, item[field.name]) for field in fields(kind)})


def _restored(declared: Any, value: Any) -> Any:
    if declared is bytes:
        return bytes.fromhex(value)
    if declared is Span:
        kinds = Span.__annotations__.values()
        return Span(*(_restored(*each) for each in zip(kinds, value, strict=True)))
    if typing.get_origin(declared) is tuple:
        kind = typing.get_args(declared)[0]
        return tuple(_restored(kind, item) for item in _restored(list, value))
    # Not isinstance: for Python a bool is an int too.
    if type(value) is not declared:
        raise TypeError(f"{value!r} is not {declared.__name__}")
    return value
