"""Who can know what: computed from the bytes on the wire and from how each secret was made.

Somebody on the wire knows every value that went over it in the clear. Whoever knows all inputs of a
derivation knows its result, since how it is computed is public. And whoever has the server's
private key can undo the one operation that needs it.
"""

from tlslab.trace import (
    Message,
    RandomDrawn,
    Record,
    SecretDerived,
    StateEntered,
    Trace,
    ValueReceived,
)
from tlslab.view.seen import Seen
from tlslab.view.steps import protection
from tlslab.view.tables import Cell, Table
from tlslab.view.tls13_hello_steps import early_records
from tlslab.view.tls13_knowledge import (
    is_tls13,
    notes_of_tls13,
    rows_of_tls13,
    values_of_tls13,
)

SHORTEST = 8
"""Values of fewer bytes than this could be on the wire by chance."""

# What the holder of the private key gets from what is on the wire, for each key exchange.
OPENED_BY_PRIVATE_KEY = {"encrypted_premaster_secret": "premaster_secret"}

ROWS = (
    ("client random", "client_random"),
    ("server random", "server_random"),
    ("the client's share", "client_share"),
    ("the server's share", "server_share"),
    ("encrypted premaster secret", "encrypted_premaster_secret"),
    ("premaster secret", "premaster_secret"),
    ("session hash", "session_hash"),
    ("master secret", "master_secret"),
    ("session keys", "key_block"),
    ("Finished of the client", "client_verify_data"),
    ("Finished of the server", "server_verify_data"),
)

# Columns: client, server, eavesdropper, key thief today, key thief later.
_ONLY_CLIENT = ("yes", "no", "no", "no", "no")
_ONLY_SERVER = ("no", "yes", "no", "no", "no")
_EVERYBODY = ("yes", "yes", "yes", "yes", "yes")

_TICKET_SHOWN = "client_hello.extensions.session_ticket.ticket"
_TICKET_GIVEN = "new_session_ticket.ticket"

IMPERSONATION = (
    "Stolen later, the private key opens nothing that was recorded. But from then on the thief can "
    "pretend to be the server, as long as the certificate is believed."
)
TICKET = (
    "Whoever gets the server's ticket key opens the ticket, and has the master secret of each "
    "connection that begins with it."
)


def knowledge(trace: Trace) -> Table:
    """Who knows what. Rows are values, columns are people.

    The thief has a copy of the server's private key: today, while the connection runs, or later,
    with a recording of it.
    """
    public = public_names(trace)
    opened = {
        result
        for sent, result in OPENED_BY_PRIVATE_KEY.items()
        if sent in public and not _replaced(trace, result)
    }
    with_key = _closed(trace, public | opened)
    own = {
        event.name
        for event in trace
        if isinstance(event, RandomDrawn | ValueReceived | SecretDerived)
    }
    # That the other side has the same is proved by Finished alone.
    proved = any(state.name == "Connected" for state in trace.of(StateEntered))
    other = _closed(trace, public | (opened & own))
    if proved:
        other |= _agreed(trace)
    client, server = (own, other) if trace.role == "client" else (other, own)
    people = (client, server, public, with_key, with_key)
    peer = 1 if trace.role == "client" else 0
    rows: list[tuple[Cell, ...]] = [("the server's private key", "no", "yes", "no", "yes", "yes")]
    notes: list[str] = []
    of_tls13 = is_tls13(trace)
    if any(m.sender == "client" for m in trace.messages("certificate_verify")):
        rows.append(("the client's private key", *_ONLY_CLIENT))
    if "server_share" in own:
        # What nobody sends and nobody keeps: the other side has one too, or it had no share.
        rows.append(("the client's key for this handshake", *_ONLY_CLIENT))
        rows.append(("the server's key for this handshake", *_ONLY_SERVER))
        notes.append(IMPERSONATION)
    if of_tls13:
        rows += rows_of_tls13(trace)
        notes += notes_of_tls13(trace)
    elif _has_ticket(trace):
        rows.append(("the server's ticket key", *_ONLY_SERVER))
        rows.append(("the ticket, sealed", *_EVERYBODY))
        notes.append(TICKET)
    for title, name in values_of_tls13(trace) if of_tls13 else ROWS:
        if name in own:
            answers = list(_yes_or_no(*(name in knows for knows in people)))
            if name not in public and not proved:
                answers[peer] = "not proved"
            rows.append((title, *answers))
    for title, key, readable in _data(trace):
        able = [True, True] + [readable or key in knows for knows in people[2:]]
        rows.append((title, *_yes_or_no(*able)))
    return Table(
        "Who knows what",
        (
            "value",
            "client",
            "server",
            "eavesdropper",
            "key thief today",
            "key thief later",
        ),
        tuple(rows),
        notes=tuple(notes),
    )


def _data(trace: Trace) -> list[tuple[str, str, bool]]:
    """The data that crossed: title, name of what opens them, whether they are not encrypted."""
    early = {id(record) for record in early_records(Seen(trace))}
    found: dict[str, tuple[str, str, bool]] = {}
    for record in trace.of(Record):
        if record.content_type != "application_data":
            continue
        sender, key = record.sender, "key_block"
        title = f"the data from the {sender}"
        if id(record) in early:
            title, key = f"the early data from the {sender}", "client_early_traffic_secret"
        elif is_tls13(trace):
            key = f"{sender}_application_traffic_secret_0"
        # A server that asks for another hello passes early data over without any keys.
        readable = protection(record.protection) != "encrypted" and id(record) not in early
        found[title] = (title, key, readable and found.get(title, ("", "", True))[2])
    return [found[title] for title in sorted(found, key=lambda each: "early" not in each)]


def public_names(trace: Trace) -> set[str]:
    """The names of the values that somebody on the wire can read, or compute from what is there."""
    # Without a pre-shared key the Early Secret is made of zeros (RFC 8446 §7.1).
    of_zeros = {
        e.name for e in trace.of(SecretDerived) if not e.inputs and e.name.startswith("early_sec")
    }
    return _closed(trace, _on_the_wire(trace) | _hashes_in_the_clear(trace) | of_zeros)


def _agreed(trace: Trace) -> set[str]:
    """What the other side has, though it was made of a private key of ours alone: with its own
    private key it computes the same. And what both have kept from an earlier session.
    """
    start = {
        event.name
        for event in trace.of(SecretDerived)
        if event.name in ("shared_secret", "mlkem_secret", "ecdh_secret")
        or (not event.inputs and event.name in ("master_secret", "psk"))
        or (event.name == "premaster_secret" and f"{trace.role}_private" in event.inputs)
    }
    return _closed(trace, public_names(trace) | start)


def _replaced(trace: Trace, name: str) -> bool:
    """Whether a server could not decrypt it and went on with a random value of its own."""
    values = {e.name: e.value for e in trace if isinstance(e, RandomDrawn | SecretDerived)}
    return name in values and values[name] == values.get("random_premaster")


def _closed(trace: Trace, known: set[str]) -> set[str]:
    """`known` and all that can be computed from it."""
    known = set(known)
    for event in trace.of(SecretDerived):
        if event.inputs and set(event.inputs) <= known:
            known.add(event.name)
    return known


def _on_the_wire(trace: Trace) -> set[str]:
    """The names of the values whose very bytes can be read on the wire."""
    sent: dict[str, list[bytes]] = {"client": [], "server": []}
    for record in trace.of(Record):
        sent[record.sender].append(record.raw)
    wire = [b"".join(raw) for raw in sent.values()]
    found: set[str] = set()
    for event in trace:
        if not isinstance(event, RandomDrawn | ValueReceived | SecretDerived):
            continue
        if event.name in found or len(event.value) < SHORTEST:
            continue
        if any(event.value in stream for stream in wire):
            found.add(event.name)
    return found


def _hashes_in_the_clear(trace: Trace) -> set[str]:
    """The names of the transcript hashes over messages that anybody could read."""
    readable: set[bytes] = set()
    for message in trace.of(Message):
        if protection(message.protection) == "encrypted":
            break
        if message.transcript_hash:
            readable.add(message.transcript_hash)
    return {e.name for e in trace.of(SecretDerived) if not e.inputs and e.value in readable}


def _has_ticket(trace: Trace) -> bool:
    """Whether the server gave a ticket, or the client showed one."""
    given = trace.messages("new_session_ticket")
    shown = (s for m in trace.messages("client_hello") for s in m.spans if s.field == _TICKET_SHOWN)
    return any(len(m.raw) > SHORTEST for m in given) or any(s.end > s.start for s in shown)


def _yes_or_no(*answers: bool) -> tuple[str, ...]:
    return tuple("yes" if answer else "no" for answer in answers)
