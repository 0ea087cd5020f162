"""The dashboard of a server, loaded for the first who asks for it: its libraries take seconds and memory."""

import asyncio
import contextlib
import threading
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any  # noqa: TID251  # hides no cycle: the libraries are extras

from flowforge_lab.lab import Parts

if TYPE_CHECKING:
    from flowforge_lab.api import Access
    from flowforge_lab.ui import ServedDashboard

_OWN_SERVER_SINCE = (1, 10)


def has_dashboard() -> bool:
    """Whether what the dashboard is made with is installed."""
    try:
        found = tuple(int(part) for part in version("panel").split(".")[:2])
    except (PackageNotFoundError, ValueError):
        return False
    is_served = found >= _OWN_SERVER_SINCE or find_spec("bokeh_fastapi") is not None
    return is_served and find_spec("websockets") is not None


class LateDashboard:
    """Stands for the dashboard until it is loaded; the first who asks for it waits for that."""

    def __init__(self, parts: Parts, access: "Access") -> None:
        self._parts = parts
        self._access = access
        self._is_wanted, self._is_here = asyncio.Event(), asyncio.Event()
        self._served: ServedDashboard | None = None

    async def run(self) -> None:
        """Load the dashboard once it is asked for, and let it follow the lab until cancelled."""
        await self._is_wanted.wait()
        served_by = await _loaded()
        from flowforge_lab.api import needed_role

        self._served = served_by(self._parts, needed=needed_role, renew=self._access.renew)
        self._is_here.set()
        await self._served.run()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request for the dashboard."""
        self._is_wanted.set()
        await self._is_here.wait()
        if self._served is not None:
            await self._served(scope, receive, send)


async def _loaded() -> "type[ServedDashboard]":
    """Import the dashboard in a thread that holds up neither requests nor the end of the server."""
    loop = asyncio.get_running_loop()
    loaded: asyncio.Future[type[ServedDashboard]] = loop.create_future()

    def load() -> None:
        from flowforge_lab.ui import ServedDashboard

        with contextlib.suppress(RuntimeError):  # the server has ended meanwhile
            loop.call_soon_threadsafe(_give, loaded, ServedDashboard)

    threading.Thread(target=load, daemon=True, name="load the dashboard").start()
    return await loaded


def _give(loaded: "asyncio.Future[type[ServedDashboard]]", found: "type[ServedDashboard]") -> None:
    if not loaded.done():
        loaded.set_result(found)
