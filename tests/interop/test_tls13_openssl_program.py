"""Our server of TLS 1.3 with `openssl s_client`, and our client with `openssl s_server`."""

import subprocess
from contextlib import ExitStack, contextmanager

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from in_memory import credential, ticket_keys
from lines import dialed, listening
from programs import NAME, converse, needs_openssl, running, s_client, said, tell
from sockets import our_server
from tls13_combinations import (
    EVERYTHING,
    GROUPS,
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
from tlslab.connection.session import AntiReplay, ExternalPSK
from tlslab.lab import pki
from tlslab.trace import Record, SecretDerived
from tlslab.wire.framing import RECORD_HEADER_LENGTH
from tlslab.wire.registry import NamedGroup, PskKeyExchangeMode

pytestmark = [pytest.mark.peer, needs_openssl]

GET = b"GET / HTTP/1.0\r\n\r\n"
PSK = ExternalPSK(b"a name", bytes(range(32)))
PSK_WORDS = ("-psk_identity", PSK.identity.decode(), "-psk", PSK.key.hex())
TAG_LENGTH = 16
LABEL = "EXPORTER-tests"
EARLY = b"early words\n"
GROUP_NAMES = {
    NamedGroup.x25519: "X25519",
    NamedGroup.x448: "X448",
    NamedGroup.secp256r1: "P-256",
    NamedGroup.secp384r1: "P-384",
    NamedGroup.secp521r1: "P-521",
}


def name_of(group):
    return GROUP_NAMES.get(group, group.name)


# -- s_client -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server():
    with our_server(**EVERYTHING) as server:
        yield server


def command(port, combination, *arguments):
    user = ["-sigalgs", combination.scheme.name]
    if combination.user:
        identity = pki.identity(combination.user)
        user = ["-cert", str(identity.chain_path), "-key", str(identity.key_path)]
        user += ["-cert_chain", str(pki.pem_path("intermediate"))]
    return s_client(
        port, "-servername", NAME, "-verify_hostname", NAME,
        "-ciphersuites", combination.suite.name, "-groups", name_of(combination.group),
        *user, *arguments, version="-tls1_3",
    )  # fmt: skip


@every_combination
def test_s_client_completes_a_handshake_with_our_server(server, combination, tmp_path):
    keys = tmp_path / "keys"
    words = "-ign_eof", "-keylogfile", str(keys)
    assert "ping" in converse(command(server.port, combination, *words))
    visit = server.visit()
    assert visit.problem is None
    check(combination, visit.trace, visit.completed, keys.read_text())
    check_user(combination, visit.completed)


@every_suite
def test_s_client_goes_on_with_a_ticket_of_our_server(server, combination, tmp_path):
    session, keys = str(tmp_path / "session"), tmp_path / "keys"
    common = "-ign_eof", "-keylogfile", str(keys)
    converse(command(server.port, combination, *common, "-sess_out", session))
    converse(command(server.port, combination, *common, "-sess_in", session))
    visits = server.visit(), server.visit()
    assert [visit.completed.resumed for visit in visits] == [False, True]
    for visit in visits:
        check(combination, visit.trace, visit.completed, keys.read_text())


class OurServer:
    """Our server for one s_client, one step at a time."""

    def __init__(self, tmp_path):
        self.log, self.keys = tmp_path / "log", tmp_path / "keys"
        self.words = ["-keylogfile", str(self.keys)]

    def meets(self, combination, *words, steps, shares=True, **config):
        """steps(line, program): what happens after the handshake."""
        with listening() as listener:
            called = command(listener.port, combination, *self.words, *words)
            if "-keymatexport" in words:
                called.remove("-quiet")
            with running(called, self.log, stdin=subprocess.PIPE) as program:
                with listener.accept(combination.our_server(**config)) as line:
                    outcome = line.handshake()
                    steps(line, program)
                    line.connection.close()
                    line.flush()
                    program.stdin.close()
                assert program.wait(20) == 0, self.log.read_text()
        check(combination, line.trace, outcome, self.keys.read_text(), shares=shares)
        return line, outcome, self.log.read_text()


@pytest.fixture
def one_server(tmp_path):
    return OurServer(tmp_path)


def pingpong(line, program):
    """Data both ways."""
    tell(program, "ping\n")
    assert line.until_data(b"\n") == b"ping\n"
    line.send(b"pong\n")


@every_group
def test_our_server_asks_s_client_for_another_share(one_server, combination):
    first = "P-384" if combination.group is not NamedGroup.secp384r1 else "X25519"
    words = "-groups", f"{first}:{name_of(combination.group)}"
    line, _, shown = one_server.meets(combination, *words, steps=pingpong)
    assert was_retried(line.trace)
    assert "pong" in shown


@pytest.mark.parametrize("cookie", [False, True], ids=["without a cookie", "with a cookie"])
def test_our_server_asks_every_s_client_again(one_server, cookie):
    combination = Combination(group=NamedGroup.secp256r1)
    words = "-groups", "X25519:P-256"
    line, *_ = one_server.meets(combination, *words, steps=pingpong, retry=True, cookie=cookie)
    (request,) = line.trace.messages("hello_retry_request")
    assert any("cookie" in span.path for span in request.spans) is cookie


@pytest.mark.parametrize("mode", PskKeyExchangeMode.__members__.values())
def test_s_client_and_our_server_share_a_key(one_server, mode):
    with_shares = mode is PskKeyExchangeMode.psk_dhe_ke
    words = () if with_shares else ("-allow_no_dhe_kex",)
    line, outcome, shown = one_server.meets(
        Combination(),
        *PSK_WORDS,
        *words,
        steps=pingpong,
        shares=with_shares,
        psks=(PSK,),
        psk_modes=(mode,),
    )
    assert outcome.resumed
    assert agreed(line.trace, "psk") == "external"
    assert "pong" in shown


def test_our_server_exports_what_s_client_exports(one_server):
    exported = []

    def steps(line, program):
        exported.append(line.connection.export_keying_material(LABEL.encode(), 32))
        pingpong(line, program)

    words = "-keymatexport", LABEL, "-keymatexportlen", "32"
    *_, shown = one_server.meets(Combination(), *words, steps=steps)
    assert f"Keying material: {exported[0].hex().upper()}" in shown


@pytest.mark.parametrize("letter", ["K", "k"])
def test_s_client_updates_its_keys_and_may_ask_for_ours(one_server, letter):
    def steps(line, program):
        # It tells us with the next data; a letter is read alone.
        tell(program, f"{letter}\n")
        said(program, one_server.log, "KEYUPDATE")
        pingpong(line, program)
        line.connection.update_keys(request_peer=True)
        line.send(b"again\n")
        said(program, one_server.log, "again")
        tell(program, "well\n")
        line.until(KeysUpdated, 2)

    line, _, shown = one_server.meets(Combination(), steps=steps)
    assert "again" in shown
    assert line.trace.value("client_application_traffic_secret_2")
    names = {event.name for event in line.trace.of(SecretDerived)}
    assert ("server_application_traffic_secret_2" in names) is (letter == "K")


@pytest.mark.parametrize("user", ["client-rsa", "client-ecdsa"])
def test_s_client_says_who_it_is_after_the_handshake(one_server, user):
    def steps(line, program):
        line.connection.request_certificate()
        line.send(b"who?\n")
        line.until(ClientAuthenticated)

    later = {"client_authentication": ClientAuthentication.LATER}
    combination = Combination(user=user)
    line, outcome, _ = one_server.meets(combination, "-enable_pha", steps=steps, **later)
    assert outcome.peer_certificates == ()
    assert line.of(ClientAuthenticated)[0].peer_certificates == (
        pki.identity(user).certificate_chain
    )


@pytest.mark.parametrize("answer", ["accepted", "refused", "asked again"])
def test_early_data_of_s_client(one_server, answer, tmp_path):
    session, words = str(tmp_path / "session"), tmp_path / "words"
    words.write_bytes(EARLY)
    config = {"ticket_keys": ticket_keys(), "max_early_data_size": 1000}
    one_server.meets(Combination(), "-sess_out", session, steps=pingpong, **config)
    combination = Combination()
    if answer == "refused":
        config["max_early_data_size"] = 0
    elif answer == "asked again":
        combination = Combination(group=NamedGroup.secp256r1)
    line, outcome, _ = one_server.meets(
        combination,
        *("-sess_in", session, "-early_data", str(words), "-groups", "X25519:P-256"),
        steps=pingpong,
        **config,
    )
    accepted = answer == "accepted"
    assert outcome.resumed
    assert outcome.early_data_accepted is accepted
    assert line.early_data == (EARLY if accepted else b"")
    assert was_retried(line.trace) is (answer == "asked again")
    check_secrets(line.trace, one_server.keys.read_text(), early=accepted)


def test_our_server_takes_early_data_with_a_ticket_once(one_server, tmp_path):
    session, words = str(tmp_path / "session"), tmp_path / "words"
    words.write_bytes(EARLY)
    config = {"ticket_keys": ticket_keys(), "max_early_data_size": 1000}
    config["anti_replay"] = AntiReplay()
    one_server.meets(Combination(), "-sess_out", session, steps=pingpong, **config)
    for accepted in (True, False):
        sent = "-sess_in", session, "-early_data", str(words)
        line, outcome, _ = one_server.meets(Combination(), *sent, steps=pingpong, **config)
        assert (outcome.resumed, outcome.early_data_accepted) == (True, accepted)
        assert line.early_data == (EARLY if accepted else b"")


# -- s_server -----------------------------------------------------------------------------------


def s_server(directory, *arguments, labels=("server-ecdsa",)):
    certificate, other = [pem_files(label, directory) for label in (*labels, *labels)[:2]]
    intermediate = str(pki.pem_path("intermediate"))
    words = ["-cert", str(certificate[0]), "-key", str(certificate[1]), "-cert_chain", intermediate]
    if len(labels) > 1:
        words += ["-dcert", str(other[0]), "-dkey", str(other[1]), "-dcert_chain", intermediate]
    return [
        *("openssl", "s_server", "-accept", "127.0.0.1:0", "-tls1_3", *words),
        *("-CAfile", str(pki.pem_path("root")), *arguments),
    ]


def port_of(process, log):
    return int(said(process, log, r"ACCEPT \S*:(\d+)")[1])


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """s_servers with a page of what they saw, by whose certificate they have, and a key log."""
    directory = tmp_path_factory.mktemp("s_server")
    keys, ports = directory / "keys", {}
    with ExitStack() as stack:
        for number, labels in enumerate((SERVERS[:2], SERVERS[2:3], SERVERS[3:])):
            log = directory / f"log{number}"
            words = ["-www", "-keylogfile", str(keys), "-verify", "3", "-verify_return_error"]
            words += ["-groups", ":".join(map(name_of, GROUPS))]
            called = s_server(directory, *words, labels=labels)
            process = stack.enter_context(running(called, log))
            ports |= dict.fromkeys(labels, port_of(process, log))
        yield ports, keys


def page_of(pages, combination, again="", **config):
    """A connection of our client with one of the pages: what came of it, and the page."""
    ports, keys = pages
    with dialed(ports[combination.server], combination.client(again, **config)) as line:
        outcome = line.handshake()
        line.send(GET)
        page = line.rest().decode("utf-8", "replace")
    return line, outcome, page, keys.read_text()


@every_combination
def test_our_client_completes_a_handshake_with_s_server(pages, combination):
    line, outcome, page, keys = page_of(pages, combination)
    check(combination, line.trace, outcome, keys)
    assert outcome.peer_certificates[0] == credential_of(combination.server).certificate_chain[0]
    assert f"New, TLSv1.3, Cipher is {combination.suite.name}" in page
    who = "no client certificate available"
    if combination.user:
        who = credential(combination.user).leaf.public_bytes(Encoding.PEM).decode()
    assert who in page


@every_group
def test_our_client_sends_s_server_the_share_that_it_asks_for(pages, combination):
    line, outcome, _, keys = page_of(pages, combination, key_shares=())
    assert was_retried(line.trace)
    check(combination, line.trace, outcome, keys)


@every_suite
def test_our_client_goes_on_with_each_ticket_of_s_server(pages, combination):
    first, outcome, *_ = page_of(pages, combination)
    assert not outcome.resumed
    assert len(first.sessions) == 2
    for number, session in enumerate(first.sessions):
        again = {"again": f" {number}", "session": session}
        line, outcome, page, keys = page_of(pages, combination, **again)
        assert outcome.resumed
        assert f"Reused, TLSv1.3, Cipher is {combination.suite.name}" in page
        check(combination, line.trace, outcome, keys)


class TheirServer:
    """s_server for one client, one step at a time."""

    def __init__(self, tmp_path):
        self.directory, self.log, self.keys = tmp_path, tmp_path / "log", tmp_path / "keys"

    @contextmanager
    def runs(self, *words):
        called = s_server(self.directory, "-keylogfile", str(self.keys), *words)
        with running(called, self.log, stdin=subprocess.PIPE) as self.process:
            self.port = port_of(self.process, self.log)
            yield self

    @contextmanager
    def meets(self, combination, again="", shares=True, **config):
        with dialed(self.port, combination.client(again, **config)) as line:
            outcome = line.handshake()
            yield line
            line.connection.close()
            line.flush()
        check(combination, line.trace, outcome, self.keys.read_text(), shares=shares)

    def says(self, text):
        return said(self.process, self.log, text)

    def pingpong(self, line):
        """Data both ways."""
        line.send(b"ping\n")
        self.says("ping")
        tell(self.process, "pong\n")
        assert line.until_data(b"pong\n")


@pytest.fixture
def their_server(tmp_path):
    return TheirServer(tmp_path)


@pytest.mark.parametrize("mode", PskKeyExchangeMode.__members__.values())
def test_our_client_and_s_server_share_a_key(their_server, mode):
    with_shares = mode is PskKeyExchangeMode.psk_dhe_ke
    words = () if with_shares else ("-allow_no_dhe_kex",)
    how = {"psk": PSK, "psk_modes": (mode,), "shares": with_shares}
    with (
        their_server.runs(*PSK_WORDS, *words) as server,
        server.meets(Combination(), **how) as line,
    ):
        server.pingpong(line)
        assert line.of(tlslab.HandshakeCompleted)[0].resumed
        assert agreed(line.trace, "psk") == "external"


def test_our_client_exports_what_s_server_exports(their_server):
    words = "-keymatexport", LABEL, "-keymatexportlen", "32"
    with their_server.runs(*words) as server, server.meets(Combination()) as line:
        exported = line.connection.export_keying_material(LABEL.encode(), 32)
        server.says(f"Keying material: {exported.hex().upper()}")


@pytest.mark.parametrize("letter", ["K", "k"])
def test_s_server_updates_its_keys_and_may_ask_for_ours(their_server, letter):
    with their_server.runs() as server, server.meets(Combination()) as line:
        tell(server.process, f"{letter}\n")
        line.until(KeysUpdated)
        server.pingpong(line)
        line.connection.update_keys(request_peer=True)
        line.send(b"again\n")
        server.says("again")
        tell(server.process, "well\n")
        line.until_data(b"well\n")
        assert len(line.of(KeysUpdated)) == 2
    names = {event.name for event in line.trace.of(SecretDerived)}
    assert ("client_application_traffic_secret_2" in names) is (letter == "K")


@pytest.mark.parametrize("user", ["client-rsa", "client-ecdsa"])
def test_our_client_tells_s_server_who_it_is_after_the_handshake(their_server, user):
    config = {"post_handshake_auth": True}
    with their_server.runs() as server, server.meets(Combination(user=user), **config) as line:
        tell(server.process, "c\n")
        while not line.trace.messages("finished")[2:]:
            line.turn()
        server.says("depth=0 .*learner")
        server.pingpong(line)


@pytest.mark.parametrize("answer", ["accepted", "a replay", "refused"])
def test_early_data_of_our_client(their_server, answer):
    words = () if answer == "refused" else ("-early_data",)
    sent = {"early_data": EARLY}
    limits = "-max_early_data", "1000"
    with their_server.runs(*words, *limits) as server:
        with server.meets(Combination()) as first:
            server.pingpong(first)
        session = first.sessions[0]
        times = 2 if answer == "a replay" else 1
        for number in range(times):
            with server.meets(Combination(), f" {number}", session=session, **sent) as line:
                if answer == "accepted":
                    server.says(EARLY.decode().strip())
                server.pingpong(line)
            (outcome,) = line.of(tlslab.HandshakeCompleted)
    assert outcome.early_data_accepted is (answer == "accepted")
    assert outcome.resumed is (answer != "a replay")
    check_secrets(line.trace, server.keys.read_text(), early=answer == "accepted")


def test_s_server_fills_its_records(their_server):
    with (
        their_server.runs("-record_padding", "512") as server,
        server.meets(Combination(), record_padding=512) as line,
    ):
        server.pingpong(line)
    data = [each for each in line.trace.of(Record) if each.content_type == "application_data"]
    assert {each.sender for each in data} == {"client", "server"}
    # The tag comes on top of a filled record.
    assert {len(each.raw) - RECORD_HEADER_LENGTH - TAG_LENGTH for each in data} == {512}
