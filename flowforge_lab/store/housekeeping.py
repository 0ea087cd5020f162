"""What somebody must do now and then while a lab is in use: seal, merge, publish, sweep."""

import asyncio
import logging
import math
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from flowforge_lab.clock import Clock
from flowforge_lab.errors import StoreError

from .blobs import FileBlobs
from .publishing import Publisher
from .reading import Reader
from .sealing import SEAL_ROWS, Sealer
from .segments import SegmentFiles
from .shrinking import find_cut, measure
from .writing import Writer

logger = logging.getLogger(__name__)
_DAY = 86_400.0
_TRIES = 5


class HousekeepingPlan(msgspec.Struct, frozen=True):
    """How often, in seconds, and how much.

    `retention` in seconds and `retention_bytes` of 0 keep everything for ever.
    """

    every: float = 5.0
    seal_rows: int = SEAL_ROWS
    seal_idle: float = 300.0
    publish_every: float = 60.0
    sweep_every: float = 3600.0
    retention: float = 0.0
    retention_bytes: int = 0


class Housekeeper:
    """Keeps a store in order; any number of processes may, they step aside for one another."""

    def __init__(
        self,
        files: SegmentFiles,
        sealer: Sealer,
        publisher: Publisher,
        *,
        blobs: FileBlobs,
        clock: Clock,
    ) -> None:
        self._files = files
        self._sealer = sealer
        self._publisher = publisher
        self._blobs = blobs
        self._clock = clock

    async def keep(
        self, reader: Reader, writer: Writer, plan: HousekeepingPlan | None = None
    ) -> None:
        """Keep the store in order until cancelled; trouble with one round is left to the next.

        At once only what has become a lot is sealed: where nothing but short commands run, nobody else does.
        """
        plan = plan or HousekeepingPlan()
        at_first = msgspec.structs.replace(plan, seal_idle=math.inf)
        await _kept(self._round(reader, at_first))
        sweep_at = self._clock.monotonic()
        while True:
            await self._clock.sleep(plan.every)
            await _kept(self._round(reader, plan))
            if self._clock.monotonic() >= sweep_at:
                left = await _kept(self._sweep_in_turn(reader, writer, plan))
                sweep_at = self._clock.monotonic() + (left or plan.sweep_every)

    async def _round(self, reader: Reader, plan: HousekeepingPlan) -> None:
        [[count, _oldest, newest]] = await reader.fetch("unsealed", {}, kind=list[list[int]])
        idle = self._clock.now().timestamp() - newest / 1e6
        is_due = count >= plan.seal_rows or (count > 0 and idle >= plan.seal_idle)
        if is_due and await _try(lambda: self._sealer.seal(min_rows=1)):
            await _try(self._sealer.merge)
            await _try(lambda: self._publisher.publish(at_most_every=plan.publish_every))

    async def _sweep_in_turn(
        self, reader: Reader, writer: Writer, plan: HousekeepingPlan
    ) -> float:
        """Sweep if no process has for as long as that may take; return in how many seconds to look again."""
        now, period = self._clock.stamp(), int(plan.sweep_every * 1e6)
        meta = dict(await reader.fetch("meta", {}, kind=list[tuple[str, str]]))
        left = int(meta.get("swept_at", 0)) + period - now
        if 0 < left <= period:
            return left / 1e6
        if await writer.do("claim_sweep", now=now, latest=now, before=now - period):
            await self._sweep(reader, writer, plan)
        return plan.sweep_every

    async def sweep(self, reader: Reader, writer: Writer, plan: HousekeepingPlan) -> None:
        """Seal what has ended, and delete at once what is kept no longer.

        Raises:
            StoreError: the store cannot be written.
        """
        await writer.do("set_meta", name="swept_at", value=str(self._clock.stamp()))
        await _try(lambda: self._sealer.seal(min_rows=1))
        await self._sweep(reader, writer, plan)

    async def _sweep(self, reader: Reader, writer: Writer, plan: HousekeepingPlan) -> None:
        now = self._clock.now().timestamp()
        await writer.do("expire_variables", now=int(now * 1e6))
        await writer.do("forget_keys", now=int(now * 1e6))
        if plan.retention:
            oldest = int((now - plan.retention) * 1e6)
            await _try(lambda: self._sealer.drop_before(oldest))
        if plan.retention_bytes:
            await _try(lambda: self.shrink(reader, max_bytes=plan.retention_bytes))
        await _try(self._sealer.sweep_files)
        await _try(lambda: self.sweep_blobs(reader))

    def shrink(self, reader: Reader, *, max_bytes: int) -> int:
        """Drop the oldest finished executions until segments and blobs fit; return the bytes they take.

        Blobs that nothing refers to any more count no longer; the sweep takes them after its grace.
        """
        extent = measure(reader, self._blobs)
        for _ in range(_TRIES):
            cut = find_cut(self._files, reader, extent, max_bytes=max_bytes)
            if cut is None or not self._sealer.drop_before(cut, is_exact=True):
                break
            extent = measure(reader, self._blobs)
        return extent.total_bytes

    def sweep_blobs(self, reader: Reader, *, grace: float = _DAY) -> int:
        """Delete blobs that no execution refers to and nobody touched for a while; return how many."""
        used = reader.ask("blob_refs", {}, kind=list[list[str]])
        now = self._clock.now().timestamp()
        return self._blobs.sweep((row[0] for row in used), now=now, grace=grace)


async def _kept(work: Coroutine[Any, Any, float | None]) -> float | None:
    """Return what one round of the work returns; `None` if the store could not do it."""
    try:
        return await work
    except StoreError as error:
        logger.warning("the store was not kept in order: %s", error)
        return None


async def _try(work: Callable[[], Any]) -> Any:
    """Return what `work` returns, done off the loop; `None` if the store could not do it now."""
    try:
        return await asyncio.to_thread(work)
    except StoreError:
        return None
