"""One visit from its start to its end: render, attempt, retry, park, succeed or fail."""

from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Any

import msgspec
from pydantic import BaseModel

from flowforge_lab.errors import NodeError, StoreError
from flowforge_lab.events import (
    AttemptFailed,
    AttemptStarted,
    ErrorDetail,
    Token,
    Visit,
    VisitFailed,
    VisitParked,
    VisitResumed,
    VisitStarted,
    VisitSucceeded,
)
from flowforge_lab.expressions import NEEDS_SANDBOX, Path
from flowforge_lab.nodes import Emit, Park
from flowforge_lab.plan import Step

from .attempt import ExecutionVariables, LiveAttempt
from .chronicle import Chronicle, microseconds
from .deadline import Deadline
from .failures import describe, retry_delay
from .payloads import Packed, Payloads
from .scope import NodesView, execution_facts, moment, read_variables
from .world import World

Wait = Callable[[Visit], Awaitable[VisitResumed]]


class Visits:
    """Makes visits of one execution. `wait` returns once a retrying or parked visit may go on."""

    def __init__(self, world: World, chronicle: Chronicle, wait: Wait) -> None:
        self._world = world
        self._chronicle = chronicle
        self._state = chronicle.state
        self._wait = wait
        self._values: dict[int, Any] = {}
        self._roots: dict[str, Callable[[Step, tuple[Token, ...]], Any]] = {
            "input": self._input,
            "inputs": self._inputs,
            "nodes": self._nodes,
            "trigger": self._trigger,
            "execution": self._facts,
        }
        limits = world.limits
        self.payloads = Payloads(
            world.blobs,
            inline_bytes=limits.inline_bytes,
            max_payload_bytes=limits.max_payload_bytes,
        )

    def value_of(self, number: int) -> Any:
        """Return the outputs of a visit as they flow along its edges."""
        if number not in self._values:
            self._values[number] = self.payloads.unpack(self._state.visits[number].outputs)
        return self._values[number]

    async def begin(self, step: Step, cause: tuple[Token, ...]) -> tuple[Visit, Exception | None]:
        """Journal the start of a visit and return it, with any fault of its expressions."""
        now = self._chronicle.now()
        rendered, config, fault = await self._try_render(step, cause, now)
        number = len(self._state.visits) + 1  # only now: others may have begun meanwhile
        if number > self._world.limits.max_visits:
            msg = f"the execution made {number - 1:,} visits, the limit"
            raise NodeError(msg, type="execution.too_long", is_transient=False)
        self._values[-number] = rendered
        started = VisitStarted(number, step.id, step.type.kind, cause, config)
        self._chronicle.note(started, at=now)
        return self._state.visits[number], fault

    async def _try_render(
        self, step: Step, cause: tuple[Token, ...], now: int
    ) -> tuple[dict[str, Any], dict[str, Any], Exception | None]:
        """Return the fields that are expressions, rendered, their journal form, and what went wrong."""
        if not step.open:
            return {}, {}, None
        try:
            rendered = await self._render(step, cause, now)
            return rendered, (await self.payloads.pack(rendered)).form, None
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, the visit fails with it
            return {}, {}, error

    async def _render(self, step: Step, cause: tuple[Token, ...], now: int) -> dict[str, Any]:
        scope: dict[str, Any] = {"now": moment(now)} if step.needs_now else {}
        for root in step.reads:
            if root in self._roots:
                scope[root] = self._roots[root](step, cause)
        if step.variables:
            scope["vars"] = await read_variables(step, self._variables)
        evaluator = self._world.evaluator
        rendered = evaluator.try_render(step.compiled, scope)
        if rendered is NEEDS_SANDBOX:
            rendered = await evaluator.render(step.compiled, scope)
        return {name: rendered[name] for name in step.open}

    @cached_property
    def _variables(self) -> ExecutionVariables:
        started = self._state.started
        workflow_id, user = (started.workflow_id, started.user) if started else ("", "")
        outer = self._world.variables(workflow_id, user)
        return ExecutionVariables(self._chronicle, outer, self._world.clock.now)

    def _nodes(self, _step: Step, cause: tuple[Token, ...]) -> NodesView:
        return NodesView(self._state, cause, self.value_of)

    def _trigger(self, _step: Step, _cause: tuple[Token, ...]) -> Any:
        return self._given[1]

    def _inputs(self, _step: Step, _cause: tuple[Token, ...]) -> Any:
        return self._given[0]

    @cached_property
    def _given(self) -> tuple[Any, Any]:
        """The inputs and the payload the execution started with."""
        started = self._state.started
        if started is None:
            return {}, None
        return self.payloads.unpack(started.inputs), self.payloads.unpack(started.payload)

    def _facts(self, _step: Step, _cause: tuple[Token, ...]) -> dict[str, Any]:
        return execution_facts(self._state)

    def _input(self, step: Step, cause: tuple[Token, ...]) -> Any:
        if not cause:
            return self._trigger(step, cause)
        if step.type.joins:
            visits = self._state.visits
            return {visits[token.source].node: self.value_of(token.source) for token in cause}
        return self.value_of(cause[0].source)

    async def finish(self, step: Step, visit: Visit, fault: Exception | None = None) -> None:
        """Run a visit to its end: attempts, waits between them, and what comes of the last."""
        while True:
            try:
                command = await self._attempt(step, visit, fault)
            except StoreError:
                raise
            except Exception as error:  # noqa: BLE001  # a node may raise anything
                if not await self._tried_again(step, visit, error):
                    self._hurry(step)
                    return
                continue
            if isinstance(command, Park):
                await self._park(visit, command)
                continue
            await self._succeed(step, visit, command)
            self._hurry(step)
            return

    def _hurry(self, step: Step) -> None:
        """Let no later step keep the end of a side effect from the journal."""
        if step.effects == "writes":
            self._chronicle.flush()

    async def _attempt(self, step: Step, visit: Visit, fault: Exception | None) -> Any:
        if fault is not None:
            raise fault
        config = await self._config(step, visit)
        value = self._input(step, visit.cause)
        inputs = step.inputs
        if inputs is None:
            inputs = step.type.inputs.model_validate(value if isinstance(value, dict) else {})
        attempt = LiveAttempt(
            self._world,
            self._chronicle,
            step,
            visit=visit,
            value=value,
            variables=self._variables,
        )
        if step.effects == "writes":
            await self._chronicle.settled()
        limit = Deadline(step.type.run(config, inputs, attempt), step.timeout)
        try:
            return await limit
        except TimeoutError as error:
            if not limit.has_passed:
                raise
            raise _too_slow(step) from error
        except (SystemExit, KeyboardInterrupt) as error:  # a node must not end its host
            raise _wanted_out(error) from error
        finally:
            attempt.close()

    async def _config(self, step: Step, visit: Visit) -> BaseModel:
        if step.config is not None:
            return step.config
        rendered = self._values.get(-visit.number)
        if rendered is None:
            rendered = self.payloads.unpack(visit.config)
        if step.open and not rendered:  # what failed before a crash fails again
            rendered = await self._render(step, visit.cause, visit.started_at)
        whole = {**step.raw, **rendered}
        for path, name in step.compiled.secrets:
            whole = _replaced(whole, path, self._world.secret(name))
        return step.type.config.model_validate(whole)

    def _described(self, step: Step, visit: Visit, error: Exception) -> ErrorDetail:
        detail = describe(error, node=step.id, attempt=visit.attempts)
        told = {"title": detail.title, "detail": detail.detail}
        return msgspec.structs.replace(detail, **self._world.redacted(told))

    async def _tried_again(self, step: Step, visit: Visit, error: Exception) -> bool:
        """Wait for the next attempt and return True, or end the visit in failure and return False."""
        detail = self._described(step, visit, error)
        asked = error.retry_after if isinstance(error, NodeError) else None
        delay = retry_delay(step.retry, detail, attempt=visit.attempts, asked=asked)
        if delay is None:
            await self._fail(step, visit, detail)
            return False
        at = self._chronicle.now()
        self._chronicle.note(
            AttemptFailed(
                visit.number,
                step.id,
                visit.attempts,
                detail,
                visit.attempt_started_at,
                (at - visit.attempt_started_at) / 1e6,
                at + int(delay * 1e6),
            ),
            at=at,
        )
        await self.wait_for_retry(visit)
        return True

    async def wait_for_retry(self, visit: Visit) -> None:
        """Wait until the next attempt of a visit is due, and journal its start."""
        await self._wait(visit)
        self._chronicle.note(AttemptStarted(visit.number, visit.node, visit.attempts + 1))

    def run_again(self, visit: Visit) -> None:
        """Journal another attempt of a visit that a crash cut off."""
        self._chronicle.note(AttemptStarted(visit.number, visit.node, visit.attempts + 1))

    async def _park(self, visit: Visit, command: Park) -> None:
        until = None if command.until is None else microseconds(command.until)
        self._chronicle.note(VisitParked(visit.number, visit.node, until, command.keys))
        await self.wait_for_answer(visit)

    async def wait_for_answer(self, visit: Visit) -> None:
        """Wait until what a parked visit waits for has come, and journal that."""
        self._chronicle.note(await self._wait(visit))

    async def _succeed(self, step: Step, visit: Visit, command: Any) -> None:
        emit = command if isinstance(command, Emit) else Emit(command)
        try:
            packed = await self._outputs(step, emit)
        except NodeError as error:
            await self._fail(step, visit, self._described(step, visit, error))
            return
        self._values[visit.number] = packed.value
        self._values.pop(-visit.number, None)
        now = self._chronicle.now()
        self._chronicle.note(
            VisitSucceeded(
                visit.number,
                step.id,
                step.type.kind,
                emit.port,
                packed.form,
                visit.started_at,
                (now - visit.started_at) / 1e6,
                visit.attempts,
                _leaving(step, visit, emit.port),
                packed.size_bytes,
                visit.last_attempt_at,
            ),
            at=now,
        )

    async def _outputs(self, step: Step, emit: Emit) -> Packed:
        found: object = emit.outputs
        if type(found) is not step.type.outputs and not isinstance(found, BaseModel):
            msg = f"{step.type.kind} returned {type(found).__name__}, expected its Outputs"
            raise NodeError(msg, type="outputs.invalid", is_transient=False)
        return await self.payloads.pack(emit.outputs, clean=self._world.redacted)

    async def _fail(self, step: Step, visit: Visit, detail: ErrorDetail) -> None:
        handled, packed, next_tokens = await self._handling(step, visit, detail)
        now = self._chronicle.now()
        self._chronicle.note(
            VisitFailed(
                visit.number,
                step.id,
                step.type.kind,
                detail,
                visit.started_at,
                (now - visit.started_at) / 1e6,
                visit.attempts,
                handled,
                packed.form,
                next_tokens,
                visit.last_attempt_at,
            ),
            at=now,
        )
        self._values[visit.number] = packed.value

    async def _handling(
        self, step: Step, visit: Visit, detail: ErrorDetail
    ) -> tuple[str, Packed, tuple[Token, ...]]:
        if step.ways.get("error"):
            value: Any = {"error": error_value(detail)}
            return "port", await self.payloads.pack(value), _leaving(step, visit, "error")
        if step.node.continues:
            value = step.node.continue_with
            port = step.type.outputs_of(step.raw)[0].name
            return "value", await self.payloads.pack(value), _leaving(step, visit, port)
        return "", Packed(None, None, 0), ()


def _replaced(value: Any, path: Path, secret: str) -> Any:
    """Return a copy of a config with `secret` at `path`."""
    if not path:
        return secret
    copy = value.copy()
    copy[path[0]] = _replaced(value[path[0]], path[1:], secret)
    return copy


def error_value(detail: ErrorDetail) -> dict[str, Any]:
    """Return an error as an error port carries it."""
    return {
        "type": detail.type,
        "title": detail.title,
        "status": detail.status,
        "detail": detail.detail,
        "node": detail.node,
        "attempt": detail.attempt,
    }


def _leaving(step: Step, visit: Visit, port: str) -> tuple[Token, ...]:
    number = visit.number
    edges = step.ways.get(port, ())
    return tuple([Token(number, edge.from_port, edge.target, edge.to_port) for edge in edges])


def _wanted_out(error: BaseException) -> NodeError:
    title = f"{type(error).__name__}: {error}"
    detail = "a node ends by returning or raising an error, not by ending the program"
    return NodeError(title, type="node.raised", detail=detail, is_transient=False)


def _too_slow(step: Step) -> NodeError:
    return NodeError(
        f"no answer within {step.timeout:g} s",
        type="timeout",
        detail=f"{step.id} ({step.type.kind}) was stopped; raise its timeout or make it quicker",
    )
