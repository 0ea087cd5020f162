"""Workflows started by executions: which version, and how they ended."""

from collections.abc import Callable

from flowforge_lab.engine import Call, Outcome, Start
from flowforge_lab.errors import ConflictError

from .callees import Callees
from .executions import Executions


class LabCalls:
    """Implements `engine.Calls` for one lab. `executions` is asked when the first call comes."""

    def __init__(self, callees: Callees, executions: Callable[[], Executions]) -> None:
        self._callees = callees
        self._executions = executions

    async def start(self, call: Call) -> str:
        """Start a workflow in its version of the caller's time, once for each key."""
        plan = await self._callees.plan_of_time(call.workflow, at=call.at)
        start = Start(
            inputs=call.inputs,
            key=call.key,
            user=call.user,
            session=call.session,
            chat=call.chat,
            parent=call.parent,
            is_awaited=call.is_awaited,
            depth=call.depth,
            trace=call.trace,
        )
        started = await self._executions().start_plan(plan, start)
        if started.status == "dropped":
            msg = f"{call.workflow} has as many executions as it may have, and drops one more"
            raise ConflictError(msg)
        return started.execution_id

    async def outcome(self, execution_id: str) -> Outcome:
        """Return how an execution stands or ended."""
        return await self._executions().outcome(execution_id)
