"""What a client of TLS 1.3 may do wrong: the server's alert, and the section that says so."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from in_memory import ASKS, Pair, changed, credential, data_of, refused, say, with_fields
from tls13_pairs import CHACHA20, GROUPS, LIMIT, lies, resuming, retrying, setup
from tls13_violations import (
    Change,
    Violation,
    after,
    alter,
    check,
    check_honest,
    drop,
    flipped,
    put,
)

import tlslab
from tlslab.connection.config import ClientAuthentication
from tlslab.connection.session import ExternalPSK
from tlslab.crypto.signatures import signed_content
from tlslab.tls13.messages import (
    Certificate,
    CertificateVerify,
    EndOfEarlyData,
    Finished,
    KeyUpdate,
)
from tlslab.wire.extensions import (
    ALPN,
    CertificateStatus,
    Cookie,
    EarlyDataIndication,
    HostName,
    KeyShareClientHello,
    KeyShareEntry,
    OpaqueExtension,
    PreSharedKeyClientHello,
    PskIdentity,
    RecordSizeLimit,
    ServerName,
    SignatureAlgorithms,
    SupportedGroups,
    SupportedVersions,
)
from tlslab.wire.hello import ClientHello
from tlslab.wire.registry import (
    CertificateStatusType,
    CipherSuite,
    CompressionMethod,
    ContentType,
    ExtensionType,
    KeyUpdateRequest,
    NamedGroup,
    NameType,
    ProtocolVersion,
    SignatureScheme,
)

E, G, V, S = ExtensionType, NamedGroup, ProtocolVersion, SignatureScheme
UNKNOWN = OpaqueExtension(E(0xABCD), b"?")
X25519_SHARE = KeyShareEntry(G.x25519, bytes(31) + b"\x09")
P256_SHARE = KeyShareEntry(G.secp256r1, b"\x04" + bytes(64))
OCSP = CertificateStatus(CertificateStatusType.ocsp, b"?")
DEFLATE = (CompressionMethod.null, CompressionMethod.DEFLATE)
HOST = HostName(NameType.host_name, b"server.tlslab.test")
REQUIRED = {**ASKS, "client_authentication": ClientAuthentication.REQUIRED}
USER = {"credential": credential("client-ecdsa")}

alpn = partial(setup, client={"alpn": (b"h2",)}, server={"alpn": (b"h2",)})
limit = partial(setup, client={"record_size_limit": 2000})
p256 = partial(setup, client={"groups": (G.secp256r1,)})
cookie = partial(retrying, retry=True, cookie=True)
cookie_alone = partial(
    setup,
    client={"groups": (G.x25519,)},
    server={"groups": (G.x25519,), "retry": True, "cookie": True},
)
retry_alpn = partial(
    setup, client={"key_shares": (), "alpn": (b"h2", b"spdy")}, server={"alpn": (b"h2",)}
)
asks = partial(setup, server=ASKS, client=USER)
required = partial(setup, server=REQUIRED, client=USER)
asks_later = partial(setup, server=ASKS, client={**USER, "post_handshake_auth": True})
early = partial(resuming, early_data=b"early")
OUTSIDE = ExternalPSK(b"outside", bytes(32))
outside = partial(setup, client={"psk": OUTSIDE}, server={"psks": (OUTSIDE,)})


def shares(*entries: KeyShareEntry) -> Change:
    return put(KeyShareClientHello(entries))


def bad_share(key_exchange: bytes) -> Change:
    return alter(
        KeyShareClientHello,
        client_shares=lambda old: (replace(old[0], key_exchange=key_exchange),),
    )


def binders(change: Any) -> Change:
    return alter(PreSharedKeyClientHello, binders=change)


def psk_first(hello: Any) -> Any:
    *others, psk = hello.extensions
    return replace(hello, extensions=(psk, *others))


def schemes(*some: SignatureScheme) -> Change:
    return put(SignatureAlgorithms(some))


def entries(change: Change) -> Change:
    def changed(certificate: Certificate) -> Certificate:
        first, *others = certificate.certificate_list
        return replace(certificate, certificate_list=(change(first), *others))

    return changed


def ask_later(pair: Pair) -> None:
    pair.server.request_certificate()


def update(pair: Pair) -> None:
    pair.client.update_keys()


R = Violation
BINDER = "pre_shared_key.binders[0]"
# fmt: off
FIRST_HELLO = [
    R("SSL 3", ClientHello, with_fields(client_version=V(0x0300)),
      "protocol_version", "RFC 8446 Appendix D.5", "client_hello.client_version"),
    R("a version to come, and no other", ClientHello, put(SupportedVersions((V(0x0305),))),
      "protocol_version", "RFC 8446 §4.2.1", "supported_versions"),
    R("GREASE alone", ClientHello, put(SupportedVersions((V(0x1A1A),))),
      "protocol_version", "RFC 8446 §4.2.1", "supported_versions"),
    R("compression beside none", ClientHello, with_fields(compression_methods=DEFLATE),
      "illegal_parameter", "RFC 8446 §4.1.2", "compression_methods"),
    R("compression alone", ClientHello,
      with_fields(compression_methods=(CompressionMethod.DEFLATE,)),
      "illegal_parameter", "RFC 5246 §7.4.1.2", "compression_methods"),
    R("no suite in common", ClientHello,
      with_fields(cipher_suites=(CHACHA20, CipherSuite(0x1A1A))),
      "handshake_failure", "RFC 8446 §4.1.1", "cipher_suites"),
    R("an extension twice", ClientHello, put(UNKNOWN, UNKNOWN),
      "illegal_parameter", "RFC 5246 §7.4.1.4", "unknown_0xabcd"),
    R("what belongs to a request", ClientHello, put(OpaqueExtension(E.oid_filters, b"\0\0")),
      "illegal_parameter", "RFC 8446 §4.2", "oid_filters"),
    R("no signatures", ClientHello, drop(E.signature_algorithms),
      "missing_extension", "RFC 8446 §9.2", "signature_algorithms"),
    R("no groups and no shares", ClientHello, drop(E.supported_groups, E.key_share),
      "missing_extension", "RFC 8446 §9.2", "supported_groups"),
    R("groups and no shares", ClientHello, drop(E.key_share),
      "missing_extension", "RFC 8446 §9.2", "key_share"),
    R("shares and no groups, with a pre-shared key", ClientHello, drop(E.supported_groups),
      "missing_extension", "RFC 8446 §9.2", "supported_groups", resuming),
    R("groups and no shares, with a pre-shared key", ClientHello, drop(E.key_share),
      "missing_extension", "RFC 8446 §9.2", "key_share", resuming),
    R("no signatures, with a key that nobody knows", ClientHello,
      after(drop(E.signature_algorithms),
            alter(PreSharedKeyClientHello, identities=(PskIdentity(b"?", 0),))),
      "missing_extension", "RFC 8446 §4.2.3", "signature_algorithms", resuming),
    R("two shares of a group", ClientHello, shares(X25519_SHARE, X25519_SHARE),
      "illegal_parameter", "RFC 8446 §4.2.8", "key_share.client_shares"),
    R("a share of a group that is not offered", ClientHello,
      shares(X25519_SHARE, replace(P256_SHARE, group=G.secp384r1)),
      "illegal_parameter", "RFC 8446 §4.2.8", "key_share.client_shares"),
    R("a share of all zeros", ClientHello, bad_share(bytes(32)),
      "illegal_parameter", "RFC 8422 §5.11"),
    R("a share that is too long", ClientHello, bad_share(bytes(33)),
      "illegal_parameter", "RFC 8422 §5.4.1"),
    R("a point that is not on the curve", ClientHello, bad_share(b"\x04" + b"\1" * 64),
      "illegal_parameter", "RFC 8422 §5.11", "", p256),
    R("the point at infinity", ClientHello, bad_share(b"\0"),
      "illegal_parameter", "RFC 8422 §5.4.1", "", p256),
    R("a prime's 1", ClientHello, bad_share(bytes(255) + b"\1"),
      "illegal_parameter", "RFC 8446 §4.2.8.1", "",
      partial(setup, client={"groups": (G.ffdhe2048,)}, server={"groups": (G.ffdhe2048,)})),
    R("a prime's share without its zeros", ClientHello, bad_share(b"\2"),
      "illegal_parameter", "RFC 8446 §4.2.8.1", "",
      partial(setup, client={"groups": (G.ffdhe2048,)}, server={"groups": (G.ffdhe2048,)})),
    R("half of a hybrid", ClientHello, bad_share(bytes(32)),
      "illegal_parameter", "draft-ietf-tls-ecdhe-mlkem", "",
      partial(setup, client={"groups": (G.X25519MLKEM768,)},
              server={"groups": (G.X25519MLKEM768,)})),
    R("no group in common", ClientHello,
      after(put(SupportedGroups((G.secp384r1,))), shares()),
      "handshake_failure", "RFC 8446 §4.1.1", "supported_groups"),
    R("no signature in common", ClientHello, schemes(S.rsa_pss_rsae_sha256),
      "handshake_failure", "RFC 8446 §4.4.2.2", "signature_algorithms"),
    R("signatures of PKCS 1 alone", ClientHello, schemes(S.rsa_pkcs1_sha256),
      "handshake_failure", "RFC 8446 §4.4.2.2", "signature_algorithms",
      partial(setup, server={"credentials": (credential("server-rsa"),)})),
    R("no protocol in common", ClientHello, put(ALPN((b"gopher",))),
      "no_application_protocol", "RFC 7301 §3.2", "application_layer_protocol_negotiation", alpn),
    R("records that hold nothing", ClientHello, put(RecordSizeLimit(63)),
      "illegal_parameter", "RFC 8449 §4", "record_size_limit", limit),
    R("two hosts", ClientHello, put(ServerName((HOST, HOST))),
      "illegal_parameter", "RFC 6066 §3", "server_name_list"),
    R("a key that is not last", ClientHello, psk_first,
      "illegal_parameter", "RFC 8446 §4.2.11", "extensions.pre_shared_key", resuming),
    R("a key without its modes", ClientHello, drop(E.psk_key_exchange_modes),
      "missing_extension", "RFC 8446 §4.2.9", "psk_key_exchange_modes", resuming),
    R("more binders than keys", ClientHello, binders(lambda old: old * 2),
      "illegal_parameter", "RFC 8446 §4.2.11", "pre_shared_key.binders", resuming),
    R("a wrong binder", ClientHello, binders((bytes(32),)),
      "decrypt_error", "RFC 8446 §4.2.11", BINDER, resuming),
    R("a binder of another length", ClientHello, binders((bytes(48),)),
      "decrypt_error", "RFC 8446 §4.2.11", BINDER, resuming),
    R("a wrong binder for a key from outside", ClientHello, binders((bytes(32),)),
      "decrypt_error", "RFC 8446 §4.2.11", BINDER, outside),
    R("a hello that its binder is not about", ClientHello, flipped("random"),
      "decrypt_error", "RFC 8446 §4.2.11", BINDER, resuming),
    R("an age that its binder is not about", ClientHello,
      alter(PreSharedKeyClientHello, identities=lambda old: (replace(
          old[0], obfuscated_ticket_age=old[0].obfuscated_ticket_age ^ 1),)),
      "decrypt_error", "RFC 8446 §4.2.11", BINDER, resuming),
]
SECOND_HELLO = [
    R("another version", ClientHello, with_fields(client_version=V.TLSv1_1),
      "illegal_parameter", "RFC 8446 §4.1.2", "client_hello.client_version", retrying),
    R("another random", ClientHello, flipped("random"),
      "illegal_parameter", "RFC 8446 §4.1.2", "client_hello.random", retrying),
    R("another session ID", ClientHello, flipped("session_id"),
      "illegal_parameter", "RFC 8446 §4.1.2", "client_hello.session_id", retrying),
    R("other suites", ClientHello, lambda h: replace(h, cipher_suites=h.cipher_suites[:1]),
      "illegal_parameter", "RFC 8446 §4.1.2", "client_hello.cipher_suites", retrying),
    R("compression in the second", ClientHello, with_fields(compression_methods=DEFLATE),
      "illegal_parameter", "RFC 8446 §4.1.2", "client_hello.compression_methods", retrying),
    R("other signatures", ClientHello, schemes(S.ecdsa_secp256r1_sha256),
      "illegal_parameter", "RFC 8446 §4.1.2", "extensions.signature_algorithms", retrying),
    R("other protocols", ClientHello, put(ALPN((b"h2",))),
      "illegal_parameter", "RFC 8446 §4.1.2", "application_layer_protocol_negotiation",
      retry_alpn),
    R("no name any more", ClientHello, drop(E.server_name),
      "illegal_parameter", "RFC 8446 §4.1.2", "extensions.server_name", retrying),
    R("a new extension", ClientHello, put(UNKNOWN),
      "illegal_parameter", "RFC 8446 §4.1.2", "extensions.unknown_0xabcd", retrying),
    R("another cookie", ClientHello, put(Cookie(b"mine")),
      "illegal_parameter", "RFC 8446 §4.2.2", "extensions.cookie", cookie),
    R("no cookie", ClientHello, drop(E.cookie),
      "illegal_parameter", "RFC 8446 §4.2.2", "extensions.cookie", cookie),
    R("a cookie that nobody gave", ClientHello, put(Cookie(b"mine")),
      "illegal_parameter", "RFC 8446 §4.2.2", "extensions.cookie", retrying),
    R("early data in the second hello", ClientHello, put(EarlyDataIndication()),
      "illegal_parameter", "RFC 8446 §4.1.2", "extensions.early_data", retrying),
    R("a share of another group", ClientHello, shares(P256_SHARE),
      "illegal_parameter", "RFC 8446 §4.2.8", "extensions.key_share", retrying),
    R("one more share", ClientHello, alter(KeyShareClientHello,
                                           client_shares=lambda old: (*old, P256_SHARE)),
      "illegal_parameter", "RFC 8446 §4.2.8", "extensions.key_share", retrying),
    R("still no share", ClientHello, shares(),
      "illegal_parameter", "RFC 8446 §4.2.8", "extensions.key_share", retrying),
    R("another share, though none was asked for", ClientHello, shares(X25519_SHARE),
      "illegal_parameter", "RFC 8446 §4.1.2", "extensions.key_share", cookie_alone),
    R("a share of all zeros in the second", ClientHello, bad_share(bytes(32)),
      "illegal_parameter", "RFC 8422 §5.11", "", retrying),
    R("no signatures in the second", ClientHello, drop(E.signature_algorithms),
      "missing_extension", "RFC 8446 §9.2", "signature_algorithms", retrying),
]
SECOND_FLIGHT = [
    R("no certificate where one is wanted", Certificate, with_fields(certificate_list=()),
      "certificate_required", "RFC 8446 §4.4.2.4", "certificate_list", required),
    R("a certificate in answer to another request", Certificate,
      with_fields(certificate_request_context=b"?"),
      "illegal_parameter", "RFC 8446 §4.4.2", "certificate_request_context", asks),
    R("a staple that was not asked for", Certificate, entries(put(OCSP)),
      "unsupported_extension", "RFC 8446 §4.4.2", "[0].extensions.status_request", asks),
    R("a share beside a certificate", Certificate,
      entries(put(OpaqueExtension(E.key_share, b""))),
      "illegal_parameter", "RFC 8446 §4.2", "[0].extensions.key_share", asks),
    R("bytes that are no certificate", Certificate, entries(with_fields(cert_data=b"garbage")),
      "bad_certificate", "RFC 8446 §4.4.2.4", "certificate_list[0]", asks),
    R("a signature of PKCS 1", CertificateVerify, with_fields(algorithm=S.rsa_pkcs1_sha256),
      "illegal_parameter", "RFC 8446 §4.4.3", "certificate_verify.algorithm", asks),
    R("a signature of another curve", CertificateVerify,
      with_fields(algorithm=S.ecdsa_secp384r1_sha384),
      "illegal_parameter", "RFC 8446 §4.4.3", "certificate_verify.algorithm", asks),
    R("a wrong signature", CertificateVerify, flipped("signature"),
      "decrypt_error", "RFC 8446 §4.4.3", "certificate_verify.signature", asks),
    R("a wrong Finished", Finished, flipped("verify_data"),
      "decrypt_error", "RFC 8446 §4.4.4", "finished.verify_data"),
    R("a short Finished", Finished, with_fields(verify_data=bytes(31)),
      "decode_error", "RFC 8446 §4.4.4", "finished.verify_data"),
    R("early data that never end", EndOfEarlyData, lambda message: None,
      "bad_record_mac", "RFC 8446 §5.2", "", early),
]
LATER = [
    R("new keys in a third way", KeyUpdate, with_fields(request_update=KeyUpdateRequest(255)),
      "illegal_parameter", "RFC 8446 §4.6.3", "key_update.request_update", setup, update),
    R("a late answer to another request", Certificate,
      with_fields(certificate_request_context=b"?"),
      "illegal_parameter", "RFC 8446 §4.4.2", "certificate_request_context", asks_later, ask_later),
    R("a late answer to no request", Certificate, with_fields(certificate_request_context=b""),
      "illegal_parameter", "RFC 8446 §4.4.2", "certificate_request_context", asks_later, ask_later),
    R("a wrong late signature", CertificateVerify, flipped("signature"),
      "decrypt_error", "RFC 8446 §4.4.3", "certificate_verify.signature", asks_later, ask_later),
    R("a wrong late Finished", Finished, flipped("verify_data"),
      "decrypt_error", "RFC 8446 §4.4.4", "finished.verify_data", asks_later, ask_later),
]
# fmt: on
BEHIND = [*SECOND_HELLO, *SECOND_FLIGHT, *LATER]
every_first_hello = pytest.mark.parametrize("violation", FIRST_HELLO, ids=str)
every_other = pytest.mark.parametrize("violation", BEHIND, ids=str)


@every_first_hello
def test_a_violation_in_the_first_hello_is_answered_with_the_alert_that_the_rfc_names(violation):
    check(violation, "client", of_first_hello=True)


@every_first_hello
def test_without_it_the_same_hello_leads_to_a_handshake(violation: Violation):
    check_honest(violation, "client", of_first_hello=True)


@every_other
def test_a_violation_is_answered_with_the_alert_that_the_rfc_names(violation: Violation):
    check(violation, "client")


@every_other
def test_without_the_violation_the_same_handshake_completes(violation: Violation):
    check_honest(violation, "client")


def test_a_row_says_what_it_is_about_once():
    names = [str(violation) for violation in (*FIRST_HELLO, *BEHIND)]
    assert len(set(names)) == len(names)


def test_a_late_answer_may_be_required():
    """RFC 8446 §4.6.2: a client without a certificate says so with an empty one."""
    server = {**REQUIRED, "client_authentication": ClientAuthentication.OPTIONAL}
    pair = Pair(**setup(client={"post_handshake_auth": True}, server=server)).connected()
    object.__setattr__(
        pair.server._context.config, "client_authentication", ClientAuthentication.REQUIRED
    )
    pair.server.request_certificate()
    assert refused(pair, "server").alert == "certificate_required"


def test_a_signature_made_for_the_server_is_none_of_the_client():
    """RFC 8446 §4.4.3: the context string keeps what one side signs from serving the other."""

    def as_server(side: Any, transcript_hash: bytes) -> bytes:
        return signed_content("server", transcript_hash)

    liar = tlslab.Primitives().using(tls13_signed_content=as_server)
    pair = Pair(**setup(server=ASKS, client={**USER, "primitives": liar}))
    error = refused(pair, "server")
    assert (error.alert, error.where) == ("decrypt_error", "certificate_verify.signature")


# --- early data (RFC 8446 §4.2.10)


def test_more_early_data_than_the_server_takes_end_the_connection():
    made = early(limit=LIMIT, server={"max_early_data_size": 4})
    error = refused(Pair(**made), "server")
    assert (error.alert, error.section) == ("unexpected_message", "RFC 8446 §4.2.10")


def test_as_much_as_it_takes_is_fine():
    pair = Pair(**early(limit=LIMIT, server={"max_early_data_size": 5})).connected()
    assert pair.events["server"][0] == tlslab.ApplicationData(b"early", early=True)


@pytest.mark.parametrize("retry", [False, True])
def test_a_server_that_refuses_early_data_passes_over_some_and_not_over_any_amount(retry: bool):
    """Whether they were refused at once or with a HelloRetryRequest."""
    server = {"max_early_data_size": 0, "retry": retry}
    pair = Pair(**early(server=server))
    flight = pair.take("client")
    first, second = (say(pair.client, bytes(2**14), ContentType.application_data) for _ in range(2))
    pair.give("server", flight + first)
    with pytest.raises(tlslab.ProtocolError) as caught:
        pair.give("server", second)
    assert (caught.value.alert, caught.value.section) == ("unexpected_message", "RFC 8446 §4.2.10")
    assert data_of(pair.events["server"]) == b""


@pytest.mark.parametrize("retry", [False, True])
def test_early_data_that_were_refused_are_passed_over(retry: bool):
    pair = Pair(**early(server={"max_early_data_size": 0, "retry": retry}))
    pair.connected()
    assert data_of(pair.events["server"]) == b""
    (done,) = (e for e in pair.events["client"] if isinstance(e, tlslab.HandshakeCompleted))
    assert done.early_data_accepted is False
    assert done.resumed


def test_early_data_end_with_a_message_of_no_bytes():
    pair = Pair(**early())
    pair.give("server", pair.take("client"))
    ending = EndOfEarlyData().encode_handshake()[:3] + b"\1\0"
    with pytest.raises(tlslab.ProtocolError) as caught:
        pair.give("server", say(pair.client, ending))
    assert (caught.value.alert, caught.value.where) == ("decode_error", "end_of_early_data")


def test_early_data_may_not_end_before_they_were_accepted():
    """The server that has refused them waits for the Finished, under other keys."""
    pair = Pair(**setup())
    lies(pair.client, Finished, lambda finished: EndOfEarlyData())
    assert refused(pair, "server").alert == "unexpected_message"


def test_what_was_changed_on_its_way_is_noticed_by_who_checks_the_server_first():
    """The keys depend on the whole of both hellos: nothing later can be opened."""
    pair = Pair(**setup())
    pair.give("server", changed(pair.take("client"), ClientHello, put(UNKNOWN)))
    with pytest.raises(tlslab.ProtocolError) as caught:
        pair.give("client", pair.take("server"))
    assert caught.value.alert == "bad_record_mac"


def test_the_groups_of_these_tests_are_offered_in_the_order_they_expect():
    assert (G.x25519, G.secp256r1) == GROUPS
