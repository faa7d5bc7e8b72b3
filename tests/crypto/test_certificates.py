"""Each way in which a certificate chain can be wrong, with the alert that says so.

The chains are made here, by an authority of the test's own; OpenSSL judges each of them too.
"""

import ipaddress
import subprocess
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import (
    MLDSA44PrivateKey,
    MLDSA65PrivateKey,
    MLDSA87PrivateKey,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tlslab.crypto.certificates import (
    authenticates,
    certificate_names,
    names_match,
    parse_certificates,
    rsa_encryption_key,
    signing_key,
    verify_chain,
)
from tlslab.crypto.suites import KeyExchange
from tlslab.errors import LocalError, ProtocolError
from tlslab.lab import pki

NOW = datetime(2026, 6, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
NAME = "server.example.test"


class Made:
    """A certificate and its private key."""

    def __init__(
        self,
        name: str,
        issuer: "Made | None" = None,
        *,
        ca: bool = False,
        start: datetime = NOW - YEAR,
        end: datetime = NOW + YEAR,
        names: tuple[str, ...] = (NAME,),
        usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
        key: Any = None,
    ) -> None:
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer_key = issuer.key if issuer else self.key
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.certificate.subject if issuer else subject)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False
            )
        )
        if ca:
            usages = dict.fromkeys(KEY_USAGES, False) | {"key_cert_sign": True, "crl_sign": True}
            builder = builder.add_extension(x509.KeyUsage(**usages), critical=True)
            own = x509.SubjectKeyIdentifier.from_public_key(self.key.public_key())
            builder = builder.add_extension(own, critical=False)
        else:
            alternative = x509.SubjectAlternativeName([general_name(each) for each in names])
            builder = builder.add_extension(alternative, critical=False)
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        is_edwards = isinstance(issuer_key, Ed25519PrivateKey)
        self.certificate = builder.sign(issuer_key, None if is_edwards else hashes.SHA256())

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


KEY_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


@cache
def root() -> Made:
    return Made("root of the test", ca=True)


@cache
def intermediate() -> Made:
    return Made("intermediate of the test", root(), ca=True)


def check(*chain: Made, name: str = NAME, time: datetime = NOW) -> x509.Certificate:
    return verify_chain([each.der for each in chain], [root().certificate], name, time)


def openssl(tmp_path: Path, *chain: Made, name: str = NAME) -> bool:
    """Whether OpenSSL finds the same chain good."""
    (tmp_path / "root").write_bytes(root().pem)
    (tmp_path / "leaf").write_bytes(chain[0].pem)
    (tmp_path / "more").write_bytes(b"".join(each.pem for each in chain[1:]))
    done = subprocess.run(
        [
            *("openssl", "verify", "-purpose", "sslserver", "-x509_strict"),
            *("-attime", str(int(NOW.timestamp()))),
            *("-verify_ip" if name[0].isdigit() else "-verify_hostname", name),
            *("-CAfile", "root", *(("-untrusted", "more") if chain[1:] else ()), "leaf"),
        ],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


@pytest.mark.parametrize(
    ("names", "name"),
    [
        ((NAME,), NAME),
        ((NAME,), NAME.upper()),
        (("*.example.test",), NAME),
        (("else.test", "192.0.2.7"), "192.0.2.7"),
        (("2001:db8::7",), "2001:0db8:0::7"),
    ],
)
def test_a_good_chain_is_accepted_under_its_name(tmp_path, names, name):
    leaf = Made("leaf", intermediate(), names=names)
    assert check(leaf, intermediate(), name=name) == leaf.certificate
    assert openssl(tmp_path, leaf, intermediate(), name=name)


def test_the_order_of_intermediates_does_not_matter_and_strangers_do_no_harm():
    second = Made("second intermediate", intermediate(), ca=True)
    stranger = Made("a stranger", ca=True)
    leaf = Made("leaf", second)
    assert check(leaf, stranger, intermediate(), second) == leaf.certificate


def wrong_signature() -> tuple[Made, ...]:
    """A leaf that another key signed under the intermediate's name."""
    impostor = Made("intermediate of the test", root(), ca=True)
    return Made("leaf", impostor), intermediate()


def signed_by_a_server() -> tuple[Made, ...]:
    server = Made("a plain server", intermediate())
    return Made("leaf", server), server, intermediate()


REFUSED = {
    "expired": (
        lambda: (Made("leaf", intermediate(), end=NOW - YEAR / 2), intermediate()),
        "certificate_expired",
        "CN=leaf was valid until 2025-11-30, now is 2026-06-01",
    ),
    "not yet valid": (
        lambda: (Made("leaf", intermediate(), start=NOW + YEAR / 2), intermediate()),
        "certificate_expired",
        "CN=leaf is valid from 2026-11-30, now is 2026-06-01",
    ),
    "an intermediate that expired": (
        lambda: (
            Made("leaf", old := Made("old", root(), ca=True, end=NOW - YEAR / 2)),
            old,
        ),
        "certificate_expired",
        "CN=old was valid until",
    ),
    "without its intermediate": (
        lambda: (Made("leaf", intermediate()),),
        "unknown_ca",
        "its issuer, CN=intermediate of the test, is neither sent along nor trusted",
    ),
    "from another authority": (
        lambda: (Made("leaf", Made("elsewhere", ca=True)),),
        "unknown_ca",
        "its issuer, CN=elsewhere, is neither sent along nor trusted",
    ),
    "signed by itself": (
        lambda: (Made("leaf"),),
        "unknown_ca",
        "its issuer, CN=leaf, is neither sent along nor trusted",
    ),
    "a wrong signature": (
        wrong_signature,
        "bad_certificate",
        "the issuer's signature on CN=leaf is wrong",
    ),
    "for clients": (
        lambda: (
            Made("leaf", intermediate(), usage=ExtendedKeyUsageOID.CLIENT_AUTH),
            intermediate(),
        ),
        "unsupported_certificate",
        "it is not meant for servers",
    ),
    "signed by a server": (
        signed_by_a_server,
        "bad_certificate",
        "CN=a plain server has signed a certificate and is no CA",
    ),
    "for another name": (
        lambda: (Made("leaf", intermediate(), names=("other.test", "192.0.2.1")), intermediate()),
        "bad_certificate",
        f"it is for other.test, 192.0.2.1, not for {NAME}",
    ),
    "a wildcard is one label": (
        lambda: (Made("leaf", intermediate(), names=("*.test",)), intermediate()),
        "bad_certificate",
        f"it is for \\*.test, not for {NAME}",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_bad_chain_is_refused_with_its_alert_and_its_reason(tmp_path, what):
    make, alert, reason = REFUSED[what]
    chain = make()
    with pytest.raises(ProtocolError, match=reason.replace("(", "\\(")) as refused:
        check(*chain)
    assert refused.value.alert == alert
    assert refused.value.section == "RFC 5246 §7.4.2"
    assert not openssl(tmp_path, *chain)


def test_a_naive_time_is_utc():
    leaf = Made("leaf", intermediate(), end=NOW + timedelta(minutes=1))
    naive = NOW.replace(tzinfo=None)
    assert check(leaf, intermediate(), time=naive)
    with pytest.raises(ProtocolError, match="was valid until"):
        check(leaf, intermediate(), time=naive + timedelta(minutes=2))


def test_no_certificate_and_no_trust_anchor():
    with pytest.raises(ProtocolError, match="sent no certificate") as refused:
        verify_chain([], [root().certificate], NAME, NOW)
    assert refused.value.alert == "bad_certificate"
    with pytest.raises(ProtocolError, match="there is no trust anchor") as refused:
        verify_chain([root().der], [], NAME, NOW)
    assert refused.value.alert == "unknown_ca"


def test_what_cannot_be_a_server_name_is_the_callers_mistake():
    with pytest.raises(LocalError, match="not a server name: 'münchen.test'"):
        check(Made("leaf", intermediate()), intermediate(), name="münchen.test")


@pytest.mark.parametrize("der", [b"", b"\x30\x00", b"no certificate", b"\x30\x82\xff\xff"])
def test_what_is_no_certificate_is_named_with_its_place(der):
    with pytest.raises(ProtocolError, match="not a certificate") as refused:
        parse_certificates([root().der, der])
    assert refused.value.alert == "bad_certificate"
    assert refused.value.where == "certificate.certificate_list[1]"


def test_names_of_a_certificate():
    leaf = Made("leaf", names=("*.example.test", "192.0.2.1")).certificate
    assert certificate_names(leaf) == ("*.example.test", "192.0.2.1")
    assert names_match(leaf, "a.EXAMPLE.test.")
    assert names_match(leaf, "192.0.2.1")
    assert not names_match(leaf, "example.test")
    assert not names_match(leaf, "a.b.example.test")
    assert certificate_names(root().certificate) == ()


def test_only_an_rsa_key_meant_for_it_takes_a_premaster_secret():
    good = pki.server_rsa().certificate_chain[0]
    assert isinstance(rsa_encryption_key(x509.load_der_x509_certificate(good)), RSAPublicKey)
    signing_only = x509.load_der_x509_certificate(pki.client_rsa().certificate_chain[0])
    with pytest.raises(ProtocolError, match="keyEncipherment") as refused:
        rsa_encryption_key(signing_only)
    assert refused.value.alert == "unsupported_certificate"
    elliptic = x509.load_der_x509_certificate(pki.server_ecdsa().certificate_chain[0])
    with pytest.raises(ProtocolError, match="needs an RSA key") as refused:
        rsa_encryption_key(elliptic)
    assert refused.value.alert == "unsupported_certificate"


LEAF_KEYS = {
    "rsa": lambda: pki.server_rsa().private_key,
    "secp256r1": lambda: ec.generate_private_key(ec.SECP256R1()),
    "secp384r1": lambda: ec.generate_private_key(ec.SECP384R1()),
    "secp521r1": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ed25519": Ed25519PrivateKey.generate,
    "ed448": Ed448PrivateKey.generate,
    "mldsa44": MLDSA44PrivateKey.generate,
    "mldsa65": MLDSA65PrivateKey.generate,
    "mldsa87": MLDSA87PrivateKey.generate,
}


@pytest.mark.parametrize("kind", LEAF_KEYS)
def test_a_leaf_may_have_any_key_that_signs(kind):
    leaf = Made("leaf", intermediate(), key=LEAF_KEYS[kind]())
    found = check(leaf, intermediate())
    assert signing_key(found) == leaf.key.public_key()


def test_a_ca_with_an_edwards_key_is_not_acceptable():
    authority = Made("edwards", root(), ca=True, key=Ed25519PrivateKey.generate())
    with pytest.raises(ProtocolError, match="the chain is not acceptable") as refused:
        check(Made("leaf", authority), authority)
    assert refused.value.alert == "bad_certificate"


@pytest.mark.parametrize("kind", ["mldsa44", "mldsa65", "mldsa87"])
def test_ml_dsa_authenticates_nobody_in_tls_1_2(kind):
    public_key = LEAF_KEYS[kind]().public_key()
    for exchange in KeyExchange:
        with pytest.raises(ProtocolError, match="TLS 1.2 has no signatures") as refused:
            authenticates(public_key, exchange)
        assert refused.value.alert == "unsupported_certificate"
