"""Notebooks made into workflows, written beside them, and held against them."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from flowforge_lab.clients import NotebookRunner
from flowforge_lab.errors import ConflictError, NodeError, NotFoundError, PlanError
from flowforge_lab.spec import SUFFIX, replace_file

from .executions import Executions
from .notebook_check import NotebookCheck, check_import
from .notebook_export import NotebookExport, export_workflow
from .notebook_import import NotebookImport, import_notebook
from .notebook_plan import problem_of
from .workflows import Source, Workflows


class NotebookFlows:
    """The ways between notebooks and workflows, in one lab. Paths that are not whole start in its folder."""

    def __init__(
        self, root: Path, workflows: Workflows, *, executions: Executions, runner: NotebookRunner
    ) -> None:
        self._root = root
        self._workflows = workflows
        self._executions = executions
        self._runner = runner

    async def to_workflow(
        self,
        notebook: str | Path,
        *,
        into: str | Path | None = None,
        id: str = "",
        replaces: bool = False,
    ) -> NotebookImport:
        """Return a notebook as a workflow, told from its text; it is written where `into` says, if it does.

        Raises:
            NotFoundError: there is no such notebook.
            PlanError: the file is no notebook, or none with cells that do anything.
            ConflictError: there is a file already, and `replaces` is not set; nothing was written.
        """
        path = self._path(notebook)
        target = None if into is None else self._target(into)
        await self._refuse_written(target, replaces=replaces)
        known = id or ("" if target is None else target.name.removesuffix(SUFFIX))
        made = await asyncio.to_thread(_made, path, known)
        if target is None:
            return made
        await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True)
        await self._workflows.save(made.document, target, force=True)
        return msgspec.structs.replace(made, file=target)

    async def check(
        self, made: NotebookImport, notebook: str | Path, inputs: Mapping[str, Any]
    ) -> NotebookCheck:
        """Run a notebook and the workflow made of it, both for real, and compare their variables."""
        return await check_import(
            made,
            self._path(notebook),
            runner=self._runner,
            executions=self._executions,
            inputs=inputs,
        )

    async def to_notebook(
        self, source: Source, *, into: str | Path | None = None, replaces: bool = False
    ) -> NotebookExport:
        """Return a workflow as a notebook that runs; it is written where `into` says, if it does.

        Raises:
            NotFoundError: there is no such workflow.
            PlanError: the workflow is not valid.
            ConflictError: there is a file already, and `replaces` is not set; nothing was written.
        """
        document = await self._workflows.read(source)
        target = None if into is None else self._path(into)
        await self._refuse_written(target, replaces=replaces)
        plan = await asyncio.to_thread(self._workflows.compile, document)
        folder = self._root if target is None else target.parent
        made = await asyncio.to_thread(export_workflow, document, plan, folder=folder)
        if target is None:
            return made
        await asyncio.to_thread(_write, target, made.text)
        return msgspec.structs.replace(made, file=target)

    async def _refuse_written(self, target: Path | None, *, replaces: bool) -> None:
        if target is not None and not replaces and await asyncio.to_thread(target.exists):
            msg = f"{target} is there already; nothing was written"
            raise ConflictError(msg)

    def _path(self, notebook: str | Path) -> Path:
        path = Path(notebook)
        return (path if path.is_absolute() else self._root / path).absolute()

    def _target(self, into: str | Path) -> Path:
        path = self._path(into)
        if path.name.endswith(SUFFIX):
            return path
        msg = f"expected a file whose name ends in {SUFFIX}, found {path.name!r}"
        raise PlanError([problem_of(ValueError(msg))])


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, text.encode())


def _made(path: Path, id: str) -> NotebookImport:
    try:
        return import_notebook(path, id=id)
    except NodeError as error:
        if error.type == "notebook.not_found":
            msg = f"there is no notebook {str(path)!r}"
            raise NotFoundError(msg) from error
        raise PlanError([problem_of(error)]) from error
