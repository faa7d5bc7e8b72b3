"""The handshake messages of TLS 1.2 behind the hellos (RFC 5246 §7.4).

ClientKeyExchange and ServerKeyExchange have one form for each key exchange. The state that waits
for one knows the exchange, so each form is a class of its own.
"""

from dataclasses import dataclass
from typing import ClassVar

from tlslab.wire.framing import HandshakeMessage
from tlslab.wire.presentation import (
    Enumerated,
    Layout,
    ListOf,
    Opaque,
    Struct,
    Structure,
    Uint,
    Vector,
)
from tlslab.wire.registry import (
    CertificateStatusType,
    ClientCertificateType,
    ECCurveType,
    HandshakeType,
    NamedGroup,
    SignatureScheme,
)

VERIFY_DATA_LENGTH = 12
"""RFC 5246 §7.4.9: the length of verify_data for every suite that does not say otherwise."""


@dataclass(frozen=True, slots=True)
class HelloRequest(HandshakeMessage):
    """The server would like to negotiate anew (RFC 5246 §7.4.1.1). Never part of the transcript.

    struct { } HelloRequest;
    """

    NAME: ClassVar[str] = "hello_request"
    msg_type: ClassVar[HandshakeType] = HandshakeType.hello_request
    LAYOUT: ClassVar[Layout] = {}


@dataclass(frozen=True, slots=True)
class Certificate(HandshakeMessage):
    """A certificate chain, the sender's own certificate first (RFC 5246 §7.4.2).

    struct {
        ASN.1Cert certificate_list<0..2^24-1>;
    } Certificate;
    """

    certificate_list: tuple[bytes, ...]

    NAME: ClassVar[str] = "certificate"
    msg_type: ClassVar[HandshakeType] = HandshakeType.certificate
    LAYOUT: ClassVar[Layout] = {
        "certificate_list": ListOf(Vector(1, 2**24 - 1), 0, 2**24 - 1, "certificates"),
    }


@dataclass(frozen=True, slots=True)
class CertificateStatus(HandshakeMessage):
    """A stapled OCSP response (RFC 6066 §8).

    struct {
        CertificateStatusType status_type;
        opaque response<1..2^24-1>;
    } CertificateStatus;
    """

    status_type: CertificateStatusType
    response: bytes

    NAME: ClassVar[str] = "certificate_status"
    msg_type: ClassVar[HandshakeType] = HandshakeType.certificate_status
    LAYOUT: ClassVar[Layout] = {
        "status_type": Enumerated(CertificateStatusType),
        "response": Vector(1, 2**24 - 1),
    }


@dataclass(frozen=True, slots=True)
class DigitallySigned(Structure):
    """A signature and what it was made with (RFC 5246 §4.7).

    struct {
        SignatureScheme algorithm;
        opaque signature<0..2^16-1>;
    } DigitallySigned;
    """

    algorithm: SignatureScheme
    signature: bytes

    NAME: ClassVar[str] = "digitally_signed"
    LAYOUT: ClassVar[Layout] = {
        "algorithm": Enumerated(SignatureScheme),
        "signature": Vector(0, 2**16 - 1),
    }


@dataclass(frozen=True, slots=True)
class ServerDHParams(Structure):
    """The group and the server's share of a finite-field exchange (RFC 5246 §7.4.3).

    struct {
        opaque dh_p<1..2^16-1>;
        opaque dh_g<1..2^16-1>;
        opaque dh_Ys<1..2^16-1>;
    } ServerDHParams;
    """

    dh_p: bytes
    dh_g: bytes
    dh_Ys: bytes

    NAME: ClassVar[str] = "server_dh_params"
    LAYOUT: ClassVar[Layout] = {
        "dh_p": Vector(1, 2**16 - 1),
        "dh_g": Vector(1, 2**16 - 1),
        "dh_Ys": Vector(1, 2**16 - 1),
    }


@dataclass(frozen=True, slots=True)
class ServerECDHParams(Structure):
    """The named curve and the server's point (RFC 8422 §5.4).

    struct {
        ECCurveType curve_type;
        NamedGroup namedcurve;
        opaque public<1..2^8-1>;
    } ServerECDHParams;
    """

    curve_type: ECCurveType
    namedcurve: NamedGroup
    public: bytes

    NAME: ClassVar[str] = "server_ecdh_params"
    LAYOUT: ClassVar[Layout] = {
        "curve_type": Enumerated(ECCurveType),
        "namedcurve": Enumerated(NamedGroup),
        "public": Vector(1, 2**8 - 1),
    }


@dataclass(frozen=True, slots=True)
class ServerKeyExchangeDHE(HandshakeMessage):
    """The server's signed share, finite field (RFC 5246 §7.4.3).

    struct {
        ServerDHParams params;
        DigitallySigned signed_params;
    } ServerKeyExchange;
    """

    params: ServerDHParams
    signed_params: DigitallySigned

    NAME: ClassVar[str] = "server_key_exchange"
    msg_type: ClassVar[HandshakeType] = HandshakeType.server_key_exchange
    LAYOUT: ClassVar[Layout] = {
        "params": Struct(ServerDHParams),
        "signed_params": Struct(DigitallySigned),
    }


@dataclass(frozen=True, slots=True)
class ServerKeyExchangeECDHE(HandshakeMessage):
    """The server's signed share, elliptic curve (RFC 8422 §5.4).

    struct {
        ServerECDHParams params;
        DigitallySigned signed_params;
    } ServerKeyExchange;
    """

    params: ServerECDHParams
    signed_params: DigitallySigned

    NAME: ClassVar[str] = "server_key_exchange"
    msg_type: ClassVar[HandshakeType] = HandshakeType.server_key_exchange
    LAYOUT: ClassVar[Layout] = {
        "params": Struct(ServerECDHParams),
        "signed_params": Struct(DigitallySigned),
    }


@dataclass(frozen=True, slots=True)
class CertificateRequest(HandshakeMessage):
    """The server asks the client to authenticate itself (RFC 5246 §7.4.4).

    struct {
        ClientCertificateType certificate_types<1..2^8-1>;
        SignatureScheme supported_signature_algorithms<2..2^16-2>;
        DistinguishedName certificate_authorities<0..2^16-1>;
    } CertificateRequest;
    """

    certificate_types: tuple[ClientCertificateType, ...]
    supported_signature_algorithms: tuple[SignatureScheme, ...]
    certificate_authorities: tuple[bytes, ...]

    NAME: ClassVar[str] = "certificate_request"
    msg_type: ClassVar[HandshakeType] = HandshakeType.certificate_request
    LAYOUT: ClassVar[Layout] = {
        "certificate_types": ListOf(Enumerated(ClientCertificateType), 1, 2**8 - 1, "types"),
        "supported_signature_algorithms": ListOf(
            Enumerated(SignatureScheme), 2, 2**16 - 2, "schemes"
        ),
        "certificate_authorities": ListOf(Vector(1, 2**16 - 1), 0, 2**16 - 1, "names"),
    }


@dataclass(frozen=True, slots=True)
class ServerHelloDone(HandshakeMessage):
    """The server has said all it has to say for now (RFC 5246 §7.4.5).

    struct { } ServerHelloDone;
    """

    NAME: ClassVar[str] = "server_hello_done"
    msg_type: ClassVar[HandshakeType] = HandshakeType.server_hello_done
    LAYOUT: ClassVar[Layout] = {}


@dataclass(frozen=True, slots=True)
class ClientKeyExchangeRSA(HandshakeMessage):
    """The premaster secret, encrypted to the key in the server's certificate (RFC 5246 §7.4.7.1).

    struct {
        opaque encrypted_pre_master_secret<0..2^16-1>;
    } ClientKeyExchange;
    """

    encrypted_pre_master_secret: bytes

    NAME: ClassVar[str] = "client_key_exchange"
    msg_type: ClassVar[HandshakeType] = HandshakeType.client_key_exchange
    LAYOUT: ClassVar[Layout] = {"encrypted_pre_master_secret": Vector(0, 2**16 - 1)}


@dataclass(frozen=True, slots=True)
class ClientKeyExchangeDHE(HandshakeMessage):
    """The client's share, finite field (RFC 5246 §7.4.7.2).

    struct {
        opaque dh_Yc<1..2^16-1>;
    } ClientKeyExchange;
    """

    dh_Yc: bytes

    NAME: ClassVar[str] = "client_key_exchange"
    msg_type: ClassVar[HandshakeType] = HandshakeType.client_key_exchange
    LAYOUT: ClassVar[Layout] = {"dh_Yc": Vector(1, 2**16 - 1)}


@dataclass(frozen=True, slots=True)
class ClientKeyExchangeECDHE(HandshakeMessage):
    """The client's point (RFC 8422 §5.7).

    struct {
        opaque ecdh_Yc<1..2^8-1>;
    } ClientKeyExchange;
    """

    ecdh_Yc: bytes

    NAME: ClassVar[str] = "client_key_exchange"
    msg_type: ClassVar[HandshakeType] = HandshakeType.client_key_exchange
    LAYOUT: ClassVar[Layout] = {"ecdh_Yc": Vector(1, 2**8 - 1)}


@dataclass(frozen=True, slots=True)
class CertificateVerify(HandshakeMessage):
    """The client's signature over the handshake so far (RFC 5246 §7.4.8).

    struct {
        DigitallySigned handshake_messages;
    } CertificateVerify;
    """

    handshake_messages: DigitallySigned

    NAME: ClassVar[str] = "certificate_verify"
    msg_type: ClassVar[HandshakeType] = HandshakeType.certificate_verify
    LAYOUT: ClassVar[Layout] = {"handshake_messages": Struct(DigitallySigned)}


@dataclass(frozen=True, slots=True)
class NewSessionTicket(HandshakeMessage):
    """A ticket for the next connection (RFC 5077 §3.3).

    struct {
        uint32 ticket_lifetime_hint;
        opaque ticket<0..2^16-1>;
    } NewSessionTicket;
    """

    ticket_lifetime_hint: int
    ticket: bytes

    NAME: ClassVar[str] = "new_session_ticket"
    msg_type: ClassVar[HandshakeType] = HandshakeType.new_session_ticket
    LAYOUT: ClassVar[Layout] = {
        "ticket_lifetime_hint": Uint(4),
        "ticket": Vector(0, 2**16 - 1),
    }


@dataclass(frozen=True, slots=True)
class Finished(HandshakeMessage):
    """The first protected message: proof of the keys and of the whole handshake (RFC 5246 §7.4.9).

    struct {
        opaque verify_data[12];
    } Finished;
    """

    verify_data: bytes

    NAME: ClassVar[str] = "finished"
    msg_type: ClassVar[HandshakeType] = HandshakeType.finished
    LAYOUT: ClassVar[Layout] = {"verify_data": Opaque(VERIFY_DATA_LENGTH)}
