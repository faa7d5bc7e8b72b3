"""Every field, message and value that a trace can name has a meaning and a source, and no others.

What a trace can name is read from the declarations: the layout of every structure, the tables of
extensions, the parts that every protection gives its records, the calls that report a value.
"""

import ast
import importlib
import pkgutil
import re
import ssl
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path

import pytest
from in_memory import ASKS, HARDENED, ONE_OF_EACH_EXCHANGE, Pair, credential
from stapling import stapling

import tlslab
from tlslab import lab
from tlslab.connection.context import TicketReceived
from tlslab.connection.session import ExternalPSK, SessionCache, TicketKeys
from tlslab.crypto.suites import SUITES, TLS13_SUITES
from tlslab.lab.randomness import SeededRandom
from tlslab.primitives import REFERENCE
from tlslab.tls12.protection import make_protection
from tlslab.tls13.protection import AEAD
from tlslab.trace import Message, RandomDrawn, Record, SecretDerived, Span, Trace, ValueReceived
from tlslab.view import glossary
from tlslab.view.glossary import Entry, explain, explain_message, explain_value, known
from tlslab.view.glossary.messages import MESSAGES
from tlslab.view.glossary.tls13 import FIELDS_OF_TLS13, MESSAGES_OF_TLS13
from tlslab.view.glossary.values import VALUES
from tlslab.view.glossary.values_tls13 import VALUES_OF_TLS13
from tlslab.view.ladder import bytes_of, ladder
from tlslab.wire import extensions
from tlslab.wire.extensions import ALLOWED_IN, HYBRID_SHARES, Extension, Extensions, KeyShareEntry
from tlslab.wire.framing import RECORD_HEADER_LENGTH, HandshakeMessage, handshake_spans
from tlslab.wire.hello import ClientHello
from tlslab.wire.presentation import ListOf, Struct, Structure, Vector, spans_of
from tlslab.wire.registry import CipherSuite, ContentType, ExtensionType, HandshakeType

ROOT = Path(tlslab.__file__).parent
SUITE_NAMES = [suite.name for suite in SUITES]
MADE_UP = (ExtensionType(0x1234), ExtensionType(0x0A0A))
"""An extension without a name, and one that RFC 8701 reserves to test its being ignored."""

# -- what a decoder can produce, from the declarations --------------------------------------------

Bounds = tuple[tuple[int, int], ...]
VERSIONS = {"TLS 1.2": "tls12", "TLS 1.3": "tls13"}
"""Titles, as a trace has them, and where the package has what belongs to the version alone."""


def structures(version: str = "") -> list[type[Structure]]:
    """Every structure that some module of the package declares, for this version or for any."""
    found: set[type[Structure]] = set()
    own = [VERSIONS[version]] if version else list(VERSIONS.values())
    for floor in ("wire", "connection", *own):
        package = importlib.import_module(f"tlslab.{floor}")
        for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            for value in vars(importlib.import_module(info.name)).values():
                if (
                    isinstance(value, type)
                    and issubclass(value, Structure)
                    and "LAYOUT" in dir(value)
                ):
                    found.add(value)
    return sorted((kind for kind in found if hasattr(kind, "NAME")), key=lambda kind: kind.__name__)


def parts_of(kind: type[Structure]) -> Iterator[type[Structure]]:
    """The structures that stand within this one."""
    for declared in kind.LAYOUT.values():
        element = declared.element if isinstance(declared, ListOf) else declared
        if isinstance(element, Struct):
            yield element.structure


def messages(version: str = "") -> list[type[Structure]]:
    """The structures that are decoded by themselves: messages and headers, no parts of others."""
    found = structures(version)
    inside = {part for kind in found for part in parts_of(kind)}
    return [kind for kind in found if kind not in inside and not issubclass(kind, Extension)]


def fields_of(kind: type[Structure], path: str) -> Iterator[tuple[str, Bounds]]:
    """The fields of a structure, each with the bounds that it has if it is a vector."""
    for name, declared in kind.LAYOUT.items():
        yield from fields(declared, f"{path}.{name}")
    if kind is KeyShareEntry:
        for part in {
            name for forms in HYBRID_SHARES.values() for parts in forms for name, _ in parts
        }:
            yield f"{path}.key_exchange.{part}", ()


def fields(declared: object, path: str) -> Iterator[tuple[str, Bounds]]:
    match declared:
        case Vector():
            yield path, ((declared.low, declared.high),)
            yield f"{path}.length", ()
        case ListOf():
            inner = list(fields(declared.element, path))
            own = [bounds for field, bounds in inner if field == path]
            yield path, ((declared.low, declared.high), *(own[0] if own else ()))
            yield f"{path}.length", ()
            yield from (field for field in inner if field[0] not in (path, f"{path}.length"))
        case Struct():
            yield path, ()
            yield from fields_of(declared.structure, path)
        case Extensions():
            yield path, ((0, 2**16 - 1),)
            yield f"{path}.length", ()
            for code in (*ExtensionType, *MADE_UP):
                yield from extension_fields(declared, code, f"{path}.{code.name}")
        case _:
            yield path, ()


def extension_fields(
    declared: Extensions, code: ExtensionType, path: str
) -> Iterator[tuple[str, Bounds]]:
    yield path, ()
    yield f"{path}.extension_type", ()
    yield f"{path}.extension_data", ()
    yield f"{path}.extension_data.length", ()
    body = declared.bodies.get(code)
    if body is None:
        yield f"{path}.opaque", ()
    else:
        yield from fields_of(body, path)


@cache
def declared_fields(version: str) -> dict[str, Bounds]:
    found: dict[str, Bounds] = {}
    for kind in messages(version):
        for field, bounds in fields_of(kind, kind.NAME):
            assert found.setdefault(field, bounds) == bounds, f"{field} has two forms"
        # Bytes that do not decode are a field too.
        for span in spans_of(kind, b"\xff" * 100):
            if span.path.endswith(".undecoded"):
                found[span.path] = ()
    found |= {span.field: () for span in handshake_spans(None, bytes(8))}
    parts = record_parts_of_tls13() if version == "TLS 1.3" else record_parts()
    return found | dict.fromkeys(parts, ())


def record_parts_of_tls13() -> set[str]:
    """With padding and without, and records that cannot be opened."""
    found: set[str] = set()
    suite = TLS13_SUITES[CipherSuite.TLS_AES_128_GCM_SHA256]
    for padding in (0, 64):
        protection = AEAD(suite, REFERENCE, bytes(16), bytes(12), padding=padding)
        _, whole = protection.protect(ContentType.handshake, 0x0303, b"content")
        for fragment in (b"", whole[:-1], whole):
            header = bytes([ContentType.application_data, 3, 3]) + len(fragment).to_bytes(2, "big")
            details = protection.details(0, header + fragment)
            found |= {span.field for span in (*details.annotate(), *details.annotate_inner())}
    return found


def record_parts() -> set[str]:
    """The parts of records under every suite: whole ones, and ones that cannot be opened."""
    found: set[str] = set()
    for suite, etm in product(SUITES.values(), (False, True)):
        lengths = (suite.mac_key_length, suite.enc_key_length, suite.fixed_iv_length)
        protection = make_protection(suite, etm, REFERENCE, *map(bytes, lengths), lambda: bytes(16))
        fragments = [protection.protect(ContentType.handshake, 0x0303, b"content")[1]]
        fragments += [fragments[0][:length] for length in range(len(fragments[0]))]
        fragments += [bytes(range(seed, seed + 48)) for seed in range(64)]
        for fragment in fragments:
            header = bytes([ContentType.handshake, 3, 3]) + len(fragment).to_bytes(2, "big")
            details = protection.details(0, header + fragment)
            found |= {span.field for span in (*details.annotate(), *details.annotate_inner())}
    return found


def test_the_declarations_are_found():
    names = {kind.NAME for kind in messages()}
    assert {"record", "handshake", "alert", "change_cipher_spec", "client_hello"} <= names
    assert {"server_key_exchange", "client_key_exchange", "finished"} <= names
    assert not names & {"digitally_signed", "server_dh_params", "extension", "server_name"}
    assert {"record.tag", "record.MAC", "record.fragment", "fragment.padding"} <= record_parts()
    assert "fragment.undecoded" in record_parts()
    assert {"record.tag", "record.fragment", "inner_plaintext.zeros"} <= record_parts_of_tls13()
    for version in VERSIONS:
        assert "record.undecoded" in declared_fields(version)
        assert "server_hello.extensions.unknown_0x1234.opaque" in declared_fields(version)
    assert "certificate.certificate_list.cert_data" in declared_fields("TLS 1.3")
    assert "certificate.certificate_list.cert_data" not in declared_fields("TLS 1.2")


# -- fields ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_every_field_that_a_decoder_can_produce_has_an_entry(version: str):
    assert [field for field in declared_fields(version) if not known(field, version)] == []


def test_every_entry_is_of_a_field_that_a_decoder_can_produce():
    used = {
        id(explain(field, version)) for version in VERSIONS for field in declared_fields(version)
    }
    for tables in (glossary.FIRST, glossary.IN_TLS13):
        assert [field for field, entry in tables.fields.items() if id(entry) not in used] == []


def test_a_field_stands_in_one_table_only():
    keys = [field for field, _, _ in glossary._declared(*glossary.TABLES)]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("version", VERSIONS)
def test_the_bounds_of_every_vector_are_those_of_its_declaration(version: str):
    vectors = {field: bounds for field, bounds in declared_fields(version).items() if bounds}
    assert len(vectors) > 30
    table = glossary._tables(version).bounds
    assert {field: glossary._look_up(table, field) for field in vectors} == vectors
    anywhere = {
        field for title in VERSIONS for field, bounds in declared_fields(title).items() if bounds
    }
    in_extensions = {field.partition(".extensions.")[2] for field in anywhere}
    for field in table:
        assert field in anywhere or field.removeprefix("extensions.") in in_extensions


def test_what_both_versions_have_and_only_one_of_them_as_it_says_is_explained_for_each():
    for field, _, _ in glossary._declared(FIELDS_OF_TLS13):
        assert explain(field).section != explain(field, "TLS 1.3").section
        assert explain(field) == explain(field, "TLS 1.2")
    for name in MESSAGES_OF_TLS13:
        assert explain_message(name).section != explain_message(name, "TLS 1.3").section
        assert explain_message(name) == explain_message(name, "TLS 1.2")
    assert "from 0 to 65,535" in explain("new_session_ticket.ticket.length").meaning
    assert "from 1 to 65,535" in explain("new_session_ticket.ticket.length", "TLS 1.3").meaning


def test_a_length_says_what_it_is_the_length_of_and_what_it_may_be():
    assert explain("client_hello.cipher_suites.length").meaning == (
        "The length of cipher_suites in bytes, itself written in 2 bytes: from 2 to 65,534."
    )
    assert explain("client_hello.session_id.length").meaning == (
        "The length of session_id in bytes, itself written in 1 byte: from 0 to 32."
    )
    assert explain(
        "client_hello.extensions.application_layer_protocol_negotiation.protocol_name_list.length"
    ).meaning == (
        "The length in bytes of the whole protocol_name_list, written in 2 bytes, or of one item "
        "in it, written in 1 byte."
    )


@pytest.mark.parametrize("message", ["client_hello", "server_hello", "encrypted_extensions"])
@pytest.mark.parametrize("name", ExtensionType.__members__)
def test_every_extension_with_a_name_resolves_in_every_message(message: str, name: str):
    path = f"{message}.extensions.{name}"
    assert known(path)
    number = ExtensionType[name].value
    assert f" {number}, " in explain(f"{path}.extension_type").meaning
    assert name in explain(f"{path}.extension_data").meaning
    assert known(f"{path}.extension_data.length")


def test_an_extension_without_a_name_is_not_taken_for_one_that_means_nothing():
    nameless, grease = (f"client_hello.extensions.{code.name}" for code in MADE_UP)
    assert "IANA gives no name" in explain(nameless).meaning
    assert "means nothing" in explain(grease).meaning
    assert explain(grease).section == "RFC 8701 §3"


def test_an_extension_that_the_glossary_forgot_is_not_passed_off_as_nameless(monkeypatch):
    monkeypatch.delitem(glossary.FIRST.fields, "extensions.padding")
    assert not known("client_hello.extensions.padding")
    assert not known("client_hello.extensions.padding.extension_type")


@pytest.mark.parametrize("kind", sorted(extensions.SERVER_HELLO, key=int), ids=str)
def test_what_the_server_answers_is_explained_as_an_answer(kind: ExtensionType):
    """All but those that mean the same whoever sends them."""
    offer, answer = (
        explain(f"{side}_hello.extensions.{kind.name}") for side in ("client", "server")
    )
    if kind in (ExtensionType.record_size_limit, ExtensionType.renegotiation_info):
        assert answer == offer
    else:
        assert answer.meaning != offer.meaning
        assert not answer.meaning.startswith("The client")


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (kind, message)
        for kind, messages in ALLOWED_IN.items()
        for message in sorted(messages - {"client_hello"})
    ],
    ids=str,
)
def test_what_stands_in_another_message_of_tls13_is_explained_for_that_message(kind, message):
    where = "certificate.certificate_list" if message == "certificate" else message
    offer = explain(f"client_hello.extensions.{kind.name}", "TLS 1.3")
    answer = explain(f"{where}.extensions.{kind.name}", "TLS 1.3")
    if answer == offer:
        assert not re.search(r"\bthe client\b(?!'s certificate)", answer.meaning, re.IGNORECASE)
    else:
        assert not answer.meaning.startswith(("The client", "All versions that the client"))


@pytest.mark.parametrize(
    "field",
    [
        "",
        ".",
        "length",
        "record.colour",
        "record.length.length",
        "client_hello",
        "client_hello.random.length",
        "client_hello.cipher_suite",
        "client_hello.extensions.",
        "client_hello.extensions.colour",
        "client_hello.extensions.colour.extension_type",
        "client_hello.extensions.key_share.colour",
        "client_hello.extensions.key_share.extension_type.length",
        "client_hello.extensions.unknown_0x0000",
        "client_hello.extensions.GREASE_0x1234",
        "extensions.key_share.extension_type",
        "colour.extension_data.length",
        "colour.undecoded",
    ],
)
def test_a_field_that_nobody_declared_is_honestly_unknown(field: str):
    assert not known(field)
    assert explain(field) == Entry("Nothing is known here about this field.", "")


# -- real traces ----------------------------------------------------------------------------------


@cache
def traces() -> tuple[Trace, ...]:
    """Every suite, both sides, with ourselves and with OpenSSL."""
    found: list[Trace] = []
    for suite in SUITE_NAMES:
        own = lab.handshake(seed=1, suite=suite, alpn=(b"h2", b"http/1.1"))
        found += [own.trace, own.server_trace]
        found += [lab.peers.openssl(role, suite=suite).trace for role in ("client", "server")]
    found.append(lab.handshake(seed=1, server_name="nobody.tlslab.test").trace)
    found += with_everything()
    return tuple(found)


def with_everything() -> Iterator[Trace]:
    """Client authentication, stapling, hardening, exporters, and a session resumed both ways."""
    staples = {"credentials": (stapling("server-rsa"), stapling("server-ecdsa"))}
    user = {"credential": credential("client-rsa"), "status_request": True, "record_size_limit": 99}
    keeping = {"session_cache": SessionCache(), "ticket_keys": TicketKeys(SeededRandom(1, "keys"))}
    for suite in ONE_OF_EACH_EXCHANGE:
        for tickets in (False, True):
            client = {**HARDENED, **user, "session_tickets": tickets}
            server = {**HARDENED, **ASKS, **staples, **keeping}
            first = Pair(suite, client=client, server=server, traced=True).connected()
            first.client.export_keying_material(b"EXPERIMENTAL", 32)
            client["session"] = first.events["client"][0].session
            second = Pair(suite, client=client, server=server, traced=True, seed=2).connected()
            yield from (*first.traces.values(), *second.traces.values())


@cache
def traces_of_tls13() -> tuple[Trace, ...]:
    """A retry with a cookie, a user now and later, exporters, key updates; then resumed with early
    data, and with a key from outside.
    """
    suite = CipherSuite.TLS_AES_128_GCM_SHA256
    user = {"credential": credential("client-rsa"), "post_handshake_auth": True}
    user |= {"alpn": (b"h2",), "record_padding": 64, "status_request": True}
    user["session_tickets"] = True
    staples = {"credentials": (stapling("server-ecdsa"),)}
    keeping = {"ticket_keys": TicketKeys(SeededRandom(1, "keys")), "max_early_data_size": 16384}
    server = {**keeping, **staples, **ASKS, "alpn": (b"h2",), "record_padding": 64}
    first = Pair(
        suite, traced=True, client=user, server={**server, "cookie": True, "retry": True}
    ).connected()
    first.client.export_keying_material(b"EXPERIMENTAL", 32)
    first.client.update_keys(request_peer=True)
    first.carry()
    session = next(e.session for e in first.events["client"] if isinstance(e, TicketReceived))
    second = Pair(
        suite, traced=True, client={**user, "session": session, "early_data": b"x"}, server=server
    ).connected()
    third = Pair(suite, traced=True, client=user, server=server, seed=3).connected()
    third.server.request_certificate()
    third.carry()
    key = ExternalPSK(b"a name", bytes(32))
    fourth = Pair(
        suite, traced=True, client={"psk": key}, server={**keeping, "psks": (key,)}, seed=4
    ).connected()
    pairs = (first, second, third, fourth)
    return tuple(trace for pair in pairs for trace in pair.traces.values())


def spans(trace: Trace) -> Iterator[Span]:
    """All spans of a trace, and those that the explorer makes of them."""
    for event in trace:
        if isinstance(event, Message | Record):
            yield from event.spans
        if isinstance(event, Record):
            yield from event.inner_spans
    rungs = ladder(trace)
    for rung in rungs:
        for view in bytes_of(rungs, rung):
            yield from view.spans


def test_every_field_of_real_handshakes_is_explained():
    seen = {span.field for trace in traces() for span in spans(trace)}
    assert len(seen) > 80
    assert {field for field in seen if not known(field)} == set()


def test_every_field_of_real_handshakes_was_foreseen_by_the_declarations():
    """So the declarations are read as the decoders read them."""
    seen = {span.field for trace in traces() for span in spans(trace)}
    assert seen - declared_fields("TLS 1.2").keys() - declared_fields("TLS 1.3").keys() == set()


def test_every_field_of_real_handshakes_of_tls13_is_explained_and_was_foreseen():
    seen = {span.field for trace in traces_of_tls13() for span in spans(trace)}
    assert {"hello_retry_request.random", "key_update.request_update"} <= seen
    assert {"inner_plaintext.type", "inner_plaintext.zeros"} <= seen
    assert {field for field in seen if not known(field, "TLS 1.3")} == set()
    # What the ladder calls a change_cipher_spec between protected records.
    assert seen - declared_fields("TLS 1.3").keys() <= {"fragment.content"}


def test_every_field_of_openssls_client_hello_for_tls13_is_explained():
    context = ssl.create_default_context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    connection = context.wrap_bio(incoming, outgoing, server_hostname=lab.configs.SERVER_NAME)
    with pytest.raises(ssl.SSLWantReadError):
        connection.do_handshake()
    seen = {
        span.field for span in handshake_spans(ClientHello, outgoing.read()[RECORD_HEADER_LENGTH:])
    }
    assert "client_hello.extensions.key_share.client_shares.key_exchange" in seen
    assert {field for field in seen if not known(field)} == set()


# -- messages -------------------------------------------------------------------------------------


def test_the_messages_are_the_handshake_messages_and_the_content_types():
    registered = {code.name for codes in (HandshakeType, ContentType) for code in codes}
    # A ServerHello by its number.
    registered.add("hello_retry_request")
    assert MESSAGES.keys() == registered
    assert MESSAGES_OF_TLS13.keys() <= registered
    declared = {kind.NAME for kind in messages() if issubclass(kind, HandshakeMessage)}
    assert len(declared) > 10
    assert declared <= registered


def test_every_rung_of_real_handshakes_is_explained():
    seen = {rung.name for trace in traces() for rung in ladder(trace)}
    assert {"client_hello", "change_cipher_spec", "application_data", "alert"} <= seen
    for name in seen:
        assert explain_message(name).section


def test_a_message_that_nobody_declared_is_honestly_unknown():
    assert explain_message("unknown_0x63") == Entry("Nothing is known here about this message.", "")


# -- values ---------------------------------------------------------------------------------------


def test_the_values_are_those_that_occur_in_traces():
    kinds = (RandomDrawn, ValueReceived, SecretDerived)
    seen = {event.name for trace in traces() for event in trace if isinstance(event, kinds)}
    assert VALUES.keys() == seen


def test_the_values_of_tls13_are_those_that_occur_in_its_traces():
    kinds = (RandomDrawn, ValueReceived, SecretDerived)
    events = [event for trace in traces_of_tls13() for event in trace if isinstance(event, kinds)]
    seen = {event.name for event in events}
    assert [name for name in seen if not explain_value(name, "TLS 1.3").section] == []
    used = {id(explain_value(name, "TLS 1.3")) for name in seen}
    assert [name for name, entry in VALUES_OF_TLS13.items() if id(entry) not in used] == []


def test_the_number_and_the_group_at_the_end_of_a_name_do_not_matter():
    psk = explain_value("resumption_psk")
    assert psk.section == "RFC 8446 §4.6.1"
    assert explain_value("resumption_psk_1") == psk
    share = explain_value("client_share", "TLS 1.3")
    assert explain_value("client_share_X25519MLKEM768", "TLS 1.3") == share
    assert share != explain_value("client_share")
    assert explain_value("server_random", "TLS 1.3") == explain_value("server_random")


def reported_names() -> Iterator[str]:
    """The names in the calls that report a value, as patterns where a part is computed."""
    reports = {"draw", "random_drawn", "value_received", "secret_derived"}
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            if not isinstance(node.func, ast.Attribute) or node.func.attr not in reports:
                continue
            match node.args[0]:
                case ast.Constant(value=str(name)):
                    yield re.escape(name)
                case ast.JoinedStr(values=parts):
                    yield "".join(
                        re.escape(part.value) if isinstance(part, ast.Constant) else r"\w+"
                        for part in parts
                    )


def test_every_value_that_the_code_reports_has_an_entry():
    patterns = set(reported_names())
    assert {"client_random", "random_premaster", r"\w+_verify_data"} <= patterns
    for pattern in patterns:
        names = {*VALUES, *VALUES_OF_TLS13}
        names |= {f"{name}_0" for name in names}
        assert any(re.fullmatch(pattern, name) for name in names), pattern


def test_a_value_that_nobody_reports_is_honestly_unknown():
    assert explain_value("colour") == Entry("Nothing is known here about this value.", "")


# -- the words ------------------------------------------------------------------------------------

ONE_SECTION = r"RFC [1-9]\d{3} §[1-9]\d*(\.[1-9]\d*)*"
SECTION = re.compile(rf"{ONE_SECTION}(, {ONE_SECTION})?")
DOCUMENT = re.compile(r"RFC [1-9]\d{3}|draft-[a-z0-9-]+[a-z0-9]|ETSI TS [\d -]+\d")


@cache
def every_entry() -> dict[str, Entry]:
    found = {f"value {name}": entry for name, entry in VALUES.items()}
    found |= {f"value {name} of TLS 1.3": entry for name, entry in VALUES_OF_TLS13.items()}
    for version in VERSIONS:
        names = {field: explain(field, version) for field in declared_fields(version)}
        names |= {f"message {name}": explain_message(name, version) for name in MESSAGES}
        found |= {f"{name} in {version}": entry for name, entry in names.items()}
    return found


def test_a_meaning_is_one_sentence_with_a_full_stop():
    for name, entry in every_entry().items():
        words = entry.meaning
        assert re.fullmatch(r"[A-Z0-9][^\n]*[\w)]\.", words), name
        assert not re.search(r"[.!?]\s|\s\s|\s[,.;:]|[{}<>\[\]]", words), name
        assert words.count("(") == words.count(")"), name


def test_a_meaning_is_short():
    assert [name for name, entry in every_entry().items() if len(entry.meaning) > 160] == []


LISTS = {
    "client_hello": extensions.CLIENT_HELLO,
    "server_hello": extensions.SERVER_HELLO,
    "hello_retry_request": extensions.HELLO_RETRY_REQUEST,
    "encrypted_extensions": extensions.ENCRYPTED_EXTENSIONS,
    "certificate_request": extensions.CERTIFICATE_REQUEST,
    "certificate.certificate_list": extensions.CERTIFICATE_ENTRY,
    "new_session_ticket": extensions.NEW_SESSION_TICKET,
}
"""The bodies in each list of extensions, by where it stands."""


def test_whatever_is_taken_apart_names_its_section_and_the_rest_its_document():
    closed = {
        f"{where}.extensions.{code.name}"
        for where, bodies in LISTS.items()
        for code in ExtensionType
        if code not in bodies
    }
    opened = {kind.NAME for kind in messages()} | {"handshake", "application_data"}
    for key, entry in every_entry().items():
        name = key.partition(" in ")[0]
        whose = name.removesuffix(".opaque")
        if (
            whose in closed
            or (name.startswith("message ") and name[8:] not in opened)
            # Hybrid groups are not in an RFC yet.
            or re.search(r"\b(mlkem|ecdh)\b|_(mlkem|ecdh)\b|mlkem_|ecdh_", name)
        ):
            assert SECTION.fullmatch(entry.section) or DOCUMENT.fullmatch(entry.section), name
        else:
            assert SECTION.fullmatch(entry.section), name


def sections_named(kind: type[Structure]) -> list[str]:
    return re.findall(r"RFC \d+ §\d+(?:\.\d+)*", kind.__doc__ or "")


@pytest.mark.parametrize("version", VERSIONS)
def test_the_section_is_one_that_the_declarations_name_too(version: str):
    """The docstring of each message and each extension was written by itself."""
    named: dict[str, list[str]] = {}
    entries: dict[str, Entry] = {}
    for kind in structures(version):
        if issubclass(kind, HandshakeMessage):
            entries[kind.NAME] = explain_message(kind.NAME, version)
            named.setdefault(kind.NAME, []).extend(sections_named(kind))
    for where, bodies in LISTS.items():
        for kind in bodies.values():
            path = f"{where}.extensions.{kind.NAME}"
            entries[path] = explain(path, version)
            named[path] = sections_named(kind)
    # One class for both hellos, whose docstring has the client's section.
    named["server_hello.extensions.ec_point_formats"].append("RFC 8422 §5.2")
    # One class, whose docstring has the section of those who came first.
    named["encrypted_extensions.extensions.supported_groups"].append("RFC 8446 §4.2.7")
    for name, entry in entries.items():
        # A message with a form for each key exchange: the section above those of the forms.
        above = {section.rpartition(".")[0] for section in named[name]}
        assert entry.section in {*named[name], *above}, name


# -- the package ----------------------------------------------------------------------------------


def test_the_glossary_imports_nothing_but_what_stands_on_the_wire():
    imported = {
        node.module
        for path in (ROOT / "view" / "glossary").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom)
    }
    ours = {module for module in imported if module.startswith("tlslab.")}
    assert {module for module in ours if not module.startswith("tlslab.view.glossary.")} == {
        "tlslab.wire.codec",
        "tlslab.wire.registry",
    }
