"""Pinned outputs: values that stand for a node's own while its workflow is being written."""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec
from pydantic import BaseModel, ValidationError

from flowforge_lab.access import Audit
from flowforge_lab.clock import Clock
from flowforge_lab.engine import Payloads, Start
from flowforge_lab.errors import NodeError, NotFoundError, PlanError, Problem
from flowforge_lab.plan import BODY, Plan, Step
from flowforge_lab.spec import did_you_mean, told_of
from flowforge_lab.store import Catalogue, Pin

from .executions import Executions
from .moments import microseconds
from .workflows import Source, Workflows


class Pinned(msgspec.Struct, frozen=True):
    """What stands for the outputs of a node, and the port it leaves by; `at` is microseconds, UTC."""

    workflow_id: str
    node: str
    port: str
    outputs: Any
    at: int


class Pins:
    """The pins of the workflows of one lab; they are kept in the store and never in a document."""

    def __init__(
        self,
        catalogue: Catalogue,
        workflows: Workflows,
        executions: Executions,
        *,
        payloads: Payloads,
        clock: Clock,
        audit: Audit,
    ) -> None:
        self._catalogue = catalogue
        self._workflows = workflows
        self._executions = executions
        self._payloads = payloads
        self._clock = clock
        self._audit = audit

    async def all(self, source: Source) -> list[Pinned]:
        """Return the pins of a workflow, by node."""
        id = (await self._workflows.read(source)).workflow.id
        return [await self._shown(pin) for pin in await self._catalogue.list_pins(id)]

    async def set(self, source: Source, node: str, outputs: Any, *, port: str = "") -> Pinned:
        """Pin outputs to a node, in place of what was pinned to it; `port` is its first one if not named.

        Raises:
            NotFoundError: the workflow has no such node, or the node no such port.
            PlanError: the workflow is not valid, or the outputs are none that the node could have.
        """
        plan = await self._workflows.register(await self._workflows.read(source))
        step = _step(plan, node)
        port = _port(step, port)
        fitting = _fitting(step, outputs)
        try:
            packed = await self._payloads.pack(fitting)
        except NodeError as error:
            raise PlanError([Problem("pin.outputs", str(error), node, "outputs")]) from error
        pin = Pin(
            plan.workflow.id,
            node,
            {"outputs": packed.form, "port": port},
            microseconds(self._clock.now()),
        )
        await self._catalogue.set_pin(pin)
        target = f"{pin.workflow_id}.{node}"
        await self._audit.note("pin.set", target, after=packed.form)
        return Pinned(pin.workflow_id, node, port, packed.value, pin.at)

    async def take(self, source: Source, node: str, execution_id: str) -> Pinned:
        """Pin what a node gave in an execution, the last time where there were several.

        Raises:
            NotFoundError: there is no such execution, or the node did not succeed in it.
            PlanError: the node of today could not have given that.
        """
        head = await self._executions.get(execution_id)
        state = await self._executions.state(head.id)
        for visit in reversed(state.visits.values()):
            if visit.node == node and visit.status == "succeeded":
                outputs = await asyncio.to_thread(self._payloads.unpack, visit.outputs)
                return await self.set(source, node, outputs, port=visit.port)
        msg = f"{node!r} did not succeed in execution {head.id}"
        raise NotFoundError(msg)

    async def clear(self, source: Source, node: str = "") -> list[str]:
        """Take the pin of a node away, or all, and return the nodes that had one.

        Raises:
            NotFoundError: the named node has no pin.
        """
        id = (await self._workflows.read(source)).workflow.id
        pinned = [pin.node for pin in await self._catalogue.list_pins(id)]
        if node and node not in pinned:
            near = did_you_mean(node, pinned)
            msg = f"nothing is pinned to {node!r} of {id}" + (f"; {near}" if near else "")
            raise NotFoundError(msg)
        gone = [node] if node else pinned
        for name in gone:
            await self._catalogue.remove_pin(id, name)
            await self._audit.note("pin.cleared", f"{id}.{name}")
        return gone

    async def into(self, source: Source, start: Start) -> Start:
        """Return a start with the pins of the workflow in it; those that it names itself come first.

        A pin whose node is gone is left out.

        Raises:
            PlanError: a pin does not fit its node any more.
        """
        plan = await self._workflows.register(await self._workflows.read(source))
        kept = [
            await self._shown(pin) for pin in await self._catalogue.list_pins(plan.workflow.id)
        ]
        pins: dict[str, Any] = {}
        for pinned in kept:
            step = plan.steps.get(pinned.node)
            if step is not None:
                outputs = _fitting(step, pinned.outputs)
                pins[pinned.node] = {"outputs": outputs, "port": _port(step, pinned.port)}
        return msgspec.structs.replace(start, pins={**pins, **start.pins})

    async def _shown(self, pin: Pin) -> Pinned:
        outputs = await asyncio.to_thread(self._payloads.unpack, pin.value["outputs"])
        return Pinned(pin.workflow_id, pin.node, pin.value["port"], outputs, pin.at)


def _step(plan: Plan, node: str) -> Step:
    step = plan.steps.get(node)
    if step is None:
        near = did_you_mean(node, plan.steps)
        msg = f"{plan.workflow.id} has no node {node!r}" + (f"; {near}" if near else "")
        raise NotFoundError(msg)
    return step


def _port(step: Step, name: str) -> str:
    """Return the port that pinned outputs leave by; the turns of a loop are none."""
    ports = [port.name for port in step.type.outputs_of(step.raw) if port.name != BODY]
    if name and name not in ports:
        msg = f"{step.id} has no output {name!r} that can be pinned; it has: {', '.join(ports)}"
        raise NotFoundError(msg)
    return name or ports[0]


def _fitting(step: Step, outputs: Any) -> BaseModel:
    """Return outputs as the node would give them.

    Raises:
        PlanError: with everything that a node of this kind could not give.
    """
    plain = outputs.model_dump() if isinstance(outputs, BaseModel) else outputs
    if not isinstance(plain, Mapping):
        fields = ", ".join(step.type.outputs.model_fields)
        msg = (
            f"expected the outputs of a {step.type.kind} ({fields}), found {type(plain).__name__}"
        )
        raise PlanError([Problem("pin.outputs", msg, step.id, "outputs")])
    try:
        return step.type.outputs.model_validate(dict(plain))
    except ValidationError as error:
        raise PlanError(
            [_problem(step, fault) for fault in error.errors(include_url=False)]
        ) from error


def _problem(step: Step, fault: Any) -> Problem:
    field = ".".join(map(str, ("outputs", *fault["loc"])))
    hint = f"a {step.type.kind} gives: {', '.join(step.type.outputs.model_fields)}"
    return Problem("pin.outputs", told_of(fault, shows_value=False), step.id, field, hint)
