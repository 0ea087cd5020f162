"""Backtests: what would become of past executions in a workflow as it is written now."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from flowforge_lab.analysis import (
    Backtest,
    Case,
    Ending,
    PastExecution,
    Stage,
    Trial,
    find_past,
    read_past,
    try_again,
)
from flowforge_lab.clock import Clock
from flowforge_lab.errors import FlowForgeError
from flowforge_lab.plan import Plan
from flowforge_lab.store import History

from .workflows import Source, Workflows

Progress = Callable[[int, int], None]
"""Told how many executions were tried, and of how many; called from another thread."""


class Backtests:
    """The backtests of one lab. Nothing of them is kept in it, and they reach nothing outside."""

    def __init__(
        self, history: History, workflows: Workflows, stage: Stage, *, clock: Clock
    ) -> None:
        self._history = history
        self._workflows = workflows
        self._stage = stage
        self._clock = clock

    async def run(
        self,
        source: Source,
        *,
        since: datetime | None = None,
        where: str = "",
        limit: int | None = None,
        ignore: Collection[str] = (),
        on_progress: Progress | None = None,
    ) -> Backtest:
        """Try past executions of a workflow again in the version that `source` is now.

        `where` is a condition in SQL over the columns of `executions`; of nodes in `ignore` outputs and
        requests are not compared. A cancelled caller ends it.

        Raises:
            PlanError: the workflow is not valid.
            QueryError: the condition is none.
        """
        plan = await self.plan(source)
        past = await asyncio.to_thread(
            find_past, self._history, plan.workflow.id, since=since, where=where, limit=limit
        )
        return await self.try_again(plan, past, ignore=ignore, on_progress=on_progress)

    async def plan(self, source: Source) -> Plan:
        """Return the plan of a workflow as it is now.

        Raises:
            PlanError: the workflow is not valid.
        """
        return self._workflows.compile(await self._workflows.read(source))

    async def try_again(
        self,
        plan: Plan,
        past: Sequence[PastExecution],
        *,
        ignore: Collection[str] = (),
        on_progress: Progress | None = None,
    ) -> Backtest:
        """Try these executions again in a plan; a cancelled caller ends it."""
        begun = self._clock.monotonic()
        earlier = await self._earlier(past)
        cases = await self._tried(Trial(plan, earlier, ignore), past, on_progress)
        seconds = self._clock.monotonic() - begun
        return Backtest(plan.workflow.id, plan.digest, tuple(cases), seconds)

    async def _earlier(self, past: Sequence[PastExecution]) -> Mapping[str, Plan]:
        """Return the plans of the versions that ran; of one that cannot be had there is none."""
        plans: dict[str, Plan] = {}
        for version in {one.version for one in past}:
            try:
                plans[version] = await self._workflows.plan(version)
            except FlowForgeError:
                continue
        return plans

    async def _tried(
        self, trial: Trial, past: Sequence[PastExecution], on_progress: Progress | None
    ) -> list[Case]:
        ending = Ending()
        done = 0

        def on_tried(_case: Case) -> None:
            nonlocal done
            done += 1
            if on_progress is not None:
                on_progress(done, len(past))

        def work() -> list[Case]:
            records = read_past(self._history, [one.execution_id for one in past])
            return try_again(
                trial, past, records, stage=self._stage, on_tried=on_tried, ending=ending
            )

        try:
            return await asyncio.to_thread(work)
        finally:
            ending.want()
