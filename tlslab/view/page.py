"""The explorer's content as HTML without scripts: for a page without a kernel, for print, for a
screen reader.

Code hosts take styles and classes out of a notebook's HTML and leave tables and `<details>`, so it
is made of these.
"""

from collections.abc import Iterator
from dataclasses import replace

from tlslab.trace import Span, Trace
from tlslab.view import text
from tlslab.view.glossary import explain
from tlslab.view.knowledge import knowledge
from tlslab.view.ladder import Bytes, Ladder, Rung, bytes_of, ladder
from tlslab.view.tables import Cell, Hex, Table, counted, escape, grouped

PARTS = ("ladder", "bytes", "secrets", "transcript", "knowledge")
MAX_RUNGS = 100
"""How many messages are shown; a handshake has fewer."""
MAX_BYTES = 64
"""Longest field that is shown whole."""


def static_html(trace: Trace, parts: tuple[str, ...] = PARTS, rungs: Ladder | None = None) -> str:
    """The named parts of what the explorer shows, one below the other.

    rungs: the trace's ladder, for whoever has it already.
    """
    rungs = rungs or ladder(trace)
    shown = [f"<p><b>{escape(rungs.headline, 1200)}</b></p>"]
    if "ladder" in parts:
        shown.append(_ladder(rungs)._repr_html_())
    if "bytes" in parts:
        shown += _bytes(rungs)
    if "secrets" in parts:
        shown.append(_shortened(text.secrets(trace))._repr_html_())
    if "transcript" in parts:
        shown.append(_transcript(rungs)._repr_html_())
    if "knowledge" in parts:
        shown.append(knowledge(trace)._repr_html_())
    return "".join(shown)


def _ladder(rungs: Ladder) -> Table:
    """Every message in order, as the ladder draws it."""
    rows: list[tuple[Cell, ...]] = [
        (
            rung.number,
            rung.title,
            f"{rung.sender} → {rung.receiver}",
            rung.length,
            rung.protected_by,
            rung.flight,
            rung.round_trip,
            rung.step or "",
        )
        for rung in rungs.rungs[:MAX_RUNGS]
    ]
    return Table(
        f"Messages, as the {rungs.role} saw them",
        ("#", "message", "direction", "bytes", "protection", "flight", "round trip", "step"),
        tuple(rows),
        frozenset({"message"}),
        tuple(_left_out(rungs)),
    )


def _left_out(rungs: Ladder) -> Iterator[str]:
    if len(rungs) > MAX_RUNGS:
        yield (
            f"{counted(len(rungs) - MAX_RUNGS, 'more message')} are not shown here. Run the cell "
            "to see them all."
        )
    if rungs.dropped:
        yield f"The trace was full: {counted(rungs.dropped, 'event')} in the middle are missing."


def _bytes(rungs: Ladder) -> Iterator[str]:
    """The bytes of every message, folded away until somebody opens them."""
    yield "<p>The bytes of each message:</p>"
    for rung in rungs.rungs[:MAX_RUNGS]:
        title = (
            f"{rung.number}. {rung.title} from the {rung.sender}, {counted(rung.length, 'byte')}"
        )
        views = "".join(
            _fields(rung, view, rungs.version)._repr_html_() for view in bytes_of(rungs, rung)
        )
        yield f"<details><summary>{escape(title)}</summary>{views}</details>"


def _fields(rung: Rung, view: Bytes, version: str) -> Table:
    """Every byte of a view, with its field and what the field means."""
    rows: list[tuple[Cell, ...]] = []
    around: list[Span] = []
    for span in view.spans:
        while around and not _within(span, around[-1]):
            around.pop()
        name = "· " * len(around) + _name(span, around)
        entry = explain(span.field, version)
        meaning = f"{entry.meaning} ({entry.section})"
        if span.leaf:
            raw = view.raw[span.start : span.end]
            value = "" if span.value == raw.hex() else span.value
            rows.append((span.start, Hex(raw, MAX_BYTES) if raw else "", name, value, meaning))
        else:
            size = counted(span.end - span.start, "byte")
            rows.append((span.start, "", name, size, meaning))
            around.append(span)
    return Table(
        f"{view.title}, {counted(len(view.raw), 'byte')}{', secret' if view.secret else ''}",
        ("offset", "bytes", "field", "value", "meaning"),
        tuple(rows),
        frozenset({"field"}),
        tuple(_protected_by(rung)) if view.of == "record" else (),
    )


def _within(span: Span, outer: Span) -> bool:
    return outer.start <= span.start and span.end <= outer.end and span.path != outer.path


def _name(span: Span, around: list[Span]) -> str:
    """The path from the innermost structure that it names, or all of it."""
    for outer in reversed(around):
        if span.path.startswith(outer.path) and span.path[len(outer.path)] in ".[":
            return span.path[len(outer.path) :].removeprefix(".")
    return span.path


def _protected_by(rung: Rung) -> Iterator[str]:
    record = rung.record
    if record.nonce:
        yield f"Nonce: {grouped(record.nonce)}."
    if record.additional_data:
        yield f"Additional data: {grouped(record.additional_data)}."


def _shortened(table: Table) -> Table:
    """The table without the rows that are too many."""
    more = len(table.rows) - MAX_RUNGS
    if more <= 0:
        return table
    note = f"{counted(more, 'more value')} are not shown here. Run the cell to see them all."
    return replace(table, rows=table.rows[:MAX_RUNGS], notes=(*table.notes, note))


def _transcript(rungs: Ladder) -> Table:
    """What Finished hashes, and the hash after each message."""
    rows: list[tuple[Cell, ...]] = []
    total = 0
    for rung in rungs.rungs[:MAX_RUNGS]:
        if rung.record.content_type == "application_data":
            continue
        value = rung.message.transcript_hash if rung.message else b""
        total += rung.length if value else 0
        last = rung.message is not None and rung.part[1] == len(rung.message.raw)
        rows.append(
            (
                rung.title,
                rung.sender,
                f"+ {rung.length:,}" if value else "not hashed",
                total,
                Hex(value) if value and last else "",
            )
        )
    return Table(
        "The transcript: what is hashed for Finished",
        ("message", "from", "bytes", "hashed so far", "the hash after it"),
        tuple(rows),
        frozenset({"message"}),
        (
            "Hashed are the handshake messages with their own 4-byte headers. Not hashed are the "
            "5-byte record headers, ChangeCipherSpec and alerts.",
        ),
    )
