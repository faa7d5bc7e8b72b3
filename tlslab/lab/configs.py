"""Configurations of the laboratory: its PKI, and randomness and a clock that can be repeated."""

from datetime import UTC, datetime

from tlslab.connection.config import (
    DEFAULT_SCHEMES,
    ClientConfig,
    Clock,
    Credential,
    Randomness,
    ServerConfig,
    system_clock,
    system_random,
)
from tlslab.errors import LocalError
from tlslab.lab import pki
from tlslab.lab.randomness import SeededRandom
from tlslab.primitives import REFERENCE, Primitives
from tlslab.wire.registry import CipherSuite

SERVER_NAME = "server.tlslab.test"
DEFAULT_SUITE = "TLS_RSA_WITH_AES_128_GCM_SHA256"
REPEATABLE_FIRST = tuple(sorted(DEFAULT_SCHEMES, key=lambda scheme: "pss" in scheme.name))
SEEDED_TIME = datetime(2026, 1, 1, tzinfo=UTC)
"""What the clock of a seeded run says."""

Seed = int | str | None


def client_config(
    *,
    seed: Seed = None,
    suite: str | CipherSuite = DEFAULT_SUITE,
    server_name: str = SERVER_NAME,
    alpn: tuple[bytes, ...] = (),
    primitives: Primitives = REFERENCE,
) -> ClientConfig:
    """A client that trusts the lab's root and offers one suite. See `lab.handshake`."""
    random, clock = _random_and_clock(seed, "client")
    return ClientConfig(
        server_name=server_name,
        trust_anchors=(pki.root(),),
        cipher_suites=(suite_named(suite),),
        extended_master_secret=False,
        session_tickets=False,
        encrypt_then_mac=False,
        alpn=alpn,
        random=random,
        clock=clock,
        primitives=primitives,
    )


def server_config(
    *,
    seed: Seed = None,
    suite: str | CipherSuite = DEFAULT_SUITE,
    alpn: tuple[bytes, ...] = (),
    primitives: Primitives = REFERENCE,
) -> ServerConfig:
    """The lab's server, which has two names to choose from, and one suite. See `lab.handshake`."""
    random, clock = _random_and_clock(seed, "server")
    return ServerConfig(
        credentials=tuple(
            credential(identity())
            for identity in (pki.server_rsa, pki.server_other, pki.server_ecdsa)
        ),
        # A signature with PSS is another one each time; a seeded run has to be repeatable.
        signature_schemes=REPEATABLE_FIRST,
        cipher_suites=(suite_named(suite),),
        extended_master_secret=False,
        encrypt_then_mac=False,
        alpn=alpn,
        random=random,
        clock=clock,
        primitives=primitives,
    )


def credential(identity: pki.Identity) -> Credential:
    """An identity of the lab's PKI as a server's credential."""
    return Credential(identity.certificate_chain, identity.private_key)


def suite_named(name: str | CipherSuite) -> CipherSuite:
    """The suite with IANA's name `name`. Raises LocalError for a name that does not exist."""
    if isinstance(name, CipherSuite):
        return name
    try:
        return CipherSuite[name]
    except KeyError:
        raise LocalError(f"IANA knows no cipher suite called {name!r}") from None


def _random_and_clock(seed: Seed, side: str) -> tuple[Randomness, Clock]:
    if seed is None:
        return system_random, system_clock
    return SeededRandom(seed, side), lambda: SEEDED_TIME
