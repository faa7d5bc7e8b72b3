"""The glossary: what each field, each message and each secret means, and where the RFC says so.

    explain("client_hello.cipher_suites")       a field, as `Span.field` has it
    explain_message("client_key_exchange")      a message, or the content type of a record
    explain_value("premaster_secret")           a random, a secret, a key

TLS 1.3 took names from TLS 1.2 for what means something else, so each of these wants to know the
version.

The words stand in the modules beside this one, by area. A vector's key says its bounds as the RFC
does: `client_hello.session_id<0..32>`; a list of vectors says both, its own and its elements'.
A list and its elements are one field, so one sentence is for both. What every vector and every
extension has, such as a length and a type, is explained by rule.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from tlslab.view.glossary.entry import Entry
from tlslab.view.glossary.extensions_opened import OPENED
from tlslab.view.glossary.extensions_opened_tls13 import OPENED_TLS13
from tlslab.view.glossary.extensions_since_tls13 import SINCE_TLS13
from tlslab.view.glossary.extensions_until_tls12 import UNTIL_TLS12
from tlslab.view.glossary.hellos import HELLOS
from tlslab.view.glossary.messages import MESSAGES
from tlslab.view.glossary.records import RECORDS
from tlslab.view.glossary.tls12 import TLS12
from tlslab.view.glossary.tls13 import FIELDS_OF_TLS13, MESSAGES_OF_TLS13, TLS13
from tlslab.view.glossary.values import VALUES
from tlslab.view.glossary.values_tls13 import VALUES_OF_TLS13
from tlslab.wire.codec import length_size
from tlslab.wire.registry import ExtensionType, NamedGroup

__all__ = ["Entry", "explain", "explain_message", "explain_value", "known"]

UNKNOWN_FIELD = Entry("Nothing is known here about this field.", "")
UNKNOWN_MESSAGE = Entry("Nothing is known here about this message.", "")
UNKNOWN_VALUE = Entry("Nothing is known here about this value.", "")


def explain(field: str, version: str = "") -> Entry:
    """What the field means. field: a path without positions in lists, as `Span.field` has it.

    version: of the connection, such as `TLS 1.3`; where nobody knows it, what TLS 1.2 says goes
    first. A trace may come from anywhere: a field that is not known gets an entry that says so.
    """
    return _entry(field, _tables(version)) or UNKNOWN_FIELD


def known(field: str, version: str = "") -> bool:
    """Whether the glossary has something to say about this field in this version."""
    return _entry(field, _tables(version)) is not None


def explain_message(name: str, version: str = "") -> Entry:
    """What the message is for, by its name; also the content types, such as `application_data`."""
    if version == VERSION_OF_TLS13 and name in MESSAGES_OF_TLS13:
        return MESSAGES_OF_TLS13[name]
    return MESSAGES.get(name, UNKNOWN_MESSAGE)


def explain_value(name: str, version: str = "") -> Entry:
    """What the random, the secret or the received value of this name is for."""
    base = name
    first, _, last = name.rpartition("_")
    if last.isdecimal() or last in NamedGroup.__members__:
        base = first
    tables = [VALUES, VALUES_OF_TLS13]
    if version == VERSION_OF_TLS13:
        tables.reverse()
    return next((table[base] for table in tables if base in table), UNKNOWN_VALUE)


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


@dataclass(frozen=True, slots=True)
class Tables:
    """The fields by name: their entries, and the bounds of those that are vectors."""

    fields: Mapping[str, Entry]
    bounds: Mapping[str, Bounds]


def _read(*tables: Mapping[str, Entry]) -> Tables:
    declared = list(_declared(*tables))
    return Tables(
        {field: entry for field, _, entry in declared},
        {field: bounds for field, bounds, _ in declared if bounds},
    )


VERSION_OF_TLS13 = "TLS 1.3"
TABLES = (RECORDS, HELLOS, OPENED, OPENED_TLS13, UNTIL_TLS12, SINCE_TLS13, TLS12, TLS13)
FIRST = _read(*TABLES)
"""What holds in every version, or in TLS 1.2 and where TLS 1.3 does not say otherwise."""
IN_TLS13 = Tables(
    {**FIRST.fields, **_read(FIELDS_OF_TLS13).fields},
    {**FIRST.bounds, **_read(FIELDS_OF_TLS13).bounds},
)


def _tables(version: str) -> Tables:
    return IN_TLS13 if version == VERSION_OF_TLS13 else FIRST


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


_OTHERS = {"record", "state_plaintext", "ticket_state"}
"""What is decoded and is no message."""


def _entry(field: str, tables: Tables) -> Entry | None:
    entry = _look_up(tables.fields, field)
    if entry is not None:
        return entry
    owner, _, last = field.rpartition(".")
    if last == "length":
        return _length(owner, tables)
    if last == "undecoded" and (owner in MESSAGES or owner in _OTHERS):
        return _UNDECODED
    message, _, rest = field.partition(".extensions.")
    name, _, part = rest.partition(".")
    return _extension(message, name, part, tables) if message else None


_HELLOS = {"client_hello", "server_hello"}
_ANSWERS = {"encrypted_extensions", "hello_retry_request"}
"""Messages of TLS 1.3 with answers that TLS 1.2 has in the ServerHello."""


def _look_up(table: Mapping[str, T], field: str) -> T | None:
    """What the table has for this very message, else for the extensions of any message."""
    message, _, rest = field.partition(".extensions.")
    places = [field]
    if message in _ANSWERS:
        places.append(f"server_hello.extensions.{rest}")
    places.append(f"extensions.{rest}")
    return next((table[place] for place in places if place in table), None)


def _length(owner: str, tables: Tables) -> Entry | None:
    name = owner.rpartition(".")[2]
    bounds = _look_up(tables.bounds, owner)
    if bounds is None and name == "extension_data" and _entry(owner, tables) is not None:
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


def _extension(message: str, name: str, part: str, tables: Tables) -> Entry | None:
    """An extension without an entry of its own, or the parts that every extension has."""
    code = _code(name)
    if code is None:
        return None
    about = _look_up(tables.fields, f"{message}.extensions.{code.name}")
    if about is None:
        if code.is_known:
            return None
        about = _GREASE if code.is_grease else _NAMELESS
    section = "RFC 5246 §7.4.1.4" if message in _HELLOS else "RFC 8446 §4.2"
    match part:
        case "":
            return about
        case "extension_type":
            meaning = f"The number {code:d}, which says that this extension is {name}."
            return Entry(meaning, section)
        case "extension_data":
            meaning = f"The body of {name}, with its length in front."
            return Entry(meaning, section)
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
