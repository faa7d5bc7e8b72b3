"""The record, the handshake header, and the two messages that have no handshake header."""

from collections.abc import Mapping

from tlslab.view.glossary.entry import Entry

_MAC = Entry(
    "A checksum made with a secret key over the content, its header and the record's number: "
    "without the key nobody can change them unnoticed.",
    "RFC 5246 §6.2.3.1",
)

RECORDS: Mapping[str, Entry] = {
    # -- on the wire --------------------------------------------------------------------------
    "record.type": Entry(
        "What the record carries: handshake messages, an alert, a change_cipher_spec or "
        "application data.",
        "RFC 5246 §6.2.1",
    ),
    "record.version": Entry(
        "The version of TLS; as long as none is agreed on, a client may write an old one here, "
        "such as TLS 1.0.",
        "RFC 5246 §6.2.1",
    ),
    "record.length": Entry(
        "How many bytes of the record follow: at most 16,384 in the clear, and up to 2,048 more "
        "if the record is protected.",
        "RFC 5246 §6.2",
    ),
    "record.fragment": Entry(
        "What the record carries: one message, several of the same type, or a part of one, in the "
        "clear or protected.",
        "RFC 5246 §6.2.1",
    ),
    "record.IV": Entry(
        "The initialization vector: bytes that nobody can predict, sent in the clear, so that "
        "equal contents never look equal when encrypted.",
        "RFC 5246 §6.2.3.2",
    ),
    "record.nonce_explicit": Entry(
        "The 8 bytes of the nonce that are sent; behind the 4 secret bytes of the sender's "
        "write_IV they make a nonce that must never repeat.",
        "RFC 5288 §3",
    ),
    "record.ciphertext": Entry(
        "The encrypted bytes: in CBC mode the content, its MAC and the padding, in GCM mode the "
        "content alone.",
        "RFC 5246 §6.2.3",
    ),
    "record.tag": Entry(
        "The authentication tag: without the key nobody can change the ciphertext, the header or "
        "the record's number and make a tag that fits.",
        "RFC 5116 §5.1",
    ),
    "record.content": Entry(
        "What the record carries, for everybody to read: the suite authenticates records but does "
        "not encrypt them.",
        "RFC 5246 §6.2.3.1",
    ),
    "record.MAC": _MAC,
    # -- what the cipher enciphers ------------------------------------------------------------
    "fragment.content": Entry(
        "What the record was sent for: a message or application data, as it was before it was "
        "protected.",
        "RFC 5246 §6.2.3",
    ),
    "fragment.MAC": _MAC,
    "fragment.padding": Entry(
        "Bytes that fill up the last block, because CBC encrypts whole blocks only; each has the "
        "value of padding_length.",
        "RFC 5246 §6.2.3.2",
    ),
    "fragment.padding_length": Entry(
        "How many bytes of padding stand before this one: 0 to 255.",
        "RFC 5246 §6.2.3.2",
    ),
    "fragment.undecoded": Entry(
        "Decrypted bytes whose padding_length is more than fits, so that content, MAC and padding "
        "cannot be told apart.",
        "RFC 5246 §6.2.3.2",
    ),
    # -- the same in TLS 1.3 ------------------------------------------------------------------
    "inner_plaintext.content": Entry(
        "What the record was sent for: a message or application data, as it was before it was "
        "protected.",
        "RFC 8446 §5.2",
    ),
    "inner_plaintext.type": Entry(
        "What the record truly carries; from outside all protected records look like application "
        "data.",
        "RFC 8446 §5.2",
    ),
    "inner_plaintext.zeros": Entry(
        "Padding, so that nobody on the way learns how long the content is.",
        "RFC 8446 §5.4",
    ),
    # -- what stands in front of a handshake message ------------------------------------------
    "handshake.msg_type": Entry(
        "The number that says which handshake message this is.",
        "RFC 5246 §7.4",
    ),
    "handshake.length": Entry(
        "How many bytes of the message follow; the 4 bytes of this header do not count.",
        "RFC 5246 §7.4",
    ),
    "handshake.body": Entry(
        "The body of a handshake message, shown as it came: its fields are not taken apart here.",
        "RFC 5246 §7.4",
    ),
    # -- the messages without a handshake header ----------------------------------------------
    "change_cipher_spec.type": Entry(
        "Always 1: the sender protects every record after this one with the keys just agreed on.",
        "RFC 5246 §7.1",
    ),
    "alert.level": Entry(
        "How serious it is: 1 is a warning, 2 is fatal and ends the connection at once.",
        "RFC 5246 §7.2",
    ),
    "alert.description": Entry(
        "What happened, as a number: 0, close_notify, is no error and says that the sender will "
        "send nothing more.",
        "RFC 5246 §7.2",
    ),
}
