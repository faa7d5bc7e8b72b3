"""A server on a real socket: many connections at a time, each bounded in time and in memory.

The engine of every connection is the same sans-IO `Connection` that the notebooks drive in memory.
`Server` carries the bytes, `Limits` says how patient it is, an `Application` answers what comes
in, and an `Observer` is told what happens.
"""

import asyncio
import contextlib
import ipaddress
import signal
import threading
from collections.abc import Coroutine, Iterator
from typing import Any

import tlslab
from tlslab.connection.config import ClientAuthentication, ServerConfig
from tlslab.connection.connection import Connection
from tlslab.connection.context import (
    ApplicationData,
    ClientAuthenticated,
    Event,
    HandshakeCompleted,
    PeerClosed,
)
from tlslab.errors import AlertReceived, LocalError, TLSError
from tlslab.lab.visits import Limits, NewApplication, Observer, TooSlow, Visit


class Server:
    """A TLS server. `await listen(host, port)`; then it serves until `await close()`.

    config: as for `tlslab.server`. application: makes one for each connection.
    once: serve one connection, and listen no longer.
    """

    def __init__(
        self,
        config: ServerConfig,
        application: NewApplication,
        observer: Observer | None = None,
        limits: Limits | None = None,
        *,
        once: bool = False,
    ) -> None:
        self.config = config
        self.application = application
        self.observer = observer or Observer()
        self.limits = limits or Limits()
        self.once = once
        self.last: Visit | None = None
        self._count = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._over = asyncio.Event()
        self._failure: Exception | None = None

    async def listen(self, host: str, port: int) -> list[tuple[str, int]]:
        """Listen; port 0 lets the system choose one. Give the addresses. Raises OSError."""
        self._server = await asyncio.start_server(
            self._accept, host, port, limit=self.limits.buffer // 2, backlog=128
        )
        addresses = [socket.getsockname()[:2] for socket in self._server.sockets]
        self.observer.listening(addresses)
        return addresses

    async def wait(self) -> None:
        """Wait until the one connection is over, if it is to be `once`; else for ever.

        Raises what the observer raised.
        """
        await self._over.wait()
        if self._failure is not None:
            raise self._failure

    async def close(self) -> None:
        """Listen no longer, say close_notify on every connection, and wait for the goodbyes."""
        if self._server is not None:
            self._server.close()
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=self.limits.closing + 1)

    # -- one connection -----------------------------------------------------------------------

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = address_text(writer.get_extra_info("peername") or ("unknown", 0))
        if self.once and self._count:
            writer.transport.abort()
            return
        if len(self._tasks) >= self.limits.connections:
            self.observer.refused(peer, self.limits.connections)
            writer.transport.abort()
            return
        if self.once and self._server is not None:
            self._server.close()
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self._count += 1
        self.last = visit = Visit(self._count, peer)
        await _Line(self, visit, reader, writer).serve()
        try:
            self.observer.ended(visit)
        except Exception as error:  # of whoever watches, such as a full disk: for `wait` to tell
            self._failure = error
        if self.once or self._failure is not None:
            self._over.set()


class _Line:
    """The engine of one connection, its two streams, and what was said about it."""

    def __init__(
        self,
        server: Server,
        visit: Visit,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.server = server
        self.limits = server.limits
        self.visit = visit
        self.reader = reader
        self.writer = writer
        self.connection: Connection = tlslab.server(server.config, visit.trace)
        writer.transport.set_write_buffer_limits(high=self.limits.buffer)

    async def serve(self) -> None:
        """Everything, from the first byte to the goodbye. Whatever happens ends up in `visit`."""
        visit = self.visit
        try:
            events = await self._handshake()
            if self.server.config.client_authentication is ClientAuthentication.LATER:
                events += await self._ask()
            await self._converse(events)
        except asyncio.CancelledError:
            visit.stopped = True
        except Exception as error:  # of one connection, and no concern of the others
            visit.problem = error
        # Cancelled while it says goodbye, it just goes.
        with contextlib.suppress(asyncio.CancelledError):
            await self._goodbye()
        self.writer.transport.abort()

    async def _handshake(self) -> list[Event]:
        """Until the handshake is complete; give the events until then, early data among them."""
        limit = self.limits.handshake
        seen: list[Event] = []
        try:
            async with asyncio.timeout(limit):
                while True:
                    events = await self._turn()
                    seen += events
                    if self.visit.completed:
                        return seen
                    if any(isinstance(event, PeerClosed) for event in events):
                        raise AlertReceived("close_notify", "it left before the handshake was over")
        except TimeoutError:
            state = type(self.connection.state).__name__
            raise TooSlow(f"no complete handshake after {limit:g} s, still in {state}") from None
        finally:
            self.visit.trace.stop()

    async def _ask(self) -> list[Event]:
        """Who the client is, before it gets any answer; give the events until it has said so.

        A client that has not said that it would answer is not asked.
        """
        try:
            self.connection.request_certificate()
        except LocalError:
            return []
        limit, room = self.limits.handshake, self.limits.buffer
        seen: list[Event] = []
        try:
            async with asyncio.timeout(limit):
                while self.visit.authenticated is None:
                    events = await self._turn()
                    seen += events
                    if any(isinstance(event, PeerClosed) for event in events):
                        break
                    room -= sum(len(e.data) for e in events if isinstance(e, ApplicationData))
                    if room < 0:
                        raise TooSlow("sent so much, and has not said who it is")
        except TimeoutError:
            raise TooSlow(f"has not said who it is after {limit:g} s") from None
        return seen

    async def _converse(self, events: list[Event]) -> None:
        """Let the application answer, until one side has no more to say."""
        limits = self.limits
        application = self.server.application(self.visit)
        now = asyncio.get_running_loop().time
        end = now() + limits.conversation
        silent_until = now() + limits.idle
        while True:
            for event in events:
                if isinstance(event, ApplicationData):
                    answer = application.received(event.data)
                    # Unless close_notify came right behind the data: in TLS 1.2 that ends both
                    # directions. In TLS 1.3 the client still listens (RFC 8446 §6.1).
                    if self.connection.is_connected:
                        self.connection.send(answer)
                if isinstance(event, PeerClosed) or application.finished:
                    return
            # A peer that is slow to take the answer is not silent; that has a limit of its own.
            await self._flush()
            if any(isinstance(event, ApplicationData) for event in events):
                silent_until = now() + limits.idle
            try:
                async with asyncio.timeout_at(min(end, silent_until)):
                    events = await self._turn()
            except TimeoutError:
                if end <= silent_until:
                    raise TooSlow(f"not finished {limits.conversation:g} s later") from None
                raise TooSlow(f"no data for {limits.idle:g} s") from None

    async def _turn(self) -> list[Event]:
        """Send what waits, receive what comes, and send the answer. Raises TLSError, OSError."""
        await self._flush()
        data = await self.reader.read(self.limits.buffer)
        try:
            if data:
                events = self.connection.receive_data(data)
            else:
                events = [*self.connection.receive_eof(), PeerClosed()]
        except TLSError:
            self._notice(self.connection.events())
            raise
        self._notice(events)
        return events

    def _notice(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, HandshakeCompleted):
                self.visit.completed = event
                self.server.observer.completed(self.visit)
            elif isinstance(event, ClientAuthenticated):
                self.visit.authenticated = event
                self.server.observer.authenticated(self.visit)

    async def _flush(self) -> None:
        data = self.connection.data_to_send()
        if not data:
            return
        self.writer.write(data)
        try:
            async with asyncio.timeout(self.limits.write):
                await self.writer.drain()
        except TimeoutError:
            raise TooSlow(f"did not take what was sent for {self.limits.write:g} s") from None

    async def _goodbye(self) -> None:
        """close_notify or the alert, then the end of the stream; then let the peer finish."""
        self.connection.close()
        with contextlib.suppress(OSError, TimeoutError, TLSError):
            async with asyncio.timeout(self.limits.closing):
                await self._flush()
                self.writer.write_eof()
                # A socket closed with bytes unread is reset, and the peer may lose our last ones.
                while await self.reader.read(self.limits.buffer):
                    pass
                self.writer.close()
                await self.writer.wait_closed()


# -- from code that knows nothing of asyncio ----------------------------------------------------


def serve(server: Server, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM, or until the one connection is over.

    Raises OSError if it cannot listen there, and what the observer raised.
    """
    asyncio.run(_serve(server, host, port))


async def _serve(server: Server, host: str, port: int) -> None:
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)

    def stop() -> None:
        # Whoever is in a hurry says it twice, and the second time it works as without us.
        for number in signals:
            loop.remove_signal_handler(number)
        if task is not None:
            task.cancel()

    for number in signals:
        # Windows has no such handlers; there Ctrl-C cancels this task by other means.
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, stop)
    try:
        await server.listen(host, port)
        await server.wait()
    except asyncio.CancelledError:
        pass
    finally:
        await server.close()


@contextlib.contextmanager
def in_background(
    server: Server, host: str = "127.0.0.1", port: int = 0
) -> Iterator[tuple[str, int]]:
    """A server in a thread of its own, for as long as the `with` lasts; gives its address."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result()

    try:
        addresses = run(server.listen(host, port))
        try:
            yield addresses[0]
        finally:
            run(server.close())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def address_text(address: tuple[Any, ...]) -> str:
    """A socket address as people write it, with IPv6 in brackets."""
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_loopback(host: str) -> bool:
    """Whether the IP address is one that only this machine reaches."""
    return ipaddress.ip_address(host.partition("%")[0]).is_loopback
