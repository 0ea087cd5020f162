"""One workflow on a page of its own, to be drawn: saved as a draft or published by who may, else looked at."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from markupsafe import Markup

from flowforge_lab.errors import ConflictError, NotFoundError
from flowforge_lab.services import EditorSession, WorkflowLine
from flowforge_lab.spec import SUFFIX, Document
from flowforge_lab.ui.dashboard.address import link
from flowforge_lab.ui.dashboard.guarded import (
    GuardedBench,
    GuardedRunner,
    may_ask,
    may_edit,
)
from flowforge_lab.ui.dashboard.icons import icon
from flowforge_lab.ui.dashboard.markup import badge, button, empty, pill
from flowforge_lab.ui.dashboard.page import Desk, News, Told, head
from flowforge_lab.ui.dashboard.stage import Stage, StagedPage, filling
from flowforge_lab.ui.editor import FlowEditor


class Editor(StagedPage[EditorSession, FlowEditor]):
    """The editor of a workflow's file. Who may not change the workflow sees it, and cannot."""

    name = "editor"
    title = "Editor"
    under = "workflows"
    reads = "/api/workflows"
    is_for_some = True
    looks_every = 5

    async def load(self) -> Markup:
        """Return the head of the page; the editor follows below it."""
        desk, id = self.desk, self.desk.address.get("workflow")
        if id != self.shown:
            self.close()
        if not id or not desk.rights.may("GET", self.reads, id):
            self.close()
            return head(self.title) + empty(
                "There is no such workflow", "Choose one of the list.", image="workflows"
            )
        try:
            line = await desk.parts.documents.line(id)
            await self._show(id)
        except NotFoundError as error:
            self.close()
            return head(self.title) + empty(
                "There is no such workflow", str(error), image="search"
            )
        name = "" if self.session is None else self.session.workflow.name
        return _head_of(desk, line, name or line.name or id)

    async def _show(self, id: str) -> None:
        may = may_edit(self.desk.rights, id) and not self.desk.parts.store.is_read_only
        if self.session is not None:
            self.session.is_read_only = not may
            return
        document = await self.desk.parts.documents.read(id)
        await self.desk.parts.workflows.look_around()
        allow = partial(may_ask, self.desk.rights, id)
        self.stage, self.shown = Stage(self.desk, allow=allow), id
        self.session = await self.stage.do(partial(self._open, document, is_read_only=not may))
        self.view = FlowEditor(self.session, carriage=self.stage, **filling(self.desk))
        self.stage.refused = partial(_refused, self.session, self.view)

    def _open(self, document: Document, *, is_read_only: bool) -> EditorSession:
        lab, rights = self.desk.lab, self.desk.rights
        if document.path is None:
            document = replace(document, path=lab.root / f"{document.workflow.id}{SUFFIX}")
        may_run = rights.may("POST", "/api/executions", document.workflow.id)
        return EditorSession(
            document,
            lab.parts.registry,
            runner=GuardedRunner(lab, rights),
            bench=GuardedBench(lab),
            is_read_only=is_read_only,
            can_run=may_run,
        )

    def concerns(self, news: News) -> bool:
        """Whether somebody acted."""
        return news.has_acts

    async def do_publish(self, told: Told, _picked: Sequence[str]) -> str:
        """Save what is drawn, and let the triggers of the workflow start it from now on.

        Raises:
            PlanError: an error keeps it from that; it is saved as a draft.
        """
        id, session = told["id"], self.session
        for method, path in (("PUT", ""), ("POST", "/activate")):
            self.desk.rights.refuse(method, f"/api/workflows/{id}{path}", id)
        if session is None or self.stage is None or id != self.shown:
            msg = "the workflow is not open here any more"
            raise ConflictError(msg)
        if session.is_dirty:
            await self.stage.do(session.save)
        parts = self.desk.parts
        await parts.workflows.activate(await parts.documents.read(id))
        parts.webhooks.forget(id)
        return f"{id} is active as it is drawn here"


def _refused(session: EditorSession, view: FlowEditor, text: str) -> None:
    """Tell that something was not done, and show what is true: the page has drawn it already."""
    view.send(session.graph(reason=f"Not done: {text}"))


def _head_of(desk: Desk, line: WorkflowLine, name: str) -> Markup:
    state = pill("on", "active") if line.is_active else pill("off", "not active")
    draft = badge("draft", "warn") if line.has_draft else ""
    links = Markup('<a class="ff-button" href="{}" data-go>{}All workflows</a>').format(
        link("workflows", workflow=line.id), icon("workflows", size=16)
    ) + Markup('<a class="ff-button" href="{}" data-go>{}Executions</a>').format(
        link("executions", workflow=line.id), icon("executions", size=16)
    )
    if desk.rights.may("POST", f"/api/workflows/{line.id}/activate", line.id):
        ask = f"Save {line.id} as it is drawn here, and let its triggers start this version?"
        links += button(
            "Publish", "publish", picture="check", kind="is-primary", id=line.id, ask=ask
        )
    return head(name, Markup("{} {}").format(state, draft), actions=links)
