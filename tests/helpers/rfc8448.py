"""The sessions of RFC 8448, as they were published."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors"
SESSIONS = (
    "Simple_1RTT_Handshake",
    "Resumed_0RTT_Handshake",
    "HelloRetryRequest_Handshake",
    "Client_Authentication_Handshake",
    "Middlebox_Compatibility_Mode",
    "Externally_Provided_PSK_with_Ephemeral_Key",
    "RawPublicKey_With_Client_Authentication",
)
WORDS = ("PskPRF", "CurrentTimestamp", "PskIdentity")
"""What is no hexadecimal number there."""

# RFC 8448 §4. The collection of transcripts has another EncryptedExtensions here, and a record that
# holds it; the rest of its session is the RFC's, and fits only this.
RESUMED = {
    "Message_EncryptedExtensions": bytes.fromhex(
        "080000280026000a00140012001d00170018001901000101010201030104001c0002400100000000002a0000"
    ),
    "Record_ServerHandshakeMessages": bytes.fromhex(
        "1703030061dc48237b4b879f50d0d4d262ea8b4716eb40ddc1eb957e11126e8a7149c2d012d37a7115957e64"
        "ce30008b9e0323f2c05a9c1c77b4f37849a695ab255060a33fee770ca95cb8486bfd0843b87024865ca35cc4"
        "1c4e515c64dcb1369f98635bc7a5"
    ),
}

Given = dict[str, bytes]


def found(name: str) -> str:
    """A file of the vectors; where they are not, the test is skipped."""
    path = VECTORS / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the project: the vectors of others stay outside it")
    return path.read_text()


def values(name: str) -> dict[str, str]:
    """The values of a section, by the names that the RFC gives them, in hexadecimal digits."""
    return dict(json.loads(found(name))["values"])


def transcripts() -> dict[str, Given]:
    """What each session consists of."""
    sessions: dict[str, Given] = {}
    given: Given = {}
    for line in found("rfc8448_transcripts/transcripts.vec").splitlines():
        name, equals, value = line.partition(" = ")
        if line.startswith("["):
            given = sessions[line.strip("[]")] = {}
        elif equals and name not in WORDS:
            given[name] = bytes.fromhex(value.strip())
    return sessions


def private(value: bytes, *, is_p256: bool = False) -> Callable[[int], bytes]:
    """A source of randomness from which a key share gets this private key."""
    if is_p256:
        value = (int.from_bytes(value, "big") - 1).to_bytes(32, "big")
    return lambda length: value.rjust(length, b"\0")
