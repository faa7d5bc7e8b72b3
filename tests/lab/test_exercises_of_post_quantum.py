"""What notebook 17 takes for right is what libssl sent and derived, and its recordings are real."""

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from tlslab import LocalError, lab
from tlslab.crypto.hkdf import derive_secret, early_secret, handshake_secret
from tlslab.errors import ProtocolError
from tlslab.lab import checking, learner
from tlslab.lab.exercises import Refusal, n17, recorded_hybrid
from tlslab.lab.randomness import SeededRandom
from tlslab.lab.wiretap import read_with, shares_in, wire_of
from tlslab.primitives import REFERENCE
from tlslab.wire.registry import NamedGroup

SEEDS = ("one learner", "another")
CASES = [
    pytest.param(exercise, case, id=f"{exercise.name}: {case.what}")
    for exercise in n17.EXERCISES
    for case in exercise.cases(SeededRandom(1, "test"))
]


@pytest.fixture(autouse=True)
def _nothing_is_kept(monkeypatch):
    monkeypatch.setenv("TLSLAB_STATE", "off")
    monkeypatch.setattr(checking, "_installed", {})
    monkeypatch.setattr(learner, "_unsaved", learner.State())


@pytest.mark.parametrize(("exercise", "case"), CASES)
def test_the_published_outcome_of_a_case_is_the_references(exercise, case):
    if isinstance(case.expected, Refusal):
        with pytest.raises(ProtocolError) as refused:
            exercise.reference(*case.arguments)
        assert case.expected.fits(refused.value)
    elif case.expected is not None:
        assert exercise.reference(*case.arguments) == case.expected


def traffic_secret(shared_secret):
    secret = handshake_secret(early_secret(b"", "sha256"), shared_secret, "sha256")
    return derive_secret(secret, b"s hs traffic", recorded_hybrid.TRANSCRIPT_HASH, "sha256")


def test_the_recorded_secret_gives_what_stands_in_the_key_log_of_libssl():
    logged = recorded_hybrid.SERVER_HANDSHAKE_TRAFFIC_SECRET
    parts = n17.recorded_secrets()
    assert traffic_secret(n17.combine_secrets(n17.HYBRID, *parts)) == logged
    (exercise,) = (each for each in n17.EXERCISES if each.primitive == "combine_secrets")
    for mistake in exercise.mistakes:
        wrong = mistake.function(n17.HYBRID, *parts)
        # A mistake in the other groups is none in this one.
        assert (wrong == recorded_hybrid.SHARED_SECRET) or traffic_secret(wrong) != logged


# -- with libssl --------------------------------------------------------------------------------

HYBRID = {"version": "TLS 1.3", "groups": "X25519MLKEM768"}
both_roles = pytest.mark.parametrize("role", ["client", "server"])


@both_roles
def test_a_learners_functions_agree_with_libssl(role):
    called = []

    def combine_secrets(*arguments):
        called.append(arguments[0].name)
        return n17.combine_secrets(*arguments)

    mine = REFERENCE.using(combine_secrets=combine_secrets, combine_public=n17.combine_public)
    h = lab.peers.pyopenssl(role, **HYBRID, primitives=mine)
    assert (h.completed, h.peer_error, called) == (True, "", ["X25519MLKEM768"])
    assert {h.received, h.peer_received} == {b"Only the two of us.", b"Can anybody read this?"}


@both_roles
@pytest.mark.parametrize("name", ["combine_secrets", "combine_public"])
def test_swapped_parts_are_refused(role, name):
    mine = REFERENCE.using(**{name: lambda group, mlkem, ecdh: ecdh + mlkem})
    h = lab.peers.pyopenssl(role, **HYBRID, primitives=mine)
    assert h.error
    assert h.peer_error


# -- the recordings -----------------------------------------------------------------------------


def exchanged(private, share):
    key = X25519PrivateKey.from_private_bytes(private)
    return key.exchange(X25519PublicKey.from_public_bytes(share))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_first_recording_opens_with_the_private_number_and_the_second_does_not(seed):
    computer = n17.quantum_computer(seed)
    first, second = n17.recordings(seed)
    for recording in (first, second):
        assert not any(n17.harvested(seed) in each.record for each in recording)
    group, client, server = shares_in(first)
    assert group is NamedGroup.x25519
    opened = read_with(REFERENCE, first, exchanged(computer(client), server))
    assert opened == {"client": n17.harvested(seed), "server": b"Only the two of us."}

    shares = shares_in(second)
    (_, client), (_, server) = (n17.cut_share(getattr(shares, s), s) for s in ("client", "server"))
    half = exchanged(computer(client), server)
    for guess in (bytes(32), half):
        with pytest.raises(LocalError, match="not the shared secret"):
            read_with(REFERENCE, second, REFERENCE.combine_secrets(n17.HYBRID, guess, half))
    with pytest.raises(ValueError, match="32 bytes that a client sent"):
        computer(shares.client)


@pytest.mark.parametrize("suite", ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"])
@pytest.mark.parametrize("groups", ["X25519MLKEM768", "secp256r1"])
def test_the_shared_secret_opens_a_recording_of_any_suite(suite, groups):
    options = {"seed": 1, "suite": suite, "groups": groups, "user": "rsa"}
    h = lab.handshake(**options, client_authentication="required", record_padding=50)
    opened = read_with(REFERENCE, wire_of(h.trace), h.trace.value("shared_secret"))
    assert opened == {"client": b"Can anybody read this?", "server": b"Only the two of us."}


def test_a_recording_that_is_none():
    with pytest.raises(LocalError, match="hello of each side"):
        read_with(REFERENCE, [], bytes(32))
    h = lab.handshake(seed=1)
    with pytest.raises(LocalError, match="no key shares"):
        shares_in(wire_of(h.trace))
    h = lab.handshake(seed=1, version="TLS 1.3")
    cut = [each for each in wire_of(h.trace) if each.sender == "server"][:4]
    recording = [wire_of(h.trace)[0], *cut]
    with pytest.raises(LocalError, match="ends before the handshake does"):
        read_with(REFERENCE, recording, h.trace.value("shared_secret"))
