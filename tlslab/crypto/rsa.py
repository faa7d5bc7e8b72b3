"""RSA key transport: how the premaster secret travels (RFC 5246 §7.4.7.1, RFC 8017 §7.2).

Historic: TLS 1.3 has removed it, because whoever gets the server's key later reads everything that
was ever recorded. It is the simplest exchange there is, so the course begins with it.

The padding is built and taken apart here, from random bytes that the caller gives, so that a lab
run can be repeated. `decrypt_premaster` is what the server runs: it answers a forged ciphertext
with the caller's random premaster and nobody can see which of the two it was.
"""

import hmac
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from tlslab.crypto.prf import PREMASTER_LENGTH
from tlslab.errors import LocalError

MIN_PADDING = 8
"""RFC 8017 §7.2.1: the padding string is at least eight bytes long."""

Pad = Callable[[bytes, int, bytes], bytes]


def padding_length(message_length: int, modulus_length: int) -> int:
    """How many random bytes `pkcs1_v15_pad` needs for a message and a modulus of these lengths.

    Raises LocalError if the message is too long for the key.
    """
    length = modulus_length - 3 - message_length
    if length < MIN_PADDING:
        raise LocalError(
            f"{message_length} bytes do not fit into an RSA key of {modulus_length} bytes: "
            f"at most {modulus_length - 3 - MIN_PADDING} do (RFC 8017 §7.2.1)"
        )
    return length


def nonzero_bytes(draw: Callable[[int], bytes], length: int) -> bytes:
    """`length` random bytes without a zero: a zero would end the padding (RFC 8017 §7.2.1)."""
    found = b""
    while len(found) < length:
        found += draw(length - len(found)).replace(b"\0", b"")
    return found


def pkcs1_v15_pad(message: bytes, modulus_length: int, padding_string: bytes) -> bytes:
    """EM = 00 02 PS 00 M, as long as the modulus (RFC 8017 §7.2.1).

    padding_string: `padding_length(...)` random bytes, none of them zero.
    Raises LocalError when it has another length or holds a zero.
    """
    expected = padding_length(len(message), modulus_length)
    if len(padding_string) != expected or 0 in padding_string:
        raise LocalError(f"the padding string has to be {expected} bytes, none of them zero")
    return b"\x00\x02" + padding_string + b"\x00" + message


def pkcs1_v15_unpad(encoded_message: bytes) -> bytes:
    """M from EM = 00 02 PS 00 M (RFC 8017 §7.2.2). Raises LocalError if EM has another form.

    For lessons and tests alone. It says whether the padding was right, and a server that lets this
    be seen, by an alert or by its timing, decrypts for everybody (Bleichenbacher 1998).
    """
    end = encoded_message.find(0, 2)
    if encoded_message[:2] != b"\x00\x02" or end < 2 + MIN_PADDING:
        raise LocalError("not a PKCS#1 v1.5 encryption block (RFC 8017 §7.2.2)")
    return encoded_message[end + 1 :]


def rsaep(public_key: RSAPublicKey, message: int) -> int:
    """The raw operation with the public key: m^e mod n (RFC 8017 §5.1.1)."""
    numbers = public_key.public_numbers()
    if not 0 <= message < numbers.n:
        raise LocalError("message representative out of range (RFC 8017 §5.1.1)")
    return pow(message, numbers.e, numbers.n)


def rsadp(private_key: RSAPrivateKey, ciphertext: int) -> int:
    """The raw operation with the private key, by the Chinese remainders (RFC 8017 §5.1.2).

    For lessons and tests alone: Python's integers do not hide a key from who measures time.
    """
    numbers = private_key.private_numbers()
    if not 0 <= ciphertext < numbers.public_numbers.n:
        raise LocalError("ciphertext representative out of range (RFC 8017 §5.1.2)")
    m_1 = pow(ciphertext, numbers.dmp1, numbers.p)
    m_2 = pow(ciphertext, numbers.dmq1, numbers.q)
    h = (m_1 - m_2) * numbers.iqmp % numbers.p
    return m_2 + numbers.q * h


def encrypt_premaster(
    public_key: RSAPublicKey,
    premaster_secret: bytes,
    padding_string: bytes,
    *,
    pkcs1_v15_pad: Pad = pkcs1_v15_pad,
) -> bytes:
    """The EncryptedPreMasterSecret, as long as the modulus (RFC 5246 §7.4.7.1).

    premaster_secret: 48 bytes: the client_version of the ClientHello, then 46 random ones.
    padding_string: `padding_length(48, modulus_length)` random bytes, none of them zero.
    """
    modulus_length = (public_key.key_size + 7) // 8
    encoded = pkcs1_v15_pad(premaster_secret, modulus_length, padding_string)
    ciphertext = rsaep(public_key, int.from_bytes(encoded, "big"))
    return ciphertext.to_bytes(modulus_length, "big")


def decrypt_premaster(
    private_key: RSAPrivateKey,
    encrypted_premaster: bytes,
    client_version: int,
    random_premaster: bytes,
) -> bytes:
    """The premaster secret, or `random_premaster` if the ciphertext is not a good one.

    client_version: the version that the ClientHello offered, as a number such as 0x0303.
    random_premaster: 48 random bytes, drawn by the caller *before* it knows the outcome.

    "If the RSA decryption fails, or the length or the version is wrong, the server MUST continue
    the handshake using the randomly generated 46-byte value" (RFC 5246 §7.4.7.1, in short): it then
    fails at Finished, and an attacker learns nothing from where. `cryptography` decrypts in
    constant time and gives pseudo-random bytes for bad padding (implicit rejection).
    """
    wanted = client_version.to_bytes(2, "big")
    try:
        candidate = private_key.decrypt(encrypted_premaster, padding.PKCS1v15())
    except ValueError:
        # A ciphertext of the wrong length, or not below the modulus: everybody could see that.
        candidate = b""
    good = len(candidate) == PREMASTER_LENGTH
    padded = candidate[:PREMASTER_LENGTH].ljust(PREMASTER_LENGTH, b"\0")
    good &= hmac.compare_digest(padded[:2], wanted)
    mask = -int(good) & 0xFF
    return bytes((p & mask) | (r & ~mask) for p, r in zip(padded, random_premaster, strict=True))
