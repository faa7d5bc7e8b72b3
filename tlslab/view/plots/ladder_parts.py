"""What the ladder's picture consists of, and how much room each part takes, in points."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tlslab.view.ladder import Ladder, Protection, Rung
from tlslab.view.plots.sheet import (
    BLUE,
    GREEN,
    INK,
    LEADING,
    NORMAL,
    ORANGE,
    PAPER,
    RED,
    SMALL,
    width,
    wrap,
)
from tlslab.view.steps import Status, Step
from tlslab.view.tables import counted

TOGETHER = 3
"""More records of application data in a row than this are one arrow."""

# From left to right, in points.
MARGIN, TITLE, TITLE_ROOM = 10.0, 34.0, 140.0
CLIENT, SERVER = 210.0, 452.0
FLIGHT, TRIP, WIDE = 506.0, 546.0, 572.0

ROW, LEGEND_ROW, LEGEND_GAP = 25.0, 17.0, 20.0
PAD = 6.0

DOTS = {INK: "computed here", PAPER: "not seen from here"}
"""What a dot on a lifeline means, by its colour."""

Style = tuple[str, str, tuple[float, ...], bool]
"""What a line means, its colour, its dashes, and whether it is a double line."""
_STYLES: dict[tuple[Protection, bool], Style] = {
    (Protection.CLEAR, False): ("in the clear", INK, (), False),
    (Protection.EARLY, True): ("under the early keys", GREEN, (2, 2), False),
    (Protection.HANDSHAKE, True): ("under the handshake keys", ORANGE, (6, 3), False),
    (Protection.APPLICATION, True): ("under the session keys", BLUE, (), True),
    (Protection.HANDSHAKE, False): ("authenticated, not encrypted", RED, (7, 2, 2, 2), False),
    (Protection.APPLICATION, False): ("authenticated, not encrypted", RED, (7, 2, 2, 2), False),
}


@dataclass(frozen=True, slots=True)
class Arrow:
    """A rung, or some rungs of application data that are drawn as one."""

    rungs: tuple[Rung, ...]

    @property
    def rung(self) -> Rung:
        return self.rungs[0]

    @property
    def title(self) -> str:
        return self.rung.title if len(self.rungs) == 1 else f"{len(self.rungs)} × {self.rung.name}"

    @property
    def size(self) -> str:
        return counted(sum(rung.length for rung in self.rungs), "byte")

    @property
    def style(self) -> Style:
        rung = self.rung
        name, color, dashes, double = _STYLES[rung.protection, rung.protected_by == "encrypted"]
        if rung.protection is Protection.APPLICATION and "_WITH_" not in rung.record.protection:
            # TLS 1.3 has keys for the handshake, too: "session keys" would be both.
            name = "under the application keys"
        return name, color, dashes, double

    @property
    def line(self) -> str:
        """All that the arrow says, in words."""
        rung = self.rung
        step = f", step {rung.step}" if rung.step else ""
        return (
            f"{self.title}: {rung.sender} → {rung.receiver}, {self.size}, {rung.protected_by}; "
            f"flight {rung.flight}, round trip {rung.round_trip}{step}"
        )


@dataclass(frozen=True, slots=True)
class Label:
    """What stands above an arrow: the name, and the size beside or below it."""

    lines: tuple[str, ...]
    size: str
    beside: bool

    @property
    def high(self) -> float:
        return (len(self.lines) - self.beside) * NORMAL * LEADING + SMALL * LEADING


# Of these the arrows speak, or the words between the lifelines.
_PLAIN = (Status.DONE, Status.NOT_REACHED)


@dataclass(frozen=True, slots=True)
class Block:
    """The arrows of one step that follow each other; none where a step sends nothing."""

    step: Step | None
    arrows: tuple[Arrow, ...]
    again: bool = False

    @property
    def title(self) -> list[str]:
        if self.step is None:
            return []
        title = f"{self.step.title}{' (continued)' if self.again else ''}"
        return wrap(title, TITLE_ROOM, SMALL, bold=True)

    @property
    def status(self) -> str:
        """How far the step came, if it is not simply done."""
        if self.step is None or self.again or self.step.status in _PLAIN:
            return ""
        return f"{'✗ ' if self.step.status is Status.FAILED else ''}{self.step.status}"

    @property
    def local(self) -> bool:
        """Whether it happens where nobody on the wire sees it."""
        step = self.step
        return not self.arrows and step is not None and step.status is not Status.NOT_REACHED

    @property
    def high(self) -> float:
        beside = (len(self.title) + bool(self.status)) * SMALL * LEADING + 2 * PAD
        rows = sum(row_height(arrow) for arrow in self.arrows) + PAD if self.arrows else ROW
        return max(beside, rows)


def arrows_of(rungs: Sequence[Rung]) -> list[Arrow]:
    """An arrow for each rung; a long run of application data is one."""
    runs: list[list[Rung]] = []
    for rung in rungs:
        data = rung.name == "application_data"
        if runs and data and _key(runs[-1][-1]) == _key(rung):
            runs[-1].append(rung)
        else:
            runs.append([rung])
    return [
        arrow
        for run in runs
        for arrow in (
            [Arrow(tuple(run))] if len(run) > TOGETHER else [Arrow((rung,)) for rung in run]
        )
    ]


def _key(rung: Rung) -> tuple[str, str, str, int]:
    return rung.name, rung.sender, rung.record.protection, rung.step


def blocks_of(rungs: Ladder, arrows: Sequence[Arrow], first: int, end: int) -> Iterator[Block]:
    """The steps in order, also those in which nothing is sent: they stand before the next one."""
    sending = {rung.step for rung in rungs}
    reached = max((rung.step for rung in rungs.rungs[: first - 1]), default=0)
    seen: set[int] = set()
    at = 0
    while at < len(arrows):
        number = arrows[at].rung.step
        for step in rungs.steps:
            if reached < step.number < number and step.number not in sending:
                yield Block(step, ())
        start = at
        while at < len(arrows) and arrows[at].rung.step == number:
            at += 1
        own = next((step for step in rungs.steps if step.number == number), None)
        yield Block(own, tuple(arrows[start:at]), number in seen)
        seen.add(number)
        reached = max(reached, number)
    if end == len(rungs):
        yield from (Block(step, ()) for step in rungs.steps if step.number > reached)


def label_of(arrow: Arrow) -> Label:
    """What stands above it, in lines that fit between the lifelines."""
    room = SERVER - CLIENT - 24
    lines = wrap(arrow.title, room, NORMAL, mono=True)
    beside = width(lines[-1], NORMAL, mono=True) + 8 + width(arrow.size) <= room
    return Label(tuple(lines), arrow.size, beside)


def row_height(arrow: Arrow) -> float:
    """How high an arrow with its label is, in points."""
    return max(ROW, label_of(arrow).high + 14)


Entry = Style | tuple[str, str]
"""A style of lines; or what a dot means, and its colour."""


def legend_rows(styles: Sequence[Style], blocks: Sequence[Block]) -> list[list[Entry]]:
    """What the legend explains: what occurs, in as many rows as it takes."""
    dots = {dot_fill(block.step) for block in blocks if block.step is not None and block.local}
    entries: list[Entry] = [*dict.fromkeys(styles)]
    entries += [(DOTS[fill], fill) for fill in DOTS if fill in dots]
    rows: list[list[Entry]] = []
    room = 0.0
    for entry in entries:
        if entry_width(entry) > room:
            rows.append([])
            room = WIDE - 2 * MARGIN
        rows[-1].append(entry)
        room -= entry_width(entry) + LEGEND_GAP
    return rows


def entry_width(entry: Entry) -> float:
    """How wide an entry of the legend is, in points, without the gap after it."""
    return (15 if len(entry) == 2 else 40) + width(entry[0])


def dot_fill(step: Step) -> str:
    """The colour of its dots: full where the trace shows it, empty where it is inferred."""
    return INK if step.status in (Status.DONE, Status.FAILED) else PAPER
