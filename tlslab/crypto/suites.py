"""What a cipher suite stands for: key exchange, cipher and hash function (RFC 5246 Appendix C).

To add a suite whose parts exist already, add its line to `SUITES`.
"""

from dataclasses import dataclass
from enum import StrEnum

from tlslab.wire.registry import CipherSuite


class KeyExchange(StrEnum):
    """How both sides come to the same premaster secret."""

    RSA = "RSA"


class CipherType(StrEnum):
    """How a record is protected (RFC 5246 §6.2.3)."""

    MAC = "MAC only, no encryption"
    CBC = "AES-CBC with HMAC"
    GCM = "AES-GCM"


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


def _table(*suites: Suite) -> dict[CipherSuite, Suite]:
    return {suite.code: suite for suite in suites}


_S, _K, _T = CipherSuite, KeyExchange, CipherType

# fmt: off
SUITES: dict[CipherSuite, Suite] = _table(
    #                                                           key  MAC  IV
    Suite(_S.TLS_RSA_WITH_AES_256_GCM_SHA384, _K.RSA, _T.GCM, 32, 0, 4, "", "sha384"),
    Suite(_S.TLS_RSA_WITH_AES_128_GCM_SHA256, _K.RSA, _T.GCM, 16, 0, 4, "", "sha256"),
    Suite(_S.TLS_RSA_WITH_AES_256_CBC_SHA256, _K.RSA, _T.CBC, 32, 32, 0, "sha256", "sha256"),
    Suite(_S.TLS_RSA_WITH_AES_128_CBC_SHA256, _K.RSA, _T.CBC, 16, 32, 0, "sha256", "sha256"),
    Suite(_S.TLS_RSA_WITH_AES_256_CBC_SHA, _K.RSA, _T.CBC, 32, 20, 0, "sha1", "sha256"),
    Suite(_S.TLS_RSA_WITH_AES_128_CBC_SHA, _K.RSA, _T.CBC, 16, 20, 0, "sha1", "sha256"),
    Suite(_S.TLS_RSA_WITH_NULL_SHA256, _K.RSA, _T.MAC, 0, 32, 0, "sha256", "sha256"),
)
# fmt: on

DEFAULT_SUITES: tuple[CipherSuite, ...] = tuple(
    suite.code for suite in SUITES.values() if suite.cipher_type is CipherType.GCM
)
"""What is offered unless somebody asks for more by name: no NULL, no CBC."""
