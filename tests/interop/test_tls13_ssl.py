"""Our client and our server of TLS 1.3 with OpenSSL, as Python's `ssl` has it, in memory."""

import ssl
from contextlib import suppress

import pytest
from in_memory import credential, ticket_keys
from tls13_combinations import (
    Combination,
    both_roles,
    check,
    check_user,
    every_combination,
    every_group,
    every_suite,
    pem_files,
    was_retried,
)

import tlslab
from tlslab.connection.config import ClientAuthentication
from tlslab.connection.context import ClientAuthenticated, KeysUpdated
from tlslab.lab import pki
from tlslab.lab.handshake import Ours, converse
from tlslab.lab.openssl_peer import OpenSSL
from tlslab.lab.options import SERVER_NAME
from tlslab.trace import Alert, Trace

MEBIBYTE = bytes(range(256)) * 4096


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("ssl")


@pytest.fixture
def key_log(tmp_path):
    return tmp_path / "keys"


def context_for(role, combination, directory, key_log):
    """A context of `ssl`; role: its own. Of suites and groups it has all: our side decides."""
    if role == "client":
        context = ssl.create_default_context(cafile=str(pki.pem_path("root")))
        if combination.user:
            identity = pki.identity(combination.user)
            context.load_cert_chain(identity.chain_path, identity.key_path)
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pem_files(combination.server, directory))
        if combination.user:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(pki.pem_path("root"))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.keylog_filename = str(key_log)
    return context


class Meeting:
    """A handshake, data both ways and closure; `role` is ours, `theirs` a session of OpenSSL's client.

    before_data: what our side does once, before it sends.
    """

    def __init__(
        self, role, combination, context, *, theirs=None, request=b"ping", before_data=None, **ours
    ):
        self.trace = Trace(role)
        if role == "client":
            connection = tlslab.client(combination.client(**ours), self.trace)
            self.ours, self.theirs = Ours(connection, before_data), OpenSSL(context, None)
            first, second = self.ours, self.theirs
        else:
            connection = tlslab.server(combination.our_server(**ours), self.trace)
            self.ours = Ours(connection, before_data)
            self.theirs = OpenSSL(context, SERVER_NAME, theirs)
            first, second = self.theirs, self.ours
        converse(first, second, request, b"pong")
        assert (self.ours.error, self.theirs.error) == (None, None)
        assert (second.received, first.received) == (request, b"pong")
        assert connection.is_closed
        closed = [(alert.sender, alert.description) for alert in self.trace.of(Alert)]
        assert sorted(closed) == [("client", "close_notify"), ("server", "close_notify")]

    @property
    def completed(self):
        return self.ours.outcome


@both_roles
@every_combination
def test_handshake_secrets_data_and_closure(combination, role, directory, key_log):
    other = "server" if role == "client" else "client"
    met = Meeting(role, combination, context_for(other, combination, directory, key_log))
    check(combination, met.trace, met.completed, key_log.read_text())
    if role == "server":
        check_user(combination, met.completed)
        # Its client sends a share of X25519 alone, and has others to offer.
        assert was_retried(met.trace) is (combination.group.name != "x25519")
    else:
        user = met.theirs._ssl.getpeercert(binary_form=True)
        assert user == (credential(combination.user).certificate_chain[0] if user else None)
        assert bool(user) is bool(combination.user)


@every_group
def test_our_client_sends_the_share_that_it_is_asked_for(combination, directory, key_log):
    context = context_for("server", combination, directory, key_log)
    met = Meeting("client", combination, context, key_shares=())
    assert was_retried(met.trace)
    check(combination, met.trace, met.completed, key_log.read_text())


def test_openssl_asks_for_the_only_group_that_it_takes(directory, key_log):
    combination = Combination()
    context = context_for("server", combination, directory, key_log)
    context.set_ecdh_curve("secp384r1")
    met = Meeting("client", combination, context, groups=tlslab.connection.config.DEFAULT_GROUPS)
    assert was_retried(met.trace)
    assert met.trace.value("client_share_secp384r1")


@both_roles
@every_suite
def test_a_mebibyte_in_padded_records(combination, role, directory, key_log):
    other = "server" if role == "client" else "client"
    context = context_for(other, combination, directory, key_log)
    Meeting(role, combination, context, request=MEBIBYTE, record_padding=1000)


@every_suite
def test_our_client_goes_on_with_each_ticket_of_openssl(combination, directory, key_log):
    context = context_for("server", combination, directory, key_log)
    first = Meeting("client", combination, context)
    assert not first.completed.resumed
    assert len(first.ours.tickets) == 2
    for number, session in enumerate(first.ours.tickets):
        met = Meeting("client", combination, context, session=session, again=f" {number}")
        assert met.completed.resumed
        assert met.theirs.session_reused
        check(combination, met.trace, met.completed, key_log.read_text())


@every_suite
def test_openssl_goes_on_with_a_ticket_of_our_server(combination, directory, key_log):
    context = context_for("client", combination, directory, key_log)
    keys = {"ticket_keys": ticket_keys()}
    first = Meeting("server", combination, context, **keys)
    again = {"theirs": first.theirs.session, "again": " again"}
    met = Meeting("server", combination, context, **keys, **again)
    assert met.completed.resumed
    assert met.theirs.session_reused
    check(combination, met.trace, met.completed, key_log.read_text())


@both_roles
def test_a_ticket_that_nobody_knows_leads_to_a_whole_handshake(role, directory, key_log):
    combination = Combination()
    other = "server" if role == "client" else "client"
    context = context_for(other, combination, directory, key_log)
    if role == "server":
        before = Meeting(role, combination, context, ticket_keys=ticket_keys())
        met = Meeting(role, combination, context, theirs=before.theirs.session, again=" again")
    else:
        before = Meeting(role, combination, context)
        another = context_for(other, combination, directory, key_log)
        session = before.ours.tickets[0]
        met = Meeting(role, combination, another, session=session, again=" again")
    assert not met.completed.resumed
    check(combination, met.trace, met.completed, key_log.read_text())


@both_roles
@every_suite
def test_keys_are_updated_in_both_directions(combination, role, directory, key_log):
    other = "server" if role == "client" else "client"
    context = context_for(other, combination, directory, key_log)

    def update(connection):
        for _ in range(3):
            connection.update_keys(request_peer=True)
            connection.send(b"")

    met = Meeting(role, combination, context, before_data=update)
    assert KeysUpdated() in met.ours.events
    assert met.trace.value(f"{role}_application_traffic_secret_3")
    assert met.trace.value(f"{other}_application_traffic_secret_1")


@pytest.mark.parametrize("user", ["client-rsa", "client-ecdsa"])
def test_openssl_says_who_it_is_after_the_handshake(user, directory, key_log):
    combination = Combination(user=user)
    context = context_for("client", combination, directory, key_log)
    context.post_handshake_auth = True
    met = Meeting(
        "server",
        combination,
        context,
        client_authentication=ClientAuthentication.LATER,
        before_data=lambda connection: connection.request_certificate(),
    )
    assert met.completed.peer_certificates == ()
    chain = pki.identity(user).certificate_chain
    assert ClientAuthenticated(chain) in met.ours.events


@pytest.mark.parametrize("user", ["client-rsa", "client-ecdsa"])
def test_our_client_says_who_it_is_after_the_handshake(user, directory, key_log):
    combination = Combination(user=user)
    context = context_for("server", combination, directory, key_log)
    context.post_handshake_auth = True
    met = Meeting("client", combination, context, post_handshake_auth=True)
    (chain, *_) = pki.identity(user).certificate_chain
    assert met.theirs._ssl.getpeercert(binary_form=True) == chain
    assert not met.trace.messages("certificate_request")[0].transcript_hash


@both_roles
def test_openssl_goes_on_writing_after_our_close_notify(role, directory, key_log):
    wire = Wire(role, directory, key_log)
    wire.ours.close()
    wire.carry()
    assert wire.theirs.read(10) == b""
    wire.theirs.write(b"still here")
    wire.carry()
    assert wire.data == b"still here"
    wire.theirs.unwrap()
    wire.carry()
    assert wire.ours.is_closed


@both_roles
def test_we_go_on_writing_after_the_close_notify_of_openssl(role, directory, key_log):
    wire = Wire(role, directory, key_log)
    with pytest.raises(ssl.SSLWantReadError):
        wire.theirs.unwrap()
    wire.carry()
    assert tlslab.PeerClosed() in wire.events
    wire.ours.send(b"still here")
    wire.ours.close()
    wire.carry()
    assert wire.theirs.read(10) == b"still here"
    assert wire.ours.is_closed


class Wire:
    """A connection, after its handshake, whose steps a test takes itself."""

    def __init__(self, role, directory, key_log):
        other = "server" if role == "client" else "client"
        combination = Combination()
        context = context_for(other, combination, directory, key_log)
        config = combination.client() if role == "client" else combination.our_server()
        self.ours = getattr(tlslab, role)(config)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        name = SERVER_NAME if role == "server" else None
        self.theirs = context.wrap_bio(self.incoming, self.outgoing, name is None, name)
        self.events = []
        for _ in range(3):
            with suppress(ssl.SSLWantReadError):
                self.theirs.do_handshake()
            self.carry()
        assert self.ours.is_connected

    @property
    def data(self):
        return b"".join(e.data for e in self.events if isinstance(e, tlslab.ApplicationData))

    def carry(self):
        """What waits goes to the other side."""
        self.incoming.write(self.ours.data_to_send())
        self.events += self.ours.receive_data(self.outgoing.read())
        self.incoming.write(self.ours.data_to_send())
