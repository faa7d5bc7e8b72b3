"""The extensions whose bodies are not taken apart: those of TLS 1.2 and before.

Most sources are RFCs. IANA also registers extensions of drafts and of other bodies; then the source
is the document itself.
"""

from collections.abc import Mapping

from tlslab.view.glossary.entry import Entry

_TLMSP = Entry(
    "Belongs to TLMSP, a relative of TLS in which both sides let named middleboxes read or change "
    "what is sent.",
    "ETSI TS 103 523-2",
)

UNTIL_TLS12: Mapping[str, Entry] = {
    "extensions.max_fragment_length": Entry(
        "The client asks for records of at most 512, 1,024, 2,048 or 4,096 bytes of content.",
        "RFC 6066 §4",
    ),
    "server_hello.extensions.max_fragment_length": Entry(
        "The server agrees to the shorter records that the client asked for.",
        "RFC 6066 §4",
    ),
    "extensions.client_certificate_url": Entry(
        "The client can send the address of its certificate in place of the certificate.",
        "RFC 6066 §5",
    ),
    "server_hello.extensions.client_certificate_url": Entry(
        "The server is ready to fetch the client's certificate from an address.",
        "RFC 6066 §5",
    ),
    "extensions.trusted_ca_keys": Entry(
        "Which certification authorities the client trusts, so that the server can choose a "
        "certificate that fits.",
        "RFC 6066 §6",
    ),
    "server_hello.extensions.trusted_ca_keys": Entry(
        "The server paid heed to the authorities that the client trusts; the answer has no "
        "content.",
        "RFC 6066 §6",
    ),
    "extensions.truncated_hmac": Entry(
        "The client offers MACs that are cut to 10 bytes, to save space.",
        "RFC 6066 §7",
    ),
    "server_hello.extensions.truncated_hmac": Entry(
        "The server agrees to MACs that are cut to 10 bytes.",
        "RFC 6066 §7",
    ),
    "extensions.user_mapping": Entry(
        "The kinds of hint that can be sent to tell which account of the server a client's "
        "certificate belongs to.",
        "RFC 4681 §2",
    ),
    "extensions.client_authz": Entry(
        "The kinds of statement on what the client is allowed to do that can be sent in this "
        "handshake.",
        "RFC 5878",
    ),
    "extensions.server_authz": Entry(
        "The kinds of statement on what the server is allowed to do that can be sent in this "
        "handshake.",
        "RFC 5878",
    ),
    "extensions.cert_type": Entry(
        "The kinds of certificate that can be used in this handshake: X.509 or OpenPGP.",
        "RFC 6091 §3",
    ),
    "extensions.srp": Entry(
        "The name of the user who logs in with a password during the handshake (SRP).",
        "RFC 5054 §2.8.1",
    ),
    "extensions.use_srtp": Entry(
        "The ways to protect audio and video (SRTP) for which this handshake is to make the keys.",
        "RFC 5764 §4.1",
    ),
    "extensions.heartbeat": Entry(
        "Whether the sender may be sent heartbeats: requests that only test whether it is still "
        "there.",
        "RFC 6520 §2",
    ),
    "extensions.status_request_v2": Entry(
        "The client asks for proofs that none of the certificates in the server's chain has been "
        "revoked.",
        "RFC 6961 §2.2",
    ),
    "server_hello.extensions.status_request_v2": Entry(
        "The server is ready to send the proofs that the client asked for, in a "
        "certificate_status message.",
        "RFC 6961 §2.2",
    ),
    "extensions.signed_certificate_timestamp": Entry(
        "The client asks for promises of public logs to list the server's certificate "
        "(Certificate Transparency).",
        "RFC 6962 §3.3.1",
    ),
    "server_hello.extensions.signed_certificate_timestamp": Entry(
        "Promises, signed by public logs, to list the server's certificate (Certificate "
        "Transparency).",
        "RFC 6962 §3.3.1",
    ),
    "extensions.client_certificate_type": Entry(
        "In which forms the client can show its key: as an X.509 certificate or as a bare public "
        "key.",
        "RFC 7250 §3",
    ),
    "extensions.server_certificate_type": Entry(
        "In which forms the client accepts the server's key: as an X.509 certificate or as a bare "
        "public key.",
        "RFC 7250 §3",
    ),
    "server_hello.extensions.client_certificate_type": Entry(
        "In which form the server wants the client's key.",
        "RFC 7250 §3",
    ),
    "server_hello.extensions.server_certificate_type": Entry(
        "In which form the server is going to show its key.",
        "RFC 7250 §3",
    ),
    "extensions.token_binding": Entry(
        "An offer to tie cookies and tokens to a key of the client, so that they are of no use to "
        "a thief.",
        "RFC 8472 §2",
    ),
    "server_hello.extensions.token_binding": Entry(
        "The server agrees to tie cookies and tokens to a key of the client.",
        "RFC 8472 §3",
    ),
    "extensions.cached_info": Entry(
        "What the client still has from an earlier handshake, such as the server's certificate, "
        "and need not be sent again.",
        "RFC 7924 §3",
    ),
    "server_hello.extensions.cached_info": Entry(
        "What the server is not going to send again, because the client still has it.",
        "RFC 7924 §3",
    ),
    "extensions.tls_lts": Entry(
        "An offer to use a hardened form of TLS 1.2, made for devices that cannot be updated.",
        "draft-gutmann-tls-lts",
    ),
    "server_hello.extensions.tls_lts": Entry(
        "The server agrees to use a hardened form of TLS 1.2.",
        "draft-gutmann-tls-lts",
    ),
    "extensions.pwd_protect": Entry(
        "The name, encrypted, of the user who logs in with a password during the handshake "
        "(TLS-pwd).",
        "RFC 8492",
    ),
    "extensions.pwd_clear": Entry(
        "The name, in the clear, of the user who logs in with a password during the handshake "
        "(TLS-pwd).",
        "RFC 8492",
    ),
    "extensions.password_salt": Entry(
        "The salt that the client has to hash together with the user's password (TLS-pwd).",
        "RFC 8492",
    ),
    "extensions.TLMSP": _TLMSP,
    "extensions.TLMSP_proxying": _TLMSP,
    "extensions.TLMSP_delegate": _TLMSP,
    "extensions.supported_ekt_ciphers": Entry(
        "The ciphers with which the sender can hand on the keys for the audio and video of a "
        "conference (EKT).",
        "RFC 8870",
    ),
    "extensions.external_id_hash": Entry(
        "A hash of the identity that somebody else, such as the service that sets up a call, "
        "vouches for.",
        "RFC 8844",
    ),
    "extensions.external_session_id": Entry(
        "The name that this session has elsewhere, such as in the messages that set up a call.",
        "RFC 8844",
    ),
}
