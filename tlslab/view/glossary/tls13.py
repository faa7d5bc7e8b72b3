"""The handshake messages of TLS 1.3 behind the hellos, and what else it means in its own way.

`TLS13` has the fields that TLS 1.2 does not have. `FIELDS_OF_TLS13` and `MESSAGES_OF_TLS13` have
those that TLS 1.2 calls the same and means otherwise: they go first where the version is known.
"""

from collections.abc import Mapping

from tlslab.view.glossary.entry import Entry

TLS13: Mapping[str, Entry] = {
    # -- HelloRetryRequest --------------------------------------------------------------------
    "hello_retry_request.server_version": Entry(
        "Always TLS 1.2: the version stands in supported_versions.",
        "RFC 8446 §4.1.4",
    ),
    "hello_retry_request.random": Entry(
        "Always these bytes, the SHA-256 of the word HelloRetryRequest: they tell this message "
        "from a ServerHello.",
        "RFC 8446 §4.1.3",
    ),
    "hello_retry_request.session_id<0..32>": Entry(
        "The session_id of the ClientHello, sent back.",
        "RFC 8446 §4.1.4",
    ),
    "hello_retry_request.cipher_suite": Entry(
        "The cipher suite that the server chose from the client's list, and will name again in "
        "its ServerHello.",
        "RFC 8446 §4.1.4",
    ),
    "hello_retry_request.compression_method": Entry(
        "Always null: TLS 1.3 does not compress.",
        "RFC 8446 §4.1.4",
    ),
    "hello_retry_request.extensions<0..2^16-1>": Entry(
        "What the client is to change in its second ClientHello.",
        "RFC 8446 §4.1.4",
    ),
    # -- EncryptedExtensions, CertificateRequest ----------------------------------------------
    "encrypted_extensions.extensions<0..2^16-1>": Entry(
        "The server's answers to extensions of the client that the keys do not depend on.",
        "RFC 8446 §4.3.1",
    ),
    "certificate_request.certificate_request_context<0..2^8-1>": Entry(
        "A name for this request, which the client's Certificate repeats; empty during the "
        "handshake.",
        "RFC 8446 §4.3.2",
    ),
    "certificate_request.extensions<0..2^16-1>": Entry(
        "What the client's certificate is to be like; signature_algorithms has to be among them.",
        "RFC 8446 §4.3.2",
    ),
    # -- Certificate --------------------------------------------------------------------------
    "certificate.certificate_request_context<0..2^8-1>": Entry(
        "The name of the request that a client answers; empty in the server's Certificate.",
        "RFC 8446 §4.4.2",
    ),
    "certificate.certificate_list.cert_data<1..2^24-1>": Entry(
        "A certificate in the binary encoding DER.",
        "RFC 8446 §4.4.2",
    ),
    "certificate.certificate_list.extensions<0..2^16-1>": Entry(
        "What is said about this certificate, such as a proof that it has not been revoked; "
        "mostly empty.",
        "RFC 8446 §4.4.2",
    ),
    # -- CertificateVerify --------------------------------------------------------------------
    "certificate_verify.algorithm": Entry(
        "The kind of signature, one of those that the peer said it can verify.",
        "RFC 8446 §4.4.3",
    ),
    "certificate_verify.signature<0..2^16-1>": Entry(
        "A signature over the hash of the handshake so far: it proves that the sender has the "
        "private key of its certificate.",
        "RFC 8446 §4.4.3",
    ),
    # -- NewSessionTicket ---------------------------------------------------------------------
    "new_session_ticket.ticket_lifetime": Entry(
        "For how many seconds the ticket is good: at most 604,800, which is a week.",
        "RFC 8446 §4.6.1",
    ),
    "new_session_ticket.ticket_age_add": Entry(
        "A random number that the client adds to the ticket's age, so that nobody on the way "
        "learns the age.",
        "RFC 8446 §4.6.1",
    ),
    "new_session_ticket.ticket_nonce<0..255>": Entry(
        "Different for each ticket of a connection, so that each has a key of its own.",
        "RFC 8446 §4.6.1",
    ),
    "new_session_ticket.extensions<0..2^16-1>": Entry(
        "What the ticket is good for; only early_data is defined.",
        "RFC 8446 §4.6.1",
    ),
    # -- what this server puts into a ticket --------------------------------------------------
    "ticket_state.protocol_version": Entry("The version of the connection.", "RFC 5077 §4"),
    "ticket_state.cipher_suite": Entry(
        "The suite of the connection: the key goes with its hash function.", "RFC 8446 §4.2.11"
    ),
    "ticket_state.psk<32..48>": Entry(
        "The key that the ticket stands for: who can open the ticket has the key.",
        "RFC 8446 §4.6.1",
    ),
    "ticket_state.issued": Entry(
        "When the ticket was made, in milliseconds since 1970.", "RFC 8446 §4.2.11.1"
    ),
    "ticket_state.age_add": Entry(
        "The ticket_age_add of the ticket, which the client has added to the age it tells.",
        "RFC 8446 §4.2.11.1",
    ),
    "ticket_state.max_early_data_size": Entry(
        "How many bytes of early data the ticket is good for; 0 if for none.", "RFC 8446 §4.2.10"
    ),
    "ticket_state.server_name<0..255>": Entry(
        "The name that the client wanted; early data are taken for the same name only.",
        "RFC 8446 §4.2.10",
    ),
    "ticket_state.alpn_protocol<0..255>": Entry(
        "The protocol inside TLS; early data are taken for the same one only.",
        "RFC 8446 §4.2.10",
    ),
    "ticket_state.client_certificate_list<0..2^24-1> of <1..2^24-1>": Entry(
        "The client's certificates, its own first; empty if it did not say who it is.",
        "RFC 5077 §4",
    ),
    # -- KeyUpdate ----------------------------------------------------------------------------
    "key_update.request_update": Entry(
        "1 if the peer is to change its own keys too, else 0.",
        "RFC 8446 §4.6.3",
    ),
}

FIELDS_OF_TLS13: Mapping[str, Entry] = {
    "record.type": Entry(
        "What the record carries; a protected one always says application data, and its true type "
        "is encrypted with the content.",
        "RFC 8446 §5.2",
    ),
    "record.version": Entry(
        "It means nothing: always TLS 1.2, or TLS 1.0 on the first ClientHello, whatever is "
        "agreed on.",
        "RFC 8446 §5.1",
    ),
    "record.length": Entry(
        "How many bytes of the record follow: at most 16,384 in the clear, and up to 256 more if "
        "the record is protected.",
        "RFC 8446 §5.2",
    ),
    "record.ciphertext": Entry(
        "The encrypted bytes: the content, its type, and padding if there is any.",
        "RFC 8446 §5.2",
    ),
    "record.tag": Entry(
        "The authentication tag: without the key nobody can change the ciphertext, the header or "
        "the record's number and make a tag that fits.",
        "RFC 8446 §5.2",
    ),
    "change_cipher_spec.type": Entry(
        "Always 1: it is here only so that devices on the way take the handshake for one of TLS "
        "1.2.",
        "RFC 8446 §5",
    ),
    "server_hello.server_version": Entry(
        "Always TLS 1.2, so that nobody on the way takes offence: the version stands in "
        "supported_versions.",
        "RFC 8446 §4.1.3",
    ),
    "server_hello.session_id<0..32>": Entry(
        "The client's session_id, sent back: it makes the handshake look like one of TLS 1.2 that "
        "resumes a session.",
        "RFC 8446 §4.1.3",
    ),
    "server_hello.extensions<0..2^16-1>": Entry(
        "What the keys depend on; the answers to all other extensions are encrypted, in "
        "EncryptedExtensions.",
        "RFC 8446 §4.1.3",
    ),
    "certificate.certificate_list<0..2^24-1>": Entry(
        "The sender's own certificate first, then that of its issuer, and so on; empty if a "
        "client has none.",
        "RFC 8446 §4.4.2",
    ),
    "new_session_ticket.ticket<1..2^16-1>": Entry(
        "The name of a key that both sides now share: the client sends it as an identity in "
        "pre_shared_key.",
        "RFC 8446 §4.6.1",
    ),
    "finished.verify_data": Entry(
        "An HMAC over the hash of the handshake, as long as a hash: it is right only if both "
        "sides have the same keys and messages.",
        "RFC 8446 §4.4.4",
    ),
}

MESSAGES_OF_TLS13: Mapping[str, Entry] = {
    "client_hello": Entry(
        "The client begins: it offers versions, cipher suites and extensions, and sends its "
        "public keys for the key exchange.",
        "RFC 8446 §4.1.2",
    ),
    "server_hello": Entry(
        "The server chooses a version and a cipher suite from the offer, and sends its public "
        "key: all that follows is encrypted.",
        "RFC 8446 §4.1.3",
    ),
    "certificate_request": Entry(
        "The server asks the client to show a certificate too, now or after the handshake.",
        "RFC 8446 §4.3.2",
    ),
    "certificate": Entry(
        "The sender shows who it is: its certificate, and those of the issuers that vouch for it.",
        "RFC 8446 §4.4.2",
    ),
    "certificate_verify": Entry(
        "A signature over the handshake so far, by which the sender proves that the certificate "
        "is its own.",
        "RFC 8446 §4.4.3",
    ),
    "finished": Entry(
        "The sender proves that it has the keys and saw the same handshake.",
        "RFC 8446 §4.4.4",
    ),
    "new_session_ticket": Entry(
        "The server gives the client the name of a key that both now share, for a later "
        "connection.",
        "RFC 8446 §4.6.1",
    ),
    "change_cipher_spec": Entry(
        "It means nothing: it makes the handshake look like one of TLS 1.2 to devices on the way.",
        "RFC 8446 §5",
    ),
}
