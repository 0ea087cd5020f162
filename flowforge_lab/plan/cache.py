"""Plans that were compiled already, by digest."""

from collections import OrderedDict
from collections.abc import Callable

import msgspec

from flowforge_lab.clock import Clock, SystemClock

from .model import Plan

ACTIVE_SECONDS = 3_600.0
FINISHED_SECONDS = 86_400.0


class _Kept(msgspec.Struct):
    plan: Plan
    until: float


class PlanCache:
    """The last plans used, at most `max_plans`.

    The plan of an active version is compiled anew after one hour, so that a change of its surroundings is
    seen; one that only old executions need stays for 24 hours. A digest names one content, so nothing goes
    stale sooner.
    """

    def __init__(self, max_plans: int = 512, *, clock: Clock | None = None) -> None:
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._max_plans = max_plans
        self._clock = clock or SystemClock()

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, digest: str) -> Plan | None:
        """Return the plan of a digest if it is at hand and its time is not over."""
        kept = self._kept.get(digest)
        if kept is None:
            return None
        if kept.until <= self._clock.monotonic():
            del self._kept[digest]
            return None
        self._kept.move_to_end(digest)
        return kept.plan

    def get(self, digest: str, compile_it: Callable[[], Plan], *, is_active: bool = True) -> Plan:
        """Return the plan of a digest, compiling it if it is not at hand."""
        plan = self.find(digest)
        if plan is None:
            plan = compile_it()
            seconds = ACTIVE_SECONDS if is_active else FINISHED_SECONDS
            self._kept[digest] = _Kept(plan, self._clock.monotonic() + seconds)
            if len(self._kept) > self._max_plans:
                self._kept.popitem(last=False)
        return plan

    def drop(self, workflow_id: str, *, but: str = "") -> None:
        """Forget the plans of a workflow, except that of the digest `but`."""
        gone = [
            digest
            for digest, kept in self._kept.items()
            if kept.plan.workflow.id == workflow_id and digest != but
        ]
        for digest in gone:
            del self._kept[digest]
