"""What a failing execution sets off: its error workflow, and a notice to people."""

import logging
from collections.abc import Callable
from typing import Any

from flowforge_lab.engine import Failure, Start, error_value
from flowforge_lab.errors import FlowForgeError, StoreError
from flowforge_lab.plan import Plan
from flowforge_lab.store import Finding, StoreJournal

from .callees import Callees
from .executions import Executions
from .moments import moment
from .notices import Notices

logger = logging.getLogger(__name__)
_KEY = "error:"
_MAX_ANCESTORS = 200


class LabAlarm:
    """Implements `engine.Alarm` for one lab. `default` is the error workflow of those that name none."""

    def __init__(
        self,
        callees: Callees,
        journal: StoreJournal,
        executions: Callable[[], Executions],
        *,
        notices: Notices,
        default: str = "",
    ) -> None:
        self._callees = callees
        self._journal = journal
        self._executions = executions
        self._notices = notices
        self._default = default

    async def __call__(self, failure: Failure) -> None:
        """Start the error workflow, once for each execution, and tell people."""
        workflow = failure.on_error or self._default
        if workflow and not await self._is_of_an_alarm(failure):
            await self._start(workflow, failure)
        await self._notices.send(failure)

    async def findings(self) -> list[Finding]:
        """Return what keeps the lab from telling of failures, each with what would mend it."""
        found = self._notices.findings()
        if self._default and not await self._callees.is_there(self._default):
            text = f"the setting error_workflow names {self._default!r}, and there is no such workflow"
            remedy = "write that workflow, or change the setting"
            found = [*found, Finding("error workflow", "warning", text, remedy)]
        return found

    async def _is_of_an_alarm(self, failure: Failure) -> bool:
        """Whether the execution is that of an error workflow, or one that such an execution started."""
        key, parent = failure.key, failure.parent
        for _ in range(_MAX_ANCESTORS):
            if key.startswith(_KEY):
                return True
            head = await self._journal.find_head(parent) if parent else None
            if head is None:
                return False
            key, parent = head.key, head.parent
        return True

    async def _start(self, workflow: str, failure: Failure) -> None:
        try:
            plan = await self._callees.plan_now(workflow)
            start = Start(
                inputs=_inputs(plan, _facts(failure)),
                payload=_facts(failure),
                key=_KEY + failure.execution_id,
                parent=failure.execution_id,
                user=failure.user,
                session=failure.session,
                chat=failure.chat,
            )
            await self._executions().start_plan(plan, start)
        except StoreError:
            raise
        except FlowForgeError as error:  # the failed execution must come to its end all the same
            facts = {"execution_id": failure.execution_id, "workflow_id": failure.workflow_id}
            logger.error("could not start the error workflow %r: %s", workflow, error, extra=facts)  # noqa: TRY400  # told in one line


def _facts(failure: Failure) -> dict[str, Any]:
    """Return what an error workflow is told; its inputs are checked against these names before it runs."""
    return {
        "execution_id": failure.execution_id,
        "workflow_id": failure.workflow_id,
        "name": failure.name,
        "error": error_value(failure.error),
        "failed_node": failure.error.node,
        "started_at": moment(failure.started_at),
    }


def _inputs(plan: Plan, facts: dict[str, Any]) -> dict[str, Any]:
    """Return the facts that a workflow declares as inputs."""
    found = {}
    for name, field in plan.workflow.inputs.items():
        if name in facts:
            is_time = name == "started_at" and field.type == "string"
            found[name] = facts[name].isoformat() if is_time else facts[name]
    return found
