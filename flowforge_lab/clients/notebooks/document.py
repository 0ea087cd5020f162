"""The notebook as a document: read, given its parameters, marked as it runs, saved as the copy.

Imports nbformat and papermill at the top, so it is itself imported late.
"""

import logging
import os
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from papermill.exceptions import PapermillException
from papermill.inspection import _infer_parameters
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from flowforge_lab.errors import NodeError
from flowforge_lab.values import Frame

from .model import CellStatus, NotebookJob
from .shape import SKIPPED

logging.getLogger("papermill").setLevel(logging.ERROR)  # it warns of what we tell ourselves
_WORDS_OF_PAPERMILL = frozenset({"pending", "running", "completed", "failed"})


def _is_run(cell: Any) -> bool:
    is_skipped = SKIPPED in cell.metadata.get("tags", ())
    return cell.cell_type == "code" and bool(cell.source.strip()) and not is_skipped


class Notebook:
    """A notebook on its way from the original to the executed copy."""

    def __init__(self, job: NotebookJob) -> None:
        self._copy = job.copy
        self.node = _loaded(job.path)
        self.kernel = job.kernel or self.node.metadata.get("kernelspec", {}).get("name", "python3")
        self.language = _language_of(self.kernel)
        self.unknown_parameters: tuple[str, ...] = ()
        self.earlier: EarlierCopy | None = None
        if job.parameters:
            self._set_parameters(job)
        self.node.metadata.papermill.update(input_path=str(job.path), output_path=str(job.copy))
        self.code = [index for index, cell in enumerate(self.node.cells) if _is_run(cell)]
        for index in self.code:
            self._reset(index)

    def cell(self, index: int) -> Any:
        """Return the cell at that place."""
        return self.node.cells[index]

    def source(self, index: int) -> str:
        """Return the text of a cell; files beside the copy are named without their folder."""
        return _without_folder(self.cell(index).source, self._copy)

    def mark(self, index: int, status: CellStatus, **facts: Any) -> None:
        """Write down how a cell stands, as papermill does, which has fewer words for it than we."""
        told = status if status in _WORDS_OF_PAPERMILL else "failed"
        metadata = self.cell(index).metadata
        metadata.papermill.update(status=told, **facts)
        metadata["flowforge"] = nbformat.from_dict({"status": status})

    def mark_whole(self, **facts: Any) -> None:
        """Write down how the run stands, as papermill does."""
        self.node.metadata.papermill.update(**facts)

    def note(self, **facts: Any) -> None:
        """Write down what papermill has no word for: `status`, `resumed`, `kernel`."""
        own = self.node.metadata.setdefault("flowforge", nbformat.from_dict({}))
        own.update(nbformat.from_dict(facts))

    def carry_over(self, index: int, before: Any) -> None:
        """Take the outputs of a cell from an earlier copy, as those of a cell that does not run again."""
        cell = self.cell(index)
        cell.outputs, cell.execution_count = before.outputs, before.execution_count
        cell.metadata["papermill"] = before.metadata["papermill"]
        cell.metadata["flowforge"] = nbformat.from_dict({"status": "completed", "resumed": "kept"})

    def save(self) -> None:
        """Write the copy; whoever reads it meanwhile sees the last one whole."""
        self._copy.parent.mkdir(parents=True, exist_ok=True)
        part = self._copy.with_name(f".{self._copy.name}.part")
        part.write_text(nbformat.writes(self.node), encoding="utf-8")
        os.replace(part, self._copy)  # noqa: PTH105  # says in one word what it does

    def _reset(self, index: int) -> None:
        cell = self.cell(index)
        cell.outputs, cell.execution_count = [], None
        cell.metadata.pop("flowforge", None)
        cell.metadata["papermill"] = nbformat.from_dict({"status": "pending", "exception": None})

    def _set_parameters(self, job: NotebookJob) -> None:
        given = sorted(job.parameters.items())  # so that the same values make the same cell again
        values = {name: _plain(name, value, job.copy) for name, value in given}
        try:
            found = _infer_parameters(self.node, name=self.kernel, language=self.language)
            known = {parameter.name for parameter in found}
            self.node = parameterize_notebook(
                self.node, values, kernel_name=self.kernel, language=self.language
            )
        except PapermillException as error:
            title = "the notebook's language takes no parameters"
            raise NodeError(
                title, type="notebook.parameters", detail=str(error), is_transient=False
            ) from error
        self.unknown_parameters = tuple(sorted(set(values) - known)) if known else ()


class EarlierCopy:
    """The executed copy of an earlier run: its code cells in order, and how each of them ended."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._node = _loaded(path)
        self.cells = [cell for cell in self._node.cells if _is_run(cell)]
        self.facts: dict[str, Any] = self._node.metadata.get("flowforge", {})

    def source(self, position: int) -> str:
        """Return the text of a code cell; files beside the copy are named without their folder."""
        return _without_folder(self.cells[position].source, self._path)

    def is_completed(self, position: int) -> bool:
        """Whether a code cell ran to its end."""
        cell = self.cells[position]
        told = cell.metadata.get("flowforge") or cell.metadata.get("papermill") or {}
        return bool(told.get("status") == "completed")


def _without_folder(source: str, copy: Path) -> str:
    return str(source).replace(f"{copy.parent}{os.sep}", "")


def _loaded(path: Path) -> Any:
    try:
        node = nbformat.from_dict(
            load_notebook_node(str(path))
        )  # those of format 2 have plain dicts
        nbformat.validate(node)
    except (ValueError, TypeError, AttributeError, KeyError, nbformat.ValidationError) as error:
        title = f"{path.name} is no notebook"
        detail = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise NodeError(
            title, type="notebook.invalid", detail=detail, is_transient=False
        ) from error
    return node


def _language_of(kernel: str) -> str:
    known = KernelSpecManager()
    try:
        return str(known.get_kernel_spec(kernel).language)
    except NoSuchKernel as error:
        title = f"no kernel {kernel!r}"
        detail = f"installed are: {', '.join(sorted(known.find_kernel_specs())) or 'none'}"
        raise NodeError(
            title, type="notebook.no_kernel", detail=detail, is_transient=False
        ) from error


def _plain(name: str, value: Any, copy: Path) -> Any:
    match value:
        case Frame():
            copy.parent.mkdir(parents=True, exist_ok=True)
            content = value.to_parquet()
            mark = sha256(content).hexdigest()[
                :12
            ]  # so that the same table has the same name again
            path = copy.with_name(f"{copy.stem}.{name}.{mark}.parquet")
            path.write_bytes(content)
            return str(path)
        case datetime() | date() | Decimal():
            return float(value) if isinstance(value, Decimal) else value.isoformat()
        case list() | tuple():
            return [_plain(name, item, copy) for item in value]
        case Mapping():
            return {key: _plain(name, item, copy) for key, item in value.items()}
        case None | bool() | int() | float() | str():
            return value
    title = f"the parameter {name!r} cannot be given to a notebook"
    detail = f"found {type(value).__name__}"
    raise NodeError(title, type="notebook.parameters", detail=detail, is_transient=False)
