"""The functions that came with TLS 1.3, as methods (see `Primitives`)."""

from typing import Literal

from tlslab.crypto import hkdf, key_shares, signatures, tls13_ciphers
from tlslab.crypto.hkdf import TrafficKeys
from tlslab.crypto.suites import CipherType
from tlslab.primitives.tls12 import Tls12Functions
from tlslab.wire.registry import NamedGroup


class Tls13Functions(Tls12Functions):
    """Part 3 of the course. Each method calls the others through `self`."""

    # -- the key schedule ---------------------------------------------------------------------

    def hkdf_extract(self, salt: bytes, ikm: bytes, hash_name: str) -> bytes:
        """See `tlslab.crypto.hkdf.hkdf_extract`."""
        return hkdf.hkdf_extract(salt, ikm, hash_name)

    def hkdf_expand(self, prk: bytes, info: bytes, length: int, hash_name: str) -> bytes:
        """See `tlslab.crypto.hkdf.hkdf_expand`."""
        return hkdf.hkdf_expand(prk, info, length, hash_name)

    def hkdf_expand_label(
        self, secret: bytes, label: bytes, context: bytes, length: int, hash_name: str
    ) -> bytes:
        """See `tlslab.crypto.hkdf.hkdf_expand_label`."""
        return hkdf.hkdf_expand_label(
            secret, label, context, length, hash_name, hkdf_expand=self.hkdf_expand
        )

    def derive_secret(
        self, secret: bytes, label: bytes, transcript_hash: bytes, hash_name: str
    ) -> bytes:
        """See `tlslab.crypto.hkdf.derive_secret`."""
        return hkdf.derive_secret(
            secret, label, transcript_hash, hash_name, hkdf_expand_label=self.hkdf_expand_label
        )

    def early_secret(self, psk: bytes, hash_name: str) -> bytes:
        """See `tlslab.crypto.hkdf.early_secret`."""
        return hkdf.early_secret(psk, hash_name, hkdf_extract=self.hkdf_extract)

    def handshake_secret(self, early_secret: bytes, shared_secret: bytes, hash_name: str) -> bytes:
        """See `tlslab.crypto.hkdf.handshake_secret`."""
        return hkdf.handshake_secret(
            early_secret,
            shared_secret,
            hash_name,
            hkdf_extract=self.hkdf_extract,
            derive_secret=self.derive_secret,
        )

    def main_secret(self, handshake_secret: bytes, hash_name: str) -> bytes:
        """See `tlslab.crypto.hkdf.main_secret`."""
        return hkdf.main_secret(
            handshake_secret,
            hash_name,
            hkdf_extract=self.hkdf_extract,
            derive_secret=self.derive_secret,
        )

    def traffic_keys(self, traffic_secret: bytes, key_length: int, hash_name: str) -> TrafficKeys:
        """See `tlslab.crypto.hkdf.traffic_keys`."""
        return hkdf.traffic_keys(
            traffic_secret, key_length, hash_name, hkdf_expand_label=self.hkdf_expand_label
        )

    def next_traffic_secret(self, traffic_secret: bytes, hash_name: str) -> bytes:
        """See `tlslab.crypto.hkdf.next_traffic_secret`."""
        return hkdf.next_traffic_secret(
            traffic_secret, hash_name, hkdf_expand_label=self.hkdf_expand_label
        )

    def tls13_export(
        self,
        exporter_secret: bytes,
        label: bytes,
        context_value: bytes,
        length: int,
        hash_name: str,
    ) -> bytes:
        """See `tlslab.crypto.hkdf.export_13`."""
        return hkdf.export_13(
            exporter_secret,
            label,
            context_value,
            length,
            hash_name,
            hkdf_expand_label=self.hkdf_expand_label,
            derive_secret=self.derive_secret,
        )

    # -- authentication and the transcript ----------------------------------------------------

    def finished_key(self, base_key: bytes, hash_name: str) -> bytes:
        """See `tlslab.crypto.hkdf.finished_key`."""
        return hkdf.finished_key(base_key, hash_name, hkdf_expand_label=self.hkdf_expand_label)

    def finished_mac(self, base_key: bytes, transcript_hash: bytes, hash_name: str) -> bytes:
        """See `tlslab.crypto.hkdf.finished_mac`."""
        return hkdf.finished_mac(
            base_key, transcript_hash, hash_name, finished_key=self.finished_key
        )

    def tls13_signed_content(
        self, side: Literal["client", "server"], transcript_hash: bytes
    ) -> bytes:
        """See `tlslab.crypto.signatures.signed_content`."""
        return signatures.signed_content(side, transcript_hash)

    def message_hash(self, client_hello: bytes, hash_name: str) -> bytes:
        """See `tlslab.crypto.hkdf.message_hash`."""
        return hkdf.message_hash(client_hello, hash_name, transcript_hash=self.transcript_hash)

    # -- pre-shared keys ----------------------------------------------------------------------

    def binder_key(self, early_secret: bytes, label: bytes, hash_name: str) -> bytes:
        """See `tlslab.crypto.hkdf.binder_key`."""
        return hkdf.binder_key(early_secret, label, hash_name, derive_secret=self.derive_secret)

    def resumption_psk(
        self, resumption_secret: bytes, ticket_nonce: bytes, hash_name: str
    ) -> bytes:
        """See `tlslab.crypto.hkdf.resumption_psk`."""
        return hkdf.resumption_psk(
            resumption_secret, ticket_nonce, hash_name, hkdf_expand_label=self.hkdf_expand_label
        )

    # -- records ------------------------------------------------------------------------------

    def per_record_nonce(self, iv: bytes, seq_num: int) -> bytes:
        """See `tlslab.crypto.tls13_ciphers.per_record_nonce`."""
        return tls13_ciphers.per_record_nonce(iv, seq_num)

    def tls13_additional_data(self, length: int) -> bytes:
        """See `tlslab.crypto.tls13_ciphers.tls13_additional_data`."""
        return tls13_ciphers.tls13_additional_data(length)

    def inner_plaintext(self, content: bytes, type: int, padding: int = 0) -> bytes:
        """See `tlslab.crypto.tls13_ciphers.inner_plaintext`."""
        return tls13_ciphers.inner_plaintext(content, type, padding)

    def open_inner_plaintext(self, plaintext: bytes) -> tuple[int, bytes]:
        """See `tlslab.crypto.tls13_ciphers.open_inner_plaintext`. Raises ProtocolError."""
        return tls13_ciphers.open_inner_plaintext(plaintext)

    def aead_protect(
        self, cipher: CipherType, key: bytes, iv: bytes, seq_num: int, plaintext: bytes
    ) -> bytes:
        """See `tlslab.crypto.tls13_ciphers.aead_protect`."""
        return tls13_ciphers.aead_protect(
            cipher,
            key,
            iv,
            seq_num,
            plaintext,
            per_record_nonce=self.per_record_nonce,
            tls13_additional_data=self.tls13_additional_data,
        )

    def aead_unprotect(
        self, cipher: CipherType, key: bytes, iv: bytes, seq_num: int, ciphertext: bytes
    ) -> bytes:
        """See `tlslab.crypto.tls13_ciphers.aead_unprotect`. Raises ProtocolError."""
        return tls13_ciphers.aead_unprotect(
            cipher,
            key,
            iv,
            seq_num,
            ciphertext,
            per_record_nonce=self.per_record_nonce,
            tls13_additional_data=self.tls13_additional_data,
        )

    # -- hybrid key exchange ------------------------------------------------------------------

    def combine_secrets(self, group: NamedGroup, mlkem_secret: bytes, ecdh_secret: bytes) -> bytes:
        """See `tlslab.crypto.key_shares.combine_secrets`."""
        return key_shares.combine_secrets(group, mlkem_secret, ecdh_secret)

    def combine_public(self, group: NamedGroup, mlkem_public: bytes, ecdh_public: bytes) -> bytes:
        """See `tlslab.crypto.key_shares.combine_public`."""
        return key_shares.combine_public(group, mlkem_public, ecdh_public)
