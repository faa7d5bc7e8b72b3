"""The server's states in TLS 1.2 with RSA key exchange, in order (RFC 5246 §7.3).

WaitClientHello (negotiation.py)
  ClientHello       ► WaitClientKeyExchange    sends ServerHello, Certificate, ServerHelloDone
  ClientKeyExchange ► WaitChangeCipherSpec
  ChangeCipherSpec  ► WaitFinished
  Finished          ► Connected                sends ChangeCipherSpec, Finished
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from tlslab.connection.config import ServerConfig
from tlslab.connection.context import Context, Messages, State
from tlslab.connection.negotiation import ServerAgreed
from tlslab.crypto.prf import PREMASTER_LENGTH
from tlslab.errors import ProtocolError
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
    ClientKeyExchangeRSA,
    Finished,
    ServerHelloDone,
)
from tlslab.wire.framing import ChangeCipherSpec
from tlslab.wire.hello import ClientHello, ServerHello
from tlslab.wire.registry import CompressionMethod, HandshakeType, ProtocolVersion


def start(agreed: ServerAgreed, context: Context[ServerConfig]) -> "WaitClientKeyExchange":
    """Send the server's whole flight: ServerHello, Certificate, ServerHelloDone."""
    private_key = agreed.credential.private_key
    if not isinstance(private_key, RSAPrivateKey):
        raise ProtocolError(
            "handshake_failure",
            f"{agreed.suite.name} needs an RSA certificate, and the server has none for this name",
            where="client_hello.cipher_suites",
            section="RFC 5246 §7.4.2",
        )
    context.send(
        ServerHello(
            server_version=ProtocolVersion.TLSv1_2,
            random=agreed.server_random,
            session_id=b"",
            cipher_suite=agreed.suite.code,
            compression_method=CompressionMethod.null,
            # A client that sent no extensions may not know that there are any.
            extensions=agreed.extensions or None,
        )
    )
    context.send(Certificate(agreed.credential.certificate_chain))
    context.send(ServerHelloDone())
    return WaitClientKeyExchange(agreed, private_key)


@dataclass(frozen=True, slots=True)
class WaitClientKeyExchange(State):
    """The premaster secret is on its way (RFC 5246 §7.4.7.1)."""

    agreed: ServerAgreed
    private_key: RSAPrivateKey = field(repr=False)

    ACCEPTS: ClassVar[Messages] = {HandshakeType.client_key_exchange: ClientKeyExchangeRSA}

    def step(
        self, message: ClientKeyExchangeRSA, context: Context[ServerConfig]
    ) -> "WaitChangeCipherSpec":
        """Decrypt it. If that fails nobody is told: the handshake then fails at Finished."""
        section = "RFC 5246 §7.4.7.1"
        agreed = self.agreed
        encrypted = message.encrypted_pre_master_secret
        context.trace.value_received(
            "encrypted_premaster_secret",
            encrypted,
            "client_key_exchange.encrypted_pre_master_secret",
            section,
        )
        random_premaster = context.draw("random_premaster", PREMASTER_LENGTH, section)
        premaster_secret = context.primitives.decrypt_premaster(
            self.private_key, encrypted, agreed.client_hello.client_version, random_premaster
        )
        context.trace.secret_derived(
            "premaster_secret",
            premaster_secret,
            "RSA decryption with the server's private key, PKCS#1 v1.5",
            ("encrypted_premaster_secret", "random_premaster"),
            section,
        )
        context.trace.key_logged("RSA", encrypted[:8], premaster_secret)
        secrets = derive_secrets(
            context,
            agreed.suite,
            premaster_secret,
            agreed.client_hello.random,
            agreed.server_random,
        )
        return WaitChangeCipherSpec(agreed, secrets)


@dataclass(frozen=True, slots=True)
class WaitChangeCipherSpec(State):
    """The client has to switch to the keys (RFC 5246 §7.1)."""

    agreed: ServerAgreed
    secrets: Secrets = field(repr=False)

    CHANGE_CIPHER_SPEC: ClassVar[bool] = True

    def step(self, message: ChangeCipherSpec, context: Context[ServerConfig]) -> "WaitFinished":
        """What comes now comes under the client's write keys."""
        context.install_read(self.secrets.client_write, self.secrets.client_keys)
        return WaitFinished(self.agreed, self.secrets)


@dataclass(frozen=True, slots=True)
class WaitFinished(State):
    """The client's Finished: was the handshake the same for both? (RFC 5246 §7.4.9)"""

    agreed: ServerAgreed
    secrets: Secrets = field(repr=False)

    ACCEPTS: ClassVar[Messages] = {HandshakeType.finished: Finished}

    def step(self, finished: Finished, context: Context[ServerConfig]) -> "Connected":
        """Verify it, and answer with ours."""
        established = verify_finished(finished, context, self.secrets)
        send_finished(context, self.secrets)
        completed(context, self.secrets, self.agreed.alpn_protocol, self.agreed.server_name, ())
        return Connected(established)


@dataclass(frozen=True, slots=True)
class Connected(State):
    """Application data, both ways, until close_notify."""

    established: Established = field(repr=False)

    ACCEPTS: ClassVar[Messages] = {HandshakeType.client_hello: ClientHello}
    APPLICATION_DATA: ClassVar[bool] = True

    def step(self, message: ClientHello, context: Context[Any]) -> "Connected":
        """The client would like to negotiate anew: no."""
        refuse_renegotiation(context)
        return self
