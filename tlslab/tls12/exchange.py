"""How both sides come to the same premaster secret, for each key exchange, each step reported.

RSA    the client draws it and encrypts it to the key in the certificate (RFC 5246 §7.4.7.1)
DHE    both send a share modulo a prime, the server signs its own (RFC 5246 §7.4.3, §8.1.2)
ECDHE  both send a point of a curve, the server signs its own (RFC 8422 §5.4, §5.7, §5.10)

server_private ─► server_share ─(signed)─► client
client_private ─► client_share ─────────► server
client_private, server_share ─► premaster_secret ◄─ server_private, client_share
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from tlslab.connection.context import Context
from tlslab.crypto.groups import (
    FFDHE_GROUPS,
    FiniteField,
    Share,
    check_custom_group,
    dh_private,
    ecdhe_share,
    ffdhe,
)
from tlslab.crypto.prf import PREMASTER_LENGTH
from tlslab.crypto.rsa import nonzero_bytes, padding_length
from tlslab.tls12.messages import (
    ClientKeyExchangeDHE,
    ClientKeyExchangeECDHE,
    ClientKeyExchangeRSA,
    ServerDHParams,
    ServerECDHParams,
)
from tlslab.wire.registry import ECCurveType, NamedGroup, ProtocolVersion

# -- RSA ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RSAKey:
    """What a client knows of the server for the RSA key exchange: the key to encrypt to."""

    public_key: RSAPublicKey

    def premaster_secret(
        self, context: Context[Any], client_version: ProtocolVersion
    ) -> tuple[bytes, ClientKeyExchangeRSA]:
        """A new premaster secret, and the message that carries it to the server."""
        section = "RFC 5246 §7.4.7.1"
        # The version stands in it so that nobody can talk both sides down to an older one.
        version = client_version.to_bytes(2, "big")
        premaster_random = context.draw("premaster_random", PREMASTER_LENGTH - 2, section)
        premaster_secret = version + premaster_random
        context.trace.secret_derived(
            "premaster_secret",
            premaster_secret,
            "client_version + premaster_random",
            ("premaster_random",),
            section,
            context=version,
        )
        modulus_length = (self.public_key.key_size + 7) // 8
        padding_string = nonzero_bytes(
            lambda length: context.config.random("padding_string", length),
            padding_length(PREMASTER_LENGTH, modulus_length),
        )
        context.trace.random_drawn("padding_string", padding_string, "RFC 8017 §7.2.1")
        encrypted = context.primitives.encrypt_premaster(
            self.public_key, premaster_secret, padding_string
        )
        context.trace.secret_derived(
            "encrypted_premaster_secret",
            encrypted,
            "RSA encryption to the server's public key, PKCS#1 v1.5",
            ("premaster_secret", "padding_string"),
            section,
        )
        context.trace.key_logged("RSA", encrypted[:8], premaster_secret)
        return premaster_secret, ClientKeyExchangeRSA(encrypted)


def decrypted_premaster_secret(
    context: Context[Any],
    message: ClientKeyExchangeRSA,
    private_key: RSAPrivateKey,
    client_version: ProtocolVersion,
) -> bytes:
    """The premaster secret, decrypted by the server. If that fails nobody is told: the handshake
    then fails at Finished.
    """
    section = "RFC 5246 §7.4.7.1"
    encrypted = message.encrypted_pre_master_secret
    context.trace.value_received(
        "encrypted_premaster_secret",
        encrypted,
        "client_key_exchange.encrypted_pre_master_secret",
        section,
    )
    random_premaster = context.draw("random_premaster", PREMASTER_LENGTH, section)
    premaster_secret = context.primitives.decrypt_premaster(
        private_key, encrypted, client_version, random_premaster
    )
    context.trace.secret_derived(
        "premaster_secret",
        premaster_secret,
        "RSA decryption with the server's private key, PKCS#1 v1.5",
        ("encrypted_premaster_secret", "random_premaster"),
        section,
    )
    context.trace.key_logged("RSA", encrypted[:8], premaster_secret)
    return premaster_secret


# -- Diffie-Hellman on a curve ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Point:
    """What a client knows of the server for ECDHE: the curve and the server's point."""

    group: NamedGroup
    public: bytes

    def premaster_secret(
        self, context: Context[Any], client_version: ProtocolVersion
    ) -> tuple[bytes, ClientKeyExchangeECDHE]:
        """The secret of both points, and the message with the client's own."""
        section = "RFC 8422 §5.7"
        share = point_share(context, self.group, section)
        return (
            agreed_point_secret(context, share, self.public),
            ClientKeyExchangeECDHE(share.public),
        )


def point_share(context: Context[Any], group: NamedGroup, section: str) -> Share:
    """A new key pair on a curve."""
    share = ecdhe_share(
        group,
        _draw_private(context, section),
        x25519_shared_secret=context.primitives.x25519_shared_secret,
    )
    context.trace.secret_derived(
        f"{context.role}_share",
        share.public,
        f"public key on {group.name}",
        (f"{context.role}_private",),
        section,
    )
    return share


def agreed_point_secret(context: Context[Any], share: Share, peer_public: bytes) -> bytes:
    """The premaster secret: the x-coordinate of the common point (RFC 8422 §5.10)."""
    secret = context.primitives.ecdhe_shared_secret(share, peer_public)
    _agreed(context, secret, f"Diffie-Hellman on {share.group.name}", "RFC 8422 §5.10")
    return secret


def ecdh_params(share: Share) -> ServerECDHParams:
    """The server's share as it is sent."""
    return ServerECDHParams(ECCurveType.named_curve, share.group, share.public)


# -- Diffie-Hellman modulo a prime --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Residue:
    """What a client knows of the server for DHE: the prime, the generator, the server's share."""

    finite_field: FiniteField
    public: bytes

    def premaster_secret(
        self, context: Context[Any], client_version: ProtocolVersion
    ) -> tuple[bytes, ClientKeyExchangeDHE]:
        """The secret of both shares, and the message with the client's own."""
        share = field_share(context, self.finite_field, "RFC 5246 §7.4.7.2")
        return (
            agreed_field_secret(context, share, self.public),
            ClientKeyExchangeDHE(share.public),
        )


@dataclass(frozen=True, slots=True)
class FieldShare:
    """A key pair modulo a prime."""

    finite_field: FiniteField
    private: int = field(repr=False)
    public: bytes


def field_share(context: Context[Any], finite: FiniteField, section: str) -> FieldShare:
    """A new key pair modulo a prime."""
    private = dh_private(finite, _draw_private(context, section))
    public = context.primitives.dh_public(finite, private)
    context.trace.secret_derived(
        f"{context.role}_share",
        public,
        f"{finite.g}^private modulo a prime of {finite.p.bit_length()} bits",
        (f"{context.role}_private",),
        section,
    )
    return FieldShare(finite, private, public)


def agreed_field_secret(context: Context[Any], share: FieldShare, peer_public: bytes) -> bytes:
    """The premaster secret, without leading zeros (RFC 5246 §8.1.2)."""
    secret = context.primitives.dh_shared_secret(share.finite_field, share.private, peer_public)
    bits = share.finite_field.p.bit_length()
    _agreed(context, secret, f"Diffie-Hellman modulo a prime of {bits} bits", "RFC 5246 §8.1.2")
    return secret


def dh_params(share: FieldShare) -> ServerDHParams:
    """The server's group and share as they are sent."""
    finite = share.finite_field
    generator = finite.g.to_bytes((finite.g.bit_length() + 7) // 8, "big")
    return ServerDHParams(finite.p.to_bytes(finite.length, "big"), generator, share.public)


def field_of(params: ServerDHParams) -> FiniteField:
    """The group that the server names: one of RFC 7919, or another that is found good.

    Raises ProtocolError for a prime that is too short or no prime, or a generator of a small group.
    """
    p, g = int.from_bytes(params.dh_p, "big"), int.from_bytes(params.dh_g, "big")
    for group in FFDHE_GROUPS:
        known = ffdhe(group)
        if (p, g) == (known.p, known.g):
            return known
    return check_custom_group(p, g)


# -- what both kinds have in common -------------------------------------------------------------


def _draw_private(context: Context[Any], section: str) -> Callable[[int], bytes]:
    def draw(length: int) -> bytes:
        return context.draw(f"{context.role}_private", length, section)

    return draw


def _agreed(context: Context[Any], secret: bytes, operation: str, section: str) -> None:
    inputs = (f"{context.role}_private", f"{context.peer}_share")
    context.trace.secret_derived("premaster_secret", secret, operation, inputs, section)
