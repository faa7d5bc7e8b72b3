"""Recorded sessions of the lab: what each side sent, as somebody on the wire has it."""

from collections.abc import Callable
from functools import cache

from tlslab.capture import Conversation
from tlslab.lab.configs import DEFAULT_SUITE, SERVER_NAME, Seed
from tlslab.lab.handshake import handshake
from tlslab.lab.randomness import SeededRandom
from tlslab.trace import Record

OTHER_NAME = "other.tlslab.test"
# The suite, the name of the server, and whether the stolen key opens it.
KINDS = {
    "GCM": (DEFAULT_SUITE, SERVER_NAME, True),
    "longer key": ("TLS_RSA_WITH_AES_256_GCM_SHA384", SERVER_NAME, True),
    "CBC": ("TLS_RSA_WITH_AES_128_CBC_SHA", SERVER_NAME, True),
    "other server": (DEFAULT_SUITE, OTHER_NAME, False),
    "ECDHE": ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", SERVER_NAME, False),
    "DHE": ("TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", SERVER_NAME, False),
}


def archive(seed: Seed) -> list[Conversation]:
    """Six recorded sessions, in an order of the learner's own."""
    found = []
    for kind in _order(seed):
        suite, name, _ = KINDS[kind]
        found.append(Conversation(*_sides(f"archive {kind}", suite, name, b"?", b"!")))
    return found


def which_open(seed: Seed) -> list[bool]:
    """For each of the six: whether the key of server.tlslab.test opens it."""
    return [KINDS[kind][2] for kind in _order(seed)]


def _order(seed: Seed) -> list[str]:
    draw = SeededRandom(str(seed), "09.which_open")
    return sorted(KINDS, key=lambda kind: draw(kind, 8))


def but(*kinds: str) -> Callable[[Seed], list[bool]]:
    """The answer of somebody who takes these kinds for the opposite."""
    return lambda seed: [KINDS[kind][2] != (kind in kinds) for kind in _order(seed)]


def recording(seed: str, request: bytes = b"?", reply: bytes = b"!") -> tuple[bytes, bytes]:
    """What the client and the server of a session with RSA key exchange and GCM sent."""
    return _sides(seed, DEFAULT_SUITE, SERVER_NAME, request, reply)


@cache
def _sides(
    seed: str, suite: str, server_name: str, request: bytes, reply: bytes
) -> tuple[bytes, bytes]:
    """What the client and the server of a lab's session sent."""
    done = handshake(
        seed=f"09 {seed}", suite=suite, server_name=server_name, request=request, reply=reply
    )
    sent = {"client": b"", "server": b""}
    for record in done.trace.of(Record):
        sent[record.sender] += record.raw
    return sent["client"], sent["server"]
