"""The steps of every kind of TLS 1.3 handshake: which there are, with which messages and values.

What must be in them is read from the messages on the wire and from the other side's trace.
"""

import hashlib

import pytest
from every_handshake import EARLY, HANDSHAKES_OF_TLS13

from tlslab import lab
from tlslab.lab.handshake import converse, start_client, start_server
from tlslab.primitives import REFERENCE
from tlslab.trace import Record, Trace
from tlslab.view.graph import MAX_LAYER, graph
from tlslab.view.ladder import Protection, ladder
from tlslab.view.steps import Status
from tlslab.view.story import steps
from tlslab.view.tables import Hex

HELLOS = "ClientHello, with key shares\n{psk}\n{retry}\nServerHello, with a key share\n"
KEYS = "The handshake secret, and its keys\n"
CHOICES = "The rest of the server's choices, encrypted\n{asks}\n{certificate}\n"
FINISHED = "The server's Finished\nThe main secret, and its keys\n{user}\n"
REST = "The client's Finished\n{after}\nApplication data\n"
CERTIFICATE = "The client verifies the certificate\nThe server proves who it is"
RETRY = "The server asks for another ClientHello\nThe second ClientHello"
BINDER = "The pre-shared key, and its binder"
ZERO_RTT = f"{BINDER}\nEarly data (0-RTT)"
TICKETS = "The server hands out tickets"
RESUMED = {"psk": BINDER, "certificate": "", "after": TICKETS}
EXTERNAL = {"psk": BINDER, "certificate": ""}
PARTS = {
    "retried": {"retry": RETRY},
    "retried with a cookie": {"retry": RETRY},
    "user": {
        "asks": "The server asks who the client is",
        "user": "The client's certificate\nThe client proves who it is",
    },
    "nobody, where a user is optional": {
        "asks": "The server asks who the client is",
        "user": "The client's certificate: none",
    },
    "user, later": {"after": "The server asks later who the client is"},
    "gives tickets": {"after": TICKETS},
    "resumed": RESUMED,
    "ticket and key from outside": RESUMED,
    "early data": {**RESUMED, "psk": ZERO_RTT},
    "early data refused": {**RESUMED, "psk": ZERO_RTT},
    "early data, retried": {**RESUMED, "psk": ZERO_RTT, "retry": RETRY},
    "key from outside": EXTERNAL,
    "key alone": EXTERNAL,
    "new keys": {"after": "New keys"},
}
NOTHING = {"psk": "", "retry": "", "asks": "", "certificate": CERTIFICATE, "user": "", "after": ""}

every_handshake = pytest.mark.parametrize("name", HANDSHAKES_OF_TLS13)
both_sides = pytest.mark.parametrize("role", ["client", "server"])


def told(name, role):
    """The trace of this side, and its steps."""
    done = HANDSHAKES_OF_TLS13[name]()
    trace = done.trace if role == "client" else done.server_trace
    return trace, steps(trace)


def values(found, title):
    """The values of the step whose title begins so; bytes as they are."""
    (step,) = (each for each in found if each.title.startswith(title))
    return {v.name: v.value.value if isinstance(v.value, Hex) else v.value for v in step.values}


@every_handshake
@both_sides
def test_there_are_the_steps_of_this_kind_of_handshake(name, role):
    _, found = told(name, role)
    text = (HELLOS + KEYS + CHOICES + FINISHED + REST).format(**{**NOTHING, **PARTS.get(name, {})})
    assert [step.title for step in found] == [line for line in text.splitlines() if line]
    assert all(step.status in (Status.DONE, Status.INFERRED) for step in found)
    inferred = [step.title for step in found if step.status is Status.INFERRED]
    asked = name in ("user", "nobody, where a user is optional")
    expected = (1 if asked else 0) if role == "client" else (1 if "certificate" in text else 0)
    assert len(inferred) == expected
    assert "TLS 1.3 handshake with TLS_" in found.headline


@every_handshake
@both_sides
def test_every_message_belongs_to_one_step_but_for_what_means_nothing(name, role):
    trace, found = told(name, role)
    of_steps = [id(message) for step in found for message in step.messages]
    assert len(of_steps) == len(set(of_steps))
    alone = [each.name for each in trace.messages() if id(each) not in of_steps]
    assert set(alone) <= {"change_cipher_spec", "alert"}
    assert [rung.name for rung in ladder(trace) if not rung.step] in ([], ["change_cipher_spec"])


@every_handshake
@both_sides
def test_every_value_is_one_of_the_trace_or_of_a_message(name, role):
    trace, found = told(name, role)
    done = HANDSHAKES_OF_TLS13[name]()
    known = {e.value for e in trace if isinstance(getattr(e, "value", None), bytes)}
    known |= {e.context for e in trace if isinstance(getattr(e, "context", None), bytes)}
    wire = b"".join(message.raw for message in done.trace.messages())
    for step in found:
        for value in step.values:
            if isinstance(value.value, Hex):
                assert value.value.value in known or value.value.value in wire, value.name


@both_sides
def test_the_three_stages_have_their_secrets_and_the_hashes_that_they_are_over(role):
    trace, found = told("plain", role)
    after = {message.name: message.transcript_hash for message in trace.messages()}
    handshake = values(found, "The handshake secret")
    assert handshake["hash up to ServerHello"] == after["server_hello"]
    assert {"shared_secret", "early_secret", "handshake_secret"} <= handshake.keys()
    main = values(found, "The main secret")
    (finished, _) = trace.messages("finished")
    assert main["hash up to Finished"] == finished.transcript_hash
    assert main["main_secret"] == trace.value("main_secret")
    assert "resumption_secret" in values(found, "The client's Finished")


@both_sides
def test_a_binder_covers_the_hello_but_for_the_binders(role):
    trace, found = told("early data", role)
    (hello,) = trace.messages("client_hello")
    shown = values(found, "The pre-shared key")
    # Two bytes of length, one more, and the binder, as long as a hash.
    end = len(hello.raw) - 2 - 1 - 32
    assert shown["binder covers"] == f"the first {end} of {len(hello.raw)} bytes of the ClientHello"
    assert shown["hash"] == hashlib.sha256(hello.raw[:end]).digest()
    assert hello.raw.endswith(shown["binder"])
    assert shown["psk"] == trace.value("psk")


@both_sides
def test_early_data_stand_in_their_step_under_keys_of_their_own(role):
    trace, found = told("early data", role)
    assert values(found, "Early data")["early data"] == ("13 bytes", repr(EARLY)[1:])
    early = [rung for rung in ladder(trace) if rung.protection is Protection.EARLY]
    assert [rung.name for rung in early] == ["application_data", "end_of_early_data"]
    (step,) = (each for each in found if each.title.startswith("Early data"))
    assert early[0].step == step.number
    assert "from the client" in values(found, "Application data")
    assert "accepted" in step.notes[0]


@both_sides
def test_early_data_that_were_refused_say_so(role):
    trace, found = told("early data refused", role)
    (step,) = (each for each in found if each.title.startswith("Early data"))
    assert "refused" in step.notes[0]
    early = [rung for rung in ladder(trace) if rung.protection is Protection.EARLY]
    assert [rung.step for rung in early] == [step.number]
    data = values(found, "Application data")["from the client"]
    assert data == ("22 bytes in 1 record", "'Can anybody read this?'")


@both_sides
def test_both_halves_of_a_hybrid_have_their_sizes(role):
    _, found = told("hybrid", role)
    hello = values(found, "ClientHello")["key shares"]
    assert hello == (
        "X25519MLKEM768, 1,216 bytes: 1,184 of ML-KEM, 32 of the curve",
        "x25519, 32 bytes",
    )
    answer = values(found, "ServerHello")["key share"]
    assert answer == ("X25519MLKEM768, 1,120 bytes: 1,088 of ML-KEM, 32 of the curve",)
    secrets = values(found, "The handshake secret")
    assert secrets["shared_secret"] == secrets["mlkem_secret"] + secrets["ecdh_secret"]


@both_sides
def test_a_second_hello_has_what_the_server_asked_for(role):
    _, found = told("retried", role)
    assert values(found, "The server asks")["wanted group"] == ("secp256r1 (0x0017)",)
    assert values(found, "The second")["key shares"] == ("secp256r1, 65 bytes",)
    _, found = told("retried with a cookie", role)
    cookie = values(found, "The server asks")["cookie"]
    assert values(found, "The second")["cookie"] == cookie
    assert len(cookie) == 32


@both_sides
def test_what_protects_a_rung_is_told_by_its_keys(role):
    trace, _ = told("new keys", role)
    for rung in ladder(trace):
        if rung.name in ("client_hello", "server_hello", "change_cipher_spec"):
            expected = Protection.CLEAR
        elif rung.name in ("key_update", "application_data", "alert"):
            expected = Protection.APPLICATION
        else:
            expected = Protection.HANDSHAKE
        assert rung.protection is expected, rung.name


# -- where it broke off -------------------------------------------------------------------------


def broken(role, side, primitives=REFERENCE, **options):
    """Both traces of a handshake in which `side` computes with `primitives`."""
    options = {"version": "TLS 1.3", "seed": 1, **options}
    own = {"client": {}, "server": {}, side: {"primitives": primitives}}
    traces = {"client": Trace("client"), "server": Trace("server")}
    client = start_client(traces["client"], **options, **own["client"])
    server = start_server(traces["server"], **options, **own["server"])
    converse(client, server, b"request", b"reply")
    return steps(traces[role])


FAULTS = {
    "another server": ({"server_name": "x.tlslab.test"}, {}, "verifies", "verifies"),
    "expired": ({"server": "expired"}, {}, "verifies", "verifies"),
    "signature": ({}, {"tls13_signed_content": b"x"}, "server proves", "server proves"),
    "Finished": ({}, {"finished_mac": bytes(32)}, "server's Finished", "server proves"),
    "keys": ({}, {"derive_secret": bytes(32)}, "rest of the server's", "client's Finished"),
    "no user": ({"client_authentication": "required"}, {}, "client's cert", "client's cert"),
}


@pytest.mark.parametrize("fault", FAULTS)
@both_sides
def test_the_step_in_which_it_broke_off_is_the_failed_one(fault, role):
    options, wrong, at_client, at_server = FAULTS[fault]
    functions = {name: lambda *_, value=value: value for name, value in wrong.items()}
    found = broken(role, "server", REFERENCE.using(**functions), **options)
    (failed,) = (step for step in found if step.status is Status.FAILED)
    assert (at_client if role == "client" else at_server) in failed.title
    assert f"broken off in step {failed.number}" in found.headline
    assert failed.notes[-1].startswith("Broken off here: the ")


def test_a_replayed_hello_is_told_as_far_as_it_went():
    found = steps(lab.replay(HANDSHAKES_OF_TLS13["early data"]()).server_trace)
    assert "unfinished: the trace ends in the state WaitFinished" in found.headline
    (early,) = (step for step in found if step.title.startswith("Early data"))
    assert "has been here before" in early.notes[0]


# -- the graph of the secrets -------------------------------------------------------------------


@every_handshake
@both_sides
def test_no_layer_is_too_wide_to_be_read_and_what_is_made_stands_below(name, role):
    trace, _ = told(name, role)
    values = graph(trace)
    for layer in values.layers:
        assert sum(node.kind == "derived" for node in layer) <= MAX_LAYER
    assert all(values[above].layer < values[below].layer for above, below in values.edges)


@both_sides
def test_a_hash_after_a_retry_covers_message_hash_and_not_the_first_hello(role):
    trace, _ = told("retried", role)
    covers = graph(trace)["client_handshake_traffic_secret"].covers
    assert covers == ("message_hash", "hello_retry_request", "client_hello", "server_hello")


@both_sides
def test_inside_a_record_the_type_is_named(role):
    trace, _ = told("padded, greased", role)
    for record in trace.of(Record):
        if record.nonce:
            names = [span.path.rpartition(".")[2] for span in record.inner_spans]
            assert names == ["content", "type", "zeros"][: len(names)]
            assert record.inner_spans[1].value.startswith(f"{record.content_type} (0x")
