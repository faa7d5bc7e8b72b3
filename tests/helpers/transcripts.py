"""The seven handshakes of RFC 8448 and their like, as `../shared/vectors` has them."""

from functools import cache
from pathlib import Path

import pytest

VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors"
TRANSCRIPTS = VECTORS / "rfc8448_transcripts" / "transcripts.vec"

needs_transcripts = pytest.mark.skipif(
    not TRANSCRIPTS.exists(), reason="needs ../shared/vectors/rfc8448_transcripts"
)


@cache
def transcripts() -> dict[str, dict[str, bytes]]:
    """Each transcript by its name: what the RFC prints, by name; {} where the folder is absent."""
    found: dict[str, dict[str, bytes]] = {}
    lines = TRANSCRIPTS.read_text("ascii").splitlines() if TRANSCRIPTS.exists() else []
    for line in lines:
        if line.startswith("["):
            values = found.setdefault(line.strip("[]"), {})
        elif " = " in line:
            name, _, value = line.partition(" = ")
            # The others are words and times.
            if name.startswith(("Message_", "Record_")):
                values[name] = bytes.fromhex(value)
    return found
