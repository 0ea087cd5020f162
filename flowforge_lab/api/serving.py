"""One process that serves: HTTP, schedules, and what waits for a host."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn

from flowforge_lab.errors import ConflictError
from flowforge_lab.lab import Parts

from .access import Access
from .application import Front, Screen
from .protocol import PatientProtocol

FIRST_PORT = 8750
_PORTS = 50
_GRACE_SECONDS = 1.5


class _Uvicorn(uvicorn.Server):
    """uvicorn without its own handling of signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to whoever serves."""
        yield


class Server:
    """Serves an open lab on a socket that listens, and is its live host, until it is stopped."""

    def __init__(
        self,
        parts: Parts,
        access: Access,
        listener: socket.socket,
        *,
        screen: Screen | None = None,
    ) -> None:
        self.front = Front(parts, access, screen)
        self._screen = screen
        self._parts = parts
        self._listener = listener
        config = uvicorn.Config(
            self.front,
            http=PatientProtocol,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(parts.settings.trusted_proxies),
            forwarded_allow_ips=parts.settings.trusted_proxies,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=_GRACE_SECONDS,  # type: ignore[arg-type]  # it takes fractions
        )
        self._uvicorn = _Uvicorn(config)

    @property
    def is_up(self) -> bool:
        """Whether requests are answered."""
        return self._uvicorn.started

    def stop(self) -> None:
        """Take no more requests, end streams, and let `run` return within some seconds."""
        self.front.api.state.is_ending = True
        self.front.hub.let_fall()
        self.front.assistants.end()
        self._uvicorn.should_exit = True

    async def run(self) -> None:
        """Serve until stopped; what executions still run then is left for the next host."""
        await self._parts.host.enter()  # before the first request may start something
        async with asyncio.TaskGroup() as group:
            beside = [
                group.create_task(self.front.hub.run(), name="hub"),
                group.create_task(self._parts.be_host(), name="host"),
                group.create_task(self.front.assistants.run(), name="assistants"),
            ]
            if self._screen is not None:
                beside.append(group.create_task(self._screen.run(), name="screen"))
            stop_hearing = self._parts.feed.subscribe(self.front.hub.hear)
            try:
                await self._uvicorn.serve(sockets=[self._listener])
            finally:
                stop_hearing()
                for task in beside:
                    task.cancel()


def listen(host: str, port: int = 0) -> socket.socket:
    """Return a socket that listens at a port, or at the first free one where it is 0.

    Raises:
        ConflictError: the address cannot be had.
    """
    ports = [port] if port else range(FIRST_PORT, FIRST_PORT + _PORTS)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    error: OSError | None = None
    for one in ports:
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host.strip("[]"), one))
            listener.listen(2048)
        except OSError as fault:
            listener.close()
            error = fault
        else:
            listener.settimeout(0)
            return listener
    msg = f"cannot listen at {host}:{ports[0]}: {error.strerror if error else 'no port'}"
    raise ConflictError(msg) from error
