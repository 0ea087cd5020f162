"""One execution on a page of its own: the live canvas, the timeline, the data of each step, the debugger."""

from functools import partial

from markupsafe import Markup

from flowforge_lab.errors import AccessError
from flowforge_lab.services import ViewerSession
from flowforge_lab.store import ExecutionHead
from flowforge_lab.ui.dashboard.address import link
from flowforge_lab.ui.dashboard.guarded import GuardedEyes
from flowforge_lab.ui.dashboard.icons import icon
from flowforge_lab.ui.dashboard.markup import empty, pill
from flowforge_lab.ui.dashboard.page import Desk, News, head
from flowforge_lab.ui.dashboard.stage import Stage, StagedPage, filling
from flowforge_lab.ui.viewer import FlowViewer


class Viewer(StagedPage[ViewerSession, FlowViewer]):
    """The viewer of an execution; another one that is shown in it is what the address says then."""

    name = "viewer"
    title = "Execution"
    under = "executions"
    reads = "/api/executions"
    is_for_some = True
    looks_every = 5

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._head: ExecutionHead | None = None

    async def load(self) -> Markup:
        """Return the head of the page; the viewer follows below it."""
        asked = self.desk.address.get("execution")
        self._head = await self.desk.parts.store.journal.find_head(asked) if asked else None
        if self._head is None or not self._sees():
            self.close()
            return head(self.title) + empty(
                "There is no such execution",
                "It was removed by retention, or the address is wrong.",
                image="search",
            )
        await self._show(asked)
        return _head_of(self._head)

    def _sees(self) -> bool:
        found = self._head
        return found is not None and self.desk.rights.may("GET", self.reads, found.workflow_id)

    async def _show(self, id: str) -> None:
        if self.stage is None:
            self.stage = Stage(self.desk, allow=self._allow, after=self._follow)
            self.session = await self.stage.do(partial(self._open, id))
            self.view = FlowViewer(self.session, carriage=self.stage, **filling(self.desk))
            self.stage.refused = partial(_refused, self.view)
        elif id != self.shown and self.session is not None:
            await self.stage.do(partial(self.session.show, id))
        self.shown = id

    def _open(self, id: str) -> ViewerSession:
        eyes = GuardedEyes(self.desk.lab, self.desk.rights)
        return ViewerSession(
            id, eyes, self.desk.parts.registry, is_read_only=not self._may_steer(id)
        )

    def _may_steer(self, id: str) -> bool:
        workflow_id = "" if self._head is None else self._head.workflow_id
        is_kept = self.desk.parts.store.is_read_only
        return not is_kept and self.desk.rights.may(
            "POST", f"/api/executions/{id}/cancel", workflow_id
        )

    def _allow(self, _kind: str) -> None:
        if not self._sees():
            msg = "you may not look at this execution any more"
            raise AccessError(msg)

    def _follow(self) -> None:
        """Let the address name the execution that the viewer shows by now."""
        session = self.session
        if session is None or session.execution_id == self.shown:
            return
        self.shown = session.execution_id
        self.desk.address.change({"execution": self.shown})
        if self.desk.later is not None:
            self.desk.later(self._tell_address)

    async def _tell_address(self) -> None:
        self.desk.tell({"address": self.desk.address.query, "is_new": True})

    def concerns(self, news: News) -> bool:
        """Whether the execution went on."""
        return news.has_acts or self.shown in news.moved


def _refused(view: FlowViewer, text: str) -> None:
    view.send({"kind": "notice", "text": text, "tone": "error"})


def _head_of(found: ExecutionHead) -> Markup:
    links = Markup(
        '<a class="ff-button" href="{}" data-go>{}All executions</a>'
        '<a class="ff-button" href="{}" data-go>{}Workflow</a>'
    ).format(
        link("executions", execution=found.id),
        icon("executions", size=16),
        link("editor", workflow=found.workflow_id),
        icon("workflows", size=16),
    )
    note = Markup('{} <code title="{}">{}</code>').format(
        pill(found.status), found.id, found.id[-12:]
    )
    return head(found.workflow_id, note, actions=links)
