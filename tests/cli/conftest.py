"""The command, run in this process and as a process of its own, and programs to talk to it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from programs import free_port

from tlslab.cli import main
from tlslab.lab import pki

ROOT = Path(__file__).parents[2]
PATIENCE = 20.0


@dataclass(frozen=True)
class Result:
    """How a command ended and what it wrote."""

    status: int
    out: str
    err: str


class Process:
    """A program that runs beside the test; it is killed when its fixture ends."""

    def __init__(self, command: list[str], log: Path, env: dict[str, str] | None = None) -> None:
        self.log, self.errors = log, log.with_suffix(".err")
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            # A shell starts what runs in its background like this, and children inherit it.
            signal.signal(signal.SIGINT, signal.default_int_handler)
        with log.open("wb") as out, self.errors.open("wb") as err:
            self.popen = subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env={**os.environ, **(env or {})},
            )

    def wait_for(self, pattern: str, times: int = 1) -> re.Match[str]:
        """Wait until its output has `pattern` so many times; the last match."""
        end = time.monotonic() + PATIENCE
        while True:
            matches = list(re.finditer(pattern, self.log.read_text("utf-8", "replace")))
            if len(matches) >= times:
                return matches[-1]
            if self.popen.poll() is not None or time.monotonic() > end:
                said = self.log.read_text("utf-8", "replace") + self.errors.read_text()
                raise AssertionError(f"it never said {pattern!r}, but {said!r}")
            time.sleep(0.01)

    def stop(self, number: int = signal.SIGINT) -> Result:
        """Interrupt it, and say how it ended."""
        self.popen.send_signal(number)
        return self.ended()

    def ended(self) -> Result:
        """Wait for its end."""
        status = self.popen.wait(PATIENCE)
        return Result(status, self.log.read_text("utf-8"), self.errors.read_text("utf-8"))


class Serving(Process):
    """`tlslab serve`, listening."""

    port: int

    def lines(self, pattern: str, times: int = 1) -> list[str]:
        """Its lines with `pattern`, once there are so many."""
        self.wait_for(pattern, times)
        return [line for line in self.log.read_text().splitlines() if re.search(pattern, line)]


@pytest.fixture(scope="session")
def spawn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Process]]:
    """Start a program: `spawn(*command, kind=Process, env=…)`."""
    directory = tmp_path_factory.mktemp("processes")
    started: list[Process] = []

    def start(
        *command: str, kind: type[Process] = Process, env: dict[str, str] | None = None
    ) -> Process:
        process = kind(list(command), directory / f"{len(started)}.out", env)
        started.append(process)
        return process

    yield start
    for process in started:
        if process.popen.poll() is None:
            process.popen.kill()
            process.popen.wait()


@pytest.fixture(scope="session")
def serving(spawn: Callable[..., Process]) -> Callable[..., Serving]:
    """Start `tlslab serve --port 0 …` and wait until it listens."""

    def start(*arguments: str) -> Serving:
        command = (sys.executable, "-m", "tlslab", "serve", "--port", "0", *arguments)
        process = spawn(*command, kind=Serving)
        assert isinstance(process, Serving)
        process.port = int(process.wait_for(r"listening on \S*:(\d+)")[1])
        return process

    return start


@pytest.fixture
def tlslab(capfd: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Run the command in this process: `tlslab("connect", "127.0.0.1:4433")`."""

    def run(*arguments: str) -> Result:
        capfd.readouterr()
        try:
            status = main(arguments)
        except SystemExit as exit:
            status = exit.code if isinstance(exit.code, int) else 1
        out, err = capfd.readouterr()
        return Result(status, out, err)

    return run


@pytest.fixture(scope="session")
def other_ca(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that signed nothing here."""
    path = tmp_path_factory.mktemp("ca") / "other.pem"
    leaf = x509.load_der_x509_certificate(pki.server_other().certificate_chain[0])
    path.write_bytes(leaf.public_bytes(Encoding.PEM))
    return path


@pytest.fixture(scope="session")
def gnutls_server(spawn: Callable[..., Process]) -> Callable[..., int]:
    """Start gnutls-serv with the lab's certificate; gives its port."""

    def start(priority: str, *arguments: str, env: dict[str, str] | None = None) -> int:
        identity, other = pki.server_rsa(), pki.server_ecdsa()
        port = free_port()
        spawn(
            "gnutls-serv",
            "-q",
            "--noticket",
            *("--port", str(port), "--priority", priority),
            *("--x509certfile", str(identity.chain_path), "--x509keyfile", str(identity.key_path)),
            *("--x509certfile", str(other.chain_path), "--x509keyfile", str(other.key_path)),
            *arguments,
            env=env,
        )
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                return port
            time.sleep(0.02)
        raise AssertionError("gnutls-serv does not listen")

    return start


@pytest.fixture(scope="session")
def openssl_server(spawn: Callable[..., Process]) -> Callable[..., int]:
    """Start `openssl s_server` with the lab's certificate; gives its port."""

    def start(*arguments: str) -> int:
        identity, other = pki.server_rsa(), pki.server_ecdsa()
        server = spawn(
            *("openssl", "s_server", "-accept", "127.0.0.1:0", "-no_ticket"),
            *("-cert", str(identity.chain_path), "-key", str(identity.key_path)),
            *("-cert_chain", str(pki.pem_path("intermediate"))),
            *("-dcert", str(other.chain_path), "-dkey", str(other.key_path)),
            *("-dcert_chain", str(pki.pem_path("intermediate"))),
            *arguments,
        )
        return int(server.wait_for(r"ACCEPT \S*:(\d+)")[1])

    return start
