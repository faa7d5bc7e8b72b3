"""Each violation of the protocol, the alert that answers it, and the RFC section that says so."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from in_memory import (
    ALL_SUITES,
    CBC,
    GCM,
    NULL,
    Pair,
    changed,
    credential,
    other,
    records,
    say,
    with_fields,
)
from states import pair_in_state

import tlslab
from tlslab.crypto import rsa
from tlslab.crypto.prf import transcript_hash, verify_data
from tlslab.errors import AlertName
from tlslab.tls12.messages import Certificate, ClientKeyExchangeRSA, ServerHelloDone
from tlslab.wire.extensions import (
    ALPN,
    EncryptThenMAC,
    ExtendedMasterSecret,
    Extension,
    HostName,
    OpaqueExtension,
    RecordSizeLimit,
    RenegotiationInfo,
    ServerName,
    ServerNameAck,
    SessionTicket,
    SupportedVersions,
)
from tlslab.wire.framing import HandshakeMessage
from tlslab.wire.hello import ClientHello, ServerHello
from tlslab.wire.registry import (
    CipherSuite,
    CompressionMethod,
    ExtensionType,
    NameType,
    ProtocolVersion,
)

Change = Callable[[Any], HandshakeMessage]
Version = ProtocolVersion


@dataclass(frozen=True)
class Violation:
    """`message`, changed on the way to its receiver, makes the receiver send `alert`."""

    what: str
    message: type[HandshakeMessage]
    change: Change
    alert: AlertName
    section: str
    where: str

    def __str__(self) -> str:
        return self.what.replace(" ", "_")


def with_extension(*extensions: Extension) -> Change:
    """Add extensions, or put them in the place of those of the same type."""
    types = {extension.extension_type for extension in extensions}

    def change(hello: Any) -> Any:
        kept = tuple(e for e in hello.extensions or () if e.extension_type not in types)
        return with_fields(extensions=kept + extensions)(hello)

    return change


def twice(extension: Extension) -> Change:
    return with_extension(extension, extension)


HOST = HostName(NameType.host_name, b"server.tlslab.test")
UNKNOWN = ExtensionType(0xABCD)

V = Violation
# fmt: off
VIOLATIONS = [
    # the client's hello
    V("the client is of SSL 3.0", ClientHello, with_fields(client_version=Version(0x0300)),
      "protocol_version", "RFC 5246 Appendix E.1", "client_hello.client_version"),
    V("the client is of TLS 1.0", ClientHello, with_fields(client_version=Version.TLSv1_0),
      "protocol_version", "RFC 5246 Appendix E.1", "client_hello.client_version"),
    V("the client is of TLS 1.1", ClientHello, with_fields(client_version=Version.TLSv1_1),
      "protocol_version", "RFC 5246 Appendix E.1", "client_hello.client_version"),
    V("the client offers only TLS 1.3", ClientHello,
      with_extension(SupportedVersions((Version.TLSv1_3,))),
      "protocol_version", "RFC 8446 §4.2.1", "client_hello.extensions.supported_versions"),
    V("no suite in common", ClientHello,
      with_fields(cipher_suites=(CipherSuite.TLS_AES_128_GCM_SHA256, CipherSuite(0x1234))),
      "handshake_failure", "RFC 5246 §7.4.1.3", "client_hello.cipher_suites"),
    V("null compression is not offered", ClientHello,
      with_fields(compression_methods=(CompressionMethod.DEFLATE,)),
      "illegal_parameter", "RFC 5246 §7.4.1.2", "client_hello.compression_methods"),
    V("the client claims an earlier handshake", ClientHello,
      with_extension(RenegotiationInfo(b"earlier")), "handshake_failure", "RFC 5746 §3.6",
      "client_hello.extensions.renegotiation_info.renegotiated_connection"),
    V("no application protocol in common", ClientHello, with_extension(ALPN((b"gopher",))),
      "no_application_protocol", "RFC 7301 §3.2",
      "client_hello.extensions.application_layer_protocol_negotiation"),
    V("the client repeats an extension", ClientHello, twice(RenegotiationInfo()),
      "illegal_parameter", "RFC 5246 §7.4.1.4", "client_hello.extensions.renegotiation_info"),
    V("the client repeats an unknown extension", ClientHello, twice(OpaqueExtension(UNKNOWN, b"")),
      "illegal_parameter", "RFC 5246 §7.4.1.4", "client_hello.extensions.unknown_0xabcd"),
    V("the client asks for two hosts", ClientHello, with_extension(ServerName((HOST, HOST))),
      "illegal_parameter", "RFC 6066 §3", "client_hello.extensions.server_name.server_name_list"),
    # the server's hello
    V("the server answers with TLS 1.1", ServerHello, with_fields(server_version=Version.TLSv1_1),
      "protocol_version", "RFC 5246 Appendix E.1", "server_hello.server_version"),
    V("the server answers with TLS 1.3", ServerHello, with_fields(server_version=Version.TLSv1_3),
      "protocol_version", "RFC 5246 Appendix E.1", "server_hello.server_version"),
    V("the server chooses a suite that was not offered", ServerHello,
      with_fields(cipher_suite=NULL),
      "illegal_parameter", "RFC 5246 §7.4.1.3", "server_hello.cipher_suite"),
    V("the server chooses a suite that nobody knows", ServerHello,
      with_fields(cipher_suite=CipherSuite(0x1234)),
      "illegal_parameter", "RFC 5246 §7.4.1.3", "server_hello.cipher_suite"),
    V("the server chooses a compression that was not offered", ServerHello,
      with_fields(compression_method=CompressionMethod.DEFLATE),
      "illegal_parameter", "RFC 5246 §7.4.1.3", "server_hello.compression_method"),
    *(V(f"the server answers {extension.extension_type.name} unasked", ServerHello,
        with_extension(extension), "unsupported_extension", "RFC 5246 §7.4.1.4",
        f"server_hello.extensions.{extension.extension_type.name}")
      for extension in (EncryptThenMAC(), ExtendedMasterSecret(), SessionTicket(b""),
                        RecordSizeLimit(2**14), OpaqueExtension(UNKNOWN, b""))),
    V("the server repeats an extension", ServerHello, twice(ServerNameAck()),
      "illegal_parameter", "RFC 5246 §7.4.1.4", "server_hello.extensions.server_name"),
    V("the server chooses two application protocols", ServerHello,
      with_extension(ALPN((b"h2", b"http/1.1"))), "illegal_parameter", "RFC 7301 §3.1",
      "server_hello.extensions.application_layer_protocol_negotiation"),
    V("the server chooses an application protocol that was not offered", ServerHello,
      with_extension(ALPN((b"gopher",))), "illegal_parameter", "RFC 7301 §3.1",
      "server_hello.extensions.application_layer_protocol_negotiation"),
    V("the server claims an earlier handshake", ServerHello,
      with_extension(RenegotiationInfo(b"earlier")), "handshake_failure", "RFC 5746 §3.4",
      "server_hello.extensions.renegotiation_info.renegotiated_connection"),
    # the server's certificate; tests/crypto/test_certificates.py has all reasons
    V("the server sends no certificate", Certificate, with_fields(certificate_list=()),
      "bad_certificate", "RFC 5246 §7.4.2", "certificate.certificate_list"),
    V("the certificate is none", Certificate, with_fields(certificate_list=(b"garbage",)),
      "bad_certificate", "RFC 5246 §7.4.2", "certificate.certificate_list[0]"),
    V("the certificate is for another name", Certificate,
      with_fields(certificate_list=credential("server-other").certificate_chain),
      "bad_certificate", "RFC 5246 §7.4.2", "certificate.certificate_list"),
    V("the certificate is of a client", Certificate,
      with_fields(certificate_list=credential("client-rsa").certificate_chain),
      "unsupported_certificate", "RFC 5246 §7.4.2", "certificate.certificate_list"),
    V("the certificate has an elliptic curve key", Certificate,
      with_fields(certificate_list=credential("server-ecdsa").certificate_chain),
      "unsupported_certificate", "RFC 5246 §7.4.2", "certificate.certificate_list"),
]
# fmt: on


def receiver_of(message: type[HandshakeMessage]) -> str:
    return "server" if message in (ClientHello, ClientKeyExchangeRSA) else "client"


def refused(pair: Pair, receiver: str, data: bytes) -> tlslab.ProtocolError:
    """What `receiver` says about `data`; its peer has to understand the alert."""
    with pytest.raises(tlslab.ProtocolError) as caught:
        pair.give(receiver, data)
    assert pair[receiver].is_closed
    assert not pair.events[receiver]
    with pytest.raises(tlslab.AlertReceived) as received:
        pair.give(other(receiver), pair.take(receiver))
    assert received.value.alert == caught.value.alert
    assert pair[other(receiver)].is_closed
    return caught.value


@pytest.mark.parametrize("violation", VIOLATIONS, ids=str)
def test_a_violation_is_answered_with_the_alert_that_the_rfc_names(violation: Violation):
    pair = Pair(GCM, client={"alpn": (b"h2", b"http/1.1")}, server={"alpn": (b"h2",)})
    receiver = receiver_of(violation.message)
    if receiver == "client":
        pair.give("server", pair.take("client"))
    flight = changed(pair.take(other(receiver)), violation.message, violation.change)
    error = refused(pair, receiver, flight)
    assert (error.alert, error.section) == (violation.alert, violation.section)
    assert error.where == violation.where


@pytest.mark.parametrize("violation", VIOLATIONS, ids=str)
def test_without_the_violation_the_same_handshake_completes(violation: Violation):
    pair = Pair(GCM, client={"alpn": (b"h2", b"http/1.1")}, server={"alpn": (b"h2",)})
    receiver = receiver_of(violation.message)
    if receiver == "client":
        pair.give("server", pair.take("client"))
    pair.give(receiver, changed(pair.take(other(receiver)), violation.message, lambda same: same))
    pair.connected()


def test_an_application_protocol_that_was_not_asked_for_is_refused():
    pair = Pair(GCM)
    pair.give("server", pair.take("client"))
    flight = changed(pair.take("server"), ServerHello, with_extension(ALPN((b"h2",))))
    assert refused(pair, "client", flight).alert == "unsupported_extension"


def test_a_server_without_an_rsa_key_cannot_do_rsa_key_exchange():
    pair = Pair(GCM, server={"credentials": (credential("server-ecdsa"),)})
    error = refused(pair, "server", pair.take("client"))
    assert (error.alert, error.section) == ("handshake_failure", "RFC 5246 §7.4.2")


# --- what a server has to bear


TOLERATED = {
    "a version that does not exist yet": with_fields(client_version=Version(0x0305)),
    "a client_version of TLS 1.3": with_fields(client_version=Version.TLSv1_3),
    "a session_id": with_fields(session_id=bytes(32)),
    "unknown suites and GREASE": lambda hello: with_fields(
        cipher_suites=(CipherSuite(0x1A1A), CipherSuite(0x1234), *hello.cipher_suites)
    )(hello),
    "more compression methods": with_fields(
        compression_methods=(CompressionMethod.DEFLATE, CompressionMethod.null)
    ),
    "unknown extensions and GREASE": with_extension(
        OpaqueExtension(UNKNOWN, b"?"), OpaqueExtension(ExtensionType(0x2A2A), b"")
    ),
    "no extensions at all": with_fields(extensions=None),
    "an empty list of extensions": with_fields(extensions=()),
    "a choice of versions": with_extension(
        SupportedVersions((Version(0x3A3A), Version.TLSv1_3, Version.TLSv1_2))
    ),
    "a name of another kind": with_extension(ServerName((HostName(NameType(7), b"?"),))),
    "a name that is not ASCII": with_extension(
        ServerName((HostName(NameType.host_name, "bücher".encode()),))
    ),
}


@pytest.mark.parametrize("what", TOLERATED)
def test_a_server_bears(what: str):
    pair = Pair(GCM)
    pair.give("server", changed(pair.take("client"), ClientHello, TOLERATED[what]))
    hello = ServerHello.decode(records(pair.take("server"))[0].fragment, None, 4)
    assert hello.server_version == Version.TLSv1_2
    assert hello.cipher_suite == GCM


def test_a_client_that_sent_no_extensions_gets_none():
    pair = Pair(GCM)
    pair.give("server", changed(pair.take("client"), ClientHello, with_fields(extensions=None)))
    hello = ServerHello.decode(records(pair.take("server"))[0].fragment, None, 4)
    assert hello.extensions is None


def test_a_suite_that_only_signals_is_answered_like_the_extension():
    def change(hello: Any) -> Any:
        suites = (*hello.cipher_suites, CipherSuite.TLS_EMPTY_RENEGOTIATION_INFO_SCSV)
        return with_fields(cipher_suites=suites, extensions=None)(hello)

    pair = Pair(GCM)
    pair.give("server", changed(pair.take("client"), ClientHello, change))
    hello = ServerHello.decode(records(pair.take("server"))[0].fragment, None, 4)
    assert hello.extensions == (RenegotiationInfo(),)


def test_a_hello_changed_on_the_way_is_noticed_at_finished():
    pair = Pair(GCM)
    change = with_fields(session_id=b"changed")
    pair.give("server", changed(pair.take("client"), ClientHello, change))
    pair.give("client", pair.take("server"))
    # Same keys, as both randoms are the same; so it is the Finished that tells.
    error = refused(pair, "server", pair.take("client"))
    assert (error.alert, error.section) == ("decrypt_error", "RFC 5246 §7.4.9")


# --- ChangeCipherSpec and Finished


def test_a_change_cipher_spec_is_the_byte_one():
    pair = Pair(GCM)
    pair.give("server", pair.take("client"))
    pair.give("client", pair.take("server"))
    key_exchange, change_cipher_spec, _ = map(bytes, records(pair.take("client")))
    pair.give("server", key_exchange)
    error = refused(pair, "server", change_cipher_spec.replace(b"\x01\x01", b"\x01\x02"))
    assert (error.alert, error.where) == ("illegal_parameter", "change_cipher_spec.type")


def test_a_change_cipher_spec_has_nothing_behind_it():
    pair = Pair(GCM)
    pair.give("server", pair.take("client"))
    pair.give("client", pair.take("server"))
    key_exchange = bytes(records(pair.take("client"))[0])
    pair.give("server", key_exchange)
    assert refused(pair, "server", b"\x14\3\3\0\2\1\1").alert == "decode_error"


def wrong_verify_data(*arguments: Any) -> bytes:
    right = verify_data(*arguments)
    return bytes([right[0] ^ 1]) + right[1:]


def wrong_transcript(messages: Any, hash_name: str) -> bytes:
    return transcript_hash([*messages, b"more"], hash_name)


@pytest.mark.parametrize("suite", ALL_SUITES, ids=lambda suite: suite.name)
@pytest.mark.parametrize(
    "replaced", [{"verify_data": wrong_verify_data}, {"transcript_hash": wrong_transcript}]
)
def test_the_server_rejects_a_finished_over_the_wrong_transcript(suite, replaced: dict):
    pair = Pair(suite, client={"primitives": tlslab.Primitives().using(**replaced)})
    pair.give("server", pair.take("client"))
    pair.give("client", pair.take("server"))
    error = refused(pair, "server", pair.take("client"))
    assert (error.alert, error.section) == ("decrypt_error", "RFC 5246 §7.4.9")
    assert error.where == "finished.verify_data"


@pytest.mark.parametrize("suite", ALL_SUITES, ids=lambda suite: suite.name)
def test_the_client_rejects_a_finished_over_the_wrong_transcript(suite: CipherSuite):
    def lie_as_server(secret: bytes, label: bytes, hashed: bytes, hash_name: str) -> bytes:
        right = verify_data(secret, label, hashed, hash_name)
        return right if label == b"client finished" else right[:-1] + bytes([right[-1] ^ 0x80])

    liar = tlslab.Primitives().using(verify_data=lie_as_server)
    pair = Pair(suite, server={"primitives": liar})
    pair.give("server", pair.take("client"))
    pair.give("client", pair.take("server"))
    pair.give("server", pair.take("client"))
    assert pair.server.is_connected
    error = refused_by_client(pair)
    assert (error.alert, error.where) == ("decrypt_error", "finished.verify_data")


def refused_by_client(pair: Pair) -> tlslab.ProtocolError:
    with pytest.raises(tlslab.ProtocolError) as caught:
        pair.give("client", pair.take("server"))
    with pytest.raises(tlslab.AlertReceived, match=caught.value.alert):
        pair.give("server", pair.take("client"))
    return caught.value


@pytest.mark.parametrize("length", [0, 11, 13])
@pytest.mark.parametrize("receiver", ["client", "server"])
def test_a_finished_has_twelve_bytes(receiver: str, length: int):
    pair = pair_in_state(receiver, "WaitFinished")
    body = bytes(length)
    with pytest.raises(tlslab.ProtocolError, match="decode_error: finished"):
        pair.give(receiver, say(pair[other(receiver)], b"\x14\0\0" + bytes([length]) + body))


def test_a_server_hello_done_has_no_body():
    pair = Pair(GCM)
    pair.give("server", pair.take("client"))
    done = ServerHelloDone().encode_handshake()
    flight = pair.take("server").replace(b"\0\4" + done, b"\0\5\x0e\0\0\1\0")
    error = refused(pair, "client", flight)
    assert (error.alert, error.where) == ("decode_error", "server_hello_done")


# --- the silence about the premaster secret (RFC 5246 §7.4.7.1, Bleichenbacher 1998)


def raw(encoded_message: bytes, public_key: Any) -> bytes:
    """Textbook RSA of what may be no good encryption block."""
    length = (public_key.key_size + 7) // 8
    return rsa.rsaep(public_key, int.from_bytes(encoded_message, "big")).to_bytes(length, "big")


def forged(block: Callable[[bytes, bytes], bytes]) -> Callable[..., bytes]:
    def encrypt_premaster(public_key: Any, premaster: bytes, padding_string: bytes) -> bytes:
        return raw(block(premaster, padding_string), public_key)

    return encrypt_premaster


def with_ciphertext(change: Callable[[bytes, int], bytes]) -> Callable[..., bytes]:
    def encrypt_premaster(public_key: Any, premaster: bytes, padding_string: bytes) -> bytes:
        encrypted = rsa.encrypt_premaster(public_key, premaster, padding_string)
        return change(encrypted, public_key.public_numbers().n)

    return encrypt_premaster


FORGERIES = {
    "block type 1": forged(lambda m, ps: b"\0\1" + ps + b"\0" + m),
    "block type 0": forged(lambda m, ps: b"\0\0" + ps + b"\0" + m),
    "a first byte that is not zero": forged(lambda m, ps: b"\1\2" + ps + b"\0" + m),
    "no zero behind the padding": forged(lambda m, ps: b"\0\2" + ps + b"\1" + m.replace(b"\0", b"\1")),
    "a padding that is too short": forged(lambda m, ps: b"\0\2" + ps[:5] + b"\0" + ps[6:] + b"\0" + m),
    "no padding": forged(lambda m, ps: b"\0\2\0" + ps + m),
    "a premaster of 47 bytes": forged(lambda m, ps: b"\0\2\1" + ps + b"\0" + m[:47]),
    "a premaster of 49 bytes": forged(lambda m, ps: b"\0\2" + ps[1:] + b"\0" + m + b"\0"),
    "an empty premaster": forged(lambda m, ps: b"\0\2" + b"\1" * 253 + b"\0"),
    "version 1.1": forged(lambda m, ps: b"\0\2" + ps + b"\0\3\2" + m[2:]),
    "version 1.3": forged(lambda m, ps: b"\0\2" + ps + b"\0\3\4" + m[2:]),
    "version 2": forged(lambda m, ps: b"\0\2" + ps + b"\0\2\3" + m[2:]),
    "a zero": forged(lambda m, ps: b"\0"),
    "a ciphertext that is too short": with_ciphertext(lambda c, n: c[:-1]),
    "a ciphertext that is too long": with_ciphertext(lambda c, n: b"\0" + c),
    "an empty ciphertext": with_ciphertext(lambda c, n: b""),
    "a ciphertext above the modulus": with_ciphertext(lambda c, n: b"\xff" * 256),
    "a ciphertext plus the modulus": with_ciphertext(
        lambda c, n: (int.from_bytes(c, "big") + n).to_bytes(257, "big")
    ),
    "another ciphertext": with_ciphertext(lambda c, n: c[:-1] + bytes([c[-1] ^ 1])),
}  # fmt: skip


def observable(suite: CipherSuite, encrypt_premaster: Callable[..., bytes]) -> tuple[Any, ...]:
    """All that a client sees of a server that got this EncryptedPreMasterSecret."""
    primitives = tlslab.Primitives().using(encrypt_premaster=encrypt_premaster)
    pair = Pair(suite, client={"primitives": primitives})
    pair.give("server", pair.take("client"))
    pair.give("client", pair.take("server"))
    key_exchange, change_cipher_spec, finished = map(bytes, records(pair.take("client")))
    seen: list[Any] = []
    for record in (key_exchange, change_cipher_spec):
        assert pair.give("server", record) == []
        seen.append((pair.take("server"), type(pair.server.state).__name__))
    with pytest.raises(tlslab.ProtocolError) as caught:
        pair.give("server", finished)
    error = caught.value
    seen += [error.alert, error.reason, error.where, error.section, str(error)]
    seen.append([bytes(record) for record in records(pair.take("server"))])
    return tuple(seen)


@pytest.mark.parametrize("suite", [GCM, CBC, NULL], ids=lambda suite: suite.name)
def test_a_wrong_premaster_fails_at_finished_and_every_kind_of_wrong_looks_the_same(suite):
    seen = {what: observable(suite, forge) for what, forge in FORGERIES.items()}
    (only,) = set(map(repr, seen.values()))
    assert "bad_record_mac" in only
    first, second = next(iter(seen.values()))[:2]
    assert (first, second) == ((b"", "WaitChangeCipherSpec"), (b"", "WaitFinished"))


def test_the_genuine_premaster_is_none_of_the_forgeries():
    pair = Pair(
        client={
            "primitives": tlslab.Primitives().using(
                encrypt_premaster=forged(lambda m, ps: b"\0\2" + ps + b"\0" + m)
            )
        }
    )
    pair.connected()


def test_the_premaster_has_the_version_of_the_hello_and_not_the_negotiated_one():
    """So an attacker who lowered the offer is found out (RFC 5246 §7.4.7.1)."""
    pair = Pair(GCM)
    change = with_fields(client_version=Version.TLSv1_3)
    pair.give("server", changed(pair.take("client"), ClientHello, change))
    pair.give("client", pair.take("server"))
    assert refused(pair, "server", pair.take("client")).alert == "bad_record_mac"
