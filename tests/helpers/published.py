"""Our engine, ready to have a session of RFC 8448 again.

Given the private keys of the trace, our side has to send the records of the trace. What our
configuration has no words for is arranged by doubles: the order of extensions, those that mean
nothing here, the signature (PSS has a salt) and the ticket, which only its own server understands.
"""

from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from ssl import PEM_cert_to_DER_cert

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from rfc8448 import RESUMED, found, private, transcripts
from tls13_pairs import AES_128, AES_256, CHACHA20, lies

import tlslab
from tlslab import tls13
from tlslab.connection.config import ClientAuthentication
from tlslab.connection.connection import Connection
from tlslab.connection.context import Context
from tlslab.connection.negotiation import start_client
from tlslab.connection.session import ExternalPSK, TicketKeys
from tlslab.tls13.messages import (
    Certificate,
    CertificateRequest,
    EncryptedExtensions,
    NewSessionTicket,
)
from tlslab.tls13.offer import Offer, prepare, prepare_again
from tlslab.tls13.psk import TicketState
from tlslab.trace import Trace
from tlslab.wire.extensions import SupportedGroups
from tlslab.wire.framing import HANDSHAKE_HEADER_LENGTH, RECORD_HEADER_LENGTH, decode_handshake
from tlslab.wire.hello import ClientHello, HelloRetryRequest, ServerHello
from tlslab.wire.registry import (
    ContentType,
    ExtensionType,
    HandshakeType,
    NamedGroup,
    ProtocolVersion,
)

TICKET_LIFETIME, TICKET_NONCE = 30, b"\0\0"
NOW = datetime(2022, 5, 6, tzinfo=UTC)
PUBLISHED_AGE = timedelta(milliseconds=6)
"""Between the ticket of section 3 and its use in section 4."""


# -- doubles ------------------------------------------------------------------------------------


def arranged(message, published):
    """The message with its extensions in the order in which they were published.

    Those that it has not are taken from there, and so are the signature schemes: some of them are
    not implemented.
    """
    own = {each.extension_type: each for each in message.extensions or ()}
    own.pop(ExtensionType.signature_algorithms, None)
    own.pop(ExtensionType.certificate_authorities, None)
    there = {each.extension_type: each for each in published.extensions or ()}
    assert set(own) <= set(there)
    return replace(message, extensions=tuple({**there, **own}[kind] for kind in there))


@dataclass(frozen=True, slots=True)
class Arranged(Offer):
    """An offer in a ClientHello that looks like a published one."""

    published: ClientHello

    def complete(self, client_hello, context):
        return Offer.complete(self, arranged(client_hello, self.published), context)


def fields_of(instance):
    """A dataclass's fields by name, each as it is."""
    return {field.name: getattr(instance, field.name) for field in fields(instance)}


def in_one_record(connection):
    """The protected messages of a flight share a record, as they do in the RFC."""
    writer = connection._context.writer
    honest, waiting = writer.write, bytearray()
    more_follow = (
        HandshakeType.encrypted_extensions,
        HandshakeType.certificate_request,
        HandshakeType.certificate,
        HandshakeType.certificate_verify,
    )

    def write(type, content):
        if type is not ContentType.handshake:
            return honest(type, content)
        waiting.extend(content)
        if content[0] in more_follow:
            return ()
        content = bytes(waiting)
        waiting.clear()
        return honest(type, content)

    writer.write = write


def holder(certificate):
    """A private key that is nowhere published: it signs nothing, but it has a public half."""
    public_key = certificate.public_key()
    is_ec = isinstance(public_key, ec.EllipticCurvePublicKey)
    base = ec.EllipticCurvePrivateKey if is_ec else rsa.RSAPrivateKey
    members = {"public_key": lambda self: public_key, "curve": getattr(public_key, "curve", None)}
    kind = type("Holder", (base,), members)
    kind.__abstractmethods__ = frozenset()
    return kind()


class Opens(TicketKeys):
    """Holds a key for every ticket, whoever made it."""

    def opening(self, ticket, now):
        return self.sealing(now)


# -- our side -----------------------------------------------------------------------------------


class Published:
    """One session, and each of our sides as it has to be to have it again."""

    def __init__(self, name, monkeypatch, session=None):
        self.given = transcripts()[name]
        self.session = session
        self.functions = {}
        if name == "Resumed_0RTT_Handshake":
            self.given |= RESUMED
        self.monkeypatch = monkeypatch
        self.retried = "Record_HelloRetryRequest" in self.given
        psk = self.given.get("PskSecret")
        self.psks = (ExternalPSK(b"rfc8448", psk),) if psk else ()

    def message(self, name, kind):
        """A message that was published as a record of its own, or as itself."""
        raw = self.given[name]
        raw = raw[RECORD_HEADER_LENGTH if name.startswith("Record") else 0 :]
        end = HANDSHAKE_HEADER_LENGTH + int.from_bytes(raw[1:HANDSHAKE_HEADER_LENGTH], "big")
        return decode_handshake(kind, raw[:end])

    def primitives(self, role):
        """Certificates of 2016 under no authority are good; the signature is the published one."""
        title = role.title()

        def sign(key, scheme, content):
            assert content == self.given[f"{title}_MessageToSign"]
            return self.given[f"{title}_MessageSignature"]

        def leaf(chain, *rest):
            return x509.load_der_x509_certificate(chain[0]) if chain else None

        def open_ticket(key, ticket):
            assert ticket == self.given["SessionTicket"]
            issued = (NOW - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)
            version, suite = ProtocolVersion.TLSv1_3, AES_128
            state = TicketState(version, suite, self.session.psk, issued, 0, 1024, b"", b"", ())
            return state.encode()

        return tlslab.Primitives().using(
            sign=sign,
            verify_chain=leaf,
            accept_client=leaf,
            open_ticket=open_ticket,
            **self.functions,
        )

    def random(self, name, length):
        """What each side drew, from its pool."""
        client, server = self.given["Client_RNG_Pool"], self.given["Server_RNG_Pool"]
        later = client[-32:]
        drawn = {
            "client_random": client[:32],
            "session_id": client[32:64],
            "client_private": client[32:64] if self.retried else later,
            "client_private_secp256r1": private(later, is_p256=True)(length),
            "server_random": server[:32],
            "server_private": private(server[32:64], is_p256=self.retried)(length),
            "cookie": self.given.get("HelloRetryRequest_Cookie", b""),
            "ticket_age_add_0": server[64:68],
        }
        return drawn.get(name, bytes(length))

    def ours(self, role):
        """Our side, ready to have the session again."""
        connection = self.client() if role == "client" else self.server()
        in_one_record(connection)
        return connection

    def client(self):
        first = self.message("Record_ClientHello_1", ClientHello)
        config = tlslab.ClientConfig(
            server_name="server",
            trust_anchors=(),
            cipher_suites=(AES_128, CHACHA20, AES_256),
            groups=first.extension(SupportedGroups).named_group_list,
            session=self.session,
            psk=self.psks[0] if self.psks else None,
            early_data=self.given.get("Client_EarlyAppData", b""),
            credential=self.credential("client"),
            compatibility_mode=bool(first.session_id),
            random=self.random,
            clock=lambda: NOW + PUBLISHED_AGE if self.session else NOW,
            primitives=self.primitives("client"),
        )

        def first_offer(context):
            return Arranged(**fields_of(prepare(context)), published=first)

        def second_offer(*arguments):
            published = self.message("Record_ClientHello_2", ClientHello)
            return Arranged(**fields_of(prepare_again(*arguments)), published=published)

        self.monkeypatch.setattr("tlslab.tls13.client.prepare_again", second_offer)
        context = Context("client", config, Trace("client"))
        version = replace(tls13.VERSION, prepare=first_offer)
        return Connection(context, start_client(context, {version.number: version}))

    def server(self):
        asks = "Message_CertificateRequest" in self.given
        gives = "Record_NewSessionTicket" in self.given
        config = tlslab.ServerConfig(
            credentials=(self.credential("server"),),
            cipher_suites=(AES_128,),
            groups=(NamedGroup.secp256r1,) if self.retried else (NamedGroup.x25519,),
            cookie=self.retried,
            client_authentication=ClientAuthentication("required" if asks else "none"),
            client_trust_anchors=(self.credential("server").leaf,) if asks else (),
            psks=self.psks,
            ticket_keys=Opens(self.random) if self.session or gives else None,
            tickets=int(gives),
            max_early_data_size=1024,
            random=self.random,
            clock=lambda: NOW,
            primitives=self.primitives("server"),
        )
        connection = tlslab.server(config, Trace("server"))
        for name, kind in (
            ("Record_HelloRetryRequest", HelloRetryRequest),
            ("Record_ServerHello", ServerHello),
            ("Message_EncryptedExtensions", EncryptedExtensions),
            ("Message_CertificateRequest", CertificateRequest),
        ):
            if name in self.given:
                lies(connection, kind, partial(arranged, published=self.message(name, kind)))
        ticket = partial(
            replace,
            ticket_lifetime=TICKET_LIFETIME,
            ticket_nonce=TICKET_NONCE,
            ticket=self.given.get("SessionTicket", b""),
        )
        lies(connection, NewSessionTicket, ticket)
        return connection

    def credential(self, role):
        """Of the certificate that this side showed; for a server without, that of section 3."""
        if role == "server":
            shown = (
                self.given.get("Message_Server_Certificate")
                or transcripts()["Simple_1RTT_Handshake"]["Message_Server_Certificate"]
            )
            (entry,) = decode_handshake(Certificate, shown).certificate_list
            der = entry.cert_data
        elif "Client_MessageSignature" in self.given:
            der = PEM_cert_to_DER_cert(found("rfc8448_transcripts/client_certificate.pem"))
        else:
            return None
        return tlslab.Credential((der,), holder(x509.load_der_x509_certificate(der)))
