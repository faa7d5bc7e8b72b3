"""What `tlslab serve` does with a connection after the handshake: echo or print it."""

import sys

from tlslab.lab.terminal import Incoming
from tlslab.lab.visits import Visit


class Echo:
    """Sends back what it gets."""

    finished = False

    def __init__(self, visit: Visit) -> None:
        pass

    def received(self, data: bytes) -> bytes:
        """The same."""
        return data


class Print:
    """Prints what it gets, each line marked with the number of the connection."""

    finished = False

    def __init__(self, visit: Visit) -> None:
        self._mark = f"[{visit.number}] > "
        self._text = Incoming()

    def received(self, data: bytes) -> bytes:
        """Nothing is answered."""
        lines = self._text.feed(data).removesuffix("\n")
        if lines:
            # A mark on every line: no peer can write one that looks like the server's own.
            marked = lines.replace("\n", f"\n{self._mark}")
            sys.stdout.write(f"{self._mark}{marked}\n")
            sys.stdout.flush()
        return b""
