"""What Bokeh under FastAPI leaves behind, taken away: connections of closed pages, and sessions without one.

Panel up to 1.9 is served by bokeh-fastapi, which never notes that a page was closed, and looks for unused
sessions only where the server runs its lifespan. From 1.10 on Panel does both by itself.
"""

import asyncio
import importlib.util
from typing import Any

HAS_OWN_SERVER = importlib.util.find_spec("panel.io.asgi") is not None


def let_go_of_closed_pages() -> None:
    """Let a connection end with its websocket; may be called twice."""
    if HAS_OWN_SERVER:
        return
    from bokeh_fastapi.handler import WSHandler  # type: ignore[import-untyped]  # it has no types

    if getattr(WSHandler, "lets_go", False):
        return
    connect = WSHandler.ws_connect

    async def ws_connect(self: Any, websocket: Any) -> None:
        try:
            await connect(self, websocket)
        finally:
            _lose(self)

    def on_close(self: Any, code: int, reason: str) -> None:  # noqa: ARG001  # as Bokeh calls it
        _lose(self)

    WSHandler.ws_connect = ws_connect
    WSHandler.on_close = on_close
    WSHandler.lets_go = True


def _lose(handler: Any) -> None:
    connection, handler.connection = handler.connection, None
    if connection is not None:
        handler.application.client_lost(connection)


class Cleaner:
    """Destroys sessions that nobody is connected to any more, while it runs."""

    def __init__(self, served: Any) -> None:
        self._served = served

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        if HAS_OWN_SERVER:  # it starts with its first request, and is stopped here
            try:
                await asyncio.Event().wait()
            finally:
                await self._served.asgi.core.stop()
        else:
            await self._served._cleanup_loop()  # noqa: SLF001  # what its own lifespan would run

    @property
    def sessions(self) -> int:
        """How many sessions there are."""
        found = self._served.applications if HAS_OWN_SERVER else self._served._applications  # noqa: SLF001  # it has no door
        return sum(len(list(context.sessions)) for context in found.values())
