"""Which workflows somebody is offered as tools, and under what name."""

import hashlib
import re
from typing import Any, Protocol

import msgspec

from flowforge_lab.access import Role
from flowforge_lab.errors import FlowForgeError, NotFoundError
from flowforge_lab.lab import Parts
from flowforge_lab.plan import Plan
from flowforge_lab.spec import InputField, Workflow, did_you_mean
from flowforge_lab.store import Workflow as Listed

OWN_PREFIX = "flowforge_"
"""What the names of our own tools begin with; no workflow's tool has such a name."""
_STARTED_BY_HAND = ("trigger.manual", "trigger.schedule")
"""The triggers that need nothing from outside but the inputs, the first of them before the others."""
_MAX_NAME = 64
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ELSE = re.compile(r"[^A-Za-z0-9_-]+")
_JSON_TYPES = {"date": "string", "datetime": "string"}
_FORMATS = {"date": "date", "datetime": "date-time"}


class Asker(Protocol):
    """Whoever asks, with the roles they have."""

    def may(self, needed: Role, workflow_id: str = "") -> bool:
        """Whether they have a role in the lab, or at least in one workflow of it."""


class Offer(msgspec.Struct, frozen=True):
    """A workflow that may be called: under which name, in which version, and where it begins."""

    name: str
    plan: Plan
    trigger: str

    @property
    def workflow(self) -> Workflow:
        """The workflow in the version that is called."""
        return self.plan.workflow

    @property
    def description(self) -> str:
        """What an assistant is told of it."""
        workflow = self.workflow
        title = workflow.name or workflow.id
        told = workflow.description.strip() or self._form_says()
        return f"{title}: {told}" if told else f"Runs the workflow {title}."

    def _form_says(self) -> str:
        config = self.workflow.nodes[self.trigger].config
        return str(config.get("description") or config.get("title") or "").strip()


class Offers:
    """The active workflows of a lab as tools: each in its active version, as triggers start it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def all(self, asker: Asker) -> list[Offer]:
        """Return what somebody may run, by name."""
        listed = await self._parts.store.catalogue.list_workflows()
        mine = [one for one in listed if one.is_active and asker.may("operator", one.id)]
        found = [await self._offer(one) for one in mine]
        return sorted((one for one in found if one is not None), key=lambda one: one.name)

    async def find(self, name: str, asker: Asker) -> Offer:
        """Return the offer of a name.

        Raises:
            NotFoundError: there is none for whoever asks.
        """
        found = {one.name: one for one in await self.all(asker)}
        if name not in found:
            near = did_you_mean(name[:_MAX_NAME], found)
            raise NotFoundError(
                f"unknown tool {name[:_MAX_NAME]!r}" + (f"; {near}" if near else "")
            )
        return found[name]

    async def state(self) -> tuple[int, frozenset[tuple[str, str]]]:
        """Return what tells one state of the list from another, whoever looks at it.

        What this process activates is seen as well where it is taken back before anybody looked.
        """
        activity = self._parts.workflows.activity
        listed = await self._parts.store.catalogue.list_workflows()
        return activity, frozenset((one.id, one.active_digest) for one in listed if one.is_active)

    async def _offer(self, listed: Listed) -> Offer | None:
        try:
            plan = await self._parts.workflows.plan(listed.active_digest)
        except FlowForgeError:  # a node type is gone: it cannot be run, by nobody
            return None
        by_kind = {step.type.kind: step.id for step in reversed(plan.triggers)}
        trigger = next((by_kind[kind] for kind in _STARTED_BY_HAND if kind in by_kind), None)
        return None if trigger is None else Offer(tool_name(listed.id), plan, trigger)


def tool_name(workflow_id: str) -> str:
    """Return the name of a workflow's tool: its id, where assistants of all kinds can use that.

    It depends on nothing but the id, so that it stays what it is.
    """
    if _PLAIN_NAME.fullmatch(workflow_id) and not workflow_id.startswith(OWN_PREFIX):
        return workflow_id
    mark = hashlib.sha256(workflow_id.encode()).hexdigest()[:8]
    plain = _ELSE.sub("_", workflow_id).removeprefix(OWN_PREFIX)
    return f"{plain[: _MAX_NAME - len(mark) - 1]}-{mark}"


def input_schema(workflow: Workflow) -> dict[str, Any]:
    """Return the JSON Schema of what a workflow is started with."""
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: _field_schema(field) for name, field in workflow.inputs.items()},
        "additionalProperties": False,
    }
    required = [name for name, field in workflow.inputs.items() if _is_needed(field)]
    return {**schema, "required": required} if required else schema


def _is_needed(field: InputField) -> bool:
    return field.required and field.default is None


def _field_schema(field: InputField) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    if field.type != "any":
        schema["type"] = _JSON_TYPES.get(field.type, field.type)
    if field.type in _FORMATS:
        schema["format"] = _FORMATS[field.type]
    told = {
        "description": field.description,
        "enum": list(field.enum),
        "minimum": field.minimum,
        "maximum": field.maximum,
        "default": field.default,
    }
    return schema | {name: one for name, one in told.items() if one not in (None, "", [])}
