"""The triple handshake attack of 2014, as far as this package can be attacked with it.

    attack = triple_handshake(seed=13)
    attack.first.client.value("master_secret") == attack.first.server.value("master_secret")

A client calls somebody who has a good certificate of their own, and bad intentions. They call a
server, and pass on the client's random, the server's random and the client's premaster secret, and
draw none of their own. So two sessions, with two certificates, have one master secret. The second
handshake resumes both at once: the one in the middle forwards its bytes as they are. In the third,
a renegotiation, the client would show the server its certificate; this package refuses those.

Bhargavan, Delignat-Lavaud, Fournet, Pironti, Strub, "Triple Handshakes and Cookie Cutters"; RFC
7627 §1 is the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cryptography import x509

from tlslab.connection.config import ClientConfig, Randomness, ServerConfig
from tlslab.connection.session import SessionCache
from tlslab.endpoints import client, server
from tlslab.lab.configs import DEFAULT_SUITE, Seed, client_config, server_config
from tlslab.lab.handshake import REPLY, REQUEST, Ours, converse
from tlslab.lab.hardening import first_message, random_in
from tlslab.primitives import REFERENCE
from tlslab.tls12.messages import Certificate
from tlslab.trace import Trace
from tlslab.wire.framing import HANDSHAKE_HEADER_LENGTH
from tlslab.wire.hello import ServerHello

MIDDLE = "other.tlslab.test"
"""Whom the client calls: the name in the certificate of the one in the middle."""
VERSION_LENGTH = 2


@dataclass(frozen=True, slots=True)
class Seen:
    """What the two honest sides saw of a handshake. Neither saw the one in between.

    error: what ended it early, on the side that noticed.
    """

    client: Trace
    server: Trace
    error: Exception | None


@dataclass(frozen=True, slots=True)
class TripleHandshake:
    """The first handshake, with the one in the middle, and the second, past them."""

    first: Seen
    second: Seen


def triple_handshake(
    *, seed: Seed = None, suite: str = DEFAULT_SUITE, extended_master_secret: bool = False
) -> TripleHandshake:
    """The first two of the three handshakes. suite: one with RSA key exchange.

    extended_master_secret: whether everybody offers and answers it.
    """
    common: dict[str, Any] = {
        "seed": seed,
        "suite": suite,
        "server_name": MIDDLE,
        "extended_master_secret": extended_master_secret,
        "session_cache": SessionCache(),
    }
    ours, theirs = client_config(**common), server_config(server="rsa", **common)
    middle = server_config(server="other", **{**common, "session_cache": SessionCache()})
    seen = Trace("client"), Trace("server")
    caller, called = Ours(client(ours, seen[0])), Ours(server(theirs, seen[1]))
    _between(caller, called, ours, middle)
    first = Seen(*seen, caller.error or called.error)

    session = caller.outcome.session if caller.outcome else None
    fresh = client_config(seed=_another(seed)).random, server_config(seed=_another(seed)).random
    seen = Trace("client"), Trace("server")
    caller = Ours(client(replace(ours, session=session, random=fresh[0]), seen[0]))
    called = Ours(server(replace(theirs, random=fresh[1]), seen[1]))
    converse(caller, called, REQUEST, REPLY)
    return TripleHandshake(first, Seen(*seen, caller.error or called.error))


def name_in_certificate(trace: Trace) -> str:
    """The first name in the server's certificate, as this side sent or saw it."""
    raw = trace.messages("certificate")[0].raw
    chain = Certificate.decode(raw, start=HANDSHAKE_HEADER_LENGTH).certificate_list
    leaf = x509.load_der_x509_certificate(chain[0])
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return names.get_values_for_type(x509.DNSName)[0]


def _between(caller: Ours, called: Ours, to_called: ClientConfig, to_caller: ServerConfig) -> None:
    """The one in the middle, in the first handshake. to_called, to_caller: what they run with."""
    taken: dict[str, bytes] = {}
    hello = caller.data_to_send()
    taken["client_random"] = random_in(hello)
    # They know whom they called; no certificate has to prove it to them.
    careless = REFERENCE.using(verify_chain=_whoever_it_is)
    random = _taking(taken, to_called.random)
    calling = Ours(client(replace(to_called, random=random, primitives=careless)))
    called.receive(calling.data_to_send())
    flight = called.data_to_send()

    taken["server_random"] = random_in(flight)
    taken["session_id"] = _session_id_in(flight)
    known = Trace("server")
    random = _taking(taken, to_caller.random)
    answering = Ours(server(replace(to_caller, random=random), known))
    answering.receive(hello)
    caller.receive(answering.data_to_send())
    answering.receive(caller.data_to_send())
    caller.receive(answering.data_to_send())

    taken["premaster_random"] = known.value("premaster_secret")[VERSION_LENGTH:]
    calling.receive(flight)
    called.receive(calling.data_to_send())
    calling.receive(called.data_to_send())


def _taking(taken: dict[str, bytes], otherwise: Randomness) -> Randomness:
    """A source that gives what was taken from others, and draws the rest."""

    def random(name: str, length: int) -> bytes:
        return taken.get(name) or otherwise(name, length)

    return random


def _session_id_in(records: bytes) -> bytes:
    hello = ServerHello.decode(first_message(records), start=HANDSHAKE_HEADER_LENGTH)
    return hello.session_id


def _whoever_it_is(
    certificate_list: Sequence[bytes],
    trust_anchors: Sequence[x509.Certificate],
    server_name: str,
    time: datetime,
) -> x509.Certificate:
    return x509.load_der_x509_certificate(certificate_list[0])


def _another(seed: Seed) -> Seed:
    return None if seed is None else f"{seed}, the second handshake"
