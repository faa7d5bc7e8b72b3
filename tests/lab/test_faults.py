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


ECDHE = {"suite": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"}
CBC = {"suite": "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"}
DHE = {"suite": "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"}
USER = {**ECDHE, "user": "rsa", "client_authentication": "required"}
EVERY_KIND = {
    "ecdhe_shared_secret": ECDHE,
    "signed_params": ECDHE,
    "dh_shared_secret": DHE,
    "certificate_verify_content": USER,
    "extended_master_secret": {**ECDHE, "extended_master_secret": True},
    "etm_protect": {**CBC, "encrypt_then_mac": True},
    "etm_unprotect": {**CBC, "encrypt_then_mac": True},
    "open_ticket": {**ECDHE, "resumption": "ticket"},
}


TLS13 = {"version": "TLS 1.3"}
EVERY_KIND_OF_TLS13 = {
    "derive_secret": TLS13,
    "per_record_nonce": TLS13,
    "tls13_signed_content": TLS13,
    "binder_key": {**TLS13, "resumption": "ticket"},
    "finished_mac": TLS13,
}


@pytest.mark.parametrize("name", EVERY_KIND_OF_TLS13)
def test_a_wrong_function_is_named_in_tls13(name):
    mine = REFERENCE.using(choose_cipher_suite=REFERENCE.choose_cipher_suite)
    found = find_fault(mine, **EVERY_KIND_OF_TLS13[name])
    assert [row[1] for row in found.rows] == ["OpenSSL accepted everything"] * 2

    def wrong(*arguments):
        right = getattr(REFERENCE, name)(*arguments)
        return right[:-1] + bytes([right[-1] ^ 1])

    found = find_fault(mine.using(**{name: wrong}), **EVERY_KIND_OF_TLS13[name])
    assert name in {row[2] for row in found.rows}


@pytest.mark.parametrize("name", EVERY_KIND)
def test_a_wrong_function_is_named_in_every_kind_of_handshake(name):
    def wrong(*arguments):
        right = getattr(REFERENCE, name)(*arguments)
        return right and right[:-1] + bytes([right[-1] ^ 1])

    if name == "open_ticket":
        wrong = no_ticket
    mine = REFERENCE.using(cut_key_block=REFERENCE.cut_key_block, **{name: wrong})
    told = find_fault(mine, **EVERY_KIND[name])
    assert {row[2] for row in told.rows} - {""} == {name}
    assert any(row[2] == name for row in told.rows)


def no_ticket(key, ticket):
    """A function that opens nothing: the server then makes a full handshake, which is no error."""


def test_a_session_that_is_not_resumed_is_told():
    told = find_fault(
        REFERENCE.using(open_ticket=no_ticket), suite=ECDHE["suite"], resumption="ticket"
    )
    assert [row[1] for row in told.rows] == [
        "OpenSSL accepted everything",
        "the session was not resumed: a full handshake took place",
    ]


@pytest.mark.parametrize("resumption", ["ticket", "session id"])
@pytest.mark.parametrize(
    "options", [ECDHE, DHE, USER, {**CBC, "encrypt_then_mac": True, "extended_master_secret": True}]
)
def test_the_reference_has_no_fault_in_any_kind_of_handshake(options, resumption):
    for each in (options, {**options, "resumption": resumption}):
        assert find_fault(REFERENCE, **each).notes == ("Nothing to look for.",)


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
