"""The steps of a TLS 1.3 handshake in which the sides come to secrets and keys, and use them.

A function takes what the trace has and the number of the step. `tls13_steps` puts them in order.
"""

from collections.abc import Iterator

from tlslab.trace import Alert, Record, SecretDerived
from tlslab.view.seen import Seen, field_texts, secret_value
from tlslab.view.steps import Status, Step, Value
from tlslab.view.tables import Hex, counted, listed
from tlslab.view.tls13_hello_steps import early_records, has_early_data, has_psk
from tlslab.view.tls13_who_steps import afterwards, finished_value, in_handshake

_OWN_COMPUTATION = "This is one side's computation. That the other side got the same {}."


# -- the three stages of the key schedule -------------------------------------------------------


def handshake_keys(seen: Seen, number: int) -> Step:
    """The shared secret, the handshake secret, and the keys for the rest of the handshake."""
    names = ["mlkem_secret", "ecdh_secret", "shared_secret"]
    if not has_psk(seen) or not seen.negotiated("psk"):
        names.append("early_secret")
    names += ["handshake_secret", *_of_both("{}_handshake_traffic_secret")]
    names += [*_of_both("{}_handshake_write_key"), *_of_both("{}_handshake_write_iv")]
    values = [Value("group", seen.negotiated("group"))] if seen.negotiated("group") else []
    values += [
        *(secret_value(seen, f"{seen.trace.role}_private")),
        *_values(seen, names),
        *_context(seen, "client_handshake_traffic_secret", "hash up to ServerHello"),
    ]
    reached = seen.value("handshake_secret")
    without = " There are no shares: the pre-shared key alone goes in (psk_ke)."
    alone = reached and not seen.value("shared_secret")
    proof = "is proved by its Finished" if seen.completed else "was never proved by a Finished"
    return Step(
        number,
        "The handshake secret, and its keys",
        "both",
        "RFC 8446 §7.1, §7.3, §7.4",
        "With the private key of one side and the share of the other each computes the same shared "
        "secret. It goes into the key schedule, over the early secret; out come a secret and keys "
        f"for each direction. Nothing is sent.{without if alone else ''}",
        Status.DONE if reached else Status.NOT_REACHED,
        (),
        tuple(values),
        (_OWN_COMPUTATION.format(proof),) if reached else (),
    )


def server_finished(seen: Seen, number: int) -> Step:
    """The server's Finished ends its flight."""
    return _finished(seen, number, "server", "client")


def application_keys(seen: Seen, number: int) -> Step:
    """The main secret, and the keys for application data."""
    names = ["main_secret", *_of_both("{}_application_traffic_secret_0")]
    names += [*_of_both("{}_application_write_key_0"), *_of_both("{}_application_write_iv_0")]
    names += ["exporter_secret"]
    values = [
        *_values(seen, names),
        *_context(seen, "client_application_traffic_secret_0", "hash up to Finished"),
    ]
    return Step(
        number,
        "The main secret, and its keys",
        "both",
        "RFC 8446 §7.1, §7.3",
        "The last stage: from the handshake secret comes the main secret, and from it, over the "
        "hash up to the server's Finished, the keys for application data. Nothing is sent, and the "
        "server may send data from here on.",
        Status.DONE if seen.value("main_secret") else Status.NOT_REACHED,
        (),
        tuple(values),
    )


def client_finished(seen: Seen, number: int) -> Step:
    """The client's Finished ends the handshake."""
    return _finished(seen, number, "client", "server")


def _finished(seen: Seen, number: int, sender: str, receiver: str) -> Step:
    message = in_handshake(seen, "finished", sender)
    own = seen.trace.role == sender
    verified = "" if own else seen.verified("finished")
    done = message if own else verified
    values = finished_value(seen, sender)
    notes: list[str] = [f"Verified: {verified}."] if verified else []
    derived = seen.derived(f"{sender}_verify_data")
    if message and derived and not own and not verified:
        notes.append(f"It should have been {derived.value.hex()}.")
    messages = [message] if message else []
    if sender == "client":
        ended = in_handshake(seen, "end_of_early_data", "client")
        if ended:
            messages.insert(0, ended)
            notes.append("EndOfEarlyData goes before: the last message under the early keys.")
        values += _values(seen, ["resumption_secret"])
    return Step(
        number,
        f"The {sender}'s Finished",
        f"{sender} → {receiver}",
        "RFC 8446 §4.4.4",
        "An HMAC over the hash of the handshake so far. It proves that the sender has the keys and "
        "saw the same handshake"
        + (
            ": what an eavesdropper could not read, nobody in the middle has changed."
            if sender == "server"
            else ", and the handshake is complete."
        ),
        Status.DONE if done else Status.NOT_REACHED,
        tuple(messages),
        tuple(values),
        tuple(notes),
    )


# -- afterwards ---------------------------------------------------------------------------------


def tickets(seen: Seen, number: int) -> Step:
    """The server gives the client names for new keys."""
    messages = afterwards(seen, ("new_session_ticket", "server"))
    values: list[Value] = []
    if messages:
        first = messages[0]
        early = "new_session_ticket.extensions.early_data.max_early_data_size"
        values = [
            Value("tickets", str(len(messages))),
            *field_texts(first, "new_session_ticket.ticket_lifetime", "lifetime, seconds"),
            *field_texts(first, early, "early data, bytes"),
        ]
    named = [e.name for e in seen.trace.of(SecretDerived) if "resumption_psk" in e.name]
    values += _values(seen, named)
    return Step(
        number,
        "The server hands out tickets",
        "server → client",
        "RFC 8446 §4.6.1",
        "Each ticket is the name of a new pre-shared key, which both sides compute from the "
        "resumption secret. What stands in it only the server can read.",
        Status.DONE if messages else Status.NOT_REACHED,
        messages,
        tuple(values),
    )


def key_updates(seen: Seen, number: int) -> Step:
    """New keys in the middle of the connection."""
    messages = afterwards(seen, ("key_update", "client"), ("key_update", "server"))
    events = seen.trace.of(SecretDerived)
    values = _values(seen, [e.name for e in events if e.label == "traffic upd"])
    asked = [field_texts(each, "key_update.request_update", "") for each in messages]
    wanted = any("update_requested" in str(v.value) for each in asked for v in each)
    return Step(
        number,
        "New keys",
        "client ⇄ server",
        "RFC 8446 §4.6.3, §7.2",
        "KeyUpdate: the sender writes with new keys from here on, each made from the one before. "
        "Whoever steals a later one cannot go back.",
        Status.DONE if messages else Status.NOT_REACHED,
        messages,
        tuple(values),
        ("One side asked the other to do the same.",) if wanted else (),
    )


def application_data(seen: Seen, number: int) -> Step:
    """What the handshake was for."""
    early = {id(record) for record in early_records(seen)}
    records = [
        record
        for record in seen.trace.of(Record)
        if record.content_type == "application_data" and id(record) not in early
    ]
    values = []
    for sender in ("client", "server"):
        own = [record for record in records if record.sender == sender]
        data = b"".join(record.plaintext for record in own)
        if own:
            what = f"{counted(len(data), 'byte')} in {counted(len(own), 'record')}"
            lines = (what, repr(data[:32])[1:] + (" …" if len(data) > 32 else ""))
            values.append(Value(f"from the {sender}", lines))
    closed = [a.sender for a in seen.trace.of(Alert) if a.description == "close_notify"]
    notes: list[str] = []
    if seen.completed and not records:
        notes.append("No application data was sent. Both sides could.")
    if has_early_data(seen) and early:
        notes.append("What the client sent as early data stands in a step of its own.")
    if closed:
        notes.append(
            f"Closed in an orderly way: close_notify from {listed(f'the {s}' for s in closed)}."
        )
    return Step(
        number,
        "Application data",
        "client ⇄ server",
        "RFC 8446 §2, §5.2",
        "What the handshake was for: both sides send data, protected by the keys for application "
        "data. The record says of each only that it is application data.",
        Status.DONE if seen.completed else Status.NOT_REACHED,
        (),
        tuple(values),
        tuple(notes),
    )


# -- helpers ------------------------------------------------------------------------------------


def _of_both(name: str) -> tuple[str, str]:
    return name.format("client"), name.format("server")


def _values(seen: Seen, names: list[str]) -> list[Value]:
    return [value for name in names for value in secret_value(seen, name)]


def _context(seen: Seen, name: str, called: str) -> Iterator[Value]:
    derived = seen.derived(name)
    if derived:
        yield Value(called, Hex(derived.context))
