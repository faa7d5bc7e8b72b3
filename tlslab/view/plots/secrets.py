"""The graph of the secrets as a picture: what was made from what, from the top down."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from matplotlib.axes import Axes

from tlslab.trace import Trace
from tlslab.view.graph import Graph, Node, graph
from tlslab.view.plots.picture import Picture, described, plain_style
from tlslab.view.plots.sheet import (
    BLUE,
    INK,
    LARGE,
    LEADING,
    LIGHT_BLUE,
    LIGHT_ORANGE,
    PAPER,
    QUIET,
    SMALL,
    Sheet,
    width,
    wrap,
)
from tlslab.view.tables import counted, listed

MARGIN = 12.0
ROOM = 112.0
"""How wide the text in a box may be, in points."""
BOX = ROOM + 14.0
GAP = 14.0
PASSING = 22.0
"""How wide the place of a line is that passes a layer."""
BETWEEN = 36.0
"""From a layer to the next."""

HEAD = 6.0
"""Length of an arrowhead."""

_FILLS = {"random": LIGHT_ORANGE, "received": LIGHT_BLUE, "derived": PAPER}
_DASHES = (4.0, 2.0)


@dataclass(frozen=True, slots=True)
class _Box:
    """A node with the lines in it, and where it stands.

    x, y: the middle of its top. top, bottom: of its layer, whose highest box is higher than most.
    """

    node: Node
    name: list[str]
    origin: list[str]
    facts: list[str]
    x: float = 0.0
    y: float = 0.0
    top: float = 0.0
    bottom: float = 0.0

    @property
    def high(self) -> float:
        return (len(self.name) + len(self.origin) + len(self.facts)) * SMALL * LEADING + 11


def plot_secrets(trace: Trace, *, ax: Axes | None = None) -> Picture:
    """What every secret was made from, down to the keys; without any of the values.

    ax: axes to draw in. A dashed border is a secret; a solid one is what anybody on the wire knows
    or can compute.
    """
    values = graph(trace)
    title = wrap(f"Secrets, as the {trace.role} has them", 400, LARGE, bold=True)
    rows = _rows(values)
    wide = max([_wide(row) for row in rows] + [340.0]) + 2 * MARGIN
    boxes, passing, y = _placed(values, rows, wide, MARGIN + LARGE * LEADING * len(title) + 12)
    high = y + 20 + 2 * SMALL * LEADING + MARGIN
    with plain_style():
        sheet = Sheet(wide, high, ax)
        sheet.lines(MARGIN, MARGIN + LARGE, title, LARGE, bold=True)
        _edges(sheet, values, boxes, passing)
        for box in boxes.values():
            _draw(sheet, box)
        if not boxes:
            sheet.text(wide / 2, y - 4, "The trace has none.", align="center")
        _legend(sheet, high - MARGIN - SMALL * LEADING - 1)
    return described(sheet.figure, _alt(trace, values), tuple(map(_line, values.nodes)))


# -- in words -----------------------------------------------------------------------------------


def _alt(trace: Trace, values: Graph) -> str:
    if not values.nodes:
        return f"Graph of the secrets of the {trace.role}: there are none."
    last = listed(node.name for node in values.layers[-1])
    return (
        f"Graph of the {counted(len(values.nodes), 'value')} that the {trace.role} has, in "
        f"{counted(len(values.layers), 'layer')}, each below what it was made from. "
        f"Lowest: {last}."
    )


def _line(node: Node) -> str:
    made = f", from {listed(node.inputs)}" if node.inputs else ""
    return f"{node.name}: {_facts(node)}; {_origin(node)}{made} ({node.section})"


def _facts(node: Node) -> str:
    more = f" · {node.occurs}×" if node.occurs > 1 else ""
    size = counted(len(node.value), "byte")
    return f"{size} · {'public' if node.public else 'secret'}{more}"


def _origin(node: Node) -> str:
    return f"{node.operation}, “{node.label}”" if node.label else node.operation


# -- where it stands ----------------------------------------------------------------------------


def _rows(values: Graph) -> list[list[Node | str]]:
    """The layers from left to right: nodes, and the names of the lines that pass."""
    rows: list[dict[int, Node | str]] = [
        {node.place: node for node in layer} for layer in values.layers
    ]
    for name, points in values.passing.items():
        for layer, place in points:
            rows[layer][place] = name
    return [[row[place] for place in sorted(row)] for row in rows]


def _wide(row: list[Node | str]) -> float:
    return sum(PASSING if isinstance(one, str) else BOX for one in row) + GAP * (len(row) - 1)


def _placed(
    values: Graph, rows: list[list[Node | str]], wide: float, y: float
) -> tuple[dict[str, _Box], dict[tuple[str, int], list[tuple[float, float]]], float]:
    """The boxes, the points through which lines pass a layer, and where the last layer ends."""
    boxes: dict[str, _Box] = {}
    passing: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for layer, row in enumerate(rows):
        lines = {node.name: _text(node) for node in row if isinstance(node, Node)}
        high = max([box.high for box in lines.values()], default=0.0)
        x = (wide - _wide(row)) / 2
        for one in row:
            step = PASSING if isinstance(one, str) else BOX
            if isinstance(one, str):
                passing[one, layer] = [(x + step / 2, y), (x + step / 2, y + high)]
            else:
                box = lines[one.name]
                boxes[one.name] = replace(
                    box, x=x + step / 2, y=y + (high - box.high) / 2, top=y, bottom=y + high
                )
            x += step + GAP
        y += high + BETWEEN
    return boxes, passing, y - BETWEEN if rows else y


def _text(node: Node) -> _Box:
    return _Box(
        node,
        wrap(node.name, ROOM, SMALL, mono=True, bold=True),
        [*wrap(node.operation, ROOM), *(wrap(f"“{node.label}”", ROOM) if node.label else [])],
        wrap(_facts(node), ROOM),
    )


# -- drawing ------------------------------------------------------------------------------------


def _edges(
    sheet: Sheet,
    values: Graph,
    boxes: Mapping[str, _Box],
    passing: Mapping[tuple[str, int], list[tuple[float, float]]],
) -> None:
    for node in values.nodes:
        box = boxes[node.name]
        arriving = []
        for name in node.inputs:
            source = boxes[name]
            # Upright within the layers, so that no line meets a box beside its own.
            points = [(source.x, source.y + source.high), (source.x, source.bottom)]
            for layer in range(source.node.layer + 1, node.layer):
                points += passing[name, layer]
            arriving.append((points[-1][0], name, points))
        for (_, name, points), x in zip(sorted(arriving), _ports(box, len(arriving)), strict=True):
            public = boxes[name].node.public
            color = BLUE if public else INK
            points += [(x, box.top - HEAD), (x, box.y - HEAD)]
            sheet.curve(points, color, 1.1, () if public else _DASHES)
            sheet.head(x, box.y, (0, 1), color, HEAD)


def _ports(box: _Box, count: int) -> Iterator[float]:
    """Where lines arrive at the top of a box."""
    for number in range(1, count + 1):
        yield box.x - BOX / 2 + BOX * number / (count + 1)


def _draw(sheet: Sheet, box: _Box) -> None:
    node = box.node
    sheet.box(
        box.x - BOX / 2,
        box.y,
        BOX,
        box.high,
        _FILLS[node.kind],
        BLUE if node.public else INK,
        1.4,
        round=0 if node.kind == "derived" else 10,
        dashes=() if node.public else _DASHES,
    )
    y = box.y + 5 + SMALL
    y = sheet.lines(box.x, y, box.name, mono=True, bold=True, align="center")
    y = sheet.lines(box.x, y, box.origin, align="center")
    sheet.lines(box.x, y, box.facts, color=QUIET, align="center")


def _legend(sheet: Sheet, y: float) -> None:
    x = MARGIN
    for text, fill, corners in (
        ("drawn at random", LIGHT_ORANGE, 5),
        ("received", LIGHT_BLUE, 5),
        ("computed", PAPER, 0),
    ):
        sheet.box(x, y - 9, 22, 11, fill, QUIET, round=corners)
        sheet.text(x + 27, y, text)
        x += 27 + width(text) + 18
    y += SMALL * LEADING + 3
    x = MARGIN
    for text, edge, dashes in (
        ("secret", INK, _DASHES),
        ("public: anybody on the wire knows it or can compute it", BLUE, ()),
    ):
        sheet.line([(x, y - 3), (x + 22, y - 3)], edge, 1.4, dashes)
        sheet.text(x + 27, y, text)
        x += 27 + width(text) + 18
