"""TLS 1.3 with Node: its client and its server, each one process for all handshakes."""

import json
import subprocess
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from lines import dialed
from programs import NAME, needs
from sockets import our_server
from tls13_combinations import (
    EVERY,
    EVERY_GROUP,
    EVERY_SUITE,
    EVERYTHING,
    GROUPS,
    SERVERS,
    check,
    check_user,
    every_combination,
    every_group,
    every_suite,
    openssl_group,
    pem_files,
    was_retried,
)

from tlslab.lab import pki
from tlslab.wire.registry import NamedGroup

pytestmark = [pytest.mark.peer, needs("node", "nodejs")]

HERE = Path(__file__).parent
VERSION = {"minVersion": "TLSv1.3", "maxVersion": "TLSv1.3"}


def files(chain_path, key_path):
    return {"cert": chain_path.read_text(), "key": key_path.read_text()}


# -- its client ---------------------------------------------------------------------------------


def options(combination, *, first=None):
    """Those of tls.connect. first: the group whose share it sends, if it is another one."""
    groups = [first, combination.group] if first else [combination.group]
    user = pki.identity(combination.user) if combination.user else None
    return {
        **VERSION,
        "ciphers": combination.suite.name,
        "ecdhCurve": ":".join(map(openssl_group, groups)),
        **({} if user else {"sigalgs": combination.scheme.name}),
        **(files(user.chain_path, user.key_path) if user else {}),
    }


@pytest.fixture(scope="module")
def server():
    with our_server(**EVERYTHING) as server:
        yield server


def seen_by_node(port, connections):
    """What its client saw of the server on this port."""
    task = {
        "port": port,
        "servername": NAME,
        "ca": pki.pem_path("root").read_text(),
        "connections": connections,
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


@pytest.fixture(scope="module")
def seen(server):
    wanted = [
        {"name": str(each), "options": options(each), "resume": each in EVERY_SUITE}
        for each in EVERY
    ]
    wanted += [
        {
            "name": f"{each} retried",
            # Our server here does not take it.
            "options": options(each, first=NamedGroup.ffdhe4096),
            "resume": False,
        }
        for each in EVERY_GROUP
    ]
    return seen_by_node(server.port, wanted)


@every_combination
def test_its_client_completes_a_handshake_with_our_server(server, seen, combination):
    (first, *_) = seen[str(combination)]
    assert "error" not in first
    assert (first["cipher"], first["received"]) == (combination.suite.name, "ping")
    visit = server.visit_of(first["keyLog"])
    assert visit.problem is None
    check(combination, visit.trace, visit.completed, first["keyLog"])
    check_user(combination, visit.completed)


@every_suite
def test_its_client_goes_on_with_a_ticket_of_our_server(server, seen, combination):
    first, second = seen[str(combination)]
    assert "error" not in second
    assert (first["reused"], second["reused"]) == (False, True)
    visit = server.visit_of(second["keyLog"])
    assert visit.completed.resumed
    check(combination, visit.trace, visit.completed, second["keyLog"])


@every_group
def test_our_server_asks_its_client_for_another_share(server, seen, combination):
    (met,) = seen[f"{combination} retried"]
    assert "error" not in met
    visit = server.visit_of(met["keyLog"])
    assert was_retried(visit.trace)
    check(combination, visit.trace, visit.completed, met["keyLog"])


# -- its server ---------------------------------------------------------------------------------


@contextmanager
def node_server(label, directory):
    """Node's server with this certificate; gives its port."""
    settings = {
        **VERSION,
        **files(*pem_files(label, directory)),
        "ca": pki.pem_path("root").read_text(),
        "ecdhCurve": ":".join(map(openssl_group, GROUPS)),
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


@pytest.fixture(scope="module")
def ports(tmp_path_factory):
    directory = tmp_path_factory.mktemp("node")
    with ExitStack() as stack:
        yield {label: stack.enter_context(node_server(label, directory)) for label in SERVERS}


def talk(ports, combination, again="", **config):
    """Our client with Node's server: what came of it, and what Node saw."""
    with dialed(ports[combination.server], combination.client(again, **config)) as line:
        outcome = line.handshake()
        line.send(b"ping")
        seen = json.loads(line.rest())
    check(combination, line.trace, outcome, seen["keyLog"])
    assert (seen["cipher"], seen["received"]) == (combination.suite.name, "ping")
    return line, outcome, seen


@every_combination
def test_our_client_completes_a_handshake_with_its_server(ports, combination):
    _, _, seen = talk(ports, combination)
    chain = pki.identity(combination.user).certificate_chain if combination.user else [b""]
    assert bytes.fromhex(seen["user"]) == chain[0]
    assert seen["authorized"] is bool(combination.user)


@every_group
def test_our_client_sends_its_server_the_share_that_it_asks_for(ports, combination):
    line, *_ = talk(ports, combination, key_shares=())
    assert was_retried(line.trace)


@every_suite
def test_our_client_goes_on_with_each_ticket_of_its_server(ports, combination):
    first, outcome, _ = talk(ports, combination)
    assert not outcome.resumed
    assert first.sessions
    for number, session in enumerate(first.sessions):
        _, outcome, seen = talk(ports, combination, f" {number}", session=session)
        assert outcome.resumed
        assert seen["reused"]
