"""Our client of TLS 1.3 with `openssl s_server`."""

import subprocess
from contextlib import ExitStack, contextmanager

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from in_memory import credential
from lines import dialed
from programs import needs_openssl, running, said, tell
from tls13_combinations import (
    EARLY,
    GROUPS,
    LABEL,
    PSK,
    SERVERS,
    Combination,
    agreed,
    check,
    check_secrets,
    credential_of,
    every_combination,
    every_group,
    every_suite,
    openssl_group,
    pem_files,
    was_retried,
)

import tlslab
from tlslab.connection.context import KeysUpdated
from tlslab.lab import pki
from tlslab.trace import Record, SecretDerived
from tlslab.wire.framing import RECORD_HEADER_LENGTH
from tlslab.wire.registry import PskKeyExchangeMode

pytestmark = [pytest.mark.peer, needs_openssl]

GET = b"GET / HTTP/1.0\r\n\r\n"
PSK_WORDS = ("-psk_identity", PSK.identity.decode(), "-psk", PSK.key.hex())
TAG_LENGTH = 16


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
            words += ["-groups", ":".join(map(openssl_group, GROUPS))]
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
