"""Who knows what, and the steps, where the handshake is not the one with RSA."""

import pytest
from in_memory import ASKS, GCM, HARDENED, Pair, credential, resumption

from tlslab.view.knowledge import knowledge
from tlslab.view.steps import Status
from tlslab.view.tls12_steps import steps
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
def test_with_rsa_it_opens_everything(role: str):
    told = answers(Pair(GCM, traced=True).connected(), role)
    for value in SECRETS:
        assert told[value] == ("yes", "yes", "no", "yes", "yes"), value


@both_sides
def test_a_resumed_session_is_known_to_both_and_to_nobody_else(role: str):
    told = answers(Pair(**resumption(renews=False), traced=True).connected(), role)
    for value in ("master secret", "session keys"):
        assert told[value] == ("yes", "yes", "no", "no", "no"), value


@both_sides
@pytest.mark.parametrize("suite", EPHEMERAL, ids=lambda suite: suite.name)
def test_the_steps_speak_of_shares_and_not_of_encryption(suite, role):
    pair = Pair(
        suite, client={"credential": credential("client-rsa")}, server=ASKS, traced=True
    ).connected()
    found = steps(pair.traces[role])
    told = str(found.steps[3]) + str(found.steps[4])
    assert "agreed on" in found.steps[3].title
    assert "computed" in found.steps[4].title
    assert "encrypt" not in told.replace("encrypted_premaster", "")
    fine = (Status.DONE, Status.INFERRED)
    assert [step.number for step in found.steps if step.status not in fine] == []


@both_sides
def test_the_steps_say_what_a_resumed_session_does_without(role):
    found = steps(Pair(**resumption(renews=False), traced=True).connected().traces[role])
    for number in (3, 4, 5):
        assert "Not needed" in found.steps[number - 1].sentence
    fine = (Status.DONE, Status.INFERRED)
    assert [step.number for step in found.steps if step.status not in fine] == []
