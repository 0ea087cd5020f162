"""A workflow as a notebook that runs from top to bottom and gives the same."""

import ast
import json
import os
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from flowforge_lab.plan import Plan, Step
from flowforge_lab.spec import Document, InputField

from .notebook_names import OWN_NAMES, names_of_code, variable_names

_CODE = "python.code"
_WHOLE = frozenset(("action.set_variable", "action.get_variable", "logic.jump"))
_PYTHON_TYPES = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "array": "list",
    "object": "dict",
}


class NotebookExport(msgspec.Struct, frozen=True):
    """A workflow as a notebook: `cells` are the nodes whose code stands in it, `calls` those that it runs.

    `notes` say what is different from an execution. `file` is where it was written.
    """

    id: str
    text: str
    cells: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    file: Path | None = None


def export_workflow(document: Document, plan: Plan, *, folder: Path) -> NotebookExport:
    """Return a workflow as a notebook for a folder; nothing is run or written."""
    return _Pages(document, plan, folder).whole()


class _Pages:
    """The cells of a notebook in the making."""

    def __init__(self, document: Document, plan: Plan, folder: Path) -> None:
        self._document = document
        self._workflow = document.workflow
        self._plan = plan
        self._source = _source_of(document, folder)
        self._cells: list[dict[str, Any]] = []
        self._shown: list[str] = []
        self._called: list[str] = []
        self._notes: list[str] = []
        self._names = variable_names(self._workflow.inputs)
        self._left: set[str] = set(self._names.values())

    def whole(self) -> NotebookExport:
        title = self._workflow.name or self._workflow.id
        self._add_text(f"# {title}\n\n{self._workflow.description}".strip())
        self._add_parameters()
        if reason := self._reason_for_one_call():
            self._notes.append(f"{reason}: one call runs the whole workflow")
            self._add_one_call()
        else:
            self._add_steps()
        told = "\n".join(f"- {note}" for note in self._notes)
        if told:
            self._add_text(f"What is different from an execution of the workflow:\n\n{told}")
        return NotebookExport(
            self._workflow.id,
            _written(self._cells),
            tuple(self._shown),
            tuple(self._called),
            tuple(self._notes),
        )

    def _reason_for_one_call(self) -> str:
        kinds = {node.kind_name for node in self._workflow.nodes.values()}
        if found := sorted(kinds & _WHOLE):
            return f"{', '.join(found)} goes back, or keeps something for one execution"
        if "vars.execution" in self._document.text:
            return "it uses variables of one execution"
        if not self._order():
            return "its nodes go round in a circle"
        return ""

    def _order(self) -> list[Step]:
        """Return the steps so that each stands behind those that lead to it, but for the bodies of loops."""
        shape = self._plan.shape
        left = [step for step in self._plan.steps.values() if not shape.around[step.id]]
        done: set[str] = set()
        ordered: list[Step] = []
        while left:
            ready = next((one for one in left if self._sources(one) <= done), None)
            if ready is None:
                return []
            left.remove(ready)
            done.add(ready.id)
            ordered.append(ready)
        return ordered

    def _sources(self, step: Step) -> set[str]:
        around = self._plan.shape.around
        return {
            edge.source
            for edge in step.incoming
            if not around[edge.source] and edge.source != step.id
        }

    # -- cells

    def _add_text(self, text: str) -> None:
        self._cells.append({"cell_type": "markdown", "metadata": {}, "source": text})

    def _add_code(self, text: str, *tags: str) -> None:
        about = {"tags": list(tags)} if tags else {}
        more: dict[str, Any] = {"outputs": [], "execution_count": None}
        self._cells.append({"cell_type": "code", "metadata": about, "source": text, **more})

    def _add_parameters(self) -> None:
        inputs = self._workflow.inputs
        lines = [_parameter(self._names[name], field) for name, field in inputs.items()]
        self._notes += [
            f"the input {name} is called {told} here"
            for name, told in self._names.items()
            if name != told
        ]
        if lines:
            self._add_code("\n".join(lines), "parameters")

    def _inputs(self) -> str:
        names = ", ".join(f"{name!r}: {told}" for name, told in self._names.items())
        return f"{{{names}}}"

    def _begin(self) -> tuple[str, str]:
        """Return how a lab is opened, and what the workflow is given then."""
        opened = "import flowforge_lab as ff\n\nlab = ff.open_lab()\n"
        if OWN_NAMES.isdisjoint(self._workflow.inputs):
            return opened, self._inputs()
        return f"given = {self._inputs()}\n{opened}", "given"

    def _add_one_call(self) -> None:
        self._called += self._plan.steps
        opened, given = self._begin()
        self._add_code(f"{opened}outcome = lab.run({self._source!r}, {given})\noutcome")
        self._add_code("outcome.result")

    def _add_steps(self) -> None:
        ordered = [step for step in self._order() if not self._is_left_out(step)]
        opened, given = self._begin()
        self._add_code(
            f"{opened}walk = lab.notebooks.walk({self._source!r}, {given})\nlog = walk.log"
        )
        certain = self._certain(ordered)
        for step in ordered:
            self._add_step(step, is_certain=step.id in certain)
        self._add_code("walk.result")

    def _is_left_out(self, step: Step) -> bool:
        triggers = [one for one in self._plan.steps.values() if one.type.is_trigger]
        by_hand = (one.id for one in triggers if one.type.kind == "trigger.manual")
        first = next(by_hand, triggers[0].id)
        if step.type.is_trigger and step.id != first:
            self._notes.append(f"it begins by {first}; the trigger {step.id} is left out")
            return True
        if self._is_at_the_end(step):
            self._notes.append(f"{step.id} runs at the end of each execution: it is left out")
            return True
        return False

    def _is_at_the_end(self, step: Step) -> bool:
        last = self._workflow.settings.finally_
        return bool(last) and (step.id == last or self._plan.leads_to(last, step.id))

    def _certain(self, ordered: Sequence[Step]) -> set[str]:
        """Return the nodes that every way leads to."""
        found: set[str] = set()
        can_end = any(step.type.ends for step in ordered)
        for step in ordered:
            leads = (
                self._plan.steps[edge.source] for edge in step.incoming if edge.source in found
            )
            if step.type.is_trigger or (not can_end and any(map(_has_one_way, leads))):
                found.add(step.id)
        return found

    def _add_step(self, step: Step, *, is_certain: bool) -> None:
        node = step.node
        told = "\n\n".join(filter(None, (f"## {node.label or step.id}", node.notes)))
        if node.label or node.notes:
            self._add_text(told)
        if step.type.loops:
            self._notes.append(f"{step.id} runs with all its turns in one call")
        if self._is_shown(step):
            self._shown.append(step.id)
            text = _shown(step)
        else:
            self._called.append(step.id)
            text = f"walk.run({step.id!r})"
        self._add_code(text if is_certain else _only_if(f"walk.is_reached({step.id!r})", text))

    def _is_shown(self, step: Step) -> bool:
        """Whether the code of a node can stand in the notebook: nothing else is to happen to it."""
        node = step.node
        rules = (node.on_error, node.retry, node.continues, node.disabled, node.timeout)
        is_plain = not any(rules)
        given = node.config.get("inputs", {})
        if step.type.kind != _CODE or not is_plain or isinstance(given, str):
            return False
        names = names_of_code(str(node.config["code"]), given)
        if reason := names.reason_apart(frozenset(self._left)):
            self._notes.append(f"{step.id} is called: {reason}")
            return False
        self._left |= names.sets
        return True


def _has_one_way(step: Step) -> bool:
    """Whether a node that runs to its end leaves by one port whatever happens."""
    return len(step.type.outputs_of(step.raw)) == 1 and not step.node.on_error


def _source_of(document: Document, folder: Path) -> str:
    if document.path is None:
        return document.workflow.id
    return Path(os.path.relpath(document.path.absolute(), folder.absolute())).as_posix()


def _parameter(name: str, field: InputField) -> str:
    kind = _PYTHON_TYPES.get(field.type, "")
    remark = f"  # {' '.join(field.description.split())}" if field.description else ""
    typed = f"{name}: {kind}" if kind and field.default is not None else name
    return f"{typed} = {field.default!r}{remark}"


def _shown(step: Step) -> str:
    config = step.node.config
    given = [f"{name} = walk.value({text!r})" for name, text in config.get("inputs", {}).items()]
    code = str(config["code"]).strip("\n")
    return "\n".join(
        filter(
            None,
            (
                "\n".join([*given, "result = None"]),
                "",
                code,
                "",
                f"walk.note({step.id!r}, result)",
            ),
        )
    )


def _only_if(condition: str, text: str) -> str:
    """Return code under a condition; lines within a text are left as they are."""
    inside: set[int] = set()
    for part in ast.walk(ast.parse(text)):
        if isinstance(part, ast.Constant | ast.JoinedStr) and part.end_lineno is not None:
            inside |= set(range(part.lineno + 1, part.end_lineno + 1))
    lines = [
        line if number in inside or not line.strip() else textwrap.indent(line, "    ")
        for number, line in enumerate(text.split("\n"), start=1)
    ]
    return "\n".join([f"if {condition}:", *lines])


def _written(cells: Iterable[dict[str, Any]]) -> str:
    named = [{**cell, "id": f"cell-{number}"} for number, cell in enumerate(cells, start=1)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    tree = {"cells": named, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return f"{json.dumps(tree, indent=1, ensure_ascii=False)}\n"
