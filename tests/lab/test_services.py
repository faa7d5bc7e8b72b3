"""The three calls of notebook 00: real messages of HTTP and DNS, over a handshake with OpenSSL."""

import shutil
import subprocess

import pytest

from tlslab.capture import save_pcapng
from tlslab.lab import services


@pytest.mark.parametrize(
    ("call", "value"),
    [
        (services.https_page, services.PAGE),
        (services.json_api, {"apples": 3}),
        (services.dns_over_tls, "192.0.2.80"),
        (lambda: services.json_api("/prices/plums"), {"plums": None}),
        (lambda: services.dns_over_tls("nobody.tlslab.test"), None),
    ],
)
def test_each_call_gets_its_answer_over_a_handshake(call, value):
    done = call()
    assert done.value == value
    assert done.live.completed
    assert done.live.peer == "OpenSSL"
    assert done.live.peer_received == done.live.sent
    assert repr(done).startswith(f"{done.what}: {value!r}\n  our client with OpenSSL, completed")


@pytest.mark.peer
def test_tshark_reads_what_was_said_in_them(tmp_path):
    program = shutil.which("tshark")
    if not program:
        pytest.skip("tshark is not installed")

    def fields(call, port, *names):
        path = save_pcapng(call.trace, tmp_path / "call.pcapng")
        command = [program, "-r", str(path), "-T", "fields", "-d", f"tls.port==443,{port}"]
        command += [part for name in names for part in ("-e", name)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    http = fields(services.json_api(), "http", "http.request.uri", "http.response.code")
    assert http == ["/prices/apples", "200"]
    dns = fields(services.dns_over_tls(), "dns", "dns.qry.name", "dns.a")
    assert dns == ["www.example.tlslab.test", "www.example.tlslab.test", "192.0.2.80"]
