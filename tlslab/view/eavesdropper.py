"""What somebody on the wire sees: every record, and what can be read in it."""

from tlslab.trace import Message, Record, Trace
from tlslab.view.seen import Seen, certificate_values, certificates_in
from tlslab.view.steps import protection
from tlslab.view.tables import Cell, Table, counted, listed, shortened
from tlslab.view.tls13_hello_steps import early_records, shares_in
from tlslab.wire.registry import ContentType

ENCRYPTED = "nothing, it is encrypted"
_TICKETS = ("client_hello.extensions.session_ticket.ticket", "new_session_ticket.ticket")
_SHARES = frozenset(
    {
        "server_key_exchange.params.public",
        "server_key_exchange.params.dh_Ys",
        "client_key_exchange.ecdh_Yc",
        "client_key_exchange.dh_Yc",
    }
)
_TOLD = {
    "client_hello.extensions.pre_shared_key.identities.identity": (
        "with the name of a pre-shared key, {size}"
    ),
    "client_hello.extensions.early_data.extension_type": "and early data behind it",
    "hello_retry_request.extensions.key_share.selected_group": "wants a share of {value}",
    "hello_retry_request.extensions.cookie.cookie": "with a cookie of {size}",
    "server_hello.extensions.pre_shared_key.selected_identity": "takes the pre-shared key",
}
"""What else is worth knowing in the hellos of TLS 1.3, and how to say it."""


def eavesdropper(trace: Trace) -> Table:
    """Every record as somebody on the wire sees it: direction, type, size, and what is readable.

    The type is the header's: in TLS 1.3 that of every protected record is application_data.
    """
    rows: list[tuple[Cell, ...]] = []
    # A server that asks for another hello passes these over, and has no keys for them.
    early = {id(record) for record in early_records(Seen(trace))}
    for number, record in enumerate(trace.of(Record), 1):
        other = "server" if record.sender == "client" else "client"
        rows.append(
            (
                number,
                f"{record.sender} → {other}",
                type_on_the_wire(record),
                len(record.raw),
                ENCRYPTED if id(record) in early else _readable(record, trace),
            )
        )
    return Table(
        "What an eavesdropper sees",
        ("#", "direction", "type", "bytes", "what can be read"),
        tuple(rows),
        frozenset({"type"}),
    )


def type_on_the_wire(record: Record) -> str:
    """The type in the header. In TLS 1.3 a protected record has its own inside (RFC 8446 §5.2)."""
    return ContentType(record.raw[0]).name


def _readable(record: Record, trace: Trace) -> str | tuple[str, ...]:
    if protection(record.protection) == "encrypted":
        return ENCRYPTED
    if record.content_type == "application_data":
        return f"all of it: {repr(record.plaintext[:48])[1:]}"
    inside = [
        message
        for message in trace.of(Message)
        if message.sender == record.sender and record.number in message.records
    ]
    lines = [line for message in inside for line in (_summary(message), *_more(message))]
    return tuple(lines) or "something that is no message"


def _more(message: Message) -> list[str]:
    """Lines of their own: the name of a suite beside them is long enough."""
    lines = [
        f"with a ticket of {counted(span.end - span.start, 'byte')}"
        for span in message.spans
        if span.field in _TICKETS and span.end > span.start
    ]
    shares = shares_in(message)
    if shares and message.name != "hello_retry_request":
        lines.append(f"with a share of {listed(share.partition(',')[0] for share in shares)}")
    for span in message.spans:
        if span.leaf and span.field in _TOLD:
            size = counted(span.end - span.start, "byte")
            lines.append(_TOLD[span.field].format(size=size, value=span.value.partition(" ")[0]))
    return lines


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
        elif span.field in _SHARES:
            facts.append(f"a share of {counted(span.end - span.start, 'byte')}")
        elif span.field == "server_key_exchange.signed_params.signature":
            facts.append(f"a signature of {counted(span.end - span.start, 'byte')}")
    suites = [s.value for s in message.spans if s.field == "client_hello.cipher_suites" and s.leaf]
    if suites:
        facts.append(f"offers {listed(shortened([s.partition(' ')[0] for s in suites], 2))}")
    if message.name == "certificate":
        facts.append(counted(len(certificates_in(message)), "certificate"))
        names = [v.value for v in certificate_values(message) if v.name == "subject"]
        facts += [f"the first of {name}" for name in names]
    return f"{message.name}: {', '.join(facts)}" if facts else message.name
