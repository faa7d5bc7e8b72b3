"""What protection adds to a record, by cipher suite, as a picture of measured records."""

from collections.abc import Iterator, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tlslab.errors import LocalError
from tlslab.view.plots.chart import ENTRY, Line, draw_lines, legend_below, legend_in, name_axes
from tlslab.view.plots.picture import Picture, described, plain_style
from tlslab.view.plots.sheet import NORMAL, PAPER, QUIET, figure_of, font
from tlslab.view.tables import counted

Measured = Mapping[str, Sequence[tuple[int, int]]]
"""For each suite, pairs of payload and bytes on the wire, both in bytes."""

WIDE, LEFT, RIGHT = 540.0, 58.0, 14.0
PANEL, BETWEEN = 150.0, 30.0

_Group = tuple[tuple[str, ...], tuple[tuple[int, int], ...]]
"""Suites of which every record was as long, and their pairs."""


def plot_record_overhead(measured: Measured, *, ax: Axes | None = None) -> Picture:
    """Bytes on the wire against payload, and how many of them the protection adds, by suite.

    measured: for each suite pairs of payload and bytes on the wire, of records that were made:
    `lab.measuring.record_sizes()` makes some. Suites with the same sizes share a line. ax: axes to
    draw in; they get what is added alone. Raises LocalError if there is nothing to draw.
    """
    groups = _grouped(measured)
    if not groups:
        raise LocalError("nothing was measured: plot_record_overhead needs pairs for a suite")
    with plain_style():
        figure = _figure(groups) if ax is None else _in(ax, groups)
    return described(figure, _alt(groups), tuple(_lines(groups)))


def _grouped(measured: Measured) -> list[_Group]:
    groups: dict[tuple[tuple[int, int], ...], list[str]] = {}
    for suite, pairs in measured.items():
        if pairs:
            groups.setdefault(tuple(sorted(pairs)), []).append(suite)
    return [(tuple(suites), pairs) for pairs, suites in groups.items()]


def _added(pairs: Sequence[tuple[int, int]]) -> list[int]:
    return [wire - payload for payload, wire in pairs]


# -- in words -----------------------------------------------------------------------------------


def _alt(groups: Sequence[_Group]) -> str:
    payloads = [payload for _, pairs in groups for payload, _ in pairs]
    suites = sum(len(suites) for suites, _ in groups)
    return (
        f"Chart of bytes on the wire against payload, for {counted(suites, 'cipher suite')} and "
        f"payloads of {min(payloads):,} to {max(payloads):,} bytes; below it, the bytes added."
    )


def _lines(groups: Sequence[_Group]) -> Iterator[str]:
    for suites, pairs in groups:
        added = _added(pairs)
        least, most = min(added), max(added)
        often = f"{least:,}" if least == most else f"{least:,} to {most:,}"
        yield f"{', '.join(suites)}: {often} bytes more than the payload"


# -- drawing ------------------------------------------------------------------------------------


def _figure(groups: Sequence[_Group]) -> Figure:
    entries = sum(len(suites) for suites, _ in groups) + 1
    below = 42.0 + entries * ENTRY + 10
    above = 30.0
    high = above + 2 * PANEL + BETWEEN + below
    figure = Figure(figsize=(WIDE / 72, high / 72), facecolor=PAPER)
    across = (WIDE - LEFT - RIGHT) / WIDE
    panels = [
        figure.add_axes((LEFT / WIDE, (below + at) / high, across, PANEL / high))
        for at in (PANEL + BETWEEN, 0.0)
    ]
    wire, added = panels
    _draw(wire, groups, lambda pairs: [on_wire for _, on_wire in pairs])
    ends = [0, max(payload for _, pairs in groups for payload, _ in pairs)]
    wire.plot(ends, ends, color=QUIET, linewidth=1.0, label="payload alone")
    _draw(added, groups, _added)
    wire.set_ylim(bottom=0)
    added.set_ylim(bottom=0)
    wire.set_xlim(0, ends[1])
    added.set_xlim(0, ends[1])
    wire.set_title(
        "What protection adds to a record", fontproperties=font(NORMAL + 1.5, bold=True), loc="left"
    )
    name_axes(wire, "", "bytes on the wire")
    name_axes(added, "payload, bytes", "bytes added")
    legend_below(figure, wire.get_lines(), (LEFT / WIDE, 10 / high), mono=True)
    return figure


def _in(ax: Axes, groups: Sequence[_Group]) -> Figure:
    figure = figure_of(ax)
    _draw(ax, groups, _added)
    ax.set_ylim(bottom=0)
    name_axes(ax, "payload, bytes", "bytes added")
    legend_in(ax, mono=True)
    return figure


def _draw(ax: Axes, groups: Sequence[_Group], height) -> None:
    lines = [
        Line(suites, [payload for payload, _ in pairs], height(pairs)) for suites, pairs in groups
    ]
    draw_lines(ax, lines, mono=True)
