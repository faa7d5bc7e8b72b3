"""The server asks who the client is: required, optional, refused (RFC 5246 §7.4.4 to §7.4.8)."""

from dataclasses import replace

import pytest
from cryptography import x509
from in_memory import (
    ASKS,
    GCM,
    HARDENED,
    ONE_OF_EACH_EXCHANGE,
    SIDES,
    Pair,
    credential,
    message_in,
    refused,
    say,
)
from states import pair_in_state

from tlslab.connection.config import ClientAuthentication
from tlslab.crypto.signatures import schemes_for
from tlslab.errors import LocalError
from tlslab.lab import pki
from tlslab.primitives import REFERENCE
from tlslab.tls12.messages import Certificate, CertificateRequest, CertificateVerify
from tlslab.trace import Verified
from tlslab.wire.registry import ClientCertificateType, SignatureScheme

REQUIRED = {**ASKS, "client_authentication": ClientAuthentication.REQUIRED}
STRANGER = x509.load_der_x509_certificate(pki.broken("self-signed").certificate_chain[0])
CLIENTS = ("client-rsa", "client-ecdsa")


@pytest.mark.parametrize("suite", ONE_OF_EACH_EXCHANGE, ids=lambda suite: suite.name)
@pytest.mark.parametrize("label", CLIENTS)
@pytest.mark.parametrize("hardened", [False, True])
def test_a_client_shows_who_it_is(suite, label, hardened):
    more = HARDENED if hardened else {}
    pair = Pair(
        suite,
        client={"credential": credential(label), **more},
        server={**REQUIRED, **more},
        traced=True,
    ).connected()
    (completed,) = pair.events["server"]
    assert completed.peer_certificates == pki.identity(label).certificate_chain
    verified = [event.what for event in pair.traces["server"].of(Verified)]
    assert verified == ["client certificate", "certificate_verify", "finished"]


def test_the_signature_is_over_all_messages_before_it():
    """Verified by the library, over the messages as they went over the wire."""
    pair = Pair(GCM, client={"credential": credential("client-rsa")}, server=REQUIRED, traced=True)
    pair.connected()
    signed = message_in(pair, "client", CertificateVerify).handshake_messages
    before = b""
    for message in pair.traces["server"].messages():
        if message.name == "certificate_verify":
            break
        before += message.raw
    assert message.name == "certificate_verify"
    REFERENCE.verify(
        credential("client-rsa").private_key.public_key(),
        signed.algorithm,
        signed.signature,
        before,
    )


def test_the_request_names_keys_schemes_and_authorities():
    pair = Pair(GCM, server=REQUIRED)
    pair.give("server", pair.take("client"))
    pair.take("server")
    request = message_in(pair, "server", CertificateRequest)
    kinds = ClientCertificateType
    assert request.certificate_types == (kinds.rsa_sign, kinds.ecdsa_sign)
    assert request.certificate_authorities == (pki.root().subject.public_bytes(),)
    assert set(request.supported_signature_algorithms) == set(
        pair.server._context.config.signature_schemes
    )


def test_a_client_without_a_certificate_may_enter_if_it_need_not_say_who_it_is():
    pair = Pair(GCM, server=ASKS).connected()
    assert pair.events["server"][0].peer_certificates == ()
    assert message_in(pair, "client", Certificate).certificate_list == ()


def test_a_client_without_a_certificate_is_refused_where_one_is_required():
    error = refused(Pair(GCM, server=REQUIRED), "server")
    assert (error.alert, error.section) == ("handshake_failure", "RFC 5246 §7.4.6")


@pytest.mark.parametrize(
    "change",
    [
        {"certificate_types": (ClientCertificateType.rsa_sign,)},
        {"supported_signature_algorithms": (SignatureScheme.rsa_pkcs1_sha256,)},
    ],
    ids=["kinds of keys", "schemes"],
)
def test_a_certificate_that_the_server_cannot_use_is_not_sent(change):
    waiting = pair_in_state("client", "WaitCertificateRequest")
    context = waiting.client._context
    context.config = replace(context.config, credential=credential("client-ecdsa"))
    request = CertificateRequest(
        (ClientCertificateType.rsa_sign, ClientCertificateType.ecdsa_sign),
        context.config.signature_schemes,
        (),
    )
    waiting.give("client", say(waiting.server, replace(request, **change)))
    waiting.give("client", say(waiting.server, b"\x0e\x00\x00\x00"))
    waiting.take("client")
    assert message_in(waiting, "client", Certificate).certificate_list == ()


def test_a_certificate_for_servers_is_refused():
    pair = Pair(GCM, client={"credential": credential("server-rsa")}, server=REQUIRED)
    error = refused(pair, "server")
    assert error.alert == "unsupported_certificate"
    assert "not meant for clients" in error.reason


def test_a_certificate_of_an_authority_that_is_not_trusted_is_refused():
    strangers = {**REQUIRED, "client_trust_anchors": (STRANGER,)}
    pair = Pair(GCM, client={"credential": credential("client-rsa")}, server=strangers)
    assert refused(pair, "server").alert == "unknown_ca"


@pytest.mark.parametrize("label", CLIENTS)
def test_a_signature_over_something_else_is_a_decrypt_error(label):
    wrong = REFERENCE.using(certificate_verify_content=lambda messages: b"".join(messages[1:]))
    pair = Pair(
        GCM,
        client={"credential": credential(label), "primitives": wrong},
        server=REQUIRED,
    )
    error = refused(pair, "server")
    assert (error.alert, error.where) == (
        "decrypt_error",
        "certificate_verify.handshake_messages.signature",
    )


def test_the_key_of_somebody_else_does_not_do():
    """A stolen certificate is worth nothing without its key."""
    stranger = credential("client-ecdsa").private_key
    wrong = REFERENCE.using(
        sign=lambda key, scheme, data: REFERENCE.sign(stranger, schemes_for(stranger)[0], data)
    )
    pair = Pair(
        GCM,
        client={"credential": credential("client-rsa"), "primitives": wrong},
        server=REQUIRED,
    )
    assert refused(pair, "server").alert == "decrypt_error"


def test_a_scheme_that_was_not_asked_for_is_an_illegal_parameter():
    pair = Pair(GCM, client={"credential": credential("client-rsa")}, server=REQUIRED)
    pair.give("server", pair.take("client"))
    pair.give("client", pair.take("server"))
    schemes = (SignatureScheme.ecdsa_secp256r1_sha256,)
    context = pair.server._context
    context.config = replace(context.config, signature_schemes=schemes)
    error = refused(pair, "server")
    assert (error.alert, error.where) == (
        "illegal_parameter",
        "certificate_verify.handshake_messages.algorithm",
    )


def test_a_server_that_asks_has_to_know_whom_to_believe():
    with pytest.raises(LocalError, match="needs the CAs that it believes"):
        Pair(GCM, server={"client_authentication": ClientAuthentication.OPTIONAL})


def test_both_sides_have_the_same_secrets_all_the_same():
    pair = Pair(
        GCM, client={"credential": credential("client-rsa")}, server=REQUIRED, traced=True
    ).connected()
    assert len({pair.traces[side].value("master_secret") for side in SIDES}) == 1
