"""Which hosts are left alone, told to every process of the lab."""

import asyncio
from datetime import datetime

import msgspec

from flowforge_lab.clients import CircuitView
from flowforge_lab.clock import Clock
from flowforge_lab.errors import StoreError
from flowforge_lab.services import microseconds, moment
from flowforge_lab.store import Variable, VariableTable

_SCOPE = "circuit"  # beside the scopes that people see


class OpenCircuit(msgspec.Struct, frozen=True):
    """A host that failed `failures` times in a row and is left alone until `until`."""

    host: str
    failures: int
    until: datetime


class Circuits:
    """Keeps in the store which hosts the processes of this lab leave alone; each decides for itself."""

    def __init__(self, table: VariableTable, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()

    def note(self, view: CircuitView) -> None:
        """Write down, a moment later, that a circuit opened or closed."""
        task = asyncio.get_running_loop().create_task(self._keep(view))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def all(self) -> list[OpenCircuit]:
        """Return the hosts that some process leaves alone now, by name."""
        return [
            OpenCircuit(kept.name, kept.value, moment(kept.expires_at))
            for kept in await self._table.all(_SCOPE, "")
            if kept.expires_at is not None
        ]

    async def close(self) -> None:
        """Return once all is written down."""
        await asyncio.gather(*self._tasks)

    async def _keep(self, view: CircuitView) -> None:
        until = microseconds(self._clock.now()) + int(view.seconds * 1e6)
        failures = view.failures if view.state == "open" else None
        try:
            await self._table.set(Variable(_SCOPE, "", view.host, failures, until))
        except StoreError:  # a host can be left alone without anybody knowing
            return
