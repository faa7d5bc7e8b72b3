"""`lab.explore`: look into any handshake, and run it again in another way.

lab.explore()                a handshake in memory, with the controls to run it again
lab.explore(handshake)       one that was run, with the same controls
lab.explore(trace)           a trace, from a file or from anybody: there is nothing to run again
"""

from typing import TYPE_CHECKING

from tlslab.errors import LocalError
from tlslab.lab.handshake import Handshake, handshake
from tlslab.lab.peers import PeerHandshake
from tlslab.trace import Trace

if TYPE_CHECKING:
    from tlslab.lab.workbench import Workbench
    from tlslab.view.explorer import Explorer


def explore(
    thing: Handshake | PeerHandshake | Trace | None = None,
    *,
    parts: tuple[str, ...] | None = None,
) -> "Explorer | Workbench":
    """A widget to look into a handshake with.

    thing: a handshake of this lab, or a trace; without it a handshake with seed 1. parts: which of
    "ladder", "bytes", "secrets", "transcript" and "knowledge". All of them unless said; some alone
    come without the controls, for a lesson that speaks about just these.

    Raises LocalError for anything else.
    """
    # Jupyter is loaded when somebody looks, and not before.
    from tlslab.lab.workbench import Workbench
    from tlslab.view.explorer import PARTS, Explorer

    if thing is None:
        thing = handshake(seed=1)
    if isinstance(thing, Trace):
        return Explorer(thing, parts or PARTS)
    if not isinstance(thing, Handshake | PeerHandshake):
        raise LocalError(f"explore takes a handshake or a trace, not {type(thing).__name__}")
    return Workbench(thing) if parts is None else Explorer(thing.trace, parts)
