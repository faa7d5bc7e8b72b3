"""Our server in a thread for clients that nobody here wrote, and our client for their servers."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from combinations import Combination
from in_memory import ALL_SUITES, ASKS, HARDENED, server_config

import tlslab
from tlslab.connection.session import SessionCache, TicketKeys
from tlslab.lab.dialing import Conversation, dial
from tlslab.lab.randomness import SeededRandom
from tlslab.lab.serving import Server, in_background
from tlslab.lab.visits import Observer, Visit
from tlslab.trace import Trace

PATIENCE = 20.0


class Answer:
    """Sends back the first thing that it gets, and is finished."""

    def __init__(self, visit: Visit) -> None:
        self.finished = False

    def received(self, data: bytes) -> bytes:
        self.finished = True
        return data


@dataclass
class OurServer(Observer):
    """Our server, which leaves everything to its clients, and who came."""

    port: int = 0
    ended_visits: queue.Queue[Visit] = field(default_factory=queue.Queue)
    by_random: dict[str, Visit] = field(default_factory=dict)

    def ended(self, visit: Visit) -> None:
        self.ended_visits.put(visit)

    def forget(self) -> None:
        """Whoever came so far: a test that failed leaves its visits to nobody."""
        while not self.ended_visits.empty():
            self.ended_visits.get()

    def visit(self) -> Visit:
        """The next one that is over."""
        return self.ended_visits.get(timeout=PATIENCE)

    def visit_of(self, key_log: str) -> Visit:
        """The one with the client random of this key log."""
        random = next(line.split()[1] for line in key_log.lower().splitlines() if "client" in line)
        while random not in self.by_random:
            visit = self.visit()
            self.by_random[visit.trace.value("client_random").hex()] = visit
        return self.by_random[random]


@contextmanager
def our_server(application: Any = Answer, **changes: Any) -> Iterator[OurServer]:
    """Every suite, EMS and EtM for those who offer them, certificates of those who have one."""
    config = server_config(
        "for everybody",
        **{"cipher_suites": ALL_SUITES, **HARDENED, **ASKS, **changes},
        session_cache=SessionCache(),
        ticket_keys=TicketKeys(SeededRandom(1, "keys")),
    )
    observer = OurServer()
    with in_background(Server(config, application, observer)) as (_, port):
        observer.port = port
        yield observer


@dataclass
class Dialed:
    """A connection of our client: what it saw, and what it was answered."""

    trace: Trace
    outcome: tlslab.HandshakeCompleted
    reply: str


def our_client(
    port: int, combination: Combination, request: bytes = b"ping", **config: Any
) -> Dialed:
    """A handshake with the server on this port, a request, and all of its answer."""
    trace = Trace("client")
    with dial("127.0.0.1", port) as line:
        talk = Conversation(line, tlslab.client(combination.client(**config), trace))
        outcome = talk.handshake()
        talk.send(request)
        reply = b"".join(talk.receive(silence=PATIENCE))
        talk.close()
    return Dialed(trace, outcome, reply.decode("utf-8", "replace"))
