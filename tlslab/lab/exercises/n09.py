"""Exercises of notebook 09, steal the key: from a recording and a private key to every word of it.

A recording is two byte strings: what each side sent, record after record.
"""

from collections.abc import Iterator
from functools import partial

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from tlslab.crypto.ciphers import bad_record_mac, gcm_unprotect
from tlslab.crypto.rsa import decrypt_premaster
from tlslab.lab import pki
from tlslab.lab.exercises import recorded
from tlslab.lab.exercises.exercise import Answer, Case, Exercise, Mistake, SeededBytes, refused
from tlslab.lab.exercises.n01 import split_messages, split_records
from tlslab.lab.exercises.n08 import all_keys
from tlslab.lab.exercises.recordings import but, recording, which_open

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA = 20, 21, 22, 23
CLIENT_HELLO, SERVER_HELLO, CERTIFICATE, CLIENT_KEY_EXCHANGE = 1, 2, 11, 16
VERSION = 0x0303


# -- the encrypted premaster secret ---------------------------------------------------------------


def find_encrypted_premaster(client_bytes: bytes) -> bytes | None:
    """The EncryptedPreMasterSecret in what a client sent; None if there is none.

    Only what comes before ChangeCipherSpec can be read (RFC 5246 §7.4.7.1, §7.1).
    """
    for message in _readable(client_bytes):
        if message[0] == CLIENT_KEY_EXCHANGE:
            return message[6:]
    return None


def _readable(data: bytes) -> list[bytes]:
    """The handshake messages before ChangeCipherSpec."""
    fragments = []
    for content_type, _, fragment in split_records(data)[0]:
        if content_type == CHANGE_CIPHER_SPEC:
            break
        if content_type == HANDSHAKE:
            fragments.append(fragment)
    return split_messages(fragments)


def premaster_cases(draw: SeededBytes) -> Iterator[Case]:
    """OpenSSL's session, one of ours, other places for the message, and none at all."""
    ciphertext = recorded.CLIENT[133 + 5 + 6 : 133 + 267]
    yield Case("a session of OpenSSL with OpenSSL", (recorded.CLIENT,), ciphertext)
    yield Case("a session of the lab", (recording("premaster")[0],))
    hello = _message(CLIENT_HELLO, draw("hello", 90))
    encrypted = draw("encrypted", 256)
    exchange = _message(CLIENT_KEY_EXCHANGE, b"\x01\x00" + encrypted)
    certificate = _message(CERTIFICATE, draw("certificate", 700))
    verify = _message(15, draw("signature", 260))
    # What an encrypted Finished looks like is anybody's guess: here like a ClientKeyExchange.
    end = _record(CHANGE_CIPHER_SPEC, b"\x01")
    end += _record(HANDSHAKE, _message(CLIENT_KEY_EXCHANGE, b"\x00\x22" + draw("Finished", 34)))
    yield Case(
        "a client with a certificate, which it sends first",
        (_records(hello) + _records(certificate + exchange + verify) + end,),
        encrypted,
    )
    yield Case(
        "the message in records of 100 bytes",
        (_records(hello) + _records(exchange, 100) + end,),
        encrypted,
    )
    short = draw("short", 128)
    yield Case(
        "a key of 1024 bits",
        (_records(hello) + _records(_message(CLIENT_KEY_EXCHANGE, b"\x00\x80" + short)) + end,),
        short,
    )
    yield Case("a resumed session, which has no such message", (_records(hello) + end,))
    # With the byte of the ChangeCipherSpec in front, these zeros are an empty message.
    zeros = _record(CHANGE_CIPHER_SPEC, b"\x01")
    zeros += _record(HANDSHAKE, bytes(3) + _message(CLIENT_KEY_EXCHANGE, draw("Finished", 30)))
    yield Case("a resumed session whose Finished begins with zeros", (_records(hello) + zeros,))


def _message(msg_type: int, body: bytes) -> bytes:
    return bytes([msg_type]) + len(body).to_bytes(3, "big") + body


def _record(content_type: int, fragment: bytes) -> bytes:
    return bytes([content_type]) + b"\x03\x03" + len(fragment).to_bytes(2, "big") + fragment


def _records(messages: bytes, size: int = 1 << 14) -> bytes:
    """Handshake messages in records of at most `size` bytes."""
    starts = range(0, len(messages), size)
    return b"".join(_record(HANDSHAKE, messages[start : start + size]) for start in starts)


def _from_byte(start: int, client_bytes: bytes) -> bytes | None:
    for message in _readable(client_bytes):
        if message[0] == CLIENT_KEY_EXCHANGE:
            return message[start:]
    return None


def _second_message(client_bytes: bytes) -> bytes | None:
    messages = _readable(client_bytes)
    return messages[1][6:] if len(messages) > 1 else None


def _each_record_alone(client_bytes: bytes) -> bytes | None:
    for content_type, _, fragment in split_records(client_bytes)[0]:
        if content_type == CHANGE_CIPHER_SPEC:
            break
        for message in split_messages([fragment]):
            if message[0] == CLIENT_KEY_EXCHANGE:
                return message[6:]
    return None


def _first_of_each_record(client_bytes: bytes) -> bytes | None:
    for content_type, _, fragment in split_records(client_bytes)[0]:
        if content_type == CHANGE_CIPHER_SPEC:
            break
        if fragment[0] == CLIENT_KEY_EXCHANGE:
            return fragment[6:]
    return None


def _encrypted_ones_too(client_bytes: bytes) -> bytes | None:
    for content_type, _, fragment in split_records(client_bytes)[0]:
        for message in split_messages([fragment] if content_type == HANDSHAKE else []):
            if message[0] == CLIENT_KEY_EXCHANGE:
                return message[6:]
    return find_encrypted_premaster(client_bytes)


def _all_records_joined(client_bytes: bytes) -> bytes | None:
    for message in split_messages([fragment for _, _, fragment in split_records(client_bytes)[0]]):
        if message[0] == CLIENT_KEY_EXCHANGE:
            return message[6:]
    return None


def _last_256(client_bytes: bytes) -> bytes | None:
    found = _from_byte(4, client_bytes)
    return found and found[-256:]


# -- the randoms ----------------------------------------------------------------------------------


def hello_randoms(client_bytes: bytes, server_bytes: bytes) -> tuple[bytes, bytes]:
    """(client_random, server_random), 32 bytes each (RFC 5246 §7.4.1.2, §7.4.1.3)."""
    return _of_hellos(client_bytes, server_bytes, 6)


def _of_hellos(
    client_bytes: bytes, server_bytes: bytes, start: int, length: int = 32
) -> tuple[bytes, bytes]:
    client, server = (_readable(data)[0] for data in (client_bytes, server_bytes))
    return client[start : start + length], server[start : start + length]


def randoms_cases(draw: SeededBytes) -> Iterator[Case]:
    """OpenSSL's session, one of ours, and a hello in two records."""
    client, server = recorded.CLIENT, recorded.server()
    yield Case(
        "a session of OpenSSL with OpenSSL", (client, server), (client[11:43], server[11:43])
    )
    yield Case("a session of the lab", recording("randoms"))
    hello = _message(CLIENT_HELLO, b"\x03\x03" + draw("client", 90))
    answer = _message(SERVER_HELLO, b"\x03\x03" + draw("server", 70)) + b"\x0e\0\0\0"
    yield Case("hellos in records of 20 bytes", (_records(hello, 20), _records(answer, 20)))


def _in_the_first_record(client_bytes: bytes, server_bytes: bytes) -> tuple[bytes, bytes]:
    client, server = (split_records(data)[0][0][2] for data in (client_bytes, server_bytes))
    return client[6:38], server[6:38]


def _at_byte_11(client_bytes: bytes, server_bytes: bytes) -> tuple[bytes, bytes]:
    return client_bytes[11:43], server_bytes[11:43]


# -- all of it ------------------------------------------------------------------------------------


def open_recording(
    client_bytes: bytes, server_bytes: bytes, private_key: RSAPrivateKey
) -> tuple[bytes, bytes]:
    """The application data of a session with TLS_RSA_WITH_AES_128_GCM_SHA256: (client's, server's).

    Raises ProtocolError(bad_record_mac) if the key is not that of the session.
    """
    return _open(client_bytes, server_bytes, private_key)


def _open(
    client_bytes: bytes,
    server_bytes: bytes,
    private_key: RSAPrivateKey,
    *,
    types: tuple[int, ...] = (APPLICATION_DATA,),
    most: int = 1 << 30,
) -> tuple[bytes, bytes]:
    encrypted = find_encrypted_premaster(client_bytes) or b""
    premaster_secret = decrypt_premaster(private_key, encrypted, VERSION, bytes(48))
    randoms = hello_randoms(client_bytes, server_bytes)
    _, client_key, server_key, client_iv, server_iv = all_keys(premaster_secret, *randoms)
    return (
        _opened(client_bytes, client_key, client_iv, types, most),
        _opened(server_bytes, server_key, server_iv, types, most),
    )


def _opened(data: bytes, key: bytes, iv: bytes, types: tuple[int, ...], most: int) -> bytes:
    records = split_records(data)[0]
    start = [content_type for content_type, _, _ in records].index(CHANGE_CIPHER_SPEC) + 1
    found = []
    for seq_num, (content_type, version, fragment) in enumerate(records[start:]):
        content = gcm_unprotect(key, iv, seq_num, content_type, version, fragment)
        if content_type in types:
            found.append(content)
    return b"".join(found[:most])


def recording_cases(draw: SeededBytes) -> Iterator[Case]:
    """OpenSSL's session, ours with little and much data, and a key that does not fit."""
    key = pki.server_rsa().private_key
    yield Case(
        "a session of OpenSSL with OpenSSL",
        (recorded.CLIENT, recorded.server(), key),
        (recorded.FROM_CLIENT, recorded.FROM_SERVER),
    )
    request, reply = draw("request", 200), draw("reply", 20_000)
    yield Case("a session of the lab", (*recording("short", request), key))
    yield Case("an answer of several records", (*recording("long", request, reply), key))
    yield Case("nothing but an answer", (*recording("none", b"", b"Hello."), key))
    yield Case(
        "the key of another server",
        (*recording("short", request), pki.server_other().private_key),
        refused("bad_record_mac"),
    )


def _does_not_open(*_: object) -> tuple[bytes, bytes]:
    raise bad_record_mac()


def _server_first(*arguments: object) -> tuple[bytes, bytes]:
    first, second = open_recording(*arguments)  # type: ignore[arg-type]  # passed through
    return second, first


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="09.find_encrypted_premaster",
        reference=find_encrypted_premaster,
        cases=premaster_cases,
        mistakes=(
            Mistake(
                "The two bytes of length are still in front. The ciphertext begins behind them, "
                "RFC 5246 §7.4.7.1.",
                partial(_from_byte, 4),
            ),
            Mistake(
                "You return the whole message. Leave out its header of four bytes, and the two "
                "bytes of length behind it.",
                partial(_from_byte, 0),
            ),
            Mistake(
                "You take the second message, whatever it is. A client that has a certificate "
                "sends that first: look for the type, 16.",
                _second_message,
            ),
            Mistake(
                "You look into each record by itself. The message may lie in several: join the "
                "fragments first.",
                _each_record_alone,
            ),
            Mistake(
                "You take a record for a message. A record may hold several messages, or a piece "
                "of one: use split_messages.",
                _first_of_each_record,
            ),
            Mistake(
                "You look into records that are encrypted. Stop at ChangeCipherSpec, the record of "
                "type 20: what comes behind it only looks like messages.",
                _encrypted_ones_too,
            ),
            Mistake(
                "You join all records, whatever they hold. Take the handshake records, type 22, "
                "and stop at ChangeCipherSpec, the record of type 20: what comes behind it is "
                "encrypted.",
                _all_records_joined,
            ),
            Mistake(
                "You take 256 bytes. That is right for a key of 2048 bits; the message itself says "
                "how many there are.",
                _last_256,
            ),
        ),
        hints=(
            "Three steps: records, messages, and one of the messages.",
            "Collect the fragments of the handshake records (type 22), and stop at the first "
            "record of type 20. split_messages does the rest.",
            "The message begins with 16. Behind it are three bytes of length, then two more for "
            "the ciphertext: it begins at byte 6. Without such a message, return None.",
        ),
        section="RFC 5246 §7.4.7.1",
    ),
    Exercise(
        id="09.hello_randoms",
        reference=hello_randoms,
        cases=randoms_cases,
        mistakes=(
            Mistake(
                "Your randoms begin with the version. It has two bytes, and the random begins "
                "behind it.",
                lambda client, server: _of_hellos(client, server, 4),
            ),
            Mistake(
                "You forgot the header of the message, four bytes of type and length.",
                lambda client, server: _of_hellos(client, server, 2),
            ),
            Mistake(
                "You take the server's random for the client's. The client's comes first.",
                lambda client, server: _of_hellos(server, client, 6),
            ),
            Mistake(
                "You count from the beginning of the first record. That is right while the hello "
                "lies in one record; it may lie in several.",
                _at_byte_11,
            ),
            Mistake(
                "You look into the first record alone. The hello may lie in several: join the "
                "fragments first.",
                _in_the_first_record,
            ),
            Mistake(
                "You left out the first four bytes. They were the time once, but they are a part "
                "of the random, which has 32 bytes.",
                lambda client, server: _of_hellos(client, server, 10, 28),
            ),
        ),
        hints=(
            "The hello is the first message of each side.",
            "In the message: one byte of type, three of length, two of version, and then the "
            "random.",
            "So it is message[6:38], of both.",
        ),
        section="RFC 5246 §7.4.1.2",
    ),
    Exercise(
        id="09.open_recording",
        reference=open_recording,
        cases=recording_cases,
        mistakes=(
            Mistake(
                "A record does not open. Either the keys are wrong, or those of the other side, or "
                "the sequence number: Finished is number 0 under the new keys, and the first data "
                "number 1.",
                _does_not_open,
            ),
            Mistake(
                "There is more in it than data: Finished or the alert at the end. Take what is in "
                "records of type 23 alone.",
                partial(_open, types=(ALERT, HANDSHAKE, APPLICATION_DATA)),
            ),
            Mistake(
                "The alert at the end is no data. Take what is in records of type 23 alone.",
                partial(_open, types=(ALERT, APPLICATION_DATA)),
            ),
            Mistake(
                "You return the data of the first record. There may be several: join them.",
                partial(_open, most=1),
            ),
            Mistake("The client's data comes first, then the server's.", _server_first),
            Mistake(
                "You open what the client sent alone. Return two values: the client's data and the "
                "server's.",
                lambda *arguments: open_recording(*arguments)[0],
            ),
        ),
        hints=(
            "Three of your functions give the keys: find_encrypted_premaster, decrypt_premaster, "
            "all_keys. Then the same work for each side.",
            "For a side: go through its records. Before ChangeCipherSpec there is nothing to open. "
            "Behind it every record counts, from 0.",
            "gcm_unprotect opens every record behind ChangeCipherSpec, whatever its type. Keep "
            "what was in those of type 23.",
        ),
        section="RFC 5246 §6.2.3.3",
    ),
)

ANSWERS: tuple[Answer, ...] = (
    Answer(
        id="09.which_open",
        expected=which_open,
        mistakes=(
            (
                "One of them is with another server. It has a certificate and a key of its own, "
                "and nobody stole that one.",
                but("other server"),
            ),
            (
                "You count sessions as open in which no premaster secret was encrypted. The "
                "certificate is that of the stolen key, but look at the suites, and at the "
                "messages of the server.",
                but("ECDHE", "DHE"),
            ),
            (
                "DHE is ephemeral like ECDHE. The server sends a ServerKeyExchange, and nothing is "
                "encrypted to its key.",
                but("DHE"),
            ),
            (
                "ECDHE is ephemeral like DHE. The server sends a ServerKeyExchange, and nothing is "
                "encrypted to its key.",
                but("ECDHE"),
            ),
            (
                "They do not all open. To each there are two questions: whose certificate is it, "
                "and how did the premaster secret travel?",
                but("other server", "ECDHE", "DHE"),
            ),
            (
                "Your open_recording knows one suite. But what the key opens is the premaster "
                "secret, and that is so for every suite whose name begins with TLS_RSA.",
                but("longer key", "CBC"),
            ),
            (
                "The one with CBC opens too: the cipher does not matter, only how the premaster "
                "secret travelled.",
                but("CBC"),
            ),
        ),
        hints=(
            "A session opens if its premaster secret was encrypted to the stolen key. So ask two "
            "things: was it encrypted at all? To whose key?",
            "The name of a suite says the key exchange: TLS_RSA_WITH, or TLS_ECDHE_RSA_WITH. In "
            "the second, RSA is for the signature.",
            "Whose key it was, the certificate says. Write a list of six, each True or False.",
        ),
    ),
)
