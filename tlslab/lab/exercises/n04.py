"""Exercises of notebook 04, premaster secret: pad, encrypt, decrypt without telling."""

from collections.abc import Callable, Iterator

from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from tlslab.crypto.rsa import decrypt_premaster, encrypt_premaster, rsaep
from tlslab.lab import pki
from tlslab.lab.exercises.exercise import Case, Exercise, Mistake, SeededBytes

PADDING = 205
"""Length of the padding string for 48 bytes and a key of 2048 bits."""


def pkcs1_v15_pad(message: bytes, modulus_length: int, padding_string: bytes) -> bytes:
    """EM = 00 02 PS 00 M (RFC 8017 §7.2.1). Raises ValueError for a wrong padding string."""
    if 0 in padding_string or len(padding_string) < 8:
        raise ValueError("at least eight bytes of padding, none of them zero")
    if len(padding_string) + len(message) + 3 != modulus_length:
        raise ValueError("the padding string has the wrong length")
    return b"\x00\x02" + padding_string + b"\x00" + message


def _nonzero(data: bytes) -> bytes:
    return data.replace(b"\0", b"\1")


def pad_cases(draw: SeededBytes) -> Iterator[Case]:
    """A real one, the shortest padding, and what has to be refused."""
    premaster, string = b"\3\3" + draw("premaster", 46), _nonzero(draw("padding", PADDING))
    yield Case("a premaster secret for a key of 2048 bits", (premaster, 256, string))
    yield Case("the shortest padding, eight bytes", (b"m" * 53, 64, string[:8]))
    yield Case("an empty message", (b"", 64, string[:61]))
    yield Case("a zero byte in the padding", (premaster, 256, string[:-1] + b"\0"), ValueError)
    yield Case("seven bytes of padding", (b"m" * 54, 64, string[:7]), ValueError)
    yield Case("one byte of padding too few", (premaster, 256, string[:-1]), ValueError)
    yield Case("one byte of padding too many", (premaster, 256, string + b"\1"), ValueError)


def _key() -> RSAPrivateKey:
    key = pki.server_rsa().private_key
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("the server's key is not an RSA key")
    return key


def encrypt_cases(draw: SeededBytes) -> Iterator[Case]:
    """Several secrets, to the laboratory's server."""
    public_key = _key().public_key()
    for number in range(3):
        premaster = b"\3\3" + draw(f"premaster {number}", 46)
        string = _nonzero(draw(f"padding {number}", PADDING))
        yield Case(f"premaster secret {number + 1}", (public_key, premaster, string))


def decrypt_cases(draw: SeededBytes) -> Iterator[Case]:
    """A good one, and each way to be wrong."""
    private_key, random = _key(), draw("random", 48)
    public_key, string = private_key.public_key(), _nonzero(draw("padding", PADDING + 1))
    premaster = b"\3\3" + draw("premaster", 46)

    def encrypted(message: bytes, start: bytes = b"\0\2") -> bytes:
        block = start + string[: 253 - len(message)] + b"\0" + message
        return rsaep(public_key, int.from_bytes(block, "big")).to_bytes(256, "big")

    good = encrypted(premaster)
    for what, ciphertext, version in (
        ("a good one", good, 0x0303),
        ("another version than the ClientHello's", good, 0x0304),
        ("a version before 1.2", encrypted(b"\3\1" + premaster[2:]), 0x0303),
        ("47 bytes inside", encrypted(premaster[:-1]), 0x0303),
        ("block type 1 in place of 2", encrypted(premaster, b"\0\1"), 0x0303),
        ("a changed byte", good[:-1] + bytes([good[-1] ^ 1]), 0x0303),
        ("a ciphertext that is too short", good[:-1], 0x0303),
        ("no ciphertext at all", b"", 0x0303),
    ):
        yield Case(what, (private_key, ciphertext, version, random))


def _padded(block: Callable[[bytes, bytes], bytes]) -> Callable[[bytes, int, bytes], bytes]:
    """The padding with the same refusals, and another block."""

    def function(message: bytes, modulus_length: int, padding_string: bytes) -> bytes:
        pkcs1_v15_pad(message, modulus_length, padding_string)
        return block(padding_string, message)

    return function


def _unchecked(message: bytes, modulus_length: int, padding_string: bytes) -> bytes:
    return b"\0\2" + padding_string + b"\0" + message


def _only_zero(message: bytes, modulus_length: int, padding_string: bytes) -> bytes:
    if 0 in padding_string:
        raise ValueError
    return _unchecked(message, modulus_length, padding_string)


def _without_length(message: bytes, modulus_length: int, padding_string: bytes) -> bytes:
    if 0 in padding_string or len(padding_string) < 8:
        raise ValueError
    return _unchecked(message, modulus_length, padding_string)


def _little(key: RSAPublicKey, premaster: bytes, string: bytes) -> bytes:
    number = rsaep(key, int.from_bytes(_unchecked(premaster, 256, string), "big"))
    return number.to_bytes(256, "little")


def _unpadded(key: RSAPublicKey, premaster: bytes, string: bytes) -> bytes:
    return rsaep(key, int.from_bytes(premaster, "big")).to_bytes(256, "big")


def _plain(key: RSAPrivateKey, ciphertext: bytes) -> bytes | None:
    try:
        return key.decrypt(ciphertext, padding.PKCS1v15())
    except ValueError:
        return None


def _any_version(key: RSAPrivateKey, ciphertext: bytes, version: int, random: bytes) -> bytes:
    found = _plain(key, ciphertext)
    return found if found is not None and len(found) == 48 else random


def _any_length(key: RSAPrivateKey, ciphertext: bytes, version: int, random: bytes) -> bytes:
    found = _plain(key, ciphertext)
    return found if found is not None and found[:2] == version.to_bytes(2, "big") else random


def _raises(key: RSAPrivateKey, ciphertext: bytes, version: int, random: bytes) -> bytes:
    found = key.decrypt(ciphertext, padding.PKCS1v15())
    good = len(found) == 48 and found[:2] == version.to_bytes(2, "big")
    return found if good else random


def _with_version(key: RSAPrivateKey, ciphertext: bytes, version: int, random: bytes) -> bytes:
    found = decrypt_premaster(key, ciphertext, version, random)
    return found if found != random else version.to_bytes(2, "big") + random[2:]


def build_premaster(offered_version: int, chosen_version: int, random: bytes) -> bytes:
    """The premaster secret: the version of the ClientHello and 46 bytes (RFC 5246 §7.4.7.1)."""
    return offered_version.to_bytes(2, "big") + random


def build_premaster_cases(draw: SeededBytes) -> Iterator[Case]:
    """The same version twice, and a client that was ready for more than the server chose."""
    for offered, chosen in ((0x0303, 0x0303), (0x0303, 0x0301), (0x0302, 0x0301)):
        random = draw(f"random {offered} {chosen}", 46)
        yield Case(f"offered {offered:#06x}, chosen {chosen:#06x}", (offered, chosen, random))


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="04.build_premaster",
        reference=build_premaster,
        cases=build_premaster_cases,
        mistakes=(
            Mistake(
                "You took the version that the server chose. It is the one that the ClientHello "
                "offered, RFC 5246 §7.4.7.1: else nobody would notice that the offer was changed.",
                lambda offered, chosen, random: chosen.to_bytes(2, "big") + random,
            ),
            Mistake(
                "The version is missing: two bytes in front of the random ones.",
                lambda offered, chosen, random: random,
            ),
            Mistake(
                "The version comes first, and the random bytes behind it.",
                lambda offered, chosen, random: random + offered.to_bytes(2, "big"),
            ),
            Mistake(
                "Your version is little-endian. The most significant byte comes first.",
                lambda offered, chosen, random: offered.to_bytes(2, "little") + random,
            ),
            Mistake(
                "Your version has three bytes. It has two: 03 03 for TLS 1.2.",
                lambda offered, chosen, random: offered.to_bytes(3, "big") + random,
            ),
        ),
        hints=(
            "48 bytes: two and 46.",
            'A number becomes bytes by number.to_bytes(2, "big").',
            "Which version? Read the sentence under the struct once more.",
        ),
        section="RFC 5246 §7.4.7.1",
    ),
    Exercise(
        id="04.pkcs1_v15_pad",
        reference=pkcs1_v15_pad,
        cases=pad_cases,
        mistakes=(
            Mistake(
                "The zero byte at the beginning is missing: 00 02 PS 00 M.",
                _padded(lambda string, message: b"\2" + string + b"\0" + message),
            ),
            Mistake(
                "The zero byte between padding and message is missing: nobody could say where the "
                "message begins.",
                _padded(lambda string, message: b"\0\2" + string + message),
            ),
            Mistake(
                "Your block has type 1. That is for signatures; for encryption it is 2.",
                _padded(lambda string, message: b"\0\1" + string + b"\0" + message),
            ),
            Mistake(
                "The block is right where the padding string is. Refuse with a ValueError one that "
                "has a zero in it, is shorter than 8 bytes, or does not fill the modulus.",
                _unchecked,
            ),
            Mistake(
                "You refuse a zero in the padding. Refuse one that is shorter than 8 bytes or does "
                "not fill the modulus, too.",
                _only_zero,
            ),
            Mistake(
                "A padding string of the wrong length has to be refused: the block has exactly "
                "`modulus_length` bytes.",
                _without_length,
            ),
        ),
        hints=(
            "The block is five things, one after the other: two bytes, PS, one byte, M.",
            "Three conditions on the padding string come first; each raises ValueError.",
            "`0 in padding_string` finds a zero. The lengths have to add up: 3 + PS + M.",
        ),
        section="RFC 8017 §7.2.1",
        primitive="pkcs1_v15_pad",
    ),
    Exercise(
        id="04.encrypt_premaster",
        reference=encrypt_premaster,
        cases=encrypt_cases,
        mistakes=(
            Mistake(
                "The two bytes of length are part of the message, and not of the ciphertext.",
                lambda *arguments: b"\1\0" + encrypt_premaster(*arguments),
            ),
            Mistake("You encrypted the secret without padding it first.", _unpadded),
            Mistake(
                "Your result is little-endian. The most significant byte comes first.", _little
            ),
            Mistake(
                "The version is missing inside: you encrypted 46 bytes.",
                lambda key, premaster, string: rsaep(
                    key, int.from_bytes(_unchecked(premaster[2:], 256, string), "big")
                ).to_bytes(256, "big"),
            ),
        ),
        hints=(
            "Three steps: pad, calculate, write the number as bytes.",
            "pow(m, e, n) calculates a power with its remainder in one go.",
            "key_size has bits: the modulus has (key_size + 7) // 8 bytes, and so has the result.",
        ),
        section="RFC 5246 §7.4.7.1",
        primitive="encrypt_premaster",
    ),
    Exercise(
        id="04.decrypt_premaster",
        reference=decrypt_premaster,
        cases=decrypt_cases,
        mistakes=(
            Mistake(
                "You do not look at the version inside. It has to be the one that the ClientHello "
                "offered; otherwise the random bytes are taken, RFC 5246 §7.4.7.1.",
                _any_version,
            ),
            Mistake("You do not look at the length. It has to be 48 bytes.", _any_length),
            Mistake(
                "Your function raises for a ciphertext of the wrong length. It must not: that "
                "would tell an attacker what was wrong.",
                _raises,
            ),
            Mistake(
                "If anything is wrong, return random_premaster as it is, all 48 bytes of it.",
                _with_version,
            ),
        ),
        hints=(
            "Decrypt inside `try`. What happens in `except ValueError`?",
            "Two conditions remain: the length is 48, the first two bytes are the version.",
            "In every other case the answer is random_premaster, without a word.",
        ),
        section="RFC 5246 §7.4.7.1",
        primitive="decrypt_premaster",
    ),
)
