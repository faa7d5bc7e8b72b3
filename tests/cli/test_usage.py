"""What is wrong with a command line is said, in words, with status 2; help is help."""

from __future__ import annotations

import re
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tlslab.cli import arguments, negotiation
from tlslab.crypto.key_shares import KEY_SHARE_GROUPS
from tlslab.crypto.suites import SUITES
from tlslab.lab import dialing, pki
from tlslab.lab.peers import OPENSSL_NAMES
from tlslab.trace import Trace

ROOT_PEM = pki.pem_path("root")
RSA, OTHER, ECDSA = pki.server_rsa(), pki.server_other(), pki.server_ecdsa()


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        ((), "COMMAND"),
        (("shake",), "invalid choice: 'shake'"),
        (("serve", "--suite", "AES128-GCM"), "TLS_RSA_WITH_AES_128_GCM_SHA256"),
        (("serve", "--suite", "TLS_RSA_WITH_AES_128_GCM_SHA25"), "is not the name of a cipher"),
        (("serve", "--suite", "TLS_AES_128_CCM_SHA256"), "is known, but tlslab does not do it"),
        (("serve", "--suite", "nothing"), ", ".join(suite.name for suite in SUITES)),
        (("serve", "--port", "65536"), "'65536' is not a port from 0 to 65535"),
        (("serve", "--port", "-1"), "'-1' is not a port from 0 to 65535"),
        (("serve", "--port", "http"), "'http' is not a port"),
        (("serve", "--alpn", ""), "0 bytes; a protocol's name has 1 to 255"),
        (("serve", "--alpn", "x" * 256), "256 bytes; a protocol's name has 1 to 255"),
        (("serve", "--www", "--echo"), "not allowed with argument"),
        (("serve", "--cert", str(RSA.chain_path)), "belong together"),
        (("serve", "--key", str(RSA.key_path)), "belong together"),
        (
            ("serve", "--cert", "missing.pem", "--key", str(RSA.key_path)),
            "--cert missing.pem: No such file",
        ),
        (
            ("serve", "--cert", str(RSA.key_path), "--key", str(RSA.key_path)),
            "no certificate in PEM or DER",
        ),
        (
            ("serve", "--cert", str(RSA.chain_path), "--key", str(RSA.chain_path)),
            "no private key in PEM or DER",
        ),
        (
            ("serve", "--cert", str(RSA.chain_path), "--key", str(OTHER.key_path)),
            "the private key does not belong to the certificate",
        ),
        (("serve", "--group", "secp256k1"), "is no group that tlslab does; it does "),
        (("serve", "--group", "ffdhe2048"), "needs a curve"),
        (("connect", "--group", "ffdhe2048"), "needs a curve"),
        (
            ("serve", "--client-ca", str(ROOT_PEM)),
            "belongs to --require-client-cert or --ask-later",
        ),
        (
            ("serve", "--require-client-cert", "--client-ca", "missing.pem"),
            "--client-ca missing.pem: No such file",
        ),
        (("serve", "--dhparam", "missing.pem"), "--dhparam missing.pem: No such file"),
        (("serve", "--dhparam", str(ROOT_PEM)), "there is no block of DH PARAMETERS"),
        (("serve", "--min-version", "1.1"), "invalid choice: '1.1'"),
        (("connect", "--min-version", "1.3", "--max-version", "1.2"), "is above --max-version 1.2"),
        (
            ("serve", "--min-version", "1.3", "--suite", "TLS_RSA_WITH_AES_128_GCM_SHA256"),
            "no suite is one of TLS 1.3 to TLS 1.3",
        ),
        (("serve", "--psk", "mine:xy"), "not IDENTITY:HEXKEY"),
        (("serve", "--psk", ":0011"), "not IDENTITY:HEXKEY"),
        (("serve", "--psk", "0011"), "not IDENTITY:HEXKEY"),
        (("connect", "--psk", "a:00", "--psk", "b:00"), "a client has one key"),
        (("serve", "--padding", "0"), "'0' is not a number from 1 to 16384"),
        (("connect", "--padding", "16385"), "'16385' is not a number from 1 to 16384"),
        (("serve", "--tickets", "17"), "'17' is not a number from 0 to 16"),
        (("serve", "--early-data", "70000"), "'70000' is not a number from 0 to 65536"),
        (("serve", "--early-data", "10", "--tickets", "0"), "--early-data needs --tickets"),
        (("serve", "--require-client-cert", "--ask-later"), "not allowed with argument"),
        (("connect", "--early-data", str(ROOT_PEM)), "belongs to --resume"),
        (("connect", "--early-data", str(ROOT_PEM), "--resume", "--http"), "leave out --http"),
        (("connect", "--early-data", "missing", "--resume"), "--early-data missing: No such file"),
        (("connect", "--early-data", "/dev/null", "--resume"), "/dev/null: the file is empty"),
        *(
            (("serve", "--max-version", "1.2", *option), f"{option[0]} is for TLS 1.3, which is")
            for option in (
                *(("--retry",), ("--cookie",), ("--ask-later",), ("--tickets", "1")),
                *(("--early-data", "9"), ("--psk", "a:00"), ("--padding", "64")),
            )
        ),
        (("connect", "--max-version", "1.2", "--key-update"), "--key-update is for TLS 1.3"),
        *(
            (("serve", "--min-version", "1.3", option), f"{option} is for TLS 1.2, which is not")
            for option in ("--no-ems", "--no-etm")
        ),
        (("connect", "--client-cert", str(RSA.chain_path)), "belong together"),
        (("connect", "--client-key", str(RSA.key_path)), "belong together"),
        (
            (
                *("connect", "--client-cert", str(RSA.chain_path)),
                *("--client-key", str(OTHER.key_path)),
            ),
            "the private key does not belong to the certificate",
        ),
        (
            ("serve", "--cert", str(ECDSA.chain_path), "--key", str(RSA.key_path)),
            "the private key does not belong to the certificate",
        ),
        (("serve", "--keylog", "missing/keys.log"), "missing/keys.log: No such file"),
        (("connect", "localhost"), "'localhost' is not HOST:PORT"),
        (("connect", ":443"), "':443' is not HOST:PORT"),
        (("connect", "[]:443"), "names no host"),
        (("connect", "localhost:0"), "'0' is not a port from 1 to 65535"),
        (("connect", "localhost:99999999999999"), "is not a port"),
        (("connect", "::1:443"), "write an IPv6 address as [HOST]:PORT"),
        (("connect", "[::1]"), "'[::1]' is not HOST:PORT"),
        (("connect", "b\u00fccher.example:443"), "write xn--"),
        (("connect", "a b:443"), "neither a DNS name"),
        (("connect", "localhost:1", "--servername", "a\r\nb"), "neither a DNS name"),
        (("connect", "localhost:1", "--send", "x", "--http"), "not allowed with argument"),
        (("connect", "localhost:1", "--wait", "soon"), "'soon' is not a number of seconds"),
        (("connect", "localhost:1", "--cafile", "missing.pem"), "missing.pem: No such file"),
        (("connect", "localhost:1", "--trace", "missing/t.json"), "t.json: No such file"),
        (("connect", "localhost:1", "--suite", "AES128-SHA"), "near to it: TLS_RSA_WITH_AES_128_"),
    ],
)
def test_a_wrong_command_line_ends_with_status_2(
    tlslab: Callable[..., Any],
    command: tuple[str, ...],
    complaint: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    result = tlslab(*command)
    assert result.status == 2
    assert complaint in result.err.replace("\n", " ")
    assert result.out == ""


@pytest.mark.parametrize("command", [("--help",), ("serve", "--help"), ("connect", "--help")])
def test_help_goes_to_the_output_and_is_no_error(
    tlslab: Callable[..., Any], command: tuple[str, ...]
) -> None:
    result = tlslab(*command)
    assert (result.status, result.err) == (0, "")
    assert "usage: tlslab" in result.out


@pytest.mark.parametrize(("suite", "name"), OPENSSL_NAMES.items())
def test_the_name_that_openssl_gives_a_suite_leads_to_the_one_that_iana_gives(
    suite: Any, name: str
) -> None:
    with pytest.raises(arguments.argparse.ArgumentTypeError) as caught:
        negotiation.cipher_suite(name)
    assert suite.name in str(caught.value)


def test_a_suite_and_a_group_may_be_written_in_small_letters() -> None:
    for suite in negotiation.ALL_SUITES:
        assert negotiation.cipher_suite(suite.name.lower()) is suite
    for group in KEY_SHARE_GROUPS:
        assert negotiation.named_group(group.name.lower()) is group


def test_the_name_of_a_key_may_have_colons_in_it() -> None:
    assert negotiation.external_psk("a:b:00ff") == (b"a:b", b"\x00\xff")


@pytest.mark.parametrize(
    ("suites", "hash_name"),
    [
        (None, "sha256"),
        (("TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256"), "sha256"),
        (("TLS_AES_256_GCM_SHA384",), "sha384"),
    ],
)
def test_a_key_goes_with_the_hash_that_the_suites_have(
    suites: tuple[str, ...] | None, hash_name: str
) -> None:
    wanted = suites and [negotiation.cipher_suite(name) for name in suites]
    options = arguments.argparse.Namespace(suites=wanted, psk=[(b"a", b"b")])
    assert [psk.hash_name for psk in negotiation.psks(options)] == [hash_name]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("localhost:443", ("localhost", 443)),
        ("127.0.0.1:4433", ("127.0.0.1", 4433)),
        ("[::1]:4433", ("::1", 4433)),
        ("[fe80::1%eth0]:1", ("fe80::1%eth0", 1)),
        ("[localhost]:65535", ("localhost", 65535)),
    ],
)
def test_an_address_is_host_and_port(text: str, address: tuple[str, int]) -> None:
    assert arguments.address(text) == address


def test_python_m_tlslab_is_the_command(tmp_path: Path) -> None:
    root = Path(arguments.__file__).parents[2]
    command = [sys.executable, "-m", "tlslab"]
    shown = subprocess.run(
        [*command, "--version"], cwd=root, capture_output=True, text=True, check=True
    )
    assert re.fullmatch(r"tlslab \d+\.\d+\.\d+\n", shown.stdout)
    wrong = subprocess.run([*command, "connect", "x"], cwd=root, capture_output=True, text=True)
    assert wrong.returncode == 2
    assert "Traceback" not in wrong.stderr


def test_a_port_that_is_taken_is_said_with_status_1(tlslab: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = tlslab("serve", "--port", str(taken.getsockname()[1]))
    assert result.status == 1
    assert "ddress already in use" in result.err


def test_a_server_that_is_not_there_is_said_with_status_1(tlslab: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    result = tlslab("connect", f"127.0.0.1:{port}")
    assert (result.status, result.out) == (1, "")
    assert f"no connection to 127.0.0.1:{port}: Connection refused" in result.err


# --- files


def test_files_with_secrets_are_for_their_owner_alone(
    tlslab: Callable[..., Any], serving: Callable[..., Any], tmp_path: Path
) -> None:
    theirs, ours, trace = tmp_path / "server.log", tmp_path / "client.log", tmp_path / "trace.json"
    server = serving("--once", "--echo", "--keylog", str(theirs))
    result = tlslab(
        *("connect", f"127.0.0.1:{server.port}", "--send", "hello", "--wait", "0.1"),
        *("--keylog", str(ours), "--trace", str(trace)),
    )
    assert (result.status, server.ended().status) == (0, 0)
    for path in (theirs, ours, trace):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(theirs.read_text().splitlines()) == sorted(ours.read_text().splitlines())


def test_the_trace_is_read_back_whole(
    tlslab: Callable[..., Any], serving: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "trace.json"
    path.write_text("what was there before, and longer than nothing")
    server = serving("--once", "--echo")
    command = ("connect", f"127.0.0.1:{server.port}", "--send", "hello", "--wait", "0.1")
    assert tlslab(*command, "--trace", str(path)).status == 0
    trace = Trace.from_json(path.read_text())
    assert trace.role == "client"
    assert [message.name for message in trace.messages()][-2:] == ["alert", "alert"]
    assert len(trace.value("main_secret")) == 32


def test_a_handshake_that_fails_leaves_its_trace_too(
    tlslab: Callable[..., Any], serving: Callable[..., Any], tmp_path: Path, other_ca: Path
) -> None:
    path = tmp_path / "trace.json"
    server = serving("--once")
    command = ("connect", f"127.0.0.1:{server.port}", "--cafile", str(other_ca))
    assert tlslab(*command, "--trace", str(path)).status == 1
    assert Trace.from_json(path.read_text()).messages()[-1].name == "alert"


# --- whom to trust


def test_the_laboratory_s_root_is_trusted_on_this_machine_alone() -> None:
    class Line:
        def __init__(self, host: str) -> None:
            self.host = host

        def getpeername(self) -> tuple[str, int]:
            return self.host, 443

    for here in ("127.0.0.1", "127.8.9.10", "::1"):
        assert dialing.default_trust(Line(here))[1] == (pki.root(),)  # type: ignore[arg-type]
    for elsewhere in ("10.0.0.1", "192.0.2.1", "2001:db8::1", "fe80::1%eth0", "0.0.0.0"):
        assert pki.root() not in dialing.default_trust(Line(elsewhere))[1]  # type: ignore[arg-type]


def test_the_system_s_store_is_read_whatever_form_it_has(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(pki.pem_path("root")))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert dialing.system_trust_anchors() == (pki.root(),)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    assert dialing.system_trust_anchors() == ()
    (tmp_path / "12345678.0").write_bytes(pki.pem_path("root").read_bytes())
    (tmp_path / "README").write_text("no certificate")
    assert dialing.system_trust_anchors() == (pki.root(),)


@pytest.mark.parametrize(
    ("arguments", "alert", "reason"),
    [
        (("--servername", "example.org"), "bad_certificate", "it is for server.tlslab.test, "),
        (("--cafile", "OTHER"), "unknown_ca", "leads to no authority that is trusted"),
    ],
)
def test_a_server_that_cannot_prove_who_it_is_gets_the_alert_for_it(
    tlslab: Callable[..., Any],
    serving: Callable[..., Any],
    other_ca: Path,
    arguments: tuple[str, str],
    alert: str,
    reason: str,
) -> None:
    server = serving("--once")
    given = (arguments[0], arguments[1].replace("OTHER", str(other_ca)))
    result = tlslab("connect", f"127.0.0.1:{server.port}", *given)
    assert result.status == 1
    assert f"alert sent: {alert}, " in result.err
    assert reason in result.err
    assert "(RFC 8446 §4.4.2.4)" in result.err
    ended = server.ended()
    assert ended.status == 1
    assert f"no handshake: alert received: {alert}, " in ended.out


def test_an_expired_certificate_gets_the_alert_for_it(
    tlslab: Callable[..., Any], serving: Callable[..., Any], tmp_path: Path
) -> None:
    cert, root = expired(tmp_path)
    server = serving("--once", "--cert", str(cert), "--key", str(RSA.key_path))
    result = tlslab("connect", f"localhost:{server.port}", "--cafile", str(root))
    assert result.status == 1
    assert "alert sent: certificate_expired, a certificate is not valid at this time" in result.err
    assert "was valid until 2020-01-01" in result.err
    assert "alert received: certificate_expired" in server.ended().out


def expired(directory: Path) -> tuple[Path, Path]:
    """A certificate for server-rsa's key that was valid for one day, and its issuer's."""
    key = rsa.generate_private_key(65537, 2048)
    ca = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "short-lived CA")])
    end = datetime(2020, 1, 1, tzinfo=UTC)
    base = x509.CertificateBuilder().issuer_name(ca)
    public = RSA.private_key.public_key()
    key_id = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    authority = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key_id)
    root = (
        base.subject_name(ca)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(end - timedelta(days=3650))
        .not_valid_after(end + timedelta(days=36500))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(key_id, critical=False)
        .sign(key, hashes.SHA256())
    )
    leaf = (
        base.subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]))
        .public_key(public)
        .serial_number(2)
        .not_valid_before(end - timedelta(days=1))
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(authority, critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = directory / "leaf.pem", directory / "root.pem"
    for path, certificate in zip(paths, (leaf, root), strict=True):
        path.write_bytes(certificate.public_bytes(Encoding.PEM))
    return paths
