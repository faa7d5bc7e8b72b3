"""How TLS 1.3 protects the records of one direction (RFC 8446 §5.2).

On the wire every protected record is one of application data; its true type stands inside, behind
the content and before the padding.
"""

from functools import partial

from tlslab.connection.record import Plaintext, Protection
from tlslab.crypto.suites import Tls13Suite
from tlslab.crypto.tls13_ciphers import TAG_LENGTH
from tlslab.errors import ProtocolError
from tlslab.primitives import Primitives
from tlslab.trace import RecordDetails
from tlslab.wire.codec import Span
from tlslab.wire.framing import (
    MAX_PLAINTEXT,
    RECORD_HEADER_LENGTH,
    part_spans,
    record_spans,
)
from tlslab.wire.registry import ContentType, ProtocolVersion

MAX_ENCRYPTED = MAX_PLAINTEXT + 256
"""RFC 8446 §5.2: the length of an encrypted_record MUST NOT exceed 2^14 + 256 bytes."""
MAX_INNER = MAX_PLAINTEXT + 1
"""RFC 8446 §5.4: content, type and padding together."""
ALERT_LENGTH = 2
IN_THE_CLEAR: frozenset[int] = frozenset(
    {ContentType.change_cipher_spec, ContentType.alert, ContentType.handshake}
)
"""By its header, a protected record is one of application data; no other is."""


class AEAD:
    """One direction's keys.

    padding: a TLSInnerPlaintext is filled up to a multiple of so many bytes; 0 for none.
    takes_plain_alert: whether the peer may not have these keys yet, so that its first record may be
    an alert in the clear. max_inner: the longest TLSInnerPlaintext, in bytes, either way.
    """

    max_fragment = MAX_ENCRYPTED
    in_the_clear = IN_THE_CLEAR

    def __init__(
        self,
        suite: Tls13Suite,
        primitives: Primitives,
        key: bytes,
        iv: bytes,
        *,
        padding: int = 0,
        takes_plain_alert: bool = False,
    ) -> None:
        self.name = suite.name
        self.sequence_number = 0
        self.max_inner = MAX_INNER
        self._primitives = primitives
        self._cipher = suite.cipher_type
        self._key = key
        self._iv = iv
        self._padding = padding
        self._takes_plain_alert = takes_plain_alert

    def protect(self, type: int, version: int, content: bytes) -> tuple[int, bytes]:
        """The encrypted_record: content, type and padding, enciphered, and the tag."""
        if type == ContentType.change_cipher_spec:
            return type, content  # RFC 8446 §5: always in the clear, and no record that counts.
        primitives = self._primitives
        inner = primitives.inner_plaintext(content, type, self._padding_for(len(content)))
        encrypted = primitives.aead_protect(
            self._cipher, self._key, self._iv, self.sequence_number, inner
        )
        self.sequence_number += 1
        return ContentType.application_data, encrypted

    def unprotect(self, type: int, version: int, fragment: bytes) -> tuple[int, bytes] | None:
        """The type and the content inside. Raises ProtocolError: bad_record_mac and others."""
        if type != ContentType.application_data:
            return self._in_the_clear(type, fragment)
        # The header is the additional data, and has this version (RFC 8446 §5.2).
        if version != ProtocolVersion.TLSv1_2:
            raise ProtocolError(
                "bad_record_mac",
                f"a protected record is of version {ProtocolVersion.TLSv1_2.label} by its header",
                where="record.version",
                section="RFC 8446 §5.2",
            )
        primitives = self._primitives
        inner = primitives.aead_unprotect(
            self._cipher, self._key, self._iv, self.sequence_number, fragment
        )
        self.sequence_number += 1
        if len(inner) > self.max_inner:
            raise ProtocolError(
                "record_overflow",
                f"{len(inner)} bytes inside, at most {self.max_inner} are allowed",
                where="record.length",
                section="RFC 8446 §5.4" if self.max_inner == MAX_INNER else "RFC 8449 §4",
            )
        inner_type, content = primitives.open_inner_plaintext(inner)
        if inner_type == ContentType.change_cipher_spec:
            raise ProtocolError(
                "unexpected_message",
                "a protected change_cipher_spec",
                where="record.type",
                section="RFC 8446 §5",
            )
        return inner_type, content

    def _in_the_clear(self, type: int, fragment: bytes) -> tuple[int, bytes]:
        is_alert = type == ContentType.alert and len(fragment) == ALERT_LENGTH
        is_first = self._takes_plain_alert and self.sequence_number == 0
        if type == ContentType.change_cipher_spec or (is_alert and is_first):
            return type, fragment
        raise ProtocolError(
            "unexpected_message",
            f"a record of type {ContentType(type).name} that is not protected",
            where="record.type",
            section="RFC 8446 §5",
        )

    def _padding_for(self, length: int) -> int:
        if not self._padding:
            return 0
        return min(-(length + 1) % self._padding, self.max_inner - length - 1)

    def details(self, sequence_number: int, raw: bytes) -> RecordDetails:
        """Ciphertext and tag; inside, content, type and padding."""
        fragment = raw[RECORD_HEADER_LENGTH:]
        if raw[0] != ContentType.application_data or len(fragment) < TAG_LENGTH:
            return RecordDetails(partial(record_spans, raw))
        annotate = partial(record_spans, raw, (("ciphertext", -1), ("tag", TAG_LENGTH)))
        nonce = self._primitives.per_record_nonce(self._iv, sequence_number)
        header = self._primitives.tls13_additional_data(len(fragment))
        try:
            inner = self._primitives.aead_unprotect(
                self._cipher, self._key, self._iv, sequence_number, fragment
            )
            _, content = self._primitives.open_inner_plaintext(inner)
        except ProtocolError:
            return RecordDetails(annotate, nonce, header)
        parts: tuple[tuple[str, int], ...] = (("content", len(content)), ("type", 1))
        if len(inner) > len(content) + 1:
            parts = (*parts, ("zeros", -1))
        annotate_inner = partial(_inner_spans, inner, parts)
        return RecordDetails(annotate, nonce, header, inner, annotate_inner)


def _inner_spans(inner: bytes, parts: tuple[tuple[str, int], ...]) -> tuple[Span, ...]:
    """Content, type and zeros; the type with its name."""
    content, kind, *zeros = part_spans("inner_plaintext", inner, parts)
    return content, kind._replace(value=ContentType(inner[kind.start]).label), *zeros


class PassingOver:
    """Reads with `keys`, and passes over the early data that the server has refused: records that
    it cannot open, until the first one that it can (RFC 8446 §4.2.10).

    keys: of the client's second flight; `Plaintext` after a HelloRetryRequest, when that is a
    ClientHello. room: how many bytes of records may be passed over.
    """

    def __init__(self, keys: Protection, room: int) -> None:
        self.name = keys.name
        self.in_the_clear = keys.in_the_clear
        self.max_fragment = MAX_ENCRYPTED
        self._keys = keys
        self._room = room

    @property
    def sequence_number(self) -> int:
        """That of the keys."""
        return self._keys.sequence_number

    def protect(self, type: int, version: int, content: bytes) -> tuple[int, bytes]:
        """As the keys do."""
        return self._keys.protect(type, version, content)

    def unprotect(self, type: int, version: int, fragment: bytes) -> tuple[int, bytes] | None:
        """What the keys open; None for a record of early data."""
        if type != ContentType.application_data:
            return self._keys.unprotect(type, version, fragment)
        if isinstance(self._keys, Plaintext):
            self._pass_over(fragment)
            return None
        try:
            opened = self._keys.unprotect(type, version, fragment)
        except ProtocolError as error:
            if error.alert != "bad_record_mac" or not self._room:
                raise
            self._pass_over(fragment)
            return None
        self._room = 0
        return opened

    def _pass_over(self, fragment: bytes) -> None:
        # With their headers, for there may be any number of empty ones.
        length = RECORD_HEADER_LENGTH + len(fragment)
        if length > self._room:
            raise ProtocolError(
                "unexpected_message",
                "more early data than a server passes over that has refused them",
                section="RFC 8446 §4.2.10",
            )
        self._room -= length

    def details(self, sequence_number: int, raw: bytes) -> RecordDetails:
        """As the keys have it."""
        return self._keys.details(sequence_number, raw)
