"""Which body an extension has in which message, and which messages may carry it in TLS 1.3."""

from collections.abc import Iterable, Mapping

from tlslab.wire.extensions.common import (
    ALPN,
    RecordSizeLimit,
    ServerName,
    ServerNameAck,
    SignatureAlgorithms,
    StatusRequest,
    SupportedGroups,
)
from tlslab.wire.extensions.extension import Bodies, Extension
from tlslab.wire.extensions.key_share import (
    KeyShareClientHello,
    KeyShareHelloRetryRequest,
    KeyShareServerHello,
    PreSharedKeyClientHello,
    PreSharedKeyServerHello,
    PskKeyExchangeModes,
)
from tlslab.wire.extensions.since_tls13 import (
    CertificateAuthorities,
    CertificateStatus,
    CompressCertificate,
    Cookie,
    DelegatedCredential,
    EarlyDataIndication,
    EarlyDataNewSessionTicket,
    OIDFilters,
    Padding,
    PostHandshakeAuth,
    SelectedVersion,
    SignatureAlgorithmsCert,
    StatusRequestToClient,
    SupportedVersions,
)
from tlslab.wire.extensions.until_tls12 import (
    ECPointFormats,
    EncryptThenMAC,
    ExtendedMasterSecret,
    RenegotiationInfo,
    SessionTicket,
    StatusRequestAck,
)
from tlslab.wire.registry import ExtensionType


def _by_type(*bodies: type[Extension]) -> Bodies:
    return {body.TYPE: body for body in bodies}


CLIENT_HELLO: Bodies = _by_type(
    ServerName,
    StatusRequest,
    SupportedGroups,
    ECPointFormats,
    SignatureAlgorithms,
    ALPN,
    Padding,
    EncryptThenMAC,
    ExtendedMasterSecret,
    CompressCertificate,
    RecordSizeLimit,
    DelegatedCredential,
    SessionTicket,
    PreSharedKeyClientHello,
    EarlyDataIndication,
    SupportedVersions,
    Cookie,
    PskKeyExchangeModes,
    CertificateAuthorities,
    PostHandshakeAuth,
    SignatureAlgorithmsCert,
    KeyShareClientHello,
    RenegotiationInfo,
)
SERVER_HELLO: Bodies = _by_type(
    ServerNameAck,
    StatusRequestAck,
    ECPointFormats,
    ALPN,
    EncryptThenMAC,
    ExtendedMasterSecret,
    RecordSizeLimit,
    SessionTicket,
    PreSharedKeyServerHello,
    SelectedVersion,
    KeyShareServerHello,
    RenegotiationInfo,
)
HELLO_RETRY_REQUEST: Bodies = _by_type(SelectedVersion, Cookie, KeyShareHelloRetryRequest)
ENCRYPTED_EXTENSIONS: Bodies = _by_type(
    ServerNameAck,
    SupportedGroups,
    ALPN,
    RecordSizeLimit,
    EarlyDataIndication,
)
CERTIFICATE_ENTRY: Bodies = _by_type(CertificateStatus)
CERTIFICATE_REQUEST: Bodies = _by_type(
    StatusRequestToClient,
    SignatureAlgorithms,
    CompressCertificate,
    DelegatedCredential,
    CertificateAuthorities,
    OIDFilters,
    SignatureAlgorithmsCert,
)
NEW_SESSION_TICKET: Bodies = _by_type(EarlyDataNewSessionTicket)


# -- where each may stand -----------------------------------------------------------------------

_CH, _SH, _HRR = "client_hello", "server_hello", "hello_retry_request"
_EE, _CT, _CR, _NST = (
    "encrypted_extensions",
    "certificate",
    "certificate_request",
    "new_session_ticket",
)
_E = ExtensionType

ALLOWED_IN: Mapping[ExtensionType, frozenset[str]] = {
    kind: frozenset(messages)
    for kind, messages in {
        # The table of RFC 8446 §4.2.
        _E.server_name: (_CH, _EE),
        _E.max_fragment_length: (_CH, _EE),
        _E.status_request: (_CH, _CR, _CT),
        _E.supported_groups: (_CH, _EE),
        _E.signature_algorithms: (_CH, _CR),
        _E.use_srtp: (_CH, _EE),
        _E.heartbeat: (_CH, _EE),
        _E.application_layer_protocol_negotiation: (_CH, _EE),
        _E.signed_certificate_timestamp: (_CH, _CR, _CT),
        _E.client_certificate_type: (_CH, _EE),
        _E.server_certificate_type: (_CH, _EE),
        _E.padding: (_CH,),
        _E.key_share: (_CH, _SH, _HRR),
        _E.pre_shared_key: (_CH, _SH),
        _E.psk_key_exchange_modes: (_CH,),
        _E.early_data: (_CH, _EE, _NST),
        _E.cookie: (_CH, _HRR),
        _E.supported_versions: (_CH, _SH, _HRR),
        _E.certificate_authorities: (_CH, _CR),
        _E.oid_filters: (_CR,),
        _E.post_handshake_auth: (_CH,),
        _E.signature_algorithms_cert: (_CH, _CR),
        # Later ones, as IANA's column "TLS 1.3" has them.
        _E.compress_certificate: (_CH, _CR),
        _E.record_size_limit: (_CH, _EE),
        _E.delegated_credential: (_CH, _CR, _CT),
        # What ended with TLS 1.2: a client that can do both versions offers it, nobody answers.
        _E.ec_point_formats: (_CH,),
        _E.encrypt_then_mac: (_CH,),
        _E.extended_master_secret: (_CH,),
        _E.session_ticket: (_CH,),
        _E.renegotiation_info: (_CH,),
    }.items()
}
"""The messages of TLS 1.3, by their NAME, in which a recognised extension may stand."""


def misplaced(extension_types: Iterable[ExtensionType], message: str) -> ExtensionType | None:
    """The first extension that must not stand in this message of TLS 1.3, or None.

    message: its NAME, such as `encrypted_extensions`. RFC 8446 §4.2: whoever receives an extension
    that it recognises in a message for which it is not specified sends illegal_parameter. What
    `ALLOWED_IN` does not have is not recognised.
    """
    for extension_type in extension_types:
        if message not in ALLOWED_IN.get(extension_type, (message,)):
            return extension_type
    return None
