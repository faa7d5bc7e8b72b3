"""Make the laboratory's keys and certificates, the same bytes on every machine.

    python -m tlslab.lab.make_pki [--check] [DIRECTORY]

PUBLIC TEST KEYS THAT PROTECT NOTHING. Every private key made here follows from the text of this
file, so everybody has it. Use them in lessons and tests on your own machine. Never trust the root
in a browser or an operating system that you use for anything else, and never serve anything with
these certificates that matters to anyone.

Why deterministic: an output that is stored in a notebook, a recorded handshake or a test stays
true after the files have been made again, and anyone can check that nothing is hidden in them.
What makes it so: primes and scalars come from SHAKE-256 over a public label, the dates are fixed,
and certificates are signed with RSASSA-PKCS1-v1_5, which uses no randomness (RFC 8017 §8.2).
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tlslab.lab.pki import PrivateKey

DIRECTORY = Path(__file__).with_name("pki_data")
ORGANIZATION = "tlslab: public test key, protects nothing"
WARNING = "PUBLIC TEST KEY of tlslab. Everybody has the private key: it protects nothing."

# Before July 2019, because Apple's verifier limits certificates issued later to 825 days,
# under any root. After the life of anyone who reads this.
NOT_BEFORE = datetime(2019, 1, 1, tzinfo=UTC)
NOT_AFTER = datetime(2119, 12, 31, 23, 59, 59, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Authority:
    """What the certificate of a certification authority shall say.

    `path_length` is how many intermediate authorities may follow below it. `permitted` are the
    only names that certificates below it may hold; empty means that it does not limit them. `key`
    is the label whose key it has; empty means one of its own.
    """

    label: str
    issuer: str
    common_name: str
    path_length: int
    permitted: tuple[x509.GeneralName, ...] = ()
    key: str = ""
    not_before: datetime = NOT_BEFORE
    not_after: datetime = NOT_AFTER


@dataclass(frozen=True, slots=True)
class Leaf:
    """What the certificate of a server or a client shall say; `key` as for an authority."""

    label: str
    common_name: str
    purpose: x509.ObjectIdentifier
    names: tuple[x509.GeneralName, ...]
    p256: bool = False  # otherwise RSA-2048
    key_encipherment: bool = False  # TLS 1.2 with the RSA key exchange needs it (RFC 5246 §7.4.2)
    issuer: str = "intermediate"
    key: str = ""
    not_before: datetime = NOT_BEFORE
    not_after: datetime = NOT_AFTER


SERVER_NAMES = (
    x509.DNSName("server.tlslab.test"),
    x509.DNSName("localhost"),
    x509.IPAddress(IPv4Address("127.0.0.1")),
    x509.IPAddress(IPv6Address("::1")),
)
OTHER_NAMES = (x509.DNSName("other.tlslab.test"), x509.DNSName("*.wild.tlslab.test"))
CLIENT_NAMES = (x509.DNSName("learner.tlslab.test"),)

# Whoever trusts this root in spite of every warning shall not lose more than these names:
# a certificate for any other is refused, although everybody can sign one.
PERMITTED_NAMES = (
    x509.DNSName("tlslab.test"),
    x509.DNSName("localhost"),
    x509.IPAddress(IPv4Network("127.0.0.0/8")),
    x509.IPAddress(IPv6Network("::1/128")),
)

AUTHORITIES = (
    Authority("root", "root", "tlslab test root CA", 1, permitted=PERMITTED_NAMES),
    Authority("intermediate", "root", "tlslab test intermediate CA", 0),
)
SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
LEAVES = (
    Leaf("server-rsa", "server.tlslab.test", SERVER, SERVER_NAMES, key_encipherment=True),
    Leaf("server-ecdsa", "server.tlslab.test", SERVER, SERVER_NAMES, p256=True),
    Leaf("server-other", "other.tlslab.test", SERVER, OTHER_NAMES, key_encipherment=True),
    Leaf("client-rsa", "learner.tlslab.test", CLIENT, CLIENT_NAMES),
    Leaf("client-ecdsa", "learner.tlslab.test", CLIENT, CLIENT_NAMES, p256=True),
)

# Each is wrong in one thing, so that a verifier which does not look there accepts it. All are for
# the key of server-rsa: whoever holds it can serve each of them.
EXPIRED = datetime(2024, 12, 31, 23, 59, 59, tzinfo=UTC)
NOT_YET = datetime(2100, 1, 1, tzinfo=UTC)
ONE_NAME = (x509.DNSName("server.tlslab.test"),)
# The one holds the server's name, the other ends in it, and neither is it.
NEARLY = (x509.DNSName("myserver.tlslab.test"), x509.DNSName("*.server.tlslab.test"))


def broken_leaf(
    label: str,
    *,
    purpose: x509.ObjectIdentifier = SERVER,
    names: tuple[x509.GeneralName, ...] = ONE_NAME,
    issuer: str = "intermediate",
    not_before: datetime = NOT_BEFORE,
    not_after: datetime = NOT_AFTER,
) -> Leaf:
    """A leaf that is good apart from what is said here."""
    return Leaf(
        label,
        "server.tlslab.test",
        purpose,
        names,
        key_encipherment=True,
        issuer=issuer,
        key="server-rsa",
        not_before=not_before,
        not_after=not_after,
    )


BROKEN_LEAVES = (
    broken_leaf("broken-expired", not_after=EXPIRED),
    broken_leaf("broken-not-yet-valid", not_before=NOT_YET),
    broken_leaf("broken-wrong-name", names=NEARLY),
    broken_leaf("broken-self-signed", issuer="broken-self-signed"),
    broken_leaf("broken-issuer-is-no-authority", issuer="server-other"),
    broken_leaf("broken-wrong-usage", purpose=CLIENT),
    broken_leaf("broken-impostor", issuer="impostor"),
)
# The name of one of the lab's authorities, and something else behind it.
BROKEN_AUTHORITIES = (
    Authority("impostor", "impostor", "tlslab test root CA", 1, key="server-other"),
    Authority(
        "old-intermediate",
        "root",
        "tlslab test intermediate CA",
        0,
        key="intermediate",
        not_after=EXPIRED,
    ),
)
# What is in each file, the leaf first, and what is wrong.
BROKEN_CHAINS = {
    "broken-expired": (
        ("broken-expired", "intermediate"),
        f"its last day was {EXPIRED:%Y-%m-%d}",
    ),
    "broken-not-yet-valid": (
        ("broken-not-yet-valid", "intermediate"),
        f"its first day is {NOT_YET:%Y-%m-%d}",
    ),
    "broken-wrong-name": (
        ("broken-wrong-name", "intermediate"),
        "the name is in the common name alone, which nobody may look at",
    ),
    "broken-self-signed": (("broken-self-signed",), "nobody signed it but its own key"),
    "broken-issuer-is-no-authority": (
        ("broken-issuer-is-no-authority", "server-other", "intermediate"),
        "another server signed it",
    ),
    "broken-wrong-usage": (("broken-wrong-usage", "intermediate"), "it is for clients"),
    "broken-tampered": (
        ("broken-tampered", "intermediate"),
        "the expired one, with one digit of its last year changed",
    ),
    "broken-impostor": (
        ("broken-impostor", "impostor"),
        "a root that nobody trusts, under the name of the one that is trusted",
    ),
    "broken-old-authority": (
        ("server-rsa", "old-intermediate"),
        f"the last day of the authority was {EXPIRED:%Y-%m-%d}",
    ),
}


def make_pki() -> dict[str, bytes]:
    """Every file of the laboratory's PKI, by its name; nothing is read or written."""
    keys = {each.label: make_key(each) for each in (*AUTHORITIES, *LEAVES)}
    certificates = {each.label: make_certificate(each, keys) for each in (*AUTHORITIES, *LEAVES)}
    broken = {**certificates, **make_broken(keys)}

    files = {f"{label}.key.pem": key_pem(label, key) for label, key in keys.items()}
    for authority in AUTHORITIES:
        files[f"{authority.label}.pem"] = certificate_pem(certificates[authority.label])
    for leaf in LEAVES:
        chain = (certificates[leaf.label], certificates[leaf.issuer])  # RFC 8446 §4.4.2: no root
        files[f"{leaf.label}.chain.pem"] = b"\n".join(map(certificate_pem, chain))
    for label, (chain_labels, _) in BROKEN_CHAINS.items():
        pieces = [certificate_pem(broken[each]) for each in chain_labels]
        files[f"{label}.chain.pem"] = b"\n".join(pieces)
    files["README.md"] = readme(certificates)
    files["BROKEN.md"] = page_of_the_broken(broken)
    return files


def difference(files: Mapping[str, bytes], directory: Path) -> str | None:
    """The first difference between `files` and `directory`, as a sentence; None if none."""
    for name in sorted(files):
        path = directory / name
        if not path.is_file():
            return f"{name} is missing."
        made, stored = files[name].splitlines(), path.read_bytes().splitlines()
        for number, (made_line, stored_line) in enumerate(zip(made, stored, strict=False), 1):
            if made_line != stored_line:
                return f"{name} differs from what this script makes, first in line {number}."
        if files[name] != path.read_bytes():
            return f"{name} differs from what this script makes in its length or its line ends."
    for path in sorted(directory.iterdir()):
        if path.name not in files:
            return f"{path.name} is not made by this script."
    return None


# --- keys


def make_key(wanted: Authority | Leaf) -> PrivateKey:
    """The private key that belongs to a label."""
    if isinstance(wanted, Leaf) and wanted.p256:
        return p256_key(wanted.label)
    return rsa_key(wanted.label)


def p256_key(label: str) -> ec.EllipticCurvePrivateKey:
    """A P-256 key; the scalar is made from 64 bits more than it needs (FIPS 186-5 A.2.1)."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    return ec.derive_private_key(number(label, "scalar", 320) % (order - 1) + 1, ec.SECP256R1())


@functools.cache
def rsa_key(label: str) -> rsa.RSAPrivateKey:
    """An RSA-2048 key; the library checks the numbers once more when it loads them."""
    e = 65537
    q, p = sorted(rsa_prime(label, name, e) for name in "pq")
    d = pow(e, -1, math.lcm(p - 1, q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=d % (p - 1),
        dmq1=d % (q - 1),
        iqmp=pow(q, -1, p),
        public_numbers=rsa.RSAPublicNumbers(e, p * q),
    )
    return numbers.private_key()


def rsa_prime(label: str, name: str, e: int) -> int:
    """The first prime of 1024 bits from a labelled start upwards that suits the exponent `e`."""
    # With the two highest bits set the product of two such primes has exactly 2048 bits.
    candidate = number(label, name, 1024) | (0b11 << 1022) | 1
    while not (math.gcd(candidate - 1, e) == 1 and is_prime(candidate)):
        candidate += 2
    return candidate


def is_prime(n: int) -> bool:
    """Whether an odd `n` of many bits is prime: trial division, then Miller and Rabin's test.

    The bases are the first eight primes. Fixed bases would be wrong for a number that an
    adversary chose; for one that comes out of a hash they are as good as drawn ones.
    """
    if math.gcd(n, PRODUCT_OF_SMALL_PRIMES) != 1:
        return False
    twos = ((n - 1) & (1 - n)).bit_length() - 1  # n - 1 = 2^twos * odd
    return all(passes_miller_rabin(n, twos, base) for base in SMALL_PRIMES[:8])


def passes_miller_rabin(n: int, twos: int, base: int) -> bool:
    """Whether base^odd is 1, or one of its first squares is -1, modulo n = 2^twos * odd + 1."""
    power = pow(base, (n - 1) >> twos, n)
    if power == 1:
        return True
    for _ in range(twos):
        if power == n - 1:
            return True
        power = power * power % n
    return False


SMALL_PRIMES = [n for n in range(2, 5000) if all(n % d for d in range(2, math.isqrt(n) + 1))]
PRODUCT_OF_SMALL_PRIMES = math.prod(SMALL_PRIMES)


def number(label: str, name: str, bits: int) -> int:
    """A number of at most `bits` bits (a multiple of 8) that depends on nothing but two words."""
    seed = f"tlslab public test key, protects nothing: {label}, {name}"
    return int.from_bytes(hashlib.shake_256(seed.encode()).digest(bits // 8), "big")


# --- certificates


def make_certificate(wanted: Authority | Leaf, keys: Mapping[str, PrivateKey]) -> x509.Certificate:
    """The certificate, with the extensions that RFC 5280 §4.2 and web browsers ask for."""
    issuer = next(each for each in every_wanted() if each.label == wanted.issuer)
    public_key = keys[wanted.key or wanted.label].public_key()
    issuer_key = keys[issuer.key or issuer.label]
    builder = (
        x509.CertificateBuilder()
        .serial_number(number(wanted.label, "serial number", 120) | (1 << 120))
        .subject_name(distinguished_name(wanted.common_name))
        .issuer_name(distinguished_name(issuer.common_name))
        .not_valid_before(wanted.not_before)
        .not_valid_after(wanted.not_after)
        .public_key(public_key)
    )
    for extension, critical in extensions(wanted):
        builder = builder.add_extension(extension, critical)
    return (
        builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False
        )
        .sign(issuer_key, hashes.SHA256())
    )


def make_broken(keys: Mapping[str, PrivateKey]) -> dict[str, x509.Certificate]:
    """The certificates that are broken on purpose."""
    broken = {
        each.label: make_certificate(each, keys) for each in (*BROKEN_AUTHORITIES, *BROKEN_LEAVES)
    }
    broken["broken-tampered"] = tampered(broken["broken-expired"])
    return broken


def tampered(certificate: x509.Certificate) -> x509.Certificate:
    """The certificate with one byte changed, a digit of its last year, and the old signature."""
    der = certificate.public_bytes(serialization.Encoding.DER)
    before, found, after = der.partition(f"{EXPIRED:%y%m%d%H%M%S}Z".encode())
    return x509.load_der_x509_certificate(before + b"4" + found[1:] + after)


def every_wanted() -> Iterator[Authority | Leaf]:
    """Whoever may have signed a certificate."""
    yield from (*AUTHORITIES, *LEAVES, *BROKEN_AUTHORITIES, *BROKEN_LEAVES)


def extensions(wanted: Authority | Leaf) -> list[tuple[x509.ExtensionType, bool]]:
    """What the key may be used for and under which names, each with whether it is critical."""
    if isinstance(wanted, Authority):
        result: list[tuple[x509.ExtensionType, bool]] = [
            (x509.BasicConstraints(ca=True, path_length=wanted.path_length), True),
            (key_usage(key_cert_sign=True, crl_sign=True), True),
        ]
        if wanted.permitted:
            result.append((x509.NameConstraints(wanted.permitted, None), True))
        return result
    return [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (key_usage(digital_signature=True, key_encipherment=wanted.key_encipherment), True),
        (x509.ExtendedKeyUsage([wanted.purpose]), False),
        (x509.SubjectAlternativeName(wanted.names), False),
    ]


def key_usage(
    *,
    digital_signature: bool = False,
    key_encipherment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    """The KeyUsage extension with the uses that TLS knows; all others are off."""
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=key_encipherment,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def distinguished_name(common_name: str) -> x509.Name:
    """The name of a subject or an issuer; the warning is a part of it."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


# --- files


def key_pem(label: str, key: PrivateKey) -> bytes:
    """A private key (PKCS #8), under the warning."""
    return explained(
        f"Private key: {label}",
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def certificate_pem(certificate: x509.Certificate) -> bytes:
    """A certificate, under the warning."""
    return explained(
        f"Subject: {common_name(certificate.subject)}\nIssuer: {common_name(certificate.issuer)}",
        certificate.public_bytes(serialization.Encoding.PEM),
    )


def explained(text: str, pem: bytes) -> bytes:
    """PEM after explanatory text, which parsers skip (RFC 7468 §2)."""
    return f"{WARNING}\n{text}\n".encode() + pem


def common_name(name: x509.Name) -> str:
    """The CN of a subject or an issuer."""
    return str(name.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def readme(certificates: Mapping[str, x509.Certificate]) -> bytes:
    """The page beside the files: the warning, and what is in them."""
    rows = []
    for leaf in LEAVES:
        names = ", ".join(f"`{name.value}`" for name in leaf.names)
        kind = "P-256" if leaf.p256 else "RSA-2048"
        rows.append(f"| `{leaf.label}.chain.pem` | `{leaf.label}.key.pem` | {kind} | {names} |")
    prints = [
        f"{certificate.fingerprint(hashes.SHA256()).hex()}  {label}"
        for label, certificate in certificates.items()
    ]
    return README.format(
        rows="\n".join(rows),
        prints="\n".join(prints),
        not_before=f"{NOT_BEFORE:%Y-%m-%d}",
        not_after=f"{NOT_AFTER:%Y-%m-%d}",
    ).encode()


def page_of_the_broken(certificates: Mapping[str, x509.Certificate]) -> bytes:
    """The page about the broken certificates, and what is wrong with each."""
    rows = [
        f"| `{label}.chain.pem` | {', '.join(chain)} | {what} |"
        for label, (chain, what) in BROKEN_CHAINS.items()
    ]
    prints = [
        f"{certificate.fingerprint(hashes.SHA256()).hex()}  {label}"
        for label, certificate in certificates.items()
        if label not in {each.label for each in (*AUTHORITIES, *LEAVES)}
    ]
    return BROKEN.format(rows="\n".join(rows), prints="\n".join(prints)).encode()


BROKEN = """\
# Broken certificates: each is refused, for one reason

For lessons and tests: a verifier that forgets to look at one thing accepts one of these. Each leaf
is for the key in `server-rsa.key.pem`, and for the name `server.tlslab.test` if nothing else is
said. What README.md says of the other keys here holds for these too: they protect nothing.

| certificate chain | certificates in it | what is wrong |
|---|---|---|
{rows}

SHA-256 of the certificates:

```
{prints}
```
"""

README = """\
# Public test keys: they protect nothing

Everybody has the private keys in this folder. They are for lessons and tests on your own machine.

- Do not trust `root.pem` in a browser or an operating system that you use for anything else. Give
  it to a single program instead (`openssl s_client -CAfile root.pem`, `curl --cacert root.pem`).
- Do not serve anything with these certificates that matters to anyone.

A scanner that reports leaked private keys is right about what it sees; here it is on purpose.

| certificate chain | private key | kind | names |
|---|---|---|---|
{rows}

A chain holds the leaf and the certificate of the intermediate authority. The authorities are in
`root.pem` and `intermediate.pem`, with their keys (RSA-2048) beside them. The root permits no names
but `tlslab.test` and those below it, `localhost`, 127.0.0.0/8 and ::1; a verifier that ignores what
a root permits is one more reason not to trust it. All are valid from {not_before} to {not_after}.

SHA-256 of the certificates:

```
{prints}
```

All files here, this page too, are made by `python -m tlslab.lab.make_pki`, from public labels and
with no randomness; `--check` makes them again and compares.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tlslab.lab.make_pki",
        description="Make the lab's PUBLIC TEST KEYS and certificates, which protect nothing.",
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail if files differ")
    parser.add_argument("directory", nargs="?", type=Path, default=DIRECTORY, metavar="DIRECTORY")
    options = parser.parse_args(arguments)

    if options.check:
        if not options.directory.is_dir():
            print(f"There is no directory {options.directory}.", file=sys.stderr)
            return 1
        if found := difference(make_pki(), options.directory):
            print(found, file=sys.stderr)
            return 1
        return 0

    options.directory.mkdir(parents=True, exist_ok=True)
    for name, content in make_pki().items():
        (options.directory / name).write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
