"""A trace, asked by name: messages, their fields, secrets, what was agreed on and verified."""

from collections.abc import Iterator
from typing import Any

from tlslab.trace import (
    Alert,
    Message,
    Negotiated,
    RandomDrawn,
    SecretDerived,
    Span,
    StateEntered,
    Trace,
    ValueReceived,
    Verified,
)
from tlslab.view.steps import Value
from tlslab.view.tables import Hex, clean, listed, shortened


class Seen:
    """A trace's events, found by name; those of the first handshake."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.fatal = next((a for a in trace.of(Alert) if a.level == "fatal"), None)
        self.completed = any(state.name == "Connected" for state in trace.of(StateEntered))
        self.state = (trace.of(StateEntered) or [StateEntered("Start")])[-1].name

    @property
    def headline(self) -> str:
        version = self.negotiated("version") or "TLS"
        suite = self.negotiated("cipher_suite")
        with_suite = f" with {suite}" if suite else ""
        return f"{version} handshake{with_suite}, as the {self.trace.role} saw it"

    def messages(self, *wanted: tuple[str, str]) -> tuple[Message, ...]:
        """The first message for each wanted (name, sender)."""
        found = (self.message(name, sender) for name, sender in wanted)
        return tuple(message for message in found if message)

    def message(self, name: str, sender: str) -> Message | None:
        return next((m for m in self.trace.messages(name) if m.sender == sender), None)

    def negotiated(self, name: str) -> str:
        return next((e.value for e in self.trace.of(Negotiated) if e.name == name), "")

    def verified(self, what: str) -> str:
        return next((e.detail for e in self.trace.of(Verified) if e.what == what), "")

    def derived(self, name: str) -> SecretDerived | None:
        return next((e for e in self.trace.of(SecretDerived) if e.name == name), None)

    def value(self, name: str) -> bytes:
        for event in self.trace:
            if (
                isinstance(event, RandomDrawn | ValueReceived | SecretDerived)
                and event.name == name
            ):
                return event.value
        return b""


def secret_value(seen: Seen, name: str) -> Iterator[Value]:
    """The secret or random called so, if there is one."""
    value = seen.value(name)
    if value:
        yield Value(name, Hex(value))


def leaves(message: Message, field: str) -> list[Span]:
    """The spans of all bytes that belong to `field`, in order."""
    return [span for span in message.spans if span.leaf and span.field == field]


def field_bytes(message: Message, field: str, name: str) -> Iterator[Value]:
    """The bytes of `field` under the name `name`, if the message has it."""
    for span in leaves(message, field):
        yield Value(name, Hex(message.raw[span.start : span.end]))


def field_texts(message: Message, field: str, name: str) -> Iterator[Value]:
    """What `field` says, one line for each time that it occurs, under the name `name`."""
    texts = [clean(span.value, 80) for span in leaves(message, field)]
    if texts:
        yield Value(name, tuple(shortened(texts)))


def certificates_in(message: Message) -> list[Span]:
    """Where the certificates stand in a Certificate, whichever version it is of."""
    lists = ("certificate.certificate_list", "certificate.certificate_list.cert_data")
    return [span for field in lists for span in leaves(message, field)]


def certificate_values(message: Message) -> Iterator[Value]:
    """What the server's own certificate says. It was made by a stranger and may be anything."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    spans = certificates_in(message)
    sizes = [span.end - span.start for span in spans]
    if not sizes:
        return
    yield Value("certificates", f"{len(sizes)}, of {listed(map(str, sizes))} bytes")
    try:
        leaf = x509.load_der_x509_certificate(message.raw[spans[0].start : spans[0].end])
        yield Value("subject", clean(_common_name(leaf.subject), 80))
        yield Value("issuer", clean(_common_name(leaf.issuer), 80))
        yield Value(
            "valid", f"{leaf.not_valid_before_utc:%Y-%m-%d} to {leaf.not_valid_after_utc:%Y-%m-%d}"
        )
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        yield Value("names", tuple(shortened([clean(str(name.value), 80) for name in names])))
        key: Any = leaf.public_key()
        yield Value("public key", f"{type(key).__name__.lstrip('_')}, {key.key_size} bits")
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.ExtensionNotFound):
        yield Value("…", "the rest cannot be read")


def _common_name(name: Any) -> str:
    from cryptography.x509.oid import NameOID

    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else name.rfc4514_string()
