"""Notebook 17: the parts of a hybrid key exchange, and a recording that is opened years later."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from tlslab.crypto.hkdf import hkdf_extract
from tlslab.crypto.key_shares import combine_public, combine_secrets, hybrid_parts
from tlslab.errors import ProtocolError
from tlslab.lab.configs import Seed
from tlslab.lab.exercises import recorded_hybrid
from tlslab.lab.exercises.exercise import (
    Answer,
    Case,
    Exercise,
    Mistake,
    SeededBytes,
    refused,
)
from tlslab.lab.handshake import Handshake, handshake
from tlslab.lab.randomness import SeededRandom
from tlslab.lab.wiretap import Sent, wire_of
from tlslab.trace import RandomDrawn
from tlslab.wire.registry import NamedGroup

HYBRID = NamedGroup.X25519MLKEM768
P256 = NamedGroup.SecP256r1MLKEM768
P384 = NamedGroup.SecP384r1MLKEM1024
ENCAPSULATION_KEY, CIPHERTEXT, X25519 = 1184, 1088, 32
"""Bytes of the parts of X25519MLKEM768."""

Parts = tuple[bytes, bytes]


# -- cutting ------------------------------------------------------------------------------------


def cut_share(share: bytes, side: str) -> Parts:
    """A share of X25519MLKEM768 as its two parts, that of ML-KEM and that of X25519."""
    parts = hybrid_parts(HYBRID, share, "client" if side == "client" else "server")
    return parts.mlkem, parts.ecdh


def cut_cases(draw: SeededBytes) -> Iterator[Case]:
    """A share of libssl, seeded ones of both sides, and lengths that are wrong."""
    libssl = recorded_hybrid.SERVER_SHARE
    yield Case(
        "a share that libssl sent as the server",
        (libssl, "server"),
        (libssl[:CIPHERTEXT], libssl[CIPHERTEXT:]),
    )
    client = draw("client", ENCAPSULATION_KEY + X25519)
    server = draw("server", CIPHERTEXT + X25519)
    yield Case("a client's share", (client, "client"))
    yield Case("a server's share", (server, "server"))
    bad = refused("illegal_parameter")
    yield Case("a client's share without its last byte", (client[:-1], "client"), bad)
    yield Case("a server's share with a byte too many", (server + b"\0", "server"), bad)
    yield Case("a server's share that a client sends", (server, "client"), bad)
    yield Case("X25519 alone", (client[:X25519], "client"), bad)
    yield Case("no share at all", (b"", "server"), bad)


def _cutting(cut: Callable[[bytes, str], Any]) -> Callable[[bytes, str], Any]:
    """Cut in another way, with the lengths checked."""

    def function(share: bytes, side: str) -> Any:
        cut_share(share, side)
        return cut(share, side)

    return function


def _unchecked(share: bytes, side: str) -> Parts:
    length = ENCAPSULATION_KEY if side == "client" else CIPHERTEXT
    return share[:length], share[length:]


def _value_error(share: bytes, side: str) -> Parts:
    try:
        return cut_share(share, side)
    except ProtocolError:
        raise ValueError("the share has a wrong length") from None


def _none(share: bytes, side: str) -> Parts | None:
    try:
        return cut_share(share, side)
    except ProtocolError:
        return None


# -- putting together ---------------------------------------------------------------------------


def public_cases(draw: SeededBytes) -> Iterator[Case]:
    """The share that libssl took, and one of each group, of both sides."""
    private = MLKEM768PrivateKey.from_seed_bytes(recorded_hybrid.ML_KEM_SEED)
    mlkem = private.public_key().public_bytes_raw()
    ecdh = X25519PrivateKey.from_private_bytes(recorded_hybrid.X25519_PRIVATE)
    public = ecdh.public_key().public_bytes_raw()
    yield Case("a share that libssl took", (HYBRID, mlkem, public), mlkem + public)
    for group, *lengths, point in ((P256, 1184, 1088, 65), (P384, 1568, 1568, 97)):
        for side, length in zip(("client", "server"), lengths, strict=True):
            parts = draw(f"{group.name} {side}", length), draw(f"{group.name} {side} ecdh", point)
            yield Case(f"{group.name}, a {side}'s share", (group, *parts))
    yield Case(
        "X25519MLKEM768, a server's share", (HYBRID, draw("server", CIPHERTEXT), draw("x", X25519))
    )


def recorded_secrets() -> Parts:
    """What both sides of the recorded handshake had: the secret of ML-KEM, and that of X25519."""
    mlkem, ecdh = cut_share(recorded_hybrid.SERVER_SHARE, "server")
    private = X25519PrivateKey.from_private_bytes(recorded_hybrid.X25519_PRIVATE)
    return (
        MLKEM768PrivateKey.from_seed_bytes(recorded_hybrid.ML_KEM_SEED).decapsulate(mlkem),
        private.exchange(X25519PublicKey.from_public_bytes(ecdh)),
    )


def secret_cases(draw: SeededBytes) -> Iterator[Case]:
    """The secret that libssl had too, and one of each group."""
    yield Case(
        "a handshake with libssl", (HYBRID, *recorded_secrets()), recorded_hybrid.SHARED_SECRET
    )
    for group, length in ((HYBRID, 32), (P256, 32), (P384, 48)):
        mlkem, ecdh = draw(f"{group.name} mlkem", 32), draw(f"{group.name} ecdh", length)
        yield Case(group.name, (group, mlkem, ecdh))


def _ecdh_first(group: NamedGroup, mlkem: bytes, ecdh: bytes) -> bytes:
    return ecdh + mlkem


def _mlkem_first(group: NamedGroup, mlkem: bytes, ecdh: bytes) -> bytes:
    return mlkem + ecdh


def _the_other_way(group: NamedGroup, mlkem: bytes, ecdh: bytes) -> bytes:
    return ecdh + mlkem if group == HYBRID else mlkem + ecdh


def _xor(group: NamedGroup, mlkem: bytes, ecdh: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(mlkem, ecdh, strict=False))


def _with_lengths(group: NamedGroup, mlkem: bytes, ecdh: bytes) -> bytes:
    def long(part: bytes) -> bytes:
        return len(part).to_bytes(2, "big") + part

    return combine_public(group, long(mlkem), long(ecdh))


ORDER = (
    Mistake(
        "The curve's part stands first in each of yours. So it is with SecP256r1MLKEM768 and "
        "SecP384r1MLKEM1024. In X25519MLKEM768 that of ML-KEM comes first, whatever the name says.",
        _ecdh_first,
    ),
    Mistake(
        "ML-KEM's part stands first in each of yours. So it is with X25519MLKEM768; in the two "
        "other groups the curve's comes first.",
        _mlkem_first,
    ),
    Mistake(
        "You have the two orders the wrong way round: ML-KEM's part first for X25519MLKEM768, the "
        "curve's first for the others.",
        _the_other_way,
    ),
    Mistake(
        "There is a length in front of each part. The group says how long they are; they follow "
        "each other as they are.",
        _with_lengths,
    ),
)


# -- a recording that is opened later -----------------------------------------------------------


def recordings(seed: Seed) -> tuple[list[Sent], list[Sent]]:
    """What somebody recorded of two connections: one with X25519, one with X25519MLKEM768."""
    old, new = _recorded(str(seed), *_said(seed))
    return wire_of(old.trace), wire_of(new.trace)


def quantum_computer(seed: Seed) -> Callable[[bytes], bytes]:
    """What is not built yet, for the two recordings: the private number of a share of X25519.

    The laboratory looks into what both clients drew. Raises ValueError for any other share.
    """
    found = {}
    for each in _recorded(str(seed), *_said(seed)):
        for drawn in each.trace.of(RandomDrawn):
            if drawn.name.startswith("client_private") and len(drawn.value) == X25519:
                key = X25519PrivateKey.from_private_bytes(drawn.value)
                found[key.public_key().public_bytes_raw()] = drawn.value

    def private_number_of(share: bytes) -> bytes:
        if share not in found:
            raise ValueError("it computes on 32 bytes that a client sent as its share of X25519")
        return found[share]

    return private_number_of


def harvested(seed: Seed) -> bytes:
    """What the client said in the connection with X25519."""
    return _said(seed)[0]


def _said(seed: Seed) -> Parts:
    draw = SeededRandom(str(seed), "17.harvested")
    first, second = (int.from_bytes(draw(which, 4), "big") for which in ("first", "second"))
    return b"The treaty is in safe %010d." % first, b"Not in safe %010d." % second


@cache
def _recorded(seed: str, *said: bytes) -> tuple[Handshake, Handshake]:
    common: dict[str, Any] = {"suite": "TLS_AES_128_GCM_SHA256", "server": "ecdsa"}
    return (
        handshake(seed=f"{seed}, 17", groups="x25519", request=said[0], **common),
        handshake(seed=f"{seed}, 17 new", groups=HYBRID, request=said[1], **common),
    )


def _reply(seed: Seed) -> bytes:
    return _recorded(str(seed), *_said(seed))[0].received_by_client


# -- the exercises ------------------------------------------------------------------------------


def _exercise_of_order(
    reference: Callable[..., bytes],
    cases: Callable[[SeededBytes], Iterable[Case]],
    mistakes: tuple[Mistake, ...],
    hints: tuple[str, ...],
) -> Exercise:
    name = reference.__name__
    return Exercise(
        id=f"17.{name}",
        reference=reference,
        cases=cases,
        mistakes=mistakes,
        hints=hints,
        section="draft-ietf-tls-ecdhe-mlkem",
        primitive=name,
    )


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="17.cut_share",
        reference=cut_share,
        cases=cut_cases,
        mistakes=(
            Mistake(
                "You cut a server's share as if it were a client's. What the server sends is a "
                "ciphertext, and that has 1088 bytes; an encapsulation key has 1184.",
                _cutting(lambda s, _: (s[:ENCAPSULATION_KEY], s[ENCAPSULATION_KEY:])),
            ),
            Mistake(
                "You cut a client's share as if it were a server's. What the client sends is an "
                "encapsulation key, and that has 1184 bytes; a ciphertext has 1088.",
                _cutting(lambda s, _: (s[:CIPHERTEXT], s[CIPHERTEXT:])),
            ),
            Mistake(
                "You took the first 32 bytes for X25519. In X25519MLKEM768 they come last.",
                _cutting(lambda s, _: (s[X25519:], s[:X25519])),
            ),
            Mistake(
                "These are the right parts in the wrong order: return ML-KEM's first, as on the "
                "wire.",
                _cutting(lambda s, side: cut_share(s, side)[::-1]),
            ),
            Mistake(
                "You cut rightly, and take a share of any length. Refuse it with "
                'ProtocolError("illegal_parameter", "why"): a part would be too short.',
                _unchecked,
            ),
            Mistake(
                "You take the last 32 bytes for X25519, which is right, and look neither at the "
                "side nor at the length. Refuse a share of another length with "
                'ProtocolError("illegal_parameter", "why").',
                lambda share, side: (share[:-X25519], share[-X25519:]),
            ),
            Mistake(
                "You return None for a share of a wrong length. Raise "
                'ProtocolError("illegal_parameter", "why"), so that the other side hears of it.',
                _none,
            ),
            Mistake(
                'You raise a ValueError. Raise ProtocolError("illegal_parameter", "why"): it says '
                "which alert the other side gets.",
                _value_error,
            ),
        ),
        hints=(
            "How many bytes has ML-KEM's part? That depends on the side: see the table above.",
            "First compare the length of the whole share with that plus 32, and raise the "
            "ProtocolError if it is another one.",
            "A cut is share[:n] and share[n:].",
        ),
        section="draft-ietf-tls-ecdhe-mlkem",
    ),
    _exercise_of_order(
        combine_public,
        public_cases,
        ORDER,
        (
            "Two parts, one after the other, with nothing in between.",
            "Which one is first, depends on the group.",
            "For X25519MLKEM768 it is not the one that the name has first.",
        ),
    ),
    _exercise_of_order(
        combine_secrets,
        secret_cases,
        (
            *ORDER,
            Mistake(
                "You combined them with XOR. Put one behind the other: 64 bytes, or 80. The key "
                "schedule takes a secret of any length.",
                _xor,
            ),
            Mistake(
                "You hashed them. The key schedule does that, with HKDF-Extract; the shared secret "
                "is the two as they are.",
                lambda *a: hashlib.sha256(combine_secrets(*a)).digest(),
            ),
            Mistake(
                "You hashed them, ML-KEM's first in each group. Leave out the hash, and mind the "
                "group's order.",
                lambda group, mlkem, ecdh: hashlib.sha256(mlkem + ecdh).digest(),
            ),
            Mistake(
                "You mixed them with HKDF-Extract. That is the next step, and the key schedule's: "
                "return the two as they are.",
                lambda group, mlkem, ecdh: hkdf_extract(mlkem, ecdh, "sha256"),
            ),
            Mistake(
                "You turned the curve's secret round. It comes as bytes, and is used as it comes.",
                lambda group, mlkem, ecdh: combine_secrets(group, mlkem, ecdh[::-1]),
            ),
            Mistake(
                "The curve's secret is missing. Should somebody break ML-KEM, nothing would be "
                "left.",
                lambda group, mlkem, ecdh: mlkem,
            ),
            Mistake(
                "The secret of ML-KEM is missing, and so is what protects against a quantum "
                "computer.",
                lambda group, mlkem, ecdh: ecdh,
            ),
        ),
        (
            "The secrets stand in the order of the shares.",
            "Nothing is computed: no hash, no XOR.",
            "It is one line, and you have written it already.",
        ),
    ),
)

ANSWERS: tuple[Answer, ...] = (
    Answer(
        id="17.harvested",
        expected=harvested,
        mistakes=(
            (
                "That is what the server said. Take what the client said.",
                _reply,
            ),
            (
                "These are the right words as text. Give the bytes.",
                lambda seed: harvested(seed).decode(),
            ),
        ),
        hints=(
            "Three steps: the client's private number, from its share; the secret that it has with "
            "the server's share; and what read_with makes of that.",
            "The secret is X25519, as in notebook 10: "
            "X25519PrivateKey.from_private_bytes(…).exchange(X25519PublicKey.from_public_bytes(…)).",
            "read_with(mine, recording, secret) gives what each side said: take the client's.",
        ),
    ),
)
