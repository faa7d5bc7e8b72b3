"""What the two sides call the same thing has the same name in both traces."""

from in_memory import Pair

from tlslab.connection.session import TicketKeys
from tlslab.lab.randomness import SeededRandom
from tlslab.trace import SecretDerived, ValueReceived
from tlslab.wire.registry import CipherSuite, NamedGroup


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
