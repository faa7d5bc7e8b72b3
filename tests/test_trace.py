"""The trace: what is reported is kept, in bounds; JSON gives it back; every secret is recomputed."""

import dataclasses
import hashlib
import hmac
import inspect
import json
import typing
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st
from in_memory import (
    CBC,
    CERTIFICATE_REQUEST,
    GCM,
    NULL,
    RSA_SUITES,
    SIDES,
    Pair,
    credential,
    handshake_message,
    handshake_record,
    other,
    records,
    say,
)
from states import pair_in_state

import tlslab
from tlslab.crypto.suites import SUITES
from tlslab.errors import LocalError
from tlslab.tls12.messages import HelloRequest
from tlslab.trace import (
    EVENT_TYPES,
    FORMAT,
    FORMAT_VERSION,
    Alert,
    Event,
    KeyLogged,
    KeysInstalled,
    Message,
    Negotiated,
    NullTrace,
    RandomDrawn,
    Record,
    RecordDetails,
    SecretDerived,
    Span,
    StateEntered,
    Trace,
    ValueReceived,
    Verified,
)
from tlslab.wire.registry import CipherSuite, ContentType

every_suite = pytest.mark.parametrize("suite", RSA_SUITES, ids=lambda suite: suite.name)
both_sides = pytest.mark.parametrize("role", SIDES)


def report(trace: NullTrace, event: Event) -> None:
    """Tell the trace what this event says, by the method that protocol code uses."""
    match event:
        case RandomDrawn():
            trace.random_drawn(event.name, event.value, event.section)
        case ValueReceived():
            trace.value_received(event.name, event.value, event.field, event.section)
        case SecretDerived():
            trace.secret_derived(
                event.name,
                event.value,
                event.operation,
                event.inputs,
                event.section,
                event.label,
                event.context,
            )
        case KeysInstalled():
            trace.keys_installed(event.sender, event.protection, event.keys)
        case Message():
            trace.message(
                event.sender,
                event.name,
                event.raw,
                lambda: event.spans,
                lambda: event.transcript_hash,
                event.records,
                event.protection,
            )
        case Record():
            trace.record(
                event.sender,
                event.number,
                event.content_type,
                event.raw,
                event.protection,
                event.sequence_number,
                event.plaintext,
                lambda: RecordDetails(
                    lambda: event.spans,
                    event.nonce,
                    event.additional_data,
                    event.inner,
                    lambda: event.inner_spans,
                ),
            )
        case Negotiated():
            trace.negotiated(event.name, event.value, event.section)
        case Verified():
            trace.verified(event.what, event.detail, event.section)
        case StateEntered():
            trace.state_entered(event.name)
        case Alert():
            trace.alert(
                event.sender,
                event.level,
                event.description,
                event.reason,
                event.where,
                event.section,
            )
        case KeyLogged():
            trace.key_logged(event.label, event.identifier, event.secret)


def conversation(suite: CipherSuite, *, seed: int | str = 1) -> Pair:
    """A handshake, data both ways in several records, an offer to renegotiate, and closure."""
    pair = Pair(suite, seed=seed, traced=True).connected()
    for sender in SIDES:
        pair[sender].send(bytes(20_000))
        pair[sender].send(b"the last")
    pair.carry()
    pair.give("client", say(pair.server, HelloRequest().encode_handshake()))
    pair.carry()
    pair.client.close()
    pair.carry()
    return pair


@cache
def traces(suite: CipherSuite) -> dict[str, Trace]:
    return conversation(suite).traces


def failed(role: str) -> Trace:
    """The trace of a side that could not open a record."""
    pair = Pair(CBC, traced=True).connected()
    with pytest.raises(tlslab.ProtocolError, match="bad_record_mac"):
        pair.give(role, b"\x17\x03\x03\x00\x50" + bytes(80))
    return pair.traces[role]


# -- what is reported is what is kept -----------------------------------------------------------

SPANS = st.lists(
    st.builds(Span, st.text(), st.integers(), st.integers(), st.text(), st.booleans()), max_size=3
).map(tuple)
STRATEGIES: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=20),
    bytes: st.binary(max_size=20),
    int: st.integers(),
    tuple[str, ...]: st.lists(st.text(max_size=5), max_size=3).map(tuple),
    tuple[int, ...]: st.lists(st.integers(), max_size=3).map(tuple),
    tuple[Span, ...]: SPANS,
}
EVENTS = st.one_of(
    *(
        st.builds(
            kind, **{field.name: STRATEGIES[field.type] for field in dataclasses.fields(kind)}
        )
        for kind in EVENT_TYPES
    )
)


@given(st.lists(EVENTS, max_size=8))
def test_whatever_is_reported_is_an_event_in_the_same_order(events: list[Event]):
    trace = Trace("client")
    for event in events:
        report(trace, event)
    assert list(trace) == events
    assert trace.events == tuple(events)
    assert len(trace) == len(events)
    assert repr(trace) == f"<Trace of the client: {len(events)} events>"


def public_methods(kind: type) -> dict[str, Callable[..., Any]]:
    return {n: m for n, m in vars(kind).items() if inspect.isfunction(m) and n[0] != "_"}


def test_a_null_trace_has_the_methods_of_a_trace_with_the_same_signatures():
    reports = public_methods(NullTrace)
    assert len(reports) == len(EVENT_TYPES) + 1  # and transcript_started
    for name, method in reports.items():
        assert inspect.signature(vars(Trace)[name]) == inspect.signature(method), name


def test_a_null_trace_keeps_nothing_and_makes_no_spans():
    def never() -> Any:
        raise AssertionError("nobody wants to know")

    trace = NullTrace()
    assert not hasattr(trace, "__dict__")
    trace.message("client", "finished", b"", never, never, (), "none")
    trace.record("client", 0, "alert", b"", "none", 0, b"", never)
    trace.transcript_started(lambda: (b"",))
    for event in traces(GCM)["client"]:
        report(trace, event)
    assert not hasattr(trace, "events")


def test_whether_somebody_watches_makes_no_difference_to_the_wire():
    watched, alone = (Pair(GCM, traced=traced).connected() for traced in (True, False))
    assert watched.sent == alone.sent


def test_traces_are_equal_when_role_events_and_gaps_are():
    event = StateEntered("WaitServerHello")
    first, second, server, other_event = (
        Trace("client"),
        Trace("client"),
        Trace("server"),
        Trace("client"),
    )
    for trace in (first, second, server):
        report(trace, event)
    report(other_event, StateEntered("Closed"))
    assert first == second
    assert first != server
    assert first != other_event
    assert first != list(first)
    second.dropped = 1
    assert first != second
    with pytest.raises(TypeError, match="unhashable"):
        hash(first)


def test_events_are_asked_for_by_kind_and_messages_by_name():
    trace = traces(GCM)["client"]
    assert trace.of(Message) == [event for event in trace if type(event) is Message]
    assert trace.messages() == trace.of(Message)
    assert [m.sender for m in trace.messages("finished")] == ["client", "server"]
    assert trace.messages("no such message") == []


def test_a_value_is_asked_for_by_name():
    trace = Trace("client")
    trace.random_drawn("client_random", b"drawn", "")
    trace.value_received("server_random", b"received", "", "")
    trace.secret_derived("master_secret", b"derived", "", (), "")
    trace.secret_derived("master_secret", b"a later one", "", (), "")
    assert trace.value("client_random") == b"drawn"
    assert trace.value("server_random") == b"received"
    assert trace.value("master_secret") == b"derived"


@both_sides
def test_an_unknown_value_is_a_local_error_that_lists_all_names(role: str):
    trace = traces(GCM)[role]
    with pytest.raises(LocalError) as caught:
        trace.value("early_secret")
    assert str(caught.value).startswith("the trace has no value called 'early_secret'; it has: ")
    listed = str(caught.value).partition("it has: ")[2].split(", ")
    assert listed == sorted(
        {
            event.name
            for event in trace
            if hasattr(event, "value") and not isinstance(event, Negotiated)
        }
    )
    assert {"client_random", "server_random", "master_secret", "key_block"} < set(listed)
    with pytest.raises(LocalError, match="it has: none$"):
        Trace("client").value("client_random")


def test_the_field_of_a_span_is_its_path_without_positions():
    assert Span("client_hello.cipher_suites[12]", 0, 2, "").field == "client_hello.cipher_suites"
    assert Span("a[0].b[1].c", 0, 2, "").field == "a.b.c"
    assert Span("alert.level", 0, 1, "").field == "alert.level"


# -- spans are made when somebody looks, and once -----------------------------------------------


def test_spans_are_made_when_somebody_looks_and_only_once():
    calls = []

    def annotate() -> tuple[Span, ...]:
        calls.append(1)
        return (Span("alert", 0, 2, ""),)

    trace = Trace("client")
    trace.message("client", "alert", b"\1\0", annotate, bytes, (0,), "none")
    assert calls == []
    assert trace.events == trace.events
    assert calls == [1]


def test_to_look_for_something_makes_the_spans_of_that_alone():
    made = []

    def note(name: str) -> Callable[[], tuple[Span, ...]]:
        return lambda: made.append(name) or ()

    trace = Trace("client")
    trace.secret_derived("master_secret", b"m", "PRF", (), "RFC 5246 §8.1")
    for name in ("client_hello", "server_hello"):
        trace.message("client", name, b"", note(name), bytes, (0,), "none")
    assert trace.value("master_secret") == b"m"
    assert trace.key_log() == ""
    assert made == []
    (found,) = trace.messages("server_hello")
    assert made == ["server_hello"]
    assert [message.name for message in trace.of(Message)] == ["client_hello", "server_hello"]
    assert made == ["server_hello", "client_hello"]
    assert found is trace.events[2]


def test_spans_that_nobody_looks_at_are_never_made():
    trace = Trace("client", max_events=0)
    wanted = []

    def annotate() -> tuple[Span, ...]:
        wanted.append(1)
        return ()

    for _ in range(1000):
        trace.message("client", "alert", b"", annotate, bytes, (), "none")
    assert len(trace.events) == Trace.TAIL == len(wanted)


# -- bounds -------------------------------------------------------------------------------------


def numbered(count: int, trace: Trace) -> Trace:
    for number in range(count):
        trace.state_entered(str(number))
    return trace


def names(trace: Trace) -> list[int]:
    return [int(event.name) for event in trace.of(StateEntered)]


@pytest.mark.parametrize(
    ("count", "dropped"), [(0, 0), (99, 0), (100, 0), (101, 0), (356, 0), (357, 1), (5_000, 4_644)]
)
def test_the_first_events_are_kept_and_the_latest_and_those_between_are_counted(count, dropped):
    trace = numbered(count, Trace("client", max_events=100))
    assert Trace.TAIL == 256
    assert trace.dropped == dropped
    assert len(trace) == len(trace.events) == count - dropped
    assert names(trace) == [*range(min(count, 100)), *range(min(count, 100) + dropped, count)]


def of_size(size: int, trace: Trace) -> None:
    trace.message("client", "finished", bytes(size), tuple, bytes, (), "none")


def test_the_head_holds_what_fits_in_max_bytes_and_then_only_the_tail_moves():
    trace = Trace("client", max_bytes=100)
    of_size(60, trace)
    of_size(40, trace)
    assert not trace._tail
    of_size(1, trace)
    # What has no bytes would still fit, but then the order would be wrong.
    trace.state_entered("0")
    assert [type(event).__name__ for event in trace] == ["Message"] * 3 + ["StateEntered"]
    for _ in range(Trace.TAIL):
        of_size(1000, trace)
    assert trace.dropped == 2
    assert [len(m.raw) for m in trace.messages()] == [60, 40] + [1000] * Trace.TAIL


def test_a_record_counts_with_its_content_and_what_was_enciphered():
    def details() -> RecordDetails:
        return RecordDetails(tuple, inner=bytes(30))

    for room, in_head in ((60, 1), (59, 0)):
        trace = Trace("client", max_bytes=room)
        trace.record("client", 0, "alert", bytes(20), "none", 0, bytes(10), details)
        assert len(trace._head) == in_head
        assert len(trace) == 1


def test_a_long_connection_fills_neither_the_memory_nor_hides_its_end():
    pair = Pair(GCM, traced=True).connected()
    trace = pair.traces["server"]
    trace.max_events = len(trace)
    for _ in range(1000):
        pair.client.send(b"x")
        pair.carry()
    pair.client.close()
    pair.carry()
    assert trace.dropped > 500
    assert len(trace) == trace.max_events + Trace.TAIL
    assert trace.messages("client_hello")
    assert trace.events[-1] == StateEntered("Closed")
    assert "1000" not in repr(trace)


def test_unless_somebody_says_otherwise_a_trace_is_bounded():
    defaults = {n: p.default for n, p in inspect.signature(Trace).parameters.items()}
    assert defaults["max_events"] == 50_000
    assert defaults["max_bytes"] == 2**28


# -- JSON ---------------------------------------------------------------------------------------


@settings(max_examples=50)
@given(st.lists(EVENTS, max_size=8), st.sampled_from(SIDES), st.integers(0))
def test_json_gives_an_equal_trace_back(events: list[Event], role: str, dropped: int):
    trace = Trace(role)
    for event in events:
        report(trace, event)
    trace.dropped = dropped
    again = Trace.from_json(trace.to_json())
    assert again == trace
    assert [type(event) for event in again] == [type(event) for event in events]
    assert again.to_json() == trace.to_json()


@every_suite
@both_sides
def test_json_gives_the_trace_of_a_connection_back(suite: CipherSuite, role: str):
    trace = traces(suite)[role]
    again = Trace.from_json(trace.to_json())
    assert again == trace
    assert again.role == role
    assert again.value("master_secret") == trace.value("master_secret")


def test_json_gives_a_trace_with_a_gap_back():
    trace = numbered(1000, Trace("server", max_events=10))
    again = Trace.from_json(trace.to_json())
    assert again == trace
    assert again.dropped == 1000 - 10 - Trace.TAIL


def as_anybody_would(value: Any) -> Any:
    """An event's field as JSON: bytes in hex, a span as a list, everything else as it is."""
    if isinstance(value, bytes):
        return value.hex()
    return [as_anybody_would(item) for item in value] if isinstance(value, tuple) else value


@both_sides
def test_the_json_says_what_the_events_say_for_programs_in_other_languages(role: str):
    trace = traces(CBC)[role]
    document = json.loads(trace.to_json())
    assert list(document) == ["format", "version", "role", "dropped", "events"]
    assert (
        (document["format"], document["version"]) == (FORMAT, FORMAT_VERSION) == ("tlslab-trace", 1)
    )
    assert (document["role"], document["dropped"]) == (role, 0)
    for event, item in zip(trace, document["events"], strict=True):
        said = {f.name: as_anybody_would(getattr(event, f.name)) for f in dataclasses.fields(event)}
        assert item == {"event": type(event).__name__, **said}


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(JSON_VALUES)
def test_json_of_something_else_is_a_local_error(value: Any):
    with pytest.raises(LocalError, match="not a tlslab-trace"):
        Trace.from_json(json.dumps(value))


@given(st.text() | st.binary())
def test_what_is_no_json_is_a_local_error(text: str):
    with pytest.raises(LocalError, match="not a tlslab-trace"):
        Trace.from_json(text)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"a":' * 100_000, None, 1, "1" * 5000])
def test_junk_of_a_difficult_kind_is_a_local_error(text: Any):
    with pytest.raises(LocalError, match="not a tlslab-trace"):
        Trace.from_json(text)


@pytest.mark.parametrize(("field", "value"), [("format", "har"), ("version", 2), ("version", None)])
def test_another_format_or_version_is_named(field: str, value: Any):
    document = {**json.loads(Trace("client").to_json()), field: value}
    with pytest.raises(LocalError, match=f"not a tlslab-trace of version 1: .*{value!r}"):
        Trace.from_json(json.dumps(document))


@cache
def small_document() -> str:
    """A trace with one event of each kind, as JSON."""
    trace = Trace("client")
    for kind in EVENT_TYPES:
        report(trace, (traces(CBC)["client"].of(kind) or failed("client").of(kind))[0])
    assert len(trace) == len(EVENT_TYPES)
    return trace.to_json()


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something stands in a document: the keys that lead there."""
    inside = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [path, *(place for key, item in inside for place in places(item, (*path, key)))]


def has_type(value: Any, declared: Any) -> bool:
    if declared is Span:
        kinds = typing.get_type_hints(Span).values()
        return isinstance(value, Span) and all(map(has_type, value, kinds))
    if typing.get_origin(declared) is tuple:
        kind = typing.get_args(declared)[0]
        return isinstance(value, tuple) and all(has_type(item, kind) for item in value)
    return type(value) is declared


@settings(max_examples=300)
@given(st.data())
def test_a_damaged_trace_is_refused_or_is_a_trace_all_the_same(data: st.DataObject):
    document = json.loads(small_document())
    *path, last = data.draw(st.sampled_from(places(document)[1:]))
    inside = document
    for key in path:
        inside = inside[key]
    if data.draw(st.booleans()):
        inside[last] = data.draw(JSON_VALUES)
    else:
        del inside[last]
    try:
        trace = Trace.from_json(json.dumps(document))
    except LocalError:
        return
    assert has_type(trace.role, str)
    assert has_type(trace.dropped, int)
    for event in trace:
        hints = typing.get_type_hints(type(event))
        for field in dataclasses.fields(event):
            assert has_type(getattr(event, field.name), hints[field.name])
    assert Trace.from_json(trace.to_json()) == trace


@given(st.data())
def test_a_trace_that_is_cut_short_is_a_local_error(data: st.DataObject):
    text = small_document()
    with pytest.raises(LocalError):
        Trace.from_json(text[: data.draw(st.integers(0, len(text) - 1))])


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("RandomDrawn", "value", "0g"),
        ("RandomDrawn", "value", 5),
        ("RandomDrawn", "name", None),
        ("Message", "records", "12"),
        ("Message", "records", ["1"]),
        ("Message", "spans", [["path", 0, 2, "value"]]),
        ("Message", "spans", [["path", 0, 2, "value", 1]]),
        ("Message", "spans", ["abcde"]),
        ("Message", "spans", [{}]),
        ("Record", "number", True),
        ("Record", "number", 1.0),
        ("SecretDerived", "inputs", {"master_secret": 1}),
    ],
)
def test_a_field_of_the_wrong_kind_is_a_local_error(kind: str, field: str, value: Any):
    document = json.loads(small_document())
    (event,) = (event for event in document["events"] if event["event"] == kind)
    assert field in event
    event[field] = value
    with pytest.raises(LocalError, match="not a tlslab-trace"):
        Trace.from_json(json.dumps(document))


# -- what the trace of a connection says --------------------------------------------------------


@every_suite
@both_sides
def test_every_input_of_a_secret_is_an_earlier_event_of_the_same_trace(
    suite: CipherSuite, role: str
):
    known: set[str] = set()
    derived = 0
    for event in traces(suite)[role]:
        if isinstance(event, SecretDerived):
            derived += 1
            assert event.inputs, event.name
            assert set(event.inputs) <= known, event.name
        if isinstance(event, RandomDrawn | ValueReceived | SecretDerived):
            known.add(event.name)
        if isinstance(event, KeysInstalled):
            assert event.keys
            assert set(event.keys) <= known
    assert derived >= 7


def prf(secret: bytes, label: bytes, seed: bytes, length: int, hash_name: str) -> bytes:
    """RFC 5246 §5, from hmac alone: A(i) as a list first, then the outputs."""
    a = [label + seed]
    while len(a) <= length // hashlib.new(hash_name).digest_size + 1:
        a.append(hmac.new(secret, a[-1], hash_name).digest())
    output = b"".join(hmac.new(secret, each + label + seed, hash_name).digest() for each in a[1:])
    return output[:length]


@every_suite
@both_sides
def test_every_secret_can_be_recomputed_from_the_events_before_it(suite: CipherSuite, role: str):
    """With hmac, hashlib and `pow` alone, and with the private key where the server used it."""
    trace = traces(suite)[role]
    parameters = SUITES[suite]
    hash_name = parameters.prf_hash
    private = credential().private_key.private_numbers()
    n, e, d = private.public_numbers.n, private.public_numbers.e, private.d
    size = (n.bit_length() + 7) // 8
    cuts = {}
    position = 0
    for what, length in (
        ("MAC_key", parameters.mac_key_length),
        ("key", parameters.enc_key_length),
        ("IV", parameters.fixed_iv_length),
    ):
        for side in SIDES:
            cuts[f"{side}_write_{what}"] = slice(position, position + length)
            position += length

    transcript = b""
    values: dict[str, bytes] = {}
    recomputed: set[str] = set()
    for event in trace:
        if isinstance(event, Message) and event.name not in ("change_cipher_spec", "alert"):
            transcript += event.raw
        if isinstance(event, RandomDrawn | ValueReceived):
            values[event.name] = event.value
        if not isinstance(event, SecretDerived):
            continue
        inputs = [values[name] for name in event.inputs]
        match event.name:
            case "premaster_secret" if role == "client":
                expected = b"\3\3" + inputs[0]
                assert event.context == b"\3\3"
            case "premaster_secret":
                block = pow(int.from_bytes(inputs[0], "big"), d, n).to_bytes(size, "big")
                assert block[:2] == b"\0\2"
                expected = block[block.index(b"\0", 2) + 1 :]
            case "encrypted_premaster_secret":
                block = b"\0\2" + inputs[1] + b"\0" + inputs[0]
                expected = pow(int.from_bytes(block, "big"), e, n).to_bytes(size, "big")
            case "master_secret":
                expected = prf(
                    inputs[0], event.label.encode(), inputs[1] + inputs[2], 48, hash_name
                )
                assert event.label == "master secret"
            case "key_block":
                expected = prf(
                    inputs[0], event.label.encode(), inputs[1] + inputs[2], position, hash_name
                )
                assert event.label == "key expansion"
            case "client_verify_data" | "server_verify_data":
                before = transcript
                if event.name[:6] != role:  # the Finished that came is not about itself
                    finished = [m for m in trace.messages("finished") if m.sender == event.name[:6]]
                    before = transcript.removesuffix(finished[0].raw)
                assert event.context == hashlib.new(hash_name, before).digest()
                expected = prf(inputs[0], event.label.encode(), event.context, 12, hash_name)
                assert event.label == f"{event.name[:6]} finished"
            case name:
                assert event.inputs == ("key_block",)
                cut = cuts[name]
                assert event.operation == f"bytes {cut.start} to {cut.stop}"
                expected = inputs[0][cut]
        assert event.value == expected, event.name
        values[event.name] = event.value
        recomputed.add(event.name)
    assert recomputed >= {
        "premaster_secret",
        "master_secret",
        "key_block",
        "client_verify_data",
        "server_verify_data",
        *(name for name, cut in cuts.items() if cut.start < cut.stop),
    }


@every_suite
@both_sides
def test_the_transcript_hash_of_a_message_is_the_hash_of_all_handshake_messages_up_to_it(
    suite, role
):
    hash_name = SUITES[suite].prf_hash
    transcript = b""
    counted = []
    connected = False
    for event in traces(suite)[role]:
        if event == StateEntered("Connected"):
            connected = True
        if not isinstance(event, Message):
            continue
        if event.name in ("change_cipher_spec", "alert", "hello_request"):
            assert event.transcript_hash == b"", event.name
        else:
            assert not connected
            transcript += event.raw
            assert event.transcript_hash == hashlib.new(hash_name, transcript).digest(), event.name
            counted.append(event.name)
    assert counted == [
        "client_hello",
        "server_hello",
        "certificate",
        "server_hello_done",
        "client_key_exchange",
        "finished",
        "finished",
    ]


def test_a_hello_request_and_a_warning_before_the_server_hello_do_not_shift_the_hashes():
    pair = Pair(GCM, traced=True)
    pair.give("server", pair.take("client"))
    warning = say(pair.server, b"\1\x5a", ContentType.alert)
    pair.give("client", warning)
    pair.connected()
    trace = pair.traces["client"]
    assert [m.name for m in trace.of(Message)][:3] == ["client_hello", "alert", "server_hello"]
    hello, alert, server_hello = trace.of(Message)[:3]
    assert hello.transcript_hash == hashlib.sha256(hello.raw).digest()
    assert alert.transcript_hash == b""
    assert server_hello.transcript_hash == hashlib.sha256(hello.raw + server_hello.raw).digest()


def test_before_the_suite_is_chosen_no_message_has_a_hash():
    pair = Pair(GCM, traced=True)
    (hello,) = pair.traces["client"].messages()
    assert hello.transcript_hash == b""
    with pytest.raises(tlslab.ProtocolError, match="protocol_version"):
        pair.give(
            "client", handshake_record(handshake_message(2, b"\3\1" + bytes(32) + b"\0\0\x9c\0"))
        )
    assert all(message.transcript_hash == b"" for message in pair.traces["client"].messages())


def assert_tiled(spans: tuple[Span, ...], data: bytes) -> None:
    """The leaves of `spans` cover `data` with no hole and no overlap; the others hold leaves."""
    leaves = [span for span in spans if span.leaf]
    position = 0
    for leaf in leaves:
        assert leaf.start == position <= leaf.end, leaf
        position = leaf.end
    assert position == len(data)
    edges = {span.start for span in leaves} | {span.end for span in leaves}
    for span in spans:
        assert {span.start, span.end} <= edges, span
    assert len({span.path for span in spans}) == len(spans)


def assert_all_tiled(trace: Trace) -> None:
    for message in trace.of(Message):
        assert_tiled(message.spans, message.raw)
    for record in trace.of(Record):
        assert_tiled(record.spans, record.raw)
        assert_tiled(record.inner_spans, record.inner)


@every_suite
@both_sides
def test_the_leaf_spans_tile_every_message_and_every_record_outside_and_inside(suite, role):
    trace = traces(suite)[role]
    assert_all_tiled(trace)
    has_inside = any(record.inner for record in trace.of(Record))
    assert has_inside == ("GCM" not in suite.name)


@both_sides
def test_the_leaf_spans_tile_a_record_that_could_not_be_opened(role: str):
    trace = failed(role)
    assert_all_tiled(trace)
    record = next(r for r in trace.of(Record) if len(r.raw) == 85)
    assert (record.plaintext, record.sender) == (b"", other(role))


@every_suite
def test_the_content_of_a_record_stands_where_the_inner_spans_say(suite: CipherSuite):
    for record in traces(suite)["client"].of(Record):
        if record.inner:
            (content,) = (s for s in record.inner_spans if s.path == "fragment.content")
            assert record.inner[content.start : content.end] == record.plaintext


@every_suite
@both_sides
def test_the_records_that_a_message_names_carried_it(suite: CipherSuite, role: str):
    trace = traces(suite)[role]
    carried = {(record.sender, record.number): record for record in trace.of(Record)}
    for message in trace.of(Message):
        content = b"".join(carried[message.sender, n].plaintext for n in message.records)
        assert message.raw in content
        for n in message.records:
            assert carried[message.sender, n].protection == message.protection


@every_suite
@both_sides
def test_records_are_numbered_in_each_direction_and_by_the_keys(suite: CipherSuite, role: str):
    for sender in SIDES:
        sent = [record for record in traces(suite)[role].of(Record) if record.sender == sender]
        assert [record.number for record in sent] == list(range(len(sent)))
        for protection in ("none", suite.name):
            under = [record.sequence_number for record in sent if record.protection == protection]
            assert under == list(range(len(under)))
            assert under


@every_suite
def test_both_sides_saw_the_same_bytes(suite: CipherSuite):
    pair = Pair(suite, traced=True).connected()
    pair.client.send(b"data")
    pair.server.close()
    pair.carry()
    for sender in SIDES:
        for kind in (Record, Message):
            ours, theirs = (
                [event.raw for event in pair.traces[role].of(kind) if event.sender == sender]
                for role in SIDES
            )
            assert ours == theirs
            assert len(ours) >= 5


def test_the_raw_records_of_a_trace_are_the_stream():
    pair = conversation(CBC)
    for trace in pair.traces.values():
        stream = b"".join(r.raw for r in trace.of(Record) if r.sender == "client")
        assert stream == pair.sent["client"]


def test_a_client_without_a_certificate_is_hashed_with_its_empty_certificate():
    pair = Pair(GCM, traced=True)
    pair.give("server", pair.take("client"))
    *flight, done = map(bytes, records(pair.take("server")))
    request = handshake_record(CERTIFICATE_REQUEST.encode_handshake())
    pair.give("client", b"".join(flight) + request + done)
    trace = pair.traces["client"]
    messages = [m for m in trace.of(Message) if m.name != "change_cipher_spec"]
    transcript = b"".join(message.raw for message in messages)
    assert messages[-1].transcript_hash == hashlib.sha256(transcript).digest()
    assert [m.name for m in messages].count("certificate") == 2


# -- the key log --------------------------------------------------------------------------------


@every_suite
def test_the_key_log_has_the_lines_of_the_nss_format_and_is_the_same_on_both_sides(
    suite: CipherSuite,
):
    """https://www.ietf.org/archive/id/draft-ietf-tls-keylogfile, and NSS's RSA lines."""
    trace = traces(suite)["client"]
    premaster, master = (trace.value(name).hex() for name in ("premaster_secret", "master_secret"))
    exchange = trace.messages("client_key_exchange")[0].raw
    (hello,) = trace.messages("client_hello")
    assert trace.key_log() == (
        f"RSA {exchange[6:14].hex()} {premaster}\nCLIENT_RANDOM {hello.raw[6:38].hex()} {master}\n"
    )
    assert traces(suite)["server"].key_log() == trace.key_log()
    assert (len(premaster), len(master)) == (96, 96)


def test_a_connection_without_secrets_has_an_empty_key_log():
    assert Pair(traced=True).traces["client"].key_log() == ""


# -- alerts and states --------------------------------------------------------------------------


@both_sides
def test_the_reason_of_an_alert_stands_in_the_trace_of_its_sender_alone(role: str):
    pair = pair_in_state(role, "WaitFinished", traced=True)
    with pytest.raises(tlslab.ProtocolError) as caught:
        pair.give(role, say(pair[other(role)], handshake_message(20, bytes(12))))
    error = caught.value
    with pytest.raises(tlslab.AlertReceived):
        pair.give(other(role), pair.take(role))
    (ours,) = pair.traces[role].of(Alert)
    assert ours == Alert(role, "fatal", error.alert, error.reason, error.where, error.section)
    assert error.alert == "decrypt_error"
    (theirs,) = pair.traces[other(role)].of(Alert)
    assert theirs == Alert(role, "fatal", error.alert, "", "", "")


@both_sides
def test_what_was_verified_and_negotiated_is_told(role: str):
    trace = (
        Pair(GCM, traced=True, client={"alpn": (b"h2",)}, server={"alpn": (b"h2",)})
        .connected()
        .traces[role]
    )
    said = {event.name: event.value for event in trace.of(Negotiated)}
    expected = {"version": "TLS 1.2", "cipher_suite": GCM.name, "alpn_protocol": "h2"}
    if role == "server":
        expected["server_name"] = "server.tlslab.test"
    assert said == expected
    checks = [event.what for event in trace.of(Verified)]
    assert checks == (["server certificate"] if role == "client" else []) + ["finished"]
    if role == "client":
        leaf = x509.load_der_x509_certificate(credential().certificate_chain[0])
        (detail,) = (e.detail for e in trace.of(Verified) if e.what == "server certificate")
        assert leaf.subject.rfc4514_string() in detail
        assert leaf.issuer.rfc4514_string() in detail


@pytest.mark.parametrize("suite", [GCM, CBC, NULL], ids=lambda suite: suite.name)
@both_sides
def test_keys_are_installed_between_change_cipher_spec_and_finished(suite: CipherSuite, role: str):
    told: list[tuple[str, str]] = []
    for event in traces(suite)[role]:
        if isinstance(event, Message) and event.name in ("change_cipher_spec", "finished"):
            told.append((event.sender, event.name))
        elif isinstance(event, KeysInstalled):
            assert event.protection == suite.name
            assert all(key.startswith(event.sender) for key in event.keys)
            told.append((event.sender, "keys"))
    assert told == [
        (sender, what) for sender in SIDES for what in ("change_cipher_spec", "keys", "finished")
    ]
