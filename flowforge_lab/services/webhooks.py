"""Webhooks: a call starts an execution, and is answered at once or with what it came to."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import msgspec

from flowforge_lab.clock import Clock
from flowforge_lab.engine import Outcome, Start, Started
from flowforge_lab.errors import ExpressionError, NotFoundError, PlanError
from flowforge_lab.expressions import Compiled, Evaluator
from flowforge_lab.nodes import NodeTypeError
from flowforge_lab.plan import Plan
from flowforge_lab.store import Catalogue, Variable, VariableTable
from flowforge_lab.triggers import (
    Call,
    CallError,
    Hook,
    Taken,
    find_step,
    hooks_in,
    open_hook,
    take,
)

from .documents import Documents
from .executions import Executions
from .moments import microseconds
from .replies import Reply, ended, render, under_way
from .restarting import NEWEST, SAME, Restarts
from .workflows import Workflows

logger = logging.getLogger(__name__)
_SEALS = "webhook"  # a scope of variables beside those that people see
_FRESH_SECONDS = 1.0
"""For so long a workflow is taken for active, or not, without asking the store again."""


class WebhookView(msgspec.Struct, frozen=True):
    """One webhook that an active workflow serves; `path` follows the server's address."""

    workflow_id: str
    node: str
    method: str
    path: str
    auth: str
    answer: str


class Webhooks:
    """The webhooks of one lab."""

    def __init__(  # noqa: PLR0913  # all that a call touches
        self,
        workflows: Workflows,
        executions: Executions,
        documents: Documents,
        *,
        catalogue: Catalogue,
        variables: VariableTable,
        restarts: Restarts,
        evaluator: Evaluator,
        secret: Callable[[str], str],
        clock: Clock,
    ) -> None:
        self._workflows = workflows
        self._executions = executions
        self._documents = documents
        self._variables = variables
        self._catalogue = catalogue
        self._restarts = restarts
        self._evaluator = evaluator
        self._secret = secret
        self._clock = clock
        self._active: dict[str, tuple[str, float]] = {}

    async def find(self, workflow_id: str, call: Call) -> tuple[Hook, dict[str, str]]:
        """Return the trigger that a call is for, once its headers were let in, and the parts of its path.

        Raises:
            CallError: there is none, or it does not let the call in.
        """
        plan = await (self._present(workflow_id) if call.is_test else self._served(workflow_id))
        step, params = find_step(plan, call.method, call.path)
        hook = open_hook(plan, step, self._secret)
        hook.admit(call)
        return hook, params

    async def receive(self, hook: Hook, call: Call, params: dict[str, str]) -> Reply:
        """Start the execution that a whole call asks for, and return what the caller is told.

        The execution stands in the journal before this returns.

        Raises:
            CallError: the call cannot be taken.
        """
        now = self._clock.now()
        taken = take(hook, call, params, now=now)
        if taken.seal:
            await self._refuse_recording(taken, microseconds(now))
        until = microseconds(now) + int(taken.key_seconds * 1e6) if taken.key else None
        start = Start(
            trigger=hook.step.id,
            inputs=taken.inputs,
            payload=taken.payload,
            key=taken.key,
            key_until=until,
            trace=call.header("traceparent"),
        )
        try:
            started = await self._executions.start_plan(hook.plan, start)
        except PlanError as error:
            raise CallError(422, "webhook.inputs", str(error)) from error
        if started.status in {"dropped", "refused"}:
            msg = f"{hook.plan.workflow.id} has as many executions as it may have"
            raise CallError(429, "webhook.busy", msg, headers={"Retry-After": "1"})
        payload = taken.payload
        if started.status == "known":  # the answer of then, whatever this call brings
            payload = await self._executions.payload(started.execution_id)
        return await self._reply(hook, started, payload)

    async def _refuse_recording(self, taken: Taken, now: int) -> None:
        """Refuse a signed call that came before with another key: somebody recorded it.

        Raises:
            CallError: it did.
        """
        until = now + int(taken.seal_seconds * 1e6)
        seal = Variable(_SEALS, "", taken.seal, taken.key, until)
        if await self._variables.swap(seal, expected=None):
            return
        before = await self._variables.find(_SEALS, "", taken.seal)
        if before is not None and before.value != taken.key:
            msg = "this signed call came before, with another idempotency key"
            raise CallError(409, "webhook.replayed", msg)

    async def _reply(self, hook: Hook, started: Started, payload: dict[str, Any]) -> Reply:
        outcome = Outcome(started.execution_id, "running")
        if hook.waits:
            outcome = await self._outcome(started, hook.config.wait)
        is_over = outcome.status not in {"running", "waiting", "paused"}
        if hook.answer is None or (hook.waits and not is_over):
            reply = ended(outcome) if is_over else under_way(started.execution_id)
        else:
            scope = await self._scope(hook, outcome, payload)
            reply = await self._answer(hook, hook.answer, scope=scope, outcome=outcome)
        return reply.repeated() if started.status == "known" else reply

    async def _answer(
        self, hook: Hook, answer: Compiled, *, scope: dict[str, Any], outcome: Outcome
    ) -> Reply:
        """Return the answer that the workflow makes.

        Raises:
            CallError: it cannot; the execution has run all the same.
        """
        default = 202 if not hook.waits else 200 if outcome.status == "succeeded" else 500
        id = outcome.execution_id
        try:
            return render(await self._evaluator.render(answer, scope), id, default)
        except (ExpressionError, CallError) as error:
            facts = {"execution_id": id, "workflow_id": hook.plan.workflow.id}
            logger.warning("the answer to a call cannot be made: %s", error, extra=facts)
            msg = f"execution {id} was started by this call, but its answer cannot be made"
            raise CallError(500, "webhook.answer", msg) from error

    async def _outcome(self, started: Started, seconds: float) -> Outcome:
        """Return how an execution ended, or that it runs after so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                return await self._executions.wait(started.execution_id)
        except TimeoutError:
            return Outcome(started.execution_id, "running")

    async def _scope(
        self, hook: Hook, outcome: Outcome, payload: dict[str, Any]
    ) -> dict[str, Any]:
        names = hook.answer.names if hook.answer is not None else frozenset()
        error = None if outcome.error is None else msgspec.structs.asdict(outcome.error)
        scope: dict[str, Any] = {
            "trigger": payload,
            "result": outcome.result,
            "now": self._clock.now(),
            "execution": {
                "id": outcome.execution_id,
                "workflow_id": hook.plan.workflow.id,
                "status": outcome.status,
                "error": error,
                "duration": outcome.duration,
            },
        }
        if "inputs" in names:
            scope["inputs"] = await self._executions.inputs(outcome.execution_id)
        if "nodes" in names:
            steps = await self._executions.steps(outcome.execution_id)
            scope["nodes"] = {step.node: step.output for step in steps}
        return scope

    # -- which plan

    async def _served(self, workflow_id: str) -> Plan:
        """Return the plan that the triggers of a workflow start now."""
        known = self._active.get(workflow_id)
        now = self._clock.monotonic()
        if known is None or now - known[1] > _FRESH_SECONDS:
            if known is not None:  # one call asks, those beside it go by what was known
                self._active[workflow_id] = (known[0], now)
            listed = await self._catalogue.find_workflow(workflow_id)
            if listed is None or not listed.active_digest:
                self._active.pop(workflow_id, None)
                msg = f"no workflow {workflow_id[:128]!r} is active"
                raise CallError(404, "webhook.unknown", msg)
            known = self._active[workflow_id] = (listed.active_digest, now)
        return await self._workflows.plan(known[0])

    def forget(self, workflow_id: str) -> None:
        """Ask the store again at the next call whether a workflow is active."""
        self._active.pop(workflow_id, None)

    async def _present(self, workflow_id: str) -> Plan:
        """Return the plan of a workflow as its file is now."""
        try:
            return await self._workflows.register(await self._documents.read(workflow_id))
        except NotFoundError as error:
            raise CallError(404, "webhook.unknown", str(error)) from error

    # -- looking, and once more

    async def all(self) -> list[WebhookView]:
        """Return what active workflows serve, in the order of their ids."""
        found: list[WebhookView] = []
        for listed in await self._catalogue.list_workflows():
            if listed.active_digest:
                try:
                    found += views_of(await self._workflows.plan(listed.active_digest))
                except (PlanError, NodeTypeError):  # a node type of it is gone: it serves nothing
                    continue
        return found

    async def replay(self, execution_id: str, *, is_newest: bool = False) -> str:
        """Start once more what a stored request had started, and return the id of the new execution.

        It runs the version that ran, or with `is_newest` the workflow as its file is now.

        Raises:
            NotFoundError: there is no such execution, or no request had started it.
            ConflictError: it is not over.
            PlanError: the workflow as it is now is not valid.
        """
        head = await self._executions.get(execution_id)
        plan = await self._workflows.plan(head.digest)
        if head.trigger not in {step.id for step in hooks_in(plan)}:
            msg = f"execution {head.id} was started by {head.trigger!r}, which is no webhook"
            raise NotFoundError(msg)
        version = NEWEST if is_newest else SAME
        return await self._restarts.restart(head.id, version=version)


def views_of(plan: Plan) -> list[WebhookView]:
    """Return the webhooks of a plan."""
    workflow_id = plan.workflow.id
    return [
        WebhookView(
            workflow_id,
            step.id,
            str(step.raw.get("method", "POST")),
            "/".join(
                part for part in ("/api/webhooks", workflow_id, step.raw.get("path", "")) if part
            ),
            str(dict(step.raw.get("auth") or {}).get("type", "none")),
            str(step.raw.get("answer", "at_once")),
        )
        for step in hooks_in(plan)
    ]
