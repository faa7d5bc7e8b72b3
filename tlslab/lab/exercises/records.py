"""What the exercises on the protection of records share: arguments, and ways to be wrong."""

from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from tlslab.crypto.ciphers import BLOCK, MAC_LENGTHS, bad_record_mac
from tlslab.errors import ProtocolError
from tlslab.lab.exercises.exercise import SeededBytes, refused

HEADER = 5
"""Bytes of a record's header (RFC 5246 §6.2.1)."""
VERSION = 0x0303
HANDSHAKE, APPLICATION_DATA, ALERT = 22, 23, 21
CLOSE_NOTIFY = b"\x01\x00"
REFUSED = refused("bad_record_mac")


def arguments_of_cbc(
    draw: SeededBytes, what: str, seq_num: int, type: int, size: int, hash_name: str, key: int
) -> tuple[Any, ...]:
    """The arguments of `cbc_protect`. size: of the content; key: of the AES key, in bytes."""
    return (
        draw(f"key {what}", key),
        draw(f"MAC key {what}", MAC_LENGTHS[hash_name]),
        draw(f"IV {what}", BLOCK),
        seq_num,
        type,
        VERSION,
        CLOSE_NOTIFY if type == ALERT else draw(f"content {what}", size),
        hash_name,
    )


def encrypted(enc_key: bytes, iv: bytes, inner: bytes) -> bytes:
    """AES-CBC. inner: a whole number of blocks."""
    encryptor = Cipher(AES(enc_key), CBC(iv)).encryptor()
    return encryptor.update(inner) + encryptor.finalize()


def header_bytes(
    seq_num: int,
    type: int,
    version: int,
    length: int,
    *,
    seq_bytes: int = 8,
    length_bytes: int = 2,
    more: int = 0,
    first: int = 0,
    little: bool = False,
    parts: str = "stvl",
) -> bytes:
    """The additional data of the parts named by letter, as who is wrong about one builds them.

    more: what is added to the length. first: the number of the first record.
    """
    order: Any = "little" if little else "big"
    pieces = {
        "s": ((seq_num + first) % 256**seq_bytes).to_bytes(seq_bytes, order),
        "t": bytes([type]),
        "v": version.to_bytes(2, order),
        "l": (length + more).to_bytes(length_bytes, order),
    }
    return b"".join(pieces[part] for part in parts)


def in_record(protect: Callable[..., bytes], type_at: int, *arguments: Any) -> bytes:
    """The whole record. type_at: which argument is the type; the version stands behind it."""
    fragment, type, version = protect(*arguments), arguments[type_at], arguments[type_at + 1]
    header = (type << 32 | version << 16 | len(fragment)).to_bytes(HEADER, "big")
    return bytes(header) + fragment


def to_unprotect(arguments: tuple[Any, ...], fragment: bytes, **change: int) -> tuple[Any, ...]:
    """The arguments of `cbc_unprotect` for those of `cbc_protect`, some of them changed."""
    enc_key, mac_key, _, seq_num, type, version, _, hash_name = arguments
    header = {"seq_num": seq_num, "type": type, "version": version, **change}
    return (enc_key, mac_key, *header.values(), fragment, hash_name)


def flipped(data: bytes, at: int) -> bytes:
    """With one bit of the byte at `at` changed."""
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


def refuses(*_: Any) -> bytes:
    """Refuses every record."""
    raise bad_record_mac()


def other_alert() -> ProtocolError:
    """An error with an alert that says too much."""
    return ProtocolError("decrypt_error", "the padding is wrong")


def value_error() -> ValueError:
    """An error that no connection knows."""
    return ValueError("the padding is wrong")


def refusing_with(
    unprotect: Callable[..., bytes], refusal: Callable[[], Any]
) -> Callable[..., Any]:
    """Right, but for what it does with a record that cannot be opened: raise or return this."""

    def function(*arguments: Any) -> Any:
        try:
            return unprotect(*arguments)
        except ProtocolError:
            outcome = refusal()
            if isinstance(outcome, Exception):
                raise outcome from None
            return outcome

    return function
