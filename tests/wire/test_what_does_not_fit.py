"""What does not fit into its field is a mistake of whoever made it, and never reaches the wire."""

from dataclasses import replace

import pytest
from in_memory import Pair, message_in

from tlslab.errors import LocalError
from tlslab.tls12.messages import Certificate
from tlslab.wire.extensions import OpaqueExtension
from tlslab.wire.hello import ClientHello
from tlslab.wire.registry import ExtensionType


@pytest.fixture(scope="module")
def client_hello() -> ClientHello:
    pair = Pair()
    pair.take("client")
    return message_in(pair, "client", ClientHello)


def test_a_code_point_of_another_width(client_hello: ClientHello):
    suites = (*client_hello.cipher_suites, 70_000)
    with pytest.raises(LocalError, match="70000 does not fit into 2 bytes") as caught:
        replace(client_hello, cipher_suites=suites).encode()
    assert "client_hello.cipher_suites" in str(caught.value)


def test_an_extension_with_too_much_in_it(client_hello: ClientHello):
    extension = OpaqueExtension(ExtensionType.padding, bytes(2**16))
    with pytest.raises(LocalError, match="client_hello.extensions.padding"):
        replace(client_hello, extensions=(extension,)).encode()


def test_a_message_of_more_than_2_to_24_bytes():
    longest = Certificate((bytes(2**24 - 1 - 3),))
    with pytest.raises(LocalError, match="certificate: 16777218 bytes do not fit into a message"):
        longest.encode_handshake()
    assert Certificate((bytes(2**24 - 1 - 6),)).encode_handshake()[1:4] == b"\xff\xff\xff"
