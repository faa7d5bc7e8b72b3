"""How TLS 1.2 protects the records of one direction (RFC 5246 §6.2.3).

Five kinds, one shape: each counts its records and leaves the work to the primitives.
"""

from collections.abc import Callable
from functools import partial

from tlslab.connection.record import Protection
from tlslab.crypto.ciphers import (
    BLOCK,
    CHACHA20_TAG,
    GCM_EXPLICIT_NONCE,
    GCM_TAG,
    MAC_LENGTHS,
    cbc_decrypt,
    chacha20_nonce,
)
from tlslab.crypto.suites import CipherType, Suite
from tlslab.primitives import Primitives
from tlslab.trace import RecordDetails, Span
from tlslab.wire.framing import (
    MAX_CIPHERTEXT,
    RECORD_HEADER_LENGTH,
    part_spans,
    record_spans,
)

DrawIV = Callable[[], bytes]


def make_protection(
    suite: Suite,
    encrypt_then_mac: bool,
    primitives: Primitives,
    mac_key: bytes,
    enc_key: bytes,
    fixed_iv: bytes,
    draw_iv: DrawIV,
) -> Protection:
    """The protection of one direction. draw_iv: 16 unpredictable bytes for each CBC record."""
    if suite.cipher_type is CipherType.CHACHA20:
        return ChaCha20(suite, primitives, enc_key, fixed_iv)
    if suite.cipher_type is CipherType.GCM:
        return GCM(suite, primitives, enc_key, fixed_iv)
    if suite.cipher_type is CipherType.CBC and encrypt_then_mac:
        return EncryptThenMAC(suite, primitives, mac_key, enc_key, draw_iv)
    if suite.cipher_type is CipherType.CBC:
        return CBC(suite, primitives, mac_key, enc_key, draw_iv)
    return MACOnly(suite, primitives, mac_key)


class MACOnly:
    """GenericStreamCipher with the NULL cipher: the content in the clear, and a MAC."""

    max_fragment = MAX_CIPHERTEXT
    in_the_clear: frozenset[int] = frozenset()

    def __init__(self, suite: Suite, primitives: Primitives, mac_key: bytes) -> None:
        self.name = suite.name
        self.sequence_number = 0
        self._primitives = primitives
        self._mac_key = mac_key
        self._hash = suite.mac_hash

    def protect(self, type: int, version: int, content: bytes) -> tuple[int, bytes]:
        """The content, then the MAC."""
        fragment = self._primitives.mac_protect(
            self._mac_key, self.sequence_number, type, version, content, self._hash
        )
        self.sequence_number += 1
        return type, fragment

    def unprotect(self, type: int, version: int, fragment: bytes) -> tuple[int, bytes]:
        """The content. Raises ProtocolError: bad_record_mac."""
        content = self._primitives.mac_unprotect(
            self._mac_key, self.sequence_number, type, version, fragment, self._hash
        )
        self.sequence_number += 1
        return type, content

    def details(self, sequence_number: int, raw: bytes) -> RecordDetails:
        """Content and MAC; the additional data is what the MAC covers beside the content."""
        mac = MAC_LENGTHS[self._hash]
        fragment = raw[RECORD_HEADER_LENGTH:]
        if len(fragment) < mac:
            return RecordDetails(partial(record_spans, raw))
        parts = (("content", -1), ("MAC", mac))
        return RecordDetails(
            partial(record_spans, raw, parts),
            b"",
            self._primitives.additional_data(*_header(sequence_number, raw, len(fragment) - mac)),
            fragment,
            partial(part_spans, "fragment", fragment, parts),
        )


class CBC:
    """GenericBlockCipher: IV, then content, MAC and padding enciphered."""

    max_fragment = MAX_CIPHERTEXT
    in_the_clear: frozenset[int] = frozenset()

    def __init__(
        self,
        suite: Suite,
        primitives: Primitives,
        mac_key: bytes,
        enc_key: bytes,
        draw_iv: DrawIV,
    ) -> None:
        self.name = suite.name
        self.sequence_number = 0
        self._primitives = primitives
        self._mac_key = mac_key
        self._enc_key = enc_key
        self._draw_iv = draw_iv
        self._hash = suite.mac_hash

    def protect(self, type: int, version: int, content: bytes) -> tuple[int, bytes]:
        """IV + ciphertext."""
        fragment = self._primitives.cbc_protect(
            self._enc_key,
            self._mac_key,
            self._draw_iv(),
            self.sequence_number,
            type,
            version,
            content,
            self._hash,
        )
        self.sequence_number += 1
        return type, fragment

    def unprotect(self, type: int, version: int, fragment: bytes) -> tuple[int, bytes]:
        """The content. Raises ProtocolError: bad_record_mac."""
        content = self._primitives.cbc_unprotect(
            self._enc_key, self._mac_key, self.sequence_number, type, version, fragment, self._hash
        )
        self.sequence_number += 1
        return type, content

    def details(self, sequence_number: int, raw: bytes) -> RecordDetails:
        """IV and ciphertext; inside, content, MAC, padding and padding_length."""
        fragment = raw[RECORD_HEADER_LENGTH:]
        if len(fragment) % BLOCK or len(fragment) < 2 * BLOCK:
            return RecordDetails(partial(record_spans, raw))
        annotate = partial(record_spans, raw, (("IV", BLOCK), ("ciphertext", -1)))
        inner = cbc_decrypt(self._enc_key, fragment)
        mac = MAC_LENGTHS[self._hash]
        content = len(inner) - mac - inner[-1] - 1
        if content < 0:
            undecoded = (Span("fragment.undecoded", 0, len(inner), "the padding is wrong"),)
            annotate_inner = partial(tuple[Span, ...], undecoded)
            return RecordDetails(annotate, fragment[:BLOCK], b"", inner, annotate_inner)
        parts = (("content", content), ("MAC", mac), ("padding", inner[-1]), ("padding_length", 1))
        return RecordDetails(
            annotate,
            fragment[:BLOCK],
            self._primitives.additional_data(*_header(sequence_number, raw, content)),
            inner,
            partial(part_spans, "fragment", inner, parts),
        )


class EncryptThenMAC(CBC):
    """GenericBlockCipher the other way round: IV, content and padding enciphered, then the MAC
    over all of it (RFC 7366 §3).
    """

    def protect(self, type: int, version: int, content: bytes) -> tuple[int, bytes]:
        """IV + ciphertext + MAC."""
        fragment = self._primitives.etm_protect(
            self._enc_key,
            self._mac_key,
            self._draw_iv(),
            self.sequence_number,
            type,
            version,
            content,
            self._hash,
        )
        self.sequence_number += 1
        return type, fragment

    def unprotect(self, type: int, version: int, fragment: bytes) -> tuple[int, bytes]:
        """The content. Raises ProtocolError: bad_record_mac."""
        content = self._primitives.etm_unprotect(
            self._enc_key, self._mac_key, self.sequence_number, type, version, fragment, self._hash
        )
        self.sequence_number += 1
        return type, content

    def details(self, sequence_number: int, raw: bytes) -> RecordDetails:
        """IV, ciphertext and MAC; inside, content, padding and padding_length."""
        fragment = raw[RECORD_HEADER_LENGTH:]
        mac = MAC_LENGTHS[self._hash]
        enciphered = fragment[: len(fragment) - mac]
        if len(fragment) < mac or len(enciphered) % BLOCK or len(enciphered) < 2 * BLOCK:
            return RecordDetails(partial(record_spans, raw))
        parts = (("IV", BLOCK), ("ciphertext", -1), ("MAC", mac))
        annotate = partial(record_spans, raw, parts)
        header = _header(sequence_number, raw, len(enciphered))
        inner = cbc_decrypt(self._enc_key, enciphered)
        content = len(inner) - inner[-1] - 1
        inner_parts = (("content", content), ("padding", inner[-1]), ("padding_length", 1))
        annotate_inner = partial(part_spans, "fragment", inner, inner_parts)
        if content < 0:
            undecoded = (Span("fragment.undecoded", 0, len(inner), "the padding is wrong"),)
            annotate_inner = partial(tuple[Span, ...], undecoded)
        return RecordDetails(
            annotate,
            fragment[:BLOCK],
            self._primitives.additional_data(*header),
            inner,
            annotate_inner,
        )


class GCM:
    """GenericAEADCipher with AES-GCM. The explicit nonce is the sequence number (RFC 5288 §3)."""

    max_fragment = MAX_CIPHERTEXT
    in_the_clear: frozenset[int] = frozenset()

    def __init__(
        self, suite: Suite, primitives: Primitives, enc_key: bytes, fixed_iv: bytes
    ) -> None:
        self.name = suite.name
        self.sequence_number = 0
        self._primitives = primitives
        self._enc_key = enc_key
        self._fixed_iv = fixed_iv

    def protect(self, type: int, version: int, content: bytes) -> tuple[int, bytes]:
        """nonce_explicit + ciphertext + tag."""
        sequence_number = self.sequence_number
        fragment = self._primitives.gcm_protect(
            self._enc_key,
            self._fixed_iv,
            sequence_number.to_bytes(GCM_EXPLICIT_NONCE, "big"),
            sequence_number,
            type,
            version,
            content,
        )
        self.sequence_number = sequence_number + 1
        return type, fragment

    def unprotect(self, type: int, version: int, fragment: bytes) -> tuple[int, bytes]:
        """The content. Raises ProtocolError: bad_record_mac."""
        content = self._primitives.gcm_unprotect(
            self._enc_key, self._fixed_iv, self.sequence_number, type, version, fragment
        )
        self.sequence_number += 1
        return type, content

    def details(self, sequence_number: int, raw: bytes) -> RecordDetails:
        """Explicit nonce, ciphertext and tag; the whole nonce and the additional data."""
        fragment = raw[RECORD_HEADER_LENGTH:]
        content = len(fragment) - GCM_EXPLICIT_NONCE - GCM_TAG
        if content < 0:
            return RecordDetails(partial(record_spans, raw))
        parts = (
            ("nonce_explicit", GCM_EXPLICIT_NONCE),
            ("ciphertext", -1),
            ("tag", GCM_TAG),
        )
        return RecordDetails(
            partial(record_spans, raw, parts),
            self._fixed_iv + fragment[:GCM_EXPLICIT_NONCE],
            self._primitives.additional_data(*_header(sequence_number, raw, content)),
        )


class ChaCha20:
    """GenericAEADCipher with ChaCha20-Poly1305. No part of the nonce is sent (RFC 7905 §2)."""

    max_fragment = MAX_CIPHERTEXT
    in_the_clear: frozenset[int] = frozenset()

    def __init__(
        self, suite: Suite, primitives: Primitives, enc_key: bytes, fixed_iv: bytes
    ) -> None:
        self.name = suite.name
        self.sequence_number = 0
        self._primitives = primitives
        self._enc_key = enc_key
        self._fixed_iv = fixed_iv

    def protect(self, type: int, version: int, content: bytes) -> tuple[int, bytes]:
        """The ciphertext, then the tag."""
        fragment = self._primitives.chacha20_protect(
            self._enc_key, self._fixed_iv, self.sequence_number, type, version, content
        )
        self.sequence_number += 1
        return type, fragment

    def unprotect(self, type: int, version: int, fragment: bytes) -> tuple[int, bytes]:
        """The content. Raises ProtocolError: bad_record_mac."""
        content = self._primitives.chacha20_unprotect(
            self._enc_key, self._fixed_iv, self.sequence_number, type, version, fragment
        )
        self.sequence_number += 1
        return type, content

    def details(self, sequence_number: int, raw: bytes) -> RecordDetails:
        """Ciphertext and tag; the nonce and the additional data."""
        content = len(raw) - RECORD_HEADER_LENGTH - CHACHA20_TAG
        if content < 0:
            return RecordDetails(partial(record_spans, raw))
        return RecordDetails(
            partial(record_spans, raw, (("ciphertext", -1), ("tag", CHACHA20_TAG))),
            chacha20_nonce(self._fixed_iv, sequence_number),
            self._primitives.additional_data(*_header(sequence_number, raw, content)),
        )


def _header(sequence_number: int, raw: bytes, length: int) -> tuple[int, int, int, int]:
    """The arguments of `additional_data` for a whole record."""
    return sequence_number, raw[0], int.from_bytes(raw[1:3], "big"), length
