"""An execution is about to end as failed: who shall know, before the journal says so."""

from collections.abc import Awaitable, Callable

import msgspec

from flowforge_lab.events import ErrorDetail, ExecutionState
from flowforge_lab.plan import Plan


class Failure(msgspec.Struct, frozen=True):
    """What is known of a failing execution; `on_error` is the workflow that its own names for that case."""

    execution_id: str
    workflow_id: str
    name: str
    error: ErrorDetail
    started_at: int
    on_error: str = ""
    key: str = ""
    parent: str = ""
    user: str = ""
    session: str = ""
    chat: str = ""


Alarm = Callable[[Failure], Awaitable[None]]
"""Called before the last event of a failing execution is written, and again if a crash comes between.

So none is lost, and whoever goes by the execution's id does nothing twice. May raise `StoreError` alone: then
the execution is left as it is, and whoever goes on with it raises the alarm again.
"""


async def no_alarm(failure: Failure) -> None:
    """Tell nobody."""


def failure_of(plan: Plan, state: ExecutionState, error: ErrorDetail) -> Failure:
    """Return what an alarm tells of an execution that ends in an error."""
    workflow, started = plan.workflow, state.started
    failure = Failure(
        state.execution_id,
        workflow.id,
        workflow.name or workflow.id,
        error,
        state.started_at,
        workflow.settings.on_error,
    )
    if started is None:
        return failure
    return msgspec.structs.replace(
        failure,
        key=started.key,
        parent=started.parent,
        user=started.user,
        session=started.session,
        chat=started.chat,
    )
