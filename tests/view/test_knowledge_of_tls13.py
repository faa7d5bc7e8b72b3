"""Who knows what in TLS 1.3, and what an eavesdropper still sees."""

import pytest
from every_handshake import EARLY, HANDSHAKES_OF_TLS13

from tlslab.trace import Record, SecretDerived
from tlslab.view.eavesdropper import eavesdropper
from tlslab.view.knowledge import knowledge

BOTH_SIDES_ALONE = ("yes", "yes", "no", "no", "no")
EVERYBODY = ("yes",) * 5

every_handshake = pytest.mark.parametrize("name", HANDSHAKES_OF_TLS13)
both_sides = pytest.mark.parametrize("role", ["client", "server"])


def told(name, role):
    """For each value: client, server, eavesdropper, key thief today, key thief later."""
    done = HANDSHAKES_OF_TLS13[name]()
    table = knowledge(done.trace if role == "client" else done.server_trace)
    return {str(row[0]): tuple(map(str, row[1:])) for row in table.rows}, table.notes


@every_handshake
@both_sides
def test_the_key_of_the_certificate_opens_nothing(name, role):
    found, _ = told(name, role)
    for value in ("handshake secret", "keys for the handshake", "main secret"):
        assert found[value] == BOTH_SIDES_ALONE, value
    for value in ("Finished of the client", "Finished of the server", "resumption secret"):
        assert found[value] == BOTH_SIDES_ALONE, value
    for side in ("client", "server"):
        assert found[f"the data from the {side}"] == BOTH_SIDES_ALONE
        assert found[f"{side} random"] == EVERYBODY
    assert found["the server's private key"] == ("no", "yes", "no", "yes", "yes")


@every_handshake
def test_both_sides_tell_the_same(name):
    (client, notes), (server, others) = (told(name, role) for role in ("client", "server"))
    # A server that refuses early data has no keys for them.
    refused = {"keys for early data"} if "refused" in name or ", retried" in name else set()
    assert client.keys() ^ server.keys() == refused
    assert {value: client[value] for value in server} == server
    assert notes == others


@both_sides
def test_without_a_pre_shared_key_everybody_knows_the_early_secret(role):
    assert told("plain", role)[0]["early secret"] == EVERYBODY
    assert told("resumed", role)[0]["early secret"] == BOTH_SIDES_ALONE


@both_sides
def test_each_half_of_a_hybrid_is_known_to_both_and_to_nobody_else(role):
    found, _ = told("hybrid", role)
    for value in ("secret of ML-KEM", "secret of the curve", "shared secret"):
        assert found[value] == BOTH_SIDES_ALONE
    assert found["the client's share"] == found["the server's share"] == EVERYBODY


@both_sides
def test_early_data_are_as_secret_as_the_pre_shared_key(role):
    found, notes = told("early data", role)
    for value in ("the pre-shared key", "keys for early data", "the early data from the client"):
        assert found[value] == BOTH_SIDES_ALONE
    assert found["the binder"] == found["the ticket shown, sealed"] == EVERYBODY
    assert found["the ticket given, sealed"] == BOTH_SIDES_ALONE
    assert any("Early data are as secret" in note for note in notes)
    assert any("stays closed even to somebody who has" in note for note in notes)


@both_sides
def test_a_key_without_shares_is_said_to_be_all_there_is(role):
    found, notes = told("key alone", role)
    assert "the server's share" not in found
    assert any("reads all that was recorded (psk_ke)" in note for note in notes)


@both_sides
def test_certificates_are_encrypted_and_the_name_is_not(role):
    found, notes = told("user", role)
    assert found["the server's certificate"] == ("yes", "yes", "no", "yes", "yes")
    assert found["the client's certificate"] == BOTH_SIDES_ALONE
    assert any("server_name in the ClientHello" in note for note in notes)


@every_handshake
def test_an_eavesdropper_reads_hellos_and_counts_bytes(name):
    done = HANDSHAKES_OF_TLS13[name]()
    trace = done.trace
    rows = eavesdropper(trace).rows
    seen = sorted((row[1], row[3], row[4]) for row in rows)
    assert seen == sorted((r[1], r[3], r[4]) for r in eavesdropper(done.server_trace).rows)
    records = trace.of(Record)
    assert [row[3] for row in rows] == [len(record.raw) for record in records]
    text = "\n".join(str(row[4]) for row in rows)
    assert "to 'server.tlslab.test'" in text
    assert "certificate" not in text.replace("no certificate", "")
    assert EARLY.decode() not in text
    for event in trace.of(SecretDerived):
        assert event.value.hex() not in text


def test_an_eavesdropper_sees_shares_keys_by_name_and_a_retry():
    first = str(eavesdropper(HANDSHAKES_OF_TLS13["early data"]().trace).rows[0][4])
    assert "with the name of a pre-shared key, 146 bytes" in first
    assert "early data" in first
    rows = eavesdropper(HANDSHAKES_OF_TLS13["retried"]().trace).rows
    assert "wants a share of secp256r1" in str(rows[1][4])
