"""What crosses to the browser, and what stands there without a kernel: the trace, and all of it."""

import json
from html.parser import HTMLParser

import pytest
from every_handshake import HANDSHAKES, HANDSHAKES_OF_TLS13
from in_memory import RSA_SUITES

from tlslab import LocalError, lab
from tlslab.crypto.suites import SUITES
from tlslab.lab.workbench import Workbench
from tlslab.primitives import Primitives
from tlslab.trace import RandomDrawn, Record, SecretDerived, Trace, ValueReceived
from tlslab.view import document as document_module
from tlslab.view import text
from tlslab.view.document import document
from tlslab.view.explorer import Explorer
from tlslab.view.knowledge import knowledge
from tlslab.view.page import PARTS, static_html
from tlslab.view.recompute import recompute
from tlslab.view.story import steps
from tlslab.wire.registry import CipherSuite

EVERY = {**HANDSHAKES, **{f"{name}, TLS 1.3": run for name, run in HANDSHAKES_OF_TLS13.items()}}
every_handshake = pytest.mark.parametrize("name", EVERY)
every_suite = pytest.mark.parametrize("suite", [suite.name for suite in RSA_SUITES])


class Text(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.parts = []
        self.tags = set()
        self.feed(html)
        self.text = " ".join(self.parts)

    def handle_data(self, data):
        self.parts.append(data)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)


@every_handshake
@pytest.mark.parametrize("role", ["client", "server"])
def test_every_byte_of_every_record_crosses_with_a_name_for_each(name, role):
    done = EVERY[name]()
    trace = done.trace if role == "client" else done.server_trace
    made = json.loads(document(trace))
    sent = {rung["views"][0]["hex"] for rung in made["rungs"]}
    assert sent == {record.raw.hex() for record in trace.of(Record)}
    for rung in made["rungs"]:
        for view in rung["views"]:
            at = 0
            for path, start, end, _, leaf in view["spans"]:
                assert path
                if leaf:
                    assert start == at
                    at = end
            assert at == view["length"] == len(view["hex"]) // 2
    for meaning, section in made["fields"].values():
        assert meaning.endswith((".", "!", "?"))
        assert section


@every_handshake
@pytest.mark.parametrize("role", ["client", "server"])
def test_the_values_the_steps_and_who_knows_what_cross_as_they_are(name, role):
    done = EVERY[name]()
    trace = done.trace if role == "client" else done.server_trace
    made = json.loads(document(trace))
    events = {}
    for event in trace:
        if isinstance(event, RandomDrawn | ValueReceived | SecretDerived):
            events.setdefault(event.name, event)
    assert {s["name"]: s["value"] for s in made["secrets"]} == {
        name: event.value.hex() for name, event in events.items()
    }
    for secret in made["secrets"]:
        event = events[secret["name"]]
        if isinstance(event, SecretDerived):
            assert (secret["inputs"], secret["context"]) == (
                list(event.inputs),
                event.context.hex(),
            )
        assert secret["meaning"]
        if secret["at"]:
            number, view, start, end = secret["at"]
            raw = bytes.fromhex(made["rungs"][number - 1]["views"][view]["hex"])
            assert raw[start:end] == event.value
    told = list(steps(trace))
    assert [(s["title"], s["notes"]) for s in made["steps"]] == [
        (step.title, list(step.notes)) for step in told
    ]
    covers = {s["title"]: s["covers"] for s in made["steps"] if s["covers"]}
    signed = {
        ("server_key_exchange", "server"): "The server's share, signed",
        ("certificate_verify", "client"): "The client proves who it is",
        ("certificate_verify", "server"): "The server proves who it is",
    }
    # What the transcript does not have came after the handshake, in a step of its own.
    sent = {(m.name, m.sender) for m in trace.messages() if m.transcript_hash}
    assert covers.keys() == {signed[each] for each in sent if each in signed}
    table = knowledge(trace)
    assert made["knowledge"]["rows"] == [list(row) for row in table.rows]
    assert made["knowledge"]["notes"] == list(table.notes)


@every_handshake
@pytest.mark.parametrize("role", ["client", "server"])
def test_the_page_without_scripts_and_the_tables_have_every_message_and_value(name, role):
    done = EVERY[name]()
    trace = done.trace if role == "client" else done.server_trace
    page = "".join(Text(static_html(trace)).text.split())
    events = [e for e in trace if isinstance(e, RandomDrawn | ValueReceived | SecretDerived)]
    rows = text.secrets(trace).rows
    assert [(row[0], row[1], row[2].value) for row in rows] == [
        (event.name, len(event.value), event.value) for event in events
    ]
    assert not any(str(row[3]).endswith("from ") for row in rows)
    for event in events:
        assert event.name in page
        assert event.value[:16].hex() in page
    told = [row for row in text.messages(trace).rows if "application_data" not in str(row[1])]
    assert [row[2] for row in told] == [len(m.raw) for m in trace.messages()]
    for (_, arrow, *_), message in zip(told, trace.messages(), strict=True):
        assert f" {message.name} " in arrow
        assert arrow.endswith("►") is (message.sender == "client")
    seen = text.eavesdropper(trace).rows
    assert [row[3] for row in seen] == [len(record.raw) for record in trace.of(Record)]
    for step in steps(trace):
        assert step.title in str(steps(trace))


def test_long_records_are_cut_when_all_together_would_be_too_much(monkeypatch):
    monkeypatch.setattr(document_module, "MAX_BYTES", 1000)
    made = json.loads(document(lab.handshake(seed=1).trace))
    last = made["rungs"][-1]["views"][0]
    assert len(last["hex"]) // 2 <= 64
    long = next(r for r in made["rungs"] if r["name"] == "certificate")["views"][0]
    assert len(long["hex"]) == 128
    assert long["length"] > 1000


def test_the_same_trace_from_a_file_gives_the_same_document():
    trace = lab.handshake(seed=1).trace
    assert document(Trace.from_json(trace.to_json())) == document(trace)
    assert static_html(Trace.from_json(trace.to_json())) == static_html(trace)


def test_nothing_that_the_trace_does_not_hold_is_shown():
    # An observer without keys: the records, and no secret.
    done = lab.handshake(seed=1)
    server = json.loads(document(done.server_trace))
    own = {secret["name"] for secret in server["secrets"]}
    assert "padding_string" not in own
    assert "client_write_key" in own


@every_suite
def test_recomputed_with_nothing_changed_is_what_it_was(suite):
    trace = lab.handshake(seed=1, suite=suite).trace
    same = recompute(trace, {})
    assert not same.changed
    premaster = trace.value("premaster_secret")
    assert not recompute(trace, {"premaster_secret": premaster}).changed


@every_suite
def test_a_change_goes_down_to_what_is_made_from_it_and_not_aside(suite):
    trace = lab.handshake(seed=1, suite=suite).trace
    other = bytes(32)
    result = recompute(trace, {"server_random": other})
    hash_name = SUITES[CipherSuite[suite]].prf_hash
    expected = Primitives().master_secret(
        trace.value("premaster_secret"), trace.value("client_random"), other, hash_name
    )
    assert result.values["master_secret"] == expected
    assert {"server_random", "master_secret", "key_block"} <= result.changed
    assert "client_random" not in result.changed


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"server_random": b"short"}, "server_random has 32 bytes, not 5"),
        ({"no_such_value": b""}, "no_such_value"),
    ],
)
def test_a_wrong_change_is_refused_with_a_sentence(changes, sentence):
    with pytest.raises(LocalError, match=sentence):
        recompute(lab.handshake(seed=1).trace, changes)


def asked(explorer, content):
    answers = []
    explorer.send = answers.append
    explorer._answer(explorer, content, [])
    return answers


def test_the_kernel_answers_what_the_browser_asks_and_survives_nonsense():
    explorer = Explorer(lab.handshake(seed=1).trace)
    good = asked(explorer, {"ask": "recompute", "id": 7, "changes": {"server_random": "00" * 32}})
    assert good[0]["id"] == 7
    assert "master_secret" in good[0]["changed"]
    for changes in (None, [], {"server_random": "zz"}, {"server_random": 5}, {"x": "00"}):
        (answer,) = asked(explorer, {"ask": "recompute", "id": 8, "changes": changes})
        assert answer["error"]
    assert asked(explorer, {"ask": "recompute", "id": 9})[0]["error"]
    assert asked(explorer, "text") == []
    assert asked(explorer, {"ask": "else"}) == []


@pytest.mark.parametrize("part", PARTS)
def test_each_part_stands_alone_without_a_kernel(part):
    trace = lab.handshake(seed=1).trace
    page = Text(static_html(trace, (part,)))
    assert page.tags <= {
        "p",
        "b",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "code",
    } | {*("details", "summary", "div", "span", "i", "br", "small")}
    assert "TLS 1.2 handshake with" in page.text
    whole = Text(static_html(trace)).text
    assert len(whole) > len(page.text)


def test_the_page_without_a_kernel_holds_every_message_and_every_secret():
    trace = lab.handshake(seed=1).trace
    text = Text(static_html(trace)).text.replace(" ", "")
    assert "client_hello" in text
    for name in ("client_random", "master_secret", "client_write_key"):
        assert trace.value(name).hex() in text


def test_explore_takes_handshakes_and_traces_and_nothing_else():
    done = lab.handshake(seed=1)
    assert isinstance(lab.explore(done), Workbench)
    assert isinstance(lab.explore(), Workbench)
    assert isinstance(lab.explore(done, parts=("bytes",)), Explorer)
    assert isinstance(lab.explore(done.trace), Explorer)
    with pytest.raises(LocalError, match="takes a handshake or a trace, not str"):
        lab.explore("handshake")
    with pytest.raises(LocalError, match="parts are some of ladder, .*; not bites"):
        lab.explore(done, parts=("bites",))
    with pytest.raises(LocalError, match="parts are some of"):
        lab.explore(done, parts=())


def test_its_text_is_the_same_each_time():
    texts = {repr(lab.explore(lab.handshake(seed=1))) for _ in range(2)}
    assert texts == {
        "<Explorer: TLS 1.2 handshake with TLS_RSA_WITH_AES_128_GCM_SHA256, as the client saw it, "
        "completed; 13 messages; ladder, bytes, secrets, transcript, knowledge>"
    }


def test_the_controls_run_the_handshake_again():
    bench = lab.explore(lab.handshake(seed=1))
    before = bench.explorer.trace
    bench._suite.value = "TLS_RSA_WITH_NULL_SHA256"
    assert bench.explorer.trace.value("client_random") == before.value("client_random")
    assert bench.explorer.trace.of(Record)[-1].protection == "TLS_RSA_WITH_NULL_SHA256"
    bench._seed.value = "something else"
    assert bench.explorer.trace.value("client_random") != before.value("client_random")
    bench._side.value = "server"
    assert bench.explorer.trace.role == "server"
    bench._data.value = 100
    assert any(len(record.plaintext) == 100 for record in bench.explorer.trace.of(Record))
