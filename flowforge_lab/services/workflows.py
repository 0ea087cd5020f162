"""Workflows: read, checked, kept as versions, activated."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec

from flowforge_lab.access import Audit
from flowforge_lab.clock import Clock
from flowforge_lab.errors import DocumentError, NotFoundError, PlanError, Problem
from flowforge_lab.nodes import NodeTypeError, Registry
from flowforge_lab.plan import Plan, PlanCache, Surroundings, compile_workflow
from flowforge_lab.spec import SUFFIX, Document, Workflow, did_you_mean, digest
from flowforge_lab.store import Catalogue, Draft, Schedules, SecondLevel, Version
from flowforge_lab.store import Workflow as Listed
from flowforge_lab.triggers import first_fires

from .checking import find_problems
from .moments import microseconds
from .remote_schedules import RemoteSchedules, is_carried
from .shelf import Shelf

Source = str | Path | Workflow | Document
"""A workflow: the path of its file, its id, or itself."""

_MOST_READ = 200


class Saved(msgspec.Struct, frozen=True):
    """What saving came to: the document at rest, and what is wrong with it (then it is a draft)."""

    document: Document
    problems: tuple[Problem, ...] = ()

    @property
    def is_draft(self) -> bool:
        """Whether an error keeps it from being run or activated."""
        return any(problem.severity == "error" for problem in self.problems)


class Workflows:
    """The workflows of one lab. `surroundings` tells which connections and secrets there are now."""

    def __init__(  # noqa: PLR0913  # all that a workflow touches
        self,
        root: Path,
        registry: Registry,
        *,
        catalogue: Catalogue,
        schedules: Schedules,
        surroundings: Callable[[], Surroundings],
        clock: Clock,
        audit: Audit,
        default_zone: str = "UTC",
        second_level: SecondLevel | None = None,
        remote: RemoteSchedules | None = None,
    ) -> None:
        self._root = root
        self._registry = registry
        self._catalogue = catalogue
        self._schedules = schedules
        self._surroundings = surroundings
        self._clock = clock
        self._default_zone = default_zone
        self._second_level = second_level
        self._audit = audit
        self._remote = remote
        self._plans = PlanCache(clock=clock)
        self._folders: dict[str, Path] = {}
        self._kept: dict[str, tuple[str, str]] = {}
        self._known: dict[str, Workflow | None] = {}
        self._read: dict[Path, Document] = {}
        self.activity = 0
        """Grows whenever this process activates or deactivates a workflow."""

    # -- finding and reading

    async def read(self, source: Source) -> Document:
        """Return the document of a path, an id in the catalogue, or a workflow built in Python.

        Raises:
            NotFoundError: there is no such file and no such id.
            DocumentError: the file cannot be read as a workflow.
        """
        if isinstance(source, Document):
            return source
        if isinstance(source, Workflow):
            return Document.of(source)
        path = self._find_file(Path(source))
        if path is not None:
            return self._read_file(path)
        return await self._read_listed(str(source))

    def _read_file(self, path: Path) -> Document:
        """Return the document in a file; one that has not changed is not parsed again."""
        document = Document.read(path, known=self._read.pop(path, None))
        self._read[path] = document
        if len(self._read) > _MOST_READ:
            del self._read[next(iter(self._read))]
        return document

    def _find_file(self, path: Path) -> Path | None:
        return next((one for one in (path, self._root / path) if one.is_file()), None)

    async def _read_listed(self, id: str) -> Document:
        listed = await self._catalogue.find_workflow(id)
        if listed is None and (path := self._find_file(Path(id + SUFFIX))) is not None:
            return self._read_file(path)
        if listed is None:
            known = [workflow.id for workflow in await self._catalogue.list_workflows()]
            near = did_you_mean(id, known)
            looks_like_path = id.endswith(SUFFIX) or "/" in id
            what = "file" if looks_like_path else "workflow file or id"
            msg = f"there is no {what} {id!r}" + (f"; {near}" if near else "")
            raise NotFoundError(msg)
        if listed.path and (path := self._find_file(Path(listed.path))) is not None:
            return self._read_file(path)
        version = await self._catalogue.get_version(listed.latest_digest)
        return Document.parse(version.text, stem=id)

    def validate(self, document: Document) -> list[Problem]:
        """Return everything that is wrong with a document, errors first, each with its line.

        Of workflows that it calls those count which were there at the last `look_around`.
        """
        return find_problems(document, self._registry, self._surroundings())

    async def look_around(self) -> list[Listed]:
        """Take note of the workflows there are now, whoever keeps them, and return them."""
        listed = await self._catalogue.list_workflows()
        self._known = {one.id: self._known.get(one.id) for one in listed}
        return listed

    def shelf(self, folder: Path | None = None) -> Shelf:
        """Return the workflows that a document in `folder` can call."""
        folders = [self._root] if folder is None else [folder, self._root]
        return Shelf(*folders, known=self._known)

    # -- keeping

    async def register(self, document: Document) -> Plan:
        """Keep this version of a workflow, so that any process can go on with it, and return its plan.

        Raises:
            PlanError: with everything that is wrong with it; nothing was kept.
        """
        await self._keep_called(document, {document.workflow.id})
        return await self._register(document)

    async def _register(self, document: Document) -> Plan:
        plan = self.compile(document)
        await self._keep(document, plan.digest)
        return plan

    def compile(self, document: Document) -> Plan:
        """Return the plan of a document, of which nothing is kept.

        Raises:
            PlanError: with everything that is wrong with it.
        """
        problems = [found for found in self.validate(document) if found.severity == "error"]
        if problems:
            raise PlanError(problems)
        version = digest(document.workflow)
        return self._plans.get(
            version, lambda: compile_workflow(document.workflow, self._registry)
        )

    async def _keep_called(self, document: Document, seen: set[str]) -> None:
        """Keep the files of workflows that this one calls as they are now, so that it calls those.

        One that is active is called in its active version. What is not valid is left: the call will tell.
        """
        called = {id for id in _called_by(document.workflow, self._registry) if id not in seen}
        if not called:
            return
        seen |= called
        active = {one.id for one in await self.look_around() if one.is_active}
        shelf = self.shelf(document.path.absolute().parent if document.path else None)
        for id in sorted(called - active):
            path = shelf.path_of(id)
            if path is None:
                continue
            with contextlib.suppress(DocumentError, PlanError):
                callee = Document.read(path)
                await self._keep_called(callee, seen)
                await self._register(callee)

    async def _keep(self, document: Document, version: str) -> None:
        workflow = document.workflow
        self._known[workflow.id] = workflow
        path = str(document.path.absolute()) if document.path else ""
        self._folders[workflow.id] = Path(path).parent if path else self._root
        if self._kept.get(workflow.id) == (version, path):  # it is the latest already
            return
        name = workflow.name or workflow.id
        at = microseconds(self._clock.now())
        kept = Version(version, workflow.id, name, Document.of(workflow).text, at)
        await self._catalogue.put_version(kept, path=path)
        if self._second_level is not None:
            await self._second_level.put(kept)
        self._plans.drop(workflow.id, but=version)
        self._kept[workflow.id] = (version, path)

    async def plan(self, version: str) -> Plan:
        """Return the plan of a kept version.

        Raises:
            NotFoundError: no such version was kept.
            PlanError: a node type it needs is gone.
        """
        plan = self._plans.find(version)
        return plan or await self._compile_kept(version)

    async def _compile_kept(self, version: str) -> Plan:
        kept = await self._kept_version(version)
        listed = await self._catalogue.find_workflow(kept.workflow_id)
        if listed is not None and listed.path:
            self._folders.setdefault(kept.workflow_id, Path(listed.path).parent)

        def compile_kept() -> Plan:
            workflow = Document.parse(kept.text, stem=kept.workflow_id).workflow
            return compile_workflow(workflow, self._registry)

        is_active = listed is not None and listed.active_digest == version
        return self._plans.get(version, compile_kept, is_active=is_active)

    async def _kept_version(self, version: str) -> Version:
        """Return a version from the store, else as other workers have left it."""
        try:
            kept = await self._catalogue.get_version(version)
        except NotFoundError:
            found = await self._second_level.find(version) if self._second_level else None
            if found is None or not _is_what_it_says(found):
                raise
            return found
        if self._second_level is not None:
            await self._second_level.put(kept)
        return kept

    def folder_of(self, workflow_id: str) -> Path:
        """Return the folder in which relative paths of a workflow start; the lab's where it has no file."""
        return self._folders.get(workflow_id, self._root)

    async def save(
        self, document: Document, path: Path | str | None = None, *, force: bool = False
    ) -> Saved:
        """Write the file; a valid workflow becomes its newest version, another is kept as a draft.

        Raises:
            ConflictError: the file changed since it was read; nothing was written.
        """
        return await self.keep(document.write(path, force=force))

    async def keep(self, written: Document) -> Saved:
        """Keep a document at rest: as the newest version if it is valid, else as a draft."""
        problems = tuple(self.validate(written))
        saved = Saved(written, problems)
        workflow = written.workflow
        before = await self._catalogue.find_workflow(workflow.id)
        if saved.is_draft:
            draft = Draft(workflow.id, written.text, microseconds(self._clock.now()))
            name = workflow.name or workflow.id
            await self._catalogue.save_draft(draft, name=name, path=str(written.path))
        else:
            await self.register(written)
            await self._catalogue.discard_draft(workflow.id)
        after = await self._catalogue.find_workflow(workflow.id)
        if _kept_facts(before) != _kept_facts(after) or saved.is_draft:
            facts = {"before": _kept_facts(before), "after": _kept_facts(after)}
            await self._audit.note("workflow.saved", workflow.id, **facts)
        return saved

    # -- activation

    async def activate(self, source: Source) -> Plan:
        """Let triggers and other workflows start it as it is now, and schedule its first fires.

        Raises:
            PlanError: it is not valid.
        """
        plan = await self.register(await self.read(source))
        await self._activate(plan)
        return plan

    async def activate_version(self, version: Version) -> Plan:
        """Let triggers start a kept version from now on, and schedule its first fires.

        Raises:
            PlanError: it is not valid as things are now.
        """
        listed = await self._catalogue.find_workflow(version.workflow_id)
        document = Document.parse(version.text, stem=version.workflow_id)
        if listed is not None and listed.path:
            document = replace(document, path=Path(listed.path))
        problems = [found for found in self.validate(document) if found.severity == "error"]
        if problems:
            raise PlanError(problems)
        plan = await self.plan(version.digest)
        await self._activate(plan)
        return plan

    async def _activate(self, plan: Plan) -> None:
        now = self._clock.now()
        before = await self._catalogue.find_workflow(plan.workflow.id)
        fires = first_fires(plan, now, default_zone=self._default_zone)
        if self._remote is not None:
            fires = await self._remote.put(plan.workflow.id, fires)
            kept = {fire.node for fire in fires if is_carried(fire.spec)}
            carried = await self._carried(plan.workflow.id)
            await self._remote.remove(plan.workflow.id, carried - kept)
        self._plans.drop(plan.workflow.id, but=plan.digest)
        await self._schedules.remove(plan.workflow.id)
        for fire in fires:
            next_at = microseconds(fire.next_at)
            await self._schedules.put(plan.workflow.id, fire.node, fire.spec, next_at=next_at)
        await self._catalogue.activate(plan.workflow.id, plan.digest, at=microseconds(now))
        self.activity += 1
        facts = {"before": _active_in(before), "after": plan.digest}
        await self._audit.note("workflow.activated", plan.workflow.id, **facts)

    async def _carried(self, id: str) -> set[str]:
        """Return the nodes of a workflow whose schedules QStash carries."""
        schedules = await self._schedules.all()
        return {one.node for one in schedules if one.workflow_id == id and is_carried(one.spec)}

    async def deactivate(self, source: Source) -> str:
        """Stop triggers from starting the workflow, and return its id; what runs goes on.

        Raises:
            NotFoundError: no such workflow is in the catalogue.
            ServiceError: it is inactive, but QStash does not answer and still has its schedules.
        """
        id = await self.id_of(source)
        before = _active_in(await self._catalogue.find_workflow(id))
        carried = await self._carried(id)
        await self._catalogue.deactivate(id, at=microseconds(self._clock.now()))
        self._plans.drop(id)
        self.activity += 1
        await self._audit.note("workflow.deactivated", id, before=before)
        if self._remote is not None:
            await self._remote.remove(id, carried)
        await self._schedules.remove(id)  # only now: who tries again knows what QStash still has
        return id

    async def id_of(self, source: Source) -> str:
        """Return the id of a workflow that the lab knows.

        Raises:
            NotFoundError: there is no such workflow, or it was never kept here.
        """
        if isinstance(source, str) and await self._catalogue.find_workflow(source) is not None:
            return source
        id = (await self.read(source)).workflow.id
        if await self._catalogue.find_workflow(id) is None:
            msg = f"workflow {id!r} was never run or activated in this lab"
            raise NotFoundError(msg)
        return id

    async def all(self) -> list[Listed]:
        """Return the workflows this lab knows, by id."""
        return await self._catalogue.list_workflows()


def _called_by(workflow: Workflow, registry: Registry) -> Iterator[str]:
    """Yield the ids of the workflows that one names, in its nodes and as its error workflow."""
    if workflow.settings.on_error:
        yield workflow.settings.on_error
    for node in workflow.nodes.values():
        if node.disabled:
            continue
        with contextlib.suppress(NodeTypeError):
            kind = registry.find(node.kind_name)
            id = node.config.get(kind.calls) if kind is not None and kind.calls else None
            if isinstance(id, str):
                yield id


def _is_what_it_says(version: Version) -> bool:
    """Whether the text of a version that comes from outside is the one its digest names."""
    try:
        workflow = Document.parse(version.text, stem=version.workflow_id).workflow
    except DocumentError:
        return False
    return digest(workflow) == version.digest


def _active_in(listed: Listed | None) -> str | None:
    return (listed.active_digest or None) if listed is not None else None


def _kept_facts(listed: Listed | None) -> dict[str, str | bool] | None:
    """Return what the log of changes says of a kept workflow."""
    if listed is None:
        return None
    return {"version": listed.latest_digest, "is_draft": listed.has_draft}
