"""What notebook 15 takes for right is what RFCs published and what the engine derives."""

import pytest

from tlslab import lab
from tlslab.crypto.prf import transcript_hash
from tlslab.errors import ProtocolError
from tlslab.lab import rfc8448
from tlslab.lab.exercises import Refusal, exercises
from tlslab.lab.exercises.n15_transcript import LABELS, covered_by_secret
from tlslab.lab.randomness import SeededRandom
from tlslab.primitives import REFERENCE
from tlslab.trace import SecretDerived

EXERCISES = [each for each in exercises().values() if each.id.startswith("15")]
CASES = [
    pytest.param(exercise, case, id=f"{exercise.name}: {case.what}")
    for exercise in EXERCISES
    for case in exercise.cases(SeededRandom(1, "test"))
]
SUITES = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384")


@pytest.mark.parametrize(("exercise", "case"), CASES)
def test_the_published_outcome_of_a_case_is_the_references(exercise, case):
    if isinstance(case.expected, Refusal):
        with pytest.raises(ProtocolError):
            exercise.reference(*case.arguments)
    elif case.expected is not None:
        assert exercise.reference(*case.arguments) == case.expected
    else:
        exercise.reference(*case.arguments)


def test_each_exercise_but_the_one_on_messages_begins_with_a_published_value():
    for exercise in EXERCISES:
        first = next(iter(exercise.cases(SeededRandom(1, "test"))))
        assert (first.expected is not None) is (exercise.id != "15.covered_by_secret")


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("user", [None, "ecdsa"])
def test_each_secret_of_a_connection_covers_the_messages_that_the_exercise_says(suite, user):
    asks = {"user": user, "client_authentication": "required"} if user else {}
    trace = lab.handshake(seed=1, suite=suite, **asks).trace
    left_out = ("change_cipher_spec", "alert")
    sent = [(each.sender, each.raw) for each in trace.messages() if each.name not in left_out]
    hash_name = "sha384" if suite.endswith("384") else "sha256"
    seen = set()
    for event in trace.of(SecretDerived):
        if event.operation.startswith("Derive-Secret"):
            label = event.label.encode()
            covered = covered_by_secret(sent, label)
            assert event.context == transcript_hash(covered, hash_name), event.name
            seen.add(label)
    assert seen == {
        label for label, last in LABELS.items() if last not in (0, 1)
    }  # those of a handshake without a pre-shared key


def test_the_messages_of_rfc_8448_are_those_of_a_handshake():
    types = [(sender, message[0]) for sender, message in rfc8448.messages()]
    server = [("server", type) for type in (2, 8, 11, 15, 20)]
    assert types == [("client", 1), *server, ("client", 20)]


def test_keys_that_a_learner_returns_as_a_plain_pair_run_a_handshake():
    mine = REFERENCE.using(
        traffic_keys=lambda *arguments: tuple(REFERENCE.traffic_keys(*arguments))
    )
    assert lab.handshake(seed=1, version="TLS 1.3", primitives=mine).completed
