"""Words for a terminal: what a stranger sent, made harmless, and what went wrong, made plain."""

import codecs

from tlslab.connection.connection import explain
from tlslab.errors import AlertReceived, ProtocolError, TLSError, Truncated
from tlslab.wire.registry import AlertDescription


def printable(text: str, keep: str = "") -> str:
    """`text` with every character escaped that a terminal might obey, except those in `keep`.

    That is every control character, but also what turns the direction of writing around.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else _escaped(c) for c in text)


class Incoming:
    """Bytes of a stranger as text that a terminal may show, in pieces as they come.

    UTF-8 where it is UTF-8, `\\x..` for other bytes, and line ends as "\\n".
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        self._held = ""

    def feed(self, data: bytes, final: bool = False) -> str:
        """The text of `data`. What may need the bytes that follow waits, unless it is `final`."""
        text = self._held + self._decoder.decode(data, final)
        self._held = ""
        if text.endswith("\r") and not final:
            text, self._held = text[:-1], "\r"
        return printable(text.replace("\r\n", "\n"), keep="\n\t")


def what_went_wrong(error: Exception) -> str:
    """One line: the alert, who sent it, and in plain words why."""
    if isinstance(error, Truncated):
        text = f"truncated: {error.reason}, so something may be missing"
    elif isinstance(error, ProtocolError):
        meaning = explain(AlertDescription[error.alert])
        place = f"{error.where}: " if error.where else ""
        source = f" ({error.section})" if error.section else ""
        text = f"alert sent: {error.alert}, {meaning}: {place}{error.reason}{source}"
    elif isinstance(error, AlertReceived):
        text = f"alert received: {error.alert}"
        if error.explanation:
            text += f", {error.explanation}"
    elif isinstance(error, TLSError):
        text = str(error)
    elif isinstance(error, OSError):
        text = error.strerror or str(error) or type(error).__name__
    else:
        text = f"{type(error).__name__}: {error}"
    return printable(text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
