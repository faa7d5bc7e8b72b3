"""A ServerHello that is none: its random says so before the rest is decoded."""

import pytest
from in_memory import Pair, handshake_record

import tlslab
from tlslab.wire.extensions import Cookie
from tlslab.wire.hello import HELLO_RETRY_REQUEST_RANDOM, HelloRetryRequest
from tlslab.wire.registry import CipherSuite, CompressionMethod, ProtocolVersion


def test_a_client_sees_a_hello_retry_request_for_what_it_is():
    pair = Pair(traced=True)
    pair.take("client")
    retry = HelloRetryRequest(
        ProtocolVersion.TLSv1_2,
        HELLO_RETRY_REQUEST_RANDOM,
        b"",
        CipherSuite.TLS_AES_128_GCM_SHA256,
        CompressionMethod.null,
        (Cookie(b"what this client cannot have asked for"),),
    )
    with pytest.raises(tlslab.ProtocolError):
        pair.give("client", handshake_record(retry.encode_handshake()))
    (message,) = pair.traces["client"].messages("hello_retry_request")
    assert message.raw == retry.encode_handshake()
    assert "hello_retry_request.extensions.cookie.cookie" in {span.path for span in message.spans}
    assert not pair.traces["client"].messages("server_hello")
