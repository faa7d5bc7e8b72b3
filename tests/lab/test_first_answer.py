"""A ClientHello sent by itself: what OpenSSL and our own server make of it."""

import pytest

from tlslab import lab
from tlslab.errors import LocalError
from tlslab.lab.first_answer import first_answer
from tlslab.primitives import Primitives
from tlslab.wire.hello import ClientHello
from tlslab.wire.registry import CipherSuite, CompressionMethod, ProtocolVersion

GCM = "TLS_RSA_WITH_AES_128_GCM_SHA256"
CBC = "TLS_RSA_WITH_AES_128_CBC_SHA"
WHOLE_ANSWER = ("server_hello", "certificate", "server_hello_done")

each_server = pytest.mark.parametrize("server", ["OpenSSL", "ours"])


def offer(version=ProtocolVersion.TLSv1_2, suites=(CBC, GCM)):
    return ClientHello(
        client_version=ProtocolVersion(version),
        random=bytes(range(32)),
        session_id=b"",
        cipher_suites=tuple(CipherSuite[suite] for suite in suites),
        compression_methods=(CompressionMethod.null,),
        extensions=(),
    ).encode_handshake()


@each_server
def test_an_offer_is_answered_with_the_servers_first_three_messages(server):
    answer = first_answer(offer(), server=server)
    assert answer.messages == WHOLE_ANSWER
    assert answer.server_hello.cipher_suite is CipherSuite[GCM]
    assert answer.alert == ""
    assert [message.name for message in answer.trace.messages()] == ["client_hello", *WHOLE_ANSWER]
    assert answer.trace.value("client_random") == bytes(range(32))
    assert answer.trace.value("server_random") == answer.server_hello.random
    assert "it chose TLS 1.2" in repr(answer)


@each_server
@pytest.mark.parametrize("suites", [(GCM, CBC), (CBC, GCM)])
def test_the_servers_order_decides(server, suites):
    answer = first_answer(offer(), server=server, suites=suites)
    assert answer.server_hello.cipher_suite is CipherSuite[suites[0]]


def test_openssl_can_go_by_the_clients_order():
    answer = first_answer(offer(), suites=(GCM, CBC), own_order=False)
    assert answer.server_hello.cipher_suite is CipherSuite[CBC]


@each_server
@pytest.mark.parametrize(
    ("client_hello", "alert"),
    [
        (offer(version=ProtocolVersion.TLSv1_1), "protocol_version"),
        (offer(suites=("TLS_AES_128_GCM_SHA256",)), "handshake_failure"),
        (offer()[4:], "unexpected_message"),
    ],
    ids=["too old", "nothing in common", "no header"],
)
def test_a_refusal_comes_as_an_alert(server, client_hello, alert):
    answer = first_answer(client_hello, server=server)
    assert (answer.alert, answer.server_hello, answer.messages) == (alert, None, ())
    assert [event.name for event in answer.trace.messages()][-1] == "alert"
    assert "refuses" in repr(answer)


@each_server
def test_a_server_waits_for_the_rest_of_a_message(server):
    whole = offer()
    answer = first_answer(whole[:3] + bytes([whole[3] + 4]) + whole[4:], server=server)
    assert (answer.alert, answer.server_hello) == ("", None)
    assert "waits" in repr(answer)


@pytest.mark.parametrize("version", [0x0300, 0x0301, 0x0303, 0x0304, 0x03FF])
def test_the_version_of_the_record_does_not_matter(version):
    assert first_answer(offer(), record_version=version).messages == WHOLE_ANSWER


def test_our_server_is_the_same_for_the_same_seed_and_computes_with_the_primitives():
    last = Primitives().using(choose_cipher_suite=lambda offered, supported: supported[-1])
    runs = [
        first_answer(offer(), server="ours", suites=(GCM, CBC), seed=1, primitives=last)
        for _ in range(2)
    ]
    assert runs[0].trace == runs[1].trace
    assert runs[0].server_hello.cipher_suite is CipherSuite[CBC]


@pytest.mark.parametrize("nothing", [b"", None, "01 00", bytes(2**14 + 1)])
def test_what_is_no_message_is_refused_in_words(nothing):
    with pytest.raises(LocalError, match="message|record"):
        first_answer(nothing)


TLS13 = ("TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256")


def hello_of_tls13(**options):
    """The first message of the lab's client, without its record header."""
    return lab.handshake(version="TLS 1.3", seed=1, **options).trace.messages()[0].raw


@each_server
def test_an_offer_of_tls13_is_answered_with_a_hello_and_records_that_nobody_reads(server):
    answer = first_answer(hello_of_tls13(), server=server, suites=TLS13)
    assert (answer.messages, answer.alert, answer.retry) == (("server_hello",), "", None)
    assert answer.protected == 4
    assert "server_hello and 4 protected records; it chose TLS 1.3, TLS_AES_128" in repr(answer)


@each_server
def test_a_server_asks_for_the_share_that_it_misses(server):
    answer = first_answer(hello_of_tls13(key_shares=()), server=server, suites=TLS13)
    assert (answer.messages, answer.server_hello) == (("hello_retry_request",), None)
    assert answer.retry.cipher_suite is CipherSuite[TLS13[0]]
    assert "asks for another ClientHello, with key_share" in repr(answer)


def test_openssl_is_asked_only_for_suites_that_it_has():
    with pytest.raises(LocalError, match="OpenSSL"):
        first_answer(offer(), suites=(GCM, "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256"))
