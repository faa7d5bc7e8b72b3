"""Key shares of TLS 1.3: every group with the library alone, and shares that must be refused."""

from functools import cache

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, mlkem
from cryptography.hazmat.primitives.asymmetric.x448 import X448PrivateKey, X448PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tlslab.crypto import key_shares
from tlslab.crypto.groups import FFDHE_GROUPS, ffdhe
from tlslab.crypto.key_shares import (
    HYBRID_GROUPS,
    KEY_SHARE_GROUPS,
    answer_key_share,
    combine_public,
    combine_secrets,
    hybrid_order,
    hybrid_parts,
    key_share,
)
from tlslab.errors import LocalError, ProtocolError
from tlslab.lab.randomness import SeededRandom
from tlslab.wire.registry import NamedGroup

G = NamedGroup
# Bytes of a client's share, of a server's, of the secret.
LENGTHS = {
    G.X25519MLKEM768: (1216, 1120, 64),
    G.SecP256r1MLKEM768: (1249, 1153, 64),
    G.SecP384r1MLKEM1024: (1665, 1665, 80),
    G.x25519: (32, 32, 32),
    G.x448: (56, 56, 56),
    G.secp256r1: (65, 65, 32),
    G.secp384r1: (97, 97, 48),
    G.secp521r1: (133, 133, 66),
    **{group: (ffdhe(group).length,) * 3 for group in FFDHE_GROUPS},
}
POINT = Encoding.X962, PublicFormat.UncompressedPoint
every_group = pytest.mark.parametrize("group", KEY_SHARE_GROUPS, ids=lambda group: group.name)
every_hybrid = pytest.mark.parametrize("group", HYBRID_GROUPS, ids=lambda group: group.name)


def draw(name="whoever"):
    random = SeededRandom(name, "key shares")
    return lambda length: random("bytes", length)


def refused():
    return pytest.raises(ProtocolError, check=lambda error: error.alert == "illegal_parameter")


@every_group
def test_both_sides_come_to_the_same_secret(group):
    share = key_share(group, draw("a"))
    public, secret = answer_key_share(group, share.public, draw("b"))
    assert share.shared_secret(public) == secret
    assert (len(share.public), len(public), len(secret)) == LENGTHS[group]
    assert key_share(group, draw("a")).public == share.public
    again = answer_key_share(group, share.public, draw("b"))
    assert (again == (public, secret)) != (group in HYBRID_GROUPS)


def test_the_groups_are_those_of_tls_1_3_and_the_hybrids_come_first():
    assert set(KEY_SHARE_GROUPS) == set(LENGTHS)
    assert KEY_SHARE_GROUPS[: len(HYBRID_GROUPS)] == HYBRID_GROUPS
    assert tuple(LENGTHS)[:3] == HYBRID_GROUPS


class Library:
    """The server's answer, with nothing but `cryptography` and Python's own numbers."""

    def __init__(self, group, client_public):
        match group:
            case G.x25519 | G.x448:
                private = (X25519PrivateKey if group is G.x25519 else X448PrivateKey).generate()
                public_type = X25519PublicKey if group is G.x25519 else X448PublicKey
                self.public = private.public_key().public_bytes_raw()
                self.secret = private.exchange(public_type.from_public_bytes(client_public))
            case G.secp256r1 | G.secp384r1 | G.secp521r1:
                curve = getattr(ec, group.name.upper())()
                private = ec.generate_private_key(curve)
                self.public = private.public_key().public_bytes(*POINT)
                point = ec.EllipticCurvePublicKey.from_encoded_point(curve, client_public)
                self.secret = private.exchange(ec.ECDH(), point)
            case _:
                p, length = ffdhe(group).p, ffdhe(group).length
                private = 3**150
                self.public = pow(2, private, p).to_bytes(length, "big")
                secret = pow(int.from_bytes(client_public, "big"), private, p)
                self.secret = secret.to_bytes(length, "big")


# Which ML-KEM, which curve, and whether ML-KEM is first: draft-ietf-tls-ecdhe-mlkem, in words.
HYBRIDS = {
    G.X25519MLKEM768: (mlkem.MLKEM768PublicKey, 1184, G.x25519, True),
    G.SecP256r1MLKEM768: (mlkem.MLKEM768PublicKey, 1184, G.secp256r1, False),
    G.SecP384r1MLKEM1024: (mlkem.MLKEM1024PublicKey, 1568, G.secp384r1, False),
}


@pytest.mark.parametrize(
    "group", KEY_SHARE_GROUPS[len(HYBRID_GROUPS) :], ids=lambda group: group.name
)
def test_the_library_alone_comes_to_the_same_secret(group):
    share = key_share(group, draw())
    theirs = Library(group, share.public)
    assert share.shared_secret(theirs.public) == theirs.secret


@every_hybrid
def test_the_library_alone_answers_a_hybrid_share(group):
    kind, length, curve, first = HYBRIDS[group]
    share = key_share(group, draw())
    cut = length if first else len(share.public) - length
    parts = share.public[:cut], share.public[cut:]
    encapsulation_key, ecdh_public = parts if first else reversed(parts)
    mlkem_secret, ciphertext = kind.from_public_bytes(encapsulation_key).encapsulate()
    ecdh = Library(curve, ecdh_public)
    if first:
        public, secret = ciphertext + ecdh.public, mlkem_secret + ecdh.secret
    else:
        public, secret = ecdh.public + ciphertext, ecdh.secret + mlkem_secret
    assert share.shared_secret(public) == secret


@every_hybrid
def test_the_library_alone_opens_the_answer_to_a_hybrid_share(group):
    kind, _, curve, first = HYBRIDS[group]
    name = kind.__name__.replace("Public", "Private")
    private = getattr(mlkem, name).from_seed_bytes(b"s" * 64)
    ecdh = key_share(curve, draw())
    encapsulation_key = private.public_key().public_bytes_raw()
    ours = [encapsulation_key, ecdh.public] if first else [ecdh.public, encapsulation_key]
    public, secret = answer_key_share(group, b"".join(ours), draw("server"))
    size = len(public) - len(ecdh.public) if first else len(ecdh.public)
    ciphertext, theirs = (public[:size], public[size:]) if first else (public[size:], public[:size])
    secrets = [private.decapsulate(ciphertext), ecdh.shared_secret(theirs)]
    assert secret == b"".join(secrets if first else reversed(secrets))


@every_hybrid
def test_the_parts_of_a_hybrid_share_put_together_again_are_the_share(group):
    share = key_share(group, draw())
    public, _ = answer_key_share(group, share.public, draw())
    for side, data in (("client", share.public), ("server", public)):
        parts = hybrid_parts(group, data, side)
        assert combine_public(group, *parts) == data
        assert b"".join(getattr(parts, name) for name in hybrid_order(group)) == data
        assert len(parts.ecdh) == LENGTHS[HYBRIDS[group][2]][0]
    assert len(hybrid_parts(group, share.public, "client").mlkem) == HYBRIDS[group][1]


def test_the_order_is_the_group_s_own():
    assert combine_secrets(G.X25519MLKEM768, b"mlkem", b"ecdh") == b"mlkemecdh"
    assert combine_secrets(G.SecP256r1MLKEM768, b"mlkem", b"ecdh") == b"ecdhmlkem"
    assert combine_public(G.SecP384r1MLKEM1024, b"mlkem", b"ecdh") == b"ecdhmlkem"
    assert hybrid_order(G.X25519MLKEM768) == ("mlkem", "ecdh")


@every_hybrid
def test_the_combiners_that_are_given_are_used_by_both_sides(group):
    asked = []

    def combine(group, mlkem_secret, ecdh_secret):
        asked.append((group, len(mlkem_secret), len(ecdh_secret)))
        return b"secret of both"

    given = {
        "combine": combine,
        "combine_public": lambda group, *parts: combine_public(group, *parts),
    }
    share = key_share(group, draw(), **given)
    public, secret = answer_key_share(group, share.public, draw(), **given)
    assert share.shared_secret(public) == secret == b"secret of both"
    assert asked == [(group, 32, LENGTHS[group][2] - 32)] * 2
    wrong = {"combine_public": lambda *_: b"public of both"}
    assert key_share(group, draw(), **wrong).public == b"public of both"
    assert answer_key_share(group, share.public, draw(), **wrong)[0] == b"public of both"


@every_hybrid
def test_a_changed_ciphertext_leads_to_a_secret_that_nobody_else_has(group):
    # FIPS 203 §6.3 rejects implicitly, so that a stranger learns nothing from the refusal.
    share = key_share(group, draw())
    public, secret = answer_key_share(group, share.public, draw())
    mlkem_public, ecdh_public = hybrid_parts(group, public, "server")
    changed = bytes([mlkem_public[0] ^ 1]) + mlkem_public[1:]
    found = share.shared_secret(combine_public(group, changed, ecdh_public))
    assert len(found) == len(secret)
    assert found != secret


def off_the_curve(public):
    return public[:-1] + bytes([public[-1] ^ 1])


def bad_shares():
    """Group, what is wrong with the share, and the share, given a good one."""
    for group in KEY_SHARE_GROUPS:
        yield group, "empty", lambda good: b""
        yield group, "a byte short", lambda good: good[:-1]
        yield group, "a byte long", lambda good: good + b"\0"
    for group in (G.x25519, G.x448):
        yield group, "zeros", lambda good: bytes(len(good))
        yield group, "of small order", lambda good: b"\1".ljust(len(good), b"\0")
    for group in (G.secp256r1, G.secp384r1, G.secp521r1):
        yield (
            group,
            "compressed",
            lambda good: bytes([2 + good[-1] % 2]) + good[1 : 1 + len(good) // 2],
        )
        yield group, "hybrid point", lambda good: bytes([6 + good[-1] % 2]) + good[1:]
        yield group, "off the curve", off_the_curve
        yield group, "the point at infinity", lambda good: b"\0"
        yield group, "zeros", lambda good: b"\4" + bytes(len(good) - 1)
    for group in FFDHE_GROUPS:
        p, length = ffdhe(group).p, ffdhe(group).length
        for what, number in (("0", 0), ("1", 1), ("p - 1", p - 1), ("p", p)):
            yield group, what, lambda good, n=number, length=length: n.to_bytes(length, "big")
        yield group, "without its leading zeros", lambda good: b"\2"
    for group in HYBRID_GROUPS:
        curve = HYBRIDS[group][2]
        if curve is G.x25519:
            yield group, "a curve's share of zeros", lambda good: good[:-32] + bytes(32)
        else:
            size = LENGTHS[curve][0]
            yield (
                group,
                "a curve's share off the curve",
                lambda good, size=size: off_the_curve(good[:size]) + good[size:],
            )


BAD = [pytest.param(group, make, id=f"{group.name}-{what}") for group, what, make in bad_shares()]


@cache
def good(group):
    """A share, and the public half of an answer to it."""
    share = key_share(group, draw())
    return share, answer_key_share(group, share.public, draw())[0]


@pytest.mark.parametrize(("group", "make"), BAD)
def test_a_bad_share_is_refused_by_either_side(group, make):
    share, answer = good(group)
    with refused():
        answer_key_share(group, make(share.public), draw())
    with refused():
        share.shared_secret(make(answer))


@every_hybrid
def test_an_encapsulation_key_with_a_number_that_is_too_large_is_refused(group):
    # Numbers of 12 bits, below 3329 (FIPS 203 §7.2): the first becomes 4095.
    share = key_share(group, draw())
    mlkem_public, ecdh_public = hybrid_parts(group, share.public, "client")
    large = b"\xff" + bytes([mlkem_public[1] | 0x0F]) + mlkem_public[2:]
    with refused():
        answer_key_share(group, combine_public(group, large, ecdh_public), draw())


@every_hybrid
def test_a_share_in_the_wrong_order_is_refused(group):
    share = key_share(group, draw())
    parts = hybrid_parts(group, share.public, "client")
    swapped = b"".join(getattr(parts, name) for name in reversed(hybrid_order(group)))
    with refused():
        answer_key_share(group, swapped, draw())


def test_the_secret_in_a_finite_field_keeps_its_leading_zeros():
    # RFC 8446 §7.4.1. The smallest private exponent is 2, and 2^2 = 4.
    length = ffdhe(G.ffdhe2048).length
    share = key_share(G.ffdhe2048, bytes)
    assert share.public == (4).to_bytes(length, "big")
    assert share.shared_secret((2).to_bytes(length, "big")) == (4).to_bytes(length, "big")
    two = (2).to_bytes(length, "big")
    assert answer_key_share(G.ffdhe2048, two, bytes) == (share.public, share.public)


def test_a_group_that_is_not_implemented_is_our_own_mistake():
    for group in (G.X25519Kyber768Draft00, G.brainpoolP256r1tls13):
        with pytest.raises(LocalError, match=r"is no curve that is implemented"):
            key_share(group, draw())
        with pytest.raises(LocalError, match=r"is no curve that is implemented"):
            answer_key_share(group, b"", draw())
    for function in (combine_secrets, combine_public):
        with pytest.raises(LocalError, match="x25519 is no hybrid"):
            function(G.x25519, b"", b"")


def test_a_library_without_ml_kem_leaves_the_hybrids_out(monkeypatch):
    def unsupported(seed):
        raise UnsupportedAlgorithm("not supported by this backend")

    monkeypatch.setattr(mlkem.MLKEM768PrivateKey, "from_seed_bytes", unsupported)
    monkeypatch.setattr(key_shares, "_ml_kem", key_shares._ml_kem.__wrapped__)
    assert not key_shares._is_there("MLKEM768")
    assert key_shares._is_there("MLKEM1024")
    with pytest.raises(LocalError, match="this build of `cryptography` has no MLKEM768"):
        key_share(G.X25519MLKEM768, draw())
