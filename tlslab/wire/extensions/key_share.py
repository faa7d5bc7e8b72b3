"""The key exchange of TLS 1.3: key_share, pre_shared_key and psk_key_exchange_modes.

A key_share holds public keys. What stands in `key_exchange` depends on the group: a point, a
number, or, in a hybrid group, a part for ML-KEM and a part for an elliptic curve, end to end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from tlslab.trace import Span
from tlslab.wire.codec import Reader, in_hex
from tlslab.wire.extensions.extension import Extension
from tlslab.wire.presentation import Enumerated, Layout, ListOf, Struct, Structure, Uint, Vector
from tlslab.wire.registry import ExtensionType, NamedGroup, PskKeyExchangeMode

Parts = tuple[tuple[str, int], ...]
"""Names and lengths, in bytes, of what follows one another in a key_exchange."""

HYBRID_SHARES: Mapping[NamedGroup, tuple[Parts, ...]] = {
    # The client's first, with ML-KEM's encapsulation key; then the server's, with its ciphertext.
    NamedGroup.X25519MLKEM768: (
        (("mlkem", 1184), ("ecdh", 32)),
        (("mlkem", 1088), ("ecdh", 32)),
    ),
    NamedGroup.SecP256r1MLKEM768: (
        (("ecdh", 65), ("mlkem", 1184)),
        (("ecdh", 65), ("mlkem", 1088)),
    ),
    # Here both parts of ML-KEM are of one length.
    NamedGroup.SecP384r1MLKEM1024: ((("ecdh", 97), ("mlkem", 1568)),),
}
"""The parts of hybrid shares, in the order of each group (draft-ietf-tls-ecdhe-mlkem §3)."""


@dataclass(frozen=True, slots=True)
class KeyShareEntry(Structure):
    """One public key for the key exchange, and its group (RFC 8446 §4.2.8).

    struct {
        NamedGroup group;
        opaque key_exchange<1..2^16-1>;
    } KeyShareEntry;
    """

    group: NamedGroup
    key_exchange: bytes

    NAME: ClassVar[str] = "key_share_entry"
    LAYOUT: ClassVar[Layout] = {
        "group": Enumerated(NamedGroup),
        "key_exchange": Vector(1, 2**16 - 1),
    }

    @classmethod
    def read(cls, reader: Reader) -> "KeyShareEntry":
        group, key_exchange = (kind.read(reader, name) for name, kind in cls.LAYOUT.items())
        if reader.spans is not None:
            for parts in HYBRID_SHARES.get(group, ()):
                if sum(length for _, length in parts) == len(key_exchange):
                    _open(reader.spans, key_exchange, parts)
        return cls(group, key_exchange)


def _open(spans: list[Span], data: bytes, parts: Parts) -> None:
    """Replace the last span, that of `data`, by one that holds a leaf for each of `parts`."""
    whole = spans.pop()
    spans.append(Span(whole.path, whole.start, whole.end, "", False))
    start = 0
    for name, length in parts:
        end = start + length
        value = in_hex(data[start:end])
        spans.append(Span(f"{whole.path}.{name}", whole.start + start, whole.start + end, value))
        start = end


@dataclass(frozen=True, slots=True)
class KeyShareClientHello(Extension):
    """The client's public keys, one for each group that the server might choose (RFC 8446 §4.2.8).

    struct {
        KeyShareEntry client_shares<0..2^16-1>;
    } KeyShareClientHello;
    """

    client_shares: tuple[KeyShareEntry, ...]

    NAME: ClassVar[str] = "key_share"
    TYPE: ClassVar[ExtensionType] = ExtensionType.key_share
    LAYOUT: ClassVar[Layout] = {
        "client_shares": ListOf(Struct(KeyShareEntry), 0, 2**16 - 1, "shares"),
    }


@dataclass(frozen=True, slots=True)
class KeyShareServerHello(Extension):
    """The server's public key, in one of the groups of the client's (RFC 8446 §4.2.8).

    struct {
        KeyShareEntry server_share;
    } KeyShareServerHello;
    """

    server_share: KeyShareEntry

    NAME: ClassVar[str] = "key_share"
    TYPE: ClassVar[ExtensionType] = ExtensionType.key_share
    LAYOUT: ClassVar[Layout] = {"server_share": Struct(KeyShareEntry)}


@dataclass(frozen=True, slots=True)
class KeyShareHelloRetryRequest(Extension):
    """The group in which the server wants the client's public key (RFC 8446 §4.2.8).

    struct {
        NamedGroup selected_group;
    } KeyShareHelloRetryRequest;
    """

    selected_group: NamedGroup

    NAME: ClassVar[str] = "key_share"
    TYPE: ClassVar[ExtensionType] = ExtensionType.key_share
    LAYOUT: ClassVar[Layout] = {"selected_group": Enumerated(NamedGroup)}


@dataclass(frozen=True, slots=True)
class PskKeyExchangeModes(Extension):
    """With which exchanges the client would use a pre-shared key (RFC 8446 §4.2.9).

    struct {
        PskKeyExchangeMode ke_modes<1..255>;
    } PskKeyExchangeModes;
    """

    ke_modes: tuple[PskKeyExchangeMode, ...]

    NAME: ClassVar[str] = "psk_key_exchange_modes"
    TYPE: ClassVar[ExtensionType] = ExtensionType.psk_key_exchange_modes
    LAYOUT: ClassVar[Layout] = {
        "ke_modes": ListOf(Enumerated(PskKeyExchangeMode), 1, 255, "modes"),
    }


@dataclass(frozen=True, slots=True)
class PskIdentity(Structure):
    """The name of a pre-shared key, often a ticket, and the ticket's age (RFC 8446 §4.2.11).

    struct {
        opaque identity<1..2^16-1>;
        uint32 obfuscated_ticket_age;
    } PskIdentity;
    """

    identity: bytes
    obfuscated_ticket_age: int

    NAME: ClassVar[str] = "psk_identity"
    LAYOUT: ClassVar[Layout] = {
        "identity": Vector(1, 2**16 - 1),
        "obfuscated_ticket_age": Uint(4),
    }


@dataclass(frozen=True, slots=True)
class PreSharedKeyClientHello(Extension):
    """The pre-shared keys that the client offers, and a proof for each (RFC 8446 §4.2.11).

    struct {
        PskIdentity identities<7..2^16-1>;
        PskBinderEntry binders<33..2^16-1>;
    } OfferedPsks;
    """

    identities: tuple[PskIdentity, ...]
    binders: tuple[bytes, ...]

    NAME: ClassVar[str] = "pre_shared_key"
    TYPE: ClassVar[ExtensionType] = ExtensionType.pre_shared_key
    LAYOUT: ClassVar[Layout] = {
        "identities": ListOf(Struct(PskIdentity), 7, 2**16 - 1, "identities"),
        "binders": ListOf(Vector(32, 255), 33, 2**16 - 1, "binders"),
    }


@dataclass(frozen=True, slots=True)
class PreSharedKeyServerHello(Extension):
    """Which of the client's keys the server chose, counted from 0 (RFC 8446 §4.2.11).

    struct {
        uint16 selected_identity;
    } PreSharedKeyExtension;
    """

    selected_identity: int

    NAME: ClassVar[str] = "pre_shared_key"
    TYPE: ClassVar[ExtensionType] = ExtensionType.pre_shared_key
    LAYOUT: ClassVar[Layout] = {"selected_identity": Uint(2)}
