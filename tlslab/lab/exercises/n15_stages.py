"""Exercises of notebook 15 on the three stages: Early, Handshake and Main Secret."""

from collections.abc import Callable, Iterator

from tlslab.crypto.hkdf import (
    HASH_LENGTHS,
    HASH_OF_NOTHING,
    derive_secret,
    early_secret,
    handshake_secret,
    hkdf_extract,
    main_secret,
)
from tlslab.lab.exercises.exercise import Case, Exercise, Mistake, SeededBytes
from tlslab.lab.exercises.n15_labels import (
    HASHES,
    PUBLISHED,
    other_hash,
)


def _zeros(hash_name: str) -> bytes:
    return bytes(HASH_LENGTHS[hash_name])


def _salt(secret: bytes, hash_name: str, *, context: bytes | None = None) -> bytes:
    digest = HASH_OF_NOTHING[hash_name] if context is None else context
    return derive_secret(secret, b"derived", digest, hash_name)


# -- the three stages ---------------------------------------------------------------------------


def early_cases(draw: SeededBytes) -> Iterator[Case]:
    """RFC 8448's with and without a key, and drawn keys."""
    yield Case("RFC 8448: no pre-shared key", (b"", "sha256"), PUBLISHED["early_secret"])
    # RFC 8448 §4 goes on with the session of §3.
    resumed = "9b2188e9b2fc6d64d71dc329900e20bb41915000f678aa839cbb797cb7d8332c"
    psk = PUBLISHED["resumption_psk"]
    yield Case("RFC 8448: the key of a ticket", (psk, "sha256"), bytes.fromhex(resumed))
    yield Case("no pre-shared key, sha384", (b"", "sha384"))
    for hash_name in HASHES:
        yield Case(f"a drawn key, {hash_name}", (draw(f"psk {hash_name}", 32), hash_name))


def handshake_cases(draw: SeededBytes) -> Iterator[Case]:
    """RFC 8448's, secrets of other lengths, both hash functions, and none at all."""
    arguments = (PUBLISHED["early_secret"], PUBLISHED["shared_secret"], "sha256")
    yield Case("RFC 8448", arguments, PUBLISHED["handshake_secret"])
    for hash_name in HASHES:
        early = draw(f"early {hash_name}", HASH_LENGTHS[hash_name])
        for length in (32, 66):
            what = f"a shared secret of {length} bytes, {hash_name}"
            yield Case(what, (early, draw(what, length), hash_name))
        yield Case(f"no shared secret, {hash_name}", (early, b"", hash_name))


def main_cases(draw: SeededBytes) -> Iterator[Case]:
    """RFC 8448's, and drawn ones."""
    arguments = (PUBLISHED["handshake_secret"], "sha256")
    yield Case("RFC 8448", arguments, PUBLISHED["main_secret"])
    for hash_name in HASHES:
        secret = draw(f"handshake {hash_name}", HASH_LENGTHS[hash_name])
        yield Case(f"a drawn secret, {hash_name}", (secret, hash_name))


def _handshake(
    *,
    salt: Callable[[bytes, str], bytes] = _salt,
    ikm: Callable[[bytes, str], bytes] = lambda shared, name: shared or _zeros(name),
) -> Callable[[bytes, bytes, str], bytes]:
    """The Handshake Secret with another salt or input."""
    return lambda early, shared, name: hkdf_extract(salt(early, name), ikm(shared, name), name)


def _swapped(early: bytes, shared: bytes, hash_name: str) -> bytes:
    return hkdf_extract(shared or _zeros(hash_name), _salt(early, hash_name), hash_name)


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="15.early_secret",
        reference=early_secret,
        cases=early_cases,
        mistakes=(
            Mistake(
                "Without a pre-shared key zeros take its place, as many as the hash has bytes: you "
                "took none at all.",
                lambda psk, name: hkdf_extract(_zeros(name), psk, name),
            ),
            Mistake(
                "You take zeros even where there is a pre-shared key.",
                lambda psk, name: early_secret(b"", name),
            ),
            Mistake(
                "Your zeros are always 32. There are as many as the hash has bytes: 48 with "
                "SHA-384.",
                lambda psk, name: hkdf_extract(bytes(32), psk or bytes(32), name),
            ),
            Mistake(
                "Salt and secret have changed places: the zeros are the salt, and the pre-shared "
                "key is the secret.",
                lambda psk, name: hkdf_extract(psk or _zeros(name), _zeros(name), name),
            ),
            Mistake(
                'There is no "derived" before the first stage: the salt is zeros.',
                lambda psk, name: hkdf_extract(
                    _salt(_zeros(name), name), psk or _zeros(name), name
                ),
            ),
            Mistake(
                "You took another hash function than `hash_name` says.",
                lambda psk, name: early_secret(psk, other_hash(name)),
            ),
        ),
        hints=(
            "It is one call of HKDF-Extract.",
            "The salt is zeros. What comes in is the pre-shared key, or zeros if there is none.",
            "bytes(hashlib.new(hash_name).digest_size) is as many zeros as the hash has; `psk or "
            "zeros` takes the second if the first is empty.",
        ),
        section="RFC 8446 §7.1",
        primitive="early_secret",
    ),
    Exercise(
        id="15.handshake_secret",
        reference=handshake_secret,
        cases=handshake_cases,
        mistakes=(
            Mistake(
                'The step "derived" is left out: the salt is Derive-Secret(early_secret, '
                '"derived", ""), and not the Early Secret itself.',
                _handshake(salt=lambda early, name: early),
            ),
            Mistake(
                "Salt and secret have changed places: what was derived is the salt, and the shared "
                "secret comes in.",
                _swapped,
            ),
            Mistake(
                'The context of "derived" is empty with you. It is the hash of no message at all, '
                "and that has as many bytes as any hash.",
                _handshake(salt=lambda early, name: _salt(early, name, context=b"")),
            ),
            Mistake(
                'The context of "derived" is zeros with you. It is the hash of no message at all.',
                _handshake(salt=lambda early, name: _salt(early, name, context=_zeros(name))),
            ),
            Mistake(
                "You turned the shared secret round. It goes in as it is.",
                _handshake(ikm=lambda shared, name: shared[::-1] or _zeros(name)),
            ),
            Mistake(
                "The shared secret went in as hex text. Take the bytes.",
                _handshake(ikm=lambda shared, name: shared.hex().encode() or _zeros(name)),
            ),
            Mistake(
                "If there was no key exchange, zeros take the place of the shared secret, as many "
                "as the hash has bytes: you took none.",
                _handshake(ikm=lambda shared, name: shared),
            ),
            Mistake(
                "The shared secret is missing: you extracted zeros.",
                _handshake(ikm=lambda shared, name: _zeros(name)),
            ),
            Mistake(
                "You took another hash function than `hash_name` says.",
                lambda early, shared, name: handshake_secret(early, shared, other_hash(name)),
            ),
        ),
        hints=(
            'Two steps: first a salt out of the Early Secret, under the label b"derived".',
            'Where the diagram has "", the transcript hash is that of no message: '
            "mine.transcript_hash([], hash_name).",
            "Then mine.hkdf_extract(salt, shared_secret, hash_name); zeros if shared_secret is "
            "empty.",
        ),
        section="RFC 8446 §7.1",
        primitive="handshake_secret",
    ),
    Exercise(
        id="15.main_secret",
        reference=main_secret,
        cases=main_cases,
        mistakes=(
            Mistake(
                'The step "derived" is left out: the salt is Derive-Secret(handshake_secret, '
                '"derived", "").',
                lambda secret, name: hkdf_extract(secret, _zeros(name), name),
            ),
            Mistake(
                "Salt and secret have changed places: what was derived is the salt, and the zeros "
                "come in.",
                lambda secret, name: hkdf_extract(_zeros(name), _salt(secret, name), name),
            ),
            Mistake(
                "Nothing comes in with you. It is zeros, as many as the hash has bytes.",
                lambda secret, name: hkdf_extract(_salt(secret, name), b"", name),
            ),
            Mistake(
                "Your zeros are always 32. There are as many as the hash has bytes: 48 with "
                "SHA-384.",
                lambda secret, name: hkdf_extract(_salt(secret, name), bytes(32), name),
            ),
            Mistake(
                "The Handshake Secret comes in with you. It is in the salt already; zeros come in.",
                lambda secret, name: hkdf_extract(_salt(secret, name), secret, name),
            ),
            Mistake(
                "That is the salt alone. Extract with it.",
                _salt,
            ),
            Mistake(
                'The context of "derived" is empty with you. It is the hash of no message at all.',
                lambda secret, name: hkdf_extract(
                    _salt(secret, name, context=b""), _zeros(name), name
                ),
            ),
            Mistake(
                "You took another hash function than `hash_name` says.",
                lambda secret, name: main_secret(secret, other_hash(name)),
            ),
        ),
        hints=(
            "It is the stage before once more, with another secret on the left.",
            "No new secret comes in from the side: zeros take its place.",
            'The salt is mine.derive_secret(handshake_secret, b"derived", …, hash_name).',
        ),
        section="RFC 8446 §7.1",
        primitive="main_secret",
    ),
)
