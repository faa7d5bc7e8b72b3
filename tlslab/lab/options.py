"""What a handshake of the lab can be asked for: declared once, for every function that runs one.

    lab.handshake(suite="TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", groups=("x25519",), server="rsa")
    lab.peers.openssl("server", user="ecdsa", client_authentication="required")
    first = lab.handshake(seed=1, resumption="ticket")
    second = lab.handshake(seed=2, resume=first)

A function takes them by name and calls `read_options`. To add one, enter it in `Options`, and use
it in `configs.py` and, if OpenSSL can do it, in `openssl_peer.py`.
"""

import copy
import difflib
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any, Literal, Protocol, TypeVar

from tlslab.connection.config import (
    DEFAULT_GROUPS,
    DEFAULT_PSK_MODES,
    ClientAuthentication,
    Clock,
    Randomness,
    system_clock,
    system_random,
)
from tlslab.connection.session import AntiReplay, PSKSession, Session, SessionCache, TicketKeys
from tlslab.crypto.key_shares import HYBRID_GROUPS
from tlslab.crypto.suites import SUITES
from tlslab.errors import LocalError
from tlslab.lab import pki
from tlslab.lab.named import (
    DEFAULT_SUITE,
    PSK,
    Groups,
    Suites,
    default_suite,
    external_psk,
    suites_named,
)
from tlslab.lab.randomness import SeededRandom
from tlslab.primitives import REFERENCE, Primitives
from tlslab.wire.registry import NamedGroup, ProtocolVersion, PskKeyExchangeMode

SERVER_NAME = "server.tlslab.test"
SEEDED_TIME = datetime(2026, 1, 1, tzinfo=UTC)
"""What the clock of a seeded run says."""
LAB_GROUPS: tuple[NamedGroup, ...] = tuple(
    group for group in DEFAULT_GROUPS if group not in HYBRID_GROUPS
)
"""Without ML-KEM, whose shares are long and cannot be repeated: a lesson asks for it by name."""

Seed = int | str | None
Resumption = Literal["ticket", "session id"]
KeyUpdate = Literal["client", "server", "both"]


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
    def session(self) -> Session | PSKSession | None:
        """What our client has to go on with, if the client is ours."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Who is there, what both sides can do, and what they remember.

    seed: the same seed gives the same bytes everywhere; None draws from the operating system.
    suite: IANA's name, or several, the dearest first; those of TLS 1.3 and of TLS 1.2 together put
    both versions on offer. version: "TLS 1.2" or "TLS 1.3", and no other; without `suite` it
    chooses one. groups: names for Diffie-Hellman ("x25519", "secp256r1", "ffdhe2048"; for TLS 1.3
    "X25519MLKEM768" too), the dearest first. server_groups: the server's, if they are others.
    server_name: whom the client wants. server: who is there, "rsa", "ecdsa", "other", one of
    `lab.pki.BROKEN`, or an identity; None has the first three, and chooses by name and suite.
    user: whose certificate the client has, "rsa", "ecdsa" or an identity; None has none.
    client_authentication: whether the server asks for it, "none", "optional", "required", or
    "later", after the handshake.
    extended_master_secret (RFC 7627), encrypt_then_mac (RFC 7366): whether both sides can do it.
    status_request: whether the client asks what the issuer says of the certificate, and the server
    has it to staple (RFC 6066 §8).
    record_size_limit: the longest content of a record in bytes that each side wants (RFC 8449).
    alpn: application protocols of both sides.
    resumption: how the server remembers, "ticket" or "session id"; None forgets. resume: an earlier
    handshake to go on from; what is not said is then as it was there, and a seed goes on as well.
    ticket_keys, session_cache, session: the memory itself, for whoever wants to have it in hand.
    primitives: what we compute with.

    For TLS 1.3 alone:
    key_shares: the groups whose shares go into the first ClientHello; None for the first group, and
    for x25519 beside a hybrid. retry: the server asks for a second ClientHello; cookie: with a
    cookie in it.
    psk: (identity, key), both bytes, which both sides got in some other way; psk_modes: how such
    keys and tickets may be used, "psk_dhe_ke", "psk_ke".
    max_early_data_size: how many bytes the server's tickets allow to be sent at once. early_data:
    what the client sends at once; it has to `resume` a handshake whose ticket allows it.
    anti_replay: whether the server takes early data once; False takes them as often as they come.
    Each handshake that resumes another begins with what the server remembered after that one.
    record_padding: both sides fill their records up to a multiple of so many bytes. grease: whether
    the offer has values without a meaning in it (RFC 8701).
    key_update: who changes its keys before it sends data, "client", "server", or "both".
    post_handshake_auth: the server asks who the client is before it replies, and the client has
    said that it would answer.
    """

    seed: Seed = None
    suite: Suites = DEFAULT_SUITE
    version: str | ProtocolVersion | None = None
    groups: Groups = LAB_GROUPS
    server_groups: Groups | None = None
    server_name: str = SERVER_NAME
    server: str | pki.Identity | None = None
    user: str | pki.Identity | None = None
    client_authentication: (
        ClientAuthentication | Literal["none", "optional", "required", "later"]
    ) = "none"
    extended_master_secret: bool = False
    encrypt_then_mac: bool = False
    status_request: bool = False
    record_size_limit: int | None = None
    alpn: tuple[bytes, ...] = ()
    resumption: Resumption | None = None
    resume: Resumable | None = field(default=None, repr=False)
    ticket_keys: TicketKeys | None = field(default=None, repr=False)
    session_cache: SessionCache | None = field(default=None, repr=False)
    session: Session | PSKSession | None = field(default=None, repr=False)
    primitives: Primitives = field(default=REFERENCE, repr=False)
    key_shares: Groups | None = None
    retry: bool = False
    cookie: bool = False
    psk: PSK | None = field(default=None, repr=False)
    psk_modes: tuple[str | PskKeyExchangeMode, ...] = DEFAULT_PSK_MODES
    max_early_data_size: int = 0
    early_data: bytes = b""
    anti_replay: bool | AntiReplay = True
    record_padding: int = 0
    grease: bool = False
    key_update: KeyUpdate | None = None
    post_handshake_auth: bool = False

    @property
    def kept(self) -> dict[str, Any]:
        """What another run can be asked for too: all but the seed, the suite and the memory."""
        memory = {"resume", "ticket_keys", "session_cache", "session", "early_data", "anti_replay"}
        own = memory | {"seed", "suite", "version"}
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
    if earlier is None and given.get("version") is not None and "suite" not in given:
        given = {**given, "suite": default_suite(given["version"])}
    options = _going_on(earlier, given) if earlier is not None else Options(**given)
    if options.post_handshake_auth and options.client_authentication == "none":
        options = replace(options, client_authentication="later")
    _check(options)
    return _with_memory(options)


def _check(options: Options) -> None:
    if options.client_authentication not in tuple(ClientAuthentication):
        raise LocalError('client_authentication is "none", "optional", "required" or "later"')
    if options.resumption not in (None, "ticket", "session id"):
        raise LocalError('resumption is "ticket", "session id" or None')
    if options.resumption == "session id" and not SUITES.keys() & set(suites_named(options.suite)):
        raise LocalError('TLS 1.3 resumes by tickets alone: resumption="ticket"')
    if options.key_update not in (None, "client", "server", "both"):
        raise LocalError('key_update is "client", "server", "both" or None')
    external_psk(options.psk)
    session, length = options.session, len(options.early_data)
    allowed = session.max_early_data_size if isinstance(session, PSKSession) else 0
    if length > allowed:
        raise LocalError(
            f"{length} bytes of early data, and {allowed} are allowed; they need resume=first, and "
            f'first resumption="ticket" and max_early_data_size={length} or more'
        )


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
    before = earlier.options
    fresh = {
        "session": earlier.session,
        "early_data": b"",
        # What a server remembers goes on from then, whatever else went on from there since.
        "anti_replay": copy.deepcopy(before.anti_replay),
    }
    options = replace(before, **{**fresh, **given})
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
        options = replace(options, ticket_keys=TicketKeys(random))
    if options.max_early_data_size and options.anti_replay is True:
        options = replace(options, anti_replay=AntiReplay())
    if options.resumption == "session id" and options.session_cache is None:
        return replace(options, session_cache=SessionCache())
    return options


def random_and_clock(seed: Seed, side: str) -> tuple[Randomness, Clock]:
    """Where a side has its randomness and its time from."""
    if seed is None:
        return system_random, system_clock
    return SeededRandom(seed, side), lambda: SEEDED_TIME


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
