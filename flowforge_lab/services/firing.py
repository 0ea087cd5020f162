"""One fire of a schedule, whoever tells of it: a host that looks at the clock, or QStash."""

from datetime import datetime
from typing import Any

from flowforge_lab.engine import Start, Started
from flowforge_lab.store import Catalogue, Schedule

from .executions import Executions
from .workflows import Workflows


class Firing:
    """Starts the execution of a fire time; its key lets only one process do so, and only once."""

    def __init__(self, catalogue: Catalogue, workflows: Workflows, executions: Executions) -> None:
        self._catalogue = catalogue
        self._workflows = workflows
        self._executions = executions

    async def fire(
        self, schedule: Schedule, due_at: datetime, facts: dict[str, Any]
    ) -> Started | None:
        """Return what became of the start; `None` where the workflow is not active any more."""
        listed = await self._catalogue.find_workflow(schedule.workflow_id)
        if listed is None or not listed.active_digest:
            return None
        key = f"cron:{schedule.workflow_id}:{schedule.node}:{due_at.isoformat()}"
        plan = await self._workflows.plan(listed.active_digest)
        start = Start(trigger=schedule.node, payload={"due_at": due_at, **facts}, key=key)
        return await self._executions.start_plan(plan, start)
