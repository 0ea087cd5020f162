"""Who changed what: the log that only grows."""

import asyncio
import json
from collections.abc import Sequence

from markupsafe import Markup

from flowforge_lab.access import Change
from flowforge_lab.ui.dashboard.exporting import as_file
from flowforge_lab.ui.dashboard.markup import badge, button, empty, join, value, when
from flowforge_lab.ui.dashboard.page import File, Page, Told, head
from flowforge_lab.ui.dashboard.table import Column, Rows, rows_of, table

_SHOWN, _MOST = 100, 10_000


class Audit(Page):
    """The changes that fit, the newest first, a hundred at once."""

    name = "audit"
    title = "Audit"
    group = "Set up"
    reads = "/api/audit"
    looks_every = 5

    async def load(self) -> Markup:
        """Return the lines."""
        address = self.desk.address
        found = await self._lines(_SHOWN)
        actions = join(
            button(form.upper(), "export", picture="download", form=form)
            for form in ("csv", "json")
        )
        tools = Markup(
            '<form class="ff-tools" data-asks data-key="filters" role="search" aria-label="Filter the log">{}</form>'
        ).format(
            join(
                _field(name, label, address.get(name))
                for name, label in (("who", "Who"), ("action", "Did what"), ("target", "To what"))
            )
        )
        told = head(self.title, actions=actions) + tools
        if not found:
            return told + empty(
                "Nothing was changed",
                "Activations, cancels, sign-ins and every other change are written here.",
                image="audit",
            )
        return (
            told
            + table(_COLUMNS, Rows(found, lambda one: str(one.number)), label=self.title)
            + _older(found)
        )

    async def _lines(self, limit: int) -> list[Change]:
        address = self.desk.address
        before = address.number("before", 0)
        return await asyncio.to_thread(
            self.desk.parts.access.audit.lines,
            who=address.get("who"),
            action=address.get("action"),
            target=address.get("target"),
            before=before or None,
            limit=limit,
        )

    async def do_export(self, told: Told, _picked: Sequence[str]) -> File:
        """Return the lines that fit as a file, up to 10,000."""
        self.desk.rights.refuse("GET", self.reads)
        rows = rows_of(await self._lines(_MOST), _EXPORTED)
        return as_file("audit", told["form"], rows)


def _field(name: str, label: str, text: str) -> Markup:
    return Markup(
        '<label class="ff-field"><span class="ff-hidden">{}</span><input type="search" name="{}" value="{}" placeholder="{}" autocomplete="off"></label>'
    ).format(label, name, text, label)


def _older(found: Sequence[Change]) -> Markup:
    if len(found) < _SHOWN:
        return Markup("")
    return Markup(
        '<nav class="ff-pager" aria-label="Pages"><button type="button" class="ff-button is-small" data-ask-for="before"'
        ' data-value="{}">Older ones</button></nav>'
    ).format(found[-1].number)


def _change(one: Change) -> Markup:
    if one.before is None and one.after is None:
        return Markup("")
    told = json.dumps(
        {"before": one.before, "after": one.after}, ensure_ascii=False, indent=2, default=str
    )
    return Markup("<details><summary>Show</summary>{}</details>").format(value(told))


_COLUMNS = (
    Column("At", lambda one: when(one.at), look="is-tight"),
    Column("Who", lambda one: Markup("<strong>{}</strong>").format(one.who)),
    Column("By", lambda one: badge(one.way)),
    Column("Did", lambda one: Markup("<code>{}</code>").format(one.action)),
    Column(
        "To", lambda one: Markup('<span class="ff-cut" title="{0}">{0}</span>').format(one.target)
    ),
    Column("Change", _change),
)
_EXPORTED = {
    name: (lambda one, name=name: getattr(one, name))
    for name in ("number", "at", "who", "way", "address", "action", "target", "before", "after")
}
