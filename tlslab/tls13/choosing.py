"""What a server of TLS 1.3 chooses from a ClientHello: suite, group, and the key to sign with.

And what it checks before (RFC 8446 §4.1.1, §4.1.2, §4.2, §9.2).
"""

from dataclasses import dataclass, field

from tlslab.connection.config import Credential, ServerConfig
from tlslab.connection.context import Context
from tlslab.connection.negotiation import Requested
from tlslab.crypto.key_shares import KEY_SHARE_GROUPS
from tlslab.crypto.signatures import tls13_schemes_for
from tlslab.crypto.suites import TLS13_SUITES, Tls13Suite
from tlslab.errors import AlertName, LocalError, ProtocolError
from tlslab.wire.extensions import (
    KeyShareClientHello,
    KeyShareEntry,
    PreSharedKeyClientHello,
    PskKeyExchangeModes,
    SignatureAlgorithms,
    SupportedGroups,
    misplaced,
)
from tlslab.wire.hello import ClientHello
from tlslab.wire.registry import (
    CipherSuite,
    CompressionMethod,
    ExtensionType,
    NamedGroup,
    PskKeyExchangeMode,
    SignatureScheme,
)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """How the server shows who it is."""

    credential: Credential = field(repr=False)
    scheme: SignatureScheme


def check_client_hello(client_hello: ClientHello) -> None:
    """Check what has to hold in every ClientHello of TLS 1.3 (RFC 8446 §4.1.2, §9.2).

    Raises ProtocolError.
    """
    if client_hello.compression_methods != (CompressionMethod.null,):
        raise _refused(
            "illegal_parameter",
            "in TLS 1.3 there is null, no compression, and nothing else",
            "compression_methods",
            "RFC 8446 §4.1.2",
        )
    kinds = set(client_hello.extension_types())
    kind = misplaced(client_hello.extension_types(), ClientHello.NAME)
    if kind is not None:
        raise _refused(
            "illegal_parameter",
            "this extension does not belong here",
            f"extensions.{kind.name}",
            "RFC 8446 §4.2",
        )
    has_psk = ExtensionType.pre_shared_key in kinds
    if has_psk and ExtensionType.psk_key_exchange_modes not in kinds:
        raise _missing("psk_key_exchange_modes", "RFC 8446 §4.2.9")
    if not has_psk and ExtensionType.signature_algorithms not in kinds:
        raise _missing("signature_algorithms", "RFC 8446 §9.2")
    if not has_psk and ExtensionType.supported_groups not in kinds:
        raise _missing("supported_groups", "RFC 8446 §9.2")
    if (ExtensionType.supported_groups in kinds) is not (ExtensionType.key_share in kinds):
        missing = "key_share" if ExtensionType.supported_groups in kinds else "supported_groups"
        raise _missing(missing, "RFC 8446 §9.2")
    _check_shares(client_hello)
    psks = client_hello.extension(PreSharedKeyClientHello)
    if psks is not None and len(psks.identities) != len(psks.binders):
        raise _refused(
            "illegal_parameter",
            f"{len(psks.identities)} identities and {len(psks.binders)} binders",
            "extensions.pre_shared_key.binders",
            "RFC 8446 §4.2.11",
        )


def _check_shares(client_hello: ClientHello) -> None:
    shares, groups = (
        client_hello.extension(KeyShareClientHello),
        client_hello.extension(SupportedGroups),
    )
    if shares is None or groups is None:
        return
    where = "extensions.key_share.client_shares"
    named = [share.group for share in shares.client_shares]
    if len(set(named)) != len(named):
        raise _refused(
            "illegal_parameter", "two shares of the same group", where, "RFC 8446 §4.2.8"
        )
    strange = [group for group in named if group not in groups.named_group_list]
    if strange:
        raise _refused(
            "illegal_parameter",
            f"a share of {strange[0].label}, which is not among the supported_groups",
            where,
            "RFC 8446 §4.2.8",
        )


def choose_suite(client_hello: ClientHello, context: Context[ServerConfig]) -> Tls13Suite:
    """The suite, by the server's order. Raises ProtocolError: handshake_failure."""
    supported = tuple(s for s in context.config.cipher_suites if s in TLS13_SUITES)
    chosen = context.primitives.choose_cipher_suite(client_hello.cipher_suites, supported)
    if chosen is None:
        raise _refused(
            "handshake_failure",
            "no suite in common: the server has " + ", ".join(suite.name for suite in supported),
            "cipher_suites",
            "RFC 8446 §4.1.1",
        )
    if chosen not in supported or chosen not in client_hello.cipher_suites:
        raise LocalError(f"choose_cipher_suite chose {chosen!r}, which this server cannot do")
    return TLS13_SUITES[CipherSuite(chosen)]


def choose_share(
    client_hello: ClientHello, config: ServerConfig
) -> KeyShareEntry | NamedGroup | None:
    """The share to answer; or the group whose share is to be asked for; None without any group.

    What is there is taken before another round trip is spent.
    """
    extension = client_hello.extension(KeyShareClientHello)
    shares = {share.group: share for share in extension.client_shares} if extension else {}
    own = [group for group in config.groups if group in KEY_SHARE_GROUPS]
    for group in own:
        if group in shares:
            return shares[group]
    offered = client_hello.extension(SupportedGroups)
    common = [group for group in own if offered and group in offered.named_group_list]
    return common[0] if common else None


def no_group(config: ServerConfig) -> ProtocolError:
    """For a client with which there is no group in common (RFC 8446 §4.1.1)."""
    return _refused(
        "handshake_failure",
        "no group in common: the server has " + ", ".join(group.name for group in config.groups),
        "extensions.supported_groups",
        "RFC 8446 §4.1.1",
    )


def choose_signing_key(requested: Requested, config: ServerConfig) -> SigningKey:
    """The first scheme of the server's that the client verifies, and a key for it (§4.4.2.2).

    Raises ProtocolError: handshake_failure; missing_extension without signature_algorithms.
    """
    offered = requested.client_hello.extension(SignatureAlgorithms)
    if offered is None:
        raise _missing("signature_algorithms", "RFC 8446 §4.2.3")
    fitting = [(each, tls13_schemes_for(each.private_key)) for each in requested.credentials]
    for scheme in config.signature_schemes:
        if scheme not in offered.supported_signature_algorithms:
            continue
        for credential, schemes in fitting:
            if scheme in schemes:
                return SigningKey(credential, scheme)
    raise _refused(
        "handshake_failure",
        "the server has no key for any of the signatures that the client verifies",
        "extensions.signature_algorithms",
        "RFC 8446 §4.4.2.2",
    )


def psk_mode(
    client_hello: ClientHello, config: ServerConfig, share: KeyShareEntry | None
) -> PskKeyExchangeMode | None:
    """How a pre-shared key may be used with this client; None if it may not (RFC 8446 §4.2.9)."""
    modes = client_hello.extension(PskKeyExchangeModes)
    if modes is None:
        return None
    common = [mode for mode in config.psk_modes if mode in modes.ke_modes]
    if PskKeyExchangeMode.psk_dhe_ke in common and share is not None:
        return PskKeyExchangeMode.psk_dhe_ke
    return PskKeyExchangeMode.psk_ke if PskKeyExchangeMode.psk_ke in common else None


def check_second_hello(first: ClientHello, second: ClientHello, group: NamedGroup) -> None:
    """Check that a second ClientHello differs from the first only where it may (RFC 8446 §4.1.2).

    group: whose share was asked for, and no other; 0 if none was.
    Raises ProtocolError: illegal_parameter.
    """
    for name in ("client_version", "random", "session_id", "cipher_suites", "compression_methods"):
        if getattr(first, name) != getattr(second, name):
            raise _refused(
                "illegal_parameter",
                "it is another one than in the first ClientHello",
                name,
                "RFC 8446 §4.1.2",
            )
    before = _comparable(first)
    after = _comparable(second)
    if before != after:
        kinds = [kind for kind in (*before, *after) if before.get(kind) != after.get(kind)]
        raise _refused(
            "illegal_parameter",
            "it is another one than in the first ClientHello",
            f"extensions.{kinds[0].name}" if kinds else "extensions",
            "RFC 8446 §4.1.2",
        )

    _check_second_share(first, second, group)


def _check_second_share(first: ClientHello, second: ClientHello, group: NamedGroup) -> None:
    before, after = (hello.extension(KeyShareClientHello) for hello in (first, second))
    if group:
        groups = [share.group for share in after.client_shares] if after else []
        if groups != [group]:
            raise _refused(
                "illegal_parameter",
                f"a share of {group.name} was asked for, and no other",
                "extensions.key_share",
                "RFC 8446 §4.2.8",
            )
    elif before != after:
        raise _refused(
            "illegal_parameter",
            "no other share was asked for",
            "extensions.key_share",
            "RFC 8446 §4.1.2",
        )


_MAY_CHANGE = (
    ExtensionType.key_share,
    ExtensionType.early_data,
    ExtensionType.cookie,
    ExtensionType.pre_shared_key,
    ExtensionType.padding,
)


def _comparable(client_hello: ClientHello) -> dict[ExtensionType, bytes]:
    return {
        extension.extension_type: extension.encode()
        for extension in client_hello.extensions or ()
        if extension.extension_type not in _MAY_CHANGE
    }


def _missing(name: str, section: str) -> ProtocolError:
    return _refused("missing_extension", "it has to be there", f"extensions.{name}", section)


def _refused(alert: AlertName, reason: str, field: str, section: str) -> ProtocolError:
    return ProtocolError(alert, reason, where=f"client_hello.{field}", section=section)
