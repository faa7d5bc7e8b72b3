"""Our client and our server of TLS 1.3 with pyOpenSSL, which brings an OpenSSL of its own (libssl 4).

Its first share is X25519MLKEM768. Every group and every kind of key: `test_tls13_keys_and_groups`.
"""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from in_memory import credential, ticket_keys
from OpenSSL import SSL
from tls13_combinations import (
    ALL_TLS13_SUITES,
    LABEL,
    USERS,
    Combination,
    both_roles,
    check,
    check_user,
    pem_files,
    was_retried,
)

import tlslab
from tlslab.connection.config import DEFAULT_GROUPS
from tlslab.connection.context import KeysUpdated
from tlslab.lab import pki
from tlslab.lab.handshake import Ours, converse
from tlslab.lab.options import SERVER_NAME
from tlslab.trace import Trace
from tlslab.wire.registry import NamedGroup

MEBIBYTE = bytes(range(256)) * 4096
HYBRID = NamedGroup.X25519MLKEM768
EVERY = tuple(
    Combination(suite, HYBRID, server, user)
    for suite in ALL_TLS13_SUITES
    for server, user in (
        ("server-rsa", ""),
        ("server-ecdsa", ""),
        *(("server-rsa", u) for u in USERS),
    )
)
every_combination = pytest.mark.parametrize("combination", EVERY, ids=str)
every_suite = pytest.mark.parametrize(
    "combination", [Combination(suite, HYBRID) for suite in ALL_TLS13_SUITES], ids=str
)


class Context:
    """A context of pyOpenSSL and the lines of its key log; role: its own."""

    def __init__(self, role, combination):
        self.lines = []
        self.context = context = SSL.Context(SSL.TLS_METHOD)
        context.set_keylog_callback(lambda connection, line: self.lines.append(line.decode()))
        context.set_min_proto_version(SSL.TLS1_3_VERSION)
        context.set_tls13_ciphersuites(combination.suite.name.encode())
        context.load_verify_locations(str(pki.pem_path("root")))
        files = ()
        if role == "server":
            context.set_session_id(b"tests")
            files = pem_files(combination.server, None)
            if combination.user:
                context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)
        else:
            context.set_verify(SSL.VERIFY_PEER)
            files = pem_files(combination.user, None) if combination.user else ()
        if files:
            context.use_certificate_chain_file(str(files[0]))
            context.use_privatekey_file(str(files[1]))

    @property
    def key_log(self):
        return "\n".join(self.lines)


class PyOpenSSL:
    """pyOpenSSL over memory BIOs, as an endpoint of `lab.handshake.converse`."""

    def __init__(self, role, context, session=None):
        self.connection = SSL.Connection(context)
        self.error = None
        self.completed = self.ended = self.closing = False
        self.received = b""
        if role == "server":
            self.connection.set_accept_state()
        else:
            self.connection.set_tlsext_host_name(SERVER_NAME.encode())
            self.connection.set_connect_state()
            if session is not None:
                self.connection.set_session(session)
            self._go_on()

    def receive(self, data):
        self.connection.bio_write(data)
        self._go_on()

    def _go_on(self):
        try:
            if not self.completed:
                self.connection.do_handshake()
                self.completed = True
                self.exported = self.connection.export_keying_material(LABEL.encode(), 32)
            while True:
                self.received += self.connection.recv(1 << 16)
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self.ended = True
            if not self.closing:
                self.close()
        except SSL.Error as error:
            self.error = error

    def data_to_send(self):
        data = b""
        try:
            while True:
                data += self.connection.bio_read(1 << 16)
        except SSL.WantReadError:
            return data

    def send(self, data):
        self.connection.sendall(data)

    def close(self):
        self.closing = True
        self.connection.shutdown()


class Meeting:
    """A handshake, data both ways and closure; `role` is ours, `theirs` a session of its client."""

    def __init__(
        self, role, combination, context, *, theirs=None, request=b"ping", before_data=None, **ours
    ):
        self.trace = Trace(role)
        if role == "client":
            connection = tlslab.client(combination.client(**ours), self.trace)
            self.theirs = PyOpenSSL("server", context.context)
        else:
            connection = tlslab.server(combination.our_server(**ours), self.trace)
            self.theirs = PyOpenSSL("client", context.context, theirs)
        self.ours = Ours(connection, self._exports(before_data))
        pair = (self.ours, self.theirs) if role == "client" else (self.theirs, self.ours)
        converse(*pair, request, b"pong")
        assert (self.ours.error, self.theirs.error) == (None, None)
        assert (pair[1].received, pair[0].received) == (request, b"pong")
        assert connection.is_closed
        assert self.theirs.ended
        assert self.theirs.exported == self.exported
        self.outcome = self.ours.outcome
        check(combination, self.trace, self.outcome, context.key_log)

    def _exports(self, before_data):
        def steps(connection):
            self.exported = connection.export_keying_material(LABEL.encode(), 32)
            if before_data is not None:
                before_data(connection)

        return steps


def other(role):
    return "server" if role == "client" else "client"


@both_roles
@every_combination
def test_handshake_secrets_data_and_closure(combination, role):
    met = Meeting(role, combination, Context(other(role), combination))
    if role == "server":
        check_user(combination, met.outcome)
    else:
        theirs = met.theirs.connection.get_peer_certificate(as_cryptography=True)
        assert theirs == (credential(combination.user).leaf if combination.user else None)


@both_roles
@every_suite
def test_a_mebibyte(combination, role):
    Meeting(role, combination, Context(other(role), combination), request=MEBIBYTE)


@both_roles
def test_the_groups_that_nobody_has_chosen_lead_to_the_hybrid(role):
    combination = Combination(group=HYBRID)
    Meeting(role, combination, Context(other(role), combination), groups=DEFAULT_GROUPS)


@pytest.mark.parametrize("group", [NamedGroup.secp384r1, NamedGroup.x25519, HYBRID])
def test_each_side_asks_the_other_for_another_share(group):
    combination = Combination(group=group)
    theirs = Context("server", combination)
    met = Meeting("client", combination, theirs, key_shares=())
    assert was_retried(met.trace)
    if group is NamedGroup.secp384r1:
        # Its client sends shares of X25519MLKEM768 and X25519.
        met = Meeting("server", combination, Context("client", combination))
        assert was_retried(met.trace)
        theirs = Context("server", combination)
        theirs.context.set_tmp_ecdh(ec.SECP384R1())
        met = Meeting("client", combination, theirs, groups=DEFAULT_GROUPS, again=" again")
        assert was_retried(met.trace)


@every_suite
def test_our_client_goes_on_with_each_ticket(combination):
    context = Context("server", combination)
    first = Meeting("client", combination, context)
    assert len(first.ours.tickets) == 2
    for number, session in enumerate(first.ours.tickets):
        met = Meeting("client", combination, context, session=session, again=f" {number}")
        assert met.outcome.resumed


@every_suite
def test_it_goes_on_with_a_ticket_of_our_server(combination):
    context, keys = Context("client", combination), {"ticket_keys": ticket_keys()}
    first = Meeting("server", combination, context, **keys)
    session = first.theirs.connection.get_session()
    met = Meeting("server", combination, context, theirs=session, again=" again", **keys)
    assert met.outcome.resumed


@both_roles
@every_suite
def test_it_follows_our_new_keys_and_changes_its_own(combination, role):
    def update(connection):
        connection.update_keys(request_peer=True)

    met = Meeting(role, combination, Context(other(role), combination), before_data=update)
    assert met.trace.value(f"{role}_application_traffic_secret_1")
    # It changes them with its next data, and a client has said everything by then.
    assert (KeysUpdated() in met.ours.events) is (role == "client")
