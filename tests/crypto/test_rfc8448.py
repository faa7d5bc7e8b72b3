"""The sessions of RFC 8448, computed again from their private keys: every secret, record, signature
and Finished has to come out as it was published.
"""

import hashlib
from dataclasses import dataclass, field

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_der_public_key
from rfc8448 import RESUMED, SESSIONS, private, transcripts, values
from tls13_records import ALERT, APPLICATION_DATA, HANDSHAKE, Side, messages, records

from tlslab.crypto.hkdf import (
    EXTERNAL_BINDER,
    RESUMPTION_BINDER,
    binder_key,
    derive_secret,
    early_secret,
    finished_key,
    finished_mac,
    handshake_secret,
    main_secret,
    message_hash,
    resumption_psk,
)
from tlslab.crypto.key_shares import answer_key_share, key_share
from tlslab.crypto.signatures import signed_content, verify
from tlslab.errors import ProtocolError
from tlslab.wire.registry import NamedGroup, SignatureScheme

HASH = "sha256"  # TLS_AES_128_GCM_SHA256, in every session


@dataclass
class Replayed:
    """A session, computed; values: as the JSON files name them."""

    values: dict[str, bytes] = field(default_factory=dict)
    transcript: bytes = b""

    def hash(self):
        return hashlib.new(HASH, self.transcript).digest()

    def secret(self, name, parent, label):
        self.values[name] = derive_secret(self.values[parent], label, self.hash(), HASH)
        return self.values[name]

    def side(self, name, parent, label, published):
        side = Side(self.secret(name, parent, label))
        stem = published.removesuffix("_0").replace("_secret", "")
        self.values[f"{stem}_key"], self.values[f"{stem}_iv"] = side.keys
        return side

    def authenticated(self, side, flight, given):
        """The flight of one side enters the transcript; what it proves is verified."""
        base_key = self.values[f"{side}_handshake_traffic_secret"]
        for message in messages(flight):
            match message[0]:
                case 11:
                    certificate = message
                case 15:
                    content = signed_content(side, self.hash())
                    assert content == given[f"{side.title()}_MessageToSign"]
                    scheme = SignatureScheme(int.from_bytes(message[4:6], "big"))
                    signature = given[f"{side.title()}_MessageSignature"]
                    assert message[8:] == signature
                    key = public_key(certificate)
                    verify(key, scheme, signature, content)
                    other = signed_content("client" if side == "server" else "server", self.hash())
                    with pytest.raises(ProtocolError, match="the signature is wrong"):
                        verify(key, scheme, signature, other)
                case 20:
                    verify_data = finished_mac(base_key, self.hash(), HASH)
                    assert message[4:] == verify_data
                    self.values[f"{side}_finished_key"] = finished_key(base_key, HASH)
                    self.values[f"{side}_finished_verify_data"] = verify_data
            self.transcript += message


def public_key(certificate):
    """The key in a Certificate message, whose first entry is a certificate or a raw public key."""
    start = certificate.index(b"\x30", 4)
    length = int.from_bytes(certificate[start - 3 : start], "big")
    der = certificate[start : start + length]
    try:
        return x509.load_der_x509_certificate(der).public_key()
    except ValueError:
        return load_der_public_key(der)


def replay(given, psk=b"", label=b""):
    """A session from its private keys, its hellos and its protected records."""
    it = Replayed()
    retried = "Record_HelloRetryRequest" in given
    group = NamedGroup.secp256r1 if retried else NamedGroup.x25519
    client_hello = given[f"Record_ClientHello_{2 if retried else 1}"][5:]
    own = given["Client_RNG_Pool"][-32:]
    share = key_share(group, private(own, is_p256=retried))
    assert share.public in client_hello
    draw = private(given["Server_RNG_Pool"][32:64], is_p256=retried)
    public, shared_secret = answer_key_share(group, share.public, draw)
    assert public in given["Message_ServerHello"]
    assert share.shared_secret(public) == shared_secret

    it.values["shared_secret"] = shared_secret
    it.values["early_secret"] = early_secret(psk, HASH)
    if psk:
        # The binder covers everything before the list of binders: two bytes of length, one of the
        # binder's, and the binder.
        truncated, binder = client_hello[:-35], client_hello[-32:]
        base_key = binder_key(it.values["early_secret"], label, HASH)
        assert finished_mac(base_key, hashlib.sha256(truncated).digest(), HASH) == binder
    if retried:
        first = given["Record_ClientHello_1"][5:]
        it.transcript = message_hash(first, HASH) + given["Record_HelloRetryRequest"][5:]
    it.transcript += client_hello
    early = None
    if "Record_Client_EarlyAppData" in given:
        early = Side(it.secret("client_early_traffic_secret", "early_secret", b"c e traffic"))
        data = early.content(APPLICATION_DATA, *records(given["Record_Client_EarlyAppData"]))
        assert data == given["Client_EarlyAppData"]

    it.transcript += given["Message_ServerHello"]
    it.values["handshake_secret"] = handshake_secret(it.values["early_secret"], shared_secret, HASH)
    name = "{}_handshake_traffic_secret"
    server = it.side(
        name.format("server"), "handshake_secret", b"s hs traffic", name.format("server")
    )
    client = it.side(
        name.format("client"), "handshake_secret", b"c hs traffic", name.format("client")
    )
    flight = server.content(HANDSHAKE, *records(given["Record_ServerHandshakeMessages"]))
    sent = (
        "Message_EncryptedExtensions",
        "Message_CertificateRequest",
        "Message_Server_Certificate",
        "Message_Server_CertificateVerify",
        "Message_Server_Finished",
    )
    assert flight == b"".join(given.get(name, b"") for name in sent)
    it.authenticated("server", flight, given)

    it.values["master_secret"] = main_secret(it.values["handshake_secret"], HASH)
    name = "{}_application_traffic_secret_0"
    server = it.side(name.format("server"), "master_secret", b"s ap traffic", name.format("server"))
    later = it.side(name.format("client"), "master_secret", b"c ap traffic", name.format("client"))
    it.secret("exporter_master_secret", "master_secret", b"exp master")
    flight = given["Record_ClientFinished"]
    if early is not None:
        length = 5 + int.from_bytes(flight[3:5], "big")
        it.transcript += early.content(HANDSHAKE, *records(flight[:length]))
        flight = flight[length:]
    it.authenticated("client", client.content(HANDSHAKE, *records(flight)), given)
    it.secret("resumption_master_secret", "master_secret", b"res master")

    if "Record_NewSessionTicket" in given:
        ticket = server.content(HANDSHAKE, *records(given["Record_NewSessionTicket"]))
        nonce = ticket[13 : 13 + ticket[12]]
        it.values["resumption_psk"] = resumption_psk(
            it.values["resumption_master_secret"], nonce, HASH
        )
    if "Client_AppData" in given:
        data = later.content(APPLICATION_DATA, *records(given["Record_Client_AppData"]))
        assert data == given["Client_AppData"]
        data = server.content(APPLICATION_DATA, *records(given["Record_Server_AppData"]))
        assert data == given["Server_AppData"]
    close_notify = bytes([1, 0])
    assert later.content(ALERT, *records(given["Record_Client_CloseNotify"])) == close_notify
    assert server.content(ALERT, *records(given["Record_Server_CloseNotify"])) == close_notify
    return it


def replayed(name):
    sessions = transcripts()
    assert set(sessions) == set(SESSIONS)
    given = sessions[name]
    if name == "Resumed_0RTT_Handshake":
        before = replay(sessions["Simple_1RTT_Handshake"])
        psk = before.values["resumption_psk"]
        return replay({**given, **RESUMED}, psk, RESUMPTION_BINDER)
    if "PskSecret" in given:
        return replay(given, given["PskSecret"], EXTERNAL_BINDER)
    return replay(given)


@pytest.mark.parametrize("name", SESSIONS)
def test_a_session_comes_out_as_it_was_published(name):
    assert replayed(name).values["client_finished_verify_data"]


@pytest.mark.parametrize(
    ("name", "session"),
    [
        ("rfc8448_section3_one_rtt.json", "Simple_1RTT_Handshake"),
        ("rfc8448_section5_hello_retry_request.json", "HelloRetryRequest_Handshake"),
    ],
)
def test_every_secret_of_a_section_comes_out_as_it_was_published(name, session):
    published = values(name)
    computed = {name: value.hex() for name, value in replayed(session).values.items()}
    compared = set(published) & set(computed)
    assert {name: published[name] for name in compared} == {
        name: computed[name] for name in compared
    }
    left = {n for n in published if not n.endswith(("_record", "_private", "_public"))} - compared
    assert left <= {"application_data"}
    assert set(computed) <= set(published)


def test_a_transcript_without_the_synthetic_message_does_not_fit():
    session = transcripts()["HelloRetryRequest_Handshake"]
    session["Record_HelloRetryRequest"] = session["Record_HelloRetryRequest"][:-1] + b"\xff"
    with pytest.raises(ProtocolError, match="bad_record_mac"):
        replay(session)


def test_the_binder_of_a_ticket_is_not_that_of_an_external_psk():
    session = transcripts()["Externally_Provided_PSK_with_Ephemeral_Key"]
    with pytest.raises(AssertionError):
        replay(session, session["PskSecret"], RESUMPTION_BINDER)
