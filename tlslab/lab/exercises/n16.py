"""Notebook 16: what a second ClientHello does to the transcript, keys from before, early data, and
new keys within a connection.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator

from tlslab.crypto import hkdf
from tlslab.crypto.hkdf import EXTERNAL_BINDER, HASH_LENGTHS, RESUMPTION_BINDER
from tlslab.lab import rfc8448_resumed as rfc
from tlslab.lab.configs import Seed
from tlslab.lab.exercises import recorded_updates
from tlslab.lab.exercises.exercise import Answer, Case, Exercise, Mistake, SeededBytes
from tlslab.lab.randomness import SeededRandom

HASHES = ("sha256", "sha384")

message_hash = hkdf.message_hash
resumption_psk = hkdf.resumption_psk
next_traffic_secret = hkdf.next_traffic_secret


def psk_binder(psk: bytes, client_hello: bytes, hash_name: str) -> bytes:
    """The binder of a pre-shared key from a ticket (RFC 8446 §4.2.11.2).

    client_hello: the whole message, which ends in a list with this binder alone.
    """
    return _binder(psk, client_hello, hash_name)


def early_traffic_secret(psk: bytes, client_hello: bytes, hash_name: str) -> bytes:
    """client_early_traffic_secret, which early data are protected with (RFC 8446 §7.1)."""
    return _early(psk, client_hello, hash_name)


def _hash(data: bytes, hash_name: str) -> bytes:
    return hashlib.new(hash_name, data).digest()


# -- a second hello -----------------------------------------------------------------------------


def message_hash_cases(draw: SeededBytes) -> Iterator[Case]:
    """The first ClientHello of RFC 8448 §5, and others with either hash."""
    hello = rfc.FIRST_CLIENT_HELLO
    # The secrets that RFC 8448 publishes for this session fit this message alone.
    yield Case("RFC 8448 §5", (hello, "sha256"), b"\xfe\0\0\x20" + _hash(hello, "sha256"))
    for hash_name in HASHES:
        body = draw(f"body {hash_name}", 200)
        hello = b"\x01" + len(body).to_bytes(3, "big") + body
        yield Case(f"another ClientHello, {hash_name.upper()}", (hello, hash_name))


def _typed(type: int) -> Callable[[bytes, str], bytes]:
    return lambda hello, name: bytes([type]) + message_hash(hello, name)[1:]


# -- keys from before ---------------------------------------------------------------------------


def resumption_psk_cases(draw: SeededBytes) -> Iterator[Case]:
    """The ticket of RFC 8448 §3, which §4 uses; and nonces of several lengths."""
    arguments = (rfc.RESUMPTION_SECRET, rfc.TICKET_NONCE, rfc.HASH_NAME)
    yield Case("RFC 8448 §3 and §4", arguments, rfc.PSK)
    for hash_name in HASHES:
        secret = draw(f"secret {hash_name}", HASH_LENGTHS[hash_name])
        for nonce in (b"\x01", draw("nonce", 8), b""):
            what = f"a nonce of {len(nonce)} bytes, {hash_name.upper()}"
            yield Case(what, (secret, nonce, hash_name))


def _expanded(
    label: bytes = b"resumption", context: Callable[[bytes, str], bytes] | None = None
) -> Callable[[bytes, bytes, str], bytes]:
    def function(secret: bytes, nonce: bytes, hash_name: str) -> bytes:
        info = nonce if context is None else context(nonce, hash_name)
        length = HASH_LENGTHS[hash_name]
        return hkdf.hkdf_expand_label(secret, label, info, length, hash_name)

    return function


def _without_prefix(label: bytes) -> Callable[[bytes, bytes, str], bytes]:
    """HKDF-Expand-Label whose label has no "tls13 " in front."""

    def function(secret: bytes, context: bytes, hash_name: str) -> bytes:
        length = HASH_LENGTHS[hash_name]
        info = length.to_bytes(2, "big") + bytes([len(label)]) + label
        return hkdf.hkdf_expand(secret, info + bytes([len(context)]) + context, length, hash_name)

    return function


# -- the binder ---------------------------------------------------------------------------------


def _binder(
    psk: bytes,
    hello: bytes,
    hash_name: str,
    *,
    label: bytes = RESUMPTION_BINDER,
    finished: bool = True,
    lengths: int = 3,
) -> bytes:
    """lengths: how many bytes of the list are cut off besides the binder."""
    secret = hkdf.early_secret(psk, hash_name)
    key = hkdf.binder_key(secret, label, hash_name)
    hashed = _hash(_truncated(hello, hash_name, lengths), hash_name)
    if finished:
        return hkdf.finished_mac(key, hashed, hash_name)
    return hmac.digest(key, hashed, hash_name)


def _truncated(hello: bytes, hash_name: str, lengths: int = 3) -> bytes:
    """Without the binder, and without the two bytes and the one byte of length before it."""
    return hello[: -(lengths + HASH_LENGTHS[hash_name])]


def _hello(draw: SeededBytes, hash_name: str) -> bytes:
    """Bytes that end in a list with a binder, as such a ClientHello does."""
    binder = draw(f"binder {hash_name}", HASH_LENGTHS[hash_name])
    listed = (len(binder) + 1).to_bytes(2, "big") + bytes([len(binder)]) + binder
    return draw(f"hello {hash_name}", 150) + listed


def psk_binder_cases(draw: SeededBytes) -> Iterator[Case]:
    """The binder of RFC 8448 §4, and one for each hash."""
    yield Case("RFC 8448 §4", (rfc.PSK, rfc.CLIENT_HELLO, rfc.HASH_NAME), rfc.BINDER)
    for hash_name in HASHES:
        psk = draw(f"psk {hash_name}", HASH_LENGTHS[hash_name])
        what = f"another hello, {hash_name.upper()}"
        yield Case(what, (psk, _hello(draw, hash_name), hash_name))


def _binder_from_psk(psk: bytes, hello: bytes, hash_name: str) -> bytes:
    key = hkdf.binder_key(psk, RESUMPTION_BINDER, hash_name)
    return hkdf.finished_mac(key, _hash(_truncated(hello, hash_name), hash_name), hash_name)


def _binder_with(key: Callable[[bytes, str], bytes]) -> Callable[[bytes, bytes, str], bytes]:
    return lambda psk, hello, name: hkdf.finished_mac(
        key(psk, name), _hash(_truncated(hello, name), name), name
    )


def _over_no_transcript(psk: bytes, hello: bytes, hash_name: str) -> bytes:
    key = hkdf.binder_key(hkdf.early_secret(psk, hash_name), RESUMPTION_BINDER, hash_name)
    return hkdf.finished_mac(key, _truncated(hello, hash_name), hash_name)


def _key_over_transcript(psk: bytes, hello: bytes, hash_name: str) -> bytes:
    """The transcript in the binder_key, where an empty one belongs."""
    hashed = _hash(_truncated(hello, hash_name), hash_name)
    key = hkdf.derive_secret(
        hkdf.early_secret(psk, hash_name), RESUMPTION_BINDER, hashed, hash_name
    )
    return hkdf.finished_mac(key, hashed, hash_name)


# -- early data ---------------------------------------------------------------------------------


def _early(psk: bytes, hello: bytes, hash_name: str, *, label: bytes = b"c e traffic") -> bytes:
    secret = hkdf.early_secret(psk, hash_name)
    return hkdf.derive_secret(secret, label, _hash(hello, hash_name), hash_name)


def early_cases(draw: SeededBytes) -> Iterator[Case]:
    """The secret of RFC 8448 §4, and one for each hash."""
    arguments = (rfc.PSK, rfc.CLIENT_HELLO, rfc.HASH_NAME)
    yield Case("RFC 8448 §4", arguments, rfc.CLIENT_EARLY_TRAFFIC_SECRET)
    for hash_name in HASHES:
        psk = draw(f"psk {hash_name}", HASH_LENGTHS[hash_name])
        what = f"another hello, {hash_name.upper()}"
        yield Case(what, (psk, _hello(draw, hash_name), hash_name))


def _over_truncated(psk: bytes, hello: bytes, hash_name: str) -> bytes:
    return _early(psk, _truncated(hello, hash_name), hash_name)


def _later_stage(psk: bytes, hello: bytes, hash_name: str) -> bytes:
    secret = hkdf.handshake_secret(hkdf.early_secret(psk, hash_name), b"", hash_name)
    return hkdf.derive_secret(secret, b"c e traffic", _hash(hello, hash_name), hash_name)


def _early_from_psk(psk: bytes, hello: bytes, hash_name: str) -> bytes:
    return hkdf.derive_secret(psk, b"c e traffic", _hash(hello, hash_name), hash_name)


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
        id="16.message_hash",
        reference=message_hash,
        cases=message_hash_cases,
        mistakes=(
            Mistake(
                "That is the hash alone. It stands in the transcript as a message: with a type, "
                "254, and a length of three bytes in front, RFC 8446 §4.4.1.",
                _hash,
            ),
            Mistake(
                "That is the ClientHello itself: a transcript without message_hash. Once a "
                "HelloRetryRequest has answered it, its hash takes its place, RFC 8446 §4.4.1.",
                lambda hello, name: hello,
            ),
            Mistake(
                "The type is that of a ClientHello. This message has one of its own, "
                "message_hash, 254.",
                _typed(1),
            ),
            Mistake(
                "Your length is little-endian. The most significant byte comes first.",
                lambda hello, name: bytes([254, HASH_LENGTHS[name], 0, 0]) + _hash(hello, name),
            ),
            Mistake(
                "Your length has one byte. A handshake message has three, RFC 8446 §4.",
                lambda hello, name: bytes([254, HASH_LENGTHS[name]]) + _hash(hello, name),
            ),
            Mistake(
                "You left the four bytes of its header out of the hash. The ClientHello is hashed "
                "as it was sent.",
                lambda hello, name: bytes([254, 0, 0, HASH_LENGTHS[name]]) + _hash(hello[4:], name),
            ),
            Mistake(
                "The hash is that of another suite. hash_name says which.",
                lambda hello, name: message_hash(hello, "sha256"),
            ),
        ),
        hints=(
            "Five parts: the type, three bytes of length, and the hash of the whole ClientHello.",
            "The length is that of the hash: 32 for SHA-256, 48 for SHA-384.",
            "bytes([254, 0, 0, n]) makes the header.",
        ),
        section="RFC 8446 §4.4.1",
        primitive="message_hash",
    ),
    Exercise(
        id="16.resumption_psk",
        reference=resumption_psk,
        cases=resumption_psk_cases,
        mistakes=(
            Mistake(
                "You did not use the nonce of the ticket. With the same secret every ticket would "
                "stand for the same key, RFC 8446 §4.6.1.",
                _expanded(context=lambda nonce, name: b""),
            ),
            Mistake(
                "You hashed the nonce, as Derive-Secret does with messages. Here it is the context "
                "as it is.",
                _expanded(context=_hash),
            ),
            Mistake(
                'Your label is "res master". That made the resumption secret itself; here it is '
                '"resumption".',
                _expanded(b"res master"),
            ),
            Mistake(
                'Your label lacks its prefix "tls13 ".',
                _without_prefix(b"resumption"),
            ),
            Mistake(
                "Your label has a zero byte at its end. The text alone is the label.",
                _expanded(b"resumption\0"),
            ),
            Mistake(
                "Your key always has 32 bytes. It is as long as the hash.",
                lambda s, n, name: hkdf.hkdf_expand_label(s, b"resumption", n, 32, name),
            ),
        ),
        hints=(
            "One call of lab.primitives().hkdf_expand_label.",
            'Its label is b"resumption", its context the nonce.',
            "As long as the hash: 32 bytes for SHA-256, 48 for SHA-384.",
        ),
        section="RFC 8446 §4.6.1",
        primitive="resumption_psk",
    ),
    Exercise(
        id="16.psk_binder",
        reference=psk_binder,
        cases=psk_binder_cases,
        mistakes=(
            Mistake(
                "You hashed the whole hello. The binder stands in it, and cannot be under itself: "
                "cut the list of binders off, RFC 8446 §4.2.11.2.",
                lambda psk, hello, name: _binder(psk, hello + bytes(3 + HASH_LENGTHS[name]), name),
            ),
            Mistake(
                "You cut off the binder alone. Cut off the whole list: there are two bytes of "
                "length at its beginning, and one in front of the binder.",
                lambda psk, hello, name: _binder(psk, hello, name, lengths=0),
            ),
            Mistake(
                "You cut off the binder and its own length. The two bytes with the length of the "
                "list belong to it, too.",
                lambda psk, hello, name: _binder(psk, hello, name, lengths=1),
            ),
            Mistake(
                "You left out the byte of length in front of the binder: the list has two bytes of "
                "length at its beginning, and that one.",
                lambda psk, hello, name: _binder(psk, hello, name, lengths=2),
            ),
            Mistake(
                "You always cut off 35 bytes. That is right for SHA-256; a binder is as long as "
                "the hash.",
                lambda psk, hello, name: _binder(psk, hello, name, lengths=35 - HASH_LENGTHS[name]),
            ),
            Mistake(
                'You took the label "ext binder". That is for a key that was agreed on outside '
                'TLS; one from a ticket has "res binder".',
                lambda psk, hello, name: _binder(psk, hello, name, label=EXTERNAL_BINDER),
            ),
            Mistake(
                "You used the binder_key itself for the MAC. As for a Finished, another key is "
                "made of it first, the finished_key, RFC 8446 §4.2.11.2. finished_mac does both.",
                lambda psk, hello, name: _binder(psk, hello, name, finished=False),
            ),
            Mistake(
                "You began with the key itself. The Early Secret comes first: "
                "HKDF-Extract(0, PSK).",
                _binder_from_psk,
            ),
            Mistake(
                "You used the key itself for the MAC. It takes the Early Secret, the binder_key, "
                "and the MAC of a Finished.",
                _binder_with(lambda psk, name: psk),
            ),
            Mistake(
                "You used the Early Secret for the MAC. The binder_key is made of it, with the "
                'label "res binder".',
                _binder_with(hkdf.early_secret),
            ),
            Mistake(
                "You gave finished_mac the hello itself. It takes its hash.",
                _over_no_transcript,
            ),
            Mistake(
                "You put the hash of the hello into the binder_key. That one is made over no "
                "messages at all; the hello belongs into the MAC.",
                _key_over_transcript,
            ),
        ),
        hints=(
            "First cut off the list of binders: 3 bytes of lengths, and a binder as long as the "
            "hash. Then three steps: the Early Secret, the binder_key, the MAC.",
            'The label of the binder_key is b"res binder": the key comes from a ticket.',
            "The MAC is that of a Finished, over the hash of the truncated hello: finished_mac and "
            "transcript_hash.",
        ),
        section="RFC 8446 §4.2.11.2",
    ),
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
                lambda secret, name: _without_prefix(b"traffic upd")(secret, b"", name),
            ),
            Mistake(
                "Your label has a zero byte at its end. The text alone is the label.",
                _next(b"traffic upd\0"),
            ),
            Mistake(
                "You took the hash of no messages for the context, as Derive-Secret would. Here "
                "the context is empty, RFC 8446 §7.2.",
                _next(b"traffic upd", lambda name: _hash(b"", name)),
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
