"""`tlslab serve`: a TLS server for learning."""

import argparse
import functools
import os
import sys
from pathlib import Path
from typing import Any

from cryptography import x509

import tlslab
from tlslab.cli import arguments
from tlslab.cli.applications import Echo, Print
from tlslab.cli.arguments import UsageError
from tlslab.cli.negotiation import add_negotiation, check_versions, negotiation, number, psks
from tlslab.connection.config import ClientAuthentication, system_random
from tlslab.connection.context import HandshakeCompleted
from tlslab.connection.session import AntiReplay, SessionCache, TicketKeys
from tlslab.errors import LocalError, TLSError
from tlslab.lab import pki
from tlslab.lab.configs import credential
from tlslab.lab.serving import Server, address_text, is_loopback, serve
from tlslab.lab.terminal import printable, what_went_wrong
from tlslab.lab.visits import Limits, NewApplication, Observer, Visit
from tlslab.lab.www import Www

INTERRUPTED = 130
# A request is short, and a browser that has asked nothing yet can come back.
WWW_LIMITS = Limits(idle=15.0, conversation=30.0)
TICKETS = 2
MAX_TICKETS = 16
MAX_EARLY_DATA = 64 * 1024
"""Early data wait in memory until the handshake is complete."""


def register(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "serve",
        help="answer TLS connections and say how each handshake went",
        description="Listen, shake hands with whoever comes, and print how it went. "
        "Ctrl-C ends it.",
    )
    parser.set_defaults(run=run, parser=parser)
    parser.add_argument(
        "--host",
        default=arguments.DEFAULT_HOST,
        help="the address to listen on (%(default)s: reachable from this machine alone)",
    )
    parser.add_argument(
        "--port",
        type=arguments.port,
        default=arguments.DEFAULT_PORT,
        metavar="P",
        help="the port to listen on (%(default)s); 0 lets the system choose",
    )
    parser.add_argument(
        "--once",
        action="store_true",
        help="serve one connection; the exit status is then 0 if all went well, else 1",
    )
    identity = parser.add_argument_group("who the server is")
    identity.add_argument(
        "--cert",
        type=Path,
        metavar="FILE",
        help="certificate chain, PEM, the server's own first (by default the laboratory's, "
        "whose private keys everybody has)",
    )
    identity.add_argument("--key", type=Path, metavar="FILE", help="its private key, PEM")
    negotiated = add_negotiation(parser)
    negotiated.add_argument(
        "--dhparam",
        type=Path,
        metavar="FILE",
        help="the prime for DHE with clients that name no group, as `openssl dhparam` writes it "
        "(by default ffdhe2048; TLS 1.2)",
    )
    negotiated.add_argument(
        "--retry",
        action="store_true",
        help="ask every client for a second ClientHello, with HelloRetryRequest (TLS 1.3)",
    )
    negotiated.add_argument(
        "--cookie",
        action="store_true",
        help="the same, with a cookie that the client has to bring back (TLS 1.3)",
    )
    again = parser.add_argument_group("clients that come again")
    again.add_argument(
        "--tickets",
        type=tickets,
        metavar="N",
        help=f"how many tickets each client gets ({TICKETS}; 0 to {MAX_TICKETS}; TLS 1.3)",
    )
    again.add_argument(
        "--early-data",
        type=early_data,
        default=0,
        metavar="BYTES",
        help="take so much, once, from a client that comes with a ticket, before its handshake is "
        "complete (by default nothing; TLS 1.3)",
    )
    client = parser.add_argument_group("who the client is")
    asked = client.add_mutually_exclusive_group()
    asked.add_argument(
        "--require-client-cert",
        action="store_true",
        help="refuse a client that does not prove who it is with a certificate",
    )
    asked.add_argument(
        "--ask-later",
        action="store_true",
        help="ask a client for its certificate after the handshake, if it has said that it would "
        "answer, as `tlslab connect --client-cert` does (TLS 1.3)",
    )
    client.add_argument(
        "--client-ca",
        type=Path,
        metavar="FILE",
        help="certificates of the CAs to trust for clients, PEM (by default the laboratory's root)",
    )
    then = parser.add_argument_group("after the handshake (by default: print what comes)")
    either = then.add_mutually_exclusive_group()
    either.add_argument(
        "--www",
        action="store_true",
        help="answer an HTTP request with a page that shows the handshake",
    )
    either.add_argument("--echo", action="store_true", help="send back what comes")
    arguments.add_keylog(parser.add_argument_group("what is written down"))


def run(options: argparse.Namespace) -> int:
    """Serve; the exit status. Raises UsageError."""
    config = _config(options)
    application: NewApplication = Print
    if options.www:
        application = functools.partial(Www, with_secrets=options.keylog is not None)
    elif options.echo:
        application = Echo
    key_log = None
    if options.keylog is not None:
        key_log = arguments.open_private(options.keylog, "--keylog", os.O_APPEND)
    server = Server(
        config,
        application,
        _Reporter(key_log),
        WWW_LIMITS if options.www else Limits(),
        once=options.once,
    )
    try:
        serve(server, options.host, options.port)
    except BrokenPipeError:
        raise
    except (OSError, UnicodeError) as error:
        print(f"tlslab serve: {what_went_wrong(error)}", file=sys.stderr)
        return 1
    finally:
        if key_log is not None:
            os.close(key_log)
    if not options.once:
        return 0
    visit = server.last
    if visit is None or visit.stopped:
        return INTERRUPTED
    return 0 if visit.completed and visit.problem is None else 1


def tickets(text: str) -> int:
    """How many tickets; 0 for none."""
    return number(text, 0, MAX_TICKETS)


def early_data(text: str) -> int:
    """How many bytes of early data; 0 for none."""
    return number(text, 0, MAX_EARLY_DATA)


def _config(options: argparse.Namespace) -> tlslab.ServerConfig:
    more: dict[str, Any] = {}
    if options.dhparam is not None:
        more["dh_field"] = arguments.dh_parameters(options.dhparam)
    if options.early_data and options.tickets == 0:
        raise UsageError("--early-data needs --tickets: a ticket is what lets them in")
    try:
        config = tlslab.ServerConfig(
            credentials=_credentials(options),
            session_cache=SessionCache(),
            ticket_keys=TicketKeys(system_random),
            psks=psks(options),
            tickets=TICKETS if options.tickets is None else options.tickets,
            retry=options.retry or options.cookie,
            cookie=options.cookie,
            max_early_data_size=options.early_data,
            anti_replay=AntiReplay(),
            **_client_authentication(options),
            **negotiation(options),
            **more,
        )
    except LocalError as error:
        raise UsageError(str(error)) from error
    only_tls13 = ("retry", "cookie", "tickets", "early_data", "ask_later")
    check_versions(options, config, tls12=("dhparam",), tls13=only_tls13)
    return config


def _credentials(options: argparse.Namespace) -> tuple[tlslab.Credential, ...]:
    if (options.cert is None) != (options.key is None):
        raise UsageError("--cert and --key belong together: give both or neither")
    if options.cert is not None:
        return (arguments.credential(options.cert, options.key),)
    identities = pki.server_rsa(), pki.server_ecdsa(), pki.server_other()
    return tuple(map(credential, identities))


def _client_authentication(options: argparse.Namespace) -> dict[str, Any]:
    if not (options.require_client_cert or options.ask_later):
        if options.client_ca is not None:
            raise UsageError("--client-ca belongs to --require-client-cert or --ask-later")
        return {}
    anchors = [pki.root()]
    if options.client_ca is not None:
        anchors = arguments.certificates(options.client_ca, "--client-ca")
    when = ClientAuthentication.LATER if options.ask_later else ClientAuthentication.REQUIRED
    return {
        "client_authentication": when,
        "client_trust_anchors": tuple(anchors),
    }


class _Reporter(Observer):
    """One line for each thing that a person wants to know, and the key log."""

    def __init__(self, key_log: int | None) -> None:
        self._key_log = key_log

    def listening(self, addresses: list[tuple[str, int]]) -> None:
        for host, _ in addresses:
            if not is_loopback(host):
                print(
                    f"warning: {host} can be reached from other machines, and this server is for "
                    "learning, not for protecting anything",
                    file=sys.stderr,
                    flush=True,
                )
        where = " and ".join(address_text(address) for address in addresses)
        _say(f"tlslab is listening on {where}, for learning only; Ctrl-C ends it")

    def refused(self, peer: str, limit: int) -> None:
        _say(f"[-] {peer}: closed at once, there are {limit} connections already")

    def completed(self, visit: Visit) -> None:
        self._log_keys(visit)
        if visit.completed is not None:
            _say(f"[{visit.number}] {visit.peer}: {agreed(visit.completed)}")

    def authenticated(self, visit: Visit) -> None:
        if visit.authenticated is not None:
            who = visit.authenticated.peer_certificates
            said = f"says that it is {subject(who[0])}" if who else "does not say who it is"
            _say(f"[{visit.number}] {visit.peer}: asked afterwards, the client {said}")

    def ended(self, visit: Visit) -> None:
        if visit.completed is None:
            self._log_keys(visit)
        problem = visit.problem
        if visit.completed is None:
            reason = "stopped" if problem is None else _reason(problem)
            _say(f"[{visit.number}] {visit.peer}: no handshake: {reason}")
        elif problem is not None:
            _say(f"[{visit.number}] {visit.peer}: afterwards: {_reason(problem)}")

    def _log_keys(self, visit: Visit) -> None:
        if self._key_log is not None and (lines := visit.trace.key_log()):
            os.write(self._key_log, lines.encode("ascii"))


def agreed(completed: HandshakeCompleted) -> str:
    """One line on a handshake that was completed."""
    text = f"handshake completed, {completed.version.title}, {completed.cipher_suite.name}"
    if completed.server_name:
        text += f", server name {completed.server_name}"
    if completed.alpn_protocol:
        text += f", protocol {completed.alpn_protocol.decode('ascii', 'backslashreplace')}"
    if completed.resumed:
        text += ", resumed"
    if completed.early_data_accepted:
        text += ", with early data"
    return printable(text)


def subject(certificate: bytes) -> str:
    """Whom a certificate in DER is for, on one line."""
    name = x509.load_der_x509_certificate(certificate).subject
    return printable(name.rfc4514_string())


def _reason(problem: Exception) -> str:
    if isinstance(problem, OSError | TLSError):
        return what_went_wrong(problem)
    return f"this server made a mistake, {what_went_wrong(problem)}"


def _say(line: str) -> None:
    print(line, flush=True)
