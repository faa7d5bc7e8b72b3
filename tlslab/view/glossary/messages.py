"""The messages and the content types of records, by name."""

from collections.abc import Mapping

from tlslab.view.glossary.entry import Entry

MESSAGES: Mapping[str, Entry] = {
    # -- TLS 1.2 ------------------------------------------------------------------------------
    "hello_request": Entry(
        "The server would like the client to begin a new handshake.",
        "RFC 5246 §7.4.1.1",
    ),
    "client_hello": Entry(
        "The client begins: it offers versions, cipher suites and extensions, and sends a random.",
        "RFC 5246 §7.4.1.2",
    ),
    "server_hello": Entry(
        "The server chooses a version, a cipher suite and extensions from the client's offer, and "
        "sends a random of its own.",
        "RFC 5246 §7.4.1.3",
    ),
    "certificate": Entry(
        "The sender shows who it is: its certificate, and those of the issuers that vouch for it.",
        "RFC 5246 §7.4.2",
    ),
    "certificate_status": Entry(
        "The server sends a signed statement on whether its certificate has been revoked, which "
        "the client asked for.",
        "RFC 6066 §8",
    ),
    "server_key_exchange": Entry(
        "The server's half of a Diffie-Hellman key exchange: its public key for this connection, "
        "signed.",
        "RFC 5246 §7.4.3",
    ),
    "certificate_request": Entry(
        "The server asks the client to show a certificate too.",
        "RFC 5246 §7.4.4",
    ),
    "server_hello_done": Entry(
        "The server has sent all that the client needs, and waits for its answer.",
        "RFC 5246 §7.4.5",
    ),
    "client_key_exchange": Entry(
        "The client's half of the key exchange: an encrypted premaster secret (RSA), or a public "
        "key (Diffie-Hellman).",
        "RFC 5246 §7.4.7",
    ),
    "certificate_verify": Entry(
        "A signature over the handshake so far, by which the sender proves that the certificate "
        "is its own.",
        "RFC 5246 §7.4.8",
    ),
    "new_session_ticket": Entry(
        "The server gives the client a ticket, with which it can resume this session later.",
        "RFC 5077 §3.3",
    ),
    "finished": Entry(
        "The sender proves that it has the keys and saw the same handshake; it is its first "
        "message under the new keys.",
        "RFC 5246 §7.4.9",
    ),
    # -- TLS 1.3 and DTLS ---------------------------------------------------------------------
    "hello_verify_request": Entry(
        "A DTLS server asks the client to repeat its ClientHello with a cookie, to see that its "
        "address is real.",
        "RFC 6347 §4.2.1",
    ),
    "hello_retry_request": Entry(
        "The server asks for another ClientHello, with what it misses in the first: a public key "
        "in another group, or a cookie.",
        "RFC 8446 §4.1.4",
    ),
    "hello_retry_request_RESERVED": Entry(
        "In drafts of TLS 1.3, the server asks for another ClientHello, with what it misses in "
        "the first.",
        "draft-ietf-tls-tls13-21",
    ),
    "encrypted_extensions": Entry(
        "The server's answers to extensions that need not be in the clear, as its first encrypted "
        "message.",
        "RFC 8446 §4.3.1",
    ),
    "end_of_early_data": Entry(
        "The client has sent all its early data; the handshake's keys follow.",
        "RFC 8446 §4.5",
    ),
    "key_update": Entry(
        "The sender changes to new keys in the middle of a connection.",
        "RFC 8446 §4.6.3",
    ),
    "message_hash": Entry(
        "Never sent: it stands for the first ClientHello in the hash of the handshake if the "
        "server asked for a second.",
        "RFC 8446 §4.4.1",
    ),
    "request_connection_id": Entry(
        "The sender asks its peer for more connection ids (DTLS 1.3).",
        "RFC 9147 §9",
    ),
    "new_connection_id": Entry(
        "The sender tells its peer more connection ids that it may use (DTLS 1.3).",
        "RFC 9147 §9",
    ),
    # -- others -------------------------------------------------------------------------------
    "client_certificate_request": Entry(
        "The client asks the server for one more certificate, after the handshake.",
        "RFC 9261 §4",
    ),
    "certificate_url": Entry(
        "The client sends the address of its certificate in place of the certificate.",
        "RFC 6066 §5",
    ),
    "supplemental_data": Entry(
        "More data that an application wants to send within the handshake, such as what its user "
        "is allowed to do.",
        "RFC 4680 §2",
    ),
    "compressed_certificate": Entry(
        "A certificate message, compressed.",
        "RFC 8879 §4",
    ),
    "ekt_key": Entry(
        "A key under which the keys for the audio and video of a conference are handed on.",
        "RFC 8870",
    ),
    "next_protocol": Entry(
        "The client says which protocol it chose from the server's list; ALPN took its place.",
        "draft-agl-tls-nextprotoneg",
    ),
    "channel_id": Entry(
        "The client shows a key of its own, so that a cookie is of no use to whoever steals it.",
        "draft-balfanz-tls-channelid",
    ),
    # -- content types ------------------------------------------------------------------------
    "change_cipher_spec": Entry(
        "The sender turns on the new keys: all that it sends after this is protected with them.",
        "RFC 5246 §7.1",
    ),
    "alert": Entry(
        "An error that ends the connection, a warning, or close_notify, the proper goodbye.",
        "RFC 5246 §7.2",
    ),
    "handshake": Entry(
        "Bytes of the handshake that could not be read as whole messages.",
        "RFC 5246 §7.4",
    ),
    "application_data": Entry(
        "What the application sends, such as HTTP: TLS protects it and does not look inside.",
        "RFC 5246 §10",
    ),
    "heartbeat": Entry(
        "A test whether the other side is still there, or the answer to one.",
        "RFC 6520 §3",
    ),
    "tls12_cid": Entry(
        "A DTLS 1.2 record that names its connection; its true type is encrypted with the content.",
        "RFC 9146 §4",
    ),
    "ACK": Entry(
        "The sender lists the handshake records that have reached it (DTLS 1.3).",
        "RFC 9147 §7",
    ),
    "return_routability_check": Entry(
        "A test whether the peer is really to be reached at a new address, or the answer to one "
        "(DTLS).",
        "RFC 9853",
    ),
}
