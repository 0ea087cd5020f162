"""The tools that are no workflows: to ask how an execution stands, and to stop one."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, NamedTuple

import msgspec

from flowforge_lab.access import Role
from flowforge_lab.errors import FlowForgeError, NotFoundError
from flowforge_lab.lab import Parts
from flowforge_lab.store import ExecutionHead

from .answers import Answer, refusal
from .desk import Asker, Desk

MAX_WAIT_SECONDS = 300
_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=128, description="Its whole id.")]


class _Looked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    execution_id: _Id
    wait_seconds: Annotated[
        float,
        msgspec.Meta(
            ge=0,
            le=MAX_WAIT_SECONDS,
            description="How long to wait for its end, if it is not over.",
        ),
    ] = 0.0


class _Cancelled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    execution_id: _Id
    reason: Annotated[
        str, msgspec.Meta(max_length=500, description="Why, for whoever reads its history.")
    ] = ""


class Case(NamedTuple):
    """What a tool of ours is about, and who asks."""

    desk: Desk
    asker: Asker
    head: ExecutionHead


class OwnTool(msgspec.Struct, frozen=True):
    """A tool of ours: what assistants are told of it, the role it takes, and what it does."""

    name: str
    description: str
    arguments: type[msgspec.Struct]
    needed: Role
    does: Callable[[Case, Any], Awaitable[Answer]]

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of its arguments."""
        (_,), found = msgspec.json.schema_components([self.arguments], ref_template="{name}")
        schema = dict(next(iter(found.values())))
        return {name: part for name, part in schema.items() if name != "title"}

    async def call(self, desk: Desk, asker: Asker, given: Mapping[str, Any]) -> Answer:
        """Do it for somebody; an execution that they may not look at is not there for them."""
        try:
            arguments: Any = msgspec.convert(dict(given), self.arguments)
        except msgspec.ValidationError as error:
            return Answer(f"{self.name}: {error}", is_error=True)
        try:
            head = await _find(desk.parts, asker, arguments.execution_id, needed=self.needed)
            return await self.does(Case(desk, asker, head), arguments)
        except FlowForgeError as error:
            return refusal(error)


async def _find(parts: Parts, asker: Asker, execution_id: str, *, needed: Role) -> ExecutionHead:
    head = await parts.store.journal.find_head(execution_id)
    if head is None or not asker.may(needed, head.workflow_id):
        msg = (
            f"there is no execution {execution_id!r} that {asker.name!r} has the role {needed} in"
        )
        raise NotFoundError(msg)
    return head


async def _look(case: Case, looked: _Looked) -> Answer:
    return await case.desk.wait(case.asker, case.head, looked.wait_seconds)


async def _cancel(case: Case, cancelled: _Cancelled) -> Answer:
    await case.desk.parts.executions.cancel(case.head.id, reason=cancelled.reason)
    return Answer(f"execution {case.head.id} was asked to stop")


OWN_TOOLS = {
    tool.name: tool
    for tool in (
        OwnTool(
            "flowforge_get_execution",
            "Tells how an execution stands or ended, with its result; can wait for its end.",
            _Looked,
            "viewer",
            _look,
        ),
        OwnTool(
            "flowforge_cancel_execution", "Stops an execution.", _Cancelled, "operator", _cancel
        ),
    )
}
