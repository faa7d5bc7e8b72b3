"""Arguments that both commands take: how they are written, and what is wrong with one that is not.

Functions that are a `type` for argparse raise ArgumentTypeError; the others raise UsageError. Both
end the command with exit status 2.
"""

import argparse
import ipaddress
import os
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    load_der_private_key,
    load_pem_private_key,
)
from cryptography.x509.verification import PolicyBuilder, Store

from tlslab.connection.config import Credential
from tlslab.crypto.groups import FiniteField, check_custom_group
from tlslab.crypto.signatures import PrivateKey
from tlslab.errors import LocalError, ProtocolError
from tlslab.lab import pki
from tlslab.lab.dhparam import read_dh_parameters

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 4433


class UsageError(Exception):
    """The command was called wrongly; the text says what to change."""


def add_keylog(group: argparse._ArgumentGroup) -> None:
    """--keylog."""
    group.add_argument(
        "--keylog",
        type=Path,
        metavar="FILE",
        help="append the secrets in the NSS key log format, which Wireshark reads",
    )


# -- words -------------------------------------------------------------------------------------


def port(text: str) -> int:
    """A port number to listen on; 0 lets the system choose."""
    return _port(text, smallest=0)


def address(text: str) -> tuple[str, int]:
    """HOST:PORT or [HOST]:PORT as host and port."""
    host, colon, number = text.rpartition(":")
    if not colon or not host or text.endswith("]"):
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise argparse.ArgumentTypeError(f"write an IPv6 address as [HOST]:PORT, not {text!r}")
    if not host:
        raise argparse.ArgumentTypeError(f"{text!r} names no host")
    return host, _port(number, smallest=1)


def server_name(text: str) -> str:
    """A DNS name or an IP address that a certificate may be for."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        pass
    name = text.removesuffix(".")
    try:
        # Only this judges the whole name, and it wants some store, whichever.
        PolicyBuilder().store(Store([pki.root()])).build_server_verifier(x509.DNSName(name))
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither a DNS name (write xn--… for an international one) "
            "nor an IP address"
        ) from error
    return name


def seconds(text: str) -> float:
    """A time in seconds, at most a day."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0 to 86400")
    return value


def _port(text: str, smallest: int) -> int:
    if not (text.isascii() and text.isdigit() and smallest <= int(text[:6]) <= 65_535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from {smallest} to 65535")
    return int(text)


# -- files --------------------------------------------------------------------------------------


def certificates(path: Path, what: str) -> list[x509.Certificate]:
    """The certificates in a PEM or DER file, in order."""
    data = read(path, what)
    try:
        if b"-----BEGIN" in data:
            return x509.load_pem_x509_certificates(data)
        return [x509.load_der_x509_certificate(data)]
    except ValueError as error:
        raise UsageError(f"{what} {path}: no certificate in PEM or DER: {error}") from error


def credential(cert: Path, key: Path, prefix: str = "--") -> Credential:
    """The chain in one file, leaf first, with the private key in the other.

    prefix: how the options that name them begin, "--" or "--client-".
    """
    chain = certificates(cert, f"{prefix}cert")
    private_key = _private_key(key, f"{prefix}key")
    if not isinstance(private_key, PrivateKey):
        kind = type(private_key).__name__.removesuffix("PrivateKey").lstrip("_")
        raise UsageError(f"{prefix}key {key}: a {kind} key signs nothing in TLS")
    try:
        return Credential(tuple(each.public_bytes(Encoding.DER) for each in chain), private_key)
    except LocalError as error:
        raise UsageError(f"{prefix}cert {cert}, {prefix}key {key}: {error}") from error


def dh_parameters(path: Path) -> FiniteField:
    """The group in a file of `openssl dhparam`, if it is good."""
    try:
        return check_custom_group(*read_dh_parameters(read(path, "--dhparam")))
    except LocalError as error:
        raise UsageError(f"--dhparam {path}: {error}") from error
    except ProtocolError as error:
        raise UsageError(f"--dhparam {path}: {error.reason}") from error


def open_private(path: Path, what: str, mode: int) -> int:
    """A descriptor of a file that will hold secrets: a new one is for its owner's eyes alone."""
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | mode, 0o600)
    except OSError as error:
        raise UsageError(f"{what} {path}: {error.strerror}") from error


def read(path: Path, what: str) -> bytes:
    """What is in a file. what: the option that names it."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{what} {path}: {error.strerror}") from error


def _private_key(path: Path, what: str) -> object:
    data = read(path, what)
    try:
        if b"-----BEGIN" in data:
            return load_pem_private_key(data, password=None)
        return load_der_private_key(data, password=None)
    except TypeError as error:
        raise UsageError(
            f"{what} {path}: the key is encrypted; decrypt it first (openssl pkey)"
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UsageError(f"{what} {path}: no private key in PEM or DER: {error}") from error
