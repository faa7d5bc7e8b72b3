"""One connection of `tlslab connect`: handshake, its steps, talk, and what came later."""

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from cryptography import x509

import tlslab
from tlslab.connection.session import PSKSession, Session
from tlslab.errors import LocalError, TLSError
from tlslab.lab.dialing import Conversation, default_trust, dial
from tlslab.lab.serving import address_text
from tlslab.lab.terminal import Incoming, printable, what_went_wrong
from tlslab.trace import Trace
from tlslab.view import text
from tlslab.view.tables import counted, wrapped
from tlslab.wire.registry import ProtocolVersion

MAX_TRACE = 64 * 1024 * 1024
HTTPS_PORT = 443
SILENCE_AFTER_SEND = 2.0
SILENCE_AFTER_HTTP = 10.0


@dataclass(frozen=True, slots=True)
class Visit:
    """Whom to visit, and how. anchors: whom to trust, None for the default; traces: one a time."""

    options: argparse.Namespace
    host: str
    port: int
    config: tlslab.ClientConfig
    anchors: tuple[x509.Certificate, ...] | None
    traces: list[Trace]


def visit(
    whom: Visit, session: Session | PSKSession | None, early_data: bytes = b""
) -> tuple[int, Session | PSKSession | None]:
    """One connection; the exit status, and the session that the server offers.

    session: one to go on with. early_data: what is sent at once, which the session has to allow.
    """
    options, host, port = whom.options, whom.host, whom.port
    anchors, server_name = whom.anchors, whom.config.server_name
    trace = Trace("client", max_bytes=MAX_TRACE)
    whom.traces.append(trace)
    try:
        line = dial(host, port)
    except (OSError, UnicodeError) as error:
        where = address_text((host, port))
        return fail(f"no connection to {where}: {what_went_wrong(error)}"), None
    with line:
        trust = f"the certificates in {options.cafile}"
        if anchors is None:
            trust, anchors = default_trust(line)
            if not anchors:
                reason = "no certificate authorities were found; name some with --cafile"
                return fail(reason), None
        config = replace(whom.config, trust_anchors=anchors, session=session, early_data=early_data)
        print(
            f"Connected to {address_text((host, port))}; it has to prove that it is {server_name}."
        )
        print(f"Trusted: {trust}.\n")
        conversation = Conversation(line, tlslab.client(config, trace))
        status = _converse(options, conversation, config, trace)
    completed = conversation.completed
    if completed is not None and session is not None and not completed.resumed:
        print("\nThe server did not go on with the session: this was a full handshake.")
    return status, conversation.session


def fail(reason: str) -> int:
    """Say why it came to nothing; the exit status."""
    sys.stdout.flush()
    print(f"tlslab connect: {printable(reason)}", file=sys.stderr)
    return 1


def _converse(
    options: argparse.Namespace,
    conversation: Conversation,
    config: tlslab.ClientConfig,
    trace: Trace,
) -> int:
    request, silence = _request(options, config)
    try:
        try:
            completed = conversation.handshake()
        except (TLSError, OSError) as error:
            conversation.close()  # first of all: the alert is what the server waits for
            _show(trace)
            return fail(f"no handshake: {what_went_wrong(error)}")
        asked = len(trace.messages("certificate_request"))
        refused = b"" if completed.early_data_accepted else config.early_data
        try:
            if options.key_update:
                conversation.connection.update_keys(request_peer=True)
        except LocalError as error:
            _show(trace)
            return fail(f"--key-update: {error}")
        # Sent before anything is shown, so that the last of the steps has something to show.
        conversation.send(refused + request)
        _show(trace)
        _tell_early_data(len(config.early_data), refused=bool(refused))
        if request:
            print(f"\nSent {counted(len(request), 'byte')}.", end="")
        answered = bool(request or config.early_data)
        if answered:
            print(" What came back:\n" if request else "\nWhat came back:\n", flush=True)
        elif completed.version >= ProtocolVersion.TLSv1_3:
            _wait(options, conversation, asked=bool(asked))
        try:
            received = _print(conversation.receive(silence))
        except BrokenPipeError:
            raise  # whoever reads what is printed has gone; the server has nothing to do with it
        except (TLSError, OSError) as error:
            return fail(f"after the handshake: {what_went_wrong(error)}")
        whole = conversation.peer_closed
    finally:
        # However it ends, with Ctrl-C too: close_notify, unless an alert was sent already.
        conversation.close()
    if answered or received:
        end = "close_notify" if whole else f"nothing for {silence:g} s"
        print(f"\nReceived {counted(received, 'byte')}, then {end}.")
    for line in _later(options, conversation, len(trace.messages("certificate_request")) > asked):
        _tell(line)
    if options.http and not whole:
        return fail("the reply did not end in time, so something may be missing; see --wait")
    return 0


def _request(options: argparse.Namespace, config: tlslab.ClientConfig) -> tuple[bytes, float]:
    """What to send, and how long a silence ends the waiting for the answer."""
    request, silence = b"", SILENCE_AFTER_SEND if config.early_data else 0.0
    if options.http:
        request = _http_request(config.server_name, options.address[1])
        silence = SILENCE_AFTER_HTTP
    elif options.send is not None:
        request, silence = os.fsencode(options.send), SILENCE_AFTER_SEND
    return request, silence if options.wait is None else options.wait


def _wait(options: argparse.Namespace, conversation: Conversation, *, asked: bool) -> None:
    """For what a server of TLS 1.3 says after the handshake, if anything here depends on it.

    asked: whether it wanted a certificate. That the client's is good it says by going on.
    """
    wants_ticket = asked or (options.resume and conversation.completed)

    def enough() -> bool:
        has_ticket = bool(conversation.tickets) or not wants_ticket
        return has_ticket and (conversation.keys_updated or not options.key_update)

    conversation.wait(enough, SILENCE_AFTER_SEND if options.wait is None else options.wait)


def _print(pieces: Iterable[bytes]) -> int:
    """Print what comes, as it comes, and end with a whole line; the number of bytes."""
    incoming = Incoming()
    received, last = 0, "\n"
    try:
        for data in pieces:
            received += len(data)
            if shown := incoming.feed(data):
                sys.stdout.write(shown)
                sys.stdout.flush()
                last = shown[-1]
    finally:
        shown = incoming.feed(b"", final=True)
        sys.stdout.write(shown if (shown or last)[-1] == "\n" else f"{shown}\n")
        sys.stdout.flush()
    return received


def _tell_early_data(length: int, *, refused: bool) -> None:
    if not length:
        return
    size = counted(length, "byte")
    if refused:
        _tell(f"Early data, {size}: the server did not take them; they are sent again, now.")
    else:
        _tell(
            f"Early data, {size}: the server took them, before the handshake was complete. Whoever "
            "recorded them can send them once more (RFC 8446 §8)."
        )


def _later(
    options: argparse.Namespace, conversation: Conversation, asked_later: bool
) -> Iterator[str]:
    """What came after the handshake, beside data: one sentence each."""
    if options.key_update:
        # RFC 8446 §4.6.3: it has to "prior to sending its next application data record".
        keys = "the client writes with new keys, and the server will before it sends anything more"
        if conversation.keys_updated:
            keys = "both sides write with new keys"
        yield f"Key update: {keys} (RFC 8446 §4.6.3)."
    if asked_later:
        yield "The server asked who the client is, after the handshake (RFC 8446 §4.6.2)."
    if conversation.tickets:
        ticket = conversation.tickets[-1]
        number = counted(len(conversation.tickets), "ticket")
        early = "no early data"
        if ticket.max_early_data_size:
            early = f"at most {counted(ticket.max_early_data_size, 'byte')} of early data"
        yield (
            f"The server gave {number} for later connections, good for {_time(ticket.lifetime)}, "
            f"with {early} (RFC 8446 §4.6.1)."
        )


def _tell(sentence: str) -> None:
    print("\n" + "\n".join(wrapped(sentence)))


def _time(lifetime: timedelta) -> str:
    hours, rest = divmod(lifetime, timedelta(hours=1))
    if rest:
        return counted(lifetime // timedelta(seconds=1), "second")
    return counted(hours, "hour")


def _http_request(server_name: str, port: int) -> bytes:
    host = f"[{server_name}]" if ":" in server_name else server_name
    if port != HTTPS_PORT:
        host += f":{port}"
    return (
        f"GET / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: tlslab/{tlslab.__version__}\r\n"
        "Accept: */*\r\nConnection: close\r\n\r\n"
    ).encode("ascii")


def _show(trace: Trace) -> None:
    print(printable(str(text.steps(trace)), keep="\n"), flush=True)
