"""Our server of TLS 1.3 with `gnutls-cli`, and our client with `gnutls-serv`."""

import subprocess
from contextlib import ExitStack

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from in_memory import credential, ticket_keys
from lines import dialed, listening
from programs import (
    NAME,
    converse,
    free_port,
    listens,
    needs_gnutls_cli,
    needs_gnutls_serv,
    running,
    said,
    tell,
)
from sockets import our_server
from tls13_combinations import (
    EARLY,
    EVERYTHING,
    LABEL,
    PSK,
    SERVERS,
    Combination,
    agreed,
    check,
    check_secrets,
    check_user,
    credential_of,
    every_combination,
    every_group,
    every_suite,
    pem_files,
    was_retried,
)

import tlslab
from tlslab.connection.config import ClientAuthentication
from tlslab.connection.context import ClientAuthenticated, KeysUpdated
from tlslab.connection.session import AntiReplay
from tlslab.lab import pki
from tlslab.wire.registry import NamedGroup

pytestmark = pytest.mark.peer

GET = b"GET / HTTP/1.0\r\n\r\n"
BASE = "NONE:+VERS-TLS1.3:+COMP-NULL:+AEAD:+SIGN-ALL:+CTYPE-X509"
CIPHERS = ":+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305"
KEYS_FROM_OUTSIDE = ":+DHE-PSK"


def cipher(combination):
    name = combination.suite.name.removeprefix("TLS_").rpartition("_")[0]
    return ":+" + name.replace("_", "-")


def group(combination):
    return ":+GROUP-" + combination.group.name.upper()


# -- gnutls-cli ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def servers():
    """Ours, by whose certificate they have."""
    with ExitStack() as stack:
        yield {
            label: stack.enter_context(
                our_server(**{**EVERYTHING, "credentials": (credential_of(label),)})
            )
            for label in SERVERS
        }


def command(port, combination, *arguments, priority=""):
    user = []
    if combination.user:
        identity = pki.identity(combination.user)
        user += ["--x509certfile", str(identity.chain_path)]
        user += ["--x509keyfile", str(identity.key_path)]
    priority = priority or BASE + cipher(combination) + group(combination)
    return [
        *("gnutls-cli", "--port", str(port), "--x509cafile", str(pki.pem_path("root"))),
        *("--sni-hostname", NAME, "--verify-hostname", NAME),
        *("--priority", priority, *user, *arguments, "127.0.0.1"),
    ]


@needs_gnutls_cli
@every_combination
def test_gnutls_cli_completes_a_handshake_with_our_server(servers, combination, tmp_path):
    server, keys = servers[combination.server], tmp_path / "keys"
    shown = converse(command(server.port, combination), SSLKEYLOGFILE=str(keys))
    assert "\nping\n" in shown
    visit = server.visit()
    assert visit.problem is None
    check(combination, visit.trace, visit.completed, keys.read_text())
    check_user(combination, visit.completed)


@needs_gnutls_cli
@every_suite
def test_gnutls_cli_goes_on_with_a_ticket_of_our_server(servers, combination, tmp_path):
    server, keys = servers[combination.server], tmp_path / "keys"
    called = command(server.port, combination, "--resume", "--waitresumption")
    shown = converse(called, SSLKEYLOGFILE=str(keys))
    assert "*** This is a resumed session" in shown
    for resumed in (False, True):
        visit = server.visit()
        assert visit.completed.resumed is resumed
        check(combination, visit.trace, visit.completed, keys.read_text())


class OurServer:
    """Our server for one gnutls-cli, one step at a time."""

    def __init__(self, tmp_path):
        self.log, self.keys = tmp_path / "log", tmp_path / "keys"

    def meets(self, combination, *words, steps, times=1, priority="", **config):
        """steps(line, program): what happens after the handshake. times: how often it comes."""
        lines = []
        with listening() as listener:
            called = command(listener.port, combination, *words, priority=priority)
            environment = {"SSLKEYLOGFILE": str(self.keys)}
            with running(called, self.log, stdin=subprocess.PIPE, **environment) as program:
                for number in range(times):
                    with listener.accept(combination.our_server(f" {number}", **config)) as line:
                        lines.append(line)
                        outcome = line.handshake()
                        if number < times - 1:
                            line.rest()
                            continue
                        steps(line, program)
                        line.connection.close()
                        line.flush()
                        program.stdin.close()
                assert program.wait(20) == 0, self.log.read_text()
        for line in lines:
            (outcome,) = line.of(tlslab.HandshakeCompleted)
            check(combination, line.trace, outcome, self.keys.read_text())
        return lines[-1], outcome, self.log.read_text()


@pytest.fixture
def one_server(tmp_path):
    return OurServer(tmp_path)


def pingpong(line, program):
    """Data both ways."""
    tell(program, "ping\n")
    assert b"ping\n" in line.until_data(b"ping\n")
    line.send(b"pong\n")


@needs_gnutls_cli
@every_group
def test_our_server_asks_gnutls_cli_for_another_share(one_server, combination):
    another = NamedGroup.x25519
    if combination.group is another:
        another = NamedGroup.secp256r1
    first = Combination(group=another)
    priority = BASE + cipher(combination) + group(first) + group(combination)
    words = {"priority": priority, "steps": pingpong}
    line, _, shown = one_server.meets(combination, "--single-key-share", **words)
    assert was_retried(line.trace)
    assert "pong" in shown


@needs_gnutls_cli
def test_gnutls_cli_and_our_server_share_a_key(one_server):
    priority = BASE + KEYS_FROM_OUTSIDE + cipher(Combination()) + group(Combination())
    words = "--pskusername", PSK.identity.decode(), "--pskkey", PSK.key.hex()
    how = {"priority": priority, "psks": (PSK,)}
    line, outcome, shown = one_server.meets(Combination(), *words, steps=pingpong, **how)
    assert outcome.resumed
    assert agreed(line.trace, "psk") == "external"
    assert "pong" in shown


@needs_gnutls_cli
def test_our_server_exports_what_gnutls_cli_exports(one_server):
    exported = []

    def steps(line, program):
        exported.append(line.connection.export_keying_material(LABEL.encode(), 32))
        pingpong(line, program)

    words = "--keymatexport", LABEL, "--keymatexportsize", "32"
    *_, shown = one_server.meets(Combination(), *words, steps=steps)
    assert exported[0].hex() in shown.replace(":", "").lower()


@needs_gnutls_cli
def test_gnutls_cli_has_our_channel_binding(one_server):
    bindings = []

    def steps(line, program):
        bindings.append(line.connection.channel_binding("tls-exporter"))
        pingpong(line, program)

    *_, shown = one_server.meets(Combination(), "--verbose", steps=steps)
    assert f"'tls-exporter': {bindings[0].hex()}" in shown


@needs_gnutls_cli
def test_gnutls_cli_updates_its_keys_and_asks_for_ours(one_server):
    def steps(line, program):
        # It changes them when it has something to say.
        pingpong(line, program)
        assert len(line.of(KeysUpdated)) == 1
        line.connection.update_keys(request_peer=True)
        line.send(b"again\n")
        said(program, one_server.log, "again")
        tell(program, "well\n")
        line.until(KeysUpdated, 2)

    line, _, shown = one_server.meets(Combination(), "--rehandshake", steps=steps)
    assert "again" in shown
    assert line.trace.value("server_application_traffic_secret_2")
    assert line.trace.value("client_application_traffic_secret_2")


@needs_gnutls_cli
@pytest.mark.parametrize("user", ["client-rsa", "client-ecdsa"])
def test_gnutls_cli_says_who_it_is_after_the_handshake(one_server, user):
    def steps(line, program):
        line.connection.request_certificate()
        line.send(b"who?\n")
        line.until(ClientAuthenticated)

    later = {"client_authentication": ClientAuthentication.LATER}
    combination = Combination(user=user)
    line, *_ = one_server.meets(combination, "--post-handshake-auth", steps=steps, **later)
    (event,) = line.of(ClientAuthenticated)
    assert event.peer_certificates == pki.identity(user).certificate_chain


@needs_gnutls_cli
@pytest.mark.parametrize("accepted", [True, False], ids=["accepted", "refused"])
def test_early_data_of_gnutls_cli(one_server, accepted, tmp_path):
    words = tmp_path / "words"
    words.write_bytes(EARLY)
    # A server without room to remember whose data it took gives such tickets all the same.
    anti_replay = AntiReplay(capacity=1 if accepted else 0)
    config = {"ticket_keys": ticket_keys(), "max_early_data_size": 1000}
    config["anti_replay"] = anti_replay
    called = "--resume", "--waitresumption", "--earlydata", str(words)
    line, outcome, _ = one_server.meets(Combination(), *called, steps=pingpong, times=2, **config)
    assert outcome.resumed
    assert outcome.early_data_accepted is accepted
    assert line.early_data == (EARLY if accepted else b"")
    check_secrets(line.trace, one_server.keys.read_text(), early=accepted)


# -- gnutls-serv --------------------------------------------------------------------------------


class TheirServers:
    """gnutls-servs, started when somebody needs one, with one key log."""

    def __init__(self, directory, stack):
        self.directory, self.stack = directory, stack
        self.keys, self.ports = directory / "keys", {}

    def port(self, label, *words):
        """The port of one with this certificate that was started with these words."""
        found = (label, words)
        if found not in self.ports:
            port = self.ports[found] = free_port()
            chain, key = pem_files(label, self.directory)
            priority = f"{BASE}{KEYS_FROM_OUTSIDE}{CIPHERS}:+GROUP-ALL"
            called = [
                *("gnutls-serv", "--port", str(port), "--priority", priority),
                *("--x509certfile", str(chain), "--x509keyfile", str(key)),
                *("--x509cafile", str(pki.pem_path("root")), *words),
            ]
            log = self.directory / f"log{len(self.ports)}"
            process = self.stack.enter_context(
                running(called, log, SSLKEYLOGFILE=str(self.keys), stdin=subprocess.PIPE)
            )
            listens(process, port)
        return self.ports[found]


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    with ExitStack() as stack:
        yield TheirServers(tmp_path_factory.mktemp("gnutls"), stack)


def page_of(theirs, combination, again="", words=("--http", "--verify-client-cert"), **config):
    """Our client gets a page of what gnutls-serv saw."""
    port = theirs.port(combination.server, *words)
    with dialed(port, combination.client(again, **config)) as line:
        outcome = line.handshake()
        line.send(GET)
        page = line.rest().decode("utf-8", "replace")
    return line, outcome, page


@needs_gnutls_serv
@every_combination
def test_our_client_completes_a_handshake_with_gnutls_serv(theirs, combination):
    line, outcome, page = page_of(theirs, combination)
    check(combination, line.trace, outcome, theirs.keys.read_text())
    assert "HTTP/1.0 200 OK" in page
    if combination.user:
        fingerprint = credential(combination.user).leaf.fingerprint(SHA256()).hex()
        assert f"sha256:{fingerprint}" in page
    else:
        assert "learner" not in page


@needs_gnutls_serv
@every_group
def test_our_client_sends_gnutls_serv_the_share_that_it_asks_for(theirs, combination):
    line, outcome, _ = page_of(theirs, combination, key_shares=())
    assert was_retried(line.trace)
    check(combination, line.trace, outcome, theirs.keys.read_text())


@needs_gnutls_serv
@every_suite
def test_our_client_goes_on_with_a_ticket_of_gnutls_serv(theirs, combination):
    first, outcome, _ = page_of(theirs, combination)
    assert not outcome.resumed
    for number, session in enumerate(first.sessions):
        line, outcome, _ = page_of(theirs, combination, f" {number}", session=session)
        assert outcome.resumed
        check(combination, line.trace, outcome, theirs.keys.read_text())
    assert first.sessions


@needs_gnutls_serv
def test_our_client_and_gnutls_serv_share_a_key(theirs, tmp_path):
    names = tmp_path / "names"
    names.write_text(f"{PSK.identity.decode()}:{PSK.key.hex()}\n")
    words = "--http", "--pskpasswd", str(names)
    line, outcome, page = page_of(theirs, Combination(), words=words, psk=PSK)
    assert outcome.resumed
    assert agreed(line.trace, "psk") == "external"
    assert "HTTP/1.0 200 OK" in page


@needs_gnutls_serv
def test_gnutls_serv_follows_our_key_updates(theirs):
    port = theirs.port("server-ecdsa", "--echo", "--disable-client-cert")
    with dialed(port, Combination().client()) as line:
        line.handshake()
        for number in range(1, 4):
            line.connection.update_keys(request_peer=True)
            line.send(b"word %d\n" % number)
            line.until_data(b"word %d\n" % number)
            line.until(KeysUpdated, number)
        line.connection.close()
        line.flush()
    assert line.trace.value("server_application_traffic_secret_3")


@needs_gnutls_serv
@pytest.mark.parametrize("user", ["client-rsa", "client-ecdsa"])
def test_our_client_tells_gnutls_serv_once_more_who_it_is(theirs, user):
    port = theirs.port("server-ecdsa", "--echo", "--verify-client-cert")
    config = Combination(user=user).client(post_handshake_auth=True)
    with dialed(port, config) as line:
        line.handshake()
        line.send(b"**REAUTH**\n")
        assert line.until_data(b"\n") == b"Successfully executed command\n"
        names = [each.name for each in line.trace.messages()[-4:]]
        assert names == ["certificate_request", "certificate", "certificate_verify", "finished"]
        line.connection.close()
        line.flush()


@needs_gnutls_serv
@pytest.mark.parametrize("answer", ["accepted", "a replay", "refused"])
def test_early_data_of_our_client(theirs, answer):
    words = ("--http", "--disable-client-cert", "--earlydata", "--maxearlydata", "1000")
    first, *_ = page_of(theirs, Combination(), words=words)
    session = first.sessions[0]
    if answer == "refused":
        words = ("--http", "--disable-client-cert", "--nodb", "--earlydata")
    how = {"words": words, "session": session, "early_data": GET}
    again = page_of(theirs, Combination(), " 1", **how)
    if answer == "a replay":
        # The same ClientHello, byte for byte.
        again = page_of(theirs, Combination(), " 1", **how)
    line, outcome, _ = again
    assert outcome.early_data_accepted is (answer == "accepted")
    check_secrets(line.trace, theirs.keys.read_text(), early=answer == "accepted")
