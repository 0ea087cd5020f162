"""How the lab does: throughput, success, durations, what is slow, what waits, how deep the queue is."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup
from panel.viewable import Viewable

from flowforge_lab.services import QueueStats
from flowforge_lab.ui.dashboard.charts import Chart, side_by_side
from flowforge_lab.ui.dashboard.exporting import as_file
from flowforge_lab.ui.dashboard.figures import SPANS, Figures, ask_figures
from flowforge_lab.ui.dashboard.markup import (
    button,
    empty,
    join,
    section,
    select,
    tile,
    tiles,
)
from flowforge_lab.ui.dashboard.page import Desk, File, Page, Told, head
from flowforge_lab.ui.dashboard.table import Column, Rows, table
from flowforge_lab.values import lasted

_GOOD = 0.99


class Metrics(Page):
    """Figures of a span of time, of one workflow or of all; it looks anew every five seconds."""

    name = "metrics"
    title = "Metrics"
    group = "Observe"
    reads = "/api/metrics"
    looks_every = 5

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._figures: Figures | None = None
        self._charts: list[Chart] = []
        self._row: Viewable | None = None
        self._theme = ""

    async def load(self) -> Markup:
        """Return the figures in numbers; charts and tables follow below."""
        desk = self.desk
        span, workflow_id = desk.address.get("span", "24h"), desk.address.get("workflow")
        self._figures = await ask_figures(desk, span, workflow_id)
        names = sorted(one.id for one in await desk.parts.workflows.all())
        tools = Markup('<form class="ff-tools" data-asks data-key="filters">{}{}</form>').format(
            select(
                "workflow",
                "Workflow",
                [("", "All workflows"), *((id, id) for id in names)],
                chosen=workflow_id,
            ),
            select("span", "Time", SPANS, chosen=span),
        )
        actions = join(
            button(form.upper(), "export", picture="download", form=form)
            for form in ("csv", "json")
        )
        told = head(self.title, actions=actions) + tools
        stats = await desk.parts.queue.stats()
        if not self._figures.totals["total"]:
            return (
                told
                + _tiles(self._figures.totals, stats)
                + empty(
                    "Nothing ran in this time",
                    "Choose a longer time, or start a workflow.",
                    image="metrics",
                )
            )
        return told + _tiles(self._figures.totals, stats)

    def views(self) -> list[Viewable]:
        """Return the charts; they are made once, and again where the colours change."""
        found = self._figures
        if found is None or not found.totals["total"]:
            return []
        if self._row is None or self._theme != self.desk.theme:
            self._theme = self.desk.theme
            self._charts = _charts(self._theme)
            self._row = side_by_side(self._charts)
        for chart, columns in zip(self._charts, _columns(found), strict=True):
            chart.show(columns, found.since, _end_of(found))
        return [self._row]

    def tail(self) -> Markup:
        """Return the slowest nodes, and those that wait longest."""
        found = self._figures
        if found is None or not found.totals["total"]:
            return Markup("")
        return join(
            section(title, table(_COLUMNS, Rows(rows, _key), label=title))
            for title, rows in (("Slowest nodes", found.slowest), ("Longest waits", found.waits))
            if rows
        )

    async def do_export(self, told: Told, _picked: Sequence[str]) -> File:
        """Return the figures over time as a file."""
        rows = self._figures.over_time if self._figures else []
        return as_file("metrics", told["form"], rows)


def _key(row: dict[str, Any]) -> str:
    return f"{row['workflow_id']}.{row['node']}"


def _tiles(totals: dict[str, Any], stats: QueueStats) -> Markup:
    ended = totals["succeeded"] + totals["failed"]
    success = totals["succeeded"] / ended if ended else None
    tone = "plain" if success is None else "good" if success >= _GOOD else "warn"
    return tiles(
        (
            tile("Executions", f"{totals['total']:,}", note=f"{totals['retries']:,} retries"),
            tile(
                "Success",
                "-" if success is None else f"{success:.1%}",
                tone=tone,
                note=f"{totals['failed']:,} failed",
            ),
            tile("Median", "-" if totals["p50"] is None else lasted(totals["p50"])),
            tile("95 of 100 within", "-" if totals["p95"] is None else lasted(totals["p95"])),
            tile(
                "In the queue",
                f"{stats.ready:,}",
                note=f"{stats.delayed:,} delayed",
                tone="warn" if stats.ready else "plain",
            ),
            tile("Waiting", f"{stats.waiting:,}", note=f"{stats.running:,} running"),
        )
    )


def _charts(theme: str) -> list[Chart]:
    return [
        Chart("Executions", theme).stacks(
            ("succeeded", "failed", "cancelled"), ("good", "bad", "plain")
        ),
        Chart("Success", theme, unit="share").lines(("success",), ("good",)),
        Chart("Time from start to end", theme, unit="time").lines(
            ("p50", "p95"), ("live", "warn")
        ),
        Chart("In progress", theme).area("open", "live"),
    ]


def _columns(found: Figures) -> list[dict[str, Sequence[Any]]]:
    rows = found.over_time
    half = timedelta(seconds=found.step / 2)
    at = [row["begins_at"] + half for row in rows]
    counts = {name: [row[name] for row in rows] for name in ("succeeded", "failed", "cancelled")}
    ended = [max(row["succeeded"] + row["failed"], 0) for row in rows]
    success = [
        row["succeeded"] / many if many else None for row, many in zip(rows, ended, strict=True)
    ]
    nan = float("nan")
    lengths = {
        name: [nan if row[name] is None else row[name] for row in rows] for name in ("p50", "p95")
    }
    told = {
        f"{name}_told": ["-" if math.isnan(one) else lasted(one) for one in lengths[name]]
        for name in lengths
    }
    shares = ["-" if one is None else f"{one:.1%}" for one in success]
    return [
        {"at": at, "width": [found.step * 850] * len(at), **counts},
        {
            "at": at,
            "success": [nan if one is None else one for one in success],
            "success_told": shares,
        },
        {"at": at, **lengths, **told},
        _in_progress(found),
    ]


def _end_of(found: Figures) -> datetime:
    """Return where the axis ends: behind the last bar, which is not over yet."""
    begun: list[datetime] = [row["begins_at"] for row in found.over_time[-1:]]
    return max(found.until, *(at + timedelta(seconds=found.step) for at in begun), found.since)


def _in_progress(found: Figures) -> dict[str, Sequence[Any]]:
    """Return how many were under way, from the beginning of the time to now."""
    at = [row["begins_at"] for row in found.in_progress]
    many = [int(row["open"]) for row in found.in_progress]
    return {"at": [*at, found.until], "open": [*many, many[-1] if many else 0]}


_COLUMNS = (
    Column("Node", lambda row: Markup("<strong>{}</strong>").format(row["node"])),
    Column("Workflow", lambda row: row["workflow_id"]),
    Column("Kind", lambda row: Markup('<span class="ff-dim">{}</span>').format(row["kind"])),
    Column("Visits", lambda row: f"{row['visits']:,}", look="is-right"),
    Column("Median", lambda row: lasted(row["p50"]), look="is-right"),
    Column("p95", lambda row: lasted(row["p95"]), look="is-right"),
    Column("Failed", lambda row: f"{row['failed']:,}", look="is-right"),
    Column("Retries", lambda row: f"{row['retries']:,}", look="is-right"),
)
