"""Signatures: OpenSSL verifies ours, we verify its, and nothing else is accepted."""

import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tlslab.crypto.signatures import SCHEMES, schemes_for, sign, verify
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
}
PAIRS = [
    pytest.param(key, scheme, id=f"{name}-{scheme.name}")
    for name, key in KEYS.items()
    for scheme in schemes_for(key)
]
RANDOM = ("rsa_pss",)  # begins with: schemes with a salt


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


@pytest.mark.peer
@pytest.mark.parametrize(("key", "scheme"), PAIRS)
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
    assert not any("sha1" in scheme.name for scheme in SCHEMES)


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_scheme_of_another_key_is_refused(key):
    others = set(SCHEMES) - set(schemes_for(key)) | {SignatureScheme.rsa_pkcs1_sha1}
    for scheme in others:
        with pytest.raises(LocalError, match="does not go with this key"):
            sign(key, scheme, DATA)
        with pytest.raises(ProtocolError, check=lambda error: error.alert == "illegal_parameter"):
            verify(key.public_key(), scheme, b"", DATA)


def test_rsa_signatures_are_as_long_as_the_modulus():
    key = rsa.generate_private_key(65537, 2048)
    assert len(sign(key, SignatureScheme.rsa_pkcs1_sha256, DATA)) == 256
