"""A handshake that OpenSSL refuses: what it said, and which function it comes from.

The alert tells what the peer saw. Which function is to blame is then tried out: each one gives way
to the reference, until OpenSSL accepts the handshake.
"""

from typing import Any

from tlslab.connection.connection import explain
from tlslab.errors import AlertReceived, ProtocolError
from tlslab.lab.exercises import exercises
from tlslab.lab.handshake import REPLY
from tlslab.lab.options import takes_options
from tlslab.lab.peers import PeerHandshake, Role, openssl
from tlslab.primitives import Primitives
from tlslab.view.tables import Table
from tlslab.wire.registry import AlertDescription

BOTH: tuple[Role, Role] = ("client", "server")


@takes_options
def find_fault(primitives: Primitives, *, seed: int = 1, **options: Any) -> Table:
    """Handshakes with OpenSSL in both roles, and for one that fails, the functions to look at.

    The options are those of `lab.handshake`. With `resumption` a second handshake has to go on from
    the first.
    """
    options["seed"] = seed
    rows: list[tuple[str, str, str]] = []
    notes: list[str] = []
    for role in BOTH:
        live = _try(primitives, role, options)
        if _is_well(live, options):
            rows.append((role, "OpenSSL accepted everything", ""))
            continue
        culprits = culprits_of(primitives, role, **options)
        rows.append((role, what_happened(live), ", ".join(culprits) or "none of yours"))
        notes += [_advice(name) for name in culprits if _advice(name) not in notes]
    return Table(
        "Your functions in a handshake with OpenSSL",
        ("as the", "what happened", "it works with the reference for"),
        tuple(rows),
        frozenset({"it works with the reference for"}),
        tuple(notes) or ("Nothing to look for.",),
    )


@takes_options
def culprits_of(
    primitives: Primitives, role: Role, *, seed: int = 1, **options: Any
) -> tuple[str, ...]:
    """The fewest functions without which the handshake is accepted; none if nothing helps.

    A function that calls another by itself passes on that one's mistake, so two may be named.
    """
    options["seed"] = seed

    def well(without: tuple[str, ...]) -> bool:
        return _is_well(_try(primitives.without(*without), role, options), options)

    suspects = primitives.replaced
    for name in suspects:
        if well((name,)):
            return (name,)
    if not well(suspects):
        return ()
    for name in suspects:
        fewer = tuple(each for each in suspects if each != name)
        if well(fewer):
            suspects = fewer
    return suspects


def what_happened(live: PeerHandshake | Exception) -> str:
    """How a handshake ended, from the alert that ended it, in words."""
    if isinstance(live, Exception):
        return f"a function of yours raised {type(live).__name__}: {live}"
    error = live.error
    if isinstance(error, AlertReceived):
        meaning = f": {error.explanation}" if error.explanation else ""
        return f"OpenSSL sent the alert {error.alert}{meaning}"
    if isinstance(error, ProtocolError):
        meaning = explain(AlertDescription[error.alert])
        return f"we sent the alert {error.alert}, {meaning}: {error.reason}"
    if error is not None:
        return f"our side stopped: {type(error).__name__}: {error}"
    if live.peer_error:
        return f"OpenSSL stopped: {live.peer_error}"
    if _data(live) == REPLY:
        return "the session was not resumed: a full handshake took place"
    return "the handshake was accepted, and the data came out wrong"


def _try(primitives: Primitives, role: Role, options: dict[str, Any]) -> PeerHandshake | Exception:
    """The handshake, or what a learner's function raised in it; the second one, to resume."""
    try:
        live = openssl(role, primitives=primitives, **options)
        if options.get("resumption") and _is_well(live, {}):
            live = openssl(role, resume=live)
    except Exception as error:
        return error
    return live


def _is_well(live: PeerHandshake | Exception, options: dict[str, Any]) -> bool:
    """Whether it was completed, resumed if it had to be, and the data came through, both ways."""
    if isinstance(live, Exception):
        return False
    resumed = live.peer_resumed or not options.get("resumption")
    fine = live.completed and live.error is None and not live.peer_error
    return fine and resumed and _data(live) == REPLY


def _data(live: PeerHandshake) -> bytes:
    """What the client received."""
    return live.received if live.role == "client" else live.peer_received


def _advice(name: str) -> str:
    for exercise in exercises().values():
        if exercise.primitive == name:
            return (
                f"{name} is from notebook {exercise.id[:2]}: check it again ({exercise.section})."
            )
    return f"{name} belongs to no notebook yet."
