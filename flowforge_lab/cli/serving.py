"""A lab that is served by this process until it is told to end."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from flowforge_lab.lab import FOLDER, Parts, log_to_stderr, metrics_served, spared_collector
from flowforge_lab.settings import load_settings

from .dashboard import LateDashboard, has_dashboard

BESIDE_KEY = "FLOWFORGE_BESIDE_KEY"
"""The variable of the key that a program which starts this server shows it; nothing else may see it."""
_LOOK_SECONDS = 0.3
Greet = Callable[[Parts, str], Awaitable[None]]
Until = Callable[[], bool] | None


class Listening(NamedTuple):
    """Where to listen; port 0 is the first free one of ours."""

    host: str
    port: int = 0


def run_server(root: Path, where: Listening | None, until: Until, *, greet: Greet) -> None:
    """Serve a lab until this process is told to end, or `until()` holds; without `where` as its host only.

    `greet` is awaited once it serves, with the address.

    Raises:
        ConflictError: the address cannot be had.
        StoreFullError: the lab's folder is read-only.
    """
    factory = None
    if where is not None and find_spec("uvloop") is not None:
        import uvloop

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(_serve(root, where, until, greet=greet))


async def _serve(root: Path, where: Listening | None, until: Until, *, greet: Greet) -> None:
    async with Parts(root, load_settings(root / FOLDER)) as parts:
        parts.store.refuse_read_only()
        with observed(parts, parts.settings.metrics_port):
            if where is None:
                await _as_host(parts, until, greet=greet)
            else:
                await _with_http(parts, where, until, greet=greet)


@contextlib.contextmanager
def observed(parts: Parts, metrics_port: int | None) -> Iterator[None]:
    """Log as the settings say, count for metrics, and show those at a port where one is given."""
    settings = parts.settings
    log_to_stderr(settings, parts.given_secrets)
    parts.measuring.text()  # counted from here on
    if metrics_port is None:
        yield
        return
    with metrics_served(parts.measuring.text, settings.metrics_host, metrics_port):
        yield


async def _as_host(parts: Parts, until: Until, *, greet: Greet) -> None:
    told = _hear_signals()
    await greet(parts, "")
    with spared_collector():
        async with asyncio.TaskGroup() as group:
            host = group.create_task(parts.be_host())
            await _told_to_end(told, until)
            host.cancel()


async def _with_http(parts: Parts, where: Listening, until: Until, *, greet: Greet) -> None:
    from flowforge_lab.api import Access, Server, listen, terms_of

    listener = listen(where.host, where.port)
    terms = terms_of(parts.settings, where.host, beside_key=os.environ.pop(BESIDE_KEY, ""))
    access = Access(parts.access, parts.clock, terms)
    screen = LateDashboard(parts, access) if has_dashboard() else None
    server = Server(parts, access, listener, screen=screen)
    told = _hear_signals()
    name = f"[{where.host}]" if ":" in where.host else where.host
    await greet(parts, f"http://{name}:{listener.getsockname()[1]}")
    with spared_collector():
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(server.run())
            ending = group.create_task(_told_to_end(told, until))
            await asyncio.wait((serving, ending), return_when=asyncio.FIRST_COMPLETED)
            server.stop()
            ending.cancel()


def _hear_signals() -> asyncio.Event:
    """Return what is set once this process is told to end by Ctrl+C or SIGTERM, from now on."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(number, told.set)
    return told


async def _told_to_end(told: asyncio.Event, until: Until) -> None:
    """Return once this process is told to end, or `until()` holds."""
    look: Coroutine[Any, Any, bool] = told.wait() if until is None else _until(told, until)
    await look


async def _until(told: asyncio.Event, until: Callable[[], bool]) -> bool:
    while not told.is_set() and not await asyncio.to_thread(until):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_SECONDS):
                await told.wait()
    return True
