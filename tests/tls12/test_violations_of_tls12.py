"""What a peer may do wrong in TLS 1.2 beyond RFC 5246's RSA: the alert and the section for each.

RFC 5246 (DHE, client authentication), RFC 7919, RFC 8422, RFC 7627, RFC 7366, RFC 5746, RFC 5077.
Each message is changed on its way; where it is signed, the sender signs the changed one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from in_memory import (
    ASKS,
    GCM,
    HARDENED,
    Pair,
    changed,
    credential,
    handshake_record,
    other,
    records,
    with_fields,
)

import tlslab
from tlslab.connection.config import ClientAuthentication
from tlslab.crypto.groups import ffdhe
from tlslab.errors import AlertName
from tlslab.tls12.messages import (
    Certificate,
    CertificateVerify,
    ClientKeyExchangeDHE,
    ClientKeyExchangeECDHE,
    NewSessionTicket,
    ServerKeyExchangeDHE,
    ServerKeyExchangeECDHE,
)
from tlslab.wire.extensions import (
    ECPointFormats,
    EncryptThenMAC,
    ExtendedMasterSecret,
    Extension,
    RenegotiationInfo,
    SignatureAlgorithms,
    SupportedGroups,
)
from tlslab.wire.framing import HandshakeMessage
from tlslab.wire.hello import ClientHello, ServerHello
from tlslab.wire.registry import (
    CipherSuite,
    ECCurveType,
    ECPointFormat,
    NamedGroup,
    SignatureScheme,
)

Change = Callable[[Any], Any]
S = CipherSuite
ECDHE = {
    "suite": S.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    "server": {"groups": (NamedGroup.x25519,)},
}
P256 = {
    "suite": S.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    "server": {"groups": (NamedGroup.secp256r1,)},
}
ECDSA = {"suite": S.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}
DHE = {"suite": S.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256}
EMS = {"suite": GCM, "client": HARDENED, "server": HARDENED}
USER = {
    "suite": GCM,
    "client": {"credential": credential("client-rsa")},
    "server": {**ASKS, "client_authentication": ClientAuthentication.REQUIRED},
}


@dataclass(frozen=True)
class Violation:
    """`message`, changed on the way to its receiver, makes the receiver send `alert`.

    signed: the server signs what was changed, so that the signature is not what is wrong.
    """

    what: str
    setup: dict[str, Any] = field(repr=False)
    message: type[HandshakeMessage]
    change: Change = field(repr=False)
    alert: AlertName
    section: str
    signed: bool = False

    def __str__(self) -> str:
        return self.what.replace(" ", "_")


def with_extension(*extensions: Extension) -> Change:
    types = {extension.extension_type for extension in extensions}

    def change(hello: Any) -> Any:
        kept = tuple(e for e in hello.extensions or () if e.extension_type not in types)
        return with_fields(extensions=kept + extensions)(hello)

    return change


def without(kind: type[Extension]) -> Change:
    def change(hello: Any) -> Any:
        return with_fields(
            extensions=tuple(e for e in hello.extensions if not isinstance(e, kind))
        )(hello)

    return change


def params(**fields: Any) -> Change:
    return lambda message: replace(message, params=replace(message.params, **fields))


def signed_params(**fields: Any) -> Change:
    return lambda message: replace(message, signed_params=replace(message.signed_params, **fields))


def one_bit(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


FFDHE = ffdhe(NamedGroup.ffdhe2048)
P = FFDHE.p.to_bytes(256, "big")
V = Violation
# fmt: off
VIOLATIONS = [
    # RFC 8422: points and curves
    V("the server sends a curve in full", ECDHE, ServerKeyExchangeECDHE,
      params(curve_type=ECCurveType.explicit_prime), "handshake_failure", "RFC 8422 §5.4"),
    V("the server takes a curve that was not offered", ECDHE, ServerKeyExchangeECDHE,
      params(namedcurve=NamedGroup.secp256k1), "illegal_parameter", "RFC 8422 §5.4"),
    V("the server takes a prime for a curve", ECDHE, ServerKeyExchangeECDHE,
      params(namedcurve=NamedGroup.ffdhe2048), "illegal_parameter", "RFC 8422 §5.4"),
    V("the server's point is too short", ECDHE, ServerKeyExchangeECDHE,
      params(public=bytes(31)), "illegal_parameter", "RFC 8422 §5.4.1", signed=True),
    V("the server's point leads to zeros", ECDHE, ServerKeyExchangeECDHE,
      params(public=bytes(32)), "illegal_parameter", "RFC 8422 §5.11", signed=True),
    V("the server's point is compressed", P256, ServerKeyExchangeECDHE,
      lambda m: params(public=b"\2" + m.params.public[1:33])(m),
      "illegal_parameter", "RFC 8422 §5.4.1", signed=True),
    V("the server's point is not on the curve", P256, ServerKeyExchangeECDHE,
      lambda m: params(public=one_bit(m.params.public))(m),
      "illegal_parameter", "RFC 8422 §5.11", signed=True),
    V("the client's point is not on the curve", P256, ClientKeyExchangeECDHE,
      lambda m: with_fields(ecdh_Yc=one_bit(m.ecdh_Yc))(m), "illegal_parameter", "RFC 8422 §5.11"),
    V("the client's point is infinity", P256, ClientKeyExchangeECDHE,
      with_fields(ecdh_Yc=b"\0"), "illegal_parameter", "RFC 8422 §5.4.1"),
    V("the client's point is too long", ECDHE, ClientKeyExchangeECDHE,
      with_fields(ecdh_Yc=bytes(33)), "illegal_parameter", "RFC 8422 §5.4.1"),
    V("the client's point leads to zeros", ECDHE, ClientKeyExchangeECDHE,
      with_fields(ecdh_Yc=bytes(32)), "illegal_parameter", "RFC 8422 §5.11"),
    V("the client knows no uncompressed points", ECDHE, ClientHello,
      with_extension(ECPointFormats((ECPointFormat(1),))), "illegal_parameter", "RFC 8422 §5.1.2"),
    V("the server knows no uncompressed points", ECDHE, ServerHello,
      with_extension(ECPointFormats((ECPointFormat(1),))), "illegal_parameter", "RFC 8422 §5.2"),
    V("the client knows no curve of ours", ECDHE, ClientHello,
      with_extension(SupportedGroups((NamedGroup.secp256k1,))),
      "handshake_failure", "RFC 5246 §7.4.2"),
    V("the client knows another curve than the certificate's", ECDSA, ClientHello,
      with_extension(SupportedGroups((NamedGroup.x25519,))),
      "handshake_failure", "RFC 5246 §7.4.2"),
    # RFC 5246 §7.4.3: the signature of the server
    V("the server's signature is wrong", ECDHE, ServerKeyExchangeECDHE,
      lambda m: signed_params(signature=one_bit(m.signed_params.signature))(m),
      "decrypt_error", "RFC 5246 §7.2.2"),
    V("the server's signature is empty", ECDSA, ServerKeyExchangeECDHE,
      signed_params(signature=b""), "decrypt_error", "RFC 5246 §7.2.2"),
    V("somebody has changed the server's point", ECDHE, ServerKeyExchangeECDHE,
      lambda m: params(public=one_bit(m.params.public))(m), "decrypt_error", "RFC 5246 §7.2.2"),
    V("somebody has changed the server's prime", DHE, ServerKeyExchangeDHE,
      lambda m: params(dh_p=one_bit(m.params.dh_p))(m), "decrypt_error", "RFC 5246 §7.2.2"),
    V("the server signs with a scheme that was not offered", ECDHE, ServerKeyExchangeECDHE,
      signed_params(algorithm=SignatureScheme.rsa_pkcs1_sha1),
      "illegal_parameter", "RFC 5246 §7.4.3"),
    V("the server signs with a scheme for another key", ECDHE, ServerKeyExchangeECDHE,
      signed_params(algorithm=SignatureScheme.ecdsa_secp256r1_sha256),
      "illegal_parameter", "RFC 5246 §7.4.3"),
    V("the client can verify SHA-1 alone", ECDHE, ClientHello,
      with_extension(SignatureAlgorithms((SignatureScheme.rsa_pkcs1_sha1,))),
      "handshake_failure", "RFC 5246 §7.4.2"),
    V("the client names no signatures and so means SHA-1", ECDHE, ClientHello,
      without(SignatureAlgorithms), "handshake_failure", "RFC 5246 §7.4.2"),
    # RFC 5246 §7.4.3, RFC 7919: primes and shares
    V("the server's prime is short", DHE, ServerKeyExchangeDHE,
      params(dh_p=P[128:]), "insufficient_security", "RFC 7919 §3", signed=True),
    V("the server's prime is none", DHE, ServerKeyExchangeDHE,
      params(dh_p=P[:-8] + bytes(7) + b"\1"), "illegal_parameter", "RFC 5246 Appendix F.1.1.3", signed=True),
    V("the server's generator is one", DHE, ServerKeyExchangeDHE,
      params(dh_g=b"\1"), "illegal_parameter", "RFC 7919 §5.1", signed=True),
    *(V(f"the server's share is {name}", DHE, ServerKeyExchangeDHE, params(dh_Ys=share),
        "handshake_failure", "RFC 7919 §3, §4", signed=True)
      for name, share in (("zero", b"\0"), ("one", b"\1"), ("p - 1", P[:-1] + b"\xfe"), ("p", P))),
    *(V(f"the client's share is {name}", DHE, ClientKeyExchangeDHE, with_fields(dh_Yc=share),
        "handshake_failure", "RFC 7919 §3, §4")
      for name, share in (("zero", b"\0"), ("one", b"\1"), ("p - 1", P[:-1] + b"\xfe"), ("p", P))),
    V("the client has no prime of ours", DHE, ClientHello,
      with_extension(SupportedGroups((NamedGroup.ffdhe8192,))),
      "insufficient_security", "RFC 7919 §4"),
    # RFC 7627, RFC 7366, RFC 5746: extensions
    V("the client's extended master secret is lost on the way", EMS, ClientHello,
      without(ExtendedMasterSecret), "decrypt_error", "RFC 5246 §7.4.9"),
    V("the server accepts extended master secret unasked", {"suite": GCM}, ServerHello,
      with_extension(ExtendedMasterSecret()), "unsupported_extension", "RFC 5246 §7.4.1.4"),
    V("the server's extended master secret is lost on the way", EMS, ServerHello,
      without(ExtendedMasterSecret), "bad_record_mac", "RFC 5246 §7.2.2"),
    V("the server wants encrypt-then-MAC for an AEAD",
      {"suite": None, "client": {**HARDENED, "cipher_suites": (GCM, S.TLS_RSA_WITH_AES_128_CBC_SHA)}},
      ServerHello, with_extension(EncryptThenMAC()), "illegal_parameter", "RFC 7366 §3"),
    V("the client claims an earlier handshake", ECDHE, ClientHello,
      with_extension(RenegotiationInfo(b"12 bytes long")), "handshake_failure", "RFC 5746 §3.6"),
    V("the server claims an earlier handshake", ECDHE, ServerHello,
      with_extension(RenegotiationInfo(b"24 bytes long")), "handshake_failure", "RFC 5746 §3.4"),
    # RFC 5246 §7.4.6, §7.4.8: client authentication
    V("the client has no certificate", USER, Certificate,
      with_fields(certificate_list=()), "handshake_failure", "RFC 5246 §7.4.6"),
    V("the client's certificate is none", USER, Certificate,
      with_fields(certificate_list=(b"0",)), "bad_certificate", "RFC 5246 §7.4.2"),
    V("the client's chain leads nowhere", USER, Certificate,
      lambda m: with_fields(certificate_list=m.certificate_list[:1])(m),
      "unknown_ca", "RFC 5246 §7.4.2"),
    V("the client's signature is wrong", USER, CertificateVerify,
      lambda m: replace(m, handshake_messages=replace(
          m.handshake_messages, signature=one_bit(m.handshake_messages.signature))),
      "decrypt_error", "RFC 5246 §7.2.2"),
    V("the client signs with a scheme that was not asked for", USER, CertificateVerify,
      lambda m: replace(m, handshake_messages=replace(
          m.handshake_messages, algorithm=SignatureScheme.rsa_pkcs1_sha1)),
      "illegal_parameter", "RFC 5246 §7.4.3"),
    V("the client signs with a scheme for another key", USER, CertificateVerify,
      lambda m: replace(m, handshake_messages=replace(
          m.handshake_messages, algorithm=SignatureScheme.ecdsa_secp256r1_sha256)),
      "illegal_parameter", "RFC 5246 §7.4.3"),
]
# fmt: on


def run(violation: Violation, change: Change) -> None:
    """Carry everything, with the message changed, and signed anew where the violation says so."""
    setup = dict(violation.setup)
    pair = Pair(**setup)
    sender = "client" if violation.message in FROM_CLIENT or is_users(violation) else "server"
    found = False
    for _ in range(10):
        for side in ("client", "server"):
            flight = pair.take(side)
            if side == sender and not found and has(flight, violation.message):
                found = True
                flight = altered(flight, violation, change, pair)
            if flight:
                pair.give(other(side), flight)
    assert found
    assert pair.client.is_connected


FROM_CLIENT = (ClientHello, ClientKeyExchangeDHE, ClientKeyExchangeECDHE, CertificateVerify)


def is_users(violation: Violation) -> bool:
    return violation.message is Certificate and violation.setup is USER


def has(flight: bytes, kind: type[HandshakeMessage]) -> bool:
    return any(r.type == 22 and r.fragment[0] == kind.msg_type for r in clear(flight))


def clear(flight: bytes) -> list[Any]:
    """The records up to a ChangeCipherSpec."""
    found = []
    for record in records(flight):
        if record.type == 20:
            break
        found.append(record)
    return found


def altered(flight: bytes, violation: Violation, change: Change, pair: Pair) -> bytes:
    unprotected = b"".join(bytes(record) for record in clear(flight))
    rest = flight[len(unprotected) :]

    def sign_too(message: Any) -> Any:
        message = change(message)
        if not violation.signed:
            return message
        config = pair.server._context.config
        terms = pair.server._state.accepted.terms
        content = terms.client_random + terms.server_random + message.params.encode()
        signed = message.signed_params
        signature = config.primitives.sign(
            config.credentials[0].private_key, signed.algorithm, content
        )
        return replace(message, signed_params=replace(signed, signature=signature))

    return changed(unprotected, violation.message, sign_too) + rest


@pytest.mark.parametrize("violation", VIOLATIONS, ids=str)
def test_a_violation_is_answered_with_the_alert_that_the_rfc_names(violation: Violation):
    with pytest.raises(tlslab.ProtocolError) as caught:
        run(violation, violation.change)
    assert (caught.value.alert, caught.value.section) == (violation.alert, violation.section)


@pytest.mark.parametrize("violation", VIOLATIONS, ids=str)
def test_without_the_violation_the_same_handshake_completes(violation: Violation):
    run(violation, lambda message: message)


def test_a_ticket_that_was_not_announced_is_unexpected():
    pair = Pair(GCM)
    pair.give("server", pair.take("client"))
    pair.give("client", pair.take("server"))
    pair.give("server", pair.take("client"))
    pair.take("server")
    with pytest.raises(tlslab.ProtocolError, match="unexpected_message"):
        pair.give("client", handshake_record(NewSessionTicket(0, b"t").encode_handshake()))
