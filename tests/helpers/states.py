"""A connection of TLS 1.2 in each of its states."""

from typing import Any

from in_memory import (
    ASKS,
    GCM,
    Pair,
    credential,
    other,
    records,
    resumption,
    state_name,
    ticket_keys,
)
from stapling import stapling

from tlslab.connection.record import Plaintext
from tlslab.wire.registry import CipherSuite, ContentType


def _setup(role: str, state: str) -> dict[str, Any]:
    """What a pair has to be made with so that `role` comes into this state."""
    setup: dict[str, Any] = {"suite": GCM}
    if state.endswith("ECDHE"):
        setup["suite"] = CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
    elif state.endswith("DHE"):
        setup["suite"] = CipherSuite.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256
    if state in ("WaitServerHelloDone", "WaitCertificateVerify") or (role, state) == (
        "server",
        "WaitCertificate",
    ):
        setup["server"] = ASKS
    if state == "WaitCertificateVerify":
        setup["client"] = {"credential": credential("client-rsa")}
    if "Status" in state:
        setup |= {"client": {"status_request": True}, "server": {"credentials": (stapling(),)}}
    if "Ticket" in state:
        setup |= {"client": {"session_tickets": True}, "server": {"ticket_keys": ticket_keys()}}
    if state.endswith("Resumed"):
        return resumption(renews="Ticket" in state)
    return setup


def pair_in_state(
    role: str, state: str, *, suite: CipherSuite | None = None, traced: bool = False
) -> Pair:
    """A pair whose `role` is in the state called so; whatever its peer says next is in order."""
    setup = _setup(role, state)
    if suite is not None:
        setup["suite"] = suite
    pair = Pair(**setup, traced=traced)
    mine, peer = pair[role], pair[other(role)]
    if state in ("Connected", "Closed"):
        pair.connected()
    if state == "Closed":
        mine.close()
        pair.carry()
    undelivered = list(records(pair.take(other(role))))
    while state_name(mine) != state:
        if not undelivered:
            pair.give(other(role), pair.take(role))
            undelivered = list(records(pair.take(other(role))))
        pair.give(role, bytes(undelivered.pop(0)))
    if any(record.type == ContentType.change_cipher_spec for record in undelivered):
        peer._context.writer.protection = Plaintext()
    elif undelivered:
        # The Finished was never delivered, so its sequence number is free for another message.
        peer._context.writer.protection.sequence_number = 0
    return pair


CLIENT_STATES = (
    "WaitServerHello",
    "WaitCertificate",
    "WaitCertificateStatusECDHE",
    "WaitCertificateStatusDHE",
    "WaitCertificateStatusRSA",
    "WaitServerKeyExchangeECDHE",
    "WaitServerKeyExchangeDHE",
    "WaitCertificateRequest",
    "WaitServerHelloDone",
    "WaitNewSessionTicket",
    "WaitChangeCipherSpec",
    "WaitFinished",
    "WaitNewSessionTicketResumed",
    "WaitChangeCipherSpecResumed",
    "WaitFinishedResumed",
    "Connected",
)
SERVER_STATES = (
    "WaitClientHello",
    "WaitCertificate",
    "WaitClientKeyExchangeRSA",
    "WaitClientKeyExchangeECDHE",
    "WaitClientKeyExchangeDHE",
    "WaitCertificateVerify",
    "WaitChangeCipherSpec",
    "WaitFinished",
    "WaitChangeCipherSpecResumed",
    "WaitFinishedResumed",
    "Connected",
)
EVERY_STATE = [("client", state) for state in CLIENT_STATES] + [
    ("server", state) for state in SERVER_STATES
]
