"""Values without a meaning, so that servers stay used to what they do not know (RFC 8701).

A client that adds them fails at servers that break at the unknown, now and not in the year in which
the next version of TLS comes.
"""

from dataclasses import replace

from tlslab.connection.config import Randomness
from tlslab.wire.extensions import (
    Extension,
    KeyShareClientHello,
    KeyShareEntry,
    OpaqueExtension,
    PreSharedKeyClientHello,
    PskKeyExchangeModes,
    SignatureAlgorithms,
    SupportedGroups,
    SupportedVersions,
)
from tlslab.wire.hello import ClientHello
from tlslab.wire.registry import (
    GREASE_8,
    GREASE_16,
    CipherSuite,
    ExtensionType,
    NamedGroup,
    ProtocolVersion,
    PskKeyExchangeMode,
    SignatureScheme,
)

_CODES_8, _CODES_16 = sorted(GREASE_8), sorted(GREASE_16)


def with_grease(client_hello: ClientHello, random: Randomness) -> ClientHello:
    """The hello with a reserved value in each list that may hold one, in front (RFC 8701 §3.1).

    Two extensions have no meaning either: an empty first one, and one of one byte at the end.
    """
    drawn = random("grease", 6)
    suite, group, version, first, last = (_CODES_16[byte % 16] for byte in drawn[:5])
    if first == last:
        last = _CODES_16[(drawn[4] + 1) % 16]
    scheme, mode = SignatureScheme(suite), PskKeyExchangeMode(_CODES_8[drawn[5] % len(_CODES_8)])

    def greased(extension: Extension) -> Extension:
        match extension:
            case SupportedGroups(groups):
                return SupportedGroups((NamedGroup(group), *groups))
            case KeyShareClientHello(shares):
                share = KeyShareEntry(NamedGroup(group), b"\0")
                return KeyShareClientHello((share, *shares))
            case SupportedVersions(versions):
                return SupportedVersions((ProtocolVersion(version), *versions))
            case SignatureAlgorithms(schemes):
                return SignatureAlgorithms((scheme, *schemes))
            case PskKeyExchangeModes(modes):
                return PskKeyExchangeModes((mode, *modes))
            case _:
                return extension

    extensions: list[Extension] = [OpaqueExtension(ExtensionType(first), b"")]
    extensions += [greased(extension) for extension in client_hello.extensions or ()]
    at_end = OpaqueExtension(ExtensionType(last), b"\0")
    # RFC 8446 §4.2.11: pre_shared_key stays the last one.
    is_psk = isinstance(extensions[-1], PreSharedKeyClientHello)
    extensions.insert(len(extensions) - is_psk, at_end)
    return replace(
        client_hello,
        cipher_suites=(CipherSuite(suite), *client_hello.cipher_suites),
        extensions=tuple(extensions),
    )
