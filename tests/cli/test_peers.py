"""`tlslab serve` and `tlslab connect` with programs that nobody here wrote, on loopback."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from in_memory import NULL, ONE_OF_EACH_EXCHANGE
from programs import (
    NAME,
    gnutls_words,
    needs_curl,
    needs_gnutls_cli,
    needs_gnutls_serv,
    needs_openssl,
    s_client,
)

from tlslab.lab import pki
from tlslab.lab.page import CONTENT_SECURITY_POLICY
from tlslab.lab.peers import OPENSSL_NAMES

pytestmark = pytest.mark.peer

# One of each exchange, and one that does not encrypt. Every suite is in tests/interop, on the same
# engine without the command.
ALL = [suite.name for suite in (*ONE_OF_EACH_EXCHANGE, NULL)]
ALL_SUITES = [word for name in ALL for word in ("--suite", name)]
OPENSSL = {suite.name: f"{name}:@SECLEVEL=0" for suite, name in OPENSSL_NAMES.items()}
OPENSSL_ALL = ":".join([*OPENSSL_NAMES.values(), "@SECLEVEL=0"])


GNUTLS = {suite: gnutls_words(suite) for suite in ALL}
GNUTLS_BASE = "NONE:+VERS-TLS1.2:+COMP-NULL:+SIGN-ALL:+CTYPE-X509:+GROUP-ALL"
GNUTLS_ALL = ":".join([GNUTLS_BASE, *GNUTLS.values()])

# Each of these peers can do all of them, NULL included, when it is asked for by name.
each_exchange = pytest.mark.parametrize("suite", ALL)


def key_log(path: Path, *labels: str) -> set[str]:
    """The lines of a key log, or those with these labels."""
    lines = path.read_text().splitlines() if path.exists() else []
    kept = {line for line in lines if line.split(" ")[0] in (labels or ("CLIENT_RANDOM", "RSA"))}
    return {line.lower() for line in kept}


def talk(command: list[str], text: str, expected: str, **environment: str) -> str:
    """Start an interactive client, send it a line, wait for the answer, and end its input."""
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **environment},
    ) as client:
        stdin, stdout = client.stdin, client.stdout
        if stdin is None or stdout is None:
            raise AssertionError("no pipes")
        stdin.write(f"{text}\n".encode())
        stdin.flush()
        output = b""
        while expected.encode() not in output:
            piece = stdout.readline()
            assert piece, output.decode("utf-8", "replace")
            output += piece
        stdin.close()
        output += stdout.read()
        assert client.wait(20) == 0, output
    return output.decode("utf-8", "replace")


def gnutls_cli(port: int, *arguments: str) -> list[str]:
    return [
        *("gnutls-cli", "--port", str(port), "--x509cafile", str(pki.pem_path("root"))),
        *arguments,
        "127.0.0.1",
    ]


def curl(port: int, *arguments: str) -> str:
    return subprocess.run(
        [
            *("curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "20"),
            *("--cacert", str(pki.pem_path("root")), "--tls-max", "1.2", *arguments),
            f"https://localhost:{port}/",
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout


# --- tlslab serve


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys") / "server.log"


@pytest.fixture(scope="module")
def echo(serving: Callable[..., Any], keys: Path) -> Any:
    return serving("--echo", "--keylog", str(keys), *ALL_SUITES, "--alpn", "lab", "--alpn", "x")


@pytest.fixture(scope="module")
def www(serving: Callable[..., Any]) -> Any:
    return serving("--www", *ALL_SUITES)


@needs_openssl
@each_exchange
def test_openssl_s_client_completes_each_exchange_and_has_the_same_keys(
    echo: Any, suite: str, keys: Path, tmp_path: Path
) -> None:
    theirs = tmp_path / "client.log"
    talk(
        s_client(
            echo.port,
            *("-servername", NAME, "-verify_hostname", NAME, "-cipher", OPENSSL[suite]),
            *("-keylogfile", str(theirs), "-alpn", "lab"),
        ),
        f"by {suite}",
        f"by {suite}",
    )
    # The premaster secret of RSA too.
    assert len(key_log(theirs)) == 1 + suite.startswith("TLS_RSA_")
    assert key_log(theirs) <= key_log(keys)
    echo.wait_for(f"completed, TLS 1.2, {suite}, server name {NAME}, protocol lab\n")


@needs_gnutls_cli
@each_exchange
def test_gnutls_cli_completes_each_exchange_and_has_the_same_keys(
    echo: Any, suite: str, keys: Path, tmp_path: Path
) -> None:
    theirs = tmp_path / "client.log"
    talk(
        gnutls_cli(
            echo.port,
            *("--priority", f"{GNUTLS_BASE}:{GNUTLS[suite]}", "--alpn", "x"),
            *("--sni-hostname", NAME, "--verify-hostname", NAME),
        ),
        f"by {suite}",
        f"by {suite}",
        SSLKEYLOGFILE=str(theirs),
    )
    # GnuTLS writes down the master secret alone.
    assert len(key_log(theirs)) == 1
    assert key_log(theirs) <= key_log(keys)
    echo.wait_for(f"completed, TLS 1.2, {suite}, server name {NAME}, protocol x\n")


@needs_curl
@each_exchange
def test_curl_gets_the_page_by_each_exchange(www: Any, suite: str) -> None:
    page = curl(www.port, "--include", "--ciphers", OPENSSL[suite])
    assert page.startswith("HTTP/1.1 200 OK")
    assert f"Content-Security-Policy: {CONTENT_SECURITY_POLICY}" in page
    assert re.search(f"Cipher suite</th><td><code>{suite} ", page)


@needs_curl
def test_a_browser_like_client_gets_http_1_1_by_alpn(serving: Callable[..., Any]) -> None:
    server = serving("--www", "--alpn", "http/1.1")
    # Curl offers h2 and http/1.1.
    assert "<td><code>http/1.1</code></td>" in curl(server.port)
    server.wait_for("server name localhost, protocol http/1.1\n")


@needs_openssl
def test_the_name_that_the_client_asks_for_chooses_the_certificate(www: Any) -> None:
    def subject(*arguments: str) -> str:
        shown = subprocess.run(
            [
                *("openssl", "s_client", "-connect", f"127.0.0.1:{www.port}", "-tls1_2"),
                *arguments,
            ],
            input="Q\n",
            capture_output=True,
            text=True,
            timeout=20,
        ).stdout
        return re.findall(r"^subject=.*CN = (\S+)$", shown, re.MULTILINE)[0]

    assert subject("-servername", NAME) == NAME
    assert subject("-servername", "other.tlslab.test") == "other.tlslab.test"
    assert subject("-servername", "unknown.tlslab.test") == NAME
    assert subject("-noservername") == NAME


@needs_openssl
def test_a_client_that_does_not_trust_the_certificate_is_reported(
    serving: Callable[..., Any], other_ca: Path
) -> None:
    server = serving("--once")
    command = [
        *("openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-tls1_2"),
        *("-CAfile", str(other_ca), "-verify_return_error", "-quiet"),
    ]
    assert subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True).returncode == 1
    result = server.ended()
    assert result.status == 1
    assert "no handshake: alert received: unknown_ca, the certificate chain leads" in result.out


@needs_openssl
def test_no_suite_in_common_is_an_alert_on_both_sides(serving: Callable[..., Any]) -> None:
    server = serving("--once")
    client = subprocess.run(
        s_client(server.port, "-cipher", "AES128-GCM-SHA256"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert client.returncode == 1
    assert "handshake failure" in client.stderr
    result = server.ended()
    assert result.status == 1
    assert "alert sent: handshake_failure, no acceptable parameters in common" in result.out


@needs_openssl
def test_a_mebibyte_comes_back_as_it_was(echo: Any) -> None:
    # Digits alone: s_client takes a piece that begins with a letter for a command, such as K or Q.
    text = b"".join(b"%07d\n" % number for number in range(2**20 // 8))
    with subprocess.Popen(
        s_client(echo.port, "-verify_quiet"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as client:
        stdin, stdout = client.stdin, client.stdout
        if stdin is None or stdout is None:
            raise AssertionError("no pipes")
        received = b""
        for start in range(0, len(text), 2**15):
            stdin.write(text[start : start + 2**15])
            stdin.flush()
            # The client reads its input before the network: it must not be left to fill a pipe.
            received += stdout.read(min(2**15, len(text) - start))
        stdin.close()
        assert received == text
        assert client.wait(20) == 0


# --- tlslab connect


@pytest.fixture(scope="module")
def openssl_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys") / "openssl.log"


@pytest.fixture(scope="module")
def openssl_port(openssl_server: Callable[..., int], openssl_keys: Path) -> Iterator[int]:
    return openssl_server(
        *("-www", "-tls1_2", "-cipher", OPENSSL_ALL, "-alpn", "http/1.1"),
        *("-keylogfile", str(openssl_keys)),
    )


@pytest.fixture(scope="module")
def gnutls_port(gnutls_server: Callable[..., int]) -> int:
    return gnutls_server(GNUTLS_ALL, "--http", "--alpn", "http/1.1")


@needs_openssl
@each_exchange
def test_connect_completes_each_exchange_with_openssl_and_has_the_same_keys(
    tlslab: Callable[..., Any], openssl_port: int, suite: str, openssl_keys: Path, tmp_path: Path
) -> None:
    ours = tmp_path / "keys.log"
    result = tlslab(
        *("connect", f"127.0.0.1:{openssl_port}", "--servername", NAME, "--suite", suite),
        *("--alpn", "http/1.1", "--http", "--keylog", str(ours)),
    )
    assert (result.status, result.err) == (0, "")
    assert f"TLS 1.2 handshake with {suite}" in result.out
    assert "HTTP/1.0 200 ok" in result.out
    assert f"Cipher is {OPENSSL[suite].partition(':')[0]}" in result.out
    assert len(key_log(ours)) == 1 + suite.startswith("TLS_RSA_")
    # OpenSSL's server does not log the premaster secret.
    assert key_log(ours, "CLIENT_RANDOM") <= key_log(openssl_keys)


@needs_gnutls_serv
@each_exchange
def test_connect_completes_each_exchange_with_gnutls(
    tlslab: Callable[..., Any], gnutls_port: int, suite: str
) -> None:
    result = tlslab(
        *("connect", f"localhost:{gnutls_port}", "--suite", suite),
        *("--alpn", "http/1.1", "--http"),
    )
    assert (result.status, result.err) == (0, "")
    assert f"TLS 1.2 handshake with {suite}" in result.out
    assert "HTTP/1.0 200 OK" in result.out


@needs_gnutls_serv
def test_both_key_logs_are_equal_with_gnutls(
    tlslab: Callable[..., Any], gnutls_server: Callable[..., int], tmp_path: Path
) -> None:
    ours, theirs = tmp_path / "ours.log", tmp_path / "theirs.log"
    port = gnutls_server(GNUTLS_ALL, "--http", env={"SSLKEYLOGFILE": str(theirs)})
    for _ in range(2):  # appended, not overwritten
        assert tlslab("connect", f"127.0.0.1:{port}", "--keylog", str(ours), "--http").status == 0
    assert len(key_log(theirs)) == 2
    assert key_log(ours, "CLIENT_RANDOM") == key_log(theirs)


@needs_openssl
def test_connect_is_refused_by_a_server_without_a_suite_in_common(
    tlslab: Callable[..., Any], openssl_server: Callable[..., int]
) -> None:
    port = openssl_server("-www", "-tls1_2", "-cipher", "AES128-GCM-SHA256")
    result = tlslab("connect", f"127.0.0.1:{port}")
    assert result.status == 1
    # OpenSSL may reset the connection before its alert was read.
    assert re.search("handshake_failure, no acceptable|truncated|reset", result.err)


@needs_openssl
def test_connect_refuses_a_server_that_knows_only_another_version(
    tlslab: Callable[..., Any], openssl_server: Callable[..., int]
) -> None:
    port = openssl_server("-www", "-tls1_3")
    result = tlslab("connect", f"127.0.0.1:{port}", "--max-version", "1.2")
    assert result.status == 1
    # OpenSSL may reset the connection before its alert was read.
    assert re.search("protocol_version, no version of the protocol|truncated|reset", result.err)
