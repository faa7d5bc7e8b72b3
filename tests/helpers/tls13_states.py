"""A connection of TLS 1.3 in each of its states, by the way that leads there."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from in_memory import ASKS, Pair, credential, other, records, state_name
from tls13_pairs import Setup, resuming, retrying, setup

from tlslab.connection.record import Plaintext
from tlslab.tls13.protection import PassingOver
from tlslab.wire.registry import HandshakeType

T = HandshakeType
USER = {"credential": credential("client-ecdsa")}


@dataclass(frozen=True)
class Place:
    """`role` in `state`. way: how it got there, if there are several. setup: makes the pair.

    waits_for: what RFC 8446 Appendix A lets it wait for.
    """

    role: str
    state: str
    setup: Callable[[], Setup]
    waits_for: frozenset[HandshakeType]
    way: str = ""

    def __str__(self) -> str:
        return f"{self.role} {self.state}{self.way and ', ' + self.way}"

    @property
    def is_connected(self) -> bool:
        """Whether application data may come."""
        return self.state == "Connected" or self.state.endswith("Later")

    @property
    def is_asked_later(self) -> bool:
        """Whether the server has asked for a certificate after the handshake."""
        return self.state.endswith("Later")

    def reach(self, *, traced: bool = False) -> Pair:
        """A pair in this place; whatever the peer of `role` says next is under the right keys."""
        pair = Pair(**self.setup(), traced=traced)
        if self.is_connected:
            pair.connected()
        if self.is_asked_later:
            pair.server.request_certificate()
        mine, peer = pair[self.role], other(self.role)
        undelivered = records(pair.take(peer))
        while state_name(mine) != self.state:
            if not undelivered:
                pair.give(peer, pair.take(self.role))
                undelivered = records(pair.take(peer))
            pair.give(self.role, bytes(undelivered.pop(0)))
        self._rewind(pair)
        return pair

    def _rewind(self, pair: Pair) -> None:
        # What the peer had said beyond this place was never delivered, so it is free to write with
        # the keys, and the sequence number, that are waited for.
        reading = pair[self.role]._context.reader.protection
        if isinstance(reading, PassingOver) and not isinstance(reading._keys, Plaintext):
            reading = reading._keys
        if not isinstance(reading, PassingOver):
            pair[other(self.role)]._context.writer.protection = copy.copy(reading)


def _place(role: str, state: str, made: Callable[[], Setup], *waits_for: T, way: str = "") -> Place:
    return Place(role, state, made, frozenset(waits_for), way)


_asks = partial(setup, server=ASKS)
_knows = partial(setup, server=ASKS, client=USER)
_early = partial(resuming, early_data=b"early")
_refuses = partial(resuming, early_data=b"early", server={"max_early_data_size": 0})
_later = partial(setup, server=ASKS, client={**USER, "post_handshake_auth": True})

PLACES = (
    _place("client", "WaitServerHello", setup, T.server_hello),
    _place("client", "WaitServerHelloAgain", retrying, T.server_hello),
    _place("client", "WaitEncryptedExtensions", setup, T.encrypted_extensions),
    _place("client", "WaitCertificateOrRequest", setup, T.certificate, T.certificate_request),
    _place("client", "WaitCertificate", _asks, T.certificate),
    _place("client", "WaitCertificateVerify", setup, T.certificate_verify),
    _place("client", "WaitFinished", setup, T.finished),
    _place("client", "WaitFinished", resuming, T.finished, way="resumed"),
    _place(
        "client",
        "Connected",
        setup,
        T.new_session_ticket,
        T.key_update,
        # For a client that has not offered to answer, it is refused all the same.
        T.certificate_request,
    ),
    _place("server", "WaitClientHello", setup, T.client_hello),
    _place("server", "WaitClientHelloAgain", retrying, T.client_hello),
    _place("server", "WaitEndOfEarlyData", _early, T.end_of_early_data),
    _place("server", "WaitCertificate", _asks, T.certificate),
    _place("server", "WaitCertificateVerify", _knows, T.certificate_verify),
    _place("server", "WaitFinished", setup, T.finished),
    _place("server", "WaitFinished", resuming, T.finished, way="resumed"),
    _place("server", "WaitFinished", _refuses, T.finished, way="early data refused"),
    _place("server", "Connected", setup, T.key_update),
    _place("server", "WaitCertificateLater", _later, T.certificate, T.key_update),
    _place("server", "WaitCertificateVerifyLater", _later, T.certificate_verify),
    _place("server", "WaitFinishedLater", _later, T.finished),
)
HANDSHAKE = tuple(place for place in PLACES if not place.is_connected)
AFTER_HANDSHAKE = tuple(place for place in PLACES if place.is_connected)
