"""The laboratory's keys and certificates: always the same bytes, and good for what they are for.

OpenSSL, GnuTLS, cryptography's verifier and Python's `ssl` judge them; each refusal differs from
an acceptance in one thing.
"""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from shutil import copytree, which
from typing import TypeVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from tlslab.lab import make_pki, pki

Test = TypeVar("Test", bound=Callable[..., None])

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SERVERS = ("server-rsa", "server-ecdsa", "server-other")
CLIENTS = ("client-rsa", "client-ecdsa")
LABELS = SERVERS + CLIENTS
PEM_FILES = sorted(make_pki.DIRECTORY.glob("*.pem"))


def needs(command: str, package: str) -> Callable[[Test], Test]:
    """Mark a test as one that asks a foreign program, and skip it where there is none."""
    missing = pytest.mark.skipif(
        which(command) is None, reason=f"needs the command {command} (Debian: {package})"
    )
    return lambda test: pytest.mark.peer(missing(test))


needs_openssl = needs("openssl", "openssl")
needs_certtool = needs("certtool", "gnutls-bin")

every_server_name = pytest.mark.parametrize(
    ("label", "name"),
    [
        (server, name)
        for server in ("server-rsa", "server-ecdsa")
        for name in ("server.tlslab.test", "localhost", "127.0.0.1", "::1")
    ]
    + [("server-other", "other.tlslab.test"), ("server-other", "any.wild.tlslab.test")],
)
every_client = pytest.mark.parametrize("label", CLIENTS)
every_wrong_name = pytest.mark.parametrize(
    ("label", "name"),
    [
        ("server-rsa", "other.tlslab.test"),
        ("server-rsa", "tlslab.test"),
        ("server-rsa", "127.0.0.2"),
        ("server-other", "server.tlslab.test"),
        ("server-other", "wild.tlslab.test"),
        ("server-other", "two.labels.wild.tlslab.test"),
    ],
)


# --- the same bytes on every machine


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    """Everything, made again; the search for ten primes takes a few seconds."""
    return make_pki.make_pki()


def test_making_the_pki_again_gives_the_stored_bytes(made: dict[str, bytes]) -> None:
    assert make_pki.difference(made, make_pki.DIRECTORY) is None


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (b"Issuer:", b"issuer:", "root.pem differs from what this script makes, first in line 3."),
        (
            b"\n",
            b"\r\n",
            "root.pem differs from what this script makes in its length or its line ends.",
        ),
    ],
)
def test_a_changed_file_is_named_with_its_line(
    made: dict[str, bytes], tmp_path: Path, old: bytes, new: bytes, sentence: str
) -> None:
    changed = copytree(make_pki.DIRECTORY, tmp_path / "pki") / "root.pem"
    changed.write_bytes(changed.read_bytes().replace(old, new))
    assert make_pki.difference(made, changed.parent) == sentence


def test_a_missing_and_a_foreign_file_are_named(made: dict[str, bytes], tmp_path: Path) -> None:
    copy = copytree(make_pki.DIRECTORY, tmp_path / "pki")
    (copy / "more.pem").write_bytes(b"")
    assert make_pki.difference(made, copy) == "more.pem is not made by this script."
    (copy / "root.key.pem").unlink()
    assert make_pki.difference(made, copy) == "root.key.pem is missing."


def test_the_command_writes_the_files_and_its_check_fails_with_a_sentence(
    made: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(make_pki, "make_pki", lambda: made)  # to search for the primes only once
    directory = tmp_path / "new" / "pki"
    assert make_pki.main(["--check", str(directory)]) == 1
    assert capsys.readouterr().err == f"There is no directory {directory}.\n"

    assert make_pki.main([str(directory)]) == 0
    assert make_pki.main(["--check", str(directory)]) == 0
    assert capsys.readouterr() == ("", "")

    (directory / "README.md").unlink()
    assert make_pki.main(["--check", str(directory)]) == 1
    assert capsys.readouterr().err == "README.md is missing.\n"


@pytest.mark.parametrize("n", [2**521 - 1, 2**607 - 1, 2**1279 - 1])
def test_mersenne_primes_are_prime(n: int) -> None:
    assert make_pki.is_prime(n)


@pytest.mark.parametrize("n", [2**523 - 1, (2**521 - 1) ** 2, (2**521 - 1) * (2**607 - 1)])
def test_composites_are_not_prime_even_without_a_small_factor(n: int) -> None:
    assert not make_pki.is_prime(n)


def test_miller_and_rabin_are_fooled_exactly_where_the_literature_says() -> None:
    # Pomerance, Selfridge, Wagstaff 1980: the least that passes for all of 2, 3, 5 and 7.
    n = 151 * 751 * 28351
    fooled = [base for base in (2, 3, 5, 7, 11) if make_pki.passes_miller_rabin(n, 1, base)]
    assert fooled == [2, 3, 5, 7]


# --- labelled as what they are


@pytest.mark.parametrize("path", PEM_FILES, ids=lambda path: path.name)
def test_every_pem_block_stands_under_the_warning(path: Path) -> None:
    text = path.read_text("ascii")
    blocks = text.split("-----BEGIN ")
    assert len(blocks) > 1
    assert text.startswith("PUBLIC TEST KEY")
    assert text.count("PUBLIC TEST KEY of tlslab.") == len(blocks) - 1
    assert text.count("protects nothing") == len(blocks) - 1


@pytest.mark.parametrize("label", LABELS)
def test_every_subject_and_issuer_says_that_it_protects_nothing(label: str) -> None:
    for certificate in (*chain(label), pki.root()):
        for name in (certificate.subject, certificate.issuer):
            assert "public test key, protects nothing" in name.rfc4514_string().replace("\\", "")


def test_the_pages_beside_the_keys_warn() -> None:
    readme = (make_pki.DIRECTORY / "README.md").read_text("utf-8")
    assert readme.startswith("# Public test keys: they protect nothing\n")
    for module in (make_pki, pki):
        assert "PUBLIC TEST KEYS THAT PROTECT NOTHING" in (module.__doc__ or "")


# --- the loader


@pytest.mark.parametrize("label", LABELS)
def test_a_private_key_matches_its_certificate(label: str) -> None:
    key = pki.identity(label).private_key
    assert key.public_key() == chain(label)[0].public_key()
    kind = ec.EllipticCurvePrivateKey if label.endswith("ecdsa") else rsa.RSAPrivateKey
    assert isinstance(key, kind)
    assert key.key_size == (256 if label.endswith("ecdsa") else 2048)


@pytest.mark.parametrize("label", LABELS)
def test_a_chain_goes_from_the_leaf_to_the_intermediate_and_leaves_the_root_out(label: str) -> None:
    leaf, above = chain(label)
    leaf.verify_directly_issued_by(above)
    above.verify_directly_issued_by(pki.root())
    assert above == pki.intermediate()


def test_the_loader_names_its_identities() -> None:
    found = [
        pki.server_rsa(),
        pki.server_ecdsa(),
        pki.server_other(),
        pki.client_rsa(),
        pki.client_ecdsa(),
    ]
    assert tuple(each.label for each in found) == LABELS
    assert pki.client() is pki.client_rsa()
    assert pki.server_rsa().names == ("server.tlslab.test", "localhost", "127.0.0.1", "::1")
    assert pki.server_ecdsa().names == pki.server_rsa().names
    assert pki.server_other().names == ("other.tlslab.test", "*.wild.tlslab.test")
    assert pki.client().names == ("learner.tlslab.test",)


def test_an_identity_prints_the_same_everywhere_and_without_its_key() -> None:
    assert repr(pki.client()) == "Identity(label='client-rsa', names=('learner.tlslab.test',))"


def test_an_identity_gives_its_pem_as_bytes_and_as_files() -> None:
    server = pki.server_rsa()
    assert server.chain_pem == pki.pem_path("server-rsa.chain").read_bytes()
    assert server.key_pem == pki.pem_path("server-rsa.key").read_bytes()


def test_an_unknown_name_is_answered_with_those_that_exist() -> None:
    with pytest.raises(FileNotFoundError, match=r"no 'server-dsa', but .*server-rsa\.chain"):
        pki.pem_path("server-dsa")


# --- the certificates


def every_certificate() -> list[x509.Certificate]:
    return [pki.root(), pki.intermediate(), *(chain(label)[0] for label in LABELS)]


def test_serial_numbers_and_keys_are_distinct() -> None:
    certificates = every_certificate()
    keys = {
        each.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        for each in certificates
    }
    assert len(keys) == len(certificates) == 7
    assert len({each.serial_number for each in certificates}) == 7
    assert {each.serial_number.bit_length() for each in certificates} == {121}


def test_only_a_server_with_an_rsa_key_may_decipher_a_premaster_secret() -> None:
    allowed = set()
    for label in LABELS:
        usage = chain(label)[0].extensions.get_extension_for_class(x509.KeyUsage).value
        assert usage.digital_signature
        assert not usage.key_cert_sign
        if usage.key_encipherment:
            allowed.add(label)
    assert allowed == {"server-rsa", "server-other"}


def test_authorities_may_sign_certificates_and_nothing_else() -> None:
    for authority, path_length in ((pki.root(), 1), (pki.intermediate(), 0)):
        extensions = authority.extensions
        basic = extensions.get_extension_for_class(x509.BasicConstraints)
        assert basic.critical
        assert basic.value == x509.BasicConstraints(ca=True, path_length=path_length)
        usage = extensions.get_extension_for_class(x509.KeyUsage)
        assert usage.critical
        assert usage.value == make_pki.key_usage(key_cert_sign=True, crl_sign=True)


def test_key_identifiers_link_every_certificate_to_its_issuer() -> None:
    subject_key = {
        each.subject: each.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        for each in (pki.root(), pki.intermediate())
    }
    for certificate in every_certificate():
        authority = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
        assert authority.value.key_identifier == subject_key[certificate.issuer].digest


# --- accepted and refused by cryptography's verifier


def chain(label: str) -> list[x509.Certificate]:
    return [x509.load_der_x509_certificate(der) for der in pki.identity(label).certificate_chain]


def verify_server(
    certificates: Sequence[x509.Certificate], name: str, time: datetime = NOW
) -> list[x509.Certificate]:
    policy = PolicyBuilder().store(Store([pki.root()])).time(time)
    return policy.build_server_verifier(subject(name)).verify(
        certificates[0], list(certificates[1:])
    )


def subject(name: str) -> x509.DNSName | x509.IPAddress:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


@every_server_name
def test_cryptography_accepts_a_server_under_each_of_its_names(label: str, name: str) -> None:
    assert verify_server(chain(label), name) == [*chain(label), pki.root()]


@every_client
def test_cryptography_accepts_a_client_and_tells_its_name(label: str) -> None:
    verifier = PolicyBuilder().store(Store([pki.root()])).time(NOW).build_client_verifier()
    leaf, above = chain(label)
    assert verifier.verify(leaf, [above]).subjects == [x509.DNSName("learner.tlslab.test")]


@every_wrong_name
def test_cryptography_refuses_another_name(label: str, name: str) -> None:
    with pytest.raises(VerificationError, match="subject"):
        verify_server(chain(label), name)


@pytest.mark.parametrize("label", LABELS)
def test_every_certificate_of_a_chain_is_valid_from_the_first_second_to_the_last(
    label: str,
) -> None:
    for certificate in (*chain(label), pki.root()):
        assert certificate.not_valid_before_utc == make_pki.NOT_BEFORE
        assert certificate.not_valid_after_utc == make_pki.NOT_AFTER


def test_cryptography_refuses_a_date_before_and_a_date_after() -> None:
    second = timedelta(seconds=1)
    for good in (make_pki.NOT_BEFORE, make_pki.NOT_AFTER):
        verify_server(chain("server-rsa"), "localhost", good)
    for bad in (make_pki.NOT_BEFORE - second, make_pki.NOT_AFTER + second):
        with pytest.raises(VerificationError, match="not valid at validation time"):
            verify_server(chain("server-rsa"), "localhost", bad)


def test_cryptography_refuses_a_chain_without_its_intermediate() -> None:
    with pytest.raises(VerificationError):
        verify_server(chain("server-rsa")[:1], "localhost")


def test_cryptography_refuses_a_client_certificate_from_a_server() -> None:
    with pytest.raises(VerificationError, match="EKU"):
        verify_server(chain("client-rsa"), "learner.tlslab.test")


def test_cryptography_refuses_a_server_certificate_from_a_client() -> None:
    verifier = PolicyBuilder().store(Store([pki.root()])).time(NOW).build_client_verifier()
    leaf, above = chain("server-rsa")
    with pytest.raises(VerificationError, match="EKU"):
        verifier.verify(leaf, [above])


# --- what anybody can sign with the public keys


def issue(name: str) -> x509.Certificate:
    """A server's certificate for any name, signed with the intermediate authority's public key."""
    leaf = make_pki.Leaf("server-ecdsa", name, make_pki.SERVER, (subject(name),), p256=True)
    keys: dict[str, pki.PrivateKey] = {
        "intermediate": make_pki.rsa_key("intermediate"),
        leaf.label: make_pki.p256_key(leaf.label),
    }
    return make_pki.make_certificate(leaf, keys)


def test_the_root_permits_new_certificates_below_tlslab_test() -> None:
    verify_server([issue("new.tlslab.test"), pki.intermediate()], "new.tlslab.test")


every_stolen_name = pytest.mark.parametrize(
    "name", ["bank.example", "tlslab.test.example", "192.0.2.1"]
)


@every_stolen_name
def test_cryptography_refuses_a_name_that_the_root_does_not_permit(name: str) -> None:
    with pytest.raises(VerificationError, match="permitted name constraint"):
        verify_server([issue(name), pki.intermediate()], name)


@every_stolen_name
@needs_openssl
def test_openssl_refuses_a_name_that_the_root_does_not_permit(name: str, tmp_path: Path) -> None:
    path = tmp_path / "stolen.pem"
    path.write_bytes(make_pki.certificate_pem(issue(name)))
    result = openssl_verify(path, "sslserver", *openssl_name(name))
    assert result.returncode != 0
    assert "permitted subtree violation" in result.stderr


@every_stolen_name
@needs_certtool
def test_gnutls_refuses_a_name_that_the_root_does_not_permit(name: str, tmp_path: Path) -> None:
    path = tmp_path / "stolen.pem"
    path.write_bytes(
        make_pki.certificate_pem(issue(name)) + pki.pem_path("intermediate").read_bytes()
    )
    result = certtool_verify(path, SERVER_PURPOSE, name)
    assert result.returncode != 0
    assert "violates the signer's constraints" in result.stdout


# --- accepted and refused by OpenSSL


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def openssl_verify(
    path: Path, purpose: str, *options: str, intermediate: bool = True
) -> subprocess.CompletedProcess[str]:
    """`openssl verify`: it reads the first certificate of the file only."""
    above = ("-untrusted", pki.pem_path("intermediate")) if intermediate else ()
    trust = ("-no-CApath", "-no-CAstore", "-CAfile", pki.pem_path("root"))
    return run(
        "openssl", "verify", "-x509_strict", *trust, *above, "-purpose", purpose, *options, path
    )


def openssl_name(name: str) -> tuple[str, str]:
    kind = "-verify_hostname" if isinstance(subject(name), x509.DNSName) else "-verify_ip"
    return kind, name


@every_server_name
@needs_openssl
def test_openssl_accepts_a_server_under_each_of_its_names(label: str, name: str) -> None:
    result = openssl_verify(pki.identity(label).chain_path, "sslserver", *openssl_name(name))
    assert result.returncode == 0, result.stderr


@every_client
@needs_openssl
def test_openssl_accepts_a_client(label: str) -> None:
    result = openssl_verify(pki.identity(label).chain_path, "sslclient")
    assert result.returncode == 0, result.stderr


@every_wrong_name
@needs_openssl
def test_openssl_refuses_another_name(label: str, name: str) -> None:
    result = openssl_verify(pki.identity(label).chain_path, "sslserver", *openssl_name(name))
    assert result.returncode != 0
    assert "mismatch" in result.stderr


@pytest.mark.parametrize(
    ("label", "purpose", "intermediate", "time", "reason"),
    [
        ("server-rsa", "sslserver", False, NOW, "unable to get local issuer certificate"),
        ("server-rsa", "sslclient", True, NOW, "certificate purpose"),
        ("client-rsa", "sslserver", True, NOW, "certificate purpose"),
        ("server-rsa", "sslserver", True, datetime(2018, 12, 31, tzinfo=UTC), "not yet valid"),
        ("server-rsa", "sslserver", True, datetime(2120, 1, 1, tzinfo=UTC), "has expired"),
    ],
    ids=["no intermediate", "server as client", "client as server", "too early", "too late"],
)
@needs_openssl
def test_openssl_refuses(
    label: str, purpose: str, intermediate: bool, time: datetime, reason: str
) -> None:
    at = ("-attime", str(int(time.timestamp())))
    result = openssl_verify(pki.identity(label).chain_path, purpose, *at, intermediate=intermediate)
    assert result.returncode != 0
    assert reason in result.stderr


@pytest.mark.parametrize("path", sorted(make_pki.DIRECTORY.glob("*.key.pem")), ids=lambda p: p.name)
@needs_openssl
def test_openssl_finds_every_private_key_valid(path: Path) -> None:
    result = run("openssl", "pkey", "-check", "-noout", "-in", path)
    assert result.returncode == 0, result.stderr
    assert "Key is valid" in result.stdout


# --- accepted and refused by GnuTLS

SERVER_PURPOSE = make_pki.SERVER.dotted_string
CLIENT_PURPOSE = make_pki.CLIENT.dotted_string


def certtool_verify(path: Path, purpose: str, name: str = "") -> subprocess.CompletedProcess[str]:
    """`certtool --verify`: the file holds the chain; the date is that of the machine."""
    hostname = ("--verify-hostname", name) if name else ()
    return run(
        *("certtool", "--verify", "--verify-profile", "medium"),
        *("--load-ca-certificate", pki.pem_path("root"), "--infile", path),
        *("--verify-purpose", purpose, *hostname),
    )


@every_server_name
@needs_certtool
def test_gnutls_accepts_a_server_under_each_of_its_names(label: str, name: str) -> None:
    result = certtool_verify(pki.identity(label).chain_path, SERVER_PURPOSE, name)
    assert result.returncode == 0, result.stdout


@every_client
@needs_certtool
def test_gnutls_accepts_a_client(label: str) -> None:
    result = certtool_verify(pki.identity(label).chain_path, CLIENT_PURPOSE)
    assert result.returncode == 0, result.stdout


@every_wrong_name
@needs_certtool
def test_gnutls_refuses_another_name(label: str, name: str) -> None:
    result = certtool_verify(pki.identity(label).chain_path, SERVER_PURPOSE, name)
    assert result.returncode != 0
    assert "name in the certificate does not match" in result.stdout


@needs_certtool
def test_gnutls_refuses_a_chain_without_its_intermediate(tmp_path: Path) -> None:
    path = tmp_path / "leaf.pem"
    path.write_bytes(make_pki.certificate_pem(chain("server-rsa")[0]))
    result = certtool_verify(path, SERVER_PURPOSE, "localhost")
    assert result.returncode != 0
    assert "issuer is unknown" in result.stdout


@pytest.mark.parametrize(
    ("label", "purpose"), [("server-rsa", CLIENT_PURPOSE), ("client-rsa", SERVER_PURPOSE)]
)
@needs_certtool
def test_gnutls_refuses_a_certificate_for_the_other_purpose(label: str, purpose: str) -> None:
    result = certtool_verify(pki.identity(label).chain_path, purpose)
    assert result.returncode != 0
    assert "intended purpose" in result.stdout


@pytest.mark.parametrize("path", sorted(make_pki.DIRECTORY.glob("*.key.pem")), ids=lambda p: p.name)
@needs_certtool
def test_gnutls_reads_every_private_key_under_its_warning(path: Path) -> None:
    result = run("certtool", "--key-info", "--infile", path)
    assert result.returncode == 0, result.stderr


# --- in a handshake


@pytest.mark.parametrize("server", SERVERS)
@every_client
def test_two_of_pythons_ssl_objects_accept_each_other(server: str, label: str) -> None:
    accepting = context(ssl.PROTOCOL_TLS_SERVER, server)
    accepting.verify_mode = ssl.CERT_REQUIRED
    connecting = context(ssl.PROTOCOL_TLS_CLIENT, label)

    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        connecting.wrap_bio(to_client, to_server, server_hostname=pki.identity(server).names[0]),
        accepting.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(3):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    for end, peer in zip(ends, (server, label), strict=True):
        assert end.getpeercert(binary_form=True) == pki.identity(peer).certificate_chain[0]


def context(protocol: int, label: str) -> ssl.SSLContext:
    result = ssl.SSLContext(protocol)
    result.verify_flags |= ssl.VERIFY_X509_STRICT  # the default from Python 3.13 on
    result.load_verify_locations(pki.pem_path("root"))
    result.load_cert_chain(pki.identity(label).chain_path, pki.identity(label).key_path)
    return result
