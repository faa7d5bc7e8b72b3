"""Exercises of notebook 15 on the transcript: which messages a secret covers."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tlslab.lab.exercises.exercise import Case, Exercise, Mistake, SeededBytes

CLIENT_HELLO, SERVER_HELLO, FINISHED = 1, 2, 20
LABELS = {
    b"ext binder": 0,
    b"res binder": 0,
    b"derived": 0,
    b"c e traffic": CLIENT_HELLO,
    b"e exp master": CLIENT_HELLO,
    b"c hs traffic": SERVER_HELLO,
    b"s hs traffic": SERVER_HELLO,
    b"c ap traffic": FINISHED,
    b"s ap traffic": FINISHED,
    b"exp master": FINISHED,
    b"res master": -1,
}
"""The type of the last message that the secret with this label covers; 0 for none, -1 for all."""

Sent = tuple[str, bytes]


def covered_by_secret(messages: Sequence[Sent], label: bytes) -> list[bytes]:
    """The messages that the secret with this label covers (RFC 8446 §7.1).

    messages: of a whole handshake without HelloRetryRequest, each with who sent it. label: one of
    those of RFC 8446 §7.1, such as b"c hs traffic". Returns a list of bytes.
    """
    last = LABELS[label]
    if last == 0:
        return []
    covered: list[bytes] = []
    for sender, message in messages:
        covered.append(message)
        if message[0] == last and (sender == "server" or last == CLIENT_HELLO):
            break
    return covered


def covered_cases(draw: SeededBytes) -> Iterator[Case]:
    """Each label, for a handshake as usual and for one in which the client has a certificate."""
    usual = ((1, "client"), (2, "server"), (8, "server"), (11, "server"), (15, "server"))
    rest = ((20, "server"), (20, "client"))
    asked = (*usual[:3], (13, "server"), *usual[3:], rest[0], (11, "client"), (15, "client"))
    with_psk = (*usual[:3], *rest)
    for what, kinds in {
        "a handshake": (*usual, *rest),
        "the client has a certificate": (*asked, rest[1]),
        "a handshake with a pre-shared key": with_psk,
    }.items():
        messages = [
            (sender, bytes([type, 0, 0, 12]) + draw(f"{what} {number}", 12))
            for number, (type, sender) in enumerate(kinds)
        ]
        for label in LABELS:
            yield Case(f"{what}: {label.decode()}", (messages, label))


def _covers(**change: tuple[bytes, Callable[[Sequence[Sent]], list[bytes]]]) -> Callable[..., Any]:
    """Right but for the labels that stand in `change`."""
    wrong = dict(change.values())

    def function(messages: Sequence[Sent], label: bytes) -> list[bytes]:
        if label in wrong:
            return wrong[label](messages)
        return covered_by_secret(messages, label)

    return function


def _up_to_finished(side: str, *, included: bool) -> Callable[[Sequence[Sent]], list[bytes]]:
    def function(messages: Sequence[Sent]) -> list[bytes]:
        end = next(
            number
            for number, (sender, message) in enumerate(messages)
            if sender == side and message[0] == FINISHED
        )
        return [message for _, message in messages[: end + included]]

    return function


def _first(count: int) -> Callable[[Sequence[Sent]], list[bytes]]:
    return lambda messages: [message for _, message in messages[:count]]


_APPLICATION = (b"c ap traffic", b"s ap traffic", b"exp master")
_OF_NOTHING = tuple(label for label, last in LABELS.items() if last == 0)


def _for(
    labels: Sequence[bytes], function: Callable[[Sequence[Sent]], list[bytes]]
) -> Callable[..., Any]:
    return _covers(**{str(number): (label, function) for number, label in enumerate(labels)})


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="15.covered_by_secret",
        reference=covered_by_secret,
        cases=covered_cases,
        mistakes=(
            Mistake(
                "The secrets of the application data cover the client's Finished with you. They "
                "end with the server's: it may send data before the client's has arrived.",
                _for(_APPLICATION, _up_to_finished("client", included=True)),
            ),
            Mistake(
                "The secrets of the application data stop before the server's Finished with you. "
                "They cover it.",
                _for(_APPLICATION, _up_to_finished("server", included=False)),
            ),
            Mistake(
                '"res master" stops with the server\'s Finished with you. It is the one secret '
                "that covers everything, the client's Finished too.",
                _for((b"res master",), _up_to_finished("server", included=True)),
            ),
            Mistake(
                '"res master" stops before the client\'s Finished with you. It covers it.',
                _for((b"res master",), _up_to_finished("client", included=False)),
            ),
            Mistake(
                "The handshake's traffic secrets cover the ClientHello alone with you. They cover "
                "the ServerHello too.",
                _for((b"c hs traffic", b"s hs traffic"), _first(1)),
            ),
            Mistake(
                "The handshake's traffic secrets cover EncryptedExtensions with you. That message "
                "is encrypted with them: it cannot be in them.",
                _for((b"c hs traffic", b"s hs traffic"), _first(3)),
            ),
            Mistake(
                "The early secrets cover the ServerHello with you. They are made before it comes.",
                _for((b"c e traffic", b"e exp master"), _first(2)),
            ),
            Mistake(
                'The labels "derived" and those of the binders cover nothing: in the diagram they '
                'have "".',
                _for(_OF_NOTHING, _first(1)),
            ),
            Mistake(
                "You return who sent the messages, too. Return the messages alone.",
                lambda messages, label: list(messages[: len(covered_by_secret(messages, label))]),
            ),
            Mistake(
                "You return them as one. Return a list of messages.",
                lambda messages, label: b"".join(covered_by_secret(messages, label)),
            ),
            Mistake(
                "You count messages. How many there are before a Finished is different from "
                "handshake to handshake: look for the message of type 20.",
                _for(_APPLICATION, _first(6)),
            ),
        ),
        hints=(
            "There are five answers: none, up to the ClientHello, up to the ServerHello, up to the "
            "server's Finished, all.",
            "The first byte of a message is its type: 1, 2, and 20 for a Finished.",
            "Collect the messages one by one, and stop when you have taken the last one. Both "
            "sides send a Finished; the server's comes first.",
        ),
        section="RFC 8446 §7.1",
    ),
)
