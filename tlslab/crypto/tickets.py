"""Session tickets: the server's memory, sealed and given to the client to keep (RFC 5077 §4).

struct {
    opaque key_name[16];
    opaque iv[16];
    opaque encrypted_state<0..2^16-1>;
    opaque mac[32];
} ticket;

AES-128-CBC with the first key, then HMAC-SHA-256 with the second over all that stands before.
"""

import hmac
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

KEY_NAME = 16
KEY = 16
IV = 16
MAC = 32
TICKET_KEY_LENGTH = KEY_NAME + KEY + MAC
"""Random bytes that make a `TicketKey`."""
_LENGTH = 2


@dataclass(frozen=True, slots=True)
class TicketKey:
    """name: 16 bytes, in the clear in each ticket; enc_key: 16 bytes; mac_key: 32 bytes."""

    name: bytes
    enc_key: bytes = field(repr=False)
    mac_key: bytes = field(repr=False)

    @classmethod
    def from_bytes(cls, random: bytes) -> "TicketKey":
        """A key from `TICKET_KEY_LENGTH` random bytes."""
        return cls(random[:KEY_NAME], random[KEY_NAME : KEY_NAME + KEY], random[KEY_NAME + KEY :])


def seal_ticket(key: TicketKey, iv: bytes, state: bytes) -> bytes:
    """The ticket that holds `state`. iv: 16 random bytes, new for each ticket."""
    padder = PKCS7(AES.block_size).padder()
    encryptor = Cipher(AES(key.enc_key), CBC(iv)).encryptor()
    encrypted = encryptor.update(padder.update(state) + padder.finalize()) + encryptor.finalize()
    sealed = key.name + iv + len(encrypted).to_bytes(_LENGTH, "big") + encrypted
    return sealed + hmac.digest(key.mac_key, sealed, "sha256")


def open_ticket(key: TicketKey, ticket: bytes) -> bytes | None:
    """The state in a ticket. None for a ticket that was not sealed with this key, or was changed:
    that is no error, the handshake is then a full one (RFC 5077 §3.1).
    """
    sealed, mac = ticket[:-MAC], ticket[-MAC:]
    if not hmac.compare_digest(hmac.digest(key.mac_key, sealed, "sha256"), mac):
        return None
    # What has the right MAC was made by `seal_ticket`: its form need not be doubted.
    iv = sealed[KEY_NAME : KEY_NAME + IV]
    decryptor = Cipher(AES(key.enc_key), CBC(iv)).decryptor()
    padded = decryptor.update(sealed[KEY_NAME + IV + _LENGTH :]) + decryptor.finalize()
    unpadder = PKCS7(AES.block_size).unpadder()
    return unpadder.update(padded) + unpadder.finalize()
