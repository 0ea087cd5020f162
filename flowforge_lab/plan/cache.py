"""Plans that were compiled already, by digest."""

from collections import OrderedDict
from collections.abc import Callable

from .model import Plan


class PlanCache:
    """The last plans used, at most `max_plans`. A digest names one content, so nothing goes stale."""

    def __init__(self, max_plans: int = 512) -> None:
        self._plans: OrderedDict[str, Plan] = OrderedDict()
        self._max_plans = max_plans

    def get(self, digest: str, compile_it: Callable[[], Plan]) -> Plan:
        """Return the plan of a digest, compiling it if it is not at hand."""
        plan = self._plans.get(digest)
        if plan is None:
            plan = self._plans[digest] = compile_it()
            if len(self._plans) > self._max_plans:
                self._plans.popitem(last=False)
        self._plans.move_to_end(digest)
        return plan
