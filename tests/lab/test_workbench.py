"""The controls over the explorer run the same handshake again, with all that it was asked for."""

import pytest
from every_handshake import HANDSHAKES

from tlslab import lab

ECDHE = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"


def names(trace):
    return [message.name for message in trace.messages()]


def extensions(trace):
    (hello,) = trace.messages("server_hello")
    return {span.path.split(".")[2] for span in hello.spans if ".extensions." in span.path}


@pytest.mark.parametrize("name", HANDSHAKES)
def test_other_randoms_change_nothing_else(name):
    shown = HANDSHAKES[name]()
    bench = lab.explore(shown)
    bench._new_randoms(None)
    again = bench.explorer.trace
    assert names(again) == names(shown.trace)
    assert extensions(again) == extensions(shown.trace)
    assert again.value("client_random") != shown.trace.value("client_random")
    assert not bench._status.value


@pytest.mark.parametrize("role", ["client", "server"])
def test_a_handshake_with_openssl_goes_on_from_openssls_session(role):
    first = lab.peers.openssl(role, seed=1, suite=ECDHE, resumption="ticket")
    shown = lab.peers.openssl(role, seed=2, resume=first)
    bench = lab.explore(shown)
    bench._new_randoms(None)
    assert "certificate" not in names(bench.explorer.trace)
    bench._peer.value = "tlslab, in memory"
    assert "certificate" in names(bench.explorer.trace)
    assert not bench._status.value


def test_another_suite_is_a_full_handshake_and_an_impossible_one_is_told():
    bench = lab.explore(HANDSHAKES["resumed by ticket"]())
    bench._suite.value = "TLS_RSA_WITH_AES_128_GCM_SHA256"
    assert "certificate" in names(bench.explorer.trace)
    bench._seed.value = "1"
    assert "the same keys" in bench._status.value
