"""How a record is protected in TLS 1.3 (RFC 8446 §5.2 to §5.4).

There is one way: AEAD over a TLSInnerPlaintext, which hides the type and the length of the content.
The nonce is not sent, since both sides count the records; the header of the record is the
additional data.
"""

from collections.abc import Callable
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from tlslab.crypto.suites import CipherType
from tlslab.errors import ProtocolError

TAG_LENGTH = 16
"""What each AEAD of TLS 1.3 that is implemented adds to a plaintext."""

_HEADER = 0x17_03_03 << 16  # opaque_type application_data, legacy_record_version TLS 1.2

PerRecordNonce = Callable[[bytes, int], bytes]
AdditionalData = Callable[[int], bytes]


def per_record_nonce(iv: bytes, seq_num: int) -> bytes:
    """The sequence number, as long as the IV, exclusive-or the IV: 12 bytes (RFC 8446 §5.3).

    iv: the [sender]_write_iv. seq_num: how many records these keys have protected before this one.
    """
    return (int.from_bytes(iv, "big") ^ seq_num).to_bytes(len(iv), "big")


def tls13_additional_data(length: int) -> bytes:
    """opaque_type, legacy_record_version, length: the 5 bytes of the record header (RFC 8446 §5.2).

    length: of the encrypted_record, which is that of the TLSInnerPlaintext and the tag.
    """
    return (_HEADER | length).to_bytes(5, "big")


def inner_plaintext(content: bytes, type: int, padding: int = 0) -> bytes:
    """TLSInnerPlaintext: content, then its type, then so many zeros (RFC 8446 §5.2, §5.4)."""
    return content + bytes([type]) + bytes(padding)


def open_inner_plaintext(plaintext: bytes) -> tuple[int, bytes]:
    """The type and the content of what `inner_plaintext` made: the last byte that is no zero is the
    type (RFC 8446 §5.4).

    Raises ProtocolError: unexpected_message for zeros alone.
    """
    unpadded = plaintext.rstrip(b"\0")
    if not unpadded:
        raise ProtocolError(
            "unexpected_message",
            "the record holds padding alone, and no content type",
            where="record.fragment",
            section="RFC 8446 §5.4",
        )
    return unpadded[-1], unpadded[:-1]


def aead_protect(
    cipher: CipherType,
    key: bytes,
    iv: bytes,
    seq_num: int,
    plaintext: bytes,
    *,
    per_record_nonce: PerRecordNonce = per_record_nonce,
    tls13_additional_data: AdditionalData = tls13_additional_data,
) -> bytes:
    """AEADEncrypted: the encrypted_record, 16 bytes longer than `plaintext` (RFC 8446 §5.2).

    cipher: GCM or CHACHA20. plaintext: a TLSInnerPlaintext.
    """
    header = tls13_additional_data(len(plaintext) + TAG_LENGTH)
    return _aead(cipher, key).encrypt(per_record_nonce(iv, seq_num), plaintext, header)


def aead_unprotect(
    cipher: CipherType,
    key: bytes,
    iv: bytes,
    seq_num: int,
    ciphertext: bytes,
    *,
    per_record_nonce: PerRecordNonce = per_record_nonce,
    tls13_additional_data: AdditionalData = tls13_additional_data,
) -> bytes:
    """The TLSInnerPlaintext of what `aead_protect` made. Raises ProtocolError: bad_record_mac."""
    header = tls13_additional_data(len(ciphertext))
    try:
        return _aead(cipher, key).decrypt(per_record_nonce(iv, seq_num), ciphertext, header)
    except InvalidTag:
        raise ProtocolError(
            "bad_record_mac",
            "the record was not made with these keys, or was changed on the way",
            where="record.fragment",
            section="RFC 8446 §5.2",
        ) from None


@lru_cache(maxsize=64)
def _aead(cipher: CipherType, key: bytes) -> AESGCM | ChaCha20Poly1305:
    # A key protects many records, and setting it up would take a fifth of the time for each.
    return ChaCha20Poly1305(key) if cipher is CipherType.CHACHA20 else AESGCM(key)
