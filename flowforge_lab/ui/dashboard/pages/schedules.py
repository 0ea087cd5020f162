"""When schedules fire next."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from markupsafe import Markup

from flowforge_lab.store import Schedule
from flowforge_lab.ui.dashboard.address import link
from flowforge_lab.ui.dashboard.copied import RestsInACopy, resting
from flowforge_lab.ui.dashboard.markup import empty, moment_of, pill, when
from flowforge_lab.ui.dashboard.page import head
from flowforge_lab.ui.dashboard.table import Column, Rows, table


class Schedules(RestsInACopy):
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
        told = head(self.title, f"{len(found)}") + self.copied("its schedules do not fire here")
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
        columns = _COLUMNS_OF_A_COPY if self.is_copy else _COLUMNS
        return told + table(columns, rows, label=self.title)


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
_COLUMNS_OF_A_COPY = (*_PLACES, Column("State", lambda _one: resting()))
