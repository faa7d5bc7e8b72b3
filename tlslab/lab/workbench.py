"""The explorer under its controls: run the handshake again in another way, and see what changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ipywidgets as widgets

from tlslab.crypto.suites import SUITES, TLS13_SUITES
from tlslab.errors import LocalError, TLSError
from tlslab.lab.configs import Seed
from tlslab.lab.handshake import REQUEST, Handshake, handshake
from tlslab.lab.named import suites_named
from tlslab.lab.peers import PeerHandshake, Role, openssl
from tlslab.trace import Trace
from tlslab.view.explorer import Explorer
from tlslab.view.stand_in import WithStandIn
from tlslab.view.tables import escape

PEERS: dict[str, Role | None] = {
    "tlslab, in memory": None,
    "OpenSSL as the server": "client",
    "OpenSSL as the client": "server",
}
"""The choices of a peer, and the role that is left for us; None for both."""
MAX_DATA = 1 << 16
"""Most bytes of application data that the controls send."""


class Workbench(WithStandIn, widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Controls, and the explorer that shows what they ran.

    explorer: shows the latest trace, and what is different from the one before.
    """

    def __init__(self, shown: Handshake | PeerHandshake) -> None:
        self.explorer = Explorer(shown.trace)
        self._shown = shown
        role = shown.role if isinstance(shown, PeerHandshake) else None
        fits = {"width": "max-content"}
        self._suite = widgets.Dropdown(
            options=[suite.name for suite in (*TLS13_SUITES, *SUITES)],
            value=_suite_of(shown),
            description="Suite",
            layout={"width": "360px"},
        )
        self._peer = widgets.Dropdown(
            options=list(PEERS),
            value=next(name for name, ours in PEERS.items() if ours == role),
            description="Peer",
            layout=fits,
        )
        self._side = widgets.Dropdown(
            options=["client", "server"],
            value=role or "client",
            disabled=role is not None,
            description="Seen by",
            layout=fits,
        )
        self._seed = widgets.Text(
            value="" if shown.seed is None else str(shown.seed),
            placeholder="empty: live randomness",
            description="Seed",
            continuous_update=False,
            layout={"width": "250px"},
        )
        self._data = widgets.BoundedIntText(
            value=len(REQUEST),
            min=0,
            max=MAX_DATA,
            description="Data, bytes",
            layout={"width": "180px"},
        )
        again = widgets.Button(description="New randoms", tooltip="Run it again with another seed")
        again.on_click(self._new_randoms)
        self._status = widgets.HTML()
        self._controls = (self._suite, self._peer, self._side, self._seed, self._data)
        for control in self._controls:
            control.observe(self._changed, "value")
        row = widgets.HBox([*self._controls, again], layout={"flex_flow": "row wrap"})
        super().__init__([row, self._status, self.explorer])

    def _changed(self, change: Any) -> None:
        """Run it again, after any change of a control."""
        role = PEERS[self._peer.value]
        if change["owner"] is self._peer:
            # A peer gives no trace: what we see is our side.
            self._side.disabled = role is not None
            with self._unheard():
                self._side.value = role or self._side.value
        self._run()

    def _new_randoms(self, _: Any) -> None:
        """The next seed; live randomness gives other randoms by itself."""
        seed = _seed(self._seed.value)
        if isinstance(seed, int):
            with self._unheard():
                self._seed.value = str(seed + 1)
        elif seed is not None:
            with self._unheard():
                self._seed.value = f"{seed}+"
        self._run()

    def _run(self) -> None:
        try:
            self.explorer.trace = self._handshake()
        except (TLSError, LocalError, OSError) as error:
            self._status.value = f'<p role="alert">{escape(str(error))}</p>'
        else:
            self._status.value = ""

    def _handshake(self) -> Trace:
        """The trace of the handshake that the controls ask for."""
        suite, seed, length = self._suite.value, _seed(self._seed.value), self._data.value
        request = (REQUEST * (length // len(REQUEST) + 1))[:length]
        role = PEERS[self._peer.value]
        options = {**self._shown.options.kept, "seed": seed, "suite": suite, "request": request}
        if role == getattr(self._shown, "role", None):
            # Only the peer of then remembers a session.
            options["resume"] = self._shown.options.resume
            options["early_data"] = self._shown.options.early_data
        if role is not None:
            return openssl(role, **options).trace
        done = handshake(**options)
        return done.trace if self._side.value == "client" else done.server_trace

    @contextmanager
    def _unheard(self) -> Iterator[None]:
        """Controls that are set meanwhile run nothing."""
        for control in self._controls:
            control.unobserve(self._changed, "value")
        try:
            yield
        finally:
            for control in self._controls:
                control.observe(self._changed, "value")

    def __repr__(self) -> str:
        return repr(self.explorer)

    def without_kernel(self) -> str:
        """What the explorer shows, as HTML without scripts."""
        return self.explorer.without_kernel()


def _suite_of(shown: Handshake | PeerHandshake) -> str:
    """The suite that was agreed on, or the dearest one, if none was."""
    if shown.outcome is not None:
        return shown.outcome.cipher_suite.name
    return suites_named(shown.options.suite)[0].name


def _seed(text: str) -> Seed:
    """A number if it is one, any other text as it is, and None for nothing."""
    text = text.strip()
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() else text
