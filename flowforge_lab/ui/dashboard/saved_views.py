"""Filters that somebody keeps under a name, in the lab and for themselves."""

from typing import Any

from markupsafe import Markup

from flowforge_lab.lab import Parts
from flowforge_lab.store import Variable

from .address import link
from .icons import icon
from .markup import join

_SCOPE = "screen"  # beside the scopes that people see
_MAX_VIEWS, _MAX_NAME = 50, 60


class SavedViews:
    """The saved views of one page for one visitor."""

    def __init__(self, parts: Parts, page: str) -> None:
        self._table = parts.store.variables
        self._page = page

    async def all(self, owner: str) -> dict[str, dict[str, str]]:
        """Return what each view asks for, by its name."""
        found = await self._table.all(_SCOPE, self._place(owner))
        return {one.name: dict(one.value) for one in found}

    async def keep(self, owner: str, name: str, asked: dict[str, Any]) -> None:
        """Keep what is asked for under a name.

        Raises:
            ValueError: there is no name, it is too long, or there are too many views.
        """
        if not 0 < len(name) <= _MAX_NAME:
            msg = f"a view needs a name of at most {_MAX_NAME} characters"
            raise ValueError(msg)
        if len(await self.all(owner)) >= _MAX_VIEWS:
            msg = f"there are {_MAX_VIEWS} views already: remove one first"
            raise ValueError(msg)
        await self._table.set(Variable(_SCOPE, self._place(owner), name, asked, None))

    async def remove(self, owner: str, name: str) -> None:
        """Forget a view; one that is not there is no failure."""
        await self._table.remove(_SCOPE, self._place(owner), name)

    def _place(self, owner: str) -> str:
        return f"{self._page}/{owner}"


def view_menu(page: str, views: dict[str, dict[str, str]]) -> Markup:
    """Return the menu of the saved views, with a field to keep what is shown now."""
    items = join(
        Markup(
            '<li><a href="{}" data-go>{}</a><button type="button" class="ff-icon-button" data-act="forget_view"'
            ' data-name="{}" aria-label="Remove the view {}">{}</button></li>'
        ).format(link(page, asked), name, name, name, icon("close", size=14))
        for name, asked in views.items()
    )
    none = Markup('<li class="ff-help">No view is saved yet.</li>')
    return Markup(
        '<details class="ff-views ff-menu" data-key="views"><summary class="ff-button">{}Views</summary><div class="ff-pop"><ul>{}</ul>'
        '<form data-act="keep_view"><label class="ff-field"><span class="ff-hidden">Name of the view</span>'
        '<input name="name" placeholder="Save these filters as…" maxlength="60" required></label>'
        '<button class="ff-button is-primary">Save</button></form></div></details>'
    ).format(icon("bookmark", size=16), items or none)
