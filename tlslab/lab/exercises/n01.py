"""Exercises of notebook 01, bytes and records: take records and messages apart."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from tlslab.lab.configs import Seed
from tlslab.lab.exercises.exercise import Answer, Case, Exercise, Mistake, SeededBytes
from tlslab.lab.randomness import SeededRandom
from tlslab.wire.registry import HandshakeType

RecordTuple = tuple[int, int, bytes]
HiddenMessage = tuple[str, int]


# -- numbers ------------------------------------------------------------------------------------


def decode_uint24(data: bytes) -> int:
    """The number that three bytes say, the most significant first (RFC 5246 §4.4).

    Raises ValueError if `data` is not 3 bytes long.
    """
    if len(data) != 3:
        raise ValueError(f"a uint24 has 3 bytes, not {len(data)}")
    return data[0] * 65536 + data[1] * 256 + data[2]


def uint24_cases(draw: SeededBytes) -> Iterator[Case]:
    """Published lengths, edges, drawn ones, and what is no uint24."""
    yield Case("the length of a ClientHello", (b"\x00\x00\x61",), 97)
    yield Case("256, where the second byte begins to count", (b"\x00\x01\x00",), 256)
    yield Case("65536, where the first byte begins to count", (b"\x01\x00\x00",), 65536)
    yield Case("nothing but zeros", (bytes(3),), 0)
    yield Case("the largest", (b"\xff\xff\xff",), 2**24 - 1)
    for number in range(4):
        yield Case("three bytes drawn at random", (draw(f"uint24 {number}", 3),))
    for length in (0, 2, 4):
        yield Case(f"{length} bytes, so no uint24", (bytes(length),), ValueError)


def _checked(number: Callable[[bytes], int]) -> Callable[[bytes], int]:
    """`number`, for three bytes alone."""

    def function(data: bytes) -> int:
        if len(data) != 3:
            raise ValueError
        return number(data)

    return function


# -- records ------------------------------------------------------------------------------------


def split_records(data: bytes) -> tuple[list[RecordTuple], bytes]:
    """All whole records of `data` as (type, version, fragment), and the bytes left over.

    The bytes left over are the beginning of a record whose end has not come (RFC 5246 §6.2.1).
    """
    return _split_records(data)


def _split_records(
    data: bytes,
    *,
    order: str = "big",
    counts_header: bool = False,
    keeps_header: bool = False,
    waits: bool = True,
    only_first: bool = False,
) -> tuple[list[RecordTuple], bytes]:
    records: list[RecordTuple] = []
    while len(data) >= 5:
        length = data[3] << 8 | data[4] if order == "big" else data[4] << 8 | data[3]
        end = max(5, length) if counts_header else 5 + length
        if waits and len(data) < end:
            break
        fragment = data[:end] if keeps_header else data[5:end]
        records.append((data[0], data[1] << 8 | data[2], fragment))
        data = data[end:]
        if only_first:
            break
    return records, data


def record_cases(draw: SeededBytes) -> Iterator[Case]:
    """Records of every type, several in a row, empty ones, and records that are not whole yet."""
    alert = bytes.fromhex("15 03 03 00 02 01 00")
    change_cipher_spec = bytes.fromhex("14 03 03 00 01 01")
    done = bytes.fromhex("16 03 03 00 04 0e 00 00 00")
    yield Case("one record, an alert", (alert,), ([(21, 0x0303, b"\x01\x00")], b""))
    yield Case("two records, one behind the other", (done + change_cipher_spec,))
    yield Case("no bytes at all", (b"",), ([], b""))
    yield Case("half a header", (done[:3],), ([], done[:3]))
    yield Case("a header whose fragment has not come", (done[:5],), ([], done[:5]))
    yield Case("a whole record and a piece of the next", (alert + done[:-1],))
    first = draw("a ClientHello", 97)
    yield Case("a record of version 3.1", (b"\x16\x03\x01\x00\x61" + first,))
    yield Case("a record without content", (b"\x17\x03\x03\x00\x00" + alert,))
    long = draw("a long fragment", 300 + draw("its length", 1)[0])
    header = b"\x17\x03\x03" + len(long).to_bytes(2, "big")
    yield Case("a record longer than 255 bytes", (header + long + alert,))
    yield Case("the same without its last byte", (header + long[:-1],))


# -- messages -----------------------------------------------------------------------------------


def split_messages(fragments: Sequence[bytes]) -> list[bytes]:
    """The whole handshake messages, each with its header of 4 bytes, of consecutive fragments.

    The fragments are those of handshake records, in order. A message whose end has not come is
    left out (RFC 5246 §6.2.1, §7.4).
    """
    return _split_messages(fragments)


def _split_messages(
    fragments: Sequence[bytes],
    *,
    order: str = "big",
    counts_header: bool = False,
    keeps_header: bool = True,
    waits: bool = True,
    skip: int = 1,
) -> list[bytes]:
    data = b"".join(fragments)
    messages = []
    while len(data) >= 4:
        digits = data[skip:4] if order == "big" else data[skip:4][::-1]
        length = int.from_bytes(digits, "big")
        end = max(4, length) if counts_header else 4 + length
        if waits and len(data) < end:
            break
        messages.append(data[:end] if keeps_header else data[4:end])
        data = data[end:]
    return messages


def _each_fragment_alone(fragments: Sequence[bytes]) -> list[bytes]:
    return [message for fragment in fragments for message in _split_messages([fragment])]


def _without_empty(fragments: Sequence[bytes]) -> list[bytes]:
    return [message for message in _split_messages(fragments) if len(message) > 4]


def message_cases(draw: SeededBytes) -> Iterator[Case]:
    """One to one, several in a record, one in several records, and not whole yet."""
    done = b"\x0e\x00\x00\x00"
    hello = _message(2, draw("a ServerHello", 70))
    certificate = _message(11, draw("a Certificate", 900 + draw("its length", 1)[0]))
    flight = hello + certificate + done
    yield Case("one message in one record", ([hello],))
    yield Case("a message without a body", ([done],), [done])
    yield Case("no record at all", ([],), [])
    yield Case("one message in each of three records", ([hello, certificate, done],))
    yield Case("three messages in one record", ([flight],))
    yield Case("one message in two records", ([hello[:30], hello[30:]],))
    yield Case("a header cut in two", ([hello + certificate[:2], certificate[2:]],))
    yield Case(
        "records of 100 bytes",
        ([flight[start : start + 100] for start in range(0, len(flight), 100)],),
    )
    yield Case("a last message that has not come to its end", ([hello + certificate[:-1]],))
    yield Case("half a header and no more", ([done, b"\x0b\x00"],), [done])
    yield Case("a message longer than 65535 bytes", ([_message(11, bytes(65536 + 3)), done],))


def _message(msg_type: int, body: bytes) -> bytes:
    return bytes([msg_type]) + len(body).to_bytes(3, "big") + body


# -- a hidden message ---------------------------------------------------------------------------

WHOLE = ("server_hello", "certificate", "certificate_status", "server_key_exchange")
CUT = ("certificate", "server_key_exchange", "certificate_request", "new_session_ticket")


def hidden_record(seed: Seed) -> bytes:
    """A record for a learner: a whole message in it, and the beginning of another one."""
    return _hidden(seed)[0]


def hidden_message(seed: Seed) -> HiddenMessage:
    """The name and the length of the body of the message that does not end in the record."""
    _, name, length = _hidden(seed)
    return name, length


def _hidden(seed: Seed) -> tuple[bytes, str, int]:
    draw = SeededRandom(str(seed), "01.hidden_message")
    number = int.from_bytes(draw("choice", 4), "big")
    first = HandshakeType[WHOLE[number % 4]]
    # Another one than the first.
    names = [name for name in CUT if name != first.name]
    second = HandshakeType[names[number // 4 % len(names)]]
    whole = _message(first, draw("whole", 40 + draw("its length", 1)[0] % 80))
    # Never a number whose bytes are the same in both orders.
    length = 0x0300 + number // 16 % 0x3C00 | 1
    start = bytes([second]) + length.to_bytes(3, "big") + draw("start", 20 + number % 40)
    fragment = whole + start
    return b"\x16\x03\x03" + len(fragment).to_bytes(2, "big") + fragment, second.name, length


def _first_message(seed: Seed) -> HiddenMessage:
    record = hidden_record(seed)
    return HandshakeType(record[5]).name, int.from_bytes(record[6:9], "big")


def _with_header(seed: Seed) -> HiddenMessage:
    name, length = hidden_message(seed)
    return name, length + 4


def _little_endian(seed: Seed) -> HiddenMessage:
    name, length = hidden_message(seed)
    return name, int.from_bytes(length.to_bytes(3, "big"), "little")


def _what_is_here(seed: Seed) -> HiddenMessage:
    name, _ = hidden_message(seed)
    return name, len(hidden_record(seed)) - 9 - _first_message(seed)[1] - 4


def _content_type(seed: Seed) -> HiddenMessage:
    # A record's type 22 read as that of a message.
    return HandshakeType(22).name, hidden_message(seed)[1]


# -- the exercises ------------------------------------------------------------------------------


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="01.decode_uint24",
        reference=decode_uint24,
        cases=uint24_cases,
        mistakes=(
            Mistake(
                "You read the bytes in little-endian order. TLS writes the most significant byte "
                "first: the byte on the left counts 65536 times.",
                _checked(lambda data: int.from_bytes(data, "little")),
            ),
            Mistake(
                "You read the bytes in little-endian order: TLS writes the most significant byte "
                "first. Then raise ValueError if there are not exactly 3.",
                lambda data: int.from_bytes(data, "little"),
            ),
            Mistake(
                "You read the last two bytes alone. The first of the three counts too, 65536 "
                "times.",
                _checked(lambda data: data[1] << 8 | data[2]),
            ),
            Mistake(
                "You read the first two bytes alone. That is a uint16; a uint24 has three.",
                _checked(lambda data: data[0] << 8 | data[1]),
            ),
            Mistake(
                "You added the bytes. Each place is worth 256 times the one on its right.",
                _checked(sum),
            ),
            Mistake(
                "You read a signed number. Numbers of TLS are never negative (RFC 5246 §4.4).",
                _checked(lambda data: int.from_bytes(data, "big", signed=True)),
            ),
            Mistake(
                "Three bytes are read rightly, but any other number of bytes is taken too. Raise "
                "ValueError if there are not exactly 3.",
                lambda data: int.from_bytes(data, "big"),
            ),
        ),
        hints=(
            "In a decimal number each place is worth ten times the one on its right. Here it is "
            "256 times, because a byte has 256 values.",
            "The last byte counts once, the one before it 256 times. How often does the first "
            "count?",
            "First compare len(data) with 3. Then multiply and add; or look up int.from_bytes, "
            "which wants to be told the byte order.",
        ),
        section="RFC 5246 §4.4",
    ),
    Exercise(
        id="01.split_records",
        reference=split_records,
        cases=record_cases,
        mistakes=(
            Mistake(
                "You took the length for that of the whole record. It counts the fragment alone, "
                "without the five bytes of the header (RFC 5246 §6.2.1).",
                partial(_split_records, counts_header=True),
            ),
            Mistake(
                "Your fragments begin with the record header. The fragment is what stands behind "
                "its five bytes.",
                partial(_split_records, keeps_header=True),
            ),
            Mistake(
                "You read the length in little-endian order. The first byte counts most.",
                partial(_split_records, order="little"),
            ),
            Mistake(
                "You take a record whose end has not come yet. Its bytes belong to what is left "
                "over, header and all.",
                partial(_split_records, waits=False),
            ),
            Mistake(
                "You stop after the first record. Go on until what is left is no whole record.",
                partial(_split_records, only_first=True),
            ),
            Mistake(
                "You lose the bytes that are left over. They are the beginning of the next record: "
                "return them as the second value.",
                lambda data: (split_records(data)[0], b""),
            ),
            Mistake(
                "You return the list alone. Return two values: the list, and the bytes left over.",
                lambda data: split_records(data)[0],
            ),
            Mistake(
                "You give the version as bytes. Give it as one number: 03 03 is 0x0303.",
                lambda data: (
                    [(kind, version.to_bytes(2, "big"), f) for kind, version, f in _records(data)],
                    split_records(data)[1],
                ),
            ),
            Mistake(
                "You give the second byte of the version alone. Both belong to it: 03 03 is "
                "0x0303.",
                lambda data: (
                    [(kind, version & 255, f) for kind, version, f in _records(data)],
                    split_records(data)[1],
                ),
            ),
            Mistake(
                "You give the length in place of the fragment. The length says how many bytes to "
                "take; give the bytes.",
                lambda data: (
                    [(kind, version, len(f)) for kind, version, f in _records(data)],
                    split_records(data)[1],
                ),
            ),
        ),
        hints=(
            "Byte 0 is the type, bytes 1 and 2 the version, bytes 3 and 4 the length. The fragment "
            "begins at byte 5.",
            "Go round in a loop: as long as there is a whole header, read the length; as long as "
            "there is a whole fragment, take it.",
            "The record ends at 5 + length. If data is shorter than that, stop and return what is "
            "left; else keep data[5:end] and go on with data[end:].",
        ),
        section="RFC 5246 §6.2.1",
    ),
    Exercise(
        id="01.split_messages",
        reference=split_messages,
        cases=message_cases,
        mistakes=(
            Mistake(
                "You look into each record by itself. A message may begin in one record and end in "
                "the next: join the fragments first.",
                _each_fragment_alone,
            ),
            Mistake(
                "You take every record for one message. A record may hold several messages, or a "
                "piece of one.",
                lambda fragments: list(fragments),
            ),
            Mistake(
                "You took the length for that of the whole message. It counts the body alone, "
                "without the four bytes of the header (RFC 5246 §7.4).",
                partial(_split_messages, counts_header=True),
            ),
            Mistake(
                "Your messages lack their headers. Keep the four bytes of type and length: they "
                "belong to the message, and Finished will hash them.",
                partial(_split_messages, keeps_header=False),
            ),
            Mistake(
                "You read the length in little-endian order. The first byte counts most.",
                partial(_split_messages, order="little"),
            ),
            Mistake(
                "You read two bytes of the length. It has three here, behind the one byte of the "
                "type.",
                partial(_split_messages, skip=2),
            ),
            Mistake(
                "You take a message whose end has not come yet. Leave it out: the next record may "
                "bring the rest.",
                partial(_split_messages, waits=False),
            ),
            Mistake(
                "You leave out messages without a body. ServerHelloDone is one: four bytes, and "
                "its length is 0.",
                _without_empty,
            ),
        ),
        hints=(
            "Forget where the records end: b''.join(fragments) is one stream of messages.",
            "It is split_records again with another header: one byte of type and three of length. "
            "You have a function that reads three bytes.",
            "The message is data[:4 + length], header and all. Stop when less than that is left.",
        ),
        section="RFC 5246 §7.4",
    ),
)

ANSWERS: tuple[Answer, ...] = (
    Answer(
        id="01.hidden_message",
        expected=hidden_message,
        mistakes=(
            ("That is the message that is whole. Asked for is the one behind it.", _first_message),
            (
                "That length counts the message's header too. The three bytes say how long the "
                "body is: take the number as it stands there.",
                _with_header,
            ),
            (
                "You read the length in little-endian order. The most significant byte comes "
                "first.",
                _little_endian,
            ),
            (
                "That is how many bytes of its body are in this record. Asked for is how many it "
                "has altogether: its header says so.",
                _what_is_here,
            ),
            (
                "You read the type of the record, 22, as that of a message. In a record it means "
                "handshake; which message, says the first byte of the message.",
                _content_type,
            ),
        ),
        hints=(
            "The first five bytes are the record header. Take them off with split_records.",
            "The fragment begins with a whole message. Its header says how long it is, so you know "
            "where the next one begins.",
            "The next one begins at 4 + length of the first. Its first byte is the type, and the "
            "three behind it are the length of its body.",
        ),
    ),
)


def _records(data: bytes) -> Iterable[RecordTuple]:
    return split_records(data)[0]
