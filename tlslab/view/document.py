"""What the explorer sends to the browser: one trace, with all that is to be said about it, as JSON.

Everything is computed here, so that the browser only has to draw, and can do so without a kernel.
Bytes are hex digits; their spans are `[path, start, end, value, leaf]`, the value null where it
would only repeat the bytes.
"""

import json
from collections.abc import Mapping
from typing import Any

from tlslab.trace import Span, Trace
from tlslab.view.eavesdropper import type_on_the_wire
from tlslab.view.glossary import Entry, explain, explain_message, explain_value
from tlslab.view.graph import Node, graph
from tlslab.view.knowledge import knowledge
from tlslab.view.ladder import HEADER, Bytes, Ladder, Rung, bytes_of, ladder
from tlslab.view.steps import SIGNATURE_COVERS, Step
from tlslab.view.tables import clean

MAX_BYTES = 16 * 1024 * 1024
"""How many bytes of records go to the browser whole; after that each is cut short."""
CUT = 64
"""How many bytes of a record that is cut short are kept."""

Place = tuple[int, int, int, int]
"""Where bytes stand: number of the rung, number of its view from 0, start, end."""


def document(trace: Trace, rungs: Ladder | None = None) -> str:
    """The trace as the explorer reads it. rungs: its ladder, for whoever has it already."""
    rungs = rungs or ladder(trace)
    fields: dict[str, str] = {}
    places: dict[bytes, Place] = {}
    room = MAX_BYTES
    drawn = []
    for rung in rungs:
        views = bytes_of(rungs, rung)
        room -= sum(len(view.raw) for view in views)
        if rung.message is not None:
            _find_places(places, rung, views)
        drawn.append(_rung(rung, views, fields, room >= 0))
    nodes = graph(trace)
    return json.dumps(
        {
            "role": trace.role,
            "version": rungs.version,
            "headline": rungs.headline,
            "dropped": rungs.dropped,
            "rungs": drawn,
            "steps": _steps(rungs),
            "fields": {
                field: _words(explain(field, rungs.version))
                for field in dict.fromkeys(fields.values())
            },
            "messages": {
                name: _words(explain_message(name, rungs.version))
                for name in dict.fromkeys(rung.name for rung in rungs)
            },
            "secrets": [_secret(node, places, rungs) for node in nodes.nodes],
            "passing": nodes.passing,
            "knowledge": _knowledge(trace),
        },
        separators=(",", ":"),
    )


# -- rungs --------------------------------------------------------------------------------------


def _rung(
    rung: Rung,
    views: tuple[Bytes, ...],
    fields: dict[str, str],
    whole: bool,
) -> dict[str, Any]:
    record = rung.record
    message = rung.message
    return {
        "name": rung.name,
        "title": rung.title,
        "sender": rung.sender,
        "receiver": rung.receiver,
        "length": rung.length,
        "wire": len(record.raw),
        "record": record.number,
        "type": record.content_type,
        "typeOnTheWire": type_on_the_wire(record),
        "sequence": record.sequence_number,
        "protection": rung.protection.value,
        "protectedBy": rung.protected_by,
        "suite": record.protection,
        "flight": rung.flight,
        "trip": rung.round_trip,
        "step": rung.step,
        "hash": message.transcript_hash.hex() if message else "",
        "last": message is None or rung.part[1] == len(message.raw),
        "nonce": record.nonce.hex(),
        "additional": record.additional_data.hex(),
        "views": [_view(rung, view, fields, whole) for view in views],
    }


def _view(rung: Rung, view: Bytes, fields: dict[str, str], whole: bool) -> dict[str, Any]:
    """fields: where to note the field of each path."""
    raw = view.raw if whole else view.raw[:CUT]
    spans = []
    for span in view.spans:
        if span.end > len(raw):
            continue
        if span.path not in fields:
            fields[span.path] = span.field
        spans.append([span.path, span.start, span.end, _value(span, view.raw), int(span.leaf)])
    start = rung.content_at
    if view.of == "record" and rung.record.protection == "none":
        start += HEADER
    within = view.of == "inner" or rung.record.protection == "none"
    return {
        "title": view.title,
        "hex": raw.hex(),
        "length": len(view.raw),
        "spans": spans,
        "secret": view.secret,
        "own": [start, start + rung.length] if within and view.of != "message" else [],
    }


def _value(span: Span, raw: bytes) -> str | None:
    return None if span.value == raw[span.start : span.end].hex() else clean(span.value)


def _find_places(places: dict[bytes, Place], rung: Rung, views: tuple[Bytes, ...]) -> None:
    """Remember where the value of each field stood first."""
    for number, view in enumerate(views):
        for span in view.spans:
            if span.leaf and span.end - span.start >= 8:
                value = view.raw[span.start : span.end]
                places.setdefault(value, (rung.number, number, span.start, span.end))


# -- the rest -----------------------------------------------------------------------------------


def _secret(node: Node, places: Mapping[bytes, Place], rungs: Ladder) -> dict[str, Any]:
    return {
        "name": node.name,
        "value": node.value.hex(),
        "kind": node.kind,
        "operation": node.operation,
        "label": node.label,
        "inputs": list(node.inputs),
        "context": node.context.hex(),
        "section": node.section,
        "layer": node.layer,
        "place": node.place,
        "occurs": node.occurs,
        "public": node.public,
        "meaning": explain_value(node.name, rungs.version).meaning,
        "at": list(places.get(node.value, ())),
        "hashed": _last_hashed(node, rungs),
    }


def _last_hashed(node: Node, rungs: Ladder) -> int:
    """The number of the last rung that the context, if it is a transcript hash, is over."""
    for rung in rungs:
        if node.context and rung.message and rung.message.transcript_hash == node.context:
            return rung.number
    return 0


def _steps(rungs: Ladder) -> list[dict[str, Any]]:
    return [
        {
            "number": step.number,
            "title": step.title,
            "who": step.who,
            "section": step.section,
            "sentence": step.sentence,
            "status": step.status.value,
            "covers": [clean(line) for line in _covers(step)],
            "notes": [clean(note, 1200) for note in step.notes],
        }
        for step in rungs.steps
    ]


def _covers(step: Step) -> tuple[str, ...]:
    """What the signature is over, in a step that has one."""
    found = (v.value for v in step.values if v.name == SIGNATURE_COVERS)
    return next((value for value in found if isinstance(value, tuple)), ())


def _knowledge(trace: Trace) -> dict[str, Any]:
    table = knowledge(trace)
    return {
        "columns": list(table.columns),
        "rows": [list(map(str, row)) for row in table.rows],
        "notes": list(table.notes),
    }


def _words(entry: Entry) -> list[str]:
    return [entry.meaning, entry.section]
