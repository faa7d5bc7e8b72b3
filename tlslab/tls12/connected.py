"""How a TLS 1.2 handshake ends, the same on both sides: ChangeCipherSpec, Finished."""

import hmac
from dataclasses import dataclass
from typing import Any

from tlslab.connection.context import Context, HandshakeCompleted
from tlslab.connection.session import Session
from tlslab.errors import LocalError, ProtocolError
from tlslab.tls12.keys import Secrets, finished_verify_data
from tlslab.tls12.messages import Finished
from tlslab.wire.framing import HANDSHAKE_HEADER_LENGTH
from tlslab.wire.registry import AlertDescription, AlertLevel, HandshakeType, ProtocolVersion


@dataclass(frozen=True, slots=True)
class Established:
    """Proof that a handshake was completed. Only `verify_finished` makes one."""

    secrets: Secrets
    peer_verify_data: bytes


def send_finished(context: Context[Any], secrets: Secrets) -> None:
    """ChangeCipherSpec, then Finished: the first record under the new keys (RFC 5246 §7.4.9)."""
    if context.role == "client":
        context.send_change_cipher_spec(secrets.client_write, secrets.client_keys)
    else:
        context.send_change_cipher_spec(secrets.server_write, secrets.server_keys)
    verify_data = finished_verify_data(context, secrets, context.role, context.transcript.hash())
    context.send(Finished(verify_data))


def verify_finished(finished: Finished, context: Context[Any], secrets: Secrets) -> Established:
    """Compare the peer's Finished with what it has to be. Raises ProtocolError: decrypt_error."""
    # The peer's Finished is the last message of the transcript by now, and is not about itself.
    transcript_hash = context.transcript.hash_before_last()
    expected = finished_verify_data(context, secrets, context.peer, transcript_hash)
    if not hmac.compare_digest(expected, finished.verify_data):
        raise ProtocolError(
            "decrypt_error",
            f"the {context.peer} saw another handshake, or has another master secret",
            where="finished.verify_data",
            section="RFC 5246 §7.4.9",
        )
    context.trace.verified(
        "finished",
        f"the {context.peer} has the same keys and saw the same handshake",
        "RFC 5246 §7.4.9",
    )
    return Established(secrets, finished.verify_data)


def completed(
    context: Context[Any],
    secrets: Secrets,
    alpn_protocol: bytes,
    server_name: str,
    peer_certificates: tuple[bytes, ...],
    *,
    resumed: bool = False,
    session: Session | None = None,
) -> None:
    """Tell the application."""
    context.events.append(
        HandshakeCompleted(
            ProtocolVersion.TLSv1_2,
            secrets.terms.suite.code,
            alpn_protocol,
            server_name,
            peer_certificates,
            resumed,
            session,
        )
    )


def export_keying_material(
    context: Context[Any], secrets: Secrets, label: bytes, context_value: bytes | None, length: int
) -> bytes:
    """`length` bytes for a use outside TLS (RFC 5705 §4)."""
    terms = secrets.terms
    material = context.primitives.export_keying_material(
        secrets.master_secret,
        label,
        terms.client_random,
        terms.server_random,
        context_value,
        length,
        terms.suite.prf_hash,
    )
    context.trace.secret_derived(
        "exported_keying_material",
        material,
        f"PRF with {terms.suite.prf_hash.upper()}",
        ("master_secret", "client_random", "server_random"),
        "RFC 5705 §4",
        label=label.decode("ascii", "backslashreplace"),
        context=context_value or b"",
    )
    return material


EXPORTER = b"EXPORTER-Channel-Binding"


def channel_binding(context: Context[Any], secrets: Secrets, kind: str) -> bytes:
    """See `Connection.channel_binding`."""
    if kind == "tls-unique":
        return tls_unique(context)
    if kind != "tls-exporter":
        raise LocalError(f"no channel binding is called {kind!r}: tls-exporter, tls-unique")
    if not secrets.terms.extended_master_secret:
        # RFC 9266 §4.2: in TLS 1.2 only with extended master secret.
        raise LocalError("tls-exporter needs the extended master secret, and it was not agreed on")
    return export_keying_material(context, secrets, EXPORTER, b"", 32)


def tls_unique(context: Context[Any]) -> bytes:
    """The first Finished of the handshake: 12 bytes (RFC 5929 §3.1).

    History: without extended master secret two connections can have the same one (the triple
    handshake attack), so RFC 9266 puts tls-exporter in its place.
    """
    finished = (raw for raw in context.transcript.messages if raw[0] == HandshakeType.finished)
    return next(finished)[HANDSHAKE_HEADER_LENGTH:]


def refuse_renegotiation(context: Context[Any]) -> None:
    """Say no, and go on: "the recipient MAY respond with no_renegotiation" (RFC 5246 §7.2.2)."""
    context.send_alert(AlertLevel.warning, AlertDescription.no_renegotiation)
