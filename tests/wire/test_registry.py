"""The registry keeps every number, names those with names, and agrees with other people's lists."""

import copy
import pickle
import shutil
import subprocess
import sys
from collections import defaultdict

import pytest

from tlslab.wire import registry
from tlslab.wire.registry import (
    GREASE_8,
    GREASE_16,
    AlertDescription,
    AlertLevel,
    CertificateCompressionAlgorithm,
    CertificateStatusType,
    CipherSuite,
    ClientCertificateType,
    Code8,
    Code16,
    CodePoint,
    CompressionMethod,
    ContentType,
    ECCurveType,
    ECPointFormat,
    ExtensionType,
    HandshakeType,
    HashAlgorithm,
    KeyUpdateRequest,
    NamedGroup,
    NameType,
    ProtocolVersion,
    PskKeyExchangeMode,
    SignatureAlgorithm,
    SignatureScheme,
)

BYTES = [
    AlertDescription,
    AlertLevel,
    CertificateStatusType,
    ClientCertificateType,
    CompressionMethod,
    ContentType,
    ECCurveType,
    ECPointFormat,
    HandshakeType,
    HashAlgorithm,
    KeyUpdateRequest,
    NameType,
    PskKeyExchangeMode,
    SignatureAlgorithm,
]
GREASED = [CipherSuite, ExtensionType, NamedGroup, ProtocolVersion, SignatureScheme]
PAIRS_OF_BYTES = [*GREASED, CertificateCompressionAlgorithm]
ENUMS = [*BYTES, *PAIRS_OF_BYTES]

# Two names for one value, on purpose.
ALIASES = {ExtensionType: {"extended_main_secret": "extended_master_secret"}}


def by_name(enum: object) -> str:
    return getattr(enum, "__name__", str(enum))


# Every number survives.


def test_these_are_all_the_enums_there_are():
    offered = [getattr(registry, name) for name in registry.__all__]
    enums = {each for each in offered if isinstance(each, type) and len(each)}
    assert enums == set(ENUMS)


@pytest.mark.parametrize("enum", ENUMS, ids=by_name)
def test_every_value_of_the_field_survives_and_has_a_name_of_its_own(enum: type[CodePoint]):
    values = range(256 ** enum.octets())
    codes = [enum(value) for value in values]
    assert all(type(code) is enum for code in codes)
    assert [int(code) for code in codes] == list(values)
    assert len({str(code) for code in codes}) == len(codes)


@pytest.mark.parametrize("enum", BYTES, ids=by_name)
def test_a_field_of_one_byte(enum: type[CodePoint]):
    assert issubclass(enum, Code8)
    assert enum.octets() == 1


@pytest.mark.parametrize("enum", PAIRS_OF_BYTES, ids=by_name)
def test_a_field_of_two_bytes(enum: type[CodePoint]):
    assert issubclass(enum, Code16)
    assert enum.octets() == 2


@pytest.mark.parametrize("enum", ENUMS, ids=by_name)
@pytest.mark.parametrize("sign", ["below", "above"])
def test_a_value_that_does_not_fit_into_the_field_is_refused(enum: type[CodePoint], sign: str):
    value = -1 if sign == "below" else 256 ** enum.octets()
    with pytest.raises(ValueError, match=f"{value} is not a valid {enum.__name__}"):
        enum(value)


@pytest.mark.parametrize("value", [b"\x00\x9c", "TLS_RSA_WITH_AES_128_GCM_SHA256", None])
def test_what_is_not_a_number_is_refused(value: object):
    with pytest.raises(ValueError, match="is not a valid CipherSuite"):
        CipherSuite(value)


def test_a_code_point_without_a_width_cannot_be_used():
    with pytest.raises(NotImplementedError, match="derive from Code8 or Code16"):
        CodePoint.octets()


@pytest.mark.parametrize("enum", ENUMS, ids=by_name)
def test_no_two_names_share_a_value_by_accident(enum: type[CodePoint]):
    aliases = {name: code.name for name, code in enum.__members__.items() if name != code.name}
    assert aliases == ALIASES.get(enum, {})


def test_unknown_values_are_not_kept():
    before = len(CipherSuite.__members__), len(CipherSuite._value2member_map_)
    first, second = CipherSuite(0x1234), CipherSuite(0x1234)
    assert first == second
    assert first is not second
    assert before == (len(CipherSuite.__members__), len(CipherSuite._value2member_map_))
    assert first not in list(CipherSuite)


def test_an_unknown_value_says_its_number_in_the_width_of_its_field():
    assert CipherSuite(0x1234).name == "unknown_0x1234"
    assert ExtensionType(0x00AB).name == "unknown_0x00ab"
    assert HandshakeType(7).name == "unknown_0x07"
    assert CipherSuite(0x1234).value == 0x1234


# A code point is a number with a name.


def test_a_code_point_shows_its_name_or_its_number_as_the_format_asks():
    suite = CipherSuite.TLS_RSA_WITH_AES_128_GCM_SHA256
    assert str(suite) == f"{suite}" == "TLS_RSA_WITH_AES_128_GCM_SHA256"
    assert f"{suite:>33}" == "  TLS_RSA_WITH_AES_128_GCM_SHA256"
    assert f"{suite:#06x} {suite:d} {suite:04X}" == "0x009c 156 009C"
    assert suite.label == "TLS_RSA_WITH_AES_128_GCM_SHA256 (0x009c)"
    assert repr(suite) == "<CipherSuite.TLS_RSA_WITH_AES_128_GCM_SHA256: 0x009c>"


def test_an_unknown_value_shows_itself_the_same_way():
    code = AlertDescription(0xAB)
    assert f"{code} {code:#x} {code.label} {code!r}" == (
        "unknown_0xab 0xab unknown_0xab (0xab) <AlertDescription.unknown_0xab: 0xab>"
    )


@pytest.mark.parametrize("value", [0x009C, 0x1234, 0x0A0A])
def test_a_code_point_compares_hashes_and_writes_itself_as_its_number(value: int):
    code = CipherSuite(value)
    assert code == value
    assert {value: "found"}[code] == "found"
    assert sorted([code, 0, 0xFFFF]) == [0, value, 0xFFFF]
    assert code.to_bytes(CipherSuite.octets(), "big") == value.to_bytes(2, "big")


@pytest.mark.parametrize("value", [0x009C, 0x1234, 0x0A0A])
@pytest.mark.parametrize(
    "duplicate",
    [
        copy.copy,
        copy.deepcopy,
        *(lambda code, p=p: pickle.loads(pickle.dumps(code, p)) for p in range(6)),
    ],
)
def test_a_code_point_can_be_copied_and_pickled(value: int, duplicate):
    twin = duplicate(CipherSuite(value))
    assert type(twin) is CipherSuite
    assert twin == value
    assert twin.name == CipherSuite(value).name


def test_only_a_name_of_the_registry_is_known():
    assert CipherSuite.TLS_RSA_WITH_AES_128_GCM_SHA256.is_known
    assert HandshakeType.hello_request.is_known
    assert not CipherSuite(0x1234).is_known
    assert not CipherSuite(0x0A0A).is_known


def test_a_property_of_all_code_points_is_no_code_point():
    assert not {"label", "title", "is_known", "is_grease"} & set(ProtocolVersion.__members__)


# GREASE, RFC 8701 §2.


def test_rfc_8701_reserves_these_values():
    assert sorted(GREASE_16) == [0x1010 * n + 0x0A0A for n in range(16)]
    assert sorted(GREASE_8) == [0x0B, 0x2A, 0x49, 0x68, 0x87, 0xA6, 0xC5, 0xE4]


@pytest.mark.parametrize("enum", ENUMS, ids=by_name)
def test_grease_is_recognised_where_rfc_8701_reserves_it_and_nowhere_else(enum: type[CodePoint]):
    reserved = GREASE_8 if enum is PskKeyExchangeMode else GREASE_16 if enum in GREASED else set()
    grease = [code for value in range(256 ** enum.octets()) if (code := enum(value)).is_grease]
    assert set(grease) == reserved
    assert not any(code.is_known for code in grease)
    width = 2 * enum.octets()
    assert [code.name for code in grease] == [f"GREASE_0x{code:0{width}X}" for code in grease]


def test_grease_is_called_so():
    assert CipherSuite(0x0A0A).name == "GREASE_0x0A0A"
    assert PskKeyExchangeMode(0x2A).name == "GREASE_0x2A"
    assert CertificateCompressionAlgorithm(0x0A0A).name == "unknown_0x0a0a"


# Names and numbers that the RFCs give.

ANCHORS = [
    (ContentType.application_data, 23, "RFC 5246 §6.2.1"),
    (ContentType.tls12_cid, 25, "RFC 9146 §4"),
    (ContentType.ACK, 26, "RFC 9147 §7"),
    (ContentType.return_routability_check, 27, "RFC 9853"),
    (HandshakeType.client_hello, 1, "RFC 5246 §7.4"),
    (HandshakeType.hello_verify_request, 3, "RFC 6347 §4.3.2"),
    (HandshakeType.hello_retry_request_RESERVED, 6, "RFC 8446 §4"),
    (HandshakeType.encrypted_extensions, 8, "RFC 8446 §4"),
    (HandshakeType.certificate_status, 22, "RFC 6066 §8"),
    (HandshakeType.compressed_certificate, 25, "RFC 8879 §4"),
    (HandshakeType.message_hash, 254, "RFC 8446 §4.4.1"),
    (AlertLevel.fatal, 2, "RFC 5246 §7.2"),
    (AlertDescription.close_notify, 0, "RFC 5246 §7.2"),
    (AlertDescription.decryption_failed_RESERVED, 21, "RFC 5246 §7.2"),
    (AlertDescription.inappropriate_fallback, 86, "RFC 7507 §2"),
    (AlertDescription.general_error, 117, "RFC 9846"),
    (AlertDescription.no_application_protocol, 120, "RFC 7301 §3.2"),
    (AlertDescription.ech_required, 121, "RFC 9849"),
    (ProtocolVersion.SSLv2, 0x0002, "RFC 6101 Appendix E"),
    (ProtocolVersion.TLSv1_2, 0x0303, "RFC 5246 §6.2.1"),
    (ProtocolVersion.DTLSv1_0, 0xFEFF, "RFC 4347 §4.1"),
    (ProtocolVersion.DTLSv1_3, 0xFEFC, "RFC 9147 §5.3"),
    (CipherSuite.TLS_NULL_WITH_NULL_NULL, 0x0000, "RFC 5246 A.5"),
    (CipherSuite.TLS_RSA_WITH_AES_128_CBC_SHA, 0x002F, "RFC 5246 A.5"),
    (CipherSuite.TLS_ASCONAEAD128_ASCONHASH256, 0x006E, "IANA, NIST SP 800-232"),
    (CipherSuite.TLS_RSA_WITH_AES_128_GCM_SHA256, 0x009C, "RFC 5288 §3"),
    (CipherSuite.TLS_SM4_GCM_SM3, 0x00C6, "RFC 8998 §2"),
    (CipherSuite.TLS_EMPTY_RENEGOTIATION_INFO_SCSV, 0x00FF, "RFC 5746 §3.3"),
    (CipherSuite.TLS_AES_128_GCM_SHA256, 0x1301, "RFC 8446 B.4"),
    (CipherSuite.TLS_AEGIS_128L_SHA256, 0x1307, "IANA, draft-irtf-cfrg-aegis-aead"),
    (CipherSuite.TLS_FALLBACK_SCSV, 0x5600, "RFC 7507 §2"),
    (CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, 0xC02F, "RFC 5289 §3.2"),
    (CipherSuite.TLS_PSK_DHE_WITH_AES_128_CCM_8, 0xC0AA, "RFC 6655 §3, PSK before DHE"),
    (CipherSuite.TLS_SHA256_SHA256, 0xC0B4, "RFC 9150 §4"),
    (CipherSuite.TLS_GOSTR341112_256_WITH_MAGMA_MGM_S, 0xC106, "RFC 9367"),
    (CipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, 0xCCA8, "RFC 7905 §2"),
    (CompressionMethod.DEFLATE, 1, "RFC 3749 §2"),
    (CompressionMethod.LZS, 64, "RFC 3943"),
    (ExtensionType.server_name, 0, "RFC 6066 §1.1"),
    (ExtensionType.extended_master_secret, 23, "RFC 7627 §5.1"),
    (ExtensionType.session_ticket, 35, "RFC 5077 §3.2"),
    (ExtensionType.key_share, 51, "RFC 8446 §4.2"),
    (ExtensionType.tls_flags, 62, "IANA, draft-ietf-tls-tlsflags"),
    (ExtensionType.encrypted_client_hello, 0xFE0D, "RFC 9849"),
    (ExtensionType.renegotiation_info, 0xFF01, "RFC 5746 §3.2"),
    (NamedGroup.secp256r1, 23, "RFC 8422 §5.1.1"),
    (NamedGroup.x25519, 29, "RFC 8422 §5.1.1"),
    (NamedGroup.ffdhe2048, 256, "RFC 7919 §2"),
    (NamedGroup.X25519MLKEM768, 4588, "IANA, draft-ietf-tls-ecdhe-mlkem"),
    (NamedGroup.arbitrary_explicit_char2_curves, 0xFF02, "RFC 8422 §5.1.1"),
    (SignatureScheme.rsa_pss_rsae_sha256, 0x0804, "RFC 8446 §4.2.3"),
    (SignatureScheme.ed25519, 0x0807, "RFC 8446 §4.2.3"),
    (SignatureScheme.mldsa44, 0x0904, "IANA, draft-ietf-tls-mldsa"),
    (SignatureScheme.slhdsa_shake_256f, 0x091C, "IANA"),
    (ECPointFormat.ansiX962_compressed_prime, 1, "RFC 8422 §5.1.2"),
    (ECCurveType.named_curve, 3, "RFC 8422 §5.4"),
    (ClientCertificateType.ecdsa_sign, 64, "RFC 8422 §5.5"),
    (ClientCertificateType.gost_sign256, 67, "RFC 9189"),
    (HashAlgorithm.sha256, 4, "RFC 5246 §7.4.1.4.1"),
    (HashAlgorithm.Intrinsic, 8, "RFC 8422 §5.1.3"),
    (SignatureAlgorithm.ecdsa, 3, "RFC 5246 §7.4.1.4.1"),
    (NameType.host_name, 0, "RFC 6066 §3"),
    (CertificateStatusType.ocsp_multi, 2, "RFC 6961 §2.2"),
    (PskKeyExchangeMode.psk_dhe_ke, 1, "RFC 8446 §4.2.9"),
    (KeyUpdateRequest.update_requested, 1, "RFC 8446 §4.6.3"),
    (CertificateCompressionAlgorithm.brotli, 2, "RFC 8879 §3"),
]


@pytest.mark.parametrize(("code", "value", "section"), ANCHORS, ids=str)
def test_the_rfc_gives_this_name_to_this_value(code: CodePoint, value: int, section: str):
    assert code == value, section


def test_iana_names_356_cipher_suites():
    unassigned_reserved_or_private = [
        *range(0x001C, 0x001E),
        *range(0x0047, 0x0067),
        *range(0x0072, 0x0084),
        *range(0xC0B6, 0xC100),
        *range(0xCC00, 0xCCA8),
        *range(0xE000, 0xE500),
        *range(0xFE00, 0x10000),
    ]
    assert len(set(CipherSuite) - set(unassigned_reserved_or_private)) == 356


@pytest.mark.parametrize(
    ("version", "title"),
    [
        (ProtocolVersion.SSLv2, "SSL 2.0"),
        (ProtocolVersion.SSLv3, "SSL 3.0"),
        (ProtocolVersion.TLSv1_0, "TLS 1.0"),
        (ProtocolVersion.TLSv1_2, "TLS 1.2"),
        (ProtocolVersion.DTLSv1_3, "DTLS 1.3"),
        (ProtocolVersion(0x7F1C), "unknown_0x7f1c"),
        (ProtocolVersion(0x0A0A), "GREASE_0x0A0A"),
    ],
    ids=str,
)
def test_a_version_has_a_title_for_people(version: ProtocolVersion, title: str):
    assert version.title == title


# TLS 1.2's pairs, RFC 5246 §7.4.1.4.1.

PREFIXES = {"rsa": "rsa_pkcs1", "dsa": "dsa", "ecdsa": "ecdsa", "anonymous": "anonymous"}


@pytest.mark.parametrize("signature", list(SignatureAlgorithm)[:4], ids=str)
@pytest.mark.parametrize("hash_", list(HashAlgorithm)[:7], ids=str)
def test_every_pair_of_rfc_5246_has_a_name_made_of_its_parts(
    hash_: HashAlgorithm, signature: SignatureAlgorithm
):
    scheme = SignatureScheme(hash_ << 8 | signature)
    assert scheme.is_known
    assert scheme.name.startswith(PREFIXES[signature.name] + "_")
    assert scheme.name.endswith("_" + hash_.name)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (0x0202, "dsa_sha1"),
        (0x0301, "rsa_pkcs1_sha224"),
        (0x0303, "ecdsa_sha224"),
        (0x0402, "dsa_sha256"),
        (0x0401, "rsa_pkcs1_sha256"),
        (0x0403, "ecdsa_secp256r1_sha256"),
    ],
)
def test_the_pairs_that_iana_leaves_without_a_scheme_are_named_like_the_others(value, name):
    assert SignatureScheme(value).name == name


# How the module is made.


@pytest.mark.parametrize(
    "statement",
    [
        "import tlslab.wire.cipher_suites",
        "from tlslab.wire.registry import *; CipherSuite",
        "import tlslab.wire.registry as r; assert r.CipherSuite is r.CipherSuite",
    ],
)
def test_the_list_of_suites_can_be_imported_first_last_or_by_the_way(statement: str):
    subprocess.run([sys.executable, "-c", statement], check=True)


def test_the_suites_are_fetched_once():
    fetched = registry.__getattr__("CipherSuite")
    assert fetched is CipherSuite
    assert vars(registry)["CipherSuite"] is CipherSuite


def test_the_module_has_no_other_attributes_on_demand():
    with pytest.raises(AttributeError, match="no attribute 'CipherSuit'"):
        registry.CipherSuit  # noqa: B018


# Wireshark's lists.

TSHARK = shutil.which("tshark")
TABLES = {
    "tls.handshake.ciphersuite": CipherSuite,
    "tls.handshake.extension.type": ExtensionType,
    "tls.alert_message.desc": AlertDescription,
    "tls.handshake.extensions_supported_group": NamedGroup,
    "tls.handshake.sig_hash_alg": SignatureScheme,
}

# Where Wireshark writes a name differently, and why ours stays.
SPELLINGS = {
    CipherSuite: {
        0xCC13: ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "the name is IANA's for 0xCCA8"),
        0xCC14: ("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "the name is IANA's for 0xCCA9"),
        0xCC15: ("TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "the name is IANA's for 0xCCAA"),
        0xFFE0: ("SSL_RSA_FIPS_WITH_3DES_EDE_CBC_SHA", "0xFEFF has it; NSS says OLDFIPS"),
        0xFFE1: ("SSL_RSA_FIPS_WITH_DES_CBC_SHA", "0xFEFE has it; NSS says OLDFIPS"),
    },
    ExtensionType: {
        34: ("delegated_credentials", "IANA and RFC 9345 have the singular"),
        40: ("Reserved (key_share)", "no identifier"),
        46: ("Reserved (ticket_early_data_info)", "no identifier"),
        53: ("connection_id (deprecated)", "no identifier"),
        0x4469: ("application_settings", "the name moved to 0x44CD with the code point"),
        0xFFA5: ("quic_transport_parameters (drafts version)", "no identifier"),
    },
    AlertDescription: {
        21: ("Decryption Failed", "reserved in RFC 5246"),
        41: ("No Certificate", "reserved in RFC 5246"),
        60: ("Export Restriction", "reserved in RFC 5246"),
    },
    NamedGroup: {
        0x0200: ("frodo640aes", "an experiment of Open Quantum Safe; IANA assigned it since"),
        0x0201: ("frodo640shake", "an experiment of Open Quantum Safe; IANA assigned it since"),
        0x0202: ("frodo976aes", "an experiment of Open Quantum Safe; IANA assigned it since"),
    },
    SignatureScheme: {},
}


@pytest.fixture(scope="module")
def wireshark() -> dict[str, dict[int, str]]:
    """Field name -> value -> Wireshark's text."""
    with subprocess.Popen([TSHARK, "-G", "values"], stdout=subprocess.PIPE) as tshark:
        rows = [
            line.decode().rstrip("\n").split("\t") for line in tshark.stdout if b"\ttls." in line
        ]
    found = defaultdict(dict)
    for row in rows:
        if row[0] == "V" and row[1] in TABLES:
            found[row[1]][int(row[2], 0)] = row[3]
    return found


needs_tshark = pytest.mark.skipif(TSHARK is None, reason="tshark is not installed")


@pytest.mark.peer
@needs_tshark
@pytest.mark.parametrize("field", list(TABLES)[:3])
def test_every_value_that_wireshark_names_has_a_name(wireshark, field: str):
    enum = TABLES[field]
    assert len(wireshark[field]) > 30
    nameless = [
        f"{value:#x} {text}"
        for value, text in wireshark[field].items()
        if not (enum(value).is_known or enum(value).is_grease)
    ]
    assert nameless == []


@pytest.mark.peer
@needs_tshark
@pytest.mark.parametrize("field", TABLES)
def test_where_wireshark_has_another_name_there_is_a_reason(wireshark, field: str):
    enum = TABLES[field]
    different = {
        value: text
        for value, text in wireshark[field].items()
        if enum(value).is_known and as_identifier(text) != enum(value).name
    }
    assert different == {value: text for value, (text, _) in SPELLINGS[enum].items()}


@pytest.mark.peer
@needs_tshark
@pytest.mark.parametrize("field", ["tls.handshake.ciphersuite", "tls.handshake.extension.type"])
def test_wireshark_sees_grease_at_the_same_values(wireshark, field: str):
    grease = {value for value, text in wireshark[field].items() if "GREASE" in text}
    assert grease == GREASE_16


def as_identifier(text: str) -> str:
    """Wireshark writes alerts as titles: `Bad Record MAC`."""
    return text.lower().replace(" ", "_") if " " in text else text


# tlslite-ng's lists. It offers fewer values, and spells some of them in its own way.


@pytest.mark.parametrize(
    ("theirs", "ours", "its_own"),
    [
        ("CipherSuite", CipherSuite, {0xCCA1, 0xCCA2, 0xCCA3}),  # a draft's, never deployed widely
        ("GroupName", NamedGroup, set()),
        ("HandshakeType", HandshakeType, {6}),
        ("AlertDescription", AlertDescription, {21, 41, 60}),
        ("ECPointFormat", ECPointFormat, set()),
        ("ECCurveType", ECCurveType, set()),
        ("HashAlgorithm", HashAlgorithm, set()),
        ("SignatureAlgorithm", SignatureAlgorithm, set()),
        ("ClientCertificateType", ClientCertificateType, set()),
        ("PskKeyExchangeMode", PskKeyExchangeMode, set()),
        ("CertificateStatusType", CertificateStatusType, set()),
    ],
)
def test_tlslite_gives_the_same_names_to_the_same_values(theirs, ours, its_own):
    constants = pytest.importorskip("tlslite.constants")
    wire_values = {
        value: name
        for name, value in vars(getattr(constants, theirs)).items()
        # Neither SSL 2.0's suites of three bytes, nor what Python keeps there, nor a leftover `i`.
        if isinstance(value, int) and value < 256 ** ours.octets()
        if name != "i" and not name.startswith("_")
    }
    different = {
        value
        for value, name in wire_values.items()
        if name.casefold() != ours(value).name.casefold()
    }
    assert wire_values
    assert different == its_own & set(wire_values)
