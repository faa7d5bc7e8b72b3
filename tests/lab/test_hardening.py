"""What notebook 13 says of OpenSSL and of the triple handshake is so, for every learner's seed."""

import os
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from tlslab import lab
from tlslab.classroom.source import read_source
from tlslab.errors import ProtocolError
from tlslab.lab import checking, learner
from tlslab.lab.exercises import n13, n13_records
from tlslab.lab.handshake import REPLY, REQUEST
from tlslab.lab.hardening import (
    as_in_part_one,
    extensions,
    offered_and_answered,
    openssl_with_itself,
    server_random_of_openssl,
)
from tlslab.lab.randomness import SeededRandom
from tlslab.lab.triple_handshake import MIDDLE, name_in_certificate, triple_handshake
from tlslab.primitives import REFERENCE
from tlslab.trace import Record

SOURCE = Path(__file__).parents[2] / "notebooks" / "source" / "13_hardening.py"
CBC, GCM = n13.SUITES
SEEDS = range(50)
HARDENED = {"extended_master_secret": True, "encrypt_then_mac": True}
EXERCISES = (*n13.EXERCISES, *n13_records.EXERCISES)
CASES = [
    pytest.param(exercise, case, id=f"{exercise.name}: {case.what}")
    for exercise in EXERCISES
    for case in exercise.cases(SeededRandom(1, "test"))
]


@pytest.fixture(autouse=True)
def _nothing_is_kept(monkeypatch):
    monkeypatch.setenv("TLSLAB_STATE", "off")
    monkeypatch.setattr(checking, "_installed", {})
    monkeypatch.setattr(learner, "_unsaved", learner.State())


@pytest.mark.parametrize(("exercise", "case"), CASES)
def test_the_published_outcome_of_a_case_is_the_references(exercise, case):
    if case.expected is n13_records.REFUSED:
        with pytest.raises(ProtocolError) as refused:
            exercise.reference(*case.arguments)
        assert refused.value.alert == "bad_record_mac"
    elif case.expected is not None:
        assert exercise.reference(*case.arguments) == case.expected
    else:
        exercise.reference(*case.arguments)


def test_the_cases_of_unprotect_are_of_both_kinds():
    cases = list(n13_records.etm_unprotect_cases(SeededRandom(1, "test")))
    refused = [case.expected is n13_records.REFUSED for case in cases]
    assert sum(refused) >= 10
    assert refused.count(False) >= 6


# -- functions of part 1 behind the extensions ----------------------------------------------------


def master_secrets(live):
    lines = live.trace.key_log() + live.peer_key_log
    return {line.split()[2] for line in lines.splitlines() if line.startswith("CLIENT_RANDOM")}


@pytest.mark.parametrize("role", ["client", "server"])
@pytest.mark.parametrize("suite", [CBC, GCM])
def test_the_functions_of_part_one_do_not_do_what_was_agreed_on(role, suite):
    live = lab.peers.openssl(role, suite=suite, primitives=as_in_part_one(REFERENCE), **HARDENED)
    assert not live.completed
    assert "bad_record_mac" in str(live.error)


@pytest.mark.parametrize("suite", [CBC, GCM])
def test_openssl_tells_of_the_first_disagreement_in_its_key_log(suite):
    old = as_in_part_one(REFERENCE)
    assert len(master_secrets(lab.peers.openssl("server", suite=suite, primitives=old))) == 1
    live = lab.peers.openssl("server", suite=suite, primitives=old, **HARDENED)
    assert len(master_secrets(live)) == 2


@pytest.mark.parametrize("role", ["client", "server"])
@pytest.mark.parametrize("suite", [CBC, GCM])
def test_where_nothing_is_agreed_on_they_are_all_that_is_needed(role, suite):
    live = lab.peers.openssl(role, suite=suite, primitives=as_in_part_one(REFERENCE))
    assert live.completed
    assert sorted([live.received, live.peer_received]) == sorted([REQUEST, REPLY])


def test_the_second_disagreement_is_in_the_record_and_not_in_the_secrets():
    functions = as_in_part_one(REFERENCE).without("extended_master_secret")
    live = lab.peers.openssl("server", suite=CBC, primitives=functions, **HARDENED)
    assert not live.completed
    assert len(master_secrets(live)) == 1
    record = next(each for each in live.trace.of(Record) if each.protection != "none")
    iv, finished_and_padding, mac = 16, 32, 20
    assert len(record.raw) - 5 == iv + finished_and_padding + mac


# -- what OpenSSL answers -------------------------------------------------------------------------


def rows(table):
    return {row[0]: row[1:] for row in table.rows}


@pytest.mark.parametrize("seed", range(12))
def test_openssl_offers_and_answers_what_the_question_says(seed):
    suites, offered = n13.answered_question(seed)
    extended = "extended_master_secret" in offered
    hellos = openssl_with_itself(suites[0], extended_master_secret=extended)
    client_hello, server_hello = hellos
    assert tuple(suite.name for suite in client_hello.cipher_suites) == suites
    names = [each.name for each in client_hello.extension_types() if each.name != "server_name"]
    assert names == list(offered)
    answered = {each.name for each in server_hello.extension_types()} - {"server_name"}
    assert answered == n13.answered(seed)
    said = {
        name for name, (_, answer) in rows(offered_and_answered(*hellos)).items() if answer == "yes"
    }
    assert said - {"server_name"} == answered


def test_all_four_questions_are_asked():
    assert len({n13.answered_question(seed) for seed in SEEDS}) == 4


def test_no_known_wrong_answer_is_right_or_means_two_things_for_any_learner():
    [answer] = n13.ANSWERS
    for seed in SEEDS:
        found = [answer.expected(seed), *(wrong(seed) for _, wrong in answer.mistakes)]
        assert len({frozenset(each) for each in found}) == len(found), seed


def test_the_table_of_extensions_knows_both_ways_to_speak_of_renegotiation():
    ours = rows(extensions(lab.handshake(seed=1, suite=CBC, **HARDENED).trace))
    theirs = rows(extensions(lab.peers.openssl("server", suite=CBC, **HARDENED).trace))
    assert ours["renegotiation_info"] == ("yes", "yes")
    assert theirs["renegotiation_info"] == ("by a suite", "yes")
    assert ours["encrypt_then_mac"] == theirs["encrypt_then_mac"] == ("yes", "yes")
    assert ours["signature_algorithms"] == ("yes", "no")


def test_openssl_says_in_its_random_that_it_could_do_better():
    assert server_random_of_openssl(ssl.TLSVersion.TLSv1_3).endswith(b"DOWNGRD\x01")
    assert b"DOWNGRD" not in server_random_of_openssl(ssl.TLSVersion.TLSv1_2)


# -- the triple handshake -------------------------------------------------------------------------


def same(seen, name):
    return seen.client.value(name) == seen.server.value(name)


@pytest.mark.parametrize("suite", [CBC, GCM])
def test_two_sessions_with_two_certificates_have_one_master_secret(suite):
    first = triple_handshake(seed=1, suite=suite).first
    assert first.error is None
    assert name_in_certificate(first.client) == MIDDLE
    assert name_in_certificate(first.server) == "server.tlslab.test"
    assert same(first, "master_secret")
    assert not same(first, "client_verify_data")


def test_the_second_handshake_goes_past_the_one_in_the_middle_unseen():
    attack = triple_handshake(seed=1)
    assert attack.second.error is None
    assert same(attack.second, "client_verify_data")
    assert same(attack.second, "server_verify_data")
    assert attack.second.client.value("client_random") != attack.first.client.value("client_random")
    sent = [
        [record.raw for record in trace.of(Record)]
        for trace in (attack.second.client, attack.second.server)
    ]
    assert sent[0] == sent[1]


def test_the_extended_master_secret_ends_it():
    met = triple_handshake(seed=1, extended_master_secret=True)
    assert met.first.error is None
    assert same(met.first, "premaster_secret")
    assert not same(met.first, "master_secret")
    assert met.second.error.alert == "bad_record_mac"


def test_without_a_seed_it_works_too():
    one, other = triple_handshake(), triple_handshake()
    assert same(one.second, "master_secret")
    assert one.first.client.value("client_random") != other.first.client.value("client_random")


# -- on the wire ----------------------------------------------------------------------------------


def test_what_the_notebook_asks_for_is_saved_and_talks_to_openssl_from_the_file(tmp_path):
    cells = read_source(SOURCE)
    given = [cell.text for cell in cells if "def aes_cbc_encrypt" in cell.text]
    written = [cell.text for cell in cells if cell.exercise and "def " in cell.text]
    checks = [f"print(lab.check({exercise.name}))" for exercise in EXERCISES]
    notebook = tmp_path / "notebook.py"
    notebook.write_text("\n".join(["from tlslab import lab", *given, *written, *checks]), "utf-8")
    program = """
from tlslab import lab
mine = lab.primitives()
print(mine)
hardened = {"extended_master_secret": True, "encrypt_then_mac": True}
for suite in ("TLS_RSA_WITH_AES_256_CBC_SHA256", "TLS_RSA_WITH_AES_256_GCM_SHA384"):
    for role in ("client", "server"):
        live = lab.peers.openssl(
            role, suite=suite, primitives=mine, request=bytes(40_000), **hardened
        )
        print(len(live.received) + len(live.peer_received), live.error)
"""

    def run(*arguments):
        environment = {**os.environ, "TLSLAB_STATE": str(tmp_path)}
        return subprocess.run(
            [sys.executable, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()

    said = run(str(notebook))
    assert len(said) == len(EXERCISES)
    assert all("is right" in line and "It is saved in" in line for line in said), said
    who, *conversations = run("-c", program)
    installed = sorted(each.primitive for each in EXERCISES if each.primitive)
    assert who == f"<Primitives: {', '.join(installed)}>"
    assert conversations == [f"{40_000 + len(REPLY)} None"] * 4
