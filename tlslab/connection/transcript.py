"""The transcript: all handshake messages of a connection, in order, and the hash over them."""

from tlslab.primitives import Primitives


class Transcript:
    """Every handshake message with its four-byte header, in the clear, in the order of the wire.

    Not in it: record headers, ChangeCipherSpec, alerts, HelloRequest (RFC 5246 §7.4.9).
    """

    __slots__ = ("_first", "_hash_name", "_hashed", "_messages", "_primitives")

    def __init__(self, primitives: Primitives) -> None:
        self._primitives = primitives
        self._messages: list[bytes] = []
        self._first: list[bytes] = []
        self._hash_name = ""
        # The hash over the first so many messages, by their number: what is asked for twice.
        self._hashed: dict[int, bytes] = {}

    def add(self, raw: bytes) -> None:
        """Add a message: header and body."""
        self._messages.append(raw)

    def choose_hash(self, hash_name: str) -> None:
        """The suite is agreed on, so the hash is too."""
        self._hash_name = hash_name
        self._hashed.clear()

    def hashes(self) -> tuple[bytes, ...]:
        """The hashes after each message so far; of one that was replaced, its own."""
        until = [self._messages[: count + 1] for count in range(len(self._messages))]
        if self._first:
            until[0] = self._first
        return tuple(self._primitives.transcript_hash(each, self._hash_name) for each in until)

    def replace_first(self, raw: bytes) -> None:
        """Put a message in the place of all so far: message_hash, after a HelloRetryRequest."""
        self._first = self._messages[:1]
        self._messages = [raw]
        self._hashed.clear()

    @property
    def messages(self) -> tuple[bytes, ...]:
        """All messages so far."""
        return tuple(self._messages)

    def hash(self) -> bytes:
        """The hash over all messages so far; empty as long as no hash function was chosen."""
        if not self._hash_name:
            return b""
        return self._hash_of(len(self._messages))

    def hash_before_last(self) -> bytes:
        """The hash over all messages but the last: what a Finished or a signature is about."""
        return self._hash_of(len(self._messages) - 1)

    def _hash_of(self, count: int) -> bytes:
        if count not in self._hashed:
            messages = self._messages[:count]
            self._hashed[count] = self._primitives.transcript_hash(messages, self._hash_name)
        return self._hashed[count]
