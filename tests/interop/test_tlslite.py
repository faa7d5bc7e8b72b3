"""Our client and our server with tlslite-ng, a TLS in pure Python by other people."""

import socket
import threading

import pytest
from tlslite.api import HandshakeSettings, TLSConnection, X509CertChain, parsePEMKey

from tlslab.crypto.suites import SUITES, CipherType, KeyExchange
from tlslab.lab import pki
from tlslab.lab.handshake import start_client, start_server
from tlslab.lab.peers import run_over_socket
from tlslab.trace import Trace

REQUEST, REPLY = b"ping" * 5000, b"pong" * 5000


def settings_for(suite):
    parameters = SUITES[suite]
    bits = parameters.enc_key_length * 8
    settings = HandshakeSettings()
    settings.minVersion = settings.maxVersion = (3, 3)
    settings.keyExchangeNames = [parameters.key_exchange.lower()]
    settings.useEncryptThenMAC = False
    settings.useExtendedMasterSecret = False
    settings.cipherNames = {
        CipherType.CHACHA20: ["chacha20-poly1305"],
        CipherType.GCM: [f"aes{bits}gcm"],
        CipherType.CBC: [f"aes{bits}"],
        CipherType.MAC: ["null"],
    }[parameters.cipher_type]
    mac = {"sha1": "sha", "": "aead"}.get(parameters.mac_hash, parameters.mac_hash)
    settings.macNames = [mac]
    return settings


class TLSLite(threading.Thread):
    """tlslite-ng on a blocking socket, in a thread of its own."""

    def __init__(self, sock, role, suite):
        super().__init__()
        self.tls = TLSConnection(sock)
        self.role, self.settings = role, settings_for(suite)
        self.received, self.error, self.suite_wanted = b"", None, suite

    def run(self):
        try:
            if self.role == "server":
                is_ecdsa = SUITES[self.suite_wanted].key_exchange is KeyExchange.ECDHE_ECDSA
                identity = pki.server_ecdsa() if is_ecdsa else pki.server_rsa()
                chain = X509CertChain()
                chain.parsePemList(identity.chain_pem.decode())
                key = parsePEMKey(identity.key_pem.decode(), private=True)
                self.tls.handshakeServer(certChain=chain, privateKey=key, settings=self.settings)
                self.received = self.read(len(REQUEST))
                self.tls.write(REPLY)
                assert self.tls.read(1) == b""
            else:
                self.tls.handshakeClientCert(
                    settings=self.settings, serverName="server.tlslab.test"
                )
                self.tls.write(REQUEST)
                self.received = self.read(len(REPLY))
            self.tls.close()
        except Exception as error:
            self.error = error
        finally:
            self.tls.sock.close()

    def read(self, length):
        data = b""
        while len(data) < length:
            data += self.tls.read(min=1, max=length - len(data))
        return bytes(data)


@pytest.mark.parametrize("role", ["client", "server"])
@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_handshake_secrets_data_and_closure(suite, role):
    trace = Trace(role)
    start, other = (start_client, "server") if role == "client" else (start_server, "client")
    ours = start(trace, suite=suite)
    own, theirs = socket.socketpair()
    own.settimeout(20)
    theirs.settimeout(20)
    peer = TLSLite(theirs, other, suite)
    peer.start()
    with own:
        run_over_socket(own, ours, role, REQUEST, REPLY)
    peer.join(20)
    assert (ours.error, peer.error) == (None, None)
    assert ours.outcome.cipher_suite == suite
    assert (ours.received, peer.received) == (
        (REPLY, REQUEST) if role == "client" else (REQUEST, REPLY)
    )
    assert trace.value("master_secret") == bytes(peer.tls.session.masterSecret)
