"""The messages of TLS 1.3, as others send them: RFC 8448, OpenSSL's and GnuTLS's libraries."""

import hashlib
import hmac
import socket
import ssl
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from foreign import Conversation, PyOpenSSL, Ssl, converse, cut, kind_of, ssl_contexts
from OpenSSL import SSL
from programs import needs_gnutls_cli
from stapling import ocsp_response
from tiles import assert_tiled
from transcripts import needs_transcripts, transcripts

from tlslab.crypto.hkdf import RESUMPTION_BINDER, binder_key, early_secret, finished_key
from tlslab.errors import LocalError, ProtocolError
from tlslab.lab import pki
from tlslab.lab.configs import SERVER_NAME
from tlslab.tls13.messages import (
    Certificate,
    CertificateEntry,
    CertificateRequest,
    CertificateVerify,
    EncryptedExtensions,
    EndOfEarlyData,
    Finished,
    KeyUpdate,
    NewSessionTicket,
)
from tlslab.view.glossary import known
from tlslab.wire.extensions import (
    ALPN,
    CertificateStatus,
    Cookie,
    EarlyDataNewSessionTicket,
    KeyShareClientHello,
    KeyShareHelloRetryRequest,
    KeyShareServerHello,
    OpaqueExtension,
    Padding,
    PostHandshakeAuth,
    PreSharedKeyClientHello,
    PreSharedKeyServerHello,
    PskKeyExchangeModes,
    RecordSizeLimit,
    SelectedVersion,
    ServerNameAck,
    SupportedGroups,
    SupportedVersions,
)
from tlslab.wire.framing import RECORD_HEADER_LENGTH, decode_handshake, handshake_spans
from tlslab.wire.hello import (
    HELLO_RETRY_REQUEST_RANDOM,
    ClientHello,
    HelloRetryRequest,
    ServerHello,
    truncated,
)
from tlslab.wire.registry import (
    CertificateStatusType,
    ExtensionType,
    KeyUpdateRequest,
    NamedGroup,
    ProtocolVersion,
    PskKeyExchangeMode,
    SignatureScheme,
)


def decoded(raw):
    """The message; it encodes back to its bytes, and each of these has a field that is known."""
    kind = kind_of(raw)
    message = decode_handshake(kind, raw)
    assert message.encode_handshake() == raw
    spans = handshake_spans(kind, raw)
    assert_tiled(spans, raw)
    assert [span.field for span in spans if not known(span.field, "TLS 1.3")] == []
    assert not [span for span in spans if span.path.endswith((".undecoded", ".opaque"))]
    return message


def kinds(messages):
    return [type(message) for message in messages]


# -- RFC 8448 ------------------------------------------------------------------------------------

PRINTED = [(name, message) for name, values in transcripts().items() for message in values]
IN_THE_CLEAR = [
    (name, message)
    for name, message in PRINTED
    if message.startswith("Message_") or message[7:].startswith(("ClientHello", "HelloRetry"))
]
RAW_PUBLIC_KEY = "RawPublicKey_With_Client_Authentication"


def printed(name, message):
    raw = transcripts()[name][message]
    return raw[RECORD_HEADER_LENGTH:] if message.startswith("Record_") else raw


@needs_transcripts
def test_all_seven_transcripts_are_there():
    assert len(transcripts()) == 7
    assert len(IN_THE_CLEAR) == 7 + 1 + 1 + 7 + 7 + 7 + 2 * 5 + 2  # hellos, …, two requests


@needs_transcripts
@pytest.mark.parametrize(("name", "message"), IN_THE_CLEAR)
def test_a_message_of_rfc_8448_encodes_back_to_its_bytes(name, message):
    raw = printed(name, message)
    if name == RAW_PUBLIC_KEY and kind_of(raw) in (ClientHello, EncryptedExtensions):
        # client_certificate_type and server_certificate_type, which are not taken apart.
        assert decode_handshake(kind_of(raw), raw).encode_handshake() == raw
    else:
        decoded(raw)


@needs_transcripts
def test_the_first_handshake_says_what_the_rfc_says_it_says():
    values = transcripts()["Simple_1RTT_Handshake"]
    client_hello = decoded(values["Record_ClientHello_1"][RECORD_HEADER_LENGTH:])
    assert client_hello.extension(SupportedVersions).versions == (ProtocolVersion.TLSv1_3,)
    (share,) = client_hello.extension(KeyShareClientHello).client_shares
    assert share.group is NamedGroup.x25519
    assert share.key_exchange.hex().startswith("99381de560e4bd43d23d8e435a7dbafe")
    modes = client_hello.extension(PskKeyExchangeModes)
    assert modes.ke_modes == (PskKeyExchangeMode.psk_dhe_ke,)
    server_hello = decoded(values["Message_ServerHello"])
    assert server_hello.extension(SelectedVersion).selected_version is ProtocolVersion.TLSv1_3
    server_share = server_hello.extension(KeyShareServerHello).server_share
    assert server_share.key_exchange.hex().startswith("c9828876112095fe66762bdbf7c672e1")
    answers = decoded(values["Message_EncryptedExtensions"])
    assert answers.extension(SupportedGroups).named_group_list[0] is NamedGroup.x25519
    assert answers.extension(RecordSizeLimit).record_size_limit == 0x4001
    assert answers.extension(ServerNameAck)
    assert answers.extension(ALPN) is None
    assert answers.extension_types() == (
        ExtensionType.supported_groups,
        ExtensionType.record_size_limit,
        ExtensionType.server_name,
    )
    certificate = decoded(values["Message_Server_Certificate"])
    assert certificate.certificate_request_context == b""
    (entry,) = certificate.certificate_list
    assert (len(entry.cert_data), entry.extensions) == (432, ())
    assert entry.extension(CertificateStatus) is None
    signed = decoded(values["Message_Server_CertificateVerify"])
    assert signed.algorithm is SignatureScheme.rsa_pss_rsae_sha256
    assert len(signed.signature) == 128
    assert len(decoded(values["Message_Server_Finished"]).verify_data) == 32


@needs_transcripts
def test_the_hello_retry_request_of_rfc_8448_is_known_by_its_random():
    values = transcripts()["HelloRetryRequest_Handshake"]
    raw = values["Record_HelloRetryRequest"][RECORD_HEADER_LENGTH:]
    retry = decoded(raw)
    assert type(retry) is HelloRetryRequest
    assert retry.extension(KeyShareHelloRetryRequest).selected_group is NamedGroup.secp256r1
    second = decoded(values["Record_ClientHello_2"][RECORD_HEADER_LENGTH:])
    assert second.extension(Cookie) == retry.extension(Cookie)
    assert second.extension(Padding).zeros == bytes(len(second.extension(Padding).zeros))
    assert type(decoded(values["Message_ServerHello"])) is ServerHello


@needs_transcripts
def test_a_client_hello_is_cut_where_rfc_8448_cuts_it_for_its_binder():
    """§4 prints the hash of the prefix, and the PSK of which the binder is made."""
    values = transcripts()["Resumed_0RTT_Handshake"]
    raw = values["Record_ClientHello_1"][RECORD_HEADER_LENGTH:]
    client_hello = decoded(raw)
    prefix = truncated(raw, client_hello)
    assert len(prefix) == 477
    assert hashlib.sha256(prefix).hexdigest() == (
        "63224b2e4573f2d3454ca84b9d009a04f6be9e05711a8396473aefa01e924a14"
    )
    assert prefix == raw[:477]
    assert int.from_bytes(prefix[1:4], "big") == len(raw) - 4
    psk = bytes.fromhex("4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3")
    key = binder_key(early_secret(psk, "sha256"), RESUMPTION_BINDER, "sha256")
    (binder,) = client_hello.extension(PreSharedKeyClientHello).binders
    finished = finished_key(key, "sha256")
    assert binder == hmac.digest(finished, hashlib.sha256(prefix).digest(), "sha256")
    identity = client_hello.extension(PreSharedKeyClientHello).identities[0]
    assert len(identity.identity) == 178
    # The ticket_age_add of its ticket, and six milliseconds.
    assert identity.obfuscated_ticket_age == 0xFAD6AAC5 + 6


# -- recorded from libraries -----------------------------------------------------------------------


@cache
def with_ssl(way: str = "") -> Conversation:
    """A conversation of two endpoints of the `ssl` module. way: what is special about it."""
    with TemporaryDirectory() as folder:
        key_log = Path(folder) / "key_log"
        client_context, server_context = ssl_contexts(str(key_log))
        if way == "retry":
            server_context.set_ecdh_curve("secp384r1")
        if way in ("client certificate", "after the handshake"):
            identity = pki.client_rsa()
            client_context.load_cert_chain(identity.chain_path, identity.key_path)
            client_context.post_handshake_auth = True
            server_context.load_verify_locations(pki.pem_path("root"))
            server_context.verify_mode = ssl.CERT_REQUIRED
            server_context.post_handshake_auth = way == "after the handshake"
        client, server = Ssl("client", client_context), Ssl("server", server_context)
        conversation = converse(client, server)
        if way == "after the handshake":
            server.object.verify_client_post_handshake()
            server.object.write(b"x")
            conversation = converse(client, server, conversation)
        if way == "resumed":
            session = client.object.session
            key_log.unlink()
            client_context.keylog_filename = str(key_log)
            client = Ssl("client", client_context, session)
            conversation = converse(client, Ssl("server", server_context))
            assert client.object.session_reused
        conversation.key_log = key_log.read_text("ascii")
        return conversation


SERVER_FLIGHT = [EncryptedExtensions, Certificate, CertificateVerify, Finished]
TICKETS = [NewSessionTicket, NewSessionTicket]


@pytest.mark.parametrize(
    ("way", "client", "server"),
    [
        ("", [ClientHello, Finished], [ServerHello, *SERVER_FLIGHT, *TICKETS]),
        (
            "retry",
            [ClientHello, ClientHello, Finished],
            [HelloRetryRequest, ServerHello, *SERVER_FLIGHT, *TICKETS],
        ),
        (
            "client certificate",
            [ClientHello, Certificate, CertificateVerify, Finished],
            [
                ServerHello,
                EncryptedExtensions,
                CertificateRequest,
                *SERVER_FLIGHT[1:],
                *TICKETS,
            ],
        ),
        (
            "resumed",
            [ClientHello, Finished],
            [ServerHello, EncryptedExtensions, Finished, NewSessionTicket],
        ),
    ],
)
def test_every_message_of_openssl_encodes_back_to_its_bytes(way, client, server):
    conversation = with_ssl(way)
    assert kinds(map(decoded, conversation.messages("client"))) == client
    assert kinds(map(decoded, conversation.messages("server"))) == server


def test_a_certificate_request_after_the_handshake_has_a_context_which_the_answer_repeats():
    conversation = with_ssl("after the handshake")
    said = [decoded(raw) for raw in conversation.messages("client")]
    assert said[0].extension(PostHandshakeAuth)
    assert kinds(said[2:]) == [Certificate, CertificateVerify, Finished]
    (request,) = (
        message
        for message in map(decoded, conversation.messages("server"))
        if isinstance(message, CertificateRequest)
    )
    assert request.certificate_request_context
    assert said[2].certificate_request_context == request.certificate_request_context
    assert len(said[2].certificate_list) == len(pki.client_rsa().certificate_chain)


def test_openssl_resumes_by_the_name_that_its_ticket_gave_to_the_key():
    client_hello, *_ = map(decoded, with_ssl("resumed").messages("client"))
    server_hello, *_ = map(decoded, with_ssl("resumed").messages("server"))
    offered = client_hello.extension(PreSharedKeyClientHello)
    assert len(offered.identities) == len(offered.binders) == 1
    assert server_hello.extension(PreSharedKeyServerHello).selected_identity == 0


RESPONSE = ocsp_response("server-ecdsa")


@cache
def with_pyopenssl() -> Conversation:
    """libssl 4: a hybrid group, and a stapled response."""
    key_log: list[str] = []
    client_context, server_context = (SSL.Context(SSL.TLS_METHOD) for _ in range(2))
    client_context.set_keylog_callback(lambda _, line: key_log.append(line.decode()))
    client_context.load_verify_locations(str(pki.pem_path("root")))
    client_context.set_ocsp_client_callback(lambda connection, response, data: True)
    identity = pki.server_ecdsa()
    server_context.use_certificate_chain_file(str(identity.chain_path))
    server_context.use_privatekey_file(str(identity.key_path))
    server_context.set_ocsp_server_callback(lambda connection, data: RESPONSE)
    conversation = converse(
        PyOpenSSL("client", client_context), PyOpenSSL("server", server_context)
    )
    conversation.key_log = "\n".join(key_log)
    return conversation


def test_every_message_of_libssl_4_encodes_back_to_its_bytes():
    assert kinds(map(decoded, with_pyopenssl().messages("client"))) == [ClientHello, Finished]
    said = [decoded(raw) for raw in with_pyopenssl().messages("server")]
    assert kinds(said) == [ServerHello, *SERVER_FLIGHT, *TICKETS]
    entries = said[2].certificate_list
    assert entries[0].extension(CertificateStatus) == CertificateStatus(
        CertificateStatusType.ocsp, RESPONSE
    )
    assert entries[1].extensions == ()


@pytest.mark.parametrize(
    ("sender", "where", "lengths"),
    [
        ("client", "client_hello.extensions.key_share.client_shares[0]", [1184, 32]),
        ("server", "server_hello.extensions.key_share.server_share", [1088, 32]),
    ],
)
def test_the_share_of_a_hybrid_group_shows_its_parts_in_their_order(sender, where, lengths):
    hello, *_ = with_pyopenssl().messages(sender)
    spans = {span.path: span for span in handshake_spans(kind_of(hello), hello)}
    whole = spans[f"{where}.key_exchange"]
    parts = [spans[f"{where}.key_exchange.{name}"] for name in ("mlkem", "ecdh")]
    assert spans[f"{where}.group"].value == "X25519MLKEM768 (0x11ec)"
    assert not whole.leaf
    assert [part.end - part.start for part in parts] == lengths
    assert (parts[0].start, parts[0].end, parts[1].end) == (whole.start, parts[1].start, whole.end)


@pytest.mark.peer
@needs_gnutls_cli
@pytest.mark.parametrize("priorities", ["NORMAL", "NORMAL:-VERS-ALL:+VERS-TLS1.3:+GROUP-FFDHE2048"])
def test_the_client_hello_of_gnutls_encodes_back_to_its_bytes(priorities):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = ["gnutls-cli", "--priority", priorities, "--insecure"]
        command += ["--sni-hostname", SERVER_NAME, "--alpn", "h2", "-p"]
        command += [str(listener.getsockname()[1]), "127.0.0.1"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as program:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as stream:
                header = stream.read(RECORD_HEADER_LENGTH)
                raw = stream.read(int.from_bytes(header[3:], "big"))
            program.communicate(timeout=20)
    client_hello = decoded(raw)
    assert ProtocolVersion.TLSv1_3 in client_hello.extension(SupportedVersions).versions
    assert client_hello.extension(KeyShareClientHello).client_shares


# -- what may not be -------------------------------------------------------------------------------


def refusal(kind, data):
    with pytest.raises(ProtocolError) as refused:
        kind.decode(bytes.fromhex(data))
    return refused.value.alert, refused.value.where, refused.value.section


@pytest.mark.parametrize(
    ("kind", "data", "where"),
    [
        (EncryptedExtensions, "", "encrypted_extensions.extensions.length"),
        (EncryptedExtensions, "000000", "encrypted_extensions"),
        (EncryptedExtensions, "0004 002a 0001", "encrypted_extensions.extensions.early_data."
         "extension_data"),
        (EncryptedExtensions, "0005 002a 0001 00", "encrypted_extensions.extensions.early_data"),
        (CertificateRequest, "00", "certificate_request.extensions.length"),
        (Certificate, "00 000003 000000", "certificate.certificate_list[0].cert_data"),
        (Certificate, "00 000004 000001 30", "certificate.certificate_list[0].extensions.length"),
        (CertificateVerify, "0804", "certificate_verify.signature.length"),
        (NewSessionTicket, "00000000 00000000 00 0000 0000", "new_session_ticket.ticket"),
        (NewSessionTicket, "00000000 00000000 00 0001 61", "new_session_ticket.extensions.length"),
        (NewSessionTicket, "00000000 00000000 00 0001 61 0007 002a 0003 000000",
         "new_session_ticket.extensions.early_data.max_early_data_size"),
        (EndOfEarlyData, "00", "end_of_early_data"),
        (KeyUpdate, "", "key_update.request_update"),
        (KeyUpdate, "0000", "key_update"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_by_the_name_of_its_field(kind, data, where):
    assert refusal(kind, data) == ("decode_error", where, "RFC 5246 §7.2.2")


@pytest.mark.parametrize("number", [2, 255])
def test_a_key_update_that_asks_for_something_else_is_illegal(number):
    assert refusal(KeyUpdate, f"{number:02x}") == (
        "illegal_parameter",
        "key_update.request_update",
        "RFC 8446 §4.6.3",
    )
    assert KeyUpdate.decode(b"\1").request_update is KeyUpdateRequest.update_requested


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        (EncryptedExtensions, "", ""),
        (CertificateRequest, "00", ""),
        (Certificate, "00 00000e 000001 30", ""),
        (NewSessionTicket, "00000000 00000000 00 0001 61", ""),
    ],
)
def test_an_extension_that_stands_twice_is_illegal(kind, before, after):
    alert, where, section = refusal(kind, f"{before} 0008 1234 0000 1234 0000 {after}")
    assert (alert, section) == ("illegal_parameter", "RFC 8446 §4.2")
    assert where.endswith(".extensions.unknown_0x1234")


def test_the_list_of_extensions_has_to_be_there_even_if_it_is_empty():
    assert EncryptedExtensions(()).encode() == b"\0\0"
    with pytest.raises(LocalError, match="it has to be there, even when it is empty"):
        EncryptedExtensions(None).encode()
    with pytest.raises(LocalError, match=r"certificate.certificate_list\[0\].cert_data: 0 bytes"):
        Certificate(b"", (CertificateEntry(b"", ()),)).encode()


def test_a_finished_is_as_long_as_it_is():
    """Which hash it has to be as long as, the message does not say."""
    for length in (0, 12, 32, 48):
        assert Finished.decode(bytes(length)).verify_data == bytes(length)


def test_the_random_of_a_hello_retry_request_is_what_the_rfc_says():
    assert hashlib.sha256(b"HelloRetryRequest").digest() == HELLO_RETRY_REQUEST_RANDOM


def test_the_form_of_a_message_is_its_class_but_for_a_hello_retry_request():
    raw = bytes.fromhex("02000000 0303") + HELLO_RETRY_REQUEST_RANDOM
    assert ServerHello.form(raw) is HelloRetryRequest
    assert HelloRetryRequest.form(raw) is HelloRetryRequest
    assert ServerHello.form(raw[:-1]) is ServerHello
    assert ServerHello.form(b"") is ServerHello
    assert ClientHello.form(raw) is ClientHello


def test_only_a_client_hello_that_ends_with_its_keys_is_cut():
    last = OpaqueExtension(ExtensionType(0x1234), b"")
    for extensions in (None, (), (last,)):
        hello = ClientHello(ProtocolVersion.TLSv1_2, bytes(32), b"", (), (), extensions)
        with pytest.raises(LocalError, match="no pre_shared_key"):
            truncated(b"", hello)


def test_a_ticket_for_early_data_says_how_much():
    ticket = NewSessionTicket.decode(
        bytes.fromhex("00000e10 00000001 00 0001 61 0008 002a 0004 00004000")
    )
    assert ticket.ticket_lifetime == 3600
    assert ticket.extension(EarlyDataNewSessionTicket).max_early_data_size == 16384
    assert list(cut(ticket.encode_handshake())) == [ticket.encode_handshake()]
