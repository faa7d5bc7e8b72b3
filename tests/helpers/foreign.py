"""Handshakes of TLS 1.3 between two foreign endpoints, and the messages that went over the wire."""

import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from OpenSSL import SSL

from tlslab.crypto.hkdf import traffic_keys
from tlslab.lab import pki
from tlslab.lab.configs import SERVER_NAME
from tlslab.tls13 import messages as tls13
from tlslab.wire.framing import (
    HANDSHAKE_HEADER_LENGTH,
    RECORD_HEADER_LENGTH,
    HandshakeMessage,
)
from tlslab.wire.hello import ClientHello, ServerHello
from tlslab.wire.registry import ContentType, HandshakeType

KINDS: Mapping[HandshakeType, type[HandshakeMessage]] = {
    kind.msg_type: kind
    for kind in (
        ClientHello,
        ServerHello,
        tls13.EncryptedExtensions,
        tls13.CertificateRequest,
        tls13.Certificate,
        tls13.CertificateVerify,
        tls13.Finished,
        tls13.EndOfEarlyData,
        tls13.NewSessionTicket,
        tls13.KeyUpdate,
    )
}


def kind_of(raw: bytes) -> type[HandshakeMessage]:
    """The class that decodes this whole message of TLS 1.3."""
    return KINDS[HandshakeType(raw[0])].form(raw)


def cut(stream: bytes) -> Iterator[bytes]:
    """The whole messages in a stream of handshake bytes."""
    while stream:
        end = HANDSHAKE_HEADER_LENGTH + int.from_bytes(stream[1:HANDSHAKE_HEADER_LENGTH], "big")
        yield stream[:end]
        stream = stream[end:]


@dataclass
class Conversation:
    """What two endpoints said, and the key log of one of them; the suite is one of AES-GCM."""

    sent: dict[str, bytes]
    key_log: str = ""

    def messages(self, sender: str) -> list[bytes]:
        """The handshake messages of one side, as whole messages in the clear."""
        return list(cut(self._stream(sender)))

    def _stream(self, sender: str) -> bytes:
        data, stream = self.sent[sender], b""
        labels = [f"{sender}_HANDSHAKE_TRAFFIC_SECRET", f"{sender}_TRAFFIC_SECRET_0"]
        key = iv = b""
        sequence = 0
        while data:
            length = int.from_bytes(data[3:RECORD_HEADER_LENGTH], "big")
            header, fragment = data[:RECORD_HEADER_LENGTH], data[RECORD_HEADER_LENGTH:][:length]
            data = data[RECORD_HEADER_LENGTH + length :]
            if header[0] == ContentType.handshake:
                stream += fragment
            elif header[0] == ContentType.application_data:
                finished = any(raw[0] == HandshakeType.finished for raw in cut(stream))
                if labels and (not key or finished):
                    key, iv = self._keys(labels.pop(0).upper())
                    sequence = 0
                nonce = (int.from_bytes(iv, "big") ^ sequence).to_bytes(12, "big")
                inner = AESGCM(key).decrypt(nonce, fragment, header).rstrip(b"\0")
                sequence += 1
                if inner[-1] == ContentType.handshake:
                    stream += inner[:-1]
        return stream

    def _keys(self, label: str) -> tuple[bytes, bytes]:
        (line,) = (line for line in self.key_log.splitlines() if line.startswith(f"{label} "))
        secret = bytes.fromhex(line.split()[2])
        # TLS_AES_256_GCM_SHA384 or TLS_AES_128_GCM_SHA256.
        return (
            traffic_keys(secret, 32, "sha384")
            if len(secret) == 48
            else (traffic_keys(secret, 16, "sha256"))
        )


# -- the endpoints -------------------------------------------------------------------------------


class Ssl:
    """One endpoint of the `ssl` module, over memory BIOs."""

    def __init__(
        self, role: str, context: ssl.SSLContext, session: ssl.SSLSession | None = None
    ) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        server = role == "server"
        self.object = context.wrap_bio(
            self.incoming, self.outgoing, server, None if server else SERVER_NAME, session=session
        )

    def step(self, data: bytes) -> bytes:
        """Take what came and give what is to go."""
        self.incoming.write(data)
        for go_on in (self.object.do_handshake, lambda: self.object.read(1)):
            try:
                go_on()
            except ssl.SSLWantReadError:
                break
        return self.outgoing.read()


class PyOpenSSL:
    """One endpoint of pyOpenSSL."""

    def __init__(self, role: str, context: SSL.Context) -> None:
        self.connection = SSL.Connection(context)
        if role == "server":
            self.connection.set_accept_state()
        else:
            self.connection.set_tlsext_host_name(SERVER_NAME.encode())
            self.connection.request_ocsp()
            self.connection.set_connect_state()

    def step(self, data: bytes) -> bytes:
        """Take what came and give what is to go."""
        if data:
            self.connection.bio_write(data)
        for go_on in (self.connection.do_handshake, lambda: self.connection.recv(1)):
            try:
                go_on()
            except SSL.WantReadError:
                break
        try:
            return self.connection.bio_read(2**20)
        except SSL.WantReadError:
            return b""


def converse(
    client: Ssl | PyOpenSSL, server: Ssl | PyOpenSSL, before: Conversation | None = None
) -> Conversation:
    """Let both talk until neither has anything to say. before: what they said so far."""
    conversation = before or Conversation({"client": b"", "server": b""})
    reply = b""
    while True:
        request = client.step(reply)
        reply = server.step(request)
        conversation.sent["client"] += request
        conversation.sent["server"] += reply
        if not request and not reply:
            return conversation


def ssl_contexts(key_log_path: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Contexts of a client and a server of the lab's PKI for TLS 1.3."""
    client = ssl.create_default_context(cafile=str(pki.pem_path("root")))
    client.keylog_filename = key_log_path
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    identity = pki.server_ecdsa()
    server.load_cert_chain(identity.chain_path, identity.key_path)
    for context in (client, server):
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.set_alpn_protocols(["http/1.1"])
    return client, server
