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
from tlslab.connection.session import SessionCache, TicketKeys
from tlslab.crypto.suites import SUITES
from tlslab.lab.randomness import SeededRandom
from tlslab.primitives import REFERENCE
from tlslab.tls12.protection import make_protection
from tlslab.trace import Message, RandomDrawn, Record, SecretDerived, Span, Trace, ValueReceived
from tlslab.view import glossary
from tlslab.view.glossary import Entry, explain, explain_message, explain_value, known
from tlslab.view.glossary.messages import MESSAGES
from tlslab.view.glossary.values import VALUES
from tlslab.view.ladder import bytes_of, ladder
from tlslab.wire import extensions
from tlslab.wire.extensions import Extension, Extensions
from tlslab.wire.framing import RECORD_HEADER_LENGTH, HandshakeMessage, handshake_spans
from tlslab.wire.hello import ClientHello
from tlslab.wire.presentation import ListOf, Struct, Structure, Vector, spans_of
from tlslab.wire.registry import ContentType, ExtensionType, HandshakeType

ROOT = Path(tlslab.__file__).parent
SUITE_NAMES = [suite.name for suite in SUITES]
MADE_UP = (ExtensionType(0x1234), ExtensionType(0x0A0A))
"""An extension without a name, and one that RFC 8701 reserves to test its being ignored."""

# -- what a decoder can produce, from the declarations --------------------------------------------

Bounds = tuple[tuple[int, int], ...]


def structures() -> list[type[Structure]]:
    """Every structure that some module of the package declares."""
    found: set[type[Structure]] = set()
    for floor in ("wire", "connection", "tls12", "tls13"):
        if not (ROOT / floor).exists():
            continue
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


def messages() -> list[type[Structure]]:
    """The structures that are decoded by themselves: messages and headers, no parts of others."""
    inside = {part for kind in structures() for part in parts_of(kind)}
    return [kind for kind in structures() if kind not in inside and not issubclass(kind, Extension)]


def fields_of(kind: type[Structure], path: str) -> Iterator[tuple[str, Bounds]]:
    """The fields of a structure, each with the bounds that it has if it is a vector."""
    for name, declared in kind.LAYOUT.items():
        yield from fields(declared, f"{path}.{name}")


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
def declared_fields() -> dict[str, Bounds]:
    found: dict[str, Bounds] = {}
    for kind in messages():
        for field, bounds in fields_of(kind, kind.NAME):
            assert found.setdefault(field, bounds) == bounds, f"{field} has two forms"
        # Bytes that do not decode are a field too.
        for span in spans_of(kind, b"\xff" * 100):
            if span.path.endswith(".undecoded"):
                found[span.path] = ()
    found |= {span.field: () for span in handshake_spans(None, bytes(8))}
    return found | dict.fromkeys(record_parts(), ())


def record_parts() -> set[str]:
    """The parts of records under every suite: whole ones, and ones that cannot be opened."""
    found: set[str] = set()
    for suite, etm in product(SUITES.values(), (False, True)):
        lengths = (suite.mac_key_length, suite.enc_key_length, suite.fixed_iv_length)
        protection = make_protection(suite, etm, REFERENCE, *map(bytes, lengths), lambda: bytes(16))
        fragments = [protection.protect(ContentType.handshake, 0x0303, b"content")]
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
    assert "record.undecoded" in declared_fields()
    assert "server_hello.extensions.unknown_0x1234.opaque" in declared_fields()


# -- fields ---------------------------------------------------------------------------------------


def test_every_field_that_a_decoder_can_produce_has_an_entry():
    assert [field for field in declared_fields() if not known(field)] == []


def test_every_entry_is_of_a_field_that_a_decoder_can_produce():
    used = {id(explain(field)) for field in declared_fields()}
    stale = [field for field, entry in glossary.FIELDS.items() if id(entry) not in used]
    assert stale == []


def test_a_field_stands_in_one_table_only():
    keys = [field for field, _, _ in glossary._declared(*glossary.TABLES)]
    assert len(keys) == len(set(keys))


def test_the_bounds_of_every_vector_are_those_of_its_declaration():
    vectors = {field: bounds for field, bounds in declared_fields().items() if bounds}
    assert len(vectors) > 30
    assert {field: glossary._look_up(glossary.BOUNDS, field) for field in vectors} == vectors
    for field in glossary.BOUNDS:
        owners = ["client_hello", "server_hello"] if field.startswith("extensions.") else [""]
        assert {f"{owner}.{field}".lstrip(".") for owner in owners} & vectors.keys()


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
    monkeypatch.delitem(glossary.FIELDS, "extensions.padding")
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
    assert seen - declared_fields().keys() == set()


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
    assert "client_hello.extensions.key_share.opaque" in seen
    assert {field for field in seen if not known(field)} == set()


# -- messages -------------------------------------------------------------------------------------


def test_the_messages_are_the_handshake_messages_and_the_content_types():
    registered = {code.name for codes in (HandshakeType, ContentType) for code in codes}
    assert MESSAGES.keys() == registered
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
        assert any(re.fullmatch(pattern, name) for name in VALUES), pattern


def test_a_value_that_nobody_reports_is_honestly_unknown():
    assert explain_value("colour") == Entry("Nothing is known here about this value.", "")


# -- the words ------------------------------------------------------------------------------------

SECTION = re.compile(r"RFC [1-9]\d{3} §[1-9]\d*(\.[1-9]\d*)*")
DOCUMENT = re.compile(r"RFC [1-9]\d{3}|draft-[a-z0-9-]+[a-z0-9]|ETSI TS [\d -]+\d")


@cache
def every_entry() -> dict[str, Entry]:
    found = {field: explain(field) for field in declared_fields()}
    found |= {f"message {name}": entry for name, entry in MESSAGES.items()}
    return found | {f"value {name}": entry for name, entry in VALUES.items()}


def test_a_meaning_is_one_sentence_with_a_full_stop():
    for name, entry in every_entry().items():
        words = entry.meaning
        assert re.fullmatch(r"[A-Z0-9][^\n]*[\w)]\.", words), name
        assert not re.search(r"[.!?]\s|\s\s|\s[,.;:]|[{}<>\[\]]", words), name
        assert words.count("(") == words.count(")"), name


def test_a_meaning_is_short():
    assert [name for name, entry in every_entry().items() if len(entry.meaning) > 160] == []


def test_whatever_is_taken_apart_names_its_section_and_the_rest_its_document():
    closed = {
        f"{hello}_hello.extensions.{code.name}"
        for hello, bodies in (
            ("client", extensions.CLIENT_HELLO),
            ("server", extensions.SERVER_HELLO),
        )
        for code in ExtensionType
        if code not in bodies
    }
    opened = {kind.NAME for kind in messages()} | {"handshake", "application_data"}
    for name, entry in every_entry().items():
        whose = name.removesuffix(".opaque")
        if whose in closed or (name.startswith("message ") and name[8:] not in opened):
            assert SECTION.fullmatch(entry.section) or DOCUMENT.fullmatch(entry.section), name
        else:
            assert SECTION.fullmatch(entry.section), name


def sections_named(kind: type[Structure]) -> list[str]:
    return re.findall(r"RFC \d+ §\d+(?:\.\d+)*", kind.__doc__ or "")


def test_the_section_is_one_that_the_declarations_name_too():
    """The docstring of each message and each extension was written by itself."""
    named: dict[str, list[str]] = {}
    entries: dict[str, Entry] = {}
    for kind in structures():
        if issubclass(kind, HandshakeMessage):
            entries[kind.NAME] = MESSAGES[kind.NAME]
            named.setdefault(kind.NAME, []).extend(sections_named(kind))
    for hello, bodies in (
        ("client_hello", extensions.CLIENT_HELLO),
        ("server_hello", extensions.SERVER_HELLO),
    ):
        for kind in bodies.values():
            path = f"{hello}.extensions.{kind.NAME}"
            entries[path] = explain(path)
            named[path] = sections_named(kind)
    # One class for both hellos, whose docstring has the client's section.
    named["server_hello.extensions.ec_point_formats"].append("RFC 8422 §5.2")
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
