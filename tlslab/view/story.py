"""The steps of a handshake, told in the words of the version that was agreed on.

To add a version, enter its `steps` in `_VERSIONS`.
"""

from tlslab.trace import Trace
from tlslab.view import tls12_steps, tls13_steps
from tlslab.view.seen import Seen
from tlslab.view.steps import Steps

_VERSIONS = {"TLS 1.2": tls12_steps.steps, "TLS 1.3": tls13_steps.steps}


def steps(trace: Trace) -> Steps:
    """The steps of the handshake in `trace`, which may be either side's.

    Before a version is agreed on, the handshake is told as one of TLS 1.2.
    """
    return _VERSIONS.get(Seen(trace).negotiated("version"), tls12_steps.steps)(trace)
