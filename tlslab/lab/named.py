"""What the options of a handshake call by name: suites, groups, identities, keys."""

from collections.abc import Callable

from tlslab.connection.session import ExternalPSK
from tlslab.crypto.groups import FFDHE_GROUPS, FiniteField, ffdhe
from tlslab.crypto.suites import TLS13_SUITES
from tlslab.errors import LocalError
from tlslab.lab import pki
from tlslab.wire.registry import CipherSuite, NamedGroup, ProtocolVersion, PskKeyExchangeMode

Groups = str | NamedGroup | tuple[str | NamedGroup, ...]
Suites = str | CipherSuite | tuple[str | CipherSuite, ...]
PSK = ExternalPSK | tuple[bytes, bytes]

DEFAULT_SUITE = "TLS_RSA_WITH_AES_128_GCM_SHA256"
PSK_MODES = (PskKeyExchangeMode.psk_dhe_ke, PskKeyExchangeMode.psk_ke)


def suite_named(name: str | CipherSuite) -> CipherSuite:
    """The suite with IANA's name `name`. Raises LocalError for a name that does not exist."""
    if isinstance(name, CipherSuite):
        return name
    try:
        return CipherSuite[name]
    except KeyError:
        raise LocalError(f"IANA knows no cipher suite called {name!r}") from None


def suites_named(names: Suites) -> tuple[CipherSuite, ...]:
    """The suites with these names. Raises LocalError for a name that does not exist."""
    if isinstance(names, str | CipherSuite):
        return (suite_named(names),)
    return tuple(suite_named(name) for name in names)


def version_named(name: str | ProtocolVersion) -> ProtocolVersion:
    """The version called so, such as "TLS 1.3". Raises LocalError for one that is not here."""
    for version in (ProtocolVersion.TLSv1_2, ProtocolVersion.TLSv1_3):
        if name in (version, version.title):
            return version
    raise LocalError(f"the lab has no version {name!r}; it has TLS 1.2 and TLS 1.3")


def default_suite(version: str | ProtocolVersion) -> CipherSuite:
    """The suite of the lab's handshakes in this version."""
    if version_named(version) is ProtocolVersion.TLSv1_3:
        return next(iter(TLS13_SUITES))
    return suite_named(DEFAULT_SUITE)


def group_named(name: str | NamedGroup) -> NamedGroup:
    """The group with IANA's name `name`. Raises LocalError for a name that does not exist."""
    if isinstance(name, NamedGroup):
        return name
    try:
        return NamedGroup[name]
    except KeyError:
        raise LocalError(f"IANA knows no group called {name!r}") from None


def groups_named(names: Groups) -> tuple[NamedGroup, ...]:
    """The groups with these names. Raises LocalError for a name that does not exist."""
    if isinstance(names, str | NamedGroup):
        return (group_named(names),)
    return tuple(group_named(name) for name in names)


def psk_modes_named(
    names: tuple[str | PskKeyExchangeMode, ...],
) -> tuple[PskKeyExchangeMode, ...]:
    """The ways to use a pre-shared key. Raises LocalError for a name that does not exist."""
    known = {mode.name: mode for mode in PSK_MODES}
    for name in names:
        if name not in (*PSK_MODES, *known):
            raise LocalError(f"there is no PSK mode {name!r}; there are {', '.join(known)}")
    return tuple(known[name] if isinstance(name, str) else name for name in names)


def external_psk(psk: object) -> ExternalPSK | None:
    """A key with its name, both bytes. Raises LocalError for anything else."""
    if psk is None or isinstance(psk, ExternalPSK):
        return psk
    match psk:
        case (bytes(identity), bytes(key)) if identity and key:
            return ExternalPSK(identity, key)
    raise LocalError("psk is (identity, key), both bytes: what its name is, and what it is")


def prime_of(names: Groups) -> FiniteField:
    """The prime for DHE where none is negotiated: the dearest one, or that of ffdhe2048."""
    primes = [group for group in groups_named(names) if group in FFDHE_GROUPS]
    return ffdhe(primes[0] if primes else NamedGroup.ffdhe2048)


def server_identities(server: str | pki.Identity | None) -> tuple[pki.Identity, ...]:
    """Who the server can be, the dearest first. Raises LocalError for a name nobody has."""
    if server is None:
        return tuple(_SERVERS[name]() for name in ("rsa", "other", "ecdsa"))
    if server in pki.BROKEN:
        return (pki.broken(server),)
    return (_identity(server, "server", _SERVERS, pki.BROKEN),)


def user_identity(user: str | pki.Identity) -> pki.Identity:
    """Who the client is. Raises LocalError for a name nobody has."""
    return _identity(user, "user", _USERS)


_SERVERS = {"rsa": pki.server_rsa, "ecdsa": pki.server_ecdsa, "other": pki.server_other}
_USERS = {"rsa": pki.client_rsa, "ecdsa": pki.client_ecdsa}


def _identity(
    wanted: str | pki.Identity,
    kind: str,
    known: dict[str, Callable[[], pki.Identity]],
    besides: tuple[str, ...] = (),
) -> pki.Identity:
    if isinstance(wanted, pki.Identity):
        return wanted
    if wanted not in known:
        raise LocalError(
            f"the lab has no {kind} {wanted!r}; it has {', '.join((*known, *besides))}"
        )
    return known[wanted]()
