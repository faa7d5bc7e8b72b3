"""Our server with `gnutls-cli`, and our client with `gnutls-serv`."""

import pytest
from combinations import (
    both_kinds,
    check,
    check_agreed,
    check_user,
    every_combination,
    every_suite_twice,
    resumed_by,
)
from cryptography.hazmat.primitives.hashes import SHA256
from in_memory import ALL_SUITES, credential
from programs import (
    NAME,
    converse,
    free_port,
    gnutls_words,
    listens,
    needs_gnutls_cli,
    needs_gnutls_serv,
    running,
)
from sockets import our_client, our_server

from tlslab.lab import pki

pytestmark = pytest.mark.peer

BASE = "NONE:+VERS-TLS1.2:+COMP-NULL:+SIGN-ALL:+CTYPE-X509:+GROUP-ALL"
ALL = ":".join([BASE, *(gnutls_words(suite.name) for suite in ALL_SUITES)])
GET = b"GET / HTTP/1.0\r\n\r\n"


# -- gnutls-cli ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def listening():
    with our_server() as server:
        yield server


@pytest.fixture
def server(listening):
    listening.forget()
    return listening


def command(server, combination, *arguments, kind="ticket"):
    priority = [BASE, gnutls_words(combination.suite.name)]
    priority += [] if combination.hardened else ["%NO_SESSION_HASH", "%NO_ETM"]
    priority += [] if kind == "ticket" else ["%NO_TICKETS"]
    user = []
    if combination.user:
        identity = pki.identity(combination.user)
        user += ["--x509certfile", str(identity.chain_path)]
        user += ["--x509keyfile", str(identity.key_path)]
    return [
        *("gnutls-cli", "--port", str(server.port), "--x509cafile", str(pki.pem_path("root"))),
        *("--sni-hostname", NAME, "--verify-hostname", NAME),
        *("--priority", ":".join(priority), *user, *arguments, "127.0.0.1"),
    ]


@needs_gnutls_cli
@every_combination
def test_gnutls_cli_completes_a_handshake_with_our_server(server, combination, tmp_path):
    keys = tmp_path / "keys"
    shown = converse(command(server, combination), SSLKEYLOGFILE=str(keys))
    assert "\nping\n" in shown
    visit = server.visit()
    assert visit.problem is None
    check(combination, visit.trace, visit.completed, keys.read_text())
    check_user(combination, visit.completed)


@needs_gnutls_cli
@both_kinds
@every_suite_twice
def test_gnutls_cli_resumes_its_session_with_our_server(server, combination, kind, tmp_path):
    keys = tmp_path / "keys"
    shown = converse(command(server, combination, "--resume", kind=kind), SSLKEYLOGFILE=str(keys))
    assert "*** This is a resumed session" in shown
    first, second = server.visit(), server.visit()
    assert [resumed_by(visit.trace) for visit in (first, second)] == ["", kind]
    check(combination, first.trace, first.completed, keys.read_text())
    # A secret that it knows already it does not write down again.
    check_agreed(combination, second.trace, second.completed)
    assert second.trace.value("master_secret") == first.trace.value("master_secret")


# -- gnutls-serv --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return tmp_path_factory.mktemp("gnutls") / "keys"


@pytest.fixture(scope="module")
def port(keys):
    """gnutls-serv with a page of what it saw; it asks every client who it is."""
    identity, other = pki.server_rsa(), pki.server_ecdsa()
    port = free_port()
    words = [
        *("gnutls-serv", "--http", "--port", str(port), "--priority", ALL),
        *("--x509certfile", str(identity.chain_path), "--x509keyfile", str(identity.key_path)),
        *("--x509certfile", str(other.chain_path), "--x509keyfile", str(other.key_path)),
        *("--x509cafile", str(pki.pem_path("root")), "--verify-client-cert"),
    ]
    with running(words, keys.with_name("log"), SSLKEYLOGFILE=str(keys)) as process:
        listens(process, port)
        yield port


@needs_gnutls_serv
@every_combination
def test_our_client_completes_a_handshake_with_gnutls_serv(port, combination, keys):
    met = our_client(port, combination, GET)
    check(combination, met.trace, met.outcome, keys.read_text())
    assert "HTTP/1.0 200 OK" in met.reply
    if combination.user:
        fingerprint = credential(combination.user).leaf.fingerprint(SHA256()).hex()
        assert f"sha256:{fingerprint}" in met.reply
    else:
        assert "learner" not in met.reply


@needs_gnutls_serv
@both_kinds
@every_suite_twice
def test_our_client_resumes_a_session_with_gnutls_serv(port, combination, kind, keys):
    tickets = {"session_tickets": kind == "ticket"}
    first = our_client(port, combination, GET, **tickets)
    again = {"session": first.outcome.session, "again": f" {kind}"}
    second = our_client(port, combination, GET, **tickets, **again)
    check(combination, first.trace, first.outcome, keys.read_text())
    check_agreed(combination, second.trace, second.outcome)
    assert resumed_by(second.trace) == kind
    assert second.trace.value("master_secret") == first.trace.value("master_secret")
