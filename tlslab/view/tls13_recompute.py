"""The derivations of TLS 1.3, done again over other inputs."""

from collections.abc import Callable

from tlslab.crypto.groups import Share, ecdhe_share
from tlslab.crypto.key_shares import hybrid_parts, key_share
from tlslab.errors import ProtocolError
from tlslab.primitives import Primitives
from tlslab.trace import SecretDerived, Trace, ValueReceived
from tlslab.view.altered import Altered, Rule, UnknownError
from tlslab.wire.registry import NamedGroup

_KEYS = {
    "client": "it takes the client's private key, which no trace holds",
    "server": "it takes the server's private key, which no trace holds",
}
TICKET_KEY = "it takes the server's ticket key, which no trace holds"
ENCAPSULATED = "the randomness of an encapsulation is the library's own: no key here repeats it"
_PSK = "client_hello.extensions.pre_shared_key"
_CURVES = {
    NamedGroup.X25519MLKEM768: NamedGroup.x25519,
    NamedGroup.SecP256r1MLKEM768: NamedGroup.secp256r1,
    NamedGroup.SecP384r1MLKEM1024: NamedGroup.secp384r1,
}


def _handshake_is_signed_anew(altered: Altered, index: int) -> str:
    if not altered.differs_before(index):
        return ""
    return f"to sign it again {_KEYS[altered.messages[index].sender][3:]}"


def _binder_is_made_anew(altered: Altered, index: int) -> str:
    """A server derives the binder of the key that it takes, and of the hello that it answers."""
    message, now = altered.messages[index], altered.raw[index]
    binders = [s for s in message.spans if s.leaf and s.field == f"{_PSK}.binders"]
    if not binders:
        return ""
    end = binders[0].start
    changed = altered.differs_before(index) or message.raw[:end] != now[:end]
    same = any(message.raw[s.start : s.end] == now[s.start : s.end] for s in binders)
    return "a binder in it is made with a key that the trace has not here" * (changed and same)


RULES: dict[str, Rule] = {
    "client_hello": _binder_is_made_anew,
    "certificate_verify": _handshake_is_signed_anew,
}
"""Which messages hold what follows from others by a key that the trace has not."""


def why_not(event: SecretDerived | ValueReceived, altered: Altered) -> str:
    """Why nobody can say what the value would be without a key; empty if it can be said."""
    if isinstance(event, ValueReceived):
        if event.name == "server_share" and _is_encapsulated(altered):
            mlkem = [name for name in altered.changed if name.endswith("_mlkem")]
            return ENCAPSULATED if mlkem else ""
        given = event.field == "new_session_ticket.ticket"
        return TICKET_KEY if given and "resumption_secret" in altered.changed else ""
    side, _, last = event.name.partition("_")
    if last == "signature":
        at = next(
            (
                index
                for index, message in enumerate(altered.messages)
                if message.name == "certificate_verify" and message.sender == side
            ),
            len(altered.messages),
        )
        return _KEYS[side] if altered.differs_before(at) else ""
    if event.operation.startswith("ciphertext") and set(event.inputs) & altered.changed:
        return ENCAPSULATED
    if event.name == "psk" and "ticket" in altered.changed:
        return "with it the server would find another key, or none"
    return ""


def _is_encapsulated(altered: Altered) -> bool:
    """Whether the server's share is a ciphertext of ML-KEM, beside its half on the curve."""
    fields = {s.field for m in altered.messages if m.name == "server_hello" for s in m.spans}
    return any(field.endswith(".key_exchange.mlkem") for field in fields)


def derive(
    event: SecretDerived,
    inputs: list[bytes],
    altered: Altered,
    trace: Trace,
    primitives: Primitives,
) -> bytes | None:
    """The value of one derivation over these inputs; None for an operation that it does not know.

    Raises UnknownError.
    """
    operation, label = event.operation, event.label
    hash_name = "sha384" if operation.endswith("SHA384") else "sha256"
    if operation.startswith("HKDF-Extract with "):
        return _extract(event, inputs, hash_name, primitives)
    if event.name.startswith("binder_key"):
        return primitives.binder_key(inputs[0], label.encode("ascii"), hash_name)
    if event.name.startswith("binder"):
        hash_name = "sha384" if len(event.value) == 48 else "sha256"
        return primitives.finished_mac(inputs[0], altered.binder_hash(event.context), hash_name)
    if operation.startswith("Derive-Secret with "):
        transcript_hash = altered.hash(event.context)
        return primitives.derive_secret(
            inputs[0], label.encode("ascii"), transcript_hash, hash_name
        )
    if operation.startswith("HMAC with the finished_key of "):
        return primitives.finished_mac(inputs[0], altered.hash(event.context), hash_name)
    if operation.startswith("HKDF-Expand-Label with "):
        return _expand(event, inputs[0], hash_name, primitives)
    try:
        return _exchange(event, inputs, trace, primitives)
    except ProtocolError as error:
        raise UnknownError(error.reason) from error


def _extract(
    event: SecretDerived, inputs: list[bytes], hash_name: str, primitives: Primitives
) -> bytes:
    if event.name.startswith("early_secret"):
        return primitives.early_secret(inputs[0] if inputs else b"", hash_name)
    if event.name == "handshake_secret":
        return primitives.handshake_secret(inputs[0], b"".join(inputs[1:]), hash_name)
    return primitives.main_secret(inputs[0], hash_name)


def _expand(event: SecretDerived, secret: bytes, hash_name: str, primitives: Primitives) -> bytes:
    if event.name == "exported_keying_material":
        label, length = event.label.encode("ascii"), len(event.value)
        return primitives.tls13_export(secret, label, event.context, length, hash_name)
    if event.label == "traffic upd":
        return primitives.next_traffic_secret(secret, hash_name)
    if event.label == "resumption":
        return primitives.resumption_psk(secret, event.context, hash_name)
    keys = primitives.traffic_keys(secret, len(event.value), hash_name)
    return keys.iv if event.label == "iv" else keys.key


# -- the shares ---------------------------------------------------------------------------------


def _exchange(
    event: SecretDerived, inputs: list[bytes], trace: Trace, primitives: Primitives
) -> bytes | None:
    operation = event.operation
    if operation.startswith("public key of "):
        group = NamedGroup[operation.removeprefix("public key of ")]
        return _share(group, inputs, primitives).public
    if operation.startswith("key exchange with "):
        group = NamedGroup[operation.removeprefix("key exchange with ")]
        return primitives.ecdhe_shared_secret(_share(group, inputs[:1], primitives), inputs[1])
    if operation.startswith("decapsulated for "):
        group = NamedGroup[operation.removeprefix("decapsulated for ")]
        # The other half does not matter here, but has to be one.
        halves = [inputs[0], trace.value(event.inputs[0].replace("mlkem", "ecdh"))]
        found: list[bytes] = []

        def keep(_: NamedGroup, mlkem_secret: bytes, ecdh_secret: bytes) -> bytes:
            found.append(mlkem_secret)
            return mlkem_secret + ecdh_secret

        _share(group, halves, primitives, keep).shared_secret(inputs[1])
        return found[0]
    if operation.startswith("Diffie-Hellman in "):
        group = NamedGroup[operation.removeprefix("Diffie-Hellman in ")]
        peer = hybrid_parts(group, inputs[1], "client" if "client" in event.inputs[1] else "server")
        return _share(_CURVES[group], inputs[:1], primitives).shared_secret(peer.ecdh)
    if " + " in operation:
        group = NamedGroup[operation.split()[-3]]
        of = dict(zip(event.inputs, inputs, strict=True))
        return primitives.combine_secrets(group, of["mlkem_secret"], of["ecdh_secret"])
    return None


def _share(
    group: NamedGroup,
    private: list[bytes],
    primitives: Primitives,
    combine: Callable[[NamedGroup, bytes, bytes], bytes] | None = None,
) -> Share:
    """The share that these private values lead to, drawn one after the other."""
    waiting = list(private)

    def draw(_: int) -> bytes:
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    if group in _CURVES:
        return key_share(
            group,
            draw,
            combine=combine or primitives.combine_secrets,
            combine_public=primitives.combine_public,
            x25519_shared_secret=primitives.x25519_shared_secret,
        )
    if group in _CURVES.values():
        return ecdhe_share(group, draw, x25519_shared_secret=primitives.x25519_shared_secret)
    return key_share(group, draw)
