"""Exercises of notebook 13, hardening: the extended master secret, and what a server answers.

Encrypt-then-MAC, the other half of the notebook, is in n13_records.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence

from tlslab.crypto.prf import extended_master_secret, prf, transcript_hash
from tlslab.lab.configs import Seed
from tlslab.lab.exercises.exercise import Answer, Case, Exercise, Mistake, SeededBytes
from tlslab.lab.randomness import SeededRandom

CLIENT_HELLO, SERVER_HELLO, NEW_SESSION_TICKET, CERTIFICATE = 1, 2, 4, 11
CERTIFICATE_REQUEST, SERVER_HELLO_DONE, CERTIFICATE_VERIFY = 13, 14, 15
CLIENT_KEY_EXCHANGE, FINISHED = 16, 20
RANDOM = slice(6, 38)
"""Where a hello has its random, counted with the header of the message."""

# Two sessions of OpenSSL 3.0 with itself: premaster secret and master secret are from the key log
# that it wrote, the session hash is over the messages that it sent.
PREMASTER_SHA256 = bytes.fromhex(
    "0303eb402a65066dd67e9b455807b3677960eb06f484a709f01d045530af4ae22ef18fb24e8c1afef70b6bdab0f9"
    "6b5d"
)
SESSION_HASH_SHA256 = bytes.fromhex(
    "89dc792995a88884ad1d750e13ac89cb16a6ed70a286e55a6bf6748310395055"
)
MASTER_SHA256 = bytes.fromhex(
    "2945d266126756203fb8d57c27a5120abf37f5204b9c80fb373caa04d65843cac0b57b2abaa2994118cad82facfd"
    "e45c"
)
PREMASTER_SHA384 = bytes.fromhex(
    "0303be241c16331e42608f661ff89d7ef4252df34805eb416c4813ec40c9508e5a5b6751b01075db5d04f9e2f2a5"
    "e60d"
)
SESSION_HASH_SHA384 = bytes.fromhex(
    "71488261b5424088d83c830b9ce765454b624c1bedfbc36df389cffffd1dde4b64d444cb5d3e053ae6c62f4103b5"
    "c0c2"
)
MASTER_SHA384 = bytes.fromhex(
    "df42a8d57db4e514c429c88f1d8971aa809ff80c04d4a1db0e3094985b9c43e3252f073d5651299cd0e135675e9c"
    "066c"
)

# -- the session hash ---------------------------------------------------------------------------


def session_hash(handshake_messages: Sequence[bytes], hash_name: str) -> bytes:
    """The hash over the messages up to and including the ClientKeyExchange (RFC 7627 §3).

    handshake_messages: all of a handshake, each with its header of four bytes.
    """
    return transcript_hash(_up_to(handshake_messages, CLIENT_KEY_EXCHANGE), hash_name)


def session_hash_cases(draw: SeededBytes) -> Iterator[Case]:
    """Handshakes with and without a certificate of the client, and with a ticket."""
    for what, types in {
        "a handshake": (1, 2, 11, 14, 16, 20, 20),
        "the client has a certificate": (1, 2, 11, 13, 14, 11, 16, 15, 20, 20),
        "the server asks, and the client has none": (1, 2, 11, 13, 14, 11, 16, 20, 20),
        "the server gives a ticket": (1, 2, 11, 12, 14, 16, 20, 4, 20),
    }.items():
        messages = [_message(draw, what, number, type) for number, type in enumerate(types)]
        for hash_name in ("sha256", "sha384"):
            yield Case(f"{what}, {hash_name}", (messages, hash_name))


LENGTHS = {1: 90, 2: 70, 4: 150, 11: 300, 12: 200, 13: 30, 14: 0, 15: 80, 16: 66, 20: 12}


def _message(draw: SeededBytes, what: str, number: int, type: int) -> bytes:
    length = LENGTHS[type]
    return bytes([type]) + length.to_bytes(3, "big") + draw(f"{what} {number}", length)


def _up_to(messages: Sequence[bytes], type: int, *, included: bool = True) -> Sequence[bytes]:
    """The messages up to the first one of this type; all, if there is none."""
    types = [message[0] for message in messages]
    end = types.index(type) + included if type in types else len(types)
    return messages[:end]


def _hash_up_to(type: int, *, included: bool) -> Callable[[Sequence[bytes], str], bytes]:
    def function(messages: Sequence[bytes], hash_name: str) -> bytes:
        return transcript_hash(_up_to(messages, type, included=included), hash_name)

    return function


def _without_headers(messages: Sequence[bytes], hash_name: str) -> bytes:
    covered = _up_to(messages, CLIENT_KEY_EXCHANGE)
    return transcript_hash([each[4:] for each in covered], hash_name)


def _with_record_headers(messages: Sequence[bytes], hash_name: str) -> bytes:
    covered = _up_to(messages, CLIENT_KEY_EXCHANGE)
    records = [b"\x16\x03\x03" + len(each).to_bytes(2, "big") + each for each in covered]
    return transcript_hash(records, hash_name)


def _randoms(messages: Sequence[bytes], hash_name: str) -> bytes:
    return messages[0][RANDOM] + messages[1][RANDOM]


def _of_the_randoms(messages: Sequence[bytes], hash_name: str) -> bytes:
    return hashlib.new(hash_name, _randoms(messages, hash_name)).digest()


# -- the extended master secret -----------------------------------------------------------------


def extended_master_secret_cases(draw: SeededBytes) -> Iterator[Case]:
    """What OpenSSL made of two handshakes with itself, and drawn values."""
    for hash_name, premaster, session, master in (
        ("sha256", PREMASTER_SHA256, SESSION_HASH_SHA256, MASTER_SHA256),
        ("sha384", PREMASTER_SHA384, SESSION_HASH_SHA384, MASTER_SHA384),
    ):
        yield Case(
            f"OpenSSL's own master secret, {hash_name}", (premaster, session, hash_name), master
        )
    for hash_name, length in (("sha256", 32), ("sha384", 48)):
        for size in (48, 32):
            arguments = (draw(f"premaster {size}", size), draw("session", length), hash_name)
            yield Case(f"a premaster secret of {size} bytes, {hash_name}", arguments)


def _labelled(label: bytes) -> Callable[[bytes, bytes, str], bytes]:
    return lambda premaster, session, name: prf(premaster, label, session, 48, name)


# -- what a server answers ----------------------------------------------------------------------

SUITES = ("TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_AES_128_GCM_SHA256")
SCSV = "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"


def answered_question(seed: Seed) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a learner's client offers: the names of its suites, and those of its extensions.

    Without server_name: whether OpenSSL answers that depends on the program around it.
    """
    drawn = SeededRandom(str(seed), "13.answered")("which", 1)[0]
    extensions = ["encrypt_then_mac", "signature_algorithms"]
    if drawn & 2:
        extensions.insert(1, "extended_master_secret")
    return (SUITES[drawn & 1], SCSV), tuple(extensions)


def answered(seed: Seed) -> set[str]:
    """The names of the extensions in the ServerHello (RFC 5746 §3.6, RFC 7366 §3, RFC 7627 §5.2).

    The server is OpenSSL as it is by default, without tickets.
    """
    suites, offered = answered_question(seed)
    names = {"renegotiation_info"} | {"extended_master_secret"} & set(offered)
    return names | ({"encrypt_then_mac"} if "_CBC_" in suites[0] else set())


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="13.session_hash",
        reference=session_hash,
        cases=session_hash_cases,
        mistakes=(
            Mistake(
                "The ClientKeyExchange is missing. The hash is over the messages up to and "
                "*including* it, RFC 7627 §3.",
                _hash_up_to(CLIENT_KEY_EXCHANGE, included=False),
            ),
            Mistake(
                "You stopped at ServerHelloDone. The client's flight belongs in, up to and "
                "including the ClientKeyExchange, RFC 7627 §3.",
                _hash_up_to(SERVER_HELLO_DONE, included=True),
            ),
            Mistake(
                "You hashed what the client's Finished covers. Where the client signs a "
                "CertificateVerify that is one message too many: the session hash ends with the "
                "ClientKeyExchange, RFC 7627 §3.",
                _hash_up_to(FINISHED, included=False),
            ),
            Mistake(
                "A Finished is in your hash. The master secret has to be there before it: stop "
                "behind the ClientKeyExchange, RFC 7627 §3.",
                _hash_up_to(FINISHED, included=True),
            ),
            Mistake(
                "You hashed the whole handshake. The master secret has to be there before it ends: "
                "stop behind the ClientKeyExchange, RFC 7627 §3.",
                transcript_hash,
            ),
            Mistake(
                "These are the two randoms, the seed of the old master secret. The session hash is "
                "over whole messages, RFC 7627 §3.",
                _randoms,
            ),
            Mistake(
                "You hashed the two randoms. The session hash is over whole messages, all of them "
                "up to the ClientKeyExchange, RFC 7627 §3.",
                _of_the_randoms,
            ),
            Mistake(
                "You hashed the two hellos alone. The certificate and the ClientKeyExchange are "
                "what the old master secret left out.",
                lambda messages, name: transcript_hash(messages[:2], name),
            ),
            Mistake(
                "You took the first five messages. How many there are before the ClientKeyExchange "
                "is another number in other handshakes: stop behind the message of type 16.",
                lambda messages, name: transcript_hash(messages[:5], name),
            ),
            Mistake(
                "You left out the messages' own headers of four bytes. They belong to the "
                "messages, as in a Finished.",
                _without_headers,
            ),
            Mistake(
                "You hashed record headers too. The messages alone count, as in a Finished.",
                _with_record_headers,
            ),
            Mistake(
                "These are the messages themselves. Hash them.",
                lambda messages, name: b"".join(_up_to(messages, CLIENT_KEY_EXCHANGE)),
            ),
            Mistake(
                "You always use one hash function. Use the one that `hash_name` says: it is the "
                "suite's.",
                lambda messages, name: session_hash(messages, "sha256"),
            ),
        ),
        hints=(
            "The first byte of a message is its type. ClientKeyExchange is 16.",
            "Collect the messages one by one, and stop when you have taken the one of type 16.",
            "mine.transcript_hash(messages, hash_name) hashes what you collected.",
        ),
        section="RFC 7627 §3",
    ),
    Exercise(
        id="13.extended_master_secret",
        reference=extended_master_secret,
        cases=extended_master_secret_cases,
        mistakes=(
            Mistake(
                'You used the old label, "master secret". With another seed comes another label: '
                '"extended master secret", RFC 7627 §4.',
                _labelled(b"master secret"),
            ),
            Mistake(
                'You took the name of the extension for the label. The label has spaces: "extended '
                'master secret", RFC 7627 §4.',
                _labelled(b"extended_master_secret"),
            ),
            Mistake(
                "Your label ends with a zero byte, as a string of C does. It is the letters alone.",
                _labelled(b"extended master secret\0"),
            ),
            Mistake(
                "The label is missing.",
                _labelled(b""),
            ),
            Mistake(
                "The session hash is missing. It is the seed, RFC 7627 §4.",
                lambda premaster, session, name: extended_master_secret(premaster, b"", name),
            ),
            Mistake(
                "You hashed the session hash once more. It is the seed as it is.",
                lambda premaster, session, name: extended_master_secret(
                    premaster, hashlib.new(name, session).digest(), name
                ),
            ),
            Mistake(
                "The session hash went in as hex text. Take the bytes.",
                lambda premaster, session, name: extended_master_secret(
                    premaster, session.hex().encode(), name
                ),
            ),
            Mistake(
                "Secret and seed are the wrong way round: the premaster secret is the secret.",
                lambda premaster, session, name: extended_master_secret(session, premaster, name),
            ),
            Mistake(
                "Your result is as long as the hash. The master secret has 48 bytes, whatever the "
                "hash function.",
                lambda premaster, session, name: extended_master_secret(premaster, session, name)[
                    : len(session)
                ],
            ),
            Mistake(
                "You always use one hash function. Use the one that `hash_name` says: it is the "
                "suite's.",
                lambda premaster, session, name: extended_master_secret(
                    premaster, session, "sha256"
                ),
            ),
            Mistake(
                "You always use SHA-384. Use the hash function that `hash_name` says: it is the "
                "suite's.",
                lambda premaster, session, name: extended_master_secret(
                    premaster, session, "sha384"
                ),
            ),
        ),
        hints=(
            "It is one call of prf, as for the master secret of notebook 05.",
            "Two things are other than there: the label and the seed.",
            'The label is b"extended master secret", the seed is session_hash as it is. The '
            "length is still 48.",
        ),
        section="RFC 7627 §4",
        primitive="extended_master_secret",
    ),
)

ANSWERS: tuple[Answer, ...] = (
    Answer(
        id="13.answered",
        expected=answered,
        mistakes=(
            (
                "These are the extensions that were offered. Some of them are never answered, and "
                "one question was not asked by an extension.",
                lambda seed: set(answered_question(seed)[1]),
            ),
            (
                "encrypt_then_mac depends on the suite: it is answered where there is CBC, and "
                "nowhere else, RFC 7366 §3.",
                lambda seed: answered(seed) ^ {"encrypt_then_mac"},
            ),
            (
                f"{SCSV} asks for renegotiation_info, although it stands among the suites, "
                "RFC 5746 §3.6.",
                lambda seed: answered(seed) - {"renegotiation_info"},
            ),
            (
                "extended_master_secret depends on no suite: it is answered if it was offered, and "
                "only then.",
                lambda seed: answered(seed) ^ {"extended_master_secret"},
            ),
            (
                "signature_algorithms says what the client can verify. In TLS 1.2 no server "
                "answers it, RFC 5246 §7.4.1.4.1.",
                lambda seed: answered(seed) | {"signature_algorithms"},
            ),
        ),
        hints=(
            'Write a set of names, such as {"encrypt_then_mac"}. Go through the offer, and ask for '
            "each extension: does it say something about the client, or does it ask for something?",
            "What asks is answered if the server can do it. One of them makes sense with some "
            "suites only.",
            "And look at the suites: one of them is none, and asks for something.",
        ),
    ),
)
