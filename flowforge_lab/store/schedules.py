"""When trigger nodes fire next, so that two servers never fire one time twice."""

from typing import Any

import msgspec

from .reading import Reader
from .records import Schedule
from .writing import Writer


class Schedules:
    """The table of next fire times. Times are microseconds since 1970, UTC."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def put(
        self, workflow_id: str, node: str, spec: dict[str, Any], *, next_at: int | None
    ) -> None:
        """Set when a node fires next and why; its last fire time is kept."""
        await self._writer.do(
            "put_schedule",
            workflow_id=workflow_id,
            node=node,
            spec=msgspec.json.encode(spec).decode(),
            next_at=next_at,
        )

    async def all(self, *, only_active: bool = False) -> list[Schedule]:
        """Return all schedules, the next to fire first."""
        params = {"only_active": only_active}
        rows = await self._reader.fetch("list_schedules", params, kind=list[list[Any]])
        return [_schedule(row) for row in rows]

    async def remove(self, workflow_id: str) -> None:
        """Forget all schedules of a workflow."""
        await self._writer.do("remove_schedules", workflow_id=workflow_id)

    async def claim_fire(
        self, workflow_id: str, node: str, *, due_at: int, next_at: int | None
    ) -> bool:
        """Take the right to fire the time `due_at`; false if another server has taken it."""
        rows = await self._writer.do(
            "claim_fire", workflow_id=workflow_id, node=node, due_at=due_at, next_at=next_at
        )
        return bool(rows)


def _schedule(row: list[Any]) -> Schedule:
    workflow_id, node, spec, next_at, last_at, is_active = row
    return Schedule(
        workflow_id, node, msgspec.json.decode(spec), next_at, last_at, bool(is_active)
    )
