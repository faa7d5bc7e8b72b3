"""A server that asks who the client is after the handshake, and not in it (RFC 8446 §4.6.2)."""

import pytest
from in_memory import Pair, credential

from tlslab.connection.config import ClientAuthentication
from tlslab.connection.context import ClientAuthenticated
from tlslab.lab import pki
from tlslab.wire.registry import CipherSuite, NamedGroup

LATER = {
    "client_authentication": ClientAuthentication.LATER,
    "client_trust_anchors": (pki.root(),),
}


def names(pair, side):
    return [message.name for message in pair.traces[side].messages()]


@pytest.mark.parametrize("has_one", [True, False])
def test_later_asks_nobody_in_the_handshake_and_whoever_answers_afterwards(has_one):
    client = {"post_handshake_auth": True, "groups": (NamedGroup.x25519,)}
    if has_one:
        client["credential"] = credential("client-ecdsa")
    pair = Pair(
        CipherSuite.TLS_AES_128_GCM_SHA256, client=client, server=LATER, traced=True
    ).connected()
    assert "certificate_request" not in names(pair, "client")
    pair.server.request_certificate()
    pair.carry()
    assert names(pair, "client").count("certificate_request") == 1
    found = [each for each in pair.events["server"] if isinstance(each, ClientAuthenticated)]
    expected = pki.client_ecdsa().certificate_chain if has_one else ()
    assert found == [ClientAuthenticated(expected)]


def test_later_is_never_in_tls12():
    pair = Pair(
        CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, server=LATER, traced=True
    ).connected()
    assert "certificate_request" not in names(pair, "client")
