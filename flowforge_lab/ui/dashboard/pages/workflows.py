"""The workflows of the lab: which are active, what is wrong, their versions, and the way back."""

from collections.abc import Sequence

from markupsafe import Markup

from flowforge_lab.engine import Start
from flowforge_lab.lab import Parts
from flowforge_lab.services import WorkflowLine
from flowforge_lab.ui.dashboard.address import link
from flowforge_lab.ui.dashboard.icons import icon
from flowforge_lab.ui.dashboard.markup import (
    badge,
    dialog,
    empty,
    field,
    opener,
    pill,
    when,
)
from flowforge_lab.ui.dashboard.page import Desk, News, Page, Told, head
from flowforge_lab.ui.dashboard.run_fields import read_run_fields
from flowforge_lab.ui.dashboard.table import Column, Rows, table
from flowforge_lab.ui.dashboard.workflow_drawer import turn, workflow_drawer

_EMPTY = "nodes: {}\n"


class Workflows(Page):
    """Every workflow the lab keeps, and the files at its root."""

    name = "workflows"
    title = "Workflows"
    group = "Build"
    reads = "/api/workflows"
    is_for_some = True
    looks_every = 5
    rest_seconds = 1.0

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._running: dict[str, int] = {}

    async def load(self) -> Markup:
        """Return the list, and the workflow that is open beside it."""
        desk = self.desk
        lines = [
            one
            for one in await desk.parts.documents.all()
            if desk.rights.may("GET", self.reads, one.id)
        ]
        opened = desk.address.get("workflow")
        drawer = await workflow_drawer(desk, opened) if opened else Markup("")
        told = head(
            self.title,
            f"{len(lines)}, {sum(one.is_active for one in lines)} active",
            actions=_new() if desk.rights.may("POST", self.reads) else "",
        )
        if not lines:
            return told + empty(
                "No workflow yet",
                "Draw one here or in JupyterLab, or put a file that ends in .flow.yaml into the folder of the lab.",
                command="flowforge demo",
                image="workflows",
            )
        rows = Rows(
            lines, lambda one: one.id, lambda one: link(self.name, workflow=one.id), opened=opened
        )
        return told + table(self._columns(), rows, label=self.title) + drawer

    def concerns(self, news: News) -> bool:
        """Whether somebody acted, or an execution began or ended."""
        return news.has_acts or bool(news.begun) or bool(news.ended)

    def _columns(self) -> tuple[Column, ...]:
        return (
            Column("Workflow", lambda one: Markup("<strong>{}</strong>").format(one.id)),
            Column("Name", lambda one: one.name if one.name != one.id else ""),
            Column("State", _state),
            Column("Changed", lambda one: when(one.updated_at), look="is-tight"),
            Column("", self._acts, look="is-acts"),
        )

    def _acts(self, one: WorkflowLine) -> Markup:
        runs = Markup(
            '<a class="ff-button is-small is-quiet" href="{}" data-go>{}Executions</a>'
        ).format(link("executions", workflow=one.id), icon("executions", size=14))
        return runs + turn(self.desk, one.id, is_active=one.is_active, kind="is-small")

    # -- what can be done

    async def do_create(self, told: Told, _picked: Sequence[str]) -> str:
        """Write the file of a workflow without a node, and open it in the editor."""
        self.desk.rights.refuse("POST", self.reads)
        id = told["id"].strip()
        await self.desk.parts.documents.create(_EMPTY, id)
        self.desk.tell({"go": link("editor", workflow=id)})
        return f"Made {id}"

    async def do_activate(self, told: Told, _picked: Sequence[str]) -> str:
        """Let the triggers of a workflow start it, as its file is now."""
        parts, id = self._may(told, "activate")
        await parts.workflows.activate(await parts.documents.read(id))
        parts.webhooks.forget(id)
        return f"{id} is active"

    async def do_deactivate(self, told: Told, _picked: Sequence[str]) -> str:
        """Stop the triggers of a workflow."""
        parts, id = self._may(told, "deactivate")
        await parts.workflows.deactivate(id)
        parts.webhooks.forget(id)
        return f"{id} is not active any more"

    async def do_rollback(self, told: Told, _picked: Sequence[str]) -> str:
        """Activate an earlier version; the file stays as it is."""
        parts, id = self._may(told, "activate")
        view = await parts.versions.rollback(id, told["version"])
        parts.webhooks.forget(id)
        return f"{id} runs version {view.short} now"

    async def do_run(self, told: Told, _picked: Sequence[str]) -> str:
        """Start a workflow as its file is now, with what its form says."""
        id = told["id"]
        self.desk.rights.refuse("POST", "/api/executions", id)
        parts = self.desk.parts
        document = await parts.documents.read(id)
        given = read_run_fields(document.workflow, told)
        plan = await parts.workflows.register(document)
        started = await parts.executions.start_plan(plan, Start(inputs=given))
        return f"Started {started.execution_id[-12:]}"

    def _may(self, told: Told, act: str) -> tuple[Parts, str]:
        id = told["id"]
        self.desk.rights.refuse("POST", f"/api/workflows/{id}/{act}", id)
        return self.desk.parts, id


def _new() -> Markup:
    name = field(
        "id",
        "Name: letters, digits, and _ . - between them",
        required="required",
        maxlength="128",
        pattern="[a-zA-Z0-9][a-zA-Z0-9_.\\-]*",
        autocomplete="off",
    )
    made = dialog("new", "New workflow", "create", fields=(name,), confirm="Draw it")
    return opener("new", "New workflow") + made


def _state(one: WorkflowLine) -> Markup:
    state = pill("on", "active") if one.is_active else pill("off", "not active")
    draft = badge("draft", "warn") if one.has_draft else ""
    return Markup('<span class="{}">{}</span> {}').format(
        "is-good" if one.is_active else "", state, draft
    )
