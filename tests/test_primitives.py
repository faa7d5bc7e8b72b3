"""A learner's function takes the place of the reference, in what calls it too, and nowhere else."""

import pytest
from in_memory import ASKS, CBC, GCM, NULL, Pair, credential, resumption

from tlslab.connection.session import ExternalPSK, TicketKeys
from tlslab.errors import LocalError
from tlslab.lab.randomness import SeededRandom
from tlslab.primitives import NAMES, Primitives
from tlslab.primitives.tls13 import Tls13Functions
from tlslab.wire.registry import CipherSuite, NamedGroup


def test_what_is_replaced_is_called_by_everything_above_it():
    called = []

    def p_hash(secret, seed, length, hash_name):
        called.append(seed[:13])
        return bytes(length)

    mine = Primitives().using(p_hash=p_hash)
    assert mine.master_secret(b"s", b"c", b"s", "sha256") == bytes(48)
    assert mine.verify_data(b"s", b"client finished", b"h", "sha256") == bytes(12)
    assert called == [b"master secret", b"client finish"]


def test_the_original_stays_as_it_is():
    reference = Primitives()
    mine = reference.using(cbc_padding=lambda length: b"")
    assert mine.cbc_padding(3) == b""
    assert reference.cbc_padding(3) == bytes([12]) * 13
    assert Primitives().cbc_padding(3) == bytes([12]) * 13


def test_replacements_add_up_and_the_last_one_counts():
    first = Primitives().using(cbc_padding=lambda length: b"1")
    second = first.using(prf=lambda *_: b"2").using(cbc_padding=lambda length: b"3")
    assert (second.cbc_padding(0), second.prf()) == (b"3", b"2")
    assert first.cbc_padding(0) == b"1"


def test_what_is_not_written_yet_is_the_reference():
    def prf(secret, label, seed, length, hash_name):
        raise NotImplementedError

    mine = Primitives().using(prf=prf)
    arguments = (b"secret", b"label", b"seed", 20, "sha256")
    assert mine.prf(*arguments) == Primitives().prf(*arguments)


def test_what_is_not_written_yet_leaves_the_one_before_in_its_place():
    def unwritten(*_):
        raise NotImplementedError

    mine = Primitives().using(prf=lambda *_: b"first").using(prf=unwritten)
    assert mine.prf(b"", b"", b"", 5, "sha256") == b"first"


def test_another_error_in_a_learners_function_comes_out_as_it_is():
    def prf(secret, label, seed, length, hash_name):
        return secret + "text"

    with pytest.raises(TypeError):
        Primitives().using(prf=prf).master_secret(b"s", b"c", b"s", "sha256")


def test_a_name_that_is_no_primitive_gets_the_list_of_those_that_are():
    with pytest.raises(LocalError, match="there is no primitive 'pfr'; there are: .*prf"):
        Primitives().using(pfr=lambda: None)
    with pytest.raises(LocalError, match="no primitive 'using'"):
        Primitives().using(using=lambda: None)


def test_it_says_what_is_replaced():
    assert repr(Primitives()) == "<Primitives: none replaced>"
    mine = Primitives().using(prf=lambda: b"", cbc_padding=lambda: b"")
    assert repr(mine) == "<Primitives: cbc_padding, prf>"


@pytest.mark.parametrize("name", [name for name in NAMES if name not in vars(Tls13Functions)])
def test_each_primitive_says_what_it_is_and_is_used_by_a_handshake(name):
    assert getattr(Primitives, name).__doc__
    called = []
    reference = getattr(Primitives(), name)

    def counted(*arguments):
        called.append(name)
        return reference(*arguments)

    counting = {"primitives": Primitives().using(**{name: counted})}
    suite, changes = WHERE_IT_IS_USED.get(name, (GCM, {}))
    asks = ASKS if "credential" in changes else {}
    server = {k: v for k, v in changes.items() if k != "credential"}
    pair = Pair(suite, client={**changes, **counting}, server={**server, **asks, **counting})
    pair.connected()
    pair.client.send(b"data")
    pair.client.export_keying_material(b"label", 32)
    pair.carry()
    if name == "open_ticket":
        setup = resumption(renews=False)
        Pair(GCM, client=setup["client"], server={**setup["server"], **counting}).connected()
    assert called


@pytest.mark.parametrize("name", [name for name in vars(Tls13Functions) if name in NAMES])
def test_each_primitive_of_tls_1_3_is_used_by_a_connection(name):
    assert getattr(Primitives, name).__doc__
    called = []
    reference = getattr(Primitives(), name)

    def counted(*arguments):
        called.append(name)
        return reference(*arguments)

    common = {"primitives": Primitives().using(**{name: counted}), "groups": (HYBRID,)}
    psk = ExternalPSK(b"identity", bytes(32))
    server = {"psks": (psk,), "retry": True, "ticket_keys": TicketKeys(SeededRandom(1, "tickets"))}
    pair = Pair(TLS13, client={"psk": psk, **common}, server={**server, **common})
    pair.connected()
    pair.client.update_keys()
    pair.client.send(b"data")
    pair.client.export_keying_material(b"label", 32)
    pair.carry()
    if name == "tls13_signed_content":
        Pair(TLS13, client=common, server=common).connected()
    assert called


TLS13 = CipherSuite.TLS_AES_128_GCM_SHA256
HYBRID = NamedGroup.X25519MLKEM768
ETM = (CBC, {"encrypt_then_mac": True})
DHE = (CipherSuite.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, {})
ECDHE = (CipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, {})
USER = (GCM, {"credential": credential("client-ecdsa")})
# Where the handshake with RSA and GCM does not come by.
WHERE_IT_IS_USED = {
    "cbc_padding": (CBC, {}),
    "cbc_protect": (CBC, {}),
    "cbc_unprotect": (CBC, {}),
    "record_mac": (CBC, {}),
    "mac_protect": (NULL, {}),
    "mac_unprotect": (NULL, {}),
    "etm_protect": ETM,
    "etm_unprotect": ETM,
    "dh_public": DHE,
    "dh_shared_secret": DHE,
    "ecdhe_shared_secret": ECDHE,
    "x25519_shared_secret": ECDHE,
    "signed_params": ECDHE,
    "sign": ECDHE,
    "verify": ECDHE,
    "chacha20_protect": ECDHE,
    "chacha20_unprotect": ECDHE,
    "accept_client": USER,
    "verify_client_chain": USER,
    "certificate_verify_content": USER,
    "extended_master_secret": (GCM, {"extended_master_secret": True}),
}
