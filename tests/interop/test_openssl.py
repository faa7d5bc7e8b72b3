"""Our client and our server with OpenSSL, as Python's `ssl` has it: every suite, both roles."""

import pytest

from tlslab import lab
from tlslab.crypto.suites import SUITES
from tlslab.trace import Alert

MEBIBYTE = bytes(range(256)) * 4096
SUITE_NAMES = [suite.name for suite in SUITES]
ROLES = ["client", "server"]


@pytest.mark.parametrize("transport", ["memory", "loopback"])
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("suite", SUITE_NAMES)
def test_the_handshake_completes_and_data_goes_both_ways(suite, role, transport):
    h = lab.peers.openssl(role, suite=suite, transport=transport, request=b"ping", reply=b"pong")
    assert (h.error, h.peer_error) == (None, "")
    assert h.outcome.cipher_suite.name == suite
    expected = (b"pong", b"ping") if role == "client" else (b"ping", b"pong")
    assert (h.received, h.peer_received) == expected


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("suite", SUITE_NAMES)
def test_the_secrets_are_those_of_the_peers_own_key_log(suite, role):
    h = lab.peers.openssl(role, suite=suite)
    theirs = set(h.peer_key_log.splitlines())
    ours = set(h.trace.key_log().splitlines())
    client_random, master_secret = h.trace.value("client_random"), h.trace.value("master_secret")
    assert f"CLIENT_RANDOM {client_random.hex()} {master_secret.hex()}" in theirs
    # OpenSSL's client writes the premaster secret too, its server does not.
    if role == "server" and "TLS_RSA_" in suite:
        encrypted = h.trace.value("encrypted_premaster_secret")[:8]
        premaster_secret = h.trace.value("premaster_secret")
        assert f"RSA {encrypted.hex()} {premaster_secret.hex()}" in theirs
    assert theirs <= ours


@pytest.mark.parametrize("transport", ["memory", "loopback"])
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("suite", SUITE_NAMES)
def test_a_mebibyte_goes_both_ways_and_the_connection_closes_cleanly(suite, role, transport):
    request, reply = MEBIBYTE, MEBIBYTE[::-1]
    h = lab.peers.openssl(role, suite=suite, transport=transport, request=request, reply=reply)
    assert (h.error, h.peer_error) == (None, "")
    received = {role: h.received, "server" if role == "client" else "client": h.peer_received}
    assert received == {"client": reply, "server": request}
    assert [(alert.sender, alert.description) for alert in h.trace.of(Alert)] == [
        ("client", "close_notify"),
        ("server", "close_notify"),
    ]


@pytest.mark.parametrize("role", ROLES)
def test_alpn_is_negotiated(role):
    h = lab.peers.openssl(role, alpn=(b"h2", b"http/1.1"))
    assert h.outcome.alpn_protocol == b"h2"


def test_openssl_gets_the_certificate_of_the_name_it_asks_for():
    h = lab.peers.openssl("server", server_name="other.tlslab.test")
    assert h.completed, h.peer_error
    assert h.outcome.server_name == "other.tlslab.test"


def test_openssl_refuses_a_name_that_our_certificate_is_not_for():
    h = lab.peers.openssl("server", server_name="nobody.tlslab.test")
    assert "certificate verify failed" in h.peer_error
    assert h.error.alert == "bad_certificate"


def test_our_client_refuses_a_name_that_openssls_certificate_is_not_for():
    h = lab.peers.openssl("client", server_name="nobody.tlslab.test")
    assert h.error.alert == "bad_certificate"
    assert "not for nobody.tlslab.test" in h.error.reason
    assert "bad certificate" in h.peer_error


def test_our_bytes_repeat_even_though_openssls_do_not():
    first, second = (lab.peers.openssl("client", seed=7) for _ in range(2))
    assert first.trace.messages("client_hello") == second.trace.messages("client_hello")
    assert first.trace.value("server_random") != second.trace.value("server_random")
