"""Two executions side by side: what each node did in one and in the other."""

from collections.abc import Mapping
from typing import Any

from flowforge_lab.events import ExecutionState, Visit

Side = dict[str, Any]


def compare_steps(left: ExecutionState, right: ExecutionState) -> dict[str, dict[str, Any]]:
    """Return by node how the latest visit of each side went, and what is `different` between them.

    `different` names any of `status`, `port`, `output`, `config` and `visits`; it is empty for equal steps,
    and `["only left"]` or `["only right"]` where one side did not come there. Big values and tables lie
    beside the journal under the digest of what they hold, so that equal forms are equal values.
    """
    sides = _latest(left), _latest(right)
    nodes = dict.fromkeys([*sides[0], *sides[1]])
    return {node: _compared(sides[0].get(node), sides[1].get(node)) for node in nodes}


def _latest(state: ExecutionState) -> Mapping[str, tuple[Visit, int]]:
    found: dict[str, tuple[Visit, int]] = {}
    for visit in state.visits.values():
        _, count = found.get(visit.node, (visit, 0))
        found[visit.node] = visit, count + 1
    return found


def _compared(left: tuple[Visit, int] | None, right: tuple[Visit, int] | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        name: None if side is None else _told(*side)
        for name, side in (("left", left), ("right", right))
    }
    if left is None or right is None:
        return {**told, "different": ["only right" if left is None else "only left"]}
    facts = {
        "status": left[0].status != right[0].status,
        "port": left[0].port != right[0].port,
        "output": left[0].outputs != right[0].outputs,
        "config": left[0].config != right[0].config and not _is_taken_over(left[0], right[0]),
        "visits": left[1] != right[1],
    }
    return {**told, "different": [name for name, is_other in facts.items() if is_other]}


def _is_taken_over(*visits: Visit) -> bool:
    """Whether one was made by another execution: its config is in that one's journal."""
    return any(visit.is_seeded for visit in visits)


def _told(visit: Visit, count: int) -> Side:
    took = None if visit.ended_at is None else (visit.ended_at - visit.started_at) / 1e6
    return {"visit": visit.number, "status": visit.status, "duration": took, "visits": count}
