"""A real browser completes a TLS 1.2 handshake with our server, and says the same of it as we do."""

import os

import jupyter_lab
import pytest
from combinations import agreed_extensions, key_log_line
from in_memory import ONE_OF_EACH_EXCHANGE
from playwright.sync_api import Error
from sockets import our_server

from tlslab.connection.config import ClientAuthentication
from tlslab.crypto.suites import SUITES, KeyExchange
from tlslab.lab.www import Www
from tlslab.wire.registry import CipherSuite

pytestmark = pytest.mark.peer

# A browser offers no DHE, and SHA-1 is the only HMAC that it still has.
WANTED = (
    *(suite for suite in ONE_OF_EACH_EXCHANGE if "_DHE_" not in suite.name),
    CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return tmp_path_factory.mktemp("browser") / "keys"


@pytest.fixture(scope="module")
def chromium(browser, keys):
    """A browser that goes no further than TLS 1.2 and writes down its secrets."""
    made = browser.browser_type.launch(
        executable_path=jupyter_lab.CHROMIUM,
        args=[*jupyter_lab.FLAGS, "--ssl-version-max=tls1.2"],
        env={**os.environ, "SSLKEYLOGFILE": str(keys)},
    )
    yield made
    made.close()


def visited(chromium, server, **context):
    """The page as it is shown, and what the browser's developer tools say of the connection."""
    browsing = chromium.new_context(**context)
    page = browsing.new_page()
    details = []
    tools = browsing.new_cdp_session(page)
    tools.on("Network.responseReceived", lambda event: details.append(event["response"]))
    tools.send("Network.enable")
    try:
        page.goto(f"https://localhost:{server.port}/")
        return page.inner_text("body"), details[0]["securityDetails"]
    finally:
        browsing.close()


@pytest.mark.parametrize("suite", WANTED, ids=lambda suite: suite.name)
def test_a_browser_shows_the_page_of_our_server_and_agrees_on_what_was_agreed(
    chromium, keys, suite
):
    only = {"cipher_suites": (suite,), "client_authentication": ClientAuthentication.NONE}
    with our_server(lambda visit: Www(visit, with_secrets=False), **only) as server:
        shown, details = visited(chromium, server, ignore_https_errors=True)
        # It leaves once to ask itself whether the certificate will do, and comes back.
        while (visit := server.visit()).completed is None:
            pass
    assert suite.name in shown
    assert details["protocol"] == "TLS 1.2"
    parameters = SUITES[suite]
    assert details["cipher"].startswith(
        "CHACHA20" if "CHACHA20" in suite.name else f"AES_{8 * parameters.enc_key_length}"
    )
    if parameters.key_exchange is KeyExchange.RSA:
        assert details["keyExchange"] == "RSA"
    else:
        assert details["keyExchange"] == parameters.key_exchange
        assert details["keyExchangeGroup"] == "X25519"
    assert visit.completed.version.title == "TLS 1.2"
    assert visit.completed.cipher_suite == suite
    extensions = agreed_extensions(visit.trace)
    assert "extended_master_secret" in extensions
    # No browser knows encrypt-then-MAC.
    assert "encrypt_then_mac" not in extensions
    assert key_log_line(visit.trace) in keys.read_text().lower()


def test_a_browser_refuses_a_certificate_that_it_does_not_trust(chromium):
    with our_server(lambda visit: Www(visit, with_secrets=False)) as server:
        with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
            visited(chromium, server)
        assert "certificate_unknown" in str(server.visit().problem)
