"""One visit from its start to its end: render, attempt, retry, park, succeed or fail."""

from collections.abc import Awaitable, Callable, Coroutine
from functools import cached_property
from typing import Any

import msgspec
from pydantic import BaseModel

from flowforge_lab.errors import ExpressionError, NodeError, StoreError
from flowforge_lab.events import (
    AttemptFailed,
    AttemptStarted,
    ErrorDetail,
    Token,
    Visit,
    VisitFailed,
    VisitParked,
    VisitStarted,
    VisitSucceeded,
)
from flowforge_lab.expressions import KEY, Path, compile_condition
from flowforge_lab.nodes import Answer, Emit, Iterate, Park
from flowforge_lab.plan import BODY, Plan, Step

from .attempt import LiveAttempt
from .bounds import refuse_too_much
from .chronicle import Chronicle, microseconds
from .endings import OPEN, Ended, begins_at
from .failures import describe, error_value, retry_delay
from .pace import timed_run
from .payloads import Packed
from .scope import Names
from .scopes import leaving
from .variables import ExecutionVariables
from .world import World

Wait = Callable[[Visit], Awaitable[None]]
GoRound = Callable[[Step, Visit, Iterate], Awaitable[Answer]]
Work = Coroutine[Any, Any, None]
MayBegin = Callable[[tuple[Token, ...]], bool]
_NO_FIELDS = Packed({}, {}, 0)


class Visits:
    """Makes visits of one execution.

    `wait` returns once a retrying or parked visit may go on, `go_round` once a loop has made its turns;
    `may_begin` says whether arrivals may still start a visit.
    """

    def __init__(  # what it works with, and the three that know the other visits
        self,
        world: World,
        chronicle: Chronicle,
        plan: Plan,
        *,
        wait: Wait,
        go_round: GoRound,
        may_begin: MayBegin,
    ) -> None:
        self._world = world
        self._chronicle = chronicle
        self._plan = plan
        self._state = chronicle.state
        self._wait = world.leaving.aside(wait, chronicle.state)
        self._go_round = go_round
        self._may_begin = may_begin
        self._rendered: dict[int, Any] = {}
        self.names = Names(
            world, chronicle.state, lambda: self._variables, around=plan.shape.around
        )
        self.payloads = self.names.payloads
        self.value_of = self.names.value_of

    async def begin(
        self, step: Step, cause: tuple[Token, ...], reason: str = ""
    ) -> tuple[Visit, Exception | None] | None:
        """Journal the start of a visit and return it, with any fault of its expressions.

        `None` if a pause came, or its arrivals were let go, while the expressions were evaluated.
        """
        if self._world.leaving.is_asked:
            await self._world.leaving.halt()
        stand_in = self._world.stand_in
        was = stand_in and begins_at(stand_in, self._state, node=step.id, cause=cause)
        now = was or self._chronicle.now()
        rendered, packed, fault = await self._render(step, cause, now)
        if not self._may_begin(cause):
            return None
        number = len(self._state.visits) + 1  # only now: others may have begun meanwhile
        refuse_too_much(self._state, self._world.limits)
        if rendered:
            self._rendered[number] = rendered
        kind, size = step.type.kind, packed.size_bytes
        started = VisitStarted(number, step.id, kind, cause, packed.form, reason, size)
        self._chronicle.note(started, at=now)
        return self._state.visits[number], fault

    async def _render(
        self, step: Step, cause: tuple[Token, ...], now: int
    ) -> tuple[dict[str, Any], Packed, Exception | None]:
        """Return the fields that are expressions, rendered, also packed, and what went wrong."""
        if not step.open or step.id in self._state.pins:
            return {}, _NO_FIELDS, None
        try:
            whole = await self.names.render(step.compiled, cause, step=step, at=now)
            rendered = {name: whole[name] for name in step.open}
            return rendered, await self.payloads.pack(rendered), None
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, the visit fails with it
            return {}, _NO_FIELDS, error

    async def holds_each_turn(self, step: Step, visit: Visit, *, index: int, result: Any) -> bool:
        """Whether what a loop asks before each turn holds for the turn `index`."""
        if step.each_turn is None:
            return False
        more = {"index": index, "item": None, "result": result}
        now = self._chronicle.now()
        asked = await self.names.render(step.each_turn, visit.cause, at=now, more=more)
        return all(asked.values())

    async def holds(self, cause: tuple[Token, ...], condition: str) -> bool:
        """Whether the condition of a breakpoint holds for arrivals; one that cannot be asked does."""
        if not condition:
            return True
        step = self._plan.steps[cause[0].target]
        now = self._chronicle.now()
        try:
            compiled = compile_condition(condition)
            asked = await self.names.render(compiled, cause, step=step, at=now)
        except ExpressionError:
            return True
        return bool(asked[KEY])

    @cached_property
    def _variables(self) -> ExecutionVariables:
        started = self._state.started
        workflow_id, user = (started.workflow_id, started.user) if started else ("", "")
        outer = self._world.variables(workflow_id, user)
        return ExecutionVariables(
            self._chronicle, outer, self._world.clock.now, clean=self._world.redacted
        )

    def finish(self, step: Step, visit: Visit, fault: Exception | None = None) -> Work:
        """Await the end of a visit: attempts, waits between them, and what comes of the last."""
        if fault is not None or step.id in self._state.pins:
            return self._end_unrun(step, visit, fault)
        stand_in = self._world.stand_in
        ended = None if stand_in is None else stand_in.ends(step, visit, self._state)
        work = self._work(step, visit) if ended is None else self._end_as(step, visit, ended)
        if step.on_crash == "rerun":
            return work
        return self._world.leaving.under_way(self._chronicle, visit, work)

    async def _end_unrun(self, step: Step, visit: Visit, fault: Exception | None) -> None:
        if step.id in self._state.pins:
            self._succeed_as_pinned(step, visit)
        elif fault is not None:  # another attempt would find the same
            await self._fail(step, visit, self._described(step, visit, fault))

    async def _end_as(self, step: Step, visit: Visit, ended: Ended) -> None:
        """End a visit as another one ended, or let it wait where that one came to no end."""
        if ended.is_open:
            await self._park(visit, Park(keys=(f"{OPEN}:{visit.number}",)))
        elif ended.error is not None:
            await self._fail(step, visit, ended.error)
        else:
            self._note_success(step, visit, ended.port, packed=Packed(None, ended.outputs, 0))

    async def _work(self, step: Step, visit: Visit) -> None:
        turns: Answer | None = None
        while True:
            try:
                command = await self._attempt(step, visit, turns=turns)
                if isinstance(command, Iterate):
                    turns = await self._go_round(step, visit, command)
                    continue
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

    async def _attempt(self, step: Step, visit: Visit, *, turns: Answer | None) -> Any:
        config = step.config
        if config is None:
            rendered = self._rendered.get(visit.number)
            if rendered is None:
                rendered = await self._read_back(step, visit)
            config = self._config(step, rendered)
        value = self.names.input(visit.cause, joins=step.type.joins)
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
            resumed=turns,
        )
        if step.effects == "writes":
            await self._chronicle.settled()
        try:
            return await timed_run(self._world, step, attempt, config=config, inputs=inputs)
        except (SystemExit, KeyboardInterrupt) as error:  # a node must not end its host
            raise _wanted_out(error) from error
        finally:
            attempt.close()

    def _config(self, step: Step, rendered: dict[str, Any]) -> BaseModel:
        whole = {**step.raw, **rendered}
        for path, name in step.compiled.secrets:
            whole = _replaced(whole, path, self._world.secret(name))
        return step.type.config.model_validate(whole)

    async def _read_back(self, step: Step, visit: Visit) -> dict[str, Any]:
        """Return the rendered fields of a visit that another engine began, as the journal has them.

        What it lacks is rendered now: rendering failed before a crash, or the version is another.
        """
        rendered = self.payloads.unpack(visit.config)
        if not rendered.keys() >= set(step.open):
            at = visit.started_at
            whole = await self.names.render(step.compiled, visit.cause, step=step, at=at)
            rendered = {**whole, **rendered}
        return {name: rendered[name] for name in step.open}

    def _described(self, step: Step, visit: Visit, error: Exception) -> ErrorDetail:
        detail = describe(error, node=step.id, attempt=visit.attempts)
        told = {"title": detail.title, "detail": detail.detail}
        return msgspec.structs.replace(detail, **self._world.redacted(told))

    async def _tried_again(self, step: Step, visit: Visit, error: Exception) -> bool:
        """Wait for the next attempt and return True, or end the visit in failure and return False."""
        detail = self._described(step, visit, error)
        asked = error.retry_after if isinstance(error, NodeError) else None
        at = self._chronicle.now()
        elapsed = (at - visit.started_at) / 1e6
        delay = retry_delay(
            step.retry, detail, attempt=visit.attempts, asked=asked, elapsed=elapsed
        )
        if delay is None:
            await self._fail(step, visit, detail)
            return False
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
        terms = self._world.redacted(dict(command.terms))
        self._chronicle.note(VisitParked(visit.number, visit.node, until, command.keys, terms))
        await self.wait_for_answer(visit)

    async def wait_for_answer(self, visit: Visit) -> None:
        """Return once what a parked visit waits for has come, and stands in the journal."""
        await self._wait(visit)

    async def _succeed(self, step: Step, visit: Visit, command: Any) -> None:
        emit = command if isinstance(command, Emit) else Emit(command)
        leads_on = bool(step.ways.get(emit.port))
        try:
            if emit.or_error is not None and not leads_on:
                raise emit.or_error
            _check_outputs(step, emit.outputs)
            packed = await self.payloads.pack(emit.outputs, clean=self._world.redacted)
        except NodeError as error:
            await self._fail(step, visit, self._described(step, visit, error))
            return
        self.names.keep(visit.number, packed.value)
        self._rendered.pop(visit.number, None)
        port = emit.port if leads_on else emit.or_else or emit.port
        self._note_success(step, visit, port, packed=packed)

    def _succeed_as_pinned(self, step: Step, visit: Visit) -> None:
        """End a visit with the outputs that are pinned to its node."""
        pin = self._state.pins[step.id]
        ports = (port.name for port in step.type.outputs_of(step.raw) if port.name != BODY)
        port = pin.get("port") or next(ports)
        value = self.payloads.unpack(pin["outputs"])
        self._note_success(
            step, visit, port, packed=Packed(value, pin["outputs"], 0), is_pinned=True
        )

    def _note_success(
        self, step: Step, visit: Visit, port: str, *, packed: Packed, is_pinned: bool = False
    ) -> None:
        now = self._chronicle.now()
        tokens = leaving(self._plan, self._state, step, visit=visit, port=port)
        succeeded = VisitSucceeded(
            visit.number,
            step.id,
            step.type.kind,
            port,
            packed.form,
            visit.started_at,
            (now - visit.started_at) / 1e6,
            visit.attempts,
            tokens,
            packed.size_bytes,
            visit.last_attempt_at,
            is_pinned,
            self._chronicle.take_back_start(visit.number),
        )
        self._chronicle.note(succeeded, at=now)

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
        self.names.keep(visit.number, packed.value)

    async def _handling(
        self, step: Step, visit: Visit, detail: ErrorDetail
    ) -> tuple[str, Packed, tuple[Token, ...]]:
        if step.ways.get("error"):
            value: Any = {"error": error_value(detail)}
            return "port", await self.payloads.pack(value), self._leaving(step, visit, "error")
        if step.node.continues:
            value = step.node.continue_with
            port = step.type.outputs_of(step.raw)[0].name
            return "value", await self.payloads.pack(value), self._leaving(step, visit, port)
        return "", Packed(None, None, 0), ()

    def _leaving(self, step: Step, visit: Visit, port: str) -> tuple[Token, ...]:
        return leaving(self._plan, self._state, step, visit=visit, port=port)


def _check_outputs(step: Step, found: object) -> None:
    if type(found) is not step.type.outputs and not isinstance(found, BaseModel):
        msg = f"{step.type.kind} returned {type(found).__name__}, expected its Outputs"
        raise NodeError(msg, type="outputs.invalid", is_transient=False)


def _replaced(value: Any, path: Path, secret: str) -> Any:
    """Return a copy of a config with `secret` at `path`."""
    if not path:
        return secret
    copy = value.copy()
    copy[path[0]] = _replaced(value[path[0]], path[1:], secret)
    return copy


def _wanted_out(error: BaseException) -> NodeError:
    title = f"{type(error).__name__}: {error}"
    detail = "a node ends by returning or raising an error, not by ending the program"
    return NodeError(title, type="node.raised", detail=detail, is_transient=False)
