"""Versions of workflows: listed, named, compared, brought back."""

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from flowforge_lab.access import Audit
from flowforge_lab.clock import Clock
from flowforge_lab.errors import NotFoundError
from flowforge_lab.spec import SUFFIX, Difference, Document, did_you_mean
from flowforge_lab.store import Catalogue, Label, Version
from flowforge_lab.store import Workflow as Listed

from .moments import microseconds
from .sides import compare_documents, read_written
from .workflows import Source, Workflows

ACTIVE, LATEST = "active", "latest"
_SHORT = 12
_SHORTEST = 4
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class VersionView(msgspec.Struct, frozen=True):
    """One kept version of a workflow. Times are microseconds since 1970, UTC.

    `executions` counts those that are not over and still run it, `activations` how often it became the
    active one; `activated_at` is the last time it did.
    """

    workflow_id: str
    digest: str
    kept_at: int
    labels: tuple[str, ...] = ()
    is_active: bool = False
    is_latest: bool = False
    activated_at: int | None = None
    activations: int = 0
    executions: int = 0

    @property
    def short(self) -> str:
        """The start of the digest, enough to name the version by."""
        return self.digest[:_SHORT]


class Versions:
    """The kept versions of the workflows of one lab."""

    def __init__(
        self, catalogue: Catalogue, workflows: Workflows, *, clock: Clock, audit: Audit
    ) -> None:
        self._catalogue = catalogue
        self._workflows = workflows
        self._clock = clock
        self._audit = audit

    async def all(self, source: Source) -> list[VersionView]:
        """Return the kept versions of a workflow, newest first.

        Raises:
            NotFoundError: the lab does not know the workflow.
        """
        id = await self._workflows.id_of(source)
        listed = await self._catalogue.find_workflow(id)
        labels = await self._catalogue.list_labels(id)
        activations = await self._catalogue.list_activations(id)
        running = await self._catalogue.count_unfinished(id)
        return [
            _view(
                version,
                listed,
                labels=[one.label for one in labels if one.digest == version.digest],
                activated=[one.at for one in activations if one.digest == version.digest],
                executions=running.get(version.digest, 0),
            )
            for version in await self._catalogue.list_versions(id)
        ]

    async def find(self, source: Source, name: str) -> Version:
        """Return the version that `name` means: a label, `active`, `latest`, or the start of a digest.

        Raises:
            NotFoundError: none is called so, or several are.
        """
        id = await self._workflows.id_of(source)
        labels = {label.label: label.digest for label in await self._catalogue.list_labels(id)}
        listed = await self._catalogue.find_workflow(id)
        if listed is not None:
            labels |= {ACTIVE: listed.active_digest, LATEST: listed.latest_digest}
        wanted = labels.get(name, name)
        versions = await self._catalogue.list_versions(id)
        fitting = [
            one for one in versions if len(wanted) >= _SHORTEST and one.digest.startswith(wanted)
        ]
        if len(fitting) == 1:
            return fitting[0]
        raise NotFoundError(_unknown(id, name, known=labels, is_many=len(fitting) > 1))

    async def read(self, source: Source, name: str) -> Document:
        """Return the document of a version; `name` is as for `find`."""
        version = await self.find(source, name)
        return await asyncio.to_thread(Document.parse, version.text, stem=version.workflow_id)

    # -- names

    async def label(self, source: Source, version: str, name: str) -> VersionView:
        """Call a version `name`; the same name is taken from another one.

        Raises:
            NotFoundError: there is no such version.
            ValueError: `name` cannot be a label.
        """
        if not _LABEL.fullmatch(name) or name in {ACTIVE, LATEST}:
            msg = f"a label is letters, digits, '.', '_' and '-', and not 'active' or 'latest': {name!r}"
            raise ValueError(msg)
        found = await self.find(source, version)
        at = microseconds(self._clock.now())
        known = await self._catalogue.list_labels(found.workflow_id)
        before = next((one.digest for one in known if one.label == name), None)
        await self._catalogue.set_label(Label(found.workflow_id, name, found.digest, at))
        target = f"{found.workflow_id}@{name}"
        await self._audit.note("workflow.labelled", target, before=before, after=found.digest)
        return await self._view(found)

    async def unlabel(self, source: Source, name: str) -> None:
        """Take a label away.

        Raises:
            NotFoundError: no version is called so.
        """
        id = await self._workflows.id_of(source)
        if not await self._catalogue.remove_label(id, name):
            known = [label.label for label in await self._catalogue.list_labels(id)]
            near = did_you_mean(name, known)
            msg = f"{id} has no label {name!r}" + (f"; {near}" if near else "")
            raise NotFoundError(msg)
        await self._audit.note("workflow.unlabelled", f"{id}@{name}")

    # -- back

    async def rollback(self, source: Source, version: str = "") -> VersionView:
        """Activate an earlier version, by default the one that was active before; schedules follow.

        The file stays as it is, and what runs goes on with the version it has.

        Raises:
            NotFoundError: there is no such version, or no other one was ever active.
            PlanError: it cannot be activated as things are now: a node type or a connection is gone.
        """
        found = await self.find(source, version or await self._active_before(source))
        await self._workflows.activate_version(found)
        return await self._view(found)

    async def _active_before(self, source: Source) -> str:
        id = await self._workflows.id_of(source)
        listed = await self._catalogue.find_workflow(id)
        gone = {"", "" if listed is None else listed.active_digest}
        for activation in await self._catalogue.list_activations(id):
            if activation.digest not in gone:
                return activation.digest
        msg = f"no other version of {id} was ever active; `flowforge versions {id}` lists what there is"
        raise NotFoundError(msg)

    async def _view(self, version: Version) -> VersionView:
        views = await self.all(version.workflow_id)
        return next(view for view in views if view.digest == version.digest)

    # -- differences

    async def diff(self, old: Source, new: Source | None = None) -> Difference:
        """Return what is different between two workflows.

        Each side is a path, `REVISION:path` in git, `workflow@version`, an id, or a workflow itself; where
        the other side says which workflow it is, a version alone is enough. Without `new` it is the
        active version of `old` against its file as it is now.

        Raises:
            NotFoundError: one of them is not there.
        """
        if new is None:
            now = await self._workflows.read(old)
            return compare_documents(await self.read(now.workflow.id, ACTIVE), now)
        sides = [await self._side(old), await self._side(new)]
        known = [side.workflow.id for side in sides if side is not None]
        if not known:
            msg = f"{old!r} and {new!r} are neither files nor workflows; write workflow@version"
            raise NotFoundError(msg)
        first = sides[0] or await self.read(known[0], str(old))
        second = sides[1] or await self.read(known[0], str(new))
        return compare_documents(first, second)

    async def _side(self, source: Source) -> Document | None:
        """Return what is named, or `None` where it can only be a version of the other side."""
        if not isinstance(source, str):
            return await self._workflows.read(source)
        written = await asyncio.to_thread(read_written, source, Path.cwd())
        if written is not None:
            return written
        id, at, version = source.rpartition("@")
        if at:
            return await self.read(id, version)
        is_named = source.endswith(SUFFIX) or await self._catalogue.find_workflow(source)
        return await self._workflows.read(source) if is_named else None


def _view(
    version: Version,
    listed: Listed | None,
    *,
    labels: Sequence[str],
    activated: Sequence[int],
    executions: int,
) -> VersionView:
    """Return a version as it is shown; `activated` are the times it became the active one, newest first."""
    return VersionView(
        version.workflow_id,
        version.digest,
        version.at,
        tuple(labels),
        is_active=listed is not None and listed.active_digest == version.digest,
        is_latest=listed is not None and listed.latest_digest == version.digest,
        activated_at=activated[0] if activated else None,
        activations=len(activated),
        executions=executions,
    )


def _unknown(id: str, name: str, *, known: dict[str, str], is_many: bool) -> str:
    if name == ACTIVE:
        return f"workflow {id!r} is not active"
    near = did_you_mean(name, known)
    what = "several versions" if is_many else "no version"
    return f"{id} has {what} {name!r}" + (f"; {near}" if near else "")
