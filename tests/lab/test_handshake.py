"""`lab.handshake` and `lab.peers`: one line, a whole handshake."""

import subprocess
import sys

import pytest

from tlslab import LocalError, Primitives, lab
from tlslab.crypto.suites import SUITES
from tlslab.trace import Message, Record

SUITE_NAMES = [suite.name for suite in SUITES]

SCRIPT = """
import hashlib
from tlslab import lab
h = lab.handshake(seed={seed!r}, suite={suite!r})
text = h.trace.to_json() + h.server_trace.to_json()
print(hashlib.sha256(text.encode()).hexdigest())
"""


def in_another_process(seed, suite):
    script = SCRIPT.format(seed=seed, suite=suite)
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return run.stdout


@pytest.mark.parametrize("suite", SUITE_NAMES)
def test_one_line_runs_a_whole_handshake_and_carries_data_both_ways(suite):
    h = lab.handshake(suite=suite, request=b"ping", reply=b"pong")
    assert h.completed
    assert h.outcome.cipher_suite.name == suite
    assert (h.received_by_server, h.received_by_client) == (b"ping", b"pong")
    assert h.trace.value("master_secret") == h.server_trace.value("master_secret")
    assert repr(h) == f"<Handshake: completed, TLS 1.2, {suite}>"


def records(trace):
    return [record.raw for record in trace.of(Record)]


@pytest.mark.parametrize("suite", SUITE_NAMES)
def test_the_same_seed_gives_the_same_bytes(suite):
    first, second = (lab.handshake(seed=5, suite=suite) for _ in range(2))
    assert first.trace == second.trace
    assert first.server_trace == second.server_trace
    assert records(first.trace) != records(lab.handshake(seed=6, suite=suite).trace)
    assert records(first.trace) != records(lab.handshake(suite=suite).trace)


def test_the_same_seed_gives_the_same_bytes_in_every_process():
    suite = "TLS_RSA_WITH_AES_128_CBC_SHA256"
    first, second = (in_another_process("a seed", suite) for _ in range(2))
    assert first == second
    assert first != in_another_process("another seed", suite)


def test_both_sides_saw_the_same_records_and_messages():
    h = lab.handshake(seed=1)
    for kind in (Record, Message):
        ours = sorted((each.sender, each.raw) for each in h.trace.of(kind))
        theirs = sorted((each.sender, each.raw) for each in h.server_trace.of(kind))
        assert ours == theirs


def test_client_and_server_draw_different_bytes_from_one_seed():
    h = lab.handshake(seed=1)
    assert h.trace.value("client_random") != h.trace.value("server_random")


def test_a_failed_handshake_keeps_the_error_that_began_it_and_both_traces():
    h = lab.handshake(server_name="nobody.tlslab.test")
    assert not h.completed
    assert h.error.alert == "bad_certificate"
    assert repr(h).startswith("<Handshake: failed, bad_certificate")
    assert h.server_trace.messages("alert")


def test_a_learners_function_runs_the_handshake():
    called = []

    def prf(*args):
        called.append(args[1])
        return Primitives().prf(*args)

    assert lab.handshake(primitives=Primitives().using(prf=prf)).completed
    assert called.count(b"master secret") == 2


@pytest.mark.parametrize(
    ("suite", "sentence"),
    [
        ("TLS_RSA_WITH_ROT13", "IANA knows no cipher suite called 'TLS_RSA_WITH_ROT13'"),
        ("TLS_RSA_WITH_RC4_128_MD5", "TLS_RSA_WITH_RC4_128_MD5 is not implemented"),
    ],
)
def test_a_suite_that_is_not_there_is_named(suite, sentence):
    with pytest.raises(LocalError, match=sentence):
        lab.handshake(suite=suite)


def test_a_handshake_with_openssl_shows_who_it_was():
    h = lab.peers.openssl("client")
    assert repr(h) == (
        "<Handshake: our client with OpenSSL, completed, TLS 1.2, TLS_RSA_WITH_AES_128_GCM_SHA256>"
    )
    assert h.peer_version.startswith("OpenSSL")
