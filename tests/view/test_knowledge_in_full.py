"""Who knows what, where the handshake is not the one with RSA."""

import pytest
from in_memory import ASKS, GCM, HARDENED, Pair, credential, resumption

from tlslab import lab
from tlslab.trace import Record
from tlslab.view.eavesdropper import eavesdropper
from tlslab.view.knowledge import knowledge
from tlslab.wire.registry import CipherSuite

EPHEMERAL = [
    CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    CipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    CipherSuite.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256,
]
SECRETS = ("premaster secret", "master secret", "session keys")
both_sides = pytest.mark.parametrize("role", ["client", "server"])


def answers(pair: Pair, role: str) -> dict[str, tuple[str, ...]]:
    """For each value: client, server, eavesdropper, key thief today, key thief later."""
    rows = knowledge(pair.traces[role]).rows
    return {str(row[0]): tuple(map(str, row[1:])) for row in rows}


@both_sides
@pytest.mark.parametrize("hardened", [{}, HARDENED], ids=["plain", "hardened"])
@pytest.mark.parametrize("suite", EPHEMERAL, ids=lambda suite: suite.name)
def test_with_ephemeral_keys_a_stolen_private_key_opens_nothing(suite, hardened, role):
    pair = Pair(suite, client=hardened, server=hardened, traced=True).connected()
    pair.client.send(b"secret")
    pair.carry()
    told = answers(pair, role)
    for value in (*SECRETS, "the data from the client"):
        assert told[value] == ("yes", "yes", "no", "no", "no"), value
    assert told["the server's private key"] == ("no", "yes", "no", "yes", "yes")


@both_sides
@pytest.mark.parametrize("suite", EPHEMERAL, ids=lambda suite: suite.name)
def test_each_side_has_a_key_for_this_handshake_that_nobody_else_has(suite, role):
    pair = Pair(suite, traced=True).connected()
    told = answers(pair, role)
    assert told["the client's key for this handshake"] == ("yes", "no", "no", "no", "no")
    assert told["the server's key for this handshake"] == ("no", "yes", "no", "no", "no")
    for side in ("client", "server"):
        assert told[f"the {side}'s share"] == ("yes",) * 5
    assert any("pretend to be the server" in note for note in knowledge(pair.traces[role]).notes)


@both_sides
@pytest.mark.parametrize("hardened", [{}, HARDENED], ids=["plain", "hardened"])
def test_with_rsa_it_opens_everything(role, hardened):
    pair = Pair(GCM, client=hardened, server=hardened, traced=True).connected()
    told = answers(pair, role)
    for value in SECRETS:
        assert told[value] == ("yes", "yes", "no", "yes", "yes"), value
    assert not knowledge(pair.traces[role]).notes
    assert not any("for this handshake" in value for value in told)


@both_sides
@pytest.mark.parametrize("suite", [GCM, *EPHEMERAL], ids=lambda suite: suite.name)
def test_anybody_can_hash_what_went_in_the_clear(suite, role):
    hardened = Pair(suite, client=HARDENED, server=HARDENED, traced=True).connected()
    assert answers(hardened, role)["session hash"] == ("yes",) * 5
    assert "session hash" not in answers(Pair(suite, traced=True).connected(), role)


@both_sides
def test_only_a_client_that_signed_is_said_to_have_a_private_key(role):
    signs = {"credential": credential("client-rsa")}
    for client, asked in ((signs, True), ({}, False)):
        pair = Pair(EPHEMERAL[0], client=client, server=ASKS, traced=True).connected()
        told = answers(pair, role)
        assert ("the client's private key" in told) is asked
        if asked:
            assert told["the client's private key"] == ("yes", "no", "no", "no", "no")


@both_sides
def test_a_ticket_is_seen_by_all_and_opened_by_the_server_alone(role):
    setup = resumption(renews=False)
    setup["client"].pop("session")
    gives = Pair(**setup, traced=True).connected()
    shows = Pair(**resumption(renews=False), traced=True).connected()
    for pair in (gives, shows):
        told = answers(pair, role)
        assert told["the ticket, sealed"] == ("yes",) * 5
        assert told["the server's ticket key"] == ("no", "yes", "no", "no", "no")
        assert any("opens the ticket" in note for note in knowledge(pair.traces[role]).notes)
    assert "the ticket, sealed" not in answers(Pair(GCM, traced=True).connected(), role)


@both_sides
def test_a_resumed_session_is_known_to_both_and_to_nobody_else(role: str):
    told = answers(Pair(**resumption(renews=False), traced=True).connected(), role)
    for value in ("master secret", "session keys"):
        assert told[value] == ("yes", "yes", "no", "no", "no"), value


def test_an_eavesdropper_sees_a_ticket():
    pair = Pair(**resumption(renews=False), traced=True).connected()
    rows = [str(row[-1]) for row in eavesdropper(pair.traces["client"]).rows]
    ticket = pair.traces["server"].value("ticket")
    assert f"with a ticket of {len(ticket)} bytes" in rows[0]


@pytest.mark.parametrize(
    ("suite", "length"),
    [
        ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 32),
        ("TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", 256),
    ],
)
def test_an_eavesdropper_sees_both_shares_and_the_signature(suite: str, length: int):
    trace = lab.handshake(seed=1, suite=suite, server="rsa").trace
    rows = [str(row[-1]) for row in eavesdropper(trace).rows]
    share = f"a share of {length} bytes"
    assert any(f"server_key_exchange: {share}, a signature of 256 bytes" in row for row in rows)
    assert any(f"client_key_exchange: {share}" in row for row in rows)
    assert len(trace.value("client_share")) == len(trace.value("server_share")) == length


def test_an_eavesdropper_sees_one_type_of_protected_record_in_tls_1_3():
    trace = lab.handshake(seed=1, version="TLS 1.3").trace
    rows = [row for row in eavesdropper(trace).rows if "encrypted" in str(row[-1])]
    assert {row[2] for row in rows} == {"application_data"}
    assert len(rows) == sum(record.protection != "none" for record in trace.of(Record))
