"""A handshake that OpenSSL refuses: what it said, and which function it comes from.

The alert tells what the peer saw. Which function is to blame is then tried out: each one gives way
to the reference, until OpenSSL accepts the handshake.
"""

from tlslab.connection.connection import explain
from tlslab.errors import AlertReceived, ProtocolError
from tlslab.lab.configs import DEFAULT_SUITE
from tlslab.lab.exercises import exercises
from tlslab.lab.handshake import REPLY
from tlslab.lab.peers import PeerHandshake, Role, openssl
from tlslab.primitives import Primitives
from tlslab.view.tables import Table
from tlslab.wire.registry import AlertDescription, CipherSuite

BOTH: tuple[Role, Role] = ("client", "server")


def find_fault(
    primitives: Primitives, *, suite: str | CipherSuite = DEFAULT_SUITE, seed: int = 1
) -> Table:
    """Handshakes with OpenSSL in both roles, and for one that fails, the functions to look at."""
    rows: list[tuple[str, str, str]] = []
    notes: list[str] = []
    for role in BOTH:
        live = _try(primitives, role, suite, seed)
        if _is_well(live):
            rows.append((role, "OpenSSL accepted everything", ""))
            continue
        culprits = culprits_of(primitives, role, suite, seed)
        rows.append((role, what_happened(live), ", ".join(culprits) or "none of yours"))
        notes += [_advice(name) for name in culprits if _advice(name) not in notes]
    return Table(
        "Your functions in a handshake with OpenSSL",
        ("as the", "what happened", "it works with the reference for"),
        tuple(rows),
        frozenset({"it works with the reference for"}),
        tuple(notes) or ("Nothing to look for.",),
    )


def culprits_of(
    primitives: Primitives, role: Role, suite: str | CipherSuite = DEFAULT_SUITE, seed: int = 1
) -> tuple[str, ...]:
    """The fewest functions without which the handshake is accepted; none if nothing helps.

    A function that calls another by itself passes on that one's mistake, so two may be named.
    """

    def well(without: tuple[str, ...]) -> bool:
        return _is_well(_try(primitives.without(*without), role, suite, seed))

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
    return "the handshake was accepted, and the data came out wrong"


def _try(
    primitives: Primitives, role: Role, suite: str | CipherSuite, seed: int
) -> PeerHandshake | Exception:
    """The handshake, or what a learner's function raised in it."""
    try:
        return openssl(role, primitives=primitives, suite=suite, seed=seed)
    except Exception as error:
        return error


def _is_well(live: PeerHandshake | Exception) -> bool:
    """Whether it was completed, and the data came through, both ways."""
    if isinstance(live, Exception):
        return False
    data = live.received if live.role == "client" else live.peer_received
    return live.completed and live.error is None and not live.peer_error and data == REPLY


def _advice(name: str) -> str:
    for exercise in exercises().values():
        if exercise.primitive == name:
            return (
                f"{name} is from notebook {exercise.id[:2]}: check it again ({exercise.section})."
            )
    return f"{name} belongs to no notebook yet."
