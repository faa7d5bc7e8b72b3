"""What a cipher suite stands for: key exchange, cipher and hash function (RFC 5246 Appendix C), and
in TLS 1.3 the last two alone (RFC 8446 Appendix B.4).

To add a suite of TLS 1.2 whose parts exist already, add its name to `_COMBINATIONS`.
"""

from dataclasses import dataclass
from enum import StrEnum

from tlslab.wire.registry import CipherSuite


class KeyExchange(StrEnum):
    """How both sides come to the same premaster secret, and whose key signs for it."""

    RSA = "RSA"
    DHE_RSA = "DHE_RSA"
    ECDHE_RSA = "ECDHE_RSA"
    ECDHE_ECDSA = "ECDHE_ECDSA"


ECDHE = frozenset({KeyExchange.ECDHE_ECDSA, KeyExchange.ECDHE_RSA})
"""The exchanges on a curve."""


class CipherType(StrEnum):
    """How a record is protected (RFC 5246 §6.2.3)."""

    MAC = "MAC only, no encryption"
    CBC = "AES-CBC with HMAC"
    GCM = "AES-GCM"
    CHACHA20 = "ChaCha20-Poly1305"

    @property
    def is_aead(self) -> bool:
        """Whether one algorithm encrypts and authenticates."""
        return self in (CipherType.GCM, CipherType.CHACHA20)

    @property
    def is_block_cipher(self) -> bool:
        """Whether it pads, so that MAC and encryption can stand in either order (RFC 7366)."""
        return self is CipherType.CBC


@dataclass(frozen=True, slots=True)
class Suite:
    """The parameters of a cipher suite; lengths in bytes (RFC 5246 §6.1, Appendix C).

    mac_hash: of the HMAC of each record, "" for AEAD; prf_hash: of the PRF and the transcript.
    enc_key_length, mac_key_length, fixed_iv_length: what is cut from the key block.
    """

    code: CipherSuite
    key_exchange: KeyExchange
    cipher_type: CipherType
    enc_key_length: int
    mac_key_length: int
    fixed_iv_length: int
    mac_hash: str
    prf_hash: str

    @property
    def name(self) -> str:
        """The name IANA gives it."""
        return self.code.name

    @property
    def key_block_length(self) -> int:
        """How many bytes of key block it takes."""
        return 2 * (self.mac_key_length + self.enc_key_length + self.fixed_iv_length)


# What stands behind WITH in a suite's name, and what it means: how records are protected; bytes of
# encryption key, MAC key and IV that the key block has to give; the hash of the MAC, of the PRF.
_CIPHERS: dict[str, tuple[CipherType, int, int, int, str, str]] = {
    "AES_256_GCM_SHA384": (CipherType.GCM, 32, 0, 4, "", "sha384"),
    "AES_128_GCM_SHA256": (CipherType.GCM, 16, 0, 4, "", "sha256"),
    "CHACHA20_POLY1305_SHA256": (CipherType.CHACHA20, 32, 0, 12, "", "sha256"),
    "AES_256_CBC_SHA384": (CipherType.CBC, 32, 48, 0, "sha384", "sha384"),
    "AES_256_CBC_SHA256": (CipherType.CBC, 32, 32, 0, "sha256", "sha256"),
    "AES_128_CBC_SHA256": (CipherType.CBC, 16, 32, 0, "sha256", "sha256"),
    "AES_256_CBC_SHA": (CipherType.CBC, 32, 20, 0, "sha1", "sha256"),
    "AES_128_CBC_SHA": (CipherType.CBC, 16, 20, 0, "sha1", "sha256"),
    "NULL_SHA256": (CipherType.MAC, 0, 32, 0, "sha256", "sha256"),
}
_OLD_CBC = ("AES_128_CBC_SHA256", "AES_256_CBC_SHA", "AES_128_CBC_SHA")
_GCM = ("AES_256_GCM_SHA384", "AES_128_GCM_SHA256")
_ELLIPTIC = (*_GCM, "CHACHA20_POLY1305_SHA256", "AES_256_CBC_SHA384", *_OLD_CBC)
# Which of them IANA has names for, with each key exchange; the dearest first.
_COMBINATIONS = {
    KeyExchange.ECDHE_ECDSA: _ELLIPTIC,
    KeyExchange.ECDHE_RSA: _ELLIPTIC,
    KeyExchange.DHE_RSA: (*_GCM, "CHACHA20_POLY1305_SHA256", "AES_256_CBC_SHA256", *_OLD_CBC),
    KeyExchange.RSA: (*_GCM, "AES_256_CBC_SHA256", *_OLD_CBC, "NULL_SHA256"),
}

SUITES: dict[CipherSuite, Suite] = {
    suite.code: suite
    for exchange, ciphers in _COMBINATIONS.items()
    for cipher in ciphers
    for suite in [Suite(CipherSuite[f"TLS_{exchange}_WITH_{cipher}"], exchange, *_CIPHERS[cipher])]
}
"""Every suite that is implemented, the dearest first."""


@dataclass(frozen=True, slots=True)
class Tls13Suite:
    """The parameters of a suite of TLS 1.3 (RFC 8446 §4.1.2, Appendix B.4).

    cipher_type: GCM or CHACHA20. key_length: in bytes. hash_name: of HKDF and of the transcript.
    """

    code: CipherSuite
    cipher_type: CipherType
    key_length: int
    hash_name: str

    @property
    def name(self) -> str:
        """The name IANA gives it."""
        return self.code.name


TLS13_SUITES: dict[CipherSuite, Tls13Suite] = {
    suite.code: suite
    for suite in (
        Tls13Suite(CipherSuite.TLS_AES_128_GCM_SHA256, CipherType.GCM, 16, "sha256"),
        Tls13Suite(CipherSuite.TLS_AES_256_GCM_SHA384, CipherType.GCM, 32, "sha384"),
        Tls13Suite(CipherSuite.TLS_CHACHA20_POLY1305_SHA256, CipherType.CHACHA20, 32, "sha256"),
    )
}
"""The suites of TLS 1.3, first the one that every implementation MUST have (RFC 8446 §9.1)."""

DEFAULT_SUITES: tuple[CipherSuite, ...] = (
    *TLS13_SUITES,
    *(
        suite.code
        for suite in SUITES.values()
        if suite.key_exchange in ECDHE and suite.cipher_type.is_aead
    ),
)
"""What is offered unless somebody asks for more by name: forward secrecy, AEAD (RFC 9325)"""
