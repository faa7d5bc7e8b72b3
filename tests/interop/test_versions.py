"""Peers that speak one version or both, with our sides that speak one or both.

Who can do better says so in its random (RFC 8446 §4.1.3), and a peer that can do better, too, ends
the connection when it sees that.
"""

import json
import socket
import ssl
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from in_memory import changed, credential
from libssl import context_of, meet
from lines import PATIENCE, Line, dialed
from programs import (
    NAME,
    free_port,
    listens,
    needs,
    needs_gnutls_serv,
    needs_openssl,
    running,
    s_client,
    said,
)
from sockets import our_server
from tls13_combinations import ALL_TLS13_SUITES, Combination
from tlslite.api import HandshakeSettings, TLSConnection, X509CertChain, parsePEMKey

import tlslab
from tlslab.connection.negotiation import DOWNGRADE_TO_TLS12
from tlslab.lab import pki
from tlslab.lab.handshake import Ours, converse
from tlslab.lab.openssl_peer import OpenSSL
from tlslab.lab.options import SERVER_NAME
from tlslab.trace import Trace
from tlslab.wire.extensions import SupportedVersions
from tlslab.wire.framing import RECORD_HEADER_LENGTH
from tlslab.wire.hello import ClientHello
from tlslab.wire.registry import CipherSuite, NamedGroup, ProtocolVersion

V12, V13 = ProtocolVersion.TLSv1_2, ProtocolVersion.TLSv1_3
ECDHE = CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
GROUPS = (NamedGroup.x25519, NamedGroup.secp256r1)
GET = b"GET / HTTP/1.0\r\n\r\n"
HERE = Path(__file__).parent
# What each side speaks: suites are what makes ours able to.
SUITES = {
    (V12,): (ECDHE,),
    (V13,): ALL_TLS13_SUITES,
    (V12, V13): (*ALL_TLS13_SUITES, ECDHE),
}
CASES = [(ours, theirs) for ours in SUITES for theirs in SUITES]
every_case = pytest.mark.parametrize(
    ("ours", "theirs"),
    CASES,
    ids=[
        f"ours {'+'.join(v.title[4:] for v in o)} theirs {'+'.join(v.title[4:] for v in t)}"
        for o, t in CASES
    ],
)


def common(ours, theirs):
    """The version that has to come out; None if there is none."""
    return max(set(ours) & set(theirs), default=None)


def config_of(ours):
    return {
        "cipher_suites": SUITES[ours],
        "groups": GROUPS,
        "signature_schemes": tlslab.connection.config.DEFAULT_SCHEMES,
    }


def check_random(trace, ours, theirs):
    """The end of the server's random says that it could do better, if it could."""
    outcome = common(ours, theirs)
    server = ours if trace.role == "server" else theirs
    ends = trace.value("server_random").endswith(DOWNGRADE_TO_TLS12)
    assert ends is (outcome is V12 and V13 in server)


# -- Python's ssl, in memory --------------------------------------------------------------------


@every_case
@pytest.mark.parametrize("role", ["client", "server"])
def test_ssl(role, ours, theirs):
    if role == "server":
        context = ssl.create_default_context(cafile=str(pki.pem_path("root")))
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pki.server_ecdsa().chain_path, pki.server_ecdsa().key_path)
    context.minimum_version, context.maximum_version = (
        ssl.TLSVersion(min(theirs)),
        ssl.TLSVersion(max(theirs)),
    )
    trace = Trace(role)
    combination = Combination()
    if role == "client":
        we = Ours(tlslab.client(combination.client(**config_of(ours)), trace))
        they = OpenSSL(context, None)
        converse(we, they, b"ping", b"pong")
    else:
        we = Ours(tlslab.server(combination.our_server(**config_of(ours)), trace))
        they = OpenSSL(context, SERVER_NAME)
        converse(they, we, b"ping", b"pong")
    version = common(ours, theirs)
    if version is None:
        assert not we.completed
        assert not they.completed
        assert "protocol_version" in str(we.error) or "protocol version" in str(they.error)
        return
    assert (we.error, they.error) == (None, None)
    assert we.outcome.version is version
    assert they._ssl.version() == version.title.replace(" ", "v")
    check_random(trace, ours, theirs)


@every_case
@pytest.mark.parametrize("role", ["client", "server"])
def test_pyopenssl(role, ours, theirs):
    context = context_of("server" if role == "client" else "client")
    context.set_min_proto_version(min(theirs))
    context.set_max_proto_version(max(theirs))
    outcome = meet(role, context=context, **config_of(ours))
    version = common(ours, theirs)
    assert outcome.is_well is (version is not None)
    assert outcome.version == (version or 0)


@every_case
@pytest.mark.parametrize("role", ["client", "server"])
def test_tlslite(role, ours, theirs):
    settings = HandshakeSettings()
    settings.minVersion, settings.maxVersion = divmod(min(theirs), 256), divmod(max(theirs), 256)
    settings.certificate_compression_send = []
    version = common(ours, theirs)
    own, other = socket.socketpair()
    other.settimeout(PATIENCE)
    tls = TLSConnection(other)

    def peer():
        with other:
            if role == "server":
                tls.handshakeClientCert(serverName=SERVER_NAME, settings=settings)
            else:
                chain = X509CertChain()
                chain.parsePemList(pki.server_ecdsa().chain_pem.decode())
                key = parsePEMKey(pki.server_ecdsa().key_pem.decode(), private=True)
                tls.handshakeServer(certChain=chain, privateKey=key, settings=settings)
            tls.write(tls.read(min=4, max=4))
            return tls.version

    combination = Combination()
    make = combination.client if role == "client" else combination.our_server
    with ThreadPoolExecutor(1) as pool, own:
        they = pool.submit(peer)
        line = Line(own, make(**config_of(ours)))
        if version is None:
            with pytest.raises(tlslab.TLSError, match="protocol_version"):
                line.handshake()
            own.close()
            assert they.exception(PATIENCE) is not None
            return
        assert line.handshake().version is version
        line.send(b"ping")
        assert line.until_data(b"ping")
        assert they.result(PATIENCE) == divmod(version, 256)
    check_random(line.trace, ours, theirs)


# -- programs -----------------------------------------------------------------------------------


def openssl_words(theirs):
    if len(theirs) == 2:
        return []
    return ["-tls1_2"] if theirs == (V12,) else ["-tls1_3"]


def gnutls_words(theirs):
    versions = "".join(f":+VERS-{each.title.replace(' ', '')}" for each in theirs)
    return f"NORMAL:-VERS-ALL{versions}"


def run(command, text="ping\n"):
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=20)
    return done.stdout + done.stderr


def client_of(program, port, theirs):
    """Visit our server with this program; all that it says."""
    root = str(pki.pem_path("root"))
    if program == "s_client":
        command = s_client(port, "-servername", NAME, "-ign_eof", version="-verify_quiet")
        return run([*command, *openssl_words(theirs)])
    if program == "gnutls-cli":
        words = ["--x509cafile", root, "--sni-hostname", NAME, "--verify-hostname", NAME]
        priority = gnutls_words(theirs)
        return run(["gnutls-cli", "--port", str(port), *words, "--priority", priority, "127.0.0.1"])
    if program == "curl":
        least, most = (f"{each.title[4:]}" for each in (min(theirs), max(theirs)))
        words = ["--silent", "--show-error", "--noproxy", "*", "--cacert", root]
        words += [f"--tlsv{least}", "--tls-max", most, "--data", "ping", "--http0.9"]
        resolve = ["--resolve", f"{NAME}:{port}:127.0.0.1"]
        return run(["curl", *words, *resolve, f"https://{NAME}:{port}/"])
    versions = [each.title.replace(" ", "v") for each in (min(theirs), max(theirs))]
    options = dict(zip(("minVersion", "maxVersion"), versions, strict=True))
    task = {"port": port, "servername": NAME, "ca": pki.pem_path("root").read_text()}
    task["connections"] = [{"name": "it", "options": options, "resume": False}]
    return run(["node", str(HERE / "node_client.mjs")], json.dumps(task))


CLIENTS = {
    "s_client": ("openssl", "openssl"),
    "gnutls-cli": ("gnutls-cli", "gnutls-bin"),
    "curl": ("curl", "curl"),
    "node": ("node", "nodejs"),
}


every_client = pytest.mark.parametrize(
    "program", [pytest.param(name, marks=needs(*what)) for name, what in CLIENTS.items()]
)


@pytest.fixture(scope="module")
def servers():
    with ExitStack() as stack:
        yield {
            ours: stack.enter_context(
                our_server(**config_of(ours), credentials=(credential("server-ecdsa"),))
            )
            for ours in SUITES
        }


@pytest.mark.peer
@every_case
@every_client
def test_a_program_visits_our_server(program, servers, ours, theirs):
    shown = client_of(program, servers[ours].port, theirs)
    visit = servers[ours].visit()
    version = common(ours, theirs)
    if version is None:
        assert visit.completed is None
        assert "protocol_version" in str(visit.problem)
        assert "protocol" in shown.lower()
        return
    assert visit.completed.version is version, shown
    assert "ping" in shown or "POST" in shown
    check_random(visit.trace, ours, theirs)


@contextmanager
def server_of(program, theirs, directory):
    """This program as a server; gives its port."""
    identity = pki.server_ecdsa()
    log = directory / "log"
    if program == "s_server":
        words = ["-cert", str(identity.chain_path), "-key", str(identity.key_path), "-www"]
        words += ["-cert_chain", str(pki.pem_path("intermediate")), *openssl_words(theirs)]
        with running(["openssl", "s_server", "-accept", "127.0.0.1:0", *words], log) as process:
            yield int(said(process, log, r"ACCEPT \S*:(\d+)")[1])
    elif program == "gnutls-serv":
        port = free_port()
        words = ["--http", "--port", str(port), "--priority", gnutls_words(theirs)]
        words += ["--x509certfile", str(identity.chain_path)]
        words += ["--x509keyfile", str(identity.key_path)]
        with running(["gnutls-serv", *words], log) as process:
            listens(process, port)
            yield port
    else:
        versions = [each.title.replace(" ", "v") for each in (min(theirs), max(theirs))]
        settings = dict(zip(("minVersion", "maxVersion"), versions, strict=True))
        settings |= {"cert": identity.chain_pem.decode(), "key": identity.key_pem.decode()}
        with subprocess.Popen(
            ["node", str(HERE / "node_server.mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            process.stdin.write(json.dumps(settings) + "\n")
            process.stdin.flush()
            yield int(process.stdout.readline())
            process.kill()


@pytest.mark.peer
@pytest.mark.parametrize("theirs", SUITES, ids=lambda t: "+".join(v.title[4:] for v in t))
@pytest.mark.parametrize(
    "program",
    [
        pytest.param("s_server", marks=needs_openssl),
        pytest.param("gnutls-serv", marks=needs_gnutls_serv),
        pytest.param("node", marks=needs("node", "nodejs")),
    ],
)
def test_our_client_visits_a_program(program, theirs, tmp_path):
    with server_of(program, theirs, tmp_path) as port:
        for ours in SUITES:
            version = common(ours, theirs)
            config = Combination().client(f"{ours}", **config_of(ours))
            with dialed(port, config) as line:
                if version is None:
                    with pytest.raises(tlslab.AlertReceived, match="protocol_version|handshake_f"):
                        line.handshake()
                    continue
                assert line.handshake().version is version
                line.send(GET)
                assert line.rest()
                check_random(line.trace, ours, theirs)


# -- somebody in between ------------------------------------------------------------------------


def without_versions(flight):
    """A ClientHello that offers TLS 1.2 alone, whatever it offered before."""
    return changed(
        flight,
        ClientHello,
        lambda hello: replace(
            hello,
            extensions=tuple(e for e in hello.extensions if not isinstance(e, SupportedVersions)),
        ),
    )


def test_our_client_refuses_a_server_that_could_do_better():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki.server_ecdsa().chain_path, pki.server_ecdsa().key_path)
    client = tlslab.client(Combination().client(**config_of((V12, V13))))
    server = OpenSSL(context, None)
    server.receive(without_versions(client.data_to_send()))
    with pytest.raises(tlslab.ProtocolError, match="somebody has changed the offer") as caught:
        client.receive_data(server.data_to_send())
    assert caught.value.alert == "illegal_parameter"
    server.receive(client.data_to_send())
    assert "illegal parameter" in str(server.error)


@pytest.mark.peer
@every_client
def test_a_program_refuses_our_server_because_it_could_do_better(program):
    config = Combination().our_server(**config_of((V12, V13)))
    with (
        ThreadPoolExecutor(1) as pool,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        port = listener.getsockname()[1]
        shown = pool.submit(client_of, program, port, (V12, V13))
        listener.settimeout(PATIENCE)
        line, _ = listener.accept()
        with line:
            line.settimeout(PATIENCE)
            hello = b""
            while len(hello) < RECORD_HEADER_LENGTH or len(hello) < whole(hello):
                hello += line.recv(1 << 16)
            connection = tlslab.server(config)
            connection.receive_data(without_versions(hello))
            line.sendall(connection.data_to_send())
            with pytest.raises(tlslab.AlertReceived, match="illegal_parameter"):
                connection.receive_data(line.recv(1 << 16))
        assert shown.result(PATIENCE)


def whole(record):
    """How long the record is that begins so."""
    return RECORD_HEADER_LENGTH + int.from_bytes(record[3:RECORD_HEADER_LENGTH], "big")
