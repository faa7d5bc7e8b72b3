"""--group, --no-ems, --no-etm, --dhparam, client certificates and --resume, with other programs."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from programs import NAME, needs_curl, needs_gnutls_cli, needs_openssl, s_client

from tlslab.crypto.groups import ffdhe
from tlslab.lab import pki
from tlslab.lab.dhparam import read_dh_parameters, write_dh_parameters
from tlslab.wire.registry import NamedGroup

pytestmark = pytest.mark.peer

USER = pki.client_rsa()
AS_USER = ("--client-cert", str(USER.chain_path), "--client-key", str(USER.key_path))
ECDHE = ("--suite", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
DHE = ("--suite", "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256")
CBC = ("--suite", "TLS_RSA_WITH_AES_128_CBC_SHA")


def said_by(command: list[str], text: str = "Q\n") -> str:
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=30)
    return done.stdout + done.stderr


def shown(port: int, *arguments: str) -> str:
    """What s_client says of a handshake, without -quiet."""
    command = [word for word in s_client(port, *arguments) if word not in ("-quiet", "-no_ign_eof")]
    return said_by(command)


# --- groups


@needs_openssl
@pytest.mark.parametrize(
    ("group", "shows"),
    [
        ("x25519", "X25519, 253 bits"),
        ("secp256r1", "ECDH, prime256v1, 256 bits"),
        ("P-384", "ECDH, secp384r1, 384 bits"),
        ("x448", "X448, 448 bits"),
    ],
)
def test_serve_uses_the_group(serving: Callable[..., Any], group: str, shows: str) -> None:
    server = serving(*ECDHE, "--group", group)
    assert f"Server Temp Key: {shows}" in shown(server.port)


@needs_openssl
def test_connect_offers_the_group(tlslab: Callable[..., Any], serving: Callable[..., Any]) -> None:
    server = serving(*ECDHE)
    result = tlslab("connect", f"127.0.0.1:{server.port}", *ECDHE, "--group", "secp521r1")
    assert (result.status, result.err) == (0, "")
    # A point of secp521r1 has 133 bytes.
    assert "133 bytes" in result.out


@needs_openssl
def test_serve_uses_the_prime_of_a_file(serving: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "dh.pem"
    path.write_bytes(write_dh_parameters(ffdhe(NamedGroup.ffdhe3072)))
    said = said_by(["openssl", "dhparam", "-in", str(path), "-noout", "-text", "-check"])
    assert "3072 bit" in said
    server = serving(*DHE, "--dhparam", str(path))
    assert "Server Temp Key: DH, 3072 bits" in shown(
        server.port, "-cipher", "DHE", "-groups", "X25519"
    )


@needs_openssl
def test_what_openssl_writes_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "dh.pem"
    command = [
        *("openssl", "genpkey", "-genparam", "-algorithm", "DH"),
        "-pkeyopt",
        "group:ffdhe2048",
    ]
    subprocess.run([*command, "-out", str(path)], check=True, capture_output=True)
    text = path.read_bytes()
    if b"X9.42" in text or b"BEGIN DH" not in text:
        pytest.skip("this OpenSSL writes groups by name in another form")
    assert read_dh_parameters(text)[0] == ffdhe(NamedGroup.ffdhe2048).p


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda pem: pem[:200], "there is no block of DH PARAMETERS"),
        (lambda pem: pem.replace(pem[40:140], b""), "the block of DH PARAMETERS is damaged"),
    ],
)
def test_a_damaged_file_of_parameters_is_told(
    tlslab: Callable[..., Any], tmp_path: Path, change: Callable[[bytes], bytes], reason: str
) -> None:
    path = tmp_path / "dh.pem"
    path.write_bytes(change(write_dh_parameters(ffdhe(NamedGroup.ffdhe2048))))
    result = tlslab("serve", "--dhparam", str(path))
    assert result.status == 2
    assert reason in result.err


# --- hardening


@needs_openssl
@pytest.mark.parametrize(("options", "extended"), [((), "yes"), (("--no-ems",), "no")])
def test_serve_with_and_without_extended_master_secret(
    serving: Callable[..., Any], options: tuple[str, ...], extended: str
) -> None:
    server = serving(*ECDHE, *options)
    assert f"Extended master secret: {extended}" in shown(server.port)


@needs_gnutls_cli
@pytest.mark.parametrize(("options", "found"), [((), True), (("--no-etm",), False)])
def test_serve_with_and_without_encrypt_then_mac(
    serving: Callable[..., Any], options: tuple[str, ...], found: bool
) -> None:
    server = serving(*CBC, *options)
    said = said_by(
        [
            *("gnutls-cli", "--port", str(server.port), "--x509cafile", str(pki.pem_path("root"))),
            *(
                "--priority",
                "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA",
                "--verify-hostname",
                NAME,
            ),
            "127.0.0.1",
        ],
        "",
    )
    options_line = re.findall(r"^- Options: (.*)$", said, re.MULTILINE)
    assert options_line, said
    assert ("encrypt-then-MAC" in options_line[0] or "EtM" in options_line[0]) is found


# --- who the client is


@needs_openssl
def test_serve_wants_a_certificate_and_gets_one(serving: Callable[..., Any]) -> None:
    server = serving("--require-client-cert", "--echo")
    key = ("-cert", str(USER.chain_path), "-key", str(USER.key_path))
    chain = ("-cert_chain", str(pki.pem_path("intermediate")))
    assert "Verify return code: 0 (ok)" in shown(server.port, *key, *chain)
    server.wait_for("handshake completed")


@needs_openssl
def test_serve_refuses_a_client_without_a_certificate(serving: Callable[..., Any]) -> None:
    server = serving("--once", "--require-client-cert")
    assert "handshake failure" in shown(server.port)
    result = server.ended()
    assert result.status == 1
    assert "the client sent no certificate" in result.out


@needs_curl
def test_serve_refuses_a_certificate_of_an_authority_that_it_was_not_told_to_trust(
    serving: Callable[..., Any], other_ca: Path
) -> None:
    server = serving("--once", "--require-client-cert", "--client-ca", str(other_ca))
    done = subprocess.run(
        [
            *("curl", "--silent", "--noproxy", "*", "--cacert", str(pki.pem_path("root"))),
            *("--tls-max", "1.2", "--cert", str(USER.chain_path), "--key", str(USER.key_path)),
            f"https://localhost:{server.port}/",
        ],
        capture_output=True,
    )
    assert done.returncode != 0
    assert "alert sent: unknown_ca" in server.ended().out


@needs_openssl
@pytest.mark.parametrize("user", ["client-rsa", "client-ecdsa"])
def test_connect_says_who_it_is(
    tlslab: Callable[..., Any], openssl_server: Callable[..., int], user: str
) -> None:
    identity = pki.identity(user)
    port = openssl_server(
        *("-www", "-tls1_2", "-Verify", "3", "-verify_return_error"),
        *("-CAfile", str(pki.pem_path("root"))),
    )
    files = ("--client-cert", str(identity.chain_path), "--client-key", str(identity.key_path))
    result = tlslab("connect", f"127.0.0.1:{port}", "--servername", NAME, *files, "--http")
    assert result.status == 0
    assert "learner.tlslab.test" in result.out
    without = tlslab("connect", f"127.0.0.1:{port}", "--servername", NAME, "--http")
    assert without.status == 1


# --- resumption


@needs_openssl
@pytest.mark.parametrize("options", [(), ("-no_ticket",)], ids=["ticket", "session ID"])
def test_serve_resumes_what_s_client_comes_back_with(
    serving: Callable[..., Any], tmp_path: Path, options: tuple[str, ...]
) -> None:
    server = serving("--echo")
    kept = str(tmp_path / "session")
    assert "New, TLSv1.2" in shown(server.port, "-sess_out", kept, *options)
    assert "Reused, TLSv1.2" in shown(server.port, "-sess_in", kept, *options)


@needs_openssl
def test_connect_resumes_with_openssl(
    tlslab: Callable[..., Any], spawn: Callable[..., Any], tmp_path: Path
) -> None:
    identity = pki.server_rsa()
    server = spawn(
        *("openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-tls1_2"),
        *("-cert", str(identity.chain_path), "-key", str(identity.key_path)),
        *("-cert_chain", str(pki.pem_path("intermediate"))),
    )
    port = server.wait_for(r"ACCEPT \S*:(\d+)")[1]
    keys = tmp_path / "keys"
    command = ("connect", f"127.0.0.1:{port}", "--servername", NAME, "--http", "--resume")
    result = tlslab(*command, "--keylog", str(keys), "--max-version", "1.2")
    assert (result.status, result.err) == (0, "")
    first, second = result.out.split("A second connection, with the session of the first:")
    assert "New, TLSv1.2" in first
    assert "Reused, TLSv1.2" in second
    assert "The old master secret, new session keys" in second
    masters = [line.split()[2] for line in keys.read_text().splitlines()]
    assert len(masters) == 2
    assert len(set(masters)) == 1


def test_connect_says_when_there_is_nothing_to_resume(
    tlslab: Callable[..., Any], openssl_server: Callable[..., int]
) -> None:
    port = openssl_server("-www", "-tls1_2", "-no_cache")
    result = tlslab("connect", f"127.0.0.1:{port}", "--servername", NAME, "--resume")
    assert (result.status, "no session that could be resumed" in result.err) == (1, True)


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_one_command_resumes_with_the_other(
    tlslab: Callable[..., Any], serving: Callable[..., Any], version: str
) -> None:
    server = serving("--echo", "--max-version", version)
    command = ("connect", f"127.0.0.1:{server.port}", "--send", "hello", "--wait", "0.3")
    result = tlslab(*command, "--resume")
    assert (result.status, result.err) == (0, "")
    assert result.out.count("hello") >= 2
    assert "this was a full handshake" not in result.out
    first, second = server.lines("handshake completed", 2)
    assert f"TLS {version}" in first
    assert second.endswith(", resumed")
