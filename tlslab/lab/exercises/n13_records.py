"""Exercises of notebook 13, hardening: encrypt-then-MAC, protecting and opening."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from tlslab.crypto.ciphers import (
    BLOCK,
    MAC_LENGTHS,
    bad_record_mac,
    cbc_decrypt,
    cbc_padding,
    cbc_protect,
    etm_protect,
    etm_unprotect,
    record_mac,
)
from tlslab.lab.exercises.exercise import Case, Exercise, Mistake, SeededBytes
from tlslab.lab.exercises.records import (
    ALERT,
    APPLICATION_DATA,
    HANDSHAKE,
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

# A record of OpenSSL 3.0, the second of a session of its client with its server: 19 bytes of data,
# TLS_RSA_WITH_AES_128_CBC_SHA. The keys are those of the session's key log.
FOREIGN_KEY = bytes.fromhex("030de1fb7a02cc7f3e4473ac2b82877c")
FOREIGN_MAC_KEY = bytes.fromhex("4a32b32d01333a4135dce101c4a3262ee8d4b669")
FOREIGN_CONTENT = b"Written by OpenSSL."
FOREIGN_FRAGMENT = bytes.fromhex(
    "9d5e3edbbd440718dd514c2b04259ace82b2a514e69c040b316203e5ce4c1527cbbcd0e2afae587e6097bf637792"
    "3b920d6e4d6f3b7b1c263ba3c7868fb6824bab7957b4"
)
FOREIGN = (1, APPLICATION_DATA, VERSION)
KINDS = (
    ("a Finished, the first record", 0, HANDSHAKE, 16, "sha256", 16),
    ("22 bytes of data", 1, APPLICATION_DATA, 22, "sha1", 16),
    ("a close_notify", 255, ALERT, 2, "sha384", 32),
    ("the content fills whole blocks", 3, APPLICATION_DATA, 32, "sha256", 32),
    ("only one byte of padding", 4, APPLICATION_DATA, 31, "sha1", 16),
    ("a high sequence number", 2**32 + 7, APPLICATION_DATA, 300, "sha256", 16),
    ("no content at all", 5, APPLICATION_DATA, 0, "sha1", 16),
)
"""Records, as `arguments_of_cbc` takes them."""

# -- protecting ---------------------------------------------------------------------------------


def etm_protect_cases(draw: SeededBytes) -> Iterator[Case]:
    """The record that OpenSSL sent; three MACs, and contents that leave every kind of padding."""
    iv = FOREIGN_FRAGMENT[:BLOCK]
    yield Case(
        "the record that OpenSSL sent",
        (FOREIGN_KEY, FOREIGN_MAC_KEY, iv, *FOREIGN, FOREIGN_CONTENT, "sha1"),
        FOREIGN_FRAGMENT,
    )
    for kind in KINDS:
        yield Case(kind[0], arguments_of_cbc(draw, *kind))


def _made(
    covered: Callable[[bytes, bytes, bytes], bytes],
    length: Callable[[bytes, bytes, bytes, int], int] | None = None,
    **mistake: Any,
) -> Callable[..., bytes]:
    """`etm_protect` with a MAC over other bytes: `covered(iv, ciphertext, content)`.

    length: what stands in the MAC's length field, from these and the length of the MAC.
    mistake: what else is wrong with the bytes in front, as `header_bytes` takes it.
    """

    def function(
        enc_key: bytes,
        mac_key: bytes,
        iv: bytes,
        seq_num: int,
        type: int,
        version: int,
        content: bytes,
        hash_name: str,
    ) -> bytes:
        ciphertext = encrypted(enc_key, iv, content + cbc_padding(len(content)))
        data = covered(iv, ciphertext, content)

        def header(seq_num: int, type: int, version: int, size: int) -> bytes:
            if length is not None:
                size = length(iv, ciphertext, content, MAC_LENGTHS[hash_name])
            return header_bytes(seq_num, type, version, size, **mistake)

        mac = record_mac(mac_key, seq_num, type, version, data, hash_name, additional_data=header)
        return iv + ciphertext + mac

    return function


def _on_the_wire(iv: bytes, ciphertext: bytes, content: bytes) -> bytes:
    return iv + ciphertext


def _padded_for_the_mac(enc_key: bytes, mac_key: bytes, iv: bytes, *more: Any) -> bytes:
    # What is not a whole number of blocks, AES does not take.
    content, hash_name = more[-2], more[-1]
    padded = content + cbc_padding(len(content) + MAC_LENGTHS[hash_name])
    if len(padded) % BLOCK:
        raise ValueError("not a whole number of blocks")
    return etm_protect(enc_key, mac_key, iv, *more)


def _old_record_turned_inside_out(*arguments: Any) -> bytes:
    # The MAC of the content put behind a ciphertext that was padded for it.
    _padded_for_the_mac(*arguments)
    return _made(lambda iv, ciphertext, content: content)(*arguments)


def _pkcs7_padding(content_length: int) -> bytes:
    number = BLOCK - content_length % BLOCK
    return bytes([number]) * number


def _keys_swapped(enc_key: bytes, mac_key: bytes, *more: Any) -> bytes:
    return etm_protect(enc_key, enc_key, *more)


def _mac_first(*arguments: Any) -> bytes:
    fragment, mac = etm_protect(*arguments), MAC_LENGTHS[arguments[-1]]
    return fragment[-mac:] + fragment[:-mac]


def _without_mac(*arguments: Any) -> bytes:
    return etm_protect(*arguments)[: -MAC_LENGTHS[arguments[-1]]]


# -- opening ------------------------------------------------------------------------------------


def etm_unprotect_cases(draw: SeededBytes) -> Iterator[Case]:
    """Good records, OpenSSL's among them, with all lengths of padding; and each way to be wrong."""
    foreign = (FOREIGN_KEY, FOREIGN_MAC_KEY, *FOREIGN, FOREIGN_FRAGMENT, "sha1")
    yield Case("the record that OpenSSL sent", foreign, FOREIGN_CONTENT)
    for kind in KINDS:
        arguments = arguments_of_cbc(draw, *kind)
        yield Case(kind[0], to_unprotect(arguments, etm_protect(*arguments)))
    data = arguments_of_cbc(draw, "data", 7, APPLICATION_DATA, 22, "sha1", 16)
    whole = arguments_of_cbc(draw, "whole", 3, APPLICATION_DATA, 32, "sha256", 32)
    for number, arguments in ((249, data), (255, whole)):
        padded = _padded_with(bytes([number]) * (number + 1), arguments)
        yield Case(f"a padding_length of {number}", to_unprotect(arguments, padded))

    fragment = etm_protect(*data)
    for what, wrong in (
        ("a bit of the IV was changed", flipped(fragment, 3)),
        ("a bit of the ciphertext was changed", flipped(fragment, BLOCK)),
        ("a bit of the MAC was changed", flipped(fragment, -1)),
        ("a block was cut out", fragment[: 2 * BLOCK] + fragment[3 * BLOCK :]),
        ("the last byte was cut off", fragment[:-1]),
        ("the MAC was cut off", fragment[:-20]),
        ("a record of the old order, MAC-then-encrypt", cbc_protect(*data)),
        ("fewer bytes than a MAC", fragment[:5]),
        ("an empty fragment", b""),
        ("the MAC is right, and what it covers is no whole number of blocks", _sealed(data, 7)),
        ("the MAC is right, and there is an IV and nothing else", _sealed(data, 0)),
        ("the MAC is right, and the padding is zeros", _padded_with(b"\0" * 9 + b"\x09", data)),
        ("the MAC is right, and the padding is too long", _padded_with(b"\xff" * 10, data)),
    ):
        yield Case(what, to_unprotect(data, wrong), REFUSED)
    for what, change in (
        ("the record was sent a second time", {"seq_num": 8}),
        ("the type was changed", {"type": HANDSHAKE}),
        ("the version was changed", {"version": 0x0302}),
    ):
        yield Case(what, to_unprotect(data, fragment, **change), REFUSED)


def _padded_with(padding: bytes, arguments: tuple[Any, ...]) -> bytes:
    return etm_protect(*arguments, cbc_padding=lambda _: padding)


def _sealed(arguments: tuple[Any, ...], length: int) -> bytes:
    """The IV, `length` bytes behind it, and a MAC over them that is right."""
    _, mac_key, iv, *header, _, hash_name = arguments
    seq_num, type, version = header
    data = bytes(iv) + bytes(length)
    return data + record_mac(mac_key, seq_num, type, version, data, hash_name)


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
    mac: bool = True,
    padding: bool = True,
    of_padding: Callable[[], Exception] = bad_record_mac,
) -> bytes:
    """`etm_unprotect` in short, without some of its checks. of_padding: the error for bad padding.

    Raises what the library and Python do, where a length is wrong and nobody looked.
    """
    mac_length = MAC_LENGTHS[hash_name]
    enciphered = fragment[:-mac_length]
    if lengths and (len(enciphered) < 2 * BLOCK or len(enciphered) % BLOCK):
        raise bad_record_mac()
    expected = record_mac(mac_key, seq_num, type, version, enciphered, hash_name)
    if mac and expected != fragment[-mac_length:]:
        raise bad_record_mac()
    inner = cbc_decrypt(enc_key, enciphered)
    number = inner[-1]
    if padding and inner[-number - 1 :] != bytes([number]) * (number + 1):
        raise of_padding()
    return inner[: -number - 1]


def _decrypts_first(enc_key: bytes, mac_key: bytes, *more: Any) -> bytes:
    fragment, hash_name = more[-2], more[-1]
    # All that has to be done with what was decrypted is to look at its last byte.
    cbc_decrypt(enc_key, fragment[: -MAC_LENGTHS[hash_name]])[-1]
    return etm_unprotect(enc_key, mac_key, *more)


def _mac_of_the_content(
    enc_key: bytes,
    mac_key: bytes,
    seq_num: int,
    type: int,
    version: int,
    fragment: bytes,
    hash_name: str,
) -> bytes:
    mac_length = MAC_LENGTHS[hash_name]
    inner = cbc_decrypt(enc_key, fragment[:-mac_length])
    content = inner[: -inner[-1] - 1]
    expected = record_mac(mac_key, seq_num, type, version, content, hash_name)
    if expected != fragment[-mac_length:]:
        raise bad_record_mac()
    return content


def _mac_of_20_bytes(*arguments: Any) -> bytes:
    if MAC_LENGTHS[arguments[-1]] != 20:
        raise bad_record_mac()
    return etm_unprotect(*arguments)


def _with_mac(*arguments: Any) -> bytes:
    fragment: bytes = arguments[-2]
    return etm_unprotect(*arguments) + fragment[-MAC_LENGTHS[arguments[-1]] :]


def _with_padding(*arguments: Any) -> bytes:
    etm_unprotect(*arguments)
    return cbc_decrypt(arguments[0], arguments[-2][: -MAC_LENGTHS[arguments[-1]]])


def _without_the_last_byte(*arguments: Any) -> bytes:
    content = etm_unprotect(*arguments)
    inner = _with_padding(*arguments)
    return inner[: len(content) + 1]


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="13.etm_protect",
        reference=etm_protect,
        cases=etm_protect_cases,
        mistakes=(
            Mistake(
                "That is the old order, MAC-then-encrypt. Encrypt content and padding first; then "
                "compute the MAC and put it behind, not encrypted.",
                cbc_protect,
            ),
            Mistake(
                "Your MAC is over the content. It is over what stands on the wire: IV and "
                "ciphertext, RFC 7366 §3.",
                _made(lambda iv, ciphertext, content: content),
            ),
            Mistake(
                "Your MAC leaves out the IV. RFC 7366 §3 counts it in: whoever changes the IV "
                "changes the first block of the content.",
                _made(lambda iv, ciphertext, content: ciphertext),
            ),
            Mistake(
                "Your MAC leaves out the IV, although its length field counts it. The MAC is over "
                "IV and ciphertext, RFC 7366 §3.",
                _made(
                    lambda iv, ciphertext, content: ciphertext,
                    lambda iv, ciphertext, content, mac: len(iv + ciphertext),
                ),
            ),
            Mistake(
                "The length field in your MAC says how long the content is. It says how long IV "
                "and ciphertext are together, RFC 7366 §3.",
                _made(_on_the_wire, lambda iv, ciphertext, content, mac: len(content)),
            ),
            Mistake(
                "The length field in your MAC does not count the IV. It says how long IV and "
                "ciphertext are together, RFC 7366 §3.",
                _made(_on_the_wire, lambda iv, ciphertext, content, mac: len(ciphertext)),
            ),
            Mistake(
                "The length field in your MAC counts the MAC itself. It says how long IV and "
                "ciphertext are together, RFC 7366 §3.",
                _made(
                    _on_the_wire, lambda iv, ciphertext, content, mac: len(iv + ciphertext) + mac
                ),
            ),
            Mistake(
                "You count the records from 1. The first one under new keys is number 0: take "
                "`seq_num` as it is.",
                _made(_on_the_wire, first=1),
            ),
            Mistake(
                "Your sequence number has four bytes. It has eight, RFC 5246 §6.1.",
                _made(_on_the_wire, seq_bytes=4),
            ),
            Mistake(
                "The MAC is over IV and ciphertext alone. Sequence number, type, version and "
                "length go in front, as record_mac does it.",
                _made(_on_the_wire, parts=""),
            ),
            Mistake(
                "You filled the blocks as if the MAC were inside. Only the content is padded now: "
                "mine.cbc_padding(len(content)).",
                _padded_for_the_mac,
            ),
            Mistake(
                "Your MAC is over the content, and the blocks are filled as if it were inside. "
                "Both belong to the old order: pad the content alone, encrypt it, and compute the "
                "MAC over IV and ciphertext.",
                _old_record_turned_inside_out,
            ),
            Mistake(
                "That is the padding of PKCS #7. In TLS the last byte does not count itself: take "
                "mine.cbc_padding(len(content)).",
                partial(etm_protect, cbc_padding=_pkcs7_padding),
            ),
            Mistake("The MAC is missing. It stands behind the ciphertext.", _without_mac),
            Mistake(
                "The IV is missing from what you return. The receiver needs it.",
                lambda *arguments: etm_protect(*arguments)[BLOCK:],
            ),
            Mistake("The MAC stands behind the ciphertext, not before the IV.", _mac_first),
            Mistake(
                "You keyed the MAC with the encryption key. Each key does one thing: the MAC takes "
                "mac_key.",
                _keys_swapped,
            ),
            Mistake(
                "There is a record header in front. The record layer adds it later: return the "
                "fragment.",
                partial(in_record, etm_protect, 4),
            ),
        ),
        hints=(
            "Three steps: pad the content, encrypt it, compute the MAC.",
            "What does the MAC cover? The bytes that a receiver has before it decrypts anything: "
            "IV and ciphertext.",
            "mine.record_mac(mac_key, seq_num, type, version, iv + ciphertext, hash_name) also "
            "gets the length right. What stands on the wire is IV, ciphertext, MAC.",
        ),
        section="RFC 7366 §3",
        primitive="etm_protect",
    ),
    Exercise(
        id="13.etm_unprotect",
        reference=etm_unprotect,
        cases=etm_unprotect_cases,
        mistakes=(
            Mistake(
                "You do not compare the MAC. Without it everybody can change what you decrypt.",
                partial(_opened, mac=False),
            ),
            Mistake(
                "Look at the length first: what stands before the MAC has to be an IV and at least "
                "one block, whole blocks. Refuse everything else with bad_record_mac().",
                partial(_opened, lengths=False),
            ),
            Mistake(
                'You do not check the padding. Its MAC is right, but "the receiver MUST check '
                'this padding" all the same, RFC 5246 §6.2.3.2.',
                partial(_opened, padding=False),
            ),
            Mistake(
                "You check neither MAC nor padding nor length. Everybody can change what you "
                "decrypt: first the length, then the MAC, and only then decrypt.",
                partial(_opened, lengths=False, mac=False, padding=False),
            ),
            Mistake(
                "The MAC is right, and two checks are missing: that there are whole blocks, before "
                "it, and that the padding is as it should be, behind it.",
                partial(_opened, lengths=False, padding=False),
            ),
            Mistake(
                "You decrypt before you compare the MAC, so the library gets to see what a "
                "stranger sent. First the length, then the MAC, and only then decrypt.",
                _decrypts_first,
            ),
            Mistake(
                "You decrypt first, and then compute the MAC over the content. It is over IV and "
                "ciphertext, RFC 7366 §3, so it can be compared before anything is decrypted.",
                _mac_of_the_content,
            ),
            Mistake(
                "You always cut off 20 bytes. How long the MAC is depends on the hash: "
                "MAC_LENGTHS[hash_name].",
                _mac_of_20_bytes,
            ),
            Mistake(
                "Bad padding gets another error from you than a bad MAC. Raise bad_record_mac() "
                "for both.",
                partial(_opened, of_padding=value_error),
            ),
            Mistake(
                "You refuse the right records, but not all of them with the alert bad_record_mac.",
                refusing_with(etm_unprotect, other_alert),
            ),
            Mistake(
                "You refuse with an error that the connection does not know. Raise "
                "bad_record_mac(): it carries the alert.",
                refusing_with(etm_unprotect, value_error),
            ),
            Mistake(
                "You return None for a record that is not good. Raise bad_record_mac(): nobody "
                "forgets to look at an error.",
                refusing_with(etm_unprotect, lambda: None),
            ),
            Mistake("You left the MAC at the end of the content.", _with_mac),
            Mistake("You left the padding at the end of the content.", _with_padding),
            Mistake(
                "You cut off one byte too few: padding_length does not count itself.",
                _without_the_last_byte,
            ),
            Mistake(
                "You refuse good records too. Cut off the MAC at the end of the fragment; what is "
                "left, IV and ciphertext, is what record_mac is over.",
                refuses,
            ),
        ),
        hints=(
            "The MAC is the end of the fragment, MAC_LENGTHS[hash_name] bytes. Nothing has to be "
            "decrypted to find it.",
            "First the length: what is left has to be whole blocks, at least two. Then the MAC "
            "over all that is left, compared with hmac.compare_digest. Only then decrypt.",
            "The last byte inside is padding_length. Check the padding_length + 1 bytes at the "
            "end, and return what is before them.",
        ),
        section="RFC 7366 §3",
        primitive="etm_unprotect",
    ),
)
