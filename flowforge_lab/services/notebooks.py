"""Notebooks as workflows: scheduled without drawing anything, run once, gone on with after a failure."""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from flowforge_lab.clients import (
    NotebookJob,
    NotebookRunner,
    NotebookShape,
    path_inside,
    read_shape,
    write_page,
)
from flowforge_lab.clock import Clock
from flowforge_lab.engine import Start
from flowforge_lab.errors import ConflictError, NodeError, NotFoundError, PlanError, Problem
from flowforge_lab.events import Visit
from flowforge_lab.spec import Document, Node, Workflow
from flowforge_lab.store import Schedule, Schedules
from flowforge_lab.triggers import next_fires

from .documents import Documents
from .executions import Executions
from .moments import microseconds
from .notebook_flow import document_of
from .notebook_plan import NotebookPlan, as_told, problem_of
from .notebook_views import ForeseenNotebook, ResumeView, ScheduledNotebook
from .restarting import Changes, Restarts
from .workflows import Workflows

_KIND = "notebook.run"

PageForm = Literal["html", "pdf"]


def page_form_of(file: Path) -> PageForm:
    """Return in which form an executed notebook is written into a file, by its name."""
    return "pdf" if file.suffix.lower() == ".pdf" else "html"


class Notebooks:
    """The notebooks of one lab. Paths are those in its folder."""

    def __init__(  # noqa: PLR0913  # all that running notebooks touches
        self,
        root: Path,
        workflows: Workflows,
        documents: Documents,
        *,
        executions: Executions,
        restarts: Restarts,
        schedules: Schedules,
        runner: NotebookRunner,
        connections: Mapping[str, Any],
        artifacts: Path,
        clock: Clock,
        default_zone: str,
    ) -> None:
        self._root = root
        self._workflows = workflows
        self._documents = documents
        self._executions = executions
        self._restarts = restarts
        self._schedules = schedules
        self._runner = runner
        self._connections = connections
        self._artifacts = artifacts
        self._clock = clock
        self._default_zone = default_zone

    async def parameters(self, notebook: str | Path) -> NotebookShape:
        """Return what a notebook takes and makes, from its text; no kernel is started.

        Raises:
            NotFoundError: there is no such notebook in the lab's folder.
            PlanError: the file is no notebook.
        """
        return (await self._shapes([notebook]))[0][1]

    async def _shapes(self, notebooks: Sequence[str | Path]) -> list[tuple[str, NotebookShape]]:
        return await asyncio.to_thread(lambda: [self._shape(one) for one in notebooks])

    def _shape(self, notebook: str | Path) -> tuple[str, NotebookShape]:
        """Return the path of a notebook as workflows at the lab's root name it, and its shape."""
        given = Path(notebook)
        relative = str(given)
        if given.is_absolute():
            root = self._root.resolve()
            inside = given.resolve()
            relative = str(inside.relative_to(root)) if inside.is_relative_to(root) else str(given)
        try:
            path = path_inside(self._root, relative)
            return Path(relative).as_posix(), read_shape(path)
        except NodeError as error:
            if error.type == "notebook.invalid":
                raise PlanError([problem_of(error)]) from error
            msg = f"{error.title}; notebooks are looked for in the lab's folder, {self._root}"
            raise NotFoundError(msg) from error

    async def document(self, plan: NotebookPlan) -> Document:
        """Return the workflow that a plan comes to; nothing is written.

        Raises:
            NotFoundError: a notebook is not there.
            PlanError: with everything that is wrong with the plan.
        """
        if not plan.notebooks:
            raise PlanError([problem_of(ValueError("no notebook is named"))])
        found = await self._shapes(plan.notebooks)
        placed = msgspec.structs.replace(plan, notebooks=tuple(path for path, _ in found))
        document = document_of(placed, [shape for _, shape in found], self._connections)
        await self._workflows.look_around()
        problems = [one for one in self._workflows.validate(document) if one.severity == "error"]
        if problems:
            raise PlanError([as_told(one) for one in problems])
        return document

    # -- at set times

    async def schedule(self, plan: NotebookPlan, *, replace: bool = False) -> ScheduledNotebook:
        """Write the workflow of a plan into the lab's folder and let its trigger start it.

        It is a workflow like any other from then on. With `replace` it takes the place of one with its id.

        Raises:
            ConflictError: there is a file of a workflow with its id.
            NotFoundError: a notebook is not there.
            PlanError: with everything that is wrong with the plan; nothing was written.
        """
        document = await self._timed(plan)
        id = document.workflow.id
        try:
            await self._documents.create(document.text, id)
        except ConflictError as error:
            if not replace and await self._is_written(id):
                msg = f"{error}: replace it, or give this one another id"
                raise ConflictError(msg) from error
            await self._documents.replace(id, document.text)
        await self._workflows.activate((await self._documents.read(id)).path or id)
        return await self.get(id)

    async def foresee(self, plan: NotebookPlan, *, count: int = 5) -> ForeseenNotebook:
        """Return what scheduling a plan would come to, with its next `count` times; nothing is written.

        Raises:
            NotFoundError: a notebook is not there.
            PlanError: with everything that is wrong with the plan.
        """
        workflow = (await self._timed(plan)).workflow
        zone = plan.timezone or self._default_zone
        spec = {"cron": plan.cron, "timezone": zone}
        times = await asyncio.to_thread(next_fires, spec, self._clock.now(), count)
        paths = tuple(str(node.config["path"]) for node in _notebooks_in(workflow))
        return ForeseenNotebook(
            workflow.id,
            paths,
            zone,
            tuple(map(microseconds, times)),
            await self._is_taken(workflow.id),
        )

    async def _timed(self, plan: NotebookPlan) -> Document:
        if not plan.cron:
            msg = "no time is given: a schedule needs a cron line such as '0 8 * * 1-5'"
            raise PlanError([Problem("notebook.plan", msg, field="cron")])
        return await self.document(plan)

    async def _is_taken(self, id: str) -> bool:
        try:
            return await self._is_written(id)
        except NotFoundError:
            return False

    async def _is_written(self, id: str) -> bool:
        """Whether a workflow has a file: one that was only run, such as a notebook tried before, has none."""
        path = (await self._documents.read(id)).path
        return path is not None and await asyncio.to_thread(path.exists)

    async def all(self) -> list[ScheduledNotebook]:
        """Return the workflows with notebooks that fire at set times, the next first."""
        found = [await self._scheduled(one) for one in await self._schedules.all()]
        return [one for one in found if one is not None]

    async def get(self, id: str) -> ScheduledNotebook:
        """Return one of them.

        Raises:
            NotFoundError: no notebook is scheduled under this id.
        """
        for one in await self.all():
            if one.id == id:
                return one
        msg = f"no notebook is scheduled as {id!r}; `flowforge notebook list` lists those that are"
        raise NotFoundError(msg)

    async def _scheduled(self, schedule: Schedule) -> ScheduledNotebook | None:
        id = schedule.workflow_id
        workflow = (await self._workflows.read(id)).workflow
        paths = [str(node.config.get("path", "")) for node in _notebooks_in(workflow)]
        if not paths:
            return None
        newest = await self._executions.recent(workflow_id=id, limit=1)
        return ScheduledNotebook(
            id,
            tuple(paths),
            str(schedule.spec.get("cron", "")),
            str(schedule.spec.get("timezone", "")),
            str(schedule.spec.get("missed", "")),
            schedule.next_at,
            schedule.last_at,
            schedule.is_active,
            newest[0].status if newest else "",
            newest[0].id if newest else "",
        )

    async def unschedule(self, id: str, *, delete: bool = False) -> str:
        """Stop a scheduled notebook from being started, and return its id; with `delete` its file goes too.

        Raises:
            NotFoundError: no notebook is scheduled under this id.
        """
        found = await self.get(id)
        if delete:
            await self._documents.delete(found.id)
        else:
            await self._workflows.deactivate(found.id)
        return found.id

    async def start(self, plan: NotebookPlan) -> str:
        """Run the notebooks of a plan once, now, and return the id of the execution; nothing is written.

        Raises:
            NotFoundError: a notebook is not there.
            PlanError: with everything that is wrong with the plan.
        """
        document = await self.document(msgspec.structs.replace(plan, cron=""))
        return await self._executions.start(document, Start())

    # -- going on

    async def resumable(self, execution_id: str) -> ResumeView:
        """Return how the notebook that failed in an execution can go on; nothing is run.

        Raises:
            NotFoundError: no notebook failed in it, or its executed copy is gone.
        """
        head = await self._executions.get(execution_id)
        visit = await self._failed(head.id)
        job = await asyncio.to_thread(self._job, head.id, visit)
        node = (await self._workflows.plan(head.digest)).steps[visit.node].raw
        facts = {
            "outputs": tuple(node.get("outputs") or ()),
            "kernel": str(node.get("kernel") or ""),
            "is_repeatable": node.get("effects") in {"none", "reads"},
        }
        try:
            found = await self._runner.preview(msgspec.structs.replace(job, **facts))
        except NodeError as error:
            raise NotFoundError(str(error)) from error
        return ResumeView(
            head.id,
            visit.node,
            visit.number,
            str(job.path),
            found.first + 1,
            found.count,
            tuple(position + 1 for position in found.replayed),
            found.kept is not None,
            found.obstacles,
            found.notes,
        )

    async def _visits(self, execution_id: str) -> list[Visit]:
        state = await self._executions.state(execution_id)
        return [visit for visit in state.own_visits() if visit.kind == _KIND]

    async def _failed(self, execution_id: str) -> Visit:
        failed = [one for one in await self._visits(execution_id) if one.status == "failed"]
        if not failed:
            msg = f"no notebook failed in execution {execution_id}"
            raise NotFoundError(msg)
        return failed[-1]

    async def page(
        self, execution_id: str, *, node: str = "", has_code: bool = True, form: PageForm = "html"
    ) -> bytes:
        """Return the executed copy of the notebook that ran last in an execution, or in a node, as a file.

        It may still run, or have failed: then the page shows how far it came.

        Raises:
            NotFoundError: no notebook ran there, or it has left no copy.
            NodeError: what makes the file is not installed, or did not make it.
        """
        head = await self._executions.get(execution_id)
        visits = [one for one in await self._visits(head.id) if node in ("", one.node)]
        copies = [copy for one in visits for copy in self._copies(head.id, one)]
        if not copies:
            where = f"in the node {node!r} of" if node else "in"
            msg = f"no notebook left an executed copy {where} execution {head.id}"
            raise NotFoundError(msg)
        with tempfile.TemporaryDirectory(prefix="flowforge-page-") as folder:
            made = Path(folder) / "page.html"
            is_enclosed = form == "pdf"
            await asyncio.to_thread(
                write_page, copies[-1], made, has_code=has_code, is_enclosed=is_enclosed
            )
            if form == "pdf":
                await self._runner.print_page(made, made := Path(folder) / "page.pdf")
            return await asyncio.to_thread(made.read_bytes)

    def _copies(self, execution_id: str, visit: Visit) -> list[Path]:
        folder = self._artifacts / execution_id / f"{visit.number:05d}-{visit.node}"
        return sorted(folder.glob("[!.]*.ipynb"))

    def _job(self, execution_id: str, visit: Visit) -> NotebookJob:
        """Return the run that failed as its executed copy tells it."""
        for copy in self._copies(execution_id, visit):
            try:
                told = msgspec.json.decode(copy.read_bytes())["metadata"]["papermill"]
                path, given = Path(told["input_path"]), dict(told.get("parameters") or {})
            except (msgspec.DecodeError, KeyError, TypeError, ValueError):
                continue
            return NotebookJob(path=path, copy=copy, parameters=given, earlier=copy)
        msg = f"execution {execution_id} left no executed copy of the notebook to go on from"
        raise NotFoundError(msg)

    async def resume(self, execution_id: str, *, version: str = "same") -> str:
        """Start an execution that goes on from the cell that failed, and return its id.

        The notebook is read as it is now; cells that changed run again, and all after them.

        Raises:
            ConflictError: it is not over, or the state cannot be had again: the text has each reason.
            NotFoundError: no notebook failed in it.
        """
        view = await self.resumable(execution_id)
        if not view.is_possible:
            reasons = "; ".join(view.obstacles)
            msg = f"the notebook cannot go on from cell {view.first}: {reasons}"
            raise ConflictError(msg)
        return await self._restarts.restart(
            view.execution_id,
            from_step=view.visit,
            version=version,
            changes=Changes(is_resumed=True),
        )


def _notebooks_in(workflow: Workflow) -> list[Node]:
    return [node for node in workflow.nodes.values() if node.kind_name == _KIND]
