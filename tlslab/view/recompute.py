"""What would have come out: change a random or a secret, and everything made from it follows.

Each derivation of the trace is done again by the function that did it, over the changed inputs. A
value that stands in a message changes the message, and so each transcript hash after it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from tlslab.errors import LocalError
from tlslab.primitives import REFERENCE, Primitives
from tlslab.trace import Message, RandomDrawn, SecretDerived, Trace, ValueReceived

_Event = RandomDrawn | ValueReceived | SecretDerived


@dataclass(frozen=True, slots=True)
class Recomputed:
    """The values after a change.

    values: every value by its name. changed: the names of those that differ from the trace's.
    unknown: the names of those that cannot be computed again, because the trace does not hold what
    that takes; they and all that is made from them are left out of `values`.
    """

    values: Mapping[str, bytes]
    changed: frozenset[str]
    unknown: Mapping[str, str]


def recompute(
    trace: Trace, changes: Mapping[str, bytes], primitives: Primitives = REFERENCE
) -> Recomputed:
    """Compute all values of `trace` again, with the named ones replaced.

    Raises LocalError if a name is unknown or the length is not that of the trace's value.
    """
    events: dict[str, _Event] = {}
    for event in trace:
        if isinstance(event, _Event):
            events.setdefault(event.name, event)
    for name, value in changes.items():
        if name not in events:
            raise LocalError(f"the trace has no value called {name!r}")
        if len(value) != len(events[name].value):
            raise LocalError(
                f"{name} has {len(events[name].value)} bytes, not {len(value)}: the same handshake "
                "with another length would not fit its messages"
            )
    transcript = _Transcript(trace)
    values: dict[str, bytes] = {}
    unknown: dict[str, str] = {}
    for name, event in events.items():
        lost = [other for other in _inputs(event) if other in unknown]
        if name in changes:
            value = changes[name]
        elif isinstance(event, SecretDerived) and lost:
            unknown[name] = f"made from {lost[0]}"
            continue
        elif isinstance(event, SecretDerived):
            try:
                value = _derived(event, values, events, transcript, trace, primitives)
            except _Unknown as reason:
                unknown[name] = str(reason)
                continue
        else:
            value = event.value
        values[name] = value
        transcript.replace(event.value, value)
    changed = frozenset(name for name in values if values[name] != events[name].value)
    return Recomputed(values, changed, unknown)


class _Unknown(Exception):
    """This value cannot be computed again."""


def _inputs(event: _Event) -> tuple[str, ...]:
    return event.inputs if isinstance(event, SecretDerived) else ()


def _derived(
    event: SecretDerived,
    values: Mapping[str, bytes],
    events: Mapping[str, _Event],
    transcript: "_Transcript",
    trace: Trace,
    primitives: Primitives,
) -> bytes:
    """The value of one derivation over the values that there are now."""
    missing = [name for name in event.inputs if name not in values]
    if missing:
        raise _Unknown(f"the trace has no {missing[0]}")
    inputs = [values[name] for name in event.inputs]
    operation, length = event.operation, len(event.value)
    if operation.startswith("PRF with "):
        context = transcript.hash(event.context) if event.context else b""
        seed = b"".join(inputs[1:]) + context
        hash_name = operation.removeprefix("PRF with ").lower()
        return primitives.prf(inputs[0], event.label.encode("ascii"), seed, length, hash_name)
    if operation.startswith("bytes "):
        start, end = operation.removeprefix("bytes ").split(" to ")
        return inputs[0][int(start) : int(end)]
    if operation == "client_version + premaster_random":
        return event.context + inputs[0]
    if operation.startswith("RSA encryption "):
        return primitives.encrypt_premaster(_public_key(trace), *inputs)
    if all(values[name] == events[name].value for name in event.inputs):
        return event.value  # nothing that it is made from has changed
    if operation.startswith("RSA decryption "):
        raise _Unknown("it takes the server's private key, which no trace holds")
    raise _Unknown(f"nothing is known about the operation {operation}")


def _public_key(trace: Trace):
    """The public key in the server's certificate, as the trace's Certificate message has it."""
    from cryptography import x509

    for message in trace.messages("certificate"):
        for span in message.spans:
            if message.sender == "server" and span.path == "certificate.certificate_list[0]":
                certificate = x509.load_der_x509_certificate(message.raw[span.start : span.end])
                return certificate.public_key()
    raise _Unknown("the trace has no certificate with the key")


class _Transcript:
    """The handshake messages with some of their bytes replaced, and the hashes over them."""

    def __init__(self, trace: Trace) -> None:
        self._messages: list[Message] = [m for m in trace.of(Message) if m.transcript_hash]
        self._raw = [message.raw for message in self._messages]

    def replace(self, old: bytes, new: bytes) -> None:
        """Put `new` wherever a field of a message was exactly `old`."""
        if old == new:
            return
        for index, message in enumerate(self._messages):
            for span in message.spans:
                if span.leaf and message.raw[span.start : span.end] == old:
                    raw = self._raw[index]
                    self._raw[index] = raw[: span.start] + new + raw[span.end :]

    def hash(self, original: bytes) -> bytes:
        """What the transcript hash `original` has become."""
        at = next((i for i, m in enumerate(self._messages) if m.transcript_hash == original), None)
        if at is None:
            raise _Unknown("the trace has no message with that transcript hash")
        name = "sha384" if len(original) == 48 else "sha256"
        return hashlib.new(name, b"".join(self._raw[: at + 1])).digest()
