"""What keeps a lab well: backups, a look over it, and making a copy one of its own."""

import asyncio
from pathlib import Path

from flowforge_lab.services import examine_own_types
from flowforge_lab.store import Finding

from .limits import housekeeping_plan
from .loop import LoopThread
from .parts import Parts

CRASH_PATIENCE_SECONDS = 8.0
"""How long it may take until it is known what a crash has left: its lease is free within five."""
_SHOWN = 5


class Upkeep:
    """The calls of a lab about itself."""

    parts: Parts
    _loop: LoopThread

    @property
    def is_copy(self) -> bool:
        """Whether the folder was copied from another place: then its schedules do not fire."""
        return self.parts.store.is_copy

    def adopt(self) -> None:
        """Make a copied lab one of its own, whose schedules fire."""
        self._loop.run_sync(self.parts.store.adopt())

    def backup(self, target: Path | str) -> int:
        """Write everything to an archive, also while executions run, and return its size in bytes."""
        return self._loop.run_sync(self.parts.store.back_up(Path(target)))

    def sweep(self) -> int:
        """Delete now what the lab keeps no longer, and return how many executions that were.

        A lab in use does so by itself, once an hour: finished executions older than `retention_days` or over
        `retention_bytes`, variables and keys that have expired, files that nothing refers to.

        Raises:
            StoreFullError: the lab's folder is read-only.
        """
        return self._loop.run_sync(swept(self.parts))

    def store_statistics(self) -> dict[str, float]:
        """Return numbers about the database that keeps the journal, by name; empty where the folder does.

        `pool_*` are of its connections, `query_<what>_*` of what was asked: count, seconds, slowest, errors.
        """
        return self.parts.store.statistics()

    def doctor(self) -> list[Finding]:
        """Return what a look over the lab found, each with what would mend it.

        Looked at are the store, what is under way, own node types, connections and alarms.
        The lab's own `nodes/*.py` are imported. Where something is under way it takes some seconds, until
        it is known whether anybody runs it.
        """
        return self._loop.run_sync(examined(self.parts))


async def swept(parts: Parts) -> int:
    """Delete what a lab keeps no longer, and return how many executions that were.

    Raises:
        StoreFullError: the lab's folder is read-only.
    """
    parts.store.refuse_read_only()
    before = await _count_executions(parts)
    await parts.store.sweep(housekeeping_plan(parts.settings))
    return max(before - await _count_executions(parts), 0)


async def _count_executions(parts: Parts) -> int:
    [row] = await parts.store.history.query("select count(*) as count from executions")
    return int(row["count"])


async def examined(parts: Parts) -> list[Finding]:
    """Return what a look over the store, what is under way, own node types, connections and alarms found."""
    found = await parts.store.examine()
    own = await asyncio.to_thread(examine_own_types, parts.registry)
    connected = _set_up_wrongly(parts)
    return [*found, await _cut_off(parts), *own, *connected, *await parts.alarm.findings()]


def _set_up_wrongly(parts: Parts) -> list[Finding]:
    faults = parts.clients.connections.faults
    remedy = "mend the file; what names the connection cannot run until then"
    found = [Finding("connections", "error", fault, remedy) for fault in faults.values()]
    return found or [Finding("connections", "ok", "nothing wrong")]


async def _cut_off(parts: Parts) -> Finding:
    if parts.store.is_read_only:
        return Finding("executions", "ok", "not looked at: nothing runs in a read-only folder")
    due = await parts.executions.due(patience=CRASH_PATIENCE_SECONDS)
    names = [one.execution_id for one in due if one.reason == "orphaned"]
    if not names:
        return Finding("executions", "ok", "nothing wrong")
    shown = ", ".join(names[:_SHOWN]) + (" ..." if len(names) > _SHOWN else "")
    message = f"{len(names)} run no more, and are not over: {shown}; their process is gone"
    remedy = f"flowforge resume {names[0]}, or flowforge serve, which goes on with all"
    return Finding("executions", "warning", message, remedy)
