"""Every way in which TLS 1.3 is spoken with a peer here, and what has to be true of each."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from ssl import DER_cert_to_PEM_cert
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from in_memory import ASKS, client_config, credential, server_config
from issuing import issued, keys

import tlslab
from tlslab.connection.config import DEFAULT_SCHEMES
from tlslab.connection.session import ExternalPSK
from tlslab.crypto.key_shares import HYBRID_GROUPS, KEY_SHARE_GROUPS
from tlslab.crypto.signatures import tls13_schemes_for
from tlslab.crypto.suites import TLS13_SUITES
from tlslab.lab import pki
from tlslab.trace import Negotiated, SecretDerived, Trace
from tlslab.wire.registry import CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme

ALL_TLS13_SUITES = tuple(TLS13_SUITES)
GROUPS = tuple(
    group
    for group in KEY_SHARE_GROUPS
    # The longer primes are slow; `test_tls13_keys_and_groups` has them.
    if group not in HYBRID_GROUPS
    and group not in (NamedGroup.ffdhe4096, NamedGroup.ffdhe6144, NamedGroup.ffdhe8192)
)
SERVERS = ("server-rsa", "server-ecdsa", "secp384r1", "ed25519")
"""Whose certificate: of the lab's PKI, or one for a key of that kind."""
USERS = ("client-rsa", "client-ecdsa")
ROLES = ("client", "server")
PSK = ExternalPSK(b"a name", bytes(range(32)))
"""A key that both sides have got in some other way."""
LABEL = "EXPORTER-tests"
EARLY = b"early words\n"
SECRETS = {
    "client_handshake_traffic_secret",
    "server_handshake_traffic_secret",
    "client_traffic_secret_0",
    "server_traffic_secret_0",
}
"""What is in every key log of TLS 1.3, in lower case: programs differ in that."""
EARLY_SECRETS = {"client_early_traffic_secret", "early_exporter_secret"}


_OPENSSL_GROUPS = {
    NamedGroup.x25519: "X25519",
    NamedGroup.x448: "X448",
    NamedGroup.secp256r1: "P-256",
    NamedGroup.secp384r1: "P-384",
    NamedGroup.secp521r1: "P-521",
}


def openssl_group(group: NamedGroup) -> str:
    """What OpenSSL, and whoever is built on it, calls a group."""
    return _OPENSSL_GROUPS.get(group, group.name)


@cache
def credential_of(label: str) -> tlslab.Credential:
    """The server's, by one of `SERVERS`."""
    return issued(keys()[label]) if label in keys() else credential(label)


def pem_files(label: str, directory: Path) -> tuple[Path, Path]:
    """The chain and the key of one of `SERVERS` as files, for peers that want files."""
    if label not in keys():
        identity = pki.identity(label)
        return identity.chain_path, identity.key_path
    found = credential_of(label)
    chain, key = directory / f"{label}.chain.pem", directory / f"{label}.key.pem"
    if not chain.exists():
        chain.write_text("".join(map(DER_cert_to_PEM_cert, found.certificate_chain)))
        form = Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        key.write_bytes(found.private_key.private_bytes(*form))
    return chain, key


@dataclass(frozen=True, slots=True)
class Combination:
    """A suite, a group, whose certificate the server has, and the client ("": it has none)."""

    suite: CipherSuite = CipherSuite.TLS_AES_128_GCM_SHA256
    group: NamedGroup = NamedGroup.x25519
    server: str = "server-ecdsa"
    user: str = ""

    def __str__(self) -> str:
        return f"{self.suite.name}-{self.group.name}-{self.server}-{self.user or 'anybody'}"

    def client(self, again: str = "", **changes: Any) -> tlslab.ClientConfig:
        """Our client. again: makes its randoms others than those of the first time."""
        return client_config(
            f"{self}{again}",
            **{
                "cipher_suites": (self.suite,),
                "groups": (self.group,),
                "session_tickets": True,
                "credential": credential(self.user) if self.user else None,
                **self._schemes(),
                **changes,
            },
        )

    def our_server(self, again: str = "", **changes: Any) -> tlslab.ServerConfig:
        """Our server, which asks for a certificate if the client has one."""
        return server_config(
            f"{self}{again}",
            **{
                "cipher_suites": (self.suite,),
                "groups": (self.group,),
                "credentials": (credential_of(self.server),),
                **self._schemes(),
                **(ASKS if self.user else {}),
                **changes,
            },
        )

    def _schemes(self) -> dict[str, Any]:
        # The scheme chooses the certificate; Ed25519 is not offered without being asked for.
        own = tls13_schemes_for(credential_of(self.server).private_key)
        return {"signature_schemes": (*own, *(DEFAULT_SCHEMES if self.user else ()))}

    @property
    def scheme(self) -> SignatureScheme:
        """The one that the server signs with."""
        return tls13_schemes_for(credential_of(self.server).private_key)[0]


EVERY = (
    *(Combination(suite, group) for suite in ALL_TLS13_SUITES for group in GROUPS),
    *(Combination(suite, server=server) for suite in ALL_TLS13_SUITES for server in SERVERS),
    *(Combination(suite, user=user) for suite in ALL_TLS13_SUITES for user in USERS),
)
EVERY = tuple(dict.fromkeys(EVERY))
EVERY_SUITE = tuple(Combination(suite) for suite in ALL_TLS13_SUITES)
EVERY_GROUP = tuple(Combination(group=group) for group in GROUPS)

EVERYTHING: dict[str, Any] = {
    "cipher_suites": ALL_TLS13_SUITES,
    "groups": GROUPS,
    "credentials": tuple(map(credential_of, SERVERS)),
    "signature_schemes": (*DEFAULT_SCHEMES, SignatureScheme.ed25519),
}
"""What a server of ours is made with that leaves every choice to its clients."""

both_roles = pytest.mark.parametrize("role", ROLES)
every_combination = pytest.mark.parametrize("combination", EVERY, ids=str)
every_suite = pytest.mark.parametrize("combination", EVERY_SUITE, ids=str)
every_group = pytest.mark.parametrize("combination", EVERY_GROUP, ids=str)


def check(
    combination: Combination,
    trace: Trace,
    outcome: tlslab.HandshakeCompleted,
    key_log: str,
    *,
    shares: bool = True,
) -> None:
    """What was agreed on is what was wanted, and the peer's own key log has our secrets.

    shares: whether key shares were exchanged, which a pre-shared key can do without.
    """
    assert outcome.version is ProtocolVersion.TLSv1_3
    assert outcome.cipher_suite is combination.suite
    assert agreed(trace, "group") == (combination.group.name if shares else "")
    check_secrets(trace, key_log)


def check_secrets(trace: Trace, key_log: str, *, early: bool = False) -> None:
    """Each secret in the peer's key log is ours.

    early: those of early data too; if they were refused, a server never computes them.
    """
    theirs, ours = logged(trace, key_log), logged(trace, trace.key_log())
    if not early:
        theirs = {label: value for label, value in theirs.items() if label not in EARLY_SECRETS}
    # OpenSSL's name for a secret after a KeyUpdate; a key log has no place for it.
    updated = {theirs.pop(label) for label in list(theirs) if label.endswith("_n")}
    assert updated <= {event.value.hex() for event in trace.of(SecretDerived)}
    assert theirs.keys() >= SECRETS | ({"client_early_traffic_secret"} if early else set())
    assert theirs.items() <= ours.items()


def logged(trace: Trace, key_log: str) -> dict[str, str]:
    """The secrets of this connection in a key log, by their labels."""
    random = trace.value("client_random").hex()
    lines = [line.split() for line in key_log.lower().splitlines() if not line.startswith("#")]
    return {label: secret for label, whose, secret in lines if whose == random}


def agreed(trace: Trace, name: str) -> str:
    """What was agreed on under this name; empty if nothing was."""
    return next((each.value for each in trace.of(Negotiated) if each.name == name), "")


def check_user(combination: Combination, outcome: tlslab.HandshakeCompleted) -> None:
    """Our server knows who its client is."""
    expected = pki.identity(combination.user).certificate_chain if combination.user else ()
    assert outcome.peer_certificates == expected


def was_retried(trace: Trace) -> bool:
    """Whether the server asked for a second ClientHello."""
    return bool(trace.messages("hello_retry_request"))
