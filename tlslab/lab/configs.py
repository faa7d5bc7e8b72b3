"""Configurations of the laboratory: its PKI, and randomness and a clock that can be repeated.

Each function takes the options of both sides (`tlslab.lab.options`) and uses what concerns its own.
"""

from datetime import datetime
from typing import Any

from tlslab.connection.config import (
    DEFAULT_SCHEMES,
    ClientAuthentication,
    ClientConfig,
    Credential,
    ServerConfig,
)
from tlslab.lab import pki
from tlslab.lab.options import (
    DEFAULT_SUITE,
    SEEDED_TIME,
    SERVER_NAME,
    Options,
    Seed,
    groups_named,
    prime_of,
    random_and_clock,
    read_options,
    server_identities,
    suite_named,
    takes_options,
    user_identity,
)
from tlslab.lab.stapling import ocsp_response
from tlslab.wire.framing import MAX_PLAINTEXT

__all__ = [
    "DEFAULT_SUITE",
    "REPEATABLE_FIRST",
    "SEEDED_TIME",
    "SERVER_NAME",
    "Seed",
    "client_config",
    "credential",
    "server_config",
    "suite_named",
]

REPEATABLE_FIRST = tuple(sorted(DEFAULT_SCHEMES, key=lambda scheme: "pss" in scheme.name))
"""A signature with PSS is another one each time; a seeded run has to be repeatable."""


@takes_options
def client_config(**options: Any) -> ClientConfig:
    """A client that trusts the lab's root and offers one suite. See `lab.handshake`."""
    return client_config_of(read_options(options))


@takes_options
def server_config(**options: Any) -> ServerConfig:
    """The lab's server, which has two names to choose from, and one suite. See `lab.handshake`."""
    return server_config_of(read_options(options))


def client_config_of(wanted: Options) -> ClientConfig:
    """The client's part of the options."""
    random, clock = random_and_clock(wanted.seed, "client")
    return ClientConfig(
        server_name=wanted.server_name,
        trust_anchors=(pki.root(),),
        cipher_suites=(suite_named(wanted.suite),),
        groups=groups_named(wanted.groups),
        credential=credential(user_identity(wanted.user)) if wanted.user is not None else None,
        extended_master_secret=wanted.extended_master_secret,
        encrypt_then_mac=wanted.encrypt_then_mac,
        status_request=wanted.status_request,
        session_tickets=wanted.tickets,
        session=wanted.session,
        record_size_limit=wanted.record_size_limit,
        alpn=wanted.alpn,
        random=random,
        clock=clock,
        primitives=wanted.primitives,
    )


def server_config_of(wanted: Options) -> ServerConfig:
    """The server's part of the options."""
    random, clock = random_and_clock(wanted.seed, "server")
    asks = ClientAuthentication(wanted.client_authentication)
    now = clock() if wanted.status_request else None
    return ServerConfig(
        credentials=tuple(credential(each, now) for each in server_identities(wanted.server)),
        signature_schemes=REPEATABLE_FIRST,
        cipher_suites=(suite_named(wanted.suite),),
        groups=groups_named(wanted.groups),
        dh_field=prime_of(wanted.groups),
        client_authentication=asks,
        client_trust_anchors=() if asks is ClientAuthentication.NONE else (pki.root(),),
        extended_master_secret=wanted.extended_master_secret,
        encrypt_then_mac=wanted.encrypt_then_mac,
        session_cache=wanted.session_cache,
        ticket_keys=wanted.ticket_keys,
        record_size_limit=wanted.record_size_limit or MAX_PLAINTEXT,
        alpn=wanted.alpn,
        random=random,
        clock=clock,
        primitives=wanted.primitives,
    )


def credential(identity: pki.Identity, now: datetime | None = None) -> Credential:
    """An identity of the lab's PKI as a credential.

    now: if given, it comes with its issuer's word that it is good then, to staple.
    """
    word = b"" if now is None else ocsp_response(identity, now)
    return Credential(identity.certificate_chain, identity.private_key, word)
