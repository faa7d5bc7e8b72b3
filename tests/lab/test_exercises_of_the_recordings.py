"""What notebook 09 takes for right is what OpenSSL's key log says, and what tshark can open."""

import shutil
import subprocess

import pytest

from tlslab import capture, lab
from tlslab.crypto.prf import master_secret
from tlslab.crypto.rsa import decrypt_premaster
from tlslab.lab import pki
from tlslab.lab.exercises import Refusal, n09, recorded
from tlslab.lab.exercises.recordings import KINDS, archive, which_open
from tlslab.lab.randomness import SeededRandom

KEY = pki.server_rsa().private_key
SEEDS = range(50)


def test_openssls_session_leads_to_the_secrets_in_its_key_log():
    encrypted = n09.find_encrypted_premaster(recorded.CLIENT)
    premaster_secret = decrypt_premaster(KEY, encrypted, 0x0303, bytes(48))
    assert premaster_secret == recorded.PREMASTER_SECRET
    randoms = n09.hello_randoms(recorded.CLIENT, recorded.server())
    assert master_secret(premaster_secret, *randoms, "sha256") == recorded.MASTER_SECRET


def test_a_live_session_with_openssl_opens_too():
    session = lab.peers.openssl(role="client", request=b"a", reply=b"b" * 40_000)
    (found,) = capture.conversations(capture.pcapng(session.trace, with_key_log=False))
    assert n09.open_recording(found.client, found.server, KEY) == (b"a", b"b" * 40_000)


def test_the_published_outcome_of_a_case_is_the_references():
    for exercise in n09.EXERCISES:
        published = [
            case
            for case in exercise.cases(SeededRandom(1, "test"))
            if case.expected is not None and not isinstance(case.expected, Refusal)
        ]
        assert published
        for case in published:
            assert exercise.reference(*case.arguments) == case.expected, case.what


def test_every_learner_has_all_six_kinds_and_a_fair_mixture():
    assert sorted(sum(which_open(seed)) for seed in SEEDS) == [3] * len(SEEDS)
    assert len({tuple(which_open(seed)) for seed in SEEDS}) > 10
    for seed in SEEDS:
        assert len({each.client for each in archive(seed)}) == len(KINDS)


@pytest.mark.peer
def test_tshark_opens_with_the_key_what_is_said_to_open(tmp_path):
    tshark = shutil.which("tshark")
    if not tshark:
        pytest.skip("tshark is not installed")
    opens = []
    for kind, (suite, name, _) in KINDS.items():
        done = lab.handshake(seed=f"09 archive {kind}", suite=suite, server_name=name)
        path = capture.save_pcapng(done.trace, tmp_path / "one.pcapng", with_key_log=False)
        command = [tshark, "-r", str(path), "-o", f'uat:rsa_keys:"{pki.server_rsa().key_path}",""']
        command += ["-q", "-z", "follow,tls,ascii,0"]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        opens.append("Can anybody read this?" in told)
    assert opens == [opened for _, _, opened in KINDS.values()]
