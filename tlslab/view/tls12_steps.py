"""The steps of a TLS 1.2 handshake, as one side's trace shows them.

Which steps there are depends on the handshake: with RSA the premaster secret is encrypted, with
Diffie-Hellman both sides send a share; a server may ask who the client is, and hand out a ticket;
and where an earlier session goes on, most of it is not needed.

A side cannot see everything: the client does not watch the server decrypt the premaster secret, and
the server does not watch the client verify its certificate. Such a step says what it was inferred
from. Where the handshake broke off, the step says so, and why.
"""

from collections.abc import Callable
from dataclasses import replace

from tlslab.trace import Trace
from tlslab.view.broken import ABOUT_CERTIFICATES, why
from tlslab.view.seen import Seen, leaves
from tlslab.view.steps import Status, Step, Steps
from tlslab.view.tables import clean
from tlslab.view.tls12_key_steps import (
    application_data,
    client_finished,
    client_share,
    decryption,
    keys,
    premaster,
    server_finished,
    ticket,
)
from tlslab.view.tls12_who_steps import (
    certificate,
    certificate_request,
    client_certificate,
    client_hello,
    client_signature,
    is_ephemeral,
    server_hello,
    server_share,
)

Make = Callable[[Seen, int], Step]


def steps(trace: Trace) -> Steps:
    """The steps of the handshake in `trace`, which may be either side's."""
    seen = Seen(trace)
    order = _order(seen)
    found = [make(seen, number) for number, make in enumerate(order, 1)]
    how = seen.negotiated("resumed")
    headline = seen.headline
    if seen.fatal is not None:
        at = _stopped_at(seen, order, found)
        found[at] = _failed(found[at], seen, order)
        headline += f", broken off in step {at + 1}: {why(seen.fatal, seen.trace.role)}"
    elif seen.completed:
        headline += f", resumed by {how}" if how else ", completed"
    else:
        headline += f", unfinished: the trace ends in the state {seen.state}"
    return Steps(clean(headline, 1200), tuple(found))


def _order(seen: Seen) -> list[Make]:
    """The steps of this handshake, as far as the trace tells which there are."""
    tickets: list[Make] = [ticket] if seen.message("new_session_ticket", "server") else []
    if seen.negotiated("resumed"):
        # RFC 5246 §7.3: here the server is the first to send its Finished.
        after = [keys, *tickets, server_finished, client_finished, application_data]
        return [client_hello, server_hello, *after]
    order: list[Make] = [client_hello, server_hello, certificate]
    ephemeral = is_ephemeral(seen)
    if ephemeral:
        order.append(server_share)
    if seen.message("certificate_request", "server"):
        order += [certificate_request, client_certificate]
    order += [client_share] if ephemeral else [premaster, decryption]
    if _has_certificate(seen):
        order.append(client_signature)
    return [*order, keys, client_finished, *tickets, server_finished, application_data]


def _has_certificate(seen: Seen) -> bool:
    message = seen.message("certificate", "client")
    return message is not None and bool(leaves(message, "certificate.certificate_list"))


# -- where it broke off -------------------------------------------------------------------------


def _stopped_at(seen: Seen, order: list[Make], found: list[Step]) -> int:
    """The index of the step that the fatal alert belongs to."""
    last = len(found) - 1
    if seen.completed:
        return last
    for index, (make, step) in enumerate(zip(order, found, strict=True)):
        if step.status in (Status.DONE, Status.INFERRED):
            continue
        if make is client_certificate and step.status is Status.UNKNOWN:
            if _is_about_certificates(seen):
                return index
            continue
        if make is decryption and step.status is Status.UNKNOWN:
            # The client cannot tell at which step the server failed. It waits for its Finished.
            return order.index(server_finished)
        if make is decryption and step.status is Status.FAILED:
            continue  # The server itself goes on, until it sees the Finished.
        return index
    return last


def _is_about_certificates(seen: Seen) -> bool:
    """Whether the server's alert says that the client's certificate, or the lack of it, was it."""
    alert = seen.fatal
    if alert is None:
        return False
    nobody = alert.description == "handshake_failure" and not _has_certificate(seen)
    return nobody or alert.description in ABOUT_CERTIFICATES


def _failed(step: Step, seen: Seen, order: list[Make]) -> Step:
    alert = seen.fatal
    if alert is None:
        return step
    note = f"Broken off here: {why(alert, seen.trace.role)}"
    if alert.sender != seen.trace.role and order[step.number - 1] is server_finished:
        first = _answer(order)
        note += f" It does not say which of the steps {first} to {step.number - 1} it was about."
    return replace(step, status=Status.FAILED, notes=(*step.notes, note))


def _answer(order: list[Make]) -> int:
    """The number of the step in which the client answers the server's first flight."""
    answers = (client_certificate, client_share, premaster, client_finished)
    return next(number for number, make in enumerate(order, 1) if make in answers)
