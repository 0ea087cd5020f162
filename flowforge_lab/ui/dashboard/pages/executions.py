"""All executions: narrowed, sorted, picked, and one of them opened."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec
from markupsafe import Markup

from flowforge_lab.errors import ConflictError, FlowForgeError
from flowforge_lab.lab import going_on_of
from flowforge_lab.services import MAX_PAGE_SIZE, Changes
from flowforge_lab.services import Page as Found
from flowforge_lab.ui.dashboard.address import link
from flowforge_lab.ui.dashboard.asking import FILTERS, filters, is_narrowed, wanted_of
from flowforge_lab.ui.dashboard.drawer import execution_drawer
from flowforge_lab.ui.dashboard.exporting import MAX_ROWS, as_file
from flowforge_lab.ui.dashboard.icons import icon
from flowforge_lab.ui.dashboard.markup import button, empty, pill, took, when
from flowforge_lab.ui.dashboard.page import Desk, File, News, Page, Told, head
from flowforge_lab.ui.dashboard.saved_views import SavedViews, view_menu
from flowforge_lab.ui.dashboard.table import Column, Rows, pager, table
from flowforge_lab.ui.dashboard.waiting import ANSWER, waits_longer

_MANY = "/api/executions/any/cancel"


class Executions(Page):
    """The executions that fit the filters, fifty a page; what begins or moves is shown as it does."""

    name = "executions"
    title = "Executions"
    group = "Observe"
    reads = "/api/executions"
    is_for_some = True
    rest_seconds = 0.5

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._views = SavedViews(desk.parts, self.name)
        self._shown: Found | None = None
        self._asked = ""
        self._fresh: set[str] = set()
        self._moved: set[str] = set()
        self._workflows: list[str] = []

    # -- what is shown

    async def load(self) -> Markup:
        """Return the page; rows that its reader looks at stay, and only what they say changes."""
        desk = self.desk
        if not self._workflows:
            self._workflows = sorted(
                one.id for one in await desk.parts.workflows.all() if self._sees(one.id)
            )
        asked = _asked(desk)
        if self._shown is None or asked != self._asked or not desk.is_still:
            self._asked = asked
            self._fresh.clear()
            self._shown = await desk.parts.listing.page(self._wanted())
        elif self._moved:
            self._shown = await self._brought_up(self._shown)
        self._moved.clear()
        views = await self._views.all(desk.rights.visitor.name)
        opened = desk.address.get("execution")
        drawer = await execution_drawer(desk, opened) if opened else Markup("")
        return self._page(self._shown, views) + drawer

    def _page(self, found: Found, views: dict[str, dict[str, str]]) -> Markup:
        desk = self.desk
        actions = Markup("{}{}{}").format(
            view_menu(self.name, views),
            button("CSV", "export", picture="download", form="csv"),
            button("JSON", "export", picture="download", form="json"),
        )
        return Markup("{}{}{}{}{}{}").format(
            head(self.title, f"{found.total:,}", actions=actions),
            filters(desk.address, self._workflows),
            self._fresh_button(),
            self._table(found),
            pager(desk.address, total=found.total, size=found.size) if found.total else "",
            self._bulk() if found.items and self._may_act() else "",
        )

    def _table(self, found: Found) -> Markup:
        if not found.items:
            return _nothing(is_narrowed=is_narrowed(self.desk.address))
        address = self.desk.address
        asked = {name: text for name, text in address.asked.items() if name != "execution"}
        rows = Rows(
            found.items,
            lambda row: str(row["id"]),
            lambda row: link(self.name, asked, execution=row["id"]),
            is_picked=self._may_act(),
            opened=address.get("execution"),
        )
        return table(_COLUMNS, rows, label="Executions", address=address)

    def _fresh_button(self) -> Markup:
        if not self._fresh or not self.desk.is_still:
            return Markup("")
        count = len(self._fresh)
        told = "1 new execution" if count == 1 else f"{count} new executions"
        return Markup('<div class="ff-fresh" data-key="fresh">{}</div>').format(
            button(f"Show {told}", "show_fresh")
        )

    def _bulk(self) -> Markup:
        acts = (
            button(
                "Cancel",
                "cancel",
                picture="stop",
                kind="is-danger",
                picked="",
                ask="Cancel {n} executions?",
            ),
            button(
                "Restart",
                "restart",
                picture="restart",
                picked="",
                ask="Start {n} executions anew?",
            ),
            button("Resume", "resume", picture="play", picked=""),
        )
        return Markup(
            '<div class="ff-bulk" data-bulk hidden role="region" aria-label="Picked executions"><span><strong data-count>0</strong> picked</span>{}{}{}</div>'
        ).format(*acts)

    def _wanted(self) -> Any:
        desk = self.desk
        return wanted_of(desk.address, desk.parts.clock.now(), desk.rights.visitor.workflows)

    def _may_act(self) -> bool:
        return self.desk.rights.may_somewhere("POST", _MANY)

    def _sees(self, workflow_id: str) -> bool:
        return self.desk.rights.may("GET", self.reads, workflow_id)

    # -- what happens

    def concerns(self, news: News) -> bool:
        """Whether a row that is shown moved, something new fits in, or the open execution went on."""
        shown = {str(row["id"]) for row in self._shown.items} if self._shown else set()
        self._moved |= news.moved & shown
        is_first = (
            self.desk.address.number("n") == 1
            and self.desk.address.get("sort", "-started_at") == "-started_at"
        )
        if is_first:
            self._fresh |= news.begun - shown
        opened = self.desk.address.get("execution")
        return (
            news.has_acts
            or bool(self._moved)
            or bool(news.ended)
            or (is_first and bool(news.begun))
            or opened in news.moved
        )

    async def _brought_up(self, found: Found) -> Found:
        """Return the same rows as they stand now."""
        items = []
        for row in found.items:
            head = (
                await self.desk.parts.store.journal.find_head(row["id"])
                if row["id"] in self._moved
                else None
            )
            if head is None:
                items.append(row)
                continue
            now: dict[str, Any] = {"status": head.status, "error": head.error or None}
            if head.finished_at:
                now["duration"] = (head.finished_at - head.created_at) / 1e6
            items.append({**row, **now})
        return msgspec.structs.replace(found, items=items)

    # -- what can be done

    async def do_show_fresh(self, _told: Told, _picked: Sequence[str]) -> None:
        """Show what began meanwhile."""
        self._shown = None

    async def do_cancel(self, told: Told, picked: Sequence[str]) -> str:
        """Stop executions, wherever they run."""
        return await self._each("cancelled", "cancel", told, picked=picked)

    async def do_restart(self, told: Told, picked: Sequence[str]) -> str:
        """Start executions anew, as a whole or from a step."""
        return await self._each("started anew", "restart", told, picked=picked)

    async def do_resume(self, told: Told, picked: Sequence[str]) -> str:
        """Go on with executions that failed, were cut off or paused, or whose time has come."""
        return await self._each("resumed", "resume", told, picked=picked)

    async def do_pause(self, told: Told, picked: Sequence[str]) -> str:
        """Let nothing new start in an execution."""
        return await self._each("paused", "pause", told, picked=picked)

    async def _each(self, did: str, act: str, told: Told, *, picked: Sequence[str]) -> str:
        """Do something to each execution; what could not be done is told, the rest is done."""
        ids = list(picked) or [told["id"]]
        problems = []
        for id in ids:
            try:
                await self._one(act, id, told)
            except FlowForgeError as error:
                problems.append(str(error))
        self._shown = None
        if problems and len(problems) == len(ids):
            raise FlowForgeError(
                problems[0] if len(ids) == 1 else f"none was {did}: {problems[0]}"
            )
        if problems:
            return f"{len(ids) - len(problems)} {did}, {len(problems)} not: {problems[0]}"
        return f"{len(ids)} executions {did}" if len(ids) > 1 else did.capitalize()

    async def _one(self, act: str, id: str, told: Told) -> None:
        parts, rights = self.desk.parts, self.desk.rights
        found = await parts.store.journal.get_head(id)
        rights.refuse("POST", f"/api/executions/{id}/{act}", found.workflow_id)
        by = rights.visitor.name
        if act == "cancel":
            await parts.executions.cancel(id, reason=f"by {by} on the dashboard")
        elif act == "restart":
            await parts.operations.restarts.restart(
                id, from_step=told["step"] or None, changes=Changes()
            )
        elif act == "pause":
            await parts.operations.wishes.pause(id, by=by)
        elif found.status == "paused":
            await parts.operations.wishes.unpause(id, by=by)
        elif found.is_finished:
            await going_on_of(parts).go_on(id, told["how"])
        elif waits_longer(found, parts.clock.stamp()):
            msg = f"{id[-12:]} goes on by itself: it waits for an answer, or for its time"
            raise ConflictError(msg)
        else:
            await parts.executions.resume(id)

    async def do_answer(self, told: Told, _picked: Sequence[str]) -> str:
        """Give an execution the answer that it waits for; JSON where it is JSON, else text."""
        self.desk.rights.refuse("POST", ANSWER)
        answered = await self.desk.parts.waits.answer(told["key"], _read(told["answer"]))
        self._shown = None
        return answered.response or f"{answered.node} has its answer"

    async def do_export(self, told: Told, _picked: Sequence[str]) -> File:
        """Return all that fits the filters as a file, up to 50,000 rows."""
        rows: list[dict[str, Any]] = []
        wanted = msgspec.structs.replace(self._wanted(), size=MAX_PAGE_SIZE * 50)
        for number in range(1, MAX_ROWS // wanted.size + 1):
            page = await self.desk.parts.listing.page(msgspec.structs.replace(wanted, page=number))
            rows += page.items
            if number >= page.pages:
                break
        return as_file("executions", told["form"], rows)

    async def do_keep_view(self, told: Told, _picked: Sequence[str]) -> str:
        """Keep the filters as they are now under a name."""
        asked = {name: text for name, text in self.desk.address.asked.items() if name in FILTERS}
        await self._views.keep(self.desk.rights.visitor.name, told["name"].strip(), asked)
        return f"Saved the view {told['name'].strip()!r}"

    async def do_forget_view(self, told: Told, _picked: Sequence[str]) -> str:
        """Forget a saved view."""
        await self._views.remove(self.desk.rights.visitor.name, told["name"])
        return f"Removed the view {told['name']!r}"


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _asked(desk: Desk) -> str:
    return json.dumps(
        {name: text for name, text in desk.address.asked.items() if name != "execution"},
        sort_keys=True,
    )


def _nothing(*, is_narrowed: bool) -> Markup:
    if is_narrowed:
        return empty(
            "Nothing fits these filters", "Widen the time, or take a filter away.", image="search"
        )
    return empty(
        "No execution yet",
        "Whatever runs in this lab appears here as it happens. Start a workflow, or activate one whose trigger starts it.",
        command="flowforge run WORKFLOW",
        image="executions",
    )


def _error_of(row: dict[str, Any]) -> Markup:
    if not row["error"]:
        return Markup("")
    return Markup('<span class="ff-cut ff-dim" title="{}">{}</span>').format(
        row["error"], row["error"]
    )


def _trigger_of(row: dict[str, Any]) -> Markup:
    kin = icon("child", size=14, label="started by another execution") if row["parent"] else ""
    return Markup('<span class="ff-dim">{} {}</span>').format(row["trigger"], kin)


_COLUMNS = (
    Column("Status", lambda row: pill(row["status"])),
    Column("Workflow", lambda row: Markup("<strong>{}</strong>").format(row["workflow_id"])),
    Column(
        "Execution",
        lambda row: Markup('<code title="{}">{}</code>').format(row["id"], row["id"][-12:]),
        look="is-tight",
    ),
    Column("Trigger", _trigger_of),
    Column("Started", lambda row: when(row["started_at"]), sort="started_at", look="is-tight"),
    Column(
        "Took",
        lambda row: took(row["duration"], since=row["started_at"]),
        sort="duration",
        look="is-right",
    ),
    Column("Error", _error_of),
)
