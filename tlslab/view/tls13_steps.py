"""The steps of a TLS 1.3 handshake, as one side's trace shows them.

Which steps there are depends on the handshake: the server may ask for another ClientHello, a
pre-shared key takes the place of the certificate, and data may go before everything else. A side
cannot see everything: such a step says what it was inferred from. Where the handshake broke off,
the step says so, and why.
"""

from collections.abc import Callable
from dataclasses import replace

from tlslab.trace import Trace
from tlslab.view.broken import ABOUT_CERTIFICATES, why
from tlslab.view.seen import Seen, certificates_in
from tlslab.view.steps import Status, Step, Steps
from tlslab.view.tables import clean
from tlslab.view.tls13_hello_steps import (
    client_hello,
    early_data,
    has_early_data,
    has_psk,
    hello_retry_request,
    pre_shared_key,
    second_client_hello,
    server_hello,
    was_retried,
)
from tlslab.view.tls13_key_steps import (
    application_data,
    application_keys,
    client_finished,
    handshake_keys,
    key_updates,
    server_finished,
    tickets,
)
from tlslab.view.tls13_who_steps import (
    afterwards,
    certificate,
    certificate_request,
    client_certificate,
    client_signature,
    encrypted_extensions,
    in_handshake,
    late_authentication,
    server_signature,
)

Make = Callable[[Seen, int], Step]


def steps(trace: Trace) -> Steps:
    """The steps of the handshake in `trace`, which may be either side's."""
    seen = Seen(trace)
    order = _order(seen)
    found = [make(seen, number) for number, make in enumerate(order, 1)]
    headline = seen.headline
    if seen.fatal is not None:
        at = _stopped_at(seen, order, found)
        told = why(seen.fatal, trace.role)
        found[at] = _failed(found[at], seen, f"Broken off here: {told}")
        headline += f", broken off in step {at + 1}: {told}"
    elif seen.completed:
        kind = seen.negotiated("psk")
        how = {"resumption": "resumed by ticket", "external": "with a pre-shared key"}
        headline += f", {how.get(kind, 'completed')}"
        if seen.negotiated("early_data") == "accepted":
            headline += ", with early data"
    else:
        headline += f", unfinished: the trace ends in the state {seen.state}"
    return Steps(clean(headline, 1200), tuple(found))


def _order(seen: Seen) -> list[Make]:
    """The steps of this handshake, as far as the trace tells which there are."""
    order: list[Make] = [client_hello]
    if has_early_data(seen):
        order += [pre_shared_key, early_data]
    if was_retried(seen):
        order += [hello_retry_request, second_client_hello]
    if has_psk(seen) and pre_shared_key not in order:
        order.append(pre_shared_key)
    order += [server_hello, handshake_keys, encrypted_extensions]
    if not seen.negotiated("psk"):
        asks = in_handshake(seen, "certificate_request", "server")
        order += [*([certificate_request] if asks else []), certificate, server_signature]
    order += [server_finished, application_keys]
    if in_handshake(seen, "certificate_request", "server"):
        order.append(client_certificate)
        shown = in_handshake(seen, "certificate", "client")
        if shown and certificates_in(shown):
            order.append(client_signature)
    order.append(client_finished)
    if afterwards(seen, ("new_session_ticket", "server")):
        order.append(tickets)
    if afterwards(seen, ("key_update", "client"), ("key_update", "server")):
        order.append(key_updates)
    if afterwards(seen, ("certificate_request", "server")):
        order.append(late_authentication)
    return [*order, application_data]


def _stopped_at(seen: Seen, order: list[Make], found: list[Step]) -> int:
    """The index of the step that the fatal alert belongs to."""
    alert, last = seen.fatal, len(found) - 1
    if alert is None:
        return last
    about_client = alert.sender == "server" and alert.description in ABOUT_CERTIFICATES
    if about_client and client_certificate in order:
        # The client was content and went on: in its eyes the handshake was complete.
        return order.index(client_certificate)
    if seen.completed:
        return last
    for index, step in enumerate(found):
        if step.status in (Status.DONE, Status.INFERRED):
            continue
        if order[index] is certificate and step.status is Status.UNKNOWN:
            # The server went on, and what it complains about comes from the client's next flight.
            if alert.sender == "server":
                continue
            if alert.description == "decrypt_error":
                return order.index(server_signature)
        return index
    return last


def _failed(step: Step, seen: Seen, note: str) -> Step:
    alert = seen.fatal
    said = alert is not None and alert.description in ABOUT_CERTIFICATES
    if alert is not None and not said and alert.sender == "client" != seen.trace.role:
        note += " It does not say which message of the server's flight it was about."
    return replace(step, status=Status.FAILED, notes=(*step.notes, note))
