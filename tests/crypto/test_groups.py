"""Diffie-Hellman: vectors of others, OpenSSL's groups, and shares that must be refused."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x448 import X448PrivateKey, X448PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tlslab.crypto import groups
from tlslab.crypto.groups import (
    ECDHE_GROUPS,
    FFDHE_GROUPS,
    FiniteField,
    check_custom_group,
    dh_private,
    dh_public,
    dh_shared_secret,
    ecdhe_share,
    ffdhe,
)
from tlslab.errors import LocalError, ProtocolError
from tlslab.lab.randomness import SeededRandom
from tlslab.wire.registry import NamedGroup

VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors"
CURVES = {
    NamedGroup.secp256r1: ec.SECP256R1(),
    NamedGroup.secp384r1: ec.SECP384R1(),
    NamedGroup.secp521r1: ec.SECP521R1(),
}
LENGTHS = {
    NamedGroup.x25519: (32, 32),
    NamedGroup.x448: (56, 56),
    NamedGroup.secp256r1: (65, 32),
    NamedGroup.secp384r1: (97, 48),
    NamedGroup.secp521r1: (133, 66),
}
every_curve = pytest.mark.parametrize("group", ECDHE_GROUPS, ids=lambda group: group.name)
every_field = pytest.mark.parametrize("group", FFDHE_GROUPS, ids=lambda group: group.name)


def draw(name="whoever"):
    random = SeededRandom(name, "groups")
    return lambda length: random("bytes", length)


def fixed(value):
    """Draws this value, whatever is asked for."""
    return lambda length: value.rjust(length, b"\0")


def load(name):
    path = VECTORS / "wycheproof" / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the project: the vectors of others stay outside it")
    return json.loads(path.read_text())


def refused(alert):
    return pytest.raises(ProtocolError, check=lambda error: error.alert == alert)


@every_curve
def test_both_sides_come_to_the_same_secret(group):
    ours, theirs = ecdhe_share(group, draw("a")), ecdhe_share(group, draw("b"))
    assert ours.public != theirs.public
    assert ours.shared_secret(theirs.public) == theirs.shared_secret(ours.public)
    public, secret = LENGTHS[group]
    assert len(ours.public) == public
    assert len(ours.shared_secret(theirs.public)) == secret
    assert ecdhe_share(group, draw("a")).public == ours.public


@every_curve
def test_a_key_made_by_the_library_alone_agrees(group):
    ours = ecdhe_share(group, draw())
    if group in CURVES:
        theirs = ec.generate_private_key(CURVES[group])
        public = theirs.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        point = ec.EllipticCurvePublicKey.from_encoded_point(CURVES[group], ours.public)
        secret = theirs.exchange(ec.ECDH(), point)
    else:
        kind = X25519PrivateKey if group is NamedGroup.x25519 else X448PrivateKey
        theirs = kind.generate()
        public = theirs.public_key().public_bytes_raw()
        peer = X25519PublicKey if group is NamedGroup.x25519 else X448PublicKey
        secret = theirs.exchange(peer.from_public_bytes(ours.public))
    assert ours.shared_secret(public) == secret


@pytest.mark.parametrize("group", CURVES, ids=lambda group: group.name)
def test_the_order_of_each_curve_is_that_of_its_base_point(group):
    order = groups._CURVES[group].order
    first, last = (ec.derive_private_key(k, CURVES[group]).public_key() for k in (1, order - 1))
    # (n - 1) G = -G: the same x, another y.
    assert first.public_numbers().x == last.public_numbers().x
    assert first.public_numbers().y != last.public_numbers().y
    length = groups._CURVES[group].length + 8
    largest = ecdhe_share(group, lambda _: (order - 2).to_bytes(length, "big"))
    wrapped = ecdhe_share(group, lambda _: (order - 1).to_bytes(length, "big"))
    encoded = (Encoding.X962, PublicFormat.UncompressedPoint)
    assert largest.public == last.public_bytes(*encoded)
    assert wrapped.public == first.public_bytes(*encoded)


def test_wycheproof_x25519():
    used = 0
    for group in load("x25519_test.json")["testGroups"]:
        for test in group["tests"]:
            share = ecdhe_share(NamedGroup.x25519, fixed(bytes.fromhex(test["private"])))
            if "ZeroSharedSecret" in test["flags"]:
                with refused("illegal_parameter"):
                    share.shared_secret(bytes.fromhex(test["public"]))
            else:
                assert share.shared_secret(bytes.fromhex(test["public"])).hex() == test["shared"]
            used += 1
    assert used > 400


def test_wycheproof_secp256r1():
    used = 0
    for group in load("ecdh_secp256r1_ecpoint_test.json")["testGroups"]:
        for test in group["tests"]:
            private, public = int(test["private"], 16), bytes.fromhex(test["public"])
            share = ecdhe_share(NamedGroup.secp256r1, fixed((private - 1).to_bytes(40, "big")))
            # A compressed point is a valid one, and TLS has no use for it.
            if test["result"] == "valid" and public[0] == 4:
                assert share.shared_secret(public).hex() == test["shared"]
            else:
                with refused("illegal_parameter"):
                    share.shared_secret(public)
            used += 1
    assert used > 200


@every_curve
@pytest.mark.parametrize("what", ["empty", "short", "long", "hybrid"])
def test_a_share_of_another_form_is_refused(group, what):
    good = ecdhe_share(group, draw("b")).public
    bad = {"empty": b"", "short": good[:-1], "long": good + b"\0", "hybrid": b"\x06" + good}[what]
    with refused("illegal_parameter"):
        ecdhe_share(group, draw()).shared_secret(bad)


@pytest.mark.parametrize(
    "group", [NamedGroup.x25519, NamedGroup.x448], ids=lambda group: group.name
)
def test_a_secret_of_zeros_alone_is_refused(group):
    with pytest.raises(ProtocolError, match="zeros alone"):
        ecdhe_share(group, draw()).shared_secret(bytes(LENGTHS[group][0]))


def test_a_point_beside_the_curve_is_refused():
    good = bytearray(ecdhe_share(NamedGroup.secp256r1, draw("b")).public)
    good[-1] ^= 1
    with pytest.raises(ProtocolError, match="no point of the curve"):
        ecdhe_share(NamedGroup.secp256r1, draw()).shared_secret(bytes(good))


def test_groups_that_there_are_not():
    with pytest.raises(LocalError, match="ffdhe2048 is no curve"):
        ecdhe_share(NamedGroup.ffdhe2048, draw())
    with pytest.raises(LocalError, match="x25519 is no group of RFC 7919"):
        ffdhe(NamedGroup.x25519)


# -- finite fields ------------------------------------------------------------------------------


@pytest.mark.peer
@every_field
def test_the_primes_are_those_of_openssl(group):
    program = shutil.which("openssl")
    if not program:
        pytest.skip("openssl is not installed")
    command = [program, "genpkey", "-algorithm", "DH", "-pkeyopt", f"group:{group.name}", "-text"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    # The private and public numbers that OpenSSL drew fit our prime: g^x mod p = y.
    numbers, name = {}, ""
    for line in text.splitlines():
        if line.startswith(" "):
            numbers[name] += line.strip().replace(":", "")
        else:
            name = line.rstrip(":")
            numbers[name] = ""
    private, public = int(numbers["private-key"], 16), bytes.fromhex(numbers["public-key"])
    size = ffdhe(group).length
    assert dh_public(ffdhe(group), private) == public[-size:].rjust(size, b"\0")


@every_field
def test_both_sides_of_a_finite_field_come_to_the_same_secret(group):
    field = ffdhe(group)
    a, b = (dh_private(field, draw(name)) for name in "ab")
    secret = dh_shared_secret(field, a, dh_public(field, b))
    assert secret == dh_shared_secret(field, b, dh_public(field, a))
    assert len(dh_public(field, a)) == field.length == int(group.name[5:]) // 8
    assert (
        a.bit_length()
        >= {2048: 225, 3072: 275, 4096: 325, 6144: 375, 8192: 400}[field.p.bit_length()]
    )


def test_the_secret_loses_its_leading_zeros():
    field = FiniteField(2**61 - 1, 3)
    private = next(k for k in range(2, 5000) if pow(3, 5 * k, field.p) < 2**48)
    peer = pow(3, 5, field.p).to_bytes(8, "big")
    secret = dh_shared_secret(field, private, peer)
    assert len(secret) <= 6
    assert int.from_bytes(secret, "big") == pow(3, 5 * private, field.p)
    assert secret[0]


@pytest.mark.parametrize("public", [0, 1, -1, 2])
def test_shares_of_small_order_are_refused(public):
    field = ffdhe(NamedGroup.ffdhe2048)
    number = {-1: field.p - 1, 2: field.p}.get(public, public)
    with refused("handshake_failure"):
        dh_shared_secret(field, 12345, number.to_bytes(257, "big"))


@every_field
def test_a_named_group_is_recognised_by_its_numbers(group):
    assert check_custom_group(ffdhe(group).p, 2) is ffdhe(group)


@pytest.fixture(scope="module")
def safe_prime():
    """A safe prime of 2048 bits: MODP group 14 of RFC 3526 §3, which has no number in TLS."""
    text = (
        "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A0879"
        "8E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B"
        "0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA4836"
        "1C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804"
        "F1746C08CA18217C32905E462E36CE3BE39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6"
        "955817183995497CEA956AE515D2261898FA051015728E5A8AACAA68FFFFFFFFFFFFFFFF"
    )
    return int(text, 16)


def test_a_safe_prime_of_the_servers_own_is_accepted(safe_prime):
    field = check_custom_group(safe_prime, 2)
    assert (field.p, field.g, field.name) == (safe_prime, 2, None)
    assert dh_private(field, draw()).bit_length() >= 225


@pytest.mark.parametrize("generator", [0, 1, -1])
def test_a_generator_of_small_order_is_refused(safe_prime, generator):
    with pytest.raises(ProtocolError, match="generator"):
        check_custom_group(safe_prime, generator % safe_prime)


def test_a_modulus_that_is_no_safe_prime_is_refused(safe_prime):
    with pytest.raises(ProtocolError, match="no safe prime"):
        check_custom_group(safe_prime + 2, 2)
    # Prime, but (p - 1) / 2 is not: small subgroups are possible.
    gmpy2 = pytest.importorskip("gmpy2")
    prime = int(gmpy2.next_prime(2**2047 + 12345))
    assert not gmpy2.is_prime(prime // 2)
    with pytest.raises(ProtocolError, match="no safe prime"):
        check_custom_group(prime, 2)


def test_a_small_prime_is_refused():
    with refused("insufficient_security"):
        check_custom_group(2**1023 + 1155, 2)


def test_the_test_of_primes_agrees_with_gmpy2():
    gmpy2 = pytest.importorskip("gmpy2")
    carmichael = [561, 41041, 825265, 321197185]
    for number in [*range(5, 3000), *carmichael, 2**89 - 1, 2**521 - 1, 2**523 - 1]:
        assert groups._is_prime(number) == bool(gmpy2.is_prime(number)), number
