"""What a handshake of the lab can be asked for: the same options in memory and with OpenSSL."""

import inspect
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.x509 import ocsp

from tlslab import LocalError, lab
from tlslab.connection.session import TicketKeys
from tlslab.lab.handshake import start_client, start_server
from tlslab.lab.options import NAMES, SEEDED_TIME, Options
from tlslab.lab.randomness import SeededRandom
from tlslab.trace import Negotiated, Record, SecretDerived
from tlslab.wire.registry import NamedGroup

ECDHE = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
ECDSA = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
DHE = "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"
CBC = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"
USER = "CN=learner.tlslab.test"
SERVER = "CN=server.tlslab.test"

both_roles = pytest.mark.parametrize("role", ["client", "server"])
both_ways = pytest.mark.parametrize("transport", ["memory", "loopback"])
both_memories = pytest.mark.parametrize("resumption", ["ticket", "session id"])


def names(trace):
    return [message.name for message in trace.messages()]


def extensions(trace, name):
    (message,) = trace.messages(name)
    paths = [span.path.split(".") for span in message.spans]
    return {path[2] for path in paths if path[1:2] == ["extensions"] and len(path) > 2}


def certificates(trace, sender):
    return [each.raw for each in trace.messages("certificate") if each.sender == sender]


# -- one handshake in memory --------------------------------------------------------------------


@pytest.mark.parametrize("group", ["x25519", "secp256r1", "secp384r1", "x448", "secp521r1"])
def test_a_group_is_asked_for_by_name_and_used(group):
    h = lab.handshake(suite=ECDHE, groups=(group,))
    (exchange,) = h.trace.messages("server_key_exchange")
    curve = next(each for each in exchange.spans if each.path.endswith("namedcurve"))
    assert exchange.raw[curve.start : curve.end] == NamedGroup[group].to_bytes(2, "big")
    assert lab.handshake(suite=ECDHE, groups=NamedGroup[group], seed=1) == lab.handshake(
        suite=ECDHE, groups=group, seed=1
    )


def test_the_server_is_who_was_asked_for():
    for server, suite in (("rsa", ECDHE), ("ecdsa", ECDSA), (lab.pki.server_ecdsa(), ECDSA)):
        h = lab.handshake(suite=suite, server=server)
        identity = server if not isinstance(server, str) else lab.pki.identity(f"server-{server}")
        assert h.outcome.peer_certificates == identity.certificate_chain
    assert lab.handshake(server="other", server_name="other.tlslab.test").completed


@pytest.mark.parametrize("fault", lab.pki.BROKEN)
def test_a_broken_server_is_refused(fault):
    h = lab.handshake(server=fault)
    assert not h.completed
    assert h.trace.messages("alert")[0].sender == "client"


@pytest.mark.parametrize("user", ["rsa", "ecdsa"])
@pytest.mark.parametrize("asks", ["optional", "required"])
def test_a_user_shows_a_certificate_if_the_server_asks(user, asks):
    h = lab.handshake(suite=ECDHE, user=user, client_authentication=asks)
    assert h.completed
    chain = lab.pki.identity(f"client-{user}").certificate_chain
    assert certificates(h.server_trace, "client")[0].endswith(chain[-1])
    assert "certificate_verify" in names(h.trace)


def test_by_default_nobody_asks_who_the_client_is():
    assert "certificate_request" not in names(lab.handshake(suite=ECDHE, user="rsa").trace)


def test_a_client_without_a_certificate_is_refused_where_one_is_required_only():
    assert lab.handshake(client_authentication="optional").completed
    h = lab.handshake(client_authentication="required")
    assert h.error.alert == "handshake_failure"


@pytest.mark.parametrize("option", ["extended_master_secret", "encrypt_then_mac"])
def test_an_extension_is_offered_and_answered_if_asked_for(option):
    with_it, without = lab.handshake(suite=CBC, **{option: True}), lab.handshake(suite=CBC)
    for message in ("client_hello", "server_hello"):
        assert option in extensions(with_it.trace, message)
        assert option not in extensions(without.trace, message)
    assert with_it.completed


@pytest.mark.parametrize("suite", [ECDHE, ECDSA])
def test_the_issuers_word_is_stapled_if_asked_for(suite):
    h = lab.handshake(seed=1, suite=suite, status_request=True)
    assert h.completed
    (message,) = h.trace.messages("certificate_status")
    response = ocsp.load_der_ocsp_response(message.raw[-int.from_bytes(message.raw[5:8], "big") :])
    leaf = x509.load_der_x509_certificate(h.outcome.peer_certificates[0])
    assert response.serial_number == leaf.serial_number
    assert response.produced_at_utc == response.this_update_utc == SEEDED_TIME
    key = lab.pki.intermediate().public_key()
    key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), hashes.SHA256())
    assert lab.handshake(seed=1, suite=suite, status_request=True).trace == h.trace
    assert lab.handshake(suite=suite, status_request=True).completed
    assert not lab.handshake(suite=suite).trace.messages("certificate_status")


def test_records_are_limited_both_ways():
    h = lab.handshake(record_size_limit=64, request=bytes(1000), reply=bytes(1000))
    data = [each for each in h.trace.of(Record) if each.content_type == "application_data"]
    assert {each.sender for each in data} == {"client", "server"}
    assert max(len(each.plaintext) for each in data) == 64


# -- going on from an earlier one ---------------------------------------------------------------


@both_memories
def test_a_handshake_goes_on_from_an_earlier_one(resumption):
    first = lab.handshake(seed=1, suite=ECDHE, resumption=resumption)
    second = lab.handshake(seed=2, resume=first)
    assert (first.outcome.resumed, second.outcome.resumed) == (False, True)
    assert "resumed" in repr(second)
    assert "certificate" not in names(second.trace)
    assert second.trace.value("master_secret") == first.trace.value("master_secret")
    assert second.trace.value("key_block") != first.trace.value("key_block")
    how = [each.value for each in second.server_trace.of(Negotiated) if each.name == "resumed"]
    assert how == [resumption.replace("id", "ID")]
    again = lab.handshake(seed=2, resume=first)
    assert (again.trace, again.server_trace) == (second.trace, second.server_trace)


def test_what_is_not_said_is_as_it_was_and_the_seed_goes_on():
    first = lab.handshake(seed=1, suite=ECDHE, resumption="ticket", extended_master_secret=True)
    second = lab.handshake(resume=first)
    third = lab.handshake(resume=second)
    assert [each.outcome.resumed for each in (first, second, third)] == [False, True, True]
    assert third.outcome.cipher_suite.name == ECDHE
    assert "extended_master_secret" in extensions(third.trace, "server_hello")
    randoms = {each.trace.value("client_random") for each in (first, second, third)}
    assert len(randoms) == 3
    live = lab.handshake(suite=ECDHE, resumption="ticket")
    assert lab.handshake(resume=live).outcome.resumed


def test_what_is_said_is_changed():
    first = lab.handshake(suite=ECDHE, resumption="ticket")
    second = lab.handshake(suite=DHE, resume=first)
    assert not second.outcome.resumed
    assert second.outcome.cipher_suite.name == DHE


def test_a_server_that_has_lost_its_keys_does_not_go_on():
    first = lab.handshake(seed=1, suite=ECDHE, resumption="ticket")
    new_keys = TicketKeys(SeededRandom("new", "ticket keys"))
    assert not lab.handshake(seed=2, resume=first, ticket_keys=new_keys).outcome.resumed


def test_the_memory_can_be_had_in_hand():
    first = lab.handshake(seed=1, suite=ECDHE, resumption="ticket")
    second = lab.handshake(
        seed=2, suite=ECDHE, session=first.session, ticket_keys=first.options.ticket_keys
    )
    assert second.outcome.resumed
    cached = lab.handshake(seed=1, suite=ECDHE, resumption="session id")
    assert cached.options.session_cache.find(cached.session.session_id) is not None


def test_nothing_can_go_on_where_nothing_was_kept():
    with pytest.raises(LocalError, match="left no session"):
        lab.handshake(resume=lab.handshake())
    with pytest.raises(LocalError, match="left no session"):
        lab.handshake(resume=lab.handshake(server="expired", resumption="ticket"))


def test_a_seed_is_not_used_twice_and_not_mixed_with_live_randomness():
    seeded, live = (lab.handshake(seed=seed, resumption="ticket") for seed in (1, None))
    with pytest.raises(LocalError, match="the same keys"):
        lab.handshake(seed=1, resume=seeded)
    for earlier, seed in ((seeded, None), (live, 1)):
        with pytest.raises(LocalError, match="both have a seed or neither"):
            lab.handshake(seed=seed, resume=earlier)


def test_each_kind_of_peer_goes_on_from_its_own():
    here = lab.handshake(suite=ECDHE, resumption="ticket")
    there = lab.peers.openssl(suite=ECDHE, resumption="ticket")
    with pytest.raises(LocalError, match="in memory"):
        lab.handshake(resume=there)
    with pytest.raises(LocalError, match="our client alone"):
        lab.peers.openssl(resume=here)
    with pytest.raises(LocalError, match="our server alone"):
        lab.peers.openssl("server", resume=there)
    with pytest.raises(LocalError, match="remembers nothing"):
        lab.peers.openssl(resume=replace(there, peer_context=None))


# -- with OpenSSL -------------------------------------------------------------------------------


@both_ways
@both_roles
@both_memories
@pytest.mark.parametrize("suite", [ECDHE, CBC])
def test_openssl_goes_on_from_an_earlier_one(role, transport, resumption, suite):
    hard = {"extended_master_secret": True, "encrypt_then_mac": True}
    first = lab.peers.openssl(
        role, transport=transport, suite=suite, resumption=resumption, seed=1, **hard
    )
    assert (first.error, first.peer_error, first.peer_resumed) == (None, "", False)
    assert bool(first.trace.messages("new_session_ticket")) is (resumption == "ticket")
    second = lab.peers.openssl(role, transport=transport, resume=first)
    assert (second.error, second.peer_error, second.peer_resumed) == (None, "", True)
    assert second.outcome.resumed
    master, random = (second.trace.value(name) for name in ("master_secret", "client_random"))
    assert first.trace.value("master_secret") == master
    assert f"CLIENT_RANDOM {random.hex()} {master.hex()}" in second.peer_key_log


@both_ways
@both_roles
@pytest.mark.parametrize("user", ["rsa", "ecdsa"])
@pytest.mark.parametrize("asks", ["optional", "required"])
def test_openssl_and_we_see_who_the_other_is(role, transport, user, asks):
    h = lab.peers.openssl(
        role, transport=transport, suite=ECDHE, user=user, client_authentication=asks
    )
    assert (h.error, h.peer_error, h.peer_verified) == (None, "", "ok")
    assert h.peer_subject.startswith(USER if role == "client" else SERVER)
    if role == "server":
        assert h.outcome.peer_certificates == lab.pki.identity(f"client-{user}").certificate_chain


@both_ways
@both_roles
def test_nobody_is_welcome_where_a_certificate_is_optional_only(role, transport):
    optional, required = (
        lab.peers.openssl(role, transport=transport, suite=ECDHE, client_authentication=asks)
        for asks in ("optional", "required")
    )
    assert (optional.error, optional.peer_error) == (None, "")
    if role == "client":
        assert (optional.peer_verified, optional.peer_subject) == ("", "")
    assert not required.completed
    assert required.error.alert == "handshake_failure"


@both_ways
def test_openssl_says_what_is_wrong_with_a_certificate_of_ours(transport):
    ours = {"transport": transport, "suite": ECDHE}
    user = lab.peers.openssl(user=lab.pki.server_other(), client_authentication="required", **ours)
    assert user.peer_verified == "unsuitable certificate purpose"
    assert user.error.alert == "unsupported_certificate"
    server = lab.peers.openssl("server", server="expired", **ours)
    assert server.peer_verified == "certificate has expired"
    assert server.error.alert == "certificate_expired"


@both_ways
def test_we_say_what_is_wrong_with_a_certificate_of_openssls(transport):
    theirs = {"transport": transport, "suite": ECDHE}
    server = lab.peers.openssl(server="expired", **theirs)
    assert (server.error.alert, server.outcome) == ("certificate_expired", None)
    user = lab.peers.openssl(
        "server", user=lab.pki.server_other(), client_authentication="required", **theirs
    )
    assert user.error.alert == "unsupported_certificate"


@both_roles
@pytest.mark.parametrize("extended", [False, True])
@pytest.mark.parametrize("etm", [False, True])
def test_openssl_does_the_extensions_that_are_asked_for(role, extended, etm):
    h = lab.peers.openssl(role, suite=CBC, extended_master_secret=extended, encrypt_then_mac=etm)
    assert (h.error, h.peer_error) == (None, "")
    for message in ("client_hello", "server_hello"):
        found = extensions(h.trace, message)
        assert ("extended_master_secret" in found) is extended
        assert ("encrypt_then_mac" in found) is etm
    assert h.trace.value("master_secret").hex() in h.peer_key_log


@both_roles
@pytest.mark.parametrize(
    ("suite", "group"), [(ECDHE, "x25519"), (ECDHE, "secp384r1"), (ECDSA, "secp256r1")]
)
def test_our_groups_decide_with_openssl_too(role, suite, group):
    h = lab.peers.openssl(role, suite=suite, groups=(group,))
    assert (h.error, h.peer_error) == (None, "")
    secret = next(e for e in h.trace.of(SecretDerived) if e.name == "premaster_secret")
    assert secret.operation == f"Diffie-Hellman on {group}"


@both_roles
def test_openssl_takes_the_prime_that_is_asked_for(role):
    h = lab.peers.openssl(role, suite=DHE, groups=("ffdhe3072",))
    assert (h.error, h.peer_error) == (None, "")
    (prime,) = (
        each.raw[span.start : span.end]
        for each in h.trace.messages("server_key_exchange")
        for span in each.spans
        if span.path.endswith("dh_p")
    )
    assert len(prime) == 3072 // 8


# -- how the options are said -------------------------------------------------------------------

EVERY_FUNCTION = (
    lab.handshake,
    lab.peers.openssl,
    lab.peers.ssl_context,
    lab.client_config,
    lab.server_config,
    start_client,
    start_server,
)


@pytest.mark.parametrize("function", EVERY_FUNCTION, ids=lambda function: function.__name__)
def test_every_function_shows_the_options_with_their_defaults(function):
    shown = inspect.signature(function).parameters
    assert set(NAMES) <= set(shown)
    assert "options" not in shown
    for name in NAMES:
        assert shown[name].default == getattr(Options(), name)


def test_every_option_is_explained():
    for name in NAMES:
        assert name in Options.__doc__


def test_an_option_that_does_not_exist_is_named_with_a_near_one():
    with pytest.raises(TypeError, match="no option 'suit'; do you mean 'suite'"):
        lab.handshake(suit=ECDHE)
    with pytest.raises(TypeError, match="no option 'zzz'; there are: seed, suite"):
        lab.peers.openssl(zzz=1)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"groups": ("x25518",)}, "no group called 'x25518'"),
        ({"server": "nobody"}, "no server 'nobody'; it has rsa, ecdsa, other, expired"),
        ({"user": "nobody", "client_authentication": "required"}, "no user 'nobody'; it has rsa"),
        ({"client_authentication": "perhaps"}, 'client_authentication is "none", "optional"'),
        ({"resumption": "cookie"}, 'resumption is "ticket", "session id" or None'),
    ],
)
def test_a_value_that_cannot_be_is_named(options, sentence):
    with pytest.raises(LocalError, match=sentence):
        lab.handshake(suite=ECDHE, **options)
