"""What a connection is given from outside: randomness, clock, credentials, trust, primitives."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from tlslab.crypto.suites import DEFAULT_SUITES, SUITES
from tlslab.errors import LocalError
from tlslab.primitives import REFERENCE, Primitives
from tlslab.wire.registry import CipherSuite


class Randomness(Protocol):
    """Where random bytes come from. `name` says what they are for: a seeded source may use it."""

    def __call__(self, name: str, length: int) -> bytes:
        """`length` bytes that nobody can predict."""
        ...


Clock = Callable[[], datetime]


def system_random(name: str, length: int) -> bytes:
    """Randomness of the operating system."""
    return os.urandom(length)


def system_clock() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate chain (DER, leaf first, without the root) and its private key."""

    certificate_chain: tuple[bytes, ...]
    private_key: RSAPrivateKey | EllipticCurvePrivateKey = field(repr=False)
    leaf: x509.Certificate = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.certificate_chain:
            raise LocalError("a credential needs at least one certificate")
        leaf = x509.load_der_x509_certificate(self.certificate_chain[0])
        if leaf.public_key() != self.private_key.public_key():
            raise LocalError("the private key does not belong to the certificate")
        object.__setattr__(self, "leaf", leaf)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientConfig:
    """How a client behaves.

    server_name: the DNS name or IP address that the server's certificate has to be for.
    trust_anchors: the certificates of the CAs to believe.
    cipher_suites: the offer, the dearest first. alpn: application protocols, the dearest first.
    Raises LocalError for a suite the package cannot do.
    """

    server_name: str
    trust_anchors: tuple[x509.Certificate, ...]
    cipher_suites: tuple[CipherSuite, ...] = DEFAULT_SUITES
    alpn: tuple[bytes, ...] = ()
    random: Randomness = system_random
    clock: Clock = system_clock
    primitives: Primitives = REFERENCE

    def __post_init__(self) -> None:
        _check_suites(self.cipher_suites)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """How a server behaves.

    credentials: the first one serves clients that name no server, or an unknown one.
    cipher_suites, alpn: what it can do, in the server's own order, which decides.
    """

    credentials: tuple[Credential, ...]
    cipher_suites: tuple[CipherSuite, ...] = DEFAULT_SUITES
    alpn: tuple[bytes, ...] = ()
    random: Randomness = system_random
    clock: Clock = system_clock
    primitives: Primitives = REFERENCE

    def __post_init__(self) -> None:
        _check_suites(self.cipher_suites)
        if not self.credentials:
            raise LocalError("a server needs at least one credential")


Config = ClientConfig | ServerConfig


def _check_suites(suites: tuple[CipherSuite, ...]) -> None:
    if not suites:
        raise LocalError("there has to be at least one cipher suite")
    for suite in suites:
        if suite not in SUITES:
            known = ", ".join(code.name for code in SUITES)
            raise LocalError(f"{CipherSuite(suite).name} is not implemented; there are: {known}")
