"""The page of `--www`: HTTP as RFC 9112 has it, and everything of the peer's escaped."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from cryptography import x509

import tlslab
from tlslab.connection.context import HandshakeCompleted
from tlslab.lab import pki
from tlslab.lab.configs import client_config, server_config
from tlslab.lab.visits import Visit
from tlslab.lab.www import MAX_HEAD, Www

GET = b"GET / HTTP/1.1\r\nHost: lab\r\n\r\n"


def visit(
    server_name: str = "server.tlslab.test", alpn: tuple[bytes, ...] = (), **options: Any
) -> Visit:
    """A visit whose handshake is complete, made in memory."""
    result = Visit(1, "127.0.0.1:50000")
    # No certificate verifier would take a hostile name, so this client takes any certificate.
    primitives = tlslab.Primitives().using(
        verify_chain=lambda chain, *_: x509.load_der_x509_certificate(chain[0])
    )
    client = tlslab.client(
        replace(
            client_config(seed=1, alpn=alpn, primitives=primitives, **options),
            server_name=server_name,
        ),
        tlslab.Trace("client"),
    )
    server = tlslab.server(server_config(seed=1, **options), result.trace)
    for _ in range(3):
        for event in server.receive_data(client.data_to_send()):
            if isinstance(event, HandshakeCompleted):
                result.completed = event
        client.receive_data(server.data_to_send())
    assert result.completed is not None
    return result


@pytest.fixture(scope="module")
def visited() -> Visit:
    return visit()


def answer(visited: Visit, *pieces: bytes, with_secrets: bool = False) -> tuple[str, str, str]:
    """Status line, header fields and body of the answer."""
    www = Www(visited, with_secrets)
    reply = b"".join(www.received(piece) for piece in pieces).decode("utf-8")
    assert www.finished == bool(reply)
    head, _, body = reply.partition("\r\n\r\n")
    status, _, fields = head.partition("\r\n")
    return status, fields, body


@pytest.mark.parametrize(
    "request_",
    [
        GET,
        b"GET /any/path?and=query HTTP/1.1\r\nhost: lab\r\nAccept: */*\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"\r\n\r\nGET / HTTP/1.1\nHost: lab\n\n",
        b"GET / HTTP/1.1\r\nHost: lab\r\nContent-Length: 5\r\n\r\nhello",
    ],
)
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_request_gets_the_page_however_it_is_cut(
    visited: Visit, request_: bytes, size: int
) -> None:
    pieces = [request_[start : start + size] for start in range(0, len(request_), size)]
    status, fields, body = answer(visited, *pieces)
    assert status == "HTTP/1.1 200 OK"
    assert f"Content-Length: {len(body.encode())}\r\n" in fields
    assert "Connection: close" in fields
    for shown in ("TLS_RSA_WITH_AES_128_GCM_SHA256 (0x009c)", "server.tlslab.test", "finished"):
        assert shown in body
    for name in ("client_random", "server_random"):
        assert visited.trace.value(name).hex() in body


def test_a_head_request_gets_the_head_alone(visited: Visit) -> None:
    _, with_body, body = answer(visited, b"GET / HTTP/1.0\r\nA: 1\r\n\r\n")
    status, fields, nothing = answer(visited, b"HEAD / HTTP/1.0\r\n\r\n")
    assert (status, nothing) == ("HTTP/1.1 200 OK", "")
    assert body
    assert re.findall("^[A-Z].*?:", fields) == re.findall("^[A-Z].*?:", with_body)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"hello\n", "400 Bad Request"),
        (b"\x16\x03\x01\x02\x00\x01", "400 Bad Request"),
        (b"GET /\r\n\r\n", "400 Bad Request"),
        (b"GET / HTTP/2.0\r\n", "400 Bad Request"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400 Bad Request"),
        (b"GET / HTTP/1.1\r\n\r\n", "400 Bad Request"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400 Bad Request"),
        (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400 Bad Request"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", "400 Bad Request"),
        (b"GET / HTTP/1.1\r\nHost: \x00\r\n\r\n", "400 Bad Request"),
        (b"GET / HTTP/1.1\r\nHost: a\rb: c\r\n\r\n", "400 Bad Request"),
        (b"POST / HTTP/1.1\r\nHost: a\r\n\r\n", "405 Method Not Allowed"),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * MAX_HEAD, "431 Request Header Fields Too Large"),
        (b"G" * (MAX_HEAD + 1), "431 Request Header Fields Too Large"),
    ],
)
def test_anything_else_is_refused(visited: Visit, request_: bytes, status: str) -> None:
    got, _, body = answer(visited, request_)
    assert got == f"HTTP/1.1 {status}"
    assert body


def test_half_a_request_waits_and_keeps_no_more_than_it_may(visited: Visit) -> None:
    www = Www(visited, False)
    assert www.received(GET[:-2]) == b""
    assert not www.finished
    assert www.received(b"\r\n")
    assert www.received(b"more") == b""


def test_the_secrets_are_shown_only_to_a_server_that_writes_them_down(visited: Visit) -> None:
    secrets = [visited.trace.value(name).hex() for name in ("premaster_secret", "master_secret")]
    assert not any(secret in answer(visited, GET)[2] for secret in secrets)
    body = answer(visited, GET, with_secrets=True)[2]
    assert all(secret in body for secret in secrets)
    assert visited.trace.key_log().strip() in body


def test_the_page_of_tls_1_3_shows_versions_groups_shares_and_its_own_secrets() -> None:
    visited = visit(version="TLS 1.3", groups=("X25519MLKEM768", "x25519"), retry=True)
    body = answer(visited, GET)[2]
    for shown in (
        "<h1>TLS 1.3, as the server saw it</h1>",
        "<code>TLSv1_3 (0x0304)</code> ← chosen",
        "<code>TLS_AES_128_GCM_SHA256 (0x1301)</code> ← chosen",
        '<th scope="row">Group of the key exchange</th><td><code>X25519MLKEM768</code></td>',
        "<code>X25519MLKEM768 (0x11ec)</code> ← chosen",
        "<code>X25519MLKEM768 (0x11ec)</code>, 1,216 bytes",
        "hello_retry_request",
    ):
        assert shown in body
    assert "TLSv1_2" not in body
    secrets = [visited.trace.value(name).hex() for name in ("shared_secret", "main_secret")]
    assert not any(secret in body for secret in secrets)
    with_secrets = answer(visited, GET, with_secrets=True)[2]
    assert all(secret in with_secrets for secret in secrets)
    assert visited.trace.key_log().strip() in with_secrets


def test_the_page_asks_nothing_of_anybody(visited: Visit) -> None:
    _, fields, body = answer(visited, GET)
    assert "Content-Security-Policy: default-src 'none'; " in fields
    assert not re.search(r"<script|<img|@import|url\(|https?:", body)


HOSTILE = ("<b>\x1b[31m.wild.tlslab.test", b"</code><script>\x1b\xff\n")


def test_hostile_names_are_escaped_in_the_page() -> None:
    # A wildcard in a certificate takes any label, so this name is even agreed on.
    visited = visit(HOSTILE[0], (HOSTILE[1], b"http/1.1"))
    assert visited.completed is not None
    assert visited.completed.server_name == HOSTILE[0]
    body = answer(visited, GET[:-2] + b"X: <i>\xff</i>\r\n\r\n")[2]
    assert "\x1b" not in body
    assert "&lt;b&gt;\\x1b[31m.wild.tlslab.test" in body
    assert r"&lt;/code&gt;&lt;script&gt;\x1b\xff\n" in body
    assert r"X: &lt;i&gt;\xff&lt;/i&gt;" in body


def test_the_lab_has_the_names_that_these_tests_use() -> None:
    assert "*.wild.tlslab.test" in pki.server_other().names


def test_a_visit_keeps_no_more_than_the_handshake(visited: Visit) -> None:
    before: Any = len(visited.trace)
    visited.trace.stop()
    visited.trace.message("client", "client_hello", b"x", tuple, bytes, (), "none")
    assert len(visited.trace) == before
    assert sum(len(message.raw) for message in visited.trace.messages()) < 4096
