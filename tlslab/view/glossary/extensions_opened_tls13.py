"""The extensions of TLS 1.3 whose bodies are taken apart, and their fields.

As in `extensions_opened`, `extensions.…` holds for every message that has extensions, and a message
in front is for where they mean something else.
"""

from collections.abc import Mapping

from tlslab.view.glossary.entry import Entry

OPENED_TLS13: Mapping[str, Entry] = {
    # -- supported_versions -------------------------------------------------------------------
    "extensions.supported_versions": Entry(
        "All versions that the client supports; a server that knows this extension does not look "
        "at client_version.",
        "RFC 8446 §4.2.1",
    ),
    "extensions.supported_versions.versions<2..254>": Entry(
        "A version that the client supports; the best comes first, and TLS 1.3 is offered here "
        "alone.",
        "RFC 8446 §4.2.1",
    ),
    "server_hello.extensions.supported_versions": Entry(
        "The version that the server chose, TLS 1.3 or later; server_version then says TLS 1.2 "
        "whatever was chosen.",
        "RFC 8446 §4.2.1",
    ),
    "server_hello.extensions.supported_versions.selected_version": Entry(
        "The version of this connection, one of those that the client offered.",
        "RFC 8446 §4.2.1",
    ),
    # -- cookie -------------------------------------------------------------------------------
    "extensions.cookie": Entry(
        "Bytes that the server told the client to send back, so that the server need not remember "
        "the first ClientHello.",
        "RFC 8446 §4.2.2",
    ),
    "extensions.cookie.cookie<1..2^16-1>": Entry(
        "Just as the server sent it; what is in it is the server's own affair.",
        "RFC 8446 §4.2.2",
    ),
    "hello_retry_request.extensions.cookie": Entry(
        "Bytes that the client is to send back, so that the server need not remember the first "
        "ClientHello.",
        "RFC 8446 §4.2.2",
    ),
    "hello_retry_request.extensions.cookie.cookie<1..2^16-1>": Entry(
        "What the server wants to know again, such as the hash of the first ClientHello, in a "
        "form that only it can make.",
        "RFC 8446 §4.2.2",
    ),
    # -- key_share ----------------------------------------------------------------------------
    "extensions.key_share": Entry(
        "The client's public keys for the key exchange, one for each group that it thinks the "
        "server may choose.",
        "RFC 8446 §4.2.8",
    ),
    "extensions.key_share.client_shares<0..2^16-1>": Entry(
        "A public key and its group; the best comes first, and an empty list asks the server to "
        "name a group.",
        "RFC 8446 §4.2.8",
    ),
    "extensions.key_share.client_shares.group": Entry(
        "The group that this public key is for, one of supported_groups.",
        "RFC 8446 §4.2.8",
    ),
    "extensions.key_share.client_shares.key_exchange<1..2^16-1>": Entry(
        "The client's public key in this group, computed from a secret number that it makes anew "
        "for each connection.",
        "RFC 8446 §4.2.8",
    ),
    "extensions.key_share.client_shares.key_exchange.mlkem": Entry(
        "The encapsulation key of ML-KEM: with it the server encrypts a secret that a quantum "
        "computer cannot find either.",
        "draft-ietf-tls-ecdhe-mlkem",
    ),
    "extensions.key_share.client_shares.key_exchange.ecdh": Entry(
        "The client's public key on the elliptic curve of this hybrid group.",
        "draft-ietf-tls-ecdhe-mlkem",
    ),
    "server_hello.extensions.key_share": Entry(
        "The server's public key for the key exchange, in a group that it chose from the client's.",
        "RFC 8446 §4.2.8",
    ),
    "server_hello.extensions.key_share.server_share": Entry(
        "The one public key that the server sends, and its group.",
        "RFC 8446 §4.2.8",
    ),
    "server_hello.extensions.key_share.server_share.group": Entry(
        "The group that the server chose, one for which the client had sent a public key.",
        "RFC 8446 §4.2.8",
    ),
    "server_hello.extensions.key_share.server_share.key_exchange<1..2^16-1>": Entry(
        "The server's public key in this group: with it and its own secret number, each side "
        "finds the same shared secret.",
        "RFC 8446 §4.2.8",
    ),
    "server_hello.extensions.key_share.server_share.key_exchange.mlkem": Entry(
        "The ciphertext of ML-KEM: a secret, encrypted with the client's encapsulation key.",
        "draft-ietf-tls-ecdhe-mlkem",
    ),
    "server_hello.extensions.key_share.server_share.key_exchange.ecdh": Entry(
        "The server's public key on the elliptic curve of this hybrid group.",
        "draft-ietf-tls-ecdhe-mlkem",
    ),
    "hello_retry_request.extensions.key_share": Entry(
        "The group in which the server wants a public key from the client.",
        "RFC 8446 §4.2.8",
    ),
    "hello_retry_request.extensions.key_share.selected_group": Entry(
        "A group of the client's supported_groups for which it sent no public key at first.",
        "RFC 8446 §4.2.8",
    ),
    # -- pre_shared_key, psk_key_exchange_modes, early_data -----------------------------------
    "extensions.pre_shared_key": Entry(
        "Keys that the client shares with the server already, mostly from an earlier session, "
        "each with a proof that it has it.",
        "RFC 8446 §4.2.11",
    ),
    "extensions.pre_shared_key.identities<7..2^16-1>": Entry(
        "The keys that the client offers, each by a name.",
        "RFC 8446 §4.2.11",
    ),
    "extensions.pre_shared_key.identities.identity<1..2^16-1>": Entry(
        "The name of a key: a ticket, or what both sides agreed to call the key.",
        "RFC 8446 §4.2.11",
    ),
    "extensions.pre_shared_key.identities.obfuscated_ticket_age": Entry(
        "For how many milliseconds the client has had the ticket, plus the ticket's "
        "ticket_age_add; 0 if it is no ticket.",
        "RFC 8446 §4.2.11.1",
    ),
    "extensions.pre_shared_key.binders<33..2^16-1> of <32..255>": Entry(
        "The proof that the client has the key: an HMAC over this ClientHello up to here, one for "
        "each identity.",
        "RFC 8446 §4.2.11.2",
    ),
    "server_hello.extensions.pre_shared_key": Entry(
        "Which of the client's pre-shared keys the server uses: its place in the list, counted "
        "from 0.",
        "RFC 8446 §4.2.11",
    ),
    "server_hello.extensions.pre_shared_key.selected_identity": Entry(
        "The place of the chosen key in the client's identities, counted from 0.",
        "RFC 8446 §4.2.11",
    ),
    "extensions.psk_key_exchange_modes": Entry(
        "Whether the client would use a pre-shared key alone, or together with a fresh key "
        "exchange.",
        "RFC 8446 §4.2.9",
    ),
    "extensions.psk_key_exchange_modes.ke_modes<1..255>": Entry(
        "A mode: psk_dhe_ke, with a fresh key exchange, or psk_ke, which leaves all to the one "
        "key.",
        "RFC 8446 §4.2.9",
    ),
    "extensions.early_data": Entry(
        "The client sends application data right away, before the server has answered.",
        "RFC 8446 §4.2.10",
    ),
    "encrypted_extensions.extensions.early_data": Entry(
        "The server accepts the application data that the client sent right away.",
        "RFC 8446 §4.2.10",
    ),
    "new_session_ticket.extensions.early_data": Entry(
        "With this ticket the client may send application data right away, before the server "
        "answers.",
        "RFC 8446 §4.2.10",
    ),
    "new_session_ticket.extensions.early_data.max_early_data_size": Entry(
        "How many bytes of application data the client may send with this ticket before the "
        "server answers.",
        "RFC 8446 §4.6.1",
    ),
    # -- signatures, certificates -------------------------------------------------------------
    "extensions.signature_algorithms_cert": Entry(
        "The kinds of signature that the sender accepts in certificates, where "
        "signature_algorithms does not say it.",
        "RFC 8446 §4.2.3",
    ),
    "extensions.signature_algorithms_cert.supported_signature_algorithms<2..2^16-2>": Entry(
        "A kind of signature that the sender can verify in a certificate; the best comes first.",
        "RFC 8446 §4.2.3",
    ),
    "certificate_request.extensions.signature_algorithms": Entry(
        "The kinds of signature that the server can verify, in certificates and in the handshake.",
        "RFC 8446 §4.2.3",
    ),
    "certificate_request.extensions.signature_algorithms"
    ".supported_signature_algorithms<2..2^16-2>": Entry(
        "A kind of signature that the server can verify; the best comes first.",
        "RFC 8446 §4.2.3",
    ),
    "extensions.certificate_authorities": Entry(
        "The certification authorities that the sender accepts, by name.",
        "RFC 8446 §4.2.4",
    ),
    "extensions.certificate_authorities.authorities<3..2^16-1> of <1..2^16-1>": Entry(
        "The name of a certification authority, in the binary encoding DER.",
        "RFC 8446 §4.2.4",
    ),
    "extensions.oid_filters": Entry(
        "What the server wants to find in the client's certificate.",
        "RFC 8446 §4.2.5",
    ),
    "certificate_request.extensions.oid_filters.filters<0..2^16-1>": Entry(
        "An extension that the certificate is to have, and the values that are to be in it.",
        "RFC 8446 §4.2.5",
    ),
    "certificate_request.extensions.oid_filters.filters.certificate_extension_oid<1..2^8-1>": Entry(
        "The number of the certificate's extension, an object identifier in the binary encoding "
        "DER.",
        "RFC 8446 §4.2.5",
    ),
    "certificate_request.extensions.oid_filters.filters"
    ".certificate_extension_values<0..2^16-1>": Entry(
        "The values that have to be there, in the binary encoding DER; empty if any will do.",
        "RFC 8446 §4.2.5",
    ),
    "extensions.post_handshake_auth": Entry(
        "The client is ready to show a certificate later, when the handshake is over.",
        "RFC 8446 §4.2.6",
    ),
    "certificate.certificate_list.extensions.status_request": Entry(
        "The proof that this certificate has not been revoked, which the peer asked for.",
        "RFC 8446 §4.4.2.1",
    ),
    "certificate.certificate_list.extensions.status_request.status_type": Entry(
        "What kind of proof follows: 1 is an OCSP response.",
        "RFC 8446 §4.4.2.1",
    ),
    "certificate.certificate_list.extensions.status_request.response<1..2^24-1>": Entry(
        "The OCSP response: a signed statement on whether this certificate has been revoked.",
        "RFC 8446 §4.4.2.1",
    ),
    "certificate_request.extensions.status_request": Entry(
        "The server asks for a proof, sent along with the client's certificate, that it has not "
        "been revoked.",
        "RFC 8446 §4.4.2.1",
    ),
    "certificate.certificate_list.extensions.signed_certificate_timestamp": Entry(
        "Proofs that public logs list this certificate (Certificate Transparency).",
        "RFC 6962 §3.3",
    ),
    "certificate_request.extensions.signed_certificate_timestamp": Entry(
        "The server asks for proofs that public logs list the client's certificate (Certificate "
        "Transparency).",
        "RFC 6962 §3.3",
    ),
    "extensions.compress_certificate": Entry(
        "The algorithms for compressed certificates that the sender can decompress.",
        "RFC 8879 §3",
    ),
    "extensions.compress_certificate.algorithms<2..2^8-2>": Entry(
        "An algorithm, such as zlib, that the sender can decompress.",
        "RFC 8879 §3",
    ),
    "extensions.delegated_credential": Entry(
        "The sender accepts a key that the certificate's owner has signed for a few days, for "
        "somebody else to use.",
        "RFC 9345 §4.1.1",
    ),
    "extensions.delegated_credential.supported_signature_algorithms<2..2^16-2>": Entry(
        "A kind of signature that the sender can verify with such a key.",
        "RFC 9345 §4.1.1",
    ),
    "certificate.certificate_list.extensions.delegated_credential": Entry(
        "A key that the certificate's owner has signed for a few days, for the sender to use.",
        "RFC 9345 §4",
    ),
    "extensions.padding": Entry(
        "Zeros that mean nothing: they make the ClientHello longer, because some servers fail at "
        "certain lengths.",
        "RFC 7685 §3",
    ),
    "extensions.padding.zeros": Entry(
        "As many zeros as it takes to reach the length that is wanted.",
        "RFC 7685 §3",
    ),
    # -- answers to older extensions ----------------------------------------------------------
    "encrypted_extensions.extensions.supported_groups": Entry(
        "The groups that the server can do, for the client's next connection: the server may "
        "prefer another one.",
        "RFC 8446 §4.2.7",
    ),
    "encrypted_extensions.extensions.supported_groups.named_group_list<2..2^16-1>": Entry(
        "A group that the server can do a key exchange in; the best comes first.",
        "RFC 8446 §4.2.7",
    ),
}
