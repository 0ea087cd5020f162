"""The catalogue: kept versions of workflows, their names, which one is active, drafts and pins."""

from typing import Any

import msgspec

from flowforge_lab.errors import NotFoundError

from .reading import Reader
from .records import Activation, Draft, Label, Pin, Version, Workflow
from .units import blobs_in
from .writing import Writer


class Catalogue:
    """What workers read instead of files. Times are microseconds since 1970, UTC."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def put_version(self, version: Version, *, path: str = "") -> None:
        """Keep a version and make it the workflow's latest; its draft is gone. Twice does no harm."""
        await self._writer.do(
            "put_version",
            workflow_id=version.workflow_id,
            digest=version.digest,
            text=version.text,
            name=version.name,
            at=version.at,
            path=path,
        )

    async def get_version(self, digest: str) -> Version:
        """Return a kept version.

        Raises:
            NotFoundError: no version has this digest.
        """
        found = await self._reader.fetch("get_version", {"digest": digest}, kind=list[Version])
        if not found:
            msg = f"no version with digest {digest!r} is kept in the catalogue"
            raise NotFoundError(msg)
        return found[0]

    async def list_versions(self, workflow_id: str) -> list[Version]:
        """Return all kept versions of a workflow, newest first."""
        params = {"workflow_id": workflow_id}
        return await self._reader.fetch("list_versions", params, kind=list[Version])

    async def activate(self, workflow_id: str, digest: str, *, at: int, by: str = "") -> None:
        """Let triggers start this version from now on.

        Raises:
            NotFoundError: the workflow has no such version.
        """
        facts = {"workflow_id": workflow_id, "digest": digest, "at": at, "by": by}
        if not await self._writer.do("activate", **facts):
            raise NotFoundError(_no_version(workflow_id, digest))

    async def deactivate(self, workflow_id: str, *, at: int, by: str = "") -> None:
        """Let no trigger start the workflow, and its schedules rest.

        Raises:
            NotFoundError: the catalogue does not know the workflow.
        """
        if not await self._writer.do("deactivate", workflow_id=workflow_id, at=at, by=by):
            raise NotFoundError(_unknown(workflow_id))

    async def list_activations(self, workflow_id: str) -> list[Activation]:
        """Return which versions were active since when, newest first."""
        params = {"workflow_id": workflow_id}
        return await self._reader.fetch("list_activations", params, kind=list[Activation])

    async def count_unfinished(self, workflow_id: str) -> dict[str, int]:
        """Return how many executions that are not over run each version, by digest."""
        params = {"workflow_id": workflow_id}
        return dict(
            await self._reader.fetch("count_unfinished", params, kind=list[tuple[str, int]])
        )

    async def set_label(self, label: Label) -> None:
        """Give a kept version a name; the same name is taken from another one.

        Raises:
            NotFoundError: the workflow has no such version.
        """
        if not await self._writer.do("set_label", **msgspec.structs.asdict(label)):
            raise NotFoundError(_no_version(label.workflow_id, label.digest))

    async def remove_label(self, workflow_id: str, label: str) -> bool:
        """Take a name away; false if no version had it."""
        return bool(await self._writer.do("remove_label", workflow_id=workflow_id, label=label))

    async def list_labels(self, workflow_id: str) -> list[Label]:
        """Return the names of a workflow's versions, by name."""
        params = {"workflow_id": workflow_id}
        return await self._reader.fetch("list_labels", params, kind=list[Label])

    async def set_pin(self, pin: Pin) -> None:
        """Let a value stand for the outputs of a node, in place of what stood there before."""
        value = msgspec.json.encode(pin.value).decode()
        digests = msgspec.json.encode(sorted(blobs_in(value))).decode()
        facts = msgspec.structs.asdict(pin) | {"value": value, "digests": digests}
        await self._writer.do("set_pin", **facts)

    async def remove_pin(self, workflow_id: str, node: str) -> bool:
        """Let the node have its own outputs again; false if it had."""
        return bool(await self._writer.do("remove_pin", workflow_id=workflow_id, node=node))

    async def list_pins(self, workflow_id: str) -> list[Pin]:
        """Return the pinned outputs of a workflow, by node."""
        params = {"workflow_id": workflow_id}
        rows = await self._reader.fetch("list_pins", params, kind=list[Pin])
        return [msgspec.structs.replace(row, value=msgspec.json.decode(row.value)) for row in rows]

    async def remove(self, workflow_id: str) -> bool:
        """Take the workflow, its draft and schedules out; kept versions stay for old executions."""
        return bool(await self._writer.do("remove_workflow", workflow_id=workflow_id))

    async def list_workflows(self) -> list[Workflow]:
        """Return every workflow, by id."""
        rows = await self._reader.fetch("list_workflows", {}, kind=list[list[Any]])
        return [_workflow(row) for row in rows]

    async def find_workflow(self, workflow_id: str) -> Workflow | None:
        """Return one workflow, if the catalogue knows it."""
        params = {"workflow_id": workflow_id}
        rows = await self._reader.fetch("find_workflow", params, kind=list[list[Any]])
        return _workflow(rows[0]) if rows else None

    async def save_draft(self, draft: Draft, *, name: str = "", path: str = "") -> None:
        """Keep a text as it is, valid or not; the active version stays."""
        await self._writer.do(
            "save_draft",
            workflow_id=draft.workflow_id,
            text=draft.text,
            at=draft.at,
            name=name or draft.workflow_id,
            path=path,
            digest="",
        )

    async def find_draft(self, workflow_id: str) -> Draft | None:
        """Return the draft of a workflow, if it has one."""
        params = {"workflow_id": workflow_id}
        found = await self._reader.fetch("find_draft", params, kind=list[Draft])
        return found[0] if found else None

    async def discard_draft(self, workflow_id: str) -> bool:
        """Throw the draft away; false if there was none."""
        return bool(await self._writer.do("discard_draft", workflow_id=workflow_id))


def _workflow(row: list[Any]) -> Workflow:
    identity, name, path, active, latest, has_draft, updated_at, activated_at = row
    return Workflow(
        identity, name, path, active, latest, bool(has_draft), updated_at, activated_at
    )


def _unknown(workflow_id: str) -> str:
    return f"the catalogue knows no workflow {workflow_id!r}"


def _no_version(workflow_id: str, digest: str) -> str:
    return f"workflow {workflow_id!r} has no version {digest!r}"
