"""One open dashboard: which page is shown, what its reader asks for, and when it looks anew."""

import functools
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

import panel as pn
import param
from markupsafe import Markup

from flowforge_lab.access import act_as
from flowforge_lab.errors import AccessError, FlowForgeError
from flowforge_lab.lab import Lab

from .address import FIRST_PAGE, Address
from .fragment import Fragment, stylesheet
from .live import Pulse
from .markup import join, problem
from .page import Desk, File, Later, News, Page, head, sees
from .pages import PAGES
from .shell import navigation
from .visitor import Rights

logger = logging.getLogger(__name__)
T = TypeVar("T")
Ask = Callable[[Coroutine[Any, Any, T]], Coroutine[Any, Any, T]]


class Screen(param.Parameterized):
    """The state of one open dashboard.

    `ask` runs a question where the lab lives, which in a notebook is another loop than the page's.
    """

    theme = param.String(default="dark", regex="dark|light", doc="How the page is lit.")
    trouble = param.String(
        default="", doc="What went wrong last, until something else is asked for."
    )

    def __init__(self, lab: Lab, rights: Rights, pulse: Pulse, *, is_served: bool = True) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # param has no types
        self.address = Address()  # type: ignore[no-untyped-call]  # as above
        self.desk = Desk(lab, rights, self.address)
        self.pulse = pulse
        self.is_served = self.desk.is_served = is_served
        self.page: Page = PAGES[FIRST_PAGE](self.desk)
        look = {"is_served": is_served, "sizing_mode": "stretch_width"}
        if not is_served:
            look["css"] = stylesheet()
        self.nav = Fragment(self._take, part="nav", **look)
        self.body = Fragment(self._take, part="main", **look)
        self.tail = Fragment(self._take, part="tail", **look)
        self.main = pn.Column(self.body, sizing_mode="stretch_width")
        self.desk.tell = self.body.tell
        self.ask: Callable[[Any], Any] = _here
        self._has_news = self._is_stale = self._is_over = False
        self._looked_at = float("-inf")
        self._second = 0

    # -- what is shown

    async def open(self, query: str, theme: str = "dark") -> None:
        """Show what an address names, before anybody is connected."""
        self.theme = self.desk.theme = theme if theme in {"dark", "light"} else "dark"
        await self.ask(self._go(query))
        self._draw()

    async def _go(self, query: str) -> None:
        self.address.go(query)
        page = PAGES.get(self.address.page, PAGES[FIRST_PAGE])
        if self.address.page not in PAGES:
            self.trouble = f"There is no page {self.address.page[:40]!r}."
            self.address.page = FIRST_PAGE
        if type(self.page) is not page:
            self.page.close()
            self.page = page(self.desk)
            self.desk.is_picking = False
        await self._load()

    async def _load(self) -> None:
        """Ask the page for its HTML; what goes wrong is told in its place."""
        rights = self.desk.rights
        try:
            rights.refresh()
            if not sees(self.page, rights):
                msg = f"{self.page.title} takes a role that {rights.visitor.name} does not have"
                raise AccessError(msg)
            with act_as(rights.actor):
                self._html = await self.page.load()
        except FlowForgeError as error:
            self.page.close()
            self._html = head(self.page.title) + problem(str(error))
            if rights.is_over:
                self.trouble = ""
                self._html += _way_in(self.address)

    def _draw(self) -> None:
        """Let the browser have what was loaded."""
        self.nav.html = str(navigation(self.desk, self.page.name))
        told = problem(self.trouble, key="trouble") if self.trouble else Markup("")
        self.body.html = str(join((told, self._html)))
        self.tail.html = str(self.page.tail())
        views = [self.body, *self.page.views(), *([self.tail] if self.tail.html else [])]
        if views != self.main.objects:
            self.main.objects = views

    # -- what its reader does

    def _take(self, message: Mapping[str, Any]) -> None:
        if self.desk.later is not None:
            self.desk.later(functools.partial(self.hear, message))

    async def hear(self, message: Mapping[str, Any]) -> None:
        """Do what somebody asks for by a click or a key."""
        if "top" in message or "picking" in message:
            await self._note_place(message)
            return
        self.trouble = ""
        if "theme" in message:
            self.theme = self.desk.theme = "light" if message["theme"] == "light" else "dark"
        elif "go" in message:
            await self._open(str(message["go"]))
            return
        elif "ask" in message:
            self._ask_for(message["ask"])
        elif "act" in message:
            await self._act(message)
        await self.ask(self._load())
        self._draw()

    async def _note_place(self, message: Mapping[str, Any]) -> None:
        self.desk.is_at_top = bool(message.get("top", self.desk.is_at_top))
        self.desk.is_picking = bool(message.get("picking", self.desk.is_picking))
        if not self.desk.is_still:
            await self._look()

    async def _open(self, query: str) -> None:
        before = self.page
        self.desk.is_at_top = True
        await self.ask(self._go(query))
        self._draw()
        is_new = before is not self.page
        self.body.tell({"title": f"{self.page.title} · FlowForge Lab", "focus": is_new})

    def _ask_for(self, fields: Any) -> None:
        found = {str(name): str(value) for name, value in dict(fields).items()}
        is_typing = "search" in found and found["search"] != self.address.get("search")
        if "n" not in found:
            found["n"] = ""
        self.address.change(found)
        self.body.tell({"address": self.address.query, "is_new": not is_typing})

    async def _act(self, message: Mapping[str, Any]) -> None:
        told = {str(name): str(value) for name, value in dict(message.get("told", {})).items()}
        picked = [str(one) for one in message.get("picked", [])][:1000]
        is_done = False
        try:
            said = await self.ask(self._do(str(message["act"]), told, picked))
            is_done = True
        except (FlowForgeError, ValueError) as error:
            self.trouble = str(error)
            return
        finally:
            self.body.tell({"acted": is_done})
        if isinstance(said, File):
            self.body.tell({"file": {"name": said.name, "type": said.type, "text": said.text}})
        elif said:
            self.body.tell({"toast": {"text": said, "tone": "good"}})

    async def _do(
        self, name: str, told: Mapping[str, str], picked: Sequence[str]
    ) -> str | File | None:
        self.desk.rights.refresh()
        with act_as(self.desk.rights.actor):
            said = await self.page.act(name, told, picked)
        self.pulse.note_act()
        return said

    # -- what happens in the lab

    def start(self, later: Later) -> None:
        """Be alive from now on: hear its reader and the lab."""
        self.desk.later = later
        self.pulse.subscribe(self._news)

    def stop(self) -> None:
        """Let go of everything; may be called twice."""
        self._is_over = True
        self.pulse.leave(self._news)
        self.desk.later = None
        self.page.close()

    def _news(self, news: News) -> None:
        every = self.page.looks_every
        is_due = every > 0 and not news.seconds % every and news.seconds != self._second
        self._second = news.seconds
        self._is_stale = self.page.concerns(news) or self._is_stale or is_due
        rests = self.desk.parts.clock.monotonic() - self._looked_at < self.page.rest_seconds
        if self._is_stale and not self._has_news and not rests and self.desk.later is not None:
            self._has_news = True
            self.desk.later(self._look)

    async def _look(self) -> None:
        """Show the page anew, its reader's place kept."""
        self._has_news = self._is_stale = False
        self._looked_at = self.desk.parts.clock.monotonic()
        if self._is_over:
            return
        await self.ask(self._load())
        self._draw()


def _way_in(address: Address) -> Markup:
    """Return the way to the login, and from there back to what is looked at."""
    query = urlencode({"next": f"/{address.query}"})
    return Markup('<p><a class="ff-button is-primary" href="login?{}">Sign in</a></p>').format(
        query
    )


async def _here(work: Coroutine[Any, Any, T]) -> T:
    return await work
