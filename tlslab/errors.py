"""What can go wrong, in three kinds: the peer's fault, the peer's word, and your own mistake.

* `ProtocolError`: the peer sent something that an RFC forbids. It carries the alert that the RFC
  names; `Connection` alone turns it into an alert record.
* `AlertReceived`: the peer sent a fatal alert, so it is the peer who complains.
* `LocalError`: this program used the library wrongly. It never reaches the wire.
"""

from typing import Literal

# RFC 5246 §7.2 and its successors. It stands here as text because errors know nothing of the wire;
# `tests/wire/test_framing.py` holds it against the registry.
AlertName = Literal[
    "close_notify",
    "unexpected_message",
    "bad_record_mac",
    "record_overflow",
    "decompression_failure",
    "handshake_failure",
    "bad_certificate",
    "unsupported_certificate",
    "certificate_revoked",
    "certificate_expired",
    "certificate_unknown",
    "illegal_parameter",
    "unknown_ca",
    "access_denied",
    "decode_error",
    "decrypt_error",
    "protocol_version",
    "insufficient_security",
    "internal_error",
    "inappropriate_fallback",
    "user_canceled",
    "no_renegotiation",
    "missing_extension",
    "unsupported_extension",
    "unrecognized_name",
    "bad_certificate_status_response",
    "unknown_psk_identity",
    "certificate_required",
    "no_application_protocol",
]


class TLSError(Exception):
    """Base of every error that tlslab raises on purpose."""


class ProtocolError(TLSError):
    """The peer broke the protocol; the connection ends with `alert`.

    alert: the RFC's name of the alert to send.
    reason: what is wrong, in words a learner understands.
    where: the field it was found in, such as `client_hello.cipher_suites`; may be empty.
    section: the RFC section that decides it; may be empty.
    """

    def __init__(
        self, alert: AlertName, reason: str, *, where: str = "", section: str = ""
    ) -> None:
        self.alert: AlertName = alert
        self.reason = reason
        self.where = where
        self.section = section
        place = f"{where}: " if where else ""
        source = f" ({section})" if section else ""
        super().__init__(f"{alert}: {place}{reason}{source}")

    def __reduce__(self) -> tuple[object, ...]:
        state = {"where": self.where, "section": self.section}
        return (_rebuild, (type(self), self.alert, self.reason, state))


class Truncated(ProtocolError):
    """The stream of bytes ended without close_notify (RFC 5246 §7.2.1).

    Whoever can cut a connection could otherwise cut a message short unnoticed.
    """


class AlertReceived(TLSError):
    """The peer ended the connection with a fatal alert.

    alert: the alert's name; explanation: one plain sentence on what it usually means.
    """

    def __init__(self, alert: str, explanation: str = "") -> None:
        self.alert = alert
        self.explanation = explanation
        super().__init__(f"the peer sent {alert}" + (f": {explanation}" if explanation else ""))

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.alert, self.explanation))


class LocalError(TLSError):
    """The library was used wrongly: a mistake on this side, not the peer's."""


def _rebuild(
    kind: type[ProtocolError], alert: AlertName, reason: str, state: dict[str, str]
) -> ProtocolError:
    return kind(alert, reason, where=state["where"], section=state["section"])
