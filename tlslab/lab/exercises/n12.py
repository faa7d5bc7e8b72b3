"""Exercises of notebook 12, resumption: new keys of an old secret, and what is in a ticket."""

import hmac
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from tlslab.connection.session import TicketKeys
from tlslab.crypto import prf
from tlslab.crypto.tickets import IV, TICKET_KEY_LENGTH, TicketKey, open_ticket, seal_ticket
from tlslab.lab.configs import SEEDED_TIME, Seed
from tlslab.lab.exercises.exercise import Answer, Case, Exercise, Mistake, SeededBytes
from tlslab.lab.handshake import Handshake, handshake
from tlslab.lab.randomness import SeededRandom
from tlslab.trace import Record

Randoms = tuple[bytes, bytes]
Keys = tuple[bytes, bytes, bytes, bytes]

SUITE = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"


# -- the keys of the abbreviated handshake ------------------------------------------------------


def resumed_keys(master_secret: bytes, first_randoms: Randoms, new_randoms: Randoms) -> Keys:
    """Two keys of 16 bytes and two IVs of 4, the client's first each time (RFC 5246 §6.3).

    For TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256. Each randoms are (client_random, server_random).
    """
    client_random, server_random = new_randoms
    return _cut(prf.key_block(master_secret, server_random, client_random, 40, "sha256"))


def resumed_keys_cases(draw: SeededBytes) -> Iterator[Case]:
    """A resumed handshake of the lab with the keys that protected its records, and drawn values."""
    first, second = _two_connections("a case", b"one", b"two")
    value = second.trace.value
    names = ("client_write_key", "server_write_key", "client_write_IV", "server_write_IV")
    yield Case(
        "a resumed handshake of the lab",
        (first.trace.value("master_secret"), _randoms(first), _randoms(second)),
        tuple(value(name) for name in names),
    )
    for number in range(2):
        first_pair, new_pair = (
            (draw(f"{when} client {number}", 32), draw(f"{when} server {number}", 32))
            for when in ("first", "new")
        )
        yield Case(
            f"drawn values {number + 1}", (draw(f"master {number}", 48), first_pair, new_pair)
        )


def _cut(block: bytes) -> Keys:
    return block[:16], block[16:32], block[32:36], block[36:]


def _expansion(master_secret: bytes, first: bytes, second: bytes) -> Keys:
    return _cut(prf.key_block(master_secret, first, second, 40, "sha256"))


def _derived_again(master_secret: bytes, first: Randoms, new: Randoms) -> Keys:
    master_secret = prf.master_secret(master_secret, *new, "sha256")
    return _expansion(master_secret, new[1], new[0])


def _side_by_side(master_secret: bytes, first: Randoms, new: Randoms) -> Keys:
    block = prf.key_block(master_secret, new[1], new[0], 40, "sha256")
    return block[:16], block[20:36], block[16:20], block[36:]


def _ivs_first(master_secret: bytes, first: Randoms, new: Randoms) -> Keys:
    block = prf.key_block(master_secret, new[1], new[0], 40, "sha256")
    return block[8:24], block[24:], block[:4], block[4:8]


# -- a ticket -----------------------------------------------------------------------------------

# Made by OpenSSL: `openssl enc -aes-128-cbc`, then `openssl dgst -sha256 -mac HMAC` over all of it.
# A test makes it again.
KEY = TicketKey(b"a ticket key 001", bytes(range(16)), bytes(range(0x20, 0x40)))
STATE = b"what a server wants to know again"
TICKET = bytes.fromhex(
    "61207469636b6574206b657920303031a0a1a2a3a4a5a6a7a8a9aaabacadaeaf00301b37a260557050fbdcca4011bf"
    "14143042fd6464dd15225fac34adf3ea8c7e0f7caa97935f47489c7d3b4d39c599e1251aa826ddc1ffd9ff23b588cd"
    "20b602750563720b8fc9be0bc790cc774c875288"
)


def open_ticket_cases(draw: SeededBytes) -> Iterator[Case]:
    """OpenSSL's ticket, states of several lengths, and tickets that have to stay closed."""
    yield Case("a ticket that OpenSSL has sealed", (KEY, TICKET), STATE)
    key = TicketKey.from_bytes(draw("key", TICKET_KEY_LENGTH))
    for length in (1, 15, 16, 62, 63, 64):
        state = draw(f"state {length}", length)
        ticket = seal_ticket(key, draw(f"iv {length}", IV), state)
        yield Case(f"a state of {length} bytes", (key, ticket), state)
    other = TicketKey(key.name, draw("other", 16), draw("other MAC", 32))
    # A changed IV changes the first bytes of the state, and the padding stays as it is.
    for what, at in (("its name", 3), ("its IV", 20), ("its state", 50), ("its MAC", -1)):
        changed = bytearray(ticket)
        changed[at] ^= 1
        yield Case(f"a ticket with a bit changed in {what}", (key, bytes(changed)))
    yield Case("a ticket under another key", (other, ticket))
    yield Case("a ticket that was cut off", (key, ticket[:-1]))
    yield Case("no ticket at all", (key, b""))


def _opened(
    key: TicketKey,
    ticket: bytes,
    *,
    checked: bool = True,
    iv: Callable[[bytes], bytes] = lambda ticket: ticket[16:32],
    length: int = 2,
    unpad: Callable[[bytes], bytes] = lambda padded: padded[: -padded[-1]],
) -> bytes | None:
    """`open_ticket` as the notebook builds it, or with a mistake in it."""
    mac = hmac.digest(key.mac_key, ticket[:-32], "sha256")
    if checked and not hmac.compare_digest(mac, ticket[-32:]):
        return None
    decryptor = Cipher(AES(key.enc_key), CBC(iv(ticket))).decryptor()
    return unpad(decryptor.update(ticket[32 + length : -32]) + decryptor.finalize())


def _decrypted_first(key: TicketKey, ticket: bytes) -> bytes | None:
    _opened(key, ticket, checked=False, unpad=lambda padded: padded)
    return open_ticket(key, ticket)


def _strictly_unpadded(padded: bytes) -> bytes:
    unpadder = PKCS7(AES.block_size).unpadder()
    return unpadder.update(padded) + unpadder.finalize()


def _with(**mistake: Any) -> Callable[..., bytes | None]:
    return lambda key, ticket: _opened(key, ticket, **mistake)


def _refusing_with(refusal: Callable[[], Any]) -> Callable[..., Any]:
    def function(key: TicketKey, ticket: bytes) -> Any:
        opened = open_ticket(key, ticket)
        return refusal() if opened is None else opened

    return function


def _value_error() -> None:
    raise ValueError("this ticket is not good")


# -- a stolen key -------------------------------------------------------------------------------


class Sent(NamedTuple):
    """A record as somebody on the wire recorded it. type: 22 for handshake, 23 for data."""

    sender: str
    type: int
    record: bytes


def recording(seed: Seed) -> tuple[list[Sent], list[Sent]]:
    """What somebody recorded of two connections, the second resumed with a ticket of the first."""
    return tuple(_wire(each) for each in _recorded(seed))  # type: ignore[return-value]


def stolen_key(seed: Seed) -> TicketKey:
    """The key that the server sealed its tickets with."""
    keys = _recorded(seed)[0].options.ticket_keys
    if not isinstance(keys, TicketKeys):
        raise TypeError("the server has no ticket keys")
    return keys.sealing(SEEDED_TIME)


def stolen(seed: Seed) -> bytes:
    """What the client said in the second connection."""
    return _said(seed)[1]


def _said(seed: Seed) -> tuple[bytes, bytes]:
    draw = SeededRandom(str(seed), "12.stolen")
    first, second = (int.from_bytes(draw(which, 4), "big") for which in ("first", "second"))
    return b"My account is %010d." % first, b"And my code is %010d." % second


def _recorded(seed: Seed) -> tuple[Handshake, Handshake]:
    return _two_connections(str(seed), *_said(seed))


@cache
def _two_connections(seed: str, *requests: bytes) -> tuple[Handshake, Handshake]:
    first = handshake(seed=f"{seed}, 12", suite=SUITE, resumption="ticket", request=requests[0])
    return first, handshake(resume=first, request=requests[1])


def _randoms(which: Handshake) -> Randoms:
    return which.trace.value("client_random"), which.trace.value("server_random")


def _wire(which: Handshake) -> list[Sent]:
    return [Sent(each.sender, each.raw[0], each.raw) for each in which.trace.of(Record)]


def _data_of(which: Handshake, sender: str) -> bytes:
    return next(
        each.plaintext
        for each in which.trace.of(Record)
        if each.sender == sender and each.content_type == "application_data"
    )


# -- the exercises ------------------------------------------------------------------------------

EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="12.resumed_keys",
        reference=resumed_keys,
        cases=resumed_keys_cases,
        mistakes=(
            Mistake(
                "These are the keys of the first connection. A resumed one has its own: take the "
                "new randoms, RFC 5246 §7.3.",
                lambda master, first, new: _expansion(master, first[1], first[0]),
            ),
            Mistake(
                "You made a new master secret. It is the one thing that stays: only the key block "
                "is made anew, RFC 5246 §7.3.",
                _derived_again,
            ),
            Mistake(
                "You put the client's random first. In the key block the server's comes first, "
                "RFC 5246 §6.3.",
                lambda master, first, new: _expansion(master, *new),
            ),
            Mistake(
                "You took one random of the first connection and one of the new. Both sides draw a "
                "new one each time.",
                lambda master, first, new: _expansion(master, first[1], new[0]),
            ),
            Mistake(
                "You took one random of the new connection and one of the first. Both sides draw a "
                "new one each time.",
                lambda master, first, new: _expansion(master, new[1], first[0]),
            ),
            Mistake(
                "You took all of the client's values, then all of the server's. The order is both "
                "keys, then both IVs, RFC 5246 §6.3.",
                _side_by_side,
            ),
            Mistake(
                "You took the IVs from the beginning of the key block. The keys come first, RFC "
                "5246 §6.3.",
                _ivs_first,
            ),
            Mistake(
                "You return the whole key block. Cut it into four: 16, 16, 4 and 4 bytes.",
                lambda *arguments: b"".join(resumed_keys(*arguments)),
            ),
        ),
        hints=(
            "It is the key block of notebook 05, and it is cut as in notebook 08.",
            "The master secret is the one of the session. Nothing is done to it.",
            "The randoms are the new ones, the server's first. The old ones are not needed.",
        ),
        section="RFC 5246 §7.3",
    ),
    Exercise(
        id="12.open_ticket",
        reference=open_ticket,
        cases=open_ticket_cases,
        mistakes=(
            Mistake(
                "You do not check the MAC. Anybody could change a ticket, or bring one of their "
                "own: the server would go on with whatever is in it.",
                _with(checked=False),
            ),
            Mistake(
                "You do not check the MAC, and hope that the padding tells. It tells nothing of a "
                "ticket whose IV was changed: the server would go on with whatever is in it.",
                _with(checked=False, unpad=_strictly_unpadded),
            ),
            Mistake(
                "You decrypt before you compare the MAC, so the library gets to see whatever a "
                "stranger brings, and a ticket that was cut off stops it. Compare first.",
                _decrypted_first,
            ),
            Mistake(
                "You return None for every ticket, so your MAC is never right. It is made with "
                "key.mac_key, over all that comes before it: name, IV, length and state, RFC 5077 "
                "§4.",
                lambda key, ticket: None,
            ),
            Mistake(
                "You left the padding in. Its last byte says how long it is, that byte included.",
                _with(unpad=lambda padded: padded),
            ),
            Mistake(
                "You removed one byte too many: that is the padding of records. Here the last byte "
                "counts itself, as PKCS #7 has it.",
                _with(unpad=lambda padded: padded[: -padded[-1] - 1]),
            ),
            Mistake(
                "You took the first 16 bytes for the IV. They are the name of the key; the IV "
                "comes after it.",
                _with(iv=lambda ticket: ticket[:16]),
            ),
            Mistake(
                "You took the two bytes of the length for a part of the encrypted state. It begins "
                "behind them.",
                _with(length=0),
            ),
            Mistake(
                "You raise an error for a ticket that is not good. It is none: return None, and "
                "the server makes a full handshake, RFC 5077 §3.1.",
                _refusing_with(_value_error),
            ),
            Mistake(
                "You return no bytes for a ticket that is not good. Return None: an empty state "
                "would be a state.",
                _refusing_with(lambda: b""),
            ),
            Mistake(
                "You return False for a ticket that is not good. Return None.",
                _refusing_with(lambda: False),
            ),
        ),
        hints=(
            "First the MAC: hmac.digest(key.mac_key, …) over all but the last 32 bytes. If it is "
            "not the last 32 bytes, return None, before you decrypt anything.",
            "Then cut: name 16, IV 16, length 2, and the encrypted state between them and the MAC.",
            "Decrypt with Cipher(AES(key.enc_key), CBC(iv)).decryptor(), and remove the padding: "
            "as many bytes as the last one says.",
        ),
        section="RFC 5077 §4",
        primitive="open_ticket",
    ),
)

ANSWERS: tuple[Answer, ...] = (
    Answer(
        id="12.stolen",
        expected=stolen,
        mistakes=(
            (
                "That is what the client said in the first connection. Take the second one.",
                lambda seed: _said(seed)[0],
            ),
            (
                "That is what the server said. Take a record of the client, and the client's key.",
                lambda seed: _data_of(_recorded(seed)[1], "server"),
            ),
            (
                "That is the client's Finished, record 0 under the new keys. Its data comes next.",
                lambda seed: _finished(_recorded(seed)[1]),
            ),
            (
                "These are the right words as text. Give the bytes.",
                lambda seed: stolen(seed).decode(),
            ),
        ),
        hints=(
            "Five steps: the ticket out of the second ClientHello; open it with the stolen key; "
            "the master secret out of the state; the keys with your resumed_keys; open the record.",
            "The randoms are those of the second connection. random_in(record) finds them in "
            "the two hellos, which are the first record of each side.",
            "The record is the client's first one of type 23. It is number 1 under its keys: "
            "mine.gcm_unprotect(key, iv, 1, 23, 0x0303, record[5:]).",
        ),
    ),
)


def _finished(which: Handshake) -> bytes:
    (found,) = (m.raw for m in which.trace.messages("finished") if m.sender == "client")
    return found
