"""What a handshake of the lab can be asked for: declared once, for every function that runs one.

    lab.handshake(suite="TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", groups=("x25519",), server="rsa")
    lab.peers.openssl("server", user="ecdsa", client_authentication="required")
    first = lab.handshake(seed=1, resumption="ticket")
    second = lab.handshake(seed=2, resume=first)

A function takes them by name and calls `read_options`. To add one, enter it in `Options`, and use
it in `configs.py` and, if OpenSSL can do it, in `openssl_peer.py`.
"""

import difflib
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any, Literal, Protocol, TypeVar

from tlslab.connection.config import (
    DEFAULT_GROUPS,
    ClientAuthentication,
    Clock,
    Randomness,
    system_clock,
    system_random,
)
from tlslab.connection.session import Session, SessionCache, TicketKeys
from tlslab.crypto.groups import FFDHE_GROUPS, FiniteField, ffdhe
from tlslab.errors import LocalError
from tlslab.lab import pki
from tlslab.lab.randomness import SeededRandom
from tlslab.primitives import REFERENCE, Primitives
from tlslab.wire.registry import CipherSuite, NamedGroup

SERVER_NAME = "server.tlslab.test"
DEFAULT_SUITE = "TLS_RSA_WITH_AES_128_GCM_SHA256"
SEEDED_TIME = datetime(2026, 1, 1, tzinfo=UTC)
"""What the clock of a seeded run says."""

Seed = int | str | None
Groups = str | NamedGroup | tuple[str | NamedGroup, ...]
Resumption = Literal["ticket", "session id"]


class Resumable(Protocol):
    """A handshake that another one can go on from."""

    @property
    def options(self) -> "Options":
        """What it was run with."""
        ...

    @property
    def resumable(self) -> bool:
        """Whether its client has something to go on with."""
        ...

    @property
    def session(self) -> Session | None:
        """What our client has to go on with, if the client is ours."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Who is there, what both sides can do, and what they remember.

    seed: the same seed gives the same bytes everywhere; None draws from the operating system.
    suite: IANA's name. groups: names for Diffie-Hellman ("x25519", "secp256r1", "ffdhe2048"), the
    dearest first.
    server_name: whom the client wants. server: who is there, "rsa", "ecdsa", "other", one of
    `lab.pki.BROKEN`, or an identity; None has the first three, and chooses by name and suite.
    user: whose certificate the client has, "rsa", "ecdsa" or an identity; None has none.
    client_authentication: whether the server asks for it, "none", "optional" or "required".
    extended_master_secret (RFC 7627), encrypt_then_mac (RFC 7366): whether both sides can do it.
    status_request: whether the client asks what the issuer says of the certificate, and the server
    has it to staple (RFC 6066 §8).
    record_size_limit: the longest content of a record in bytes that each side wants (RFC 8449).
    alpn: application protocols of both sides.
    resumption: how the server remembers, "ticket" or "session id"; None forgets. resume: an earlier
    handshake to go on from; what is not said is then as it was there, and a seed goes on as well.
    ticket_keys, session_cache, session: the memory itself, for whoever wants to have it in hand.
    primitives: what we compute with.
    """

    seed: Seed = None
    suite: str | CipherSuite = DEFAULT_SUITE
    groups: Groups = DEFAULT_GROUPS
    server_name: str = SERVER_NAME
    server: str | pki.Identity | None = None
    user: str | pki.Identity | None = None
    client_authentication: ClientAuthentication | Literal["none", "optional", "required"] = "none"
    extended_master_secret: bool = False
    encrypt_then_mac: bool = False
    status_request: bool = False
    record_size_limit: int | None = None
    alpn: tuple[bytes, ...] = ()
    resumption: Resumption | None = None
    resume: Resumable | None = field(default=None, repr=False)
    ticket_keys: TicketKeys | None = field(default=None, repr=False)
    session_cache: SessionCache | None = field(default=None, repr=False)
    session: Session | None = field(default=None, repr=False)
    primitives: Primitives = field(default=REFERENCE, repr=False)

    @property
    def kept(self) -> dict[str, Any]:
        """What another run can be asked for too: all but the seed, the suite and the memory."""
        own = ("seed", "suite", "resume", "ticket_keys", "session_cache", "session")
        return {name: getattr(self, name) for name in NAMES if name not in own}

    @property
    def remembers(self) -> bool:
        """Whether our server has something to remember sessions by."""
        return self.ticket_keys is not None or self.session_cache is not None

    @property
    def tickets(self) -> bool:
        """Whether the client says that it takes tickets."""
        return (
            self.resumption == "ticket"
            or self.ticket_keys is not None
            or bool(self.session and self.session.ticket)
        )


NAMES = tuple(each.name for each in fields(Options))


def read_options(given: dict[str, Any]) -> Options:
    """What the caller asked for, with memory where there is to be one.

    Raises TypeError for an option that does not exist, and LocalError for a value that cannot be.
    """
    for name in given:
        if name not in NAMES:
            near = difflib.get_close_matches(name, NAMES, n=1)
            hint = f"; do you mean {near[0]!r}?" if near else f"; there are: {', '.join(NAMES)}"
            raise TypeError(f"there is no option {name!r}{hint}")
    earlier = given.get("resume")
    options = _going_on(earlier, given) if earlier is not None else Options(**given)
    if options.client_authentication not in tuple(ClientAuthentication):
        raise LocalError('client_authentication is "none", "optional" or "required"')
    if options.resumption not in (None, "ticket", "session id"):
        raise LocalError('resumption is "ticket", "session id" or None')
    return _with_memory(options)


def _going_on(earlier: Resumable, given: dict[str, Any]) -> Options:
    """The options of the earlier handshake, but for those given now, and its session."""
    if not earlier.resumable:
        raise LocalError(
            "that handshake left no session to go on with; "
            'run it with resumption="ticket" or resumption="session id"'
        )
    seed = earlier.options.seed
    if "seed" not in given and seed is not None:
        given = {**given, "seed": f"{seed}, resumed"}
    options = replace(earlier.options, **{"session": earlier.session, **given})
    if (options.seed is None) is not (seed is None):
        # Seeded runs have a clock that stands still: to the other the session would be too old.
        raise LocalError("to go on from a handshake, either both have a seed or neither has")
    if seed is not None and options.seed == seed:
        raise LocalError(
            "the same seed draws the same randoms again, and with the same master secret they "
            "would give the same keys; use another seed"
        )
    return options


def _with_memory(options: Options) -> Options:
    """With what the server remembers by, if it is to remember."""
    if options.resumption == "ticket" and options.ticket_keys is None:
        random, _ = random_and_clock(options.seed, "ticket keys")
        return replace(options, ticket_keys=TicketKeys(random))
    if options.resumption == "session id" and options.session_cache is None:
        return replace(options, session_cache=SessionCache())
    return options


def random_and_clock(seed: Seed, side: str) -> tuple[Randomness, Clock]:
    """Where a side has its randomness and its time from."""
    if seed is None:
        return system_random, system_clock
    return SeededRandom(seed, side), lambda: SEEDED_TIME


# -- what the names stand for -------------------------------------------------------------------


def suite_named(name: str | CipherSuite) -> CipherSuite:
    """The suite with IANA's name `name`. Raises LocalError for a name that does not exist."""
    if isinstance(name, CipherSuite):
        return name
    try:
        return CipherSuite[name]
    except KeyError:
        raise LocalError(f"IANA knows no cipher suite called {name!r}") from None


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


# -- the options in a function's signature ------------------------------------------------------

Function = TypeVar("Function", bound=Callable[..., Any])


def takes_options(function: Function) -> Function:
    """Show each option in the signature of a function that takes them as `**options`.

    So that whoever presses Tab or `?` sees them all with their defaults.
    """
    own = inspect.signature(function)
    parameters = [each for each in own.parameters.values() if each.name != "options"]
    taken = {each.name for each in parameters}
    for name, option in inspect.signature(Options).parameters.items():
        if name not in taken:
            parameters.append(option)
    shown = own.replace(parameters=parameters)
    function.__signature__ = shown  # type: ignore[attr-defined]
    return function
