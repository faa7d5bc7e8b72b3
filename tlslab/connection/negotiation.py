"""Up to the ServerHello: version, suite, extensions. Here versions are compared, and nowhere else.

When both sides' hellos are known, the connection is handed over to the states of its version.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import ClassVar

from tlslab.connection.config import ClientConfig, Credential, ServerConfig
from tlslab.connection.context import Context, Messages, State, Version
from tlslab.crypto.certificates import names_match
from tlslab.crypto.suites import SUITES, Suite
from tlslab.errors import LocalError, ProtocolError
from tlslab.wire.extensions import (
    ALPN,
    Extension,
    HostName,
    RenegotiationInfo,
    ServerName,
    ServerNameAck,
    SignatureAlgorithms,
    SupportedVersions,
)
from tlslab.wire.hello import RANDOM_LENGTH, ClientHello, ServerHello
from tlslab.wire.registry import (
    CipherSuite,
    CompressionMethod,
    HandshakeType,
    NameType,
    ProtocolVersion,
    SignatureScheme,
)

Versions = Mapping[ProtocolVersion, Version]

# What `cryptography` verifies in a certificate chain (RFC 5246 §7.4.1.4.1).
SIGNATURE_SCHEMES = (
    SignatureScheme.ecdsa_secp256r1_sha256,
    SignatureScheme.ecdsa_secp384r1_sha384,
    SignatureScheme.rsa_pss_rsae_sha256,
    SignatureScheme.rsa_pss_rsae_sha384,
    SignatureScheme.rsa_pss_rsae_sha512,
    SignatureScheme.rsa_pkcs1_sha256,
    SignatureScheme.rsa_pkcs1_sha384,
    SignatureScheme.rsa_pkcs1_sha512,
)


@dataclass(frozen=True, slots=True)
class ClientAgreed:
    """What a client knows after both hellos."""

    client_hello: ClientHello
    server_hello: ServerHello
    suite: Suite
    alpn_protocol: bytes


@dataclass(frozen=True, slots=True)
class ServerAgreed:
    """What a server knows before it sends its ServerHello.

    extensions: what every version answers: server_name, ALPN, renegotiation_info.
    """

    client_hello: ClientHello
    server_random: bytes
    suite: Suite
    credential: Credential
    alpn_protocol: bytes
    server_name: str
    extensions: tuple[Extension, ...]


# -- the client ---------------------------------------------------------------------------------


def start_client(context: Context[ClientConfig], versions: Versions) -> State:
    """Send the ClientHello."""
    config = context.config
    extensions: list[Extension] = []
    host_name = sni(config.server_name)
    if host_name:
        extensions.append(ServerName((HostName(NameType.host_name, host_name),)))
    extensions.append(SignatureAlgorithms(SIGNATURE_SCHEMES))
    if config.alpn:
        extensions.append(ALPN(config.alpn))
    extensions.append(RenegotiationInfo())
    client_hello = ClientHello(
        # Version 1.3 is offered in an extension; this field stays at 1.2 (RFC 8446 §4.1.2).
        client_version=min(max(versions), ProtocolVersion.TLSv1_2),
        random=context.draw("client_random", RANDOM_LENGTH, "RFC 5246 §7.4.1.2"),
        session_id=b"",
        cipher_suites=config.cipher_suites,
        compression_methods=(CompressionMethod.null,),
        extensions=tuple(extensions),
    )
    context.send(client_hello)
    # Only that record says an old version; an alert about the ServerHello has to be understood.
    context.writer.version = client_hello.client_version
    return WaitServerHello(client_hello, versions)


@dataclass(frozen=True, slots=True)
class WaitServerHello(State):
    """The client has sent its ClientHello (RFC 5246 §7.4.1.3)."""

    client_hello: ClientHello
    versions: Versions = field(repr=False)

    ACCEPTS: ClassVar[Messages] = {HandshakeType.server_hello: ServerHello}

    def step(self, server_hello: ServerHello, context: Context[ClientConfig]) -> State:
        """Check the server's choice against the offer and hand over to the version chosen."""
        version = self.versions.get(server_hello.server_version)
        if version is None:
            raise ProtocolError(
                "protocol_version",
                f"the server chose {server_hello.server_version.title}, which was not offered",
                where="server_hello.server_version",
                section="RFC 5246 Appendix E.1",
            )
        context.agree_on_version(version.number)
        context.trace.value_received(
            "server_random", server_hello.random, "server_hello.random", "RFC 5246 §7.4.1.3"
        )
        self._check_choice(server_hello)
        suite = SUITES[server_hello.cipher_suite]
        context.agree_on_suite(suite.code, suite.prf_hash)
        alpn_protocol = self._alpn(server_hello)
        if alpn_protocol:
            context.trace.negotiated("alpn_protocol", repr(alpn_protocol)[2:-1], "RFC 7301 §3.1")
        agreed = ClientAgreed(self.client_hello, server_hello, suite, alpn_protocol)
        return version.client(agreed, context)

    def _check_choice(self, server_hello: ServerHello) -> None:
        if server_hello.cipher_suite not in self.client_hello.cipher_suites:
            raise ProtocolError(
                "illegal_parameter",
                f"the server chose {server_hello.cipher_suite.label}, which was not offered",
                where="server_hello.cipher_suite",
                section="RFC 5246 §7.4.1.3",
            )
        if server_hello.compression_method not in self.client_hello.compression_methods:
            raise ProtocolError(
                "illegal_parameter",
                f"the server chose {server_hello.compression_method.label}, which was not offered",
                where="server_hello.compression_method",
                section="RFC 5246 §7.4.1.3",
            )
        for extension_type in server_hello.extension_types():
            if extension_type not in self.client_hello.extension_types():
                raise ProtocolError(
                    "unsupported_extension",
                    "an answer to something that was not asked",
                    where=f"server_hello.extensions.{extension_type.name}",
                    section="RFC 5246 §7.4.1.4",
                )
        _check_renegotiation_info(server_hello, "server_hello", "RFC 5746 §3.4")

    def _alpn(self, server_hello: ServerHello) -> bytes:
        answer = server_hello.extension(ALPN)
        if answer is None:
            return b""
        offer = self.client_hello.extension(ALPN)
        chosen = answer.protocol_name_list
        if len(chosen) != 1 or offer is None or chosen[0] not in offer.protocol_name_list:
            raise ProtocolError(
                "illegal_parameter",
                "the answer has to be one of the protocols that were offered",
                where="server_hello.extensions.application_layer_protocol_negotiation",
                section="RFC 7301 §3.1",
            )
        return chosen[0]


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
        _check_renegotiation_info(client_hello, "client_hello", "RFC 5746 §3.6")
        server_name, credential = self._choose_credential(client_hello, context)
        suite = self._choose_suite(client_hello, context)
        context.agree_on_suite(suite.code, suite.prf_hash)
        alpn_protocol = self._choose_protocol(client_hello, context)
        extensions: list[Extension] = []
        if server_name:
            extensions.append(ServerNameAck())
        if _asks_for_secure_renegotiation(client_hello):
            extensions.append(RenegotiationInfo())
        if alpn_protocol:
            extensions.append(ALPN((alpn_protocol,)))
            context.trace.negotiated("alpn_protocol", repr(alpn_protocol)[2:-1], "RFC 7301 §3.1")
        agreed = ServerAgreed(
            client_hello,
            context.draw("server_random", RANDOM_LENGTH, "RFC 5246 §7.4.1.3"),
            suite,
            credential,
            alpn_protocol,
            server_name,
            tuple(extensions),
        )
        return version.server(agreed, context)

    def _choose_version(self, client_hello: ClientHello) -> Version:
        extension = client_hello.extension(SupportedVersions)
        if extension is not None:
            # RFC 8446 §4.2.1: with this extension the client_version field MUST NOT be used.
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

    def _choose_credential(
        self, client_hello: ClientHello, context: Context[ServerConfig]
    ) -> tuple[str, Credential]:
        """The name the server goes by, empty if none, and its credential (RFC 6066 §3)."""
        credentials = context.config.credentials
        extension = client_hello.extension(ServerName)
        for name in extension.server_name_list if extension else ():
            if name.name_type.name != "host_name":
                continue
            host_name = name.host_name.decode("ascii", "backslashreplace")
            for credential in credentials:
                if names_match(credential.leaf, host_name):
                    context.trace.negotiated("server_name", host_name, "RFC 6066 §3")
                    return host_name, credential
        return "", credentials[0]

    def _choose_suite(self, client_hello: ClientHello, context: Context[ServerConfig]) -> Suite:
        supported = context.config.cipher_suites
        chosen = context.primitives.choose_cipher_suite(client_hello.cipher_suites, supported)
        if chosen is None:
            raise ProtocolError(
                "handshake_failure",
                "no suite in common: the server has "
                + ", ".join(suite.name for suite in supported),
                where="client_hello.cipher_suites",
                section="RFC 5246 §7.4.1.3",
            )
        if chosen not in SUITES:
            raise LocalError(f"choose_cipher_suite chose {chosen!r}, which is not implemented")
        return SUITES[CipherSuite(chosen)]

    def _choose_protocol(self, client_hello: ClientHello, context: Context[ServerConfig]) -> bytes:
        offer = client_hello.extension(ALPN)
        if offer is None or not context.config.alpn:
            return b""
        for protocol in context.config.alpn:
            if protocol in offer.protocol_name_list:
                return protocol
        raise ProtocolError(
            "no_application_protocol",
            f"the client offers {_listed(offer.protocol_name_list)}, "
            f"the server has {_listed(context.config.alpn)}",
            where="client_hello.extensions.application_layer_protocol_negotiation",
            section="RFC 7301 §3.2",
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


def _check_renegotiation_info(hello: ClientHello | ServerHello, name: str, section: str) -> None:
    extension = hello.extension(RenegotiationInfo)
    if extension is not None and extension.renegotiated_connection:
        raise ProtocolError(
            "handshake_failure",
            "there is no earlier handshake, so this has to be empty",
            where=f"{name}.extensions.renegotiation_info.renegotiated_connection",
            section=section,
        )


def _asks_for_secure_renegotiation(client_hello: ClientHello) -> bool:
    return (
        client_hello.extension(RenegotiationInfo) is not None
        or CipherSuite.TLS_EMPTY_RENEGOTIATION_INFO_SCSV in client_hello.cipher_suites
    )


def _listed(names: tuple[bytes, ...]) -> str:
    return ", ".join(repr(name)[2:-1] for name in names)
