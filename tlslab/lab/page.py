"""The page that `tlslab serve --www` answers with: the handshake as the server saw it.

One file of HTML without scripts and without anything from elsewhere. Much of what it shows was
chosen by whoever is at the other end, so everything goes through `_text`.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from html import escape

from tlslab.connection.context import HandshakeCompleted
from tlslab.lab.terminal import printable
from tlslab.trace import KeyLogged, Message, Negotiated, SecretDerived, Trace
from tlslab.view.tables import counted
from tlslab.wire.extensions import (
    ALPN,
    KeyShareClientHello,
    ServerName,
    SupportedGroups,
    SupportedVersions,
)
from tlslab.wire.framing import HANDSHAKE_HEADER_LENGTH
from tlslab.wire.hello import ClientHello, ServerHello

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #ffffff; --soft: #5a6370;
  --line: #d5dae0; --wash: #f3f5f8; --client: #0b5cad; --server: #8a4b00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ed; --paper: #15181c; --soft: #a0a9b4;
  --line: #363d46; --wash: #1f242a; --client: #7fb8f5; --server: #f0b26b; } }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem 1rem 4rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.25; }
h2 { font-size: 1.125rem; margin: 2rem 0 .5rem; }
p, caption { color: var(--soft); margin: .25rem 0 .75rem; text-align: left; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .75rem .35rem 0;
  text-align: left; vertical-align: top; }
thead th { color: var(--soft); font-weight: 600; }
tbody th { font-weight: 600; white-space: nowrap; width: 1%; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.client { color: var(--client); } .server { color: var(--server); }
code, pre { font: .875rem/1.45 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { background: var(--wash); margin: 0; padding: .75rem; white-space: pre-wrap; }
ul { margin: 0; padding-left: 1.1rem; }
@media (max-width: 40rem) { .facts :is(tr, th, td) { display: block; }
  .facts tr { border-bottom: 1px solid var(--line); } .facts :is(th, td) { border: 0; } }
""".strip()

_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What a browser may do with the page: show it."""


def handshake_page(
    trace: Trace, completed: HandshakeCompleted, request: str, with_secrets: bool
) -> str:
    """The whole page. request: the head of the HTTP request. with_secrets: show those too."""
    client_hello = _client_hello(trace)
    server_hello = _server_hello(trace)
    group = _group(trace)
    title = f"{completed.version.title}, as the server saw it"
    secrets = _secrets(trace) if with_secrets else _NO_SECRETS
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{_text(title)}</title>
<style>{STYLE}</style>
<main>
<h1>{_text(title)}</h1>
<p>tlslab answered this connection. It is for learning, and guards nothing of value.</p>

<h2>What was agreed on</h2>
{_table(_agreed(completed, group, client_hello, server_hello))}

<h2>What the client offered</h2>
{_table(_offered(client_hello, completed, group))}

<h2>Who said what</h2>
{_messages(trace.messages())}

<h2>The secrets</h2>
{secrets}

<h2>What the client asked</h2>
<p>The first application data: nobody on the way could read it, or change it unnoticed.</p>
<pre>{_text(request, keep=chr(10))}</pre>
</main>
</html>
"""


# -- sections ---------------------------------------------------------------------------------


def _agreed(
    completed: HandshakeCompleted, group: str, client_hello: ClientHello, server_hello: ServerHello
) -> Iterator[tuple[str, str]]:
    yield "Version", _text(completed.version.title)
    yield "Cipher suite", _code(completed.cipher_suite.label)
    if group:
        yield "Group of the key exchange", _code(group)
    if completed.resumed:
        early = ", with early data" if completed.early_data_accepted else ""
        yield "Resumed", f"from an earlier session{early}"
    yield "Server name", _code(completed.server_name) if completed.server_name else _none("none")
    protocol = completed.alpn_protocol
    yield "Protocol (ALPN)", _code(_ascii(protocol)) if protocol else _none("none")
    yield "Client random", _code(client_hello.random.hex())
    yield "Server random", _code(server_hello.random.hex())


def _offered(
    client_hello: ClientHello, completed: HandshakeCompleted, group: str
) -> Iterator[tuple[str, str]]:
    offered = client_hello.extension(SupportedVersions)
    # RFC 8446 §4.1.2: from TLS 1.3 on the old field always says 1.2, and nobody looks at it.
    versions = offered.versions if offered else (client_hello.client_version,)
    yield (
        "Versions" if offered else "Version",
        _list(
            _code(version.label) + (_CHOSEN if version is completed.version else "")
            for version in versions
        ),
    )
    names = client_hello.extension(ServerName)
    asked = [_code(_ascii(name.host_name)) for name in names.server_name_list] if names else []
    yield "Server name", ", ".join(asked) or _none("did not say which server it wants")
    alpn = client_hello.extension(ALPN)
    protocols = [_code(_ascii(name)) for name in alpn.protocol_name_list] if alpn else []
    yield "Protocols (ALPN)", ", ".join(protocols) or _none("none")
    yield (
        "Cipher suites",
        _list(
            _code(suite.label) + (_CHOSEN if suite is completed.cipher_suite else "")
            for suite in client_hello.cipher_suites
        ),
    )
    groups = client_hello.extension(SupportedGroups)
    if groups:
        yield (
            "Groups",
            _list(
                _code(each.label) + (_CHOSEN if each.name == group else "")
                for each in groups.named_group_list
            ),
        )
    shares = client_hello.extension(KeyShareClientHello)
    if shares:
        yield (
            "Key shares",
            _list(
                f"{_code(share.group.label)}, {counted(len(share.key_exchange), 'byte')}"
                for share in shares.client_shares
            ),
        )
    yield "Extensions", _list(_code(kind.label) for kind in client_hello.extension_types())


_CHOSEN = " ← chosen"


def _messages(messages: list[Message]) -> str:
    rows = "".join(
        f'<tr><td class="number">{number}</td>'
        f'<td class="{_text(message.sender)}">{_text(message.sender)}</td>'
        f"<td><code>{_text(message.name)}</code></td>"
        f'<td class="number">{len(message.raw)}</td>'
        f"<td>{_text(_PROTECTIONS.get(message.protection, message.protection))}</td></tr>\n"
        for number, message in enumerate(messages, 1)
    )
    return (
        '<div class="scroll"><table>\n<thead><tr><th scope="col" class="number">#</th>'
        '<th scope="col">From</th><th scope="col">Message</th>'
        '<th scope="col" class="number">Bytes</th><th scope="col">Protected by</th></tr></thead>\n'
        f"<tbody>\n{rows}</tbody></table></div>"
    )


_PROTECTIONS = {"none": "nothing"}

_NO_SECRETS = (
    "<p>Both sides know them and nobody else does. Start the server with <code>--keylog FILE</code>"
    " to write them down, and to see them here.</p>"
)


def _secrets(trace: Trace) -> str:
    derived = [
        (event.name, _code(event.value.hex()))
        for event in trace.of(SecretDerived)
        if event.name in ("premaster_secret", "master_secret", "shared_secret", "main_secret")
    ]
    lines = "\n".join(str(line) for line in trace.of(KeyLogged))
    return (
        "<p>Shown because the server was started with <code>--keylog</code>: with these lines, "
        "anybody who recorded the connection can read it.</p>\n"
        f"{_table(derived)}\n<pre>{_text(lines, keep=chr(10))}</pre>"
    )


# -- HTML ---------------------------------------------------------------------------------------


def _table(rows: Iterable[tuple[str, str]]) -> str:
    """Rows of a name and of HTML."""
    body = "".join(
        f'<tr><th scope="row">{_text(name)}</th><td>{html}</td></tr>\n' for name, html in rows
    )
    return f'<div class="scroll"><table class="facts"><tbody>\n{body}</tbody></table></div>'


def _list(items: Iterable[str]) -> str:
    body = "".join(f"<li>{item}</li>" for item in items)
    return f"<ul>{body}</ul>" if body else _none("none")


def _code(text: str) -> str:
    return f"<code>{_text(text)}</code>"


def _none(text: str) -> str:
    return f"<em>{_text(text)}</em>"


def _text(text: str, keep: str = "") -> str:
    return escape(printable(text, keep))


def _ascii(name: bytes) -> str:
    return name.decode("ascii", "backslashreplace")


def _client_hello(trace: Trace) -> ClientHello:
    return ClientHello.decode(trace.messages("client_hello")[0].raw, None, HANDSHAKE_HEADER_LENGTH)


def _group(trace: Trace) -> str:
    return next((each.value for each in trace.of(Negotiated) if each.name == "group"), "")


def _server_hello(trace: Trace) -> ServerHello:
    return ServerHello.decode(trace.messages("server_hello")[0].raw, None, HANDSHAKE_HEADER_LENGTH)
