"""The server under bad company: each connection is bounded, and none disturbs another."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

import tlslab as library
from tlslab.cli.applications import Echo
from tlslab.connection.config import system_random
from tlslab.connection.session import TicketKeys
from tlslab.lab.configs import client_config, server_config
from tlslab.lab.dialing import Conversation, dial
from tlslab.lab.dialing import Limits as Patience
from tlslab.lab.serving import Server, in_background
from tlslab.lab.visits import HandshakeTrace, Limits, Observer, TooSlow, Visit
from tlslab.lab.www import Www

ROOT = Path(__file__).parents[2]
PATIENCE = 20.0
SUITE = "TLS_RSA_WITH_AES_128_GCM_SHA256"
TLS13 = "TLS_AES_128_GCM_SHA256"
each_version = pytest.mark.parametrize("suite", [SUITE, TLS13], ids=["TLS 1.2", "TLS 1.3"])
# Patient in everything; a test that wants a limit shortens that one alone.
PATIENT = Limits(
    handshake=PATIENCE, idle=PATIENCE, conversation=PATIENCE, write=PATIENCE, closing=0.2
)


class Watcher(Observer):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.visits: list[Visit] = []
        self.refusals: list[str] = []

    def refused(self, peer: str, limit: int) -> None:
        self.refusals.append(peer)

    def ended(self, visit: Visit) -> None:
        self.visits.append(visit)

    def wait(self, number: int, problem: type = object) -> list[Visit]:
        """Wait until so many connections are over, with a problem of this kind."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            visits = [visit for visit in self.visits if isinstance(visit.problem, problem)]
            if len(visits) >= number:
                return visits
            time.sleep(0.01)
        raise AssertionError(f"{number} visits with {problem} were expected: {self.visits}")

    def problems(self, number: int) -> list[str]:
        return [str(visit.problem) for visit in self.wait(number)]


@contextlib.contextmanager
def server(
    application: Any = Echo,
    *,
    suite: str = SUITE,
    options: dict[str, Any] | None = None,
    **limits: Any,
) -> Iterator[tuple[tuple[str, int], Watcher]]:
    watcher = Watcher()
    config = server_config(suite=suite, **(options or {}))
    made = Server(config, application, watcher, replace(PATIENT, **limits))
    with in_background(made) as address:
        yield address, watcher


@contextlib.contextmanager
def client(address: tuple[str, int], **config: Any) -> Iterator[Conversation]:
    """A good client, its handshake complete."""
    with dial(*address) as line:
        conversation = Conversation(
            line,
            library.client(client_config(**config)),
            Patience(connect=PATIENCE, handshake=PATIENCE),
        )
        conversation.handshake()
        yield conversation
        conversation.close()


def echoed(conversation: Conversation, data: bytes) -> bytes:
    """Send `data` and wait for as many bytes to come back."""
    conversation.send(data)
    received = bytearray()
    for piece in conversation.receive(PATIENCE):
        received += piece
        if len(received) >= len(data):
            break
    return bytes(received)


def raw(address: tuple[str, int]) -> socket.socket:
    line = socket.create_connection(address)
    line.settimeout(PATIENCE)
    return line


def until_closed(line: socket.socket) -> bytes:
    received = b""
    with contextlib.suppress(ConnectionError):
        while data := line.recv(65536):
            received += data
    return received


def client_hello(suite: str = SUITE) -> bytes:
    return library.client(client_config(seed=1, suite=suite)).data_to_send()


# --- bounded in time


def test_a_silent_peer_is_shown_the_door() -> None:
    with server(handshake=0.5) as (address, watcher), raw(address) as line:
        until_closed(line)
        assert watcher.problems(1) == [
            "no complete handshake after 0.5 s, still in WaitClientHello"
        ]


def test_a_peer_that_gives_a_byte_at_a_time_has_no_more_time_than_others() -> None:
    with server(handshake=0.5) as (address, watcher), raw(address) as line:
        with contextlib.suppress(ConnectionError):
            for byte in client_hello():
                line.send(bytes([byte]))
                time.sleep(0.05)
        assert watcher.problems(1) == [
            "no complete handshake after 0.5 s, still in WaitClientHello"
        ]


@pytest.mark.parametrize(
    ("suite", "state"), [(SUITE, "WaitClientKeyExchangeRSA"), (TLS13, "WaitFinished")]
)
def test_a_peer_that_stops_in_the_middle_of_the_handshake_has_no_more_time_either(
    suite: str, state: str
) -> None:
    with server(suite=suite, handshake=0.5) as (address, watcher), raw(address) as line:
        line.send(client_hello(suite))
        assert until_closed(line)
        assert watcher.problems(1) == [f"no complete handshake after 0.5 s, still in {state}"]


@each_version
def test_silence_after_the_handshake_ends_the_connection_with_close_notify(suite: str) -> None:
    with (
        server(suite=suite, idle=0.5) as (address, watcher),
        client(address, suite=suite) as conversation,
    ):
        assert list(conversation.receive(PATIENCE)) == []
        assert conversation.peer_closed
        assert watcher.problems(1) == ["no data for 0.5 s"]


@each_version
def test_a_conversation_without_end_is_ended(suite: str) -> None:
    with (
        server(suite=suite, conversation=1.0) as (address, watcher),
        client(address, suite=suite) as conversation,
    ):
        with contextlib.suppress(library.TLSError, OSError, library.LocalError):
            while not conversation.peer_closed:
                echoed(conversation, b"still here")
                time.sleep(0.1)
        assert watcher.problems(1) == ["not finished 1 s later"]


def test_a_peer_that_never_reads_is_not_waited_for() -> None:
    # Nothing is buffered beyond the limit: the echo stops reading while it cannot write.
    with server(write=0.5) as (address, watcher), client(address) as conversation:
        data = bytes(2**16)
        line = conversation._line
        line.settimeout(0.2)
        sent = 0
        with contextlib.suppress(OSError):
            while sent < 2**30:
                conversation.connection.send(data)
                line.sendall(conversation.connection.data_to_send())
                sent += len(data)
        assert sent < 2**26
        assert watcher.problems(1) == ["did not take what was sent for 0.5 s"]


# --- bounded in memory and number


def test_a_message_that_never_ends_is_refused_and_not_kept() -> None:
    header = b"\x16\x03\x01\x40\x00"
    with server() as (address, watcher), raw(address) as line:
        with contextlib.suppress(ConnectionError):
            line.sendall(header + b"\x01\xff\xff\xff" + bytes(2**14 - 4))
            for _ in range(256):
                line.sendall(header + bytes(2**14))
        (visit,) = watcher.wait(1)
        assert "longer than any reason" in str(visit.problem)
        assert len(visit.trace) < 8


def test_a_trace_is_bounded_however_long_the_messages_are() -> None:
    trace = HandshakeTrace()
    calls: list[int] = []

    def annotate() -> tuple[Any, ...]:
        calls.append(1)
        return ()

    for _ in range(1000):
        trace.message("client", "client_hello", bytes(2**16), annotate, bytes, (), "none")
    assert not calls
    assert len(trace) <= 4
    for _ in range(1000):
        trace.state_entered("Connected")
    assert len(trace) == 256
    assert trace.dropped > 0


def test_one_connection_too_many_is_closed_at_once_and_those_before_live_on() -> None:
    with server(connections=2) as (address, watcher), client(address) as first:
        with client(address) as second:
            with raw(address) as third:
                assert until_closed(third) == b""
            assert len(watcher.refusals) == 1
            assert echoed(first, b"one") == b"one"
            assert echoed(second, b"two") == b"two"
        watcher.wait(1)
        with client(address) as fourth:
            assert echoed(fourth, b"there is room again") == b"there is room again"


# --- one bad peer never disturbs another


def flood(line: socket.socket) -> None:
    while True:
        line.sendall(os.urandom(2**16))


def flood_with_records(line: socket.socket) -> None:
    line.sendall(client_hello())
    while True:
        line.sendall((b"\x17\x03\x03\x40\x00" + bytes(2**14)) * 4)


def dribble(line: socket.socket) -> None:
    for byte in client_hello():
        line.sendall(bytes([byte]))
        time.sleep(0.02)


def leave(line: socket.socket) -> None:
    line.sendall(client_hello())
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    line.close()


def be_silent(line: socket.socket) -> None:
    until_closed(line)


def talk_http(line: socket.socket) -> None:
    line.sendall(b"GET / HTTP/1.1\r\n\r\n")
    until_closed(line)


BAD_PEERS = (flood, flood_with_records, dribble, leave, be_silent, talk_http)


def test_a_good_peer_is_served_among_bad_ones() -> None:
    stop = threading.Event()

    def be_bad(behave: Callable[[socket.socket], None], address: tuple[str, int]) -> None:
        while not stop.is_set():
            with contextlib.suppress(OSError), raw(address) as line:
                behave(line)
            time.sleep(0.01)

    data = os.urandom(2**20)
    with server(handshake=1.0) as (address, watcher):
        threads = [threading.Thread(target=be_bad, args=(bad, address)) for bad in BAD_PEERS]
        with client(address) as early:
            for thread in threads:
                thread.start()
            try:
                watcher.wait(20)
                watcher.wait(2, TooSlow)
                with client(address) as late:
                    assert echoed(early, data) == data
                    assert echoed(late, data) == data
            finally:
                stop.set()
                for thread in threads:
                    thread.join()
        problems = {type(visit.problem).__name__ for visit in watcher.visits}
        assert "ProtocolError" in problems
        # Whatever they tried, none of it was a mistake of the server's.
        assert problems <= {
            "ProtocolError",
            "Truncated",
            "TooSlow",
            "ConnectionResetError",
            "BrokenPipeError",
            "NoneType",
        }


def test_what_one_connection_does_wrong_in_the_server_is_its_own_matter() -> None:
    class Broken(Echo):
        def received(self, data: bytes) -> bytes:
            raise ZeroDivisionError("a mistake")

    def application(visit: Visit) -> Echo:
        return Broken(visit) if visit.number == 1 else Echo(visit)

    with server(application=application) as (address, watcher):
        with client(address) as first:
            first.send(b"x")
            assert list(first.receive(PATIENCE)) == []
        with client(address) as second:
            assert echoed(second, b"y") == b"y"
        assert watcher.problems(1)[0] == "a mistake"


@pytest.mark.parametrize(("suite", "answered"), [(SUITE, []), (TLS13, [b"last words"])])
def test_what_came_before_close_notify_is_taken_and_answered_if_the_version_lets_an_answer_go(
    suite: str, answered: list[bytes]
) -> None:
    got: list[bytes] = []

    class Listener(Echo):
        def received(self, data: bytes) -> bytes:
            got.append(data)
            return data

    with (
        server(application=Listener, suite=suite) as (address, watcher),
        client(address, suite=suite) as conversation,
    ):
        conversation.connection.send(b"last words")
        conversation.close()
        (visit,) = watcher.wait(1)
        assert (got, visit.problem) == ([b"last words"], None)
        assert list(conversation.receive(0)) == answered
        assert conversation.connection.is_closed


def test_a_peer_that_only_listens_any_more_does_not_stay_for_ever() -> None:
    # In TLS 1.3 it may, but a server that has nothing to say has no reason to wait.
    with server(suite=TLS13) as (address, watcher), client(address, suite=TLS13) as conversation:
        conversation.connection.close()
        conversation._line.setblocking(True)
        conversation._line.sendall(conversation.connection.data_to_send())
        assert watcher.problems(1) == ["None"]


def test_early_data_reach_the_application_when_the_handshake_is_complete() -> None:
    memory = {"ticket_keys": TicketKeys(system_random), "max_early_data_size": 100}
    with server(suite=TLS13, options=memory) as (address, watcher):
        with client(address, suite=TLS13, resumption="ticket") as first:
            assert echoed(first, b"x") == b"x"
            session = first.session
        config = {"suite": TLS13, "session": session, "early_data": b"at once"}
        with client(address, **config) as second:
            assert next(second.receive(PATIENCE)) == b"at once"
        visits = watcher.wait(2)
        assert [visit.completed.early_data_accepted for visit in visits] == [False, True]


@pytest.mark.parametrize(
    ("user", "answers", "names"), [("rsa", True, 1), (None, True, 0), (None, False, None)]
)
def test_a_client_that_would_answer_is_asked_who_it_is_after_the_handshake(
    user: str | None, answers: bool, names: int | None
) -> None:
    asked: list[Visit] = []
    with server(suite=TLS13, options={"client_authentication": "later"}) as (address, watcher):
        watcher.authenticated = asked.append  # type: ignore[method-assign]
        config = {"suite": TLS13, "user": user, "post_handshake_auth": answers}
        with client(address, **config) as conversation:
            assert echoed(conversation, b"x") == b"x"
        (visit,) = watcher.wait(1)
        assert visit.problem is None
        assert len(asked) == (names is not None)
        if names is not None:
            assert visit.authenticated is not None
            assert len(visit.authenticated.peer_certificates[:1]) == names


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        (0, "has not said who it is after 0.5 s"),
        (2**17, "sent so much, and has not said who it is"),
    ],
)
def test_a_client_that_does_not_answer_is_not_waited_for_nor_listened_to_for_ever(
    sent: int, problem: str
) -> None:
    limits = {"handshake": 0.5} if not sent else {}
    with server(suite=TLS13, options={"client_authentication": "later"}, **limits) as made:
        address, watcher = made
        with client(address, suite=TLS13, post_handshake_auth=True) as conversation:
            # Without reading, so that its engine does not know that it was asked.
            conversation._line.setblocking(True)
            for _ in range(sent // 2**14):
                conversation.connection.send(bytes(2**14))
            conversation._line.sendall(conversation.connection.data_to_send())
            assert watcher.problems(1) == [problem]


def test_a_client_that_leaves_when_it_is_asked_may_leave() -> None:
    with server(suite=TLS13, options={"client_authentication": "later"}) as (address, watcher):
        with client(address, suite=TLS13, post_handshake_auth=True):
            pass
        (visit,) = watcher.wait(1)
        assert (visit.problem, visit.authenticated) == (None, None)


def test_a_request_that_never_ends_is_ended() -> None:
    with (
        server(lambda visit: Www(visit, False), conversation=1.0) as (address, watcher),
        client(address) as conversation,
    ):
        conversation.send(b"GET / HTTP/1.1\r\n")
        assert list(conversation.receive(PATIENCE)) == []
        assert watcher.problems(1) == ["not finished 1 s later"]


@pytest.mark.parametrize("suite", [SUITE, "TLS_RSA_WITH_NULL_SHA256", TLS13])
def test_a_mebibyte_goes_there_and_back(suite: str) -> None:
    data = os.urandom(2**20)
    with server(suite=suite) as (address, watcher):
        with client(address, suite=suite) as conversation:
            assert echoed(conversation, data) == data
        assert watcher.wait(1)[0].problem is None


@each_version
def test_a_connection_cut_after_the_handshake_is_noticed(suite: str) -> None:
    with (
        server(suite=suite) as (address, watcher),
        client(address, suite=suite) as conversation,
    ):
        assert echoed(conversation, b"x") == b"x"
        conversation._line.shutdown(socket.SHUT_WR)
        (problem,) = watcher.problems(1)
        assert problem.startswith("decode_error: the stream ended without close_notify (RFC ")


# --- the command


def test_connect_notices_that_the_reply_was_cut(tlslab: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def cut() -> None:
            line, _ = listener.accept()
            engine = library.server(server_config())
            with line:
                while not engine.is_connected:
                    engine.receive_data(line.recv(65536))
                    line.sendall(engine.data_to_send())
                engine.send(b"half a rep")
                line.sendall(engine.data_to_send())
                line.shutdown(socket.SHUT_WR)
                until_closed(line)

        thread = threading.Thread(target=cut)
        thread.start()
        result = tlslab(
            *("connect", f"localhost:{listener.getsockname()[1]}", "--suite", SUITE),
            *("--send", "request"),
        )
        thread.join()
    assert result.status == 1
    assert "\nhalf a rep\n" in result.out
    assert "after the handshake: truncated: the stream ended without close_notify" in result.err


def test_connect_says_so_if_it_is_no_tls_server(tlslab: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            line, _ = listener.accept()
            with line:
                line.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
                until_closed(line)

        thread = threading.Thread(target=greet)
        thread.start()
        result = tlslab("connect", f"127.0.0.1:{listener.getsockname()[1]}")
        thread.join()
    assert result.status == 1
    assert "no handshake: alert sent: unexpected_message" in result.err


def test_connect_escapes_what_comes_back(
    tlslab: Callable[..., Any], serving: Callable[..., Any]
) -> None:
    echo = serving("--echo", "--once")
    text = "\x1b]0;title\x07 \u202e\nsecond line"
    result = tlslab("connect", f"[::ffff:127.0.0.1]:{echo.port}", "--servername", "x")
    assert result.status == 1  # the lab's root vouches for no such address
    echo = serving("--echo", "--once")
    command = ("connect", f"127.0.0.1:{echo.port}", "--send", text, "--wait", "0.2")
    result = tlslab(*command)
    assert result.status == 0
    assert "\\x1b]0;title\\x07 \\u202e\nsecond line\n" in result.out
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", result.out)


def test_no_line_of_connect_is_longer_than_a_terminal(
    tlslab: Callable[..., Any], serving: Callable[..., Any]
) -> None:
    echo = serving("--echo", "--once", "--alpn", "lab")
    command = ("connect", f"localhost:{echo.port}", "--send", "hi", "--wait", "0.1")
    result = tlslab(*command, "--alpn", "lab")
    assert result.status == 0
    assert max(len(line) for line in result.out.splitlines()) <= 100


def test_serve_prints_what_it_gets_with_a_mark_on_every_line(
    tlslab: Callable[..., Any], serving: Callable[..., Any]
) -> None:
    server = serving("--once")
    forged = "first\n[2] 127.0.0.1:1: handshake completed\x1b[0m"
    command = ("connect", f"127.0.0.1:{server.port}", "--send", forged, "--wait", "0")
    assert tlslab(*command).status == 0
    result = server.ended()
    assert (result.status, result.err) == (0, "")
    assert re.fullmatch(
        r"tlslab is listening on 127\.0\.0\.1:\d+, for learning only; Ctrl-C ends it\n"
        r"\[1\] 127\.0\.0\.1:\d+: handshake completed, TLS 1\.3, TLS_AES_128_GCM_SHA256\n"
        r"\[1\] > first\n"
        r"\[1\] > \[2\] 127\.0\.0\.1:1: handshake completed\\x1b\[0m\n",
        result.out,
    )


def test_hostile_names_are_escaped_on_the_server_s_terminal(serving: Callable[..., Any]) -> None:
    server = serving("--alpn", "good", "--suite", SUITE)
    # No certificate verifier would take a hostile name, so this client takes any certificate.
    primitives = library.Primitives().using(
        verify_chain=lambda chain, *_: x509.load_der_x509_certificate(chain[0])
    )
    for alpn in (b"\x1b[2Jbad\n", b"good"):
        config = replace(
            client_config(alpn=(alpn,), primitives=primitives, suite=SUITE),
            server_name="\x1b[31m\n.wild.tlslab.test",
        )
        with dial("127.0.0.1", server.port) as line:
            conversation = Conversation(line, library.client(config))
            with contextlib.suppress(library.AlertReceived):
                conversation.handshake()
            conversation.close()
    lines = server.lines("handshake", 2)
    assert "no_application_protocol" in lines[0]
    assert r"\x1b[2Jbad\n" in lines[0]
    assert r"server name \x1b[31m\n.wild.tlslab.test, protocol good" in lines[1]
    assert "\x1b" not in server.log.read_text()
    assert server.stop().status == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_says_goodbye_to_everybody_and_ends_with_status_0(
    serving: Callable[..., Any], number: signal.Signals
) -> None:
    server = serving("--echo", "--suite", SUITE)
    address = ("127.0.0.1", server.port)
    with client(address) as conversation, raw(address):
        assert echoed(conversation, b"x") == b"x"
        server.popen.send_signal(number)
        assert list(conversation.receive(PATIENCE)) == []
        assert conversation.peer_closed
    result = server.ended()
    assert (result.status, result.err) == (0, "")


def test_ctrl_c_before_the_one_connection_came_is_status_130(serving: Callable[..., Any]) -> None:
    result = serving("--once").stop()
    assert (result.status, result.err) == (130, "")


def test_once_takes_no_second_connection(serving: Callable[..., Any]) -> None:
    server = serving("--once", "--suite", SUITE)
    address = ("127.0.0.1", server.port)
    with client(address), pytest.raises(ConnectionRefusedError):
        raw(address)
    assert server.ended().status == 0


def test_a_host_beyond_loopback_is_warned_about(serving: Callable[..., Any]) -> None:
    result = serving("--host", "0.0.0.0").stop()
    assert result.status == 0
    assert "warning: 0.0.0.0 can be reached from other machines" in result.err
    assert serving("--host", "localhost").stop().err == ""


def test_ctrl_c_ends_connect_with_close_notify_and_status_130(
    serving: Callable[..., Any], spawn: Callable[..., Any]
) -> None:
    server = serving("--once", "--echo")
    address = f"127.0.0.1:{server.port}"
    command = (sys.executable, "-m", "tlslab", "connect", address, "--send", "hi", "--wait", "600")
    process = spawn(*command)
    process.wait_for("What came back:\n\nhi")
    result = process.stop()
    assert (result.status, result.err) == (130, "interrupted\n")
    # Nothing was cut: the server saw the end.
    assert server.ended().status == 0


@pytest.mark.skipif(os.name != "posix", reason="needs pipes that tell the writer of their end")
def test_a_reader_who_leaves_ends_the_command_without_a_traceback(
    serving: Callable[..., Any],
) -> None:
    server = serving("--echo")
    command = [sys.executable, "-m", "tlslab", "connect", f"127.0.0.1:{server.port}"]
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as out:
        result = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, cwd=ROOT)
    assert (result.returncode, result.stderr) == (1, b"")
    assert server.stop().status == 0
