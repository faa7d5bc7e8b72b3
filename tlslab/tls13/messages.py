"""The handshake messages of TLS 1.3 behind the hellos (RFC 8446 §4).

All but EndOfEarlyData are encrypted, and most have extensions. Five share their name with a message
of TLS 1.2, but not their form.
"""

from dataclasses import dataclass
from typing import ClassVar

from tlslab.errors import ProtocolError
from tlslab.wire.codec import Path, joined
from tlslab.wire.extensions import (
    CERTIFICATE_ENTRY,
    CERTIFICATE_REQUEST,
    ENCRYPTED_EXTENSIONS,
    NEW_SESSION_TICKET,
    Extension,
    Extensions,
    WithExtensions,
)
from tlslab.wire.framing import HandshakeMessage
from tlslab.wire.presentation import (
    Enumerated,
    Layout,
    ListOf,
    Rest,
    Struct,
    Structure,
    Uint,
    Vector,
)
from tlslab.wire.registry import HandshakeType, KeyUpdateRequest, SignatureScheme


@dataclass(frozen=True, slots=True)
class EncryptedExtensions(WithExtensions, HandshakeMessage):
    """The server's answers that need not be in the clear (RFC 8446 §4.3.1).

    struct {
        Extension extensions<0..2^16-1>;
    } EncryptedExtensions;
    """

    extensions: tuple[Extension, ...]

    NAME: ClassVar[str] = "encrypted_extensions"
    msg_type: ClassVar[HandshakeType] = HandshakeType.encrypted_extensions
    LAYOUT: ClassVar[Layout] = {"extensions": Extensions(ENCRYPTED_EXTENSIONS)}


@dataclass(frozen=True, slots=True)
class CertificateRequest(WithExtensions, HandshakeMessage):
    """The server asks the client to authenticate itself (RFC 8446 §4.3.2).

    struct {
        opaque certificate_request_context<0..2^8-1>;
        Extension extensions<0..2^16-1>;
    } CertificateRequest;
    """

    certificate_request_context: bytes
    extensions: tuple[Extension, ...]

    NAME: ClassVar[str] = "certificate_request"
    msg_type: ClassVar[HandshakeType] = HandshakeType.certificate_request
    LAYOUT: ClassVar[Layout] = {
        "certificate_request_context": Vector(0, 2**8 - 1),
        "extensions": Extensions(CERTIFICATE_REQUEST),
    }


@dataclass(frozen=True, slots=True)
class CertificateEntry(WithExtensions, Structure):
    """A certificate in DER, and what is said about it (RFC 8446 §4.4.2).

    struct {
        opaque cert_data<1..2^24-1>;
        Extension extensions<0..2^16-1>;
    } CertificateEntry;
    """

    cert_data: bytes
    extensions: tuple[Extension, ...]

    NAME: ClassVar[str] = "certificate_entry"
    LAYOUT: ClassVar[Layout] = {
        "cert_data": Vector(1, 2**24 - 1),
        "extensions": Extensions(CERTIFICATE_ENTRY),
    }


@dataclass(frozen=True, slots=True)
class Certificate(HandshakeMessage):
    """A certificate chain, the sender's own certificate first (RFC 8446 §4.4.2).

    struct {
        opaque certificate_request_context<0..2^8-1>;
        CertificateEntry certificate_list<0..2^24-1>;
    } Certificate;
    """

    certificate_request_context: bytes
    certificate_list: tuple[CertificateEntry, ...]

    NAME: ClassVar[str] = "certificate"
    msg_type: ClassVar[HandshakeType] = HandshakeType.certificate
    LAYOUT: ClassVar[Layout] = {
        "certificate_request_context": Vector(0, 2**8 - 1),
        "certificate_list": ListOf(Struct(CertificateEntry), 0, 2**24 - 1, "certificates"),
    }


@dataclass(frozen=True, slots=True)
class CertificateVerify(HandshakeMessage):
    """The sender's signature over the handshake so far (RFC 8446 §4.4.3).

    struct {
        SignatureScheme algorithm;
        opaque signature<0..2^16-1>;
    } CertificateVerify;
    """

    algorithm: SignatureScheme
    signature: bytes

    NAME: ClassVar[str] = "certificate_verify"
    msg_type: ClassVar[HandshakeType] = HandshakeType.certificate_verify
    LAYOUT: ClassVar[Layout] = {
        "algorithm": Enumerated(SignatureScheme),
        "signature": Vector(0, 2**16 - 1),
    }


@dataclass(frozen=True, slots=True)
class Finished(HandshakeMessage):
    """Proof of the keys and of the whole handshake (RFC 8446 §4.4.4).

    struct {
        opaque verify_data[Hash.length];
    } Finished;

    The length depends on the suite, so what is not that long is for its verification to refuse.
    """

    verify_data: bytes

    NAME: ClassVar[str] = "finished"
    msg_type: ClassVar[HandshakeType] = HandshakeType.finished
    LAYOUT: ClassVar[Layout] = {"verify_data": Rest()}


@dataclass(frozen=True, slots=True)
class EndOfEarlyData(HandshakeMessage):
    """The client has sent all its early data (RFC 8446 §4.5).

    struct { } EndOfEarlyData;
    """

    NAME: ClassVar[str] = "end_of_early_data"
    msg_type: ClassVar[HandshakeType] = HandshakeType.end_of_early_data
    LAYOUT: ClassVar[Layout] = {}


@dataclass(frozen=True, slots=True)
class NewSessionTicket(WithExtensions, HandshakeMessage):
    """A ticket: the name of a pre-shared key for later connections (RFC 8446 §4.6.1).

    struct {
        uint32 ticket_lifetime;
        uint32 ticket_age_add;
        opaque ticket_nonce<0..255>;
        opaque ticket<1..2^16-1>;
        Extension extensions<0..2^16-1>;
    } NewSessionTicket;
    """

    ticket_lifetime: int
    ticket_age_add: int
    ticket_nonce: bytes
    ticket: bytes
    extensions: tuple[Extension, ...]

    NAME: ClassVar[str] = "new_session_ticket"
    msg_type: ClassVar[HandshakeType] = HandshakeType.new_session_ticket
    LAYOUT: ClassVar[Layout] = {
        "ticket_lifetime": Uint(4),
        "ticket_age_add": Uint(4),
        "ticket_nonce": Vector(0, 255),
        "ticket": Vector(1, 2**16 - 1),
        "extensions": Extensions(NEW_SESSION_TICKET),
    }


@dataclass(frozen=True, slots=True)
class KeyUpdate(HandshakeMessage):
    """The sender changes its keys, and may ask its peer to do so too (RFC 8446 §4.6.3).

    struct {
        KeyUpdateRequest request_update;
    } KeyUpdate;
    """

    request_update: KeyUpdateRequest

    NAME: ClassVar[str] = "key_update"
    msg_type: ClassVar[HandshakeType] = HandshakeType.key_update
    LAYOUT: ClassVar[Layout] = {"request_update": Enumerated(KeyUpdateRequest)}

    def check(self, path: Path) -> None:
        if not self.request_update.is_known:
            raise ProtocolError(
                "illegal_parameter",
                f"{self.request_update.label} is neither update_not_requested nor update_requested",
                where=joined((path, "request_update")),
                section="RFC 8446 §4.6.3",
            )
