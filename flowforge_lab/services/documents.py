"""The workflow documents of a lab by their id: never by a path, which whoever asks may not choose."""

import asyncio
import re
from dataclasses import replace
from pathlib import Path

import msgspec

from flowforge_lab.access import Audit
from flowforge_lab.errors import ConflictError, DocumentError, NotFoundError, Problem
from flowforge_lab.spec import SUFFIX, Document, did_you_mean
from flowforge_lab.store import Catalogue
from flowforge_lab.store import Workflow as Listed

from .workflows import Saved, Workflows

_ID = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}")


class WorkflowLine(msgspec.Struct, frozen=True):
    """One workflow in a list; times are microseconds, UTC. `is_kept` says that a version of it was kept."""

    id: str
    name: str = ""
    file: str = ""
    is_kept: bool = False
    is_active: bool = False
    has_draft: bool = False
    version: str = ""
    active_version: str = ""
    updated_at: int | None = None
    activated_at: int | None = None


class Documents:
    """What lies in the lab's folder and in its catalogue, as one list."""

    def __init__(
        self, root: Path, workflows: Workflows, catalogue: Catalogue, *, audit: Audit
    ) -> None:
        self._root = root
        self._workflows = workflows
        self._catalogue = catalogue
        self._audit = audit

    async def all(self) -> list[WorkflowLine]:
        """Return every workflow of the catalogue and every file at the lab's root, by id."""
        listed = {one.id: one for one in await self._workflows.look_around()}
        files = await asyncio.to_thread(self._files)
        return [
            _line(id, listed.get(id), files.get(id)) for id in sorted({*listed, *files}, key=str)
        ]

    def _files(self) -> dict[str, Path]:
        shelf = self._workflows.shelf()
        found = {id: shelf.path_of(id) for id in shelf}
        return {id: path for id, path in found.items() if path is not None and _ID.fullmatch(id)}

    async def line(self, id: str) -> WorkflowLine:
        """Return one workflow.

        Raises:
            NotFoundError: there is no workflow with this id.
        """
        listed = await self._listed(id)
        path = await asyncio.to_thread(self._path_of, id)
        if listed is None and path is None:
            raise await self._unknown(id)
        return _line(id, listed, path)

    async def read(self, id: str) -> Document:
        """Return the document of a workflow as its file is now, or as it was kept last.

        Raises:
            NotFoundError: there is no workflow with this id.
            DocumentError: its file cannot be read as a workflow.
        """
        if not _ID.fullmatch(id):
            raise await self._unknown(id)
        path = await asyncio.to_thread(self._path_of, id)
        if path is not None:
            return await asyncio.to_thread(Document.read, path)
        listed = await self._listed(id)
        if listed is None:
            raise await self._unknown(id)
        is_there = await asyncio.to_thread(Path(listed.path or self._root).is_file)
        if is_there:
            return await asyncio.to_thread(Document.read, listed.path)
        version = await self._catalogue.get_version(listed.latest_digest)
        return Document.parse(version.text, stem=id)

    async def create(self, text: str, id: str = "") -> Saved:
        """Write a new workflow into a file of its own; with errors in it, it is a draft.

        Raises:
            ConflictError: there is a workflow with its id.
            DocumentError: the text is no workflow, or has another id than `id`.
        """
        document = _parsed(text, id)
        known = document.workflow.id
        path = await asyncio.to_thread(self._path_of, known)
        if path is not None or await self._listed(known) is not None:
            msg = f"there is a workflow {known!r} already"
            raise ConflictError(msg)
        return await self._workflows.save(document, self._root / f"{known}{SUFFIX}")

    async def replace(self, id: str, text: str, *, stamp: str = "") -> Saved:
        """Write a workflow's file anew; with errors in it, it is a draft, and what is active stays so.

        `stamp` is that of the document that was read: then a change by somebody else is noticed.

        Raises:
            NotFoundError: there is no workflow with this id.
            ConflictError: the file is another meanwhile.
            DocumentError: the text is no workflow, or has another id.
        """
        present = await self.read(id)
        if stamp and stamp != stamp_of(present):
            msg = f"workflow {id!r} was changed by somebody else since it was read"
            raise ConflictError(msg)
        path = present.path or self._root / f"{id}{SUFFIX}"
        document = replace(_parsed(text, id), path=path, stamp=present.stamp)
        return await self._workflows.save(document, path)

    async def delete(self, id: str) -> None:
        """Take a workflow out of the catalogue, with its triggers, and delete its file in the lab's folder.

        What runs goes on, and its history stays.

        Raises:
            NotFoundError: there is no workflow with this id.
        """
        line = await self.line(id)
        if await self._listed(id) is not None:
            await self._workflows.deactivate(id)
            await self._catalogue.remove(id)
        path = await asyncio.to_thread(self._path_of, id)
        if path is not None:
            await asyncio.to_thread(path.unlink, missing_ok=True)
        await self._audit.note("workflow.deleted", id, before={"version": line.version})

    def _path_of(self, id: str) -> Path | None:
        return self._workflows.shelf().path_of(id) if _ID.fullmatch(id) else None

    async def _listed(self, id: str) -> Listed | None:
        return await self._catalogue.find_workflow(id) if _ID.fullmatch(id) else None

    async def _unknown(self, id: str) -> NotFoundError:
        near = did_you_mean(id, [one.id for one in await self.all()])
        return NotFoundError(f"there is no workflow {id[:128]!r}" + (f"; {near}" if near else ""))


def stamp_of(document: Document) -> str:
    """Return what tells one state of a document from another."""
    return document.stamp or Document.of(document.workflow).text


def _parsed(text: str, id: str) -> Document:
    document = Document.parse(text, stem=id or "workflow")
    found = document.workflow.id
    told = [problem for problem in document.problems if problem.field == "id"]
    if told:
        raise DocumentError(str(told[0]), told)
    if not id and "id" not in document.tree:
        raise _bad_id("the workflow has no id: write one at its top, or send it beside the text")
    if id and found != id:
        msg = f"the document says id {found!r}, the address {id!r}"
        raise _bad_id(msg)
    if not _ID.fullmatch(found):
        msg = f"{found!r} cannot be the id of a workflow"
        raise _bad_id(msg)
    return document


def _bad_id(message: str) -> DocumentError:
    return DocumentError(message, [Problem("document.id", message, field="id")])


def _line(id: str, listed: Listed | None, path: Path | None) -> WorkflowLine:
    file = path.name if path is not None else ""
    if listed is None:
        return WorkflowLine(id, file=file)
    return WorkflowLine(
        id,
        listed.name,
        file,
        is_kept=bool(listed.latest_digest),
        is_active=listed.is_active,
        has_draft=listed.has_draft,
        version=listed.latest_digest,
        active_version=listed.active_digest,
        updated_at=listed.updated_at,
        activated_at=listed.activated_at,
    )
