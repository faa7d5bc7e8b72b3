"""Our server with `openssl s_client`, and our client with `openssl s_server`."""

import re

import pytest
from combinations import (
    both_kinds,
    check,
    check_user,
    every_combination,
    every_suite_twice,
    resumed_by,
)
from cryptography.hazmat.primitives.serialization import Encoding
from in_memory import credential
from programs import NAME, converse, needs_openssl, running, s_client, said
from sockets import our_client, our_server

from tlslab.lab import pki
from tlslab.lab.peers import OPENSSL_NAMES

pytestmark = [pytest.mark.peer, needs_openssl]

RECONNECTS = 5
"""So often s_client comes back, if it is told to."""
# OpenSSL 3.0 has no option against extended master secret, but its configuration has.
PLAIN = """
openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = default
[default]
Options = -ExtendedMasterSecret,-EncryptThenMac
"""
GET = b"GET / HTTP/1.0\r\n\r\n"


@pytest.fixture(scope="module")
def listening():
    with our_server() as server:
        yield server


@pytest.fixture
def server(listening):
    listening.forget()
    return listening


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """What makes openssl offer neither EMS nor EtM."""
    path = tmp_path_factory.mktemp("configuration") / "openssl.cnf"
    path.write_text(PLAIN)
    return {"OPENSSL_CONF": str(path)}


def command(server, combination, *arguments):
    user = []
    if combination.user:
        identity = pki.identity(combination.user)
        user += ["-cert", str(identity.chain_path), "-key", str(identity.key_path)]
        user += ["-cert_chain", str(pki.pem_path("intermediate"))]
    suite = f"{OPENSSL_NAMES[combination.suite]}:@SECLEVEL=0"
    return s_client(
        server.port, "-ign_eof", "-servername", NAME, "-verify_hostname", NAME,
        "-cipher", suite, *user, *arguments,
    )  # fmt: skip


@every_combination
def test_s_client_completes_a_handshake_with_our_server(server, combination, plain, tmp_path):
    keys = tmp_path / "keys"
    shown = converse(
        command(server, combination, "-keylogfile", str(keys)),
        **({} if combination.hardened else plain),
    )
    assert "ping" in shown
    visit = server.visit()
    assert visit.problem is None
    check(combination, visit.trace, visit.completed, keys.read_text())
    check_user(combination, visit.completed)
    # The premaster secret of RSA too.
    theirs = [line for line in keys.read_text().lower().splitlines() if not line.startswith("#")]
    assert set(theirs) <= set(visit.trace.key_log().lower().splitlines())


@both_kinds
@every_suite_twice
def test_s_client_resumes_its_session_with_our_server(server, combination, kind, plain, tmp_path):
    keys = tmp_path / "keys"
    words = ["-no_ticket"] if kind == "session ID" else []
    converse(
        command(server, combination, "-reconnect", "-keylogfile", str(keys), *words),
        **({} if combination.hardened else plain),
    )
    visits = [server.visit() for _ in range(1 + RECONNECTS)]
    assert [resumed_by(visit.trace) for visit in visits] == ["", *[kind] * RECONNECTS]
    assert len({visit.trace.value("master_secret") for visit in visits}) == 1
    for visit in visits:
        check(combination, visit.trace, visit.completed, keys.read_text())


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """s_server with a page of what it saw; it asks every client who it is."""
    identity, other = pki.server_rsa(), pki.server_ecdsa()
    intermediate = str(pki.pem_path("intermediate"))
    log = tmp_path_factory.mktemp("openssl") / "log"
    words = [
        *("openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-tls1_2"),
        *("-cert", str(identity.chain_path), "-key", str(identity.key_path)),
        *("-dcert", str(other.chain_path), "-dkey", str(other.key_path)),
        *("-cert_chain", intermediate, "-dcert_chain", intermediate),
        *("-cipher", ":".join([*OPENSSL_NAMES.values(), "@SECLEVEL=0"])),
        *("-verify", "3", "-verify_return_error", "-CAfile", str(pki.pem_path("root"))),
    ]
    with running(words, log) as process:
        yield int(said(process, log, r"ACCEPT \S*:(\d+)")[1])


def check_page(combination, met, how):
    """s_server says the same on its page, where it shows the master secret."""
    # The version there is the one in which the suite first appeared.
    assert re.search(rf"{how}, \S+, Cipher is {OPENSSL_NAMES[combination.suite]}\n", met.reply)
    (master,) = re.findall(r"Master-Key: ([0-9A-F]+)", met.reply)
    random = met.trace.value("client_random").hex()
    check(combination, met.trace, met.outcome, f"CLIENT_RANDOM {random} {master}")


@every_combination
def test_our_client_completes_a_handshake_with_s_server(port, combination):
    met = our_client(port, combination, GET)
    check_page(combination, met, "New")
    who = "no client certificate available"
    if combination.user:
        who = credential(combination.user).leaf.public_bytes(Encoding.PEM).decode()
    assert who in met.reply


@both_kinds
@every_suite_twice
def test_our_client_resumes_a_session_with_s_server(port, combination, kind):
    tickets = {"session_tickets": kind == "ticket"}
    first = our_client(port, combination, GET, **tickets)
    again = {"session": first.outcome.session, "again": f" {kind}"}
    second = our_client(port, combination, GET, **tickets, **again)
    check_page(combination, second, "Reused")
    assert resumed_by(second.trace) == kind
    assert second.trace.value("master_secret") == first.trace.value("master_secret")
