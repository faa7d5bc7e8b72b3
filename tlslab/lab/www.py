"""The web page of a connection: HTTP/1.1, as much as shows it (RFC 9112)."""

import re
from email.utils import formatdate

import tlslab
from tlslab.errors import LocalError
from tlslab.lab.page import CONTENT_SECURITY_POLICY, handshake_page
from tlslab.lab.visits import Visit

MAX_HEAD = 16 * 1024
"""Longest head of a request, in bytes: request line and header fields."""


class Www:
    """Answers one HTTP/1.1 request with the page of the handshake (RFC 9112)."""

    def __init__(self, visit: Visit, with_secrets: bool) -> None:
        self.finished = False
        self._visit = visit
        self._with_secrets = with_secrets
        self._head = b""

    def received(self, data: bytes) -> bytes:
        """The answer, as soon as the head of the request is complete."""
        if self.finished:
            return b""
        # RFC 9112 §2.2: an empty line before the request line is ignored, and LF alone will do.
        self._head = (self._head + data)[: MAX_HEAD + 1].lstrip(b"\r\n")
        if end := _END_OF_HEAD.search(self._head):
            return self._answer(self._head[: end.start()])
        if len(self._head) > MAX_HEAD:
            return self._refuse("431 Request Header Fields Too Large", "Too many header fields.")
        first, newline, _ = self._head.partition(b"\n")
        is_request = not newline or _REQUEST_LINE.fullmatch(first.rstrip(b"\r"))
        if not is_request or _NOT_TEXT.search(first):
            return self._not_http()
        return b""

    def _answer(self, head: bytes) -> bytes:
        head = head.replace(b"\r\n", b"\n").removesuffix(b"\r")
        request_line, *fields = head.split(b"\n")
        parts = _REQUEST_LINE.fullmatch(request_line)
        if parts is None or not all(_FIELD.fullmatch(field) for field in fields):
            return self._not_http()
        names = [field.partition(b":")[0].lower() for field in fields]
        if parts["version"] == b"1" and names.count(b"host") != 1:
            # RFC 9112 §3.2: "A server MUST respond with a 400 (Bad Request) status code to any
            # HTTP/1.1 request message that lacks a Host header field".
            return self._refuse("400 Bad Request", "HTTP/1.1 wants one Host header field.")
        if parts["method"] not in (b"GET", b"HEAD"):
            return self._refuse(
                "405 Method Not Allowed", "Only GET and HEAD are answered.", "Allow: GET, HEAD\r\n"
            )
        visit = self._visit
        if visit.completed is None:
            raise LocalError("an application before the handshake was complete")
        text = head.decode("utf-8", "backslashreplace")
        page = handshake_page(visit.trace, visit.completed, text, self._with_secrets)
        return self._reply("200 OK", "text/html", page, parts["method"] == b"HEAD")

    def _not_http(self) -> bytes:
        return self._refuse("400 Bad Request", "This is not an HTTP/1.1 request.")

    def _refuse(self, status: str, reason: str, fields: str = "") -> bytes:
        return self._reply(status, "text/plain", f"{reason}\n", False, fields)

    def _reply(self, status: str, kind: str, text: str, head_only: bool, fields: str = "") -> bytes:
        self.finished = True
        body = text.encode("utf-8", "backslashreplace")
        head = (
            f"HTTP/1.1 {status}\r\n"
            f"Date: {formatdate(usegmt=True)}\r\n"
            f"Server: tlslab/{tlslab.__version__}\r\n"
            f"Content-Type: {kind}; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\n"
            f"Content-Security-Policy: {CONTENT_SECURITY_POLICY}\r\n"
            "X-Content-Type-Options: nosniff\r\n"
            "Referrer-Policy: no-referrer\r\n"
            "Cache-Control: no-store\r\n"
            f"{fields}"
            "Connection: close\r\n\r\n"
        ).encode("ascii")
        return head if head_only else head + body


_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_REQUEST_LINE = re.compile(rb"(?P<method>" + _TOKEN + rb") [!-~]+ HTTP/1\.(?P<version>[01])")
_FIELD = re.compile(_TOKEN + rb":[\t -~\x80-\xff]*")
_END_OF_HEAD = re.compile(rb"\n\r?\n")
_NOT_TEXT = re.compile(rb"[^\t\r\n -~]")
