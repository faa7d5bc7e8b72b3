"""Whole handshakes of the package with itself: what both sides agree on, and what they tell."""

import pytest
from in_memory import (
    ALL_SUITES,
    CBC,
    GCM,
    NAME,
    NULL,
    SIDES,
    Pair,
    credential,
    data_of,
    other,
    records,
    say,
    state_name,
)
from states import pair_in_state

import tlslab
from tlslab.connection.context import State
from tlslab.crypto.suites import DEFAULT_SUITES, SUITES, KeyExchange
from tlslab.errors import LocalError
from tlslab.lab import pki
from tlslab.tls12.messages import Certificate
from tlslab.trace import Message, StateEntered
from tlslab.wire.extensions import (
    ALPN,
    HostName,
    RenegotiationInfo,
    ServerName,
    ServerNameAck,
    SignatureAlgorithms,
)
from tlslab.wire.hello import ClientHello, ServerHello
from tlslab.wire.registry import CipherSuite, ContentType, NameType, ProtocolVersion

every_suite = pytest.mark.parametrize("suite", ALL_SUITES, ids=lambda suite: suite.name)
both_sides = pytest.mark.parametrize("role", SIDES)


@every_suite
def test_both_sides_complete_a_handshake_with_every_suite(suite: CipherSuite):
    pair = Pair(suite).connected()
    is_ecdsa = SUITES[suite].key_exchange is KeyExchange.ECDHE_ECDSA
    chain = (pki.server_ecdsa() if is_ecdsa else pki.server_rsa()).certificate_chain
    version = ProtocolVersion.TLSv1_2
    assert pair.events == {
        "client": [tlslab.HandshakeCompleted(version, suite, b"", NAME, chain)],
        "server": [tlslab.HandshakeCompleted(version, suite, b"", NAME, ())],
    }


@every_suite
@pytest.mark.parametrize("size", [1, 15, 16, 2**14, 2**14 + 1, 100_000])
def test_application_data_arrives_both_ways(suite: CipherSuite, size: int):
    pair = Pair(suite).connected()
    for sender in SIDES:
        data = bytes(sender, "ascii") * (size // 6 + 1)
        pair[sender].send(data[:size])
        assert data_of(pair.give(other(sender), pair.take(sender))) == data[:size]


@every_suite
def test_both_sides_derive_the_same_secrets(suite: CipherSuite):
    pair = Pair(suite, traced=True).connected()
    client, server = pair.traces["client"], pair.traces["server"]
    names = ["premaster_secret", "master_secret", "key_block", "client_write_MAC_key"]
    names += ["client_verify_data", "server_verify_data"]
    for name in names:
        if name == "client_write_MAC_key" and SUITES[suite].cipher_type.is_aead:
            continue
        assert client.value(name) == server.value(name), name


def test_nothing_weak_is_offered_unless_somebody_asks_for_it_by_name():
    assert len(SUITES) == 28
    assert [suite.name for suite in DEFAULT_SUITES] == [
        "TLS_AES_128_GCM_SHA256",
        "TLS_AES_256_GCM_SHA384",
        "TLS_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    ]


def test_the_states_are_entered_in_order():
    pair = Pair(GCM, traced=True).connected()
    entered = {role: [event.name for event in pair.traces[role].of(StateEntered)] for role in SIDES}
    assert entered == {
        "client": [
            "WaitServerHello",
            "WaitCertificate",
            "WaitCertificateRequest",
            "WaitChangeCipherSpec",
            "WaitFinished",
            "Connected",
        ],
        "server": [
            "WaitClientHello",
            "WaitClientKeyExchangeRSA",
            "WaitChangeCipherSpec",
            "WaitFinished",
            "Connected",
        ],
    }


def test_a_connection_says_who_it_is_and_where_it_stands():
    pair = Pair()
    assert repr(pair.client) == "<Connection: client, WaitServerHello>"
    assert repr(pair.server) == "<Connection: server, WaitClientHello>"
    assert (pair.client.role, pair.server.role) == ("client", "server")
    assert not pair.client.is_connected
    assert not pair.client.is_closed


def test_a_client_that_is_asked_for_a_certificate_answers_that_it_has_none():
    pair = pair_in_state("client", "WaitServerHelloDone", traced=True)
    done = say(pair.server, b"\x0e\x00\x00\x00")
    pair.give("client", done)
    trace = pair.traces["client"]
    sent = [m.name for m in trace.of(Message) if m.sender == "client"]
    assert sent[1:3] == ["certificate", "client_key_exchange"]
    empty = [m.raw for m in trace.messages("certificate") if m.sender == "client"]
    assert empty == [Certificate(()).encode_handshake()]


def test_the_state_of_nothing_handles_nothing():
    with pytest.raises(NotImplementedError):
        State().step(None, None)


# --- what is offered and chosen


def client_hello(pair: Pair) -> ClientHello:
    return ClientHello.decode(records(pair.client.data_to_send())[0].fragment, None, 4)


def server_hello(pair: Pair) -> ServerHello:
    pair.give("server", pair.take("client"))
    return ServerHello.decode(records(pair.take("server"))[0].fragment, None, 4)


def test_the_client_hello_says_what_was_configured():
    hello = client_hello(Pair(client={"cipher_suites": (CBC, GCM), "alpn": (b"h2", b"http/1.1")}))
    assert hello.client_version == ProtocolVersion.TLSv1_2
    assert hello.cipher_suites == (CBC, GCM)
    assert hello.compression_methods == (0,)
    assert hello.extension(ServerName) == ServerName((HostName(NameType.host_name, NAME.encode()),))
    assert hello.extension(ALPN) == ALPN((b"h2", b"http/1.1"))
    assert hello.extension(RenegotiationInfo) == RenegotiationInfo(b"")
    assert hello.extension(SignatureAlgorithms) is not None


def test_the_first_record_says_an_old_version_for_the_shy():
    assert records(Pair().take("client"))[0].version == ProtocolVersion.TLSv1_0


@pytest.mark.parametrize("name", ["127.0.0.1", "::1"])
def test_an_address_is_no_server_name(name: str):
    pair = Pair(client={"server_name": name})
    assert client_hello(pair).extension(ServerName) is None


def test_a_certificate_may_be_for_an_address():
    pair = Pair(client={"server_name": "127.0.0.1"}).connected()
    (completed,) = pair.events["client"]
    assert completed.server_name == "127.0.0.1"


@pytest.mark.parametrize("name", ["", ".", "a" * 256])
def test_what_is_no_host_name_is_refused_before_anything_is_sent(name: str):
    with pytest.raises(LocalError, match="not a host name"):
        Pair(client={"server_name": name})


def test_an_international_name_has_to_be_in_its_ascii_form():
    with pytest.raises(LocalError, match="xn--"):
        Pair(client={"server_name": "bücher.test"})


def test_a_dot_at_the_end_of_a_name_is_not_sent():
    hello = client_hello(Pair(client={"server_name": NAME + "."}))
    (name,) = hello.extension(ServerName).server_name_list
    assert name.host_name == NAME.encode()


def test_the_servers_order_decides_the_suite():
    pair = Pair(client={"cipher_suites": (CBC, NULL, GCM)}, server={"cipher_suites": (NULL, CBC)})
    assert server_hello(pair).cipher_suite == NULL


@pytest.mark.parametrize(
    ("client", "server", "chosen"),
    [
        ((), (), b""),
        ((b"h2",), (), b""),
        ((), (b"h2",), b""),
        ((b"h2", b"http/1.1"), (b"http/1.1", b"h2"), b"http/1.1"),
    ],
)
def test_the_servers_order_decides_the_application_protocol(client, server, chosen: bytes):
    pair = Pair(client={"alpn": client}, server={"alpn": server}).connected()
    for role in SIDES:
        (completed,) = pair.events[role]
        assert completed.alpn_protocol == chosen


SEVERAL = {"credentials": (credential(), credential("server-other"))}


@pytest.mark.parametrize(
    ("server_name", "label"),
    [
        ("server.tlslab.test", "server-rsa"),
        ("SERVER.tlslab.test", "server-rsa"),
        ("localhost", "server-rsa"),
        ("other.tlslab.test", "server-other"),
        ("any.wild.tlslab.test", "server-other"),
    ],
)
def test_the_name_that_the_client_asks_for_chooses_the_certificate(server_name: str, label: str):
    pair = Pair(client={"server_name": server_name}, server=SEVERAL).connected()
    for role in SIDES:
        (completed,) = pair.events[role]
        assert completed.server_name == server_name
    (completed,) = pair.events["client"]
    assert completed.peer_certificates == pki.identity(label).certificate_chain


@pytest.mark.parametrize("server_name", ["nobody.tlslab.test", "127.0.0.1"])
def test_a_client_with_no_name_or_an_unknown_one_gets_the_first_certificate(server_name: str):
    pair = Pair(client={"server_name": server_name}, server=SEVERAL)
    pair.give("server", pair.take("client"))
    hello, certificate, _ = records(pair.take("server"))
    assert ServerHello.decode(hello.fragment, None, 4).extension(ServerNameAck) is None
    sent = Certificate.decode(certificate.fragment, None, 4).certificate_list
    assert sent == pki.server_rsa().certificate_chain


def test_the_server_says_that_it_used_the_name():
    assert server_hello(Pair()).extension(ServerNameAck) == ServerNameAck()


# --- misuse


@pytest.mark.parametrize("state", ["WaitServerHello", "WaitFinished"])
def test_nothing_can_be_sent_before_the_handshake_is_complete(state: str):
    pair = pair_in_state("client", state)
    pair.take("client")
    with pytest.raises(LocalError, match=f"cannot send application data in {state}"):
        pair.client.send(b"too early")
    assert pair.client.data_to_send() == b""


@both_sides
def test_nothing_can_be_sent_after_close(role: str):
    pair = Pair().connected()
    pair[role].close()
    assert not pair[role].is_connected
    with pytest.raises(LocalError, match="cannot send"):
        pair[role].send(b"too late")


@both_sides
def test_sending_nothing_sends_nothing(role: str):
    pair = Pair().connected()
    pair[role].send(b"")
    assert pair[role].data_to_send() == b""


def test_what_was_sent_is_handed_out_once():
    pair = Pair()
    assert pair.client.data_to_send() != b""
    assert pair.client.data_to_send() == b""


def test_a_client_cannot_offer_what_it_cannot_do():
    with pytest.raises(LocalError, match="TLS_AES_128_CCM_SHA256 is not implemented"):
        Pair(CipherSuite.TLS_AES_128_CCM_SHA256)


def test_there_has_to_be_a_suite():
    with pytest.raises(LocalError, match="at least one cipher suite"):
        Pair(client={"cipher_suites": ()})


def test_a_server_needs_a_credential():
    with pytest.raises(LocalError, match="at least one credential"):
        Pair(server={"credentials": ()})


def test_a_credential_needs_a_certificate():
    with pytest.raises(LocalError, match="at least one certificate"):
        tlslab.Credential((), pki.server_rsa().private_key)


def test_a_private_key_has_to_belong_to_its_certificate():
    with pytest.raises(LocalError, match="does not belong"):
        tlslab.Credential(pki.server_rsa().certificate_chain, pki.server_other().private_key)


def test_a_credential_does_not_print_its_key():
    assert "private_key" not in repr(credential())


def test_a_choice_of_a_suite_that_is_not_implemented_is_a_mistake_of_this_side():
    primitives = tlslab.Primitives().using(choose_cipher_suite=lambda offered, supported: 0x1301)
    pair = Pair(server={"primitives": primitives})
    with pytest.raises(LocalError, match="which this server cannot do"):
        pair.give("server", pair.take("client"))


def test_without_a_seed_and_a_clock_the_system_provides_both():
    defaults = {
        "random": tlslab.connection.config.system_random,
        "clock": tlslab.connection.config.system_clock,
    }
    first, second = (Pair(client=defaults, server=defaults).connected() for _ in range(2))
    assert first.sent["client"] != second.sent["client"]


def test_a_trace_belongs_to_its_connection():
    pair = Pair(traced=True)
    assert pair.client.trace is pair.traces["client"]


# --- how the bytes are cut makes no difference


@every_suite
def test_a_handshake_completes_when_every_byte_comes_alone(suite: CipherSuite):
    pair = Pair(suite)
    for _ in range(4):
        for sender in SIDES:
            for byte in pair.take(sender):
                pair.give(other(sender), bytes([byte]))
    pair.connected()
    pair.client.send(b"hello")
    for byte in pair.take("client"):
        pair.give("server", bytes([byte]))
    assert data_of(pair.events["server"]) == b"hello"


def refragmented(flight: bytes, size: int) -> bytes:
    """The handshake messages of an unprotected flight, in records of `size` bytes."""
    found = records(flight)
    stream = b"".join(record.fragment for record in found)
    assert {record.type for record in found} == {ContentType.handshake}
    pieces = [stream[start : start + size] for start in range(0, len(stream), size)]
    return b"".join(
        bytes([22]) + found[0].version.to_bytes(2, "big") + len(piece).to_bytes(2, "big") + piece
        for piece in pieces
    )


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 100, 1000, 2**14])
def test_messages_may_be_cut_into_records_and_share_records_as_the_peer_likes(size: int):
    pair = Pair(GCM, traced=True)
    pair.give("server", refragmented(pair.take("client"), size))
    pair.give("client", refragmented(pair.take("server"), size))
    pair.connected()
    trace = pair.traces["client"]
    received = [m for m in trace.of(Message) if m.sender == "server" and m.name != "finished"]
    position = 0
    for message in received:
        if message.name == "change_cipher_spec":
            break
        end = position + len(message.raw)
        assert message.records == tuple(range(position // size, (end - 1) // size + 1))
        position = end


def test_a_whole_flight_may_come_in_one_piece_with_data_behind_it():
    pair = Pair(GCM)
    pair.give("server", pair.take("client"))
    pair.give("client", pair.take("server"))
    pair.give("server", pair.take("client"))
    pair.server.send(b"at once")
    events = pair.give("client", pair.take("server"))
    assert [type(event).__name__ for event in events] == ["HandshakeCompleted", "ApplicationData"]
    assert state_name(pair.client) == "Connected"
