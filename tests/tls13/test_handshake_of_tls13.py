"""What two sides of TLS 1.3 agree on, and what their owners may ask of them."""

from dataclasses import replace
from typing import Any

import pytest
from in_memory import ASKS, SIDES, Pair, credential, data_of, other, records, ticket_keys
from stapling import REVOKED, ocsp_response, stapling
from tls13_pairs import AES_128, AES_256, CHACHA20, LATER, lies, resuming, setup
from tls13_states import PLACES
from tls13_violations import Violation, drop, refusal

import tlslab
from tlslab.connection.config import ClientAuthentication
from tlslab.connection.context import ClientAuthenticated, KeysUpdated
from tlslab.connection.grease import with_grease
from tlslab.connection.session import ExternalPSK
from tlslab.crypto.hkdf import export_13
from tlslab.errors import LocalError
from tlslab.tls13.messages import Certificate, EncryptedExtensions, NewSessionTicket
from tlslab.trace import KeyLogged, SecretDerived, Verified
from tlslab.wire.extensions import OpaqueExtension
from tlslab.wire.hello import ClientHello, HelloRetryRequest
from tlslab.wire.registry import (
    CipherSuite,
    ExtensionType,
    NamedGroup,
    ProtocolVersion,
    PskKeyExchangeMode,
    SignatureScheme,
)

both_sides = pytest.mark.parametrize("role", SIDES)
USER = {"credential": credential("client-ecdsa")}
CHAIN = USER["credential"].certificate_chain


def completed(pair: Pair, role: str) -> tlslab.HandshakeCompleted:
    (event,) = (e for e in pair.events[role] if isinstance(e, tlslab.HandshakeCompleted))
    return event


@pytest.mark.parametrize("suite", [AES_128, AES_256, CHACHA20])
def test_both_sides_say_the_same_about_what_they_agreed_on(suite: CipherSuite):
    common: dict[str, Any] = {"cipher_suites": (suite,), "alpn": (b"h2",)}
    pair = Pair(**setup(client=common, server=common)).connected()
    for role in SIDES:
        event = completed(pair, role)
        assert event.version is ProtocolVersion.TLSv1_3
        assert (event.cipher_suite, event.alpn_protocol) == (suite, b"h2")
        assert event.server_name == "server.tlslab.test"
        assert not event.resumed
        assert event.session is None
    assert completed(pair, "client").peer_certificates == (
        credential("server-ecdsa").certificate_chain
    )
    assert completed(pair, "server").peer_certificates == ()


@both_sides
def test_data_go_both_ways(role: str):
    pair = Pair(**setup()).connected()
    for data in (b"x", bytes(40_000)):
        pair[role].send(data)
        assert data_of(pair.give(other(role), pair.take(role))) == data


@pytest.mark.parametrize("known", [{}, USER])
def test_a_client_says_who_it_is_or_that_it_does_not(known: dict[str, Any]):
    pair = Pair(**setup(client=known, server=ASKS)).connected()
    assert completed(pair, "server").peer_certificates == (CHAIN if known else ())


def test_a_client_whose_key_signs_nothing_that_the_server_verifies_stays_anonymous():
    rsa_alone = (SignatureScheme.rsa_pss_rsae_sha256,)
    server = {
        **ASKS,
        "credentials": (credential("server-rsa"),),
        "signature_schemes": rsa_alone,
    }
    pair = Pair(**setup(client=USER, server=server)).connected()
    assert completed(pair, "server").peer_certificates == ()


# --- what is bound to the connection


@pytest.mark.parametrize("context", [None, b"", b"mine"])
def test_both_sides_export_the_same_and_nobody_else_does(context: bytes | None):
    pair, another = Pair(**setup()).connected(), Pair(**setup(), seed=2).connected()
    label = b"EXPERIMENTAL mine"
    exported = {pair[role].export_keying_material(label, 40, context) for role in SIDES}
    (material,) = exported
    assert len(material) == 40
    assert material != another.client.export_keying_material(label, 40, context)
    assert material != pair.client.export_keying_material(b"EXPERIMENTAL other", 40, context)
    # RFC 8446 §7.5: no context is an empty one; in TLS 1.2 these are two.
    same = pair.client.export_keying_material(label, 40, b"")
    assert (material == same) is not bool(context)


def test_what_is_exported_comes_from_a_secret_of_its_own():
    """Not from the main secret, which would give away the rest (RFC 8446 §7.1, §7.5)."""
    pair = Pair(**setup(), traced=True).connected()
    secrets = {e.name: e.value for e in pair.traces["client"].of(SecretDerived)}
    label = b"EXPERIMENTAL mine"
    expected = export_13(secrets["exporter_secret"], label, b"mine", 32, "sha256")
    for role in SIDES:
        assert pair[role].export_keying_material(label, 32, b"mine") == expected
    logged = [e.secret for e in pair.traces["client"].of(KeyLogged) if e.label == "EXPORTER_SECRET"]
    assert logged == [secrets["exporter_secret"]]


def test_what_is_exported_does_not_change_with_the_keys():
    pair = Pair(**setup()).connected()
    before = pair.client.export_keying_material(b"EXPERIMENTAL mine", 32)
    pair.client.update_keys(request_peer=True)
    pair.carry()
    for role in SIDES:
        assert pair[role].export_keying_material(b"EXPERIMENTAL mine", 32) == before


def test_a_channel_has_one_name_on_both_sides():
    pair = Pair(**setup()).connected()
    assert pair.client.channel_binding() == pair.server.channel_binding()
    assert len(pair.client.channel_binding("tls-exporter")) == 32
    for role in SIDES:
        with pytest.raises(LocalError, match="tls-unique.*only tls-exporter"):
            pair[role].channel_binding("tls-unique")


# --- stapling (RFC 8446 §4.4.2.1)


def stapled(response: bytes | None = None) -> dict[str, Any]:
    return setup(
        client={"status_request": True},
        server={"credentials": (stapling("server-ecdsa", response),)},
    )


def test_a_staple_that_was_asked_for_is_verified():
    pair = Pair(**stapled(), traced=True).connected()
    assert "certificate status" in [e.what for e in pair.traces["client"].of(Verified)]


def test_a_staple_that_says_revoked_ends_the_connection():
    pair = Pair(**stapled(ocsp_response("server-ecdsa", status=REVOKED)))
    with pytest.raises(
        tlslab.ProtocolError, match="bad_certificate_status_response.*the certificate was revoked"
    ):
        pair.carry()


def test_nobody_gets_a_staple_without_asking():
    pair = Pair(**setup(server={"credentials": (stapling("server-ecdsa"),)}), traced=True)
    found = lies(pair.server, Certificate, lambda same: same)
    pair.connected()
    assert [entry.extensions for entry in found[0].certificate_list] == [(), ()]


# --- a retry where a key would have done without


def test_a_client_whose_key_is_unknown_is_asked_for_a_share():
    """RFC 8446 §4.1.4: there is a group in common, so nothing is lost but a round trip."""
    modes = {"psk_modes": (PskKeyExchangeMode.psk_ke, PskKeyExchangeMode.psk_dhe_ke)}
    unknown = ExternalPSK(b"unknown", bytes(32))
    made = setup(client={"psk": unknown, "key_shares": (), **modes}, server=modes)
    pair = Pair(**made)
    asked = lies(pair.server, HelloRetryRequest, lambda same: same)
    pair.connected()
    assert len(asked) == 1
    assert not completed(pair, "server").resumed
    made["server"]["psks"] = (unknown,)
    pair = Pair(**made)
    asked = lies(pair.server, HelloRetryRequest, lambda same: same)
    pair.connected()
    assert asked == [], "a key that is known needs no share"
    assert completed(pair, "server").resumed


def test_a_key_alone_needs_no_groups_in_the_hello():
    """Not even the extensions have to be there; here the binder is not about their absence."""
    alone = {"psk_modes": (PskKeyExchangeMode.psk_ke,)}
    row = Violation(
        "no groups",
        ClientHello,
        drop(ExtensionType.supported_groups, ExtensionType.key_share),
        "decrypt_error",
        "RFC 8446 §4.2.11",
        setup=lambda: resuming(first=alone, client=alone, server=alone),
    )
    assert refusal(row, "client", of_first_hello=True).alert == "decrypt_error"


# --- later


def test_new_keys_may_come_before_a_late_answer():
    place = next(place for place in PLACES if place.state == "WaitCertificateLater")
    pair = place.reach()
    pair.client.update_keys()
    update = pair.take("client")
    pair.give("client", pair.take("server"))
    assert pair.give("server", update) == [KeysUpdated()]
    answer = pair.take("client")
    assert pair.give("server", answer) == [ClientAuthenticated(CHAIN)]


def test_a_server_may_ask_again_and_again():
    pair = Pair(**setup(client={**USER, "post_handshake_auth": True}, server=ASKS)).connected()
    contexts = lies(pair.client, Certificate, lambda same: same)
    for _ in range(3):
        pair.server.request_certificate()
        pair.carry()
        assert pair.events["server"][-1] == ClientAuthenticated(CHAIN)
    assert len({certificate.certificate_request_context for certificate in contexts}) == 3


def test_a_client_without_a_certificate_says_so_later_too():
    pair = Pair(**setup(client={"post_handshake_auth": True}, server=ASKS)).connected()
    pair.server.request_certificate()
    pair.carry()
    assert pair.events["server"][-1] == ClientAuthenticated(())


def test_who_may_not_be_asked_is_not_asked():
    pair = Pair(**setup(server=ASKS)).connected()
    with pytest.raises(LocalError, match="post_handshake_auth"):
        pair.server.request_certificate()
    pair = Pair(**setup(client={"post_handshake_auth": True})).connected()
    with pytest.raises(LocalError, match="a server needs client_authentication"):
        pair.server.request_certificate()
    with pytest.raises(LocalError, match="by a server of TLS 1.3 alone"):
        pair.client.request_certificate()


def test_nothing_of_it_is_in_tls12():
    pair = Pair().connected()
    for role in SIDES:
        with pytest.raises(LocalError, match="in TLS 1.3 alone"):
            pair[role].update_keys()
        with pytest.raises(LocalError, match="by a server of TLS 1.3 alone"):
            pair[role].request_certificate()


# --- what means nothing is passed over (RFC 8446 §4.2, RFC 8701)


UNKNOWN = OpaqueExtension(ExtensionType(0xABCD), b"?")
GREASE = OpaqueExtension(ExtensionType(0x3A3A), b"")


@pytest.mark.parametrize("extension", [UNKNOWN, GREASE])
def test_an_unknown_extension_of_a_ticket_means_nothing(extension: OpaqueExtension):
    pair = Pair(**resuming())
    lies(
        pair.server,
        NewSessionTicket,
        lambda ticket: replace(ticket, extensions=(*ticket.extensions, extension)),
    )
    pair.connected()


@pytest.mark.parametrize("drawn", [bytes(6), b"\0\1\2\3\3\7", b"\xff" * 6, bytes(range(6))])
def test_grease_never_stands_twice_in_a_list(drawn: bytes):
    pair = Pair(**setup())
    hello = ClientHello.decode(records(pair.take("client"))[0].fragment, None, 4)
    greased = with_grease(hello, lambda name, length: drawn[:length])
    kinds = greased.extension_types()
    assert len(set(kinds)) == len(kinds)
    strange = [kind for kind in kinds if kind.is_grease]
    assert len(strange) == 2
    assert ClientHello.decode(greased.encode()) == greased


@pytest.mark.parametrize("seed", range(3))
def test_a_server_does_not_stumble_over_grease(seed: int):
    pair = Pair(**setup(client={"grease": True}), seed=seed).connected()
    assert completed(pair, "server").version is ProtocolVersion.TLSv1_3
    pair = Pair(**resuming(client={"grease": True}), seed=seed).connected()
    assert completed(pair, "server").resumed


# --- misuse


def test_a_learner_who_chooses_what_nobody_has_is_told_so_and_so_is_the_client():
    primitives = tlslab.Primitives().using(choose_cipher_suite=lambda offered, supported: CHACHA20)
    pair = Pair(**setup(server={"primitives": primitives}))
    with pytest.raises(LocalError, match="which this server cannot do"):
        pair.carry()
    with pytest.raises(tlslab.AlertReceived, match="internal_error"):
        pair.give("client", pair.take("server"))


@pytest.mark.parametrize(
    ("side", "config", "message"),
    [
        ("client", {"key_shares": (NamedGroup.secp384r1,)}, "none of the groups"),
        ("client", {"early_data": b"early"}, "early data need a session"),
        ("client", {"groups": (NamedGroup(0x1234),)}, "TLS 1.3 needs a group"),
        ("client", {"record_padding": -1}, "padded to a multiple"),
        ("server", {"record_padding": 2**14 + 1}, "padded to a multiple"),
        ("server", {"psk_modes": (PskKeyExchangeMode(7),)}, "the PSK mode .* is not implemented"),
        ("server", {"tickets": 33}, "0 to 32 tickets"),
        ("server", {"tickets": -1}, "0 to 32 tickets"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_sent(
    side: str, config: dict[str, Any], message: str
):
    with pytest.raises(LocalError, match=message):
        Pair(**setup(**{side: config}))


@pytest.mark.parametrize("count", [0, 1, 32])
def test_a_client_gets_as_many_tickets_as_the_server_wants(count: int):
    server = {"ticket_keys": ticket_keys(), "tickets": count, "clock": lambda: LATER}
    client = {"session_tickets": True, "clock": lambda: LATER}
    pair = Pair(**setup(client=client, server=server))
    sent = lies(pair.server, NewSessionTicket, lambda same: same)
    pair.connected()
    assert len(sent) == count


def test_a_client_that_may_be_anonymous_is_not_asked_where_nobody_is():
    pair = Pair(**setup(client=USER))
    sent = lies(pair.server, EncryptedExtensions, lambda same: same)
    pair.connected()
    assert len(sent) == 1
    assert pair.server._context.config.client_authentication is ClientAuthentication.NONE
    assert completed(pair, "server").peer_certificates == ()
