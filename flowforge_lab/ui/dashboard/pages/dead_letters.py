"""Failed executions that nobody has seen to: start them anew, or say that they are no concern."""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from flowforge_lab.ui.dashboard.address import link
from flowforge_lab.ui.dashboard.markup import button, empty, select, when
from flowforge_lab.ui.dashboard.page import Desk, News, Page, Told, head
from flowforge_lab.ui.dashboard.table import Column, Rows, table

_SHOWN = 100
_RETRY, _DISMISS = "/api/dead-letters/retry", "/api/dead-letters/dismiss"


class DeadLetters(Page):
    """The open ones, the newest first, a hundred at once."""

    name = "dead_letters"
    title = "Dead letters"
    group = "Operate"
    reads = "/api/dead-letters"
    is_for_some = True
    rest_seconds = 1.0

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._shown: Sequence[Any] = ()

    async def load(self) -> Markup:
        """Return the letters; while rows are picked, they stay."""
        desk = self.desk
        workflow_id = desk.address.get("workflow")
        if not desk.is_still or not self._shown:
            found = await desk.parts.store.journal.list_dead_letters(
                workflow_id=workflow_id, limit=_SHOWN, before=desk.address.get("before")
            )
            self._shown = [
                one for one in found if desk.rights.may("GET", self.reads, one.workflow_id)
            ]
        names = sorted({workflow_id, *(one.id for one in await desk.parts.workflows.all())} - {""})
        tools = Markup('<form class="ff-tools" data-asks data-key="filters">{}</form>').format(
            select(
                "workflow",
                "Workflow",
                [("", "All workflows"), *((id, id) for id in names)],
                chosen=workflow_id,
            )
        )
        told = (
            head(self.title, f"{len(self._shown)}{'+' if len(self._shown) == _SHOWN else ''}")
            + tools
        )
        if not self._shown:
            return told + empty(
                "Nothing is left to see to",
                "Executions that fail stay here until somebody starts them anew or dismisses them.",
                image="status-succeeded",
            )
        may = desk.rights.may_somewhere("POST", _RETRY)
        rows = Rows(
            self._shown,
            lambda one: one.execution_id,
            lambda one: link("executions", execution=one.execution_id),
            is_picked=may,
        )
        return (
            told
            + table(_COLUMNS, rows, label=self.title)
            + self._more()
            + (_bulk() if may else "")
        )

    def _more(self) -> Markup:
        if len(self._shown) < _SHOWN:
            return Markup("")
        return Markup(
            '<nav class="ff-pager" aria-label="Pages"><button type="button" class="ff-button is-small" data-ask-for="before"'
            ' data-value="{}">Older ones</button></nav>'
        ).format(self._shown[-1].execution_id)

    def concerns(self, news: News) -> bool:
        """Whether an execution ended, or somebody acted."""
        return news.has_acts or bool(news.ended)

    async def do_retry(self, told: Told, picked: Sequence[str]) -> str:
        """Start failed executions anew with what they were started with."""
        await self._refuse_others(_RETRY, picked)
        version = "newest" if told["version"] == "newest" else "same"
        found = await self.desk.parts.dead_letters.retry(list(picked), version=version)
        self._shown = ()
        bad = [one for one in found if one.problem]
        return f"{len(found) - len(bad)} started anew" + (
            f", {len(bad)} not: {bad[0].problem}" if bad else ""
        )

    async def do_dismiss(self, told: Told, picked: Sequence[str]) -> str:
        """Take failed executions off the list."""
        await self._refuse_others(_DISMISS, picked)
        by = self.desk.rights.visitor.name
        gone = await self.desk.parts.dead_letters.dismiss(
            list(picked), by=by, reason=told["reason"]
        )
        self._shown = ()
        return f"{len(gone)} dismissed"

    async def _refuse_others(self, path: str, picked: Sequence[str]) -> None:
        for id in picked:
            head = await self.desk.parts.store.journal.find_head(id)
            self.desk.rights.refuse("POST", path, "" if head is None else head.workflow_id)


def _bulk() -> Markup:
    return Markup(
        '<div class="ff-bulk" data-bulk hidden role="region" aria-label="Picked letters"><span><strong data-count>0</strong> picked</span>{}{}{}</div>'
    ).format(
        button(
            "Retry",
            "retry",
            picture="restart",
            kind="is-primary",
            picked="",
            ask="Start {n} executions anew?",
        ),
        button(
            "Retry as they are now",
            "retry",
            picked="",
            version="newest",
            ask="Start {n} executions anew with their workflows as they are now?",
        ),
        button(
            "Dismiss", "dismiss", picture="check", picked="", ask="Take {n} letters off the list?"
        ),
    )


def _error(one: Any) -> Markup:
    return Markup('<span class="ff-cut" title="{}">{}</span>').format(one.error, one.error)


_COLUMNS = (
    Column("Workflow", lambda one: Markup("<strong>{}</strong>").format(one.workflow_id)),
    Column("Execution", lambda one: Markup("<code>{}</code>").format(one.execution_id[-12:])),
    Column("Failed", lambda one: when(one.failed_at), look="is-tight"),
    Column("Error", _error),
)
