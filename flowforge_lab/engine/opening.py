"""How an execution begins: what starts it, its first events, and its place among others."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from flowforge_lab.errors import NotFoundError, PlanError, Problem
from flowforge_lab.events import (
    Entry,
    ErrorDetail,
    Event,
    ExecutionFinished,
    ExecutionSeeded,
    ExecutionStarted,
    SeededVisit,
    Token,
)
from flowforge_lab.ids import new_id
from flowforge_lab.plan import Plan
from flowforge_lab.spec import accept_inputs, did_you_mean

from .payloads import Payloads
from .ports import Head, NewExecution
from .traces import accepted
from .world import World

MAX_PRIORITY = 1000
"""How far from 0 a priority may be, above and below."""

_TEXTS = (
    "trigger",
    "key",
    "user",
    "session",
    "chat",
    "parent",
    "origin",
    "until",
    "trace",
    "mark",
)
_MAPPINGS = ("inputs", "pins", "breakpoints")
_NUMBERS = ("priority", "key_until", "not_before")
_SHOWN_CHARS = 60


class Seed(msgspec.Struct, frozen=True):
    """What an execution that begins in the middle builds upon, as `ExecutionSeeded` says it."""

    visits: tuple[SeededVisit, ...] = ()
    next: tuple[Token, ...] = ()
    variables: Mapping[str, Any] = {}
    expires: Mapping[str, int] = {}
    note: str = ""
    resumes: tuple[str, int] | None = None


class Start(msgspec.Struct, frozen=True):
    """What starts an execution. What is not of its type raises a `PlanError` that names it.

    `key` lets the same cause start only one, until `key_until` (microseconds since 1970) if that is given; it
    is one of the whole lab, unless `keyed_to` gave it a `mark`.
    `trace` is the W3C `traceparent` of what started it; one that cannot be one is left out.
    `origin` is the execution that this one repeats, `until` a node after which it ends, `pins` outputs by
    node that stand for running it, `seed` where to begin instead of at the trigger. One that `is_queued` is
    left to whoever takes it from the queue, not before `not_before` (microseconds since 1970).
    """

    trigger: str = ""
    inputs: Mapping[str, Any] = {}
    payload: Any = None
    key: str = ""
    key_until: int | None = None
    user: str = ""
    session: str = ""
    chat: str = ""
    parent: str = ""
    is_awaited: bool = False
    depth: int = 0
    origin: str = ""
    until: str = ""
    priority: int | None = None
    pins: Mapping[str, Any] = {}
    breakpoints: Mapping[str, str] = {}
    seed: Seed | None = None
    trace: str = ""
    is_queued: bool = False
    not_before: int | None = None
    mark: str = ""

    def __post_init__(self) -> None:
        given = [(name, getattr(self, name)) for name in (*_TEXTS, *_MAPPINGS, *_NUMBERS)]
        wrong = [(name, value) for name, value in given if not _fits(name, value)]
        if wrong:
            raise PlanError([_misfit(name, value) for name, value in wrong])
        if self.key_until is not None and not self.key:
            hint = "give a key, or leave the window out"
            text = "a window is for a key, and there is none"
            raise PlanError([Problem("start.invalid", text, field="key", hint=hint)])

    def keyed_to(self, workflow_id: str) -> "Start":
        """Return it with its key, which a person chose, as one of this workflow alone."""
        if not self.key:
            return self
        return msgspec.structs.replace(self, mark=f"start:{workflow_id}:{self.key}")


class Opening(msgspec.Struct, frozen=True):
    """A new execution with its first entries."""

    new: NewExecution
    entries: Sequence[Entry]
    head: Head = Head("running")

    def refused(self, at: int) -> "Opening":
        """Return the execution as one that failed before it began: its workflow has too many already."""
        started = self.entries[0].event
        if not isinstance(started, ExecutionStarted):
            msg = "an execution begins with its start"
            raise TypeError(msg)
        error = ErrorDetail(
            "concurrency.limit",
            f"{self.new.max_in_slot} executions of {self.new.workflow_id} are under way, its limit",
        )
        finished = ExecutionFinished(
            "failed",
            self.new.workflow_id,
            self.new.digest,
            self.new.trigger,
            started_at=self.new.created_at,
            duration=0.0,
            error=error,
            user=started.user,
            session=started.session,
            chat=started.chat,
            parent=started.parent,
            origin=started.origin,
        )
        entries = _entries(self.new.id, [started, finished], at)
        new = msgspec.structs.replace(self.new, slot="", max_in_slot=0)
        return Opening(new, entries, Head("failed", finished_at=at, error=error.title))


async def open_execution(world: World, plan: Plan, start: Start, *, payloads: Payloads) -> Opening:
    """Return a new execution of a plan, ready for the journal."""
    trigger = _trigger_of(plan, start.trigger)
    _refuse_unknown(plan, start)
    inputs = accept_inputs(plan.workflow, start.inputs)
    clean = (
        world.redacted
    )  # whoever starts may hand us one of our own secrets, as a webhook's caller
    packed = await payloads.pack(inputs, clean=clean)
    payload = packed if start.payload is None else await payloads.pack(start.payload, clean=clean)
    pins = {node: await _pin(payloads, value) for node, value in start.pins.items()}
    started = ExecutionStarted(
        workflow_id=plan.workflow.id,
        digest=plan.digest,
        trigger=trigger,
        inputs=packed.form,
        payload=payload.form,
        durability=plan.workflow.settings.durability,
        key=start.key,
        user=start.user,
        session=start.session,
        chat=start.chat,
        parent=start.parent,
        depth=start.depth,
        origin=start.origin,
        until=start.until,
        pins=pins,
        breakpoints=dict(start.breakpoints),
        trace=accepted(start.trace),
    )
    events: list[Event] = [started]
    if start.seed is not None:
        seed = start.seed
        variables, expires = dict(seed.variables), dict(seed.expires)
        events.append(
            ExecutionSeeded(seed.visits, seed.next, variables, expires, seed.note, seed.resumes)
        )
    new = _summary(plan, start, started, at=world.clock.stamp())
    slot = await _slot(world, plan, {"inputs": inputs, "trigger": payload.value})
    new = msgspec.structs.replace(new, **slot)
    return Opening(new, _entries(new.id, events, new.created_at))


def _fits(name: str, value: Any) -> bool:
    if name in _TEXTS:
        return isinstance(value, str)
    if name in _MAPPINGS:
        return isinstance(value, Mapping)
    if value is None:
        return True
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return is_whole and (name != "priority" or abs(value) <= MAX_PRIORITY)


def _misfit(name: str, value: Any) -> Problem:
    if name == "priority":
        expected = f"a whole number from -{MAX_PRIORITY} to {MAX_PRIORITY}"
    elif name in _NUMBERS:
        expected = "a whole number"
    else:
        expected = "a text" if name in _TEXTS else "a mapping"
    found = repr(value)[:_SHOWN_CHARS]
    return Problem("start.invalid", f"expected {expected}, found {found}", field=name)


async def _pin(payloads: Payloads, value: Any) -> dict[str, Any]:
    """Return a pin in journal form; a dict with `outputs` may name a `port` as well."""
    given = value if isinstance(value, dict) and "outputs" in value else {"outputs": value}
    packed = await payloads.pack(given["outputs"])
    return {"outputs": packed.form, "port": given.get("port", "")}


async def _slot(world: World, plan: Plan, scope: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a new execution has to say of the concurrency of its workflow."""
    concurrency = plan.workflow.settings.concurrency
    if concurrency is None:
        return {}
    value = ""
    if plan.slot_key is not None:
        value = str((await world.evaluator.render(plan.slot_key, dict(scope)))["key"])
    return {
        "slot": f"{plan.workflow.id}:{value}",
        "max_in_slot": concurrency.limit,
        "on_limit": concurrency.on_limit,
    }


def _refuse_unknown(plan: Plan, start: Start) -> None:
    """Refuse to run to a node, to pin one or to stop at one that is not there."""
    named = {"until": [start.until] if start.until else [], "pins": start.pins}
    for what, nodes in {**named, "breakpoints": start.breakpoints}.items():
        for node in nodes:
            if node not in plan.steps:
                near = did_you_mean(node, plan.steps) or f"it has: {', '.join(plan.steps)}"
                msg = f"{what}: {plan.workflow.id} has no node {node!r}; {near}"
                raise NotFoundError(msg)


def _trigger_of(plan: Plan, name: str) -> str:
    triggers = [step.id for step in plan.triggers]
    if name and name not in triggers:
        msg = f"{plan.workflow.id} has no trigger {name!r}; it has: {', '.join(triggers)}"
        raise NotFoundError(msg)
    manual = [step.id for step in plan.triggers if step.type.kind == "trigger.manual"]
    return name or (manual or triggers)[0]


def _summary(plan: Plan, start: Start, event: ExecutionStarted, *, at: int) -> NewExecution:
    priority = plan.workflow.settings.priority if start.priority is None else start.priority
    return NewExecution(
        id=new_id(),
        workflow_id=event.workflow_id,
        digest=event.digest,
        trigger=event.trigger,
        created_at=at,
        key=event.key,
        user=event.user,
        session=event.session,
        chat=event.chat,
        parent=event.parent,
        is_awaited=start.is_awaited,
        origin=event.origin,
        priority=priority,
        key_until=start.key_until,
        mark=start.mark,
    )


def _entries(execution_id: str, events: Sequence[Event], at: int) -> list[Entry]:
    nonce = execution_id[-12:]
    return [
        Entry(execution_id, seq, f"{nonce}-{seq}", at, event)
        for seq, event in enumerate(events, start=1)
    ]
