"""Our client and our server with pyOpenSSL, which brings an OpenSSL of its own (libssl 4)."""

import pytest
from combinations import (
    WITHOUT_USERS,
    Combination,
    both_kinds,
    both_roles,
    check,
    check_user,
    every_combination,
    every_suite_twice,
    resumed_by,
)
from in_memory import credential
from OpenSSL import SSL

import tlslab
from tlslab.connection.session import SessionCache, TicketKeys
from tlslab.crypto.suites import SUITES, KeyExchange
from tlslab.lab import pki
from tlslab.lab.configs import SERVER_NAME
from tlslab.lab.handshake import Ours, converse
from tlslab.lab.peers import NO_ENCRYPT_THEN_MAC, NO_EXTENDED_MASTER_SECRET, OPENSSL_NAMES
from tlslab.lab.randomness import SeededRandom
from tlslab.trace import Trace

MEBIBYTE = bytes(range(256)) * 4096
EVERY_SUITE = tuple(each for each in WITHOUT_USERS if each.hardened)


def openssl_context(role, combination, *, tickets=False):
    """A context of pyOpenSSL and the lines of its key log; `role` is its own."""
    context = SSL.Context(SSL.TLS_METHOD)
    key_log = []
    context.set_keylog_callback(lambda connection, line: key_log.append(line.decode().lower()))
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    context.set_cipher_list(f"{OPENSSL_NAMES[combination.suite]}:@SECLEVEL=0".encode())
    if not combination.hardened:
        context.set_options(NO_EXTENDED_MASTER_SECRET | NO_ENCRYPT_THEN_MAC)
    if not tickets:
        context.set_options(SSL.OP_NO_TICKET)
    context.load_verify_locations(str(pki.pem_path("root")))
    identity = pki.identity(combination.user) if combination.user else None
    if role == "server":
        context.set_session_id(b"tests")
        is_ecdsa = SUITES[combination.suite].key_exchange is KeyExchange.ECDHE_ECDSA
        if identity:
            context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)
        identity = pki.server_ecdsa() if is_ecdsa else pki.server_rsa()
    else:
        context.set_verify(SSL.VERIFY_PEER)
    if identity:
        context.use_certificate_chain_file(str(identity.chain_path))
        context.use_privatekey_file(str(identity.key_path))
    return context, key_log


class PyOpenSSL:
    """pyOpenSSL over memory BIOs, as an endpoint of `lab.handshake.converse`."""

    def __init__(self, role, context, session=None):
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
            if session is not None:
                self.connection.set_session(session)
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


class Meeting:
    """A handshake, data both ways and closure; `role` is ours, `session` the client's."""

    def __init__(self, role, combination, *, request=b"ping", context=None, session=None, **config):
        self.trace = Trace(role)
        other = "server" if role == "client" else "client"
        context, self.key_log = context or openssl_context(other, combination)
        if role == "client":
            config = {"session": session, **config}
            self.ours = Ours(tlslab.client(combination.client(**config), self.trace))
            self.theirs = PyOpenSSL(other, context)
            converse(self.ours, self.theirs, request, b"pong")
            received = (self.theirs.received, self.ours.received)
        else:
            self.ours = Ours(tlslab.server(combination.server(**config), self.trace))
            self.theirs = PyOpenSSL(other, context, session)
            converse(self.theirs, self.ours, request, b"pong")
            received = (self.ours.received, self.theirs.received)
        assert (self.ours.error, self.theirs.error) == (None, None)
        assert received == (request, b"pong")
        assert self.ours.connection.is_closed
        assert self.theirs.ended
        assert self.theirs.connection.get_cipher_name() == OPENSSL_NAMES[combination.suite]
        assert self.theirs.connection.master_key() == self.trace.value("master_secret")


@both_roles
@every_combination
def test_handshake_secrets_data_and_closure(combination: Combination, role):
    met = Meeting(role, combination)
    check(combination, met.trace, met.ours.outcome, "\n".join(met.key_log))
    # The premaster secret of RSA too.
    assert set(met.key_log) <= set(met.trace.key_log().lower().splitlines())
    if role == "server":
        check_user(combination, met.ours.outcome)
    else:
        theirs = met.theirs.connection.get_peer_certificate(as_cryptography=True)
        assert theirs == (credential(combination.user).leaf if combination.user else None)


@both_roles
@pytest.mark.parametrize("combination", EVERY_SUITE, ids=str)
def test_a_mebibyte(combination, role):
    Meeting(role, combination, request=MEBIBYTE)


@both_kinds
@every_suite_twice
def test_we_resume_a_session_with_it(combination, kind):
    context = openssl_context("server", combination, tickets=kind == "ticket")
    common = {"context": context, "session_tickets": True}
    first = Meeting("client", combination, **common)
    assert not first.ours.outcome.resumed
    second = Meeting(
        "client", combination, **common, again=" again", session=first.ours.outcome.session
    )
    check(combination, second.trace, second.ours.outcome, "\n".join(second.key_log))
    assert resumed_by(second.trace) == kind
    assert second.trace.value("master_secret") == first.trace.value("master_secret")


@both_kinds
@every_suite_twice
def test_it_resumes_a_session_with_us(combination, kind):
    context = openssl_context("client", combination, tickets=kind == "ticket")
    keys = TicketKeys(SeededRandom(1, "keys"))
    common = {"context": context, "ticket_keys": keys, "session_cache": SessionCache()}
    first = Meeting("server", combination, **common)
    assert not first.ours.outcome.resumed
    session = first.theirs.connection.get_session()
    second = Meeting("server", combination, **common, again=" again", session=session)
    check(combination, second.trace, second.ours.outcome, "\n".join(second.key_log))
    assert resumed_by(second.trace) == kind
    assert second.trace.value("master_secret") == first.trace.value("master_secret")
