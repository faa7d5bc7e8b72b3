"""A server that could do TLS 1.3 says so in its random, and a client that could, looks there."""

from typing import Any

import pytest
from in_memory import GCM, Pair, changed, message_in, with_fields

import tlslab
from tlslab.wire.extensions import SupportedVersions
from tlslab.wire.hello import ClientHello, ServerHello
from tlslab.wire.registry import CipherSuite, ProtocolVersion

ONE: dict[str, Any] = {"cipher_suites": (GCM,)}
BOTH: dict[str, Any] = {"cipher_suites": (GCM, CipherSuite.TLS_AES_128_GCM_SHA256)}
MARK = bytes.fromhex("444F574E47524401")
OLDER_MARK = bytes.fromhex("444F574E47524400")


def with_random_ending(pair: Pair, end: bytes) -> bytes:
    """The server's flight, with another end of its random."""
    pair.give("server", pair.take("client"))
    change = with_fields(random=bytes(24) + end)
    return changed(pair.take("server"), ServerHello, change)


@pytest.mark.parametrize("client", [ONE, {**BOTH, "max_version": ProtocolVersion.TLSv1_2}])
def test_a_server_of_both_versions_marks_its_random_for_a_client_of_one(client: dict[str, Any]):
    pair = Pair(client=client, server=BOTH).connected()
    assert pair.events["client"][0].version is ProtocolVersion.TLSv1_2
    random = message_in(pair, "server", ServerHello).random
    assert random[24:] == MARK
    assert len(random) == 32


@pytest.mark.parametrize(("client", "server"), [(ONE, ONE), (BOTH, ONE), (BOTH, BOTH)])
def test_nobody_else_gets_a_marked_random(client: dict[str, Any], server: dict[str, Any]):
    pair = Pair(client=client, server=server).connected()
    assert not pair.sent["server"][:100].count(MARK[:7])
    best = ProtocolVersion.TLSv1_3 if server is BOTH else ProtocolVersion.TLSv1_2
    assert pair.events["client"][0].version is best


@pytest.mark.parametrize("mark", [MARK, OLDER_MARK])
def test_a_client_of_both_versions_refuses_a_marked_random(mark: bytes):
    """The second mark is for TLS 1.1 and older; RFC 8446 §4.1.3 wants both looked for."""
    pair = Pair(client=BOTH, server=ONE)
    flight = with_random_ending(pair, mark)
    with pytest.raises(tlslab.ProtocolError) as caught:
        pair.give("client", flight)
    assert (caught.value.alert, caught.value.where) == ("illegal_parameter", "server_hello.random")
    assert caught.value.section == "RFC 8446 §4.1.3"


def test_a_client_of_both_versions_takes_another_random():
    pair = Pair(client=BOTH, server=ONE)
    pair.give("client", with_random_ending(pair, MARK[:7] + b"\2"))
    assert not pair.client.is_closed


@pytest.mark.parametrize("mark", [MARK, OLDER_MARK])
def test_a_client_of_one_version_does_not_care(mark: bytes):
    """The mark means nothing to it: it could not have done better."""
    pair = Pair(client=ONE)
    pair.give("client", with_random_ending(pair, mark))
    assert not pair.client.is_closed


def test_who_cuts_the_offer_is_found_out():
    """A man in the middle takes TLS 1.3 out of the ClientHello: the mark tells."""

    def cut(hello: Any) -> Any:
        kept = tuple(e for e in hello.extensions if not isinstance(e, SupportedVersions))
        return with_fields(extensions=kept)(hello)

    pair = Pair(client=BOTH, server=BOTH)
    pair.give("server", changed(pair.take("client"), ClientHello, cut))
    with pytest.raises(tlslab.ProtocolError, match="somebody has changed the offer on its way"):
        pair.give("client", pair.take("server"))


def test_a_server_of_tls12_may_not_choose_a_suite_of_tls13():
    """The client has offered it, but for another version."""
    pair = Pair(client=BOTH, server=ONE)
    pair.give("server", pair.take("client"))
    newer = with_fields(cipher_suite=CipherSuite.TLS_AES_128_GCM_SHA256)
    with pytest.raises(tlslab.ProtocolError, match="is no suite of TLS 1.2") as caught:
        pair.give("client", changed(pair.take("server"), ServerHello, newer))
    assert caught.value.alert == "illegal_parameter"
    assert caught.value.where == "server_hello.cipher_suite"
