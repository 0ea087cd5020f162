"""What becomes of a visit that a crash cut off: run again, failed, or asked about."""

from flowforge_lab.errors import NodeError
from flowforge_lab.events import ASKED, Visit, VisitParked
from flowforge_lab.plan import Step

from .chronicle import Chronicle
from .visits import Visits

RERUN = "rerun"


async def after_crash(
    step: Step, visit: Visit, *, visits: Visits, chronicle: Chronicle
) -> Exception | None:
    """Do as the step's `on_crash` says; an exception is what the visit fails with."""
    if step.on_crash == "fail":
        return _cut_off(f"set on_crash: rerun on {step.id} if it may run twice")
    if step.on_crash == "ask":
        key = f"{ASKED}:{chronicle.state.execution_id}:{visit.number}"
        terms = {"asks": ASKED, "answers": [RERUN, "fail"], "node": step.id}
        chronicle.note(VisitParked(visit.number, visit.node, None, (key,), terms))
        await visits.wait_for_answer(visit)
        return after_asking(visit, visits)
    visits.run_again(visit)
    return None


def after_asking(visit: Visit, visits: Visits) -> Exception | None:
    """Do as somebody answered, if this visit was asked about; any other answer is for its node."""
    if visit.decided is None:
        return None
    if visit.decided.answer != RERUN:
        return _cut_off("somebody decided that it shall not run again")
    visits.run_again(visit)
    return None


def _cut_off(detail: str) -> NodeError:
    return NodeError(
        "cut off when its process ended, and not known to be safe to run again",
        type="crashed",
        detail=detail,
        is_transient=False,
    )
