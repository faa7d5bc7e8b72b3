"""The fields of ClientHello and ServerHello."""

from collections.abc import Mapping

from tlslab.view.glossary.entry import Entry

HELLOS: Mapping[str, Entry] = {
    # -- ClientHello --------------------------------------------------------------------------
    "client_hello.client_version": Entry(
        "The highest version that the client supports, but never above TLS 1.2: newer versions "
        "stand in supported_versions.",
        "RFC 5246 §7.4.1.2",
    ),
    "client_hello.random": Entry(
        "32 bytes that the client makes anew for each connection and sends in the clear; all keys "
        "depend on them.",
        "RFC 5246 §7.4.1.2",
    ),
    "client_hello.session_id<0..32>": Entry(
        "The name of an earlier session that the client wants to resume, or empty; a client of "
        "TLS 1.3 may fill it with random bytes.",
        "RFC 5246 §7.4.1.2",
    ),
    "client_hello.cipher_suites<2..2^16-2>": Entry(
        "A cipher suite names the algorithms of a connection; the client lists those it accepts, "
        "the best first.",
        "RFC 5246 §7.4.1.2",
    ),
    "client_hello.compression_methods<1..2^8-1>": Entry(
        "The ways to compress that the client accepts; null, which means no compression, has to "
        "be among them.",
        "RFC 5246 §7.4.1.2",
    ),
    "client_hello.extensions<0..2^16-1>": Entry(
        "What the client offers, asks or tells beyond the fields before; a server ignores the "
        "extensions that it does not know.",
        "RFC 5246 §7.4.1.4",
    ),
    # -- ServerHello --------------------------------------------------------------------------
    "server_hello.server_version": Entry(
        "The version that the server chose, the highest that both sides support; TLS 1.3 would "
        "stand in supported_versions instead.",
        "RFC 5246 §7.4.1.3",
    ),
    "server_hello.random": Entry(
        "32 bytes that the server makes anew for each connection and sends in the clear; all keys "
        "depend on them.",
        "RFC 5246 §7.4.1.3",
    ),
    "server_hello.session_id<0..32>": Entry(
        "The name of this session for resuming it later; empty if the server will not resume it, "
        "the client's own if it resumes one now.",
        "RFC 5246 §7.4.1.3",
    ),
    "server_hello.cipher_suite": Entry(
        "The cipher suite that the server chose from the client's list: the algorithms of this "
        "connection.",
        "RFC 5246 §7.4.1.3",
    ),
    "server_hello.compression_method": Entry(
        "The way to compress that the server chose from the client's list; null means none.",
        "RFC 5246 §7.4.1.3",
    ),
    "server_hello.extensions<0..2^16-1>": Entry(
        "The server's answers to extensions of the client; an extension that the client did not "
        "send must not stand here.",
        "RFC 5246 §7.4.1.4",
    ),
}
