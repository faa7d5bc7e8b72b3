"""A handshake that OpenSSL refuses leads back to the function that is wrong."""

import pytest

from tlslab.lab import find_fault
from tlslab.lab.exercises import answers, exercises, n08
from tlslab.lab.faults import culprits_of, what_happened
from tlslab.primitives import REFERENCE

WRONG = {
    "pkcs1_v15_pad": lambda message, length, padding: b"\0\1" + padding + b"\0" + message,
    "p_hash": lambda secret, seed, length, name: bytes(length),
    **n08.FAULTS,
}


def test_with_the_reference_there_is_no_fault():
    told = find_fault(REFERENCE)
    assert [row[1] for row in told.rows] == ["OpenSSL accepted everything"] * 2
    assert told.notes == ("Nothing to look for.",)


@pytest.mark.parametrize("name", WRONG)
def test_one_wrong_function_is_named_among_right_ones(name):
    # What calls no other: a composite of the reference would call the reference.
    right = ("choose_cipher_suite", "verify_chain", "cut_key_block", "additional_data")
    replaced = {each: getattr(REFERENCE, each) for each in right}
    primitives = REFERENCE.using(**replaced, **{name: WRONG[name]})
    told = find_fault(primitives)
    assert {row[2] for row in told.rows} - {""} == {name}
    [note] = told.notes
    [exercise] = [each for each in exercises().values() if each.primitive == name]
    assert note.startswith(f"{name} is from notebook {exercise.id[:2]}: check it again (RFC ")


def test_a_mistake_that_is_passed_on_names_both():
    def p_hash(secret, seed, length, hash_name):
        return bytes(length)

    def prf(secret, label, seed, length, hash_name):
        return p_hash(secret, label + seed, length, hash_name)

    wrong = REFERENCE.using(p_hash=p_hash, prf=prf, verify_data=REFERENCE.verify_data)
    assert culprits_of(wrong, "client") == ("p_hash", "prf")
    both = REFERENCE.using(
        master_secret=n08.FAULTS["master_secret"], verify_data=WRONG["verify_data"]
    )
    assert culprits_of(both, "client") == ("master_secret", "verify_data")


def test_an_error_of_ours_is_told():
    def gcm_protect(*arguments):
        raise ValueError("no idea")

    told = find_fault(REFERENCE.using(gcm_protect=gcm_protect))
    assert {row[2] for row in told.rows} == {"gcm_protect"}
    assert all("no idea" in row[1] for row in told.rows)


@pytest.mark.parametrize("fault", n08.FAULTS)
def test_each_fault_to_find_ends_the_handshake_in_its_own_way(fault, monkeypatch):
    monkeypatch.setattr(n08, "faulty_function", lambda seed: fault)
    live = n08.faulty_handshake("whoever")
    logs = [text.split() for text in (live.trace.key_log(), live.peer_key_log)]
    premaster, master = (logs[0][i] == logs[1][i] for i in (2, 5))
    early = {"decrypt_premaster": (False, False), "master_secret": (True, False)}
    assert (premaster, master) == early.get(fault, (True, True))
    alert = {"verify_data": "decrypt_error", "transcript_hash": "decrypt_error"}
    assert alert.get(fault, "bad_record_mac") in what_happened(live)
    assert ("OpenSSL sent" in what_happened(live)) == (fault == "gcm_protect")


def test_learners_get_every_fault():
    right = answers()["08.faulty_function"].expected
    assert {right(f"learner {number}") for number in range(60)} == set(n08.FAULTS)
