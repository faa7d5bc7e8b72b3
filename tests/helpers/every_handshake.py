"""One handshake of each kind of TLS 1.2, by name: what every view has to be able to show."""

from collections.abc import Callable
from functools import cache, partial

from tlslab import lab

ECDHE = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
ECDSA = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
DHE = "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"
CBC = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"
CHACHA = "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"


@cache
def _one(**options: object) -> lab.Handshake:
    done = lab.handshake(seed=1, **options)
    assert done.completed, done
    return done


@cache
def _resumed(resumption: str) -> lab.Handshake:
    done = lab.handshake(seed=2, resume=_one(suite=ECDHE, resumption=resumption))
    assert done.outcome is not None
    assert done.outcome.resumed
    return done


HANDSHAKES: dict[str, Callable[[], lab.Handshake]] = {
    "RSA": partial(_one),
    "x25519": partial(_one, suite=ECDHE, groups="x25519"),
    "P-256, ECDSA": partial(_one, suite=ECDSA, groups="secp256r1", server="ecdsa"),
    "DHE": partial(_one, suite=DHE),
    "extended master secret": partial(_one, suite=ECDHE, extended_master_secret=True),
    "encrypt-then-MAC": partial(_one, suite=CBC, encrypt_then_mac=True),
    "user": partial(_one, suite=ECDHE, user="rsa", client_authentication="required"),
    "user, ECDSA": partial(_one, suite=ECDSA, user="ecdsa", client_authentication="optional"),
    "RSA, user": partial(_one, user="rsa", client_authentication="required"),
    "nobody, where a user is optional": partial(
        _one, suite=ECDHE, client_authentication="optional"
    ),
    "gives a ticket": partial(_one, suite=ECDHE, resumption="ticket"),
    "resumed by session ID": partial(_resumed, "session id"),
    "resumed by ticket": partial(_resumed, "ticket"),
    "stapled": partial(_one, suite=ECDHE, status_request=True),
    "ChaCha20": partial(_one, suite=CHACHA),
}

# -- TLS 1.3 ------------------------------------------------------------------------------------

V13 = {"version": "TLS 1.3"}
PSK = (b"lamp 7", bytes(range(32)))
EARLY = b"pay 10 to Eve"


@cache
def _gives_tickets(**options: object) -> lab.Handshake:
    return _one(**V13, resumption="ticket", max_early_data_size=len(EARLY), **options)


@cache
def _goes_on(**options: object) -> lab.Handshake:
    done = lab.handshake(seed=2, resume=_gives_tickets(), **options)
    assert done.completed, done
    return done


@cache
def _refuses_early_data() -> lab.Handshake:
    lost = lab.handshake(seed=2, resume=_gives_tickets(), early_data=EARLY, max_early_data_size=0)
    assert lost.outcome is not None
    assert not lost.outcome.early_data_accepted
    return lost


HANDSHAKES_OF_TLS13: dict[str, Callable[[], lab.Handshake]] = {
    "plain": partial(_one, **V13),
    "SHA-384, P-256": partial(_one, suite="TLS_AES_256_GCM_SHA384", groups="secp256r1"),
    "ChaCha20, RSA": partial(_one, suite="TLS_CHACHA20_POLY1305_SHA256", server="rsa"),
    "ffdhe2048": partial(_one, **V13, groups="ffdhe2048"),
    "hybrid": partial(_one, **V13, groups=("X25519MLKEM768", "x25519")),
    "hybrid, P-256 first": partial(_one, **V13, groups="SecP256r1MLKEM768"),
    "retried": partial(_one, **V13, server_groups="secp256r1"),
    "retried with a cookie": partial(_one, **V13, retry=True, cookie=True, groups="x25519"),
    "user": partial(_one, **V13, user="rsa", client_authentication="required"),
    "nobody, where a user is optional": partial(_one, **V13, client_authentication="optional"),
    "user, later": partial(_one, **V13, user="ecdsa", post_handshake_auth=True),
    "gives tickets": _gives_tickets,
    "resumed": _goes_on,
    "early data": partial(_goes_on, early_data=EARLY),
    "early data refused": _refuses_early_data,
    "early data, retried": partial(_goes_on, early_data=EARLY, retry=True),
    "key from outside": partial(_one, **V13, psk=PSK),
    "key alone": partial(_one, **V13, psk=PSK, psk_modes=("psk_ke",)),
    "ticket and key from outside": partial(_goes_on, psk=PSK),
    "new keys": partial(_one, **V13, key_update="both"),
    "padded, greased": partial(_one, **V13, record_padding=64, grease=True),
}
"""One handshake of each kind of TLS 1.3."""
