"""Our side of TLS 1.3 with libssl 4 as pyOpenSSL has it: data both ways, and an exported value."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from in_memory import client_config, server_config
from OpenSSL import SSL

import tlslab
from tlslab.connection.context import TicketReceived
from tlslab.connection.session import PSKSession
from tlslab.lab import pki
from tlslab.lab.configs import SERVER_NAME
from tlslab.primitives import REFERENCE, Primitives
from tlslab.wire.registry import CipherSuite, NamedGroup

SUITE = CipherSuite.TLS_AES_128_GCM_SHA256
DATA = b"data of the application"
LABEL = b"EXPORTER-tests"
GROUPS = (NamedGroup.x25519, NamedGroup.secp256r1)


@dataclass
class Outcome:
    """What became of a connection: whether each side has what the other sent, and its error."""

    ours: Exception | str = ""
    theirs: Exception | str = ""
    sessions: list[PSKSession] = field(default_factory=list)
    resumed: bool = False
    version: int = 0

    @property
    def is_well(self) -> bool:
        return not self.ours and not self.theirs


class Foreign:
    """pyOpenSSL over memory BIOs."""

    def __init__(self, role: str, context: SSL.Context) -> None:
        self.connection = SSL.Connection(context)
        if role == "server":
            self.connection.set_accept_state()
        else:
            self.connection.set_tlsext_host_name(SERVER_NAME.encode())
            self.connection.set_connect_state()

    def step(self, data: bytes, *, send: bytes = b"") -> tuple[bytes, bytes]:
        """Take `data`, send; what was received, and what is to go. Raises SSL.Error."""
        received = b""
        if data:
            self.connection.bio_write(data)
        try:
            self.connection.do_handshake()
            if send:
                self.connection.send(send)
            while True:
                received += self.connection.recv(1 << 14)
        except SSL.WantReadError:
            pass
        return received, self.pending()

    def pending(self) -> bytes:
        try:
            return self.connection.bio_read(1 << 20)
        except SSL.WantReadError:
            return b""


def context_of(role: str, chain: Path | None = None, key: Path | None = None) -> SSL.Context:
    """A context for either side; `role` is its own. chain, key: a server's, in PEM."""
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_min_proto_version(SSL.TLS1_3_VERSION)
    context.set_tls13_ciphersuites(SUITE.name.encode())
    context.load_verify_locations(str(pki.pem_path("root")))
    if role == "server":
        context.set_session_id(b"tests")
        context.use_certificate_chain_file(str(chain or pki.server_ecdsa().chain_path))
        context.use_privatekey_file(str(key or pki.server_ecdsa().key_path))
    else:
        context.set_verify(SSL.VERIFY_PEER)
    return context


def meet(
    role: str,
    primitives: Primitives = REFERENCE,
    *,
    context: SSL.Context | None = None,
    updates: bool = False,
    **changes: Any,
) -> Outcome:
    """A connection of our `role` with libssl, with data in both directions and an exported value.

    updates: whether our side changes its keys before it sends.
    """
    peer_role = "server" if role == "client" else "client"
    peer = Foreign(peer_role, context or context_of(peer_role))
    common = {"cipher_suites": (SUITE,), "primitives": primitives, "groups": GROUPS, **changes}
    if role == "client":
        ours = tlslab.client(client_config(**{"session_tickets": True, **common}))
    else:
        ours = tlslab.server(server_config(**common))
    found = Outcome()
    received = {"ours": b"", "theirs": b""}
    to_us, sent = b"", False
    try:
        for _ in range(8):
            if to_us:
                for event in ours.receive_data(to_us):
                    if isinstance(event, tlslab.ApplicationData):
                        received["ours"] += event.data
                    if isinstance(event, TicketReceived):
                        found.sessions.append(event.session)
                    if isinstance(event, tlslab.HandshakeCompleted):
                        found.resumed = event.resumed
                        found.version = event.version
            send = b""
            if ours.is_connected and not sent:
                if updates:
                    ours.update_keys()
                ours.send(DATA)
                send, sent = DATA, True
            to_them = ours.data_to_send()
            came, to_us = peer.step(to_them, send=send)
            received["theirs"] += came
        exported = ours.export_keying_material(LABEL, 32)
        if exported != peer.connection.export_keying_material(LABEL, 32):
            found.ours = "another exported value"
    except tlslab.TLSError as error:
        found.ours = error
        try:
            peer.step(ours.data_to_send())
        except SSL.Error as alert:
            found.theirs = alert
    except SSL.Error as error:
        found.theirs = error
        try:
            ours.receive_data(peer.pending())
        except tlslab.TLSError as alert:
            found.ours = alert
    if found.is_well and (received["ours"], received["theirs"]) != (DATA, DATA):
        found.ours = "data are missing"
    return found
