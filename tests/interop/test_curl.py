"""Our server with curl: one process fetches a page by every suite, as every kind of client."""

import json
import os
import subprocess

import pytest
from combinations import EVERY, check, check_agreed, check_user, resumed_by
from programs import NAME, needs_curl
from sockets import our_server

from tlslab.lab import pki
from tlslab.lab.peers import OPENSSL_NAMES
from tlslab.lab.www import Www

pytestmark = [pytest.mark.peer, needs_curl]

# Curl has no option against extended master secret and encrypt-then-MAC.
COMBINATIONS = tuple(each for each in EVERY if each.hardened)


def options(port, combination):
    """Of one of its transfers."""
    url = f"https://{NAME}:{port}/"
    words = [
        *("--silent", "--show-error", "--noproxy", "*", "--max-time", "20", "--tls-max", "1.2"),
        *("--resolve", f"{NAME}:{port}:127.0.0.1", "--cacert", str(pki.pem_path("root"))),
        *("--ciphers", f"{OPENSSL_NAMES[combination.suite]}:@SECLEVEL=0"),
        *("--output", "/dev/null", "--write-out", "%{json}\n"),
    ]
    if combination.user:
        identity = pki.identity(combination.user)
        words += ["--cert", str(identity.chain_path), "--key", str(identity.key_path)]
    return [*words, url]


@pytest.fixture(scope="module")
def visits(tmp_path_factory):
    """What our server saw and curl's key log: each combination twice, one after the other."""
    keys = tmp_path_factory.mktemp("curl") / "keys"
    with our_server(lambda visit: Www(visit, with_secrets=False)) as server:
        words = ["curl"]
        for combination in COMBINATIONS:
            for _ in range(2):
                words += [*options(server.port, combination), "--next"]
        done = subprocess.run(
            words[:-1],
            env={**os.environ, "SSLKEYLOGFILE": str(keys)},
            capture_output=True,
            text=True,
            timeout=100,
        )
        assert done.returncode == 0, done.stderr
        pages = [json.loads(line) for line in done.stdout.splitlines()]
        assert {(page["response_code"], page["ssl_verify_result"]) for page in pages} == {(200, 0)}
        found = [server.visit() for _ in range(2 * len(COMBINATIONS))]
        # They end in the order in which they came, or nearly so.
        found.sort(key=lambda visit: visit.number)
        return dict(zip(COMBINATIONS, zip(found[::2], found[1::2], strict=True), strict=True)), keys


@pytest.mark.parametrize("combination", COMBINATIONS, ids=str)
def test_curl_gets_the_page_and_then_once_more_by_the_same_session(visits, combination):
    visits_of, keys = visits
    first, second = visits_of[combination]
    assert (first.problem, second.problem) == (None, None)
    check(combination, first.trace, first.completed, keys.read_text())
    check_user(combination, first.completed)
    check_agreed(combination, second.trace, second.completed)
    check_user(combination, second.completed)
    # It never takes a ticket.
    assert [resumed_by(visit.trace) for visit in (first, second)] == ["", "session ID"]
    assert second.trace.value("master_secret") == first.trace.value("master_secret")
