"""Lines over axes: what the charts have in common."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tlslab.view.plots.sheet import BLUE, GREEN, INK, ORANGE, PURPLE, RED, SMALL, cut, font

# Colour, dashes and marker: any one of them is enough to tell two lines apart.
STYLES = (
    (BLUE, "-", "o"),
    (RED, (0, (5, 2)), "s"),
    (GREEN, (0, (1, 1.2)), "^"),
    (PURPLE, (0, (6, 2, 1, 2)), "D"),
    (ORANGE, (0, (3, 1, 1, 1, 1, 1)), "v"),
    (INK, (0, (9, 3)), "x"),
)

NAME_ROOM = 400.0
ENTRY = 12.0
"""Height of a line of the legend, in points."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line, and the names of all that it is drawn for."""

    names: tuple[str, ...]
    x: Sequence[float]
    y: Sequence[float]


def draw_lines(ax: Axes, lines: Sequence[Line], *, mono: bool = False) -> None:
    """The lines over a grid, each in a style of its own. mono: how the names are measured."""
    for number, line in enumerate(lines):
        color, dashes, marker = STYLES[number % len(STYLES)]
        ax.plot(
            line.x,
            line.y,
            color=color,
            linestyle=dashes,
            linewidth=1.6,
            clip_on=False,
            marker=marker,
            markersize=4.5,
            markevery=(number, max(1, len(line.x) // 12)),
            label="\n".join(cut(name, NAME_ROOM, SMALL, mono=mono) for name in line.names),
        )
    ax.grid(color="#dddddd", linewidth=0.6)
    ax.set_axisbelow(True)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True, nbins=8, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        for label in axis.get_ticklabels():
            label.set_fontproperties(font())


def name_axes(ax: Axes, x: str, y: str) -> None:
    """What the axes say, with their units; "" for an axis that goes without."""
    ax.set_xlabel(x, fontproperties=font())
    ax.set_ylabel(y, fontproperties=font())


def legend_below(
    figure: Figure, handles: Sequence, corner: tuple[float, float], *, mono: bool = False
) -> None:
    """The names of the lines. corner: lower left, as parts of the figure."""
    legend = figure.legend(
        handles=handles,
        prop=font(mono=mono),
        loc="lower left",
        bbox_to_anchor=corner,
        frameon=False,
        handlelength=5,
        borderpad=0,
        borderaxespad=0,
        labelspacing=0.35,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


def legend_in(ax: Axes, *, mono: bool = False) -> None:
    """The names of the lines within somebody's axes."""
    for text in ax.legend(prop=font(mono=mono)).get_texts():
        text.set_parse_math(False)
