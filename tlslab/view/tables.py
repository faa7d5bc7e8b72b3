"""Tables that are readable as text, as HTML, and to a screen reader.

What a view shows may come from a stranger: names in certificates, server names, alert texts. So
every cell is cleaned of control characters here, and escaped for HTML here, and nowhere else.
"""

import html
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

WIDTH = 80
"""Columns that a view of text keeps to where it can."""
MAX_WIDTH = 100
"""Columns that no view of text is wider than."""
BYTES_PER_LINE = 16
MAX_TEXT = 300
"""Longest text from outside that is shown in one piece, in characters."""

MAX_PARAGRAPH = 4 * MAX_TEXT

# JupyterLab gives tables a fixed layout, centres them, and aligns their cells to the right.
TABLE_STYLE = "margin:0.4em 0 0.8em 0;table-layout:auto;border-collapse:collapse"
CAPTION_STYLE = "caption-side:top;text-align:left;font-weight:bold;padding:0.3em 0"
CELL_STYLE = "text-align:left;vertical-align:top;white-space:normal"
NUMBER_STYLE = "text-align:right;vertical-align:top;white-space:nowrap"


@dataclass(frozen=True, slots=True)
class Hex:
    """Bytes as a cell. More than `limit` of them are shown as the first 16 and their number."""

    value: bytes
    limit: int = 48

    @property
    def lines(self) -> list[str]:
        """16 bytes a line, in groups of four."""
        value = self.value
        if not value:
            return ["(empty)"]
        shown = value if len(value) <= self.limit else value[:BYTES_PER_LINE]
        lines = [
            grouped(shown[at : at + BYTES_PER_LINE]) for at in range(0, len(shown), BYTES_PER_LINE)
        ]
        if len(shown) < len(value):
            lines.append(f"… and {len(value) - len(shown):,} bytes more")
        return lines


Cell = str | int | Hex | tuple[str, ...]
"""A tuple is a cell of several lines."""


class View:
    """Something to look at: text for a terminal, HTML for a notebook."""

    def __str__(self) -> str:
        raise NotImplementedError

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        raise NotImplementedError


@dataclass(frozen=True, repr=False)
class Table(View):
    """Rows under named columns.

    caption: one line above. code: the columns whose cells are set in a fixed width in HTML.
    The first column names the row. notes: sentences below.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    code: frozenset[str] = field(default=frozenset())
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        cells = [self.columns, *self.rows]
        texts = [[_lines(cell) for cell in row] for row in cells]
        widths = [
            max(len(line) for row in texts for line in row[index])
            for index in range(len(self.columns))
        ]
        while sum(widths) + 2 * (len(widths) - 1) > MAX_WIDTH:
            widths[widths.index(max(widths))] -= 1
        texts = [
            [
                [part for line in cell for part in folded(line, width)]
                for cell, width in zip(row, widths, strict=True)
            ]
            for row in texts
        ]
        lines = [*wrapped(self.caption), ""]
        for number, row in enumerate(texts):
            height = max(len(cell) for cell in row)
            for at in range(height):
                parts = []
                for index, cell in enumerate(row):
                    part = cell[at] if at < len(cell) else ""
                    right = self._is_number(index)
                    parts.append(part.rjust(widths[index]) if right else part.ljust(widths[index]))
                lines.append("  ".join(parts).rstrip())
            if number == 0:
                lines.append("  ".join("─" * width for width in widths))
        for note in self.notes:
            lines += ["", *wrapped(note)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head = "".join(
            f'<th scope="col" style="{self._style(index)}">{escape(name)}</th>'
            for index, name in enumerate(self.columns)
        )
        body = "".join(f"<tr>{self._html_row(row)}</tr>" for row in self.rows)
        notes = "".join(f"<p>{escape(note, MAX_PARAGRAPH)}</p>" for note in self.notes)
        return (
            f'<table style="{TABLE_STYLE}">'
            f'<caption style="{CAPTION_STYLE}">{escape(self.caption, MAX_PARAGRAPH)}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"
        )

    def _html_row(self, row: tuple[Cell, ...]) -> str:
        cells = []
        for index, cell in enumerate(row):
            content = html_cell(cell, self.columns[index] in self.code)
            tag = 'th scope="row"' if index == 0 else "td"
            cells.append(f'<{tag} style="{self._style(index)}">{content}</{tag[:2]}>')
        return "".join(cells)

    def _is_number(self, index: int) -> bool:
        return all(isinstance(row[index], int) or row[index] == "" for row in self.rows)

    def _style(self, index: int) -> str:
        return NUMBER_STYLE if self.rows and self._is_number(index) else CELL_STYLE


def html_cell(cell: Cell, code: bool = False) -> str:
    """A cell as HTML, escaped."""
    if isinstance(cell, Hex):
        *first, last = cell.lines
        if last.startswith("… "):
            return f"<code>{' '.join(first)}</code> {escape(last)}"
        return f"<code>{' '.join(cell.lines)}</code>"
    text = "<br>".join(escape(line) for line in _lines(cell))
    return f"<code>{text}</code>" if code and text else text


def clean(text: str, limit: int = MAX_TEXT) -> str:
    """One line without control characters, and not longer than `limit`.

    A terminal obeys control characters, and a reader is deceived by those that change direction.
    """
    if text.isprintable() and len(text) <= limit:
        return text
    shown = "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text[:limit]
    )
    if len(text) > limit:
        shown += f" … and {len(text) - limit:,} characters more"
    return shown


def escape(text: str, limit: int = MAX_TEXT) -> str:
    """Cleaned, and safe in HTML."""
    return html.escape(clean(text, limit))


def grouped(value: bytes) -> str:
    """Bytes as hex digits, in groups of four bytes; `bytes.fromhex` reads it."""
    return value.hex(" ", -4)


def wrapped(text: str, indent: int = 0, width: int = WIDTH) -> list[str]:
    """The lines of a paragraph."""
    margin = " " * indent
    # No line ends between a number and its unit, or inside the name of an RFC's section.
    text = re.sub(
        r"(?<=RFC) | (?=§)|(?<=\d) (?=bytes?\b|records?\b)", "\xa0", clean(text, MAX_PARAGRAPH)
    )
    lines = textwrap.wrap(
        text, width, initial_indent=margin, subsequent_indent=margin, break_on_hyphens=False
    )
    return [line.replace("\xa0", " ") for line in lines]


def folded(text: str, width: int) -> list[str]:
    """A line that is too long as several: cut behind spaces, and a long word behind its marks."""
    if len(text) <= width:
        return [text]
    inside = text.lstrip(" ")
    indent = " " * min(len(text) - len(inside), width // 2)
    room = width - len(indent)
    lines = [""]
    for word in re.findall(r"[^ ]+ *", inside):
        fits = len(word.rstrip()) <= room
        for piece in [word] if fits else re.findall(r"[^_.,:/-]+[_.,:/-]*|[_.,:/-]+", word):
            if len(lines[-1]) + len(piece.rstrip()) > room:
                lines.append("")
            lines[-1] += piece
            while len(lines[-1].rstrip()) > room:
                lines[-1:] = [lines[-1][:room], lines[-1][room:]]
    return [f"{indent}{line.rstrip()}" for line in lines if line]


def listed(names: Iterable[str]) -> str:
    """`a, b and c`."""
    *first, last = list(names) or [""]
    return f"{', '.join(first)} and {last}" if first else last


def counted(number: int, what: str, plural: str = "") -> str:
    """`1 byte`, `2,048 bytes`."""
    return f"{number:,} {what if number == 1 else plural or what + 's'}"


def shortened(items: Sequence[str], limit: int = 6) -> list[str]:
    """The first `limit` items, and how many are left."""
    if len(items) <= limit:
        return list(items)
    return [*items[:limit], f"… and {len(items) - limit} more"]


def _lines(cell: Cell) -> list[str]:
    if isinstance(cell, Hex):
        return cell.lines
    if isinstance(cell, int):
        return [f"{cell:,}"]
    return [clean(line) for line in (cell if isinstance(cell, tuple) else (cell,))]
