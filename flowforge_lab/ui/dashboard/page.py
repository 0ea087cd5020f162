"""What every page of the dashboard is: HTML made of the lab as it is now, and what can be done on it."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, ClassVar

import msgspec
from markupsafe import Markup
from panel.viewable import Viewable

from flowforge_lab.errors import NotFoundError
from flowforge_lab.lab import Lab, Parts

from .address import Address
from .visitor import Rights


class News(msgspec.Struct, frozen=True):
    """What happened since the last look: executions that moved, those that began, and whether people acted.

    It comes at least once a second; `seconds` counts these.
    """

    moved: frozenset[str] = frozenset()
    begun: frozenset[str] = frozenset()
    ended: frozenset[str] = frozenset()
    workflows: frozenset[str] = frozenset()
    has_acts: bool = False
    seconds: int = 0


class File(msgspec.Struct, frozen=True):
    """What leaves as a file."""

    name: str
    type: str
    text: str


Work = Callable[[], Coroutine[Any, Any, None]]
Later = Callable[[Work], None]


class Desk:
    """What a page works with: the lab, who looks, the address, and how the browser is told something.

    `later` runs work where the page lives, one after the other, once somebody is connected.
    """

    def __init__(self, lab: Lab, rights: Rights, address: Address) -> None:
        self.lab = lab
        self.parts: Parts = lab.parts
        self.later: Later | None = None
        self.rights = rights
        self.address = address
        self.theme = "dark"
        self.is_at_top = True
        self.is_picking = False
        self.is_served = True
        self.tell: Callable[[dict[str, Any]], None] = lambda _message: None

    async def rows(self, sql: str, **params: Any) -> list[dict[str, Any]]:
        """Return the rows of a question to the history."""
        return await self.parts.store.history.query(sql, params)

    @property
    def is_still(self) -> bool:
        """Whether rows should stay where they are: somebody reads further down, or picks some."""
        return self.is_picking or not self.is_at_top


class Told(dict[str, str]):
    """What came along with an act; what is missing reads as empty."""

    def __missing__(self, _name: str) -> str:
        return ""


Act = Callable[[Told, Sequence[str]], Awaitable["str | File | None"]]


class Page:
    """One page. It is made anew for each session and each visit of it.

    `reads` is the request that would bring the same: who may not send that, does not see the page either.
    """

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    group: ClassVar[str] = ""
    under: ClassVar[str] = ""
    """Of a page that is not in the navigation, the one that leads to it."""
    reads: ClassVar[str] = ""
    is_for_some: ClassVar[bool] = False
    """Whether those see it, too, who may look at single workflows only."""
    looks_every: ClassVar[int] = 0
    """After how many seconds it looks anew without any event; 0 for never."""
    rest_seconds: ClassVar[float] = 0.25
    """So long it rests between two looks, however much happens."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def load(self) -> Markup:
        """Return the page as the lab is now."""
        raise NotImplementedError

    def tail(self) -> Markup:
        """Return what stands below the views."""
        return Markup("")

    def views(self) -> list[Viewable]:
        """Return what is drawn below it: charts, the editor."""
        return []

    def close(self) -> None:
        """Let go of what the page holds: its reader went elsewhere, or may not see it. May be called twice."""

    def concerns(self, news: News) -> bool:
        """Whether the page looks different after this."""
        return news.has_acts

    async def act(
        self, name: str, told: Mapping[str, str], picked: Sequence[str]
    ) -> str | File | None:
        """Do what somebody asks for, and return what they are told.

        Raises:
            NotFoundError: the page knows no such act.
            AccessError: they may not.
        """
        found: Act | None = getattr(self, f"do_{name}", None) if name.isidentifier() else None
        if found is None:
            msg = f"there is nothing called {name!r} to do here"
            raise NotFoundError(msg)
        return await found(Told(told), picked)


def sees(page: Page | type[Page], rights: Rights) -> bool:
    """Whether somebody may look at a page."""
    if page.is_for_some:
        return rights.may_somewhere("GET", page.reads)
    return rights.may("GET", page.reads)


def head(title: str, note: str | Markup = "", *, actions: str | Markup = "") -> Markup:
    """Return the head of a page: what it is, a note beside it, and what can be done."""
    return Markup(
        '<header class="ff-head"><h1 tabindex="-1">{}</h1><p class="ff-note">{}</p><div class="ff-actions">{}</div></header>'
    ).format(title, note, actions)
