"""Records of TLS 1.3: vectors of others, what must be refused, and what a record hides."""

import json
from pathlib import Path

import pytest

from tlslab.crypto.suites import TLS13_SUITES, CipherType
from tlslab.crypto.tls13_ciphers import (
    TAG_LENGTH,
    aead_protect,
    aead_unprotect,
    inner_plaintext,
    open_inner_plaintext,
    per_record_nonce,
    tls13_additional_data,
)
from tlslab.errors import ProtocolError
from tlslab.wire.framing import RecordHeader
from tlslab.wire.registry import CipherSuite, ContentType, ProtocolVersion

VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors"
IV = bytes.fromhex("5d313eb2671276ee13000b30")  # server_handshake_traffic_iv of RFC 8448 §3
every_suite = pytest.mark.parametrize("suite", TLS13_SUITES.values(), ids=lambda suite: suite.name)


def load(name):
    path = VECTORS / "wycheproof" / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the project: the vectors of others stay outside it")
    return json.loads(path.read_text())


def refused(alert):
    return pytest.raises(ProtocolError, check=lambda error: error.alert == alert)


@pytest.mark.parametrize(
    ("seq_num", "nonce"),
    [
        (0, "5d313eb2671276ee13000b30"),
        (1, "5d313eb2671276ee13000b31"),
        (0x30, "5d313eb2671276ee13000b00"),
        (2**64 - 1, "5d313eb298ed8911ecfff4cf"),
    ],
)
def test_the_nonce_is_the_iv_with_the_sequence_number_at_its_end(seq_num, nonce):
    assert per_record_nonce(IV, seq_num).hex() == nonce


@pytest.mark.parametrize("length", [17, 0x1234, 2**14 + 256])
def test_the_additional_data_is_the_header_of_the_record(length):
    header = RecordHeader(ContentType.application_data, ProtocolVersion.TLSv1_2, length)
    assert tls13_additional_data(length) == header.encode()
    assert len(tls13_additional_data(length)) == 5


@pytest.mark.parametrize("padding", [0, 1, 2**14])
@pytest.mark.parametrize("content", [b"", b"data", b"ends with zeros\0\0", b"\0"])
def test_padding_hides_the_length_and_comes_off_again(content, padding):
    plaintext = inner_plaintext(content, 23, padding)
    assert plaintext == content + b"\x17" + b"\0" * padding
    assert open_inner_plaintext(plaintext) == (23, content)


@pytest.mark.parametrize("plaintext", [b"", b"\0", bytes(2**14)])
def test_a_record_of_zeros_alone_has_no_type(plaintext):
    with refused("unexpected_message"):
        open_inner_plaintext(plaintext)


@every_suite
def test_a_record_opens_with_its_keys_at_its_place_and_nowhere_else(suite):
    cipher, key = suite.cipher_type, bytes(range(suite.key_length))
    plaintext = inner_plaintext(b"data", 23, 5)
    record = aead_protect(cipher, key, IV, 7, plaintext)
    assert len(record) == len(plaintext) + TAG_LENGTH
    assert aead_unprotect(cipher, key, IV, 7, record) == plaintext
    other = bytes(reversed(key))
    for arguments in (
        (cipher, other, IV, 7, record),
        (cipher, key, IV[::-1], 7, record),
        (cipher, key, IV, 8, record),
        (cipher, key, IV, 7, record[:-1]),
        (cipher, key, IV, 7, record + b"\0"),
        (cipher, key, IV, 7, bytes([record[0] ^ 1]) + record[1:]),
        (cipher, key, IV, 7, record[:-1] + bytes([record[-1] ^ 1])),
        (cipher, key, IV, 7, record[:TAG_LENGTH]),
        (cipher, key, IV, 7, record[: TAG_LENGTH - 1]),
        (cipher, key, IV, 7, b""),
    ):
        with refused("bad_record_mac"):
            aead_unprotect(*arguments)


@every_suite
def test_a_cipher_calls_the_functions_that_it_is_given(suite):
    cipher, key = suite.cipher_type, bytes(suite.key_length)
    asked = []
    functions = {
        "per_record_nonce": lambda iv, seq_num: asked.append((iv, seq_num)) or b"n" * 12,
        "tls13_additional_data": lambda length: asked.append(length) or b"header",
    }
    record = aead_protect(cipher, key, IV, 3, b"plaintext", **functions)
    assert aead_unprotect(cipher, key, IV, 3, record, **functions) == b"plaintext"
    assert sorted(asked, key=str) == [(IV, 3), (IV, 3), 25, 25]
    with refused("bad_record_mac"):
        aead_unprotect(cipher, key, IV, 3, record)


@pytest.mark.parametrize(
    ("name", "cipher", "key_lengths"),
    [
        ("aes_gcm_test.json", CipherType.GCM, (128, 256)),
        ("chacha20_poly1305_test.json", CipherType.CHACHA20, (256,)),
    ],
)
def test_wycheproof_aead(name, cipher, key_lengths):
    seen = {"valid": 0, "invalid": 0}
    for group in load(name)["testGroups"]:
        if group["ivSize"] != 96 or group["tagSize"] != 128 or group["keySize"] not in key_lengths:
            continue
        for test in group["tests"]:
            key, iv, aad, msg, ct, tag = (
                bytes.fromhex(test[k]) for k in ("key", "iv", "aad", "msg", "ct", "tag")
            )
            given = {"tls13_additional_data": lambda _, aad=aad: aad}
            if test["result"] == "valid":
                assert aead_unprotect(cipher, key, iv, 0, ct + tag, **given) == msg
                assert aead_protect(cipher, key, iv, 0, msg, **given) == ct + tag
            else:
                with refused("bad_record_mac"):
                    aead_unprotect(cipher, key, iv, 0, ct + tag, **given)
            seen[test["result"]] += 1
    assert seen["valid"] > 50
    assert seen["invalid"] > 20


def test_the_suites_are_those_of_openssl_and_the_first_is_the_mandatory_one():
    ssl = pytest.importorskip("ssl")
    theirs = {
        cipher["name"]: cipher["strength_bits"]
        for cipher in ssl.create_default_context().get_ciphers()
        if cipher["protocol"] == "TLSv1.3"
    }
    assert {s.name: 8 * s.key_length for s in TLS13_SUITES.values()} == theirs
    assert next(iter(TLS13_SUITES)) == CipherSuite.TLS_AES_128_GCM_SHA256
    for suite in TLS13_SUITES.values():
        assert suite.name.lower().endswith(suite.hash_name)
        assert (suite.cipher_type is CipherType.CHACHA20) == ("CHACHA20" in suite.name)
