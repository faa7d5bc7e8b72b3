"""The ladder as a picture: two lifelines, an arrow for each message, the steps beside them."""

from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes

from tlslab.errors import LocalError
from tlslab.trace import Trace
from tlslab.view.ladder import Ladder, Rung, ladder
from tlslab.view.plots.ladder_parts import (
    CLIENT,
    FLIGHT,
    LEGEND_GAP,
    LEGEND_ROW,
    MARGIN,
    PAD,
    SERVER,
    TITLE,
    TRIP,
    WIDE,
    Arrow,
    Block,
    Entry,
    Style,
    arrows_of,
    blocks_of,
    dot_fill,
    entry_width,
    label_of,
    legend_rows,
    row_height,
)
from tlslab.view.plots.picture import Picture, described, plain_style
from tlslab.view.plots.sheet import (
    FAINT,
    INK,
    LARGE,
    LEADING,
    LIGHT_BLUE,
    NORMAL,
    PAPER,
    QUIET,
    RED,
    SMALL,
    Sheet,
    width,
    wrap,
)
from tlslab.view.steps import Status, Step
from tlslab.view.tables import MAX_PARAGRAPH, counted

MAX_ARROWS = 100
"""How many arrows a picture has at most."""


def plot_ladder(
    trace: Trace, *, ax: Axes | None = None, first: int = 1, last: int | None = None
) -> Picture:
    """Who sent what, in order, with the handshake's steps, flights and round trips.

    ax: axes to draw in. first, last: numbers of the rungs to draw, counted from 1; all unless said,
    but no more than `MAX_ARROWS` arrows. Many records of application data in a row are one arrow.
    Raises LocalError if there are no such rungs.
    """
    rungs = ladder(trace)
    end = len(rungs) if last is None else last
    if not 1 <= first <= max(end, 1) or end > len(rungs):
        asked = f"{first} to {end}"
        raise LocalError(f"the ladder has the rungs 1 to {len(rungs)}; not {asked}")
    arrows = arrows_of(rungs.rungs[first - 1 : end])
    shortened, arrows = arrows[MAX_ARROWS:], arrows[:MAX_ARROWS]
    if shortened:
        end = shortened[0].rung.number - 1
    blocks = list(blocks_of(rungs, arrows, first, end))
    notes = list(_notes(rungs, first, end))
    headline = wrap(rungs.headline, WIDE - 2 * MARGIN, LARGE, bold=True, limit=MAX_PARAGRAPH)
    top = MARGIN + len(headline) * LARGE * LEADING + 34
    bottom = top + sum(block.high for block in blocks)
    note_lines = [line for note in notes for line in wrap(note, WIDE - 2 * MARGIN)]
    legend = legend_rows([arrow.style for arrow in arrows], blocks)
    below = bottom + 10 + len(legend) * LEGEND_ROW
    high = below + len(note_lines) * SMALL * LEADING + MARGIN
    with plain_style():
        sheet = Sheet(WIDE, high, ax)
        sheet.lines(MARGIN, MARGIN + LARGE, headline, LARGE, bold=True)
        _heads(sheet, rungs, top)
        places = _draw_blocks(sheet, blocks, top)
        for x in (CLIENT, SERVER):
            sheet.line([(x, top), (x, bottom)], QUIET, 1.5)
        _draw_arrows(sheet, blocks, top)
        _gutter(sheet, places)
        _draw_legend(sheet, legend, bottom + 22)
        sheet.lines(MARGIN, below + SMALL, note_lines, color=QUIET)
    return described(sheet.figure, _alt(rungs, arrows), tuple(_lines(blocks, notes)))


# -- what is drawn ------------------------------------------------------------------------------


def _notes(rungs: Ladder, first: int, end: int) -> Iterator[str]:
    if first > 1 or end < len(rungs):
        yield f"Shown are the rungs {first} to {end} of {len(rungs)}."
    if rungs.dropped:
        yield f"The trace was full: {counted(rungs.dropped, 'event')} in the middle are missing."


def _alt(rungs: Ladder, arrows: Sequence[Arrow]) -> str:
    if not arrows:
        return f"Ladder diagram without a message. {rungs.headline}."
    flights = {arrow.rung.flight for arrow in arrows}
    trips = {arrow.rung.round_trip for arrow in arrows}
    return (
        f"Ladder diagram between client and server: {counted(len(arrows), 'arrow')} in "
        f"{counted(len(flights), 'flight')} and {counted(len(trips), 'round trip')}, from "
        f"{arrows[0].title} to {arrows[-1].title}. {rungs.headline.removesuffix('.')}."
    )


def _lines(blocks: Sequence[Block], notes: Sequence[str]) -> Iterator[str]:
    for block in blocks:
        if block.step is not None and not block.again:
            nothing = "" if block.arrows else "; nothing is sent"
            step = block.step
            yield f"Step {step.number}, {step.title}: {step.who}; {step.status}{nothing}"
        yield from (arrow.line for arrow in block.arrows)
    yield from notes


# -- drawing ------------------------------------------------------------------------------------


def _heads(sheet: Sheet, rungs: Ladder, top: float) -> None:
    for x, name in ((CLIENT, "client"), (SERVER, "server")):
        own = rungs.role == name
        sheet.box(x - 32, top - 25, 64, 19, LIGHT_BLUE if own else PAPER, INK, 1.4, round=3)
        sheet.text(x, top - 12, name, NORMAL, bold=True, align="center")
        sheet.line([(x, top - 6), (x, top)], QUIET, 1.5)
    sheet.text(MARGIN, top - 12, "step", color=QUIET)
    sheet.text(FLIGHT, top - 12, "flight", color=QUIET, align="center")
    for at, word in enumerate(("round", "trip")):
        sheet.text(TRIP, top - 21 + at * 9, word, color=QUIET, align="center")


def _draw_blocks(
    sheet: Sheet, blocks: Sequence[Block], y: float
) -> list[tuple[Rung, float, float]]:
    """Bands and titles. Returns where each arrow's row begins and ends."""
    places = []
    for number, block in enumerate(blocks):
        if number % 2 == 0:
            sheet.box(4, y, WIDE - 8, block.high, FAINT, thick=0)
        if block.step is not None:
            _draw_title(sheet, block, block.step, y)
        below = y
        for arrow in block.arrows:
            places.append((arrow.rung, below, below + row_height(arrow)))
            below += row_height(arrow)
        y += block.high
    return places


def _draw_title(sheet: Sheet, block: Block, step: Step, y: float) -> None:
    quiet = step.status is Status.NOT_REACHED
    failed = step.status is Status.FAILED
    color = QUIET if quiet else INK
    edge = RED if failed else color
    sheet.dot(MARGIN + 9, y + PAD + 6.5, 7.5, PAPER, edge, 2.0 if failed else 1.0)
    sheet.text(MARGIN + 9, y + PAD + 9.4, str(step.number), bold=True, color=color, align="center")
    base = sheet.lines(TITLE, y + PAD + 9.4, block.title, bold=True, color=color)
    if block.status:
        sheet.text(TITLE, base, block.status, color=INK if failed else QUIET)


def _draw_arrows(sheet: Sheet, blocks: Sequence[Block], y: float) -> None:
    for block in blocks:
        below = y
        for arrow in block.arrows:
            below += row_height(arrow)
            _draw_arrow(sheet, arrow, below - 6)
        if block.step is not None and not block.arrows:
            _draw_local(sheet, block.step, y + block.high / 2)
        y += block.high


def _draw_arrow(sheet: Sheet, arrow: Arrow, y: float) -> None:
    right = arrow.rung.sender == "client"
    start, end = (CLIENT + 1, SERVER - 1) if right else (SERVER - 1, CLIENT + 1)
    _draw_line(sheet, start, end, y, arrow.style, head=True)
    label = label_of(arrow)
    base = y - 6 - label.high + NORMAL
    middle = (CLIENT + SERVER) / 2
    for number, line in enumerate(label.lines):
        if label.beside and number == len(label.lines) - 1:
            wide = width(line, NORMAL, mono=True)
            left = middle - (wide + 8 + width(label.size)) / 2
            sheet.text(left, base, line, NORMAL, mono=True)
            sheet.text(left + wide + 8, base, label.size, color=QUIET)
        else:
            sheet.text(middle, base, line, NORMAL, mono=True, align="center")
        base += NORMAL * LEADING
    if not label.beside:
        sheet.text(middle, base, label.size, color=QUIET, align="center")


def _draw_line(
    sheet: Sheet, start: float, end: float, y: float, style: Style, *, head: bool
) -> None:
    _, color, dashes, double = style
    toward = 1 if end > start else -1
    stop = end - toward * 6 if head else end
    sheet.line([(start, y), (stop, y)], color, 4.2 if double else 1.5, dashes)
    if double:
        sheet.line([(start, y), (stop, y)], PAPER, 1.6)
    if head:
        sheet.head(end, y, (toward, 0), color, 9.0 if double else 7.5)


def _draw_local(sheet: Sheet, step: Step, y: float) -> None:
    """A step in which nothing is sent: dots where it happens."""
    reached = step.status is not Status.NOT_REACHED
    words = "nothing is sent" if reached else "not reached"
    sheet.text((CLIENT + SERVER) / 2, y + 3, words, color=QUIET, align="center")
    for x, name in ((CLIENT, "client"), (SERVER, "server")):
        if reached and (step.who == "both" or name in step.who):
            sheet.dot(x, y, 4.5, dot_fill(step), INK, 1.5)


def _gutter(sheet: Sheet, places: Sequence[tuple[Rung, float, float]]) -> None:
    """Brackets with the numbers of flights and of round trips."""
    for x, number in ((FLIGHT, _flight), (TRIP, _trip)):
        groups: dict[int, tuple[float, float]] = {}
        for rung, top, bottom in places:
            start, _ = groups.get(number(rung), (top, bottom))
            groups[number(rung)] = (start, bottom)
        for value, (top, bottom) in groups.items():
            left = x - 9
            sheet.line(
                [(left - 4, top + 4), (left, top + 4), (left, bottom - 3), (left - 4, bottom - 3)],
                QUIET,
            )
            sheet.text(x + 3, (top + bottom) / 2 + 3.2, str(value), NORMAL, align="center")


def _flight(rung: Rung) -> int:
    return rung.flight


def _trip(rung: Rung) -> int:
    return rung.round_trip


def _draw_legend(sheet: Sheet, rows: Sequence[Sequence[Entry]], y: float) -> None:
    for row in rows:
        x = MARGIN
        for entry in row:
            if len(entry) == 2:
                sheet.dot(x + 5, y - 3, 4.5, entry[1], INK, 1.5)
                sheet.text(x + 15, y, entry[0])
            else:
                _draw_line(sheet, x, x + 34, y - 3, entry, head=True)
                sheet.text(x + 40, y, entry[0])
            x += entry_width(entry) + LEGEND_GAP
        y += LEGEND_ROW
