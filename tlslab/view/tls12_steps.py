"""The nine steps of a TLS 1.2 handshake with RSA key exchange, as one side's trace shows them.

A side cannot see everything: the client does not watch the server decrypt the premaster secret
(step 5), and the server does not watch the client verify its certificate (step 3). Such a step says
what it was inferred from. Where the handshake broke off, the step says so, and why.
"""

from dataclasses import replace

from tlslab.trace import Alert, Record, SecretDerived, Trace
from tlslab.view.seen import Seen, certificate_values, field_bytes, field_texts, secret_value
from tlslab.view.steps import Status, Step, Steps, Value
from tlslab.view.tables import Hex, clean, counted, listed

_EXTENSIONS = "{}.extensions."
_SNI = "server_name.server_name_list.host_name"
_ALPN = "application_layer_protocol_negotiation.protocol_name_list"


def steps(trace: Trace) -> Steps:
    """The nine steps of the handshake in `trace`, which may be either side's."""
    seen = Seen(trace)
    found = [
        _client_hello(seen),
        _server_hello(seen),
        _certificate(seen),
        _premaster(seen),
        _decryption(seen),
        _keys(seen),
        _finished(seen, 7, "client", "server"),
        _finished(seen, 8, "server", "client"),
        _application_data(seen),
    ]
    headline = seen.headline
    if seen.fatal is not None:
        at = _stopped_at(seen, found)
        found[at] = _failed(found[at], seen)
        headline += f", broken off in step {at + 1}: {_why(seen.fatal, seen.trace.role)}"
    elif seen.completed:
        headline += ", completed"
    else:
        headline += f", unfinished: the trace ends in the state {seen.state}"
    return Steps(clean(headline, 1200), tuple(found))


# -- the steps ----------------------------------------------------------------------------------


def _client_hello(seen: Seen) -> Step:
    hello = seen.message("client_hello", "client")
    values: list[Value] = []
    if hello:
        values = [
            *field_bytes(hello, "client_hello.random", "client_random"),
            *field_texts(hello, "client_hello.client_version", "client_version"),
            *field_texts(hello, "client_hello.cipher_suites", "cipher_suites"),
            *field_texts(hello, f"{_EXTENSIONS.format('client_hello')}{_SNI}", "server_name"),
            *field_texts(hello, f"{_EXTENSIONS.format('client_hello')}{_ALPN}", "alpn"),
        ]
    understood = hello and not (
        seen.fatal
        and seen.fatal.sender == seen.trace.role == "server"
        and seen.fatal.description == "decode_error"
        and not seen.negotiated("version")
    )
    return Step(
        1,
        "ClientHello",
        "client → server",
        "RFC 5246 §7.4.1.2",
        "The client says what it can do, and sends 32 random bytes.",
        Status.DONE if understood else Status.NOT_REACHED,
        seen.messages(("client_hello", "client")),
        tuple(values),
    )


def _server_hello(seen: Seen) -> Step:
    hello = seen.message("server_hello", "server")
    values: list[Value] = []
    if hello:
        values = [
            *field_bytes(hello, "server_hello.random", "server_random"),
            *field_texts(hello, "server_hello.server_version", "server_version"),
            *field_texts(hello, "server_hello.cipher_suite", "cipher_suite"),
            *field_texts(hello, f"{_EXTENSIONS.format('server_hello')}{_ALPN}", "alpn"),
        ]
    return Step(
        2,
        "ServerHello",
        "server → client",
        "RFC 5246 §7.4.1.3",
        "The server chooses from the offer, and sends 32 random bytes of its own.",
        Status.DONE if hello and seen.negotiated("cipher_suite") else Status.NOT_REACHED,
        seen.messages(("server_hello", "server")),
        tuple(values),
    )


def _certificate(seen: Seen) -> Step:
    if seen.negotiated("resumed"):
        return _not_needed(3, "The client verifies the certificate", "client")
    message = seen.message("certificate", "server")
    notes: tuple[str, ...] = ()
    if seen.verified("server certificate"):
        status = Status.DONE
        notes = (
            "Verified: the issuers' signatures up to an authority that the client trusts, the "
            "dates, and that the certificate is for the name that the client wanted.",
        )
    elif seen.trace.role == "server" and message:
        status = Status.UNKNOWN
        if seen.message("client_key_exchange", "client"):
            status = Status.INFERRED
            notes = (
                "The server cannot see this check. But the client went on, so it was content.",
            )
    else:
        status = Status.NOT_REACHED
    return Step(
        3,
        "The client verifies the certificate",
        "client",
        "RFC 5246 §7.4.2",
        "The server sends its certificate. The client checks who issued it, its dates and its "
        "names.",
        status,
        seen.messages(
            ("certificate", "server"),
            ("server_key_exchange", "server"),
            ("certificate_request", "server"),
            ("server_hello_done", "server"),
        ),
        tuple(certificate_values(message)) if message else (),
        notes,
    )


def _shares(seen: Seen) -> Step:
    sent = seen.message("client_key_exchange", "client")
    names = ("server_share", "client_share", "premaster_secret")
    values = [value for name in names for value in secret_value(seen, name)]
    return Step(
        4,
        "The premaster secret, agreed on",
        "client ⇄ server",
        "RFC 8422 §5.4, §5.7",
        "Each side has sent a public key that it made for this handshake alone; the server has "
        "signed its own. With the private key of one and the public key of the other each side "
        "computes the same secret, and nobody else can.",
        Status.DONE if sent and values else Status.NOT_REACHED,
        seen.messages(
            ("certificate", "client"),
            ("client_key_exchange", "client"),
            ("certificate_verify", "client"),
        ),
        tuple(values),
    )


def _not_needed(number: int, title: str, who: str) -> Step:
    return Step(
        number,
        title,
        who,
        "RFC 5246 §7.3",
        "Not needed: both sides go on with the master secret of an earlier session.",
        Status.DONE,
        (),
        (),
    )


def _premaster(seen: Seen) -> Step:
    if seen.negotiated("resumed"):
        return _not_needed(4, "The premaster secret", "client → server")
    if seen.value("server_share"):
        return _shares(seen)
    sent = seen.message("client_key_exchange", "client")
    values = [*secret_value(seen, "encrypted_premaster_secret")]
    if seen.trace.role == "client":
        values = [*secret_value(seen, "premaster_secret"), *values]
    return Step(
        4,
        "The premaster secret, encrypted",
        "client → server",
        "RFC 5246 §7.4.7.1",
        "The client makes a secret and encrypts it to the public key in the certificate.",
        Status.DONE if sent and values else Status.NOT_REACHED,
        seen.messages(
            ("certificate", "client"),
            ("client_key_exchange", "client"),
            ("certificate_verify", "client"),
        ),
        tuple(values),
    )


def _decryption(seen: Seen) -> Step:
    if seen.negotiated("resumed"):
        return _not_needed(5, "The premaster secret, decrypted", "server")
    is_ephemeral = bool(seen.value("server_share"))
    values: tuple[Value, ...] = ()
    notes: tuple[str, ...] = ()
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
            "The client cannot see this. The server's Finished (step 8) proves it: nobody makes "
            "it without the premaster secret.",
        )
    elif seen.message("client_key_exchange", "client"):
        status = Status.UNKNOWN
        notes = ("The client cannot see this, and the server's Finished, the proof, never came.",)
    else:
        status = Status.NOT_REACHED
    title, section = "The premaster secret, decrypted", "RFC 5246 §7.4.7.1"
    text = "The server decrypts it with the private key, which it alone has."
    if is_ephemeral:
        title, section = "The premaster secret, computed", "RFC 8422 §5.10"
        text = "The server computes it too, from the client's public key and its own private key."
    return Step(
        5,
        title,
        "server",
        section,
        text,
        status,
        (),
        values,
        notes,
    )


def _keys(seen: Seen) -> Step:
    names = [e.name for e in seen.trace.of(SecretDerived) if e.inputs == ("key_block",)]
    values = [
        value
        for name in ("master_secret", "key_block", *names)
        for value in secret_value(seen, name)
    ]
    notes: tuple[str, ...] = ()
    if values:
        proof = "is proved by its Finished" if seen.completed else "was never proved by a Finished"
        notes = (f"This is one side's computation. That the other side got the same {proof}.",)
    return Step(
        6,
        "Master secret and session keys",
        "both",
        "RFC 5246 §8.1, §6.3",
        "Each side computes the same master secret and the same keys. Nothing is sent.",
        Status.DONE if values else Status.NOT_REACHED,
        (),
        tuple(values),
        notes,
    )


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


def _application_data(seen: Seen) -> Step:
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
        9,
        "Application data",
        "client ⇄ server",
        "RFC 5246 §6.2.3, §10",
        "What the handshake was for: both sides send data, protected by the session keys.",
        Status.DONE if seen.completed else Status.NOT_REACHED,
        (),
        tuple(values),
        tuple(notes),
    )


# -- where it broke off -------------------------------------------------------------------------


def _stopped_at(seen: Seen, found: list[Step]) -> int:
    """The index of the step that the fatal alert belongs to."""
    if seen.completed:
        return 8
    done = (Status.DONE, Status.INFERRED)
    for index, step in enumerate(found):
        if step.status in done:
            continue
        if index == 4 and step.status is Status.UNKNOWN:
            # The client cannot tell at which step the server failed. It waits for step 8.
            return 7
        if index == 4 and step.status is Status.FAILED:
            continue  # The server itself goes on, until it sees the Finished.
        return index
    return 8


def _failed(step: Step, seen: Seen) -> Step:
    alert = seen.fatal
    if alert is None:
        return step
    note = f"Broken off here: {_why(alert, seen.trace.role)}"
    if alert.sender != seen.trace.role and step.number == 8:
        note += " It does not say which of the steps 4 to 7 it was about."
    return replace(step, status=Status.FAILED, notes=(*step.notes, note))


def _why(alert: Alert, role: str) -> str:
    """Who complained, with which alert, and why."""
    text = f"the {alert.sender} sent the alert {alert.description}"
    if alert.sender == role:
        reason = ": ".join(part for part in (alert.where, alert.reason) if part)
        section = f" ({alert.section})" if alert.section else ""
        return f"{text}. {reason}{section}." if reason else f"{text}."
    # What an alert means is the registry's knowledge, and no part of a trace.
    from tlslab.connection.connection import explain
    from tlslab.wire.registry import AlertDescription

    known = getattr(AlertDescription, alert.description, None)
    meaning = explain(known) if isinstance(known, AlertDescription) else ""
    return f"{text}: {meaning}." if meaning else f"{text}."
