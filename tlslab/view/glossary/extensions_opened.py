"""The extensions from before TLS 1.3 whose bodies are taken apart, and their fields.

`extensions.…` holds for every message that has extensions; `server_hello.extensions.…` is for where
the answer means something else.
"""

from collections.abc import Mapping

from tlslab.view.glossary.entry import Entry

OPENED: Mapping[str, Entry] = {
    # -- server_name --------------------------------------------------------------------------
    "extensions.server_name": Entry(
        "The name of the server that the client wants to reach, so that a server with several "
        "names can show the right certificate.",
        "RFC 6066 §3",
    ),
    "extensions.server_name.server_name_list<1..2^16-1>": Entry(
        "The names to reach, at most one of each type; in practice it is one host name.",
        "RFC 6066 §3",
    ),
    "extensions.server_name.server_name_list.name_type": Entry(
        "What kind of name follows: 0 means a host name, and no other kind was ever defined.",
        "RFC 6066 §3",
    ),
    "extensions.server_name.server_name_list.host_name<1..2^16-1>": Entry(
        "The DNS name of the server in ASCII, without a dot at the end; everybody on the way can "
        "read it.",
        "RFC 6066 §3",
    ),
    "server_hello.extensions.server_name": Entry(
        "The server made use of the name that the client sent; the answer has no content.",
        "RFC 6066 §3",
    ),
    # -- status_request -----------------------------------------------------------------------
    "extensions.status_request": Entry(
        "The client asks for a proof, sent along with the server's certificate, that the "
        "certificate has not been revoked.",
        "RFC 6066 §8",
    ),
    "extensions.status_request.status_type": Entry(
        "What kind of proof the client asks for: 1 means an OCSP response.",
        "RFC 6066 §8",
    ),
    "extensions.status_request.responder_id_list<0..2^16-1> of <1..2^16-1>": Entry(
        "The OCSP responders that the client trusts to sign the proof; an empty list means that "
        "the server knows which.",
        "RFC 6066 §8",
    ),
    "extensions.status_request.request_extensions<0..2^16-1>": Entry(
        "What else is to stand in the question to the OCSP responder, in the binary encoding "
        "DER; usually empty.",
        "RFC 6066 §8",
    ),
    "server_hello.extensions.status_request": Entry(
        "The server is ready to send the proof that the client asked for, in a certificate_status "
        "message.",
        "RFC 6066 §8",
    ),
    # -- supported_groups, ec_point_formats ---------------------------------------------------
    "extensions.supported_groups": Entry(
        "The groups, most of them elliptic curves, in which the sender can do a key exchange.",
        "RFC 8422 §5.1.1",
    ),
    "extensions.supported_groups.named_group_list<2..2^16-1>": Entry(
        "A named group, such as the curve x25519, is what both sides compute in during a key "
        "exchange; the best comes first.",
        "RFC 8422 §5.1.1",
    ),
    "extensions.ec_point_formats": Entry(
        "The forms in which the client can read a point of an elliptic curve.",
        "RFC 8422 §5.1.2",
    ),
    "extensions.ec_point_formats.ec_point_format_list<1..2^8-1>": Entry(
        "A form in which a point may be written; uncompressed, with both coordinates in full, has "
        "to be among them.",
        "RFC 8422 §5.1.2",
    ),
    "server_hello.extensions.ec_point_formats": Entry(
        "The forms in which the server can read a point of an elliptic curve.",
        "RFC 8422 §5.2",
    ),
    # -- signature_algorithms -----------------------------------------------------------------
    "extensions.signature_algorithms": Entry(
        "The kinds of signature that the client can verify, in certificates and in the handshake.",
        "RFC 5246 §7.4.1.4.1",
    ),
    "extensions.signature_algorithms.supported_signature_algorithms<2..2^16-2>": Entry(
        "A hash function and a signature algorithm, as a pair, that the client can verify; the "
        "best comes first.",
        "RFC 5246 §7.4.1.4.1",
    ),
    # -- application_layer_protocol_negotiation -----------------------------------------------
    "extensions.application_layer_protocol_negotiation": Entry(
        "ALPN: the protocols that the client is ready to speak inside TLS, such as h2, which is "
        "HTTP/2.",
        "RFC 7301 §3.1",
    ),
    "extensions.application_layer_protocol_negotiation"
    ".protocol_name_list<2..2^16-1> of <1..2^8-1>": Entry(
        "Names of protocols, such as http/1.1; the best comes first.",
        "RFC 7301 §3.1",
    ),
    "server_hello.extensions.application_layer_protocol_negotiation": Entry(
        "ALPN: the protocol that the server chose from the client's list.",
        "RFC 7301 §3.1",
    ),
    "server_hello.extensions.application_layer_protocol_negotiation"
    ".protocol_name_list<2..2^16-1> of <1..2^8-1>": Entry(
        "The name of the protocol that the server chose; the list contains exactly one.",
        "RFC 7301 §3.1",
    ),
    # -- encrypt_then_mac, extended_master_secret ---------------------------------------------
    "extensions.encrypt_then_mac": Entry(
        "The client offers to encrypt CBC records first and to make the MAC afterwards, which is "
        "the safer order.",
        "RFC 7366 §2",
    ),
    "server_hello.extensions.encrypt_then_mac": Entry(
        "The server agrees: CBC records are encrypted first, and the MAC is made over the "
        "encrypted bytes.",
        "RFC 7366 §2",
    ),
    "extensions.extended_master_secret": Entry(
        "The client offers to put a hash of the handshake into the master secret in place of the "
        "two randoms.",
        "RFC 7627 §5.1",
    ),
    "server_hello.extensions.extended_master_secret": Entry(
        "The server agrees: a hash of the handshake goes into the master secret in place of the "
        "two randoms.",
        "RFC 7627 §5.1",
    ),
    # -- record_size_limit, session_ticket ----------------------------------------------------
    "extensions.record_size_limit": Entry(
        "The sender says how long the protected records that it receives may be; a small device "
        "has little memory.",
        "RFC 8449 §4",
    ),
    "extensions.record_size_limit.record_size_limit": Entry(
        "The limit, at least 64: how many bytes a record may carry, as counted before protection.",
        "RFC 8449 §4",
    ),
    "extensions.session_ticket": Entry(
        "The client can resume sessions by tickets: it shows one of an earlier session, or asks "
        "for its first.",
        "RFC 5077 §3.2",
    ),
    "extensions.session_ticket.ticket": Entry(
        "The ticket, just as the server once sent it; empty to ask for one.",
        "RFC 5077 §3.2",
    ),
    "server_hello.extensions.session_ticket": Entry(
        "The server is going to send a ticket, in a new_session_ticket message.",
        "RFC 5077 §3.2",
    ),
    "server_hello.extensions.session_ticket.ticket": Entry(
        "Empty: the ticket itself comes in a new_session_ticket message.",
        "RFC 5077 §3.2",
    ),
    # -- renegotiation_info -------------------------------------------------------------------
    "extensions.renegotiation_info": Entry(
        "Ties a second handshake on the same connection to the first, so that an attacker "
        "cannot put a handshake of his own in front.",
        "RFC 5746 §3.2",
    ),
    "extensions.renegotiation_info.renegotiated_connection<0..255>": Entry(
        "Empty in the first handshake; in a renegotiation the verify_data of the handshake "
        "before it.",
        "RFC 5746 §3.2",
    ),
}
