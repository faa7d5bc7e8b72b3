"""Notebook 16: early data, what may come twice, and new keys within a connection."""

from collections.abc import Callable, Iterator

from tlslab.crypto import hkdf
from tlslab.crypto.hkdf import HASH_LENGTHS
from tlslab.lab import rfc8448_resumed as rfc
from tlslab.lab.configs import Seed
from tlslab.lab.exercises import recorded_updates
from tlslab.lab.exercises.exercise import Answer, Case, Exercise, Mistake, SeededBytes
from tlslab.lab.exercises.n16 import HASHES, hashed, hello_with_binder, truncated, without_prefix
from tlslab.lab.randomness import SeededRandom

next_traffic_secret = hkdf.next_traffic_secret


def early_traffic_secret(psk: bytes, client_hello: bytes, hash_name: str) -> bytes:
    """client_early_traffic_secret, which early data are protected with (RFC 8446 §7.1)."""
    return _early(psk, client_hello, hash_name)


# -- early data ---------------------------------------------------------------------------------


def _early(psk: bytes, hello: bytes, hash_name: str, *, label: bytes = b"c e traffic") -> bytes:
    secret = hkdf.early_secret(psk, hash_name)
    return hkdf.derive_secret(secret, label, hashed(hello, hash_name), hash_name)


def early_cases(draw: SeededBytes) -> Iterator[Case]:
    """The secret of RFC 8448 §4, and one for each hash."""
    arguments = (rfc.PSK, rfc.CLIENT_HELLO, rfc.HASH_NAME)
    yield Case("RFC 8448 §4", arguments, rfc.CLIENT_EARLY_TRAFFIC_SECRET)
    for hash_name in HASHES:
        psk = draw(f"psk {hash_name}", HASH_LENGTHS[hash_name])
        what = f"another hello, {hash_name.upper()}"
        yield Case(what, (psk, hello_with_binder(draw, hash_name), hash_name))


def _over_truncated(psk: bytes, hello: bytes, hash_name: str) -> bytes:
    return _early(psk, truncated(hello, hash_name), hash_name)


def _later_stage(psk: bytes, hello: bytes, hash_name: str) -> bytes:
    secret = hkdf.handshake_secret(hkdf.early_secret(psk, hash_name), b"", hash_name)
    return hkdf.derive_secret(secret, b"c e traffic", hashed(hello, hash_name), hash_name)


def _early_from_psk(psk: bytes, hello: bytes, hash_name: str) -> bytes:
    return hkdf.derive_secret(psk, b"c e traffic", hashed(hello, hash_name), hash_name)


def _over_nothing(psk: bytes, hello: bytes, hash_name: str) -> bytes:
    return _early(psk, b"", hash_name)


# -- new keys -----------------------------------------------------------------------------------


def next_cases(draw: SeededBytes) -> Iterator[Case]:
    """What OpenSSL logged before and after a KeyUpdate, and seeded secrets."""
    before = (recorded_updates.BEFORE, recorded_updates.HASH_NAME)
    yield Case("a KeyUpdate with OpenSSL", before, recorded_updates.AFTER)
    for hash_name in HASHES:
        secret = draw(f"secret {hash_name}", HASH_LENGTHS[hash_name])
        yield Case(f"another secret, {hash_name.upper()}", (secret, hash_name))


def _next(label: bytes, context: Callable[[str], bytes] = lambda name: b"") -> Callable[..., bytes]:
    return lambda secret, name: hkdf.hkdf_expand_label(
        secret, label, context(name), HASH_LENGTHS[name], name
    )


def _key_and_iv(secret: bytes, hash_name: str) -> bytes:
    return b"".join(hkdf.traffic_keys(secret, HASH_LENGTHS[hash_name] - 12, hash_name))


# -- what may come twice ------------------------------------------------------------------------

SAFE = (
    "GET /timetable",
    "GET /news?page=2",
    "GET /weather/tomorrow",
    "HEAD /logo.png",
    "GET /search?q=tulips",
    "OPTIONS /account",
)
"""Reading: whoever does it twice has done nothing."""
UNSAFE = (
    "POST /pay?to=alice&amount=10",
    "POST /basket/add?item=7",
    "GET /lamp/toggle",
    "POST /vote?for=tulip",
    "GET /door/open",
    "PUT /balance/add?amount=5",
)
"""Doing: something is there afterwards that was not there before, or would be there twice."""
QUESTIONED = 6


def requests(seed: Seed) -> tuple[str, ...]:
    """Six requests, in an order of the learner's own; two at least of each kind."""
    draw = SeededRandom(str(seed), "16.safe_early")
    safe, unsafe = (_shuffled(draw, kind) for kind in (SAFE, UNSAFE))
    # One GET that does something is always there, and one that is no GET: the method alone does
    # not tell, and whoever goes by it is found out.
    sly = next(each for each in unsafe if each.startswith("GET"))
    plain = next(each for each in unsafe if not each.startswith("GET"))
    unsafe = (sly, plain, *(each for each in unsafe if each not in (sly, plain)))
    count = 2 + draw("how many", 1)[0] % 3
    return _shuffled(draw, (*safe[:count], *unsafe[: QUESTIONED - count]))


def _shuffled(draw: SeededRandom, things: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(things, key=lambda thing: draw(f"{len(things)} {thing}", 8)))


def safe_early(seed: Seed) -> set[int]:
    """The numbers of the requests that may be sent as early data, from 1 on."""
    return {number for number, each in enumerate(requests(seed), 1) if each in SAFE}


def _unsafe(seed: Seed) -> set[int]:
    return set(range(1, QUESTIONED + 1)) - safe_early(seed)


def _by_method(seed: Seed) -> set[int]:
    return {n for n, each in enumerate(requests(seed), 1) if not each.startswith(("POST", "PUT"))}


# -- the exercises ------------------------------------------------------------------------------

EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="16.early_traffic_secret",
        reference=early_traffic_secret,
        cases=early_cases,
        mistakes=(
            Mistake(
                "You hashed the truncated hello. That was for the binder; here the whole "
                "ClientHello counts, with its binders, RFC 8446 §7.1.",
                _over_truncated,
            ),
            Mistake(
                'Your label is "c hs traffic", of the handshake. Early data have "c e traffic".',
                lambda psk, hello, name: _early(psk, hello, name, label=b"c hs traffic"),
            ),
            Mistake(
                'Your label is "c ap traffic", of the data that come later. Early data have '
                '"c e traffic".',
                lambda psk, hello, name: _early(psk, hello, name, label=b"c ap traffic"),
            ),
            Mistake(
                'Your label is "e exp master", of the early exporter. Early data have '
                '"c e traffic".',
                lambda psk, hello, name: _early(psk, hello, name, label=b"e exp master"),
            ),
            Mistake(
                "That comes from the Handshake Secret. Early data are sent before there is one: "
                "derive from the Early Secret.",
                _later_stage,
            ),
            Mistake(
                "You derived from the key itself. The Early Secret comes first: "
                "HKDF-Extract(0, PSK).",
                _early_from_psk,
            ),
            Mistake(
                "You derived over no messages. This secret is bound to the ClientHello.",
                _over_nothing,
            ),
            Mistake(
                "Your Early Secret is the one without a key, of zeros alone: everybody has it.",
                lambda psk, hello, name: _early(b"", hello, name),
            ),
        ),
        hints=(
            "Two steps: the Early Secret of the key, and a Derive-Secret.",
            'The label is b"c e traffic".',
            "The transcript is the whole ClientHello: transcript_hash([client_hello], …).",
        ),
        section="RFC 8446 §7.1",
    ),
    Exercise(
        id="16.next_traffic_secret",
        reference=next_traffic_secret,
        cases=next_cases,
        mistakes=(
            Mistake(
                'Your label lacks its prefix "tls13 ".',
                lambda secret, name: without_prefix(b"traffic upd")(secret, b"", name),
            ),
            Mistake(
                "Your label has a zero byte at its end. The text alone is the label.",
                _next(b"traffic upd\0"),
            ),
            Mistake(
                "You took the hash of no messages for the context, as Derive-Secret would. Here "
                "the context is empty, RFC 8446 §7.2.",
                _next(b"traffic upd", lambda name: hashed(b"", name)),
            ),
            Mistake(
                'Your label has "tls13 " in front twice. hkdf_expand_label puts it there.',
                _next(b"tls13 traffic upd"),
            ),
            Mistake(
                "Your secret always has 32 bytes. It is as long as the hash.",
                lambda secret, name: hkdf.hkdf_expand_label(secret, b"traffic upd", b"", 32, name),
            ),
            Mistake(
                'Your label is "traffic update". RFC 8446 §7.2 has it shorter: "traffic upd".',
                _next(b"traffic update"),
            ),
            Mistake(
                "The secret stays the same. Whoever has it would have the next keys as well.",
                lambda secret, name: secret,
            ),
            Mistake(
                "These are a key and an IV. They come after: from the new secret.",
                _key_and_iv,
            ),
        ),
        hints=(
            "One call of lab.primitives().hkdf_expand_label.",
            'Its label is b"traffic upd", and its context is empty.',
            "As long as the hash: 32 bytes for SHA-256, 48 for SHA-384.",
        ),
        section="RFC 8446 §7.2",
        primitive="next_traffic_secret",
    ),
)

ANSWERS: tuple[Answer, ...] = (
    Answer(
        id="16.safe_early",
        expected=safe_early,
        mistakes=(
            (
                "These are the ones that must not come twice. Name the others.",
                _unsafe,
            ),
            (
                "You went by the method. Not every GET only reads: look what happens if it comes "
                "twice.",
                _by_method,
            ),
            (
                "Not all of them: some change something, and would change it twice.",
                lambda seed: set(range(1, QUESTIONED + 1)),
            ),
            (
                "Some are safe: whoever only reads may read twice.",
                lambda seed: set(),
            ),
        ),
        hints=(
            "Ask of each: what is different afterwards, if it came twice?",
            "A set of numbers, such as {1, 4}.",
        ),
    ),
)
