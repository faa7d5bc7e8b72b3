"""TLS 1.3 as OpenSSL does it with itself, opened with our functions and its key log."""

import hashlib
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import (
    MLDSA44PrivateKey,
    MLDSA65PrivateKey,
    MLDSA87PrivateKey,
)
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from OpenSSL import SSL
from tls13_records import APPLICATION_DATA, HANDSHAKE, Side, messages, records

from tlslab.crypto.hkdf import export_13, finished_mac
from tlslab.crypto.signatures import signed_content, tls13_schemes_for, verify
from tlslab.crypto.suites import TLS13_SUITES
from tlslab.lab import pki
from tlslab.wire.registry import CipherSuite, SignatureScheme

KEYS = {
    "rsa": pki.server_rsa().private_key,
    "secp256r1": pki.server_ecdsa().private_key,
    "secp384r1": ec.derive_private_key(12345, ec.SECP384R1()),
    "secp521r1": ec.derive_private_key(12345, ec.SECP521R1()),
    "ed25519": Ed25519PrivateKey.from_private_bytes(b"e" * 32),
    "ed448": Ed448PrivateKey.from_private_bytes(b"e" * 57),
    "mldsa44": MLDSA44PrivateKey.from_seed_bytes(b"m" * 32),
    "mldsa65": MLDSA65PrivateKey.from_seed_bytes(b"m" * 32),
    "mldsa87": MLDSA87PrivateKey.from_seed_bytes(b"m" * 32),
}
DATA = b"data of the application"
FINISHED = 20


def files_of(name, tmp_path):
    """The key and a certificate that it signed itself, in files for OpenSSL."""
    key, subject = KEYS[name], x509.Name([])
    hash_ = hashes.SHA256() if name == "rsa" or name.startswith("secp") else None
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hash_)
    )
    files = tmp_path / "key.pem", tmp_path / "certificate.pem"
    files[0].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    files[1].write_bytes(certificate.public_bytes(Encoding.PEM))
    return map(str, files)


def recorded(tmp_path, suite, name="secp256r1"):
    """A connection of OpenSSL with itself: what each side sent, the key log, an exported value."""
    key_log = {}

    def log(_, line):
        label, _, secret = line.decode().split()
        key_log[label] = bytes.fromhex(secret)

    ours, theirs = SSL.Context(SSL.TLS_METHOD), SSL.Context(SSL.TLS_METHOD)
    for context in (ours, theirs):
        context.set_min_proto_version(SSL.TLS1_3_VERSION)
        context.set_tls13_ciphersuites(suite.name.encode())
    ours.set_keylog_callback(log)
    key, certificate = files_of(name, tmp_path)
    theirs.use_privatekey_file(key)
    theirs.use_certificate_file(certificate)
    sides = SimpleNamespace(client=SSL.Connection(ours), server=SSL.Connection(theirs))
    sides.client.set_connect_state()
    sides.server.set_accept_state()
    sent = {"client": b"", "server": b""}
    for step in ("hello", "flight", "finished", "tickets", "data"):
        for side, peer in (("client", sides.server), ("server", sides.client)):
            connection = getattr(sides, side)
            try:
                if step == "data":
                    connection.send(DATA)
                else:
                    connection.do_handshake()
            except SSL.WantReadError:
                pass
            try:
                data = connection.bio_read(1 << 16)
            except SSL.WantReadError:
                continue
            sent[side] += data
            peer.bio_write(data)
    return SimpleNamespace(
        sent=sent,
        key_log=key_log,
        exported=[
            sides.client.export_keying_material(b"EXPORTER-label", 40),
            sides.client.export_keying_material(b"EXPORTER-label", 40, b""),
            sides.client.export_keying_material(b"EXPORTER-label", 40, b"context"),
        ],
    )


def opened(session, side, suite):
    """The hello of a side, the messages under its handshake keys, and the records after them."""
    hello, *protected = records(session.sent[side])
    under = Side(session.key_log[f"{side.upper()}_HANDSHAKE_TRAFFIC_SECRET"], suite)
    flight = b""
    while not any(message[0] == FINISHED for message in messages(flight)):
        flight += under.content(HANDSHAKE, protected.pop(0))
    under = Side(session.key_log[f"{side.upper()}_TRAFFIC_SECRET_0"], suite)
    return hello, list(messages(flight)), [under.open(fragment) for fragment in protected]


@pytest.mark.parametrize("suite", TLS13_SUITES, ids=lambda suite: suite.name)
def test_every_record_opens_and_both_finished_and_the_exporters_fit(suite, tmp_path):
    session = recorded(tmp_path, suite)
    hash_name = TLS13_SUITES[suite].hash_name
    client_hello, from_client, data_of_client = opened(session, "client", suite)
    server_hello, from_server, data_of_server = opened(session, "server", suite)
    transcript = client_hello + server_hello
    for side, flight in (("server", from_server), ("client", from_client)):
        *before, finished = flight
        transcript += b"".join(before)
        base_key = session.key_log[f"{side.upper()}_HANDSHAKE_TRAFFIC_SECRET"]
        transcript_hash = hashlib.new(hash_name, transcript).digest()
        assert finished[4:] == finished_mac(base_key, transcript_hash, hash_name)
        transcript += finished
    assert data_of_client[-1] == data_of_server[-1] == (APPLICATION_DATA, DATA)
    exporter = session.key_log["EXPORTER_SECRET"]
    assert session.exported == [
        export_13(exporter, b"EXPORTER-label", context, 40, hash_name)
        for context in (b"", b"", b"context")
    ]


@pytest.mark.parametrize("name", KEYS)
def test_its_signature_is_over_what_we_say_with_the_scheme_of_its_key(name, tmp_path):
    suite = CipherSuite.TLS_AES_128_GCM_SHA256
    session = recorded(tmp_path, suite, name)
    client_hello, _, _ = opened(session, "client", suite)
    server_hello, flight, _ = opened(session, "server", suite)
    *before, certificate_verify, _ = flight
    transcript = client_hello + server_hello + b"".join(before)
    content = signed_content("server", hashlib.sha256(transcript).digest())
    scheme = SignatureScheme(int.from_bytes(certificate_verify[4:6], "big"))
    assert scheme in tls13_schemes_for(KEYS[name])
    verify(KEYS[name].public_key(), scheme, certificate_verify[8:], content)
