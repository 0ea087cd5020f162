"""An execution as a picture that stands still: how each node ended, and the timeline below the graph."""

from collections.abc import Iterator, Mapping
from html import escape
from itertools import pairwise
from typing import Any

from flowforge_lab.nodes import Registry
from flowforge_lab.services.editing.svg import LOOKS, Strip, Told, workflow_svg
from flowforge_lab.spec import Workflow
from flowforge_lab.values import lasted

from .recording import Recording

_ROW, _TOP, _LEFT, _MARGIN = 17, 30, 170, 28
_WIDTH, _MAX_ROWS = 760, 40
_OVER = frozenset({"succeeded", "failed", "cancelled"})
_THIN = frozenset({"waiting", "retrying"})


def execution_svg(workflow: Workflow, registry: Registry, recording: Recording) -> str:
    """Return the graph with what became of each node, and below it a bar a visit, as an SVG document.

    Of many visits the first rows are drawn, and the picture says how many there are more.
    """
    told = {visit["node"]: _told(visit) for visit in recording.visits.values()}
    return workflow_svg(workflow, registry, told=told, below=_timeline(recording))


def _told(visit: Mapping[str, Any]) -> Told:
    state = visit["marks"][-1][2]
    items = visit.get("items")
    words = [lasted(_took(visit))] if state in _OVER else []
    words += [f"{items:,} items"] if items is not None else []
    words += [f"{len(visit['tries']) + 1} attempts"] if visit["tries"] else []
    return Told(state, " · ".join(words) or state)


def _took(visit: Mapping[str, Any]) -> float:
    taken = visit.get("took")
    return float(taken if taken is not None else visit["marks"][-1][1] - visit["marks"][0][1])


def _timeline(recording: Recording) -> Strip:
    run = recording.run
    end = max(float(run.get("last", 0.0)), 1e-6)
    visits = list(recording.visits.values())
    rows = [line for at, visit in enumerate(visits[:_MAX_ROWS]) for line in _row(at, visit, end)]
    more = len(visits) - _MAX_ROWS
    bottom = _TOP + _ROW * min(len(visits), _MAX_ROWS)
    if more > 0:
        rows.append(
            f'<text class="bar" x="{_MARGIN}" y="{bottom + 12}">and {more:,} more steps</text>'
        )
    state = str(run.get("state", "queued"))
    color, sign = LOOKS.get(state, LOOKS["queued"])
    head = (
        f'<path d="M{_MARGIN} 2H{_WIDTH - _MARGIN}" stroke="#e2e8f0"/>'
        f'<text class="label" x="{_MARGIN}" y="20"><tspan fill="{color}">{sign} {escape(state)}</tspan>'
        f" in {lasted(end)} · {escape(str(run.get('execution_id', '')))}</text>"
    )
    return Strip((head, *rows), bottom + (20 if more > 0 else 6) + 8, _WIDTH)


def _row(at: int, visit: Mapping[str, Any], end: float) -> Iterator[str]:
    top = _TOP + at * _ROW
    state = visit["marks"][-1][2]
    color, sign = LOOKS.get(state, LOOKS["queued"])
    indent = 10 * len(visit.get("scope", ()))
    name = escape(str(visit["node"]))
    yield (
        f'<text class="bar" x="{_MARGIN + indent}" y="{top + 11}">'
        f'<tspan fill="{color}">{sign}</tspan> {name}</text>'
    )
    marks = [*visit["marks"], [0, end, ""]] if state not in _OVER else visit["marks"]
    if len(marks) == 1:
        marks = [marks[0], marks[0]]
    for (_, since, kind), (_, until, _next) in pairwise(marks):
        yield _piece(top, (since, until, end), color=color, is_thin=kind in _THIN)
    x = _x(marks[-1][1], end)
    if x < _WIDTH - 90:
        yield f'<text class="bar" x="{x + 5:.1f}" y="{top + 11}">{lasted(_took(visit))}</text>'


def _piece(top: int, times: tuple[float, float, float], *, color: str, is_thin: bool) -> str:
    since, until, end = times
    left = _x(since, end)
    width = max(_x(until, end) - left, 2.0)
    high, y = (3, top + 6) if is_thin else (9, top + 3)
    return f'<rect x="{left:.1f}" y="{y}" width="{width:.1f}" height="{high}" rx="1.5" fill="{color}"/>'


def _x(seconds: float, end: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _MARGIN - 60) * min(seconds / end, 1.0)
