"""Programs that nobody here wrote, as tests start them."""

import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import which

import pytest

from tlslab.lab import pki

NAME = "server.tlslab.test"
PATIENCE = 20.0


def needs(command: str, package: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(
        which(command) is None, reason=f"needs the command {command} (Debian: {package})"
    )


needs_openssl = needs("openssl", "openssl")
needs_gnutls_cli = needs("gnutls-cli", "gnutls-bin")
needs_gnutls_serv = needs("gnutls-serv", "gnutls-bin")
needs_curl = needs("curl", "curl")


def s_client(port: int, *arguments: str, version: str = "-tls1_2") -> list[str]:
    return [
        *("openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-quiet", "-no_ign_eof"),
        *(version, "-CAfile", str(pki.pem_path("root")), "-verify_return_error"),
        *arguments,
    ]


def gnutls_words(suite: str) -> str:
    """GnuTLS puts a suite together from the key exchange, the cipher and the MAC."""
    exchange, cipher = suite.removeprefix("TLS_").split("_WITH_")
    *words, mac = cipher.split("_")
    name = "-".join(words)
    if "GCM" in cipher or "CHACHA20" in cipher:
        mac = "AEAD"
    elif mac == "SHA":
        mac = "SHA1"
    return f"+{exchange.replace('_', '-')}:+{name}:+{mac}"


def converse(command: list[str], text: str = "ping\n", **environment: str) -> str:
    """Start an interactive client, tell it what to say, and give all that it says until it ends.

    Its input stays open: most clients leave at its end and do not wait for the answer.
    """
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **environment},
        text=True,
    ) as client:
        if client.stdin is None or client.stdout is None:
            raise AssertionError("no pipes")
        client.stdin.write(text)
        client.stdin.flush()
        said = client.stdout.read()
        assert client.wait(PATIENCE) == 0, said
    return said


@contextmanager
def running(
    command: list[str], log: Path, *, stdin: int = subprocess.DEVNULL, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs for as long as the `with` lasts; what it says goes into `log`."""
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command,
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def tell(process: subprocess.Popen[bytes], text: str) -> None:
    """Type this into a program whose input is a pipe."""
    if process.stdin is None:
        raise AssertionError("no pipe")
    process.stdin.write(text.encode())
    process.stdin.flush()


def said(process: subprocess.Popen[bytes], log: Path, pattern: str) -> re.Match[str]:
    """Wait until it has said this."""
    end = time.monotonic() + PATIENCE
    while not (found := re.search(pattern, log.read_text("utf-8", "replace"))):
        if process.poll() is not None or time.monotonic() > end:
            raise AssertionError(f"it never said {pattern!r}, but {log.read_text()!r}")
        time.sleep(0.01)
    return found


def listens(process: subprocess.Popen[bytes], port: int) -> None:
    """Wait until it accepts connections on this port."""
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.01)
    raise AssertionError("it does not listen")


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
