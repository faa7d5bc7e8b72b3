"""Exercises of notebook 15, the key schedule: HKDF.

The rest of the notebook is in n15_labels, n15_stages, n15_transcript and n15_use.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator

from tlslab.crypto.hkdf import (
    HASH_LENGTHS,
    hkdf_expand,
    hkdf_extract,
)
from tlslab.crypto.prf import p_hash
from tlslab.lab import rfc8448
from tlslab.lab.exercises.exercise import Case, Exercise, Mistake, SeededBytes

# RFC 5869 A.1 and A.2: with SHA-256, two inputs each, what is extracted, and what it expands to.
SALT_1, IKM_1 = bytes(range(13)), b"\x0b" * 22
PRK_1 = bytes.fromhex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5")
INFO_1 = bytes(range(0xF0, 0xFA))
OKM_1 = bytes.fromhex(
    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
)
SALT_2, IKM_2 = bytes(range(0x60, 0xB0)), bytes(range(80))
PRK_2 = bytes.fromhex("06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244")
INFO_2 = bytes(range(0xB0, 0x100))
OKM_2 = bytes.fromhex(
    "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e59"
    "0e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
)
HASHES = tuple(HASH_LENGTHS)
PUBLISHED = rfc8448.PUBLISHED

# -- HKDF ---------------------------------------------------------------------------------------


def extract_cases(draw: SeededBytes) -> Iterator[Case]:
    """RFC 5869's and RFC 8448's, and drawn ones with both hash functions."""
    yield Case("RFC 5869, A.1", (SALT_1, IKM_1, "sha256"), PRK_1)
    yield Case("RFC 5869, A.2", (SALT_2, IKM_2, "sha256"), PRK_2)
    zeros = bytes(32)
    yield Case("RFC 8448: early_secret", (zeros, zeros, "sha256"), PUBLISHED["early_secret"])
    for hash_name in HASHES:
        length = HASH_LENGTHS[hash_name]
        yield Case(f"drawn, {hash_name}", (draw("salt", length), draw("ikm", 32), hash_name))


def expand_cases(draw: SeededBytes) -> Iterator[Case]:
    """RFC 5869's, and lengths around one and two hashes."""
    yield Case("RFC 5869, A.1", (PRK_1, INFO_1, 42, "sha256"), OKM_1)
    yield Case("RFC 5869, A.2", (PRK_2, INFO_2, 82, "sha256"), OKM_2)
    for hash_name in HASHES:
        size = HASH_LENGTHS[hash_name]
        for length in (12, 16, size, size + 1, 3 * size):
            arguments = (draw("prk", size), draw(f"info {length}", 20), length, hash_name)
            yield Case(f"{length} bytes with {hash_name}", arguments)


def _expanded(
    *,
    first: int = 1,
    counter: Callable[[int], bytes] = lambda number: bytes([number]),
    order: str = "tic",
    chained: bool = True,
    cut: bool = True,
) -> Callable[[bytes, bytes, int, str], bytes]:
    """HKDF-Expand with a mistake. order: of T, info and counter. first: the first number."""

    def function(prk: bytes, info: bytes, length: int, hash_name: str) -> bytes:
        output = block = b""
        number = first
        while len(output) < length:
            parts = {"t": block if chained else b"", "i": info, "c": counter(number)}
            block = hmac.digest(prk, b"".join(parts[each] for each in order), hash_name)
            output += block
            number += 1
        return output[:length] if cut else output

    return function


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="15.hkdf_extract",
        reference=hkdf_extract,
        cases=extract_cases,
        mistakes=(
            Mistake(
                "Salt and secret have changed places. The salt is the key of the HMAC, RFC 5869 "
                "§2.2.",
                lambda salt, ikm, name: hkdf_extract(ikm, salt, name),
            ),
            Mistake(
                "You hashed both, without HMAC. The salt is the key of an HMAC over the secret.",
                lambda salt, ikm, name: hashlib.new(name, salt + ikm).digest(),
            ),
            Mistake(
                "You always use SHA-256. Use the hash that `hash_name` says: it is the suite's.",
                lambda salt, ikm, name: hkdf_extract(salt, ikm, "sha256"),
            ),
            Mistake(
                "You added the byte 01, as Expand does. Extract is the HMAC alone.",
                lambda salt, ikm, name: hkdf_extract(salt, ikm + b"\x01", name),
            ),
            Mistake(
                "You return hex text. Return the bytes.",
                lambda salt, ikm, name: hkdf_extract(salt, ikm, name).hex(),
            ),
        ),
        hints=(
            "It is a single HMAC.",
            "hmac.digest(key, data, hash_name): which of the two is the key?",
            "The salt is the key, the secret that comes in is the data.",
        ),
        section="RFC 5869 §2.2",
        primitive="hkdf_extract",
    ),
    Exercise(
        id="15.hkdf_expand",
        reference=hkdf_expand,
        cases=expand_cases,
        mistakes=(
            Mistake(
                "Your count begins at 0. The first block has the number 1.", _expanded(first=0)
            ),
            Mistake(
                "The number of the block is missing. It comes last, as a single byte.",
                _expanded(order="ti"),
            ),
            Mistake(
                "Your number has four bytes. It is a single byte.",
                _expanded(counter=lambda number: number.to_bytes(4, "big")),
            ),
            Mistake(
                "Your number is a digit as text. bytes([i]) makes the byte.",
                _expanded(counter=lambda number: str(number).encode()),
            ),
            Mistake(
                "The block before is missing: T(i) is made from T(i-1), info and the number. It "
                "shows in the second block.",
                _expanded(chained=False),
            ),
            Mistake(
                "The number stands in front. The order is T(i-1), info, number.",
                _expanded(order="cti"),
            ),
            Mistake(
                "Your info stands before the last block. The order is T(i-1), info, number.",
                _expanded(order="itc"),
            ),
            Mistake(
                "The info is missing. It is what makes the output different for each purpose.",
                _expanded(order="tc"),
            ),
            Mistake(
                "The blocks are right, and you return them whole. Cut them to `length` bytes.",
                _expanded(cut=False),
            ),
            Mistake(
                "Only the first block is there. Go on until there are `length` bytes.",
                lambda prk, info, length, name: hkdf_expand(prk, info, HASH_LENGTHS[name], name)[
                    :length
                ],
            ),
            Mistake(
                "That is P_hash of TLS 1.2. HKDF-Expand counts its blocks, and feeds each into the "
                "next.",
                p_hash,
            ),
            Mistake(
                "You always use SHA-256. Use the hash that `hash_name` says: it is the suite's.",
                lambda prk, info, length, name: hkdf_expand(prk, info, length, "sha256"),
            ),
        ),
        hints=(
            "A loop, as in p_hash. It goes on until there are enough bytes; then cut.",
            'Keep the block before in a variable. It begins as b"".',
            "In each turn block = HMAC(prk, block + info + bytes([i])), with i from 1 on, and the "
            "output grows by it.",
        ),
        section="RFC 5869 §2.3",
        primitive="hkdf_expand",
    ),
)
