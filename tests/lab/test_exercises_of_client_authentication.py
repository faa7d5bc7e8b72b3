"""What notebook 11 takes for right is what OpenSSL signs, verifies and refuses."""

from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from tlslab import lab
from tlslab.crypto.signatures import sign
from tlslab.lab import checking, learner, pki
from tlslab.lab.exercises import n11
from tlslab.primitives import REFERENCE
from tlslab.tls12.messages import CertificateVerify
from tlslab.trace import Alert
from tlslab.wire.framing import HANDSHAKE_HEADER_LENGTH
from tlslab.wire.registry import SignatureScheme

SEEDS = range(100)
REQUIRED = {"suite": n11.SUITE, "client_authentication": "required"}


@pytest.fixture(autouse=True)
def _nothing_is_kept(monkeypatch):
    monkeypatch.setenv("TLSLAB_STATE", "off")
    monkeypatch.setattr(checking, "_installed", {})
    monkeypatch.setattr(learner, "_unsaved", learner.State())


def before_and_signature(trace):
    before = []
    for message in trace.messages():
        if message.name == "certificate_verify":
            decoded = CertificateVerify.decode(message.raw, None, HANDSHAKE_HEADER_LENGTH)
            return before, decoded.handshake_messages
        before.append(message.raw)
    return before, None


def test_openssl_signs_what_the_exercise_says():
    """Verified with `cryptography` itself, and not with the package's own function."""
    met = lab.peers.openssl("server", user="ecdsa", **REQUIRED)
    before, signed = before_and_signature(met.trace)
    assert signed.algorithm is SignatureScheme.ecdsa_secp256r1_sha256
    leaf = x509.load_der_x509_certificate(met.outcome.peer_certificates[0])
    content = n11.certificate_verify_content(before)
    leaf.public_key().verify(signed.signature, content, ec.ECDSA(SHA256()))


def test_the_message_of_the_exercise_is_what_cryptography_signs():
    messages = list(n11._messages_before_the_signature())
    key = pki.client_rsa().private_key
    signature = key.sign(b"".join(messages), PKCS1v15(), SHA256())
    assert n11.certificate_verify(key, 0x0401, messages)[8:] == signature


def test_the_sign_of_notebook_10_which_asks_a_scheme_for_its_name_makes_the_message():
    def learners(private_key, scheme, data):
        if scheme.name == "ecdsa_secp256r1_sha256":
            return private_key.sign(data, ec.ECDSA(SHA256(), deterministic_signing=True))
        if scheme.name == "rsa_pkcs1_sha256":
            return private_key.sign(data, PKCS1v15(), SHA256())
        raise NotImplementedError

    learners.__name__ = "sign"
    assert lab.check(learners).status == "passed"

    def certificate_verify(private_key, scheme, handshake_messages):
        content = b"".join(handshake_messages)
        signature = lab.primitives().sign(private_key, scheme, content)
        body = scheme.to_bytes(2, "big") + len(signature).to_bytes(2, "big") + signature
        return bytes([15]) + len(body).to_bytes(3, "big") + body

    assert lab.check(certificate_verify).status == "passed"


@pytest.mark.parametrize("user", [None, "rsa", "ecdsa"])
@pytest.mark.parametrize("asks", ["none", "optional", "required"])
def test_a_learners_accept_client_decides_in_a_handshake_with_openssl(user, asks):
    called = []

    def accept_client(certificate_list, required, trust_anchors, time):
        called.append(required)
        return n11.accept_client(certificate_list, required, trust_anchors, time)

    assert lab.check(accept_client).status == "passed"
    called.clear()
    options = {**REQUIRED, "client_authentication": asks, "user": user}
    met = lab.peers.openssl("server", primitives=lab.primitives(), **options)
    assert called == ([] if asks == "none" else [asks == "required"])
    assert met.completed is (user is not None or asks != "required")
    if met.completed:
        known = user is not None and asks != "none"
        assert bool(met.outcome.peer_certificates) is known


# -- the five -----------------------------------------------------------------------------------

RSA = pki.client_rsa()
# fault: how our client becomes such a one, and the alert
AS_A_CLIENT = {
    "no certificate": ({}, {}, "handshake_failure"),
    "certificate for servers": ({"user": pki.server_rsa()}, {}, "unsupported_certificate"),
    "intermediate missing": (
        {"user": replace(RSA, certificate_chain=RSA.certificate_chain[:1])},
        {},
        "unknown_ca",
    ),
    "another private key": (
        {"user": RSA},
        {"sign": lambda _, *more: sign(pki.server_other().private_key, *more)},
        "decrypt_error",
    ),
    "signed one message alone": (
        {"user": RSA},
        {"certificate_verify_content": lambda messages: messages[-1]},
        "decrypt_error",
    ),
}


def test_every_fault_is_here():
    assert tuple(AS_A_CLIENT) == n11.FAULTS


@pytest.mark.parametrize("fault", n11.FAULTS)
def test_our_server_and_openssl_refuse_with_the_same_alert(fault):
    who, wrong, expected = AS_A_CLIENT[fault]
    (alert,) = n11._refused(fault).of(Alert)
    assert (alert.sender, alert.description) == ("server", expected)
    met = lab.peers.openssl("client", primitives=REFERENCE.using(**wrong), **who, **REQUIRED)
    assert met.error.alert == expected


def test_the_five_come_in_many_orders_and_each_once():
    orders = {tuple(n11.five(seed)) for seed in SEEDS}
    assert all(sorted(order) == sorted(n11.FAULTS) for order in orders)
    assert len(orders) > 50


def test_the_trace_tells_the_two_apart_that_have_the_same_alert():
    over_one = {}
    for fault in n11.FAULTS[3:]:
        trace = n11._refused(fault)
        before, signed = before_and_signature(trace)
        key = x509.load_der_x509_certificate(RSA.certificate_chain[0]).public_key()
        for what in (before, before[-1:]):
            try:
                REFERENCE.verify(key, signed.algorithm, signed.signature, b"".join(what))
            except Exception:
                continue
            over_one[fault] = what is not before
    assert over_one == {"signed one message alone": True}
