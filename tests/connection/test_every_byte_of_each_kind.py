"""One handshake of each kind: every byte of it is changed, every record is cut.

Beside what `test_every_byte` says of the handshake with RSA: each key exchange, a client that says
who it is, extended master secret, encrypt-then-MAC, tickets, and the abbreviated handshake.
"""

from collections import Counter
from functools import cache
from typing import Any

import pytest
from conversation import Moment, alert_waits, moments_of, with_byte_changed
from in_memory import ASKS, GCM, HARDENED, Pair, RawRecord, credential, other, records, resumption

import tlslab
from tlslab.connection.session import TicketKeys
from tlslab.lab.randomness import SeededRandom
from tlslab.wire.framing import record_spans
from tlslab.wire.registry import CipherSuite

USER = {"credential": credential("client-ecdsa")}
S = CipherSuite
KINDS: dict[str, dict[str, Any]] = {
    "DHE, encrypt-then-MAC": {
        "suite": S.TLS_DHE_RSA_WITH_AES_128_CBC_SHA256,
        "client": HARDENED,
        "server": HARDENED,
    },
    "ECDHE_RSA, ChaCha20": {"suite": S.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256},
    "ECDHE_ECDSA, client authentication, ticket": {
        "suite": S.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        "client": {**HARDENED, **USER, "session_tickets": True},
        "server": {**HARDENED, **ASKS},
    },
    "RSA, no certificate for the client": {"suite": GCM, "server": ASKS},
}
every_kind = pytest.mark.parametrize("kind", [*KINDS, "resumed", "resumed, new ticket"])

# The versions on the records of the two hellos, and what comes after all was said: see
# `test_every_byte.DOES_NOT_MATTER`.
FIRST = ("client 0", "server 0")


@cache
def moments(kind: str) -> tuple[Moment, ...]:
    if kind.startswith("resumed"):
        return moments_of(Pair(**resumption(renews=kind != "resumed")))
    setup = dict(KINDS[kind])
    if "ticket" in kind:
        keys = TicketKeys(SeededRandom(1, "tickets"))
        setup["server"] = {**setup["server"], "ticket_keys": keys}
    return moments_of(Pair(**setup))


@every_kind
def test_every_changed_byte_is_noticed_or_does_not_matter(kind: str):
    endings: Counter[str] = Counter()
    completed = set()
    last = [moment.name for moment in moments(kind)][-1]
    for moment in moments(kind):
        for span in record_spans(moment.record):
            for position in range(span.start, span.end):
                (changed,) = with_byte_changed(moment.record, position, (0x01,))
                ending = moment.outcome(changed)
                endings[ending] += 1
                if ending == "completed":
                    completed.add((moment.name, span.path))
    assert completed <= {*((name, "record.version") for name in FIRST), (last, "record.length")}
    assert "told" not in endings
    assert len(endings) > 3


@every_kind
def test_a_record_that_is_cut_and_framed_anew_is_noticed(kind: str):
    for moment in moments(kind):
        (record,) = records(moment.record)
        for length in range(0, len(record.fragment), 3):
            short = RawRecord(record.type, record.version, record.fragment[:length])
            assert moment.outcome(bytes(short)) not in ("completed", "told"), (moment.name, length)


@every_kind
def test_a_stream_that_ends_in_the_middle_of_a_record_is_noticed(kind: str):
    last = [moment.name for moment in moments(kind)][-1]
    for moment in moments(kind):
        if moment.name == last:
            continue
        for length in range(1, len(moment.record), 5):
            conversation = moment.before.copy()
            receiver = conversation.sides[other(conversation.wire[0][0])]
            receiver.receive_data(moment.record[:length])
            with pytest.raises(tlslab.Truncated):
                receiver.receive_eof()
            assert alert_waits(receiver)
