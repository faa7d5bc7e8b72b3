"""Our client and our server of TLS 1.3 with tlslite-ng, a TLS in pure Python by other people."""

import socket
import threading
from dataclasses import dataclass
from typing import Any

import pytest
from in_memory import ticket_keys
from lines import PATIENCE, Line
from tls13_combinations import (
    LABEL,
    PSK,
    Combination,
    agreed,
    both_roles,
    check_user,
    every_combination,
    every_group,
    every_suite,
    pem_files,
    was_retried,
)
from tlslite.api import HandshakeSettings, TLSConnection, X509CertChain, parsePEMKey
from tlslite.constants import KeyUpdateMessageType

import tlslab
from tlslab.connection.config import ClientAuthentication
from tlslab.connection.context import ClientAuthenticated, KeysUpdated
from tlslab.lab import pki
from tlslab.lab.options import SERVER_NAME
from tlslab.wire.registry import NamedGroup, ProtocolVersion

# What tlslite-ng calls the secrets of a session, and what our trace calls them.
SECRETS = {
    "cl_app_secret": "client_application_traffic_secret_0",
    "sr_app_secret": "server_application_traffic_secret_0",
    "exporterMasterSecret": "exporter_secret",
    "resumptionMasterSecret": "resumption_secret",
}


def settings_for(*combinations, shares=None):
    """combinations: the groups of all of them. shares: those that its client sends at once."""
    settings = HandshakeSettings()
    settings.minVersion = settings.maxVersion = (3, 4)
    cipher = combinations[0].suite.name.removeprefix("TLS_").rpartition("_")[0].lower()
    name = "chacha20-poly1305" if "chacha" in cipher else cipher.replace("_", "")
    settings.cipherNames = [name]
    groups = [each.group.name for each in combinations]
    settings.eccCurves = [name for name in groups if not name.startswith("ffdhe")]
    settings.dhGroups = [name for name in groups if name.startswith("ffdhe")]
    # Its client compresses its certificate even for a server that has not asked for it (RFC 8879).
    settings.certificate_compression_send = []
    settings.keyShares = groups[:1] if shares is None else shares
    return settings


def loaded(chain_path, key_path):
    chain = X509CertChain()
    chain.parsePemList(chain_path.read_text())
    return {"certChain": chain, "privateKey": parsePEMKey(key_path.read_text(), private=True)}


@dataclass
class Met:
    """What became of a connection: our side, the handshake, and tlslite-ng's side."""

    line: Line
    outcome: tlslab.HandshakeCompleted
    tls: TLSConnection


class TLSLite(threading.Thread):
    """tlslite-ng on a blocking socket, in a thread of its own; steps(tls): after the handshake."""

    def __init__(self, sock, handshake, steps):
        super().__init__()
        self.tls = TLSConnection(sock)
        self.handshake, self.steps = handshake, steps
        self.error, self.exported = None, b""

    def run(self):
        try:
            self.handshake(self.tls)
            self.exported = bytes(self.tls.keyingMaterialExporter(bytearray(LABEL.encode()), 32))
            self.steps(self.tls)
            self.tls.close()
        except Exception as error:
            self.error = error
        finally:
            self.tls.sock.close()


def echo(tls):
    """Says what it hears, in capitals."""
    tls.write(tls.read(min=4, max=4).upper())


def ping(line):
    """Data both ways."""
    line.send(b"ping")
    line.until_data(b"PING")


def meet(
    role, combination, directory, *, settings=None, options=None, steps=ping, theirs=echo, **config
):
    """A handshake; `role` is ours. steps(line), theirs(tls): what follows. options: tlslite-ng's."""
    options: dict[str, Any] = {"settings": settings or settings_for(combination), **(options or {})}

    def handshake(tls):
        if role == "server":
            files = ()
            if combination.user:
                identity = pki.identity(combination.user)
                files = (identity.chain_path, identity.key_path)
            who = loaded(*files) if files else {}
            tls.handshakeClientCert(**who, serverName=SERVER_NAME, **options)
        else:
            who = loaded(*pem_files(combination.server, directory))
            asks = {"reqCert": bool(combination.user)}
            tls.handshakeServer(**who, **{**asks, **options})

    own, other = socket.socketpair()
    other.settimeout(PATIENCE)
    peer = TLSLite(other, handshake, theirs)
    peer.start()
    with own:
        ours = combination.client if role == "client" else combination.our_server
        line = Line(own, ours(**config))
        outcome = line.handshake()
        steps(line)
        exported = line.connection.export_keying_material(LABEL.encode(), 32)
        line.rest()
    peer.join(PATIENCE)
    assert peer.error is None
    # Of a client with a certificate it hashes too much: RFC 8446 §7.1 ends with the Finished of the
    # server.
    assert peer.exported == exported or (combination.user and "reqCert" not in options)
    return Met(line, outcome, peer.tls)


def check(combination, met):
    """What was agreed on is what was wanted; it keeps no key log, but the secrets themselves."""
    assert met.outcome.version is ProtocolVersion.TLSv1_3
    assert met.outcome.cipher_suite is combination.suite
    assert agreed(met.line.trace, "group") == combination.group.name
    for theirs, ours in SECRETS.items():
        if combination.user and theirs == "exporterMasterSecret":
            continue
        assert bytes(getattr(met.tls.session, theirs)) == met.line.trace.value(ours), theirs


@both_roles
@every_combination
def test_handshake_secrets_data_and_closure(combination, role, tmp_path):
    met = meet(role, combination, tmp_path)
    check(combination, met)
    if role == "server":
        check_user(combination, met.outcome)
    elif combination.user:
        (leaf, *_) = pki.identity(combination.user).certificate_chain
        assert bytes(met.tls.session.clientCertChain.x509List[0].bytes) == leaf


@both_roles
@every_group
def test_a_second_hello_brings_the_share_that_is_missed(combination, role, tmp_path):
    if role == "client":
        met = meet(role, combination, tmp_path, key_shares=())
    else:
        met = meet(role, combination, tmp_path, settings=settings_for(combination, shares=[]))
    assert was_retried(met.line.trace)
    check(combination, met)


def test_a_cookie_of_ours_comes_back(tmp_path):
    combination, other = Combination(group=NamedGroup.secp256r1), Combination()
    settings = settings_for(other, combination)
    met = meet("server", combination, tmp_path, settings=settings, cookie=True)
    (request,) = met.line.trace.messages("hello_retry_request")
    assert any("cookie" in span.path for span in request.spans)
    check(combination, met)


@every_suite
def test_our_client_goes_on_with_each_ticket_of_tlslite(combination, tmp_path):
    settings = settings_for(combination)
    settings.ticketKeys = [bytearray(32)]
    first = meet("client", combination, tmp_path, settings=settings)
    assert len(first.line.sessions) == 2
    for number, session in enumerate(first.line.sessions):
        again = {"again": f" {number}", "session": session}
        met = meet("client", combination, tmp_path, settings=settings, **again)
        assert met.outcome.resumed
        check(combination, met)


@every_suite
def test_tlslite_goes_on_with_a_ticket_of_our_server(combination, tmp_path):
    keys = {"ticket_keys": ticket_keys()}
    first = meet("server", combination, tmp_path, **keys)
    options = {"session": first.tls.session}
    met = meet("server", combination, tmp_path, options=options, again=" again", **keys)
    assert met.outcome.resumed
    check(combination, met)


@both_roles
@pytest.mark.parametrize("mode", ["psk_dhe_ke", "psk_ke"])
def test_we_share_a_key(role, mode, tmp_path):
    combination = Combination()
    settings = settings_for(combination)
    settings.pskConfigs = [(bytearray(PSK.identity), bytearray(PSK.key), "sha256")]
    settings.psk_modes = [mode]
    keys = {"psk": PSK} if role == "client" else {"psks": (PSK,)}
    modes = (getattr(tlslab.wire.registry.PskKeyExchangeMode, mode),)
    met = meet(role, combination, tmp_path, settings=settings, psk_modes=modes, **keys)
    assert met.outcome.resumed
    assert agreed(met.line.trace, "psk") == "external"
    assert bool(agreed(met.line.trace, "group")) is (mode == "psk_dhe_ke")


@both_roles
@every_suite
def test_each_side_updates_its_keys(combination, role, tmp_path):
    other = "server" if role == "client" else "client"

    def steps(line):
        line.connection.update_keys(request_peer=True)
        ping(line)
        line.until(KeysUpdated, 2)

    def theirs(tls):
        data = tls.read(min=4, max=4)
        for _ in tls.send_keyupdate_request(KeyUpdateMessageType.update_requested):
            pass
        tls.write(data.upper())
        # Our answer to its request stands before our close_notify.
        assert tls.read(min=1, max=1) == b"!"

    def all_steps(line):
        steps(line)
        line.send(b"!")

    met = meet(role, combination, tmp_path, steps=all_steps, theirs=theirs)
    assert met.line.trace.value(f"{role}_application_traffic_secret_2")
    assert met.line.trace.value(f"{other}_application_traffic_secret_2")


@pytest.mark.parametrize("user", ["client-rsa", "client-ecdsa"])
def test_tlslite_says_who_it_is_after_the_handshake(user, tmp_path):
    def steps(line):
        line.connection.request_certificate()
        line.send(b"who?")
        line.until(ClientAuthenticated)
        line.until_data(b"WHO?")

    later = {"client_authentication": ClientAuthentication.LATER}
    met = meet("server", Combination(user=user), tmp_path, steps=steps, **later)
    (event,) = met.line.of(ClientAuthenticated)
    assert event.peer_certificates == pki.identity(user).certificate_chain


@pytest.mark.parametrize("user", ["client-rsa", "client-ecdsa"])
def test_our_client_tells_tlslite_who_it_is_after_the_handshake(user, tmp_path):
    def theirs(tls):
        for _ in tls.request_post_handshake_auth():
            pass
        echo(tls)
        assert tls.read(min=1, max=1) == b"!"

    def steps(line):
        ping(line)
        # The answer stands before it.
        line.send(b"!")

    options = {"reqCert": False}
    how = {"steps": steps, "theirs": theirs, "options": options, "post_handshake_auth": True}
    met = meet("client", Combination(user=user), tmp_path, **how)
    (leaf, *_) = pki.identity(user).certificate_chain
    assert bytes(met.tls.session.clientCertChain.x509List[0].bytes) == leaf
