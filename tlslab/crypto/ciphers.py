"""How a record is protected in TLS 1.2 (RFC 5246 §6.2.3).

MAC only, CBC with HMAC (in either order), GCM, ChaCha20-Poly1305.

All functions take `seq_num`, the number of records that these keys have protected so far, and the
`type` and `version` of the record header: whoever changes one of them, or drops, repeats or
reorders records, breaks the MAC. `content` is the plaintext, `fragment` what stands on the wire
behind the record header. Every failure to open a fragment is the same bad_record_mac: a peer that
could tell a wrong padding from a wrong MAC could decrypt with it (RFC 5246 §7.2.2, Vaudenay 2002).
"""

import hmac
from collections.abc import Callable
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from tlslab.errors import ProtocolError

BLOCK = 16
GCM_EXPLICIT_NONCE = 8
GCM_TAG = 16
CHACHA20_NONCE = 12
CHACHA20_TAG = 16
MAC_LENGTHS = {"sha1": 20, "sha256": 32, "sha384": 48}

AdditionalData = Callable[[int, int, int, int], bytes]
RecordMAC = Callable[[bytes, int, int, int, bytes, str], bytes]


def additional_data(seq_num: int, type: int, version: int, length: int) -> bytes:
    """seq_num (8 bytes) + type (1) + version (2) + length (2): 13 bytes (RFC 5246 §6.2.3.3).

    length: that of the content, not of the fragment. A MAC begins with the same (§6.2.3.1).
    """
    return (seq_num << 40 | type << 32 | version << 16 | length).to_bytes(13, "big")


def record_mac(
    mac_key: bytes,
    seq_num: int,
    type: int,
    version: int,
    content: bytes,
    hash_name: str,
    *,
    additional_data: AdditionalData = additional_data,
) -> bytes:
    """HMAC over sequence number, header and content (RFC 5246 §6.2.3.1). 20 bytes for SHA-1."""
    header = additional_data(seq_num, type, version, len(content))
    return hmac.digest(mac_key, header + content, hash_name)


def mac_protect(
    mac_key: bytes,
    seq_num: int,
    type: int,
    version: int,
    content: bytes,
    hash_name: str,
    *,
    record_mac: RecordMAC = record_mac,
) -> bytes:
    """GenericStreamCipher with NULL: content + MAC, for all to read (RFC 5246 §6.2.3.1)."""
    return content + record_mac(mac_key, seq_num, type, version, content, hash_name)


def mac_unprotect(
    mac_key: bytes,
    seq_num: int,
    type: int,
    version: int,
    fragment: bytes,
    hash_name: str,
    *,
    record_mac: RecordMAC = record_mac,
) -> bytes:
    """The content of what `mac_protect` made. Raises ProtocolError: bad_record_mac."""
    end = len(fragment) - MAC_LENGTHS[hash_name]
    if end < 0:
        raise bad_record_mac()
    content = fragment[:end]
    expected = record_mac(mac_key, seq_num, type, version, content, hash_name)
    if not hmac.compare_digest(expected, fragment[end:]):
        raise bad_record_mac()
    return content


def cbc_padding(length: int) -> bytes:
    """Padding to a whole number of blocks, each byte of it the padding_length (RFC 5246 §6.2.3.2).

    length: of content and MAC. The padding_length byte itself is not counted in its own value.
    """
    padding_length = -(length + 1) % BLOCK
    return bytes([padding_length]) * (padding_length + 1)


def cbc_protect(
    enc_key: bytes,
    mac_key: bytes,
    iv: bytes,
    seq_num: int,
    type: int,
    version: int,
    content: bytes,
    hash_name: str,
    *,
    record_mac: RecordMAC = record_mac,
    cbc_padding: Callable[[int], bytes] = cbc_padding,
) -> bytes:
    """GenericBlockCipher: IV + AES-CBC(content + MAC + padding) (RFC 5246 §6.2.3.2).

    iv: 16 bytes, new and unpredictable for each record.
    """
    inner = content + record_mac(mac_key, seq_num, type, version, content, hash_name)
    inner += cbc_padding(len(inner))
    encryptor = Cipher(AES(enc_key), CBC(iv)).encryptor()
    return iv + encryptor.update(inner) + encryptor.finalize()


def cbc_decrypt(enc_key: bytes, fragment: bytes) -> bytes:
    """Content, MAC and padding from IV and ciphertext, unchecked.

    fragment: a whole number of blocks, at least two.
    """
    decryptor = Cipher(AES(enc_key), CBC(fragment[:BLOCK])).decryptor()
    return decryptor.update(fragment[BLOCK:]) + decryptor.finalize()


def cbc_unprotect(
    enc_key: bytes,
    mac_key: bytes,
    seq_num: int,
    type: int,
    version: int,
    fragment: bytes,
    hash_name: str,
    *,
    record_mac: RecordMAC = record_mac,
) -> bytes:
    """The content of what `cbc_protect` made. Raises ProtocolError: bad_record_mac.

    "The receiver MUST check the padding", and must not show which check failed: with bad padding
    the MAC is computed all the same, as if there were none, and the comparison looks at all bytes
    (RFC 5246 §6.2.3.2, implementation note). Python's own timing still varies a little with the
    length; a real server has to go further (Lucky Thirteen, 2013).
    """
    mac_length = MAC_LENGTHS[hash_name]
    if len(fragment) % BLOCK or len(fragment) < BLOCK + mac_length + 1:
        raise bad_record_mac()
    inner = cbc_decrypt(enc_key, fragment)
    padding_length = inner[-1]
    fits = padding_length + 1 + mac_length <= len(inner)
    if not fits:
        padding_length = 0
    padding = inner[len(inner) - padding_length - 1 :]
    good = hmac.compare_digest(padding, bytes([padding_length]) * (padding_length + 1)) & fits
    if not good:
        padding_length = 0
    end = len(inner) - padding_length - 1 - mac_length
    content = inner[:end]
    expected = record_mac(mac_key, seq_num, type, version, content, hash_name)
    good &= hmac.compare_digest(expected, inner[end : end + mac_length])
    if not good:
        raise bad_record_mac()
    return content


def etm_protect(
    enc_key: bytes,
    mac_key: bytes,
    iv: bytes,
    seq_num: int,
    type: int,
    version: int,
    content: bytes,
    hash_name: str,
    *,
    record_mac: RecordMAC = record_mac,
    cbc_padding: Callable[[int], bytes] = cbc_padding,
) -> bytes:
    """Encrypt-then-MAC: IV + AES-CBC(content + padding) + MAC (RFC 7366 §3).

    The MAC is over what stands on the wire, IV and ciphertext, and its length field says their
    length. iv: 16 bytes, new and unpredictable for each record.
    """
    encryptor = Cipher(AES(enc_key), CBC(iv)).encryptor()
    inner = content + cbc_padding(len(content))
    enciphered = iv + encryptor.update(inner) + encryptor.finalize()
    return enciphered + record_mac(mac_key, seq_num, type, version, enciphered, hash_name)


def etm_unprotect(
    enc_key: bytes,
    mac_key: bytes,
    seq_num: int,
    type: int,
    version: int,
    fragment: bytes,
    hash_name: str,
    *,
    record_mac: RecordMAC = record_mac,
) -> bytes:
    """The content of what `etm_protect` made. Raises ProtocolError: bad_record_mac.

    Nothing is decrypted before the MAC was found right, so a stranger learns nothing about the
    padding (RFC 7366 §1).
    """
    end = len(fragment) - MAC_LENGTHS[hash_name]
    if end < 2 * BLOCK or end % BLOCK:
        raise bad_record_mac()
    enciphered = fragment[:end]
    expected = record_mac(mac_key, seq_num, type, version, enciphered, hash_name)
    if not hmac.compare_digest(expected, fragment[end:]):
        raise bad_record_mac()
    inner = cbc_decrypt(enc_key, enciphered)
    padding_length = inner[-1]
    padding = inner[-padding_length - 1 :]
    if padding != bytes([padding_length]) * (padding_length + 1):
        raise bad_record_mac()
    return inner[: -padding_length - 1]


def gcm_protect(
    enc_key: bytes,
    fixed_iv: bytes,
    nonce_explicit: bytes,
    seq_num: int,
    type: int,
    version: int,
    content: bytes,
    *,
    additional_data: AdditionalData = additional_data,
) -> bytes:
    """GenericAEADCipher: nonce_explicit + ciphertext + tag (RFC 5246 §6.2.3.3, RFC 5288 §3).

    fixed_iv: 4 secret bytes from the key block; nonce_explicit: 8 bytes, never twice for one key.
    """
    header = additional_data(seq_num, type, version, len(content))
    return nonce_explicit + _aes_gcm(enc_key).encrypt(fixed_iv + nonce_explicit, content, header)


def gcm_unprotect(
    enc_key: bytes,
    fixed_iv: bytes,
    seq_num: int,
    type: int,
    version: int,
    fragment: bytes,
    *,
    additional_data: AdditionalData = additional_data,
) -> bytes:
    """The content of what `gcm_protect` made. Raises ProtocolError: bad_record_mac."""
    length = len(fragment) - GCM_EXPLICIT_NONCE - GCM_TAG
    if length < 0:
        raise bad_record_mac()
    header = additional_data(seq_num, type, version, length)
    nonce = fixed_iv + fragment[:GCM_EXPLICIT_NONCE]
    try:
        return _aes_gcm(enc_key).decrypt(nonce, fragment[GCM_EXPLICIT_NONCE:], header)
    except InvalidTag:
        raise bad_record_mac() from None


def chacha20_nonce(fixed_iv: bytes, seq_num: int) -> bytes:
    """The sequence number, as long as the IV, exclusive-or the IV: 12 bytes (RFC 7905 §2)."""
    return (int.from_bytes(fixed_iv, "big") ^ seq_num).to_bytes(CHACHA20_NONCE, "big")


def chacha20_protect(
    enc_key: bytes,
    fixed_iv: bytes,
    seq_num: int,
    type: int,
    version: int,
    content: bytes,
    *,
    additional_data: AdditionalData = additional_data,
) -> bytes:
    """ChaCha20-Poly1305: ciphertext + tag (RFC 7905 §2). The nonce is not sent: both count.

    enc_key: 32 bytes; fixed_iv: 12 secret bytes from the key block.
    """
    header = additional_data(seq_num, type, version, len(content))
    return _chacha20(enc_key).encrypt(chacha20_nonce(fixed_iv, seq_num), content, header)


def chacha20_unprotect(
    enc_key: bytes,
    fixed_iv: bytes,
    seq_num: int,
    type: int,
    version: int,
    fragment: bytes,
    *,
    additional_data: AdditionalData = additional_data,
) -> bytes:
    """The content of what `chacha20_protect` made. Raises ProtocolError: bad_record_mac."""
    length = len(fragment) - CHACHA20_TAG
    if length < 0:
        raise bad_record_mac()
    header = additional_data(seq_num, type, version, length)
    try:
        return _chacha20(enc_key).decrypt(chacha20_nonce(fixed_iv, seq_num), fragment, header)
    except InvalidTag:
        raise bad_record_mac() from None


@lru_cache(maxsize=32)
def _aes_gcm(enc_key: bytes) -> AESGCM:
    # A key protects many records, and setting it up would take a fifth of the time for each.
    return AESGCM(enc_key)


@lru_cache(maxsize=32)
def _chacha20(enc_key: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(enc_key)


def bad_record_mac() -> ProtocolError:
    """The one error for every record that cannot be opened."""
    return ProtocolError(
        "bad_record_mac",
        "the record was not made with these keys, or was changed on the way",
        where="record.fragment",
        section="RFC 5246 §7.2.2",
    )
