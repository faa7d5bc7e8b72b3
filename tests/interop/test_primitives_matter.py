"""Every primitive is on the wire: replace one by a wrong one, and OpenSSL refuses the handshake."""

import pytest

from tlslab import lab
from tlslab.crypto.suites import SUITES
from tlslab.primitives import NAMES, REFERENCE, Primitives
from tlslab.primitives.tls13 import Tls13Functions


def flipped(function):
    """The same function with one bit of its last byte changed."""

    def wrong(*args):
        value = function(*args)
        return value[:-1] + bytes([value[-1] ^ 1])

    return wrong


def swapped_keys(*args):
    keys = REFERENCE.cut_key_block(*args)
    return keys._replace(
        client_write_key=keys.server_write_key, server_write_key=keys.client_write_key
    )


def takes_what_was_not_offered(offered, supported):
    return next(suite for suite in SUITES if suite not in offered)


GCM = "TLS_RSA_WITH_AES_128_GCM_SHA256"
CBC = "TLS_RSA_WITH_AES_128_CBC_SHA"
DHE = "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"
CHACHA20 = "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"
NULL = "TLS_RSA_WITH_NULL_SHA256"

# name: (the wrong version, our role, the suite in which it is used)
WRONG = {
    "choose_cipher_suite": (takes_what_was_not_offered, "server", GCM),
    "pkcs1_v15_pad": (flipped(REFERENCE.pkcs1_v15_pad), "client", GCM),
    "encrypt_premaster": (flipped(REFERENCE.encrypt_premaster), "client", GCM),
    "decrypt_premaster": (flipped(REFERENCE.decrypt_premaster), "server", GCM),
    "p_hash": (flipped(REFERENCE.p_hash), "client", GCM),
    "prf": (flipped(REFERENCE.prf), "client", GCM),
    "master_secret": (flipped(REFERENCE.master_secret), "client", GCM),
    "key_block": (flipped(REFERENCE.key_block), "client", GCM),
    "cut_key_block": (swapped_keys, "client", GCM),
    "transcript_hash": (flipped(REFERENCE.transcript_hash), "client", GCM),
    "verify_data": (flipped(REFERENCE.verify_data), "client", GCM),
    "additional_data": (flipped(REFERENCE.additional_data), "client", GCM),
    "record_mac": (flipped(REFERENCE.record_mac), "client", CBC),
    "mac_protect": (flipped(REFERENCE.mac_protect), "client", NULL),
    "mac_unprotect": (flipped(REFERENCE.mac_unprotect), "client", NULL),
    "cbc_padding": (lambda length: REFERENCE.cbc_padding(length)[:-1] + b"\xff", "client", CBC),
    "cbc_protect": (flipped(REFERENCE.cbc_protect), "client", CBC),
    "cbc_unprotect": (flipped(REFERENCE.cbc_unprotect), "client", CBC),
    "gcm_protect": (flipped(REFERENCE.gcm_protect), "client", GCM),
    "gcm_unprotect": (flipped(REFERENCE.gcm_unprotect), "client", GCM),
    "dh_public": (flipped(REFERENCE.dh_public), "client", DHE),
    "dh_shared_secret": (flipped(REFERENCE.dh_shared_secret), "client", DHE),
    "ecdhe_shared_secret": (flipped(REFERENCE.ecdhe_shared_secret), "client", CHACHA20),
    "x25519_shared_secret": (flipped(REFERENCE.x25519_shared_secret), "client", CHACHA20),
    "signed_params": (flipped(REFERENCE.signed_params), "server", CHACHA20),
    "sign": (flipped(REFERENCE.sign), "server", CHACHA20),
    "chacha20_protect": (flipped(REFERENCE.chacha20_protect), "client", CHACHA20),
    "chacha20_unprotect": (flipped(REFERENCE.chacha20_unprotect), "client", CHACHA20),
    "extended_master_secret": (flipped(REFERENCE.extended_master_secret), "client", GCM),
    "etm_protect": (flipped(REFERENCE.etm_protect), "client", CBC),
    "etm_unprotect": (flipped(REFERENCE.etm_unprotect), "client", CBC),
}
# What has to be agreed on, so that it is used.
AGREED = {
    "extended_master_secret": {"extended_master_secret": True},
    "etm_protect": {"encrypt_then_mac": True},
    "etm_unprotect": {"encrypt_then_mac": True},
}
# Nothing that it computes goes onto the wire, so a server cannot notice: tested below and in
# tests/tls12.
NOT_SEEN_BY_THE_PEER = {"verify_chain", "verify", "verify_client_chain", "open_ticket"}
# With what `lab.peers` does not negotiate: see test_tls12_in_full.
ELSEWHERE = {
    "accept_client",
    "certificate_verify_content",
    "export_keying_material",
}


def test_every_primitive_has_a_wrong_version_here():
    of_tls12 = {name for name in NAMES if name not in vars(Tls13Functions)}
    assert set(WRONG) | NOT_SEEN_BY_THE_PEER | ELSEWHERE == of_tls12


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_primitive_ends_the_handshake_with_openssl(name):
    wrong, role, suite = WRONG[name]
    agreed = AGREED.get(name, {})
    right = lab.peers.openssl(role, suite=suite, **agreed)
    assert right.completed
    assert not right.peer_error
    mine = Primitives().using(**{name: wrong})
    h = lab.peers.openssl(role, suite=suite, primitives=mine, **agreed)
    assert not (h.completed and not h.peer_error)
    assert h.error is not None


def test_a_verify_chain_that_refuses_ends_the_handshake():
    def refuses(certificate_list, trust_anchors, server_name, time):
        return REFERENCE.verify_chain(certificate_list, (), server_name, time)

    h = lab.peers.openssl("client", primitives=Primitives().using(verify_chain=refuses))
    assert h.error.alert == "unknown_ca"
    assert "unknown ca" in h.peer_error
