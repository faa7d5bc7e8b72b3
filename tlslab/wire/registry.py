"""The numbers of TLS and their names, spelled as IANA and the RFCs spell them.

Sources, as IANA published them on 2026-09-29:

* "Transport Layer Security (TLS) Parameters": ClientCertificateType Identifiers, Cipher Suites,
  ContentType, Alerts, HandshakeType, Supported Groups, EC Point Formats, EC Curve Types,
  SignatureAlgorithm, HashAlgorithm, SignatureScheme, PskKeyExchangeMode;
* "Transport Layer Security (TLS) Extensions": ExtensionType Values, Certificate Status Types,
  Certificate Compression Algorithm IDs;
* "Transport Layer Security Protocol Compression Methods";
* the RFCs for what IANA does not register: ProtocolVersion, AlertLevel, NameType,
  KeyUpdateRequest.

Newest entries: SLH-DSA in SignatureScheme, MLKEM512X25519 in NamedGroup, tls_flags in
ExtensionType, general_error in AlertDescription, Ascon in CipherSuite.

How names are chosen:

* A name is IANA's. Where IANA appends `_RESERVED` to what TLS 1.3 dropped, the name stays the one
  of the last RFC that uses the value: `no_renegotiation` (RFC 5246), `certificate_url` (RFC 6066).
* IANA's remarks in parentheses go; what no Python identifier may contain becomes an underscore.
* Values that IANA does not register but that captures contain stand last in their enum, with the
  document that they come from.

A value without a name survives: `CipherSuite(0x1234)` is a pseudo-member `unknown_0x1234`, and a
value that RFC 8701 reserves to keep the ecosystem tolerant is `GREASE_0x0A0A`. Pseudo-members are
made anew each time, so that a hostile peer cannot fill the memory with them: compare them by `==`,
never by `is`. Only a number that does not fit into the field raises ValueError.
"""

import enum
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from tlslab.wire.cipher_suites import CipherSuite
else:

    def __getattr__(name: str) -> object:
        # On first use: it is the longest list by far, and its module needs the classes of this one.
        if name != "CipherSuite":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from tlslab.wire.cipher_suites import CipherSuite

        globals()[name] = CipherSuite
        return CipherSuite


__all__ = [
    "GREASE_8",
    "GREASE_16",
    "AlertDescription",
    "AlertLevel",
    "CertificateCompressionAlgorithm",
    "CertificateStatusType",
    "CipherSuite",
    "ClientCertificateType",
    "Code8",
    "Code16",
    "CodePoint",
    "CompressionMethod",
    "ContentType",
    "ECCurveType",
    "ECPointFormat",
    "ExtensionType",
    "GreaseCode16",
    "HandshakeType",
    "HashAlgorithm",
    "KeyUpdateRequest",
    "NameType",
    "NamedGroup",
    "ProtocolVersion",
    "PskKeyExchangeMode",
    "SignatureAlgorithm",
    "SignatureScheme",
]

GREASE_8 = frozenset(range(0x0B, 0x100, 0x1F))
"""RFC 8701 §2, for PskKeyExchangeMode: 0x0B, 0x2A, 0x49, …, 0xE4."""
GREASE_16 = frozenset(range(0x0A0A, 0x10000, 0x1010))
"""RFC 8701 §2: 0x0A0A, 0x1A1A, 0x2A2A, …, 0xFAFA."""


class CodePoint(enum.IntEnum):
    """A number with a name (RFC 5246 §4.5). It compares and hashes as the int that it is.

    `str()` and `f"{code}"` give the name; `f"{code:#06x}"` and `f"{code:d}"` give the number.
    """

    @classmethod
    def octets(cls) -> int:
        """The length of the field on the wire, in bytes."""
        raise NotImplementedError(f"{cls.__name__} has no width: derive from Code8 or Code16")

    @classmethod
    def grease_values(cls) -> frozenset[int]:
        """The values of this registry that RFC 8701 reserves; none, unless it says otherwise."""
        return frozenset()

    # Enum's own `name` costs two Python calls each time, and traces want it often.
    if not TYPE_CHECKING:
        name = property(attrgetter("_name_"), doc="The name in the registry.")

    @property
    def is_known(self) -> bool:
        """Whether this is a name of the registry, rather than a made-up one."""
        return self._value_ in type(self)._value2member_map_

    @property
    def is_grease(self) -> bool:
        """Whether this is a value that only tests the peer's tolerance (RFC 8701)."""
        return self._value_ in self.grease_values()

    @cached_property
    def label(self) -> str:
        """Name and number, such as `TLS_RSA_WITH_AES_128_GCM_SHA256 (0x009c)`."""
        return f"{self._name_} ({self._in_hex()})"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, int) or not 0 <= value < 256 ** cls.octets():
            return None  # Enum raises ValueError.
        code = int.__new__(cls, value)
        code._value_ = int(value)
        if value in cls.grease_values():
            code._name_ = f"GREASE_0x{value:0{2 * cls.octets()}X}"
        else:
            code._name_ = f"unknown_{code._in_hex()}"
        return code

    def _in_hex(self) -> str:
        return f"0x{self._value_:0{2 * self.octets()}x}"

    def __str__(self) -> str:
        return self._name_

    def __repr__(self) -> str:
        return f"<{type(self).__name__}.{self._name_}: {self._in_hex()}>"

    def __format__(self, format_spec: str) -> str:
        if format_spec[-1:] in {"b", "d", "o", "x", "X"}:
            return int.__format__(self, format_spec)
        return str.__format__(self._name_, format_spec)

    def __reduce_ex__(self, _protocol: object) -> tuple[type[Self], tuple[int]]:
        # By number: a pseudo-member cannot be found by its name.
        return type(self), (self._value_,)


class Code8(CodePoint):
    """A code point of one byte."""

    @classmethod
    def octets(cls) -> int:
        return 1


class Code16(CodePoint):
    """A code point of two bytes."""

    @classmethod
    def octets(cls) -> int:
        return 2


class GreaseCode16(Code16):
    """A code point of two bytes in whose registry RFC 8701 reserves 0x0A0A, 0x1A1A, …, 0xFAFA."""

    @classmethod
    def grease_values(cls) -> frozenset[int]:
        return GREASE_16


class ProtocolVersion(GreaseCode16):
    """Which SSL, TLS or DTLS (RFC 5246 §6.2.1, RFC 8446 §4.2.1, RFC 9147 §5.3)."""

    SSLv2 = 0x0002
    SSLv3 = 0x0300
    TLSv1_0 = 0x0301
    TLSv1_1 = 0x0302
    TLSv1_2 = 0x0303
    TLSv1_3 = 0x0304
    DTLSv1_3 = 0xFEFC
    DTLSv1_2 = 0xFEFD
    DTLSv1_0 = 0xFEFF

    @property
    def title(self) -> str:
        """As one says it: `TLS 1.2`. A version without a name keeps its made-up one."""
        if not self.is_known:
            return self._name_
        protocol, _, number = self._name_.partition("v")
        return f"{protocol} {number.replace('_', '.') if '_' in number else f'{number}.0'}"


class ContentType(Code8):
    """What a record contains (RFC 5246 §6.2.1)."""

    change_cipher_spec = 20
    alert = 21
    handshake = 22
    application_data = 23
    heartbeat = 24
    tls12_cid = 25
    ACK = 26
    return_routability_check = 27


class HandshakeType(Code8):
    """Which handshake message (RFC 5246 §7.4, RFC 8446 §4)."""

    hello_request = 0
    client_hello = 1
    server_hello = 2
    hello_verify_request = 3
    new_session_ticket = 4
    end_of_early_data = 5
    hello_retry_request_RESERVED = 6
    encrypted_extensions = 8
    request_connection_id = 9
    new_connection_id = 10
    certificate = 11
    server_key_exchange = 12
    certificate_request = 13
    server_hello_done = 14
    certificate_verify = 15
    client_key_exchange = 16
    client_certificate_request = 17
    finished = 20
    certificate_url = 21
    certificate_status = 22
    supplemental_data = 23
    key_update = 24
    compressed_certificate = 25
    ekt_key = 26
    message_hash = 254

    # Not registered.
    next_protocol = 67  # draft-agl-tls-nextprotoneg
    channel_id = 203  # draft-balfanz-tls-channelid


class AlertLevel(Code8):
    """How serious an alert is (RFC 5246 §7.2)."""

    warning = 1
    fatal = 2


class AlertDescription(Code8):
    """What an alert reports (RFC 5246 §7.2, RFC 8446 §6)."""

    close_notify = 0
    unexpected_message = 10
    bad_record_mac = 20
    decryption_failed_RESERVED = 21
    record_overflow = 22
    decompression_failure = 30
    handshake_failure = 40
    no_certificate_RESERVED = 41
    bad_certificate = 42
    unsupported_certificate = 43
    certificate_revoked = 44
    certificate_expired = 45
    certificate_unknown = 46
    illegal_parameter = 47
    unknown_ca = 48
    access_denied = 49
    decode_error = 50
    decrypt_error = 51
    too_many_cids_requested = 52
    export_restriction_RESERVED = 60
    protocol_version = 70
    insufficient_security = 71
    internal_error = 80
    inappropriate_fallback = 86
    user_canceled = 90
    no_renegotiation = 100
    missing_extension = 109
    unsupported_extension = 110
    certificate_unobtainable = 111
    unrecognized_name = 112
    bad_certificate_status_response = 113
    bad_certificate_hash_value = 114
    unknown_psk_identity = 115
    certificate_required = 116
    general_error = 117
    no_application_protocol = 120
    ech_required = 121

    # Not registered.
    end_of_early_data = 1  # draft-ietf-tls-tls13-18 and before; later a handshake message


class CompressionMethod(Code8):
    """How records are compressed (RFC 3749 §2, RFC 3943)."""

    null = 0
    DEFLATE = 1
    LZS = 64


class ExtensionType(GreaseCode16):
    """Which hello extension (RFC 5246 §7.4.1.4, RFC 8446 §4.2)."""

    server_name = 0
    max_fragment_length = 1
    client_certificate_url = 2
    trusted_ca_keys = 3
    truncated_hmac = 4
    status_request = 5
    user_mapping = 6
    client_authz = 7
    server_authz = 8
    cert_type = 9
    supported_groups = 10
    ec_point_formats = 11
    srp = 12
    signature_algorithms = 13
    use_srtp = 14
    heartbeat = 15
    application_layer_protocol_negotiation = 16
    status_request_v2 = 17
    signed_certificate_timestamp = 18
    client_certificate_type = 19
    server_certificate_type = 20
    padding = 21
    encrypt_then_mac = 22
    extended_master_secret = 23
    extended_main_secret = 23  # RFC 9846 renamed it; RFC 7627 and every TLS 1.2 say "master".
    token_binding = 24
    cached_info = 25
    tls_lts = 26
    compress_certificate = 27
    record_size_limit = 28
    pwd_protect = 29
    pwd_clear = 30
    password_salt = 31
    ticket_pinning = 32
    tls_cert_with_extern_psk = 33
    delegated_credential = 34
    session_ticket = 35
    TLMSP = 36
    TLMSP_proxying = 37
    TLMSP_delegate = 38
    supported_ekt_ciphers = 39
    pre_shared_key = 41
    early_data = 42
    supported_versions = 43
    cookie = 44
    psk_key_exchange_modes = 45
    certificate_authorities = 47
    oid_filters = 48
    post_handshake_auth = 49
    signature_algorithms_cert = 50
    key_share = 51
    transparency_info = 52
    connection_id_deprecated = 53
    connection_id = 54
    external_id_hash = 55
    external_session_id = 56
    quic_transport_parameters = 57
    ticket_request = 58
    dnssec_chain = 59
    sequence_number_encryption_algorithms = 60
    rrc = 61
    tls_flags = 62
    ech_outer_extensions = 0xFD00
    encrypted_client_hello = 0xFE0D
    renegotiation_info = 0xFF01

    # Not registered. IANA has 40 and 46 as reserved, because drafts of TLS 1.3 used them.
    key_share_RESERVED = 40  # draft-ietf-tls-tls13-22 and before
    ticket_early_data_info_RESERVED = 46  # draft-ietf-tls-tls13-18 and before
    next_protocol_negotiation = 0x3374  # draft-agl-tls-nextprotoneg
    application_settings_old = 0x4469  # draft-vvv-tls-alps, until Chrome changed the number
    application_settings = 0x44CD  # draft-vvv-tls-alps
    channel_id_old = 0x754F  # draft-balfanz-tls-channelid
    channel_id = 0x7550  # draft-balfanz-tls-channelid
    trust_anchors = 0xCA34  # draft-ietf-tls-trust-anchor-ids
    quic_transport_parameters_draft = 0xFFA5  # drafts of RFC 9001
    encrypted_server_name = 0xFFCE  # drafts of RFC 9849, before ECH


class NamedGroup(GreaseCode16):
    """Which group of a key exchange (RFC 8422 §5.1.1, RFC 7919, RFC 8446 §4.2.7)."""

    sect163k1 = 0x0001
    sect163r1 = 0x0002
    sect163r2 = 0x0003
    sect193r1 = 0x0004
    sect193r2 = 0x0005
    sect233k1 = 0x0006
    sect233r1 = 0x0007
    sect239k1 = 0x0008
    sect283k1 = 0x0009
    sect283r1 = 0x000A
    sect409k1 = 0x000B
    sect409r1 = 0x000C
    sect571k1 = 0x000D
    sect571r1 = 0x000E
    secp160k1 = 0x000F
    secp160r1 = 0x0010
    secp160r2 = 0x0011
    secp192k1 = 0x0012
    secp192r1 = 0x0013
    secp224k1 = 0x0014
    secp224r1 = 0x0015
    secp256k1 = 0x0016
    secp256r1 = 0x0017
    secp384r1 = 0x0018
    secp521r1 = 0x0019
    brainpoolP256r1 = 0x001A
    brainpoolP384r1 = 0x001B
    brainpoolP512r1 = 0x001C
    x25519 = 0x001D
    x448 = 0x001E
    brainpoolP256r1tls13 = 0x001F
    brainpoolP384r1tls13 = 0x0020
    brainpoolP512r1tls13 = 0x0021
    GC256A = 0x0022
    GC256B = 0x0023
    GC256C = 0x0024
    GC256D = 0x0025
    GC512A = 0x0026
    GC512B = 0x0027
    GC512C = 0x0028
    curveSM2 = 0x0029
    ffdhe2048 = 0x0100
    ffdhe3072 = 0x0101
    ffdhe4096 = 0x0102
    ffdhe6144 = 0x0103
    ffdhe8192 = 0x0104
    MLKEM512 = 0x0200
    MLKEM768 = 0x0201
    MLKEM1024 = 0x0202
    SecP256r1MLKEM512 = 0x11E9
    MLKEM512X25519 = 0x11EA
    SecP256r1MLKEM768 = 0x11EB
    X25519MLKEM768 = 0x11EC
    SecP384r1MLKEM1024 = 0x11ED
    curveSM2MLKEM768 = 0x11EE
    X25519Kyber768Draft00 = 0x6399
    SecP256r1Kyber768Draft00 = 0x639A
    arbitrary_explicit_prime_curves = 0xFF01
    arbitrary_explicit_char2_curves = 0xFF02


class SignatureScheme(GreaseCode16):
    """How something is signed (RFC 8446 §4.2.3), or TLS 1.2's pair of hash and signature.

    RFC 8446 names the pairs that TLS 1.3 still has a use for. In TLS 1.2 they are pairs all the
    same: `ecdsa_secp256r1_sha256` means ECDSA with SHA-256 on any curve (RFC 5246 §7.4.1.4.1).
    """

    rsa_pkcs1_sha1 = 0x0201
    ecdsa_sha1 = 0x0203
    rsa_pkcs1_sha256 = 0x0401
    ecdsa_secp256r1_sha256 = 0x0403
    rsa_pkcs1_sha256_legacy = 0x0420
    rsa_pkcs1_sha384 = 0x0501
    ecdsa_secp384r1_sha384 = 0x0503
    rsa_pkcs1_sha384_legacy = 0x0520
    rsa_pkcs1_sha512 = 0x0601
    ecdsa_secp521r1_sha512 = 0x0603
    rsa_pkcs1_sha512_legacy = 0x0620
    eccsi_sha256 = 0x0704
    iso_ibs1 = 0x0705
    iso_ibs2 = 0x0706
    iso_chinese_ibs = 0x0707
    sm2sig_sm3 = 0x0708
    gostr34102012_256a = 0x0709
    gostr34102012_256b = 0x070A
    gostr34102012_256c = 0x070B
    gostr34102012_256d = 0x070C
    gostr34102012_512a = 0x070D
    gostr34102012_512b = 0x070E
    gostr34102012_512c = 0x070F
    rsa_pss_rsae_sha256 = 0x0804
    rsa_pss_rsae_sha384 = 0x0805
    rsa_pss_rsae_sha512 = 0x0806
    ed25519 = 0x0807
    ed448 = 0x0808
    rsa_pss_pss_sha256 = 0x0809
    rsa_pss_pss_sha384 = 0x080A
    rsa_pss_pss_sha512 = 0x080B
    ecdsa_brainpoolP256r1tls13_sha256 = 0x081A
    ecdsa_brainpoolP384r1tls13_sha384 = 0x081B
    ecdsa_brainpoolP512r1tls13_sha512 = 0x081C
    mldsa44 = 0x0904
    mldsa65 = 0x0905
    mldsa87 = 0x0906
    slhdsa_sha2_128s = 0x0911
    slhdsa_sha2_128f = 0x0912
    slhdsa_sha2_192s = 0x0913
    slhdsa_sha2_192f = 0x0914
    slhdsa_sha2_256s = 0x0915
    slhdsa_sha2_256f = 0x0916
    slhdsa_shake_128s = 0x0917
    slhdsa_shake_128f = 0x0918
    slhdsa_shake_192s = 0x0919
    slhdsa_shake_192f = 0x091A
    slhdsa_shake_256s = 0x091B
    slhdsa_shake_256f = 0x091C

    # "Reserved for backward compatibility": the other pairs of RFC 5246 §7.4.1.4.1, named here by
    # their parts as RFC 8446 names the rest: signature, then hash.
    anonymous_none = 0x0000
    rsa_pkcs1_none = 0x0001
    dsa_none = 0x0002
    ecdsa_none = 0x0003
    anonymous_md5 = 0x0100
    rsa_pkcs1_md5 = 0x0101
    dsa_md5 = 0x0102
    ecdsa_md5 = 0x0103
    anonymous_sha1 = 0x0200
    dsa_sha1 = 0x0202
    anonymous_sha224 = 0x0300
    rsa_pkcs1_sha224 = 0x0301
    dsa_sha224 = 0x0302
    ecdsa_sha224 = 0x0303
    anonymous_sha256 = 0x0400
    dsa_sha256 = 0x0402
    anonymous_sha384 = 0x0500
    dsa_sha384 = 0x0502
    anonymous_sha512 = 0x0600
    dsa_sha512 = 0x0602
    gostr34102012_256_intrinsic = 0x0840  # RFC 9189
    gostr34102012_512_intrinsic = 0x0841  # RFC 9189


class HashAlgorithm(Code8):
    """The first byte of TLS 1.2's SignatureAndHashAlgorithm (RFC 5246 §7.4.1.4.1, RFC 8422)."""

    none = 0
    md5 = 1
    sha1 = 2
    sha224 = 3
    sha256 = 4
    sha384 = 5
    sha512 = 6
    Intrinsic = 8


class SignatureAlgorithm(Code8):
    """The second byte of TLS 1.2's SignatureAndHashAlgorithm (RFC 5246 §7.4.1.4.1, RFC 8422)."""

    anonymous = 0
    rsa = 1
    dsa = 2
    ecdsa = 3
    ed25519 = 7
    ed448 = 8
    gostr34102012_256 = 64
    gostr34102012_512 = 65


class ECPointFormat(Code8):
    """How a point of a curve is written (RFC 8422 §5.1.2)."""

    uncompressed = 0
    ansiX962_compressed_prime = 1
    ansiX962_compressed_char2 = 2


class ECCurveType(Code8):
    """How a ServerKeyExchange names its curve (RFC 8422 §5.4)."""

    explicit_prime = 1
    explicit_char2 = 2
    named_curve = 3


class ClientCertificateType(Code8):
    """Which certificates a server asks for (RFC 5246 §7.4.4)."""

    rsa_sign = 1
    dss_sign = 2
    rsa_fixed_dh = 3
    dss_fixed_dh = 4
    rsa_ephemeral_dh_RESERVED = 5
    dss_ephemeral_dh_RESERVED = 6
    fortezza_dms_RESERVED = 20
    ecdsa_sign = 64
    rsa_fixed_ecdh = 65
    ecdsa_fixed_ecdh = 66
    gost_sign256 = 67
    gost_sign512 = 68

    # Not registered.
    GOST_R_34_10_94 = 21  # draft-chudov-cryptopro-cptls
    GOST_R_34_10_2001 = 22  # draft-chudov-cryptopro-cptls
    ibc_params = 80  # TLCP, GM/T 0024


class NameType(Code8):
    """What a server_name is (RFC 6066 §3)."""

    host_name = 0


class CertificateStatusType(Code8):
    """Which proof that a certificate is not revoked (RFC 6066 §8, RFC 6961 §2.2)."""

    ocsp = 1
    ocsp_multi = 2


class PskKeyExchangeMode(Code8):
    """Whether a pre-shared key comes with a Diffie-Hellman exchange (RFC 8446 §4.2.9)."""

    psk_ke = 0
    psk_dhe_ke = 1

    @classmethod
    def grease_values(cls) -> frozenset[int]:
        return GREASE_8


class KeyUpdateRequest(Code8):
    """Whether the peer is to change its keys too (RFC 8446 §4.6.3)."""

    update_not_requested = 0
    update_requested = 1


class CertificateCompressionAlgorithm(Code16):
    """How a Certificate message is compressed (RFC 8879 §3)."""

    zlib = 1
    brotli = 2
    zstd = 3
