"""Exercises of notebook 05, master secret: from the premaster secret to the key block."""

import hmac
from collections.abc import Iterator

from tlslab.crypto.prf import key_block, master_secret, p_hash, prf
from tlslab.lab.exercises.exercise import Case, Exercise, Mistake, SeededBytes

# The vector for P_SHA256 that was posted to the IETF TLS working group's list.
SECRET = bytes.fromhex("9bbe436ba940f017b17652849a71db35")
SEED = bytes.fromhex("a0ba9f936cda311827a6f796ffd5198c")
OUTPUT = bytes.fromhex(
    "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e"
    "14baf9af0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5"
    "a72e5a5110fff70187347b66"
)


def p_hash_cases(draw: SeededBytes) -> Iterator[Case]:
    """The published vector, lengths around a block, and both hash functions."""
    yield Case(
        "the vector of the IETF's list", (SECRET, b"test label" + SEED, 100, "sha256"), OUTPUT
    )
    for length in (12, 31, 32, 33, 48, 96, 200):
        secret, seed = draw(f"secret {length}", 48), draw(f"seed {length}", 64)
        yield Case(f"{length} bytes with SHA-256", (secret, seed, length, "sha256"))
    yield Case("60 bytes with SHA-384", (draw("secret", 48), draw("seed", 20), 60, "sha384"))
    yield Case("no byte at all", (draw("secret", 48), b"seed", 0, "sha256"))


def prf_cases(draw: SeededBytes) -> Iterator[Case]:
    """The published vector, and the labels of TLS."""
    yield Case(
        "the vector of the IETF's list", (SECRET, b"test label", SEED, 100, "sha256"), OUTPUT
    )
    for label in (b"master secret", b"key expansion", b"client finished", b"server finished"):
        for hash_name in ("sha256", "sha384"):
            name = label.decode()
            secret, seed = draw(f"secret {name}", 48), draw(f"seed {name}", 64)
            yield Case(f"{name} with {hash_name}", (secret, label, seed, 77, hash_name))


def master_secret_cases(draw: SeededBytes) -> Iterator[Case]:
    """A vector of NIST's, and drawn values."""
    yield Case(
        "NIST's vector",
        (
            bytes.fromhex(
                "f8938ecc9edebc5030c0c6a441e213cd24e6f770a50dda07876f8d55da06"
                "2bcadb386b411fd4fe4313a604fce6c17fbc"
            ),
            bytes.fromhex("36c129d01a3200894b9179faac589d9835d58775f9b5ea3587cb8fd0364cae8c"),
            bytes.fromhex("f6c9575ed7ddd73e1f7d16eca115415812a43c2b747daaaae043abfb50053fce"),
            "sha256",
        ),
        bytes.fromhex(
            "202c88c00f84a17a20027079604787461176455539e705be730890602c289a5001e34eeb3a043e5d52a65e66"
            "125188bf"
        ),
    )
    for hash_name in ("sha256", "sha384"):
        yield Case(
            f"with {hash_name}",
            (draw("premaster", 48), draw("client", 32), draw("server", 32), hash_name),
        )


def key_block_cases(draw: SeededBytes) -> Iterator[Case]:
    """The lengths of three suites, and both hash functions."""
    for length, hash_name in ((40, "sha256"), (72, "sha384"), (128, "sha256")):
        yield Case(
            f"{length} bytes with {hash_name}",
            (draw("master", 48), draw("server", 32), draw("client", 32), length, hash_name),
        )


def _from_a_0(secret: bytes, seed: bytes, length: int, hash_name: str) -> bytes:
    output, a = b"", seed
    while len(output) < length:
        output += hmac.digest(secret, a + seed, hash_name)
        a = hmac.digest(secret, a, hash_name)
    return output[:length]


def _seed_first(secret: bytes, seed: bytes, length: int, hash_name: str) -> bytes:
    output, a = b"", seed
    while len(output) < length:
        a = hmac.digest(secret, a, hash_name)
        output += hmac.digest(secret, seed + a, hash_name)
    return output[:length]


def _without_seed(secret: bytes, seed: bytes, length: int, hash_name: str) -> bytes:
    output, a = b"", seed
    while len(output) < length:
        a = hmac.digest(secret, a, hash_name)
        output += hmac.digest(secret, a, hash_name)
    return output[:length]


def _chain_itself(secret: bytes, seed: bytes, length: int, hash_name: str) -> bytes:
    output, a = b"", seed
    while len(output) < length:
        a = hmac.digest(secret, a, hash_name)
        output += a
    return output[:length]


def _never_cut(secret: bytes, seed: bytes, length: int, hash_name: str) -> bytes:
    size = len(hmac.digest(b"", b"", hash_name))
    return p_hash(secret, seed, -(-length // size) * size, hash_name)


def _one_block(secret: bytes, seed: bytes, length: int, hash_name: str) -> bytes:
    return p_hash(secret, seed, len(hmac.digest(b"", b"", hash_name)), hash_name)[:length]


def _other(hash_name: str) -> str:
    return "sha384" if hash_name == "sha256" else "sha256"


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="05.p_hash",
        reference=p_hash,
        cases=p_hash_cases,
        mistakes=(
            Mistake(
                "You used A(0), the seed itself, for the first piece. The first piece is made with "
                "A(1) = HMAC(secret, seed): take the next A before you use it (RFC 5246 §5).",
                _from_a_0,
            ),
            Mistake(
                "You hashed A(i) alone. Each piece is HMAC(secret, A(i) + seed): the seed goes in "
                "every time (RFC 5246 §5).",
                _without_seed,
            ),
            Mistake(
                "You put the seed in front of A(i). It comes behind: HMAC(secret, A(i) + seed) "
                "(RFC 5246 §5).",
                _seed_first,
            ),
            Mistake(
                "Your output is the chain A(1), A(2), … itself. It only feeds the output: each "
                "piece is HMAC(secret, A(i) + seed) (RFC 5246 §5).",
                _chain_itself,
            ),
            Mistake(
                "The pieces are right, and you return them whole. Cut them to `length` bytes.",
                _never_cut,
            ),
            Mistake(
                "Only the first piece is there. Go on until there are `length` bytes.", _one_block
            ),
            Mistake(
                "Secret and seed are the wrong way round: the secret is the key of the HMAC.",
                lambda secret, seed, length, name: p_hash(seed, secret, length, name),
            ),
            Mistake(
                "You always use one hash function. Use the one that `hash_name` says.",
                lambda secret, seed, length, name: p_hash(secret, seed, length, "sha256"),
            ),
        ),
        hints=(
            "You need a loop that goes on until there is enough output, and two variables: the "
            "output, and A.",
            "A begins as the seed. In each turn, first A = HMAC(secret, A), and only then a piece "
            "of output with it.",
            "The piece is HMAC(secret, A + seed). After the loop, cut the output to `length`.",
        ),
        section="RFC 5246 §5",
        primitive="p_hash",
    ),
    Exercise(
        id="05.prf",
        reference=prf,
        cases=prf_cases,
        mistakes=(
            Mistake(
                "Your label ends with a zero byte, as a string of C does. It is the letters alone.",
                lambda secret, label, seed, n, name: p_hash(secret, label + b"\0" + seed, n, name),
            ),
            Mistake(
                "The label is missing: what P_hash gets is label + seed.",
                lambda secret, label, seed, n, name: p_hash(secret, seed, n, name),
            ),
            Mistake(
                "The seed is missing: what P_hash gets is label + seed.",
                lambda secret, label, seed, n, name: p_hash(secret, label, n, name),
            ),
            Mistake(
                "Label and seed are the wrong way round: the label comes first.",
                lambda secret, label, seed, n, name: p_hash(secret, seed + label, n, name),
            ),
            Mistake(
                "The label went in front of the secret. It belongs in front of the seed.",
                lambda secret, label, seed, n, name: p_hash(label + secret, seed, n, name),
            ),
        ),
        hints=(
            "It is one call of p_hash.",
            "The secret, the length and the hash go through as they are. What is new is the seed.",
            "P_hash gets label + seed, one after the other, as its seed.",
        ),
        section="RFC 5246 §5",
        primitive="prf",
    ),
    Exercise(
        id="05.master_secret",
        reference=master_secret,
        cases=master_secret_cases,
        mistakes=(
            Mistake(
                "You put the server's random first. Here the client's comes first, RFC 5246 §8.1.",
                lambda pre, client, server, name: master_secret(pre, server, client, name),
            ),
            Mistake(
                'You used the label "key expansion". That is for the key block; here it is "master '
                'secret".',
                lambda pre, client, server, name: prf(
                    pre, b"key expansion", client + server, 48, name
                ),
            ),
            Mistake(
                'You used the label of the extended master secret. Here it is "master secret".',
                lambda pre, client, server, name: prf(
                    pre, b"extended master secret", client + server, 48, name
                ),
            ),
            Mistake(
                "The server's random is missing.",
                lambda pre, client, server, name: prf(pre, b"master secret", client, 48, name),
            ),
            Mistake(
                "You return 32 bytes. The master secret has 48, whatever the hash function.",
                lambda pre, client, server, name: master_secret(pre, client, server, name)[:32],
            ),
            Mistake(
                "You took another hash function than `hash_name` says.",
                lambda pre, client, server, name: master_secret(pre, client, server, _other(name)),
            ),
        ),
        hints=(
            "It is one call of prf.",
            'The label is b"master secret", the length is 48.',
            "The seed is client_random + server_random.",
        ),
        section="RFC 5246 §8.1",
        primitive="master_secret",
    ),
    Exercise(
        id="05.key_block",
        reference=key_block,
        cases=key_block_cases,
        mistakes=(
            Mistake(
                "You put the client's random first. That is so for the master secret; here the "
                "server's comes first, RFC 5246 §6.3.",
                lambda master, server, client, n, name: key_block(master, client, server, n, name),
            ),
            Mistake(
                'You used the label "master secret". For the key block it is "key expansion".',
                lambda master, server, client, n, name: prf(
                    master, b"master secret", server + client, n, name
                ),
            ),
            Mistake(
                "You return 48 bytes, as for the master secret. The key block has `length`.",
                lambda master, server, client, n, name: key_block(master, server, client, 48, name),
            ),
            Mistake(
                "You took another hash function than `hash_name` says.",
                lambda master, server, client, n, name: key_block(
                    master, server, client, n, _other(name)
                ),
            ),
        ),
        hints=(
            "It is one call of prf, as for the master secret: three things are different.",
            'The secret is the master secret, the label b"key expansion", the length `length`.',
            "And the order: server_random + client_random.",
        ),
        section="RFC 5246 §6.3",
        primitive="key_block",
    ),
)
