"""Programs that nobody here wrote, as tests start them."""

from shutil import which

import pytest

from tlslab.lab import pki

NAME = "server.tlslab.test"


def needs(command: str, package: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(
        which(command) is None, reason=f"needs the command {command} (Debian: {package})"
    )


needs_openssl = needs("openssl", "openssl")
needs_gnutls_cli = needs("gnutls-cli", "gnutls-bin")
needs_gnutls_serv = needs("gnutls-serv", "gnutls-bin")
needs_curl = needs("curl", "curl")


def s_client(port: int, *arguments: str) -> list[str]:
    return [
        *("openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-quiet", "-no_ign_eof"),
        *("-tls1_2", "-CAfile", str(pki.pem_path("root")), "-verify_return_error"),
        *arguments,
    ]
