"""Randoms, secrets and other values of TLS 1.3, by the names that a trace gives them.

Without the numbers and the groups at the end of a name: `ticket_iv` is for `ticket_iv_0` too.
"""

from collections.abc import Mapping

from tlslab.view.glossary.entry import Entry

# Each side has one of these: {side} is the one that sends, {peer} the other.
_OF_EACH_SIDE: Mapping[str, Entry] = {
    "{side}_private": Entry(
        "The {side}'s private key for this one handshake, forgotten when it is over; it never "
        "leaves the {side}.",
        "RFC 8446 §4.2.8",
    ),
    "{side}_share": Entry(
        "The {side}'s public key for this one handshake, sent in the clear; with its own private "
        "key the {peer} makes the shared secret of it.",
        "RFC 8446 §4.2.8",
    ),
    "{side}_signature": Entry(
        "The {side}'s signature over the hash of the handshake, which only the owner of its "
        "certificate can make.",
        "RFC 8446 §4.4.3",
    ),
    "{side}_verify_data": Entry(
        "What the {side}'s Finished has to contain: it shows that the {side} has the keys and saw "
        "the same handshake.",
        "RFC 8446 §4.4.4",
    ),
    "{side}_handshake_traffic_secret": Entry(
        "The secret from which the keys come that protect the {side}'s handshake messages.",
        "RFC 8446 §7.1",
    ),
    "{side}_handshake_write_key": Entry(
        "The key with which the {side} encrypts its handshake messages, and the {peer} decrypts "
        "them.",
        "RFC 8446 §7.3",
    ),
    "{side}_handshake_write_iv": Entry(
        "12 secret bytes: with the number of a record of the {side}'s handshake messages they "
        "make its nonce.",
        "RFC 8446 §7.3",
    ),
    "{side}_application_traffic_secret": Entry(
        "The secret from which the keys come that protect the {side}'s application data, until a "
        "KeyUpdate replaces it.",
        "RFC 8446 §7.1",
    ),
    "{side}_application_write_key": Entry(
        "The key with which the {side} encrypts its application data, and the {peer} decrypts "
        "them.",
        "RFC 8446 §7.3",
    ),
    "{side}_application_write_iv": Entry(
        "12 secret bytes: with the number of a record of the {side}'s application data they make "
        "its nonce.",
        "RFC 8446 §7.3",
    ),
}

VALUES_OF_TLS13: Mapping[str, Entry] = {
    "session_id": Entry(
        "Random bytes that the server sends back: they make the handshake look like one of TLS "
        "1.2 that resumes a session.",
        "RFC 8446 §4.1.2",
    ),
    "psk": Entry(
        "A key that both sides have already: from an earlier connection, or agreed on outside TLS.",
        "RFC 8446 §4.2.11",
    ),
    "early_secret": Entry(
        "The first secret of the key schedule: made of the pre-shared key, or of zeros if there "
        "is none.",
        "RFC 8446 §7.1",
    ),
    "binder_key": Entry(
        "The key that makes the binder, the proof that the client has the pre-shared key.",
        "RFC 8446 §7.1",
    ),
    "binder": Entry(
        "The proof that the client has the pre-shared key: an HMAC over its ClientHello.",
        "RFC 8446 §4.2.11.2",
    ),
    "client_early_traffic_secret": Entry(
        "The secret from which the keys come that protect the data that the client sends before "
        "the server has answered.",
        "RFC 8446 §7.1",
    ),
    "client_early_write_key": Entry(
        "The key with which the client encrypts the data that it sends before the server has "
        "answered.",
        "RFC 8446 §7.3",
    ),
    "client_early_write_iv": Entry(
        "12 secret bytes: with the number of a record of early data they make its nonce.",
        "RFC 8446 §7.3",
    ),
    "early_exporter_secret": Entry(
        "The secret for keys that an application wants for a use outside TLS before the server "
        "has answered.",
        "RFC 8446 §7.5",
    ),
    "client_private_mlkem": Entry(
        "64 secret bytes of the client from which its ML-KEM key pair is made, for this one "
        "handshake.",
        "draft-ietf-tls-ecdhe-mlkem",
    ),
    "client_private_ecdh": Entry(
        "The client's private key on the curve that stands beside ML-KEM, for this one handshake.",
        "RFC 8446 §4.2.8",
    ),
    "mlkem_secret": Entry(
        "32 bytes that the server drew and sent so that only the owner of the ML-KEM key can open "
        "them, even with a quantum computer.",
        "draft-ietf-tls-ecdhe-mlkem",
    ),
    "ecdh_secret": Entry(
        "What both sides compute on the curve that stands beside ML-KEM.",
        "draft-ietf-tls-ecdhe-mlkem",
    ),
    "shared_secret": Entry(
        "What both sides compute from their own private key and the other's public key; nobody "
        "who only listens can.",
        "RFC 8446 §7.4",
    ),
    "handshake_secret": Entry(
        "The early secret and the shared secret in one: from here on nobody else can follow.",
        "RFC 8446 §7.1",
    ),
    "main_secret": Entry(
        "The last secret of the key schedule, which RFC 8446 calls the master secret: from it "
        "come the keys for application data.",
        "RFC 8446 §7.1",
    ),
    "exporter_secret": Entry(
        "The secret for keys that an application wants for a use outside TLS.",
        "RFC 8446 §7.5",
    ),
    "exported_keying_material": Entry(
        "Bytes for a use outside TLS that only the two sides of this connection can compute.",
        "RFC 8446 §7.5",
    ),
    "resumption_secret": Entry(
        "The secret from which the keys come that the tickets of this connection stand for.",
        "RFC 8446 §7.1",
    ),
    "resumption_psk": Entry(
        "The key that a ticket stands for, different for each ticket.",
        "RFC 8446 §4.6.1",
    ),
    "ticket_age_add": Entry(
        "A random number that the client adds to the ticket's age, so that nobody on the way "
        "learns the age.",
        "RFC 8446 §4.6.1",
    ),
    "cookie": Entry(
        "Random bytes that the client has to send back in its second ClientHello.",
        "RFC 8446 §4.2.2",
    ),
    "request_context": Entry(
        "Random bytes that name a request for a certificate after the handshake.",
        "RFC 8446 §4.3.2",
    ),
    **{
        name.format(side=side): Entry(entry.meaning.format(side=side, peer=peer), entry.section)
        for name, entry in _OF_EACH_SIDE.items()
        for side, peer in (("client", "server"), ("server", "client"))
    },
}
