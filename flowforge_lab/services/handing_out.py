"""Hands out what is due to workers: the ids go to a broker, the store decides which and when."""

import logging
from collections.abc import Sequence

from flowforge_lab.clients import Broker
from flowforge_lab.clock import Clock
from flowforge_lab.errors import ServiceError
from flowforge_lab.ids import new_id
from flowforge_lab.store import Due, Variable, VariableTable

from .executions import Executions

logger = logging.getLogger(__name__)
_AT_ONCE = 400  # so many are under way at most: what is urgent overtakes all but those
_TURN_SECONDS = 5.0
_SCOPE, _NAME = "queue", "dispatcher"
_MOST_DOUBLINGS = 5


class Handing:
    """Used by hosts. Of several on one lab one hands out, and the next one some seconds after its end.

    An id is sent again after `visibility` seconds if its execution still is due and the broker has less
    than was sent; each time it takes twice as long.
    """

    def __init__(
        self,
        broker: Broker,
        executions: Executions,
        table: VariableTable,
        *,
        clock: Clock,
        visibility: float,
    ) -> None:
        self._broker = broker
        self._executions = executions
        self._table = table
        self._clock = clock
        self._visibility = visibility
        self._me = new_id()
        self._sent: dict[tuple[str, str], tuple[float, int]] = {}
        self._is_told = False

    async def hand_out(self) -> int:
        """Send what is due and not under way, and return how many that were; none if the broker is gone."""
        if not await self._has_turn():
            self._sent.clear()
            return 0
        found = await self._executions.due(limit=_AT_ONCE)
        self._sent = {_key(due): kept for due in found if (kept := self._sent.get(_key(due)))}
        try:
            return await self._send(await self._missing(found))
        except ServiceError as error:
            self._sent.clear()  # nobody knows what a broker that comes back still has
            if not self._is_told:
                logger.warning("nothing is handed out: %s", error)
            self._is_told = True
            return 0

    def hold(self) -> None:
        """Forget what was sent: workers drop what comes while the queue is paused."""
        self._sent.clear()

    async def _missing(self, found: Sequence[Due]) -> list[Due]:
        """Return those that were not sent, or sent and lost."""
        now = self._clock.monotonic()
        late = [due for due in found if (kept := self._sent.get(_key(due))) and kept[0] <= now]
        new = [due for due in found if _key(due) not in self._sent]
        if late and await self._broker.backlog() >= len(self._sent):
            for due in late:
                self._note(due)
            late = []
        return [*late, *new]

    async def _send(self, missing: Sequence[Due]) -> int:
        if missing:
            await self._broker.send([due.execution_id for due in missing])
            self._is_told = False
        for due in missing:
            self._note(due)
        return len(missing)

    def _note(self, due: Due) -> None:
        _, times = self._sent.get(_key(due), (0.0, 0))
        length = self._visibility * 2 ** min(times, _MOST_DOUBLINGS)
        self._sent[_key(due)] = (self._clock.monotonic() + length, times + 1)

    async def _has_turn(self) -> bool:
        """Whether this host is the one that hands out; a turn that was not renewed for long is free."""
        now = self._clock.stamp()
        kept = await self._table.find(_SCOPE, "", _NAME)
        is_free = kept is None or (kept.expires_at or 0) > now + 3 * int(_TURN_SECONDS * 1e6)
        if kept is not None and kept.value != self._me and not is_free:
            return False
        mine = Variable(_SCOPE, "", _NAME, self._me, now + int(_TURN_SECONDS * 1e6))
        return await self._table.swap(mine, expected=None if kept is None else kept.value)


def _key(due: Due) -> tuple[str, str]:
    return due.execution_id, due.reason
