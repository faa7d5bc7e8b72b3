"""The broken certificates: each is wrong in one thing, and everybody says so in words of their own.

OpenSSL in two versions, cryptography's verifier and a chromium are asked.
"""

import ctypes
import http.server
import os
import re
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes.util import find_library
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jupyter_lab
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.verification import PolicyBuilder, Store
from OpenSSL import crypto

from tlslab.crypto.certificates import verify_chain
from tlslab.errors import ProtocolError
from tlslab.lab import make_pki, pki
from tlslab.lab.exercises import n03

NAME = "server.tlslab.test"
NOW = datetime(2026, 1, 1, tzinfo=UTC)

# fault: (X509_V_ERR_… of OpenSSL, its words, our alert). OpenSSL 4 adds to one of them: "… not yet
# valid or the system clock is incorrect".
SAID = {
    "expired": (10, "certificate has expired", "certificate_expired"),
    "not yet valid": (9, "certificate is not yet valid", "certificate_expired"),
    "wrong name": (
        62,
        f"Hostname mismatch, certificate is not valid for '{NAME}'.",
        "bad_certificate",
    ),
    "self-signed": (18, "self-signed certificate", "unknown_ca"),
    "issuer is no authority": (79, "invalid CA certificate", "bad_certificate"),
    "wrong usage": (26, "unsuitable certificate purpose", "unsupported_certificate"),
    "changed after signing": (7, "certificate signature failure", "bad_certificate"),
}
every_fault = pytest.mark.parametrize("fault", n03.FAULTS)


def chain(fault: str) -> tuple[bytes, ...]:
    return pki.broken(n03.FAULTS[fault]).certificate_chain


def leaf(fault: str) -> x509.Certificate:
    return x509.load_der_x509_certificate(chain(fault)[0])


def accepted(
    certificate_list: tuple[bytes, ...],
    *,
    name: str = NAME,
    time: datetime = NOW,
    anchors: tuple[x509.Certificate, ...] = (),
) -> bool:
    try:
        verify_chain(certificate_list, anchors or (pki.root(),), name, time)
    except ProtocolError:
        return False
    return True


def test_there_are_seven_and_each_has_a_word() -> None:
    assert tuple(n03.FAULTS.values()) == pki.BROKEN
    assert list(n03.FAULTS) == list(SAID) == list(n03.CHROMIUM_SAYS)
    assert len(set(pki.BROKEN)) == 7


# --- what is said of them


@every_fault
def test_our_own_verifier_refuses_with_its_alert(fault: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        verify_chain(chain(fault), (pki.root(),), NAME, NOW)
    assert refused.value.alert == SAID[fault][2]


@every_fault
def test_openssl_refuses_in_the_words_that_the_notebook_shows(fault: str) -> None:
    assert n03.openssl_says(fault).startswith(SAID[fault][1])


def test_openssl_gives_seven_different_reasons() -> None:
    assert len({n03.openssl_says(fault) for fault in n03.FAULTS}) == 7


def test_openssl_has_nothing_to_say_of_a_good_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pki, "broken", lambda fault: pki.server_rsa())
    assert n03.openssl_says("expired") == "None"


@pytest.mark.parametrize("fault", [fault for fault in n03.FAULTS if fault != "wrong name"])
def test_another_version_of_openssl_uses_the_same_numbers_and_nearly_the_same_words(
    fault: str,
) -> None:
    first, *others = [x509.load_der_x509_certificate(der) for der in chain(fault)]
    store = crypto.X509Store()
    store.add_cert(crypto.X509.from_cryptography(pki.root()))
    lib = crypto._lib
    assert lib.X509_STORE_set_purpose(store._store, lib.X509_PURPOSE_SSL_SERVER) == 1
    store.set_time(NOW)
    verifier = crypto.X509StoreContext(
        store,
        crypto.X509.from_cryptography(first),
        [crypto.X509.from_cryptography(each) for each in others],
    )
    with pytest.raises(crypto.X509StoreContextError) as refused:
        verifier.verify_certificate()
    number, _, words = refused.value.errors
    assert number == SAID[fault][0]
    assert words.startswith(SAID[fault][1])


# --- each is wrong in one thing


@every_fault
def test_the_key_is_that_of_the_good_server(fault: str) -> None:
    server = pki.broken(n03.FAULTS[fault])
    assert server.private_key.public_key() == leaf(fault).public_key()
    assert server.key_path == pki.server_rsa().key_path
    assert server.names == tuple(str(each) for each in n03.certificate_names(leaf(fault)))


def test_the_dated_ones_are_good_at_another_time() -> None:
    second = timedelta(seconds=1)
    assert accepted(chain("expired"), time=make_pki.EXPIRED)
    assert not accepted(chain("expired"), time=make_pki.EXPIRED + second)
    assert accepted(chain("not yet valid"), time=make_pki.NOT_YET)
    assert not accepted(chain("not yet valid"), time=make_pki.NOT_YET - second)
    old = pki.broken("old-authority").certificate_chain
    assert accepted(old, time=make_pki.EXPIRED)
    assert not accepted(old, time=make_pki.EXPIRED + second)


def test_the_one_for_another_name_is_good_under_its_own_and_has_ours_as_common_name() -> None:
    assert accepted(chain("wrong name"), name="myserver.tlslab.test")
    assert accepted(chain("wrong name"), name=f"any.{NAME}")
    assert make_pki.common_name(leaf("wrong name").subject) == NAME


def test_the_one_for_clients_is_good_for_a_client() -> None:
    first, above = (x509.load_der_x509_certificate(der) for der in chain("wrong usage"))
    verifier = PolicyBuilder().store(Store([pki.root()])).time(NOW).build_client_verifier()
    assert verifier.verify(first, [above]).subjects == [x509.DNSName(NAME)]


def test_the_changed_one_differs_from_the_expired_one_in_one_digit_of_a_date() -> None:
    before, after = chain("expired")[0], chain("changed after signing")[0]
    assert len(before) == len(after)
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1
    assert leaf("expired").not_valid_after_utc.year == 2024
    assert leaf("changed after signing").not_valid_after_utc.year == 2044
    assert leaf("expired").signature == leaf("changed after signing").signature


def test_signatures_are_good_but_for_the_changed_one() -> None:
    for fault in n03.FAULTS:
        certificates = [x509.load_der_x509_certificate(der) for der in chain(fault)]
        issuer = certificates[1] if len(certificates) > 1 else certificates[0]
        if fault == "changed after signing":
            with pytest.raises(n03.InvalidSignature):
                certificates[0].verify_directly_issued_by(issuer)
        else:
            certificates[0].verify_directly_issued_by(issuer)


def test_the_impostor_is_good_for_whoever_trusts_it_and_has_the_roots_name() -> None:
    first, fake_root = (
        x509.load_der_x509_certificate(der) for der in pki.broken("impostor").certificate_chain
    )
    first.verify_directly_issued_by(fake_root)
    assert fake_root.subject == fake_root.issuer == pki.root().subject
    assert accepted(pki.broken("impostor").certificate_chain, anchors=(fake_root,))
    assert not accepted(pki.broken("impostor").certificate_chain)


# What a verifier forgets to look at, and whom it accepts for that.
FORGOTTEN = {
    "dates": ({"valid": lambda certificate, time: True}, {"expired", "not yet valid"}),
    "first day": (
        {"valid": lambda certificate, time: time <= certificate.not_valid_after_utc},
        {"not yet valid"},
    ),
    "name": ({"matches": lambda pattern, name: True}, {"wrong name"}),
    "alternative names": ({"names": n03._common_name}, {"wrong name"}),
    "trust anchor": ({"end": lambda certificate: True}, {"self-signed"}),
    "authority": ({"authorities": False}, {"issuer is no authority"}),
    "usage": ({"usages": False}, {"wrong usage"}),
    "signature": (
        {"signed": lambda certificate, issuer: certificate.issuer == issuer.subject},
        {"changed after signing"},
    ),
    "nothing": ({}, set()),
}


@pytest.mark.parametrize("forgotten", FORGOTTEN)
def test_a_verifier_that_forgets_one_thing_accepts_the_one_that_is_wrong_in_it(
    forgotten: str,
) -> None:
    mistake, expected = FORGOTTEN[forgotten]
    found = set()
    for fault in n03.FAULTS:
        try:
            n03.verify_step_by_step(chain(fault), (pki.root(),), NAME, NOW, **mistake)
        except ProtocolError:
            continue
        found.add(fault)
    assert found == expected


def test_every_fault_is_accepted_by_somebody_who_forgets_one_thing() -> None:
    assert set().union(*(faults for _, faults in FORGOTTEN.values())) == set(n03.FAULTS)


# --- the files


@pytest.mark.parametrize("fault", [*pki.BROKEN, "impostor", "old-authority"])
def test_every_subject_and_issuer_says_that_it_protects_nothing(fault: str) -> None:
    for der in pki.broken(fault).certificate_chain:
        certificate = x509.load_der_x509_certificate(der)
        for name in (certificate.subject, certificate.issuer):
            (organization,) = name.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
            assert organization.value == "tlslab: public test key, protects nothing"


def test_an_unknown_fault_is_answered_with_the_names_that_exist() -> None:
    with pytest.raises(FileNotFoundError, match=r"no 'broken-late\.chain', but .*broken-expired"):
        pki.broken("late")


def test_the_page_of_the_broken_names_every_file() -> None:
    page = (make_pki.DIRECTORY / "BROKEN.md").read_text("utf-8")
    files = sorted(path.name for path in make_pki.DIRECTORY.glob("broken-*"))
    assert sorted(set(re.findall(r"`(broken-[a-z-]*\.chain\.pem)`", page))) == files
    assert len(files) == 9


# --- what a browser says

NSS = find_library("nss3")
TRUSTED_CA = 1 << 3 | 1 << 4  # CERTDB_VALID_CA | CERTDB_TRUSTED_CA, in NSS's certdb.h
FAILED = re.compile(r"Page load failed: net::(ERR_[A-Z_]+)")
needs_chromium = pytest.mark.skipif(
    not (jupyter_lab.CHROMIUM and NSS and sys.platform == "linux"),
    reason="needs chromium and libnss3 (Debian: chromium): no browser was asked",
)


class SECItem(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int), ("data", ctypes.c_char_p), ("len", ctypes.c_uint)]


class CERTCertTrust(ctypes.Structure):
    _fields_ = [("ssl", ctypes.c_uint), ("email", ctypes.c_uint), ("object", ctypes.c_uint)]


def make_trust_store(directory: Path) -> None:
    """A database of NSS's in which the lab's root is trusted: chromium reads it."""
    nss = ctypes.CDLL(NSS)
    for name in ("PK11_GetInternalKeySlot", "CERT_GetDefaultCertDB", "CERT_NewTempCertificate"):
        getattr(nss, name).restype = ctypes.c_void_p
    directory.mkdir(parents=True)
    database = f"sql:{directory}".encode()
    assert nss.NSS_Initialize(database, b"", b"", b"secmod.db", 0) == 0
    slot = ctypes.c_void_p(nss.PK11_GetInternalKeySlot())
    nss.PK11_InitPin(slot, b"", b"")
    certificates = ctypes.c_void_p(nss.CERT_GetDefaultCertDB())
    der = pki.root().public_bytes(Encoding.DER)
    item, trust = SECItem(0, der, len(der)), CERTCertTrust(TRUSTED_CA, 0, 0)
    root = ctypes.c_void_p(
        nss.CERT_NewTempCertificate(certificates, ctypes.byref(item), None, 0, 1)
    )
    assert nss.PK11_ImportCert(slot, root, ctypes.c_ulong(0), b"tlslab root", 0) == 0
    assert nss.CERT_ChangeCertTrust(certificates, root, ctypes.byref(trust)) == 0
    nss.CERT_DestroyCertificate(root)
    nss.PK11_FreeSlot(slot)
    assert nss.NSS_Shutdown() == 0


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"a page")

    def log_message(self, *_: object) -> None:
        pass


class Site(http.server.ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A browser that refuses the certificate hangs up."""


@contextmanager
def site(chain_path: Path) -> Iterator[int]:
    """A server on loopback with this chain and the key of server-rsa; gives its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain_path, pki.server_rsa().key_path)
    with Site(("127.0.0.1", 0), Page) as running:
        running.socket = context.wrap_socket(
            running.socket, server_side=True, do_handshake_on_connect=False
        )
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        try:
            yield running.server_address[1]
        finally:
            running.shutdown()
            thread.join()


@dataclass(frozen=True)
class Chromium:
    home: Path

    def says(self, chain_path: Path) -> str:
        """What chromium makes of a site with this chain: the page, or the error."""
        with site(chain_path) as port:
            result = subprocess.run(
                [
                    jupyter_lab.CHROMIUM,
                    *jupyter_lab.FLAGS,
                    "--headless",
                    f"--user-data-dir={self.home / 'profile'}",
                    f"--host-resolver-rules=MAP {NAME} 127.0.0.1",
                    "--dump-dom",
                    f"https://{NAME}:{port}/",
                ],
                env={
                    **os.environ,
                    "HOME": str(self.home),
                    "XDG_DATA_HOME": str(self.home / "data"),
                },
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        error = FAILED.search(result.stderr)
        return f"NET::{error[1]}" if error else re.sub("<[^>]*>", "", result.stdout).strip()


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Chromium:
    home = tmp_path_factory.mktemp("home")
    make_trust_store(home / ".pki" / "nssdb")
    return Chromium(home)


@needs_chromium
@pytest.mark.peer
def test_chromium_opens_a_site_with_a_good_certificate(chromium: Chromium) -> None:
    assert chromium.says(pki.server_rsa().chain_path) == "a page"


@every_fault
@needs_chromium
@pytest.mark.peer
def test_chromium_says_what_the_notebook_says_that_it_does(chromium: Chromium, fault: str) -> None:
    server = pki.broken(n03.FAULTS[fault])
    assert chromium.says(server.chain_path) == n03.CHROMIUM_SAYS[fault]


@needs_chromium
@pytest.mark.peer
def test_chromium_does_not_know_the_authority_of_a_leaf_alone(
    chromium: Chromium, tmp_path: Path
) -> None:
    path = tmp_path / "leaf.pem"
    first = x509.load_der_x509_certificate(pki.server_rsa().certificate_chain[0])
    path.write_bytes(first.public_bytes(Encoding.PEM))
    assert chromium.says(path) == "NET::ERR_CERT_AUTHORITY_INVALID"
