"""What a server can do with this client: which suites, with which key, group and signature.

A suite is possible if the server has a certificate for it whose key the client can verify, and both
have a group in common. Only then may it be chosen (RFC 5246 §7.4.2, RFC 8422 §4, RFC 7919 §4).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from tlslab.connection.config import Credential, ServerConfig
from tlslab.crypto.groups import ECDHE_GROUPS, FFDHE_GROUPS, FiniteField, ffdhe
from tlslab.crypto.signatures import PrivateKey, schemes_for
from tlslab.crypto.suites import ECDHE, KeyExchange, Suite
from tlslab.wire.extensions import SignatureAlgorithms, SupportedGroups
from tlslab.wire.hello import ClientHello
from tlslab.wire.registry import NamedGroup, SignatureScheme

# Where the number of a finite-field group stands in the registry (RFC 7919 §2).
FFDHE_CODES = range(256, 512)


@dataclass(frozen=True, slots=True)
class StaticRSA:
    """The client encrypts the premaster secret to the key in the certificate."""

    private_key: RSAPrivateKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class EphemeralECDHE:
    """Shares on a curve; the server's is signed."""

    private_key: PrivateKey = field(repr=False)
    scheme: SignatureScheme
    group: NamedGroup


@dataclass(frozen=True, slots=True)
class EphemeralDHE:
    """Shares modulo a prime; the server's is signed."""

    private_key: PrivateKey = field(repr=False)
    scheme: SignatureScheme
    finite_field: FiniteField


Exchange = StaticRSA | EphemeralECDHE | EphemeralDHE


@dataclass(frozen=True, slots=True)
class Possible:
    """A suite that can be done with this client, and how."""

    suite: Suite
    credential: Credential
    exchange: Exchange


def possible(
    suite: Suite,
    credentials: Sequence[Credential],
    client_hello: ClientHello,
    config: ServerConfig,
) -> Possible | None:
    """How `suite` can be done; with the first credential that will do. None if it cannot."""
    for credential in credentials:
        exchange = _exchange(suite, credential.private_key, client_hello, config)
        if exchange is not None:
            return Possible(suite, credential, exchange)
    return None


def _exchange(
    suite: Suite, key: PrivateKey, client_hello: ClientHello, config: ServerConfig
) -> Exchange | None:
    if suite.key_exchange is KeyExchange.RSA:
        return StaticRSA(key) if isinstance(key, RSAPrivateKey) else None
    if not _authenticates(suite, key, client_hello):
        return None
    scheme = common_scheme(key, _offered_schemes(client_hello), config.signature_schemes)
    if scheme is None:
        return None
    if suite.key_exchange in ECDHE:
        curve = _common_curve(client_hello, config)
        return EphemeralECDHE(key, scheme, curve) if curve is not None else None
    prime = _common_field(client_hello, config)
    return EphemeralDHE(key, scheme, prime) if prime is not None else None


def common_scheme(
    key: PrivateKey, offered: Sequence[SignatureScheme], own: Sequence[SignatureScheme]
) -> SignatureScheme | None:
    """The first of our `own` schemes that goes with the key and that the peer `offered`."""
    fitting = schemes_for(key)
    return next((scheme for scheme in own if scheme in offered and scheme in fitting), None)


def names_only_unknown_fields(client_hello: ClientHello, config: ServerConfig) -> bool:
    """Whether the client names groups of RFC 7919, but none that this server has."""
    groups = _offered_groups(client_hello)
    return any(group in FFDHE_CODES for group in groups) and not any(
        group in groups for group in config.groups if group in FFDHE_GROUPS
    )


def _authenticates(suite: Suite, key: PrivateKey, client_hello: ClientHello) -> bool:
    """Whether the suite is for this kind of key, and the client knows the key's curve."""
    if suite.key_exchange is not KeyExchange.ECDHE_ECDSA:
        return isinstance(key, RSAPrivateKey)
    if isinstance(key, EllipticCurvePrivateKey):
        # RFC 8422 §5.3: the key in the certificate has to be on a curve that the client named.
        offered = [group.name for group in _offered_groups(client_hello)]
        return not offered or key.curve.name in offered
    return isinstance(key, Ed25519PrivateKey | Ed448PrivateKey)


def _offered_schemes(client_hello: ClientHello) -> tuple[SignatureScheme, ...]:
    # Without the extension the client means SHA-1 (RFC 5246 §7.4.1.4.1), which is not made here.
    extension = client_hello.extension(SignatureAlgorithms)
    return extension.supported_signature_algorithms if extension else ()


def _offered_groups(client_hello: ClientHello) -> tuple[NamedGroup, ...]:
    extension = client_hello.extension(SupportedGroups)
    return extension.named_group_list if extension else ()


def _common_curve(client_hello: ClientHello, config: ServerConfig) -> NamedGroup | None:
    own = [group for group in config.groups if group in ECDHE_GROUPS]
    offered = _offered_groups(client_hello)
    if not offered:
        # RFC 8422 §4: the server is free to choose. Such a client is old, and knows P-256.
        return NamedGroup.secp256r1 if NamedGroup.secp256r1 in own else None
    return next((group for group in own if group in offered), None)


def _common_field(client_hello: ClientHello, config: ServerConfig) -> FiniteField | None:
    offered = _offered_groups(client_hello)
    if not any(group in FFDHE_CODES for group in offered):
        return config.dh_field
    # RFC 7919 §4: it "MUST select one of the offered FFDHE groups", or none at all.
    own = (group for group in config.groups if group in FFDHE_GROUPS)
    return next((ffdhe(group) for group in own if group in offered), None)
