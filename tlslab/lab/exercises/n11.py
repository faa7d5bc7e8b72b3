"""Exercises of notebook 11, client authentication: what is signed, and who is let in."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from itertools import combinations
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tlslab.connection.config import ClientAuthentication, Credential
from tlslab.crypto.certificates import accept_client, verify_chain
from tlslab.crypto.signatures import certificate_verify_content, sign
from tlslab.endpoints import client, server
from tlslab.errors import ProtocolError
from tlslab.lab import pki
from tlslab.lab.configs import SERVER_NAME, Seed, client_config, credential, server_config
from tlslab.lab.exercises.exercise import (
    Answer,
    Case,
    Exercise,
    Mistake,
    Refusal,
    SeededBytes,
    refused,
)
from tlslab.lab.handshake import Ours, converse
from tlslab.lab.randomness import SeededRandom
from tlslab.primitives import REFERENCE
from tlslab.trace import Trace
from tlslab.wire.registry import SignatureScheme

Messages = Sequence[bytes]

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SUITE = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
PKCS1 = SignatureScheme.rsa_pkcs1_sha256


# -- what is signed -----------------------------------------------------------------------------


def certificate_verify_content_cases(draw: SeededBytes) -> Iterator[Case]:
    """The messages of a handshake of the lab, and lists of drawn ones."""
    yield Case("a handshake of the lab", (list(_messages_before_the_signature()),))
    for count in (4, 7):
        yield Case(f"{count} messages", (_drawn(draw, count),))


def _drawn(draw: SeededBytes, count: int) -> list[bytes]:
    """Messages with a header, the last one a ClientKeyExchange."""
    kinds = [*(draw(f"kinds {count}", count - 1)), 16]
    bodies = [draw(f"body {count} {number}", 20 + 9 * number) for number in range(count)]
    return [
        bytes([kind]) + len(body).to_bytes(3, "big") + body
        for kind, body in zip(kinds, bodies, strict=True)
    ]


@cache
def _messages_before_the_signature() -> tuple[bytes, ...]:
    trace, _ = _meet(credential(pki.client_rsa()))
    found: list[bytes] = []
    for message in trace.messages():
        if message.name == "certificate_verify":
            break
        found.append(message.raw)
    return tuple(found)


# -- the message --------------------------------------------------------------------------------


def certificate_verify(private_key: Any, scheme: int, handshake_messages: Messages) -> bytes:
    """A CertificateVerify with its header (RFC 5246 §7.4.8). scheme: of two bytes."""
    content = certificate_verify_content(handshake_messages)
    signature = sign(private_key, SignatureScheme(scheme), content)
    return _framed(_signed(scheme, signature))


def _signed(scheme: int, signature: bytes) -> bytes:
    return scheme.to_bytes(2, "big") + len(signature).to_bytes(2, "big") + signature


def _framed(body: bytes) -> bytes:
    return b"\x0f" + len(body).to_bytes(3, "big") + body


def certificate_verify_cases(draw: SeededBytes) -> Iterator[Case]:
    """An RSA key and one of P-256, three schemes; signatures that are the same each time."""
    rsa, ecdsa = pki.client_rsa().private_key, pki.client_ecdsa().private_key
    messages = list(_messages_before_the_signature())
    yield Case("an RSA key and SHA-256", (rsa, SignatureScheme(0x0401), messages))
    yield Case("an RSA key and SHA-384", (rsa, SignatureScheme(0x0501), _drawn(draw, 5)))
    yield Case("an ECDSA key", (ecdsa, SignatureScheme(0x0403), _drawn(draw, 6)))


def _content_is(
    content: Callable[[Messages], bytes],
) -> Callable[[Any, int, Messages], bytes]:
    """`certificate_verify` over something else."""

    def function(private_key: Any, scheme: int, messages: Messages) -> bytes:
        signature = sign(private_key, SignatureScheme(scheme), content(messages))
        return _framed(_signed(scheme, signature))

    return function


def _body_is(
    body: Callable[[int, bytes], bytes],
) -> Callable[[Any, int, Messages], bytes]:
    """`certificate_verify` with the right signature, put together in another way."""

    def function(private_key: Any, scheme: int, messages: Messages) -> bytes:
        content = certificate_verify_content(messages)
        return body(scheme, sign(private_key, SignatureScheme(scheme), content))

    return function


# -- who is let in ------------------------------------------------------------------------------


def accept_client_cases(draw: SeededBytes) -> Iterator[Case]:
    """Good clients, nobody, and clients that are each wrong in one thing."""
    anchors = (pki.root(),)

    def case(
        what: str,
        chain: Sequence[bytes],
        expected: Refusal | None = None,
        *,
        required: bool = True,
        trust_anchors: Sequence[x509.Certificate] = anchors,
        time: datetime = NOW,
    ) -> Case:
        return Case(what, (list(chain), required, list(trust_anchors), time), expected)

    rsa, ecdsa = pki.client_rsa().certificate_chain, pki.client_ecdsa().certificate_chain
    yield case("a good client", rsa)
    yield case("a good client with an ECDSA key", ecdsa)
    yield case("a good client that need not say who it is", rsa, required=False)
    yield case("nobody, where somebody has to be", (), refused("handshake_failure"))
    yield case("nobody, where nobody has to be", (), required=False)
    for required in (True, False):
        how = "has to" if required else "need not"
        yield case(
            f"a server's certificate, from a client that {how} say who it is",
            pki.server_rsa().certificate_chain,
            refused("unsupported_certificate"),
            required=required,
        )
    yield case(
        "another trust anchor",
        rsa,
        refused("unknown_ca"),
        trust_anchors=(_stranger(),),
        required=False,
    )
    yield case("a chain without its intermediate", rsa[:1], refused("unknown_ca"))
    later = datetime(2126, 1, 1, tzinfo=UTC)
    yield case("a hundred years later", rsa, refused("certificate_expired"), time=later)


@cache
def _stranger() -> x509.Certificate:
    return x509.load_der_x509_certificate(pki.broken("self-signed").certificate_chain[0])


def _swallowing(chain: Sequence[bytes], required: bool, anchors: Any, time: datetime) -> Any:
    if not chain and required:
        return accept_client(chain, required, anchors, time)
    try:
        return accept_client(chain, required, anchors, time)
    except ProtocolError:
        if required:
            raise
        return None


def _without_looking(chain: Sequence[bytes], required: bool, anchors: Any, time: datetime) -> Any:
    if not chain:
        raise ValueError("not enough values to unpack")
    return accept_client(chain, required, anchors, time)


def _unverified(chain: Sequence[bytes], required: bool, anchors: Any, time: datetime) -> Any:
    if not chain:
        return accept_client(chain, required, anchors, time)
    return x509.load_der_x509_certificate(chain[0])


def _as_a_server(chain: Sequence[bytes], required: bool, anchors: Any, time: datetime) -> Any:
    if not chain:
        return accept_client(chain, required, anchors, time)
    return verify_chain(chain, anchors, SERVER_NAME, time)


def _other_alert(chain: Sequence[bytes], required: bool, anchors: Any, time: datetime) -> Any:
    if not chain and required:
        raise ProtocolError("certificate_required", "the client sent no certificate")
    return accept_client(chain, required, anchors, time)


def _returning(result: Callable[[Any], Any]) -> Callable[..., Any]:
    """Right, but for what it returns of a good client."""

    def function(*arguments: Any) -> Any:
        leaf = accept_client(*arguments)
        return None if leaf is None else result(leaf)

    return function


# -- five that were refused ---------------------------------------------------------------------

FAULTS = (
    "no certificate",
    "certificate for servers",
    "intermediate missing",
    "another private key",
    "signed one message alone",
)
"""What can be wrong with a client, in words."""


def five(seed: Seed) -> list[str]:
    """What is wrong with each of `five_refused(seed)`."""
    draw = SeededRandom(str(seed), "11.five")
    return sorted(FAULTS, key=lambda fault: draw(fault, 8))


def five_refused(seed: Seed) -> list[Trace]:
    """What a server saw of five clients that it refused, in an order that is a learner's own."""
    return [_refused(fault) for fault in five(seed)]


def _refused(fault: str) -> Trace:
    good = credential(pki.client_rsa())
    match fault:
        case "no certificate":
            return _meet(None)[1]
        case "certificate for servers":
            return _meet(credential(pki.server_rsa()))[1]
        case "intermediate missing":
            return _meet(Credential(good.certificate_chain[:1], good.private_key))[1]
        case "another private key":
            other = pki.server_other().private_key
            return _meet(good, sign=lambda _, *more: sign(other, *more))[1]
        case _:
            return _meet(good, certificate_verify_content=lambda messages: messages[-1])[1]


def _meet(who: Credential | None, **wrong: Callable[..., Any]) -> tuple[Trace, Trace]:
    """What both sides saw of a handshake in which the client has to say who it is.

    wrong: functions of the client's.
    """
    ours = client_config(seed=11, suite=SUITE, primitives=REFERENCE.using(**wrong))
    theirs = replace(
        server_config(seed=11, suite=SUITE),
        client_authentication=ClientAuthentication.REQUIRED,
        client_trust_anchors=(pki.root(),),
    )
    traces = Trace("client"), Trace("server")
    converse(
        Ours(client(replace(ours, credential=who), traces[0])),
        Ours(server(theirs, traces[1])),
        b"",
        b"",
    )
    return traces


def _taken_for_each_other(one: str, other: str) -> Callable[[Seed], list[str]]:
    other_one = {one: other, other: one}
    return lambda seed: [other_one.get(fault, fault) for fault in five(seed)]


def _sentence(one: str, other: str) -> str:
    sentence = f'Three of them are right. You took "{one}" for "{other}", and the other way round.'
    if one == "another private key":
        sentence += (
            " The alert is the same. Verify the signature with the key of the certificate, over "
            "all messages and over the ClientKeyExchange alone: one of the two may fit."
        )
    return sentence


# -- the exercises ------------------------------------------------------------------------------

EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="11.certificate_verify_content",
        reference=certificate_verify_content,
        cases=certificate_verify_content_cases,
        mistakes=(
            Mistake(
                "You sign the ClientKeyExchange alone. Then the signature would fit into any "
                "handshake with that message; sign all messages so far, RFC 5246 §7.4.8.",
                lambda messages: messages[-1],
            ),
            Mistake(
                "You sign the client's own messages alone. What the server said counts too: its "
                "random, and its certificate.",
                lambda messages: b"".join(m for m in messages if m[0] in (1, 16)),
            ),
            Mistake(
                "The ClientKeyExchange, the last message before the signature, is missing.",
                lambda messages: b"".join(messages[:-1]),
            ),
            Mistake(
                "The ClientHello, the first message, is missing.",
                lambda messages: b"".join(messages[1:]),
            ),
            Mistake(
                "You left out the header of each message. It belongs to the message: type and "
                "length, four bytes.",
                lambda messages: b"".join(message[4:] for message in messages),
            ),
            Mistake(
                "There are record headers in it. The messages alone count, as in a Finished.",
                lambda messages: b"".join(
                    b"\x16\x03\x03" + len(m).to_bytes(2, "big") + m for m in messages
                ),
            ),
            Mistake(
                "You return a hash of the messages. Return the messages: the signature algorithm "
                "hashes what it is given, so they would be hashed twice.",
                lambda messages: hashlib.sha256(b"".join(messages)).digest(),
            ),
            Mistake(
                "You return the list. Return bytes, one message behind the other.",
                lambda messages: list(messages),
            ),
        ),
        hints=(
            "It is what the transcript hash of notebook 06 hashes, and it is not hashed here.",
            "All of the list, whoever sent it, each message with its header.",
            "Put them one behind the other.",
        ),
        section="RFC 5246 §7.4.8",
        primitive="certificate_verify_content",
    ),
    Exercise(
        id="11.certificate_verify",
        reference=certificate_verify,
        cases=certificate_verify_cases,
        mistakes=(
            Mistake(
                "The signature is over the ClientKeyExchange alone. It has to be over all messages "
                "so far, RFC 5246 §7.4.8.",
                _content_is(lambda messages: messages[-1]),
            ),
            Mistake(
                "You hashed the messages before signing, and the signature algorithm hashes them "
                "again. Sign the messages themselves.",
                _content_is(lambda messages: hashlib.sha256(b"".join(messages)).digest()),
            ),
            Mistake(
                "The two bytes of the length before the signature are missing.",
                _body_is(lambda scheme, s: _framed(scheme.to_bytes(2, "big") + s)),
            ),
            Mistake(
                "The two bytes of the scheme are missing: how should the server know the "
                "algorithm? RFC 5246 §4.7.",
                _body_is(lambda scheme, s: _framed(len(s).to_bytes(2, "big") + s)),
            ),
            Mistake(
                "The length before the signature has to have two bytes. Yours has three, as the "
                "length in the message's header has.",
                _body_is(
                    lambda scheme, s: _framed(
                        scheme.to_bytes(2, "big") + len(s).to_bytes(3, "big") + s
                    )
                ),
            ),
            Mistake(
                "The bytes of the numbers are in the wrong order. In TLS the most significant one "
                "comes first.",
                _body_is(
                    lambda scheme, s: (
                        b"\x0f"
                        + (len(s) + 4).to_bytes(3, "little")
                        + scheme.to_bytes(2, "little")
                        + len(s).to_bytes(2, "little")
                        + s
                    )
                ),
            ),
            Mistake(
                "That is the body of the message. In front of it comes the header: one byte of "
                "type, 15, and three of length.",
                _body_is(_signed),
            ),
            Mistake(
                "That is the signature alone. The message says with which scheme it was made, and "
                "how long it is, and it has a header.",
                _body_is(lambda scheme, s: s),
            ),
            Mistake(
                "The length in the header counts the header itself. It is that of the body alone.",
                _body_is(
                    lambda scheme, s: b"\x0f" + (len(s) + 8).to_bytes(3, "big") + _signed(scheme, s)
                ),
            ),
            Mistake(
                "You always write 0x0401. Which scheme it is, the argument `scheme` says.",
                _body_is(lambda scheme, s: _framed(_signed(0x0401, s))),
            ),
            Mistake(
                "The type in the header is wrong. CertificateVerify is 15.",
                _body_is(lambda scheme, s: b"\x0b" + _framed(_signed(scheme, s))[1:]),
            ),
        ),
        hints=(
            "First the signature: the sign of lab.primitives() over what your "
            "certificate_verify_content gives.",
            "Then the body: two bytes of scheme, two bytes of length, the signature. "
            'number.to_bytes(2, "big") makes two bytes of a number.',
            "Last the header in front: the byte 15, and the length of the body in three bytes.",
        ),
        section="RFC 5246 §7.4.8",
    ),
    Exercise(
        id="11.accept_client",
        reference=accept_client,
        cases=accept_client_cases,
        mistakes=(
            Mistake(
                "You let a client in that sent no certificate, where it has to say who it is.",
                lambda chain, required, anchors, time: accept_client(chain, False, anchors, time),
            ),
            Mistake(
                "You refuse a client that sent no certificate, where it need not say who it is. "
                "Return None for it.",
                lambda chain, required, anchors, time: accept_client(chain, True, anchors, time),
            ),
            Mistake(
                "A client that need not say who it is, and shows a certificate that is not good, "
                "comes in as nobody. It made a claim that is wrong: refuse it.",
                _swallowing,
            ),
            Mistake(
                "A client that need not say who it is may say it all the same. If it shows a "
                "certificate, verify it.",
                lambda chain, required, anchors, time: (
                    accept_client(chain, required, anchors, time) if required else None
                ),
            ),
            Mistake(
                "You verify where a certificate is required, and nowhere else. Whether there is "
                "one in the list is another question: ask both.",
                lambda chain, required, anchors, time: (
                    _without_looking(chain, True, anchors, time) if required else None
                ),
            ),
            Mistake(
                "You look for a certificate in a list that may be empty. First ask whether there "
                "is one.",
                _without_looking,
            ),
            Mistake(
                "You verify for another time than you were given. Pass on `time`.",
                lambda chain, required, anchors, time: accept_client(chain, required, anchors, NOW),
            ),
            Mistake(
                "You do not verify the chain. Anybody can write any name into a certificate.",
                _unverified,
            ),
            Mistake(
                "You verify as a client does, for a server: its certificate is for servers, and "
                "has a server's name. Use verify_client_chain.",
                _as_a_server,
            ),
            Mistake(
                "For a missing certificate the alert is handshake_failure, RFC 5246 §7.4.6. "
                "(certificate_required came with TLS 1.3.)",
                _other_alert,
            ),
            Mistake(
                "You return True for a good client. Return its certificate: the public key in it "
                "is needed next, for the signature.",
                _returning(lambda leaf: True),
            ),
            Mistake(
                "You return the certificate as bytes. Return what verify_client_chain returns.",
                _returning(lambda leaf: leaf.public_bytes(Encoding.DER)),
            ),
        ),
        hints=(
            "Two questions: is the list empty? And if it is, does that matter here?",
            "If there is a certificate, verify_client_chain has the answer: it returns the leaf, "
            "or raises what you should raise.",
            "An empty list is None where the certificate is optional, and "
            'ProtocolError("handshake_failure", …) where it is required. Optional does not mean '
            "that a bad one is good enough.",
        ),
        section="RFC 5246 §7.4.6",
        primitive="accept_client",
    ),
)

ANSWERS: tuple[Answer, ...] = (
    Answer(
        id="11.five",
        expected=five,
        mistakes=(
            (
                "These are the five in the order in which the words are listed. Your clients are "
                "in another one.",
                lambda seed: list(FAULTS),
            ),
            *(
                (_sentence(one, other), _taken_for_each_other(one, other))
                for one, other in combinations(FAULTS, 2)
            ),
        ),
        hints=(
            "The alert tells three of them apart. Two have the same one.",
            "decrypt_error says that the signature does not verify. There are two ways to get "
            "there: the wrong key, or the right key over the wrong bytes.",
            "Ask verifies_over(trace, messages) with the ClientKeyExchange alone. If the signature "
            "fits, the key was right.",
        ),
    ),
)
