"""The steps of a TLS 1.2 handshake in which the sides choose, and say who they are.

A function takes what the trace has and the number of the step. `tls12_steps` puts them in order.
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
from tlslab.view.tables import counted

_SNI = "server_name.server_name_list.host_name"
_ALPN = "application_layer_protocol_negotiation.protocol_name_list"
_TOLD = ("extended_master_secret", "encrypt_then_mac", "session_ticket", "status_request")
"""The extensions of a ServerHello that change what follows."""
_HOW = {
    "ticket": "The server opened the ticket",
    "session ID": "The server remembers the session of this ID",
}


# -- the hellos ---------------------------------------------------------------------------------


def client_hello(seen: Seen, number: int) -> Step:
    """What the client offers."""
    hello = seen.message("client_hello", "client")
    values: list[Value] = []
    if hello:
        extensions = "client_hello.extensions"
        values = [
            *field_bytes(hello, "client_hello.random", "client_random"),
            *field_texts(hello, "client_hello.client_version", "client_version"),
            *field_texts(hello, "client_hello.cipher_suites", "cipher_suites"),
            *field_texts(hello, f"{extensions}.{_SNI}", "server_name"),
            *field_texts(hello, f"{extensions}.{_ALPN}", "alpn"),
        ]
        if seen.negotiated("resumed") == "ticket":
            values += field_bytes(hello, f"{extensions}.session_ticket.ticket", "ticket, sealed")
        elif seen.negotiated("resumed"):
            values += field_bytes(hello, "client_hello.session_id", "session_id")
    understood = hello and not (
        seen.fatal
        and seen.fatal.sender == seen.trace.role == "server"
        and seen.fatal.description == "decode_error"
        and not seen.negotiated("version")
    )
    return Step(
        number,
        "ClientHello",
        "client → server",
        "RFC 5246 §7.4.1.2",
        "The client says what it can do, and sends 32 random bytes.",
        Status.DONE if understood else Status.NOT_REACHED,
        seen.messages(("client_hello", "client")),
        tuple(values),
    )


def server_hello(seen: Seen, number: int) -> Step:
    """What the server chose."""
    hello = seen.message("server_hello", "server")
    values: list[Value] = []
    notes: tuple[str, ...] = ()
    if hello:
        extensions = "server_hello.extensions"
        values = [
            *field_bytes(hello, "server_hello.random", "server_random"),
            *field_texts(hello, "server_hello.server_version", "server_version"),
            *field_texts(hello, "server_hello.cipher_suite", "cipher_suite"),
            *field_texts(hello, f"{extensions}.{_ALPN}", "alpn"),
        ]
        told = tuple(name for name in _TOLD if leaves(hello, f"{extensions}.{name}.extension_type"))
        if told:
            values.append(Value("accepted", told))
    how = seen.negotiated("resumed")
    if how:
        notes = (f"{_HOW[how]} and goes on with it: no certificate and no key exchange follow.",)
    return Step(
        number,
        "ServerHello",
        "server → client",
        "RFC 5246 §7.4.1.3",
        "The server chooses from the offer, and sends 32 random bytes of its own.",
        Status.DONE if hello and seen.negotiated("cipher_suite") else Status.NOT_REACHED,
        seen.messages(("server_hello", "server")),
        tuple(values),
        notes,
    )


# -- the server says who it is ------------------------------------------------------------------


def certificate(seen: Seen, number: int) -> Step:
    """The server's certificate, and what its issuer says of it."""
    message = seen.message("certificate", "server")
    notes: tuple[str, ...] = ()
    if seen.verified("server certificate"):
        status = Status.DONE
        notes = (
            "Verified: the issuers' signatures up to an authority that the client trusts, the "
            "dates, and that the certificate is for the name that the client wanted.",
        )
        if seen.verified("certificate status"):
            notes += (f"Verified: {seen.verified('certificate status')}.",)
    elif seen.trace.role == "server" and message:
        status = Status.UNKNOWN
        if seen.messages(("certificate", "client"), ("client_key_exchange", "client")):
            status = Status.INFERRED
            notes = (
                "The server cannot see this check. But the client went on, so it was content.",
            )
    else:
        status = Status.NOT_REACHED
    values = tuple(certificate_values(message)) if message else ()
    stapled = seen.message("certificate_status", "server")
    if stapled:
        values += tuple(field_bytes(stapled, "certificate_status.response", "OCSP response"))
    return Step(
        number,
        "The client verifies the certificate",
        "client",
        "RFC 5246 §7.4.2",
        "The server sends its certificate. The client checks who issued it, its dates and its "
        "names.",
        status,
        seen.messages(
            ("certificate", "server"), ("certificate_status", "server"), *_last_of(seen, number)
        ),
        values,
        notes,
    )


def server_share(seen: Seen, number: int) -> Step:
    """The server's half of Diffie-Hellman, and its signature."""
    message = seen.message("server_key_exchange", "server")
    verified = seen.verified("server_key_exchange")
    values: list[Value] = []
    if message:
        group = seen.negotiated("group")
        values = [Value("group", group)] if group else []
        values += [*secret_value(seen, "server_private"), *secret_value(seen, "server_share")]
        params = [s for s in message.spans if s.path == "server_key_exchange.params"]
        covers = ["client_random, 32 bytes", "server_random, 32 bytes"]
        covers += [f"params, {counted(s.end - s.start, 'byte')}" for s in params]
        signed = "server_key_exchange.signed_params"
        values += [
            *field_texts(message, f"{signed}.algorithm", "signed with"),
            Value(SIGNATURE_COVERS, tuple(covers)),
            *field_bytes(message, f"{signed}.signature", "server_signature"),
        ]
    done = verified if seen.trace.role == "client" else message
    return Step(
        number,
        "The server's share, signed",
        "server → client",
        "RFC 8422 §5.4" if on_a_curve(seen) else "RFC 5246 §7.4.3",
        "The server makes a key pair for this handshake alone and sends the public key, its "
        "share. It signs the share and both randoms, so that the client knows whose it is, and "
        "that it is new.",
        Status.DONE if done else Status.NOT_REACHED,
        seen.messages(("server_key_exchange", "server"), *_last_of(seen, number)),
        tuple(values),
        (f"Verified: {verified}.",) if verified else (),
    )


# -- the client says who it is ------------------------------------------------------------------


def certificate_request(seen: Seen, number: int) -> Step:
    """The server asks for the client's certificate."""
    message = seen.message("certificate_request", "server")
    values: list[Value] = []
    if message:
        field = "certificate_request"
        authorities = len(leaves(message, f"{field}.certificate_authorities"))
        values = [
            *field_texts(message, f"{field}.certificate_types", "certificate_types"),
            *field_texts(message, f"{field}.supported_signature_algorithms", "signatures"),
            Value("authorities", counted(authorities, "name") if authorities else "any"),
        ]
    return Step(
        number,
        "The server asks who the client is",
        "server → client",
        "RFC 5246 §7.4.4",
        "The server names the kinds of keys and signatures that it takes, and the authorities "
        "that it believes.",
        Status.DONE if message else Status.NOT_REACHED,
        seen.messages(("certificate_request", "server"), *_last_of(seen, number)),
        tuple(values),
    )


def client_certificate(seen: Seen, number: int) -> Step:
    """The client's certificate, which may be none."""
    message = seen.message("certificate", "client")
    values = tuple(certificate_values(message)) if message else ()
    none = message is not None and not values
    verified = seen.verified("client certificate")
    went_on = seen.message("client_key_exchange", "client")
    notes: tuple[str, ...] = ()
    if not message:
        status = Status.NOT_REACHED
    elif seen.trace.role == "server":
        status = Status.DONE if verified or (none and went_on) else Status.NOT_REACHED
        notes = (f"Verified: {verified}.",) if verified else ()
    else:
        status = Status.INFERRED if seen.completed else Status.UNKNOWN
        if seen.completed:
            notes = (
                "The client cannot see this check. But the server went on, so it was content.",
            )
    return Step(
        number,
        "The client's certificate: none" if none else "The client's certificate",
        "client → server",
        "RFC 5246 §7.4.6",
        "The client has none that fits, and says so with an empty list. Whether that will do, the "
        "server decides."
        if none
        else "The client sends its certificate. The server checks who issued it, its dates, and "
        "that it is meant for clients.",
        status,
        seen.messages(("certificate", "client")),
        values,
        notes,
    )


def client_signature(seen: Seen, number: int) -> Step:
    """The client's signature over the handshake."""
    message = seen.message("certificate_verify", "client")
    verified = seen.verified("certificate_verify")
    values: list[Value] = []
    if message:
        covered = _before(seen, message)
        size = counted(sum(len(each.raw) for each in covered), "byte")
        signed = "certificate_verify.handshake_messages"
        values = [
            *field_texts(message, f"{signed}.algorithm", "signed with"),
            Value(
                SIGNATURE_COVERS,
                (f"{counted(len(covered), 'message')}, {size}:", *(m.name for m in covered)),
            ),
            *field_bytes(message, f"{signed}.signature", "client_signature"),
        ]
    done = verified if seen.trace.role == "server" else message
    return Step(
        number,
        "The client proves who it is",
        "client → server",
        "RFC 5246 §7.4.8",
        "The client signs all handshake messages so far. Only the owner of its certificate can, "
        "and for this handshake alone.",
        Status.DONE if done else Status.NOT_REACHED,
        seen.messages(("certificate_verify", "client")),
        tuple(values),
        (f"Verified: {verified}.",) if verified else (),
    )


# -- helpers ------------------------------------------------------------------------------------


def is_ephemeral(seen: Seen) -> bool:
    """Whether the key exchange is one of Diffie-Hellman: by the suite, or by all that are offered.

    Before anything is known, it is RSA.
    """
    chosen = seen.negotiated("cipher_suite")
    hello = seen.message("client_hello", "client")
    offered = [s.value for s in leaves(hello, "client_hello.cipher_suites")] if hello else []
    offered = [name for name in offered if "_WITH_" in name]
    suites = [chosen] if chosen else offered
    return bool(suites) and all("DHE_" in name for name in suites)


def on_a_curve(seen: Seen) -> bool:
    """Whether Diffie-Hellman is on a curve, and not modulo a prime."""
    return "_DHE_" not in seen.negotiated("cipher_suite")


def _last_of(seen: Seen, number: int) -> tuple[tuple[str, str], ...]:
    """The server_hello_done, for the last step of the server's flight."""
    last = 3 + is_ephemeral(seen) + bool(seen.message("certificate_request", "server"))
    return (("server_hello_done", "server"),) if number == last else ()


def _before(seen: Seen, message: Message) -> list[Message]:
    """The messages of the transcript before this one."""
    hashed = [each for each in seen.trace.of(Message) if each.transcript_hash]
    return hashed[: next(at for at, each in enumerate(hashed) if each is message)]
