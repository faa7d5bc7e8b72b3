"""Every primitive of TLS 1.3 is on the wire too: with a wrong one no connection with libssl works."""

from typing import Any

import pytest
from libssl import context_of, meet

from tlslab.primitives import REFERENCE, Primitives
from tlslab.primitives.tls13 import Tls13Functions
from tlslab.wire.registry import NamedGroup

HYBRID = {"groups": (NamedGroup.X25519MLKEM768,)}


def flipped(function):
    """The same function with one bit of its last byte changed."""

    def wrong(*arguments):
        value = function(*arguments)
        return value[:-1] + bytes([value[-1] ^ 1])

    return wrong


def swapped(*arguments):
    keys = REFERENCE.traffic_keys(*arguments)
    return keys._replace(iv=keys.key[:12])


def another_type(*arguments):
    type, content = REFERENCE.open_inner_plaintext(*arguments)
    return type ^ 1, content


# A server that takes one curve asks for another share than the first.
RETRY = {"retry": True}
# name: (the wrong version, our role, how the connection is)
WRONG: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "next_traffic_secret": (flipped, "client", {"updates": True}),
    "traffic_keys": (lambda _: swapped, "client", {}),
    "tls13_signed_content": (flipped, "server", {}),
    "message_hash": (flipped, "server", RETRY),
    "open_inner_plaintext": (lambda _: another_type, "client", {}),
    "combine_secrets": (flipped, "client", HYBRID),
    "combine_public": (flipped, "server", HYBRID),
    **{
        name: (flipped, "client", {})
        for name in (
            "hkdf_extract",
            "hkdf_expand",
            "hkdf_expand_label",
            "derive_secret",
            "early_secret",
            "handshake_secret",
            "main_secret",
            "tls13_export",
            "finished_key",
            "finished_mac",
            "per_record_nonce",
            "tls13_additional_data",
            "inner_plaintext",
            "aead_protect",
            "aead_unprotect",
        )
    },
}
# Of a session to go on with.
OF_A_PSK = {"binder_key", "resumption_psk"}


def test_every_primitive_of_tls_1_3_has_a_wrong_version_here():
    names = {name for name in vars(Tls13Functions) if not name.startswith("_")}
    assert set(WRONG) | OF_A_PSK == names


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_primitive_ends_the_connection_with_libssl(name):
    wrong, role, how = WRONG[name]
    right = meet(role, REFERENCE, **how)
    assert right.is_well, right
    mine = Primitives().using(**{name: wrong(getattr(REFERENCE, name))})
    assert not meet(role, mine, **how).is_well


@pytest.mark.parametrize("name", sorted(OF_A_PSK))
def test_a_wrong_primitive_ends_the_resumption_with_libssl(name):
    mine = Primitives().using(**{name: flipped(getattr(REFERENCE, name))})
    for primitives in (REFERENCE, mine):
        context = context_of("server")
        first = meet("client", primitives, context=context)
        assert first.is_well, first
        second = meet("client", primitives, context=context, session=first.sessions[0])
        assert (second.is_well and second.resumed) == (primitives is REFERENCE)
