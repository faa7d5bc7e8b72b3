"""The steps of a TLS 1.3 handshake in the clear: the hellos, keys from before, early data.

A function takes what the trace has and the number of the step. `tls13_steps` puts them in order.
"""

from tlslab.trace import Message, Record
from tlslab.view.seen import Seen, field_bytes, field_texts, leaves, secret_value
from tlslab.view.steps import Status, Step, Value
from tlslab.view.tables import Hex, counted

_HELLO = "client_hello.extensions"
_SNI = f"{_HELLO}.server_name.server_name_list.host_name"
_ALPN = f"{_HELLO}.application_layer_protocol_negotiation.protocol_name_list"
_SHARES = f"{_HELLO}.key_share.client_shares"
_PSK = f"{_HELLO}.pre_shared_key"


def hellos(seen: Seen) -> list[Message]:
    """The ClientHellos: a second one answers a HelloRetryRequest."""
    return [m for m in seen.trace.messages("client_hello") if m.sender == "client"]


def client_hello(seen: Seen, number: int) -> Step:
    """What the client offers, with its shares."""
    found = hellos(seen)[:1]
    values = list(_offered(seen, found[0])) if found else []
    understood = found and not (
        seen.fatal
        and seen.fatal.sender == seen.trace.role == "server"
        and seen.fatal.description == "decode_error"
        and not seen.negotiated("version")
    )
    return Step(
        number,
        "ClientHello, with key shares",
        "client → server",
        "RFC 8446 §4.1.2, §4.2.8",
        "The client says what it can do. It does not wait to be told how: it makes a key pair for "
        "each group that it expects the server to choose, and sends the public keys at once.",
        Status.DONE if understood else Status.NOT_REACHED,
        tuple(found),
        tuple(values),
    )


def _offered(seen: Seen, hello: Message) -> list[Value]:
    return [
        *field_bytes(hello, "client_hello.random", "client_random"),
        *field_texts(hello, f"{_HELLO}.supported_versions.versions", "versions"),
        *field_texts(hello, "client_hello.cipher_suites", "cipher_suites"),
        *field_texts(hello, _SNI, "server_name"),
        *field_texts(hello, _ALPN, "alpn"),
        *field_texts(hello, f"{_HELLO}.supported_groups.named_group_list", "groups"),
        Value("key shares", shares_in(hello) or "none"),
    ]


def shares_in(hello: Message) -> tuple[str, ...]:
    """The group of each share in a hello, and how many bytes it has; of a hybrid, of each part."""
    lines: list[str] = []
    for span in hello.spans:
        owner, _, last = span.path.rpartition(".")
        if last == "group" and ".key_share." in span.path:
            name = span.value.partition(" ")[0]
            lines.append(f"{name}, {_sizes(hello, owner)}")
    return tuple(lines)


def _sizes(hello: Message, owner: str) -> str:
    """The bytes of the share in this entry."""
    path = f"{owner}.key_exchange"
    parts = [
        (span.path.removeprefix(path).lstrip("."), span.end - span.start)
        for span in hello.spans
        if span.leaf and span.path.startswith(path) and not span.path.endswith(".length")
    ]
    whole = counted(sum(size for _, size in parts), "byte")
    if len(parts) == 1:
        return whole
    names = {"mlkem": "ML-KEM", "ecdh": "the curve"}
    return f"{whole}: " + ", ".join(f"{size:,} of {names.get(name, name)}" for name, size in parts)


def hello_retry_request(seen: Seen, number: int) -> Step:
    """The server misses something in the offer."""
    message = seen.message("hello_retry_request", "server")
    values: list[Value] = []
    if message:
        extensions = "hello_retry_request.extensions"
        values = [
            *field_texts(message, f"{extensions}.key_share.selected_group", "wanted group"),
            *field_bytes(message, f"{extensions}.cookie.cookie", "cookie"),
            *field_texts(message, "hello_retry_request.cipher_suite", "cipher_suite"),
        ]
    return Step(
        number,
        "The server asks for another ClientHello",
        "server → client",
        "RFC 8446 §4.1.4, §4.4.1",
        "None of the shares is of a group that the server wants, or it wants a cookie back, to "
        "see that the client is where it says. It costs a round trip. In the transcript the first "
        "ClientHello is replaced by its hash.",
        Status.DONE if message else Status.NOT_REACHED,
        seen.messages(("hello_retry_request", "server"), ("change_cipher_spec", "server")),
        tuple(values),
    )


def second_client_hello(seen: Seen, number: int) -> Step:
    """The same offer again, with what was missing."""
    found = hellos(seen)[1:2]
    values: list[Value] = []
    for hello in found:
        values = [
            Value("key shares", shares_in(hello) or "none"),
            *field_bytes(hello, f"{_HELLO}.cookie.cookie", "cookie"),
        ]
    return Step(
        number,
        "The second ClientHello",
        "client → server",
        "RFC 8446 §4.1.2",
        "The same offer once more, with what the server asked for and without early data. Nothing "
        "else may have changed.",
        Status.DONE if found else Status.NOT_REACHED,
        tuple(found),
        tuple(values),
    )


def pre_shared_key(seen: Seen, number: int) -> Step:
    """The key that both sides have already, and the proof that the client has it."""
    hello = next(iter(reversed(hellos(seen))), None)
    values: list[Value] = []
    if hello:
        identities = leaves(hello, f"{_PSK}.identities.identity")
        raw = [hello.raw[span.start : span.end] for span in identities]
        values = [
            *(Value("identity", Hex(each)) for each in raw),
            *field_texts(hello, f"{_PSK}.identities.obfuscated_ticket_age", "age, obfuscated"),
        ]
    for name in ("psk", "early_secret", "binder_key"):
        values += secret_value(seen, name)
    binder = seen.derived("binder")
    if binder:
        values += [Value("binder covers", _covered(hello)), Value("hash", Hex(binder.context))]
        values += secret_value(seen, "binder")
    kind = seen.negotiated("psk")
    verified = seen.verified("binder")
    notes = [f"Verified: {verified}."] if verified else []
    if seen.trace.role == "client" and not kind and seen.message("server_hello", "server"):
        notes.append("The server did not take it: a full handshake followed.")
    if kind:
        notes.append(
            "The server went on with it: neither side shows a certificate in this handshake. Who "
            "they are, they know from "
            + ("the connection before." if kind == "resumption" else "where the key came from.")
        )
    done = verified or kind if seen.trace.role == "server" else hello
    return Step(
        number,
        "The pre-shared key, and its binder",
        "both",
        "RFC 8446 §4.2.11",
        "Both sides have a key already, from a ticket or from outside. The client names it in its "
        "ClientHello, in the clear, and proves that it has it: the binder, which stands at the "
        "end, is an HMAC over that very ClientHello.",
        Status.DONE if done else Status.NOT_REACHED,
        (),
        tuple(values),
        tuple(notes),
    )


def _covered(hello: Message | None) -> str:
    """What the binder is over: the hello without the list of binders at its end."""
    if hello is None:
        return "the ClientHello without its binders"
    binders = [s for s in hello.spans if s.field == f"{_PSK}.binders.length"]
    end = binders[0].start if binders else len(hello.raw)
    return f"the first {end:,} of {len(hello.raw):,} bytes of the ClientHello"


def early_data(seen: Seen, number: int) -> Step:
    """What the client sends before the server has said a word."""
    records = [r for r in seen.trace.of(Record) if r.sender == "client"]
    early = early_records(seen)
    data = b"".join(record.plaintext for record in early)
    names = ("client_early_traffic_secret", "client_early_write_key", "client_early_write_iv")
    values = [value for name in names for value in secret_value(seen, name)]
    if data:
        lines = (counted(len(data), "byte"), repr(data[:32])[1:] + (" …" * (len(data) > 32)))
        values.append(Value("early data", lines))
    answer = seen.negotiated("early_data")
    notes = [
        "These data have no randomness of the server's in their keys: whoever recorded them can "
        "send them a second time, and a server has to remember what it has taken."
    ]
    if answer:
        notes.insert(0, f"The server's answer: {answer}.")
    return Step(
        number,
        "Early data (0-RTT)",
        "client → server",
        "RFC 8446 §2.3, §4.2.10, §8",
        "With a key from before, the client need not wait: it sends data right behind its "
        "ClientHello, under keys that come from the pre-shared key alone.",
        Status.DONE if records and (values or answer) else Status.NOT_REACHED,
        (),
        tuple(values),
        tuple(notes),
    )


def server_hello(seen: Seen, number: int) -> Step:
    """What the server chose, and its share."""
    hello = seen.message("server_hello", "server")
    # It stands behind the first message that the server sends (RFC 8446 Appendix D.4).
    compatible = [] if was_retried(seen) else [("change_cipher_spec", "server")]
    values: list[Value] = []
    if hello:
        extensions = "server_hello.extensions"
        values = [
            *field_bytes(hello, "server_hello.random", "server_random"),
            *field_texts(hello, f"{extensions}.supported_versions.selected_version", "version"),
            *field_texts(hello, "server_hello.cipher_suite", "cipher_suite"),
            Value("key share", shares_in(hello) or "none: the pre-shared key has to do"),
            *field_texts(hello, f"{extensions}.pre_shared_key.selected_identity", "chosen key"),
        ]
    return Step(
        number,
        "ServerHello, with a key share",
        "server → client",
        "RFC 8446 §4.1.3, §4.2.8",
        "The server chooses version, suite and group, and sends its own share. From here on both "
        "sides can compute a secret, and everything is encrypted.",
        Status.DONE if hello and seen.negotiated("cipher_suite") else Status.NOT_REACHED,
        seen.messages(("server_hello", "server"), *compatible),
        tuple(values),
    )


# -- helpers ------------------------------------------------------------------------------------


def was_retried(seen: Seen) -> bool:
    """Whether the server asked for another ClientHello."""
    return seen.message("hello_retry_request", "server") is not None


def has_psk(seen: Seen) -> bool:
    """Whether the client names a pre-shared key."""
    return any(leaves(hello, f"{_PSK}.identities.identity") for hello in hellos(seen))


def has_early_data(seen: Seen) -> bool:
    """Whether the client announces early data."""
    return any(leaves(hello, f"{_HELLO}.early_data.extension_type") for hello in hellos(seen))


def early_records(seen: Seen) -> list[Record]:
    """The records of early data, as far as this side could open them.

    They come before EndOfEarlyData, and before the client's Finished where the server refused.
    """
    if not has_early_data(seen):
        return []
    found: list[Record] = []
    for event in seen.trace:
        if isinstance(event, Message) and event.sender == "client":
            if event.name in ("end_of_early_data", "finished", "certificate"):
                return found
        elif (
            isinstance(event, Record)
            and event.sender == "client"
            and event.content_type == "application_data"
        ):
            found.append(event)
    return found
