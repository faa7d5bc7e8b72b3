"""Key shares as a connection makes and answers them, each value reported (RFC 8446 §4.2.8, §7.4).

A hybrid has two of everything: two private values, two secrets. They have names of their own in
the trace, since whoever wants the shared secret has to find both.
"""

from typing import Any

from tlslab.connection.config import ClientConfig, ServerConfig
from tlslab.connection.context import Context
from tlslab.crypto.groups import Share
from tlslab.crypto.key_shares import (
    DRAFT,
    HYBRID_GROUPS,
    ML_KEM_SEED,
    answer_key_share,
    hybrid_order,
    key_share,
)
from tlslab.wire.extensions import KeyShareEntry
from tlslab.wire.registry import NamedGroup

SECTION = "RFC 8446 §4.2.8"
_CLIENT_SHARES = "client_hello.extensions.key_share.client_shares.key_exchange"
_SERVER_SHARE = "server_hello.extensions.key_share.server_share.key_exchange"


def draw_share(context: Context[ClientConfig], group: NamedGroup) -> Share:
    """A new share of this group, for a client."""
    primitives = context.primitives
    names = _private_names(context, group)

    def draw(length: int) -> bytes:
        # A hybrid draws twice, first the seed of ML-KEM; a curve perhaps again, if it has to.
        name = names[0] if length == ML_KEM_SEED else names[-1]
        return context.draw(name, length, SECTION)

    def combine(group: NamedGroup, mlkem_secret: bytes, ecdh_secret: bytes) -> bytes:
        mlkem, ecdh = names
        trace, where = context.trace, "server_share"
        trace.secret_derived(
            "mlkem_secret", mlkem_secret, f"decapsulated for {group.name}", (mlkem, where), DRAFT
        )
        trace.secret_derived(
            "ecdh_secret", ecdh_secret, f"Diffie-Hellman in {group.name}", (ecdh, where), DRAFT
        )
        return primitives.combine_secrets(group, mlkem_secret, ecdh_secret)

    share = key_share(
        group,
        draw,
        combine=combine,
        combine_public=primitives.combine_public,
        x25519_shared_secret=primitives.x25519_shared_secret,
    )
    context.trace.secret_derived(
        f"client_share_{group.name}", share.public, f"public key of {group.name}", names, SECTION
    )
    return share


def derive_shared_secret(
    context: Context[ClientConfig], own: Share, answer: KeyShareEntry
) -> bytes:
    """What a client's own share and the server's lead to."""
    group = answer.group
    context.trace.value_received("server_share", answer.key_exchange, _SERVER_SHARE, SECTION)
    secret = context.primitives.ecdhe_shared_secret(own, answer.key_exchange)
    _report_secret(context, group, secret, (*_private_names(context, group), "server_share"))
    return secret


def answer_share(
    context: Context[ServerConfig], client_share: KeyShareEntry
) -> tuple[bytes, bytes]:
    """The server's share in answer to a client's, and the secret of both."""
    primitives, trace, group = context.primitives, context.trace, client_share.group
    trace.value_received("client_share", client_share.key_exchange, _CLIENT_SHARES, SECTION)

    def draw(length: int) -> bytes:
        return context.draw("server_private", length, SECTION)

    def combine(group: NamedGroup, mlkem_secret: bytes, ecdh_secret: bytes) -> bytes:
        inputs = ("server_private", "client_share")
        trace.secret_derived("mlkem_secret", mlkem_secret, "drawn to encapsulate it", (), DRAFT)
        trace.secret_derived(
            "ecdh_secret", ecdh_secret, f"Diffie-Hellman in {group.name}", inputs, DRAFT
        )
        return primitives.combine_secrets(group, mlkem_secret, ecdh_secret)

    public, secret = answer_key_share(
        group,
        client_share.key_exchange,
        draw,
        combine=combine,
        combine_public=primitives.combine_public,
        x25519_shared_secret=primitives.x25519_shared_secret,
    )
    what, made_of = "public key", ["server_private"]
    if group in HYBRID_GROUPS:
        what = "ciphertext and public key"
        made_of += ["mlkem_secret", "client_share"]
    trace.secret_derived("server_share", public, f"{what} of {group.name}", tuple(made_of), SECTION)
    _report_secret(context, group, secret, ("server_private", "client_share"))
    return public, secret


def _report_secret(
    context: Context[Any], group: NamedGroup, secret: bytes, inputs: tuple[str, ...]
) -> None:
    operation = f"key exchange with {group.name}"
    if group in HYBRID_GROUPS:
        inputs = tuple(f"{part}_secret" for part in hybrid_order(group))
        operation = f"{' + '.join(inputs)}, as {group.name} has it"
    context.trace.secret_derived("shared_secret", secret, operation, inputs, "RFC 8446 §7.4")
    context.trace.negotiated("group", group.name, SECTION)


def _private_names(context: Context[ClientConfig], group: NamedGroup) -> tuple[str, ...]:
    """What a client's private values for this group are called."""
    is_first = group in context.config.shares[:1]
    name = "client_private" if is_first else f"client_private_{group.name}"
    return (f"{name}_mlkem", f"{name}_ecdh") if group in HYBRID_GROUPS else (name,)
