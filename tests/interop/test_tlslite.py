"""Our client and our server with tlslite-ng, a TLS in pure Python by other people."""

import socket
import threading

import pytest
from combinations import (
    WITHOUT_USERS,
    both_kinds,
    both_roles,
    check,
    check_user,
    every_combination,
    every_suite_twice,
    resumed_by,
)
from tlslite.api import (
    HandshakeSettings,
    SessionCache,
    TLSConnection,
    X509CertChain,
    parsePEMKey,
)

import tlslab
from tlslab.connection import session
from tlslab.crypto.suites import SUITES, CipherType, KeyExchange
from tlslab.lab import pki
from tlslab.lab.handshake import Ours
from tlslab.lab.peers import run_over_socket
from tlslab.lab.randomness import SeededRandom
from tlslab.trace import Trace

# It encrypts some 300 kB a second.
REQUEST, REPLY = b"ping" * 40, b"pong" * 40
MORE_THAN_A_RECORD = bytes(range(256)) * 70
ONE_OF_EACH_CIPHER = {
    (SUITES[each.suite].cipher_type, SUITES[each.suite].mac_hash): each for each in WITHOUT_USERS
}.values()


def settings_for(combination):
    parameters = SUITES[combination.suite]
    bits = parameters.enc_key_length * 8
    settings = HandshakeSettings()
    settings.minVersion = settings.maxVersion = (3, 3)
    settings.keyExchangeNames = [parameters.key_exchange.lower()]
    settings.useEncryptThenMAC = combination.hardened
    settings.useExtendedMasterSecret = combination.hardened
    settings.cipherNames = {
        CipherType.CHACHA20: ["chacha20-poly1305"],
        CipherType.GCM: [f"aes{bits}gcm"],
        CipherType.CBC: [f"aes{bits}"],
        CipherType.MAC: ["null"],
    }[parameters.cipher_type]
    mac = {"sha1": "sha", "": "aead"}.get(parameters.mac_hash, parameters.mac_hash)
    settings.macNames = [mac]
    return settings


def loaded(identity):
    chain = X509CertChain()
    chain.parsePemList(identity.chain_pem.decode())
    return {"certChain": chain, "privateKey": parsePEMKey(identity.key_pem.decode(), private=True)}


class TLSLite(threading.Thread):
    """tlslite-ng on a blocking socket, in a thread of its own. options: of its handshake."""

    def __init__(self, sock, role, combination, data, settings, options):
        super().__init__()
        self.tls = TLSConnection(sock)
        self.role, self.combination = role, combination
        self.request, self.reply = data
        self.options = {"settings": settings, **options}
        self.received, self.error = b"", None

    def run(self):
        user = self.combination.user
        try:
            if self.role == "server":
                exchange = SUITES[self.combination.suite].key_exchange
                is_ecdsa = exchange is KeyExchange.ECDHE_ECDSA
                identity = pki.server_ecdsa() if is_ecdsa else pki.server_rsa()
                self.tls.handshakeServer(**loaded(identity), reqCert=bool(user), **self.options)
                self.received = self.read(len(self.request))
                self.tls.write(self.reply)
                assert self.tls.read(1) == b""
            else:
                who = loaded(pki.identity(user)) if user else {}
                self.tls.handshakeClientCert(**who, serverName="server.tlslab.test", **self.options)
                self.tls.write(self.request)
                self.received = self.read(len(self.reply))
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


class Meeting:
    """A handshake, data both ways and closure; `role` is ours."""

    def __init__(
        self, role, combination, *, data=(REQUEST, REPLY), settings=None, options=None, **config
    ):
        self.trace = Trace(role)
        if role == "client":
            other = "server"
            self.ours = Ours(tlslab.client(combination.client(**config), self.trace))
        else:
            other = "client"
            self.ours = Ours(tlslab.server(combination.server(**config), self.trace))
        own, theirs = socket.socketpair()
        own.settimeout(20)
        theirs.settimeout(20)
        settings = settings or settings_for(combination)
        peer = TLSLite(theirs, other, combination, data, settings, options or {})
        peer.start()
        with own:
            run_over_socket(own, self.ours, role, *data)
        peer.join(20)
        assert (self.ours.error, peer.error) == (None, None)
        received = (peer.received, self.ours.received)
        assert received == (data if role == "client" else data[::-1])
        self.tls = peer.tls
        self.session = peer.tls.session
        assert self.trace.value("master_secret") == bytes(self.session.masterSecret)
        # It keeps no key log, so it is written here.
        random = bytes(peer.tls._clientRandom).hex()
        self.key_log = f"CLIENT_RANDOM {random} {bytes(self.session.masterSecret).hex()}"


@both_roles
@every_combination
def test_handshake_secrets_data_and_closure(combination, role):
    met = Meeting(role, combination)
    check(combination, met.trace, met.ours.outcome, met.key_log)
    if role == "server":
        check_user(combination, met.ours.outcome)
    elif combination.user:
        (leaf, *_) = pki.identity(combination.user).certificate_chain
        assert bytes(met.session.clientCertChain.x509List[0].bytes) == leaf
    else:
        assert met.session.clientCertChain is None


@both_roles
@pytest.mark.parametrize("combination", ONE_OF_EACH_CIPHER, ids=str)
def test_more_than_a_record(combination, role):
    Meeting(role, combination, data=(MORE_THAN_A_RECORD, MORE_THAN_A_RECORD[::-1]))


@both_kinds
@every_suite_twice
def test_we_resume_a_session_with_it(combination, kind):
    settings, options = settings_for(combination), {}
    if kind == "ticket":
        settings.ticketKeys = [bytearray(32)]
    else:
        options["sessionCache"] = SessionCache()
    common = {"settings": settings, "options": options, "session_tickets": kind == "ticket"}
    first = Meeting("client", combination, **common)
    assert not first.ours.outcome.resumed
    kept = first.ours.outcome.session
    second = Meeting("client", combination, **common, again=" again", session=kept)
    assert second.tls.resumed
    assert resumed_by(second.trace) == kind
    assert second.trace.value("master_secret") == first.trace.value("master_secret")


@both_kinds
@every_suite_twice
def test_it_resumes_a_session_with_us(combination, kind):
    keys = session.TicketKeys(SeededRandom(1, "keys"))
    # It always takes a ticket.
    common = {"ticket_keys": keys} if kind == "ticket" else {}
    common["session_cache"] = session.SessionCache()
    first = Meeting("server", combination, **common)
    assert not first.ours.outcome.resumed
    options = {"session": first.session}
    second = Meeting("server", combination, **common, again=" again", options=options)
    assert second.tls.resumed
    assert resumed_by(second.trace) == kind
    assert second.trace.value("master_secret") == first.trace.value("master_secret")
