"""The issuer's word on the certificate, stapled to it by the server (RFC 6066 §8, RFC 6960)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from in_memory import (
    GCM,
    NOW,
    ONE_OF_EACH_EXCHANGE,
    Pair,
    client_config,
    credential,
    handshake_record,
    message_in,
    records,
    refused,
    server_config,
)
from OpenSSL import SSL
from stapling import REVOKED, issuer_key, ocsp_response, stapling

import tlslab
from tlslab.crypto.ocsp import verify_ocsp_response
from tlslab.lab import pki
from tlslab.tls12.messages import CertificateStatus
from tlslab.trace import Message, Verified
from tlslab.wire.extensions import StatusRequestAck
from tlslab.wire.hello import ServerHello
from tlslab.wire.registry import CertificateStatusType, CipherSuite

ASKS = {"status_request": True}
DAY = timedelta(days=1)


def statuses(pair: Pair) -> list[str]:
    return [e.what for e in pair.traces["client"].of(Verified) if e.what == "certificate status"]


@pytest.mark.parametrize("suite", ONE_OF_EACH_EXCHANGE, ids=lambda suite: suite.name)
def test_a_client_that_asks_is_given_it_and_verifies_it(suite: CipherSuite):
    credentials = (stapling("server-rsa"), stapling("server-ecdsa"))
    pair = Pair(suite, client=ASKS, server={"credentials": credentials}, traced=True).connected()
    assert statuses(pair)
    # Each response says when it was made, so two are not the same.
    sent_one = credentials["ECDSA" in suite.name].ocsp_response
    assert message_in(pair, "server", CertificateStatus).response == sent_one
    sent = [m.name for m in pair.traces["client"].of(Message) if m.sender == "server"]
    assert sent[:3] == ["server_hello", "certificate", "certificate_status"]


@pytest.mark.parametrize(
    ("client", "server"), [({}, stapling()), (ASKS, credential())], ids=["unasked", "without one"]
)
def test_it_is_only_sent_if_it_is_asked_for_and_there_is_one(client: Any, server: Any):
    pair = Pair(GCM, client=client, server={"credentials": (server,)}, traced=True).connected()
    assert not statuses(pair)
    assert message_in(pair, "server", ServerHello).extension(StatusRequestAck) is None


@pytest.mark.parametrize("suite", ONE_OF_EACH_EXCHANGE, ids=lambda suite: suite.name)
def test_a_server_may_announce_it_and_leave_it_out(suite: CipherSuite):
    """RFC 6066 §8: it "MAY" - so the client gets as far as Finished, which then does not fit."""
    credentials = (stapling("server-rsa"), stapling("server-ecdsa"))
    pair = Pair(suite, client=ASKS, server={"credentials": credentials})
    pair.give("server", pair.take("client"))
    for record in records(pair.take("server")):
        if record.fragment[0] != CertificateStatus.msg_type:
            pair.give("client", bytes(record))
    assert type(pair.client.state).__name__ == "WaitChangeCipherSpec"


def delegated(
    *, may_sign: bool, until: datetime = NOW + DAY, by_itself: bool = False
) -> tuple[x509.Certificate, Any]:
    """A certificate of a responder, and its key; the issuer has signed it, or nobody has."""
    key = ec.derive_private_key(5, ec.SECP256R1())
    usage = ExtendedKeyUsageOID.OCSP_SIGNING if may_sign else ExtendedKeyUsageOID.SERVER_AUTH
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a responder")]))
        .issuer_name(pki.intermediate().subject)
        .public_key(key.public_key())
        .serial_number(77)
        .not_valid_before(NOW - 2 * DAY)
        .not_valid_after(until)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .sign(key if by_itself else issuer_key(), hashes.SHA256())
    )
    return certificate, key


def by_delegate(**options: Any) -> bytes:
    certificate, key = delegated(**options)
    return ocsp_response(responder=certificate, key=key, certificates=(certificate,))


def test_the_issuer_may_let_somebody_else_sign():
    server = {"credentials": (stapling(response=by_delegate(may_sign=True)),)}
    assert statuses(Pair(GCM, client=ASKS, server=server, traced=True).connected())


def unsuccessful() -> bytes:
    status = ocsp.OCSPResponseStatus.TRY_LATER
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)


WRONG = {
    "nothing that can be read": (b"nonsense", "cannot be read"),
    "no answer": (unsuccessful(), "the responder says TRY_LATER"),
    "a revoked certificate": (ocsp_response(status=REVOKED), "was revoked on 2025-12-31"),
    "an unknown one": (
        ocsp_response(status=ocsp.OCSPCertStatus.UNKNOWN),
        "does not know the certificate",
    ),
    "an answer that is too old": (ocsp_response(next_update=NOW), "was good until 2026-01-01"),
    "an answer from tomorrow": (
        ocsp_response(this_update=NOW + DAY, next_update=NOW + 2 * DAY),
        "it is from 2026-01-02",
    ),
    "an answer about another certificate": (
        ocsp_response("server-other"),
        "about another certificate",
    ),
    "an answer by another issuer": (
        ocsp_response(issuer=pki.root()),
        "about another certificate",
    ),
    "a signature of a stranger": (
        by_delegate(may_sign=True, by_itself=True),
        "its signature is neither",
    ),
    "a delegate without a mandate": (by_delegate(may_sign=False), "its signature is neither"),
    "a delegate whose time is over": (
        by_delegate(may_sign=True, until=NOW - timedelta(hours=1)),
        "its signature is neither",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_not_satisfactory_ends_the_handshake(what: str):
    response, reason = WRONG[what]
    server = {"credentials": (stapling(response=response),)}
    error = refused(Pair(GCM, client=ASKS, server=server), "client")
    assert (error.alert, error.section) == ("bad_certificate_status_response", "RFC 6066 §8")
    assert reason in error.reason


def test_a_status_that_was_not_announced_is_unexpected():
    pair = Pair(GCM, client=ASKS)
    pair.give("server", pair.take("client"))
    hello, certificate, *_ = map(bytes, records(pair.take("server")))
    pair.give("client", hello + certificate)
    status = CertificateStatus(CertificateStatusType.ocsp, ocsp_response())
    with pytest.raises(tlslab.ProtocolError, match="unexpected_message"):
        pair.give("client", handshake_record(status.encode_handshake()))


def test_an_answer_without_an_end_is_good_for_now():
    server = {"credentials": (stapling(response=ocsp_response(next_update=None)),)}
    assert statuses(Pair(GCM, client=ASKS, server=server, traced=True).connected())


# -- OpenSSL as the other side ------------------------------------------------------------------


def carried(ours: Any, theirs: SSL.Connection) -> None:
    for _ in range(10):
        theirs_done = True
        try:
            theirs.do_handshake()
        except SSL.WantReadError:
            theirs_done = False
        try:
            while True:
                ours.receive_data(theirs.bio_read(65536))
        except SSL.WantReadError:
            pass
        data = ours.data_to_send()
        if data:
            theirs.bio_write(data)
        elif theirs_done:
            return


def openssl() -> SSL.Context:
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    return context


def test_openssl_staples_and_we_verify():
    context = openssl()
    identity = pki.server_ecdsa()
    context.use_certificate_chain_file(str(identity.chain_path))
    context.use_privatekey_file(str(identity.key_path))
    response = ocsp_response("server-ecdsa")
    context.set_ocsp_server_callback(lambda connection, data: response)
    theirs = SSL.Connection(context)
    theirs.set_accept_state()
    trace = tlslab.Trace("client")
    suite = CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
    ours = tlslab.client(client_config(cipher_suites=(suite,), **ASKS), trace)
    carried(ours, theirs)
    assert ours.is_connected
    assert [e.what for e in trace.of(Verified)].count("certificate status") == 1


def test_we_staple_and_openssl_gets_it():
    got = []
    ours_is = stapling()
    context = openssl()
    context.set_ocsp_client_callback(
        lambda connection, response, data: got.append(response) or True
    )
    theirs = SSL.Connection(context)
    theirs.request_ocsp()
    theirs.set_connect_state()
    suite = CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
    ours = tlslab.server(server_config(cipher_suites=(suite,), credentials=(ours_is,)))
    carried(ours, theirs)
    assert ours.is_connected
    assert got == [ours_is.ocsp_response]


def test_naive_times_are_utc():
    clock = {"clock": lambda: datetime(2026, 1, 1)}
    server = {"credentials": (stapling(),)}
    assert datetime(2026, 1, 1, tzinfo=UTC) == NOW
    Pair(GCM, client={**ASKS, **clock}, server=server).connected()


# -- issuers of other kinds ---------------------------------------------------------------------


def a_family(key: Any, algorithm: Any) -> tuple[x509.Certificate, x509.Certificate]:
    """A CA with this key, and a certificate that it has issued."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "an issuer")])
    made = []
    for serial in (1, 2):
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(serial)
            .not_valid_before(NOW - DAY)
            .not_valid_after(NOW + DAY)
        )
        made.append(builder.sign(key, algorithm))
    return made[0], made[1]


@pytest.mark.parametrize("kind", ["RSA", "ECDSA", "Ed25519"])
def test_issuers_with_other_keys_are_understood_too(kind: str):
    key: Any = credential("server-rsa").private_key
    algorithm: Any = hashes.SHA256()
    if kind == "ECDSA":
        key = ec.derive_private_key(9, ec.SECP256R1())
    elif kind == "Ed25519":
        key, algorithm = Ed25519PrivateKey.from_private_bytes(bytes(32)), None
    issuer, leaf = a_family(key, algorithm)
    response = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=leaf,
            issuer=issuer,
            algorithm=hashes.SHA256(),
            cert_status=ocsp.OCSPCertStatus.GOOD,
            this_update=NOW,
            next_update=None,
            revocation_time=None,
            revocation_reason=None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.NAME, issuer)
        .sign(key, algorithm)
        .public_bytes(Encoding.DER)
    )
    verify_ocsp_response(response, leaf, (issuer,), NOW)


def test_without_the_issuer_nothing_can_be_said():
    leaf = x509.load_der_x509_certificate(pki.server_rsa().certificate_chain[0])
    with pytest.raises(tlslab.ProtocolError, match="the issuer of the certificate is not at hand"):
        verify_ocsp_response(ocsp_response(), leaf, (pki.root(),), NOW)
