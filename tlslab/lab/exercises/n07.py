"""Exercises of notebook 07, application data: CBC with HMAC, GCM, and how long records become."""

import hmac
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from tlslab.crypto.ciphers import (
    BLOCK,
    GCM_EXPLICIT_NONCE,
    GCM_TAG,
    MAC_LENGTHS,
    additional_data,
    bad_record_mac,
    cbc_decrypt,
    cbc_padding,
    cbc_protect,
    cbc_unprotect,
    gcm_protect,
    gcm_unprotect,
    record_mac,
)
from tlslab.lab.configs import Seed
from tlslab.lab.exercises.exercise import Answer, Case, Exercise, Mistake, SeededBytes
from tlslab.lab.exercises.records import (
    ALERT,
    APPLICATION_DATA,
    CLOSE_NOTIFY,
    HANDSHAKE,
    HEADER,
    REFUSED,
    VERSION,
    arguments_of_cbc,
    encrypted,
    flipped,
    header_bytes,
    in_record,
    other_alert,
    refuses,
    refusing_with,
    to_unprotect,
    value_error,
)
from tlslab.lab.randomness import SeededRandom

# -- the padding of CBC -------------------------------------------------------------------------


def padding_cases(draw: SeededBytes) -> Iterator[Case]:
    """Every remainder of a block, the two that are easily wrong with what RFC 5246 makes of them.

    The drawn length comes last.
    """
    yield Case("54 bytes of content and MAC", (54,), b"\x09" * 10)
    yield Case("63 bytes: one is missing", (63,), b"\0")
    yield Case("64 bytes: four whole blocks", (64,), b"\x0f" * 16)
    yield Case("48 bytes: three whole blocks", (48,), b"\x0f" * 16)
    for length in range(32, 48):
        yield Case(f"{length} bytes of content and MAC", (length,))
    yield Case("a long record", (int.from_bytes(draw("length", 2), "big") % 16384,))


def _pkcs7(length: int) -> bytes:
    missing = BLOCK - length % BLOCK
    return bytes([missing]) * missing


def _zeros(length: int) -> bytes:
    number = -(length + 1) % BLOCK
    return bytes(number) + bytes([number])


def _not_counted(length: int) -> bytes:
    number = -length % BLOCK
    return bytes([number]) * (number + 1)


def _none_if_whole(length: int) -> bytes:
    return cbc_padding(length) if length % BLOCK else b""


def _without_length(length: int) -> bytes:
    return cbc_padding(length)[1:]


def _of_eight(length: int) -> bytes:
    number = -(length + 1) % 8
    return bytes([number]) * (number + 1)


# -- protecting with CBC ------------------------------------------------------------------------


def cbc_protect_cases(draw: SeededBytes) -> Iterator[Case]:
    """Both MACs and both lengths of key; contents that leave every kind of padding."""
    for what, seq_num, type, size, hash_name, key in (
        ("a Finished, the first record", 0, HANDSHAKE, 16, "sha256", 16),
        ("22 bytes of data", 1, APPLICATION_DATA, 22, "sha1", 16),
        ("a close_notify", 255, ALERT, 2, "sha1", 32),
        ("content and MAC fill whole blocks", 3, APPLICATION_DATA, 32, "sha256", 32),
        ("only one byte of padding", 4, APPLICATION_DATA, 11, "sha1", 16),
        ("a high sequence number", 2**32 + 7, APPLICATION_DATA, 300, "sha256", 16),
        ("no content at all", 5, APPLICATION_DATA, 0, "sha256", 16),
    ):
        yield Case(what, arguments_of_cbc(draw, what, seq_num, type, size, hash_name, key))


def _with_header(**mistake: Any) -> Callable[..., bytes]:
    """`cbc_protect` with a mistake in what the MAC covers beside the content."""
    mac = partial(record_mac, additional_data=partial(header_bytes, **mistake))
    return partial(cbc_protect, record_mac=mac)


def _padded_first(
    enc_key: bytes,
    mac_key: bytes,
    iv: bytes,
    seq_num: int,
    type: int,
    version: int,
    content: bytes,
    hash_name: str,
) -> bytes:
    length = len(content) + MAC_LENGTHS[hash_name]
    padded = content + cbc_padding(length)
    mac = record_mac(mac_key, seq_num, type, version, padded, hash_name)
    return iv + encrypted(enc_key, iv, padded + mac)


def _length_with_mac(*arguments: Any) -> bytes:
    protect = _with_header(more=MAC_LENGTHS[arguments[-1]])
    return protect(*arguments)


def _length_of_ciphertext(*arguments: Any) -> bytes:
    fragment, content = cbc_protect(*arguments), arguments[-2]
    return _with_header(more=len(fragment) - BLOCK - len(content))(*arguments)


def _encrypt_then_mac(
    enc_key: bytes,
    mac_key: bytes,
    iv: bytes,
    seq_num: int,
    type: int,
    version: int,
    content: bytes,
    hash_name: str,
) -> bytes:
    fragment = iv + encrypted(enc_key, iv, content + cbc_padding(len(content)))
    return fragment + record_mac(mac_key, seq_num, type, version, fragment, hash_name)


def _encrypt_and_mac(
    enc_key: bytes,
    mac_key: bytes,
    iv: bytes,
    seq_num: int,
    type: int,
    version: int,
    content: bytes,
    hash_name: str,
) -> bytes:
    fragment = iv + encrypted(enc_key, iv, content + cbc_padding(len(content)))
    return fragment + record_mac(mac_key, seq_num, type, version, content, hash_name)


def _mac_of_content_alone(*arguments: Any) -> bytes:
    def mac(key: bytes, *rest: Any) -> bytes:
        return hmac.digest(key, rest[-2], rest[-1])

    return cbc_protect(*arguments, record_mac=mac)


def _no_mac(*arguments: Any) -> bytes:
    return cbc_protect(*arguments, record_mac=lambda *_: b"")


def _zero_iv(enc_key: bytes, mac_key: bytes, iv: bytes, *more: Any) -> bytes:
    return iv + cbc_protect(enc_key, mac_key, bytes(BLOCK), *more)[BLOCK:]


# -- unprotecting with CBC ----------------------------------------------------------------------


def cbc_unprotect_cases(draw: SeededBytes) -> Iterator[Case]:
    """Good records, with the shortest and with the longest padding, and each way to be wrong."""
    data = arguments_of_cbc(draw, "data", 7, APPLICATION_DATA, 22, "sha1", 16)
    whole = arguments_of_cbc(draw, "whole", 3, APPLICATION_DATA, 32, "sha256", 32)
    for what, arguments in (
        ("a good record", data),
        ("a padding of a whole block", whole),
        (
            "only one byte of padding",
            arguments_of_cbc(draw, "short", 4, APPLICATION_DATA, 11, "sha1", 16),
        ),
        (
            "a high sequence number",
            arguments_of_cbc(draw, "high", 2**32 + 7, APPLICATION_DATA, 300, "sha256", 16),
        ),
        (
            "no content at all",
            arguments_of_cbc(draw, "none", 5, APPLICATION_DATA, 0, "sha256", 16),
        ),
    ):
        yield Case(what, to_unprotect(arguments, cbc_protect(*arguments)))
    for number, arguments in ((245, data), (255, whole)):
        padded = _padded_with(bytes([number]) * (number + 1), arguments)
        yield Case(f"a padding_length of {number}", to_unprotect(arguments, padded))

    fragment = cbc_protect(*data)
    for what, wrong in (
        ("zeros as padding, and the MAC is right", _padded_with(b"\0\0\0\0\0\5", data)),
        (
            "a long padding of which the first byte is wrong, and the MAC is right",
            _padded_with(b"\0" + b"\xf5" * 245, data),
        ),
        ("a padding longer than the record", _padded_with(b"\xff" * 6, data)),
        ("a bit of the IV was changed", flipped(fragment, 3)),
        ("a bit of the first block was changed", flipped(fragment, BLOCK)),
        ("a bit of the last block was changed", flipped(fragment, -1)),
        ("the last block was cut off", fragment[:-BLOCK]),
        ("not a whole number of blocks", fragment[:-1]),
        ("an IV and nothing else", fragment[:BLOCK]),
        ("an IV and one block, too short for a MAC", fragment[: 2 * BLOCK]),
        ("fewer bytes than an IV", fragment[:5]),
        ("an empty fragment", b""),
    ):
        yield Case(what, to_unprotect(data, wrong), REFUSED)
    for what, change in (
        ("the record was sent a second time", {"seq_num": 8}),
        ("the type was changed", {"type": HANDSHAKE}),
        ("the version was changed", {"version": 0x0302}),
    ):
        yield Case(what, to_unprotect(data, fragment, **change), REFUSED)


def _padded_with(padding: bytes, arguments: tuple[Any, ...]) -> bytes:
    return cbc_protect(*arguments, cbc_padding=lambda _: padding)


def _opened(
    enc_key: bytes,
    mac_key: bytes,
    seq_num: int,
    type: int,
    version: int,
    fragment: bytes,
    hash_name: str,
    *,
    lengths: bool = True,
    padding: bool = True,
    mac: bool = True,
    longest: int = 255,
    of_padding: Callable[[], Exception] = bad_record_mac,
) -> bytes:
    """`cbc_unprotect` in short, without some of its checks.

    longest: the highest padding_length that is accepted. of_padding: the error for bad padding.
    """
    mac_length = MAC_LENGTHS[hash_name]
    if lengths and (len(fragment) % BLOCK or len(fragment) < BLOCK + mac_length + 1):
        raise bad_record_mac()
    inner = cbc_decrypt(enc_key, fragment)
    number = inner[-1]
    end = len(inner) - number - 1 - mac_length
    good = end >= 0 and inner[-number - 1 :] == bytes([number]) * (number + 1)
    if number > longest or (padding and not good):
        raise of_padding()
    content = inner[:end]
    expected = record_mac(mac_key, seq_num, type, version, content, hash_name)
    if mac and expected != inner[end : end + mac_length]:
        raise bad_record_mac()
    return content


def _with_mac(*arguments: Any) -> bytes:
    content, (_, mac_key, *header, _, hash_name) = cbc_unprotect(*arguments), arguments
    seq_num, type, version = header
    return content + record_mac(mac_key, seq_num, type, version, content, hash_name)


# -- additional data ----------------------------------------------------------------------------


def additional_data_cases(draw: SeededBytes) -> Iterator[Case]:
    """Records of three types, sequence numbers of few and of many bytes."""
    yield Case(
        "record 1, 22 bytes of data",
        (1, APPLICATION_DATA, VERSION, 22),
        bytes.fromhex("00000000 00000001 17 0303 0016"),
    )
    for seq_num, type, length in (
        (0, HANDSHAKE, 16),
        (258, APPLICATION_DATA, 16384),
        (2**32 + 7, ALERT, 2),
        (2**64 - 1, APPLICATION_DATA, 0),
        (int.from_bytes(draw("seq_num", 8), "big"), APPLICATION_DATA, 1000),
    ):
        yield Case(f"record {seq_num:,}, {length:,} bytes", (seq_num, type, VERSION, length))


# -- protecting with GCM ------------------------------------------------------------------------


def gcm_protect_cases(draw: SeededBytes) -> Iterator[Case]:
    """Both lengths of key; explicit nonces that count, and some that do not."""
    for what, seq_num, type, size, key in (
        ("a Finished, the first record", 0, HANDSHAKE, 16, 16),
        ("22 bytes of data", 1, APPLICATION_DATA, 22, 16),
        ("a long record with AES-256", 258, APPLICATION_DATA, 300, 32),
        ("a close_notify", 2**32 + 7, ALERT, 2, 32),
        ("no content at all", 5, APPLICATION_DATA, 0, 16),
    ):
        yield Case(what, _arguments_of_gcm(draw, what, seq_num, type, size, key))
    counting = _arguments_of_gcm(draw, "counting", 6, APPLICATION_DATA, 40, 16)
    nonce = (6).to_bytes(GCM_EXPLICIT_NONCE, "big")
    yield Case("an explicit nonce that counts", (*counting[:2], nonce, *counting[3:]))


def _arguments_of_gcm(
    draw: SeededBytes, what: str, seq_num: int, type: int, size: int, key: int
) -> tuple[Any, ...]:
    """The arguments of `gcm_protect`. size: of the content; key: of the AES key, in bytes."""
    return (
        draw(f"key {what}", key),
        draw(f"IV {what}", 4),
        draw(f"nonce {what}", GCM_EXPLICIT_NONCE),
        seq_num,
        type,
        VERSION,
        CLOSE_NOTIFY if type == ALERT else draw(f"content {what}", size),
    )


def _with_nonce(nonce: Callable[[bytes, bytes, bytes], bytes]) -> Callable[..., bytes]:
    """`gcm_protect` with the nonce that this makes of fixed IV, explicit nonce, and number."""

    def function(
        enc_key: bytes,
        fixed_iv: bytes,
        nonce_explicit: bytes,
        seq_num: int,
        type: int,
        version: int,
        content: bytes,
    ) -> bytes:
        header = additional_data(seq_num, type, version, len(content))
        whole = nonce(fixed_iv, nonce_explicit, seq_num.to_bytes(8, "big"))
        return nonce_explicit + AESGCM(enc_key).encrypt(whole, content, header)

    return function


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _number_as_nonce(
    enc_key: bytes, fixed_iv: bytes, nonce_explicit: bytes, seq_num: int, *more: Any
) -> bytes:
    number = seq_num.to_bytes(GCM_EXPLICIT_NONCE, "big")
    return gcm_protect(enc_key, fixed_iv, number, seq_num, *more)


def _gcm_with_header(**mistake: Any) -> Callable[..., bytes]:
    """`gcm_protect` with a mistake in the additional data."""
    return partial(gcm_protect, additional_data=partial(header_bytes, **mistake))


def _tag_first(*arguments: Any) -> bytes:
    fragment = gcm_protect(*arguments)
    nonce, rest = fragment[:GCM_EXPLICIT_NONCE], fragment[GCM_EXPLICIT_NONCE:]
    return nonce + rest[-GCM_TAG:] + rest[:-GCM_TAG]


# -- unprotecting with GCM ----------------------------------------------------------------------


def gcm_unprotect_cases(draw: SeededBytes) -> Iterator[Case]:
    """Good records, and each way to be wrong."""
    for case in gcm_protect_cases(draw):
        yield Case(case.what, _to_open(case.arguments, gcm_protect(*case.arguments)))
    data = _arguments_of_gcm(draw, "data", 7, APPLICATION_DATA, 22, 16)
    fragment = gcm_protect(*data)
    for what, wrong in (
        ("a bit of the explicit nonce was changed", flipped(fragment, 0)),
        ("a bit of the ciphertext was changed", flipped(fragment, GCM_EXPLICIT_NONCE)),
        ("a bit of the tag was changed", flipped(fragment, -1)),
        ("the last byte was cut off", fragment[:-1]),
        ("one byte too few for nonce and tag", fragment[:23]),
        ("fewer bytes than a nonce", fragment[:5]),
        ("an empty fragment", b""),
    ):
        yield Case(what, _to_open(data, wrong), REFUSED)
    for what, change in (
        ("the record was sent a second time", {"seq_num": 8}),
        ("the type was changed", {"type": HANDSHAKE}),
        ("the version was changed", {"version": 0x0302}),
    ):
        yield Case(what, _to_open(data, fragment, **change), REFUSED)


def _to_open(arguments: tuple[Any, ...], fragment: bytes, **change: int) -> tuple[Any, ...]:
    """The arguments of `gcm_unprotect` for those of `gcm_protect`, some of them changed."""
    enc_key, fixed_iv, _, seq_num, type, version, _ = arguments
    header = {"seq_num": seq_num, "type": type, "version": version, **change}
    return (enc_key, fixed_iv, *header.values(), fragment)


def _decrypted(
    enc_key: bytes,
    fixed_iv: bytes,
    seq_num: int,
    type: int,
    version: int,
    fragment: bytes,
    *,
    lengths: bool = True,
    of_tag: Callable[[], Exception] = bad_record_mac,
    nonce_from_number: bool = False,
) -> bytes:
    """`gcm_unprotect` in short, without some of its checks. of_tag: the error for a bad tag."""
    length = len(fragment) - GCM_EXPLICIT_NONCE - GCM_TAG
    if lengths and length < 0:
        raise bad_record_mac()
    header = additional_data(seq_num, type, version, length)
    explicit = fragment[:GCM_EXPLICIT_NONCE]
    nonce = fixed_iv + (seq_num.to_bytes(8, "big") if nonce_from_number else explicit)
    try:
        return AESGCM(enc_key).decrypt(nonce, fragment[GCM_EXPLICIT_NONCE:], header)
    except InvalidTag:
        raise of_tag() from None


def _unchecked_tag(
    enc_key: bytes, fixed_iv: bytes, _: int, type: int, version: int, fragment: bytes
) -> bytes:
    if len(fragment) < GCM_EXPLICIT_NONCE + GCM_TAG:
        raise bad_record_mac()
    nonce, ciphertext = fragment[:GCM_EXPLICIT_NONCE], fragment[GCM_EXPLICIT_NONCE:-GCM_TAG]
    # What is left of GCM without its tag: counter mode, which begins at 2 (NIST SP 800-38D §7.1).
    decryptor = Cipher(AES(enc_key), CTR(fixed_iv + nonce + b"\0\0\0\2")).decryptor()
    return decryptor.update(ciphertext)


# -- how long a record becomes ------------------------------------------------------------------

CBC_SUITES = (
    ("TLS_RSA_WITH_AES_128_CBC_SHA", "sha1"),
    ("TLS_RSA_WITH_AES_256_CBC_SHA256", "sha256"),
)
GCM_SUITE = "TLS_RSA_WITH_AES_128_GCM_SHA256"


def cbc_question(seed: Seed) -> tuple[str, int]:
    """A learner's suite with CBC, and the length of a payload in bytes.

    Content and MAC fill whole blocks, so that the padding is a whole block: who forgets that
    padding_length is there without exception is 16 bytes short.
    """
    draw = SeededRandom(str(seed), "07.cbc_length")
    suite, hash_name = CBC_SUITES[draw("suite", 1)[0] % len(CBC_SUITES)]
    blocks = 10 + int.from_bytes(draw("blocks", 4), "big") % 900
    return suite, BLOCK * blocks - MAC_LENGTHS[hash_name]


def cbc_length(seed: Seed) -> int:
    """Bytes on the wire of the record in `cbc_question(seed)`."""
    suite, payload = cbc_question(seed)
    inner = payload + MAC_LENGTHS[dict(CBC_SUITES)[suite]]
    return HEADER + BLOCK + inner + len(cbc_padding(inner))


def gcm_question(seed: Seed) -> tuple[str, int]:
    """A suite with GCM, and the length of a payload in bytes.

    The payload is chosen so that each known mistake leads to another number.
    """
    draw = SeededRandom(str(seed), "07.gcm_length")
    blocks = 10 + int.from_bytes(draw("blocks", 4), "big") % 900
    return GCM_SUITE, BLOCK * blocks + (1, 5, 7, 9)[draw("rest", 1)[0] % 4]


def gcm_length(seed: Seed) -> int:
    """Bytes on the wire of the record in `gcm_question(seed)`."""
    return HEADER + GCM_EXPLICIT_NONCE + gcm_question(seed)[1] + GCM_TAG


# -- the exercises ------------------------------------------------------------------------------
EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="07.cbc_padding",
        reference=cbc_padding,
        cases=padding_cases,
        mistakes=(
            Mistake(
                "That is PKCS#7, where the last byte counts itself. In TLS it does not: its value "
                "is one less than the number of bytes (RFC 5246 §6.2.3.2).",
                _pkcs7,
            ),
            Mistake(
                "You left room for no padding_length. That byte is always there, so it counts "
                "when the blocks are filled: fill up from `length + 1`.",
                _not_counted,
            ),
            Mistake(
                "Where the length is a multiple of 16 you add nothing. The padding_length byte is "
                "always there, and it needs a block of its own then.",
                _none_if_whole,
            ),
            Mistake(
                "Your padding is zeros. So it was in SSL 3.0. In TLS every byte of it has the "
                "value of padding_length, and the receiver checks that.",
                _zeros,
            ),
            Mistake(
                "The padding_length byte itself is missing: after that many bytes of padding comes "
                "one more, with the same value.",
                _without_length,
            ),
            Mistake("A block of AES has 16 bytes. You filled blocks of 8.", _of_eight),
            Mistake(
                "You return the number. Return the bytes: as many as the number, and one more.",
                lambda length: -(length + 1) % BLOCK,
            ),
        ),
        hints=(
            "One byte is sure to come. How many more are then missing to a multiple of 16?",
            "In Python -n % 16 says how many are missing from n to the next multiple of 16. Here n "
            "is length + 1.",
            "With p missing, the result is p + 1 bytes, each of the value p. bytes([p]) is one.",
        ),
        section="RFC 5246 §6.2.3.2",
        primitive="cbc_padding",
    ),
    Exercise(
        id="07.cbc_protect",
        reference=cbc_protect,
        cases=cbc_protect_cases,
        mistakes=(
            Mistake(
                "The IV is missing from the record. TLS 1.2 derives none for CBC: the receiver "
                "knows only what stands in front of the ciphertext.",
                lambda *arguments: cbc_protect(*arguments)[BLOCK:],
            ),
            Mistake(
                "You sent the IV and encrypted with another one, of zeros.",
                _zero_iv,
            ),
            Mistake(
                "You encrypted first and computed the MAC over the ciphertext. That is the better "
                "order, and an extension of its own (notebook 13). Here the MAC comes first and is "
                "encrypted with the content.",
                _encrypt_then_mac,
            ),
            Mistake(
                "Your MAC stands behind the ciphertext, in the clear. It is encrypted together "
                "with the content.",
                _encrypt_and_mac,
            ),
            Mistake("The MAC is missing.", _no_mac),
            Mistake(
                "Your MAC covers the content alone. Sequence number, type, version and length "
                "belong in front: use record_mac.",
                _mac_of_content_alone,
            ),
            Mistake(
                "You padded the content and then added the MAC. The order is content, MAC, "
                "padding.",
                _padded_first,
            ),
            Mistake(
                "You count the records from 1. The first one under new keys is number 0: take "
                "`seq_num` as it is.",
                _with_header(first=1),
            ),
            Mistake(
                "Your sequence number has four bytes. It has eight, RFC 5246 §6.2.3.1.",
                _with_header(seq_bytes=4),
            ),
            Mistake(
                "The length under your MAC counts the MAC too. It is that of the content alone.",
                _length_with_mac,
            ),
            Mistake(
                "The length under your MAC is that of the ciphertext. It is that of the content "
                "alone.",
                _length_of_ciphertext,
            ),
            Mistake(
                "The numbers under your MAC are little-endian. In TLS the most significant byte "
                "comes first.",
                _with_header(little=True),
            ),
            Mistake(
                "You padded as PKCS#7 does. TLS has its own padding: your cbc_padding makes it.",
                partial(cbc_protect, cbc_padding=_pkcs7),
            ),
            Mistake(
                "The two keys are the wrong way round: enc_key is for AES, mac_key for HMAC.",
                lambda enc_key, mac_key, *more: cbc_protect(mac_key, enc_key, *more),
            ),
            Mistake(
                "There is a record header in front. The record layer adds it later: return the "
                "fragment.",
                partial(in_record, cbc_protect, 4),
            ),
        ),
        hints=(
            "Three things stand inside: content, MAC, padding. Put them together first, then "
            "encrypt all of it at once.",
            "The padding depends on how long content and MAC are together: "
            "cbc_padding(len(inner)).",
            "aes_cbc_encrypt(enc_key, iv, inner) gives the ciphertext. The record has the IV in "
            "front of it, in the clear.",
        ),
        section="RFC 5246 §6.2.3.2",
        primitive="cbc_protect",
    ),
    Exercise(
        id="07.cbc_unprotect",
        reference=cbc_unprotect,
        cases=cbc_unprotect_cases,
        mistakes=(
            Mistake(
                "You do not check the padding, only its last byte. The receiver MUST check all of "
                "it (RFC 5246 §6.2.3.2): SSL 3.0 did not, and was broken with it.",
                partial(_opened, padding=False),
            ),
            Mistake(
                "You do not check the MAC. Compute it again over what came, and compare.",
                partial(_opened, mac=False),
            ),
            Mistake(
                "You check neither MAC nor padding. So anybody can send you anything.",
                partial(_opened, mac=False, padding=False),
            ),
            Mistake(
                "You refuse paddings longer than a block. A sender may use up to 255 bytes, to "
                "hide how long the content is.",
                partial(_opened, longest=15),
            ),
            Mistake(
                "Look at the length first: what is no whole number of blocks, or too short for IV, "
                "MAC and padding_length, is bad_record_mac too. The cipher would raise an error of "
                "its own.",
                partial(_opened, lengths=False),
            ),
            Mistake(
                "You say what was wrong: the error for bad padding is not the one for a bad MAC. "
                "Whoever can tell the two apart can decrypt with you. Raise bad_record_mac() for "
                "both.",
                partial(_opened, of_padding=value_error),
            ),
            # Any other alert in any of the cases: what was raised is a ProtocolError each time.
            Mistake(
                "You refuse the right records, but not all of them with the alert bad_record_mac. "
                "Another alert for bad padding would tell an attacker what was wrong.",
                partial(_opened, of_padding=other_alert),
            ),
            Mistake(
                "You refuse with an error that the connection does not know. Raise "
                "bad_record_mac(): it carries the alert.",
                refusing_with(cbc_unprotect, value_error),
            ),
            Mistake(
                "You return None for a record that is not good. Raise bad_record_mac(): nobody "
                "forgets to look at an error.",
                refusing_with(cbc_unprotect, lambda: None),
            ),
            Mistake("You left the MAC at the end of the content.", _with_mac),
            Mistake(
                "You refuse good records too. Look at what you cut off: padding_length + 1 bytes "
                "of padding, then the MAC. The MAC is over the content that is left, with its "
                "length, and with `seq_num` as it is.",
                refuses,
            ),
        ),
        hints=(
            "The IV is the first block of the fragment. aes_cbc_decrypt(key, iv, data) gives "
            "content, MAC and padding.",
            "The last byte is padding_length. Cut off padding_length + 1 bytes, and then the MAC, "
            "of MAC_LENGTHS[hash_name] bytes; `end` of the content may be below 0.",
            "Compute record_mac over the content that is left. If the lengths, the padding or the "
            "MAC is wrong, raise bad_record_mac(), the same for all.",
        ),
        section="RFC 5246 §6.2.3.2",
        primitive="cbc_unprotect",
    ),
    Exercise(
        id="07.additional_data",
        reference=additional_data,
        cases=additional_data_cases,
        mistakes=(
            Mistake(
                "Your sequence number has four bytes. It has eight, RFC 5246 §6.1.",
                partial(header_bytes, seq_bytes=4),
            ),
            Mistake(
                "You count the records from 1. The first one under new keys is number 0: take "
                "`seq_num` as it is.",
                partial(header_bytes, first=1),
            ),
            Mistake(
                "The sequence number is missing. It is what a repeated record is found by.",
                partial(header_bytes, parts="tvl"),
            ),
            Mistake(
                "The sequence number comes first, before the type.",
                partial(header_bytes, parts="tvls"),
            ),
            Mistake("The length is missing.", partial(header_bytes, parts="stv")),
            Mistake("The version is missing.", partial(header_bytes, parts="stl")),
            Mistake("The type is missing.", partial(header_bytes, parts="svl")),
            Mistake(
                "Your length has three bytes, as in a handshake header. A record's has two.",
                partial(header_bytes, length_bytes=3),
            ),
            Mistake(
                "You added the tag to the length. Take `length` as it is: that of the content.",
                partial(header_bytes, more=GCM_TAG),
            ),
            Mistake(
                "You added explicit nonce and tag to the length. Take `length` as it is: that of "
                "the content.",
                partial(header_bytes, more=GCM_EXPLICIT_NONCE + GCM_TAG),
            ),
            Mistake(
                "Your numbers are little-endian. In TLS the most significant byte comes first.",
                partial(header_bytes, little=True),
            ),
        ),
        hints=(
            "Four numbers, one after the other, of 8, 1, 2 and 2 bytes.",
            'number.to_bytes(size, "big") writes each of them.',
        ),
        section="RFC 5246 §6.2.3.3",
        primitive="additional_data",
    ),
    Exercise(
        id="07.gcm_protect",
        reference=gcm_protect,
        cases=gcm_protect_cases,
        mistakes=(
            Mistake(
                "The explicit nonce is missing from the record. The receiver needs it, so it "
                "stands in front of the ciphertext.",
                lambda *arguments: gcm_protect(*arguments)[GCM_EXPLICIT_NONCE:],
            ),
            Mistake(
                "You sent the whole nonce. Its first four bytes, fixed_iv, are secret, and the "
                "receiver has them: send the explicit eight.",
                lambda *arguments: arguments[1] + gcm_protect(*arguments),
            ),
            Mistake(
                "Your nonce is the explicit part alone. It is fixed_iv + nonce_explicit, 12 bytes.",
                _with_nonce(lambda fixed, explicit, number: explicit),
            ),
            Mistake(
                "Your nonce is fixed_iv and zeros: the same for every record. It is fixed_iv + "
                "nonce_explicit.",
                _with_nonce(lambda fixed, explicit, number: fixed + bytes(8)),
            ),
            Mistake(
                "fixed_iv and nonce_explicit are the wrong way round in your nonce.",
                _with_nonce(lambda fixed, explicit, number: explicit + fixed),
            ),
            Mistake(
                "You mixed the sequence number into the nonce, as TLS 1.3 does with XOR. In TLS "
                "1.2 the nonce is fixed_iv + nonce_explicit as they are.",
                _with_nonce(
                    lambda fixed, explicit, number: _xor(fixed + explicit, bytes(4) + number)
                ),
            ),
            Mistake(
                "Your nonce is fixed_iv XOR sequence number, as in TLS 1.3. In TLS 1.2 it is "
                "fixed_iv + nonce_explicit.",
                _with_nonce(
                    lambda fixed, explicit, number: _xor(fixed + bytes(8), bytes(4) + number)
                ),
            ),
            Mistake(
                "You took the sequence number for the explicit nonce. Many senders make the two "
                "the same, but here it is given: nonce_explicit.",
                _number_as_nonce,
            ),
            Mistake(
                "The length in your additional data counts the tag. It is that of the content.",
                _gcm_with_header(more=GCM_TAG),
            ),
            Mistake(
                "The length in your additional data is that of the whole fragment. It is that of "
                "the content.",
                _gcm_with_header(more=GCM_EXPLICIT_NONCE + GCM_TAG),
            ),
            Mistake(
                "You gave no additional data. Without it the sequence number and the header are "
                "not protected.",
                _gcm_with_header(parts=""),
            ),
            Mistake(
                "Your additional data is the record header, as in TLS 1.3. In TLS 1.2 the "
                "sequence number stands in front.",
                _gcm_with_header(parts="tvl"),
            ),
            Mistake(
                "You count the records from 1. The first one under new keys is number 0: take "
                "`seq_num` as it is.",
                _gcm_with_header(first=1),
            ),
            Mistake(
                "Your sequence number has four bytes. It has eight, RFC 5246 §6.1.",
                _gcm_with_header(seq_bytes=4),
            ),
            Mistake(
                "Your numbers are little-endian. In TLS the most significant byte comes first.",
                _gcm_with_header(little=True),
            ),
            Mistake(
                "The tag is missing: all that encrypt returns belongs into the record.",
                lambda *arguments: gcm_protect(*arguments)[:-GCM_TAG],
            ),
            Mistake("The tag stands behind the ciphertext, not before it.", _tag_first),
            Mistake(
                "There is a record header in front. The record layer adds it later: return the "
                "fragment.",
                partial(in_record, gcm_protect, 4),
            ),
        ),
        hints=(
            "Four arguments go into GCM: the key, a nonce of 12 bytes, the content, the additional "
            "data.",
            "The nonce is fixed_iv + nonce_explicit. The additional data has len(content).",
            "aead.AESGCM(enc_key).encrypt(nonce, content, header) returns ciphertext and tag. What "
            "does the receiver need in front of them?",
        ),
        section="RFC 5246 §6.2.3.3, RFC 5288 §3",
        primitive="gcm_protect",
    ),
    Exercise(
        id="07.gcm_unprotect",
        reference=gcm_unprotect,
        cases=gcm_unprotect_cases,
        mistakes=(
            Mistake(
                "InvalidTag, the library's own error, comes out of your function. Turn it into "
                "bad_record_mac(): it carries the alert.",
                partial(_decrypted, of_tag=InvalidTag),
            ),
            Mistake(
                "Look at the length first: a fragment shorter than 24 bytes has no room for nonce "
                "and tag, and is bad_record_mac too.",
                partial(_decrypted, lengths=False),
            ),
            Mistake(
                "Two errors come out of your function that are not bad_record_mac(): one for a bad "
                "tag, one for a fragment shorter than 24 bytes.",
                partial(_decrypted, lengths=False, of_tag=InvalidTag),
            ),
            Mistake(
                "You compute the nonce from the sequence number. A sender may count otherwise: "
                "take the eight bytes from the record.",
                partial(_decrypted, nonce_from_number=True),
            ),
            Mistake(
                "You decrypt, and do not check the tag. Then anybody can change what you read.",
                _unchecked_tag,
            ),
            # Any other alert in any of the cases: what was raised is a ProtocolError each time.
            Mistake(
                "You refuse the right records, but not all of them with the alert bad_record_mac.",
                refusing_with(gcm_unprotect, other_alert),
            ),
            Mistake(
                "You refuse with an error that the connection does not know. Raise "
                "bad_record_mac(): it carries the alert.",
                refusing_with(gcm_unprotect, value_error),
            ),
            Mistake(
                "You return None for a record that is not good. Raise bad_record_mac(): nobody "
                "forgets to look at an error.",
                refusing_with(gcm_unprotect, lambda: None),
            ),
            Mistake(
                "You refuse good records too. Look at the additional data: its length is that of "
                "the content, 24 bytes less than the fragment. And the nonce is fixed_iv and the "
                "first eight bytes of the fragment.",
                refuses,
            ),
        ),
        hints=(
            "The fragment begins with the explicit nonce, 8 bytes, and ends with the tag, 16.",
            "The content is 24 bytes shorter than the fragment. That is the length in the "
            "additional data; if it is below 0, raise bad_record_mac().",
            "aead.AESGCM(enc_key).decrypt(nonce, data, header) takes ciphertext and tag together, "
            "and raises InvalidTag.",
        ),
        section="RFC 5246 §6.2.3.3, RFC 5288 §3",
        primitive="gcm_unprotect",
    ),
)

ANSWERS: tuple[Answer, ...] = (
    Answer(
        id="07.cbc_length",
        expected=cbc_length,
        mistakes=(
            (
                "That is the fragment. The record on the wire has a header of 5 bytes in front.",
                lambda seed: cbc_length(seed) - HEADER,
            ),
            (
                "That lacks 16 bytes. Is the IV in your sum? TLS 1.2 derives none, it is sent. And "
                "where content and MAC fill their blocks, the padding is a whole block.",
                lambda seed: cbc_length(seed) - BLOCK,
            ),
            (
                "That lacks 15 bytes: you counted padding_length, and did not fill its block.",
                lambda seed: cbc_length(seed) - BLOCK + 1,
            ),
            (
                "That lacks the IV and the header. The record has 5 + 16 bytes in front of the "
                "ciphertext.",
                lambda seed: cbc_length(seed) - HEADER - BLOCK,
            ),
            (
                "That lacks 32 bytes. Is the MAC in your sum? It is encrypted too, so it counts "
                "before the padding.",
                lambda seed: cbc_length(seed) - 2 * BLOCK,
            ),
            (
                "That is the payload and the header. Protection adds something too.",
                lambda seed: cbc_question(seed)[1] + HEADER,
            ),
        ),
        hints=(
            "Five things make the record: header, IV, content, MAC, padding.",
            "Content, MAC and padding together are a multiple of 16, and the padding has at least "
            "one byte.",
            "5 + 16 + the next multiple of 16 above payload + MAC. The MAC of a suite that ends in "
            "SHA has 20 bytes, that of one that ends in SHA256 has 32.",
        ),
    ),
    Answer(
        id="07.gcm_length",
        expected=gcm_length,
        mistakes=(
            (
                "That is the fragment. The record on the wire has a header of 5 bytes in front.",
                lambda seed: gcm_length(seed) - HEADER,
            ),
            (
                "That lacks the explicit nonce: 8 bytes, in front of the ciphertext.",
                lambda seed: gcm_length(seed) - GCM_EXPLICIT_NONCE,
            ),
            (
                "That lacks the tag: 16 bytes, behind the ciphertext.",
                lambda seed: gcm_length(seed) - GCM_TAG,
            ),
            (
                "You counted the whole nonce. Its first four bytes are never sent.",
                lambda seed: gcm_length(seed) + 4,
            ),
            (
                "You counted the additional data. It is never sent: both sides know it.",
                lambda seed: gcm_length(seed) + 13,
            ),
            (
                "You filled the last block. GCM needs no padding: the ciphertext is as long as the "
                "content.",
                lambda seed: gcm_length(seed) + -gcm_question(seed)[1] % BLOCK,
            ),
        ),
        hints=(
            "Four things make the record: header, explicit nonce, ciphertext, tag.",
            "The ciphertext is as long as the content. What else stands on the wire has 5, 8 and "
            "16 bytes.",
        ),
    ),
)
