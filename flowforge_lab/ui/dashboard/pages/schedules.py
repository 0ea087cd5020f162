"""When schedules fire next."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from markupsafe import Markup

from flowforge_lab.store import Schedule
from flowforge_lab.ui.dashboard.address import link
from flowforge_lab.ui.dashboard.markup import button, empty, moment_of, pill, warning, when
from flowforge_lab.ui.dashboard.page import Page, Told, head
from flowforge_lab.ui.dashboard.table import Column, Rows, table

_ADOPT = "/api/lab/adopt"


class Schedules(Page):
    """The schedules of active workflows, the next to fire first."""

    name = "schedules"
    title = "Schedules"
    group = "Build"
    reads = "/api/cron"
    is_for_some = True
    looks_every = 5

    async def load(self) -> Markup:
        """Return the schedules."""
        desk = self.desk
        found = [
            one
            for one in await desk.parts.store.schedules.all()
            if desk.rights.may("GET", self.reads, one.workflow_id)
        ]
        told = head(self.title, f"{len(found)}") + self._copied()
        if not found:
            return told + empty(
                "Nothing is scheduled",
                "A workflow with a trigger.schedule node appears here once it is activated.",
                command="flowforge activate WORKFLOW",
                image="schedules",
            )
        rows = Rows(
            found,
            lambda one: f"{one.workflow_id}.{one.node}",
            lambda one: link("workflows", workflow=one.workflow_id),
        )
        columns = _COLUMNS_OF_A_COPY if desk.parts.store.is_copy else _COLUMNS
        return told + table(columns, rows, label=self.title)

    def _copied(self) -> Markup:
        """Return that nothing fires in a copied lab, and how to change that."""
        if not self.desk.parts.store.is_copy:
            return Markup("")
        ask = "Let schedules, mailboxes and bots start workflows here? They do so in the lab it was copied from, too."
        may = self.desk.rights.may("POST", _ADOPT)
        return warning(
            "This lab was copied from another place: its schedules do not fire here.",
            button("Make it a lab of its own", "adopt", kind="is-small", ask=ask) if may else "",
        )

    async def do_adopt(self, _told: Told, _picked: Sequence[str]) -> str:
        """Make a copied lab one of its own, whose schedules fire."""
        self.desk.rights.refuse("POST", _ADOPT)
        await self.desk.parts.store.adopt()
        return "The schedules of this lab fire from now on"


def _spec(one: Schedule) -> Markup:
    told = one.spec.get("cron") or one.spec
    zone = one.spec.get("timezone") or "UTC"
    return Markup('<span><code>{}</code> <span class="ff-dim">{}</span></span>').format(told, zone)


def _clock(one: Schedule) -> str:
    moment = moment_of(one.next_at)
    return "" if moment is None else _in_zone(moment, one.spec).strftime("%a %d %b, %H:%M")


def _in_zone(moment: datetime, spec: dict[str, Any]) -> datetime:
    try:
        return moment.astimezone(ZoneInfo(str(spec.get("timezone") or "UTC")))
    except (ZoneInfoNotFoundError, ValueError):
        return moment


def _state(one: Schedule) -> Markup:
    return pill("on", "fires") if one.is_active else pill("off", "rests")


_PLACES = (
    Column("Workflow", lambda one: Markup("<strong>{}</strong>").format(one.workflow_id)),
    Column("Trigger", lambda one: one.node),
    Column("Rule", _spec),
)
_COLUMNS = (
    *_PLACES,
    Column("Next", lambda one: when(one.next_at, none="never again"), look="is-tight"),
    Column("At", _clock, look="is-tight"),
    Column("Last", lambda one: when(one.last_at, none="not yet"), look="is-tight"),
    Column("State", _state),
)
_COLUMNS_OF_A_COPY = (*_PLACES, Column("State", lambda _one: pill("off", "rests in a copy")))
