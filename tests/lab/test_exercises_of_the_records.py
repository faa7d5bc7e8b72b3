"""What notebook 07 takes for right is what the package and OpenSSL do, for every learner's seed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag

from tlslab import lab
from tlslab.classroom.source import read_source
from tlslab.crypto import ciphers
from tlslab.errors import ProtocolError
from tlslab.lab import checking, learner
from tlslab.lab.exercises import n07
from tlslab.lab.handshake import REPLY, REQUEST
from tlslab.lab.measuring import record_sizes
from tlslab.lab.randomness import SeededRandom
from tlslab.primitives import NAMES
from tlslab.trace import Alert, Record

SOURCE = Path(__file__).parents[2] / "notebooks" / "source" / "07_application_data.py"
SEEDS = range(200)
CASES = [
    pytest.param(exercise, case, id=f"{exercise.name}: {case.what}")
    for exercise in n07.EXERCISES
    for case in exercise.cases(SeededRandom(1, "test"))
]


@pytest.fixture(autouse=True)
def _nothing_is_kept(monkeypatch):
    monkeypatch.setenv("TLSLAB_STATE", "off")
    monkeypatch.setattr(checking, "_installed", {})
    monkeypatch.setattr(learner, "_unsaved", learner.State())


@pytest.mark.parametrize(("exercise", "case"), CASES)
def test_the_published_outcome_of_a_case_is_the_references(exercise, case):
    if case.expected is n07.REFUSED:
        with pytest.raises(ProtocolError) as refused:
            exercise.reference(*case.arguments)
        assert refused.value.alert == "bad_record_mac"
    elif case.expected is not None:
        assert exercise.reference(*case.arguments) == case.expected
    else:
        exercise.reference(*case.arguments)


def test_the_cases_of_unprotect_are_of_both_kinds():
    for exercise in n07.EXERCISES:
        if exercise.name.endswith("unprotect"):
            refused = [
                case.expected is n07.REFUSED for case in exercise.cases(SeededRandom(1, "t"))
            ]
            assert sum(refused) >= 10
            assert refused.count(False) >= 6


# -- the lengths --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["cbc", "gcm"])
def test_the_length_asked_for_is_that_of_a_record_that_was_sent(kind):
    question, length = getattr(n07, f"{kind}_question"), getattr(n07, f"{kind}_length")
    asked = {}
    for seed in SEEDS:
        suite, payload = question(seed)
        asked.setdefault(suite, {})[payload] = length(seed)
    for suite, payloads in asked.items():
        assert record_sizes([suite], payloads) == {suite: list(payloads.items())}
    assert len(asked) == (2 if kind == "cbc" else 1)


@pytest.mark.parametrize("kind", ["cbc", "gcm"])
def test_a_payload_fits_into_one_record(kind):
    question = getattr(n07, f"{kind}_question")
    assert all(100 < question(seed)[1] <= 2**14 for seed in SEEDS)


def test_no_known_wrong_answer_is_right_or_means_two_things_for_any_learner():
    for answer in n07.ANSWERS:
        for seed in SEEDS:
            found = [answer.expected(seed), *(wrong(seed) for _, wrong in answer.mistakes)]
            assert len(set(found)) == len(found), (answer.id, seed)
        assert len({answer.expected(seed) for seed in SEEDS}) > len(SEEDS) / 2


# -- one error for everything -------------------------------------------------------------------


def test_another_alert_in_a_single_case_is_noticed():
    def cbc_unprotect(*arguments):
        try:
            return ciphers.cbc_unprotect(*arguments)
        except ProtocolError as error:
            fragment = arguments[-2]
            if len(fragment) == 64 and ciphers.cbc_decrypt(arguments[0], fragment)[-1] == 255:
                raise ProtocolError("decode_error", error.reason) from None
            raise

    result = lab.check(cbc_unprotect)
    assert result.status == "wrong"
    assert "not all of them with the alert bad_record_mac" in result.message


def test_the_error_of_the_library_is_no_bad_record_mac():
    def gcm_unprotect(*arguments):
        try:
            return ciphers.gcm_unprotect(*arguments)
        except ProtocolError:
            raise InvalidTag from None

    assert lab.check(gcm_unprotect).status == "crashed"


# -- on the wire --------------------------------------------------------------------------------


def test_every_primitive_of_record_protection_but_the_bare_mac_is_an_exercise():
    written = {exercise.primitive for exercise in n07.EXERCISES}
    of_records = set(NAMES[NAMES.index("additional_data") : NAMES.index("dh_public")])
    assert of_records - written == {"record_mac", "mac_protect", "mac_unprotect"}


@pytest.mark.parametrize("suite", [suite for suite, _ in n07.CBC_SUITES] + [n07.GCM_SUITE])
@pytest.mark.parametrize("role", ["client", "server"])
def test_openssl_takes_what_the_short_versions_make_and_both_sides_say_goodbye(role, suite):
    called = []

    def counted(function):
        def learners(*arguments):
            called.append(function)
            return function(*arguments)

        return learners

    functions = {
        "cbc_unprotect": counted(n07._opened),
        "gcm_unprotect": counted(n07._decrypted),
        "additional_data": counted(n07.header_bytes),
    }
    live = lab.peers.openssl(role=role, suite=suite, primitives=lab.primitives().using(**functions))
    assert sorted([live.received, live.peer_received]) == sorted([REQUEST, REPLY])
    assert {(alert.sender, alert.description) for alert in live.trace.of(Alert)} == {
        ("client", "close_notify"),
        ("server", "close_notify"),
    }
    theirs = [record for record in live.trace.of(Record) if record.sender != role]
    protected = sum(record.protection != "none" for record in theirs)
    opened = n07._decrypted if suite == n07.GCM_SUITE else n07._opened
    assert called.count(opened) == protected == 3


def test_what_the_notebook_asks_for_is_saved_and_talks_to_openssl_from_the_file(tmp_path):
    cells = read_source(SOURCE)
    given = [cell.text for cell in cells if "def aes_cbc_encrypt" in cell.text]
    written = [cell.text for cell in cells if cell.exercise and "def " in cell.text]
    checks = [f"print(lab.check({exercise.name}))" for exercise in n07.EXERCISES]
    notebook = tmp_path / "notebook.py"
    notebook.write_text("\n".join(["from tlslab import lab", *given, *written, *checks]), "utf-8")
    program = """
from tlslab import lab
mine = lab.primitives()
print(mine)
for suite in ("TLS_RSA_WITH_AES_256_CBC_SHA256", "TLS_RSA_WITH_AES_256_GCM_SHA384"):
    for role in ("client", "server"):
        live = lab.peers.openssl(role=role, suite=suite, primitives=mine, request=bytes(40_000))
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
    assert len(said) == len(n07.EXERCISES)
    assert all("is right" in line and "It is saved in" in line for line in said), said
    who, *conversations = run("-c", program)
    assert who == f"<Primitives: {', '.join(sorted(each.name for each in n07.EXERCISES))}>"
    assert conversations == [f"{40_000 + len(REPLY)} None"] * 4
