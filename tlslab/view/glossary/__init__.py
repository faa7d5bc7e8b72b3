"""The glossary: what each field, each message and each secret means, and where the RFC says so.

    explain("client_hello.cipher_suites")       a field, as `Span.field` has it
    explain_message("client_key_exchange")      a message, or the content type of a record
    explain_value("premaster_secret")           a random, a secret, a key

The words stand in the modules beside this one, by area. A vector's key says its bounds as the RFC
does: `client_hello.session_id<0..32>`; a list of vectors says both, its own and its elements'.
A list and its elements are one field, so one sentence is for both. What every vector and every
extension has, such as a length and a type, is explained by rule.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TypeVar

from tlslab.view.glossary.entry import Entry
from tlslab.view.glossary.extensions_opened import OPENED
from tlslab.view.glossary.extensions_since_tls13 import SINCE_TLS13
from tlslab.view.glossary.extensions_until_tls12 import UNTIL_TLS12
from tlslab.view.glossary.hellos import HELLOS
from tlslab.view.glossary.messages import MESSAGES
from tlslab.view.glossary.records import RECORDS
from tlslab.view.glossary.tls12 import TLS12
from tlslab.view.glossary.values import VALUES
from tlslab.wire.codec import length_size
from tlslab.wire.registry import ExtensionType

__all__ = ["Entry", "explain", "explain_message", "explain_value", "known"]

UNKNOWN_FIELD = Entry("Nothing is known here about this field.", "")
UNKNOWN_MESSAGE = Entry("Nothing is known here about this message.", "")
UNKNOWN_VALUE = Entry("Nothing is known here about this value.", "")


def explain(field: str) -> Entry:
    """What the field means. field: a path without positions in lists, as `Span.field` has it.

    A trace may come from anywhere: a field that is not known gets an entry that says so.
    """
    return _entry(field) or UNKNOWN_FIELD


def known(field: str) -> bool:
    """Whether the glossary has something to say about this field."""
    return _entry(field) is not None


def explain_message(name: str) -> Entry:
    """What the message is for, by its name; also the content types, such as `application_data`."""
    return MESSAGES.get(name, UNKNOWN_MESSAGE)


def explain_value(name: str) -> Entry:
    """What the random, the secret or the received value of this name is for."""
    return VALUES.get(name, UNKNOWN_VALUE)


# -- the fields, with the bounds of those that are vectors --------------------------------------

T = TypeVar("T")
Bounds = tuple[tuple[int, int], ...]
"""Lowest and highest length in bytes: of a vector, and then of its elements if they are vectors."""

_KEY = re.compile(r"([\w.]+)(?:<.+>)?")
_LOW_HIGH = re.compile(r"<(\d+)\.\.(?:(\d+)|2\^(\d+)-(\d+))>")


def _declared(*tables: Mapping[str, Entry]) -> Iterator[tuple[str, Bounds, Entry]]:
    for table in tables:
        for key, entry in table.items():
            match = _KEY.fullmatch(key)
            if match is None:
                raise ValueError(f"not the name of a field: {key!r}")
            yield match[1], tuple(map(_low_high, _LOW_HIGH.finditer(key))), entry


def _low_high(match: re.Match[str]) -> tuple[int, int]:
    low, high, power, less = match.groups()
    return int(low), int(high) if high else 2 ** int(power) - int(less)


TABLES = (RECORDS, HELLOS, OPENED, UNTIL_TLS12, SINCE_TLS13, TLS12)
FIELDS: dict[str, Entry] = {}
BOUNDS: dict[str, Bounds] = {}
for _field, _bounds, _meaning in _declared(*TABLES):
    FIELDS[_field] = _meaning
    if _bounds:
        BOUNDS[_field] = _bounds


# -- rules --------------------------------------------------------------------------------------

_UNDECODED = Entry(
    "The rest of the bytes, from where they no longer have the form that the RFC prescribes.",
    "RFC 5246 §7.2.2",
)
_GREASE = Entry(
    "It means nothing: the sender makes sure that its peer ignores extensions that it does not "
    "know.",
    "RFC 8701 §3",
)
_NAMELESS = Entry(
    "An extension to which IANA gives no name: what it means is between those who use it.",
    "RFC 5246 §7.4.1.4",
)
_EXTENSION_DATA: Bounds = ((0, 2**16 - 1),)


def _entry(field: str) -> Entry | None:
    entry = _look_up(FIELDS, field)
    if entry is not None:
        return entry
    owner, _, last = field.rpartition(".")
    if last == "length":
        return _length(owner)
    if last == "undecoded" and (owner in MESSAGES or owner in ("record", "state_plaintext")):
        return _UNDECODED
    message, _, rest = field.partition(".extensions.")
    name, _, part = rest.partition(".")
    return _extension(message, name, part) if message else None


def _look_up(table: Mapping[str, T], field: str) -> T | None:
    """What the table has for this very message, else for the extensions of any message."""
    found = table.get(field)
    return found if found is not None else table.get(f"extensions.{_in_extensions(field)}")


def _in_extensions(field: str) -> str:
    return field.partition(".extensions.")[2]


def _length(owner: str) -> Entry | None:
    name = owner.rpartition(".")[2]
    bounds = _look_up(BOUNDS, owner)
    if bounds is None and name == "extension_data" and known(owner):
        bounds = _EXTENSION_DATA
    match bounds:
        case None:
            return None
        case ((low, high),):
            meaning = (
                f"The length of {name} in bytes, itself written in {_octets(high)}: "
                f"from {low:,} to {high:,}."
            )
        case ((_, whole), (_, one)):
            meaning = (
                f"The length in bytes of the whole {name}, written in {_octets(whole)}, or of one "
                f"item in it, written in {_octets(one)}."
            )
    return Entry(meaning, "RFC 5246 §4.3")


def _octets(high: int) -> str:
    size = length_size(high)
    return "1 byte" if size == 1 else f"{size} bytes"


def _extension(message: str, name: str, part: str) -> Entry | None:
    """An extension without an entry of its own, or the parts that every extension has."""
    code = _code(name)
    if code is None:
        return None
    about = _look_up(FIELDS, f"{message}.extensions.{code.name}")
    if about is None:
        if code.is_known:
            return None
        about = _GREASE if code.is_grease else _NAMELESS
    match part:
        case "":
            return about
        case "extension_type":
            meaning = f"The number {code:d}, which says that this extension is {name}."
            return Entry(meaning, "RFC 5246 §7.4.1.4")
        case "extension_data":
            meaning = f"The body of {name}, with its length in front."
            return Entry(meaning, "RFC 5246 §7.4.1.4")
        case "opaque":
            meaning = f"The body of {name}, shown as it came: it is not taken apart here."
            return Entry(meaning, about.section)
    return None


def _code(name: str) -> ExtensionType | None:
    """The number of the extension: its name may be made up, as `unknown_0x1234` is."""
    member = ExtensionType.__members__.get(name)
    number = re.fullmatch(r"(?:GREASE|unknown)_0x([0-9A-Fa-f]{4})", name)
    if member is not None or number is None:
        return member
    code = ExtensionType(int(number[1], 16))
    return code if code.name == name else None
