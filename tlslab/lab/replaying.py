"""Send the server once more what a client sent first: what becomes of early data then (0-RTT).

first = lab.handshake(seed=1, suite="TLS_AES_128_GCM_SHA256", resumption="ticket",
                      max_early_data_size=1000)
second = lab.handshake(seed=2, resume=first, early_data=b"pay 10 to Eve")
lab.replay(second)
"""

import copy
from dataclasses import dataclass, field, replace

from tlslab.endpoints import server
from tlslab.errors import LocalError
from tlslab.lab.configs import server_config_of
from tlslab.lab.handshake import Handshake, Ours
from tlslab.lab.options import Options
from tlslab.trace import Negotiated, Trace


@dataclass(frozen=True, slots=True)
class Replay:
    """What a server made of bytes that had been there before.

    received_early: the early data that its application got. refused: why it got none, "" if there
    were none or it got them. answer: what the server sends, which nobody can read. server_trace:
    what it saw.
    """

    received_early: bytes
    refused: str
    error: Exception | None
    answer: bytes = field(repr=False)
    server_trace: Trace = field(repr=False)
    options: Options = field(repr=False, compare=False)
    first_flight: bytes = field(repr=False)

    def __repr__(self) -> str:
        if self.error is not None:
            return f"<Replay: refused, {self.error}>"
        if self.received_early:
            return f"<Replay: the server took {len(self.received_early)} bytes of early data again>"
        if self.refused:
            return f"<Replay: the server answers, and takes no early data: {self.refused}>"
        return "<Replay: the server answers, and waits for a Finished that nobody can make>"


def replay(before: Handshake | Replay) -> Replay:
    """Send what the client of an earlier handshake sent first, byte for byte, to its server again.

    Whoever can read the wire can do that; no secret is needed. The server has the memory that it
    had after that handshake, and draws other randoms. Raises LocalError for a handshake that was
    not run in memory.
    """
    if not isinstance(before, Handshake | Replay):
        raise LocalError(f"replay takes a handshake in memory, not {type(before).__name__}")
    seed = None if before.options.seed is None else f"{before.options.seed}, sent again"
    memory = copy.deepcopy(before.options.anti_replay)
    options = replace(before.options, seed=seed, anti_replay=memory)
    trace = Trace("server")
    endpoint = Ours(server(server_config_of(options), trace))
    endpoint.receive(before.first_flight)
    answers = [each.value for each in trace.of(Negotiated) if each.name == "early_data"]
    refused = answers[0].removeprefix("refused: ") if answers and answers != ["accepted"] else ""
    return Replay(
        endpoint.received_early,
        refused,
        endpoint.error,
        endpoint.data_to_send(),
        trace,
        options,
        before.first_flight,
    )
