"""Extensions of TLS 1.3: bounds, the parts of hybrid shares, and where each may stand."""

from dataclasses import replace

import pytest
from tiles import assert_tiled

from tlslab.crypto.key_shares import (
    HYBRID_GROUPS,
    answer_key_share,
    hybrid_order,
    hybrid_parts,
    key_share,
)
from tlslab.errors import LocalError, ProtocolError
from tlslab.lab.randomness import SeededRandom
from tlslab.wire import extensions
from tlslab.wire.extensions import (
    ALLOWED_IN,
    HYBRID_SHARES,
    Cookie,
    KeyShareClientHello,
    KeyShareEntry,
    OpaqueExtension,
    PreSharedKeyClientHello,
    PskIdentity,
    misplaced,
)
from tlslab.wire.hello import ClientHello, HelloRetryRequest, ServerHello
from tlslab.wire.presentation import spans_of
from tlslab.wire.registry import (
    CipherSuite,
    CompressionMethod,
    ExtensionType,
    NamedGroup,
    ProtocolVersion,
)

# -- bounds --------------------------------------------------------------------------------------

SHARE = "client_hello.extensions.key_share"
PSK = "client_hello.extensions.pre_shared_key"


def client_hello(number, body):
    data = bytes.fromhex(body)
    listed = number.to_bytes(2, "big") + len(data).to_bytes(2, "big") + data
    start = b"\x03\x03" + bytes(32) + b"\0" + b"\0\2\x13\1" + b"\1\0"
    return start + len(listed).to_bytes(2, "big") + listed


@pytest.mark.parametrize(
    ("number", "body", "where"),
    [
        (51, "0006 001d 0004 0000", f"{SHARE}.client_shares[0].key_exchange"),
        (51, "0004 001d 0000", f"{SHARE}.client_shares[0].key_exchange"),
        (51, "0002 001d", f"{SHARE}.client_shares[0].key_exchange.length"),
        (51, "0000 00", SHARE),
        (41, "0006 0000 00000000 0021 20" + 32 * "00", f"{PSK}.identities"),
        (41, "0007 0001 61 00000000 0020 1f" + 31 * "00", f"{PSK}.binders"),
        (41, "0007 0001 61 00000000 0021 1f" + 32 * "00", f"{PSK}.binders[0]"),
        (41, "0007 0001 61 00000000", f"{PSK}.binders.length"),
        (45, "00", "client_hello.extensions.psk_key_exchange_modes.ke_modes"),
        (44, "0000", "client_hello.extensions.cookie.cookie"),
        (47, "0002 0000", "client_hello.extensions.certificate_authorities.authorities"),
        (47, "0003 0000 00", "client_hello.extensions.certificate_authorities.authorities[0]"),
        (50, "0003 080400",
         "client_hello.extensions.signature_algorithms_cert.supported_signature_algorithms"),
        (42, "00", "client_hello.extensions.early_data"),
        (49, "00", "client_hello.extensions.post_handshake_auth"),
        (43, "00", "client_hello.extensions.supported_versions.versions"),
        (27, "01 00", "client_hello.extensions.compress_certificate.algorithms"),
        (34, "0001 00",
         "client_hello.extensions.delegated_credential.supported_signature_algorithms"),
    ],
)  # fmt: skip
def test_a_body_out_of_its_bounds_is_refused_by_the_name_of_its_field(number, body, where):
    with pytest.raises(ProtocolError) as refused:
        ClientHello.decode(client_hello(number, body))
    assert (refused.value.alert, refused.value.where) == ("decode_error", where)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (Cookie(b""), "cookie.cookie: 0 bytes, but its bounds are <1..65535>"),
        (
            KeyShareClientHello((KeyShareEntry(NamedGroup.x25519, b""),)),
            r"key_share.client_shares\[0\].key_exchange: 0 bytes, but its bounds are <1..65535>",
        ),
        (
            PreSharedKeyClientHello((PskIdentity(b"a", 2**32),), (bytes(32),)),
            r"pre_shared_key.identities\[0\].obfuscated_ticket_age: 4294967296 does not fit",
        ),
    ],
)
def test_a_body_out_of_its_bounds_is_not_sent(body, sentence):
    with pytest.raises(LocalError, match=sentence):
        body.encode()


def test_the_answer_of_a_server_has_the_form_of_an_answer():
    """The same extension, in four messages of three forms."""
    start = "0303" + bytes(32).hex() + "00 1301 00"
    server = bytes.fromhex(start + "000a 002b 0002 0304 0029 0000")
    with pytest.raises(ProtocolError) as refused:
        ServerHello.decode(server)
    assert refused.value.where == "server_hello.extensions.pre_shared_key.selected_identity"
    share = bytes.fromhex(start + "0009 0033 0005 001d 0001 61")
    assert ServerHello.decode(share).encode() == share
    with pytest.raises(ProtocolError) as refused:
        HelloRetryRequest.decode(share)
    assert refused.value.where == "hello_retry_request.extensions.key_share"


# -- pre_shared_key is the last one --------------------------------------------------------------

OFFER = PreSharedKeyClientHello((PskIdentity(b"a", 0),), (bytes(32),))
OTHER = OpaqueExtension(ExtensionType(0x1234), b"")


def hello_with(*listed):
    return ClientHello(
        ProtocolVersion.TLSv1_2,
        bytes(32),
        b"",
        (CipherSuite.TLS_AES_128_GCM_SHA256,),
        (CompressionMethod.null,),
        listed,
    )


def test_pre_shared_key_stands_last_or_the_client_hello_is_illegal():
    assert ClientHello.decode(hello_with(OTHER, OFFER).encode()).extension_types()[-1] == OFFER.TYPE
    with pytest.raises(ProtocolError) as refused:
        ClientHello.decode(hello_with(OFFER, OTHER).encode())
    assert refused.value.alert == "illegal_parameter"
    assert refused.value.where == "client_hello.extensions.pre_shared_key"
    assert refused.value.section == "RFC 8446 §4.2.11"
    assert "unknown_0x1234 is" in refused.value.reason


def test_in_a_server_hello_it_may_stand_anywhere():
    start = bytes.fromhex("0303" + bytes(32).hex() + "00 1301 00")
    listed = bytes.fromhex("000c 0029 0002 0000 002b 0002 0304")
    assert ServerHello.decode(start + listed).extension_types()[0] == OFFER.TYPE


def test_a_hello_from_before_extensions_has_none_and_that_is_not_an_empty_list():
    old = ClientHello.decode(client_hello(0, "")[: -2 - 4])
    assert old.extensions is None
    assert old.extension_types() == ()
    assert ClientHello.decode(old.encode() + b"\0\0").extensions == ()
    assert old.encode() + b"\0\0" == replace(old, extensions=()).encode()


# -- hybrid shares -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("group", "parts"),
    [(group, parts) for group, forms in HYBRID_SHARES.items() for parts in forms],
    ids=str,
)
def test_a_hybrid_share_shows_its_parts_and_one_of_another_length_does_not(group, parts):
    path = "key_share_entry.key_exchange"
    whole = sum(length for _, length in parts)
    for length in (whole - 1, whole, whole + 1):
        raw = KeyShareEntry(group, (bytes(range(256)) * 8)[:length]).encode()
        spans = spans_of(KeyShareEntry, raw)
        assert_tiled(spans, raw)
        found = [
            (span.path.removeprefix(f"{path}."), span.end - span.start)
            for span in spans
            if span.path.startswith(f"{path}.") and span.path != f"{path}.length"
        ]
        assert found == (list(parts) if length == whole else [])
        assert KeyShareEntry.decode(raw).encode() == raw


@pytest.mark.parametrize("group", HYBRID_GROUPS, ids=str)
def test_the_parts_are_those_that_the_key_exchange_puts_together(group):
    random = SeededRandom(1, "shares")
    client = key_share(group, lambda length: random("share", length)).public
    server, _ = answer_key_share(group, client, lambda length: random("share", length))
    for side, share in (("client", client), ("server", server)):
        raw = KeyShareEntry(group, share).encode()
        found = {
            span.path.rpartition(".")[2]: raw[span.start : span.end]
            for span in spans_of(KeyShareEntry, raw)
            if span.leaf and span.path.startswith("key_share_entry.key_exchange.")
        }
        del found["length"]
        assert tuple(found) == hybrid_order(group)
        assert found == hybrid_parts(group, share, side)._asdict()


# -- where each may stand ------------------------------------------------------------------------

TABLE_OF_RFC_8446 = """
server_name                             CH, EE
max_fragment_length                     CH, EE
status_request                          CH, CR, CT
supported_groups                        CH, EE
signature_algorithms                    CH, CR
use_srtp                                CH, EE
heartbeat                               CH, EE
application_layer_protocol_negotiation  CH, EE
signed_certificate_timestamp            CH, CR, CT
client_certificate_type                 CH, EE
server_certificate_type                 CH, EE
padding                                 CH
key_share                               CH, SH, HRR
pre_shared_key                          CH, SH
psk_key_exchange_modes                  CH
early_data                              CH, EE, NST
cookie                                  CH, HRR
supported_versions                      CH, SH, HRR
certificate_authorities                 CH, CR
oid_filters                             CR
post_handshake_auth                     CH
signature_algorithms_cert               CH, CR
"""
"""§4.2, without the numbers of the RFCs."""

LATER = {"compress_certificate", "record_size_limit", "delegated_credential"}
ENDED_WITH_TLS12 = {
    "ec_point_formats",
    "encrypt_then_mac",
    "extended_master_secret",
    "session_ticket",
    "renegotiation_info",
}
MESSAGES = {
    "CH": "client_hello",
    "SH": "server_hello",
    "HRR": "hello_retry_request",
    "EE": "encrypted_extensions",
    "CT": "certificate",
    "CR": "certificate_request",
    "NST": "new_session_ticket",
}
BODIES = {
    "CH": extensions.CLIENT_HELLO,
    "SH": extensions.SERVER_HELLO,
    "HRR": extensions.HELLO_RETRY_REQUEST,
    "EE": extensions.ENCRYPTED_EXTENSIONS,
    "CT": extensions.CERTIFICATE_ENTRY,
    "CR": extensions.CERTIFICATE_REQUEST,
    "NST": extensions.NEW_SESSION_TICKET,
}


def rows():
    for line in TABLE_OF_RFC_8446.strip().splitlines():
        name, _, where = line.partition(" ")
        yield ExtensionType[name], tuple(where.strip().split(", "))


def test_the_table_is_that_of_rfc_8446_and_what_came_and_what_ended():
    table = dict(rows())
    assert len(table) == 22
    names = {kind.name for kind in ALLOWED_IN.keys() - table.keys()}
    assert names == LATER | ENDED_WITH_TLS12


@pytest.mark.parametrize(("kind", "allowed"), list(rows()), ids=str)
def test_an_extension_is_misplaced_wherever_rfc_8446_does_not_have_it(kind, allowed):
    for short, message in MESSAGES.items():
        around = (ExtensionType(0x1234), kind, ExtensionType(0x0A0A))
        assert misplaced(around, message) == (None if short in allowed else kind)


@pytest.mark.parametrize("name", sorted(ENDED_WITH_TLS12))
def test_what_ended_with_tls12_is_only_ever_offered(name):
    for message in MESSAGES.values():
        expected = None if message == "client_hello" else ExtensionType[name]
        assert misplaced((ExtensionType[name],), message) == expected


def test_the_first_of_several_is_named_and_what_is_not_recognised_may_stand_anywhere():
    cookie, modes = ExtensionType.cookie, ExtensionType.psk_key_exchange_modes
    assert misplaced((cookie, modes), "encrypted_extensions") is cookie
    assert misplaced((modes, cookie), "encrypted_extensions") is modes
    for message in MESSAGES.values():
        assert misplaced((), message) is None
        assert misplaced((ExtensionType.tls_flags, ExtensionType(0x2A2A)), message) is None


@pytest.mark.parametrize("short", MESSAGES)
def test_a_body_is_declared_only_where_its_extension_may_stand(short):
    allowed = {kind for kind, messages in ALLOWED_IN.items() if MESSAGES[short] in messages}
    foreign = BODIES[short].keys() - allowed
    # A ServerHello of TLS 1.2 answers what one of TLS 1.3 must not.
    in_tls12 = {"server_name", "status_request", "application_layer_protocol_negotiation"}
    in_tls12 |= {"record_size_limit", *ENDED_WITH_TLS12}
    assert {kind.name for kind in foreign} == (in_tls12 if short == "SH" else set())
