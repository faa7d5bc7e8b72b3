"""What notebook 12 takes for right is what OpenSSL seals, resumes and sends."""

import subprocess

import pytest
from programs import needs_openssl

from tlslab import lab
from tlslab.lab import checking, learner
from tlslab.lab.exercises import n12
from tlslab.primitives import REFERENCE
from tlslab.trace import Record

SEEDS = ("one learner", "another")
TICKETS = {"suite": n12.SUITE, "resumption": "ticket"}


@pytest.fixture(autouse=True)
def _nothing_is_kept(monkeypatch):
    monkeypatch.setenv("TLSLAB_STATE", "off")
    monkeypatch.setattr(checking, "_installed", {})
    monkeypatch.setattr(learner, "_unsaved", learner.State())


@pytest.mark.peer
@needs_openssl
def test_openssl_seals_the_ticket_of_the_exercise():
    def openssl(*arguments, given):
        done = subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=True)
        return done.stdout

    iv = n12.TICKET[16:32].hex()
    encrypted = openssl(
        *("enc", "-aes-128-cbc", "-K", n12.KEY.enc_key.hex(), "-iv", iv), given=n12.STATE
    )
    sealed = n12.TICKET[:32] + len(encrypted).to_bytes(2, "big") + encrypted
    key = f"hexkey:{n12.KEY.mac_key.hex()}"
    mac = openssl(*("dgst", "-sha256", "-mac", "HMAC", "-macopt", key, "-binary"), given=sealed)
    assert sealed + mac == n12.TICKET


@pytest.mark.parametrize("opens", [True, False])
def test_a_learners_open_ticket_decides_whether_openssls_client_is_resumed(opens):
    called = []

    def open_ticket(key, ticket):
        called.append(ticket)
        return n12.open_ticket(key, ticket) if opens else None

    mine = REFERENCE.using(open_ticket=open_ticket)
    first = lab.peers.openssl("server", primitives=mine, **TICKETS)
    second = lab.peers.openssl("server", resume=first)
    assert len(called) == 1
    assert second.completed
    assert second.outcome.resumed is second.peer_resumed is opens


@pytest.mark.parametrize("kind", ["ticket", "session id"])
def test_the_keys_of_the_exercise_open_what_openssl_sent_in_a_resumed_connection(kind):
    first = lab.peers.openssl("client", suite=n12.SUITE, resumption=kind)
    second = lab.peers.openssl("client", resume=first, reply=b"from OpenSSL")
    keys = n12.resumed_keys(
        first.trace.value("master_secret"), n12._randoms(first), n12._randoms(second)
    )
    sent = next(
        each
        for each in second.trace.of(Record)
        if (each.sender, each.content_type) == ("server", "application_data")
    )
    opened = REFERENCE.gcm_unprotect(keys[1], keys[3], 1, 23, 0x0303, sent.raw[5:])
    assert opened == b"from OpenSSL"


# -- the stolen key -----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_the_recording_hides_what_was_said_until_the_key_is_there(seed):
    first, second = n12._recorded(seed)
    assert second.outcome.resumed
    recorded = [b"".join(each.record for each in sent) for sent in n12.recording(seed)]
    said, master_secret = n12._said(seed), first.trace.value("master_secret")
    assert (first.received_by_server, second.received_by_server) == said
    for wire in recorded:
        assert not any(each in wire for each in (*said, master_secret))
    ticket = second.server_trace.value("ticket")
    assert all(ticket in wire for wire in recorded)
    assert master_secret in n12.open_ticket(n12.stolen_key(seed), ticket)


def test_the_key_of_another_learner_opens_nothing():
    ticket = n12._recorded(SEEDS[0])[1].server_trace.value("ticket")
    assert n12.open_ticket(n12.stolen_key(SEEDS[1]), ticket) is None
