"""Why a handshake broke off, in words."""

from tlslab.trace import Alert

ABOUT_CERTIFICATES = (
    "bad_certificate",
    "unsupported_certificate",
    "certificate_revoked",
    "certificate_expired",
    "certificate_unknown",
    "unknown_ca",
    "certificate_required",
)
"""The alerts that say it was the certificate (RFC 5246 §7.2.2, RFC 8446 §6.2)."""


def why(alert: Alert, role: str) -> str:
    """Who complained, with which alert, and why. role: whose trace tells it."""
    text = f"the {alert.sender} sent the alert {alert.description}"
    if alert.sender == role:
        reason = ": ".join(part for part in (alert.where, alert.reason) if part)
        section = f" ({alert.section})" if alert.section else ""
        return f"{text}. {reason}{section}." if reason else f"{text}."
    # What an alert means is the registry's knowledge, and no part of a trace.
    from tlslab.connection.connection import explain
    from tlslab.wire.registry import AlertDescription

    known = getattr(AlertDescription, alert.description, None)
    meaning = explain(known) if isinstance(known, AlertDescription) else ""
    return f"{text}: {meaning}." if meaning else f"{text}."
