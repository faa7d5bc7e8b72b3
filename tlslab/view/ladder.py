"""The ladder: what crossed the wire, in order, one rung for each message or piece of one.

A rung is what a reader steps through. A record with three messages makes three rungs; a message
over two records makes two; application data makes one for each record.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from tlslab.trace import KeysInstalled, Message, Record, Span, StateEntered, Trace
from tlslab.view.seen import Seen
from tlslab.view.steps import Step, protection
from tlslab.view.story import steps
from tlslab.view.tls13_hello_steps import early_records

EARLY_DATA = "Early data"
"""How the step is called that the records of early data belong to."""
HEADER = 5
"""Bytes of a record's header (RFC 5246 §6.2.1)."""


class Protection(StrEnum):
    """What protects a rung: nothing, the keys of early data or of the handshake, or those for
    application data.

    TLS 1.2 has one set of keys for both, so its Finished is protected by the latter already.
    """

    CLEAR = "clear"
    EARLY = "early keys"
    HANDSHAKE = "handshake keys"
    APPLICATION = "application keys"


@dataclass(frozen=True, slots=True)
class Rung:
    """One step down the ladder.

    number: counted from 1. name: the message, or the record's type. message: None for application
    data and for what could not be opened. content_at: where the bytes stand in the record's
    content; part: which bytes `[start, end)` of the message they are. flight, round_trip: counted
    from 1. step: the number of the handshake's step that this belongs to, 0 for none. protection:
    by which keys.
    """

    number: int
    name: str
    sender: str
    record: Record
    message: Message | None
    content_at: int
    part: tuple[int, int]
    flight: int
    round_trip: int
    step: int
    protection: Protection = Protection.CLEAR

    @property
    def receiver(self) -> str:
        """The other side."""
        return "server" if self.sender == "client" else "client"

    @property
    def length(self) -> int:
        """How many bytes of content the rung is: of its message, or of the record's plaintext."""
        return self.part[1] - self.part[0]

    @property
    def protected_by(self) -> str:
        """The same in words: `in the clear`, `encrypted`, `authenticated, not encrypted`."""
        if self.protection is Protection.EARLY:
            return "encrypted"
        return protection(self.record.protection)

    @property
    def whole(self) -> bool:
        """Whether the message, if it is one, is in this record alone."""
        return self.message is None or self.length == len(self.message.raw)

    @property
    def title(self) -> str:
        """The name, and which bytes of the message where it is in several records."""
        if self.message is None or self.whole:
            return self.name
        return (
            f"{self.name}, bytes {self.part[0]:,} to {self.part[1]:,} of {len(self.message.raw):,}"
        )


@dataclass(frozen=True, slots=True)
class Ladder:
    """All rungs, and the steps of the handshake that they belong to.

    version: of the connection, such as `TLS 1.2`; empty as long as there is none. dropped: how many
    events in the middle the trace did not keep.
    """

    role: str
    version: str
    headline: str
    rungs: tuple[Rung, ...]
    steps: tuple[Step, ...]
    completed: bool
    dropped: int

    def __iter__(self) -> Iterator[Rung]:
        return iter(self.rungs)

    def __len__(self) -> int:
        return len(self.rungs)

    def in_record(self, rung: Rung) -> list[Rung]:
        """The rungs of the record that `rung` is in; they stand side by side."""
        first = last = rung.number - 1
        while first > 0 and self.rungs[first - 1].record is rung.record:
            first -= 1
        while last < len(self.rungs) and self.rungs[last].record is rung.record:
            last += 1
        return list(self.rungs[first:last])


def ladder(trace: Trace) -> Ladder:
    """The ladder of one side's trace."""
    events = trace.events
    inside: dict[tuple[str, int], list[Message]] = {}
    for event in events:
        if isinstance(event, Message):
            for number in event.records:
                inside.setdefault((event.sender, number), []).append(event)
    story = steps(trace)
    step_of = {id(message): step.number for step in story for message in step.messages}
    last = len(story)
    completed = any(isinstance(e, StateEntered) and e.name == "Connected" for e in events)
    rungs: list[Rung] = []
    carried: dict[int, int] = {}
    flight, sender = 0, ""
    keys: dict[str, Protection] = {}
    early = next((each.number for each in story if each.title.startswith(EARLY_DATA)), last)
    sent_early = {id(record) for record in early_records(Seen(trace))}
    for event in events:
        if isinstance(event, KeysInstalled):
            keys[event.sender] = _kind_of(event.keys)
        if not isinstance(event, Record):
            continue
        # Records whose keys were installed before the trace began are those of a session.
        known = keys.get(event.sender, Protection.APPLICATION)
        protection = Protection.CLEAR if event.protection == "none" else known
        if id(event) in sent_early:
            protection = Protection.EARLY
        if event.sender != sender:
            flight, sender = flight + 1, event.sender
        # A round trip is there and back. The client begins it.
        round_trip = (flight + 1) // 2
        for rung in _rungs(event, inside.get((event.sender, event.number), ()), carried):
            step = step_of.get(id(rung.message), 0)
            if event.content_type == "application_data" or (rung.name == "alert" and completed):
                step = early if protection is Protection.EARLY else last
            rungs.append(
                replace(
                    rung,
                    number=len(rungs) + 1,
                    flight=flight,
                    round_trip=round_trip,
                    step=step,
                    protection=protection,
                )
            )
    return Ladder(
        trace.role,
        Seen(trace).negotiated("version"),
        story.headline,
        tuple(rungs),
        tuple(story),
        completed,
        trace.dropped,
    )


def _kind_of(names: tuple[str, ...]) -> Protection:
    """What the keys called so are for. TLS 1.2 has one kind, and names it after nothing."""
    for word, kind in (("_early_", Protection.EARLY), ("_handshake_", Protection.HANDSHAKE)):
        if any(word in name for name in names):
            return kind
    return Protection.APPLICATION


def _rungs(record: Record, messages: Sequence[Message], carried: dict[int, int]) -> Iterator[Rung]:
    """The rungs of one record. carried: how many bytes of each message earlier records had."""
    at = 0
    for message in messages:
        done = carried.get(id(message), 0)
        end = min(len(message.raw), done + len(record.plaintext) - at)
        carried[id(message)] = end
        yield Rung(0, message.name, record.sender, record, message, at, (done, end), 0, 0, 0)
        at += end - done
    if at < len(record.plaintext) or not messages:
        name = record.content_type
        length = len(record.plaintext) - at
        yield Rung(0, name, record.sender, record, None, at, (0, length), 0, 0, 0)


# -- the bytes of a rung ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bytes:
    """Some bytes and what they mean: one thing that a reader can look at.

    of: "record", as on the wire; "inner", what the keys open; or "message", one in several records.
    secret: only somebody with the keys sees these. The leaves among `spans` tile `raw`.
    """

    of: str
    title: str
    raw: bytes
    spans: tuple[Span, ...]
    secret: bool = False


def bytes_of(ladder: Ladder, rung: Rung) -> tuple[Bytes, ...]:
    """What a rung has to show; rungs in the same record show the same.

    In the clear that is the record, with the fields of its messages inside. A protected record has
    a second part, which only the keys open: content, and the MAC and padding that were encrypted
    with it. A message in several records has a last part, the message as a whole.
    """
    record = rung.record
    rungs = ladder.in_record(rung)
    number = f"Record {record.number} from the {record.sender}"
    if record.protection == "none":
        views = [Bytes("record", number, record.raw, _nested(record.spans, rungs, HEADER))]
    else:
        views = [Bytes("record", f"{number}, as on the wire", record.raw, record.spans)]
        inner = record.inner or record.plaintext
        if inner:
            content = Span("fragment.content", 0, len(inner), inner.hex())
            spans = _nested(record.inner_spans or (content,), rungs, 0)
            secret = rung.protected_by == "encrypted"
            title = "What the keys open" if secret else "What the MAC protects"
            views.append(Bytes("inner", title, inner, spans, secret))
    if rung.message is not None and not rung.whole:
        message = rung.message
        title = f"{message.name} as a whole, from {len(message.records)} records"
        secret = rung.protected_by == "encrypted"
        views.append(Bytes("message", title, message.raw, message.spans, secret))
    return tuple(views)


def _nested(outer: tuple[Span, ...], rungs: Sequence[Rung], start: int) -> tuple[Span, ...]:
    """The fields of the messages in a record within the leaf of `outer` that begins at `start`."""
    if all(rung.message is None for rung in rungs):
        return outer
    spans: list[Span] = []
    for span in outer:
        if span.leaf and span.start == start and span.end > start:
            spans.append(span._replace(leaf=False, value=""))
            for rung in rungs:
                spans += _fields(rung, span.path, start)
        else:
            spans.append(span)
    return tuple(spans)


def _fields(rung: Rung, path: str, shift: int) -> Iterator[Span]:
    """The fields of the rung's message that its record carries, as positions in the record.

    A field that the record's end cuts says so. path: the name of bytes that are no message.
    """
    shift += rung.content_at - rung.part[0]
    start, end = rung.part
    if rung.message is None:
        yield Span(path, start + shift, end + shift, "not a whole message")
        return
    for span in rung.message.spans:
        first, last = max(span.start, start), min(span.end, end)
        # An empty field belongs to the record in which it stands, at the very end to the last.
        at_the_end = span.start == end == len(rung.message.raw)
        if first > last or (first == last and not (start <= span.start < end or at_the_end)):
            continue
        cut = (first, last) != (span.start, span.end)
        value = (
            f"bytes {first - span.start:,} to {last - span.start:,} of it" if cut else span.value
        )
        yield Span(span.path, first + shift, last + shift, value, span.leaf)
