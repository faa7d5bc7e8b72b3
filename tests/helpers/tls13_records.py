"""The protected records of TLS 1.3, opened with nothing but `tlslab.crypto`."""

from tlslab.crypto.hkdf import traffic_keys
from tlslab.crypto.suites import TLS13_SUITES
from tlslab.crypto.tls13_ciphers import (
    aead_protect,
    aead_unprotect,
    inner_plaintext,
    open_inner_plaintext,
)
from tlslab.wire.registry import CipherSuite

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA = 20, 21, 22, 23


def records(data):
    """The records in `data`, each without its header; ChangeCipherSpec is left out."""
    while data:
        end = 5 + int.from_bytes(data[3:5], "big")
        if data[0] != CHANGE_CIPHER_SPEC:
            yield data[5:end]
        data = data[end:]


def messages(data):
    """The handshake messages in `data`, with their headers."""
    while data:
        end = 4 + int.from_bytes(data[1:4], "big")
        yield data[:end]
        data = data[end:]


class Side:
    """One direction under one traffic secret: opens what was sent, and protects it again."""

    def __init__(self, traffic_secret, suite=CipherSuite.TLS_AES_128_GCM_SHA256):
        self.suite = TLS13_SUITES[suite]
        self.keys = traffic_keys(traffic_secret, self.suite.key_length, self.suite.hash_name)
        self.seq_num = 0

    def open(self, fragment):
        """The type and the content of a record; protected again, it is the same."""
        arguments = self.suite.cipher_type, *self.keys, self.seq_num
        plaintext = aead_unprotect(*arguments, fragment)
        type, content = open_inner_plaintext(plaintext)
        padding = len(plaintext) - len(content) - 1
        assert aead_protect(*arguments, inner_plaintext(content, type, padding)) == fragment
        self.seq_num += 1
        return type, content

    def content(self, type, *fragments):
        """The content of records that are of this type."""
        content = b""
        for fragment in fragments:
            found, part = self.open(fragment)
            assert found == type
            content += part
        return content
