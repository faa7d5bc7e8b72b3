"""Our server of TLS 1.3 with `openssl s_client`."""

import subprocess

import pytest
from in_memory import ticket_keys
from lines import listening
from programs import NAME, converse, needs_openssl, running, s_client, said, tell
from sockets import our_server
from tls13_combinations import (
    EARLY,
    EVERYTHING,
    LABEL,
    PSK,
    Combination,
    agreed,
    check,
    check_secrets,
    check_user,
    every_combination,
    every_group,
    every_suite,
    openssl_group,
    was_retried,
)

from tlslab.connection.config import ClientAuthentication
from tlslab.connection.context import ClientAuthenticated, KeysUpdated
from tlslab.connection.session import AntiReplay
from tlslab.lab import pki
from tlslab.trace import SecretDerived
from tlslab.wire.registry import NamedGroup, PskKeyExchangeMode

pytestmark = [pytest.mark.peer, needs_openssl]

PSK_WORDS = ("-psk_identity", PSK.identity.decode(), "-psk", PSK.key.hex())


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
        "-ciphersuites", combination.suite.name, "-groups", openssl_group(combination.group),
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
    words = "-groups", f"{first}:{openssl_group(combination.group)}"
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
