"""The dashboard of a server, loaded beside it: its libraries take seconds, and requests need not wait."""

import asyncio
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
    """Stands for the dashboard until it is loaded; who comes earlier waits for it."""

    def __init__(self, parts: Parts, access: "Access") -> None:
        self._parts = parts
        self._access = access
        self._is_here = asyncio.Event()
        self._served: ServedDashboard | None = None

    async def run(self) -> None:
        """Load the dashboard, and let it follow the lab until cancelled."""
        served_by = await asyncio.to_thread(_load)
        from flowforge_lab.api import needed_role

        self._served = served_by(self._parts, needed=needed_role, renew=self._access.renew)
        self._is_here.set()
        await self._served.run()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request for the dashboard."""
        await self._is_here.wait()
        if self._served is not None:
            await self._served(scope, receive, send)


def _load() -> "type[ServedDashboard]":
    from flowforge_lab.ui import ServedDashboard

    return ServedDashboard
