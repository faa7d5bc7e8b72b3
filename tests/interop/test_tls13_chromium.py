"""Our server with chromium: its default hello, in TLS 1.3 and in TLS 1.2, with its own key log."""

import subprocess

import pytest
from jupyter_lab import CHROMIUM, FLAGS, NO_CHROMIUM
from sockets import our_server
from tls13_combinations import EVERYTHING, agreed, check_secrets, was_retried

from tlslab.connection.config import DEFAULT_GROUPS
from tlslab.crypto.suites import DEFAULT_SUITES
from tlslab.lab.www import Www
from tlslab.wire.registry import CipherSuite, NamedGroup, ProtocolVersion

pytestmark = [pytest.mark.peer, pytest.mark.skipif(not CHROMIUM, reason=NO_CHROMIUM)]


def visited_by_chromium(directory, **config):
    """The first visit of a chromium that fetches a page; what it shows, and its key log."""
    keys = directory / "keys"
    with our_server(lambda visit: Www(visit, with_secrets=False), **config) as server:
        flags = "--headless", "--ignore-certificate-errors", f"--user-data-dir={directory}"
        shown = subprocess.run(
            [
                *(CHROMIUM, *FLAGS, *flags, f"--ssl-key-log-file={keys}"),
                *("--dump-dom", f"https://localhost:{server.port}/"),
            ],
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout
        visits = [server.visit()]
        # It opens a line before it knows what for, and may leave it.
        while not visits[-1].completed:
            visits.append(server.visit())
    return visits[-1], shown, keys.read_text()


def test_its_hello_leads_to_a_hybrid_secret(tmp_path):
    config = {**EVERYTHING, "groups": DEFAULT_GROUPS}
    visit, shown, keys = visited_by_chromium(tmp_path, **config)
    assert "<h1>TLS 1.3, as the server saw it</h1>" in shown
    assert visit.completed.version is ProtocolVersion.TLSv1_3
    assert agreed(visit.trace, "group") == "X25519MLKEM768"
    assert not was_retried(visit.trace)
    check_secrets(visit.trace, keys)


def test_it_sends_a_second_hello(tmp_path):
    suite = CipherSuite.TLS_CHACHA20_POLY1305_SHA256
    config = {**EVERYTHING, "cipher_suites": (suite,), "groups": (NamedGroup.secp384r1,)}
    visit, shown, keys = visited_by_chromium(tmp_path, **config)
    assert "<h1>TLS 1.3, as the server saw it</h1>" in shown
    assert visit.completed.cipher_suite is suite
    assert was_retried(visit.trace)
    check_secrets(visit.trace, keys)


def test_a_server_of_tls_1_2_alone_is_good_enough_for_it(tmp_path):
    suite = CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
    assert suite in DEFAULT_SUITES
    visit, shown, keys = visited_by_chromium(tmp_path, cipher_suites=(suite,))
    assert "<h1>TLS 1.2, as the server saw it</h1>" in shown
    assert visit.completed.version is ProtocolVersion.TLSv1_2
    random, master = visit.trace.value("client_random"), visit.trace.value("master_secret")
    assert f"CLIENT_RANDOM {random.hex()} {master.hex()}" in keys
