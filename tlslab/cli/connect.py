"""`tlslab connect`: a TLS client that shows the handshake it made."""

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography import x509

import tlslab
from tlslab.cli import arguments
from tlslab.cli.arguments import UsageError
from tlslab.connection.session import Session
from tlslab.errors import LocalError, TLSError
from tlslab.lab.dialing import Conversation, default_trust, dial
from tlslab.lab.serving import address_text
from tlslab.lab.terminal import Incoming, printable, what_went_wrong
from tlslab.trace import Trace
from tlslab.view import text

MAX_TRACE = 64 * 1024 * 1024
HTTPS_PORT = 443
SILENCE_AFTER_SEND = 2.0
SILENCE_AFTER_HTTP = 10.0


def register(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "connect",
        help="shake hands with a TLS server and show every step",
        description="Shake hands with a server and print every step with its values, then what "
        "came back. The exit status is 0 if the handshake was completed and the server is who it "
        "says, 1 if not.",
    )
    parser.set_defaults(run=run, parser=parser)
    default = f"{arguments.DEFAULT_HOST}:{arguments.DEFAULT_PORT}"
    parser.add_argument(
        "address",
        nargs="?",
        type=arguments.address,
        default=default,
        metavar="HOST:PORT",
        help=f"where to; an IPv6 address as [HOST]:PORT (by default {default}, where "
        "`tlslab serve` listens)",
    )
    trust = parser.add_argument_group("whom to trust")
    trust.add_argument(
        "--servername",
        type=arguments.server_name,
        metavar="NAME",
        help="the name to ask for, and that the certificate has to be for (by default HOST)",
    )
    trust.add_argument(
        "--cafile",
        type=Path,
        metavar="FILE",
        help="certificates of the CAs to trust, PEM (by default the laboratory's root for a "
        "loopback address, and the system's for any other)",
    )
    arguments.add_negotiation(parser)
    user = parser.add_argument_group("who the client is (only a server that asks is told)")
    user.add_argument(
        "--client-cert", type=Path, metavar="FILE", help="certificate chain, PEM, its own first"
    )
    user.add_argument("--client-key", type=Path, metavar="FILE", help="its private key, PEM")
    parser.add_argument(
        "--resume",
        action="store_true",
        help="then connect a second time, and go on with the first one's session",
    )
    then = parser.add_argument_group("after the handshake (by default: close)")
    either = then.add_mutually_exclusive_group()
    either.add_argument("--send", metavar="TEXT", help="send this, and print what comes back")
    either.add_argument(
        "--http", action="store_true", help="send an HTTP GET request, and print the reply"
    )
    then.add_argument(
        "--wait",
        type=arguments.seconds,
        metavar="SECONDS",
        help="how long a silence ends the waiting for what comes back "
        f"({SILENCE_AFTER_SEND:g} after --send, {SILENCE_AFTER_HTTP:g} after --http)",
    )
    written = parser.add_argument_group("what is written down")
    arguments.add_keylog(written)
    written.add_argument(
        "--trace",
        type=Path,
        metavar="FILE",
        help="write everything that happened as JSON: values, messages and records",
    )


def run(options: argparse.Namespace) -> int:
    """Connect; the exit status. Raises UsageError."""
    host, port = options.address
    try:
        server_name = options.servername or arguments.server_name(host.partition("%")[0])
    except argparse.ArgumentTypeError as error:
        raise UsageError(f"{error}; --servername says which name to ask for") from error
    anchors = None
    if options.cafile is not None:
        anchors = tuple(arguments.certificates(options.cafile, "--cafile"))
    try:
        config = tlslab.ClientConfig(
            server_name=server_name,
            trust_anchors=(),
            credential=_credential(options),
            **arguments.negotiation(options),
        )
    except LocalError as error:
        raise UsageError(str(error)) from error
    traces: list[Trace] = []
    outputs: list[tuple[int, Callable[[], str]]] = []
    try:
        if options.keylog is not None:
            key_log = arguments.open_private(options.keylog, "--keylog", os.O_APPEND)
            outputs.append((key_log, lambda: "".join(each.key_log() for each in traces)))
        if options.trace is not None:
            file = arguments.open_private(options.trace, "--trace", os.O_TRUNC)
            # With --resume there are two connections; the second is what it is about.
            outputs.append((file, lambda: traces[-1].to_json() if traces else ""))
        try:
            visit = Visit(options, host, port, config, anchors, traces)
            status, session = _connect(visit, None)
            if not options.resume or status:
                return status
            if session is None:
                return _fail("the server has given no session that could be resumed")
            print("\nA second connection, with the session of the first:\n")
            status, session = _connect(visit, session)
            return status
        finally:
            for descriptor, content in outputs:
                _write(descriptor, content())
    finally:
        for descriptor, _ in outputs:
            os.close(descriptor)


@dataclass(frozen=True, slots=True)
class Visit:
    """Whom to visit, and how. anchors: whom to trust, None for the default; traces: one a time."""

    options: argparse.Namespace
    host: str
    port: int
    config: tlslab.ClientConfig
    anchors: tuple[x509.Certificate, ...] | None
    traces: list[Trace]


def _connect(visit: Visit, session: Session | None) -> tuple[int, Session | None]:
    """One connection; the exit status, and the session that the server offers."""
    options, host, port = visit.options, visit.host, visit.port
    anchors, server_name = visit.anchors, visit.config.server_name
    trace = Trace("client", max_bytes=MAX_TRACE)
    visit.traces.append(trace)
    try:
        line = dial(host, port)
    except (OSError, UnicodeError) as error:
        where = address_text((host, port))
        return _fail(f"no connection to {where}: {what_went_wrong(error)}"), None
    with line:
        trust = f"the certificates in {options.cafile}"
        if anchors is None:
            trust, anchors = default_trust(line)
            if not anchors:
                reason = "no certificate authorities were found; name some with --cafile"
                return _fail(reason), None
        config = replace(visit.config, trust_anchors=anchors, session=session)
        print(
            f"Connected to {address_text((host, port))}; it has to prove that it is {server_name}."
        )
        print(f"Trusted: {trust}.\n")
        conversation = Conversation(line, tlslab.client(config, trace))
        status = _converse(options, conversation, config, trace)
    completed = conversation.completed
    if completed is None:
        return status, None
    if session is not None and not completed.resumed:
        print("\nThe server did not go on with the session: this was a full handshake.")
    return status, completed.session


def _credential(options: argparse.Namespace) -> tlslab.Credential | None:
    if (options.client_cert is None) != (options.client_key is None):
        raise UsageError("--client-cert and --client-key belong together: give both or neither")
    if options.client_cert is None:
        return None
    return arguments.credential(options.client_cert, options.client_key, "--client-")


def _converse(
    options: argparse.Namespace,
    conversation: Conversation,
    config: tlslab.ClientConfig,
    trace: Trace,
) -> int:
    request, silence = _request(options, config.server_name)
    try:
        try:
            conversation.handshake()
        except (TLSError, OSError) as error:
            conversation.close()  # first of all: the alert is what the server waits for
            _show(trace)
            return _fail(f"no handshake: {what_went_wrong(error)}")
        # Sent before anything is shown, so that the last of the steps has something to show.
        conversation.send(request)
        _show(trace)
        if request:
            print(f"\nSent {len(request)} bytes. What came back:\n", flush=True)
        try:
            received = _print(conversation.receive(silence))
        except BrokenPipeError:
            raise  # whoever reads what is printed has gone; the server has nothing to do with it
        except (TLSError, OSError) as error:
            return _fail(f"after the handshake: {what_went_wrong(error)}")
        whole = conversation.peer_closed
    finally:
        # However it ends, with Ctrl-C too: close_notify, unless an alert was sent already.
        conversation.close()
    if request or received:
        end = "close_notify" if whole else f"nothing for {silence:g} s"
        print(f"\nReceived {received} bytes, then {end}.")
    if options.http and not whole:
        return _fail("the reply did not end in time, so something may be missing; see --wait")
    return 0


def _request(options: argparse.Namespace, server_name: str) -> tuple[bytes, float]:
    """What to send, and how long a silence ends the waiting for the answer."""
    request, silence = b"", 0.0
    if options.http:
        request, silence = _http_request(server_name, options.address[1]), SILENCE_AFTER_HTTP
    elif options.send is not None:
        request, silence = os.fsencode(options.send), SILENCE_AFTER_SEND
    return request, silence if options.wait is None else options.wait


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


def _fail(reason: str) -> int:
    sys.stdout.flush()
    print(f"tlslab connect: {printable(reason)}", file=sys.stderr)
    return 1


def _write(descriptor: int, content: str) -> None:
    with os.fdopen(descriptor, "w", encoding="utf-8", closefd=False) as file:
        file.write(content)
