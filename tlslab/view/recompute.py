"""What would have come out: change a random or a secret, and everything made from it follows.

Each derivation of the trace is done again by the function that did it, over the changed inputs. A
value that stands in a message changes the message, and so each transcript hash after it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType

from tlslab.errors import LocalError
from tlslab.primitives import REFERENCE, Primitives
from tlslab.trace import RandomDrawn, SecretDerived, Trace, ValueReceived
from tlslab.view import tls12_recompute, tls13_recompute
from tlslab.view.altered import Altered, UnknownError
from tlslab.view.seen import Seen

_Event = RandomDrawn | ValueReceived | SecretDerived


@dataclass(frozen=True, slots=True)
class Recomputed:
    """The values after a change.

    values: every value by its name. changed: the names of those that differ from the trace's.
    unknown: the names of those that cannot be computed again, because the trace does not hold what
    that takes; they and all that is made from them are left out of `values`.
    """

    values: Mapping[str, bytes]
    changed: frozenset[str]
    unknown: Mapping[str, str]


def recompute(
    trace: Trace, changes: Mapping[str, bytes], primitives: Primitives = REFERENCE
) -> Recomputed:
    """Compute all values of `trace` again, with the named ones replaced.

    Raises LocalError if a name is unknown or the length is not that of the trace's value.
    """
    events: dict[str, _Event] = {}
    for event in trace:
        if isinstance(event, _Event):
            events.setdefault(event.name, event)
    for name, value in changes.items():
        if name not in events:
            raise LocalError(f"the trace has no value called {name!r}")
        if len(value) != len(events[name].value):
            raise LocalError(
                f"{name} has {len(events[name].value)} bytes, not {len(value)}: the same handshake "
                "with another length would not fit its messages"
            )
    version = tls13_recompute if Seen(trace).negotiated("version") == "TLS 1.3" else tls12_recompute
    altered = Altered(trace, version.RULES)
    for name, value in changes.items():
        # A field may come before the value has its name: a binder is over shares that follow it.
        altered.replace(name, events[name].value, value)
    values: dict[str, bytes] = {}
    unknown: dict[str, str] = {}
    for name, event in events.items():
        try:
            if name in changes:
                value = changes[name]
            elif isinstance(event, RandomDrawn):
                value = event.value
            elif reason := version.why_not(event, altered):
                raise UnknownError(reason)
            elif isinstance(event, SecretDerived):
                value = _derived(version, event, values, unknown, altered, trace, primitives)
            else:
                value = event.value
        except UnknownError as error:
            unknown[name] = str(error)
            altered.lose(name, event.value, str(error))
            continue
        values[name] = value
        altered.replace(name, event.value, value)
    changed = frozenset(name for name in values if values[name] != events[name].value)
    return Recomputed(values, changed, unknown)


def _derived(
    version: ModuleType,
    event: SecretDerived,
    values: Mapping[str, bytes],
    unknown: Mapping[str, str],
    altered: Altered,
    trace: Trace,
    primitives: Primitives,
) -> bytes:
    """The value of one derivation over the values that there are now. Raises UnknownError."""
    for name in event.inputs:
        if name in unknown:
            raise UnknownError(f"it is made from {name}, and that cannot be computed")
        if name not in values:
            raise UnknownError(f"the trace has no {name}")
    inputs = [values[name] for name in event.inputs]
    value: bytes | None = version.derive(event, inputs, altered, trace, primitives)
    if value is None and set(event.inputs) & altered.changed:
        raise UnknownError(f"nothing is known about the operation {event.operation}")
    return event.value if value is None else value
