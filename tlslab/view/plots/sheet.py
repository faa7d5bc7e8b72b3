"""A sheet to draw on: points from the top left, letters that are measured before they are set.

Every text from outside goes through `shown`: no control character, no mathematics between dollar
signs, no letter that the font does not have.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.patches import Circle, FancyBboxPatch, PathPatch, Polygon, Rectangle
from matplotlib.path import Path as Curve
from matplotlib.textpath import text_to_path

from tlslab.errors import LocalError
from tlslab.view.tables import MAX_TEXT, clean

# Okabe and Ito's colours, told apart by everybody, and tints of them to write on in black.
INK, QUIET, FAINT, PAPER = "#000000", "#595959", "#f3f3f3", "#ffffff"
BLUE, ORANGE, GREEN, RED, PURPLE = "#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7"
LIGHT_BLUE, LIGHT_ORANGE, LIGHT_GREEN, LIGHT_PURPLE = "#d6e8f5", "#fbe8c4", "#d3efe5", "#f6e4ee"

SMALL, NORMAL, LARGE = 8.0, 9.0, 10.5
"""Sizes of letters in points."""
MAX_LABEL = 120
"""Longest text within a picture, in characters."""
LEADING = 1.25
"""From line to line, in sizes of letters."""

_RIGHT_TO_LEFT = {"R", "AL", "AN"}


@cache
def font(size: float = SMALL, mono: bool = False, bold: bool = False) -> FontProperties:
    """A font that matplotlib brings along."""
    return FontProperties(
        family="DejaVu Sans Mono" if mono else "DejaVu Sans",
        weight="bold" if bold else "normal",
        size=size,
    )


def width(text: str, size: float = SMALL, mono: bool = False, bold: bool = False) -> float:
    """How wide a text will be, in points, with the spaces at its ends; never too little.

    Letter by letter: which of them are drawn closer together, or as one, is a matter of versions.
    """
    return size * sum(_advance(char, mono, bold) for char in text)


@cache
def _advance(char: str, mono: bool, bold: bool) -> float:
    """From a letter to the next, in sizes."""
    # What can be measured is the ink. Between two digits, the space around it counts too.
    return _ink(f"0{char}0", mono, bold) - _ink("00", mono, bold)


def _ink(text: str, mono: bool, bold: bool) -> float:
    properties = font(100.0, mono, bold)
    return (
        float(text_to_path.get_text_width_height_descent(text, properties, ismath=False)[0]) / 100
    )


def shown(text: str, limit: int = MAX_TEXT) -> str:
    """The text as it can be drawn: cleaned, and what the font lacks or would reorder escaped."""
    return "".join(char if _drawable(char) else _escaped(char) for char in clean(text, limit))


@cache
def _drawable(char: str) -> bool:
    if unicodedata.bidirectional(char) in _RIGHT_TO_LEFT or unicodedata.combining(char):
        return False
    fonts = (font(SMALL, mono, bold) for mono in (False, True) for bold in (False, True))
    return all(get_font(findfont(one)).get_char_index(ord(char)) for one in fonts)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def wrap(
    text: str,
    room: float,
    size: float = SMALL,
    *,
    mono: bool = False,
    bold: bool = False,
    limit: int = MAX_LABEL,
) -> list[str]:
    """The lines of a text, none wider than `room` points; of `limit` characters, no more.

    A line ends at a space; within a word that is too long after `_` or `.`; else anywhere.
    """

    def fits(line: str) -> bool:
        return width(line, size, mono, bold) <= room

    lines = [""]
    for word in shown(text, limit).split():
        joined = f"{lines[-1]} {word}".lstrip()
        if fits(joined):
            lines[-1] = joined
            continue
        lines.append("")
        for piece in [word] if fits(word) else re.findall(r"[^_.]*[_.]|[^_.]+", word):
            if not fits(lines[-1] + piece):
                lines.append("")
            for char in piece:
                if not fits(lines[-1] + char):
                    lines.append("")
                lines[-1] += char
    return [line for line in lines if line] or [""]


def cut(text: str, room: float, size: float = SMALL, mono: bool = False) -> str:
    """The text, or as much of its beginning as `room` points hold, and an ellipsis."""
    text = shown(text)
    if width(text, size, mono) <= room:
        return text
    while text and width(f"{text}…", size, mono) > room:
        text = text[:-1]
    return f"{text.rstrip()}…"


def figure_of(ax: Axes) -> Figure:
    """The figure that axes are in. Raises LocalError if they are in none."""
    figure = ax.get_figure(root=True)
    if figure is None:
        raise LocalError("these axes are in no figure")
    return figure


class Sheet:
    """An area of `wide` × `high` points; what is drawn later lies above.

    ax: somebody's axes to draw in, then everything is scaled to fit. Without it a figure of this
    size is made.
    """

    def __init__(self, wide: float, high: float, ax: Axes | None = None) -> None:
        if ax is None:
            self.figure = Figure(figsize=(wide / 72, high / 72), facecolor=PAPER)
            ax = self.figure.add_axes((0, 0, 1, 1))
            self._scale = 1.0
        else:
            self.figure = figure_of(ax)
            box, dpi = ax.get_window_extent(), self.figure.dpi
            self._scale = min(box.width * 72 / dpi / wide, box.height * 72 / dpi / high)
        ax.set_axis_off()
        ax.set_xlim(0, wide)
        ax.set_ylim(high, 0)
        ax.set_aspect("equal", anchor="N")
        self._ax = ax
        self._order = 1

    def _next(self) -> int:
        self._order += 1
        return self._order

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = SMALL,
        *,
        mono: bool = False,
        bold: bool = False,
        color: str = INK,
        align: str = "left",
    ) -> None:
        """A text on the base line `y`. align: where `x` is in it: left, center or right."""
        properties = font(size * self._scale, mono, bold)
        self._ax.text(
            x,
            y,
            text,
            fontproperties=properties,
            color=color,
            ha=align,
            va="baseline",
            parse_math=False,
            usetex=False,
            zorder=self._next(),
        )

    def lines(self, x: float, y: float, texts: Sequence[str], size: float = SMALL, **how) -> float:
        """Texts below each other from the base line `y`; returns the base line after the last."""
        for text in texts:
            self.text(x, y, text, size, **how)
            y += size * LEADING
        return y

    def line(
        self,
        points: Sequence[tuple[float, float]],
        color: str = INK,
        thick: float = 1.0,
        dashes: tuple[float, ...] = (),
    ) -> None:
        """Straight lines through the points. dashes: on, off, … in points; none for a solid one."""
        self._path(Curve(points), color, thick, dashes)

    def curve(
        self,
        points: Sequence[tuple[float, float]],
        color: str = INK,
        thick: float = 1.0,
        dashes: tuple[float, ...] = (),
    ) -> None:
        """From point to point, down: leaving and arriving upright."""
        vertices = [points[0]]
        codes = [Curve.MOVETO]
        for (x, y), (to_x, to_y) in pairwise(points):
            if x == to_x:
                vertices.append((to_x, to_y))
                codes.append(Curve.LINETO)
                continue
            half = (to_y - y) / 2
            vertices += [(x, y + half), (to_x, to_y - half), (to_x, to_y)]
            codes += [Curve.CURVE4] * 3
        self._path(Curve(vertices, codes), color, thick, dashes)

    def _path(self, path: Curve, color: str, thick: float, dashes: tuple[float, ...]) -> None:
        thick *= self._scale
        # matplotlib counts dashes in line widths.
        style = (0, tuple(dash * self._scale / thick for dash in dashes)) if dashes else "solid"
        self._ax.add_patch(
            PathPatch(
                path,
                fill=False,
                edgecolor=color,
                linewidth=thick,
                linestyle=style,
                capstyle="butt",
                joinstyle="miter",
                clip_on=False,
                zorder=self._next(),
            )
        )

    def head(self, x: float, y: float, toward: tuple[int, int], color: str = INK, size=6.0) -> None:
        """An arrowhead with its tip in (x, y). toward: (1, 0) for right, (0, 1) for down."""
        across, down = toward
        back_x, back_y = x - across * size, y - down * size
        half = size * 0.42
        corners = [
            (x, y),
            (back_x + down * half, back_y + across * half),
            (back_x - down * half, back_y - across * half),
        ]
        self._patch(Polygon(corners, closed=True), color, color, 0.0)

    def box(
        self,
        left: float,
        top: float,
        wide: float,
        high: float,
        fill: str = PAPER,
        edge: str = INK,
        thick: float = 1.0,
        *,
        round: float = 0.0,
        dashes: tuple[float, ...] = (),
    ) -> None:
        """A rectangle. thick: 0 for one without a border. round: radius of its corners."""
        if round:
            patch = FancyBboxPatch(
                (left, top), wide, high, boxstyle=f"round,pad=0,rounding_size={round}"
            )
            self._patch(patch, fill, edge, thick, dashes)
        else:
            self._patch(Rectangle((left, top), wide, high), fill, edge, thick, dashes)

    def dot(
        self, x: float, y: float, radius: float, fill: str = INK, edge: str = INK, thick=1.0
    ) -> None:
        """A circle."""
        self._patch(Circle((x, y), radius), fill, edge, thick)

    def _patch(
        self, patch, fill: str, edge: str, thick: float, dashes: tuple[float, ...] = ()
    ) -> None:
        patch.set_facecolor(fill)
        patch.set_edgecolor(edge if thick else "none")
        patch.set_linewidth(thick * self._scale)
        if dashes:
            patch.set_linestyle((0, tuple(dash / thick for dash in dashes)))
        patch.set_clip_on(False)
        patch.set_zorder(self._next())
        self._ax.add_patch(patch)
