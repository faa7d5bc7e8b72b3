"""The key schedule of TLS 1.3 (RFC 8446 §7.1, RFC 5869).

Every secret is pulled out of what is secret so far and stretched again under a label, down three
stages; a DHE secret or a PSK that there is not is as many zeros as the hash has bytes:

             0
             |
             v
   PSK ->  HKDF-Extract = Early Secret
             |
             +-----> Derive-Secret(., "ext binder" | "res binder", "")
             |                     = binder_key
             |
             +-----> Derive-Secret(., "c e traffic", ClientHello)
             |                     = client_early_traffic_secret
             |
             +-----> Derive-Secret(., "e exp master", ClientHello)
             |                     = early_exporter_master_secret
             v
       Derive-Secret(., "derived", "")
             |
             v
   (EC)DHE -> HKDF-Extract = Handshake Secret
             |
             +-----> Derive-Secret(., "c hs traffic", ClientHello...ServerHello)
             |                     = client_handshake_traffic_secret
             |
             +-----> Derive-Secret(., "s hs traffic", ClientHello...ServerHello)
             |                     = server_handshake_traffic_secret
             v
       Derive-Secret(., "derived", "")
             |
             v
   0 -> HKDF-Extract = Master Secret
             |
             +-----> Derive-Secret(., "c ap traffic", ClientHello...server Finished)
             |                     = client_application_traffic_secret_0
             |
             +-----> Derive-Secret(., "s ap traffic", ClientHello...server Finished)
             |                     = server_application_traffic_secret_0
             |
             +-----> Derive-Secret(., "exp master", ClientHello...server Finished)
             |                     = exporter_master_secret
             |
             +-----> Derive-Secret(., "res master", ClientHello...client Finished)
                                   = resumption_master_secret

RFC 9846 renames the Master Secret to Main Secret and the three other "master" secrets likewise;
the labels, and so the bytes, stay. `main_secret` is called so here to keep it apart from TLS 1.2's.

hash_name is that of the suite: "sha256" or "sha384", as hashlib calls it. Every function that calls
another takes it as a keyword, so that `Primitives` can put a learner's version in its place.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tlslab.crypto.prf import transcript_hash
from tlslab.errors import LocalError
from tlslab.wire.registry import HandshakeType

HASH_LENGTHS = {"sha256": 32, "sha384": 48}
HASH_OF_NOTHING = {name: hashlib.new(name).digest() for name in HASH_LENGTHS}
"""Transcript-Hash(""): what Derive-Secret takes where the diagram shows an empty string."""
LABEL_PREFIX = b"tls13 "
IV_LENGTH = 12
"""Of every suite: the nonce of AES-GCM and of ChaCha20-Poly1305 (RFC 8446 §5.3)."""

EXTERNAL_BINDER = b"ext binder"
RESUMPTION_BINDER = b"res binder"

Extract = Callable[[bytes, bytes, str], bytes]
Expand = Callable[[bytes, bytes, int, str], bytes]
ExpandLabel = Callable[[bytes, bytes, bytes, int, str], bytes]
DeriveSecret = Callable[[bytes, bytes, bytes, str], bytes]
FinishedKey = Callable[[bytes, str], bytes]
TranscriptHash = Callable[[Sequence[bytes], str], bytes]


# -- HKDF ---------------------------------------------------------------------------------------


def hkdf_extract(salt: bytes, ikm: bytes, hash_name: str) -> bytes:
    """PRK = HMAC-Hash(salt, IKM), as long as the hash (RFC 5869 §2.2).

    ikm: the secret that comes in, of any length, perhaps not evenly random. An empty salt is as
    good as zeros: HMAC fills its key up with them.
    """
    return hmac.digest(salt, ikm, hash_name)


def hkdf_expand(prk: bytes, info: bytes, length: int, hash_name: str) -> bytes:
    """OKM: stretch `prk` to `length` bytes, different for each `info` (RFC 5869 §2.3).

    T(i) = HMAC-Hash(PRK, T(i-1) + info + i) with T(0) empty and i a single byte, from 1 on;
    OKM is the first `length` bytes of T(1) + T(2) + … Raises LocalError above 255 hashes.
    """
    if length > 255 * HASH_LENGTHS[hash_name]:
        raise LocalError(f"HKDF-Expand gives at most 255 hashes, and not {length} bytes")
    output = block = b""
    counter = 1
    while len(output) < length:
        block = hmac.digest(prk, block + info + bytes([counter]), hash_name)
        output += block
        counter += 1
    return output[:length]


def hkdf_expand_label(
    secret: bytes,
    label: bytes,
    context: bytes,
    length: int,
    hash_name: str,
    *,
    hkdf_expand: Expand = hkdf_expand,
) -> bytes:
    """HKDF-Expand(Secret, HkdfLabel, Length): `length` bytes for one purpose (RFC 8446 §7.1).

    struct {
        uint16 length = Length;
        opaque label<7..255> = "tls13 " + Label;
        opaque context<0..255> = Context;
    } HkdfLabel;

    label: ASCII without the prefix "tls13 ", such as b"key"; it is added here. context: a hash, or
    empty. Raises LocalError for a label above 249 bytes or a context above 255.
    """
    full_label = LABEL_PREFIX + label
    if len(full_label) > 255 or len(context) > 255:
        raise LocalError("a label has at most 249 bytes, a context at most 255")
    info = b"%b%c%b%c%b" % (
        length.to_bytes(2, "big"),
        len(full_label),
        full_label,
        len(context),
        context,
    )
    return hkdf_expand(secret, info, length, hash_name)


def derive_secret(
    secret: bytes,
    label: bytes,
    transcript_hash: bytes,
    hash_name: str,
    *,
    hkdf_expand_label: ExpandLabel = hkdf_expand_label,
) -> bytes:
    """Derive-Secret: a secret as long as the hash, bound to the messages so far (RFC 8446 §7.1).

    transcript_hash: Transcript-Hash(Messages); of no message, `HASH_OF_NOTHING[hash_name]`.
    """
    length = HASH_LENGTHS[hash_name]
    return hkdf_expand_label(secret, label, transcript_hash, length, hash_name)


# -- the three stages ---------------------------------------------------------------------------


def early_secret(psk: bytes, hash_name: str, *, hkdf_extract: Extract = hkdf_extract) -> bytes:
    """HKDF-Extract(0, PSK), as long as the hash (RFC 8446 §7.1). psk: b"" if there is none."""
    zeros = bytes(HASH_LENGTHS[hash_name])
    return hkdf_extract(zeros, psk or zeros, hash_name)


def handshake_secret(
    early_secret: bytes,
    shared_secret: bytes,
    hash_name: str,
    *,
    hkdf_extract: Extract = hkdf_extract,
    derive_secret: DeriveSecret = derive_secret,
) -> bytes:
    """HKDF-Extract(Derive-Secret(Early Secret, "derived", ""), (EC)DHE) (RFC 8446 §7.1).

    shared_secret: what both key shares led to; b"" if there were none, with a PSK alone (psk_ke).
    """
    salt = derive_secret(early_secret, b"derived", HASH_OF_NOTHING[hash_name], hash_name)
    return hkdf_extract(salt, shared_secret or bytes(HASH_LENGTHS[hash_name]), hash_name)


def main_secret(
    handshake_secret: bytes,
    hash_name: str,
    *,
    hkdf_extract: Extract = hkdf_extract,
    derive_secret: DeriveSecret = derive_secret,
) -> bytes:
    """HKDF-Extract(Derive-Secret(Handshake Secret, "derived", ""), 0) (RFC 8446 §7.1).

    RFC 8446 calls it Master Secret, RFC 9846 Main Secret.
    """
    salt = derive_secret(handshake_secret, b"derived", HASH_OF_NOTHING[hash_name], hash_name)
    return hkdf_extract(salt, bytes(HASH_LENGTHS[hash_name]), hash_name)


# -- from a secret to its use -------------------------------------------------------------------


class TrafficKeys(NamedTuple):
    """What protects the records of one side; iv: 12 bytes (RFC 8446 §7.3)."""

    key: bytes
    iv: bytes


def traffic_keys(
    traffic_secret: bytes,
    key_length: int,
    hash_name: str,
    *,
    hkdf_expand_label: ExpandLabel = hkdf_expand_label,
) -> TrafficKeys:
    """[sender]_write_key, of `key_length` bytes, and [sender]_write_iv (RFC 8446 §7.3)."""
    return TrafficKeys(
        hkdf_expand_label(traffic_secret, b"key", b"", key_length, hash_name),
        hkdf_expand_label(traffic_secret, b"iv", b"", IV_LENGTH, hash_name),
    )


def next_traffic_secret(
    traffic_secret: bytes,
    hash_name: str,
    *,
    hkdf_expand_label: ExpandLabel = hkdf_expand_label,
) -> bytes:
    """application_traffic_secret_N+1, after a KeyUpdate (RFC 8446 §7.2)."""
    length = HASH_LENGTHS[hash_name]
    return hkdf_expand_label(traffic_secret, b"traffic upd", b"", length, hash_name)


def finished_key(
    base_key: bytes, hash_name: str, *, hkdf_expand_label: ExpandLabel = hkdf_expand_label
) -> bytes:
    """The key of a Finished or of a PSK binder, as long as the hash (RFC 8446 §4.4.4).

    base_key: the sender's handshake traffic secret; for a binder, the binder_key (§4.2.11.2).
    """
    return hkdf_expand_label(base_key, b"finished", b"", HASH_LENGTHS[hash_name], hash_name)


def finished_mac(
    base_key: bytes,
    transcript_hash: bytes,
    hash_name: str,
    *,
    finished_key: FinishedKey = finished_key,
) -> bytes:
    """HMAC(finished_key, Transcript-Hash), as long as the hash (RFC 8446 §4.4.4).

    The verify_data of a Finished, and the PskBinderEntry of a ClientHello, whose transcript ends
    before the list of binders (§4.2.11.2).
    """
    return hmac.digest(finished_key(base_key, hash_name), transcript_hash, hash_name)


def binder_key(
    early_secret: bytes,
    label: bytes,
    hash_name: str,
    *,
    derive_secret: DeriveSecret = derive_secret,
) -> bytes:
    """The base key of a PSK binder (RFC 8446 §7.1).

    label: `RESUMPTION_BINDER` for a PSK from a ticket, `EXTERNAL_BINDER` for any other, so that
    neither passes for the other.
    """
    return derive_secret(early_secret, label, HASH_OF_NOTHING[hash_name], hash_name)


def resumption_psk(
    resumption_secret: bytes,
    ticket_nonce: bytes,
    hash_name: str,
    *,
    hkdf_expand_label: ExpandLabel = hkdf_expand_label,
) -> bytes:
    """The PSK that a NewSessionTicket stands for, as long as the hash (RFC 8446 §4.6.1).

    resumption_secret: the resumption_master_secret. ticket_nonce: the message's own.
    """
    length = HASH_LENGTHS[hash_name]
    return hkdf_expand_label(resumption_secret, b"resumption", ticket_nonce, length, hash_name)


def export_13(
    exporter_secret: bytes,
    label: bytes,
    context_value: bytes,
    length: int,
    hash_name: str,
    *,
    hkdf_expand_label: ExpandLabel = hkdf_expand_label,
    derive_secret: DeriveSecret = derive_secret,
) -> bytes:
    """`length` bytes for a use outside TLS, bound to this connection (RFC 8446 §7.5).

    exporter_secret: the exporter_master_secret, or the early one. Here no context is the same as an
    empty one, unlike in TLS 1.2.
    """
    secret = derive_secret(exporter_secret, label, HASH_OF_NOTHING[hash_name], hash_name)
    context = hashlib.new(hash_name, context_value).digest()
    return hkdf_expand_label(secret, b"exporter", context, length, hash_name)


def message_hash(
    client_hello: bytes, hash_name: str, *, transcript_hash: TranscriptHash = transcript_hash
) -> bytes:
    """What stands in the transcript for the first ClientHello after a HelloRetryRequest: a message
    of type message_hash with the hash of it, 4 bytes and a hash (RFC 8446 §4.4.1).

    client_hello: with its header of four bytes. A server can so forget it, and keep its hash in the
    cookie.
    """
    digest = transcript_hash([client_hello], hash_name)
    return bytes([HandshakeType.message_hash, 0, 0, len(digest)]) + digest
