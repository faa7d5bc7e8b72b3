"""pyOpenSSL as a peer of the lab: a newer OpenSSL, with the hybrid group that browsers use."""

import sys

import pytest

from tlslab import LocalError, lab
from tlslab.trace import Negotiated

ECDHE = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
HYBRID = ("X25519MLKEM768", "x25519")

both_roles = pytest.mark.parametrize("role", ["client", "server"])


def is_well(h):
    data = h.peer_received, h.received
    expected = (b"Can anybody read this?", b"Only the two of us.")
    return (h.error, h.peer_error) == (None, "") and data == (
        expected if h.role == "client" else expected[::-1]
    )


@both_roles
@pytest.mark.parametrize("groups", [HYBRID, "X25519MLKEM768", "x25519", "secp384r1"])
def test_it_agrees_on_the_hybrid_and_on_curves(role, groups):
    h = lab.peers.pyopenssl(role, version="TLS 1.3", groups=groups)
    assert is_well(h)
    group = groups if isinstance(groups, str) else groups[0]
    assert [e.value for e in h.trace.of(Negotiated) if e.name == "group"] == [group]
    assert sorted(h.peer_key_log.splitlines()) == sorted(h.trace.key_log().splitlines())
    assert h.peer_version.startswith("OpenSSL 4.") or "pyOpenSSL" in repr(h)


@both_roles
@pytest.mark.parametrize("version", ["TLS 1.3", "TLS 1.2"])
def test_it_resumes_by_ticket_in_both_versions(role, version):
    suite = {"suite": ECDHE} if version == "TLS 1.2" else {}
    first = lab.peers.pyopenssl(role, version=version, resumption="ticket", **suite)
    second = lab.peers.pyopenssl(role, resume=first)
    assert is_well(first)
    assert is_well(second)
    assert (first.outcome.resumed, second.outcome.resumed) == (False, True)
    assert set(second.trace.key_log().splitlines()) == set(second.peer_key_log.splitlines())


@both_roles
@pytest.mark.parametrize("user", ["rsa", "ecdsa"])
def test_each_sees_who_the_other_is(role, user):
    h = lab.peers.pyopenssl(role, version="TLS 1.3", user=user, client_authentication="required")
    assert is_well(h)
    assert h.peer_verified == "ok"
    name = "learner" if role == "client" else "server"
    assert h.peer_subject.startswith(f"CN={name}.tlslab.test")


@both_roles
def test_it_refuses_a_server_and_a_user_that_are_not_good(role):
    h = lab.peers.pyopenssl(role, version="TLS 1.3", server="expired")
    assert h.error.alert == "certificate_expired"
    h = lab.peers.pyopenssl("client", version="TLS 1.3", client_authentication="required")
    assert h.error.alert == "certificate_required"


def test_new_keys_are_taken_and_made():
    h = lab.peers.pyopenssl("client", version="TLS 1.3", key_update="both")
    assert is_well(h)
    assert [each.sender for each in h.trace.messages("key_update")] == ["client", "server"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"psk": (b"lamp", b"key")}, "neither keys from outside nor early data"),
        ({"retry": True}, "asks for nothing by itself"),
        ({"suite": "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256"}, "is not implemented|no name"),
    ],
)
def test_what_it_cannot_do_is_said(options, sentence):
    with pytest.raises(LocalError, match=sentence):
        lab.peers.pyopenssl(**{"suite": "TLS_AES_128_GCM_SHA256", **options})


def test_without_it_a_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "OpenSSL", None)
    with pytest.raises(LocalError, match="pip install pyOpenSSL"):
        lab.peers.pyopenssl()


def test_each_peer_goes_on_from_its_own():
    there = lab.peers.openssl(version="TLS 1.3", resumption="ticket")
    with pytest.raises(LocalError, match="pyOpenSSL can go on from"):
        lab.peers.pyopenssl(resume=there)
