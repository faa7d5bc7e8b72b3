"""A trace saved as a capture: tshark reads it, finds every record, and decrypts with what is in it."""

import shutil
import subprocess

import pytest

from tlslab import LocalError, capture, lab
from tlslab.trace import Trace


@pytest.fixture(scope="module")
def tshark():
    found = shutil.which("tshark")
    if not found:
        pytest.skip("tshark is not installed")

    def run(path, *options):
        command = [found, "-r", str(path), "-o", "ip.check_checksum:TRUE"]
        command += ["-o", "tcp.check_checksum:TRUE", *options]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    return run


@pytest.mark.peer
@pytest.mark.parametrize(
    "suite", ["TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_CBC_SHA"]
)
def test_tshark_opens_it_and_decrypts_with_the_secrets_inside(suite, tshark, tmp_path):
    request = b"GET /" + b"x" * 5000 + b" HTTP/1.1\r\nHost: server.tlslab.test\r\n\r\n"
    done = lab.handshake(seed=1, suite=suite, request=request)
    path = capture.save_pcapng(done.trace, tmp_path / "mine.pcapng")
    fields = ("-T", "fields", "-e", "http.request.uri", "-e", "tls.alert_message.desc")
    seen = tshark(path, *fields)
    assert "/" + "x" * 5000 in seen
    # close_notify can be read only by whoever has the keys.
    assert "0" in seen
    messages = tshark(path, "-T", "fields", "-e", "tls.handshake.type").split()
    assert ",".join(messages).split(",") == ["1", "2", "11", "14", "16", "20", "20"]


@pytest.mark.peer
def test_tshark_has_nothing_to_complain_of(tshark, tmp_path):
    path = capture.save_pcapng(lab.handshake(seed=2).trace, tmp_path / "mine.pcapng")
    assert tshark(path, "-Y", "_ws.expert.severity >= 0x600000") == ""
    assert tshark(path, "-Y", "tcp.checksum.status == 0 or ip.checksum.status == 0") == ""
    streams = tshark(path, "-T", "fields", "-e", "tcp.analysis.flags").split()
    assert streams == []


def test_the_same_trace_gives_the_same_bytes():
    once, again = (capture.pcapng(lab.handshake(seed=3).trace) for _ in range(2))
    assert once == again


def test_a_trace_with_nothing_in_it_is_refused(tmp_path):
    with pytest.raises(LocalError, match="has no record"):
        capture.save_pcapng(Trace("client"), tmp_path / "x.pcapng")
    assert not list(tmp_path.iterdir())


def test_a_trace_that_has_lost_events_is_refused():
    trace = lab.handshake(seed=1).trace
    trace.dropped = 3
    with pytest.raises(LocalError, match="has lost 3 events"):
        capture.pcapng(trace)
