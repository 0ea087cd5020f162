"""A notebook and the workflow made of it, run both, and their variables held against each other."""

import asyncio
import math
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from flowforge_lab.clients import NotebookJob, NotebookRunner, read_values
from flowforge_lab.engine import Start
from flowforge_lab.errors import FlowForgeError
from flowforge_lab.values import Frame, is_readable, readable, restored

from .executions import Executions
from .notebook_import import NotebookImport

_SHOWN = 200
_CLOSE = 1e-12
_GATHER = """
from pathlib import Path as _Path

from flowforge_lab.clients import write_values as _write_values
from flowforge_lab.values import pack_variables as _pack_variables

_write_values(_pack_variables(globals(), kept={names!r}), _Path({folder!r}))
"""


class VariableDifference(msgspec.Struct, frozen=True):
    """A variable that is not the same both ways; `expected` is the notebook's, `announced` why it may be."""

    name: str
    node: str
    expected: str
    found: str
    announced: tuple[str, ...] = ()


class NotebookCheck(msgspec.Struct, frozen=True):
    """How a notebook and its workflow compare, run both. `incomparable` variables stay in a process.

    Where one of them failed, the error says so, and nothing is compared.
    """

    equal: tuple[str, ...] = ()
    unequal: tuple[VariableDifference, ...] = ()
    incomparable: tuple[str, ...] = ()
    notebook_error: str = ""
    workflow_error: str = ""
    execution_id: str = ""
    notebook_seconds: float = 0.0
    workflow_seconds: float = 0.0

    @property
    def is_same(self) -> bool:
        """Whether every variable that was compared is the same; not so where nothing was."""
        return self.is_compared and not self.unequal

    @property
    def is_compared(self) -> bool:
        """Whether both ran to their end, so that variables were compared."""
        return not (self.notebook_error or self.workflow_error)


async def check_import(
    made: NotebookImport,
    path: Path,
    *,
    runner: NotebookRunner,
    executions: Executions,
    inputs: Mapping[str, Any],
) -> NotebookCheck:
    """Run a notebook and then the workflow made of it, in its folder, and compare their variables."""
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="flowforge-check-"))
    try:
        begun = time.perf_counter()
        expected, notebook_error = await _of_notebook(
            made, path, folder, runner=runner, inputs=inputs
        )
        between = time.perf_counter()
        found, workflow_error, execution_id = await _of_workflow(
            made, path, executions=executions, inputs=inputs
        )
        ended = time.perf_counter()
        facts: dict[str, Any] = {
            "notebook_error": notebook_error,
            "workflow_error": workflow_error,
            "execution_id": execution_id,
            "notebook_seconds": between - begun,
            "workflow_seconds": ended - between,
        }
        if notebook_error or workflow_error:
            return NotebookCheck(**facts)
        return await asyncio.to_thread(lambda: _compared(made, expected, found, facts=facts))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _of_notebook(
    made: NotebookImport,
    path: Path,
    folder: Path,
    *,
    runner: NotebookRunner,
    inputs: Mapping[str, Any],
) -> tuple[dict[str, Any], str]:
    """Return the variables that a notebook has at its end, and why it failed if it did."""
    import nbformat

    def write() -> Path:
        node = nbformat.read(path, as_version=4)
        source = _GATHER.format(names=list(made.variables), folder=str(folder))
        node.cells.append(nbformat.v4.new_code_cell(source))
        copy = folder / path.name
        copy.write_text(nbformat.writes(node), encoding="utf-8")
        return copy

    copy = await asyncio.to_thread(write)
    job = NotebookJob(
        path=copy, copy=folder / "done" / path.name, parameters=inputs, folder=path.parent
    )
    try:
        await runner.run(job)
        return await asyncio.to_thread(read_values, folder), ""
    except FlowForgeError as error:
        return {}, str(error)
    except FileNotFoundError:
        return {}, "the notebook ended before its last cell"


async def _of_workflow(
    made: NotebookImport, path: Path, *, executions: Executions, inputs: Mapping[str, Any]
) -> tuple[dict[str, Any], str, str]:
    """Return what the nodes gave by id, and why the execution failed if it did."""
    document = replace(made.document, path=made.file or path.with_name(f"{made.id}.flow.yaml"))
    execution_id = await executions.start(document, Start(inputs=dict(inputs)))
    outcome = await executions.wait(execution_id)
    steps = await executions.steps(execution_id)
    found = {
        step.node: step.output["result"]
        for step in steps
        if step.kind == "python.code" and step.output
    }
    error = "" if outcome.error is None else f"{outcome.error.title} (in {outcome.error.node})"
    if outcome.status != "succeeded" and not error:
        error = outcome.status
    return found, error, execution_id


def _compared(
    made: NotebookImport,
    expected: Mapping[str, Any],
    found: Mapping[str, Any],
    *,
    facts: dict[str, Any],
) -> NotebookCheck:
    equal, unequal, incomparable = [], [], []
    for name, node in sorted(made.variables.items()):
        given = (found.get(node) or {}).get(name, _ABSENT)
        value = _ABSENT if given is _ABSENT else _shown_form(given)
        wanted = expected.get(name, _ABSENT)
        if wanted is _ABSENT and value is _ABSENT:
            incomparable.append(name)
        elif wanted is not _ABSENT and value is not _ABSENT and is_same(wanted, value):
            equal.append(name)
        else:
            why = tuple(f"cell {one.cell}: {one.text}" for one in made.may_differ(node))
            unequal.append(VariableDifference(name, node, _told(wanted), _told(value), why))
    return NotebookCheck(tuple(equal), tuple(unequal), tuple(incomparable), **facts)


_ABSENT = object()


def _shown_form(form: Any) -> Any:
    """Return a value in the form in which the notebook's is: one that is only to be read is in it already."""
    shown = readable(restored(_with_tables(form)))
    return shown if is_readable(shown) else _ABSENT


def _with_tables(form: Any) -> Any:
    if isinstance(form, Frame):
        return form.to_pandas()
    if isinstance(form, list):
        return [_with_tables(item) for item in form]
    if isinstance(form, dict):
        return {key: _with_tables(item) for key, item in form.items()}
    return form


def _told(value: Any) -> str:
    if value is _ABSENT:
        return "nothing"
    if isinstance(value, Frame):
        return f"{value!r}\n{value.to_pandas().head().to_string()}"[: 3 * _SHOWN]
    return repr(value)[:_SHOWN]


def is_same(one: Any, other: Any) -> bool:
    """Whether two values that may flow along an edge are the same; numbers to twelve digits."""
    if isinstance(one, Frame) and isinstance(other, Frame):
        return _is_same_table(one, other)
    if isinstance(one, dict) and isinstance(other, dict):
        is_like = list(one) == list(other)
        return is_like and all(is_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        is_nan = math.isnan(one) and math.isnan(other)
        return is_nan or math.isclose(one, other, rel_tol=_CLOSE, abs_tol=_CLOSE)
    return type(one) is type(other) and bool(one == other)


def _is_same_table(one: Frame, other: Frame) -> bool:
    import pandas as pd

    try:
        pd.testing.assert_frame_equal(one.to_pandas(), other.to_pandas())
    except AssertionError:
        return False
    return True
