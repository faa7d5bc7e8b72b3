"""Two values side by side: are they the same, and if not, what is the first thing to look at?"""

from typing import Any

from tlslab.view.tables import counted

AROUND = 4
"""How many bytes are shown before and after the first that differs."""


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal; a list and a tuple of the same things are."""
    return bool(_plain(one) == _plain(other)) and isinstance(one, bool) == isinstance(other, bool)


def difference(expected: Any, got: Any) -> str:
    """What is different, in one sentence: the kind first, then the length, then the first byte."""
    if got is None and expected is not None:
        return "It returned None. Is there a `return`, and is it reached?"
    if isinstance(expected, bytes) and isinstance(got, str):
        if _unhex(got) == expected:
            return "It returned the right bytes as hex text. Return the bytes themselves."
        return "It returned text. Expected are bytes."
    if isinstance(expected, bytes) and isinstance(got, bytes | bytearray):
        return _bytes(expected, bytes(got))
    if isinstance(expected, list | tuple) and isinstance(got, list | tuple):
        return _sequence(expected, got)
    if type(expected) is not type(got) and not isinstance(got, type(expected)):
        return f"It returned {_kind(got)}. Expected is {_kind(expected)}."
    return f"It returned {_short(got)}. Expected is {_short(expected)}."


def shape(expected: Any, got: Any) -> str:
    """What is wrong with the kind or the length of a value, without saying what is right."""
    if isinstance(expected, bytes) and isinstance(got, bytes | bytearray):
        if len(got) != len(expected):
            return f"It is {len(got)} bytes long. Asked for are {len(expected)}."
        if bytes(got) == expected[::-1]:
            return "These are the right bytes in reverse order."
        return "It has the right length, and is something else."
    if isinstance(expected, bytes) and isinstance(got, str) and _unhex(got) == expected:
        return "These are the right bytes as hex text. Give the bytes themselves."
    if isinstance(expected, list | tuple) and isinstance(got, list | tuple):
        if len(got) != len(expected):
            return f"It has {counted(len(got), 'element')}. Asked for are {len(expected)}."
    elif type(expected) is not type(got):
        return f"This is {_kind(got)}. Asked for is {_kind(expected)}."
    return "It is of the right kind, and something else."


def _bytes(expected: bytes, got: bytes) -> str:
    if len(got) > 1 and got == expected[::-1]:
        return "It returned the right bytes in reverse order."
    common = next((i for i, (a, b) in enumerate(zip(expected, got, strict=False)) if a != b), None)
    if common is None:
        return (
            f"It returned {len(got)} bytes. Expected are {len(expected)}; what both have is the "
            "same."
        )
    lengths = "" if len(got) == len(expected) else f" ({len(got)} bytes, not {len(expected)})"
    start, end = max(0, common - AROUND), common + AROUND + 1
    return (
        f"The first byte that differs is number {common}{lengths}. "
        f"From byte {start} on it returned {got[start:end].hex(' ')}; "
        f"expected is {expected[start:end].hex(' ')}."
    )


def _sequence(expected: list[Any] | tuple[Any, ...], got: list[Any] | tuple[Any, ...]) -> str:
    for index, (right, wrong) in enumerate(zip(expected, got, strict=False)):
        if not same(right, wrong):
            return f"Element {index} is wrong. {difference(right, wrong)}"
    return f"It returned {counted(len(got), 'element')}. Expected are {len(expected)}."


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return tuple(_plain(each) for each in value)
    return bytes(value) if isinstance(value, bytearray) else value


def _unhex(text: str) -> bytes | None:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return None


def _kind(value: Any) -> str:
    names = {bytes: "bytes", str: "text", int: "a whole number", type(None): "None"}
    return names.get(type(value), f"a {type(value).__name__}")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:78]}…"
