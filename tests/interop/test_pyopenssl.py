"""Our client and our server with pyOpenSSL, which brings an OpenSSL of its own (libssl 4)."""

import pytest
from OpenSSL import SSL

from tlslab.crypto.suites import SUITES, KeyExchange
from tlslab.lab import pki
from tlslab.lab.configs import SERVER_NAME
from tlslab.lab.handshake import converse, start_client, start_server
from tlslab.lab.peers import NO_ENCRYPT_THEN_MAC, NO_EXTENDED_MASTER_SECRET, OPENSSL_NAMES
from tlslab.trace import Trace

MEBIBYTE = bytes(range(256)) * 4096


class PyOpenSSL:
    """pyOpenSSL over memory BIOs, as an endpoint of `lab.handshake.converse`."""

    def __init__(self, role, suite):
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        context.set_max_proto_version(SSL.TLS1_2_VERSION)
        context.set_cipher_list(f"{OPENSSL_NAMES[suite]}:@SECLEVEL=0".encode())
        context.set_options(NO_EXTENDED_MASTER_SECRET | NO_ENCRYPT_THEN_MAC | SSL.OP_NO_TICKET)
        self.key_log = []
        context.set_keylog_callback(lambda connection, line: self.key_log.append(line.decode()))
        if role == "server":
            is_ecdsa = SUITES[suite].key_exchange is KeyExchange.ECDHE_ECDSA
            identity = pki.server_ecdsa() if is_ecdsa else pki.server_rsa()
            context.use_certificate_chain_file(str(identity.chain_path))
            context.use_privatekey_file(str(identity.key_path))
        else:
            context.load_verify_locations(str(pki.pem_path("root")))
            context.set_verify(SSL.VERIFY_PEER)
        self.connection = SSL.Connection(context)
        self.error = None
        self.completed = False
        self.received = b""
        self.ended = False
        if role == "server":
            self.connection.set_accept_state()
        else:
            self.connection.set_tlsext_host_name(SERVER_NAME.encode())
            self.connection.set_connect_state()
            self.go_on()

    def receive(self, data):
        self.connection.bio_write(data)
        self.go_on()

    def go_on(self):
        try:
            if not self.completed:
                self.connection.do_handshake()
                self.completed = True
            while True:
                self.received += self.connection.recv(65536)
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self.ended = True
            self.connection.shutdown()
        except SSL.Error as error:
            self.error = error

    def data_to_send(self):
        output = b""
        try:
            while True:
                output += self.connection.bio_read(65536)
        except SSL.WantReadError:
            return output

    def send(self, data):
        self.connection.sendall(data)

    def close(self):
        self.connection.shutdown()


@pytest.mark.parametrize("role", ["client", "server"])
@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_handshake_secrets_data_and_closure(suite, role):
    trace = Trace(role)
    if role == "client":
        ours, theirs = start_client(trace, suite=suite), PyOpenSSL("server", suite)
        converse(ours, theirs, MEBIBYTE, b"pong")
        received = (theirs.received, ours.received)
    else:
        ours, theirs = start_server(trace, suite=suite), PyOpenSSL("client", suite)
        converse(theirs, ours, MEBIBYTE, b"pong")
        received = (ours.received, theirs.received)
    assert (ours.error, theirs.error) == (None, None)
    assert theirs.connection.get_cipher_name() == OPENSSL_NAMES[suite]
    assert received == (MEBIBYTE, b"pong")
    assert ours.connection.is_closed
    assert theirs.ended
    assert theirs.key_log
    assert {line.lower() for line in theirs.key_log} <= set(trace.key_log().lower().splitlines())
