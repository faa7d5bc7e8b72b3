"""A group for DHE in a file, as `openssl dhparam` writes it: PEM of PKCS #3's DHParameter.

DHParameter ::= SEQUENCE { prime INTEGER, base INTEGER, privateValueLength INTEGER OPTIONAL }

The library that this package stands on has given up groups modulo a prime, and so their files too.
"""

import base64
import binascii
import re
from textwrap import wrap

from tlslab.crypto.groups import FiniteField
from tlslab.errors import LocalError

_INTEGER, _SEQUENCE = 0x02, 0x30
_PEM = re.compile(rb"-----BEGIN DH PARAMETERS-----(.*?)-----END DH PARAMETERS-----", re.DOTALL)


def write_dh_parameters(field: FiniteField) -> bytes:
    """The PEM of a group."""
    numbers = b"".join(_element(_INTEGER, _signed(number)) for number in (field.p, field.g))
    lines = wrap(base64.b64encode(_element(_SEQUENCE, numbers)).decode(), 64)
    text = ["-----BEGIN DH PARAMETERS-----", *lines, "-----END DH PARAMETERS-----", ""]
    return "\n".join(text).encode()


def read_dh_parameters(pem: bytes) -> tuple[int, int]:
    """Prime and generator, unchecked. Raises LocalError for what is no DH PARAMETERS."""
    found = _PEM.search(pem)
    if found is None:
        raise LocalError("there is no block of DH PARAMETERS")
    try:
        der = base64.b64decode(b"".join(found[1].split()), validate=True)
        sequence, _ = _read(_SEQUENCE, der)
        prime, rest = _read(_INTEGER, sequence)
        generator, _ = _read(_INTEGER, rest)
    except (binascii.Error, IndexError) as error:
        raise LocalError("the block of DH PARAMETERS is damaged") from error
    return int.from_bytes(prime, "big"), int.from_bytes(generator, "big")


def _signed(number: int) -> bytes:
    """With a leading zero where the first bit would make it negative."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _element(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def _read(tag: int, data: bytes) -> tuple[bytes, bytes]:
    """The content of an element with this tag, and what stands behind it. Raises IndexError."""
    if data[0] != tag:
        raise IndexError("another tag")
    length, start = data[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[2:start], "big")
    if start + length > len(data):
        raise IndexError("cut off")
    return data[start : start + length], data[start + length :]
