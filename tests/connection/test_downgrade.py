"""A server that could do TLS 1.3 says so in its random, and a client that could, looks there."""

import pytest
from in_memory import GCM, Pair, changed, message_in, with_fields

import tlslab
from tlslab.connection import negotiation
from tlslab.wire.extensions import SupportedVersions
from tlslab.wire.hello import ClientHello, ServerHello
from tlslab.wire.registry import CipherSuite, ProtocolVersion

ONE = {"cipher_suites": (GCM,)}
BOTH = {"cipher_suites": (CipherSuite.TLS_AES_128_GCM_SHA256, GCM)}


def without_tls13(hello: ClientHello) -> ClientHello:
    """What a man in the middle makes of it who wants an older version."""
    kept = tuple(each for each in hello.extensions if not isinstance(each, SupportedVersions))
    return with_fields(extensions=kept)(hello)


def test_two_that_can_do_both_agree_on_the_newer():
    pair = Pair(client=BOTH, server=BOTH).connected()
    assert pair.events["client"][0].version is ProtocolVersion.TLSv1_3
    assert not message_in(pair, "server", ServerHello).random.endswith(b"DOWNGRD\x01")


@pytest.mark.parametrize("older", ["suites", "max_version"])
def test_a_server_of_both_versions_marks_its_random_for_a_client_of_one(older: str):
    client = ONE if older == "suites" else {**BOTH, "max_version": ProtocolVersion.TLSv1_2}
    pair = Pair(client=client, server=BOTH).connected()
    assert pair.events["client"][0].version is ProtocolVersion.TLSv1_2
    random = message_in(pair, "server", ServerHello).random
    assert random[24:] == bytes.fromhex("444F574E47524401")
    assert len(random) == 32
    only = Pair(GCM).connected()
    assert not message_in(only, "server", ServerHello).random.endswith(b"DOWNGRD\x01")


def test_a_client_of_both_versions_refuses_a_marked_random():
    pair = Pair(client=BOTH, server=BOTH)
    pair.give("server", changed(pair.take("client"), ClientHello, without_tls13))
    with pytest.raises(tlslab.ProtocolError) as caught:
        pair.give("client", pair.take("server"))
    assert (caught.value.alert, caught.value.where) == ("illegal_parameter", "server_hello.random")
    assert caught.value.section == "RFC 8446 §4.1.3"


@pytest.mark.parametrize("newer", ["client", "server"])
def test_a_side_of_both_versions_goes_on_with_a_side_of_one(newer: str):
    configs = {"client": ONE, "server": ONE, newer: BOTH}
    pair = Pair(**configs).connected()
    for side in ("client", "server"):
        assert pair.events[side][0].version is ProtocolVersion.TLSv1_2
        assert pair.events[side][0].cipher_suite is GCM


def test_a_client_of_one_version_does_not_care():
    """The mark means nothing to it: it could not have done better."""
    pair = Pair(GCM)
    pair.give("server", pair.take("client"))
    mark = with_fields(random=bytes(24) + negotiation.DOWNGRADE_TO_TLS12)
    pair.give("client", changed(pair.take("server"), ServerHello, mark))
    assert not pair.client.is_closed
