"""Executions made anew: as a whole, from a step, or as a fork of one that may still be running."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from flowforge_lab.access import Audit
from flowforge_lab.clock import Clock
from flowforge_lab.engine import Payloads, Seed, Start
from flowforge_lab.errors import (
    ConflictError,
    DocumentError,
    NotFoundError,
    PlanError,
    Problem,
)
from flowforge_lab.events import Entry, ExecutionStarted, ExecutionState, SeededVisit, Visit, fold
from flowforge_lab.plan import Plan
from flowforge_lab.spec import did_you_mean, digest
from flowforge_lab.values import encode, normalise

from .breakpoints import refuse_breakpoints
from .executions import Executions
from .moments import microseconds
from .outputs import fitting_outputs
from .seeding import Beginning, Place, find_beginning
from .variables import refuse_name
from .versions import Versions
from .workflows import Workflows

SAME, NEWEST = "same", "newest"


class Changes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What shall be different this time; `None` is as it was.

    `inputs` take the place of those that are named, the others stay. `variables` are those of the
    execution, `outputs` those of nodes that ran before the place to begin at, `pins` outputs of nodes that
    are to come and are not run for them. With `is_resumed` the node to begin at goes on within itself, if it
    is of a kind that can: a notebook from the cell that failed.
    """

    inputs: Mapping[str, Any] | None = None
    variables: Mapping[str, Any] = {}
    outputs: Mapping[str, Any] = {}
    pins: Mapping[str, Any] | None = None
    until: str | None = None
    breakpoints: Mapping[str, str] = {}
    is_resumed: bool = False


class Newer(msgspec.Struct, frozen=True):
    """The workflow of an execution as it is now, which is not as it was then."""

    faults: tuple[str, ...] = ()


class Restarts:
    """Starts executions anew; each names the one it repeats as its origin."""

    def __init__(
        self,
        executions: Executions,
        workflows: Workflows,
        versions: Versions,
        *,
        payloads: Payloads,
        clock: Clock,
        audit: Audit,
    ) -> None:
        self._executions = executions
        self._versions = versions
        self._workflows = workflows
        self._payloads = payloads
        self._clock = clock
        self._audit = audit

    async def restart(
        self,
        execution_id: str,
        *,
        from_step: Place | None = None,
        version: str = SAME,
        changes: Changes | None = None,
    ) -> str:
        """Start an execution that is over anew, as a whole or from a step, and return the new id.

        Raises:
            ConflictError: it is not over.
            NotFoundError: there is no such execution, step or version.
            PlanError: what was done does not fit the version, or a change does not fit its node.
        """
        head = await self._executions.get(execution_id)
        if not head.is_finished:
            msg = f"execution {head.id} is not over ({head.status}): cancel it first, or fork it"
            raise ConflictError(msg)
        anew = await self.prepared(head.id, from_step, version, changes=changes or Changes())
        return await self._begun("restart", head.id, anew)

    async def fork(
        self,
        execution_id: str,
        at: Place,
        *,
        version: str = SAME,
        changes: Changes | None = None,
    ) -> str:
        """Start another execution from a visit of one, over or not, and return the new id.

        Raises as `restart` does.
        """
        head = await self._executions.get(execution_id)
        anew = await self.prepared(head.id, at, version, changes=changes or Changes())
        return await self._begun("fork", head.id, anew)

    async def _begun(self, how: str, origin: str, anew: tuple[Plan, Start]) -> str:
        begun = await self._executions.begin(*anew)
        await self._audit.note(f"execution.{how}", origin, after={"execution_id": begun})
        return begun

    async def prepared(
        self, execution_id: str, place: Place | None, version: str, *, changes: Changes
    ) -> tuple[Plan, Start]:
        """Return what starts an execution anew, as a whole or from a place; nothing is started.

        Raises as `restart` does.
        """
        entries = await self._executions.entries(execution_id)
        state = fold(entries)
        started = _started(state)
        if version == SAME:
            plan = await self._workflows.plan(state.digest)
        else:
            plan = await self.plan(started.workflow_id, version)
        refuse_breakpoints(plan, changes.breakpoints)
        seed = Seed(variables=_forms(changes.variables))
        if place is not None:
            beginning = self._beginning(entries, place, plan)
            seed = await self._changed(plan, beginning, changes)
            if changes.is_resumed:
                seed = _going_on(seed, beginning.visit)
        elif changes.is_resumed:
            msg = "what goes on within itself is a step: name it as from_step"
            raise ConflictError(msg)
        elif changes.outputs:
            msg = "outputs are of nodes that ran before from_step; for those to come give pins"
            raise ConflictError(msg)
        start = await asyncio.to_thread(self._start, started, changes, seed)
        return plan, msgspec.structs.replace(start, origin=execution_id)

    def _beginning(self, entries: Sequence[Entry], place: Place, plan: Plan) -> Beginning:
        """Return where an execution begins anew in a plan.

        Raises:
            NotFoundError: there is no such place.
            PlanError: what was done does not lead there in this plan.
        """
        now = microseconds(self._clock.now())
        beginning = find_beginning(entries, place, ends=_end_nodes(plan).__contains__, now=now)
        _refuse_misfit(plan, beginning)
        return beginning

    async def newer(self, execution_id: str, place: Place | None) -> Newer | None:
        """Return the workflow as it is now if that is not what the execution ran; nothing is kept.

        `faults` are what keeps it from being started so, as a whole or from a place.

        Raises:
            NotFoundError: there is no such execution.
        """
        entries = await self._executions.entries(execution_id)
        state = fold(entries)
        workflow_id = _started(state).workflow_id
        try:
            document = await self._workflows.read(workflow_id)
            if digest(document.workflow) == state.digest:
                return None
            plan = self._workflows.compile(document)
            if place is not None:
                self._beginning(entries, place, plan)
        except NotFoundError:
            return None
        except (DocumentError, PlanError) as error:
            return Newer(tuple(one.message for one in error.problems))
        return Newer()

    async def newest(self, workflow_id: str) -> Plan:
        """Return the plan of the newest version: of the file as it is now, or what was kept last.

        Raises:
            NotFoundError: there is neither.
            DocumentError: the file cannot be read as a workflow.
            PlanError: it is not valid as it is now.
        """
        return await self._workflows.register(await self._workflows.read(workflow_id))

    async def plan(self, workflow_id: str, version: str) -> Plan:
        """Return the plan of the newest version, or of one by its label or the start of its digest.

        Raises as `newest` does.
        """
        if version == NEWEST:
            return await self.newest(workflow_id)
        found = await self._versions.find(workflow_id, version)
        return await self._workflows.plan(found.digest)

    def _start(self, started: ExecutionStarted, changes: Changes, seed: Seed) -> Start:
        """Return a start like the one there was, with the changes."""
        unpack = self._payloads.unpack
        inputs, payload = unpack(started.inputs), None
        if started.payload != started.inputs:
            payload = unpack(started.payload)
        pins = changes.pins
        if pins is None:
            pins = {
                node: {"outputs": unpack(pin["outputs"]), "port": pin.get("port", "")}
                for node, pin in started.pins.items()
            }
        return Start(
            trigger=started.trigger,
            inputs={**inputs, **(changes.inputs or {})},
            payload=payload,
            user=started.user,
            session=started.session,
            chat=started.chat,
            until=started.until if changes.until is None else changes.until,
            pins=pins,
            breakpoints=changes.breakpoints,
            seed=seed if seed.visits or seed.variables else None,
        )

    async def _changed(self, plan: Plan, beginning: Beginning, changes: Changes) -> Seed:
        """Return the seed with other variables, and other outputs of what was done."""
        seed = beginning.seed
        visits = {visit.number: visit for visit in seed.visits}
        for node, value in changes.outputs.items():
            visit = _seed_of(seed, node, beginning)
            form = await fitting_outputs(plan, visit, value, payloads=self._payloads)
            visits[visit.number] = msgspec.structs.replace(visit, outputs=form)
        given = _forms(changes.variables)
        return msgspec.structs.replace(
            seed,
            visits=tuple(visits.values()),
            variables={**seed.variables, **given},
            expires={name: at for name, at in seed.expires.items() if name not in given},
        )


def _started(state: ExecutionState) -> ExecutionStarted:
    if state.started is None:
        msg = f"the journal of execution {state.execution_id} is gone"
        raise NotFoundError(msg)
    return state.started


def _going_on(seed: Seed, visit: Visit) -> Seed:
    note = f"{seed.note}, where it failed"
    return msgspec.structs.replace(seed, resumes=(visit.node, visit.number), note=note)


def _forms(variables: Mapping[str, Any]) -> dict[str, Any]:
    for name in variables:
        refuse_name(name)
    return {name: encode(normalise(value)) for name, value in variables.items()}


def _seed_of(seed: Seed, node: str, beginning: Beginning) -> SeededVisit:
    found = [visit for visit in seed.visits if visit.node == node and visit.port]
    if found:
        return found[-1]
    nodes = dict.fromkeys(visit.node for visit in seed.visits)
    hint = did_you_mean(node, nodes) or f"these did: {', '.join(nodes) or 'none'}"
    msg = f"outputs: {node!r} did not run before {beginning.visit.node!r}; {hint}"
    raise NotFoundError(msg)


def _end_nodes(plan: Plan) -> frozenset[str]:
    return frozenset(step.id for step in plan.steps.values() if step.type.ends)


def _refuse_misfit(plan: Plan, beginning: Beginning) -> None:
    """Refuse a version in which what was done does not lead on to where it shall begin.

    Raises:
        PlanError: with everything that it lacks.
    """
    lacking = dict.fromkeys(_lacking(plan, beginning))
    if lacking:
        where = f"version {plan.digest[:12]} of {plan.workflow.id}"
        raise PlanError([Problem("restart.version", f"{where} lacks {what}") for what in lacking])


def _lacking(plan: Plan, beginning: Beginning) -> Iterator[str]:
    node = beginning.visit.node
    if node not in plan.steps:
        yield f"the node {node!r} to begin at"
    sources = {visit.number: visit.node for visit in beginning.seed.visits}
    for token in beginning.seed.next:
        source, target = plan.steps.get(sources[token.source]), plan.steps.get(token.target)
        if target is None:
            yield f"the node {token.target!r}, which is to come next"
        elif token.to_port not in {port.name for port in target.type.inputs_of(target.raw)}:
            yield f"the input {token.to_port!r} of {token.target!r}"
        if source is None:
            yield f"the node {sources[token.source]!r}, which led to {token.target!r}"
        elif token.from_port != "error" and token.from_port not in {
            port.name for port in source.type.outputs_of(source.raw)
        }:
            yield f"the output {token.from_port!r} of {source.id!r}"
