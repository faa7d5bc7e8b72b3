"""Signatures: OpenSSL verifies ours, we verify its, and nothing else is accepted."""

import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import (
    MLDSA44PrivateKey,
    MLDSA65PrivateKey,
    MLDSA87PrivateKey,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tlslab.crypto.signatures import (
    SCHEMES,
    TLS13_SCHEMES,
    schemes_for,
    sign,
    signed_content,
    tls13_schemes_for,
    verify,
)
from tlslab.errors import LocalError, ProtocolError
from tlslab.lab import pki
from tlslab.wire.registry import SignatureScheme

DATA = b"client_random, server_random, params"
KEYS = {
    "rsa": pki.server_rsa().private_key,
    "secp256r1": pki.server_ecdsa().private_key,
    "secp384r1": ec.derive_private_key(12345, ec.SECP384R1()),
    "secp521r1": ec.derive_private_key(12345, ec.SECP521R1()),
    "ed25519": Ed25519PrivateKey.from_private_bytes(b"e" * 32),
    "ed448": Ed448PrivateKey.from_private_bytes(b"e" * 57),
    "mldsa44": MLDSA44PrivateKey.from_seed_bytes(b"m" * 32),
    "mldsa65": MLDSA65PrivateKey.from_seed_bytes(b"m" * 32),
    "mldsa87": MLDSA87PrivateKey.from_seed_bytes(b"m" * 32),
}
PAIRS = [
    pytest.param(key, scheme, id=f"{name}-{scheme.name}")
    for name, key in KEYS.items()
    for scheme in schemes_for(key) or tls13_schemes_for(key)
]
RANDOM = ("rsa_pss", "mldsa")  # begins with: schemes with randomness of the library's own


@pytest.mark.parametrize(("key", "scheme"), PAIRS)
def test_what_is_signed_verifies_and_nothing_else(key, scheme):
    signature = sign(key, scheme, DATA)
    verify(key.public_key(), scheme, signature, DATA)
    assert (sign(key, scheme, DATA) == signature) != scheme.name.startswith(RANDOM)
    for wrong, data in (
        (signature, DATA + b"."),
        (signature[:-1] + bytes([signature[-1] ^ 1]), DATA),
        (b"", DATA),
        (signature + b"\0", DATA),
    ):
        with pytest.raises(ProtocolError, check=lambda error: error.alert == "decrypt_error"):
            verify(key.public_key(), scheme, wrong, data)


def options(scheme):
    """How the program openssl is told about a scheme."""
    name = scheme.name
    if name.startswith("ed"):
        return ["-rawin"] if not name.startswith("ecdsa") else []
    chosen = ["-rawin", "-digest", name.rpartition("_")[2]]
    if name.startswith("rsa_pss"):
        chosen += ["-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:digest"]
    return chosen


# The program openssl of a system may be too old for ML-DSA; see test_openssl_tls13.
@pytest.mark.peer
@pytest.mark.parametrize(("key", "scheme"), [p for p in PAIRS if "mldsa" not in p.id])
def test_openssl_verifies_ours_and_we_verify_its(key, scheme, tmp_path):
    program = shutil.which("openssl")
    if not program:
        pytest.skip("openssl is not installed")
    files = {name: tmp_path / name for name in ("key", "public", "data", "ours", "theirs")}
    files["key"].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    files["public"].write_bytes(
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    files["data"].write_bytes(DATA)
    files["ours"].write_bytes(sign(key, scheme, DATA))
    common = ["-in", str(files["data"]), *(options(scheme))]
    command = [program, "pkeyutl", "-verify", "-pubin", "-inkey", str(files["public"]), *common]
    subprocess.run([*command, "-sigfile", str(files["ours"])], check=True, capture_output=True)
    command = [program, "pkeyutl", "-sign", "-inkey", str(files["key"]), *common]
    subprocess.run([*command, "-out", str(files["theirs"])], check=True, capture_output=True)
    verify(key.public_key(), scheme, files["theirs"].read_bytes(), DATA)


def test_every_scheme_belongs_to_some_key():
    assert {scheme for key in KEYS.values() for scheme in schemes_for(key)} == set(SCHEMES)
    of_tls13 = {scheme for key in KEYS.values() for scheme in tls13_schemes_for(key)}
    assert of_tls13 == set(TLS13_SCHEMES)
    assert not any("sha1" in scheme.name for scheme in (*SCHEMES, *TLS13_SCHEMES))


def test_tls_1_3_binds_a_scheme_to_a_curve_and_has_no_pkcs1_v1_5():
    S = SignatureScheme
    assert {name: tls13_schemes_for(key) for name, key in KEYS.items()} == {
        "rsa": (S.rsa_pss_rsae_sha256, S.rsa_pss_rsae_sha384, S.rsa_pss_rsae_sha512),
        "secp256r1": (S.ecdsa_secp256r1_sha256,),
        "secp384r1": (S.ecdsa_secp384r1_sha384,),
        "secp521r1": (S.ecdsa_secp521r1_sha512,),
        "ed25519": (S.ed25519,),
        "ed448": (S.ed448,),
        "mldsa44": (S.mldsa44,),
        "mldsa65": (S.mldsa65,),
        "mldsa87": (S.mldsa87,),
    }
    for key in KEYS.values():
        assert tls13_schemes_for(key.public_key()) == tls13_schemes_for(key)
    bitcoin = ec.derive_private_key(12345, ec.SECP256K1())
    assert tls13_schemes_for(bitcoin) == ()
    assert set(schemes_for(bitcoin)) == set(schemes_for(KEYS["secp256r1"]))


def test_tls_1_2_knows_no_ml_dsa():
    assert not any("mldsa" in scheme.name for scheme in SCHEMES)
    for name in ("mldsa44", "mldsa65", "mldsa87"):
        assert schemes_for(KEYS[name]) == schemes_for(KEYS[name].public_key()) == ()


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_scheme_of_another_key_is_refused(key):
    others = {*SCHEMES, *TLS13_SCHEMES, SignatureScheme.rsa_pkcs1_sha1, SignatureScheme(0x1234)}
    for scheme in others - {*schemes_for(key), *tls13_schemes_for(key)}:
        with pytest.raises(LocalError, match="does not go with this key"):
            sign(key, scheme, DATA)
        with pytest.raises(ProtocolError, check=lambda error: error.alert == "illegal_parameter"):
            verify(key.public_key(), scheme, b"", DATA)


def test_what_is_signed_in_tls_1_3_is_the_example_of_rfc_8446():
    # §4.4.3, for a transcript hash of 32 bytes of 01.
    expected = (
        "20" * 64
        + "544c5320312e332c207365727665722043657274696669636174655665726966"
        + "7900"
        + "01" * 32
    )
    assert signed_content("server", b"\1" * 32).hex() == expected


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_the_signature_of_one_side_does_not_serve_the_other(key):
    for scheme in tls13_schemes_for(key):
        signature = sign(key, scheme, signed_content("client", b"h" * 32))
        verify(key.public_key(), scheme, signature, signed_content("client", b"h" * 32))
        for side, transcript_hash in (("server", b"h" * 32), ("client", b"H" * 32)):
            content = signed_content(side, transcript_hash)
            with pytest.raises(ProtocolError, check=lambda e: e.alert == "decrypt_error"):
                verify(key.public_key(), scheme, signature, content)


def test_rsa_signatures_are_as_long_as_the_modulus():
    key = rsa.generate_private_key(65537, 2048)
    assert len(sign(key, SignatureScheme.rsa_pkcs1_sha256, DATA)) == 256
