"""What a server of TLS 1.3 may do wrong: the client's alert, and the section that says so."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from in_memory import ASKS, credential, with_fields
from tls13_pairs import AES_128, AES_256, CHACHA20, GROUPS, resuming, retrying, setup
from tls13_violations import (
    Change,
    Violation,
    alter,
    check,
    check_honest,
    drop,
    flipped,
    put,
)

import tlslab
from tlslab.connection.config import DEFAULT_SUITES
from tlslab.connection.session import ExternalPSK
from tlslab.crypto.signatures import signed_content
from tlslab.tls13.messages import (
    Certificate,
    CertificateRequest,
    CertificateVerify,
    EncryptedExtensions,
    Finished,
    KeyUpdate,
    NewSessionTicket,
)
from tlslab.wire.extensions import (
    ALPN,
    CertificateStatus,
    Cookie,
    EarlyDataIndication,
    KeyShareEntry,
    KeyShareHelloRetryRequest,
    KeyShareServerHello,
    OpaqueExtension,
    PreSharedKeyServerHello,
    RecordSizeLimit,
    SelectedVersion,
)
from tlslab.wire.hello import HELLO_RETRY_REQUEST_RANDOM, HelloRetryRequest, ServerHello
from tlslab.wire.registry import (
    CertificateStatusType,
    CipherSuite,
    CompressionMethod,
    ExtensionType,
    KeyUpdateRequest,
    NamedGroup,
    ProtocolVersion,
    PskKeyExchangeMode,
    SignatureScheme,
)

E, G, V, S = ExtensionType, NamedGroup, ProtocolVersion, SignatureScheme
UNKNOWN = OpaqueExtension(E(0xABCD), b"?")
GREASE = 0x0A0A
X25519_SHARE = KeyShareEntry(G.x25519, bytes(31) + b"\x09")
P256_SHARE = KeyShareEntry(G.secp256r1, b"\x04" + bytes(64))
OCSP = CertificateStatus(CertificateStatusType.ocsp, b"?")
EIGHT_DAYS = 8 * 24 * 60 * 60

both_versions = partial(setup, client={"cipher_suites": DEFAULT_SUITES, "groups": GROUPS})
greased = partial(setup, client={"grease": True})
with_alpn = partial(setup, client={"alpn": (b"h2", b"spdy")}, server={"alpn": (b"h2",)})
with_limit = partial(setup, client={"record_size_limit": 2000})
tickets = partial(resuming)
asks = partial(setup, server=ASKS, client={"credential": credential("client-ecdsa")})
asks_later = partial(
    setup,
    server=ASKS,
    client={"credential": credential("client-ecdsa"), "post_handshake_auth": True},
)
two_keys = partial(resuming, client={"psk": ExternalPSK(b"outside", bytes(48), "sha384")})
key_alone = partial(
    resuming,
    first={"psk_modes": (PskKeyExchangeMode.psk_ke,)},
    client={"psk_modes": (PskKeyExchangeMode.psk_ke,)},
    server={"psk_modes": (PskKeyExchangeMode.psk_ke,)},
)
other_group = partial(retrying, groups=(G.secp256r1,))
one_guess = partial(
    setup, client={"key_shares": (G.x25519,)}, server={"groups": (G.secp256r1,), "cookie": True}
)
retry_with_alpn = partial(
    setup, client={"key_shares": (), "alpn": (b"h2",)}, server={"alpn": (b"h2",)}
)
early = partial(resuming, early_data=b"early")
# The server refuses early data, for a reason each; it then says that it has accepted them.
no_ticket_key = partial(early, server={"ticket_keys": None})
other_protocol = partial(
    early,
    first={"alpn": (b"h2",)},
    client={"alpn": (b"h2", b"spdy")},
    server={"alpn": (b"spdy",)},
)
other_suite = partial(
    early,
    client={"cipher_suites": (AES_128, CHACHA20)},
    server={"cipher_suites": (CHACHA20, AES_128)},
)
OUTSIDE = ExternalPSK(b"outside", bytes(32))
other_key = partial(
    early, client={"psk": OUTSIDE}, server={"ticket_keys": None, "psks": (OUTSIDE,)}
)


def another_retry(server_hello: ServerHello) -> HelloRetryRequest:
    extensions = (
        SelectedVersion(V.TLSv1_3),
        Cookie(b"once more"),
    )
    return HelloRetryRequest(
        server_hello.server_version,
        HELLO_RETRY_REQUEST_RANDOM,
        server_hello.session_id,
        server_hello.cipher_suite,
        server_hello.compression_method,
        extensions,
    )


def share(**fields: Any) -> Change:
    return alter(KeyShareServerHello, server_share=lambda old: replace(old, **fields))


def entries(change: Change) -> Change:
    """Change the first certificate of the chain."""

    def changed(certificate: Certificate) -> Certificate:
        first, *others = certificate.certificate_list
        return replace(certificate, certificate_list=(change(first), *others))

    return changed


def chain_of(label: str) -> Change:
    der = credential(label).certificate_chain
    return lambda certificate: replace(
        certificate,
        certificate_list=tuple(
            replace(certificate.certificate_list[0], cert_data=each) for each in der
        ),
    )


def ask_later(pair: Any) -> None:
    pair.server.request_certificate()


def update(pair: Any) -> None:
    pair.server.update_keys()


R = Violation
# fmt: off
SERVER_HELLO = [
    R("SSL 3", ServerHello, with_fields(server_version=V(0x0300)),
      "protocol_version", "RFC 8446 Appendix D.5", "server_hello.server_version"),
    R("the old field says 1.3", ServerHello, with_fields(server_version=V.TLSv1_3),
      "illegal_parameter", "RFC 8446 §4.1.3", "server_hello.server_version"),
    R("it chooses 1.2 where 1.3 is chosen", ServerHello, put(SelectedVersion(V.TLSv1_2)),
      "illegal_parameter", "RFC 8446 §4.2.1", "selected_version", both_versions),
    R("it chooses a version to come", ServerHello, put(SelectedVersion(V(0x0305))),
      "illegal_parameter", "RFC 8446 §4.2.1", "selected_version"),
    R("it chooses a version of GREASE", ServerHello, put(SelectedVersion(V(GREASE))),
      "illegal_parameter", "RFC 8446 §4.2.1", "selected_version", greased),
    R("it chooses no version", ServerHello, drop(E.supported_versions),
      "protocol_version", "RFC 5246 Appendix E.1", "server_version"),
    R("another session ID", ServerHello, with_fields(session_id=bytes(32)),
      "illegal_parameter", "RFC 8446 §4.1.3", "server_hello.session_id"),
    R("no session ID", ServerHello, with_fields(session_id=b""),
      "illegal_parameter", "RFC 8446 §4.1.3", "server_hello.session_id"),
    R("a suite that was not offered", ServerHello, with_fields(cipher_suite=CHACHA20),
      "illegal_parameter", "RFC 8446 §4.1.3", "server_hello.cipher_suite"),
    R("a suite of GREASE", ServerHello, with_fields(cipher_suite=CipherSuite(GREASE)),
      "illegal_parameter", "RFC 8446 §4.1.3", "server_hello.cipher_suite", greased),
    R("a suite of TLS 1.2", ServerHello,
      with_fields(cipher_suite=CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
      "illegal_parameter", "RFC 8446 §4.1.3", "server_hello.cipher_suite", both_versions),
    R("compression", ServerHello, with_fields(compression_method=CompressionMethod.DEFLATE),
      "illegal_parameter", "RFC 8446 §4.1.3", "server_hello.compression_method"),
    R("an extension twice", ServerHello,
      put(SelectedVersion(V.TLSv1_3), SelectedVersion(V.TLSv1_3)),
      "illegal_parameter", "RFC 5246 §7.4.1.4", "extensions.supported_versions"),
    R("an unknown extension", ServerHello, put(UNKNOWN),
      "unsupported_extension", "RFC 8446 §4.2", "server_hello.extensions.unknown_0xabcd"),
    R("a cookie", ServerHello, put(Cookie(b"crumbs")),
      "unsupported_extension", "RFC 8446 §4.2", "server_hello.extensions.cookie"),
    R("what belongs to EncryptedExtensions", ServerHello, put(ALPN((b"h2",))),
      "illegal_parameter", "RFC 8446 §4.2", "application_layer_protocol_negotiation", with_alpn),
    R("what ended with TLS 1.2", ServerHello, put(OpaqueExtension(E.extended_master_secret, b"")),
      "illegal_parameter", "RFC 8446 §4.2", "extensions.extended_master_secret",
      partial(setup, client={"cipher_suites": DEFAULT_SUITES, "extended_master_secret": True,
                             "groups": GROUPS})),
    R("no share", ServerHello, drop(E.key_share),
      "missing_extension", "RFC 8446 §9.2", "server_hello.extensions.key_share"),
    R("a share of a group that no share was sent of", ServerHello,
      put(KeyShareServerHello(P256_SHARE)),
      "illegal_parameter", "RFC 8446 §4.2.8", "server_share.group"),
    R("a share of GREASE", ServerHello, share(group=G(GREASE)),
      "illegal_parameter", "RFC 8446 §4.2.8", "server_share.group", greased),
    R("a share of all zeros", ServerHello, share(key_exchange=bytes(32)),
      "illegal_parameter", "RFC 8422 §5.11"),
    R("a share that is too short", ServerHello, share(key_exchange=bytes(31)),
      "illegal_parameter", "RFC 8422 §5.4.1"),
    R("a point that is not on the curve", ServerHello,
      share(key_exchange=b"\x04" + b"\1" * 64),
      "illegal_parameter", "RFC 8422 §5.11", "",
      partial(setup, client={"groups": (G.secp256r1,)})),
    R("a compressed point", ServerHello, share(key_exchange=b"\x02" + b"\1" * 32),
      "illegal_parameter", "RFC 8422 §5.4.1", "",
      partial(setup, client={"groups": (G.secp256r1,)})),
    R("a pre-shared key that was not offered", ServerHello, put(PreSharedKeyServerHello(0)),
      "unsupported_extension", "RFC 8446 §4.2", "server_hello.extensions.pre_shared_key"),
    R("an identity out of range", ServerHello, put(PreSharedKeyServerHello(1)),
      "illegal_parameter", "RFC 8446 §4.2.11", "selected_identity", tickets),
    R("a key of another hash", ServerHello, put(PreSharedKeyServerHello(1)),
      "illegal_parameter", "RFC 8446 §4.2.11", "selected_identity", two_keys),
    R("a suite of another hash than the key", ServerHello, with_fields(cipher_suite=AES_256),
      "illegal_parameter", "RFC 8446 §4.2.11", "selected_identity", tickets),
    R("a key alone, which was not asked for", ServerHello, drop(E.key_share),
      "illegal_parameter", "RFC 8446 §4.2.11", "server_hello.extensions.key_share", tickets),
    R("a share beside a key, where the key alone was asked for", ServerHello,
      put(KeyShareServerHello(X25519_SHARE)),
      "illegal_parameter", "RFC 8446 §4.2.9", "server_hello.extensions.key_share", key_alone),
]
RETRY = [
    R("a second one", ServerHello, another_retry,
      "unexpected_message", "RFC 8446 §4.1.4", "hello_retry_request", retrying),
    R("it changes nothing", HelloRetryRequest, drop(E.key_share),
      "illegal_parameter", "RFC 8446 §4.1.4", "hello_retry_request.extensions", retrying),
    R("it wants a share that was sent", HelloRetryRequest,
      put(KeyShareHelloRetryRequest(G.x25519)),
      "illegal_parameter", "RFC 8446 §4.2.8", "selected_group", one_guess),
    R("it wants a group that was not offered", HelloRetryRequest,
      put(KeyShareHelloRetryRequest(G.secp384r1)),
      "illegal_parameter", "RFC 8446 §4.2.8", "selected_group", retrying),
    R("it wants a group of GREASE", HelloRetryRequest, put(KeyShareHelloRetryRequest(G(GREASE))),
      "illegal_parameter", "RFC 8446 §4.2.8", "selected_group",
      partial(setup, client={"grease": True, "key_shares": ()})),
    R("the retry has another session ID", HelloRetryRequest, with_fields(session_id=b""),
      "illegal_parameter", "RFC 8446 §4.1.4", "hello_retry_request.session_id", retrying),
    R("the retry says 1.3 in the old field", HelloRetryRequest,
      with_fields(server_version=V.TLSv1_3),
      "illegal_parameter", "RFC 8446 §4.1.4", "hello_retry_request.server_version", retrying),
    R("the retry is of SSL 3", HelloRetryRequest, with_fields(server_version=V(0x0300)),
      "protocol_version", "RFC 8446 Appendix D.5", "hello_retry_request.server_version", retrying),
    R("the retry has a suite that was not offered", HelloRetryRequest,
      with_fields(cipher_suite=CHACHA20),
      "illegal_parameter", "RFC 8446 §4.1.3", "hello_retry_request.cipher_suite", retrying),
    R("the retry compresses", HelloRetryRequest,
      with_fields(compression_method=CompressionMethod.DEFLATE),
      "illegal_parameter", "RFC 8446 §4.1.3", "compression_method", retrying),
    R("the retry says no version", HelloRetryRequest, drop(E.supported_versions),
      "missing_extension", "RFC 8446 §4.1.4", "hello_retry_request.extensions", retrying),
    R("the retry is of TLS 1.2", HelloRetryRequest, put(SelectedVersion(V.TLSv1_2)),
      "illegal_parameter", "RFC 8446 §4.2.1", "selected_version", retrying),
    R("the retry has an unknown extension", HelloRetryRequest, put(UNKNOWN),
      "unsupported_extension", "RFC 8446 §4.2", "unknown_0xabcd", retrying),
    R("the retry has what belongs elsewhere", HelloRetryRequest, put(ALPN((b"h2",))),
      "illegal_parameter", "RFC 8446 §4.2", "application_layer_protocol_negotiation",
      retry_with_alpn),
    R("after a retry, another suite", ServerHello, with_fields(cipher_suite=AES_256),
      "illegal_parameter", "RFC 8446 §4.1.4", "server_hello.cipher_suite", retrying),
    R("after a retry, another version", ServerHello, put(SelectedVersion(V(0x0305))),
      "illegal_parameter", "RFC 8446 §4.1.4", "server_hello.extensions.supported_versions",
      retrying),
    R("after a retry, no version", ServerHello, drop(E.supported_versions),
      "illegal_parameter", "RFC 8446 §4.1.4", "server_hello.extensions.supported_versions",
      retrying),
    R("after a retry, another group", ServerHello, put(KeyShareServerHello(P256_SHARE)),
      "illegal_parameter", "RFC 8446 §4.2.8", "server_share.group", retrying),
    R("after a retry, the group that was refused", ServerHello,
      put(KeyShareServerHello(X25519_SHARE)),
      "illegal_parameter", "RFC 8446 §4.2.8", "server_share.group", one_guess),
]
ENCRYPTED_EXTENSIONS = [
    R("an unknown extension among the encrypted", EncryptedExtensions, put(UNKNOWN),
      "unsupported_extension", "RFC 8446 §4.2", "unknown_0xabcd"),
    R("an extension of GREASE", EncryptedExtensions, put(OpaqueExtension(E(GREASE), b"")),
      "unsupported_extension", "RFC 8446 §4.2", "", greased),
    R("a share among the encrypted", EncryptedExtensions,
      put(OpaqueExtension(E.key_share, b"")),
      "illegal_parameter", "RFC 8446 §4.2", "encrypted_extensions.extensions.key_share"),
    R("an encrypted extension twice", EncryptedExtensions, put(UNKNOWN, UNKNOWN),
      "illegal_parameter", "RFC 8446 §4.2", "unknown_0xabcd"),
    R("a name in the answer to server_name", EncryptedExtensions,
      put(OpaqueExtension(E.server_name, b"?")),
      "decode_error", "RFC 5246 §7.2.2", "extensions.server_name"),
    R("two protocols", EncryptedExtensions, put(ALPN((b"h2", b"spdy"))),
      "illegal_parameter", "RFC 7301 §3.1", "", with_alpn),
    R("a protocol that was not offered", EncryptedExtensions, put(ALPN((b"gopher",))),
      "illegal_parameter", "RFC 7301 §3.1", "", with_alpn),
    R("a protocol where none was offered", EncryptedExtensions, put(ALPN((b"h2",))),
      "unsupported_extension", "RFC 8446 §4.2"),
    R("records that hold nothing", EncryptedExtensions, put(RecordSizeLimit(63)),
      "illegal_parameter", "RFC 8449 §4", "record_size_limit", with_limit),
    R("a limit that was not asked for", EncryptedExtensions, put(RecordSizeLimit(64)),
      "unsupported_extension", "RFC 8446 §4.2", "record_size_limit"),
    R("early data that were not offered", EncryptedExtensions, put(EarlyDataIndication()),
      "unsupported_extension", "RFC 8446 §4.2", "early_data"),
    R("early data, with a certificate", EncryptedExtensions, put(EarlyDataIndication()),
      "illegal_parameter", "RFC 8446 §4.2.10", "early_data", no_ticket_key, None, False),
    R("early data, for another protocol", EncryptedExtensions, put(EarlyDataIndication()),
      "illegal_parameter", "RFC 8446 §4.2.10", "early_data", other_protocol, None, False),
    R("early data, with another suite", EncryptedExtensions, put(EarlyDataIndication()),
      "illegal_parameter", "RFC 8446 §4.2.10", "early_data", other_suite, None, False),
    R("early data, with the second key", EncryptedExtensions, put(EarlyDataIndication()),
      "illegal_parameter", "RFC 8446 §4.2.10", "early_data", other_key, None, False),
]
AUTHENTICATION = [
    R("a request with a context", CertificateRequest,
      with_fields(certificate_request_context=b"?"),
      "illegal_parameter", "RFC 8446 §4.3.2", "certificate_request_context", asks),
    R("a request that names no signatures", CertificateRequest, drop(E.signature_algorithms),
      "missing_extension", "RFC 8446 §4.3.2", "certificate_request.extensions", asks),
    R("a request with a share", CertificateRequest, put(OpaqueExtension(E.key_share, b"")),
      "illegal_parameter", "RFC 8446 §4.2", "certificate_request.extensions.key_share", asks),
    R("no certificate", Certificate, with_fields(certificate_list=()),
      "decode_error", "RFC 8446 §4.4.2.4", "certificate.certificate_list"),
    R("a certificate in answer to a request", Certificate,
      with_fields(certificate_request_context=b"?"),
      "illegal_parameter", "RFC 8446 §4.4.2", "certificate_request_context"),
    R("a staple that was not asked for", Certificate, entries(put(OCSP)),
      "unsupported_extension", "RFC 8446 §4.4.2", "[0].extensions.status_request"),
    R("a share beside a certificate", Certificate,
      entries(put(OpaqueExtension(E.key_share, b""))),
      "illegal_parameter", "RFC 8446 §4.2", "[0].extensions.key_share"),
    R("bytes that are no certificate", Certificate, entries(with_fields(cert_data=b"garbage")),
      "bad_certificate", "RFC 8446 §4.4.2.4", "certificate.certificate_list[0]"),
    R("the certificate of another", Certificate, chain_of("server-other"),
      "bad_certificate", "RFC 8446 §4.4.2.4", "certificate.certificate_list"),
    R("the certificate of a client", Certificate, chain_of("client-ecdsa"),
      "unsupported_certificate", "RFC 8446 §4.4.2.4", "certificate.certificate_list"),
    R("another one's certificate of the right name", Certificate, chain_of("server-rsa"),
      "illegal_parameter", "RFC 8446 §4.4.3", "certificate_verify.algorithm"),
    R("a signature of PKCS 1", CertificateVerify, with_fields(algorithm=S.rsa_pkcs1_sha256),
      "illegal_parameter", "RFC 8446 §4.4.3", "certificate_verify.algorithm"),
    R("a signature of another curve", CertificateVerify,
      with_fields(algorithm=S.ecdsa_secp384r1_sha384),
      "illegal_parameter", "RFC 8446 §4.4.3", "certificate_verify.algorithm"),
    R("a signature of another kind of key", CertificateVerify,
      with_fields(algorithm=S.rsa_pss_rsae_sha256),
      "illegal_parameter", "RFC 8446 §4.4.3", "certificate_verify.algorithm"),
    R("a signature that was not offered", CertificateVerify, with_fields(algorithm=S.ed25519),
      "illegal_parameter", "RFC 8446 §4.4.3", "certificate_verify.algorithm"),
    R("a signature of GREASE", CertificateVerify, with_fields(algorithm=S(GREASE)),
      "illegal_parameter", "RFC 8446 §4.4.3", "certificate_verify.algorithm", greased),
    R("a wrong signature", CertificateVerify, flipped("signature"),
      "decrypt_error", "RFC 8446 §4.4.3", "certificate_verify.signature"),
    R("no signature", CertificateVerify, with_fields(signature=b""),
      "decrypt_error", "RFC 8446 §4.4.3", "certificate_verify.signature"),
    R("a wrong Finished", Finished, flipped("verify_data"),
      "decrypt_error", "RFC 8446 §4.4.4", "finished.verify_data"),
    R("a short Finished", Finished, with_fields(verify_data=bytes(12)),
      "decode_error", "RFC 8446 §4.4.4", "finished.verify_data"),
    R("a long Finished", Finished, with_fields(verify_data=bytes(33)),
      "decode_error", "RFC 8446 §4.4.4", "finished.verify_data"),
]
LATER = [
    R("a ticket for eight days", NewSessionTicket, with_fields(ticket_lifetime=EIGHT_DAYS),
      "illegal_parameter", "RFC 8446 §4.6.1", "new_session_ticket.ticket_lifetime", tickets),
    R("a share beside a ticket", NewSessionTicket, put(OpaqueExtension(E.key_share, b"")),
      "illegal_parameter", "RFC 8446 §4.2", "new_session_ticket.extensions.key_share", tickets),
    R("new keys in a third way", KeyUpdate, with_fields(request_update=KeyUpdateRequest(2)),
      "illegal_parameter", "RFC 8446 §4.6.3", "key_update.request_update", setup, update),
    R("a late request without a context", CertificateRequest,
      with_fields(certificate_request_context=b""),
      "illegal_parameter", "RFC 8446 §4.3.2", "certificate_request_context", asks_later, ask_later),
    R("a late request that names no signatures", CertificateRequest, drop(E.signature_algorithms),
      "missing_extension", "RFC 8446 §4.3.2", "certificate_request.extensions", asks_later,
      ask_later),
]
# fmt: on
VIOLATIONS = [*SERVER_HELLO, *RETRY, *ENCRYPTED_EXTENSIONS, *AUTHENTICATION, *LATER]
every_violation = pytest.mark.parametrize("violation", VIOLATIONS, ids=str)


@every_violation
def test_a_violation_is_answered_with_the_alert_that_the_rfc_names(violation: Violation):
    check(violation, "server")


@every_violation
def test_without_the_violation_the_same_handshake_completes(violation: Violation):
    check_honest(violation, "server")


def test_a_row_says_what_it_is_about_once():
    names = [str(violation) for violation in VIOLATIONS]
    assert len(set(names)) == len(names)


def test_a_signature_made_for_the_client_is_none_of_the_server():
    """RFC 8446 §4.4.3: the context string keeps what one side signs from serving the other."""
    liar = tlslab.Primitives().using(
        tls13_signed_content=lambda side, hashed: signed_content("client", hashed)
    )
    row = Violation(
        "the client's context string",
        CertificateVerify,
        lambda same: same,
        "decrypt_error",
        "RFC 8446 §4.4.3",
        "certificate_verify.signature",
        partial(setup, server={"primitives": liar}),
    )
    check(row, "server")
