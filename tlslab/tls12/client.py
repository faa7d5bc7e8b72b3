"""The client's states in TLS 1.2 with RSA key exchange, in order (RFC 5246 §7.3).

WaitServerHello (negotiation.py)
  ServerHello        ► WaitCertificate
  Certificate        ► WaitCertificateRequest
  CertificateRequest ► WaitServerHelloDone      (only if the server wants to know who we are)
  ServerHelloDone    ► WaitChangeCipherSpec     sends ClientKeyExchange … Finished
  ChangeCipherSpec   ► WaitFinished
  Finished           ► Connected
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from tlslab.connection.config import ClientConfig
from tlslab.connection.context import Context, Messages, State
from tlslab.connection.negotiation import ClientAgreed
from tlslab.crypto.certificates import rsa_encryption_key
from tlslab.crypto.prf import PREMASTER_LENGTH
from tlslab.crypto.rsa import nonzero_bytes, padding_length
from tlslab.tls12.connected import (
    Established,
    completed,
    refuse_renegotiation,
    send_finished,
    verify_finished,
)
from tlslab.tls12.keys import Secrets, derive_secrets
from tlslab.tls12.messages import (
    Certificate,
    CertificateRequest,
    ClientKeyExchangeRSA,
    Finished,
    HelloRequest,
    ServerHelloDone,
)
from tlslab.wire.framing import ChangeCipherSpec
from tlslab.wire.registry import HandshakeType

# RFC 5246 §7.4.1.1: "This message will be ignored by the client if the client is currently
# negotiating a session."
_IGNORED: Messages = {HandshakeType.hello_request: HelloRequest}


def start(agreed: ClientAgreed, context: Context[ClientConfig]) -> "WaitCertificate":
    """The first state behind the ServerHello."""
    return WaitCertificate(agreed)


@dataclass(frozen=True, slots=True)
class WaitCertificate(State):
    """The server has chosen; now it has to say who it is (RFC 5246 §7.4.2)."""

    agreed: ClientAgreed

    ACCEPTS: ClassVar[Messages] = {HandshakeType.certificate: Certificate}
    IGNORES: ClassVar[Messages] = _IGNORED

    def step(
        self, certificate: Certificate, context: Context[ClientConfig]
    ) -> "WaitCertificateRequest":
        """Verify the chain: issuer, dates, name, usage."""
        config = context.config
        leaf = context.primitives.verify_chain(
            certificate.certificate_list,
            config.trust_anchors,
            config.server_name,
            config.clock(),
        )
        public_key = rsa_encryption_key(leaf)
        context.trace.verified(
            "server certificate",
            f"{leaf.subject.rfc4514_string()} is {config.server_name}, "
            f"says {leaf.issuer.rfc4514_string()}",
            "RFC 5246 §7.4.2",
        )
        return WaitCertificateRequest(self.agreed, certificate.certificate_list, public_key)


@dataclass(frozen=True, slots=True)
class WaitCertificateRequest(State):
    """The server is authenticated as soon as it shows the private key; it may ask for ours."""

    agreed: ClientAgreed
    peer_certificates: tuple[bytes, ...] = field(repr=False)
    public_key: RSAPublicKey

    ACCEPTS: ClassVar[Messages] = {
        HandshakeType.certificate_request: CertificateRequest,
        HandshakeType.server_hello_done: ServerHelloDone,
    }
    IGNORES: ClassVar[Messages] = _IGNORED

    def step(
        self, message: CertificateRequest | ServerHelloDone, context: Context[ClientConfig]
    ) -> "WaitServerHelloDone | WaitChangeCipherSpec":
        """A request is remembered; ServerHelloDone is answered at once."""
        if isinstance(message, CertificateRequest):
            return WaitServerHelloDone(self.agreed, self.peer_certificates, self.public_key)
        return _answer(self, context)


@dataclass(frozen=True, slots=True)
class WaitServerHelloDone(State):
    """The server has asked for a certificate (RFC 5246 §7.4.4)."""

    agreed: ClientAgreed
    peer_certificates: tuple[bytes, ...] = field(repr=False)
    public_key: RSAPublicKey

    ACCEPTS: ClassVar[Messages] = {HandshakeType.server_hello_done: ServerHelloDone}
    IGNORES: ClassVar[Messages] = _IGNORED

    def step(
        self, message: ServerHelloDone, context: Context[ClientConfig]
    ) -> "WaitChangeCipherSpec":
        """Answer, with a Certificate message that holds none: this client has none."""
        # RFC 5246 §7.4.6: "If no suitable certificate is available, the client MUST send a
        # certificate message containing no certificates."
        context.send(Certificate(()))
        return _answer(self, context)


def _answer(
    known: WaitCertificateRequest | WaitServerHelloDone, context: Context[ClientConfig]
) -> "WaitChangeCipherSpec":
    """Premaster secret, ClientKeyExchange, keys, ChangeCipherSpec, Finished."""
    agreed = known.agreed
    section = "RFC 5246 §7.4.7.1"
    # The version stands in it so that nobody can talk both sides down to an older one.
    client_version = agreed.client_hello.client_version.to_bytes(2, "big")
    premaster_random = context.draw("premaster_random", PREMASTER_LENGTH - 2, section)
    premaster_secret = client_version + premaster_random
    context.trace.secret_derived(
        "premaster_secret",
        premaster_secret,
        "client_version + premaster_random",
        ("premaster_random",),
        section,
        context=client_version,
    )
    modulus_length = (known.public_key.key_size + 7) // 8
    padding_string = nonzero_bytes(
        lambda length: context.config.random("padding_string", length),
        padding_length(PREMASTER_LENGTH, modulus_length),
    )
    context.trace.random_drawn("padding_string", padding_string, "RFC 8017 §7.2.1")
    encrypted = context.primitives.encrypt_premaster(
        known.public_key, premaster_secret, padding_string
    )
    context.trace.secret_derived(
        "encrypted_premaster_secret",
        encrypted,
        "RSA encryption to the server's public key, PKCS#1 v1.5",
        ("premaster_secret", "padding_string"),
        section,
    )
    context.trace.key_logged("RSA", encrypted[:8], premaster_secret)
    context.send(ClientKeyExchangeRSA(encrypted))
    secrets = derive_secrets(
        context,
        agreed.suite,
        premaster_secret,
        agreed.client_hello.random,
        agreed.server_hello.random,
    )
    send_finished(context, secrets)
    return WaitChangeCipherSpec(agreed, known.peer_certificates, secrets)


@dataclass(frozen=True, slots=True)
class WaitChangeCipherSpec(State):
    """The client has sent its Finished; the server has to switch to the keys too (§7.1)."""

    agreed: ClientAgreed
    peer_certificates: tuple[bytes, ...] = field(repr=False)
    secrets: Secrets = field(repr=False)

    CHANGE_CIPHER_SPEC: ClassVar[bool] = True
    IGNORES: ClassVar[Messages] = _IGNORED

    def step(self, message: ChangeCipherSpec, context: Context[ClientConfig]) -> "WaitFinished":
        """What comes now comes under the server's write keys."""
        context.install_read(self.secrets.server_write, self.secrets.server_keys)
        return WaitFinished(self.agreed, self.peer_certificates, self.secrets)


@dataclass(frozen=True, slots=True)
class WaitFinished(State):
    """The server's Finished proves that it could decrypt the premaster secret (§7.4.9)."""

    agreed: ClientAgreed
    peer_certificates: tuple[bytes, ...] = field(repr=False)
    secrets: Secrets = field(repr=False)

    ACCEPTS: ClassVar[Messages] = {HandshakeType.finished: Finished}
    IGNORES: ClassVar[Messages] = _IGNORED

    def step(self, finished: Finished, context: Context[ClientConfig]) -> "Connected":
        """Verify it; then application data may flow."""
        established = verify_finished(finished, context, self.secrets)
        completed(
            context,
            self.secrets,
            self.agreed.alpn_protocol,
            context.config.server_name,
            self.peer_certificates,
        )
        return Connected(established)


@dataclass(frozen=True, slots=True)
class Connected(State):
    """Application data, both ways, until close_notify."""

    established: Established = field(repr=False)

    ACCEPTS: ClassVar[Messages] = {HandshakeType.hello_request: HelloRequest}
    APPLICATION_DATA: ClassVar[bool] = True

    def step(self, message: HelloRequest, context: Context[Any]) -> "Connected":
        """The server would like to negotiate anew: no."""
        refuse_renegotiation(context)
        return self
