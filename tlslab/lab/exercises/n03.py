"""Exercises of notebook 03, certificates: verify a chain, and say what is wrong with seven."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from itertools import combinations
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from tlslab.crypto.certificates import certificate_names, verify_chain
from tlslab.errors import ProtocolError
from tlslab.lab import pki
from tlslab.lab.configs import SERVER_NAME, Seed
from tlslab.lab.exercises.exercise import (
    Answer,
    Case,
    Exercise,
    Mistake,
    Refusal,
    SeededBytes,
    refused,
)
from tlslab.lab.randomness import SeededRandom

Certificate = x509.Certificate
Chain = Sequence[bytes]

NOW = datetime(2026, 1, 1, tzinfo=UTC)


# -- a signature --------------------------------------------------------------------------------


def signed_by(certificate: Certificate, issuer: Certificate) -> bool:
    """Whether `issuer` signed `certificate`: the names fit, and the signature verifies.

    For issuers with an RSA key, and signatures of RSASSA-PKCS1-v1_5 (RFC 5280 §6.1.3 (a)(1), (4)).
    """
    return certificate.issuer == issuer.subject and _verifies(certificate, issuer)


def _verifies(certificate: Certificate, issuer: Certificate, *, whole: bool = False) -> bool:
    try:
        _verify_signature(certificate, issuer, whole=whole)
    except InvalidSignature:
        return False
    return True


def _verify_signature(
    certificate: Certificate, issuer: Certificate, *, whole: bool = False
) -> None:
    key = issuer.public_key()
    hash_function = certificate.signature_hash_algorithm
    if not isinstance(key, RSAPublicKey) or hash_function is None:
        raise InvalidSignature
    signed = certificate.public_bytes(Encoding.DER) if whole else certificate.tbs_certificate_bytes
    key.verify(certificate.signature, signed, PKCS1v15(), hash_function)


def signed_by_cases(draw: SeededBytes) -> Iterator[Case]:
    """Signatures of the lab's authorities, of a server, and of impostors."""
    leaf, intermediate = _read(pki.server_rsa().certificate_chain)
    root = pki.root()
    other = _read(pki.server_other().certificate_chain)[0]
    tampered = _read(pki.broken("tampered").certificate_chain)[0]
    alone = _read(pki.broken("self-signed").certificate_chain)[0]
    by_server = _read(pki.broken("issuer-is-no-authority").certificate_chain)[0]
    fake, fake_root = _read(pki.broken("impostor").certificate_chain)
    yield Case("the server's, by the intermediate authority", (leaf, intermediate), True)
    yield Case("the intermediate authority's, by the root", (intermediate, root), True)
    yield Case("the root's, by itself", (root, root), True)
    yield Case("an ECDSA key's, signed with RSA", (_ecdsa(), intermediate), True)
    yield Case("the server's, by the root", (leaf, root), False)
    yield Case("the intermediate authority's, by the server", (intermediate, leaf), False)
    yield Case("the server's, by itself", (leaf, leaf), False)
    yield Case("one that was changed after signing", (tampered, intermediate), False)
    yield Case("one that signed itself", (alone, alone), True)
    yield Case("one by another server", (by_server, other), True)
    yield Case("one by an impostor of the root", (fake, fake_root), True)
    yield Case("one by an impostor, beside the root", (fake, root), False)
    # The impostor of the root has the key of this server, and another name.
    yield Case("the right key under another name", (fake, other), False)


def _ecdsa() -> Certificate:
    return _read(pki.server_ecdsa().certificate_chain)[0]


def _letting_through(certificate: Certificate, issuer: Certificate) -> bool:
    if certificate.issuer != issuer.subject:
        return False
    _verify_signature(certificate, issuer)
    return True


# -- dates --------------------------------------------------------------------------------------


def valid_at(certificate: Certificate, time: datetime) -> bool:
    """Whether `time` is in the certificate's period, both ends included (RFC 5280 §4.1.2.5)."""
    return certificate.not_valid_before_utc <= time <= certificate.not_valid_after_utc


def valid_at_cases(draw: SeededBytes) -> Iterator[Case]:
    """Before, after, both ends, and a second beside them."""
    good = _read(pki.server_rsa().certificate_chain)[0]
    old, young = (
        _read(pki.broken(fault).certificate_chain)[0] for fault in ("expired", "not-yet-valid")
    )
    first, last = old.not_valid_before_utc, old.not_valid_after_utc
    second = timedelta(seconds=1)
    yield Case("a good one", (good, NOW), True)
    yield Case("an expired one", (old, NOW), False)
    yield Case("one that is not valid yet", (young, NOW), False)
    yield Case("the expired one, while it was valid", (old, first + (last - first) / 2), True)
    yield Case("the first second", (old, first), True)
    yield Case("the last second", (old, last), True)
    yield Case("a second before the first", (old, first - second), False)
    yield Case("a second after the last", (old, last + second), False)


# -- names --------------------------------------------------------------------------------------


def name_matches(pattern: str, server_name: str) -> bool:
    """Whether a name in a certificate is for this server (RFC 6125 §6.4, RFC 9525 §6.3).

    A `*` stands for one label, whole and leftmost. Upper and lower case are the same.
    """
    pattern, server_name = pattern.lower(), server_name.lower()
    first, _, rest = server_name.partition(".")
    return pattern == server_name or bool(first and rest and pattern == f"*.{rest}")


def name_matches_cases(draw: SeededBytes) -> Iterator[Case]:
    """The same name, nearly the same, and a wildcard where it may stand and where not."""
    name, wild = SERVER_NAME, "*.tlslab.test"
    label = draw("a label", 4).hex()
    for what, pattern, server_name, expected in (
        ("the same name", name, name, True),
        ("another name", "other.tlslab.test", name, False),
        ("capitals in the server's name", name, "SERVER.TlsLab.test", True),
        ("capitals in the certificate", "Server.TLSLAB.test", name, True),
        ("a name that ends in it", name, f"my{name}", False),
        ("a name that it ends in", f"my{name}", name, False),
        ("a name that begins with it", name, f"{name}.example", False),
        ("a name that it begins with", f"{name}.example", name, False),
        ("the domain above", "tlslab.test", name, False),
        ("the domain below", name, "tlslab.test", False),
        ("a hyphen in place of a dot", name, "server-tlslab.test", False),
        ("a wildcard for one label", wild, name, True),
        ("a wildcard, and a label drawn at random", wild, f"{label}.tlslab.test", True),
        ("a wildcard and capitals", "*.TLSlab.test", "Any.tlslab.TEST", True),
        ("a wildcard for two labels", wild, "a.server.tlslab.test", False),
        ("a wildcard for the domain itself", wild, "tlslab.test", False),
        ("a wildcard for no label", f"*.{name}", name, False),
        ("a wildcard without its dot", wild, "mytlslab.test", False),
        ("a wildcard further right", "server.*.test", name, False),
        ("a wildcard at the end", "server.tlslab.*", name, False),
        ("a wildcard as a part of a label", "s*.tlslab.test", name, False),
        ("a wildcard and nothing else", "*", "localhost", False),
        ("an IP address", "127.0.0.1", "127.0.0.1", True),
        ("another IP address", "127.0.0.1", "127.0.0.11", False),
    ):
        yield Case(f"{what}: {pattern} and {server_name}", (pattern, server_name), expected)


def _in_lower_case(matches: Callable[[str, str], Any]) -> Callable[[str, str], bool]:
    return lambda pattern, server_name: bool(matches(pattern.lower(), server_name.lower()))


@_in_lower_case
def _any_label(pattern: str, server_name: str) -> bool:
    labels, wanted = pattern.split("."), server_name.split(".")
    return len(labels) == len(wanted) and all(
        one in ("*", other) for one, other in zip(labels, wanted, strict=True)
    )


@_in_lower_case
def _label_by_label(pattern: str, server_name: str) -> bool:
    labels, wanted = pattern.split("."), server_name.split(".")
    first, *others = list(zip(labels, wanted, strict=False))
    return first[0] in ("*", first[1]) and all(one == other for one, other in others)


@_in_lower_case
def _part_of_a_label(pattern: str, server_name: str) -> bool:
    first, _, rest = pattern.partition(".")
    label, _, wanted = server_name.partition(".")
    return rest == wanted and fnmatchcase(label, first)


# -- the chain ----------------------------------------------------------------------------------


def verify_chain_cases(draw: SeededBytes) -> Iterator[Case]:
    """Good chains in several forms, and chains that are each wrong in one thing."""
    server, root = pki.server_rsa().certificate_chain, pki.root()
    anchors, der = (root,), root.public_bytes(Encoding.DER)
    impostor = pki.broken("impostor").certificate_chain
    fake_root = _read(impostor)[1]
    unknown = refused("unknown_ca", "bad_certificate")

    def case(
        what: str,
        certificate_list: Chain,
        expected: Refusal | None = None,
        trust_anchors: Sequence[Certificate] = anchors,
        name: str = SERVER_NAME,
        time: datetime = NOW,
    ) -> Case:
        return Case(what, (list(certificate_list), list(trust_anchors), name, time), expected)

    def broken(fault: str) -> Chain:
        return pki.broken(fault).certificate_chain

    yield case("a good chain", server)
    yield case("a good chain, for another of its names", server, name="localhost")
    yield case("a good chain with the root at its end", (*server, der))
    yield case("a good chain, and two trust anchors", server, None, (fake_root, root))
    other = pki.server_other().certificate_chain
    yield case("a wildcard in the certificate", other, name="any.wild.tlslab.test")
    yield case("a server with an ECDSA key", pki.server_ecdsa().certificate_chain)
    yield case("an expired one", broken("expired"), refused("certificate_expired"))
    yield case("one that is not valid yet", broken("not-yet-valid"), refused("certificate_expired"))
    yield case(
        "an authority that has expired", broken("old-authority"), refused("certificate_expired")
    )
    yield case(
        "a good chain, a hundred years later",
        server,
        refused("certificate_expired"),
        time=datetime(2126, 1, 1, tzinfo=UTC),
    )
    yield case("one that signed itself", broken("self-signed"), unknown)
    yield case("a root that the server brought along", impostor, unknown)
    yield case("a chain without its intermediate", server[:1], refused("unknown_ca"))
    yield case("no trust anchor at all", server, refused("unknown_ca"), ())
    yield case("another trust anchor under the root's name", server, unknown, (fake_root,))
    yield case("one that was changed after signing", broken("tampered"), refused("bad_certificate"))
    yield case(
        "one that a server has signed", broken("issuer-is-no-authority"), refused("bad_certificate")
    )
    yield case("one for clients", broken("wrong-usage"), refused("unsupported_certificate"))
    yield case("one for another name", other, refused("bad_certificate"))
    yield case("one for nearly the name", broken("wrong-name"), refused("bad_certificate"))
    yield case("the authority before the server", server[::-1], refused("bad_certificate"))
    yield case("no certificate at all", (), refused("bad_certificate"))


def verify_step_by_step(
    certificate_list: Chain,
    trust_anchors: Sequence[Certificate],
    server_name: str,
    time: datetime,
    *,
    signed: Callable[[Certificate, Certificate], bool] = signed_by,
    valid: Callable[[Certificate, datetime], bool] = valid_at,
    matches: Callable[[str, str], bool] = name_matches,
    names: Callable[[Certificate], Sequence[str]] = certificate_names,
    leaf_dates: bool = False,
    authorities: bool = True,
    usages: bool = True,
    end: Callable[[Certificate], bool] = lambda certificate: False,
    first_anchor: bool = False,
    root_in_list: bool = False,
) -> Certificate:
    """`verify_chain` as the notebook builds it, or with a mistake in it.

    leaf_dates: look at the leaf's dates alone. end: whether a chain may end with this certificate,
    without any anchor. root_in_list: the anchor itself has to be in the list.
    """
    if not certificate_list:
        raise ProtocolError("bad_certificate", "there is no certificate")
    certificates = _read(certificate_list)
    leaf = certificates[0]
    anchors = list(trust_anchors)[:1] if first_anchor else trust_anchors
    for position, certificate in enumerate(certificates):
        if (certificate is leaf or not leaf_dates) and not valid(certificate, time):
            raise ProtocolError("certificate_expired", "it is not valid now")
        if root_in_list:
            if certificate in anchors:
                break
        elif any(signed(certificate, anchor) for anchor in anchors):
            break
        if position + 1 == len(certificates):
            if end(certificate):
                break
            raise ProtocolError("unknown_ca", "the list ends before a trust anchor")
        issuer = certificates[position + 1]
        if not signed(certificate, issuer):
            raise ProtocolError("bad_certificate", "the next certificate did not sign it")
        basic = _extension(issuer, x509.BasicConstraints)
        if authorities and not (basic and basic.ca):
            raise ProtocolError("bad_certificate", "its issuer is no authority")
    usage = _extension(leaf, x509.ExtendedKeyUsage)
    if usages and usage is not None and ExtendedKeyUsageOID.SERVER_AUTH not in usage:
        raise ProtocolError("unsupported_certificate", "it is not for servers")
    if not any(matches(name, server_name) for name in names(leaf)):
        raise ProtocolError("bad_certificate", "it is for another name")
    return leaf


def _with(**mistake: Any) -> Callable[..., Certificate]:
    return lambda *arguments: verify_step_by_step(*arguments, **mistake)


def _common_name(certificate: Certificate) -> Sequence[str]:
    found = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return [str(each.value) for each in found]


def _refusing_with(refusal: Callable[[], Any]) -> Callable[..., Any]:
    """Right, but for what it does with a chain that is not good."""

    def function(*arguments: Any) -> Any:
        try:
            return verify_chain(*arguments)
        except ProtocolError:
            return refusal()

    return function


def _value_error() -> None:
    raise ValueError("this chain is not good")


def _other_alert() -> None:
    raise ProtocolError("certificate_unknown", "this chain is not good")


def _extension(certificate: Certificate, kind: type[Any]) -> Any:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _read(certificate_list: Chain) -> list[Certificate]:
    return [x509.load_der_x509_certificate(der) for der in certificate_list]


# -- the seven ----------------------------------------------------------------------------------

FAULTS = {
    "expired": "expired",
    "not yet valid": "not-yet-valid",
    "wrong name": "wrong-name",
    "self-signed": "self-signed",
    "issuer is no authority": "issuer-is-no-authority",
    "wrong usage": "wrong-usage",
    "changed after signing": "tampered",
}
"""What can be wrong, in words, and what `pki.broken` calls it."""

CHROMIUM_SAYS = {
    "expired": "NET::ERR_CERT_DATE_INVALID",
    "not yet valid": "NET::ERR_CERT_DATE_INVALID",
    "wrong name": "NET::ERR_CERT_COMMON_NAME_INVALID",
    "self-signed": "NET::ERR_CERT_AUTHORITY_INVALID",
    "issuer is no authority": "NET::ERR_CERT_INVALID",
    "wrong usage": "NET::ERR_CERT_INVALID",
    "changed after signing": "NET::ERR_CERT_AUTHORITY_INVALID",
}
"""What chromium shows when a server has this certificate. A test asks a chromium."""


def openssl_says(fault: str) -> str:
    """What OpenSSL says of this fault when its client meets such a server, in its own words."""
    from tlslab.lab.handshake import converse
    from tlslab.lab.peers import OpenSSL, ssl_context

    server = pki.broken(FAULTS[fault])
    context = ssl_context("server")
    context.load_cert_chain(server.chain_path, server.key_path)
    client = OpenSSL(ssl_context("client"), SERVER_NAME)
    converse(client, OpenSSL(context, None), b"", b"")
    return str(getattr(client.error, "verify_message", client.error))


def seven_chains(seed: Seed) -> list[list[bytes]]:
    """The seven broken chains, in an order that is a learner's own."""
    return [list(pki.broken(FAULTS[fault]).certificate_chain) for fault in seven(seed)]


def seven(seed: Seed) -> list[str]:
    """What is wrong with each of `seven_chains(seed)`."""
    draw = SeededRandom(str(seed), "03.seven")
    return sorted(FAULTS, key=lambda fault: draw(fault, 8))


def _taken_for_each_other(one: str, other: str) -> Callable[[Seed], list[str]]:
    other_one = {one: other, other: one}
    return lambda seed: [other_one.get(fault, fault) for fault in seven(seed)]


# -- the exercises ------------------------------------------------------------------------------

EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="03.signed_by",
        reference=signed_by,
        cases=signed_by_cases,
        mistakes=(
            Mistake(
                "You compare the names alone. Anybody can write any issuer's name into a "
                "certificate: verify the signature.",
                lambda certificate, issuer: certificate.issuer == issuer.subject,
            ),
            Mistake(
                "The signature is verified, the names are not compared. The issuer named in the "
                "certificate has to be the subject of the other one.",
                _verifies,
            ),
            Mistake(
                "You verify with the certificate's own public key. It is the issuer who signed: "
                "take the issuer's.",
                lambda certificate, issuer: (
                    certificate.issuer == issuer.subject and _verifies(certificate, certificate)
                ),
            ),
            Mistake(
                "You verify over the whole certificate, so no signature ever fits. What was signed "
                "is certificate.tbs_certificate_bytes: the signature itself is not in it.",
                lambda certificate, issuer: (
                    certificate.issuer == issuer.subject
                    and _verifies(certificate, issuer, whole=True)
                ),
            ),
            Mistake(
                "The two are the wrong way round: you ask whether `certificate` signed `issuer`.",
                lambda certificate, issuer: signed_by(issuer, certificate),
            ),
            Mistake(
                "A wrong signature ends your function with InvalidSignature. Catch it, and return "
                "False.",
                _letting_through,
            ),
            Mistake(
                "verify() returns nothing when all is well, and raises when not. Return True "
                "yourself after it.",
                lambda certificate, issuer: None if signed_by(certificate, issuer) else False,
            ),
        ),
        hints=(
            "There are two questions: does the name fit, and does the signature? The first is a "
            "comparison of certificate.issuer and issuer.subject.",
            "For the second: issuer.public_key().verify(signature, signed_bytes, PKCS1v15(), "
            "hash_function). All of these but the padding are attributes of the certificate.",
            "What was signed is certificate.tbs_certificate_bytes. Put verify() between try and "
            "except InvalidSignature.",
        ),
        section="RFC 5280 §6.1.3",
    ),
    Exercise(
        id="03.valid_at",
        reference=valid_at,
        cases=valid_at_cases,
        mistakes=(
            Mistake(
                "You look at the end alone. A certificate has a first day too.",
                lambda certificate, time: time <= certificate.not_valid_after_utc,
            ),
            Mistake(
                "You look at the beginning alone. A certificate expires.",
                lambda certificate, time: time >= certificate.not_valid_before_utc,
            ),
            Mistake(
                "Both ends belong to the period (RFC 5280 §4.1.2.5): the first second and the last "
                "one too. Compare with <=.",
                lambda certificate, time: (
                    certificate.not_valid_before_utc < time < certificate.not_valid_after_utc
                ),
            ),
            Mistake(
                "The last second belongs to the period too (RFC 5280 §4.1.2.5): compare with <=.",
                lambda certificate, time: (
                    certificate.not_valid_before_utc <= time < certificate.not_valid_after_utc
                ),
            ),
            Mistake(
                "You accept every date.",
                lambda certificate, time: True,
            ),
            Mistake(
                "It is the wrong way round: you return whether the certificate is not valid.",
                lambda certificate, time: not valid_at(certificate, time),
            ),
        ),
        hints=(
            "Two attributes say it: not_valid_before_utc and not_valid_after_utc.",
            "Both are datetime objects, as `time` is, and these can be compared.",
            "Python allows a chain of comparisons: first <= time <= last.",
        ),
        section="RFC 5280 §4.1.2.5",
    ),
    Exercise(
        id="03.name_matches",
        reference=name_matches,
        cases=name_matches_cases,
        mistakes=(
            Mistake(
                "Upper and lower case make a difference in your function. They do not in the DNS.",
                lambda pattern, server_name: (
                    pattern == server_name or pattern == f"*.{server_name.partition('.')[2]}"
                ),
            ),
            Mistake(
                "You have no wildcards: *.tlslab.test is for server.tlslab.test.",
                _in_lower_case(lambda pattern, name: pattern == name),
            ),
            Mistake(
                "You accept a name that is only a part of the other one. Whoever owns "
                "myserver.tlslab.test, or server.tlslab.test.example, is somebody else.",
                _in_lower_case(lambda pattern, name: pattern.removeprefix("*") in name),
            ),
            Mistake(
                "You accept a name that has the certificate's in it, or the other way round. "
                "Whoever owns such a name is somebody else.",
                _in_lower_case(
                    lambda pattern, name: (
                        pattern in name or name in pattern or name_matches(pattern, name)
                    )
                ),
            ),
            Mistake(
                "You compare the ends of the names alone. myserver.tlslab.test ends like "
                "server.tlslab.test, and is somebody else.",
                _in_lower_case(lambda pattern, name: name.endswith(pattern.removeprefix("*"))),
            ),
            Mistake(
                "You compare the ends alone, and take the dot for a part of the wildcard.",
                _in_lower_case(lambda pattern, name: name.endswith(pattern.removeprefix("*."))),
            ),
            Mistake(
                "Your wildcard stands for several labels. It stands for one: *.tlslab.test is not "
                "for a.server.tlslab.test (RFC 6125 §6.4.3).",
                _in_lower_case(
                    lambda pattern, name: (
                        name_matches(pattern, name)
                        or (pattern.startswith("*.") and name.endswith(pattern[1:]))
                    )
                ),
            ),
            Mistake(
                "Your wildcard stands for the domain itself too. *.tlslab.test is not for "
                "tlslab.test: there has to be a label in its place (RFC 6125 §6.4.3).",
                _in_lower_case(
                    lambda pattern, name: name_matches(pattern, name) or pattern == f"*.{name}"
                ),
            ),
            Mistake(
                "Your wildcard stands for several labels, and for the domain itself. It stands for "
                "exactly one label (RFC 6125 §6.4.3).",
                _in_lower_case(
                    lambda pattern, name: (
                        pattern == name
                        or (pattern.startswith("*.") and f".{name}".endswith(pattern[1:]))
                    )
                ),
            ),
            Mistake(
                "You use a wildcard as file names have it. There a * takes dots too, and may stand "
                "anywhere; here it is one whole label, the leftmost (RFC 6125 §6.4.3).",
                _in_lower_case(lambda pattern, name: fnmatchcase(name, pattern)),
            ),
            Mistake(
                "You accept a wildcard in any label. Only the leftmost one may be a * (RFC 6125 "
                "§6.4.3).",
                _any_label,
            ),
            Mistake(
                "You accept a wildcard as a part of a label. RFC 6125 allowed that, and RFC 9525 "
                "§6.3 does not any more.",
                _part_of_a_label,
            ),
            Mistake(
                "You accept a * alone for a name without a dot. Nobody may have a certificate for "
                "everything: something has to stand behind the wildcard.",
                _in_lower_case(
                    lambda pattern, name: (
                        name_matches(pattern, name) or (pattern == "*" and "." not in name)
                    )
                ),
            ),
            Mistake(
                "You compare label by label and do not see that one name has more of them. zip() "
                "ends with the shorter one.",
                _label_by_label,
            ),
            Mistake(
                "The pattern went into a regular expression as it is, and there a dot stands for "
                "any character. You need no regular expression: split at the dots.",
                _in_lower_case(
                    lambda pattern, name: re.fullmatch(pattern.replace("*", "[^.]+", 1), name)
                ),
            ),
        ),
        hints=(
            "Make both lower case. If they are equal then, you are done.",
            "A wildcard is the first label alone: split off the first label of both, for example "
            'with .partition(".").',
            "With a wildcard, what comes after the first dot has to be equal, and the first label "
            "of the server's name may be anything.",
        ),
        section="RFC 6125 §6.4",
    ),
    Exercise(
        id="03.verify_chain",
        reference=verify_chain,
        cases=verify_chain_cases,
        mistakes=(
            # First: where nothing but alerts is wrong, another mistake may have wrong ones too.
            Mistake(
                "You refuse the right chains, but not each with its alert: certificate_expired for "
                "the dates, unknown_ca where no trust anchor is reached, unsupported_certificate "
                "for the usage, bad_certificate for everything else.",
                _refusing_with(_other_alert),
            ),
            Mistake(
                "You never compare the name. A valid chain does not mean the right server: "
                "whoever has a good certificate for a name of their own could pose as any other.",
                _with(matches=lambda pattern, server_name: True),
            ),
            Mistake(
                "You accept a name that only has the server's name in it. myserver.tlslab.test is "
                "somebody else.",
                _with(
                    matches=lambda pattern, name: name in pattern or name_matches(pattern, name),
                ),
            ),
            Mistake(
                "You take the name from the subject's common name. It is for people to read; what "
                "counts are the subject alternative names.",
                _with(names=_common_name),
            ),
            Mistake("You never look at the dates.", _with(valid=lambda certificate, time: True)),
            Mistake(
                "You look at the last day alone. A certificate has a first day too.",
                _with(valid=lambda certificate, time: time <= certificate.not_valid_after_utc),
            ),
            Mistake(
                "You look at the dates of the server's certificate alone. Those of the authorities "
                "above it count too.",
                _with(leaf_dates=True),
            ),
            Mistake(
                "You compare the issuers' names, and verify no signature. Anybody can write any "
                "name into a certificate.",
                _with(signed=lambda certificate, issuer: certificate.issuer == issuer.subject),
            ),
            Mistake(
                "You accept a root because the server brought it along. Anybody can make a root. "
                "Only trust_anchors counts: the client had these before.",
                _with(end=lambda certificate: signed_by(certificate, certificate)),
            ),
            Mistake(
                "You verify that each certificate signed the one before, and stop at the end of "
                "the list. The last one has to be signed by a trust anchor.",
                _with(end=lambda certificate: True),
            ),
            Mistake(
                "You look for the trust anchor in the list. A server leaves it out, since the "
                "client has it: ask whether a trust anchor signed the certificate.",
                _with(root_in_list=True),
            ),
            Mistake(
                "You try the first trust anchor alone. There may be many: any of them will do.",
                _with(first_anchor=True),
            ),
            Mistake(
                "You do not ask whether the issuer is an authority. So every server could sign "
                "certificates for every name: look at its basic constraints.",
                _with(authorities=False),
            ),
            Mistake(
                "You do not ask what the certificate is for. This one is for clients: look at the "
                "extended key usage of the leaf.",
                _with(usages=False),
            ),
            Mistake(
                "You begin at the wrong end of the list. The server's own certificate is the first "
                "one (RFC 5246 §7.4.2).",
                lambda certificate_list, *more: verify_step_by_step(certificate_list[::-1], *more),
            ),
            Mistake(
                "You return True. Return the server's certificate: its public key is needed next.",
                lambda *arguments: bool(verify_chain(*arguments)),
            ),
            Mistake(
                "You return the server's certificate as bytes. Return the x509 object that you "
                "read from them.",
                lambda *arguments: verify_chain(*arguments).public_bytes(Encoding.DER),
            ),
            Mistake(
                "You return False for a chain that is not good. Raise ProtocolError: nobody "
                "forgets to look at an error.",
                _refusing_with(lambda: False),
            ),
            Mistake(
                "You return None for a chain that is not good. Raise ProtocolError: nobody "
                "forgets to look at an error.",
                _refusing_with(lambda: None),
            ),
            Mistake(
                "You raise ValueError for a chain that is not good. Raise ProtocolError: its first "
                "argument is the alert that the server gets.",
                _refusing_with(_value_error),
            ),
        ),
        hints=(
            "Read all of the list first: x509.load_der_x509_certificate(der). Then go up from the "
            "leaf, certificate by certificate.",
            "At each: is it valid? Then, did any trust anchor sign it? If so you have arrived, and "
            "leave the loop. If not, the next in the list must have signed it, and must be an "
            "authority. If there is no next one, the alert is unknown_ca.",
            "Two questions are left for after the loop, and they are about the leaf alone: is it "
            "for servers, and does any of its names match?",
        ),
        section="RFC 5280 §6.1",
        primitive="verify_chain",
    ),
)

ANSWERS: tuple[Answer, ...] = (
    Answer(
        id="03.seven",
        expected=seven,
        mistakes=(
            (
                "These are the seven in the order in which the words are listed. Your chains are "
                "in another one.",
                lambda seed: list(FAULTS),
            ),
            *(
                (
                    f'Five of them are right. You took "{one}" for "{other}", and the other way '
                    "round.",
                    _taken_for_each_other(one, other),
                )
                for one, other in combinations(FAULTS, 2)
            ),
        ),
        hints=(
            "Five of them can be seen: two in the dates, one in the names, one in the usages, one "
            "in the issuer of a chain of one.",
            "A chain of three wants a look at the one in the middle: is it an authority?",
            "And one looks perfect. Ask signed_by(leaf, next) about each.",
        ),
    ),
)
