"""The steps of a TLS 1.3 handshake in which the sides say who they are, all of it encrypted.

A function takes what the trace has and the number of the step. `tls13_steps` puts them in order.
"""

from tlslab.trace import Message
from tlslab.view.seen import (
    Seen,
    certificate_values,
    field_bytes,
    field_texts,
    leaves,
    secret_value,
)
from tlslab.view.steps import SIGNATURE_COVERS, Status, Step, Value
from tlslab.view.tables import Hex, counted

SIGNED_AROUND = "64 spaces, a sentence that says whose signature it is, a zero"
"""What stands in front of the hash that is signed (RFC 8446 §4.4.3)."""


def in_handshake(seen: Seen, name: str, sender: str) -> Message | None:
    """The message of the handshake itself, and not of a question after it."""
    found = (m for m in seen.trace.messages(name) if m.sender == sender and m.transcript_hash)
    return next(found, None)


def afterwards(seen: Seen, *wanted: tuple[str, str]) -> tuple[Message, ...]:
    """The messages behind the handshake, which the transcript does not have, in their order."""
    return tuple(
        message
        for message in seen.trace.messages()
        if (message.name, message.sender) in wanted and not message.transcript_hash
    )


def encrypted_extensions(seen: Seen, number: int) -> Step:
    """The server's answers that no key depends on."""
    message = seen.message("encrypted_extensions", "server")
    values: list[Value] = []
    if message:
        found = [s for s in message.spans if s.path.endswith(".extension_type")]
        names = tuple(span.value.partition(" ")[0] for span in found)
        values = [Value("answers", names or "none")]
    return Step(
        number,
        "The rest of the server's choices, encrypted",
        "server → client",
        "RFC 8446 §4.3.1",
        "The first message that an eavesdropper cannot read: the answers to those extensions that "
        "the keys do not depend on.",
        Status.DONE if message else Status.NOT_REACHED,
        seen.messages(("encrypted_extensions", "server")),
        tuple(values),
    )


def certificate_request(seen: Seen, number: int) -> Step:
    """The server asks who the client is."""
    message = in_handshake(seen, "certificate_request", "server")
    values = tuple(_asked(message)) if message else ()
    return Step(
        number,
        "The server asks who the client is",
        "server → client",
        "RFC 8446 §4.3.2",
        "The server names the signatures that it verifies, and the authorities that it believes.",
        Status.DONE if message else Status.NOT_REACHED,
        (message,) if message else (),
        values,
    )


def _asked(message: Message) -> list[Value]:
    extensions = "certificate_request.extensions"
    signatures = f"{extensions}.signature_algorithms.supported_signature_algorithms"
    authorities = len(leaves(message, f"{extensions}.certificate_authorities.authorities"))
    return [
        *field_texts(message, signatures, "signatures"),
        Value("authorities", counted(authorities, "name") if authorities else "any"),
    ]


def certificate(seen: Seen, number: int) -> Step:
    """The server's certificate."""
    message = in_handshake(seen, "certificate", "server")
    verified = seen.verified("server certificate")
    values = tuple(certificate_values(message)) if message else ()
    notes: tuple[str, ...] = ()
    if verified:
        status = Status.DONE
        notes = (f"Verified: {verified}.",)
    elif seen.trace.role == "server" and message:
        went_on = in_handshake(seen, "finished", "client")
        status = Status.INFERRED if went_on else Status.UNKNOWN
        what = "went on, so it was content" if went_on else "has not gone on"
        notes = (f"The server cannot see this check. The client {what}.",)
    else:
        status = Status.NOT_REACHED
    return Step(
        number,
        "The client verifies the certificate",
        "server → client",
        "RFC 8446 §4.4.2",
        "The server sends its certificate, for nobody but the client to see. The client checks who "
        "issued it, its dates and its names.",
        status,
        (message,) if message else (),
        values,
        notes,
    )


def server_signature(seen: Seen, number: int) -> Step:
    """The server's signature over the handshake so far."""
    return _signature(seen, number, "server", "client")


def client_certificate(seen: Seen, number: int) -> Step:
    """The client's certificate, which may be none."""
    message = in_handshake(seen, "certificate", "client")
    values = tuple(certificate_values(message)) if message else ()
    verified = seen.verified("client certificate")
    none = message is not None and not values
    notes: tuple[str, ...] = ()
    if not message:
        status = Status.NOT_REACHED
    elif seen.trace.role == "server":
        done = verified or (none and in_handshake(seen, "finished", "client"))
        status = Status.DONE if done else Status.NOT_REACHED
        notes = (f"Verified: {verified}.",) if verified else ()
    else:
        status = Status.INFERRED if _server_spoke(seen) else Status.UNKNOWN
        notes = ("The client cannot see this check: the server sends no word after it.",)
        if status is Status.INFERRED:
            notes = ("The client cannot see this check. But the server spoke on, so it was well.",)
    return Step(
        number,
        "The client's certificate: none" if none else "The client's certificate",
        "client → server",
        "RFC 8446 §4.4.2",
        "The client has none that fits, and says so with an empty list. Whether that will do, the "
        "server decides."
        if none
        else "The client sends its certificate. The server checks who issued it, its dates, and "
        "that it is meant for clients.",
        status,
        (message,) if message else (),
        values,
        notes,
    )


def client_signature(seen: Seen, number: int) -> Step:
    """The client's signature over the handshake so far."""
    return _signature(seen, number, "client", "server")


def late_authentication(seen: Seen, number: int) -> Step:
    """The server asks after the handshake, and the client answers."""
    requests = afterwards(seen, ("certificate_request", "server"))
    answers = [(name, "client") for name in ("certificate", "certificate_verify", "finished")]
    messages = afterwards(seen, ("certificate_request", "server"), *answers)
    shown = [message for message in messages if message.name == "certificate"]
    values = [
        *(value for message in requests[:1] for value in _asked(message)),
        *(value for message in shown[:1] for value in certificate_values(message)),
    ]
    answered = any(message.name == "finished" for message in messages)
    return Step(
        number,
        "The server asks later who the client is",
        "client ⇄ server",
        "RFC 8446 §4.6.2",
        "A question after the handshake, for instance when the client wants something that is not "
        "for everybody. The answer is signed over the handshake and over the question.",
        Status.DONE if answered else Status.NOT_REACHED,
        messages,
        tuple(values),
        () if answered or not requests else ("The client has not answered.",),
    )


# -- helpers ------------------------------------------------------------------------------------


def _signature(seen: Seen, number: int, side: str, peer: str) -> Step:
    message = in_handshake(seen, "certificate_verify", side)
    verified = seen.verified("certificate_verify") if seen.trace.role == peer else ""
    values: list[Value] = []
    if message:
        hashed = [each for each in seen.trace.messages() if each.transcript_hash]
        at = next(i for i, each in enumerate(hashed) if each is message)
        covered = hashed[:at]
        size = counted(sum(len(each.raw) for each in covered), "byte")
        lines = (
            SIGNED_AROUND,
            f"the hash of {counted(len(covered), 'message')}, {size}:",
            *(each.name for each in covered),
        )
        values = [
            *field_texts(message, "certificate_verify.algorithm", "signed with"),
            Value(SIGNATURE_COVERS, lines),
            *field_bytes(message, "certificate_verify.signature", f"{side}_signature"),
        ]
    done = verified if seen.trace.role == peer else message
    return Step(
        number,
        f"The {side} proves who it is",
        f"{side} → {peer}",
        "RFC 8446 §4.4.3",
        f"The {side} signs the hash of all messages so far, the key shares among them. Only the "
        "owner of the certificate can, and for this handshake alone.",
        Status.DONE if done else Status.NOT_REACHED,
        (message,) if message else (),
        tuple(values),
        (f"Verified: {verified}.",) if verified else (),
    )


def _server_spoke(seen: Seen) -> bool:
    """Whether the server sent something after the client's Finished, and no fatal alert."""
    if seen.fatal is not None:
        return False
    finished = in_handshake(seen, "finished", "client")
    after = False
    for event in seen.trace:
        after = after or event is finished
        if after and getattr(event, "sender", "") == "server":
            return True
    return False


def finished_value(seen: Seen, side: str) -> list[Value]:
    """The hash that a Finished is over, and what it contains."""
    derived = seen.derived(f"{side}_verify_data")
    values = list(secret_value(seen, f"{side}_verify_data"))
    message = in_handshake(seen, "finished", side)
    if message:
        values = list(field_bytes(message, "finished.verify_data", f"{side}_verify_data"))
    if derived and values:
        values.insert(0, Value("transcript hash", Hex(derived.context)))
    return values
