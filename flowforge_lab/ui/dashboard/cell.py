"""The dashboard in a cell of a notebook: the same pages, on a lab of this process."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import panel as pn
from panel.viewable import Viewer

from flowforge_lab.lab import Lab, shared_lab

from .address import link
from .live import Pulse
from .page import Work
from .screen import Screen
from .visitor import Owner, Rights

T = TypeVar("T")


class Dashboard(Viewer):
    """The dashboard of `lab`, or of the lab of the present folder, on the page that is named.

    Show it as the last value of a cell. `filters` are those of the page's address, such as
    `status="failed"`. It follows the lab until it is closed, or the kernel ends.
    """

    def __init__(
        self, lab: Lab | None = None, *, page: str = "executions", **filters: str
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # panel has no types
        pn.extension(inline=True)
        self._lab = lab or shared_lab()
        self._pulse = Pulse(self._lab.parts)
        rights = Rights(Owner(), needed=lambda _method, _path: "viewer")
        self.screen = Screen(self._lab, rights, self._pulse, is_served=False)
        self._lab_does(self.screen.open(link(page, filters))).result()
        self.screen.ask = self._ask
        self._following = self._lab_does(self._pulse.run())
        self._home: asyncio.AbstractEventLoop | None = None
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._view = pn.Column(self.screen.nav, self.screen.main, sizing_mode="stretch_width")

    def __panel__(self) -> Any:
        """Return what is shown, and be alive from now on."""
        self._home = asyncio.get_running_loop()
        self._lab.loop.loop.call_soon_threadsafe(self.screen.start, self._later)
        return self._view

    def close(self) -> None:
        """Follow the lab no more; may be called twice."""
        self._lab.loop.loop.call_soon_threadsafe(self.screen.stop)
        self._following.cancel()

    def _lab_does(self, work: Coroutine[Any, Any, T]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._lab.loop.loop)

    async def _ask(self, work: Coroutine[Any, Any, T]) -> T:
        found: T = await asyncio.wrap_future(self._lab_does(work))
        return found

    def _later(self, work: Work) -> None:
        """Do something on the loop of the kernel, from whichever thread it is asked for."""
        if self._home is not None:
            self._home.call_soon_threadsafe(self._begin, work)

    def _begin(self, work: Work) -> None:
        task = asyncio.get_running_loop().create_task(self._in_turn(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _in_turn(self, work: Work) -> None:
        async with self._turn:
            await work()
