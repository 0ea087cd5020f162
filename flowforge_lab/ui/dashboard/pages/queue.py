"""The queue: how much stands where, whether it is handed out, and the next of it by hand."""

from collections.abc import Sequence

from markupsafe import Markup

from flowforge_lab.errors import ConflictError
from flowforge_lab.ui.dashboard.address import link
from flowforge_lab.ui.dashboard.markup import button, empty, join, pill, section, tile, tiles, when
from flowforge_lab.ui.dashboard.page import News, Page, Told, head
from flowforge_lab.ui.dashboard.table import Column, Rows, table

_SHOWN = 50


class Queue(Page):
    """What is due, runs, waits and failed, over all hosts and workers of the lab."""

    name = "queue"
    title = "Queue"
    group = "Operate"
    reads = "/api/queue/stats"
    looks_every = 3
    rest_seconds = 0.5

    async def load(self) -> Markup:
        """Return the figures and what is not over."""
        parts = self.desk.parts
        stats = await parts.queue.stats()
        figures = tiles(
            (
                tile(
                    "Ready",
                    f"{stats.ready:,}",
                    tone="warn" if stats.ready else "plain",
                    note="may begin or go on now",
                ),
                tile(
                    "Running",
                    f"{stats.running:,}",
                    tone="live" if stats.running else "plain",
                    note=f"{len(parts.engine.running)} here",
                ),
                tile("Delayed", f"{stats.delayed:,}", note="wait for a time"),
                tile("Waiting", f"{stats.waiting:,}", note="for an answer"),
                tile("Paused", f"{stats.paused:,}"),
                tile(
                    "Failed",
                    f"{stats.failed:,}",
                    tone="bad" if stats.failed else "plain",
                    note="nobody has seen to",
                ),
            )
        )
        state = (
            pill("running", "handed out") if stats.state == "running" else pill("paused", "paused")
        )
        return (
            head(self.title, state, actions=self._acts(stats.state)) + figures + await self._open()
        )

    def _acts(self, state: str) -> Markup:
        if not self.desk.rights.may("POST", "/api/queue/pause"):
            return Markup("")
        ask = "Hand out nothing more, in all processes? What runs goes on."
        turn = (
            button("Pause", "pause", picture="pause", ask=ask)
            if state == "running"
            else button("Hand out again", "resume", picture="play", kind="is-primary")
        )
        return join((turn, button("Run the next one", "process", picture="play")))

    async def _open(self) -> Markup:
        found = await self.desk.parts.executions.recent(
            status=("queued", "running", "waiting", "paused"), limit=_SHOWN
        )
        if not found:
            return empty(
                "Nothing is under way",
                "What is started, due or waiting appears here.",
                image="queue",
            )
        rows = Rows(found, lambda one: one.id, lambda one: link("executions", execution=one.id))
        return section(
            "Under way", table(_COLUMNS, rows, label="Under way"), f"the newest {len(found)}"
        )

    def concerns(self, news: News) -> bool:
        """Whether anything moved."""
        return news.has_acts or bool(news.moved)

    async def do_pause(self, _told: Told, _picked: Sequence[str]) -> str:
        """Hand out nothing more, in all processes and after restarts."""
        self.desk.rights.refuse("POST", "/api/queue/pause")
        await self.desk.parts.queue.pause()
        return "The queue is paused"

    async def do_resume(self, _told: Told, _picked: Sequence[str]) -> str:
        """Hand out again what is due."""
        self.desk.rights.refuse("POST", "/api/queue/resume")
        await self.desk.parts.queue.resume()
        return "The queue is handed out again"

    async def do_process(self, _told: Told, _picked: Sequence[str]) -> str:
        """Begin with the next execution that is due, here; nobody waits for its end."""
        self.desk.rights.refuse("POST", "/api/queue/process")
        queue = self.desk.parts.queue
        if await queue.state() == "paused":
            msg = "the queue is paused: nothing is handed out"
            raise ConflictError(msg)
        begun = await queue.begin()
        return "Nothing is due" if begun is None else f"{begun.execution_id[-12:]} goes on here"


_COLUMNS = (
    Column("Status", lambda one: pill(one.status)),
    Column("Workflow", lambda one: Markup("<strong>{}</strong>").format(one.workflow_id)),
    Column("Execution", lambda one: Markup("<code>{}</code>").format(one.id[-12:])),
    Column("Priority", lambda one: one.priority, look="is-right"),
    Column("Started", lambda one: when(one.created_at), look="is-tight"),
    Column("Goes on", lambda one: when(one.wake_at), look="is-tight"),
)
