"""What cannot be done is said when a connection is configured, before anything is sent."""

import pytest
from in_memory import SIDES, Pair

from tlslab.connection.context import State
from tlslab.errors import LocalError
from tlslab.wire.registry import CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme

ECDHE = CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
DHE = CipherSuite.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256
WRONG = {
    "no suites": ({"cipher_suites": ()}, "at least one cipher suite"),
    "a suite that is not there": (
        {"cipher_suites": (CipherSuite.TLS_AES_128_CCM_SHA256,)},
        "TLS_AES_128_CCM_SHA256 is not implemented; there are: TLS_AES_128_GCM_SHA256",
    ),
    "no suite for the version": (
        {
            "cipher_suites": (CipherSuite.TLS_AES_128_GCM_SHA256,),
            "max_version": ProtocolVersion.TLSv1_2,
        },
        "no suite is one of TLS 1.2 to TLS 1.2",
    ),
    "ECDHE without a curve": (
        {"cipher_suites": (ECDHE,), "groups": (NamedGroup.ffdhe2048,)},
        "ECDHE needs a curve; there are: x25519",
    ),
    "a group that is not implemented": (
        {"groups": (NamedGroup.x25519, NamedGroup.secp256k1)},
        "the group secp256k1.* is not implemented",
    ),
    "no signature schemes": ({"signature_schemes": ()}, "at least one signature scheme"),
    "SHA-1": (
        {"signature_schemes": (SignatureScheme.rsa_pkcs1_sha1,)},
        "the scheme rsa_pkcs1_sha1.* is not implemented",
    ),
}


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_done_is_a_local_error(what: str, side: str):
    options, reason = WRONG[what]
    with pytest.raises(LocalError, match=reason):
        Pair(**{side: options})


def test_dhe_needs_no_group_of_a_name():
    Pair(DHE, client={"groups": (NamedGroup.x25519,)}).connected()


def test_a_state_that_lets_no_data_through_exports_nothing():
    with pytest.raises(NotImplementedError):
        State().export_keying_material(None, b"", None, 1)
    with pytest.raises(NotImplementedError):
        State().channel_binding(None, "tls-exporter")
