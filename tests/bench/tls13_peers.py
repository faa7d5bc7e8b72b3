"""The same for TLS 1.3: tlslab's own pair, `ssl`, pyOpenSSL, which has a hybrid group, tlslite-ng.

All use TLS_AES_256_GCM_SHA384, which `ssl` chooses and cannot be told not to.
"""

import ssl
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Self

from OpenSSL import SSL
from tlslite.api import HandshakeSettings, TLSConnection

import tlslab
from tlslab.connection.config import system_random
from tlslab.connection.context import Event, TicketReceived
from tlslab.connection.session import TicketKeys
from tlslab.lab import pki
from tlslab.wire.registry import CipherSuite, NamedGroup

from .peers import (
    SERVER_NAME,
    MemorySocket,
    Pair,
    SSLPair,
    TlslabPair,
    TlslitePair,
    tlslite_identity,
)

SUITE = CipherSuite.TLS_AES_256_GCM_SHA384
HYBRID = NamedGroup.X25519MLKEM768
MAX_RECORD = 1 << 14


@dataclass(frozen=True)
class Kind13:
    """What is done: whose certificate, in which group, and whether with a ticket (psk_dhe_ke).

    tickets: how many the server gives; pyOpenSSL gives two and cannot be told not to.
    """

    server: str = "server-rsa"
    group: NamedGroup = NamedGroup.x25519
    tickets: int = 0
    resumed: bool = False

    @property
    def identity(self) -> pki.Identity:
        """Whose certificate the server has."""
        return pki.identity(self.server)


# -- tlslab -------------------------------------------------------------------------------------


@cache
def tlslab_configs(kind: Kind13) -> tuple[tlslab.ClientConfig, tlslab.ServerConfig]:
    groups = (kind.group, NamedGroup.x25519) if kind.group is HYBRID else (kind.group,)
    common: dict[str, Any] = {"cipher_suites": (SUITE,), "groups": groups}
    client = tlslab.ClientConfig(server_name=SERVER_NAME, trust_anchors=(pki.root(),), **common)
    credential = tlslab.Credential(kind.identity.certificate_chain, kind.identity.private_key)
    server = tlslab.ServerConfig(
        credentials=(credential,),
        ticket_keys=TicketKeys(system_random) if kind.tickets else None,
        tickets=kind.tickets,
        **common,
    )
    if kind.resumed:
        _, ticket = events_of(client, server)
        assert isinstance(ticket, TicketReceived)
        client = replace(client, session=ticket.session)
        completed, *_ = events_of(client, server)
        assert isinstance(completed, tlslab.HandshakeCompleted)
        assert completed.resumed
    return client, server


def events_of(client: tlslab.ClientConfig, server: tlslab.ServerConfig) -> list[Event]:
    """What the client learns in a handshake, and behind it."""
    ours, theirs = tlslab.client(client), tlslab.server(server)
    events: list[Event] = []
    for _ in range(2):
        theirs.receive_data(ours.data_to_send())
        events += ours.receive_data(theirs.data_to_send())
    return events


class TlslabPair13(TlslabPair):
    """With a NullTrace."""

    def __init__(self, kind: Kind13) -> None:
        client, server = tlslab_configs(kind)
        self.goes_on, self.closes = kind.resumed, False
        self.client = tlslab.client(client, self.trace("client"))
        self.server = tlslab.server(server, self.trace("server"))


class TracedPair13(TlslabPair13):
    """Both sides with a full Trace."""

    def trace(self, role: str) -> tlslab.Trace:
        return tlslab.Trace(role)


# -- ssl ----------------------------------------------------------------------------------------


@cache
def ssl_contexts(kind: Kind13) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(pki.pem_path("root"))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(kind.identity.chain_path, kind.identity.key_path)
    server.set_ecdh_curve("X25519")
    server.num_tickets = kind.tickets
    for context in (client, server):
        context.minimum_version = ssl.TLSVersion.TLSv1_3
    return client, server


@cache
def ssl_session(kind: Kind13) -> ssl.SSLSession | None:
    first = SSLPair13(replace(kind, resumed=False), kind).handshake()
    first.server.write(b"x")
    first.client.read(1)  # the ticket comes before it
    return first.client.session


class SSLPair13(SSLPair):
    """The standard library's `ssl`, which is OpenSSL, over `MemoryBIO`."""

    def __init__(self, kind: Kind13, contexts_of: Kind13 | None = None) -> None:
        client, server = ssl_contexts(contexts_of or kind)
        self.goes_on, self.closes = kind.resumed, False
        self.to_client, self.to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.client = client.wrap_bio(
            self.to_client,
            self.to_server,
            server_hostname=SERVER_NAME,
            session=ssl_session(kind) if kind.resumed else None,
        )
        self.server = server.wrap_bio(self.to_server, self.to_client, server_side=True)

    def handshake(self) -> Self:
        super().handshake()
        assert self.client.version() == "TLSv1.3"
        assert self.client.cipher()[0] == SUITE.name
        return self


# -- pyOpenSSL ----------------------------------------------------------------------------------


@cache
def pyopenssl_contexts(kind: Kind13) -> tuple[SSL.Context, SSL.Context]:
    client, server = SSL.Context(SSL.TLS_METHOD), SSL.Context(SSL.TLS_METHOD)
    client.load_verify_locations(str(pki.pem_path("root")))
    client.set_verify(SSL.VERIFY_PEER)
    server.use_certificate_chain_file(str(kind.identity.chain_path))
    server.use_privatekey_file(str(kind.identity.key_path))
    for context in (client, server):
        context.set_min_proto_version(SSL.TLS1_3_VERSION)
        context.set_tls13_ciphersuites(SUITE.name.encode())
    return client, server


class PyOpenSSLPair(Pair):
    """pyOpenSSL, which has a newer OpenSSL than `ssl`, over memory BIOs."""

    def __init__(self, kind: Kind13) -> None:
        client, server = pyopenssl_contexts(kind)
        self.client, self.server = SSL.Connection(client), SSL.Connection(server)
        self.client.set_tlsext_host_name(SERVER_NAME.encode())
        self.client.set_connect_state()
        self.server.set_accept_state()

    def handshake(self) -> Self:
        waiting = [(self.client, self.server), (self.server, self.client)]
        while waiting:
            side, peer = waiting.pop(0)
            try:
                side.do_handshake()
            except SSL.WantReadError:
                waiting.append((side, peer))
            with suppress(SSL.WantReadError):
                peer.bio_write(side.bio_read(MAX_RECORD))
        assert self.client.get_group_name() == HYBRID.name
        return self


# -- tlslite-ng ---------------------------------------------------------------------------------


@cache
def tlslite_settings(kind: Kind13) -> HandshakeSettings:
    settings = HandshakeSettings()
    settings.minVersion = settings.maxVersion = (3, 4)
    settings.cipherNames = ["aes256gcm"]
    settings.eccCurves = [kind.group.name, "secp256r1"]  # the certificate's curve too
    settings.keyShares = [kind.group.name]
    if kind.tickets:
        settings.ticketKeys = [bytes(32)]
        settings.ticket_count = kind.tickets
    return settings


@cache
def tlslite_session(kind: Kind13) -> object:
    first = TlslitePair13(kind, first=True).handshake()
    first.server.write(b"x")
    first.client.read(1, 1)  # the ticket comes before it
    return first.client.session


class TlslitePair13(TlslitePair):
    """tlslite-ng: pure Python, with gmpy2 for RSA. It does not verify certificate chains."""

    def __init__(self, kind: Kind13, *, first: bool = False) -> None:
        client, server = MemorySocket(), MemorySocket()
        client.peer, server.peer = server, client
        self.client, self.server = TLSConnection(client), TLSConnection(server)
        self.kind = kind
        self.session = tlslite_session(kind) if kind.resumed and not first else None

    def handshake(self) -> Self:
        chain, key = tlslite_identity(self.kind.identity)
        settings = tlslite_settings(self.kind)
        waiting = [
            self.client.handshakeClientCert(
                settings=settings, serverName=SERVER_NAME, session=self.session, async_=True
            ),
            self.server.handshakeServerAsync(certChain=chain, privateKey=key, settings=settings),
        ]
        while waiting:
            side = waiting.pop(0)
            if next(side, None) is not None:
                waiting.append(side)
        assert self.client.resumed is (self.session is not None)
        return self
