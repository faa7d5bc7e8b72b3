"""What notebook 16 takes for right is what RFC 8448 and OpenSSL have, and its replay is a real one."""

import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tlslab import lab
from tlslab.crypto import hkdf
from tlslab.crypto.suites import TLS13_SUITES
from tlslab.lab import checking, learner
from tlslab.lab import rfc8448_resumed as rfc
from tlslab.lab.exercises import exercises, n16, n16_early_data, recorded_updates
from tlslab.lab.randomness import SeededRandom
from tlslab.primitives import REFERENCE
from tlslab.wire.framing import HANDSHAKE_HEADER_LENGTH
from tlslab.wire.hello import ClientHello, truncated

SECTION_5 = (
    Path(__file__).parents[2].parent / "shared/vectors/rfc8448_section5_hello_retry_request.json"
)
V13 = {"version": "TLS 1.3"}
both_roles = pytest.mark.parametrize("role", ["client", "server"])
CASES = [
    pytest.param(exercise, case, id=f"{exercise.name}: {case.what}")
    for exercise in (*n16.EXERCISES, *n16_early_data.EXERCISES)
    for case in exercise.cases(SeededRandom(1, "test"))
]


@pytest.fixture(autouse=True)
def _nothing_is_kept(monkeypatch):
    monkeypatch.setenv("TLSLAB_STATE", "off")
    monkeypatch.setattr(checking, "_installed", {})
    monkeypatch.setattr(learner, "_unsaved", learner.State())


@pytest.mark.parametrize(("exercise", "case"), CASES)
def test_the_published_outcome_of_a_case_is_the_references(exercise, case):
    if case.expected is not None:
        assert exercise.reference(*case.arguments) == case.expected


# -- what RFC 8448 published fits together ------------------------------------------------------


def test_the_hello_of_rfc_8448_ends_in_the_binder():
    hello = ClientHello.decode(rfc.CLIENT_HELLO, None, HANDSHAKE_HEADER_LENGTH)
    assert truncated(rfc.CLIENT_HELLO, hello) == n16.truncated(rfc.CLIENT_HELLO, rfc.HASH_NAME)
    assert rfc.CLIENT_HELLO.endswith(b"\x20" + rfc.BINDER)
    assert hkdf.early_secret(rfc.PSK, rfc.HASH_NAME) == rfc.EARLY_SECRET


def test_the_early_secret_opens_the_record_of_rfc_8448():
    key, iv = hkdf.traffic_keys(rfc.CLIENT_EARLY_TRAFFIC_SECRET, 16, rfc.HASH_NAME)
    header, record = rfc.EARLY_RECORD[:5], rfc.EARLY_RECORD[5:]
    assert AESGCM(key).decrypt(iv, record, header) == rfc.EARLY_DATA + b"\x17"


def test_the_secrets_of_rfc_8448_are_those_of_a_transcript_with_message_hash():
    if not SECTION_5.exists():
        pytest.skip(f"{SECTION_5.name} is not beside the project: vectors stay outside it")
    found = json.loads(SECTION_5.read_text())["values"]
    names = ("hello_retry_request", "client_hello_2", "server_hello")
    rest = b"".join(bytes.fromhex(found[f"{name}_record"])[5:] for name in names)
    assert bytes.fromhex(found["client_hello_1_record"])[5:] == rfc.FIRST_CLIENT_HELLO

    def secret(first):
        digest = hashlib.sha256(first + rest).digest()
        source = bytes.fromhex(found["handshake_secret"])
        return hkdf.derive_secret(source, b"s hs traffic", digest, "sha256").hex()

    published = found["server_handshake_traffic_secret"]
    right = n16.message_hash(rfc.FIRST_CLIENT_HELLO, "sha256")
    assert secret(right) == published
    mistakes = exercises()["16.message_hash"].mistakes
    # Two of them are wrong with SHA-384 alone.
    wrong = {each.function(rfc.FIRST_CLIENT_HELLO, "sha256") for each in mistakes} - {right}
    assert len(wrong) == len(mistakes) - 2
    assert published not in map(secret, wrong)


# -- with OpenSSL -------------------------------------------------------------------------------


def counted(name, calls):
    """The exercise's function, as a learner's."""
    function = exercises()[f"16.{name}"].reference

    def learners(*arguments):
        calls.append(name)
        return function(*arguments)

    return REFERENCE.using(**{name: learners})


@both_roles
def test_a_learners_message_hash_is_in_a_transcript_with_openssl(role):
    calls = []
    mine = counted("message_hash", calls)
    met = lab.peers.openssl(role, **V13, server_groups="secp384r1", primitives=mine)
    assert (met.completed, met.peer_error, bool(calls)) == (True, "", True)


@both_roles
def test_a_learners_key_resumes_a_session_with_openssl(role):
    calls = []
    mine = counted("resumption_psk", calls)
    first = lab.peers.openssl(role, **V13, resumption="ticket", primitives=mine)
    second = lab.peers.openssl(role, resume=first)
    assert (second.outcome.resumed, second.peer_resumed, bool(calls)) == (True, True, True)
    hello = second.trace.messages("client_hello")[0].raw
    hash_name = TLS13_SUITES[second.outcome.cipher_suite].hash_name
    assert hello.endswith(n16.psk_binder(second.trace.value("psk"), hello, hash_name))


@both_roles
def test_a_learners_next_secret_is_openssls(role):
    calls = []
    mine = counted("next_traffic_secret", calls)
    met = lab.peers.openssl(role, **V13, key_update="both", primitives=mine)
    assert (met.error, met.peer_error, bool(calls)) == (None, "", True)
    assert met.trace.value(f"{role}_application_traffic_secret_1").hex() in met.peer_key_log


def test_the_recorded_update_is_one_of_sha384():
    assert len(recorded_updates.BEFORE) == len(recorded_updates.AFTER) == 48


# -- early data ---------------------------------------------------------------------------------


def test_the_exercises_secret_is_that_of_the_early_data():
    first = lab.handshake(seed=1, **V13, resumption="ticket", max_early_data_size=100)
    second = lab.handshake(resume=first, early_data=b"GET /")
    hello = second.trace.messages("client_hello")[0].raw
    secret = n16_early_data.early_traffic_secret(second.trace.value("psk"), hello, "sha256")
    assert secret == second.trace.value("client_early_traffic_secret")
    assert second.received_early == b"GET /"


def test_every_learner_has_both_kinds_of_requests_and_a_get_that_does_something():
    for seed in range(200):
        asked = n16_early_data.requests(seed)
        assert len(set(asked)) == n16_early_data.QUESTIONED
        right = n16_early_data.safe_early(seed)
        assert 2 <= len(right) <= 4
        assert {asked[number - 1] for number in right} <= set(n16_early_data.SAFE)
        wrong = [mistaken(seed) for _, mistaken in n16_early_data.ANSWERS[0].mistakes]
        assert right not in wrong
        assert len({frozenset(each) for each in wrong}) == len(wrong)
