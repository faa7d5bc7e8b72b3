"""The sessions of RFC 8448, had again by our engine: whole records, in both roles.

One side is ours, the other one is what was published. What ours sends has to be the records of the
trace, byte by byte, and its secrets those of the trace.
"""

from dataclasses import dataclass

import pytest
from published import Published
from rfc8448 import SESSIONS, values
from tls13_pairs import AES_128

import tlslab
from tlslab.connection.connection import Connection
from tlslab.connection.context import TicketReceived
from tlslab.primitives import REFERENCE
from tlslab.trace import RandomDrawn, SecretDerived, ValueReceived
from tlslab.wire.registry import ProtocolVersion

ROLES = ("client", "server")
# What each session consists of, in order; not every one has everything.
SCRIPT = (
    ("client", "Record_ClientHello_1"),
    ("client", "Record_Client_EarlyAppData"),
    ("server", "Record_HelloRetryRequest"),
    ("client", "Record_ClientHello_2"),
    ("server", "Record_ServerHello"),
    ("server", "Record_ServerHandshakeMessages"),
    ("client", "Record_ClientFinished"),
    ("server", "Record_NewSessionTicket"),
    ("client", "Record_Client_AppData"),
    ("server", "Record_Server_AppData"),
    ("client", "Record_Client_CloseNotify"),
    ("server", "Record_Server_CloseNotify"),
)
# RFC 7250 is not implemented.
OURS = tuple(name for name in SESSIONS if name != "RawPublicKey_With_Client_Authentication")
VALUES = (RandomDrawn, SecretDerived, ValueReceived)


@dataclass
class Had:
    """A session that our `role` has had; events: what it was told."""

    connection: Connection
    events: list

    @property
    def session(self):
        return next(e.session for e in self.events if isinstance(e, TicketReceived))

    @property
    def data(self):
        return b"".join(e.data for e in self.events if isinstance(e, tlslab.ApplicationData))


def have(published, role):
    """Have the session as `role`; what we send has to be what was published, record by record."""
    ours = published.ours(role)
    events, sent = [], b""
    for sender, name in SCRIPT:
        raw = published.given.get(name, b"")
        if sender != role:
            events += ours.receive_data(raw)
            continue
        if name.endswith("AppData") and raw and "Early" not in name:
            ours.send(published.given[f"{role.title()}_AppData"])
        elif name.endswith("CloseNotify"):
            ours.close()
        sent += ours.data_to_send()
        assert sent[: len(raw)].hex() == raw.hex(), name
        sent = sent[len(raw) :]
    assert sent + ours.data_to_send() == b""
    assert ours.is_closed
    return Had(ours, events)


def published_session(name, monkeypatch):
    """The session, and what the client has from the one before it."""
    if name != "Resumed_0RTT_Handshake":
        return Published(name, monkeypatch)
    before = have(Published("Simple_1RTT_Handshake", monkeypatch), "client")
    return Published(name, monkeypatch, before.session)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", OURS)
def test_our_engine_sends_the_published_records_and_takes_those_of_its_peer(
    name, role, monkeypatch
):
    published = published_session(name, monkeypatch)
    had = have(published, role)
    completed = next(e for e in had.events if isinstance(e, tlslab.HandshakeCompleted))
    assert completed.version is ProtocolVersion.TLSv1_3
    assert completed.cipher_suite is AES_128
    assert completed.early_data_accepted is ("Client_EarlyAppData" in published.given)
    assert completed.resumed is (published.session is not None or bool(published.psks))
    given = published.given
    if role == "client":
        assert had.data == given.get("Server_AppData", b"")
    else:
        expected = given.get("Client_EarlyAppData", b"") + given.get("Client_AppData", b"")
        assert had.data == expected


# What our trace calls the values of the RFC, where the names differ: those of RFC 9846, and others
# for the keys.
NAMES = {
    "master_secret": "main_secret",
    "exporter_master_secret": "exporter_secret",
    "resumption_master_secret": "resumption_secret",
    "server_finished_verify_data": "server_verify_data",
    "client_finished_verify_data": "client_verify_data",
    "server_x25519_public": "server_share",
    "server_secp256r1_public": "server_share",
    **{
        f"{side}_{what}_traffic_{kind}": f"{side}_{what}_write_{kind}{end}"
        for side in ROLES
        for what, end in (("handshake", ""), ("application", "_0"))
        for kind in ("key", "iv")
    },
}
SECTIONS = {
    "rfc8448_section3_one_rtt.json": "Simple_1RTT_Handshake",
    "rfc8448_section5_hello_retry_request.json": "HelloRetryRequest_Handshake",
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("section", SECTIONS)
def test_our_engine_finds_every_published_secret_and_key(section, role, monkeypatch):
    seen = {}

    def finished_key(base_key, hash_name):
        key = REFERENCE.finished_key(base_key, hash_name)
        seen[base_key] = key
        return key

    published = Published(SECTIONS[section], monkeypatch)
    published.functions["finished_key"] = finished_key
    had = have(published, role)
    trace = had.connection.trace
    ours = {e.name: e.value.hex() for e in trace.events if isinstance(e, VALUES)}
    for side in ROLES:
        base_key = trace.value(f"{side}_handshake_traffic_secret")
        ours[f"{side}_finished_key"] = seen[base_key].hex()
    theirs = {
        NAMES.get(name, name): value
        for name, value in values(section).items()
        if not name.endswith(("_record", "_private")) and name != "application_data"
    }
    shares = [name for name in theirs if name.startswith("client_") and name.endswith("_public")]
    for name in shares:
        group = name.split("_")[1]
        public = theirs.pop(name)
        if role == "client":
            theirs[f"client_share_{group}"] = public
        elif name == shares[-1]:
            theirs["client_share"] = public
    if "resumption_psk" in theirs:
        psk = theirs.pop("resumption_psk")
        if role == "client":
            assert had.session.psk.hex() == psk
    assert {name: ours.get(name) for name in theirs} == theirs
