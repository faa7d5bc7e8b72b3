"""The key schedule of TLS 1.3 against vectors that others have published, and the library's HKDF."""

import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from tlslab.crypto import hkdf
from tlslab.crypto.hkdf import (
    EXTERNAL_BINDER,
    HASH_LENGTHS,
    HASH_OF_NOTHING,
    RESUMPTION_BINDER,
    binder_key,
    derive_secret,
    early_secret,
    export_13,
    finished_key,
    finished_mac,
    handshake_secret,
    hkdf_expand,
    hkdf_expand_label,
    hkdf_extract,
    main_secret,
    message_hash,
    next_traffic_secret,
    resumption_psk,
    traffic_keys,
)
from tlslab.errors import LocalError

VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors"
HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384()}
every_hash = pytest.mark.parametrize("hash_name", HASHES)


def load(name):
    path = VECTORS / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the project: the vectors of others stay outside it")
    return json.loads(path.read_text())


# RFC 5869 Appendix A.1 to A.3: salt, IKM, info, PRK, OKM.
RFC_5869 = [
    (
        bytes(range(13)),
        b"\x0b" * 22,
        bytes(range(0xF0, 0xFA)),
        "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ),
    (
        bytes(range(0x60, 0xB0)),
        bytes(range(0x50)),
        bytes(range(0xB0, 0x100)),
        "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c6"
        "5e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
    ),
    (
        b"",
        b"\x0b" * 22,
        b"",
        "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    ),
]


@pytest.mark.parametrize(("salt", "ikm", "info", "prk", "okm"), RFC_5869)
def test_hkdf_is_that_of_rfc_5869(salt, ikm, info, prk, okm):
    assert hkdf_extract(salt, ikm, "sha256").hex() == prk
    assert hkdf_expand(bytes.fromhex(prk), info, len(okm) // 2, "sha256").hex() == okm


@every_hash
def test_wycheproof_hkdf(hash_name):
    seen = {"valid": 0, "invalid": 0}
    for group in load(f"wycheproof/hkdf_{hash_name}_test.json")["testGroups"]:
        for test in group["tests"]:
            ikm, salt, info, okm = (bytes.fromhex(test[k]) for k in ("ikm", "salt", "info", "okm"))
            prk = hkdf_extract(salt, ikm, hash_name)
            if test["result"] == "valid":
                assert hkdf_expand(prk, info, test["size"], hash_name) == okm
            else:
                with pytest.raises(LocalError, match="at most 255 hashes"):
                    hkdf_expand(prk, info, test["size"], hash_name)
            seen[test["result"]] += 1
    assert seen["valid"] > 70
    assert seen["invalid"] > 0


@every_hash
def test_the_label_is_written_as_rfc_8446_says_and_expanded_as_the_library_does(hash_name):
    secret, length = b"s" * HASH_LENGTHS[hash_name], 2 * HASH_LENGTHS[hash_name] + 1
    info = length.to_bytes(2, "big") + b"\x0btls13 label" + b"\x07context"
    library = HKDFExpand(HASHES[hash_name], length, info).derive(secret)
    assert hkdf_expand_label(secret, b"label", b"context", length, hash_name) == library


def test_a_label_and_a_context_have_to_fit_into_a_byte_of_length():
    assert len(hkdf_expand_label(b"", b"l" * 249, b"c" * 255, 5, "sha256")) == 5
    for label, context in ((b"l" * 250, b""), (b"", b"c" * 256)):
        with pytest.raises(LocalError, match="at most 249 bytes, a context at most 255"):
            hkdf_expand_label(b"", label, context, 5, "sha256")


def test_the_secrets_of_rfc_8448_section_3():
    early = early_secret(b"", "sha256")
    assert early.hex() == "33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a"
    shared = "8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d"
    handshake = handshake_secret(early, bytes.fromhex(shared), "sha256")
    assert handshake.hex() == "1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac"
    main = main_secret(handshake, "sha256")
    assert main.hex() == "18df06843d13a08bf2a449844c5f8a478001bc4d4c627984d5a41da8d0402919"
    server = "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38"
    keys = traffic_keys(bytes.fromhex(server), 16, "sha256")
    assert keys.key.hex() == "3fce516009c21727d0f2e4e86ee403bc"
    assert keys.iv.hex() == "5d313eb2671276ee13000b30"
    key = finished_key(bytes.fromhex(server), "sha256")
    assert key.hex() == "008d3b66f816ea559f96b537e885c31fc068bf492c652f01f288a1d8cdc19fc8"


def test_nists_vectors_of_the_tls_1_3_key_derivation():
    answers = {
        test["tcId"]: test
        for group in load("acvp/expected-TLS13.json")[1]["testGroups"]
        for test in group["tests"]
    }
    seen = set()
    for group in load("acvp/vectors-TLS13.json")[1]["testGroups"]:
        hash_name = group["hmacAlg"].lower().replace("sha2-", "sha")
        for test in group["tests"]:
            values = {name: bytes.fromhex(v) for name, v in test.items() if isinstance(v, str)}
            found = secrets_of(values, hash_name)
            expected = answers[test["tcId"]]
            assert found == {name: v.lower() for name, v in expected.items() if name != "tcId"}
            seen.add((hash_name, group["runningMode"]))
    assert seen == {(name, mode) for name in HASHES for mode in ("DHE", "PSK", "PSK-DHE")}


def secrets_of(values, hash_name):
    """What NIST asks for; its "randoms" stand for the messages of the transcript."""
    messages, hash_after = b"", {}
    for name in ("helloClient", "helloServer", "finishedServer", "finishedClient"):
        messages += values[f"{name}Random"]
        hash_after[name] = hashlib.new(hash_name, messages).digest()
    early = early_secret(values.get("psk", b""), hash_name)
    handshake = handshake_secret(early, values.get("dhe", b""), hash_name)
    main = main_secret(handshake, hash_name)
    derived = {
        "clientEarlyTrafficSecret": (early, b"c e traffic", "helloClient"),
        "earlyExporterMasterSecret": (early, b"e exp master", "helloClient"),
        "clientHandshakeTrafficSecret": (handshake, b"c hs traffic", "helloServer"),
        "serverHandshakeTrafficSecret": (handshake, b"s hs traffic", "helloServer"),
        "clientApplicationTrafficSecret": (main, b"c ap traffic", "finishedServer"),
        "serverApplicationTrafficSecret": (main, b"s ap traffic", "finishedServer"),
        "exporterMasterSecret": (main, b"exp master", "finishedServer"),
        "resumptionMasterSecret": (main, b"res master", "finishedClient"),
    }
    return {
        name: derive_secret(secret, label, hash_after[after], hash_name).hex()
        for name, (secret, label, after) in derived.items()
    }


@every_hash
def test_no_psk_and_no_dhe_are_zeros_as_long_as_the_hash(hash_name):
    zeros = bytes(HASH_LENGTHS[hash_name])
    early = early_secret(b"", hash_name)
    assert early == early_secret(zeros, hash_name) == hkdf_extract(b"", zeros, hash_name)
    assert handshake_secret(early, b"", hash_name) == handshake_secret(early, zeros, hash_name)


@every_hash
def test_every_secret_is_as_long_as_the_hash_and_no_two_are_the_same(hash_name):
    secret, length = b"s" * HASH_LENGTHS[hash_name], HASH_LENGTHS[hash_name]
    made = [
        early_secret(secret, hash_name),
        handshake_secret(secret, secret, hash_name),
        main_secret(secret, hash_name),
        derive_secret(secret, b"label", HASH_OF_NOTHING[hash_name], hash_name),
        next_traffic_secret(secret, hash_name),
        finished_key(secret, hash_name),
        finished_mac(secret, b"hash", hash_name),
        binder_key(secret, EXTERNAL_BINDER, hash_name),
        binder_key(secret, RESUMPTION_BINDER, hash_name),
        resumption_psk(secret, b"\0\0", hash_name),
        resumption_psk(secret, b"\0\1", hash_name),
    ]
    assert {len(each) for each in made} == {length}
    assert len(set(made)) == len(made)
    keys = traffic_keys(secret, 32, hash_name)
    assert (len(keys.key), len(keys.iv)) == (32, 12)


@every_hash
def test_the_mac_of_a_finished_is_keyed_with_the_finished_key(hash_name):
    base_key, transcript_hash = b"b" * HASH_LENGTHS[hash_name], b"h" * HASH_LENGTHS[hash_name]
    library = HMAC(finished_key(base_key, hash_name), HASHES[hash_name])
    library.update(transcript_hash)
    assert finished_mac(base_key, transcript_hash, hash_name) == library.finalize()


@every_hash
def test_an_exporter_is_bound_to_label_and_context_and_no_context_is_an_empty_one(hash_name):
    secret = b"s" * HASH_LENGTHS[hash_name]
    made = [
        export_13(secret, label, context, 20, hash_name)
        for label in (b"one", b"two")
        for context in (b"", b"context")
    ]
    assert len(set(made)) == 4
    # RFC 8446 §7.5, written out.
    inner = derive_secret(secret, b"one", hashlib.new(hash_name).digest(), hash_name)
    context = hashlib.new(hash_name, b"context").digest()
    assert made[1] == hkdf_expand_label(inner, b"exporter", context, 20, hash_name)


@every_hash
def test_the_synthetic_message_holds_the_hash_of_the_client_hello(hash_name):
    client_hello = b"\x01\0\0\5hello"
    digest = hashlib.new(hash_name, client_hello).digest()
    header = bytes.fromhex("fe0000") + bytes([HASH_LENGTHS[hash_name]])
    assert message_hash(client_hello, hash_name) == header + digest


def test_the_functions_call_what_they_are_given():
    # A learner's function has to be reached by everything that stands on it.
    calls = []

    def given(name, result=b"\x2a" * 32):
        def function(*arguments):
            calls.append((name, *arguments))
            return result

        return function

    expand, label = given("expand"), given("label")
    extract, derive = given("extract"), given("derive")
    nothing = HASH_OF_NOTHING["sha256"]
    zeros, answer = bytes(32), b"\x2a" * 32
    tries = [
        (hkdf_expand_label, (b"s", b"l", b"c", 7), {"hkdf_expand": expand}),
        (derive_secret, (b"s", b"l", b"h"), {"hkdf_expand_label": label}),
        (early_secret, (b"",), {"hkdf_extract": extract}),
        (handshake_secret, (b"e", b"x"), {"hkdf_extract": extract, "derive_secret": derive}),
        (main_secret, (b"h",), {"hkdf_extract": extract, "derive_secret": derive}),
        (traffic_keys, (b"t", 16), {"hkdf_expand_label": label}),
        (next_traffic_secret, (b"t",), {"hkdf_expand_label": label}),
        (finished_key, (b"b",), {"hkdf_expand_label": label}),
        (finished_mac, (b"b", b"h"), {"finished_key": given("key")}),
        (binder_key, (b"e", b"l"), {"derive_secret": derive}),
        (resumption_psk, (b"r", b"n"), {"hkdf_expand_label": label}),
        (export_13, (b"x", b"l", b"c", 9), {"hkdf_expand_label": label, "derive_secret": derive}),
        (message_hash, (b"hello",), {"transcript_hash": given("hash")}),
    ]
    for function, arguments, functions in tries:
        function(*arguments, "sha256", **functions)
    assert calls == [
        ("expand", b"s", b"\x00\x07\x07tls13 l\x01c", 7, "sha256"),
        ("label", b"s", b"l", b"h", 32, "sha256"),
        ("extract", zeros, zeros, "sha256"),
        ("derive", b"e", b"derived", nothing, "sha256"),
        ("extract", answer, b"x", "sha256"),
        ("derive", b"h", b"derived", nothing, "sha256"),
        ("extract", answer, zeros, "sha256"),
        ("label", b"t", b"key", b"", 16, "sha256"),
        ("label", b"t", b"iv", b"", 12, "sha256"),
        ("label", b"t", b"traffic upd", b"", 32, "sha256"),
        ("label", b"b", b"finished", b"", 32, "sha256"),
        ("key", b"b", "sha256"),
        ("derive", b"e", b"l", nothing, "sha256"),
        ("label", b"r", b"resumption", b"n", 32, "sha256"),
        ("derive", b"x", b"l", nothing, "sha256"),
        ("label", answer, b"exporter", hashlib.sha256(b"c").digest(), 9, "sha256"),
        ("hash", [b"hello"], "sha256"),
    ]
    assert {function for function, _, _ in tries} == {
        value
        for name, value in vars(hkdf).items()
        if callable(value) and getattr(value, "__kwdefaults__", None) and not name.startswith("_")
    }
