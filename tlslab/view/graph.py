"""The graph of the secrets: what was made from what, read from the names in the trace.

Nothing is laid out by hand. A value stands one layer below the deepest of its inputs, and within a
layer near the middle of them. A line that passes a layer has a place of its own there, so that it
runs beside the values and not behind them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tlslab.trace import Message, RandomDrawn, SecretDerived, Trace, ValueReceived
from tlslab.view.knowledge import public_names

MAX_LAYER = 7
"""How many derived values stand side by side, unless one value alone leads to more."""
SWEEPS = 4
"""How often the layers are put in order, down and up in turn; the last one goes up."""

_KINDS = {RandomDrawn: "random", ValueReceived: "received", SecretDerived: "derived"}
_Event = RandomDrawn | ValueReceived | SecretDerived


@dataclass(frozen=True, slots=True)
class Node:
    """A random, a received value or a secret.

    kind: "random", "received" or "derived". layer: 0 for what is made from nothing here. place:
    counted from 0 within the layer. drawn: how often a value of this name occurs in the trace.
    covers: the messages whose hash is the `context`, in order.
    """

    name: str
    value: bytes
    kind: str
    operation: str
    label: str
    inputs: tuple[str, ...]
    context: bytes
    section: str
    layer: int
    place: int
    occurs: int
    public: bool
    covers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """All values of one side, inputs before what is made from them.

    passing: the places, as (layer, place), where the lines down from a value pass other layers.
    """

    nodes: tuple[Node, ...]
    passing: Mapping[str, tuple[tuple[int, int], ...]]

    def __getitem__(self, name: str) -> Node:
        return next(node for node in self.nodes if node.name == name)

    @property
    def edges(self) -> list[tuple[str, str]]:
        """(input, result) for each input of each value."""
        return [(name, node.name) for node in self.nodes for name in node.inputs]

    @property
    def layers(self) -> list[list[Node]]:
        """The nodes by layer, each in its place."""
        depth = max((node.layer for node in self.nodes), default=-1) + 1
        found: list[list[Node]] = [[] for _ in range(depth)]
        for node in self.nodes:
            found[node.layer].append(node)
        return [sorted(layer, key=lambda node: node.place) for layer in found]


def graph(trace: Trace) -> Graph:
    """The graph of what is in the trace: the first value of each name."""
    events: dict[str, _Event] = {}
    occurs: dict[str, int] = {}
    for event in trace:
        if isinstance(event, _Event):
            events.setdefault(event.name, event)
            occurs[event.name] = occurs.get(event.name, 0) + 1
    inputs = {name: _inputs(event, events) for name, event in events.items()}
    layer = _layers(inputs)
    place, passing = _places(layer, inputs)
    public = public_names(trace)
    covers = _covers(trace)
    return Graph(
        tuple(
            Node(
                name,
                event.value,
                _KINDS[type(event)],
                _operation(event),
                event.label if isinstance(event, SecretDerived) else "",
                inputs[name],
                event.context if isinstance(event, SecretDerived) else b"",
                event.section,
                layer[name],
                place[name],
                occurs[name],
                name in public,
                covers.get(event.context, ()) if isinstance(event, SecretDerived) else (),
            )
            for name, event in events.items()
        ),
        passing,
    )


def _operation(event: _Event) -> str:
    if isinstance(event, SecretDerived):
        return event.operation
    return "drawn at random" if isinstance(event, RandomDrawn) else f"received in {event.field}"


def _inputs(event: _Event, events: dict[str, _Event]) -> tuple[str, ...]:
    """The names of the inputs; one that the trace does not have (any more) is left out."""
    if not isinstance(event, SecretDerived):
        return ()
    return tuple(name for name in event.inputs if name in events)


def _covers(trace: Trace) -> dict[bytes, tuple[str, ...]]:
    """For each transcript hash, the names of the messages that it is over."""
    names: list[str] = []
    found = {}
    for message in trace.of(Message):
        if message.transcript_hash:
            if message.name == "hello_retry_request":
                # RFC 8446 §4.4.1: the first ClientHello is replaced by its hash.
                names = ["message_hash"]
            names.append(message.name)
            found[message.transcript_hash] = tuple(names)
    return found


def _layers(inputs: dict[str, tuple[str, ...]]) -> dict[str, int]:
    """A value stands below its inputs; one without inputs right above the first that needs it."""
    layer: dict[str, int] = {}
    for name, needed in inputs.items():
        layer[name] = 1 + max((layer[other] for other in needed), default=-1)
    _spread(layer, inputs)
    users: dict[str, list[int]] = {}
    for name, needed in inputs.items():
        for other in needed:
            users.setdefault(other, []).append(layer[name])
    for name, needed in inputs.items():
        if not needed and name in users:
            layer[name] = min(users[name]) - 1
    return layer


def _spread(layer: dict[str, int], inputs: dict[str, tuple[str, ...]]) -> None:
    """Move down what is too much for a layer, together with all that is made from it.

    What one value leads to stays together.
    """
    depth = 1
    while depth <= max(layer.values(), default=0):
        families: dict[str, list[str]] = {}
        for name, needed in inputs.items():
            if layer[name] == depth:
                families.setdefault(needed[0], []).append(name)
        room = MAX_LAYER
        for family in sorted(families.values(), key=lambda names: layer[inputs[names[0]][0]]):
            if len(family) > room < MAX_LAYER:
                layer.update(dict.fromkeys(family, depth + 1))
                room = 0
            room -= len(family)
        for name, needed in inputs.items():
            layer[name] = max([layer[name], *(1 + layer[other] for other in needed)])
        depth += 1


def _places(
    layer: dict[str, int], inputs: dict[str, tuple[str, ...]]
) -> tuple[dict[str, int], dict[str, tuple[tuple[int, int], ...]]]:
    """The places within the layers: near the middle of what a value is joined to.

    A point is a value's name in its layer, or in a layer that the lines down from it pass.
    """
    deepest = dict(layer)
    for name, needed in inputs.items():
        for other in needed:
            deepest[other] = max(deepest[other], layer[name] - 1)
    rows: dict[int, list[str]] = {}
    above: dict[tuple[int, str], list[tuple[int, str]]] = {}
    below: dict[tuple[int, str], list[tuple[int, str]]] = {}
    for name in inputs:
        for depth in range(layer[name], deepest[name] + 1):
            rows.setdefault(depth, []).append(name)
            above[depth, name] = [(depth - 1, name)] if depth > layer[name] else []
            below[depth, name] = [(depth + 1, name)] if depth < deepest[name] else []
    for name, needed in inputs.items():
        for other in needed:
            above[layer[name], name].append((layer[name] - 1, other))
            below[layer[name] - 1, other].append((layer[name], name))
    # Places are measured from the middle of the layer, so that layers of any length align.
    place = {
        (depth, name): at - (len(row) - 1) / 2
        for depth, row in rows.items()
        for at, name in enumerate(row)
    }
    for sweep in range(SWEEPS):
        near = below if sweep % 2 else above
        for depth in sorted(rows, reverse=bool(sweep % 2)):
            row = rows[depth]
            middle = {
                name: _middle([place[point] for point in near[depth, name]], place[depth, name])
                for name in row
            }
            row.sort(key=middle.__getitem__)
            for at, name in enumerate(row):
                place[depth, name] = at - (len(row) - 1) / 2
    found = {(depth, name): at for depth, row in rows.items() for at, name in enumerate(row)}
    passing = {
        name: tuple(
            (depth, found[depth, name]) for depth in range(layer[name] + 1, deepest[name] + 1)
        )
        for name in inputs
        if deepest[name] > layer[name]
    }
    return {name: found[layer[name], name] for name in inputs}, passing


def _middle(places: list[float], own: float) -> float:
    """The middle of the neighbours; what has none stays where it is."""
    return sum(places) / len(places) if places else own
