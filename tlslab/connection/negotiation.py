"""Up to the ServerHello: version, name, protocol. Here versions are compared, and nowhere else.

A client's offer is for every version that it can do. When one is chosen, on either side, the
connection is handed over to the states of that version, which choose and check the rest.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar, Protocol

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from tlslab.connection.config import MIN_RECORD_SIZE_LIMIT, ClientConfig, Credential, ServerConfig
from tlslab.connection.context import Context, Messages, State, Version
from tlslab.connection.grease import with_grease
from tlslab.crypto.certificates import names_match
from tlslab.crypto.groups import ECDHE_GROUPS, FFDHE_GROUPS
from tlslab.crypto.key_shares import KEY_SHARE_GROUPS
from tlslab.crypto.suites import ECDHE, SUITES, TLS13_SUITES, KeyExchange
from tlslab.errors import LocalError, ProtocolError
from tlslab.wire.extensions import (
    ALPN,
    ECPointFormats,
    Extension,
    HostName,
    RecordSizeLimit,
    SelectedVersion,
    ServerName,
    SignatureAlgorithms,
    StatusRequest,
    SupportedGroups,
    SupportedVersions,
)
from tlslab.wire.hello import RANDOM_LENGTH, ClientHello, HelloRetryRequest, ServerHello
from tlslab.wire.registry import (
    CertificateStatusType,
    CipherSuite,
    CompressionMethod,
    ECPointFormat,
    ExtensionType,
    HandshakeType,
    NameType,
    ProtocolVersion,
)

Versions = Mapping[ProtocolVersion, Version]


DOWNGRADE_TO_TLS12 = b"DOWNGRD\x01"
"""The end of a server's random that could do TLS 1.3 and was asked for 1.2 (RFC 8446 §4.1.3)."""
DOWNGRADE_TO_TLS11 = b"DOWNGRD\x00"
"""That of one that was asked for something older yet. It stands for the same lie."""


class Prepared(Protocol):
    """What a version adds to a ClientHello, and what it keeps for the answer."""

    @property
    def extensions(self) -> tuple[Extension, ...]:
        """What goes into the hello."""
        ...

    @property
    def session_id(self) -> bytes:
        """What stands in the hello under this name: at most 32 bytes."""
        ...

    def complete(self, client_hello: ClientHello, context: Context[ClientConfig]) -> ClientHello:
        """The hello with what depends on all the rest of it."""
        ...

    def sent(self, client_hello: ClientHello, context: Context[ClientConfig]) -> None:
        """Send what follows it without an answer."""
        ...


@dataclass(frozen=True, slots=True)
class ClientOffer:
    """What a client has offered. prepared: what the newest version keeps for the answer."""

    client_hello: ClientHello
    prepared: Prepared


@dataclass(frozen=True, slots=True)
class Requested:
    """What a client wants of a server, as far as every version understands it.

    server_name: the name that the server goes by, empty if none was asked for or it is unknown.
    credentials: those for this name. could_do_better: whether the server knows a newer version.
    """

    client_hello: ClientHello
    server_name: str
    credentials: tuple[Credential, ...]
    could_do_better: bool


# -- the client ---------------------------------------------------------------------------------


def start_client(context: Context[ClientConfig], versions: Versions) -> State:
    """Send the ClientHello."""
    config = context.config
    prepared = {number: version.prepare(context) for number, version in versions.items()}
    extensions: list[Extension] = []
    host_name = sni(config.server_name)
    if host_name:
        extensions.append(ServerName((HostName(NameType.host_name, host_name),)))
    if config.status_request:
        extensions.append(StatusRequest(CertificateStatusType.ocsp))
    extensions += _group_extensions(config, versions)
    extensions.append(SignatureAlgorithms(config.signature_schemes))
    if config.alpn:
        extensions.append(ALPN(config.alpn))
    if config.record_size_limit is not None:
        extensions.append(RecordSizeLimit(config.record_size_limit))
    for number in sorted(prepared):
        extensions += prepared[number].extensions
    # One of an earlier session, if there is one; else what TLS 1.3 wants to look like.
    session_ids = [prepared[number].session_id for number in sorted(prepared)]
    client_hello = ClientHello(
        # Version 1.3 is offered in an extension; this field stays at 1.2 (RFC 8446 §4.1.2).
        client_version=min(max(versions), ProtocolVersion.TLSv1_2),
        random=context.draw("client_random", RANDOM_LENGTH, "RFC 5246 §7.4.1.2"),
        session_id=next(filter(None, session_ids), b""),
        cipher_suites=_offered_suites(config, versions),
        compression_methods=(CompressionMethod.null,),
        extensions=tuple(extensions),
    )
    if config.grease:
        client_hello = with_grease(client_hello, config.random)
    newest = prepared[max(prepared)]
    client_hello = newest.complete(client_hello, context)
    context.send(client_hello)
    # Only that record says an old version; an alert about the ServerHello has to be understood.
    context.writer.version = client_hello.client_version
    newest.sent(client_hello, context)
    return WaitServerHello(ClientOffer(client_hello, newest), versions)


def _offered_suites(config: ClientConfig, versions: Versions) -> tuple[CipherSuite, ...]:
    usable = {
        ProtocolVersion.TLSv1_2: SUITES.keys(),
        ProtocolVersion.TLSv1_3: TLS13_SUITES.keys(),
    }
    return tuple(
        suite
        for suite in config.cipher_suites
        if any(suite in usable[number] for number in versions)
    )


@dataclass(frozen=True, slots=True)
class WaitServerHello(State):
    """The client has sent its ClientHello (RFC 5246 §7.4.1.3)."""

    offer: ClientOffer
    versions: Versions = field(repr=False)

    ACCEPTS: ClassVar[Messages] = {HandshakeType.server_hello: ServerHello}

    @property
    def DROPS_CHANGE_CIPHER_SPEC(self) -> bool:  # type: ignore[override]
        """Once a ClientHello of TLS 1.3 was sent, one may come (RFC 8446 §5)."""
        return ProtocolVersion.TLSv1_3 in self.versions

    def step(
        self, server_hello: ServerHello | HelloRetryRequest, context: Context[ClientConfig]
    ) -> State:
        """Check the server's choice against the offer and hand over to the version chosen."""
        refuse_ssl(server_hello.server_version, f"{server_hello.NAME}.server_version")
        version = self._version(server_hello)
        self._check_downgrade(version, server_hello)
        context.agree_on_version(version.number)
        if isinstance(server_hello, ServerHello):
            context.trace.value_received(
                "server_random", server_hello.random, "server_hello.random", "RFC 5246 §7.4.1.3"
            )
        check_choice(server_hello, self.offer.client_hello, context.config)
        return version.client(self.offer, server_hello, context)

    def _version(self, server_hello: ServerHello | HelloRetryRequest) -> Version:
        extension = server_hello.extension(SelectedVersion)
        if extension is not None:
            # RFC 8446 §4.2.1: "If the "supported_versions" extension in the ServerHello contains a
            # version not offered by the client or contains a version prior to TLS 1.3, the client
            # MUST abort the handshake with an "illegal_parameter" alert."
            chosen = extension.selected_version
            if chosen in self.versions and chosen >= ProtocolVersion.TLSv1_3:
                return self.versions[chosen]
            raise ProtocolError(
                "illegal_parameter",
                f"the server chose {chosen.title}, which was not offered here",
                where=f"{server_hello.NAME}.extensions.supported_versions.selected_version",
                section="RFC 8446 §4.2.1",
            )
        if isinstance(server_hello, HelloRetryRequest):
            raise ProtocolError(
                "missing_extension",
                "it does not say of which version it is",
                where="hello_retry_request.extensions",
                section="RFC 8446 §4.1.4",
            )
        version = self.versions.get(server_hello.server_version)
        if version is None or version.number >= ProtocolVersion.TLSv1_3:
            raise ProtocolError(
                "protocol_version",
                f"the server chose {server_hello.server_version.title}, which was not offered",
                where="server_hello.server_version",
                section="RFC 5246 Appendix E.1",
            )
        return version

    def _check_downgrade(
        self, version: Version, server_hello: ServerHello | HelloRetryRequest
    ) -> None:
        """A server that can do better says so in its random, which is signed or kept in the hash of
        the transcript: whoever has cut the offer cannot take that away.
        """
        marks = (DOWNGRADE_TO_TLS12, DOWNGRADE_TO_TLS11)
        if version.number < max(self.versions) and server_hello.random.endswith(marks):
            raise ProtocolError(
                "illegal_parameter",
                f"the server can do more than {version.number.title}: somebody has changed the "
                "offer on its way",
                where="server_hello.random",
                section="RFC 8446 §4.1.3",
            )


def check_choice(
    server_hello: ServerHello | HelloRetryRequest, client_hello: ClientHello, config: ClientConfig
) -> None:
    """Check that the server has chosen from what was offered. Raises ProtocolError."""
    name = server_hello.NAME
    is_tls13 = server_hello.extension(SelectedVersion) is not None
    section = "RFC 8446 §4.1.3" if is_tls13 else "RFC 5246 §7.4.1.3"
    # Not from the hello: a value that only tests the server's tolerance is no offer (RFC 8701 §4).
    if server_hello.cipher_suite not in config.cipher_suites:
        raise ProtocolError(
            "illegal_parameter",
            f"the server chose {server_hello.cipher_suite.label}, which was not offered",
            where=f"{name}.cipher_suite",
            section=section,
        )
    if server_hello.compression_method not in client_hello.compression_methods:
        raise ProtocolError(
            "illegal_parameter",
            f"the server chose {server_hello.compression_method.label}, which was not offered",
            where=f"{name}.compression_method",
            section=section,
        )
    section = "RFC 8446 §4.2" if is_tls13 else "RFC 5246 §7.4.1.4"
    check_answers(server_hello.extension_types(), client_hello, name, section)


def check_answers(
    extension_types: Iterable[ExtensionType], client_hello: ClientHello, name: str, section: str
) -> None:
    """Check that each extension in an answer was asked for.

    name: of the message it stands in. section: that says so, in its version.
    Raises ProtocolError: unsupported_extension.
    """
    asked = {kind for kind in client_hello.extension_types() if not kind.is_grease}
    if name == HelloRetryRequest.NAME:
        # RFC 8446 §4.2: a cookie is the one thing that a server may bring up.
        asked.add(ExtensionType.cookie)
    for extension_type in extension_types:
        if extension_type not in asked:
            raise ProtocolError(
                "unsupported_extension",
                "an answer to something that was not asked",
                where=f"{name}.extensions.{extension_type.name}",
                section=section,
            )


# -- the server ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WaitClientHello(State):
    """The server waits for the first message of all (RFC 5246 §7.4.1.2)."""

    versions: Versions = field(repr=False)

    ACCEPTS: ClassVar[Messages] = {HandshakeType.client_hello: ClientHello}

    def step(self, client_hello: ClientHello, context: Context[ServerConfig]) -> State:
        """Choose version, credential, suite and protocol, and hand over."""
        version = self._choose_version(client_hello)
        context.agree_on_version(version.number)
        context.trace.value_received(
            "client_random", client_hello.random, "client_hello.random", "RFC 5246 §7.4.1.2"
        )
        if CompressionMethod.null not in client_hello.compression_methods:
            raise ProtocolError(
                "illegal_parameter",
                "the offer has to contain null, no compression",
                where="client_hello.compression_methods",
                section="RFC 5246 §7.4.1.2",
            )
        server_name, credentials = self._choose_credentials(client_hello, context)
        could_do_better = version.number < max(self.versions)
        return version.server(
            Requested(client_hello, server_name, credentials, could_do_better), context
        )

    def _choose_version(self, client_hello: ClientHello) -> Version:
        extension = client_hello.extension(SupportedVersions)
        if extension is not None:
            # RFC 8446 §4.2.1: with this extension the client_version field MUST NOT be used.
            refuse_ssl(client_hello.client_version, "client_hello.client_version")
            offered = set(extension.versions)
            best = "a choice of " + ", ".join(version.title for version in extension.versions)
            where, section = "extensions.supported_versions", "RFC 8446 §4.2.1"
        else:
            offered = {number for number in self.versions if number <= client_hello.client_version}
            offered -= {ProtocolVersion.TLSv1_3}
            best = f"at most {client_hello.client_version.title}"
            where, section = "client_version", "RFC 5246 Appendix E.1"
        common = offered & set(self.versions)
        if not common:
            raise ProtocolError(
                "protocol_version",
                f"the client offers {best}; this server wants at least {min(self.versions).title}",
                where=f"client_hello.{where}",
                section=section,
            )
        return self.versions[max(common)]

    def _choose_credentials(
        self, client_hello: ClientHello, context: Context[ServerConfig]
    ) -> tuple[str, tuple[Credential, ...]]:
        """The name the server goes by, empty if none, and its credentials (RFC 6066 §3)."""
        credentials = context.config.credentials
        extension = client_hello.extension(ServerName)
        for name in extension.server_name_list if extension else ():
            if name.name_type.name != "host_name":
                continue
            host_name = name.host_name.decode("ascii", "backslashreplace")
            matching = tuple(c for c in credentials if names_match(c.leaf, host_name))
            if matching:
                context.trace.negotiated("server_name", host_name, "RFC 6066 §3")
                return host_name, matching
        return "", credentials


def refuse_ssl(version: ProtocolVersion, where: str) -> None:
    """Raise ProtocolError for a hello of SSL 3.0, whatever its extensions say."""
    if version == ProtocolVersion.SSLv3:
        # "Any endpoint receiving a Hello message with [this version] set to 0x0300 MUST abort the
        # handshake with a "protocol_version" alert."
        raise ProtocolError(
            "protocol_version",
            "SSL 3.0 is broken, and forbidden",
            where=where,
            section="RFC 8446 Appendix D.5",
        )


# -- helpers ------------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def sni(server_name: str) -> bytes:
    """The name as a server_name extension has it; empty for an IP address (RFC 6066 §3).

    Raises LocalError for what is no host name.
    """
    try:
        ipaddress.ip_address(server_name)
    except ValueError:
        pass
    else:
        return b""
    try:
        host_name = server_name.removesuffix(".").encode("ascii")
    except UnicodeEncodeError as error:
        raise LocalError(
            f"{server_name!r}: write international names in their ASCII form (xn--…)"
        ) from error
    if not host_name or len(host_name) > 255:
        raise LocalError(f"not a host name: {server_name!r}")
    return host_name


def choose_protocol(client_hello: ClientHello, config: ServerConfig) -> bytes:
    """The server's choice among the client's protocols; empty if there is nothing to choose.

    Raises ProtocolError: no_application_protocol.
    """
    offer = client_hello.extension(ALPN)
    if offer is None or not config.alpn:
        return b""
    for protocol in config.alpn:
        if protocol in offer.protocol_name_list:
            return protocol
    raise ProtocolError(
        "no_application_protocol",
        f"the client offers {_listed(offer.protocol_name_list)}, "
        f"the server has {_listed(config.alpn)}",
        where="client_hello.extensions.application_layer_protocol_negotiation",
        section="RFC 7301 §3.2",
    )


def chosen_protocol(answer: ALPN | None, client_hello: ClientHello, name: str) -> bytes:
    """The protocol in the server's answer; empty without one. name: of the message it stands in.

    Raises ProtocolError: illegal_parameter, for what was not offered.
    """
    if answer is None:
        return b""
    offer = client_hello.extension(ALPN)
    chosen = answer.protocol_name_list
    if len(chosen) != 1 or offer is None or chosen[0] not in offer.protocol_name_list:
        raise ProtocolError(
            "illegal_parameter",
            "the answer has to be one of the protocols that were offered",
            where=f"{name}.extensions.application_layer_protocol_negotiation",
            section="RFC 7301 §3.1",
        )
    return chosen[0]


def protocol_agreed(context: Context[Any], protocol: bytes) -> None:
    """Report the application protocol, if there is one."""
    if protocol:
        context.trace.negotiated("alpn_protocol", repr(protocol)[2:-1], "RFC 7301 §3.1")


def check_record_size_limit(extension: RecordSizeLimit | None, name: str) -> None:
    """Check that a record may hold enough. name: of the message. Raises ProtocolError."""
    if extension is not None and extension.record_size_limit < MIN_RECORD_SIZE_LIMIT:
        raise ProtocolError(
            "illegal_parameter",
            f"{extension.record_size_limit} bytes; a record has to hold at least "
            f"{MIN_RECORD_SIZE_LIMIT}",
            where=f"{name}.extensions.record_size_limit.record_size_limit",
            section="RFC 8449 §4",
        )


def _group_extensions(config: ClientConfig, versions: Versions) -> list[Extension]:
    """supported_groups and ec_point_formats, as far as a suite or a key needs them."""
    exchanges = {SUITES[suite].key_exchange for suite in config.cipher_suites if suite in SUITES}
    if ProtocolVersion.TLSv1_2 not in versions:
        return [SupportedGroups(config.groups)]
    # A server takes an ECDSA certificate of ours only if it may take its curve (RFC 8422 §5.1.1).
    curves = bool(exchanges & ECDHE) or (
        config.credential is not None
        and isinstance(config.credential.private_key, EllipticCurvePrivateKey)
    )
    wanted = [*(ECDHE_GROUPS if curves else ())]
    wanted += FFDHE_GROUPS if KeyExchange.DHE_RSA in exchanges else ()
    if ProtocolVersion.TLSv1_3 in versions:
        wanted += KEY_SHARE_GROUPS
    groups = tuple(group for group in config.groups if group in wanted)
    extensions: list[Extension] = []
    if groups:
        extensions.append(SupportedGroups(groups))
    if curves:
        extensions.append(ECPointFormats((ECPointFormat.uncompressed,)))
    return extensions


def _listed(names: tuple[bytes, ...]) -> str:
    return ", ".join(repr(name)[2:-1] for name in names)
