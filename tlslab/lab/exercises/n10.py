"""Exercises of notebook 10, ephemeral Diffie-Hellman: agree on a secret, and sign the agreement."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tlslab.crypto.groups import FiniteField, dh_public, dh_shared_secret, ffdhe
from tlslab.crypto.signatures import PrivateKey, PublicKey, sign, signed_params, verify
from tlslab.errors import ProtocolError
from tlslab.lab import pki
from tlslab.lab.configs import Seed
from tlslab.lab.exercises import recorded
from tlslab.lab.exercises.exercise import Answer, Case, Exercise, Mistake, SeededBytes, refused
from tlslab.lab.exercises.published import (
    OPENSSL_SAMPLE,
    PRIVATE_A,
    PRIVATE_B,
    PUBLIC_A,
    RFC_5114,
    RFC_6979_KEY,
    RFC_6979_SAMPLE,
    RFC_6979_TEST,
    SECRET,
)
from tlslab.lab.randomness import SeededRandom
from tlslab.wire.registry import NamedGroup, SignatureScheme

PKCS1, PSS, ECDSA = (
    SignatureScheme.rsa_pkcs1_sha256,
    SignatureScheme.rsa_pss_rsae_sha256,
    SignatureScheme.ecdsa_secp256r1_sha256,
)


# -- the shared secret ----------------------------------------------------------------------------


def shared_secret_cases(draw: SeededBytes) -> Iterator[Case]:
    """RFC 5114's, drawn ones, leading zeros, and shares that have to be refused."""
    yield Case("the test data of RFC 5114", (RFC_5114, PRIVATE_B, PUBLIC_A), SECRET)
    yield Case(
        "the same, from the other side",
        (RFC_5114, PRIVATE_A, dh_public(RFC_5114, PRIVATE_B)),
        SECRET,
    )
    field = ffdhe(NamedGroup.ffdhe2048)
    for number in range(2):
        private, other = (
            int.from_bytes(draw(f"{who} {number}", 32), "big") for who in ("private", "other")
        )
        yield Case(f"ffdhe2048, number {number + 1}", (field, private, dh_public(field, other)))
    # 7^3 = 343 has two bytes: the other 254 are zeros.
    yield Case("a secret that begins with zeros", (field, 3, (7).to_bytes(256, "big")), b"\x01\x57")
    private = int.from_bytes(draw("private", 32), "big")
    for what, number in (("0", 0), ("1", 1), ("p - 1", field.p - 1), ("p", field.p)):
        yield Case(
            f"the share {what}",
            (field, private, number.to_bytes(256, "big")),
            refused("handshake_failure"),
        )


_Secret = Callable[[FiniteField, int, bytes], bytes]


def _checked(function: _Secret) -> _Secret:
    """The same, with the check of the share."""

    def with_check(field: FiniteField, private: int, peer_public: bytes) -> bytes:
        dh_shared_secret(field, private, peer_public)
        return function(field, private, peer_public)

    return with_check


def _with_the_alert_of_tls_1_3(field: FiniteField, private: int, peer_public: bytes) -> bytes:
    try:
        return dh_shared_secret(field, private, peer_public)
    except ProtocolError:
        raise ProtocolError("illegal_parameter", "the share is bad") from None


def _short(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _secret(field: FiniteField, private: int, peer_public: bytes) -> int:
    return pow(int.from_bytes(peer_public, "big"), private, field.p)


def _unless(refuses: Callable[[int, int], bool]) -> _Secret:
    """Refuses some shares alone. refuses: takes the share and p."""

    def function(field: FiniteField, private: int, peer_public: bytes) -> bytes:
        if refuses(int.from_bytes(peer_public, "big"), field.p):
            raise ProtocolError("handshake_failure", "the share is bad")
        return _short(_secret(field, private, peer_public))

    return function


# -- signatures -----------------------------------------------------------------------------------


def signed_params_cases(draw: SeededBytes) -> Iterator[Case]:
    """What OpenSSL signed, and shares of other lengths."""
    randoms = recorded.CLIENT_RANDOM, recorded.SERVER_RANDOM
    yield Case(
        "a share of OpenSSL",
        (*randoms, recorded.ECDH_PARAMS),
        recorded.CLIENT_RANDOM + recorded.SERVER_RANDOM + recorded.ECDH_PARAMS,
    )
    for what, length in (("a point of secp256r1", 69), ("a group of 2048 bits", 519)):
        yield Case(what, (draw("client", 32), draw("server", 32), draw(what, length)))


def verify_cases(draw: SeededBytes) -> Iterator[Case]:
    """Signatures of others, each kind, and what has to be refused."""
    rsa_key = pki.server_rsa().private_key.public_key()
    curve_key = RFC_6979_KEY.public_key()
    signed = recorded.CLIENT_RANDOM + recorded.SERVER_RANDOM + recorded.ECDH_PARAMS
    yield Case("ECDSA: RFC 6979", (curve_key, ECDSA, RFC_6979_SAMPLE, b"sample"))
    yield Case("ECDSA: RFC 6979, the other one", (curve_key, ECDSA, RFC_6979_TEST, b"test"))
    yield Case("RSA: the program openssl", (rsa_key, PKCS1, OPENSSL_SAMPLE, b"sample"))
    yield Case("RSA-PSS: OpenSSL's server", (rsa_key, PSS, recorded.SIGNATURE, signed))
    leaf, issuer = map(x509.load_der_x509_certificate, pki.server_rsa().certificate_chain)
    issuer_key: Any = issuer.public_key()
    yield Case(
        "RSA: the certificate of the lab's server",
        (issuer_key, PKCS1, leaf.signature, leaf.tbs_certificate_bytes),
    )
    no = refused("decrypt_error")
    flipped = bytearray(recorded.SIGNATURE)
    flipped[100] ^= 1
    yield Case("of other data", (curve_key, ECDSA, RFC_6979_SAMPLE, b"simple"), no)
    yield Case("one bit of it changed", (rsa_key, PSS, bytes(flipped), signed), no)
    yield Case("somebody else's", (issuer_key, PKCS1, OPENSSL_SAMPLE, b"sample"), no)
    yield Case("made for another scheme", (rsa_key, PKCS1, recorded.SIGNATURE, signed), no)
    yield Case("no signature at all", (curve_key, ECDSA, b"", b"sample"), no)
    other = recorded.CLIENT_RANDOM + draw("another random", 32) + recorded.ECDH_PARAMS
    yield Case("from another handshake", (rsa_key, PSS, recorded.SIGNATURE, other), no)


def sign_cases(draw: SeededBytes) -> Iterator[Case]:
    """RFC 6979's, OpenSSL's, and shares to sign."""
    key = pki.server_rsa().private_key
    yield Case("ECDSA: RFC 6979", (RFC_6979_KEY, ECDSA, b"sample"), RFC_6979_SAMPLE)
    yield Case("ECDSA: RFC 6979, the other one", (RFC_6979_KEY, ECDSA, b"test"), RFC_6979_TEST)
    yield Case("RSA: the program openssl", (key, PKCS1, b"sample"), OPENSSL_SAMPLE)
    for private_key, scheme in ((key, PKCS1), (pki.server_ecdsa().private_key, ECDSA)):
        yield Case(f"a share, {scheme.name}", (private_key, scheme, draw(scheme.name, 100)))


def _library_verify(public_key: PublicKey, scheme: SignatureScheme, *rest: bytes) -> None:
    """The library's own verification, with its own exception."""
    signature, data = rest
    key: Any = public_key
    match scheme:
        case SignatureScheme.ecdsa_secp256r1_sha256:
            key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
        case SignatureScheme.rsa_pkcs1_sha256:
            key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
        case _:
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
            key.verify(signature, data, pss, hashes.SHA256())


def _says_yes_or_no(*arguments: Any) -> bool:
    try:
        verify(*arguments)
    except ProtocolError:
        return False
    return True


def _no_or_nothing(*arguments: Any) -> bool | None:
    return None if _says_yes_or_no(*arguments) else False


def _true_or_raises(*arguments: Any) -> bool:
    verify(*arguments)
    return True


def _value_error(*arguments: Any) -> None:
    try:
        _library_verify(*arguments)
    except InvalidSignature as error:
        raise ValueError from error


def _verified_hash(
    public_key: PublicKey, scheme: SignatureScheme, signature: bytes, data: bytes
) -> None:
    verify(public_key, scheme, signature, hashlib.sha256(data).digest())


def _signed_hash(private_key: PrivateKey, scheme: SignatureScheme, data: bytes) -> bytes:
    return sign(private_key, scheme, hashlib.sha256(data).digest())


def _two_numbers(private_key: PrivateKey, scheme: SignatureScheme, data: bytes) -> bytes:
    signature = sign(private_key, scheme, data)
    if scheme is not ECDSA:
        return signature
    return b"".join(number.to_bytes(32, "big") for number in decode_dss_signature(signature))


# -- numbers to calculate with by hand ------------------------------------------------------------

# Primes with the smallest generator of all their numbers but 0.
SMALL = ((23, 5), (29, 2), (31, 3), (37, 2), (41, 6), (43, 3), (47, 5))


def small_numbers(seed: Seed) -> tuple[int, int, int, int]:
    """p, g, the learner's own private number, and the share of the other side."""
    draw = SeededRandom(str(seed), "10.by_hand")
    wrong = [function for _, function in _BY_HAND_MISTAKES]
    while True:
        choice, own, other = draw("numbers", 3)
        p, g = SMALL[choice % len(SMALL)]
        numbers = p, g, 4 + own % (p - 8), pow(g, 4 + other % (p - 8), p)
        # A good share, and whoever calculates otherwise has to come to another result.
        results = {function(*numbers) for function in (_by_hand, *wrong)}
        if numbers[3] != p - 1 and len(results) == 1 + len(wrong):
            return numbers


def by_hand(seed: Seed) -> tuple[int, int]:
    """The learner's share, and the secret."""
    return _by_hand(*small_numbers(seed))


def _by_hand(p: int, g: int, private: int, share: int) -> tuple[int, int]:
    return pow(g, private, p), pow(share, private, p)


def _product(p: int, g: int, private: int, share: int) -> tuple[int, int]:
    own = pow(g, private, p)
    return own, own * share % p


def _times(p: int, g: int, private: int, share: int) -> tuple[int, int]:
    return g * private % p, share * private % p


def _without_remainder(p: int, g: int, private: int, share: int) -> tuple[int, int]:
    return g**private, share**private


def _secret_first(p: int, g: int, private: int, share: int) -> tuple[int, int]:
    return pow(share, private, p), pow(g, private, p)


def _share_to_share(p: int, g: int, private: int, share: int) -> tuple[int, int]:
    own = pow(g, private, p)
    return own, pow(own, share, p)


_BY_HAND_MISTAKES = (
    (
        "The secret is not the product of the two shares: an eavesdropper knows both, and can "
        "multiply too. Raise the other's share to your private number.",
        _product,
    ),
    ("You multiplied with your private number. Raise to its power, both times.", _times),
    ("The remainder is missing: divide by p, and keep what is left.", _without_remainder),
    (
        "These are the right two numbers in the wrong order. Your share comes first, then the "
        "secret.",
        _secret_first,
    ),
    (
        "Your share is right. For the secret you raised your share to the other's. Both are "
        "public; the exponent has to be your private number.",
        _share_to_share,
    ),
)


def _by(function: Callable[[int, int, int, int], tuple[int, int]]) -> Callable[[Seed], Any]:
    return lambda seed: function(*small_numbers(seed))


ANSWERS: tuple[Answer, ...] = (
    Answer(
        id="10.by_hand",
        expected=by_hand,
        mistakes=tuple((sentence, _by(function)) for sentence, function in _BY_HAND_MISTAKES),
        hints=(
            "Your share is g to the power of your private number, and of that the remainder.",
            "Take the remainder after each multiplication: then no number becomes large.",
            "The secret is made in the same way, with the other's share in the place of g. Two "
            "numbers: (share, secret).",
        ),
    ),
)

EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="10.dh_shared_secret",
        reference=dh_shared_secret,
        cases=shared_secret_cases,
        mistakes=(
            Mistake(
                "Your secret is as long as p. TLS 1.2 leaves out the zero bytes at its beginning, "
                "RFC 5246 §8.1.2. (TLS 1.3 keeps them.)",
                _checked(lambda field, a, b: _secret(field, a, b).to_bytes(field.length, "big")),
            ),
            Mistake(
                "Your secret is right, but every share is taken. Refuse what is not between 1 and "
                "p - 1: with these anybody knows the secret, RFC 7919 §5.1.",
                _unless(lambda share, p: False),
            ),
            Mistake(
                "You take every share, and your secret is as long as p. Refuse what is not between "
                "1 and p - 1, and leave out the zero bytes at the beginning.",
                lambda field, a, b: _secret(field, a, b).to_bytes(field.length, "big"),
            ),
            Mistake(
                "You let the share p - 1 through. To any power it is 1 or p - 1 again: the secret "
                "is one of two, RFC 7919 §5.1.",
                lambda field, a, b: (
                    dh_shared_secret(field, a, b)
                    if int.from_bytes(b, "big") != field.p - 1
                    else _short(_secret(field, a, b))
                ),
            ),
            Mistake(
                "You let the share 1 through. To any power it is 1: everybody knows the secret, "
                "RFC 7919 §5.1.",
                lambda field, a, b: (
                    dh_shared_secret(field, a, b)
                    if int.from_bytes(b, "big") != 1
                    else _short(_secret(field, a, b))
                ),
            ),
            Mistake(
                "You refuse the right shares with another alert. In TLS 1.2 it is "
                "handshake_failure, RFC 7919 §3, §4. (In TLS 1.3 it is illegal_parameter.)",
                _with_the_alert_of_tls_1_3,
            ),
            Mistake(
                "You refuse 0 and 1 alone. p - 1 is as bad, and a share is never p or more.",
                _unless(lambda share, p: share <= 1),
            ),
            Mistake(
                "You let 1 and p - 1 through. With these two anybody knows the secret: the share "
                "has to lie between them, RFC 7919 §5.1.",
                _unless(lambda share, p: not 1 <= share <= p - 1),
            ),
            Mistake(
                "Your secret always has 256 bytes. A prime may be of another length, and TLS 1.2 "
                "leaves out the zero bytes at the beginning, RFC 5246 §8.1.2.",
                _checked(lambda field, a, b: _secret(field, a, b).to_bytes(256, "big")),
            ),
            Mistake(
                "That is your own share: g to your private exponent. The secret is the peer's "
                "share to your private exponent.",
                _checked(lambda field, a, b: _short(pow(field.g, a, field.p))),
            ),
            Mistake(
                "You multiplied. The secret is a power: the peer's share to your private exponent.",
                _checked(lambda field, a, b: _short(int.from_bytes(b, "big") * a % field.p)),
            ),
            Mistake(
                "Your secret is little-endian. The most significant byte comes first.",
                _checked(lambda field, a, b: dh_shared_secret(field, a, b)[::-1]),
            ),
            Mistake(
                "You read the peer's share as little-endian. The most significant byte comes "
                "first.",
                _checked(lambda field, a, b: _short(pow(int.from_bytes(b, "little"), a, field.p))),
            ),
        ),
        hints=(
            "Three steps: the share as a number, the check, the power.",
            "pow(base, exponent, p) calculates the power and takes the remainder at each step. "
            "Without the p it would never end.",
            "A number has (number.bit_length() + 7) // 8 bytes if no zero stands in front.",
        ),
        section="RFC 5246 §8.1.2",
        primitive="dh_shared_secret",
    ),
    Exercise(
        id="10.signed_params",
        reference=signed_params,
        cases=signed_params_cases,
        mistakes=(
            Mistake(
                "You sign the share alone. Without the randoms the signature would be good in any "
                "other handshake too: whoever recorded it could use it again, RFC 5246 §7.4.3.",
                lambda client, server, params: params,
            ),
            Mistake(
                "You put the server's random first. Here the client's comes first, RFC 5246 "
                "§7.4.3.",
                lambda client, server, params: server + client + params,
            ),
            Mistake(
                "The share comes last, behind both randoms.",
                lambda client, server, params: params + client + server,
            ),
            Mistake(
                "The server's random is missing.",
                lambda client, server, params: client + params,
            ),
            Mistake(
                "The client's random is missing. It is the one that shows the client that the "
                "signature was made for its own call.",
                lambda client, server, params: server + params,
            ),
            Mistake(
                "You hashed it. That is a part of signing, and comes later: return the bytes "
                "themselves.",
                lambda *parts: hashlib.sha256(b"".join(parts)).digest(),
            ),
            Mistake(
                "There is a length in front of the share. The three parts follow each other as "
                "they are.",
                lambda client, server, params: (
                    client + server + len(params).to_bytes(2, "big") + params
                ),
            ),
        ),
        hints=(
            "Three things, one after the other, and nothing in between.",
            "Read the struct once more, from top to bottom.",
            "client_random, server_random, params.",
        ),
        section="RFC 5246 §7.4.3",
        primitive="signed_params",
    ),
    Exercise(
        id="10.verify",
        reference=verify,
        cases=verify_cases,
        mistakes=(
            Mistake(
                "You accept every signature. If the library raises InvalidSignature, raise a "
                "ProtocolError: else anybody can be the server.",
                lambda *arguments: None,
            ),
            Mistake(
                "You answer True or False. Whoever forgets to look at the answer has verified "
                "nothing: return nothing if it is good, and raise a ProtocolError if not.",
                _says_yes_or_no,
            ),
            Mistake(
                "You return False for a bad signature. Nobody has to look at it: raise a "
                "ProtocolError.",
                _no_or_nothing,
            ),
            Mistake(
                "The bad ones are refused. For a good one return nothing: there is nothing to say.",
                _true_or_raises,
            ),
            Mistake(
                "You let the library's InvalidSignature through. The connection does not know it; "
                'raise ProtocolError("decrypt_error", "why"), so that the server gets its alert.',
                _library_verify,
            ),
            Mistake(
                'You raise a ValueError. Raise ProtocolError("decrypt_error", "why"): it says '
                "which alert the server gets.",
                _value_error,
            ),
            Mistake(
                "You refuse good signatures too. The library's verify takes the signature first, "
                "then the data as it is, and hashes it by itself.",
                _verified_hash,
            ),
        ),
        hints=(
            "One call of public_key.verify, inside of `try`.",
            "Its arguments: the signature, the data, and then what how(scheme) gives: "
            "*how(scheme).",
            "Behind `except InvalidSignature:` raise the ProtocolError. In the good case there is "
            "nothing to return.",
        ),
        section="RFC 5246 §7.4.3",
        primitive="verify",
    ),
    Exercise(
        id="10.sign",
        reference=sign,
        cases=sign_cases,
        mistakes=(
            Mistake(
                "You hashed the data first. The library does that: it would be hashed twice.",
                _signed_hash,
            ),
            Mistake(
                "Your ECDSA signature is two numbers of 32 bytes. TLS wants them in DER, which is "
                "what the library gives, RFC 8422 §5.4.",
                _two_numbers,
            ),
            Mistake(
                "The scheme stands in front of your signature. The message has a field for it: "
                "return the signature alone.",
                lambda key, scheme, data: scheme.to_bytes(2, "big") + sign(key, scheme, data),
            ),
            Mistake(
                "A length stands in front of your signature. The message has a field for it: "
                "return the signature alone.",
                lambda key, scheme, data: (
                    len(sign(key, scheme, data)).to_bytes(2, "big") + sign(key, scheme, data)
                ),
            ),
            Mistake(
                "You return the data. What goes to the client is the signature.",
                lambda private_key, scheme, data: data,
            ),
        ),
        hints=(
            "One call of private_key.sign.",
            "Its arguments: the data, and then what how(scheme) gives: *how(scheme).",
        ),
        section="RFC 5246 §7.4.3",
        primitive="sign",
    ),
)
