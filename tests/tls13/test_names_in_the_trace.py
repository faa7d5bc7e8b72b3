"""What the two sides call the same thing has the same name in both traces."""

from hashlib import sha256

from in_memory import Pair

from tlslab.connection.session import TicketKeys
from tlslab.lab.randomness import SeededRandom
from tlslab.trace import RandomDrawn, SecretDerived, ValueReceived
from tlslab.wire.registry import CipherSuite, HandshakeType, NamedGroup


def test_each_ticket_has_a_name_of_its_own_and_both_sides_call_its_key_the_same():
    pair = Pair(
        CipherSuite.TLS_AES_128_GCM_SHA256,
        client={"session_tickets": True, "groups": (NamedGroup.x25519,)},
        server={"ticket_keys": TicketKeys(SeededRandom(1, "tickets")), "tickets": 3},
        traced=True,
    ).connected()
    found = {
        side: {e.name: e.value for e in trace.of(SecretDerived) if "resumption_psk" in e.name}
        for side, trace in pair.traces.items()
    }
    assert list(found["client"]) == [f"resumption_psk_{number}" for number in range(3)]
    assert found["client"] == found["server"]
    received = [e.name for e in pair.traces["client"].of(ValueReceived) if "ticket" in e.name]
    assert received == ["ticket_0", "ticket_1", "ticket_2"]


def shares(side, *groups):
    """The values around the key shares in the trace of this side."""
    both = {"groups": groups}
    pair = Pair(CipherSuite.TLS_AES_128_GCM_SHA256, client=both, server=both, traced=True)
    pair.connected()
    events = pair.traces[side].events
    return {event.name: event for event in events if isinstance(event, SecretDerived | RandomDrawn)}


def test_a_shared_secret_is_made_of_a_private_value_and_the_peers_share():
    found = shares("client", NamedGroup.x25519)
    assert found["shared_secret"].inputs == ("client_private", "server_share")
    assert shares("server", NamedGroup.x25519)["shared_secret"].inputs == (
        "server_private",
        "client_share",
    )


def test_a_hybrid_has_two_private_values_and_two_secrets():
    client = shares("client", NamedGroup.X25519MLKEM768, NamedGroup.x25519)
    assert len(client["client_private_mlkem"].value) == 64
    assert len(client["client_private_ecdh"].value) == 32
    assert len(client["client_private_x25519"].value) == 32
    assert client["mlkem_secret"].inputs == ("client_private_mlkem", "server_share")
    assert client["ecdh_secret"].inputs == ("client_private_ecdh", "server_share")
    assert client["client_share_X25519MLKEM768"].inputs == (
        "client_private_mlkem",
        "client_private_ecdh",
    )
    both = client["mlkem_secret"].value + client["ecdh_secret"].value
    assert client["shared_secret"].value == both
    assert client["shared_secret"].inputs == ("mlkem_secret", "ecdh_secret")
    assert client["shared_secret"].operation == (
        "mlkem_secret + ecdh_secret, as X25519MLKEM768 has it"
    )
    turned = shares("client", NamedGroup.SecP256r1MLKEM768)
    assert turned["shared_secret"].inputs == ("ecdh_secret", "mlkem_secret")
    server = shares("server", NamedGroup.X25519MLKEM768)
    assert server["shared_secret"].inputs == ("mlkem_secret", "ecdh_secret")
    assert "server_private" in server["server_share"].inputs


def test_both_sides_have_the_same_hashes_around_a_hello_retry_request():
    wanted = {"groups": (NamedGroup.secp256r1,)}
    pair = Pair(
        CipherSuite.TLS_AES_128_GCM_SHA256,
        client={"groups": (NamedGroup.x25519, NamedGroup.secp256r1)},
        server=wanted,
        traced=True,
    ).connected()
    client, server = (
        [(message.name, message.transcript_hash) for message in trace.messages() if message.raw[0]]
        for trace in pair.traces.values()
    )
    assert [each for each in client if each[1]] == [each for each in server if each[1]]
    first, request = pair.traces["client"].messages()[:2]
    assert first.transcript_hash == sha256(first.raw).digest()
    replaced = bytes([HandshakeType.message_hash, 0, 0, 32]) + first.transcript_hash
    assert request.transcript_hash == sha256(replaced + request.raw).digest()
