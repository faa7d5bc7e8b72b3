"""What a client checks of the server's first answer, ServerHello or HelloRetryRequest.

It has to be in form, to stand by what was offered, and to lead to the secret of both shares (RFC
8446 §4.1.3, §4.1.4, §4.2.8, §4.2.11).
"""

from dataclasses import dataclass

from tlslab.connection.config import ClientConfig
from tlslab.connection.context import Context
from tlslab.crypto.suites import TLS13_SUITES, Tls13Suite
from tlslab.errors import AlertName, ProtocolError
from tlslab.tls13.messages import CertificateRequest, EncryptedExtensions, NewSessionTicket
from tlslab.tls13.offer import Offer, OfferedPSK
from tlslab.tls13.shares import derive_shared_secret
from tlslab.wire.extensions import (
    KeyShareClientHello,
    KeyShareServerHello,
    PreSharedKeyServerHello,
    SupportedGroups,
    misplaced,
)
from tlslab.wire.hello import ClientHello, HelloRetryRequest, ServerHello
from tlslab.wire.registry import NamedGroup, ProtocolVersion, PskKeyExchangeMode


@dataclass(frozen=True, slots=True)
class NoPSK:
    """The server took no pre-shared key: it has to show a certificate."""


def check_form(
    hello: ServerHello | HelloRetryRequest, client_hello: ClientHello, section: str
) -> Tls13Suite:
    """Check what has to stand in every answer, whatever it is; its suite."""
    if hello.server_version != ProtocolVersion.TLSv1_2:
        raise refused(
            "illegal_parameter",
            f"this field is {ProtocolVersion.TLSv1_2.label} for ever",
            f"{hello.NAME}.server_version",
            section,
        )
    if hello.session_id != client_hello.session_id:
        raise refused(
            "illegal_parameter",
            "it is not the one of the ClientHello",
            f"{hello.NAME}.session_id",
            section,
        )
    check_places(hello)
    suite = TLS13_SUITES.get(hello.cipher_suite)
    if suite is None:
        raise refused(
            "illegal_parameter",
            f"{hello.cipher_suite.label} is no suite of TLS 1.3",
            f"{hello.NAME}.cipher_suite",
            section,
        )
    return suite


def check_places(
    message: ServerHello
    | HelloRetryRequest
    | EncryptedExtensions
    | CertificateRequest
    | NewSessionTicket,
) -> None:
    """Check that no extension stands where it must not (RFC 8446 §4.2). Raises ProtocolError."""
    kind = misplaced(message.extension_types(), message.NAME)
    if kind is not None:
        raise refused(
            "illegal_parameter",
            "this extension does not belong here",
            f"{message.NAME}.extensions.{kind.name}",
            "RFC 8446 §4.2",
        )


def chosen_psk(offer: Offer, server_hello: ServerHello, suite: Tls13Suite) -> OfferedPSK | NoPSK:
    """The pre-shared key that the server takes, if any. Raises ProtocolError: illegal_parameter."""
    answer = server_hello.extension(PreSharedKeyServerHello)
    if answer is None:
        return NoPSK()
    where = "server_hello.extensions.pre_shared_key.selected_identity"
    if answer.selected_identity >= len(offer.psks):
        raise refused(
            "illegal_parameter",
            f"{len(offer.psks)} keys were offered, counted from 0",
            where,
            "RFC 8446 §4.2.11",
        )
    psk = offer.psks[answer.selected_identity]
    if psk.hash_name != suite.hash_name:
        raise refused(
            "illegal_parameter",
            f"this key goes with {psk.hash_name.upper()}, the suite with another hash",
            where,
            "RFC 8446 §4.2.11",
        )
    return psk


def shared_secret(
    offer: Offer,
    server_hello: ServerHello,
    psk: OfferedPSK | NoPSK,
    context: Context[ClientConfig],
) -> bytes:
    """What both shares lead to; empty for a pre-shared key alone, if that was offered."""
    answer = server_hello.extension(KeyShareServerHello)
    where = "server_hello.extensions.key_share"
    if answer is None:
        if isinstance(psk, OfferedPSK) and PskKeyExchangeMode.psk_ke in context.config.psk_modes:
            return b""
        if isinstance(psk, OfferedPSK):
            # Clients verify that a key_share "is present if required by the ClientHello
            # "psk_key_exchange_modes" extension", else it is "illegal_parameter".
            raise refused(
                "illegal_parameter",
                "there is no share beside the pre-shared key, which was not to be used alone",
                where,
                "RFC 8446 §4.2.11",
            )
        # RFC 8446 §9.2: "missing_extension" for what is mandatory.
        raise refused("missing_extension", "there is no share", where, "RFC 8446 §9.2")
    share = answer.server_share
    if (
        isinstance(psk, OfferedPSK)
        and PskKeyExchangeMode.psk_dhe_ke not in context.config.psk_modes
    ):
        raise refused(
            "illegal_parameter",
            "a share beside the pre-shared key, which was to be used alone",
            where,
            "RFC 8446 §4.2.9",
        )
    own = offer.shares.get(share.group)
    if own is None:
        raise refused(
            "illegal_parameter",
            f"no share of {share.group.label} was sent",
            f"{where}.server_share.group",
            "RFC 8446 §4.2.8",
        )
    return derive_shared_secret(context, own, share)


def check_wanted_group(group: NamedGroup, client_hello: ClientHello, config: ClientConfig) -> None:
    """Check that the server asks for a share that it may ask for (RFC 8446 §4.2.8)."""
    offered = client_hello.extension(SupportedGroups)
    sent = client_hello.extension(KeyShareClientHello)
    where = "hello_retry_request.extensions.key_share.selected_group"
    section = "RFC 8446 §4.2.8"
    if offered is None or group not in config.groups:
        raise refused(
            "illegal_parameter", f"the group {group.label} was not offered", where, section
        )
    if sent is not None and group in [share.group for share in sent.client_shares]:
        raise refused(
            "illegal_parameter", f"it has a share of {group.name} already", where, section
        )


def refused(alert: AlertName, reason: str, where: str, section: str) -> ProtocolError:
    """What the server did wrong."""
    return ProtocolError(alert, reason, where=where, section=section)
