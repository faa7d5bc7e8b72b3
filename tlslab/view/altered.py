"""A transcript in which some bytes are replaced, and what can then no longer be known."""

import hashlib
from collections.abc import Callable, Iterator

from tlslab.trace import Message, Trace

MESSAGE_HASH = b"\xfe"
"""The type of the message that stands for a first ClientHello (RFC 8446 §4.4.1)."""


class UnknownError(Exception):
    """This value cannot be computed again. The text says why."""


Rule = Callable[["Altered", int], str]
"""Why the message at this index would be another one now; empty if it would not."""


class Altered:
    """The handshake messages with some of their bytes replaced, and the hashes over them.

    rules: of the version. Some bytes follow from others by keys that no trace holds, such as a
    signature; where those others have changed, nobody can say what the bytes would be.
    """

    def __init__(self, trace: Trace, rules: dict[str, Rule]) -> None:
        self.messages: list[Message] = [m for m in trace.of(Message) if m.transcript_hash]
        self.raw = [message.raw for message in self.messages]
        self.changed: set[str] = set()
        self._rules = rules
        self._lost: dict[int, str] = {}

    def replace(self, name: str, old: bytes, new: bytes) -> None:
        """Put `new` wherever a field of a message was exactly `old`, the value called `name`."""
        if old == new:
            return
        self.changed.add(name)
        for index, start, end in self._fields(old):
            raw = self.raw[index]
            self.raw[index] = raw[:start] + new + raw[end:]

    def lose(self, name: str, old: bytes, reason: str) -> None:
        """What was `old`, the value called `name`, cannot be known any more."""
        self.changed.add(name)
        for index, _, _ in self._fields(old):
            self._lost.setdefault(index, reason)

    def hash(self, original: bytes) -> bytes:
        """What the transcript hash `original` has become. Raises UnknownError."""
        found = (i for i, m in enumerate(self.messages) if m.transcript_hash == original)
        at = next(found, None)
        if at is None:
            raise UnknownError("the trace has no message with that transcript hash")
        for index in range(at + 1):
            self._check(index)
        return _hash(self._hashed(self.raw, at + 1, original), original)

    def binder_hash(self, original: bytes) -> bytes:
        """What the hash up to the binders of a ClientHello has become. Raises UnknownError."""
        for at, message in enumerate(self.messages):
            end = _binders_at(message)
            if end is None:
                continue
            both = [
                [*self._hashed(raws, at, original), raws[at][:end]]
                for raws in ([each.raw for each in self.messages], self.raw)
            ]
            if _hash(both[0], original) == original:
                for index in range(at):
                    self._check(index)
                return _hash(both[1], original)
        raise UnknownError("the trace has no ClientHello with a binder over that hash")

    def _hashed(self, raws: list[bytes], end: int, like: bytes) -> list[bytes]:
        """The first `end` messages, as the transcript has them (RFC 8446 §4.4.1)."""
        names = [message.name for message in self.messages[:end]]
        if "hello_retry_request" not in names:
            return raws[:end]
        first = _hash(raws[:1], like)
        return [MESSAGE_HASH + len(first).to_bytes(3, "big") + first, *raws[1:end]]

    def _check(self, index: int) -> None:
        message = self.messages[index]
        rule = self._rules.get(message.name)
        reason = self._lost.get(index) or (rule(self, index) if rule else "")
        if reason:
            raise UnknownError(f"{message.name} would be another: {reason}")

    def differs_before(self, index: int) -> bool:
        """Whether a message before this one has changed."""
        before = zip(self.messages[:index], self.raw[:index], strict=True)
        return any(message.raw != raw for message, raw in before)

    def _fields(self, value: bytes) -> Iterator[tuple[int, int, int]]:
        """Index, start and end of the fields that are exactly `value`."""
        for index, message in enumerate(self.messages):
            for span in message.spans:
                if span.leaf and message.raw[span.start : span.end] == value:
                    yield index, span.start, span.end


def _hash(messages: list[bytes], like: bytes) -> bytes:
    """The hash over these messages, by the function that `like` was made with."""
    name = "sha384" if len(like) == 48 else "sha256"
    return hashlib.new(name, b"".join(messages)).digest()


def _binders_at(message: Message) -> int | None:
    """Where the list of binders begins in this message, if it has one."""
    field = "client_hello.extensions.pre_shared_key.binders.length"
    return next((span.start for span in message.spans if span.field == field), None)
