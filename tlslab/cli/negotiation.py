"""What both commands can be asked to negotiate: versions, suites, groups, keys, protocols.

Functions that are a `type` for argparse raise ArgumentTypeError; the others raise UsageError.
"""

import argparse
import difflib
import os
from typing import Any

from tlslab.cli.arguments import UsageError
from tlslab.connection.config import DEFAULT_GROUPS, Config, usable_versions
from tlslab.connection.session import ExternalPSK
from tlslab.crypto.key_shares import KEY_SHARE_GROUPS
from tlslab.crypto.suites import DEFAULT_SUITES, SUITES, TLS13_SUITES, KeyExchange
from tlslab.wire.framing import MAX_PLAINTEXT
from tlslab.wire.registry import CipherSuite, NamedGroup, ProtocolVersion

VERSIONS = {"1.2": ProtocolVersion.TLSv1_2, "1.3": ProtocolVersion.TLSv1_3}
ALL_SUITES = (*TLS13_SUITES, *SUITES)
ONLY_TLS12 = ("no_ems", "no_etm")
ONLY_TLS13 = ("psk", "padding")
"""The options below that mean something in one version alone."""


def add_negotiation(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """The options; --psk stands for one key or several, as the command has it."""
    group = parser.add_argument_group("what is negotiated (by default TLS 1.3 or TLS 1.2)")
    for name, where in (("--min-version", "below"), ("--max-version", "above")):
        group.add_argument(name, choices=VERSIONS, help=f"no version of TLS {where} this one")
    by_default = ", ".join(suite.name for suite in DEFAULT_SUITES)
    asked_for = ", ".join(suite.name for suite in SUITES if suite not in DEFAULT_SUITES)
    group.add_argument(
        "--suite",
        dest="suites",
        action="append",
        type=cipher_suite,
        metavar="NAME",
        help="a cipher suite, named as IANA names it; may be repeated, the dearest first. Each "
        "belongs to one version, and a version without any is not spoken (by default "
        f"{by_default}; only if asked for: {asked_for})",
    )
    group.add_argument(
        "--group",
        dest="groups",
        action="append",
        type=named_group,
        metavar="NAME",
        help="a group for the key exchange, such as X25519MLKEM768, x25519 or secp256r1; may be "
        "repeated, the dearest first (by default "
        f"{', '.join(group.name for group in DEFAULT_GROUPS)})",
    )
    group.add_argument(
        "--psk",
        action="append",
        type=external_psk,
        metavar="IDENTITY:HEXKEY",
        help="a key that the other side knows too, and its name; in place of a certificate "
        "(TLS 1.3). Whoever lists the processes of this machine can read it",
    )
    group.add_argument(
        "--padding",
        type=padding,
        default=0,
        metavar="BYTES",
        help="fill each record up to a multiple of so many bytes, so that its length says less "
        "(TLS 1.3)",
    )
    group.add_argument(
        "--no-ems",
        action="store_true",
        help="do without extended master secret (RFC 7627), as before 2015 (TLS 1.2)",
    )
    group.add_argument(
        "--no-etm",
        action="store_true",
        help="do without encrypt-then-MAC (RFC 7366), as before 2014 (TLS 1.2)",
    )
    group.add_argument(
        "--alpn",
        action="append",
        type=protocol_name,
        metavar="NAME",
        help="an application protocol, such as http/1.1; may be repeated, the dearest first",
    )
    return group


def negotiation(options: argparse.Namespace) -> dict[str, Any]:
    """What `add_negotiation` asked but the keys, for a ClientConfig or a ServerConfig."""
    lowest = VERSIONS[options.min_version or "1.2"]
    highest = VERSIONS[options.max_version or "1.3"]
    if lowest > highest:
        raise UsageError(
            f"--min-version {options.min_version} is above --max-version {options.max_version}"
        )
    return {
        "min_version": lowest,
        "max_version": highest,
        "cipher_suites": tuple(options.suites or DEFAULT_SUITES),
        "groups": tuple(options.groups or DEFAULT_GROUPS),
        "extended_master_secret": not options.no_ems,
        "encrypt_then_mac": not options.no_etm,
        "alpn": tuple(options.alpn or ()),
        "record_padding": options.padding,
    }


def psks(options: argparse.Namespace) -> tuple[ExternalPSK, ...]:
    """The keys of --psk. They go with SHA-256, unless no suite has it (RFC 8446 §4.2.11)."""
    wanted = options.suites or DEFAULT_SUITES
    hashes = {TLS13_SUITES[suite].hash_name for suite in wanted if suite in TLS13_SUITES}
    hash_name = "sha384" if hashes == {"sha384"} else "sha256"
    return tuple(ExternalPSK(identity, key, hash_name) for identity, key in options.psk or ())


def check_versions(
    options: argparse.Namespace,
    config: Config,
    *,
    tls12: tuple[str, ...] = (),
    tls13: tuple[str, ...] = (),
) -> None:
    """Refuse an option of a version that is not on offer.

    tls12, tls13: more names of options that mean something in that version alone.
    """
    offered = usable_versions(config)
    only = {
        ProtocolVersion.TLSv1_2: ONLY_TLS12 + tls12,
        ProtocolVersion.TLSv1_3: ONLY_TLS13 + tls13,
    }
    for version, names in only.items():
        for name in names:
            if version not in offered and getattr(options, name):
                option = "--" + name.replace("_", "-")
                raise UsageError(f"{option} is for {version.title}, which is not on offer")


# -- words --------------------------------------------------------------------------------------


def cipher_suite(name: str) -> CipherSuite:
    """The suite that IANA calls `name`, if tlslab can do it."""
    by_name = {suite.name: suite for suite in ALL_SUITES}
    wanted = name.upper().replace("-", "_")
    if wanted in by_name:
        return by_name[wanted]
    if wanted in CipherSuite.__members__:
        start = f"{wanted} is known, but tlslab does not do it"
    else:
        start = f"{name!r} is not the name of a cipher suite"
    # OpenSSL's names leave out what goes without saying; it should not count against them.
    full = wanted if wanted.startswith("TLS_") else f"TLS_RSA_WITH_{wanted}"
    for exchange in KeyExchange:
        if wanted.startswith(f"{exchange}_"):
            full = f"TLS_{exchange}_WITH_{wanted.removeprefix(f'{exchange}_')}"
    near = difflib.get_close_matches(full, by_name, n=3, cutoff=0.75) or list(by_name)
    raise argparse.ArgumentTypeError(f"{start}; near to it: {', '.join(near)}")


def named_group(name: str) -> NamedGroup:
    """The group that IANA calls `name`, if tlslab can do it."""
    by_name = {group.name.lower(): group for group in KEY_SHARE_GROUPS}
    wanted = name.lower()
    # Older names of the same curves (RFC 8422 Appendix A).
    wanted = {"p-256": "secp256r1", "prime256v1": "secp256r1"}.get(wanted, wanted)
    wanted = {"p-384": "secp384r1", "p-521": "secp521r1"}.get(wanted, wanted)
    if wanted not in by_name:
        known = ", ".join(group.name for group in KEY_SHARE_GROUPS)
        raise argparse.ArgumentTypeError(f"{name!r} is no group that tlslab does; it does {known}")
    return by_name[wanted]


def external_psk(text: str) -> tuple[bytes, bytes]:
    """IDENTITY:HEXKEY as the name of a key and the key."""
    identity, _, digits = text.rpartition(":")
    try:
        key = bytes.fromhex(digits)
    except ValueError:
        key = b""
    if not identity or not key:
        raise argparse.ArgumentTypeError(
            "not IDENTITY:HEXKEY: a name, a colon, and the key in hexadecimal digits"
        )
    return os.fsencode(identity), key


def padding(text: str) -> int:
    """A number of bytes to fill records up to."""
    return number(text, 1, MAX_PLAINTEXT)


def number(text: str, smallest: int, largest: int) -> int:
    """A decimal number within bounds."""
    if not (text.isascii() and text.isdigit() and smallest <= int(text[:9]) <= largest):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from {smallest} to {largest}")
    return int(text)


def protocol_name(name: str) -> bytes:
    """The name of an application protocol as ALPN sends it (RFC 7301 §3.1)."""
    encoded = os.fsencode(name)
    if not 1 <= len(encoded) <= 255:
        raise argparse.ArgumentTypeError(f"{len(encoded)} bytes; a protocol's name has 1 to 255")
    return encoded
