"""How values of the product look at the end of a cell: pictures of workflows and executions, problems."""

import html
import re
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flowforge_lab.engine import Outcome
from flowforge_lab.errors import NotFoundError, PlanError, Problem
from flowforge_lab.lab import Lab
from flowforge_lab.nodes import Registry
from flowforge_lab.services import workflow_svg
from flowforge_lab.spec import Document, Workflow
from flowforge_lab.store import ExecutionHead
from flowforge_lab.values import lasted

_SIGNS = {"error": ("✕", "#d13438"), "warning": ("▲", "#a86a00")}
_CELL = "padding:2px 10px 2px 0;text-align:left;vertical-align:top"
_STATES = {
    "succeeded": ("✓", "--jp-success-color1, #14915a"),
    "failed": ("✕", "--jp-error-color1, #d13438"),
    "running": ("▸", "--jp-info-color1, #1769d2"),
    "waiting": ("…", "--jp-warn-color1, #a86a00"),
    "paused": ("‖", "--jp-warn-color1, #a86a00"),
}
_MAX_ERROR = 80
_ERROR = 5
"""The column that may take more than one line."""
_TONES = {
    "#14915a": "#4ad69a",
    "#d13438": "#ff8080",
    "#1769d2": "#66b2ff",
    "#a86a00": "#f0b44c",
    "#64748b": "#a9b2c0",
}
"""Colours of states on paper, and in the dark."""
_DARK = "@media (prefers-color-scheme:dark){{{}}}".format(
    'rect[fill="#f8fafc"]{fill:#151a21}rect[fill="#fff"]{fill:#1c222b;stroke:#3b4555}.label{fill:#e8ebf1}'
    ".kind,.bar{fill:#9da7b7}.port{fill:#9da7b7;stroke:#151a21}.edge.error{stroke:#ff8080}"
    'path[stroke="#e2e8f0"]{stroke:#3b4555}'
    + "".join(
        f'[fill="{paper}"]{{fill:{dark}}}[stroke="{paper}"]{{stroke:{dark}}}'
        for paper, dark in _TONES.items()
    )
)
_FITS = 900
"""A picture that is wider, in pixels, is moved in a frame: a cell would cut it."""
_MAX_FRAMED_CHARS = 100_000
_WIDTH = re.compile(r'width="([\d.]+)"')


def picture_of_workflow(shown: Workflow | Document, registry: Registry) -> str:
    """Return the graph as an SVG document."""
    workflow = shown.workflow if isinstance(shown, Document) else shown
    return lit(workflow_svg(workflow, registry))


def picture_of_execution(shown: Outcome | ExecutionHead, lab: Lab) -> str | None:
    """Return status, graph and timeline of an execution as an SVG document; `None` if it is another lab's."""
    id = shown.execution_id if isinstance(shown, Outcome) else shown.id
    try:
        return lit(lab.picture(id))
    except NotFoundError:
        return None


def lit(picture: str) -> str:
    """Return a picture that is dark where the page around it is: notebooks tell pictures how they are lit."""
    return picture.replace("</style>", f"</style>\n<style>{_DARK}</style>", 1)


def framed(picture: str | None) -> str | None:
    """Return a wide picture in a frame that can be scrolled; `None` for one that fits into a cell.

    One of hundreds of nodes is in no frame, so that a saved notebook stays small.
    """
    width = _WIDTH.search(picture or "")
    if picture is None or width is None or len(picture) > _MAX_FRAMED_CHARS:
        return None
    if float(width[1]) <= _FITS:
        return None
    source = f"data:image/svg+xml;base64,{b64encode(picture.encode()).decode()}"
    return (
        '<div style="overflow-x:auto" tabindex="0" role="region" aria-label="Picture, to be scrolled">'
        f'<img alt="The workflow" style="max-width:none" width="{width[1]}" src="{source}"></div>'
    )


def sequence_html(found: Any) -> str | None:
    """Return executions or problems as a table, `None` for a list of something else."""
    if found and all(isinstance(one, ExecutionHead) for one in found):
        heads = "".join(
            f'<th scope="col" style="{_CELL}">{head}</th>'
            for head in ("Status", "Workflow", "Started", "Took", "Trigger", "Error", "Execution")
        )
        rows = "".join(map(_execution, found))
        return f'<table aria-label="Executions"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    return problems_html(found)


def _execution(head: ExecutionHead) -> str:
    sign, color = _STATES.get(head.status, ("·", "--jp-ui-font-color2, #566072"))
    begun = datetime.fromtimestamp(head.created_at / 1e6, UTC).astimezone()
    took = lasted((head.finished_at - head.created_at) / 1e6) if head.finished_at else ""
    error = head.error if len(head.error) <= _MAX_ERROR else f"{head.error[:_MAX_ERROR]}…"
    cells = (
        f'<b style="color:var({color})">{sign} {head.status}</b>',
        html.escape(head.workflow_id),
        f"{begun:%d %b, %H:%M:%S}",
        took,
        html.escape(head.trigger),
        html.escape(error),
        f"<code>{head.id}</code>",
    )
    looks = [f"{_CELL};white-space:nowrap"] * len(cells)
    looks[_ERROR] = _CELL
    shown = (f'<td style="{look}">{one}</td>' for look, one in zip(looks, cells, strict=True))
    return f"<tr>{''.join(shown)}</tr>"


def problems_html(problems: Any) -> str | None:
    """Return problems as a table, `None` for a list of something else."""
    if not problems or not all(isinstance(one, Problem) for one in problems):
        return None
    rows = "".join(map(_row, problems))
    errors = sum(one.severity == "error" for one in problems)
    head = f"{_many(errors, 'error')}, {_many(len(problems) - errors, 'warning')}"
    return f'<div role="group" aria-label="Problems"><b>{head}</b><table>{rows}</table></div>'


def _many(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


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

    def graph(shown: Workflow | Document) -> str:
        return picture_of_workflow(shown, lab().parts.registry)

    def course(shown: Outcome | ExecutionHead) -> str | None:
        return picture_of_execution(shown, lab())

    for kinds, picture in (((Workflow, Document), graph), ((Outcome, ExecutionHead), course)):
        for kind in kinds:
            svg.for_type(kind, picture)
            text.for_type(kind, lambda shown, picture=picture: framed(picture(shown)))
    for sequence in (list, tuple):
        text.for_type(sequence, sequence_html)
    text.for_type(PlanError, lambda error: problems_html(list(error.problems)))
