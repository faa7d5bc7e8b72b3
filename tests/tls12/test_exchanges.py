"""The key exchanges of TLS 1.2: what each side sends, signs, verifies and computes."""

from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from in_memory import (
    GCM,
    HARDENED,
    ONE_OF_EACH_EXCHANGE,
    SIDES,
    Pair,
    credential,
    message_in,
    other,
    refused,
)

from tlslab.crypto.groups import ECDHE_GROUPS, FFDHE_GROUPS, FiniteField, ffdhe
from tlslab.crypto.suites import SUITES
from tlslab.lab import pki
from tlslab.tls12.messages import (
    Certificate,
    ServerKeyExchangeDHE,
    ServerKeyExchangeECDHE,
)
from tlslab.trace import Negotiated, SecretDerived, Verified
from tlslab.wire.extensions import (
    ECPointFormats,
    EncryptThenMAC,
    ExtendedMasterSecret,
    SupportedGroups,
)
from tlslab.wire.hello import ClientHello, ServerHello
from tlslab.wire.registry import CipherSuite, ECPointFormat, NamedGroup, SignatureScheme

ECDHE = CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
ECDHE_ECDSA = CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
DHE = CipherSuite.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256
CBC_SHA384 = CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384


# -- the shares ---------------------------------------------------------------------------------


@pytest.mark.parametrize("group", ECDHE_GROUPS, ids=lambda group: group.name)
def test_a_handshake_on_each_curve(group: NamedGroup):
    pair = Pair(ECDHE, server={"groups": (group,)}, traced=True).connected()
    params = message_in(pair, "server", ServerKeyExchangeECDHE).params
    assert params.namedcurve is group
    for side in SIDES:
        assert pair.traces[side].value("server_share") == params.public
        assert Negotiated("group", group.name, "RFC 8422 §5.4") in pair.traces[side]


@pytest.mark.parametrize("group", FFDHE_GROUPS[:2], ids=lambda group: group.name)
def test_a_handshake_modulo_each_prime(group: NamedGroup):
    pair = Pair(DHE, server={"groups": (group,)}, traced=True).connected()
    params = message_in(pair, "server", ServerKeyExchangeDHE).params
    assert int.from_bytes(params.dh_p, "big") == ffdhe(group).p
    assert params.dh_g == b"\x02"
    assert Negotiated("group", group.name, "RFC 7919 §3") in pair.traces["client"]


def test_the_premaster_secret_is_what_the_two_shares_lead_to():
    """With the library's own X25519, from the private key of one and the share of the other."""
    pair = Pair(ECDHE, traced=True).connected()
    for side in SIDES:
        trace = pair.traces[side]
        private = X25519PrivateKey.from_private_bytes(trace.value(f"{side}_private"))
        public = X25519PublicKey.from_public_bytes(trace.value(f"{other(side)}_share"))
        assert trace.value("premaster_secret") == private.exchange(public)
        (derived,) = (e for e in trace.of(SecretDerived) if e.name == "premaster_secret")
        assert derived.inputs == (f"{side}_private", f"{other(side)}_share")


def test_the_premaster_secret_of_dhe_is_a_power_modulo_the_prime_without_leading_zeros():
    pair = Pair(DHE, traced=True).connected()
    field = ffdhe(NamedGroup.ffdhe2048)
    trace = pair.traces["client"]
    private = 2 + int.from_bytes(trace.value("client_private"), "big") % (field.p - 3)
    power = pow(int.from_bytes(trace.value("server_share"), "big"), private, field.p)
    assert trace.value("premaster_secret") == power.to_bytes(256, "big").lstrip(b"\0")


def test_every_handshake_has_new_shares():
    pairs = [Pair(ECDHE, seed=seed, traced=True).connected() for seed in (1, 2)]
    for name in ("client_share", "server_share", "premaster_secret"):
        assert len({pair.traces["client"].value(name) for pair in pairs}) == 2


# -- the signature over the server's share ------------------------------------------------------


@pytest.mark.parametrize(
    "scheme",
    [
        SignatureScheme.rsa_pkcs1_sha256,
        SignatureScheme.rsa_pkcs1_sha512,
        SignatureScheme.rsa_pss_rsae_sha256,
        SignatureScheme.rsa_pss_rsae_sha384,
    ],
    ids=lambda scheme: scheme.name,
)
def test_the_server_signs_with_a_scheme_that_both_have(scheme: SignatureScheme):
    pair = Pair(ECDHE, client={"signature_schemes": (scheme,)}, traced=True).connected()
    message = message_in(pair, "server", ServerKeyExchangeECDHE)
    assert message.signed_params.algorithm is scheme
    assert any(
        event.what == "server_key_exchange" and scheme.name in event.detail
        for event in pair.traces["client"].of(Verified)
    )


def test_the_signature_is_over_the_randoms_and_the_share():
    """Verified with the library, over bytes put together here (RFC 5246 §7.4.3)."""
    pair = Pair(ECDHE, client={"signature_schemes": (SignatureScheme.rsa_pkcs1_sha256,)})
    pair.connected()
    message = message_in(pair, "server", ServerKeyExchangeECDHE)
    content = (
        message_in(pair, "client", ClientHello).random
        + message_in(pair, "server", ServerHello).random
        + bytes([3])
        + message.params.namedcurve.to_bytes(2, "big")
        + bytes([len(message.params.public)])
        + message.params.public
    )
    key = credential().private_key.public_key()
    key.verify(message.signed_params.signature, content, padding.PKCS1v15(), hashes.SHA256())


def test_the_signature_with_ecdsa_is_over_the_same():
    pair = Pair(ECDHE_ECDSA, traced=True).connected()
    message = message_in(pair, "server", ServerKeyExchangeECDHE)
    content = (
        message_in(pair, "client", ClientHello).random
        + message_in(pair, "server", ServerHello).random
        + message.params.encode()
    )
    key: Any = credential("server-ecdsa").private_key.public_key()
    key.verify(message.signed_params.signature, content, ec.ECDSA(hashes.SHA256()))
    chain = message_in(pair, "server", Certificate).certificate_list
    assert chain == pki.server_ecdsa().certificate_chain


# -- what the server may choose -----------------------------------------------------------------


def test_the_certificate_follows_from_the_suite_and_the_suite_from_the_certificates():
    both = {"cipher_suites": (ECDHE_ECDSA, ECDHE)}
    only_rsa = Pair(client=both, server={**both, "credentials": (credential(),)}).connected()
    assert only_rsa.events["client"][0].cipher_suite is ECDHE
    two = Pair(client=both, server=both).connected()
    assert two.events["client"][0].cipher_suite is ECDHE_ECDSA


def test_a_suite_without_a_common_curve_is_not_chosen():
    suites = {"cipher_suites": (ECDHE, GCM)}
    pair = Pair(
        client={**suites, "groups": (NamedGroup.x448,)},
        server={**suites, "groups": (NamedGroup.secp256r1,)},
    ).connected()
    assert pair.events["client"][0].cipher_suite is GCM


def test_without_a_common_curve_and_another_suite_there_is_no_handshake():
    pair = Pair(
        ECDHE,
        client={"groups": (NamedGroup.x448,)},
        server={"groups": (NamedGroup.secp256r1,)},
    )
    error = refused(pair, "server")
    assert (error.alert, error.section) == ("handshake_failure", "RFC 5246 §7.4.2")
    assert "a group that both sides can do" in error.reason


def test_a_client_whose_primes_the_server_has_not_gets_insufficient_security():
    pair = Pair(
        DHE,
        client={"groups": (NamedGroup.ffdhe3072,)},
        server={"groups": (NamedGroup.ffdhe2048,)},
    )
    error = refused(pair, "server")
    assert (error.alert, error.section) == ("insufficient_security", "RFC 7919 §4")


def test_a_client_that_names_no_prime_gets_the_servers_own():
    """The modulus of 2048 bits of RFC 3526 §3: no group of RFC 7919, and as good."""
    own = FiniteField(RFC_3526_2048, 2)
    pair = Pair(
        DHE, client={"groups": (NamedGroup.x25519,)}, server={"dh_field": own}, traced=True
    ).connected()
    assert Negotiated("group", "a prime of 2048 bits", "RFC 7919 §3") in pair.traces["client"]


@pytest.mark.parametrize(
    ("field", "alert"),
    [
        (FiniteField(2**1024 - 105, 2), "insufficient_security"),
        (FiniteField(2**2048 - 1, 2), "illegal_parameter"),
    ],
    ids=["a short prime", "no prime"],
)
def test_a_client_refuses_a_group_that_is_not_good(field: FiniteField, alert: str):
    pair = Pair(DHE, client={"groups": (NamedGroup.x25519,)}, server={"dh_field": field})
    assert refused(pair, "client").alert == alert


def test_an_ecdsa_certificate_is_only_used_if_the_client_knows_its_curve():
    pair = Pair(ECDHE_ECDSA, client={"groups": (NamedGroup.x25519,)})
    assert refused(pair, "server").alert == "handshake_failure"


# -- the extensions -----------------------------------------------------------------------------


def test_curves_and_primes_are_named_if_a_suite_needs_them():
    def offered(suite: CipherSuite) -> ClientHello:
        pair = Pair(suite)
        pair.take("client")
        return message_in(pair, "client", ClientHello)

    rsa, ecdhe, dhe = map(offered, (GCM, ECDHE, DHE))
    assert rsa.extension(SupportedGroups) is None
    assert rsa.extension(ECPointFormats) is None
    assert ecdhe.extension(SupportedGroups).named_group_list == ECDHE_GROUPS
    assert ecdhe.extension(ECPointFormats).ec_point_format_list == (ECPointFormat.uncompressed,)
    assert dhe.extension(SupportedGroups).named_group_list == FFDHE_GROUPS[:3]
    assert dhe.extension(ECPointFormats) is None


@pytest.mark.parametrize("suite", ONE_OF_EACH_EXCHANGE, ids=lambda suite: suite.name)
def test_the_extended_master_secret_comes_from_the_handshake_up_to_the_client_key_exchange(suite):
    pair = Pair(suite, client=HARDENED, server=HARDENED, traced=True).connected()
    trace = pair.traces["client"]
    assert message_in(pair, "server", ServerHello).extension(ExtendedMasterSecret) is not None
    (derived,) = (e for e in trace.of(SecretDerived) if e.name == "master_secret")
    (last,) = trace.messages("client_key_exchange")
    assert trace.value("session_hash") == last.transcript_hash
    assert derived.label == "extended master secret"
    assert derived.inputs == ("premaster_secret", "session_hash")
    assert trace.value("master_secret") == pair.traces["server"].value("master_secret")
    plain = Pair(suite, traced=True).connected()
    assert trace.value("master_secret") != plain.traces["client"].value("master_secret")


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    ("option", "extension", "suite"),
    [
        ("extended_master_secret", ExtendedMasterSecret, GCM),
        ("encrypt_then_mac", EncryptThenMAC, CBC_SHA384),
    ],
)
def test_what_only_one_side_wants_is_not_done(side, option, extension, suite):
    pair = Pair(suite, **{side: {option: True}}).connected()
    assert message_in(pair, "server", ServerHello).extension(extension) is None
    asked = message_in(pair, "client", ClientHello).extension(extension)
    assert (asked is not None) == (side == "client")


def test_encrypt_then_mac_is_for_block_ciphers_alone():
    """RFC 7366 §3: for any other the server "MUST NOT send" the answer."""
    pair = Pair(
        client={**HARDENED, "cipher_suites": (ECDHE, CBC_SHA384)},
        server={**HARDENED, "cipher_suites": (ECDHE,)},
    ).connected()
    assert message_in(pair, "client", ClientHello).extension(EncryptThenMAC) is not None
    assert message_in(pair, "server", ServerHello).extension(EncryptThenMAC) is None


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 2**14])
def test_a_record_with_the_mac_last_is_longer_by_what_rfc_7366_says(size):
    hardened = Pair(CBC_SHA384, client=HARDENED, server=HARDENED).connected()
    plain = Pair(CBC_SHA384).connected()
    for pair, length in (
        # IV, content with padding to whole blocks, MAC
        (hardened, 16 + (size // 16 + 1) * 16 + 48),
        # IV, then content, MAC and padding to whole blocks
        (plain, 16 + ((size + 48) // 16 + 1) * 16),
    ):
        pair.client.send(b"a" * size)
        sent = pair.take("client")
        assert len(sent) == (5 + length if size else 0)
        pair.give("server", sent)


def test_every_suite_has_a_name_of_ianas_and_its_parts():
    for code, suite in SUITES.items():
        exchange, cipher = code.name.removeprefix("TLS_").split("_WITH_")
        assert suite.key_exchange == exchange
        assert suite.enc_key_length == (
            32 if "256_" in cipher[:8] or "CHACHA" in cipher else 0 if "NULL" in cipher else 16
        )
        assert suite.prf_hash == ("sha384" if cipher.endswith("SHA384") else "sha256")


RFC_3526_2048 = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AACAA68FFFFFFFFFFFFFFFF",
    16,
)
