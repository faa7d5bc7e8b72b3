"""Which certificate serves which suite, and what a client refuses (RFC 5246 §7.4.2, RFC 8422 §2)."""

from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, rsa
from in_memory import ASKS, GCM, Pair, changed, message_in, refused
from issuing import issued, keys

import tlslab
from tlslab.connection.config import DEFAULT_SCHEMES
from tlslab.crypto.certificates import signing_key, verify_client_chain
from tlslab.errors import ProtocolError
from tlslab.lab import pki
from tlslab.tls12.messages import CertificateRequest, ServerKeyExchangeECDHE
from tlslab.wire.registry import CipherSuite, SignatureScheme

ECDHE_RSA = CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
ECDHE_ECDSA = CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256


@pytest.mark.parametrize("name", ["secp256r1", "secp384r1", "secp521r1", "ed25519", "ed448"])
def test_a_key_of_each_kind_signs_the_share(name: str):
    schemes = {
        "secp256r1": SignatureScheme.ecdsa_secp256r1_sha256,
        "secp384r1": SignatureScheme.ecdsa_secp384r1_sha384,
        "secp521r1": SignatureScheme.ecdsa_secp521r1_sha512,
        "ed25519": SignatureScheme.ed25519,
        "ed448": SignatureScheme.ed448,
    }
    offered = {"signature_schemes": (schemes[name],)}
    server = {**offered, "credentials": (issued(keys()[name]),)}
    pair = Pair(ECDHE_ECDSA, client=offered, server=server).connected()
    message = message_in(pair, "server", ServerKeyExchangeECDHE)
    assert message.signed_params.algorithm is schemes[name]


def with_algorithm(algorithm: SignatureScheme) -> Any:
    """The same share, and a signature that says it is of another scheme."""
    return lambda message: replace(
        message, signed_params=replace(message.signed_params, algorithm=algorithm)
    )


def test_a_scheme_of_tls_1_3_alone_is_illegal_in_tls_1_2_even_if_the_hello_offers_it():
    """draft-ietf-tls-mldsa: the hello means it for TLS 1.3."""
    both = {"signature_schemes": (*DEFAULT_SCHEMES, SignatureScheme.mldsa44)}
    pair = Pair(ECDHE_ECDSA, client=both, server=both)
    pair.give("server", pair.take("client"))
    scheme = with_algorithm(SignatureScheme.mldsa44)
    with pytest.raises(ProtocolError, match=r"mldsa44 .* is for TLS 1.3 alone") as error:
        pair.give("client", changed(pair.take("server"), ServerKeyExchangeECDHE, scheme))
    assert error.value.alert == "illegal_parameter"


def test_a_server_of_tls_1_2_asks_its_client_for_no_scheme_of_tls_1_3_alone():
    both = {"signature_schemes": (*DEFAULT_SCHEMES, SignatureScheme.mldsa44)}
    pair = Pair(ECDHE_ECDSA, client=both, server={**both, **ASKS}).connected()
    request = message_in(pair, "server", CertificateRequest)
    assert request.supported_signature_algorithms == DEFAULT_SCHEMES


@pytest.mark.parametrize("suite", [GCM, ECDHE_RSA])
def test_a_key_on_a_curve_serves_no_suite_of_rsa(suite: CipherSuite):
    pair = Pair(suite, server={"credentials": (issued(keys()["secp256r1"]),)})
    assert refused(pair, "server").alert == "handshake_failure"


def lying(suite: CipherSuite, honest: tlslab.Credential, shown: tlslab.Credential) -> Pair:
    """The server shows the certificate of another key than the suite wants."""
    pair = Pair(suite, server={"credentials": (honest,)})
    object.__setattr__(honest, "certificate_chain", shown.certificate_chain)
    return pair


def rsa_credential() -> tlslab.Credential:
    identity = pki.server_rsa()
    return tlslab.Credential(identity.certificate_chain, identity.private_key)


@pytest.mark.parametrize(
    ("suite", "reason"), [(ECDHE_RSA, "needs an RSA key"), (ECDHE_ECDSA, "needs no RSA key")]
)
def test_a_certificate_of_the_wrong_kind_is_unsupported(suite: CipherSuite, reason: str):
    curve = issued(keys()["secp256r1"])
    honest, shown = (rsa_credential(), curve) if suite is ECDHE_RSA else (curve, rsa_credential())
    error = refused(lying(suite, honest, shown), "client")
    assert error.alert == "unsupported_certificate"
    assert reason in error.reason


def test_a_certificate_that_may_not_sign_is_unsupported():
    """RFC 5246 §7.4.2: with ECDHE the key usage has to have digitalSignature."""
    credential = issued(keys()["secp256r1"], signs=False)
    error = refused(Pair(ECDHE_ECDSA, server={"credentials": (credential,)}), "client")
    assert (error.alert, "digitalSignature" in error.reason) == ("unsupported_certificate", True)


def test_without_a_key_usage_a_key_may_do_anything():
    assert signing_key(issued(keys()["secp256r1"], usage=False).leaf)


def test_a_key_of_a_kind_that_tls_has_no_scheme_for_is_unsupported():
    class Certificate:
        def public_key(self) -> Any:
            return dsa.DSAPublicNumbers(2, dsa.DSAParameterNumbers(23, 11, 4))

    strange: Any = Certificate()
    with pytest.raises(ProtocolError, match="unsupported_certificate: .*of a kind"):
        signing_key(strange)


def test_a_client_chain_needs_somebody_to_believe():
    with pytest.raises(ProtocolError, match="unknown_ca"):
        verify_client_chain(pki.client_rsa().certificate_chain, (), pki.root().not_valid_before_utc)


def test_rsa_of_one_kind_is_enough():
    assert isinstance(rsa_credential().private_key, rsa.RSAPrivateKey)
    Pair(ECDHE_RSA, server={"credentials": (rsa_credential(),)}).connected()
