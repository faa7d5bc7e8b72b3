"""The ladder: a rung for each message or piece of one, and every byte of it in exactly one field.

What the rungs must be is worked out here from the bytes on the wire: the handshake messages of a
direction are one stream, cut by the messages' own lengths and by the ends of the records.
"""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from in_memory import (
    CBC,
    GCM,
    NULL,
    RSA_SUITES,
    Pair,
    RawRecord,
    other,
    records,
    say,
)
from states import pair_in_state

from tlslab import lab
from tlslab.crypto.suites import SUITES, CipherType
from tlslab.trace import Message, Record, Trace
from tlslab.view.ladder import HEADER, Bytes, Ladder, Protection, Rung, bytes_of, ladder
from tlslab.wire.registry import ContentType, HandshakeType

every_suite = pytest.mark.parametrize("suite", RSA_SUITES, ids=lambda suite: suite.name)
LONG = b"much to say " * 4000  # three records


# -- what must come out --------------------------------------------------------------------------


def pieces(trace: Trace) -> list[tuple]:
    """(sender, record, name, place in the content, first byte, end) of each rung, from the wire."""
    content = trace.of(Record)
    whole: dict[str, bytes] = {"client": b"", "server": b""}
    for record in content:
        if record.content_type == "handshake":
            whole[record.sender] += record.plaintext
    bounds: dict[str, list[tuple[int, int, str]]] = {"client": [], "server": []}
    for sender, stream in whole.items():
        start = 0
        while start < len(stream):
            end = start + 4 + int.from_bytes(stream[start + 1 : start + 4], "big")
            bounds[sender].append((start, end, HandshakeType(stream[start]).name))
            start = end
    position = {"client": 0, "server": 0}
    found = []
    for record in content:
        sender, length = record.sender, len(record.plaintext)
        if record.content_type != "handshake":
            found.append((sender, record.number, record.content_type, 0, 0, length))
            continue
        first = position[sender]
        position[sender] = last = first + length
        for start, end, name in bounds[sender]:
            if max(start, first) < min(end, last):
                place = max(start, first) - first
                part = (max(start, first) - start, min(end, last) - start)
                found.append((sender, record.number, name, place, *part))
    return found


def shown(rungs: Ladder) -> list[tuple]:
    return [(r.sender, r.record.number, r.name, r.content_at, *r.part) for r in rungs]


def assert_tiled(view: Bytes) -> None:
    """No hole, no overlap, nothing beyond the end; and what has parts lies around its parts."""
    position = 0
    for span in view.spans:
        assert 0 <= span.start <= span.end <= len(view.raw), span
        if span.leaf:
            assert span.start == position, (view.title, span)
            position = span.end
    assert position == len(view.raw), view.title


def assert_every_byte_is_named(trace: Trace) -> None:
    rungs = ladder(trace)
    seen = set()
    for rung in rungs:
        views = bytes_of(rungs, rung)
        for view in views:
            assert_tiled(view)
        assert views[0].raw == rung.record.raw
        if rung.record.protection != "none" and rung.record.plaintext:
            content = views[1].raw[: len(rung.record.plaintext)]
            assert content == rung.record.plaintext
        seen.add(id(rung.record))
    assert seen == {id(record) for record in trace.of(Record)}


def own_place(rung: Rung) -> tuple[int, int]:
    """Which of `bytes_of` has the rung's fields, and where the rung begins in it."""
    if rung.record.protection == "none":
        return 0, HEADER + rung.content_at
    return 1, rung.content_at


def assert_fields_are_the_messages(trace: Trace) -> None:
    """Each field of each message, put together from the records that it is in, is the field."""
    rungs = ladder(trace)
    for message in trace.of(Message):
        found = [b""] * len(message.spans)
        parts = [rung for rung in rungs if rung.message is message]
        assert [part.part for part in parts] == sorted(part.part for part in parts)
        assert parts[0].part[0] == 0
        assert parts[-1].part[1] == len(message.raw)
        assert all(a.part[1] == b.part[0] for a, b in pairwise(parts))
        for rung in parts:
            index, start = own_place(rung)
            view = bytes_of(rungs, rung)[index]
            assert view.raw[start : start + rung.length] == message.raw[slice(*rung.part)]
            shift = start - rung.part[0]
            inside = {
                (span.path, span.start, span.end, span.leaf)
                for span in view.spans
                if start <= span.start and span.end <= start + rung.length
            }
            for index, span in enumerate(message.spans):
                first, last = max(span.start, rung.part[0]), min(span.end, rung.part[1])
                if first < last:
                    assert (span.path, first + shift, last + shift, span.leaf) in inside
                    found[index] += view.raw[first + shift : last + shift]
        for span, raw in zip(message.spans, found, strict=True):
            assert raw == message.raw[span.start : span.end], span


def assert_right(trace: Trace) -> None:
    rungs = ladder(trace)
    assert shown(rungs) == pieces(trace)
    assert [rung.number for rung in rungs] == list(range(1, len(rungs) + 1))
    assert_every_byte_is_named(trace)
    assert_fields_are_the_messages(trace)


# -- handshakes as they are ----------------------------------------------------------------------

WHOLE = """
1 client_hello        client  1 1 1
2 server_hello        server  2 1 2
3 certificate         server  2 1 3
4 server_hello_done   server  2 1 3
5 client_key_exchange client  3 2 4
6 change_cipher_spec  client  3 2 7
7 finished            client  3 2 7
8 change_cipher_spec  server  4 2 8
9 finished            server  4 2 8
10 application_data   client  5 3 9
11 application_data   server  6 3 9
12 alert              client  7 4 9
13 alert              server  8 4 9
"""
"""Number, name, sender, flight, round trip and step, as RFC 5246 §7.3 draws the full handshake."""


@pytest.mark.parametrize("role", ["client", "server"])
@every_suite
def test_a_handshake_has_these_rungs_flights_round_trips_and_steps(suite, role):
    h = lab.handshake(seed=1, suite=suite)
    trace = h.trace if role == "client" else h.server_trace
    rungs = ladder(trace)
    found = [(r.number, r.name, r.sender, r.flight, r.round_trip, r.step) for r in rungs]
    expected = [line.split() for line in WHOLE.strip().splitlines()]
    assert [tuple(map(str, each)) for each in found] == [tuple(each) for each in expected]
    assert (rungs.role, rungs.completed, rungs.dropped) == (role, True, 0)
    assert len(rungs.steps) == 9
    assert_right(trace)


@every_suite
def test_protected_is_what_comes_after_each_change_cipher_spec(suite):
    rungs = ladder(lab.handshake(seed=1, suite=suite).trace)
    changed: set[str] = set()
    null = SUITES[suite].cipher_type is CipherType.MAC
    for rung in rungs:
        if rung.sender in changed:
            assert rung.protection is Protection.APPLICATION
            words = "authenticated, not encrypted" if null else "encrypted"
            assert rung.protected_by == words
        else:
            assert rung.protection is Protection.CLEAR
            assert rung.protected_by == "in the clear"
        assert rung.receiver == other(rung.sender)
        if rung.name == "change_cipher_spec":
            changed.add(rung.sender)


@every_suite
def test_what_only_the_keys_open_is_marked_as_a_secret(suite):
    rungs = ladder(lab.handshake(seed=1, suite=suite).trace)
    cipher_type = SUITES[suite].cipher_type
    for rung in rungs:
        views = bytes_of(rungs, rung)
        assert not views[0].secret, "what is on the wire everybody has"
        if rung.record.protection == "none":
            assert len(views) == 1
            continue
        _, opened = views
        assert opened.secret is (cipher_type is not CipherType.MAC)
        # The content is followed by what was protected together with it, and by nothing else.
        behind = [span.path for span in opened.spans if span.start >= len(rung.record.plaintext)]
        behind = [path for path in behind if not path.endswith("content")]
        assert (
            behind
            == {
                CipherType.GCM: [],
                CipherType.MAC: ["fragment.MAC"],
                CipherType.CBC: ["fragment.MAC", "fragment.padding", "fragment.padding_length"],
            }[cipher_type]
        )


@pytest.mark.peer
@pytest.mark.parametrize("role", ["client", "server"])
@pytest.mark.parametrize("suite", lab.peers.OPENSSL_NAMES, ids=lambda suite: suite.name)
def test_every_byte_is_named_with_openssl_as_the_peer(suite, role):
    h = lab.peers.openssl(role, seed=1, suite=suite, request=LONG, alpn=(b"http/1.1",))
    assert h.completed
    assert_right(h.trace)
    assert sum(r.name == "application_data" and r.sender == "client" for r in ladder(h.trace)) == 3


def test_application_data_makes_one_rung_for_each_record():
    h = lab.handshake(seed=1, request=LONG, reply=b"")
    data = [rung for rung in ladder(h.trace) if rung.name == "application_data"]
    assert [rung.length for rung in data] == [2**14, 2**14, len(LONG) - 2**15]
    assert {rung.flight for rung in data} == {5}
    assert all(rung.message is None and rung.whole for rung in data)
    assert [rung.title for rung in data] == ["application_data"] * 3
    assert_right(h.trace)


def test_a_trace_that_was_saved_makes_the_same_ladder():
    trace = lab.handshake(seed=1, suite=CBC).trace
    rungs, again = ladder(trace), ladder(Trace.from_json(trace.to_json()))
    assert again == rungs
    assert [bytes_of(again, r) for r in again] == [bytes_of(rungs, r) for r in rungs]


def test_a_handshake_that_failed_says_so_and_its_alert_belongs_to_no_step():
    h = lab.handshake(seed=1, server_name="nobody.tlslab.test")
    rungs = ladder(h.trace)
    assert not rungs.completed
    last = rungs.rungs[-1]
    assert (last.name, last.step) == ("alert", 0)
    assert "broken off" in rungs.headline
    assert_right(h.trace)


def test_without_records_there_are_no_rungs():
    assert len(ladder(Trace("client"))) == 0


# -- records as the peer likes -------------------------------------------------------------------


def refragmented(flight: bytes, cuts: list[int]) -> bytes:
    """The handshake messages of an unprotected flight, in records that end at `cuts`."""
    found = records(flight)
    stream = b"".join(record.fragment for record in found)
    ends = sorted({cut % len(stream) for cut in cuts} - {0})
    parts = [stream[a:b] for a, b in pairwise([0, *ends, len(stream)])]
    return b"".join(bytes(RawRecord(22, found[0].version, part)) for part in parts)


def recut(cuts_of_client: list[int], cuts_of_server: list[int], suite=GCM) -> Pair:
    """A pair that has spoken in such records, as far as they are not protected."""
    pair = Pair(suite, traced=True)
    pair.give("server", refragmented(pair.take("client"), cuts_of_client))
    pair.give("client", refragmented(pair.take("server"), cuts_of_server))
    return pair.connected()


def test_messages_in_one_record_stand_side_by_side():
    trace = recut([], []).traces["client"]
    rungs = ladder(trace)
    assert_right(trace)
    coalesced = rungs.in_record(rungs.rungs[2])
    names = [rung.name for rung in coalesced]
    assert names == ["server_hello", "certificate", "server_hello_done"]
    assert all(rungs.in_record(rung) == coalesced for rung in coalesced)
    assert {bytes_of(rungs, rung) for rung in coalesced} == {bytes_of(rungs, coalesced[0])}
    assert all(rung.whole for rung in coalesced)
    # The same steps as in records of their own.
    assert [rung.step for rung in coalesced] == [2, 3, 3]
    assert {rung.flight for rung in coalesced} == {2}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 2**12), max_size=4),
    st.lists(st.integers(0, 2**12), max_size=12),
    st.sampled_from((GCM, CBC, NULL)),
)
def test_wherever_records_end_every_byte_is_named(of_client, of_server, suite):
    pair = recut(of_client, of_server, suite)
    for trace in pair.traces.values():
        assert_right(trace)


@pytest.mark.parametrize("size", [1, 3, 50])
def test_a_message_in_many_records_says_which_bytes_each_has(size):
    trace = recut(list(range(0, 2**12, size)), list(range(0, 2**12, size))).traces["client"]
    assert_right(trace)
    rungs = ladder(trace)
    certificate = [rung for rung in rungs if rung.name == "certificate"]
    assert not any(rung.whole for rung in certificate)
    message = trace.messages("certificate")[0]
    for rung in certificate:
        first, last = rung.part
        total = f"{len(message.raw):,}"
        assert rung.title == f"certificate, bytes {first:,} to {last:,} of {total}"
        *_, whole = bytes_of(rungs, rung)
        assert (whole.raw, whole.spans) == (message.raw, message.spans)
        assert whole.title == f"certificate as a whole, from {len(certificate)} records"
        assert not whole.secret
        assert rung.step == 3


def test_a_field_that_a_record_cuts_says_which_part_of_it_this_is():
    # The random stands behind type, length and version: bytes 6 to 38 of the message.
    rungs = ladder(recut([16], []).traces["server"])
    random = [
        [span for span in bytes_of(rungs, rung)[0].spans if span.field == "client_hello.random"]
        for rung in rungs.rungs[:2]
    ]
    assert [[span.value for span in each] for each in random] == [
        ["bytes 0 to 10 of it"],
        ["bytes 10 to 32 of it"],
    ]
    assert [len(rung.record.plaintext) for rung in rungs.rungs[:2]] == [16, 101 - 16]


@pytest.mark.parametrize("suite", [GCM, CBC, NULL], ids=lambda suite: suite.name)
@pytest.mark.parametrize("cuts", [[5], [1, 2, 15]])
def test_a_protected_message_may_be_cut_too(suite, cuts):
    pair = pair_in_state("client", "WaitFinished", suite=suite, traced=True)
    (finished,) = (
        m.raw for m in pair.traces["server"].messages("finished") if m.sender == "server"
    )
    for first, last in pairwise([0, *cuts, len(finished)]):
        pair.give("client", say(pair.server, finished[first:last]))
    assert pair.client.is_connected
    trace = pair.traces["client"]
    assert_right(trace)
    rungs = ladder(trace)
    parts = [rung for rung in rungs if rung.name == "finished" and rung.sender == "server"]
    assert [rung.part for rung in parts] == list(pairwise([0, *cuts, len(finished)]))
    assert {rung.step for rung in parts} == {8}
    for rung in parts:
        on_the_wire, opened, whole = bytes_of(rungs, rung)
        assert on_the_wire.raw == rung.record.raw
        assert opened.raw[: rung.length] == finished[slice(*rung.part)]
        assert whole.raw == finished
        assert whole.secret is opened.secret is (suite is not NULL)


def test_two_alerts_in_one_record_are_two_rungs():
    pair = Pair(GCM, traced=True).connected()
    warning = bytes([1, 90])  # user_canceled
    pair.give("client", say(pair.server, 2 * warning, ContentType.alert))
    trace = pair.traces["client"]
    found = [rung for rung in ladder(trace) if rung.name == "alert"]
    assert [(rung.content_at, rung.part) for rung in found] == [(0, (0, 2)), (2, (0, 2))]
    assert found[0].record is found[1].record
    assert_every_byte_is_named(trace)
    assert_fields_are_the_messages(trace)


# -- what is broken or missing -------------------------------------------------------------------


@pytest.mark.parametrize("suite", [GCM, CBC, NULL], ids=lambda suite: suite.name)
def test_a_record_that_does_not_open_is_a_rung_without_a_message(suite):
    pair = Pair(suite, traced=True).connected()
    pair.server.send(b"something")
    record = bytearray(pair.take("server"))
    record[-1] ^= 1
    with pytest.raises(Exception, match="bad_record_mac"):
        pair.give("client", bytes(record))
    trace = pair.traces["client"]
    rungs = ladder(trace)
    broken = next(rung for rung in rungs if rung.record.raw == bytes(record))
    assert (broken.message, broken.length) == (None, 0)
    for rung in rungs:
        for view in bytes_of(rungs, rung):
            assert_tiled(view)


def test_the_beginning_of_a_message_that_never_ended_is_called_by_its_type():
    pair = Pair(GCM, traced=True)
    pair.give("server", pair.take("client"))
    hello, certificate, _ = records(pair.take("server"))
    half = RawRecord(certificate.type, certificate.version, certificate.fragment[:700])
    both = RawRecord(hello.type, hello.version, hello.fragment + half.fragment)
    pair.give("client", bytes(both))
    rungs = ladder(pair.traces["client"])
    hello_rung, rest = rungs.rungs[1:]
    assert (hello_rung.name, hello_rung.part) == ("server_hello", (0, len(hello.fragment)))
    assert (rest.name, rest.message, rest.length) == ("handshake", None, 700)
    assert rest.content_at == len(hello.fragment)
    (view,) = bytes_of(rungs, rest)
    assert_tiled(view)
    *_, last = view.spans
    assert (last.start, last.value) == (HEADER + len(hello.fragment), "not a whole message")


@pytest.mark.parametrize("cuts", [[], [700], list(range(0, 2100, 150))])
def test_every_byte_that_is_left_in_a_cut_off_trace_is_named(cuts, monkeypatch):
    whole = recut([30, 60], cuts, CBC)
    whole.client.send(b"data")
    whole.carry()
    events = whole.traces["client"].events
    monkeypatch.setattr(Trace, "TAIL", 7)
    for kept in range(len(events)):
        trace = Trace("client", max_events=kept)
        for event in events:
            trace._keep(event)
        assert len(trace) == min(kept + 7, len(events))
        rungs = ladder(trace)
        assert rungs.dropped == len(events) - len(trace)
        assert_every_byte_is_named(trace)
        for rung in rungs:
            if rung.message is None:
                continue
            # What is said to be a part of a message is that part.
            index, start = own_place(rung)
            raw = bytes_of(rungs, rung)[index].raw
            assert raw[start : start + rung.length] == rung.message.raw[slice(*rung.part)]


def test_a_message_of_an_unknown_kind_is_shown_with_the_bytes_that_it_has():
    trace = lab.handshake(seed=1).trace
    odd = Trace("client")
    for event in trace:
        if isinstance(event, Message) and event.name == "server_hello_done":
            event = replace(event, name="unknown_99", spans=())
        odd._keep(event)
    rungs = ladder(odd)
    (rung,) = (rung for rung in rungs if rung.name == "unknown_99")
    assert (rung.length, rung.step) == (4, 0)
