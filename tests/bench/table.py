"""What is measured: `TABLE`. To measure something else, enter it there.

A line of the table names a function that prepares the work and gives the callable to be timed, so
what is prepared costs nothing. The first line of each bench is what the others are compared with.
"""

import atexit
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

from tlslab.wire.registry import CipherSuite, NamedGroup

from .peers import Kind, Pair, SSLPair, TlslabPair, TlslitePair, TracedPair, ViewedPair
from .tls13_peers import (
    HYBRID,
    Kind13,
    PyOpenSSLPair,
    SSLPair13,
    TlslabPair13,
    TlslitePair13,
    TracedPair13,
)

ROOT = Path(__file__).parents[2]

Prepare = Callable[[], Callable[[], object]]


@dataclass(frozen=True)
class Line:
    """name: as the table shows it. goal: see `Rate` and `Time`; None if there is none.

    iterations: how many calls make a round; so many that a round takes about ten milliseconds.
    """

    name: str
    prepare: Prepare
    iterations: int = 1
    goal: float | None = None


@dataclass(frozen=True)
class Rate:
    """How often, or how much, in a second. `amount` is what one call does, in `unit`.

    A line's goal is the least ratio to the first line.
    """

    title: str
    unit: str
    amount: float
    lines: tuple[Line, ...]

    def figure(self, seconds: float) -> float:
        return self.amount / seconds

    def beside(self, figure: float, first: float) -> tuple[float, str]:
        return figure / first, f"× {figure / first:.2f}"

    def met(self, comparison: float, goal: float) -> tuple[bool, str]:
        return comparison >= goal, f"at least × {goal}"


@dataclass(frozen=True)
class Time:
    """How long one call takes, in milliseconds. A line's goal is the most it may add to the first."""

    title: str
    lines: tuple[Line, ...]
    unit: str = "ms"

    def figure(self, seconds: float) -> float:
        return seconds * 1000

    def beside(self, figure: float, first: float) -> tuple[float, str]:
        return figure - first, f"{figure - first:+.0f} ms"

    def met(self, comparison: float, goal: float) -> tuple[bool, str]:
        return comparison <= goal, f"at most {goal:+.0f} ms"


# -- what the lines do --------------------------------------------------------------------------

PAYLOAD = bytes(range(256)) * 64  # 16 KiB: one full record


def handshakes(pair: type[Pair], kind: Kind | Kind13) -> Callable[[], object]:
    """A handshake, client and server together, new connections each time."""
    make = partial(pair, kind)

    def handshake() -> Pair:
        return make().handshake()

    return handshake


def data(pair: type[Pair], kind: Kind | Kind13) -> Callable[[], object]:
    """One record from the client to the server: protected, carried over, opened."""
    connected = pair(kind).handshake()
    assert connected.transfer(PAYLOAD) == PAYLOAD
    return partial(connected.transfer, PAYLOAD)


def fresh_interpreter(program: str) -> Callable[[], object]:
    """Start Python, run `program`, end. All but the first time, bytecode is there."""
    return partial(run, program)


def run(program: str) -> str:
    command = [sys.executable, "-c", program]
    environment = os.environ | {"PYTHONPYCACHEPREFIX": bytecode_folder()}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


@cache
def bytecode_folder() -> str:
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    return folder.name


def import_of_cryptography_alone() -> Callable[[], object]:
    """Import what tlslab imports from `cryptography`, and nothing of tlslab."""
    listing = "import sys, tlslab; print(*[m for m in sys.modules if m.startswith('cryptography')])"
    return fresh_interpreter(f"import {', '.join(run(listing).split())}")


# -- the table ----------------------------------------------------------------------------------

GCM = Kind(CipherSuite.TLS_RSA_WITH_AES_128_GCM_SHA256)
CBC = Kind(CipherSuite.TLS_RSA_WITH_AES_128_CBC_SHA)
CHACHA20 = Kind(CipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256)
ECDHE_RSA = CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
ECDHE_ECDSA = CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256


def record_data(title: str, kind: Kind, goal: float | None) -> Rate:
    """The same payload, the same way, through each pair."""
    lines = (
        Line("ssl", partial(data, SSLPair, kind), 300),
        Line("tlslab", partial(data, TlslabPair, kind), 200, goal),
        Line("tlslite-ng", partial(data, TlslitePair, kind)),
    )
    return Rate(title, "MB/s", len(PAYLOAD) / 1e6, lines)


def full_handshakes(title: str, kind: Kind) -> Rate:
    """The same handshake with each pair."""
    lines = (
        Line("ssl", partial(handshakes, SSLPair, kind), 10),
        Line("tlslab", partial(handshakes, TlslabPair, kind), 8),
        Line("tlslite-ng (verifies no chain)", partial(handshakes, TlslitePair, kind)),
    )
    return Rate(f"Handshakes: TLS 1.2, {title}", "/s", 1, lines)


def tls13_handshakes(title: str, kind: Kind13, goal: float | None = None) -> Rate:
    """The same handshake of TLS 1.3 with each pair."""
    lines = (
        Line("ssl", partial(handshakes, SSLPair13, kind), 10),
        Line("tlslab", partial(handshakes, TlslabPair13, kind), 8, goal),
        Line("tlslab, traced", partial(handshakes, TracedPair13, kind), 5),
        Line("tlslite-ng (verifies no chain)", partial(handshakes, TlslitePair13, kind)),
    )
    return Rate(f"Handshakes: TLS 1.3, {title}", "/s", 1, lines)


ON_X25519 = Kind13()
RESUMED = Kind13(tickets=1, resumed=True)
ON_A_HYBRID = Kind13(group=HYBRID, tickets=2)

TLS13_TABLE: tuple[Rate, ...] = (
    tls13_handshakes("X25519, RSA-2048, chain of two verified", ON_X25519, goal=0.8),
    tls13_handshakes("X25519, ECDSA on P-256", Kind13(server="server-ecdsa")),
    tls13_handshakes("resumed by a ticket (psk_dhe_ke), X25519", RESUMED),
    Rate(
        "Handshakes: TLS 1.3, X25519MLKEM768, RSA-2048, two tickets",
        "/s",
        1,
        (
            Line("pyOpenSSL", partial(handshakes, PyOpenSSLPair, ON_A_HYBRID), 10),
            Line("tlslab", partial(handshakes, TlslabPair13, ON_A_HYBRID), 8),
        ),
    ),
    Rate(
        "Application data: TLS 1.3, AES-256-GCM, records of 16 KiB",
        "MB/s",
        len(PAYLOAD) / 1e6,
        (
            Line("ssl", partial(data, SSLPair13, ON_X25519), 300),
            Line("tlslab", partial(data, TlslabPair13, ON_X25519), 200, goal=0.4),
            Line("tlslite-ng", partial(data, TlslitePair13, ON_X25519)),
        ),
    ),
)

TABLE: tuple[Rate | Time, ...] = (
    Rate(
        "Handshakes: TLS 1.2, TLS_RSA_WITH_AES_128_GCM_SHA256, RSA-2048, chain of two verified",
        "/s",
        1,
        (
            Line("ssl", partial(handshakes, SSLPair, GCM), 10),
            Line("tlslab", partial(handshakes, TlslabPair, GCM), 8, goal=0.6),
            Line("tlslab, traced", partial(handshakes, TracedPair, GCM), 5, goal=0.4),
            Line("tlslab, traced, every event read", partial(handshakes, ViewedPair, GCM), 5),
            Line("tlslite-ng (verifies no chain)", partial(handshakes, TlslitePair, GCM)),
        ),
    ),
    full_handshakes("ECDHE_RSA on P-256, RSA-2048", Kind(ECDHE_RSA)),
    full_handshakes("ECDHE_RSA on X25519, RSA-2048", Kind(ECDHE_RSA, NamedGroup.x25519)),
    full_handshakes("ECDHE_ECDSA on P-256, P-256", Kind(ECDHE_ECDSA)),
    full_handshakes("resumed by session ID", replace(GCM, resumed=True)),
    record_data("Application data: AES-128-GCM, records of 16 KiB", GCM, 0.4),
    record_data("Application data: AES-128-CBC with HMAC-SHA-1, records of 16 KiB", CBC, None),
    record_data("Application data: ChaCha20-Poly1305, records of 16 KiB", CHACHA20, None),
    *TLS13_TABLE,
    Time(
        "Import, in a fresh interpreter",
        (
            Line("what tlslab imports from cryptography", import_of_cryptography_alone),
            Line("tlslab", partial(fresh_interpreter, "import tlslab"), goal=60),
            Line("ssl", partial(fresh_interpreter, "import ssl")),
            Line("tlslite-ng", partial(fresh_interpreter, "import tlslite.api")),
            Line("nothing", partial(fresh_interpreter, "")),
        ),
    ),
)
