"""The laboratory's certificates and their private keys.

PUBLIC TEST KEYS THAT PROTECT NOTHING: everybody has them. `tlslab.lab.make_pki` makes the files,
the same bytes on every machine; this module reads them, each at most once.

The root signed the intermediate authority, and that signed every leaf:

    root ── intermediate ─┬─ server-rsa     server.tlslab.test, localhost, 127.0.0.1, ::1
                          ├─ server-ecdsa   the same names
                          ├─ server-other   other.tlslab.test, *.wild.tlslab.test
                          ├─ client-rsa     learner.tlslab.test
                          └─ client-ecdsa   the same name

`broken` gives chains with the key of `server-rsa` that everybody should refuse.
"""

from __future__ import annotations

import functools
import importlib.resources
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

BROKEN = (
    "expired",
    "not-yet-valid",
    "wrong-name",
    "self-signed",
    "issuer-is-no-authority",
    "wrong-usage",
    "tampered",
)
"""Seven chains that are each wrong in one thing. See `broken`, and BROKEN.md beside the files."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a server or a client can prove to be: a certificate chain and the leaf's private key."""

    label: str
    names: tuple[str, ...]  # from the leaf's SubjectAltName, wildcards as they are written
    certificate_chain: tuple[bytes, ...] = field(repr=False)  # DER, leaf first, the root left out
    private_key: PrivateKey = field(repr=False)
    key_label: str = field(default="", repr=False)  # whose key it is; empty: its own

    @property
    def chain_path(self) -> Path:
        """The PEM file of the chain, for peers that want a file."""
        return pem_path(f"{self.label}.chain")

    @property
    def key_path(self) -> Path:
        """The PEM file of the private key (PKCS #8, not encrypted)."""
        return pem_path(f"{self.key_label or self.label}.key")

    @property
    def chain_pem(self) -> bytes:
        """The chain as PEM."""
        return self.chain_path.read_bytes()

    @property
    def key_pem(self) -> bytes:
        """The private key as PEM (PKCS #8, not encrypted)."""
        return self.key_path.read_bytes()


def root() -> x509.Certificate:
    """The trust anchor. It permits only tlslab.test, localhost and loopback addresses below it."""
    return authority("root")


def intermediate() -> x509.Certificate:
    """The authority that signed every leaf."""
    return authority("intermediate")


def server_rsa() -> Identity:
    """A server with an RSA-2048 key, for signatures and for the RSA key exchange of TLS 1.2."""
    return identity("server-rsa")


def server_ecdsa() -> Identity:
    """A server with a P-256 key, under the same names as `server_rsa`."""
    return identity("server-ecdsa")


def server_other() -> Identity:
    """A server with an RSA-2048 key and names of its own, to be chosen by server_name."""
    return identity("server-other")


def client() -> Identity:
    """A client, where the kind of its key does not matter: `client_rsa`."""
    return client_rsa()


def client_rsa() -> Identity:
    """A client with an RSA-2048 key."""
    return identity("client-rsa")


def client_ecdsa() -> Identity:
    """A client with a P-256 key."""
    return identity("client-ecdsa")


def broken(fault: str) -> Identity:
    """A server whose certificate is broken on purpose: one of `BROKEN`, by its fault.

    Besides, "impostor": another root under the lab root's name; "old-authority": an expired
    intermediate authority. Raises FileNotFoundError, which lists what there is.
    """
    return identity(f"broken-{fault}", "server-rsa")


def pem_path(name: str) -> Path:
    """The path of a PEM file: "root", "intermediate", "server-rsa.chain", "server-rsa.key", …

    Raises FileNotFoundError, which lists the names that exist.
    """
    directory = Path(str(importlib.resources.files("tlslab.lab") / "pki_data"))
    path = directory / f"{name}.pem"
    if not path.is_file():
        known = ", ".join(
            sorted(each.name.removesuffix(".pem") for each in directory.glob("*.pem"))
        )
        raise FileNotFoundError(f"the laboratory's PKI has no {name!r}, but {known}")
    return path


@functools.cache
def authority(label: str) -> x509.Certificate:
    """The certificate of an authority, by its label."""
    return x509.load_pem_x509_certificate(pem_path(label).read_bytes())


@functools.cache
def identity(label: str, key_label: str = "") -> Identity:
    """The identity of a server or a client, by its label ("server-rsa", …).

    key_label: whose private key belongs to it; empty means that it has one of its own.
    """
    chain = x509.load_pem_x509_certificates(pem_path(f"{label}.chain").read_bytes())
    key_pem = pem_path(f"{key_label or label}.key").read_bytes()
    key = load_pem_private_key(key_pem, password=None)
    if not isinstance(key, PrivateKey):
        raise TypeError(f"{label} has a key that is neither RSA nor ECDSA: {type(key).__name__}")
    names = chain[0].extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return Identity(
        label=label,
        names=tuple(str(name.value) for name in names),
        certificate_chain=tuple(each.public_bytes(Encoding.DER) for each in chain),
        private_key=key,
        key_label=key_label,
    )
