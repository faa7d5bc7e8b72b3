"""Every kind of key signs, and every group agrees on a secret, with libssl in either role."""

import os
import ssl
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from issuing import issued, keys
from libssl import context_of, meet

from tlslab.crypto.key_shares import KEY_SHARE_GROUPS
from tlslab.crypto.signatures import tls13_schemes_for
from tlslab.wire.registry import NamedGroup

# libssl offers and takes them only if a configuration file says so.
NOT_BY_DEFAULT = (
    NamedGroup.SecP384r1MLKEM1024,
    NamedGroup.ffdhe4096,
    NamedGroup.ffdhe6144,
    NamedGroup.ffdhe8192,
)
CONFIGURATION = f"""
openssl_conf = init
[init]
ssl_conf = ssl
[ssl]
system_default = all
[all]
Groups = {":".join(group.name for group in NOT_BY_DEFAULT)}
"""
# The file is read once in a process.
PROGRAM = """
import sys
from libssl import meet
from tlslab.wire.registry import NamedGroup
for group in map(int, sys.argv[1:]):
    for role in ("client", "server"):
        outcome = meet(role, groups=(NamedGroup(group),))
        assert outcome.is_well, (group, role, outcome)
"""


@pytest.mark.parametrize("role", ["client", "server"])
@pytest.mark.parametrize("name", keys())
def test_a_key_of_each_kind_signs_for_its_server(name, role, tmp_path):
    key, credential = keys()[name], issued(keys()[name])
    schemes = {"signature_schemes": tls13_schemes_for(key)}
    if role == "server":
        outcome = meet("server", credentials=(credential,), **schemes)
    else:
        files = tmp_path / "chain.pem", tmp_path / "key.pem"
        pem = [ssl.DER_cert_to_PEM_cert(each) for each in credential.certificate_chain]
        files[0].write_text("".join(pem))
        form = Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        files[1].write_bytes(key.private_bytes(*form))
        outcome = meet("client", context=context_of("server", *files), **schemes)
    assert outcome.is_well, outcome


@pytest.mark.parametrize("role", ["client", "server"])
@pytest.mark.parametrize("group", [g for g in KEY_SHARE_GROUPS if g not in NOT_BY_DEFAULT])
def test_every_group_leads_to_the_secret_of_libssl(group, role):
    outcome = meet(role, groups=(group,))
    assert outcome.is_well, outcome


def test_the_groups_that_libssl_has_not_by_default_lead_to_its_secret_too(tmp_path):
    file = tmp_path / "openssl.cnf"
    file.write_text(CONFIGURATION)
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, *(str(int(g)) for g in NOT_BY_DEFAULT)],
        env={**os.environ, "OPENSSL_CONF": str(file), "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
