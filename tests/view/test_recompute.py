"""Changing a value: what comes out is compared with a handshake that was run with that value.

A side's random source gives another value under one name; everything else is as it was. All that
`recompute` says it knows has to be in the trace of that handshake, on both sides, and what it says
it cannot know has to have changed there.
"""

from dataclasses import replace

import pytest
from every_handshake import CBC, ECDHE, HANDSHAKES

import tlslab
from tlslab import LocalError, lab
from tlslab.lab.configs import client_config_of, server_config_of
from tlslab.lab.handshake import REPLY, REQUEST, Ours, converse
from tlslab.trace import RandomDrawn, SecretDerived, Trace, ValueReceived
from tlslab.view.recompute import recompute

BOTH = ("client", "server")
VALUES = (RandomDrawn, ValueReceived, SecretDerived)


def values(trace):
    found = {}
    for event in trace:
        if isinstance(event, VALUES):
            found.setdefault(event.name, event.value)
    return found


def flipped(value):
    # Not one of the bits that x25519 sets and clears by itself (RFC 7748 §5).
    return value[:-1] + bytes([value[-1] ^ 0x10])


def run(options, side, name, value):
    """The handshake again, in which `side` draws `value` for `name`; both traces."""

    def other(config):
        drawn = []

        def random(asked, length):
            own = config.random(asked, length)
            if asked == name and not drawn:
                drawn.append(own)
                return value
            return own

        return replace(config, random=random)

    configs = {"client": client_config_of(options), "server": server_config_of(options)}
    configs[side] = other(configs[side])
    traces = {role: Trace(role) for role in BOTH}
    client = Ours(tlslab.client(configs["client"], traces["client"]))
    server = Ours(tlslab.server(configs["server"], traces["server"]))
    converse(client, server, REQUEST, REPLY)
    assert client.completed, client.error or server.error
    return traces


@pytest.mark.parametrize("side", BOTH)
@pytest.mark.parametrize("name", HANDSHAKES)
def test_all_that_is_computed_again_is_what_another_handshake_gives(name, side):
    h = HANDSHAKES[name]()
    trace = h.trace if side == "client" else h.server_trace
    # The padding string is drawn byte by byte, until enough of them are not zero.
    drawn = {each.name for each in trace.of(RandomDrawn)} - {"padding_string"}
    assert drawn
    for each in drawn:
        compare(h, side, each)


def compare(h, side, drawn):
    before = {"client": h.trace, "server": h.server_trace}
    value = flipped(before[side].value(drawn))
    after = run(h.options, side, drawn, value)
    told = recompute(before[side], {drawn: value})
    truth, old = values(after[side]), values(before[side])
    assert told.values[drawn] == value
    assert told.values.keys() | told.unknown.keys() == old.keys()
    for each, known in told.values.items():
        assert known == truth[each], each
    for each, reason in told.unknown.items():
        assert truth[each] != old[each], f"{each} could be known"
        assert "key" in reason or "made from" in reason, reason
    assert told.changed == {each for each in told.values if truth[each] != old[each]}
    if drawn == "session_id":
        return  # A side that only repeats it gives it no name.
    # The other side has some of it as a value that it received.
    peer = "server" if side == "client" else "client"
    received = {e.name for e in before[peer].of(ValueReceived)}
    changes = {each: values(after[peer])[each] for each in received}
    told = recompute(before[peer], changes)
    for each, known in told.values.items():
        assert known == values(after[peer])[each], each


@pytest.mark.parametrize("name", HANDSHAKES)
@pytest.mark.parametrize("role", BOTH)
def test_with_nothing_changed_everything_is_as_it_was(name, role):
    h = HANDSHAKES[name]()
    trace = h.trace if role == "client" else h.server_trace
    told = recompute(trace, {})
    assert (told.changed, told.unknown) == (frozenset(), {})
    assert told.values == values(trace)


def unknown(name, role, changed):
    h = HANDSHAKES[name]()
    trace = h.trace if role == "client" else h.server_trace
    return recompute(trace, {changed: flipped(trace.value(changed))}).unknown


def test_another_random_would_be_signed_anew_and_nobody_here_has_the_key():
    for role in BOTH:
        told = unknown("x25519", role, "client_random")
        assert "client_verify_data" in told
        assert "server_key_exchange would be another" in told["client_verify_data"]
        assert "master_secret" not in told
    assert "master_secret" in unknown("extended master secret", "client", "client_random")
    assert not unknown("RSA", "client", "client_random")


def test_another_share_of_the_client_is_signed_by_the_client_if_at_all():
    assert not unknown("x25519", "client", "client_private")
    assert not unknown("extended master secret", "client", "client_private")
    told = unknown("user", "client", "client_private")
    assert set(told) == {"client_signature", "client_verify_data", "server_verify_data"}
    assert told["client_signature"] == "it takes the client's private key, which no trace holds"


def test_another_master_secret_would_stand_in_another_ticket():
    told = unknown("gives a ticket", "server", "master_secret")
    assert set(told) == {"ticket", "server_verify_data"}
    assert "ticket key" in told["ticket"]
    assert unknown("gives a ticket", "client", "master_secret").keys() == told.keys()


def test_another_ticket_leads_to_another_session():
    for name, shown in (
        ("resumed by ticket", "ticket"),
        ("resumed by session ID", "session_id"),
    ):
        told = unknown(name, "server", shown)
        assert "another session, or none" in told["master_secret"]
        assert "key_block" in told


def test_a_share_that_is_no_point_gives_no_secret():
    h = HANDSHAKES["P-256, ECDSA"]()
    told = recompute(h.trace, {"server_share": flipped(h.trace.value("server_share"))})
    assert "no point of the curve" in told.unknown["premaster_secret"]
    assert "master_secret" in told.unknown


@pytest.mark.parametrize("suite", [ECDHE, CBC])
def test_a_learners_function_computes_it(suite):
    called = []

    def ecdhe_shared_secret(share, peer_public):
        called.append(peer_public)
        return b"\1" * 32

    h = lab.handshake(seed=1, suite=suite, groups="x25519")
    mine = tlslab.Primitives().using(ecdhe_shared_secret=ecdhe_shared_secret)
    told = recompute(h.trace, {}, mine)
    assert told.values["premaster_secret"] == b"\1" * 32
    assert called == [h.trace.value("server_share")]


def test_what_does_not_exist_or_does_not_fit_is_refused():
    trace = HANDSHAKES["x25519"]().trace
    with pytest.raises(LocalError, match="no value called 'nothing'"):
        recompute(trace, {"nothing": b""})
    with pytest.raises(LocalError, match="client_private has 32 bytes, not 31"):
        recompute(trace, {"client_private": bytes(31)})
