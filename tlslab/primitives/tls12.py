"""The functions of TLS 1.2, and those that both versions share, as methods (see `Primitives`)."""

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from tlslab.crypto import certificates, ciphers, groups, prf, rsa, signatures, tickets
from tlslab.crypto.groups import FiniteField, Share
from tlslab.crypto.prf import Keys
from tlslab.crypto.signatures import PrivateKey, PublicKey
from tlslab.crypto.tickets import TicketKey
from tlslab.wire.registry import SignatureScheme


class Tls12Functions:
    """Parts 1 and 2 of the course. Each method calls the others through `self`."""

    # -- choosing -----------------------------------------------------------------------------

    def choose_cipher_suite(self, offered: Sequence[int], supported: Sequence[int]) -> int | None:
        """The first of the server's `supported` suites that the client `offered`; None if none is.

        RFC 5246 §7.4.1.3 leaves the choice to the server.
        """
        return next((suite for suite in supported if suite in offered), None)

    # -- authentication -----------------------------------------------------------------------

    def verify_chain(
        self,
        certificate_list: Sequence[bytes],
        trust_anchors: Sequence[x509.Certificate],
        server_name: str,
        time: datetime,
    ) -> x509.Certificate:
        """The server's certificate, verified. See `tlslab.crypto.certificates.verify_chain`."""
        return certificates.verify_chain(certificate_list, trust_anchors, server_name, time)

    # -- the premaster secret -----------------------------------------------------------------

    def pkcs1_v15_pad(self, message: bytes, modulus_length: int, padding_string: bytes) -> bytes:
        """00 02 PS 00 M. See `tlslab.crypto.rsa.pkcs1_v15_pad`."""
        return rsa.pkcs1_v15_pad(message, modulus_length, padding_string)

    def encrypt_premaster(
        self, public_key: RSAPublicKey, premaster_secret: bytes, padding_string: bytes
    ) -> bytes:
        """The EncryptedPreMasterSecret. See `tlslab.crypto.rsa.encrypt_premaster`."""
        return rsa.encrypt_premaster(
            public_key, premaster_secret, padding_string, pkcs1_v15_pad=self.pkcs1_v15_pad
        )

    def decrypt_premaster(
        self,
        private_key: RSAPrivateKey,
        encrypted_premaster: bytes,
        client_version: int,
        random_premaster: bytes,
    ) -> bytes:
        """The premaster secret, or the random one. See `tlslab.crypto.rsa.decrypt_premaster`."""
        return rsa.decrypt_premaster(
            private_key, encrypted_premaster, client_version, random_premaster
        )

    # -- master secret and keys ---------------------------------------------------------------

    def p_hash(self, secret: bytes, seed: bytes, length: int, hash_name: str) -> bytes:
        """See `tlslab.crypto.prf.p_hash`."""
        return prf.p_hash(secret, seed, length, hash_name)

    def prf(self, secret: bytes, label: bytes, seed: bytes, length: int, hash_name: str) -> bytes:
        """See `tlslab.crypto.prf.prf`."""
        return prf.prf(secret, label, seed, length, hash_name, p_hash=self.p_hash)

    def master_secret(
        self, premaster_secret: bytes, client_random: bytes, server_random: bytes, hash_name: str
    ) -> bytes:
        """See `tlslab.crypto.prf.master_secret`."""
        return prf.master_secret(
            premaster_secret, client_random, server_random, hash_name, prf=self.prf
        )

    def key_block(
        self,
        master_secret: bytes,
        server_random: bytes,
        client_random: bytes,
        length: int,
        hash_name: str,
    ) -> bytes:
        """See `tlslab.crypto.prf.key_block`."""
        return prf.key_block(
            master_secret, server_random, client_random, length, hash_name, prf=self.prf
        )

    def cut_key_block(
        self, block: bytes, mac_key_length: int, enc_key_length: int, fixed_iv_length: int
    ) -> Keys:
        """See `tlslab.crypto.prf.cut_key_block`."""
        return prf.cut_key_block(block, mac_key_length, enc_key_length, fixed_iv_length)

    # -- Finished -----------------------------------------------------------------------------

    def transcript_hash(self, handshake_messages: Sequence[bytes], hash_name: str) -> bytes:
        """See `tlslab.crypto.prf.transcript_hash`."""
        return prf.transcript_hash(handshake_messages, hash_name)

    def verify_data(
        self, master_secret: bytes, finished_label: bytes, transcript_hash: bytes, hash_name: str
    ) -> bytes:
        """See `tlslab.crypto.prf.verify_data`."""
        return prf.verify_data(
            master_secret, finished_label, transcript_hash, hash_name, prf=self.prf
        )

    # -- records ------------------------------------------------------------------------------

    def additional_data(self, seq_num: int, type: int, version: int, length: int) -> bytes:
        """See `tlslab.crypto.ciphers.additional_data`."""
        return ciphers.additional_data(seq_num, type, version, length)

    def record_mac(
        self, mac_key: bytes, seq_num: int, type: int, version: int, content: bytes, hash_name: str
    ) -> bytes:
        """See `tlslab.crypto.ciphers.record_mac`."""
        return ciphers.record_mac(
            mac_key,
            seq_num,
            type,
            version,
            content,
            hash_name,
            additional_data=self.additional_data,
        )

    def mac_protect(
        self, mac_key: bytes, seq_num: int, type: int, version: int, content: bytes, hash_name: str
    ) -> bytes:
        """See `tlslab.crypto.ciphers.mac_protect`."""
        return ciphers.mac_protect(
            mac_key, seq_num, type, version, content, hash_name, record_mac=self.record_mac
        )

    def mac_unprotect(
        self, mac_key: bytes, seq_num: int, type: int, version: int, fragment: bytes, hash_name: str
    ) -> bytes:
        """See `tlslab.crypto.ciphers.mac_unprotect`."""
        return ciphers.mac_unprotect(
            mac_key, seq_num, type, version, fragment, hash_name, record_mac=self.record_mac
        )

    def cbc_padding(self, length: int) -> bytes:
        """See `tlslab.crypto.ciphers.cbc_padding`."""
        return ciphers.cbc_padding(length)

    def cbc_protect(
        self,
        enc_key: bytes,
        mac_key: bytes,
        iv: bytes,
        seq_num: int,
        type: int,
        version: int,
        content: bytes,
        hash_name: str,
    ) -> bytes:
        """See `tlslab.crypto.ciphers.cbc_protect`."""
        return ciphers.cbc_protect(
            enc_key,
            mac_key,
            iv,
            seq_num,
            type,
            version,
            content,
            hash_name,
            record_mac=self.record_mac,
            cbc_padding=self.cbc_padding,
        )

    def cbc_unprotect(
        self,
        enc_key: bytes,
        mac_key: bytes,
        seq_num: int,
        type: int,
        version: int,
        fragment: bytes,
        hash_name: str,
    ) -> bytes:
        """See `tlslab.crypto.ciphers.cbc_unprotect`."""
        return ciphers.cbc_unprotect(
            enc_key,
            mac_key,
            seq_num,
            type,
            version,
            fragment,
            hash_name,
            record_mac=self.record_mac,
        )

    def gcm_protect(
        self,
        enc_key: bytes,
        fixed_iv: bytes,
        nonce_explicit: bytes,
        seq_num: int,
        type: int,
        version: int,
        content: bytes,
    ) -> bytes:
        """See `tlslab.crypto.ciphers.gcm_protect`."""
        return ciphers.gcm_protect(
            enc_key,
            fixed_iv,
            nonce_explicit,
            seq_num,
            type,
            version,
            content,
            additional_data=self.additional_data,
        )

    def gcm_unprotect(
        self,
        enc_key: bytes,
        fixed_iv: bytes,
        seq_num: int,
        type: int,
        version: int,
        fragment: bytes,
    ) -> bytes:
        """See `tlslab.crypto.ciphers.gcm_unprotect`."""
        return ciphers.gcm_unprotect(
            enc_key,
            fixed_iv,
            seq_num,
            type,
            version,
            fragment,
            additional_data=self.additional_data,
        )

    # -- ephemeral Diffie-Hellman -------------------------------------------------------------

    def dh_public(self, field: FiniteField, private: int) -> bytes:
        """g^private mod p. See `tlslab.crypto.groups.dh_public`."""
        return groups.dh_public(field, private)

    def dh_shared_secret(self, field: FiniteField, private: int, peer_public: bytes) -> bytes:
        """peer_public^private mod p. See `tlslab.crypto.groups.dh_shared_secret`."""
        return groups.dh_shared_secret(field, private, peer_public)

    def ecdhe_shared_secret(self, share: Share, peer_public: bytes) -> bytes:
        """The secret of our share and the peer's. See `tlslab.crypto.groups.ecdhe_share`."""
        return share.shared_secret(peer_public)

    def x25519_shared_secret(self, private: bytes, peer_public: bytes) -> bytes:
        """X25519(private, peer_public). See `tlslab.crypto.groups.x25519_shared_secret`."""
        return groups.x25519_shared_secret(private, peer_public)

    def signed_params(self, client_random: bytes, server_random: bytes, params: bytes) -> bytes:
        """What the signature of a ServerKeyExchange is over. See `tlslab.crypto.signatures`."""
        return signatures.signed_params(client_random, server_random, params)

    def sign(self, private_key: PrivateKey, scheme: SignatureScheme, data: bytes) -> bytes:
        """See `tlslab.crypto.signatures.sign`."""
        return signatures.sign(private_key, scheme, data)

    def verify(
        self, public_key: PublicKey, scheme: SignatureScheme, signature: bytes, data: bytes
    ) -> None:
        """See `tlslab.crypto.signatures.verify`. Raises ProtocolError."""
        signatures.verify(public_key, scheme, signature, data)

    # -- user authentication ------------------------------------------------------------------

    def verify_client_chain(
        self,
        certificate_list: Sequence[bytes],
        trust_anchors: Sequence[x509.Certificate],
        time: datetime,
    ) -> x509.Certificate:
        """The client's certificate, verified. See `tlslab.crypto.certificates`."""
        return certificates.verify_client_chain(certificate_list, trust_anchors, time)

    def accept_client(
        self,
        certificate_list: Sequence[bytes],
        required: bool,
        trust_anchors: Sequence[x509.Certificate],
        time: datetime,
    ) -> x509.Certificate | None:
        """The client's certificate, or None. See `tlslab.crypto.certificates.accept_client`."""
        return certificates.accept_client(
            certificate_list,
            required,
            trust_anchors,
            time,
            verify_client_chain=self.verify_client_chain,
        )

    def certificate_verify_content(self, handshake_messages: Sequence[bytes]) -> bytes:
        """What a CertificateVerify signs. See `tlslab.crypto.signatures`."""
        return signatures.certificate_verify_content(handshake_messages)

    # -- resumption ---------------------------------------------------------------------------

    def open_ticket(self, key: TicketKey, ticket: bytes) -> bytes | None:
        """The state in a ticket. See `tlslab.crypto.tickets.open_ticket`."""
        return tickets.open_ticket(key, ticket)

    # -- hardening ----------------------------------------------------------------------------

    def extended_master_secret(
        self, premaster_secret: bytes, session_hash: bytes, hash_name: str
    ) -> bytes:
        """See `tlslab.crypto.prf.extended_master_secret`."""
        return prf.extended_master_secret(premaster_secret, session_hash, hash_name, prf=self.prf)

    def export_keying_material(
        self,
        master_secret: bytes,
        label: bytes,
        client_random: bytes,
        server_random: bytes,
        context: bytes | None,
        length: int,
        hash_name: str,
    ) -> bytes:
        """See `tlslab.crypto.prf.export_keying_material`."""
        return prf.export_keying_material(
            master_secret,
            label,
            client_random,
            server_random,
            context,
            length,
            hash_name,
            prf=self.prf,
        )

    def etm_protect(
        self,
        enc_key: bytes,
        mac_key: bytes,
        iv: bytes,
        seq_num: int,
        type: int,
        version: int,
        content: bytes,
        hash_name: str,
    ) -> bytes:
        """See `tlslab.crypto.ciphers.etm_protect`."""
        return ciphers.etm_protect(
            enc_key,
            mac_key,
            iv,
            seq_num,
            type,
            version,
            content,
            hash_name,
            record_mac=self.record_mac,
            cbc_padding=self.cbc_padding,
        )

    def etm_unprotect(
        self,
        enc_key: bytes,
        mac_key: bytes,
        seq_num: int,
        type: int,
        version: int,
        fragment: bytes,
        hash_name: str,
    ) -> bytes:
        """See `tlslab.crypto.ciphers.etm_unprotect`."""
        return ciphers.etm_unprotect(
            enc_key,
            mac_key,
            seq_num,
            type,
            version,
            fragment,
            hash_name,
            record_mac=self.record_mac,
        )

    def chacha20_protect(
        self,
        enc_key: bytes,
        fixed_iv: bytes,
        seq_num: int,
        type: int,
        version: int,
        content: bytes,
    ) -> bytes:
        """See `tlslab.crypto.ciphers.chacha20_protect`."""
        return ciphers.chacha20_protect(
            enc_key,
            fixed_iv,
            seq_num,
            type,
            version,
            content,
            additional_data=self.additional_data,
        )

    def chacha20_unprotect(
        self,
        enc_key: bytes,
        fixed_iv: bytes,
        seq_num: int,
        type: int,
        version: int,
        fragment: bytes,
    ) -> bytes:
        """See `tlslab.crypto.ciphers.chacha20_unprotect`."""
        return ciphers.chacha20_unprotect(
            enc_key,
            fixed_iv,
            seq_num,
            type,
            version,
            fragment,
            additional_data=self.additional_data,
        )
