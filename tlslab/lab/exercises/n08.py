"""Exercises of notebook 08, the whole handshake: all keys at once, and a fault to find."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tlslab.crypto import ciphers, prf, rsa
from tlslab.lab.configs import Seed
from tlslab.lab.exercises.exercise import Answer, Case, Exercise, Mistake, SeededBytes
from tlslab.lab.peers import PeerHandshake, openssl
from tlslab.lab.randomness import SeededRandom
from tlslab.primitives import REFERENCE

Secrets = tuple[bytes, bytes, bytes, bytes, bytes]


def all_keys(premaster_secret: bytes, client_random: bytes, server_random: bytes) -> Secrets:
    """Master secret, two keys and two IVs of TLS_RSA_WITH_AES_128_GCM_SHA256.

    Their lengths: 48, 16, 16, 4 and 4 bytes (RFC 5246 §8.1, §6.3; RFC 5288 §3).
    """
    master = prf.master_secret(premaster_secret, client_random, server_random, "sha256")
    block = prf.key_block(master, server_random, client_random, 40, "sha256")
    return (master, block[:16], block[16:32], block[32:36], block[36:])


def all_keys_cases(draw: SeededBytes) -> Iterator[Case]:
    """Three connections."""
    for number in range(3):
        parts = (("premaster", 46), ("client", 32), ("server", 32))
        premaster, *randoms = (draw(f"{name} {number}", length) for name, length in parts)
        yield Case(f"connection {number + 1}", (b"\x03\x03" + premaster, *randoms))


def _cut(master: bytes, block: bytes) -> Secrets:
    return (master, block[:16], block[16:32], block[32:36], block[36:40])


def _expansion(master: bytes, first: bytes, second: bytes) -> bytes:
    return prf.key_block(master, first, second, 40, "sha256")


def _same_order(premaster: bytes, client: bytes, server: bytes) -> Secrets:
    master = prf.master_secret(premaster, client, server, "sha256")
    return _cut(master, _expansion(master, client, server))


def _server_first(premaster: bytes, client: bytes, server: bytes) -> Secrets:
    master = prf.master_secret(premaster, server, client, "sha256")
    return _cut(master, _expansion(master, server, client))


def _ivs_first(premaster: bytes, client: bytes, server: bytes) -> Secrets:
    master = prf.master_secret(premaster, client, server, "sha256")
    block = _expansion(master, server, client)
    return (master, block[8:24], block[24:40], block[:4], block[4:8])


def _side_by_side(premaster: bytes, client: bytes, server: bytes) -> Secrets:
    master = prf.master_secret(premaster, client, server, "sha256")
    block = _expansion(master, server, client)
    return (master, block[:16], block[20:36], block[16:20], block[36:])


def _from_premaster(premaster: bytes, client: bytes, server: bytes) -> Secrets:
    master = prf.master_secret(premaster, client, server, "sha256")
    return _cut(master, _expansion(premaster, server, client))


def _with_mac_keys(premaster: bytes, client: bytes, server: bytes) -> Secrets:
    master = prf.master_secret(premaster, client, server, "sha256")
    block = prf.key_block(master, server, client, 104, "sha256")[64:]
    return _cut(master, block)


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="08.all_keys",
        reference=all_keys,
        cases=all_keys_cases,
        mistakes=(
            Mistake(
                "In the key block the server's random comes first, unlike in the master secret, "
                "RFC 5246 §6.3.",
                _same_order,
            ),
            Mistake(
                "In the master secret the client's random comes first, RFC 5246 §8.1.",
                _server_first,
            ),
            Mistake(
                "You took the IVs from the beginning of the key block. The keys come first, "
                "RFC 5246 §6.3.",
                _ivs_first,
            ),
            Mistake(
                "You took all of the client's values, then all of the server's. The order is both "
                "keys, then both IVs, RFC 5246 §6.3.",
                _side_by_side,
            ),
            Mistake(
                "You stretched the premaster secret into the key block. It is the master secret "
                "that is stretched.",
                _from_premaster,
            ),
            Mistake(
                "You left room for MAC keys. This suite has none: GCM does the authentication by "
                "itself, RFC 5288 §3.",
                _with_mac_keys,
            ),
        ),
        hints=(
            "Three steps: the master secret, the key block, and the cutting.",
            "lab.primitives() has master_secret, key_block and cut_key_block, yours or the "
            "reference.",
            "The key block has 16 + 16 + 4 + 4 bytes, in this order: client's key, server's key, "
            "client's IV, server's IV.",
        ),
        section="RFC 5246 §6.3",
    ),
)


# -- a fault to find ------------------------------------------------------------------------------


def _swapped(premaster: bytes, client: bytes, server: bytes, name: str) -> bytes:
    return prf.master_secret(premaster, server, client, name)


def _client_first(master: bytes, server: bytes, client: bytes, length: int, name: str) -> bytes:
    return prf.key_block(master, client, server, length, name)


def _other_label(master: bytes, label: bytes, transcript: bytes, name: str) -> bytes:
    other = {prf.CLIENT_FINISHED: prf.SERVER_FINISHED, prf.SERVER_FINISHED: prf.CLIENT_FINISHED}
    return prf.verify_data(master, other[label], transcript, name)


def _without_the_last(messages: Sequence[bytes], name: str) -> bytes:
    return prf.transcript_hash(messages[:-1], name)


def _misread(key: Any, encrypted: bytes, version: int, random: bytes) -> bytes:
    premaster = rsa.decrypt_premaster(key, encrypted, version, random)
    return premaster[:2] + premaster[:1:-1]


def _counts_from_one(*arguments: Any) -> bytes:
    enc_key, iv, explicit, seq_num, *more = arguments
    return ciphers.gcm_protect(enc_key, iv, explicit, seq_num + 1, *more)


FAULTS: dict[str, Callable[..., bytes]] = {
    "decrypt_premaster": _misread,
    "master_secret": _swapped,
    "key_block": _client_first,
    "transcript_hash": _without_the_last,
    "verify_data": _other_label,
    "gcm_protect": _counts_from_one,
}
"""The functions one of which is wrong in the handshake of `faulty_handshake`, and how."""


def faulty_function(seed: Seed) -> str:
    """The name of the function that is wrong for this learner."""
    drawn = SeededRandom(str(seed), "a fault")("which", 1)[0]
    return list(FAULTS)[drawn % len(FAULTS)]


def faulty_handshake(seed: Seed) -> PeerHandshake:
    """A handshake of our server with OpenSSL's client, with one function of ours that is wrong.

    OpenSSL's client writes its key log before it learns of the fault.
    """
    name = faulty_function(seed)
    return openssl("server", seed="faulty", primitives=REFERENCE.using(**{name: FAULTS[name]}))


ANSWERS: tuple[Answer, ...] = (
    Answer(
        id="08.faulty_function",
        expected=faulty_function,
        mistakes=(),
        hints=(
            "bad_record_mac: a record could not be opened, so the keys of the two sides differ, or "
            "the record was made wrongly. decrypt_error: the keys are right, and the Finished in "
            "the record is not.",
            "Compare with OpenSSL's key log, line by line: RSA has the premaster secret, "
            "CLIENT_RANDOM the master secret. Where the first difference is, there is the fault; "
            "if both are the same, it is behind them.",
            "Recompute with tlslab.crypto.prf, step by step, from the values in the trace: the "
            "master secret gives the key block; the messages before the client's Finished give "
            "their hash; and that, with the master secret, the 12 bytes of Finished. If all of "
            "them are right, then what is wrong is how a record is protected.",
        ),
    ),
)
