"""What notebook 03 takes for right is what the package, cryptography and OpenSSL do."""

import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from tlslab import lab
from tlslab.crypto.certificates import names_match
from tlslab.errors import ProtocolError
from tlslab.lab import checking, learner, pki
from tlslab.lab.exercises import n03
from tlslab.lab.handshake import converse
from tlslab.lab.peers import OpenSSL
from tlslab.lab.randomness import SeededRandom
from tlslab.primitives import REFERENCE

SEEDS = range(200)
DRAW = SeededRandom(1, "test")
CHAINS = list(n03.verify_chain_cases(DRAW))
SIGNATURES = list(n03.signed_by_cases(DRAW))
NAMES = list(n03.name_matches_cases(DRAW))
DATES = list(n03.valid_at_cases(DRAW))


@pytest.fixture(autouse=True)
def _nothing_is_kept(monkeypatch):
    monkeypatch.setenv("TLSLAB_STATE", "off")
    monkeypatch.setattr(checking, "_installed", {})
    monkeypatch.setattr(learner, "_unsaved", learner.State())


def what(case):
    return case.what


# -- the chain ----------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CHAINS, ids=what)
@pytest.mark.parametrize(
    "verify", [REFERENCE.verify_chain, n03.verify_step_by_step], ids=["package", "step by step"]
)
def test_the_package_and_the_notebooks_steps_agree_with_the_case(verify, case):
    if case.expected is None:
        leaf = verify(*case.arguments)
        assert leaf.public_bytes(serialization.Encoding.DER) == case.arguments[0][0]
    else:
        with pytest.raises(ProtocolError) as refused:
            verify(*case.arguments)
        assert case.expected.fits(refused.value), refused.value


def test_a_refusal_is_expected_with_its_alert():
    either = n03.refused("unknown_ca", "bad_certificate")
    assert either.fits(ProtocolError("unknown_ca", "why"))
    assert either.fits(ProtocolError("bad_certificate", "why"))
    assert not either.fits(ProtocolError("certificate_expired", "why"))
    assert not either.fits(ValueError("unknown_ca"))
    assert str(either) == "ProtocolError with the alert unknown_ca or bad_certificate"


def test_a_single_wrong_alert_is_noticed():
    def verify_chain(certificate_list, trust_anchors, server_name, time):
        try:
            return n03.verify_chain(certificate_list, trust_anchors, server_name, time)
        except ProtocolError as error:
            if error.alert == "unsupported_certificate":
                raise ProtocolError("bad_certificate", error.reason) from None
            raise

    result = lab.check(verify_chain)
    assert result.status == "wrong"
    assert result.message.startswith("You refuse the right chains, but not each with its alert")


def test_a_chain_that_had_to_be_refused_is_named_with_its_alert():
    def verify_chain(certificate_list, trust_anchors, server_name, time):
        if server_name == "localhost":
            raise ProtocolError("bad_certificate", "this is a mistake that nobody has seen before")
        return n03.verify_step_by_step(
            certificate_list, trust_anchors, server_name, time, usages=False, authorities=False
        )

    # It takes a chain that is good for a bad one too, so no known mistake explains it.
    assert lab.check(verify_chain).status == "crashed"
    forgets = n03._with(usages=False, authorities=False)
    forgets.__name__ = "verify_chain"
    result = lab.check(forgets)
    assert result.message == (
        "verify_chain has to raise a ProtocolError with the alert bad_certificate here, and returned "
        "(one that a server has signed)."
    )


def test_a_learners_verify_chain_decides_in_a_handshake_with_openssl():
    def verify_chain(certificate_list, trust_anchors, server_name, time):
        return n03.verify_step_by_step(certificate_list, trust_anchors, server_name, time)

    assert lab.check(verify_chain).status == "passed"
    assert lab.peers.openssl("client", primitives=lab.primitives()).completed
    refused = lab.peers.openssl(
        "client", server_name="other.tlslab.test", primitives=lab.primitives()
    )
    assert refused.error.reason == "it is for another name"
    assert refused.error.alert == "bad_certificate"
    assert "bad certificate" in refused.peer_error


# -- signatures and dates -----------------------------------------------------------------------


@pytest.mark.parametrize("case", SIGNATURES, ids=what)
def test_a_signature_is_what_cryptography_says(case):
    certificate, issuer = case.arguments
    try:
        certificate.verify_directly_issued_by(issuer)
        found = True
    except (ValueError, InvalidSignature):
        found = False
    assert found is case.expected is n03.signed_by(certificate, issuer)


@pytest.mark.parametrize("case", DATES, ids=what)
def test_a_date_is_what_cryptographys_verifier_says(case):
    certificate, time = case.arguments
    verifier = PolicyBuilder().store(Store([pki.root()])).time(time)
    try:
        verifier.build_server_verifier(x509.DNSName("server.tlslab.test")).verify(
            certificate, [pki.intermediate()]
        )
        found = True
    except VerificationError:
        found = False
    assert found is case.expected is n03.valid_at(certificate, time)


# -- names --------------------------------------------------------------------------------------


def made_for(names: Sequence[str]) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """A certificate that signed itself, for these names."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "made for a test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False)
        .sign(key, hashes.SHA256())
    )
    return certificate, key


@pytest.mark.parametrize(
    "case", [case for case in NAMES if case.arguments[0][0].isalpha() or "*" in case.what], ids=what
)
def test_a_name_is_what_openssl_says(tmp_path: Path, case):
    pattern, server_name = case.arguments
    certificate, key = made_for([pattern])
    pem = tmp_path / "it.pem"
    pem.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    accepting, connecting = (
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER),
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
    )
    accepting.load_cert_chain(pem)
    connecting.load_verify_locations(pem)
    client = OpenSSL(connecting, server_name)
    converse(client, OpenSSL(accepting, None), b"", b"")
    if case.expected:
        assert client.error is None
    else:
        assert client.error.verify_code == 62  # X509_V_ERR_HOSTNAME_MISMATCH
    assert n03.name_matches(pattern, server_name) is case.expected


@pytest.mark.parametrize("case", NAMES, ids=what)
def test_a_name_is_what_the_package_says(case):
    pattern, server_name = case.arguments
    certificate, _ = made_for([pattern])
    assert names_match(certificate, server_name) is case.expected
    assert n03.name_matches(pattern, server_name) is case.expected


# -- the seven ----------------------------------------------------------------------------------


def test_every_learner_has_all_seven_in_an_order_of_their_own():
    orders = {tuple(n03.seven(seed)) for seed in SEEDS}
    assert all(sorted(order) == sorted(n03.FAULTS) for order in orders)
    assert len(orders) > len(SEEDS) * 0.9
    assert {order[0] for order in orders} == set(n03.FAULTS)


def test_the_chains_stand_in_the_order_of_the_answer():
    for seed in SEEDS:
        chains = n03.seven_chains(seed)
        for fault, chain in zip(n03.seven(seed), chains, strict=True):
            assert tuple(chain) == pki.broken(n03.FAULTS[fault]).certificate_chain


def test_no_known_wrong_answer_is_right_for_any_learner():
    (answer,) = n03.ANSWERS
    for seed in SEEDS:
        wrong = [mistaken(seed) for _, mistaken in answer.mistakes]
        assert answer.expected(seed) not in wrong
        assert len({tuple(each) for each in wrong}) == len(wrong) == 1 + 7 * 6 // 2
