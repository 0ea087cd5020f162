"""`lab.notebooks`: scheduled without drawing anything, run once, gone on with after a failure."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from flowforge_lab.clients import NotebookShape
from flowforge_lab.engine import Outcome
from flowforge_lab.services import (
    ForeseenNotebook,
    GoingOn,
    NotebookCheck,
    NotebookExport,
    NotebookFlows,
    NotebookImport,
    NotebookPlan,
    Notebooks,
    ResumeView,
    ScheduledNotebook,
    Source,
    page_form_of,
)

from .loop import LoopThread
from .parts import Parts
from .walking import Walk


def notebooks_of(parts: Parts) -> Notebooks:
    """Return what looks after the notebooks of a lab."""
    return Notebooks(
        parts.root,
        parts.workflows,
        parts.documents,
        executions=parts.executions,
        restarts=parts.operations.restarts,
        schedules=parts.store.schedules,
        runner=parts.clients.notebooks,
        connections=parts.connections,
        artifacts=parts.store.layout.artifacts,
        clock=parts.clock,
        default_zone=parts.settings.default_timezone,
    )


def going_on_of(parts: Parts) -> GoingOn:
    """Return what lets the executions of a lab go on where they stopped."""
    return GoingOn(
        parts.store.journal,
        parts.executions,
        parts.operations.restarts,
        notebooks=notebooks_of(parts),
        clock=parts.clock,
    )


def plan_of(
    notebooks: str | Path | Sequence[str | Path], facts: Mapping[str, Any]
) -> NotebookPlan:
    """Return the plan that a call tells.

    Raises:
        TypeError: a field is unknown, or cannot be what was given.
    """
    named = [notebooks] if isinstance(notebooks, str | Path) else list(notebooks)
    given = {**facts, "notebooks": [str(one) for one in named]}
    try:
        return msgspec.convert(given, NotebookPlan, strict=True)
    except msgspec.ValidationError as error:
        raise TypeError(str(error)) from error


class LabNotebooks:
    """The notebooks of a lab, by their paths in its folder."""

    def __init__(self, parts: Parts, loop: LoopThread) -> None:
        self._notebooks = notebooks_of(parts)
        self._flows = NotebookFlows(
            parts.root,
            parts.workflows,
            executions=parts.executions,
            runner=parts.clients.notebooks,
        )
        self._parts = parts
        self._executions = parts.executions
        self._loop = loop

    def parameters(self, notebook: str | Path) -> NotebookShape:
        """Return what a notebook takes and makes, from its text; no kernel is started.

        Raises:
            NotFoundError: there is no such notebook in the lab's folder.
            PlanError: the file is no notebook.
        """
        return self._loop.run_sync(self._notebooks.parameters(notebook))

    def schedule(
        self,
        notebooks: str | Path | Sequence[str | Path],
        cron: str,
        *,
        replace: bool = False,
        **facts: Any,
    ) -> ScheduledNotebook:
        """Let notebooks run one after the other at the times of a cron line; they become a workflow.

        `facts` are fields of `services.NotebookPlan`: `timezone`, `parameters`, `on_failure`, `missed`,
        `retries`, `timeout`, ... The workflow is a file in the lab's folder, which can be opened, changed
        and activated again like any other.

        Raises:
            ConflictError: there is a workflow with its id, and `replace` is not set.
            NotFoundError: a notebook is not there.
            PlanError: with everything that is wrong; nothing was written.
        """
        plan = plan_of(notebooks, {**facts, "cron": cron})
        return self._loop.run_sync(self._notebooks.schedule(plan, replace=replace))

    def foresee(
        self,
        notebooks: str | Path | Sequence[str | Path],
        cron: str,
        *,
        count: int = 5,
        **facts: Any,
    ) -> ForeseenNotebook:
        """Return what `schedule` would come to, with the next `count` times; nothing is written.

        Raises:
            NotFoundError: a notebook is not there.
            PlanError: with everything that is wrong.
        """
        plan = plan_of(notebooks, {**facts, "cron": cron})
        return self._loop.run_sync(self._notebooks.foresee(plan, count=count))

    def all(self) -> Sequence[ScheduledNotebook]:
        """Return the workflows with notebooks that fire at set times, the next first."""
        return self._loop.run_sync(self._notebooks.all())

    def unschedule(self, id: str, *, delete: bool = False) -> str:
        """Stop a scheduled notebook from being started, and return its id; with `delete` its file goes too.

        Raises:
            NotFoundError: no notebook is scheduled under this id.
        """
        return self._loop.run_sync(self._notebooks.unschedule(id, delete=delete))

    def start(self, notebooks: str | Path | Sequence[str | Path], **facts: Any) -> str:
        """Run notebooks once in the background, and return the id of the execution; `facts` as in `schedule`.

        Raises:
            NotFoundError: a notebook is not there.
            PlanError: with everything that is wrong.
        """
        return self._loop.run_sync(self._notebooks.start(plan_of(notebooks, facts)))

    def run(self, notebooks: str | Path | Sequence[str | Path], **facts: Any) -> Outcome:
        """Run notebooks once, and return what became of it; `facts` and what is raised are as in `start`."""
        return self._loop.run_sync(self._executions.wait(self.start(notebooks, **facts)))

    def page(
        self, execution_id: str, into: str | Path, *, node: str = "", has_code: bool = True
    ) -> Path:
        """Write the executed copy of the notebook that ran last in an execution, or a node, as an HTML file.

        A file that ends in `.pdf` is printed by the Chromium or Chrome of the machine. The notebook may still
        run, or have failed: then the page shows how far it came. Returns the file.

        Raises:
            NotFoundError: no notebook ran there, or it has left no copy.
            NodeError: what makes the file is not installed, or did not make it.
        """
        path = Path(into)
        made = self._notebooks.page(
            execution_id, node=node, has_code=has_code, form=page_form_of(path)
        )
        path.write_bytes(self._loop.run_sync(made))
        return path

    def resumable(self, execution_id: str) -> ResumeView:
        """Return how the notebook that failed in an execution can go on; nothing is run.

        Raises:
            NotFoundError: no notebook failed in it, or its executed copy is gone.
        """
        return self._loop.run_sync(self._notebooks.resumable(execution_id))

    def resume(self, execution_id: str, *, version: str = "same") -> str:
        """Start an execution that goes on from the cell that failed, and return its id.

        Raises:
            ConflictError: it is not over, or the state cannot be had again: the text has each reason.
            NotFoundError: no notebook failed in it.
        """
        return self._loop.run_sync(self._notebooks.resume(execution_id, version=version))

    def to_workflow(
        self,
        notebook: str | Path,
        *,
        into: str | Path | None = None,
        id: str = "",
        replaces: bool = False,
    ) -> NotebookImport:
        """Return a notebook as a workflow, told from its text: cells as nodes, variables on the edges.

        No kernel is started. `into` is the file to write, beside the notebook if its relative paths shall
        mean the same; without it nothing is written. The report says which cells could not be proven to be
        independent, why, and what may not come out the same.

        Raises:
            NotFoundError: there is no such notebook.
            PlanError: the file is no notebook, or has no cell that does anything.
            ConflictError: the file is there already, and `replaces` is not set.
        """
        made = self._flows.to_workflow(notebook, into=into, id=id, replaces=replaces)
        return self._loop.run_sync(made)

    def compare(
        self,
        made: NotebookImport,
        notebook: str | Path,
        inputs: Mapping[str, Any] | None = None,
    ) -> NotebookCheck:
        """Run a notebook and the workflow made of it, both for real, and say which variables are the same."""
        return self._loop.run_sync(self._flows.check(made, notebook, inputs or {}))

    def to_notebook(
        self, source: Source, *, into: str | Path | None = None, replaces: bool = False
    ) -> NotebookExport:
        """Return a workflow as a notebook that runs from top to bottom; `into` is the file to write.

        Code of nodes stands in cells; other nodes are run by `walk`. What cannot be shown, such as a loop, is
        one call that runs it.

        Raises:
            NotFoundError: there is no such workflow.
            PlanError: the workflow is not valid.
            ConflictError: the file is there already, and `replaces` is not set.
        """
        return self._loop.run_sync(self._flows.to_notebook(source, into=into, replaces=replaces))

    def walk(self, source: Source, inputs: Mapping[str, Any] | None = None) -> Walk:
        """Return a way through a workflow, to go node by node: what a notebook does that was made of it.

        Raises:
            NotFoundError: there is no such workflow.
            PlanError: the workflow is not valid.
        """
        document = self._loop.run_sync(self._parts.workflows.read(source))
        return Walk(self._parts, self._loop, document, inputs=inputs or {})
