"""A transcript in which some bytes are replaced, and what can then no longer be known."""

import hashlib
from collections.abc import Callable, Iterator

from tlslab.trace import Message, Trace


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
        name = "sha384" if len(original) == 48 else "sha256"
        return hashlib.new(name, b"".join(self.raw[: at + 1])).digest()

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
