"""What a stranger sent is harmless on a terminal and in a page; what went wrong is said plainly."""

from __future__ import annotations

import pytest

from tlslab.errors import AlertReceived, ProtocolError, Truncated
from tlslab.lab.page import _text
from tlslab.lab.terminal import Incoming, printable, what_went_wrong
from tlslab.lab.visits import TooSlow


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("plain, and ünïcödé", "plain, and ünïcödé"),
        ("\x1b[2J", r"\x1b[2J"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x7f\x80\x9b31m", r"\x7f\x80\x9b31m"),
        ("abc\u202egpj.exe", r"abc\u202egpj.exe"),  # right-to-left override
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("\udcff", r"\udcff"),
        ("\u2028", r"\u2028"),
    ],
)
def test_nothing_that_a_terminal_obeys_is_printed(hostile: str, shown: str) -> None:
    assert printable(hostile) == shown


def test_what_is_kept_is_kept() -> None:
    assert printable("a\nb\x1b", keep="\n") == "a\nb\\x1b"


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_incoming_bytes_are_text_however_they_are_cut(size: int) -> None:
    data = "Grüße\r\n\x1b[31mred\t☃\rlone".encode() + b"\xff\xfe\xe2\x98"
    incoming = Incoming()
    pieces = [incoming.feed(data[start : start + size]) for start in range(0, len(data), size)]
    text = "".join(pieces) + incoming.feed(b"", final=True)
    assert text == "Grüße\n\\x1b[31mred\t☃\\rlone\\xff\\xfe\\xe2\\x98"


def test_a_carriage_return_at_the_very_end_is_not_lost() -> None:
    incoming = Incoming()
    assert incoming.feed(b"a\r") + incoming.feed(b"", final=True) == "a\\r"


def test_a_page_holds_no_markup_of_the_peer() -> None:
    assert _text("<script>'\"&\x1b") == "&lt;script&gt;&#x27;&quot;&amp;\\x1b"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            ProtocolError("decode_error", "too short", where="finished", section="RFC 5246 §7.4.9"),
            "alert sent: decode_error, a message could not be decoded: finished: too short "
            "(RFC 5246 §7.4.9)",
        ),
        (
            ProtocolError("bad_certificate", "it is for \x1b[31m\n"),
            "alert sent: bad_certificate, a certificate was damaged, or its signature or name is "
            r"wrong: it is for \x1b[31m\n",
        ),
        (
            AlertReceived("unknown_ca", "nobody is trusted"),
            "alert received: unknown_ca, nobody is trusted",
        ),
        (AlertReceived("unknown_200"), "alert received: unknown_200"),
        (
            Truncated("decode_error", "the stream ended without close_notify"),
            "truncated: the stream ended without close_notify, so something may be missing",
        ),
        (TooSlow("no data for 3 s"), "no data for 3 s"),
        (ConnectionResetError(104, "Connection reset by peer"), "Connection reset by peer"),
        (TimeoutError("timed out"), "timed out"),
        (ConnectionResetError(), "ConnectionResetError"),
        (ZeroDivisionError("oops"), "ZeroDivisionError: oops"),
    ],
)
def test_what_went_wrong_is_one_plain_line(error: Exception, text: str) -> None:
    assert what_went_wrong(error) == text
