"""The fields of the handshake messages of TLS 1.2 behind the hellos."""

from collections.abc import Mapping

from tlslab.view.glossary.entry import Entry

TLS12: Mapping[str, Entry] = {
    # -- certificates -------------------------------------------------------------------------
    "certificate.certificate_list<0..2^24-1> of <1..2^24-1>": Entry(
        "Certificates in the binary encoding DER: the sender's own first, then that of its "
        "issuer, and so on; empty if a client has none.",
        "RFC 5246 §7.4.2",
    ),
    "certificate_status.status_type": Entry(
        "What kind of proof follows: 1 is an OCSP response.",
        "RFC 6066 §8",
    ),
    "certificate_status.response<1..2^24-1>": Entry(
        "The OCSP response: a signed statement on whether the server's certificate has been "
        "revoked.",
        "RFC 6066 §8",
    ),
    # -- what this server puts into a ticket --------------------------------------------------
    "state_plaintext.protocol_version": Entry("The version of the session.", "RFC 5077 §4"),
    "state_plaintext.cipher_suite": Entry("The suite of the session.", "RFC 5077 §4"),
    "state_plaintext.master_secret": Entry(
        "The master secret of the session: who can open the ticket can read the next connection.",
        "RFC 5077 §4",
    ),
    "state_plaintext.extended_master_secret": Entry(
        "1 if the master secret is an extended one, else 0.", "RFC 7627 §5.3"
    ),
    "state_plaintext.timestamp": Entry(
        "When the session began, in seconds since 1970.", "RFC 5077 §4"
    ),
    "state_plaintext.server_name<0..255>": Entry(
        "The name that the client wanted; a session is resumed for the same name only.",
        "RFC 6066 §3",
    ),
    "state_plaintext.client_certificate_list<0..2^24-1> of <1..2^24-1>": Entry(
        "The client's certificates, its own first; empty if it did not say who it is.",
        "RFC 5077 §4",
    ),
    # -- ServerKeyExchange --------------------------------------------------------------------
    "server_key_exchange.params": Entry(
        "The server's half of a Diffie-Hellman key exchange: the group to compute in, and the "
        "server's public key for this connection.",
        "RFC 5246 §7.4.3",
    ),
    "server_key_exchange.params.dh_p<1..2^16-1>": Entry(
        "The prime of the group: both sides compute with remainders modulo this number.",
        "RFC 5246 §7.4.3",
    ),
    "server_key_exchange.params.dh_g<1..2^16-1>": Entry(
        "The generator of the group: each side raises it to the power of a secret number of its "
        "own, modulo dh_p.",
        "RFC 5246 §7.4.3",
    ),
    "server_key_exchange.params.dh_Ys<1..2^16-1>": Entry(
        "The server's public key: dh_g to the power of the server's secret number, modulo dh_p.",
        "RFC 5246 §7.4.3",
    ),
    "server_key_exchange.params.curve_type": Entry(
        "How the curve is given: 3, named_curve, means by a name; no other way is allowed any "
        "more.",
        "RFC 8422 §5.4",
    ),
    "server_key_exchange.params.namedcurve": Entry(
        "The elliptic curve to compute on, which the server chose from the client's "
        "supported_groups.",
        "RFC 8422 §5.4",
    ),
    "server_key_exchange.params.public<1..2^8-1>": Entry(
        "The server's public key: a point of the curve, computed from the server's secret number.",
        "RFC 8422 §5.4",
    ),
    "server_key_exchange.signed_params": Entry(
        "The server's signature over both randoms and params: it proves that params come from the "
        "owner of the certificate.",
        "RFC 5246 §7.4.3",
    ),
    "server_key_exchange.signed_params.algorithm": Entry(
        "The hash function and the signature algorithm that the server signed with.",
        "RFC 5246 §4.7",
    ),
    "server_key_exchange.signed_params.signature<0..2^16-1>": Entry(
        "The signature itself, made with the private key that belongs to the server's certificate.",
        "RFC 5246 §4.7",
    ),
    # -- CertificateRequest -------------------------------------------------------------------
    "certificate_request.certificate_types<1..2^8-1>": Entry(
        "A kind of certificate that the client may answer with, such as rsa_sign: one whose RSA "
        "key can sign.",
        "RFC 5246 §7.4.4",
    ),
    "certificate_request.supported_signature_algorithms<2..2^16-2>": Entry(
        "A hash function and a signature algorithm, as a pair, that the server can verify; the "
        "best comes first.",
        "RFC 5246 §7.4.4",
    ),
    "certificate_request.certificate_authorities<0..2^16-1> of <1..2^16-1>": Entry(
        "Names of issuers whose certificates the server accepts, in the binary encoding DER; an "
        "empty list leaves the choice to the client.",
        "RFC 5246 §7.4.4",
    ),
    # -- ClientKeyExchange --------------------------------------------------------------------
    "client_key_exchange.encrypted_pre_master_secret<0..2^16-1>": Entry(
        "The premaster secret, encrypted with the RSA key in the server's certificate, so that "
        "only the server can read it.",
        "RFC 5246 §7.4.7.1",
    ),
    "client_key_exchange.dh_Yc<1..2^16-1>": Entry(
        "The client's public key: dh_g to the power of the client's secret number, modulo dh_p.",
        "RFC 5246 §7.4.7.2",
    ),
    "client_key_exchange.ecdh_Yc<1..2^8-1>": Entry(
        "The client's public key: a point of the curve, computed from the client's secret number.",
        "RFC 8422 §5.7",
    ),
    # -- CertificateVerify, NewSessionTicket, Finished ----------------------------------------
    "certificate_verify.handshake_messages": Entry(
        "The client's signature over all handshake messages so far: it proves that the client has "
        "the private key of its certificate.",
        "RFC 5246 §7.4.8",
    ),
    "certificate_verify.handshake_messages.algorithm": Entry(
        "The hash function and the signature algorithm that the client signed with.",
        "RFC 5246 §4.7",
    ),
    "certificate_verify.handshake_messages.signature<0..2^16-1>": Entry(
        "The signature itself, made with the private key that belongs to the client's certificate.",
        "RFC 5246 §4.7",
    ),
    "new_session_ticket.ticket_lifetime_hint": Entry(
        "For how many seconds the server means to accept the ticket; 0 says nothing about it.",
        "RFC 5077 §3.3",
    ),
    "new_session_ticket.ticket<0..2^16-1>": Entry(
        "All that the server needs to resume this session, readable for the server alone; the "
        "client keeps it and sends it back.",
        "RFC 5077 §3.3",
    ),
    "finished.verify_data": Entry(
        "12 bytes computed from the master secret and a hash of the handshake: they are right "
        "only if both sides have the same of both.",
        "RFC 5246 §7.4.9",
    ),
}
