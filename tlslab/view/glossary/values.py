"""Randoms, secrets and other values of a key schedule, by the names that a trace gives them."""

from collections.abc import Mapping

from tlslab.view.glossary.entry import Entry

# Each side has one of these: {side} is the one that sends, {peer} the other.
_OF_EACH_SIDE: Mapping[str, Entry] = {
    "{side}_write_MAC_key": Entry(
        "The key with which the {side} makes the MAC of each record that it sends, and the {peer} "
        "verifies it.",
        "RFC 5246 §6.3",
    ),
    "{side}_write_key": Entry(
        "The key with which the {side} encrypts each record that it sends, and the {peer} "
        "decrypts it.",
        "RFC 5246 §6.3",
    ),
    "{side}_write_IV": Entry(
        "Secret bytes for the nonce of each record from the {side}: with GCM and CCM its first 4, "
        "with ChaCha20-Poly1305 12, XORed with the record's number.",
        "RFC 5288 §3, RFC 7905 §2",
    ),
    "{side}_record_IV": Entry(
        "The initialization vector of one CBC record from the {side}: random, new for each record, "
        "and sent in front of it.",
        "RFC 5246 §6.2.3.2",
    ),
    "{side}_private": Entry(
        "The {side}'s private key for this one handshake, forgotten when it is over; it never "
        "leaves the {side}.",
        "RFC 8422 §5.10",
    ),
    "{side}_share": Entry(
        "The {side}'s public key for this one handshake, sent in the clear; with its own private "
        "key the {peer} makes the premaster secret of it.",
        "RFC 8422 §5.4",
    ),
    "{side}_signature": Entry(
        "The {side}'s signature, which only the owner of its certificate can make, and for this "
        "handshake alone.",
        "RFC 5246 §4.7",
    ),
    "{side}_verify_data": Entry(
        "What the {side}'s Finished has to contain: it shows that the {side} has the master secret "
        "and saw the same handshake.",
        "RFC 5246 §7.4.9",
    ),
}

VALUES: Mapping[str, Entry] = {
    "session_id": Entry(
        "The name of a session: the server gave it, and the client shows it to go on with the "
        "master secret of then.",
        "RFC 5246 §7.4.1.2",
    ),
    "ticket": Entry(
        "The server's memory of a session, sealed with keys that it alone has, for the client to "
        "keep.",
        "RFC 5077 §3.1",
    ),
    "ticket_iv": Entry(
        "16 random bytes with which the encryption of one ticket begins.", "RFC 5077 §4"
    ),
    "exported_keying_material": Entry(
        "Bytes for a use outside TLS that only the two sides of this connection can compute.",
        "RFC 5705 §4",
    ),
    "client_random": Entry(
        "32 bytes that the client makes anew for each connection and sends in the clear; all keys "
        "depend on them.",
        "RFC 5246 §7.4.1.2",
    ),
    "server_random": Entry(
        "32 bytes that the server makes anew for each connection and sends in the clear; all keys "
        "depend on them.",
        "RFC 5246 §7.4.1.3",
    ),
    "premaster_random": Entry(
        "46 secret random bytes of the client; two bytes with its version in front make them the "
        "premaster secret.",
        "RFC 5246 §7.4.7.1",
    ),
    "premaster_secret": Entry(
        "The first secret that client and server share, and nobody else; all others are computed "
        "from it.",
        "RFC 5246 §8.1",
    ),
    "padding_string": Entry(
        "Random bytes, none of them zero, that fill up what RSA encrypts, so that equal secrets "
        "never look equal when encrypted.",
        "RFC 8017 §7.2.1",
    ),
    "encrypted_premaster_secret": Entry(
        "The premaster secret as it crosses the wire: encrypted with the RSA key in the server's "
        "certificate.",
        "RFC 5246 §7.4.7.1",
    ),
    "random_premaster": Entry(
        "48 random bytes that the server goes on with if it cannot decrypt, so that an attacker "
        "learns nothing from a failure.",
        "RFC 5246 §7.4.7.1",
    ),
    "master_secret": Entry(
        "48 secret bytes, the same on both sides, from which the keys and both Finished messages "
        "are computed.",
        "RFC 5246 §8.1",
    ),
    "session_hash": Entry(
        "The hash of the handshake up to the ClientKeyExchange, which stands for the randoms in an "
        "extended master secret.",
        "RFC 7627 §3",
    ),
    "key_block": Entry(
        "A long run of secret bytes, which is cut into the keys of both directions.",
        "RFC 5246 §6.3",
    ),
    **{
        name.format(side=side): Entry(entry.meaning.format(side=side, peer=peer), entry.section)
        for name, entry in _OF_EACH_SIDE.items()
        for side, peer in (("client", "server"), ("server", "client"))
    },
}
