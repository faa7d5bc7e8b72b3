"""All of TLS 1.2 with OpenSSL as Python's `ssl` has it: every suite, hardened and not, both roles.

With extended master secret and encrypt-then-MAC or without, with and without a certificate of the
client, on every curve, and resumed by ticket and by session ID.
"""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from in_memory import ALL_SUITES, HARDENED, client_config, credential, server_config

import tlslab
from tlslab.connection.config import ClientAuthentication
from tlslab.connection.connection import Connection
from tlslab.connection.session import SessionCache, TicketKeys
from tlslab.crypto.suites import SUITES, CipherType
from tlslab.lab import pki
from tlslab.lab.peers import (
    NO_ENCRYPT_THEN_MAC,
    NO_EXTENDED_MASTER_SECRET,
    OpenSSL,
    ssl_context,
)
from tlslab.lab.randomness import SeededRandom
from tlslab.primitives import REFERENCE
from tlslab.trace import Negotiated, Trace
from tlslab.wire.registry import CipherSuite

REQUIRED = {
    "client_authentication": ClientAuthentication.REQUIRED,
    "client_trust_anchors": (pki.root(),),
}
CBC = CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384
GCM = CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
USERS = ("client-rsa", "client-ecdsa")
both_roles = pytest.mark.parametrize("role", ["client", "server"])


@dataclass
class Both:
    """Our side, OpenSSL's side, what ours saw, and the key log that OpenSSL wrote."""

    ours: Connection
    theirs: OpenSSL
    trace: Trace
    key_log: set[str]
    events: list[Any]
    error: Exception | None

    @property
    def outcome(self) -> tlslab.HandshakeCompleted:
        (found,) = (e for e in self.events if isinstance(e, tlslab.HandshakeCompleted))
        return found

    @property
    def completed(self) -> bool:
        return self.ours.is_connected and self.theirs.completed


def meet(
    role: str,
    suite: CipherSuite,
    tmp_path: Path,
    *,
    hardened: bool = True,
    user: str = "",
    curve: str = "",
    context: ssl.SSLContext | None = None,
    their_session: Any = None,
    **config: Any,
) -> Both:
    """A handshake; `role` is ours. user: whose certificate the client has."""
    keys = tmp_path / "keys"
    keys.write_text("")
    if context is None:
        context = openssl_context(role, suite, hardened=hardened, user=user, curve=curve)
    context.keylog_filename = str(keys)
    common: dict[str, Any] = {"cipher_suites": (suite,), **(HARDENED if hardened else {})}
    trace = Trace(role)
    if role == "client":
        common |= {"credential": credential(user) if user else None}
        theirs = OpenSSL(context, None)
        ours = tlslab.client(client_config(**{**common, **config}), trace)
    else:
        common |= REQUIRED if user else {}
        theirs = OpenSSL(context, "server.tlslab.test", their_session)
        ours = tlslab.server(server_config(**{**common, **config}), trace)
    error = None
    events: list[Any] = []
    try:
        events += carry(ours, theirs)
        if ours.is_connected and theirs.completed:
            ours.send(b"from us" * 3000)
            theirs.send(b"from them" * 3000)
            events += carry(ours, theirs)
    except (tlslab.ProtocolError, tlslab.AlertReceived) as caught:
        error = caught
        carry_last(ours, theirs)
    log = {line for line in keys.read_text().splitlines() if not line.startswith("#")}
    return Both(ours, theirs, trace, log, events, error)


def openssl_context(
    role: str, suite: CipherSuite, *, hardened: bool = True, user: str = "", curve: str = ""
) -> ssl.SSLContext:
    """OpenSSL's side of a handshake in which `role` is ours."""
    context = ssl_context("server" if role == "client" else "client", suite)
    if hardened:
        context.options &= ~(NO_EXTENDED_MASTER_SECRET | NO_ENCRYPT_THEN_MAC)
    if curve:
        context.set_ecdh_curve(curve)
    if user and role == "client":
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(pki.pem_path("root"))
    elif user:
        identity = pki.identity(user)
        context.load_cert_chain(identity.chain_path, identity.key_path)
    return context


def carry(ours: Connection, theirs: OpenSSL) -> list[Any]:
    events: list[Any] = []
    for _ in range(20):
        flights = ours.data_to_send(), theirs.data_to_send()
        if not any(flights):
            return events
        if flights[0]:
            theirs.receive(flights[0])
        if flights[1]:
            events += ours.receive_data(flights[1])
    raise AssertionError("the two never stop talking")


def carry_last(ours: Connection, theirs: OpenSSL) -> None:
    data = ours.data_to_send()
    if data:
        theirs.receive(data)


def check(
    met: Both, *, hardened: bool, suite: CipherSuite, encrypt_then_mac: bool | None = None
) -> None:
    """encrypt_then_mac: as `hardened`, unless it is said."""
    if encrypt_then_mac is None:
        encrypt_then_mac = hardened
    assert (met.error, met.theirs.error) == (None, None)
    assert met.completed
    assert met.theirs.received == b"from us" * 3000
    got = b"".join(e.data for e in met.events if isinstance(e, tlslab.ApplicationData))
    assert got == b"from them" * 3000
    random, master = met.trace.value("client_random"), met.trace.value("master_secret")
    assert f"CLIENT_RANDOM {random.hex()} {master.hex()}" in met.key_log
    spans = {s.path for m in met.trace.messages("server_hello") for s in m.spans}
    extended = any("extended_master_secret" in path for path in spans)
    assert extended is hardened
    is_cbc = SUITES[suite].cipher_type is CipherType.CBC
    assert any("encrypt_then_mac" in path for path in spans) is (encrypt_then_mac and is_cbc)


@both_roles
@pytest.mark.parametrize("hardened", [False, True], ids=["plain", "hardened"])
@pytest.mark.parametrize("user", ["", *USERS], ids=["anybody", *USERS])
@pytest.mark.parametrize("suite", ALL_SUITES, ids=lambda suite: suite.name)
def test_every_suite_with_every_kind_of_client(role, suite, hardened, user, tmp_path):
    met = meet(role, suite, tmp_path, hardened=hardened, user=user)
    check(met, hardened=hardened, suite=suite)
    if user and role == "server":
        chain = pki.identity(user).certificate_chain
        assert met.trace.messages("certificate")[1].raw.endswith(chain[-1])


CBC_SUITES = [suite for suite in ALL_SUITES if SUITES[suite].cipher_type is CipherType.CBC]


@both_roles
@pytest.mark.parametrize("which", ["extended_master_secret", "encrypt_then_mac"])
@pytest.mark.parametrize("suite", CBC_SUITES, ids=lambda suite: suite.name)
def test_each_hardening_without_the_other(role, suite, which, tmp_path):
    """OpenSSL would do both; we say which of them."""
    extended = which == "extended_master_secret"
    ours = {"extended_master_secret": extended, "encrypt_then_mac": not extended}
    met = meet(role, suite, tmp_path, **ours)
    check(met, hardened=extended, encrypt_then_mac=not extended, suite=suite)


@both_roles
@pytest.mark.parametrize("curve", ["X25519", "X448", "prime256v1", "secp384r1", "secp521r1"])
@pytest.mark.parametrize("exchange", ["RSA", "ECDSA"])
def test_every_curve(role, curve, exchange, tmp_path):
    suite = CipherSuite[f"TLS_ECDHE_{exchange}_WITH_AES_128_GCM_SHA256"]
    # With ECDSA the curve of the certificate has to be on the client's list too, and ssl can name
    # one only.
    if exchange == "ECDSA" and role == "server" and curve != "prime256v1":
        pytest.skip("ssl cannot name two curves, and the certificate is on P-256")
    met = meet(role, suite, tmp_path, curve=curve)
    check(met, hardened=True, suite=suite)


@both_roles
def test_a_client_without_a_certificate_is_refused_where_one_is_required(role, tmp_path):
    context = openssl_context(role, GCM, user="client-rsa" if role == "client" else "")
    config = {} if role == "client" else REQUIRED
    met = meet(role, GCM, tmp_path, context=context, **config)
    assert not met.completed
    assert "handshake_failure" in str(met.error)


def test_a_client_without_a_certificate_is_welcome_where_it_is_optional(tmp_path):
    optional = {**REQUIRED, "client_authentication": ClientAuthentication.OPTIONAL}
    met = meet("server", GCM, tmp_path, **optional)
    check(met, hardened=True, suite=GCM)


def test_a_server_that_accepts_nobody_refuses_a_good_certificate(tmp_path):
    def nobody(certificate_list, required, trust_anchors, time):
        return REFERENCE.accept_client(certificate_list, required, (), time)

    mine = REFERENCE.using(accept_client=nobody)
    met = meet("server", GCM, tmp_path, user="client-rsa", primitives=mine)
    assert met.error.alert == "unknown_ca"
    assert "unknown ca" in str(met.theirs.error)


@pytest.mark.parametrize("name", ["certificate_verify_content", "extended_master_secret"])
def test_a_wrong_primitive_ends_the_handshake(name, tmp_path):
    def wrong(*arguments: Any) -> bytes:
        value = getattr(REFERENCE, name)(*arguments)
        return value[:-1] + bytes([value[-1] ^ 1])

    mine = REFERENCE.using(**{name: wrong})
    met = meet("client", GCM, tmp_path, user="client-rsa", primitives=mine)
    assert met.error is not None


@pytest.mark.parametrize("name", ["etm_protect", "etm_unprotect"])
def test_a_wrong_record_ends_the_connection(name, tmp_path):
    def wrong(*arguments: Any) -> bytes:
        value = getattr(REFERENCE, name)(*arguments)
        return value[:-1] + bytes([value[-1] ^ 1])

    mine = REFERENCE.using(**{name: wrong})
    assert meet("client", CBC, tmp_path, primitives=mine).error is not None


# -- resumption ---------------------------------------------------------------------------------


both_kinds = pytest.mark.parametrize("tickets", [False, True], ids=["session ID", "ticket"])
two_suites = pytest.mark.parametrize("suite", [GCM, CBC], ids=lambda suite: suite.name)


@both_kinds
@two_suites
def test_we_resume_a_session_with_an_openssl_server(suite, tickets, tmp_path):
    context = openssl_context("client", suite)
    if tickets:
        context.options &= ~ssl.OP_NO_TICKET
    first = meet("client", suite, tmp_path, context=context, session_tickets=True)
    check(first, hardened=True, suite=suite)
    session = first.outcome.session
    assert session is not None
    assert bool(session.ticket) is tickets
    again = {"context": context, "session_tickets": True, "session": session}
    second = meet("client", suite, tmp_path, **again)
    check(second, hardened=True, suite=suite)
    assert second.outcome.resumed
    assert second.theirs.session_reused
    assert second.trace.value("master_secret") == first.trace.value("master_secret")


@both_kinds
@two_suites
def test_an_openssl_client_resumes_a_session_with_us(suite, tickets, tmp_path):
    context = openssl_context("server", suite)
    if tickets:
        context.options &= ~ssl.OP_NO_TICKET
    keys = TicketKeys(SeededRandom(1, "keys"))
    ours = {"context": context, "ticket_keys": keys, "session_cache": SessionCache()}
    first = meet("server", suite, tmp_path, **ours)
    check(first, hardened=True, suite=suite)
    assert not first.theirs.session_reused
    second = meet("server", suite, tmp_path, **ours, their_session=first.theirs.session)
    check(second, hardened=True, suite=suite)
    assert second.theirs.session_reused
    assert second.outcome.resumed
    how = [e.value for e in second.trace.of(Negotiated) if e.name == "resumed"]
    assert how == ["ticket" if tickets else "session ID"]


@both_roles
def test_the_bindings_of_the_channel_are_those_of_openssl(role, tmp_path):
    met = meet(role, GCM, tmp_path)
    assert met.ours.channel_binding("tls-unique") == met.theirs.channel_binding
