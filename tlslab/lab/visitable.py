"""A server in the background that others can reach: `openssl s_client`, `curl`, a browser.

    server = lab.open_server(primitives=lab.primitives())
    server.address       "127.0.0.1:49213"
    server.visits        who came, and how it went
    server.close()

It listens on 127.0.0.1 alone, and answers every request with the page of its own handshake.
"""

import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

from tlslab.connection.config import ServerConfig, usable_versions
from tlslab.lab import pki
from tlslab.lab.configs import SERVER_NAME, server_config
from tlslab.lab.named import user_identity
from tlslab.lab.options import takes_options
from tlslab.lab.serving import Server, in_background
from tlslab.lab.terminal import printable, what_went_wrong
from tlslab.lab.visits import Observer, Visit
from tlslab.lab.www import Www
from tlslab.view.tables import Table
from tlslab.wire.registry import ProtocolVersion

PATIENCE = 20
"""Longest time that another program may take, in seconds."""


class _Visits(Observer):
    """Keeps who came."""

    def __init__(self) -> None:
        self.ended_visits: list[Visit] = []

    def ended(self, visit: Visit) -> None:
        """One more."""
        self.ended_visits.append(visit)


class OpenServer:
    """A server on 127.0.0.1, until it is closed or Python ends."""

    def __init__(self, config: ServerConfig) -> None:
        self._observer = _Visits()
        self._stack = ExitStack()
        # What `openssl s_client` has to be told to speak.
        self.versions = usable_versions(config)
        server = Server(config, partial(Www, with_secrets=False), self._observer)
        host, port = self._stack.enter_context(in_background(server))
        self.host, self.port = host, port

    @property
    def address(self) -> str:
        """Host and port, as other programs want it."""
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """What to open in a browser. It does not know the lab's authority, and will say so."""
        return f"https://localhost:{self.port}/"

    @property
    def visits(self) -> Table:
        """Who came and has gone, and how it went."""
        rows = [(str(visit.number), _how(visit)) for visit in self._observer.ended_visits]
        return Table("Visits to your server", ("", "how it went"), tuple(rows))

    def close(self) -> None:
        """Listen no longer."""
        self._stack.close()

    def __enter__(self) -> "OpenServer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<OpenServer: {self.url}>"


@takes_options
def open_server(**options: Any) -> OpenServer:
    """Listen on a free port of 127.0.0.1. The options are those of `lab.handshake`.

    Raises OSError, and LocalError for what the package cannot do.
    """
    return OpenServer(server_config(**options))


@dataclass(frozen=True, slots=True)
class Said:
    """What another program said. command: how to call it in a terminal."""

    command: str
    lines: tuple[str, ...]

    def __repr__(self) -> str:
        return "\n".join((f"$ {self.command}", *(f"  {line}" for line in self.lines)))


S_CLIENT_SAYS = ("Protocol", "Cipher ", "Cipher:", "Verif", "New, ", "Reused, ", "Early data was")
"""How the lines begin that are worth reading."""
RESUMED_SAYS = ("New, ", "Reused, ", "Early data was")


def s_client(server: OpenServer, *, user: str | pki.Identity | None = None) -> Said:
    """Call the program `openssl s_client`, and give what it says of the connection.

    user: whose certificate it has, "rsa", "ecdsa" or an identity; None has none.
    """
    arguments = ["s_client", "-connect", server.address, "-servername", SERVER_NAME]
    flag = "-tls1_3" if ProtocolVersion.TLSv1_3 in server.versions else "-tls1_2"
    arguments += ["-verify_hostname", SERVER_NAME, flag]
    # A server of one old suite: OpenSSL has to be asked to offer it.
    arguments += [
        "-cipher",
        "ALL:COMPLEMENTOFALL:@SECLEVEL=0",
        "-CAfile",
        str(pki.pem_path("root")),
    ]
    if user is not None:
        identity = user_identity(user)
        arguments += ["-cert", str(identity.chain_path), "-cert_chain", str(identity.chain_path)]
        arguments += ["-key", str(identity.key_path)]
    command = f"openssl s_client -connect {server.address} {flag} …"
    return _called(command, arguments)


def s_client_twice(server: OpenServer, early_data: bytes) -> Said:
    """Let `openssl s_client` fetch a ticket, and send early data with it, the same twice (TLS 1.3).

    Python's `ssl` has no early data; the program has. early_data: an HTTP request.
    """
    common = ["s_client", "-connect", server.address, "-servername", SERVER_NAME, "-tls1_3"]
    common += ["-CAfile", str(pki.pem_path("root")), "-ign_eof"]
    command = f"openssl s_client -connect {server.address} -tls1_3 -early_data …"
    # What is asked for after the handshake ends the connection, if the early data did not.
    late = b"GET /late HTTP/1.0\r\n\r\n"
    lines: list[str] = []
    with TemporaryDirectory() as directory:
        session, words = Path(directory) / "session", Path(directory) / "words"
        words.write_bytes(early_data)
        first = _called(command, [*common, "-sess_out", str(session)], late)
        if not session.exists():
            return first
        for _ in range(2):
            again = [*common, "-sess_in", str(session), "-early_data", str(words)]
            lines += _called(command, again, late).lines
    return Said(command, tuple(line for line in lines if line.startswith(RESUMED_SAYS)))


def _called(command: str, arguments: list[str], sent: bytes = b"") -> Said:
    program = which("openssl")
    if program is None:
        return Said(command, ("the program openssl is not on this machine",))
    try:
        done = subprocess.run(
            [program, *arguments],
            input=sent,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Said(command, (f"it was not done after {PATIENCE} seconds",))
    said = (done.stdout + done.stderr).decode("utf-8", "backslashreplace")
    lines = [printable(line.strip()) for line in said.splitlines()]
    told = [line for line in lines if line.startswith(S_CLIENT_SAYS) or "alert" in line]
    return Said(command, tuple(dict.fromkeys(told)))


def _how(visit: Visit) -> str:
    done = visit.completed
    if done is None:
        return what_went_wrong(visit.problem) if visit.problem else "it left"
    how = f"{done.version.title}, {done.cipher_suite.name}"
    later = visit.authenticated.peer_certificates if visit.authenticated else ()
    for certificate in (done.peer_certificates or later)[:1]:
        leaf = x509.load_der_x509_certificate(certificate)
        names = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        how += f", {str(names[0].value) if names else leaf.subject.rfc4514_string()}"
    if done.resumed:
        how += ", resumed"
    return f"{how}, with early data" if done.early_data_accepted else how
