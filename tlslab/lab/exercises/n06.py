"""Exercises of notebook 06, Finished: the transcript, verify_data, and the MAC of a record."""

import hashlib
import hmac
from collections.abc import Callable, Iterator, Sequence

from tlslab.crypto.ciphers import record_mac
from tlslab.crypto.prf import prf, transcript_hash, verify_data
from tlslab.lab.exercises.exercise import Case, Exercise, Mistake, SeededBytes


def transcript_cases(draw: SeededBytes) -> Iterator[Case]:
    """One message, several, none."""
    messages = [b"\x01\0\0\x28" + draw("hello", 40), b"\x02\0\0\x26" + draw("answer", 38)]
    messages.append(b"\x0e\0\0\0")
    for hash_name in ("sha256", "sha384"):
        yield Case(f"three messages with {hash_name}", (messages, hash_name))
        yield Case(f"one message with {hash_name}", (messages[:1], hash_name))
    empty = bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    yield Case("no message at all", ([], "sha256"), empty)


def verify_data_cases(draw: SeededBytes) -> Iterator[Case]:
    """Both sides, both hash functions."""
    for label in (b"client finished", b"server finished"):
        for hash_name, size in (("sha256", 32), ("sha384", 48)):
            yield Case(
                f"{label.decode()} with {hash_name}",
                (draw("master", 48), label, draw(f"transcript {size}", size), hash_name),
            )


def record_mac_cases(draw: SeededBytes) -> Iterator[Case]:
    """Sequence numbers of one byte and of many, contents of several lengths, three hashes."""
    for seq_num, size, hash_name, length in (
        (0, 16, "sha256", 32),
        (1, 300, "sha256", 32),
        (2**40 + 5, 22, "sha1", 20),
        (255, 0, "sha384", 48),
    ):
        key, content = draw(f"key {length}", length), draw(f"content {size}", size)
        yield Case(
            f"record {seq_num:,}, {size} bytes, {hash_name}",
            (key, seq_num, 23, 0x0303, content, hash_name),
        )


Seen = tuple[str, int, bytes, bytes]
"""Who sent it, the record's type, the content as plaintext, and the whole record as it went."""


def covered_messages(seen: Sequence[Seen], sender: str) -> list[bytes]:
    """The messages that the Finished of `sender` covers: all handshake messages before it.

    As plaintext, without HelloRequest (RFC 5246 §7.4.1.1, §7.4.9).
    """
    covered = []
    for who, content_type, content, _ in seen:
        if content_type != HANDSHAKE or content[0] == HELLO_REQUEST:
            continue
        if who == sender and content[0] == FINISHED:
            break
        covered.append(content)
    return covered


def covered_cases(draw: SeededBytes) -> Iterator[Case]:
    """A handshake with all that does not belong, asked for both sides."""
    seen = [_seen(draw, *each) for each in HANDSHAKE_SEEN]
    yield Case("for the client's Finished", (seen, "client"))
    yield Case("for the server's Finished", (seen, "server"))
    plain = [each for each in seen if each[1] == HANDSHAKE and each[2][0] != HELLO_REQUEST]
    yield Case("nothing but handshake messages, for the server's", (plain, "server"))


HANDSHAKE, ALERT, CHANGE_CIPHER_SPEC = 22, 21, 20
HELLO_REQUEST, FINISHED = 0, 20
# Who, the record's type, the message's type (or the content), its length, and what is added to it
# when it is encrypted.
HANDSHAKE_SEEN: tuple[tuple[str, int, int, int, int], ...] = (
    ("client", HANDSHAKE, 1, 40, 0),
    ("server", ALERT, 1, 1, 0),
    ("server", HANDSHAKE, 2, 38, 0),
    ("server", HANDSHAKE, 11, 90, 0),
    ("server", HANDSHAKE, HELLO_REQUEST, 0, 0),
    ("server", HANDSHAKE, 14, 0, 0),
    ("client", HANDSHAKE, 16, 66, 0),
    ("client", CHANGE_CIPHER_SPEC, 1, 0, 0),
    ("client", HANDSHAKE, FINISHED, 12, 24),
    ("server", CHANGE_CIPHER_SPEC, 1, 0, 0),
    ("server", HANDSHAKE, FINISHED, 12, 24),
)


def _seen(draw: SeededBytes, who: str, type: int, first: int, length: int, added: int) -> Seen:
    name = f"{who} {type} {first}"
    body = draw(name, length)
    header = bytes([first]) + (length.to_bytes(3, "big") if type == HANDSHAKE else b"")
    content = header + body
    fragment = draw(f"{name}, encrypted", len(content) + added) if added else content
    record = bytes([type, 3, 3]) + len(fragment).to_bytes(2, "big") + fragment
    return who, type, content, record


def _covered(
    *,
    types: tuple[int, ...] = (HANDSHAKE,),
    hello_request: bool = False,
    stop_at_any: bool = False,
    own: bool = False,
    as_sent: str = "",
) -> Callable[[Sequence[Seen], str], list[bytes]]:
    """`covered_messages`, wrong about one thing.

    as_sent: "records" for everything with its record header, "finished" for the encrypted bytes of
    a Finished. stop_at_any: at the first Finished, whoever sent it. own: with the sender's own.
    """

    def function(seen: Sequence[Seen], sender: str) -> list[bytes]:
        covered: list[bytes] = []
        for who, content_type, content, record in seen:
            finished = content_type == HANDSHAKE and content[0] == FINISHED
            wanted = content_type in types
            if content_type == HANDSHAKE and content[0] == HELLO_REQUEST:
                wanted = hello_request
            if finished and (who == sender or stop_at_any):
                return [*covered, content] if own else covered
            if wanted:
                encrypted = as_sent == "finished" and finished
                covered.append(record if as_sent == "records" else content)
                if encrypted:
                    covered[-1] = record[5:]
        return covered

    return function


def _headed(messages: list[bytes], hash_name: str) -> bytes:
    records = [b"\x16\x03\x03" + len(each).to_bytes(2, "big") + each for each in messages]
    return transcript_hash(records, hash_name)


def _hash_of_hashes(messages: list[bytes], hash_name: str) -> bytes:
    return transcript_hash([transcript_hash([each], hash_name) for each in messages], hash_name)


def _mac(
    key: bytes,
    seq_num: int,
    type: int,
    version: int,
    content: bytes,
    hash_name: str,
    *,
    seq_bytes: int = 8,
    order: str = "big",
    length: int | None = None,
    length_bytes: int = 2,
    parts: str = "stvlc",
) -> bytes:
    """The MAC over the parts named by letter, as somebody builds it who is wrong about one."""
    size = len(content) if length is None else length
    big = order != "little"
    pieces = {
        "s": (seq_num % 256**seq_bytes).to_bytes(seq_bytes, "big" if big else "little"),
        "t": bytes([type]),
        "v": version.to_bytes(2, "big" if big else "little"),
        "l": size.to_bytes(length_bytes, "big" if big else "little"),
        "c": content,
    }
    return hmac.digest(key, b"".join(pieces[part] for part in parts), hash_name)


def _length_with_mac(
    key: bytes, seq_num: int, type: int, version: int, content: bytes, hash_name: str
) -> bytes:
    length = len(content) + hashlib.new(hash_name).digest_size
    return _mac(key, seq_num, type, version, content, hash_name, length=length)


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="06.transcript_hash",
        reference=transcript_hash,
        cases=transcript_cases,
        mistakes=(
            Mistake(
                "You hashed record headers too. The transcript has the messages alone, each with "
                "its own header of four bytes, RFC 5246 §7.4.9.",
                _headed,
            ),
            Mistake(
                "You left out the messages' own headers of four bytes. They belong to the "
                "messages, RFC 5246 §7.4.9.",
                lambda messages, name: transcript_hash([each[4:] for each in messages], name),
            ),
            Mistake(
                "ChangeCipherSpec is in your transcript. It is no handshake message, RFC 5246 "
                "§7.1.",
                lambda messages, name: transcript_hash([*messages, b"\x01"], name),
            ),
            Mistake(
                "You hashed the messages one by one and then the hashes. Hash all of them as one.",
                _hash_of_hashes,
            ),
            Mistake(
                "You hashed the last message alone. The transcript is all of them.",
                lambda messages, name: transcript_hash(messages[-1:], name),
            ),
            Mistake(
                "You always use one hash function. Use the one that `hash_name` says: it is the "
                "suite's.",
                lambda messages, name: transcript_hash(messages, "sha256"),
            ),
        ),
        hints=(
            "Put the messages one after the other, then hash once.",
            'b"".join(list) puts bytes together; hashlib.new(name, data) hashes.',
            "A hash object gives its bytes by .digest(), and hex text by .hexdigest().",
        ),
        section="RFC 5246 §7.4.9",
        primitive="transcript_hash",
    ),
    Exercise(
        id="06.covered_messages",
        reference=covered_messages,
        cases=covered_cases,
        mistakes=(
            Mistake(
                "ChangeCipherSpec is in your list. It is no handshake message: its records have "
                "type 20, RFC 5246 §7.1.",
                _covered(types=(HANDSHAKE, CHANGE_CIPHER_SPEC)),
            ),
            Mistake(
                "HelloRequest is in your list. RFC 5246 §7.4.1.1 leaves it out, since it belongs "
                "to no handshake.",
                _covered(hello_request=True),
            ),
            Mistake(
                "The client's Finished is missing from the server's list. By then it was sent, so "
                "it belongs in, RFC 5246 §7.4.9.",
                _covered(stop_at_any=True),
            ),
            Mistake(
                "You took the client's Finished as it was on the wire. The transcript has it as "
                "it was before encryption.",
                _covered(as_sent="finished"),
            ),
            Mistake(
                "You took whole records, with their headers of five bytes. The messages alone "
                "belong in, RFC 5246 §7.4.9.",
                _covered(as_sent="records"),
            ),
            Mistake(
                "The Finished itself is in your list. It covers what came before it.",
                _covered(own=True),
            ),
            Mistake(
                "An alert is in your list. Its records have type 21; the handshake's have 22.",
                _covered(types=(HANDSHAKE, ALERT)),
            ),
            Mistake(
                "You took everything that was sent. Handshake messages alone belong in, and no "
                "ChangeCipherSpec, alert or HelloRequest.",
                _covered(types=(HANDSHAKE, ALERT, CHANGE_CIPHER_SPEC), hello_request=True),
            ),
        ),
        hints=(
            "Go through the list, and leave out what has another type than 22.",
            "The first byte of a handshake message says which it is: 0 is HelloRequest, 20 is "
            "Finished.",
            "End at the Finished of `sender`. The other side's Finished, if it came before, is a "
            "message like any other.",
        ),
        section="RFC 5246 §7.4.9",
    ),
    Exercise(
        id="06.verify_data",
        reference=verify_data,
        cases=verify_data_cases,
        mistakes=(
            Mistake(
                "You took the label of the other side.",
                lambda master, label, digest, name: verify_data(
                    master,
                    b"server finished" if label == b"client finished" else b"client finished",
                    digest,
                    name,
                ),
            ),
            Mistake(
                "You always take the client's label. Use the one that is given.",
                lambda master, label, digest, name: verify_data(
                    master, b"client finished", digest, name
                ),
            ),
            Mistake(
                "You hashed the transcript hash once more. It is a hash already.",
                lambda master, label, digest, name: verify_data(
                    master, label, hashlib.new(name, digest).digest(), name
                ),
            ),
            Mistake(
                "You return all that the hash gives. Finished has 12 bytes.",
                lambda master, label, digest, name: prf(master, label, digest, len(digest), name),
            ),
            Mistake(
                "You return the transcript hash itself, cut to 12 bytes. Everybody could compute "
                "that: Finished takes the master secret.",
                lambda master, label, digest, name: digest[:12],
            ),
            Mistake(
                "You always use one hash function. Use the one that `hash_name` says: it is the "
                "suite's.",
                lambda master, label, digest, name: verify_data(master, label, digest, "sha256"),
            ),
        ),
        hints=(
            "It is one call of the PRF.",
            "The secret is the master secret, the seed is the transcript hash.",
            "The length is 12. The label is given.",
        ),
        section="RFC 5246 §7.4.9",
        primitive="verify_data",
    ),
    Exercise(
        id="06.record_mac",
        reference=record_mac,
        cases=record_mac_cases,
        mistakes=(
            Mistake(
                "Your sequence number has four bytes. It has eight, RFC 5246 §6.2.3.1.",
                lambda *arguments: _mac(*arguments, seq_bytes=4),
            ),
            Mistake(
                "The sequence number is missing.", lambda *arguments: _mac(*arguments, parts="tvlc")
            ),
            Mistake(
                "You count the records from 1. The first one under new keys is number 0.",
                lambda key, seq_num, *more: _mac(key, seq_num + 1, *more),
            ),
            Mistake(
                "The length is missing: two bytes, that of the content.",
                lambda *arguments: _mac(*arguments, parts="stvc"),
            ),
            Mistake(
                "Your length counts the MAC too. It is that of the content alone.",
                _length_with_mac,
            ),
            Mistake(
                "Your length has three bytes, as in a handshake header. A record's has two.",
                lambda *arguments: _mac(*arguments, length_bytes=3),
            ),
            Mistake(
                "Your numbers are little-endian. In TLS the most significant byte comes first.",
                lambda *arguments: _mac(*arguments, order="little"),
            ),
            Mistake(
                "The record's type, version and length are missing: without them somebody could "
                "change the header.",
                lambda *arguments: _mac(*arguments, parts="sc"),
            ),
            Mistake("The content is missing.", lambda *arguments: _mac(*arguments, parts="stvl")),
        ),
        hints=(
            "Put five things one after the other, and compute one HMAC with the MAC key.",
            'seq_num.to_bytes(8, "big"), one byte of type, two of version, two of length, content.',
            "The length is len(content), and hmac.digest(key, data, name) gives the result.",
        ),
        section="RFC 5246 §6.2.3.1",
        primitive="record_mac",
    ),
)
