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
