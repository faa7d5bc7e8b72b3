"""What a round trip costs: the flights of recorded connections, and the time that they take."""

from collections.abc import Iterator, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from tlslab.errors import LocalError
from tlslab.view.plots.chart import ENTRY, Line, draw_lines, legend_below, legend_in, name_axes
from tlslab.view.plots.picture import Picture, described, plain_style
from tlslab.view.plots.sheet import (
    FAINT,
    INK,
    LIGHT_BLUE,
    LIGHT_ORANGE,
    NORMAL,
    PAPER,
    SMALL,
    cut,
    figure_of,
    font,
    width,
)
from tlslab.view.tables import counted

Flights = Mapping[str, Sequence[tuple[str, int]]]
"""For each kind of connection its flights: who sent it, "client" or "server", and its bytes."""

MILLISECONDS = tuple(range(1, 301))

WIDE, LEFT, RIGHT = 540.0, 58.0, 14.0
NAMES = 118.0
"""Room for the names beside the flights, in points."""
ROW, BAR = 22.0, 16.0
PANEL, BETWEEN = 190.0, 40.0
FILLS = {"client": LIGHT_BLUE, "server": LIGHT_ORANGE}
ARROWS = {"client": "→", "server": "←"}

_Times = Mapping[str, Sequence[float]]


def plot_round_trips(
    measured: Flights,
    *,
    milliseconds: Sequence[float] = MILLISECONDS,
    bits_per_second: float | None = None,
    ax: Axes | None = None,
) -> Picture:
    """How long it takes until the answer's first byte, against the time of a round trip.

    measured: for each kind of connection its flights up to the answer: `lab.measuring.flights()`
    counts them in a trace. A flight takes half a round trip, and with bits_per_second the time that
    its bytes need besides. A flight of 0 bytes is one of TCP, which carries none of TLS.
    milliseconds: the round-trip times to draw. ax: axes to draw in; they get the lines alone.
    Raises LocalError if there is nothing to draw.
    """
    kinds = {name: tuple(flights) for name, flights in measured.items() if flights}
    if not kinds or not milliseconds:
        raise LocalError("nothing was measured: plot_round_trips needs flights, and times")
    times = {
        name: [_until_answer(flights, rtt, bits_per_second) for rtt in milliseconds]
        for name, flights in kinds.items()
    }
    with plain_style():
        if ax is None:
            figure = _figure(kinds, milliseconds, times)
        else:
            figure = figure_of(ax)
            _draw_times(ax, milliseconds, times)
            legend_in(ax)
    return described(figure, _alt(kinds, milliseconds), tuple(_lines(kinds, milliseconds, times)))


def _until_answer(
    flights: Sequence[tuple[str, int]], rtt: float, bits_per_second: float | None
) -> float:
    """In milliseconds."""
    sending = 0.0
    if bits_per_second:
        sending = 8000 * sum(length for _, length in flights) / bits_per_second
    return len(flights) * rtt / 2 + sending


# -- in words -----------------------------------------------------------------------------------


def _alt(kinds: Flights, milliseconds: Sequence[float]) -> str:
    return (
        f"Flights of {counted(len(kinds), 'kind')} of connection, one behind the other; below "
        "them, a chart of the time until the answer's first byte against the time of a round trip, "
        f"{min(milliseconds):,g} to {max(milliseconds):,g} milliseconds."
    )


def _lines(kinds: Flights, milliseconds: Sequence[float], times: _Times) -> Iterator[str]:
    for name, flights in kinds.items():
        longest = milliseconds[-1], times[name][-1]
        each = ", ".join(
            f"{sender} {length:,}" if length else f"{sender} TCP" for sender, length in flights
        )
        yield (
            f"{name}: {counted(len(flights), 'flight')} ({each}), {len(flights) / 2:g} round "
            f"trips; {longest[1]:,.0f} ms where a round trip takes {longest[0]:,g} ms"
        )


# -- drawing ------------------------------------------------------------------------------------


def _figure(kinds: Flights, milliseconds: Sequence[float], times: _Times) -> Figure:
    lines = _grouped(milliseconds, times)
    below = 42.0 + sum(len(line.names) for line in lines) * ENTRY + 10
    rows, above = len(kinds) * ROW, 48.0
    high = above + rows + BETWEEN + PANEL + below
    figure = Figure(figsize=(WIDE / 72, high / 72), facecolor=PAPER)
    top = figure.add_axes(
        (
            (LEFT + NAMES) / WIDE,
            (below + PANEL + BETWEEN) / high,
            (WIDE - LEFT - NAMES - RIGHT) / WIDE,
            rows / high,
        )
    )
    chart = figure.add_axes((LEFT / WIDE, below / high, (WIDE - LEFT - RIGHT) / WIDE, PANEL / high))
    figure.text(
        LEFT / WIDE,
        (high - 18) / high,
        "Flights until the answer, in bytes",
        fontproperties=font(NORMAL + 1.5, bold=True),
    )
    figure.text(
        LEFT / WIDE,
        (high - 34) / high,
        "→ from the client, ← from the server; each takes half a round trip",
        fontproperties=font(),
    )
    _draw_flights(top, kinds)
    _draw_times(chart, milliseconds, times)
    legend_below(figure, chart.get_lines(), (LEFT / WIDE, 10 / high))
    return figure


def _draw_flights(ax: Axes, kinds: Flights) -> None:
    most = max(len(flights) for flights in kinds.values())
    cell = (WIDE - LEFT - NAMES - RIGHT) / most
    ax.set_axis_off()
    ax.set_xlim(0, most * cell)
    ax.set_ylim(len(kinds) * ROW, 0)
    for row, (name, flights) in enumerate(kinds.items()):
        middle = row * ROW + ROW / 2
        _write(ax, -NAMES, middle, cut(name, NAMES - 8), "left")
        for number, (sender, length) in enumerate(flights):
            ax.add_patch(
                Rectangle(
                    (number * cell, middle - BAR / 2),
                    cell,
                    BAR,
                    facecolor=FILLS[sender] if length else FAINT,
                    edgecolor=INK,
                    linewidth=0.8,
                    clip_on=False,
                )
            )
            arrow = ARROWS[sender]
            said = f"{arrow} {length:,}" if length else f"{arrow} TCP"
            if width(said) > cell - 4:
                said = arrow
            _write(ax, (number + 0.5) * cell, middle, said, "center")


def _write(ax: Axes, x: float, y: float, text: str, align: str) -> None:
    ax.text(
        x,
        y,
        text,
        fontproperties=font(SMALL),
        ha=align,
        va="center",
        parse_math=False,
        clip_on=False,
    )


def _draw_times(ax: Axes, milliseconds: Sequence[float], times: _Times) -> None:
    draw_lines(ax, _grouped(milliseconds, times))
    ax.set_xlim(0, max(milliseconds))
    ax.set_ylim(bottom=0)
    name_axes(ax, "a round trip, milliseconds", "until the answer, milliseconds")


def _grouped(milliseconds: Sequence[float], times: _Times) -> list[Line]:
    """Kinds that take the same time share a line."""
    groups: dict[tuple[float, ...], list[str]] = {}
    for name, values in times.items():
        groups.setdefault(tuple(values), []).append(name)
    return [Line(tuple(names), milliseconds, values) for values, names in groups.items()]
