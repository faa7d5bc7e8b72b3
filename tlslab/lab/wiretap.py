"""A recording of TLS 1.3 as somebody on the wire has it, and what a secret opens in it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tlslab.crypto.hkdf import TrafficKeys
from tlslab.crypto.suites import TLS13_SUITES, Tls13Suite
from tlslab.errors import LocalError, ProtocolError
from tlslab.primitives import Primitives
from tlslab.trace import Record, Trace
from tlslab.wire.extensions import KeyShareClientHello, KeyShareServerHello
from tlslab.wire.framing import HANDSHAKE_HEADER_LENGTH, RECORD_HEADER_LENGTH
from tlslab.wire.hello import ClientHello, ServerHello
from tlslab.wire.registry import ContentType, HandshakeType, NamedGroup

SIDES = ("client", "server")


class Sent(NamedTuple):
    """A record, as it went over the wire. sender: "client" or "server"."""

    sender: str
    record: bytes


class Shares(NamedTuple):
    """What both sides sent for the group that they agreed on."""

    group: NamedGroup
    client: bytes
    server: bytes


def wire_of(trace: Trace) -> list[Sent]:
    """All that somebody on the wire could record of a connection."""
    return [Sent(each.sender, each.raw) for each in trace.of(Record)]


def shares_in(recording: Sequence[Sent]) -> Shares:
    """The shares, from both hellos. Raises LocalError if there are none."""
    client_hello, server_hello = _hellos(recording)
    offered = ClientHello.decode(client_hello, None, HANDSHAKE_HEADER_LENGTH).extension(
        KeyShareClientHello
    )
    chosen = ServerHello.decode(server_hello, None, HANDSHAKE_HEADER_LENGTH).extension(
        KeyShareServerHello
    )
    if offered is None or chosen is None:
        raise LocalError("the recording has no key shares: it is not one of TLS 1.3")
    group = chosen.server_share.group
    ours = next(each for each in offered.client_shares if each.group == group)
    return Shares(group, ours.key_exchange, chosen.server_share.key_exchange)


def read_with(
    primitives: Primitives, recording: Sequence[Sent], shared_secret: bytes
) -> dict[str, bytes]:
    """What "client" and "server" said, for whoever has the secret that their shares led to.

    recording: of a whole handshake of TLS 1.3 without a pre-shared key or a HelloRetryRequest.
    Raises LocalError if it is another secret: no record opens with it.
    """
    transcript = _hellos(recording)
    code = ServerHello.decode(transcript[1], None, HANDSHAKE_HEADER_LENGTH).cipher_suite
    suite = TLS13_SUITES[code]
    hash_name = suite.hash_name
    sides = {side: _Side(side, primitives, suite, recording) for side in SIDES}

    def start(secret: bytes, stage: bytes) -> None:
        hashed = primitives.transcript_hash(transcript, hash_name)
        for name, side in sides.items():
            label = b"%c %b traffic" % (name[0].encode(), stage)
            side.secrets.append(primitives.derive_secret(secret, label, hashed, hash_name))

    early_secret = primitives.early_secret(b"", hash_name)
    handshake_secret = primitives.handshake_secret(early_secret, shared_secret, hash_name)
    start(handshake_secret, b"hs")
    transcript += sides["server"].until_finished()
    start(primitives.main_secret(handshake_secret, hash_name), b"ap")
    sides["client"].until_finished()
    return {name: side.said() for name, side in sides.items()}


class _Side:
    """The protected records of a side. secrets: its traffic secrets, in the order of their use."""

    def __init__(
        self, name: str, primitives: Primitives, suite: Tls13Suite, recording: Sequence[Sent]
    ) -> None:
        self.secrets: list[bytes] = []
        self._primitives = primitives
        self._suite = suite
        self._records = [
            record
            for sender, record in recording
            if sender == name and record[0] == ContentType.application_data
        ]

    def until_finished(self) -> list[bytes]:
        """The handshake messages up to the Finished, under the first secret."""
        stream = b""
        for _, content in self._opened():
            stream += content
            found = list(_messages(stream))
            if found and found[-1][0] == HandshakeType.finished:
                return found
        raise LocalError("the recording ends before the handshake does")

    def said(self) -> bytes:
        """The application data, under the second secret."""
        data = ContentType.application_data
        return b"".join(content for kind, content in self._opened() if kind == data)

    def _opened(self) -> Iterator[tuple[int, bytes]]:
        keys, seq_num = self._next_keys(), 0
        while self._records:
            record = self._records.pop(0)[RECORD_HEADER_LENGTH:]
            try:
                plaintext = self._primitives.aead_unprotect(
                    self._suite.cipher_type, keys.key, keys.iv, seq_num, record
                )
            except ProtocolError:
                raise LocalError("no record opens: this is not the shared secret") from None
            seq_num += 1
            yield self._primitives.open_inner_plaintext(plaintext)

    def _next_keys(self) -> TrafficKeys:
        secret, suite = self.secrets.pop(0), self._suite
        return TrafficKeys(
            *self._primitives.traffic_keys(secret, suite.key_length, suite.hash_name)
        )


def _hellos(recording: Sequence[Sent]) -> list[bytes]:
    """ClientHello and ServerHello, each with its header."""
    streams = dict.fromkeys(SIDES, b"")
    for sender, record in recording:
        if record[0] == ContentType.handshake:
            streams[sender] += record[RECORD_HEADER_LENGTH:]
    found = [next(_messages(streams[side]), b"") for side in SIDES]
    if not all(found):
        raise LocalError("the recording does not begin with a hello of each side")
    return found


def _messages(stream: bytes) -> Iterator[bytes]:
    """The whole handshake messages at the beginning of a stream."""
    while len(stream) >= HANDSHAKE_HEADER_LENGTH:
        end = HANDSHAKE_HEADER_LENGTH + int.from_bytes(stream[1:HANDSHAKE_HEADER_LENGTH], "big")
        if len(stream) < end:
            return
        yield stream[:end]
        stream = stream[end:]
