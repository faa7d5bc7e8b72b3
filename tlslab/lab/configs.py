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
from tlslab.connection.session import AntiReplay
from tlslab.lab import pki
from tlslab.lab.named import (
    DEFAULT_SUITE,
    external_psk,
    groups_named,
    prime_of,
    psk_modes_named,
    server_identities,
    suite_named,
    suites_named,
    user_identity,
    version_named,
)
from tlslab.lab.options import (
    SEEDED_TIME,
    SERVER_NAME,
    Options,
    Seed,
    random_and_clock,
    read_options,
    takes_options,
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
    """A client that trusts the lab's root. See `lab.handshake` for the options."""
    return client_config_of(read_options(options))


@takes_options
def server_config(**options: Any) -> ServerConfig:
    """The lab's server, which has two names to choose from. See `lab.handshake`."""
    return server_config_of(read_options(options))


def client_config_of(wanted: Options) -> ClientConfig:
    """The client's part of the options."""
    random, clock = random_and_clock(wanted.seed, "client")
    return ClientConfig(
        server_name=wanted.server_name,
        trust_anchors=(pki.root(),),
        **_versions(wanted),
        cipher_suites=suites_named(wanted.suite),
        groups=groups_named(wanted.groups),
        credential=credential(user_identity(wanted.user)) if wanted.user is not None else None,
        extended_master_secret=wanted.extended_master_secret,
        encrypt_then_mac=wanted.encrypt_then_mac,
        status_request=wanted.status_request,
        session_tickets=wanted.tickets,
        session=wanted.session,
        record_size_limit=wanted.record_size_limit,
        alpn=wanted.alpn,
        key_shares=None if wanted.key_shares is None else groups_named(wanted.key_shares),
        psk=external_psk(wanted.psk),
        psk_modes=psk_modes_named(wanted.psk_modes),
        early_data=wanted.early_data,
        post_handshake_auth=wanted.post_handshake_auth,
        record_padding=wanted.record_padding,
        grease=wanted.grease,
        random=random,
        clock=clock,
        primitives=wanted.primitives,
    )


def server_config_of(wanted: Options) -> ServerConfig:
    """The server's part of the options."""
    random, clock = random_and_clock(wanted.seed, "server")
    asks = ClientAuthentication(wanted.client_authentication)
    now = clock() if wanted.status_request else None
    groups = wanted.groups if wanted.server_groups is None else wanted.server_groups
    psk, anti_replay = external_psk(wanted.psk), wanted.anti_replay
    return ServerConfig(
        credentials=tuple(credential(each, now) for each in server_identities(wanted.server)),
        signature_schemes=REPEATABLE_FIRST,
        **_versions(wanted),
        cipher_suites=suites_named(wanted.suite),
        groups=groups_named(groups),
        dh_field=prime_of(groups),
        client_authentication=asks,
        client_trust_anchors=() if asks is ClientAuthentication.NONE else (pki.root(),),
        extended_master_secret=wanted.extended_master_secret,
        encrypt_then_mac=wanted.encrypt_then_mac,
        session_cache=wanted.session_cache,
        ticket_keys=wanted.ticket_keys,
        record_size_limit=wanted.record_size_limit or MAX_PLAINTEXT,
        alpn=wanted.alpn,
        psks=() if psk is None else (psk,),
        psk_modes=psk_modes_named(wanted.psk_modes),
        retry=wanted.retry,
        cookie=wanted.cookie,
        max_early_data_size=wanted.max_early_data_size,
        anti_replay=anti_replay if isinstance(anti_replay, AntiReplay) else None,
        record_padding=wanted.record_padding,
        random=random,
        clock=clock,
        primitives=wanted.primitives,
    )


def _versions(wanted: Options) -> dict[str, Any]:
    """The only version, if there is to be only one; otherwise the suites decide."""
    if wanted.version is None:
        return {}
    version = version_named(wanted.version)
    return {"min_version": version, "max_version": version}


def credential(identity: pki.Identity, now: datetime | None = None) -> Credential:
    """An identity of the lab's PKI as a credential.

    now: if given, it comes with its issuer's word that it is good then, to staple.
    """
    word = b"" if now is None else ocsp_response(identity, now)
    return Credential(identity.certificate_chain, identity.private_key, word)
