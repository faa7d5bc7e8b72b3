"""A client and a server in one process, with memory between them: tlslab's own and its peers'.

These speak TLS 1.2; `tls13_peers` has those of TLS 1.3. All do the same work: full handshakes, or resumed by session ID, with the lab's certificates;
extended master secret and encrypt-then-MAC are off, as they were when the first figures were taken.
"""

import errno
import ssl
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Self

from tlslite.api import (
    HandshakeSettings,
    SessionCache,
    TLSConnection,
    X509CertChain,
    parsePEMKey,
)

import tlslab
from tlslab.connection.session import SessionCache as TlslabSessionCache
from tlslab.crypto.groups import ECDHE_GROUPS
from tlslab.crypto.suites import ECDHE, SUITES, CipherType, KeyExchange
from tlslab.lab import pki
from tlslab.lab.peers import OPENSSL_NAMES
from tlslab.wire.registry import CipherSuite, NamedGroup

SERVER_NAME = "server.tlslab.test"


@dataclass(frozen=True)
class Kind:
    """What is done: a suite, for ECDHE on which curve, and whether a session is resumed."""

    suite: CipherSuite
    curve: NamedGroup = NamedGroup.secp256r1
    resumed: bool = False

    @property
    def identity(self) -> pki.Identity:
        """Whose certificate the server has."""
        is_ecdsa = SUITES[self.suite].key_exchange is KeyExchange.ECDHE_ECDSA
        return pki.server_ecdsa() if is_ecdsa else pki.server_rsa()


class Pair:
    """A client and a server."""

    def __init__(self, kind: Kind) -> None:
        raise NotImplementedError

    def handshake(self) -> Self:
        """Run the handshake to its end, on both sides."""
        raise NotImplementedError

    def transfer(self, data: bytes) -> bytes:
        """Send `data` from the client to the server; what the server received."""
        raise NotImplementedError


# -- tlslab -------------------------------------------------------------------------------------


@cache
def tlslab_configs(kind: Kind) -> tuple[tlslab.ClientConfig, tlslab.ServerConfig]:
    identity = kind.identity
    # The certificate's curve has to be on the list too; the server's list decides.
    groups = (kind.curve, *(group for group in ECDHE_GROUPS if group is not kind.curve))
    common: dict[str, Any] = {
        "cipher_suites": (kind.suite,),
        "groups": groups,
        "extended_master_secret": False,
        "encrypt_then_mac": False,
    }
    client = tlslab.ClientConfig(
        server_name=SERVER_NAME, trust_anchors=(pki.root(),), session_tickets=False, **common
    )
    cache_ = TlslabSessionCache() if kind.resumed else None
    credential = tlslab.Credential(identity.certificate_chain, identity.private_key)
    server = tlslab.ServerConfig(credentials=(credential,), session_cache=cache_, **common)
    if kind.resumed:
        first = tlslab.client(client), tlslab.server(server)
        events: list[Any] = []
        while not first[0].is_connected:
            first[1].receive_data(first[0].data_to_send())
            events += first[0].receive_data(first[1].data_to_send())
        client = replace(client, session=events[0].session)
    return client, server


class TlslabPair(Pair):
    """With a NullTrace."""

    def __init__(self, kind: Kind) -> None:
        client, server = tlslab_configs(kind)
        self.goes_on = self.closes = kind.resumed
        self.client = tlslab.client(client, self.trace("client"))
        self.server = tlslab.server(server, self.trace("server"))

    def trace(self, role: str) -> tlslab.NullTrace:
        return tlslab.NullTrace()

    def handshake(self) -> Self:
        client, server = self.client, self.server
        events: list[Any] = []
        while not (client.is_connected and server.is_connected):
            server.receive_data(client.data_to_send())
            events += client.receive_data(server.data_to_send())
        assert events[0].resumed is self.goes_on
        if self.closes:  # as `ssl` has to
            client.close()
            server.close()
        return self

    def transfer(self, data: bytes) -> bytes:
        self.client.send(data)
        (event,) = self.server.receive_data(self.client.data_to_send())
        return event.data


class TracedPair(TlslabPair):
    """Both sides with a full Trace."""

    def trace(self, role: str) -> tlslab.Trace:
        return tlslab.Trace(role)


class ViewedPair(TracedPair):
    """The same, and somebody looks at every event in the end."""

    def handshake(self) -> Self:
        super().handshake()
        assert self.client.trace.events
        assert self.server.trace.events
        return self


# -- ssl ----------------------------------------------------------------------------------------

OP_NO_EXTENDED_MASTER_SECRET = 1 << 0  # SSL_OP_NO_EXTENDED_MASTER_SECRET in <openssl/ssl.h>
OP_NO_ENCRYPT_THEN_MAC = 1 << 19  # SSL_OP_NO_ENCRYPT_THEN_MAC


@cache
def ssl_contexts(kind: Kind) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    identity = kind.identity
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(pki.pem_path("root"))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(identity.chain_path, identity.key_path)
    if SUITES[kind.suite].key_exchange in ECDHE:
        names = {NamedGroup.secp256r1: "prime256v1", NamedGroup.x25519: "X25519"}
        server.set_ecdh_curve(names[kind.curve])
    for context in (client, server):
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(OPENSSL_NAMES[kind.suite])
        context.options |= OP_NO_EXTENDED_MASTER_SECRET | OP_NO_ENCRYPT_THEN_MAC
        context.options |= ssl.OP_NO_TICKET
    return client, server


@cache
def ssl_session(kind: Kind) -> ssl.SSLSession | None:
    return SSLPair(replace(kind, resumed=False), kind).handshake().client.session


class SSLPair(Pair):
    """The standard library's `ssl`, which is OpenSSL, over `MemoryBIO`."""

    def __init__(self, kind: Kind, contexts_of: Kind | None = None) -> None:
        self.goes_on, self.closes = kind.resumed, (contexts_of or kind).resumed
        client, server = ssl_contexts(contexts_of or kind)
        self.to_client, self.to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.client = client.wrap_bio(
            self.to_client,
            self.to_server,
            server_hostname=SERVER_NAME,
            session=ssl_session(kind) if kind.resumed else None,
        )
        self.server = server.wrap_bio(self.to_server, self.to_client, server_side=True)

    def handshake(self) -> Self:
        waiting = [self.client, self.server]
        while waiting:
            side = waiting.pop(0)
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                waiting.append(side)
        assert bool(self.client.session_reused) is self.goes_on
        if self.closes:
            self.close()
        return self

    def close(self) -> None:
        """Send close_notify: OpenSSL forgets the session of a connection that ends without."""
        for side in (self.client, self.server):
            with suppress(ssl.SSLWantReadError):
                side.unwrap()

    def transfer(self, data: bytes) -> bytes:
        self.client.write(data)
        return self.server.read(len(data))


# -- tlslite-ng ---------------------------------------------------------------------------------


class MemorySocket:
    """As much of a socket as tlslite-ng needs."""

    def __init__(self) -> None:
        self.received = bytearray()
        self.peer = self

    def send(self, data: bytes) -> int:
        self.peer.received += data
        return len(data)

    sendall = send

    def recv(self, length: int) -> bytes:
        if not self.received:
            raise OSError(errno.EWOULDBLOCK, "nothing there yet")
        data = bytes(self.received[:length])
        del self.received[:length]
        return data

    def close(self) -> None:
        """There is nothing to close."""


@cache
def tlslite_identity(identity: pki.Identity) -> tuple[X509CertChain, object]:
    chain = X509CertChain()
    chain.parsePemList(identity.chain_pem.decode())
    return chain, parsePEMKey(identity.key_pem.decode(), private=True)


@cache
def tlslite_settings(kind: Kind) -> HandshakeSettings:
    suite = SUITES[kind.suite]
    settings = HandshakeSettings()
    settings.minVersion = settings.maxVersion = (3, 3)
    settings.keyExchangeNames = [suite.key_exchange.lower()]
    settings.cipherNames = {
        CipherType.GCM: ["aes128gcm"],
        CipherType.CBC: ["aes128"],
        CipherType.CHACHA20: ["chacha20-poly1305"],
    }[suite.cipher_type]
    settings.macNames = ["aead" if suite.cipher_type.is_aead else "sha"]
    settings.eccCurves = list(dict.fromkeys([kind.curve.name, "secp256r1"]))
    settings.keyShares = []
    settings.useExtendedMasterSecret = False
    settings.useEncryptThenMAC = False
    return settings


@cache
def tlslite_cache(kind: Kind) -> SessionCache | None:
    return SessionCache() if kind.resumed else None


@cache
def tlslite_session(kind: Kind) -> object:
    return TlslitePair(kind, first=True).handshake().client.session


class TlslitePair(Pair):
    """tlslite-ng: pure Python, with gmpy2 for RSA. It does not verify certificate chains."""

    def __init__(self, kind: Kind, *, first: bool = False) -> None:
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
            self.server.handshakeServerAsync(
                certChain=chain,
                privateKey=key,
                settings=settings,
                sessionCache=tlslite_cache(self.kind),
            ),
        ]
        while waiting:
            side = waiting.pop(0)
            if next(side, None) is not None:
                waiting.append(side)
        assert self.client.resumed is (self.session is not None)
        return self

    def transfer(self, data: bytes) -> bytes:
        self.client.write(data)
        return bytes(self.server.read(len(data), len(data)))
