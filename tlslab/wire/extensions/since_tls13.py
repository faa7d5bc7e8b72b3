"""The extensions that came with TLS 1.3."""

from dataclasses import dataclass
from typing import ClassVar

from tlslab.wire.extensions.extension import Extension
from tlslab.wire.presentation import Enumerated, Layout, ListOf
from tlslab.wire.registry import ExtensionType, ProtocolVersion


@dataclass(frozen=True, slots=True)
class SupportedVersions(Extension):
    """The versions that a client of TLS 1.3 can do, the best first (RFC 8446 §4.2.1).

    struct {
        ProtocolVersion versions<2..254>;
    } SupportedVersions;
    """

    versions: tuple[ProtocolVersion, ...]

    NAME: ClassVar[str] = "supported_versions"
    TYPE: ClassVar[ExtensionType] = ExtensionType.supported_versions
    LAYOUT: ClassVar[Layout] = {
        "versions": ListOf(Enumerated(ProtocolVersion), 2, 254, "versions"),
    }
