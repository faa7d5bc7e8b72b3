"""The key derivations and the RSA padding against vectors that others have published."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_der_private_key

from tlslab.crypto.ciphers import AESGCM, gcm_unprotect
from tlslab.crypto.prf import key_block, master_secret, prf
from tlslab.crypto.rsa import decrypt_premaster, pkcs1_v15_unpad, rsadp
from tlslab.errors import LocalError, ProtocolError

VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors"


def load(name):
    path = VECTORS / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the project: the vectors of others stay outside it")
    return json.loads(path.read_text())


def test_the_prf_with_sha_256():
    # Posted to the IETF TLS working group's list as the vector for P_SHA256.
    output = prf(
        bytes.fromhex("9bbe436ba940f017b17652849a71db35"),
        b"test label",
        bytes.fromhex("a0ba9f936cda311827a6f796ffd5198c"),
        100,
        "sha256",
    )
    assert output.hex() == (
        "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e"
        "14baf9af0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5"
        "a72e5a5110fff70187347b66"
    )


def test_the_master_secret():
    # NIST CAVP, TLS 1.2 KDF with SHA-256.
    output = master_secret(
        bytes.fromhex(
            "f8938ecc9edebc5030c0c6a441e213cd24e6f770a50dda07876f8d55da06"
            "2bcadb386b411fd4fe4313a604fce6c17fbc"
        ),
        bytes.fromhex("36c129d01a3200894b9179faac589d9835d58775f9b5ea3587cb8fd0364cae8c"),
        bytes.fromhex("f6c9575ed7ddd73e1f7d16eca115415812a43c2b747daaaae043abfb50053fce"),
        "sha256",
    )
    assert output.hex() == (
        "202c88c00f84a17a20027079604787461176455539e705be730890602c289a5001e34eeb3a043e5d52a65e66"
        "125188bf"
    )


def test_nists_vectors_of_the_tls_1_2_key_derivation():
    questions = load("acvp/vectors-kdf-components.json")[1]["testGroups"]
    answers = {
        test["tcId"]: test
        for group in load("acvp/expected-kdf-components.json")[1]["testGroups"]
        for test in group["tests"]
    }
    seen = 0
    for group in questions:
        hash_name = group["hashAlg"].lower().replace("sha2-", "sha").replace("-", "")
        if group.get("tlsVersion") != "v1.2" or hash_name not in ("sha256", "sha384", "sha512"):
            continue
        for test in group["tests"]:
            values = {name: bytes.fromhex(v) for name, v in test.items() if isinstance(v, str)}
            secret = master_secret(
                values["preMasterSecret"],
                values["clientHelloRandom"],
                values["serverHelloRandom"],
                hash_name,
            )
            block = key_block(
                secret,
                values["serverRandom"],
                values["clientRandom"],
                group["keyBlockLength"] // 8,
                hash_name,
            )
            answer = answers[test["tcId"]]
            assert secret.hex() == answer["masterSecret"].lower()
            assert block.hex() == answer["keyBlock"].lower()
            seen += 1
    assert seen > 0


def test_nists_vectors_with_the_session_hash_differ_in_the_seed_alone():
    # RFC 7627 §4: the session hash stands where the two randoms stood.
    answers = {
        test["tcId"]: test
        for group in load("acvp/expected-TLS12.json")[1]["testGroups"]
        for test in group["tests"]
    }
    seen = 0
    for group in load("acvp/vectors-TLS12.json")[1]["testGroups"]:
        hash_name = group["hashAlg"].lower().replace("sha2-", "sha")
        for test in group["tests"]:
            values = {name: bytes.fromhex(v) for name, v in test.items() if isinstance(v, str)}
            secret = prf(
                values["preMasterSecret"],
                b"extended master secret",
                values["sessionHash"],
                48,
                hash_name,
            )
            length = group["keyBlockLength"] // 8
            block = key_block(
                secret, values["serverRandom"], values["clientRandom"], length, hash_name
            )
            answer = answers[test["tcId"]]
            assert secret.hex() == answer["masterSecret"].lower()
            assert block.hex() == answer["keyBlock"].lower()
            seen += 1
    assert seen > 0


def test_the_prf_with_each_hash():
    section = ""
    test: dict[str, bytes] = {}
    seen = set()
    path = VECTORS / "tls_prf.vec"
    if not path.exists():
        pytest.skip("tls_prf.vec is not beside the project: the vectors of others stay outside it")
    for line in path.read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        name, equals, value = line.partition(" = ")
        if not equals or not section.startswith("TLS-12-PRF"):
            continue
        test[name] = bytes.fromhex(value)
        if name == "Output":
            hash_name = section.removeprefix("TLS-12-PRF(HMAC(").rstrip(")")
            hash_name = hash_name.lower().replace("-", "")
            length = len(test["Output"])
            output = prf(test["Secret"], test["Label"], test["Salt"], length, hash_name)
            assert output == test["Output"]
            seen.add(hash_name)
    assert {"sha256", "sha384"} <= seen


def test_wycheproof_pkcs1_by_hand_and_as_the_server_decrypts():
    random_premaster = bytes(range(48))
    seen = {"valid": 0, "acceptable": 0, "invalid": 0}
    for group in load("wycheproof/rsa_pkcs1_2048_test.json")["testGroups"]:
        key = load_der_private_key(bytes.fromhex(group["privateKeyPkcs8"]), None)
        for test in group["tests"]:
            ciphertext, message = bytes.fromhex(test["ct"]), bytes.fromhex(test["msg"])
            seen[test["result"]] += 1
            # What the server answers is its random premaster, unless it is 48 bytes of 0x0303….
            premaster = decrypt_premaster(key, ciphertext, 0x0303, random_premaster)
            good = test["result"] == "valid" and len(message) == 48 and message[:2] == b"\3\3"
            assert premaster == (message if good else random_premaster)
            if len(ciphertext) != 256:
                continue
            try:
                encoded = rsadp(key, int.from_bytes(ciphertext, "big")).to_bytes(256, "big")
                found = pkcs1_v15_unpad(encoded)
            except LocalError:
                found = None
            assert found == (message if test["result"] == "valid" else None), test["tcId"]
    assert seen["valid"] > 10
    assert seen["invalid"] > 10


def test_wycheproof_aes_gcm():
    seen = 0
    for group in load("wycheproof/aes_gcm_test.json")["testGroups"]:
        if group["ivSize"] != 96 or group["tagSize"] != 128 or group["keySize"] == 192:
            continue
        for test in group["tests"]:
            values = {k: bytes.fromhex(test[k]) for k in ("key", "iv", "aad", "msg", "ct", "tag")}

            def additional_data(*_, aad=values["aad"]):
                return aad

            fragment = values["iv"][4:] + values["ct"] + values["tag"]
            arguments = (values["key"], values["iv"][:4], 0, 23, 0x0303, fragment)
            if test["result"] == "valid":
                found = gcm_unprotect(*arguments, additional_data=additional_data)
                assert found == values["msg"]
                sealed = AESGCM(values["key"]).encrypt(values["iv"], values["msg"], values["aad"])
                assert sealed == values["ct"] + values["tag"]
            else:
                with pytest.raises(ProtocolError, match="bad_record_mac"):
                    gcm_unprotect(*arguments, additional_data=additional_data)
            seen += 1
    assert seen > 50
