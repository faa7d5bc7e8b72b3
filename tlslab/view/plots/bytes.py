"""Bytes as a picture: 16 in a row, each field in its columns, named, inside what it belongs to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from tlslab.errors import LocalError
from tlslab.trace import Message, Record, Span
from tlslab.view.ladder import Bytes
from tlslab.view.plots.picture import Picture, described, plain_style
from tlslab.view.plots.sheet import (
    FAINT,
    INK,
    LARGE,
    LEADING,
    LIGHT_BLUE,
    LIGHT_GREEN,
    LIGHT_ORANGE,
    LIGHT_PURPLE,
    QUIET,
    SMALL,
    Sheet,
    cut,
    shown,
    width,
    wrap,
)
from tlslab.view.steps import protection
from tlslab.view.tables import BYTES_PER_LINE, counted

MAX_BYTES = 64
"""Longest field that is shown whole, unless asked for."""
MAX_ROWS = 200
"""How many rows a picture has at most."""

TINTS = (LIGHT_BLUE, LIGHT_ORANGE, LIGHT_GREEN, LIGHT_PURPLE)
MARGIN, ROW, INDENT = 10.0, 13.0, 9.0
NAMES_ROOM = 240.0


@dataclass(frozen=True, slots=True)
class _Part:
    """Some bytes with their fields, under a title."""

    title: str
    raw: bytes
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """Some bytes of one field, in one row; or the head of a structure.

    depth: how many structures it is inside. start: the position of the first byte. tint: which.
    ends: how many structures end with it. open: whether it is the head of one.
    """

    depth: int
    name: str
    value: str
    start: int
    content: bytes
    tint: int
    open: bool = False


def plot_bytes(
    thing: Message | Record | Bytes,
    *,
    ax: Axes | None = None,
    field: str = "",
    limit: int = MAX_BYTES,
) -> Picture:
    """Every byte of a message or a record, and which field it belongs to.

    16 bytes a row; a field begins a row of its own, in its column. thing: also what
    `ladder.bytes_of` gives, a record with the fields of its messages. ax: axes to draw in. field:
    the path of a field or structure, such as `client_hello.extensions`, to show that alone. limit:
    the longest field to show whole, in bytes.

    Raises LocalError for anything else, and if there is no such field.
    """
    parts = _parts(thing)
    if field:
        parts = [
            _Part(part.title, part.raw, spans)
            for part in parts
            if (spans := tuple(span for span in part.spans if _within(span.path, field)))
        ]
        if not parts:
            raise LocalError(f"there is no field {field!r} in these bytes")
    drawn: list[tuple[_Part, list[_Row], str]] = []
    room = MAX_ROWS
    for part in parts:
        rows = list(_rows(part, limit, whole=not field))
        left = len(rows) - max(room, 0)
        more = f"… and {counted(left, 'row')} more. Ask for a part with field=…" if left > 0 else ""
        drawn.append((part, rows[: max(room, 0)], more))
        room -= len(rows)
    picture = _drawn(drawn, ax)
    return described(picture.figure, _alt(parts, field), tuple(_lines(drawn)))


def _parts(thing: object) -> list[_Part]:
    if isinstance(thing, Message):
        title = f"{thing.name} from the {thing.sender}, {counted(len(thing.raw), 'byte')}"
        return [_Part(title, thing.raw, thing.spans)]
    if isinstance(thing, Bytes):
        title = f"{thing.title}, {counted(len(thing.raw), 'byte')}"
        return [_Part(title, thing.raw, thing.spans)]
    if not isinstance(thing, Record):
        raise LocalError(f"plot_bytes shows a Message or a Record, not {type(thing).__name__}")
    title = (
        f"Record {thing.number} from the {thing.sender}: {thing.content_type}, "
        f"{counted(len(thing.raw), 'byte')}, {protection(thing.protection)}"
    )
    parts = [_Part(title, thing.raw, thing.spans)]
    inner = thing.inner or thing.plaintext
    if thing.protection != "none" and inner:
        content = Span("fragment.content", 0, len(inner), inner.hex())
        secret = protection(thing.protection) == "encrypted"
        title = "What the keys open" if secret else "What the MAC protects"
        title = f"{title}, {counted(len(inner), 'byte')}"
        parts.append(_Part(title, inner, thing.inner_spans or (content,)))
    return parts


def _within(path: str, field: str) -> bool:
    return path == field or path.startswith((f"{field}.", f"{field}["))


# -- rows ---------------------------------------------------------------------------------------


def _rows(part: _Part, limit: int, *, whole: bool) -> Iterator[_Row]:
    """The rows of a part. whole: name also the bytes that no field covers."""
    around: list[Span] = []
    covered = tint = 0
    for span in part.spans:
        while around and not around[-1].start <= span.start <= span.end <= around[-1].end:
            around.pop()
        name = span.path
        for outer in reversed(around):
            if name.startswith(outer.path):
                name = name[len(outer.path) :].removeprefix(".")
                break
        content = part.raw[span.start : span.end]
        if span.leaf:
            value = "" if content and span.value == content.hex() else span.value
            yield from _leaf(len(around), name, value, span.start, content, tint, limit)
            tint += 1
            covered = max(covered, span.end)
        else:
            size = counted(len(content), "byte")
            yield _Row(len(around), name, size, span.start, b"", tint, open=True)
            around.append(span)
    if whole and covered < len(part.raw):
        yield from _leaf(0, "(not decoded)", "", covered, part.raw[covered:], tint, limit)


def _leaf(
    depth: int, name: str, value: str, start: int, content: bytes, tint: int, limit: int
) -> Iterator[_Row]:
    if not content:
        yield _Row(depth, name, value or "(empty)", start, b"", tint)
        return
    shown_bytes = len(content) if len(content) <= limit else min(limit, 2 * BYTES_PER_LINE)
    at = 0
    while at < shown_bytes:
        column = (start + at) % BYTES_PER_LINE
        end = min(at + BYTES_PER_LINE - column, shown_bytes)
        yield _Row(depth, name, value, start + at, content[at:end], tint)
        name = value = ""
        at = end
    if at < len(content):
        rest = f"… and {counted(len(content) - at, 'byte')} more"
        yield _Row(depth, "", rest, start + at, b"", tint)


# -- in words -----------------------------------------------------------------------------------


def _alt(parts: Sequence[_Part], field: str) -> str:
    titles = "; ".join(part.title for part in parts)
    fields = sum(span.leaf for part in parts for span in part.spans)
    of = f"The bytes of {field} in: " if field else "The bytes of: "
    return f"{of}{titles}. {counted(fields, 'field')}, each named."


def _lines(drawn: Sequence[tuple[_Part, Sequence[_Row], str]]) -> Iterator[str]:
    for part, rows, more in drawn:
        yield part.title
        for row in rows:
            text = f" {row.content.hex(' ')}" if row.content else ""
            name = f" {row.name}" if row.name else ""
            value = f": {row.value}" if row.value else ""
            yield f"{row.start:04x}{text}{name}{value}"
        if more:
            yield more


# -- drawing ------------------------------------------------------------------------------------


def _drawn(drawn: Sequence[tuple[_Part, Sequence[_Row], str]], ax: Axes | None) -> Sheet:
    grid = _Grid(width("0", SMALL, mono=True))
    titles = [wrap(part.title, grid.wide - 2 * MARGIN, LARGE, bold=True) for part, _, _ in drawn]
    high = MARGIN
    for title, (_, rows, more) in zip(titles, drawn, strict=True):
        high += len(title) * LARGE * LEADING + (len(rows) + 1 + bool(more)) * ROW + 12
    with plain_style():
        sheet = Sheet(grid.wide, high, ax)
        y = MARGIN
        for title, (_, rows, more) in zip(titles, drawn, strict=True):
            y = sheet.lines(MARGIN, y + LARGE, title, LARGE, bold=True) - LARGE + 2
            grid.ruler(sheet, y)
            y = grid.rows(sheet, rows, y + ROW)
            if more:
                sheet.text(grid.names, y + 9.5, more)
                y += ROW
            y += 10
    return sheet


class _Grid:
    """The columns: offset, 16 bytes as hex, the same as text, names. digit: the width of one."""

    def __init__(self, digit: float) -> None:
        self.digit = digit
        self.hex = MARGIN + 6 * digit
        self.letters = self.hex + 3 * digit * BYTES_PER_LINE + 8
        self.names = self.letters + digit * BYTES_PER_LINE + 16
        self.wide = self.names + NAMES_ROOM + MARGIN

    def ruler(self, sheet: Sheet, y: float) -> None:
        """The number of each column."""
        for column in range(BYTES_PER_LINE):
            x = self.hex + (3 * column + 1.5) * self.digit
            sheet.text(x, y + 9.5, f"{column:x}", mono=True, color=QUIET, align="center")

    def rows(self, sheet: Sheet, rows: Sequence[_Row], y: float) -> float:
        """Draws them from `y` on, and returns where they end."""
        top = y
        for number in range(1, len(rows), 2):
            sheet.box(MARGIN - 4, y + number * ROW, self.wide - 2 * MARGIN + 8, ROW, FAINT, thick=0)
        for row in rows:
            self._row(sheet, row, y)
            y += ROW
        self._brackets(sheet, rows, top)
        return y

    def _row(self, sheet: Sheet, row: _Row, y: float) -> None:
        base = y + 9.5
        if row.content or row.open or row.name:
            sheet.text(MARGIN, base, f"{row.start:04x}", mono=True, color=QUIET)
        if row.content:
            self._content(sheet, row, y)
        x = self.names + row.depth * INDENT
        room = self.wide - MARGIN - x
        if row.name:
            name = cut(row.name, room, SMALL, mono=True)
            sheet.text(x, base, name, mono=True, bold=row.open)
            used = width(name, SMALL, mono=True, bold=row.open) + 7
            x, room = x + used, room - used
        value = cut(row.value, room) if room > 12 else ""
        sheet.text(x, base, value, color=QUIET if row.open else INK)

    def _content(self, sheet: Sheet, row: _Row, y: float) -> None:
        column = row.start % BYTES_PER_LINE
        left = self.hex + 3 * column * self.digit
        wide = 3 * len(row.content) * self.digit
        sheet.box(
            left + 0.8, y + 0.8, wide - 1.6, ROW - 1.6, TINTS[row.tint % len(TINTS)], QUIET, 0.7
        )
        sheet.text(left + self.digit / 2, y + 9.5, row.content.hex(" "), mono=True)
        text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "·" for byte in row.content)
        sheet.text(self.letters + column * self.digit, y + 9.5, shown(text), mono=True)

    def _brackets(self, sheet: Sheet, rows: Sequence[_Row], top: float) -> None:
        """A line down from the head of each structure to its last row."""
        for number, row in enumerate(rows):
            if not row.open:
                continue
            last = number
            while last + 1 < len(rows) and rows[last + 1].depth > row.depth:
                last += 1
            x = self.names + row.depth * INDENT + 2
            start, end = top + (number + 1) * ROW - 1, top + (last + 1) * ROW - 2.5
            if last > number:
                sheet.line([(x, start), (x, end), (x + 4, end)], QUIET, 0.9)
