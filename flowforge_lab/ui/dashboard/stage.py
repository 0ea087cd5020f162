"""Where the editor or the viewer stands on a page: its messages, its thread, its end."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, Protocol, TypeVar

from panel.viewable import Viewable

from flowforge_lab.access import act_as
from flowforge_lab.errors import AccessError
from flowforge_lab.ui.component import Screen

from .page import Desk, Page

logger = logging.getLogger(__name__)
Send = Callable[[], None]


def filling(desk: Desk) -> dict[str, Any]:
    """Return the size of a screen: what the head of the page leaves of the window, or fits into a notebook."""
    left = "100dvh - 90px - var(--ff-above, 0px)" if desk.is_served else "100dvh - 270px"
    return {
        "is_filling": True,
        "sizing_mode": "stretch_width",
        "styles": {"height": f"max(460px, calc({left}))", "margin": "-8px 0 0"},
    }


class Stage:
    """Carries the messages of one screen: one after the other, in a thread of its own, as its reader.

    A session waits for the lab, whose loop must not wait for the session. `allow` is asked before each
    message and raises where its reader may not; `after` is called on the loop of the lab once it is done.
    Make it on that loop.
    """

    def __init__(
        self, desk: Desk, *, allow: Callable[[str], None], after: Callable[[], None] | None = None
    ) -> None:
        self._desk = desk
        self._allow = allow
        self._after = after
        self._loop = asyncio.get_running_loop()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="screen")
        self.refused: Callable[[str], None] = lambda _text: None

    async def do(self, work: Callable[[], Any]) -> Any:
        """Return what `work` returns, done in the thread of the screen."""
        return await asyncio.wrap_future(self._worker.submit(work))

    def take(self, message: Any, work: Callable[[], None]) -> None:
        """Do what a message asks for, if its reader may now."""
        kind = str(message.get("kind")) if isinstance(message, dict) else ""
        self._worker.submit(self._work, kind, work)

    def _work(self, kind: str, work: Callable[[], None]) -> None:
        rights = self._desk.rights
        try:
            rights.refresh()
            self._allow(kind)
        except AccessError as error:
            self.refused(str(error))
            return
        with act_as(rights.actor):
            work()
        if self._after is not None:
            self._loop.call_soon_threadsafe(self._after)

    def bring(self, send: Send) -> None:
        """Hand something to the browser on the loop of its page; what nobody is there for is dropped."""
        self._loop.call_soon_threadsafe(self._bring, send)

    def _bring(self, send: Send) -> None:
        async def bring() -> None:
            send()

        if self._desk.later is not None:
            self._desk.later(bring)

    def close(self, end: Callable[[], None]) -> None:
        """Call `end` when all is done that was asked for, and take nothing more."""
        self._worker.submit(end)
        self._worker.shutdown(wait=False)


class Session(Protocol):
    """What a screen works on."""

    def close(self) -> None:
        """Let go of all it holds."""


S = TypeVar("S", bound=Session)
V = TypeVar("V", bound=Screen)


class StagedPage(Page, Generic[S, V]):
    """A page below whose head one screen fills the window; `shown` names what it shows."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.session: S | None = None
        self.stage: Stage | None = None
        self.view: V | None = None
        self.shown = ""

    def views(self) -> list[Viewable]:
        """Return the screen."""
        if self.view is None:
            return []
        self.view.theme = self.desk.theme
        return [self.view]

    def close(self) -> None:
        """Let go of the session; what was not saved is gone."""
        session, stage = self.session, self.stage
        self.session = self.stage = self.view = None
        self.shown = ""
        if stage is not None:
            stage.close(session.close if session is not None else lambda: None)
