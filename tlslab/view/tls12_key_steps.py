"""The steps of a TLS 1.2 handshake in which the sides come to a secret, to keys, and use them.

A function takes what the trace has and the number of the step. `tls12_steps` puts them in order.
"""

from tlslab.trace import Alert, Record, SecretDerived
from tlslab.view.seen import Seen, field_bytes, field_texts, secret_value
from tlslab.view.steps import Status, Step, Value
from tlslab.view.tables import Hex, counted, listed
from tlslab.view.tls12_who_steps import on_a_curve

# -- the premaster secret -----------------------------------------------------------------------


def client_share(seen: Seen, number: int) -> Step:
    """The client's half of Diffie-Hellman, and what both halves give."""
    message = seen.message("client_key_exchange", "client")
    premaster = list(secret_value(seen, "premaster_secret"))
    values = [
        *secret_value(seen, "client_private"),
        *secret_value(seen, "client_share"),
        *premaster,
    ]
    return Step(
        number,
        "The client's share, and the premaster secret",
        "client → server",
        "RFC 8422 §5.7, §5.10" if on_a_curve(seen) else "RFC 5246 §7.4.7.2, §8.1.2",
        "The client makes a key pair for this handshake too and sends the public key. With the "
        "private key of one side and the public key of the other each computes the same secret, "
        "and nobody else can.",
        Status.DONE if message and premaster else Status.NOT_REACHED,
        seen.messages(("client_key_exchange", "client")),
        tuple(values),
    )


def premaster(seen: Seen, number: int) -> Step:
    """The premaster secret, made by the client and encrypted to the server."""
    sent = seen.message("client_key_exchange", "client")
    values = [*secret_value(seen, "encrypted_premaster_secret")]
    if seen.trace.role == "client":
        values = [*secret_value(seen, "premaster_secret"), *values]
    return Step(
        number,
        "The premaster secret, encrypted",
        "client → server",
        "RFC 5246 §7.4.7.1",
        "The client makes a secret and encrypts it to the public key in the certificate.",
        Status.DONE if sent and values else Status.NOT_REACHED,
        seen.messages(("client_key_exchange", "client")),
        tuple(values),
    )


def decryption(seen: Seen, number: int) -> Step:
    """The server decrypts it, which the client cannot see."""
    values: tuple[Value, ...] = ()
    notes: tuple[str, ...] = ()
    # Between this and the server's Finished come the keys and the client's Finished, and what the
    # trace has of a signature and a ticket.
    between = (("certificate_verify", "client"), ("new_session_ticket", "server"))
    proof = number + 3 + len(seen.messages(*between))
    if seen.trace.role == "server":
        values = tuple(secret_value(seen, "premaster_secret"))
        status = Status.DONE if values else Status.NOT_REACHED
        if values and seen.value("premaster_secret") == seen.value("random_premaster"):
            status = Status.FAILED
            notes = (
                "What came was not a premaster secret under this key. The server goes on with a "
                "random one, so that nobody learns why; the handshake then fails at Finished.",
            )
    elif seen.verified("finished"):
        status = Status.INFERRED
        notes = (
            f"The client cannot see this. The server's Finished (step {proof}) proves it: nobody "
            "makes it without the premaster secret.",
        )
    elif seen.message("client_key_exchange", "client"):
        status = Status.UNKNOWN
        notes = ("The client cannot see this, and the server's Finished, the proof, never came.",)
    else:
        status = Status.NOT_REACHED
    return Step(
        number,
        "The premaster secret, decrypted",
        "server",
        "RFC 5246 §7.4.7.1",
        "The server decrypts it with the private key, which it alone has.",
        status,
        (),
        values,
        notes,
    )


# -- the keys -----------------------------------------------------------------------------------


def keys(seen: Seen, number: int) -> Step:
    """The master secret and what is cut from it."""
    names = [e.name for e in seen.trace.of(SecretDerived) if e.inputs == ("key_block",)]
    values = [
        value
        for name in ("session_hash", "master_secret", "key_block", *names)
        for value in secret_value(seen, name)
    ]
    title, section = "Master secret and session keys", "RFC 5246 §8.1, §6.3"
    text = "Each side computes the same master secret and the same keys. Nothing is sent."
    notes: tuple[str, ...] = ()
    if seen.negotiated("resumed"):
        title, section = "The old master secret, new session keys", "RFC 5246 §7.3, §6.3"
        text = (
            "Both sides take the master secret from the earlier session. With the new randoms it "
            "gives new keys. Nothing is sent."
        )
    elif seen.value("session_hash"):
        section = "RFC 7627 §4, RFC 5246 §6.3"
        notes = (
            "The master secret is an extended one: into it went the hash of all handshake "
            "messages up to the client_key_exchange, and not the randoms alone.",
        )
    if values:
        proof = "is proved by its Finished" if seen.completed else "was never proved by a Finished"
        own = f"This is one side's computation. That the other side got the same {proof}."
        notes = (own, *notes)
    return Step(
        number,
        title,
        "both",
        section,
        text,
        Status.DONE if values else Status.NOT_REACHED,
        (),
        tuple(values),
        notes,
    )


def ticket(seen: Seen, number: int) -> Step:
    """The server gives the session away, sealed."""
    message = seen.message("new_session_ticket", "server")
    values: list[Value] = []
    if message:
        field = "new_session_ticket"
        values = [
            *field_texts(message, f"{field}.ticket_lifetime_hint", "lifetime, seconds"),
            *field_bytes(message, f"{field}.ticket", "ticket, sealed"),
        ]
    return Step(
        number,
        "The server hands out a ticket",
        "server → client",
        "RFC 5077 §3.3",
        "The server seals the session with a key that it alone has, and forgets it. The client "
        "keeps the ticket, which it cannot open, and shows it another time.",
        Status.DONE if message else Status.NOT_REACHED,
        seen.messages(("new_session_ticket", "server")),
        tuple(values),
    )


def client_finished(seen: Seen, number: int) -> Step:
    """The client's ChangeCipherSpec and Finished."""
    return _finished(seen, number, "client", "server")


def server_finished(seen: Seen, number: int) -> Step:
    """The server's ChangeCipherSpec and Finished."""
    return _finished(seen, number, "server", "client")


def _finished(seen: Seen, number: int, sender: str, receiver: str) -> Step:
    message = seen.message("finished", sender)
    own = seen.trace.role == sender
    done = message if own else seen.verified("finished")
    values: list[Value] = []
    notes: tuple[str, ...] = ()
    derived = seen.derived(f"{sender}_verify_data")
    if message:
        if derived:
            values.append(Value("transcript hash", Hex(derived.context)))
        values += field_bytes(message, "finished.verify_data", f"{sender}_verify_data")
        if not own and done:
            notes = (f"Verified: {seen.verified('finished')}.",)
        elif derived and not own:
            notes = (f"It should have been {derived.value.hex()}.",)
    return Step(
        number,
        f"The {sender} switches to the keys: Finished",
        f"{sender} → {receiver}",
        "RFC 5246 §7.1, §7.4.9",
        "ChangeCipherSpec: from here on everything is protected. Finished, the first protected "
        "message, proves that the sender has the keys and saw the same handshake.",
        Status.DONE if done else Status.NOT_REACHED,
        seen.messages(("change_cipher_spec", sender), ("finished", sender)),
        tuple(values),
        notes,
    )


def application_data(seen: Seen, number: int) -> Step:
    """What the handshake was for."""
    records = [
        record for record in seen.trace.of(Record) if record.content_type == "application_data"
    ]
    values = []
    for sender in ("client", "server"):
        data = b"".join(record.plaintext for record in records if record.sender == sender)
        count = sum(record.sender == sender for record in records)
        if count:
            what = f"{counted(len(data), 'byte')} in {counted(count, 'record')}"
            lines = (what, repr(data[:32])[1:] + (" …" if len(data) > 32 else ""))
            values.append(Value(f"from the {sender}", lines))
    closed = [a.sender for a in seen.trace.of(Alert) if a.description == "close_notify"]
    notes: list[str] = []
    if seen.completed and not records:
        notes.append("No application data was sent. Both sides could.")
    if closed:
        notes.append(
            f"Closed in an orderly way: close_notify from {listed(f'the {s}' for s in closed)}."
        )
    return Step(
        number,
        "Application data",
        "client ⇄ server",
        "RFC 5246 §6.2.3, §10",
        "What the handshake was for: both sides send data, protected by the session keys.",
        Status.DONE if seen.completed else Status.NOT_REACHED,
        (),
        tuple(values),
        tuple(notes),
    )
