"""A server in the background: the program openssl and a browser complete a handshake with it."""

import shutil
import socket
import time

import pytest

import tlslab
from tlslab import lab
from tlslab.lab import visitable
from tlslab.lab.dialing import Conversation, dial
from tlslab.primitives import REFERENCE


def visits(server, count):
    """The visits, as soon as there are as many."""
    end = time.monotonic() + 10
    while len(server.visits.rows) < count and time.monotonic() < end:
        time.sleep(0.02)
    return [row[1] for row in server.visits.rows]


@pytest.mark.peer
@pytest.mark.parametrize("suite", ["TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_NULL_SHA256"])
def test_s_client_completes_a_handshake_on_the_functions_given(suite):
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    called = []

    def prf(*arguments):
        called.append(arguments)
        return REFERENCE.prf(*arguments)

    with lab.open_server(primitives=REFERENCE.using(prf=prf), suite=suite) as server:
        said = repr(lab.s_client(server))
        assert visits(server, 1) == [f"TLS 1.2, {suite}"]
    assert "Verify return code: 0 (ok)" in said
    assert "Verified peername: server.tlslab.test" in said
    assert called


@pytest.mark.peer
def test_s_client_and_a_browser_come_with_tls13(browser):
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    agreed = "TLS 1.3, TLS_AES_128_GCM_SHA256"
    with lab.open_server(version="TLS 1.3") as server:
        said = repr(lab.s_client(server))
        assert visits(server, 1) == [agreed]
        assert "Verify return code: 0 (ok)" in said
        assert "-tls1_3" in said
        context = browser.new_context(ignore_https_errors=True)
        page = context.new_page()
        page.goto(server.url)
        assert "TLS_AES_128_GCM_SHA256" in page.inner_text("body")
        context.close()
        assert agreed in visits(server, 2)[1:]


@pytest.mark.peer
@pytest.mark.parametrize("once", [True, False])
def test_s_client_sends_the_same_early_data_twice(once):
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    options = {"version": "TLS 1.3", "resumption": "ticket", "max_early_data_size": 100}
    with lab.open_server(**options, anti_replay=once) as server:
        said = lab.s_client_twice(server, b"GET /early HTTP/1.0\r\n\r\n")
        assert len(visits(server, 3)) == 3
    told = [line for line in said.lines if line.startswith("Early")]
    second = "rejected" if once else "accepted"
    assert told == ["Early data was accepted", f"Early data was {second}"]
    assert sum(line.startswith("Reused, TLSv1.3") for line in said.lines) == 2


def test_without_the_program_nothing_is_sent(monkeypatch):
    monkeypatch.setattr(visitable, "which", lambda name: None)
    with lab.open_server(version="TLS 1.3") as server:
        assert "not on this machine" in repr(lab.s_client_twice(server, b"GET / HTTP/1.0"))


@pytest.mark.peer
def test_s_client_shows_the_alert_of_a_function_that_is_wrong():
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    wrong = REFERENCE.using(verify_data=lambda *arguments: bytes(12))
    with lab.open_server(primitives=wrong) as server:
        assert "decrypt error" in repr(lab.s_client(server))
        assert "decrypt_error" in visits(server, 1)[0]


@pytest.mark.peer
@pytest.mark.parametrize("user", ["rsa", "ecdsa"])
def test_s_client_says_who_it_is_where_the_server_asks(user):
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    suite = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
    with lab.open_server(suite=suite, client_authentication="required") as server:
        lab.s_client(server, user=user)
        assert visits(server, 1) == [f"TLS 1.2, {suite}, learner.tlslab.test"]
        assert "handshake failure" in repr(lab.s_client(server))
        assert "handshake_failure" in visits(server, 2)[1]


def test_a_visit_that_was_resumed_is_told():
    session = None
    with lab.open_server(resumption="ticket") as server:
        for resumed in (False, True):
            config = lab.client_config(resumption="ticket", session=session)
            with dial(server.host, server.port) as line:
                conversation = Conversation(line, tlslab.client(config))
                completed = conversation.handshake()
                conversation.close()
            assert completed.resumed is resumed
            session = completed.session
        assert [told.endswith(", resumed") for told in visits(server, 2)] == [False, True]


def test_early_data_and_who_the_client_said_it_was_later_are_told():
    request = b"GET / HTTP/1.0\r\n\r\n"
    common = {"version": "TLS 1.3", "resumption": "ticket"}
    more = {"max_early_data_size": 100, "client_authentication": "later"}
    first, again = {}, {}
    with lab.open_server(**common, **more) as server:
        for options in (first, again):
            config = lab.client_config(**common, user="rsa", post_handshake_auth=True, **options)
            with dial(server.host, server.port) as line:
                conversation = Conversation(line, tlslab.client(config))
                conversation.handshake()
                if not options:
                    conversation.send(request)
                assert b"200 OK" in b"".join(conversation.receive(10))
                conversation.close()
            again.update(session=conversation.session, early_data=request)
        who = "TLS 1.3, TLS_AES_128_GCM_SHA256, learner.tlslab.test"
        assert visits(server, 2) == [who, f"{who}, resumed, with early data"]


@pytest.mark.peer
def test_a_browser_completes_a_handshake_and_is_shown_the_page(browser):
    with lab.open_server() as server:
        context = browser.new_context(ignore_https_errors=True)
        page = context.new_page()
        page.goto(server.url)
        assert "TLS_RSA_WITH_AES_128_GCM_SHA256" in page.inner_text("body")
        context.close()
        assert "TLS 1.2, TLS_RSA_WITH_AES_128_GCM_SHA256" in visits(server, 1)


def test_it_listens_on_loopback_alone_and_no_longer_when_closed():
    server = lab.open_server()
    assert server.host == "127.0.0.1"
    assert repr(server) == f"<OpenServer: https://localhost:{server.port}/>"
    with socket.create_connection((server.host, server.port)):
        pass
    assert visits(server, 1)
    server.close()
    server.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((server.host, server.port), timeout=1)


def test_without_the_program_it_says_so(monkeypatch):
    monkeypatch.setattr(visitable, "which", lambda name: None)
    with lab.open_server() as server:
        assert "the program openssl is not on this machine" in repr(lab.s_client(server))
