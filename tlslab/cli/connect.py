"""`tlslab connect`: a TLS client that shows the handshake it made."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tlslab
from tlslab.cli import arguments
from tlslab.cli.arguments import UsageError
from tlslab.cli.negotiation import add_negotiation, check_versions, negotiation, psks
from tlslab.cli.visiting import SILENCE_AFTER_HTTP, SILENCE_AFTER_SEND, Visit, fail, visit
from tlslab.connection.session import PSKSession, Session
from tlslab.errors import LocalError
from tlslab.trace import Trace
from tlslab.view.tables import counted


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
    add_negotiation(parser)
    user = parser.add_argument_group("who the client is (only a server that asks is told)")
    user.add_argument(
        "--client-cert", type=Path, metavar="FILE", help="certificate chain, PEM, its own first"
    )
    user.add_argument("--client-key", type=Path, metavar="FILE", help="its private key, PEM")
    again = parser.add_argument_group("a second connection")
    again.add_argument(
        "--resume",
        action="store_true",
        help="then connect a second time, and go on with the first one's session",
    )
    again.add_argument(
        "--early-data",
        type=Path,
        metavar="FILE",
        help="send what is in this file at once with the second ClientHello, and say whether the "
        "server took it; if not, it is sent again (TLS 1.3; belongs to --resume)",
    )
    then = parser.add_argument_group("after the handshake (by default: close)")
    either = then.add_mutually_exclusive_group()
    either.add_argument("--send", metavar="TEXT", help="send this, and print what comes back")
    either.add_argument(
        "--http", action="store_true", help="send an HTTP GET request, and print the reply"
    )
    then.add_argument(
        "--key-update",
        action="store_true",
        help="write with new keys from then on, and ask the server to do so too (TLS 1.3)",
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
    config = _config(options, server_name)
    early_data = _early_data(options)
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
            whom = Visit(options, host, port, config, anchors, traces)
            status, session = visit(whom, None)
            if not options.resume or status:
                return status
            if reason := _why_not(session, early_data):
                return fail(reason)
            print("\nA second connection, with the session of the first:\n")
            status, _ = visit(whom, session, early_data)
            return status
        finally:
            for descriptor, content in outputs:
                _write(descriptor, content())
    finally:
        for descriptor, _ in outputs:
            os.close(descriptor)


def _config(options: argparse.Namespace, server_name: str) -> tlslab.ClientConfig:
    keys = psks(options)
    if len(keys) > 1:
        raise UsageError("--psk: a client has one key")
    credential = _credential(options)
    try:
        config = tlslab.ClientConfig(
            server_name=server_name,
            trust_anchors=(),
            credential=credential,
            post_handshake_auth=credential is not None,
            psk=keys[0] if keys else None,
            **negotiation(options),
        )
    except LocalError as error:
        raise UsageError(str(error)) from error
    check_versions(options, config, tls13=("early_data", "key_update"))
    return config


def _early_data(options: argparse.Namespace) -> bytes:
    if options.early_data is None:
        return b""
    if not options.resume:
        raise UsageError("--early-data belongs to --resume: it needs a session from before")
    if options.http:
        raise UsageError("--early-data is a request of its own: leave out --http")
    data = arguments.read(options.early_data, "--early-data")
    if not data:
        raise UsageError(f"--early-data {options.early_data}: the file is empty")
    return data


def _why_not(session: Session | PSKSession | None, early_data: bytes) -> str:
    """Why there is no second connection, or nothing."""
    if session is None:
        return "the server has given no session that could be resumed"
    allowed = session.max_early_data_size if isinstance(session, PSKSession) else 0
    if len(early_data) > allowed:
        return (
            f"the server's session allows {counted(allowed, 'byte')} of early data, and these are "
            f"{len(early_data):,}"
        )
    return ""


def _credential(options: argparse.Namespace) -> tlslab.Credential | None:
    if (options.client_cert is None) != (options.client_key is None):
        raise UsageError("--client-cert and --client-key belong together: give both or neither")
    if options.client_cert is None:
        return None
    return arguments.credential(options.client_cert, options.client_key, "--client-")


def _write(descriptor: int, content: str) -> None:
    with os.fdopen(descriptor, "w", encoding="utf-8", closefd=False) as file:
        file.write(content)
