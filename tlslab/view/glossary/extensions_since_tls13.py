"""The extensions since TLS 1.3 whose bodies are not taken apart: its own, and of DTLS and QUIC.

Where the source is no RFC it is a draft. The last ones here are not registered by IANA.
"""

from collections.abc import Mapping

from tlslab.view.glossary.entry import Entry

_ALPS = Entry(
    "The protocols, such as h2, whose settings the client would like to exchange during the "
    "handshake already.",
    "draft-vvv-tls-alps",
)
_CHANNEL_ID = Entry(
    "The client offers to show a key of its own, so that a cookie is of no use to whoever steals "
    "it.",
    "draft-balfanz-tls-channelid",
)
_CHANNEL_ID_WANTED = Entry(
    "The server wants the client to show a key of its own, so that a cookie is of no use to "
    "whoever steals it.",
    "draft-balfanz-tls-channelid",
)

SINCE_TLS13: Mapping[str, Entry] = {
    # -- since TLS 1.3 ------------------------------------------------------------------------
    "extensions.ticket_pinning": Entry(
        "A ticket by which a client recognises a server that it has met before, whatever its "
        "certificate says.",
        "RFC 8672",
    ),
    "extensions.tls_cert_with_extern_psk": Entry(
        "A certificate and a key that both sides share already are to be used together.",
        "RFC 8773",
    ),
    "extensions.transparency_info": Entry(
        "The client asks for proofs that public logs list the server's certificate (Certificate "
        "Transparency).",
        "RFC 9162 §6.5",
    ),
    "server_hello.extensions.transparency_info": Entry(
        "Proofs that public logs list the server's certificate (Certificate Transparency).",
        "RFC 9162 §6.5",
    ),
    "extensions.ticket_request": Entry(
        "How many tickets for later connections the client would like to have.",
        "RFC 9149 §3",
    ),
    "extensions.dnssec_chain": Entry(
        "The client asks for records of DNSSEC that prove which key belongs to the server's name.",
        "RFC 9102 §2",
    ),
    "server_hello.extensions.dnssec_chain": Entry(
        "Records of DNSSEC that prove which key belongs to the server's name.",
        "RFC 9102 §2",
    ),
    "extensions.encrypted_client_hello": Entry(
        "The real ClientHello, encrypted so that nobody on the way learns the server's name; or "
        "random bytes that look like one.",
        "RFC 9849 §5",
    ),
    "extensions.ech_outer_extensions": Entry(
        "Stands in an encrypted ClientHello for those extensions that are copied from the one "
        "around it.",
        "RFC 9849 §5.1",
    ),
    "extensions.tls_flags": Entry(
        "A row of bits, one for each feature that needs no more than a yes.",
        "draft-ietf-tls-tlsflags",
    ),
    # -- DTLS and QUIC ------------------------------------------------------------------------
    "extensions.connection_id": Entry(
        "The name of the connection that DTLS records to the sender are to carry, so that it "
        "survives a change of address.",
        "RFC 9146 §3",
    ),
    "extensions.connection_id_deprecated": Entry(
        "The number that connection_id had in drafts.",
        "draft-ietf-tls-dtls-connection-id",
    ),
    "extensions.sequence_number_encryption_algorithms": Entry(
        "The ways that the sender knows to encrypt the numbers of DTLS records.",
        "draft-pismenny-tls-dtls-plaintext-sequence-number",
    ),
    "extensions.rrc": Entry(
        "The sender can test whether its peer is really to be reached at a new address (DTLS).",
        "RFC 9853",
    ),
    "extensions.quic_transport_parameters": Entry(
        "Settings of QUIC, such as limits and timeouts, which QUIC lets the TLS handshake protect.",
        "RFC 9001 §8.2",
    ),
    "extensions.quic_transport_parameters_draft": Entry(
        "The number that quic_transport_parameters had in drafts.",
        "draft-ietf-quic-tls",
    ),
    # -- not registered -----------------------------------------------------------------------
    "extensions.key_share_RESERVED": Entry(
        "The number that key_share had in drafts of TLS 1.3.",
        "draft-ietf-tls-tls13-22",
    ),
    "extensions.ticket_early_data_info_RESERVED": Entry(
        "Said of a ticket, in drafts of TLS 1.3, that the client may send early data with it.",
        "draft-ietf-tls-tls13-18",
    ),
    "extensions.next_protocol_negotiation": Entry(
        "The client wants to choose the protocol inside TLS from the server's list; ALPN took its "
        "place.",
        "draft-agl-tls-nextprotoneg",
    ),
    "server_hello.extensions.next_protocol_negotiation": Entry(
        "The protocols that the server is ready to speak inside TLS; ALPN took its place.",
        "draft-agl-tls-nextprotoneg",
    ),
    "extensions.application_settings": _ALPS,
    "extensions.application_settings_old": _ALPS,
    "extensions.channel_id": _CHANNEL_ID,
    "extensions.channel_id_old": _CHANNEL_ID,
    "server_hello.extensions.channel_id": _CHANNEL_ID_WANTED,
    "server_hello.extensions.channel_id_old": _CHANNEL_ID_WANTED,
    "extensions.trust_anchors": Entry(
        "Which certification authorities the client trusts, by short numbers, so that the server "
        "can choose a certificate.",
        "draft-ietf-tls-trust-anchor-ids",
    ),
    "extensions.encrypted_server_name": Entry(
        "The server's name, encrypted; encrypted_client_hello took its place.",
        "draft-ietf-tls-esni",
    ),
}
