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
from tlslab.view.seen import certificate_values
from tlslab.view.steps import protection
from tlslab.view.tables import Cell, Table, counted, listed, shortened
from tlslab.wire.registry import ContentType

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
    rows: list[tuple[Cell, ...]] = [
        ("the server's private key", *_yes_or_no(False, True, False, True, True))
    ]
    notes: list[str] = []
    if any(m.sender == "client" for m in trace.messages("certificate_verify")):
        rows.append(("the client's private key", *_ONLY_CLIENT))
    if {"client_share", "server_share"} <= own:
        # What nobody sends and nobody keeps: the other side has one too, or it had no share.
        rows.append(("the client's key for this handshake", *_ONLY_CLIENT))
        rows.append(("the server's key for this handshake", *_ONLY_SERVER))
        notes.append(IMPERSONATION)
    if _has_ticket(trace):
        rows.append(("the server's ticket key", *_ONLY_SERVER))
        rows.append(("the ticket, sealed", *_EVERYBODY))
        notes.append(TICKET)
    for title, name in ROWS:
        if name in own:
            answers = list(_yes_or_no(*(name in knows for knows in people)))
            if name not in public and not proved:
                answers[peer] = "not proved"
            rows.append((title, *answers))
    for sender in ("client", "server"):
        data = [
            record
            for record in trace.of(Record)
            if record.sender == sender and record.content_type == "application_data"
        ]
        if data:
            readable = all(protection(record.protection) != "encrypted" for record in data)
            able = [True, True] + [readable or "key_block" in knows for knows in people[2:]]
            rows.append((f"the data from the {sender}", *_yes_or_no(*able)))
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


def public_names(trace: Trace) -> set[str]:
    """The names of the values that somebody on the wire can read, or compute from what is there."""
    return _closed(trace, _on_the_wire(trace) | _hashes_in_the_clear(trace))


def eavesdropper(trace: Trace) -> Table:
    """Every record as somebody on the wire sees it: direction, type, size, and what is readable.

    The type is the header's: in TLS 1.3 that of every protected record is application_data.
    """
    rows: list[tuple[Cell, ...]] = []
    for number, record in enumerate(trace.of(Record), 1):
        other = "server" if record.sender == "client" else "client"
        rows.append(
            (
                number,
                f"{record.sender} → {other}",
                ContentType(record.raw[0]).name,
                len(record.raw),
                _readable(record, trace),
            )
        )
    return Table(
        "What an eavesdropper sees",
        ("#", "direction", "type", "bytes", "what can be read"),
        tuple(rows),
        frozenset({"type"}),
    )


def _agreed(trace: Trace) -> set[str]:
    """What the other side has, though it was made of a private key of ours alone: with its own
    private key it computes the same. And what both have kept from an earlier session.
    """
    start = {
        event.name
        for event in trace.of(SecretDerived)
        if f"{trace.role}_private" in event.inputs and event.name == "premaster_secret"
    }
    start |= {e.name for e in trace.of(SecretDerived) if not e.inputs and e.name == "master_secret"}
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


def _readable(record: Record, trace: Trace) -> str | tuple[str, ...]:
    if protection(record.protection) == "encrypted":
        return "nothing, it is encrypted"
    if record.content_type == "application_data":
        return f"all of it: {repr(record.plaintext[:48])[1:]}"
    inside = [
        message
        for message in trace.of(Message)
        if message.sender == record.sender and record.number in message.records
    ]
    lines = [line for message in inside for line in (_summary(message), *_ticket(message))]
    return tuple(lines) or "something that is no message"


def _ticket(message: Message) -> list[str]:
    """A line of its own: the name of a suite beside it is long enough."""
    return [
        f"with a ticket of {counted(span.end - span.start, 'byte')}"
        for span in message.spans
        if span.field in (_TICKET_SHOWN, _TICKET_GIVEN) and span.end > span.start
    ]


def _summary(message: Message) -> str:
    """The name of a message and what is worth knowing in it."""
    facts: list[str] = []
    for span in message.spans:
        if not span.leaf:
            continue
        if span.field.endswith("server_name_list.host_name"):
            facts.append(f"to {span.value}")
        elif span.field == "server_hello.cipher_suite":
            facts.append(span.value.partition(" ")[0])
        elif span.field == "alert.description":
            facts.append(span.value)
        elif span.field == "client_key_exchange.encrypted_pre_master_secret":
            size = counted(span.end - span.start, "byte")
            facts.append(f"{size}, encrypted to the server's public key")
    suites = [s.value for s in message.spans if s.field == "client_hello.cipher_suites" and s.leaf]
    if suites:
        facts.append(f"offers {listed(shortened([s.partition(' ')[0] for s in suites], 2))}")
    if message.name == "certificate":
        count = sum(s.leaf and s.field == "certificate.certificate_list" for s in message.spans)
        facts.append(counted(count, "certificate"))
        names = [v.value for v in certificate_values(message) if v.name == "subject"]
        facts += [f"the first of {name}" for name in names]
    return f"{message.name}: {', '.join(facts)}" if facts else message.name


def _yes_or_no(*answers: bool) -> tuple[str, ...]:
    return tuple("yes" if answer else "no" for answer in answers)
