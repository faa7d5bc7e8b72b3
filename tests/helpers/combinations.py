"""Every way in which TLS 1.2 can be spoken here, and what has to be true of each with any peer.

A suite, which brings the exchange and the certificate; hardened or not (extended master secret and
encrypt-then-MAC); and who the client is.
"""

from dataclasses import dataclass
from typing import Any

import pytest
from in_memory import ALL_SUITES, ASKS, HARDENED, client_config, credential, server_config

import tlslab
from tlslab.crypto.suites import SUITES, CipherType
from tlslab.lab import pki
from tlslab.trace import Negotiated, Trace
from tlslab.wire.registry import CipherSuite

USERS = ("client-rsa", "client-ecdsa")
ROLES = ("client", "server")
KINDS = ("session ID", "ticket")


@dataclass(frozen=True, slots=True)
class Combination:
    """A suite, whether EMS and EtM are negotiated, and whose certificate the client has ("": no)."""

    suite: CipherSuite
    hardened: bool = True
    user: str = ""

    def __str__(self) -> str:
        how = "hardened" if self.hardened else "plain"
        return f"{self.suite.name}-{how}-{self.user or 'anybody'}"

    @property
    def is_cbc(self) -> bool:
        return SUITES[self.suite].cipher_type is CipherType.CBC

    def client(self, again: str = "", **changes: Any) -> tlslab.ClientConfig:
        """Our client. again: makes its randoms others than those of the first time."""
        return client_config(
            f"{self}{again}",
            cipher_suites=(self.suite,),
            credential=credential(self.user) if self.user else None,
            **{**(HARDENED if self.hardened else {}), **changes},
        )

    def server(self, again: str = "", **changes: Any) -> tlslab.ServerConfig:
        """Our server, which asks for a certificate if the client has one."""
        return server_config(
            f"{self}{again}",
            cipher_suites=(self.suite,),
            **{**(HARDENED if self.hardened else {}), **(ASKS if self.user else {}), **changes},
        )


EVERY = tuple(
    Combination(suite, hardened, user)
    for suite in ALL_SUITES
    for hardened in (False, True)
    for user in ("", *USERS)
)
WITHOUT_USERS = tuple(each for each in EVERY if not each.user)

both_roles = pytest.mark.parametrize("role", ROLES)
both_kinds = pytest.mark.parametrize("kind", KINDS)
every_combination = pytest.mark.parametrize("combination", EVERY, ids=str)
every_suite_twice = pytest.mark.parametrize("combination", WITHOUT_USERS, ids=str)


def check(
    combination: Combination, trace: Trace, outcome: tlslab.HandshakeCompleted, key_log: str
) -> None:
    """What was agreed on is what was wanted, and the peer's own key log has our master secret."""
    check_agreed(combination, trace, outcome)
    assert key_log_line(trace) in key_log.lower()


def check_agreed(
    combination: Combination, trace: Trace, outcome: tlslab.HandshakeCompleted
) -> None:
    """What was agreed on is what was wanted."""
    assert outcome.cipher_suite == combination.suite
    extensions = agreed_extensions(trace)
    assert ("extended_master_secret" in extensions) is combination.hardened
    assert ("encrypt_then_mac" in extensions) is (combination.hardened and combination.is_cbc)


def agreed_extensions(trace: Trace) -> set[str]:
    """The names of what stands in the ServerHello's extensions."""
    spans = {span.path for hello in trace.messages("server_hello") for span in hello.spans}
    return {path.rpartition("server_hello.extensions.")[2] for path in spans}


def key_log_line(trace: Trace) -> str:
    """What a peer's key log has to have, in lower case: programs differ in that."""
    random, master = trace.value("client_random"), trace.value("master_secret")
    return f"client_random {random.hex()} {master.hex()}"


def check_user(combination: Combination, outcome: tlslab.HandshakeCompleted) -> None:
    """Our server knows who its client is."""
    expected = pki.identity(combination.user).certificate_chain if combination.user else ()
    assert outcome.peer_certificates == expected


def resumed_by(trace: Trace) -> str:
    """How the session came back: "session ID", "ticket", or "" if the handshake was a full one."""
    return next((e.value for e in trace.of(Negotiated) if e.name == "resumed"), "")
