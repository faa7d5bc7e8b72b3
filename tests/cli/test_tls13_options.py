"""What the commands can be asked for in TLS 1.3, with programs that nobody here wrote."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_lab import CHROMIUM, FLAGS, NO_CHROMIUM
from programs import NAME, free_port, listens, needs_curl, needs_gnutls_cli, needs_openssl

from tlslab.lab import pki
from tlslab.trace import Record, Trace

pytestmark = pytest.mark.peer

ROOT = str(pki.pem_path("root"))
SERVER, USER = pki.server_rsa(), pki.client_rsa()
AS_USER = ("--client-cert", str(USER.chain_path), "--client-key", str(USER.key_path))
REQUEST = "GET / HTTP/1.0\r\n\r\n"
KEY = "00112233445566778899aabbccddeeff"


def s_client(port: int, *arguments: str, text: str = REQUEST) -> str:
    """What `openssl s_client` says of a connection that lasts until the server ends it."""
    command = [
        *("openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-ign_eof", "-CAfile", ROOT),
        *arguments,
    ]
    done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=30)
    return (done.stdout + done.stderr).decode("utf-8", "backslashreplace")


@pytest.fixture
def s_server() -> Iterator[Callable[..., int]]:
    """`openssl s_server`; it reads its input, which stays open here, unlike a server for the web."""
    started = []

    def start(*arguments: str) -> int:
        port = free_port()
        command = [
            *("openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-quiet", *arguments),
            *("-cert", str(SERVER.chain_path), "-key", str(SERVER.key_path)),
            *("-cert_chain", str(pki.pem_path("intermediate"))),
        ]
        started.append(
            subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        listens(started[-1], port)
        return port

    yield start
    for process in started:
        process.kill()
        process.communicate()


# --- tlslab serve


@needs_openssl
def test_serve_speaks_both_versions_and_the_better_one_if_it_can(serving: Any) -> None:
    server = serving("--www")
    assert "New, TLSv1.3, Cipher is TLS_AES_128_GCM_SHA256" in s_client(server.port)
    assert "New, TLSv1.2, Cipher is ECDHE-" in s_client(server.port, "-tls1_2")
    only = serving("--www", "--min-version", "1.3")
    assert "alert protocol version" in s_client(only.port, "-tls1_2")
    only = serving("--www", "--max-version", "1.2")
    assert "New, TLSv1.2" in s_client(only.port)


@needs_curl
def test_serve_is_done_with_curl_in_tls_1_3(serving: Any) -> None:
    server = serving("--www")
    command = ["curl", "--silent", "--noproxy", "*", "--cacert", ROOT, "--max-time", "20"]
    page = subprocess.run(
        [*command, f"https://localhost:{server.port}/"], check=True, capture_output=True, text=True
    ).stdout
    assert "<h1>TLS 1.3, as the server saw it</h1>" in page
    server.wait_for("completed, TLS 1.3, TLS_AES_128_GCM_SHA256, server name localhost\n")


@pytest.mark.skipif(not CHROMIUM, reason=NO_CHROMIUM)
def test_serve_is_done_with_a_browser_in_tls_1_3_and_with_a_hybrid_group(
    serving: Any, tmp_path: Path
) -> None:
    server = serving("--www", "--alpn", "http/1.1")
    flags = (*FLAGS, "--headless", "--ignore-certificate-errors", f"--user-data-dir={tmp_path}")
    command = [CHROMIUM, *flags, "--dump-dom", f"https://localhost:{server.port}/"]
    page = subprocess.run(command, capture_output=True, text=True, timeout=60).stdout
    assert "<h1>TLS 1.3, as the server saw it</h1>" in page
    assert "<code>X25519MLKEM768 (0x11ec)</code> ← chosen" in page
    assert "<code>http/1.1</code></td>" in page


@needs_openssl
@pytest.mark.parametrize(("option", "cookie"), [("--retry", False), ("--cookie", True)])
def test_serve_asks_for_a_second_hello(serving: Any, option: str, cookie: bool) -> None:
    server = serving("--www", option)
    said = s_client(server.port, "-tlsextdebug", "-msg")
    assert len(re.findall("<<< TLS 1.3, Handshake .*, ServerHello", said)) == 2
    assert ("(id=44)" in said) is cookie  # OpenSSL 3.0 has no name for a server's cookie
    assert "Verify return code: 0 (ok)" in said


@needs_openssl
@pytest.mark.parametrize(("options", "number"), [((), 2), (("--tickets", "3"), 3)])
def test_serve_gives_so_many_tickets(serving: Any, options: tuple[str, ...], number: int) -> None:
    said = s_client(serving("--www", *options).port)
    assert said.count("Post-Handshake New Session Ticket arrived:") == number


@needs_openssl
def test_serve_takes_early_data_once(serving: Any, tmp_path: Path) -> None:
    server = serving("--www", "--early-data", "1000")
    kept, early = str(tmp_path / "session"), tmp_path / "early"
    early.write_text(REQUEST)
    assert "Max Early Data: 1000" in s_client(server.port, "-sess_out", kept)
    again = ("-sess_in", kept, "-early_data", str(early))
    first = s_client(server.port, *again, text="")
    assert "Early data was accepted" in first
    assert "HTTP/1.1 200 OK" in first
    server.wait_for("TLS_AES_128_GCM_SHA256, resumed, with early data\n")
    assert "Early data was rejected" in s_client(server.port, *again)


@needs_openssl
def test_serve_and_s_client_have_a_key_in_common(serving: Any) -> None:
    server = serving("--www", "--psk", f"mine:{KEY}", "--psk", "other:ff")
    said = s_client(server.port, "-psk", KEY, "-psk_identity", "mine")
    assert "Reused, TLSv1.3" in said
    assert "no peer certificate available" in said
    wrong = s_client(server.port, "-psk", f"{KEY}00", "-psk_identity", "mine")
    assert "alert decrypt error" in wrong


@needs_openssl
def test_serve_asks_later_who_the_client_is(serving: Any) -> None:
    server = serving("--www", "--ask-later")
    as_user = ("-cert", str(USER.chain_path), "-key", str(USER.key_path))
    chain = ("-cert_chain", str(pki.pem_path("intermediate")))
    s_client(server.port, "-enable_pha", *as_user, *chain)
    server.wait_for("asked afterwards, the client says that it is CN=learner.tlslab.test")
    s_client(server.port, "-enable_pha")
    server.wait_for("asked afterwards, the client does not say who it is")
    assert "HTTP/1.1 200 OK" in s_client(server.port)


@needs_gnutls_cli
def test_serve_uses_the_group_and_pads_with_gnutls(serving: Any) -> None:
    server = serving("--www", "--group", "ffdhe3072", "--group", "x25519", "--padding", "4096")
    done = subprocess.run(
        [
            *("gnutls-cli", "--port", str(server.port), "--x509cafile", ROOT, "127.0.0.1"),
            *("--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-FFDHE3072"),
            *("--verify-hostname", NAME),
        ],
        input=REQUEST,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert "- Description: (TLS1.3-X.509)-(DHE-FFDHE3072)" in done.stdout
    assert "ffdhe3072 (0x0101)</code> ← chosen" in done.stdout


# --- tlslab connect


@needs_openssl
def test_connect_sends_early_data_and_says_that_they_were_taken(
    tlslab: Callable[..., Any], s_server: Callable[..., int], tmp_path: Path
) -> None:
    early = tmp_path / "early"
    early.write_text("sent at once")
    port = s_server("-tls1_3", "-early_data", "-max_early_data", "100")
    command = ("connect", f"127.0.0.1:{port}", "--servername", NAME, "--resume", "--wait", "0.2")
    result = tlslab(*command, "--early-data", str(early))
    assert (result.status, result.err) == (0, "")
    first, second = result.out.split("A second connection, with the session of the first:")
    assert "good for 2 hours, with at most\n100 bytes of early data (RFC 8446 §4.6.1)." in first
    assert "Early data, 12 bytes: the server took them" in second
    early.write_bytes(bytes(101))
    result = tlslab(*command, "--early-data", str(early))
    assert result.status == 1
    assert "allows 100 bytes of early data, and these are 101" in result.err


@needs_openssl
def test_connect_and_s_server_have_a_key_in_common(
    tlslab: Callable[..., Any], openssl_server: Callable[..., int]
) -> None:
    port = openssl_server("-www", "-tls1_3", "-psk", KEY, "-psk_identity", "mine")
    command = ("connect", f"127.0.0.1:{port}", "--servername", NAME, "--http")
    result = tlslab(*command, "--psk", f"mine:{KEY}", "--padding", "512")
    assert (result.status, result.err) == (0, "")
    assert "Reused, TLSv1.3" in result.out
    assert "New, TLSv1.3" in tlslab(*command, "--psk", f"theirs:{KEY}").out


@needs_openssl
@pytest.mark.parametrize("group", ["secp384r1", "ffdhe2048"])
def test_connect_offers_the_group_of_tls_1_3(
    tlslab: Callable[..., Any], openssl_server: Callable[..., int], group: str
) -> None:
    port = openssl_server("-www", "-tls1_3", "-groups", "P-384:ffdhe2048")
    command = ("connect", f"127.0.0.1:{port}", "--servername", NAME, "--http")
    # A group of RFC 7919 alone will do in TLS 1.3, but not for the curves of TLS 1.2.
    result = tlslab(*command, "--min-version", "1.3", "--suite", "TLS_AES_256_GCM_SHA384")
    assert (result.status, result.err) == (0, "")
    suite = ("--suite", "TLS_AES_256_GCM_SHA384")
    result = tlslab(*command, *suite, "--group", group)
    assert (result.status, result.err) == (0, "")
    assert re.search(f"Supported groups: {group}", result.out)


@needs_openssl
def test_connect_updates_its_keys_and_the_server_follows(
    tlslab: Callable[..., Any], openssl_server: Callable[..., int]
) -> None:
    port = openssl_server("-www")
    command = ("connect", f"127.0.0.1:{port}", "--servername", NAME, "--key-update", "--http")
    result = tlslab(*command)
    assert (result.status, result.err) == (0, "")
    assert "HTTP/1.0 200 ok" in result.out
    assert "Key update: both sides write with new keys (RFC 8446 §4.6.3)." in result.out
    old = openssl_server("-www", "-tls1_2")
    result = tlslab("connect", f"127.0.0.1:{old}", *command[2:])
    assert result.status == 1
    assert "--key-update: keys are updated in TLS 1.3 alone (RFC 8446 §4.6.3)" in result.err


@needs_openssl
def test_connect_is_told_that_its_certificate_was_refused(
    tlslab: Callable[..., Any], openssl_server: Callable[..., int], other_ca: Path
) -> None:
    # In TLS 1.3 the client's handshake is complete before the server has seen the certificate.
    port = openssl_server("-www", "-tls1_3", "-Verify", "3", "-CAfile", str(other_ca))
    command = ("connect", f"127.0.0.1:{port}", "--servername", NAME)
    result = tlslab(*command)
    assert result.status == 1
    assert re.search("after the handshake: .*certificate_required|reset", result.err)


# --- both


def test_one_command_has_early_data_for_the_other(
    tlslab: Callable[..., Any], serving: Any, tmp_path: Path
) -> None:
    early = tmp_path / "early"
    early.write_text("sent at once\n")
    server = serving("--echo", "--early-data", "100", "--ask-later", "--padding", "256")
    command = ("connect", f"127.0.0.1:{server.port}", "--resume", "--wait", "0.3", "--key-update")
    path = tmp_path / "trace.json"
    result = tlslab(*command, *AS_USER, "--early-data", str(early), "--trace", str(path))
    assert (result.status, result.err) == (0, "")
    _, second = result.out.split("A second connection, with the session of the first:")
    assert "Early data, 13 bytes: the server took them" in second
    assert "What came back:\n\nsent at once\n" in second
    assert "Received 13 bytes, then nothing for 0.3 s." in second
    assert "Key update: both sides write with new keys" in second
    assert "The server asked who the client is, after the handshake" in second
    lines = server.lines("handshake completed|asked afterwards", 4)
    assert lines[2].endswith("TLS_AES_128_GCM_SHA256, resumed, with early data")
    # A record's header has 5 bytes, its tag 16.
    records = [each for each in Trace.from_json(path.read_text()).of(Record) if each.nonce]
    sizes = {len(each.raw) - 5 - 16 for each in records if each.sender == "server"}
    assert sizes
    assert not any(size % 256 for size in sizes)


def test_early_data_that_were_refused_are_sent_again(
    tlslab: Callable[..., Any], serving: Any, tmp_path: Path
) -> None:
    early = tmp_path / "early"
    early.write_text("sent at once\n")
    # A second ClientHello cannot have early data any more (RFC 8446 §4.2.10).
    server = serving("--echo", "--early-data", "100", "--retry")
    command = ("connect", f"127.0.0.1:{server.port}", "--resume", "--wait", "0.3")
    result = tlslab(*command, "--early-data", str(early))
    assert (result.status, result.err) == (0, "")
    assert "the server did not take them; they are sent again, now." in result.out
    assert "What came back:\n\nsent at once\n" in result.out


def test_connect_says_that_there_was_no_ticket(tlslab: Callable[..., Any], serving: Any) -> None:
    server = serving("--echo", "--tickets", "0")
    result = tlslab("connect", f"127.0.0.1:{server.port}", "--resume", "--wait", "0.2")
    assert result.status == 1
    assert "no session that could be resumed" in result.err
