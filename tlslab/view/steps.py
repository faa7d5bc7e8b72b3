"""What the steps of a handshake look like: `Step` and `Steps`, as text and as HTML."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from tlslab.trace import Message
from tlslab.view.tables import (
    CAPTION_STYLE,
    CELL_STYLE,
    MAX_WIDTH,
    TABLE_STYLE,
    WIDTH,
    Cell,
    Hex,
    Table,
    View,
    clean,
    counted,
    escape,
    folded,
    html_cell,
    wrapped,
)


class Status(StrEnum):
    """What the trace says about a step.

    INFERRED: this side cannot see it, but what came later proves it. UNKNOWN: nothing proves it.
    """

    DONE = "done"
    INFERRED = "inferred"
    UNKNOWN = "unknown"
    FAILED = "failed"
    NOT_REACHED = "not reached"


NAME_WIDTH = 26
"""Characters for the names of the values of a step; more, if one of them needs it."""
SIGNATURE_COVERS = "signature covers"
"""The name of the value that says what a signature is over."""

_MARKS = {
    Status.DONE: "✓",
    Status.INFERRED: "✓",
    Status.UNKNOWN: "?",
    Status.FAILED: "✗",
    Status.NOT_REACHED: "·",
}


@dataclass(frozen=True, slots=True)
class Value:
    """Something that a step made, sent or found: bytes, or text."""

    name: str
    value: Cell

    @property
    def length(self) -> str:
        """How many bytes, if it is bytes."""
        return counted(len(self.value.value), "byte") if isinstance(self.value, Hex) else ""


@dataclass(frozen=True, repr=False)
class Step(View):
    """One step of a handshake: who does what, in which messages, with which values."""

    number: int
    title: str
    who: str
    section: str
    sentence: str
    status: Status
    messages: tuple[Message, ...] = ()
    values: tuple[Value, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def heading(self) -> str:
        """Mark, number, title and, unless it simply was done, the status."""
        status = "" if self.status is Status.DONE else f" ({self.status})"
        return f"{_MARKS[self.status]} {self.number}. {self.title}{status}"

    @property
    def carried_by(self) -> str:
        """The messages with their sizes."""
        return "; ".join(
            f"{message.name}, {counted(len(message.raw), 'byte')}, {protection(message.protection)}"
            for message in self.messages
        )

    def __str__(self) -> str:
        lines = [f"{clean(self.heading):<{WIDTH - 17}} {self.who:>16}".rstrip()]
        if self.status is Status.NOT_REACHED:
            return lines[0]
        lines += wrapped(f"{self.sentence} ({self.section})", 5)
        if self.messages:
            lines += wrapped(f"Messages: {self.carried_by}", 5)
        wide = max([NAME_WIDTH, *(len(clean(value.name)) for value in self.values)])
        for value in self.values:
            name = f"       {clean(value.name):<{wide}}  {value.length:>9}  "
            room = MAX_WIDTH - len(name)
            first, *rest = [p for line in _text_lines(value.value) for p in folded(line, room)]
            lines.append(f"{name}{first}".rstrip())
            lines += [" " * len(name) + line for line in rest]
        for note in self.notes:
            lines += wrapped(note, 5)
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        messages = f"<br>Messages: {escape(self.carried_by)}" if self.messages else ""
        rows = "".join(
            f'<tr><th scope="row" style="{CELL_STYLE}"><code>{escape(value.name)}</code></th>'
            f'<td style="{CELL_STYLE}">{value.length.replace(" ", "&nbsp;")}</td>'
            f'<td style="{CELL_STYLE}">{html_cell(value.value)}</td></tr>'
            for value in self.values
        )
        table = (
            f'<table style="{TABLE_STYLE}"><thead><tr>'
            + "".join(
                f'<th scope="col" style="{CELL_STYLE}">{name}</th>'
                for name in ("name", "length", "value")
            )
            + f"</tr></thead><tbody>{rows}</tbody></table>"
        )
        notes = "".join(f"<p>{escape(note, 1200)}</p>" for note in self.notes)
        return (
            f'<p style="{CAPTION_STYLE}">{escape(self.heading)} · {escape(self.who)}</p>'
            f"<p>{escape(self.sentence)} ({escape(self.section)}){messages}</p>"
            f"{table if self.values else ''}{notes}"
        )


@dataclass(frozen=True, repr=False)
class Steps(View):
    """The steps of a handshake. `steps[1]` is the first; `steps.overview` has one line for each."""

    headline: str
    steps: tuple[Step, ...] = field(repr=False)

    def __getitem__(self, number: int) -> Step:
        if not 1 <= number <= len(self.steps):
            raise IndexError(f"there are steps 1 to {len(self.steps)}")
        return self.steps[number - 1]

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def overview(self) -> Table:
        """The steps in one table: who, what, in which messages."""
        return Table(
            self.headline,
            ("step", "what happens", "who", "messages", "status"),
            tuple(
                (
                    step.number,
                    step.title,
                    step.who,
                    tuple(message.name for message in step.messages) or "",
                    step.status.value,
                )
                for step in self.steps
            ),
            frozenset({"messages"}),
        )

    def __str__(self) -> str:
        reached = [step for step in self.steps if step.status is not Status.NOT_REACHED]
        others = [str(step) for step in self.steps if step.status is Status.NOT_REACHED]
        parts = ["\n".join(wrapped(self.headline)), *map(str, reached), "\n".join(others)]
        return "\n\n".join(part for part in parts if part)

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.headline, 1200)}</p>" + "".join(
            step._repr_html_() for step in self.steps
        )


def protection(name: str) -> str:
    """What `Message.protection` means, in words: a suite, or "none"."""
    if name == "none":
        return "in the clear"
    return "authenticated, not encrypted" if "_NULL_" in name else "encrypted"


def _text_lines(cell: Cell) -> list[str]:
    if isinstance(cell, Hex):
        return cell.lines
    return [clean(str(line)) for line in (cell if isinstance(cell, tuple) else (cell,))]
