"""A client and a server in one process, with memory between them: tlslab's own and its peers'.

All do the same work: full handshakes without resumption, with the lab's RSA-2048 certificate;
extended master secret and encrypt-then-MAC are off, because tlslab does not have them yet.
"""

import errno
import ssl
from functools import cache
from typing import Self

from tlslite.api import HandshakeSettings, TLSConnection, X509CertChain, parsePEMKey

import tlslab
from tlslab.lab import pki
from tlslab.wire.registry import CipherSuite

SERVER_NAME = "server.tlslab.test"


class Pair:
    """A client and a server. `suite`: the name that OpenSSL has for the cipher suite."""

    def __init__(self, suite: str) -> None:
        raise NotImplementedError

    def handshake(self) -> Self:
        """Run the handshake to its end, on both sides."""
        raise NotImplementedError

    def transfer(self, data: bytes) -> bytes:
        """Send `data` from the client to the server; what the server received."""
        raise NotImplementedError


# -- tlslab -------------------------------------------------------------------------------------

IANA_NAMES = {
    "AES128-GCM-SHA256": CipherSuite.TLS_RSA_WITH_AES_128_GCM_SHA256,
    "AES128-SHA": CipherSuite.TLS_RSA_WITH_AES_128_CBC_SHA,
}


@cache
def tlslab_configs(suite: str) -> tuple[tlslab.ClientConfig, tlslab.ServerConfig]:
    identity = pki.server_rsa()
    suites = (IANA_NAMES[suite],)
    credential = tlslab.Credential(identity.certificate_chain, identity.private_key)
    return (
        tlslab.ClientConfig(
            server_name=SERVER_NAME, trust_anchors=(pki.root(),), cipher_suites=suites
        ),
        tlslab.ServerConfig(credentials=(credential,), cipher_suites=suites),
    )


class TlslabPair(Pair):
    """With a NullTrace."""

    def __init__(self, suite: str) -> None:
        client, server = tlslab_configs(suite)
        self.client = tlslab.client(client, self.trace("client"))
        self.server = tlslab.server(server, self.trace("server"))

    def trace(self, role: str) -> tlslab.NullTrace:
        return tlslab.NullTrace()

    def handshake(self) -> Self:
        client, server = self.client, self.server
        while not client.is_connected:
            server.receive_data(client.data_to_send())
            client.receive_data(server.data_to_send())
        assert server.is_connected
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
def ssl_contexts(suite: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    identity = pki.server_rsa()
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(pki.pem_path("root"))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(identity.chain_path, identity.key_path)
    for context in (client, server):
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(suite)
        context.options |= OP_NO_EXTENDED_MASTER_SECRET | OP_NO_ENCRYPT_THEN_MAC
        context.options |= ssl.OP_NO_TICKET
    return client, server


class SSLPair(Pair):
    """The standard library's `ssl`, which is OpenSSL, over `MemoryBIO`."""

    def __init__(self, suite: str) -> None:
        client, server = ssl_contexts(suite)
        self.to_client, self.to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.client = client.wrap_bio(self.to_client, self.to_server, server_hostname=SERVER_NAME)
        self.server = server.wrap_bio(self.to_server, self.to_client, server_side=True)

    def handshake(self) -> Self:
        waiting = [self.client, self.server]
        while waiting:
            side = waiting.pop(0)
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                waiting.append(side)
        return self

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
def tlslite_identity() -> tuple[X509CertChain, object]:
    identity = pki.server_rsa()
    chain = X509CertChain()
    chain.parsePemList(identity.chain_pem.decode())
    return chain, parsePEMKey(identity.key_pem.decode(), private=True)


@cache
def tlslite_settings(suite: str) -> HandshakeSettings:
    settings = HandshakeSettings()
    settings.minVersion = settings.maxVersion = (3, 3)
    settings.keyExchangeNames = ["rsa"]
    settings.cipherNames = ["aes128gcm" if "GCM" in suite else "aes128"]
    settings.macNames = ["aead" if "GCM" in suite else "sha"]
    settings.useExtendedMasterSecret = False
    settings.useEncryptThenMAC = False
    return settings


class TlslitePair(Pair):
    """tlslite-ng: pure Python, with gmpy2 for RSA. It does not verify certificate chains."""

    def __init__(self, suite: str) -> None:
        client, server = MemorySocket(), MemorySocket()
        client.peer, server.peer = server, client
        self.client, self.server = TLSConnection(client), TLSConnection(server)
        self.settings = tlslite_settings(suite)

    def handshake(self) -> Self:
        chain, key = tlslite_identity()
        waiting = [
            self.client.handshakeClientCert(
                settings=self.settings, serverName=SERVER_NAME, async_=True
            ),
            self.server.handshakeServerAsync(
                certChain=chain, privateKey=key, settings=self.settings
            ),
        ]
        while waiting:
            side = waiting.pop(0)
            if next(side, None) is not None:
                waiting.append(side)
        return self

    def transfer(self, data: bytes) -> bytes:
        self.client.write(data)
        return bytes(self.server.read(len(data), len(data)))
