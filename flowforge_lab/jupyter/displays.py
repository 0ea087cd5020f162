"""How values of the product look at the end of a cell: pictures of workflows and executions, problems."""

import html
from collections.abc import Callable
from typing import Any

from flowforge_lab.engine import Outcome
from flowforge_lab.errors import NotFoundError, PlanError, Problem
from flowforge_lab.lab import Lab
from flowforge_lab.nodes import Registry
from flowforge_lab.services import workflow_svg
from flowforge_lab.spec import Document, Workflow
from flowforge_lab.store import ExecutionHead

_SIGNS = {"error": ("✕", "#d13438"), "warning": ("▲", "#a86a00")}
_CELL = "padding:2px 10px 2px 0;text-align:left;vertical-align:top"


def picture_of_workflow(shown: Workflow | Document, registry: Registry) -> str:
    """Return the graph as an SVG document."""
    return workflow_svg(shown.workflow if isinstance(shown, Document) else shown, registry)


def picture_of_execution(shown: Outcome | ExecutionHead, lab: Lab) -> str | None:
    """Return status, graph and timeline of an execution as an SVG document; `None` if it is another lab's."""
    id = shown.execution_id if isinstance(shown, Outcome) else shown.id
    try:
        return lab.picture(id)
    except NotFoundError:
        return None


def problems_html(problems: Any) -> str | None:
    """Return problems as a table, `None` for a list of something else."""
    if not problems or not all(isinstance(one, Problem) for one in problems):
        return None
    rows = "".join(map(_row, problems))
    errors = sum(one.severity == "error" for one in problems)
    head = f"{errors} errors, {len(problems) - errors} warnings"
    return f'<div role="group" aria-label="Problems"><b>{head}</b><table>{rows}</table></div>'


def _row(problem: Problem) -> str:
    sign, color = _SIGNS.get(problem.severity, _SIGNS["error"])
    place = ".".join(part for part in (problem.node or "workflow", problem.field) if part)
    line = f"line {problem.line}" if problem.line else ""
    hint = f"<br><small>{html.escape(problem.hint)}</small>" if problem.hint else ""
    return (
        f'<tr><td style="{_CELL};color:{color}" title="{html.escape(problem.severity)}">{sign}</td>'
        f'<td style="{_CELL}"><code>{html.escape(place)}</code> {line}</td>'
        f'<td style="{_CELL}">{html.escape(problem.message)}{hint}</td></tr>'
    )


def register(formatters: Any, *, lab: Callable[[], Lab]) -> None:
    """Teach IPython's formatters our values; `lab` gives the lab that pictures are asked of."""
    svg, text = formatters["image/svg+xml"], formatters["text/html"]
    for kind in (Workflow, Document):
        svg.for_type(kind, lambda shown: picture_of_workflow(shown, lab().parts.registry))
    for execution in (Outcome, ExecutionHead):
        svg.for_type(execution, lambda shown: picture_of_execution(shown, lab()))
    for sequence in (list, tuple):
        text.for_type(sequence, problems_html)
    text.for_type(PlanError, lambda error: problems_html(list(error.problems)))
