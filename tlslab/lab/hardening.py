"""Extensions that were agreed on and not understood, and what OpenSSL says to which offer.

lab.peers.openssl("server", primitives=as_in_part_one(mine), extended_master_secret=True)
extensions(handshake.trace)
"""

import ssl

from tlslab.endpoints import client
from tlslab.lab.configs import SERVER_NAME, client_config
from tlslab.lab.handshake import Ours
from tlslab.lab.peers import OpenSSL, ssl_context
from tlslab.primitives import Primitives
from tlslab.trace import Trace
from tlslab.view.tables import Table
from tlslab.wire.extensions import RenegotiationInfo
from tlslab.wire.framing import HANDSHAKE_HEADER_LENGTH, RECORD_HEADER_LENGTH
from tlslab.wire.hello import RANDOM_LENGTH, ClientHello, ServerHello
from tlslab.wire.registry import CipherSuite

SCSV = CipherSuite.TLS_EMPTY_RENEGOTIATION_INFO_SCSV
RANDOM = slice(HANDSHAKE_HEADER_LENGTH + 2, HANDSHAKE_HEADER_LENGTH + 2 + RANDOM_LENGTH)
"""Where a hello has its random, behind the header of the message and the version."""


def as_in_part_one(primitives: Primitives) -> Primitives:
    """The functions of part 1 in the places of the new ones: for a side that agrees to extended
    master secret and encrypt-then-MAC, and then goes on as if nobody had asked.

    That is what becomes of a hello that was copied without the code behind it.
    """
    hellos: list[bytes] = []

    def transcript_hash(handshake_messages: list[bytes], hash_name: str) -> bytes:
        # The old master secret needs the randoms, and its successor is not given them.
        hellos[:] = handshake_messages[:2]
        return primitives.transcript_hash(handshake_messages, hash_name)

    def old_master_secret(premaster_secret: bytes, session_hash: bytes, hash_name: str) -> bytes:
        client_random, server_random = (hello[RANDOM] for hello in hellos)
        return primitives.master_secret(premaster_secret, client_random, server_random, hash_name)

    return primitives.using(
        transcript_hash=transcript_hash,
        extended_master_secret=old_master_secret,
        etm_protect=primitives.cbc_protect,
        etm_unprotect=primitives.cbc_unprotect,
    )


def extensions(trace: Trace) -> Table:
    """Which extensions the ClientHello of a trace offers, and which the ServerHello answers."""
    client_hello = ClientHello.decode(
        trace.messages("client_hello")[0].raw, start=HANDSHAKE_HEADER_LENGTH
    )
    server_hello = ServerHello.decode(
        trace.messages("server_hello")[0].raw, start=HANDSHAKE_HEADER_LENGTH
    )
    return offered_and_answered(client_hello, server_hello)


def offered_and_answered(client_hello: ClientHello, server_hello: ServerHello) -> Table:
    """The extensions of two hellos side by side."""
    answered = server_hello.extension_types()
    rows = [
        (each.name, "yes", "yes" if each in answered else "no")
        for each in client_hello.extension_types()
    ]
    if SCSV in client_hello.cipher_suites:
        answer = "yes" if RenegotiationInfo.TYPE in answered else "no"
        rows.append((RenegotiationInfo.NAME, "by a suite", answer))
    return Table(
        "Extensions in the two hellos",
        ("extension", "offered", "answered"),
        tuple(rows),
        frozenset({"extension"}),
    )


def openssl_with_itself(
    suite: str, *, extended_master_secret: bool = True
) -> tuple[ClientHello, ServerHello]:
    """The hellos of two OpenSSLs, which do what they do by default, but for tickets.

    extended_master_secret: whether the client offers it.
    """
    theirs = ssl_context("server", suite, extended_master_secret=True, encrypt_then_mac=True)
    ours = ssl_context(
        "client",
        suite,
        extended_master_secret=extended_master_secret,
        encrypt_then_mac=True,
    )
    called, caller = OpenSSL(theirs, None), OpenSSL(ours, SERVER_NAME)
    offer = caller.data_to_send()
    called.receive(offer)
    return (
        ClientHello.decode(first_message(offer), start=HANDSHAKE_HEADER_LENGTH),
        ServerHello.decode(first_message(called.data_to_send()), start=HANDSHAKE_HEADER_LENGTH),
    )


def first_message(records: bytes) -> bytes:
    """The first handshake message in these records, with its header of four bytes."""
    start = RECORD_HEADER_LENGTH + HANDSHAKE_HEADER_LENGTH
    length = int.from_bytes(records[start - 3 : start], "big")
    return records[RECORD_HEADER_LENGTH : start + length]


def server_random_of_openssl(newest: ssl.TLSVersion) -> bytes:
    """The random of an OpenSSL that can do up to `newest`, and was asked for TLS 1.2: 32 bytes."""
    context = ssl_context("server")
    context.maximum_version = newest
    theirs = OpenSSL(context, None)
    theirs.receive(Ours(client(client_config(), Trace("client"))).data_to_send())
    return random_in(theirs.data_to_send())


def random_in(records: bytes) -> bytes:
    """The random of the hello at the beginning of these records: 32 bytes."""
    return first_message(records)[RANDOM]
