"""Our server with Node's client and our client with Node's server: one process makes them all."""

import json
import subprocess
from pathlib import Path

import pytest
from combinations import (
    EVERY,
    both_kinds,
    check,
    check_user,
    every_combination,
    every_suite_twice,
    resumed_by,
)
from programs import NAME, needs
from sockets import our_client, our_server

from tlslab.lab import pki
from tlslab.lab.peers import NO_ENCRYPT_THEN_MAC, NO_EXTENDED_MASTER_SECRET, OPENSSL_NAMES

pytestmark = [pytest.mark.peer, needs("node", "nodejs")]

HERE = Path(__file__).parent
ALL = ":".join([*OPENSSL_NAMES.values(), "@SECLEVEL=0"])
NO_TICKET = 1 << 14
"""SSL_OP_NO_TICKET in openssl/ssl.h."""


def files(identity):
    return {"cert": identity.chain_pem.decode(), "key": identity.key_pem.decode()}


def options(combination, kind):
    """Those of tls.connect."""
    plain = NO_ENCRYPT_THEN_MAC | NO_EXTENDED_MASTER_SECRET
    return {
        "ciphers": f"{OPENSSL_NAMES[combination.suite]}:@SECLEVEL=0",
        "secureOptions": (0 if combination.hardened else plain)
        | (NO_TICKET if kind == "session ID" else 0),
        **(files(pki.identity(combination.user)) if combination.user else {}),
    }


# -- its client ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server():
    with our_server() as server:
        yield server


@pytest.fixture(scope="module")
def seen_by_node(server):
    """What its client saw: each combination by ticket, and without a user by session ID too."""
    wanted = [
        {"name": f"{each} {kind}", "options": options(each, kind), "resume": not each.user}
        for each in EVERY
        for kind in (("session ID", "ticket") if not each.user else ("ticket",))
    ]
    task = {
        "port": server.port,
        "servername": NAME,
        "ca": pki.pem_path("root").read_text(),
        "connections": wanted,
    }
    done = subprocess.run(
        ["node", str(HERE / "node_client.mjs")],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@every_combination
def test_its_client_completes_a_handshake_with_our_server(server, seen_by_node, combination):
    (seen, *_) = seen_by_node[f"{combination} ticket"]
    assert "error" not in seen
    assert seen["cipher"] == combination.suite.name
    assert seen["received"] == "ping"
    visit = server.visit_of(seen["keyLog"])
    assert visit.problem is None
    check(combination, visit.trace, visit.completed, seen["keyLog"])
    check_user(combination, visit.completed)


@both_kinds
@every_suite_twice
def test_its_client_resumes_a_session_with_our_server(server, seen_by_node, combination, kind):
    first, second = seen_by_node[f"{combination} {kind}"]
    assert "error" not in second
    assert (first["reused"], second["reused"]) == (False, True)
    assert second["received"] == "ping"
    visit = server.visit_of(second["keyLog"])
    check(combination, visit.trace, visit.completed, second["keyLog"])
    assert resumed_by(visit.trace) == kind
    earlier = server.visit_of(first["keyLog"]).trace
    assert visit.trace.value("master_secret") == earlier.value("master_secret")


# -- its server ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def node_port():
    identities = [files(pki.server_rsa()), files(pki.server_ecdsa())]
    settings = {
        "ca": pki.pem_path("root").read_text(),
        "cert": [each["cert"] for each in identities],
        "key": [each["key"] for each in identities],
        "ciphers": ALL,
        "requestCert": True,
        "rejectUnauthorized": False,
    }
    with subprocess.Popen(
        ["node", str(HERE / "node_server.mjs")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdin.write(json.dumps(settings) + "\n")
        process.stdin.flush()
        yield int(process.stdout.readline())
        process.kill()


@every_combination
def test_our_client_completes_a_handshake_with_its_server(node_port, combination):
    met = our_client(node_port, combination)
    seen = json.loads(met.reply)
    check(combination, met.trace, met.outcome, seen["keyLog"])
    assert (seen["cipher"], seen["received"]) == (combination.suite.name, "ping")
    chain = pki.identity(combination.user).certificate_chain if combination.user else [b""]
    assert bytes.fromhex(seen["user"]) == chain[0]
    assert seen["authorized"] is bool(combination.user)


@both_kinds
@every_suite_twice
def test_our_client_resumes_a_session_with_its_server(node_port, combination, kind):
    tickets = {"session_tickets": kind == "ticket"}
    first = our_client(node_port, combination, **tickets)
    assert not first.outcome.resumed
    again = {"session": first.outcome.session, "again": f" {kind}"}
    second = our_client(node_port, combination, **tickets, **again)
    seen = json.loads(second.reply)
    assert seen["reused"]
    assert resumed_by(second.trace) == kind
    check(combination, second.trace, second.outcome, seen["keyLog"])
    assert second.trace.value("master_secret") == first.trace.value("master_secret")
