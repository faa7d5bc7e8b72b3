"""What a handshake of TLS 1.3 can be asked for, in memory and with OpenSSL."""

import hashlib

import pytest

from tlslab import LocalError, lab
from tlslab.connection.context import ApplicationData, ClientAuthenticated, KeysUpdated
from tlslab.connection.session import AntiReplay
from tlslab.lab.options import LAB_GROUPS
from tlslab.trace import Negotiated, Record
from tlslab.wire.registry import NamedGroup

SUITE = "TLS_AES_128_GCM_SHA256"
OLD = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
V13 = {"version": "TLS 1.3"}
PSK = (b"lamp 7", bytes(range(32)))
EARLY = b"pay 10 to Eve"

both_roles = pytest.mark.parametrize("role", ["client", "server"])
both_ways = pytest.mark.parametrize("transport", ["memory", "loopback"])


def names(trace, sender=None):
    return [each.name for each in trace.messages() if sender in (None, each.sender)]


def agreed(trace, name):
    return [each.value for each in trace.of(Negotiated) if each.name == name]


def wire(trace):
    return b"".join(record.raw for record in trace.of(Record))


def with_early_data(**options):
    first = lab.handshake(
        seed=1, **V13, resumption="ticket", max_early_data_size=len(EARLY), **options
    )
    return lab.handshake(seed=2, resume=first, early_data=EARLY)


def key_log(text):
    return sorted(text.splitlines())


# -- the version --------------------------------------------------------------------------------


def test_a_version_chooses_a_suite_and_a_suite_a_version():
    for options in (V13, {"suite": SUITE}, {"suite": (SUITE, OLD)}):
        assert repr(lab.handshake(**options)) == f"<Handshake: completed, TLS 1.3, {SUITE}>"
    h = lab.handshake(version="TLS 1.2")
    assert h.outcome.cipher_suite.name == "TLS_RSA_WITH_AES_128_GCM_SHA256"
    assert lab.handshake(suite=(SUITE, OLD), version="TLS 1.2").outcome.cipher_suite.name == OLD
    with pytest.raises(LocalError, match=r"no version 'TLS 1\.1'; it has TLS 1\.2 and TLS 1\.3"):
        lab.handshake(version="TLS 1.1")
    with pytest.raises(LocalError, match=r"no suite is one of TLS 1\.2 to TLS 1\.2"):
        lab.handshake(suite=SUITE, version="TLS 1.2")


# What the wire is on every machine: whoever changes it changes the outputs of the notebooks too.
WIRE = {
    "plain": "0d30e38ff8eb64dc",
    "retry": "c5d16b46e8d547a1",
    "early data": "53725931f01db902",
    "updates": "2130e6fe171bcb23",
}


@pytest.mark.parametrize("name", ["plain", "retry", "early data", "updates"])
def test_the_same_seed_gives_the_same_bytes_on_every_machine(name):
    runs = {
        "plain": lambda: lab.handshake(seed=1, **V13),
        "retry": lambda: lab.handshake(seed=1, **V13, retry=True, cookie=True, grease=True),
        "early data": with_early_data,
        "updates": lambda: lab.handshake(
            seed=1, **V13, key_update="both", post_handshake_auth=True, user="ecdsa"
        ),
    }
    first, second = runs[name](), runs[name]()
    assert (first.trace, first.server_trace) == (second.trace, second.server_trace)
    assert hashlib.sha256(wire(first.trace)).hexdigest()[:16] == WIRE[name]


def test_what_cannot_be_repeated_is_asked_for_by_name():
    assert NamedGroup.X25519MLKEM768 not in LAB_GROUPS
    h = lab.handshake(seed=1, **V13, groups=("X25519MLKEM768", "x25519"))
    assert agreed(h.trace, "group") == ["X25519MLKEM768"]


# -- key shares ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "group"),
    [
        ({"retry": True, "groups": ("x25519", "secp256r1")}, "secp256r1"),
        ({"retry": True, "cookie": True, "groups": "x25519"}, "x25519"),
        ({"key_shares": ()}, "x25519"),
        ({"server_groups": "secp256r1"}, "secp256r1"),
        ({"groups": ("x25519", "secp384r1"), "key_shares": "secp384r1"}, "secp384r1"),
    ],
)
def test_a_second_hello_is_asked_for_where_a_share_or_a_cookie_is_missing(options, group):
    h = lab.handshake(**V13, **options)
    assert h.completed
    assert agreed(h.trace, "group") == [group]
    retried = "hello_retry_request" in names(h.trace)
    assert retried is (options.get("key_shares") != "secp384r1")
    assert names(h.trace).count("client_hello") == 1 + retried


# -- keys from before ---------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["psk_dhe_ke", "psk_ke"])
def test_a_key_that_both_have_takes_the_place_of_the_certificate(mode):
    h = lab.handshake(**V13, psk=PSK, psk_modes=(mode,))
    assert h.completed
    assert "certificate" not in names(h.trace)
    assert h.trace.value("psk") == PSK[1]
    known = {each.name for each in h.trace if hasattr(each, "inputs")}
    assert ("shared_secret" in known) is (mode == "psk_dhe_ke")


def test_a_handshake_goes_on_with_the_first_ticket_of_an_earlier_one():
    first = lab.handshake(seed=1, **V13, resumption="ticket")
    assert len(first.tickets) == 2
    assert first.session is first.tickets[0]
    second = lab.handshake(seed=2, resume=first)
    assert second.outcome.resumed
    assert "certificate" not in names(second.trace)
    assert second.trace.value("psk") == first.trace.value("resumption_psk_0")
    assert lab.handshake(seed=3, resume=second).outcome.resumed


def test_early_data_arrive_before_the_handshake_is_complete():
    h = with_early_data()
    assert (h.received_early, h.received_by_server) == (EARLY, b"Can anybody read this?")
    assert h.outcome.early_data_accepted
    assert ApplicationData(EARLY, early=True) in h.server_events
    assert EARLY not in h.first_flight
    assert wire(h.trace).startswith(h.first_flight)
    # A third one is no third with early data: it says so for itself.
    assert lab.handshake(seed=3, resume=h).received_early == b""


def test_early_data_are_let_in_once():
    h = with_early_data()
    again = lab.replay(h)
    assert (again.received_early, again.error) == (b"", None)
    assert "has been here before" in again.refused
    assert "has been here before" in repr(again)
    # The memory belongs to the handshake: to run a cell once more changes nothing.
    assert with_early_data().received_early == EARLY
    assert "has been here before" in lab.replay(again).refused


def test_a_server_without_anti_replay_takes_them_as_often_as_they_come():
    h = with_early_data(anti_replay=False)
    again = lab.replay(h)
    assert again.received_early == lab.replay(again).received_early == EARLY
    assert repr(again) == f"<Replay: the server took {len(EARLY)} bytes of early data again>"
    assert again.server_trace.value("server_random") != h.trace.value("server_random")


def test_a_replayed_hello_alone_leads_nowhere():
    again = lab.replay(lab.handshake(seed=1, **V13))
    assert "waits for a Finished" in repr(again)
    assert again.answer
    with pytest.raises(LocalError, match="a handshake in memory"):
        lab.replay(lab.peers.openssl(**V13))


def test_the_memory_against_replay_can_be_had_in_hand():
    memory = AntiReplay()
    first = lab.handshake(seed=1, **V13, resumption="ticket", max_early_data_size=99)
    runs = [
        lab.handshake(seed=2, resume=first, early_data=EARLY, anti_replay=memory) for _ in range(2)
    ]
    assert [run.received_early for run in runs] == [EARLY, b""]
    assert [run.outcome.early_data_accepted for run in runs] == [True, False]


# -- what else there is -------------------------------------------------------------------------


def test_records_are_padded_and_the_offer_is_greased():
    padded, plain = (lab.handshake(seed=1, **V13, record_padding=size) for size in (64, 0))
    for h, is_padded in ((padded, True), (plain, False)):
        inner = [each.inner for each in h.trace.of(Record) if each.nonce]
        assert inner
        assert all(len(each) % 64 == 0 for each in inner) is is_padded
    (hello,) = lab.handshake(seed=1, **V13, grease=True).trace.messages("client_hello")
    assert any(
        int.from_bytes(hello.raw[span.start : span.end], "big") in NamedGroup.grease_values()
        for span in hello.spans
        if "supported_groups" in span.path and span.end - span.start == 2
    )


@pytest.mark.parametrize(
    ("who", "changes"),
    [("client", ["client"]), ("server", ["server"]), ("both", ["client", "server"])],
)
def test_keys_are_changed_by_whoever_was_asked_to(who, changes):
    h = lab.handshake(**V13, key_update=who)
    updates = h.trace.messages("key_update")
    assert [each.sender for each in updates] == changes
    heard = {"client": h.server_events, "server": h.client_events}
    for side in changes:
        assert KeysUpdated() in heard[side]
        assert h.trace.value(f"{side}_application_traffic_secret_1")
    assert h.received_by_client == b"Only the two of us."


def test_a_client_says_later_who_it_is():
    h = lab.handshake(**V13, post_handshake_auth=True, user="ecdsa")
    chain = lab.pki.client_ecdsa().certificate_chain
    assert ClientAuthenticated(chain) in h.server_events
    order = names(h.trace)
    assert order.index("finished") < order.index("certificate_request")
    nobody = lab.handshake(**V13, post_handshake_auth=True)
    assert ClientAuthenticated(()) in nobody.server_events


# -- with OpenSSL -------------------------------------------------------------------------------


@both_ways
@both_roles
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"suite": "TLS_AES_256_GCM_SHA384"},
        {"suite": "TLS_CHACHA20_POLY1305_SHA256", "server": "rsa"},
        {"server_groups": "secp384r1"},
        {"record_padding": 100, "grease": True},
        {"user": "rsa", "client_authentication": "required"},
        {"user": "ecdsa", "post_handshake_auth": True},
    ],
    ids=str,
)
def test_openssl_does_what_is_asked_for(role, transport, options):
    h = lab.peers.openssl(role, transport=transport, **V13, **options)
    assert (h.error, h.peer_error) == (None, "")
    assert h.outcome.cipher_suite.name == options.get("suite", SUITE)
    assert key_log(h.peer_key_log) == key_log(h.trace.key_log())
    assert ("hello_retry_request" in names(h.trace)) is ("server_groups" in options)
    if "user" in options:
        chain = lab.pki.identity(f"client-{options['user']}").certificate_chain
        known = h.peer_subject if role == "client" else h.outcome.peer_certificates
        late = ClientAuthenticated(chain)
        if "post_handshake_auth" in options and role == "server":
            assert late in h.events
        else:
            assert known == chain or known.startswith("CN=learner.tlslab.test")


@both_ways
@both_roles
def test_openssl_goes_on_with_a_ticket(role, transport):
    first = lab.peers.openssl(role, transport=transport, **V13, resumption="ticket", seed=1)
    second = lab.peers.openssl(role, transport=transport, resume=first)
    assert (second.error, second.peer_error) == (None, "")
    assert (first.peer_resumed, second.peer_resumed) == (False, True)
    assert second.outcome.resumed
    assert key_log(second.peer_key_log) == key_log(second.trace.key_log())
    if role == "client":
        assert second.trace.value("psk") == first.tickets[0].psk


@both_ways
@both_roles
def test_openssl_changes_its_keys_when_it_is_asked_to(role, transport):
    h = lab.peers.openssl(role, transport=transport, **V13, key_update="both")
    assert (h.error, h.peer_error) == (None, "")
    # A client of OpenSSL's answers when it writes next, and here it has no more to say.
    sides = ["client", "server"] if role == "client" else ["server"]
    assert [each.sender for each in h.trace.messages("key_update")] == sides
    # OpenSSL logs them, too, under a name of its own.
    for side in sides:
        assert h.trace.value(f"{side}_application_traffic_secret_1").hex() in h.peer_key_log


@both_roles
def test_both_versions_can_be_on_offer_with_openssl(role):
    both = {"suite": (SUITE, OLD)}
    assert lab.peers.openssl(role, **both).outcome.version.title == "TLS 1.3"
    h = lab.peers.openssl(role, **both, version="TLS 1.2")
    assert (h.error, h.outcome.cipher_suite.name) == (None, OLD)


@pytest.mark.parametrize(
    ("role", "options", "sentence"),
    [
        ("client", {"psk": PSK}, "no pre-shared keys from outside"),
        ("client", {"max_early_data_size": 1}, "neither sends nor takes early data"),
        ("client", {"key_update": "server"}, 'when it is asked to: key_update="both"'),
        ("server", {"key_update": "client"}, 'when it is asked to: key_update="both"'),
        ("client", {"retry": True}, "server_groups"),
        ("client", {"server_groups": ("x25519", "secp256r1")}, "one of server_groups"),
    ],
)
def test_what_python_cannot_ask_of_openssl_is_said(role, options, sentence):
    with pytest.raises(LocalError, match=sentence):
        lab.peers.openssl(role, **V13, **options)


# -- what cannot be -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"psk": ("lamp", b"key")}, "both bytes"),
        ({"psk": (b"lamp", b"")}, "both bytes"),
        ({"psk_modes": ("psk",)}, "no PSK mode 'psk'; there are psk_dhe_ke, psk_ke"),
        ({"early_data": b"x"}, "1 bytes of early data, and 0 are allowed"),
        ({"resumption": "session id"}, "by tickets alone"),
        ({"key_update": "peer"}, 'key_update is "client", "server", "both" or None'),
        ({"key_shares": ("secp521r1",), "groups": "x25519"}, "none of the groups"),
    ],
)
def test_a_value_that_cannot_be_is_named(options, sentence):
    with pytest.raises(LocalError, match=sentence):
        lab.handshake(**V13, **options)


def test_early_data_beyond_what_a_ticket_allows_are_named():
    first = lab.handshake(seed=1, **V13, resumption="ticket", max_early_data_size=4)
    with pytest.raises(LocalError, match="13 bytes of early data, and 4 are allowed"):
        lab.handshake(seed=2, resume=first, early_data=EARLY)
