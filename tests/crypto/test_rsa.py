"""RSA key transport: padding by hand, opened and made by others too."""

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import given
from hypothesis import strategies as st

from tlslab.crypto.rsa import (
    decrypt_premaster,
    encrypt_premaster,
    nonzero_bytes,
    padding_length,
    pkcs1_v15_pad,
    pkcs1_v15_unpad,
    rsadp,
    rsaep,
)
from tlslab.errors import LocalError
from tlslab.lab import pki

KEY = pki.server_rsa().private_key
PREMASTER = b"\x03\x03" + bytes(range(46))
RANDOM = bytes(48)
PADDING = b"\xaa" * 205


def test_another_implementation_decrypts_what_we_encrypt():
    encrypted = encrypt_premaster(KEY.public_key(), PREMASTER, PADDING)
    assert len(encrypted) == 256
    assert KEY.decrypt(encrypted, padding.PKCS1v15()) == PREMASTER


def test_we_decrypt_what_another_implementation_encrypts():
    encrypted = KEY.public_key().encrypt(PREMASTER, padding.PKCS1v15())
    assert decrypt_premaster(KEY, encrypted, 0x0303, RANDOM) == PREMASTER


def test_the_padding_is_the_one_that_was_given():
    encrypted = encrypt_premaster(KEY.public_key(), PREMASTER, PADDING)
    block = rsadp(KEY, int.from_bytes(encrypted, "big")).to_bytes(256, "big")
    assert block == b"\0\2" + PADDING + b"\0" + PREMASTER


@pytest.mark.parametrize(
    "wrong",
    [
        lambda public: public.encrypt(PREMASTER[:-1], padding.PKCS1v15()),
        lambda public: public.encrypt(PREMASTER + b"\0", padding.PKCS1v15()),
        lambda public: public.encrypt(b"", padding.PKCS1v15()),
        lambda public: public.encrypt(b"\x03\x02" + PREMASTER[2:], padding.PKCS1v15()),
        lambda public: rsaep(
            public, int.from_bytes(b"\0\1" + PADDING + b"\0" + PREMASTER)
        ).to_bytes(256),
        lambda public: bytes(256),
        lambda public: b"\xff" * 256,
        lambda public: b"\1" * 255,
        lambda public: b"",
    ],
    ids=[
        "short",
        "long",
        "empty",
        "old version",
        "block type 1",
        "zero",
        "too large",
        "cut",
        "none",
    ],
)
def test_whatever_is_wrong_gives_the_random_premaster(wrong):
    encrypted = wrong(KEY.public_key())
    assert decrypt_premaster(KEY, encrypted, 0x0303, RANDOM) == RANDOM


def test_the_version_is_that_of_the_client_hello():
    encrypted = encrypt_premaster(KEY.public_key(), PREMASTER, PADDING)
    assert decrypt_premaster(KEY, encrypted, 0x0302, RANDOM) == RANDOM


@given(message=st.binary(max_size=60))
def test_what_is_padded_is_unpadded(message):
    string = b"\1" * padding_length(len(message), 71)
    block = pkcs1_v15_pad(message, 71, string)
    assert len(block) == 71
    assert pkcs1_v15_unpad(block) == message


def test_a_message_that_leaves_less_than_eight_bytes_of_padding():
    assert padding_length(60, 71) == 8
    with pytest.raises(
        LocalError, match="61 bytes do not fit into an RSA key of 71 bytes: at most 60"
    ):
        padding_length(61, 71)


@pytest.mark.parametrize("string", [b"\1" * 204, b"\1" * 206, b"\1" * 204 + b"\0", b""])
def test_a_padding_string_that_would_be_misread(string):
    with pytest.raises(LocalError, match="has to be 205 bytes, none of them zero"):
        pkcs1_v15_pad(PREMASTER, 256, string)


@pytest.mark.parametrize(
    "block",
    [
        b"\0\2" + b"\1" * 7 + b"\0message",
        b"\0\1" + b"\1" * 8 + b"\0message",
        b"\1\2" + b"\1" * 8 + b"\0message",
        b"\0\2" + b"\1" * 20,
        b"",
    ],
)
def test_what_is_no_encryption_block(block):
    with pytest.raises(LocalError, match="not a PKCS#1 v1.5 encryption block"):
        pkcs1_v15_unpad(block)


def test_the_raw_operations_undo_each_other_and_know_their_range():
    public, modulus = KEY.public_key(), KEY.public_key().public_numbers().n
    assert rsadp(KEY, rsaep(public, 12345)) == 12345
    assert rsaep(public, rsadp(KEY, modulus - 1)) == modulus - 1
    for wrong in (-1, modulus):
        with pytest.raises(LocalError, match="message representative out of range"):
            rsaep(public, wrong)
        with pytest.raises(LocalError, match="ciphertext representative out of range"):
            rsadp(KEY, wrong)


def test_random_bytes_without_a_zero():
    drawn = []

    def draw(length):
        drawn.append(length)
        return bytes([7, 0] * length)[:length]

    assert nonzero_bytes(draw, 5) == b"\7" * 5
    assert drawn[0] == 5
    assert len(drawn) > 1
