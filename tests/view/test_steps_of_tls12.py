"""The steps of every kind of TLS 1.2 handshake: which there are, with which messages and values.

What must be in them is read from the messages on the wire and from the other side's trace.
"""

from dataclasses import dataclass
from typing import Any

import pytest
from cryptography import x509
from every_handshake import ECDHE, HANDSHAKES

from tlslab import lab
from tlslab.lab.handshake import converse, start_client, start_server
from tlslab.primitives import REFERENCE
from tlslab.trace import Message, Trace
from tlslab.view.ladder import ladder
from tlslab.view.steps import Status, Step, Steps
from tlslab.view.story import steps
from tlslab.view.tables import Hex
from tlslab.wire.registry import SignatureScheme

FULL = """
ClientHello
ServerHello
The client verifies the certificate
{server}
{client}
Master secret and session keys
The client switches to the keys: Finished
{ticket}
The server switches to the keys: Finished
Application data
"""
RSA = {"client": "The premaster secret, encrypted\nThe premaster secret, decrypted", "server": ""}
SHARE = "The client's share, and the premaster secret"
EPHEMERAL = {"server": "The server's share, signed", "client": SHARE}
ASKS = {
    "server": "The server's share, signed\nThe server asks who the client is",
    "client": f"The client's certificate\n{SHARE}\nThe client proves who it is",
}
NOBODY = {**ASKS, "client": f"The client's certificate: none\n{SHARE}"}
RESUMED = """
ClientHello
ServerHello
The old master secret, new session keys
The server switches to the keys: Finished
The client switches to the keys: Finished
Application data
"""
TITLES: dict[str, dict[str, str]] = {
    "RSA": RSA,
    "user": ASKS,
    "RSA, user": {
        "server": "The server asks who the client is",
        "client": f"The client's certificate\n{RSA['client']}\nThe client proves who it is",
    },
    "user, ECDSA": ASKS,
    "nobody, where a user is optional": NOBODY,
    "gives a ticket": {**EPHEMERAL, "ticket": "The server hands out a ticket"},
}

every_handshake = pytest.mark.parametrize("name", HANDSHAKES)
both_sides = pytest.mark.parametrize("role", ["client", "server"])


@dataclass
class Told:
    """A handshake, one side's trace of it, and its steps."""

    handshake: lab.Handshake
    trace: Trace
    steps: Steps

    def step(self, title: str) -> Step:
        """The step whose title begins so."""
        (found,) = (step for step in self.steps if step.title.startswith(title))
        return found

    def message(self, name: str, sender: str) -> Message:
        return next(m for m in self.trace.messages(name) if m.sender == sender)


def told(name: str, role: str) -> Told:
    handshake = HANDSHAKES[name]()
    trace = handshake.trace if role == "client" else handshake.server_trace
    return Told(handshake, trace, steps(trace))


def value(step: Step, name: str) -> Any:
    (found,) = (each.value for each in step.values if each.name == name)
    return found.value if isinstance(found, Hex) else found


def field(message: Message, path: str) -> bytes:
    (span,) = (s for s in message.spans if s.path == path and s.leaf)
    return message.raw[span.start : span.end]


@both_sides
@every_handshake
def test_the_steps_are_those_of_this_handshake_and_all_are_done(name, role):
    t = told(name, role)
    if t.handshake.outcome.resumed:
        expected = RESUMED
    else:
        expected = FULL.format(**{"ticket": "", **TITLES.get(name, EPHEMERAL)})
    assert [step.title for step in t.steps] == [line for line in expected.splitlines() if line]
    assert [step.number for step in t.steps] == list(range(1, len(t.steps) + 1))
    not_done = {step.title for step in t.steps if step.status is not Status.DONE}
    unseen = {
        "client": {"The premaster secret, decrypted", "The client's certificate"},
        "server": {"The client verifies the certificate"},
    }
    assert not_done <= unseen[role] | {"The client's certificate: none"}
    assert all(step.status in (Status.DONE, Status.INFERRED) for step in t.steps)


@both_sides
@every_handshake
def test_every_message_belongs_to_one_step_and_the_steps_follow_the_wire(name, role):
    t = told(name, role)
    handshake = [m for m in t.trace.messages() if m.name != "alert"]
    assert [m for step in t.steps for m in step.messages] == handshake
    numbers = [rung.step for rung in ladder(t.trace)]
    assert numbers == sorted(numbers)
    assert 0 not in numbers


@both_sides
@every_handshake
def test_every_value_of_a_step_is_one_of_the_trace_or_stands_in_its_messages(name, role):
    t = told(name, role)
    values = {event.value for event in t.trace if hasattr(event, "section") and value_of(event)}
    values |= {m.transcript_hash for m in t.trace.messages()}
    for step in t.steps:
        for each in step.values:
            if isinstance(each.value, Hex):
                raw = each.value.value
                assert raw in values or any(raw in m.raw for m in step.messages), each.name


def value_of(event: Any) -> bool:
    return isinstance(getattr(event, "value", None), bytes)


@both_sides
@pytest.mark.parametrize("name", ["x25519", "P-256, ECDSA", "DHE", "extended master secret"])
def test_the_server_s_signature_is_shown_with_what_it_covers(name, role):
    t = told(name, role)
    step = t.step("The server's share")
    message = t.message("server_key_exchange", "server")
    (params,) = (s for s in message.spans if s.path == "server_key_exchange.params")
    covers = value(step, "signature covers")
    assert covers == (
        "client_random, 32 bytes",
        "server_random, 32 bytes",
        f"params, {params.end - params.start} bytes",
    )
    signature = value(step, "server_signature")
    assert signature == field(message, "server_key_exchange.signed_params.signature")
    assert value(step, "server_share") == t.handshake.trace.value("server_share")
    # What is said to be covered verifies, with the library and the certificate's key.
    leaf = x509.load_der_x509_certificate(t.handshake.outcome.peer_certificates[0])
    content = t.trace.value("client_random") + t.trace.value("server_random")
    content += message.raw[params.start : params.end]
    scheme = value(step, "signed with")[0].partition(" ")[0]
    REFERENCE.verify(leaf.public_key(), SignatureScheme[scheme], signature, content)


@both_sides
@pytest.mark.parametrize("name", ["x25519", "P-256, ECDSA", "DHE"])
def test_each_share_and_its_private_key_stand_with_the_side_that_made_them(name, role):
    t = told(name, role)
    server, client = t.step("The server's share"), t.step("The client's share")
    both = t.handshake.trace, t.handshake.server_trace
    for side, step, trace in (("client", client, both[0]), ("server", server, both[1])):
        assert value(step, f"{side}_share") == trace.value(f"{side}_share")
        private = [each for each in step.values if each.name == f"{side}_private"]
        assert len(private) == (side == role)
        if private:
            assert private[0].value == Hex(trace.value(f"{side}_private"))
    assert value(client, "premaster_secret") == both[0].value("premaster_secret")
    section = "RFC 5246" if name == "DHE" else "RFC 8422"
    assert client.section.startswith(section)
    assert server.section.startswith(section)
    if name != "DHE":
        assert value(server, "group") == {"x25519": "x25519"}.get(name, "secp256r1")


@both_sides
@pytest.mark.parametrize("name", ["user", "user, ECDSA", "RSA, user"])
def test_the_client_s_signature_is_shown_with_the_messages_that_it_covers(name, role):
    t = told(name, role)
    step = t.step("The client proves")
    message = t.message("certificate_verify", "client")
    hashed = [m for m in t.trace.messages() if m.transcript_hash]
    before = hashed[: hashed.index(message)]
    size = sum(len(m.raw) for m in before)
    first, *names = value(step, "signature covers")
    assert first == f"{len(before)} messages, {size:,} bytes:"
    assert names == [m.name for m in before]
    assert value(step, "client_signature") == field(
        message, "certificate_verify.handshake_messages.signature"
    )
    certificate = t.step("The client's certificate")
    assert value(certificate, "subject") == "learner.tlslab.test"


@both_sides
@pytest.mark.parametrize("name", ["resumed by session ID", "resumed by ticket"])
def test_an_abbreviated_handshake_says_what_it_goes_on_with(name, role):
    t = told(name, role)
    hello = t.message("client_hello", "client")
    how = name.removeprefix("resumed by ")
    assert t.steps.headline.endswith(f"resumed by {how}")
    shown = "ticket, sealed" if how == "ticket" else "session_id"
    path = {"ticket": "client_hello.extensions[{}].ticket"}.get(how, "client_hello.session_id")
    sent = value(t.steps[1], shown)
    assert sent in hello.raw
    if how == "ticket":
        assert len(sent) > 100
    else:
        assert sent == field(hello, path)
    assert "no certificate and no key exchange follow" in t.steps[2].notes[0]
    assert value(t.steps[3], "master_secret") == t.handshake.server_trace.value("master_secret")


@both_sides
def test_a_ticket_is_shown_as_sealed_bytes(role):
    t = told("gives a ticket", role)
    message = t.message("new_session_ticket", "server")
    step = t.step("The server hands out a ticket")
    assert value(step, "ticket, sealed") == field(message, "new_session_ticket.ticket")
    assert value(step, "lifetime, seconds") == ("86400",)
    assert t.trace.value("master_secret") not in message.raw


@both_sides
def test_the_extended_master_secret_is_shown_with_its_session_hash(role):
    t = told("extended master secret", role)
    exchange = t.message("client_key_exchange", "client")
    step = t.step("Master secret")
    assert value(step, "session_hash") == exchange.transcript_hash
    assert step.section.startswith("RFC 7627")
    assert value(t.steps[2], "accepted") == ("extended_master_secret",)
    plain = told("x25519", role).step("Master secret")
    assert "session_hash" not in [each.name for each in plain.values]


@both_sides
def test_what_the_issuer_says_stands_with_the_certificate(role):
    t = told("stapled", role)
    step = t.step("The client verifies")
    message = t.message("certificate_status", "server")
    assert value(step, "OCSP response") == field(message, "certificate_status.response")
    assert any("not revoked" in note for note in step.notes) is (role == "client")


# -- where it broke off -------------------------------------------------------------------------


@both_sides
def test_a_client_without_a_certificate_breaks_off_at_its_certificate(role):
    h = lab.handshake(seed=1, suite=ECDHE, client_authentication="required")
    found = steps(h.trace if role == "client" else h.server_trace)
    (failed,) = (step for step in found if step.status is Status.FAILED)
    assert failed.title == "The client's certificate: none"
    assert f"broken off in step {failed.number}" in found.headline


@both_sides
def test_a_client_with_the_wrong_certificate_breaks_off_at_its_certificate(role):
    h = lab.handshake(
        seed=1, suite=ECDHE, user=lab.pki.server_other(), client_authentication="required"
    )
    found = steps(h.trace if role == "client" else h.server_trace)
    (failed,) = (step for step in found if step.status is Status.FAILED)
    assert failed.title == "The client's certificate"


@pytest.mark.parametrize(
    ("name", "side", "expected"),
    [
        ("signed_params", "server", "The server's share, signed"),
        ("certificate_verify_content", "client", "The client proves who it is"),
        ("ecdhe_shared_secret", "client", "The client switches to the keys: Finished"),
        ("extended_master_secret", "client", "The client switches to the keys: Finished"),
    ],
)
def test_a_wrong_function_breaks_off_where_the_other_side_finds_it(name, side, expected):
    def wrong(*arguments: Any) -> bytes:
        right = getattr(REFERENCE, name)(*arguments)
        return right[:-1] + bytes([right[-1] ^ 1])

    options = {"seed": 1, "suite": ECDHE, "user": "rsa", "client_authentication": "required"}
    options["extended_master_secret"] = True
    mine = {side: REFERENCE.using(**{name: wrong})}
    traces = {role: Trace(role) for role in ("client", "server")}
    client = start_client(traces["client"], **options, primitives=mine.get("client", REFERENCE))
    server = start_server(traces["server"], **options, primitives=mine.get("server", REFERENCE))
    converse(client, server, b"", b"")
    finder = "server" if side == "client" else "client"
    (failed,) = (step for step in steps(traces[finder]) if step.status is Status.FAILED)
    assert failed.title == expected
    told = steps(traces[side])
    (failed,) = (step for step in told if step.status is Status.FAILED)
    if side == "client":
        assert failed.title == "The server switches to the keys: Finished"
        number = told.steps.index(failed)
        assert f"steps 6 to {number} it was about" in failed.notes[-1]


def test_a_client_that_offers_only_ephemeral_suites_is_told_of_shares():
    h = lab.handshake(seed=1, suite=ECDHE, server="ecdsa")
    assert not h.completed
    for trace in (h.trace, h.server_trace):
        assert SHARE in [step.title for step in steps(trace)]
