"""A trace as text and simple tables: each function takes a trace and returns a `View`.

    steps(trace)          the steps of the handshake, with their values
    messages(trace)       who said what, in order
    records(trace)        what went over the wire
    secrets(trace)        every random and every secret, and what it was made from
    bytes_of(message)     every byte of a message or record, named
    eavesdropper(trace)   what somebody on the wire can read
    knowledge(trace)      who knows what

Printed, a view is text; at the end of a notebook cell it is a table. Both are the same each time.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tlslab.errors import LocalError
from tlslab.trace import (
    Message,
    RandomDrawn,
    Record,
    SecretDerived,
    Span,
    Trace,
    ValueReceived,
)
from tlslab.view.eavesdropper import eavesdropper
from tlslab.view.knowledge import knowledge
from tlslab.view.steps import protection
from tlslab.view.story import steps
from tlslab.view.tables import (
    MAX_WIDTH,
    Cell,
    Hex,
    Table,
    clean,
    counted,
    folded,
    grouped,
    listed,
    wrapped,
)

__all__ = [
    "bytes_of",
    "eavesdropper",
    "knowledge",
    "messages",
    "records",
    "secrets",
    "steps",
]

ARROW = 30
"""Width of the arrow between client and server, in characters."""
BYTES_PER_ROW = 8
MAX_BYTES = 32
"""Longest field that `bytes_of` shows whole, unless it is asked to."""


def messages(trace: Trace) -> Table:
    """The ladder: every message, who sent it, how it was protected, and whether it is hashed.

    bytes: of the message itself, without record header, nonce, MAC and padding. record: its
    record's number, counted from 0 in each direction. transcript: whether it counts for the hash
    in Finished. Application data is shown too, though it is no message of the handshake.
    """
    rows: list[tuple[Cell, ...]] = []
    for number, item in enumerate(_in_order(trace), 1):
        rows.append(
            (
                number,
                _arrow(item.name, item.sender),
                item.length,
                _range(item.records),
                protection(item.protection),
                item.transcript,
            )
        )
    return Table(
        f"Messages, as the {trace.role} saw them",
        ("#", _heading(), "bytes", "record", "protection", "transcript"),
        tuple(rows),
        frozenset({_heading()}),
        _dropped(trace),
    )


def records(trace: Trace) -> Table:
    """Every record in order: what an observer of the wire can count.

    bytes: on the wire, with the header of 5. content: what is inside, after decryption. sequence:
    the counter of the current keys.
    """
    inside: dict[tuple[str, int], list[str]] = {}
    for message in trace.of(Message):
        for number in message.records:
            inside.setdefault((message.sender, number), []).append(message.name)
    rows: list[tuple[Cell, ...]] = []
    for record in trace.of(Record):
        names = inside.get((record.sender, record.number), [])
        rows.append(
            (
                f"{record.sender} {record.number}",
                record.content_type,
                len(record.raw),
                len(record.plaintext),
                protection(record.protection),
                record.sequence_number,
                tuple(names) or ("could not be opened" if _unopened(record) else "data"),
            )
        )
    return Table(
        f"Records, as the {trace.role} saw them",
        ("record", "type", "bytes", "content", "protection", "sequence", "inside"),
        tuple(rows),
        frozenset({"type", "inside"}),
        _dropped(trace),
    )


def secrets(trace: Trace) -> Table:
    """Every random, and every secret with what it was made from, in the order of their making."""
    rows: list[tuple[Cell, ...]] = []
    for event in trace:
        if isinstance(event, RandomDrawn):
            origin = "drawn at random"
        elif isinstance(event, ValueReceived):
            origin = f"received in {event.field}"
        elif isinstance(event, SecretDerived):
            label = f', label "{event.label}"' if event.label else ""
            context = f", over {counted(len(event.context), 'byte')}" if event.label else ""
            context = context if event.context else ""
            origin = f"{event.operation}{label}{context}"
            if event.inputs:
                origin += f", from {listed(event.inputs)}"
        else:
            continue
        rows.append((event.name, len(event.value), Hex(event.value), origin, event.section))
    return _Secrets(
        f"Secrets, as the {trace.role} has them",
        ("name", "bytes", "value", "made from", "source"),
        tuple(rows),
        frozenset({"name"}),
        _dropped(trace),
    )


def bytes_of(thing: Message | Record, *, limit: int = MAX_BYTES) -> Table:
    """Every byte of a message or of a record, with the name of its field and its value.

    Fields inside fields are indented. limit: the longest field to show whole, in bytes. Raises
    LocalError for anything else.
    """
    if isinstance(thing, Message):
        caption = f"{thing.name} from the {thing.sender}, {counted(len(thing.raw), 'byte')}"
        rows = list(_dump(thing.raw, thing.spans, limit))
        notes: tuple[str, ...] = ()
    elif isinstance(thing, Record):
        caption = (
            f"Record {thing.number} from the {thing.sender}: {thing.content_type}, "
            f"{counted(len(thing.raw), 'byte')} on the wire, {protection(thing.protection)}"
        )
        rows = list(_dump(thing.raw, thing.spans, limit))
        notes = tuple(_record_notes(thing))
    else:
        raise LocalError(f"bytes_of shows a Message or a Record, not {type(thing).__name__}")
    return Table(
        caption,
        ("offset", "bytes", "field", "value"),
        tuple(rows),
        frozenset({"bytes", "field"}),
        notes,
    )


# -- the ladder ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Item:
    name: str
    sender: str
    length: int
    records: tuple[int, ...]
    protection: str
    transcript: str


def _in_order(trace: Trace) -> Iterator[_Item]:
    """Messages and runs of application data."""
    run: list[Record] = []
    for event in trace:
        if isinstance(event, Record) and event.content_type == "application_data":
            if run and run[0].sender != event.sender:
                yield _data(run)
                run = []
            run.append(event)
        elif isinstance(event, Message):
            if run:
                yield _data(run)
                run = []
            yield _Item(
                event.name,
                event.sender,
                len(event.raw),
                event.records,
                event.protection,
                "yes" if event.transcript_hash else "no",
            )
    if run:
        yield _data(run)


def _data(run: list[Record]) -> _Item:
    return _Item(
        "application_data",
        run[0].sender,
        sum(len(record.plaintext) for record in run),
        tuple(record.number for record in run),
        run[0].protection,
        "no",
    )


def _arrow(name: str, sender: str) -> str:
    if sender == "client":
        return f"── {name} ".ljust(ARROW - 1, "─") + "►"
    return "◄" + f" {name} ──".rjust(ARROW - 1, "─")


def _heading() -> str:
    return "client" + "server".rjust(ARROW - 6)


def _range(numbers: tuple[int, ...]) -> str:
    if not numbers:
        return ""
    if len(numbers) == 1:
        return str(numbers[0])
    return f"{numbers[0]}–{numbers[-1]}"


# -- the bytes ----------------------------------------------------------------------------------


def _dump(raw: bytes, spans: tuple[Span, ...], limit: int) -> Iterator[tuple[Cell, ...]]:
    """A row for each span; what no span covers (a message that does not decode) comes last."""
    around: list[Span] = []
    covered = 0
    for span in spans:
        while around and not around[-1].start <= span.start <= span.end <= around[-1].end:
            around.pop()
        name = span.path
        for outer in reversed(around):
            if name.startswith(outer.path):
                name = name[len(outer.path) :].removeprefix(".")
                break
        field = "  " * len(around) + name
        if span.leaf:
            value = raw[span.start : span.end]
            covered = max(covered, span.end)
            shown = "" if value and span.value == value.hex() else span.value
            yield (span.start, _rows(value, limit), field, shown)
        else:
            yield (span.start, "", field, counted(span.end - span.start, "byte"))
            around.append(span)
    if covered < len(raw):
        yield (covered, _rows(raw[covered:], limit), "(not decoded)", "")


def _rows(value: bytes, limit: int) -> tuple[str, ...]:
    shown = value if len(value) <= limit else value[:BYTES_PER_ROW]
    rows = [shown[at : at + BYTES_PER_ROW].hex(" ") for at in range(0, len(shown), BYTES_PER_ROW)]
    if len(shown) < len(value):
        rows.append(f"… and {len(value) - len(shown):,} more")
    return tuple(rows) or ("",)


def _record_notes(record: Record) -> Iterator[str]:
    if record.nonce:
        yield f"Nonce: {grouped(record.nonce)}. Additional data: {grouped(record.additional_data)}."
    if record.inner_spans:
        parts = [
            f"{span.path.partition('.')[2]} {counted(span.end - span.start, 'byte')}"
            for span in record.inner_spans
        ]
        yield f"What was protected: {listed(parts)}."
    if record.protection != "none" and record.plaintext:
        data = record.plaintext
        more = f" and {len(data) - 64:,} bytes more" if len(data) > 64 else ""
        yield f"Content, {counted(len(data), 'byte')}: {repr(data[:64])[1:]}{more}."


def _unopened(record: Record) -> bool:
    return record.protection != "none" and not record.plaintext and len(record.raw) > 5


def _dropped(trace: Trace) -> tuple[str, ...]:
    if not trace.dropped:
        return ()
    return (f"The trace was full: {counted(trace.dropped, 'event')} in the middle are missing.",)


# -- the secrets --------------------------------------------------------------------------------


class _Secrets(Table):
    """As text each secret is a paragraph: five columns would need 140 characters."""

    def __str__(self) -> str:
        lines = wrapped(self.caption)
        for name, length, value, origin, source in self.rows:
            heading = f"{clean(str(name))}, {counted(int(str(length)), 'byte')}"
            lines += ["", *folded(heading, MAX_WIDTH)]
            lines += wrapped(f"= {origin} ({source})", 4)
            lines += [f"    {line}" for line in (value.lines if isinstance(value, Hex) else [])]
        lines += [line for note in self.notes for line in ["", *wrapped(note)]]
        return "\n".join(lines)
