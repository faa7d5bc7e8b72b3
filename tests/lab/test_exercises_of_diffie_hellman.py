"""What notebook 10 takes for right is what RFCs and OpenSSL say, and its attacks are real ones."""

import shutil
import subprocess

import pytest

from tlslab import lab
from tlslab.crypto.groups import dh_public
from tlslab.crypto.signatures import sign, signed_params, verify
from tlslab.endpoints import server
from tlslab.errors import ProtocolError
from tlslab.lab import checking, learner, pki
from tlslab.lab.exercises import Refusal, n10, published, recorded
from tlslab.lab.handshake import Ours, converse, start_client
from tlslab.lab.randomness import SeededRandom
from tlslab.primitives import REFERENCE
from tlslab.trace import Trace

SUITE = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
CASES = [
    pytest.param(exercise, case, id=f"{exercise.name}: {case.what}")
    for exercise in n10.EXERCISES
    for case in exercise.cases(SeededRandom(1, "test"))
]


@pytest.mark.parametrize(("exercise", "case"), CASES)
def test_the_published_outcome_of_a_case_is_the_references(exercise, case):
    if isinstance(case.expected, Refusal):
        with pytest.raises(ProtocolError) as refused:
            exercise.reference(*case.arguments)
        assert case.expected.fits(refused.value)
    elif case.expected is not None:
        assert exercise.reference(*case.arguments) == case.expected
    else:
        exercise.reference(*case.arguments)


def test_what_openssls_server_signed_is_both_randoms_and_its_share():
    parts = recorded.CLIENT_RANDOM, recorded.SERVER_RANDOM, recorded.ECDH_PARAMS
    key = pki.server_rsa().private_key.public_key()
    verify(key, n10.PSS, recorded.SIGNATURE, signed_params(*parts))
    for mistake in n10.EXERCISES[1].mistakes:
        with pytest.raises(ProtocolError):
            verify(key, n10.PSS, recorded.SIGNATURE, mistake.function(*parts))


def test_the_data_of_rfc_5114_fits_together():
    field = published.RFC_5114
    assert dh_public(field, published.PRIVATE_A) == published.PUBLIC_A
    assert (field.p.bit_length(), len(published.SECRET)) == (1024, 128)


@pytest.mark.peer
def test_the_program_openssl_signs_the_same_today():
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    command = ["openssl", "dgst", "-sha256", "-sign", str(pki.server_rsa().key_path)]
    done = subprocess.run(command, input=b"sample", capture_output=True, check=True)
    assert done.stdout == published.OPENSSL_SAMPLE


def test_small_numbers_tell_right_from_wrong_for_every_learner():
    found = set()
    for seed in range(300):
        p, g, private, share = n10.small_numbers(seed)
        assert {pow(g, exponent, p) for exponent in range(1, p)} == set(range(1, p))
        assert 3 < private < p - 3
        assert 1 < share < p - 1
        right = n10.by_hand(seed)
        wrong = {mistaken(seed) for _, mistaken in n10.ANSWERS[0].mistakes}
        assert right not in wrong
        assert len(wrong) == len(n10.ANSWERS[0].mistakes)
        found.add((p, private, share))
    assert len(found) > 200


@pytest.mark.parametrize("stolen", [False, True], ids=["a key of her own", "the stolen key"])
@pytest.mark.parametrize("careless", [False, True], ids=["verifies", "accepts any signature"])
def test_mallory_gets_in_with_the_stolen_key_or_where_nobody_verifies(stolen, careless):
    key = (pki.server_rsa() if stolen else pki.server_other()).private_key
    hers = REFERENCE.using(sign=lambda _, scheme, data: sign(key, scheme, data))
    own = REFERENCE.using(verify=lambda *arguments: None) if careless else REFERENCE
    client = start_client(Trace("client"), seed=1, suite=SUITE, primitives=own)
    config = lab.server_config(seed=1, suite=SUITE, server="rsa", primitives=hers)
    mallory = Ours(server(config, Trace("server")))
    converse(client, mallory, b"tulip", b"thank you")
    if stolen or careless:
        assert (mallory.received, client.received) == (b"tulip", b"thank you")
    else:
        assert client.error.alert == "decrypt_error"
        assert mallory.received == b""


def test_a_verify_for_three_schemes_leaves_the_others_to_the_reference(monkeypatch):
    monkeypatch.setenv("TLSLAB_STATE", "off")
    monkeypatch.setattr(checking, "_installed", {})
    monkeypatch.setattr(learner, "_unsaved", learner.State())

    def verify(public_key, scheme, signature, data):
        if scheme not in (n10.PKCS1, n10.PSS, n10.ECDSA):
            raise NotImplementedError
        return REFERENCE.verify(public_key, scheme, signature, data)

    assert lab.check(verify).status == "passed"
    key = pki.server_rsa().private_key
    scheme = n10.SignatureScheme.rsa_pkcs1_sha512
    mine = lab.primitives()
    mine.verify(key.public_key(), scheme, sign(key, scheme, b"data"), b"data")
    with pytest.raises(ProtocolError):
        mine.verify(key.public_key(), scheme, sign(key, scheme, b"data"), b"other")
