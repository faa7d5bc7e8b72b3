"""Our server of TLS 1.3 with curl: one process fetches a page by every suite and group."""

import json
import os
import subprocess

import pytest
from programs import NAME, needs_curl
from sockets import our_server
from tls13_combinations import EVERY, EVERYTHING, check, check_user, openssl_group, was_retried

from tlslab.lab import pki
from tlslab.lab.www import Www
from tlslab.wire.registry import NamedGroup

pytestmark = [pytest.mark.peer, needs_curl]

# Curl has no option for signature schemes, and so our server chooses the certificate.
COMBINATIONS = tuple(each for each in EVERY if each.server == "server-ecdsa")


def options(port, combination, *, first):
    """Of one of its transfers. first: the group whose share it sends: not always the right one."""
    url = f"https://{NAME}:{port}/"
    groups = map(openssl_group, (*first, combination.group))
    words = [
        *("--silent", "--show-error", "--noproxy", "*", "--max-time", "20", "--tlsv1.3"),
        *("--resolve", f"{NAME}:{port}:127.0.0.1", "--cacert", str(pki.pem_path("root"))),
        *("--tls13-ciphers", combination.suite.name, "--curves", ":".join(groups)),
        *("--output", "/dev/null", "--write-out", "%{json}\n"),
    ]
    if combination.user:
        identity = pki.identity(combination.user)
        words += ["--cert", str(identity.chain_path), "--key", str(identity.key_path)]
    return [*words, url]


@pytest.fixture(scope="module")
def visits(tmp_path_factory):
    """What our server saw and curl's key log: each combination thrice.

    First with a share of another group; then with the right one; then once more, by a ticket.
    """
    keys = tmp_path_factory.mktemp("curl") / "keys"
    with our_server(lambda visit: Www(visit, with_secrets=False), **EVERYTHING) as server:
        words = ["curl"]
        for combination in COMBINATIONS:
            for first in ((NamedGroup.ffdhe4096,), (), ()):
                words += [*options(server.port, combination, first=first), "--next"]
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
        found = [server.visit() for _ in range(3 * len(COMBINATIONS))]
        # They end in the order in which they came, or nearly so.
        found.sort(key=lambda visit: visit.number)
        thrice = zip(found[::3], found[1::3], found[2::3], strict=True)
        return dict(zip(COMBINATIONS, thrice, strict=True)), keys


@pytest.mark.parametrize("combination", COMBINATIONS, ids=str)
def test_curl_gets_the_page_and_then_once_more_by_a_ticket(visits, combination):
    visits_of, keys = visits
    assert [was_retried(visit.trace) for visit in visits_of[combination]] == [True, False, False]
    resumed = [visit.completed.resumed for visit in visits_of[combination]]
    assert resumed == [False, False, True]
    for visit in visits_of[combination]:
        assert visit.problem is None
        check(combination, visit.trace, visit.completed, keys.read_text())
        check_user(combination, visit.completed)
