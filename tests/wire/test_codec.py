"""What does not fit is named with its field, on the way in and on the way out."""

import pytest

from tlslab.errors import LocalError, ProtocolError
from tlslab.wire.codec import Reader
from tlslab.wire.framing import handshake_spans
from tlslab.wire.presentation import ListOf, Opaque, Rest, Struct, Structure, Uint, Vector


def refusal(read, data):
    with pytest.raises(ProtocolError) as refused:
        read(Reader(data, "hello"))
    assert refused.value.alert == "decode_error"
    return f"{refused.value.where}: {refused.value.reason}"


@pytest.mark.parametrize(
    ("read", "data", "sentence"),
    [
        (lambda r: r.uint(2, "version"), b"\3", "hello.version: needs 2 bytes, 1 are left"),
        (lambda r: r.opaque(4, "random"), b"abc", "hello.random: needs 4 bytes, 3 are left"),
        (lambda r: r.vector(0, 9, "id"), b"\5abc", "hello.id: says 5 bytes, 3 are left"),
        (lambda r: r.vector(2, 9, "id"), b"\1a", "hello.id: 1 bytes, but its bounds are <2..9>"),
        (lambda r: r.vector(0, 1, "id"), b"\2ab", "hello.id: 2 bytes, but its bounds are <0..1>"),
        (lambda r: r.vector(0, 300, "id"), b"\0", "hello.id.length: needs 2 bytes, 1 are left"),
        (lambda r: r.finish(), b"ab", "hello: 2 bytes left over at the end"),
        (
            lambda r: r.enter(0, 9, "list").uint(2, "[0]"),
            b"\1ab",
            "hello.list[0]: needs 2 bytes, 1 are left",
        ),
    ],
)
def test_a_reader_says_where_and_why(read, data, sentence):
    assert refusal(read, data) == sentence


@pytest.mark.parametrize("noted", [True, False])
def test_a_reader_takes_the_same_with_and_without_spans(noted):
    data = bytes.fromhex("0102 03 616263 04 01ff 02aa 00")
    spans = [] if noted else None
    reader = Reader(data.replace(b" ", b""), "s", spans)
    assert reader.uint(2, "number") == 0x0102
    assert reader.vector(0, 255, "text") == b"abc"
    inner = reader.enter(0, 255, "list")
    found = []
    while inner.remaining:
        found.append(inner.opaque(2, f"[{len(found)}]"))
    inner.finish()
    assert found == [b"\x01\xff", b"\x02\xaa"]
    assert reader.take(1, "rest") == b"\0"
    reader.note("rest", 11, "a zero")
    reader.finish()
    if noted:
        assert [(span.path, span.start, span.end) for span in spans] == [
            ("s.number", 0, 2),
            ("s.text.length", 2, 3),
            ("s.text", 3, 6),
            ("s.list", 6, 11),
            ("s.list.length", 6, 7),
            ("s.list[0]", 7, 9),
            ("s.list[1]", 9, 11),
            ("s.rest", 11, 12),
        ]


def test_a_failed_read_takes_nothing():
    reader = Reader(b"abc", "s")
    with pytest.raises(ProtocolError):
        reader.take(4, "field")
    assert reader.take(3, "field") == b"abc"


def structure(**layout):
    """A structure of these fields."""

    class Hello(Structure):
        NAME = "hello"
        LAYOUT = layout

        def __init__(self, *values):
            self.__dict__.update(zip(layout, values, strict=True))

    return Hello


INNER = structure(id=Vector(0, 2), n=Uint(1))


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        (Uint(1), 256, "hello.field: 256 does not fit into 1 bytes"),
        (Uint(2), -1, "hello.field: -1 does not fit into 2 bytes"),
        (Opaque(32), b"abc", "hello.field: 3 bytes, it has to be 32"),
        (Vector(1, 9), b"", "hello.field: 0 bytes, but its bounds are <1..9>"),
        (Vector(0, 2), b"abc", "hello.field: 3 bytes, but its bounds are <0..2>"),
        (ListOf(Uint(1), 0, 2), (1, 2, 3), "hello.field: 3 bytes, but its bounds are <0..2>"),
        (ListOf(Uint(1), 0, 2), (1, 256), "hello.field[1]: 256 does not fit into 1 bytes"),
        (Struct(INNER), INNER(b"", 256), "hello.field.n: 256 does not fit into 1 bytes"),
        (
            ListOf(Struct(INNER), 0, 9),
            (INNER(b"", 1), INNER(b"abc", 2)),
            "hello.field[1].id: 3 bytes, but its bounds are <0..2>",
        ),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_its_field(kind, value, sentence):
    with pytest.raises(LocalError) as refused:
        structure(field=kind)(value).encode()
    assert str(refused.value) == sentence


def test_what_is_written_is_what_a_reader_reads():
    kind = structure(number=Uint(3), text=Vector(0, 2**16 - 1), two=Opaque(2), rest=Rest())
    assert kind(0x010203, b"abc", b"xy", b"rest").encode() == b"\1\2\3\0\3abcxyrest"


def test_a_handshake_message_that_no_declaration_reads_keeps_its_body_closed():
    raw = bytes.fromhex("fe000003616263")
    assert [(span.path, span.start, span.end) for span in handshake_spans(None, raw)] == [
        ("handshake.msg_type", 0, 1),
        ("handshake.length", 1, 4),
        ("handshake.body", 4, 7),
    ]
