"""Randomness that can be repeated: the same seed gives the same bytes on every machine.

For lab runs only. Whoever knows the seed knows every secret.
"""

import hashlib
from collections import Counter


class SeededRandom:
    """A `Randomness` made from `seed`: SHAKE-256 over seed, side, name and count.

    Each name has a stream of its own, so a draw more here changes nothing there.
    side: "client" or "server"; the two draw different bytes from one seed.
    """

    def __init__(self, seed: int | str, side: str) -> None:
        self._prefix = f"tlslab seeded randomness: {seed!r}: {side}"
        self._count: Counter[str] = Counter()

    def __call__(self, name: str, length: int) -> bytes:
        """The next `length` bytes of the stream `name`."""
        self._count[name] += 1
        text = f"{self._prefix}: {name}: {self._count[name]}"
        return hashlib.shake_256(text.encode()).digest(length)
