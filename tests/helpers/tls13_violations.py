"""What a peer may do wrong in TLS 1.3: a row of a table, and the handshake that shows it.

The misbehaving peer is the engine itself. It changes a message before it is sent, hashed and
protected, so that nothing is wrong but what the row says. A first ClientHello is changed on its way.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from in_memory import Pair, changed, other, with_fields
from tls13_pairs import Setup, lies, setup

import tlslab
from tlslab.errors import AlertName
from tlslab.wire.extensions import Extension
from tlslab.wire.framing import HandshakeMessage
from tlslab.wire.hello import ClientHello
from tlslab.wire.registry import ExtensionType

Change = Callable[[Any], Any]


@dataclass(frozen=True)
class Violation:
    """`message`, changed by its sender, makes the receiver send `alert`.

    setup: makes the pair. later: what is done after the handshake; by default nothing. where: the
    end of the place that the error names. is_heard: whether the sender has the keys for the alert:
    a server that has refused early data passes over what comes under theirs.
    """

    what: str
    message: type[HandshakeMessage]
    change: Change = field(repr=False)
    alert: AlertName
    section: str
    where: str = ""
    setup: Callable[[], Setup] = field(default=setup, repr=False)
    later: Callable[[Pair], object] | None = field(default=None, repr=False)
    is_heard: bool = True

    def __str__(self) -> str:
        return self.what.replace(" ", "_")


def refusal(
    violation: Violation, sender: str, *, of_first_hello: bool = False
) -> tlslab.ProtocolError:
    """What the receiver says; the sender understands the alert."""
    pair = Pair(**violation.setup())
    receiver = other(sender)
    waiting = b""
    if of_first_hello:
        waiting = changed(pair.take(sender), ClientHello, violation.change)
    elif violation.later is None:
        assert lies(pair[sender], violation.message, violation.change) == []
    else:
        pair.connected()
        lies(pair[sender], violation.message, violation.change)
        violation.later(pair)
    with pytest.raises(tlslab.ProtocolError) as caught:
        _go_on(pair, receiver, waiting)
    assert pair[receiver].is_closed, "it was the other side that complained"
    if not violation.is_heard:
        return caught.value
    with pytest.raises(tlslab.AlertReceived) as received:
        pair.give(sender, pair.take(receiver))
    assert received.value.alert == caught.value.alert
    assert pair[sender].is_closed
    return caught.value


def _go_on(pair: Pair, receiver: str, waiting: bytes) -> None:
    pair.give(receiver, waiting)
    pair.carry()


def check(violation: Violation, sender: str, *, of_first_hello: bool = False) -> None:
    """The alert, the section and the place are those of the row."""
    error = refusal(violation, sender, of_first_hello=of_first_hello)
    assert (error.alert, error.section) == (violation.alert, violation.section), error
    assert error.where.endswith(violation.where), error.where


def check_honest(violation: Violation, sender: str, *, of_first_hello: bool = False) -> None:
    """With the message as it was, the same handshake completes."""
    pair = Pair(**violation.setup())
    found = [b"the hello"]
    if of_first_hello:
        pair.give("server", changed(pair.take("client"), ClientHello, lambda same: same))
    else:
        found = lies(pair[sender], violation.message, lambda same: same)
    pair.connected()
    if violation.later is not None:
        violation.later(pair)
        pair.carry()
    assert found, f"no {violation.message.NAME} was sent"


# -- how a message is changed --------------------------------------------------------------------


def put(*extensions: Extension) -> Change:
    """Add extensions, or put them in the place of those of the same type."""
    types = {extension.extension_type for extension in extensions}

    def change(message: Any) -> Any:
        kept = tuple(e for e in message.extensions or () if e.extension_type not in types)
        last = kept[-1:] if kept and kept[-1].extension_type == 41 else ()
        kept = kept[: len(kept) - len(last)]
        return with_fields(extensions=(*kept, *extensions, *last))(message)

    return change


def drop(*kinds: ExtensionType) -> Change:
    """Take these extensions out."""

    def change(message: Any) -> Any:
        kept = tuple(e for e in message.extensions if e.extension_type not in kinds)
        return with_fields(extensions=kept)(message)

    return change


def alter(kind: type[Extension], **fields: Any) -> Change:
    """Change fields of an extension by name; a function gets the old value."""

    def change(message: Any) -> Any:
        assert message.extension(kind) is not None, f"no {kind.NAME} in {message.NAME}"

        def altered(extension: Extension) -> Extension:
            if not isinstance(extension, kind):
                return extension
            new = {
                name: value(getattr(extension, name)) if callable(value) else value
                for name, value in fields.items()
            }
            return replace(extension, **new)

        return with_fields(extensions=tuple(map(altered, message.extensions)))(message)

    return change


def after(*changes: Change) -> Change:
    """One change after the other."""

    def change(message: Any) -> Any:
        for each in changes:
            message = each(message)
        return message

    return change


def flipped(name: str) -> Change:
    """Another last byte in a field."""

    def change(message: Any) -> Any:
        value = getattr(message, name)
        return replace(message, **{name: value[:-1] + bytes([value[-1] ^ 1])})

    return change
