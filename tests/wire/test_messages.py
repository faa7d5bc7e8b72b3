"""Every message decodes, encodes back to the same bytes, and its spans tile it."""

import re
import ssl
import typing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiles import assert_tiled

from tlslab import lab
from tlslab.errors import AlertName, ProtocolError
from tlslab.tls12 import messages as tls12
from tlslab.tls13 import messages as tls13
from tlslab.wire import extensions, framing, hello
from tlslab.wire.codec import Reader, Unfit
from tlslab.wire.framing import HANDSHAKE_HEADER_LENGTH
from tlslab.wire.presentation import (
    Enumerated,
    ListOf,
    Opaque,
    Rest,
    Struct,
    Structure,
    Uint,
    Vector,
    spans_of,
)
from tlslab.wire.registry import AlertDescription, AlertLevel, ExtensionType, KeyUpdateRequest

STRUCTURES = sorted(
    {
        kind
        for module in (framing, hello, extensions, tls12, tls13)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Structure) and "LAYOUT" in vars(kind)
        # An OpaqueExtension is what no declaration reads.
        if hasattr(kind, "NAME") and kind is not extensions.OpaqueExtension
    },
    key=lambda kind: (kind.__name__, kind.__module__),
)


@pytest.mark.parametrize("kind", STRUCTURES, ids=lambda kind: kind.__name__)
@given(data=st.binary(max_size=200))
def test_arbitrary_bytes_give_a_value_or_a_protocol_error(kind, data):
    assert_tiled(spans_of(kind, data), data)
    alert = ""
    try:
        assert kind.decode(data).encode() == data
    except ProtocolError as error:
        alert = error.alert
    assert alert in ("", "decode_error", "illegal_parameter")


def taken(kind, data):
    """What the quick way makes of the bytes; None if it finds nothing."""
    try:
        value, end = kind.take(data, 0, len(data))
    except (Unfit, ProtocolError):
        return None
    return value if end == len(data) else None


def read(kind, data):
    """What the way that names every field makes of them; None if it finds nothing."""
    reader = Reader(data, kind.NAME, [])
    try:
        value = kind.read(reader)
        reader.finish()
    except ProtocolError:
        return None
    return value


def damaged(data):
    """The bytes as they are, cut off everywhere, longer, and with each byte changed."""
    yield data
    yield data + b"\0"
    for at in range(len(data)):
        yield data[:at]
        for flip in (0x01, 0x80, 0xFF):
            yield data[:at] + bytes([data[at] ^ flip]) + data[at + 1 :]


@pytest.mark.parametrize("kind", STRUCTURES, ids=lambda kind: kind.__name__)
@given(data=st.binary(max_size=200))
def test_the_quick_way_takes_from_any_bytes_what_the_other_reads(kind, data):
    assert taken(kind, data) == read(kind, data)


@pytest.mark.parametrize("kind", STRUCTURES, ids=lambda kind: kind.__name__)
@settings(max_examples=2, deadline=None)
@given(data=st.data())
def test_the_quick_way_takes_from_damaged_values_what_the_other_reads(kind, data):
    for each in damaged(data.draw(structures(kind)).encode()):
        assert taken(kind, each) == read(kind, each)


@pytest.mark.parametrize("version", ["TLS 1.2", "TLS 1.3"])
def test_the_quick_way_takes_from_damaged_messages_what_the_other_reads(version):
    kinds = {kind.NAME: kind for kind in STRUCTURES if kind.__module__ != tls13.__name__}
    if version == "TLS 1.3":
        kinds |= {kind.NAME: kind for kind in STRUCTURES if kind.__module__ == tls13.__name__}
    messages = lab.handshake(seed=1, version=version).trace.messages()
    assert len(messages) > 5
    for message in messages:
        if not message.name.startswith(("change", "alert")):
            for each in damaged(message.raw[HANDSHAKE_HEADER_LENGTH:]):
                assert taken(kinds[message.name], each) == read(kinds[message.name], each)


def values(declared):
    """Any value that the declared type of a field can have."""
    match declared:
        case Uint(size=size):
            return st.integers(0, 256**size - 1)
        case Enumerated(codes=codes) if codes in (AlertLevel, KeyUpdateRequest):
            return st.sampled_from(list(codes))
        case Enumerated(codes=codes):
            return st.integers(0, 256 ** codes.octets() - 1).map(codes)
        case Opaque(length=length):
            return st.binary(min_size=length, max_size=length)
        case Vector(low=low, high=high):
            return st.binary(min_size=low, max_size=min(high, low + 40))
        case Rest():
            return st.binary(max_size=40)
        case ListOf(element=element, low=low):
            return st.lists(values(element), min_size=min(low, 1), max_size=3).map(tuple)
        case Struct(structure=structure):
            return structures(structure)
        case extensions.Extensions(bodies=bodies):
            types = st.sampled_from([*ExtensionType, ExtensionType(0x1234), ExtensionType(0x0A0A)])
            return st.lists(types, max_size=4, unique=True).flatmap(
                lambda types: st.tuples(
                    # Its place is the last one.
                    *(body_of(bodies, each) for each in sorted(types, key=is_pre_shared_key))
                )
            )


def is_pre_shared_key(extension_type):
    return extension_type is ExtensionType.pre_shared_key


def body_of(bodies, extension_type):
    if extension_type in bodies:
        return structures(bodies[extension_type])
    return values(Rest()).map(lambda data: extensions.OpaqueExtension(extension_type, data))


def structures(kind):
    if kind is extensions.ServerName:
        # At most one of each type.
        return structures(extensions.HostName).map(lambda name: kind((name,)))
    if kind is framing.ChangeCipherSpec:
        return st.just(kind())
    return st.builds(kind, *map(values, kind.LAYOUT.values()))


@pytest.mark.parametrize("kind", STRUCTURES, ids=lambda kind: kind.__name__)
@settings(max_examples=25)
@given(data=st.data())
def test_any_value_is_decoded_from_what_it_is_encoded_to(kind, data):
    value = data.draw(structures(kind))
    raw = value.encode()
    assert kind.decode(raw) == value
    spans = spans_of(kind, raw)
    assert_tiled(spans, raw)
    assert not [span for span in spans if span.path.endswith(".undecoded")]
    if issubclass(kind, framing.HandshakeMessage):
        whole = value.encode_handshake()
        assert framing.decode_handshake(kind, whole) == value
        assert_tiled(framing.handshake_spans(kind, whole), whole)


@given(
    random=st.binary(min_size=32, max_size=32),
    session_id=st.binary(max_size=32),
    suites=st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=20),
    types=st.dictionaries(st.integers(0x4000, 0xFFFE), st.binary(max_size=20), max_size=5),
)
def test_a_hello_with_unknown_values_and_grease_survives(random, session_id, suites, types):
    kinds = extensions.CLIENT_HELLO
    first = hello.ClientHello(
        hello.ProtocolVersion(0x0303),
        random,
        session_id,
        tuple(hello.CipherSuite(suite) for suite in suites),
        (hello.CompressionMethod(0),),
        tuple(
            extensions.OpaqueExtension(ExtensionType(number), body)
            for number, body in types.items()
            if number not in kinds
        ),
    )
    data = first.encode()
    assert hello.ClientHello.decode(data) == first
    assert hello.ClientHello.decode(data).encode() == data


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_openssls_own_client_hello_is_decoded_to_the_last_byte(version):
    context = ssl.create_default_context()
    context.maximum_version = version
    context.set_alpn_protocols(["h2", "http/1.1"])
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    connection = context.wrap_bio(incoming, outgoing, server_hostname="server.tlslab.test")
    with pytest.raises(ssl.SSLWantReadError):
        connection.do_handshake()
    body = outgoing.read()[framing.RECORD_HEADER_LENGTH + HANDSHAKE_HEADER_LENGTH :]
    decoded = hello.ClientHello.decode(body)
    assert decoded.encode() == body
    assert_tiled(spans_of(hello.ClientHello, body), body)
    (name,) = decoded.extension(extensions.ServerName).server_name_list
    assert name.host_name == b"server.tlslab.test"


def client_hello_with(suites=b"\x00\x02\x00\x9c", more=b"", session_id=b""):
    session_id = bytes([len(session_id)]) + session_id
    return b"\x03\x03" + bytes(32) + session_id + suites + b"\x01\x00" + more


EXTENDED_MASTER_SECRET = b"\x00\x17\x00\x00"
PRE_SHARED_KEY = bytes.fromhex("0029 002d 0008 0002 6d65 00000000 0021 20") + bytes(32)


@pytest.mark.parametrize(
    ("fits", "does_not"),
    [
        (client_hello_with(session_id=bytes(32)), client_hello_with(session_id=bytes(33))),
        # pre_shared_key stands last, and then does not.
        (
            client_hello_with(more=b"\x00\x35" + EXTENDED_MASTER_SECRET + PRE_SHARED_KEY),
            client_hello_with(more=b"\x00\x35" + PRE_SHARED_KEY + EXTENDED_MASTER_SECRET),
        ),
    ],
)
def test_the_quick_way_refuses_what_the_other_does(fits, does_not):
    assert taken(hello.ClientHello, fits) == read(hello.ClientHello, fits) is not None
    assert taken(hello.ClientHello, does_not) is None
    assert read(hello.ClientHello, does_not) is None


@pytest.mark.parametrize(
    ("data", "alert", "where", "reason"),
    [
        (client_hello_with(b"\x00\x07" + bytes(7)), "decode_error", "client_hello.cipher_suites",
         "7 bytes is not a whole number of suites"),
        (client_hello_with(b"\x00\x00"), "decode_error", "client_hello.cipher_suites",
         "0 bytes, but its bounds are <2..65534>"),
        (client_hello_with(more=b"\x00\x00!"), "decode_error", "client_hello",
         "1 bytes left over at the end"),
        (client_hello_with(more=b"\x00\x08" + 2 * b"\x00\x17\x00\x00"), "illegal_parameter",
         "client_hello.extensions.extended_master_secret", "this extension stands here twice"),
        (client_hello_with(more=b"\x00\x05\x00\x17\x00\x01!"), "decode_error",
         "client_hello.extensions.extended_master_secret", "1 bytes left over at the end"),
    ],
)  # fmt: skip
def test_an_error_says_what_is_wrong_and_where(data, alert, where, reason):
    with pytest.raises(ProtocolError) as caught:
        hello.ClientHello.decode(data)
    assert (caught.value.alert, caught.value.where) == (alert, where)
    assert caught.value.reason == reason


@pytest.mark.parametrize("kind", STRUCTURES, ids=lambda kind: kind.__name__)
def test_the_layout_has_the_fields_of_the_struct_in_the_docstring(kind):
    struct = re.search(r"struct \{(.*?)\} \w+;", kind.__doc__, re.DOTALL)
    if struct is None or kind in (framing.ChangeCipherSpec, extensions.HostName):
        pytest.skip("the RFC declares it without names for its fields")
    names = re.findall(r"(\w+)(?:\[[^]]*\]|<[^>]*>)?\s*;?\s*(?:\n|$)", struct[1])
    assert names == list(kind.LAYOUT)


@pytest.mark.parametrize("kind", STRUCTURES, ids=lambda kind: kind.__name__)
def test_the_layout_has_the_bounds_of_the_struct_in_the_docstring(kind):
    struct = re.search(r"struct \{(.*?)\} \w+;", kind.__doc__, re.DOTALL)
    named = re.findall(r"(\w+)<(\d+)\.\.(\d+)(?:\^(\d+)-(\d+))?>", struct[1] if struct else "")
    if kind is extensions.HostName:
        named = [(name.replace("HostName", "host_name"), *bounds) for name, *bounds in named]
    bounds = {
        name: (int(low), int(high) ** int(power or 1) - int(less or 0))
        for name, low, high, power, less in named
    }
    declared = {
        name: (0, 2**16 - 1) if isinstance(each, extensions.Extensions) else (each.low, each.high)
        for name, each in kind.LAYOUT.items()
        if isinstance(each, Vector | ListOf | extensions.Extensions)
    }
    assert bounds == declared


def test_every_alert_that_an_error_can_name_is_in_the_registry():
    assert set(typing.get_args(AlertName)) <= set(AlertDescription.__members__)


@pytest.mark.parametrize("role", ["trace", "server_trace"])
def test_the_spans_of_a_trace_tile_every_message_and_record(role):
    for suite in ("TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA"):
        for event in getattr(lab.handshake(seed=1, suite=suite), role):
            if hasattr(event, "spans"):
                assert_tiled(event.spans, event.raw)
            if getattr(event, "inner", b""):
                assert_tiled(event.inner_spans, event.inner)
