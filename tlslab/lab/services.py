"""Three things that a computer does all day, each over a handshake on 127.0.0.1.

Our client calls; the server is OpenSSL. What goes through the connection is what it is on the
Internet: an HTTP/1.1 request for a page (RFC 9112) and for JSON, and a DNS query (RFC 1035 §4, over
TLS as in RFC 7858). The answers come from the small functions here.
"""

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tlslab.errors import LocalError
from tlslab.lab.configs import SERVER_NAME
from tlslab.lab.peers import PeerHandshake, openssl
from tlslab.trace import Trace

PAGE = "<!doctype html><title>Welcome</title><p>This page came over TLS.</p>"
PRICES = {"apples": 3, "pears": 4}
ADDRESSES = {"www.example.tlslab.test": "192.0.2.80", "mail.example.tlslab.test": "192.0.2.25"}
"""The names that the lab's DNS server knows; the addresses are for documentation (RFC 5737)."""
A, IN = 1, 1
NOT_FOUND = 3


@dataclass(frozen=True, slots=True)
class Call:
    """A request and its answer, and the handshake under it.

    value: what the caller wanted: the text of a page, the data of an API, an address.
    """

    what: str
    value: Any
    live: PeerHandshake

    @property
    def trace(self) -> Trace:
        """What our client saw."""
        return self.live.trace

    def __repr__(self) -> str:
        handshake = repr(self.live).strip("<>").removeprefix("Handshake: ")
        return f"{self.what}: {self.value!r}\n  {handshake}"


def https_page(path: str = "/") -> Call:
    """A browser's errand: fetch a page."""
    live = _call(_http_request(path, "text/html"), _http_answer)
    return Call(f"the page https://{SERVER_NAME}{path}", _http_body(live.received).decode(), live)


def json_api(path: str = "/prices/apples") -> Call:
    """A program's errand: ask an API."""
    live = _call(_http_request(path, "application/json"), _http_answer)
    return Call(f"the API at {path} says", json.loads(_http_body(live.received)), live)


def dns_over_tls(name: str = "www.example.tlslab.test") -> Call:
    """A computer's errand, before most others: which address has a name? None if it has none."""
    live = _call(_dns_query(name), _dns_answer)
    return Call(f"the address of {name} is", _dns_address(live.received), live)


def _call(request: bytes, answer: Callable[[bytes], bytes]) -> PeerHandshake:
    live = openssl("client", transport="loopback", request=request, reply=answer(request))
    if live.error is not None:
        raise LocalError(f"the call came to nothing: {live.error}")
    return live


# -- HTTP -----------------------------------------------------------------------------------------


def _http_request(path: str, accept: str) -> bytes:
    lines = (f"GET {path} HTTP/1.1", f"Host: {SERVER_NAME}", f"Accept: {accept}")
    return "\r\n".join((*lines, "Connection: close", "", "")).encode("ascii")


def _http_answer(request: bytes) -> bytes:
    _, path, _ = request.split(b"\r\n")[0].decode("ascii").split(" ")
    if path.startswith("/prices/"):
        fruit = path.removeprefix("/prices/")
        found = fruit in PRICES
        status = "200 OK" if found else "404 Not Found"
        kind, body = "application/json", json.dumps({fruit: PRICES.get(fruit)})
    else:
        status, kind, body = "200 OK", "text/html", PAGE
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return (head + body).encode("ascii")


def _http_body(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


# -- DNS ------------------------------------------------------------------------------------------


def _dns_query(name: str) -> bytes:
    header = struct.pack("!6H", 0, 0x0100, 1, 0, 0, 0)  # id 0 as RFC 8484 advises; recursion wanted
    return _with_length(header + _dns_question(name))


def _dns_question(name: str) -> bytes:
    labels = [label.encode("ascii") for label in name.split(".")]
    encoded = b"".join(bytes([len(label)]) + label for label in labels)
    return encoded + b"\0" + struct.pack("!2H", A, IN)


def _dns_answer(query: bytes) -> bytes:
    """A message with the address in it, or one that says the name does not exist."""
    question = query[2 + 12 :]
    labels, rest = [], question
    while length := rest[0]:
        labels.append(rest[1 : 1 + length].decode("ascii"))
        rest = rest[1 + length :]
    address = ADDRESSES.get(".".join(labels))
    if address is None:
        header = struct.pack("!6H", 0, 0x8180 | NOT_FOUND, 1, 0, 0, 0)
        return _with_length(header + question)
    header = struct.pack("!6H", 0, 0x8180, 1, 1, 0, 0)
    # The name is that of the question, at byte 12: a pointer of two bytes (RFC 1035 §4.1.4).
    data = bytes(int(part) for part in address.split("."))
    record = struct.pack("!HHHIH", 0xC000 | 12, A, IN, 300, len(data)) + data
    return _with_length(header + question + record)


def _dns_address(answer: bytes) -> str | None:
    """The address at the end of the answer, if it has one."""
    answers = struct.unpack("!H", answer[2 + 6 : 2 + 8])[0]
    return ".".join(str(byte) for byte in answer[-4:]) if answers else None


def _with_length(message: bytes) -> bytes:
    """Over TCP, two bytes of length come first (RFC 7858 §3.3)."""
    return struct.pack("!H", len(message)) + message
