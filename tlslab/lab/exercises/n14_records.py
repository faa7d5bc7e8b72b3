"""Exercises of notebook 14 on records: nonce, additional data, and what stands inside."""

from collections.abc import Callable, Iterator
from typing import Any

from tlslab.crypto.tls13_ciphers import (
    TAG_LENGTH,
    inner_plaintext,
    open_inner_plaintext,
    per_record_nonce,
    tls13_additional_data,
)
from tlslab.errors import ProtocolError
from tlslab.lab import rfc8448
from tlslab.lab.configs import Seed
from tlslab.lab.exercises.exercise import Answer, Case, Exercise, Mistake, SeededBytes, refused
from tlslab.lab.exercises.records import ALERT, APPLICATION_DATA, CLOSE_NOTIFY, HANDSHAKE, HEADER
from tlslab.lab.randomness import SeededRandom

# RFC 9001 A.5: a packet of QUIC, which makes its nonces in the same way (§5.3).
QUIC_IV = bytes.fromhex("e0459b3474bdd0e44a41c144")
QUIC_NUMBER = 654_360_564
QUIC_NONCE = bytes.fromhex("e0459b3474bdd0e46d417eb0")

# -- the nonce ----------------------------------------------------------------------------------


def nonce_cases(draw: SeededBytes) -> Iterator[Case]:
    """A nonce of RFC 9001, and numbers of one to eight bytes."""
    yield Case("a nonce of RFC 9001", (QUIC_IV, QUIC_NUMBER), QUIC_NONCE)
    iv = rfc8448.PUBLISHED["server_application_write_iv_0"]
    for number in (0, 1, 2, 255, 256, 2**32 + 7, 2**64 - 1):
        yield Case(f"the IV of RFC 8448's server, record {number}", (iv, number))
    yield Case("a drawn IV", (draw("iv", 12), int.from_bytes(draw("number", 3), "big")))


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


# -- the additional data ------------------------------------------------------------------------


def additional_data_cases(draw: SeededBytes) -> Iterator[Case]:
    """The headers of RFC 8448's records, and other lengths."""
    for what, record in (
        ("data", rfc8448.CLIENT_DATA),
        ("flight", rfc8448.SERVER_FLIGHT),
        ("close_notify", rfc8448.SERVER_CLOSE),
    ):
        header = record[:HEADER]
        yield Case(f"RFC 8448: a record with {what}", (len(record) - HEADER,), header)
    for length in (17, 256, 16_640, 20 + int.from_bytes(draw("length", 1), "big")):
        yield Case(f"{length} bytes behind the header", (length,))


def _header(
    *, type: int = APPLICATION_DATA, version: int = 0x0303, more: int = 0, order: Any = "big"
) -> Callable[[int], bytes]:
    """A header with these parts. more: what is added to the length."""

    def function(length: int) -> bytes:
        return bytes([type]) + version.to_bytes(2, order) + (length + more).to_bytes(2, order)

    return function


# -- what stands inside -------------------------------------------------------------------------


def inner_cases(draw: SeededBytes) -> Iterator[Case]:
    """Contents of each type, with and without zeros; each is what RFC 8446 §5.2 makes of it."""
    yield Case("a close_notify", (CLOSE_NOTIFY, ALERT, 0), b"\x01\x00\x15")
    yield Case("data and three zeros", (b"data", APPLICATION_DATA, 3), b"data\x17\0\0\0")
    yield Case("no content, and padding", (b"", APPLICATION_DATA, 5), b"\x17" + bytes(5))
    for type, length, padding in ((HANDSHAKE, 36, 0), (APPLICATION_DATA, 100, 27)):
        what = f"type {type}, {length} bytes and {padding} zeros"
        yield Case(what, (draw(what, length), type, padding))


def open_cases(draw: SeededBytes) -> Iterator[Case]:
    """What `inner_cases` has, backwards; content that ends with zeros; and zeros alone."""
    yield Case("a close_notify", (b"\x01\x00\x15",), (ALERT, CLOSE_NOTIFY))
    yield Case("data and three zeros", (b"data\x17\0\0\0",), (APPLICATION_DATA, b"data"))
    yield Case("content that ends with zeros", (b"\x05\0\0\x16",), (HANDSHAKE, b"\x05\0\0"))
    yield Case("the same, padded", (b"\x05\0\0\x16\0\0",), (HANDSHAKE, b"\x05\0\0"))
    yield Case("no content, and padding", (b"\x17" + bytes(5),), (APPLICATION_DATA, b""))
    drawn = draw("content", 60)
    yield Case("60 bytes and 100 zeros", (inner_plaintext(drawn, APPLICATION_DATA, 100),))
    yield Case("zeros alone", (bytes(8),), refused("unexpected_message"))


def _swapped(plaintext: bytes) -> tuple[bytes, int]:
    type, content = open_inner_plaintext(plaintext)
    return content, type


def _last_byte(plaintext: bytes) -> tuple[int, bytes]:
    if not plaintext.strip(b"\0"):
        raise ProtocolError("unexpected_message", "zeros alone")
    return plaintext[-1], plaintext[:-1]


def _last_byte_unchecked(plaintext: bytes) -> tuple[int, bytes]:
    return plaintext[-1], plaintext[:-1]


def _stripped_twice(plaintext: bytes) -> tuple[int, bytes]:
    type, content = open_inner_plaintext(plaintext)
    return type, content.rstrip(b"\0")


def _up_to_the_first_zero(plaintext: bytes) -> tuple[int, bytes]:
    open_inner_plaintext(plaintext)
    kept = plaintext.partition(b"\0")[0]
    return kept[-1], kept[:-1]


def _type_first(plaintext: bytes) -> tuple[int, bytes]:
    open_inner_plaintext(plaintext)
    return plaintext[0], plaintext[1:].rstrip(b"\0")


def _type_as_bytes(plaintext: bytes) -> tuple[bytes, bytes]:
    type, content = open_inner_plaintext(plaintext)
    return bytes([type]), content


def _type_kept(plaintext: bytes) -> tuple[int, bytes]:
    type, content = open_inner_plaintext(plaintext)
    return type, content + bytes([type])


def _index_error(plaintext: bytes) -> tuple[int, bytes]:
    unpadded = plaintext.rstrip(b"\0")
    return unpadded[-1], unpadded[:-1]


def _no_type(plaintext: bytes) -> tuple[int, bytes]:
    return open_inner_plaintext(plaintext) if plaintext.strip(b"\0") else (0, b"")


def _other_alert(plaintext: bytes) -> tuple[int, bytes]:
    if not plaintext.strip(b"\0"):
        raise ProtocolError("bad_record_mac", "zeros alone")
    return open_inner_plaintext(plaintext)


# -- a length, as an eavesdropper sees it -------------------------------------------------------


def seen_record(seed: Seed) -> int:
    """How long a record with data is on the wire, as the learner's eavesdropper sees it."""
    drawn = SeededRandom(str(seed), "14.seen_length")("length", 2)
    return HEADER + 1 + TAG_LENGTH + 40 + int.from_bytes(drawn, "big") % 1_200


def seen_length(seed: Seed) -> int:
    """How long the data inside is, if nobody padded it (RFC 8446 §5.2)."""
    return seen_record(seed) - HEADER - TAG_LENGTH - 1


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="14.inner_plaintext",
        reference=inner_plaintext,
        cases=inner_cases,
        mistakes=(
            Mistake(
                "You put the type in front. It comes behind the content: there the zeros can be "
                "told from it.",
                lambda content, type, padding: bytes([type]) + content + bytes(padding),
            ),
            Mistake(
                "Your zeros stand before the type. They come last: what is no zero, from the end, "
                "is the type.",
                lambda content, type, padding: content + bytes(padding) + bytes([type]),
            ),
            Mistake(
                "The zeros are missing.",
                lambda content, type, padding: content + bytes([type]),
            ),
            Mistake(
                "The type is missing. Without it the receiver takes the last byte of the content "
                "for it.",
                lambda content, type, padding: content + bytes(padding),
            ),
            Mistake(
                "You padded as CBC does, with a length. Here padding is zeros alone.",
                lambda content, type, padding: content + bytes([type]) + bytes([padding]) * padding,
            ),
            Mistake(
                "Your type has two bytes. It has one.",
                lambda content, type, padding: content + type.to_bytes(2, "big") + bytes(padding),
            ),
            Mistake(
                "Your type is a digit as text. bytes([type]) makes the byte.",
                lambda content, type, padding: content + str(type).encode() + bytes(padding),
            ),
        ),
        hints=(
            "Three parts: content, type, zeros.",
            "bytes([type]) is one byte with this value.",
            "bytes(padding) is so many zeros.",
        ),
        section="RFC 8446 §5.2",
        primitive="inner_plaintext",
    ),
    Exercise(
        id="14.open_inner_plaintext",
        reference=open_inner_plaintext,
        cases=open_cases,
        mistakes=(
            Mistake(
                "Content and type have changed places: return (type, content).",
                _swapped,
            ),
            Mistake(
                "You take the last byte for the type. First take off the zeros: there may be "
                "padding.",
                _last_byte,
            ),
            Mistake(
                "You take the last byte for the type. First take off the zeros; if nothing else "
                "is there, refuse.",
                _last_byte_unchecked,
            ),
            Mistake(
                "You also took zeros off the content. Only those behind the type are padding.",
                _stripped_twice,
            ),
            Mistake(
                "You stop at the first zero. Content may have zeros: look for the type from the "
                "end.",
                _up_to_the_first_zero,
            ),
            Mistake(
                "You take the first byte for the type. It stands behind the content.",
                _type_first,
            ),
            Mistake(
                "Your type is bytes. Return it as a number.",
                _type_as_bytes,
            ),
            Mistake(
                "The type is still at the end of the content.",
                _type_kept,
            ),
            Mistake(
                "Your function is right, but for zeros alone it runs into IndexError. A stranger "
                'may send that: raise ProtocolError("unexpected_message", …).',
                _index_error,
            ),
            Mistake(
                "You make a type 0 of zeros alone. There is none: raise "
                'ProtocolError("unexpected_message", …), RFC 8446 §5.4.',
                _no_type,
            ),
            Mistake(
                "Zeros alone are refused with unexpected_message, RFC 8446 §5.4. The record itself "
                "was protected well, so it is no bad_record_mac.",
                _other_alert,
            ),
        ),
        hints=(
            'plaintext.rstrip(b"\\0") takes the zeros off the end, and only there.',
            'If nothing is left, raise ProtocolError("unexpected_message", "why").',
            "The last byte of what is left is the type, as a number; what stands before it is the "
            "content.",
        ),
        section="RFC 8446 §5.4",
        primitive="open_inner_plaintext",
    ),
    Exercise(
        id="14.per_record_nonce",
        reference=per_record_nonce,
        cases=nonce_cases,
        mistakes=(
            Mistake(
                "This is the IV alone. With it every record would have the same nonce, which AEAD "
                "does not survive: exclusive-or the sequence number.",
                lambda iv, seq_num: iv,
            ),
            Mistake(
                "This is the sequence number alone. Exclusive-or it with the IV.",
                lambda iv, seq_num: seq_num.to_bytes(12, "big"),
            ),
            Mistake(
                "You added the sequence number. It is exclusive-or, `^`, bit by bit.",
                lambda iv, seq_num: (
                    (int.from_bytes(iv, "big") + seq_num) % 2 ** (8 * len(iv))
                ).to_bytes(len(iv), "big"),
            ),
            Mistake(
                "Your number is little-endian. The most significant byte comes first.",
                lambda iv, seq_num: _xor(iv, bytes(4) + seq_num.to_bytes(8, "little")),
            ),
            Mistake(
                "Your number stands at the front of the twelve bytes. The zeros belong in front "
                "of it: it is padded on the left, RFC 8446 §5.3.",
                lambda iv, seq_num: _xor(iv, seq_num.to_bytes(8, "big") + bytes(4)),
            ),
            Mistake(
                "You put the number behind four bytes of the IV, as GCM in TLS 1.2. Here all "
                "twelve bytes of the IV are used, exclusive-or the number.",
                lambda iv, seq_num: iv[:4] + seq_num.to_bytes(8, "big"),
            ),
            Mistake(
                "Your count is one ahead. The first record under a key is number 0.",
                lambda iv, seq_num: per_record_nonce(iv, (seq_num + 1) % 2**64),
            ),
            Mistake(
                "Your number has four bytes. It has eight, and the nonce twelve: a long connection "
                "would use a nonce twice.",
                lambda iv, seq_num: per_record_nonce(iv, seq_num % 2**32),
            ),
            Mistake(
                "You return hex text. Return the bytes.",
                lambda iv, seq_num: per_record_nonce(iv, seq_num).hex(),
            ),
        ),
        hints=(
            "Make twelve bytes of the number: zeros in front, and the number at the end.",
            'seq_num.to_bytes(12, "big") does it. Then combine it with the IV, byte by byte.',
            "bytes(a ^ b for a, b in zip(one, other)) is exclusive-or for bytes.",
        ),
        section="RFC 8446 §5.3",
        primitive="per_record_nonce",
    ),
    Exercise(
        id="14.tls13_additional_data",
        reference=tls13_additional_data,
        cases=additional_data_cases,
        mistakes=(
            Mistake(
                "You took off the tag. `length` is that of the record, as it stands in its header: "
                "it counts the tag.",
                _header(more=-TAG_LENGTH),
            ),
            Mistake(
                "You took off tag and type, and so have the length of the content. Here it is that "
                "of the record, as it stands in its header.",
                _header(more=-TAG_LENGTH - 1),
            ),
            Mistake(
                "You added the tag. `length` counts it already.",
                _header(more=TAG_LENGTH),
            ),
            Mistake(
                "You added the header. A record's length is that of what comes behind the header.",
                _header(more=HEADER),
            ),
            Mistake(
                "You wrote the version of TLS 1.3. A record never says that: its version is 03 03 "
                "for ever, RFC 8446 §5.1.",
                _header(version=0x0304),
            ),
            Mistake(
                "You wrote the version 03 01. Protected records have 03 03.",
                _header(version=0x0301),
            ),
            Mistake(
                "You wrote the type handshake, 22. On the wire every protected record has type 23.",
                _header(type=HANDSHAKE),
            ),
            Mistake(
                "Version and length are little-endian. In TLS the most significant byte is first.",
                _header(order="little"),
            ),
            Mistake(
                "The sequence number was in the additional data of TLS 1.2. Here it is in the "
                "nonce alone.",
                lambda length: bytes(8) + tls13_additional_data(length),
            ),
            Mistake(
                "The length is missing: it is the whole header, five bytes.",
                lambda length: tls13_additional_data(length)[:3],
            ),
        ),
        hints=(
            "It is the header of the record, as it goes over the wire: 1, 2 and 2 bytes.",
            "The type is 23 and the version 03 03, whatever is inside.",
            'length.to_bytes(2, "big") is the rest.',
        ),
        section="RFC 8446 §5.2",
        primitive="tls13_additional_data",
    ),
)

ANSWERS: tuple[Answer, ...] = (
    Answer(
        id="14.seen_length",
        expected=seen_length,
        mistakes=(
            (
                "You forgot the byte that says the type. It stands inside, and counts.",
                lambda seed: seen_length(seed) + 1,
            ),
            (
                "You forgot the tag. It has 16 bytes.",
                lambda seed: seen_length(seed) + TAG_LENGTH,
            ),
            (
                "You forgot the tag of 16 bytes and the byte that says the type.",
                lambda seed: seen_length(seed) + TAG_LENGTH + 1,
            ),
            (
                "You forgot the header of five bytes.",
                lambda seed: seen_length(seed) + HEADER,
            ),
            (
                "That is the record, as it stands on the wire. Header, tag and type are in it.",
                seen_record,
            ),
            (
                "You took off a nonce of eight bytes. That is TLS 1.2; in TLS 1.3 it is not sent.",
                lambda seed: seen_length(seed) - 8,
            ),
            (
                "You took off the eight bytes of a nonce, as in TLS 1.2, and left the type in. In "
                "TLS 1.3 no nonce is sent, and a byte inside says the type.",
                lambda seed: seen_length(seed) - 7,
            ),
        ),
        hints=(
            "Take away everything that protection adds, one by one.",
            "There is a header in front, and the tag behind. Two numbers.",
            "And inside, behind the data, is one byte more.",
        ),
    ),
)
