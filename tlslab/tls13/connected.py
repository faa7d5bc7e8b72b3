"""After the handshake: application data, new keys, tickets, and late questions (RFC 8446 §4.6).

What both sides have in common then. Neither side's messages are part of the transcript any more.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from tlslab.connection.context import Context, KeysUpdated
from tlslab.errors import LocalError
from tlslab.tls13.keys import Secrets, TrafficSecret, install_read, install_write, updated
from tlslab.tls13.messages import KeyUpdate
from tlslab.wire.registry import KeyUpdateRequest

MAX_RECORDS = 2**24
"""RFC 8446 §5.5: with AES-GCM, keys are good for 2^24.5 full records; a KeyUpdate comes before."""
CHANNEL_BINDING = b"EXPORTER-Channel-Binding"


@dataclass(frozen=True, slots=True)
class Established:
    """Proof that both Finished were right. sending, receiving: the traffic secrets in use now."""

    secrets: Secrets
    sending: TrafficSecret
    receiving: TrafficSecret
    resumption_secret: bytes = field(repr=False)
    transcript: tuple[bytes, ...] = field(repr=False)


def receive_key_update(
    message: KeyUpdate, context: Context[Any], established: Established
) -> Established:
    """The peer writes with new keys now; if it asks for it, so do we (RFC 8446 §4.6.3)."""
    suite = established.secrets.suite
    receiving = updated(context, established.receiving, suite)
    install_read(context, receiving, suite)
    context.events.append(KeysUpdated())
    established = replace(established, receiving=receiving)
    if message.request_update is KeyUpdateRequest.update_requested:
        return send_key_update(context, established, request_peer=False)
    return established


def send_key_update(
    context: Context[Any], established: Established, *, request_peer: bool
) -> Established:
    """Announce new keys, then write with them."""
    asks = KeyUpdateRequest.update_requested if request_peer else None
    context.send(KeyUpdate(asks or KeyUpdateRequest.update_not_requested), counts=False)
    suite = established.secrets.suite
    sending = updated(context, established.sending, suite)
    install_write(context, sending, suite)
    return replace(established, sending=sending)


def export_keying_material(
    context: Context[Any], secrets: Secrets, label: bytes, context_value: bytes | None, length: int
) -> bytes:
    """`length` bytes for a use outside TLS (RFC 8446 §7.5). No context is an empty one."""
    material = context.primitives.tls13_export(
        secrets.exporter_secret, label, context_value or b"", length, secrets.suite.hash_name
    )
    context.trace.secret_derived(
        "exported_keying_material",
        material,
        f"HKDF-Expand-Label with {secrets.suite.hash_name.upper()}",
        ("exporter_secret",),
        "RFC 8446 §7.5",
        label=label.decode("ascii", "backslashreplace"),
        context=context_value or b"",
    )
    return material


def channel_binding(context: Context[Any], secrets: Secrets, kind: str) -> bytes:
    """See `Connection.channel_binding`."""
    if kind != "tls-exporter":
        raise LocalError(f"TLS 1.3 has no channel binding {kind!r}, only tls-exporter (RFC 9266)")
    return export_keying_material(context, secrets, CHANNEL_BINDING, b"", 32)
