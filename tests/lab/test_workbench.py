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


TLS13 = {
    "retry": lambda: lab.handshake(seed=1, version="TLS 1.3", retry=True, cookie=True),
    "psk": lambda: lab.handshake(seed=1, version="TLS 1.3", psk=(b"lamp", bytes(32))),
    "early data": lambda: lab.handshake(
        seed=2,
        early_data=b"first",
        resume=lab.handshake(
            seed=1, version="TLS 1.3", resumption="ticket", max_early_data_size=10
        ),
    ),
    "updates": lambda: lab.handshake(seed=1, version="TLS 1.3", key_update="both"),
}


@pytest.mark.parametrize("name", TLS13)
def test_other_randoms_change_nothing_else_in_tls13(name):
    shown = TLS13[name]()
    bench = lab.explore(shown)
    bench._new_randoms(None)
    again = bench.explorer.trace
    assert names(again) == names(shown.trace)
    assert again.value("client_random") != shown.trace.value("client_random")
    assert not bench._status.value
    secrets = {event.name for event in shown.trace if hasattr(event, "inputs")}
    assert {event.name for event in again if hasattr(event, "inputs")} == secrets


def test_the_controls_show_the_suite_of_a_handshake_that_failed_and_can_change_the_version():
    bench = lab.explore(lab.handshake(seed=1, version="TLS 1.3", server="expired"))
    assert bench._suite.value == "TLS_AES_128_GCM_SHA256"
    bench = lab.explore(lab.handshake(seed=1))
    bench._suite.value = "TLS_CHACHA20_POLY1305_SHA256"
    assert "encrypted_extensions" in names(bench.explorer.trace)


def test_another_suite_is_a_full_handshake_and_an_impossible_one_is_told():
    bench = lab.explore(HANDSHAKES["resumed by ticket"]())
    bench._suite.value = "TLS_RSA_WITH_AES_128_GCM_SHA256"
    assert "certificate" in names(bench.explorer.trace)
    bench._seed.value = "1"
    assert "the same keys" in bench._status.value
