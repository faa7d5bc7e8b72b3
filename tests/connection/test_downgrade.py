"""A server that could do TLS 1.3 says so in its random, and a client that could, looks there."""

import pytest
from in_memory import Pair, changed, client_config, message_in, server_config, with_fields

import tlslab
from tlslab.connection import negotiation
from tlslab.connection.connection import Connection
from tlslab.connection.context import Context
from tlslab.endpoints import versions
from tlslab.trace import NullTrace
from tlslab.wire.hello import ServerHello
from tlslab.wire.registry import ProtocolVersion


def with_tls13() -> dict:
    """The versions there are, and TLS 1.3 besides; nobody gets as far as speaking it here."""
    both = dict(versions())
    both[ProtocolVersion.TLSv1_3] = both[ProtocolVersion.TLSv1_2]
    return both


def a_pair(client_versions: dict, server_versions: dict) -> Pair:
    pair = Pair()
    context = Context("client", client_config(), NullTrace())
    pair.client = Connection(context, negotiation.start_client(context, client_versions))
    context = Context("server", server_config(), NullTrace())
    pair.server = Connection(context, negotiation.WaitClientHello(server_versions))
    return pair


def test_a_server_of_both_versions_marks_its_random_for_a_client_of_one():
    pair = a_pair(dict(versions()), with_tls13()).connected()
    random = message_in(pair, "server", ServerHello).random
    assert random[24:] == bytes.fromhex("444F574E47524401")
    assert len(random) == 32
    only = Pair().connected()
    assert not message_in(only, "server", ServerHello).random.endswith(b"DOWNGRD\x01")


def test_a_client_of_both_versions_refuses_a_marked_random():
    pair = a_pair(with_tls13(), with_tls13())
    pair.give("server", pair.take("client"))
    with pytest.raises(tlslab.ProtocolError) as caught:
        pair.give("client", pair.take("server"))
    assert (caught.value.alert, caught.value.where) == ("illegal_parameter", "server_hello.random")
    assert caught.value.section == "RFC 8446 §4.1.3"


def test_a_client_of_both_versions_takes_a_server_of_one():
    pair = a_pair(with_tls13(), dict(versions())).connected()
    assert pair.events["client"][0].version is ProtocolVersion.TLSv1_2


def test_a_client_of_one_version_does_not_care():
    """The mark means nothing to it: it could not have done better."""
    pair = Pair()
    pair.give("server", pair.take("client"))
    mark = with_fields(random=bytes(24) + negotiation.DOWNGRADE_TO_TLS12)
    pair.give("client", changed(pair.take("server"), ServerHello, mark))
    assert not pair.client.is_closed
