"""One node of a workflow on its own, with the input it is given or had the last time."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from flowforge_lab.clock import Clock
from flowforge_lab.engine import Payloads, Seed, Start
from flowforge_lab.errors import NotFoundError
from flowforge_lab.events import (
    Entry,
    ExecutionStarted,
    ExecutionState,
    SeededVisit,
    Token,
    Visit,
    fold,
)
from flowforge_lab.plan import BODY, Plan, Step
from flowforge_lab.spec import did_you_mean
from flowforge_lab.store import Catalogue
from flowforge_lab.values import encode, normalise

from .executions import Executions
from .moments import microseconds
from .outputs import fitting_form
from .seeding import variables_at
from .workflows import Source, Workflows

_LOOKED_AT = 20
_OVER = ("succeeded", "failed", "cancelled")


class Given(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a node is given; what is not set is as it was the last time the node ran.

    `input` is the value on its edge, of a join one by node id. `nodes` are outputs of earlier nodes by id,
    `item` and `index` the turn of the loop around it, `inputs` and `payload` what started the execution.
    """

    input: Any = msgspec.UNSET
    nodes: Mapping[str, Any] = {}
    item: Any = msgspec.UNSET
    index: int = 0
    inputs: Mapping[str, Any] = {}
    payload: Any = None
    variables: Mapping[str, Any] = {}


class _Past(msgspec.Struct, frozen=True):
    """The last execution in which the node ran: as it was when that visit began."""

    started: ExecutionStarted
    state: ExecutionState
    visit: Visit
    variables: Mapping[str, tuple[Any, int | None]]


class SingleRuns:
    """Runs single nodes. Each is an execution of its own that ends behind the node."""

    def __init__(
        self,
        executions: Executions,
        workflows: Workflows,
        catalogue: Catalogue,
        *,
        payloads: Payloads,
        clock: Clock,
    ) -> None:
        self._executions = executions
        self._workflows = workflows
        self._catalogue = catalogue
        self._payloads = payloads
        self._clock = clock

    async def start(self, source: Source, node: str, given: Given) -> str:
        """Start an execution of one node, and return its id; its result are the node's outputs.

        An earlier node's outputs are those given, else those pinned to it, else those of the last finished
        execution in which `node` ran.

        Raises:
            NotFoundError: the workflow has no such node, or one that is given is not there.
            PlanError: the workflow, its inputs or the outputs given are not valid.
        """
        plan = await self._workflows.register(await self._workflows.read(source))
        for name in (node, *given.nodes):
            _refuse_unknown(plan, name)
        past = await self._last(plan, node)
        draft = _SeedDraft(plan, plan.steps[node], past)
        await self._fill(draft, given)
        start = await asyncio.to_thread(self._start, draft, given)
        return await self._executions.begin(plan, start)

    async def _last(self, plan: Plan, node: str) -> _Past | None:
        """Return the newest finished execution in which the node ran, but for those of it alone."""
        heads = await self._executions.recent(
            status=_OVER, workflow_id=plan.workflow.id, limit=_LOOKED_AT
        )
        now = microseconds(self._clock.now())
        for head in heads:
            found = _past_in(await self._executions.entries(head.id), node, now)
            if found is not None:
                return found
        return None

    async def _fill(self, draft: "_SeedDraft", given: Given) -> None:
        for pin in await self._catalogue.list_pins(draft.plan.workflow.id):
            if pin.node in draft.plan.steps and draft.plan.leads_to(pin.node, draft.step.id):
                draft.outputs[pin.node] = _pinned(pin.value)
        for node, value in given.nodes.items():
            step = draft.plan.steps[node]
            fits = None if step.type.loops else step  # of a loop it may be the item of a turn
            draft.outputs[node] = await fitting_form(fits, node, value, payloads=self._payloads)
            draft.given.add(node)
        if given.item is not msgspec.UNSET:
            draft.turn = (given.index, (await self._payloads.pack(given.item)).form)
        if given.input is msgspec.UNSET:
            return
        if draft.step.type.joins and isinstance(given.input, Mapping):
            for node, value in given.input.items():
                _refuse_unknown(draft.plan, node)
                draft.outputs[node] = (await self._payloads.pack(value)).form
        else:
            draft.input = ((await self._payloads.pack(given.input)).form,)

    def _start(self, draft: "_SeedDraft", given: Given) -> Start:
        past, trigger, payload = draft.past, "", given.payload
        inputs = dict(given.inputs)
        variables = {name: encode(normalise(value)) for name, value in given.variables.items()}
        if past is not None:
            inputs = {**self._payloads.unpack(past.started.inputs), **inputs}
            if payload is None and past.started.payload != past.started.inputs:
                payload = self._payloads.unpack(past.started.payload)
            trigger = past.started.trigger if past.started.trigger in draft.plan.steps else ""
            before = {name: form for name, (form, _until) in past.variables.items()}
            variables = before | variables
        node = draft.step.id
        seed = None
        if not draft.step.type.is_trigger:
            seed = draft.seed(variables, f"runs {node} only")
        return Start(trigger=trigger, inputs=inputs, payload=payload, until=node, seed=seed)


def _refuse_unknown(plan: Plan, node: str) -> None:
    if node not in plan.steps:
        hint = did_you_mean(node, plan.steps) or f"it has: {', '.join(plan.steps)}"
        msg = f"{plan.workflow.id} has no node {node!r}; {hint}"
        raise NotFoundError(msg)


def _pinned(value: Any) -> Any:
    """Return the outputs of a pin, which may name a port beside them."""
    if isinstance(value, dict) and "outputs" in value and value.keys() <= {"outputs", "port"}:
        return value["outputs"]
    return value


def _past_in(entries: Sequence[Entry], node: str, now: int) -> _Past | None:
    state = fold(entries)
    started = state.started
    made = [visit for visit in state.own_visits() if visit.node == node and visit.cause]
    is_of_it_alone = started is not None and started.until == node and state.visits[1].is_seeded
    if started is None or is_of_it_alone or not made:
        return None
    return _Past(started, state, made[-1], variables_at(entries, made[-1], now))


class _SeedDraft:
    """A seed in the making. All that ran before stands in one row: each visit is an ancestor of the next."""

    def __init__(self, plan: Plan, step: Step, past: _Past | None) -> None:
        self.plan = plan
        self.step = step
        self.past = past
        self.outputs: dict[str, Any] = {}
        self.given: set[str] = set()
        self.input: tuple[Any] | None = None
        self.turn: tuple[int, Any] | None = None
        self._visits: list[SeededVisit] = []
        if past is not None:
            behind = sorted(past.state.ancestors(past.visit.cause), key=lambda one: one.number)
            self.outputs = {one.node: one.outputs for one in behind if one.loop is None}

    def seed(self, variables: Mapping[str, Any], note: str) -> Seed:
        """Return the seed, with the arrivals that start the node."""
        loops = self._add_loops()
        scope = tuple((number, index) for number, index in loops.values())
        for node, form in self.outputs.items():
            self._add(node, form)
        tokens = self._tokens({node: number for node, (number, _index) in loops.items()})
        following = tuple(msgspec.structs.replace(token, scope=scope) for token in tokens)
        return Seed(tuple(self._visits), following, variables, note=note)

    def _add(self, node: str, form: Any, turn: tuple[int, Any] | None = None) -> int:
        number = len(self._visits) + 1
        step = self.plan.steps.get(node)
        cause = (Token(number - 1, "out", node, "in"),) if number > 1 else ()
        kind, port = "", "out"
        if step is not None:
            kind, ports = step.type.kind, step.type.outputs_of(step.raw)
            port = ports[0].name if ports else "out"
        visit = SeededVisit(number, node, kind, port, form, 0, 0, cause, turn=turn)
        self._visits.append(visit)
        return number

    def _add_loops(self) -> dict[str, tuple[int, int]]:
        """Add the loops around the node, the outermost first, and return visit and turn of each."""
        around = sorted(
            self.plan.shape.around[self.step.id],
            key=lambda loop: len(self.plan.shape.around[loop]),
        )
        before = dict(self._past_turns())
        if around and self.turn is not None:
            before[around[-1]] = self.turn
        turns = {loop: before.get(loop, (0, None)) for loop in around}
        return {loop: (self._add(loop, None, turn), turn[0]) for loop, turn in turns.items()}

    def _past_turns(self) -> Iterator[tuple[str, tuple[int, Any]]]:
        if self.past is None:
            return
        state = self.past.state
        for visit, index in self.past.visit.scope:
            yield state.visits[visit].node, (index, state.turn(visit, index).item)

    def _tokens(self, loops: Mapping[str, int]) -> list[Token]:
        node = self.step.id
        if self.input is not None:
            return [Token(self._add(self._source_of_input(), self.input[0]), "out", node, "in")]
        numbers = {visit.node: visit.number for visit in self._visits} | dict(loops)
        edges = [edge for edge in self.step.incoming if edge.source in numbers]
        if not self.step.type.joins:
            edges = [edge for edge in edges if edge.source == self._past_source()] or edges
            edges = edges[:1]
        tokens = [
            Token(numbers[edge.source], edge.from_port, node, edge.to_port)
            for edge in edges
            if edge.source not in loops or edge.from_port == BODY
        ]
        return tokens or [Token(len(self._visits), "out", node, "in")]

    def _source_of_input(self) -> str:
        """Return the node whose outputs a given input stands for; none where others are given for it."""
        source = self._past_source() or next((edge.source for edge in self.step.incoming), "")
        is_loop = source in self.plan.steps and self.plan.steps[source].type.loops
        return "" if is_loop or source in self.given else source

    def _past_source(self) -> str:
        if self.past is None:
            return ""
        source = self.past.state.visits.get(self.past.visit.cause[0].source)
        return "" if source is None else source.node
