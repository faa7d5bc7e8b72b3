"""A mistake on this side: the exception comes through, and the peer does not wait for ever."""

import pytest

from tlslab import AlertReceived, LocalError, Primitives, Trace
from tlslab.lab.handshake import start_client, start_server


def broken(*args):
    raise ZeroDivisionError("in a learner's function")


def nothing_like_a_suite(offered, supported):
    return 0x1234


@pytest.mark.parametrize(
    ("primitives", "expected"),
    [
        (Primitives().using(choose_cipher_suite=broken), ZeroDivisionError),
        (Primitives().using(choose_cipher_suite=nothing_like_a_suite), LocalError),
    ],
)
def test_the_exception_comes_through_and_the_peer_gets_internal_error(primitives, expected):
    client = start_client(Trace("client")).connection
    server = start_server(Trace("server"), primitives=primitives).connection
    with pytest.raises(expected):
        server.receive_data(client.data_to_send())
    assert server.is_closed
    with pytest.raises(AlertReceived, match="internal_error"):
        client.receive_data(server.data_to_send())
