"""Who can know what in TLS 1.3: the values that it has, and the rows that no value stands for."""

from tlslab.trace import SecretDerived, Trace
from tlslab.view.seen import Seen
from tlslab.view.tables import Cell
from tlslab.view.tls13_hello_steps import has_early_data, has_psk
from tlslab.view.tls13_who_steps import in_handshake

VALUES = (
    ("client random", "client_random"),
    ("server random", "server_random"),
    ("the client's share", "client_share"),
    ("the server's share", "server_share"),
    ("the pre-shared key", "psk"),
    ("the binder", "binder"),
    ("early secret", "early_secret"),
    ("keys for early data", "client_early_traffic_secret"),
    ("secret of ML-KEM", "mlkem_secret"),
    ("secret of the curve", "ecdh_secret"),
    ("shared secret", "shared_secret"),
    ("handshake secret", "handshake_secret"),
    ("keys for the handshake", "server_handshake_traffic_secret"),
    ("Finished of the server", "server_verify_data"),
    ("Finished of the client", "client_verify_data"),
    ("main secret", "main_secret"),
    ("keys for application data", "server_application_traffic_secret_0"),
    ("resumption secret", "resumption_secret"),
)

# Columns: client, server, eavesdropper, key thief today, key thief later.
_ONLY_SERVER = ("no", "yes", "no", "no", "no")
_EVERYBODY = ("yes",) * 5

ENCRYPTED = (
    "In TLS 1.3 the certificates are encrypted, too. Whom the client wants, it says in the clear: "
    "server_name in the ClientHello."
)
EARLY = (
    "Early data are as secret as the pre-shared key. Whoever gets the server's ticket key opens "
    "the ticket, and with the key in it the early data of then."
)
WITH_SHARES = (
    "The rest of the connection stays closed even to somebody who has the pre-shared key: the "
    "shared secret goes into its keys as well."
)
KEY_ALONE = (
    "There were no shares: whoever gets the pre-shared key, today or in ten years, reads all that "
    "was recorded (psk_ke)."
)


def is_tls13(trace: Trace) -> bool:
    """Whether this version was agreed on."""
    return Seen(trace).negotiated("version") == "TLS 1.3"


def values_of_tls13(trace: Trace) -> list[tuple[str, str]]:
    """Title and name of each value. A client has more than one share, each with its group."""
    share = "client_share"
    if trace.role == "client":
        share += f"_{Seen(trace).negotiated('group')}"
    return [(title, share if name == "client_share" else name) for title, name in VALUES]


def rows_of_tls13(trace: Trace) -> list[tuple[Cell, ...]]:
    """What no value of the trace stands for."""
    seen = Seen(trace)
    rows: list[tuple[Cell, ...]] = []
    if in_handshake(seen, "certificate", "server"):
        # The thief has the key that belongs to it.
        rows.append(("the server's certificate", "yes", "yes", "no", "yes", "yes"))
    if in_handshake(seen, "certificate_verify", "client"):
        rows.append(("the client's certificate", "yes", "yes", "no", "no", "no"))
    shown = seen.negotiated("psk") == "resumption"
    if shown or seen.message("new_session_ticket", "server"):
        rows.append(("the server's ticket key", *_ONLY_SERVER))
    if shown:
        rows.append(("the ticket shown, sealed", *_EVERYBODY))
    if seen.message("new_session_ticket", "server"):
        rows.append(("the ticket given, sealed", "yes", "yes", "no", "no", "no"))
    return rows


def notes_of_tls13(trace: Trace) -> list[str]:
    """What the rows do not say."""
    seen = Seen(trace)
    notes = [ENCRYPTED] if in_handshake(seen, "certificate", "server") else []
    with_shares = any(e.name == "shared_secret" for e in trace.of(SecretDerived))
    if has_psk(seen) and seen.negotiated("psk"):
        if has_early_data(seen):
            notes.append(EARLY)
        notes.append(WITH_SHARES if with_shares else KEY_ALONE)
    return notes
