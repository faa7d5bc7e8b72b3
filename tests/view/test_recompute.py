"""Changing a value: what comes out is compared with a handshake that was run with that value.

A side's random source gives another value under one name; everything else is as it was. All that
`recompute` says it knows has to be in the trace of that handshake, on both sides, and what it says
it cannot know has to have changed there.
"""

from dataclasses import replace

import pytest
from every_handshake import CBC, ECDHE, HANDSHAKES, HANDSHAKES_OF_TLS13

import tlslab
from tlslab import LocalError, lab
from tlslab.connection.session import AntiReplay
from tlslab.lab.configs import client_config_of, server_config_of
from tlslab.lab.handshake import REPLY, REQUEST, Ours, before_data, converse
from tlslab.trace import RandomDrawn, SecretDerived, Trace, ValueReceived
from tlslab.view.recompute import recompute

BOTH = ("client", "server")
RANDOMIZED = ("ChaCha20, RSA", "user")
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

    # What it remembers of that handshake would keep the early data of this one out.
    fresh = options.anti_replay and AntiReplay()
    options = replace(options, anti_replay=fresh)
    configs = {"client": client_config_of(options), "server": server_config_of(options)}
    configs[side] = other(configs[side])
    traces = {role: Trace(role) for role in BOTH}
    client, server = (
        Ours(make(configs[role], traces[role]), before_data(options, role))
        for role, make in (("client", tlslab.client), ("server", tlslab.server))
    )
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
    if drawn in ("session_id", "cookie", "request_context") or "ticket" in drawn:
        return  # A side that only repeats it gives it no name.
    public = {e.value for e in before[side].of(SecretDerived) if drawn in e.inputs}
    peer = "server" if side == "client" else "client"
    if public and not public & set(values(before[peer]).values()):
        return  # A share that a server does not use has no name there.
    # The other side has some of it as a value that it received.
    received = {e.name for e in before[peer].of(ValueReceived)}
    changes = {each: values(after[peer])[each] for each in received}
    told = recompute(before[peer], changes)
    for each, known in told.values.items():
        assert known == values(after[peer])[each], each


# An encapsulation, and a signature with PSS, is another one each time.
REPEATABLE = [
    name for name in HANDSHAKES_OF_TLS13 if "hybrid" not in name and name not in RANDOMIZED
]


@pytest.mark.parametrize("side", BOTH)
@pytest.mark.parametrize("name", REPEATABLE)
def test_all_of_tls13_that_is_computed_again_is_what_another_handshake_gives(name, side):
    h = HANDSHAKES_OF_TLS13[name]()
    trace = h.trace if side == "client" else h.server_trace
    drawn = {each.name for each in trace.of(RandomDrawn)}
    assert drawn
    for each in drawn:
        compare(h, side, each)


EVERY = {**HANDSHAKES, **{f"{name}, TLS 1.3": run for name, run in HANDSHAKES_OF_TLS13.items()}}


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("role", BOTH)
def test_with_nothing_changed_everything_is_as_it_was(name, role):
    h = EVERY[name]()
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


@pytest.mark.parametrize("name", ["hybrid", "hybrid, P-256 first"])
def test_the_half_of_a_hybrid_on_a_curve_can_be_another(name):
    trace = HANDSHAKES_OF_TLS13[name]().trace
    told = recompute(trace, {"client_private_ecdh": flipped(trace.value("client_private_ecdh"))})
    parts = (told.values["mlkem_secret"], told.values["ecdh_secret"])
    assert parts[0] == trace.value("mlkem_secret")
    assert parts[1] != trace.value("ecdh_secret")
    assert told.values["shared_secret"] == b"".join(parts if name == "hybrid" else parts[::-1])
    assert "handshake_secret" in told.changed
    share = next(n for n in told.values if n.startswith("client_share_") and "MLKEM" in n)
    assert share in told.changed


def test_what_ml_kem_would_encapsulate_to_another_key_nobody_can_say():
    h = HANDSHAKES_OF_TLS13["hybrid"]()
    seed = flipped(h.trace.value("client_private_mlkem"))
    told = recompute(h.trace, {"client_private_mlkem": seed}).unknown
    assert "the library's own" in told["server_share"]
    assert "made from server_share" in told["mlkem_secret"]
    share = flipped(h.server_trace.value("client_share"))
    told = recompute(h.server_trace, {"client_share": share}).unknown
    assert "the library's own" in told["server_share"]


def test_a_binder_of_a_key_that_a_server_did_not_take_cannot_be_known():
    h = HANDSHAKES_OF_TLS13["ticket and key from outside"]()
    changed = {"client_random": flipped(h.server_trace.value("client_random"))}
    told = recompute(h.server_trace, changed).unknown
    assert "client_hello would be another: a binder" in told["client_handshake_traffic_secret"]
    assert "client_handshake_traffic_secret" in recompute(h.trace, changed).values


def test_what_does_not_exist_or_does_not_fit_is_refused():
    trace = HANDSHAKES["x25519"]().trace
    with pytest.raises(LocalError, match="no value called 'nothing'"):
        recompute(trace, {"nothing": b""})
    with pytest.raises(LocalError, match="client_private has 32 bytes, not 31"):
        recompute(trace, {"client_private": bytes(31)})
