"""How many bytes a key exchange sends, by group, as a picture of measured shares."""

from collections.abc import Iterator, Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tlslab.errors import LocalError
from tlslab.view.plots.picture import Picture, described, plain_style
from tlslab.view.plots.sheet import BLUE, INK, NORMAL, ORANGE, PAPER, QUIET, cut, figure_of, font
from tlslab.view.tables import counted

Measured = Mapping[str, tuple[tuple[int, int], tuple[int, int]]]
"""For each group the client's and the server's bytes: of the classical part, and of ML-KEM."""

PACKET = 1460
"""Most bytes of TCP payload in a packet, as on Ethernet."""
WIDE, LEFT, RIGHT, BELOW, ABOVE = 540.0, 150.0, 14.0, 64.0, 30.0
ROW = 40.0
ROOM = LEFT - 12
"""For the name of a group."""
SIDES = ("client", "server")
PARTS = (("Diffie-Hellman", BLUE, ""), ("ML-KEM", ORANGE, "////"))


def plot_share_sizes(measured: Measured, *, ax: Axes | None = None) -> Picture:
    """Bytes of the shares of client and server, by group, with what is ML-KEM's in them.

    measured: for each group two pairs, the client's and the server's; of each the bytes of the
    classical part and of ML-KEM's. `lab.measuring.share_sizes()` makes some. ax: axes to draw in.
    Raises LocalError if there is nothing to draw.
    """
    if not measured:
        raise LocalError("nothing was measured: plot_share_sizes needs the sizes for a group")
    with plain_style():
        figure = _figure(measured) if ax is None else figure_of(ax)
        if ax is not None:
            _draw(ax, measured)
    return described(figure, _alt(measured), tuple(_lines(measured)))


# -- in words -----------------------------------------------------------------------------------


def _alt(measured: Measured) -> str:
    most = max(sum(share) for shares in measured.values() for share in shares)
    return (
        f"Bars: bytes of the key share of client and server, for {counted(len(measured), 'group')};"
        f" the longest has {most:,}, and a packet holds {PACKET:,}."
    )


def _lines(measured: Measured) -> Iterator[str]:
    for group, shares in measured.items():
        sides = [f"{side} {_said(*share)}" for side, share in zip(SIDES, shares, strict=True)]
        yield f"{group}: {', '.join(sides)}"


def _said(classical: int, mlkem: int) -> str:
    whole = f"{classical + mlkem:,} bytes"
    return f"{whole} ({mlkem:,} of them ML-KEM's)" if mlkem else whole


# -- drawing ------------------------------------------------------------------------------------


def _figure(measured: Measured) -> Figure:
    panel = ROW * len(measured)
    high = ABOVE + panel + BELOW
    figure = Figure(figsize=(WIDE / 72, high / 72), facecolor=PAPER)
    box = (LEFT / WIDE, BELOW / high, (WIDE - LEFT - RIGHT) / WIDE, panel / high)
    ax = figure.add_axes(box)
    _draw(ax, measured)
    ax.set_title(
        "What a key exchange sends", fontproperties=font(NORMAL + 1.5, bold=True), loc="left"
    )
    return figure


def _draw(ax: Axes, measured: Measured) -> None:
    most = max(PACKET, *(sum(share) for shares in measured.values() for share in shares))
    for number, shares in enumerate(measured.values()):
        for row, (side, share) in enumerate(zip(SIDES, shares, strict=True)):
            y = number + (row - 0.5) * 0.38
            start = 0
            for (name, color, hatch), length in zip(PARTS, share, strict=True):
                ax.barh(
                    y,
                    length,
                    0.34,
                    left=start,
                    color=color,
                    hatch=hatch,
                    edgecolor=PAPER,
                    linewidth=0.6,
                    label=name if number == row == 0 else "",
                )
                start += length
            ax.text(
                start + most * 0.01,
                y,
                f"{start:,} {side}",
                fontproperties=font(),
                verticalalignment="center",
                color=INK,
                bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1},
            )
    ax.axvline(PACKET, color=QUIET, linewidth=1.0, linestyle=(0, (4, 3)), label="one TCP packet")
    ax.set_xlim(0, most * 1.18)
    ax.set_ylim(len(measured) - 0.5, -0.5)
    ax.set_yticks(range(len(measured)), [cut(name, ROOM, mono=True) for name in measured])
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    for label in ax.get_xticklabels():
        label.set_fontproperties(font())
    for label in ax.get_yticklabels():
        label.set_fontproperties(font(mono=True))
        label.set_parse_math(False)
    ax.set_xlabel("bytes", fontproperties=font())
    ax.tick_params(axis="y", length=0)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    ax.legend(
        prop=font(),
        frameon=False,
        loc="upper left",
        bbox_to_anchor=(0, -34 / (ROW * len(measured))),
        ncols=3,
        borderaxespad=0,
        borderpad=0,
    )
