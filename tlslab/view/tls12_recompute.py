"""The derivations of TLS 1.2, done again over other inputs."""

from typing import Any

from tlslab.crypto.groups import (
    FFDHE_GROUPS,
    FiniteField,
    dh_private,
    ecdhe_share,
    ffdhe,
)
from tlslab.errors import ProtocolError
from tlslab.primitives import Primitives
from tlslab.trace import SecretDerived, Trace, ValueReceived
from tlslab.view.altered import Altered, Rule, UnknownError
from tlslab.wire.registry import NamedGroup

SERVER_KEY = "it takes the server's private key, which no trace holds"
CLIENT_KEY = "it takes the client's private key, which no trace holds"
TICKET_KEY = "it takes the server's ticket key, which no trace holds"


def _share_is_signed_anew(altered: Altered, index: int) -> str:
    signed = {"client_random", "server_random", "server_share"}
    return f"to sign it again {SERVER_KEY[3:]}" if signed & altered.changed else ""


def _handshake_is_signed_anew(altered: Altered, index: int) -> str:
    return f"to sign it again {CLIENT_KEY[3:]}" if altered.differs_before(index) else ""


def _ticket_is_sealed_anew(altered: Altered, index: int) -> str:
    return f"to seal it again {TICKET_KEY[3:]}" if "master_secret" in altered.changed else ""


RULES: dict[str, Rule] = {
    "server_key_exchange": _share_is_signed_anew,
    "certificate_verify": _handshake_is_signed_anew,
    "new_session_ticket": _ticket_is_sealed_anew,
}
"""Which messages hold what follows from others by a key that the trace has not."""


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
    operation, length = event.operation, len(event.value)
    if operation.startswith("PRF with "):
        context = altered.hash(event.context) if event.context else b""
        seed = b"".join(inputs[1:]) + context
        hash_name = operation.removeprefix("PRF with ").lower()
        return primitives.prf(inputs[0], event.label.encode("ascii"), seed, length, hash_name)
    if operation.startswith("bytes "):
        start, end = operation.removeprefix("bytes ").split(" to ")
        return inputs[0][int(start) : int(end)]
    if operation.endswith(" of the handshake messages so far"):
        return altered.hash(event.context)
    if operation == "client_version + premaster_random":
        return event.context + inputs[0]
    if operation.startswith("RSA encryption "):
        return primitives.encrypt_premaster(_public_key(trace), *inputs)
    if operation.startswith("RSA decryption "):
        # The random one counts only where what came was not a premaster secret.
        replaced = event.value == trace.value("random_premaster")
        return inputs[1] if replaced else event.value
    if operation == "taken from the session":
        return _from_session(event, altered, trace)
    try:
        return _diffie_hellman(operation, inputs, trace, primitives)
    except ProtocolError as error:
        raise UnknownError(error.reason) from error


def why_not(event: SecretDerived | ValueReceived, altered: Altered) -> str:
    """Why nobody can say what the value would be without a key; empty if it can be said."""
    if event.name == "client_signature":
        names = [message.name for message in altered.messages]
        at = names.index("certificate_verify") if "certificate_verify" in names else len(names)
        return CLIENT_KEY if altered.differs_before(at) else ""
    if isinstance(event, ValueReceived):
        given = event.field == "new_session_ticket.ticket"
        return TICKET_KEY if given and "master_secret" in altered.changed else ""
    changed = set(event.inputs) & altered.changed
    if event.operation.startswith("RSA decryption "):
        return SERVER_KEY if "encrypted_premaster_secret" in changed else ""
    key = {"server_signature": SERVER_KEY, "ticket": TICKET_KEY}.get(event.name, "")
    return key if changed else ""


def _from_session(event: SecretDerived, altered: Altered, trace: Trace) -> bytes:
    shown = {e.name for e in trace.of(ValueReceived) if e.name in ("ticket", "session_id")}
    if shown & altered.changed:
        raise UnknownError("with it the server would find another session, or none")
    return event.value


def _diffie_hellman(
    operation: str, inputs: list[bytes], trace: Trace, primitives: Primitives
) -> bytes | None:
    if operation.startswith("public key on "):
        group = NamedGroup[operation.removeprefix("public key on ")]
        return ecdhe_share(group, lambda _: inputs[0]).public
    if operation.startswith("Diffie-Hellman on "):
        group = NamedGroup[operation.removeprefix("Diffie-Hellman on ")]
        share = ecdhe_share(
            group,
            lambda _: inputs[0],
            x25519_shared_secret=primitives.x25519_shared_secret,
        )
        return primitives.ecdhe_shared_secret(share, inputs[1])
    if "^private modulo a prime" in operation:
        finite = _field(trace)
        return primitives.dh_public(finite, dh_private(finite, lambda _: inputs[0]))
    if operation.startswith("Diffie-Hellman modulo a prime"):
        finite = _field(trace)
        private = dh_private(finite, lambda _: inputs[0])
        return primitives.dh_shared_secret(finite, private, inputs[1])
    return None


def _field(trace: Trace) -> FiniteField:
    """The group that the server named."""
    numbers = {
        span.path.rpartition(".")[2]: int.from_bytes(message.raw[span.start : span.end], "big")
        for message in trace.messages("server_key_exchange")
        for span in message.spans
        if span.path in ("server_key_exchange.params.dh_p", "server_key_exchange.params.dh_g")
        and span.leaf
    }
    if len(numbers) < 2:
        raise UnknownError("the trace has no server_key_exchange with the prime")
    known = (ffdhe(group) for group in FFDHE_GROUPS)
    p, g = numbers["dh_p"], numbers["dh_g"]
    return next((each for each in known if (each.p, each.g) == (p, g)), FiniteField(p, g))


def _public_key(trace: Trace) -> Any:
    """The public key in the server's certificate, as the trace's Certificate message has it."""
    from cryptography import x509

    for message in trace.messages("certificate"):
        for span in message.spans:
            if message.sender == "server" and span.path == "certificate.certificate_list[0]":
                certificate = x509.load_der_x509_certificate(message.raw[span.start : span.end])
                return certificate.public_key()
    raise UnknownError("the trace has no certificate with the key")
